//! Days as people in Japan write them: in the common or an era's year, in any width; and in English words.

use crate::text::fold_width;
use jiff::civil::Date;

/// An era of the Japanese calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Era {
    /// 明治, 1868 to 1912.
    Meiji,
    /// 大正, 1912 to 1926.
    Taisho,
    /// 昭和, 1926 to 1989.
    Showa,
    /// 平成, 1989 to 2019.
    Heisei,
    /// 令和, since 2019.
    Reiwa,
}

/// A row of the table of eras.
type EraRow = (
    Era,
    char,
    &'static str,
    &'static str,
    i16,
    i16,
    (i16, i8, i8),
);

/// Each era: its letters and names, its first year, its last year, and its first day.
/// People go on writing an era for some weeks after its end, so the whole of its last year is understood.
const ERAS: &[EraRow] = &[
    (Era::Meiji, 'M', "明治", "明", 1868, 1912, (1868, 1, 25)),
    (Era::Taisho, 'T', "大正", "大", 1912, 1926, (1912, 7, 30)),
    (Era::Showa, 'S', "昭和", "昭", 1926, 1989, (1926, 12, 25)),
    (Era::Heisei, 'H', "平成", "平", 1989, 2019, (1989, 1, 8)),
    (Era::Reiwa, 'R', "令和", "令", 2019, 2100, (2019, 5, 1)),
];

impl Era {
    /// A year of it in Japanese words: 昭和55年, and the first as 平成元年.
    pub fn year(self, year: i16) -> String {
        match year {
            1 => format!("{}元年", self.name()),
            year => format!("{}{year}年", self.name()),
        }
    }

    /// The era's name in Japanese.
    pub fn name(self) -> &'static str {
        ERAS.iter()
            .find(|row| row.0 == self)
            .map_or("", |row| row.2)
    }
}

/// The era of a day and the year in it, counted from 1.
pub fn era_year(date: Date) -> Option<(Era, i16)> {
    ERAS.iter().rev().find_map(|row| {
        let (year, month, day) = row.6;
        let first = Date::new(year, month, day).ok()?;
        (date >= first).then(|| (row.0, date.year() - row.4 + 1))
    })
}

/// Why a text is not a year.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum YearError {
    /// Two digits without an era could be several years.
    TwoDigits,
    /// Nothing that is a year.
    NotAYear,
    /// A year that an era never had, or of centuries ago.
    NoSuchYear,
}

/// The eras as they are written with Latin letters, without the signs of long vowels.
const ROMANISED: &[(Era, &str)] = &[
    (Era::Meiji, "meiji"),
    (Era::Taisho, "taisho"),
    (Era::Taisho, "taishou"),
    (Era::Taisho, "taisyo"),
    (Era::Showa, "showa"),
    (Era::Showa, "shouwa"),
    (Era::Showa, "syowa"),
    (Era::Heisei, "heisei"),
    (Era::Reiwa, "reiwa"),
];

/// A text that begins with a romanised era, in any case and perhaps with signs of long vowels: the era, and the rest.
fn romanised(plain: &str) -> Option<(Era, String)> {
    let written = plain.to_lowercase().replace(['ō', 'ô'], "o");
    ROMANISED.iter().find_map(|(era, name)| {
        let rest = written.strip_prefix(name)?;
        // Of "taisho" and "taishou" the longer one.
        let ends = !rest.starts_with(|c: char| c.is_ascii_alphabetic());
        ends.then(|| (*era, rest.to_owned()))
    })
}

/// The value of a kanji digit.
fn kanji_digit(c: char) -> Option<u32> {
    match c {
        '零' => Some(0),
        _ => "〇一二三四五六七八九"
            .chars()
            .zip(0..)
            .find(|(d, _)| *d == c)
            .map(|(_, value)| value),
    }
}

/// A number written in kanji, as it stands in a family register: `三十`, `二十九`, or digit by digit, `一九五五`.
fn kanji_number(run: &str) -> Option<String> {
    let Some((tens, ones)) = run.split_once('十') else {
        return run
            .chars()
            .map(|c| kanji_digit(c).and_then(|value| char::from_digit(value, 10)))
            .collect();
    };
    let one_digit = |text: &str, nothing: u32| {
        let mut digits = text.chars();
        match (digits.next(), digits.next()) {
            (None, _) => Some(nothing),
            (Some(digit), None) => kanji_digit(digit),
            _ => None,
        }
    };
    let number = one_digit(tens, 1)? * 10 + one_digit(ones, 0)?;
    Some(number.to_string())
}

