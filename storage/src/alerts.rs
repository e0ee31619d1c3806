//! Alerts: alarming reports that somebody must take, and whose end somebody must write down.

use crate::engine::{Asked, At, Error, Row, Tx};
use crate::merge::Stood;
use crate::sql;
use domain::ids::{AlertId, CaseId, HealthCenterId, JurisdictionId, ReportId, StaffId};
use domain::urgency::Level;
use jiff::Timestamp;

/// An alert as stored.
#[derive(Clone)]
pub struct AlertRow {
    /// The id.
    pub id: AlertId,
    /// The center that answers for the person.
    pub center: HealthCenterId,
    /// The case.
    pub case: CaseId,
    /// The latest alarming report; none where it is about silence, or about a notification alone.
    pub report: Option<ReportId>,
    /// The highest level so far.
    pub level: i32,
    /// Why, of the latest of the reports that made it as urgent as it is.
    pub reasons: serde_json::Value,
    /// Why a notification says that somebody is needed at once; none where none does. Whatever is reported, that stays.
    pub notified: Option<serde_json::Value>,
    /// How many alarming reports.
    pub times: i32,
    /// When the first came.
    pub raised_at: Timestamp,
    /// When the latest came.
    pub last_at: Timestamp,
    /// Since when it waits for somebody to take it.
    pub waiting_since: Timestamp,
    /// Who has it.
    pub taken_by: Option<StaffId>,
    /// Since when.
    pub taken_at: Option<Timestamp>,
    /// Who had it before: a further report, a colleague or an administrator took it away, or they gave it back.
    pub taken_before_by: Option<StaffId>,
    /// When somebody wrote what was done.
    pub done_at: Option<Timestamp>,
    /// How often it was passed on.
    pub steps: i32,
    /// When it is passed on next.
    pub next_step_at: Option<Timestamp>,
    /// Counts changes.
    pub version: i32,
    /// How many people the last passing on reached.
    pub told: Option<i32>,
    /// The name of whoever has it.
    pub taken_name: Option<String>,
    /// The name of whoever had it before.
    pub taken_before_name: Option<String>,
    /// When that was measured which the latest alarming report tells; none where it is about silence.
    pub measured_at: Option<Timestamp>,
}

impl AlertRow {
    /// An alert that is raised now, with when it is passed on if nobody takes it. `report` is none for one about silence.
    pub fn new(
        id: AlertId,
        (center, case, report): (HealthCenterId, CaseId, Option<ReportId>),
        (level, reasons): (i32, serde_json::Value),
        (now, next_step_at): (Timestamp, Timestamp),
    ) -> AlertRow {
        AlertRow {
            id,
            center,
            case,
            report,
            level,
            reasons,
            notified: None,
            times: 1,
            raised_at: now,
            last_at: now,
            waiting_since: now,
            taken_by: None,
            taken_at: None,
            taken_before_by: None,
            done_at: None,
            steps: 0,
            next_step_at: Some(next_step_at),
            version: 1,
            told: None,
            taken_name: None,
            taken_before_name: None,
            measured_at: None,
        }
    }

    /// An alert of which a notification says why: the person has waited for somebody since `waiting_since`, and nothing was
    /// reported.
    pub fn notified(
        id: AlertId,
        (center, case): (HealthCenterId, CaseId),
        (level, why): (i32, serde_json::Value),
        waiting_since: Timestamp,
        (now, next_step_at): (Timestamp, Timestamp),
    ) -> AlertRow {
        let nothing = serde_json::Value::Array(Vec::new());
        AlertRow {
            notified: Some(why),
            times: 0,
            waiting_since,
            ..AlertRow::new(
                id,
                (center, case, None),
                (level, nothing),
                (now, next_step_at),
            )
        }
    }

    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(AlertRow {
            id: AlertId::from_uuid(row.get(0)?),
            center: HealthCenterId::from_uuid(row.get(1)?),
            case: CaseId::from_uuid(row.get(2)?),
            report: row.get::<Option<_>>(3)?.map(ReportId::from_uuid),
            level: row.get(4)?,
            reasons: row.get(5)?,
            times: row.get(6)?,
            raised_at: row.at(7)?,
            last_at: row.at(8)?,
            waiting_since: row.at(9)?,
            taken_by: row.get::<Option<_>>(10)?.map(StaffId::from_uuid),
            taken_at: row.at_opt(11)?,
            taken_before_by: row.get::<Option<_>>(12)?.map(StaffId::from_uuid),
            done_at: row.at_opt(13)?,
            steps: row.get(14)?,
            next_step_at: row.at_opt(15)?,
            version: row.get(16)?,
            taken_name: row.get(17)?,
            taken_before_name: row.get(18)?,
            told: row.get(19)?,
            measured_at: row.at_opt(20)?,
            notified: row.get(21)?,
        })
    }
}

