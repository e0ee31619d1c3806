//! What keeps a record, or sets its clock anew.

use super::{is_now, is_released, is_there, round, sets};
use crate::merges::{again, merges};
use crate::reports::{family, sends};
use crate::story;
use app::StaffDesk;
use app::audit::{AuditFound, AuditSearch};
use app::keys::{Keys, MasterKey};
use app::retention::HoldCase;
use app::staff::NewStaff;
use domain::staff_role::StaffRole;
use jiff::tz::TimeZone;

story!(a_held_record_stays_until_the_hold_is_lifted, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    sets(&town, "100").await;
    is_now(&town, case, "died").await;
    town.days(90);
    assert_eq!(round(&town).await, (1, 0));
    let nurse = town.nurse().await;
    assert_eq!(
        nurse.hold(case, "  ", None).await.unwrap(),
        HoldCase::Reason
    );
    assert_eq!(
        nurse.hold(case, "Lawsuit 12", None).await.unwrap(),
        HoldCase::Done
    );
    assert_eq!(
        nurse.hold(case, "Again", None).await.unwrap(),
        HoldCase::WasSo
    );
    let told = nurse.hold_of(case).await.unwrap();
    assert!(told.is_held && told.ends.is_none());
    assert_eq!(told.lines[0].reason.expose(), "Lawsuit 12");
    town.days(1_000);
    assert_eq!(round(&town).await, (0, 0));
    let nurse = town.nurse().await;
    assert_eq!(
        nurse.lift_hold(case, "Ended", None).await.unwrap(),
        HoldCase::Done
    );
    assert_eq!(
        nurse.lift_hold(case, "Ended", None).await.unwrap(),
        HoldCase::WasSo
    );
    assert_eq!(round(&town).await, (1, 0), "announced anew");
    town.days(14);
    assert_eq!(round(&town).await, (0, 1));
    let audit = town.app.system_desk().check_audit().await.unwrap();
    assert_eq!(audit.problems, Vec::<String>::new());
});

story!(
    whoever_is_looked_into_does_not_read_so_in_the_log_of_the_record,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let chief = town.nurse().await;
        let place = NewStaff::place_of(chief.health_center().await.unwrap().id);
        let nurse = town.hires("mika@center.example", StaffRole::Nurse, place);
        let nurse = nurse.await;
        // She looks up a neighbour.
        let opened = nurse.case(case).await.unwrap().unwrap();
        assert_eq!(
            chief.hold(case, "Who looked at it?", None).await.unwrap(),
            HoldCase::Done
        );
        let search = AuditSearch {
            hersys_id: Some(opened.member.hersys_id.clone()),
            ..AuditSearch::default()
        };
        let zone = &TimeZone::UTC;
        let found = chief.audit_of_staff(nurse.id(), &search, zone);
        assert!(matches!(
            found.await.unwrap(),
            Some(AuditFound::Lines(lines)) if !lines.is_empty()
        ));
        let lifted = chief.lift_hold(case, "It was nothing", None);
        assert_eq!(lifted.await.unwrap(), HoldCase::Done);
        let reads = async |desk: &StaffDesk, most| -> Vec<String> {
            let lines = desk.audit_of_case(case, most).await.unwrap();
            lines.into_iter().map(|line| line.action).collect()
        };
        let of_looking_into = ["hold.set", "audit.searched", "hold.lifted"];
        let told = reads(&chief, 50).await;
        for action in of_looking_into {
            assert!(told.iter().any(|one| one == action), "{told:?}");
        }
        let told = reads(&nurse, 50).await;
        for action in of_looking_into {
            assert!(told.iter().all(|one| one != action), "{told:?}");
        }
        // What she reads of a page is as long as another one.
        assert_eq!(reads(&nurse, 1).await.len(), 1);
        let all = AuditSearch::default();
        let searched = nurse.search_audit_of_case(case, &all, zone).await.unwrap();
        assert_eq!(searched.len(), told.len());
    }
);

story!(nobody_lifts_a_hold_that_they_have_not_seen, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let held = nurse.hold(case, "Lawsuit 12", None).await.unwrap();
    assert_eq!(held, HoldCase::Done);
    let seen = nurse.hold_of(case).await.unwrap().state();
    // A colleague's hold takes the place of the first one, in the moment in which the nurse lifts that.
    let (now, by) = (town.app.clock.now(), nurse.id());
    let keys = Keys::new(&MasterKey::from_bytes([1; 32]));
    let sealed = keys.seal_text("legal_hold", "Lawsuit 13");
    let lifts = nurse.lift_hold(case, "Lawsuit 12 has ended", Some(&seen));
    let lifted = town
        .meanwhile(
            move |tx, is_end| {
                if is_end {
                    return Ok(());
                }
                storage::monitoring::hold(tx, case)?;
                assert!(storage::retention::lift(tx, case, &sealed, by, now)?);
                let id = uuid::Uuid::from_u128(13);
                assert!(storage::retention::set(tx, id, case, &sealed, by, now)?);
                Ok(())
            },
            lifts,
        )
        .await;
    assert_eq!(lifted.unwrap(), HoldCase::ChangedMeanwhile);
    let told = nurse.hold_of(case).await.unwrap();
    assert!(told.is_held && told.lines.len() == 2);
    // Words without a look at it are no reason either; and who has seen both lifts the second.
    let stale = nurse.lift_hold(case, " ", Some(&seen)).await.unwrap();
    assert_eq!(stale, HoldCase::ChangedMeanwhile);
    let lifted = nurse
        .lift_hold(case, "So has lawsuit 13", Some(&told.state()))
        .await
        .unwrap();
    assert_eq!(lifted, HoldCase::Done);
    let stale = nurse
        .hold(case, "Again", Some(&told.state()))
        .await
        .unwrap();
    assert_eq!(stale, HoldCase::ChangedMeanwhile);
});

