//! Letters and lines: which letters the shipped fonts have, how wide a text is, and where a line may break.

use domain::personal::Personal;
use krilla::text::Font;
use std::borrow::Cow;
use std::sync::OnceLock;
use ttf_parser::Face;

const REGULAR: &[u8] = include_bytes!("../../../assets/fonts/BIZUDPGothic-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../../assets/fonts/BIZUDPGothic-Bold.ttf");

/// The fonts that are shipped.
pub(crate) struct Fonts {
    regular: Font,
    bold: Font,
    regular_face: Face<'static>,
    bold_face: Face<'static>,
}

/// How bold letters are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

impl Fonts {
    /// The fonts, read once; `None` where they cannot be read.
    pub(crate) fn load() -> Option<&'static Fonts> {
        static FONTS: OnceLock<Option<Fonts>> = OnceLock::new();
        let load = || {
            Some(Fonts {
                regular: Font::new(REGULAR.into(), 0)?,
                bold: Font::new(BOLD.into(), 0)?,
                regular_face: Face::parse(REGULAR, 0).ok()?,
                bold_face: Face::parse(BOLD, 0).ok()?,
            })
        };
        FONTS.get_or_init(load).as_ref()
    }

    fn face(&self, weight: Weight) -> &Face<'static> {
        match weight {
            Weight::Regular => &self.regular_face,
            Weight::Bold => &self.bold_face,
        }
    }

    /// The font to draw with.
    pub(crate) fn font(&self, weight: Weight) -> Font {
        match weight {
            Weight::Regular => self.regular.clone(),
            Weight::Bold => self.bold.clone(),
        }
    }

    /// The width of a text in points.
    pub(crate) fn width(&self, text: &str, size: f32, weight: Weight) -> f32 {
        let face = self.face(weight);
        let units: u32 = text
            .chars()
            .map(|c| {
                let advance = face.glyph_index(c).and_then(|g| face.glyph_hor_advance(g));
                u32::from(advance.unwrap_or(1_000))
            })
            .sum();
        units as f32 * size / f32::from(face.units_per_em())
    }

    /// Whether a letter has a glyph; accents may be composed by the shaper.
    fn has(&self, c: char, weight: Weight) -> bool {
        use unicode_normalization::UnicodeNormalization;
        let face = self.face(weight);
        let has = |c: char| face.glyph_index(c).is_some();
        let parts = || std::iter::once(c).nfd();
        has(c) || domain::text::is_invisible(c) || parts().count() > 1 && parts().all(has)
    }

    /// Whether every letter has a glyph.
    pub(crate) fn can_print(&self, text: &str, weight: Weight) -> bool {
        text.chars().all(|c| self.has(c, weight))
    }

    /// The letters of a text that no paper can show, each once, in their order.
    pub(crate) fn cannot_print(&self, text: &str) -> Vec<char> {
        let mut all = Vec::new();
        for c in text.chars() {
            let shows =
                c.is_whitespace() || domain::text::is_invisible(c) || self.has(c, Weight::Regular);
            if !shows && !all.contains(&c) {
                all.push(c);
            }
        }
        all
    }

    /// The first spelling of a name of which every letter can be printed; a name is printed right or not at all. Latin
    /// letters lose marks that the font does not have, as in the machine-readable lines of a passport (ICAO 9303).
    pub(crate) fn printable_name<'n>(
        &self,
        names: &'n [Personal<String>],
        weight: Weight,
    ) -> Option<Cow<'n, str>> {
        names.iter().map(Personal::expose).find_map(|name| {
            if self.can_print(name, weight) {
                return Some(Cow::Borrowed(name.as_str()));
            }
            let plain = without_marks(name);
            self.can_print(&plain, weight).then_some(Cow::Owned(plain))
        })
    }

    /// The text as it can be printed: a letter without a glyph becomes 〓, which printers in Japan set for one that
    /// they do not have, and what cannot be seen is left out.
    pub(crate) fn printable<'t>(&self, text: &'t str, weight: Weight) -> Cow<'t, str> {
        if text
            .chars()
            .all(|c| self.has(c, weight) && !domain::text::is_invisible(c))
        {
            return Cow::Borrowed(text);
        }
        let visible = text.chars().filter(|c| !domain::text::is_invisible(*c));
        Cow::Owned(
            visible
                .map(|c| if self.has(c, weight) { c } else { '〓' })
                .collect(),
        )
    }
}

/// A name in Latin letters without its marks.
fn without_marks(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;
    let mut plain = String::with_capacity(name.len());
    let mut after_latin = false;
    for c in name.nfd() {
        let instead = match c {
            'Đ' | 'Ð' => "D",
            'đ' | 'ð' => "d",
            'Ł' => "L",
            'ł' => "l",
            'Ø' => "OE",
            'ø' => "oe",
            'Æ' => "AE",
            'æ' => "ae",
            'Œ' => "OE",
            'œ' => "oe",
            'ẞ' => "SS",
            'ß' => "ss",
            'Þ' => "TH",
            'þ' => "th",
            'ı' => "i",
            'Ħ' => "H",
            'ħ' => "h",
            c => {
                if !(is_combining_mark(c) && after_latin) {
                    plain.push(c);
                }
                if !is_combining_mark(c) {
                    after_latin = c.is_ascii_alphabetic();
                }
                continue;
            }
        };
        plain.push_str(instead);
        after_latin = true;
    }
    plain
}

/// Signs that must not begin a line, and those that must not end one.
const NOT_FIRST: &str =
    "、。，．・：；？！）」』】〉》〕］｝ーぁぃぅぇぉっゃゅょァィゥェォッャュョ)].,:;?!%℃";
