//! Corrections, moves and mistakes change figures, and are told beside them.

use super::{analyst, figures, health, on};
use crate::merges::{again, merges};
use crate::reports::{family, form, sends};
use crate::retention::{is_now, is_released};
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::close_contacts::{FellIll, TypedIll};
use app::correction::{CorrectPerson, CorrectReport};
use app::figures::{Ask, Asked, Figure, Instead, Why};
use app::jurisdiction::AddPlace;
use app::merge::Merge;
use app::staff::NewStaff;
use app::worklist::Filter;
use domain::ids::JurisdictionId;
use domain::staff_role::{JurisdictionKind, StaffRole};
use jiff::civil::{Date, date};

story!(a_correction_made_later_is_explained, town, {
    let (_, kept) = family(&mut town, "a@example.org").await;
    let (merged, _) = again(&town).await;
    let nurse = town.nurse().await;
    let before = figures(&nurse).await;
    assert_eq!(on(&before, date(2026, 11, 23)).1, Figure::Exact(2));
    assert_eq!(on(&before, date(2026, 11, 18)).0, Figure::Exact(2));
    assert!(before.corrected.is_empty());
    town.days(1);
    let nurse = town.nurse().await;
    merges(&nurse, kept, merged).await;
    let form = nurse.person_form(kept).await.unwrap().unwrap();
    let mut typed = form.typed.clone();
    typed.onset_on = "2026-11-17".to_owned();
    let done = nurse
        .correct_person(kept, &typed, "remembered", form.version)
        .await
        .unwrap();
    assert!(matches!(done, CorrectPerson::Corrected));
    let after = figures(&nurse).await;
    assert_eq!(on(&after, date(2026, 11, 23)).1, Figure::Exact(1));
    assert_eq!(on(&after, date(2026, 11, 18)).0, Figure::Exact(0));
    assert_eq!(on(&after, date(2026, 11, 17)).0, Figure::Exact(1));
    let day = date(2026, 11, 24);
    let moved = Why::Onset {
        from: Some(date(2026, 11, 18)),
        to: Some(date(2026, 11, 17)),
    };
    let once = Why::Merged {
        registered_on: date(2026, 11, 23),
        onset_on: Some(date(2026, 11, 18)),
    };
    // The day of onset on which it was counted once too often says so, too.
    let of = |day| day..=day;
    assert!(once.changes_onsets(&of(date(2026, 11, 18))));
    assert!(!once.changes_onsets(&of(date(2026, 11, 23))));
    assert!(once.changes_registrations(&of(date(2026, 11, 23))));
    assert_eq!(after.corrected.len(), 2);
    assert!(after.corrected.contains(&(day, moved, 1)));
    assert!(after.corrected.contains(&(day, once, 1)));
    // Whoever sees no persons sees no line about one.
    let few = figures(&analyst(&town).await).await;
    assert!(few.corrected.is_empty());
});

story!(an_alert_that_was_none_waited_for_nobody, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let report = sends(&desk, case, "38.5", "89").await;
    town.minutes(16);
    let nurse = town.nurse().await;
    let waiting = figures(&nurse).await.health.unwrap();
    assert_eq!(waiting.alerts, (Figure::Exact(1), Figure::Exact(1)));
    // The person phones: it was 98. Nobody has taken the alert, and nobody needs to.
    let (_, right) = form(&desk, case, "36.8", "98").await;
    let corrected = nurse
        .correct_report(case, report, &right, "the person phoned", None)
        .await
        .unwrap();
    assert!(matches!(corrected, CorrectReport::Corrected));
    let list = nurse.worklist(None, Filter::default()).await.unwrap();
    assert!(list.unwrap().alerts.is_empty());
    let after = figures(&nurse).await;
    let whole = after.health.unwrap();
    assert_eq!(whole.alerts, (Figure::Exact(0), Figure::Exact(0)));
    assert_eq!(whole.minutes_to_taken, None);
    assert_eq!(after.ages[3].health, health(Some(100), None));
    assert_eq!(after.centers[0].health, health(Some(100), None));
});

