//! What staff wrote down in error is taken back: it stays readable and counts nowhere, and it can count again.

mod calls;
mod given_away;

use crate::merges::{again, merges};
use crate::reports::{family, form, sends};
use crate::story;
use crate::town::Town;
use app::alerts::Alert;
use app::contact_log::TypedContact;
use app::history::MarkWrong;
use app::in_error::{Left, TakeBack, TypedInError};
use app::monitoring::Following;
use app::staff::NewStaff;
use app::status_report::{Report, Submit};
use app::worklist::{Filter, List, Worklist};
use app::{PatientDesk, StaffDesk};
use domain::course::Why;
use domain::ids::{CaseId, ReportId};
use domain::staff_role::StaffRole;
use jiff::SignedDuration;

const DONE: TakeBack = TakeBack::Done(Left {
    next_call: false,
    alert: false,
});

fn because(why: &str) -> TypedInError {
    TypedInError {
        why: why.to_owned(),
        words: "Two phones rang".to_owned(),
    }
}

/// Time goes by while the service runs; tells how many silences became alerts.
pub async fn hours(town: &Town, hours: i64) -> usize {
    let mut raised = 0;
    for _ in 0..hours * 6 {
        town.later(SignedDuration::from_mins(10));
        raised += town.app.system_desk().watch_silence().await.unwrap();
    }
    raised
}

async fn worklist(nurse: &StaffDesk) -> Worklist {
    let found = nurse.worklist(None, Filter::default()).await.unwrap();
    found.unwrap()
}

async fn alerts(nurse: &StaffDesk) -> Vec<Alert> {
    let found = worklist(nurse).await.alerts;
    found.into_iter().map(|(alert, _)| alert).collect()
}

/// Who stands in a list of the worklist.
async fn in_list(nurse: &StaffDesk, wished: List) -> Vec<CaseId> {
    let lists = worklist(nurse).await.lists;
    let found = lists.into_iter().find(|of| of.list == wished).unwrap();
    found.items.iter().map(|item| item.case).collect()
}

async fn following(nurse: &StaffDesk, case: CaseId) -> Following {
    nurse.following_of(case).await.unwrap().unwrap()
}

async fn report(nurse: &StaffDesk, case: CaseId, id: ReportId) -> Report {
    nurse.report_of(case, id).await.unwrap().unwrap().1
}

/// A nurse writes a report down.
async fn enters(
    nurse: &StaffDesk,
    desk: &PatientDesk,
    case: CaseId,
    (temperature, spo2): (&str, &str),
) -> ReportId {
    let (_, raw) = form(desk, case, temperature, spo2).await;
    let key = nurse.report_form_for(case).await.unwrap().unwrap().key;
    match nurse.report_for(case, key, "phone", &raw).await.unwrap() {
        Submit::Accepted(id) => id,
        _ => panic!("not accepted"),
    }
}

async fn takes_back(nurse: &StaffDesk, case: CaseId, id: ReportId, why: &str) -> TakeBack {
    let seen = report(nurse, case, id).await.touched_at();
    let why = because(why);
    let done = nurse.take_report_back(case, id, &why, seen);
    done.await.unwrap()
}

async fn puts_back(nurse: &StaffDesk, case: CaseId, id: ReportId) -> TakeBack {
    let seen = report(nurse, case, id).await.touched_at();
    nurse.put_report_back(case, id, seen).await.unwrap()
}

/// Whether the latest state of somebody says that nothing is heard of them.
async fn is_silent(nurse: &StaffDesk, case: CaseId) -> bool {
    let reasons = following(nurse, case).await.monitoring.reasons;
    reasons.iter().any(|why| matches!(why, Why::Silent { .. }))
}

