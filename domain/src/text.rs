//! Text as people type it: any width, with characters that nobody sees.

use unicode_normalization::UnicodeNormalization;

/// NFKC (full-width digits and letters become half-width), without characters that nobody sees, outer space removed.
/// For codes, IDs, numbers and search keys; never for a name that is to be stored.
pub fn fold_width(text: &str) -> String {
    let folded: String = text.nfkc().filter(|c| !is_invisible(*c)).collect();
    folded.trim().to_owned()
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
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold_width(&text);
            prop_assert_eq!(fold_width(&once), once);
        }
    }
}
