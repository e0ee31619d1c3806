//! Status reports and the latest state of each case.

mod called_wrong;
mod read_by;
mod said;

pub use called_wrong::{mark_wrong, unmark_wrong, uphold};
pub(crate) use read_by::handed_over;
pub use read_by::{opened, opened_one};
pub use said::Said;

use crate::engine::{Asked, At, Error, Row, Tx};
use crate::in_error::InErrorRow;
use crate::sql;
use domain::ids::{AccountId, CaseId, HealthCenterId, QuestionnaireId, ReportId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use std::cmp::Reverse;

/// A report as stored.
#[derive(Clone, PartialEq)]
pub struct ReportRow {
    /// Whose state it tells.
    pub case: CaseId,
    /// The id, which is also the idempotency key of its form.
    pub id: ReportId,
    /// The questionnaire that was answered.
    pub questionnaire: QuestionnaireId,
    /// How it came: `web`, `phone`, `visit`, `paper`.
    pub channel: String,
    /// The account that wrote it.
    pub account: Option<AccountId>,
    /// When it was measured, as the person says.
    pub measured_at: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
    /// The day of measuring in the center's time zone.
    pub health_day: Date,
    /// Tenths of a degree Celsius.
    pub temperature: Option<i32>,
    /// Per cent.
    pub spo2: Option<i32>,
    /// The answers by question.
    pub answers: Said,
    /// Free text to the center.
    pub note: String,
    /// How urgent, from 0 (calm) upward.
    pub level: i32,
    /// When somebody at the center opened it first.
    pub opened_at: Option<Timestamp>,
    /// Who opened it first.
    pub opened_by: Option<StaffId>,
    /// The center that received it; none: the one that follows the person.
    pub received_by: Option<HealthCenterId>,
    /// The center for which it was opened first; none: the one that follows the person, if it was.
    pub opened_for: Option<HealthCenterId>,
    /// When it was opened first at the center that follows the person, where it had been opened at another one before.
    pub opened_again_at: Option<Timestamp>,
    /// When the person marked it as wrong.
    pub wrong_at: Option<Timestamp>,
    /// What the person says is wrong.
    pub wrong_why: Option<String>,
    /// When the center last left it as it was, though the person had called it wrong.
    pub upheld_at: Option<Timestamp>,
    /// Who at the center entered it on the person's behalf.
    pub entered_by: Option<StaffId>,
    /// When the center corrected it last.
    pub corrected_at: Option<Timestamp>,
    /// That the center took it back as entered in error: then it counts nowhere.
    pub in_error: Option<InErrorRow>,
    /// When a report came that is dated before this one: the clock was ahead when this one was taken, and it came before then.
    pub came_before: Option<Timestamp>,
}

/// When a report was corrected, called wrong or taken back last, whichever came latest; none: it stands as it came.
pub fn touched_at(
    corrected_at: Option<Timestamp>,
    wrong_at: Option<Timestamp>,
    in_error_at: Option<Timestamp>,
) -> Option<Timestamp> {
    corrected_at.max(wrong_at).max(in_error_at)
}

/// A moment that a clock which was ahead may have told.
fn no_later(at: Timestamp, came_before: Option<Timestamp>) -> Timestamp {
    came_before.map_or(at, |before| at.min(before))
}

/// The channel of what was written on paper, possibly long before it is entered.
pub const PAPER: &str = "paper";

impl ReportRow {
    /// When it was touched last, as [`touched_at`] tells it.
    pub fn touched_at(&self) -> Option<Timestamp> {
        let in_error_at = self.in_error.as_ref().map(|one| one.at);
        touched_at(self.corrected_at, self.wrong_at, in_error_at)
    }

    /// When the person was heard of by it. A line of a paper diary tells how somebody was when it was written, and nothing
    /// of the moment at which it is entered.
    pub fn heard_at(&self) -> Timestamp {
        let heard_at = if self.channel == PAPER {
            self.measured_at.min(self.received_at)
        } else {
            self.received_at
        };
        no_later(heard_at, self.came_before)
    }

    /// When it was measured among the others of its case: as it says, unless a clock that was ahead has dated it.
    pub fn in_order_at(&self) -> Timestamp {
        no_later(self.measured_at, self.came_before)
    }

    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(ReportRow {
            case: CaseId::from_uuid(row.get(0)?),
            id: ReportId::from_uuid(row.get(1)?),
            questionnaire: QuestionnaireId::from_uuid(row.get(2)?),
            channel: row.get(3)?,
            account: row.get::<Option<_>>(4)?.map(AccountId::from_uuid),
            measured_at: row.at(5)?,
            received_at: row.at(6)?,
            health_day: row.day(7)?,
            temperature: row.get(8)?,
            spo2: row.get(9)?,
            answers: row.get(10)?,
            note: row.get(11)?,
            level: row.get(12)?,
            opened_at: row.at_opt(13)?,
            opened_by: row.get::<Option<_>>(14)?.map(StaffId::from_uuid),
            wrong_at: row.at_opt(15)?,
            wrong_why: row.get(16)?,
            entered_by: row.get::<Option<_>>(17)?.map(StaffId::from_uuid),
            corrected_at: row.at_opt(18)?,
            in_error: InErrorRow::read(row, 19)?,
            came_before: row.at_opt(23)?,
            received_by: row.get::<Option<_>>(24)?.map(HealthCenterId::from_uuid),
            opened_for: row.get::<Option<_>>(25)?.map(HealthCenterId::from_uuid),
            opened_again_at: row.at_opt(26)?,
            upheld_at: row.at_opt(27)?,
        })
    }
}

