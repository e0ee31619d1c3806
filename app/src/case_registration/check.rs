//! A case as it was typed, and what is wrong with it.

use super::address::Address;
use domain::birthdate::{Birthdate, BirthdateError};
use domain::case_days::{CaseDays, UnlikelyDay, is_long_ago};
use domain::dates::{DayError, parse_day};
use domain::email_address::{EmailAddress, EmailAddressError};
use domain::language;
use domain::name::{NameError, NameKeys, PersonName, stands_for_no_name};
use domain::passport_number::{PassportNumber, PassportNumberError};
use domain::personal::Personal;
use domain::phone::{PhoneError, PhoneNumber};
use domain::status_report::clean_note;
use domain::text::full_width_kana;
use jiff::civil::Date;
use storage::case_registration::NameRow;

/// A case as it was typed, or as a row of a file says.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TypedCase {
    /// The name in kanji, or in whatever script its owner writes it.
    pub name: String,
    /// The name in kana.
    pub name_kana: String,
    /// The name in Latin letters.
    pub name_latin: String,
    /// The birthdate.
    pub birthdate: String,
    /// The phone number.
    pub phone: String,
    /// Whether it is said that the person has none. An empty number alone may be a forgotten one.
    pub has_no_phone: bool,
    /// An e-mail address for an invitation; may be empty.
    pub email: String,
    /// Where the person lives; may be empty.
    pub address: String,
    /// Where the person stays, if that is elsewhere; may be empty.
    pub whereabouts: String,
    /// The language that the person reads, a BCP 47 tag; empty for Japanese.
    pub language: String,
    /// The day of the diagnosis; of a contact that of the last contact.
    pub diagnosed_on: String,
    /// The first day of symptoms; empty without symptoms.
    pub onset_on: String,
    /// The day of entry into Japan; empty where that is long ago.
    pub entered_japan_on: String,
    /// The passport number; may be empty.
    pub passport_number: String,
    /// The programme, by its short name or the name of the disease; may be empty where there is one only.
    pub programme: String,
    /// Whether days in an unlikely order were asked back and are meant.
    pub days_are_right: bool,
    /// Whether a name that looks as if it were not known was asked back: it is a name, or nobody knows it.
    pub name_is_right: bool,
    /// Whether it was typed about a close contact who is not ill.
    pub is_contact: bool,
    /// Whether a number that is the center's own was asked back and is meant.
    pub number_is_right: bool,
}

/// A part of a case as it was typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CaseField {
    /// `name`
    Name,
    /// `name_kana`
    NameKana,
    /// `name_latin`
    NameLatin,
    /// `birthdate`
    Birthdate,
    /// `phone`
    Phone,
    /// `email`
    Email,
    /// `address`
    Address,
    /// `whereabouts`
    Whereabouts,
    /// `language`
    Language,
    /// `diagnosed_on`
    DiagnosedOn,
    /// `onset_on`
    OnsetOn,
    /// `entered_japan_on`
    EnteredJapanOn,
    /// `passport_number`
    PassportNumber,
    /// `hersys_id`
    HersysId,
    /// `programme`
    Programme,
    /// `kind`
    Kind,
    /// `ended`
    Ended,
}

impl CaseField {
    /// Whether it is a day.
    pub(crate) const fn is_day(self) -> bool {
        matches!(
            self,
            CaseField::Birthdate
                | CaseField::DiagnosedOn
                | CaseField::OnsetOn
                | CaseField::EnteredJapanOn
        )
    }

    /// The name in forms and in files.
    pub const fn name(self) -> &'static str {
        match self {
            CaseField::Name => "name",
            CaseField::NameKana => "name_kana",
            CaseField::NameLatin => "name_latin",
            CaseField::Birthdate => "birthdate",
            CaseField::Phone => "phone",
            CaseField::Email => "email",
            CaseField::Address => "address",
            CaseField::Whereabouts => "whereabouts",
            CaseField::Language => "language",
            CaseField::DiagnosedOn => "diagnosed_on",
            CaseField::OnsetOn => "onset_on",
            CaseField::EnteredJapanOn => "entered_japan_on",
            CaseField::PassportNumber => "passport_number",
            CaseField::HersysId => "hersys_id",
            CaseField::Programme => "programme",
            CaseField::Kind => "kind",
            CaseField::Ended => "ended",
        }
    }
}

