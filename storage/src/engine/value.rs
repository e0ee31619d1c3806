//! Values that both engines store natively, and rows that give them back.

use super::Error;
use jiff::Timestamp;

/// What both engines can store natively.
pub trait Param: rusqlite::ToSql + postgres::types::ToSql + Sync {}
impl<T: rusqlite::ToSql + postgres::types::ToSql + Sync> Param for T {}

/// What both engines can give back.
pub trait Column: rusqlite::types::FromSql + for<'a> postgres::types::FromSql<'a> {}
impl<T: rusqlite::types::FromSql + for<'a> postgres::types::FromSql<'a>> Column for T {}

/// One row of an answer.
pub enum Row<'r> {
    /// Of the embedded engine.
    Sqlite(&'r rusqlite::Row<'r>),
    /// Of a PostgreSQL server.
    Postgres(&'r postgres::Row),
}

impl Row<'_> {
    /// The value of the column at `index`, counted from 0.
    pub fn get<T: Column>(&self, index: usize) -> Result<T, Error> {
        match self {
            Row::Sqlite(row) => row.get(index).map_err(|e| unreadable(index, &e)),
            Row::Postgres(row) => row.try_get(index).map_err(|e| unreadable(index, &e)),
        }
    }

    /// A moment, in whole milliseconds.
    pub fn at(&self, index: usize) -> Result<Timestamp, Error> {
        self.get::<At>(index).map(|at| at.0)
    }

    /// A moment that may be missing.
    pub fn at_opt(&self, index: usize) -> Result<Option<Timestamp>, Error> {
        self.get::<Option<At>>(index).map(|at| at.map(|at| at.0))
    }
}

fn unreadable(index: usize, error: &dyn std::fmt::Display) -> Error {
    Error::Broken(format!(
        "column {index} of an answer cannot be read: {error}"
    ))
}

/// A moment as it is stored: whole milliseconds since 1970 on SQLite (text would not sort once fractions differ in
/// length), `timestamptz` on PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At(pub Timestamp);

impl rusqlite::ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(self.0.as_millisecond().into())
    }
}

impl rusqlite::types::FromSql for At {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        let milliseconds = value.as_i64()?;
        Timestamp::from_millisecond(milliseconds)
            .map(At)
            .map_err(|_| rusqlite::types::FromSqlError::OutOfRange(milliseconds))
    }
}

impl postgres::types::ToSql for At {
    fn to_sql(
        &self,
        ty: &postgres::types::Type,
        out: &mut postgres::types::private::BytesMut,
    ) -> Result<postgres::types::IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let whole = Timestamp::from_millisecond(self.0.as_millisecond())?;
        postgres::types::ToSql::to_sql(&whole, ty, out)
    }

    fn accepts(ty: &postgres::types::Type) -> bool {
        <Timestamp as postgres::types::ToSql>::accepts(ty)
    }

    postgres::types::to_sql_checked!();
}

impl<'a> postgres::types::FromSql<'a> for At {
    fn from_sql(
        ty: &postgres::types::Type,
        raw: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        <Timestamp as postgres::types::FromSql>::from_sql(ty, raw).map(At)
    }

    fn accepts(ty: &postgres::types::Type) -> bool {
        <Timestamp as postgres::types::FromSql>::accepts(ty)
    }
}
