use super::super::{Content, read_one, shipped};
use super::*;
use crate::notification::ItemSet;
use crate::questionnaire::Questionnaire;
use crate::urgency::Level;

fn typed(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, words)| ((*name).to_owned(), (*words).to_owned()))
        .collect()
}

/// All fields as a page would send them back untouched.
fn untouched(kind: RuleKind, text: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for entry in entries(kind, text) {
        all.extend(
            entry
                .words
                .iter()
                .map(|one| (one.name.clone(), one.words.clone())),
        );
        all.push((entry.place_name(), entry.place.to_string()));
        if let Some(number) = &entry.number {
            all.push((number.name.clone(), number.written(number.value)));
        }
        if let Some(level) = entry.level {
            all.push((entry.level_name(), entry::level_word(level).to_owned()));
        }
        if entry.is_required == Some(true) {
            all.push((entry.required_name(), "yes".to_owned()));
        }
    }
    all
}

fn last(kind: RuleKind) -> String {
    shipped(kind).pop().unwrap().text
}

fn questionnaire(text: &str) -> Questionnaire {
    match read_one(RuleKind::Questionnaire, text).unwrap().content {
        Content::Questionnaire(read) => read,
        other => panic!("{other:?}"),
    }
}

fn item_set(text: &str) -> ItemSet {
    match read_one(RuleKind::Notification, text).unwrap().content {
        Content::Notification(read) => read,
        other => panic!("{other:?}"),
    }
}

fn signs(of: &Questionnaire) -> Vec<&str> {
    of.signs.iter().map(|sign| sign.id.as_str()).collect()
}

#[test]
fn what_was_read_and_is_written_back_changes_nothing() {
    for kind in [RuleKind::Questionnaire, RuleKind::Notification] {
        for file in shipped(kind) {
            let same = untouched(kind, &file.text);
            assert!(same.len() > 60, "{kind:?}");
            assert_eq!(apply_wording(kind, &file.text, &same).unwrap(), file.text);
            assert_eq!(apply_wording(kind, &file.text, &[]).unwrap(), file.text);
        }
    }
    assert_eq!(entries(RuleKind::Course, &last(RuleKind::Course)), []);
}

#[test]
fn words_and_levels_change_and_all_else_stays() {
    let kind = RuleKind::Questionnaire;
    let old = last(kind).replacen("yes = \"calm\"", "yes = \"calm\" # as of old", 1);
    let new = typed(&[
        ("questions.1.text.ja", " 咳が\n出ますか？ "),
        ("questions.1.level", "watch"),
        ("emergency_signs.2.text.en", "Pain in the chest"),
    ]);
    let text = apply_wording(kind, &old, &new).unwrap();
    let changed: Vec<(&str, &str)> = old
        .lines()
        .zip(text.lines())
        .filter(|(a, b)| a != b)
        .collect();
    assert_eq!(
        changed,
        [
            ("yes = \"calm\" # as of old", "yes = \"watch\" # as of old"),
            (
                "text.ja = \"咳や鼻水が出ますか？\"",
                "text.ja = \"咳が 出ますか？\""
            ),
            (
                "en = \"Chest pain, or unable to lie flat\"",
                "en = \"Pain in the chest\""
            ),
        ]
    );
    let read = questionnaire(&text);
    assert_eq!(read.questions[1].yes, Level::Watch);
    assert_eq!(read.questions[1].text.in_language("ja"), "咳が 出ますか？");
}

#[test]
fn what_moves_stands_where_it_was_sent_and_what_goes_is_gone() {
    let kind = RuleKind::Questionnaire;
    let old = last(kind);
    let before = questionnaire(&old);
    let place = |pairs: &[(&str, &str)]| {
        let text = apply_wording(kind, &old, &typed(pairs)).unwrap();
        // The heading stays above the first of them, once.
        assert_eq!(
            text.matches("# The emergency signs of the notice").count(),
            1
        );
        let heading = text.find("# The emergency signs of the notice").unwrap();
        assert!(heading < text.find("[[questionnaire.signs]]").unwrap());
        (questionnaire(&text), text)
    };
    let was = signs(&before);
    let (up, _) = place(&[("signs.4.place", "２")]);
    assert_eq!(signs(&up)[..3], [was[0], was[4], was[1]]);
    let (down, _) = place(&[("signs.0.place", "3")]);
    assert_eq!(signs(&down)[..4], [was[1], was[2], was[0], was[3]]);
    let (fewer, text) = place(&[("signs.0.gone", "yes"), ("questions.8.gone", "yes")]);
    assert_eq!(signs(&fewer), was[1..]);
    assert_eq!(fewer.questions[..], before.questions[..8]);
    assert!(!text.contains("sign_complexion"));
    // All else is as it was, word for word.
    for (one, other) in up.questions.iter().zip(&before.questions) {
        assert_eq!(one, other);
    }
    let all_gone: Vec<(String, String)> = (0..was.len())
        .map(|at| (format!("signs.{at}.gone"), "yes".to_owned()))
        .collect();
    let text = apply_wording(kind, &old, &all_gone).unwrap();
    assert!(questionnaire(&text).signs.is_empty());
}

