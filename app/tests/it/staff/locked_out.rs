//! Who is locked out, by what, and who ends it.

use super::{app_shows, signs_in, told_of};
use crate::story;
use crate::town::{PASSWORD, address};
use app::keys::Token;
use app::second_factor::Prove;
use app::sign_in::SignIn;
use app::staff::{ChangeStaff, NewStaff, StaffVisit};
use app::staff_account::NewCodes;
use domain::staff_role::StaffRole;

story!(
    a_reset_ends_a_lock_out_and_correct_sign_ins_make_none,
    town,
    {
        let email = address("nurse@center.example");
        let front = town
            .app
            .front_desk(Some(std::net::IpAddr::from([192, 0, 2, 7])));
        for _ in 0..70 {
            let signed_in = front.sign_in_staff(&email, PASSWORD).await.unwrap();
            assert!(matches!(signed_in, SignIn::SignedIn(_)), "nobody was wrong");
        }
        for _ in 0..5 {
            let wrong = front
                .sign_in_staff(&email, "Wrong-Meadow-42")
                .await
                .unwrap();
            assert!(matches!(wrong, SignIn::Wrong));
        }
        let waits = front.sign_in_staff(&email, PASSWORD).await.unwrap();
        assert!(matches!(waits, SignIn::Wait));
        town.minutes(1);
        let new = "Another-Meadow-43";
        let system = town.app.system_desk();
        let reset = system.reset_staff(&email, new, false).await.unwrap();
        assert!(matches!(reset, app::staff::ResetStaff::Reset { .. }));
        let signed_in = front.sign_in_staff(&email, new).await.unwrap();
        assert!(matches!(signed_in, SignIn::SignedIn(_)), "{signed_in:?}");
        // What is wrong after that counts as ever.
        for _ in 0..5 {
            let wrong = front
                .sign_in_staff(&email, "Wrong-Meadow-42")
                .await
                .unwrap();
            assert!(matches!(wrong, SignIn::Wrong));
        }
        let waits = front.sign_in_staff(&email, new).await.unwrap();
        assert!(matches!(waits, SignIn::Wait));
    }
);

story!(an_administrator_sees_a_lock_out_and_ends_it, town, {
    let nurse = town.nurse().await;
    let place = NewStaff::place_of(nurse.health_center().await.unwrap().id);
    let admin = town
        .hires("admin@center.example", StaffRole::Administrator, place)
        .await;
    let email = address("hana@center.example");
    let hana = town
        .hires("hana@center.example", StaffRole::Nurse, place)
        .await;
    let nobody = address("nobody@center.example");
    let front = town
        .app
        .front_desk(Some(std::net::IpAddr::from([192, 0, 2, 7])));
    let until = async || {
        let (_, all) = admin.colleagues().await.unwrap();
        let locked = all.into_iter().filter(|one| one.locked_until.is_some());
        let of: Vec<_> = locked.map(|one| (one.id, one.locked_until)).collect();
        of
    };
    for at in 0..5 {
        assert!(until().await.is_empty(), "after {at} failures");
        for email in [&email, &nobody] {
            let wrong = front.sign_in_staff(email, "Wrong-Meadow-42").await.unwrap();
            assert!(matches!(wrong, SignIn::Wrong));
        }
        town.minutes(1);
    }
    // The first failure was five minutes ago; it is the oldest of five that count.
    let ends = town.clock.now() + jiff::SignedDuration::from_mins(10);
    assert_eq!(until().await, [(hana.id(), Some(ends))]);
    for _ in 0..3 {
        for email in [&email, &nobody] {
            let waits = front.sign_in_staff(email, PASSWORD).await.unwrap();
            assert!(matches!(waits, SignIn::Wait), "known or not");
        }
    }
    let count = async |word: &str| {
        let told = told_of(&admin, hana.id()).await;
        told.iter().filter(|action| *action == word).count()
    };
    assert_eq!(count("staff.locked_out").await, 1);
    // A nurse does not end it, and nobody their own.
    assert!(matches!(
        hana.end_lock_out(admin.id()).await,
        Err(app::Error::NotAllowed)
    ));
    let own = admin.end_lock_out(admin.id()).await.unwrap();
    assert_eq!(own, ChangeStaff::Oneself);
    let ended = admin.end_lock_out(hana.id()).await.unwrap();
    assert_eq!(ended, ChangeStaff::Changed);
    assert!(until().await.is_empty());
    assert_eq!(count("staff.let_in").await, 1);
    // The password is the one that she had.
    let signed_in = front.sign_in_staff(&email, PASSWORD).await.unwrap();
    assert!(matches!(signed_in, SignIn::SignedIn(_)), "{signed_in:?}");
    // What is over already is ended by nobody.
    admin.end_lock_out(hana.id()).await.unwrap();
    assert_eq!(count("staff.let_in").await, 1);
});

