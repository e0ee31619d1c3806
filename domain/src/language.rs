//! The languages in which the pages speak, and tags of those that people read.

/// A language in which every page, mail and brochure exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash, PartialOrd, Ord)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Language {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Language; 2] = [Language::Ja, Language::En];

    /// The language of a BCP 47 tag such as `ja-JP`; `None` where the pages do not speak it.
    pub fn parse(tag: &str) -> Option<Language> {
        let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
        match primary.as_str() {
            "en" => Some(Language::En),
            "ja" => Some(Language::Ja),
            _ => None,
        }
    }

    /// Its BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Ja => "ja",
        }
    }

    /// Its name in itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Language::En => "English",
            Language::Ja => "日本語",
        }
    }
}

/// A tag of the language that a person reads, as a center records it: `ja`, `en`, `pt-BR`, `zh-Hans`. `None` where it
/// cannot be one.
pub fn parse_tag(text: &str) -> Option<String> {
    let tag = crate::text::fold_width(text).replace('_', "-");
    let mut parts = tag.split('-');
    let primary = parts.next()?;
    let primary_fits =
        (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_alphabetic());
    let rest_fits =
        parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    (primary_fits && rest_fits && tag.len() <= 35).then(|| {
        let (first, rest) = tag.split_at(primary.len());
        format!("{}{rest}", first.to_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_are_read() {
        assert_eq!(Language::parse("ja-JP"), Some(Language::Ja));
        assert_eq!(Language::parse("pt-BR"), None);
        assert_eq!(parse_tag("PT-BR").as_deref(), Some("pt-BR"));
        assert_eq!(parse_tag("Japanese!"), None);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            if let Some(tag) = parse_tag(&text) {
                prop_assert_eq!(parse_tag(&tag), Some(tag.clone()));
            }
            let _ = Language::parse(&text);
        }
    }
}
