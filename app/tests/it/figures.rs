//! Counts per day come from confirmed cases, and say why they differ from what somebody wrote down earlier.

use crate::merges::{again, merges};
use crate::reports::family;
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::correction::CorrectPerson;
use app::figures::{Ask, Asked, Figure, Figures, PlaceLine, Why};
use app::jurisdiction::{AddPlace, Place};
use domain::ids::HealthCenterId;
use domain::staff_role::{JurisdictionKind, StaffRole};
use jiff::civil::date;

async fn figures(desk: &StaffDesk) -> Figures {
    match desk.figures(&Asked::default()).await.unwrap() {
        Ask::Figures(figures) => *figures,
        _ => panic!("no figures"),
    }
}

async fn analyst(town: &Town) -> StaffDesk {
    let places = town.app.system_desk().places().await.unwrap();
    town.hires("analyst@ministry.example", StaffRole::Analyst, places[0].id)
        .await
}

fn on(figures: &Figures, day: jiff::civil::Date) -> (Figure, Figure) {
    let found = figures.days.iter().find(|(d, _, _)| *d == day).unwrap();
    (found.1, found.2)
}

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
    };
    assert_eq!(after.corrected.len(), 2);
    assert!(after.corrected.contains(&(day, moved, 1)));
    assert!(after.corrected.contains(&(day, once, 1)));
    // Whoever sees no persons sees no line about one.
    let few = figures(&analyst(&town).await).await;
    assert!(few.corrected.is_empty());
    assert_eq!(few.corrections, Figure::Few);
});

/// So many people of a center.
async fn people(town: &Town, place: &Place, many: u32, first: u32) {
    let mut file = "name,name_kana,name_latin,birthdate,phone,language,diagnosed_on,onset_on,entered_japan_on,\
                    passport_number,hersys_id\n"
        .to_owned();
    for at in first..first + many {
        file += &format!("見本 {at},,,1950-01-02,0901234{at:04},ja,2026-11-20,,,,\n");
    }
    let center = HealthCenterId::from_uuid(place.id.uuid());
    let desk = town.app.system_desk();
    let imported = desk.import(file.as_bytes(), center).await.unwrap();
    assert!(imported.is_ok());
}

story!(
    each_prefecture_has_its_line_and_no_sum_tells_a_small_count,
    town,
    {
        let system = town.app.system_desk();
        let tree = system.places().await.unwrap();
        let east = tree
            .iter()
            .find(|place| place.kind == JurisdictionKind::Prefecture)
            .unwrap();
        let AddPlace::Added(west) = system
            .add_place(&tree[0], JurisdictionKind::Prefecture, "West")
            .await
            .unwrap()
        else {
            panic!("not added");
        };
        let mut centers = Vec::new();
        for (above, name) in [(east, "E1"), (&west, "W1"), (&west, "W2"), (&west, "W3")] {
            let added = system.add_place(above, JurisdictionKind::HealthCenter, name);
            let AddPlace::Added(center) = added.await.unwrap() else {
                panic!("not added");
            };
            centers.push(center);
        }
        for (center, many, first) in [(0, 9, 0), (1, 3, 100), (2, 11, 200), (3, 7, 300)] {
            people(&town, &centers[center], many, first).await;
        }
        let analyst = analyst(&town).await;
        let told = |lines: &[PlaceLine]| -> Vec<(String, Figure)> {
            let each = lines.iter().map(|line| (line.name.clone(), line.new_cases));
            each.collect()
        };
        let seen = figures(&analyst).await;
        assert_eq!(seen.new_cases, Figure::Exact(30));
        assert_eq!(
            told(&seen.prefectures),
            [
                (east.name.clone(), Figure::Exact(9)),
                ("West".to_owned(), Figure::Exact(21))
            ]
        );
        // 21 less 11 and 7 would tell the 3: with it, the 7 is not told.
        let west_lines = [
            ("W1".to_owned(), Figure::Few),
            ("W2".to_owned(), Figure::Exact(11)),
            ("W3".to_owned(), Figure::Few),
        ];
        assert_eq!(told(&seen.centers)[1..], west_lines);
        // Nor does its own page tell it, neither as a sum nor by adding up.
        let of = async |desk: &StaffDesk, place: &Place| {
            let asked = Asked {
                place: place.id.to_string(),
                ..Asked::default()
            };
            match desk.figures(&asked).await.unwrap() {
                Ask::Figures(figures) => *figures,
                _ => panic!("no figures"),
            }
        };
        let third = of(&analyst, &centers[3]).await;
        assert_eq!(third.new_cases, Figure::Few);
        assert_eq!(on(&third, date(2026, 11, 23)).1, Figure::Few);
        assert!(third.ages.iter().all(|(_, n)| *n != Figure::Exact(7)));
        assert_eq!(told(&of(&analyst, &west).await.centers), west_lines);
        let second = of(&analyst, &centers[2]).await;
        assert_eq!(second.new_cases, Figure::Exact(11));
        // Whoever may see the persons sees every count.
        let officer = town
            .hires("o@west.example", StaffRole::PrefectureOfficer, west.id)
            .await;
        let whole = figures(&officer).await;
        assert!(whole.prefectures.is_empty());
        assert_eq!(told(&whole.centers)[2].1, Figure::Exact(7));
    }
);
