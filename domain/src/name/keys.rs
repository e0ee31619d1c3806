//! What is compared of a name: a key in which spellings of one name meet.

use super::variants::common;
use super::{LONGEST, SIGNS};
use crate::text::{is_dash, is_invisible};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The number of the way in which names become keys, for whoever keeps keys: those of another number are made anew. To be
/// raised with every change of what [`NameKeys::of`] gives; a test notices one.
pub const FOLD: u32 = 8;

/// What is compared of a name: NFKC, without case, space, brackets and other signs, marks that nobody sees, the accents of alphabets and
/// the vowel points that Arabic and Hebrew leave out; hiragana as katakana, and those of old (ゑ) as they are said; dashes
/// between kana as the long-vowel mark; variant and simplified kanji as their common form; the ヶ of place names between kanji,
/// which is said が, as one letter with those that it is written by: 関ヶ原 is 関ケ原, 関ガ原 and 関が原.
#[derive(Clone, PartialEq, Eq)]
pub struct NameKeys {
    /// The parts in the order written.
    pub joined: String,
    /// The parts sorted, so that `Hanako Yamada` meets `YAMADA HANAKO`.
    pub sorted: String,
    /// More ways to write it, which are not kept: the parts turned round, so that `Xiao Ming Wang` meets `WANG XIAOMING`,
    /// letters with two dots as passports write them, so that `Müller` meets `MUELLER`, ヴ as it is said, so that `シルヴァ`
    /// meets `シルバ`, and long vowels of kana with the long-vowel mark, so that `オオノ` meets `オーノ` and `オウノ`: over all parts as one, for nobody knows where a part ends
    /// in `サノウミ`.
    others: Vec<String>,
}

impl NameKeys {
    /// The keys of a name.
    pub fn of(name: &str) -> NameKeys {
        // Lower case first and last: some letters only meet their small form after NFKC.
        let folded: String = name
            .chars()
            .take(LONGEST * (1 + SIGNS))
            .map(on_the_letter)
            .nfkc()
            .flat_map(char::to_lowercase)
            .nfkc()
            .collect();
        let mut keys = NameKeys::of_folded(&folded);
        if folded.contains(['ヴ', 'ゔ']) {
            let more = NameKeys::of_folded(&said_with_b(&folded));
            keys.others.extend([more.joined, more.sorted]);
            keys.others.extend(more.others);
        }
        if let Some(written) = in_two_letters(&folded) {
            let more = NameKeys::of_folded(&written);
            keys.others.extend([more.joined, more.sorted]);
            keys.others.extend(more.others);
        }
        keys
    }

    fn of_folded(folded: &str) -> NameKeys {
        let mut parts: Vec<String> = vec![String::new()];
        let mut before = ' ';
        for c in folded.nfd().filter(|c| !is_invisible(*c)) {
            if is_combining_mark(c) {
                // A mark on kana makes another letter (か, が), and many scripts write their vowels as marks (रा, री).
                if is_part_of(c, before)
                    && let Some(last) = parts.last_mut()
                {
                    // ヂ and ヅ are said as ジ and ズ, and written as either.
                    match (c, last.chars().last()) {
                        ('\u{3099}', Some('チ')) => replace_last(last, 'シ'),
                        ('\u{3099}', Some('ツ')) => replace_last(last, 'ス'),
                        _ => {}
                    }
                    last.push(c);
                }
                continue;
            }
            let c = match fold(c) {
                // The letter before once more: 佐々木 is 佐佐木, みすゞ is みすず.
                '々' | '〻' if before.is_alphabetic() => before,
                'ヽ' if is_kana(before) => before,
                c => c,
            };
            let long_vowel = is_dash(c) && is_kana(before);
            if long_vowel {
                if let Some(last) = parts.last_mut() {
                    last.push('ー');
                }
            } else if is_separator(c) {
                parts.push(String::new());
                before = ' ';
                continue;
            } else if matches!(c, '\'' | '’' | '‘' | 'ʼ' | 'ʻ' | '`' | '´')
                || c.is_control()
                // Stretches a word and is no letter.
                || c == 'ـ'
            {
                // As if it were not there: a vowel sign after it belongs to the letter before.
                continue;
            } else if !c.is_alphanumeric() {
                // A star, a mark of a list: no letter of any name.
                parts.push(String::new());
                before = ' ';
                continue;
            } else if let Some(last) = parts.last_mut() {
                match c {
                    'ß' => last.push_str("ss"),
                    'æ' => last.push_str("ae"),
                    'œ' => last.push_str("oe"),
                    // As passports write it.
                    'þ' => last.push_str("th"),
                    c => last.push(c),
                }
            }
            before = c;
        }
        let mut parts: Vec<String> = parts
            .into_iter()
            .map(|part| part.nfc().collect::<String>())
            .filter(|part| !part.is_empty())
            .collect();
        let joined = between_kanji(&parts.concat());
        let mut others = Vec::new();
        // Of two parts the other way round is among the sorted.
        if (3..=MOST_TURNED).contains(&parts.len()) {
            for _ in 1..parts.len() {
                parts.rotate_left(1);
                others.push(between_kanji(&parts.concat()));
            }
        }
        parts.sort_unstable();
        let sorted = between_kanji(&parts.concat());
        let as_one: Vec<String> = [&joined, &sorted]
            .into_iter()
            .chain(&others)
            .map(|way| (way, long_vowels(way)))
            .filter_map(|(way, as_one)| (as_one != *way).then_some(as_one))
            .collect();
        // Not in the keys that are kept: part of a name is searched for in them.
        others.extend(as_one);
        NameKeys {
            joined,
            sorted,
            others,
        }
    }

