//! One person's illness that was registered twice: the two records become one, both histories are kept, and it can be
//! undone. Nothing is ever merged by itself: somebody looks and says why.

mod answered;
mod calls;
mod followed;
mod ill;
mod met;
mod told;

use crate::audit::{self, about, with};
use crate::case_registration::{Alike, CaseView, Who};
use crate::close_contacts::{settle, settle_both};
use crate::contact_log::reached;
use crate::course::{Because, parted, refresh};
use crate::monitoring::{NOTE_LENGTH, is_inpatient_in};
use crate::place_settings::following;
use crate::{App, Error, StaffDesk};
use domain::hersys_id::HersysId;
use domain::ids::{AlertId, CaseId, StaffId};
use domain::name::NameKeys;
use domain::notification::duplicate::Identity;
use domain::personal::Personal;
use domain::phone::PhoneNumber;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::audit::AuditEntry;
use storage::case_registration::{self as cases, CaseRow};
use storage::corrections::CorrectionRow;
use storage::merge::{self as rows, MergeRow, Taken};
use storage::monitoring::{self, Decided, MonitoringRow};
use uuid::Uuid;

/// The purpose under which reasons are sealed.
const SEALED_AS: &str = "merge";

/// A merge, as the pages of both cases show it.
#[derive(Clone)]
pub struct MergeLine {
    /// The case that keeps everything, and its number.
    pub kept: (CaseId, String),
    /// The case that was merged into it, and its number.
    pub merged: (CaseId, String),
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: Personal<String>,
    /// The reports that came under the other number.
    pub reports: Vec<Uuid>,
    /// When it was undone, and by whom.
    pub undone: Option<(Timestamp, String)>,
}

/// What came of merging or undoing it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Merge {
    /// Done: the case that is followed.
    Done(CaseId),
    /// A reason is missing, or too long.
    Reason,
    /// They are one case already, or one of them is part of another merge; that is to be undone first.
    PartOfAnother,
    /// One of them is offered to another center: that is to be answered or taken back first.
    Offered,
    /// One of them was registered in error, and is no case.
    InError,
    /// They are of two diseases: one person may have both, and each is a case.
    OtherDisease,
    /// Somebody else changed one of them meanwhile; nothing was done.
    ChangedMeanwhile,
    /// One of them is not followed by the own center.
    NoSuchCase,
}

/// Whoever was heard of under one of two numbers was heard of: writes it of the kept record, to which the calls have moved, and
/// tells what it said before, and says now.
fn hear_of_both(
    app: &App,
    tx: &mut Tx<'_>,
    merged: CaseId,
    kept: CaseId,
) -> Result<(i64, i64), storage::Error> {
    let before = monitoring::heard_since(tx, kept)?;
    let of_both = before.max(monitoring::heard_since(tx, merged)?);
    let reached_on = reached(app, tx, kept)?.map(|(_, day)| day);
    monitoring::set_heard(tx, kept, (of_both, reached_on))?;
    Ok((before, of_both))
}

/// Of each of two records that are parted again counts what was heard under it: the calls have moved back.
fn hear_of_each(app: &App, tx: &mut Tx<'_>, merge: &MergeRow) -> Result<(), storage::Error> {
    for case in [merge.kept, merge.merged] {
        let stands = monitoring::heard_since(tx, case)?;
        let own = match merge.moved.heard {
            // Nothing else was heard since they became one.
            Some((before, of_both)) if case == merge.kept && stands == of_both => before,
            _ => stands,
        };
        let called = reached(app, tx, case)?;
        let since = called.map_or(own, |(at, _)| own.max(at.as_second()));
        monitoring::set_heard(tx, case, (since, called.map(|(_, day)| day)))?;
    }
    Ok(())
}

