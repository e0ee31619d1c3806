//! A request on paper: one A4 page, in the person's language.

use super::Request;
use crate::brochure::draw::BrochureError;
use crate::paper::{BOTTOM, Fonts, HEIGHT, MARGIN, Pen, WIDTH, Weight, heading};
use i18n::words;
use krilla::Document;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::tagging::TagTree;

/// Where a name is written by hand.
const BY_HAND: &str = "______________________________";

/// Whether a spelling of the name can be printed.
pub(super) fn has_name(request: &Request) -> bool {
    Fonts::load().is_some_and(|fonts| fonts.printable_name(&request.names, Weight::Bold).is_some())
}

/// Sizes to try, until all fits on the page.
const SCALES: [f32; 6] = [1.0, 0.92, 0.85, 0.78, 0.7, 0.6];

fn page(
    fonts: &'static Fonts,
    paper: Option<(&mut Surface<'_>, &mut TagTree)>,
    scale: f32,
    request: &Request,
) -> f32 {
    let t = words(request.language);
    let pen = &mut Pen {
        fonts,
        paper,
        scale,
        y: MARGIN,
    };
    let full = WIDTH - 2.0 * MARGIN;
    let regular = Weight::Regular;
    pen.paragraph(&t.date(request.issued_on), MARGIN, full, 11.0, regular);
    let number = t.with1("request-number", "number", request.number());
    pen.paragraph(&number, MARGIN, full, 11.0, regular);
    pen.down(10.0);
    let name = fonts.printable_name(&request.names, Weight::Bold);
    let to = t.with1("request-to", "name", name.as_deref().unwrap_or(BY_HAND));
    pen.paragraph(&to, MARGIN, full, 16.0, Weight::Bold);
    // Whoever writes the name in knows whose paper it is.
    if let (None, Some(id)) = (&name, &request.hersys_id) {
        let id = format!("HER-SYS ID {id}");
        pen.paragraph(&id, MARGIN, full, 12.0, regular);
    }
    pen.down(6.0);
    pen.paragraph(&request.center, MARGIN, full, 12.0, regular);
    pen.down(18.0);
    pen.text(
        heading(1),
        &t.say(request.title()),
        MARGIN,
        full,
        20.0,
        Weight::Bold,
    );
    pen.down(8.0);
    pen.paragraph(&request.lead(), MARGIN, full, 12.0, regular);
    let mut part = |title: &str, lines: &[String], numbered: bool| {
        pen.down(14.0);
        pen.text(heading(2), &t.say(title), MARGIN, full, 14.0, Weight::Bold);
        for (i, line) in lines.iter().enumerate() {
            if numbered {
                let before = pen.y;
                pen.paragraph(&format!("{}.", i + 1), MARGIN, 20.0, 12.0, Weight::Bold);
                pen.y = before;
                pen.paragraph(line, MARGIN + 20.0, full - 20.0, 12.0, regular);
            } else {
                pen.paragraph(line, MARGIN, full, 12.0, regular);
            }
        }
    };
    part("request-content", &request.asks, true);
    let period = t.with2(
        "request-period-text",
        "from",
        t.date(request.from),
        "to",
        t.date(request.to),
    );
    part("request-period", &[period], false);
    let reasons: Vec<String> = request
        .reasons
        .expose()
        .lines()
        .map(str::to_owned)
        .collect();
    part("request-reasons", &reasons, false);
    part("request-duty", &[t.say(request.duty())], false);
    part("request-questions", &request.contact, false);
    pen.y
}

/// Draws a request.
///
/// # Errors
/// Where the font or the PDF will not do.
pub(super) fn draw(request: &Request) -> Result<Vec<u8>, BrochureError> {
    let fonts = Fonts::load().ok_or(BrochureError::Font)?;
    let fits = |scale: &f32| page(fonts, None, *scale, request) <= BOTTOM;
    let smallest = SCALES[SCALES.len() - 1];
    let scale = SCALES.into_iter().find(fits).unwrap_or(smallest);
    let mut document = Document::new();
    let mut tree = TagTree::new();
    let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(BrochureError::Pdf)?;
    let mut sheet = document.start_page_with(settings);
    let mut surface = sheet.surface();
    page(fonts, Some((&mut surface, &mut tree)), scale, request);
    surface.finish();
    sheet.finish();
    document.set_metadata(
        Metadata::new()
            .title(words(request.language).say(request.title()))
            .language(request.language.tag().to_owned()),
    );
    document.set_tag_tree(tree);
    document.finish().map_err(|_| BrochureError::Pdf)
}
