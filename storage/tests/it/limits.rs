//! Limits hold exactly, however many try at once.

use crate::{now, on_both};
use jiff::SignedDuration;
use storage::Db;
use storage::limits::{self, AtMost};

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

const DAY: AtMost = AtMost {
    times: 5,
    within: SignedDuration::from_hours(24),
};
const MONTH: AtMost = AtMost {
    times: 10,
    within: SignedDuration::from_hours(24 * 30),
};

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_are_five() {
    on_both(|db: Db| async move {
        let tries: Vec<_> = (0..100)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    db.write(|tx| limits::count(tx, "k", b"one", [DAY, MONTH], now()))
                        .await
                        .unwrap()
                })
            })
            .collect();
        let mut allowed = 0;
        for one in tries {
            allowed += usize::from(one.await.unwrap());
        }
        assert_eq!(allowed, 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_are_taken_back_at_once_are_taken_back() {
    on_both(|db: Db| async move {
        for round in 0..20u8 {
            let subject = [round];
            let together = |back: bool| {
                let tries: Vec<_> = (0..3)
                    .map(|_| {
                        let db = db.clone();
                        tokio::spawn(async move {
                            db.write(move |tx| match back {
                                true => limits::uncount(tx, "k", &subject),
                                false => {
                                    limits::count(tx, "k", &subject, [DAY, MONTH], now()).map(drop)
                                }
                            })
                            .await
                        })
                    })
                    .collect();
                async move {
                    for one in tries {
                        one.await.unwrap().unwrap();
                    }
                }
            };
            together(false).await;
            together(true).await;
            let left = db
                .read(move |tx| limits::last(tx, "k", &subject))
                .await
                .unwrap();
            assert_eq!(left, None, "{round}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_span_rolls() {
    on_both(|db: Db| async move {
        let at = |h: i64| {
            let db = db.clone();
            async move {
                db.write(move |tx| limits::count(tx, "k", b"two", [DAY, MONTH], now() + hours(h)))
                    .await
                    .unwrap()
            }
        };
        // Five over a day, one each five hours; the next is allowed when the first is a day old, and so on.
        for h in [0, 5, 10, 15, 20] {
            assert!(at(h).await, "{h}");
        }
        assert!(!at(23).await);
        assert!(at(24).await);
        assert!(!at(28).await);
        assert!(at(29).await);
        for h in [34, 39, 44] {
            assert!(at(h).await, "{h}");
        }
        assert!(!at(100).await, "ten within thirty days");
        assert!(!at(24 * 30 - 1).await);
        assert!(at(24 * 30).await);
    })
    .await;
}

#[tokio::test]
async fn a_success_takes_its_try_back() {
    on_both(|db: Db| async move {
        for _ in 0..20 {
            let allowed = db
                .write(|tx| {
                    let allowed = limits::count(tx, "k", b"three", [DAY, MONTH], now())?;
                    limits::uncount(tx, "k", b"three")?;
                    Ok(allowed)
                })
                .await
                .unwrap();
            assert!(allowed);
        }
    })
    .await;
}

#[tokio::test]
async fn failures_in_a_row_stop_at_their_number_until_they_are_cleared() {
    on_both(|db: Db| async move {
        let count = || {
            let db = db.clone();
            async move {
                db.write(|tx| limits::count_in_a_row(tx, "k", b"x", 3, now()))
                    .await
                    .unwrap()
            }
        };
        assert_eq!(
            [count().await, count().await, count().await, count().await],
            [Some(1), Some(2), Some(3), None]
        );
        db.write(|tx| limits::clear_row(tx, "k", b"x"))
            .await
            .unwrap();
        assert_eq!(count().await, Some(1));
    })
    .await;
}

#[tokio::test]
async fn an_hour_begins_with_its_first_time() {
    on_both(|db: Db| async move {
        let at = |minutes: i64| {
            let (db, then) = (db.clone(), now() + SignedDuration::from_mins(minutes));
            async move {
                db.write(move |tx| limits::count_hourly(tx, "k", b"h", 2, then))
                    .await
                    .unwrap()
            }
        };
        assert_eq!(
            [at(0).await, at(30).await, at(59).await, at(60).await],
            [true, true, false, true]
        );
    })
    .await;
}
