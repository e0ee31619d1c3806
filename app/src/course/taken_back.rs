//! What a report that is taken back as entered in error, or that counts again, does to alerts. One that is taken back was
//! never heard: an alert about it ends, and a silence that it ended goes on. One that counts again does what it did.

use super::corrected::{Became, Correction};
use super::told::Told;
use super::{courses, heard_last, json, raise};
use crate::App;
use crate::place_settings::following;
use crate::silence::ends_with_report;
use domain::ids::{AlertId, StaffId};
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::alerts;
use storage::case_registration::CaseRow;
use storage::in_error as rows;
use storage::monitoring;
use storage::status_report::ReportRow;

/// The outcome of an alert that ended because something was corrected.
const CORRECTED: &str = "corrected";

/// A report, or a call, was none: what it said of a silence is taken back. `heard_at`: when something was heard of the person
/// by it; `last`: when a report was heard last that counts.
pub(crate) fn silence_goes_on(
    tx: &mut Tx<'_>,
    case: &CaseRow,
    (heard_at, last): (Timestamp, Option<Timestamp>),
    now: Timestamp,
) -> Result<(), storage::Error> {
    let Some(heard) = rows::heard(tx, case.id)? else {
        return Ok(());
    };
    let since = last.unwrap_or(heard.registered_at).max(heard.since);
    // Nothing was told, or something was heard of them all the same.
    if heard.told_at == Timestamp::UNIX_EPOCH || since > heard.told_at || heard_at <= heard.told_at
    {
        return Ok(());
    }
    if alerts::open_of_case(tx, case.id)?.is_some() {
        return Ok(());
    }
    let wait = following(tx, case.center, now)?.tell_center_after;
    let next = now + SignedDuration::from_mins(wait);
    if rows::silence_open_again(tx, case.id, heard.told_at, next)? {
        return Ok(());
    }
    rows::tell_silence_anew(tx, case.id, now)
}

/// An alert has ended as corrected. Where the person fell silent while it was open, nobody was told of that, for somebody was
/// asked to look as it was; and they looked at a report that was none. `last`: when a report was heard last that counts.
pub(super) fn silence_stood_behind(
    tx: &mut Tx<'_>,
    case: &CaseRow,
    last: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), storage::Error> {
    let Some(heard) = rows::heard(tx, case.id)? else {
        return Ok(());
    };
    let since = last.unwrap_or(heard.registered_at).max(heard.since);
    if heard.told_at > Timestamp::UNIX_EPOCH && since <= heard.told_at {
        rows::tell_silence_anew(tx, case.id, now)?;
    }
    Ok(())
}

/// A report was taken back. `reports`: those that count and are looked back at, the latest first.
pub(super) fn settle(
    app: &App,
    tx: &mut Tx<'_>,
    case: &CaseRow,
    (reports, stood, risks): (&[ReportRow], &ReportRow, &[String]),
    by: StaffId,
    (alert, now): (AlertId, Timestamp),
) -> Result<(), storage::Error> {
    let last = heard_last(reports);
    if !is_about_silence_again(app, tx, case, (reports, stood, risks))? {
        let correction = Correction {
            rows: reports,
            became: Became::TakenBack,
            stood,
            risks,
        };
        correction.settle(app, tx, case, by, (alert, now))?;
    }
    silence_goes_on(tx, case, (stood.heard_at(), last), now)
}

/// An alert about a silence that somebody had, to which the report came as one more reason, and which says something calm now
/// or is taken back: where nothing else that is alarming was reported since, the alert is about the silence again, and stays with
/// whoever has it.
pub(super) fn is_about_silence_again(
    app: &App,
    tx: &mut Tx<'_>,
    case: &CaseRow,
    (reports, stood, risks): (&[ReportRow], &ReportRow, &[String]),
) -> Result<bool, storage::Error> {
    let open = alerts::open_of_case(tx, case.id)?;
    let Some(open) = open.filter(|open| open.report == Some(stood.id)) else {
        return Ok(false);
    };
    let Some(heard) = rows::heard(tx, case.id)? else {
        return Ok(false);
    };
    let since = heard_last(reports).unwrap_or(heard.registered_at);
    let since = since.max(heard.since);
    let was_raised_by_silence = open.raised_at.as_second() == heard.told_at.as_second();
    if !was_raised_by_silence || since > heard.told_at || open.notified.is_some() {
        return Ok(false);
    }
    let told = Told::of(tx, &open)?;
    let is_alarming = courses(app, case, reports, risks)?
        .iter()
        .zip(reports)
        .any(|((course, _), row)| told.tells(row) && course.level.is_danger());
    if is_alarming {
        return Ok(false);
    }
    // What the latest state says is reckoned anew already, with the silence in it.
    let Some(stands) = monitoring::find(tx, case.id)? else {
        return Ok(false);
    };
    let level = open.level.min(domain::urgency::Level::Alarming.number());
    rows::silent_again(tx, open.id, (level, &stands.reasons))?;
    Ok(true)
}

/// A report that was taken back counts again. `told_at`: when a silence was told last; `since`: when it was taken back.
pub(super) fn settle_again(
    app: &App,
    tx: &mut Tx<'_>,
    case: &CaseRow,
    (reports, back, risks): (&[ReportRow], &ReportRow, &[String]),
    (by, (told_at, since)): (StaffId, (Timestamp, Timestamp)),
    (alert, now): (AlertId, Timestamp),
) -> Result<(), storage::Error> {
    // Whoever is silent since then is silent still.
    if back.heard_at() > told_at {
        ends_with_report(tx, back, told_at, now)?;
    }
    let wait = following(tx, case.center, now)?.tell_center_after;
    let next = now + SignedDuration::from_mins(wait);
    rows::open_again(tx, case.id, (CORRECTED, since), next)?;
    let correction = Correction {
        rows: reports,
        became: Became::PutBack,
        stood: back,
        risks,
    };
    match alerts::open_of_case(tx, case.id)? {
        // One about a silence that somebody has, or about a notification: the report comes to it as it would have.
        Some(open) if open.report.is_none() => {
            let at = reports.iter().position(|row| row.id == back.id);
            let all = courses(app, case, reports, risks)?;
            let Some((course, judged_by)) = at.and_then(|at| all.get(at)) else {
                return Ok(());
            };
            if !course.level.is_danger() {
                return Ok(());
            }
            let said = (course.level, json(course, judged_by)?);
            raise(tx, case, (back.id, back.received_at), said, (alert, now))
        }
        Some(_) => correction.settle(app, tx, case, by, (alert, now)),
        None => {
            // What was done about the person since then was done about this report, too.
            let answered = alerts::last_answered(tx, case.id)?;
            if answered.is_some_and(|at| at >= back.received_at) {
                return Ok(());
            }
            correction.settle(app, tx, case, by, (alert, now))
        }
    }
}