/// A text without blanks, with the digits 0 to 9 for those of all widths, scripts and for kanji.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut run = String::new();
    let put = |run: &mut String, out: &mut String| {
        out.push_str(&kanji_number(run).unwrap_or_else(|| run.clone()));
        run.clear();
    };
    for c in fold_width(text).chars().filter(|c| !c.is_whitespace()) {
        if c == '十' || kanji_digit(c).is_some() {
            run.push(c);
        } else {
            put(&mut run, &mut out);
            out.push(c);
        }
    }
    put(&mut run, &mut out);
    out
}

/// Reads a year: `1955`, `S30`, `Showa 30`, `昭和30`, `昭30年`, `昭和三十`, `令和元`.
pub fn parse_year(text: &str) -> Result<i16, YearError> {
    let plain = plain(text);
    // One character for a whole era (㍼) is unfolded by NFKC already.
    let plain = plain.strip_suffix('年').unwrap_or(&plain);
    let number = |text: &str| -> Option<i16> {
        let text = text.strip_prefix('.').unwrap_or(text);
        if text == "元" {
            return Some(1);
        }
        let fits = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if fits { text.parse().ok() } else { None }
    };
    let latin = romanised(plain);
    for (era, letter, name, short, first, last, _) in ERAS {
        let latin = latin.as_ref().filter(|(of, _)| of == era);
        let rest = latin
            .map(|(_, rest)| rest.as_str())
            .or_else(|| plain.strip_prefix(name))
            .or_else(|| plain.strip_prefix(short))
            .or_else(|| plain.strip_prefix(*letter))
            .or_else(|| plain.strip_prefix(letter.to_ascii_lowercase()));
        if let Some(rest) = rest {
            return match number(rest) {
                Some(n) if (1..=last - first + 1).contains(&n) => Ok(first + n - 1),
                Some(_) => Err(YearError::NoSuchYear),
                None => Err(YearError::NotAYear),
            };
        }
    }
    let plain = plain.strip_prefix("西暦").unwrap_or(plain);
    match (plain.len(), number(plain)) {
        (4, Some(year)) if year >= 1800 => Ok(year),
        (4, Some(_)) => Err(YearError::NoSuchYear),
        (1 | 2, Some(_)) => Err(YearError::TwoDigits),
        _ => Err(YearError::NotAYear),
    }
}

/// The months as English speakers write them: in full, or by their first letters.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Reads a month, as a number with or without its sign, or by its English name: `4`, `４月`, `Apr.`, `April`.
pub fn parse_month(text: &str) -> Option<i8> {
    let written = plain(text).to_lowercase();
    let name = written.trim_end_matches('.');
    let named = MONTHS
        .iter()
        .position(|month| name.len() >= 3 && month.starts_with(name));
    match named {
        Some(at) => i8::try_from(at + 1).ok(),
        None => parse_small(text, '月'),
    }
}

/// The endings of English numbers that count in a row: `1st`, `22nd`.
const ORDINALS: [&str; 4] = ["st", "nd", "rd", "th"];

/// Reads a month or a day of the month as a number, with or without its sign.
pub fn parse_small(text: &str, sign: char) -> Option<i8> {
    let plain = plain(text).to_lowercase();
    let plain = plain.strip_suffix(sign).unwrap_or(&plain);
    let ordinal = ORDINALS.iter().find_map(|end| plain.strip_suffix(end));
    let plain = ordinal.unwrap_or(plain);
    let fits = (1..=2).contains(&plain.len()) && plain.bytes().all(|b| b.is_ascii_digit());
    if fits { plain.parse().ok() } else { None }
}

/// Why a text is not a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DayError {
    /// Nothing is typed.
    Empty,
    /// The year could be several.
    YearUnclear,
    /// It is written as a day, and there is none such.
    NotADate,
    /// It is not written in a form that is understood.
    Unreadable,
}

/// The words of an English date: each run of digits and of letters, in small letters. `None` where something else than
/// space, points, commas, strokes and dashes stands between them.
fn english_words(text: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut last = ' ';
    for c in fold_width(text).to_lowercase().chars() {
        let is_kind = |c: char| (c.is_ascii_digit(), c.is_ascii_lowercase());
        match (is_kind(c), is_kind(last) == is_kind(c)) {
            ((false, false), _)
                if c.is_whitespace() || ".,/".contains(c) || crate::text::is_dash(c) => {}
            ((false, false), _) => return None,
            (_, true) => words.last_mut()?.push(c),
            (_, false) => words.push(c.to_string()),
        }
        last = c;
    }
    Some(words)
}

