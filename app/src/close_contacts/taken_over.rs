//! Somebody is registered who turns out to stand as a close contact, or notified who stands: what was told goes into the record where
//! that says nothing. What stands is never overwritten; both are shown, and whoever knows better corrects the person.

use super::TypedIll;
use crate::audit::{self, with};
use crate::case_registration::{Address, CaseField, CaseView, CheckedCase, TypedCase, check};
use crate::correction::{CorrectPerson, PersonCorrection, written};
use crate::{App, Error, StaffDesk};
use domain::ids::CaseId;
use domain::personal::Personal;
use domain::staff_role::Right;
use i18n::words;
use jiff::Timestamp;
use storage::Tx;
use storage::audit::AuditEntry;
use storage::case_registration::{self as cases, CaseRow};
use storage::passport_number;

/// What becomes of what was typed to register somebody who stands as a contact.
#[derive(Clone, Default)]
pub struct TakenOver {
    /// What the record does not have yet and takes over.
    pub takes: Vec<(CaseField, Personal<String>)>,
    /// What the record says otherwise: what stands, and stays, and what was typed.
    pub differs: Vec<(CaseField, Personal<String>, Personal<String>)>,
}

/// The fields that are compared: all but the days of the illness, and the disease, which is the same.
fn fields(typed: &TypedCase) -> [(CaseField, &String); 11] {
    use CaseField as F;
    [
        (F::Name, &typed.name),
        (F::NameKana, &typed.name_kana),
        (F::NameLatin, &typed.name_latin),
        (F::Birthdate, &typed.birthdate),
        (F::Phone, &typed.phone),
        (F::Email, &typed.email),
        (F::Address, &typed.address),
        (F::Whereabouts, &typed.whereabouts),
        (F::Language, &typed.language),
        (F::EnteredJapanOn, &typed.entered_japan_on),
        (F::PassportNumber, &typed.passport_number),
    ]
}

fn compare(stands: &TypedCase, told: &TypedCase) -> TakenOver {
    let mut found = TakenOver::default();
    for ((field, stands), (_, told)) in fields(stands).into_iter().zip(fields(told)) {
        if told.is_empty() || told == stands {
            continue;
        }
        let told = Personal::new(told.clone());
        if stands.is_empty() {
            found.takes.push((field, told));
        } else {
            let stands = Personal::new(stands.clone());
            found.differs.push((field, stands, told));
        }
    }
    found
}

/// What stands, with what was told where that is nothing.
fn filled(stands: &TypedCase, told: &TypedCase) -> TypedCase {
    let of = |stands: &String, told: &String| {
        let known = if stands.is_empty() { told } else { stands };
        known.clone()
    };
    let phone = of(&stands.phone, &told.phone);
    TypedCase {
        has_no_phone: phone.is_empty(),
        phone,
        name: of(&stands.name, &told.name),
        name_kana: of(&stands.name_kana, &told.name_kana),
        name_latin: of(&stands.name_latin, &told.name_latin),
        email: of(&stands.email, &told.email),
        address: of(&stands.address, &told.address),
        whereabouts: of(&stands.whereabouts, &told.whereabouts),
        entered_japan_on: of(&stands.entered_japan_on, &told.entered_japan_on),
        passport_number: of(&stands.passport_number, &told.passport_number),
        ..stands.clone()
    }
}

/// An illness of somebody who stands, as a notification tells of it.
pub(crate) struct NotifiedIllness<'a> {
    /// The case that it is.
    pub(crate) case: CaseId,
    /// Whether that one is yet to be registered, beside the record that stands.
    pub(crate) is_further: bool,
    /// Its programme.
    pub(crate) programme: &'a str,
}

/// What goes into the record of somebody who stands, ready to be written.
#[derive(Clone)]
pub(crate) struct Taking {
    app: App,
    case: CaseId,
    /// The version of the person that was looked at.
    version: i32,
    correction: Option<PersonCorrection>,
    /// The sealed passport number, and who entered it.
    passport: Option<(Vec<u8>, AuditEntry)>,
    now: Timestamp,
}

impl Taking {
    /// Whether somebody has changed the record since it was looked at.
    pub(crate) fn is_older(&self, row: &CaseRow) -> bool {
        row.person_version != self.version
            || self.passport.is_some() && row.passport_sealed.is_some()
    }

    /// Writes it, after the contact has become a case, or the further illness is registered.
    pub(crate) fn write(&self, tx: &mut Tx<'_>) -> Result<(), storage::Error> {
        if let Some(correction) = &self.correction
            && !matches!(correction.write(tx)?, CorrectPerson::Corrected)
        {
            // Somebody changed the person this very moment; looking again finds that.
            return Err(storage::Error::TryAgain);
        }
        if let Some((sealed, entry)) = &self.passport {
            passport_number::set_by_center(tx, self.case, Some(sealed), self.now)?;
            audit::note(tx, self.app.keys(), entry)?;
        }
        Ok(())
    }
}

impl StaffDesk {
    /// What stands of a person, and what was told, each as the record writes it; none where nothing was told, or what was
    /// told is no registration.
    async fn stands_and_told(
        &self,
        view: &CaseView,
        told: &TypedCase,
    ) -> Result<Option<(TypedCase, i32, TypedCase)>, Error> {
        if !self.may(Right::CorrectPersons) {
            return Ok(None);
        }
        let Ok(told) = check(told, self.today_here().await?) else {
            return Ok(None);
        };
        let Some(form) = self.person_form(view.member.case).await? else {
            return Ok(None);
        };
        let passport = view.passport.as_ref();
        let stands = TypedCase {
            passport_number: passport.map_or_else(String::new, |number| number.expose().clone()),
            ..form.typed
        };
        Ok(Some((stands, form.version, written(&told))))
    }

