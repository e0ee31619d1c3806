//! Rules that are taken back: by whoever sets those of a place, and by the operator.

use super::{only_look, saves, text_today, typed};
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::programme::PROGRAMME;
use app::rules::{EndRule, Loading, Withdraw};
use app::staff::NewStaff;
use domain::rules::{Origin, RuleKind, dated};
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 23);
const TOMORROW: Date = date(2026, 11, 24);

story!(
    what_is_pressed_after_midnight_does_not_end_the_older_rule_unread,
    town,
    {
        let nurse = town.nurse().await;
        let kind = RuleKind::Course;
        let old = text_today(&nurse, kind).await;
        let with = |number: &str, day: &str| {
            let text = old.replacen("at_or_below = 95", &format!("at_or_below = {number}"), 1);
            typed(&text, day)
        };
        saves(&nurse, kind, &with("96", "2026-11-23")).await;
        saves(&nurse, kind, &with("97", "2026-11-24")).await;
        let lines = nurse.rules(PROGRAMME).await.unwrap().remove(1).lines;
        let planned = lines.iter().find(|line| line.is_planned).unwrap().id;
        let planned = planned.unwrap();
        // The page said that it never holds then; it holds since midnight.
        town.days(1);
        let nurse = town.nurse().await;
        let pressed = nurse.withdraw_rule(planned, "Too early", Some(true)).await;
        assert_eq!(pressed.unwrap(), Withdraw::Otherwise);
        assert!(text_today(&nurse, kind).await.contains("at_or_below = 97"));
        // Read again, it is meant.
        let pressed = nurse.withdraw_rule(planned, "Too early", Some(false)).await;
        assert_eq!(pressed.unwrap(), Withdraw::Done);
        assert_eq!(text_today(&nurse, kind).await, old);
    }
);

/// Loads a course of which one number is another one, for all or for the center.
async fn loads(town: &Town, for_all: bool, number: &str, day: Date) {
    let nurse = town.nurse().await;
    let shipped = domain::rules::shipped(RuleKind::Course).pop().unwrap().text;
    let text = shipped.replacen("at_or_below = 95", &format!("at_or_below = {number}"), 1);
    let text = dated(RuleKind::Course, &text, day).unwrap();
    let place = NewStaff::place_of(nurse.health_center().await.unwrap().id);
    let whose = (Some(place).filter(|_| !for_all), "Order");
    let desk = town.app.system_desk();
    let loaded = desk.load_rules(&text, whose, Loading::default()).await;
    assert_eq!(loaded.unwrap().unwrap().new, [day]);
    town.minutes(1);
}

async fn holds(nurse: &StaffDesk, day: Date) -> (Origin, Date) {
    let holds = nurse.rule_on(RuleKind::Course, PROGRAMME, day).await;
    let mark = holds.unwrap().unwrap().mark;
    (mark.origin, mark.valid_from)
}

story!(the_operator_takes_back_what_was_loaded, town, {
    let (nurse, desk) = (town.nurse().await, town.app.system_desk());
    let place = NewStaff::place_of(nurse.health_center().await.unwrap().id);
    let course = EndRule {
        kind: RuleKind::Course,
        programme: PROGRAMME.to_owned(),
        place: None,
        from: None,
    };
    let told = desk.end_rule(&course, "A slip", false).await.unwrap();
    assert!(told.unwrap_err().contains("no rule of its own"));
    let shipped = holds(&nurse, TODAY).await;
    loads(&town, true, "96", TODAY).await;
    loads(&town, true, "97", TOMORROW).await;
    loads(&town, true, "98", TOMORROW).await;
    loads(&town, false, "99", TODAY).await;

    // What is planned never holds, whichever was set for that day.
    let planned = EndRule {
        from: Some(TOMORROW),
        ..course.clone()
    };
    let told = desk.end_rule(&planned, " ", false).await.unwrap();
    assert!(told.unwrap_err().contains("--why"));
    let lines = desk.rule_list().await.unwrap().len();
    for only_looks in [true, false] {
        let ended = desk.end_rule(&planned, "A slip", only_looks).await;
        let ended = ended.unwrap().unwrap();
        assert!(ended.was_planned && ended.planned.is_empty());
        let then = ended.then.unwrap();
        assert_eq!((then.origin, then.valid_from), (Origin::Operator, TODAY));
    }
    assert_eq!(desk.rule_list().await.unwrap().len(), lines);
    assert_eq!(holds(&nurse, TOMORROW).await, (Origin::Center, TODAY));

    // The center's own ends, and then what holds for all.
    let of_center = EndRule {
        place: Some(place),
        ..course.clone()
    };
    let ended = desk.end_rule(&of_center, "A slip", false).await.unwrap();
    assert!(!ended.unwrap().was_planned);
    assert_eq!(holds(&nurse, TOMORROW).await, (Origin::Operator, TODAY));
    town.minutes(1);
    let ended = desk.end_rule(&course, "A slip", false).await.unwrap();
    let then = ended.unwrap().then.unwrap();
    assert_eq!((then.origin, then.valid_from), shipped);
    assert_eq!(holds(&nurse, TODAY).await, shipped);
    assert_eq!(holds(&nurse, TOMORROW).await, shipped);
    let ends = desk.rule_list().await.unwrap();
    assert_eq!(ends.iter().filter(|one| one.is_end).count(), 2);

    // Nor does a folder that has it still bring it back.
    let text = domain::rules::shipped(RuleKind::Course).pop().unwrap().text;
    let text = text.replacen("at_or_below = 95", "at_or_below = 96", 1);
    let text = dated(RuleKind::Course, &text, TODAY).unwrap();
    let begun = desk.begin_with_rules(&text).await.unwrap().unwrap();
    assert_eq!(begun.stood, 1);
    assert_eq!(holds(&nurse, TODAY).await, shipped);
    // Loaded as a change, it is meant.
    let loaded = desk.load_rules(&text, (None, "Order"), only_look()).await;
    assert_eq!(loaded.unwrap().unwrap().new, [TODAY]);
});
