//! Values that both engines store natively, and rows that give them back.

use super::Error;
use jiff::Timestamp;
use jiff::civil::Date;

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

impl Row<'_> {
    /// A day.
    pub fn day(&self, index: usize) -> Result<Date, Error> {
        self.get::<Day>(index).map(|day| day.0)
    }

    /// A day that may be missing.
    pub fn day_opt(&self, index: usize) -> Result<Option<Date>, Error> {
        self.get::<Option<Day>>(index)
            .map(|day| day.map(|day| day.0))
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

/// A day as it is stored: `YYYY-MM-DD` on SQLite, `date` on PostgreSQL. A row of the worklist has five of them, so what
/// else a day may be written as is looked for only where it is not written so.
struct Day(Date);

/// A day of four, two and two digits.
fn read_day(text: &str) -> Option<Date> {
    let number = |from: usize, to: usize| {
        let digits = text.as_bytes().get(from..to)?;
        digits.iter().try_fold(0_i16, |so_far, digit| {
            digit
                .is_ascii_digit()
                .then(|| so_far * 10 + i16::from(digit - b'0'))
        })
    };
    let separated = |at: usize| text.as_bytes().get(at) == Some(&b'-');
    if text.len() != 10 || !separated(4) || !separated(7) {
        return None;
    }
    let (month, day) = (number(5, 7)?, number(8, 10)?);
    Date::new(
        number(0, 4)?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()
}

impl rusqlite::types::FromSql for Day {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        match read_day(value.as_str()?) {
            Some(day) => Ok(Day(day)),
            // Years before 0 and after 9999.
            None => <Date as rusqlite::types::FromSql>::column_result(value).map(Day),
        }
    }
}

impl<'a> postgres::types::FromSql<'a> for Day {
    fn from_sql(
        ty: &postgres::types::Type,
        raw: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        <Date as postgres::types::FromSql>::from_sql(ty, raw).map(Day)
    }

    fn accepts(ty: &postgres::types::Type) -> bool {
        <Date as postgres::types::FromSql>::accepts(ty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_it_is_written() {
        for day in [
            Date::constant(1905, 1, 9),
            Date::constant(2024, 2, 29),
            Date::constant(2026, 12, 31),
            Date::constant(9999, 10, 10),
            Date::constant(7, 3, 4),
        ] {
            assert_eq!(read_day(&day.to_string()), Some(day));
        }
        for text in [
            "",
            "2026-2-03",
            "2025-02-29",
            "2026-13-01",
            "-026-01-01",
            "2026-01-01T",
            "2026-01-0x",
        ] {
            assert_eq!(read_day(text), None, "{text}");
        }
    }
}
