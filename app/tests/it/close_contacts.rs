//! Close contacts are followed with the same reports, and become cases once they fall ill; figures count cases only.

mod days;
mod ill;

use crate::reports::family;
use crate::story;
use crate::town::{Town, register};
use app::StaffDesk;
use app::attributes::{Registration, Typed};
use app::case_registration::{CaseField, CaseProblem, RegisterCase, Sure, TypedCase};
use app::close_contacts::{FellIll, Someone, TypedIll};
use app::figures::{Ask, Asked, Figure, Figures};
use app::line_list::{Column, Export, Format, Whom, Wished};
use domain::ids::CaseId;
use domain::staff_role::{JurisdictionKind, StaffRole};
use jiff::civil::date;

async fn figures(desk: &StaffDesk) -> Figures {
    match desk.figures(&Asked::default()).await.unwrap() {
        Ask::Figures(figures) => *figures,
        _ => panic!("no figures"),
    }
}

pub async fn met(nurse: &StaffDesk, source: CaseId, name: &str, phone: &str) -> CaseId {
    let typed = TypedCase {
        name_latin: name.to_owned(),
        birthdate: "1990-01-02".to_owned(),
        phone: phone.to_owned(),
        diagnosed_on: "2026-11-22".to_owned(),
        ..TypedCase::default()
    };
    let key = nurse.new_form_key();
    let first = nurse
        .register_contact(source, &typed, key, Sure::Ask)
        .await
        .unwrap();
    let again = nurse
        .register_contact(source, &typed, key, Sure::Ask)
        .await
        .unwrap();
    match (first, again) {
        (Some(RegisterCase::Registered(a)), Some(RegisterCase::Registered(b))) => {
            assert_eq!(a, b, "one form is one contact");
            a
        }
        _ => panic!("not registered"),
    }
}

/// Asks for the registration of Ken, who met somebody on a day.
pub async fn asks(nurse: &StaffDesk, source: CaseId, day: &str, sure: Sure) -> RegisterCase {
    let typed = TypedCase {
        name_latin: "Yamada Ken".to_owned(),
        birthdate: "1990-01-02".to_owned(),
        phone: "09011110001".to_owned(),
        diagnosed_on: day.to_owned(),
        ..TypedCase::default()
    };
    let key = nurse.new_form_key();
    let asked = nurse.register_contact(source, &typed, key, sure).await;
    asked.unwrap().unwrap()
}

/// The day of the last contact of whoever is not ill.
pub async fn last_met(nurse: &StaffDesk, contact: CaseId) -> jiff::civil::Date {
    let member = nurse.case(contact).await.unwrap().unwrap().member;
    assert!(member.is_contact);
    member.diagnosed_on
}

fn days(diagnosed_on: &str, onset_on: &str) -> TypedIll {
    TypedIll {
        diagnosed_on: diagnosed_on.to_owned(),
        onset_on: onset_on.to_owned(),
        ..TypedIll::default()
    }
}

async fn analyst(town: &Town) -> StaffDesk {
    let places = town.app.system_desk().places().await.unwrap();
    let nation = places
        .iter()
        .find(|p| p.kind == JurisdictionKind::Nation)
        .unwrap();
    town.hires("analyst@nation.example", StaffRole::Analyst, nation.id)
        .await
}

story!(
    a_contact_reports_falls_ill_and_is_a_case_from_then_on,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let contact = met(&nurse, case, "Yamada Ken", "09011110001").await;
        let view = nurse.case(contact).await.unwrap().unwrap();
        assert!(view.member.is_contact);
        assert_eq!(
            figures(&nurse).await.new_cases,
            Figure::Exact(1),
            "a contact is no case"
        );
        let following = nurse.following_of(contact).await.unwrap().unwrap();
        // Contacts isolate for five days after the last contact.
        assert_eq!(following.monitoring.review_from, Some(date(2026, 11, 28)));
        // The contact signs up and reports like everybody else.
        let desk = town.account("ken@example.org").await;
        let typed = Typed {
            name: "Yamada Ken".to_owned(),
            birth_year: "1990".to_owned(),
            birth_month: "1".to_owned(),
            birth_day: "2".to_owned(),
            phone: "09011110001".to_owned(),
            hersys_id: view.member.hersys_id.clone(),
        };
        assert!(matches!(
            register(&desk, &typed).await,
            Registration::Registered(_)
        ));
        crate::reports::sends(&desk, contact, "38.4", "97").await;
        town.minutes(5);
        let version = nurse.case(contact).await.unwrap().unwrap().version;
        let ill = async |diagnosed: &str, version| {
            nurse
                .fell_ill(contact, &days(diagnosed, "2026-11-23"), version)
                .await
                .unwrap()
        };
        assert_eq!(
            ill("2027-01-01", version).await,
            FellIll::Problems(vec![(CaseField::DiagnosedOn, CaseProblem::DayInFuture)])
        );
        assert_eq!(
            ill("2026-11-23", version - 1).await,
            FellIll::ChangedMeanwhile
        );
        assert_eq!(ill("2026-11-23", version).await, FellIll::Case);
        assert_eq!(
            ill("2026-11-23", version + 1).await,
            FellIll::ChangedMeanwhile,
            "once"
        );
        let view = nurse.open_case(contact).await.unwrap().unwrap();
        assert!(!view.member.is_contact && view.reports.len() == 1);
        assert_eq!(figures(&nurse).await.new_cases, Figure::Exact(2));
        // A contact of the contact: the network has two rings.
        met(&nurse, contact, "Sato Jun", "09011110002").await;
        let network = nurse.network(case).await.unwrap();
        assert_eq!(network.people.len(), 3);
        assert_eq!(network.links, [(0, 1), (1, 2)]);
        let Someone::Known(second) = &network.people[1] else {
            panic!("not known");
        };
        assert!(second.was_contact && !second.is_contact);
    }
);