story!(opening_a_record_again_stops_the_clock, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    sets(&town, "100").await;
    is_now(&town, case, "died").await;
    town.days(90);
    assert_eq!(round(&town).await, (1, 0));
    is_now(&town, case, "home").await;
    town.days(1_000);
    assert_eq!(round(&town).await, (0, 0));
    is_now(&town, case, "died").await;
    town.days(85);
    assert_eq!(round(&town).await, (0, 0), "the clock began anew");
    town.days(1);
    assert_eq!(round(&town).await, (1, 0));
    town.days(14);
    assert_eq!(round(&town).await, (0, 1));
});

story!(
    a_closed_record_that_takes_another_one_in_is_kept_anew,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        sets(&town, "100").await;
        is_now(&town, case, "died").await;
        let died_at = town.clock.now();
        town.days(95);
        assert_eq!(round(&town).await, (1, 0));
        let (twin, _) = again(&town).await;
        let nurse = town.nurse().await;
        let held = nurse.hold(twin, "Lawsuit 12", None).await.unwrap();
        assert_eq!(held, HoldCase::Done);
        merges(&nurse, case, twin).await;
        town.days(50);
        assert_eq!(round(&town).await, (0, 0));
        town.days(36);
        assert_eq!(round(&town).await, (0, 0), "the hold came along");
        let nurse = town.nurse().await;
        let lifted = nurse.lift_hold(case, "Ended", None).await.unwrap();
        assert_eq!(lifted, HoldCase::Done);
        assert_eq!(round(&town).await, (1, 0));
        // When she died is another question than since when the two are one.
        let soon = town.nurse().await.retention().await.unwrap().soon;
        assert_eq!((soon[0].case, soon[0].closed_at), (case, died_at));
        town.days(14);
        assert_eq!(round(&town).await, (0, 1), "both records are one");
        assert!(!is_there(&town, twin).await);
    }
);

story!(
    what_somebody_reports_after_the_release_is_kept_as_long_as_the_record,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sets(&town, "100").await;
        is_released(&town, case).await;
        town.days(86);
        assert_eq!(round(&town).await, (1, 0));
        town.days(14);
        // On the day of the purge somebody reports, and is told that it was received.
        sends(&desk, case, "36.5", "98").await;
        assert_eq!(round(&town).await, (0, 0));
        assert!(is_there(&town, case).await);
        let (_, reports) = desk.history(case).await.unwrap().unwrap();
        assert_eq!(reports.len(), 1);
        // The staff are not told of what is not due, and are told anew before it is.
        let page = town.nurse().await.retention().await.unwrap();
        assert_eq!(page.soon_count, 0);
        let ends = town.nurse().await.hold_of(case).await.unwrap().ends;
        let days = |ends: jiff::Timestamp| ends.duration_since(town.clock.now()).as_hours() / 24;
        assert_eq!(ends.map(days), Some(100));
        town.days(85);
        assert_eq!(round(&town).await, (0, 0));
        town.days(1);
        assert_eq!(round(&town).await, (1, 0));
        town.days(14);
        assert_eq!(round(&town).await, (0, 1));
    }
);

story!(
    a_line_from_paper_that_is_entered_after_the_release_is_kept_as_long_as_the_record,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sets(&town, "100").await;
        sends(&desk, case, "36.5", "98").await;
        is_released(&town, case).await;
        town.days(86);
        assert_eq!(round(&town).await, (1, 0));
        // A diary comes to light, three weeks old.
        let (key, mut raw) = crate::reports::form(&desk, case, "36.6", "97").await;
        let then = town.clock.now() - jiff::SignedDuration::from_hours(20 * 24);
        let then = then.to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
        raw.measured_at = then.strftime("%Y-%m-%dT%H:%M").to_string();
        let nurse = town.nurse().await;
        let entered = nurse.report_for(case, key, "paper", &raw).await.unwrap();
        assert!(matches!(entered, app::status_report::Submit::Accepted(_)));
        let version = async |nurse: &app::StaffDesk| {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            following.monitoring.version
        };
        town.days(14);
        assert_eq!(round(&town).await, (0, 0));
        let page = town.nurse().await.retention().await.unwrap();
        assert_eq!(page.soon_count, 0, "what was announced is taken back");
        // It is announced anew by when the line was written, and goes when it has been here as long as the record.
        town.days(52);
        assert_eq!(round(&town).await, (1, 0));
        town.days(14);
        let stood = version(&town.nurse().await).await;
        assert_eq!(round(&town).await, (0, 0));
        assert_eq!(
            version(&town.nurse().await).await,
            stood,
            "nothing was tried"
        );
        town.days(20);
        assert_eq!(round(&town).await, (0, 1));
    }
);
