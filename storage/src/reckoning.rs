//! What stands, to be compared with what people outside were told. Whole tables are read: for proofs, not for pages.

use crate::engine::{At, Error, Tx};
use crate::sql;
use crate::status_report::Said;
use domain::ids::{AlertId, CaseId, MessageId, QuestionnaireId, ReportId};
use jiff::Timestamp;
use uuid::Uuid;

/// A report as it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Whose state it tells.
    pub case: CaseId,
    /// The key of its form.
    pub id: ReportId,
    /// When it was measured.
    pub measured_at: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
    /// Tenths of a degree Celsius.
    pub temperature: Option<i32>,
    /// Per cent.
    pub spo2: Option<i32>,
    /// Which questions were asked.
    pub questionnaire: QuestionnaireId,
    /// What was answered to them.
    pub answers: Said,
    /// How urgent, as a number of [`domain::urgency::Level`].
    pub level: i32,
    /// Free text.
    pub note: String,
    /// When a report came that is dated before this one.
    pub came_before: Option<Timestamp>,
}

/// All reports.
pub fn reports(tx: &mut Tx<'_>) -> Result<Vec<Standing>, Error> {
    tx.query(
        sql!(
            "SELECT case_id, id, measured_at, received_at, temperature, spo2, note, came_before, questionnaire_id,
                answers, level FROM status_reports"
        ),
        &[],
        |row| {
            Ok(Standing {
                case: CaseId::from_uuid(row.get(0)?),
                id: ReportId::from_uuid(row.get(1)?),
                measured_at: row.at(2)?,
                received_at: row.at(3)?,
                temperature: row.get(4)?,
                spo2: row.get(5)?,
                note: row.get(6)?,
                came_before: row.at_opt(7)?,
                questionnaire: QuestionnaireId::from_uuid(row.get(8)?),
                answers: row.get(9)?,
                level: row.get(10)?,
            })
        },
    )
}

/// How many reports came at a moment or after it.
pub fn count_since(tx: &mut Tx<'_>, since: Timestamp) -> Result<i64, Error> {
    tx.query_one(
        sql!("SELECT count(*) FROM status_reports WHERE received_at >= $1"),
        &[&At(since)],
        |row| row.get(0),
    )
}

/// The latest state of each case that reported: how many reports, and the latest one.
pub fn states(tx: &mut Tx<'_>) -> Result<Vec<(CaseId, i32, Option<ReportId>)>, Error> {
    tx.query(
        sql!("SELECT case_id, reports, report_id FROM monitoring WHERE reports > 0"),
        &[],
        |row| {
            Ok((
                CaseId::from_uuid(row.get(0)?),
                row.get(1)?,
                row.get::<Option<_>>(2)?.map(ReportId::from_uuid),
            ))
        },
    )
}

/// An alert as it stands.
#[derive(Clone, Debug)]
pub struct StandingAlert {
    /// The id.
    pub id: AlertId,
    /// Whose.
    pub case: CaseId,
    /// How many alarming reports it counts.
    pub times: i32,
    /// How often it was passed on.
    pub steps: i32,
}

/// All alerts.
pub fn alerts(tx: &mut Tx<'_>) -> Result<Vec<StandingAlert>, Error> {
    tx.query(
        sql!("SELECT id, case_id, times, steps FROM alerts"),
        &[],
        |row| {
            Ok(StandingAlert {
                id: AlertId::from_uuid(row.get(0)?),
                case: CaseId::from_uuid(row.get(1)?),
                times: row.get(2)?,
                steps: row.get(3)?,
            })
        },
    )
}

/// A line of the audit log as it stands.
#[derive(Clone, Debug)]
pub struct StandingLine {
    /// Whose record.
    pub case: Option<CaseId>,
    /// Which part of it.
    pub subject: Option<Uuid>,
    /// Names of fields and the like.
    pub details: String,
}

/// All lines of the audit log about one action.
pub fn audit_lines(tx: &mut Tx<'_>, action: &str) -> Result<Vec<StandingLine>, Error> {
    tx.query(
        sql!("SELECT case_id, subject_id, details FROM audit_log WHERE action = $1"),
        &[&action],
        |row| {
            Ok(StandingLine {
                case: row.get::<Option<_>>(0)?.map(CaseId::from_uuid),
                subject: row.get(1)?,
                details: row.get(2)?,
            })
        },
    )
}

/// A promised message and its fate.
#[derive(Clone, Debug)]
pub struct StandingMessage {
    /// The id; also the message's own id in the mail.
    pub id: MessageId,
    /// Its kind.
    pub kind: String,
    /// Whether it was sent.
    pub is_sent: bool,
    /// Whether it was given up.
    pub is_given_up: bool,
}

/// All promised messages.
pub fn messages(tx: &mut Tx<'_>) -> Result<Vec<StandingMessage>, Error> {
    tx.query(
        sql!("SELECT id, kind, sent_at, gave_up_at FROM outbox"),
        &[],
        |row| {
            Ok(StandingMessage {
                id: MessageId::from_uuid(row.get(0)?),
                kind: row.get(1)?,
                is_sent: row.get::<Option<At>>(2)?.is_some(),
                is_given_up: row.get::<Option<At>>(3)?.is_some(),
            })
        },
    )
}

/// What the engine finds wrong with its own file; nothing on PostgreSQL, which checks as it reads.
pub fn integrity(tx: &mut Tx<'_>) -> Result<Vec<String>, Error> {
    if !tx.is_sqlite() {
        return Ok(Vec::new());
    }
    let found = tx.query("PRAGMA integrity_check", &[], |row| row.get::<String>(0))?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

/// How durable a commit of this connection is: 2 is `FULL` on the embedded engine. On PostgreSQL, 2 where `fsync` and
/// `synchronous_commit` are on, else 0.
pub fn durability(tx: &mut Tx<'_>) -> Result<i32, Error> {
    if tx.is_sqlite() {
        return tx.query_one("PRAGMA synchronous", &[], |row| row.get(0));
    }
    let fsync: String = tx.query_one("SHOW fsync", &[], |row| row.get(0))?;
    let commit: String = tx.query_one("SHOW synchronous_commit", &[], |row| row.get(0))?;
    let is_full =
        fsync == "on" && ["on", "remote_apply", "remote_write"].contains(&commit.as_str());
    Ok(if is_full { 2 } else { 0 })
}
