//! Too many wrong codes close an address: to whom, and how soon.

use crate::story;
use crate::town::{Town, address};
use app::FrontDesk;
use app::code::{CodeCheck, CodeRequest};
use app::keys::Token;
use app::password_reset::NewPassword;
use app::tasks::{About, FinishTask};
use domain::language::Language;

const MAIL: &str = "a@example.org";

/// Six digits that are none of these codes.
fn none_of(codes: &[String]) -> &'static str {
    let all = [
        "111111", "222222", "333333", "444444", "555555", "666666", "777777",
    ];
    all.into_iter()
        .find(|one| codes.iter().all(|code| code != one))
        .unwrap()
}

/// The code of a new walk to a new password.
async fn asks(town: &mut Town, front: &FrontDesk, token: &Token) -> String {
    town.minutes(300);
    let asked = front.request_password_reset(token, address(MAIL), Language::En);
    assert_eq!(asked.await.unwrap(), CodeRequest::Sent);
    town.newest_code().await
}

/// Guesses in five tries at each of twenty codes.
async fn guesses(town: &mut Town, front: &FrontDesk) {
    let token = Token::generate();
    let mut last = CodeCheck::NoWalk;
    for _ in 0..20 {
        let code = asks(town, front, &token).await;
        for _ in 0..5 {
            let wrong = none_of(std::slice::from_ref(&code));
            last = front.verify_code(&token, wrong).await.unwrap().0;
        }
    }
    assert_eq!(last, CodeCheck::Closed);
}

story!(
    strangers_who_guess_codes_close_nothing_to_the_owner_in_their_browser,
    town,
    {
        town.account(MAIL).await;
        let cookie = town.app.known_browser(&address(MAIL)).await.unwrap();
        let stranger = town.app.front_desk(None);
        guesses(&mut town, &stranger).await;
        let token = Token::generate();
        let code = asks(&mut town, &stranger, &token).await;
        let (checked, _) = stranger.verify_code(&token, &code).await.unwrap();
        assert_eq!(checked, CodeCheck::Closed, "though right");

        let home = town.app.front_desk(None).knowing(Some(&cookie));
        let token = Token::generate();
        let code = asks(&mut town, &home, &token).await;
        let (checked, token) = home.verify_code(&token, &code).await.unwrap();
        assert_eq!(checked, CodeCheck::Right);
        let saved = home.save_new_password(&token, "Owner-Meadow-78", Language::En);
        assert!(matches!(saved.await.unwrap(), NewPassword::Saved(Some(_))));
        town.new_mails().await;
        // To strangers it stays closed until somebody looks.
        let token = Token::generate();
        let code = asks(&mut town, &stranger, &token).await;
        let (checked, _) = stranger.verify_code(&token, &code).await.unwrap();
        assert_eq!(checked, CodeCheck::Closed);
    }
);

story!(a_known_browser_may_not_guess_codes_for_ever_either, town, {
    town.account(MAIL).await;
    let cookie = town.app.known_browser(&address(MAIL)).await.unwrap();
    let home = town.app.front_desk(None).knowing(Some(&cookie));
    guesses(&mut town, &home).await;
    let token = Token::generate();
    let code = asks(&mut town, &home, &token).await;
    let (checked, _) = home.verify_code(&token, &code).await.unwrap();
    assert_eq!(checked, CodeCheck::Closed, "though right");
    // Whoever looks opens it there, too.
    let nurse = town.nurse().await;
    let task = nurse.tasks().await.unwrap().remove(0);
    assert!(matches!(&task.about, About::AddressClosed(email) if email.expose() == MAIL));
    let done = nurse.finish_task(task.id, "Called; it was the son.");
    assert_eq!(done.await.unwrap(), FinishTask::Done);
    let (checked, _) = home.verify_code(&token, &code).await.unwrap();
    assert_eq!(checked, CodeCheck::Right);
});

story!(a_try_at_six_codes_is_six_failures, town, {
    let token = Token::generate();
    let mut tries = Vec::new();
    for _ in 0..4 {
        let front = town.app.front_desk(None);
        let mut codes = Vec::new();
        for _ in 0..6 {
            let asked = front.request_sign_up(&token, address(MAIL), None, Language::En);
            assert_eq!(asked.await.unwrap(), CodeRequest::Sent);
            codes.push(town.newest_code().await);
            town.minutes(2);
        }
        for _ in 0..5 {
            let wrong = none_of(&codes);
            tries.push(front.verify_code(&token, wrong).await.unwrap().0);
        }
        town.days(1);
    }
    let after = tries.split_off(16);
    assert!(tries.iter().all(|one| *one == CodeCheck::Wrong));
    assert!(after.iter().all(|one| *one == CodeCheck::Closed));
});
