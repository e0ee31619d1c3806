//! One row for each case: where the person is, the latest report, how urgent. The worklist reads nothing else.

mod decided;
mod latest;
mod shown;

pub use decided::{
    Decided, ToReview, assign, behind, called, decide, ended_again, ended_at, follow_rule,
    reviews_of, set_behind, set_next_call, set_review, without_review,
};
pub use latest::{Latest, set_latest};
pub use shown::{After, WorkRow, changed_since, row, whole_center};
pub(crate) use shown::{read_names, select_work};

use crate::case_registration::RecordId;
use crate::engine::{At, Error, Param, Row, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, PersonId, ReportId, StaffId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A case as it is followed.
#[derive(Clone)]
pub struct MonitoringRow {
    /// The case.
    pub case: CaseId,
    /// The center that answers for it.
    pub center: HealthCenterId,
    /// The word of the status.
    pub status: String,
    /// The conditions that put the person at risk, by their names.
    pub risks: Vec<String>,
    /// How many reports there are.
    pub reports: i32,
    /// The latest report by its measurement.
    pub report: Option<ReportId>,
    /// When it was measured.
    pub measured_at: Option<Timestamp>,
    /// When a report was heard last.
    pub received_at: Option<Timestamp>,
    /// The day of the latest report that the person does not call wrong; without one, and without an account, of the call that
    /// reached the person; else of the registration.
    pub heard_on: Date,
    /// Tenths of a degree Celsius.
    pub temperature: Option<i32>,
    /// Per cent.
    pub spo2: Option<i32>,
    /// The level of the latest report alone.
    pub level: i32,
    /// The level over the course.
    pub urgency: i32,
    /// Whether the person gets worse.
    pub worsening: bool,
    /// Why.
    pub reasons: serde_json::Value,
    /// Who looks after the case.
    pub assigned_to: Option<StaffId>,
    /// When to call next.
    pub next_call_at: Option<Timestamp>,
    /// From when on a release is to be looked at.
    pub review_from: Option<Date>,
    /// Counts changes by staff.
    pub version: i32,
}

impl MonitoringRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        let risks: String = row.get(3)?;
        Ok(MonitoringRow {
            case: CaseId::from_uuid(row.get(0)?),
            center: HealthCenterId::from_uuid(row.get(1)?),
            status: row.get(2)?,
            risks: read_risks(&risks),
            reports: row.get(4)?,
            report: row.get::<Option<_>>(5)?.map(ReportId::from_uuid),
            measured_at: row.at_opt(6)?,
            received_at: row.at_opt(7)?,
            heard_on: row.day(8)?,
            temperature: row.get(9)?,
            spo2: row.get(10)?,
            level: row.get(11)?,
            urgency: row.get(12)?,
            worsening: row.get::<i32>(13)? == 1,
            reasons: row.get(14)?,
            assigned_to: row.get::<Option<_>>(15)?.map(StaffId::from_uuid),
            next_call_at: row.at_opt(16)?,
            review_from: row.day_opt(17)?,
            version: row.get(18)?,
        })
    }
}

/// After how long those are looked at for the first time who were just registered: the rules say when it means something that
/// nobody has reached them, after an hour at the earliest.
pub const UNHEARD: SignedDuration = SignedDuration::from_hours(1);

/// Begins to follow a case that was just registered. `call_first`: whether they are among those who are to be called first
/// as long as nobody has reached them.
pub fn begin(
    tx: &mut Tx<'_>,
    case: CaseId,
    center: HealthCenterId,
    today: Date,
    review_from: Option<Date>,
    (is_case, call_first): (bool, bool),
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO monitoring (case_id, health_center_id, status, is_open, expects_reports, has_account,
                registered_at, registered_on, is_case, heard_on, reports, level, urgency, worsening, reasons, risks,
                review_from, changed_at, silence_look_at, version, call_first)
             VALUES ($1, $2, 'home', 1, 1, 0, $3, $4, $7, $4, 0, 0, 0, 0, $5, '', $6, $3, $8, 1, $9)
             ON CONFLICT (case_id) DO NOTHING"
        ),
        &[
            &case.uuid(),
            &center.uuid(),
            &At(now),
            &today,
            &serde_json::Value::Array(Vec::new()),
            &review_from,
            &i32::from(is_case),
            &(now + UNHEARD).as_second(),
            &i32::from(call_first),
        ],
    )?;
    tx.changes(center);
    Ok(())
}

