//! The numbers of a file of rules as fields of a form: read from the file and written back into it, with all else, the
//! comments too, left as it stands.

use super::{FileError, RuleKind, document, no_rule, only_table};
use crate::text::fold_width;
use toml_edit::{Array, InlineTable, Item, Table, TableLike, Value, value};

/// What a number counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Per cent.
    Percent,
    /// Degrees Celsius; tenths in the file.
    Degrees,
    /// Hours.
    Hours,
    /// Days.
    Days,
    /// Several days, with commas between them.
    DayList,
    /// Years.
    Years,
    /// Not a number but words.
    Words,
    /// Several lines of words.
    Lines,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

/// A field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldSpec {
    /// Its name, which is its place in the rule: `spo2_falling.by`.
    pub name: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// The lowest and the highest number, as in the file.
    pub range: (i64, i64),
    /// Whether it may be left empty, and is left out then.
    pub is_optional: bool,
}

const fn field(name: &'static str, unit: Unit, range: (i64, i64)) -> FieldSpec {
    FieldSpec {
        name,
        unit,
        range,
        is_optional: false,
    }
}

const fn optional(name: &'static str, unit: Unit, range: (i64, i64)) -> FieldSpec {
    FieldSpec {
        name,
        unit,
        range,
        is_optional: true,
    }
}

// The ranges keep slips of the finger out; the numbers themselves are for the health authority.
const COURSE: &[FieldSpec] = &[
    field("spo2_falling.at_or_below", Unit::Percent, (70, 100)),
    field("spo2_falling.by", Unit::Percent, (1, 20)),
    field("spo2_falling.within_hours", Unit::Hours, (1, 240)),
    field("temperature_rising.at_or_above", Unit::Degrees, (350, 420)),
    field("temperature_rising.by", Unit::Degrees, (1, 50)),
    field("temperature_rising.within_hours", Unit::Hours, (1, 240)),
    field("fever_lasting.at_or_above", Unit::Degrees, (350, 420)),
    field("fever_lasting.days", Unit::Days, (1, 30)),
    optional("infant.below_days", Unit::Days, (1, 730)),
    optional("infant.at_or_above", Unit::Degrees, (350, 420)),
    optional("silence.hours", Unit::Hours, (1, 720)),
    optional("silence.at_risk_hours", Unit::Hours, (1, 720)),
    optional("silence.alert_after_hours", Unit::Hours, (1, 720)),
    optional("silence.unreached_hours", Unit::Hours, (1, 720)),
    optional("silence.level", Unit::OneOf(&["watch", "alarming"]), (0, 0)),
    field("risk.age_at_or_above", Unit::Years, (0, 120)),
    field("source", Unit::Words, (1, 1_000)),
];

/// Parts that a rule may leave out as a whole, each with a field without which it makes no sense.
const OPTIONAL_PARTS: &[(&str, &str)] = &[
    ("infant", "infant.below_days"),
    ("infant", "infant.at_or_above"),
    ("silence", "silence.hours"),
];

/// Of a part that may be left out: whether it is left out, by what was typed; `None` where it may not.
fn is_left_out(part: Option<&str>, typed: &[(String, String)]) -> Option<bool> {
    let part = part?;
    OPTIONAL_PARTS.iter().find(|(name, _)| *name == part)?;
    let own = |name: &str| split(name).0 == Some(part);
    // What is chosen from a list is never empty, and means nothing without the rest.
    let is_chosen = |name: &str| {
        COURSE
            .iter()
            .any(|spec| spec.name == name && matches!(spec.unit, Unit::OneOf(_)))
    };
    let filled = |(name, words): &(String, String)| {
        own(name) && !is_chosen(name) && !words.trim().is_empty()
    };
    Some(!typed.iter().any(filled))
}

const ISOLATION: &[FieldSpec] = &[
    field("symptomatic.days", Unit::Days, (1, 60)),
    optional(
        "symptomatic.hours_after_improvement",
        Unit::Hours,
        (1, 1_440),
    ),
    field("symptomatic.observe_days", Unit::Days, (1, 60)),
    field("asymptomatic.days", Unit::Days, (1, 60)),
    field("asymptomatic.observe_days", Unit::Days, (1, 60)),
    optional("asymptomatic.negative_test.days", Unit::DayList, (0, 60)),
    optional(
        "asymptomatic.negative_test.free_from_day",
        Unit::Days,
        (1, 60),
    ),
    field("symptomatic_inpatient.days", Unit::Days, (1, 60)),
    optional(
        "symptomatic_inpatient.hours_after_improvement",
        Unit::Hours,
        (1, 1_440),
    ),
    field("symptomatic_inpatient.observe_days", Unit::Days, (1, 60)),
    field("contact.days", Unit::Days, (1, 60)),
    field("contact.observe_days", Unit::Days, (1, 60)),
    optional("contact.negative_test.days", Unit::DayList, (0, 60)),
    optional("contact.negative_test.free_from_day", Unit::Days, (1, 60)),
    field("source", Unit::Words, (1, 1_000)),
];

