//! Birthdates, typed as a year, a month and a day.

use crate::dates::{self, DayError, Era, YearError};
use crate::text::fold_width;
use jiff::civil::Date;
use std::fmt;

/// Why what was typed is not a birthdate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BirthdateError {
    /// Nothing is typed.
    Empty,
    /// The year is missing.
    YearMissing,
    /// The month is missing.
    MonthMissing,
    /// The day is missing.
    DayMissing,
    /// The year has two digits and no era: it could be several.
    YearUnclear,
    /// There is no such day.
    NotADate,
    /// It is not written in a form that is understood.
    Unreadable,
    /// It has not come yet.
    InFuture,
    /// Nobody alive is that old.
    TooOld,
}

/// The oldest age that is believed, in years: the oldest person on record reached 122.
const OLDEST: i16 = 125;

/// A birthdate.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Birthdate(Date);

impl Birthdate {
    /// Reads three fields; `today` is the day after which nobody can be born.
    pub fn parse_parts(
        year: &str,
        month: &str,
        day: &str,
        today: Date,
    ) -> Result<Birthdate, BirthdateError> {
        let is_empty = |text: &str| fold_width(text).is_empty();
        if let Some(date) = Birthdate::pasted(year, month, day)? {
            return Birthdate::on(date, today);
        }
        match (is_empty(year), is_empty(month), is_empty(day)) {
            (true, true, true) => return Err(BirthdateError::Empty),
            (true, _, _) => return Err(BirthdateError::YearMissing),
            (_, true, _) => return Err(BirthdateError::MonthMissing),
            (_, _, true) => return Err(BirthdateError::DayMissing),
            _ => {}
        }
        if let Err(YearError::TwoDigits | YearError::NotAYear) = dates::parse_year(year) {
            return Err(BirthdateError::YearUnclear);
        }
        let date = dates::day(year, month, day).map_err(|_| BirthdateError::NotADate)?;
        Birthdate::on(date, today)
    }

    /// A whole date that was pasted into the field of the year, where the others are empty or say the same. Where it could
    /// be several dates, the year is unclear.
    fn pasted(year: &str, month: &str, day: &str) -> Result<Option<Date>, BirthdateError> {
        let is_empty = |text: &str| fold_width(text).is_empty();
        if is_empty(year) || dates::parse_year(year) != Err(YearError::NotAYear) {
            return Ok(None);
        }
        let alone = is_empty(month) && is_empty(day);
        match dates::parse_day(year) {
            Ok(date) => {
                let same_month = is_empty(month) || dates::parse_month(month) == Some(date.month());
                let same_day = is_empty(day) || dates::parse_small(day, '日') == Some(date.day());
                match same_month && same_day {
                    true => Ok(Some(date)),
                    false => Err(BirthdateError::YearUnclear),
                }
            }
            Err(_) if alone => Err(BirthdateError::YearUnclear),
            Err(_) => Ok(None),
        }
    }

    /// Reads one text, as it stands in a file.
    pub fn parse(text: &str, today: Date) -> Result<Birthdate, BirthdateError> {
        match dates::parse_day(text) {
            Ok(date) => Birthdate::on(date, today),
            Err(DayError::Empty) => Err(BirthdateError::Empty),
            Err(DayError::YearUnclear) => Err(BirthdateError::YearUnclear),
            Err(DayError::NotADate) => Err(BirthdateError::NotADate),
            Err(DayError::Unreadable) => Err(BirthdateError::Unreadable),
        }
    }

    /// Takes a day on which somebody can be born.
    pub fn on(date: Date, today: Date) -> Result<Birthdate, BirthdateError> {
        if date > today {
            Err(BirthdateError::InFuture)
        } else if date.year() < today.year() - OLDEST {
            Err(BirthdateError::TooOld)
        } else {
            Ok(Birthdate(date))
        }
    }

    /// The day.
    pub const fn date(self) -> Date {
        self.0
    }

    /// The era and the year in it, for showing both.
    pub fn era_year(self) -> Option<(Era, i16)> {
        dates::era_year(self.0)
    }
}