    /// The letters in their own order, but for those that may make a vowel long, and with one letter for those that a ヶ may
    /// stand for: the same for any two names that meet, however they are cut into parts and turned; only where one of them
    /// has `ae` for `ä`, or `バ` for `ヴァ`, they differ.
    pub fn letters(&self) -> String {
        let may_be_long = |c: &char| matches!(c, 'ー' | 'ウ' | 'オ');
        let all = self.joined.chars().filter(|c| !may_be_long(c));
        let mut letters: Vec<char> = all.map(|c| if is_ga(c) { GA } else { c }).collect();
        letters.sort_unstable();
        letters.into_iter().collect()
    }

    /// The key as a part of a name has it that goes on before or behind it, where that may be another one: of `鶴ガ` nobody knows
    /// whether kanji follow.
    pub fn as_part(&self) -> Option<String> {
        let mut letters: Vec<char> = self.joined.chars().collect();
        if let [first, second, ..] = &mut letters[..]
            && is_ga(*first)
            && is_kanji(*second)
        {
            *first = GA;
        }
        if let [.., before, last] = &mut letters[..]
            && is_kanji(*before)
            && is_ga(*last)
        {
            *last = GA;
        }
        let part: String = letters.into_iter().collect();
        (part != self.joined).then_some(part)
    }

    /// Whether two names are one: in the order written, with their parts changed round, or in the letters of a passport.
    pub fn matches(&self, other: &NameKeys) -> bool {
        // Without short cuts, so that a near miss takes as long as a far one.
        let mut any = false;
        for mine in self.ways() {
            for theirs in other.ways() {
                any |= same(mine, theirs);
            }
        }
        any & !self.joined.is_empty()
    }

    /// Whether there is a Latin letter in it.
    pub fn has_latin(&self) -> bool {
        // The keys are without the accents of alphabets.
        self.joined.chars().any(|c| c.is_ascii_alphabetic())
    }

    fn ways(&self) -> impl Iterator<Item = &String> {
        [&self.joined, &self.sorted].into_iter().chain(&self.others)
    }
}

/// The most parts of a name that are turned round.
const MOST_TURNED: usize = 8;

/// Letters that the readable lines of passports write by two (ICAO Doc 9303, part 3, section 6).
fn in_passports(c: char) -> Option<&'static str> {
    Some(match c {
        'ä' => "ae",
        'ö' | 'ø' => "oe",
        'ü' => "ue",
        'å' => "aa",
        _ => return None,
    })
}

/// A text with these letters by two; `None` where there are none.
pub(super) fn in_two_letters(text: &str) -> Option<String> {
    text.contains(|c| in_passports(c).is_some()).then(|| {
        let mut written = String::with_capacity(text.len() + 8);
        for c in text.chars() {
            match in_passports(c) {
                Some(letters) => written.push_str(letters),
                None => written.push(c),
            }
        }
        written
    })
}

/// ヴ and what is said with it as most people say and write it: シルヴァ as シルバ.
pub(super) fn said_with_b(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        if !matches!(c, 'ヴ' | 'ゔ') {
            out.push(c);
            continue;
        }
        let said = match letters.peek() {
            Some('ァ' | 'ア' | 'ぁ' | 'あ') => 'バ',
            Some('ィ' | 'イ' | 'ぃ' | 'い') => 'ビ',
            Some('ェ' | 'エ' | 'ぇ' | 'え') => 'ベ',
            Some('ォ' | 'オ' | 'ぉ' | 'お') => 'ボ',
            _ => 'ブ',
        };
        if said != 'ブ' {
            letters.next();
        }
        out.push(said);
    }
    out
}

/// Compares two texts in a time that depends on their lengths only.
fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let differences = a.iter().zip(b).fold(0u8, |d, (x, y)| d | (x ^ y));
    (a.len() == b.len()) & (differences == 0)
}

fn replace_last(text: &mut String, c: char) {
    text.pop();
    text.push(c);
}

/// Kana that end in the vowel o, and in u: オオ, オウ and オー are one sound, and so are ウウ and ウー.
const IN_O: &str = "オコゴソゾトドノホボポモヨロ";
const IN_U: &str = "ウクグスズツヌフブプムユルヴ";

