//! What the house writes to people: dated texts of a programme, in every language of the portal, with words that are
//! filled in. What a message may say on a locked screen is decided here: no name is offered, and no disease passes.

use crate::language::Language;
use crate::rules::{FileError, UnknownKey, What, unknown_in_toml};
use crate::text::fold_width;
use jiff::civil::Date;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, context};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A text of the house.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageName {
    /// The short message that invites somebody to sign up.
    InvitationSms,
    /// The subject of the mail that does.
    InvitationMailSubject,
    /// That mail.
    InvitationMail,
    /// The subject of the mail that reminds a family to report.
    ReminderMailSubject,
    /// That mail.
    ReminderMail,
    /// The short message that tells of a written request.
    RequestSms,
    /// The subject of the mail that does.
    RequestMailSubject,
    /// That mail.
    RequestMail,
    /// The short message that tells staff that an alert waits.
    AlertWaitsSms,
    /// The subject of the mail that does.
    AlertWaitsMailSubject,
    /// That mail.
    AlertWaitsMail,
    /// The short message that tells staff of an alert that a colleague took and wrote nothing about.
    AlertTakenSms,
    /// The subject of the mail that does.
    AlertTakenMailSubject,
    /// That mail.
    AlertTakenMail,
}

/// What a text is used as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// A short message: counted by the networks, shown on a locked screen, needs the address.
    Sms,
    /// The subject of a mail: one line, shown on a locked screen.
    Subject,
    /// The text of a mail: needs the address.
    Mail,
}

impl MessageName {
    /// All texts.
    pub const ALL: [MessageName; 14] = [
        MessageName::InvitationSms,
        MessageName::InvitationMailSubject,
        MessageName::InvitationMail,
        MessageName::ReminderMailSubject,
        MessageName::ReminderMail,
        MessageName::RequestSms,
        MessageName::RequestMailSubject,
        MessageName::RequestMail,
        MessageName::AlertWaitsSms,
        MessageName::AlertWaitsMailSubject,
        MessageName::AlertWaitsMail,
        MessageName::AlertTakenSms,
        MessageName::AlertTakenMailSubject,
        MessageName::AlertTakenMail,
    ];

    /// The word in files and in catalogues.
    pub const fn word(self) -> &'static str {
        match self {
            MessageName::InvitationSms => "invitation_sms",
            MessageName::InvitationMailSubject => "invitation_mail_subject",
            MessageName::InvitationMail => "invitation_mail",
            MessageName::ReminderMailSubject => "reminder_mail_subject",
            MessageName::ReminderMail => "reminder_mail",
            MessageName::RequestSms => "request_sms",
            MessageName::RequestMailSubject => "request_mail_subject",
            MessageName::RequestMail => "request_mail",
            MessageName::AlertWaitsSms => "alert_waits_sms",
            MessageName::AlertWaitsMailSubject => "alert_waits_mail_subject",
            MessageName::AlertWaitsMail => "alert_waits_mail",
            MessageName::AlertTakenSms => "alert_taken_sms",
            MessageName::AlertTakenMailSubject => "alert_taken_mail_subject",
            MessageName::AlertTakenMail => "alert_taken_mail",
        }
    }

    /// What it is used as.
    pub const fn used_as(self) -> Use {
        use MessageName::*;
        match self {
            InvitationSms | RequestSms | AlertWaitsSms | AlertTakenSms => Use::Sms,
            InvitationMailSubject
            | ReminderMailSubject
            | RequestMailSubject
            | AlertWaitsMailSubject
            | AlertTakenMailSubject => Use::Subject,
            InvitationMail | ReminderMail | RequestMail | AlertWaitsMail | AlertTakenMail => {
                Use::Mail
            }
        }
    }

    /// Whether it goes to staff. Such a text knows the minutes, a short one leads nowhere, and a file may leave it out:
    /// then the words of the release hold.
    pub const fn is_for_staff(self) -> bool {
        use MessageName::*;
        matches!(
            self,
            AlertWaitsSms
                | AlertWaitsMailSubject
                | AlertWaitsMail
                | AlertTakenSms
                | AlertTakenMailSubject
                | AlertTakenMail
        )
    }

    /// Whether whoever gets it needs the address. Staff know where their console is, and a short message has no room.
    const fn needs_url(self) -> bool {
        match self.used_as() {
            Use::Subject => false,
            Use::Mail => true,
            Use::Sms => !self.is_for_staff(),
        }
    }
}

