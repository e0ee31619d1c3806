//! What staff took back as entered in error: reports, and lines of calls and notes. They stay, and count nowhere. What
//! follows from that is decided by whoever calls this.

use crate::alerts::wait_where_followed;
use crate::engine::{At, Error, Row, Tx};
use crate::monitoring::update;
use crate::sql;
use domain::ids::{AlertId, CaseId, ContactId, ReportId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// That something was taken back.
#[derive(Clone, PartialEq)]
pub struct InErrorRow {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: StaffId,
    /// The word of the reason.
    pub why: String,
    /// Further words on it, sealed.
    pub words_sealed: Vec<u8>,
}

impl InErrorRow {
    /// Reads the four columns that follow each other from `first` on.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> Result<Option<InErrorRow>, Error> {
        let Some(at) = row.at_opt(first)? else {
            return Ok(None);
        };
        let by: Option<_> = row.get(first + 1)?;
        Ok(Some(InErrorRow {
            at,
            by: StaffId::from_uuid(by.unwrap_or_default()),
            why: row.get::<Option<String>>(first + 2)?.unwrap_or_default(),
            words_sealed: row.get::<Option<Vec<u8>>>(first + 3)?.unwrap_or_default(),
        }))
    }
}

/// What was written down in error.
#[derive(Clone, Copy, Debug)]
pub enum Written {
    /// A report.
    Report(ReportId),
    /// A line of calls and notes.
    Line(ContactId),
}

impl Written {
    /// Its id.
    pub fn id(self) -> Uuid {
        match self {
            Written::Report(id) => id.uuid(),
            Written::Line(id) => id.uuid(),
        }
    }

    /// What it is called where it is told that it was taken back.
    pub const fn word(self) -> &'static str {
        match self {
            Written::Report(_) => "report",
            Written::Line(_) => "contact",
        }
    }
}

/// Takes something in the record of a case back; `false`: it is taken back already, or there is no such thing.
pub fn mark(
    tx: &mut Tx<'_>,
    (case, written): (CaseId, Written),
    mark: &InErrorRow,
) -> Result<bool, Error> {
    let statement = match written {
        Written::Report(_) => sql!(
            "UPDATE status_reports SET in_error_at = $3, in_error_by = $4, in_error_why = $5,
                in_error_words_sealed = $6
             WHERE case_id = $1 AND id = $2 AND in_error_at IS NULL"
        ),
        Written::Line(_) => sql!(
            "UPDATE contacts_made SET in_error_at = $3, in_error_by = $4, in_error_why = $5,
                in_error_words_sealed = $6
             WHERE case_id = $1 AND id = $2 AND in_error_at IS NULL"
        ),
    };
    let marked = tx.execute(
        statement,
        &[
            &case.uuid(),
            &written.id(),
            &At(mark.at),
            &mark.by.uuid(),
            &mark.why,
            &mark.words_sealed,
        ],
    )?;
    Ok(marked == 1)
}

/// What was taken back counts again; `false`: it was not.
pub fn unmark(tx: &mut Tx<'_>, case: CaseId, written: Written) -> Result<bool, Error> {
    let statement = match written {
        Written::Report(_) => sql!(
            "UPDATE status_reports SET in_error_at = NULL, in_error_by = NULL, in_error_why = NULL,
                in_error_words_sealed = NULL
             WHERE case_id = $1 AND id = $2 AND in_error_at IS NOT NULL"
        ),
        Written::Line(_) => sql!(
            "UPDATE contacts_made SET in_error_at = NULL, in_error_by = NULL, in_error_why = NULL,
                in_error_words_sealed = NULL
             WHERE case_id = $1 AND id = $2 AND in_error_at IS NOT NULL"
        ),
    };
    let unmarked = tx.execute(statement, &[&case.uuid(), &written.id()])?;
    Ok(unmarked == 1)
}

/// No report of a case counts any more: its latest state is that of somebody who has not reported. `reached_on`: the day of
/// the last call that reached the person; who can be heard of in no other way was heard of then.
pub fn nothing_reported(
    tx: &mut Tx<'_>,
    case: CaseId,
    reached_on: Option<Date>,
    now: Timestamp,
) -> Result<(), Error> {
    update(
        tx,
        sql!(
            "UPDATE monitoring SET reports = 0, report_id = NULL, measured_at = NULL, received_at = NULL,
                temperature = NULL, spo2 = NULL, level = 0, urgency = 0, worsening = 0, reasons = $2,
                heard_on = CASE WHEN has_account = 0 AND $5 > registered_on THEN $5 ELSE registered_on END,
                silence_look_at = $4, changed_at = $3
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[
            &case.uuid(),
            &serde_json::Value::Array(Vec::new()),
            &At(now),
            &now.as_second(),
            &reached_on,
        ],
    )?;
    Ok(())
}

/// What is known of somebody's silence beside their reports.
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    /// When the case was registered.
    pub registered_at: Timestamp,
    /// When something else than a report was heard of the person.
    pub since: Timestamp,
    /// When a silence became an alert last.
    pub told_at: Timestamp,
    /// When to call next.
    pub next_call_at: Option<Timestamp>,
    /// Whether the person is followed.
    pub is_open: bool,
}

