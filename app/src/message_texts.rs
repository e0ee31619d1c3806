//! The texts that the house writes to people, as they hold at a center today.

use crate::health_center::HealthCenter;
use crate::rules::Holds;
use crate::{App, Error};
use domain::language::Language;
use domain::message_texts::{Filled, MessageName, MessageTexts, Slip, TextError, TextProblem, Use};
use domain::rules::{Content, RuleKind, shipped};
use domain::sms_text::{Limits, SmsTextProblem, check_within};
use i18n::{Words, words};

/// A number that nobody has, for samples.
const SAMPLE_ID: &str = "0000000";

/// For how many minutes something has lasted, as a number and as it is put into words, where a short message to staff is tried:
/// the sample that is shown, and the widest that an alert that lies comes to.
const TRIED: [(i64, i64); 4] = [
    (Filled::SAMPLE.minutes, Filled::SAMPLE.minutes),
    (9_999, 119),
    (9_999, 47 * 60),
    (9_999, 99 * 1_440),
];

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
        let fits =
            |text: &str| name.used_as() != Use::Sms || check_within(text, self.most()).is_ok();
        match own.map(|texts| self.fitting(texts, (name, language), &filled)) {
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
                    .and_then(|texts| self.fitting(texts, (name, language), &filled).ok())
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

    /// What a short message may have.
    fn most(&self) -> Limits {
        if self.inner.sms.is_there() {
            self.inner.sms.limits()
        } else {
            Limits::ONE
        }
    }

    /// A text filled in. Where a short message is too long with the name of the center, the name is shortened; where it is
    /// too long still, it says what the center is instead: whoever gets it must know that a health center writes.
    fn fitting(
        &self,
        texts: &MessageTexts,
        (name, language): (MessageName, Language),
        filled: &Filled<'_>,
    ) -> Result<String, Slip> {
        let text = texts.text(name, language, filled)?;
        if name.used_as() != Use::Sms || check_within(&text, self.most()).is_ok() {
            return Ok(text);
        }
        for shorter in shorter_names(filled.center) {
            let filled = Filled {
                center: &shorter,
                ..*filled
            };
            let text = texts.text(name, language, &filled)?;
            if check_within(&text, self.most()).is_ok() {
                return Ok(text);
            }
        }
        let short = words(language).say("sms-center-short");
        let filled = Filled {
            center: &short,
            ..*filled
        };
        texts.text(name, language, &filled)
    }

    /// What a text would be for a sample person of a center.
    pub(crate) fn sample_text(
        &self,
        center: &HealthCenter,
        texts: &MessageTexts,
        (name, language): (MessageName, Language),
    ) -> Result<String, Slip> {
        self.tried_text(center, texts, (name, language), TRIED[0])
    }

    /// The same where something has lasted for so many minutes, as a number and in words.
    fn tried_text(
        &self,
        center: &HealthCenter,
        texts: &MessageTexts,
        (name, language): (MessageName, Language),
        (minutes, lasted): (i64, i64),
    ) -> Result<String, Slip> {
        let url = self.sample_url(name);
        let waited = lasting(words(language), lasted);
        let filled = Filled {
            url: &url,
            center: center.name_in(language.tag()),
            phone: &center.contact.phone,
            emergency: i18n::emergency_number(),
            minutes,
            waited: &waited,
        };
        self.fitting(texts, (name, language), &filled)
    }

    fn sample_url(&self, name: MessageName) -> String {
        match name {
            MessageName::InvitationSms
            | MessageName::InvitationMail
            | MessageName::InvitationMailSubject
            | MessageName::RequestSms => {
                crate::brochure::invitation_url(self.public_url(), SAMPLE_ID)
            }
            name if name.is_for_staff() => {
                format!("{}/cases/{}", self.console_url(), uuid::Uuid::nil())
            }
            _ => self.public_url().to_owned(),
        }
    }

    /// Whether the short messages of a file can be sent from here, those to staff also of what has lasted long.
    ///
    /// # Errors
    /// The first text that cannot.
    pub(crate) fn fits_networks(
        &self,
        center: &HealthCenter,
        texts: &MessageTexts,
    ) -> Result<(), TextError> {
        let limits = self.most();
        let messages = MessageName::ALL
            .into_iter()
            .filter(|name| name.used_as() == Use::Sms);
        let each = messages.flat_map(|name| Language::ALL.map(|language| (name, language)));
        let tried = each.flat_map(|which| {
            let count = if which.0.is_for_staff() {
                TRIED.len()
            } else {
                1
            };
            TRIED.into_iter().take(count).map(move |of| (which, of))
        });
        for ((name, language), lasted) in tried {
            let text = self.tried_text(center, texts, (name, language), lasted);
            let what = match text.map(|text| check_within(&text, limits)) {
                Ok(Ok(())) => continue,
                Ok(Err(SmsTextProblem::Empty)) if name.is_for_staff() => continue,
                Ok(Err(SmsTextProblem::TooLong { units, most })) => {
                    TextProblem::Units { units, most }
                }
                Ok(Err(SmsTextProblem::TooLongInShiftJis { bytes, most })) => {
                    TextProblem::Bytes { bytes, most }
                }
                Ok(Err(SmsTextProblem::Empty)) => TextProblem::Missing,
                Ok(Err(SmsTextProblem::ControlCharacter)) => TextProblem::ControlCharacter,
                Err(told) => TextProblem::NotATemplate(told),
            };
            return Err(TextError {
                name,
                language,
                what,
            });
        }
        Ok(())
    }
}

/// Shorter ways to write the name of a health center that name it still, the longest first: in English without "Public",
/// then with "Ctr", then with initials; in Japanese without the municipality before its own name.
fn shorter_names(name: &str) -> Vec<String> {
    let place = ["Public Health Center", "Health Center"]
        .into_iter()
        .find_map(|what| name.strip_suffix(what))
        .map(str::trim_end)
        .filter(|place| !place.is_empty());
    if let Some(place) = place {
        return ["Health Center", "Health Ctr", "HC"]
            .map(|what| format!("{place} {what}"))
            .into_iter()
            .filter(|short| short.chars().count() < name.chars().count())
            .collect();
    }
    let own = name
        .strip_suffix("保健所")
        .and_then(|place| place.rsplit_once(['都', '道', '府', '県', '市', '区', '町', '村']))
        .map(|(_, own)| own)
        .filter(|own| !own.is_empty());
    own.map(|own| format!("{own}保健所")).into_iter().collect()
}

pub(crate) fn texts_of(holds: &Holds) -> Option<&MessageTexts> {
    match &holds.file.content {
        Content::Messages(texts) => Some(texts),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::shorter_names;

    #[test]
    fn a_name_is_shortened_and_names_the_center_still() {
        #[rustfmt::skip]
        let table: [(&str, &[&str]); 6] = [
            ("Minato Sample Public Health Center", &["Minato Sample Health Center", "Minato Sample Health Ctr", "Minato Sample HC"]),
            ("Ota Health Center",                  &["Ota Health Ctr", "Ota HC"]),
            ("Health Center",                      &[]),
            ("Minato",                             &[]),
            ("東京都港区みなと保健所",                &["みなと保健所"]),
            ("大田区保健所",                         &[]),
        ];
        for (name, shorter) in table {
            assert_eq!(shorter_names(name), shorter, "{name}");
        }
    }
}
