//! What a questionnaire or a notification asks, entry by entry, as a part of the form that changes a rule: closed but for
//! what was changed or is wrong, so that many questions stay a list that can be read.

use super::rule_preview::level_words;
use super::rule_problem::wording_problem;
use super::words::stored;
use crate::fields::{AreaField, SelectField, TextField};
use crate::page::Page;
use askama::Template;
use domain::rules::{
    Entry, NewQuestion, NumberField, Part, Unit, WordKind, Wording, WordingProblem,
};
use domain::urgency::Level;
use i18n::{Words, language_name};

const LEVELS: [(&str, Level); 4] = [
    ("calm", Level::Calm),
    ("watch", Level::Watch),
    ("alarming", Level::Alarming),
    ("emergency", Level::Emergency),
];

/// A box to tick.
struct TickView {
    name: String,
    label: String,
    is_ticked: bool,
}

#[derive(Template)]
#[template(path = "console/rule_entry.html")]
struct EntryView {
    summary: String,
    tags: Vec<String>,
    is_open: bool,
    problem: Option<String>,
    fields: Vec<String>,
    ticks: Vec<TickView>,
}

struct PartView {
    title: String,
    entries: Vec<EntryView>,
}

#[derive(Template)]
#[template(path = "console/rule_words.html")]
struct WordsView {
    lead: String,
    parts: Vec<PartView>,
    /// Where something can be added.
    new: Option<EntryView>,
}

/// What was typed, what is wrong with it, and what whoever read the file says of one entry.
pub(super) struct Typed<'a> {
    pub(super) fields: &'a [(String, String)],
    pub(super) problems: &'a [(String, WordingProblem)],
    /// The entry's id, and the sentence.
    pub(super) told: Option<(&'a str, String)>,
}

impl Typed<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        let (_, text) = self.fields.iter().find(|(other, _)| other == name)?;
        Some(text)
    }

    fn has(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| !text.is_empty())
    }

    /// Whether a form came with this entry in it; a box that is not ticked is not sent.
    fn knows(&self, entry: &Entry) -> bool {
        self.text(&entry.place_name()).is_some()
    }

    /// What is wrong with a field: told on top of the page by the name of what it belongs to, and beside the field.
    fn problem(&self, page: &mut Page, name: &str, whose: &str) -> Option<String> {
        self.problem_of(page, (name, None), whose)
    }

    fn problem_of(
        &self,
        page: &mut Page,
        (name, number): (&str, Option<&NumberField>),
        whose: &str,
    ) -> Option<String> {
        let (_, problem) = self.problems.iter().find(|(other, _)| other == name)?;
        let sentence = wording_problem(page.t, *problem, number);
        page.problem(name, told_of(page.t, whose, &sentence));
        Some(sentence)
    }
}

/// What is wrong, and with what.
fn told_of(t: &Words, whose: &str, told: &str) -> String {
    t.with2("rule-words-problem", "whose", whose, "told", told)
}

/// A field, and of what it is one.
fn field_of(t: &Words, whose: &str, label: &str) -> String {
    t.with2("rule-words-field", "whose", whose, "label", label)
}

/// A number as people read it, with its unit.
fn with_unit(number: &NumberField) -> String {
    let unit = if number.unit == Unit::Degrees {
        "°C"
    } else {
        "%"
    };
    format!("{} {unit}", number.written(number.value))
}

/// How an entry is called in the list: its few words, or else its words, in the reader's language; or its number.
pub(super) fn called(t: &Words, entry: &Entry) -> String {
    if let Some(number) = &entry.number {
        let key = if number.is_above {
            "rule-words-at-or-above"
        } else {
            "rule-words-at-or-below"
        };
        return t.with1(key, "number", with_unit(number));
    }
    let of = |kind: &WordKind| {
        let own = entry.words.iter().filter(|one| one.kind == *kind);
        let mut own = own.filter(|one| !one.words.is_empty());
        own.clone()
            .find(|one| one.language == t.language)
            .or_else(|| own.next())
            .map(|one| one.words.clone())
    };
    of(&WordKind::Short)
        .or_else(|| of(&WordKind::Label))
        .or_else(|| of(&WordKind::Text))
        .unwrap_or_else(|| entry.id.clone())
}

