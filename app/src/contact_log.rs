//! Calls, visits and notes: what was tried and what came of it.

mod next_call;

pub(crate) use next_call::{Named, Planned, Stands, behind, calls_ahead, without_a_call};
use next_call::{ahead, call_ahead};

use crate::audit::{self, with};
use crate::call_back::ask_of_closed;
use crate::health_center::HealthCenter;
use crate::in_error::InError;
use crate::monitoring::{
    NOTE_LENGTH, ToHospital, moment_of, problem_of_call, to_hospital as to_hospital_in,
};
use crate::{App, Error, StaffDesk};
use domain::health_day::health_day;
use domain::ids::{AlertId, CaseId, ContactId, HealthCenterId, StaffId, TaskId};
use domain::monitoring::{ContactOutcome, MonitoringStatus};
use domain::personal::Personal;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::case_registration::{self as cases, Record};
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
    /// When to call next, in the center's time zone. Left as it was shown it says nothing: a call that is planned and lies
    /// ahead stays, one that was due is done, and where nobody was reached, or an ambulance was called, one is planned.
    pub next_call_at: String,
    /// What the form showed there: the call that was planned.
    pub call_shown: String,
    /// With an ambulance that was called: whether the person is in hospital now. Only who follows the person says so.
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

/// The call or visit that counts and by which somebody was reached last who could tell how the person of a record is: when,
/// and what came of it.
pub(crate) fn last_reached(
    tx: &mut Tx<'_>,
    record: CaseId,
) -> Result<Option<(Timestamp, ContactOutcome)>, storage::Error> {
    let reaches = |one: &ContactOutcome| !one.reached_somebody();
    let nobody = ContactOutcome::ALL.into_iter().filter(reaches);
    let nobody: Vec<&str> = nobody.map(ContactOutcome::word).collect();
    let last = rows::reached(tx, record, &nobody)?;
    Ok(last.and_then(|(outcome, at)| Some((at, ContactOutcome::parse(&outcome)?))))
}

/// When that was, and on which day.
pub(crate) fn reached(
    app: &App,
    tx: &mut Tx<'_>,
    record: CaseId,
) -> Result<Option<(Timestamp, Date)>, storage::Error> {
    let Some((at, _)) = last_reached(tx, record)? else {
        return Ok(None);
    };
    // The day where the person is followed, as for whoever is called there.
    let Some(row) = cases::by_id(tx, record)? else {
        return Ok(None);
    };
    let center = app.center_within(tx, row.center)?;
    Ok(Some((at, health_day(at, &center.time_zone))))
}

/// A line ready to be written, with the next call that was agreed.
#[derive(Clone)]
pub(crate) struct Contacted {
    pub(crate) row: ContactRow,
    pub(crate) next_call_at: Option<Timestamp>,
    /// What becomes of the call that is planned already.
    pub(crate) planned: Planned,
    /// The center that answers for the person.
    pub(crate) center: HealthCenterId,
    /// Whether whoever writes follows the person for that center. A call from a medical institution is read there, and
    /// leaves alone what the center has promised to do itself; where an ambulance was called, the center is to call at once.
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

    /// Whether a line sets the next call, be it to none.
    fn sets_next(&self, outcome: Option<ContactOutcome>) -> bool {
        match (self.for_center, outcome) {
            (false, _) => outcome == Some(ContactOutcome::Ambulance),
            (true, Some(ContactOutcome::Note)) => match self.planned {
                Planned::AsNamed => self.next_call_at.is_some(),
                Planned::Stays => false,
                Planned::InPlaceOf(_) | Planned::Needless(_) | Planned::NoneNeeded => true,
            },
            (true, _) => true,
        }
    }

    /// The next call once the line is written, where it sets it, and what the line says of the one behind it. `stands`: which
    /// one is planned.
    fn next_call(
        &self,
        tx: &mut Tx<'_>,
        stands: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), storage::Error> {
        if !self.for_center {
            // One that has been due for longer stays so.
            return Ok((Some(stands.map_or(now, |at| at.min(now))), None));
        }
        let (case, planned) = (self.row.case, self.planned);
        let is_note = self.row.outcome == ContactOutcome::Note.word();
        let since = match is_note {
            true => without_a_call(now),
            false => now,
        };
        let agreed = match planned {
            // What was agreed before is followed back.
            Planned::AsNamed if !is_note => return Ok((self.next_call_at, None)),
            Planned::AsNamed => None,
            // What is needless is the call that an ambulance brings with it, not what was planned besides.
            Planned::NoneNeeded => ahead(tx, case, (stands, since), |outcome| {
                outcome.reached_nobody() || outcome == ContactOutcome::Ambulance
            })?,
            _ => call_ahead(tx, case, (stands, since))?,
        };
        let later = match agreed {
            Some(at) => behind(tx, case, (at, since))?,
            None => None,
        };
        // A note does no call: neither one that is due nor a try, which its form did not show.
        let undone = stands.filter(|at| is_note && (planned != Planned::AsNamed || *at <= now));
        // The form shows what lies ahead, behind a try that is planned before it.
        let stays = |at: &Timestamp| !planned.is_needless(*at);
        let named = matches!(planned, Planned::AsNamed | Planned::InPlaceOf(_));
        let named = self.next_call_at.filter(|_| named);
        let agreed = [agreed, later].into_iter().flatten().filter(stays);
        let agreed: Vec<Timestamp> = agreed.chain(named).collect();
        let undone = undone.filter(stays);
        let all = agreed.iter().copied().chain(undone);
        // A try is what is left where no moment was named.
        let Some(first) = all.chain(self.next_call_at).min() else {
            return Ok((None, None));
        };
        let behind = agreed.into_iter().filter(|at| *at > first).min();
        Ok((Some(first), Some(behind.unwrap_or(first))))
    }

