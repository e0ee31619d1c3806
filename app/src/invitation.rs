//! Inviting a person by short message: the system itself addresses every message from the record. No name and no
//! disease stands in it, because it shows on locked screens.

use crate::audit::{self, about, with};
use crate::brochure::invitation_url;
use crate::case_registration::CaseView;
use crate::sms::Sms;
use crate::{Error, StaffDesk};
use domain::ids::{CaseId, MessageId};
use domain::language::Language;
use domain::personal::Personal;
use domain::phone::PhoneNumber;
use domain::sms_text::{Counted, SmsTextProblem, check_within, count};
use domain::staff_role::Right;
use i18n::words;
use jiff::{SignedDuration, Timestamp};
use storage::limits::AtMost;
use storage::outbox as rows;

/// Messages to one person within a day: no more, whoever presses.
const A_DAY: AtMost = AtMost {
    times: 5,
    within: SignedDuration::from_hours(24),
};
const KIND: &str = "sms_invitation";

/// A message before it is sent.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The number, all but its end hidden.
    pub to: String,
    /// The text as the person gets it.
    pub text: String,
    /// As networks count it.
    pub counted: Counted,
    /// Why it cannot be sent.
    pub problem: Option<InviteProblem>,
}

/// Why a message cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteProblem {
    /// There is no gateway.
    NoGateway,
    /// The number is no mobile phone's.
    NoMobile,
    /// The text is longer than the networks take; the address of the portal is too long.
    TooLong,
    /// The person was sent enough messages today.
    Enough,
}

/// A message of a case and its fate.
#[derive(Clone, Debug)]
pub struct Message {
    /// When it was promised.
    pub at: Timestamp,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// When it was given up, and why.
    pub given_up: Option<(Timestamp, String)>,
}

/// What came of inviting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvitePerson {
    /// The message is on its way.
    Promised,
    /// It cannot be sent.
    Problem(InviteProblem),
    /// There is no such case.
    NoSuchCase,
}

/// Whether a number is a mobile phone's: 060, 070, 080 and 090 take messages, as the networks' gateways say.
fn is_mobile(e164: &str) -> bool {
    ["+8160", "+8170", "+8180", "+8190"]
        .iter()
        .any(|start| e164.starts_with(start))
}

/// A phone number that takes short messages.
pub(crate) fn mobile_of(phone: &str) -> Option<PhoneNumber> {
    let phone = PhoneNumber::parse_jp(phone).ok()?;
    is_mobile(phone.e164()).then_some(phone)
}

impl StaffDesk {
    fn message(&self, view: &CaseView) -> Result<(PhoneNumber, String), Error> {
        let phone = PhoneNumber::parse_jp(view.phone.expose())
            .map_err(|_| Error::broken(format!("persons.phone of case {}", view.member.case)))?;
        let language = Language::parse(&view.language).unwrap_or(Language::En);
        let url = invitation_url(self.app.public_url(), &view.member.hersys_id);
        Ok((phone, words(language).with1("sms-invitation", "url", url)))
    }

    fn preview(&self, view: &CaseView) -> Result<Preview, Error> {
        let (phone, text) = self.message(view)?;
        let gateway = &self.app.inner.sms;
        let problem = if !gateway.is_there() {
            Some(InviteProblem::NoGateway)
        } else if !is_mobile(phone.e164()) {
            Some(InviteProblem::NoMobile)
        } else {
            match check_within(&text, gateway.limits()) {
                Ok(()) => None,
                Err(
                    SmsTextProblem::TooLong { .. }
                    | SmsTextProblem::TooLongInShiftJis { .. }
                    | SmsTextProblem::Empty
                    | SmsTextProblem::ControlCharacter,
                ) => Some(InviteProblem::TooLong),
            }
        };
        let national = phone.national();
        let end: String = national
            .chars()
            .skip(national.chars().count().saturating_sub(4))
            .collect();
        Ok(Preview {
            to: format!("…{end}"),
            counted: count(&text),
            text,
            problem,
        })
    }

    /// The message that a person would get, and the messages that were sent; `None` where there is no such case.
    pub async fn invitation(&self, case: CaseId) -> Result<Option<(Preview, Vec<Message>)>, Error> {
        self.needs(Right::Register)?;
        let Some(view) = self.case(case).await? else {
            return Ok(None);
        };
        let messages = self
            .app
            .db()
            .read(move |tx| rows::of_case(tx, case))
            .await?;
        let messages = messages
            .into_iter()
            .map(|row| Message {
                at: row.created_at,
                sent_at: row.sent_at,
                given_up: row.gave_up_at.zip(row.last_problem),
            })
            .collect();
        Ok(Some((self.preview(&view)?, messages)))
    }

    /// Sends a person the link by short message.
    pub async fn invite_person(&self, case: CaseId) -> Result<InvitePerson, Error> {
        self.needs(Right::Register)?;
        let Some(view) = self.case(case).await? else {
            return Ok(InvitePerson::NoSuchCase);
        };
        if let Some(problem) = self.preview(&view)?.problem {
            return Ok(InvitePerson::Problem(problem));
        }
        let (phone, text) = self.message(&view)?;
        let app = &self.app;
        let sms = Sms {
            to: phone.e164().to_owned(),
            text,
        };
        let sealed = sms.seal(app.keys());
        let id = MessageId::from_uuid(app.new_uuid());
        let (now, keys) = (app.clock.now(), app.keys().clone());
        let entry = with(
            about(self.did("case.invited", Some(case)), id.uuid()),
            "sms",
        );
        let promised = app
            .db()
            .write(move |tx| {
                let subject = case.uuid().as_bytes().to_vec();
                if !storage::limits::count(tx, KIND, &subject, [A_DAY; 2], now)? {
                    return Ok(false);
                }
                rows::insert_about(tx, id, KIND, &sealed, case, now)?;
                audit::note(tx, &keys, &entry)?;
                Ok(true)
            })
            .await?;
        app.outbox().wake();
        Ok(if promised {
            InvitePerson::Promised
        } else {
            InvitePerson::Problem(InviteProblem::Enough)
        })
    }

    /// Messages that could not be delivered, of people at the own center who are followed: the case, and the name.
    pub async fn bounced(&self) -> Result<Vec<(CaseId, Personal<String>)>, Error> {
        let center = self.own_center()?;
        let found = self
            .app
            .db()
            .read(move |tx| {
                rows::bounced(tx, center)?
                    .into_iter()
                    .map(|(case, person)| {
                        Ok((case, storage::case_registration::names(tx, person)?))
                    })
                    .collect::<Result<Vec<_>, storage::Error>>()
            })
            .await?;
        Ok(found
            .into_iter()
            .map(|(case, names)| (case, crate::case_registration::read_names(&names)))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mobile_phones_take_messages() {
        for (number, mobile) in [
            ("+819012345678", true),
            ("+816012345678", true),
            ("+81312345678", false),
            ("+815012345678", false),
        ] {
            assert_eq!(is_mobile(number), mobile, "{number}");
        }
    }
}