story!(who_may_not_see_persons_gets_no_small_counts, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let analyst = analyst(&town).await;
    assert_eq!(figures(&nurse).await.new_cases, Figure::Exact(1));
    let rounded = |figure| match figure {
        Figure::Few => true,
        Figure::Exact(n) => n >= 5 && n % 5 == 0,
    };
    assert!(rounded(figures(&analyst).await.new_cases));
    assert!(matches!(analyst.case(case).await, Ok(None)));
    assert!(matches!(
        analyst.worklist(None, Default::default()).await,
        Err(app::Error::NotAllowed)
    ));
    for at in 0..4 {
        town.case(&format!(
            "佐藤 {at},,,1950-01-0{},0901111000{at},ja,2026-11-20,2026-11-2{},,,",
            at + 1,
            at / 2
        ))
        .await;
    }
    let seen = figures(&analyst).await;
    let counts = |seen: &Figures| -> Vec<Figure> {
        let days = seen.days.iter().flat_map(|day| [day.1, day.2]);
        let ages = seen.ages.iter().flat_map(|age| [age.new_cases, age.open]);
        let alerts = seen.health.unwrap().alerts;
        days.chain(ages)
            .chain([seen.new_cases, seen.open, alerts.0, alerts.1])
            .collect()
    };
    let all = counts(&seen);
    assert!(all.iter().all(|one| rounded(*one)), "{all:?}");
    assert_eq!(all, counts(&figures(&analyst).await), "asking again");
    // By weeks, also by registration: all of the last one are told in one sum.
    assert!(seen.days.iter().any(|day| day.0 == date(2026, 11, 23)));
    assert!(
        seen.days
            .iter()
            .all(|day| day.0.weekday() == jiff::civil::Weekday::Monday)
    );
    let whole = figures(&nurse).await;
    assert_eq!(whole.ages[7].new_cases, Figure::Exact(4));
    assert!(matches!(
        nurse
            .figures(&Asked {
                from: "2026-12-01".to_owned(),
                to: "x".to_owned(),
                ..Asked::default()
            })
            .await
            .unwrap(),
        Ask::Problems(_)
    ));
});

story!(
    a_contact_whom_another_center_follows_is_there_without_a_name,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let contact = met(&nurse, case, "Yamada Ken", "09011110001").await;
        met(&nurse, contact, "Sato Jun", "09011110002").await;
        let system = town.app.system_desk();
        let tree = system.places().await.unwrap();
        let above = tree
            .iter()
            .find(|place| place.kind == JurisdictionKind::Prefecture)
            .unwrap();
        let added = system.add_place(above, JurisdictionKind::HealthCenter, "Ota");
        let app::jurisdiction::AddPlace::Added(ota) = added.await.unwrap() else {
            panic!("not added");
        };
        let other = town
            .hires("nurse@ota.example", StaffRole::Nurse, ota.id)
            .await;
        crate::transfers::moves(&nurse, &other, contact, ota.id).await;
        let network = nurse.network(case).await.unwrap();
        let Someone::Known(middle) = &network.people[0] else {
            panic!("not known");
        };
        assert_eq!(middle.name_in("ja"), "山田 花子", "not the reading");
        assert_eq!(middle.name_in("en"), "Yamada Hanako");
        // That there is somebody, and who answers; not whom they met.
        assert_eq!((network.people.len(), network.links.len()), (2, 1));
        let Someone::Elsewhere(center) = &network.people[1] else {
            panic!("somebody else's person");
        };
        assert_eq!(center.name_in("en"), "Ota");
        // From the other side it is the same, and a stranger's page shows nothing.
        let seen = other.network(contact).await.unwrap();
        assert!(matches!(seen.people[0], Someone::Known(_)));
        let elsewhere = |one: &&Someone| matches!(one, Someone::Elsewhere(_));
        assert_eq!(seen.people.iter().filter(elsewhere).count(), 2);
        assert!(other.network(case).await.unwrap().people.is_empty());
    }
);

story!(a_list_says_who_is_a_case_and_who_a_contact, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    met(&nurse, case, "Yamada Ken", "09011110001").await;
    let center = nurse.health_center().await.unwrap().id;
    let place = app::staff::NewStaff::place_of(center);
    let chief = town
        .hires("chief@center.example", StaffRole::Administrator, place)
        .await;
    let columns = vec![
        Column::NameLatin,
        Column::Kind,
        Column::DiagnosedOn,
        Column::LastContactOn,
    ];
    let words = i18n::words(domain::language::Language::En);
    for (whom, lines) in [
        (Whom::Cases, vec!["Yamada Hanako,Case,2026-11-20,"]),
        (Whom::Contacts, vec!["Yamada Ken,Close contact,,2026-11-22"]),
        (
            Whom::Both,
            vec![
                "Yamada Ken,Close contact,,2026-11-22",
                "Yamada Hanako,Case,2026-11-20,",
            ],
        ),
    ] {
        let wished = Wished {
            columns: columns.clone(),
            whom,
            only_open: true,
            programme: String::new(),
            format: Format::CsvUtf8,
            reason: "The weekly meeting".to_owned(),
            losses_are_fine: false,
        };
        let Export::File(mut file, _) = chief.export(&wished, words).await.unwrap() else {
            panic!("no file");
        };
        let mut text = String::new();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
        let mut told: Vec<&str> = text.lines().skip(1).collect();
        told.sort_unstable_by(|a, b| b.cmp(a));
        assert_eq!(told, lines, "{whom:?}");
    }
});
