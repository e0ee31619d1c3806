//! Codes, passwords and sessions: what guessing gets, and what it does not.

use crate::story;
use crate::town::{PASSWORD, Town, address, hanako, register};
use app::attributes::Registration;
use app::code::{CodeCheck, CodeRequest, Purpose};
use app::keys::Token;
use app::password_reset::NewPassword;
use app::sign_in::SignIn;
use app::tasks::{About, FinishTask};
use domain::language::Language;
use jiff::SignedDuration;

fn other(code: &str) -> &'static str {
    if code == "111111" { "222222" } else { "111111" }
}

story!(
    a_code_lives_a_quarter_of_an_hour_and_a_new_one_does_not_void_it,
    town,
    {
        let (front, token) = (town.app.front_desk(None), Token::generate());
        let hanako = address("hanako@example.org");
        let ask = || front.request_sign_up(&token, hanako.clone(), None, Language::En);
        assert_eq!(ask().await.unwrap(), CodeRequest::Sent);
        let first = town.newest_code().await;
        assert_eq!(
            ask().await.unwrap(),
            CodeRequest::AlreadySent { wait_seconds: 60 }
        );
        town.minutes(10);
        assert_eq!(ask().await.unwrap(), CodeRequest::Sent);
        let second = town.newest_code().await;
        town.restart().await;
        let front = town.app.front_desk(None);
        let wide: String = first
            .chars()
            .map(|c| char::from_u32(c as u32 - 0x30 + 0xFF10).unwrap())
            .collect();
        let (checked, goes_on) = front.verify_code(&token, &wide).await.unwrap();
        assert_eq!(checked, CodeCheck::Right, "the older one, in full width");
        assert_eq!(
            front.verify_code(&goes_on, &second).await.unwrap().0,
            CodeCheck::NoLiveCode,
            "used up with it"
        );
        let late = Token::generate();
        town.minutes(1);
        front
            .request_sign_up(&late, address("late@example.org"), None, Language::En)
            .await
            .unwrap();
        let code = town.newest_code().await;
        town.minutes(15);
        assert_eq!(
            front.verify_code(&late, &code).await.unwrap().0,
            CodeCheck::NoLiveCode
        );
    }
);

story!(five_wrong_tries_spend_a_code_even_at_once, town, {
    let (front, token) = (town.app.front_desk(None), Token::generate());
    front
        .request_sign_up(&token, address("a@example.org"), None, Language::En)
        .await
        .unwrap();
    let code = town.newest_code().await;
    let tries: Vec<_> = (0..60)
        .map(|_| {
            let (front, token, wrong) = (front.clone(), token.clone(), other(&code));
            tokio::spawn(async move { front.verify_code(&token, wrong).await.unwrap().0 })
        })
        .collect();
    let mut evaluated = 0;
    for one in tries {
        evaluated += usize::from(one.await.unwrap() == CodeCheck::Wrong);
    }
    assert_eq!(evaluated, 5);
    assert_eq!(
        front.verify_code(&token, &code).await.unwrap().0,
        CodeCheck::NoLiveCode
    );
    assert_eq!(
        front.verify_code(&token, "12345").await.unwrap().0,
        CodeCheck::NotACode
    );
});

story!(
    a_hundred_failures_close_an_address_until_somebody_looks,
    town,
    {
        let (front, token) = (town.app.front_desk(None), Token::generate());
        let victim = address("victim@example.org");
        front
            .request_sign_up(&token, victim.clone(), None, Language::En)
            .await
            .unwrap();
        // Without a live code nothing can be guessed, and nothing counts: five wrong tries are five failures.
        let code = town.newest_code().await;
        for _ in 0..200 {
            front.verify_code(&token, other(&code)).await.unwrap();
        }
        let again = async |town: &mut Town| {
            town.minutes(300);
            let front = town.app.front_desk(None);
            let asked = front.request_sign_up(&token, victim.clone(), None, Language::En);
            assert_eq!(asked.await.unwrap(), CodeRequest::Sent);
            town.newest_code().await
        };
        for _ in 1..20 {
            let code = again(&mut town).await;
            for n in 0..5 {
                let front = town.app.front_desk(None);
                let check = front.verify_code(&token, other(&code)).await.unwrap().0;
                assert!(check == CodeCheck::Wrong || (n == 4 && check == CodeCheck::Closed));
            }
        }
        let fresh = again(&mut town).await;
        let front = town.app.front_desk(None);
        assert_eq!(
            front.verify_code(&token, &fresh).await.unwrap().0,
            CodeCheck::Closed,
            "though right"
        );
        let nurse = town.nurse().await;
        let task = nurse.tasks().await.unwrap().remove(0);
        assert!(
            matches!(&task.about, About::AddressClosed(email) if email.expose() == victim.as_str())
        );
        assert_eq!(
            nurse
                .finish_task(task.id, "Called; a child had played.")
                .await
                .unwrap(),
            FinishTask::Done
        );
        assert_eq!(
            front.verify_code(&token, &fresh).await.unwrap().0,
            CodeCheck::Right
        );
    }
);

