//! On which day somebody counts.

use super::{figures, on};
use crate::merges::{again, merges};
use crate::reports::{family, sends};
use crate::retention::{is_now, is_released};
use crate::story;
use crate::town::Town;
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::close_contacts::{FellIll, TypedIll};
use app::figures::Figure;
use app::figures::Why;
use app::merge::Merge;
use app::time_zone::SetTimeZone;
use domain::staff_role::StaffRole;
use jiff::civil::{Date, date};

async fn lies_in(town: &Town, zone: &str) {
    let nurse = town.nurse().await;
    let (_, seen) = nurse.time_zone_history().await.unwrap();
    let done = nurse.set_time_zone(zone, Some(seen)).await.unwrap();
    assert_eq!(done, SetTimeZone::Set, "{zone}");
}

/// The last day, and how many of those who are asked reported on it, of the center and of the prefecture.
async fn today(town: &Town) -> [(Date, Option<i64>); 2] {
    let nurse = town.nurse().await;
    let places = town.app.system_desk().places().await.unwrap();
    let prefecture = places
        .iter()
        .find(|one| one.kind == StaffRole::PrefectureOfficer.belongs_at());
    let officer = town
        .hires(
            "officer@pref.example",
            StaffRole::PrefectureOfficer,
            prefecture.unwrap().id,
        )
        .await;
    let mut all = Vec::new();
    for desk in [&nurse, &officer] {
        let seen = figures(desk).await;
        all.push((seen.to, seen.health.unwrap().reported_percent));
    }
    [all[0], all[1]]
}

story!(a_center_counts_by_its_own_day, town, {
    // Monday, nine o'clock in the morning for the installation; Sunday afternoon there.
    lies_in(&town, "Pacific/Honolulu").await;
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "36.5", "98").await;
    assert_eq!(today(&town).await, [(date(2026, 11, 22), Some(100)); 2]);
    // Monday evening, and Tuesday there.
    lies_in(&town, "Pacific/Kiritimati").await;
    town.minutes(11 * 60);
    assert_eq!(today(&town).await, [(date(2026, 11, 24), Some(0)); 2]);
    sends(&desk, case, "36.5", "98").await;
    assert_eq!(today(&town).await, [(date(2026, 11, 24), Some(100)); 2]);
});

story!(
    a_death_after_a_release_counts_on_the_day_on_which_it_is_noted,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        is_released(&town, case).await;
        town.days(2);
        is_now(&town, case, "died").await;
        let state = figures(&town.nurse().await).await.state.unwrap();
        let died: Vec<_> = state.ended.iter().filter(|part| part.died > 0).collect();
        assert_eq!(state.ended_in_all(), (0, 1));
        assert_eq!(died[0].from, date(2026, 11, 25));
        // What is only said about it later moves nothing.
        town.days(1);
        is_now(&town, case, "died").await;
        let state = figures(&town.nurse().await).await.state.unwrap();
        let on = state.ended.iter().find(|part| part.died > 0).unwrap();
        assert_eq!(on.from, date(2026, 11, 25));
    }
);

story!(
    a_release_that_was_called_an_error_by_mistake_keeps_its_day,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        is_released(&town, case).await;
        town.days(2);
        let nurse = town.nurse().await;
        crate::case_in_error::is_none(&nurse, case).await;
        town.days(1);
        crate::case_in_error::is_one_again(&nurse, case).await;
        let state = figures(&nurse).await.state.unwrap();
        let on = state.ended.iter().find(|part| part.released > 0).unwrap();
        assert_eq!(
            (on.from, state.ended_in_all()),
            (date(2026, 11, 23), (1, 0))
        );
    }
);

