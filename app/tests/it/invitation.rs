//! The system itself addresses every message from the record.

use crate::reminders::reminds_at;
use crate::reports::family;
use crate::story;
use crate::town::{Town, hanako, register};
use app::StaffDesk;
use app::case_import::Meant;
use app::health_center::Contact;
use app::invitation::{InviteBy, InvitePerson, InviteProblem, Wave};
use app::monitoring::{Decide, TypedDecision};
use app::reporting_request::Issue;
use app::rules::{ChangeRule, Typed};
use app::sms::SmsGateway;
use app::transfer::OfferCase;
use app::worklist::Filter;
use domain::ids::{CaseId, MessageId, RequestId, TransferId};
use domain::language::Language;
use domain::rules::{RuleKind, apply};
use jiff::SignedDuration;
use std::io::{Read, Write};
use std::net::TcpStream;
use storage::outbox::Queue;

pub async fn case_of(town: &Town, nurse: &StaffDesk, phone: &str) -> CaseId {
    let id = town
        .case(&format!(
            "山田 花子,,,1988-05-04,{phone},ja,2026-11-20,2026-11-18,,,"
        ))
        .await;
    nurse.cases(&id, 0).await.unwrap().0[0].member.case
}

story!(
    a_person_is_invited_without_a_name_and_without_a_disease,
    town,
    {
        let nurse = town.nurse().await;
        let case = case_of(&town, &nurse, "090-1234-5678").await;
        let (previews, messages) = nurse.invitation(case).await.unwrap().unwrap();
        let preview = &previews[0];
        assert_eq!(
            (preview.to.as_str(), preview.problem, messages.len()),
            ("…5678", None, 0)
        );
        assert_eq!(
            nurse.invite_person(case, InviteBy::Sms).await.unwrap(),
            InvitePerson::Promised
        );
        let sent = town.new_mails().await;
        assert_eq!(sent.len(), 1);
        assert!(
            sent[0].starts_with("SMS to: +819012345678\n"),
            "{}",
            sent[0]
        );
        assert!(sent[0].contains("http://portal.example/?id="));
        for secret in ["山田", "COVID", "コロナ"] {
            assert!(!sent[0].contains(secret), "{secret}");
        }
        let (_, messages) = nurse.invitation(case).await.unwrap().unwrap();
        assert!(messages[0].sent_at.is_some());
        for _ in 0..4 {
            assert_eq!(
                nurse.invite_person(case, InviteBy::Sms).await.unwrap(),
                InvitePerson::Promised
            );
        }
        assert_eq!(
            nurse.invite_person(case, InviteBy::Sms).await.unwrap(),
            InvitePerson::Problem(InviteProblem::Enough)
        );
        let at_home = case_of(&town, &nurse, "03-1234-5678").await;
        assert_eq!(
            nurse.invite_person(at_home, InviteBy::Sms).await.unwrap(),
            InvitePerson::Problem(InviteProblem::NoMobile)
        );
        // A message that the network gave back stands on the worklist until another one is sent.
        let bounced = async || {
            let list = nurse
                .worklist(None, Filter::default())
                .await
                .unwrap()
                .unwrap();
            list.bounced
                .into_iter()
                .map(|one| one.case)
                .collect::<Vec<_>>()
        };
        town.new_mails().await;
        assert!(bounced().await.is_empty());
        let database = town.database().await;
        let now = town.clock.now();
        database
            .write(move |tx| {
                let sent = "SELECT id FROM outbox WHERE kind = 'sms_invitation'";
                let all = tx.query(sent, &[], |row| Ok(MessageId::from_uuid(row.get(0)?)))?;
                for one in all {
                    storage::outbox::undelivered(tx, one, now, "the network gave it back")?;
                }
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(bounced().await, [case]);
        town.days(1);
        let nurse = town.nurse().await;
        assert_eq!(
            nurse.invite_person(case, InviteBy::Sms).await.unwrap(),
            InvitePerson::Promised
        );
        let list = nurse
            .worklist(None, Filter::default())
            .await
            .unwrap()
            .unwrap();
        assert!(list.bounced.is_empty());
    }
);

story!(a_mail_invites_whoever_has_no_mobile_phone, town, {
    let nurse = town.nurse().await;
    let file = format!(
        "{},email\n\
         山田 花子,,,1988-05-04,03-1234-5678,ja,2026-11-20,,,,,hanako@home.example\n\
         山田 太郎,,,1986-05-04,090-1234-5678,en,2026-11-20,,,,,\n\
         山田 次郎,,,2016-05-04,03-1234-5678,en,2026-11-20,,,,,\n",
        app::case_import::HEADER.join(",")
    );
    let bad = file.replace("hanako@home.example", "hanako at home");
    assert!(
        nurse
            .look_at_import(bad.as_bytes(), Language::En)
            .await
            .unwrap()
            .is_err()
    );
    let (draft, _) = nurse
        .look_at_import(file.as_bytes(), Language::En)
        .await
        .unwrap()
        .unwrap();
    nurse.import(draft, Meant::All, Language::En).await.unwrap();
    let cases = nurse.imported(draft).await.unwrap().unwrap();
    let found = nurse.invitations(&cases, Wave::First).await.unwrap();
    assert_eq!((found.by["sms"], found.by["mail"]), (1, 1));
    assert_eq!(found.cannot.len(), 1);
    assert_eq!(found.cannot[0].1, InviteProblem::NoMobile);
    let mail = found
        .samples
        .iter()
        .find(|s| s.by == InviteBy::Mail)
        .unwrap();
    assert_eq!(mail.to, "h…@home.example");
    assert_eq!(
        nurse
            .invite_many(&cases, Wave::First)
            .await
            .unwrap()
            .counts(),
        (2, 1)
    );
    let sent = town.new_mails().await;
    assert_eq!(sent.len(), 2);
    let mail = sent.iter().find(|m| !m.starts_with("SMS")).unwrap();
    assert!(mail.contains("hanako@home.example") && mail.contains("/?id="));
    for secret in ["山田", "COVID", "コロナ"] {
        assert!(!mail.contains(secret), "{secret}");
    }
    // Pressed again: nobody gets a second one.
    assert_eq!(
        nurse
            .invite_many(&cases, Wave::First)
            .await
            .unwrap()
            .counts(),
        (0, 1)
    );
    let again = nurse.invite_many(&cases, Wave::First).await.unwrap();
    assert_eq!((again.had, again.left.len()), (2, 1));
    assert_eq!(nurse.invitations(&cases, Wave::First).await.unwrap().had, 2);
});

story!(a_center_writes_its_own_words, town, {
    let nurse = town.nurse().await;
    let case = case_of(&town, &nurse, "090-1234-5678").await;
    let kind = RuleKind::Messages;
    let today = nurse.rules_today().await.unwrap();
    let stands = nurse
        .rule_on(kind, app::programme::PROGRAMME, today)
        .await
        .unwrap()
        .unwrap();
    let typed = |sms: &str| {
        let fields = [("invitation_sms.ja".to_owned(), sms.to_owned())];
        Typed {
            silences: String::new(),
            programme: String::new(),
            text: apply(kind, &stands.file.text, &fields).unwrap(),
            valid_from: "2026-11-23".to_owned(),
            why: "Shorter".to_owned(),
        }
    };
    for (sms, told) in [
        ("ご報告ください", "url"),
        ("{{ name }}さん {{ url }}", "invitation_sms.ja"),
        ("新型コロナの件 {{ url }}", "disease"),
        (&"長".repeat(60), "url"),
        (&format!("{} {{{{ url }}}}", "長".repeat(50)), "networks"),
    ] {
        match nurse.change_rule(kind, &typed(sms)).await.unwrap() {
            ChangeRule::Problems(problems) => {
                assert!(problems[0].1.to_string().contains(told), "{problems:?}");
            }
            ChangeRule::Saved | ChangeRule::Same(_) => panic!("{sms}"),
        }
    }
    // Where the name leaves no room, the center is called by what it is: somebody is always named.
    let long = typed(&format!("{} {{{{ url }}}}", "{{ center }}".repeat(9)));
    match nurse.preview_rule(kind, &long).await.unwrap() {
        Ok((_, app::rules::preview::Preview::Messages(samples))) => {
            assert!(samples[0].after.starts_with("保健所保健所"));
        }
        _ => panic!("no preview"),
    }
    let own = typed("{{ center }}です {{ url }}");
    match nurse.preview_rule(kind, &own).await.unwrap() {
        Ok((_, app::rules::preview::Preview::Messages(samples))) => {
            assert!(samples[0].after.starts_with("Minatoです http"));
            assert!(samples[0].counted.is_some());
        }
        _ => panic!("no preview"),
    }
    assert!(matches!(
        nurse.change_rule(kind, &own).await.unwrap(),
        ChangeRule::Saved
    ));
    nurse.invite_person(case, InviteBy::Sms).await.unwrap();
    let sent = town.new_mails().await;
    assert!(
        sent[0].contains("Minatoです http://portal.example/?id="),
        "{sent:?}"
    );
});

/// A whole request, as it came.
pub fn request(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut part = [0; 4096];
    loop {
        let read = stream.read(&mut part).unwrap();
        all.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&all).into_owned();
        let length = text
            .to_lowercase()
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.lines().next()?.trim().parse::<usize>().ok());
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
        if read == 0 || body.is_some_and(|body| body >= length.unwrap_or(0)) {
            return text;
        }
    }
}