story!(
    wrong_codes_lock_out_too_and_a_used_code_is_called_so,
    town,
    {
        let place = NewStaff::place_of(town.nurse().await.health_center().await.unwrap().id);
        let admin = town
            .hires("admin@center.example", StaffRole::Administrator, place)
            .await;
        town.require_second_factor().await;
        let (_, lobby) = signs_in(&town, "nurse@center.example").await;
        let secret = lobby.set_up().await.unwrap().unwrap().secret;
        let code = app_shows(&secret, town.clock.now());
        let Prove::In(token, _) = lobby.confirm_set_up(&code).await.unwrap() else {
            panic!("a right code is refused");
        };
        let StaffVisit::In(nurse, _) = town.app.staff_visit(&token).await.unwrap() else {
            panic!("not in");
        };
        town.minutes(1);
        let code = app_shows(&secret, town.clock.now());
        let made = nurse.new_recovery_codes(&code).await.unwrap();
        assert!(matches!(made, NewCodes::Codes(_)));
        // The page is loaded again, which sends the form again, also long after; that is no failure.
        for _ in 0..7 {
            town.minutes(1);
            let again = nurse.new_recovery_codes(&code).await.unwrap();
            assert_eq!(again, NewCodes::Used);
        }
        let wrong = nurse.new_recovery_codes("000000").await.unwrap();
        assert_eq!(wrong, NewCodes::Wrong);

        let (_, lobby) = signs_in(&town, "nurse@center.example").await;
        let locked = async || {
            let (_, all) = admin.colleagues().await.unwrap();
            all.iter().filter(|one| one.locked_until.is_some()).count()
        };
        for _ in 0..5 {
            assert_eq!(locked().await, 0);
            assert!(matches!(lobby.prove("000000").await.unwrap(), Prove::Wrong));
        }
        assert_eq!(locked().await, 1);
        admin.end_lock_out(nurse.id()).await.unwrap();
        let code = app_shows(&secret, town.clock.now());
        assert!(matches!(lobby.prove(&code).await.unwrap(), Prove::In(..)));
        assert_eq!(locked().await, 0);
    }
);

story!(
    whoever_signs_in_again_and_again_has_six_sessions_and_a_stolen_password_ends_none,
    town,
    {
        town.require_second_factor().await;
        let (_, lobby) = signs_in(&town, "nurse@center.example").await;
        let secret = lobby.set_up().await.unwrap().unwrap().secret;
        let code = app_shows(&secret, town.clock.now());
        let Prove::In(first, _) = lobby.confirm_set_up(&code).await.unwrap() else {
            panic!("a right code is refused");
        };
        let is_in = async |token: &Token| {
            let visit = town.app.staff_visit(token).await.unwrap();
            matches!(visit, StaffVisit::In(..))
        };
        // Somebody who has the password and no second factor.
        for _ in 0..storage::session::MOST_OF_STAFF + 2 {
            signs_in(&town, "nurse@center.example").await;
        }
        assert!(is_in(&first).await, "it is worked in");
        let mut later = Vec::new();
        for _ in 0..storage::session::MOST_OF_STAFF {
            town.later(jiff::SignedDuration::from_secs(60));
            let (_, lobby) = signs_in(&town, "nurse@center.example").await;
            let code = app_shows(&secret, town.clock.now());
            let Prove::In(token, _) = lobby.prove(&code).await.unwrap() else {
                panic!("a right code is refused");
            };
            later.push(token);
        }
        assert!(
            !is_in(&first).await,
            "the one that was not used for longest"
        );
        for token in &later {
            assert!(is_in(token).await);
        }
    }
);

