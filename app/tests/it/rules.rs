//! Rules change from the console with a day from which they hold; what was decided before stays decided.

use crate::reports::{family, sends};
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::jurisdiction::AddPlace;
use app::programme::PROGRAMME;
use app::release::TypedRelease;
use app::rules::preview::Preview;
use app::rules::{ChangeRule, Loading, Told, Typed, Withdraw};
use domain::questionnaire::Silenced;
use domain::rules::{Origin, RuleKind, apply, shipped};
use domain::staff_role::{JurisdictionKind, StaffRole};
use domain::urgency::Level;
use jiff::civil::date;

/// Only told what would be new.
fn only_look() -> Loading {
    Loading {
        only_look: true,
        ..Loading::default()
    }
}

async fn text_today(desk: &StaffDesk, kind: RuleKind) -> String {
    let today = desk.rules_today().await.unwrap();
    let holds = desk.rule_on(kind, PROGRAMME, today).await.unwrap().unwrap();
    holds.file.text.clone()
}

fn typed(text: &str, day: &str) -> Typed {
    Typed {
        silences: String::new(),
        programme: PROGRAMME.to_owned(),
        text: text.to_owned(),
        valid_from: day.to_owned(),
        why: "A letter of the ministry".to_owned(),
    }
}

async fn saves(desk: &StaffDesk, kind: RuleKind, typed: &Typed) {
    match desk.change_rule(kind, typed).await.unwrap() {
        ChangeRule::Saved => {}
        ChangeRule::Problems(problems) => panic!("{problems:?}"),
        ChangeRule::Same(day) => panic!("the same from {day} on"),
    }
}

/// Somebody who may change the rules of another center of the same prefecture.
async fn other_center(town: &Town) -> StaffDesk {
    let desk = town.app.system_desk();
    let tree = desk.places().await.unwrap();
    let prefecture = tree
        .iter()
        .find(|p| p.kind == JurisdictionKind::Prefecture)
        .unwrap();
    let added = desk
        .add_place(prefecture, JurisdictionKind::HealthCenter, "Shiba")
        .await
        .unwrap();
    let AddPlace::Added(place) = added else {
        panic!("{added:?}");
    };
    town.hires("other@center.example", StaffRole::Administrator, place.id)
        .await
}

story!(
    a_rule_for_tomorrow_judges_tomorrows_report_and_leaves_todays,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let urgency = async |nurse: &StaffDesk| {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            (
                following.monitoring.urgency,
                following.monitoring.judged_by.unwrap(),
            )
        };
        // 38.5 alone is to be watched; the new questionnaire finds it alarming.
        sends(&desk, case, "38.5", "98").await;
        let (before, by) = urgency(&nurse).await;
        assert_eq!(by.course.origin, Origin::Shipped);
        let old = text_today(&nurse, RuleKind::Questionnaire).await;
        let new = old.replacen(
            "thresholds = [",
            "thresholds = [{ at_or_above = 384, level = \"emergency\" },",
            1,
        );
        assert_ne!(old, new);
        let change = typed(&new, "2026-11-24");
        match nurse
            .preview_rule(RuleKind::Questionnaire, &change)
            .await
            .unwrap()
        {
            Ok((_, Preview::Questionnaire { samples, .. })) => assert!(
                samples
                    .iter()
                    .any(|s| s.after == Level::Emergency && s.before < Some(Level::Emergency))
            ),
            _ => panic!("no preview"),
        }
        saves(&nurse, RuleKind::Questionnaire, &change).await;
        // Today nothing is different.
        sends(&desk, case, "38.5", "98").await;
        assert_eq!(urgency(&nurse).await.0, before);
        town.days(1);
        let nurse = town.nurse().await;
        sends(&desk, case, "38.5", "98").await;
        let (after, by) = urgency(&nurse).await;
        assert_eq!(after, Level::Emergency);
        assert_eq!(by.questionnaire, date(2026, 11, 24));
        // What was sent yesterday says what it said.
        let report = nurse.open_case(case).await.unwrap().unwrap().reports;
        assert_eq!(report[0].level, Level::Emergency);
        assert!(report[1].level < Level::Emergency);
        // Nobody else is touched, and what is kept after a restart is the same.
        let other = other_center(&town).await;
        assert_eq!(text_today(&other, RuleKind::Questionnaire).await, old);
        town.restart().await;
        let nurse = town.nurse().await;
        let state = nurse.rules(PROGRAMME).await.unwrap().remove(0);
        let today = state.today.unwrap();
        assert_eq!(today.mark.origin, Origin::Center);
        assert_eq!(state.lines[0].why, "A letter of the ministry");
        assert!(state.lines[0].holds_today);
        assert_eq!(
            state.lines[0].set.as_ref().unwrap().0.as_deref(),
            Some("Nurse")
        );
    }
);

