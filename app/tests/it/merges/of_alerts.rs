//! What becomes of the alerts of two records that become one, and two again.

use super::{again, merges, phoned, phones, waits, worklist};
use crate::reports::{family, form, sends};
use crate::story;
use app::StaffDesk;
use app::alerts::{FinishAlert, TakeAlert};
use app::contact_log::TypedContact;
use app::correction::CorrectReport;
use app::in_error::{TakeBack, TypedInError};
use app::worklist::List;
use domain::monitoring::ContactOutcome;
use domain::urgency::Level;

story!(two_open_alerts_become_one_that_has_waited_longer, town, {
    let (desk, kept) = family(&mut town, "a@example.org").await;
    let (merged, _) = again(&town).await;
    let nurse = town.nurse().await;
    phoned(&nurse, &desk, (kept, merged)).await;
    town.minutes(7);
    let nurse = town.nurse().await;
    sends(&desk, kept, "38.5", "90").await;
    assert_eq!(worklist(&nurse, None).await.alerts.len(), 2);
    merges(&nurse, kept, merged).await;
    let list = worklist(&nurse, None).await;
    assert_eq!(list.alerts.len(), 1);
    let alert = &list.alerts[0].0;
    assert_eq!((alert.case, alert.minutes, alert.times), (kept, 7, 2));
});

story!(
    whoever_reported_something_alarming_has_an_alert_when_two_come_apart,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        phoned(&nurse, &desk, (kept, merged)).await;
        merges(&nurse, kept, merged).await;
        town.minutes(2);
        let of_kept = sends(&desk, kept, "39.3", "89").await;
        town.minutes(3);
        let nurse = town.nurse().await;
        let of_merged = phones(&nurse, &desk, (kept, merged), "90").await;
        assert_eq!(
            waits(&nurse, kept).await,
            Some((Some(of_merged), 3, 5)),
            "one alert about three reports"
        );
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(waits(&nurse, kept).await, Some((Some(of_kept), 1, 3)));
        assert_eq!(waits(&nurse, merged).await, Some((Some(of_merged), 2, 5)));
        // The phone goes on saying what to do.
        let told = desk.home().await.unwrap().alarms;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].0, kept);
    }
);

story!(
    an_alert_tells_of_the_reports_of_its_own_record_when_two_come_apart,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let of_kept = sends(&desk, kept, "38.5", "90").await;
        merges(&nurse, kept, merged).await;
        town.minutes(4);
        let nurse = town.nurse().await;
        let of_merged = phones(&nurse, &desk, (kept, merged), "88").await;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(waits(&nurse, kept).await, Some((Some(of_kept), 1, 4)));
        assert_eq!(waits(&nurse, merged).await, Some((Some(of_merged), 1, 0)));
        let alerts = worklist(&nurse, None).await.alerts;
        let kept_one = alerts.iter().find(|(alert, _)| alert.case == kept).unwrap();
        let why = format!("{:?}", kept_one.0.reasons);
        assert!(
            !why.contains("88"),
            "not what the other one measured: {why}"
        );
    }
);

story!(
    two_alerts_that_became_one_are_two_again_unless_somebody_answered,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let of_merged = phoned(&nurse, &desk, (kept, merged)).await;
        town.minutes(7);
        let of_kept = sends(&desk, kept, "38.5", "90").await;
        let nurse = town.nurse().await;
        let both = async |nurse: &StaffDesk| (waits(nurse, kept).await, waits(nurse, merged).await);
        merges(&nurse, kept, merged).await;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        let (of_one, of_other) = both(&nurse).await;
        assert_eq!(
            of_one.map(|(report, times, _)| (report, times)),
            Some((Some(of_kept), 1))
        );
        assert_eq!(of_other, Some((Some(of_merged), 1, 7)));

        merges(&nurse, kept, merged).await;
        let alert = worklist(&nurse, None).await.alerts.swap_remove(0).0;
        let done = TypedContact {
            outcome: "reached".to_owned(),
            note: "Both are with a doctor".to_owned(),
            ..TypedContact::default()
        };
        let done = nurse.finish_alert(alert.id, alert.version, &done).await;
        assert_eq!(done.unwrap(), FinishAlert::Done(kept));
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(both(&nurse).await, (None, None));
        // What was done is read in both.
        for case in [kept, merged] {
            let lines = nurse.following_of(case).await.unwrap().unwrap().contacts;
            let words: Vec<_> = lines.iter().map(|line| line.note.expose()).collect();
            assert_eq!(words, ["Both are with a doctor"]);
        }
    }
);