#[test]
fn words_in_tables_of_their_own_and_lists_in_brackets_move_along() {
    let kind = RuleKind::Questionnaire;
    let old = last(kind).replacen(
        "text.en = \"Purple lips\"\ntext.ja = \"唇が紫色になっている\"\nshort.en = \"Purple lips\"\nshort.ja = \"唇が紫色\"\n",
        "[questionnaire.signs.text]\nen = \"Purple lips\"\nja = \"唇が紫色になっている\"\n[questionnaire.signs.short]\nen = \"Purple lips\"\nja = \"唇が紫色\"\n",
        1,
    );
    assert!(old.contains("[questionnaire.signs.short]"));
    let before = questionnaire(&old);
    let moves = typed(&[("signs.1.place", "4"), ("signs.5.place", "1")]);
    let after = questionnaire(&apply_wording(kind, &old, &moves).unwrap());
    for sign in &before.signs {
        assert_eq!(after.question(&sign.id), Some(sign));
    }
    assert_eq!(after.signs[0], before.signs[5]);
    let short = "programme = 'x'\n[disease]\nen = 'x'\n[[questionnaire]]\nvalid_from = '2027-01-01'\nquestions = [{ id = 'a', text = { en = 'A?' }, short = { en = 'A' } }, { id = 'b', text = { en = 'B?' }, short = { en = 'B' } }]\nemergency_signs = []\ntemperature = { possible = [1, 9], plausible = [1, 9], thresholds = [] }\nspo2 = { possible = [1, 9], plausible = [1, 9], thresholds = [] }\n";
    let names = typed(&[
        ("questions.1.place", "1"),
        ("questions.1.text.ja", "B か？"),
    ]);
    let read = questionnaire(&apply_wording(kind, short, &names).unwrap());
    assert_eq!(read.questions[0].id.as_str(), "b");
    assert_eq!(read.questions[0].text.in_language("ja"), "B か？");
}

#[test]
fn a_sign_is_added_with_a_name_of_its_own() {
    let kind = RuleKind::Questionnaire;
    let old = last(kind);
    let words = [
        ("new.text.ja", "首が硬い"),
        ("new.text.en", "A stiff neck"),
        ("new.short.ja", "首の硬さ"),
        ("new.short.en", "Stiff neck!"),
    ];
    let mut new = typed(&words);
    assert_eq!(
        apply_wording(kind, &old, &new),
        Err(vec![("new.level".to_owned(), WordingProblem::NoLevel)])
    );
    new.push(("new.level".to_owned(), "alarming".to_owned()));
    let text = apply_wording(kind, &old, &new).unwrap();
    let read = questionnaire(&text);
    let added = read.signs.last().unwrap();
    assert_eq!(added.id.as_str(), "sign_stiff_neck");
    assert_eq!(added.yes, Level::Alarming);
    assert_eq!(added.text.in_language("ja"), "首が硬い");
    assert_eq!(questionnaire(&old).questions, read.questions);
    // The same words again are another sign; without signs, a list begins.
    let again = questionnaire(&apply_wording(kind, &text, &new).unwrap());
    assert_eq!(again.signs.last().unwrap().id.as_str(), "sign_stiff_neck_2");
    let first = shipped(kind).remove(0).text;
    let begun = questionnaire(&apply_wording(kind, &first, &new).unwrap());
    assert_eq!(signs(&begun), ["sign_stiff_neck"]);
    new.push(("new.part".to_owned(), "questions".to_owned()));
    let asked = questionnaire(&apply_wording(kind, &first, &new).unwrap());
    assert_eq!(asked.questions.last().unwrap().id.as_str(), "stiff_neck");
    // Words of which no name can be made.
    let odd = typed(&[("new.short.en", "首")]);
    assert_eq!(NewQuestion::read(&odd).unwrap().id(&["sign"]), "sign_2");
}

