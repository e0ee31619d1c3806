//! Japanese names in Latin letters: `Ohno Junichi` is オオノ ジュンイチ. One spelling stands for several in kana, for passports
//! write no long vowels and no apostrophe after n, so a name is read into every kana that it may be. Hepburn, Kunrei and what
//! people type at keyboards are read alike; a name that is not written so is no reading.

use super::NameKeys;
use super::keys::is_separator;
use unicode_normalization::UnicodeNormalization;

/// The longest name that is read, in letters, and the most parts of one: no Japanese name is longer.
const LONGEST_READ: usize = 60;
const MOST_PARTS: usize = 4;

/// What a name in Latin letters may be in kana.
#[derive(Clone, PartialEq, Eq)]
pub struct Reading {
    /// The parts as they were typed: of each its sounds in turn, of each sound all kana that it may be, as they stand in
    /// [`NameKeys::joined`].
    parts: Vec<Vec<Vec<Vec<char>>>>,
}

/// What a name that was searched for is in the other one of the two scripts.
pub enum Heard {
    /// Latin letters were typed, and a name in kana may be it.
    Latin(Reading),
    /// Kana were typed, and a name in Latin letters may be it: the key of all, and those of the words.
    Kana(Vec<char>, Vec<String>),
}

impl Heard {
    /// What was typed, where it can be heard: in Latin letters that read as Japanese, or in kana alone.
    pub fn of(typed: &str) -> Option<Heard> {
        if let Some(reading) = Reading::of(typed) {
            return Some(Heard::Latin(reading));
        }
        let key: Vec<char> = NameKeys::of(typed).joined.chars().collect();
        let is_kana = !key.is_empty() && key.iter().all(|c| matches!(c, 'ァ'..='ヴ' | 'ー'));
        let words = typed
            .split_whitespace()
            .map(|word| NameKeys::of(word).joined);
        is_kana.then(|| Heard::Kana(key, words.collect()))
    }

    /// Two patterns of `LIKE`; the key ([`NameKeys::joined`]) of any name in which it [`Heard::is_in`] fits one of them, and
    /// keys of other names do, too.
    pub fn patterns(&self) -> [String; 2] {
        match self {
            Heard::Latin(reading) => reading.patterns(),
            Heard::Kana(_, words) => {
                // The last word first, too.
                let turned = words
                    .last()
                    .into_iter()
                    .chain(words.split_last().map_or(&[][..], |(_, all)| all));
                let letters = |word: &'_ String| word.chars().map(consonant).collect::<Vec<_>>();
                [
                    pattern(words.iter().flat_map(letters)),
                    pattern(turned.flat_map(letters)),
                ]
            }
        }
    }

    /// Whether a name in the other script has it somewhere: as it is written, and its key ([`NameKeys::joined`]).
    pub fn is_in(&self, name: &str, key: &str) -> bool {
        match self {
            Heard::Latin(reading) => {
                let key: Vec<char> = key.chars().collect();
                reading.turns().any(|sounds| {
                    let anywhere = vec![true; key.len() + 1];
                    let ends = follow(&sounds, &key, anywhere, false);
                    ends.last().is_some_and(|ends| ends.contains(&true))
                })
            }
            Heard::Kana(key, _) => Reading::of(name).is_some_and(|reading| {
                reading.turns().any(|sounds| {
                    let ends = follow(&sounds, key, starts(key), true);
                    ends.iter().any(|ends| ends.last() == Some(&true))
                })
            }),
        }
    }
}

impl Reading {
    /// Reads a name; nothing where it is not written as Japanese is in Latin letters.
    pub fn of(name: &str) -> Option<Reading> {
        let mut parts = vec![Vec::new()];
        for c in name.nfkc().flat_map(char::to_lowercase).nfd() {
            let last: &mut Vec<Letter> = parts.last_mut()?;
            match c {
                c if is_separator(c) => parts.push(Vec::new()),
                '\'' | '’' | '‘' | 'ʼ' | 'ʻ' | '`' | '´' => last.push(Letter::of('\'')),
                'a'..='z' => last.push(Letter::of(c)),
                // Ō, as Hepburn writes it, and Ô, as Kunrei does.
                '\u{304}' | '\u{302}' => last.last_mut()?.is_long = true,
                _ => return None,
            }
        }
        parts.retain(|part| !part.is_empty());
        let length: usize = parts.iter().map(Vec::len).sum();
        if parts.is_empty() || parts.len() > MOST_PARTS || length > LONGEST_READ {
            return None;
        }
        let parts = parts.iter().map(|part| sounds(part));
        Some(Reading {
            parts: parts.collect::<Option<_>>()?,
        })
    }

