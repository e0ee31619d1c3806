//! What people at home write on PostgreSQL shares a commit, and nobody's trouble is another's.

use crate::audit::{Plain, entry, whole};
use crate::nodes::{Between, address, count_up, counted, open, pid, send_count_up};
use crate::{on_postgres, run_sql};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use storage::audit;
use storage::{Db, Error, Lane, Tx, settings};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Threads that write for people at home.
const WRITERS: usize = 4;

/// One who writes and has their hands full until the gate opens.
struct Holding {
    gate: Arc<AtomicBool>,
    ends: JoinHandle<Result<(), Error>>,
}

/// All who write.
struct Held(Vec<Holding>);

impl Held {
    async fn all(db: &Db) -> Held {
        let held = Arc::new(AtomicUsize::new(0));
        let mut all = Vec::new();
        for count in 1..=WRITERS {
            let (gate, seen) = (Arc::new(AtomicBool::new(false)), held.clone());
            let (db, open) = (db.clone(), gate.clone());
            let ends = tokio::spawn(async move {
                db.write(move |_| {
                    seen.fetch_add(1, Ordering::SeqCst);
                    while !open.load(Ordering::SeqCst) {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    Ok(())
                })
                .await
            });
            while held.load(Ordering::SeqCst) < count {
                sleep(Duration::from_millis(1)).await;
            }
            all.push(Holding { gate, ends });
        }
        // A batch that has taken so long takes nothing more in.
        sleep(Duration::from_millis(30)).await;
        Held(all)
    }

    /// Lets one of them go on; the others stay.
    async fn let_one_go(&mut self) {
        let one = self.0.pop().unwrap();
        one.gate.store(true, Ordering::SeqCst);
        one.ends.await.unwrap().unwrap();
    }

    async fn let_all_go(mut self) {
        while !self.0.is_empty() {
            self.let_one_go().await;
        }
    }
}

/// Puts a piece of work behind those that wait already.
async fn behind<T: Send + 'static>(
    db: &Db,
    once: bool,
    closure: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
) -> JoinHandle<Result<T, Error>> {
    let before = db.waiting().pieces;
    let to = db.clone();
    let waits = tokio::spawn(async move {
        if once {
            to.write_once(closure).await
        } else {
            to.write(closure).await
        }
    });
    while db.waiting().pieces == before {
        sleep(Duration::from_millis(1)).await;
    }
    waits
}

async fn kept(db: &Db) -> Vec<String> {
    db.read(|tx| {
        tx.query("SELECT name FROM settings ORDER BY name", &[], |row| {
            row.get::<String>(0)
        })
    })
    .await
    .unwrap()
}