#[test]
fn fields_that_cannot_be_meant_are_named() {
    let kind = RuleKind::Questionnaire;
    let long = "あ".repeat(LONGEST_SHORT + 1);
    let new = typed(&[
        ("signs.0.text.ja", " "),
        ("signs.1.short.ja", &long),
        ("signs.2.place", "14"),
        ("signs.3.place", "x"),
        ("signs.4.level", "urgent"),
        // Nobody asks for words of what is not asked any more.
        ("signs.5.gone", "yes"),
        ("signs.5.text.ja", ""),
        ("new.text.en", "Half a sign"),
        ("new.level", "watch"),
    ]);
    let named = |name: &str, what| (name.to_owned(), what);
    assert_eq!(
        apply_wording(kind, &last(kind), &new).unwrap_err(),
        [
            named("signs.0.text.ja", WordingProblem::Missing),
            named("signs.1.short.ja", WordingProblem::TooLong(LONGEST_SHORT)),
            named("signs.2.place", WordingProblem::NoPlace(13)),
            named("signs.3.place", WordingProblem::NoPlace(13)),
            named("signs.4.level", WordingProblem::NoLevel),
            named("new.text.ja", WordingProblem::Missing),
            named("new.short.ja", WordingProblem::Missing),
            named("new.short.en", WordingProblem::Missing),
        ]
    );
}

#[test]
fn thresholds_change_their_numbers_and_levels() {
    let kind = RuleKind::Questionnaire;
    let old = last(kind);
    let new = typed(&[
        ("temperature.1.number", "３９．５"),
        ("temperature.0.level", "alarming"),
        ("spo2.0.gone", "yes"),
        ("spo2.1.number", "94"),
    ]);
    let text = apply_wording(kind, &old, &new).unwrap();
    let (before, after) = (questionnaire(&old), questionnaire(&text));
    assert_eq!(after.temperature.thresholds[1].at_or_above, Some(395));
    assert_eq!(after.temperature.thresholds[0].level, Level::Alarming);
    assert_eq!(
        after.temperature.thresholds[2],
        before.temperature.thresholds[2]
    );
    let below: Vec<_> = after
        .spo2
        .thresholds
        .iter()
        .map(|one| one.at_or_below)
        .collect();
    assert_eq!(below, [Some(94), Some(90)]);
    assert!(text.contains("# Hypothermia."));
    let odd = typed(&[("temperature.0.number", "385"), ("spo2.0.number", "x")]);
    assert_eq!(
        apply_wording(kind, &old, &odd).unwrap_err(),
        [
            (
                "temperature.0.number".to_owned(),
                WordingProblem::NoNumber(300, 440)
            ),
            (
                "spo2.0.number".to_owned(),
                WordingProblem::NoNumber(40, 100)
            ),
        ]
    );
}

#[test]
fn items_change_their_words_and_whether_an_answer_is_needed() {
    let kind = RuleKind::Notification;
    let old = shipped(kind).remove(0).text;
    let before = item_set(&old);
    let new = typed(&[
        ("item.occupation.label.ja", "職業・勤務先"),
        // Its box is not ticked: an answer is not needed any more.
        ("item.occupation.place", "6"),
        ("item.severity.is.mild.en", "Light"),
        ("item.vaccine_doses.unit.en", "shots"),
        ("item.severity.place", "27"),
        ("item.severity.required", "yes"),
        ("item.smoking.gone", "yes"),
        // What the program works with always stays.
        ("item.phone.gone", "yes"),
        ("item.name.required", ""),
    ]);
    let text = apply_wording(kind, &old, &new).unwrap();
    let after = item_set(&text);
    let item = |id: &str| after.item(id).unwrap();
    assert_eq!(item("occupation").label.in_language("ja"), "職業・勤務先");
    assert!(!item("occupation").required && item("severity").required);
    assert!(text.contains("en = \"Light\"") && text.contains("en = \"shots\""));
    assert!(after.item("smoking").is_none() && !text.contains("smoking"));
    assert!(after.item("phone").is_some() && item("name").required);
    assert_eq!(after.items.len(), before.items.len() - 1);
    // Comments stay.
    assert!(text.contains("# The form knows 男 and 女"));
    let moved = typed(&[
        ("item.occupation.place", "2"),
        ("item.occupation.required", "yes"),
    ]);
    let text = apply_wording(kind, &old, &moved).unwrap();
    assert_eq!(item_set(&text).items[1].id, "occupation");
    assert_eq!(text.lines().count(), old.lines().count());
    // An order in which a condition stands before what it looks at is told by whoever reads the file.
    let early = typed(&[("item.whereabouts.place", "1")]);
    let text = apply_wording(kind, &old, &early).unwrap();
    let error = read_one(kind, &text).unwrap_err();
    assert_eq!(
        (error.what.word(), error.id()),
        ("only-if", Some("whereabouts"))
    );
}
