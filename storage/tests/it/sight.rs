//! What those who watch over an installation are told is right, on both engines.

use crate::{now, on_both};
use domain::ids::MessageId;
use jiff::{Timestamp, ToSpan};
use storage::outbox::Queue;
use storage::{Db, Error, Tx, outbox, sight};
use uuid::Uuid;

fn message() -> MessageId {
    MessageId::from_uuid(Uuid::new_v4())
}

#[tokio::test]
async fn messages_are_counted_by_their_kind_and_age() {
    on_both(|db: Db| async move {
        let told = db.read(|tx| sight::messages(tx, now())).await.unwrap();
        assert_eq!(
            told,
            Queue::ALL.map(|queue| (queue, sight::Messages::default()))
        );
        let early = now() - 10.minutes();
        let failed = [(message(), 1.hour()), (message(), 48.hours())];
        db.write(move |tx| {
            outbox::insert(tx, message(), "code", b"x", now(), None)?;
            outbox::insert(tx, message(), "code", b"x", early, None)?;
            outbox::insert(tx, message(), "sms_alert", b"x", now() + 5.minutes(), None)?;
            outbox::insert(tx, message(), "reminder", b"x", early, None)?;
            for (id, ago) in &failed {
                outbox::insert(tx, *id, "sms_alert", b"x", early, None)?;
                outbox::give_up(tx, *id, now() - *ago, "no such number")?;
            }
            Ok(())
        })
        .await
        .unwrap();
        let told = db.read(|tx| sight::messages(tx, now())).await.unwrap();
        let [(_, mails), (_, texts), (_, reminders)] = told[..] else {
            panic!("{told:?}");
        };
        assert_eq!((reminders.waiting, reminders.given_up), (1, 0));
        assert_eq!((mails.waiting, mails.given_up), (2, 0));
        assert_eq!(mails.late_since, Some(early));
        // What was given up two days ago is no news.
        assert_eq!((texts.waiting, texts.given_up), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn what_is_given_up_in_a_row_is_counted_from_the_last_that_left() {
    on_both(|db: Db| async move {
        let in_a_row = async |db: &Db| {
            let told = db.read(|tx| sight::messages(tx, now())).await.unwrap();
            told.iter().map(|(_, one)| one.in_a_row).collect::<Vec<_>>()
        };
        db.write(move |tx| {
            let early = now() - 30.hours();
            for (minutes, kind) in [(9, "code"), (8, "code"), (7, "sms_alert"), (2, "code")] {
                let id = message();
                outbox::insert(tx, id, kind, b"x", early, None)?;
                outbox::give_up(tx, id, now() - minutes.minutes(), "no such box")?;
            }
            let (old, withdrawn) = (message(), message());
            outbox::insert(tx, old, "code", b"x", early, None)?;
            outbox::give_up(tx, old, now() - 25.hours(), "no such box")?;
            outbox::insert(tx, withdrawn, "code", b"x", early, None)?;
            outbox::withdraw(tx, withdrawn, now())
        })
        .await
        .unwrap();
        assert_eq!(in_a_row(&db).await, [3, 1, 0]);
        db.write(move |tx| {
            let left = message();
            outbox::insert(tx, left, "code", b"x", now(), None)?;
            outbox::sent(tx, left, now() - 5.minutes(), None)
        })
        .await
        .unwrap();
        assert_eq!(in_a_row(&db).await, [1, 1, 0]);
    })
    .await;
}

/// Takes what is due of the mails.
fn take(tx: &mut Tx<'_>, at: Timestamp) -> Result<Vec<MessageId>, Error> {
    let taken = outbox::take_due(tx, Queue::Mail, 9, (at, at + 2.minutes()))?;
    Ok(taken.into_iter().map(|due| due.id).collect())
}

#[tokio::test]
async fn a_message_is_late_since_it_was_promised_however_often_it_was_tried() {
    on_both(|db: Db| async move {
        let (first, second) = (message(), message());
        let late_since = async |db: &Db| {
            let told = db.read(|tx| sight::messages(tx, now())).await.unwrap();
            told[0].1.late_since
        };
        let promised = now() - 20.minutes();
        db.write(move |tx| {
            outbox::insert(tx, first, "code", b"x", promised, None)?;
            assert_eq!(take(tx, promised)?, [first]);
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(late_since(&db).await, Some(promised), "in hand");
        db.write(move |tx| {
            let lease = promised + 2.minutes();
            outbox::try_again(tx, first, (lease, now() + 5.minutes()), "away")
        })
        .await
        .unwrap();
        assert_eq!(
            late_since(&db).await,
            Some(promised),
            "tried again and again"
        );
        // Another one leaves: what is refused meanwhile is its address's affair, until nothing leaves any more.
        db.write(move |tx| {
            outbox::insert(tx, second, "code", b"x", now() - 3.minutes(), None)?;
            outbox::sent(tx, second, now() - 2.minutes(), None)
        })
        .await
        .unwrap();
        assert_eq!(late_since(&db).await, Some(now() - 2.minutes()));
        // What nobody has come to yet is late, whatever left.
        db.write(move |tx| outbox::insert(tx, message(), "code", b"x", now() - 9.minutes(), None))
            .await
            .unwrap();
        assert_eq!(late_since(&db).await, Some(now() - 9.minutes()));
    })
    .await;
}

#[tokio::test]
async fn alerts_and_connections_are_told() {
    on_both(|db: Db| async move {
        assert_eq!(db.read(sight::alerts).await.unwrap(), (0, None));
        let connections = db.read(sight::connections).await.unwrap();
        assert_eq!(connections.is_empty(), db.is_embedded(), "{connections:?}");
    })
    .await;
}