fn set(tx: &mut Tx<'_>, name: &str) -> Result<(), Error> {
    settings::set_once(tx, name, b"x").map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_share_a_commit_and_whoever_reads_does_not_wait_for_it() {
    on_postgres(|url, schema| async move {
        let db = open(&url, &schema).await;
        let mut held = Held::all(&db).await;
        let mut all = Vec::new();
        for n in 0..20 {
            let piece = move |tx: &mut Tx<'_>| {
                set(tx, &format!("n{n:02}"))?;
                let asked = "SELECT pg_current_xact_id()::text";
                tx.query_one(asked, &[], |row| row.get::<String>(0))
            };
            all.push(behind(&db, n % 2 == 0, piece).await);
        }
        // Nobody who writes has a hand free.
        assert!(kept(&db).await.is_empty());
        held.let_one_go().await;
        let mut transactions = Vec::new();
        for one in all {
            transactions.push(one.await.unwrap().unwrap());
        }
        transactions.sort();
        transactions.dedup();
        assert!(transactions.len() < 20, "{} of 20", transactions.len());
        assert_eq!(kept(&db).await.len(), 20);
        held.let_all_go().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_in_a_batch_undoes_only_itself() {
    on_postgres(|url, schema| async move {
        let db = open(&url, &schema).await;
        let mut held = Held::all(&db).await;
        let runs = Arc::new(AtomicU32::new(0));
        let mut all = Vec::new();
        for n in 0..9 {
            let runs = runs.clone();
            let piece = move |tx: &mut Tx<'_>| {
                runs.fetch_add(1, Ordering::SeqCst);
                set(tx, &format!("n{n}"))?;
                count_up(tx)?;
                match n {
                    3 => Err(Error::Broken("on purpose".to_owned())),
                    // After this the server refuses everything until the transaction's end.
                    5 => tx.execute("INSERT INTO settings (name) VALUES (NULL)", &[]),
                    7 => panic!("on purpose"),
                    _ => Ok(0),
                }
            };
            all.push(behind(&db, false, piece).await);
        }
        held.let_one_go().await;
        for (n, one) in all.into_iter().enumerate() {
            let told = one.await.unwrap();
            assert_eq!(told.is_err(), [3, 5, 7].contains(&n), "{n}: {told:?}");
        }
        assert_eq!(kept(&db).await, ["n0", "n1", "n2", "n4", "n6", "n8"]);
        assert_eq!(counted(&db).await, 6);
        // They were together at first.
        assert!(runs.load(Ordering::SeqCst) > 9);
        held.let_all_go().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_and_another_that_wait_for_each_other_are_both_done_and_soon() {
    on_postgres(|url, schema| async move {
        let db = open(&url, &schema).await;
        db.write(|tx| {
            settings::set_once(tx, "mine", b"0")?;
            settings::set_once(tx, "theirs", b"0").map(|_| ())
        })
        .await
        .unwrap();
        const ADD: &str = "UPDATE settings SET value = value || '+'::bytea WHERE name = $1";
        let mut held = Held::all(&db).await;
        let mine = behind(&db, false, |tx| tx.execute(ADD, &[&"mine"])).await;
        let theirs = behind(&db, false, |tx| tx.execute(ADD, &[&"theirs"])).await;
        let free = behind(&db, false, |tx| set(tx, "free")).await;
        let mut other = tokio::task::spawn_blocking(move || {
            let mut other = postgres::Client::connect(&url, postgres::NoTls).unwrap();
            let to = format!("SET search_path = {schema}; SET deadlock_timeout = '10s'");
            other.batch_execute(&to).unwrap();
            other
                .batch_execute("BEGIN; UPDATE settings SET value = 'o' WHERE name = 'theirs'")
                .unwrap();
            other
        })
        .await
        .unwrap();
        held.let_one_go().await;
        // Now the batch has one row and wants the other.
        sleep(Duration::from_millis(100)).await;
        let began = Instant::now();
        let other = tokio::task::spawn_blocking(move || {
            other
                .batch_execute("UPDATE settings SET value = 'o' WHERE name = 'mine'")
                .unwrap();
            other
        })
        .await
        .unwrap();
        let waited = began.elapsed();
        free.await.unwrap().unwrap();
        let still_waits = !theirs.is_finished();
        tokio::task::spawn_blocking(move || {
            let mut other = other;
            other.batch_execute("COMMIT").unwrap();
        })
        .await
        .unwrap();
        // Nobody had to look for a circle, and whoever was in the batch by chance had gone on.
        assert!(waited < Duration::from_millis(600), "{waited:?}");
        assert!(still_waits);
        assert_eq!(mine.await.unwrap().unwrap(), 1);
        assert_eq!(theirs.await.unwrap().unwrap(), 1);
        let value = |name: &'static str| {
            let db = db.clone();
            async move { db.read(move |tx| settings::get(tx, name)).await.unwrap() }
        };
        assert_eq!(value("theirs").await.unwrap(), b"o+");
        let mine = value("mine").await.unwrap();
        assert!(mine == b"o+" || mine == b"o", "{mine:?}");
        held.let_all_go().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_connection_ends_over_its_commit_is_there_once() {
    on_postgres(|url, schema| async move {
        let (text, server) = address(&url);
        let between = Between::the_store_and(server);
        let db = open(&url.replace(&text, &between.address.to_string()), &schema).await;
        // On a busy machine a batch may be full of time before anybody has joined it: then once more.
        for attempt in 1..=20 {
            let mut held = Held::all(&db).await;
            let cuts = between.cuts.clone();
            // It waits for no answer: the first statement of a new connection may take longer than a batch takes
            // others in.
            let first = behind(&db, false, move |tx| {
                cuts.store(true, Ordering::SeqCst);
                send_count_up(tx)
            })
            .await;
            let runs = Arc::new(AtomicU32::new(0));
            let mut all = Vec::new();
            for n in 0..10 {
                let (all_runs, mut run) = (runs.clone(), 0);
                let piece = move |tx: &mut Tx<'_>| {
                    all_runs.fetch_add(1, Ordering::SeqCst);
                    run += 1;
                    let name = format!("n{attempt}-{n}");
                    settings::set_once(tx, &name, format!("run {run}").as_bytes())
                };
                all.push(behind(&db, true, piece).await);
            }
            held.let_one_go().await;
            for one in all {
                // What the first run has kept.
                assert_eq!(one.await.unwrap().unwrap(), b"run 1");
            }
            // Nobody knows of the counter, so its caller is told that it failed, and it is not counted twice.
            let told = first.await.unwrap();
            assert!(matches!(told, Err(Error::Unavailable(_))), "{told:?}");
            held.let_all_go().await;
            let stand = usize::try_from(10 * attempt).unwrap();
            assert_eq!(
                (kept(&db).await.len(), counted(&db).await),
                (stand, attempt)
            );
            if runs.load(Ordering::SeqCst) > 10 {
                return;
            }
        }
        panic!("nobody was ever in the batch");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_connection_ends_before_its_commit_is_done_piece_by_piece() {
    on_postgres(|url, schema| async move {
        let db = open(&url, &schema).await;
        let mut held = Held::all(&db).await;
        let mut all = Vec::new();
        for _ in 0..3 {
            all.push(behind(&db, false, count_up).await);
        }
        let (to, ended) = (url.clone(), AtomicBool::new(false));
        let ends = move |tx: &mut Tx<'_>| {
            if !ended.swap(true, Ordering::SeqCst) {
                let mut other = postgres::Client::connect(&to, postgres::NoTls).unwrap();
                other
                    .execute("SELECT pg_terminate_backend($1)", &[&pid(tx)?])
                    .unwrap();
            }
            count_up(tx)
        };
        all.push(behind(&db, false, ends).await);
        all.push(behind(&db, false, count_up).await);
        held.let_one_go().await;
        for one in all {
            one.await.unwrap().unwrap();
        }
        assert_eq!(counted(&db).await, 5);
        // The next batch has a connection again.
        db.write(count_up).await.unwrap();
        assert_eq!(counted(&db).await, 6);
        held.let_all_go().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_in_a_circle_for_the_chains_of_the_audit_log() {
    on_postgres(|url, schema| async move {
        let dbs = [open(&url, &schema).await, open(&url, &schema).await];
        dbs[0].write(|tx| audit::begin(tx, &Plain)).await.unwrap();
        // Two processes, each of which writes in both chains, the one the other way round than the other.
        let (runs, both) = (Arc::new(AtomicU32::new(0)), Arc::new(Barrier::new(2)));
        let mut all = Vec::new();
        for (n, db) in dbs.iter().enumerate() {
            let (db, runs, both) = (db.in_lane(Lane::Staff), runs.clone(), both.clone());
            all.push(tokio::spawn(async move {
                db.write(move |tx| {
                    let first = runs.fetch_add(1, Ordering::SeqCst) < 2;
                    let (one, other) = if n == 0 { (1, 2) } else { (2, 1) };
                    audit::append(tx, &entry(one), &Plain)?;
                    if first {
                        both.wait();
                    }
                    audit::append(tx, &entry(other), &Plain)
                })
                .await
            }));
        }
        for one in all {
            one.await.unwrap().unwrap();
        }
        assert_eq!(runs.load(Ordering::SeqCst), 2, "one had to run again");
        // Many at once, in batches and alone: each line once, none missing, each upon the one before it.
        let mut all = Vec::new();
        for n in 0..300 {
            let lane = if n % 5 == 0 {
                Lane::Staff
            } else {
                Lane::People
            };
            let db = dbs[n % 2].in_lane(lane);
            all.push(tokio::spawn(async move {
                db.write(move |tx| {
                    for chain in 0..=(n % 3) as u128 {
                        audit::append(tx, &entry(n as u128 * 7 + chain), &Plain)?;
                    }
                    Ok(())
                })
                .await
            }));
        }
        for one in all {
            one.await.unwrap().unwrap();
        }
        assert_eq!(whole(&dbs[1]).await, 4 + 600);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_stays_together_while_the_commit_of_another_takes_long() {
    on_postgres(|url, schema| async move {
        let db = open(&url, &schema).await;
        db.write(|tx| audit::begin(tx, &Plain)).await.unwrap();
        let mut held = Held::all(&db).await;
        let runs = Arc::new(AtomicU32::new(0));
        let mut all = Vec::new();
        for n in 0..6 {
            let runs = runs.clone();
            let piece = move |tx: &mut Tx<'_>| {
                runs.fetch_add(1, Ordering::SeqCst);
                audit::append(tx, &entry(n), &Plain)
            };
            all.push(behind(&db, false, piece).await);
        }
        // Another process, whose disk is slow, has all the chains.
        let slow = format!(
            "SET search_path = {schema}; BEGIN; UPDATE audit_heads SET mac = mac; SELECT pg_sleep(1); COMMIT"
        );
        let other = tokio::spawn(async move { run_sql(&url, slow).await });
        sleep(Duration::from_millis(300)).await;
        held.let_one_go().await;
        for one in all {
            one.await.unwrap().unwrap();
        }
        assert_eq!(runs.load(Ordering::SeqCst), 6, "some were set aside");
        other.await.unwrap();
        held.let_all_go().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stands_before_a_lock_is_told_after_ten_seconds() {
    on_postgres(|url, schema| async move {
        let db = open(&url, &schema).await;
        db.write(count_up).await.unwrap();
        let holder = tokio::task::spawn_blocking(move || {
            let mut other = postgres::Client::connect(&url, postgres::NoTls).unwrap();
            let lock = format!(
                "SET search_path = {schema}; BEGIN; LOCK TABLE settings IN ACCESS EXCLUSIVE MODE"
            );
            other.batch_execute(&lock).unwrap();
            other
        })
        .await
        .unwrap();
        // More than there are connections: the last ones stand behind others that stand there.
        let began = Instant::now();
        let mut all = tokio::task::JoinSet::new();
        for n in 0..24 {
            let db = db.clone();
            all.spawn(async move {
                match n % 3 {
                    0 => db.write(|tx| set(tx, "waits")).await,
                    1 => db.read(|tx| settings::get(tx, "waits").map(|_| ())).await,
                    _ => db.in_lane(Lane::Staff).write(|tx| set(tx, "waits")).await,
                }
            });
        }
        while let Some(one) = all.join_next().await {
            let told = one.unwrap();
            assert!(matches!(told, Err(Error::Busy)), "{told:?}");
        }
        let took = began.elapsed();
        assert!(took >= Duration::from_secs(9), "{took:?}");
        assert!(took < Duration::from_secs(30), "{took:?}");
        tokio::task::spawn_blocking(move || drop(holder))
            .await
            .unwrap();
        db.write(count_up).await.unwrap();
    })
    .await;
}
