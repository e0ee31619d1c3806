//! Why a message did not arrive, in the reader's words. What is stored is the machine's English, as the log has it.

use app::outbox::Reason;
use i18n::Words;

/// Whether a message was over before it could be sent: that says nothing about the address.
pub(super) fn is_late(because: &str) -> bool {
    Reason::read(because) == Some(Reason::Late)
}

/// The reason in words; one of another release stays as it was stored.
pub(super) fn why(t: &Words, because: &str) -> String {
    let Some(reason) = Reason::read(because) else {
        return because.to_owned();
    };
    let key = match &reason {
        Reason::MailAnswered(told) => return t.with1("undelivered-mail-answered", "told", told),
        Reason::MailRefused(told) => return t.with1("undelivered-mail-refused", "told", told),
        Reason::SmsRefused(told) => return t.with1("undelivered-sms-refused", "told", told),
        Reason::SmsAnswered(told) => return t.with1("undelivered-sms-answered", "told", told),
        Reason::Network(told) => return t.with1("undelivered-network", "told", told),
        Reason::Folder(told) => return t.with1("undelivered-folder", "told", told),
        Reason::MailAway => "undelivered-mail-away",
        Reason::MailSilent => "undelivered-mail-silent",
        Reason::NoAddress => "undelivered-address",
        Reason::NotBuilt => "undelivered-not-built",
        Reason::SmsAway => "undelivered-sms-away",
        Reason::SmsNone => "undelivered-sms-none",
        Reason::SmsStopped => "undelivered-sms-stopped",
        Reason::Late => "undelivered-late",
        Reason::Gone => "undelivered-gone",
        Reason::Unreadable => "undelivered-unreadable",
    };
    t.say(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::language::Language;
    use i18n::words;

    #[test]
    fn a_reason_is_told_in_the_readers_language() {
        let ja = words(Language::Ja);
        assert_eq!(
            why(ja, "the mail server answered 550"),
            "メールサーバーの応答：550"
        );
        assert_eq!(
            why(ja, "the network told undelivered, 30005"),
            "通信網からの通知：undelivered, 30005"
        );
        assert_eq!(
            why(ja, "the mail server does not answer"),
            "メールサーバーが応答しません"
        );
        for reason in Reason::samples() {
            let stored = reason.to_string();
            assert_eq!(why(words(Language::En), &stored), stored);
            let told = why(ja, &stored).replace("SMS", "").replace("550", "");
            assert!(
                !told.contains(|c: char| c.is_ascii_alphanumeric()),
                "{told}"
            );
        }
        assert_eq!(
            why(ja, "something of another release"),
            "something of another release"
        );
    }
}
