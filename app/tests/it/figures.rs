//! Counts per day come from confirmed cases, and say why they differ from what somebody wrote down earlier.

mod days;
mod explained;
mod no_case;

use crate::reports::{family, sends};
use crate::retention::{is_now, is_released};
use crate::story;
use crate::town::{Town, register};
use app::StaffDesk;
use app::attributes::{Registration, Typed};
use app::close_contacts::{FellIll, TypedIll};
use app::figures::{Ask, Asked, Figure, Figures, Health, PlaceLine, Step, Told};
use app::jurisdiction::{AddPlace, Place};
use app::worklist::Filter;
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

fn health(reported_percent: Option<i64>, minutes_to_taken: Option<(i64, i64)>) -> Option<Health> {
    Some(Health {
        reported_percent,
        minutes_to_taken,
    })
}

fn on(figures: &Figures, day: jiff::civil::Date) -> (Figure, Figure) {
    let found = figures.days.iter().find(|(d, _, _)| *d == day).unwrap();
    (found.1, found.2)
}

story!(the_figures_say_how_they_differ_from_the_lists, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let row = |rest: &str| format!("見本 一郎,,,1950-01-02,09011112222,ja,{rest},,");
    town.case(&row("2026-11-20,,")).await;
    town.case("見本 二郎,,,1951-01-02,09011112223,ja,2026-11-20,2026-10-20,,,")
        .await;
    let nurse = town.nurse().await;
    crate::close_contacts::met(&nurse, case, "Met Somebody", "09011112224").await;
    // An alert that somebody took and gave back waits again; it was taken once.
    sends(&desk, case, "38.5", "91").await;
    let list = nurse.worklist(None, Filter::default()).await.unwrap();
    let alert = list.unwrap().alerts[0].0.id;
    nurse.take_alert(alert).await.unwrap();
    nurse.give_alert_back(alert).await.unwrap();
    let seen = figures(&nurse).await;
    let whole = seen.health.unwrap();
    assert_eq!(whole.alerts, (Figure::Exact(1), Figure::Exact(0)));
    assert_eq!(whole.waiting, Some(1));
    assert_eq!(seen.open, Figure::Exact(4));
    assert_eq!(seen.open_contacts, Some(1));
    // Three new cases; of them one is in the curve of onsets.
    assert_eq!(seen.new_cases, Figure::Exact(3));
    let beside = seen.beside_onset.unwrap();
    assert_eq!((beside.without, beside.outside), (1, 1));
    assert_eq!((beside.others, beside.purged), (0, 0));
    // Days later the curve of those days has one whose registration lies outside of them.
    let asked = Asked {
        from: "2026-11-10".to_owned(),
        to: "2026-11-20".to_owned(),
        ..Asked::default()
    };
    let Ask::Figures(earlier) = nurse.figures(&asked).await.unwrap() else {
        panic!("no figures");
    };
    assert_eq!(earlier.new_cases, Figure::Exact(0));
    let beside = earlier.beside_onset.unwrap();
    assert_eq!((beside.without, beside.outside, beside.others), (0, 0, 1));
    // Whoever sees no persons is told none of these.
    let few = figures(&analyst(&town).await).await;
    assert!(few.beside_onset.is_none() && few.open_contacts.is_none());
    assert_eq!(few.health.unwrap().waiting, None);
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
        assert_eq!(seen.prefectures.len(), 2);
        assert_eq!(seen.prefectures[0].name, east.name);
        let west_lines = told(&seen.centers)[told(&seen.centers).len() - 3..].to_vec();
        assert_eq!(west_lines.len(), 3);
        // Nobody is counted exactly, and the same is said each time.
        assert_eq!(told(&figures(&analyst).await.centers), told(&seen.centers));
        // Its own page says the same.
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
        assert_eq!(third.new_cases, west_lines[2].1);
        assert_eq!(of(&analyst, &centers[1]).await.new_cases, west_lines[0].1);
        assert_eq!(told(&of(&analyst, &west).await.centers), west_lines);
        let second = of(&analyst, &centers[2]).await;
        assert_eq!(second.new_cases, west_lines[1].1);
        // However the days are cut, a center without anybody and one with a few look alike: a line for each.
        assert!(seen.centers.len() > centers.len());
        if let Figure::Exact(n) = seen.new_cases {
            // Five centers of ten age groups: the error is about fifteen.
            assert!((0..=150).contains(&n), "{n}");
        }
        // Whoever may see the persons sees every count.
        let officer = town
            .hires("o@west.example", StaffRole::PrefectureOfficer, west.id)
            .await;
        let whole = figures(&officer).await;
        assert!(whole.prefectures.is_empty());
        assert_eq!(told(&whole.centers)[2].1, Figure::Exact(7));
    }
);

