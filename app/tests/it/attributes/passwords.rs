//! A password that somebody else in the house could guess is not taken.

use crate::story;
use crate::town::{hanako, register};
use app::attributes::{Problem, Registration, Typed};
use app::password_reset::NewPassword;
use app::sign_in::SignIn;

story!(a_password_built_on_what_is_typed_after_it_must_go, town, {
    let id = town.hanako().await;
    for (email, password) in [
        ("name@example.org", "すずき-Yamada-7x"),
        ("kanji@example.org", "山田Xx1-tulip"),
        ("born@example.org", "Tulip-1988/05/04"),
        ("phone@example.org", "Tulip-1234-5678"),
    ] {
        let session = town.signs_up(email, password).await;
        // What is kept for the comparison is not in the browser, and the process may have been another one.
        town.restart().await;
        let desk = town.desk(&session).await;
        let typed = Typed {
            name: "Yamada Hanako".to_owned(),
            ..hanako(&id)
        };
        let kanji = Typed {
            name: "山田 花子".to_owned(),
            ..hanako(&id)
        };
        let is_kanji = password.contains('山');
        let typed = if is_kanji { kanji } else { typed };
        assert_eq!(
            desk.keep_attributes(&typed).await.unwrap().err(),
            Some(vec![Problem::Password]),
            "{password}"
        );
        assert!(matches!(
            desk.save_attributes().await.unwrap(),
            Registration::Incomplete(problems) if problems == [Problem::Password]
        ));
        assert!(
            desk.typed_attributes().await.unwrap() == Some(typed.clone()),
            "nothing typed is lost"
        );
        assert!(desk.members().await.unwrap().is_empty());
        // A second one like it is refused where it is chosen.
        let again = desk
            .change_password(password, "Hanako-山田-tulip-1")
            .await
            .unwrap();
        assert!(matches!(again, NewPassword::Weak(_)), "{again:?}");
    }
    assert!(
        town.nurse().await.tasks().await.unwrap().is_empty(),
        "it was no try"
    );
});

story!(
    a_password_on_another_spelling_of_the_name_goes_when_the_attributes_agree,
    town,
    {
        let id = town.hanako().await;
        let session = town.signs_up("a@example.org", "Tulip-Yamada-7").await;
        let desk = town.desk(&session).await;
        let wrong = Typed {
            phone: "09012345679".to_owned(),
            ..hanako(&id)
        };
        assert!(
            matches!(register(&desk, &wrong).await, Registration::Refused),
            "whoever does not know the attributes learns nothing of the spellings"
        );
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Incomplete(problems) if problems == [Problem::Password]
        ));
        assert!(matches!(
            desk.change_password("Tulip-Yamada-7", "kogarashi7!Aki")
                .await
                .unwrap(),
            NewPassword::Saved(_)
        ));
        town.new_mails().await;
        assert!(matches!(
            desk.save_attributes().await.unwrap(),
            Registration::Registered(_)
        ));
        assert!(desk.members().await.unwrap().len() == 1);
    }
);

story!(
    whoever_leaves_and_signs_in_again_is_asked_for_another_password_all_the_same,
    town,
    {
        let id = town.hanako().await;
        let session = town.signs_up("a@example.org", "Tulip-1234-5678").await;
        town.desk(&session).await.sign_out().await.unwrap();
        let front = town.app.front_desk(None);
        let email = crate::town::address("a@example.org");
        let SignIn::SignedIn(session) = front
            .sign_in(&email, "Tulip-1234-5678", None)
            .await
            .unwrap()
        else {
            panic!("not signed in");
        };
        let desk = town.desk(&session).await;
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Incomplete(problems) if problems == [Problem::Password]
        ));
    }
);