/// What is wrong with a part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CaseProblem {
    /// Of a name.
    Name(NameError),
    /// It looks as if the name were not known: asked back.
    NameNotKnown,
    /// Of the birthdate.
    Birthdate(BirthdateError),
    /// Of the phone number.
    Phone(PhoneError),
    /// There is a phone number, and it is said that there is none.
    PhoneAndNone,
    /// It is no e-mail address.
    Email,
    /// An address of more than [`ADDRESS_LENGTH`] characters.
    AddressTooLong,
    /// The number is the center's own: asked back, for nobody is at home there.
    OwnNumber,
    /// A row of a list is about a contact who is not ill.
    ContactOfList,
    /// A row of a list is about somebody who is followed no more.
    EndedOfList,
    /// Of the language.
    Language,
    /// Of a day.
    Day(DayError),
    /// A day as spreadsheets count it, by days since 1900.
    DaySerial,
    /// A day that has not come yet.
    DayInFuture,
    /// A day before the birth.
    DayBeforeBirth,
    /// The symptoms began after the diagnosis: asked back, for a test may find people before they are ill.
    OnsetAfterDiagnosis,
    /// The symptoms began long before the diagnosis: asked back, for the month may be another one.
    OnsetLongBeforeDiagnosis,
    /// The person would have been very old on the day of the diagnosis: asked back, for the era may be another one.
    VeryOld,
    /// The diagnosis, or the last contact, was long before today: asked back, for the year may be another one.
    LongAgo,
    /// A first day of symptoms of a contact: whoever falls ill is made a case instead.
    OnsetOfContact,
    /// The entry into Japan came after the diagnosis: asked back, for the diagnosis may be another country's.
    EnteredAfterDiagnosis,
    /// Of the passport number.
    Passport(PassportNumberError),
    /// It is not an ID of an allowed length.
    NotAnId,
    /// Something other than digits stands in place of an ID.
    IdNotDigits,
    /// The ID is another case's.
    IdTaken,
    /// The ID stands twice in one file.
    IdTwice,
    /// A formula of a spreadsheet has found nothing, or gone wrong.
    SheetError,
    /// It is not said which disease it is, or the center does not follow that one.
    Programme,
}

impl CaseProblem {
    /// The key of the sentence that says so.
    pub const fn key(self) -> &'static str {
        match self {
            CaseProblem::Name(NameError::Empty) => "problem-name-empty",
            CaseProblem::Name(NameError::TooLong) => "problem-name-too-long",
            CaseProblem::Name(NameError::OddCharacters(odd)) => crate::attributes::odd_key(odd),
            CaseProblem::NameNotKnown => "problem-name-not-known",
            CaseProblem::Birthdate(error) => crate::attributes::birthdate_key(error),
            CaseProblem::Phone(PhoneError::Empty) => "problem-phone-or-none",
            CaseProblem::PhoneAndNone => "problem-phone-and-none",
            CaseProblem::Phone(PhoneError::NotANumber) => "problem-phone-not-a-number",
            CaseProblem::OwnNumber => "problem-own-number",
            CaseProblem::ContactOfList => "import-problem-contact",
            CaseProblem::EndedOfList => "import-problem-ended",
            CaseProblem::Email => "problem-email-malformed",
            CaseProblem::AddressTooLong => "problem-address-too-long",
            CaseProblem::Language => "problem-language",
            CaseProblem::Day(DayError::Empty) => "problem-day-empty",
            CaseProblem::Day(DayError::YearUnclear) => "problem-day-year-unclear",
            CaseProblem::Day(DayError::NotADate) => "problem-day-not-a-date",
            CaseProblem::Day(DayError::Unreadable) => "problem-day-unreadable",
            CaseProblem::DaySerial => "problem-day-serial",
            CaseProblem::DayInFuture => "problem-day-in-future",
            CaseProblem::DayBeforeBirth => "problem-day-before-birth",
            CaseProblem::OnsetAfterDiagnosis => "problem-onset-after-diagnosis",
            CaseProblem::OnsetLongBeforeDiagnosis => "problem-onset-long-before",
            CaseProblem::OnsetOfContact => "problem-onset-of-contact",
            CaseProblem::VeryOld => "problem-very-old",
            CaseProblem::LongAgo => "problem-long-ago",
            CaseProblem::EnteredAfterDiagnosis => "problem-entered-after-diagnosis",
            CaseProblem::Passport(PassportNumberError::OtherCharacters) => "problem-passport-other",
            CaseProblem::Passport(_) => "problem-passport-length",
            CaseProblem::NotAnId => "problem-id-wrong",
            CaseProblem::IdNotDigits => "problem-id-of-list-not-digits",
            CaseProblem::IdTaken => "problem-id-taken",
            CaseProblem::IdTwice => "problem-id-twice",
            CaseProblem::SheetError => "problem-sheet-error",
            CaseProblem::Programme => "problem-programme",
        }
    }
}