/// A query for [`AlertRow`]s.
macro_rules! select_alerts {
    ($condition:literal) => {
        concat!(
            "SELECT l.id, l.health_center_id, l.case_id, l.report_id, l.level, l.reasons, l.times, l.raised_at,
                l.last_at, l.waiting_since, l.taken_by, l.taken_at, l.taken_before_by, l.done_at, l.steps,
                l.next_step_at, l.version, t.name, b.name, l.told, r.measured_at, l.notified
             FROM alerts l LEFT JOIN staff_members t ON t.id = l.taken_by
                LEFT JOIN staff_members b ON b.id = l.taken_before_by
                LEFT JOIN status_reports r ON r.case_id = l.case_id AND r.id = l.report_id ",
            $condition
        )
    };
}

/// An alarming report, or a notification that somebody is needed at once: raises an alert, or counts the open one of its case
/// up and takes it from whoever has it. Why it is an emergency stays readable when something less urgent follows, and what a
/// notification says when reports follow. One that becomes more urgent while nobody has it is told as soon as a new one would
/// be.
pub fn raise(tx: &mut Tx<'_>, alert: &AlertRow) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO alerts AS l (id, health_center_id, case_id, report_id, level, reasons, times, raised_at,
                last_at, waiting_since, steps, next_step_at, version, notified)
             VALUES ($1, $2, $3, $4, $5, $6, $9, $7, $7, $10, 0, $8, 1, $11)
             ON CONFLICT (case_id) WHERE done_at IS NULL DO UPDATE SET
                report_id = COALESCE(excluded.report_id, l.report_id),
                level = CASE WHEN excluded.level > l.level THEN excluded.level ELSE l.level END,
                reasons = CASE WHEN excluded.level < l.level OR excluded.notified IS NOT NULL
                    THEN l.reasons ELSE excluded.reasons END,
                notified = COALESCE(excluded.notified, l.notified),
                times = l.times + excluded.times, last_at = excluded.last_at,
                waiting_since = CASE WHEN l.taken_by IS NULL AND l.waiting_since <= excluded.waiting_since
                    THEN l.waiting_since ELSE excluded.waiting_since END,
                steps = CASE WHEN l.taken_by IS NULL THEN l.steps ELSE 0 END,
                next_step_at = CASE
                    WHEN l.taken_by IS NULL AND (excluded.level <= l.level OR l.next_step_at <= excluded.next_step_at)
                    THEN l.next_step_at ELSE excluded.next_step_at END,
                taken_before_by = COALESCE(l.taken_by, l.taken_before_by), taken_by = NULL, taken_at = NULL,
                version = l.version + 1"
        ),
        &[
            &alert.id.uuid(),
            &alert.center.uuid(),
            &alert.case.uuid(),
            &alert.report.map(|r| r.uuid()),
            &alert.level,
            &alert.reasons,
            &At(alert.raised_at),
            &alert.next_step_at.map(At),
            &alert.times,
            &At(alert.waiting_since),
            &alert.notified,
        ],
    )?;
    Ok(())
}

/// The open alerts of a center: those that nobody has first, of them the emergencies, then the longest waiting; then
/// those that somebody has, of them those about which nothing was written in time. Asked ahead.
pub fn ask_open(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    now: Timestamp,
    (limit, offset): (i64, i64),
) -> Result<Asked<AlertRow>, Error> {
    tx.ask(
        select_alerts!("WHERE l.health_center_id = $1 AND l.done_at IS NULL
             ORDER BY CASE WHEN l.taken_by IS NULL THEN 0 WHEN l.steps > 0 OR l.next_step_at <= $4 THEN 1 ELSE 2 END,
                CASE WHEN l.level >= $5 THEN 0 ELSE 1 END, l.waiting_since, l.id LIMIT $2 OFFSET $3"),
        &[
            &center.uuid(),
            &limit,
            &offset,
            &At(now),
            &Level::Emergency.number(),
        ],
        |row| AlertRow::from(&row),
    )
}

/// The open alerts of the patients that a medical institution has notified.
pub fn open_of_patients(tx: &mut Tx<'_>, place: JurisdictionId) -> Result<Vec<AlertRow>, Error> {
    tx.query(
        select_alerts!(
            "WHERE l.done_at IS NULL
                AND l.case_id IN (SELECT n.case_id FROM notifications n WHERE n.place_id = $1 AND n.state = 'confirmed')"
        ),
        &[&place.uuid()],
        |row| AlertRow::from(&row),
    )
}

/// How many open alerts a center has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenCounts {
    /// That nobody has.
    pub waiting: i64,
    /// That somebody has.
    pub taken: i64,
    /// Emergencies among those that nobody has.
    pub emergencies: i64,
    /// Since when the oldest of those that nobody has waits.
    pub oldest: Option<Timestamp>,
}

