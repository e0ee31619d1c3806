//! Of two records that become one, one may be a close contact's who is not ill, and the other that of a case. Whichever is kept is
//! a case then, with the days of the case; once they are two again, the contact is a contact again.

use super::Lines;
use crate::App;
use crate::audit;
use crate::case_in_error::SUBJECT;
use crate::monitoring::is_inpatient;
use crate::notification::State;
use domain::health_day::health_day;
use domain::monitoring::MonitoringStatus;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use storage::audit::AuditEntry;
use storage::case_registration::{self as cases, CaseRow};
use storage::corrections::{self, CorrectionRow};
use storage::merge::{self as rows, Ill, MergeRow};
use storage::{Error, Tx, case_in_error, close_contacts, monitoring, notification};

/// The days with which the kept record is a case from now on, where it was a contact's and the merged one is none.
pub(super) fn days(kept: &CaseRow, merged: &CaseRow) -> Option<Ill> {
    (kept.is_contact && !merged.is_contact).then_some(Ill {
        diagnosed_on: merged.diagnosed_on,
        onset_on: merged.onset_on,
    })
}

/// Makes the contact a case; before anything moves, for how they were followed as a contact is kept with it. `row`: as it stands.
pub(super) fn begins(
    tx: &mut Tx<'_>,
    row: &CaseRow,
    ill: Ill,
    now: Timestamp,
) -> Result<(), Error> {
    let days = (ill.diagnosed_on, ill.onset_on);
    match close_contacts::fell_ill(tx, row.id, days.0, days.1, row.version, now)? {
        true => Ok(()),
        // Somebody changed it this very moment.
        false => Err(Error::TryAgain),
    }
}

fn told(day: Option<Date>) -> String {
    day.map_or_else(String::new, |day| day.to_string())
}

fn as_case(row: &CaseRow) -> serde_json::Value {
    json!({ "diagnosed_on": told(Some(row.diagnosed_on)), "onset_on": told(row.onset_on) })
}

fn as_contact(met_on: Date) -> serde_json::Value {
    json!({ "last_contact_on": told(Some(met_on)) })
}

/// Counts them as the merged record was counted, and has their release looked at by the rule of a case; once it is known how they
/// are followed. `contact`: as the record stood before.
pub(super) fn counts(
    app: &App,
    tx: &mut Tx<'_>,
    (contact, merged): (&CaseRow, &CaseRow),
    (lines, entry): (&Lines, &AuditEntry),
) -> Result<CaseRow, Error> {
    let case = contact.id;
    let (Some(row), Some(stands)) = (cases::by_id(tx, case)?, monitoring::find(tx, case)?) else {
        return Err(Error::TryAgain);
    };
    let status = MonitoringStatus::parse(&stands.status).unwrap_or(MonitoringStatus::Unknown);
    let whose = (row.programme.as_str(), row.center);
    let is_inpatient = is_inpatient(status, &stands.risks);
    let review = match status.is_open() {
        true => app.review_from(whose, row.onset_on, row.diagnosed_on, false, is_inpatient),
        false => stands.review_from,
    };
    rows::counts_as(tx, (case, merged.id), review, lines.at)?;
    let (before, after) = (as_contact(contact.diagnosed_on), as_case(&row));
    lines.write_illness(app, tx, &row, (&before, &after))?;
    audit::note(tx, app.keys(), entry)?;
    Ok(row)
}

/// Makes the kept record that of a contact again, where nothing but merges has made it that of a case, and none of those holds any
/// more. What anybody has said of that illness since stays, and then it is one. After everything has moved back.
pub(super) fn part(
    app: &App,
    tx: &mut Tx<'_>,
    merge: &MergeRow,
    (lines, entry): (&Lines, &AuditEntry),
) -> Result<(), Error> {
    let kept = merge.kept;
    let (Some(row), Some(since), Some(contact)) = (
        cases::by_id(tx, kept)?,
        rows::fell_ill_at(tx, kept)?,
        case_in_error::as_contact(tx, kept)?,
    ) else {
        return Ok(());
    };
    let all = rows::of_case(tx, kept)?;
    let into_it = || all.iter().filter(|one| one.kept == kept);
    let mut by_merge = into_it().filter(|one| one.at == since);
    let Some(ill) = by_merge.find_map(|one| one.moved.fell_ill) else {
        return Ok(());
    };
    let is_another_case = into_it().any(|one| one.undone.is_none() && one.moved.is_case == 1);
    let is_corrected = (row.diagnosed_on, row.onset_on) != (ill.diagnosed_on, ill.onset_on);
    let is_notified = notification::of_case(tx, kept)?
        .iter()
        .any(|one| one.state == State::Confirmed.word());
    if is_another_case || is_corrected || is_notified {
        return Ok(());
    }
    let whose = (row.programme.as_str(), row.center);
    let review = app.review_from(whose, None, contact.met_on, true, false);
    let registered_on = contact.registered_on;
    let registered_on = registered_on.unwrap_or_else(|| health_day(row.registered_at, &app.zone()));
    let days = (contact.met_on, registered_on);
    if !rows::contact_again(tx, (kept, row.version), days, review, lines.at)? {
        return Err(Error::TryAgain);
    }
    let (before, after) = (as_case(&row), as_contact(contact.met_on));
    lines.write_illness(app, tx, &row, (&before, &after))?;
    let entry = AuditEntry {
        case: Some(kept),
        ..entry.clone()
    };
    audit::note(tx, app.keys(), &entry)
}

impl Lines {
    /// Writes a line of who is a case now, or a contact again.
    fn write_illness(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        row: &CaseRow,
        (before, after): (&serde_json::Value, &serde_json::Value),
    ) -> Result<(), Error> {
        let seal = |told: &serde_json::Value| app.keys().seal_text("correction", &told.to_string());
        let correction = CorrectionRow {
            case: row.id,
            id: self.illness,
            subject: SUBJECT.to_owned(),
            subject_id: None,
            at: self.at,
            by: self.by,
            reason_sealed: self.reason_sealed.clone(),
            before_sealed: seal(before),
            after_sealed: seal(after),
            by_name: String::new(),
        };
        corrections::insert(tx, &correction)?;
        Ok(())
    }
}
