//! Alerts: alarming reports that somebody must take, and whose end somebody must write down.

mod passed_on;
mod reassessed;
mod taken;

pub use passed_on::{
    are_far, astray, bring_home, bring_near, count_taken, count_waiting, due, passed_on, told,
};
pub use reassessed::{Reassessed, move_to, only_notified, part_again, reassess, says_again};
pub(crate) use reassessed::{wait_where_followed, write};
pub use taken::{
    end_as_corrected, ended_by, finish, give_back, heard_of, last_answered, last_answered_by, take,
    take_over, taken_by,
};

use crate::engine::{Asked, At, Error, Row, Tx};
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
    /// When the earliest of its reports came, where that was before: it was corrected since, or another one made it worse.
    pub tells_since: Option<Timestamp>,
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
            tells_since: None,
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

    /// Why notifications and callers say that somebody is needed at once, by two that tell of one person: nothing that is said
    /// of either is lost, and what both say stands once.
    pub(crate) fn notified_of_both(
        one: Option<&serde_json::Value>,
        other: Option<&serde_json::Value>,
    ) -> Option<serde_json::Value> {
        let mut said: Vec<serde_json::Value> = Vec::new();
        let both = [one, other].into_iter().flatten();
        for why in both.filter_map(|said| said.as_array()).flatten() {
            if !said.contains(why) {
                said.push(why.clone());
            }
        }
        (!said.is_empty()).then_some(serde_json::Value::Array(said))
    }

    /// From when on it tells of the reports that came.
    pub fn tells_from(&self) -> Timestamp {
        let since = self.tells_since.unwrap_or(self.raised_at);
        since.min(self.raised_at)
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
            tells_since: row.at_opt(22)?,
        })
    }
}

/// A query for [`AlertRow`]s.
macro_rules! select_alerts {
    ($condition:literal) => {
        concat!(
            "SELECT l.id, l.health_center_id, l.case_id, l.report_id, l.level, l.reasons, l.times, l.raised_at,
                l.last_at, l.waiting_since, l.taken_by, l.taken_at, l.taken_before_by, l.done_at, l.steps,
                l.next_step_at, l.version, t.name, b.name, l.told, r.measured_at, l.notified,
                l.tells_since
             FROM alerts l LEFT JOIN staff_members t ON t.id = l.taken_by
                LEFT JOIN staff_members b ON b.id = l.taken_before_by
                LEFT JOIN status_reports r ON r.case_id = l.case_id AND r.id = l.report_id ",
            $condition
        )
    };
}
use select_alerts;

/// An alarming report, or a notification that somebody is needed at once: raises an alert, or counts the open one of its case
/// up and takes it from whoever has it. Why it is an emergency stays readable when something less urgent follows, and what a
/// notification says when reports follow. One that becomes more urgent while nobody has it is told as soon as a new one would
/// be. Wherever it stood, it is of the center that follows the person now.
///
/// The case of one that a notification or a caller raises is to be held before: what others have said of the person is read here,
/// and stays beside it.
pub fn raise(tx: &mut Tx<'_>, alert: &AlertRow) -> Result<(), Error> {
    let notified = match &alert.notified {
        Some(why) => {
            let before = open_of_case(tx, alert.case)?.and_then(|open| open.notified);
            AlertRow::notified_of_both(before.as_ref(), Some(why))
        }
        None => None,
    };
    tx.execute(
        sql!(
            "INSERT INTO alerts AS l (id, health_center_id, case_id, report_id, level, reasons, times, raised_at,
                last_at, waiting_since, steps, next_step_at, version, notified, tells_since)
             VALUES ($1, $2, $3, $4, $5, $6, $9, $7, $7, $10, 0, $8, 1, $11, $12)
             ON CONFLICT (case_id) WHERE done_at IS NULL DO UPDATE SET
                health_center_id = excluded.health_center_id,
                report_id = COALESCE(excluded.report_id, l.report_id),
                level = CASE WHEN excluded.level > l.level THEN excluded.level ELSE l.level END,
                reasons = CASE WHEN excluded.level < l.level OR excluded.notified IS NOT NULL
                    THEN l.reasons ELSE excluded.reasons END,
                notified = COALESCE(excluded.notified, l.notified),
                tells_since = CASE WHEN excluded.tells_since < COALESCE(l.tells_since, l.raised_at)
                    THEN excluded.tells_since ELSE l.tells_since END,
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
            &notified,
            &alert.tells_since.map(At),
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
    /// When that report was received.
    pub received_at: Option<Timestamp>,
    /// Whether that report by itself is not alarming: the course is.
    pub by_course: bool,
}

/// The open alert of a case as the person is told of it: about the report of those of which it tells that is most urgent by itself, for
/// that is the one whose answers the person knows; where none is, about the latest that made the course alarming. What a
/// physician has notified, the physician has told the person. Asked ahead.
pub fn ask_alarm_of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Asked<Alarm>, Error> {
    tx.ask(
        sql!(
            "SELECT a.level, r.id, r.measured_at, r.level < $2, r.received_at FROM alerts a
             LEFT JOIN status_reports r ON r.case_id = a.case_id AND r.id = COALESCE(
                (SELECT o.id FROM status_reports o
                 WHERE o.case_id = a.case_id AND o.level >= $2 AND o.in_error_at IS NULL
                    AND o.received_at >= CASE WHEN a.tells_since < a.raised_at THEN a.tells_since ELSE a.raised_at END
                    AND (o.received_at >= a.raised_at OR o.received_at = a.tells_since OR NOT EXISTS (
                        SELECT 1 FROM alerts d WHERE d.case_id = a.case_id AND d.done_at >= o.received_at
                            AND d.done_by IS NOT NULL AND d.outcome NOT IN ('corrected', 'merged')))
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
                received_at: row.at_opt(4)?,
            })
        },
    )
}
