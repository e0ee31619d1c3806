//! What was typed for one item, and what it becomes once it has been understood.

use super::check::ItemProblem;
use super::item::{Item, ItemKind};
use super::{core_item, postal_code};
use crate::birthdate::{Birthdate, BirthdateError};
use crate::dates::{self, DayError};
use crate::name::{NameError, Odd, PersonName};
use crate::phone::PhoneNumber;
use crate::text::{fold_width, full_width_kana, is_bidi_control};
use jiff::civil::Date;
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// An answer that has been understood. It belongs to a person: `Debug` says nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Text as it was written, but for outer space.
    Text(String),
    /// A day.
    Date(Date),
    /// The id of one of the item's options.
    Choice(String),
    /// Yes or no.
    YesNo(bool),
    /// Seven digits.
    PostalCode(String),
    /// A number that can be dialled.
    Phone(PhoneNumber),
    /// A whole number in the item's unit.
    Number(i32),
}

impl Value {
    /// The value as it is stored and compared with conditions: days as `2022-09-26`, `yes` and `no`, phone numbers in
    /// E.164, postal codes as seven digits. Read again by [`super::ItemSet::check`], it gives the same value.
    pub fn text(&self) -> String {
        match self {
            Value::Text(text) | Value::Choice(text) | Value::PostalCode(text) => text.clone(),
            Value::Date(date) => date.to_string(),
            Value::YesNo(true) => "yes".to_owned(),
            Value::YesNo(false) => "no".to_owned(),
            Value::Phone(phone) => phone.e164().to_owned(),
            Value::Number(number) => number.to_string(),
        }
    }

    /// The day, if it is one.
    pub const fn date(&self) -> Option<Date> {
        match self {
            Value::Date(date) => Some(*date),
            _ => None,
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[value]")
    }
}

/// Understands what was typed for an item, which is not empty. `born` is the birthdate, where it is known.
pub(super) fn read(
    item: &Item,
    typed: &str,
    born: Option<Date>,
    today: Date,
) -> Result<Value, ItemProblem> {
    match &item.kind {
        ItemKind::Text { most } => one_line(&item.id, typed, *most).map(Value::Text),
        ItemKind::LongText { most } => lines(typed, *most).map(Value::Text),
        ItemKind::Date if item.id == core_item::BIRTHDATE => birthdate(typed, today),
        ItemKind::Date => day(typed, born, today),
        ItemKind::Choice { options } => {
            let plain = fold_width(typed);
            let known = options.iter().any(|option| option.id == plain);
            known
                .then_some(Value::Choice(plain))
                .ok_or(ItemProblem::NotAChoice)
        }
        ItemKind::YesNo => match fold_width(typed).as_str() {
            "yes" => Ok(Value::YesNo(true)),
            "no" => Ok(Value::YesNo(false)),
            _ => Err(ItemProblem::NotAChoice),
        },
        ItemKind::PostalCode => postal_code::normalise(typed)
            .map(Value::PostalCode)
            .map_err(|_| ItemProblem::PostalCode),
        ItemKind::Phone => PhoneNumber::parse(typed)
            .map(Value::Phone)
            .map_err(|_| ItemProblem::Phone),
        ItemKind::Number { unit, min, max } => {
            let plain = fold_width(typed);
            // "3回" is 3.
            let plain = ["ja", "en"]
                .into_iter()
                .find_map(|tag| plain.strip_suffix(unit.in_language(tag)))
                .unwrap_or(&plain);
            plain
                .trim()
                .parse()
                .ok()
                .filter(|number| (*min..=*max).contains(number))
                .map(Value::Number)
                .ok_or(ItemProblem::NotANumber {
                    min: *min,
                    max: *max,
                })
        }
    }
}

fn one_line(id: &str, typed: &str, most: usize) -> Result<String, ItemProblem> {
    let typed = typed.replace("\r\n", "\n");
    let text = plain(&typed, |c| matches!(c, '\n' | '\r' | '\t').then_some(' '));
    let is_name = matches!(
        id,
        core_item::NAME | core_item::NAME_KANA | core_item::NAME_LATIN
    );
    let odd = match PersonName::parse(&text) {
        Err(NameError::Empty) if is_name => Some(Odd::NoLetters),
        Err(NameError::OddCharacters(odd)) if is_name => Some(odd),
        _ => text.chars().find(|c| c.is_control()).map(Odd::control),
    };
    if let Some(odd) = odd {
        return Err(ItemProblem::OddCharacters(odd));
    }
    if id == core_item::NAME_KANA && !text.nfkc().all(is_of_kana) {
        return Err(ItemProblem::NotKana);
    }
    if id == core_item::NAME_LATIN && !text.nfkc().all(is_of_latin) {
        return Err(ItemProblem::NotLatin);
    }
    short_enough(text, most)
}

fn lines(typed: &str, most: usize) -> Result<String, ItemProblem> {
    let typed = typed.replace("\r\n", "\n").replace('\r', "\n");
    let text = plain(&typed, |c| (c == '\t').then_some(' '));
    if let Some(c) = text.chars().find(|c| c.is_control() && *c != '\n') {
        return Err(ItemProblem::OddCharacters(Odd::control(c)));
    }
    short_enough(text, most)
}

/// The text composed (NFC), half-width kana at full width, without outer space and without marks of writing direction, which come along when something
/// is pasted.
fn plain(typed: &str, instead: impl Fn(char) -> Option<char>) -> String {
    let text: String = typed
        .chars()
        .filter(|c| !is_bidi_control(*c))
        .map(|c| instead(c).unwrap_or(c))
        .collect();
    full_width_kana(text.trim()).nfc().collect()
}

fn short_enough(text: String, most: usize) -> Result<String, ItemProblem> {
    if text.chars().count() > most {
        Err(ItemProblem::TooLong { most })
    } else {
        Ok(text)
    }
}

/// Letters of a reading: kana; signs and space are everybody's.
fn is_of_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30FF}') || !c.is_alphanumeric()
}

/// Latin letters with whatever stands on them; signs and space are everybody's.
fn is_of_latin(c: char) -> bool {
    let latin = c.is_ascii_alphabetic()
        || matches!(c, '\u{00C0}'..='\u{024F}' | '\u{1E00}'..='\u{1EFF}' | '\u{02BB}'..='\u{02BF}');
    latin || !c.is_alphanumeric()
}

fn birthdate(typed: &str, today: Date) -> Result<Value, ItemProblem> {
    match Birthdate::parse(typed, today) {
        Ok(birthdate) => Ok(Value::Date(birthdate.date())),
        Err(BirthdateError::InFuture) => Err(ItemProblem::InFuture),
        Err(BirthdateError::TooOld) => Err(ItemProblem::TooOld),
        Err(BirthdateError::YearUnclear) => Err(ItemProblem::YearUnclear),
        Err(BirthdateError::Unreadable) => Err(ItemProblem::UnreadableDay),
        Err(_) => Err(ItemProblem::NotADate),
    }
}

fn day(typed: &str, born: Option<Date>, today: Date) -> Result<Value, ItemProblem> {
    let date = match dates::parse_day(typed) {
        Ok(date) => date,
        Err(DayError::YearUnclear) => return Err(ItemProblem::YearUnclear),
        Err(DayError::Unreadable) => return Err(ItemProblem::UnreadableDay),
        Err(DayError::Empty | DayError::NotADate) => return Err(ItemProblem::NotADate),
    };
    if date > today {
        Err(ItemProblem::InFuture)
    } else if born.is_some_and(|born| date < born) {
        Err(ItemProblem::BeforeBirth)
    } else {
        Ok(Value::Date(date))
    }
}
