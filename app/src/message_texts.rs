//! The texts that the house writes to people, as they hold at a center today.

mod network;

pub(crate) use network::Network;
pub use network::{DoesNotFit, that_do_not_fit};

use crate::health_center::HealthCenter;
use crate::rules::Holds;
use crate::{App, Error};
use domain::language::Language;
use domain::message_texts::{Filled, MessageName, MessageTexts};
use domain::rules::{Content, RuleKind, shipped};
use i18n::{Words, words};
use network::limits_of;

/// How long something has lasted: `12 min`, `3 h`, `2 days`.
pub fn lasting(t: &Words, minutes: i64) -> String {
    match minutes {
        ..=119 => t.with1("lasting-minutes", "n", minutes),
        120..=2_879 => t.with1("lasting-hours", "n", minutes / 60),
        _ => t.with1("lasting-days", "n", minutes / 1_440),
    }
}

impl App {
    /// A text for somebody whom a center follows, filled in.
    pub(crate) fn message_text(
        &self,
        (programme, center): (&str, &HealthCenter),
        name: MessageName,
        language: Language,
        url: &str,
    ) -> Result<String, Error> {
        self.text_of_minutes((programme, center), name, language, (url, 0))
    }

    /// The same, for texts to staff that tell how many minutes something has waited.
    pub(crate) fn text_of_minutes(
        &self,
        (programme, center): (&str, &HealthCenter),
        name: MessageName,
        language: Language,
        (url, minutes): (&str, i64),
    ) -> Result<String, Error> {
        let waited = lasting(words(language), minutes);
        let filled = Filled {
            url,
            center: center.name_in(language.tag()),
            phone: match center.contact.phone.as_str() {
                // Whom to call is said all the same.
                "" => center.name_in(language.tag()),
                phone => phone,
            },
            emergency: i18n::emergency_number(),
            minutes,
            waited: &waited,
        };
        let day = domain::health_day::health_day(self.clock.now(), &center.time_zone);
        let holds = self.rule(RuleKind::Messages, programme, Some(center.id), day);
        // What a file leaves out is said in the words of the release.
        let own = holds
            .as_ref()
            .and_then(texts_of)
            .filter(|texts| texts.has(name, language));
        let network = self.network();
        let fits = |text: &str| network.takes(name, text);
        match own.map(|texts| network.fitting(texts, (name, language), &filled)) {
            Some(Ok(text)) if !text.is_empty() && fits(&text) => Ok(text),
            // A text that passed the check and cannot be filled in for this center, or has grown too long for a short
            // message since, holds nobody up: no phone rings by what is not sent.
            _ => {
                if own.is_some() {
                    tracing::warn!(
                        text = name.word(),
                        "a text cannot be filled in, or is too long then: the words of the release are sent"
                    );
                }
                let of_release = shipped(RuleKind::Messages);
                let texts = of_release.iter().find_map(|file| match &file.content {
                    Content::Messages(texts) => Some(texts),
                    _ => None,
                });
                let text = texts
                    .and_then(|texts| network.fitting(texts, (name, language), &filled).ok())
                    .ok_or_else(|| Error::broken("the release has no texts"))?;
                // An address of its own length leaves room for less still, and so does an alert of a hundred days.
                Ok(match (fits(&text), name.is_for_staff()) {
                    (true, _) => text,
                    (false, true) => words(language).say("sms-staff-shortest"),
                    (false, false) => words(language).with1("sms-shortest", "url", url),
                })
            }
        }
    }

    /// What takes short messages, and which addresses stand in them.
    pub(crate) fn network(&self) -> Network<'_> {
        Network {
            limits: limits_of(&self.inner.sms),
            portal: self.public_url(),
            console: self.console_url(),
        }
    }
}

pub(crate) fn texts_of(holds: &Holds) -> Option<&MessageTexts> {
    match &holds.file.content {
        Content::Messages(texts) => Some(texts),
        _ => None,
    }
}
