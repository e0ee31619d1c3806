//! Reading a file of item sets, and whether its parts agree.

use super::eligibility::{Clause, MustReport};
use super::item::{Choice, Group, Item, ItemKind, OnlyIf, in_both_languages};
use super::{BULK_NONE, ItemSet, core_item};
use crate::limits::NOTE_LENGTH;
use crate::questionnaire::LocalText;
use crate::rules::{FileError, UnknownKey, What, unknown_in_toml};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The longest line, in characters, where the file says nothing; also the longest name (see [`crate::name`]).
const LINE_LENGTH: usize = 100;
/// The longest text that a file can ask for, in characters.
const LONGEST: usize = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    programme: String,
    item: BTreeMap<String, Definition>,
    set: Vec<SetEntry>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindName {
    Text,
    LongText,
    Date,
    Choice,
    YesNo,
    PostalCode,
    Phone,
    Number,
}

/// An item as it stands in the file: flat, so that a misspelt key is found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    group: Group,
    kind: KindName,
    #[serde(deserialize_with = "in_both_languages")]
    label: LocalText,
    most: Option<usize>,
    options: Option<Vec<Choice>>,
    unit: Option<Unit>,
    range: Option<(i32, i32)>,
    only_if: Option<OnlyIf>,
    #[serde(default)]
    hidden_for_adults: bool,
    #[serde(default)]
    bulk_none: bool,
}

#[derive(Deserialize)]
struct Unit(#[serde(deserialize_with = "in_both_languages")] LocalText);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetEntry {
    valid_from: Date,
    source: String,
    items: Vec<String>,
    required: Vec<String>,
    #[serde(default)]
    who_must_be_reported: Vec<MustReport>,
    #[serde(default)]
    pressing: Vec<Clause>,
}

/// The keys of a stored file that mean nothing to this release.
pub(crate) fn unknown_keys(text: &str) -> Vec<UnknownKey> {
    unknown_in_toml::<File>(text)
}

/// Reads a file: its sets in its order.
pub(super) fn read(text: &str) -> Result<Vec<ItemSet>, FileError> {
    let file: File = toml::from_str(text).map_err(|e| FileError::of_toml(text, &e))?;
    let told = |what: What| FileError::from(what).found_in(text);
    let mut items = BTreeMap::new();
    for (id, definition) in file.item {
        let item = item(id.clone(), definition).map_err(told)?;
        items.insert(id, item);
    }
    let mut sets: Vec<ItemSet> = Vec::new();
    for entry in file.set {
        let valid_from = entry.valid_from;
        let wrong = |what| FileError::in_rule_of(what, valid_from).found_in(text);
        if sets.iter().any(|set| set.valid_from == valid_from) {
            let day = valid_from.to_string();
            return Err(wrong(What::SameDay { day }));
        }
        sets.push(set(&file.programme, entry, &items).map_err(wrong)?);
    }
    let in_no_set = |id: &&String| sets.iter().all(|set| set.item(id).is_none());
    match items.keys().find(in_no_set) {
        Some(id) => Err(told(What::ItemUnasked { id: id.clone() })),
        None => Ok(sets),
    }
}

