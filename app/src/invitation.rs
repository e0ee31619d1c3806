//! Inviting a person by short message or by mail: the system itself addresses every message from the record. No name
//! and no disease stands in it, because it shows on locked screens.

mod bounced;
mod many;
mod one;
mod standing;

pub use bounced::Bounced;
pub(crate) use bounced::{FoundBounced, bounced, read_bounced};
pub use many::{InvitedMany, ManyPreview};
use standing::Standing;

use crate::brochure::invitation_url;
use crate::case_registration::CaseView;
use crate::outbox::{Mail, Reason};
use crate::sms::Sms;
use crate::{Error, StaffDesk};
use domain::email_address::EmailAddress;
use domain::ids::CaseId;
use domain::language::Language;
use domain::message_texts::MessageName;
use domain::phone::PhoneNumber;
use domain::sms_text::{Counted, SmsTextProblem, check_within, count};
use domain::staff_role::Right;
use jiff::Timestamp;
use storage::outbox as rows;

/// Which of many get a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wave {
    /// Those who have had none.
    First,
    /// Those who have no account, be it that they have had one some time ago.
    Again,
}

/// How a person is invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteBy {
    /// By short message.
    Sms,
    /// By mail.
    Mail,
}

impl InviteBy {
    /// Both ways; the first that can be taken is taken for many.
    pub const ALL: [InviteBy; 2] = [InviteBy::Sms, InviteBy::Mail];

    /// The word in forms, catalogues and the audit log.
    pub const fn word(self) -> &'static str {
        match self {
            InviteBy::Sms => "sms",
            InviteBy::Mail => "mail",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<InviteBy> {
        InviteBy::ALL.into_iter().find(|way| way.word() == word)
    }

    /// The kind of the message in the outbox; whatever begins with `sms_` goes to the gateway.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            InviteBy::Sms => "sms_invitation",
            InviteBy::Mail => "invitation",
        }
    }
}

/// A message before it is sent.
#[derive(Clone, Debug)]
pub struct Preview {
    /// How.
    pub by: InviteBy,
    /// The number or the address, most of it hidden; empty where there is none.
    pub to: String,
    /// The subject of a mail.
    pub subject: Option<String>,
    /// The text as the person gets it.
    pub text: String,
    /// A short message as networks count it.
    pub counted: Option<Counted>,
    /// The most UTF-16 units that the gateway takes.
    pub most: usize,
    /// Why it cannot be sent.
    pub problem: Option<InviteProblem>,
}

/// Why a message cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InviteProblem {
    /// There is no gateway.
    NoGateway,
    /// No phone number is registered, without which nobody signs up: there is nothing to be invited to, in either way.
    NoPhone,
    /// The number is no mobile phone's.
    NoMobile,
    /// A call has found that the number is somebody else's, and it was not corrected since.
    WrongNumber,
    /// Among many: the last message to this number, or to this address, could not be delivered, or was refused for good.
    CameBack,
    /// The text is longer than the networks take; the address of the portal is too long.
    TooLong,
    /// There is no e-mail address in the record.
    NoAddress,
    /// The person was sent enough messages today.
    Enough,
    /// The person has died: nobody asks how they are.
    Died,
    /// The case is closed.
    Closed,
    /// Among many: the person was sent one some hours ago.
    JustSent,
    /// Among many: the person has signed up.
    HasAccount,
}

/// A message of a case and its fate.
#[derive(Clone, Debug)]
pub struct Message {
    /// Whether it is a short message.
    pub is_sms: bool,
    /// When it was promised.
    pub at: Timestamp,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// When it reached the phone, where the gateway tells.
    pub delivered_at: Option<Timestamp>,
    /// When it was given up, before it was sent or after, and why.
    pub given_up: Option<(Timestamp, String)>,
    /// When it was withdrawn before it was sent: the case was closed, or what it said was over.
    pub withdrawn_at: Option<Timestamp>,
    /// Whether it invites by a HER-SYS ID that was taken back since: it leads nowhere.
    pub is_by_former_id: bool,
    /// Whether the number, the address or what it says was refused for good.
    pub was_refused: bool,
}

impl From<rows::MessageRow> for Message {
    fn from(row: rows::MessageRow) -> Message {
        let problem = row.gave_up_at.and(row.last_problem.as_deref());
        let because = problem.and_then(Reason::read);
        Message {
            was_refused: because.is_some_and(|because| because.was_refusal(row.attempts)),
            is_sms: row.kind.starts_with("sms_"),
            at: row.created_at,
            sent_at: row.sent_at,
            delivered_at: row.delivered_at,
            given_up: row.gave_up_at.zip(row.last_problem),
            withdrawn_at: row.withdrawn_at,
            is_by_former_id: row.is_by_former_id,
        }
    }
}

/// What came of inviting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvitePerson {
    /// The message is on its way.
    Promised,
    /// It cannot be sent.
    Problem(InviteProblem),
    /// A colleague has sent one since the page was shown; nothing was sent.
    Meanwhile,
    /// It is part of this record, which says how the person is reached; nothing was sent.
    Merged(CaseId),
    /// There is no such case.
    NoSuchCase,
}

/// Whether a number can take messages: in Japan 060, 070, 080 and 090 do, as the networks' gateways say, and 0800 is free
/// of charge and takes none. Of a number abroad only its own network knows; visitors have those.
fn is_mobile(e164: &str) -> bool {
    !e164.starts_with("+81")
        || !e164.starts_with("+81800")
            && ["+8160", "+8170", "+8180", "+8190"]
                .iter()
                .any(|start| e164.starts_with(start))
}

