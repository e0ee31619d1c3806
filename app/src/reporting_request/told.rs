//! How the person hears that a request waits.

use crate::invitation::mobile_of;
use crate::outbox::Mail;
use crate::sms::Sms;
use crate::{Error, StaffDesk};
use domain::email_address::EmailAddress;
use domain::ids::{CaseId, MessageId};
use domain::language::Language;
use domain::message_texts::MessageName;
use storage::case_registration as cases;

/// The kinds of the messages that tell of a request.
const BY_MAIL: &str = "reporting_request";
const BY_SMS: &str = "sms_request";

/// By which ways the person is told that a request waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tells {
    /// By e-mail, to the account.
    pub mail: bool,
    /// By short message.
    pub sms: bool,
}

impl Tells {
    pub(super) fn by(messages: &[(MessageId, &'static str, Vec<u8>)]) -> Tells {
        let has = |kind: &str| messages.iter().any(|(_, of, _)| *of == kind);
        Tells {
            mail: has(BY_MAIL),
            sms: has(BY_SMS),
        }
    }

    /// Whether the person hears of it by paper alone.
    pub fn by_paper_alone(self) -> bool {
        !self.mail && !self.sms
    }
}

impl StaffDesk {
    /// The messages that tell the person that a request waits: to the address of each account that has signed up, be it with the
    /// number of a record that was merged into this one, and to a mobile phone.
    pub(super) async fn request_messages(
        &self,
        case: CaseId,
        view: &crate::case_registration::CaseView,
        language: Language,
    ) -> Result<Vec<(MessageId, &'static str, Vec<u8>)>, Error> {
        let app = &self.app;
        let mut messages = Vec::new();
        let accounts = app
            .db()
            .read(move |tx| {
                let mut found = Vec::new();
                for account in cases::accounts_of(tx, case)? {
                    found.extend(storage::account::by_id(tx, account)?);
                }
                Ok(found)
            })
            .await?;
        let new = || MessageId::from_uuid(app.new_uuid());
        let whose = (view.member.programme.as_str(), &*view.member.center);
        for account in accounts {
            let email = app.keys().open_text("email", &account.email_sealed)?;
            let email = EmailAddress::parse(email.expose())
                .map_err(|_| Error::broken("accounts.email cannot be read"))?;
            let language = Language::parse(&account.language).unwrap_or(language);
            let text = |name| app.message_text(whose, name, language, app.public_url());
            let subject = text(MessageName::RequestMailSubject)?;
            let mail = Mail::written(&email, language, subject, &text(MessageName::RequestMail)?);
            messages.push((new(), BY_MAIL, mail.seal(app.keys())));
        }
        let ways = app
            .db()
            .read(move |tx| storage::contact_log::known_ways(tx, case))
            .await?;
        // Whoever has a number that a call found wrong is told nothing.
        if app.inner.sms.is_there()
            && ways.wrong_at.is_none()
            && let Some(phone) = &view.phone
            && let Some(phone) = mobile_of(phone.expose())
        {
            let url = crate::brochure::invitation_url(app.public_url(), &view.member.hersys_id);
            let sms = Sms {
                to: phone.e164().to_owned(),
                text: app.message_text(whose, MessageName::RequestSms, language, &url)?,
            };
            if domain::sms_text::check_within(&sms.text, app.inner.sms.limits()).is_ok() {
                messages.push((new(), BY_SMS, sms.seal(app.keys())));
            } else {
                tracing::warn!(
                    "a short message about a request is too long for the network, and is not sent"
                );
            }
        }
        Ok(messages)
    }
}
