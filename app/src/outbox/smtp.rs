//! What a mail server means when it says no: the recipient, this mail, or us. A changed password would otherwise look like a
//! recipient who does not exist, and every message would be given up for good.

use super::{Delivery, Reason};
use lettre::transport::smtp::Error;
use std::error::Error as _;

/// What becomes of a mail that was not taken.
pub(super) fn fate(error: &Error) -> Delivery {
    let Some(code) = error.status().map(u16::from) else {
        return Delivery::again(Reason::MailAway);
    };
    // The server's own words may repeat the address, so only the code is kept.
    let told = code.to_string();
    let because = Reason::MailAnswered(told.clone());
    if !error.is_permanent() {
        return Delivery::again(because);
    }
    let status = error.source().and_then(|says| enhanced(&says.to_string()));
    if is_of_this_mail(code, status) {
        return Delivery::GiveUp {
            because: Reason::MailRefused(told),
        };
    }
    Delivery::TryAgain {
        because,
        means: Some(match code {
            530 | 534 | 535 | 538 => {
                "the mail server does not take the user or the password of HERSYS_SMTP_URL"
            }
            553 => {
                "the mail server may not take HERSYS_MAIL_FROM as a sender; its own log says why"
            }
            _ => {
                "the mail server does not pass on mails of this installation; its own log says why"
            }
        }),
    }
}

/// The class-free part of an enhanced status code (RFC 3463) with which an answer begins, such as `7.1` of `5.7.1`.
fn enhanced(says: &str) -> Option<(u16, u16)> {
    let mut parts = says
        .split_whitespace()
        .next()?
        .strip_prefix("5.")?
        .split('.');
    let both = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(both)
}

/// Whether a no for good is about the recipient or about this mail, so that it would be the same however often it is tried.
/// All else is about the installation, which somebody mends: then every mail goes out. Where a code may mean either, the mail is
/// tried again: that costs little, and a lost one costs somebody's alert.
fn is_of_this_mail(code: u16, status: Option<(u16, u16)>) -> bool {
    match status {
        // Policy: whom the server passes mails on for, and who may sign in. And the sender's address.
        Some((7, _) | (1, 7 | 8)) => false,
        // The address, the mailbox, the content, its size.
        Some((1 | 2 | 6, _) | (3, 4)) => true,
        // 556: the recipient's domain takes no mail.
        _ => matches!(code, 550..=552 | 556),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_about_the_recipient_or_the_mail_is_given_up() {
        for (code, says, is_given_up) in [
            (554, "5.7.1 not from there", false),
            (535, "5.7.8 wrong password", false),
            (535, "wrong password", false),
            (530, "5.7.0 sign in first", false),
            (553, "no such sender", false),
            (550, "5.1.8 bad sender", false),
            (550, "no such box", true),
            (550, "5.1.1 no such box", true),
            (501, "5.1.3 no address", true),
            (552, "5.2.2 its box is full", true),
            (553, "5.1.3 no such box", true),
            (550, "5.4.1 Access denied", true),
            (556, "5.1.10 takes no mail", true),
            (554, "relay access denied", false),
            (550, "5.7.1 Unable to relay", false),
            (552, "too large", true),
            (554, "5.3.4 too large", true),
            (554, "5.6.0 no", true),
            (554, "no", false),
            (550, "5.7.26 not signed", false),
        ] {
            assert_eq!(
                is_of_this_mail(code, enhanced(says)),
                is_given_up,
                "{code} {says}"
            );
        }
        assert_eq!(enhanced("5.7.1"), Some((7, 1)));
        assert_eq!(enhanced("5.7.1.2 x"), None);
        assert_eq!(enhanced("taken <a@5.7.1>"), None);
    }
}
