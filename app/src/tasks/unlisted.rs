//! Messages in reports that are on no list: those that a release took which knew of no such task, before an update or beside
//! this one while nodes are changed one after the other. Only whoever opens the record would see them.

use super::{MESSAGE, message_task};
use crate::{App, Error, SystemDesk};
use domain::ids::{CaseId, HealthCenterId};
use jiff::{SignedDuration, Timestamp};
use std::time::Instant;
use storage::case_registration as cases;
use storage::status_report as reports;
use storage::{Tx, tasks as rows};

/// How many open cases are looked at in one transaction.
const PIECE: u16 = 500;
/// How much longer than a piece took the store is left to others before the next.
const LEFT_TO_OTHERS: u32 = 3;
/// What was written longer ago nobody waits for any more.
const LATELY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// By how much clocks may differ, and how long whoever was storing a report may have taken.
const SLACK: SignedDuration = SignedDuration::from_mins(10);

impl SystemDesk {
    /// Puts the messages on the lists that are on none. `looked`: when it was begun last, so that only those are looked at
    /// about whom something was written since; without it all open cases are. Tells how many there were, and when this was
    /// begun.
    pub async fn list_messages(
        &self,
        looked: Option<Timestamp>,
    ) -> Result<(usize, Timestamp), Error> {
        let begun = self.app.clock.now();
        let lately = begun - LATELY;
        let since = looked.map_or(lately, |looked| lately.max(looked - SLACK));
        let mut listed = 0;
        for center in self.health_centers().await? {
            listed += self.list_messages_of(center.id, since, lately).await?;
        }
        Ok((listed, begun))
    }

    async fn list_messages_of(
        &self,
        center: HealthCenterId,
        since: Timestamp,
        lately: Timestamp,
    ) -> Result<usize, Error> {
        let db = self.app.db();
        let mut after = (Timestamp::UNIX_EPOCH, CaseId::from_uuid(uuid::Uuid::nil()));
        let mut listed = 0;
        loop {
            let took = Instant::now();
            let (cases, last) = db
                .read(move |tx| {
                    let piece = rows::open_cases(tx, center, after, i64::from(PIECE))?;
                    let last = piece.last().map(|one| (one.registered_at, one.case));
                    let last = last.filter(|_| piece.len() >= usize::from(PIECE));
                    let mut asked = Vec::new();
                    for one in piece.iter().filter(|one| one.changed_at >= since) {
                        asked.push((one.case, rows::ask_unlisted(tx, one.case, MESSAGE, lately)?));
                    }
                    let mut found = Vec::new();
                    for (case, reports) in asked {
                        if !reports.all(tx)?.is_empty() {
                            found.push(case);
                        }
                    }
                    Ok((found, last))
                })
                .await?;
            if !cases.is_empty() {
                let app = self.app.clone();
                listed += db.write(move |tx| list(&app, tx, &cases, lately)).await?;
            }
            let Some(last) = last else {
                return Ok(listed);
            };
            after = last;
            tokio::time::sleep(took.elapsed() * LEFT_TO_OTHERS).await;
        }
    }
}

/// Asks once more inside: another process may lead by now, or somebody may have read one.
fn list(
    app: &App,
    tx: &mut Tx<'_>,
    of: &[CaseId],
    lately: Timestamp,
) -> Result<usize, storage::Error> {
    let mut listed = 0;
    for id in of {
        let Some(case) = cases::by_id(tx, *id)? else {
            continue;
        };
        for report in rows::ask_unlisted(tx, *id, MESSAGE, lately)?.all(tx)? {
            if let Some(report) = reports::find(tx, *id, report)? {
                let (task, same_as) = message_task(app, &case, &report);
                rows::add(tx, &task, &same_as)?;
                listed += 1;
            }
        }
    }
    Ok(listed)
}
