//! Other words for what is asked hold from their day on, for the center that set them.

use crate::reports::{family, form};
use crate::story;
use app::programme::PROGRAMME;
use app::rules::preview::Preview;
use app::rules::{ChangeRule, Told, Typed};
use domain::language::Language;
use domain::rules::{RuleKind, apply_wording};
use domain::urgency::Level;
use jiff::civil::date;

fn typed(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, words)| ((*name).to_owned(), (*words).to_owned()))
        .collect()
}

fn change(text: &str, day: &str) -> Typed {
    Typed {
        programme: PROGRAMME.to_owned(),
        text: text.to_owned(),
        valid_from: day.to_owned(),
        why: "Many ask about it".to_owned(),
        silences: String::new(),
    }
}

story!(a_question_is_asked_in_other_words_from_a_day_on, town, {
    let kind = RuleKind::Questionnaire;
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let old = nurse.rule_on(kind, PROGRAMME, date(2026, 11, 23)).await;
    let old = old.unwrap().unwrap().file.text.clone();
    let words = "咳が出ますか？";
    let fields = typed(&[
        ("questions.1.text.ja", words),
        ("new.text.ja", "首が硬い"),
        ("new.text.en", "A stiff neck"),
        ("new.short.ja", "首の硬さ"),
        ("new.short.en", "Stiff neck"),
        ("new.level", "alarming"),
    ]);
    let text = apply_wording(kind, &old, &fields).unwrap();
    let typed = change(&text, "2026-11-24");
    let looked = nurse.preview_rule(kind, &typed).await.unwrap();
    let Ok((
        _,
        Preview::Questionnaire {
            words: changed,
            silenced,
            ..
        },
    )) = looked
    else {
        panic!("no preview");
    };
    assert_eq!(silenced, []);
    let told: Vec<_> = changed
        .iter()
        .map(|one| (one.language, one.before.as_deref(), one.after.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (Language::Ja, None, Some("首が硬い")),
            (Language::En, None, Some("A stiff neck")),
            (Language::Ja, Some("咳や鼻水が出ますか？"), Some(words)),
        ]
    );
    let saved = nurse.change_rule(kind, &typed).await.unwrap();
    assert!(matches!(saved, ChangeRule::Saved), "{saved:?}");
    let asks = async |desk: &app::PatientDesk| {
        let form = desk.report_form(case).await.unwrap().unwrap();
        let asked = form.stored.questionnaire.clone();
        let cough = asked.questions[1].text.in_language("ja").to_owned();
        (cough, asked.signs.len())
    };
    assert_eq!(asks(&desk).await, ("咳や鼻水が出ますか？".to_owned(), 13));
    town.days(1);
    let desk = town.signed_in("a@example.org").await;
    assert_eq!(asks(&desk).await, (words.to_owned(), 14));
    // The new sign alarms, and what was alarming still is.
    let (key, mut raw) = form(&desk, case, "36.5", "98").await;
    raw.symptoms.remove("no_sign");
    raw.symptoms
        .insert("sign_stiff_neck".to_owned(), "yes".to_owned());
    desk.submit_report(case, key, &raw).await.unwrap();
    let nurse = town.nurse().await;
    let seen = nurse.open_case(case).await.unwrap().unwrap().reports;
    assert_eq!(seen[0].level, Level::Alarming);
    let state = nurse.rules(PROGRAMME).await.unwrap().remove(0);
    assert_eq!(state.lines[0].why, "Many ask about it");
    assert!(state.lines[0].holds_today);
});

story!(what_is_wrong_with_a_file_is_told_by_kind_and_place, town, {
    let nurse = town.nurse().await;
    let problem =
        async |kind: RuleKind, typed: &Typed| match nurse.change_rule(kind, typed).await.unwrap() {
            ChangeRule::Problems(problems) => match &problems[..] {
                [("text", Told::File(error))] => error.clone(),
                other => panic!("{other:?}"),
            },
            ChangeRule::Saved | ChangeRule::Same(_) => panic!("saved"),
        };
    let shipped = |kind| domain::rules::shipped(kind).pop().unwrap().text;
    let text = shipped(RuleKind::Questionnaire).replacen("id = \"cough\"", "id = \"Cough!\"", 1);
    let error = problem(RuleKind::Questionnaire, &change(&text, "2026-11-24")).await;
    assert_eq!(
        (error.what.word(), error.id()),
        ("question-id", Some("Cough!"))
    );
    let line = text
        .lines()
        .position(|line| line == "id = \"Cough!\"")
        .unwrap()
        + 1;
    let place = error.at.unwrap();
    assert_eq!((place.line, place.column), (line, 6));
    let text = shipped(RuleKind::Isolation).replacen("covid-19", "measles", 1);
    let error = problem(RuleKind::Isolation, &change(&text, "2026-11-24")).await;
    assert_eq!(error.what.word(), "other-programme");
    let large = "#".repeat(300_000);
    let error = problem(RuleKind::Isolation, &change(&large, "2026-11-24")).await;
    assert_eq!(error.what.word(), "too-large");
});