/// Reads a day whose month stands there by its English name: `15 February 1996`, `15th of Feb. 1996`, `February 15, 1996`,
/// `1996 Feb 15`. Which number is which is never in doubt then. `None` where it is not written so.
fn english_day(text: &str) -> Option<Result<Date, DayError>> {
    let words = english_words(text)?;
    let mut at = words.iter().map(String::as_str).enumerate();
    let (of_month, month) = at.find(|(_, word)| {
        word.starts_with(|c: char| c.is_alphabetic()) && parse_month(word).is_some()
    })?;
    let (before, after) = (words.get(..of_month)?, words.get(of_month + 1..)?);
    let is_number = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
    let is_ordinal = |word: &str| ORDINALS.contains(&word);
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let after: Vec<&str> = after.iter().map(String::as_str).collect();
    let (year, number) = match (before.as_slice(), after.as_slice()) {
        ([year], [day]) if year.len() == 4 => (*year, *day),
        ([day] | [day, "of"], [year]) => (*year, *day),
        ([day, ordinal] | [day, ordinal, "of"], [year]) if is_ordinal(ordinal) => (*year, *day),
        ([], [day, year]) => (*year, *day),
        ([], [day, ordinal, year]) if is_ordinal(ordinal) => (*year, *day),
        _ => return None,
    };
    (is_number(year) && is_number(number)).then(|| day(year, month, number))
}

/// Reads a day in one text: `1955-04-01`, `1955/4/1`, `19550401`, `S30.4.1`, `昭和30年4月1日`, `1 April 1955`.
pub fn parse_day(text: &str) -> Result<Date, DayError> {
    if let Some(read) = english_day(text) {
        return read;
    }
    let plain = plain(text);
    if plain.is_empty() {
        return Err(DayError::Empty);
    }
    if plain.len() == 8 && plain.bytes().all(|b| b.is_ascii_digit()) {
        return day(&plain[0..4], &plain[4..6], &plain[6..8]);
    }
    let mut parts = plain
        .split(|c: char| matches!(c, '/' | '.' | '年' | '月') || crate::text::is_dash(c))
        .filter(|part| !part.is_empty());
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        // "S.30.4.1": the point after the era's letter.
        (Some(era), Some(year), Some(month), Some(last)) if era.chars().count() <= 2 => {
            day(&format!("{era}{year}"), month, last)
        }
        (Some(year), Some(month), Some(last), None) => day(year, month, last),
        _ => Err(DayError::Unreadable),
    }
}

