//! Somebody has once had a hand on a mailbox, a password or a phone, or has an account of their own: what they can do is over
//! when its owner does what one should, and takes nothing from others.

use crate::reports::{family, form, sends};
use crate::staff::{app_shows, signs_in};
use crate::story;
use crate::town::{PASSWORD, Town, address, hanako, register};
use app::attributes::{Registration, Typed};
use app::closed_history::{OpenHistory, TypedProof};
use app::code::CodeCheck;
use app::kept_page::Holder;
use app::keys::Token;
use app::password_reset::NewPassword;
use app::second_factor::Prove;
use app::sign_in::SignIn;
use app::staff::{ChoosePassword, Invite, NewStaff, ResetStaff, StaffVisit};
use app::status_report::Submit;
use domain::language::Language;
use domain::password::PasswordProblem;
use domain::staff_role::StaffRole;

/// A walk to a new password on which the code was right.
pub async fn walks(town: &mut Town, mail: &str) -> Token {
    town.new_mails().await;
    let (front, token) = (town.app.front_desk(None), Token::generate());
    let asked = front.request_password_reset(&token, address(mail), Language::En);
    asked.await.unwrap();
    let code = town.newest_code().await;
    let (checked, token) = front.verify_code(&token, &code).await.unwrap();
    assert_eq!(checked, CodeCheck::Right);
    token
}

async fn takes(town: &Town, walk: &Token) -> bool {
    let front = town.app.front_desk(None);
    let saved = front.save_new_password(walk, "Attack-Winter-55", Language::En);
    matches!(saved.await.unwrap(), NewPassword::Saved(_))
}

story!(
    whoever_had_a_moment_at_the_mailbox_is_out_when_the_owner_acts,
    town,
    {
        let mail = "a@example.org";
        let owner = town.account(mail).await;
        let walk = walks(&mut town, mail).await;
        let new = "Owner-Meadow-77";
        let changed = owner.change_password(PASSWORD, new).await.unwrap();
        assert!(matches!(changed, NewPassword::Saved(_)));
        assert!(!takes(&town, &walk).await);

        town.minutes(2);
        let walk = walks(&mut town, mail).await;
        owner.sign_out_everywhere().await.unwrap();
        assert!(!takes(&town, &walk).await);

        // Nor does a page that was left open lead to a new password an hour later.
        town.minutes(2);
        let walk = walks(&mut town, mail).await;
        town.minutes(31);
        assert!(!takes(&town, &walk).await);
        let walk = walks(&mut town, mail).await;
        town.minutes(29);
        assert!(takes(&town, &walk).await, "the way itself is open");
    }
);

story!(
    a_browser_that_knew_an_earlier_password_is_a_strangers,
    town,
    {
        let mail = "a@example.org";
        let owner = town.account(mail).await;
        let email = address(mail);
        let known = town.app.known_browser(&email).await.unwrap();
        let there = town.app.front_desk(None).knowing(Some(&known));
        assert!(there.knows(&email).await.unwrap());
        let new = "Owner-Meadow-77";
        owner.change_password(PASSWORD, new).await.unwrap();
        assert!(!there.knows(&email).await.unwrap());
        let again = town.app.known_browser(&email).await.unwrap();
        let here = town.app.front_desk(None).knowing(Some(&again));
        assert!(here.knows(&email).await.unwrap());
        // Of staff, too.
        let email = address("nurse@center.example");
        let known = town.app.known_browser(&email).await.unwrap();
        let there = town.app.front_desk(None).knowing(Some(&known));
        assert!(there.knows(&email).await.unwrap());
        let system = town.app.system_desk();
        let reset = system.reset_staff(&email, new, false).await.unwrap();
        assert!(matches!(reset, ResetStaff::Reset { .. }));
        assert!(!there.knows(&email).await.unwrap());
    }
);

