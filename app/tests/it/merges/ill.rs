//! Of two records of one person, of which one is a close contact's and the other that of a case, whichever is kept is a case.

use super::merges;
use crate::close_contacts::met;
use crate::reports::family;
use crate::retention::is_released;
use crate::story;
use crate::town::{Town, register};
use app::StaffDesk;
use app::attributes::{Registration, Typed};
use app::case_registration::TypedCase;
use app::correction::CorrectPerson;
use app::figures::{Ask, Asked, Figures};
use domain::ids::CaseId;
use jiff::civil::{Date, date};

const KEN: &str = ",,Yamada Ken,1990-01-02,09011110001,ja,2026-11-21,2026-11-20,,,";

/// A case that a clinic or a file told of.
async fn case(town: &Town, row: &str) -> CaseId {
    let id = town.case(row).await;
    let found = town.nurse().await.case_by_number(&id).await.unwrap();
    found.unwrap().member.case
}

async fn figures(nurse: &StaffDesk) -> Figures {
    match nurse.figures(&Asked::default()).await.unwrap() {
        Ask::Figures(figures) => *figures,
        _ => panic!("no figures"),
    }
}

/// Whether somebody is a contact, the days, and from when on the release is looked at.
type Stands = (bool, Date, Option<Date>, Option<Date>);

async fn stands(nurse: &StaffDesk, case: CaseId) -> Stands {
    let view = nurse.case(case).await.unwrap().unwrap();
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let (member, review) = (view.member, following.monitoring.review_from);
    (
        member.is_contact,
        member.diagnosed_on,
        member.onset_on,
        review,
    )
}

story!(
    a_case_stays_one_where_the_record_of_a_contact_is_kept,
    town,
    {
        let (_, source) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let contact = met(&nurse, source, "Yamada Ken", "09011110001").await;
        town.days(1);
        // Ill for so long that the release is looked at on another day than a contact's.
        let row = KEN.replace("2026-11-20", "2026-11-18");
        let ill = case(&town, &row).await;
        let nurse = town.nurse().await;
        let desk = town.account("ken@example.org").await;
        let number = nurse.case(contact).await.unwrap().unwrap().member.hersys_id;
        let typed = Typed {
            name: "Yamada Ken".to_owned(),
            birth_year: "1990".to_owned(),
            birth_month: "1".to_owned(),
            birth_day: "2".to_owned(),
            phone: "09011110001".to_owned(),
            hersys_id: number,
        };
        let registered = register(&desk, &typed).await;
        assert!(matches!(registered, Registration::Registered(case) if case == contact));
        let is_contact = async |of| desk.member(of).await.unwrap().unwrap().is_contact;
        let before = figures(&nurse).await;
        assert_eq!(before.open_contacts, Some(1));
        let (of_contact, of_case) = (stands(&nurse, contact).await, stands(&nurse, ill).await);
        assert!(of_contact.0 && !of_case.0, "{of_contact:?} {of_case:?}");
        assert_ne!(of_contact.3, of_case.3, "{of_contact:?} {of_case:?}");

        merges(&nurse, contact, ill).await;
        assert_eq!(stands(&nurse, contact).await, of_case);
        assert!(!is_contact(contact).await);
        let after = figures(&nurse).await;
        assert_eq!(
            (&after.days, after.new_cases),
            (&before.days, before.new_cases)
        );
        assert!(after.corrected.is_empty(), "no day counts otherwise");
        assert_eq!(after.open_contacts, Some(0));
        let following = nurse.following_of(contact).await.unwrap().unwrap();
        let line = &following.corrections[0];
        assert_eq!(line.subject, "case");
        assert_eq!(line.reason.expose(), "The fax told of the same illness");
        let audited = nurse.audit_of_case(contact, 20).await.unwrap();
        assert!(audited.iter().any(|line| line.action == "case.fell_ill"));

        town.minutes(1);
        let nurse = town.nurse().await;
        nurse.unmerge_case(ill, "Two cousins").await.unwrap();
        assert_eq!(stands(&nurse, contact).await, of_contact);
        assert_eq!(stands(&nurse, ill).await, of_case);
        assert!(is_contact(contact).await);
        let after = figures(&nurse).await;
        assert_eq!(
            (&after.days, after.new_cases),
            (&before.days, before.new_cases)
        );
        assert_eq!((after.open_contacts, after.corrected.len()), (Some(1), 0));

        // The other way round, whoever signed up as a contact reads that they are a case, with its days.
        merges(&nurse, ill, contact).await;
        let member = desk.member(contact).await.unwrap().unwrap();
        assert!(!member.is_contact);
        assert_eq!(
            (member.diagnosed_on, member.onset_on),
            (of_case.1, of_case.2)
        );
        let audit = town.app.system_desk().check_audit().await.unwrap();
        assert_eq!(audit.problems, Vec::<String>::new());
    }
);

story!(
    a_contact_who_was_released_and_is_kept_is_followed_as_the_case,
    town,
    {
        let (_, source) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let contact = met(&nurse, source, "Yamada Ken", "09011110001").await;
        is_released(&town, contact).await;
        town.days(1);
        let ill = case(&town, KEN).await;
        let nurse = town.nurse().await;
        let of_case = stands(&nurse, ill).await;
        merges(&nurse, contact, ill).await;
        assert_eq!(stands(&nurse, contact).await, of_case);
        assert!(super::open(&nurse).await.contains(&contact));
        assert!(
            figures(&nurse).await.corrected.is_empty(),
            "no end of a case"
        );
        town.minutes(1);
        let nurse = town.nurse().await;
        nurse.unmerge_case(ill, "Two cousins").await.unwrap();
        assert!(
            nurse
                .case(contact)
                .await
                .unwrap()
                .unwrap()
                .member
                .is_contact
        );
        let open = super::open(&nurse).await;
        assert!(open.contains(&ill) && !open.contains(&contact));
        assert!(figures(&nurse).await.corrected.is_empty());
    }
);

story!(
    a_contact_is_one_again_when_no_record_of_a_case_is_left_in_theirs,
    town,
    {
        let (_, source) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let contact = met(&nurse, source, "Yamada Ken", "09011110001").await;
        let first = case(&town, KEN).await;
        let second = case(&town, &KEN.replace("11-21", "11-22")).await;
        let parts = async |nurse: &StaffDesk, merged| {
            nurse.unmerge_case(merged, "Two cousins").await.unwrap();
            nurse
                .case(contact)
                .await
                .unwrap()
                .unwrap()
                .member
                .is_contact
        };
        merges(&nurse, contact, first).await;
        merges(&nurse, contact, second).await;
        assert!(!parts(&nurse, first).await, "the other one is a case still");
        assert!(parts(&nurse, second).await);

        // What somebody has said of the illness since is of this person.
        town.minutes(1);
        let nurse = town.nurse().await;
        merges(&nurse, contact, first).await;
        let form = nurse.person_form(contact).await.unwrap().unwrap();
        let typed = TypedCase {
            onset_on: "2026-11-19".to_owned(),
            ..form.typed
        };
        let done = nurse.correct_person(contact, &typed, "She phoned", form.version);
        assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
        assert!(!parts(&nurse, first).await);
        let (_, _, onset_on, _) = stands(&nurse, contact).await;
        assert_eq!(onset_on, Some(date(2026, 11, 19)));
    }
);
