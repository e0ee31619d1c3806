//! Lines of the audit log at the end of a transaction: each once, upon the one before it, none of what was undone.

use crate::{now, on_both};
use domain::ids::CaseId;
use std::sync::{Arc, Barrier};
use storage::audit::{self, AuditEntry, Seal};
use storage::{Db, Error};
use uuid::Uuid;

/// Hashes that tell what they were made of.
#[derive(Clone)]
pub struct Plain;

impl Seal for Plain {
    fn line(&self, before: &[u8], chain: i32, seq: i64, _: &AuditEntry) -> Vec<u8> {
        let before = before.len();
        format!("{before} {chain} {seq}").into_bytes()
    }

    fn head(&self, chain: i32, seq: i64, last: &[u8]) -> Vec<u8> {
        [format!("{chain} {seq} ").as_bytes(), last].concat()
    }
}

pub fn entry(chain: u128) -> AuditEntry {
    AuditEntry {
        at: now(),
        actor_kind: "person".to_owned(),
        actor: None,
        place: None,
        action: "report.sent".to_owned(),
        case: Some(CaseId::from_uuid(Uuid::from_u128(chain))),
        subject: None,
        details: String::new(),
    }
}

/// How many lines stand, each upon the one before it, up to where its chain says that it ends.
pub async fn whole(db: &Db) -> usize {
    let mut lines = 0;
    for head in db.read(audit::heads).await.unwrap() {
        let chain = head.chain;
        let of_chain = db.read(move |tx| audit::run(tx, chain, 0, 1_000)).await;
        let of_chain = of_chain.unwrap();
        let mut before = Vec::new();
        for (at, line) in of_chain.iter().enumerate() {
            assert_eq!(line.seq, at as i64 + 1);
            assert_eq!(line.mac, Plain.line(&before, chain, line.seq, &line.entry));
            before = line.mac.clone();
        }
        assert_eq!((head.seq, &head.last_mac), (of_chain.len() as i64, &before));
        assert_eq!(head.mac, Plain.head(chain, head.seq, &before));
        lines += of_chain.len();
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_of_a_batch_that_fails_leaves_no_line_and_takes_none_along() {
    on_both(|db: Db| async move {
        db.write(|tx| audit::begin(tx, &Plain)).await.unwrap();
        // The first holds the writer until the others wait, so that they share a transaction.
        let both = Arc::new(Barrier::new(2));
        let held = both.clone();
        let mut runs = 0;
        let first = tokio::spawn({
            let db = db.clone();
            async move {
                db.write(move |tx| {
                    audit::append(tx, &entry(1), &Plain)?;
                    runs += 1;
                    if runs == 1 {
                        held.wait();
                    }
                    Ok(())
                })
                .await
            }
        });
        let others: Vec<_> = (0..9u128)
            .map(|n| {
                let db = db.clone();
                tokio::spawn(async move {
                    db.write(move |tx| {
                        audit::append(tx, &entry(n), &Plain)?;
                        if n % 3 == 1 {
                            return Err(Error::Broken("on purpose".to_owned()));
                        }
                        audit::append(tx, &entry(n + 5), &Plain)
                    })
                    .await
                })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        tokio::task::spawn_blocking(move || both.wait())
            .await
            .unwrap();
        first.await.unwrap().unwrap();
        let mut kept = 1;
        for one in others {
            kept += if one.await.unwrap().is_ok() { 2 } else { 0 };
        }
        assert_eq!((kept, whole(&db).await), (13, 13));
        let reads = db.read(|tx| audit::append(tx, &entry(1), &Plain)).await;
        assert!(reads.is_err(), "what only reads adds nothing and says so");
        assert_eq!(whole(&db).await, 13);
    })
    .await;
}