story!(
    an_invitation_that_lies_about_leads_nowhere_after_a_reset,
    town,
    {
        let admin = town.nurse().await;
        let place = NewStaff::place_of(admin.health_center().await.unwrap().id);
        let email = address("mika@center.example");
        let invited = admin.invite(&email, "Mika", StaffRole::Clerk, place, Language::En);
        assert_eq!(invited.await.unwrap(), Invite::Invited);
        let mail = town.newest_mail().await;
        let link = mail.split("/invitation/").nth(1).unwrap();
        let link = Token::parse(link.split_whitespace().next().unwrap()).unwrap();
        let system = town.app.system_desk();
        let reset = system.reset_staff(&email, "Owner-Meadow-77", false);
        assert!(matches!(reset.await.unwrap(), ResetStaff::Reset { .. }));
        let front = town.app.front_desk(None);
        let chosen = front.choose_staff_password(&link, "Thief-Chosen-99");
        assert_eq!(chosen.await.unwrap(), ChoosePassword::LinkIsOver);
    }
);

story!(codes_of_a_second_factor_are_not_guessed_for_ever, town, {
    let place = NewStaff::place_of(town.nurse().await.health_center().await.unwrap().id);
    let admin = town
        .hires("admin@center.example", StaffRole::Administrator, place)
        .await;
    town.require_second_factor().await;
    let nurse = "nurse@center.example";
    let (_, lobby) = signs_in(&town, nurse).await;
    let secret = lobby.set_up().await.unwrap().unwrap().secret;
    let code = app_shows(&secret, town.clock.now());
    let Prove::In(token, _) = lobby.confirm_set_up(&code).await.unwrap() else {
        panic!("a right code is refused");
    };
    let StaffVisit::In(at_work, _) = town.app.staff_visit(&token).await.unwrap() else {
        panic!("not in");
    };
    // Somebody has the password, and patience.
    let (_, mut lobby) = signs_in(&town, nurse).await;
    let mut tried = 0;
    for _ in 0..25 {
        town.minutes(16);
        if tried % 20 == 0 {
            lobby = signs_in(&town, nurse).await.1;
        }
        for _ in 0..5 {
            match lobby.prove("000000").await.unwrap() {
                Prove::Wrong => tried += 1,
                Prove::Wait | Prove::Closed => {}
                Prove::In(..) => panic!("a lucky guess"),
            }
        }
    }
    assert_eq!(tried, 100);
    town.minutes(60 * 24);
    let (_, lobby) = signs_in(&town, nurse).await;
    let code = app_shows(&secret, town.clock.now());
    // She is not told to wait, now or after some more tries: somebody has to let her in.
    for _ in 0..7 {
        assert!(matches!(lobby.prove(&code).await.unwrap(), Prove::Closed));
    }
    // An administrator sees it and lets her in.
    let some = admin.some_colleagues(app::staff::Wished::PageOf(at_work.id()));
    let some = some.await.unwrap().staff;
    let hers = some.iter().find(|one| one.id == at_work.id()).unwrap();
    assert!(hers.locked_until.is_some());
    admin.end_lock_out(at_work.id()).await.unwrap();
    assert!(matches!(lobby.prove(&code).await.unwrap(), Prove::In(..)));
});

story!(
    whoever_tries_codes_elsewhere_does_not_keep_a_nurse_from_her_open_work,
    town,
    {
        town.require_second_factor().await;
        let nurse = "nurse@center.example";
        let (token, lobby) = signs_in(&town, nurse).await;
        let secret = lobby.set_up().await.unwrap().unwrap().secret;
        let code = app_shows(&secret, town.clock.now());
        let proved = lobby.confirm_set_up(&code).await.unwrap();
        let Prove::In(token, _) = proved else {
            panic!("{token:?} is refused");
        };
        town.minutes(16);
        let StaffVisit::Locked(locked) = town.app.staff_visit(&token).await.unwrap() else {
            panic!("not locked");
        };
        let (_, elsewhere) = signs_in(&town, nurse).await;
        for _ in 0..6 {
            elsewhere.prove("000000").await.unwrap();
        }
        let unlocked = locked.unlock(PASSWORD).await.unwrap();
        assert!(matches!(unlocked, Prove::In(..)));
    }
);

