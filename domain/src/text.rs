//! Text as people type it: any width, with characters that nobody sees.

use std::borrow::Cow;
use std::iter::once;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;

/// So many characters of a text are looked at: no field holds more, and one letter may become eighteen.
const LONGEST_FIELD: usize = 10_000;

/// NFKC (full-width digits and letters become half-width), digits of any script as 0 to 9, without characters that
/// nobody sees, outer space removed. For codes, IDs, numbers and search keys; never for a name that is to be stored.
pub fn fold_width(text: &str) -> String {
    let folded: String = text
        .chars()
        .take(LONGEST_FIELD)
        .nfkc()
        .filter(|c| !is_invisible(*c))
        .map(western_digit)
        .collect();
    folded.trim().to_owned()
}

/// The zeros of scripts with digits of their own, after each of which nine more stand in order: Arabic, Persian and
/// Urdu, Devanagari, Bengali, Gurmukhi, Gujarati, Odia, Tamil, Telugu, Kannada, Malayalam, Sinhala, Thai, Lao, Tibetan,
/// Burmese, Khmer, Mongolian. Keyboards of people who live in Japan give them. Source: Unicode, category Nd.
const ZEROS: [char; 18] = [
    '\u{0660}', '\u{06F0}', '\u{0966}', '\u{09E6}', '\u{0A66}', '\u{0AE6}', '\u{0B66}', '\u{0BE6}',
    '\u{0C66}', '\u{0CE6}', '\u{0D66}', '\u{0DE6}', '\u{0E50}', '\u{0ED0}', '\u{0F20}', '\u{1040}',
    '\u{17E0}', '\u{1810}',
];

/// A digit of any script as one of 0 to 9; every other character as it is.
fn western_digit(c: char) -> char {
    let value = ZEROS
        .iter()
        .filter_map(|zero| u32::from(c).checked_sub(u32::from(*zero)))
        .find(|value| *value < 10);
    value
        .and_then(|value| char::from_digit(value, 10))
        .unwrap_or(c)
}

/// A text as a form or an address brought it, without what no keyboard gives: control characters other than the tab and
/// the end of a line. Some databases refuse them (NUL), and where they are shown nobody sees them.
pub fn without_controls(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.chars().any(is_control) {
        text.chars().filter(|c| !is_control(*c)).collect()
    } else {
        text
    }
}

fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

/// Half-width kana (`ﾀｶﾊｼ`) as full-width ones (`タカハシ`), each with its voiced mark; everything else as it is. They are
/// how old machines wrote kana, not how anybody writes a name, and break in the middle where a line ends.
pub fn full_width_kana(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        // A mark that stands alone has no letter to belong to.
        if !is_half_width_kana(c) || is_voiced_mark(c) {
            kept.push(c);
            continue;
        }
        let letter = full_width(c);
        let mark = chars.peek().copied().filter(|next| is_voiced_mark(*next));
        let voiced = mark.and_then(|mark| compose(letter, full_width(mark)));
        if voiced.is_some() {
            chars.next();
        }
        kept.push(voiced.unwrap_or(letter));
    }
    kept
}

/// From the middle dot to the marks.
fn is_half_width_kana(c: char) -> bool {
    matches!(c, '\u{FF65}'..='\u{FF9F}')
}

fn is_voiced_mark(c: char) -> bool {
    matches!(c, '\u{FF9E}' | '\u{FF9F}')
}

/// The full-width form of one half-width kana; of a mark, the one that composes.
fn full_width(c: char) -> char {
    once(c).nfkc().next().unwrap_or(c)
}

/// A key by which texts stand in the order of their numbers: house 8 comes before house 12, in whatever width and with
/// whatever dash they are written. To sort by, and never shown.
pub fn in_number_order(text: &str) -> String {
    let text: String = fold_width(text)
        .chars()
        .map(|c| if is_dash(c) { '-' } else { c })
        .collect();
    let mut key = String::with_capacity(text.len() * 2);
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (part, after) = rest.split_at(length.max(c.len_utf8()));
        if length > 0 {
            // As many digits as any house has.
            key.push_str(&format!("{part:0>8}"));
        } else {
            key.push_str(part);
        }
        rest = after;
    }
    key
}

/// The decimal digits of a text, in ASCII.
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Zero-width characters, variation selectors, soft hyphens and marks of writing direction.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{E0000}'..='\u{E007F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Marks that turn the direction of writing, with which a name could be made to look like another.
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Everything that people type for a hyphen or a minus.
pub fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{00AD}' | '\u{02D7}' | '\u{058A}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{207B}'
                | '\u{2212}'
                | '\u{2500}'
                | '\u{2501}'
                | '\u{30FC}'
                | '\u{FE58}'
                | '\u{FE63}'
                | '\u{FF0D}'
                | '\u{FF70}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn any_width_is_understood() {
        assert_eq!(fold_width(" １２３\u{200B}４５ "), "12345");
        assert_eq!(digits("+81 (90) 1234"), "81901234");
        for text in ["٠٩٠١٢٣", "۰۹۰۱۲۳", "०९०१२३", "๐๙๐๑๒๓", "၀၉၀၁၂၃"]
        {
            assert_eq!(fold_width(text), "090123", "{text}");
        }
    }

    #[test]
    fn what_no_keyboard_gives_is_left_out() {
        let typed = "a\0b\u{7}\u{85}c\r\nd\te";
        assert_eq!(without_controls(typed.into()), "abc\r\nd\te");
    }

    #[test]
    fn half_width_kana_become_full_width_and_nothing_else_changes() {
        for (typed, kept) in [
            ("ﾀｶﾊｼ ｳﾞｨｸﾄﾘｱ", "タカハシ ヴィクトリア"),
            ("ｼﾞｭﾝ･ﾊﾟｰｸ", "ジュン・パーク"),
            ("ｱﾞ", "アﾞ"),
            ("ﾞカﾞ", "ﾞカﾞ"),
            ("Ａ１ ㈱ ½ ﬁ 髙﨑　山ﾀﾞ", "Ａ１ ㈱ ½ ﬁ 髙﨑　山ダ"),
        ] {
            assert_eq!(full_width_kana(typed), kept, "{typed}");
        }
    }

    #[test]
    fn houses_stand_in_the_order_of_their_numbers() {
        let mut houses = ["港町12-1", "港町４－12", "港町4-8", "港町", "港町4−8-3"];
        houses.sort_by_cached_key(|house| in_number_order(house));
        assert_eq!(
            houses,
            ["港町", "港町4-8", "港町4−8-3", "港町４－12", "港町12-1"]
        );
    }

    proptest! {
        #[test]
        fn full_width_kana_are_the_same_letters(text in "[ｦ-ﾟアカﾞA ]{0,20}") {
            let once = full_width_kana(&text);
            prop_assert_eq!(full_width_kana(&once), once.clone());
            prop_assert_eq!(once.nfkc().collect::<String>(), text.nfkc().collect::<String>());
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold_width(&text);
            prop_assert_eq!(fold_width(&once), once);
        }
    }
}
