//! What is asked and told ahead of its answer is what it would be otherwise, on both engines.

use crate::audit::{Plain, entry, whole};
use crate::{now, on_both, on_postgres, run_sql};
use jiff::Timestamp;
use std::time::Duration;
use storage::engine::At;
use storage::{Db, Error, Tx, audit};

const ADD: &str =
    "INSERT INTO hourly_counts (times, began_at, subject, kind) VALUES ($1, $2, $3, 'ahead')";
const COUNT: &str = "SELECT count(*) FROM hourly_counts WHERE kind = 'ahead'";
const ALL: &str = "SELECT times FROM hourly_counts WHERE kind = 'ahead' ORDER BY times";

fn tell(tx: &mut Tx<'_>, n: i32, at: Timestamp) -> Result<storage::Told, Error> {
    let subject = n.to_be_bytes();
    tx.tell(ADD, &[&n, &At(at), &subject.as_slice()])
}

async fn count(db: &Db) -> i64 {
    db.read_once(|tx| tx.query_one(COUNT, &[], |row| row.get(0)))
        .await
        .unwrap()
}

#[tokio::test]
async fn answers_are_taken_in_any_order_and_however_long_they_are() {
    on_both(|db: Db| async move {
        db.write(|tx| {
            for n in 0..5_000 {
                tell(tx, n, now())?;
            }
            Ok(())
        })
        .await
        .unwrap();
        let (all, few, times) = db
            .read(|tx| {
                // A long answer stands before short ones that are wanted first.
                let all = tx.ask(ALL, &[], |row| row.get::<i32>(0))?;
                let counted = tx.ask(COUNT, &[], |row| row.get::<i64>(0))?;
                let between = tx.query_one(COUNT, &[], |row| row.get::<i64>(0))?;
                let few = tx.ask(
                    "SELECT times FROM hourly_counts WHERE kind = 'ahead' AND times < $1 ORDER BY times",
                    &[&3_i32],
                    |row| row.get::<i32>(0),
                )?;
                let few = few.all(tx)?;
                let counted = counted.first(tx)?;
                Ok((all.all(tx)?, few, (counted, between)))
            })
            .await
            .unwrap();
        assert_eq!(all, (0..5_000).collect::<Vec<_>>());
        assert_eq!((few, times), (vec![0, 1, 2], (Some(5_000), 5_000)));
    })
    .await;
}

#[tokio::test]
async fn what_is_told_ahead_stands_with_the_commit_and_says_how_many_rows_it_touched() {
    on_both(|db: Db| async move {
        let touched = db
            .write(|tx| {
                let first = tell(tx, 1, now())?;
                tell(tx, 2, now())?;
                let gone = tx.tell("DELETE FROM hourly_counts WHERE kind = $1", &[&"nothing"])?;
                Ok((gone.count(tx)?, first.count(tx)?))
            })
            .await
            .unwrap();
        assert_eq!((touched, count(&db).await), ((0, 1), 2));
    })
    .await;
}