fn word_field(page: &mut Page, wording: &Wording, typed: &Typed<'_>, whose: &str) -> String {
    let t = page.t;
    let language = language_name(t.language, wording.language.tag()).into_owned();
    let label = match &wording.kind {
        WordKind::Text => t.with1("rule-words-text", "language", language),
        WordKind::Short => t.with1("rule-words-short", "language", language),
        WordKind::Label => t.with1("rule-words-label", "language", language),
        WordKind::Unit => t.with1("rule-words-unit", "language", language),
        WordKind::Choice(id) => t.with2("rule-words-choice", "id", id, "language", language),
    };
    let value = typed
        .text(&wording.name)
        .unwrap_or(&wording.words)
        .to_owned();
    let problem = typed.problem(page, &wording.name, &field_of(t, whose, &label));
    if wording.kind == WordKind::Text {
        let mut field = AreaField::new(&wording.name, label)
            .value(&value)
            .problem(problem);
        field.rows = 2;
        return field.to_string();
    }
    TextField::new(&wording.name, label)
        .value(&value)
        .problem(problem)
        .class("w-full")
        .to_string()
}

fn number_field(
    page: &mut Page,
    number: &NumberField,
    value: &str,
    (typed, whose): (&Typed<'_>, &str),
) -> String {
    let t = page.t;
    let label = t.say(if number.is_above {
        "rule-words-from"
    } else {
        "rule-words-to"
    });
    let told = typed.problem_of(page, (&number.name, Some(number)), whose);
    let is_degrees = number.unit == Unit::Degrees;
    let mut field = TextField::new(&number.name, label)
        .value(value)
        .problem(told)
        .class("w-short")
        .inputmode(if is_degrees { "decimal" } else { "numeric" });
    field.suffix = if is_degrees { "°C" } else { "%" }.to_owned();
    field.to_string()
}

fn level_field(
    page: &mut Page,
    (name, label): (&str, &str),
    chosen: &str,
    (typed, whose): (&Typed<'_>, &str),
) -> String {
    let t = page.t;
    let none = chosen
        .is_empty()
        .then(|| (String::new(), t.say("rule-words-choose")));
    let levels = LEVELS.map(|(word, level)| (word.to_owned(), level_words(t, level)));
    let options = none.into_iter().chain(levels);
    let label = t.say(label);
    let problem = typed.problem(page, name, &field_of(t, whose, &label));
    SelectField::new(name, label, chosen, options)
        .problem(problem)
        .to_string()
}

fn place_field(
    page: &mut Page,
    entry: &Entry,
    (place, many): (&str, usize),
    (typed, whose): (&Typed<'_>, &str),
) -> String {
    let t = page.t;
    let name = entry.place_name();
    let label = t.with1("rule-words-place", "most", many as i64);
    let problem = typed.problem(page, &name, &field_of(t, whose, &label));
    TextField::new(&name, label)
        .value(place)
        .problem(problem)
        .class("w-short")
        .inputmode("numeric")
        .to_string()
}

fn word_of(level: Level) -> &'static str {
    let found = LEVELS.iter().find(|(_, one)| *one == level);
    found.map_or("", |(word, _)| word)
}

fn entry_view(page: &mut Page, entry: &Entry, many: usize, typed: &Typed<'_>) -> EntryView {
    let t = page.t;
    let whose = called(t, entry);
    let before = typed_problems(typed, entry);
    let told = typed
        .told
        .as_ref()
        .filter(|(id, _)| !entry.id.is_empty() && *id == entry.id)
        .map(|(_, sentence)| sentence.clone());
    if let Some(sentence) = &told
        && let Some(first) = entry.words.first()
    {
        page.problem(&first.name, told_of(t, &whose, sentence));
    }
    let mut fields: Vec<String> = Vec::new();
    let mut is_changed = false;
    for wording in &entry.words {
        let now = typed.text(&wording.name);
        is_changed |= now.is_some_and(|now| now.trim() != wording.words.trim());
        fields.push(word_field(page, wording, typed, &whose));
    }
    let mut tags = Vec::new();
    if let Some(number) = &entry.number {
        let stood = number.written(number.value);
        let now = typed.text(&number.name).unwrap_or(&stood).to_owned();
        is_changed |= now.trim() != stood;
        fields.push(number_field(page, number, &now, (typed, &whose)));
    }
    if let Some(level) = entry.level {
        let name = entry.level_name();
        let stood = word_of(level);
        let chosen = typed.text(&name).unwrap_or(stood).to_owned();
        is_changed |= chosen != stood;
        let now = LEVELS.iter().find(|(word, _)| *word == chosen);
        tags.extend(now.map(|(_, level)| level_words(t, *level)));
        let label = if entry.number.is_some() {
            "rule-words-level-number"
        } else {
            "rule-words-level"
        };
        fields.push(level_field(page, (&name, label), &chosen, (typed, &whose)));
    }
    let mut ticks = Vec::new();
    if let Some(stood) = entry.is_required {
        let name = entry.required_name();
        let is_ticked = if typed.knows(entry) {
            typed.has(&name)
        } else {
            stood
        };
        is_changed |= is_ticked != stood;
        if is_ticked {
            tags.push(t.say("rule-words-is-required"));
        }
        ticks.push(TickView {
            name,
            label: t.say("rule-words-required"),
            is_ticked,
        });
    }
    // Numbers need no order: the highest level that one reaches counts.
    if entry.number.is_none() {
        let stood = entry.place.to_string();
        let place = typed.text(&entry.place_name()).unwrap_or(&stood).to_owned();
        is_changed |= place.trim() != stood;
        fields.push(place_field(page, entry, (&place, many), (typed, &whose)));
    }
    let is_gone = entry.is_gone(typed.fields);
    if entry.may_go {
        ticks.push(TickView {
            name: entry.gone_name(),
            label: t.say("rule-words-gone"),
            is_ticked: is_gone,
        });
    }
    if is_gone {
        tags = vec![t.say("rule-words-gone")];
    } else if is_changed {
        tags.push(t.say("rule-differs"));
    }
    EntryView {
        summary: match entry.number {
            Some(_) => whose,
            None => format!("{}. {whose}", entry.place),
        },
        tags,
        is_open: is_changed || is_gone || before || told.is_some(),
        problem: told,
        fields,
        ticks,
    }
}

/// Whether anything in an entry is wrong.
fn typed_problems(typed: &Typed<'_>, entry: &Entry) -> bool {
    let start = format!("{}.", entry.name);
    typed
        .problems
        .iter()
        .any(|(name, _)| name.starts_with(&start))
}

fn new_view(page: &mut Page, typed: &Typed<'_>) -> EntryView {
    let t = page.t;
    let new = NewQuestion::typed(typed.fields);
    let whose = t.say("rule-words-new-one");
    let parts =
        [Part::Signs, Part::Questions].map(|part| (part.word().to_owned(), part_title(t, part)));
    let where_to = SelectField::new(
        NewQuestion::PART,
        t.say("rule-words-new-part"),
        new.part.word(),
        parts,
    );
    let mut fields = vec![where_to.to_string()];
    for wording in &new.words {
        fields.push(word_field(page, wording, typed, &whose));
    }
    let chosen = new.level.map_or("", word_of);
    let name = (NewQuestion::LEVEL, "rule-words-level");
    fields.push(level_field(page, name, chosen, (typed, &whose)));
    EntryView {
        is_open: NewQuestion::read(typed.fields).is_some(),
        summary: t.say("rule-words-new"),
        tags: Vec::new(),
        problem: None,
        fields,
        ticks: Vec::new(),
    }
}

fn part_title(t: &Words, part: Part) -> String {
    stored(t, "rule-words-part", part.word())
}

/// The fields of all entries, put together.
pub(super) fn words_form(page: &mut Page, entries: &[Entry], typed: &Typed<'_>) -> String {
    let t = page.t;
    let mut parts: Vec<PartView> = Vec::new();
    let is_questionnaire = entries.iter().any(|one| one.part == Part::Questions);
    for part in [
        Part::Signs,
        Part::Questions,
        Part::Temperature,
        Part::Spo2,
        Part::EmergencySigns,
        Part::Items,
    ] {
        let of_part: Vec<&Entry> = entries.iter().filter(|one| one.part == part).collect();
        let many = of_part.len();
        if many == 0 {
            continue;
        }
        parts.push(PartView {
            title: part_title(t, part),
            entries: of_part
                .into_iter()
                .map(|entry| entry_view(page, entry, many, typed))
                .collect(),
        });
    }
    let view = WordsView {
        lead: t.say("rule-words-lead"),
        parts,
        new: is_questionnaire.then(|| new_view(page, typed)),
    };
    view.to_string()
}