const NOT_LAST: &str = "（「『【〈《〔［｛([";
/// A last line that is shorter than this part of the width looks forgotten.
const FORGOTTEN: f32 = 0.12;

/// Breaks a text into lines: between words, or between Japanese letters where a line may break.
pub(crate) fn lines(
    fonts: &Fonts,
    text: &str,
    size: f32,
    weight: Weight,
    width: f32,
) -> Vec<String> {
    let lines = broken(fonts, text, size, weight, width);
    let is_forgotten = |lines: &[String]| {
        let last = lines
            .last()
            .map_or(width, |last| fonts.width(last, size, weight));
        lines.len() > 1 && last < width * FORGOTTEN
    };
    if !is_forgotten(&lines) {
        return lines;
    }
    // A little narrower, if that takes no more lines.
    (1..=8_u8)
        .map(|step| {
            broken(
                fonts,
                text,
                size,
                weight,
                width - f32::from(step) * size / 2.0,
            )
        })
        .find(|narrower| narrower.len() == lines.len() && !is_forgotten(narrower))
        .unwrap_or(lines)
}

fn broken(fonts: &Fonts, text: &str, size: f32, weight: Weight, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        // What is longer than a line, such as an address, breaks anywhere rather than run out of its column.
        let parts = if fonts.width(&piece, size, weight) > width {
            piece.chars().map(String::from).collect()
        } else {
            vec![piece]
        };
        for part in parts {
            let longer = format!("{line}{part}");
            if !line.is_empty() && fonts.width(longer.trim_end(), size, weight) > width {
                lines.push(line.trim_end().to_owned());
                line = part.trim_start().to_owned();
            } else {
                line = longer;
            }
        }
    }
    if !line.trim().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The parts of a text between which a line may break.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in text.chars() {
        let wide = |c: char| matches!(c, '\u{3000}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}');
        let may = before == ' ' && c != ' ' || (wide(c) || wide(before)) && before != ' ';
        let must_not = NOT_FIRST.contains(c) || NOT_LAST.contains(before);
        match pieces.last_mut() {
            Some(last) if !may || must_not => last.push(c),
            _ => pieces.push(c.to_string()),
        }
        before = c;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_breaks_where_it_may() {
        assert_eq!(pieces("an old pond"), ["an ", "old ", "pond"]);
        assert_eq!(pieces("古池や、「蛙」"), ["古", "池", "や、", "「蛙」"]);
        let fonts = Fonts::load().unwrap();
        for line in lines(
            fonts,
            &"保健所の案内に書かれている、「番号」です。".repeat(8),
            10.0,
            Weight::Regular,
            200.0,
        ) {
            assert!(fonts.width(&line, 10.0, Weight::Regular) <= 215.0);
            assert!(!NOT_FIRST.contains(line.chars().next().unwrap()), "{line}");
        }
    }

    #[test]
    fn what_cannot_be_printed_is_known() {
        let fonts = Fonts::load().unwrap();
        for name in ["髙﨑 花子", "見本 花子", "Mihon Hanako", "Nguyễn Văn An"] {
            assert!(fonts.can_print(name, Weight::Bold), "{name}");
        }
        for name in ["홍길동", "สมชาย", "مريم", "𠮷田"] {
            assert!(!fonts.can_print(name, Weight::Bold), "{name}");
        }
    }

    #[test]
    fn what_is_wider_than_its_column_breaks_anywhere() {
        let fonts = Fonts::load().unwrap();
        let address = format!("https://{}.example/?id=1234567", "my-her-sys.".repeat(12));
        let lines = lines(fonts, &address, 10.0, Weight::Regular, 150.0);
        assert!(
            lines
                .iter()
                .all(|line| fonts.width(line, 10.0, Weight::Regular) <= 150.0)
        );
        assert_eq!(lines.concat(), address);
    }

    #[test]
    fn no_line_is_forgotten_at_the_end() {
        let fonts = Fonts::load().unwrap();
        let text = "あ".repeat(41);
        let lines = lines(fonts, &text, 10.0, Weight::Regular, 401.0);
        assert_eq!(lines.len(), 2);
        assert!(
            lines.iter().all(|line| line.chars().count() > 4),
            "{lines:?}"
        );
    }

    #[test]
    fn a_latin_name_loses_marks_and_no_other_name_does() {
        let fonts = Fonts::load().unwrap();
        for (name, printed) in [
            ("Nguyễn Thị Minh Khai", Some("Nguyen Thi Minh Khai")),
            ("Łukasz Żółć-Ørsted", Some("Lukasz Zolc-OErsted")),
            ("が ば", Some("が ば")),
            ("محمد", None),
            ("한국", None),
        ] {
            let names = [Personal::new(name.to_owned())];
            let found = fonts.printable_name(&names, Weight::Bold);
            if printed != Some(name) && found.as_deref() == Some(name) {
                continue; // The font has the letters.
            }
            assert_eq!(found.as_deref(), printed, "{name}");
        }
    }

    #[test]
    fn letters_that_no_paper_can_show_are_named() {
        let fonts = Fonts::load().unwrap();
        let text = "発熱 fever\n😀ក ក\u{200b}";
        assert_eq!(fonts.cannot_print(text), vec!['😀', 'ក']);
    }

    #[test]
    fn a_letter_without_a_glyph_is_never_an_empty_box() {
        let fonts = Fonts::load().unwrap();
        for weight in [Weight::Regular, Weight::Bold] {
            assert_eq!(
                fonts
                    .printable("𠮷田保健所\u{200b} ☎", weight)
                    .replace('☎', "〓"),
                "〓田保健所 〓"
            );
            assert_eq!(fonts.printable("髙﨑 Nguyễn", weight), "髙﨑 Nguyễn");
            assert!(fonts.can_print("〓", weight));
        }
    }
}
