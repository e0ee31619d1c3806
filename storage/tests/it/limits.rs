//! Limits hold exactly, however many try at once.

use crate::{now, on_both};
use jiff::SignedDuration;
use storage::limits::{self, AtMost};
use storage::{Db, Tx};

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
async fn a_try_at_several_secrets_counts_for_each_of_them() {
    on_both(|db: Db| async move {
        let count = |times: i32| {
            let db = db.clone();
            async move {
                db.write(move |tx| {
                    limits::count_several_in_a_row(tx, "k", b"x", (times, 10), now())
                })
                .await
                .unwrap()
            }
        };
        assert_eq!(
            [
                count(6).await,
                count(3).await,
                count(6).await,
                count(1).await
            ],
            [Some(6), Some(9), Some(15), None]
        );
    })
    .await;
}

#[tokio::test]
async fn all_rows_of_a_subject_are_cleared_and_no_others() {
    on_both(|db: Db| async move {
        let left = db
            .write(|tx| {
                let rows: [&[u8]; 5] = [b"x", b"x0f", b"xff", b"y", b"w"];
                for row in rows {
                    limits::count_in_a_row(tx, "k", row, 3, now())?;
                }
                limits::count_in_a_row(tx, "other", b"x0f", 3, now())?;
                limits::clear_rows_of(tx, "k", b"x")?;
                let mut left = vec![limits::in_a_row(tx, "other", b"x0f")?];
                for row in rows {
                    left.push(limits::in_a_row(tx, "k", row)?);
                }
                Ok(left)
            })
            .await
            .unwrap();
        assert_eq!(left, [1, 0, 0, 0, 1, 1]);
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

#[tokio::test]
async fn a_clock_that_was_ahead_stops_nobody_once_it_is_right() {
    on_both(|db: Db| async move {
        db.write(|tx| {
            let minute = AtMost {
                times: 1,
                within: SignedDuration::from_mins(1),
            };
            let ahead = now() + hours(24);
            let count = |tx: &mut Tx<'_>, at| limits::count(tx, "k", b"code", [minute, DAY], at);
            assert!(count(tx, ahead)?);
            assert!(count(tx, now())?);
            assert!(!count(tx, now())?, "what is counted now counts as ever");
            for _ in 0..5 {
                assert!(limits::count(tx, "k", b"five", [DAY, MONTH], ahead)?);
            }
            let until = limits::reached_until(tx, "k", b"five", DAY, now())?;
            assert_eq!(until, None);
            for n in 0..6 {
                let allowed = limits::count(tx, "k", b"five", [DAY, MONTH], now())?;
                assert_eq!(allowed, n < 5, "{n}");
            }

            let hourly = |tx: &mut Tx<'_>, at| limits::count_hourly(tx, "k", b"hour", 1, at);
            assert!(hourly(tx, ahead)? && !hourly(tx, ahead)?);
            let until = |tx: &mut Tx<'_>| {
                limits::span_reached_until(tx, "k", b"hour", (1, hours(1)), now())
            };
            assert_eq!(until(tx)?, None);
            assert!(hourly(tx, now())? && !hourly(tx, now())?);
            assert_eq!(until(tx)?, Some(now() + hours(1)));
            // So far two nodes may differ.
            let a_little = now() + SignedDuration::from_mins(3);
            for (at, allowed) in [(a_little, true), (now(), false)] {
                let counted = limits::count_hourly(tx, "k", b"nodes", 1, at)?;
                assert_eq!(counted, allowed, "{at}");
            }
            Ok(())
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn of_two_moments_the_later_one_is_kept() {
    on_both(|db: Db| async move {
        db.write(|tx| {
            for (at, stands) in [(1, 1), (24 * 365, 24 * 365), (2, 24 * 365)] {
                limits::keep_latest(tx, "k", b"moment", now() + hours(at))?;
                let last = limits::last(tx, "k", b"moment")?;
                assert_eq!(last, Some(now() + hours(stands)));
            }
            Ok(())
        })
        .await
        .unwrap();
    })
    .await;
}
