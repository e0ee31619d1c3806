//! Close contacts are followed with the same reports, and become cases once they fall ill; figures count cases only.

use crate::reports::family;
use crate::story;
use crate::town::{Town, register};
use app::StaffDesk;
use app::attributes::{Registration, Typed};
use app::case_registration::{CaseField, CaseProblem, RegisterCase, Sure, TypedCase};
use app::close_contacts::{FellIll, Someone, TypedIll};
use app::correction::CorrectPerson;
use app::figures::{Ask, Asked, Figure, Figures};
use app::line_list::{Column, Export, Format, Whom, Wished};
use app::release::{Release, TypedRelease};
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

story!(
    a_contact_is_corrected_as_a_contact_and_falls_ill_elsewhere,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let contact = met(&nurse, case, "Yamada Ken", "09011110001").await;
        let form = nurse.person_form(contact).await.unwrap().unwrap();
        let corrects = async |typed: &TypedCase, version| {
            nurse
                .correct_person(contact, typed, "the person phoned", version)
                .await
                .unwrap()
        };
        // A day of onset is refused, whatever else is changed, and nothing is.
        let ill = TypedCase {
            onset_on: "2026-11-23".to_owned(),
            phone: "09011110009".to_owned(),
            ..form.typed.clone()
        };
        let CorrectPerson::Problems(problems, false) = corrects(&ill, form.version).await else {
            panic!("taken");
        };
        assert_eq!(
            problems,
            [(CaseField::OnsetOn, CaseProblem::OnsetOfContact)]
        );
        let view = nurse.case(contact).await.unwrap().unwrap();
        assert!(view.member.is_contact && view.member.onset_on.is_none());
        assert_eq!(view.phone.expose(), "09011110001");

        // The last contact was abroad, a day before the entry: nothing to ask about, for there is no diagnosis.
        let met_abroad = TypedCase {
            diagnosed_on: "2026-11-21".to_owned(),
            entered_japan_on: "2026-11-22".to_owned(),
            days_are_right: false,
            ..form.typed.clone()
        };
        let corrected = corrects(&met_abroad, form.version).await;
        assert!(matches!(corrected, CorrectPerson::Corrected));
        let following = nurse.following_of(contact).await.unwrap().unwrap();
        assert_eq!(following.monitoring.review_from, Some(date(2026, 11, 27)));
        let line = &following.corrections[0];
        let told = |name: &str| line.after.iter().any(|(of, _)| of == name);
        assert!(told("last_contact_on") && !told("diagnosed_on"));

        // Whoever looked at the contact's form while the person fell ill does not write over the days of the illness.
        let stale = nurse.person_form(contact).await.unwrap().unwrap();
        let version = nurse.case(contact).await.unwrap().unwrap().version;
        let typed = days("2026-11-23", "2026-11-22");
        let done = nurse.fell_ill(contact, &typed, version).await.unwrap();
        assert_eq!(done, FellIll::Case);
        let late = corrects(&stale.typed, stale.version).await;
        assert!(matches!(late, CorrectPerson::ChangedMeanwhile));
        let view = nurse.case(contact).await.unwrap().unwrap();
        assert_eq!(view.member.diagnosed_on, date(2026, 11, 23));
        assert_eq!(view.member.onset_on, Some(date(2026, 11, 22)));
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

story!(
    somebody_who_stands_already_is_no_second_record_as_a_contact,
    town,
    {
        let (_, first) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let register = async |name: &str, phone: &str| {
            let typed = TypedCase {
                name: name.to_owned(),
                birthdate: "1970-02-03".to_owned(),
                phone: phone.to_owned(),
                diagnosed_on: "2026-11-21".to_owned(),
                ..TypedCase::default()
            };
            let key = nurse.new_form_key();
            match nurse
                .register_case(&typed, key, Sure::Another)
                .await
                .unwrap()
            {
                RegisterCase::Registered(case) => case,
                _ => panic!("not registered"),
            }
        };
        let second = register("佐藤 次郎", "09022220001").await;
        let contact = met(&nurse, first, "Yamada Ken", "09011110001").await;
        let count = async || nurse.cases("", 0).await.unwrap().1;
        let before = count().await;
        let typed = TypedCase {
            name_latin: "Yamada Ken".to_owned(),
            birthdate: "1990-01-02".to_owned(),
            phone: "09011110001".to_owned(),
            diagnosed_on: "2026-11-23".to_owned(),
            ..TypedCase::default()
        };
        let ask = async |typed: &TypedCase, sure| {
            let key = nurse.new_form_key();
            nurse
                .register_contact(second, typed, key, sure)
                .await
                .unwrap()
                .unwrap()
        };
        let RegisterCase::Alike(alike) = ask(&typed, Sure::Ask).await else {
            panic!("nobody is asked about");
        };
        assert_eq!(alike[0].view.member.case, contact);
        let linked = ask(&typed, Sure::SameAs(contact)).await;
        assert!(matches!(linked, RegisterCase::Noted(case) if case == contact));
        assert_eq!(count().await, before, "no second record");
        let network = nurse.network(second).await.unwrap();
        assert_eq!((network.people.len(), network.links.len()), (3, 2));
        // What counts from the last contact counts from the later one.
        let view = nurse.case(contact).await.unwrap().unwrap();
        assert_eq!(view.member.diagnosed_on, date(2026, 11, 23));
        let following = nurse.following_of(contact).await.unwrap().unwrap();
        assert_eq!(following.monitoring.review_from, Some(date(2026, 11, 29)));
        // A case stays the case it is; a day of a year ago is asked back.
        let ill = TypedCase {
            name: "佐藤 次郎".to_owned(),
            name_latin: String::new(),
            birthdate: "1970-02-03".to_owned(),
            phone: "09022220001".to_owned(),
            ..typed.clone()
        };
        let key = nurse.new_form_key();
        let met_case = nurse
            .register_contact(first, &ill, key, Sure::SameAs(second))
            .await;
        assert!(met_case.unwrap().is_some());
        assert!(!nurse.case(second).await.unwrap().unwrap().member.is_contact);
        let long_ago = TypedCase {
            name_latin: "Sato Jun".to_owned(),
            diagnosed_on: "2025-11-23".to_owned(),
            ..typed.clone()
        };
        let RegisterCase::Problems(asked) = ask(&long_ago, Sure::Ask).await else {
            panic!("not asked back");
        };
        assert_eq!(asked, [(CaseField::DiagnosedOn, CaseProblem::LongAgo)]);
        // Registered as a case, the contact is found as such; days in an unlikely order are asked back.
        let key = nurse.new_form_key();
        let RegisterCase::Alike(alike) = nurse.register_case(&typed, key, Sure::Ask).await.unwrap()
        else {
            panic!("nobody is asked about");
        };
        assert!(alike[0].view.member.is_contact);
        let mut ill = days("2026-11-22", "2026-11-23");
        let asked = FellIll::Problems(vec![(CaseField::OnsetOn, CaseProblem::OnsetAfterDiagnosis)]);
        let version = view.version;
        assert_eq!(nurse.fell_ill(contact, &ill, version).await.unwrap(), asked);
        ill.days_are_right = true;
        assert_eq!(
            nurse.fell_ill(contact, &ill, version).await.unwrap(),
            FellIll::Case
        );
    }
);

story!(
    whoever_was_released_is_followed_again_when_there_is_a_reason_anew,
    town,
    {
        let (_, first) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let contact = met(&nurse, first, "Yamada Ken", "09011110001").await;
        let status = async |case| {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            following.monitoring.status
        };
        let release = async |case| {
            let version = nurse.following_of(case).await.unwrap().unwrap();
            let typed = TypedRelease {
                version: version.monitoring.version,
                reason: "Well".to_owned(),
                ..TypedRelease::default()
            };
            let done = nurse.release(case, &typed).await.unwrap();
            assert!(matches!(done, Release::Released));
            assert!(!status(case).await.is_open());
        };
        release(contact).await;
        let again = TypedCase {
            name_latin: "Yamada Ken".to_owned(),
            birthdate: "1990-01-02".to_owned(),
            phone: "09011110001".to_owned(),
            diagnosed_on: "2026-11-23".to_owned(),
            ..TypedCase::default()
        };
        let meets = async |typed: &TypedCase, whom| {
            let key = nurse.new_form_key();
            let source = first;
            let met = nurse.register_contact(source, typed, key, Sure::SameAs(whom));
            met.await.unwrap().unwrap()
        };
        // A contact who was released met somebody again.
        let noted = meets(&again, contact).await;
        assert!(matches!(noted, RegisterCase::Noted(case) if case == contact));
        assert!(status(contact).await.expects_reports());
        // Released once more, and then ill.
        release(contact).await;
        let version = nurse.case(contact).await.unwrap().unwrap().version;
        let ill = days("2026-11-23", "2026-11-23");
        let became = nurse.fell_ill(contact, &ill, version).await.unwrap();
        assert_eq!(became, FellIll::Case);
        assert!(status(contact).await.expects_reports());
        // Of an illness that is over nothing more is followed: the contact is a record beside it, of the same person.
        release(contact).await;
        let RegisterCase::Registered(beside) = meets(&again, contact).await else {
            panic!("not registered");
        };
        assert_ne!(beside, contact);
        assert!(!status(contact).await.is_open());
        assert!(status(beside).await.expects_reports());
        assert!(nurse.case(beside).await.unwrap().unwrap().member.is_contact);
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

story!(
    what_was_typed_of_a_contact_who_fell_ill_fills_what_the_record_lacks,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let contact = met(&nurse, case, "Yamada Ken", "09011110001").await;
        let told = TypedCase {
            name: "山田 健".to_owned(),
            name_latin: "Yamada Ken".to_owned(),
            birthdate: "H2.1.2".to_owned(),
            phone: "090-1111-0002".to_owned(),
            email: "ken@example.org".to_owned(),
            address: "東京都港区芝公園1-2-3".to_owned(),
            passport_number: "TK1234567".to_owned(),
            diagnosed_on: "2026-11-23".to_owned(),
            onset_on: "2026-11-22".to_owned(),
            ..TypedCase::default()
        };
        let view = nurse.case(contact).await.unwrap().unwrap();
        // Both are shown before anything is done: what is added, and what stands and stays.
        let shown = nurse.would_take_over(&view, &told).await.unwrap();
        let takes: Vec<_> = shown.takes.iter().map(|(field, _)| *field).collect();
        use CaseField as F;
        assert_eq!(takes, [F::Name, F::Email, F::Address, F::PassportNumber]);
        let differs: Vec<_> = shown
            .differs
            .iter()
            .map(|(field, stands, told)| (*field, stands.expose().as_str(), told.expose().as_str()))
            .filter(|(field, _, _)| *field != F::Language)
            .collect();
        assert_eq!(differs, [(F::Phone, "09011110001", "09011110002")]);
        let ill = TypedIll {
            told: told.clone(),
            ..days("2026-11-23", "2026-11-22")
        };
        let became = nurse.fell_ill(contact, &ill, view.version).await.unwrap();
        assert_eq!(became, FellIll::Case);
        let view = nurse.case(contact).await.unwrap().unwrap();
        assert!(!view.member.is_contact);
        assert_eq!(view.member.diagnosed_on, date(2026, 11, 23));
        let spelt = |script: &str| {
            let found = view.names.iter().find(|(of, _)| of == script);
            found.map(|(_, name)| name.expose().as_str())
        };
        assert_eq!(spelt("kanji"), Some("山田 健"));
        assert_eq!(spelt("latin"), Some("Yamada Ken"));
        assert_eq!(view.phone.expose(), "09011110001", "nothing is overwritten");
        assert_eq!(view.email.unwrap().expose(), "ken@example.org");
        assert_eq!(view.passport.unwrap().expose(), "TK1234567");
        let address = nurse.address_of(contact).await.unwrap();
        assert_eq!(address.address.unwrap().expose(), "東京都港区芝公園1-2-3");
        // The record says what was added, and why.
        let following = nurse.following_of(contact).await.unwrap().unwrap();
        let line = &following.corrections[0];
        let mut added: Vec<_> = line.after.iter().map(|(name, _)| name.as_str()).collect();
        added.sort_unstable();
        assert_eq!(added, ["address", "email", "name"]);
        let words = i18n::words(domain::language::Language::Ja);
        assert_eq!(line.reason.expose(), &words.say("alike-taken-over-why"));
        // Of another contact somebody corrects the person meanwhile: nothing is done.
        let other = met(&nurse, case, "Sato Jun", "09011110003").await;
        let view = nurse.case(other).await.unwrap().unwrap();
        let ill = TypedIll {
            told: TypedCase {
                name_latin: "Sato Jun".to_owned(),
                ..told
            },
            ..days("2026-11-23", "2026-11-22")
        };
        let ill = nurse.fell_ill(other, &ill, view.version + 1).await.unwrap();
        assert_eq!(ill, FellIll::ChangedMeanwhile);
        assert!(nurse.case(other).await.unwrap().unwrap().email.is_none());
    }
);