    /// Whether a name in kana is this one as a whole, its parts in any turn.
    pub fn matches(&self, kana: &NameKeys) -> bool {
        let key: Vec<char> = kana.joined.chars().collect();
        // Without short cuts, as all comparisons of a claim: a near miss takes as long as a far one.
        let mut any = false;
        for sounds in self.turns() {
            let ends = follow(&sounds, &key, starts(&key), false);
            any |= ends.last().is_some_and(|ends| ends.last() == Some(&true));
        }
        any & !key.is_empty()
    }

    /// Its sounds in the order of the parts as typed, and turned round.
    fn turns(&self) -> impl Iterator<Item = Vec<&Vec<Vec<char>>>> {
        (0..self.parts.len()).map(|first| {
            let (before, from) = self.parts.split_at(first);
            from.iter().chain(before).flatten().collect()
        })
    }

    fn patterns(&self) -> [String; 2] {
        let mut all = self.turns().map(|sounds| {
            pattern(sounds.into_iter().map(|ways| match &ways[..] {
                [only] => (only.iter().collect(), false),
                // What all ways begin with, and then anything.
                [first, others @ ..] => {
                    let begin =
                        |at: usize, c: &char| others.iter().all(|way| way.get(at) == Some(c));
                    let same = first.iter().enumerate().take_while(|(at, c)| begin(*at, c));
                    (same.map(|(_, c)| *c).collect(), true)
                }
                [] => (String::new(), true),
            }))
        });
        let first = all.next().unwrap_or_default();
        // Of three parts or more the last before the others.
        let second = all.last().unwrap_or_else(|| first.clone());
        [first, second]
    }
}

/// A pattern of `LIKE` of pieces in turn; after each of them, whether anything may follow it.
fn pattern(pieces: impl Iterator<Item = (String, bool)>) -> String {
    let mut all = "%".to_owned();
    for (piece, is_open) in pieces {
        all.push_str(&piece);
        if is_open && !all.ends_with('%') {
            all.push('%');
        }
    }
    if !all.ends_with('%') {
        all.push('%');
    }
    all
}

/// Where a text begins, among all places in it.
fn starts(key: &[char]) -> Vec<bool> {
    let mut at = vec![false; key.len() + 1];
    if let Some(first) = at.first_mut() {
        *first = true;
    }
    at
}

/// Follows sounds through a key from places in it on; tells after each sound at which places it may end. `anew`: the first
/// place is one before every sound.
fn follow(
    sounds: &[&Vec<Vec<char>>],
    key: &[char],
    mut at: Vec<bool>,
    anew: bool,
) -> Vec<Vec<bool>> {
    let mut ends = Vec::with_capacity(sounds.len());
    for ways in sounds {
        let mut next = vec![false; at.len()];
        for way in *ways {
            for (from, window) in key.windows(way.len()).enumerate() {
                let differences = way
                    .iter()
                    .zip(window)
                    .fold(0, |all, (a, b)| all | (u32::from(*a) ^ u32::from(*b)));
                next[from + way.len()] |= at[from] & (differences == 0);
            }
        }
        ends.push(next.clone());
        if anew && let Some(first) = next.first_mut() {
            *first = true;
        }
        at = next;
    }
    ends
}

