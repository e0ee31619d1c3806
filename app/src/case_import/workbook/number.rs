//! Numbers of cells as people see them: a day is a number that is shown as a day, and a phone number may be one that is
//! shown with the zero that it begins with.

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// As what the numbers of a cell are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shown {
    /// As they are.
    Plain,
    /// As a day, or as a time of one.
    Day,
    /// In per cent.
    Percent,
    /// With zeros before them, so many digits at least.
    Digits(usize),
}

/// The most digits to which a number is filled up.
const MOST_DIGITS: usize = 20;

impl Shown {
    /// How a format of Excel's own shows numbers: those that a workbook refers to by number alone. Some are of East Asia,
    /// where all of these are days or times.
    pub(super) const fn built_in(id: u32) -> Shown {
        match id {
            14..=22 | 27..=36 | 45..=47 | 50..=58 => Shown::Day,
            9 | 10 => Shown::Percent,
            _ => Shown::Plain,
        }
    }

    /// How a format that is written out shows them, such as `yyyy/m/d`, `ggge"年"m"月"d"日"` or `0##-####-####`.
    pub(super) fn by(format: &str) -> Shown {
        let mut signs = format.chars();
        let mut code = String::new();
        while let Some(sign) = signs.next() {
            match sign {
                // Other numbers are shown by what follows: negative ones, and text.
                ';' => break,
                // What stands there as it is, and the language and colour.
                '"' => {
                    signs.by_ref().find(|sign| *sign == '"');
                }
                '[' => {
                    let within: String = signs.by_ref().take_while(|sign| *sign != ']').collect();
                    // Hours beyond a day: a length of time, and no moment.
                    let is_length = !within.is_empty()
                        && within
                            .to_lowercase()
                            .bytes()
                            .all(|sign| b"hms".contains(&sign));
                    if is_length {
                        return Shown::Plain;
                    }
                }
                '\\' | '_' | '*' => {
                    signs.next();
                }
                sign => code.push(sign.to_ascii_lowercase()),
            }
        }
        if code.trim() == "general" {
            return Shown::Plain;
        }
        if code.contains(['y', 'm', 'd', 'h', 's']) {
            return Shown::Day;
        }
        if code.contains('%') {
            return Shown::Percent;
        }
        let digits = code.find('0').map_or("", |first| &code[first..]);
        let count = digits
            .chars()
            .filter(|sign| matches!(sign, '0' | '#'))
            .count();
        match code.contains(['.', 'e', '?', '/']) || count < 2 || code.contains(',') {
            true => Shown::Plain,
            false => Shown::Digits(count.min(MOST_DIGITS)),
        }
    }
}

/// A number as people see it. `is_1904`: days are counted as the first Macintosh counted them.
pub(super) fn in_words(number: f64, shown: Shown, is_1904: bool) -> String {
    match shown {
        Shown::Day => day(number, is_1904).unwrap_or_else(|| plain(number)),
        Shown::Percent => format!("{}%", plain(number * 100.0)),
        Shown::Digits(digits) if number >= 0.0 && number.fract() == 0.0 => {
            format!("{:0>digits$}", plain(number))
        }
        Shown::Digits(_) | Shown::Plain => plain(number),
    }
}

/// Fifteen digits, as Excel shows: of 0.1 + 0.2 nobody wants to see more.
fn plain(number: f64) -> String {
    if !number.is_finite() {
        return String::new();
    }
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    match rounded == 0.0 {
        // Nobody wants to read "-0".
        true => "0".to_owned(),
        false => rounded.to_string(),
    }
}

const SECONDS: f64 = 86_400.0;

