//! Staff: invitations, second factors, rights, and the log that cannot be forged.

use crate::reports::{family, sends};
use crate::story;
use crate::town::{PASSWORD, Town, address};
use app::audit::{AuditCheck, AuditFound, AuditSearch};
use app::audit_heads::AuditHeads;
use app::keys::Token;
use app::second_factor::Prove;
use app::sign_in::SignIn;
use app::staff::{
    ChangeStaff, ChoosePassword, Invite, NewStaff, STAFF_PAGE, StaffLobby, StaffVisit, Wished,
};
use app::staff_account::NewCodes;
use app::worklist::Filter;
use domain::language::Language;
use domain::staff_role::StaffRole;
use hmac::{Hmac, KeyInit, Mac};

/// What an authenticator app shows: RFC 6238.
pub fn app_shows(secret: &str, at: jiff::Timestamp) -> String {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bytes, mut bits, mut have) = (Vec::new(), 0u32, 0);
    for letter in secret.chars() {
        bits = (bits << 5) | u32::try_from(letters.find(letter).unwrap()).unwrap();
        have += 5;
        if have >= 8 {
            have -= 8;
            bytes.push((bits >> have) as u8);
        }
    }
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&bytes).unwrap();
    mac.update(&(at.as_second() / 30).to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let from = usize::from(digest[19] & 15);
    let word: [u8; 4] = digest[from..from + 4].try_into().unwrap();
    format!(
        "{:06}",
        (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000
    )
}

pub async fn signs_in(town: &Town, email: &str) -> (Token, StaffLobby) {
    let front = town.app.front_desk(None);
    let SignIn::SignedIn(token) = front
        .sign_in_staff(&address(email), PASSWORD)
        .await
        .unwrap()
    else {
        panic!("not signed in");
    };
    match town.app.staff_visit(&token).await.unwrap() {
        StaffVisit::Unproved(lobby) => (token, lobby),
        _ => panic!("let in without a second factor"),
    }
}

/// The chain of the lines about a case.
fn chain_of(case: domain::ids::CaseId, database: &storage::Db) -> i32 {
    let line = storage::audit::AuditEntry {
        at: jiff::Timestamp::UNIX_EPOCH,
        actor_kind: String::new(),
        actor: None,
        place: None,
        action: String::new(),
        case: Some(case),
        subject: None,
        details: String::new(),
    };
    storage::audit::chain_of(&line, database.is_embedded())
}

story!(
    a_password_alone_opens_nothing_and_no_code_works_twice,
    town,
    {
        town.require_second_factor().await;
        let (token, lobby) = signs_in(&town, "nurse@center.example").await;
        let set_up = lobby.set_up().await.unwrap().unwrap();
        assert!(set_up.address.contains(&set_up.secret) && set_up.qr.contains("<path"));
        assert!(matches!(lobby.prove("000000").await.unwrap(), Prove::Wrong));
        assert!(matches!(
            lobby.confirm_set_up("000000").await.unwrap(),
            Prove::Wrong
        ));
        let code = app_shows(&set_up.secret, town.clock.now());
        let Prove::In(proved, codes) = lobby.confirm_set_up(&code).await.unwrap() else {
            panic!("a right code is refused");
        };
        assert_eq!(codes.len(), 10);
        assert!(
            matches!(
                town.app.staff_visit(&token).await.unwrap(),
                StaffVisit::Nobody
            ),
            "a new token"
        );
        assert!(matches!(
            town.app.staff_visit(&proved).await.unwrap(),
            StaffVisit::In(..)
        ));

        let (_, lobby) = signs_in(&town, "nurse@center.example").await;
        assert!(lobby.set_up().await.unwrap().is_none());
        assert!(
            matches!(lobby.prove(&code).await.unwrap(), Prove::Wrong),
            "used at the set-up"
        );
        town.later(jiff::SignedDuration::from_secs(60));
        let code = app_shows(&set_up.secret, town.clock.now());
        let (a, b) = tokio::join!(lobby.prove(&code), lobby.prove(&code));
        let good = [a.unwrap(), b.unwrap()];
        assert_eq!(
            good.iter().filter(|p| matches!(p, Prove::In(..))).count(),
            1
        );

        // The phone is lost: a recovery code works once, in any spelling.
        let (_, lobby) = signs_in(&town, "nurse@center.example").await;
        let spelt = codes[3].to_uppercase().replace('-', " ");
        assert!(matches!(lobby.prove(&spelt).await.unwrap(), Prove::In(..)));
        let (_, lobby) = signs_in(&town, "nurse@center.example").await;
        assert!(matches!(
            lobby.prove(&codes[3]).await.unwrap(),
            Prove::Wrong
        ));
        // Guessing ends.
        for _ in 0..4 {
            assert!(matches!(lobby.prove("111111").await.unwrap(), Prove::Wrong));
        }
        assert!(matches!(lobby.prove(&codes[4]).await.unwrap(), Prove::Wait));
    }
);

story!(
    a_session_that_is_not_used_locks_and_the_password_unlocks_it,
    town,
    {
        let front = town.app.front_desk(None);
        let email = address("nurse@center.example");
        let SignIn::SignedIn(token) = front.sign_in_staff(&email, PASSWORD).await.unwrap() else {
            panic!("not signed in");
        };
        town.minutes(15);
        assert!(matches!(
            town.app.staff_visit(&token).await.unwrap(),
            StaffVisit::In(_, true)
        ));
        town.minutes(1);
        let StaffVisit::Locked(lobby) = town.app.staff_visit(&token).await.unwrap() else {
            panic!("not locked");
        };
        assert!(matches!(lobby.unlock("wrong").await.unwrap(), Prove::Wrong));
        let Prove::In(token, _) = lobby.unlock(PASSWORD).await.unwrap() else {
            panic!("the password does not unlock");
        };
        assert!(matches!(
            town.app.staff_visit(&token).await.unwrap(),
            StaffVisit::In(..)
        ));
        town.minutes(12 * 60);
        assert!(matches!(
            town.app.staff_visit(&token).await.unwrap(),
            StaffVisit::Nobody
        ));
    }
);

story!(
    somebody_is_invited_chooses_a_password_and_is_shut_out_again,
    town,
    {
        let admin = town.nurse().await;
        let place = NewStaff::place_of(admin.health_center().await.unwrap().id);
        let email = address("mika@center.example");
        let invite = async |role| {
            admin
                .invite(&email, "Mika", role, place, Language::En)
                .await
        };
        assert_eq!(invite(StaffRole::Analyst).await.unwrap(), Invite::Place);
        assert_eq!(invite(StaffRole::Clerk).await.unwrap(), Invite::Invited);
        let mail = town.newest_mail().await;
        let link = mail.split("/invitation/").nth(1).unwrap();
        let link = Token::parse(link.split_whitespace().next().unwrap()).unwrap();
        let front = town.app.front_desk(None);
        assert_eq!(
            front.staff_link(&link).await.unwrap().as_deref(),
            Some("Mika")
        );
        assert!(matches!(
            front.choose_staff_password(&link, "abc").await.unwrap(),
            ChoosePassword::Weak(_)
        ));
        assert_eq!(
            front.choose_staff_password(&link, PASSWORD).await.unwrap(),
            ChoosePassword::Chosen
        );
        assert_eq!(
            front.choose_staff_password(&link, PASSWORD).await.unwrap(),
            ChoosePassword::LinkIsOver
        );
        let mika = town.staff("mika@center.example").await;
        let taken = invite(StaffRole::Nurse).await.unwrap();
        assert!(matches!(
            taken,
            Invite::Taken {
                role: StaffRole::Clerk,
                ..
            }
        ));
        // A clerk does not read health answers, and manages nobody.
        let list = mika
            .worklist(None, Filter::default())
            .await
            .unwrap()
            .unwrap();
        assert!(list.alerts.is_empty());
        assert!(matches!(
            mika.colleagues().await,
            Err(app::Error::NotAllowed)
        ));
        let (_, staff) = admin.colleagues().await.unwrap();
        let seen = staff.iter().find(|s| s.name == "Mika").unwrap();
        let change = async |role, out, version| {
            admin
                .change_staff(seen.id, role, out, version)
                .await
                .unwrap()
        };
        assert_eq!(
            change(StaffRole::Nurse, false, seen.version).await,
            ChangeStaff::Changed
        );
        assert_eq!(
            change(StaffRole::Clerk, true, seen.version).await,
            ChangeStaff::ChangedMeanwhile
        );
        assert_eq!(
            change(StaffRole::Nurse, true, seen.version + 1).await,
            ChangeStaff::Changed
        );
        let shut_out = front.sign_in_staff(&email, PASSWORD).await.unwrap();
        assert!(matches!(shut_out, SignIn::Wrong));
        assert_eq!(
            admin
                .change_staff(admin.id(), StaffRole::Clerk, true, 1)
                .await
                .unwrap(),
            ChangeStaff::Oneself
        );
    }
);

story!(a_clerk_opens_a_person_without_the_answers, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "38.5", "91").await;
    let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
    let clerk = town
        .hires(
            "clerk@center.example",
            StaffRole::Clerk,
            NewStaff::place_of(center),
        )
        .await;
    let view = clerk.open_case(case).await.unwrap().unwrap();
    assert!(view.reports.is_empty());
    let (_, reports) = desk.history(case).await.unwrap().unwrap();
    assert!(
        reports[0].opened_at.is_none(),
        "a clerk's look is no reading"
    );
    let following = clerk.following_of(case).await.unwrap().unwrap();
    assert!(following.alert.is_none() && following.monitoring.spo2.is_none());
    let contractor = town
        .hires(
            "firm@center.example",
            StaffRole::Contractor,
            NewStaff::place_of(center),
        )
        .await;
    assert!(
        contractor.case(case).await.unwrap().is_none(),
        "not what it entered"
    );
    assert!(matches!(
        contractor.cases("", 0).await,
        Err(app::Error::NotAllowed)
    ));
});