/// A case that can be registered.
#[derive(Clone)]
pub struct CheckedCase {
    pub(crate) names: Vec<NameRow>,
    pub(crate) birthdate: Birthdate,
    /// None: the person has none.
    pub(crate) phone: Option<PhoneNumber>,
    pub(crate) email: Option<EmailAddress>,
    pub(crate) address: Address,
    pub(crate) language: String,
    pub(crate) diagnosed_on: Date,
    pub(crate) onset_on: Option<Date>,
    pub(crate) entered_japan_on: Option<Date>,
    pub(crate) passport: Option<PassportNumber>,
    /// The day on which it is written down.
    pub(crate) today: Date,
}

impl CheckedCase {
    /// Its days.
    pub(crate) fn days(&self) -> CaseDays {
        CaseDays {
            born_on: self.birthdate.date(),
            diagnosed_on: self.diagnosed_on,
            onset_on: self.onset_on,
            entered_on: self.entered_japan_on,
        }
    }

    /// Days that are possible, but mostly a slip.
    pub(crate) fn unlikely_days(&self) -> Vec<(CaseField, CaseProblem)> {
        unlikely_days(&self.days(), self.today)
    }

    /// Names that look as if they were not known, or were none.
    pub(crate) fn names_not_known(&self) -> Vec<(CaseField, CaseProblem)> {
        let unknown = self
            .names
            .iter()
            .filter(|row| stands_for_no_name(&row.name));
        let field = |row: &NameRow| match row.script.as_str() {
            "kana" => CaseField::NameKana,
            "latin" => CaseField::NameLatin,
            _ => CaseField::Name,
        };
        unknown
            .map(|row| (field(row), CaseProblem::NameNotKnown))
            .collect()
    }

    /// What is asked back of whoever typed it, and was not confirmed.
    pub(crate) fn asked_back(&self, typed: &TypedCase) -> Vec<(CaseField, CaseProblem)> {
        let names = if typed.name_is_right {
            Vec::new()
        } else {
            self.names_not_known()
        };
        let days = if typed.days_are_right {
            Vec::new()
        } else {
            self.unlikely_days()
        };
        names.into_iter().chain(days).collect()
    }
}

/// Of days as somebody writes them down today: what is possible, but mostly a slip.
pub(crate) fn unlikely_days(days: &CaseDays, today: Date) -> Vec<(CaseField, CaseProblem)> {
    use {CaseField as F, CaseProblem as P};
    let told = |one: UnlikelyDay| match one {
        UnlikelyDay::VeryOld { .. } => (F::Birthdate, P::VeryOld),
        UnlikelyDay::OnsetLongBefore { .. } => (F::OnsetOn, P::OnsetLongBeforeDiagnosis),
        UnlikelyDay::OnsetAfter { .. } => (F::OnsetOn, P::OnsetAfterDiagnosis),
        UnlikelyDay::EnteredAfter { .. } => (F::EnteredJapanOn, P::EnteredAfterDiagnosis),
    };
    let long_ago = is_long_ago(days.diagnosed_on, today).then_some((F::DiagnosedOn, P::LongAgo));
    let others = days.unlikely().into_iter().map(told);
    long_ago.into_iter().chain(others).collect()
}

/// Reads a day that does not lie in the future, nor before the birth where that is known.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn past_day(text: &str, today: Date, born: Option<Date>) -> Result<Date, CaseProblem> {
    match parse_day(text) {
        Err(error) => Err(CaseProblem::Day(error)),
        Ok(day) if day > today => Err(CaseProblem::DayInFuture),
        Ok(day) if born.is_some_and(|born| day < born) => Err(CaseProblem::DayBeforeBirth),
        Ok(day) => Ok(day),
    }
}

impl CaseProblem {
    /// Whether a name is asked back only: whoever means it, or knows none, may go on.
    pub const fn asks_name(self) -> bool {
        matches!(self, CaseProblem::NameNotKnown)
    }

    /// Whether a day is asked back only: whoever means it may go on.
    pub const fn is_question(self) -> bool {
        matches!(
            self,
            CaseProblem::OnsetAfterDiagnosis
                | CaseProblem::OnsetLongBeforeDiagnosis
                | CaseProblem::EnteredAfterDiagnosis
                | CaseProblem::VeryOld
                | CaseProblem::LongAgo
        )
    }
}

/// The most characters of an address, and of the words on where somebody stays. The notification of the authority allows
/// 200; sets of one's own may ask for more.
pub const ADDRESS_LENGTH: usize = 300;

