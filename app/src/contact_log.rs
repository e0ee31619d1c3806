//! Calls, visits and notes: what was tried and what came of it.

use crate::audit::{self, with};
use crate::health_center::HealthCenter;
use crate::in_error::InError;
use crate::monitoring::{NOTE_LENGTH, moment_of, problem_of_call};
use crate::{App, Error, StaffDesk};
use domain::health_day::health_day;
use domain::ids::{AlertId, CaseId, ContactId, HealthCenterId, StaffId};
use domain::monitoring::{ContactOutcome, MonitoringStatus};
use domain::personal::Personal;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::case_registration as cases;
use storage::contact_log::{self as rows, ContactRow, Did};
use storage::monitoring;

pub(crate) const SEALED_AS: &str = "contact_note";

/// After how many minutes somebody is called again who was not reached, where no other moment was agreed: while an alert
/// is open, as soon as a phone may have been put down; otherwise within the same shift.
const CALL_AGAIN_MINUTES: i64 = 120;
const CALL_AGAIN_MINUTES_ALERT: i64 = 15;

/// A call, a visit or a note as a form brings it.
#[derive(Clone, Debug, Default)]
pub struct TypedContact {
    /// The key of the form: the same words that come with it once more are no second line.
    pub key: String,
    /// The word of the outcome.
    pub outcome: String,
    /// What was said and done.
    pub note: String,
    /// When to call next, in the center's time zone; empty: no call is due, unless nobody was reached, or an ambulance was
    /// called about an alert: then one is planned all the same.
    pub next_call_at: String,
    /// With an ambulance that was called about an alert: whether the person is in hospital now.
    pub in_hospital: bool,
    /// With the same: that nobody has to call to hear where the person is.
    pub no_call: bool,
}

/// A line as pages show it.
#[derive(Clone, Debug)]
pub struct ContactLine {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What came of it.
    pub outcome: ContactOutcome,
    /// What was said and done.
    pub note: Personal<String>,
    /// Whether it ended an alert.
    pub ended_alert: bool,
    /// Which line it is.
    pub id: ContactId,
    /// Who wrote it.
    pub written_by: StaffId,
    /// That it was taken back as entered in error, and the name of whoever did so: then it counts nowhere.
    pub in_error: Option<(InError, String)>,
}

/// What came of writing a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddContact {
    /// It stands: now, or already when the same form came before.
    Added,
    /// The names of fields that lack something or cannot be read.
    Problems(Vec<&'static str>),
    /// There is no such case.
    NoSuchCase,
}

/// For how long after a case was given to another center what was being written at the old one still goes along: long
/// enough for a call that had begun and the writing down of it.
const WRITTEN_ALONG: SignedDuration = SignedDuration::from_hours(4);

pub(crate) fn read_contacts(app: &App, lines: Vec<ContactRow>) -> Result<Vec<ContactLine>, Error> {
    lines
        .into_iter()
        .map(|row| {
            Ok(ContactLine {
                at: row.at,
                by: row.by_name,
                outcome: ContactOutcome::parse(&row.outcome)
                    .ok_or_else(|| Error::broken(format!("contacts_made.outcome of {}", row.id)))?,
                note: app.keys().open_text(SEALED_AS, &row.note_sealed)?,
                ended_alert: row.alert.is_some(),
                id: row.id,
                written_by: row.by,
                in_error: match row.in_error {
                    Some((mark, name)) => Some((app.read_in_error(mark)?, name)),
                    None => None,
                },
            })
        })
        .collect()
}

/// When a call or a visit that counts reached somebody last who could tell how the person of a record is, and on which day.
pub(crate) fn reached(
    app: &App,
    tx: &mut Tx<'_>,
    record: CaseId,
) -> Result<Option<(Timestamp, Date)>, storage::Error> {
    let reaches = |one: &ContactOutcome| !one.reached_somebody();
    let nobody = ContactOutcome::ALL.into_iter().filter(reaches);
    let nobody: Vec<&str> = nobody.map(ContactOutcome::word).collect();
    let at = rows::reached_at(tx, record, &nobody)?;
    Ok(at.map(|at| (at, health_day(at, &app.zone()))))
}

/// A line ready to be written, with the next call that was agreed.
#[derive(Clone)]
pub(crate) struct Contacted {
    pub(crate) row: ContactRow,
    pub(crate) next_call_at: Option<Timestamp>,
    /// The center that answers for the person.
    pub(crate) center: HealthCenterId,
    /// Whether whoever writes follows the person for that center. A call from a medical institution is read there, and
    /// leaves alone what the center has promised to do itself.
    pub(crate) for_center: bool,
    /// The present day at the center.
    pub(crate) today: Date,
}

impl Contacted {
    /// The same about another record.
    pub(crate) fn of(&self, record: CaseId) -> Contacted {
        let mut contacted = self.clone();
        contacted.row.case = record;
        contacted
    }

