//! Questions change their words, by place, by disease and by day: what was answered stays an answer to what was asked.

use crate::reports::{family, form};
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::programme::{BeginProgramme, PROGRAMME, TypedProgramme};
use app::questionnaire::QuestionWords;
use app::rules::{ChangeRule, Told, Typed};
use app::status_report::Submit;
use app::worklist::Filter;
use domain::course::Why;
use domain::ids::CaseId;
use domain::rules::RuleKind;
use domain::status_report::{Answer, Field, FieldProblem, Problems, RawReport};
use domain::urgency::Level;

/// Another wording of what holds today, from today on.
async fn reworded(desk: &StaffDesk, programme: &str, changes: &[(&str, &str)]) {
    let today = desk.rules_today().await.unwrap();
    let kind = RuleKind::Questionnaire;
    let holds = desk.rule_on(kind, programme, today).await.unwrap().unwrap();
    let mut text = holds.file.text.clone();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let mut change = Typed {
        silences: String::new(),
        programme: programme.to_owned(),
        text,
        valid_from: today.to_string(),
        why: "Others understand it better".to_owned(),
    };
    let mut done = desk.change_rule(kind, &change).await.unwrap();
    if let ChangeRule::Problems(problems) = &done
        && let [("silences", Told::Silenced(silenced))] = &problems[..]
    {
        // What is dropped alarms no more; it is meant.
        change.silences = domain::questionnaire::mark(silenced);
        done = desk.change_rule(kind, &change).await.unwrap();
    }
    match done {
        ChangeRule::Saved => {}
        ChangeRule::Problems(problems) => panic!("{problems:?}"),
        ChangeRule::Same(_) => panic!("the same"),
    }
}

async fn other_center(town: &Town) -> StaffDesk {
    let desk = town.app.system_desk();
    let contact = app::health_center::Contact::default();
    let center = desk.add_center("Shiba", contact).await.unwrap();
    let place = app::staff::NewStaff::place_of(center.id);
    let role = domain::staff_role::StaffRole::Administrator;
    town.hires("shiba@center.example", role, place).await
}

fn short_of_breath(words: &QuestionWords) -> String {
    words.short("breathlessness", "en")
}

/// What the reasons of an alert, of the same person on the list and of their page call the question.
async fn called(nurse: &StaffDesk, case: CaseId) -> [String; 3] {
    let list = nurse.worklist(None, Filter::default()).await.unwrap();
    let (alert, item) = list.unwrap().alerts.remove(0);
    let is_of_it = |why: &Why| matches!(why, Why::Symptom { id } if id == "breathlessness");
    assert!(alert.reasons.iter().any(is_of_it) && item.monitoring.reasons.iter().any(is_of_it));
    let member = nurse.case(case).await.unwrap().unwrap().member;
    let m = nurse.following_of(case).await.unwrap().unwrap().monitoring;
    let words = |by: Option<_>| nurse.words_judged(by, &member.programme, member.center.id);
    [
        short_of_breath(&words(alert.judged_by.as_ref())),
        short_of_breath(&words(item.monitoring.judged_by.as_ref())),
        short_of_breath(&words(m.judged_by.as_ref())),
    ]
}