const fn words(name: &'static str) -> FieldSpec {
    field(name, Unit::Words, (1, 1_000))
}

const fn lines(name: &'static str) -> FieldSpec {
    field(name, Unit::Lines, (1, 4_000))
}

const fn optional_words(name: &'static str) -> FieldSpec {
    optional(name, Unit::Words, (1, 1_000))
}

const fn optional_lines(name: &'static str) -> FieldSpec {
    optional(name, Unit::Lines, (1, 4_000))
}

const MESSAGES: &[FieldSpec] = &[
    words("invitation_sms.ja"),
    words("invitation_sms.en"),
    words("invitation_mail_subject.ja"),
    lines("invitation_mail.ja"),
    words("invitation_mail_subject.en"),
    lines("invitation_mail.en"),
    words("reminder_mail_subject.ja"),
    lines("reminder_mail.ja"),
    words("reminder_mail_subject.en"),
    lines("reminder_mail.en"),
    words("request_sms.ja"),
    words("request_sms.en"),
    words("request_mail_subject.ja"),
    lines("request_mail.ja"),
    words("request_mail_subject.en"),
    lines("request_mail.en"),
    optional_words("alert_waits_sms.ja"),
    optional_words("alert_waits_sms.en"),
    optional_words("alert_waits_mail_subject.ja"),
    optional_lines("alert_waits_mail.ja"),
    optional_words("alert_waits_mail_subject.en"),
    optional_lines("alert_waits_mail.en"),
    optional_words("alert_taken_sms.ja"),
    optional_words("alert_taken_sms.en"),
    optional_words("alert_taken_mail_subject.ja"),
    optional_lines("alert_taken_mail.ja"),
    optional_words("alert_taken_mail_subject.en"),
    optional_lines("alert_taken_mail.en"),
];

/// The fields of a kind; none where the file is edited as text alone.
pub const fn fields(kind: RuleKind) -> &'static [FieldSpec] {
    match kind {
        RuleKind::Course => COURSE,
        RuleKind::Isolation => ISOLATION,
        RuleKind::Messages => MESSAGES,
        RuleKind::Questionnaire | RuleKind::Notification => &[],
    }
}

/// The part of a kind that says how negative tests set free early: left out as a whole, or there as a whole.
const TEST: &str = ".negative_test.";

/// From where to where a field may lie in view of what was typed into the others: whoever is observed is so at least for as
/// long as they isolate; whoever is at risk is silent no later than others, and an alert comes no sooner than that; tests
/// set free from the last of them on, and within the days of isolation.
pub fn range_beside(spec: &FieldSpec, typed: &[(String, String)]) -> (i64, i64) {
    let (low, high) = spec.range;
    let number = |name: &str| {
        let (_, words) = typed.iter().find(|(other, _)| other == name)?;
        let number = fold_width(words).trim().parse::<i64>().ok()?;
        (low..=high).contains(&number).then_some(number)
    };
    if let Some((part, key)) = spec.name.split_once(TEST) {
        let most = number(&format!("{part}.days")).unwrap_or(high);
        let (_, tests) = match typed
            .iter()
            .find(|(name, _)| *name == format!("{part}{TEST}days"))
        {
            Some(tests) if key != "days" => tests,
            _ => return (low, most),
        };
        let last = day_list(tests, (low, most)).and_then(|days| days.last().copied());
        return (last.unwrap_or(low).max(low), most);
    }
    match spec.name {
        "silence.at_risk_hours" => (low, number("silence.hours").unwrap_or(high)),
        "silence.alert_after_hours" => {
            let silent = number("silence.at_risk_hours").or_else(|| number("silence.hours"));
            (silent.unwrap_or(low), high)
        }
        name => {
            let days = name
                .strip_suffix(".observe_days")
                .and_then(|part| number(&format!("{part}.days")));
            (days.unwrap_or(low), high)
        }
    }
}

