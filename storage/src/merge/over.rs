//! Everything that was written of a case moves to the one that is kept, and back again.

use super::links;
use super::open_alerts::join_alerts;
use super::reports::move_reports;
use super::{MergeRow, Moved, move_rows};
use crate::engine::{At, Error, Param, Tx};
use crate::monitoring::update;
use crate::sql;
use domain::ids::{CaseId, TaskId};
use jiff::Timestamp;
use uuid::Uuid;

/// Moves named rows back.
macro_rules! move_back {
    ($tx:expr, $table:literal, $ids:expr, $from:expr, $to:expr) => {
        for id in $ids {
            $tx.execute(
                concat!(
                    "UPDATE ",
                    $table,
                    " SET case_id = $3 WHERE case_id = $2 AND id = $1"
                ),
                &[id, &$from.uuid(), &$to.uuid()],
            )?;
        }
    };
}

/// How many reports of a case are in no part that stands, since their half-year was taken out: it still counts them.
fn away(tx: &mut Tx<'_>, case: CaseId) -> Result<i64, Error> {
    // The embedded database keeps all.
    if tx.is_sqlite() {
        return Ok(0);
    }
    let missing: Option<i64> = tx.query_opt(
        sql!(
            "SELECT m.reports - (SELECT count(*) FROM status_reports r WHERE r.case_id = m.case_id AND r.in_error_at IS NULL)
             FROM monitoring m WHERE m.case_id = $1"
        ),
        &[&case.uuid()],
        |row| row.get(0),
    )?;
    Ok(missing.unwrap_or(0).max(0))
}

/// What is known of two records while some of their reports are away: how many of both, how many the merged one had before it was
/// taken in, and whether the latest report of the kept one is of the merged one.
struct Away {
    both: i64,
    merged_had: i64,
    shows_other: bool,
}

impl Away {
    fn of(tx: &mut Tx<'_>, merge: &MergeRow) -> Result<Away, Error> {
        let both = away(tx, merge.kept)?;
        if both == 0 {
            return Ok(Away {
                both,
                merged_had: 0,
                shows_other: false,
            });
        }
        let stands = |tx: &mut Tx<'_>, case: CaseId| {
            tx.query_one(
                sql!("SELECT reports, report_id FROM monitoring WHERE case_id = $1"),
                &[&case.uuid()],
                |row| Ok((row.get::<i32>(0)?, row.get::<Option<Uuid>>(1)?)),
            )
        };
        let (_, latest) = stands(tx, merge.kept)?;
        Ok(Away {
            both,
            merged_had: i64::from(stands(tx, merge.merged)?.0),
            shows_other: latest.is_some_and(|latest| merge.moved.reports.contains(&latest)),
        })
    }

    /// How many are away of the kept and of the merged record, after both have again what is there of them.
    fn of_each(&self, tx: &mut Tx<'_>, merged: CaseId) -> Result<(i64, i64), Error> {
        if self.both == 0 {
            return Ok((0, 0));
        }
        let there: i64 = tx.query_one(
            sql!("SELECT count(*) FROM status_reports r WHERE r.case_id = $1 AND r.in_error_at IS NULL"),
            &[&merged.uuid()],
            |row| row.get(0),
        )?;
        let of_merged = (self.merged_had - there).clamp(0, self.both);
        Ok((self.both - of_merged, of_merged))
    }
}

