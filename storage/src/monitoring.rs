//! One row for each case: where the person is, the latest report, how urgent. The worklist reads nothing else.

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
    /// When it was received.
    pub received_at: Option<Timestamp>,
    /// The day of the latest report, or without one of the registration.
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

/// A case as the worklist shows it.
#[derive(Clone)]
pub struct WorkRow {
    /// How it is followed.
    pub monitoring: MonitoringRow,
    /// The person.
    pub person: PersonId,
    /// The number on the brochure.
    pub hersys_id: String,
    /// The name by script: kanji, kana, Latin.
    pub names: [Option<String>; 3],
    /// The day of birth.
    pub birthdate: Date,
    /// The sealed phone number.
    pub phone_sealed: Vec<u8>,
    /// The first day of symptoms.
    pub onset_on: Option<Date>,
    /// The day of the diagnosis.
    pub diagnosed_on: Date,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// When the person signed up.
    pub claimed_at: Option<Timestamp>,
    /// The name of whoever looks after the case.
    pub assigned_name: Option<String>,
    /// The programme.
    pub programme: String,
    /// The latest call or visit: when, and the word of its outcome.
    pub called: Option<(Timestamp, String)>,
    /// How many calls have reached nobody since the last that did.
    pub unanswered: i32,
    /// Whether it is a contact who is not ill: then the day of the diagnosis is that of the last contact.
    pub is_contact: bool,
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

impl WorkRow {
    pub(crate) fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(WorkRow {
            monitoring: MonitoringRow::from(row)?,
            person: PersonId::from_uuid(row.get(19)?),
            hersys_id: row.get(20)?,
            names: read_names(row.get(21)?),
            birthdate: row.day(22)?,
            phone_sealed: row.get(23)?,
            onset_on: row.day_opt(24)?,
            diagnosed_on: row.day(25)?,
            registered_at: row.at(26)?,
            claimed_at: row.at_opt(27)?,
            assigned_name: row.get(28)?,
            programme: row.get(29)?,
            called: row.at_opt(30)?.zip(row.get(31)?),
            unanswered: row.get(32)?,
            is_contact: row.get::<i32>(33)? == 1,
        })
    }
}

/// The names of a person by script, of all that one statement brought: a name has no control characters, so one stands
/// between them. Asked for each by itself, a row of the worklist needs three looks into their table instead of one.
pub(crate) fn read_names(all: Option<String>) -> [Option<String>; 3] {
    let mut names = [None, None, None];
    for one in all.unwrap_or_default().split('\u{1f}') {
        let place = |script| match script {
            "kanji" => Some(0),
            "kana" => Some(1),
            "latin" => Some(2),
            _ => None,
        };
        if let Some((script, name)) = one.split_once(' ')
            && let Some(at) = place(script)
        {
            names[at] = Some(name.to_owned());
        }
    }
    names
}

/// A query for [`WorkRow`]s.
macro_rules! select_work {
    ($condition:literal) => {
        concat!(
            "SELECT m.case_id, m.health_center_id, m.status, m.risks, m.reports, m.report_id, m.measured_at,
                m.received_at, m.heard_on, m.temperature, m.spo2, m.level, m.urgency, m.worsening, m.reasons,
                m.assigned_to, m.next_call_at, m.review_from, m.version,
                c.person_id, c.hersys_id,
                (SELECT string_agg(n.script || ' ' || n.name, '\u{1f}') FROM person_names n WHERE n.person_id = c.person_id),
                p.birthdate, p.phone_sealed, c.onset_on, c.diagnosed_on, c.registered_at, c.claimed_at, a.name, c.programme,
                m.called_at, m.call_outcome, m.unanswered, c.is_contact
             FROM monitoring m JOIN cases c ON c.id = m.case_id JOIN persons p ON p.id = c.person_id
                LEFT JOIN staff_members a ON a.id = m.assigned_to ",
            $condition
        )
    };
}

pub(crate) use select_work;

/// Of whom nothing was heard yet and nothing is expected, because they have no account: they are looked at once a day all the
/// same, so that nobody can be forgotten by whoever gives them one.
pub const UNHEARD: SignedDuration = SignedDuration::from_hours(24);