/// A phone number that takes short messages.
pub(crate) fn mobile_of(phone: &str) -> Option<PhoneNumber> {
    let phone = PhoneNumber::parse(phone).ok()?;
    is_mobile(phone.e164()).then_some(phone)
}

/// An address with as little of it as its owner knows it by: enough to see that it is one, not to write there.
pub fn hidden(email: &str) -> String {
    match email.split_once('@') {
        Some((name, place)) => {
            let first: String = name.chars().take(1).collect();
            format!("{first}…@{place}")
        }
        None => String::new(),
    }
}

/// A message with its address, ready to be sealed.
enum Ready {
    Sms(Sms),
    Mail(Mail),
}

impl StaffDesk {
    fn addressed(&self, view: &CaseView, by: InviteBy) -> Result<(Preview, Option<Ready>), Error> {
        let app = &self.app;
        let gateway = &app.inner.sms;
        let language = Language::parse(&view.language).unwrap_or(Language::En);
        let url = invitation_url(app.public_url(), &view.member.hersys_id);
        let whose = (view.member.programme.as_str(), &*view.member.center);
        let text = |name| app.message_text(whose, name, language, &url);
        let preview = |to: String, text: &str| Preview {
            by,
            to,
            subject: None,
            text: text.to_owned(),
            counted: None,
            most: gateway.limits().units,
            problem: None,
        };
        match by {
            InviteBy::Sms => {
                let text = text(MessageName::InvitationSms)?;
                let Some(phone) = &view.phone else {
                    let preview = Preview {
                        counted: Some(count(&text)),
                        problem: Some(InviteProblem::NoPhone),
                        ..preview(String::new(), &text)
                    };
                    return Ok((preview, None));
                };
                let phone = PhoneNumber::parse(phone.expose()).map_err(|_| {
                    Error::broken(format!("persons.phone of case {}", view.member.case))
                })?;
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
                let all = national.chars().count();
                let end: String = national.chars().skip(all.saturating_sub(4)).collect();
                let preview = Preview {
                    counted: Some(count(&text)),
                    problem,
                    ..preview(format!("…{end}"), &text)
                };
                let to = phone.e164().to_owned();
                Ok((preview, Some(Ready::Sms(Sms { to, text }))))
            }
            InviteBy::Mail => {
                let text_of = text(MessageName::InvitationMail)?;
                let subject = text(MessageName::InvitationMailSubject)?;
                let email = view
                    .email
                    .as_ref()
                    .and_then(|email| EmailAddress::parse(email.expose()).ok());
                let to = email
                    .as_ref()
                    .map_or_else(String::new, |e| hidden(e.as_str()));
                let no_phone = (view.phone.is_none()).then_some(InviteProblem::NoPhone);
                let no_address = email.is_none().then_some(InviteProblem::NoAddress);
                let preview = Preview {
                    subject: Some(subject.clone()),
                    problem: no_phone.or(no_address),
                    ..preview(to, &text_of)
                };
                let mail = email.map(|email| {
                    Ready::Mail(Mail::written(&email, language, subject.clone(), &text_of))
                });
                Ok((preview, mail))
            }
        }
    }

    async fn standing_of(&self, case: CaseId) -> Result<Standing, Error> {
        let db = self.app.db();
        Ok(db.read(move |tx| Standing::of(tx, case)).await?)
    }

    async fn messages_of(&self, case: CaseId) -> Result<Vec<Message>, Error> {
        let messages = self
            .app
            .db()
            .read(move |tx| rows::of_case(tx, case))
            .await?;
        Ok(messages.into_iter().map(Message::from).collect())
    }

    /// The messages to the account with which the person of a case signed up, the latest first; `None` where there is no such
    /// case.
    pub async fn account_messages(&self, case: CaseId) -> Result<Option<Vec<Message>>, Error> {
        self.needs(Right::Register)?;
        let scope = self.scope();
        let found = self
            .app
            .db()
            .read(
                move |tx| match storage::case_registration::find(tx, &scope, case)? {
                    Some(_) => Ok(Some(rows::of_account(tx, case)?)),
                    None => Ok(None),
                },
            )
            .await?;
        Ok(found.map(|all| all.into_iter().map(Message::from).collect()))
    }

    /// The messages that a person would get, one for each way, and those that were sent; `None` where there is no such
    /// case.
    pub async fn invitation(
        &self,
        case: CaseId,
    ) -> Result<Option<(Vec<Preview>, Vec<Message>)>, Error> {
        self.needs(Right::Register)?;
        let Some(view) = self.case(case).await? else {
            return Ok(None);
        };
        let standing = self.standing_of(case).await?;
        let previews = InviteBy::ALL
            .into_iter()
            .map(|by| {
                let (preview, _) = self.addressed(&view, by)?;
                Ok(Preview {
                    problem: standing.problem(by).or(preview.problem),
                    ..preview
                })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Some((previews, self.messages_of(case).await?)))
    }

    /// How somebody among many would be invited: by the first way that can be taken, and in which none of those `before` came back.
    fn best(
        &self,
        view: &CaseView,
        standing: Standing,
        before: &[Message],
    ) -> Result<Result<Preview, InviteProblem>, Error> {
        let mut first = None;
        for by in InviteBy::ALL {
            let (preview, _) = self.addressed(view, by)?;
            let problem = standing.problem(by).or(preview.problem);
            match problem.or_else(|| standing.came_back(by, before)) {
                None => return Ok(Ok(preview)),
                Some(problem) => first = first.or(Some(problem)),
            }
        }
        Ok(Err(first.unwrap_or(InviteProblem::NoMobile)))
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
            ("+84912345678", true),
            ("+12025550123", true),
        ] {
            assert_eq!(is_mobile(number), mobile, "{number}");
        }
    }
}
