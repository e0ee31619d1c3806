//! Silence: who is to be looked at because nothing was heard of them for long. A run along one index finds them; the
//! reports are not searched.

use crate::engine::{Asked, At, Error, Row, Tx};
use crate::monitoring::{read_risks, update};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId};
use jiff::Timestamp;
use jiff::civil::Date;

/// Somebody from whom reports are expected, as far as silence asks.
#[derive(Clone)]
pub struct QuietRow {
    /// The case.
    pub case: CaseId,
    /// The center that answers for it.
    pub center: HealthCenterId,
    /// Whether the person has an account or has reported; anybody else is only heard of when somebody reaches them.
    pub is_known: bool,
    /// The programme.
    pub programme: String,
    /// The day of birth.
    pub birthdate: Date,
    /// The conditions that put the person at risk, by their names.
    pub risks: Vec<String>,
    /// When the latest report was measured, and when a report was heard last.
    pub latest: Option<(Timestamp, Timestamp)>,
    /// Tenths of a degree Celsius.
    pub temperature: Option<i32>,
    /// Per cent.
    pub spo2: Option<i32>,
    /// The level of the latest report alone.
    pub level: i32,
    /// The level over the course, and of a silence that was seen before.
    pub urgency: i32,
    /// Whether the person got worse.
    pub worsening: bool,
    /// Why.
    pub reasons: serde_json::Value,
    /// When the case was registered.
    pub registered_at: Timestamp,
    /// When something else was heard of the person.
    pub heard_since: Timestamp,
    /// When a silence became an alert last.
    pub told_at: Timestamp,
    /// When the row changed last.
    pub changed_at: Timestamp,
    /// Whether they stand among those who are to be called first.
    pub call_first: bool,
}

fn from_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

macro_rules! select_quiet {
    ($condition:literal) => {
        concat!(
            "SELECT m.case_id, m.health_center_id, c.programme, p.birthdate, m.risks, m.measured_at, m.received_at,
                m.temperature, m.spo2, m.level, m.urgency, m.worsening, m.reasons, m.registered_at, m.heard_since,
                m.silence_told_at, m.changed_at, CASE WHEN m.has_account = 1 OR m.reports > 0 THEN 1 ELSE 0 END,
                m.call_first
             FROM monitoring m JOIN cases c ON c.id = m.case_id JOIN persons p ON p.id = c.person_id ",
            $condition
        )
    };
}

impl QuietRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        let risks: String = row.get(4)?;
        Ok(QuietRow {
            case: CaseId::from_uuid(row.get(0)?),
            center: HealthCenterId::from_uuid(row.get(1)?),
            programme: row.get(2)?,
            birthdate: row.get(3)?,
            risks: read_risks(&risks),
            latest: row.at_opt(5)?.zip(row.at_opt(6)?),
            temperature: row.get(7)?,
            spo2: row.get(8)?,
            level: row.get(9)?,
            urgency: row.get(10)?,
            worsening: row.get::<i32>(11)? == 1,
            reasons: row.get(12)?,
            registered_at: row.at(13)?,
            heard_since: from_seconds(row.get(14)?),
            told_at: from_seconds(row.get(15)?),
            changed_at: row.at(16)?,
            is_known: row.get::<i32>(17)? == 1,
            call_first: row.get::<i32>(18)? == 1,
        })
    }
}

/// Who is to be looked at by now; the longest due first.
pub fn due(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<QuietRow>, Error> {
    tx.query(
        select_quiet!(
            "WHERE m.expects_reports = 1 AND m.silence_look_at <= $1
             ORDER BY m.silence_look_at, m.case_id LIMIT $2"
        ),
        &[&now.as_second(), &limit],
        |row| QuietRow::from(&row),
    )
}

/// One of them, due or not; none of whom no report is expected.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<QuietRow>, Error> {
    tx.query_opt(
        select_quiet!("WHERE m.expects_reports = 1 AND m.case_id = $1"),
        &[&case.uuid()],
        |row| QuietRow::from(&row),
    )
}