    /// What the line is about to change of how the person is followed, kept so that it can be taken back.
    fn does(&self, tx: &mut Tx<'_>, is_note: bool) -> Result<Did, storage::Error> {
        let sets_next = self.for_center && (!is_note || self.next_call_at.is_some());
        if is_note && !sets_next {
            return Ok(Did::default());
        }
        monitoring::hold(tx, self.row.case)?;
        let stands = storage::in_error::heard(tx, self.row.case)?;
        let next = stands.filter(|_| sets_next);
        Ok(Did {
            next_call: next.map(|stands| (stands.next_call_at, self.next_call_at)),
            heard_before: stands.filter(|_| !is_note).map(|stands| stands.since),
        })
    }

    /// Writes the line; the call that was due is done, and the next one that was agreed is due. Tells whether it is a line
    /// that did not stand already.
    pub(crate) fn write(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, storage::Error> {
        let is_note = self.row.outcome == ContactOutcome::Note.word();
        let outcome = ContactOutcome::parse(&self.row.outcome);
        let mut row = self.row.clone();
        row.did = self.does(tx, is_note)?;
        if !rows::insert(tx, &row)? {
            return Ok(false);
        }
        if !is_note {
            let reached_nobody = outcome.is_some_and(ContactOutcome::reached_nobody);
            let came = (self.row.outcome.as_str(), reached_nobody);
            monitoring::called(tx, self.row.case, came, (now, self.today))?;
            if outcome == Some(ContactOutcome::WrongNumber) {
                // What waits for that number would reach whoever has it.
                storage::outbox::withdraw_sms_about(tx, self.row.case, now)?;
            }
        }
        if !self.for_center {
            monitoring::touch(tx, self.row.case, now)?;
            return Ok(true);
        }
        if !is_note || self.next_call_at.is_some() {
            monitoring::set_next_call(tx, self.row.case, self.next_call_at, now)?;
        }
        // Whoever has an alert has written nothing by somebody else's answering the phone.
        if outcome != Some(ContactOutcome::AskedBack) {
            let wait = crate::place_settings::following(tx, self.center, now)?.tell_taken_after;
            let next = now + jiff::SignedDuration::from_mins(wait);
            storage::alerts::heard_of(tx, self.row.case, next)?;
        }
        Ok(true)
    }
}

impl StaffDesk {
    /// A note that a use case writes about what it decides, in place of somebody who types it.
    pub(crate) fn note_row(&self, case: CaseId, note: &str, center: HealthCenterId) -> Contacted {
        Contacted {
            row: ContactRow {
                case,
                id: ContactId::from_uuid(self.app.new_uuid()),
                at: self.app.clock.now(),
                by: self.staff,
                outcome: ContactOutcome::Note.word().to_owned(),
                note_sealed: self.app.keys().seal_text(SEALED_AS, note),
                alert: None,
                by_name: String::new(),
                did: Did::default(),
                in_error: None,
            },
            next_call_at: None,
            center,
            for_center: true,
            today: self.app.today(),
        }
    }