/// The days of the illness that only the record says that is merged into the other one. A contact who is not ill has no first
/// day of symptoms: falling ill makes them a case.
fn days_to_take(kept: &CaseRow, merged: &CaseRow) -> Taken {
    let onset_on = kept.onset_on.is_none() && !kept.is_contact;
    let entered = kept.entered_japan_on.is_none();
    Taken {
        onset_on: merged.onset_on.filter(|_| onset_on),
        entered_japan_on: merged.entered_japan_on.filter(|_| entered),
    }
}

/// The days that a merge has brought and that stand as it brought them: nobody has corrected them since.
fn days_to_give_back(kept: &CaseRow, taken: &Taken) -> Taken {
    let onset_on = taken.onset_on.is_some() && taken.onset_on == kept.onset_on;
    let entered = taken.entered_japan_on.is_some();
    let entered = entered && taken.entered_japan_on == kept.entered_japan_on;
    Taken {
        onset_on: taken.onset_on.filter(|_| onset_on),
        entered_japan_on: taken.entered_japan_on.filter(|_| entered),
    }
}

/// The days by the names that they have among the attributes of a case.
fn named(taken: &Taken) -> impl Iterator<Item = (&'static str, Date)> {
    let of = [
        ("onset_on", taken.onset_on),
        ("entered_japan_on", taken.entered_japan_on),
    ];
    of.into_iter().filter_map(|(name, day)| Some((name, day?)))
}

/// What is written down of what comes to a record from elsewhere, or leaves it again: who does it, when, and why.
#[derive(Clone)]
pub(crate) struct Lines {
    ids: (Uuid, Uuid),
    /// Of the line of who is a case now.
    illness: Uuid,
    /// Of the lines of the day of the last contact, of the kept record and of the merged one.
    met: (Uuid, Uuid),
    by: StaffId,
    at: Timestamp,
    reason_sealed: Vec<u8>,
    corrected: AuditEntry,
    followed: AuditEntry,
}

impl Lines {
    /// Writes a line of where the person is, after that was changed by a merge or its undoing.
    fn write_status(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        (case, merge): (CaseId, Uuid),
        (before, after): (&MonitoringRow, &Decided),
    ) -> Result<(), storage::Error> {
        let told = |status: &str, risks: &[String]| {
            let told = serde_json::json!({ "status": status, "risks": risks });
            app.keys().seal_text("correction", &told.to_string())
        };
        let correction = CorrectionRow {
            case,
            id: self.ids.1,
            subject: "monitoring".to_owned(),
            // So that it is known for a line of the merge.
            subject_id: Some(merge),
            at: self.at,
            by: self.by,
            reason_sealed: self.reason_sealed.clone(),
            before_sealed: told(&before.status, &before.risks),
            after_sealed: told(&after.status, &after.risks),
            by_name: String::new(),
        };
        storage::corrections::insert(tx, &correction)?;
        let entry = AuditEntry {
            case: Some(case),
            ..with(self.followed.clone(), &after.status)
        };
        audit::note(tx, app.keys(), &entry)
    }

    /// Writes a line of days, after they were changed: the release is looked at by them, and the record tells of them as of
    /// any other correction.
    fn write_days(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        (row, taken, is_taken): (&CaseRow, &Taken, bool),
    ) -> Result<(), storage::Error> {
        if taken.onset_on.is_some() {
            let whose = (row.programme.as_str(), row.center);
            let is_inpatient = is_inpatient_in(tx, row.id)?;
            let days = (row.onset_on, row.diagnosed_on);
            let review = app.review_from(whose, days.0, days.1, row.is_contact, is_inpatient);
            storage::monitoring::set_review(tx, row.id, review)?;
        }
        let told = |stands: bool| {
            let of = |(name, day): (&str, Date)| {
                let day = if stands {
                    day.to_string()
                } else {
                    String::new()
                };
                (name.to_owned(), serde_json::Value::String(day))
            };
            let told = serde_json::Value::Object(named(taken).map(of).collect());
            app.keys().seal_text("correction", &told.to_string())
        };
        let correction = CorrectionRow {
            case: row.id,
            id: self.ids.0,
            subject: "attributes".to_owned(),
            subject_id: None,
            at: self.at,
            by: self.by,
            reason_sealed: self.reason_sealed.clone(),
            before_sealed: told(!is_taken),
            after_sealed: told(is_taken),
            by_name: String::new(),
        };
        storage::corrections::insert(tx, &correction)?;
        let names: Vec<&str> = named(taken).map(|(name, _)| name).collect();
        let entry = with(self.corrected.clone(), names.join(", "));
        let entry = AuditEntry {
            case: Some(row.id),
            ..entry
        };
        audit::note(tx, app.keys(), &entry)
    }
}

