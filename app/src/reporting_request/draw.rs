//! A request on paper: an A4 page, in the person's language, and further ones where its reasons are long.

use super::Request;
use crate::brochure::draw::BrochureError;
use crate::paper::{BOTTOM, Fonts, HEIGHT, MARGIN, Pen, Sheets, WIDTH, Weight, heading};
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
/// The size where one page does not hold it, and nothing has to be small.
const OF_SEVERAL: f32 = 0.92;
/// What stands on each sheet but the first before the text goes on.
const HEAD: f32 = 30.0;

/// A sheet of so many: which, counted from nought.
#[derive(Clone, Copy)]
struct Sheet {
    shown: usize,
    of: usize,
}

/// Goes through all of a request and draws a sheet of it, or only measures; tells on which sheet it ends, counted from nought, and
/// where. Without `sheet` all of it is on one.
fn page(
    fonts: &'static Fonts,
    paper: Option<(&mut Surface<'_>, &mut TagTree)>,
    (scale, sheet): (f32, Option<Sheet>),
    request: &Request,
) -> (usize, f32) {
    let t = words(request.language);
    let pen = &mut Pen {
        fonts,
        paper,
        scale,
        y: MARGIN,
        sheets: None,
    };
    let full = WIDTH - 2.0 * MARGIN;
    let regular = Weight::Regular;
    let mut number = t.with1("request-number", "number", request.number());
    if let Some(sheet) = sheet {
        // Whoever holds one of them knows of the others.
        number = format!("{number} ({}/{})", sheet.shown + 1, sheet.of);
        if sheet.shown > 0 {
            pen.paragraph(&number, MARGIN, full, 11.0, regular);
            pen.y = MARGIN;
        }
        let (shown, top) = (sheet.shown, MARGIN + HEAD * scale);
        pen.sheets = Some(Sheets { shown, at: 0, top });
    }
    if let Some(text) = request.no_longer() {
        let top = pen.y;
        pen.down(6.0);
        pen.paragraph(&text, MARGIN + 14.0, full - 28.0, 14.0, Weight::Bold);
        pen.down(8.0);
        pen.frame(MARGIN, top, full);
        pen.down(10.0);
    }
    pen.paragraph(&t.date(request.issued_on), MARGIN, full, 11.0, regular);
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
        // No title stands alone at the end of a sheet.
        pen.keep(1.5 * (14.0 + 12.0));
        pen.text(heading(2), &t.say(title), MARGIN, full, 14.0, Weight::Bold);
        for (i, line) in lines.iter().enumerate() {
            if numbered {
                pen.keep(1.5 * 12.0);
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
    (pen.sheets.map_or(0, |sheets| sheets.at), pen.y)
}

/// In which size a request is drawn, and on how many sheets: on one as long as it can be read.
fn laid_out(fonts: &'static Fonts, request: &Request) -> (f32, usize) {
    let fits = |scale: &f32| page(fonts, None, (*scale, None), request).1 <= BOTTOM;
    if let Some(scale) = SCALES.into_iter().find(fits) {
        return (scale, 1);
    }
    let any = Sheet { shown: 0, of: 1 };
    let (last, _) = page(fonts, None, (OF_SEVERAL, Some(any)), request);
    (OF_SEVERAL, last + 1)
}

/// Draws a request.
///
/// # Errors
/// Where the font or the PDF will not do.
pub(super) fn draw(request: &Request) -> Result<Vec<u8>, BrochureError> {
    let fonts = Fonts::load().ok_or(BrochureError::Font)?;
    let (scale, of) = laid_out(fonts, request);
    let mut document = Document::new();
    let mut tree = TagTree::new();
    for shown in 0..of {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(BrochureError::Pdf)?;
        let mut paper = document.start_page_with(settings);
        let mut surface = paper.surface();
        let sheet = (of > 1).then_some(Sheet { shown, of });
        let drawn = Some((&mut surface, &mut tree));
        page(fonts, drawn, (scale, sheet), request);
        surface.finish();
        paper.finish();
    }
    document.set_metadata(
        Metadata::new()
            .title(words(request.language).say(request.title()))
            .language(request.language.tag().to_owned()),
    );
    document.set_tag_tree(tree);
    document.finish().map_err(|_| BrochureError::Pdf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reporting_request::{AskedFor, RequestState};
    use domain::ids::RequestId;
    use domain::language::Language;
    use domain::personal::Personal;
    use jiff::Timestamp;
    use jiff::civil::date;

    fn request(reasons: &str) -> Request {
        let name = || Personal::new("山田 花子".to_owned());
        Request {
            id: RequestId::from_uuid(uuid::Uuid::nil()),
            issued_at: Timestamp::UNIX_EPOCH,
            issued_on: date(2026, 11, 23),
            issued_by: "Nurse".to_owned(),
            language: Language::Ja,
            name: name(),
            names: vec![name()],
            hersys_id: None,
            center: "港保健所".to_owned(),
            law: None,
            asks: vec!["毎日報告してください。".to_owned(); 2],
            asked: Some(AskedFor {
                report: true,
                stay: true,
            }),
            from: date(2026, 11, 23),
            to: date(2026, 12, 3),
            reasons: Personal::new(reasons.to_owned()),
            contact: vec!["03-0000-0000".to_owned(); 4],
            read_at: None,
            withdrawn: None,
            withdrawn_on: None,
            replaced_by: None,
            state: RequestState::Holds,
        }
    }

    #[test]
    fn what_one_sheet_does_not_hold_stands_on_the_next_and_nothing_below_an_edge() {
        let fonts = Fonts::load().unwrap();
        let long = "病".repeat(2_000);
        let list = |lines| "Exposed at the gym\n".repeat(lines);
        for (reasons, several) in [
            ("一行".to_owned(), false),
            (list(10), false),
            (list(60), true),
            (list(100), true),
            (format!("{}{long}", list(30)), true),
        ] {
            let request = request(&reasons);
            let (scale, of) = laid_out(fonts, &request);
            assert_eq!(of > 1, several, "{of}");
            let sheet = |shown| (of > 1).then_some(Sheet { shown, of });
            let (last, y) = page(fonts, None, (scale, sheet(0)), &request);
            assert_eq!(last, of - 1);
            assert!(y <= BOTTOM, "{y}");
            assert!(draw(&request).unwrap().starts_with(b"%PDF-"));
        }
        // A paragraph that is longer than a sheet is divided where a line ends.
        let mut pen = Pen {
            fonts,
            paper: None,
            scale: 1.0,
            y: MARGIN,
            sheets: Some(Sheets {
                shown: 0,
                at: 0,
                top: MARGIN,
            }),
        };
        let mut before = (0, MARGIN);
        for _ in 0..9 {
            pen.paragraph(&long, MARGIN, WIDTH - 2.0 * MARGIN, 12.0, Weight::Regular);
            let now = (pen.sheets.unwrap().at, pen.y);
            assert!(pen.y <= BOTTOM && now > before, "{now:?}");
            before = now;
        }
        assert!((9..=11).contains(&before.0), "{}", before.0);
    }

    #[test]
    fn a_paper_says_first_that_the_request_holds_no_longer() {
        let fonts = Fonts::load().unwrap();
        let ends = |request: &Request| page(fonts, None, (1.0, None), request).1;
        let holds = request("一行");
        assert!(holds.no_longer().is_none());
        let mut withdrawn = holds.clone();
        withdrawn.state = RequestState::Withdrawn;
        withdrawn.withdrawn_on = Some(date(2026, 11, 24));
        assert!(ends(&withdrawn) > ends(&holds) + 20.0);
    }
}
