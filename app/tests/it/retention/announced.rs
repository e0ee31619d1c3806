//! What is announced before a record goes, and what that keeps.

use super::{is_now, is_there, round, round_without_mails, sets, unheard};
use crate::reports::{family, sends};
use crate::story;
use crate::town::address;
use app::case_import::HEADER;
use app::figures::{Ask, Asked, Figure};
use app::retention::SetRetention;
use app::sign_in::SignIn;
use domain::staff_role::{JurisdictionKind, StaffRole};
use jiff::SignedDuration;

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
        assert_eq!(page.soon[0].name_in("ja"), "山田 花子");
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

story!(
    the_account_in_which_somebody_is_signing_up_outlives_its_last_record,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        is_now(&town, case, "died").await;
        sets(&town, "100").await;
        town.days(400);
        assert_eq!(round(&town).await, (1, 0));
        town.days(14);
        // A daughter has fallen ill, and was refused for a slip of the center's.
        let daughter = town.signed_in("a@example.org").await;
        assert_eq!(round(&town).await, (0, 1));
        assert!(!is_there(&town, case).await);
        assert!(daughter.members().await.unwrap().is_empty());
        // Nobody adds anybody: it goes like any other.
        let database = town.database().await;
        for (days, left) in [(0, 1), (91, 0)] {
            town.days(days);
            town.app.system_desk().sweep().await.unwrap();
            let accounts = |tx: &mut storage::Tx<'_>| {
                tx.query_one("SELECT count(*) FROM accounts", &[], |row| {
                    row.get::<i64>(0)
                })
            };
            assert_eq!(database.read_once(accounts).await.unwrap(), left);
        }
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
    assert!(ends.is_some_and(|at| at > town.clock.now() + SignedDuration::from_hours(24 * 13)));
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
    let ends = town.clock.now() + SignedDuration::from_hours(24 * 14);
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

story!(two_processes_that_announce_at_once_write_one_mail, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    sets(&town, "100").await;
    is_now(&town, case, "died").await;
    town.days(90);
    town.new_mails().await;
    // One of them has told of the record; the other has looked for it before, and waits.
    let (now, desk) = (town.clock.now(), town.app.system_desk());
    let telling = storage::retention::Telling {
        at: now,
        not_before: now + SignedDuration::from_hours(24 * 14),
    };
    let told = town
        .meanwhile(
            move |tx, _| storage::retention::told(tx, case, telling).map(|_| ()),
            desk.tell_of_purges(),
        )
        .await;
    assert_eq!(told.unwrap(), 0);
    assert_eq!(town.new_mails().await, Vec::<String>::new());
});

story!(what_is_kept_longer_is_announced_anew, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    sets(&town, "100").await;
    is_now(&town, case, "died").await;
    town.days(90);
    assert_eq!(round(&town).await, (1, 0));
    // Nothing is purged for a while: what was announced is not any more.
    sets(&town, "").await;
    assert_eq!(round(&town).await, (0, 0));
    town.minutes(1);
    sets(&town, "100").await;
    assert_eq!(round(&town).await, (1, 0), "announced anew");
    // The answer of whoever was told: five years.
    town.days(2);
    sets(&town, "1825").await;
    assert_eq!(round(&town).await, (0, 0));
    assert_eq!(town.nurse().await.retention().await.unwrap().soon_count, 0);
    town.days(1_718);
    assert_eq!(round(&town).await, (0, 0), "two weeks and a day are left");
    town.days(1);
    assert_eq!(round(&town).await, (1, 0));
    town.days(13);
    assert_eq!(round(&town).await, (0, 0));
    town.days(1);
    assert_eq!(round(&town).await, (0, 1));
});

story!(
    whoever_shortens_the_time_purges_nothing_before_the_day_that_was_announced,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let sets = async |days: &str, warn_days: &str| {
            let nurse = town.nurse().await;
            let set = nurse.set_retention((days, warn_days), "", None).await;
            assert_eq!(set.unwrap(), SetRetention::Set);
        };
        sets("365", "30").await;
        is_now(&town, case, "died").await;
        town.days(335);
        assert_eq!(round(&town).await, (1, 0));
        let ends = town.clock.now() + SignedDuration::from_hours(24 * 30);
        town.days(5);
        sets("100", "1").await;
        assert_eq!(round(&town).await, (0, 0));
        let nurse = town.nurse().await;
        assert_eq!(nurse.retention().await.unwrap().soon[0].ends, ends);
        assert_eq!(nurse.hold_of(case).await.unwrap().ends, Some(ends));
        town.days(24);
        assert_eq!(round(&town).await, (0, 0));
        town.days(1);
        assert_eq!(round(&town).await, (0, 1));
    }
);

story!(of_hundreds_there_is_one_mail_that_tells_how_many, town, {
    let mut file = HEADER.join(",");
    for at in 0..501 {
        file.push_str(&format!(
            "\nPerson {at},,,1970-01-02,0312{at:06},en,2026-11-20,,,,"
        ));
    }
    let desk = town.app.system_desk();
    let center = desk.health_centers().await.unwrap()[0].id;
    let came = desk.import(file.as_bytes(), center).await.unwrap();
    assert_eq!(came.unwrap().len(), 501);
    // All of them are closed, by a release that knows nothing of closing.
    let database = town.database().await;
    let closed = database.write(|tx| tx.execute("UPDATE monitoring SET is_open = 0", &[]));
    assert_eq!(closed.await.unwrap(), 501);
    town.days(200);
    sets(&town, "100").await;
    town.new_mails().await;
    assert_eq!(round_without_mails(&town).await, (501, 0));
    let mails = town.new_mails().await;
    assert_eq!(mails.len(), 1, "for the one administrator");
    assert!(mails[0].contains("501"), "{}", mails[0]);
    assert_eq!(unheard(&town).await, (0, 0));
    town.days(14);
    let plan = town.app.system_desk().purge_plan().await.unwrap();
    assert_eq!(plan.centers[0].due, 501);
});
