//! The family name within a name, where a name of Japan is written: for filling in what a household shares.

use super::keys::{is_kana, is_kanji};
use unicode_normalization::UnicodeNormalization;

/// The family name of a name that is written as Japanese ones are: two words of kanji or kana, the family's first.
///
/// `None` of every other name. Which word of `John Smith` or `ジョン マイケル スミス` is the family's nobody can tell, and
/// `ベビー（山田 花子児）` begins with none.
pub fn family_name(name: &str) -> Option<&str> {
    let mut words = name.split_whitespace();
    let (Some(family), Some(_), None) = (words.next(), words.next(), words.next()) else {
        return None;
    };
    family.nfkc().all(is_of_japan).then_some(family)
}

/// A letter of a Japanese name, or what says which shape of a kanji is meant.
fn is_of_japan(c: char) -> bool {
    is_kanji(c)
        || is_kana(c)
        || matches!(c, '々' | '〆' | '\u{F900}'..='\u{FAFF}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_japan_tell_their_family() {
        for (name, family) in [
            ("佐藤 健", Some("佐藤")),
            ("佐々木\u{3000}健", Some("佐々木")),
            ("サトウ ケン", Some("サトウ")),
            ("ｻﾄｳ ｹﾝ", Some("ｻﾄｳ")),
            ("葛\u{E0100}城 健", Some("葛\u{E0100}城")),
            ("佐藤健", None),
            ("佐藤 ", None),
            ("", None),
            ("John Smith", None),
            ("Nguyễn Hải", None),
            ("ジョン マイケル スミス", None),
            ("ベビー（グエン・オブライエン ゾエ児）👶", None),
            ("佐藤(旧姓 鈴木) 健", None),
        ] {
            assert_eq!(family_name(name), family, "{name}");
        }
    }
}