story!(
    an_account_beyond_its_limit_spends_nobody_elses_tries,
    town,
    {
        let id = town.hanako().await;
        let vandal = town.account("vandal@example.org").await;
        for number in 0..16 {
            let made_up = Typed {
                name: format!("Sample {number}"),
                phone: format!("080111122{number:02}"),
                ..hanako(&id)
            };
            assert!(matches!(
                register(&vandal, &made_up).await,
                Registration::Refused
            ));
        }
        let owner = town.account("owner@example.org").await;
        assert!(matches!(
            register(&owner, &hanako(&id)).await,
            Registration::Registered(_)
        ));
    }
);

story!(one_account_fills_neither_disk_nor_sessions, town, {
    let mail = "a@example.org";
    let first = town.account(mail).await;
    let front = town.app.front_desk(None);
    let page = "<p>Did you mean 36.5?</p>".repeat(100);
    let keep = async |desk: &app::PatientDesk| {
        let kept = front.keep_page(Holder::Family(desk), &page, false);
        kept.await.unwrap()
    };
    keep(&first).await.unwrap();
    for _ in 0..25 {
        let desk = town.signed_in(mail).await;
        for _ in 0..3 {
            keep(&desk).await;
        }
    }
    let database = town.database().await;
    let count = |sql: &'static str| {
        let database = database.clone();
        async move {
            let found = database.read(move |tx| tx.query_one(sql, &[], |row| row.get::<i64>(0)));
            found.await.unwrap()
        }
    };
    assert_eq!(count("SELECT count(*) FROM account_sessions").await, 20);
    assert_eq!(count("SELECT count(*) FROM kept_pages").await, 36);
    // Beyond so many in an hour a page is shown and not kept.
    let desk = town.signed_in(mail).await;
    let mut kept = 0;
    for _ in 0..400 {
        kept += u32::from(keep(&desk).await.is_some());
    }
    assert!((100..=240).contains(&kept), "{kept}");
});

story!(every_list_that_names_people_leaves_a_line, town, {
    town.hanako().await;
    let nurse = town.nurse().await;
    let (listed, _) = nurse.cases("", 0).await.unwrap();
    let case = listed[0].member.case;
    let lines = nurse.audit_of_case(case, 50).await.unwrap();
    let actions: Vec<&str> = lines.iter().map(|line| line.action.as_str()).collect();
    assert!(actions.contains(&"case.listed"), "{actions:?}");
    // Who saw somebody in a list has not opened the record: that is a line of its own.
    assert!(!actions.contains(&"case.looked_at"), "{actions:?}");
    nurse.case(case).await.unwrap().unwrap();
    let lines = nurse.audit_of_case(case, 50).await.unwrap();
    assert!(lines.iter().any(|line| line.action == "case.looked_at"));
});

story!(one_client_does_not_try_the_addresses_of_all_staff, town, {
    let client = || town.app.front_desk(Some([203, 0, 113, 9].into()));
    let mut waits = 0;
    for number in 0..310 {
        let email = address(&format!("n{number}@center.example"));
        let tried = client().sign_in_staff(&email, "Wrong-Meadow-42").await;
        waits += u32::from(matches!(tried.unwrap(), SignIn::Crowded));
    }
    assert_eq!(waits, 10);
    // What nobody has fills no log; a nurse elsewhere comes in.
    let database = town.database().await;
    let lines = database.read(|tx| {
        let sql = "SELECT count(*) FROM audit_log WHERE action = 'staff.sign_in_failed'";
        tx.query_one(sql, &[], |row| row.get::<i64>(0))
    });
    assert_eq!(lines.await.unwrap(), 20);
    let elsewhere = town.app.front_desk(Some([203, 0, 113, 10].into()));
    let email = address("nurse@center.example");
    let signed_in = elsewhere.sign_in_staff(&email, PASSWORD).await.unwrap();
    assert!(matches!(signed_in, SignIn::SignedIn(_)));
});

