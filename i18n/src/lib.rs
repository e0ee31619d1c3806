//! What people read: one catalogue for each language, dates and numbers in words. No decisions.
//!
//! The catalogues are `locales/<language>/<feature>.ftl`, read from disk while developing and embedded in a release.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod language_names;
mod ready;

pub use language_names::language_name;

use domain::language::Language;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::civil::{Date, Time};
use ready::Ready;
use std::borrow::Cow;
use std::sync::OnceLock;
use unic_langid::LanguageIdentifier;

#[derive(rust_embed::RustEmbed)]
#[folder = "../locales/"]
struct Locales;

/// A value for a placeholder.
#[derive(Clone, Debug)]
pub enum Arg<'a> {
    /// A text, shown as it is.
    Text(Cow<'a, str>),
    /// A number, by which a plural form may be chosen.
    Number(i64),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Arg::Text(text.into())
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Arg::Text(text.as_str().into())
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Arg::Text(text.into())
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Arg::Number(number)
    }
}

impl From<&i64> for Arg<'_> {
    fn from(number: &i64) -> Self {
        Arg::Number(*number)
    }
}

impl From<i32> for Arg<'_> {
    fn from(number: i32) -> Self {
        Arg::Number(number.into())
    }
}

impl From<&i32> for Arg<'_> {
    fn from(number: &i32) -> Self {
        Arg::Number((*number).into())
    }
}

/// The words of one language.
pub struct Words {
    /// The language.
    pub language: Language,
    bundle: FluentBundle<FluentResource>,
    ready: Ready,
    /// Long and short dates of each month, with [`YEAR`] and [`DAY`] for the numbers: the month's name is chosen once.
    dates: [Vec<String>; 2],
}

/// The number under which an ambulance is called, where the texts stand for it.
const EMERGENCY: &str = "{ -emergency-number }";
/// That of Japan, which the texts have by themselves.
const OF_JAPAN: &str = "119";

static EMERGENCY_NUMBER: OnceLock<String> = OnceLock::new();

/// Sets the number under which an ambulance is called; before the first words are asked for, which have it in them from then
/// on. Digits.
pub fn set_emergency_number(number: &str) {
    // A second one would stand in some texts only.
    let _ = EMERGENCY_NUMBER.set(number.to_owned());
}

/// The number under which an ambulance is called.
pub fn emergency_number() -> &'static str {
    EMERGENCY_NUMBER.get_or_init(|| OF_JAPAN.to_owned())
}

/// A file of texts with what the installation sets for all of them. Put in as they are read: they are asked for in every page,
/// and it never changes.
fn put_in(text: &str) -> String {
    let phone = domain::phone::example();
    text.replace(EMERGENCY, emergency_number())
        .replace("{ -phone-dialled }", &phone.dialled)
        .replace("{ -phone-abroad }", &phone.abroad)
        .replace("{ -phone-written }", &phone.written)
}

const YEAR: char = '\u{1}';
const DAY: char = '\u{2}';

/// The words of a language.
pub fn words(language: Language) -> &'static Words {
    static EN: OnceLock<Words> = OnceLock::new();
    static JA: OnceLock<Words> = OnceLock::new();
    match language {
        Language::En => EN.get_or_init(|| Words::load(language)),
        Language::Ja => JA.get_or_init(|| Words::load(language)),
    }
}

impl Words {
    fn load(language: Language) -> Words {
        let locale: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut ready = Ready::new(locale.clone());
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // Marks around placeholders would come out as junk in mails, fields and PDFs.
        bundle.set_use_isolating(false);
        let folder = format!("{}/", language.tag());
        for file in Locales::iter().filter(|file| file.starts_with(&folder)) {
            let Some(content) = Locales::get(&file) else {
                continue;
            };
            let text = put_in(&String::from_utf8_lossy(&content.data));
            // A test reads every file; what cannot be read here leaves its key in sight.
            let resource = FluentResource::try_new(text).unwrap_or_else(|(partial, _)| partial);
            ready.add(&resource);
            let _ = bundle.add_resource(resource);
        }
        let mut words = Words {
            language,
            bundle,
            ready,
            dates: [Vec::new(), Vec::new()],
        };
        words.dates = ["date-long", "date-short"].map(|key| {
            let of = |month: i64| {
                let year = ("year", Arg::from(YEAR.to_string()));
                let day = ("day", Arg::from(DAY.to_string()));
                words.with(key, &[year, ("month", month.into()), day])
            };
            (1..=12).map(of).collect()
        });
        words
    }

