//! The two large tables, cut by half-years on PostgreSQL, so that old reports and old lines of the audit log can be taken
//! out of the database and put back. The embedded database keeps them whole, and all of this finds nothing to do there.
//!
//! Why half-years: a case's reports are asked for by the case, so each statement looks into every partition that stands.
//! docs/operating/partitions.md tells what that costs.

mod back;
mod whose;

pub use back::{Back, Ids, count_again, put_back, to_look_at};

use crate::engine::{At, Error, Row, Tx};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use uuid::Uuid;

/// How many half-years after the running one have their partitions ahead of time.
const AHEAD: usize = 2;
/// How long making a partition may wait for a lock. Whoever reports meanwhile waits behind it, so it gives up soon and
/// is tried again.
const PATIENCE: &str = "SET LOCAL lock_timeout = '250ms'";

/// For how long a half-year of reports stands after its end, although it is empty: a form that was opened before may be
/// sent after it.
const LINGERS: SignedDuration = SignedDuration::from_hours(24 * 30);

/// January to June, or July to December, of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfYear {
    year: i16,
    is_second: bool,
}

impl HalfYear {
    /// The one that a moment lies in.
    pub fn of(moment: Timestamp) -> HalfYear {
        let day = moment.to_zoned(TimeZone::UTC).date();
        HalfYear {
            year: day.year(),
            is_second: day.month() > 6,
        }
    }

    /// The one that follows.
    #[must_use]
    pub fn next(self) -> HalfYear {
        HalfYear {
            year: self.year + i16::from(self.is_second),
            is_second: !self.is_second,
        }
    }

    fn first_day(self) -> Date {
        date(self.year, if self.is_second { 7 } else { 1 }, 1)
    }

    /// Its first moment.
    pub fn begins(self) -> Timestamp {
        self.first_day()
            .to_zoned(TimeZone::UTC)
            .map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }

    /// The id below which all lie that were made before: a UUIDv7 begins with 48 bits of milliseconds.
    pub fn first_id(self) -> Uuid {
        let milliseconds = u128::try_from(self.begins().as_millisecond()).unwrap_or(0);
        Uuid::from_u128(milliseconds << 80)
    }

    fn name(self, table: Table) -> String {
        let half = if self.is_second { 2 } else { 1 };
        format!("{}_{}h{half}", table.name(), self.year)
    }
}

/// A table that is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Status reports, by their id.
    Reports,
    /// The audit log, by the moment of a line.
    Audit,
}

impl Table {
    /// Both.
    pub const ALL: [Table; 2] = [Table::Reports, Table::Audit];

    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Table::Reports => "status_reports",
            Table::Audit => "audit_log",
        }
    }

    fn column(self) -> &'static str {
        match self {
            Table::Reports => "id",
            Table::Audit => "at",
        }
    }

    fn bound(self, half: HalfYear) -> String {
        match self {
            Table::Reports => half.first_id().to_string(),
            Table::Audit => half.begins().to_string(),
        }
    }
}

