//! Counts per day come from confirmed cases, and say why they differ from what somebody wrote down earlier.

use crate::merges::{again, merges};
use crate::reports::family;
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::correction::CorrectPerson;
use app::figures::{Ask, Asked, Figure, Figures, Why};
use domain::staff_role::StaffRole;
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