/// Days with commas or blanks between them, in their order and each once.
fn day_list(typed: &str, (low, high): (i64, i64)) -> Option<Vec<i64>> {
    let text = fold_width(typed);
    let days: Option<Vec<i64>> = text
        .split([',', '、', ' '])
        .filter(|day| !day.is_empty())
        .map(|day| day.parse().ok())
        .collect();
    days.filter(|days| {
        let is_within = days.iter().all(|day| (low..=high).contains(day));
        !days.is_empty() && is_within && days.is_sorted_by(|a, b| a < b)
    })
}

pub(super) fn written(spec: &FieldSpec, item: &Value) -> Option<String> {
    match spec.unit {
        Unit::DayList => {
            let days = item.as_array()?.iter().map(Value::as_integer);
            let days: Option<Vec<String>> = days.map(|day| Some(day?.to_string())).collect();
            Some(days?.join(", "))
        }
        Unit::Words | Unit::OneOf(_) => item.as_str().map(str::to_owned),
        Unit::Lines => item.as_str().map(|text| text.trim().to_owned()),
        Unit::Degrees => {
            let tenths = item.as_integer()?;
            Some(format!("{}.{}", tenths / 10, tenths % 10))
        }
        _ => Some(item.as_integer()?.to_string()),
    }
}

/// What was typed, as it stands in the file; `None`: it cannot be meant.
pub(super) fn understood(spec: &FieldSpec, typed: &str) -> Option<Value> {
    let text = fold_width(typed);
    let text = text.trim();
    let (low, high) = spec.range;
    let number = match spec.unit {
        Unit::Words => {
            let length = i64::try_from(typed.trim().chars().count()).ok()?;
            return (low..=high).contains(&length).then(|| typed.trim().into());
        }
        Unit::Lines => {
            // Browsers send lines with both ends; files have one.
            let typed = typed.replace("\r\n", "\n");
            let length = i64::try_from(typed.trim().chars().count()).ok()?;
            let text = format!("{}\n", typed.trim());
            return (low..=high).contains(&length).then(|| text.into());
        }
        Unit::DayList => {
            let days = day_list(text, spec.range)?;
            return Some(days.into_iter().collect::<Array>().into());
        }
        Unit::OneOf(all) => {
            let chosen = all.iter().find(|word| **word == text)?;
            return Some((*chosen).into());
        }
        Unit::Degrees => {
            let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
            if tenth.len() != 1 {
                return None;
            }
            whole.parse::<u16>().ok().map(i64::from)? * 10
                + tenth.parse::<u8>().ok().map(i64::from)?
        }
        _ => text.parse().ok()?,
    };
    (low..=high).contains(&number).then(|| number.into())
}

/// Whether two values say the same, however they are written.
fn is_same(one: &Value, other: &Value) -> bool {
    if let (Some(one), Some(other)) = (one.as_array(), other.as_array()) {
        let days = |all: &Array| all.iter().map(Value::as_integer).collect::<Vec<_>>();
        return days(one) == days(other);
    }
    match (one.as_str(), other.as_str()) {
        (Some(one), Some(other)) => one.trim() == other.trim(),
        _ => one.as_integer().is_some() && one.as_integer() == other.as_integer(),
    }
}

fn split(name: &str) -> (Option<&str>, &str) {
    name.rsplit_once('.')
        .map_or((None, name), |(table, key)| (Some(table), key))
}

/// What stands in a file with one rule, by field; empty where it is left out.
///
/// # Errors
/// What is wrong where the file cannot be read.
pub fn values(kind: RuleKind, text: &str) -> Result<Vec<(&'static str, String)>, FileError> {
    let mut document = document(text)?;
    let table = only_table(&mut document, kind).ok_or_else(|| no_rule(kind))?;
    Ok(fields(kind)
        .iter()
        .map(|spec| {
            let (part, key) = split(spec.name);
            let item = match part {
                Some(part) => {
                    let mut steps = part.split('.');
                    let first = steps.next().and_then(|step| table.get(step));
                    steps
                        .fold(first, |found, step| found?.get(step))
                        .and_then(|found| found.get(key))
                }
                None => table.get(key),
            };
            let words = item
                .and_then(Item::as_value)
                .and_then(|item| written(spec, item));
            (spec.name, words.unwrap_or_default())
        })
        .collect())
}