/// Words on a place in one line, kana at full width; nothing where there are none.
pub(crate) fn place(text: &str) -> Option<Personal<String>> {
    let line = full_width_kana(&clean_note(text))
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    (!line.is_empty()).then(|| Personal::new(line))
}

/// The number of somebody, where it is not said that they have none.
fn phone(typed: &TypedCase) -> Result<Option<PhoneNumber>, CaseProblem> {
    match (PhoneNumber::parse(&typed.phone), typed.has_no_phone) {
        (Err(PhoneError::Empty), true) => Ok(None),
        (_, true) => Err(CaseProblem::PhoneAndNone),
        (Ok(phone), false) => Ok(Some(phone)),
        (Err(error), false) => Err(CaseProblem::Phone(error)),
    }
}

/// Checks a case; all problems at once.
pub fn check(typed: &TypedCase, today: Date) -> Result<CheckedCase, Vec<(CaseField, CaseProblem)>> {
    let mut problems = Vec::new();
    let mut names = Vec::new();
    let spellings = [
        (CaseField::Name, "kanji", &typed.name),
        (CaseField::NameKana, "kana", &typed.name_kana),
        (CaseField::NameLatin, "latin", &typed.name_latin),
    ];
    let any = spellings.iter().any(|(_, _, text)| !text.trim().is_empty());
    for (field, script, text) in spellings {
        match PersonName::parse(text) {
            Ok(name) => {
                let keys = NameKeys::of(name.as_str());
                names.push(NameRow {
                    script: script.to_owned(),
                    name: name.as_str().to_owned(),
                    key_joined: keys.joined,
                    key_sorted: keys.sorted,
                });
            }
            // One spelling will do; which one is the center's choice.
            Err(NameError::Empty) if any && text.trim().is_empty() => {}
            Err(NameError::Empty) if !any && field != CaseField::Name => {}
            Err(error) => problems.push((field, CaseProblem::Name(error))),
        }
    }
    let birthdate = Birthdate::parse(&typed.birthdate, today)
        .map_err(|e| problems.push((CaseField::Birthdate, CaseProblem::Birthdate(e))));
    let phone = phone(typed).map_err(|problem| problems.push((CaseField::Phone, problem)));
    let email = match EmailAddress::parse(&typed.email) {
        Ok(email) => Some(email),
        Err(EmailAddressError::Empty) => None,
        Err(EmailAddressError::Malformed | EmailAddressError::LettersBeforeAt) => {
            problems.push((CaseField::Email, CaseProblem::Email));
            None
        }
    };
    let address = Address {
        address: place(&typed.address),
        whereabouts: place(&typed.whereabouts),
    };
    for (field, place) in [
        (CaseField::Address, &address.address),
        (CaseField::Whereabouts, &address.whereabouts),
    ] {
        let length = place
            .as_ref()
            .map_or(0, |place| place.expose().chars().count());
        if length > ADDRESS_LENGTH {
            problems.push((field, CaseProblem::AddressTooLong));
        }
    }
    let language = if typed.language.trim().is_empty() {
        Some("ja".to_owned())
    } else {
        language::read(&typed.language)
    };
    if language.is_none() {
        problems.push((CaseField::Language, CaseProblem::Language));
    }
    let born = birthdate.as_ref().ok().map(|b| b.date());
    let mut day = |field: CaseField, text: &str, may_be_empty: bool| -> Option<Date> {
        match past_day(text, today, born) {
            Ok(day) => return Some(day),
            Err(CaseProblem::Day(DayError::Empty)) if may_be_empty => {}
            Err(problem) => problems.push((field, problem)),
        }
        None
    };
    let diagnosed_on = day(CaseField::DiagnosedOn, &typed.diagnosed_on, false);
    let onset_on = day(CaseField::OnsetOn, &typed.onset_on, true);
    let entered_japan_on = day(CaseField::EnteredJapanOn, &typed.entered_japan_on, true);
    let passport = match PassportNumber::parse(&typed.passport_number) {
        Ok(number) => Some(number),
        Err(PassportNumberError::Empty) => None,
        Err(error) => {
            problems.push((CaseField::PassportNumber, CaseProblem::Passport(error)));
            None
        }
    };
    match (birthdate, phone, language, diagnosed_on) {
        (Ok(birthdate), Ok(phone), Some(language), Some(diagnosed_on)) if problems.is_empty() => {
            Ok(CheckedCase {
                names,
                birthdate,
                phone,
                email,
                address,
                language,
                diagnosed_on,
                onset_on,
                entered_japan_on,
                passport,
                today,
            })
        }
        _ => Err(problems),
    }
}
