//! Two records of one illness become one: what was written of the merged case moves to the kept one, and a list of it
//! stays, by which it moves back.

use crate::alerts::{self, AlertRow};
use crate::engine::{At, Error, Param, Row, Tx};
use crate::monitoring::update;
use crate::sql;
use domain::ids::{CaseId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What moved with a merge, by the ids of the rows, and how the merged case was followed before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Status reports.
    pub reports: Vec<Uuid>,
    /// Calls, visits and notes.
    pub contacts: Vec<Uuid>,
    /// Corrections.
    pub corrections: Vec<Uuid>,
    /// Alerts, open and ended ones.
    pub alerts: Vec<Uuid>,
    /// The alert that was joined with one of the kept case.
    pub joined_alert: Option<Uuid>,
    /// Tasks.
    pub tasks: Vec<Uuid>,
    /// Notifications.
    pub notifications: Vec<Uuid>,
    /// Close contacts of the merged case.
    pub contacts_of: Vec<Uuid>,
    /// Cases whose close contact the merged one was.
    pub contact_of: Vec<Uuid>,
    /// Whether it was open.
    pub is_open: i32,
    /// Whether reports were expected.
    pub expects_reports: i32,
    /// Whether it counted as a case.
    pub is_case: i32,
    /// When a call was due.
    pub next_call_at: Option<Timestamp>,
    /// From when on a release was to be looked at.
    pub review_from: Option<Date>,
    /// What the kept case did not say of the illness and took over.
    #[serde(default)]
    pub taken: Taken,
    /// What the open alert of the kept case said before another one was joined with it.
    #[serde(default)]
    pub stood: Option<Stood>,
    /// How the kept case was followed before, where the merge changed it.
    #[serde(default)]
    pub followed: Option<Followed>,
}

/// What an open alert said before another one was joined with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stood {
    /// The alert.
    pub alert: Uuid,
    /// The latest alarming report.
    pub report: Option<Uuid>,
    /// The level.
    pub level: i32,
    /// Why.
    pub reasons: serde_json::Value,
    /// Why a notification said that somebody is needed at once.
    pub notified: Option<serde_json::Value>,
    /// How many alarming reports.
    pub times: i32,
    /// When the latest came.
    pub last_at: Timestamp,
}

/// How a case was followed before it took another one in, and what became of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// The word of the status before, and after.
    pub status: (String, String),
    /// Who looked after it before, and after.
    pub assigned_to: (Option<Uuid>, Option<Uuid>),
    /// When a call was due before.
    pub next_call_at: Option<Timestamp>,
    /// From when on a release was to be looked at.
    pub review_from: Option<Date>,
}

/// Days of an illness that one record has from the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The first day of symptoms.
    pub onset_on: Option<Date>,
    /// The day of entry into Japan.
    pub entered_japan_on: Option<Date>,
}

/// A merge.
#[derive(Clone)]
pub struct MergeRow {
    /// The id.
    pub id: Uuid,
    /// The case that keeps everything.
    pub kept: CaseId,
    /// The case that was merged into it.
    pub merged: CaseId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: StaffId,
    /// The name of whoever did it.
    pub by_name: String,
    /// Why, sealed.
    pub reason_sealed: Vec<u8>,
    /// What moved.
    pub moved: Moved,
    /// When it was undone, and by whom.
    pub undone: Option<(Timestamp, String)>,
}

impl MergeRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        let id: Uuid = row.get(0)?;
        let moved: serde_json::Value = row.get(7)?;
        let undone_by: Option<String> = row.get(9)?;
        Ok(MergeRow {
            id,
            kept: CaseId::from_uuid(row.get(1)?),
            merged: CaseId::from_uuid(row.get(2)?),
            at: row.at(3)?,
            by: StaffId::from_uuid(row.get(4)?),
            by_name: row.get(5)?,
            reason_sealed: row.get(6)?,
            moved: serde_json::from_value(moved)
                .map_err(|e| Error::Broken(format!("merges.moved of {id}: {e}")))?,
            undone: row.at_opt(8)?.map(|at| (at, undone_by.unwrap_or_default())),
        })
    }
}

macro_rules! select_merges {
    ($condition:literal) => {
        concat!(
            "SELECT m.id, m.kept_id, m.merged_id, m.at, m.by_staff, COALESCE(s.name, ''), m.reason_sealed, m.moved,
                m.undone_at, u.name
             FROM merges m LEFT JOIN staff_members s ON s.id = m.by_staff LEFT JOIN staff_members u ON u.id = m.undone_by ",
            $condition
        )
    };
}

/// The merges that a case has a part in, the latest first; those that were undone, too.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<MergeRow>, Error> {
    tx.query(
        select_merges!("WHERE m.kept_id = $1 OR m.merged_id = $1 ORDER BY m.at DESC, m.id DESC"),
        &[&case.uuid()],
        |row| MergeRow::from(&row),
    )
}

