//! Drawing a brochure: an A4 page with the HER-SYS ID, a QR code and the guide's steps. Words come resolved; nothing
//! here knows a language but for where a line may break.

use domain::personal::Personal;
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, Tag, TagGroup, TagTree};
use krilla::text::{Font, TextDirection};
use qrcode::{EcLevel, QrCode};
use std::sync::OnceLock;
use ttf_parser::Face;

const REGULAR: &[u8] = include_bytes!("../../../assets/fonts/BIZUDPGothic-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../../assets/fonts/BIZUDPGothic-Bold.ttf");

/// A4 in points.
const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;
const MARGIN: f32 = 48.0;
/// The QR code's width with its quiet zone, in points: 40 mm.
const QR: f32 = 113.4;
/// Modules of white around a QR code that the standard asks for.
const QUIET: usize = 4;

/// Why a brochure cannot be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrochureError {
    /// The shipped font cannot be read.
    #[error("the font of the brochure cannot be read")]
    Font,
    /// The address is too long for a QR code.
    #[error("the address is too long for a QR code")]
    Qr,
    /// The PDF cannot be written.
    #[error("the brochure cannot be written")]
    Pdf,
}

/// What stands on a brochure, in the person's language.
#[derive(Clone)]
pub struct BrochureInput {
    /// The tag of the language.
    pub language: &'static str,
    /// The title.
    pub title: String,
    /// A sentence below it.
    pub subtitle: String,
    /// What stands before the name.
    pub for_label: String,
    /// The spellings of the name; the first of which every letter can be printed is.
    pub names: Vec<Personal<String>>,
    /// What stands above the ID.
    pub id_label: String,
    /// The ID.
    pub hersys_id: String,
    /// The address that the QR code leads to.
    pub url: String,
    /// What stands below the QR code.
    pub qr_label: String,
    /// Headed lists of steps.
    pub sections: Vec<(String, Vec<String>)>,
    /// What to do in an emergency: a title and sentences.
    pub emergency: (String, Vec<String>),
    /// How to reach the center: a title and lines.
    pub contact: (String, Vec<String>),
}

struct Fonts {
    regular: Font,
    bold: Font,
    regular_face: Face<'static>,
    bold_face: Face<'static>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    Regular,
    Bold,
}

impl Fonts {
    fn load() -> Option<&'static Fonts> {
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