/// What a kana begins with in Latin letters, where all ways to write it agree, and that anything may follow.
fn consonant(c: char) -> (String, bool) {
    let letter = match c {
        'カ'..='コ' if "カキクケコ".contains(c) => "k",
        'ガ'..='ゴ' if "ガギグゲゴ".contains(c) => "g",
        'サ' | 'シ' | 'ス' | 'セ' | 'ソ' => "s",
        'ザ' | 'ゼ' | 'ゾ' => "z",
        'タ' | 'テ' | 'ト' => "t",
        'ナ'..='ノ' => "n",
        'ハ' | 'ヒ' | 'ヘ' | 'ホ' => "h",
        'パ' | 'ピ' | 'プ' | 'ペ' | 'ポ' => "p",
        'マ'..='モ' => "m",
        // チ is chi or ti, ッ the letter after it, ン is n or m, バ is written with v, too, and ラ with l; vowels may be long ones.
        _ => "",
    };
    (letter.to_owned(), true)
}

/// A letter as it was typed.
#[derive(Clone, Copy)]
struct Letter {
    c: char,
    /// Whether it bears the sign of a long vowel.
    is_long: bool,
}

impl Letter {
    const fn of(c: char) -> Letter {
        Letter { c, is_long: false }
    }
}

/// The kana of consonants before a, i, u, e and o, in the large letters of keys; several ways with a stroke between.
const SYLLABLES: &[(&str, [&str; 5])] = &[
    ("", ["ア", "イ", "ウ", "エ", "オ"]),
    ("k", ["カ", "キ", "ク", "ケ", "コ"]),
    ("g", ["ガ", "ギ", "グ", "ゲ", "ゴ"]),
    ("s", ["サ", "シ", "ス", "セ", "ソ"]),
    ("z", ["ザ", "ジ", "ズ", "ゼ", "ゾ"]),
    ("t", ["タ", "チ|テイ", "ツ|トウ", "テ", "ト"]),
    ("d", ["ダ", "ジ|デイ", "ズ|ドウ", "デ", "ド"]),
    ("n", ["ナ", "ニ", "ヌ", "ネ", "ノ"]),
    ("h", ["ハ", "ヒ", "フ", "ヘ", "ホ"]),
    ("b", ["バ", "ビ", "ブ", "ベ", "ボ"]),
    ("p", ["パ", "ピ", "プ", "ペ", "ポ"]),
    ("m", ["マ", "ミ", "ム", "メ", "モ"]),
    ("y", ["ヤ", "", "ユ", "イエ", "ヨ"]),
    ("r", ["ラ", "リ", "ル", "レ", "ロ"]),
    ("l", ["ラ", "リ", "ル", "レ", "ロ"]),
    ("w", ["ワ", "ウイ|イ", "", "ウエ|エ", "オ|ウオ"]),
    ("f", ["フア", "フイ", "フ", "フエ", "フオ"]),
    ("v", ["ヴア|バ", "ヴイ|ビ", "ヴ|ブ", "ヴエ|ベ", "ヴオ|ボ"]),
    ("j", ["ジヤ", "ジ", "ジユ", "ジエ", "ジヨ"]),
    ("sh", ["シヤ", "シ", "シユ", "シエ", "シヨ"]),
    ("ch", ["チヤ", "チ", "チユ", "チエ", "チヨ"]),
    ("ts", ["ツア", "ツイ", "ツ", "ツエ", "ツオ"]),
    ("dz", ["ザ", "ジ", "ズ", "ゼ", "ゾ"]),
    ("ky", ["キヤ", "", "キユ", "キエ", "キヨ"]),
    ("gy", ["ギヤ", "", "ギユ", "ギエ", "ギヨ"]),
    ("sy", ["シヤ", "", "シユ", "シエ", "シヨ"]),
    ("zy", ["ジヤ", "", "ジユ", "ジエ", "ジヨ"]),
    ("jy", ["ジヤ", "", "ジユ", "ジエ", "ジヨ"]),
    ("ty", ["チヤ|テヤ", "", "チユ|テユ", "チエ", "チヨ|テヨ"]),
    ("cy", ["チヤ", "", "チユ", "チエ", "チヨ"]),
    ("dy", ["ジヤ|デヤ", "", "ジユ|デユ", "ジエ", "ジヨ|デヨ"]),
    ("ny", ["ニヤ", "", "ニユ", "ニエ", "ニヨ"]),
    ("hy", ["ヒヤ", "", "ヒユ", "ヒエ", "ヒヨ"]),
    ("by", ["ビヤ", "", "ビユ", "ビエ", "ビヨ"]),
    ("py", ["ピヤ", "", "ピユ", "ピエ", "ピヨ"]),
    ("my", ["ミヤ", "", "ミユ", "ミエ", "ミヨ"]),
    ("ry", ["リヤ", "", "リユ", "リエ", "リヨ"]),
    ("ly", ["リヤ", "", "リユ", "リエ", "リヨ"]),
    ("fy", ["フヤ", "", "フユ", "", "フヨ"]),
    ("kw", ["クワ|クア", "クイ", "", "クエ", "クオ"]),
    ("gw", ["グワ|グア", "グイ", "", "グエ", "グオ"]),
];