story!(
    what_has_ended_the_alert_of_one_of_two_is_read_there_when_they_come_apart,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let following = async |case| nurse.following_of(case).await.unwrap().unwrap();
        let ends = async || {
            let alert = worklist(&nurse, None).await.alerts.swap_remove(0).0;
            let done = TypedContact {
                outcome: "ambulance".to_owned(),
                note: "119 called".to_owned(),
                no_call: true,
                ..TypedContact::default()
            };
            let done = nurse.finish_alert(alert.id, alert.version, &done).await;
            assert_eq!(done.unwrap(), FinishAlert::Done(kept));
            alert.id
        };
        // The alert came with the merged record, and was ended in the kept one.
        let report = phoned(&nurse, &desk, (kept, merged)).await;
        town.minutes(1);
        merges(&nurse, kept, merged).await;
        town.minutes(1);
        let alert = ends().await;
        town.minutes(1);
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(waits(&nurse, merged).await, None);
        let stands = following(merged).await;
        assert_eq!(stands.contacts.len(), 1);
        let line = &stands.contacts[0];
        assert_eq!(line.outcome, ContactOutcome::Ambulance);
        assert_eq!(line.note.expose(), "119 called");
        assert!(line.ended_alert);
        assert_eq!(following(kept).await.contacts.len(), 1);
        // For whom of the two it came somebody has to ask, whatever was ticked of the other.
        let calls = worklist(&nurse, Some(List::Calls)).await;
        let due: Vec<_> = calls.lists[0].items.iter().map(|item| item.case).collect();
        assert_eq!(due, [merged]);
        assert_eq!(
            calls.lists[0].items[0].called.map(|(_, outcome)| outcome),
            Some(ContactOutcome::Ambulance)
        );
        let audit = nurse.audit_of_case(merged, 50).await.unwrap();
        assert!(audit.iter().any(|line| line.action == "case.contacted"));
        // Taken back there, the alert waits again there.
        let why = TypedInError {
            why: "other_person".to_owned(),
            ..TypedInError::default()
        };
        let done = nurse.take_contact_back(merged, line.id, &why).await;
        assert!(matches!(done.unwrap(), TakeBack::Done(_)));
        assert_eq!(
            waits(&nurse, merged).await.map(|(report, ..)| report),
            Some(Some(report))
        );
        assert_eq!(worklist(&nurse, None).await.alerts[0].0.id, alert);

        // A report that comes under the merged number meanwhile goes back; what was done about it does, too.
        merges(&nurse, kept, merged).await;
        ends().await;
        town.minutes(1);
        phones(&nurse, &desk, (kept, merged), "88").await;
        town.minutes(1);
        ends().await;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        let lines = following(merged).await.contacts;
        let counting = lines.iter().filter(|line| line.in_error.is_none());
        assert_eq!(counting.count(), 2);
    }
);

