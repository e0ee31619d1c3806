//! The mails that the house writes. Their words are in the catalogues; a code stands in the subject and alone on a
//! line, so that phones offer it.

use crate::code::{Ask, Purpose};
use crate::keys::{CannotOpen, Keys};
use domain::email_address::EmailAddress;
use domain::language::Language;
use domain::limits::CODE_LIFE;
use i18n::{Words, words};
use serde::{Deserialize, Serialize};

/// A mail, ready to go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Of what is told where notifications of people who need help at once wait.
#[derive(Clone, Copy)]
pub(crate) struct Waits<'a> {
    /// For how many minutes, the longest of them.
    pub(crate) minutes: i64,
    /// That the center asks something and nobody has answered, instead of that nobody at the center has looked.
    pub(crate) is_asked: bool,
    /// How many more there are.
    pub(crate) more: usize,
    /// The name of the center, for those who watch over it.
    pub(crate) center: Option<&'a str>,
}

impl Waits<'_> {
    /// A line that tells of one, and how many more there are.
    fn and_more(&self, words: &Words, line: String) -> String {
        match i64::try_from(self.more).unwrap_or(i64::MAX) {
            0 => line,
            more => words.with2("alert-and-more", "line", line, "count", more),
        }
    }

    /// What a phone shows of it.
    pub(crate) fn in_a_short_message(&self, language: Language) -> String {
        let words = words(language);
        let key = if self.is_asked {
            "sms-notification-asked"
        } else {
            "sms-notification-waits"
        };
        let waited = crate::message_texts::lasting(words, self.minutes);
        self.and_more(words, words.with1(key, "waited", waited))
    }
}

/// A link is the only thing of a mail that depends on the installation; it is put in when the mail is written.
const LINK: &str = "{url}";

impl Mail {
    /// A mail to a person.
    fn new(to: &EmailAddress, language: Language, subject: String, text: &str) -> Mail {
        Mail::signed(to, words(language).say("mail-footer"), subject, text)
    }

    /// A mail to somebody who works at the console.
    pub(crate) fn to_staff(
        to: &EmailAddress,
        language: Language,
        subject: String,
        text: &str,
    ) -> Mail {
        Mail::signed(to, words(language).say("mail-footer-staff"), subject, text)
    }

    fn signed(to: &EmailAddress, footer: String, subject: String, text: &str) -> Mail {
        Mail {
            to: to.as_str().to_owned(),
            subject,
            text: format!("{text}\n\n{footer}\n"),
        }
    }

    /// The mail that answers a request for a code, in a language. `known`: whether the address has an account. An address that is
    /// known where it must not be, or unknown where it must be known, gets a mail that says so.
    pub(crate) fn code(ask: &Ask, language: Language, code: &str, known: bool) -> Mail {
        let words = words(language);
        let minutes = CODE_LIFE.as_mins();
        let filled = |key: &str| {
            words.with(
                key,
                &[
                    ("code", code.into()),
                    ("minutes", minutes.into()),
                    ("url", LINK.into()),
                ],
            )
        };
        let (subject, text) = match (ask.purpose, known) {
            (Purpose::SignUp, false) => (filled("mail-code-subject"), filled("mail-code-sign-up")),
            (Purpose::SignUp, true) => (filled("mail-code-subject"), filled("mail-code-family")),
            (Purpose::PasswordReset, true) => {
                (filled("mail-code-subject"), filled("mail-code-reset"))
            }
            (Purpose::PasswordReset, false) => {
                (filled("mail-no-account-subject"), filled("mail-no-account"))
            }
            (Purpose::EmailChange, false) => {
                (filled("mail-code-subject"), filled("mail-code-email"))
            }
            (Purpose::EmailChange, true) => (
                filled("mail-email-taken-subject"),
                filled("mail-email-taken"),
            ),
        };
        Mail::new(&ask.email, language, subject, &text)
    }

