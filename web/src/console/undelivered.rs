//! Why a message did not arrive, in the reader's words. What is stored is the machine's English, as the log has it.

use i18n::Words;

/// What is stored where a message was over before it could be sent: that says nothing about the address.
pub(super) const LATE: &str = "it was over before it could be sent";

/// What is stored, up to what differs each time, and the words for it.
const REASONS: [(&str, &str); 7] = [
    ("the mail server answered ", "undelivered-mail-answered"),
    ("the mail server cannot be reached", "undelivered-mail-away"),
    ("the SMS gateway answered ", "undelivered-sms-answered"),
    ("the SMS gateway cannot be reached", "undelivered-sms-away"),
    ("there is no SMS gateway", "undelivered-sms-none"),
    ("the network told ", "undelivered-network"),
    (LATE, "undelivered-late"),
];

/// The reason in words; one that is not known stays as it was stored.
pub(super) fn why(t: &Words, because: &str) -> String {
    REASONS
        .iter()
        .find_map(|(begins, key)| {
            let rest = because.strip_prefix(begins)?;
            match (begins.ends_with(' '), rest.is_empty()) {
                (true, false) => Some(t.with1(key, "told", rest)),
                (false, true) => Some(t.say(key)),
                _ => None,
            }
        })
        .unwrap_or_else(|| because.to_owned())
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
        for (begins, _) in REASONS {
            let stored = format!("{begins}{}", if begins.ends_with(' ') { "1" } else { "" });
            assert_eq!(why(words(Language::En), &stored), stored);
            assert_ne!(why(ja, &stored), stored);
        }
        assert_eq!(
            why(ja, "something of another release"),
            "something of another release"
        );
    }
}
