//! For how long records are kept: nothing goes unless a place has said so, nobody is surprised, and what is held stays.

use crate::merges::{again, merges};
use crate::reports::{family, sends};
use crate::story;
use crate::town::{Town, address};
use app::case_import::HEADER;
use app::figures::{Ask, Asked, Figure};
use app::hersys_id::Reissue;
use app::keys::{Keys, MasterKey};
use app::monitoring::{Decide, TypedDecision};
use app::place_settings::Withdraw;
use app::release::{Release, TypedRelease};
use app::retention::{HoldCase, SetRetention};
use app::sign_in::SignIn;
use domain::ids::CaseId;
use domain::staff_role::{JurisdictionKind, StaffRole};

pub async fn is_now(town: &Town, case: CaseId, status: &str) {
    let nurse = town.nurse().await;
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let typed = TypedDecision {
        status: status.to_owned(),
        reason: "Told by phone".to_owned(),
        version: following.monitoring.version,
        ..TypedDecision::default()
    };
    match nurse.decide(case, &typed).await.unwrap() {
        Decide::Decided => {}
        other => panic!("{other:?}"),
    }
}

pub async fn is_released(town: &Town, case: CaseId) {
    let nurse = town.nurse().await;
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let typed = TypedRelease {
        reason: "Well for three days".to_owned(),
        version: following.monitoring.version,
        ..TypedRelease::default()
    };
    let released = nurse.release(case, &typed).await.unwrap();
    assert!(matches!(released, Release::Released));
}

pub async fn sets(town: &Town, days: &str) {
    let nurse = town.nurse().await;
    let set = nurse.set_retention((days, "14"), "", None).await.unwrap();
    assert_eq!(set, SetRetention::Set);
}

/// One round of the timer, in which mails leave: how many records were announced, and how many purged.
pub async fn round(town: &Town) -> (usize, usize) {
    let desk = town.app.system_desk();
    let told = desk.tell_of_purges().await.unwrap();
    while desk.send_due().await.unwrap() > 0 {}
    (told, desk.purge().await.unwrap())
}

/// The same while the mail server is down.
async fn round_without_mails(town: &Town) -> (usize, usize) {
    let desk = town.app.system_desk();
    let told = desk.tell_of_purges().await.unwrap();
    (told, desk.purge().await.unwrap())
}

/// Of how many records nobody knows though they were announced: what `purge --dry-run` says, and what `doctor` does.
async fn unheard(town: &Town) -> (i64, i64) {
    let plan = town.app.system_desk().purge_plan().await.unwrap();
    let database = town.database().await;
    let doctor = app::retention::unheard(&database, town.clock.now()).await;
    (plan.centers[0].unheard, doctor.unwrap())
}

async fn is_there(town: &Town, case: CaseId) -> bool {
    town.nurse().await.case(case).await.unwrap().is_some()
}

story!(
    a_closed_record_is_announced_and_goes_with_its_account,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "36.8", "98").await;
        is_now(&town, case, "died").await;
        town.days(4_000);
        assert_eq!(round(&town).await, (0, 0), "nothing was set");
        sets(&town, "100").await;
        town.new_mails().await;
        assert_eq!(
            round(&town).await,
            (1, 0),
            "announced first, however old it is"
        );
        let mails = town.new_mails().await;
        assert_eq!(mails.len(), 1, "one administrator");
        assert!(mails[0].contains("nurse@center.example"));
        let page = town.nurse().await.retention().await.unwrap();
        assert_eq!((page.soon_count, page.soon.len()), (1, 1));
        assert_eq!(page.soon[0].name.expose(), "山田 花子");
        town.days(13);
        assert_eq!(round(&town).await, (0, 0));
        assert!(is_there(&town, case).await);
        town.days(1);
        let plan = town.app.system_desk().purge_plan().await.unwrap();
        assert_eq!((plan.centers[0].days, plan.centers[0].due), (Some(100), 1));
        assert_eq!(round(&town).await, (0, 1));
        assert!(!is_there(&town, case).await);
        assert_eq!(round(&town).await, (0, 0), "once");
        // The sentences beside the curve of onsets add up to it all the same.
        let asked = Asked {
            from: "2026-11-10".to_owned(),
            to: "2026-11-25".to_owned(),
            ..Asked::default()
        };
        let nurse = town.nurse().await;
        let Ask::Figures(seen) = nurse.figures(&asked).await.unwrap() else {
            panic!("no figures");
        };
        let count = |figure: Figure| match figure {
            Figure::Exact(count) => count,
            other => panic!("{other:?}"),
        };
        let curve: i64 = seen.days.iter().map(|(_, onset, _)| count(*onset)).sum();
        let beside = seen.beside_onset.unwrap();
        let less = beside.without + beside.outside + beside.purged;
        let more = beside.others + beside.purged_within;
        assert_eq!((beside.purged, beside.purged_within), (1, 1));
        // That somebody died is told still.
        assert_eq!(seen.state.unwrap().ended_in_all(), (0, 1));
        assert_eq!(count(seen.new_cases) - less + more, curve);
        let again = town
            .app
            .front_desk(None)
            .sign_in(&address("a@example.org"), crate::town::PASSWORD, None)
            .await
            .unwrap();
        assert!(!matches!(again, SignIn::SignedIn(_)), "the account is gone");
        let audit = town.app.system_desk().check_audit().await.unwrap();
        assert_eq!(audit.problems, Vec::<String>::new());
        let page = town.nurse().await.retention().await.unwrap();
        assert_eq!(page.soon_count, 0);
    }
);

