//! The day of the last contact, from which a contact isolates: it follows from whom they are noted to have met, and when. Whatever
//! changes that settles it here.

use crate::App;
use domain::ids::CaseId;
use domain::monitoring::MonitoringStatus;
use jiff::civil::Date;
use storage::case_registration::{self as cases, CaseRow};
use storage::{Error, Tx, close_contacts as rows, monitoring};

/// The day of the last contact of somebody who is not ill, as it stood and as it stands, where that is another one.
pub(crate) type Settled = Option<(Date, Date)>;

/// Settles the day of the last contact by the meetings that are noted; where none is, what stands stays. Of whoever is a case by
/// now it is the day that counted before. To be asked with the record held.
pub(crate) fn settle(app: &App, tx: &mut Tx<'_>, contact: CaseId) -> Result<Settled, Error> {
    let (Some(row), Some(day)) = (cases::by_id(tx, contact)?, rows::last_met(tx, contact)?) else {
        return Ok(None);
    };
    settle_on(app, tx, &row, day)
}

/// The same of two records of contacts that have just become one: the later day of both holds, also where of one of them no
/// meeting is noted any more. Whoever is followed has the release looked at by that day, whichever record was followed before.
pub(crate) fn settle_both(
    app: &App,
    tx: &mut Tx<'_>,
    (kept, merged): (&CaseRow, &CaseRow),
) -> Result<Settled, Error> {
    let own = rows::last_met(tx, kept.id)?.unwrap_or(kept.diagnosed_on);
    let day = own.max(merged.diagnosed_on);
    let settled = settle_on(app, tx, kept, day)?;
    let status =
        monitoring::status(tx, kept.id)?.and_then(|(word, _)| MonitoringStatus::parse(&word));
    if settled.is_none() && status.is_some_and(|status| status.is_open()) {
        look_at_release(app, tx, kept, day)?;
    }
    Ok(settled)
}

fn settle_on(app: &App, tx: &mut Tx<'_>, row: &CaseRow, day: Date) -> Result<Settled, Error> {
    if !rows::set_last_met(tx, row, day)? || !row.is_contact {
        return Ok(None);
    }
    look_at_release(app, tx, row, day)?;
    Ok(Some((row.diagnosed_on, day)))
}

fn look_at_release(app: &App, tx: &mut Tx<'_>, row: &CaseRow, day: Date) -> Result<(), Error> {
    let whose = (row.programme.as_str(), row.center);
    let review = app.review_from(whose, None, day, true, false);
    monitoring::set_review(tx, row.id, review)
}