/// Long vowels of katakana with the long-vowel mark, however they are written.
pub(super) fn long_vowels(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        let is_long = match c {
            'オ' => IN_O.contains(before),
            'ウ' => IN_O.contains(before) || IN_U.contains(before),
            _ => false,
        };
        // What follows is said anew: オオオカ is オー and オカ.
        before = if is_long { 'ー' } else { c };
        out.push(before);
    }
    out
}

/// What stands for the ヶ and ヵ of place names, which are said が: 鶴ヶ島 is written 鶴ケ島, 鶴ガ島 and 鶴が島, too.
const GA: char = 'ケ';

/// Whether it may be such a one.
const fn is_ga(c: char) -> bool {
    matches!(c, GA | 'カ' | 'ガ')
}

/// The ヶ and ヵ of place names as one letter, however they are written: only between kanji, where no other kana is meant.
fn between_kanji(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = letters.next() {
        let is_between = is_kanji(before) && letters.peek().is_some_and(|next| is_kanji(*next));
        before = c;
        out.push(if is_between && is_ga(c) { GA } else { c });
    }
    out
}

pub(super) fn is_kanji(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}')
}

pub(super) fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30FF}')
}

/// The signs of か゛ and は゜ as marks on the letter before, which NFKC would part from it by a space.
fn on_the_letter(c: char) -> char {
    match c {
        '\u{309B}' => '\u{3099}',
        '\u{309C}' => '\u{309A}',
        c => c,
    }
}

/// Whether a mark is a part of the letter that it stands on, as vowel signs are, and no accent or point that people
/// leave out.
pub(super) fn is_part_of(mark: char, base: char) -> bool {
    match base {
        base if is_kana(base) => true,
        // Latin and its extensions, Greek, Cyrillic, Hebrew.
        '\0'..='\u{052F}'
        | '\u{0590}'..='\u{05FF}'
        | '\u{1C80}'..='\u{1C8F}'
        | '\u{1D00}'..='\u{1DBF}'
        | '\u{1E00}'..='\u{1FFF}'
        | '\u{2C60}'..='\u{2C7F}'
        | '\u{2DE0}'..='\u{2DFF}'
        | '\u{A640}'..='\u{A69F}'
        | '\u{A720}'..='\u{A7FF}'
        | '\u{AB30}'..='\u{AB6F}' => false,
        // Kanji, where a mark says how to read them or is an ornament.
        '\u{2E80}'..='\u{303F}'
        | '\u{3400}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}' => false,
        base => {
            let is_arabic = matches!(base, '\u{0600}'..='\u{06FF}' | '\u{0750}'..='\u{077F}');
            let is_point = matches!(mark, '\u{064B}'..='\u{0655}' | '\u{0670}');
            base.is_alphabetic() && !(is_arabic && is_point)
        }
    }
}

pub(super) fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || is_dash(c)
        || matches!(
            c,
            '・' | '･'
                | '.'
                | ','
                | '、'
                | '='
                | '゠'
                | '＝'
                | '/'
                | '·'
                | '‧'
                | '('
                | ')'
                | '「'
                | '」'
                | '『'
                | '』'
                | '｢'
                | '｣'
                | '['
                | ']'
                | '{'
                | '}'
                | '【'
                | '】'
                | '〔'
                | '〕'
                | '〈'
                | '〉'
                | '《'
                | '》'
        )
}

/// One letter as it is compared.
fn fold(c: char) -> char {
    let c = match c {
        // Hiragana as katakana.
        '\u{3041}'..='\u{3096}' | '\u{309D}' | '\u{309E}' => {
            char::from_u32(u32::from(c) + 0x60).unwrap_or(c)
        }
        c => c,
    };
    match c {
        // Small kana: forms and readers often cannot tell シヨウ from ショウ.
        'ァ' => 'ア',
        'ィ' => 'イ',
        'ゥ' => 'ウ',
        'ェ' => 'エ',
        'ォ' => 'オ',
        'ッ' => 'ツ',
        'ャ' => 'ヤ',
        'ュ' => 'ユ',
        'ョ' => 'ヨ',
        'ヮ' => 'ワ',
        // Kana of old that many of the oldest are registered with, and nobody types: ヨシヱ, ミサヲ.
        'ヰ' => 'イ',
        'ヱ' => 'エ',
        'ヲ' => 'オ',
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        // Latin letters whose stroke does not come off by decomposition.
        'ø' => 'o',
        'đ' | 'ð' => 'd',
        'ł' => 'l',
        'ħ' => 'h',
        'ı' => 'i',
        'ς' => 'σ',
        // Arabic and Persian keyboards write the same letters by other signs, and the last letter of a name either way.
        'ى' | 'ی' => 'ي',
        'ک' => 'ك',
        'ة' | 'ہ' | 'ۀ' => 'ه',
        c => common(c),
    }
}
