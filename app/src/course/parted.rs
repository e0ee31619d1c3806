//! What becomes of an open alert when two records that were made one are two again: whoever has reported something alarming
//! that nobody has answered yet has an open alert, and each alert tells of the reports of its own record. One that only both
//! together had made ends.

use super::taken_back::silence_stood_behind;
use super::{courses, heard_last, json, told};
use crate::App;
use crate::place_settings::following;
use crate::rules::mark::JudgedBy;
use domain::course::Course;
use domain::ids::{AlertId, CaseId, StaffId};
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::alerts::{self, AlertRow, Reassessed};
use storage::case_registration::{self as cases, CaseRow};
use storage::merge::MergeRow;
use storage::status_report::{self as reports, ReportRow};

/// All reports of a record with the course up to each, the latest measurement first.
fn with_courses(
    app: &App,
    tx: &mut Tx<'_>,
    case: &CaseRow,
) -> Result<Vec<(ReportRow, Course, JudgedBy)>, storage::Error> {
    let rows = reports::latest_of_case(tx, case.id, usize::MAX)?;
    app.know_questionnaires(tx, &rows)?;
    let risks = storage::silence::known(tx, case.id)?.risks;
    let all = courses(app, case, &rows, &risks)?;
    let all = rows.into_iter().zip(all);
    Ok(all
        .map(|(row, (course, judged_by))| (row, course, judged_by))
        .collect())
}

/// The alert that is open of two records while they are one.
pub(crate) struct Open {
    alert: AlertRow,
    /// Whether it was raised since they are, about a report that is alarming among those of both, or by what puts either at
    /// risk.
    is_of_both: bool,
}

impl Open {
    /// Reads it before anything goes back; none where none is open.
    pub(crate) fn read(
        app: &App,
        tx: &mut Tx<'_>,
        merge: &MergeRow,
    ) -> Result<Option<Open>, storage::Error> {
        let Some(alert) = alerts::open_of_case(tx, merge.kept)? else {
            return Ok(None);
        };
        let case = match alert.report {
            Some(_) if alert.raised_at >= merge.at => cases::by_id(tx, merge.kept)?,
            _ => None,
        };
        let is_of_both = match case {
            Some(case) => with_courses(app, tx, &case)?
                .iter()
                .any(|(row, course, _)| Some(row.id) == alert.report && course.level.is_danger()),
            None => false,
        };
        Ok(Some(Open { alert, is_of_both }))
    }
}

/// The alarming reports of one record of which an alert told that was open when both were parted.
struct Told {
    case: CaseRow,
    /// The latest measurement first.
    reports: Vec<(ReportRow, Course, JudgedBy)>,
}

impl Told {
    fn read(
        app: &App,
        tx: &mut Tx<'_>,
        case: CaseId,
        open: &AlertRow,
    ) -> Result<Option<Told>, storage::Error> {
        let Some(case) = cases::by_id(tx, case)? else {
            return Ok(None);
        };
        let mut reports = with_courses(app, tx, &case)?;
        let told = told::Told::of_record(tx, open, case.id)?;
        reports.retain(|(row, course, _)| told.tells_of_either(row) && course.level.is_danger());
        Ok(Some(Told { case, reports }))
    }

    /// What an alert about them says; none where there are none.
    fn says(&self) -> Result<Option<Reassessed>, storage::Error> {
        let highest = self.reports.iter().map(|(_, course, _)| course.level).max();
        let Some((highest, (latest, ..))) = highest.zip(self.reports.first()) else {
            return Ok(None);
        };
        let mut worst = self.reports.iter().filter(|(_, c, _)| c.level == highest);
        let reasons = match worst.next() {
            Some((_, course, judged_by)) => json(course, judged_by)?,
            None => return Ok(None),
        };
        Ok(Some(Reassessed {
            report: latest.id,
            level: highest.number(),
            reasons,
            times: i32::try_from(self.reports.len()).unwrap_or(i32::MAX),
            since: self.reports.iter().map(|(row, ..)| row.received_at).min(),
            last_at: latest.received_at,
            tell_again_at: None,
        }))
    }
}