fn is_id(id: &str) -> bool {
    (1..=40).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn require(holds: bool, what: impl FnOnce() -> What) -> Result<(), What> {
    if holds { Ok(()) } else { Err(what()) }
}

fn item(id: String, from: Definition) -> Result<Item, What> {
    use KindName as K;
    let its = || id.clone();
    require(is_id(&id) && id != BULK_NONE, || What::ItemId { id: its() })?;
    let of_text = matches!(from.kind, K::Text | K::LongText);
    require(from.most.is_none() || of_text, || What::ItemNotText {
        id: its(),
    })?;
    require(from.options.is_some() == (from.kind == K::Choice), || {
        What::ItemOptions { id: its() }
    })?;
    let counts = from.kind == K::Number;
    require(
        from.unit.is_some() == counts && from.range.is_some() == counts,
        || What::ItemNumber { id: its() },
    )?;
    require(!from.bulk_none || from.kind == K::YesNo, || {
        What::ItemBulkNone { id: its() }
    })?;
    let most = |usual| {
        let most = from.most.unwrap_or(usual);
        require((1..=LONGEST).contains(&most), || What::ItemMost {
            id: its(),
        })?;
        Ok::<usize, What>(most)
    };
    let kind = match from.kind {
        K::Text => ItemKind::Text {
            most: most(LINE_LENGTH)?,
        },
        K::LongText => ItemKind::LongText {
            most: most(NOTE_LENGTH)?,
        },
        K::Date => ItemKind::Date,
        K::Choice => ItemKind::Choice {
            options: options(&id, from.options.unwrap_or_default())?,
        },
        K::YesNo => ItemKind::YesNo,
        K::PostalCode => ItemKind::PostalCode,
        K::Phone => ItemKind::Phone,
        K::Number => {
            let (min, max) = from.range.unwrap_or_default();
            require(min <= max, || What::ItemRange { id: its() })?;
            let unit = from.unit.map(|unit| unit.0).unwrap_or_default();
            ItemKind::Number { unit, min, max }
        }
    };
    let item = Item {
        id,
        label: from.label,
        group: from.group,
        kind,
        required: false,
        only_if: from.only_if,
        hidden_for_adults: from.hidden_for_adults,
        bulk_none: from.bulk_none,
    };
    core(&item)?;
    Ok(item)
}

fn options(of: &str, options: Vec<Choice>) -> Result<Vec<Choice>, What> {
    let item = || of.to_owned();
    require(options.len() >= 2, || What::ItemTwoOptions { id: item() })?;
    let mut ids = BTreeSet::new();
    for Choice { id, .. } in &options {
        let fits = (1..=40).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        require(fits, || What::OptionId { id: item() })?;
        require(ids.insert(id), || What::OptionTwice {
            id: item(),
            option: id.clone(),
        })?;
    }
    Ok(options)
}

/// Whether a core item is what the code takes it for.
fn core(item: &Item) -> Result<(), What> {
    let its = || item.id.clone();
    let options = |fits: &dyn Fn(&str) -> bool| match &item.kind {
        ItemKind::Choice { options } => options.iter().all(|option| fits(&option.id)),
        _ => false,
    };
    let kind = |kind: &str| What::CoreKind {
        id: its(),
        kind: kind.to_owned(),
    };
    let choice = |all: &[&str]| What::CoreChoice {
        id: its(),
        options: all.join(", "),
    };
    const KINDS: [&str; 4] = ["confirmed", "asymptomatic", "suspected", "death"];
    const SEXES: [&str; 4] = ["male", "female", "other", "unknown"];
    let (fits, wanted) = match item.id.as_str() {
        core_item::NAME | core_item::NAME_KANA | core_item::NAME_LATIN => (
            matches!(item.kind, ItemKind::Text { most } if most <= LINE_LENGTH),
            What::CoreShort { id: its() },
        ),
        core_item::ADDRESS => (matches!(item.kind, ItemKind::Text { .. }), kind("text")),
        core_item::BIRTHDATE | core_item::DIAGNOSED_ON | core_item::ONSET_ON => {
            (item.kind == ItemKind::Date, kind("date"))
        }
        core_item::PHONE => (item.kind == ItemKind::Phone, kind("phone")),
        core_item::POSTAL_CODE => (item.kind == ItemKind::PostalCode, kind("postal_code")),
        core_item::SEX => (options(&|id| SEXES.contains(&id)), choice(&SEXES)),
        core_item::LANGUAGE => (
            options(&|id| crate::language::parse_tag(id).as_deref() == Some(id)),
            What::CoreLanguages { id: its() },
        ),
        core_item::KIND => (
            options(&|id| KINDS.contains(&id)) && KINDS.iter().all(|kind| item.kind.can_be(kind)),
            choice(&KINDS),
        ),
        _ => return Ok(()),
    };
    require(fits, || wanted)?;
    let always = item.only_if.is_none() && !item.hidden_for_adults;
    require(always || item.id == core_item::ONSET_ON, || {
        What::CoreAlways { id: its() }
    })
}

fn set(programme: &str, entry: SetEntry, known: &BTreeMap<String, Item>) -> Result<ItemSet, What> {
    let mut items: Vec<Item> = Vec::new();
    for id in &entry.items {
        let its = || id.clone();
        let item = known.get(id).ok_or_else(|| What::NoItem { id: its() })?;
        require(!items.iter().any(|earlier| earlier.id == *id), || {
            What::ItemTwice { id: its() }
        })?;
        if let Some(rule) = &item.only_if {
            let ruling = items.iter().find(|earlier| earlier.id == rule.item);
            let can_be =
                ruling.is_some_and(|ruling| rule.is.iter().all(|is| ruling.kind.can_be(is)));
            require(can_be && !rule.is.is_empty(), || What::OnlyIf {
                id: its(),
                other: rule.item.clone(),
                is: rule.is.join(", "),
            })?;
        }
        items.push(Item {
            required: entry.required.contains(id),
            ..item.clone()
        });
    }
    let stands = |id: &str| entry.items.iter().any(|item| item == id);
    if let Some(id) = entry.required.iter().find(|id| !stands(id)) {
        return Err(What::RequiredUnasked { id: id.clone() });
    }
    if let Some(id) = core_item::ALL.iter().find(|id| !stands(id)) {
        let id = (*id).to_owned();
        return Err(What::CoreMissing { id });
    }
    let must = |id: &&&str| !entry.required.iter().any(|required| required == **id);
    if let Some(id) = core_item::ALWAYS_REQUIRED.iter().find(must) {
        let id = (*id).to_owned();
        return Err(What::MustBeRequired { id });
    }
    let is_latin = |id: &String| id == core_item::NAME_LATIN;
    require(!entry.required.iter().any(is_latin), || {
        What::LatinRequired {}
    })?;
    require(!entry.source.trim().is_empty(), || What::NoSource {})?;
    let set = ItemSet {
        valid_from: entry.valid_from,
        programme: programme.to_owned(),
        source: entry.source,
        items,
        who_must_be_reported: entry.who_must_be_reported,
        pressing: entry.pressing,
    };
    rules(&set)?;
    Ok(set)
}

/// Whether the rules on who must be reported can be met by answers of the set.
fn rules(set: &ItemSet) -> Result<(), What> {
    let mut ids = BTreeSet::new();
    for MustReport { id, all, .. } in &set.who_must_be_reported {
        require(is_id(id) && ids.insert(id), || What::MustReportId {
            id: id.clone(),
        })?;
        let is_met = !all.is_empty() && all.iter().all(|clause| can_be_met(set, clause));
        require(is_met, || What::NobodyMeets { id: id.clone() })?;
    }
    require(
        set.pressing.iter().all(|clause| can_be_met(set, clause)),
        || What::NobodyPressing {},
    )
}

/// Whether answers of the set can meet a clause.
fn can_be_met(set: &ItemSet, clause: &Clause) -> bool {
    match clause {
        Clause::Age { age_at_or_above } => (0..=125).contains(age_at_or_above),
        Clause::Items { any_of, is } => {
            !any_of.is_empty()
                && any_of
                    .iter()
                    .all(|id| set.item(id).is_some_and(|item| item.kind.can_be(is)))
        }
        Clause::Group { any_yes_in } => set
            .in_group(*any_yes_in)
            .any(|item| item.kind == ItemKind::YesNo),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_file_is_told_what_is_wrong() {
        #[rustfmt::skip]
        let table = [
            ("hidden_for_adults = true", "hidden_for_adult = true", "hidden_for_adult"),
            ("ja = \"職業\"", "de = \"Beruf\"", "no words in ja"),
            ("occupation = {", "Occupation = {", "1 to 40 of a–z"),
            ("sampled_on = {", "sampled_at = {", "there is no item sampled_on"),
            ("\"sampled_on\", ", "", "sampled_on: it stands in no set"),
            ("\"name\", \"name_kana\", \"name_latin\"", "\"name\", \"name\"", "name stands in it twice"),
            ("\"name_latin\", ", "", "core item name_latin is missing"),
            ("\"name\", \"name_kana\", \"sex\"", "\"name_kana\", \"sex\"", "name must be required"),
            ("\"name\", \"name_kana\", \"sex\"", "\"name\", \"name_latin\", \"sex\"", "name_latin cannot be required"),
            ("[\"name\", \"sex\"", "[\"occupation\", \"name\", \"sex\"", "occupation is required and stands not in it"),
            ("birthdate = { group = \"person\", kind = \"date\"", "birthdate = { group = \"person\", kind = \"text\"", "birthdate: it must be a date"),
            ("id = \"asymptomatic\"", "id = \"carrier\"", "must be a choice of confirmed"),
            ("id = \"zh-Hans\"", "id = \"Chinese\"", "language tags"),
            ("item = \"sex\", is = [\"female\", \"other\"", "item = \"sex\", is = [\"woman\", \"other\"", "pregnancy is asked only if sex is"),
            ("item = \"stays_elsewhere\", is = \"yes\"", "item = \"severity\", is = \"mild\"", "no earlier item"),
            ("range = [0, 10]", "range = [10, 0]", "range begins above its end"),
            ("range = [0, 10], ", "", "a number has unit and range"),
            ("most = 200", "most = 0", "most is 1 to 10,000"),
            ("kind = \"phone\", label", "kind = \"phone\", bulk_none = true, label", "only yes_no can be bulk_none"),
            ("any_of = [\"pregnancy\"], is = \"yes\"", "any_of = [\"pregnancy\"], is = \"sure\"", "nobody can meet the rule pregnant"),
            ("any_of = [\"pregnancy\"], is = \"yes\"", "any_of = [\"pregnancy\"]", "expected age_at_or_above, or any_of and is"),
            ("id = \"pregnant\"", "id = \"age_65\"", "is there once: age_65"),
            ("valid_from = \"2022-06-30\"", "valid_from = \"2020-05-01\"", "two rules begin on this day"),
            ("id = \"mild\"", "id = \"severe\"", "two options are called severe"),
            ("programme = \"covid-19\"", "", "programme"),
        ];
        let file = include_str!("../../../programmes/notification-covid-19.toml");
        for (from, to, words) in table {
            assert!(file.contains(from), "{from}");
            let error = read(&file.replacen(from, to, 1));
            let error = error.expect_err(words).to_string();
            assert!(error.contains(words), "{words}: {error}");
        }
    }
}
