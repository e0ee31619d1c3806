//! Answers that come later: what was asked ahead, on either engine.

use super::wire::Place;
use super::{Error, Row, Tx, postgres};

/// The rows of a query that was asked ahead, once they are wanted. On a PostgreSQL server those of several queries come in
/// one way there and back.
pub struct Asked<T>(Rows<T>);

enum Rows<T> {
    Here(Vec<T>),
    Coming(Place, fn(Row<'_>) -> Result<T, Error>),
}

impl<T> Asked<T> {
    pub(super) fn here(rows: Vec<T>) -> Asked<T> {
        Asked(Rows::Here(rows))
    }

    pub(super) fn coming(place: Place, read: fn(Row<'_>) -> Result<T, Error>) -> Asked<T> {
        Asked(Rows::Coming(place, read))
    }

    /// The rows, in the transaction that asked for them.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn all(self, tx: &mut Tx<'_>) -> Result<Vec<T>, Error> {
        match (self.0, tx) {
            (Rows::Here(rows), _) => Ok(rows),
            (Rows::Coming(place, read), Tx::Postgres(tx, _)) => {
                postgres::read(&tx.rows(place)?, read)
            }
            (Rows::Coming(..), _) => Err(elsewhere()),
        }
    }

    /// The first of them, if there is one.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub fn first(self, tx: &mut Tx<'_>) -> Result<Option<T>, Error> {
        Ok(self.all(tx)?.into_iter().next())
    }
}

/// How many rows a statement touched that was sent ahead, once that is wanted.
pub struct Told(Count);

enum Count {
    Here(u64),
    Coming(Place),
}

impl Told {
    pub(super) fn here(count: u64) -> Told {
        Told(Count::Here(count))
    }

    pub(super) fn coming(place: Place) -> Told {
        Told(Count::Coming(place))
    }

    /// How many rows it touched, in the transaction that told it.
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub fn count(self, tx: &mut Tx<'_>) -> Result<u64, Error> {
        match (self.0, tx) {
            (Count::Here(count), _) => Ok(count),
            (Count::Coming(place), Tx::Postgres(tx, _)) => tx.count(place),
            (Count::Coming(_), _) => Err(elsewhere()),
        }
    }
}

fn elsewhere() -> Error {
    Error::Broken("an answer was asked for in another transaction".to_owned())
}