story!(
    reasons_stand_in_the_words_that_whoever_reported_has_read,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let reports = async || {
            let (key, mut raw) = form(&desk, case, "36.5", "98").await;
            raw.symptoms
                .insert("breathlessness".to_owned(), "yes".to_owned());
            let sent = desk.submit_report(case, key, &raw).await.unwrap();
            assert!(matches!(sent, Submit::Accepted(_)));
        };
        reports().await;
        let all = |words: &str| [(); 3].map(|()| words.to_owned());
        assert_eq!(called(&nurse, case).await, all("Shortness of breath"));
        // Another center, and another disease, mean something else by a question of the same name.
        let other = other_center(&town).await;
        let short = "short.en = \"Shortness of breath\"";
        let dizzy = [(short, "short.en = \"Dizziness\"")];
        reworded(&other, PROGRAMME, &dizzy).await;
        let begun = TypedProgramme {
            id: "measles".to_owned(),
            disease: ["麻しん".to_owned(), "Measles".to_owned()],
            like: PROGRAMME.to_owned(),
            valid_from: "2026-11-23".to_owned(),
            why: "An outbreak at a school".to_owned(),
        };
        let begun = nurse.begin_programme(&begun).await.unwrap();
        assert_eq!(begun, BeginProgramme::Begun("measles".to_owned()));
        reworded(&nurse, "measles", &[(short, "short.en = \"Rash\"")]).await;
        assert_eq!(called(&nurse, case).await, all("Shortness of breath"));
        // From now on this center asks so, too: the next report is told in these words, the one that stands is not.
        reworded(&nurse, PROGRAMME, &[(short, "short.en = \"Breathless\"")]).await;
        assert_eq!(called(&nurse, case).await, all("Shortness of breath"));
        town.restart().await;
        let nurse = town.nurse().await;
        assert_eq!(called(&nurse, case).await, all("Shortness of breath"));
        let words = nurse.words_judged(
            None,
            PROGRAMME,
            nurse.case(case).await.unwrap().unwrap().member.center.id,
        );
        assert_eq!(short_of_breath(&words), "Breathless");
        town.minutes(1);
        let desk = town.signed_in("a@example.org").await;
        let (key, mut raw) = form(&desk, case, "36.5", "98").await;
        raw.symptoms
            .insert("breathlessness".to_owned(), "yes".to_owned());
        let sent = desk.submit_report(case, key, &raw).await.unwrap();
        assert!(matches!(sent, Submit::Accepted(_)));
        assert_eq!(called(&nurse, case).await, all("Breathless"));
    }
);

const SICK: &str = "text.en = \"Do you feel sick, or have you vomited?\"";
const BREATH: &str = "text.en = \"Are you short of breath, or is it hard to breathe?\"";

fn symptom(id: &str) -> Field {
    Field::Symptom(domain::questionnaire::QuestionId::new(id))
}

fn is_reworded(problems: &Problems, id: &str, answered: Answer) -> bool {
    problems.iter().any(|(field, problem)| {
        *field == symptom(id)
            && matches!(problem, FieldProblem::Reworded { said, .. } if *said == answered)
    })
}

/// A form as a browser sends it: with which questionnaire it showed.
fn shown(raw: RawReport, form: &app::status_report::ReportForm) -> RawReport {
    RawReport {
        shown: Some(form.stored.id),
        ..raw
    }
}

story!(
    an_answer_to_a_question_that_was_reworded_meanwhile_is_asked_for_anew,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let open = desk.report_form(case).await.unwrap().unwrap();
        let (key, raw) = form(&desk, case, "36.5", "98").await;
        let raw = shown(raw, &open);
        // One that arrived before the change is one report, also where its answer was lost and it comes again.
        let (first, before) = form(&desk, case, "36.6", "97").await;
        let before = shown(before, &open);
        let sent = desk.submit_report(case, first, &before).await.unwrap();
        let Submit::Accepted(stands) = sent else {
            panic!("not accepted");
        };
        let other = [
            (SICK, "text.en = \"Can you drink?\""),
            (BREATH, "text.en = \"Can you climb stairs?\""),
        ];
        reworded(&nurse, PROGRAMME, &other).await;
        let again = desk.submit_report(case, first, &before).await.unwrap();
        assert!(matches!(again, Submit::Accepted(id) if id == stands));

        // "No" to the old question is no answer to the new one, and what was alarming as it was asked is told.
        let mut alarming = raw.clone();
        alarming
            .symptoms
            .insert("breathlessness".to_owned(), "yes".to_owned());
        for (raw, level, said) in [
            (&raw, Level::Calm, Answer::No),
            (&alarming, Level::Alarming, Answer::Yes),
        ] {
            match desk.submit_report(case, key, raw).await.unwrap() {
                Submit::Problems(problems, told) => {
                    assert_eq!((problems.len(), told), (2, level), "{problems:?}");
                    assert!(is_reworded(&problems, "vomiting", Answer::No));
                    assert!(is_reworded(&problems, "breathlessness", said));
                }
                _ => panic!("taken"),
            }
        }
        assert_eq!(
            nurse.open_case(case).await.unwrap().unwrap().reports.len(),
            1
        );
        // What was typed is kept, but for the answers that nobody has given to what is asked now.
        let now = desk.report_form(case).await.unwrap().unwrap();
        let changed = desk.changed(&now, &raw).unwrap();
        assert_eq!(changed.raw.temperature, "36.5");
        assert!(!changed.raw.symptoms.contains_key("vomiting"));
        assert_eq!(changed.raw.symptoms["diarrhoea"], "no");
        let mut answered = shown(changed.raw, &now);
        for id in ["vomiting", "breathlessness"] {
            answered.symptoms.insert(id.to_owned(), "no".to_owned());
        }
        let sent = desk.submit_report(case, key, &answered).await.unwrap();
        assert!(matches!(sent, Submit::Accepted(_)));

        // The same at the desk of a nurse who wrote it down.
        let key = nurse.report_form_for(case).await.unwrap().unwrap().key;
        match nurse.report_for(case, key, "phone", &raw).await.unwrap() {
            Submit::Problems(problems, _) => {
                assert!(is_reworded(&problems, "vomiting", Answer::No));
            }
            _ => panic!("taken"),
        }
        // A page that was opened before an upgrade does not tell what it showed.
        let older = RawReport { shown: None, ..raw };
        let sent = nurse.report_for(case, key, "phone", &older).await.unwrap();
        assert!(matches!(sent, Submit::Accepted(_)));
    }
);

