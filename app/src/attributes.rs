//! Attributes: what somebody types of a family member, and whether it agrees with what a health center registered.
//!
//! A refusal never says which attribute differs: not in words, not by a status, not by the time it takes. Guessing is
//! counted where it happens, per claimed person, per ID, per account and softly per address.

mod claim;

use crate::client::place;
use crate::family::Member;
use crate::keys::Keys;
use crate::password_letters::own_data;
use crate::{Error, PatientDesk};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claim::{ACCOUNT, CLIENT, CONTACT, Claim, ID, Outcome, PERSON};
use domain::birthdate::{Birthdate, BirthdateError};
use domain::hersys_id::{HersysId, HersysIdError, HersysIdLengths};
use domain::ids::{AccountId, CaseId, TaskId};
use domain::name::{NameError, NameKeys, Odd, PersonName, Reading, as_typed_and_meant};
use domain::phone::{PhoneError, PhoneNumber};
use domain::text::fold_width;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use storage::{Tx, account};

/// How long an address that fails often waits for each answer: it slows a robot and hardly a family, many of whom may
/// share one address.
const SLOW: Duration = Duration::from_secs(2);

/// Attributes as typed: kept, sealed, until they have become a registration.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// The name.
    pub name: String,
    /// The year of birth: `1955`, `S30`, `昭和30`.
    pub birth_year: String,
    /// The month of birth.
    pub birth_month: String,
    /// The day of birth.
    pub birth_day: String,
    /// The phone number.
    pub phone: String,
    /// The number on the brochure.
    pub hersys_id: String,
}

/// The longest text of a field that is kept, in characters.
const LONGEST_TYPED: usize = 1_000;

impl Typed {
    /// The same with no field longer than so many characters.
    fn within(&self, most: usize) -> Typed {
        let cut = |text: &String| text.chars().take(most).collect();
        Typed {
            name: cut(&self.name),
            birth_year: cut(&self.birth_year),
            birth_month: cut(&self.birth_month),
            birth_day: cut(&self.birth_day),
            phone: cut(&self.phone),
            hersys_id: cut(&self.hersys_id),
        }
    }

    pub(crate) fn seal(&self, keys: &Keys) -> Vec<u8> {
        // A struct of strings always becomes JSON.
        keys.seal("draft", &serde_json::to_vec(self).unwrap_or_default())
    }

    pub(crate) fn open(keys: &Keys, sealed: &[u8]) -> Result<Typed, Error> {
        serde_json::from_slice(&keys.open("draft", sealed)?)
            .map_err(|_| Error::broken("attribute_drafts.typed cannot be read"))
    }
}

impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[personal]")
    }
}

/// Keeps an ID that a QR code or a link brought along, beside what was typed before. An ID that was typed stays: a link
/// changes nothing that somebody wrote. Tells whether the ID of the link is the one that stands now.
pub(crate) fn keep_id(
    tx: &mut Tx<'_>,
    keys: &Keys,
    account: AccountId,
    id: &str,
    now: Timestamp,
) -> Result<bool, storage::Error> {
    let before = account::draft(tx, account)?.and_then(|sealed| Typed::open(keys, &sealed).ok());
    let before = before.unwrap_or_default();
    if !before.hersys_id.trim().is_empty() {
        return Ok(fold_width(&before.hersys_id) == id);
    }
    let typed = Typed {
        hersys_id: id.to_owned(),
        ..before
    };
    account::save_draft(tx, account, &typed.seal(keys), now)?;
    Ok(true)
}

/// What is wrong with a typed attribute, before anything is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Of the name.
    Name(NameError),
    /// Of the birthdate.
    Birthdate(BirthdateError),
    /// Of the phone number.
    Phone(PhoneError),
    /// Of the HER-SYS ID.
    HersysId(HersysIdError),
    /// All can be, but the account's password is built on them: it was chosen before they were known. Another one is to
    /// be chosen first.
    Password,
}

impl Problem {
    /// The key of the sentence that says so.
    pub const fn key(&self) -> &'static str {
        match self {
            Problem::Name(NameError::Empty) => "problem-name-empty",
            Problem::Name(NameError::TooLong) => "problem-name-too-long",
            Problem::Name(NameError::OddCharacters(odd)) => odd_key(*odd),
            Problem::Birthdate(error) => birthdate_key(*error),
            Problem::Phone(PhoneError::Empty) => "problem-phone-empty",
            Problem::Phone(PhoneError::NotANumber) => "problem-phone-not-a-number",
            Problem::HersysId(HersysIdError::Empty) => "problem-id-empty",
            Problem::HersysId(HersysIdError::NotDigits) => "problem-id-not-digits",
            Problem::HersysId(HersysIdError::WrongLength) => "problem-id-length",
            Problem::Password => "problem-password-attributes",
        }
    }
}

/// The key of the sentence on characters that cannot be used.
pub const fn odd_key(odd: Odd) -> &'static str {
    match odd {
        Odd::Start => "problem-odd-start",
        Odd::Break => "problem-odd-break",
        Odd::Control => "problem-odd-control",
        Odd::Direction => "problem-odd-direction",
        Odd::Marks => "problem-odd-marks",
        Odd::NoLetters => "problem-odd-no-letters",
        Odd::Lost => "problem-odd-lost",
    }
}