story!(
    a_corrected_birthdate_moves_an_age_group_and_is_explained,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let before = figures(&town.nurse().await).await;
        assert_eq!(before.ages[3].new_cases, Figure::Exact(1));
        town.days(1);
        let nurse = town.nurse().await;
        for (birthdate, groups) in [("1987-01-02", None), ("1950-01-02", Some((30, 70)))] {
            let form = nurse.person_form(case).await.unwrap().unwrap();
            let mut typed = form.typed.clone();
            typed.birthdate = birthdate.to_owned();
            let done = nurse
                .correct_person(case, &typed, "the insurance card", form.version)
                .await
                .unwrap();
            assert!(matches!(done, CorrectPerson::Corrected));
            let after = figures(&nurse).await;
            let told = groups.map(|(from, to)| (date(2026, 11, 24), Why::Age { from, to }, 1));
            // Within the same group no count changes, and nothing is told.
            assert_eq!(after.corrected, Vec::from_iter(told), "{birthdate}");
        }
        let after = figures(&nurse).await;
        assert_eq!(after.ages[3].new_cases, Figure::Exact(0));
        assert_eq!(after.ages[7].new_cases, Figure::Exact(1));
        let (_, why, _) = after.corrected[0];
        let groups = after.ages.iter().filter(|line| why.changes_age(line.from));
        assert_eq!(Vec::from_iter(groups.map(|line| line.from)), [30, 70]);
        // Of days on which nobody was registered, nothing is explained.
        let asked = Asked {
            from: "2026-11-24".to_owned(),
            ..Asked::default()
        };
        let Ask::Figures(later) = nurse.figures(&asked).await.unwrap() else {
            panic!("no figures");
        };
        assert!(later.corrected.is_empty());
    }
);

story!(a_case_that_moved_is_explained_on_both_sides, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let system = town.app.system_desk();
    let tree = system.places().await.unwrap();
    let of_kind = |kind| tree.iter().find(|place| place.kind == kind).unwrap();
    let above = of_kind(JurisdictionKind::Prefecture);
    let added = system.add_place(above, JurisdictionKind::HealthCenter, "Ota");
    let AddPlace::Added(ota) = added.await.unwrap() else {
        panic!("not added");
    };
    let other = town
        .hires("nurse@ota.example", StaffRole::Nurse, ota.id)
        .await;
    town.days(1);
    let nurse = town.nurse().await;
    crate::transfers::moves(&nurse, &other, case, ota.id).await;
    let moved = |came| Why::Moved {
        came,
        registered_on: date(2026, 11, 23),
        onset_on: Some(date(2026, 11, 18)),
    };
    let day = date(2026, 11, 24);
    let left = figures(&nurse).await;
    assert_eq!(on(&left, date(2026, 11, 23)).1, Figure::Exact(0));
    assert_eq!(left.corrected, [(day, moved(false), 1)]);
    let came = figures(&other).await;
    assert_eq!(on(&came, date(2026, 11, 23)).1, Figure::Exact(1));
    assert_eq!(came.corrected, [(day, moved(true), 1)]);
    let registered = date(2026, 11, 23)..=date(2026, 11, 23);
    assert!(moved(true).changes_registrations(&registered));
    assert!(!moved(true).changes_onsets(&registered));
    // Within the prefecture nothing moved.
    let officer = town
        .hires("o@east.example", StaffRole::PrefectureOfficer, above.id)
        .await;
    assert!(figures(&officer).await.corrected.is_empty());
});

story!(an_end_that_was_taken_back_is_explained, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    town.days(1);
    is_released(&town, case).await;
    let ended = async || {
        let figures = figures(&town.nurse().await).await;
        let state = figures.state.unwrap();
        (state.ended_in_all(), figures.corrected)
    };
    assert_eq!(ended().await, ((1, 0), Vec::new()));
    // Released too soon: the person is followed again.
    town.days(1);
    is_now(&town, case, "home").await;
    let end = |died, on, instead| Why::End { died, on, instead };
    let first = end(false, date(2026, 11, 24), Instead::Followed);
    let told = vec![(date(2026, 11, 25), first, 1)];
    assert_eq!(ended().await, ((0, 0), told.clone()));
    let of = |day| day..=day;
    assert!(first.changes_ends(&of(date(2026, 11, 24))));
    assert!(!first.changes_ends(&of(date(2026, 11, 25))));
    assert!(!first.changes_registrations(&of(date(2026, 11, 24))));
    // Within a day nothing was ever counted otherwise on another day, and it is told all the same: a count of noon was another.
    is_released(&town, case).await;
    town.days(1);
    is_now(&town, case, "died").await;
    let (counts, lines) = ended().await;
    assert_eq!(counts, (0, 1));
    let second = end(false, date(2026, 11, 25), Instead::Died);
    assert_eq!(lines, [(date(2026, 11, 26), second, 1), told[0]]);
    // It was another one who died.
    town.days(1);
    is_now(&town, case, "home").await;
    let third = end(true, date(2026, 11, 26), Instead::Followed);
    assert_eq!(ended().await.1[0], (date(2026, 11, 27), third, 1));
    // Of a case that is none no end is counted either; what was ended before is told with it.
    is_released(&town, case).await;
    town.days(1);
    let nurse = town.nurse().await;
    crate::case_in_error::is_none(&nurse, case).await;
    let (counts, lines) = ended().await;
    assert_eq!(counts, (0, 0));
    let none = end(false, date(2026, 11, 27), Instead::InError);
    assert!(lines.contains(&(date(2026, 11, 28), none, 1)), "{lines:?}");
    crate::case_in_error::is_one_again(&nurse, case).await;
    let (counts, lines) = ended().await;
    assert_eq!(counts, (1, 0));
    assert!(lines.iter().all(|line| line.1 != none), "{lines:?}");
    // Whoever does not read health answers is not told how following ended.
    let clerk = town
        .hires(
            "clerk@center.example",
            StaffRole::Clerk,
            NewStaff::place_of(nurse.health_center().await.unwrap().id),
        )
        .await;
    let told = figures(&clerk).await.corrected;
    assert!(told.iter().all(|line| !matches!(line.1, Why::End { .. })));
    // What is purged leaves no line, and a contact who was released before falling ill was never counted.
    let contact = crate::close_contacts::met(&nurse, case, "Met Somebody", "09011112224").await;
    let before = ended().await.1.len();
    is_released(&town, contact).await;
    is_now(&town, contact, "home").await;
    assert_eq!(ended().await.1.len(), before);
});

