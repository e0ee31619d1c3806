//! For how long records are kept: nothing goes unless a place has said so, nobody is surprised, and what is held stays.

mod announced;
mod kept;

use crate::reports::family;
use crate::story;
use crate::town::Town;
use app::case_import::HEADER;
use app::hersys_id::Reissue;
use app::monitoring::{Decide, TypedDecision};
use app::place_settings::Withdraw;
use app::release::{Release, TypedRelease};
use app::retention::SetRetention;
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

story!(a_family_reads_for_how_long_its_record_is_kept, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let kept = async || {
        let member = desk.member(case).await.unwrap().unwrap();
        desk.kept_for(&member).await.unwrap()
    };
    assert_eq!(kept().await, None, "nobody has set anything");
    sets(&town, "100").await;
    assert_eq!(kept().await, Some(100));
});
