//! The store, on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod ahead;
mod audit;
mod bulk;
mod engine;
mod expanding;
mod keep;
mod lane;
mod limits;
mod nodes;
mod outbox;
mod partitions;
mod plans;
mod retention;
mod role;
mod sight;
mod sought;
mod statements;
mod sweep;
mod together;
mod worklist;

use jiff::Timestamp;
use std::future::Future;
use storage::Db;
use tempfile::TempDir;

pub fn now() -> Timestamp {
    "2026-11-23T00:00:00.123Z".parse().unwrap()
}

/// A store on each engine, migrated: PostgreSQL where a server is at hand, in a schema of its own.
pub async fn on_both<F, R>(tell: F)
where
    F: Fn(Db) -> R,
    R: Future<Output = ()>,
{
    let folder = TempDir::new().unwrap();
    let db = Db::sqlite(&folder.path().join("hersys.db")).unwrap();
    storage::migrations::migrate(&db, now()).await.unwrap();
    tell(db).await;
    on_postgres(|url, schema| {
        let told = &tell;
        async move {
            let db = Db::postgres(&url, Some(&schema)).await.unwrap();
            storage::migrations::migrate(&db, now()).await.unwrap();
            told(db).await;
        }
    })
    .await;
}

/// An empty schema on a PostgreSQL server, where one is at hand.
pub async fn on_postgres<F, R>(tell: F)
where
    F: FnOnce(String, String) -> R,
    R: Future<Output = ()>,
{
    let Ok(url) = std::env::var("HERSYS_TEST_POSTGRES_URL") else {
        eprintln!("HERSYS_TEST_POSTGRES_URL is not set: not on PostgreSQL");
        return;
    };
    let schema = format!("t{}", uuid::Uuid::new_v4().simple());
    run_sql(&url, format!("CREATE SCHEMA {schema}")).await;
    tell(url.clone(), schema.clone()).await;
    run_sql(&url, format!("DROP SCHEMA {schema} CASCADE")).await;
}

pub async fn run_sql(url: &str, sql: String) {
    let url = url.to_owned();
    tokio::task::spawn_blocking(move || {
        postgres::Client::connect(&url, postgres::NoTls)
            .unwrap()
            .batch_execute(&sql)
            .unwrap();
    })
    .await
    .unwrap();
}

/// A transaction that goes on.
pub struct Held {
    go_on: std::sync::mpsc::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

impl Held {
    pub async fn ends(self) {
        drop(self.go_on);
        self.ended.await.unwrap();
    }
}

/// Begins to read on a PostgreSQL server and goes on with that, as a backup does; for half a minute at most.
pub async fn reads_on(db: &Db, sql: &'static str) -> Held {
    let (go_on, over) = std::sync::mpsc::channel::<()>();
    let (tell, told) = tokio::sync::oneshot::channel();
    let (db, mut tell) = (db.clone(), Some(tell));
    let ended = tokio::spawn(async move {
        db.read(move |tx| {
            tx.query(sql, &[], |_| Ok(()))?;
            if let Some(tell) = tell.take() {
                let _ = tell.send(());
            }
            // An error says that nobody wants it to go on.
            let _ = over.recv();
            Ok(())
        })
        .await
        .unwrap();
    });
    told.await.unwrap();
    Held { go_on, ended }
}