story!(an_id_that_was_given_once_is_never_given_again, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let view = nurse.case(case).await.unwrap().unwrap();
    let reissued = nurse
        .reissue_id(case, "found on the stairs", Some(false), view.version)
        .await
        .unwrap();
    let Reissue::Reissued(second) = reissued else {
        panic!("{reissued:?}");
    };
    let given = [view.member.hersys_id.clone(), second];
    is_now(&town, case, "died").await;
    sets(&town, "100").await;
    town.days(100);
    assert_eq!(round(&town).await, (1, 0));
    town.days(14);
    assert_eq!(round(&town).await, (0, 1));
    // A brochure in a drawer: the center gives the number to somebody else.
    let desk = town.app.system_desk();
    let center = desk.health_centers().await.unwrap()[0].id;
    let file = |id: &str| {
        let row = format!("山田 次郎,,,1990-05-04,09011112222,ja,2027-03-01,,,,{id}");
        format!("{}\n{row}\n", HEADER.join(","))
    };
    for id in &given {
        let imported = desk.import(file(id).as_bytes(), center).await.unwrap();
        let errors: Vec<String> = imported
            .err()
            .expect("the IDs are taken")
            .into_iter()
            .map(|e| e.column)
            .collect();
        assert_eq!(errors, ["hersys_id"], "{id}");
    }
    let imported = desk.import(file("").as_bytes(), center).await.unwrap();
    assert_eq!(imported.unwrap().len(), 1);
    // Whoever has the database alone reads no number of those who went.
    let database = town.database().await;
    let kept = database
        .read(|tx| {
            tx.query("SELECT id_blind FROM given_ids", &[], |row| {
                row.get::<Vec<u8>>(0)
            })
        })
        .await
        .unwrap();
    assert_eq!(kept.len(), 2);
    for id in &given {
        let digits = id.as_bytes();
        assert!(
            kept.iter()
                .all(|hash| hash.windows(digits.len()).all(|w| w != digits))
        );
    }
});

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
    a_prefecture_sets_it_for_its_centers_until_one_says_otherwise,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        is_now(&town, case, "died").await;
        let places = town.app.system_desk().places().await.unwrap();
        let above = places
            .iter()
            .find(|place| place.kind == JurisdictionKind::Prefecture)
            .unwrap()
            .id;
        let officer = town
            .hires("o@pref.example", StaffRole::PrefectureOfficer, above)
            .await;
        let set = officer.set_retention(("40", "10"), "", None).await.unwrap();
        assert_eq!(set, SetRetention::Set);
        let page = town.nurse().await.retention().await.unwrap();
        let holds = page.holds.unwrap();
        assert_eq!((holds.place, holds.keeping.days), (above, Some(40)));
        sets(&town, "3650").await;
        town.days(41);
        assert_eq!(round(&town).await, (0, 0), "the center keeps longer");
        sets(&town, "").await;
        assert_eq!(round(&town).await, (1, 0), "the prefecture's term again");
        town.days(10);
        assert_eq!(round(&town).await, (0, 1));
        let wrong = town
            .nurse()
            .await
            .set_retention(("30", "0"), "soon", None)
            .await
            .unwrap();
        let fields = vec!["days", "warn_days", "valid_from"];
        assert_eq!(wrong, SetRetention::Problems(fields));
    }
);

