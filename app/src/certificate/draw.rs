//! A certificate on paper: one A4 page, in the language that it was asked for in. One in another language than Japanese bears the
//! Japanese words of the form beside its own: employers and insurers in Japan look for those.

use super::Certificate;
use crate::brochure::draw::BrochureError;
use crate::paper::{BOTTOM, Fonts, HEIGHT, MARGIN, Pen, QR, WIDTH, Weight, heading};
use domain::certificate::IsolationEnd;
use domain::language::Language;
use i18n::{Words, words};
use krilla::Document;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::tagging::TagTree;
use qrcode::{EcLevel, QrCode};

/// Sizes to try, until all fits on the page.
const SCALES: [f32; 6] = [1.0, 0.92, 0.85, 0.78, 0.7, 0.6];
/// How much of the width the labels take.
const LABELS: f32 = 0.42;

/// Whether the name can be printed in one of its spellings.
pub(super) fn can_name(one: &Certificate) -> bool {
    Fonts::load().is_some_and(|fonts| fonts.printable_name(&one.names, Weight::Bold).is_some())
}

/// A label, with the Japanese word of the form behind that of another language.
fn label(t: &Words, key: &str) -> String {
    match t.language {
        Language::Ja => t.say(key),
        _ => format!("{} {}", t.say(key), words(Language::Ja).say(key)),
    }
}

/// What is told of the end: labels and values.
fn end(t: &Words, end: IsolationEnd) -> Vec<(String, String)> {
    let last = label(t, "certificate-last-day");
    match end {
        IsolationEnd::GoesOn { as_of } => {
            vec![(last, t.with1("certificate-goes-on", "date", t.date(as_of)))]
        }
        IsolationEnd::Over {
            last_day,
            released_on,
        } => vec![
            (last, t.date(last_day)),
            (label(t, "certificate-released-on"), t.date(released_on)),
        ],
        IsolationEnd::FollowUpEnded { on } => {
            vec![(last, t.with1("certificate-ended", "date", t.date(on)))]
        }
    }
}

fn page(
    fonts: &'static Fonts,
    paper: Option<(&mut Surface<'_>, &mut TagTree)>,
    scale: f32,
    one: &Certificate,
    code: Option<&QrCode>,
) -> f32 {
    let t = words(one.language);
    let pen = &mut Pen {
        fonts,
        paper,
        scale,
        y: MARGIN,
        sheets: None,
    };
    let full = WIDTH - 2.0 * MARGIN;
    let regular = Weight::Regular;
    pen.text(
        heading(1),
        &t.say("certificate-title"),
        MARGIN,
        full,
        24.0,
        Weight::Bold,
    );
    if t.language != Language::Ja {
        let japanese = words(Language::Ja).say("certificate-title");
        pen.paragraph(&japanese, MARGIN, full, 16.0, Weight::Bold);
    }
    pen.down(6.0);
    let lead = t.with1("certificate-lead", "center", &one.center);
    pen.paragraph(&lead, MARGIN, full, 12.0, regular);
    pen.down(14.0);
    let name = fonts.printable_name(&one.names, Weight::Bold);
    let mut rows = vec![
        (
            label(t, "certificate-name"),
            name.as_deref().unwrap_or_default().to_owned(),
        ),
        (
            label(t, "certificate-birthdate"),
            t.date(*one.birthdate.expose()),
        ),
        ("HER-SYS ID".to_owned(), one.hersys_id.clone()),
        (label(t, "certificate-disease"), one.disease.clone()),
        (
            label(t, "certificate-diagnosed-on"),
            t.date(one.diagnosed_on),
        ),
        (label(t, "certificate-first-day"), t.date(one.first_day)),
    ];
    rows.extend(end(t, one.end));
    rows.extend([
        (label(t, "certificate-center"), one.center.clone()),
        (label(t, "certificate-issued-on"), t.date(one.issued_on)),
    ]);
    let left = full * LABELS;
    pen.bar(MARGIN, pen.y, full, 1.0);
    for (label, value) in &rows {
        pen.down(5.0);
        let top = pen.y;
        pen.paragraph(label, MARGIN, left - 12.0, 11.0, regular);
        let below = pen.y;
        pen.y = top;
        pen.paragraph(value, MARGIN + left, full - left, 13.0, Weight::Bold);
        pen.y = pen.y.max(below);
        pen.down(5.0);
        pen.bar(MARGIN, pen.y, full, 0.5);
    }
    pen.down(16.0);
    let (top, mut text) = (pen.y, full);
    if let Some(code) = code {
        let right = WIDTH - MARGIN - QR;
        pen.qr(code, &one.check_address(), right, top);
        text = full - QR - 16.0;
    }
    pen.text(
        heading(2),
        &label(t, "certificate-check-how"),
        MARGIN,
        text,
        13.0,
        Weight::Bold,
    );
    pen.paragraph(
        &t.say("certificate-check-text"),
        MARGIN,
        text,
        11.0,
        regular,
    );
    if let Some((_, code)) = &one.issued {
        pen.down(4.0);
        pen.paragraph(&one.check_url, MARGIN, text, 11.0, regular);
        pen.down(4.0);
        pen.paragraph(&label(t, "certificate-code"), MARGIN, text, 11.0, regular);
        pen.paragraph(&code.printed(), MARGIN, text, 18.0, Weight::Bold);
    }
    pen.y = pen.y.max(top + QR) + 12.0;
    for line in &one.contact {
        pen.paragraph(line, MARGIN, full, 11.0, regular);
    }
    pen.y
}

/// Draws a certificate.
///
/// # Errors
/// Where the font, the address or the PDF will not do.
pub(super) fn draw(one: &Certificate) -> Result<Vec<u8>, BrochureError> {
    let fonts = Fonts::load().ok_or(BrochureError::Font)?;
    let code = match &one.issued {
        Some(_) => Some(
            QrCode::with_error_correction_level(one.check_address(), EcLevel::M)
                .map_err(|_| BrochureError::Qr)?,
        ),
        None => None,
    };
    let fits = |scale: &f32| page(fonts, None, *scale, one, code.as_ref()) <= BOTTOM;
    let smallest = SCALES[SCALES.len() - 1];
    let scale = SCALES.into_iter().find(fits).unwrap_or(smallest);
    let mut document = Document::new();
    let mut tree = TagTree::new();
    let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(BrochureError::Pdf)?;
    let mut sheet = document.start_page_with(settings);
    let mut surface = sheet.surface();
    page(
        fonts,
        Some((&mut surface, &mut tree)),
        scale,
        one,
        code.as_ref(),
    );
    surface.finish();
    sheet.finish();
    document.set_metadata(
        Metadata::new()
            .title(words(one.language).say("certificate-title"))
            .language(one.language.tag().to_owned()),
    );
    document.set_tag_tree(tree);
    document.finish().map_err(|_| BrochureError::Pdf)
}