/// The day, without the time of it: of no column that is read a time is known. A time alone is none of a day.
fn day(number: f64, is_1904: bool) -> Option<String> {
    // Whatever was calculated may lie a trifle before midnight.
    let days = ((number * SECONDS).round() / SECONDS).floor();
    let first = if is_1904 { 0.0 } else { 1.0 };
    if !(first..=2_958_465.0).contains(&days) {
        return None;
    }
    // Within that range it is exact.
    let days = days as i64;
    let (begin, days): (Date, i64) = match (is_1904, days) {
        (true, days) => (date(1904, 1, 1), days),
        // Excel counts a 29th of February 1900, which there was not.
        (false, 60) => return Some("1900-02-29".to_owned()),
        (false, ..60) => (date(1899, 12, 31), days),
        (false, days) => (date(1899, 12, 30), days),
    };
    begin
        .checked_add(days.days())
        .ok()
        .map(|day| day.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_tell_days_from_numbers() {
        for (format, shown) in [
            ("General", Shown::Plain),
            ("0", Shown::Plain),
            ("0.00", Shown::Plain),
            ("#,##0", Shown::Plain),
            ("#,##0;[Red]-#,##0", Shown::Plain),
            ("#,##0\"日\"", Shown::Plain),
            ("0\\d", Shown::Plain),
            ("[$USD-409] #,##0", Shown::Plain),
            ("0.00E+00", Shown::Plain),
            ("@", Shown::Plain),
            ("[h]:mm", Shown::Plain),
            ("[$-411]ggge\"年\"m\"月\"d\"日\";@", Shown::Day),
            ("yyyy/m/d;@", Shown::Day),
            ("yyyy\\-mm\\-dd", Shown::Day),
            ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", Shown::Day),
            ("m\"月\"d\"日\"", Shown::Day),
            ("h:mm AM/PM", Shown::Day),
            ("0%", Shown::Percent),
            ("0000000", Shown::Digits(7)),
            ("000\\-0000\\-0000", Shown::Digits(11)),
            ("0##-####-####", Shown::Digits(11)),
            ("[<=9999999]###\\-####;\\(00\\)\\ ####\\-####", Shown::Plain),
        ] {
            assert_eq!(Shown::by(format), shown, "{format}");
        }
        assert_eq!(Shown::built_in(14), Shown::Day);
        assert_eq!(Shown::built_in(49), Shown::Plain);
    }

    #[test]
    fn numbers_are_what_people_see() {
        let shown = |number, shown| in_words(number, shown, false);
        assert_eq!(shown(9_012_345_678.0, Shown::Plain), "9012345678");
        assert_eq!(shown(0.1 + 0.2, Shown::Plain), "0.3");
        assert_eq!(shown(-0.0, Shown::Plain), "0");
        assert_eq!(shown(36.5, Shown::Plain), "36.5");
        assert_eq!(shown(0.07, Shown::Percent), "7%");
        assert_eq!(shown(123_456.0, Shown::Digits(7)), "0123456");
        assert_eq!(shown(9_012_345_678.0, Shown::Digits(11)), "09012345678");
        assert_eq!(shown(f64::NAN, Shown::Plain), "");
        assert_eq!(shown(1e300, Shown::Digits(7)).len(), 301);
    }

    #[test]
    fn days_are_counted_in_two_ways() {
        for (number, is_1904, day) in [
            (46_329.0, false, "2026-11-03"),
            (46_329.75, false, "2026-11-03"),
            (46_328.999_999_999, false, "2026-11-03"),
            (1.0, false, "1900-01-01"),
            (59.0, false, "1900-02-28"),
            (60.0, false, "1900-02-29"),
            (61.0, false, "1900-03-01"),
            (2_958_465.0, false, "9999-12-31"),
            (44_867.0, true, "2026-11-03"),
            (0.0, true, "1904-01-01"),
            // What is no day is a number, and refused as one.
            (0.75, false, "0.75"),
            (-3.0, false, "-3"),
            (2_958_466.0, false, "2958466"),
            (1e300, true, &format!("1{}", "0".repeat(300))),
        ] {
            assert_eq!(in_words(number, Shown::Day, is_1904), day, "{number}");
        }
    }
}