/// Stores a report. Nobody waits for it; the commit does.
///
/// # Errors
/// [`Error::TryAgain`], at the latest with the commit, where one with its key stands already, of which whoever stores it was
/// not aware: another run finds it.
pub fn insert(tx: &mut Tx<'_>, report: &ReportRow) -> Result<(), Error> {
    let told = tx.tell(
        sql!(
            "INSERT INTO status_reports (case_id, id, questionnaire_id, channel, account_id, measured_at, received_at,
                health_day, temperature, spo2, answers, note, level, entered_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             ON CONFLICT (case_id, id) DO NOTHING"
        ),
        &[
            &report.case.uuid(),
            &report.id.uuid(),
            &report.questionnaire.uuid(),
            &report.channel,
            &report.account.map(|a| a.uuid()),
            &At(report.measured_at),
            &At(report.received_at),
            &report.health_day,
            &report.temperature,
            &report.spo2,
            &report.answers,
            &report.note,
            &report.level,
            &report.entered_by.map(|s| s.uuid()),
        ],
    )?;
    tx.must_touch_one(told)
}

/// The latest state of a case: how many reports, the last one's moment of measuring, and its level.
pub fn latest(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<(i32, Timestamp, i32)>, Error> {
    tx.query_opt(
        sql!("SELECT reports, measured_at, level FROM monitoring WHERE case_id = $1 AND measured_at IS NOT NULL"),
        &[&case.uuid()],
        |row| Ok((row.get(0)?, row.at(1)?, row.get(2)?)),
    )
}

/// A case's report. The case must have been found within the caller's scope before.
pub fn find(tx: &mut Tx<'_>, case: CaseId, id: ReportId) -> Result<Option<ReportRow>, Error> {
    let sql = if tx.is_sqlite() {
        ONE
    } else {
        ONE_PLANNED_ONCE
    };
    tx.query_opt(sql, &[&case.uuid(), &id.uuid()], |row| {
        ReportRow::from(&row)
    })
}

const ONE: &str = sql!(
    "SELECT case_id, id, questionnaire_id, channel, account_id, measured_at, received_at, health_day,
        temperature, spo2, answers, note, level, opened_at, opened_by, wrong_at, wrong_why,
        entered_by, corrected_at,
        in_error_at, in_error_by, in_error_why, in_error_words_sealed, came_before,
        received_by, opened_for, opened_again_at, upheld_at
     FROM status_reports WHERE case_id = $1 AND id = $2"
);
/// PostgreSQL sees the part of the table in a value that it knows, counts how much less there is to read, and so plans the
/// statement anew each time, which costs five times what running it does.
const ONE_PLANNED_ONCE: &str = "SELECT case_id, id, questionnaire_id, channel, account_id, measured_at, received_at, health_day,
        temperature, spo2, answers, note, level, opened_at, opened_by, wrong_at, wrong_why,
        entered_by, corrected_at,
        in_error_at, in_error_by, in_error_why, in_error_words_sealed, came_before,
        received_by, opened_for, opened_again_at, upheld_at
     FROM status_reports WHERE case_id = $1 AND id = (SELECT $2::uuid)";

/// A report of a member of an account, asked ahead of whose record the member is: where two became one, the report stands
/// under the one that was kept. Of anybody else there is none.
pub fn ask_of_member(
    tx: &mut Tx<'_>,
    (account, case): (AccountId, CaseId),
    id: ReportId,
) -> Result<Asked<ReportRow>, Error> {
    let sql = if tx.is_sqlite() {
        ONE_OF_MEMBER
    } else {
        ONE_OF_MEMBER_PLANNED_ONCE
    };
    tx.ask(sql, &[&case.uuid(), &account.uuid(), &id.uuid()], |row| {
        ReportRow::from(&row)
    })
}

const ONE_OF_MEMBER: &str = sql!(
    "SELECT case_id, id, questionnaire_id, channel, account_id, measured_at, received_at, health_day,
        temperature, spo2, answers, note, level, opened_at, opened_by, wrong_at, wrong_why,
        entered_by, corrected_at,
        in_error_at, in_error_by, in_error_why, in_error_words_sealed, came_before,
        received_by, opened_for, opened_again_at, upheld_at
     FROM status_reports
     WHERE case_id = (SELECT COALESCE(c.merged_into, c.id) FROM cases c WHERE c.id = $1 AND c.account_id = $2) AND id = $3"
);
/// As [`ONE_PLANNED_ONCE`].
const ONE_OF_MEMBER_PLANNED_ONCE: &str = "SELECT case_id, id, questionnaire_id, channel, account_id, measured_at, received_at, health_day,
        temperature, spo2, answers, note, level, opened_at, opened_by, wrong_at, wrong_why,
        entered_by, corrected_at,
        in_error_at, in_error_by, in_error_why, in_error_words_sealed, came_before,
        received_by, opened_for, opened_again_at, upheld_at
     FROM status_reports
     WHERE case_id = (SELECT COALESCE(c.merged_into, c.id) FROM cases c WHERE c.id = $1 AND c.account_id = $2)
        AND id = (SELECT $3::uuid)";

/// All reports of a member of an account in any order, asked ahead in the same way.
pub fn ask_all_of_member(
    tx: &mut Tx<'_>,
    account: AccountId,
    case: CaseId,
) -> Result<Asked<ReportRow>, Error> {
    tx.ask(
        sql!(
            "SELECT case_id, id, questionnaire_id, channel, account_id, measured_at, received_at, health_day,
                temperature, spo2, answers, note, level, opened_at, opened_by, wrong_at, wrong_why,
                entered_by, corrected_at,
        in_error_at, in_error_by, in_error_why, in_error_words_sealed, came_before,
        received_by, opened_for, opened_again_at, upheld_at
             FROM status_reports
             WHERE case_id = (SELECT COALESCE(c.merged_into, c.id) FROM cases c WHERE c.id = $1 AND c.account_id = $2)"
        ),
        &[&case.uuid(), &account.uuid()],
        |row| ReportRow::from(&row),
    )
}

/// All reports of a case, the latest measurement first.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<ReportRow>, Error> {
    let reports = tx.query(
        sql!(
            "SELECT case_id, id, questionnaire_id, channel, account_id, measured_at, received_at, health_day,
                temperature, spo2, answers, note, level, opened_at, opened_by, wrong_at, wrong_why,
                entered_by, corrected_at,
        in_error_at, in_error_by, in_error_why, in_error_words_sealed, came_before,
        received_by, opened_for, opened_again_at, upheld_at
             FROM status_reports WHERE case_id = $1"
        ),
        &[&case.uuid()],
        |row| ReportRow::from(&row),
    )?;
    Ok(sorted(reports))
}