story!(whoever_has_the_mailbox_alone_reads_no_history, town, {
    let mail = "a@example.org";
    let id = town.hanako().await;
    let owner = town.account(mail).await;
    let Registration::Registered(case) = register(&owner, &hanako(&id)).await else {
        panic!("not registered");
    };
    let before = sends(&owner, case, "38.5", "91").await;
    let known = town.app.known_browser(&address(mail)).await.unwrap();
    let walk = walks(&mut town, mail).await;
    let front = town.app.front_desk(None);
    let new = "Intruder-Winter-55";
    let saved = front
        .save_new_password(&walk, new, Language::En)
        .await
        .unwrap();
    let NewPassword::Saved(Some(session)) = saved else {
        panic!("not saved");
    };
    let there = town.desk(&session).await;
    assert!(there.is_closed(case));
    let (member, reports) = there.history(case).await.unwrap().unwrap();
    assert!(member.is_closed && reports.is_empty());
    assert!(there.report(case, before).await.unwrap().is_none());
    let home = there.home().await.unwrap();
    assert!(home.alarms.is_empty() && home.members[0].is_closed);
    // Whoever is ill reports all the same, and reads what was just sent.
    town.minutes(60);
    let after = sends(&there, case, "36.5", "98").await;
    assert!(there.report(case, after).await.unwrap().is_some());
    // What was sent from here is said until somebody of the center has done something.
    town.minutes(1);
    sends(&there, case, "39.0", "88").await;
    assert_eq!(there.home().await.unwrap().alarms.len(), 1);
    // Signing in with the new password opens nothing either.
    let signed_in = front.sign_in(&address(mail), new, None).await.unwrap();
    let SignIn::SignedIn(session) = signed_in else {
        panic!("not signed in");
    };
    let again = town.desk(&session).await;
    assert!(again.history(case).await.unwrap().unwrap().1.is_empty());
    let tries = async |number: &str, year: &str| {
        let typed = TypedProof {
            hersys_id: number.to_owned(),
            born: [year, "5", "4"].map(str::to_owned),
        };
        again.open_history(case, &typed).await.unwrap()
    };
    assert_eq!(tries(&id, "1989").await, OpenHistory::Wrong);
    for _ in 0..4 {
        assert_eq!(tries("1234567", "1988").await, OpenHistory::Wrong);
    }
    assert_eq!(tries(&id, "1988").await, OpenHistory::Wait);
    town.minutes(61);
    assert_eq!(tries(&id, "1988").await, OpenHistory::Opened);
    let again = town.desk(&session).await;
    assert_eq!(again.history(case).await.unwrap().unwrap().1.len(), 3);
    let lines = town.nurse().await.audit_of_case(case, 50).await.unwrap();
    assert!(
        lines
            .iter()
            .any(|line| line.action == "case.history_opened")
    );

    // In the browser in which the family has signed in before, nobody new has come.
    let known_since = town.app.known_browser(&address(mail)).await.unwrap();
    assert_ne!(known, known_since);
    let walk = walks(&mut town, mail).await;
    let here = town.app.front_desk(None).knowing(Some(&known_since));
    let saved = here.save_new_password(&walk, "Owner-Meadow-78", Language::En);
    let NewPassword::Saved(Some(session)) = saved.await.unwrap() else {
        panic!("not saved");
    };
    let home = town.desk(&session).await;
    assert!(!home.is_closed(case));
});