story!(
    whoever_was_silent_is_silent_again_once_the_report_of_another_is_taken_back,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "36.5", "98").await;
        hours(&town, 40).await;
        let nurse = town.nurse().await;
        let list = List::Silent;
        assert!(is_silent(&nurse, case).await);
        assert_eq!(in_list(&nurse, list).await, [case]);
        // The nurse has the wrong person's page open.
        let id = enters(&nurse, &desk, case, ("38.8", "88")).await;
        assert!(!is_silent(&nurse, case).await);
        assert!(in_list(&nurse, list).await.is_empty());
        assert_eq!(alerts(&nurse).await.len(), 1);
        town.minutes(2);
        assert_eq!(takes_back(&nurse, case, id, "").await, TakeBack::NoReason);
        assert_eq!(takes_back(&nurse, case, id, "other_person").await, DONE);
        assert!(is_silent(&nurse, case).await);
        assert_eq!(in_list(&nurse, list).await, [case]);
        assert!(alerts(&nurse).await.is_empty());
        let stands = following(&nurse, case).await;
        assert_eq!(stands.monitoring.reports, 1);
        assert_eq!(stands.monitoring.spo2, Some(98));
        // It stays readable, with who took it back and why; so it does among the corrections and in the audit log.
        let taken = report(&nurse, case, id).await;
        assert_eq!(taken.spo2, Some(88));
        let mark = taken.in_error.unwrap();
        assert_eq!(mark.why.word(), "other_person");
        assert_eq!(mark.words.expose(), "Two phones rang");
        let line = &stands.corrections[0];
        assert_eq!(line.subject, "report");
        assert_eq!(line.after[0].1.expose(), "other_person");
        assert_eq!(line.reason.expose(), "Two phones rang");
        let log = nurse.audit_of_case(case, 20).await.unwrap();
        assert!(log.iter().any(|line| line.action == "report.in_error"));
        // The family is not told how somebody else is.
        let (_, history) = desk.history(case).await.unwrap().unwrap();
        let seen = history.iter().find(|one| one.id == id).unwrap();
        assert_eq!((seen.temperature, seen.spo2), (None, None));
        assert!(seen.answers.is_empty() && seen.note.expose().is_empty());
        assert!(seen.in_error.as_ref().unwrap().words.expose().is_empty());
        assert_eq!(seen.measured_at, seen.received_at);
        let member = desk.member(case).await.unwrap().unwrap();
        assert_eq!(member.case, case);
        // It was the right person after all: everything is as it was.
        town.minutes(2);
        assert_eq!(puts_back(&nurse, case, id).await, DONE);
        assert!(!is_silent(&nurse, case).await);
        assert_eq!(alerts(&nurse).await.len(), 1);
        let stands = following(&nurse, case).await.monitoring;
        assert_eq!((stands.reports, stands.spo2), (2, Some(88)));
    }
);

story!(a_message_waits_again_once_its_report_counts_again, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let sends = async |note: &str| {
        let (key, mut raw) = form(&desk, case, "36.5", "98").await;
        raw.note = note.to_owned();
        let sent = desk.submit_report(case, key, &raw).await.unwrap();
        assert!(matches!(sent, Submit::Accepted(_)));
        key
    };
    let messages = async || nurse.messages().await.unwrap();
    let id = sends("薬を吐いてしまいました").await;
    assert_eq!(messages().await.len(), 1);
    // Twice taken for somebody else's, and twice not.
    for _ in 0..2 {
        town.minutes(1);
        assert_eq!(takes_back(&nurse, case, id, "other_person").await, DONE);
        assert!(messages().await.is_empty());
        town.minutes(1);
        assert_eq!(puts_back(&nurse, case, id).await, DONE);
        let waits = messages().await;
        assert_eq!(waits.len(), 1);
        assert_eq!((waits[0].case, waits[0].report), (Some(case), Some(id)));
    }
    // What somebody has read is read, whatever becomes of the report.
    let read = messages().await[0].id;
    let done = nurse.finish_task(read, "").await.unwrap();
    assert_eq!(done, app::tasks::FinishTask::Done);
    town.minutes(1);
    takes_back(&nurse, case, id, "other_person").await;
    town.minutes(1);
    puts_back(&nurse, case, id).await;
    assert!(messages().await.is_empty());
    // Nor is there one where nothing was written.
    let id = sends("").await;
    takes_back(&nurse, case, id, "other_person").await;
    puts_back(&nurse, case, id).await;
    assert!(messages().await.is_empty());
});