/// Counts the open alerts of a center.
pub fn count_open(tx: &mut Tx<'_>, center: HealthCenterId) -> Result<OpenCounts, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FILTER (WHERE taken_by IS NULL), count(*) FILTER (WHERE taken_by IS NOT NULL),
                count(*) FILTER (WHERE taken_by IS NULL AND level >= $2),
                min(CASE WHEN taken_by IS NULL THEN waiting_since END)
             FROM alerts WHERE health_center_id = $1 AND done_at IS NULL"
        ),
        &[&center.uuid(), &Level::Emergency.number()],
        |row| {
            Ok(OpenCounts {
                waiting: row.get(0)?,
                taken: row.get(1)?,
                emergencies: row.get(2)?,
                oldest: row.at_opt(3)?,
            })
        },
    )
}

/// An alert.
pub fn find(tx: &mut Tx<'_>, id: AlertId) -> Result<Option<AlertRow>, Error> {
    tx.query_opt(select_alerts!("WHERE l.id = $1"), &[&id.uuid()], |row| {
        AlertRow::from(&row)
    })
}

/// The name of whoever ended an alert; none while it is open, and where nobody did.
pub fn ended_by(tx: &mut Tx<'_>, id: AlertId) -> Result<Option<String>, Error> {
    tx.query_opt(
        sql!(
            "SELECT s.name FROM alerts l JOIN staff_members s ON s.id = l.done_by
             WHERE l.id = $1 AND l.done_at IS NOT NULL"
        ),
        &[&id.uuid()],
        |row| row.get(0),
    )
}

/// The open alert of a case.
pub fn open_of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<AlertRow>, Error> {
    tx.query_opt(
        select_alerts!("WHERE l.case_id = $1 AND l.done_at IS NULL"),
        &[&case.uuid()],
        |row| AlertRow::from(&row),
    )
}

/// What the open alert of a case says to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// How urgent it is.
    pub level: i32,
    /// The report that it is about, and when that was measured; none where it is about silence.
    pub about: Option<(ReportId, Timestamp)>,
    /// Whether that report by itself is not alarming: the course is.
    pub by_course: bool,
}

/// The open alert of a case as the person is told of it: about the report since then that is most urgent by itself, for
/// that is the one whose answers the person knows; where none is, about the latest that made the course alarming. What a
/// physician has notified, the physician has told the person. Asked ahead.
pub fn ask_alarm_of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Asked<Alarm>, Error> {
    tx.ask(
        sql!(
            "SELECT a.level, r.id, r.measured_at, r.level < $2 FROM alerts a
             LEFT JOIN status_reports r ON r.case_id = a.case_id AND r.id = COALESCE(
                (SELECT o.id FROM status_reports o
                 WHERE o.case_id = a.case_id AND o.received_at >= a.raised_at AND o.level >= $2
                    AND o.in_error_at IS NULL
                 ORDER BY o.level DESC, o.measured_at DESC, o.id DESC LIMIT 1), a.report_id)
             WHERE a.case_id = $1 AND a.done_at IS NULL AND (a.report_id IS NOT NULL OR a.notified IS NULL)"
        ),
        &[&case.uuid(), &Level::Alarming.number()],
        |row| {
            let report = row.get::<Option<_>>(1)?.map(ReportId::from_uuid);
            Ok(Alarm {
                level: row.get(0)?,
                about: report.zip(row.at_opt(2)?),
                by_course: row.get::<Option<bool>>(3)?.unwrap_or(false),
            })
        },
    )
}

