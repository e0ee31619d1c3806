//! An SMS gateway that hangs up, says no, or takes its time.

use crate::invitation::{case_of, request};
use crate::story;
use app::invitation::{InviteBy, InvitePerson};
use app::sms::SmsGateway;
use jiff::SignedDuration;
use std::collections::VecDeque;
use std::io::Write;
use std::net::TcpListener;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// A status and a body.
type Answer = (&'static str, &'static str);

/// A gateway that is sent an id with each message, and answers many at once; or hangs up without a word.
pub fn gateway(answers: impl Fn(&str) -> Option<Answer> + Send + Sync + 'static) -> SmsGateway {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers = Arc::new(answers);
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let answers = answers.clone();
            std::thread::spawn(move || {
                let asked = request(&mut stream);
                if let Some((status, says)) = answers(&asked) {
                    let answer = format!(
                        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{says}",
                        says.len()
                    );
                    stream.write_all(answer.as_bytes()).unwrap();
                }
            });
        }
    });
    let file = format!(
        "url = 'http://127.0.0.1:{port}/'\n[json]\nto = '{{to}}'\ntext = '{{text}}'\nref = '{{id}}'\n\
         [refused]\ncode = 'code'\nfor_good = ['21211']\n\
         [receipt]\nurl = 'http://127.0.0.1:{port}/{{id}}'\nstate = 'state'\ndelivered = ['delivered']\nfailed = ['failed']\n"
    );
    SmsGateway::described(&file).unwrap()
}

story!(
    a_message_that_the_gateway_has_taken_unheard_is_none_that_could_not_be_sent,
    town,
    {
        let script = Mutex::new(VecDeque::from([
            None,
            Some(("409 Conflict", "")),
            Some(("400 Bad Request", "")),
            Some(("409 Conflict", "")),
        ]));
        town.writes_by(gateway(move |asked| match asked.starts_with("GET ") {
            true => Some(("200 OK", "{\"state\":\"on its way\"}")),
            false => script.lock().unwrap().pop_front().unwrap(),
        }))
        .await;
        let nurse = town.nurse().await;
        let heard_late = case_of(&town, &nurse, "090-1234-5678").await;
        let refused = case_of(&town, &nurse, "090-1234-5679").await;
        let tries = async || {
            town.minutes(1);
            town.app.system_desk().send_due().await.unwrap();
        };
        let invites = async |case| {
            let done = nurse.invite_person(case, InviteBy::Sms).await.unwrap();
            assert_eq!(done, InvitePerson::Promised);
            tries().await;
        };
        let message = async |case| {
            let (_, messages) = nurse.invitation(case).await.unwrap().unwrap();
            messages[0].clone()
        };
        // It hangs up when it has the message: nobody knows. The next time it says that it has it.
        invites(heard_late).await;
        let known = message(heard_late).await;
        assert!(known.sent_at.is_none() && known.given_up.is_none());
        tries().await;
        let known = message(heard_late).await;
        assert!(known.sent_at.is_some() && known.given_up.is_none());
        town.later(SignedDuration::from_secs(11));
        let asked = town.app.system_desk().ask_for_receipts().await;
        assert_eq!(asked.unwrap(), 1, "it tells what becomes of it");

        // What may be about the sender is tried again. One that was refused the gateway has not taken, whatever it says then.
        invites(refused).await;
        let known = message(refused).await;
        assert!(known.sent_at.is_none() && known.given_up.is_none());
        tries().await;
        let known = message(refused).await;
        assert!(known.sent_at.is_none());
        let because = known.given_up.unwrap().1;
        assert_eq!(because, "the SMS gateway answered 409");
    }
);

story!(
    a_no_to_a_later_attempt_says_nothing_of_one_that_was_not_heard,
    town,
    {
        // It has the message, and hangs up; then it has too much to do to say so.
        let script = Mutex::new(VecDeque::from([
            None,
            Some(("429 Too Many Requests", "")),
            Some(("409 Conflict", "")),
        ]));
        town.writes_by(gateway(move |asked| match asked.starts_with("GET ") {
            true => Some(("200 OK", "{\"state\":\"on its way\"}")),
            false => script.lock().unwrap().pop_front().unwrap(),
        }))
        .await;
        let nurse = town.nurse().await;
        let case = case_of(&town, &nurse, "090-1234-5678").await;
        let done = nurse.invite_person(case, InviteBy::Sms).await.unwrap();
        assert_eq!(done, InvitePerson::Promised);
        for is_sent in [false, false, true] {
            town.minutes(1);
            town.app.system_desk().send_due().await.unwrap();
            let (_, messages) = nurse.invitation(case).await.unwrap().unwrap();
            assert!(messages[0].given_up.is_none());
            assert_eq!(messages[0].sent_at.is_some(), is_sent);
        }
    }
);

story!(what_became_of_messages_is_asked_for_at_once, town, {
    // How many questions it has at once, and how many it has had. It keeps each waiting for the fourth.
    let questions = Arc::new((Mutex::new((0, 0)), Condvar::new()));
    let counted = questions.clone();
    town.writes_by(gateway(move |asked| {
        if !asked.starts_with("GET ") {
            return Some(("200 OK", ""));
        }
        let (count, more) = &*counted;
        let mut now = count.lock().unwrap();
        now.0 += 1;
        now.1 = now.1.max(now.0);
        more.notify_all();
        let patience = Duration::from_secs(5);
        let waited = more.wait_timeout_while(now, patience, |(_, most)| *most < 4);
        waited.unwrap().0.0 -= 1;
        Some(("200 OK", "{\"state\":\"delivered\"}"))
    }))
    .await;
    let nurse = town.nurse().await;
    let mut cases = Vec::new();
    for last in 1..=4 {
        let case = case_of(&town, &nurse, &format!("090-1234-567{last}")).await;
        let done = nurse.invite_person(case, InviteBy::Sms).await.unwrap();
        assert_eq!(done, InvitePerson::Promised);
        cases.push(case);
    }
    town.app.system_desk().send_due().await.unwrap();
    town.later(SignedDuration::from_secs(11));
    let asked = town.app.system_desk().ask_for_receipts().await.unwrap();
    assert_eq!((asked, questions.0.lock().unwrap().1), (4, 4));
    for case in cases {
        let (_, messages) = nurse.invitation(case).await.unwrap().unwrap();
        assert!(messages[0].delivered_at.is_some());
    }
});