    /// The width of a text in points.
    fn width(&self, text: &str, size: f32, weight: Weight) -> f32 {
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

    /// Whether every letter has a glyph; accents may be composed by the shaper.
    fn can_print(&self, text: &str, weight: Weight) -> bool {
        use unicode_normalization::UnicodeNormalization;
        let face = self.face(weight);
        let has = |c: char| face.glyph_index(c).is_some();
        text.chars()
            .filter(|c| !domain::text::is_invisible(*c))
            .all(|c| {
                has(c) || std::iter::once(c).nfd().count() > 1 && std::iter::once(c).nfd().all(has)
            })
    }
}

/// Signs that must not begin a line, and those that must not end one.
const NOT_FIRST: &str =
    "、。，．・：；？！）」』】〉》〕］｝ーぁぃぅぇぉっゃゅょァィゥェォッャュョ)].,:;?!%℃";
const NOT_LAST: &str = "（「『【〈《〔［｛([";

/// Breaks a text into lines: between words, or between Japanese letters where a line may break.
fn lines(fonts: &Fonts, text: &str, size: f32, weight: Weight, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        let longer = format!("{line}{piece}");
        if !line.is_empty() && fonts.width(longer.trim_end(), size, weight) > width {
            lines.push(line.trim_end().to_owned());
            line = piece.trim_start().to_owned();
        } else {
            line = longer;
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

/// A page being drawn from top to bottom.
struct Pen<'s, 'd> {
    fonts: &'static Fonts,
    surface: &'s mut Surface<'d>,
    tree: &'s mut TagTree,
    y: f32,
}

fn rectangle(x: f32, y: f32, width: f32, height: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(x, y, width, height)?);
    path.finish()
}

fn fill(shade: u8) -> Option<Fill> {
    Some(Fill {
        paint: rgb::Color::new(shade, shade, shade).into(),
        ..Fill::default()
    })
}

impl Pen<'_, '_> {
    fn tag(&mut self, tag: impl Into<krilla::tagging::TagKind>, id: Identifier) {
        let mut group = TagGroup::new(tag);
        group.push(id);
        self.tree.push(group);
    }

    /// Draws a paragraph and moves below it.
    fn paragraph(&mut self, text: &str, x: f32, width: f32, size: f32, weight: Weight) {
        let font = match weight {
            Weight::Regular => self.fonts.regular.clone(),
            Weight::Bold => self.fonts.bold.clone(),
        };
        let id = self.surface.start_tagged(ContentTag::Other);
        self.surface.set_fill(fill(26));
        for line in lines(self.fonts, text, size, weight, width) {
            self.y += size * 1.5;
            let start = Point::from_xy(x, self.y - size * 0.3);
            let direction = TextDirection::LeftToRight;
            self.surface
                .draw_text(start, font.clone(), size, &line, false, direction);
        }
        self.surface.end_tagged();
        self.tag(Tag::P, id);
    }

    fn bar(&mut self, x: f32, y: f32, width: f32, height: f32, shade: u8) {
        let artifact = ContentTag::Artifact(Artifact::new(ArtifactType::Other, None));
        self.surface.start_tagged(artifact);
        self.surface.set_fill(fill(shade));
        if let Some(path) = rectangle(x, y, width, height) {
            self.surface.draw_path(&path);
        }
        self.surface.end_tagged();
    }

    /// Draws the QR code with its quiet zone in a square whose corner is at `x`, `y`.
    fn qr(&mut self, code: &QrCode, x: f32, y: f32) {
        let count = code.width();
        let module = QR / (count + 2 * QUIET) as f32;
        let id = self.surface.start_tagged(ContentTag::Other);
        self.surface.set_fill(fill(0));
        let mut path = PathBuilder::new();
        for (i, color) in code.to_colors().into_iter().enumerate() {
            if color == qrcode::Color::Dark {
                let column = (i % count + QUIET) as f32;
                let row = (i / count + QUIET) as f32;
                let square = Rect::from_xywh(x + column * module, y + row * module, module, module);
                if let Some(square) = square {
                    path.push_rect(square);
                }
            }
        }
        if let Some(path) = path.finish() {
            self.surface.draw_path(&path);
        }
        self.surface.end_tagged();
        self.tag(Tag::P, id);
    }
}

/// Draws one page for each person.
///
/// # Errors
/// Where the font, the address or the PDF will not do; see [`BrochureError`].
pub fn draw(inputs: &[BrochureInput]) -> Result<Vec<u8>, BrochureError> {
    let fonts = Fonts::load().ok_or(BrochureError::Font)?;
    let mut document = Document::new();
    let mut tree = TagTree::new();
    for input in inputs {
        let code = QrCode::with_error_correction_level(&input.url, EcLevel::M)
            .map_err(|_| BrochureError::Qr)?;
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(BrochureError::Pdf)?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        let mut pen = Pen {
            fonts,
            surface: &mut surface,
            tree: &mut tree,
            y: MARGIN - 8.0,
        };
        draw_page(&mut pen, input, &code);
        surface.finish();
        page.finish();
    }
    if let Some(first) = inputs.first() {
        let metadata = Metadata::new()
            .title(first.title.clone())
            .language(first.language.to_owned());
        document.set_metadata(metadata);
    }
    document.set_tag_tree(tree);
    document.finish().map_err(|_| BrochureError::Pdf)
}

fn draw_page(pen: &mut Pen<'_, '_>, input: &BrochureInput, code: &QrCode) {
    let full = WIDTH - 2.0 * MARGIN;
    pen.paragraph(&input.title, MARGIN, full, 26.0, Weight::Bold);
    pen.paragraph(&input.subtitle, MARGIN, full, 12.0, Weight::Regular);
    pen.y += 10.0;
    // The ID at the left, the QR code at the right, between two lines.
    let top = pen.y;
    pen.bar(MARGIN, top, full, 1.5, 26);
    let right = WIDTH - MARGIN - QR;
    pen.qr(code, right, top + 8.0);
    let left = right - MARGIN - 12.0;
    pen.y = top + 12.0;
    let printable = |name: &&Personal<String>| pen.fonts.can_print(name.expose(), Weight::Bold);
    if let Some(name) = input.names.iter().find(printable) {
        pen.paragraph(&input.for_label, MARGIN, left, 10.5, Weight::Regular);
        pen.paragraph(name.expose(), MARGIN, left, 17.0, Weight::Bold);
        pen.y += 4.0;
    }
    pen.paragraph(&input.id_label, MARGIN, left, 10.5, Weight::Regular);
    pen.paragraph(&input.hersys_id, MARGIN, left, 36.0, Weight::Bold);
    pen.paragraph(&input.qr_label, MARGIN, left, 10.5, Weight::Regular);
    pen.paragraph(&input.url, MARGIN, left, 10.5, Weight::Regular);
    pen.y = pen.y.max(top + QR + 12.0) + 6.0;
    pen.bar(MARGIN, pen.y, full, 1.5, 26);
    pen.y += 4.0;
    for (title, steps) in &input.sections {
        pen.y += 5.0;
        pen.paragraph(title, MARGIN, full, 14.0, Weight::Bold);
        for (i, step) in steps.iter().enumerate() {
            let (before, number) = (pen.y, format!("{}.", i + 1));
            pen.paragraph(&number, MARGIN, 20.0, 11.3, Weight::Bold);
            pen.y = before;
            pen.paragraph(step, MARGIN + 20.0, full - 20.0, 11.3, Weight::Regular);
        }
    }
    pen.y += 12.0;
    // A frame that a black-and-white printer keeps.
    let top = pen.y;
    let inner = full - 28.0;
    pen.y += 4.0;
    pen.paragraph(&input.emergency.0, MARGIN + 14.0, inner, 14.0, Weight::Bold);
    for text in &input.emergency.1 {
        pen.paragraph(text, MARGIN + 14.0, inner, 11.3, Weight::Regular);
    }
    pen.y += 8.0;
    let height = pen.y - top;
    pen.bar(MARGIN, top, 5.0, height, 26);
    pen.bar(MARGIN, top, full, 0.8, 26);
    pen.bar(MARGIN, top + height - 0.8, full, 0.8, 26);
    pen.bar(MARGIN + full - 0.8, top, 0.8, height, 26);
    pen.y += 6.0;
    pen.paragraph(&input.contact.0, MARGIN, full, 14.0, Weight::Bold);
    for text in &input.contact.1 {
        pen.paragraph(text, MARGIN, full, 12.0, Weight::Regular);
    }
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
}