    /// What the line is about to change of how the person is followed, kept so that it can be taken back.
    fn does(
        &self,
        tx: &mut Tx<'_>,
        outcome: Option<ContactOutcome>,
        now: Timestamp,
    ) -> Result<Did, storage::Error> {
        let is_note = outcome == Some(ContactOutcome::Note);
        let sets_next = self.sets_next(outcome);
        if is_note && !sets_next {
            return Ok(Did::default());
        }
        monitoring::hold(tx, self.row.case)?;
        let Some(stands) = storage::in_error::heard(tx, self.row.case)? else {
            return Ok(Did::default());
        };
        // Of somebody who is followed no more no list shows a call; whoever is to look at it has a task.
        let before = stands.next_call_at;
        let (next_call, behind) = match sets_next && (self.for_center || stands.is_open) {
            true => {
                let (next, behind) = self.next_call(tx, before, now)?;
                (Some((before, next)), behind)
            }
            false => (None, None),
        };
        Ok(Did {
            next_call,
            behind,
            heard_before: (!is_note).then_some(stands.since),
        })
    }

    /// Writes the line; the call that was due is done, and the next one that was agreed is due. Tells whether it is a line
    /// that did not stand already.
    pub(crate) fn write(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, storage::Error> {
        let is_note = self.row.outcome == ContactOutcome::Note.word();
        let outcome = ContactOutcome::parse(&self.row.outcome);
        let mut row = self.row.clone();
        row.did = self.does(tx, outcome, now)?;
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
        if let Some((_, next)) = row.did.next_call {
            monitoring::set_next_call(tx, self.row.case, next, now)?;
        }
        if !self.for_center {
            monitoring::touch(tx, self.row.case, now)?;
            return Ok(true);
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
            planned: Planned::AsNamed,
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
        let form = form.to_string();
        let mut parts = vec![
            form.as_str(),
            outcome.word(),
            typed.next_call_at.trim(),
            note,
        ];
        if outcome == ContactOutcome::Ambulance {
            // What is ticked about it is said, too.
            parts.extend(typed.in_hospital.then_some("in hospital"));
            parts.extend(typed.no_call.then_some("no call"));
        }
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
        // What was shown was a moment once.
        let shown = moment_of(&typed.call_shown, &zone).unwrap_or_default();
        let next_call_at = moment_of(agreed, &zone);
        let is_left_alone = next_call_at == Ok(shown);
        let next_call_at = next_call_at.map(|at| at.filter(|_| !is_left_alone));
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
        let by_ambulance = outcome == ContactOutcome::Ambulance;
        let none_needed = by_ambulance && typed.no_call;
        let planned = match (next_call_at, shown) {
            (None, _) if none_needed => Planned::NoneNeeded,
            (None, _) if is_left_alone => Planned::Stays,
            (None, Some(shown)) => Planned::Needless(shown),
            (Some(_), shown) => Planned::InPlaceOf(shown),
            (None, None) => Planned::AsNamed,
        };
        let calls_again = reached_nobody || by_ambulance && !none_needed;
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
            planned,
            center,
            for_center,
            today: health_day(now, &zone),
        }))
    }

    /// What goes into the record where a form says that an ambulance has brought the person to hospital; only who follows
    /// the person decides that.
    pub(crate) fn taken_to_hospital(
        &self,
        case: CaseId,
        outcome: &str,
        typed: &TypedContact,
    ) -> Option<ToHospital> {
        let is_there = typed.in_hospital && outcome == ContactOutcome::Ambulance.word();
        (is_there && self.may(Right::Follow)).then(|| ToHospital {
            ids: (self.app.new_uuid(), AlertId::from_uuid(self.app.new_uuid())),
            by: self.staff,
            reason: clean_note(&typed.note),
            entry: with(
                self.did("case.followed", Some(case)),
                MonitoringStatus::Hospital.word(),
            ),
        })
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
        let to_hospital = self.taken_to_hospital(case, &contact.row.outcome, typed);
        let (app, now) = (self.app.clone(), self.app.clock.now());
        let (task, note) = (TaskId::from_uuid(app.new_uuid()), clean_note(&typed.note));
        Ok(self
            .app
            .db()
            .write(move |tx| {
                // Held before it is looked at: where two records become one this moment, it is written under that one.
                let Some(record) = Record::held(tx, &scope, case)? else {
                    return Ok(AddContact::NoSuchCase);
                };
                let mut contact = contact.of(record.id);
                contact.center = record.center;
                let is_new = contact.write(tx, now)?;
                // The same form once more decides nothing a second time: a colleague may have said otherwise since.
                if let Some(by) = to_hospital.as_ref().filter(|_| is_new) {
                    to_hospital_in(&app, tx, &record, by, now)?;
                }
                let is_fetched = contact.row.outcome == ContactOutcome::Ambulance.word();
                if is_new && is_fetched && !contact.for_center {
                    ask_of_closed(&app, tx, &record, (task, &note), now)?;
                }
                audit::note(tx, app.keys(), &entry)?;
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
        let (app, keys) = (self.app.clone(), self.app.keys().clone());
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
                let zone = app.center_within(tx, center)?.time_zone.clone();
                let contact = Contacted {
                    row: line.clone(),
                    next_call_at: None,
                    planned: Planned::AsNamed,
                    center,
                    for_center: false,
                    today: health_day(now, &zone),
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
