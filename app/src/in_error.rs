//! Taking back what was written down in error: a report, a call, a note. It stays readable with who took it back, when and
//! why, and counts nowhere; all that follows from it is reckoned anew in the same transaction. It can count again.
//!
//! The person's own word that a report is wrong ([`crate::history`]) is a question to the center, and the report counts until
//! somebody has looked; this is one of the two answers to it, beside a correction.

mod contacts;
mod reports;

use crate::audit::{self, about, with};
use crate::monitoring::NOTE_LENGTH;
use crate::{App, Error, StaffDesk};
use domain::ids::{AlertId, CaseId, StaffId};
use domain::in_error::WhyInError;
use domain::personal::Personal;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::Timestamp;
use storage::Tx;
use storage::case_registration::{Record, Scope};
use storage::corrections::{self, CorrectionRow};
use storage::in_error::{InErrorRow, Written};

pub use contacts::LineView;

pub(crate) const SEALED_AS: &str = "in_error";
const CORRECTION_SEALED_AS: &str = "correction";

/// That something was taken back as entered in error.
#[derive(Clone, Debug)]
pub struct InError {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: StaffId,
    /// Why.
    pub why: WhyInError,
    /// Further words on it, for the staff alone.
    pub words: Personal<String>,
}

impl App {
    pub(crate) fn read_in_error(&self, row: InErrorRow) -> Result<InError, Error> {
        let why = WhyInError::parse(&row.why)
            .ok_or_else(|| Error::broken(format!("in_error_why of {}", row.at)))?;
        Ok(InError {
            at: row.at,
            by: row.by,
            why,
            words: self.keys().open_text(SEALED_AS, &row.words_sealed)?,
        })
    }
}

/// What staff typed about taking something back.
#[derive(Clone, Debug, Default)]
pub struct TypedInError {
    /// The word of the reason.
    pub why: String,
    /// Further words on it; none are needed.
    pub words: String,
}

/// What came of taking something back, or of letting it count again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeBack {
    /// It is done; with what is left for somebody to look at.
    Done(Left),
    /// No reason is chosen.
    NoReason,
    /// The words are too long.
    TooLong,
    /// Somebody else was faster: it was corrected, called wrong or taken back since the page was shown. Nothing was done.
    ChangedMeanwhile,
    /// There is no such thing in reach, or it is not the own one of whoever may take back only that.
    NotThere,
}

/// What could not be reckoned anew, and so is to be looked at by somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Which call was due before is not known any more.
    pub next_call: bool,
    /// An alert that the call had ended has ended with it, or is open: whoever looks after the person decides.
    pub alert: bool,
}

/// What is taken back, checked: the reason and the words.
struct Checked {
    why: WhyInError,
    words: String,
}

fn check(typed: &TypedInError) -> Result<Checked, TakeBack> {
    let why = WhyInError::parse(&typed.why).ok_or(TakeBack::NoReason)?;
    let words = clean_note(&typed.words);
    match words.chars().count() > NOTE_LENGTH {
        true => Err(TakeBack::TooLong),
        false => Ok(Checked { why, words }),
    }
}

impl StaffDesk {
    /// Whether something that `by` wrote down may be taken back here: whoever follows the person looks after all that stands
    /// in the record; whoever only attends to them, after what they wrote themselves.
    pub fn may_take_back(&self, by: Option<StaffId>) -> bool {
        self.may(Right::Follow) || self.may(Right::Attend) && by == Some(self.staff)
    }

    fn mark(&self, checked: &Checked, now: Timestamp) -> InErrorRow {
        InErrorRow {
            at: now,
            by: self.staff,
            why: checked.why.word().to_owned(),
            words_sealed: self.app.keys().seal_text(SEALED_AS, &checked.words),
        }
    }
}

/// Something that is taken back, or counts again.
enum Turn<'m> {
    /// It is taken back with these words.
    Back(&'m InErrorRow, &'m str),
    /// It was, and counts again.
    Counts(&'m InErrorRow),
}

/// Whoever takes something back, or lets it count again.
struct Taking {
    desk: StaffDesk,
    scope: Scope,
    now: Timestamp,
    /// The id of an alert that is raised by it.
    alert: AlertId,
}

impl Taking {
    fn of(desk: &StaffDesk) -> Result<Taking, Error> {
        desk.needs(Right::Attend)?;
        Ok(Taking {
            desk: desk.clone(),
            scope: desk.scope(),
            now: desk.app.clock.now(),
            alert: AlertId::from_uuid(desk.app.new_uuid()),
        })
    }

    /// The record of a case in reach, held.
    fn held(&self, tx: &mut Tx<'_>, case: CaseId) -> Result<Option<Record>, storage::Error> {
        Record::held(tx, &self.scope, case)
    }

    /// Writes down what was done with something in a record: among the corrections, with the reason that stood and the one
    /// that stands, each empty where it counts; and in the audit log.
    fn note(
        &self,
        tx: &mut Tx<'_>,
        (case, written): (CaseId, Written),
        turn: Turn<'_>,
        action: &str,
    ) -> Result<(), storage::Error> {
        let (before, after, words) = match turn {
            Turn::Back(mark, words) => ("", mark.why.as_str(), words),
            Turn::Counts(mark) => (mark.why.as_str(), "", ""),
        };
        let keys = self.desk.app.keys();
        let seal = |word: &str| {
            let values = serde_json::json!({ "in_error": word }).to_string();
            keys.seal_text(CORRECTION_SEALED_AS, &values)
        };
        let line = CorrectionRow {
            case,
            id: self.desk.app.new_uuid(),
            subject: written.word().to_owned(),
            subject_id: Some(written.id()),
            at: self.now,
            by: self.desk.staff,
            reason_sealed: keys.seal_text(CORRECTION_SEALED_AS, words),
            before_sealed: seal(before),
            after_sealed: seal(after),
            by_name: String::new(),
        };
        corrections::insert(tx, &line)?;
        let entry = about(self.desk.did(action, Some(case)), written.id());
        audit::note(tx, keys, &with(entry, after))
    }
}