story!(
    of_many_staff_a_page_is_shown_and_one_is_searched_for,
    town,
    {
        let admin = town.nurse().await;
        let place = NewStaff::place_of(admin.health_center().await.unwrap().id);
        for number in 0..STAFF_PAGE + 5 {
            let email = address(&format!("n{number:03}@center.example"));
            let name = format!("Nurse {number:03}");
            let invited = admin.invite(&email, &name, StaffRole::Nurse, place, Language::En);
            assert_eq!(invited.await.unwrap(), Invite::Invited);
        }
        let some = async |wished| admin.some_colleagues(wished).await.unwrap();
        let first = some(Wished::Page(0)).await;
        assert_eq!((first.staff.len(), first.pages), (STAFF_PAGE, 2));
        assert_eq!(first.count, STAFF_PAGE + 6);
        let last = some(Wished::Page(900)).await;
        assert_eq!((last.at, last.staff.len()), (1, 6));
        let found = some(Wished::Found("nurse 054".to_owned())).await;
        assert_eq!(
            (found.found, found.staff[0].name.as_str()),
            (1, "Nurse 054")
        );
        // The page on which somebody stands who was just changed.
        assert_eq!(some(Wished::PageOf(found.staff[0].id)).await.at, 1);
        let by_mail = some(Wished::Found("N007@Center".to_owned())).await;
        assert_eq!(by_mail.staff[0].name, "Nurse 007");
        assert_eq!(some(Wished::Found("nobody".to_owned())).await.found, 0);
    }
);