story!(six_mails_a_day_and_no_more, town, {
    let token = Token::generate();
    let mut sent = 0;
    for _ in 0..20 {
        let front = town.app.front_desk(None);
        let asked = front
            .request_sign_up(&token, address("a@example.org"), None, Language::En)
            .await
            .unwrap();
        sent += usize::from(asked == CodeRequest::Sent);
        town.minutes(2);
    }
    assert_eq!(sent, 6);
    town.days(1);
    let front = town.app.front_desk(None);
    let asked = front
        .request_sign_up(&token, address("a@example.org"), None, Language::En)
        .await
        .unwrap();
    assert_eq!(asked, CodeRequest::Sent);
});

story!(
    a_known_address_gets_another_mail_and_no_other_answer,
    town,
    {
        town.account("known@example.org").await;
        town.minutes(2);
        let (front, token) = (town.app.front_desk(None), Token::generate());
        let known = front
            .request_sign_up(&token, address("Known@example.org"), None, Language::En)
            .await
            .unwrap();
        let mail = town.newest_mail().await;
        assert!(mail.contains("already has a My HER-SYS account"), "{mail}");
        let unknown = front
            .request_sign_up(
                &Token::generate(),
                address("new@example.org"),
                None,
                Language::En,
            )
            .await
            .unwrap();
        assert_eq!(known, unknown);
        assert!(
            !front.walk(&token).await.unwrap().unwrap().has_account,
            "told only after the code"
        );
        town.newest_mail().await;
        let reset = front
            .request_password_reset(
                &Token::generate(),
                address("nobody@example.org"),
                Language::En,
            )
            .await
            .unwrap();
        assert_eq!(reset, CodeRequest::Sent);
        assert!(
            town.newest_mail()
                .await
                .contains("no account with this address")
        );
    }
);

story!(
    a_forgotten_password_ends_every_session_and_is_told_by_mail,
    town,
    {
        let id = town.hanako().await;
        let desk = town.account("a@example.org").await;
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Registered(_)
        ));
        let front = town.app.front_desk(None);
        let SignIn::SignedIn(session) = front
            .sign_in(&address("A@example.org"), PASSWORD, None)
            .await
            .unwrap()
        else {
            panic!("she can sign in")
        };
        town.restart().await;
        town.days(29);
        assert!(
            town.app
                .patient_desk(&session, None)
                .await
                .unwrap()
                .is_some(),
            "it survives a restart and weeks"
        );
        let (front, token) = (town.app.front_desk(None), Token::generate());
        front
            .request_password_reset(&token, address("a@example.org"), Language::En)
            .await
            .unwrap();
        let code = town.newest_code().await;
        let (checked, token) = front.verify_code(&token, &code).await.unwrap();
        assert_eq!(checked, CodeCheck::Right);
        let named = front
            .save_new_password(&token, "Hanako-no-Haru-1", Language::En)
            .await
            .unwrap();
        assert!(
            matches!(named, NewPassword::Weak(_)),
            "a member's name will not do"
        );
        let saved = front
            .save_new_password(&token, "shigure-Kaze-93", Language::En)
            .await
            .unwrap();
        let NewPassword::Saved(Some(new)) = saved else {
            panic!("{saved:?}")
        };
        assert!(town.newest_mail().await.contains("was changed just now"));
        assert!(
            town.app
                .patient_desk(&session, None)
                .await
                .unwrap()
                .is_none()
        );
        assert!(town.app.patient_desk(&new, None).await.unwrap().is_some());
        let old = front
            .sign_in(&address("a@example.org"), PASSWORD, None)
            .await
            .unwrap();
        assert!(matches!(old, SignIn::Wrong));
        let desk = town.desk(&new).await;
        desk.sign_out_everywhere().await.unwrap();
        assert!(town.app.patient_desk(&new, None).await.unwrap().is_none());
    }
);

story!(guessing_a_password_must_wait, town, {
    town.account("a@example.org").await;
    let front = town.app.front_desk(Some([192, 0, 2, 1].into()));
    for _ in 0..10 {
        let tried = front
            .sign_in(&address("a@example.org"), "wrong-Guess-1", None)
            .await
            .unwrap();
        assert!(matches!(tried, SignIn::Wrong));
    }
    let tried = front
        .sign_in(&address("a@example.org"), PASSWORD, None)
        .await
        .unwrap();
    assert!(matches!(tried, SignIn::Wait), "though right");
    let elsewhere = town.app.front_desk(Some([192, 0, 2, 2].into()));
    let tried = elsewhere
        .sign_in(&address("a@example.org"), PASSWORD, None)
        .await
        .unwrap();
    assert!(
        matches!(tried, SignIn::SignedIn(_)),
        "the owner is not locked out by a stranger"
    );
    town.later(SignedDuration::from_mins(15));
    let tried = front
        .sign_in(&address("a@example.org"), PASSWORD, None)
        .await
        .unwrap();
    assert!(matches!(tried, SignIn::SignedIn(_)));
});

