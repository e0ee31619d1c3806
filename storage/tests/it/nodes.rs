//! Several processes on one PostgreSQL server, which goes away now and then.

use crate::{now, on_postgres, run_sql};
use domain::ids::{AccountId, HealthCenterId, SessionId};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use storage::engine::At;
use storage::{Db, Duty, Error, Tx, settings};
use tokio::time::timeout;

pub async fn open(url: &str, schema: &str) -> Db {
    let db = Db::postgres(url, Some(schema)).await.unwrap();
    storage::migrations::migrate(&db, now()).await.unwrap();
    db
}

pub fn pid(tx: &mut Tx<'_>) -> Result<i32, Error> {
    tx.query_one("SELECT pg_backend_pid()", &[], |row| row.get(0))
}

/// Counts up: what must not be done twice.
pub fn count_up(tx: &mut Tx<'_>) -> Result<(), Error> {
    tx.execute(COUNT_UP, &[&b"s".as_slice(), &At(now())])?;
    Ok(())
}

/// The same, told and not waited for.
pub fn send_count_up(tx: &mut Tx<'_>) -> Result<(), Error> {
    tx.tell(COUNT_UP, &[&b"s".as_slice(), &At(now())])
        .map(|_| ())
}

const COUNT_UP: &str =
    "INSERT INTO hourly_counts (kind, subject, began_at, times) VALUES ('k', $1, $2, 1)
    ON CONFLICT (kind, subject) DO UPDATE SET times = hourly_counts.times + 1";

