//! Ages, as the form of a notification asks for them: in years, and in months before the first birthday.

use jiff::civil::{Date, date};

/// The age in completed years; `None` on days before the birth.
///
/// The years are counted from birthday to birthday. Whoever was born on 29 February has the birthday of other years on
/// 1 March: by the Civil Code, art. 143(2), a year without the corresponding day ends with the last day of the month.
/// The hours by which the law (年齢計算ニ関スル法律) lets a year end, on the eve of the birthday, are left out, as in
/// every form.
pub fn age_on(birthdate: Date, day: Date) -> Option<i32> {
    let had_birthday = (day.month(), day.day()) >= (birthdate.month(), birthdate.day());
    let years = i32::from(day.year()) - i32::from(birthdate.year()) - i32::from(!had_birthday);
    (day >= birthdate).then_some(years)
}

/// The age in completed months, 0 to 11, of a child before its first birthday; `None` for everybody else and on days
/// before the birth.
///
/// The legal forms ask for it: 「診断時の年齢（0歳は月齢）」. A month without the day of the birth ends with its last day.
pub fn age_in_months(birthdate: Date, day: Date) -> Option<i32> {
    if age_on(birthdate, day) != Some(0) {
        return None;
    }
    let months = (i32::from(day.year()) - i32::from(birthdate.year())) * 12
        + i32::from(day.month())
        - i32::from(birthdate.month())
        - i32::from(day.day() < birthdate.day());
    Some(months)
}

/// The day on which the age of majority went down from 20 to 18 years.
const MAJORITY_AT_18: Date = date(2022, 4, 1);

/// Whether a person is a minor on a day: below 18 years, and below 20 before 1 April 2022 (Civil Code, art. 4, and its
/// amendment by Act 59 of 2018). Everybody is before the birth.
pub fn is_minor(birthdate: Date, day: Date) -> bool {
    let majority = if day >= MAJORITY_AT_18 { 18 } else { 20 };
    age_on(birthdate, day).is_none_or(|years| years < majority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_in_a_table() {
        #[rustfmt::skip]
        let table = [
            ("an hour old",                "2022-07-01", "2022-07-01", Some(0),   Some(0),  true),
            ("not yet born",               "2022-07-02", "2022-07-01", None,      None,     true),
            ("the eve of one month",       "2022-05-15", "2022-06-14", Some(0),   Some(0),  true),
            ("one month",                  "2022-05-15", "2022-06-15", Some(0),   Some(1),  true),
            ("born on the 31st, February", "2022-01-31", "2022-02-28", Some(0),   Some(0),  true),
            ("born on the 31st, March",    "2022-01-31", "2022-03-01", Some(0),   Some(1),  true),
            ("over the new year",          "2021-12-20", "2022-02-20", Some(0),   Some(2),  true),
            ("the eve of a birthday",      "2021-07-01", "2022-06-30", Some(0),   Some(11), true),
            ("the first birthday",         "2021-07-01", "2022-07-01", Some(1),   None,     true),
            ("leap day, 28 February",      "2004-02-29", "2022-02-28", Some(17),  None,     true),
            ("leap day, 1 March 2022",     "2004-02-29", "2022-03-01", Some(18),  None,     true),
            ("leap day in a leap year",    "2004-02-29", "2024-02-29", Some(20),  None,     false),
            ("19 before April 2022",       "2002-06-01", "2022-03-31", Some(19),  None,     true),
            ("19 from April 2022 on",      "2002-06-01", "2022-04-01", Some(19),  None,     false),
            ("17 from April 2022 on",      "2004-06-01", "2022-04-01", Some(17),  None,     true),
            ("65 tomorrow",                "1957-09-27", "2022-09-26", Some(64),  None,     false),
            ("65 today",                   "1957-09-26", "2022-09-26", Some(65),  None,     false),
            ("111",                        "1911-01-01", "2022-09-26", Some(111), None,     false),
        ];
        for (name, born, day, years, months, minor) in table {
            let (born, day): (Date, Date) = (born.parse().unwrap(), day.parse().unwrap());
            assert_eq!(age_on(born, day), years, "{name}");
            assert_eq!(age_in_months(born, day), months, "{name}");
            assert_eq!(is_minor(born, day), minor, "{name}");
        }
    }
}