/// Moves everything that was written of a case to another one and ends following it on its own. Tells what moved. An alert that
/// is taken from whoever has it is passed on at `next_step_at` at the latest, if nobody takes it.
pub fn move_over(
    tx: &mut Tx<'_>,
    merged: CaseId,
    kept: CaseId,
    (now, next_step_at): (Timestamp, Timestamp),
) -> Result<Moved, Error> {
    let mut moved = tx.query_one(
        sql!("SELECT is_open, expects_reports, is_case, next_call_at, review_from FROM monitoring WHERE case_id = $1"),
        &[&merged.uuid()],
        |row| {
            Ok(Moved {
                is_open: row.get(0)?,
                expects_reports: row.get(1)?,
                is_case: row.get(2)?,
                next_call_at: row.at_opt(3)?,
                review_from: row.get(4)?,
                ..Moved::default()
            })
        },
    )?;
    // That a call found the number of the one wrong says nothing about another number of the other.
    tx.execute(
        sql!(
            "UPDATE persons SET phone_since = $3
             WHERE id = (SELECT k.person_id FROM cases k WHERE k.id = $2)
                AND phone_blind <> (SELECT p.phone_blind FROM cases c JOIN persons p ON p.id = c.person_id WHERE c.id = $1)
                AND NOT EXISTS (SELECT 1 FROM cases o JOIN contacts_made m ON m.case_id = o.id
                    WHERE o.person_id = persons.id AND m.outcome = 'wrong_number' AND m.in_error_at IS NULL
                        AND (persons.phone_since IS NULL OR m.at > persons.phone_since))
                AND (number_wrong_at IS NULL OR number_wrong_at <= phone_since)
                AND EXISTS (SELECT 1 FROM contacts_made w WHERE w.case_id = $1 AND w.outcome = 'wrong_number')"
        ),
        &[&merged.uuid(), &kept.uuid(), &At(now)],
    )?;
    let are_away = away(tx, kept)? + away(tx, merged)?;
    moved.reports = move_reports(tx, merged, kept)?;
    moved.contacts = move_rows!(tx, "contacts_made", merged, kept);
    moved.corrections = move_rows!(tx, "corrections", merged, kept);
    moved.tasks = move_rows!(tx, "tasks", merged, kept);
    moved.notifications = move_rows!(tx, "notifications", merged, kept);
    join_alerts(tx, (merged, kept), next_step_at, &mut moved)?;
    links::move_over(tx, merged, kept, &mut moved)?;
    update(
        tx,
        sql!(
            "UPDATE monitoring SET is_open = 0, expects_reports = 0, is_case = 0, next_call_at = NULL,
                review_from = NULL, urgency = 0, worsening = 0, changed_at = $2, version = version + 1
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[&merged.uuid(), &At(now)],
    )?;
    // The earlier call holds; whoever has signed up with either number is heard of here, and so is a mailbox that takes nothing.
    // A record that takes in another one is kept as long as one that was closed now.
    update(
        tx,
        sql!(
            "UPDATE monitoring SET changed_at = $2, version = version + 1, purge_told_at = NULL, kept_since = $2,
                next_call_at = CASE WHEN next_call_at IS NULL OR next_call_at > $3 THEN COALESCE($3, next_call_at)
                    ELSE next_call_at END,
                heard_on = CASE WHEN has_account = 0
                    AND EXISTS (SELECT 1 FROM cases c WHERE c.id IN ($1, $4) AND c.account_id IS NOT NULL)
                    AND NOT EXISTS (SELECT 1 FROM status_reports r WHERE r.case_id = $1 AND r.in_error_at IS NULL)
                    THEN registered_on ELSE heard_on END,
                has_account = CASE WHEN EXISTS (SELECT 1 FROM cases c WHERE c.id IN ($1, $4) AND c.account_id IS NOT NULL)
                    THEN 1 ELSE 0 END,
                undelivered = (SELECT max(u.undelivered) FROM monitoring u WHERE u.case_id IN ($1, $4)),
                reports = (SELECT count(*) FROM status_reports r WHERE r.case_id = $1 AND r.in_error_at IS NULL) + $6,
                silence_look_at = $5
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[
            &kept.uuid(),
            &At(now),
            &moved.next_call_at.map(At),
            &merged.uuid(),
            &now.as_second(),
            &are_away,
        ],
    )?;
    tx.execute(
        sql!("UPDATE cases SET merged_into = $2, version = version + 1 WHERE id = $1"),
        &[&merged.uuid(), &kept.uuid()],
    )?;
    Ok(moved)
}

/// Takes from the kept record what was copied from the merged one: what is sealed alike was not typed twice.
fn give_back_copies(tx: &mut Tx<'_>, kept: CaseId, merged: CaseId) -> Result<(), Error> {
    let both: [&dyn Param; 2] = [&kept.uuid(), &merged.uuid()];
    for statement in [
        sql!(
            "UPDATE persons SET email_sealed = NULL WHERE id = (SELECT person_id FROM cases WHERE id = $1)
                AND email_sealed = (SELECT p.email_sealed FROM persons p JOIN cases c ON c.person_id = p.id
                    WHERE c.id = $2 AND p.id <> persons.id)"
        ),
        sql!(
            "UPDATE persons SET address_sealed = NULL WHERE id = (SELECT person_id FROM cases WHERE id = $1)
                AND address_sealed = (SELECT p.address_sealed FROM persons p JOIN cases c ON c.person_id = p.id
                    WHERE c.id = $2 AND p.id <> persons.id)"
        ),
        sql!(
            "UPDATE persons SET whereabouts_sealed = NULL WHERE id = (SELECT person_id FROM cases WHERE id = $1)
                AND whereabouts_sealed = (SELECT p.whereabouts_sealed FROM persons p JOIN cases c ON c.person_id = p.id
                    WHERE c.id = $2 AND p.id <> persons.id)"
        ),
        sql!(
            "UPDATE cases SET passport_sealed = NULL, passport_entered_at = NULL, passport_entered_by = NULL
             WHERE id = $1 AND passport_sealed = (SELECT c.passport_sealed FROM cases c WHERE c.id = $2)"
        ),
    ] {
        tx.execute(statement, &both)?;
    }
    Ok(())
}

/// Whoever held the record while two were one held both: neither is purged before somebody lifts its hold.
fn hold_both(tx: &mut Tx<'_>, merge: &MergeRow) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO legal_holds (id, case_id, reason_sealed, set_at, set_by)
             SELECT $1, $2, h.reason_sealed, h.set_at, h.set_by FROM legal_holds h
             WHERE h.case_id = $3 AND h.lifted_at IS NULL AND h.set_at >= $4
             ON CONFLICT (case_id) WHERE lifted_at IS NULL DO NOTHING"
        ),
        // A case has one open hold at most, so one id is enough.
        &[
            &Uuid::now_v7(),
            &merge.merged.uuid(),
            &merge.kept.uuid(),
            &At(merge.at),
        ],
    )?;
    Ok(())
}