/// The merge that holds of a merged case.
pub fn open_of_merged(tx: &mut Tx<'_>, merged: CaseId) -> Result<Option<MergeRow>, Error> {
    tx.query_opt(
        select_merges!("WHERE m.merged_id = $1 AND m.undone_at IS NULL"),
        &[&merged.uuid()],
        |row| MergeRow::from(&row),
    )
}

/// Moves rows from one case to the other and tells their ids.
macro_rules! move_rows {
    ($tx:expr, $table:literal, $from:expr, $to:expr) => {{
        let ids: Vec<Uuid> = $tx.query(
            concat!("SELECT id FROM ", $table, " WHERE case_id = $1 ORDER BY id"),
            &[&$from.uuid()],
            |row| row.get(0),
        )?;
        $tx.execute(
            concat!("UPDATE ", $table, " SET case_id = $2 WHERE case_id = $1"),
            &[&$from.uuid(), &$to.uuid()],
        )?;
        ids
    }};
}

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
    moved.reports = move_rows!(tx, "status_reports", merged, kept);
    moved.contacts = move_rows!(tx, "contacts_made", merged, kept);
    moved.corrections = move_rows!(tx, "corrections", merged, kept);
    moved.tasks = move_rows!(tx, "tasks", merged, kept);
    moved.notifications = move_rows!(tx, "notifications", merged, kept);
    join_alerts(tx, (merged, kept), next_step_at, &mut moved)?;
    move_links(tx, merged, kept, &mut moved)?;
    update(
        tx,
        sql!(
            "UPDATE monitoring SET is_open = 0, expects_reports = 0, is_case = 0, next_call_at = NULL,
                review_from = NULL, urgency = 0, worsening = 0, changed_at = $2, version = version + 1
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[&merged.uuid(), &At(now)],
    )?;
    // The earlier call holds; whoever has signed up with either number is heard of here. A closed record that takes in
    // another one is kept as long as one that was closed now.
    update(
        tx,
        sql!(
            "UPDATE monitoring SET changed_at = $2, version = version + 1, purge_told_at = NULL,
                closed_at = CASE WHEN is_open = 1 THEN closed_at ELSE $2 END,
                next_call_at = CASE WHEN next_call_at IS NULL OR next_call_at > $3 THEN COALESCE($3, next_call_at)
                    ELSE next_call_at END,
                has_account = CASE WHEN EXISTS (SELECT 1 FROM cases c WHERE c.id IN ($1, $4) AND c.account_id IS NOT NULL)
                    THEN 1 ELSE 0 END,
                reports = (SELECT count(*) FROM status_reports r WHERE r.case_id = $1 AND r.in_error_at IS NULL), silence_look_at = $5
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[
            &kept.uuid(),
            &At(now),
            &moved.next_call_at.map(At),
            &merged.uuid(),
            &now.as_second(),
        ],
    )?;
    tx.execute(
        sql!("UPDATE cases SET merged_into = $2, version = version + 1 WHERE id = $1"),
        &[&merged.uuid(), &kept.uuid()],
    )?;
    Ok(moved)
}

/// An open alert is never lost: it goes over, or is joined with the one of the kept case, whose clock is then the older one.
/// Somebody who has the one has not seen the other: where nobody has the merged one, or it is more urgent, the joined one
/// waits again, and is passed on as soon as the sooner of the two would have been. It says why of the more urgent one.
fn join_alerts(
    tx: &mut Tx<'_>,
    (merged, kept): (CaseId, CaseId),
    next_step_at: Timestamp,
    moved: &mut Moved,
) -> Result<(), Error> {
    // Whoever takes one of them this very moment is waited for.
    tx.execute(
        sql!("UPDATE alerts SET version = version WHERE case_id IN ($1, $2) AND done_at IS NULL"),
        &[&merged.uuid(), &kept.uuid()],
    )?;
    let of_merged = alerts::open_of_case(tx, merged)?;
    let of_kept = alerts::open_of_case(tx, kept)?;
    if let (Some(of_merged), Some(of_kept)) = (of_merged, of_kept) {
        moved.stood = Some(Stood {
            alert: of_kept.id.uuid(),
            report: of_kept.report.map(|report| report.uuid()),
            level: of_kept.level,
            reasons: of_kept.reasons.clone(),
            notified: of_kept.notified.clone(),
            times: of_kept.times,
            last_at: of_kept.last_at,
        });
        moved.joined_alert = Some(of_merged.id.uuid());
        tx.execute(
            sql!(
                "UPDATE alerts SET done_at = last_at, outcome = 'merged', next_step_at = NULL, version = version + 1
                 WHERE id = $1"
            ),
            &[&of_merged.id.uuid()],
        )?;
        alerts::write(tx, &joined(&of_kept, &of_merged, next_step_at))?;
    }
    moved.alerts = move_rows!(tx, "alerts", merged, kept);
    Ok(())
}

/// What becomes of the open alert of a kept case that takes in the one of the merged case.
fn joined(kept: &AlertRow, merged: &AlertRow, next_step_at: Timestamp) -> AlertRow {
    let is_worse = merged.level > kept.level;
    let says = match is_worse || merged.level == kept.level && merged.last_at > kept.last_at {
        true => merged,
        false => kept,
    };
    // Whoever has both has seen both.
    let is_news = merged.taken_by.is_none() || is_worse && merged.taken_by != kept.taken_by;
    let both = [kept.next_step_at, merged.next_step_at];
    let sooner = both.into_iter().flatten().min();
    let mut alert = AlertRow {
        report: says.report,
        level: kept.level.max(merged.level),
        reasons: says.reasons.clone(),
        notified: kept.notified.clone().or(merged.notified.clone()),
        times: kept.times + merged.times,
        raised_at: kept.raised_at.min(merged.raised_at),
        last_at: kept.last_at.max(merged.last_at),
        waiting_since: kept.waiting_since.min(merged.waiting_since),
        ..kept.clone()
    };
    if is_news {
        // Of two that nobody has the clock goes on.
        alert.next_step_at = sooner;
        if kept.taken_by.is_some() || merged.taken_by.is_some() {
            let soon = sooner.map_or(next_step_at, |at| at.min(next_step_at));
            alert.next_step_at = Some(soon);
        }
        if kept.taken_by.is_some() {
            alert.steps = 0;
        }
        let of_worse = merged.taken_by.filter(|_| is_worse);
        alert.taken_before_by = of_worse.or(kept.taken_by).or(kept.taken_before_by);
        alert.taken_by = None;
        alert.taken_at = None;
    }
    alert
}

fn move_links(
    tx: &mut Tx<'_>,
    merged: CaseId,
    kept: CaseId,
    moved: &mut Moved,
) -> Result<(), Error> {
    moved.contacts_of = tx.query(
        sql!(
            "SELECT contact_id FROM contact_links l WHERE source_id = $1 AND contact_id <> $2
                AND NOT EXISTS (SELECT 1 FROM contact_links k WHERE k.source_id = $2 AND k.contact_id = l.contact_id)"
        ),
        &[&merged.uuid(), &kept.uuid()],
        |row| row.get(0),
    )?;
    moved.contact_of = tx.query(
        sql!(
            "SELECT source_id FROM contact_links l WHERE contact_id = $1 AND source_id <> $2
                AND NOT EXISTS (SELECT 1 FROM contact_links k WHERE k.contact_id = $2 AND k.source_id = l.source_id)"
        ),
        &[&merged.uuid(), &kept.uuid()],
        |row| row.get(0),
    )?;
    relink(tx, moved, merged, kept)
}

fn relink(tx: &mut Tx<'_>, moved: &Moved, from: CaseId, to: CaseId) -> Result<(), Error> {
    for contact in &moved.contacts_of {
        tx.execute(
            sql!(
                "UPDATE contact_links SET source_id = $2 WHERE source_id = $1 AND contact_id = $3"
            ),
            &[&from.uuid(), &to.uuid(), contact],
        )?;
    }
    for source in &moved.contact_of {
        tx.execute(
            sql!(
                "UPDATE contact_links SET contact_id = $2 WHERE contact_id = $1 AND source_id = $3"
            ),
            &[&from.uuid(), &to.uuid(), source],
        )?;
    }
    Ok(())
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

/// Writes days of the illness into the kept case, which has none of them. The person counts as changed: a form that was shown
/// without them would otherwise take them away again.
pub fn take_days(tx: &mut Tx<'_>, kept: CaseId, taken: &Taken) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE cases SET onset_on = COALESCE(onset_on, $2), entered_japan_on = COALESCE(entered_japan_on, $3),
                version = version + 1
             WHERE id = $1"
        ),
        &[&kept.uuid(), &taken.onset_on, &taken.entered_japan_on],
    )?;
    count_person(tx, kept)
}