story!(a_code_is_understood_with_what_stood_around_it, town, {
    for (email, around) in [
        ("a@example.org", "Code: {}"),
        ("b@example.org", "確認コード：{}　"),
        ("c@example.org", "Your code is {}. It works for 15 minutes"),
    ] {
        let (front, token) = (town.app.front_desk(None), Token::generate());
        front
            .request_sign_up(&token, address(email), None, Language::En)
            .await
            .unwrap();
        let code = town.newest_code().await;
        let two = format!("{code} {code}");
        assert_eq!(
            front.verify_code(&token, &two).await.unwrap().0,
            CodeCheck::NotACode
        );
        let pasted = around.replace("{}", &code);
        assert_eq!(
            front.verify_code(&token, &pasted).await.unwrap().0,
            CodeCheck::Right,
            "{around}"
        );
    }
});

story!(
    a_walk_goes_on_under_a_token_that_nobody_knew_before,
    town,
    {
        let (front, planted) = (town.app.front_desk(None), Token::generate());
        // What stood in the browser before is not taken over, and a button pressed twice begins one walk.
        let token = front.walk_token(Some(&planted)).await.unwrap();
        assert!(token != planted);
        assert!(token == front.walk_token(Some(&planted)).await.unwrap());
        let victim = address("victim@example.org");
        front
            .request_sign_up(&token, victim, None, Language::En)
            .await
            .unwrap();
        assert!(token == front.walk_token(Some(&token)).await.unwrap());
        let code = town.newest_code().await;
        let (checked, goes_on) = front.verify_code(&token, &code).await.unwrap();
        assert_eq!(checked, CodeCheck::Right);
        assert!(front.walk(&token).await.unwrap().is_none());
        assert!(front.walk(&goes_on).await.unwrap().unwrap().verified);
        assert!(matches!(
            front
                .save_password(&token, PASSWORD, Language::En)
                .await
                .unwrap(),
            app::sign_up::SavePassword::NoWalk
        ));
    }
);

story!(
    a_right_code_that_comes_again_leads_on_to_the_same_step,
    town,
    {
        let (front, token) = (town.app.front_desk(None), Token::generate());
        let begin = |token: Token, email: &str| {
            let (front, email) = (front.clone(), address(email));
            async move {
                let asked = front.request_sign_up(&token, email, None, Language::En);
                assert_eq!(asked.await.unwrap(), CodeRequest::Sent);
            }
        };
        begin(token.clone(), "hanako@example.org").await;
        let older = town.newest_code().await;
        town.minutes(2);
        begin(token.clone(), "hanako@example.org").await;
        let code = town.newest_code().await;
        let again = |token: &Token, purpose, code: &str| {
            let (front, token, code) = (front.clone(), token.clone(), code.to_owned());
            async move {
                let led = front.verify_code_again(&token, purpose, &code);
                led.await.unwrap()
            }
        };
        // Nothing was right yet.
        assert!(again(&token, Purpose::SignUp, &code).await.is_none());
        let (checked, goes_on) = front.verify_code(&token, &code).await.unwrap();
        assert_eq!(checked, CodeCheck::Right);
        // The answer was lost on the way: the same code from the same browser leads to the same step.
        assert!(again(&token, Purpose::SignUp, &code).await == Some(goes_on.clone()));
        // No other code does, no other browser, and no other purpose; a wrong one spends what is left of the tries.
        let stranger = Token::generate();
        assert!(again(&stranger, Purpose::SignUp, &code).await.is_none());
        assert!(again(&token, Purpose::PasswordReset, &code).await.is_none());
        assert!(again(&token, Purpose::SignUp, &older).await.is_none());
        assert!(front.walk(&token).await.unwrap().is_none());
        for _ in 0..2 {
            assert!(again(&token, Purpose::SignUp, other(&code)).await.is_none());
        }
        assert!(again(&token, Purpose::SignUp, &code).await.is_none());
        // Two presses at once, on a site of two processes perhaps.
        let token = Token::generate();
        begin(token.clone(), "taro@example.org").await;
        let code = town.newest_code().await;
        let press = || async {
            let (checked, goes_on) = front.verify_code(&token, &code).await.unwrap();
            match checked {
                CodeCheck::Right => goes_on,
                // The first has gone on before this one looked.
                CodeCheck::NoWalk => again(&token, Purpose::SignUp, &code).await.unwrap(),
                other => panic!("{other:?}"),
            }
        };
        let (first, second) = tokio::join!(press(), press());
        assert!(first == second);
        assert!(front.walk(&first).await.unwrap().unwrap().verified);
        // Not for long.
        town.minutes(2);
        assert!(again(&token, Purpose::SignUp, &code).await.is_none());
        assert!(front.walk(&first).await.unwrap().unwrap().verified);
    }
);