story!(
    an_alert_about_a_silence_waits_again_once_what_ended_it_is_none,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.2", "95").await;
        assert_eq!(hours(&town, 49).await, 1);
        let nurse = town.nurse().await;
        let before = alerts(&nurse).await.remove(0);
        let id = enters(&nurse, &desk, case, ("36.5", "98")).await;
        assert!(alerts(&nurse).await.is_empty());
        town.minutes(5);
        takes_back(&nurse, case, id, "other_person").await;
        let again = alerts(&nurse).await.remove(0);
        assert_eq!((again.id, again.report), (before.id, None));
        assert_eq!(again.raised_at, before.raised_at);
        town.minutes(5);
        puts_back(&nurse, case, id).await;
        assert!(alerts(&nurse).await.is_empty());
        town.minutes(5);
        takes_back(&nurse, case, id, "not_true").await;
        assert_eq!(alerts(&nurse).await[0].id, before.id);
        // Whoever has it keeps it when the next one of another comes and goes.
        let alert = alerts(&nurse).await.remove(0);
        nurse.take_alert(alert.id).await.unwrap();
        let id = enters(&nurse, &desk, case, ("38.8", "88")).await;
        assert_eq!(alerts(&nurse).await[0].report, Some(id));
        takes_back(&nurse, case, id, "other_person").await;
        let silent = alerts(&nurse).await.remove(0);
        assert_eq!((silent.id, silent.report), (alert.id, None));
        assert!(matches!(silent.reasons[0], Why::Silent { .. }));
        // A call ended it, and was one to somebody else: where nobody has an alert any more, it is told anew.
        let word = call("reached", "Fine");
        let done = nurse.finish_alert(silent.id, silent.version, &word).await;
        done.unwrap();
        let id = enters(&nurse, &desk, case, ("36.5", "98")).await;
        let line = following(&nurse, case).await.contacts[0].id;
        let why = because("other_person");
        let done = nurse.take_contact_back(case, line, &why).await;
        done.unwrap();
        assert_eq!(alerts(&nurse).await[0].id, before.id);
        takes_back(&nurse, case, id, "other_person").await;
        assert!(is_silent(&nurse, case).await);
    }
);

story!(
    whoever_has_reported_nothing_but_an_error_has_reported_nothing,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        town.days(1);
        let id = enters(&nurse, &desk, case, ("38.8", "88")).await;
        let heard_on = following(&nurse, case).await.monitoring.heard_on;
        takes_back(&nurse, case, id, "other_person").await;
        let stands = following(&nurse, case).await.monitoring;
        assert_eq!((stands.reports, stands.latest), (0, None));
        assert_eq!((stands.spo2, stands.urgency.number()), (None, 0));
        assert!(stands.heard_on < heard_on);
        assert!(alerts(&nurse).await.is_empty());
        hours(&town, 10).await;
        assert!(is_silent(&nurse, case).await);
        puts_back(&nurse, case, id).await;
        let stands = following(&nurse, case).await.monitoring;
        assert_eq!((stands.reports, stands.spo2), (1, Some(88)));
        assert_eq!(alerts(&nurse).await.len(), 1);
    }
);

story!(
    an_alert_that_stands_on_other_reports_keeps_their_reasons,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let first = sends(&desk, case, "36.5", "89").await;
        town.minutes(30);
        let second = sends(&desk, case, "36.5", "84").await;
        let nurse = town.nurse().await;
        let both = alerts(&nurse).await.remove(0);
        assert_eq!((both.times, both.report), (2, Some(second)));
        nurse.take_alert(both.id).await.unwrap();
        town.minutes(5);
        takes_back(&nurse, case, second, "twice").await;
        let left = alerts(&nurse).await.remove(0);
        assert_eq!(
            (left.id, left.times, left.report),
            (both.id, 1, Some(first))
        );
        assert!(left.is_mine);
        town.minutes(5);
        puts_back(&nurse, case, second).await;
        let again = alerts(&nurse).await.remove(0);
        assert_eq!((again.times, again.report), (2, Some(second)));
        // What somebody has answered is not asked again.
        let word = TypedContact {
            outcome: "reached".to_owned(),
            note: "Goes to hospital".to_owned(),
            ..TypedContact::default()
        };
        let finished = nurse.finish_alert(again.id, again.version, &word).await;
        finished.unwrap();
        town.minutes(5);
        for id in [second, first] {
            takes_back(&nurse, case, id, "not_true").await;
            puts_back(&nurse, case, id).await;
        }
        assert!(alerts(&nurse).await.is_empty());
    }
);