story!(
    a_file_that_is_broken_or_of_the_past_changes_nothing_and_says_why,
    town,
    {
        let nurse = town.nurse().await;
        let kind = RuleKind::Course;
        let old = text_today(&nurse, kind).await;
        let wrong = |problems: ChangeRule| match problems {
            ChangeRule::Problems(problems) => problems,
            ChangeRule::Saved | ChangeRule::Same(_) => panic!("saved"),
        };
        let broken = old.replacen("at_or_below = 95", "at_or_below = ninety", 1);
        let problems = wrong(
            nurse
                .change_rule(kind, &typed(&broken, "2026-11-24"))
                .await
                .unwrap(),
        );
        assert_eq!(problems[0].0, "text");
        assert!(problems[0].1.to_string().contains("line "), "{problems:?}");
        let problems = wrong(
            nurse
                .change_rule(kind, &typed(&old, "2026-11-22"))
                .await
                .unwrap(),
        );
        assert_eq!(problems[0].0, "valid_from");
        let other = old.replacen("at_or_below = 95", "at_or_below = 94", 1);
        let no_reason = Typed {
            why: " ".to_owned(),
            ..typed(&other, "2026-11-23")
        };
        let problems = wrong(nurse.change_rule(kind, &no_reason).await.unwrap());
        assert_eq!(problems[0].0, "why");
        // What holds already is not set again, whatever its day and its reason.
        let same = typed(&old, "2026-11-24");
        let done = nurse.change_rule(kind, &same).await.unwrap();
        assert!(matches!(done, ChangeRule::Same(day) if day == date(2026, 11, 24)));
        assert_eq!(text_today(&nurse, kind).await, old);
        let desk = town.app.system_desk();
        let told = desk
            .load_rules(&broken, (None, ""), Loading::default())
            .await
            .unwrap();
        assert!(told.unwrap_err().contains("line "));
        assert!(desk.rule_list().await.unwrap().is_empty());
    }
);

story!(a_decision_keeps_the_rule_that_it_was_made_by, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let kind = RuleKind::Isolation;
    let old = text_today(&nurse, kind).await;
    let fields = [
        ("symptomatic.days".to_owned(), "5".to_owned()),
        ("source".to_owned(), "Sample order".to_owned()),
    ];
    let new = apply(kind, &old, &fields).unwrap();
    let change = typed(&new, "2026-11-25");
    let Ok((_, Preview::Isolation(samples))) = nurse.preview_rule(kind, &change).await.unwrap()
    else {
        panic!("no preview");
    };
    assert!(samples[0].after.0 < samples[0].before.unwrap().0);
    saves(&nurse, kind, &change).await;
    let review = async |nurse: &StaffDesk| {
        let (review, _) = nurse
            .release_review(case, &TypedRelease::default())
            .await
            .unwrap()
            .unwrap();
        review.calculation.unwrap()
    };
    let before = review(&nurse).await;
    assert_eq!(before.rule_origin, Some(Origin::Shipped));
    let version = nurse
        .following_of(case)
        .await
        .unwrap()
        .unwrap()
        .monitoring
        .version;
    let release = TypedRelease {
        reason: "Asked for".to_owned(),
        version,
        ..TypedRelease::default()
    };
    nurse.release(case, &release).await.unwrap();
    town.days(2);
    let nurse = town.nurse().await;
    let after = review(&nurse).await;
    assert_eq!(after.rule_valid_from, date(2026, 11, 25));
    assert_eq!(after.rule_origin, Some(Origin::Center));
    assert_eq!(after.rule_source, "Sample order");
    let kept = nurse.following_of(case).await.unwrap().unwrap().corrections;
    assert!(
        kept.iter()
            .flat_map(|line| &line.after)
            .any(|(name, said)| name == "calculation" && said.expose() == "2022-09-07")
    );
});