/// Takes the first day of symptoms over into a record that has none, as somebody else than its own center tells it; inside
/// the transaction, with the case held. A contact who is not ill has no such day.
pub(crate) fn take_onset(
    app: &App,
    tx: &mut Tx<'_>,
    (case, onset_on): (CaseId, Option<Date>),
    lines: &Lines,
) -> Result<(), storage::Error> {
    let Some(row) = cases::by_id(tx, case)? else {
        return Ok(());
    };
    let taken = Taken {
        onset_on: onset_on.filter(|_| row.onset_on.is_none() && !row.is_contact),
        entered_japan_on: None,
    };
    if taken == Taken::default() {
        return Ok(());
    }
    rows::take_days(tx, case, &taken)?;
    let stands = cases::by_id(tx, case)?.unwrap_or(row);
    lines.write_days(app, tx, (&stands, &taken, true))
}

impl StaffDesk {
    /// The record under which what is written about a case in reach is kept, where that is another one: two became one.
    pub async fn kept_record(&self, case: CaseId) -> Result<Option<CaseId>, Error> {
        let scope = self.scope();
        let found = self
            .app
            .db()
            .read(move |tx| cases::find(tx, &scope, case))
            .await?;
        Ok(found.and_then(|row| row.merged_into))
    }

    /// Who else at the center may be the person of a case, the likeliest first: those of the same disease, and apart from them those
    /// of another one, for two illnesses of one person are two cases, unless somebody has chosen the wrong disease.
    pub async fn like_case(&self, case: CaseId) -> Result<(Vec<Alike>, Vec<Alike>), Error> {
        self.needs(Right::CorrectPersons)?;
        let Some(view) = self.case(case).await? else {
            return Ok((Vec::new(), Vec::new()));
        };
        let names: Vec<&str> = view
            .names
            .iter()
            .map(|(_, name)| name.expose().as_str())
            .collect();
        let birthdate = view.birthdate.expose().date();
        let phone = view.phone.as_ref().map_or("", |phone| phone.expose());
        // Nobody is like somebody else for having none.
        let blind = PhoneNumber::parse(phone)
            .map(|phone| crate::attributes::phone_blind(self.app.keys(), &phone))
            .unwrap_or_default();
        let mut alike = self
            .alike_to(Who {
                identity: Identity::new(&names, Some(birthdate), phone, ""),
                keys: names.iter().map(|name| NameKeys::of(name).sorted).collect(),
                phone_blind: blind,
                birthdate,
            })
            .await?;
        alike.retain(|one| one.view.member.case != case);
        Ok(alike
            .into_iter()
            .partition(|one| one.view.member.programme == view.member.programme))
    }

    /// The case of a number at the own center, for laying it beside another one.
    pub async fn case_by_number(&self, number: &str) -> Result<Option<CaseView>, Error> {
        self.needs(Right::CorrectPersons)?;
        let Ok(id) = HersysId::parse(number, self.app.id_lengths()) else {
            return Ok(None);
        };
        let scope = self.scope();
        let found = self
            .app
            .db()
            .read(move |tx| match cases::by_hersys_id(tx, id.as_str())? {
                Some(row) => cases::find(tx, &scope, row.id),
                None => Ok(None),
            })
            .await?;
        match found {
            Some(row) => Ok(Some(self.view(row).await?)),
            None => Ok(None),
        }
    }