/// The place of a vowel in a row of [`SYLLABLES`].
fn vowel(c: char) -> Option<usize> {
    "aiueo".find(c)
}

/// What may follow a vowel within its sound, and how many letters say so. `next`: the letters after it.
fn length(letter: Letter, next: &[Letter]) -> (&'static [&'static str], usize) {
    let at = |n: usize| next.get(n).map_or(' ', |letter| letter.c);
    // Satoh, Ohno, Ohyama; the h of Ohashi belongs to the sound after it.
    let is_said_by_h = at(0) == 'h' && vowel(at(1)).is_none();
    match (letter.c, at(0)) {
        ('o', _) if letter.is_long => (&["ウ", "オ", "ー"], 0),
        ('o', _) if is_said_by_h => (&["ウ", "オ", "ー"], 1),
        // Where a passport has written one o of two, the other letter may still be there: Ouchi is オオウチ, Ooka オオオカ.
        ('o', 'o') => (&["オ", "ー", "ウ", "オオ", "ーオ", "ウオ"], 1),
        ('o', 'u') => (&["ウ", "オ", "ー", "オウ", "ーウ"], 1),
        ('o', _) => (&["", "ウ", "オ", "ー"], 0),
        ('u', _) if letter.is_long => (&["ウ", "ー"], 0),
        ('u', _) if is_said_by_h => (&["ウ", "ー"], 1),
        ('u', 'u') => (&["ウ", "ー", "ウウ"], 1),
        ('u', _) => (&["", "ウ", "ー"], 0),
        ('e', _) if letter.is_long => (&["イ", "エ", "ー"], 0),
        ('e', 'i' | 'e') => (&["イ", "エ", "ー"], 1),
        ('i', _) if letter.is_long => (&["イ", "ー"], 0),
        ('i', 'i') => (&["イ", "ー"], 1),
        ('a', _) if letter.is_long => (&["ア", "ー"], 0),
        ('a', 'a') => (&["ア", "ー"], 1),
        _ => (&[""], 0),
    }
}