story!(
    what_is_sent_after_a_new_password_is_told_whenever_its_form_was_opened,
    town,
    {
        let mail = "a@example.org";
        let (owner, case) = family(&mut town, mail).await;
        let (key, raw) = form(&owner, case, "39.0", "84").await;
        town.minutes(5);
        let walk = walks(&mut town, mail).await;
        let front = town.app.front_desk(None);
        let saved = front.save_new_password(&walk, "Intruder-Winter-55", Language::En);
        let NewPassword::Saved(Some(session)) = saved.await.unwrap() else {
            panic!("not saved");
        };
        let there = town.desk(&session).await;
        town.minutes(1);
        let sent = there.submit_report(case, key, &raw).await.unwrap();
        assert!(matches!(sent, Submit::Accepted(_)));
        assert!(there.is_closed(case));
        let alarms = there.home().await.unwrap().alarms;
        assert_eq!(
            alarms.len(),
            1,
            "the form was opened before, the report came after"
        );
        assert!(alarms[0].1.level.is_danger());
    }
);

story!(so_many_reports_of_one_person_are_taken_in_an_hour, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let (mut taken, mut last) = (0, None);
    loop {
        let (key, raw) = form(&desk, case, "36.5", "98").await;
        match desk.submit_report(case, key, &raw).await.unwrap() {
            Submit::Accepted(_) => (taken, last) = (taken + 1, Some((key, raw))),
            Submit::TooMany => break,
            _ => panic!("neither taken nor too many"),
        }
    }
    assert_eq!(taken, 120);
    // Whoever sends again what stands already is told so.
    let (key, raw) = last.unwrap();
    let again = desk.submit_report(case, key, &raw).await.unwrap();
    assert!(matches!(again, Submit::Accepted(_)));
    // What somebody tells the center by phone is written down all the same.
    let nurse = town.nurse().await;
    let (_, raw) = form(&desk, case, "36.5", "98").await;
    let key = domain::ids::ReportId::from_uuid(nurse.new_form_key());
    let told = nurse.report_for(case, key, "phone", &raw).await.unwrap();
    assert!(matches!(told, Submit::Accepted(_)));
    town.minutes(60);
    sends(&desk, case, "36.5", "98").await;
});

story!(
    a_lost_phone_is_a_strangers_after_signing_out_everywhere,
    town,
    {
        let mail = "a@example.org";
        let (phone, case) = family(&mut town, mail).await;
        let before = sends(&phone, case, "38.5", "91").await;
        let email = address(mail);
        let kept = town.app.known_browser(&email).await.unwrap();
        let app = town.app.clone();
        let lost = || app.front_desk(None).knowing(Some(&kept));
        assert!(lost().knows(&email).await.unwrap());
        // At home, on another device.
        let home = town.signed_in(mail).await;
        home.sign_out_everywhere().await.unwrap();
        assert!(!lost().knows(&email).await.unwrap());
        // Whoever finds the phone has its mailbox, too.
        let walk = walks(&mut town, mail).await;
        let finder = lost();
        let saved = finder.save_new_password(&walk, "Finder-Winter-55", Language::En);
        let NewPassword::Saved(Some(session)) = saved.await.unwrap() else {
            panic!("not saved");
        };
        let there = town.desk(&session).await;
        assert!(there.is_closed(case));
        assert!(there.report(case, before).await.unwrap().is_none());
        // A browser in which somebody signs in since is known again, until the next time.
        let kept = town.app.known_browser(&email).await.unwrap();
        let here = town.app.front_desk(None).knowing(Some(&kept));
        assert!(here.knows(&email).await.unwrap());
        town.minutes(1);
        there.sign_out_everywhere().await.unwrap();
        assert!(!here.knows(&email).await.unwrap());
    }
);