/// Reports, the latest measurement first. Sorted here: no index has them in this order, and the engine would pack each row
/// for sorting and unpack it again.
pub fn sorted(mut reports: Vec<ReportRow>) -> Vec<ReportRow> {
    reports.sort_unstable_by_key(|one| Reverse(place_of(one)));
    reports
}

/// By what reports are put in order; the latest has the greatest. Those that a clock which was ahead has dated stand in their
/// own order before the report that told so.
type Place = (Timestamp, bool, Timestamp, Timestamp, ReportId);

fn place_of(report: &ReportRow) -> Place {
    (
        report.in_order_at(),
        report.came_before.is_none(),
        report.measured_at,
        report.received_at,
        report.id,
    )
}

/// Notes of the reports of a case that are dated after the moment `dated_after` that they were there at `before`, when one came that
/// is not: a clock was ahead. Tells of how many.
pub fn came_before(
    tx: &mut Tx<'_>,
    (case, came): (CaseId, ReportId),
    dated_after: Timestamp,
    before: Timestamp,
) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE status_reports SET came_before = $4
             WHERE case_id = $1 AND id <> $2 AND received_at > $3 AND (came_before IS NULL OR came_before > $3)"
        ),
        &[&case.uuid(), &came.uuid(), &At(dated_after), &At(before)],
    )
}