/// A gateway that takes messages, names them SM1, SM2 …, and tells of all of them what it was told to tell.
fn gateway(told: &'static std::sync::Mutex<&'static str>) -> SmsGateway {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut taken = 0;
        while let Ok((mut stream, _)) = listener.accept() {
            let text = request(&mut stream);
            let answer = if text.starts_with("POST /Messages.json ") {
                taken += 1;
                format!("{{\"sid\":\"SM{taken}\",\"status\":\"queued\",\"to\":\"+819012345678\"}}")
            } else if text.starts_with("GET /Messages/SM") && text.contains("uthorization: Basic") {
                (*told.lock().unwrap()).to_owned()
            } else {
                "{\"status\":\"delivered\"}".to_owned()
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                answer.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let file = format!(
        "url = 'http://127.0.0.1:{port}/Messages.json'\nuser = 'me'\npassword = 'secret'\n\
         [form]\nTo = '{{to}}'\nBody = '{{text}}'\n\
         [receipt]\nname = 'sid'\nurl = 'http://127.0.0.1:{port}/Messages/{{name}}.json'\nstate = 'status'\n\
         delivered = ['delivered']\nfailed = ['undelivered', 'failed']\nreason = 'error_code'\n"
    );
    SmsGateway::described(&file).unwrap()
}

story!(
    what_the_network_could_not_deliver_is_on_the_worklist,
    town,
    {
        static TOLD: std::sync::Mutex<&str> = std::sync::Mutex::new("");
        *TOLD.lock().unwrap() = "{\"status\":\"sent\"}";
        town.writes_by(gateway(&TOLD)).await;
        let nurse = town.nurse().await;
        let case = case_of(&town, &nurse, "090-1234-5678").await;
        let other = case_of(&town, &nurse, "090-1234-5679").await;
        let sends = async |case| {
            let done = nurse.invite_person(case, InviteBy::Sms).await.unwrap();
            assert_eq!(done, InvitePerson::Promised);
            town.app.system_desk().send_due().await.unwrap();
        };
        let asks = || async { town.app.system_desk().ask_for_receipts().await.unwrap() };
        let message = async |case| {
            let (_, messages) = nurse.invitation(case).await.unwrap().unwrap();
            messages[0].clone()
        };
        sends(case).await;
        assert_eq!(asks().await, 0, "not before ten seconds are over");
        town.later(SignedDuration::from_secs(11));
        assert_eq!(asks().await, 1);
        let known = message(case).await;
        assert!(
            known.sent_at.is_some() && known.delivered_at.is_none() && known.given_up.is_none()
        );

        *TOLD.lock().unwrap() =
            "{\"status\":\"undelivered\",\"error_code\":30005,\"to\":\"+819012345678\"}";
        town.minutes(1);
        assert_eq!(asks().await, 1);
        assert_eq!(asks().await, 0, "known now");
        let because = message(case).await.given_up.unwrap().1;
        assert_eq!(because, "the network told undelivered, 30005");
        let list = nurse.worklist(None, Filter::default()).await.unwrap();
        let bounced = list.unwrap().bounced;
        assert_eq!((bounced.len(), bounced[0].case), (1, case));
        assert!(bounced[0].is_sms && bounced[0].because == because);

        // The number is put right and another message sent: that one arrives.
        *TOLD.lock().unwrap() = "{\"status\":\"delivered\"}";
        sends(case).await;
        sends(other).await;
        town.minutes(1);
        assert_eq!(asks().await, 2);
        assert!(message(case).await.delivered_at.is_some());
        assert!(message(other).await.delivered_at.is_some());
        let list = nurse.worklist(None, Filter::default()).await.unwrap();
        assert!(list.unwrap().bounced.is_empty());

        // A gateway that never tells is not asked for ever.
        *TOLD.lock().unwrap() = "{\"status\":\"sent\"}";
        sends(other).await;
        let mut asked = 0;
        for _ in 0..100 {
            town.minutes(61);
            asked += asks().await;
        }
        assert!((40..60).contains(&asked), "{asked}");
    }
);

story!(
    a_process_without_a_gateway_leaves_messages_to_one_that_has_it,
    town,
    {
        let nurse = town.nurse().await;
        let case = case_of(&town, &nurse, "090-1234-5678").await;
        let other = case_of(&town, &nurse, "090-1234-5679").await;
        let without = town.another_process_without_gateway().await;
        let promised = async |case| {
            let done = nurse.invite_person(case, InviteBy::Sms).await.unwrap();
            assert_eq!(done, InvitePerson::Promised);
        };
        let message = async |case| {
            let (_, messages) = nurse.invitation(case).await.unwrap().unwrap();
            messages[0].clone()
        };
        promised(case).await;
        without.system_desk().send_due().await.unwrap();
        assert!(message(case).await.given_up.is_none(), "not its to give up");
        town.app.system_desk().send_due().await.unwrap();
        assert!(message(case).await.sent_at.is_some());

        // Nor while one that has it is there and behind: it has looked, and has not come to this one yet.
        promised(other).await;
        let (db, due) = (town.database().await, town.clock.now());
        let later = due + SignedDuration::from_mins(70);
        let due_at = async |at: jiff::Timestamp| {
            let set = "UPDATE outbox SET next_at = $1 WHERE sent_at IS NULL AND gave_up_at IS NULL";
            let put = db.write(move |tx| tx.execute(set, &[&storage::engine::At(at)]));
            put.await.unwrap();
        };
        due_at(later).await;
        town.minutes(61);
        town.app.system_desk().send_due().await.unwrap();
        due_at(due).await;
        without.system_desk().send_due().await.unwrap();
        assert!(message(other).await.given_up.is_none());

        // Where no process has had one for an hour, whoever promised it is told.
        town.minutes(59);
        without.system_desk().send_due().await.unwrap();
        assert!(message(other).await.given_up.is_none());
        town.minutes(1);
        without.system_desk().send_due().await.unwrap();
        let because = message(other).await.given_up.unwrap().1;
        assert_eq!(because, "there is no SMS gateway");
    }
);

story!(whoever_has_an_account_and_gets_no_mail_is_seen, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    town.new_mails().await;
    let nurse = town.nurse().await;
    let bounced = || async {
        let list = nurse.worklist(None, Filter::default()).await;
        list.unwrap().unwrap().bounced
    };
    let system = town.app.system_desk();
    let db = town.database().await;
    let fails = async |problem: &'static str| {
        let now = town.clock.now();
        db.write(move |tx| {
            let lease = now + SignedDuration::from_mins(1);
            let due = storage::outbox::take_due(tx, Queue::Reminders, 10, (now, lease))?;
            for one in &due {
                storage::outbox::give_up(tx, one.id, now, problem)?;
            }
            Ok(due.len())
        })
        .await
        .unwrap()
    };
    reminds_at(&town, "13:00").await;
    // At 13 o'clock of the next day the first reminder is due, and the mailbox is gone.
    town.days(1);
    town.minutes(4 * 60);
    assert_eq!(system.send_reminders().await.unwrap(), 1);
    assert!(bounced().await.is_empty());
    assert_eq!(fails("the mail server answered 550").await, 1);
    let found = bounced().await;
    assert_eq!(found.len(), 1);
    assert!(found[0].case == case && !found[0].is_sms);
    assert_eq!(found[0].because, "the mail server answered 550");
    // The page to which the list leads says which message it was.
    let (_, of_case) = nurse.invitation(case).await.unwrap().unwrap();
    assert!(of_case.is_empty());
    let to_account = nurse.account_messages(case).await.unwrap().unwrap();
    let [reminder] = to_account.as_slice() else {
        panic!("{to_account:?}")
    };
    let given_up = reminder.given_up.as_ref().unwrap();
    assert_eq!(given_up.1, "the mail server answered 550");
    let (_, elsewhere) = crate::transfers::shibuya(&town).await;
    assert!(elsewhere.account_messages(case).await.unwrap().is_none());
    // Whoever of the family is added afterwards gets none, either.
    let id = town
        .case("山田 太郎,,,2015-05-04,09012345678,ja,2026-11-20,2026-11-18,,,")
        .await;
    let taro = app::attributes::Typed {
        name: "山田太郎".to_owned(),
        birth_year: "2015".to_owned(),
        ..hanako(&id)
    };
    register(&desk, &taro).await;
    assert_eq!(bounced().await.len(), 2);
    // A reminder that was over before it could be sent says nothing about the address.
    town.days(1);
    assert_eq!(system.send_reminders().await.unwrap(), 1);
    town.minutes(3 * 60);
    assert_eq!(fails("it was over before it could be sent").await, 1);
    assert!(bounced().await.is_empty());
});