/// Takes days out of the kept case again that a merge brought. One that somebody has corrected meanwhile stays: it is not among
/// `taken` then.
pub fn give_days_back(tx: &mut Tx<'_>, kept: CaseId, taken: &Taken) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE cases SET onset_on = CASE WHEN onset_on = $2 THEN NULL ELSE onset_on END,
                entered_japan_on = CASE WHEN entered_japan_on = $3 THEN NULL ELSE entered_japan_on END,
                version = version + 1
             WHERE id = $1"
        ),
        &[&kept.uuid(), &taken.onset_on, &taken.entered_japan_on],
    )?;
    count_person(tx, kept)
}

fn count_person(tx: &mut Tx<'_>, case: CaseId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE persons SET version = version + 1 WHERE id = (SELECT person_id FROM cases WHERE id = $1)"
        ),
        &[&case.uuid()],
    )?;
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

/// Puts back what moved and follows the merged case on its own again.
pub fn move_back_again(tx: &mut Tx<'_>, merge: &MergeRow, now: Timestamp) -> Result<(), Error> {
    let (moved, kept, merged) = (&merge.moved, merge.kept, merge.merged);
    move_back!(tx, "status_reports", &moved.reports, kept, merged);
    move_back!(tx, "contacts_made", &moved.contacts, kept, merged);
    move_back!(tx, "corrections", &moved.corrections, kept, merged);
    move_back!(tx, "alerts", &moved.alerts, kept, merged);
    move_back!(tx, "tasks", &moved.tasks, kept, merged);
    move_back!(tx, "notifications", &moved.notifications, kept, merged);
    relink(tx, moved, kept, merged)?;
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
                review_from = $6, changed_at = $7, version = version + 1, purge_told_at = NULL,
                closed_at = CASE WHEN $2 = 1 THEN NULL ELSE COALESCE($7, closed_at) END
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
        ],
    )?;
    for case in [kept, merged] {
        update(
            tx,
            sql!(
                "UPDATE monitoring SET reports = (SELECT count(*) FROM status_reports r WHERE r.case_id = $1 AND r.in_error_at IS NULL),
                    has_account = CASE WHEN EXISTS (SELECT 1 FROM cases c
                        WHERE (c.id = $1 OR c.merged_into = $1) AND c.account_id IS NOT NULL) THEN 1 ELSE 0 END,
                    changed_at = $2, silence_look_at = $3
                 WHERE case_id = $1 RETURNING health_center_id"
            ),
            &[&case.uuid(), &At(now), &now.as_second()],
        )?;
        tx.execute(
            sql!(
                "UPDATE monitoring SET report_id = NULL, measured_at = NULL, received_at = NULL, temperature = NULL,
                    spo2 = NULL, level = 0, urgency = 0, worsening = 0, reasons = $2, heard_on = registered_on
                 WHERE case_id = $1 AND reports = 0"
            ),
            &[&case.uuid(), &serde_json::Value::Array(Vec::new())],
        )?;
    }
    Ok(())
}

