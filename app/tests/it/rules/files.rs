//! Rules that come in files, from the console and from the operator.

use super::{only_look, saves, text_today, typed};
use crate::story;
use app::jurisdiction::AddPlace;
use app::programme::PROGRAMME;
use app::rules::preview::Preview;
use app::rules::{ChangeRule, Loading, Told, Typed, Withdraw};
use app::staff::NewStaff;
use domain::course::Quieter;
use domain::language::Language;
use domain::questionnaire::Silenced;
use domain::rules::{Origin, RuleKind};
use domain::staff_role::JurisdictionKind;
use i18n::words;
use jiff::civil::date;

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

story!(
    the_operators_files_hold_for_all_and_other_processes_hear_of_them,
    town,
    {
        let nurse = town.nurse().await;
        let old = text_today(&nurse, RuleKind::Notification).await;
        let desk = town.app.system_desk();
        let shipped = include_str!("../../../../programmes/notification-covid-19.toml");
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
    a_course_that_makes_fewer_people_urgent_is_refused_or_asked_back,
    town,
    {
        let nurse = town.nurse().await;
        let kind = RuleKind::Course;
        let old = text_today(&nurse, kind).await;
        let change = |from: &str, to: &str| {
            assert!(old.contains(from), "{from}");
            typed(&old.replacen(from, to, 1), "2026-11-24")
        };
        let problems = async |typed: &Typed| match nurse.change_rule(kind, typed).await.unwrap() {
            ChangeRule::Problems(problems) => problems,
            ChangeRule::Saved | ChangeRule::Same(_) => panic!("saved"),
        };
        // No number of a day, and nobody's condition.
        let table = [
            ("days = 4\n", "days = 40\n", "fever_lasting.days"),
            ("\"pregnancy\"", "\"pregnant\"", "pregnant"),
        ];
        let desk = town.app.system_desk();
        for (from, to, named) in table {
            let slip = change(from, to);
            let told = problems(&slip).await;
            assert!(
                matches!(&told[..], [("text", Told::File(error))] if error.to_string().contains(named))
            );
            // Nor in a file that an installation brings along.
            let brought = slip.text.replacen("2026-11-01", "2026-11-24", 1);
            let begun = desk.begin_with_rules(&brought);
            assert!(begun.await.unwrap().unwrap_err().contains(named));
        }
        // Later than until now may be meant: it is said in words what that does, and the preview shows it.
        let later = change("within_hours = 72", "within_hours = 24");
        let less = Silenced::Course(Quieter::Number {
            field: "spo2_falling.within_hours",
            from: 72,
            to: Some(24),
        });
        let asked = [("silences", Told::Silenced(vec![less.clone()]))];
        assert_eq!(problems(&later).await, asked);
        let looked = nurse.preview_rule(kind, &later).await.unwrap();
        let Ok((_, Preview::Course { silenced, .. })) = looked else {
            panic!("no preview");
        };
        assert_eq!(silenced, std::slice::from_ref(&less));
        let said = nurse.silenced_words(words(Language::En), PROGRAMME, &less);
        assert_eq!(said, "Falling SpO2: within 24 hours instead of 72 hours");
        let dated = domain::rules::dated(kind, &later.text, date(2026, 11, 24)).unwrap();
        let loaded = desk.load_rules(&dated, (None, "Order"), Loading::default());
        let told = loaded.await.unwrap().unwrap_err();
        assert!(
            told.contains(&said) && told.contains("--silences"),
            "{told}"
        );
        let meant = Typed {
            silences: domain::questionnaire::mark(&silenced),
            ..later
        };
        saves(&nurse, kind, &meant).await;
    }
);

story!(
    a_rule_of_ones_own_says_what_the_release_has_beside_it,
    town,
    {
        let (nurse, kind) = (town.nurse().await, RuleKind::Course);
        let less = async || {
            let states = nurse.rules(PROGRAMME).await.unwrap();
            let mut of_kind = states.into_iter().filter(|state| state.kind == kind);
            of_kind.next().unwrap().less_than_release
        };
        let database = town.database().await;
        let today = date(2026, 11, 23);
        let counted = async || {
            app::rules::less_than_release(&database, today)
                .await
                .unwrap()
        };
        assert_eq!((less().await, counted().await), (None, 0));
        // It was copied before the release had anything on silence and on babies.
        let copied = typed(&domain::rules::shipped(kind).remove(0).text, "2026-11-23");
        let file = nurse.look_at_rule(kind, &copied).await.unwrap().unwrap();
        let silenced = nurse.silenced_by(&file).await.unwrap();
        let meant = Typed {
            silences: domain::questionnaire::mark(&silenced),
            ..copied
        };
        saves(&nurse, kind, &meant).await;
        let parts = ["infant", "silence"].map(|part| Silenced::Course(Quieter::Part(part)));
        let told = Some((date(2026, 11, 1), parts.to_vec()));
        assert_eq!((less().await, counted().await), (told, 1));
        // One that alarms on more has nothing less.
        town.minutes(1);
        let more = domain::rules::shipped(kind).pop().unwrap().text;
        let more = more.replacen("at_or_below = 95", "at_or_below = 96", 1);
        saves(&nurse, kind, &typed(&more, "2026-11-23")).await;
        assert_eq!((less().await, counted().await), (None, 0));
    }
);

story!(
    an_older_folder_does_not_bring_back_what_was_mended_meanwhile,
    town,
    {
        let kind = RuleKind::Questionnaire;
        let day = date(2026, 11, 23);
        let old = text_today(&town.nurse().await, kind).await;
        let with = |number: &str| {
            let text = old.replace("at_or_above = 400,", &format!("at_or_above = {number},"));
            domain::rules::dated(kind, &text, day).unwrap()
        };
        let (slip, mended) = (with("395"), with("385"));
        let desk = town.app.system_desk();
        let begins = async |text: &str| desk.begin_with_rules(text).await.unwrap().unwrap();
        assert_eq!(begins(&slip).await.new, [day]);
        town.minutes(1);
        let how = Loading {
            silences: true,
            ..Loading::default()
        };
        let loads = async |text: &str| {
            let loaded = desk.load_rules(text, (None, "A slip"), how).await;
            loaded.unwrap().unwrap()
        };
        assert_eq!(loads(&mended).await.new, [day]);
        town.minutes(1);
        // A process whose folder is older starts anew, and so does one that has both files.
        for brought in [&slip, &mended, &slip] {
            let begun = begins(brought).await;
            assert_eq!((begun.new.len(), begun.stood), (0, 1));
        }
        let nurse = town.nurse().await;
        assert!(
            text_today(&nurse, kind)
                .await
                .contains("at_or_above = 385,")
        );
        assert_eq!(desk.rule_list().await.unwrap().len(), 2);
        // Whoever means it loads it, or says so in a folder with another day.
        town.minutes(1);
        assert_eq!(loads(&slip).await.new, [day]);
        let later = domain::rules::dated(kind, &slip, date(2026, 11, 24)).unwrap();
        assert_eq!(begins(&later).await.new, [date(2026, 11, 24)]);
    }
);

story!(
    a_rule_that_a_center_has_ended_is_new_again_where_it_is_loaded_again,
    town,
    {
        let nurse = town.nurse().await;
        let (kind, day) = (RuleKind::Isolation, date(2026, 11, 23));
        let text = text_today(&nurse, kind).await;
        let text = text.replacen("symptomatic = { days = 7", "symptomatic = { days = 6", 1);
        let text = domain::rules::dated(kind, &text, day).unwrap();
        let place = NewStaff::place_of(nurse.health_center().await.unwrap().id);
        let desk = town.app.system_desk();
        let loads = async || {
            let loaded = desk.load_rules(&text, (Some(place), "Order"), Loading::default());
            loaded.await.unwrap().unwrap()
        };
        assert_eq!(loads().await.new, [day]);
        assert_eq!(loads().await.stood, 1);
        town.minutes(1);
        let states = nurse.rules(PROGRAMME).await.unwrap();
        let state = states.iter().find(|state| state.kind == kind).unwrap();
        let holds = state.lines.iter().find(|line| line.holds_today).unwrap();
        let ended = nurse.withdraw_rule(holds.id.unwrap(), "A mistake", Some(false));
        assert_eq!(ended.await.unwrap(), Withdraw::Done);
        town.minutes(1);
        assert_eq!(loads().await.new, [day]);
        let holds = nurse.rule_on(kind, PROGRAMME, day).await.unwrap().unwrap();
        assert_eq!(holds.mark.origin, Origin::Center);
    }
);

story!(rules_of_a_place_that_follows_nobody_are_not_loaded, town, {
    let nurse = town.nurse().await;
    let text = text_today(&nurse, RuleKind::Notification).await;
    let text = domain::rules::dated(RuleKind::Notification, &text, date(2026, 11, 24)).unwrap();
    let desk = town.app.system_desk();
    let tree = desk.places().await.unwrap();
    let of_kind = |kind| tree.iter().find(|place| place.kind == kind).unwrap();
    let center = of_kind(JurisdictionKind::HealthCenter);
    let clinic = JurisdictionKind::MedicalInstitution;
    let AddPlace::Added(clinic) = desk.add_place(center, clinic, "Clinic").await.unwrap() else {
        panic!("not added");
    };
    for how in [only_look(), Loading::default()] {
        let told = desk
            .load_rules(&text, (Some(clinic.id), "Order"), how)
            .await;
        let told = told.unwrap().unwrap_err();
        assert!(
            told.contains("health center above it: \"Minato\""),
            "{told}"
        );
    }
    assert!(desk.rule_list().await.unwrap().is_empty());
    for place in [center, of_kind(JurisdictionKind::Prefecture)] {
        let loaded = desk.load_rules(&text, (Some(place.id), "Order"), Loading::default());
        assert_eq!(loaded.await.unwrap().unwrap().new, [date(2026, 11, 24)]);
    }
});

story!(
    a_server_does_not_stay_away_for_words_that_a_folder_lacks,
    town,
    {
        let nurse = town.nurse().await;
        let good = text_today(&nurse, RuleKind::Questionnaire).await;
        let is_short = |line: &&str| line.trim().starts_with("short.ja = ");
        let short = good.lines().find(is_short).unwrap();
        let day = date(2026, 11, 24);
        let dated = |text: &str| domain::rules::dated(RuleKind::Questionnaire, text, day).unwrap();
        let desk = town.app.system_desk();
        // Whoever loads it is at hand and can say it.
        let lacks = dated(&good.replacen(short, "", 1));
        let loaded = desk.load_rules(&lacks, (None, "Order"), Loading::default());
        let told = loaded.await.unwrap().unwrap_err();
        assert!(told.contains("no words in ja"), "{told}");
        let begun = desk.begin_with_rules(&lacks).await.unwrap();
        assert_eq!(begun.unwrap().new, [day]);
        // What nobody can report is no matter of words.
        assert!(good.contains("possible = [300, 440]"));
        let wrong = dated(&good.replacen("possible = [300, 440]", "possible = [300, 4400]", 1));
        let begun = desk.begin_with_rules(&wrong).await.unwrap();
        assert!(begun.is_err());
    }
);
