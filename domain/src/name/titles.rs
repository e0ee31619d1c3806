//! Names with what lists of addresses and of spreadsheets put beside them: `山田 花子 様`, `Mr John Smith`, `１．山田 花子`,
//! `山田 花子 78歳`. Nobody types that when signing up.

use super::NameKeys;
use crate::text::fold_width;

/// What stands behind a name in Japan, also without a space.
const BEHIND: &[&str] = &["様", "殿", "さま", "サマ"];
/// What stands beside one in Latin letters, as a part of its own; the last two are what passports and visas write where there is
/// no given name, or no family name.
const BESIDE: &[&str] = &["mr", "mrs", "ms", "miss", "dr", "prof", "fnu", "lnu"];
/// What of a name has to be left, in letters: a part of it alone could be many people's.
const LEFT: usize = 2;

/// A name without what does not belong to it. `None` where it is a name and nothing else, or where too little would be left.
pub(super) fn without_titles(name: &str) -> Option<String> {
    let folded = fold_width(name);
    let mut parts: Vec<&str> = folded.split_whitespace().map(without_number).collect();
    parts.retain(|part| !part.is_empty() && !is_beside(part) && !is_age(part));
    if let Some(last) = parts.last_mut() {
        let behind = BEHIND.iter().find_map(|title| last.strip_suffix(title));
        *last = behind.unwrap_or(last);
    }
    let short = parts.join(" ");
    let short = short.trim();
    let is_left = NameKeys::of(short).joined.chars().count() >= LEFT;
    (is_left && NameKeys::of(short) != NameKeys::of(name)).then(|| short.to_owned())
}

/// A part without the number of a list before it, `1.` or `(1)`; all of it where it is a number alone.
fn without_number(part: &str) -> &str {
    let rest = part.trim_start_matches('(');
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    match rest.strip_prefix(['.', ')', '、', ':']) {
        Some(name) if rest.len() < part.len() => name,
        None if rest.is_empty() => "",
        _ => part,
    }
}

fn is_beside(part: &str) -> bool {
    let word = part.trim_end_matches(['.', ',']).to_lowercase();
    BESIDE.contains(&word.as_str())
}

/// An age behind a name: `78歳`.
fn is_age(part: &str) -> bool {
    let years = part.strip_suffix('歳').or_else(|| part.strip_suffix('才'));
    years.is_some_and(|years| !years.is_empty() && years.bytes().all(|sign| sign.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_belong_to_a_name_is_left_out() {
        for (written, meant) in [
            ("敬称 太郎様", "敬称 太郎"),
            ("敬称 次郎　殿", "敬称 次郎"),
            ("ケイショウ タロウさま", "ケイショウ タロウ"),
            ("Mr SMITHSON JOHN", "SMITHSON JOHN"),
            ("Dr. Anna Sample", "Anna Sample"),
            ("FNU SUHARTO", "SUHARTO"),
            ("１．見本 四郎", "見本 四郎"),
            ("(12) 見本 四郎", "見本 四郎"),
            ("3 見本 五郎", "見本 五郎"),
            ("見本 六郎 78歳", "見本 六郎"),
        ] {
            assert_eq!(without_titles(written).as_deref(), Some(meant), "{written}");
        }
    }

    #[test]
    fn a_name_that_is_one_stays() {
        for name in [
            "山田 花子",
            "殿村 様子",
            "鵜殿",
            "様",
            "Mr",
            "Drake Miss-Field",
            "Msimang Lnuka",
            "才 六",
            "山田 (旧姓 佐藤) 花子",
        ] {
            assert_eq!(without_titles(name), None, "{name}");
        }
    }
}