    /// Tells the owner that the password was changed.
    pub(crate) fn password_changed(to: &EmailAddress, language: Language) -> Mail {
        let words = words(language);
        let subject = words.say("mail-password-changed-subject");
        let text = words.with1("mail-password-changed", "url", LINK);
        Mail::new(to, language, subject, &text)
    }

    /// Tells the old address that it is used no more.
    pub(crate) fn email_changed(to: &EmailAddress, language: Language) -> Mail {
        let words = words(language);
        let subject = words.say("mail-email-changed-subject");
        let text = words.with1("mail-email-changed", "url", LINK);
        Mail::new(to, language, subject, &text)
    }

    /// Tells the owner that the account is closed; with a word on those whom a center still follows.
    pub(crate) fn account_closed(to: &EmailAddress, language: Language, is_followed: bool) -> Mail {
        let words = words(language);
        let subject = words.say("mail-account-closed-subject");
        let text = words.with1("mail-account-closed", "url", LINK);
        let text = match is_followed {
            false => text,
            true => format!("{text}\n\n{}", words.say("mail-account-closed-followed")),
        };
        Mail::new(to, language, subject, &text)
    }

    /// A link with which a staff member chooses a password.
    pub(crate) fn staff_link(
        to: &EmailAddress,
        language: Language,
        url: &str,
        hours: i64,
        again: bool,
    ) -> Mail {
        let words = words(language);
        let (subject, text) = if again {
            ("mail-staff-reset-subject", "mail-staff-reset")
        } else {
            ("mail-staff-invited-subject", "mail-staff-invited")
        };
        let text = words.with2(text, "url", url, "hours", hours);
        Mail::to_staff(to, language, words.say(subject), &text)
    }

    /// A mail whose words the health center chose.
    pub(crate) fn written(
        to: &EmailAddress,
        language: Language,
        subject: String,
        text: &str,
    ) -> Mail {
        Mail::new(to, language, subject, text)
    }

    /// Tells staff of both centers that nobody has answered an offer.
    pub(crate) fn transfer_overdue(
        to: &EmailAddress,
        language: Language,
        (from, center): (&str, &str),
        minutes: i64,
        url: &str,
    ) -> Mail {
        let words = words(language);
        let subject = words.say("mail-transfer-overdue-subject");
        let text = words.with(
            "mail-transfer-overdue",
            &[
                ("from", from.into()),
                ("to", center.into()),
                (
                    "waited",
                    crate::message_texts::lasting(words, minutes).into(),
                ),
                ("url", url.into()),
            ],
        );
        Mail::to_staff(to, language, subject, &text)
    }

    /// Tells whoever entered a notification that the health center asks something about it.
    pub(crate) fn notification_sent_back(to: &EmailAddress, language: Language, url: &str) -> Mail {
        let words = words(language);
        let subject = words.say("mail-notification-sent-back-subject");
        let text = words.with1("mail-notification-sent-back", "url", url);
        Mail::to_staff(to, language, subject, &text)
    }

    /// Tells whoever asked the center about a notification that there is an answer; by the link they find it.
    pub(crate) fn notification_answered(to: &EmailAddress, language: Language, url: &str) -> Mail {
        let words = words(language);
        let subject = words.say("mail-notification-answered-subject");
        let text = words.with1("mail-notification-answered", "url", url);
        Mail::to_staff(to, language, subject, &text)
    }

    /// Tells staff that notifications of people who need help at once wait to be looked at, or for an answer.
    pub(crate) fn notification_waits(
        to: &EmailAddress,
        language: Language,
        waits: &Waits<'_>,
        url: &str,
    ) -> Mail {
        let words = words(language);
        let subject = waits.and_more(words, words.say("mail-notification-waits-subject"));
        let key = match (waits.is_asked, waits.center) {
            (false, None) => "mail-notification-waits",
            (false, Some(_)) => "mail-notification-waits-at",
            (true, None) => "mail-notification-asked",
            (true, Some(_)) => "mail-notification-asked-at",
        };
        let waited = crate::message_texts::lasting(words, waits.minutes);
        let text = words.with(
            key,
            &[
                ("center", waits.center.unwrap_or_default().into()),
                ("waited", waited.into()),
                ("url", url.into()),
            ],
        );
        Mail::to_staff(to, language, subject, &text)
    }

