//! Why a message did not leave, or did not arrive. It is stored and logged in the machine's English; pages say each in the
//! reader's words, and do not compile while one has none.

use super::carrying::ATTEMPTS;
use std::fmt;

macro_rules! reasons {
    (
        plain { $($(#[doc = $of_plain:literal])+ $plain:ident = $says:literal,)+ }
        told { $($(#[doc = $of_told:literal])+ $told:ident = $begins:literal,)+ }
    ) => {
        /// Why a message did not leave, or did not arrive; without a person's data.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Reason {
            $($(#[doc = $of_plain])+ $plain,)+
            $($(#[doc = $of_told])+ $told(String),)+
        }

        impl Reason {
            /// A reason as it was stored; `None` for one of another release.
            pub fn read(stored: &str) -> Option<Reason> {
                $(if stored == $says {
                    return Some(Reason::$plain);
                })+
                $(if let Some(told) = stored.strip_prefix($begins) && !told.is_empty() {
                    return Some(Reason::$told(told.to_owned()));
                })+
                None
            }

            /// One of each.
            pub fn samples() -> Vec<Reason> {
                vec![$(Reason::$plain,)+ $(Reason::$told("550".to_owned()),)+]
            }
        }

        impl fmt::Display for Reason {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Reason::$plain => f.write_str($says),)+
                    $(Reason::$told(told) => write!(f, "{}{told}", $begins),)+
                }
            }
        }
    };
}

reasons! {
    plain {
        /// No line to the mail server.
        MailAway = "the mail server cannot be reached",
        /// The mail server was reached, and said nothing for too long.
        MailSilent = "the mail server does not answer",
        /// The address is none that mail servers take.
        NoAddress = "an address cannot be written to",
        /// A mail that is none.
        NotBuilt = "a mail cannot be built",
        /// No line to the SMS gateway, or no answer.
        SmsAway = "the SMS gateway cannot be reached",
        /// No process has a gateway.
        SmsNone = "there is no SMS gateway",
        /// A mistake of ours.
        SmsStopped = "the SMS gateway's client stopped",
        /// It waited beyond its end.
        Late = "it was over before it could be sent",
        /// What it was to say is not stored any more.
        Gone = "its content is gone",
        /// What it was to say is sealed with another key, or damaged.
        Unreadable = "its content cannot be read",
    }
    told {
        /// The mail server's no, by its code.
        MailAnswered = "the mail server answered ",
        /// Its no to this address or this mail, which stays one however often it is tried.
        MailRefused = "the mail server refused the address or the mail: ",
        /// The SMS gateway's no, by its code.
        SmsAnswered = "the SMS gateway answered ",
        /// Its no to this number or this message, which stays one however often it is tried.
        SmsRefused = "the SMS gateway refused the number or the message: ",
        /// What became of a short message after the gateway had taken it.
        Network = "the network told ",
        /// The folder of a development installation takes no message.
        Folder = "the folder for messages cannot be written: ",
    }
}

impl Reason {
    /// Whether what was given up after so many attempts is about the recipient, or about what would be sent to it again: the same
    /// message would be refused anew. All else is about the installation, and is tried to the end. So an answer that ended it before
    /// was a no for good: release 0.2 had no other words for one, and a gateway's 409 has none today.
    pub(crate) fn was_refusal(&self, attempts: i32) -> bool {
        match self {
            Reason::MailRefused(_) | Reason::SmsRefused(_) | Reason::NoAddress => true,
            Reason::MailAnswered(_) | Reason::SmsAnswered(_) => attempts < ATTEMPTS,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read_as_it_was_stored() {
        for reason in Reason::samples() {
            assert_eq!(Reason::read(&reason.to_string()), Some(reason));
        }
        for none in [
            "something of another release",
            "the mail server answered ",
            "",
        ] {
            assert_eq!(Reason::read(none), None, "{none}");
        }
    }
}
