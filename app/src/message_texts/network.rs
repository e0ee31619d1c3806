//! What fits into a short message: names are shortened for it, and what does not fit is told to whoever writes the texts.

use super::{lasting, texts_of};
use crate::Error;
use crate::health_center::HealthCenter;
use crate::rules::Book;
use crate::sms::SmsGateway;
use domain::health_day::health_day;
use domain::ids::JurisdictionId;
use domain::language::Language;
use domain::message_texts::{Filled, MessageName, MessageTexts, Slip, TextError, TextProblem, Use};
use domain::rules::{Origin, RuleKind};
use domain::sms_text::{Limits, SmsTextProblem, check_within};
use i18n::words;
use jiff::Timestamp;
use std::collections::BTreeMap;
use storage::Db;

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

/// What takes short messages, and which addresses stand in them.
pub(crate) struct Network<'a> {
    pub(super) limits: Limits,
    pub(super) portal: &'a str,
    pub(super) console: &'a str,
}

/// What a short message may have.
pub(super) fn limits_of(gateway: &SmsGateway) -> Limits {
    match gateway.is_there() {
        true => gateway.limits(),
        false => Limits::ONE,
    }
}

impl Network<'_> {
    /// Whether a text can be sent as what it is used as.
    pub(super) fn takes(&self, name: MessageName, text: &str) -> bool {
        name.used_as() != Use::Sms || check_within(text, self.limits).is_ok()
    }

    /// A text filled in. Where a short message is too long with the name of the center, the name is shortened; where it is
    /// too long still, it says what the center is instead: whoever gets it must know that a health center writes.
    pub(super) fn fitting(
        &self,
        texts: &MessageTexts,
        (name, language): (MessageName, Language),
        filled: &Filled<'_>,
    ) -> Result<String, Slip> {
        let text = texts.text(name, language, filled)?;
        if self.takes(name, &text) {
            return Ok(text);
        }
        for shorter in shorter_names(filled.center) {
            let filled = Filled {
                center: &shorter,
                ..*filled
            };
            let text = texts.text(name, language, &filled)?;
            if self.takes(name, &text) {
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
            | MessageName::RequestSms => crate::brochure::invitation_url(self.portal, SAMPLE_ID),
            name if name.is_for_staff() => {
                format!("{}/cases/{}", self.console, uuid::Uuid::nil())
            }
            _ => self.portal.to_owned(),
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
            let what = match text.map(|text| check_within(&text, self.limits)) {
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

/// A text that does not fit into a short message where it holds.
#[derive(Clone, Debug)]
pub struct DoesNotFit {
    /// The programme.
    pub programme: String,
    /// The text, and what is wrong with it.
    pub error: TextError,
    /// The centers at which it is so.
    pub centers: Vec<String>,
}

/// The short messages, in words of somebody's own, that do not fit where they hold now: the contract for long ones may have ended,
/// or a center has another name.
///
/// # Errors
/// Where the rules or the centers cannot be read.
pub async fn that_do_not_fit(
    db: &Db,
    gateway: &SmsGateway,
    (portal, console): (&str, &str),
    now: Timestamp,
) -> Result<Vec<DoesNotFit>, Error> {
    let network = Network {
        limits: limits_of(gateway),
        portal,
        console,
    };
    let (book, centers) = db
        .read(|tx| Ok((Book::of_start(tx)?, storage::health_center::all(tx)?)))
        .await?;
    let kind = RuleKind::Messages;
    let mut found: BTreeMap<(String, String), DoesNotFit> = BTreeMap::new();
    for row in centers {
        let center = HealthCenter::read(row)?;
        let place = JurisdictionId::from_uuid(center.id.uuid());
        let day = health_day(now, &center.time_zone);
        for programme in book.programmes_with(kind) {
            let holds = book.effective(kind, &programme, Some(place), day);
            let of_others = [Origin::Shipped, Origin::Elsewhere];
            let holds = holds.filter(|holds| !of_others.contains(&holds.mark.origin));
            let Some(Err(error)) = holds
                .as_ref()
                .and_then(texts_of)
                .map(|texts| network.fits_networks(&center, texts))
            else {
                continue;
            };
            let key = (programme.clone(), error.to_string());
            let one = found.entry(key).or_insert(DoesNotFit {
                programme,
                error,
                centers: Vec::new(),
            });
            one.centers.push(center.name.clone());
        }
    }
    Ok(found.into_values().collect())
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