/// Parts the alert that was open of the kept record when a merge was undone, `by` whom; `id` is for a further one. Everything
/// else has moved back already.
pub(crate) fn part(
    app: &App,
    tx: &mut Tx<'_>,
    merge: &MergeRow,
    open: &Open,
    by: StaffId,
    (id, now): (AlertId, Timestamp),
) -> Result<(), storage::Error> {
    let (open, is_of_both) = (&open.alert, open.is_of_both);
    // It has gone back already where it had come with the merge.
    let is_gone = alerts::find(tx, open.id)?.is_some_and(|alert| alert.case == merge.merged);
    let (here, there) = match is_gone {
        true => (merge.merged, merge.kept),
        false => (merge.kept, merge.merged),
    };
    let joined = merge.moved.joined_alert.map(AlertId::from_uuid);
    // With what it said of its own before; what its reports say is found anew below.
    let stood = merge.moved.stood.as_ref();
    let stood = stood.filter(|stood| stood.alert == open.id.uuid() && !is_gone);
    if let Some(stood) = stood {
        alerts::says_again(tx, open, stood, joined)?;
    }
    let (Some(here), Some(there)) = (
        Told::read(app, tx, here, open)?,
        Told::read(app, tx, there, open)?,
    ) else {
        return Ok(());
    };
    let wait = SignedDuration::from_mins(following(tx, here.case.center, now)?.tell_center_after);
    let (of_here, of_there) = (here.says()?, there.says()?);
    match (&of_here, &of_there) {
        // It tells of nobody but the other one; one about a silence stays where it was raised.
        (None, Some(says))
            if open.report.is_some() && open.notified.is_none() && joined.is_none() =>
        {
            alerts::move_to(tx, open.id, there.case.id)?;
            alerts::reassess(tx, open.id, says)?;
        }
        (_, Some(says)) => {
            match &of_here {
                Some(says) => alerts::reassess(tx, open.id, says)?,
                // Of its own it has what a notification says.
                None if stood.is_none() && open.notified.is_some() => {
                    alerts::only_notified(tx, open.id)?;
                }
                None => {}
            }
            let back = match joined {
                Some(joined) if !is_gone => {
                    alerts::part_again(tx, joined, there.case.id, now + wait)?
                }
                _ => false,
            };
            match joined {
                Some(joined) if back => alerts::reassess(tx, joined, says)?,
                _ => {
                    let whose = (there.case.center, there.case.id, Some(says.report));
                    let said = (says.level, says.reasons.clone());
                    // Whoever it is about has waited since they reported, whatever was done about the other one.
                    let since = there.reports.iter().map(|(row, ..)| row.received_at).min();
                    let since = since.unwrap_or(now);
                    alerts::raise(tx, &AlertRow::new(id, whose, said, (since, since + wait)))?;
                    alerts::reassess(tx, id, says)?;
                }
            }
        }
        (Some(says), None) => alerts::reassess(tx, open.id, says)?,
        // Neither is alarming alone: it was raised by what the other one had reported, or is at risk by. What was open before the
        // two became one stays, whatever puts them at risk since.
        (None, None) if is_of_both => match open.notified {
            Some(_) => alerts::only_notified(tx, open.id)?,
            None => ends(tx, (open.id, &here.case), by, now)?,
        },
        (None, None) => {}
    }
    // One about a silence that was joined: whoever has not been heard of since is silent still. What a notification says of
    // one of them stands until somebody has answered it.
    if let Some(joined) = joined
        && let Some(was) = alerts::find(tx, joined)?
        && (was.notified.is_some() && stood.is_some()
            || was.report.is_none() && heard_at(tx, merge.merged)? < was.raised_at)
    {
        alerts::part_again(tx, joined, merge.merged, now + wait)?;
    }
    Ok(())
}

/// An alert that was none ends; whoever has parted the two has seen why.
fn ends(
    tx: &mut Tx<'_>,
    (id, case): (AlertId, &CaseRow),
    by: StaffId,
    now: Timestamp,
) -> Result<(), storage::Error> {
    let Some(stands) = alerts::find(tx, id)? else {
        return Ok(());
    };
    if alerts::end_as_corrected(tx, id, by, stands.version, now)? {
        let rows = reports::latest_of_case(tx, case.id, usize::MAX)?;
        silence_stood_behind(tx, case, heard_last(&rows), now)?;
    }
    Ok(())
}

/// When a report of a case came last.
fn heard_at(tx: &mut Tx<'_>, case: CaseId) -> Result<Timestamp, storage::Error> {
    let rows = reports::latest_of_case(tx, case, usize::MAX)?;
    let last = rows.iter().map(|row| row.received_at).max();
    Ok(last.unwrap_or(Timestamp::UNIX_EPOCH))
}