    fn dated(&self, long: bool, date: Date) -> String {
        let month = usize::try_from(date.month() - 1).unwrap_or_default();
        let pattern = &self.dates[usize::from(!long)][month];
        let mut text = String::with_capacity(pattern.len() + 4);
        let mut rest = pattern.as_str();
        while let Some(at) = rest.find([YEAR, DAY]) {
            text.push_str(&rest[..at]);
            text.push_str(&match rest[at..].starts_with(YEAR) {
                true => date.year().to_string(),
                false => date.day().to_string(),
            });
            rest = &rest[at + 1..];
        }
        text.push_str(rest);
        text
    }

    /// Whether there is a text of this key.
    pub fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }

    /// The text of a key.
    pub fn say(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The text of a key, borrowed where nothing has to be put together; for what a page says many times.
    pub fn text(&self, key: &str) -> Cow<'_, str> {
        match self.ready.fixed(key) {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(self.say(key)),
        }
    }

    /// The text of a key with placeholders filled. A key that does not exist is shown in brackets; a test sees to it
    /// that none is asked for.
    pub fn with(&self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        if let Some(text) = self.ready.with(key, args) {
            return text;
        }
        self.by_fluent(key, args)
    }

    fn by_fluent(&self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|m| m.value()) else {
            return format!("[{key}]");
        };
        let mut fluent = FluentArgs::new();
        for (name, arg) in args {
            match arg {
                Arg::Text(text) => fluent.set(*name, FluentValue::from(text.as_ref())),
                Arg::Number(number) => fluent.set(*name, FluentValue::from(*number)),
            }
        }
        let mut errors = Vec::new();
        self.bundle
            .format_pattern(pattern, Some(&fluent), &mut errors)
            .into_owned()
    }

    /// The text of a key with one placeholder; for templates.
    pub fn with1<'a>(&self, key: &str, name: &str, value: impl Into<Arg<'a>>) -> String {
        self.with(key, &[(name, value.into())])
    }

    /// The text of a key with two placeholders; for templates.
    pub fn with2<'a>(
        &self,
        key: &str,
        name: &str,
        value: impl Into<Arg<'a>>,
        other: &str,
        other_value: impl Into<Arg<'a>>,
    ) -> String {
        self.with(key, &[(name, value.into()), (other, other_value.into())])
    }

    /// A day: `23 November 2026`, `2026年11月23日`.
    pub fn date(&self, date: Date) -> String {
        self.dated(true, date)
    }

    /// A day without its year: `23 Nov`, `11/23`.
    pub fn date_short(&self, date: Date) -> String {
        self.dated(false, date)
    }

    /// A time of the day: `9:42`.
    pub fn time(&self, time: Time) -> String {
        let mut text = time.hour().to_string();
        text.push_str(if time.minute() < 10 { ":0" } else { ":" });
        text.push_str(&time.minute().to_string());
        text
    }
}

/// The first language among those that a browser names in `Accept-Language`, by weight, in which the pages speak.
pub fn negotiate(accept_language: &str) -> Option<Language> {
    let mut wishes: Vec<(f32, usize, Language)> = accept_language
        .split(',')
        .take(20)
        .enumerate()
        .filter_map(|(place, wish)| {
            let (tag, weight) = wish.split_once(";q=").unwrap_or((wish, "1"));
            let weight: f32 = weight.trim().parse().ok().filter(|w| *w > 0.0)?;
            Some((weight, place, Language::parse(tag)?))
        })
        .collect();
    wishes.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    wishes.first().map(|(_, _, language)| *language)
}

#[cfg(test)]
mod tests;