story!(
    a_place_that_must_wait_closes_no_address_and_who_is_closed_elsewhere_is_seen_and_let_in,
    town,
    {
        let nurse = town.nurse().await;
        let place = NewStaff::place_of(nurse.health_center().await.unwrap().id);
        let admin = town
            .hires("admin@center.example", StaffRole::Administrator, place)
            .await;
        let email = address("nurse@center.example");
        let known = town.app.known_browser(&email).await.unwrap();
        let from = |network: u8| {
            let ip = std::net::IpAddr::from([198, 51, 100, network]);
            town.app.front_desk(Some(ip))
        };
        for n in 0..70 {
            match from(0).sign_in_staff(&email, "Wrong-Meadow-42").await {
                Ok(SignIn::Wrong) if n < 5 => {}
                Ok(SignIn::Wait) if n >= 5 => {}
                other => panic!("{n}: {other:?}"),
            }
        }
        let elsewhere = from(100).sign_in_staff(&email, PASSWORD).await.unwrap();
        assert!(matches!(elsewhere, SignIn::SignedIn(_)), "{elsewhere:?}");
        // With those of the first place, sixty at which somebody has looked.
        for network in 1..=11 {
            for _ in 0..5 {
                let wrong = from(network).sign_in_staff(&email, "Wrong-Meadow-42").await;
                assert!(matches!(wrong, Ok(SignIn::Wrong)), "{network}");
            }
        }
        for _ in 0..7 {
            let waits = from(100).sign_in_staff(&email, PASSWORD).await.unwrap();
            assert!(matches!(waits, SignIn::Wait), "{waits:?}");
        }
        let at_work = from(101).knowing(Some(&known));
        let signed_in = at_work.sign_in_staff(&email, PASSWORD).await.unwrap();
        assert!(matches!(signed_in, SignIn::SignedIn(_)), "{signed_in:?}");
        // She has come in there, and is locked out everywhere else.
        let until = async || {
            let (_, all) = admin.colleagues().await.unwrap();
            let hers = all.into_iter().find(|one| one.id == nurse.id());
            hers.and_then(|one| one.locked_until)
        };
        let ends = town.clock.now() + jiff::SignedDuration::from_hours(1);
        assert_eq!(until().await, Some(ends));
        admin.end_lock_out(nurse.id()).await.unwrap();
        assert_eq!(until().await, None);
        // What she tried while her address was closed was none of the five of her place.
        let signed_in = from(100).sign_in_staff(&email, PASSWORD).await.unwrap();
        assert!(matches!(signed_in, SignIn::SignedIn(_)), "{signed_in:?}");
    }
);

story!(
    a_clock_that_was_ahead_lets_nobody_guess_once_it_is_right,
    town,
    {
        let place = NewStaff::place_of(town.nurse().await.health_center().await.unwrap().id);
        let admin = town
            .hires("admin@center.example", StaffRole::Administrator, place)
            .await;
        let front = town
            .app
            .front_desk(Some(std::net::IpAddr::from([192, 0, 2, 7])));
        let fails = async |email: &str| {
            let email = address(email);
            for at in 0..5 {
                let wrong = front.sign_in_staff(&email, "Wrong-Meadow-42").await;
                let wrong = wrong.unwrap();
                assert!(matches!(wrong, SignIn::Wrong), "{at}: {wrong:?}");
            }
        };
        let until = async |id| {
            let (_, all) = admin.colleagues().await.unwrap();
            let one = all.into_iter().find(|one| one.id == id);
            one.and_then(|one| one.locked_until)
        };
        let told = async |id| {
            let all = told_of(&admin, id).await;
            let lines = all.iter().filter(|action| *action == "staff.locked_out");
            lines.count()
        };
        let (hana, mei) = ("hana@center.example", "mei@center.example");
        let let_in = town.hires(hana, StaffRole::Nurse, place).await.id();
        let marked = town.hires(mei, StaffRole::Nurse, place).await.id();
        town.days(1);
        for email in [hana, mei] {
            fails(email).await;
        }
        let ended = admin.end_lock_out(let_in).await.unwrap();
        assert_eq!(ended, ChangeStaff::Changed);

        town.days(-1);
        assert_eq!(until(marked).await, None, "the limits hold her up no more");
        for (email, id) in [(hana, let_in), (mei, marked)] {
            let before = told(id).await;
            fails(email).await;
            let waits = front.sign_in_staff(&address(email), PASSWORD).await;
            assert!(matches!(waits, Ok(SignIn::Wait)), "{waits:?}");
            let ends = town.clock.now() + jiff::SignedDuration::from_mins(15);
            assert_eq!(until(id).await, Some(ends));
            assert_eq!(told(id).await, before + 1);
        }
    }
);
