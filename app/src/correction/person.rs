//! Correcting who somebody is, with a reason: what stood before stays readable, in each record of the person.

use super::SEALED_AS;
use crate::audit::{self, with};
use crate::case_registration::{CaseField, CaseProblem, CheckedCase, TypedCase, check};
use crate::course::{Because, refresh};
use crate::kept_phone;
use crate::monitoring::{NOTE_LENGTH, is_inpatient_in};
use crate::programme::meant;
use crate::{App, Error, StaffDesk};
use domain::ids::{AlertId, CaseId, StaffId};
use domain::personal::Personal;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::Timestamp;
use storage::audit::AuditEntry;
use storage::case_registration::{self as cases, AddressRow, NewPerson, Record, Scope};
use storage::corrections::{self as rows, CorrectionRow};
use storage::{Tx, close_contacts};
use uuid::Uuid;

/// More further illnesses than one person has.
const ILLNESSES: usize = 50;

/// What came of correcting who somebody is.
#[derive(Clone)]
pub enum CorrectPerson {
    /// It stands.
    Corrected,
    /// Something is missing or cannot be; with whether the reason is missing.
    Problems(Vec<(CaseField, CaseProblem)>, bool),
    /// Somebody else changed the person since the page was shown, or made the record part of another one
    /// ([`StaffDesk::kept_record`]); nothing was done.
    ChangedMeanwhile,
    /// There is no such case.
    NoSuchCase,
}

/// Who somebody is, as the form for correcting it begins.
#[derive(Clone)]
pub struct PersonForm {
    /// What stands.
    pub typed: TypedCase,
    /// Counts changes; goes with the form.
    pub version: i32,
}

/// A correction of who somebody is, checked and ready to be written.
#[derive(Clone)]
pub(crate) struct PersonCorrection {
    app: App,
    scope: Scope,
    case: CaseId,
    checked: CheckedCase,
    programme: String,
    email_sealed: Option<Vec<u8>>,
    address: AddressRow,
    /// Whether it is about a contact who is not ill: its day is that of the last contact.
    is_contact: bool,
    /// What stood and what is to stand, and the names of what differs and is told of the person, not of the illness.
    before: serde_json::Value,
    after: serde_json::Value,
    of_person: Vec<String>,
    reason: String,
    version: i32,
    staff: StaffId,
    now: Timestamp,
    line: Uuid,
    alert: AlertId,
    alerts: Vec<AlertId>,
    entry: AuditEntry,
}

impl PersonCorrection {
    /// The record that the case stands in, held with those of the person's other illnesses: each of them is told, and two who
    /// correct one person in two of them must not wait for each other.
    fn held(&self, tx: &mut Tx<'_>) -> Result<Option<Record>, storage::Error> {
        let Some(row) = cases::find(tx, &self.scope, self.case)? else {
            return Ok(None);
        };
        let all = cases::of_person(tx, row.person)?.into_iter();
        let told = all.filter(|one| one.merged_into.is_none() || one.id == self.case);
        storage::monitoring::hold_all(tx, told.map(|one| one.id).collect())?;
        Record::held(tx, &self.scope, self.case)
    }

