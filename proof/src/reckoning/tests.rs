use super::*;
use crate::ledger::Entry;
use crate::report::Report;
use domain::ids::{AlertId, CaseId, MessageId, QuestionnaireId, ReportId};
use storage::status_report::Said;

/// Of the questions that are asked here.
const QUESTIONNAIRE: Uuid = Uuid::from_u128(40);

fn said(answers: &[(&str, Answer)]) -> Vec<(QuestionId, Answer)> {
    let named = answers.iter();
    named
        .map(|(name, answer)| (QuestionId::new(*name), *answer))
        .collect()
}

/// Two reports of one person, the second alarming and passed on once. The answers of the first stand as the embedded engine writes
/// them, those of the second as a server does.
fn world() -> (Stands, Entries) {
    let case = Uuid::from_u128(1);
    let mut entries = Entries::new();
    let mut reports = Vec::new();
    let calm = said(&[("cough", Answer::Yes), ("urine", Answer::No)]);
    let alarming = said(&[("cough", Answer::DontKnow), ("urine", Answer::Yes)]);
    let short: Said = serde_json::from_str(r#"{"*":"no","cough":"yes"}"#).unwrap();
    let long = alarming.iter().cloned().collect();
    for (number, spo2, level, (answers, stored)) in
        [(10, 98, 0, (calm, short)), (11, 97, 2, (alarming, long))]
    {
        let report = Report {
            key: Uuid::from_u128(number),
            temperature: 365,
            spo2,
            answers: answers.into(),
            note: format!("n{number}"),
        };
        let at = Timestamp::from_second(1_000 + number as i64).unwrap();
        reports.push(Standing {
            case: CaseId::from_uuid(case),
            id: ReportId::from_uuid(report.key),
            measured_at: at,
            received_at: at,
            came_before: None,
            temperature: Some(report.temperature),
            spo2: Some(report.spo2),
            questionnaire: QuestionnaireId::from_uuid(QUESTIONNAIRE),
            answers: stored,
            level,
            note: report.note.clone(),
        });
        let entry = Entry {
            case,
            report,
            attempts: 1,
            acknowledged: 1,
        };
        entries.insert(entry.report.key, entry);
    }
    let message = |number, kind: &str| StandingMessage {
        id: MessageId::from_uuid(Uuid::from_u128(number)),
        kind: kind.to_owned(),
        is_sent: false,
        is_given_up: false,
    };
    let names = ["cough", "urine"].map(QuestionId::new).to_vec();
    let stands = Stands {
        questions: HashMap::from([(QUESTIONNAIRE, names)]),
        states: HashMap::from([(case, (2, Some(Uuid::from_u128(11))))]),
        alerts: vec![StandingAlert {
            id: AlertId::from_uuid(Uuid::from_u128(20)),
            case: CaseId::from_uuid(case),
            times: 1,
            steps: 1,
        }],
        audited: reports.iter().map(|row| row.id.uuid()).collect(),
        passed_on: vec!["center".to_owned()],
        messages: vec![message(30, "alert_waits"), message(31, "sms_alert_waits")],
        broken: Vec::new(),
        reports,
    };
    (stands, entries)
}

#[test]
fn what_stands_as_it_was_told_is_whole() {
    let (stands, entries) = world();
    let found = compare(&stands, &entries);
    assert!(found.is_whole(), "{found}");
    assert_eq!((found.acknowledged, found.found, found.alarming), (2, 2, 1));
}

/// A name of a fault, and what brings it about.
type Fault = (&'static str, fn(&mut Stands, &mut Entries));

#[test]
fn every_fault_is_seen() {
    let faults: [Fault; 17] = [
        ("lost 1", |s, _| drop(s.reports.remove(0))),
        ("double 1", |s, _| s.reports.push(s.reports[0].clone())),
        ("from nowhere 1", |_, e| {
            e.remove(&Uuid::from_u128(10));
        }),
        ("different 1", |s, _| s.reports[0].temperature = Some(366)),
        // Two reports of one commit have each other's answers.
        ("different 2", |s, _| {
            let second = s.reports[1].answers.clone();
            let first = std::mem::replace(&mut s.reports[0].answers, second);
            s.reports[1].answers = first;
        }),
        ("different 1", |s, _| s.reports[0].answers = Said::default()),
        ("different 1", |s, _| s.reports[1].level = 1),
        ("different 1", |s, _| s.questions.clear()),
        ("wrong alerts 1", |s, _| {
            s.reports[1].answers = said(&[("cough", Answer::DontKnow), ("urine", Answer::No)])
                .into_iter()
                .collect();
        }),
        ("wrong latest states 1", |s, _| s.states.clear()),
        ("wrong latest states 1", |s, _| {
            s.states.values_mut().for_each(|(count, _)| *count = 3);
        }),
        ("wrong alerts 1", |s, _| s.alerts[0].times = 2),
        ("reports without audit line 1", |s, _| {
            s.audited.truncate(1);
        }),
        ("audit lines too many 1", |s, _| {
            s.audited.push(Uuid::from_u128(11));
        }),
        ("messages lost 1", |s, _| drop(s.messages.pop())),
        ("messages too many 1", |s, _| {
            s.messages.push(s.messages[0].clone());
        }),
        ("broken 1", |s, _| s.alerts[0].steps = 2),
    ];
    for (name, bring_about) in faults {
        let (mut stands, mut entries) = world();
        bring_about(&mut stands, &mut entries);
        let found = compare(&stands, &entries);
        assert!(!found.is_whole(), "{name}");
        assert!(format!("{found}").contains(name), "{name}: {found}");
    }
}

#[test]
fn a_form_without_an_answer_may_stand_or_not() {
    let (mut stands, mut entries) = world();
    entries
        .values_mut()
        .for_each(|entry| entry.acknowledged = 0);
    let found = compare(&stands, &entries);
    assert!(found.is_whole() && found.unacknowledged == 2, "{found}");
    stands.reports.clear();
    stands.audited.clear();
    stands.states.clear();
    stands.alerts.clear();
    stands.passed_on.clear();
    stands.messages.clear();
    assert!(compare(&stands, &entries).is_whole());
}
