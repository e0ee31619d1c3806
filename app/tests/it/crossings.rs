//! Two things that are done to one person at the same moment, by two processes: the later one sees what the earlier one has
//! done, and nothing falls between them.

use crate::merges::{again, merges};
use crate::reports::{family, form, sends};
use crate::story;
use crate::transfers::shibuya;
use app::StaffDesk;
use app::alerts::{Alert, TakeAlert};
use app::history::MarkWrong;
use app::merge::Merge;
use app::status_report::Submit;
use app::worklist::Filter;
use domain::ids::{CaseId, StaffId};
use jiff::Timestamp;
use uuid::Uuid;

async fn alerts(nurse: &StaffDesk) -> Vec<Alert> {
    let found = nurse.worklist(None, Filter::default()).await.unwrap();
    let alerts = found.unwrap().alerts.into_iter();
    alerts.map(|(alert, _)| alert).collect()
}

async fn reports(nurse: &StaffDesk, case: CaseId) -> usize {
    nurse.open_case(case).await.unwrap().unwrap().reports.len()
}

/// What another process does that makes one record part of another.
fn becomes_part_of(
    merged: CaseId,
    kept: CaseId,
    (now, by, id): (Timestamp, StaffId, Uuid),
) -> impl FnMut(&mut storage::Tx<'_>, bool) -> Result<(), storage::Error> + Send + 'static {
    move |tx, is_end| {
        if is_end {
            return Ok(());
        }
        storage::monitoring::hold_all(tx, vec![merged, kept])?;
        let moved = storage::merge::move_over(tx, merged, kept, (now, now))?;
        let row = storage::merge::MergeRow {
            id,
            kept,
            merged,
            at: now,
            by,
            by_name: String::new(),
            reason_sealed: Vec::new(),
            moved,
            undone: None,
        };
        storage::merge::insert(tx, &row).map(|_| ())
    }
}

story!(
    an_alarm_that_comes_while_a_case_is_given_away_is_before_the_new_center,
    town,
    {
        // The embedded engine has one writer.
        if town.is_on_a_server() {
            let (desk, case) = family(&mut town, "a@example.org").await;
            let calm = sends(&desk, case, "36.5", "98").await;
            let (old, (to, new)) = (town.nurse().await, shibuya(&town).await);
            let now = town.app.clock.now();
            let moves = move |tx: &mut storage::Tx<'_>, is_end: bool| match is_end {
                true => Ok(()),
                false => storage::monitoring::move_to(tx, case, to, now).map(drop),
            };
            town.meanwhile(moves, sends(&desk, case, "39.3", "85"))
                .await;
            assert!(alerts(&old).await.is_empty());
            let alerts = alerts(&new).await;
            assert_eq!(alerts.len(), 1);
            let taken = new.take_alert(alerts[0].id).await.unwrap();
            assert_eq!(taken, TakeAlert::Taken(case));

            // So is what the person says of a report.
            let back = old.health_center().await.unwrap().id;
            let moves = move |tx: &mut storage::Tx<'_>, is_end: bool| match is_end {
                true => Ok(()),
                false => storage::monitoring::move_to(tx, case, back, now).map(drop),
            };
            let marked = desk.mark_wrong(case, calm, ("", "It was 88"));
            let marked = town.meanwhile(moves, marked).await.unwrap();
            assert_eq!(marked, MarkWrong::Marked);
            let of = async |nurse: &StaffDesk| nurse.tasks().await.unwrap().len();
            assert_eq!((of(&old).await, of(&new).await), (1, 0));
        }
    }
);

story!(
    a_report_that_comes_while_two_records_become_one_is_in_the_one_that_is_kept,
    town,
    {
        if town.is_on_a_server() {
            let (desk, merged) = family(&mut town, "a@example.org").await;
            sends(&desk, merged, "36.5", "98").await;
            let (kept, _) = again(&town).await;
            let nurse = town.nurse().await;
            let (now, by, id) = (town.app.clock.now(), nurse.id(), nurse.new_form_key());
            let merges = becomes_part_of(merged, kept, (now, by, id));
            let report = town.meanwhile(merges, sends(&desk, merged, "39.3", "85"));
            let report = report.await;
            assert_eq!(reports(&nurse, kept).await, 2);
            let alerts = alerts(&nurse).await;
            assert_eq!(alerts.len(), 1);
            assert_eq!((alerts[0].case, alerts[0].report), (kept, Some(report)));
            let receipt = desk.receipt(merged, report).await.unwrap();
            assert!(receipt.is_some(), "the person finds it");
        }
    }
);

