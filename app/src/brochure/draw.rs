//! Drawing a brochure: an A4 page with the HER-SYS ID, a QR code and the guide's steps. Words come resolved; nothing
//! here knows a language but for where a line may break.

use crate::paper::{BOTTOM, Fonts, HEIGHT, MARGIN, Pen, QR, WIDTH, Weight, heading};
use domain::personal::Personal;
use krilla::Document;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::tagging::TagTree;
use qrcode::{EcLevel, QrCode};

/// Sizes to try, until all fits on the page.
const SCALES: [f32; 8] = [1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65];

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

/// Whether the name can be printed in one of its spellings.
pub(super) fn can_name(input: &BrochureInput) -> bool {
    Fonts::load().is_some_and(|fonts| fonts.printable_name(&input.names, Weight::Bold).is_some())
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
        let scale = fitting(fonts, input, &code);
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(BrochureError::Pdf)?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        draw_page(fonts, Some((&mut surface, &mut tree)), scale, input, &code);
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

/// The largest scale at which all stands on one page.
fn fitting(fonts: &'static Fonts, input: &BrochureInput, code: &QrCode) -> f32 {
    let fits = |scale: &f32| draw_page(fonts, None, *scale, input, code) <= BOTTOM;
    let smallest = SCALES[SCALES.len() - 1];
    SCALES.into_iter().find(fits).unwrap_or(smallest)
}

/// Draws a page, or only measures it; tells where it ends.
fn draw_page(
    fonts: &'static Fonts,
    paper: Option<(&mut Surface<'_>, &mut TagTree)>,
    scale: f32,
    input: &BrochureInput,
    code: &QrCode,
) -> f32 {
    let y = MARGIN - 8.0;
    let pen = &mut Pen {
        fonts,
        paper,
        scale,
        y,
        sheets: None,
    };
    let full = WIDTH - 2.0 * MARGIN;
    pen.text(heading(1), &input.title, MARGIN, full, 26.0, Weight::Bold);
    pen.paragraph(&input.subtitle, MARGIN, full, 12.0, Weight::Regular);
    pen.down(10.0);
    // The ID at the left, the QR code at the right, between two lines.
    let top = pen.y;
    pen.bar(MARGIN, top, full, 1.5);
    let right = WIDTH - MARGIN - QR;
    pen.qr(code, &input.url, right, top + 8.0);
    let left = right - MARGIN - 12.0;
    pen.down(12.0);
    if let Some(name) = fonts.printable_name(&input.names, Weight::Bold) {
        pen.paragraph(&input.for_label, MARGIN, left, 10.5, Weight::Regular);
        pen.paragraph(&name, MARGIN, left, 17.0, Weight::Bold);
        pen.down(4.0);
    } else {
        // Whoever prints it writes the name by hand: a sheet without a name could be handed to anybody.
        pen.paragraph(&input.for_label, MARGIN, left, 10.5, Weight::Regular);
        pen.down(20.0);
        pen.bar(MARGIN, pen.y, left - MARGIN, 0.75);
        pen.down(8.0);
    }
    pen.paragraph(&input.id_label, MARGIN, left, 10.5, Weight::Regular);
    pen.paragraph(&input.hersys_id, MARGIN, left, 36.0, Weight::Bold);
    pen.paragraph(&input.qr_label, MARGIN, left, 10.5, Weight::Regular);
    pen.paragraph(&input.url, MARGIN, left, 10.5, Weight::Regular);
    pen.y = pen.y.max(top + QR + 12.0) + 6.0;
    pen.bar(MARGIN, pen.y, full, 1.5);
    pen.down(4.0);
    for (title, steps) in &input.sections {
        pen.down(5.0);
        pen.text(heading(2), title, MARGIN, full, 14.0, Weight::Bold);
        for (i, step) in steps.iter().enumerate() {
            let (before, number) = (pen.y, format!("{}.", i + 1));
            pen.paragraph(&number, MARGIN, 20.0, 11.3, Weight::Bold);
            pen.y = before;
            pen.paragraph(step, MARGIN + 20.0, full - 20.0, 11.3, Weight::Regular);
        }
    }
    pen.down(12.0);
    let top = pen.y;
    let inner = full - 28.0;
    pen.down(4.0);
    pen.text(
        heading(2),
        &input.emergency.0,
        MARGIN + 14.0,
        inner,
        14.0,
        Weight::Bold,
    );
    for text in &input.emergency.1 {
        pen.paragraph(text, MARGIN + 14.0, inner, 11.3, Weight::Regular);
    }
    pen.down(8.0);
    pen.frame(MARGIN, top, full);
    pen.down(6.0);
    pen.text(
        heading(2),
        &input.contact.0,
        MARGIN,
        full,
        14.0,
        Weight::Bold,
    );
    for text in &input.contact.1 {
        pen.paragraph(text, MARGIN, full, 12.0, Weight::Regular);
    }
    pen.y
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(lines: usize) -> BrochureInput {
        let sentence =
            "保健所の案内に書かれている番号を入力し、「確認」を選びます。Do it every day, please. ";
        BrochureInput {
            language: "ja",
            title: "My HER-SYS のご案内".to_owned(),
            subtitle: sentence.to_owned(),
            for_label: "お名前".to_owned(),
            names: vec![Personal::new("髙﨑 花子".to_owned())],
            id_label: "ID".to_owned(),
            hersys_id: "12345678".to_owned(),
            url: format!("https://{}.example/?id=12345678", "my-her-sys.".repeat(15)),
            qr_label: sentence.to_owned(),
            sections: vec![("新規登録".to_owned(), vec![sentence.repeat(2); lines])],
            emergency: ("119".to_owned(), vec![sentence.to_owned(); 2]),
            contact: ("保健所".to_owned(), vec![sentence.to_owned(); 4]),
        }
    }

    #[test]
    fn what_is_too_much_for_a_page_is_printed_smaller() {
        let fonts = Fonts::load().unwrap();
        let mut before = 2.0;
        for (lines, smaller) in [(3, false), (10, true), (14, true)] {
            let input = full(lines);
            let code = QrCode::with_error_correction_level(&input.url, EcLevel::M).unwrap();
            let scale = fitting(fonts, &input, &code);
            assert!(
                draw_page(fonts, None, scale, &input, &code) <= BOTTOM,
                "{lines}"
            );
            assert_eq!(scale < 1.0, smaller, "{lines}: {scale}");
            assert!(scale < before);
            before = scale;
        }
        assert!(draw(&[full(3), full(14)]).unwrap().starts_with(b"%PDF-"));
    }
}