/// Takes an alert that nobody has; of two who take it at once, one gets `true`. Without a word until `next_step_at`, it
/// is told again.
pub fn take(
    tx: &mut Tx<'_>,
    id: AlertId,
    by: StaffId,
    now: Timestamp,
    next_step_at: Timestamp,
) -> Result<bool, Error> {
    let taken = tx.execute(
        sql!(
            "UPDATE alerts SET taken_by = $2, taken_at = $3, first_taken_at = COALESCE(first_taken_at, $3),
                steps = 0, next_step_at = $4, version = version + 1
             WHERE id = $1 AND taken_by IS NULL AND done_at IS NULL"
        ),
        &[&id.uuid(), &by.uuid(), &At(now), &At(next_step_at)],
    )?;
    Ok(taken == 1)
}

/// Takes an alert over from the colleague who has it, if it is as it was looked at; of two who do so at once, one gets
/// `true`.
pub fn take_over(
    tx: &mut Tx<'_>,
    id: AlertId,
    (by, version): (StaffId, i32),
    now: Timestamp,
    next_step_at: Timestamp,
) -> Result<bool, Error> {
    let taken = tx.execute(
        sql!(
            "UPDATE alerts SET taken_before_by = taken_by, taken_by = $2, taken_at = $3, steps = 0, next_step_at = $4,
                version = version + 1
             WHERE id = $1 AND version = $5 AND taken_by <> $2 AND done_at IS NULL"
        ),
        &[
            &id.uuid(),
            &by.uuid(),
            &At(now),
            &At(next_step_at),
            &version,
        ],
    )?;
    Ok(taken == 1)
}

/// The open alerts that a staff member has, wherever.
pub fn taken_by(tx: &mut Tx<'_>, staff: StaffId) -> Result<Vec<AlertRow>, Error> {
    tx.query(
        select_alerts!("WHERE l.taken_by = $1 AND l.done_at IS NULL ORDER BY l.id"),
        &[&staff.uuid()],
        |row| AlertRow::from(&row),
    )
}

/// Somebody has written a word about a case: an alert that somebody has is not told again before `next_step_at`.
pub fn heard_of(tx: &mut Tx<'_>, case: CaseId, next_step_at: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE alerts SET steps = 0, next_step_at = $2
             WHERE case_id = $1 AND done_at IS NULL AND taken_by IS NOT NULL"
        ),
        &[&case.uuid(), &At(next_step_at)],
    )?;
    Ok(())
}

/// Gives an alert back that this staff member has: it waits again, since `waiting_since`.
pub fn give_back(
    tx: &mut Tx<'_>,
    id: AlertId,
    by: StaffId,
    waiting_since: Timestamp,
    next_step_at: Timestamp,
) -> Result<bool, Error> {
    let given = tx.execute(
        sql!(
            "UPDATE alerts SET taken_by = NULL, taken_at = NULL, taken_before_by = $2, waiting_since = $3, steps = 0,
                next_step_at = $4, version = version + 1
             WHERE id = $1 AND taken_by = $2 AND done_at IS NULL"
        ),
        &[
            &id.uuid(),
            &by.uuid(),
            &At(waiting_since),
            &At(next_step_at),
        ],
    )?;
    Ok(given == 1)
}

/// Ends an alert with what was done; `version` must be the one that was looked at, so that nobody ends an alert whose
/// last report they have not seen.
pub fn finish(
    tx: &mut Tx<'_>,
    id: AlertId,
    by: StaffId,
    outcome: &str,
    version: i32,
    now: Timestamp,
) -> Result<bool, Error> {
    let done = tx.execute(
        sql!(
            "UPDATE alerts SET done_by = $2, done_at = $3, outcome = $4, next_step_at = NULL,
                taken_by = COALESCE(taken_by, $2), taken_at = COALESCE(taken_at, $3),
                first_taken_at = COALESCE(first_taken_at, $3), version = version + 1
             WHERE id = $1 AND done_at IS NULL AND version = $5"
        ),
        &[&id.uuid(), &by.uuid(), &At(now), &outcome, &version],
    )?;
    Ok(done == 1)
}

/// Ends an alert that was none: what its reports say was corrected. Nobody took it by that, and if nobody had before, it
/// counts nowhere as one that waited. `version` as for [`finish`].
pub fn end_as_corrected(
    tx: &mut Tx<'_>,
    id: AlertId,
    by: StaffId,
    version: i32,
    now: Timestamp,
) -> Result<bool, Error> {
    let done = tx.execute(
        sql!(
            "UPDATE alerts SET done_by = $2, done_at = $3, outcome = 'corrected', next_step_at = NULL,
                version = version + 1
             WHERE id = $1 AND done_at IS NULL AND version = $4"
        ),
        &[&id.uuid(), &by.uuid(), &At(now), &version],
    )?;
    Ok(done == 1)
}

