//! Two lanes: a flood of people at home never stands before the health centers.

use crate::on_both;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use storage::{Db, Error, Lane, Tx};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// So many write for people at home at once on PostgreSQL.
const WRITERS: usize = 4;
/// More than either lane of people holds.
const FLOOD: usize = 9_000;

/// Work that holds up whoever does it, until the gate opens.
fn hold(db: &Db, gate: &Arc<AtomicBool>, held: &Arc<AtomicUsize>) -> JoinHandle<Result<(), Error>> {
    let (db, gate, held) = (db.clone(), gate.clone(), held.clone());
    tokio::spawn(async move {
        db.write(move |_| {
            held.fetch_add(1, Ordering::SeqCst);
            while !gate.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        })
        .await
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_staff_comes_first_however_many_people_wait() {
    on_both(|people: Db| async move {
        let staff = people.in_lane(Lane::Staff);
        let (gate, held) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicUsize::new(0)),
        );
        let workers = if people.is_embedded() { 1 } else { WRITERS };
        let holding: Vec<_> = (0..workers).map(|_| hold(&people, &gate, &held)).collect();
        while held.load(Ordering::SeqCst) < workers {
            sleep(Duration::from_millis(1)).await;
        }

        // Whoever comes first after a pause has not waited for the length of the pause.
        sleep(Duration::from_secs(2)).await;
        let first = people.clone();
        let first = tokio::spawn(async move { first.write(|_| Ok(())).await });
        while people.waiting().pieces == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        let delay = people.waiting().delay;
        assert!(delay < Duration::from_millis(1_500), "{delay:?}");

        let order = Arc::new(Mutex::new(Vec::new()));
        let writes = |db: &Db, who: Lane| {
            let (db, order) = (db.clone(), order.clone());
            tokio::spawn(async move {
                db.write(move |_| {
                    order.lock().unwrap().push(who);
                    Ok(())
                })
                .await
            })
        };
        let flood: Vec<_> = (0..FLOOD).map(|_| writes(&people, Lane::People)).collect();
        while flood.iter().filter(|one| one.is_finished()).count() == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        sleep(Duration::from_millis(300)).await;
        let (waiting, of_staff) = (people.waiting(), staff.waiting());
        assert!(waiting.pieces > 4_000, "{waiting:?}");
        assert!(waiting.delay >= Duration::from_millis(300), "{waiting:?}");
        assert!(of_staff.delay < Duration::from_millis(300), "{of_staff:?}");

        let nurse = writes(&staff, Lane::Staff);
        // A PostgreSQL server does it while all who work for people are held; how fast depends on the machine. The one
        // writer of the embedded engine still has its hands full.
        if people.is_embedded() {
            sleep(Duration::from_millis(50)).await;
            gate.store(true, Ordering::SeqCst);
        }
        timeout(Duration::from_secs(20), nurse)
            .await
            .expect("before the people are let go")
            .unwrap()
            .unwrap();
        gate.store(true, Ordering::SeqCst);
        first.await.unwrap().unwrap();
        let mut refused = 0;
        for one in holding {
            one.await.unwrap().unwrap();
        }
        for one in flood {
            match one.await.unwrap() {
                Ok(()) => {}
                Err(Error::Busy) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        let order = order.lock().unwrap();
        assert_eq!(order.first(), Some(&Lane::Staff));
        assert!(refused > 0);
        assert_eq!(order.len(), FLOOD + 1 - refused);
        assert_eq!(people.waiting().delay, Duration::ZERO);
    })
    .await;
}

#[tokio::test(flavor = "current_thread")]
async fn long_reads_come_one_after_the_other_and_nobody_waits_for_them() {
    on_both(|db| async move {
        let db = db.in_lane(Lane::Staff);
        let (others, have_read) = std::sync::mpsc::channel::<()>();
        let (begin, begun) = tokio::sync::oneshot::channel::<()>();
        let mut begin = Some(begin);
        let long = {
            let db = db.clone();
            tokio::spawn(async move {
                let read = move |_: &mut Tx<'_>| {
                    if let Some(begin) = begin.take() {
                        begin.send(()).ok();
                    }
                    // It takes as long as others need; with all threads taken by it, they would never come to read.
                    let read = have_read.recv_timeout(Duration::from_secs(20));
                    read.map_err(|_| Error::Broken("nobody could read".to_owned()))
                };
                db.read_at_length(read).await
            })
        };
        begun.await.unwrap();
        // Many more of them ask.
        let mut more = Vec::new();
        for _ in 0..8 {
            let db = db.clone();
            more.push(tokio::spawn(async move {
                db.read_at_length(|tx| storage::settings::get(tx, "nothing"))
                    .await
            }));
        }
        tokio::task::yield_now().await;
        let page = db.read(|tx| storage::settings::get(tx, "nothing")).await;
        assert_eq!(page.unwrap(), None);
        assert!(more.iter().all(|one| !one.is_finished()));
        others.send(()).unwrap();
        long.await.unwrap().unwrap();
        for one in more {
            one.await.unwrap().unwrap();
        }
    })
    .await;
}