story!(
    a_line_of_the_audit_log_that_is_altered_or_removed_is_found,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        for _ in 0..5 {
            sends(&desk, case, "36.5", "98").await;
            nurse.open_case(case).await.unwrap().unwrap();
        }
        let system = town.app.system_desk();
        let AuditCheck { lines, problems } = system.check_audit().await.unwrap();
        assert!(lines > 10 && problems.is_empty(), "{problems:?}");
        let database = town.database().await;
        let chain = chain_of(case, &database);
        let change = async |sql: &'static str| {
            database
                .write(move |tx| tx.execute(sql, &[&chain]))
                .await
                .unwrap()
        };
        let problems = async || town.app.system_desk().check_audit().await.unwrap().problems;
        assert_eq!(
            change("UPDATE audit_log SET details = details || '§' WHERE chain = $1 AND seq = 4")
                .await,
            1
        );
        assert_eq!(
            problems().await,
            [format!("chain {chain}: line 4 was altered")]
        );
        change(
            "UPDATE audit_log SET details = replace(details, '§', '') WHERE chain = $1 AND seq = 4",
        )
        .await;
        assert!(problems().await.is_empty());
        change("DELETE FROM audit_log WHERE chain = $1 AND seq >= 8").await;
        assert!(
            problems().await[0].contains("the lines from 8 to"),
            "the tail"
        );
        // Whoever cuts the end off and says that it was always so is found, too.
        change("UPDATE audit_heads SET seq = 7 WHERE chain = $1").await;
        assert!(problems().await[0].contains("where it ends was altered"));
        change("DELETE FROM audit_heads WHERE chain = $1").await;
        assert_eq!(problems().await, [format!("chain {chain} is gone")]);
        change("INSERT INTO audit_heads (chain, seq, last_mac, mac) SELECT chain, 7, mac, mac FROM audit_log WHERE chain = $1 AND seq = 7").await;
        assert!(problems().await[0].contains("where it ends was altered"));
        // Whoever reports meanwhile is not turned away for what somebody has done to the log, and nothing hides it.
        sends(&desk, case, "36.6", "98").await;
        assert!(!problems().await.is_empty());
        change("DELETE FROM audit_heads WHERE chain = $1").await;
        sends(&desk, case, "36.7", "98").await;
        assert!(!problems().await.is_empty());
        change("UPDATE audit_heads SET seq = 1 WHERE chain = $1").await;
        sends(&desk, case, "36.8", "98").await;
        assert!(!problems().await.is_empty());
    }
);