/// Partitions that should stand by now and do not.
pub fn missing(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<(Table, HalfYear)>, Error> {
    let mut missing = Vec::new();
    for table in Table::ALL {
        let standing = standing(tx, table)?;
        if standing.is_empty() {
            continue;
        }
        let mut half = HalfYear::of(now);
        for _ in 0..=AHEAD {
            if !standing.iter().any(|part| part.takes(table, half)) {
                missing.push((table, half));
            }
            half = half.next();
        }
    }
    Ok(missing)
}

/// Makes a partition; what has landed in the one for everything else moves over. Tells whether it was made: of several
/// processes that come at once one makes it, and the others go on.
///
/// # Errors
/// [`Error::Busy`] where the tables were in use for too long; nothing is changed then, and trying again helps.
pub fn make(tx: &mut Tx<'_>, table: Table, half: HalfYear, now: Timestamp) -> Result<bool, Error> {
    if tx.is_sqlite() {
        return Ok(false);
    }
    if !alone(tx)? || !missing(tx, now)?.contains(&(table, half)) {
        return Ok(false);
    }
    let (name, part, column) = (table.name(), half.name(table), table.column());
    let (from, to) = (table.bound(half), table.bound(half.next()));
    // Made beside the table and attached: `CREATE TABLE … PARTITION OF` would shut everybody out of the whole table.
    let attached = tx.batch(&format!(
        "{PATIENCE};
         CREATE TABLE {part} (LIKE {name} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES);
         WITH moved AS (DELETE FROM {name}_default WHERE {column} >= '{from}' AND {column} < '{to}' RETURNING *)
             INSERT INTO {part} SELECT * FROM moved;
         ALTER TABLE {name} ATTACH PARTITION {part} FOR VALUES FROM ('{from}') TO ('{to}')"
    ));
    attached.map(|()| true).map_err(busy)
}

/// Partitions of reports that are over for some time and hold none: nobody reported then, or all were purged.
pub fn emptied(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<String>, Error> {
    let standing = standing(tx, Table::Reports)?;
    let over = |part: &Part| part.before().is_some_and(|end| end <= now - LINGERS);
    Ok(standing
        .into_iter()
        // A vacuum gives an empty table's pages back.
        .filter(|part| part.rows_bytes == 0 && over(part))
        .map(|part| part.name)
        .collect())
}

/// Takes an emptied partition away; tells whether it went. One that is not empty stays, as does each while somebody else
/// makes or takes one.
///
/// # Errors
/// [`Error::Busy`] where the tables were in use for too long; nothing is changed then, and trying again helps.
pub fn take_away(tx: &mut Tx<'_>, name: &str, now: Timestamp) -> Result<bool, Error> {
    if tx.is_sqlite() || !alone(tx)? || !emptied(tx, now)?.iter().any(|found| found == name) {
        return Ok(false);
    }
    let table = Table::Reports.name();
    // In the order in which whoever reports locks them: the whole, then its parts. A partition that goes as it stands needs
    // no lock on the tables that it refers to; one that was detached before would keep everybody from the cases.
    tx.batch(&format!(
        "{PATIENCE};
         LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE;
         LOCK TABLE {table}_default, {name} IN ACCESS EXCLUSIVE MODE"
    ))
    .map_err(busy)?;
    // Nobody writes into it any more, and what was written before is seen.
    tx.batch(&format!(
        "DO $$ BEGIN
            IF NOT EXISTS (SELECT 1 FROM {name}) THEN
                DROP TABLE {name};
            END IF;
         END $$"
    ))
    .map_err(busy)?;
    Ok(!standing(tx, Table::Reports)?
        .iter()
        .any(|part| part.name == name))
}

/// Whether nobody else makes or takes partitions, until the transaction ends.
fn alone(tx: &mut Tx<'_>) -> Result<bool, Error> {
    tx.query_one(
        "SELECT pg_try_advisory_xact_lock(4857396, hashtext(current_schema()))",
        &[],
        |row| row.get::<bool>(0),
    )
}

/// Trying again at once would keep everybody waiting again.
fn busy(error: Error) -> Error {
    match error {
        Error::TryAgain => Error::Busy,
        error => error,
    }
}

/// A partition, or a whole table of the embedded database, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// What it holds, in the words of PostgreSQL; empty where the table is whole.
    pub bounds: String,
    /// Bytes of the rows, with what belongs to them.
    pub table_bytes: i64,
    /// Bytes of the file of the rows alone: none where there never was one, or a vacuum found none.
    pub rows_bytes: i64,
    /// Bytes of the indices; on the embedded database the rows lie in the index of the key, and these are the others.
    pub index_bytes: i64,
}

impl Part {
    fn from(row: &Row<'_>) -> Result<Part, Error> {
        Ok(Part {
            name: row.get(0)?,
            bounds: row.get(1)?,
            table_bytes: row.get(2)?,
            index_bytes: row.get(3)?,
            rows_bytes: row.get(4)?,
        })
    }

    /// Whether rows of a half-year land here: by its name, or as the first partition, which has everything before its
    /// bound.
    fn takes(&self, table: Table, half: HalfYear) -> bool {
        self.name == half.name(table)
            || (self.name == format!("{}_first", table.name())
                && self.before().is_some_and(|before| half.begins() < before))
    }

    /// The moment that ends it.
    fn before(&self) -> Option<Timestamp> {
        let bound = self.bounds.rsplit('\'').nth(1)?;
        if let Ok(id) = bound.parse::<Uuid>() {
            let milliseconds = i64::try_from(id.as_u128() >> 80).ok()?;
            return Timestamp::from_millisecond(milliseconds).ok();
        }
        // `2027-01-01 09:00:00+09`, in the time zone of the session.
        Timestamp::strptime("%Y-%m-%d %H:%M:%S%#z", bound)
            .or_else(|_| bound.parse())
            .ok()
    }
}

/// The partitions of a table; none on the embedded database, and none before the table was cut.
pub fn standing(tx: &mut Tx<'_>, table: Table) -> Result<Vec<Part>, Error> {
    if tx.is_sqlite() {
        return Ok(Vec::new());
    }
    // The functions look at the table as it is now, and say nothing of one that another node has just taken away.
    tx.query(
        "WITH parts AS MATERIALIZED (
            SELECT c.relname::text AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds, pg_table_size(c.oid) AS rows,
                pg_indexes_size(c.oid) AS indices, pg_relation_size(c.oid) AS alone
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = to_regclass($1)::oid)
         SELECT name, bounds, rows, indices, alone FROM parts WHERE num_nulls(bounds, rows, indices, alone) = 0
         ORDER BY name",
        &[&table.name()],
        |row| Part::from(&row),
    )
}