/// When to look next; nothing else changes. Where the row has changed since it was read, whoever changed it has said when
/// to look, and that stands.
pub fn look_again(tx: &mut Tx<'_>, row: &QuietRow, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE monitoring SET silence_look_at = $2 WHERE case_id = $1 AND changed_at = $3"),
        &[&row.case.uuid(), &at.as_second(), &At(row.changed_at)],
    )?;
    Ok(())
}

/// Puts somebody among those without an account who are to be called first, or among the others.
pub fn call_first(tx: &mut Tx<'_>, row: &QuietRow, is_first: bool) -> Result<(), Error> {
    tx.execute(
        sql!("UPDATE monitoring SET call_first = $2 WHERE case_id = $1"),
        &[&row.case.uuid(), &i32::from(is_first)],
    )?;
    Ok(())
}

/// How many alerts about a silence wait at a center for somebody to take them, up to `most`.
pub fn count_waiting(tx: &mut Tx<'_>, center: HealthCenterId, most: i64) -> Result<i64, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM (SELECT 1 AS one FROM alerts l
                WHERE l.health_center_id = $1 AND l.done_at IS NULL AND l.taken_by IS NULL AND l.report_id IS NULL
                    AND l.notified IS NULL LIMIT $2) x"
        ),
        &[&center.uuid(), &most],
        |row| row.get(0),
    )
}

/// Lets those be looked at now who were put off beyond `beyond`, which only a clock that was ahead does. Tells how many.
pub fn bring_back(tx: &mut Tx<'_>, beyond: Timestamp, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE monitoring SET silence_look_at = $2 WHERE expects_reports = 1 AND silence_look_at > $1"
        ),
        &[&beyond.as_second(), &now.as_second()],
    )
}

/// The time zones of centers.
pub fn zones(tx: &mut Tx<'_>) -> Result<Vec<String>, Error> {
    tx.query(
        sql!("SELECT DISTINCT time_zone FROM health_centers ORDER BY time_zone"),
        &[],
        |row| row.get(0),
    )
}

/// The centers in a time zone that have heard of somebody on a day after `today`, which only a clock that was ahead does.
pub fn centers_ahead(
    tx: &mut Tx<'_>,
    zone: &str,
    today: Date,
) -> Result<Vec<HealthCenterId>, Error> {
    tx.query(
        sql!(
            "SELECT h.id FROM health_centers h WHERE h.time_zone = $1 AND EXISTS (SELECT 1 FROM monitoring m
                WHERE m.health_center_id = h.id AND m.expects_reports = 1
                    AND (m.has_account = 1 OR m.reports > 0 OR m.heard_since > 0) AND m.heard_on > $2)"
        ),
        &[&zone, &today],
        |row| row.get(0).map(HealthCenterId::from_uuid),
    )
}

/// Whoever was heard of at a center on a day after `today` was heard of at `heard` at the latest, on the day `heard_on`, and is looked
/// at anew by that. Nobody knows when they measured: not today, so that they are asked once more. What the reports themselves say
/// stays. Tells of how many.
pub fn heard_at_the_latest(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    today: Date,
    (heard_on, heard): (Date, Timestamp),
    (measured, now): (Timestamp, Timestamp),
) -> Result<usize, Error> {
    update(
        tx,
        sql!(
            "UPDATE monitoring SET heard_on = $3, silence_look_at = $7, changed_at = $6,
                measured_at = CASE WHEN measured_at > $5 THEN $5 ELSE measured_at END,
                received_at = CASE WHEN received_at > $4 THEN $4 ELSE received_at END,
                called_at = CASE WHEN called_at > $4 THEN $4 ELSE called_at END,
                heard_since = CASE WHEN heard_since > $8 THEN $8 ELSE heard_since END
             WHERE health_center_id = $1 AND expects_reports = 1
                AND (has_account = 1 OR reports > 0 OR heard_since > 0) AND heard_on > $2
             RETURNING health_center_id"
        ),
        &[
            &center.uuid(),
            &today,
            &heard_on,
            &At(heard),
            &At(measured),
            &At(now),
            &now.as_second(),
            &heard.as_second(),
        ],
    )
}

/// What a silence makes of a row.
#[derive(Clone)]
pub struct Silenced<'a> {
    /// The level.
    pub urgency: i32,
    /// Why.
    pub reasons: &'a serde_json::Value,
    /// When to look next.
    pub look_at: Timestamp,
    /// When it became an alert last.
    pub told_at: Timestamp,
}