pub async fn counted(db: &Db) -> i32 {
    db.read(|tx| {
        tx.query_opt("SELECT times FROM hourly_counts", &[], |row| row.get(0))
            .map(|times| times.unwrap_or(0))
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_ended_are_replaced_without_anybody_noticing() {
    on_postgres(|url, schema| async move {
        let db = open(&url, &schema).await;
        for round in 1..=3 {
            for _ in 0..8 {
                let ours = db.write(pid).await.unwrap();
                run_sql(&url, format!("SELECT pg_terminate_backend({ours})")).await;
            }
            let writes: Vec<_> = (0..16)
                .map(|_| {
                    let db = db.clone();
                    tokio::spawn(async move { db.write(count_up).await })
                })
                .collect();
            for write in writes {
                write.await.unwrap().unwrap();
            }
            assert_eq!(counted(&db).await, 16 * round);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lost_connection_undid_is_done_on_the_next_one() {
    on_postgres(|url, schema| async move {
        let db = open(&url, &schema).await;
        let runs = Arc::new(AtomicU32::new(0));
        let (seen, to) = (runs.clone(), url.clone());
        db.write(move |tx| {
            count_up(tx)?;
            if seen.fetch_add(1, Ordering::Relaxed) < 2 {
                let ours = pid(tx)?;
                let mut other = postgres::Client::connect(&to, postgres::NoTls).unwrap();
                other
                    .execute("SELECT pg_terminate_backend($1)", &[&ours])
                    .unwrap();
            }
            count_up(tx)
        })
        .await
        .unwrap();
        assert_eq!(runs.load(Ordering::Relaxed), 3);
        assert_eq!(counted(&db).await, 2);
    })
    .await;
}

/// Stands between the store and the server. While `cuts`, it passes a commit on and ends the connection instead of
/// passing the answer back; while `spoils`, it makes the next beginning of a transaction a word that nobody understands; while
/// `freezes`, it passes nothing on and ends nothing, like a process that stands still.
pub struct Between {
    pub address: SocketAddr,
    pub cuts: Arc<AtomicBool>,
    pub spoils: Arc<AtomicBool>,
    pub freezes: Arc<AtomicBool>,
}

impl Between {
    pub fn the_store_and(server: SocketAddr) -> Between {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (cuts, spoils) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let (cutting, spoiling) = (cuts.clone(), Arc::clone(&spoils));
        let freezes = Arc::new(AtomicBool::new(false));
        let freezing = freezes.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let (cuts, spoils) = (cutting.clone(), Arc::clone(&spoiling));
                let freezes = freezing.clone();
                let server = TcpStream::connect(server).unwrap();
                std::thread::spawn(move || pass(client, server, &cuts, &spoils, &freezes));
            }
        });
        Between {
            address,
            cuts,
            spoils,
            freezes,
        }
    }
}

fn stand_still(freezes: &AtomicBool) {
    while freezes.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn pass(
    mut client: TcpStream,
    mut server: TcpStream,
    cuts: &AtomicBool,
    spoils: &AtomicBool,
    freezes: &Arc<AtomicBool>,
) {
    let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let freezing = freezes.clone();
    std::thread::spawn(move || {
        let mut bytes = [0; 16_384];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            stand_still(&freezing);
            if to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        stand_still(&freezing);
        let _ = to.shutdown(Shutdown::Both);
    });
    let mut bytes = [0; 16_384];
    while let Ok(count @ 1..) = client.read(&mut bytes) {
        stand_still(freezes);
        let begin = b"START TRANSACTION";
        let begins = bytes[..count]
            .windows(begin.len())
            .position(|word| word == begin);
        if let Some(at) = begins
            && spoils.swap(false, Ordering::Relaxed)
        {
            bytes[at] = b'_';
        }
        let commits = bytes[..count].windows(6).any(|word| word == b"COMMIT");
        if commits && cuts.swap(false, Ordering::Relaxed) {
            client.shutdown(Shutdown::Both).unwrap();
            server.write_all(&bytes[..count]).unwrap();
            // The server has to have done it before it sees that nobody is there.
            std::thread::sleep(Duration::from_millis(300));
            return;
        }
        if server.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}

pub fn address(url: &str) -> (String, SocketAddr) {
    let config: postgres::Config = url.parse().unwrap();
    let port = config.get_ports()[0];
    (
        format!("127.0.0.1:{port}"),
        SocketAddr::from(([127, 0, 0, 1], port)),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_without_an_answer_is_done_again_only_where_that_is_right() {
    on_postgres(|url, schema| async move {
        let (text, server) = address(&url);
        let between = Between::the_store_and(server);
        let db = open(&url.replace(&text, &between.address.to_string()), &schema).await;
        // A counter: nobody knows, so its caller is told that it failed, and it is not counted twice.
        between.cuts.store(true, Ordering::Relaxed);
        let told = db.write(count_up).await;
        assert!(matches!(told, Err(Error::Unavailable(_))), "{told:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(counted(&db).await, 1);
        // The end of that look is on its way still: nobody waits for it.
        tokio::time::sleep(Duration::from_millis(300)).await;
        // What finds that it stands already: the caller is told so.
        between.cuts.store(true, Ordering::Relaxed);
        let runs = Arc::new(AtomicU32::new(0));
        let seen = runs.clone();
        let told = db
            .write_once(move |tx| {
                let run = seen.fetch_add(1, Ordering::Relaxed);
                settings::set_once(tx, "once", format!("run {run}").as_bytes())
            })
            .await
            .unwrap();
        assert_eq!(
            (told.as_slice(), runs.load(Ordering::Relaxed)),
            (b"run 0".as_slice(), 2)
        );
        // Reading changes nothing, so nobody waits for its end: whoever reads next does so on another connection.
        between.cuts.store(true, Ordering::Relaxed);
        let began = Instant::now();
        while between.cuts.load(Ordering::Relaxed) {
            assert!(began.elapsed() < Duration::from_secs(10));
            assert_eq!(counted(&db).await, 1);
        }
        for _ in 0..12 {
            assert_eq!(counted(&db).await, 1);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_after_a_transaction_that_never_began_is_not_done_again_blindly() {
    on_postgres(|url, schema| async move {
        let (text, server) = address(&url);
        let between = Between::the_store_and(server);
        let db = open(&url.replace(&text, &between.address.to_string()), &schema).await;
        let spoil = || between.spoils.store(true, Ordering::Relaxed);
        // The statement went along and stands by itself: its caller is told that nobody knows, and it is not counted twice.
        for sent_ahead in [false, true] {
            let before = counted(&db).await;
            spoil();
            let told = db
                .write(move |tx| match sent_ahead {
                    false => count_up(tx),
                    true => {
                        let counts = tx.tell(COUNT_UP, &[&b"s".as_slice(), &At(now())])?;
                        counts.count(tx).map(|_| ())
                    }
                })
                .await;
            assert!(matches!(told, Err(Error::Unavailable(_))), "{told:?}");
            assert!(!between.spoils.load(Ordering::Relaxed));
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert_eq!(counted(&db).await, before + 1);
        }
        // What finds that it stands already, and what only looks, is done on another connection.
        spoil();
        let told = db
            .write_once(|tx| settings::set_once(tx, "begun", b"once"))
            .await
            .unwrap();
        assert_eq!(told.as_slice(), b"once");
        spoil();
        assert_eq!(counted(&db).await, 2);
        // Work that only tells, and waits for nothing, finds a connection that has ended, too; all of them know the statement.
        let tells = |db: &Db| {
            let all: Vec<_> = (0..16)
                .map(|_| {
                    let db = db.clone();
                    tokio::spawn(async move {
                        db.write(|tx| {
                            tx.tell(COUNT_UP, &[&b"s".as_slice(), &At(now())])
                                .map(|_| ())
                        })
                        .await
                    })
                })
                .collect();
            async move {
                for one in all {
                    one.await.unwrap().unwrap();
                }
            }
        };
        tells(&db).await;
        for _ in 0..8 {
            let ours = db.write(pid).await.unwrap();
            run_sql(&url, format!("SELECT pg_terminate_backend({ours})")).await;
        }
        tells(&db).await;
        assert_eq!(counted(&db).await, 34);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_of_several_hosts_that_takes_writes_is_used() {
    on_postgres(|url, schema| async move {
        let (text, _) = address(&url);
        // One that refuses, and one that accepts and then stands still.
        let frozen = TcpListener::bind("127.0.0.1:0").unwrap();
        let still = frozen.local_addr().unwrap();
        let hosts = format!("127.0.0.1:1,{still},{text}");
        let began = Instant::now();
        let db = open(&url.replace(&text, &hosts), &schema).await;
        db.write(count_up).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(30));
        // A server that takes no writes is none.
        let read_only = format!("{url}?options=-c%20default_transaction_read_only%3Don");
        let refused = Db::postgres(&read_only, Some(&schema)).await.err().unwrap();
        assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
        assert!(
            refused.to_string().contains("does not allow writes"),
            "{refused}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_its_limits_unless_the_operator_sets_others() {
    on_postgres(|url, schema| async move {
        let given = format!("{url}?options=-c%20lock_timeout%3D3s");
        let db = open(&given, &schema).await;
        let show = |name: &'static str| {
            let db = db.clone();
            async move {
                db.read(move |tx| tx.query_one(name, &[], |row| row.get::<String>(0)))
                    .await
                    .unwrap()
            }
        };
        assert_eq!(show("SHOW statement_timeout").await, "5min");
        assert_eq!(show("SHOW lock_timeout").await, "3s");
        assert_eq!(
            show("SHOW idle_in_transaction_session_timeout").await,
            "30s"
        );
        assert_eq!(show("SHOW tcp_keepalives_idle").await, "5");
    })
    .await;
}

/// Waits until something holds; at most ten seconds.
async fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(10), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_leads_and_another_one_after_it() {
    on_postgres(|url, schema| async move {
        let dbs = [open(&url, &schema).await, open(&url, &schema).await];
        let asked: Vec<_> = dbs.iter().map(|db| db.leadership(Duty::Timers).unwrap()).collect();
        let leaders = || asked.iter().filter(|l| l.is_held()).count();
        soon("nobody leads", || leaders() == 1).await;
        // It goes on for longer than one confirmation holds.
        for _ in 0..60 {
            assert_eq!(leaders(), 1);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // Its connection ends: it is told at once, and somebody leads again soon.
        let first = usize::from(!asked[0].is_held());
        let mut leader = asked[first].clone();
        let ended = tokio::spawn(async move { leader.ends().await });
        run_sql(
            &url,
            format!(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 4857396
                 AND pid IN (SELECT pid FROM pg_stat_activity WHERE application_name = 'hersys')
                 AND objid = (('x' || encode(substring(sha256('{schema}') FROM 1 FOR 4), 'hex'))::bit(32)::int8)::oid"
            ),
        )
        .await;
        timeout(Duration::from_secs(3), ended).await.unwrap().unwrap();
        soon("nobody leads after a lost connection", || leaders() == 1).await;
        // It goes away altogether.
        let first = usize::from(!asked[0].is_held());
        let [one, two] = dbs;
        let mut asked = asked;
        drop(asked.remove(first));
        drop(if first == 0 { one } else { two });
        soon("nobody leads after its end", || asked[0].is_held()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_steps_aside_leaves_its_duty_to_another_one_for_a_while() {
    on_postgres(|url, schema| async move {
        let first = open(&url, &schema).await;
        let unable = first.leadership(Duty::Backups).unwrap();
        soon("nobody leads", || unable.is_held()).await;
        let mut told = unable.clone();
        let ended = tokio::spawn(async move { told.ends().await });
        let began = Instant::now();
        let pause = Duration::from_secs(12);
        unable.steps_aside(pause);
        timeout(Duration::from_secs(10), ended)
            .await
            .unwrap()
            .unwrap();
        // Alone, it does nothing until the pause is over, and then tries again.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let held = unable.is_held();
        // On a slow machine the pause may be over by now; then this says nothing.
        assert!(!held || began.elapsed() > pause);
        tokio::time::sleep(pause.saturating_sub(began.elapsed())).await;
        soon("it never tries again", || unable.is_held()).await;
        let other = open(&url, &schema).await.leadership(Duty::Backups).unwrap();
        unable.steps_aside(Duration::from_secs(4));
        soon("nobody does it instead", || other.is_held()).await;
        // Its own pause is over soon; the duty stays with whoever is able to do it.
        for _ in 0..60 {
            assert!(other.is_held() && !unable.is_held());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // The duties are not each other's.
        let timers = first.leadership(Duty::Timers).unwrap();
        soon("nobody runs the timers", || timers.is_held()).await;
        unable.steps_aside(Duration::from_secs(3));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(timers.is_held());
    })
    .await;
}

/// Its machine goes on confirming bytes, so the server would not notice for hours by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_stands_still_is_replaced_and_never_are_there_two() {
    on_postgres(|url, schema| async move {
        let (text, server) = address(&url);
        let between = Between::the_store_and(server);
        let still = open(&url.replace(&text, &between.address.to_string()), &schema).await;
        let still = still.leadership(Duty::Timers).unwrap();
        soon("nobody leads", || still.is_held()).await;
        let other = open(&url, &schema).await.leadership(Duty::Timers).unwrap();
        between.freezes.store(true, Ordering::Relaxed);
        let began = Instant::now();
        while !other.is_held() {
            assert!(
                began.elapsed() < Duration::from_secs(40),
                "nobody took over"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(!still.is_held());
        between.freezes.store(false, Ordering::Relaxed);
        // It learns that it was replaced, and asks anew like everybody else.
        for _ in 0..30 {
            assert!(!still.is_held() && other.is_held());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_reaches_the_other_process() {
    on_postgres(|url, schema| async move {
        let (here, there) = (open(&url, &schema).await, open(&url, &schema).await);
        let center = |n| HealthCenterId::from_uuid(uuid::Uuid::from_u128(n));
        let (hint, other) = (there.hints(center(1)), there.hints(center(2)));
        // The first is given when the connection stands: what happened before may have been missed.
        let soon = Duration::from_secs(5);
        timeout(soon, hint.given()).await.unwrap();
        timeout(soon, other.given()).await.unwrap();
        here.write(move |tx| {
            tx.changes(center(1));
            Ok(())
        })
        .await
        .unwrap();
        timeout(soon, hint.given()).await.unwrap();
        timeout(Duration::from_millis(300), other.given())
            .await
            .unwrap_err();
    })
    .await;
}

/// Somebody's session, as a sign-in makes one.
async fn session_of(db: &Db, number: u8) -> (AccountId, SessionId, Vec<u8>) {
    let (account, session) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    let token = vec![number; 32];
    let hash = token.clone();
    db.write(move |tx| {
        tx.execute(
            "INSERT INTO accounts (id, email_sealed, email_blind, password_hash, language, created_at, password_changed_at)
             VALUES ($1, $2, $2, 'x', 'ja', $3, $3)",
            &[&account, &hash, &At(now())],
        )?;
        let (id, account) = (SessionId::from_uuid(session), AccountId::from_uuid(account));
        storage::session::start(tx, id, &hash, account, now(), now() + HOUR)
    })
    .await
    .unwrap();
    (
        AccountId::from_uuid(account),
        SessionId::from_uuid(session),
        token,
    )
}

const HOUR: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

async fn language_of(db: &Db, token: &[u8]) -> Option<String> {
    let found = storage::session::find_live(db, token.to_vec(), now(), now() - HOUR).await;
    found.unwrap().map(|session| session.language)
}

/// Waits until a process knows what was done elsewhere: the language of a session, or that there is none.
async fn comes_to_know(db: &Db, token: &[u8], language: Option<&str>, what: &str) {
    let began = Instant::now();
    while language_of(db, token).await.as_deref() != language {
        let long = began.elapsed() > Duration::from_secs(3);
        assert!(!long, "it is not known for long: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_anybody_has_ended_is_known_nowhere_any_more() {
    on_postgres(|url, schema| async move {
        let (here, there) = (open(&url, &schema).await, open(&url, &schema).await);
        let by_hand = |text: &str| run_sql(&url, format!("SET search_path = {schema}; {text}"));
        let mut sessions = Vec::new();
        for number in 1..=5 {
            sessions.push(session_of(&here, number).await);
        }
        // Both hear of changes from here on, and know all of them.
        for _ in 0..20 {
            for (_, _, token) in &sessions {
                for node in [&here, &there] {
                    assert_eq!(language_of(node, token).await.as_deref(), Some("ja"));
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }

        let (account, session, token) = &sessions[0];
        let id = *session;
        here.write(move |tx| storage::session::end(tx, id)).await.unwrap();
        assert_eq!(language_of(&here, token).await, None, "the own one is known at once");
        comes_to_know(&there, token, None, "by a sign-out").await;
        assert!(sessions[1..].iter().all(|(other, ..)| other != account));

        // What a release did that tells nobody, and what somebody does by hand.
        let (_, session, token) = &sessions[1];
        by_hand(&format!("DELETE FROM account_sessions WHERE id = '{}'", session.uuid())).await;
        comes_to_know(&there, token, None, "by hand").await;
        let (account, session, token) = &sessions[2];
        by_hand(&format!("UPDATE accounts SET language = 'en' WHERE id = '{}'", account.uuid())).await;
        comes_to_know(&there, token, Some("en"), "another language").await;
        by_hand(&format!(
            "UPDATE account_sessions SET token_hash = '\\x00' WHERE id = '{}'",
            session.uuid()
        ))
        .await;
        comes_to_know(&there, token, None, "a new token").await;
        let (account, _, token) = &sessions[3];
        by_hand(&format!(
            "DELETE FROM account_sessions WHERE account_id = '{0}'; DELETE FROM accounts WHERE id = '{0}'",
            account.uuid()
        ))
        .await;
        comes_to_know(&there, token, None, "with its account").await;
        let (.., token) = &sessions[4];
        assert_eq!(language_of(&there, token).await.as_deref(), Some("ja"));
        by_hand("TRUNCATE account_sessions").await;
        comes_to_know(&there, token, None, "all of them").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_known_from_memory_only_while_the_server_tells_of_all_changes() {
    on_postgres(|url, schema| async move {
        let db = open(&url, &schema).await;
        let mut from_memory = 0;
        for number in 1..=3 {
            let by_hand =
                |text: String| run_sql(&url, format!("SET search_path = {schema}; {text}"));
            let (_, session, token) = session_of(&db, number).await;
            for _ in 0..30 {
                assert!(language_of(&db, &token).await.is_some());
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            by_hand("ALTER TABLE account_sessions DISABLE TRIGGER tell_of_sessions".to_owned())
                .await;
            by_hand(format!(
                "DELETE FROM account_sessions WHERE id = '{}'",
                session.uuid()
            ))
            .await;
            from_memory += usize::from(language_of(&db, &token).await.is_some());
            comes_to_know(&db, &token, None, "nobody tells").await;
            by_hand("ALTER TABLE account_sessions ENABLE TRIGGER tell_of_sessions".to_owned())
                .await;
            // What is in memory counts again, but not what was there before.
            for _ in 0..30 {
                assert_eq!(language_of(&db, &token).await, None, "it has come back");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let (_, session, token) = session_of(&db, 10 + number).await;
            assert!(language_of(&db, &token).await.is_some());
            by_hand(format!(
                "ALTER TABLE account_sessions DISABLE TRIGGER tell_of_sessions;
                 DELETE FROM account_sessions WHERE id = '{}';
                 ALTER TABLE account_sessions ENABLE TRIGGER tell_of_sessions",
                session.uuid()
            ))
            .await;
            comes_to_know(&db, &token, None, "in one transaction").await;
        }
        assert!(from_memory > 0, "all were asked for");
    })
    .await;
}
