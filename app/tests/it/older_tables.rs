//! A command of a newer release beside a server of an older one.

use crate::story;
use app::Opening;
use storage::migrations;

story!(
    only_whoever_serves_or_was_told_to_brings_a_database_up_to_date,
    town,
    {
        const NEWEST: &str =
            "DELETE FROM migrations WHERE number = (SELECT max(number) FROM migrations)";
        let db = town.database().await;
        // What is whole is read, whoever comes.
        for opening in [Opening::AsItIs, Opening::MakeNew] {
            let app = town.command(opening).await.unwrap();
            assert_eq!(app.system_desk().health_centers().await.unwrap().len(), 1);
        }
        // As it stands where this release brings along another questionnaire.
        let changes = |sql: &'static str| db.write(move |tx| tx.execute(sql, &[]));
        let none =
            |tx: &mut storage::Tx<'_>| storage::questionnaire::all(tx).map(|all| all.is_empty());
        changes("UPDATE questionnaires SET content = '{}'")
            .await
            .unwrap();
        let before = db.read(storage::questionnaire::all).await.unwrap().len();
        for opening in [Opening::AsItIs, Opening::MakeNew] {
            let refused = town.command(opening).await.err().unwrap().to_string();
            assert!(refused.contains("Run `hersys migrate` first"), "{refused}");
            let after = db.read(storage::questionnaire::all).await.unwrap().len();
            assert_eq!(after, before, "nothing was changed");
        }
        assert!(!db.read(none).await.unwrap());

        // And where it brings along another table.
        changes(NEWEST).await.unwrap();
        for opening in [Opening::AsItIs, Opening::MakeNew] {
            let refused = town.command(opening).await.err().unwrap().to_string();
            assert!(
                refused.contains("of an older release: one change of its tables"),
                "{refused}"
            );
        }
        let seen = migrations::look(&db).await.unwrap().unwrap();
        assert_eq!(seen.missing, 1, "nothing was changed");
    }
);