story!(
    what_a_process_of_the_release_before_closes_and_opens_is_put_right,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        sets(&town, "100").await;
        let database = town.database().await;
        // A release that knows nothing of closing leaves what stood there.
        let leaves = |sql: &'static str| database.write(move |tx| tx.execute(sql, &[]));
        is_now(&town, case, "died").await;
        leaves("UPDATE monitoring SET closed_at = NULL")
            .await
            .unwrap();
        town.days(85);
        assert_eq!(round(&town).await, (0, 0), "closed 85 days ago");
        town.days(1);
        assert_eq!(round(&town).await, (1, 0));
        is_now(&town, case, "home").await;
        leaves("UPDATE monitoring SET closed_at = registered_at, purge_told_at = registered_at")
            .await
            .unwrap();
        town.days(20);
        assert_eq!(round(&town).await, (0, 0));
        is_now(&town, case, "died").await;
        leaves("UPDATE monitoring SET closed_at = NULL")
            .await
            .unwrap();
        town.days(85);
        assert_eq!(round(&town).await, (0, 0), "the clock began anew");
        town.days(1);
        assert_eq!(round(&town).await, (1, 0));
    }
);

story!(where_nobody_can_be_told_nothing_goes, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    sets(&town, "100").await;
    is_now(&town, case, "died").await;
    let database = town.database().await;
    database
        .write(|tx| tx.execute("UPDATE staff_members SET disabled_at = created_at", &[]))
        .await
        .unwrap();
    town.days(200);
    assert_eq!(round(&town).await, (0, 0));
    let plan = town.app.system_desk().purge_plan().await.unwrap();
    assert!(!plan.centers[0].can_tell);
    town.days(200);
    assert_eq!(round(&town).await, (0, 0), "nobody was told");
    let places = town.app.system_desk().places().await.unwrap();
    let above = places
        .iter()
        .find(|place| place.kind == JurisdictionKind::Prefecture)
        .unwrap()
        .id;
    town.hires("o@pref.example", StaffRole::PrefectureOfficer, above)
        .await;
    town.new_mails().await;
    assert_eq!(round(&town).await, (1, 0), "whoever is above is told");
    let mails = town.new_mails().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("o@pref.example"));
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
        town.days(14);
        assert_eq!(round(&town).await, (0, 1), "both records are one");
        assert!(!is_there(&town, twin).await);
    }
);

story!(what_was_announced_in_a_mail_that_never_left_stays, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    sets(&town, "100").await;
    is_now(&town, case, "died").await;
    town.new_mails().await;
    town.days(90);
    assert_eq!(round_without_mails(&town).await, (1, 0));
    assert_eq!(unheard(&town).await, (1, 0), "the mail may leave yet");
    town.days(400);
    assert_eq!(
        round_without_mails(&town).await,
        (0, 0),
        "the mail waits, so no other one is promised, and nothing goes"
    );
    assert_eq!(unheard(&town).await, (1, 1));
    let ends = town.nurse().await.hold_of(case).await.unwrap().ends;
    assert!(
        ends.is_some_and(|at| at > town.clock.now() + jiff::SignedDuration::from_hours(24 * 13))
    );
    // After some hours it is given up; a day after it was promised there is another one.
    let database = town.database().await;
    let given_up = database.write(|tx| {
        tx.execute(
            "UPDATE outbox SET gave_up_at = next_at WHERE sent_at IS NULL",
            &[],
        )
    });
    assert_eq!(given_up.await.unwrap(), 1);
    assert_eq!(round_without_mails(&town).await, (1, 0), "announced anew");
    town.minutes(23 * 60);
    assert_eq!(round_without_mails(&town).await, (0, 0), "once a day");
    assert_eq!(town.new_mails().await.len(), 1, "the mail server is back");
    assert_eq!(unheard(&town).await, (0, 0));
    town.days(13);
    assert_eq!(
        round(&town).await,
        (0, 0),
        "the warning counts from the mail"
    );
    town.days(1);
    assert_eq!(round(&town).await, (0, 1));
});

story!(whoever_opens_the_page_knows_what_was_announced, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    sets(&town, "100").await;
    is_now(&town, case, "died").await;
    town.days(90);
    assert_eq!(round_without_mails(&town).await, (1, 0));
    town.days(20);
    let page = town.nurse().await.retention().await.unwrap();
    let ends = town.clock.now() + jiff::SignedDuration::from_hours(24 * 14);
    assert_eq!((page.soon_count, page.soon[0].ends), (1, ends));
    assert_eq!(unheard(&town).await, (0, 0));
    town.days(13);
    // Opened again, it does not begin anew.
    assert_eq!(
        town.nurse().await.retention().await.unwrap().soon[0].ends,
        ends
    );
    assert_eq!(round_without_mails(&town).await, (0, 0));
    town.days(1);
    assert_eq!(round_without_mails(&town).await, (0, 1));
});

