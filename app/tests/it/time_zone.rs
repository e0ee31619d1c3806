//! A center that is given another time zone: its days, its clock and its reminders follow, and nobody goes unseen.

use crate::merges::{again, merges};
use crate::reminders::reminds_at;
use crate::reports::{family, sends};
use crate::retention::{is_released, round, sets};
use crate::story;
use crate::town::Town;
use app::audit::{AuditFound, AuditSearch};
use app::contact_log::{AddContact, TypedContact};
use app::figures::{Ask, Asked};
use app::place_settings::Effect;
use app::time_zone::SetTimeZone;
use domain::ids::CaseId;

/// How many are not heard of since the deadline, 10 o'clock.
async fn silent(town: &Town) -> i64 {
    let nurse = town.nurse().await;
    let stands = nurse.following().await.unwrap();
    let seen = nurse.preview_following(stands).await.unwrap();
    let found = seen.iter().find(|(effect, ..)| *effect == Effect::Silent);
    found.unwrap().1
}

/// The clock at the center as the family's and the staff's pages have it.
async fn clock(town: &Town, desk: &app::PatientDesk, case: CaseId) -> [String; 2] {
    let member = desk.member(case).await.unwrap().unwrap();
    let center = town.nurse().await.health_center().await.unwrap();
    let now = town.clock.now();
    [&member.center.time_zone, &center.time_zone]
        .map(|zone| now.to_zoned(zone.clone()).strftime("%a %H:%M").to_string())
}

pub async fn set(town: &Town, name: &str) {
    let nurse = town.nurse().await;
    let (_, seen) = nurse.time_zone_history().await.unwrap();
    let done = nurse.set_time_zone(name, Some(seen)).await.unwrap();
    assert_eq!(done, SetTimeZone::Set, "{name}");
}

story!(the_days_of_a_center_follow_its_time_zone, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    reminds_at(&town, "12:00").await;
    sends(&desk, case, "36.5", "98").await;
    assert_eq!(clock(&town, &desk, case).await, ["Mon 09:00"; 2]);
    // Sunday again: she was heard of on Sunday, not tomorrow.
    set(&town, "Pacific/Honolulu").await;
    assert_eq!(clock(&town, &desk, case).await, ["Sun 14:00"; 2]);
    let home = desk.member(case).await.unwrap().unwrap();
    assert!(home.has_reported_today());
    town.minutes(19 * 60 + 59);
    assert_eq!(silent(&town).await, 0, "Monday, 9:59");
    town.minutes(1);
    assert_eq!(silent(&town).await, 1, "the deadline is over");
    let reminded = town.app.system_desk().send_reminders().await.unwrap();
    assert_eq!(reminded, 0);
    town.minutes(2 * 60);
    let reminded = town.app.system_desk().send_reminders().await.unwrap();
    assert_eq!(reminded, 1, "at noon of the center");

    // Monday, 23:30 there is Tuesday, 23:30 on the other side of the line.
    town.minutes(11 * 60 + 30);
    sends(&desk, case, "36.5", "98").await;
    set(&town, "Pacific/Kiritimati").await;
    assert_eq!(clock(&town, &desk, case).await, ["Tue 23:30"; 2]);
    town.minutes(10 * 60 + 29);
    assert_eq!(silent(&town).await, 0, "Wednesday, 9:59");
    town.minutes(1);
    assert_eq!(silent(&town).await, 1);
});

story!(
    whoever_reported_before_midnight_of_the_old_clock_is_not_silent,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        town.minutes(14 * 60 + 30);
        sends(&desk, case, "36.5", "98").await;
        assert_eq!(clock(&town, &desk, case).await, ["Mon 23:30"; 2]);
        set(&town, "Pacific/Auckland").await;
        assert_eq!(clock(&town, &desk, case).await, ["Tue 03:30"; 2]);
        town.minutes(7 * 60);
        assert_eq!(silent(&town).await, 0, "Tuesday, 10:30");
    }
);