story!(
    what_waits_about_somebody_who_has_died_is_withdrawn_and_the_list_says_so,
    town,
    {
        let nurse = town.nurse().await;
        let case = case_of(&town, &nurse, "090-1234-5678").await;
        let sends = async || nurse.invite_person(case, InviteBy::Sms).await.unwrap();
        assert_eq!(sends().await, InvitePerson::Promised);
        let becomes = async |status: &str, version: i32| {
            let typed = TypedDecision {
                status: status.to_owned(),
                reason: "The hospital phoned".to_owned(),
                version,
                ..TypedDecision::default()
            };
            let decided = nurse.decide(case, &typed).await.unwrap();
            assert_eq!(decided, Decide::Decided);
        };
        becomes("died", 1).await;
        assert!(town.new_mails().await.is_empty());
        let (_, messages) = nurse.invitation(case).await.unwrap().unwrap();
        assert_eq!(messages.len(), 1);
        assert!(messages[0].withdrawn_at.is_some() && messages[0].sent_at.is_none());
        assert!(messages[0].given_up.is_none(), "withdrawn, and not failed");
        // It was a slip: opened again, the person is no bounced message's and can be invited like all others.
        becomes("home", 2).await;
        let list = nurse.worklist(None, Filter::default()).await.unwrap();
        assert!(list.unwrap().bounced.is_empty());
        assert_eq!(
            nurse.invitations(&[case], Wave::First).await.unwrap().had,
            0
        );
        assert_eq!(sends().await, InvitePerson::Promised);
        // An ID that is taken back is not sent on its way any more, either.
        let version = nurse.case(case).await.unwrap().unwrap().version;
        let reissued = nurse
            .reissue_id(case, "Another got it", None, version)
            .await;
        assert!(matches!(
            reissued.unwrap(),
            app::hersys_id::Reissue::Reissued(_)
        ));
        assert!(town.new_mails().await.is_empty());
    }
);