/// Alerts that are to be passed on until a moment, after the last one of those that were looked at before.
pub fn due(
    tx: &mut Tx<'_>,
    (after, last): (Timestamp, AlertId),
    until: Timestamp,
    limit: i64,
) -> Result<Vec<AlertRow>, Error> {
    tx.query(
        select_alerts!(
            "WHERE l.done_at IS NULL AND l.next_step_at IS NOT NULL AND l.next_step_at <= $1
                AND l.next_step_at >= $2 AND (l.next_step_at, l.id) > ($2, $3)
             ORDER BY l.next_step_at, l.id LIMIT $4"
        ),
        &[&At(until), &At(after), &last.uuid(), &limit],
        |row| AlertRow::from(&row),
    )
}

/// Alerts whose next moment lies later than any setting puts one are due now: the clock was ahead when it was written. Tells
/// how many.
pub fn bring_near(tx: &mut Tx<'_>, latest: Timestamp, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!("UPDATE alerts SET next_step_at = $2 WHERE done_at IS NULL AND next_step_at > $1"),
        &[&At(latest), &At(now)],
    )
}

/// Whether there are such alerts.
pub fn are_far(tx: &mut Tx<'_>, latest: Timestamp) -> Result<bool, Error> {
    let found = tx.query_opt(
        sql!("SELECT id FROM alerts WHERE done_at IS NULL AND next_step_at > $1 LIMIT 1"),
        &[&At(latest)],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Notes that an alert was passed on, unless somebody has taken it, written about it or passed it on since it was read with
/// so many steps and that moment of the next one; of two processes that do it at once, one gets `true`.
pub fn passed_on(
    tx: &mut Tx<'_>,
    id: AlertId,
    (steps, step_at): (i32, Timestamp),
    next_step_at: Timestamp,
) -> Result<bool, Error> {
    let passed = tx.execute(
        sql!(
            "UPDATE alerts SET steps = steps + 1, next_step_at = $3
             WHERE id = $1 AND steps = $2 AND done_at IS NULL AND next_step_at = $4"
        ),
        &[&id.uuid(), &steps, &At(next_step_at), &At(step_at)],
    )?;
    Ok(passed == 1)
}

/// How many people the passing on reached, and when the next one is.
pub fn told(
    tx: &mut Tx<'_>,
    id: AlertId,
    people: i32,
    next_step_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE alerts SET told = $2, next_step_at = $3 WHERE id = $1"),
        &[&id.uuid(), &people, &At(next_step_at)],
    )?;
    Ok(())
}

/// What the reports behind an alert say after one of them was corrected.
pub struct Reassessed {
    /// The latest alarming one.
    pub report: ReportId,
    /// The highest level.
    pub level: i32,
    /// Why, of the latest of those with that level.
    pub reasons: serde_json::Value,
    /// How many are alarming.
    pub times: i32,
    /// When the latest of them came.
    pub last_at: Timestamp,
    /// Where it is worse than whoever has the alert was told: when it is passed on if nobody takes it again. Its clock goes
    /// on. Otherwise nobody loses it, and it is passed on when it would have been.
    pub tell_again_at: Option<Timestamp>,
}

/// Writes what the reports behind an open alert say now.
pub fn reassess(tx: &mut Tx<'_>, id: AlertId, says: &Reassessed) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE alerts SET report_id = $2, level = $3, reasons = $4, times = $5, last_at = $6,
                version = version + 1
             WHERE id = $1 AND done_at IS NULL"
        ),
        &[
            &id.uuid(),
            &says.report.uuid(),
            &says.level,
            &says.reasons,
            &says.times,
            &At(says.last_at),
        ],
    )?;
    if let Some(at) = says.tell_again_at {
        tx.execute(
            // One that nobody has taken goes on as it was: nobody is told later because of something worse.
            sql!(
                "UPDATE alerts SET taken_before_by = COALESCE(taken_by, taken_before_by), taken_by = NULL,
                    taken_at = NULL, steps = CASE WHEN taken_by IS NULL THEN steps ELSE 0 END,
                    next_step_at = CASE WHEN taken_by IS NULL THEN next_step_at ELSE $2 END
                 WHERE id = $1 AND done_at IS NULL"
            ),
            &[&id.uuid(), &At(at)],
        )?;
    }
    Ok(())
}

