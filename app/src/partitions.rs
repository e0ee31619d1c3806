//! The large tables are cut by half-years on PostgreSQL; the timer makes the coming ones ahead of time, and takes those away
//! that are over and hold no report.

use crate::audit::{self, by_machine, with};
use crate::course::{Because, refresh};
use crate::{Error, SystemDesk};
use domain::ids::AlertId;
use jiff::Timestamp;
use storage::Db;
use storage::case_registration as cases;
use storage::partitions::{self as rows, HalfYear};
pub use storage::partitions::{Back, Part, Table};

/// A table with its parts.
#[derive(Clone, Debug)]
pub struct Sizes {
    /// Its name in the database.
    pub table: &'static str,
    /// Its parts; the table itself where it is whole.
    pub parts: Vec<Part>,
    /// How many rows it has.
    pub rows: i64,
}

/// What `doctor` tells of the partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionCheck {
    /// How many stand; none where tables are whole.
    pub standing: usize,
    /// A sentence for each thing that is not as it should be.
    pub problems: Vec<String>,
}

/// Looks whether the partition of the next half-year stands and whether rows lie outside of all.
///
/// # Errors
/// Where the store cannot be read.
pub async fn check(db: &Db, now: Timestamp) -> Result<PartitionCheck, storage::Error> {
    db.read(move |tx| {
        let mut found = PartitionCheck::default();
        let next = HalfYear::of(now).next();
        let missing = rows::missing(tx, now)?;
        for table in Table::ALL {
            found.standing += rows::standing(tx, table)?.len();
            if missing
                .iter()
                .any(|(of, half)| *of == table && half.begins() <= next.begins())
            {
                found.problems.push(format!(
                    "{} has no partition for the coming half-year; `hersys serve` makes it within an hour, and its log \
                     says why where it cannot",
                    table.name()
                ));
            }
            let strays = rows::strays(tx, table, now)?;
            if strays > 0 {
                let more = if strays == 1_000 { " or more" } else { "" };
                found.problems.push(format!(
                    "{strays}{more} rows of {} lie in {0}_default; docs/operating/partitions.md says what to do",
                    table.name()
                ));
            }
        }
        Ok(found)
    })
    .await
}

/// As [`SystemDesk::make_partitions`], for a database that nobody serves yet.
///
/// # Errors
/// Of the store.
pub async fn make(db: &Db, now: Timestamp) -> Result<usize, storage::Error> {
    let mut made = 0;
    for (table, half) in db.read(move |tx| rows::missing(tx, now)).await? {
        let is_made = db.write(move |tx| rows::make(tx, table, half, now)).await?;
        made += usize::from(is_made);
    }
    Ok(made)
}

impl SystemDesk {
    /// Makes the partitions of the coming half-years where they are missing, each in a short transaction that gives up
    /// rather than keep reports waiting. Tells how many were made.
    pub async fn make_partitions(&self) -> Result<usize, Error> {
        Ok(make(self.app.db(), self.app.clock.now()).await?)
    }

    /// Takes partitions of reports away that are over and hold none, each in a short transaction as well. Tells how many.
    /// Where one of them cannot go now, the others do, and its error is told.
    pub async fn take_empty_partitions(&self) -> Result<usize, Error> {
        let (db, now) = (self.app.db(), self.app.clock.now());
        let (mut taken, mut stays) = (0, None);
        for name in db.read(move |tx| rows::emptied(tx, now)).await? {
            let asked = name.clone();
            match db.write(move |tx| rows::take_away(tx, &asked, now)).await {
                Ok(false) => continue,
                Ok(true) => tracing::info!(name, "an empty partition was taken away"),
                // The others may go all the same.
                Err(error) => {
                    stays = Some(error);
                    continue;
                }
            }
            taken += 1;
            let keys = self.app.keys().clone();
            let entry = with(by_machine(now, "partition.taken", None), name);
            // For itself: whoever waits for the log must not keep the locks.
            db.write(move |tx| audit::note(tx, &keys, &entry)).await?;
        }
        if let Some(error) = stays {
            return Err(error.into());
        }
        Ok(taken)
    }

    /// Puts a half-year of reports back that was taken out and whose table stands beside the others: each report goes to the
    /// record of which it is now, and those of nobody go. Tells how, and how many records were looked at anew.
    ///
    /// # Errors
    /// Where it is no such table, with a sentence, or where the reports were in use for too long. Running it again goes on.
    pub async fn put_partition_back(&self, name: &str) -> Result<(Back, usize), Error> {
        let (db, now) = (self.app.db(), self.app.clock.now());
        let (asked, keys) = (name.to_owned(), self.app.keys().clone());
        let back = db.write(move |tx| rows::put_back(tx, &asked)).await?;
        if !matches!(back, Back::Stood(_)) {
            let entry = with(by_machine(now, "partition.returned", None), name);
            // For itself: whoever waits for the log must not keep the locks.
            db.write(move |tx| audit::note(tx, &keys, &entry)).await?;
        }
        let ids = back.ids();
        let cases = db.read(move |tx| rows::to_look_at(tx, ids)).await?;
        let many = cases.len();
        for case in cases {
            let (app, alert) = (self.app.clone(), AlertId::from_uuid(self.app.new_uuid()));
            db.write(move |tx| {
                storage::monitoring::hold_all(tx, vec![case])?;
                rows::count_again(tx, case)?;
                match cases::by_id(tx, case)? {
                    Some(row) => refresh(&app, tx, &row, Because::Reckoned, alert, now),
                    None => Ok(()),
                }
            })
            .await?;
        }
        Ok((back, many))
    }

    /// How large the tables of reports and of the audit log are. Reads them whole.
    pub async fn partition_sizes(&self) -> Result<Vec<Sizes>, Error> {
        let mut all = Vec::new();
        for table in Table::ALL {
            let (parts, count) = self.app.db().read(move |tx| rows::sizes(tx, table)).await?;
            all.push(Sizes {
                table: table.name(),
                parts,
                rows: count,
            });
        }
        Ok(all)
    }
}