story!(
    a_report_that_comes_while_its_record_is_purged_is_not_left_behind,
    town,
    {
        if town.is_on_a_server() {
            let (desk, case) = family(&mut town, "a@example.org").await;
            let (key, raw) = form(&desk, case, "36.5", "98").await;
            let now = town.app.clock.now();
            let purges = move |tx: &mut storage::Tx<'_>, is_end: bool| match is_end {
                true => Ok(()),
                false => {
                    storage::monitoring::hold(tx, case)?;
                    storage::retention::purge(tx, case, (now, now)).map(|_| ())
                }
            };
            let report = desk.submit_report(case, key, &raw);
            let report = town.meanwhile(purges, report).await.unwrap();
            assert!(matches!(report, Submit::NoSuchMember));
            let database = town.database().await;
            let left = database.read(move |tx| storage::status_report::of_case(tx, case));
            assert_eq!(left.await.unwrap().len(), 0);
        }
    }
);

story!(
    a_record_that_is_made_part_of_another_this_moment_takes_nothing_in,
    town,
    {
        if town.is_on_a_server() {
            let (_, first) = family(&mut town, "a@example.org").await;
            let (second, _) = again(&town).await;
            let (third, _) = again(&town).await;
            let nurse = town.nurse().await;
            let version = async |case| nurse.case(case).await.unwrap().unwrap().version;
            let versions = (version(second).await, version(first).await);
            let now = town.app.clock.now();
            let merges_on = move |tx: &mut storage::Tx<'_>, is_end: bool| match is_end {
                true => Ok(()),
                false => {
                    storage::monitoring::hold_all(tx, vec![second, third])?;
                    storage::merge::move_over(tx, second, third, (now, now)).map(|_| ())
                }
            };
            let into_it = nurse.merge_cases(second, first, versions, "One fax, two words");
            let into_it = town.meanwhile(merges_on, into_it).await.unwrap();
            assert_eq!(into_it, Merge::PartOfAnother);
            merges(&nurse, third, first).await;
        }
    }
);

story!(
    a_report_that_another_process_stores_under_the_same_key_this_moment_is_not_told_to_be_saved_twice,
    town,
    {
        if town.is_on_a_server() {
            let (desk, case) = family(&mut town, "a@example.org").await;
            let first = sends(&desk, case, "36.5", "98").await;
            let (key, raw) = form(&desk, case, "36.9", "97").await;
            // A process of a release before, which did not hold the case before it stored a report.
            let stores = move |tx: &mut storage::Tx<'_>, is_end: bool| match is_end {
                true => Ok(()),
                false => tx
                    .execute(
                        "INSERT INTO status_reports (case_id, id, questionnaire_id, channel, account_id, measured_at,
                            received_at, health_day, temperature, spo2, answers, note, level)
                         SELECT case_id, $2, questionnaire_id, channel, account_id, measured_at, received_at, health_day,
                            temperature, spo2, answers, note, level
                         FROM status_reports WHERE case_id = $1 AND id = $3",
                        &[&case.uuid(), &key.uuid(), &first.uuid()],
                    )
                    .map(|_| ()),
            };
            let sent = desk.submit_report(case, key, &raw);
            let sent = town.meanwhile(stores, sent).await.unwrap();
            assert!(matches!(sent, Submit::SentBefore { .. }));
            let nurse = town.nurse().await;
            assert_eq!(reports(&nurse, case).await, 2);
        }
    }
);

story!(
    what_is_asked_about_a_notification_while_its_case_is_given_away_is_asked_of_the_new_center,
    town,
    {
        use crate::notifications::{clinic, confirms, enters, ken};
        use app::notification::AskToAmend;
        if town.is_on_a_server() {
            let (own, old) = (clinic(&town, "minato").await, town.nurse().await);
            let id = town
                .case("佐藤 武,,,1956-04-11,09088887777,ja,2026-11-20,,,,")
                .await;
            let kept = old.case_by_number(&id).await.unwrap().unwrap().member.case;
            let (to, new) = shibuya(&town).await;
            let notification = enters(&own, &ken()).await;
            let case = confirms(&old, notification).await;
            let now = town.app.clock.now();
            let moves = move |tx: &mut storage::Tx<'_>, is_end: bool| match is_end {
                true => Ok(()),
                false => storage::monitoring::move_to(tx, case, to, now).map(drop),
            };
            let asks = own.ask_to_amend(notification, "The wrong day");
            let asked = town.meanwhile(moves, asks).await.unwrap();
            assert_eq!(asked, AskToAmend::Asked);
            let of = async |nurse: &StaffDesk| nurse.tasks().await.unwrap().len();
            assert_eq!((of(&old).await, of(&new).await), (0, 1));

            // Where the record becomes part of another one meanwhile, it is asked about that, and whoever asked sees it.
            let merged = case;
            let asks = own.ask_to_amend(notification, "And the phone");
            let (by, id) = (old.id(), old.new_form_key());
            let merges = becomes_part_of(merged, kept, (now, by, id));
            let asked = town.meanwhile(merges, asks).await.unwrap();
            assert_eq!(asked, AskToAmend::Asked);
            let seen = own.notification(notification).await.unwrap().unwrap();
            let said = seen.asked.iter().map(|one| one.text.expose().as_str());
            assert_eq!(said.collect::<Vec<_>>(), ["The wrong day\nAnd the phone"]);
        }
    }
);