/// Who administrates the other center.
const OTHER: &str = "administrator@shibuya.example";

/// The old center and another one, on the day after everything began.
async fn two_centers(town: &Town) -> (StaffDesk, StaffDesk, JurisdictionId) {
    let to = NewStaff::place_of(crate::transfers::shibuya(town).await.0);
    town.days(1);
    let other = town.hires(OTHER, StaffRole::Administrator, to).await;
    (town.nurse().await, other, to)
}

fn moved(came: bool, onset_on: Date) -> Why {
    Why::Moved {
        came,
        registered_on: date(2026, 11, 23),
        onset_on: Some(onset_on),
    }
}

story!(a_case_that_moved_and_is_none_now_is_explained, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let (nurse, other, to) = two_centers(&town).await;
    let (day, onset_on) = (date(2026, 11, 24), date(2026, 11, 18));
    // It is one with a record that the other center had already.
    let typed = TypedCase {
        name: "山田 花子".to_owned(),
        name_kana: "ヤマダ ハナコ".to_owned(),
        name_latin: "Yamada Hanako".to_owned(),
        birthdate: "1988-05-04".to_owned(),
        phone: "09012345678".to_owned(),
        language: "ja".to_owned(),
        diagnosed_on: "2026-11-21".to_owned(),
        onset_on: "2026-11-18".to_owned(),
        ..TypedCase::default()
    };
    let key = other.new_form_key();
    let kept = other.register_case(&typed, key, Sure::Another).await;
    let RegisterCase::Registered(kept) = kept.unwrap() else {
        panic!("not registered");
    };
    crate::transfers::moves(&nurse, &other, case, to).await;
    town.minutes(1);
    merges(&other, kept, case).await;
    let left = figures(&nurse).await;
    assert_eq!(on(&left, date(2026, 11, 23)).1, Figure::Exact(0));
    assert_eq!(left.corrected, [(day, moved(false, onset_on), 1)]);
    let once = Why::Merged {
        registered_on: date(2026, 11, 23),
        onset_on: Some(onset_on),
    };
    let came = figures(&other).await.corrected;
    assert!(came.contains(&(day, moved(true, onset_on), 1)));
    assert!(came.contains(&(day, once, 1)));
});

story!(
    what_became_one_before_it_moved_is_explained_where_it_was_counted,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let (nurse, other, to) = two_centers(&town).await;
        let onset_on = date(2026, 11, 18);
        merges(&nurse, kept, merged).await;
        town.minutes(1);
        crate::transfers::moves(&nurse, &other, kept, to).await;
        let once = Why::Merged {
            registered_on: date(2026, 11, 23),
            onset_on: Some(onset_on),
        };
        let day = date(2026, 11, 24);
        let left = figures(&nurse).await.corrected;
        assert!(left.contains(&(day, once, 1)), "{left:?}");
        assert!(left.contains(&(day, moved(false, onset_on), 1)), "{left:?}");
        assert_eq!(left.len(), 2);
        // Where the second record was never counted, none is missing.
        let came = (day, moved(true, onset_on), 1);
        assert_eq!(figures(&other).await.corrected, [came]);

        // There they are found to be two, and one more is counted.
        town.days(1);
        let other = town.staff(OTHER).await;
        let done = other.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(done, Merge::Done(merged));
        let apart = Why::Apart {
            registered_on: date(2026, 11, 23),
            onset_on: Some(onset_on),
        };
        let there = figures(&other).await;
        assert_eq!(on(&there, date(2026, 11, 23)).1, Figure::Exact(2));
        assert_eq!(there.corrected, [(date(2026, 11, 25), apart, 1), came]);
        assert_eq!(figures(&town.nurse().await).await.corrected, left);
    }
);