/// A day from three texts.
pub fn day(year: &str, month: &str, day: &str) -> Result<Date, DayError> {
    let year = parse_year(year);
    if year == Err(YearError::NotAYear) {
        return Err(DayError::Unreadable);
    }
    // Before the year is called unclear: of 15.2.1996 it is the day that comes first.
    let month = parse_month(month).ok_or(DayError::Unreadable)?;
    let day = parse_small(day, '日').ok_or(DayError::Unreadable)?;
    let year = match year {
        Ok(year) => year,
        Err(YearError::TwoDigits) => return Err(DayError::YearUnclear),
        Err(YearError::NotAYear | YearError::NoSuchYear) => return Err(DayError::NotADate),
    };
    Date::new(year, month, day).map_err(|_| DayError::NotADate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        for text in [
            "1955-04-01",
            "1955/4/1",
            "19550401",
            "S30.4.1",
            "s30/4/1",
            "S.30.4.1",
            "昭和30年4月1日",
            "昭３０年４月１日",
            "１９５５年４月１日",
            "1955−04−01",
            "西暦1955年4月1日",
            "㍼30年4月1日",
            "Showa 30/4/1",
            "Shōwa 30年4月1日",
        ] {
            assert_eq!(parse_day(text), Ok(date(1955, 4, 1)), "{text}");
        }
        assert_eq!(parse_day("令和元年5月1日"), Ok(date(2019, 5, 1)));
        assert_eq!(parse_day("H31/4/30"), Ok(date(2019, 4, 30)));
        for month in ["April", "Apr", "apr.", "APRIL", "4月", "04"] {
            assert_eq!(day("1955", month, "1"), Ok(date(1955, 4, 1)), "{month}");
        }
        for month in ["Ap", "Aprill", "J", "Ma", ""] {
            assert_eq!(
                day("1955", month, "1"),
                Err(DayError::Unreadable),
                "{month}"
            );
        }
        for (year, is) in [
            ("Heisei 5", 1993),
            ("heisei5", 1993),
            ("Showa 55", 1980),
            ("SHŌWA 55", 1980),
            ("Syowa55", 1980),
            ("Shouwa 55年", 1980),
            ("Reiwa2", 2020),
            ("Taisho 3", 1914),
            ("Taishou 3", 1914),
            ("Meiji 45", 1912),
            ("Reiwa元", 2019),
        ] {
            assert_eq!(parse_year(year), Ok(is), "{year}");
        }
        for (year, error) in [
            ("Showa 65", YearError::NoSuchYear),
            ("S65", YearError::NoSuchYear),
            ("1066", YearError::NoSuchYear),
            ("Showa", YearError::NotAYear),
            ("Shower 5", YearError::NotAYear),
            ("Heisei five", YearError::NotAYear),
        ] {
            assert_eq!(parse_year(year), Err(error), "{year}");
        }
        for day_of in ["1st", "1ST", "01st", "1日"] {
            assert_eq!(day("1955", "4", day_of), Ok(date(1955, 4, 1)), "{day_of}");
        }
        assert_eq!(day("1955", "4", "st"), Err(DayError::Unreadable));
        assert_eq!(parse_day("55/4/1"), Err(DayError::YearUnclear));
        assert_eq!(parse_day("1955-02-30"), Err(DayError::NotADate));
        assert_eq!(parse_day("S65.1.1"), Err(DayError::NotADate));
        assert_eq!(parse_day(""), Err(DayError::Empty));
    }

    #[test]
    fn days_are_read_as_english_pages_write_them() {
        for text in [
            "15 February 1996",
            "15 Feb 1996",
            "15 feb. 1996",
            "15Feb1996",
            "15-Feb-1996",
            "15th February, 1996",
            "15th of February 1996",
            "Feb 15, 1996",
            "February 15th, 1996",
            "FEB. 15 1996",
            "1996 Feb 15",
            "1996-Feb-15",
            "１５　Ｆｅｂｒｕａｒｙ　１９９６",
        ] {
            assert_eq!(parse_day(text), Ok(date(1996, 2, 15)), "{text}");
        }
        for (text, error) in [
            ("30 February 1996", DayError::NotADate),
            ("0 May 1996", DayError::NotADate),
            ("15 February 1066", DayError::NotADate),
            ("15 February 96", DayError::YearUnclear),
            ("Feb 15, 96", DayError::YearUnclear),
            ("15 Febtober 1996", DayError::Unreadable),
            ("15 Fe 1996", DayError::Unreadable),
            ("Feb 1996", DayError::Unreadable),
            ("February", DayError::Unreadable),
            ("May May May", DayError::Unreadable),
            ("15 Feb 1996 2", DayError::Unreadable),
            ("of 15 Feb 1996", DayError::Unreadable),
            ("15 rd th Feb 1996", DayError::Unreadable),
            ("15 Feb 19960", DayError::Unreadable),
            ("115 Feb 1996", DayError::Unreadable),
            ("15 Feb? 1996", DayError::Unreadable),
            ("15.02.1996", DayError::Unreadable),
            ("15/2/1996", DayError::Unreadable),
            ("yesterday", DayError::Unreadable),
            ("直美", DayError::Unreadable),
        ] {
            assert_eq!(parse_day(text), Err(error), "{text}");
        }
    }

    #[test]
    fn eras_begin_on_their_days() {
        assert_eq!(era_year(date(1955, 4, 1)), Some((Era::Showa, 30)));
        assert_eq!(era_year(date(1989, 1, 7)), Some((Era::Showa, 64)));
        assert_eq!(era_year(date(1989, 1, 8)), Some((Era::Heisei, 1)));
        assert_eq!(
            (Era::Heisei.year(1), Era::Showa.year(64)),
            ("平成元年".to_owned(), "昭和64年".to_owned())
        );
        assert_eq!(era_year(date(2019, 5, 1)), Some((Era::Reiwa, 1)));
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            let _ = parse_day(&text);
        }

        #[test]
        fn what_was_written_reads_back(year in 1900i16..2090, month in 1i8..=12, day in 1i8..=28) {
            let date = date(year, month, day);
            prop_assert_eq!(parse_day(&date.to_string()), Ok(date));
            let (era, era_year) = era_year(date).unwrap();
            prop_assert_eq!(parse_day(&format!("{}{era_year}年{month}月{day}日", era.name())), Ok(date));
        }
    }
}