/// Writes what an open alert says and who has it, as it became by joining another one with it.
pub(crate) fn write(tx: &mut Tx<'_>, alert: &AlertRow) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE alerts SET report_id = $2, level = $3, reasons = $4, notified = $5, times = $6, raised_at = $7,
                last_at = $8, waiting_since = $9, taken_by = $10, taken_at = $11, taken_before_by = $12, steps = $13,
                next_step_at = $14, version = version + 1
             WHERE id = $1 AND done_at IS NULL"
        ),
        &[
            &alert.id.uuid(),
            &alert.report.map(|report| report.uuid()),
            &alert.level,
            &alert.reasons,
            &alert.notified,
            &alert.times,
            &At(alert.raised_at),
            &At(alert.last_at),
            &At(alert.waiting_since),
            &alert.taken_by.map(|staff| staff.uuid()),
            &alert.taken_at.map(At),
            &alert.taken_before_by.map(|staff| staff.uuid()),
            &alert.steps,
            &alert.next_step_at.map(At),
        ],
    )?;
    Ok(())
}

/// An open alert says again what it said before another one was joined with it; who has it, and its clock, stay.
pub fn says_again(tx: &mut Tx<'_>, stood: &Stood) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE alerts SET report_id = $2, level = $3, reasons = $4, notified = $5, times = $6, last_at = $7,
                version = version + 1
             WHERE id = $1 AND done_at IS NULL"
        ),
        &[
            &stood.alert,
            &stood.report,
            &stood.level,
            &stood.reasons,
            &stood.notified,
            &stood.times,
            &At(stood.last_at),
        ],
    )?;
    Ok(())
}

/// None of the reports behind an open alert is alarming any more, and what a notification says stays.
pub fn only_notified(tx: &mut Tx<'_>, id: AlertId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE alerts SET report_id = NULL, level = $2, reasons = $3, times = 0, version = version + 1
             WHERE id = $1 AND done_at IS NULL"
        ),
        &[
            &id.uuid(),
            &Level::Alarming.number(),
            &serde_json::Value::Array(Vec::new()),
        ],
    )?;
    Ok(())
}

/// When somebody last wrote what was done about an alert of a case; what was reported until then is answered.
pub fn last_answered(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<Timestamp>, Error> {
    tx.query_one(
        sql!(
            "SELECT max(done_at) FROM alerts
             WHERE case_id = $1 AND done_by IS NOT NULL AND outcome NOT IN ('corrected', 'merged')"
        ),
        &[&case.uuid()],
        |row| row.at_opt(0),
    )
}

/// An open alert turns out to be of another case, which has none.
pub fn move_to(tx: &mut Tx<'_>, id: AlertId, case: CaseId) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE alerts SET case_id = $2, version = version + 1 WHERE id = $1"),
        &[&id.uuid(), &case.uuid()],
    )?;
    Ok(())
}

/// An alert of a case that was joined with one of another case stands by itself again, and is passed on at that moment if
/// nobody takes it. Tells whether it does.
pub fn part_again(
    tx: &mut Tx<'_>,
    id: AlertId,
    case: CaseId,
    next_step_at: Timestamp,
) -> Result<bool, Error> {
    let parted = tx.execute(
        sql!(
            "UPDATE alerts SET done_at = NULL, outcome = NULL, steps = 0, next_step_at = $3, version = version + 1
             WHERE id = $1 AND case_id = $2 AND outcome = 'merged'
                AND NOT EXISTS (SELECT 1 FROM alerts o WHERE o.case_id = $2 AND o.done_at IS NULL)"
        ),
        &[&id.uuid(), &case.uuid(), &At(next_step_at)],
    )?;
    Ok(parted == 1)
}

/// Open alerts of a center that nobody has taken and that have waited since at the latest this moment.
pub fn count_waiting(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    since: Timestamp,
) -> Result<i64, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM alerts WHERE health_center_id = $1 AND done_at IS NULL AND taken_by IS NULL
                AND waiting_since <= $2"
        ),
        &[&center.uuid(), &At(since)],
        |row| row.get(0),
    )
}

/// Open alerts of a center that somebody took at the latest at this moment.
pub fn count_taken(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    since: Timestamp,
) -> Result<i64, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM alerts WHERE health_center_id = $1 AND done_at IS NULL AND taken_at <= $2"
        ),
        &[&center.uuid(), &At(since)],
        |row| row.get(0),
    )
}