/// The days of November on which following somebody ended, as the center counts them.
async fn ended(town: &Town) -> Vec<i8> {
    let asked = Asked {
        from: "2026-11-16".to_owned(),
        to: "2026-11-29".to_owned(),
        ..Asked::default()
    };
    let Ask::Figures(figures) = town.nurse().await.figures(&asked).await.unwrap() else {
        panic!("no figures");
    };
    let parts = figures.state.unwrap().ended.into_iter();
    parts
        .filter(|part| part.released > 0)
        .map(|part| part.from.day())
        .collect()
}

story!(
    what_is_purged_stays_counted_on_the_day_of_its_center,
    town,
    {
        set(&town, "Pacific/Honolulu").await;
        let (_, case) = family(&mut town, "a@example.org").await;
        // Monday, 9:00 of the installation is Sunday, 14:00 there.
        is_released(&town, case).await;
        assert_eq!(ended(&town).await, [22]);
        sets(&town, "100").await;
        let page = town.nurse().await.retention().await.unwrap();
        assert_eq!(page.zone.iana_name(), Some("Pacific/Honolulu"));
        town.days(86);
        assert_eq!(round(&town).await, (1, 0));
        town.days(15);
        assert_eq!(round(&town).await, (0, 1));
        assert_eq!(ended(&town).await, [22]);
    }
);

story!(
    nobody_is_heard_of_tomorrow_where_two_records_become_one,
    town,
    {
        let hanako = town.hanako().await;
        let (merged, _) = again(&town).await;
        set(&town, "Pacific/Honolulu").await;
        // Wednesday, 9:00 of the installation is Tuesday, 14:00 there.
        town.days(2);
        let nurse = town.nurse().await;
        let kept = nurse.case_by_number(&hanako).await.unwrap().unwrap();
        let kept = kept.member.case;
        let fine = TypedContact {
            outcome: "reached".to_owned(),
            note: "Fine".to_owned(),
            ..TypedContact::default()
        };
        let added = nurse.add_contact(merged, &fine).await.unwrap();
        assert_eq!(added, AddContact::Added);
        merges(&nurse, kept, merged).await;
        let following = nurse.following_of(kept).await.unwrap().unwrap();
        let tuesday: jiff::civil::Date = "2026-11-24".parse().unwrap();
        assert_eq!(following.monitoring.heard_on, tuesday);
    }
);

story!(a_time_zone_is_set_once_and_written_down, town, {
    let nurse = town.nurse().await;
    let (held, seen) = nurse.time_zone_history().await.unwrap();
    assert!(held.is_empty());
    for (typed, came) in [
        ("Tokyo", SetTimeZone::Unknown),
        ("Etc/Unknown", SetTimeZone::Unknown),
        ("Asia/Tokyo", SetTimeZone::Same),
        ("asia/seoul", SetTimeZone::Set),
        ("Asia/Manila", SetTimeZone::ChangedMeanwhile),
    ] {
        let done = nurse.set_time_zone(typed, Some(seen)).await.unwrap();
        assert_eq!(done, came, "{typed}");
    }
    let center = nurse.health_center().await.unwrap();
    assert_eq!(center.time_zone_name(), "Asia/Seoul");
    let (held, _) = nurse.time_zone_history().await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].change.before, "Asia/Tokyo");
    assert_eq!(held[0].change.after, "Asia/Seoul");
    assert!(held[0].by.is_some());
    let (search, zone) = (AuditSearch::default(), &center.time_zone);
    let found = nurse.audit_of_staff(nurse.id(), &search, zone).await;
    let Some(AuditFound::Lines(lines)) = found.unwrap() else {
        panic!("nothing is found");
    };
    let told = |line: &app::audit::AuditLine| line.details == "time_zone, Asia/Tokyo > Asia/Seoul";
    assert_eq!(lines.iter().filter(|line| told(line)).count(), 1);
    // Another process goes by it as well.
    let elsewhere = town.another_process().await;
    let centers = elsewhere.system_desk().health_centers().await.unwrap();
    assert_eq!(centers[0].time_zone_name(), "Asia/Seoul");
});