    /// Writes it. The case must be as it was looked at; otherwise nothing is written.
    pub(crate) fn write(&self, tx: &mut Tx<'_>) -> Result<CorrectPerson, storage::Error> {
        let (app, case, now, checked) = (&self.app, self.case, self.now, &self.checked);
        let Some(row) = self.held(tx)? else {
            return Ok(CorrectPerson::NoSuchCase);
        };
        // Written of a record that is part of another one nobody would find it, and the kept one go on saying what is wrong. The
        // days of a contact must not become those of an illness that began meanwhile.
        if row.id != case || row.is_contact != self.is_contact {
            return Ok(CorrectPerson::ChangedMeanwhile);
        }
        let (phone_sealed, phone_blind) =
            kept_phone::keep(app.keys(), row.person, checked.phone.as_ref());
        let person = NewPerson {
            id: row.person,
            center: row.center,
            birthdate: checked.birthdate.date(),
            phone_sealed,
            phone_blind,
            email_sealed: self.email_sealed.clone(),
            language: checked.language.clone(),
            names: checked.names.clone(),
        };
        // Neither is ever sealed alike twice. The form that stood is of this version, so what it said is what stands.
        let is_another_number = person.phone_blind != row.phone_blind;
        let is_another_email = self.of_person.iter().any(|name| name == EMAIL);
        if !cases::correct_person(tx, &person, is_another_email, self.version, now)? {
            return Ok(CorrectPerson::ChangedMeanwhile);
        }
        cases::set_address(tx, row.person, &self.address)?;
        let days = (
            checked.diagnosed_on,
            checked.onset_on,
            checked.entered_japan_on,
        );
        cases::correct_case(tx, case, &self.programme, days)?;
        if row.is_contact && row.diagnosed_on != checked.diagnosed_on {
            // The day stands with the meeting, too, and would come back from there.
            close_contacts::correct_last_met(tx, row.record_id(), checked.diagnosed_on)?;
        }
        // Another first day, or another disease: the release is to be looked at on another day.
        let review = app.review_from(
            (&self.programme, row.center),
            checked.onset_on,
            checked.diagnosed_on,
            row.is_contact,
            is_inpatient_in(tx, case)?,
        );
        storage::monitoring::set_review(tx, case, review)?;
        let seal = |value: &serde_json::Value| app.keys().seal_text(SEALED_AS, &value.to_string());
        let correction = CorrectionRow {
            case,
            id: self.line,
            subject: "attributes".to_owned(),
            subject_id: None,
            at: now,
            by: self.staff,
            reason_sealed: app.keys().seal_text(SEALED_AS, &self.reason),
            before_sealed: seal(&self.before),
            after_sealed: seal(&self.after),
            by_name: String::new(),
        };
        rows::insert(tx, &correction)?;
        // Who somebody is stands once for all their illnesses, and each record tells what was changed of it.
        if !self.of_person.is_empty() {
            let all = cases::of_person(tx, row.person)?.into_iter();
            let others = all.filter(|other| other.id != case && other.merged_into.is_none());
            for (other, alert) in others.zip(&self.alerts) {
                let correction = CorrectionRow {
                    case: other.id,
                    before_sealed: seal(&only(&self.before, &self.of_person)),
                    after_sealed: seal(&only(&self.after, &self.of_person)),
                    ..correction.clone()
                };
                rows::insert(tx, &correction)?;
                refresh(app, tx, &other, Because::Changed, *alert, now)?;
                storage::monitoring::touch(tx, other.id, now)?;
                let entry = AuditEntry {
                    case: Some(other.id),
                    details: self.of_person.join(", "),
                    ..self.entry.clone()
                };
                audit::note(tx, app.keys(), &entry)?;
            }
        }
        // The age may be another one now.
        let corrected = cases::find(tx, &self.scope, case)?;
        let corrected = corrected.as_ref().unwrap_or(&row);
        refresh(app, tx, corrected, Because::Changed, self.alert, now)?;
        storage::monitoring::touch(tx, case, now)?;
        // What waits for the old ones would bring the HER-SYS ID to a stranger. Last, once the records are held: whoever invites
        // at this very moment has promised it by now, or finds the new version.
        if is_another_number {
            storage::outbox::withdraw_sms_about(tx, case, now)?;
        }
        if is_another_email || checked.phone.is_none() {
            storage::outbox::withdraw_mails_about(tx, case, now)?;
        }
        audit::note(tx, app.keys(), &self.entry)?;
        Ok(CorrectPerson::Corrected)
    }
}

impl StaffDesk {
    /// Who somebody is, for the form.
    pub async fn person_form(&self, case: CaseId) -> Result<Option<PersonForm>, Error> {
        self.needs(Right::CorrectPersons)?;
        let Some(view) = self.case(case).await? else {
            return Ok(None);
        };
        let name = |script: &str| {
            view.names
                .iter()
                .find(|(s, _)| s == script)
                .map(|(_, n)| n.expose().clone())
                .unwrap_or_default()
        };
        let day = |day: Option<jiff::civil::Date>| day.map(|d| d.to_string()).unwrap_or_default();
        let address = self.address_of(case).await?;
        Ok(Some(PersonForm {
            typed: TypedCase {
                name: name("kanji"),
                name_kana: name("kana"),
                name_latin: name("latin"),
                birthdate: view.birthdate.expose().date().to_string(),
                phone: text(&view.phone),
                has_no_phone: view.phone.is_none(),
                email: view
                    .email
                    .as_ref()
                    .map(|email| email.expose().clone())
                    .unwrap_or_default(),
                address: text(&address.address),
                whereabouts: text(&address.whereabouts),
                language: view.language.clone(),
                diagnosed_on: view.member.diagnosed_on.to_string(),
                onset_on: day(view.member.onset_on),
                entered_japan_on: day(view.entered_japan_on),
                passport_number: String::new(),
                programme: view.member.programme.clone(),
                days_are_right: true,
                name_is_right: true,
                is_contact: view.member.is_contact,
                number_is_right: true,
            },
            version: view.person_version,
        }))
    }

