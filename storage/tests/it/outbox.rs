//! Messages that wait: whoever has lost one writes nothing of it, on both engines.

use crate::{now, on_both};
use domain::ids::MessageId;
use jiff::{Timestamp, ToSpan};
use storage::outbox::{self, Queue};
use storage::{Db, Error, Tx};
use uuid::Uuid;

fn message() -> MessageId {
    MessageId::from_uuid(Uuid::new_v4())
}

/// Takes what is due at a moment, for two minutes; tells which, how often they were tried, and until when they are held.
fn take(tx: &mut Tx<'_>, at: Timestamp) -> Result<Vec<(MessageId, i32, Timestamp)>, Error> {
    let taken = outbox::take_due(tx, Queue::Mail, 9, (at, at + 2.minutes()))?;
    Ok(taken
        .into_iter()
        .map(|due| (due.id, due.attempts, due.lease))
        .collect())
}

#[tokio::test]
async fn whoever_has_lost_a_lease_gives_nothing_back() {
    on_both(|db: Db| async move {
        let id = message();
        db.write(move |tx| {
            outbox::insert(tx, id, "code", b"x", now(), None)?;
            let first = take(tx, now())?[0].2;
            // The first one stands still for three minutes; another one takes the message.
            let second = take(tx, now() + 3.minutes())?;
            let lease = now() + 5.minutes();
            assert_eq!(second, [(id, 2, lease)]);
            outbox::give_back(tx, id, first, now() + 4.minutes())?;
            outbox::try_again(tx, id, (first, now() + 4.minutes()), "away")?;
            assert_eq!(take(tx, now() + 4.minutes())?, [], "it is the second one's");
            assert!(!outbox::still_waits(tx, id, first)?);
            assert!(outbox::still_waits(tx, id, lease)?);
            outbox::give_back(tx, id, lease, now() + 4.minutes())?;
            let third = take(tx, now() + 4.minutes())?;
            assert_eq!(third, [(id, 2, now() + 6.minutes())]);
            outbox::try_again(tx, id, (third[0].2, now() + 5.minutes()), "away")?;
            assert_eq!(take(tx, now() + 5.minutes())?.len(), 1);
            Ok(())
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_a_clock_put_off_goes_out_and_what_is_tried_again_waits() {
    on_both(|db: Db| async move {
        let (ahead, waits) = (message(), message());
        db.write(move |tx| {
            outbox::insert(tx, ahead, "code", b"x", now() + 48.hours(), None)?;
            outbox::insert(tx, waits, "code", b"x", now() + 5.minutes(), None)?;
            assert_eq!(outbox::bring_back(tx, now() + 1.hour(), now())?, 1);
            let taken = take(tx, now())?;
            assert_eq!(taken, [(ahead, 1, now() + 2.minutes())]);
            Ok(())
        })
        .await
        .unwrap();
    })
    .await;
}
