//! Passport numbers, entered once.

use crate::story;
use crate::town::{hanako, register};
use app::attributes::Registration;
use app::family::PassportState;
use app::passport_number::EnterPassport;

story!(a_second_passport_number_is_not_taken_for_the_first, town, {
    let row = ",,Ana Traveller,1990-12-24,09012345678,en,2026-11-20,,2026-10-23,,";
    let id = town.case(row).await;
    let desk = town.account("a@example.org").await;
    let mut typed = hanako(&id);
    typed.name = "TRAVELLER ANA".to_owned();
    (typed.birth_year, typed.birth_month) = ("1990".to_owned(), "12".to_owned());
    typed.birth_day = "24".to_owned();
    let Registration::Registered(case) = register(&desk, &typed).await else {
        panic!("refused")
    };
    let member = desk.member(case).await.unwrap().unwrap();
    let form = desk.passport_form(&member, "").unwrap();
    let enters = async |number: &str, form: &str| {
        let entered = desk.enter_passport(case, number, form).await;
        entered.unwrap()
    };
    assert_eq!(enters("AB123456", &form).await, EnterPassport::Entered);
    // The same button pressed twice, and another number from the page that another tab had open.
    assert_eq!(enters("ab 123456", &form).await, EnterPassport::Entered);
    for other in ["CD999999", "-"] {
        let came = enters(other, &form).await;
        assert_eq!(came, EnterPassport::AnotherStands, "{other}");
    }
    // Without the word of a form nobody finds out which number stands.
    for forged in ["", "1.x"] {
        let came = enters("AB123456", forged).await;
        assert_eq!(came, EnterPassport::AnotherStands);
    }
    town.minutes(12 * 60 + 1);
    let late = enters("AB123456", &form).await;
    assert_eq!(late, EnterPassport::AnotherStands);
});

story!(
    a_passport_number_is_entered_once_during_the_first_log_in,
    town,
    {
        // Diagnosed on the 28th day after entry.
        let row = ",,Ana Traveller,1990-12-24,09012345678,en,2026-11-20,,2026-10-23,,";
        let id = town.case(row).await;
        let desk = town.account("a@example.org").await;
        let mut typed = hanako(&id);
        typed.name = "TRAVELLER ANA".to_owned();
        typed.birth_year = "1990".to_owned();
        typed.birth_month = "12".to_owned();
        typed.birth_day = "24".to_owned();
        let Registration::Registered(case) = register(&desk, &typed).await else {
            panic!("refused")
        };
        assert_eq!(
            desk.member(case).await.unwrap().unwrap().passport,
            PassportState::Ask
        );
        let tries: Vec<_> = (0..20)
            .map(|n| {
                let desk = desk.clone();
                tokio::spawn(async move {
                    desk.enter_passport(case, &format!("TK12345{n:02}"), "")
                        .await
                        .unwrap()
                })
            })
            .collect();
        let mut entered = 0;
        for one in tries {
            entered += usize::from(one.await.unwrap() == EnterPassport::Entered);
        }
        assert_eq!(entered, 1);
        assert_eq!(
            desk.member(case).await.unwrap().unwrap().passport,
            PassportState::Entered
        );
        // The center takes it away; the first log-in is still on, so it is asked for again; in another one it is not.
        let nurse = town.nurse().await;
        assert_eq!(nurse.set_passport(case, "").await.unwrap(), Ok(true));
        assert_eq!(
            desk.member(case).await.unwrap().unwrap().passport,
            PassportState::Ask
        );
        let member = desk.member(case).await.unwrap().unwrap();
        let opened = desk.passport_form(&member, "").unwrap();
        desk.sign_out().await.unwrap();
        let front = town.app.front_desk(None);
        let again = front
            .sign_in(
                &crate::town::address("a@example.org"),
                crate::town::PASSWORD,
                None,
            )
            .await
            .unwrap();
        let app::sign_in::SignIn::SignedIn(token) = again else {
            panic!("{again:?}")
        };
        let later = town.desk(&token).await;
        assert_eq!(
            later.member(case).await.unwrap().unwrap().passport,
            PassportState::ContactCenter
        );
        assert_eq!(
            later.enter_passport(case, "TK1234567", "").await.unwrap(),
            EnterPassport::ContactCenter
        );
        // A form that was opened in the first log-in comes when that is over: it counts, for some hours and no other.
        let (since, mark) = opened.split_once('.').unwrap();
        let since: i64 = since.parse().unwrap();
        for forged in ["", ".", "1.x", &format!("{}.{mark}", since + 1)] {
            let came = later.enter_passport(case, "TK1234567", forged).await;
            assert_eq!(came.unwrap(), EnterPassport::ContactCenter, "{forged}");
        }
        town.minutes(12 * 60 + 1);
        let late = later.enter_passport(case, "TK1234567", &opened).await;
        assert_eq!(late.unwrap(), EnterPassport::ContactCenter);
        town.minutes(-2);
        let slip = later.enter_passport(case, "-", &opened).await.unwrap();
        assert!(matches!(slip, EnterPassport::Problem(_)));
        let came = later.enter_passport(case, "TK1234567", &opened).await;
        assert_eq!(came.unwrap(), EnterPassport::Entered);
        assert_eq!(
            nurse.set_passport(case, "TK7654321").await.unwrap(),
            Ok(true)
        );
        assert_eq!(
            later.member(case).await.unwrap().unwrap().passport,
            PassportState::Entered
        );
    }
);

