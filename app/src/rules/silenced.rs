//! What would alarm no more by a new rule, or of fewer people, or later: whoever sets it says that it is meant.

use super::Book;
use crate::{App, Error, StaffDesk};
use domain::course::{Quieter, quieter};
use domain::ids::JurisdictionId;
use domain::questionnaire::{Silenced, silenced};
use domain::rules::{Content, RuleFile, RuleKind, Unit, fields};
use domain::staff_role::Right;
use domain::status_report::degrees;
use i18n::Words;
use jiff::civil::Date;
use std::sync::Arc;
use storage::Db;

/// A number of the rules of a course, in words.
fn amount(t: &Words, field: &str, value: i32) -> String {
    let mut specs = fields(RuleKind::Course).iter();
    match specs.find(|spec| spec.name == field).map(|spec| spec.unit) {
        Some(Unit::Percent) => format!("{value} %"),
        Some(Unit::Degrees) => format!("{} °C", degrees(value)),
        Some(Unit::Hours) => t.with1("rule-amount-hours", "value", value),
        Some(Unit::Days) => t.with1("rule-amount-days", "value", value),
        Some(Unit::Years) => t.with1("rule-amount-years", "value", value),
        _ => value.to_string(),
    }
}

/// A place in a file as the keys of the catalogues have it.
fn key(family: &str, place: &str) -> String {
    format!("{family}-{}", place.replace(['.', '_'], "-"))
}

/// What makes fewer people urgent, or makes them so later, in words.
fn quieter_words(t: &Words, one: &Quieter) -> String {
    match one {
        Quieter::Part(part) => t.say(&key("rule-quieter-part", part)),
        Quieter::Number { field, from, to } => {
            let called = t.say(&key("rule-field", field));
            let from = amount(t, field, *from);
            match to {
                Some(to) => t.with(
                    "rule-quieter-number",
                    &[
                        ("field", called.into()),
                        ("from", from.into()),
                        ("to", amount(t, field, *to).into()),
                    ],
                ),
                None => t.with2("rule-quieter-left-out", "field", called, "from", from),
            }
        }
        Quieter::SilenceLevel => t.say("rule-quieter-silence-level"),
        Quieter::Condition(name) => {
            let called = key("risk", name);
            let called = match t.has(&called) {
                true => t.say(&called),
                false => name.clone(),
            };
            t.with1("rule-quieter-condition", "name", called)
        }
        Quieter::AtRisk(what) => t.say(&key("rule-quieter-at-risk", what)),
    }
}

impl App {
    /// What is alarming at a place (none: for all) by the rule that holds, or by that of the release, and is not by a new one; of the
    /// rules of a course, what makes fewer people urgent, or makes them so later.
    pub(super) fn silenced_by(
        &self,
        place: Option<JurisdictionId>,
        new: &RuleFile,
    ) -> Vec<Silenced> {
        let book = self.inner.rules.book();
        let holds = book.effective(new.kind, &new.programme, place, new.valid_from);
        let of_release = domain::rules::shipped(new.kind);
        let shipped = of_release
            .iter()
            .rfind(|file| file.programme == new.programme && file.valid_from <= new.valid_from);
        let old = holds.as_ref().map(|holds| &*holds.file).into_iter();
        alarms_less(old.chain(shipped), new)
    }

    /// Something that would alarm no more, in words.
    pub(super) fn silenced_words(&self, t: &Words, programme: &str, one: &Silenced) -> String {
        match one {
            Silenced::Temperature(from, to) => t.with2(
                "rule-silenced-temperature",
                "from",
                degrees(*from),
                "to",
                degrees(*to),
            ),
            Silenced::Spo2(from, to) => t.with2("rule-silenced-spo2", "from", *from, "to", *to),
            Silenced::Question(id) => self
                .inner
                .questionnaires
                .short_words(programme, id, t.language.tag())
                .unwrap_or_else(|| id.as_str().to_owned()),
            Silenced::Course(one) => quieter_words(t, one),
        }
    }
}

/// What alarms by any of the old rules, and not, or less, by a new one of their kind.
pub(super) fn alarms_less<'f>(
    old: impl Iterator<Item = &'f RuleFile>,
    new: &RuleFile,
) -> Vec<Silenced> {
    match &new.content {
        Content::Questionnaire(new) => {
            let old = old.filter_map(|file| match &file.content {
                Content::Questionnaire(old) => Some(old),
                _ => None,
            });
            silenced(&old.collect::<Vec<_>>(), new)
        }
        Content::Course(new) => {
            let old = old.filter_map(|file| match &file.content {
                Content::Course(old) => Some(old),
                _ => None,
            });
            let all = quieter(&old.collect::<Vec<_>>(), new).into_iter();
            all.map(Silenced::Course).collect()
        }
        _ => Vec::new(),
    }
}

impl Book {
    /// What the release's rule of a day alarms on and another rule does not, and from when on it does. A place's own rule stands
    /// before it for ever, so nothing that a later release adds would be noticed there.
    pub(super) fn less_than_release(
        &self,
        rule: &RuleFile,
        day: Date,
    ) -> Option<(Date, Vec<Silenced>)> {
        let of_release = self.shipped.iter().rfind(|file| {
            (file.kind, &file.programme) == (rule.kind, &rule.programme) && file.valid_from <= day
        })?;
        let less = alarms_less(std::iter::once(&**of_release), rule);
        (!less.is_empty()).then_some((of_release.valid_from, less))
    }
}

/// How many rules that places or the operator have set hold on a day and alarm on less than the release.
///
/// # Errors
/// Where they cannot be asked for.
pub async fn less_than_release(db: &Db, day: Date) -> Result<usize, storage::Error> {
    db.read(move |tx| {
        let book = Book::of_start(tx)?;
        let held = book.kept.iter().filter(|kept| {
            let of = kept.file.as_ref();
            let holds = of
                .and_then(|file| book.of_place((file.kind, &file.programme), kept.row.place, day));
            let less = holds.filter(|holds| of.is_some_and(|file| Arc::ptr_eq(file, holds)));
            less.is_some_and(|rule| book.less_than_release(&rule, day).is_some())
        });
        Ok(held.count())
    })
    .await
}

impl StaffDesk {
    /// What is alarming by the rule that holds, or by that of the release, and is not by a new one.
    pub async fn silenced_by(&self, new: &RuleFile) -> Result<Vec<Silenced>, Error> {
        self.needs(Right::SetRules)?;
        Ok(self.app.silenced_by(Some(self.place), new))
    }

    /// Something that would alarm no more, in words.
    pub fn silenced_words(&self, t: &Words, programme: &str, one: &Silenced) -> String {
        self.app.silenced_words(t, programme, one)
    }
}