story!(a_line_that_is_missing_in_the_middle_is_found, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    for _ in 0..5 {
        sends(&desk, case, "36.5", "98").await;
    }
    let database = town.database().await;
    let chain = chain_of(case, &database);
    let change = async |sql: &'static str| {
        database
            .write(move |tx| tx.execute(sql, &[&chain]))
            .await
            .unwrap()
    };
    let problems = async || town.app.system_desk().check_audit().await.unwrap().problems;
    change("DELETE FROM audit_log WHERE chain = $1 AND seq = 3").await;
    assert_eq!(
        problems().await,
        [format!("chain {chain}: line 3 is missing")]
    );
});

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

/// What the audit log says of somebody, the latest first.
async fn told_of(desk: &app::StaffDesk, id: domain::ids::StaffId) -> Vec<String> {
    let search = AuditSearch::default();
    let zone = jiff::tz::TimeZone::UTC;
    let found = desk.audit_of_staff(id, &search, &zone);
    let Some(AuditFound::Lines(lines)) = found.await.unwrap() else {
        panic!("nobody");
    };
    lines.into_iter().map(|line| line.action).collect()
}

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

story!(a_log_cut_back_to_an_earlier_end_is_found_by_a_copy, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let database = town.database().await;
    let kept_at = async || AuditHeads::now(&database).await.unwrap();
    let earlier = database.read(storage::audit::heads).await.unwrap();
    for _ in 0..3 {
        sends(&desk, case, "36.5", "98").await;
        nurse.open_case(case).await.unwrap().unwrap();
    }
    let kept = AuditHeads::parse(&kept_at().await.to_text()).unwrap();
    assert!(kept.missing_from(&database).await.unwrap().is_empty());
    sends(&desk, case, "36.5", "98").await;
    assert!(
        kept.missing_from(&database).await.unwrap().is_empty(),
        "it grew"
    );
    // Whoever has the database puts all ends back as they were, and deletes what came after.
    database
        .write(move |tx| {
            for head in &earlier {
                let of = (&head.chain, &head.seq);
                tx.execute(
                    "DELETE FROM audit_log WHERE chain = $1 AND seq > $2",
                    &[of.0, of.1],
                )?;
                tx.execute(
                    "UPDATE audit_heads SET seq = $2, last_mac = $3, mac = $4 WHERE chain = $1",
                    &[of.0, of.1, &head.last_mac, &head.mac],
                )?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let system = town.app.system_desk();
    assert!(
        system.check_audit().await.unwrap().problems.is_empty(),
        "right in itself"
    );
    let missing = kept.missing_from(&database).await.unwrap();
    assert!(!missing.is_empty());
    assert!(
        missing
            .iter()
            .all(|told| told.ends_with("was there and is gone")),
        "{missing:?}"
    );
});

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
