//! What people write in the place of a name that they do not know.

use super::NameKeys;
use crate::text::fold_width;

/// By their keys: in the languages of the country and of those who come to it. A name that is one of these is real now and
/// then, so nobody is refused for it; whoever writes it is asked.
const WORDS: [&str; 46] = [
    "不明",
    "不詳",
    "未詳",
    "未定",
    "未記入",
    "未入力",
    "氏名不明",
    "氏名不詳",
    "名前不明",
    "身元不明",
    "住所氏名不詳",
    "匿名",
    "無名",
    "名無シ",
    "ナナシ",
    "ナシ",
    "無シ",
    "某",
    "某氏",
    "フメイ",
    "シメイフメイ",
    "シメイフシヨウ",
    "テスト",
    "テスト患者",
    "ダミー",
    "サンプル",
    "〇〇",
    "unknown",
    "nameunknown",
    "unknownname",
    "unknownperson",
    "notknown",
    "noname",
    "unnamed",
    "anonymous",
    "none",
    "null",
    "nil",
    "undefined",
    "notavailable",
    "notapplicable",
    "fumei",
    "inconnu",
    "desconocido",
    "unbekannt",
    "미상",
];

/// Words that stand beside another name where somebody tries whether all works.
const TRIALS: [&str; 3] = ["テスト", "test", "dummy"];

/// Whether a name looks as if it were not known, or none: `不明`, `N/A`, `name unknown`, `テスト 太郎`.
pub fn stands_for_no_name(name: &str) -> bool {
    let parts: Vec<String> = name
        .split_whitespace()
        .map(|part| NameKeys::of(part).joined)
        .filter(|part| !part.is_empty())
        .collect();
    let is_word = |key: &str| {
        let is_crosses = key.len() > 1 && key.bytes().all(|letter| letter == b'x');
        is_crosses || WORDS.contains(&key) || TRIALS.contains(&key)
    };
    !parts.is_empty()
        && (is_word(&NameKeys::of(name).joined)
            || parts.iter().all(|part| is_word(part))
            || parts.iter().any(|part| TRIALS.contains(&part.as_str()))
            || is_not_available(name))
}

/// `N/A`, `n.a.` and `NA`. Na is a name, and is written so.
fn is_not_available(name: &str) -> bool {
    let name = fold_width(name);
    let name = name.trim();
    name == "NA"
        || matches!(
            name.to_lowercase().as_str(),
            "n/a" | "n.a." | "n.a" | "n / a" | "n. a."
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_for_want_of_a_name_is_known() {
        for name in [
            "不明",
            "不詳",
            "未詳",
            "氏名 不明",
            "氏名不明",
            "（不明）",
            "不明 不明",
            "ふめい",
            "なし",
            "名無し",
            "テスト",
            "ﾃｽﾄ",
            "てすと",
            "テスト 太郎",
            "test",
            "TEST PATIENT",
            "N/A",
            "n/a",
            "Ｎ／Ａ",
            "N.A.",
            "NA",
            "unknown",
            "UNKNOWN",
            "Unknown Unknown",
            "name unknown",
            "Not known",
            "none",
            "NONE",
            "no name",
            "NULL",
            "XX",
            "xxx xxx",
            "〇〇 〇〇",
            "Inconnu",
            "미상",
        ] {
            assert!(stands_for_no_name(name), "{name}");
        }
        for word in WORDS.iter().chain(&TRIALS) {
            assert_eq!(NameKeys::of(word).joined, **word, "is no key of a name");
        }
    }

    #[test]
    fn names_are_names() {
        for name in [
            "Na",
            "Na Hong-jin",
            "羅",
            "Non",
            "Non Sukanya",
            "Nil Aydın",
            "Null Jonas",
            "Noname Somchai",
            "不破 明",
            "明 不二",
            "名嘉 なし子",
            "Testa Marco",
            "Tester Anna",
            "Xu Xi",
            "某田 花",
            "末定 優",
            "無量 名",
            "",
            "-",
            "ダミアン",
            "山田 花子",
            "Unger Unknowna",
        ] {
            assert!(!stands_for_no_name(name), "{name}");
        }
    }
}
