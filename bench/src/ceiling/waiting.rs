//! A bare group commit: callers that wait for their row, each on a task of its own, and one thread that writes all that
//! has queued up in one transaction and answers after the commit. That is the least that "acknowledged is on the disk"
//! costs where people share commits: the rows alone are an eighth of it, the rest is handing over and waking up.

use super::{BODY, Rate, bare_table, key};
use crate::machine::{pin, postgres_tree, thread_cpu};
use anyhow::{Context, Result};
use postgres::types::ToSql;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How many callers wait at once.
pub(super) const CALLERS: usize = 64;

/// One row, and who waits for it.
struct Piece {
    number: u64,
    body: Vec<u8>,
    done: oneshot::Sender<()>,
}

/// The thread that writes: tells how much CPU it has used, without what opening costs, when nobody asks any more.
type Writer = dyn FnOnce(&mpsc::Receiver<Piece>) -> Result<f64> + Send;

/// Durable SQLite commits shared by those who wait. Callers and writer on one core, as the server is.
pub(super) fn on_sqlite(folder: &Path, time: Duration) -> Result<Rate> {
    let scratch = tempfile::tempdir_in(folder)?;
    let path = scratch.path().join("waiting.db");
    let write = move |queue: &mpsc::Receiver<Piece>| {
        let db = bare_table(&path)?;
        let spent = thread_cpu();
        while let Some(pieces) = next_batch(queue) {
            db.prepare_cached("BEGIN IMMEDIATE")?.raw_execute()?;
            let mut insert = db.prepare_cached("INSERT INTO bare VALUES (?1, ?2, ?3)")?;
            for piece in &pieces {
                let (case, id) = key(piece.number);
                insert.execute((&case[..], &id[..], &piece.body))?;
            }
            drop(insert);
            db.prepare_cached("COMMIT")?.raw_execute()?;
            answer(pieces);
        }
        Ok(thread_cpu() - spent)
    };
    measured(Box::new(write), time)
}

/// The same on PostgreSQL with one `unnest` for all that wait; the table `bench_bare` stands. With the CPU of the server.
pub(super) fn on_postgres(url: &str, time: Duration) -> Result<Option<Rate>> {
    let Some(server) = postgres_tree(url)? else {
        return Ok(None);
    };
    let url = url.to_owned();
    let write = move |queue: &mpsc::Receiver<Piece>| {
        let mut client = postgres::Client::connect(&url, postgres::NoTls)?;
        let insert = client.prepare(
            "INSERT INTO bench_bare SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[])",
        )?;
        let spent = thread_cpu();
        while let Some(pieces) = next_batch(queue) {
            let keys: Vec<_> = pieces.iter().map(|piece| key(piece.number)).collect();
            let cases: Vec<&[u8]> = keys.iter().map(|(case, _)| &case[..]).collect();
            let ids: Vec<&[u8]> = keys.iter().map(|(_, id)| &id[..]).collect();
            let bodies: Vec<&[u8]> = pieces.iter().map(|piece| &piece.body[..]).collect();
            let values: [&(dyn ToSql + Sync); 3] = [&cases, &ids, &bodies];
            client.execute(&insert, &values)?;
            answer(pieces);
        }
        Ok(thread_cpu() - spent)
    };
    let before = server.cpu();
    let rate = measured(Box::new(write), time)?;
    let of_server = (server.cpu() - before) / (rate.per_second * time.as_secs_f64());
    Ok(Some(Rate {
        cpu: rate.cpu + of_server,
        ..rate
    }))
}

/// What has queued up, at least one; `None` when nobody asks any more.
fn next_batch(queue: &mpsc::Receiver<Piece>) -> Option<Vec<Piece>> {
    let mut pieces = vec![queue.recv().ok()?];
    pieces.extend(queue.try_iter().take(CALLERS));
    Some(pieces)
}

fn answer(pieces: Vec<Piece>) {
    for piece in pieces {
        // Whoever has gone is not waiting.
        let _ = piece.done.send(());
    }
}

/// Lets the callers ask for so long, and divides what both threads have used by what was answered.
fn measured(write: Box<Writer>, time: Duration) -> Result<Rate> {
    let (ask, queue) = mpsc::channel::<Piece>();
    let writer = std::thread::spawn(move || {
        pin(0);
        write(&queue)
    });
    let callers = std::thread::spawn(move || -> Result<(u64, f64, Duration)> {
        pin(0);
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let began = Instant::now();
        let count = runtime.block_on(async {
            let tasks: Vec<_> = (0..CALLERS as u64)
                .map(|caller| tokio::spawn(ask_for(caller, ask.clone(), began, time)))
                .collect();
            drop(ask);
            let mut count = 0;
            for task in tasks {
                count += task.await?;
            }
            anyhow::Ok(count)
        })?;
        Ok((count, thread_cpu(), began.elapsed()))
    });
    let (count, spent, elapsed) = callers.join().ok().context("the callers panicked")??;
    let written = writer.join().ok().context("the writer panicked")??;
    Ok(Rate {
        per_second: count as f64 / elapsed.as_secs_f64(),
        cpu: (spent + written) / count as f64,
    })
}

/// One caller: asks again as soon as it was answered.
async fn ask_for(caller: u64, ask: mpsc::Sender<Piece>, began: Instant, time: Duration) -> u64 {
    let mut count = 0;
    while began.elapsed() < time {
        let (done, answered) = oneshot::channel();
        let piece = Piece {
            number: count * CALLERS as u64 + caller,
            body: vec![0x5a; BODY],
            done,
        };
        if ask.send(piece).is_err() || answered.await.is_err() {
            break;
        }
        count += 1;
    }
    count
}
