//! Signing in while too many do.

use crate::story;
use crate::town::{PASSWORD, address};
use app::Error;
use app::code::CodeRequest;
use app::sign_in::SignIn;
use domain::language::Language;
use std::net::IpAddr;

story!(
    whoever_is_sent_away_in_a_flood_has_not_failed_to_sign_in,
    town,
    {
        town.signs_up("a@example.org", PASSWORD).await;
        // Each from an address of its own, so that only the row of failures holds them together.
        let tries: Vec<_> = (0..300_u16)
            .map(|n| {
                let [high, low] = n.to_be_bytes();
                let desk = town
                    .app
                    .front_desk(Some(IpAddr::from([198, 51, high, low])));
                tokio::spawn(async move {
                    desk.sign_in(&address("a@example.org"), "wrong-Password1", None)
                        .await
                })
            })
            .collect();
        // With many cores, a hundred are looked at, and close it.
        let (mut wrong, mut busy, mut closed) = (0, 0, 0);
        for one in tries {
            match one.await.unwrap() {
                Ok(SignIn::Wrong) => wrong += 1,
                Err(Error::Busy) => busy += 1,
                Ok(SignIn::Closed) => closed += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!(wrong > 0 && busy + closed > 0, "{wrong} {busy} {closed}");
        let db = town.database().await;
        let counted: i64 = db
            .read_once(|tx| {
                let sql = "SELECT coalesce(sum(failures), 0) FROM failures_in_a_row WHERE kind = 'sign_in'";
                tx.query_one(sql, &[], |row| row.get(0))
            })
            .await
            .unwrap();
        assert_eq!(counted, wrong);
        if wrong == 100 {
            town.end().await;
            continue;
        }
        // Nor is anybody kept out by it.
        assert_eq!(closed, 0);
        let desk = town.app.front_desk(Some(IpAddr::from([203, 0, 113, 1])));
        let signed_in = desk
            .sign_in(&address("a@example.org"), PASSWORD, None)
            .await
            .unwrap();
        assert!(matches!(signed_in, SignIn::SignedIn(_)), "{signed_in:?}");
    }
);

story!(strangers_do_not_shut_the_owner_out, town, {
    let mail = "a@example.org";
    town.account(mail).await;
    let known = town.app.known_browser(&address(mail)).await.unwrap();
    let from = |network: u16, host: u16| {
        let ip = format!("2001:db8:{network:x}::{host:x}").parse().unwrap();
        town.app.front_desk(Some(ip))
    };
    let signs_in = async |desk: app::FrontDesk, password: &str| {
        let email = address(mail);
        desk.sign_in(&email, password, None).await.unwrap()
    };
    // A household counts as one, however many addresses it has.
    for host in 0..11 {
        match signs_in(from(0, host), "wrong-Password1").await {
            SignIn::Wrong if host < 10 => {}
            SignIn::Wait if host == 10 => {}
            other => panic!("{host}: {other:?}"),
        }
    }
    for network in 1..10 {
        for host in 0..10 {
            let tried = signs_in(from(network, host), "wrong-Password1").await;
            assert!(matches!(tried, SignIn::Wrong));
        }
    }
    let anywhere = signs_in(from(20, 1), PASSWORD).await;
    assert!(matches!(anywhere, SignIn::Closed));
    // The codes of a forgotten password, too, are used up.
    let asks = async |desk: app::FrontDesk| {
        let token = app::keys::Token::generate();
        let asked = desk.request_password_reset(&token, address(mail), Language::En);
        asked.await.unwrap()
    };
    for _ in 0..7 {
        asks(from(20, 1)).await;
        town.minutes(2);
    }
    assert_eq!(asks(from(20, 1)).await, CodeRequest::TooMany);

    let here = || from(30, 1).knowing(Some(&known));
    assert_eq!(asks(here()).await, CodeRequest::Sent);
    let signed_in = here()
        .sign_in(&address(mail), PASSWORD, None)
        .await
        .unwrap();
    assert!(matches!(signed_in, SignIn::SignedIn(_)), "{signed_in:?}");
    // The cookie of another address, and one that somebody made up, say nothing.
    for cookie in [
        (town.app.known_browser(&address("b@example.org")).await).unwrap(),
        "0".repeat(known.len()),
        "é".repeat(40),
        String::new(),
    ] {
        let desk = from(20, 2).knowing(Some(&cookie));
        let tried = signs_in(desk, PASSWORD).await;
        assert!(matches!(tried, SignIn::Closed), "{cookie}: {tried:?}");
    }
    // Whoever has such a browser and not the password does not go on for ever.
    for times in 0..11 {
        match signs_in(here(), "wrong-Password1").await {
            SignIn::Wrong if times < 10 => {}
            SignIn::Wait if times == 10 => {}
            other => panic!("{times}: {other:?}"),
        }
    }
});

story!(one_mailbox_gets_so_many_mails_under_all_its_names, town, {
    let mut sent = 0;
    for number in 0..40 {
        let front = town.app.front_desk(None);
        let email = address(&format!("victim+{number}@example.org"));
        let token = app::keys::Token::generate();
        let asked = front.request_sign_up(&token, email, None, Language::En);
        sent += u32::from(asked.await.unwrap() == CodeRequest::Sent);
    }
    assert_eq!(sent, 20);
});

story!(those_who_share_a_browser_are_all_known_in_it, town, {
    let (mother, father) = ("a@example.org", "b@example.org");
    for mail in [mother, father] {
        town.account(mail).await;
    }
    let front = |cookie: &str| town.app.front_desk(None).knowing(Some(cookie));
    let signs_in = async |cookie: &str, mail: &str| {
        let kept = front(cookie).known_from_now_on(&address(mail)).await;
        kept.unwrap()
    };
    let knows = async |cookie: &str, mail: &str| {
        let known = front(cookie).knows(&address(mail)).await;
        known.unwrap()
    };
    // As a browser has it that has known one alone.
    let hers = town.app.known_browser(&address(mother)).await.unwrap();
    assert_eq!(signs_in(&hers, mother).await, None, "it has it already");
    let both = signs_in(&hers, father).await.unwrap();
    assert!(both.len() > hers.len() && both.ends_with(&hers), "{both}");
    for mail in [mother, father] {
        assert!(knows(&both, mail).await, "{mail}");
    }
    assert!(!knows(&both, "c@example.org").await);
    // What is left of a piece that was cut off says nothing.
    assert!(!knows(&both[..both.len() - 1], mother).await);
    // Whoever comes again is the last one who came, and no second time in it.
    let again = signs_in(&both, mother).await.unwrap();
    assert!(
        again.len() == both.len() && again.starts_with(&hers),
        "{again}"
    );
    // So many that the one who was not there for longest is a stranger again.
    let mut cookie = again;
    for number in 0..7 {
        let guest = format!("guest{number}@example.org");
        cookie = signs_in(&cookie, &guest).await.unwrap();
    }
    assert!(knows(&cookie, mother).await);
    assert!(!knows(&cookie, father).await);
    // A new password makes the browser a stranger's to her alone.
    let desk = town.signed_in(mother).await;
    let changed = desk.change_password(PASSWORD, "Owner-Meadow-77").await;
    assert!(changed.is_ok(), "{changed:?}");
    assert!(!knows(&cookie, mother).await);
    assert!(knows(&cookie, "guest6@example.org").await);
});