story!(a_plan_can_be_taken_back_and_a_rule_ended, town, {
    let nurse = town.nurse().await;
    let kind = RuleKind::Course;
    let old = text_today(&nurse, kind).await;
    let new = old.replacen("at_or_below = 95", "at_or_below = 93", 1);
    saves(&nurse, kind, &typed(&new, "2026-11-23")).await;
    let later = old.replacen("at_or_below = 95", "at_or_below = 90", 1);
    saves(&nurse, kind, &typed(&later, "2026-11-24")).await;
    let lines = nurse.rules(PROGRAMME).await.unwrap().remove(1).lines;
    let planned = lines.iter().find(|l| l.is_planned).unwrap().id.unwrap();
    assert_eq!(
        nurse.withdraw_rule(planned, "").await.unwrap(),
        Withdraw::NoReason
    );
    assert_eq!(
        nurse.withdraw_rule(planned, "Too early").await.unwrap(),
        Withdraw::Done
    );
    assert_eq!(
        nurse.withdraw_rule(planned, "Again").await.unwrap(),
        Withdraw::NoSuchRule
    );
    other_center(&town).await;
    town.days(1);
    let (nurse, other) = (town.nurse().await, town.staff("other@center.example").await);
    assert!(text_today(&nurse, kind).await.contains("at_or_below = 93"));
    let lines = nurse.rules(PROGRAMME).await.unwrap().remove(1).lines;
    assert!(
        lines
            .iter()
            .any(|l| l.id == Some(planned) && l.is_withdrawn)
    );
    let holds = lines.iter().find(|l| l.holds_today).unwrap().id.unwrap();
    assert_eq!(
        other.withdraw_rule(holds, "Not mine").await.unwrap(),
        Withdraw::NoSuchRule
    );
    nurse.withdraw_rule(holds, "As all others").await.unwrap();
    assert_eq!(text_today(&nurse, kind).await, old);
    // What held yesterday held.
    let yesterday = nurse
        .rule_on(kind, PROGRAMME, date(2026, 11, 23))
        .await
        .unwrap()
        .unwrap();
    assert!(yesterday.file.text.contains("at_or_below = 93"));
});

story!(
    the_operators_files_hold_for_all_and_other_processes_hear_of_them,
    town,
    {
        let nurse = town.nurse().await;
        let old = text_today(&nurse, RuleKind::Notification).await;
        let desk = town.app.system_desk();
        let shipped = include_str!("../../../programmes/notification-covid-19.toml");
        let same = desk
            .load_rules(shipped, (None, ""), Loading::default())
            .await
            .unwrap()
            .unwrap();
        assert!(same.new.is_empty() && same.stood > 1);
        let new = domain::rules::dated(RuleKind::Notification, &old, date(2026, 11, 23)).unwrap();
        let looked = desk
            .load_rules(&new, (None, "Order"), only_look())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(looked.new, [date(2026, 11, 23)]);
        assert!(desk.rule_list().await.unwrap().is_empty());
        let elsewhere = town.app.clone();
        town.restart().await;
        let loaded = town
            .app
            .system_desk()
            .load_rules(&new, (None, "Order"), Loading::default())
            .await;
        assert_eq!(loaded.unwrap().unwrap().new.len(), 1);
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        // The process that was there before.
        let ours = std::mem::replace(&mut town.app, elsewhere);
        let nurse = town.nurse().await;
        let holds = nurse
            .rule_on(RuleKind::Notification, PROGRAMME, date(2026, 11, 23))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(holds.mark.origin, Origin::Operator);
        assert_eq!(holds.mark.valid_from, date(2026, 11, 23));
        town.app = ours;
    }
);

