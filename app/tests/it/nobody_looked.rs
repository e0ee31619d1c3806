//! A password at which nobody looked was not wrong, and counts against nobody. Mostly no core was free; here what is kept cannot
//! be read for a while, which needs no crowd.

use crate::story;
use crate::town::{PASSWORD, Town, address};
use app::password_reset::NewPassword;
use app::second_factor::Prove;
use app::sign_in::SignIn;
use app::staff::StaffVisit;
use app::staff_account::NewPassword as NewStaffPassword;

const NEW: &str = "Owner-Meadow-77";

/// What is kept of the passwords of a family and of the staff.
async fn kept(town: &Town) -> (String, String) {
    let database = town.database().await;
    database
        .read(|tx| {
            let family = "SELECT max(password_hash) FROM accounts";
            let staff = "SELECT max(password_hash) FROM staff_members";
            Ok((
                tx.query_one(family, &[], |row| row.get(0))?,
                tx.query_one(staff, &[], |row| row.get(0))?,
            ))
        })
        .await
        .unwrap()
}

/// Keeps something else in their place.
async fn keeps(town: &Town, (family, staff): (String, String)) {
    let database = town.database().await;
    database
        .write(move |tx| {
            tx.execute("UPDATE accounts SET password_hash = $1", &[&family])?;
            tx.execute("UPDATE staff_members SET password_hash = $1", &[&staff])
        })
        .await
        .unwrap();
}

story!(
    who_was_sent_away_before_a_password_was_looked_at_has_not_failed,
    town,
    {
        let desk = town.account("a@example.org").await;
        let (front, nurse) = (town.app.front_desk(None), town.nurse().await);
        let (family, staff) = (address("a@example.org"), address("nurse@center.example"));
        let SignIn::SignedIn(token) = front.sign_in_staff(&staff, PASSWORD).await.unwrap() else {
            panic!("not signed in");
        };
        town.minutes(16);
        let StaffVisit::Locked(locked) = town.app.staff_visit(&token).await.unwrap() else {
            panic!("not locked");
        };
        let stood = kept(&town).await;
        keeps(&town, ("?".to_owned(), "?".to_owned())).await;
        for at in 0..11 {
            assert!(locked.unlock(PASSWORD).await.is_err(), "{at}");
            let changed = nurse.change_my_password(PASSWORD, NEW).await;
            assert!(changed.is_err(), "{at}: {changed:?}");
            let changed = desk.change_password(PASSWORD, NEW).await;
            assert!(changed.is_err(), "{at}: {changed:?}");
            let came_in = front.sign_in(&family, PASSWORD, None).await;
            assert!(came_in.is_err(), "{at}: {came_in:?}");
            let came_in = front.sign_in_staff(&staff, PASSWORD).await;
            assert!(came_in.is_err(), "{at}: {came_in:?}");
        }
        keeps(&town, stood).await;
        assert!(matches!(
            locked.unlock(PASSWORD).await.unwrap(),
            Prove::In(..)
        ));
        let changed = desk.change_password(PASSWORD, NEW).await.unwrap();
        assert!(matches!(changed, NewPassword::Saved(_)), "{changed:?}");
        let changed = nurse.change_my_password(PASSWORD, NEW).await.unwrap();
        assert!(matches!(changed, NewStaffPassword::Changed), "{changed:?}");
    }
);
