//! What languages are called, for whoever reads that somebody speaks one: those of most people who live in Japan and of
//! many who come. A table of our own, because the common ones are far larger.

use domain::language::{Language, shortest_code};
use std::borrow::Cow;

/// The shortest code of ISO 639, the name in English and in Japanese; in the order of the codes.
const NAMES: [(&str, &str, &str); 91] = [
    ("am", "Amharic", "アムハラ語"),
    ("ar", "Arabic", "アラビア語"),
    ("az", "Azerbaijani", "アゼルバイジャン語"),
    ("bg", "Bulgarian", "ブルガリア語"),
    ("bho", "Bhojpuri", "ボージュプリー語"),
    ("bn", "Bengali", "ベンガル語"),
    ("bo", "Tibetan", "チベット語"),
    ("ceb", "Cebuano", "セブアノ語"),
    (
        "ckb",
        "Central Kurdish (Sorani)",
        "中央クルド語（ソラニー）",
    ),
    ("cmn", "Mandarin Chinese", "中国語（標準語）"),
    ("cnh", "Hakha Chin", "ハカ・チン語"),
    ("cs", "Czech", "チェコ語"),
    ("da", "Danish", "デンマーク語"),
    ("de", "German", "ドイツ語"),
    ("dz", "Dzongkha", "ゾンカ語"),
    ("el", "Greek", "ギリシャ語"),
    ("en", "English", "英語"),
    ("es", "Spanish", "スペイン語"),
    ("fa", "Persian", "ペルシア語"),
    ("fi", "Finnish", "フィンランド語"),
    ("fil", "Filipino", "フィリピノ語"),
    ("fr", "French", "フランス語"),
    ("gu", "Gujarati", "グジャラート語"),
    ("hak", "Hakka Chinese", "客家語"),
    ("he", "Hebrew", "ヘブライ語"),
    ("hi", "Hindi", "ヒンディー語"),
    ("hil", "Hiligaynon", "ヒリガイノン語"),
    ("hr", "Croatian", "クロアチア語"),
    ("hu", "Hungarian", "ハンガリー語"),
    ("hy", "Armenian", "アルメニア語"),
    ("id", "Indonesian", "インドネシア語"),
    ("ilo", "Ilocano", "イロカノ語"),
    ("it", "Italian", "イタリア語"),
    ("ja", "Japanese", "日本語"),
    ("jv", "Javanese", "ジャワ語"),
    ("ka", "Georgian", "ジョージア語"),
    ("kac", "Kachin", "カチン語"),
    ("kk", "Kazakh", "カザフ語"),
    ("km", "Khmer", "クメール語"),
    (
        "kmr",
        "Northern Kurdish (Kurmanji)",
        "北クルド語（クルマンジー）",
    ),
    ("kn", "Kannada", "カンナダ語"),
    ("ko", "Korean", "韓国・朝鮮語"),
    ("ksw", "S’gaw Karen", "スゴー・カレン語"),
    ("ku", "Kurdish", "クルド語"),
    ("ky", "Kyrgyz", "キルギス語"),
    ("lo", "Lao", "ラオ語"),
    ("mai", "Maithili", "マイティリー語"),
    ("ml", "Malayalam", "マラヤーラム語"),
    ("mn", "Mongolian", "モンゴル語"),
    ("mnw", "Mon", "モン語"),
    ("mr", "Marathi", "マラーティー語"),
    ("ms", "Malay", "マレー語"),
    ("my", "Burmese", "ビルマ語"),
    ("nan", "Min Nan Chinese (Taiwanese)", "閩南語（台湾語）"),
    ("ne", "Nepali", "ネパール語"),
    ("new", "Newar", "ネワール語"),
    ("nl", "Dutch", "オランダ語"),
    ("no", "Norwegian", "ノルウェー語"),
    ("pa", "Punjabi", "パンジャーブ語"),
    ("pam", "Kapampangan", "パンパンガ語"),
    ("pl", "Polish", "ポーランド語"),
    ("prs", "Dari", "ダリー語"),
    ("ps", "Pashto", "パシュトー語"),
    ("pt", "Portuguese", "ポルトガル語"),
    ("rhg", "Rohingya", "ロヒンギャ語"),
    ("ro", "Romanian", "ルーマニア語"),
    ("ru", "Russian", "ロシア語"),
    ("shn", "Shan", "シャン語"),
    ("si", "Sinhala", "シンハラ語"),
    ("sk", "Slovak", "スロバキア語"),
    ("sr", "Serbian", "セルビア語"),
    ("sv", "Swedish", "スウェーデン語"),
    ("sw", "Swahili", "スワヒリ語"),
    ("ta", "Tamil", "タミル語"),
    ("te", "Telugu", "テルグ語"),
    ("tg", "Tajik", "タジク語"),
    ("th", "Thai", "タイ語"),
    ("ti", "Tigrinya", "ティグリニャ語"),
    ("tk", "Turkmen", "トルクメン語"),
    ("tl", "Tagalog", "タガログ語"),
    ("tr", "Turkish", "トルコ語"),
    ("ug", "Uyghur", "ウイグル語"),
    ("uk", "Ukrainian", "ウクライナ語"),
    ("ur", "Urdu", "ウルドゥー語"),
    ("uz", "Uzbek", "ウズベク語"),
    ("vi", "Vietnamese", "ベトナム語"),
    ("war", "Waray", "ワライ語"),
    ("wuu", "Wu Chinese (Shanghainese)", "呉語（上海語）"),
    ("yo", "Yoruba", "ヨルバ語"),
    ("yue", "Cantonese", "広東語"),
    ("zh", "Chinese", "中国語"),
];

/// The name of a language, by its tag, in the language of a page; where it says more than the language (`pt-BR`), with the
/// tag behind it. A tag without a name here stays as it is.
pub fn language_name(language: Language, tag: &str) -> Cow<'_, str> {
    let code = shortest_code(tag);
    let Ok(at) = NAMES.binary_search_by(|(known, _, _)| (*known).cmp(code)) else {
        return Cow::Borrowed(tag);
    };
    let (_, english, japanese) = NAMES[at];
    let name = match language {
        Language::En => english,
        Language::Ja => japanese,
    };
    match (tag.contains('-'), language) {
        (false, _) => Cow::Borrowed(name),
        (true, Language::En) => Cow::Owned(format!("{name} ({tag})")),
        (true, Language::Ja) => Cow::Owned(format!("{name}（{tag}）")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_names_in_both_languages() {
        for (tag, english, japanese) in [
            ("fil", "Filipino", "フィリピノ語"),
            ("yue", "Cantonese", "広東語"),
            ("jpn", "Japanese", "日本語"),
            ("pt-BR", "Portuguese (pt-BR)", "ポルトガル語（pt-BR）"),
            ("tlh", "tlh", "tlh"),
        ] {
            assert_eq!(language_name(Language::En, tag), english);
            assert_eq!(language_name(Language::Ja, tag), japanese);
        }
    }

    #[test]
    fn the_table_is_in_order_and_its_codes_are_the_shortest() {
        assert!(NAMES.windows(2).all(|two| two[0].0 < two[1].0));
        for (code, _, _) in NAMES {
            assert_eq!(domain::language::parse_tag(code).as_deref(), Some(code));
            assert_eq!(shortest_code(code), code);
        }
    }
}