/// The longest subject, in characters.
const SUBJECT_LENGTH: usize = 100;
/// The longest mail, in characters.
const MAIL_LENGTH: usize = 4_000;
/// How many steps a template may take; a text takes some tens.
const FUEL: u64 = 5_000;

/// What is filled in.
#[derive(Clone, Copy, Debug)]
pub struct Filled<'a> {
    /// The address.
    pub url: &'a str,
    /// The name of the health center.
    pub center: &'a str,
    /// Its phone number.
    pub phone: &'a str,
    /// The number under which an ambulance is called.
    pub emergency: &'a str,
    /// For how long an alert waits, or has been taken without a word; only in texts for staff.
    pub minutes: i64,
    /// The same in words of the language: `45 min`, `26 h`, `3 days`.
    pub waited: &'a str,
}

impl Filled<'static> {
    /// Signs that are in no word, for looking at what a text says by itself.
    const NO_WORDS: Filled<'static> = Filled {
        url: "·",
        center: "·",
        phone: "·",
        emergency: "·",
        minutes: 60,
        waited: "·",
    };

    /// Sample words, for trying a text out.
    pub const SAMPLE: Filled<'static> = Filled {
        url: "https://example.jp/?id=0000000",
        center: "Sample",
        phone: "03-0000-0000",
        emergency: "119",
        minutes: 60,
        waited: "60 min",
    };
}

/// The texts that hold from a day on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MessageTexts {
    /// The first day on which they hold.
    pub valid_from: Date,
    /// By text, then by language.
    #[serde(flatten)]
    texts: BTreeMap<MessageName, BTreeMap<String, String>>,
}

/// Why a text cannot be filled in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Slip {
    /// It asks for a word that is not offered there.
    NoSuchWord(String),
    /// It is no template; the line, counted from 1.
    Written(usize),
    /// It takes more steps than any text needs.
    TooMuch,
}

impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Slip::NoSuchWord(word) => write!(f, "there is no word {word}"),
            Slip::Written(line) => write!(f, "something is wrong in line {line}"),
            Slip::TooMuch => f.write_str("the text takes too many steps"),
        }
    }
}

/// What is wrong with a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TextProblem {
    /// Nothing is in it.
    Missing,
    /// It is far too long for a mail.
    TooLong,
    /// It is no template, or asks for a word that is not offered.
    NotATemplate(Slip),
    /// A control character other than a line break.
    ControlCharacter,
    /// The address is missing.
    NoUrl,
    /// A subject of several lines, or a long one.
    Subject,
    /// It names the disease where it shows on a locked screen.
    NamesDisease,
    /// Filled in, it has more UTF-16 units than networks take.
    Units {
        /// So many it has.
        units: usize,
        /// So many it may have.
        most: usize,
    },
    /// Filled in, it has more bytes in Shift_JIS than networks take.
    Bytes {
        /// So many it has.
        bytes: usize,
        /// So many it may have.
        most: usize,
    },
}

/// A text that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextError {
    /// Which text.
    pub name: MessageName,
    /// Its language.
    pub language: Language,
    /// What is wrong with it.
    pub what: TextProblem,
}