/// Begins to follow a case that was just registered.
pub fn begin(
    tx: &mut Tx<'_>,
    case: CaseId,
    center: HealthCenterId,
    today: Date,
    review_from: Option<Date>,
    is_case: bool,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO monitoring (case_id, health_center_id, status, is_open, expects_reports, has_account,
                registered_at, registered_on, is_case, heard_on, reports, level, urgency, worsening, reasons, risks,
                review_from, changed_at, silence_look_at, version)
             VALUES ($1, $2, 'home', 1, 1, 0, $3, $4, $7, $4, 0, 0, 0, 0, $5, '', $6, $3, $8, 1)
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
/// stays as they are.
pub fn reopen(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<(), Error> {
    update(
        tx,
        sql!(
            "UPDATE monitoring SET status = 'unknown', is_open = 1, expects_reports = 1, closed_at = NULL,
                purge_told_at = NULL, heard_since = $3, silence_look_at = $3, changed_at = $2, version = version + 1
             WHERE case_id = $1 AND is_open = 0 AND status <> 'died' RETURNING health_center_id"
        ),
        &[&case.uuid(), &At(now), &now.as_second()],
    )?;
    Ok(())
}

/// Keeps others from changing how a case is followed, and what its latest report is, until the transaction ends: what is
/// read afterwards is not older than what is written. The embedded engine has one writer, so nobody has to wait there.
pub fn hold(tx: &mut Tx<'_>, case: CaseId) -> Result<(), Error> {
    if !tx.is_sqlite() {
        tx.query_opt(HOLD, &[&case.uuid()], |_| Ok(()))?;
    }
    Ok(())
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

/// The person has signed up, and was heard of by that.
pub fn has_account(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<(), Error> {
    update(
        tx,
        sql!(
            "UPDATE monitoring SET has_account = 1, changed_at = $2, heard_since = $3, silence_look_at = $3
             WHERE case_id = $1 OR case_id = (SELECT merged_into FROM cases WHERE id = $1)
             RETURNING health_center_id"
        ),
        &[&case.uuid(), &At(now), &now.as_second()],
    )?;
    Ok(())
}

/// The latest report of a case, for its latest state.
#[derive(Clone)]
pub struct Latest {
    /// The report.
    pub report: ReportId,
    /// When it was measured.
    pub measured_at: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
    /// The center's day of measuring.
    pub health_day: Date,
    /// Tenths of a degree Celsius.
    pub temperature: Option<i32>,
    /// Per cent.
    pub spo2: Option<i32>,
    /// The level of the report alone.
    pub level: i32,
    /// The level over the course.
    pub urgency: i32,
    /// Whether the person gets worse.
    pub worsening: bool,
    /// Why.
    pub reasons: serde_json::Value,
    /// When to look whether nothing more was heard; none: when it says already. Looking earlier than needed finds that
    /// something was heard, and puts it off; so the place among those who are to be looked at, a page of an index, is not
    /// written with each report.
    pub silence_look_at: Option<Timestamp>,
}

/// Makes a report the latest state of its case, which a center follows. `added`: how many reports there are more than
/// before. Nobody waits for it; the commit does.
pub fn set_latest(
    tx: &mut Tx<'_>,
    (case, center): (CaseId, HealthCenterId),
    latest: &Latest,
    added: i32,
    now: Timestamp,
) -> Result<(), Error> {
    let look_at = latest.silence_look_at.map(|at| at.as_second());
    let params: [&dyn Param; 14] = [
        &case.uuid(),
        &added,
        &latest.report.uuid(),
        &At(latest.measured_at),
        &At(latest.received_at),
        &latest.health_day,
        &latest.temperature,
        &latest.spo2,
        &latest.level,
        &latest.urgency,
        &i32::from(latest.worsening),
        &latest.reasons,
        &At(now),
        &look_at,
    ];
    // SQLite writes an index anew whenever a statement sets a column of it, to whatever it is set.
    if look_at.is_none() {
        tx.tell(
            sql!(
                "UPDATE monitoring SET reports = reports + $2, report_id = $3, measured_at = $4, received_at = $5,
                    heard_on = $6, temperature = $7, spo2 = $8, level = $9, urgency = $10, worsening = $11, reasons = $12,
                    changed_at = $13
                 WHERE case_id = $1"
            ),
            &params[..13],
        )?;
    } else {
        tx.tell(
            sql!(
                "UPDATE monitoring SET reports = reports + $2, report_id = $3, measured_at = $4, received_at = $5,
                    heard_on = $6, temperature = $7, spo2 = $8, level = $9, urgency = $10, worsening = $11, reasons = $12,
                    changed_at = $13, silence_look_at = $14
                 WHERE case_id = $1"
            ),
            &params,
        )?;
    }
    tx.changes(center);
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

/// What staff decide about following a case.
#[derive(Clone)]
pub struct Decided {
    /// The word of the status.
    pub status: String,
    /// Whether it is open.
    pub is_open: bool,
    /// Whether reports are expected.
    pub expects_reports: bool,
    /// The conditions that put the person at risk.
    pub risks: Vec<String>,
    /// Who looks after the case.
    pub assigned_to: Option<StaffId>,
    /// When to call next.
    pub next_call_at: Option<Timestamp>,
    /// From when on a release is to be looked at.
    pub review_from: Option<Date>,
}

/// Writes what staff decided; `version` must be the one that was looked at. Silence begins anew for whoever is expected
/// to report again, and ends for whoever never did and is not expected to any more. What waits in the outbox to ask
/// somebody who is not asked any more is withdrawn.
pub fn decide(
    tx: &mut Tx<'_>,
    case: CaseId,
    decided: &Decided,
    version: i32,
    now: Timestamp,
) -> Result<bool, Error> {
    let set = update(
        tx,
        sql!(
            "UPDATE monitoring SET status = $2, is_open = $3, expects_reports = $4, risks = $5, assigned_to = $6,
                next_call_at = $7, review_from = $8, changed_at = $9, version = version + 1,
                heard_since = CASE WHEN expects_reports = 0 AND $4 = 1 THEN $11 ELSE heard_since END,
                silence_look_at = $11,
                urgency = CASE WHEN $4 = 0 AND reports = 0 THEN 0 ELSE urgency END,
                reasons = CASE WHEN $4 = 0 AND reports = 0 THEN $12 ELSE reasons END,
                closed_at = CASE WHEN $3 = 1 THEN NULL ELSE COALESCE(closed_at, $9) END,
                purge_told_at = CASE WHEN $3 = 1 THEN NULL ELSE purge_told_at END
             WHERE case_id = $1 AND version = $10 RETURNING health_center_id"
        ),
        &[
            &case.uuid(),
            &decided.status,
            &i32::from(decided.is_open),
            &i32::from(decided.expects_reports),
            &decided.risks.join(","),
            &decided.assigned_to.map(|s| s.uuid()),
            &decided.next_call_at.map(At),
            &decided.review_from,
            &At(now),
            &version,
            &now.as_second(),
            &serde_json::Value::Array(Vec::new()),
        ],
    )?;
    if set == 1 && !decided.is_open {
        crate::outbox::withdraw_about(tx, case, None, now)?;
    }
    if set == 1 && !decided.expects_reports {
        crate::outbox::withdraw_reminders(tx, case, now)?;
    }
    Ok(set == 1)
}

/// Somebody called or visited: the outcome, and whether it reached nobody. Whoever was reached was heard of.
pub fn called(
    tx: &mut Tx<'_>,
    case: CaseId,
    outcome: &str,
    reached_nobody: bool,
    now: Timestamp,
) -> Result<(), Error> {
    update(
        tx,
        sql!(
            "UPDATE monitoring SET called_at = $2, call_outcome = $3, changed_at = $2,
                unanswered = CASE WHEN $4 = 1 THEN unanswered + 1 ELSE 0 END,
                heard_since = CASE WHEN $4 = 1 THEN heard_since ELSE $5 END,
                silence_look_at = CASE WHEN $4 = 1 THEN silence_look_at ELSE $5 END
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[
            &case.uuid(),
            &At(now),
            &outcome,
            &i32::from(reached_nobody),
            &now.as_second(),
        ],
    )?;
    Ok(())
}

/// When to call next; none: no call is due.
pub fn set_next_call(
    tx: &mut Tx<'_>,
    case: CaseId,
    next_call_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    update(
        tx,
        sql!(
            "UPDATE monitoring SET next_call_at = $2, changed_at = $3 WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[&case.uuid(), &next_call_at.map(At), &At(now)],
    )?;
    Ok(())
}

/// An open case whose release is to be looked at some day.
#[derive(Clone, Debug)]
pub struct ToReview {
    /// The case.
    pub case: CaseId,
    /// Its programme.
    pub programme: String,
    /// Its center.
    pub center: HealthCenterId,
    /// The first day of symptoms.
    pub onset_on: Option<Date>,
    /// The day of the diagnosis; of a contact, that of the last contact.
    pub diagnosed_on: Date,
    /// Whether it is a close contact.
    pub is_contact: bool,
}

/// Open cases without a day on which a release is to be looked at.
pub fn without_review(tx: &mut Tx<'_>) -> Result<Vec<ToReview>, Error> {
    tx.query(
        sql!(
            "SELECT m.case_id, c.programme, m.health_center_id, c.onset_on, c.diagnosed_on, c.is_contact FROM monitoring m JOIN cases c ON c.id = m.case_id
             WHERE m.is_open = 1 AND m.review_from IS NULL"
        ),
        &[],
        |row| {
            Ok(ToReview {
                case: CaseId::from_uuid(row.get(0)?),
                programme: row.get(1)?,
                center: HealthCenterId::from_uuid(row.get(2)?),
                onset_on: row.get(3)?,
                diagnosed_on: row.get(4)?,
                is_contact: row.get::<i32>(5)? == 1,
            })
        },
    )
}

/// Open cases of a center with a report, the latest measurement first.
pub fn reporting(tx: &mut Tx<'_>, center: HealthCenterId, most: i64) -> Result<Vec<CaseId>, Error> {
    tx.query(
        sql!(
            "SELECT case_id FROM monitoring
             WHERE health_center_id = $1 AND is_open = 1 AND report_id IS NOT NULL
             ORDER BY measured_at DESC, case_id LIMIT $2"
        ),
        &[&center.uuid(), &most],
        |row| Ok(CaseId::from_uuid(row.get(0)?)),
    )
}

/// From when on a release is to be looked at.
pub fn set_review(tx: &mut Tx<'_>, case: CaseId, day: Option<Date>) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE monitoring SET review_from = $2 WHERE case_id = $1"),
        &[&case.uuid(), &day],
    )?;
    Ok(())
}

/// Gives a case to another center, with all that is open about it.
pub fn move_to(
    tx: &mut Tx<'_>,
    case: CaseId,
    to: HealthCenterId,
    now: Timestamp,
) -> Result<(), Error> {
    let (case, to, now) = (case.uuid(), to.uuid(), At(now));
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
    // What was merged into it goes along.
    tx.execute(
        sql!("UPDATE monitoring SET health_center_id = $2 WHERE case_id IN (SELECT id FROM cases WHERE merged_into = $1)"),
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
    tx.execute(
        sql!("UPDATE tasks SET health_center_id = $2 WHERE case_id = $1 AND done_at IS NULL"),
        &[&case, &to],
    )?;
    Ok(())
}

/// Where a run of a center's cases ended: the moment of registering, and the case.
pub type After = (Timestamp, CaseId);

/// A run of a center's cases, for a file: the newest first, from the end of the run before.
pub fn whole_center(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    only_open: bool,
    after: Option<After>,
    limit: i64,
) -> Result<Vec<WorkRow>, Error> {
    let last = (Timestamp::constant(32_503_680_000, 0), Uuid::max());
    let (at, case) = after.map_or(last, |(at, case)| (at, case.uuid()));
    let params: [&dyn Param; 4] = [&center.uuid(), &At(at), &case, &limit];
    let read = |row: Row<'_>| WorkRow::from(&row);
    // Two statements, because each has an index that leads from run to run.
    if only_open {
        return tx.query(
            select_work!(
                "WHERE m.health_center_id = $1 AND m.is_open = 1 AND m.registered_at <= $2
                    AND (m.registered_at, m.case_id) < ($2, $3) AND c.merged_into IS NULL
                 ORDER BY m.registered_at DESC, m.case_id DESC LIMIT $4"
            ),
            &params,
            read,
        );
    }
    tx.query(
        select_work!(
            "WHERE c.health_center_id = $1 AND c.registered_at <= $2
                AND (c.registered_at, c.id) < ($2, $3) AND c.merged_into IS NULL
             ORDER BY c.registered_at DESC, c.id DESC LIMIT $4"
        ),
        &params,
        read,
    )
}

/// One case as the worklist shows it.
pub fn row(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<WorkRow>, Error> {
    tx.query_opt(
        select_work!("WHERE m.case_id = $1"),
        &[&case.uuid()],
        |row| WorkRow::from(&row),
    )
}

/// What changed at a center since a moment: each case with when it changed last, for noticing that something did. On the
/// embedded database, which loses no hint and has no index for it, nothing; see [`crate::engine::Hint::number`].
/// Clocks of several processes may differ a little, so the caller asks from some time back.
pub fn changed_since(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(CaseId, Timestamp)>, Error> {
    if tx.is_sqlite() {
        return Ok(Vec::new());
    }
    tx.query(
        sql!(
            "SELECT case_id, changed_at FROM monitoring WHERE health_center_id = $1 AND changed_at > $2
             ORDER BY changed_at DESC LIMIT $3"
        ),
        &[&center.uuid(), &At(since), &limit],
        |row| Ok((CaseId::from_uuid(row.get(0)?), row.at(1)?)),
    )
}

/// The word of where somebody is who is followed, and when following ended, if it did.
pub fn status(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<(String, Option<Timestamp>)>, Error> {
    tx.query_opt(
        sql!("SELECT status, closed_at FROM monitoring WHERE case_id = $1"),
        &[&case.uuid()],
        |row| Ok((row.get(0)?, row.at_opt(1)?)),
    )
}