story!(
    a_refused_password_tells_no_birthdate_to_whoever_has_the_mailbox,
    town,
    {
        let mail = "a@example.org";
        let id = town.hanako().await;
        let owner = town.account(mail).await;
        let Registration::Registered(case) = register(&owner, &hanako(&id)).await else {
            panic!("not registered");
        };
        let email = address(mail);
        let at_home = town.app.known_browser(&email).await.unwrap();
        let [hers, nobodys] = ["Meadow-Tulip-19880504", "Meadow-Tulip-19770203"];
        let phones = "Meadow-Tulip-9012345678";
        let refused = |saved: NewPassword| match saved {
            NewPassword::Weak(problems) => problems,
            other => panic!("{other:?}"),
        };
        // Whosesoever a number is, the answer is the same.
        let walk = walks(&mut town, mail).await;
        let front = town.app.front_desk(None);
        for number in [hers, nobodys, phones] {
            let tried = front.save_new_password(&walk, number, Language::En);
            let told = refused(tried.await.unwrap());
            assert_eq!(told, [PasswordProblem::LongNumber], "{number}");
        }
        // A name stands on the home page; how often it is told is bounded all the same.
        let name = "Hanako-Meadow-Tulip-7";
        for _ in 0..10 {
            let tried = front.save_new_password(&walk, name, Language::En);
            let told = refused(tried.await.unwrap());
            assert_eq!(told, [PasswordProblem::LikeOwnData]);
        }
        let saved = front.save_new_password(&walk, name, Language::En);
        let NewPassword::Saved(Some(session)) = saved.await.unwrap() else {
            panic!("not saved");
        };
        // Nor is more told to them signed in, or once their browser is known.
        let there = town.desk(&session).await;
        assert!(there.is_closed(case));
        for number in [hers, nobodys] {
            let tried = there.change_password(name, number).await.unwrap();
            assert_eq!(refused(tried), [PasswordProblem::LongNumber], "{number}");
        }
        let kept = town.app.known_browser(&email).await.unwrap();
        town.minutes(2);
        let walk = walks(&mut town, mail).await;
        let known = town.app.front_desk(None).knowing(Some(&kept));
        assert!(known.knows(&email).await.unwrap());
        for number in [hers, nobodys] {
            let tried = known.save_new_password(&walk, number, Language::En);
            let told = refused(tried.await.unwrap());
            assert_eq!(told, [PasswordProblem::LongNumber], "{number}");
        }
        // Whoever knows the member is told what is wrong, and no more than that is refused.
        let typed = TypedProof {
            hersys_id: id,
            born: ["1988", "5", "4"].map(str::to_owned),
        };
        let opened = there.open_history(case, &typed).await.unwrap();
        assert_eq!(opened, OpenHistory::Opened);
        for own in [hers, phones] {
            let tried = known.save_new_password(&walk, own, Language::En);
            let told = refused(tried.await.unwrap());
            assert_eq!(told, [PasswordProblem::LikeOwnData], "{own}");
        }
        let saved = known.save_new_password(&walk, nobodys, Language::En);
        assert!(matches!(saved.await.unwrap(), NewPassword::Saved(_)));
        // The browser that knew the password of before is a stranger's by now.
        let stranger = town.app.front_desk(None).knowing(Some(&at_home));
        assert!(!stranger.knows(&email).await.unwrap());
    }
);

story!(
    a_family_at_home_is_told_that_a_password_is_built_on_its_own,
    town,
    {
        let mail = "a@example.org";
        let (_, case) = family(&mut town, mail).await;
        let kept = town.app.known_browser(&address(mail)).await.unwrap();
        let walk = walks(&mut town, mail).await;
        let home = town.app.front_desk(None).knowing(Some(&kept));
        let tries = async |password: &str| {
            let tried = home.save_new_password(&walk, password, Language::En);
            tried.await.unwrap()
        };
        let told = tries("Meadow-Tulip-19880504").await;
        let NewPassword::Weak(problems) = told else {
            panic!("{told:?}");
        };
        assert_eq!(problems, [PasswordProblem::LikeOwnData]);
        let saved = tries("Meadow-Tulip-19770203").await;
        let NewPassword::Saved(Some(session)) = saved else {
            panic!("{saved:?}");
        };
        assert!(!town.desk(&session).await.is_closed(case));
    }
);
