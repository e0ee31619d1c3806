//! Two records of one illness become one: what was written of the merged case moves to the kept one, and a list of it
//! stays, by which it moves back.

mod links;
mod noted;
mod open_alerts;
mod over;
mod reports;

pub use noted::{calls_behind, came_under, corrected_under, no_more_brought};
pub use over::{move_back_again, move_over};

use crate::engine::{At, Error, Row, Tx};
use crate::sql;
use domain::ids::{CaseId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How a person is reached, as far as a merge brought it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// The phone number.
    pub phone: bool,
    /// The e-mail address.
    pub email: bool,
    /// Where they live.
    pub address: bool,
    /// Where they stay.
    pub whereabouts: bool,
}

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
    /// Those of either case that asked whether the two are one, and ended with the merge. None in what a release before merged.
    #[serde(default)]
    pub settled: Vec<Uuid>,
    /// Notifications.
    pub notifications: Vec<Uuid>,
    /// Close contacts of the merged case.
    pub contacts_of: Vec<Uuid>,
    /// Cases whose close contact the merged one was.
    pub contact_of: Vec<Uuid>,
    /// Whom both met, or were met by, and the merged case on a later day. Nothing of what a release before merged.
    #[serde(default)]
    pub met_later: Vec<MetLater>,
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
    /// What the kept case's person was not known to be reached by, and came with it.
    #[serde(default)]
    pub told: Told,
    /// How the kept case was followed before, where the merge changed it.
    #[serde(default)]
    pub followed: Option<Followed>,
    /// When something else than a report was heard of the kept case's person, in seconds: before, and as of both.
    #[serde(default)]
    pub heard: Option<(i64, i64)>,
    /// The days with which the kept case, until then a close contact who is not ill, became a case.
    #[serde(default)]
    pub fell_ill: Option<Ill>,
    /// Which calls were planned of the kept case, and which are of both. Nothing of what a release before merged.
    #[serde(default)]
    pub calls: Option<Calls>,
}

/// The calls of a case before it took another one in, and since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Calls {
    /// The one that stood first before, whether it was agreed or only a try.
    pub before: Option<Timestamp>,
    /// The first that was agreed before and lay ahead, and the one behind it.
    pub agreed: (Option<Timestamp>, Option<Timestamp>),
    /// The one that has stood first since, and the one behind it.
    pub since: (Option<Timestamp>, Option<Timestamp>),
    /// Those behind that one, in their order: of two records more than two may be agreed ([`calls_behind`]).
    pub later: Vec<Timestamp>,
}

/// A meeting that two records have, of which the later day holds since they are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetLater {
    /// Who was ill.
    pub source: Uuid,
    /// Who met them.
    pub contact: Uuid,
    /// The last day of the kept case before.
    pub was: Date,
    /// That of both.
    pub is: Date,
}

/// The days of an illness that a close contact has from the record of a case that became one with theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ill {
    /// The day of the diagnosis.
    pub diagnosed_on: Date,
    /// The first day of symptoms.
    pub onset_on: Option<Date>,
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
    /// When following it had ended before, and when it has since; none: it goes on. Nothing of what a release before merged.
    #[serde(default)]
    pub ended: Option<(Option<Timestamp>, Option<Timestamp>)>,
    /// What puts the person at risk, or tells of a facility, and came from the other case, or from another one that was merged
    /// into the kept one, too, and from nothing else. Nothing of what a release before merged.
    #[serde(default)]
    pub risks: Vec<String>,
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

/// Moves rows from one case to the other and tells their ids.
macro_rules! move_rows {
    ($tx:expr, $table:literal, $from:expr, $to:expr) => {{
        let ids: Vec<uuid::Uuid> = $tx.query(
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
use move_rows;

/// The merges that a case has a part in, the latest first; those that were undone, too.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<MergeRow>, Error> {
    tx.query(
        select_merges!("WHERE m.kept_id = $1 OR m.merged_id = $1 ORDER BY m.at DESC, m.id DESC"),
        &[&case.uuid()],
        |row| MergeRow::from(&row),
    )
}

/// The merges that hold into a case, the first one first.
pub fn of_kept(tx: &mut Tx<'_>, kept: CaseId) -> Result<Vec<MergeRow>, Error> {
    tx.query(
        select_merges!("WHERE m.kept_id = $1 AND m.undone_at IS NULL ORDER BY m.at, m.id"),
        &[&kept.uuid()],
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

/// A contact who became a case by a merge counts from the day on which the merged record did: the figures of no day change.
pub fn counts_as(
    tx: &mut Tx<'_>,
    (kept, merged): (CaseId, CaseId),
    review_from: Option<Date>,
    now: Timestamp,
) -> Result<(), Error> {
    crate::monitoring::update(
        tx,
        sql!(
            "UPDATE monitoring SET is_case = 1, review_from = $3, changed_at = $4,
                registered_on = (SELECT o.registered_on FROM monitoring o WHERE o.case_id = $2)
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[&kept.uuid(), &merged.uuid(), &review_from, &At(now)],
    )?;
    Ok(())
}

/// When a contact became a case; by a merge, at the moment of that.
pub fn fell_ill_at(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<Timestamp>, Error> {
    tx.query_one(
        sql!("SELECT fell_ill_at FROM cases WHERE id = $1"),
        &[&case.uuid()],
        |row| row.at_opt(0),
    )
}

/// A case is a contact again, who became one by a merge that is undone ([`crate::case_in_error::contact_again`]); of whoever has
/// never reported nothing was heard since they were registered as one.
pub fn contact_again(
    tx: &mut Tx<'_>,
    (case, version): (CaseId, i32),
    (met_on, registered_on): (Date, Date),
    review_from: Option<Date>,
    now: Timestamp,
) -> Result<bool, Error> {
    let days = (met_on, registered_on);
    let became = crate::case_in_error::contact_again(tx, (case, version), days, review_from, now)?;
    tx.execute(
        sql!("UPDATE monitoring SET heard_on = registered_on WHERE case_id = $1 AND reports = 0"),
        &[&case.uuid()],
    )?;
    Ok(became)
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