/// Writes a merge down; of two at once one gets `true`.
pub fn insert(tx: &mut Tx<'_>, merge: &MergeRow) -> Result<bool, Error> {
    let moved = serde_json::to_value(&merge.moved)
        .map_err(|e| Error::Broken(format!("a merge cannot be stored: {e}")))?;
    let added = tx.execute(
        sql!(
            "INSERT INTO merges (id, kept_id, merged_id, at, by_staff, reason_sealed, moved)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"
        ),
        &[
            &merge.id,
            &merge.kept.uuid(),
            &merge.merged.uuid(),
            &At(merge.at),
            &merge.by.uuid(),
            &merge.reason_sealed,
            &moved,
        ],
    )?;
    Ok(added == 1)
}

/// Keeps the merge of a merged case as it is until the transaction ends: nobody undoes it meanwhile, two reports at once
/// follow each other, and whoever undoes it this very moment is waited for. Tells whether it holds. To be asked before
/// anything is written of either case.
pub fn hold(tx: &mut Tx<'_>, merged: CaseId) -> Result<bool, Error> {
    let held = tx.execute(
        sql!("UPDATE merges SET undone_at = NULL WHERE merged_id = $1 AND undone_at IS NULL"),
        &[&merged.uuid()],
    )?;
    Ok(held == 1)
}

/// Notes that a report came under the number of a merged case while the merge holds, which [`hold`] has made sure of: it is
/// of that case, and goes back to it when the merge is undone.
pub fn came_under(tx: &mut Tx<'_>, merged: CaseId, report: Uuid) -> Result<(), Error> {
    let Some(mut merge) = open_of_merged(tx, merged)? else {
        return Ok(());
    };
    merge.moved.reports.push(report);
    let moved = serde_json::to_value(&merge.moved)
        .map_err(|e| Error::Broken(format!("a merge cannot be stored: {e}")))?;
    tx.execute(
        sql!("UPDATE merges SET moved = $2 WHERE id = $1"),
        &[&merge.id, &moved],
    )?;
    Ok(())
}

/// Notes that a merge was undone; of two at once one gets `true`.
pub fn undone(
    tx: &mut Tx<'_>,
    id: Uuid,
    by: StaffId,
    reason_sealed: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = tx.execute(
        sql!(
            "UPDATE merges SET undone_at = $2, undone_by = $3, undone_reason_sealed = $4
             WHERE id = $1 AND undone_at IS NULL"
        ),
        &[&id, &At(now), &by.uuid(), &reason_sealed.to_vec()],
    )?;
    Ok(changed == 1)
}