/// A case's latest reports by their measurement, for looking at the course. What was entered in error is none of it.
pub fn latest_of_case(
    tx: &mut Tx<'_>,
    case: CaseId,
    limit: usize,
) -> Result<Vec<ReportRow>, Error> {
    let mut reports = of_case(tx, case)?;
    reports.retain(|report| report.in_error.is_none());
    reports.truncate(limit);
    Ok(reports)
}

/// What was measured in a report, and its place among the others of its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredRow {
    /// The report.
    pub id: ReportId,
    /// When it was measured.
    pub measured_at: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
    /// Tenths of a degree Celsius.
    pub temperature: Option<i32>,
    /// Per cent.
    pub spo2: Option<i32>,
    /// Whether it was entered in error: it stands, and counts nowhere.
    pub in_error: bool,
    /// Whether the person calls it wrong, and nobody has corrected it.
    pub is_called_wrong: bool,
    /// As [`ReportRow::came_before`].
    pub came_before: Option<Timestamp>,
}

impl MeasuredRow {
    /// As [`ReportRow::in_order_at`].
    pub fn in_order_at(&self) -> Timestamp {
        no_later(self.measured_at, self.came_before)
    }

    fn place(&self) -> Place {
        (
            self.in_order_at(),
            self.came_before.is_none(),
            self.measured_at,
            self.received_at,
            self.id,
        )
    }
}

/// What was measured in the reports of a case, in any order.
pub struct Measured(Vec<MeasuredRow>);

impl Measured {
    /// Whether a report is among them.
    pub fn has(&self, id: ReportId) -> bool {
        self.0.iter().any(|one| one.id == id)
    }

    /// Whether one besides a report was received after a moment, by what is known of clocks that were ahead.
    pub fn any_dated_after(&self, report: ReportId, moment: Timestamp) -> bool {
        let dated_after = |one: &MeasuredRow| no_later(one.received_at, one.came_before) > moment;
        self.0
            .iter()
            .any(|one| one.id != report && dated_after(one))
    }

    /// At most so many of those before a report, the latest first, whether it is among them or about to be stored; `None`
    /// where one of them is later than it.
    pub fn before(self, report: &ReportRow, most: usize) -> Option<Vec<MeasuredRow>> {
        let place = place_of(report);
        let mut others = self.0;
        others.retain(|one| one.id != report.id && !one.in_error);
        if others.iter().any(|one| one.place() > place) {
            return None;
        }
        others.sort_unstable_by_key(|one| Reverse(one.place()));
        others.truncate(most);
        Some(others)
    }
}

/// What was measured in the reports of a case, asked ahead; to be gathered into a [`Measured`].
pub fn ask_measured(tx: &mut Tx<'_>, case: CaseId) -> Result<Asked<MeasuredRow>, Error> {
    tx.ask(
        sql!(
            "SELECT id, measured_at, temperature, spo2, received_at, in_error_at, came_before, wrong_at
             FROM status_reports WHERE case_id = $1"
        ),
        &[&case.uuid()],
        |row| {
            Ok(MeasuredRow {
                id: ReportId::from_uuid(row.get(0)?),
                measured_at: row.at(1)?,
                received_at: row.at(4)?,
                temperature: row.get(2)?,
                spo2: row.get(3)?,
                in_error: row.at_opt(5)?.is_some(),
                came_before: row.at_opt(6)?,
                is_called_wrong: row.at_opt(7)?.is_some(),
            })
        },
    )
}

impl From<Vec<MeasuredRow>> for Measured {
    fn from(rows: Vec<MeasuredRow>) -> Measured {
        Measured(rows)
    }
}

/// Corrects what a report says. What stood before is in the corrections. The person's mark that it is wrong ends.
/// `false`: the report is no longer as `stands` says, and nothing was written.
pub fn correct(
    tx: &mut Tx<'_>,
    report: &ReportRow,
    stands: &ReportRow,
    now: Timestamp,
) -> Result<bool, Error> {
    let corrected = tx.execute(
        sql!(
            "UPDATE status_reports SET measured_at = $3, health_day = $4, temperature = $5, spo2 = $6, answers = $7,
                note = $8, level = $9, corrected_at = $10, wrong_at = NULL, wrong_why = NULL
             WHERE case_id = $1 AND id = $2 AND corrected_at IS NOT DISTINCT FROM $11
                AND wrong_at IS NOT DISTINCT FROM $12 AND in_error_at IS NULL"
        ),
        &[
            &report.case.uuid(),
            &report.id.uuid(),
            &At(report.measured_at),
            &report.health_day,
            &report.temperature,
            &report.spo2,
            &report.answers,
            &report.note,
            &report.level,
            &At(now),
            &stands.corrected_at.map(At),
            &stands.wrong_at.map(At),
        ],
    )?;
    Ok(corrected == 1)
}