    /// Corrects who somebody is. A refused registration with the right data then succeeds. A contact who is not ill gets no
    /// first day of symptoms here: falling ill makes them a case ([`StaffDesk::fell_ill`]).
    pub async fn correct_person(
        &self,
        case: CaseId,
        typed: &TypedCase,
        reason: &str,
        version: i32,
    ) -> Result<CorrectPerson, Error> {
        self.needs(Right::CorrectPersons)?;
        let Some(stands) = self.person_form(case).await? else {
            return Ok(CorrectPerson::NoSuchCase);
        };
        if typed.is_contact != stands.typed.is_contact {
            return Ok(CorrectPerson::ChangedMeanwhile);
        }
        let reason: String = clean_note(reason).chars().take(NOTE_LENGTH).collect();
        let stood = &stands.typed.programme;
        let programme = match typed.programme.as_str() {
            "" => Some(stood.clone()),
            wished if wished == stood => Some(stood.clone()),
            wished => meant(&self.programmes().await?, wished).map(|one| one.id.clone()),
        };
        // One that was recorded before may stay as it is, or go.
        let falls_ill = typed.is_contact
            && !is_blank(&typed.onset_on)
            && typed.onset_on != stands.typed.onset_on;
        let today = self.today_here().await?;
        let (checked, programme) = match (check(typed, today), programme) {
            (Ok(checked), Some(programme)) if !reason.is_empty() && !falls_ill => {
                (checked, programme)
            }
            (checked, programme) => {
                let mut problems = checked.err().unwrap_or_default();
                if falls_ill {
                    problems.retain(|(field, _)| *field != CaseField::OnsetOn);
                    problems.push((CaseField::OnsetOn, CaseProblem::OnsetOfContact));
                }
                if programme.is_none() {
                    problems.push((CaseField::Programme, CaseProblem::Programme));
                }
                return Ok(CorrectPerson::Problems(problems, reason.is_empty()));
            }
        };
        // So was a number that stood before.
        let number = check(&stands.typed, today).map(|stood| stood.phone);
        if number.ok().as_ref() != Some(&checked.phone)
            && let Ok(center) = self.own_center()
            && let Some(asked) = self.own_number(typed, &checked, center).await?
        {
            return Ok(CorrectPerson::Problems(vec![asked], false));
        }
        // Days that stood before were asked back when somebody typed them.
        let stood = check(&stands.typed, today).map(|stood| stood.days());
        let mut unlikely = checked.unlikely_days();
        if typed.is_contact {
            // The others compare with a diagnosis, and there is none: contacts may have met before they came to Japan.
            unlikely.retain(|(field, _)| {
                matches!(field, CaseField::Birthdate | CaseField::DiagnosedOn)
            });
        }
        if !typed.days_are_right && !unlikely.is_empty() && stood.ok() != Some(checked.days()) {
            return Ok(CorrectPerson::Problems(unlikely, false));
        }
        let corrects = (&stands.typed, checked, programme);
        let correction = self.person_correction(case, corrects, (reason, version));
        Ok(self.app.db().write(move |tx| correction.write(tx)).await?)
    }