story!(a_shorter_silence_is_seen_before_it_holds, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "36.5", "98").await;
    // The timer looks every ten seconds; here, when it is asked.
    let watch = async || town.app.system_desk().watch_silence().await.unwrap();
    watch().await;
    town.minutes(11 * 60);
    let nurse = town.nurse().await;
    let kind = RuleKind::Course;
    let fields = ["silence.hours", "silence.at_risk_hours"];
    let fields = fields.map(|name| (name.to_owned(), "10".to_owned()));
    let new = apply(kind, &text_today(&nurse, kind).await, &fields).unwrap();
    let change = typed(&new, "2026-11-24");
    let Ok((_, Preview::Course { moves, .. })) = nurse.preview_rule(kind, &change).await.unwrap()
    else {
        panic!("no preview");
    };
    assert_eq!(moves, [(Level::Calm, Level::Watch, 1)]);
    saves(&nurse, kind, &change).await;
    town.minutes(13 * 60);
    let level = async || {
        let following = nurse.following_of(case).await.unwrap().unwrap();
        following.monitoring.urgency
    };
    watch().await;
    assert_eq!(level().await, Level::Calm, "yesterday's wait");
    sends(&desk, case, "36.5", "98").await;
    town.minutes(10 * 60);
    watch().await;
    assert_eq!(level().await, Level::Watch);
    // Without a word on silence in the rule of the place, nobody becomes urgent by it.
    let old = shipped(kind).remove(0).text;
    saves(&nurse, kind, &typed(&old, "2026-11-25")).await;
    town.days(1);
    sends(&desk, case, "36.5", "98").await;
    town.days(3);
    watch().await;
    assert_eq!(level().await, Level::Calm);
});

story!(a_loaded_file_needs_what_the_console_asks_for, town, {
    let nurse = town.nurse().await;
    let old = text_today(&nurse, RuleKind::Notification).await;
    let desk = town.app.system_desk();
    let past = domain::rules::dated(RuleKind::Notification, &old, date(2026, 11, 1)).unwrap();
    let ahead = domain::rules::dated(RuleKind::Notification, &old, date(2026, 11, 25)).unwrap();
    for only_look in [true, false] {
        let told = desk
            .load_rules(
                &past,
                (None, "Order"),
                Loading {
                    only_look,
                    ..Loading::default()
                },
            )
            .await;
        let told = told.unwrap().unwrap_err();
        assert!(told.contains("2026-11-01 is past"), "{told}");
        let told = desk
            .load_rules(
                &ahead,
                (None, " "),
                Loading {
                    only_look,
                    ..Loading::default()
                },
            )
            .await;
        match told.unwrap() {
            // Looking asks for no reason.
            Ok(loaded) => assert!(only_look && loaded.new == [date(2026, 11, 25)]),
            Err(told) => assert!(!only_look && told.contains("--why"), "{told}"),
        }
    }
    assert!(desk.rule_list().await.unwrap().is_empty());
    let loaded = desk
        .load_rules(&ahead, (None, "Order"), Loading::default())
        .await;
    assert_eq!(loaded.unwrap().unwrap().new, [date(2026, 11, 25)]);
    // What an installation brings along at its start may hold since long ago.
    let begun = desk.begin_with_rules(&past).await.unwrap().unwrap();
    assert_eq!(begun.new, [date(2026, 11, 1)]);
});
story!(
    a_threshold_that_would_silence_everybody_is_refused_or_asked_back,
    town,
    {
        let nurse = town.nurse().await;
        let kind = RuleKind::Questionnaire;
        let old = text_today(&nurse, kind).await;
        let change = |from: &str, to: &str| {
            assert!(old.contains(from), "{from}");
            typed(&old.replace(from, to), "2026-11-24")
        };
        let problems = async |typed: &Typed| match nurse.change_rule(kind, typed).await.unwrap() {
            ChangeRule::Problems(problems) => problems,
            ChangeRule::Saved | ChangeRule::Same(_) => panic!("saved"),
        };
        // 400.0 degrees is nobody's temperature.
        let slip = change("at_or_above = 400,", "at_or_above = 4000,");
        let told = problems(&slip).await;
        assert!(matches!(&told[..], [("text", Told::Unreachable(one))] if one.value == 4000));
        // 41.0 may be meant: it is said in words what does not alarm any more, and the preview shows it.
        let rarer = change("at_or_above = 400,", "at_or_above = 410,");
        let silenced = vec![Silenced::Temperature(400, 409)];
        assert_eq!(
            problems(&rarer).await,
            [("silences", Told::Silenced(silenced.clone()))]
        );
        let Ok((
            _,
            Preview::Questionnaire {
                samples,
                silenced: told,
                ..
            },
        )) = nurse.preview_rule(kind, &rarer).await.unwrap()
        else {
            panic!("no preview");
        };
        assert_eq!(told, silenced);
        for alone in [(400, 98), (365, 92)] {
            let shown = samples.iter().find(|one| one.measured == Some(alone));
            let differs = shown.is_some_and(|one| one.before != Some(one.after));
            assert_eq!(differs, alone.0 == 400, "{alone:?}");
            assert!(shown.is_some());
        }
        let meant = Typed {
            silences: domain::questionnaire::mark(&silenced),
            ..rarer
        };
        saves(&nurse, kind, &meant).await;
        // What the release alarms on is asked about again, whatever holds.
        let later = meant
            .text
            .replace("at_or_above = 410,", "at_or_above = 411,");
        let still = typed(&later, "2026-11-25");
        assert!(matches!(&problems(&still).await[..], [("silences", _)]));
    }
);

