//! Stories of forms of rules.

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