story!(
    the_family_sees_that_its_own_report_does_not_count_and_why,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let id = sends(&desk, case, "36.5", "88").await;
        let marked = desk.mark_wrong(case, id, ("", "That was my son")).await;
        assert_eq!(marked.unwrap(), MarkWrong::Marked);
        let nurse = town.nurse().await;
        assert_eq!(nurse.count_tasks().await.unwrap(), 1);
        // Whoever has looked before the family called it wrong looks again.
        let twice = because("twice");
        let early = nurse.take_report_back(case, id, &twice, None);
        assert_eq!(early.await.unwrap(), TakeBack::ChangedMeanwhile);
        assert_eq!(takes_back(&nurse, case, id, "other_person").await, DONE);
        assert_eq!(nurse.count_tasks().await.unwrap(), 0);
        let (_, history) = desk.history(case).await.unwrap().unwrap();
        assert_eq!(history[0].spo2, Some(88));
        let mark = history[0].in_error.as_ref().unwrap();
        assert_eq!(mark.why.word(), "other_person");
        assert!(mark.words.expose().is_empty());
        let once_more = desk.mark_wrong(case, id, ("", "Wrong")).await;
        assert_eq!(once_more.unwrap(), MarkWrong::TakenBack);
        // It is not corrected either, and two who take it back at once do it once.
        let (_, raw) = form(&desk, case, "36.5", "98").await;
        let seen = report(&nurse, case, id).await.touched_at();
        let corrected = nurse.correct_report(case, id, &raw, "misread", seen).await;
        assert!(matches!(
            corrected.unwrap(),
            app::correction::CorrectReport::ChangedMeanwhile
        ));
        let again = nurse.take_report_back(case, id, &twice, seen);
        assert_eq!(again.await.unwrap(), TakeBack::ChangedMeanwhile);
        // They report how they are themselves.
        sends(&desk, case, "36.5", "97").await;
        assert_eq!(following(&nurse, case).await.monitoring.reports, 1);
        // What the family said of it waits again where it counts again.
        puts_back(&nurse, case, id).await;
        assert_eq!(nurse.count_tasks().await.unwrap(), 1);
    }
);

story!(
    only_whoever_follows_the_person_takes_back_and_the_institution_what_is_its_own,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let id = sends(&desk, case, "36.5", "98").await;
        let member = desk.member(case).await.unwrap().unwrap();
        let place = NewStaff::place_of(member.center.id);
        let clerk = town
            .hires("clerk@center.example", StaffRole::Clerk, place)
            .await;
        let system = town.app.system_desk();
        let other = system
            .add_center("Elsewhere", app::health_center::Contact::default())
            .await
            .unwrap();
        let elsewhere = NewStaff::place_of(other.id);
        let foreign = town
            .hires("nurse@other.example", StaffRole::Nurse, elsewhere)
            .await;
        let why = because("twice");
        assert!(matches!(
            clerk.take_report_back(case, id, &why, None).await,
            Err(app::Error::NotAllowed)
        ));
        let tried = foreign.take_report_back(case, id, &why, None).await;
        assert_eq!(tried.unwrap(), TakeBack::NotThere);
        let nurse = town.nurse().await;
        assert_eq!(takes_back(&nurse, case, id, "twice").await, DONE);
        let seen = report(&nurse, case, id).await.touched_at();
        let tried = foreign.put_report_back(case, id, seen).await;
        assert_eq!(tried.unwrap(), TakeBack::NotThere);
    }
);

fn call(outcome: &str, note: &str) -> TypedContact {
    TypedContact {
        outcome: outcome.to_owned(),
        note: note.to_owned(),
        ..TypedContact::default()
    }
}

