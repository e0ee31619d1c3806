//! Messages to staff: an e-mail to each, and where it is urgent a short message to those who wish it. Promised in the
//! transaction of what they tell; one channel never holds the other one up.

use crate::App;
use crate::outbox::Mail;
use crate::sms::{Sms, carried};
use domain::email_address::EmailAddress;
use domain::ids::{HealthCenterId, MessageId};
use domain::language::Language;
use domain::sms_text::{Limits, check_within};
use jiff::Timestamp;
use storage::Tx;
use storage::outbox;
use storage::staff::StaffRow;

/// A message to several staff members, each in the language that they chose.
pub(crate) struct StaffMessage<'a> {
    /// The kind, for counting.
    pub(crate) kind: &'a str,
    /// Writes the mail.
    pub(crate) mail: &'a dyn Fn(&EmailAddress, Language) -> Mail,
    /// Writes the short message, where there is to be one. It shows on a locked screen: no word of whom it is about.
    pub(crate) sms: Option<&'a dyn Fn(Language) -> String>,
    /// From when on it would only mislead.
    pub(crate) expires: Option<Timestamp>,
    /// Whose records it tells of, where somebody looks later whether a mail has left.
    pub(crate) center: Option<HealthCenterId>,
}

/// The language of messages to staff of whom nobody knows which one they read: that of Japan's health centers.
pub(crate) const OF_THE_HOUSE: Language = Language::Ja;

/// The language that a staff member reads, where that is known: the one that they chose, or came in with first.
pub(crate) fn spoken_by(staff: &StaffRow) -> Option<Language> {
    staff.language.as_deref().and_then(Language::parse)
}

/// Whether somebody is told things: whoever has not taken the invitation up is not.
pub(crate) fn can_come_in(one: &StaffRow) -> bool {
    one.password_hash.is_some() || one.signs_on
}

impl StaffMessage<'_> {
    /// Promises the message to these people. Tells how many mails and short messages there are.
    pub(crate) fn promise(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        staff: &[StaffRow],
        now: Timestamp,
    ) -> Result<(usize, usize), storage::Error> {
        let broken = |what: String| storage::Error::Broken(what);
        let (mut mails, mut messages) = (0, 0);
        let new = || MessageId::from_uuid(app.new_uuid());
        for one in staff.iter().filter(|one| can_come_in(one)) {
            let language = spoken_by(one).unwrap_or(OF_THE_HOUSE);
            let email = app
                .keys()
                .open_text("email", &one.email_sealed)
                .map_err(|e| broken(e.to_string()))?;
            let email = EmailAddress::parse(email.expose())
                .map_err(|_| broken(format!("staff_members.email of {}", one.id)))?;
            let sealed = (self.mail)(&email, language).seal(app.keys());
            let times = (now, self.expires);
            match self.center {
                None => outbox::insert(tx, new(), self.kind, &sealed, now, self.expires)?,
                Some(center) => {
                    outbox::insert_of_center(tx, new(), self.kind, &sealed, center, times)?;
                }
            }
            mails += 1;
            let (Some(write), Some(phone), true) = (self.sms, &one.phone_sealed, one.wants_sms)
            else {
                continue;
            };
            // Another process may have the gateway that this one lacks, and knew how long a text may be when it was saved.
            let limits = match app.inner.sms.is_there() {
                true => app.inner.sms.limits(),
                false if carried::is_carried(tx, now)? => Limits::LONG,
                false => continue,
            };
            let phone = app
                .keys()
                .open_text("staff_phone", phone)
                .map_err(|e| broken(e.to_string()))?;
            let sms = Sms {
                to: phone.expose().clone(),
                text: write(language),
            };
            if check_within(&sms.text, limits).is_ok() {
                let kind = format!("sms_{}", self.kind);
                let sealed = sms.seal(app.keys());
                outbox::insert(tx, new(), &kind, &sealed, now, self.expires)?;
                messages += 1;
            } else {
                tracing::warn!(
                    kind = self.kind,
                    "a short message to staff is too long for the network, and is not sent"
                );
            }
        }
        Ok((mails, messages))
    }
}