/// A part of a name as sounds in turn.
fn sounds(part: &[Letter]) -> Option<Vec<Vec<Vec<char>>>> {
    let only = |kana: char| vec![vec![kana]];
    let (mut all, mut at) = (Vec::new(), 0);
    while at < part.len() {
        let rest = &part[at..];
        let c = |n: usize| rest.get(n).map_or(' ', |letter| letter.c);
        let syllable = (0..=2).rev().find_map(|consonants| {
            let vowel = vowel(c(consonants))?;
            let written: String = rest[..consonants].iter().map(|letter| letter.c).collect();
            let (_, row) = SYLLABLES.iter().find(|(of, _)| *of == written)?;
            Some((consonants, vowel, row[vowel]))
        });
        match (syllable, c(0), c(1)) {
            (Some((consonants, vowel, kana)), first, _) => {
                let mut starts: Vec<String> = kana
                    .split('|')
                    .filter(|way| !way.is_empty())
                    .map(str::to_owned)
                    .collect();
                // Junichi is ジュンイチ or ジュニチ, Kenya ケンヤ or ケニャ.
                let without = match (first, consonants) {
                    ('n', 1) => Some(""),
                    ('n', 2) => Some("y"),
                    _ => None,
                };
                let row = without.and_then(|of| SYLLABLES.iter().find(|(row, _)| *row == of));
                if let Some(way) = row.map(|(_, row)| row[vowel]).filter(|way| !way.is_empty()) {
                    starts.push(format!("ン{way}"));
                }
                let (more, letters) = length(rest[consonants], &rest[consonants + 1..]);
                let ways = starts.iter().flat_map(|start| {
                    let way = |end: &&str| start.chars().chain(end.chars()).collect();
                    more.iter().map(way)
                });
                all.push(ways.collect::<Vec<Vec<char>>>());
                if starts.is_empty() {
                    return None;
                }
                at += consonants + 1 + letters;
            }
            (None, 'n', '\'') => {
                all.push(only('ン'));
                at += 2;
            }
            // Homma and Honma are one.
            (None, 'n', _) | (None, 'm', 'b' | 'm' | 'p') => {
                all.push(only('ン'));
                at += 1;
            }
            (None, a, b)
                if at > 0 && (a == b || (a, b) == ('t', 'c')) && "kstpgzdbfjcr".contains(a) =>
            {
                all.push(only('ツ'));
                at += 1;
            }
            _ => return None,
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_read_as(latin: &str, kana: &str) -> bool {
        Reading::of(latin).is_some_and(|reading| reading.matches(&NameKeys::of(kana)))
    }

    fn is_found(typed: &str, name: &str) -> bool {
        let heard = Heard::of(typed).unwrap_or_else(|| panic!("{typed} is not heard"));
        let key = NameKeys::of(name).joined;
        let is_in = heard.is_in(name, &key);
        if is_in {
            // Whatever is found must have been looked at.
            let fits = heard.patterns().iter().any(|pattern| fits(pattern, &key));
            assert!(fits, "{typed}: {name} fits none of {:?}", heard.patterns());
        }
        is_in
    }

    /// What `LIKE` does with patterns of `%` alone.
    fn fits(pattern: &str, key: &str) -> bool {
        let mut rest = key;
        pattern
            .split('%')
            .filter(|piece| !piece.is_empty())
            .all(|piece| {
                let found = rest.split_once(piece);
                rest = found.map_or("", |(_, after)| after);
                found.is_some()
            })
    }

    #[test]
    fn names_in_latin_letters_are_read_as_their_kana() {
        for (latin, kana) in [
            ("Suzuki", "スズキ"),
            ("TANAKA HANAKO", "タナカ ハナコ"),
            ("Hanako Tanaka", "たなか はなこ"),
            ("Ono Taro", "オオノ タロウ"),
            ("Ono Taro", "オノ タロウ"),
            ("Oono", "オオノ"),
            ("Ohno", "オオノ"),
            ("Ōno", "オオノ"),
            ("Ôno", "オーノ"),
            ("O\u{304}no", "オオノ"),
            ("Satō", "サトウ"),
            ("Satoh Osamu", "サトウ オサム"),
            ("Sato", "サトウ"),
            ("Satou", "サトー"),
            ("Ohashi", "オオハシ"),
            ("Ohhashi", "オオハシ"),
            ("Ohyama", "オオヤマ"),
            ("Ouchi", "オオウチ"),
            ("Oouchi", "オオウチ"),
            ("Kouchi", "コウチ"),
            ("Ooka", "オオオカ"),
            ("Ooka", "オオカ"),
            ("Inoue", "イノウエ"),
            ("Shin'ichi", "シンイチ"),
            ("Shinichi", "シンイチ"),
            ("Shinichi", "シニチ"),
            ("Shin-ichi", "シンイチ"),
            ("Junichi", "ジュンイチ"),
            ("Jun’ichirō", "じゅんいちろう"),
            ("Junichirou", "ジュンイチロウ"),
            ("Kenya", "ケンヤ"),
            ("Kenya", "ケニャ"),
            ("Yuko", "ユウコ"),
            ("Yuko", "ユーコ"),
            ("Yuuko", "ユウコ"),
            ("Yuhki", "ユウキ"),
            ("Yūki", "ユウキ"),
            ("Keiichi", "ケイイチ"),
            ("Seiichiro", "セイイチロウ"),
            ("Niigata", "ニイガタ"),
            ("Hattori", "ハットリ"),
            ("Itchiku", "イッチク"),
            ("Issei", "イッセイ"),
            ("Homma", "ホンマ"),
            ("Honma", "ホンマ"),
            ("Namba", "ナンバ"),
            ("Anna", "アンナ"),
            ("Shinnosuke", "シンノスケ"),
            ("Ryotaro", "リョウタロウ"),
            ("Syota", "ショウタ"),
            ("Tuti Huziko", "ツチ フジコ"),
            ("Zyunko", "ジュンコ"),
            ("Chizuru", "ちづる"),
            ("Sonoda Kazuo", "そのだ かづを"),
            ("Yosie", "ヨシヱ"),
            ("Linh", "リンハ"),
            ("Maria", "マリア"),
            ("Sayuri Van", "サユリ ヴァン"),
        ] {
            let is_odd = latin == "Linh";
            assert_eq!(is_read_as(latin, kana), !is_odd, "{latin} / {kana}");
        }
    }

    #[test]
    fn other_names_are_not() {
        for (latin, kana) in [
            ("Oono", "オノ"),
            ("Ohno", "オノ"),
            ("Ōno", "オノ"),
            ("Shin'ichi", "シニチ"),
            ("Suzuki", "スズカ"),
            ("Suzuki Hanako", "スズキ"),
            ("Suzuki", "スズキ ハナコ"),
            ("Hanako", "バナコ"),
            ("Shiina", "シナ"),
            ("Keiko", "ケコ"),
            ("Kano", "カンノ"),
            ("Sakamoto", "サッカモト"),
            ("Tanaka", ""),
        ] {
            assert!(!is_read_as(latin, kana), "{latin} / {kana}");
        }
    }

    #[test]
    fn what_is_not_written_so_is_no_reading() {
        let long = "na".repeat(31);
        for name in [
            "",
            "'",
            "・",
            "Smith",
            "Kim",
            "山田",
            "Yamada 花子",
            "ヤマダ",
            "Müller",
            "Renée",
            "K2",
            "q",
            "A B C D E",
            "xu",
            "\u{304}o",
            &long,
        ] {
            assert!(Reading::of(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_part_of_a_name_finds_it_in_the_other_script() {
        for (typed, name) in [
            ("suzuki", "スズキ ジュンイチ"),
            ("junichi", "スズキ ジュンイチ"),
            ("junichi suzuki", "スズキ ジュンイチ"),
            ("SUZUKI JUN", "すずき じゅんいち"),
            ("ono", "オオノ タロウ"),
            ("Ohno Taro", "おおの たろう"),
            ("taro oono", "オーノ タロー"),
            ("na", "タナカ"),
            ("スズキ", "Suzuki Jun'ichi"),
            ("すずき", "SUZUKI JUNICHI"),
            ("ｽｽﾞｷ ｼﾞｭﾝｲﾁ", "Junichi Suzuki"),
            ("じゅんいち", "Suzuki Jun-ichi"),
            ("ジュンイチ", "SUZUKI JUNICHI"),
            ("オオノ", "ONO TARO"),
            ("タロウ", "Ohno Taro"),
            ("ほんま", "Homma Chizu"),
            ("タナカ ハナコ", "Hanako Tanaka"),
            ("けいこ", "Kēko Sato"),
            ("ちづ", "Homma Chizu"),
            ("はっとり", "Hattori Ryu"),
            ("リュウ", "Hattori Ryu"),
            ("しゅうへい", "Fujiwara Shuhei"),
            ("ふじわら", "Huziwara Syuhei"),
            ("べん", "Ven Ito"),
            ("りん", "Lin Ito"),
        ] {
            assert!(is_found(typed, name), "{typed} / {name}");
        }
        for (typed, name) in [
            ("suzuki", "ススキ"),
            ("oono", "オノ"),
            ("suzuki", "鈴木"),
            ("スズキ", "Susuki"),
            ("オオノ", "Kono"),
            ("ズキ", "鈴木"),
        ] {
            assert!(!is_found(typed, name), "{typed} / {name}");
        }
        assert!(Heard::of("鈴木").is_none());
        assert!(Heard::of("").is_none());
        assert!(Heard::of("4826153").is_none());
    }
}