story!(
    a_file_that_would_silence_an_alarm_is_loaded_where_that_is_meant,
    town,
    {
        let nurse = town.nurse().await;
        let old = text_today(&nurse, RuleKind::Questionnaire).await;
        let rarer = old.replace("at_or_above = 400,", "at_or_above = 410,");
        let day = date(2026, 11, 24);
        let rarer = domain::rules::dated(RuleKind::Questionnaire, &rarer, day).unwrap();
        let desk = town.app.system_desk();
        let loads = async |how: Loading| {
            let loaded = desk.load_rules(&rarer, (None, "Order"), how).await;
            loaded.unwrap()
        };
        for how in [Loading::default(), only_look()] {
            let told = loads(how).await.unwrap_err();
            let words = i18n::words(domain::language::Language::En);
            assert!(told.contains(&words.say("rule-silenced")), "{told}");
            assert!(told.contains("40.0 to 40.9"), "{told}");
            assert!(told.contains("--silences"), "{told}");
        }
        assert!(desk.rule_list().await.unwrap().is_empty());
        let meant = Loading {
            silences: true,
            ..Loading::default()
        };
        assert_eq!(loads(meant).await.unwrap().new, [day]);
        // What an installation brings along at its start is not asked about.
        let begun = desk.begin_with_rules(&rarer).await.unwrap();
        assert_eq!(begun.unwrap().stood, 1);
    }
);

story!(
    a_timer_without_visitors_judges_by_what_another_process_has_set,
    town,
    {
        let leader = town.another_process().await.system_desk();
        let origin = || {
            let holds = leader.rule_for_all(RuleKind::Course, PROGRAMME);
            holds.unwrap().mark.origin
        };
        let old = text_today(&town.nurse().await, RuleKind::Course).await;
        let new = domain::rules::dated(RuleKind::Course, &old, date(2026, 11, 24)).unwrap();
        let loaded = town
            .app
            .system_desk()
            .load_rules(&new, (None, "Order"), Loading::default())
            .await;
        assert_eq!(loaded.unwrap().unwrap().new, [date(2026, 11, 24)]);
        town.days(1);
        assert_eq!(origin(), Origin::Shipped);
        // It asks once a second.
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        leader.know_rules().await.unwrap();
        assert_eq!(origin(), Origin::Operator);
    }
);

story!(
    a_place_instead_of_another_one_is_noticed_by_other_processes,
    town,
    {
        use storage::jurisdiction::{self as places, JurisdictionRow};
        let place = |name: &str| {
            let id = domain::ids::JurisdictionId::from_uuid(uuid::Uuid::now_v7());
            JurisdictionRow {
                id,
                parent: None,
                kind: "prefecture".to_owned(),
                name: name.to_owned(),
                path: places::path_below(None, id),
            }
        };
        let (first, second, now) = (place("First"), place("Second"), town.clock.now());
        let database = town.database().await;
        let (before, after) = database
            .write(move |tx| {
                places::insert(tx, &first, now)?;
                let before = storage::rules::version(tx)?;
                places::remove(tx, first.id)?;
                places::insert(tx, &second, now + jiff::SignedDuration::from_secs(1))?;
                Ok((before, storage::rules::version(tx)?))
            })
            .await
            .unwrap();
        assert_ne!(before, after);
    }
);