/// Puts back what moved and follows the merged case on its own again. Reports whose half-year was taken out count on, and what
/// was their latest state stays; they go back when the half-year comes back ([`crate::partitions::put_back`]).
pub fn move_back_again(tx: &mut Tx<'_>, merge: &MergeRow, now: Timestamp) -> Result<(), Error> {
    let (moved, kept, merged) = (&merge.moved, merge.kept, merge.merged);
    let are_away = Away::of(tx, merge)?;
    move_back!(tx, "status_reports", &moved.reports, kept, merged);
    move_back!(tx, "contacts_made", &moved.contacts, kept, merged);
    move_back!(tx, "corrections", &moved.corrections, kept, merged);
    move_back!(tx, "alerts", &moved.alerts, kept, merged);
    move_back!(tx, "tasks", &moved.tasks, kept, merged);
    for task in &moved.settled {
        crate::tasks::reopen(tx, TaskId::from_uuid(*task))?;
    }
    move_back!(tx, "notifications", &moved.notifications, kept, merged);
    links::move_back(tx, moved, merged, kept)?;
    give_back_copies(tx, kept, merged)?;
    hold_both(tx, merge)?;
    tx.execute(
        sql!("UPDATE cases SET merged_into = NULL, version = version + 1 WHERE id = $1"),
        &[&merged.uuid()],
    )?;
    update(
        tx,
        sql!(
            "UPDATE monitoring SET is_open = $2, expects_reports = $3, is_case = $4, next_call_at = $5,
                review_from = $6, changed_at = $7, version = version + 1, purge_told_at = NULL, kept_since = $7,
                closed_at = CASE WHEN $2 = 1 THEN NULL ELSE COALESCE(closed_at, $7) END,
                undelivered = (SELECT max(u.undelivered) FROM monitoring u WHERE u.case_id IN ($1, $8))
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[
            &merged.uuid(),
            &moved.is_open,
            &moved.expects_reports,
            &moved.is_case,
            &moved.next_call_at.map(At),
            &moved.review_from,
            &At(now),
            &kept.uuid(),
        ],
    )?;
    let of_each = are_away.of_each(tx, merged)?;
    for (case, away, shows_other) in [
        (kept, of_each.0, are_away.shows_other),
        (merged, of_each.1, false),
    ] {
        update(
            tx,
            sql!(
                "UPDATE monitoring SET reports = (SELECT count(*) FROM status_reports r WHERE r.case_id = $1 AND r.in_error_at IS NULL) + $4,
                    has_account = CASE WHEN EXISTS (SELECT 1 FROM cases c
                        WHERE (c.id = $1 OR c.merged_into = $1) AND c.account_id IS NOT NULL) THEN 1 ELSE 0 END,
                    changed_at = $2, silence_look_at = $3
                 WHERE case_id = $1 RETURNING health_center_id"
            ),
            &[&case.uuid(), &At(now), &now.as_second(), &away],
        )?;
        // Nobody's latest state may be another one's, even where their own is away.
        tx.execute(
            sql!(
                "UPDATE monitoring SET report_id = NULL, measured_at = NULL, received_at = NULL, temperature = NULL,
                    spo2 = NULL, level = 0, urgency = 0, worsening = 0, reasons = $2, heard_on = registered_on
                 WHERE case_id = $1 AND (reports = 0 OR ($3 = 1 AND NOT EXISTS (SELECT 1 FROM status_reports r
                    WHERE r.case_id = $1 AND r.in_error_at IS NULL)))"
            ),
            &[
                &case.uuid(),
                &serde_json::Value::Array(Vec::new()),
                &i32::from(shows_other),
            ],
        )?;
    }
    Ok(())
}