/// What is known of somebody's silence; none where nobody follows them.
pub fn heard(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<Heard>, Error> {
    let moment = |seconds: i64| Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    tx.query_opt(
        sql!(
            "SELECT registered_at, heard_since, silence_told_at, next_call_at, is_open FROM monitoring
             WHERE case_id = $1"
        ),
        &[&case.uuid()],
        |row| {
            Ok(Heard {
                registered_at: row.at(0)?,
                since: moment(row.get(1)?),
                told_at: moment(row.get(2)?),
                next_call_at: row.at_opt(3)?,
                is_open: row.get::<i32>(4)? == 1,
            })
        },
    )
}

/// When somebody of a record signed up last.
pub fn signed_up_at(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<Timestamp>, Error> {
    tx.query_one(
        sql!("SELECT max(claimed_at) FROM cases WHERE id = $1 OR merged_into = $1"),
        &[&case.uuid()],
        |row| row.at_opt(0),
    )
}

/// What the calls that count say of how a person is followed.
#[derive(Clone, Debug)]
pub struct Called {
    /// The latest call or visit: when, and its outcome.
    pub last: Option<(Timestamp, String)>,
    /// How many calls have reached nobody since the last that did.
    pub unanswered: i32,
    /// When something else than a report was heard of the person.
    pub heard_since: Timestamp,
    /// The day of that.
    pub heard_on: Date,
    /// When to call next.
    pub next_call_at: Option<Timestamp>,
}

/// Writes that; whether the person is silent is looked at anew.
pub fn set_called(
    tx: &mut Tx<'_>,
    case: CaseId,
    called: &Called,
    now: Timestamp,
) -> Result<(), Error> {
    update(
        tx,
        sql!(
            "UPDATE monitoring SET called_at = $2, call_outcome = $3, unanswered = $4, heard_since = $5,
                next_call_at = $6, silence_look_at = $7, changed_at = $8,
                heard_on = CASE WHEN has_account = 1 OR reports > 0 THEN heard_on
                    WHEN $9 > registered_on THEN $9 ELSE registered_on END
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[
            &case.uuid(),
            &called.last.as_ref().map(|(at, _)| At(*at)),
            &called.last.as_ref().map(|(_, outcome)| outcome.clone()),
            &called.unanswered,
            &called.heard_since.as_second(),
            &called.next_call_at.map(At),
            &now.as_second(),
            &At(now),
            &called.heard_on,
        ],
    )?;
    Ok(())
}

/// A silence that was told already is told anew if it lasts: what ended it was none.
pub fn tell_silence_anew(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<(), Error> {
    update(
        tx,
        sql!(
            "UPDATE monitoring SET silence_told_at = 0, silence_look_at = $2, changed_at = $3
             WHERE case_id = $1 RETURNING health_center_id"
        ),
        &[&case.uuid(), &now.as_second(), &At(now)],
    )?;
    Ok(())
}

/// An alert of a case that ended at a moment with an outcome is open again, unless another one is: with whoever had it, or where
/// the case was given away since, at the center that follows it. It is passed on at `next_step_at`. Tells whether one is.
pub fn open_again(
    tx: &mut Tx<'_>,
    case: CaseId,
    (outcome, ended_at): (&str, Timestamp),
    next_step_at: Timestamp,
) -> Result<bool, Error> {
    let opened = tx.execute(
        sql!(
            "UPDATE alerts SET done_at = NULL, done_by = NULL, outcome = NULL, steps = 0, next_step_at = $4,
                version = version + 1
             WHERE case_id = $1 AND outcome = $2 AND done_at = $3
                AND NOT EXISTS (SELECT 1 FROM alerts o WHERE o.case_id = $1 AND o.done_at IS NULL)"
        ),
        &[&case.uuid(), &outcome, &At(ended_at), &At(next_step_at)],
    )?;
    wait_where_followed(tx, case)?;
    Ok(opened > 0)
}

/// The alert about a silence that was told at a moment, and that a report ended, is open again at the center that follows the
/// case now, unless another one is; it is passed on at `next_step_at`. Tells whether one is.
pub fn silence_open_again(
    tx: &mut Tx<'_>,
    case: CaseId,
    told_at: Timestamp,
    next_step_at: Timestamp,
) -> Result<bool, Error> {
    // The moment of telling is kept in seconds.
    let until = told_at + jiff::SignedDuration::from_secs(1);
    let opened = tx.execute(
        sql!(
            "UPDATE alerts SET done_at = NULL, outcome = NULL, steps = 0, next_step_at = $4, version = version + 1
             WHERE case_id = $1 AND outcome = 'reported' AND raised_at >= $2 AND raised_at < $3
                AND NOT EXISTS (SELECT 1 FROM alerts o WHERE o.case_id = $1 AND o.done_at IS NULL)"
        ),
        &[&case.uuid(), &At(told_at), &At(until), &At(next_step_at)],
    )?;
    wait_where_followed(tx, case)?;
    Ok(opened > 0)
}

/// An open alert about a report that came to a silence is about the silence again.
pub fn silent_again(
    tx: &mut Tx<'_>,
    id: AlertId,
    (level, reasons): (i32, &serde_json::Value),
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE alerts SET report_id = NULL, level = $2, reasons = $3, times = 1, last_at = raised_at,
                version = version + 1
             WHERE id = $1 AND done_at IS NULL"
        ),
        &[&id.uuid(), &level, reasons],
    )?;
    Ok(())
}

/// A call that ended an alert.
#[derive(Clone, Copy)]
pub struct Ending<'a> {
    /// The alert.
    pub alert: AlertId,
    /// Whose.
    pub case: CaseId,
    /// Who ended it.
    pub by: StaffId,
    /// The word of the outcome.
    pub outcome: &'a str,
}

/// What a call ended that was none waits again, as long as it has waited, for somebody of the center that follows the case now
/// to take it; unless another alert of the case is open: then it counts nowhere as answered. Tells whether it waits again.
pub fn take_ending_back(
    tx: &mut Tx<'_>,
    ending: Ending<'_>,
    next_step_at: Timestamp,
) -> Result<bool, Error> {
    let opened = tx.execute(
        sql!(
            "UPDATE alerts SET first_taken_at = CASE WHEN taken_at = done_at THEN NULL ELSE first_taken_at END,
                taken_before_by = COALESCE(taken_by, taken_before_by), taken_by = NULL, taken_at = NULL,
                done_at = NULL, done_by = NULL, outcome = NULL, steps = 0, next_step_at = $5, version = version + 1
             WHERE id = $1 AND case_id = $2 AND done_by = $3 AND outcome = $4
                AND NOT EXISTS (SELECT 1 FROM alerts o WHERE o.case_id = $2 AND o.done_at IS NULL)"
        ),
        &[
            &ending.alert.uuid(),
            &ending.case.uuid(),
            &ending.by.uuid(),
            &ending.outcome,
            &At(next_step_at),
        ],
    )?;
    if opened > 0 {
        wait_where_followed(tx, ending.case)?;
    } else {
        tx.execute(
            sql!(
                "UPDATE alerts SET outcome = 'corrected', version = version + 1
                 WHERE id = $1 AND case_id = $2 AND done_by = $3 AND outcome = $4"
            ),
            &[
                &ending.alert.uuid(),
                &ending.case.uuid(),
                &ending.by.uuid(),
                &ending.outcome,
            ],
        )?;
    }
    Ok(opened == 1)
}

/// The call has ended the alert after all, unless somebody has taken it since, or something came to it: then it is theirs to
/// end. Tells whether it has ended.
pub fn end_again(tx: &mut Tx<'_>, ending: Ending<'_>, at: Timestamp) -> Result<bool, Error> {
    let ended = tx.execute(
        sql!(
            "UPDATE alerts SET done_at = COALESCE(done_at, $5), done_by = $3, outcome = $4, next_step_at = NULL,
                taken_by = COALESCE(taken_by, $3), taken_at = COALESCE(taken_at, $5),
                first_taken_at = COALESCE(first_taken_at, $5), version = version + 1
             WHERE id = $1 AND case_id = $2 AND (done_at IS NULL AND taken_by IS NULL AND last_at <= $5
                OR done_by = $3 AND outcome = 'corrected')"
        ),
        &[
            &ending.alert.uuid(),
            &ending.case.uuid(),
            &ending.by.uuid(),
            &ending.outcome,
            &At(at),
        ],
    )?;
    Ok(ended == 1)
}

/// An open alert that somebody has is told again at a moment at the latest.
pub fn tell_by(tx: &mut Tx<'_>, id: AlertId, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE alerts SET next_step_at = $2
             WHERE id = $1 AND done_at IS NULL AND taken_by IS NOT NULL AND next_step_at > $2"
        ),
        &[&id.uuid(), &At(at)],
    )?;
    Ok(())
}

/// Pages that were kept for the families of a record show what counts no more, or do not show what counts again.
pub fn forget_pages(tx: &mut Tx<'_>, case: CaseId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "DELETE FROM kept_pages WHERE account_id IN (SELECT c.account_id FROM cases c
                WHERE (c.id = $1 OR c.merged_into = $1) AND c.account_id IS NOT NULL)"
        ),
        &[&case.uuid()],
    )?;
    Ok(())
}