#[tokio::test]
async fn what_fails_unseen_is_told_by_the_commit_and_nothing_stands() {
    on_both(|db: Db| async move {
        let twice = |seen: bool| {
            let db = db.clone();
            async move {
                db.write(move |tx| {
                    tell(tx, 1, now())?;
                    // On the embedded engine this fails here, on a server at the commit or at the next question.
                    tell(tx, 1, now())?;
                    match seen {
                        true => tx.query_one(COUNT, &[], |row| row.get::<i64>(0)),
                        false => Ok(0),
                    }
                })
                .await
            }
        };
        for seen in [false, true] {
            let refused = twice(seen).await;
            assert!(matches!(refused, Err(Error::Duplicate(_))), "{refused:?}");
            assert_eq!(count(&db).await, 0);
        }
        // Nor is it in the way of whoever comes next on the same connection.
        for n in 0..40 {
            db.write(move |tx| tell(tx, n, now()).map(|_| ()))
                .await
                .unwrap();
        }
        assert_eq!(count(&db).await, 40);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_is_of_the_moment_at_which_it_begins_though_the_one_before_was_left_open() {
    on_both(|db: Db| async move {
        for n in 0..300 {
            db.write(move |tx| tell(tx, n, now()).map(|_| ()))
                .await
                .unwrap();
            let (looks, others): (Vec<_>, Vec<_>) = (0..8)
                .map(|_| {
                    let (one, other) = (db.clone(), db.clone());
                    (
                        tokio::spawn(async move {
                            one.read(|tx| tx.query_one(COUNT, &[], |row| row.get::<i64>(0)))
                                .await
                        }),
                        tokio::spawn(async move { count(&other).await }),
                    )
                })
                .unzip();
            for look in looks {
                assert_eq!(look.await.unwrap().unwrap(), i64::from(n) + 1);
            }
            for other in others {
                assert_eq!(other.await.unwrap(), i64::from(n) + 1);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_stays_open_once_nobody_comes() {
    on_postgres(|url, schema| async move {
        let db = Db::postgres(&url, Some(&schema)).await.unwrap();
        storage::migrations::migrate(&db, now()).await.unwrap();
        for _ in 0..40 {
            db.read(|tx| tx.query_one(COUNT, &[], |row| row.get::<i64>(0)))
                .await
                .unwrap();
        }
        let open = "SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
             JOIN pg_class c ON c.oid = l.relation
             JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
             WHERE a.state LIKE 'idle in transaction%' AND c.relname = 'hourly_counts'";
        let mut left = 1;
        for _ in 0..50 {
            left = db
                .read_once(move |tx| tx.query_one(open, &[], |row| row.get::<i64>(0)))
                .await
                .unwrap();
            if left == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(left, 0);
    })
    .await;
}

/// The lines of the audit log go to a server together with the commit, so what it says of them it says of the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_last_statement_that_the_server_refuses_is_told_or_tried_again_and_never_half_of_it_stands()
 {
    on_postgres(|url, schema| async move {
        let db = Db::postgres(&url, Some(&schema)).await.unwrap();
        storage::migrations::migrate(&db, now()).await.unwrap();
        db.write(|tx| audit::begin(tx, &Plain)).await.unwrap();
        // A number that is drawn stays drawn though the transaction is undone.
        run_sql(
            &url,
            format!(
                "SET search_path = {schema}; CREATE SEQUENCE tries;
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF NEW.action = 'never' THEN RAISE check_violation USING MESSAGE = 'refused for good'; END IF;
                    IF NEW.action = 'later' AND nextval('{schema}.tries') <= 2 THEN RAISE serialization_failure; END IF;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse()"
            ),
        )
        .await;
        let writes = |n: i32, action: &'static str| {
            let db = db.clone();
            async move {
                db.write(move |tx| {
                    tell(tx, n, now())?;
                    let line = storage::audit::AuditEntry {
                        action: action.to_owned(),
                        ..entry(n.unsigned_abs().into())
                    };
                    audit::append(tx, &line, &Plain)
                })
                .await
            }
        };
        let before = whole(&db).await;
        let refused = writes(1, "never").await.unwrap_err();
        assert!(!matches!(refused, Error::Lost(_)), "{refused}");
        assert_eq!((count(&db).await, whole(&db).await), (0, before));

        writes(2, "later").await.unwrap();
        assert_eq!((count(&db).await, whole(&db).await), (1, before + 1));

        // Among others that wait with it, it takes nobody along.
        let together: Vec<_> = (10..40)
            .map(|n| tokio::spawn(writes(n, if n % 10 == 0 { "never" } else { "said" })))
            .collect();
        let mut stands = 0;
        for (n, one) in (10..40).zip(together) {
            let written = one.await.unwrap();
            assert_eq!(written.is_err(), n % 10 == 0, "{n}: {written:?}");
            stands += i64::from(written.is_ok());
        }
        assert_eq!((stands, count(&db).await), (27, 28));
        assert_eq!(whole(&db).await, before + 28);
    })
    .await;
}
