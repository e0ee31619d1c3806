//! The history of a member's reports, and marking one as wrong. A person cannot change a report; the center can.

use crate::course::{Because, refresh};
use crate::family::{Alarm, Member};
use crate::status_report::{Followers, Report, record_of};
use crate::tasks::{REPORT_WRONG, SEALED_AS};
use crate::{App, Error, PatientDesk};
use domain::ids::{AlertId, CaseId, ReportId, TaskId};
use domain::status_report::clean_note;
use jiff::Timestamp;
use storage::Tx;
use storage::case_registration::{self as cases, CaseRow, Scope};
use storage::family::{ask_members, in_order};
use storage::status_report as rows;
use storage::tasks::TaskRow;

/// The longest word on why a report is wrong, in characters.
pub const WHY_LENGTH: usize = 500;

/// What came of marking a report as wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkWrong {
    /// It is marked, and somebody at the center will look.
    Marked,
    /// A word is missing on what is wrong.
    Empty,
    /// The word is too long.
    TooLong,
    /// Somebody else of the family has written a word since the page was opened, and both together are too long. Nothing was
    /// written; here is the word that stands.
    Meanwhile(String),
    /// The center has taken it back meanwhile: nothing is wrong with what does not count.
    TakenBack,
    /// There is no such report.
    NoSuchReport,
}

/// What came of saying that a report is right after all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RightAfterAll {
    /// Nobody calls it wrong any more.
    Right,
    /// Somebody else of the family has written a word since the page was opened. Nothing was done; here is the word that
    /// stands.
    Meanwhile(String),
    /// There is no such report.
    NoSuchReport,
}

/// The history of a member as its page shows it.
pub struct Beside {
    /// All members.
    pub members: Vec<Member>,
    /// Which of them it is about.
    pub at: usize,
    /// Their reports, the latest first.
    pub reports: Vec<Report>,
    /// What waits for somebody of the center.
    pub alarm: Option<Alarm>,
    /// The centers in whose hands the reports were.
    pub followers: Followers,
    /// Whether it is closed: then nothing of it stands here.
    pub is_closed: bool,
}

/// The words on a report where one stands that whoever writes has not read: both, on lines of their own.
fn both(stands: &str, was: &str, why: &str) -> String {
    match stands.is_empty() || stands == was || why.contains(stands) {
        true => why.to_owned(),
        false if stands.contains(why) => stands.to_owned(),
        false => format!("{stands}\n{why}"),
    }
}

/// Asks somebody of the center to look at a report that the person calls wrong; where it is asked already, with the word as it is
/// now. It is a task of its own for each report of each record, so that nobody reads of one person under the name of another.
pub(crate) fn ask_about_wrong(
    app: &App,
    tx: &mut Tx<'_>,
    row: &CaseRow,
    (id, report): (TaskId, ReportId),
    why: &str,
    now: Timestamp,
) -> Result<(), storage::Error> {
    let details = serde_json::json!({ "why": why }).to_string();
    let task = TaskRow {
        id,
        center: Some(row.center),
        kind: REPORT_WRONG.to_owned(),
        case: Some(row.record()),
        report: Some(report),
        details_sealed: app.keys().seal_text(SEALED_AS, &details),
        times: 1,
        created_at: now,
        last_at: now,
    };
    let same_as = match storage::tasks::known_as(tx, row.record(), (report, REPORT_WRONG))? {
        Some(known) => known,
        None => {
            let about = format!("{}|{report}", row.record());
            app.keys().blind(REPORT_WRONG, &about)
        }
    };
    storage::tasks::add(tx, &task, &same_as)
}

/// The record of a case in reach, held; of one that was merged into another one, that one: both ways to it are then gone one
/// after the other.
fn held(tx: &mut Tx<'_>, scope: &Scope, case: CaseId) -> Result<Option<CaseRow>, storage::Error> {
    storage::monitoring::hold(tx, case)?;
    let Some(row) = cases::find(tx, scope, case)? else {
        return Ok(None);
    };
    if row.merged_into.is_none() {
        return Ok(Some(row));
    }
    let record = record_of(tx, row)?;
    storage::monitoring::hold(tx, record.id)?;
    // As with a report that comes under such a number: it is held only now.
    match cases::by_id(tx, record.id)? {
        Some(held) if held.merged_into == record.merged_into => Ok(Some(held)),
        _ => Err(storage::Error::TryAgain),
    }
}

impl PatientDesk {
    /// All reports of a member, the latest measurement first; `None` where there is no such member.
    pub async fn history(&self, case: CaseId) -> Result<Option<(Member, Vec<Report>)>, Error> {
        let Some(found) = self.history_beside(case).await? else {
            return Ok(None);
        };
        let member = found.members.into_iter().nth(found.at);
        Ok(member.map(|member| (member, found.reports)))
    }

