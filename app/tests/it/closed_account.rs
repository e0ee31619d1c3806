//! Whoever has an account can close it; what was reported stays with the center, which knows that no more comes. And accounts
//! that nobody is a member of are erased by themselves.

use crate::reports::{family, sends};
use crate::retention::is_released;
use crate::story;
use crate::town::{PASSWORD, address, hanako, register};
use app::StaffDesk;
use app::account::CloseAccount;
use app::attributes::Registration;
use app::sign_in::SignIn;
use app::tasks::About;
use app::worklist::{Filter, List};
use domain::ids::CaseId;

async fn in_list(nurse: &StaffDesk, list: List) -> Vec<CaseId> {
    let filter = Filter {
        list: Some(list),
        ..Filter::default()
    };
    let found = nurse.worklist(None, filter).await.unwrap().unwrap();
    found.lists[0].items.iter().map(|item| item.case).collect()
}

story!(
    who_closes_their_account_is_followed_on_and_can_sign_up_again,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "37.0", "97").await;
        // Another browser is signed in, too.
        let elsewhere = town.signed_in("a@example.org").await;
        let wrong = desk.close_account("Wrong-password1").await.unwrap();
        assert_eq!(wrong, CloseAccount::WrongPassword);
        assert_eq!(desk.members().await.unwrap().len(), 1);
        town.new_mails().await;
        let closed = desk.close_account(PASSWORD).await.unwrap();
        assert_eq!(closed, CloseAccount::Closed { is_followed: true });
        let mail = town.newest_mail().await;
        assert!(
            mail.contains("a@example.org") && mail.contains("will call"),
            "{mail}"
        );
        // Nobody comes in any more, neither here nor there.
        assert!(elsewhere.members().await.unwrap().is_empty());
        assert!(elsewhere.email().await.is_err());
        let front = town.app.front_desk(None);
        let signed_in = front
            .sign_in(&address("a@example.org"), PASSWORD, None)
            .await;
        assert!(matches!(signed_in.unwrap(), SignIn::Wrong));

        // The center has what was reported, and knows that no more comes.
        let nurse = town.nurse().await;
        let opened = nurse.open_case(case).await.unwrap().unwrap();
        assert_eq!(opened.reports.len(), 1);
        assert_eq!(nurse.case(case).await.unwrap().unwrap().signed_up_at, None);
        let tasks = nurse.tasks().await.unwrap();
        assert!(matches!(tasks[0].about, About::AccountClosed), "{tasks:?}");
        assert_eq!((tasks.len(), tasks[0].case), (1, Some(case)));
        assert_eq!(in_list(&nurse, List::NoAccount).await, [case]);
        assert!(
            in_list(&nurse, List::Silent).await.is_empty(),
            "she was heard of today"
        );
        let audit = nurse.audit_of_case(case, 50).await.unwrap();
        assert!(audit.iter().any(|line| line.action == "account.closed"));
        town.days(2);
        let nurse = town.nurse().await;
        assert_eq!(in_list(&nurse, List::Silent).await, [case]);

        // With the same address and ID she signs up as anybody does; then nobody has to call about it.
        let id = nurse.case(case).await.unwrap().unwrap().member.hersys_id;
        let desk = town.account("a@example.org").await;
        assert_eq!(desk.members().await.unwrap().len(), 0);
        let registered = register(&desk, &hanako(&id)).await;
        assert!(matches!(registered, Registration::Registered(found) if found == case));
        assert!(nurse.tasks().await.unwrap().is_empty());
        assert!(
            nurse
                .case(case)
                .await
                .unwrap()
                .unwrap()
                .signed_up_at
                .is_some()
        );
        sends(&desk, case, "36.5", "98").await;

        // Of whoever is released the center is told nothing.
        is_released(&town, case).await;
        town.new_mails().await;
        let closed = desk.close_account(PASSWORD).await.unwrap();
        assert_eq!(closed, CloseAccount::Closed { is_followed: false });
        assert!(!town.newest_mail().await.contains("will call"));
        assert!(nurse.tasks().await.unwrap().is_empty());
    }
);

story!(who_never_reported_has_no_account_again, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    assert!(in_list(&nurse, List::NoAccount).await.is_empty());
    desk.close_account(PASSWORD).await.unwrap();
    assert_eq!(in_list(&nurse, List::NoAccount).await, [case]);
    town.days(2);
    let nurse = town.nurse().await;
    assert_eq!(in_list(&nurse, List::Silent).await, [case]);
});

story!(
    an_account_that_nobody_is_a_member_of_goes_after_a_time,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        town.account("b@example.org").await;
        town.account("c@example.org").await;
        // Once more before its time.
        town.days(60);
        town.signed_in("c@example.org").await;
        town.days(31);
        town.app.system_desk().sweep().await.unwrap();
        let front = town.app.front_desk(None);
        let comes_in = async |email: &str| {
            let signed_in = front.sign_in(&address(email), PASSWORD, None).await;
            matches!(signed_in.unwrap(), SignIn::SignedIn(_))
        };
        assert!(comes_in("a@example.org").await, "she is a member");
        assert!(!comes_in("b@example.org").await);
        assert!(comes_in("c@example.org").await, "signed in a month ago");
        let nurse = town.nurse().await;
        assert!(
            nurse
                .case(case)
                .await
                .unwrap()
                .unwrap()
                .signed_up_at
                .is_some()
        );
        // Of one from a release before nobody knows when somebody last signed in: it counts from now.
        town.account("d@example.org").await;
        let database = town.database().await;
        let forgets = |tx: &mut storage::Tx<'_>| {
            tx.execute("UPDATE accounts SET last_in_at = NULL", &[])?;
            tx.execute("DELETE FROM account_sessions", &[])
        };
        database.write(forgets).await.unwrap();
        for (days, stands) in [(0, true), (89, true), (2, false)] {
            town.days(days);
            town.app.system_desk().sweep().await.unwrap();
            let accounts = |tx: &mut storage::Tx<'_>| {
                tx.query_one("SELECT count(*) FROM accounts", &[], |row| {
                    row.get::<i64>(0)
                })
            };
            let left = database.read_once(accounts).await.unwrap();
            assert_eq!(left, if stands { 3 } else { 1 }, "after {days} days");
        }
    }
);