/// A table's parts with their sizes, on either engine, and how many rows it has. Reads the whole table.
pub fn sizes(tx: &mut Tx<'_>, table: Table) -> Result<(Vec<Part>, i64), Error> {
    let count = match table {
        Table::Reports => "SELECT count(*) FROM status_reports",
        Table::Audit => "SELECT count(*) FROM audit_log",
    };
    let rows = tx.query_one(count, &[], |row| row.get(0))?;
    if !tx.is_sqlite() {
        return Ok((standing(tx, table)?, rows));
    }
    let parts = tx.query(
        "SELECT $1, '', COALESCE(sum(d.pgsize) FILTER (WHERE d.name = $1), 0),
            COALESCE(sum(d.pgsize) FILTER (WHERE d.name <> $1), 0),
            COALESCE(sum(d.pgsize) FILTER (WHERE d.name = $1), 0)
         FROM dbstat d WHERE d.aggregate = 1
            AND d.name IN (SELECT name FROM sqlite_schema WHERE tbl_name = $1)",
        &[&table.name()],
        |row| Part::from(&row),
    )?;
    Ok((parts, rows))
}

/// How many rows of the running half-year and later lie where no partition was made for them, up to a thousand. A report of
/// an earlier one that comes very late, after its half-year was taken away, is well kept there.
pub fn strays(tx: &mut Tx<'_>, table: Table, now: Timestamp) -> Result<i64, Error> {
    if standing(tx, table)?.is_empty() {
        return Ok(0);
    }
    let half = HalfYear::of(now);
    match table {
        Table::Reports => tx.query_one(
            "SELECT count(*) FROM (SELECT 1 FROM status_reports_default WHERE id >= $1 LIMIT 1000) s",
            &[&half.first_id()],
            |row| row.get(0),
        ),
        Table::Audit => tx.query_one(
            "SELECT count(*) FROM (SELECT 1 FROM audit_log_default WHERE at >= $1 LIMIT 1000) s",
            &[&At(half.begins())],
            |row| row.get(0),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_years_follow_each_other_and_begin_with_their_ids() {
        let moment: Timestamp = "2026-12-31T23:59:59.999Z".parse().unwrap();
        let half = HalfYear::of(moment);
        assert_eq!(half.name(Table::Reports), "status_reports_2026h2");
        assert_eq!(half.next().begins().to_string(), "2027-01-01T00:00:00Z");
        assert_eq!(half.next().next().name(Table::Audit), "audit_log_2027h2");
        let last =
            uuid::Builder::from_unix_timestamp_millis(1_798_761_599_999, &[255; 10]).into_uuid();
        let first =
            uuid::Builder::from_unix_timestamp_millis(1_798_761_600_000, &[0; 10]).into_uuid();
        assert!(last < half.next().first_id() && half.next().first_id() <= first);
    }

    #[test]
    fn the_end_of_the_first_partition_is_read_in_any_time_zone() {
        let part = |bounds: &str| Part {
            name: "audit_log_first".to_owned(),
            bounds: bounds.to_owned(),
            table_bytes: 0,
            index_bytes: 0,
            rows_bytes: 0,
        };
        let end: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
        for bounds in [
            "FOR VALUES FROM (MINVALUE) TO ('2027-01-01 09:00:00+09')",
            "FOR VALUES FROM (MINVALUE) TO ('2027-01-01 05:30:00+05:30')",
            "FOR VALUES FROM (MINVALUE) TO ('2027-01-01 00:00:00+00')",
            "FOR VALUES FROM (MINVALUE) TO ('019b76da-a800-0000-0000-000000000000')",
        ] {
            let wanted = if bounds.contains("019b") {
                "2026-01-01T00:00:00Z".parse().unwrap()
            } else {
                end
            };
            assert_eq!(part(bounds).before(), Some(wanted), "{bounds}");
        }
    }
}
