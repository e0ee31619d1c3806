//! Whom the preview of a rule looks at.

use super::{saves, text_today, typed};
use crate::reports::{family, sends};
use crate::story;
use app::StaffDesk;
use app::programme::PROGRAMME;
use app::rules::preview::Preview;
use domain::rules::RuleKind;
use domain::staff_role::{JurisdictionKind, StaffRole};

story!(a_preview_looks_at_those_whom_the_rule_will_judge, town, {
    let kind = RuleKind::Course;
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "36.8", "98").await;
    let nurse = town.nurse().await;
    let tree = town.app.system_desk().places().await.unwrap();
    let above = tree.iter().find(|p| p.kind == JurisdictionKind::Prefecture);
    let officer = town
        .hires(
            "o@pref.example",
            StaffRole::PrefectureOfficer,
            above.unwrap().id,
        )
        .await;
    let old = text_today(&nurse, kind).await;
    let with = |number: &str| {
        let text = old.replacen("at_or_below = 95", &format!("at_or_below = {number}"), 1);
        typed(&text, "2026-11-23")
    };
    let looks = async |desk: &StaffDesk| {
        let looked = desk.preview_rule(kind, &with("97")).await.unwrap();
        let Ok((_, Preview::Course { looked_at, .. })) = looked else {
            panic!("no preview");
        };
        looked_at
    };
    assert_eq!((looks(&officer).await, looks(&nurse).await), (1, 1));
    // The center has its own: the prefecture's will not hold there.
    saves(&nurse, kind, &with("96")).await;
    assert_eq!((looks(&officer).await, looks(&nurse).await), (0, 1));
    // Nobody of another disease takes the room.
    let center = nurse.health_center().await.unwrap().id;
    let database = town.database().await;
    for (programme, found) in [(PROGRAMME, 1), ("measles", 0)] {
        let some = database
            .read(move |tx| storage::monitoring::reporting(tx, center, programme, 1))
            .await;
        assert_eq!(some.unwrap().len(), found, "{programme}");
    }
});