/// The key of the sentence on a birthdate.
pub(crate) const fn birthdate_key(error: BirthdateError) -> &'static str {
    match error {
        BirthdateError::Empty => "problem-birthdate-empty",
        BirthdateError::YearMissing => "problem-birthdate-year-missing",
        BirthdateError::MonthMissing => "problem-birthdate-month-missing",
        BirthdateError::DayMissing => "problem-birthdate-day-missing",
        BirthdateError::YearUnclear => "problem-birthdate-year-unclear",
        BirthdateError::NotADate => "problem-birthdate-not-a-date",
        BirthdateError::Unreadable => "problem-birthdate-unreadable",
        BirthdateError::InFuture => "problem-birthdate-in-future",
        BirthdateError::TooOld => "problem-birthdate-too-old",
    }
}

/// Attributes that could be a person's.
#[derive(Clone)]
pub struct Attributes {
    /// The name.
    pub name: PersonName,
    /// The birthdate.
    pub birthdate: Birthdate,
    /// The phone number.
    pub phone: PhoneNumber,
    /// The HER-SYS ID.
    pub hersys_id: HersysId,
}

/// What came of saving the attributes.
#[derive(Clone, Debug)]
pub enum Registration {
    /// They agree: the member belongs to the account now.
    Registered(CaseId),
    /// They agree with a member that belonged to the account before.
    RegisteredBefore(CaseId),
    /// They do not, or may not be tried any more: one answer for all reasons. What was typed is kept.
    Refused,
    /// Something is missing or cannot be; what was typed is kept.
    Incomplete(Vec<Problem>),
    /// Nothing is typed: it has become a registration already, or was never begun.
    NothingTyped,
    /// Something else is typed than the person was shown, as in another tab. Nothing was saved.
    OtherTyped,
}

/// Why a registration was refused: for the center, never for the person.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Refusal {
    /// What was typed.
    pub typed: Typed,
    /// `id_unknown`, `name`, `birthdate`, `phone`, `already_registered`, `in_error`, `too_many_tries`.
    pub reasons: Vec<String>,
    /// Under which keys it was counted, so that a look by the center can forget them.
    pub person_key: Vec<u8>,
    /// The same for the birthdate and phone number alone; empty in refusals of earlier releases.
    #[serde(default)]
    pub contact_key: Vec<u8>,
    /// The account that tried.
    pub account: Option<AccountId>,
}

/// Reads attributes as they were typed; all problems at once.
pub(crate) fn read_attributes(
    typed: &Typed,
    today: Date,
    lengths: &HersysIdLengths,
) -> Result<Attributes, Vec<Problem>> {
    let name = PersonName::parse(&typed.name).map_err(Problem::Name);
    let birthdate = Birthdate::parse_parts(
        &typed.birth_year,
        &typed.birth_month,
        &typed.birth_day,
        today,
    )
    .map_err(Problem::Birthdate);
    let phone = PhoneNumber::parse(&typed.phone).map_err(Problem::Phone);
    let hersys_id = HersysId::parse(&typed.hersys_id, lengths).map_err(Problem::HersysId);
    match (name, birthdate, phone, hersys_id) {
        (Ok(name), Ok(birthdate), Ok(phone), Ok(hersys_id)) => Ok(Attributes {
            name,
            birthdate,
            phone,
            hersys_id,
        }),
        (name, birthdate, phone, id) => Err([name.err(), birthdate.err(), phone.err(), id.err()]
            .into_iter()
            .flatten()
            .collect()),
    }
}

impl PatientDesk {
    /// What was typed so far.
    pub async fn typed_attributes(&self) -> Result<Option<Typed>, Error> {
        let account = self.account;
        let sealed = self
            .app
            .db()
            .read(move |tx| account::draft(tx, account))
            .await?;
        self.read_draft(sealed)
    }

    /// Opens what was typed and not yet saved.
    pub(crate) fn read_draft(&self, sealed: Option<Vec<u8>>) -> Result<Option<Typed>, Error> {
        sealed
            .map(|sealed| Typed::open(self.app.keys(), &sealed))
            .transpose()
    }

    /// Keeps what was typed, whether or not it is complete, and tells what is wrong with it.
    pub async fn keep_attributes(
        &self,
        typed: &Typed,
    ) -> Result<Result<Attributes, Vec<Problem>>, Error> {
        let (account, now) = (self.account, self.app.clock.now());
        // What is kept is looked at again with every page: no field holds as much as this.
        let typed = &typed.within(LONGEST_TYPED);
        let sealed = typed.seal(self.app.keys());
        self.app
            .db()
            .write(move |tx| account::save_draft(tx, account, &sealed, now))
            .await?;
        self.understand(typed).await
    }