    /// A correction ready to be written: what stands, what is to stand, the programme, why, and the version that was looked
    /// at.
    pub(crate) fn person_correction(
        &self,
        case: CaseId,
        (stands, checked, programme): (&TypedCase, CheckedCase, String),
        (reason, version): (String, i32),
    ) -> PersonCorrection {
        let app = self.app.clone();
        let after = TypedCase {
            passport_number: String::new(),
            programme: programme.clone(),
            is_contact: stands.is_contact,
            ..written(&checked)
        };
        let (before, after) = (told_person(stands), told_person(&after));
        let changed = changed_names(&before, &after);
        let keys = app.keys();
        PersonCorrection {
            scope: self.scope(),
            case,
            programme,
            is_contact: stands.is_contact,
            email_sealed: checked
                .email
                .as_ref()
                .map(|email| keys.seal_text("person_email", email.as_str())),
            address: checked.address.seal(keys),
            of_person: changed
                .iter()
                .filter(|name| !OF_THE_CASE.contains(&name.as_str()))
                .cloned()
                .collect(),
            entry: with(self.did("case.corrected", Some(case)), changed.join(", ")),
            before,
            after,
            reason,
            version,
            staff: self.staff,
            now: app.clock.now(),
            line: app.new_uuid(),
            alert: AlertId::from_uuid(app.new_uuid()),
            alerts: std::iter::repeat_with(|| AlertId::from_uuid(app.new_uuid()))
                .take(ILLNESSES)
                .collect(),
            checked,
            app,
        }
    }
}

/// What was checked, as it is written in a form: each value as the record has it.
pub(crate) fn written(checked: &CheckedCase) -> TypedCase {
    let name = |script: &str| {
        let of = checked.names.iter().find(|name| name.script == script);
        of.map(|name| name.name.clone()).unwrap_or_default()
    };
    let day = |day: Option<jiff::civil::Date>| day.map(|d| d.to_string()).unwrap_or_default();
    TypedCase {
        name: name("kanji"),
        name_kana: name("kana"),
        name_latin: name("latin"),
        birthdate: checked.birthdate.date().to_string(),
        phone: (checked.phone.as_ref())
            .map(|phone| phone.national())
            .unwrap_or_default(),
        has_no_phone: checked.phone.is_none(),
        email: checked
            .email
            .as_ref()
            .map(|email| email.as_str().to_owned())
            .unwrap_or_default(),
        address: text(&checked.address.address),
        whereabouts: text(&checked.address.whereabouts),
        language: checked.language.clone(),
        diagnosed_on: checked.diagnosed_on.to_string(),
        onset_on: day(checked.onset_on),
        entered_japan_on: day(checked.entered_japan_on),
        passport_number: checked
            .passport
            .as_ref()
            .map(|number| number.as_str().to_owned())
            .unwrap_or_default(),
        ..TypedCase::default()
    }
}

/// Whether nothing was typed into a field.
fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn text(value: &Option<Personal<String>>) -> String {
    value
        .as_ref()
        .map(|value| value.expose().clone())
        .unwrap_or_default()
}

/// What is told of an illness, and not of whoever has it.
const OF_THE_CASE: [&str; 5] = [
    "diagnosed_on",
    LAST_CONTACT_ON,
    "onset_on",
    "entered_japan_on",
    "programme",
];

/// What a correction calls the address for an invitation.
const EMAIL: &str = "email";

/// What a correction calls the day of a contact: a log line says what it was, also after the person has fallen ill.
const LAST_CONTACT_ON: &str = "last_contact_on";

/// Some of the fields alone.
fn only(told: &serde_json::Value, names: &[String]) -> serde_json::Value {
    let of = |name: &String| Some((name.clone(), told.get(name)?.clone()));
    serde_json::Value::Object(names.iter().filter_map(of).collect())
}

fn told_person(typed: &TypedCase) -> serde_json::Value {
    let day = if typed.is_contact {
        LAST_CONTACT_ON
    } else {
        "diagnosed_on"
    };
    serde_json::json!({
        "name": typed.name.trim(),
        "name_kana": typed.name_kana.trim(),
        "name_latin": typed.name_latin.trim(),
        "birthdate": typed.birthdate,
        "phone": typed.phone,
        EMAIL: typed.email,
        "address": typed.address,
        "whereabouts": typed.whereabouts,
        "language": typed.language,
        day: typed.diagnosed_on,
        "onset_on": typed.onset_on,
        "entered_japan_on": typed.entered_japan_on,
        "programme": typed.programme,
    })
}

/// The names of the fields that differ: the audit log names them and repeats no value.
fn changed_names(before: &serde_json::Value, after: &serde_json::Value) -> Vec<String> {
    before
        .as_object()
        .map(|all| {
            all.iter()
                .filter(|(name, value)| after.get(name.as_str()) != Some(*value))
                .map(|(name, _)| name.clone())
                .collect()
        })
        .unwrap_or_default()
}