/// Writes how negative tests set free early, as a whole, or leaves it out.
fn apply_tests(
    table: &mut dyn TableLike,
    part: &str,
    typed: &[(String, String)],
    wrong: &mut Vec<&'static str>,
) {
    let own = |key: &str| {
        let name = format!("{part}{TEST}{key}");
        let spec = ISOLATION.iter().find(|spec| spec.name == name)?;
        let (_, words) = typed.iter().find(|(other, _)| *other == name)?;
        let beside = FieldSpec {
            range: range_beside(spec, typed),
            ..*spec
        };
        let is_empty = words.trim().is_empty();
        Some((
            key.to_owned(),
            spec.name,
            is_empty,
            understood(&beside, words),
        ))
    };
    let (Some(days), Some(free)) = (own("days"), own("free_from_day")) else {
        return;
    };
    let Some(kind) = table.get_mut(part).and_then(Item::as_table_like_mut) else {
        return;
    };
    let name = TEST.trim_matches('.');
    if days.2 && free.2 {
        kind.remove(name);
        return;
    }
    if !kind.contains_key(name) {
        kind.insert(name, value(InlineTable::new()));
    }
    let Some(tests) = kind.get_mut(name).and_then(Item::as_table_like_mut) else {
        wrong.push(days.1);
        return;
    };
    for (key, name, _, understood) in [days, free] {
        match understood {
            None => wrong.push(name),
            Some(new) => {
                let stands = tests.get(&key).and_then(Item::as_value);
                if !stands.is_some_and(|stands| is_same(stands, &new)) {
                    tests.insert(&key, value(new));
                }
            }
        }
    }
}

