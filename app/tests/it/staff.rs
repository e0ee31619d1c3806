//! Staff: invitations, second factors, rights, and the log that cannot be forged.

mod locked_out;
mod log;

use crate::reports::{family, sends};
use crate::story;
use crate::town::{PASSWORD, Town, address};
use app::audit::{AuditFound, AuditSearch};
use app::keys::Token;
use app::second_factor::Prove;
use app::sign_in::SignIn;
use app::staff::{
    ChangeStaff, ChoosePassword, Invite, NewStaff, STAFF_PAGE, StaffLobby, StaffVisit, Wished,
};
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

story!(a_clock_that_was_ahead_leaves_no_session_open, town, {
    let front = town.app.front_desk(None);
    let email = address("nurse@center.example");
    let signs_in = async || match front.sign_in_staff(&email, PASSWORD).await.unwrap() {
        SignIn::SignedIn(token) => token,
        other => panic!("{other:?}"),
    };
    let unlocks = async |token: &Token| {
        let StaffVisit::Locked(lobby) = town.app.staff_visit(token).await.unwrap() else {
            panic!("not locked");
        };
        match lobby.unlock(PASSWORD).await.unwrap() {
            Prove::In(token, _) => token,
            _ => panic!("the password does not unlock"),
        }
    };
    let token = signs_in().await;
    // A machine comes up with its clock nine hours ahead.
    town.minutes(9 * 60);
    let token = unlocks(&token).await;
    let begun_then = signs_in().await;
    town.minutes(-9 * 60);
    assert!(matches!(
        town.app.staff_visit(&begun_then).await.unwrap(),
        StaffVisit::Nobody
    ));
    let token = unlocks(&token).await;
    assert!(matches!(
        town.app.staff_visit(&token).await.unwrap(),
        StaffVisit::In(..)
    ));
    town.minutes(16);
    unlocks(&token).await;
});

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
