//! Reports that were entered in error.

use super::{Left, TakeBack, Taking, Turn, TypedInError, check};
use crate::course::{Because, refresh};
use crate::history::ask_about_wrong;
use crate::status_report::Report;
use crate::tasks::{MESSAGE, REPORT_WRONG, message_task};
use crate::{Error, StaffDesk};
use domain::ids::{CaseId, ReportId, TaskId};
use domain::personal::Personal;
use domain::urgency::Level;
use jiff::Timestamp;
use storage::in_error::{self as rows, Written};
use storage::status_report as reports;

/// What was done about a task whose report was taken back.
const IN_ERROR: &str = "in_error";

impl Report {
    /// The report as its family may read it. Of one that the center wrote down and took back they see that there was one: it
    /// may tell of somebody else.
    pub(crate) fn for_family(mut self) -> Report {
        let Some(in_error) = &mut self.in_error else {
            return self;
        };
        in_error.words = Personal::new(String::new());
        if self.by_staff {
            self.measured_at = self.received_at;
            self.temperature = None;
            self.spo2 = None;
            self.answers.clear();
            self.note = Personal::new(String::new());
            self.level = Level::Calm;
            self.wrong = None;
            self.corrected_at = None;
            self.upheld_at = None;
        }
        self
    }
}

impl StaffDesk {
    /// Takes a report back as entered in error. `seen` is [`Report::touched_at`] as the page showed it.
    pub async fn take_report_back(
        &self,
        case: CaseId,
        id: ReportId,
        typed: &TypedInError,
        seen: Option<Timestamp>,
    ) -> Result<TakeBack, Error> {
        let taking = Taking::of(self)?;
        let checked = match check(typed) {
            Ok(checked) => checked,
            Err(problem) => return Ok(problem),
        };
        let mark = self.mark(&checked, taking.now);
        let written = Written::Report(id);
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let (desk, now) = (&taking.desk, taking.now);
                let Some(row) = taking.held(tx, case)? else {
                    return Ok(TakeBack::NotThere);
                };
                let stands = reports::find(tx, row.id, id)?;
                let Some(stands) = stands.filter(|one| desk.may_take_back(one.entered_by)) else {
                    return Ok(TakeBack::NotThere);
                };
                if stands.touched_at() != seen || !rows::mark(tx, (row.id, written), &mark)? {
                    return Ok(TakeBack::ChangedMeanwhile);
                }
                let turn = Turn::Back(&mark, &checked.words);
                taking.note(tx, (row.id, written), turn, "report.in_error")?;
                // The page has shown the message, too, and has said that it goes from the worklist.
                for kind in [REPORT_WRONG, MESSAGE] {
                    let (about, done) = ((id, kind), (IN_ERROR, now));
                    storage::tasks::finish_about(tx, row.id, about, desk.staff, done)?;
                }
                let because = Because::TakenBack(&stands, desk.staff);
                refresh(&desk.app, tx, &row, because, taking.alert, now)?;
                rows::forget_pages(tx, row.id)?;
                Ok(TakeBack::Done(Left::default()))
            })
            .await?)
    }

    /// A report that was taken back counts again, with all that follows from it. `seen` as for
    /// [`StaffDesk::take_report_back`].
    pub async fn put_report_back(
        &self,
        case: CaseId,
        id: ReportId,
        seen: Option<Timestamp>,
    ) -> Result<TakeBack, Error> {
        let taking = Taking::of(self)?;
        let task = TaskId::from_uuid(self.app.new_uuid());
        let written = Written::Report(id);
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let (desk, now) = (&taking.desk, taking.now);
                let Some(row) = taking.held(tx, case)? else {
                    return Ok(TakeBack::NotThere);
                };
                let stands = reports::find(tx, row.id, id)?;
                let Some(mut stands) = stands.filter(|one| desk.may_take_back(one.entered_by))
                else {
                    return Ok(TakeBack::NotThere);
                };
                let is_as_seen = stands.touched_at() == seen;
                let (true, Some(mark)) = (is_as_seen, stands.in_error.take()) else {
                    return Ok(TakeBack::ChangedMeanwhile);
                };
                rows::unmark(tx, row.id, written)?;
                let turn = Turn::Counts(&mark);
                taking.note(tx, (row.id, written), turn, "report.not_in_error")?;
                // What the person says of it waits for an answer again.
                if let Some(why) = &stands.wrong_why {
                    ask_about_wrong(&desk.app, tx, &row, (task, id), why, now)?;
                }
                // And a message that nobody had read when the report was taken back is to be read.
                let message = (id, MESSAGE);
                if storage::tasks::is_ended_with(tx, row.id, message, (IN_ERROR, mark.at))? {
                    let (task, same_as) = message_task(&desk.app, &row, &stands);
                    storage::tasks::add(tx, &task, &same_as)?;
                }
                let because = Because::PutBack(&stands, desk.staff, mark.at);
                refresh(&desk.app, tx, &row, because, taking.alert, now)?;
                rows::forget_pages(tx, row.id)?;
                Ok(TakeBack::Done(Left::default()))
            })
            .await?)
    }
}
