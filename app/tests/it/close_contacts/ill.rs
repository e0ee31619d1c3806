//! Contacts who fall ill, or stood as somebody already.

use super::{days, met};
use crate::reports::family;
use crate::story;
use app::case_registration::{CaseField, CaseProblem, RegisterCase, Sure, TypedCase};
use app::close_contacts::{FellIll, TypedIll};
use app::correction::CorrectPerson;
use app::release::{Release, TypedRelease};
use jiff::civil::date;

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
        assert_eq!(view.phone.unwrap().expose(), "09011110001");

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
        let second = town
            .case("見本 一郎,,,1950-01-02,09011112222,ja,2026-11-20,2026-11-19,,,")
            .await;
        let nurse = town.nurse().await;
        let second = nurse.case_by_number(&second).await.unwrap().unwrap();
        let second = second.member.case;
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
        let meets = async |typed: &TypedCase, source, whom| {
            let key = nurse.new_form_key();
            let met = nurse.register_contact(source, typed, key, Sure::SameAs(whom));
            met.await.unwrap().unwrap()
        };
        // Of the same day, or an earlier one, which another ill person of the house tells of, there is nothing new.
        for day in ["2026-11-22", "2026-11-20"] {
            let known = TypedCase {
                diagnosed_on: day.to_owned(),
                ..again.clone()
            };
            let noted = meets(&known, second, contact).await;
            assert!(matches!(noted, RegisterCase::Noted(case) if case == contact));
            assert!(!status(contact).await.is_open(), "{day}");
        }
        // A contact who was released met somebody again.
        let noted = meets(&again, first, contact).await;
        assert!(matches!(noted, RegisterCase::FollowedAgain(case) if case == contact));
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
        let RegisterCase::Registered(beside) = meets(&again, first, contact).await else {
            panic!("not registered");
        };
        assert_ne!(beside, contact);
        assert!(!status(contact).await.is_open());
        assert!(status(beside).await.expects_reports());
        assert!(nurse.case(beside).await.unwrap().unwrap().member.is_contact);
    }
);

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
        let phone = view.phone.unwrap();
        assert_eq!(phone.expose(), "09011110001", "nothing is overwritten");
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