impl fmt::Debug for Birthdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[birthdate]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 23);

    #[test]
    fn the_year_may_be_written_in_three_ways() {
        for year in ["1955", "S30", "昭和30", "昭和３０年", "ｓ３０", " 1955年"] {
            let read = Birthdate::parse_parts(year, "4", "０１", TODAY);
            assert_eq!(read.map(Birthdate::date), Ok(date(1955, 4, 1)), "{year}");
        }
    }

    #[test]
    fn numbers_may_be_written_in_kanji() {
        for (year, month, day, born) in [
            ("昭和三十", "四", "一", date(1955, 4, 1)),
            ("昭和三十年", "十月", "二十九日", date(1955, 10, 29)),
            ("一九五五年", "十二", "十", date(1955, 12, 10)),
            ("平成十二", "二", "二九", date(2000, 2, 29)),
            ("二〇〇〇", "２", "29", date(2000, 2, 29)),
        ] {
            let read = Birthdate::parse_parts(year, month, day, TODAY);
            assert_eq!(read.map(Birthdate::date), Ok(born), "{year}-{month}-{day}");
        }
        let read = Birthdate::parse("昭和六十三年五月四日", TODAY);
        assert_eq!(read.map(Birthdate::date), Ok(date(1988, 5, 4)));
        for odd in ["昭和十十", "昭和三四十", "十", "昭和百"] {
            assert!(
                Birthdate::parse_parts(odd, "4", "1", TODAY).is_err(),
                "{odd}"
            );
        }
    }

    #[test]
    fn a_whole_date_in_the_field_of_the_year_is_understood() {
        for (year, month, day) in [
            ("1990-04-01", "", ""),
            ("19900401", "", ""),
            ("1990/4/1", " ", ""),
            ("1990年4月1日", "", ""),
            ("H2.4.1", "", ""),
            ("1 April 1990", "", ""),
            ("Apr 1, 1990", "", ""),
            ("Heisei 2/4/1", "", ""),
            ("1990-04-01", "4", "1"),
            ("1990-04-01", "April", "1st"),
            ("1990-04-01", "", "１日"),
        ] {
            let read = Birthdate::parse_parts(year, month, day, TODAY);
            assert_eq!(read.map(Birthdate::date), Ok(date(1990, 4, 1)), "{year}");
        }
        for (year, month, day) in [
            ("01/04/1990", "", ""),
            ("900401", "", ""),
            ("90/4/1", "", ""),
            ("1990-02-30", "", ""),
            ("1990-04-01", "5", "1"),
            ("1990-04-01", "4", "2"),
            ("nineteen", "4", "1"),
        ] {
            let read = Birthdate::parse_parts(year, month, day, TODAY);
            assert_eq!(read, Err(BirthdateError::YearUnclear), "{year}");
        }
        let future = Birthdate::parse_parts("2027-04-01", "", "", TODAY);
        assert_eq!(future, Err(BirthdateError::InFuture));
    }

    #[test]
    fn each_mistake_has_its_own_word() {
        use BirthdateError as E;
        for (year, month, day, error) in [
            ("", "", "", E::Empty),
            ("", "4", "1", E::YearMissing),
            ("1955", "", "1", E::MonthMissing),
            ("1955", "4", " ", E::DayMissing),
            ("55", "4", "1", E::YearUnclear),
            ("1955", "13", "1", E::NotADate),
            ("1955", "2", "29", E::NotADate),
            ("2026", "11", "24", E::InFuture),
            ("1890", "1", "1", E::TooOld),
        ] {
            assert_eq!(
                Birthdate::parse_parts(year, month, day, TODAY),
                Err(error),
                "{year}-{month}-{day}"
            );
        }
        assert!(Birthdate::parse_parts("2026", "11", "23", TODAY).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(y in any::<String>(), m in any::<String>(), d in any::<String>()) {
            let _ = Birthdate::parse_parts(&y, &m, &d, TODAY);
            let _ = Birthdate::parse(&y, TODAY);
        }
    }
}