/// Runs an update that returns the centers of the rows that it touched, and tells how many there were. Whatever sets
/// `changed_at` goes through here: so those who have the center's worklist open are told.
pub(crate) fn update(
    tx: &mut Tx<'_>,
    sql: &'static str,
    params: &[&dyn Param],
) -> Result<usize, Error> {
    let centers = tx.query(sql, params, |row| {
        Ok(HealthCenterId::from_uuid(row.get(0)?))
    })?;
    for center in &centers {
        tx.changes(*center);
    }
    Ok(centers.len())
}

/// A close contact has fallen ill and counts as a case from this day.
pub fn fell_ill(
    tx: &mut Tx<'_>,
    case: CaseId,
    today: Date,
    review_from: Option<Date>,
    now: Timestamp,
) -> Result<(), Error> {
    update(
        tx,
        sql!(
            "UPDATE monitoring SET is_case = 1, registered_on = $2, review_from = $3, changed_at = $4
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[&case.uuid(), &today, &review_from, &At(now)],
    )?;
    Ok(())
}

/// Somebody whose record was closed is followed again, because there is a reason anew: an illness, an exposure. Who has died
/// stays as they are, and so does a case that is none. Tells whether it was closed.
pub fn reopen(tx: &mut Tx<'_>, record: RecordId, now: Timestamp) -> Result<bool, Error> {
    let case = record.case();
    tx.execute(
        sql!(
            "INSERT INTO ends_taken_back (id, case_id, taken_back_at, status, ended_at, status_since)
             SELECT $1, case_id, $2, status, closed_at, 'unknown' FROM monitoring
             WHERE case_id = $3 AND is_open = 0 AND is_case = 1 AND closed_at IS NOT NULL
                AND status <> 'died' AND status <> 'in_error'"
        ),
        &[&Uuid::now_v7(), &At(now), &case.uuid()],
    )?;
    let opened = update(
        tx,
        sql!(
            "UPDATE monitoring SET status = 'unknown', is_open = 1, expects_reports = 1, closed_at = NULL,
                purge_told_at = NULL, heard_since = $3, silence_look_at = $3, changed_at = $2, version = version + 1
             WHERE case_id = $1 AND is_open = 0 AND status <> 'died' AND status <> 'in_error'
             RETURNING health_center_id"
        ),
        &[&case.uuid(), &At(now), &now.as_second()],
    )?;
    Ok(opened == 1)
}

/// Keeps others from changing how a case is followed, and what its latest report is, until the transaction ends: what is
/// read afterwards is not older than what is written. The embedded engine has one writer, so nobody has to wait there.
pub fn hold(tx: &mut Tx<'_>, case: CaseId) -> Result<(), Error> {
    if !tx.is_sqlite() {
        tx.query_opt(HOLD, &[&case.uuid()], |_| Ok(()))?;
    }
    Ok(())
}

/// The same for several cases, in an order in which nobody waits for each other in a circle.
pub fn hold_all(tx: &mut Tx<'_>, mut cases: Vec<CaseId>) -> Result<(), Error> {
    if tx.is_sqlite() {
        return Ok(());
    }
    cases.sort();
    let mut asked = Vec::with_capacity(cases.len());
    for case in cases {
        asked.push(tx.ask(HOLD, &[&case.uuid()], |_| Ok(()))?);
    }
    asked
        .into_iter()
        .try_for_each(|one| one.all(tx).map(|_| ()))
}

const HOLD: &str = "SELECT 1 FROM monitoring WHERE case_id = $1 FOR UPDATE";

/// How a case is followed.
pub fn find(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<MonitoringRow>, Error> {
    tx.query_opt(
        sql!(
            "SELECT case_id, health_center_id, status, risks, reports, report_id, measured_at, received_at, heard_on,
                temperature, spo2, level, urgency, worsening, reasons, assigned_to, next_call_at, review_from, version
             FROM monitoring WHERE case_id = $1"
        ),
        &[&case.uuid()],
        |row| MonitoringRow::from(&row),
    )
}

/// The conditions of a row, which has their names with commas between them.
pub(crate) fn read_risks(risks: &str) -> Vec<String> {
    risks
        .split(',')
        .filter(|r| !r.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The person has signed up, and was heard of by that; from then on a day counts by its report, not by a call. A message to their account that came back counts for them, too.
pub fn has_account(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<(), Error> {
    update(
        tx,
        sql!(
            "UPDATE monitoring SET has_account = 1, changed_at = $2, heard_since = $3, silence_look_at = $3,
                heard_on = CASE WHEN reports = 0 THEN registered_on ELSE heard_on END,
                undelivered = CASE WHEN EXISTS (SELECT 1 FROM cases c JOIN outbox o ON o.account_id = c.account_id
                    WHERE c.id = $1 AND o.gave_up_at IS NOT NULL) THEN 1 ELSE undelivered END
             WHERE case_id = $1 OR case_id = (SELECT merged_into FROM cases WHERE id = $1)
             RETURNING health_center_id"
        ),
        &[&case.uuid(), &At(now), &now.as_second()],
    )?;
    Ok(())
}

/// Somebody has left the account of a record, or that of another one that became one with it: the record says whether there is an
/// account still, and whether the person is silent is looked at anew.
pub fn left_account(tx: &mut Tx<'_>, record: CaseId, now: Timestamp) -> Result<(), Error> {
    update(
        tx,
        sql!(
            "UPDATE monitoring SET changed_at = $2, silence_look_at = $3,
                has_account = CASE WHEN EXISTS (SELECT 1 FROM cases c
                    WHERE (c.id = $1 OR c.merged_into = $1) AND c.account_id IS NOT NULL) THEN 1 ELSE 0 END
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[&record.uuid(), &At(now), &now.as_second()],
    )?;
    Ok(())
}

/// When something else than a report was heard of somebody, in seconds.
pub fn heard_since(tx: &mut Tx<'_>, case: CaseId) -> Result<i64, Error> {
    let found = tx.query_opt(
        sql!("SELECT heard_since FROM monitoring WHERE case_id = $1"),
        &[&case.uuid()],
        |row| row.get(0),
    )?;
    Ok(found.unwrap_or_default())
}

/// Writes when something else than a report was heard of somebody. Who can be heard of in no other way was heard of on the day
/// of the last call that reached them, or else of the registration.
pub fn set_heard(
    tx: &mut Tx<'_>,
    case: CaseId,
    (since, reached_on): (i64, Option<Date>),
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE monitoring SET heard_since = $2,
                heard_on = CASE WHEN has_account = 1 OR reports > 0 THEN heard_on
                    WHEN $3 > registered_on THEN $3 ELSE registered_on END
             WHERE case_id = $1"
        ),
        &[&case.uuid(), &since, &reached_on],
    )?;
    Ok(())
}

/// Something that the worklist shows of a case has changed elsewhere: an alert, a transfer.
pub fn touch(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<(), Error> {
    update(
        tx,
        sql!("UPDATE monitoring SET changed_at = $2 WHERE case_id = $1 RETURNING health_center_id"),
        &[&case.uuid(), &At(now)],
    )?;
    Ok(())
}

/// Open cases of a center in a programme, with a report, the latest measurement first.
pub fn reporting(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    programme: &str,
    most: i64,
) -> Result<Vec<CaseId>, Error> {
    tx.query(
        sql!(
            "SELECT case_id FROM monitoring
             WHERE health_center_id = $1 AND is_open = 1 AND report_id IS NOT NULL
                AND EXISTS (SELECT 1 FROM cases c WHERE c.id = monitoring.case_id AND c.programme = $3)
             ORDER BY measured_at DESC, case_id LIMIT $2"
        ),
        &[&center.uuid(), &most, &programme],
        |row| Ok(CaseId::from_uuid(row.get(0)?)),
    )
}

/// Gives a case to another center, with all that is open about it, and whose it is. Where a person who goes along has other cases,
/// which stay, these hang at a row of their own from then on ([`crate::case_registration::part`]): tells these rows, which the caller
/// seals anew. Whoever calls holds all of the person's cases ([`crate::case_registration::hold_with_persons`]).
pub fn move_to(
    tx: &mut Tx<'_>,
    case: CaseId,
    to: HealthCenterId,
    now: Timestamp,
) -> Result<Vec<PersonId>, Error> {
    let persons = crate::case_registration::persons_of(tx, case)?;
    let (record, case, to, now) = (case, case.uuid(), to.uuid(), At(now));
    let from = tx.query_opt(
        sql!("SELECT health_center_id FROM monitoring WHERE case_id = $1"),
        &[&case],
        |row| Ok(HealthCenterId::from_uuid(row.get(0)?)),
    )?;
    if let Some(from) = from {
        // It goes from the lists that are open there.
        tx.changes(from);
    }
    update(
        tx,
        sql!(
            "UPDATE monitoring SET health_center_id = $2, assigned_to = NULL, changed_at = $3, version = version + 1
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[&case, &to, &now],
    )?;
    tx.execute(
        sql!("UPDATE cases SET health_center_id = $2, version = version + 1 WHERE id = $1"),
        &[&case, &to],
    )?;
    tx.execute(
        sql!(
            "UPDATE persons SET health_center_id = $2, version = version + 1
             WHERE id = (SELECT person_id FROM cases WHERE id = $1)"
        ),
        &[&case, &to],
    )?;
    // Whoever takes a report has the row above first: what comes after this is received at the new center.
    if let Some(from) = from {
        crate::status_report::handed_over(tx, record, from)?;
    }
    // What was merged into it goes along: when they are two again, nobody of the old center looks after it.
    tx.execute(
        sql!(
            "UPDATE monitoring SET health_center_id = $2, assigned_to = NULL, version = version + 1
             WHERE case_id IN (SELECT id FROM cases WHERE merged_into = $1)"
        ),
        &[&case, &to],
    )?;
    tx.execute(
        sql!(
            "UPDATE persons SET health_center_id = $2, version = version + 1
             WHERE id IN (SELECT person_id FROM cases WHERE merged_into = $1)"
        ),
        &[&case, &to],
    )?;
    tx.execute(
        sql!(
            "UPDATE cases SET health_center_id = $2, version = version + 1 WHERE merged_into = $1"
        ),
        &[&case, &to],
    )?;
    let mut stay = Vec::new();
    for person in persons {
        let parted = crate::case_registration::part(tx, person)?;
        stay.extend(parted.into_iter().map(|(copy, _)| copy));
    }
    // Nobody at the new center has taken it: it waits there from now on.
    tx.execute(
        sql!(
            "UPDATE alerts SET health_center_id = $2, taken_by = NULL, taken_at = NULL, taken_before_by = NULL,
                waiting_since = CASE WHEN taken_at IS NULL THEN waiting_since ELSE $3 END,
                next_step_at = $3, steps = 0, version = version + 1
             WHERE case_id = $1 AND done_at IS NULL"
        ),
        &[&case, &to, &now],
    )?;
    // A try to sign up with the number of what was merged into it, too: whoever is refused calls the new center.
    tx.execute(
        sql!(
            "UPDATE tasks SET health_center_id = $2
             WHERE case_id IN (SELECT id FROM cases WHERE id = $1 OR merged_into = $1) AND done_at IS NULL"
        ),
        &[&case, &to],
    )?;
    Ok(stay)
}

/// The word of where somebody is who is followed, and when following ended, if it did.
pub fn status(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<(String, Option<Timestamp>)>, Error> {
    tx.query_opt(
        sql!("SELECT status, closed_at FROM monitoring WHERE case_id = $1"),
        &[&case.uuid()],
        |row| Ok((row.get(0)?, row.at_opt(1)?)),
    )
}