    /// The merges that a case in reach has a part in, the latest first.
    pub async fn merges(&self, case: CaseId) -> Result<Vec<MergeLine>, Error> {
        if self.case(case).await?.is_none() {
            return Ok(Vec::new());
        }
        let found = self
            .app
            .db()
            .read(move |tx| {
                let numbered = |tx: &mut storage::Tx<'_>, case: CaseId| {
                    Ok::<_, storage::Error>(cases::hersys_id(tx, case)?.unwrap_or_default())
                };
                rows::of_case(tx, case)?
                    .into_iter()
                    .map(|row| {
                        let numbers = (numbered(tx, row.kept)?, numbered(tx, row.merged)?);
                        Ok((row, numbers))
                    })
                    .collect::<Result<Vec<_>, storage::Error>>()
            })
            .await?;
        found
            .into_iter()
            .map(|(row, (kept, merged))| {
                Ok(MergeLine {
                    kept: (row.kept, kept),
                    merged: (row.merged, merged),
                    at: row.at,
                    by: row.by_name,
                    reason: self.app.keys().open_text(SEALED_AS, &row.reason_sealed)?,
                    reports: row.moved.reports,
                    undone: row.undone,
                })
            })
            .collect()
    }

    /// The lines of what comes to a record from elsewhere, with the reason.
    pub(crate) fn lines(&self, reason: &str) -> Lines {
        Lines {
            ids: (self.app.new_uuid(), self.app.new_uuid()),
            illness: self.app.new_uuid(),
            met: (self.app.new_uuid(), self.app.new_uuid()),
            by: self.staff,
            at: self.app.clock.now(),
            reason_sealed: self.app.keys().seal_text("correction", reason),
            corrected: self.did("case.corrected", None),
            followed: self.did("case.followed", None),
        }
    }

    /// A reason, sealed for the merge and for the corrections that come of it.
    fn reason(&self, reason: &str) -> Option<(Vec<u8>, Lines)> {
        let reason = clean_note(reason);
        let sealed = || self.app.keys().seal_text(SEALED_AS, &reason);
        (1..=NOTE_LENGTH)
            .contains(&reason.chars().count())
            .then(|| (sealed(), self.lines(&reason)))
    }

    /// Makes two records of one illness one: `merged` goes into `kept`. `versions`: those that were looked at, of the
    /// kept case and of the merged one. If either is a case, and not a close contact who is not ill, the kept one is.
    pub async fn merge_cases(
        &self,
        kept: CaseId,
        merged: CaseId,
        versions: (i32, i32),
        reason: &str,
    ) -> Result<Merge, Error> {
        self.needs(Right::CorrectPersons)?;
        let center = self.own_center()?;
        let Some((reason_sealed, lines)) = self.reason(reason) else {
            return Ok(Merge::Reason);
        };
        if kept == merged {
            return Ok(Merge::PartOfAnother);
        }
        let (app, scope, now) = (self.app.clone(), self.scope(), self.app.clock.now());
        let (staff, id) = (self.staff, app.new_uuid());
        let alert = AlertId::from_uuid(app.new_uuid());
        let entries = [
            about(self.did("case.merged", Some(kept)), merged.uuid()),
            about(self.did("case.merged", Some(merged)), kept.uuid()),
        ];
        let fell_ill = self.did("case.fell_ill", Some(kept));
        let db = self.app.db();
        Ok(db
            .write(move |tx| {
                // Before anything is looked at: whoever else makes one of either, or moves it, and a report of either that is
                // on its way, is waited for.
                storage::monitoring::hold_all(tx, vec![merged, kept])?;
                let (Some(a), Some(b)) = (
                    cases::find(tx, &scope, kept)?,
                    cases::find(tx, &scope, merged)?,
                ) else {
                    return Ok(Merge::NoSuchCase);
                };
                if a.center != center || b.center != center {
                    return Ok(Merge::NoSuchCase);
                }
                let holds = |row: &MergeRow| row.undone.is_none();
                if b.merged_into == Some(kept) {
                    // The same form again; or a colleague was faster, whose reason holds then.
                    let of_both = rows::of_case(tx, merged)?;
                    let mut of_both = of_both.iter().filter(|row| holds(row));
                    return Ok(match of_both.find(|row| row.kept == kept) {
                        Some(row) if row.by != staff => Merge::ChangedMeanwhile,
                        _ => Merge::Done(kept),
                    });
                }
                let is_kept = rows::of_case(tx, merged)?.iter().any(holds);
                if a.merged_into.is_some() || b.merged_into.is_some() || is_kept {
                    return Ok(Merge::PartOfAnother);
                }
                if a.is_in_error || b.is_in_error {
                    return Ok(Merge::InError);
                }
                if a.programme != b.programme {
                    return Ok(Merge::OtherDisease);
                }
                if (a.version, b.version) != versions {
                    return Ok(Merge::ChangedMeanwhile);
                }
                if storage::transfer::is_offered(tx, kept)?
                    || storage::transfer::is_offered(tx, merged)?
                {
                    return Ok(Merge::Offered);
                }
                let followed = followed::Both::read(&app, tx, merged, kept)?;
                let calls = calls::Both::read(tx, (merged, kept), now)?;
                let ill = ill::days(&a, &b);
                if let Some(ill) = ill {
                    ill::begins(tx, &a, ill, now)?;
                }
                let wait = following(tx, center, now)?.tell_center_after;
                let soon = now + SignedDuration::from_mins(wait);
                let mut moved = rows::move_over(tx, merged, kept, (now, soon))?;
                moved.settled =
                    crate::registered_twice::are_one(tx, app.keys(), (kept, staff), now)?;
                moved.heard = Some(hear_of_both(&app, tx, merged, kept)?);
                if let Some(followed) = followed {
                    moved.followed = followed.join(&app, tx, (&lines, id), &moved)?;
                }
                moved.calls = Some(calls.join(tx, kept, now)?);
                moved.told = told::take_over(app.keys(), tx, (&b, &a), now)?;
                let taken = days_to_take(&a, &b);
                let mut stands = match ill {
                    Some(_) => ill::counts(&app, tx, (&a, &b), (&lines, &fell_ill))?,
                    None => a,
                };
                moved.fell_ill = ill;
                if taken != Taken::default() {
                    rows::take_days(tx, kept, &taken)?;
                    stands = cases::by_id(tx, kept)?.unwrap_or(stands);
                    lines.write_days(&app, tx, (&stands, &taken, true))?;
                }
                moved.taken = taken;
                if stands.is_contact {
                    // Where the merged one is a case, so is this by now: both are contacts.
                    let settled = settle_both(&app, tx, (&stands, &b))?;
                    lines.write_last_contact(&app, tx, (kept, lines.met.0), settled)?;
                    stands = cases::by_id(tx, kept)?.unwrap_or(stands);
                }
                let row = MergeRow {
                    id,
                    kept,
                    merged,
                    at: now,
                    by: staff,
                    by_name: String::new(),
                    reason_sealed: reason_sealed.clone(),
                    moved,
                    undone: None,
                };
                if !rows::insert(tx, &row)? {
                    return Err(storage::Error::TryAgain);
                }
                refresh(&app, tx, &stands, Because::Changed, alert, now)?;
                for entry in &entries {
                    audit::note(tx, app.keys(), entry)?;
                }
                Ok(Merge::Done(kept))
            })
            .await?)
    }

    /// Undoes a merge: what was moved goes back, and both cases are followed again. What came since stays with the
    /// kept one; what has ended an alert about the other one stands in both. An alert that only both together had made ends.
    pub async fn unmerge_case(&self, merged: CaseId, reason: &str) -> Result<Merge, Error> {
        self.needs(Right::CorrectPersons)?;
        let center = self.own_center()?;
        let Some((reason_sealed, lines)) = self.reason(reason) else {
            return Ok(Merge::Reason);
        };
        let (app, scope, now) = (self.app.clone(), self.scope(), self.app.clock.now());
        let staff = self.staff;
        let alert = AlertId::from_uuid(app.new_uuid());
        let of_merged = self.did("case.unmerged", Some(merged));
        let of_answered = self.did("case.contacted", Some(merged));
        let of_contact = self.did("case.contact_again", Some(merged));
        let db = self.app.db();
        Ok(db
            .write(move |tx| {
                let Some(row) = cases::find(tx, &scope, merged)? else {
                    return Ok(Merge::NoSuchCase);
                };
                if row.center != center {
                    return Ok(Merge::NoSuchCase);
                }
                // Before it is read: a report that comes under the merged number this very moment goes back, too.
                rows::hold(tx, merged)?;
                let Some(merge) = rows::open_of_merged(tx, merged)? else {
                    return Ok(Merge::ChangedMeanwhile);
                };
                // In this order whoever corrects a report, or calls it wrong, takes the two, too.
                storage::monitoring::hold_all(tx, vec![merge.kept, merged])?;
                if storage::transfer::is_offered(tx, merge.kept)? {
                    return Ok(Merge::Offered);
                }
                // Both would be parted, and only one of them be a case: first it is one again.
                if cases::by_id(tx, merge.kept)?.is_some_and(|kept| kept.is_in_error) {
                    return Ok(Merge::InError);
                }
                if !rows::undone(tx, merge.id, staff, &reason_sealed, now)? {
                    return Ok(Merge::ChangedMeanwhile);
                }
                let open = parted::Open::read(&app, tx, &merge)?;
                let calls = calls::Stands::read(tx, merge.kept, now)?;
                rows::move_back_again(tx, &merge, now)?;
                // Each isolates from the last of the meetings that are their own again.
                for whose in [(merge.kept, lines.met.0), (merged, lines.met.1)] {
                    let settled = settle(&app, tx, whose.0)?;
                    lines.write_last_contact(&app, tx, whose, settled)?;
                }
                ill::part(&app, tx, &merge, (&lines, &of_contact))?;
                answered::give_along(&app, tx, &merge, (&of_answered, now))?;
                hear_of_each(&app, tx, &merge)?;
                followed::part(&app, tx, &merge, &lines)?;
                calls.part(tx, (merge.kept, merge.moved.calls.as_ref()), now)?;
                if let Some(stands) = cases::by_id(tx, merge.kept)? {
                    let taken = days_to_give_back(&stands, &merge.moved.taken);
                    if taken != Taken::default() {
                        rows::give_days_back(tx, merge.kept, &taken)?;
                        let stands = cases::by_id(tx, merge.kept)?.unwrap_or(stands);
                        lines.write_days(&app, tx, (&stands, &taken, false))?;
                    }
                }
                told::give_back(app.keys(), tx, &merge, now)?;
                for case in [merge.kept, merged] {
                    if let Some(row) = cases::by_id(tx, case)? {
                        // Whoever has an open alert then is said below.
                        refresh(&app, tx, &row, Because::Reckoned, alert, now)?;
                    }
                }
                if let Some(open) = open {
                    parted::part(&app, tx, &merge, &open, staff, (alert, now))?;
                }
                let kept = merge.kept;
                let mut of_kept = of_merged.clone();
                of_kept.case = Some(kept);
                audit::note(tx, app.keys(), &about(of_merged.clone(), kept.uuid()))?;
                audit::note(tx, app.keys(), &about(of_kept, merged.uuid()))?;
                Ok(Merge::Done(merged))
            })
            .await?)
    }
}