    /// What would become of what was typed to register somebody, if this contact is that person and falls ill.
    pub async fn would_take_over(
        &self,
        contact: &CaseView,
        told: &TypedCase,
    ) -> Result<TakenOver, Error> {
        let found = self.stands_and_told(contact, told).await?;
        Ok(found.map_or_else(TakenOver::default, |(stands, _, told)| {
            compare(&stands, &told)
        }))
    }

    /// What a contact who falls ill takes over of what was told; none where that is nothing.
    pub(super) async fn taking_over(
        &self,
        view: &CaseView,
        typed: &TypedIll,
    ) -> Result<Option<Taking>, Error> {
        let days = |of: &TypedCase| TypedCase {
            diagnosed_on: typed.diagnosed_on.clone(),
            onset_on: typed.onset_on.clone(),
            ..of.clone()
        };
        let found = self.stands_and_told(view, &days(&typed.told)).await?;
        let Some((stands, version, told)) = found else {
            return Ok(None);
        };
        let takes = compare(&stands, &told).takes;
        let Ok(mut checked) = check(&days(&filled(&stands, &told)), self.today_here().await?)
        else {
            return Ok(None);
        };
        let (case, app) = (view.member.case, &self.app);
        let passport = checked.passport.take();
        let is_new = |field| takes.iter().any(|(taken, _)| *taken == field);
        let passport = passport
            .filter(|_| is_new(CaseField::PassportNumber))
            .map(|number| {
                let entry = with(self.did("case.corrected", Some(case)), "passport_number");
                let purpose = crate::passport_number::SEALED_AS;
                (app.keys().seal_text(purpose, number.as_str()), entry)
            });
        let of_person = takes
            .iter()
            .any(|(field, _)| *field != CaseField::PassportNumber);
        let correction = if of_person {
            let reason = words(self.language().await?).say("alike-taken-over-why");
            // The days of the illness are no correction: they stand as the case's own from now on.
            let before = TypedCase {
                diagnosed_on: checked.diagnosed_on.to_string(),
                onset_on: written(&checked).onset_on,
                is_contact: false,
                ..stands
            };
            let programme = before.programme.clone();
            let corrects = (&before, checked, programme);
            Some(self.person_correction(case, corrects, (reason, version)))
        } else {
            None
        };
        if correction.is_none() && passport.is_none() {
            return Ok(None);
        }
        Ok(Some(Taking {
            app: app.clone(),
            case,
            version,
            correction,
            passport,
            now: app.clock.now(),
        }))
    }

    /// What the record of somebody takes over of what a notification tells of how they are reached and where they are; none where
    /// that is nothing. Names stay the record's alone: a clinic may have misheard them.
    pub(crate) async fn taking_over_notified(
        &self,
        known: &CaseRow,
        told: &CheckedCase,
        illness: NotifiedIllness<'_>,
    ) -> Result<Option<Taking>, Error> {
        if !self.may(Right::CorrectPersons) {
            return Ok(None);
        }
        let Some(form) = self.person_form(known.id).await? else {
            return Ok(None);
        };
        let (app, person) = (&self.app, known.person);
        let recorded = app.db().read(move |tx| cases::address(tx, person)).await?;
        let recorded = Address::open(app.keys(), &recorded)?;
        let own_numbers = app.own_numbers(known.center).await?;
        // Nobody was asked whether the center's own number is meant. And one that was taken out of the record may be a stranger's,
        // whom an invitation would tell the HER-SYS ID: somebody is to look at it first.
        let is_to_be_asked = match &told.phone {
            Some(phone) if form.typed.phone.is_empty() => {
                own_numbers.contains(phone) || app.numbers_taken_out(person).await?.contains(phone)
            }
            _ => false,
        };
        let mut told = written(told);
        if is_to_be_asked {
            told.phone.clear();
        }
        let text = |place: &Option<Personal<String>>| {
            place
                .as_ref()
                .map_or_else(String::new, |place| place.expose().clone())
        };
        let mut stands = TypedCase {
            address: text(&recorded.address),
            whereabouts: text(&recorded.whereabouts),
            programme: illness.programme.to_owned(),
            is_contact: false,
            ..form.typed
        };
        if recorded.is_unknown() {
            // Where the record says nothing at all, the latest notification is read; a further illness is written down with it.
            if illness.is_further {
                stands.address.clone_from(&told.address);
                stands.whereabouts.clone_from(&told.whereabouts);
            } else {
                told.address.clear();
                told.whereabouts.clear();
            }
        }
        if illness.is_further || known.is_contact {
            stands.diagnosed_on = told.diagnosed_on.clone();
            stands.onset_on = told.onset_on.clone();
        }
        if illness.is_further {
            stands.entered_japan_on = told.entered_japan_on.clone();
        }
        let told = TypedCase {
            phone: told.phone,
            address: told.address,
            whereabouts: told.whereabouts,
            ..TypedCase::default()
        };
        if compare(&stands, &told).takes.is_empty() {
            return Ok(None);
        }
        let Ok(checked) = check(&filled(&stands, &told), self.today_here().await?) else {
            return Ok(None);
        };
        let reason = words(self.language().await?).say("notification-taken-over-why");
        let corrects = (&stands, checked, illness.programme.to_owned());
        let correction = self.person_correction(illness.case, corrects, (reason, form.version));
        Ok(Some(Taking {
            app: app.clone(),
            case: illness.case,
            version: form.version,
            correction: Some(correction),
            passport: None,
            now: app.clock.now(),
        }))
    }
}
