//! How a name that somebody looks for may stand in the key of a name that is kept: written otherwise, or with more parts
//! between. Whoever phones says a given name and a family name; what the center has may be all of a passport's line.

use super::NameKeys;
use super::keys::{in_two_letters, long_vowels, said_with_b};

/// The most ways in which the whole is looked for.
pub const MOST_WHOLES: usize = 8;
/// The most parts that are looked for by themselves.
pub const MOST_PARTS: usize = 6;

/// What is looked for in keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sought {
    /// The whole, in each way in which it may be written; any of them is enough. [`MOST_WHOLES`] at most.
    pub wholes: Vec<String>,
    /// The parts, all of which have to be there, in any order; none where it has one part only. [`MOST_PARTS`] at most.
    pub parts: Vec<String>,
}

impl Sought {
    /// Looks for a name, or for a part of one.
    pub fn of(search: &str) -> Sought {
        let keys = NameKeys::of(search);
        let whole = &keys.joined;
        let folded = search.to_lowercase();
        let key = |text: &str| NameKeys::of(text).joined;
        let ways = [
            Some(whole.clone()),
            keys.as_part(),
            in_two_letters(&folded).map(|text| key(&text)),
            in_one_letter(whole),
            Some(key(&said_with_b(&folded))),
            Some(said_with_v(whole)),
            Some(long_vowels(whole)),
            Some(without_mark(whole, 'ウ')),
            Some(without_mark(whole, 'オ')),
        ];
        let mut wholes: Vec<String> = Vec::new();
        for way in ways.into_iter().flatten().filter(|way| !way.is_empty()) {
            if !wholes.contains(&way) && wholes.len() < MOST_WHOLES {
                wholes.push(way);
            }
        }
        let mut parts: Vec<String> = search.split_whitespace().map(key).collect();
        parts.retain(|part| !part.is_empty());
        parts.truncate(MOST_PARTS);
        if parts.len() < 2 {
            parts.clear();
        }
        Sought { wholes, parts }
    }

    /// Whether it stands in the key of a name.
    pub fn is_in(&self, key_joined: &str) -> bool {
        let is_there = |part: &String| key_joined.contains(part.as_str());
        self.wholes.iter().any(is_there)
            || !self.parts.is_empty() && self.parts.iter().all(is_there)
    }
}

/// Letters that passports write by two as the one that they stand for, without its dots: `brueckner` is `bruckner`. `None` where
/// there are none.
fn in_one_letter(key: &str) -> Option<String> {
    let one = [("ae", "a"), ("oe", "o"), ("ue", "u")]
        .iter()
        .fold(key.to_owned(), |text, (two, one)| text.replace(two, one));
    (one != key).then_some(one)
}

/// バ and what is said like it with ヴ: シルバ as シルヴア, which keys have with a large ア.
fn said_with_v(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 8);
    for c in key.chars() {
        match c {
            'バ' => out.push_str("ヴア"),
            'ビ' => out.push_str("ヴイ"),
            'ブ' => out.push('ヴ'),
            'ベ' => out.push_str("ヴエ"),
            'ボ' => out.push_str("ヴオ"),
            c => out.push(c),
        }
    }
    out
}

/// Long-vowel marks after the vowels o and u as kana: オーツボ as オオツボ and オウツボ.
fn without_mark(key: &str, after_o: char) -> String {
    let mut out = String::with_capacity(key.len());
    let mut before = ' ';
    for c in key.chars() {
        let as_kana = |kana: char| long_vowels(&format!("{before}{kana}")).ends_with('ー');
        out.push(match c {
            'ー' if as_kana(after_o) => after_o,
            'ー' if as_kana('ウ') => 'ウ',
            c => c,
        });
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(search: &str, name: &str) -> bool {
        Sought::of(search).is_in(&NameKeys::of(name).joined)
    }

    #[test]
    fn whoever_phones_is_found_by_what_they_say() {
        for (search, name) in [
            ("John Smith", "SMITH JOHN PAUL"),
            ("SMITH PAUL", "SMITH JOHN PAUL"),
            ("Maria Santos", "SANTOS MARIA D’AVILA"),
            ("Tuyet Nguyen", "Nguyễn Thị Ánh Tuyết"),
            ("Ánh Tuyết Nguyễn", "NGUYEN THI ANH TUYET"),
            ("Min-jun Kim", "KIM MINJUN"),
            ("Brueckner", "Jörg Brückner"),
            ("Joerg", "Jörg Brückner"),
            ("Brückner", "BRUECKNER JOERG"),
            ("シルバ", "シルヴァ リカルド"),
            ("シルヴァ", "シルバ リカルド"),
            ("オーツボ", "オオツボ ユウイチ"),
            ("ゆーいち", "オオツボ ユウイチ"),
            ("オオツボ", "オーツボ ユーイチ"),
            ("コーノ", "コウノ タロウ"),
            ("花子 山田", "山田 花子"),
            ("田 花", "山田 花子"),
        ] {
            assert!(finds(search, name), "{search} / {name}");
        }
    }

    #[test]
    fn nobody_else_is_found() {
        for (search, name) in [
            ("John Smith", "SMITHSON PAUL"),
            ("Maria Santos", "SANTOS MARIO"),
            ("シルバ", "シルワ リカルド"),
            ("オーツボ", "オツボ ユウイチ"),
            ("山田 花子", "山本 花子"),
        ] {
            assert!(!finds(search, name), "{search} / {name}");
        }
        assert!(Sought::of(" ・ ").wholes.is_empty());
    }
}