story!(
    records_that_are_two_again_are_counted_again_and_both_are_told,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        town.days(1);
        merges(&town.nurse().await, kept, merged).await;
        town.days(1);
        let nurse = town.nurse().await;
        let done = nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(done, Merge::Done(merged));
        let (registered_on, onset_on) = (date(2026, 11, 23), Some(date(2026, 11, 18)));
        let once = Why::Merged {
            registered_on,
            onset_on,
        };
        let apart = Why::Apart {
            registered_on,
            onset_on,
        };
        assert!(apart.changes_registrations(&(registered_on..=registered_on)));
        assert!(!apart.changes_onsets(&(registered_on..=registered_on)));
        let after = figures(&nurse).await;
        assert_eq!(on(&after, registered_on).1, Figure::Exact(2));
        // Whoever wrote down the count in between finds both.
        let (on_24, on_25) = (date(2026, 11, 24), date(2026, 11, 25));
        assert_eq!(after.corrected, [(on_25, apart, 1), (on_24, once, 1)]);
    }
);

story!(
    an_end_that_was_taken_back_before_a_move_is_explained_where_it_was_counted,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let (_, other, to) = two_centers(&town).await;
        is_released(&town, case).await;
        town.minutes(1);
        is_now(&town, case, "home").await;
        town.minutes(1);
        let nurse = town.nurse().await;
        crate::transfers::moves(&nurse, &other, case, to).await;
        let end = Why::End {
            died: false,
            on: date(2026, 11, 24),
            instead: Instead::Followed,
        };
        let ends = async |desk: &StaffDesk| {
            let told = figures(desk).await.corrected.into_iter();
            let ends = told.filter(|one| matches!(one.1, Why::End { .. }));
            ends.collect::<Vec<_>>()
        };
        assert_eq!(ends(&nurse).await, [(date(2026, 11, 24), end, 1)]);
        let there = town.staff("shibuya@center.example").await;
        assert!(ends(&there).await.is_empty());
    }
);

story!(a_case_that_moved_and_was_none_is_explained, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let (nurse, other, to) = two_centers(&town).await;
    crate::transfers::moves(&nurse, &other, case, to).await;
    town.minutes(1);
    crate::case_in_error::is_none(&other, case).await;
    let left = (date(2026, 11, 24), moved(false, date(2026, 11, 18)), 1);
    assert_eq!(figures(&nurse).await.corrected, [left]);
});

story!(
    a_contact_who_moved_and_fell_ill_there_changed_no_count,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let contact =
            crate::close_contacts::met(&town.nurse().await, case, "Yamada Ken", "09011110001")
                .await;
        let (nurse, other, to) = two_centers(&town).await;
        crate::transfers::moves(&nurse, &other, contact, to).await;
        town.days(1);
        let other = town.staff(OTHER).await;
        let version = other.case(contact).await.unwrap().unwrap().version;
        let ill = TypedIll {
            diagnosed_on: "2026-11-25".to_owned(),
            onset_on: "2026-11-24".to_owned(),
            ..TypedIll::default()
        };
        let done = other.fell_ill(contact, &ill, version).await.unwrap();
        assert_eq!(done, FellIll::Case);
        let there = figures(&other).await;
        assert_eq!(on(&there, date(2026, 11, 25)).1, Figure::Exact(1));
        assert!(there.corrected.is_empty());
        assert!(figures(&town.nurse().await).await.corrected.is_empty());
    }
);

story!(
    a_correction_is_explained_where_the_case_was_when_it_was_made,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let (nurse, other, to) = two_centers(&town).await;
        let form = nurse.person_form(case).await.unwrap().unwrap();
        let typed = TypedCase {
            onset_on: "2026-11-17".to_owned(),
            ..form.typed
        };
        let done = nurse.correct_person(case, &typed, "remembered", form.version);
        assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
        town.minutes(1);
        crate::transfers::moves(&nurse, &other, case, to).await;
        let (day, onset_on) = (date(2026, 11, 24), date(2026, 11, 17));
        let corrected = Why::Onset {
            from: Some(date(2026, 11, 18)),
            to: Some(onset_on),
        };
        let left = figures(&nurse).await.corrected;
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(left.contains(&(day, corrected, 1)));
        assert!(left.contains(&(day, moved(false, onset_on), 1)));
        let came = figures(&other).await.corrected;
        assert_eq!(came, [(day, moved(true, onset_on), 1)]);
        // What is corrected from then on is told there.
        town.minutes(1);
        let form = other.person_form(case).await.unwrap().unwrap();
        let typed = TypedCase {
            onset_on: "2026-11-16".to_owned(),
            ..form.typed
        };
        let done = other.correct_person(case, &typed, "remembered better", form.version);
        assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
        assert_eq!(figures(&other).await.corrected.len(), 2);
        let left = figures(&nurse).await.corrected;
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(left.contains(&(day, corrected, 1)));
    }
);