/// Writes what a silence makes of a row; `false`: the row has changed since it was read, and nothing was written.
pub fn set(
    tx: &mut Tx<'_>,
    row: &QuietRow,
    silenced: &Silenced<'_>,
    now: Timestamp,
) -> Result<bool, Error> {
    let set = update(
        tx,
        sql!(
            "UPDATE monitoring SET urgency = $2, reasons = $3, silence_look_at = $4, silence_told_at = $5,
                changed_at = $6
             WHERE case_id = $1 AND changed_at = $7 RETURNING health_center_id"
        ),
        &[
            &row.case.uuid(),
            &silenced.urgency,
            silenced.reasons,
            &silenced.look_at.as_second(),
            &silenced.told_at.as_second(),
            &At(now),
            &At(row.changed_at),
        ],
    )?;
    Ok(set == 1)
}

/// What is known of a case beside its reports.
#[derive(Clone)]
pub struct Known {
    /// The center that follows the case; none where nobody does.
    pub center: Option<HealthCenterId>,
    /// The conditions that put the person at risk.
    pub risks: Vec<String>,
    /// When something else than a report was heard of them.
    pub heard_since: Timestamp,
    /// When a silence became an alert last.
    pub told_at: Timestamp,
    /// When to look whether nothing was heard for too long.
    pub look_at: Timestamp,
}

impl Known {
    fn from(row: &Row<'_>) -> Result<Known, Error> {
        let risks: String = row.get(0)?;
        Ok(Known {
            risks: read_risks(&risks),
            heard_since: from_seconds(row.get(1)?),
            told_at: from_seconds(row.get(2)?),
            look_at: from_seconds(row.get(3)?),
            center: Some(HealthCenterId::from_uuid(row.get(4)?)),
        })
    }

    /// Of a case that nobody has followed yet.
    const fn nothing() -> Known {
        Known {
            center: None,
            risks: Vec::new(),
            heard_since: Timestamp::UNIX_EPOCH,
            told_at: Timestamp::UNIX_EPOCH,
            look_at: Timestamp::UNIX_EPOCH,
        }
    }
}

/// What is known of a case beside its reports.
pub fn known(tx: &mut Tx<'_>, case: CaseId) -> Result<Known, Error> {
    let known = tx.query_opt(KNOWN, &[&case.uuid()], |row| Known::from(&row))?;
    Ok(known.unwrap_or_else(Known::nothing))
}

/// The same, asked ahead and held as by [`crate::monitoring::hold`]: what is read afterwards is not older than what is
/// written.
pub struct Held(Asked<Known>);

impl Held {
    /// Asks for it.
    pub fn ask(tx: &mut Tx<'_>, case: CaseId) -> Result<Held, Error> {
        let sql = if tx.is_sqlite() {
            KNOWN
        } else {
            KNOWN_AND_HELD
        };
        tx.ask(sql, &[&case.uuid()], |row| Known::from(&row))
            .map(Held)
    }

    /// What is known.
    pub fn known(self, tx: &mut Tx<'_>) -> Result<Known, Error> {
        Ok(self.0.first(tx)?.unwrap_or_else(Known::nothing))
    }
}

const KNOWN: &str = sql!(
    "SELECT risks, heard_since, silence_told_at, silence_look_at, health_center_id FROM monitoring WHERE case_id = $1"
);
const KNOWN_AND_HELD: &str =
    "SELECT risks, heard_since, silence_told_at, silence_look_at, health_center_id FROM monitoring
    WHERE case_id = $1 FOR UPDATE";

/// An alert about a silence that nobody has taken ends by itself when a report comes; one that somebody has is theirs to
/// end, and what a notification says is ended by no report.
pub fn end_alert(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE alerts SET done_at = $2, outcome = 'reported', next_step_at = NULL, version = version + 1
             WHERE case_id = $1 AND done_at IS NULL AND taken_by IS NULL AND report_id IS NULL
                AND notified IS NULL"
        ),
        &[&case.uuid(), &At(now)],
    )?;
    Ok(())
}
