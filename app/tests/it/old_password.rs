//! A password takes a moment to look at, and somebody may change it, or take it away, within that moment: whoever was told that
//! the old one stops working is told the truth.

use crate::story;
use crate::town::{PASSWORD, Town, address};
use app::keys::Token;
use app::password_reset::NewPassword;
use app::sign_in::SignIn;
use app::staff::{ChangeStaff, ChoosePassword, NewStaff, StaffVisit};
use app::staff_account::NewPassword as NewStaffPassword;
use domain::language::Language;
use domain::staff_role::StaffRole;
use std::time::Duration;
use tokio::task::JoinSet;

const NEW: &str = "Owner-Meadow-77";
const OTHER: &str = "Thief-Meadow-99";

/// Somebody signs in with the old password again and again, a few milliseconds apart.
fn goes_on(town: &Town, email: &'static str, is_staff: bool) -> JoinSet<Option<Token>> {
    let mut tries = JoinSet::new();
    for at in 0..8 {
        let front = town.app.front_desk(None);
        tries.spawn(async move {
            tokio::time::sleep(Duration::from_millis(at * 8)).await;
            let email = address(email);
            let tried = match is_staff {
                true => front.sign_in_staff(&email, PASSWORD).await,
                false => front.sign_in(&email, PASSWORD, None).await,
            };
            match tried {
                Ok(SignIn::SignedIn(token)) => Some(token),
                _ => None,
            }
        });
    }
    tries
}

story!(
    no_browser_stays_signed_in_by_a_password_that_was_changed,
    town,
    {
        let session = town.signs_up("a@example.org", PASSWORD).await;
        let desk = town.desk(&session).await;
        let mut tries = goes_on(&town, "a@example.org", false);
        tokio::time::sleep(Duration::from_millis(20)).await;
        let saved = desk.change_password(PASSWORD, NEW).await.unwrap();
        assert!(matches!(saved, NewPassword::Saved(_)));
        while let Some(token) = tries.join_next().await {
            if let Some(token) = token.unwrap() {
                let left = town.app.patient_desk(&token, None).await.unwrap();
                assert!(left.is_none(), "signed in by the old password");
            }
        }
        assert!(
            town.app
                .patient_desk(&session, None)
                .await
                .unwrap()
                .is_some()
        );
    }
);

story!(of_two_who_change_a_password_one_is_told_so, town, {
    let first = town.signs_up("a@example.org", PASSWORD).await;
    let second = town.signed_in("a@example.org").await;
    let first = town.desk(&first).await;
    let (one, other) = tokio::join!(
        first.change_password(PASSWORD, NEW),
        second.change_password(PASSWORD, OTHER)
    );
    let holds = match (one.unwrap(), other.unwrap()) {
        (NewPassword::Saved(_), NewPassword::WrongCurrent) => NEW,
        (NewPassword::WrongCurrent, NewPassword::Saved(_)) => OTHER,
        both => panic!("{both:?}"),
    };
    let front = town.app.front_desk(None);
    let email = address("a@example.org");
    let signed_in = front.sign_in(&email, holds, None).await.unwrap();
    assert!(matches!(signed_in, SignIn::SignedIn(_)));
});

story!(
    whoever_knows_a_password_that_is_taken_away_does_not_come_in_beside,
    town,
    {
        let place = NewStaff::place_of(town.nurse().await.health_center().await.unwrap().id);
        let admin = town
            .hires("admin@center.example", StaffRole::Administrator, place)
            .await;
        let mika = town
            .hires("mika@center.example", StaffRole::Nurse, place)
            .await;
        let mut tries = goes_on(&town, "mika@center.example", true);
        // Somebody sits in her session, too, and knows her password.
        let in_hers = mika.clone();
        let changes =
            tokio::spawn(async move { in_hers.change_my_password(PASSWORD, OTHER).await });
        tokio::time::sleep(Duration::from_millis(20)).await;
        let reset = admin.reset_staff(mika.id(), Language::En).await.unwrap();
        assert_eq!(reset, ChangeStaff::Changed);
        let changed = changes.await.unwrap();
        while let Some(token) = tries.join_next().await {
            if let Some(token) = token.unwrap() {
                let visit = town.app.staff_visit(&token).await.unwrap();
                assert!(matches!(visit, StaffVisit::Nobody));
            }
        }
        // Whichever was first: afterwards the link holds, and nothing else.
        assert!(matches!(
            changed,
            Ok(NewStaffPassword::Changed | NewStaffPassword::Wrong)
        ));
        let front = town.app.front_desk(None);
        let email = address("mika@center.example");
        for old in [PASSWORD, OTHER] {
            let refused = front.sign_in_staff(&email, old).await.unwrap();
            assert!(!matches!(refused, SignIn::SignedIn(_)), "{changed:?}");
        }
    }
);

story!(
    whoever_chooses_a_password_by_a_link_finds_nobody_elses_second_factor,
    town,
    {
        let place = NewStaff::place_of(town.nurse().await.health_center().await.unwrap().id);
        let admin = town
            .hires("admin@center.example", StaffRole::Administrator, place)
            .await;
        let mika = town
            .hires("mika@center.example", StaffRole::Nurse, place)
            .await;
        town.new_mails().await;
        admin.reset_staff(mika.id(), Language::En).await.unwrap();
        let mail = town.newest_mail().await;
        let link = mail.split("/invitation/").nth(1).unwrap();
        let link = Token::parse(link.split_whitespace().next().unwrap()).unwrap();
        // However it came there.
        let id = mika.id();
        let database = town.database().await;
        database
            .write(move |tx| storage::staff::set_totp(tx, id, Some(b"somebody's"), None))
            .await
            .unwrap();
        let front = town.app.front_desk(None);
        let chosen = front.choose_staff_password(&link, NEW).await.unwrap();
        assert_eq!(chosen, ChoosePassword::Chosen);
        let hers = database.read(move |tx| storage::staff::find(tx, id)).await;
        assert!(hers.unwrap().unwrap().totp_sealed.is_none());
    }
);

story!(
    a_right_password_is_no_wrong_try_whatever_the_new_one_is,
    town,
    {
        let nurse = town.nurse().await;
        for _ in 0..8 {
            let tried = nurse.change_my_password(PASSWORD, "abc").await.unwrap();
            assert!(matches!(tried, NewStaffPassword::Weak(_)), "{tried:?}");
        }
        // Wrong ones count as ever.
        for _ in 0..4 {
            let tried = nurse.change_my_password("Wrong-Meadow-42", NEW).await;
            assert_eq!(tried.unwrap(), NewStaffPassword::Wrong);
        }
        let changed = nurse.change_my_password(PASSWORD, NEW).await.unwrap();
        assert_eq!(changed, NewStaffPassword::Changed);
        for _ in 0..5 {
            let tried = nurse.change_my_password("Wrong-Meadow-42", OTHER).await;
            assert_eq!(tried.unwrap(), NewStaffPassword::Wrong);
        }
        let waits = nurse.change_my_password(NEW, OTHER).await.unwrap();
        assert_eq!(waits, NewStaffPassword::Wait);
    }
);