    /// Attributes that can be, on which the password is not built.
    async fn understand(&self, typed: &Typed) -> Result<Result<Attributes, Vec<Problem>>, Error> {
        let attributes = match read_attributes(typed, self.app.today(), self.app.id_lengths()) {
            Ok(attributes) => attributes,
            Err(problems) => return Ok(Err(problems)),
        };
        let letters = self.letters().await?;
        let own = own_data(&attributes);
        Ok(match letters.is_some_and(|it| it.are_built_on(&own)) {
            true => Err(vec![Problem::Password]),
            false => Ok(attributes),
        })
    }

    /// Keeps an ID that a link brought to somebody who is signed in already, unless another one was typed; tells whether
    /// it stands.
    pub async fn keep_typed_id(&self, id: &str) -> Result<bool, Error> {
        let (account, now, id) = (self.account, self.app.clock.now(), id.to_owned());
        let keys = self.app.keys().clone();
        Ok(self
            .app
            .db()
            .write(move |tx| keep_id(tx, &keys, account, &id, now))
            .await?)
    }

    /// A word for attributes as they are shown before they are saved, which tells nothing of them.
    pub fn shown_attributes(&self, attributes: &Attributes) -> String {
        let all = serde_json::json!([
            self.account.to_string(),
            attributes.name.as_str(),
            attributes.birthdate.date().to_string(),
            attributes.phone.e164(),
            attributes.hersys_id.as_str(),
        ]);
        URL_SAFE_NO_PAD.encode(self.app.keys().blind("attributes_shown", &all.to_string()))
    }

    /// Registers the member whose attributes were typed and kept, if they agree with what a center registered.
    pub async fn save_attributes(&self) -> Result<Registration, Error> {
        Ok(self.save_shown_attributes(None).await?.0)
    }

    /// The same, if they are those that the person was shown (`shown` is the word for them); and for how long the answer is to
    /// be kept back, where it comes to an address that fails often.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn save_shown_attributes(
        &self,
        shown: Option<&str>,
    ) -> Result<(Registration, Option<Duration>), Error> {
        let Some(typed) = self.typed_attributes().await? else {
            return Ok((Registration::NothingTyped, None));
        };
        let attributes = match self.understand(&typed).await? {
            Ok(attributes) => attributes,
            Err(problems) => return Ok((Registration::Incomplete(problems), None)),
        };
        if shown.is_some_and(|shown| shown != self.shown_attributes(&attributes)) {
            return Ok((Registration::OtherTyped, None));
        }
        let keys = self.app.keys();
        let typed_names = as_typed_and_meant(attributes.name.as_str());
        let readings = typed_names.each_ref().map(|name| Reading::of(name));
        let names = typed_names.map(|name| NameKeys::of(&name));
        // However a name is cut into parts and turned, and whatever stands beside it in brackets, its letters are one claimed
        // person.
        let contact = format!(
            "{}|{}",
            attributes.birthdate.date(),
            attributes.phone.e164()
        );
        let person = format!("{}|{contact}", names[1].letters());
        let client = place(self.client);
        let claim = Claim {
            person_key: keys.blind(PERSON, &person),
            contact_key: keys.blind(CONTACT[0], &contact),
            id_key: keys.blind(ID, attributes.hersys_id.as_str()),
            account_key: self.account.uuid().as_bytes().to_vec(),
            client_key: keys.blind(CLIENT, &client),
            phone_blind: phone_blind(keys, &attributes.phone),
            readings,
            names,
            attributes,
            typed,
            account: self.account,
            session: self.session,
            task: TaskId::from_uuid(self.app.new_uuid()),
            history_task: TaskId::from_uuid(self.app.new_uuid()),
            keys: keys.clone(),
            now: self.app.clock.now(),
            letters: self.letters().await?,
        };
        let (outcome, slow) = self.app.db().write(move |tx| claim.run(tx)).await?;
        let registration = match outcome {
            Outcome::Claimed(case) => Registration::Registered(case),
            Outcome::Theirs(case) => Registration::RegisteredBefore(case),
            Outcome::Refused => Registration::Refused,
            Outcome::PasswordIsOwnData => Registration::Incomplete(vec![Problem::Password]),
        };
        Ok((registration, slow.then_some(SLOW)))
    }

    /// The member that has just been registered, for the page that says so.
    pub async fn newest_member(&self) -> Result<Option<Member>, Error> {
        Ok(self.members().await?.pop())
    }
}

/// The keyed hash by which a phone number is known.
pub(crate) fn phone_blind(keys: &Keys, phone: &PhoneNumber) -> Vec<u8> {
    keys.blind("phone", phone.e164())
}

/// Forgets the tries that a refusal counted: the center has looked, and the person may try again.
pub(crate) fn forget_tries(
    tx: &mut Tx<'_>,
    keys: &Keys,
    refusal: &Refusal,
    id: Option<&HersysId>,
) -> Result<(), storage::Error> {
    storage::limits::forget(tx, PERSON, &refusal.person_key)?;
    for kind in CONTACT {
        storage::limits::forget_span(tx, kind, &refusal.contact_key)?;
    }
    if let Some(id) = id {
        storage::limits::forget(tx, ID, &keys.blind(ID, id.as_str()))?;
    }
    if let Some(account) = refusal.account {
        storage::limits::forget(tx, ACCOUNT, account.uuid().as_bytes())?;
    }
    Ok(())
}