story!(
    an_analyst_sees_whole_weeks_and_no_day_by_difference,
    town,
    {
        let system = town.app.system_desk();
        let tree = system.places().await.unwrap();
        let center = tree
            .iter()
            .find(|place| place.kind == JurisdictionKind::HealthCenter)
            .unwrap();
        people(&town, center, 9, 0).await;
        town.days(2);
        people(&town, center, 2, 100).await;
        let analyst = analyst(&town).await;
        let ask = async |from: &str, to: &str| {
            let asked = Asked {
                from: from.to_owned(),
                to: to.to_owned(),
                ..Asked::default()
            };
            match analyst.figures(&asked).await.unwrap() {
                Ask::Figures(figures) => *figures,
                _ => panic!("no figures"),
            }
        };
        // Monday alone and Monday to Wednesday would differ by two people.
        let monday = ask("2026-11-23", "2026-11-23").await;
        let wednesday = ask("2026-11-23", "2026-11-25").await;
        assert_eq!((monday.from, monday.to), (wednesday.from, wednesday.to));
        assert_eq!(monday.to, date(2026, 11, 25), "up to today");
        assert_eq!(monday.step, Step::Week);
        assert_eq!(monday.new_cases, wednesday.new_cases);
        assert_eq!(monday.days.len(), 1);
        // Whoever sees the persons sees the days as they are.
        let nurse = town.nurse().await;
        let asked = Asked {
            from: "2026-11-25".to_owned(),
            ..Asked::default()
        };
        let Ask::Figures(days) = nurse.figures(&asked).await.unwrap() else {
            panic!("no figures");
        };
        assert_eq!((days.new_cases, days.step), (Figure::Exact(2), Step::Day));
    }
);

story!(any_range_has_a_chart_that_can_be_read, town, {
    family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    for (from, step) in [
        ("2026-09-01", Step::Day),
        ("2025-01-01", Step::Week),
        ("2003-05-06", Step::Month),
    ] {
        let asked = Asked {
            from: from.to_owned(),
            ..Asked::default()
        };
        let Ask::Figures(found) = nurse.figures(&asked).await.unwrap() else {
            panic!("no figures from {from}");
        };
        assert_eq!(found.step, step, "{from}");
        assert!(found.days.len() <= 300);
        assert_eq!(found.new_cases, Figure::Exact(1));
        let sum: i64 = found
            .days
            .iter()
            .map(|(_, _, n)| match n {
                Figure::Exact(n) => *n,
                Figure::Few => panic!("left out"),
            })
            .sum();
        assert_eq!(sum, 1, "{from}");
    }
    let far = Asked {
        from: "1923-09-01".to_owned(),
        ..Asked::default()
    };
    assert!(matches!(
        nurse.figures(&far).await.unwrap(),
        Ask::Problems(_)
    ));
});

story!(where_people_are_and_how_following_ended_is_told, town, {
    let (_, source) = family(&mut town, "a@example.org").await;
    let mut cases = Vec::new();
    for (at, digit) in [
        "home", "hotel", "hospital", "hospital", "unknown", "died", "released",
    ]
    .into_iter()
    .zip(1..)
    {
        let row =
            format!("Sample {at} {digit},,,195{digit}-01-02,0901111222{digit},en,2026-11-20,,,,");
        let id = town.case(&row).await;
        let nurse = town.nurse().await;
        let case = nurse
            .case_by_number(&id)
            .await
            .unwrap()
            .unwrap()
            .member
            .case;
        cases.push(case);
        match at {
            "died" => town.days(1),
            "released" => {
                is_released(&town, case).await;
                continue;
            }
            _ => {}
        }
        is_now(&town, case, at).await;
    }
    let nurse = town.nurse().await;
    crate::close_contacts::met(&nurse, source, "Met Somebody", "09011112234").await;
    let clinic = crate::notifications::clinic(&town, "fuji").await;
    crate::notifications::enters(&clinic, &crate::notifications::ken()).await;
    let seen = figures(&nurse).await;
    let state = seen.state.clone().unwrap();
    // The family's own case is at home, too.
    assert_eq!(
        state.at.map(|(status, count)| (status.word(), count)),
        [("home", 2), ("hotel", 1), ("hospital", 2), ("unknown", 1)]
    );
    assert_eq!((state.contacts, seen.open), (1, Figure::Exact(7)));
    assert_eq!(seen.notifications, Some(1));
    assert_eq!(state.ended_in_all(), (1, 1));
    let on = |day| state.ended.iter().find(|part| part.from == day).unwrap();
    assert_eq!(on(date(2026, 11, 23)).died, 0);
    let last = on(date(2026, 11, 24));
    assert_eq!((last.released, last.died), (1, 1));
    // Who is counted no more has not died any more, and whoever is followed again has not been released.
    is_now(&town, cases[6], "home").await;
    crate::case_in_error::is_none(&nurse, cases[5]).await;
    let later = figures(&nurse).await.state.unwrap();
    assert_eq!((later.ended_in_all(), later.at[0].1), ((0, 0), 3));
    // By months, and of a programme, it is the same.
    is_now(&town, cases[4], "died").await;
    let asked = |programme: &str, from: &str| Asked {
        programme: programme.to_owned(),
        from: from.to_owned(),
        ..Asked::default()
    };
    let programme = nurse.programmes().await.unwrap()[0].id.clone();
    for (asked, died) in [
        (asked("", "2020-01-15"), 1),
        (asked(&programme, ""), 1),
        (asked("another", ""), 0),
    ] {
        let Ask::Figures(seen) = nurse.figures(&asked).await.unwrap() else {
            panic!("no figures");
        };
        assert_eq!(seen.state.unwrap().ended_in_all(), (0, died), "{asked:?}");
    }
    // It is health, which a clerk does not read, and points at one where nobody is to be pointed at.
    let place = nurse.places().await.unwrap()[0].id;
    let clerk = town
        .hires("clerk@center.example", StaffRole::Clerk, place)
        .await;
    let of_clerk = figures(&clerk).await;
    assert_eq!((of_clerk.state, of_clerk.notifications), (None, Some(1)));
    let few = figures(&analyst(&town).await).await;
    assert_eq!((few.state, few.notifications), (None, None));
});