    /// The id of the line that a form makes. It depends on the form and on what it says: the same words that arrive once
    /// more are the same line, and other words, typed by whoever went back to a form that was sent, are a line of their own.
    pub(crate) fn line_id(
        &self,
        typed: &TypedContact,
        (outcome, note): (ContactOutcome, &str),
    ) -> ContactId {
        let Ok(form) = typed.key.parse::<ContactId>() else {
            return ContactId::from_uuid(self.app.new_uuid());
        };
        let parts = [
            &form.to_string(),
            outcome.word(),
            typed.next_call_at.trim(),
            note,
        ];
        let hash = self.app.keys().blind("contact line", &parts.join("\n"));
        let bytes = hash.first_chunk().copied().unwrap_or_default();
        ContactId::from_uuid(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// Reads what was typed.
    pub(crate) async fn contact_row(
        &self,
        case: CaseId,
        typed: &TypedContact,
        alert: Option<AlertId>,
        center: HealthCenterId,
    ) -> Result<Result<Contacted, Vec<&'static str>>, Error> {
        let zone = self.app.health_center(center).await?.time_zone;
        let (has_alert, is_followed) = self
            .app
            .db()
            .read(move |tx| {
                let open = storage::alerts::open_of_case(tx, case)?;
                Ok((open.is_some(), monitoring::find(tx, case)?))
            })
            .await
            .map(|(open, row)| {
                let status = row.and_then(|row| MonitoringStatus::parse(&row.status));
                (open, status.is_some_and(MonitoringStatus::is_open))
            })?;
        let now = self.app.clock.now();
        let mut problems = Vec::new();
        let outcome = ContactOutcome::parse(&typed.outcome).filter(|one| one.is_chosen());
        if outcome.is_none() {
            problems.push("outcome");
        }
        let reached_nobody = outcome.is_some_and(ContactOutcome::reached_nobody);
        // Whoever reached nobody has ended nothing.
        let alert = alert.filter(|_| !reached_nobody);
        let note = clean_note(&typed.note);
        // Whoever ends an alert says what was done; nobody has to say anything about an unanswered call.
        let needs_words = alert.is_some() || outcome == Some(ContactOutcome::Note);
        if note.is_empty() && needs_words || note.chars().count() > NOTE_LENGTH {
            problems.push("note");
        }
        let for_center = self.may(Right::Follow);
        let agreed = if for_center {
            typed.next_call_at.as_str()
        } else {
            ""
        };
        let next_call_at = moment_of(agreed, &zone);
        let stays_open = has_alert && alert.is_none();
        match next_call_at {
            Ok(at) => problems.extend(problem_of_call(at, now, stays_open)),
            Err(()) => problems.push("next_call_at"),
        }
        let (Some(outcome), Ok(next_call_at), true) = (outcome, next_call_at, problems.is_empty())
        else {
            return Ok(Err(problems));
        };
        // Nobody who was not reached is left without a call.
        let again = SignedDuration::from_mins(match stays_open {
            true => CALL_AGAIN_MINUTES_ALERT,
            false => CALL_AGAIN_MINUTES,
        });
        // Nor is it left open whether a hospital has taken somebody whom an ambulance fetched.
        let by_ambulance = outcome == ContactOutcome::Ambulance && alert.is_some();
        let calls_again = reached_nobody || by_ambulance && !typed.no_call;
        let is_tried_again = for_center && calls_again && is_followed;
        let next_call_at = next_call_at.or_else(|| is_tried_again.then(|| now + again));
        let id = self.line_id(typed, (outcome, &note));
        Ok(Ok(Contacted {
            row: ContactRow {
                case,
                id,
                at: now,
                by: self.staff,
                outcome: outcome.word().to_owned(),
                note_sealed: self.app.keys().seal_text(SEALED_AS, &note),
                alert,
                by_name: String::new(),
                did: Did::default(),
                in_error: None,
            },
            next_call_at,
            center,
            for_center,
            today: health_day(now, &zone),
        }))
    }

    /// Writes down a call, a visit or a note; where two records became one, under the one that was kept.
    pub async fn add_contact(
        &self,
        case: CaseId,
        typed: &TypedContact,
    ) -> Result<AddContact, Error> {
        self.needs(Right::Attend)?;
        let (scope, s) = (self.scope(), self.scope());
        let found = self
            .app
            .db()
            .read(move |tx| cases::find(tx, &s, case))
            .await?;
        let Some(found) = found else {
            return Ok(AddContact::NoSuchCase);
        };
        let contact = match self.contact_row(case, typed, None, found.center).await? {
            Ok(contact) => contact,
            Err(problems) => return Ok(AddContact::Problems(problems)),
        };
        let entry = with(self.did("case.contacted", Some(case)), &contact.row.outcome);
        let (keys, now) = (self.app.keys().clone(), self.app.clock.now());
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let Some(row) = cases::find(tx, &scope, case)? else {
                    return Ok(AddContact::NoSuchCase);
                };
                contact.of(row.record()).write(tx, now)?;
                audit::note(tx, &keys, &entry)?;
                Ok(AddContact::Added)
            })
            .await?)
    }

    /// Gives what somebody was writing, while the case was given to another center, to that center: as a line among its
    /// calls and notes, with who wrote it. Nothing is told about the person. `typed` is not asked to be complete, since
    /// it cannot be mended any more; an outcome that cannot be read is that of a note.
    ///
    /// Who follows the person now, and whether there was anything to give along; none: the own center did not give this case
    /// away in the last hours.
    pub async fn write_along(
        &self,
        case: CaseId,
        typed: &TypedContact,
    ) -> Result<Option<(HealthCenter, bool)>, Error> {
        // Whoever corrects a person without following them writes about that.
        if !self.may(Right::Follow) {
            self.needs(Right::CorrectPersons)?;
        }
        let Ok(own) = self.own_center() else {
            return Ok(None);
        };
        let note = clean_note(&typed.note);
        let outcome = ContactOutcome::parse(&typed.outcome).unwrap_or(ContactOutcome::Note);
        let is_written = !note.is_empty() || outcome != ContactOutcome::Note;
        let now = self.app.clock.now();
        let line = ContactRow {
            case,
            id: self.line_id(typed, (outcome, &note)),
            at: now,
            by: self.staff,
            outcome: outcome.word().to_owned(),
            note_sealed: self.app.keys().seal_text(SEALED_AS, &note),
            alert: None,
            by_name: String::new(),
            did: Did::default(),
            in_error: None,
        };
        let entry = with(self.did("case.contacted", Some(case)), &line.outcome);
        let (keys, today) = (self.app.keys().clone(), self.app.today());
        let follower = self
            .app
            .db()
            .write(move |tx| {
                let since = now - WRITTEN_ALONG;
                let Some(row) = cases::by_id(tx, case)? else {
                    return Ok(None);
                };
                let given = (case, row.record(), own);
                let Some(center) = storage::transfer::given_since(tx, given, since)? else {
                    return Ok(None);
                };
                if !is_written {
                    return Ok(Some(center));
                }
                let contact = Contacted {
                    row: line.clone(),
                    next_call_at: None,
                    center,
                    for_center: false,
                    today,
                };
                contact.of(row.record()).write(tx, now)?;
                audit::note(tx, &keys, &entry)?;
                Ok(Some(center))
            })
            .await?;
        match follower {
            Some(center) => Ok(Some((self.app.health_center(center).await?, is_written))),
            None => Ok(None),
        }
    }
}