story!(what_a_release_before_announced_is_announced_anew, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    sets(&town, "100").await;
    is_now(&town, case, "died").await;
    town.days(200);
    // That release counted from the promise, and whether its mail left nobody knows.
    let database = town.database().await;
    let told = "UPDATE monitoring SET purge_told_at = closed_at WHERE closed_at IS NOT NULL";
    database
        .write(move |tx| tx.execute(told, &[]))
        .await
        .unwrap();
    assert_eq!(round(&town).await, (1, 0));
    town.days(14);
    assert_eq!(round(&town).await, (0, 1));
    assert!(!is_there(&town, case).await);
});

story!(a_clock_that_was_set_wrong_purges_nothing, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    sets(&town, "100").await;
    is_now(&town, case, "died").await;
    town.days(90);
    assert_eq!(round(&town).await, (1, 0));
    town.days(20);
    let (database, desk) = (town.database().await, town.app.system_desk());
    if town.is_on_a_server() {
        // The clock of a story is no server's.
        let now = app::clock::Clock::System.now();
        let doubt = async |minutes| {
            let at = now + jiff::SignedDuration::from_mins(minutes);
            app::retention::doubt_of_clock(&database, at).await.unwrap()
        };
        assert_eq!(doubt(0).await, None);
        assert_eq!(doubt(-50).await, None);
        for wrong in [-70, 70, 9_000_000] {
            let doubt = doubt(wrong).await.unwrap();
            assert!(
                doubt.contains("differs from the database server's"),
                "{doubt}"
            );
        }
        return town.end().await;
    }
    assert_eq!(desk.doubt_of_clock().await.unwrap(), None);
    // Somebody looks at the record while the clock is far ahead, and then it is set right: further than where it was.
    town.days(3_000);
    town.nurse().await.case(case).await.unwrap().unwrap();
    town.days(-2_900);
    let doubt = desk.doubt_of_clock().await.unwrap().unwrap();
    assert!(
        doubt.contains("before the last line of the audit log"),
        "{doubt}"
    );
    assert_eq!(round(&town).await, (0, 0));
    town.days(2_900);
    assert_eq!(desk.doubt_of_clock().await.unwrap(), None);
    assert_eq!(round(&town).await, (0, 1));
});

story!(two_who_set_it_at_once_do_not_overwrite_each_other, town, {
    let nurse = town.nurse().await;
    let seen = Some(0);
    let set = nurse.set_retention(("100", "14"), "", seen).await.unwrap();
    assert_eq!(set, SetRetention::Set);
    town.minutes(1);
    let set = nurse.set_retention(("200", "14"), "", seen).await.unwrap();
    assert_eq!(set, SetRetention::ChangedMeanwhile);
    assert_eq!(nurse.retention().await.unwrap().own.days, Some(100));
});

story!(a_planned_term_is_replaced_and_withdrawn, town, {
    let nurse = town.nurse().await;
    let version = async || nurse.retention().await.unwrap().version;
    let plans = async |days: &str, seen: i64| {
        let from = "2026-12-05T00:00";
        nurse
            .set_retention((days, "14"), from, Some(seen))
            .await
            .unwrap()
    };
    assert_eq!(plans("31", version().await).await, SetRetention::Set);
    let first = version().await;
    assert_eq!(plans("365", first).await, SetRetention::Set);
    let page = nurse.retention().await.unwrap();
    assert_eq!(page.history.len(), 1);
    assert_eq!(page.history[0].keeping.days, Some(365));
    assert_eq!(page.own.days, None, "it does not hold yet");
    assert_eq!(plans("31", first).await, SetRetention::ChangedMeanwhile);
    let from = page.history[0].valid_from;
    let gone = nurse.withdraw_retention(from, Some(first)).await;
    assert_eq!(gone.unwrap(), Withdraw::ChangedMeanwhile);
    let gone = nurse.withdraw_retention(from, Some(page.version)).await;
    assert_eq!(gone.unwrap(), Withdraw::Withdrawn);
    town.days(30);
    let page = town.nurse().await.retention().await.unwrap();
    assert_eq!((page.own.days, page.history.len()), (None, 0));
});

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

story!(two_processes_that_announce_at_once_write_one_mail, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    sets(&town, "100").await;
    is_now(&town, case, "died").await;
    town.days(90);
    town.new_mails().await;
    // One of them has told of the record; the other has looked for it before, and waits.
    let (now, desk) = (town.clock.now(), town.app.system_desk());
    let told = town
        .meanwhile(
            move |tx, _| storage::retention::told(tx, case, now).map(|_| ()),
            desk.tell_of_purges(),
        )
        .await;
    assert_eq!(told.unwrap(), 0);
    assert_eq!(town.new_mails().await, Vec::<String>::new());
});

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