    /// The reports of a member, beside the other members, of one moment; `None` where there is no such member.
    pub async fn history_beside(&self, case: CaseId) -> Result<Option<Beside>, Error> {
        let (account, is_closed) = (self.account, self.is_closed(case));
        let found = self
            .app
            .db()
            .read(move |tx| {
                let all = ask_members(tx, account)?;
                let reports = match is_closed {
                    true => None,
                    false => Some(rows::ask_all_of_member(tx, account, case)?),
                };
                let all = in_order(all.all(tx)?);
                let Some(at) = all.iter().position(|one| one.case.id == case) else {
                    return Ok(None);
                };
                let Some(reports) = reports else {
                    return Ok(Some((all, at, Vec::new(), None)));
                };
                let alarm = match all[at].beside.alarm {
                    true => Some(storage::alerts::ask_alarm_of_case(
                        tx,
                        all[at].case.record(),
                    )?),
                    false => None,
                };
                let reports = rows::sorted(reports.all(tx)?);
                let alarm = match alarm {
                    Some(alarm) => alarm.first(tx)?,
                    None => None,
                };
                Ok(Some((all, at, reports, alarm)))
            })
            .await?;
        let Some((all, at, rows, alarm)) = found else {
            return Ok(None);
        };
        let reports = rows
            .into_iter()
            .map(|row| self.app.read_report(row).map(Report::for_family))
            .collect::<Result<Vec<Report>, Error>>()?;
        let members = self.members_of(all).await?;
        let named = reports.iter().flat_map(Report::centers);
        Ok(Some(Beside {
            followers: self.app.followers(&members[at].center, named).await?,
            members,
            at,
            reports,
            alarm: alarm.map(Alarm::read),
            is_closed,
        }))
    }

    /// Marks a report as wrong with a word why, which becomes a task for the center. `was`: the word that stood on the page;
    /// another one that stands by now is kept beside this one.
    pub async fn mark_wrong(
        &self,
        case: CaseId,
        report: ReportId,
        (was, why): (&str, &str),
    ) -> Result<MarkWrong, Error> {
        let (was, why) = (clean_note(was), clean_note(why));
        if why.is_empty() {
            return Ok(MarkWrong::Empty);
        }
        if why.chars().count() > WHY_LENGTH {
            return Ok(MarkWrong::TooLong);
        }
        let (now, account) = (self.app.clock.now(), self.account);
        let (scope, desk) = (Scope::Family(account), self.clone());
        let id = TaskId::from_uuid(self.app.new_uuid());
        let alert = AlertId::from_uuid(self.app.new_uuid());
        Ok(self
            .app
            .db()
            .write(move |tx| {
                // Else the task could be put before the center that has just given the case away.
                let Some(row) = held(tx, &scope, case)? else {
                    return Ok(MarkWrong::NoSuchReport);
                };
                let stands = rows::find(tx, row.record(), report)?
                    .filter(|stands| desk.may_read(case, stands.received_at));
                let Some(stands) = stands else {
                    return Ok(MarkWrong::NoSuchReport);
                };
                if stands.in_error.is_some() {
                    return Ok(MarkWrong::TakenBack);
                }
                let stands = stands.wrong_why.unwrap_or_default();
                let why = both(&stands, &was, &why);
                if why.chars().count() > WHY_LENGTH {
                    return Ok(MarkWrong::Meanwhile(stands));
                }
                if !rows::mark_wrong(tx, row.record(), report, &why, now)? {
                    return Ok(MarkWrong::NoSuchReport);
                }
                ask_about_wrong(&desk.app, tx, &row, (id, report), &why, now)?;
                // A later one may be alarming without it.
                refresh(&desk.app, tx, &row, Because::Changed, alert, now)?;
                storage::kept_page::forget(tx, account)?;
                Ok(MarkWrong::Marked)
            })
            .await?)
    }

    /// Takes back that a report is wrong: it was another one, or it is right after all. What the center has to do about it is
    /// done with that. `was`: the word that stood on the page; one that nobody here has read is not taken back.
    pub async fn right_after_all(
        &self,
        case: CaseId,
        report: ReportId,
        was: &str,
    ) -> Result<RightAfterAll, Error> {
        let was = clean_note(was);
        let (now, account) = (self.app.clock.now(), self.account);
        let (scope, desk) = (Scope::Family(account), self.clone());
        let alert = AlertId::from_uuid(self.app.new_uuid());
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let Some(row) = held(tx, &scope, case)? else {
                    return Ok(RightAfterAll::NoSuchReport);
                };
                let stands = rows::find(tx, row.record(), report)?
                    .filter(|stands| desk.may_read(case, stands.received_at));
                let Some(stands) = stands else {
                    return Ok(RightAfterAll::NoSuchReport);
                };
                // The center was faster, or it was pressed twice; and of what does not count nothing is said.
                let Some(why) = stands.wrong_why.filter(|_| stands.in_error.is_none()) else {
                    return Ok(RightAfterAll::Right);
                };
                if why != was {
                    return Ok(RightAfterAll::Meanwhile(why));
                }
                rows::unmark_wrong(tx, row.record(), report)?;
                let asked = (report, REPORT_WRONG);
                storage::tasks::settle_about(tx, row.record(), asked, now)?;
                // A later one may be alarming beside it, and was not as it came. An alert that it was raised without stays until
                // somebody has looked.
                refresh(&desk.app, tx, &row, Because::Changed, alert, now)?;
                tx.changes(row.center);
                storage::kept_page::forget(tx, account)?;
                Ok(RightAfterAll::Right)
            })
            .await?)
    }
}
