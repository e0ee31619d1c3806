//! A role that may not do what a process needs, and a server that takes nothing.

use crate::nodes::{count_up, counted, open};
use crate::{now, on_postgres, run_sql};
use storage::sight::{rights, try_to_write};
use storage::{Db, Error};

/// A role of its own beside a schema, which may look into it.
async fn role(url: &str, schema: &str) -> (String, String) {
    let role = format!("r{schema}");
    run_sql(
        url,
        format!("CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {schema} TO {role}"),
    )
    .await;
    let as_role = url.replacen("hersys@", &format!("{role}@"), 1);
    assert_ne!(as_role, url, "a URL whose user is hersys");
    (role, as_role)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_role_may_not_do_is_told_with_what_to_do() {
    on_postgres(|url, schema| async move {
        let (name, as_role) = role(&url, &schema).await;
        let db = Db::postgres(&as_role, Some(&schema)).await.unwrap();
        let seen = db.read(rights).await.unwrap().unwrap();
        assert_eq!((seen.role.as_str(), seen.creates), (name.as_str(), false));
        assert_eq!(seen.schema.as_deref(), Some(schema.as_str()));
        let error = storage::migrations::migrate(&db, now()).await.unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{error:?}");
        assert!(error.to_string().contains("createdb --owner"), "{error}");

        // Somebody else has made the tables.
        run_sql(&url, format!("GRANT CREATE ON SCHEMA {schema} TO {name}")).await;
        let owner = open(&url, &schema).await;
        let seen = db.read(rights).await.unwrap().unwrap();
        assert!(seen.creates);
        assert_eq!(seen.other_owner.as_deref(), Some("hersys"));
        let seen = owner.read(rights).await.unwrap().unwrap();
        assert!(seen.creates && seen.other_owner.is_none());

        let nowhere = Db::postgres(&as_role, Some("nowhere_at_all"))
            .await
            .unwrap();
        let seen = nowhere.read(rights).await.unwrap().unwrap();
        assert_eq!((seen.schema, seen.creates), (None, false));
        drop((db, owner, nowhere));
        run_sql(&url, format!("DROP OWNED BY {name}; DROP ROLE {name}")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_answers_and_takes_nothing_is_noticed_and_forgiven() {
    on_postgres(|url, schema| async move {
        let owner = open(&url, &schema).await;
        let (name, as_role) = role(&url, &schema).await;
        let table = format!("{schema}.hourly_counts");
        run_sql(
            &url,
            format!("GRANT SELECT, INSERT, UPDATE ON {table} TO {name}"),
        )
        .await;
        let db = Db::postgres(&as_role, Some(&schema)).await.unwrap();
        db.write(count_up).await.unwrap();
        db.write(try_to_write).await.unwrap();
        assert!(!db.takes_nothing());
        let sessions = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'"
        );
        let lock = format!("ALTER ROLE {name} SET default_transaction_read_only = on; {sessions}");
        run_sql(&url, lock).await;
        let error = db.write(count_up).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        assert!(db.takes_nothing());
        run_sql(
            &url,
            format!("ALTER ROLE {name} RESET default_transaction_read_only; {sessions}"),
        )
        .await;
        // The pauses between tries to connect have grown meanwhile.
        for _ in 0..20 {
            if db.write(count_up).await.is_ok() {
                break;
            }
        }
        assert!(!db.takes_nothing());
        assert_eq!(counted(&owner).await, 2);
        drop((db, owner));
        run_sql(&url, format!("DROP OWNED BY {name}; DROP ROLE {name}")).await;
    })
    .await;
}