impl TextError {
    /// The name of the field of a form: `invitation_sms.en`.
    pub fn field(&self) -> String {
        format!("{}.{}", self.name.word(), self.language.tag())
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.field())?;
        match &self.what {
            TextProblem::Missing => f.write_str("the text is missing"),
            TextProblem::TooLong => f.write_str("the text is too long"),
            TextProblem::NotATemplate(told) => write!(
                f,
                "{told}; {{{{ url }}}}, {{{{ center }}}}, {{{{ phone }}}} and {{{{ emergency }}}} can be filled \
                 in, and {{{{ minutes }}}} and {{{{ waited }}}} in texts about alerts"
            ),
            TextProblem::ControlCharacter => f.write_str("the text holds a control character"),
            TextProblem::NoUrl => f.write_str("{{ url }} is missing: the person needs the address"),
            TextProblem::Subject => f.write_str("a subject is one line of at most 100 characters"),
            TextProblem::NamesDisease => {
                f.write_str("the text names the disease, and shows on locked screens; leave it out")
            }
            TextProblem::Units { units, most } => write!(
                f,
                "filled in, the text has {units} characters; networks take {most}"
            ),
            TextProblem::Bytes { bytes, most } => write!(
                f,
                "filled in, the text has {bytes} bytes in Shift_JIS; networks take {most}"
            ),
        }
    }
}

/// Fills a text in.
///
/// # Errors
/// Where it is no template, or asks for a word that is not offered.
fn fill(name: MessageName, text: &str, filled: &Filled<'_>) -> Result<String, Slip> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    let Filled {
        url,
        center,
        phone,
        emergency,
        minutes,
        waited,
    } = *filled;
    let words = if name.is_for_staff() {
        context! { url, center, phone, emergency, minutes, waited }
    } else {
        context! { url, center, phone, emergency }
    };
    let slip = |error: minijinja::Error| match error.kind() {
        ErrorKind::OutOfFuel => Slip::TooMuch,
        _ => Slip::Written(error.line().unwrap_or(1)),
    };
    let template = environment.template_from_str(text).map_err(slip)?;
    let offered: &[&str] = if name.is_for_staff() {
        &["url", "center", "phone", "emergency", "minutes", "waited"]
    } else {
        &["url", "center", "phone", "emergency"]
    };
    let mut unknown: Vec<String> = template
        .undeclared_variables(false)
        .into_iter()
        .filter(|word| !offered.contains(&word.as_str()))
        .collect();
    unknown.sort();
    if let Some(word) = unknown.into_iter().next() {
        return Err(Slip::NoSuchWord(word));
    }
    template
        .render(words)
        .map(|text| text.trim().to_owned())
        .map_err(slip)
}

/// Up to how many Latin letters a word is looked for as a whole: `mp` lies in `example`, `flu` in `influence`.
const WHOLE_UP_TO: usize = 4;

/// Whether a text says a word, both folded. Of a longer one, what it begins or ends is found, too, as `corona` in a longer word.
fn says(text: &str, word: &str) -> bool {
    if word.is_empty() || !word.is_ascii() || word.len() > WHOLE_UP_TO {
        return !word.is_empty() && text.contains(word);
    }
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        !is_letter(before.chars().next_back()) && !is_letter(after.chars().next())
    })
}

/// Words that give the disease away, whatever the script and the case: the programme's own, and what people call it.
fn names_disease(file: &File, text: &str) -> bool {
    let folded = fold_width(text).to_lowercase();
    file.disease_words
        .iter()
        .chain([&file.programme])
        .map(|word| fold_width(word).trim().to_lowercase())
        .any(|word| says(&folded, &word))
}

impl MessageTexts {
    /// A text in a language, filled in.
    ///
    /// # Errors
    /// Where a part that the check did not reach asks for a word that is not offered.
    pub fn text(
        &self,
        name: MessageName,
        language: Language,
        filled: &Filled<'_>,
    ) -> Result<String, Slip> {
        let template = self.template(name, language);
        fill(name, template, filled)
    }

    /// Whether a text stands in the file.
    pub fn has(&self, name: MessageName, language: Language) -> bool {
        !self.template(name, language).trim().is_empty()
    }