story!(
    a_form_goes_on_where_questions_were_added_and_tells_what_was_dropped,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let open = desk.report_form(case).await.unwrap().unwrap();
        let (key, raw) = form(&desk, case, "36.5", "98").await;
        let raw = shown(raw, &open);
        let sick = "[[questionnaire.questions]]\nid = \"vomiting\"";
        let added = "[[questionnaire.questions]]\nid = \"rash\"\nyes = \"alarming\"\ntext.en = \"Do you have a rash?\"\ntext.ja = \"発疹がありますか？\"\nshort.en = \"Rash\"\nshort.ja = \"発疹\"\n\n";
        reworded(&nurse, PROGRAMME, &[(sick, &format!("{added}{sick}"))]).await;
        // Only what is new has no answer yet.
        let missing = vec![(symptom("rash"), FieldProblem::Missing)];
        match desk.submit_report(case, key, &raw).await.unwrap() {
            Submit::Problems(problems, Level::Calm) => assert_eq!(problems, missing),
            _ => panic!("taken"),
        }
        let now = desk.report_form(case).await.unwrap().unwrap();
        assert!(desk.changed(&now, &raw).is_none());
        // Whoever has said yes to what is asked no more is told so, and that it was alarming; it is not lost unseen.
        let mut said = shown(raw, &now);
        said.symptoms.insert("rash".to_owned(), "yes".to_owned());
        let ask = &now.stored.questionnaire;
        let text = |id| {
            ask.question(&domain::questionnaire::QuestionId::new(id))
                .unwrap()
        };
        town.minutes(1);
        reworded(&nurse, PROGRAMME, &[("id = \"rash\"", "id = \"spots\"")]).await;
        match desk.submit_report(case, key, &said).await.unwrap() {
            Submit::Problems(problems, Level::Alarming) => {
                let gone = FieldProblem::NotAsked {
                    was: text("rash").text.clone(),
                    said: Answer::Yes,
                };
                assert!(problems.contains(&(symptom("rash"), gone)), "{problems:?}");
                assert!(problems.contains(&(symptom("spots"), FieldProblem::Missing)));
            }
            _ => panic!("taken"),
        }
        // "None of these" was said of another list.
        let then = desk.report_form(case).await.unwrap().unwrap();
        let mut none = shown(said, &then);
        none.symptoms.remove("rash");
        none.symptoms.insert("spots".to_owned(), "no".to_owned());
        let sign = &then.stored.questionnaire.signs[0].text;
        let old = format!("text.en = \"{}\"", sign.in_language("en"));
        town.minutes(1);
        reworded(&nurse, PROGRAMME, &[(&old, "text.en = \"Do you bleed?\"")]).await;
        match desk.submit_report(case, key, &none).await.unwrap() {
            Submit::Problems(problems, _) => {
                assert_eq!(problems, [(Field::Signs, FieldProblem::OtherSigns)]);
            }
            _ => panic!("taken"),
        }
    }
);