    /// Tells administrators how many records will be purged, and how many days from now on.
    pub(crate) fn purge_ahead(
        to: &EmailAddress,
        language: Language,
        center: &str,
        (records, days): (i64, i64),
        url: &str,
    ) -> Mail {
        let words = words(language);
        let subject = words.with1("mail-purge-ahead-subject", "records", records);
        let text = words.with(
            "mail-purge-ahead",
            &[
                ("center", center.into()),
                ("records", records.into()),
                ("days", days.into()),
                ("url", url.into()),
            ],
        );
        Mail::to_staff(to, language, subject, &text)
    }

    /// Puts the address of the portal where a link stands.
    pub(crate) fn with_link(mut self, public_url: &str) -> Mail {
        self.text = self.text.replace(LINK, public_url);
        self
    }

    pub(crate) fn seal(&self, keys: &Keys) -> Vec<u8> {
        // A struct of strings always becomes JSON.
        keys.seal("mail", &serde_json::to_vec(self).unwrap_or_default())
    }

    pub(crate) fn open(keys: &Keys, sealed: &[u8]) -> Result<Mail, CannotOpen> {
        serde_json::from_slice(&keys.open("mail", sealed)?).map_err(|_| CannotOpen("mail"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_in_the_subject_and_alone_on_a_line() {
        for purpose in [
            Purpose::SignUp,
            Purpose::PasswordReset,
            Purpose::EmailChange,
        ] {
            for known in [true, false] {
                for language in Language::ALL {
                    let ask = Ask {
                        known: false,
                        purpose,
                        email: EmailAddress::parse("hanako@example.org").unwrap(),
                        account: None,
                        typed_id: None,
                        language,
                        client: None,
                    };
                    let mail = Mail::code(&ask, language, "012345", known);
                    let mail = mail.with_link("https://h.example");
                    let gives_code = match purpose {
                        Purpose::SignUp => true,
                        Purpose::PasswordReset => known,
                        Purpose::EmailChange => !known,
                    };
                    assert_eq!(mail.subject.contains("012345"), gives_code);
                    assert_eq!(mail.text.lines().any(|line| line == "012345"), gives_code);
                    assert!(!mail.text.contains(['{', '[']), "{}", mail.text);
                }
            }
        }
    }

    #[test]
    fn every_subject_is_whole() {
        let to = EmailAddress::parse("hanako@example.org").unwrap();
        let url = "https://h.example";
        let waits = |is_asked, center| Waits {
            minutes: 90,
            is_asked,
            more: 4,
            center,
        };
        for language in Language::ALL {
            let all = [
                Mail::password_changed(&to, language),
                Mail::email_changed(&to, language),
                Mail::account_closed(&to, language, false),
                Mail::account_closed(&to, language, true),
                Mail::staff_link(&to, language, url, 24, false),
                Mail::staff_link(&to, language, url, 24, true),
                Mail::transfer_overdue(&to, language, ("A", "B"), 90, url),
                Mail::notification_sent_back(&to, language, url),
                Mail::notification_answered(&to, language, url),
                Mail::notification_waits(&to, language, &waits(false, None), url),
                Mail::notification_waits(&to, language, &waits(false, Some("A")), url),
                Mail::notification_waits(&to, language, &waits(true, None), url),
                Mail::notification_waits(&to, language, &waits(true, Some("A")), url),
                Mail::purge_ahead(&to, language, "A", (12, 7), url),
            ];
            for mail in all {
                let mail = mail.with_link(url);
                for text in [&mail.subject, &mail.text] {
                    assert!(!text.contains(['{', '[']) && !text.is_empty(), "{text}");
                }
            }
            let ahead = Mail::purge_ahead(&to, language, "A", (12, 7), url);
            assert!(ahead.subject.contains("12"), "{}", ahead.subject);
        }
    }
}
