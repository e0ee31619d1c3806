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
/// cannot be one, or begins with no language of ISO 639-1 or 639-3.
pub fn parse_tag(text: &str) -> Option<String> {
    let tag = crate::text::fold_width(text).replace('_', "-");
    let mut parts = tag.split('-');
    let primary = parts.next()?;
    let code = primary.to_ascii_lowercase();
    let primary_fits = match code.len() {
        2 => isolang::Language::from_639_1(&code).is_some(),
        3 => isolang::Language::from_639_3(&code).is_some(),
        _ => false,
    };
    let rest_fits =
        parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    (primary_fits && rest_fits && tag.len() <= 35).then(|| {
        let rest = &tag[primary.len()..];
        format!("{code}{rest}")
    })
}

/// Names by which lists in Japan tell a language, beside its tag.
const NAMES: [(&str, &[&str]); 17] = [
    ("ja", &["日本語", "にほんご", "japanese"]),
    ("en", &["英語", "english"]),
    ("zh", &["中国語", "中文", "chinese"]),
    ("zh-Hans", &["中国語(簡体字)", "簡体字", "简体中文"]),
    ("zh-Hant", &["中国語(繁体字)", "繁体字", "繁體中文"]),
    (
        "ko",
        &["韓国語", "韓国・朝鮮語", "朝鮮語", "한국어", "korean"],
    ),
    ("vi", &["ベトナム語", "tiếngviệt", "vietnamese"]),
    ("tl", &["フィリピン語", "タガログ語", "filipino", "tagalog"]),
    (
        "pt",
        &[
            "ポルトガル語",
            "ポルトガル語(ブラジル)",
            "português",
            "portuguese",
        ],
    ),
    ("es", &["スペイン語", "español", "spanish"]),
    ("ne", &["ネパール語", "नेपाली", "nepali"]),
    ("id", &["インドネシア語", "bahasaindonesia", "indonesian"]),
    ("my", &["ミャンマー語", "ビルマ語", "burmese"]),
    ("th", &["タイ語", "ไทย", "thai"]),
    ("si", &["シンハラ語", "sinhala"]),
    ("fr", &["フランス語", "français", "french"]),
    ("ru", &["ロシア語", "русский", "russian"]),
];

/// The tag of a language that is told by its tag or, as in lists that were made by hand, by its name: `日本語`, `English`.
pub fn read(text: &str) -> Option<String> {
    let folded: String = crate::text::fold_width(text)
        .chars()
        .filter(|sign| !sign.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    let named = NAMES
        .iter()
        .find(|(_, names)| names.contains(&folded.as_str()));
    named.map_or_else(|| parse_tag(text), |(tag, _)| Some((*tag).to_owned()))
}

/// The primary language of a tag by its shortest code: `ja` for `jpn` and `ja-JP`, `fil` for `fil`.
pub fn shortest_code(tag: &str) -> &str {
    let primary = tag.split('-').next().unwrap_or(tag);
    isolang::Language::from_639_3(primary)
        .and_then(|language| language.to_639_1())
        .unwrap_or(primary)
}

/// Whether two tags tell of one language to whoever reads it: a region makes none of its own, as in `pt-BR`, a script does.
pub fn reads_alike(one: &str, other: &str) -> bool {
    let without_region = |tag: &str| match tag.rsplit_once('-') {
        Some((rest, region)) if region.len() == 2 => rest.to_owned(),
        _ => tag.to_owned(),
    };
    without_region(one) == without_region(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_region_is_no_other_language_and_a_script_is() {
        assert!(reads_alike("pt", "pt-BR") && reads_alike("ja", "ja"));
        for (one, other) in [("zh-Hans", "zh-Hant"), ("ja", "en"), ("pt-BR", "es")] {
            assert!(!reads_alike(one, other), "{one} {other}");
        }
    }

    #[test]
    fn tags_are_read() {
        assert_eq!(Language::parse("ja-JP"), Some(Language::Ja));
        assert_eq!(Language::parse("pt-BR"), None);
        assert_eq!(parse_tag("PT-BR").as_deref(), Some("pt-BR"));
        assert_eq!(parse_tag("Japanese!"), None);
        for tag in [
            "ja", "en", "pt", "vi", "zh-Hans", "ne", "my", "fil", "si", "yue",
        ] {
            assert_eq!(parse_tag(tag).as_deref(), Some(tag));
        }
        for (tag, code) in [
            ("jpn", "ja"),
            ("ja-JP", "ja"),
            ("fil", "fil"),
            ("pt", "pt"),
            ("yue-HK", "yue"),
        ] {
            assert_eq!(shortest_code(tag), code);
        }
        for nobodys in ["xx", "qq-JP", "jp", "zzz"] {
            assert_eq!(parse_tag(nobodys), None, "{nobodys}");
        }
    }

    #[test]
    fn languages_are_read_by_their_names_too() {
        for (text, tag) in [
            ("日本語", "ja"),
            ("English", "en"),
            ("中国語（簡体字）", "zh-Hans"),
            ("ﾍﾞﾄﾅﾑ語", "vi"),
            ("Tiếng Việt", "vi"),
            ("ポルトガル語", "pt"),
            ("pt-BR", "pt-BR"),
            (" ja ", "ja"),
        ] {
            assert_eq!(read(text).as_deref(), Some(tag), "{text}");
        }
        assert_eq!(read("宇宙語"), None);
        for (tag, _) in NAMES {
            assert_eq!(parse_tag(tag).as_deref(), Some(tag));
        }
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