story!(nobody_is_asked_how_somebody_is_who_died, town, {
    let nurse = town.nurse().await;
    let file = format!(
        "{}\n\
         山田 花子,,,1988-05-04,090-1234-5678,ja,2026-11-20,,,,\n\
         山田 太郎,,,1986-05-04,090-1234-5679,ja,2026-11-20,,,,\n",
        app::case_import::HEADER.join(",")
    );
    let (draft, _) = nurse
        .look_at_import(file.as_bytes(), Language::En)
        .await
        .unwrap()
        .unwrap();
    nurse.import(draft, Meant::All, Language::En).await.unwrap();
    let cases = nurse.imported(draft).await.unwrap().unwrap();
    let typed = TypedDecision {
        status: "died".to_owned(),
        reason: "The hospital phoned".to_owned(),
        version: 1,
        ..TypedDecision::default()
    };
    let decided = nurse.decide(cases[0], &typed).await.unwrap();
    assert_eq!(decided, Decide::Decided);

    let many = nurse.invitations(&cases, Wave::First).await.unwrap();
    assert_eq!(many.cannot, [(cases[0], InviteProblem::Died)]);
    assert_eq!(
        nurse
            .invite_many(&cases, Wave::First)
            .await
            .unwrap()
            .counts(),
        (1, 1)
    );
    for by in InviteBy::ALL {
        assert_eq!(
            nurse.invite_person(cases[0], by).await.unwrap(),
            InvitePerson::Problem(InviteProblem::Died)
        );
    }
    let (previews, messages) = nurse.invitation(cases[0]).await.unwrap().unwrap();
    let died = |preview: &app::invitation::Preview| preview.problem == Some(InviteProblem::Died);
    assert!(previews.iter().all(died) && messages.is_empty());
    let sent = town.new_mails().await;
    assert!(sent.len() == 1 && sent[0].contains("5679"));

    // Nothing is asked in writing, either, and no other center is asked to answer.
    let (_, _, request) = nurse
        .request_to_begin_with(cases[0])
        .await
        .unwrap()
        .unwrap();
    let key = RequestId::from_uuid(nurse.new_form_key());
    let issued = nurse.issue_request(cases[0], key, &request, false).await;
    assert!(matches!(issued.unwrap(), Issue::Closed));
    let other = town
        .app
        .system_desk()
        .add_center("Shibuya", Contact::default())
        .await
        .unwrap();
    let key = TransferId::from_uuid(nurse.new_form_key());
    assert_eq!(
        nurse
            .offer_case(cases[0], other.id, "moved", key)
            .await
            .unwrap(),
        OfferCase::Closed
    );
});