story!(
    what_was_taken_back_counts_in_neither_record_when_two_become_one_and_two_again,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        sends(&desk, kept, "37.5", "98").await;
        town.minutes(1);
        let (_, raw) = form(&desk, kept, "38.5", "88").await;
        let key = ReportId::from_uuid(nurse.new_form_key());
        let sent = nurse.report_for(merged, key, "phone", &raw).await.unwrap();
        assert!(matches!(sent, Submit::Accepted(_)));
        merges(&nurse, kept, merged).await;
        let stands = following(&nurse, kept).await.monitoring;
        assert_eq!((stands.reports, stands.spo2), (2, Some(88)));
        // Somebody still has the page of the other number open.
        let why = because("other_person");
        let done = nurse.take_report_back(merged, key, &why, None).await;
        assert_eq!(done.unwrap(), DONE);
        let stands = following(&nurse, kept).await.monitoring;
        assert_eq!((stands.reports, stands.spo2), (1, Some(98)));
        assert!(alerts(&nurse).await.is_empty());
        let parted = nurse.unmerge_case(merged, "They are two sisters").await;
        parted.unwrap();
        let stands = following(&nurse, merged).await.monitoring;
        assert_eq!((stands.reports, stands.latest), (0, None));
        let stands = following(&nurse, kept).await.monitoring;
        assert_eq!((stands.reports, stands.spo2), (1, Some(98)));
        assert_eq!(puts_back(&nurse, merged, key).await, DONE);
        let stands = following(&nurse, merged).await.monitoring;
        assert_eq!((stands.reports, stands.spo2), (1, Some(88)));
    }
);

story!(of_two_who_take_it_back_at_once_the_second_is_told, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let id = enters(&nurse, &desk, case, ("38.8", "88")).await;
    let staff = report(&nurse, case, id).await.entered_by.unwrap();
    let now = town.clock.now();
    let why = because("other_person");
    let taken = town
        .meanwhile(
            move |tx, _| {
                storage::monitoring::hold(tx, case)?;
                let mark = storage::in_error::InErrorRow {
                    at: now,
                    by: staff,
                    why: "twice".to_owned(),
                    words_sealed: Vec::new(),
                };
                storage::in_error::mark(tx, (case, storage::in_error::Written::Report(id)), &mark)
                    .map(|_| ())
            },
            nurse.take_report_back(case, id, &why, None),
        )
        .await;
    assert_eq!(taken.unwrap(), TakeBack::ChangedMeanwhile);
    assert_eq!(following(&nurse, case).await.corrections.len(), 0);
});

story!(
    what_was_taken_back_keeps_nothing_from_the_look_back,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "36.5", "97").await;
        let nurse = town.nurse().await;
        // More of them than a course looks back at.
        for _ in 0..22 {
            town.minutes(1);
            let id = enters(&nurse, &desk, case, ("36.5", "94")).await;
            assert_eq!(takes_back(&nurse, case, id, "other_person").await, DONE);
        }
        town.minutes(1);
        sends(&desk, case, "36.5", "95").await;
        let fell = async || {
            let reasons = following(&nurse, case).await.monitoring.reasons;
            reasons
                .iter()
                .any(|why| matches!(why, Why::Spo2Falling { from: 97, .. }))
        };
        assert!(fell().await, "as the report comes");
        town.minutes(1);
        let id = enters(&nurse, &desk, case, ("36.5", "98")).await;
        assert!(!fell().await);
        assert_eq!(takes_back(&nurse, case, id, "other_person").await, DONE);
        assert!(fell().await, "as one is taken back after it");
    }
);

/// The same of somebody without an account: the form is that of another case.
async fn enters_as(
    nurse: &StaffDesk,
    (desk, own): (&PatientDesk, CaseId),
    case: CaseId,
) -> ReportId {
    let (_, raw) = form(desk, own, "36.5", "98").await;
    let key = ReportId::from_uuid(nurse.new_form_key());
    match nurse.report_for(case, key, "phone", &raw).await.unwrap() {
        Submit::Accepted(id) => id,
        _ => panic!("not accepted"),
    }
}