/// Writes fields into a file with one rule.
///
/// # Errors
/// The names of the fields that cannot be meant.
pub fn apply(
    kind: RuleKind,
    text: &str,
    typed: &[(String, String)],
) -> Result<String, Vec<&'static str>> {
    let all = || {
        fields(kind)
            .iter()
            .map(|spec| spec.name)
            .collect::<Vec<_>>()
    };
    let mut document = document(text).map_err(|_| all())?;
    let table = only_table(&mut document, kind).ok_or_else(all)?;
    let mut wrong = Vec::new();
    for spec in fields(kind) {
        let Some((_, words)) = typed.iter().find(|(name, _)| name == spec.name) else {
            continue;
        };
        if let Some((part, _)) = spec.name.split_once(TEST) {
            // Both fields at once, where the first of them comes.
            if spec.unit == Unit::DayList {
                apply_tests(table, part, typed, &mut wrong);
            }
            continue;
        }
        let (part, key) = split(spec.name);
        let is_empty = words.trim().is_empty();
        // Texts that a file of an earlier release has no part for get one.
        if let (Some(part), RuleKind::Messages, false) = (part, kind, is_empty)
            && !table.contains_key(part)
        {
            table.insert(part, Item::Table(Table::new()));
        }
        match (part, is_left_out(part, typed)) {
            (Some(part), Some(true)) => {
                table.remove(part);
                continue;
            }
            (Some(part), Some(false)) if !table.contains_key(part) => {
                table.insert(part, Item::Table(Table::new()));
            }
            _ => {}
        }
        if is_empty
            && OPTIONAL_PARTS
                .iter()
                .any(|(_, needed)| *needed == spec.name)
        {
            wrong.push(spec.name);
            continue;
        }
        let target = match part {
            None => Some(&mut *table as &mut dyn toml_edit::TableLike),
            Some(part) => table.get_mut(part).and_then(Item::as_table_like_mut),
        };
        let beside = FieldSpec {
            range: range_beside(spec, typed),
            ..*spec
        };
        match (target, understood(&beside, words)) {
            // A part that the file leaves out as a whole stays out: that is for whoever edits the text.
            (None, _) if is_empty => {}
            (Some(target), _) if is_empty && spec.is_optional => {
                target.remove(key);
            }
            (Some(target), Some(new)) => {
                let stands = target.get(key).and_then(Item::as_value);
                if !stands.is_some_and(|stands| is_same(stands, &new)) {
                    target.insert(key, value(new));
                }
            }
            _ => wrong.push(spec.name),
        }
    }
    if wrong.is_empty() {
        Ok(document.to_string())
    } else {
        Err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Content, read_one, shipped};
    use super::*;
    use crate::urgency::Level;

    fn typed(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, words)| ((*name).to_owned(), (*words).to_owned()))
            .collect()
    }

    #[test]
    fn what_was_read_and_is_written_back_changes_nothing() {
        for kind in [RuleKind::Course, RuleKind::Isolation, RuleKind::Messages] {
            for file in shipped(kind) {
                let read = values(kind, &file.text).unwrap();
                let same: Vec<_> = read
                    .into_iter()
                    .map(|(name, words)| (name.to_owned(), words))
                    .collect();
                assert_eq!(apply(kind, &file.text, &same).unwrap(), file.text);
            }
        }
    }

    #[test]
    fn a_text_that_an_older_file_lacks_is_added() {
        let file = shipped(RuleKind::Messages).pop().unwrap();
        let older = file.text.split("# To staff").next().unwrap();
        let new = typed(&[
            ("alert_taken_sms.en", "Look: {{ minutes }} min"),
            ("alert_taken_sms.ja", ""),
        ]);
        let text = apply(RuleKind::Messages, older, &new).unwrap();
        assert!(text.contains("[messages.alert_taken_sms]"), "{text}");
        let read = values(RuleKind::Messages, &text).unwrap();
        let of = |name: &str| read.iter().find(|(n, _)| *n == name).unwrap().1.clone();
        assert_eq!(of("alert_taken_sms.en"), "Look: {{ minutes }} min");
        assert_eq!(of("alert_taken_sms.ja"), "");
        assert_eq!(of("alert_waits_sms.en"), "");
        assert!(read_one(RuleKind::Messages, &text).is_ok());
    }

    #[test]
    fn fields_change_their_numbers_and_leave_the_rest() {
        let file = shipped(RuleKind::Course).pop().unwrap();
        let new = typed(&[
            ("spo2_falling.at_or_below", "９３"),
            ("temperature_rising.at_or_above", "38.5"),
        ]);
        let text = apply(RuleKind::Course, &file.text, &new).unwrap();
        assert!(text.contains("# Fever at or above this"), "comments stay");
        let Content::Course(rules) = read_one(RuleKind::Course, &text).unwrap().content else {
            panic!("another kind");
        };
        assert_eq!(rules.spo2_falling.unwrap().at_or_below, 93);
        assert_eq!(rules.temperature_rising.unwrap().at_or_above, 385);
        assert_eq!(rules.fever_lasting.unwrap().at_or_above, 380);
    }

    #[test]
    fn what_holds_for_babies_is_left_out_or_written_as_a_whole() {
        let said = |text: &str| match read_one(RuleKind::Course, text).unwrap().content {
            Content::Course(rules) => rules.infant,
            _ => panic!("another kind"),
        };
        let two =
            |days, degrees| typed(&[("infant.below_days", days), ("infant.at_or_above", degrees)]);
        let mut files = shipped(RuleKind::Course);
        let (new, old) = (files.pop().unwrap(), files.remove(0));
        assert_eq!((said(&old.text), said(&new.text).is_some()), (None, true));
        let begun = apply(RuleKind::Course, &old.text, &two("60", "38.5")).unwrap();
        let infant = said(&begun).unwrap();
        assert_eq!((infant.below_days, infant.at_or_above), (60, 385));
        let ended = apply(RuleKind::Course, &new.text, &two("", "")).unwrap();
        assert_eq!(said(&ended), None);
        for (days, degrees, wrong) in [
            ("", "38.0", "infant.below_days"),
            ("90", "", "infant.at_or_above"),
            ("0", "38.0", "infant.below_days"),
        ] {
            let typed = two(days, degrees);
            assert_eq!(apply(RuleKind::Course, &new.text, &typed), Err(vec![wrong]));
        }
    }

    #[test]
    fn silence_is_left_out_or_written_as_a_whole() {
        let said = |text: &str| match read_one(RuleKind::Course, text).unwrap().content {
            Content::Course(rules) => rules.silence,
            _ => panic!("another kind"),
        };
        let mut files = shipped(RuleKind::Course);
        let (new, old) = (files.pop().unwrap(), files.remove(0));
        assert_eq!((said(&old.text), said(&new.text).is_some()), (None, true));
        let three = |hours, at_risk, alert| {
            typed(&[
                ("silence.hours", hours),
                ("silence.at_risk_hours", at_risk),
                ("silence.alert_after_hours", alert),
            ])
        };
        let begun = apply(RuleKind::Course, &old.text, &three("36", "24", "")).unwrap();
        let silence = said(&begun).unwrap();
        assert_eq!((silence.hours, silence.at_risk_hours), (36, Some(24)));
        assert_eq!(silence.alert_after_hours, None);
        let ended = apply(RuleKind::Course, &new.text, &three("", "", "")).unwrap();
        assert_eq!(said(&ended), None);
        assert_eq!(
            apply(RuleKind::Course, &new.text, &three("", "24", "")),
            Err(vec!["silence.hours"])
        );
        // How urgent silence makes somebody is chosen; without the hours it means nothing.
        let four = |hours, level| {
            let mut all = three(hours, "", "");
            all.extend(typed(&[("silence.level", level)]));
            all
        };
        let alarming = apply(RuleKind::Course, &new.text, &four("30", "alarming")).unwrap();
        assert_eq!(said(&alarming).unwrap().level, Level::Alarming);
        let ended = apply(RuleKind::Course, &new.text, &four("", "alarming")).unwrap();
        assert_eq!(said(&ended), None);
        assert_eq!(
            apply(RuleKind::Course, &new.text, &four("30", "emergency")),
            Err(vec!["silence.level"])
        );
    }

    #[test]
    fn an_early_release_by_tests_is_left_out_or_written_as_a_whole() {
        let said = |text: &str| match read_one(RuleKind::Isolation, text).unwrap().content {
            Content::Isolation(rule) => rule.asymptomatic,
            _ => panic!("another kind"),
        };
        let mut files = shipped(RuleKind::Isolation);
        let (new, old) = (files.pop().unwrap(), files.remove(0));
        let all = |days, tests, free| {
            typed(&[
                ("asymptomatic.days", days),
                ("asymptomatic.observe_days", "7"),
                ("asymptomatic.negative_test.days", tests),
                ("asymptomatic.negative_test.free_from_day", free),
            ])
        };
        let apply = |file: &str, typed: &[_]| apply(RuleKind::Isolation, file, typed);
        let shortened = apply(&new.text, &all("5", "", "")).unwrap();
        assert_eq!(
            (said(&shortened).days, said(&shortened).negative_test),
            (5, None)
        );
        let earlier = apply(&new.text, &all("5", "３、4", "4")).unwrap();
        let test = said(&earlier).negative_test.unwrap();
        assert_eq!((test.days, test.free_from_day), (vec![3, 4], 4));
        let begun = apply(&old.text, &all("7", "5", "6")).unwrap();
        assert_eq!(said(&begun).negative_test.unwrap().free_from_day, 6);
        let (days, free) = (
            "asymptomatic.negative_test.days",
            "asymptomatic.negative_test.free_from_day",
        );
        for (isolation, tests, from, wrong) in [
            ("5", "5", "6", vec![free]),
            ("2", "5", "6", vec![days, free]),
            ("7", "5", "", vec![free]),
            ("7", "", "6", vec![days]),
            ("7", "4, 3", "6", vec![days]),
            ("7", "5", "4", vec![free]),
        ] {
            assert_eq!(apply(&new.text, &all(isolation, tests, from)), Err(wrong));
        }
    }

    #[test]
    fn slips_of_the_finger_are_named() {
        let file = shipped(RuleKind::Isolation).pop().unwrap();
        let new = typed(&[
            ("symptomatic.days", "700"),
            ("contact.days", ""),
            ("symptomatic.hours_after_improvement", ""),
            ("source", " "),
        ]);
        assert_eq!(
            apply(RuleKind::Isolation, &file.text, &new),
            Err(vec!["symptomatic.days", "contact.days", "source"])
        );
        let new = typed(&[
            ("symptomatic.days", "20"),
            ("symptomatic.observe_days", "3"),
        ]);
        assert_eq!(
            apply(RuleKind::Isolation, &file.text, &new),
            Err(vec!["symptomatic.observe_days"])
        );
        let observed = fields(RuleKind::Isolation)
            .iter()
            .find(|spec| spec.name == new[1].0);
        assert_eq!(range_beside(observed.unwrap(), &new), (20, 60));
        let new = typed(&[("symptomatic.hours_after_improvement", "")]);
        let text = apply(RuleKind::Isolation, &file.text, &new).unwrap();
        let Content::Isolation(rule) = read_one(RuleKind::Isolation, &text).unwrap().content else {
            panic!("another kind");
        };
        assert_eq!(rule.symptomatic.hours_after_improvement, None);
        assert_eq!(rule.symptomatic_inpatient.hours_after_improvement, Some(72));
    }
}