story!(
    an_emergency_that_nobody_has_is_not_hidden_behind_what_somebody_has,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let of_kept = sends(&desk, kept, "38.5", "92").await;
        let taken = worklist(&nurse, None).await.alerts[0].0.id;
        let done = nurse.take_alert(taken).await.unwrap();
        assert_eq!(done, TakeAlert::Taken(kept));
        town.minutes(1);
        let nurse = town.nurse().await;
        let of_merged = phones(&nurse, &desk, (kept, merged), "84").await;
        town.minutes(1);
        let nurse = town.nurse().await;
        let before = worklist(&nurse, None).await.alert_counts;
        assert_eq!(
            (before.waiting, before.taken, before.emergencies),
            (1, 1, 1)
        );
        merges(&nurse, kept, merged).await;
        let list = worklist(&nurse, None).await;
        let counts = list.alert_counts;
        assert_eq!(
            (counts.waiting, counts.taken, counts.emergencies),
            (1, 0, 1)
        );
        let alert = &list.alerts[0].0;
        assert_eq!(
            (alert.id, alert.report, alert.level),
            (taken, Some(of_merged), Level::Emergency)
        );
        assert_eq!(alert.taken_by, None);
        assert_eq!(alert.taken_before_by.as_deref(), Some("Nurse"));
        assert!(
            format!("{:?}", alert.reasons).contains("84"),
            "{:?}",
            alert.reasons
        );
        // It is told when that of the merged record would have been.
        town.minutes(4);
        let system = town.app.system_desk();
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);

        let nurse = town.nurse().await;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        let level = async |case| {
            let alerts = worklist(&nurse, None).await.alerts;
            let (alert, _) = alerts.into_iter().find(|(alert, _)| alert.case == case)?;
            Some((alert.report, alert.level))
        };
        assert_eq!(level(kept).await, Some((Some(of_kept), Level::Alarming)));
        assert_eq!(
            level(merged).await,
            Some((Some(of_merged), Level::Emergency))
        );
    }
);

story!(
    what_was_less_urgent_and_came_later_says_not_why_it_is_an_emergency,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let of_kept = sends(&desk, kept, "38.5", "84").await;
        town.minutes(1);
        let nurse = town.nurse().await;
        phones(&nurse, &desk, (kept, merged), "92").await;
        merges(&nurse, kept, merged).await;
        let alert = worklist(&nurse, None).await.alerts.swap_remove(0).0;
        assert_eq!(
            (alert.report, alert.level),
            (Some(of_kept), Level::Emergency)
        );
        let why = format!("{:?}", alert.reasons);
        assert!(why.contains("84") && !why.contains("92"), "{why}");
        // Whoever has the more urgent one keeps it when a lesser one is joined that somebody has.
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        for (alert, _) in worklist(&nurse, None).await.alerts {
            nurse.take_alert(alert.id).await.unwrap();
        }
        merges(&nurse, kept, merged).await;
        let counts = worklist(&nurse, None).await.alert_counts;
        assert_eq!((counts.waiting, counts.taken), (0, 1));
    }
);

story!(
    what_a_correction_made_an_emergency_stays_with_its_record_when_two_come_apart,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let of_kept = sends(&desk, kept, "36.8", "91").await;
        town.minutes(5);
        let alert = worklist(&nurse, None).await.alerts.swap_remove(0).0;
        let done = TypedContact {
            outcome: "reached".to_owned(),
            note: "Breathes well when she sits".to_owned(),
            ..TypedContact::default()
        };
        let done = nurse.finish_alert(alert.id, alert.version, &done).await;
        assert_eq!(done.unwrap(), FinishAlert::Done(kept));
        // She rings: it was 87.
        town.minutes(5);
        let (_, raw) = form(&desk, kept, "36.8", "87").await;
        let corrected = nurse.correct_report(kept, of_kept, &raw, "the person phoned", None);
        assert!(matches!(corrected.await.unwrap(), CorrectReport::Corrected));
        merges(&nurse, kept, merged).await;
        town.minutes(5);
        let of_merged = phoned(&nurse, &desk, (kept, merged)).await;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        let alerts = worklist(&nurse, None).await.alerts;
        let about = |case| {
            let alert = alerts.iter().find(|(alert, _)| alert.case == case);
            alert.map(|(alert, _)| (alert.report, alert.times, alert.level))
        };
        assert_eq!(about(kept), Some((Some(of_kept), 1, Level::Emergency)));
        let other = about(merged).expect("91 waits, too");
        assert_eq!((other.0, other.1), (Some(of_merged), 1));
    }
);