story!(
    each_age_and_center_has_who_is_followed_who_reported_and_how_long_alerts_waited,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        town.case("見本 一郎,,,1950-01-02,09011112222,ja,2026-11-20,,,,")
            .await;
        sends(&desk, case, "38.5", "91").await;
        town.minutes(12);
        let nurse = town.nurse().await;
        let list = nurse.worklist(None, Filter::default()).await.unwrap();
        nurse
            .take_alert(list.unwrap().alerts[0].0.id)
            .await
            .unwrap();
        let seen = figures(&nurse).await;
        let thirties = &seen.ages[3];
        assert_eq!(thirties.open, Figure::Exact(1));
        assert_eq!(thirties.health, health(Some(100), Some((12, 12))));
        let seventies = &seen.ages[7];
        assert_eq!(seventies.open, Figure::Exact(1));
        assert_eq!(seventies.health, health(None, None), "has no account");
        // Of two who are followed, one is asked; how many are not is said, but not to whoever sees no persons.
        let whole = seen.health.unwrap();
        assert_eq!(
            (whole.reported_percent, whole.asked),
            (Some(100), Some((1, 1)))
        );
        let center = &seen.centers[0];
        assert_eq!(center.open, Figure::Exact(2));
        assert_eq!(center.health, health(Some(100), Some((12, 12))));
        // One alert tells an analyst nothing of how long this one person waited.
        let few = figures(&analyst(&town).await).await;
        assert_eq!(few.told, Told::Rounded);
        assert_eq!(few.centers[0].health.unwrap().minutes_to_taken, None);
        assert_eq!(few.ages[3].health.unwrap().minutes_to_taken, None);
        assert_eq!(few.health.unwrap().asked, None);
        // A clerk sees who is followed, and reads nobody's answers: with one person in a group, its alert is that person's.
        let places = nurse.places().await.unwrap();
        let clerk = town
            .hires("clerk@center.example", StaffRole::Clerk, places[0].id)
            .await;
        let clerk = figures(&clerk).await;
        assert_eq!(clerk.told, Told::NoHealth);
        assert_eq!(clerk.ages[3].open, Figure::Exact(1));
        assert_eq!(clerk.new_cases, seen.new_cases);
        assert!(clerk.health.is_none());
        assert!(clerk.ages.iter().all(|line| line.health.is_none()));
        assert!(clerk.centers.iter().all(|line| line.health.is_none()));
    }
);

story!(
    whoever_fell_ill_and_signed_up_today_has_not_reported_by_that,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let contact = crate::close_contacts::met(&nurse, case, "Yamada Ken", "09011110001").await;
        town.days(7);
        let nurse = town.nurse().await;
        let view = nurse.case(contact).await.unwrap().unwrap();
        let ill = TypedIll {
            diagnosed_on: "2026-11-30".to_owned(),
            onset_on: "2026-11-29".to_owned(),
            ..TypedIll::default()
        };
        let done = nurse.fell_ill(contact, &ill, view.version).await.unwrap();
        assert_eq!(done, FellIll::Case);
        let desk = town.account("ken@example.org").await;
        let typed = Typed {
            name: "Yamada Ken".to_owned(),
            birth_year: "1990".to_owned(),
            birth_month: "1".to_owned(),
            birth_day: "2".to_owned(),
            phone: "09011110001".to_owned(),
            hersys_id: view.member.hersys_id.clone(),
        };
        let signed_up = register(&desk, &typed).await;
        assert!(matches!(signed_up, Registration::Registered(_)));
        let reported = async || {
            let seen = figures(&town.nurse().await).await;
            let of_center = seen.centers[0].health.as_ref().unwrap();
            let of_all = seen.health.as_ref().unwrap();
            (of_all.reported_percent, of_center.reported_percent)
        };
        assert_eq!(reported().await, (Some(0), Some(0)));
        sends(&desk, contact, "36.5", "98").await;
        assert_eq!(reported().await, (Some(50), Some(50)));
    }
);