    /// A text in a language, as it stands in the file.
    pub fn template(&self, name: MessageName, language: Language) -> &str {
        self.texts
            .get(&name)
            .and_then(|of| of.get(language.tag()))
            .map_or("", String::as_str)
    }

    fn check(&self, file: &File) -> Result<(), TextError> {
        for name in MessageName::ALL {
            for language in Language::ALL {
                let wrong = |what: TextProblem| TextError {
                    name,
                    language,
                    what,
                };
                let template = self.template(name, language);
                if template.trim().is_empty() && name.is_for_staff() {
                    continue;
                }
                if template.trim().is_empty() {
                    return Err(wrong(TextProblem::Missing));
                }
                if template.chars().count() > MAIL_LENGTH {
                    return Err(wrong(TextProblem::TooLong));
                }
                let text = fill(name, template, &Filled::SAMPLE)
                    .map_err(|told| wrong(TextProblem::NotATemplate(told)))?;
                if text.chars().any(|c| c.is_control() && c != '\n') {
                    return Err(wrong(TextProblem::ControlCharacter));
                }
                let used_as = name.used_as();
                if name.needs_url() && !text.contains(Filled::SAMPLE.url) {
                    return Err(wrong(TextProblem::NoUrl));
                }
                let is_long = text.contains('\n') || text.chars().count() > SUBJECT_LENGTH;
                if used_as == Use::Subject && is_long {
                    return Err(wrong(TextProblem::Subject));
                }
                // What is filled in is no word of the file: an address says `example`, and a center its name.
                let own = fill(name, template, &Filled::NO_WORDS).unwrap_or(text);
                if used_as != Use::Mail && names_disease(file, &own) {
                    return Err(wrong(TextProblem::NamesDisease));
                }
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    programme: String,
    /// What people call the disease: no text that shows on a locked screen may say it.
    #[serde(default)]
    disease_words: Vec<String>,
    #[serde(default)]
    messages: Vec<MessageTexts>,
}

/// The first text of a file that cannot be used, where the file can be read otherwise.
pub fn wrong_text(text: &str) -> Option<TextError> {
    let file: File = toml::from_str(text).ok()?;
    file.messages
        .iter()
        .find_map(|texts| texts.check(&file).err())
}

/// The keys of a stored file that mean nothing to this release.
pub(crate) fn unknown_keys(text: &str) -> Vec<UnknownKey> {
    unknown_in_toml::<File>(text)
}

/// Reads a file of texts: the programme, and its texts, the oldest first.
///
/// # Errors
/// What is wrong, for whoever edits the file; of a text that cannot be used, [`wrong_text`] says more.
pub fn parse_toml(text: &str) -> Result<(String, Vec<MessageTexts>), FileError> {
    let mut file: File = toml::from_str(text).map_err(|e| FileError::of_toml(text, &e))?;
    if file.messages.is_empty() {
        let table = "messages".to_owned();
        return Err(What::NoRule { table }.into());
    }
    for texts in &file.messages {
        texts.check(&file).map_err(|error| {
            let told = error.to_string();
            FileError::from(What::MessageText { told })
        })?;
    }
    file.messages.sort_by_key(|texts| texts.valid_from);
    Ok((file.programme, file.messages))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../programmes/messages-covid-19.toml");

    fn changed(from: &str, to: &str) -> Result<(String, Vec<MessageTexts>), FileError> {
        let text = SHIPPED.replacen(from, to, 1);
        assert_ne!(text, SHIPPED);
        parse_toml(&text)
    }

    #[test]
    fn the_shipped_texts_are_filled_in() {
        let (_, all) = parse_toml(SHIPPED).unwrap();
        let filled = Filled {
            url: "https://h.example/?id=1234567",
            center: "Minato {{ url }}",
            phone: "03-1",
            emergency: "112",
            minutes: 45,
            waited: "45 min",
        };
        for name in MessageName::ALL {
            for language in Language::ALL {
                let text = all[0].text(name, language, &filled).unwrap();
                assert_eq!(text.contains(filled.url), name.needs_url());
                let tells_minutes = name.is_for_staff() && name.used_as() != Use::Mail;
                assert!(text.contains("45") || !tells_minutes, "{text}");
                // The number for an ambulance is the installation's.
                let tells_emergency = matches!(
                    name,
                    MessageName::InvitationMail | MessageName::ReminderMail
                );
                assert_eq!(text.contains("112"), tells_emergency, "{text}");
                assert!(!text.contains("119"), "{text}");
                // What is filled in is not filled in again.
                assert_eq!(text.contains("{{"), text.contains("Minato"), "{text}");
            }
        }
    }

    #[test]
    fn a_text_that_cannot_be_meant_is_named() {
        for (from, to, told) in [
            (
                "Report daily {{ url }}",
                "Report daily",
                "invitation_sms.en: {{ url }} is missing",
            ),
            (
                "Report daily {{ url }}",
                "{{ name }} {{ url }}",
                "invitation_sms.en: ",
            ),
            ("Report daily {{ url }}", "{{ url", "invitation_sms.en: "),
            (
                "Report daily {{ url }}",
                "ＣＯＶＩＤ test {{ url }}",
                "names the disease",
            ),
            (
                "今日の体調はいかがですか",
                "新型コロナ",
                "reminder_mail_subject.ja: the text names",
            ),
            (
                "\"How are you today?\"",
                "\"a\\nb\"",
                "reminder_mail_subject.en: a subject is one line",
            ),
            (
                "{{ center }}: Report daily {{ url }}",
                " ",
                "invitation_sms.en: the text is missing",
            ),
            (
                "Report daily {{ url }}",
                "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}{{ url }}",
                "invitation_sms.en: ",
            ),
        ] {
            let problem = changed(from, to).unwrap_err().to_string();
            assert!(problem.contains(told), "{problem}");
        }
        // Minutes are for staff alone.
        let problem = changed("Report daily {{ url }}", "{{ minutes }} {{ url }}").unwrap_err();
        let problem = problem.to_string();
        assert!(problem.contains("invitation_sms.en: "), "{problem}");
        // A file of an earlier release has no words for staff.
        let older = SHIPPED.split("# To staff").next().unwrap();
        let (_, all) = parse_toml(older).unwrap();
        assert!(!all[0].has(MessageName::AlertTakenMail, Language::Ja));
        assert!(
            changed("en = \"{{ center }}: Report daily {{ url }}\"\n", "")
                .unwrap_err()
                .to_string()
                .contains("invitation_sms.en")
        );
        assert!(changed("[messages.invitation_sms]", "[messages.invitation_fax]").is_err());
    }

    #[test]
    fn a_short_word_is_looked_for_as_a_whole_and_not_in_what_is_filled_in() {
        let of = |programme: &str, words: &str| {
            let text = SHIPPED.replacen("\"covid-19\"", &format!("{programme:?}"), 1);
            let all = "[\"covid\", \"コロナ\", \"corona\", \"sars-cov\"]";
            assert!(text.contains(all));
            text.replacen(all, &format!("[{words}]"), 1)
        };
        // It lies in the sample's address, in "How", in the sample's name, and in nothing that the texts say.
        for programme in ["mp", "ow", "amp", "example"] {
            let read = parse_toml(&of(programme, "\"MP\", \"Sample\""));
            assert!(read.is_ok(), "{programme}: {read:?}");
        }
        for said in [
            "MP: {{ url }}",
            "Ｍｐ2 {{ url }}",
            "mpの検査 {{ url }}",
            "an-mp {{ url }}",
        ] {
            let text = of("mp", "").replacen("{{ center }}: Report daily {{ url }}", said, 1);
            let error = parse_toml(&text).unwrap_err().to_string();
            assert!(error.contains("names the disease"), "{said}: {error}");
        }
        // Longer ones lie in other words that people know the disease by.
        let virus = SHIPPED.replacen("Report daily", "Coronavirus2019", 1);
        assert!(parse_toml(&virus).is_err());
    }
}
