//! What has ended by itself goes in pieces of a size that is told, the oldest first, and nothing else goes with it.

use crate::{now, on_both};
use domain::ids::{AccountId, CodeId, FlowId, MessageId};
use jiff::{SignedDuration, ToSpan};
use storage::engine::At;
use storage::limits::{self, AtMost};
use storage::outbox::{self, Queue};
use storage::{Db, flow, retention, session};
use uuid::Uuid;

#[tokio::test]
async fn messages_of_long_ago_go_by_queue_and_piece() {
    on_both(|db: Db| async move {
        db.write(|tx| {
            for (kind, minutes, fate) in [
                ("code", 1, "sent_at"),
                ("code", 2, "sent_at"),
                ("code", 3, "sent_at"),
                ("code", 9, "sent_at"),
                ("reminder", 1, "sent_at"),
                ("code", 1, "gave_up_at"),
                ("reminder", 2, "gave_up_at"),
                ("code", 9, "gave_up_at"),
            ] {
                let id = MessageId::from_uuid(Uuid::new_v4());
                outbox::insert(tx, id, kind, b"x", now(), None)?;
                let at = At(now() + minutes.minutes());
                let sql: &'static str = match fate {
                    "sent_at" => "UPDATE outbox SET sent_at = $2 WHERE id = $1",
                    _ => "UPDATE outbox SET gave_up_at = $2 WHERE id = $1",
                };
                tx.execute(sql, &[&id.uuid(), &at])?;
            }
            let waits = MessageId::from_uuid(Uuid::new_v4());
            outbox::insert(tx, waits, "code", b"x", now(), None)?;
            let before = now() + 5.minutes();
            let pieces = [
                outbox::sweep_sent(tx, Queue::Mail, before, 2)?,
                outbox::sweep_sent(tx, Queue::Mail, before, 2)?,
                outbox::sweep_sent(tx, Queue::Mail, before, 2)?,
                outbox::sweep_given_up(tx, before, 2)?,
                outbox::sweep_given_up(tx, before, 2)?,
            ];
            assert_eq!(pieces, [2, 1, 0, 2, 0]);
            let left: i64 = tx.query_one("SELECT count(*) FROM outbox", &[], |row| row.get(0))?;
            assert_eq!(
                left, 4,
                "two of later, a reminder that is swept by itself, one that waits"
            );
            assert_eq!(outbox::sweep_sent(tx, Queue::Reminders, before, 2)?, 1);
            Ok(())
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn walks_go_with_their_codes_and_whoever_goes_on_stays() {
    on_both(|db: Db| async move {
        db.write(|tx| {
            for minutes in [1, 2, 9] {
                let id = Uuid::new_v4();
                let flow = FlowId::from_uuid(id);
                tx.execute(
                    "INSERT INTO flows (id, token_hash, purpose, email_sealed, email_blind, code_sent_at, created_at, expires_at)
                     VALUES ($1, $2, 'sign_up', $2, $2, $3, $3, $4)",
                    &[&id, &id.as_bytes().as_slice(), &At(now()), &At(now() + minutes.minutes())],
                )?;
                flow::insert_code(tx, CodeId::from_uuid(Uuid::new_v4()), flow, b"code", 5, now(), now() + minutes.minutes())?;
            }
            let at = now() + 5.minutes();
            let pieces = [flow::sweep(tx, at, 1)?, flow::sweep(tx, at, 1)?, flow::sweep(tx, at, 1)?];
            assert_eq!(pieces, [1, 1, 0]);
            let left = tx.query_one(
                "SELECT (SELECT count(*) FROM flows), (SELECT count(*) FROM codes)",
                &[],
                |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)),
            )?;
            assert_eq!(left, (1, 1));
            Ok(())
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn sessions_and_counts_go_by_their_end() {
    on_both(|db: Db| async move {
        db.write(|tx| {
            let account = AccountId::from_uuid(Uuid::new_v4());
            tx.execute(
                "INSERT INTO accounts (id, email_sealed, email_blind, password_hash, language, created_at, password_changed_at)
                 VALUES ($1, $2, $2, 'x', 'ja', $3, $3)",
                &[&account.uuid(), &account.uuid().as_bytes().as_slice(), &At(now())],
            )?;
            for minutes in [1, 2, 9] {
                let id = Uuid::new_v4();
                tx.execute(
                    "INSERT INTO account_sessions (id, token_hash, account_id, created_at, last_seen_at, expires_at)
                     VALUES ($1, $2, $3, $4, $4, $5)",
                    &[&id, &id.as_bytes().as_slice(), &account.uuid(), &At(now()), &At(now() + minutes.minutes())],
                )?;
                let seldom = AtMost { times: 1, within: SignedDuration::ZERO };
                let subject = [minutes as u8];
                limits::count(tx, "k", &subject, [seldom; 2], now() + minutes.minutes())?;
            }
            let at = now() + 5.minutes();
            assert_eq!([session::sweep(tx, at, 1)?, session::sweep(tx, at, 9)?, session::sweep(tx, at, 9)?], [1, 1, 0]);
            let counts = [
                retention::sweep_attempts(tx, at, 1)?,
                retention::sweep_attempts(tx, at, 9)?,
                retention::sweep_attempts(tx, at, 9)?,
            ];
            assert_eq!(counts, [1, 1, 0]);
            assert!(limits::last(tx, "k", &[9])?.is_some());
            Ok(())
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_was_typed_and_became_no_registration_goes_the_oldest_first() {
    on_both(|db: Db| async move {
        db.write(|tx| {
            for minutes in [1, 2, 3, 9] {
                let id = AccountId::from_uuid(Uuid::new_v4());
                let account = storage::account::AccountRow {
                    id,
                    email_sealed: b"x".to_vec(),
                    email_blind: id.uuid().as_bytes().to_vec(),
                    password_hash: "x".to_owned(),
                    language: "en".to_owned(),
                };
                storage::account::insert(tx, &account, now())?;
                storage::account::save_draft(tx, id, b"x", now() + minutes.minutes())?;
            }
            let before = now() + 5.minutes();
            let mut gone = Vec::new();
            for _ in 0..3 {
                gone.push(storage::account::sweep_drafts(tx, before, 2)?);
            }
            assert_eq!(gone, [2, 1, 0]);
            let left = "SELECT count(*) FROM attribute_drafts";
            let left: i64 = tx.query_one(left, &[], |row| row.get(0))?;
            assert_eq!(left, 1);
            Ok(())
        })
        .await
        .unwrap();
    })
    .await;
}