story!(
    that_two_records_become_one_moves_no_release_and_no_death_to_another_day,
    town,
    {
        let on = async |town: &Town| {
            let figures = figures(&town.nurse().await).await;
            let ended = figures.state.unwrap().ended;
            let ended = ended
                .iter()
                .filter(|part| (part.released, part.died) != (0, 0));
            let ended: Vec<_> = ended
                .map(|part| (part.from.day(), part.released, part.died))
                .collect();
            (
                ended,
                figures
                    .corrected
                    .iter()
                    .any(|(_, why, _)| matches!(why, Why::End { .. })),
            )
        };
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        // Released under one number on the 23rd, and under the other one on the 24th.
        is_released(&town, kept).await;
        town.days(1);
        is_released(&town, merged).await;
        town.days(1);
        let (first, second) = ((23, 1, 0), (24, 1, 0));
        assert_eq!(on(&town).await, (vec![first, second], false));
        merges(&town.nurse().await, kept, merged).await;
        assert_eq!(
            on(&town).await,
            (vec![second], false),
            "until then one was followed"
        );
        town.days(1);
        let parts = async |town: &Town| {
            let nurse = town.nurse().await;
            let done = nurse.unmerge_case(merged, "Two sisters").await.unwrap();
            assert_eq!(done, Merge::Done(merged));
        };
        parts(&town).await;
        assert_eq!(on(&town).await, (vec![first, second], false));

        // One of them was released by mistake: as one, the person is followed, and as two, one of them is not.
        is_now(&town, merged, "home").await;
        let (ended, is_told) = on(&town).await;
        assert_eq!((ended, is_told), (vec![first], true));
        merges(&town.nurse().await, kept, merged).await;
        assert!(on(&town).await.0.is_empty());
        town.days(1);
        parts(&town).await;
        assert_eq!(on(&town).await.0, [first]);

        // A death counts on the day on which it was known, whichever number it was told of.
        is_now(&town, merged, "died").await;
        let death = (27, 0, 1);
        town.days(1);
        assert_eq!(on(&town).await.0, [first, death]);
        merges(&town.nurse().await, kept, merged).await;
        assert_eq!(on(&town).await.0, [death]);
        town.days(1);
        parts(&town).await;
        assert_eq!(on(&town).await.0, [first, death]);
    }
);

story!(a_center_registers_on_its_own_day, town, {
    // Monday morning for the installation; Sunday afternoon there.
    lies_in(&town, "Pacific/Honolulu").await;
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let contact = crate::close_contacts::met(&nurse, case, "Yamada Ken", "09011110001").await;
    let sunday = date(2026, 11, 22);
    let counted = async |day| {
        let seen = figures(&town.nurse().await).await;
        (seen.to, on(&seen, day).1, seen.new_cases)
    };
    let one = Figure::Exact(1);
    assert_eq!(counted(sunday).await, (sunday, one, one));
    let version = nurse.case(contact).await.unwrap().unwrap().version;
    let ill = TypedIll {
        diagnosed_on: "2026-11-22".to_owned(),
        onset_on: "2026-11-22".to_owned(),
        ..TypedIll::default()
    };
    let done = nurse.fell_ill(contact, &ill, version).await.unwrap();
    assert_eq!(done, FellIll::Case);
    let two = Figure::Exact(2);
    assert_eq!(counted(sunday).await, (sunday, two, two));
    let registers = async |day: &str| {
        let nurse = town.nurse().await;
        let typed = TypedCase {
            name: "山田 一".to_owned(),
            birthdate: "1990-01-02".to_owned(),
            phone: "09011110002".to_owned(),
            diagnosed_on: day.to_owned(),
            ..TypedCase::default()
        };
        let key = nurse.new_form_key();
        let done = nurse.register_case(&typed, key, Sure::Another).await;
        matches!(done.unwrap(), RegisterCase::Registered(_))
    };
    assert!(!registers("2026-11-23").await, "that is tomorrow there");
    // Monday evening, and Tuesday there.
    lies_in(&town, "Pacific/Kiritimati").await;
    town.minutes(11 * 60);
    assert!(registers("2026-11-24").await, "that is today there");
    let tuesday = date(2026, 11, 24);
    assert_eq!(counted(tuesday).await, (tuesday, one, Figure::Exact(3)));
});