story!(a_text_says_the_number_for_an_ambulance_by_a_word, town, {
    let nurse = town.nurse().await;
    let case = case_of(&town, &nurse, "090-1234-5678").await;
    let kind = RuleKind::Messages;
    let today = nurse.rules_today().await.unwrap();
    let stands = nurse.rule_on(kind, app::programme::PROGRAMME, today).await;
    let stands = stands.unwrap().unwrap();
    // Another number than Japan's is the installation's, and stands in no text.
    assert!(!stands.file.text.contains("119"));
    let own = "{{ center }} 救急は{{ emergency }} {{ url }}".to_owned();
    let fields = [("invitation_sms.ja".to_owned(), own)];
    let typed = Typed {
        silences: String::new(),
        programme: String::new(),
        text: apply(kind, &stands.file.text, &fields).unwrap(),
        valid_from: "2026-11-23".to_owned(),
        why: "Whom to call".to_owned(),
    };
    let changed = nurse.change_rule(kind, &typed).await.unwrap();
    assert!(matches!(changed, ChangeRule::Saved));
    nurse.invite_person(case, InviteBy::Sms).await.unwrap();
    let sent = town.new_mails().await;
    let number = i18n::emergency_number();
    assert!(sent[0].contains(&format!("救急は{number} ")), "{sent:?}");
});

story!(
    whoever_is_invited_in_words_that_do_not_fit_is_invited_in_those_of_the_release,
    town,
    {
        let nurse = town.nurse().await;
        let case = case_of(&town, &nurse, "090-1234-5678").await;
        let kind = RuleKind::Messages;
        let today = nurse.rules_today().await.unwrap();
        let stands = nurse.rule_on(kind, app::programme::PROGRAMME, today).await;
        let stands = stands.unwrap().unwrap();
        // As under a contract for long messages that has ended.
        let own = format!("{{{{ center }}}} {} {{{{ url }}}}", "長".repeat(60));
        let fields = [("invitation_sms.ja".to_owned(), own)];
        let text = apply(kind, &stands.file.text, &fields).unwrap();
        let text = domain::rules::dated(kind, &text, today).unwrap();
        let begun = town.app.system_desk().begin_with_rules(&text).await;
        assert_eq!(begun.unwrap().unwrap().new, [today]);
        let invited = nurse.invite_person(case, InviteBy::Sms).await.unwrap();
        assert_eq!(invited, InvitePerson::Promised);
        let sent = town.new_mails().await;
        assert!(
            sent[0].contains("Minatoです。健康状態をご報告ください http"),
            "{sent:?}"
        );
    }
);