story!(
    a_passport_number_stands_in_the_record_that_is_kept_of_two,
    town,
    {
        let row = ",,Ana Traveller,1990-12-24,09012345678,en,2026-11-20,,2026-10-23,,";
        let kept = town.case(row).await;
        let number = town.case(&row.replace("11-20", "11-19")).await;
        let nurse = town.nurse().await;
        let of = async |number: &str| {
            let view = nurse.case_by_number(number).await.unwrap().unwrap();
            view.member.case
        };
        let (kept, merged) = (of(&kept).await, of(&number).await);
        crate::merges::merges(&nurse, kept, merged).await;
        let desk = town.account("a@example.org").await;
        let mut typed = hanako(&number);
        typed.name = "TRAVELLER ANA".to_owned();
        (typed.birth_year, typed.birth_month) = ("1990".to_owned(), "12".to_owned());
        typed.birth_day = "24".to_owned();
        let registered = register(&desk, &typed).await;
        assert!(matches!(registered, Registration::Registered(case) if case == merged));
        let asked = async || desk.member(merged).await.unwrap().unwrap();
        let member = asked().await;
        assert_eq!(member.passport, PassportState::Ask);
        let form = desk.passport_form(&member, "").unwrap();
        let enters = async |number: &str| {
            let entered = desk.enter_passport(merged, number, &form).await;
            entered.unwrap()
        };
        let known = async |case| {
            let view = nurse.case(case).await.unwrap().unwrap();
            view.passport.map(|number| number.expose().clone())
        };
        assert_eq!(enters("AB123456").await, EnterPassport::Entered);
        assert_eq!(known(kept).await.as_deref(), Some("AB123456"));
        assert_eq!(asked().await.passport, PassportState::Entered);
        // What the center enters is what stands, also by a page of the record that is not kept.
        assert_eq!(
            nurse.set_passport(kept, "CD765432").await.unwrap(),
            Ok(true)
        );
        assert_eq!(enters("AB123456").await, EnterPassport::AnotherStands);
        assert_eq!(enters("CD765432").await, EnterPassport::Entered);
        assert_eq!(nurse.set_passport(merged, "").await.unwrap(), Ok(true));
        assert_eq!(known(kept).await, None);
        assert_eq!(asked().await.passport, PassportState::Ask);
        assert_eq!(enters("EF123456").await, EnterPassport::Entered);
        assert_eq!(known(kept).await.as_deref(), Some("EF123456"));
        // They were two people: it is of the one who signed up with that number.
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(known(kept).await, None);
        assert_eq!(known(merged).await.as_deref(), Some("EF123456"));
    }
);
