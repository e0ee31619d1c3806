//! A small writer of SVG: escapes what it is given and closes what it opened.

use std::fmt::Write as _;

/// What a drawing is made for.
pub(super) struct Sheet {
    /// The end of ids and of the class.
    pub(super) name: &'static str,
    /// Units across; on the screen about as many pixels.
    pub(super) width: f64,
    /// The size of letters.
    pub(super) font: f64,
}

impl Sheet {
    /// Whether this is the drawing for a phone.
    pub(super) fn is_narrow(&self) -> bool {
        self.width < 500.0
    }

    /// From one line of text to the next.
    pub(super) fn line(&self) -> f64 {
        self.font + 4.0
    }
}

/// For a phone: 360 px less the margins of the page. 13 stay above 11 px on a phone of 320 px, too.
const NARROW: Sheet = Sheet {
    name: "narrow",
    width: 328.0,
    font: 13.0,
};
/// For everything else; shown from 600 px on, where 14 are still 11.7 px.
const WIDE: Sheet = Sheet {
    name: "wide",
    width: 720.0,
    font: 14.0,
};

/// What a screen reader hears of a drawing.
pub(super) struct Head<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) description: &'a str,
    /// `img`, or `group` where there are links inside: an `img` would hide them from a screen reader.
    pub(super) role: &'static str,
}

/// Both drawings of a chart, in one box that knows its width.
pub(super) fn both(head: &Head, draw: impl Fn(&mut Svg, &Sheet) -> f64) -> String {
    let mut all = String::from("<div class=\"drawing\">");
    for sheet in [NARROW, WIDE] {
        let mut svg = Svg::new(head.id, &sheet);
        let height = draw(&mut svg, &sheet);
        all.push_str(&svg.finish(head, &sheet, height));
    }
    all.push_str("</div>");
    all
}

/// A drawing that is being written.
pub(super) struct Svg {
    text: String,
    open: Vec<&'static str>,
    prefix: String,
}

impl Svg {
    fn new(id: &str, sheet: &Sheet) -> Svg {
        // An id is also written into url(#…), where nothing can be escaped.
        let id: String = id
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
            .collect();
        Svg {
            text: String::new(),
            open: Vec::new(),
            prefix: format!("{id}-{}", sheet.name),
        }
    }

    /// An id that only this drawing has.
    pub(super) fn id(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    /// Begins an element.
    pub(super) fn tag(&mut self, name: &'static str) -> Tag<'_> {
        self.text.push('<');
        self.text.push_str(name);
        Tag { svg: self, name }
    }

    /// Closes the element that was opened last.
    pub(super) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.text.push_str("</");
            self.text.push_str(name);
            self.text.push('>');
        }
    }

    /// A straight line.
    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.tag("line")
            .word("class", class)
            .number("x1", x1)
            .number("y1", y1)
            .number("x2", x2)
            .number("y2", y2)
            .end();
    }

    /// A circle.
    pub(super) fn circle(&mut self, class: &str, (x, y): (f64, f64), r: f64) {
        self.tag("circle")
            .word("class", class)
            .number("cx", x)
            .number("cy", y)
            .number("r", r)
            .end();
    }

    /// A line of text; `anchor` is `start`, `middle` or `end`.
    pub(super) fn words(&mut self, class: &str, anchor: &str, (x, y): (f64, f64), text: &str) {
        let tag = self.tag("text").number("x", x).number("y", y);
        let tag = match anchor {
            "start" => tag,
            _ => tag.word("text-anchor", anchor),
        };
        let tag = match class {
            "" => tag,
            _ => tag.word("class", class),
        };
        tag.text(text);
    }

    /// With what is around it: the element itself and its name for a screen reader.
    fn finish(mut self, head: &Head, sheet: &Sheet, height: f64) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        let mut root = Svg::new(head.id, sheet);
        let (title, description) = (root.id("title"), root.id("desc"));
        root.tag("svg")
            .word("xmlns", "http://www.w3.org/2000/svg")
            .word("class", &format!("drawing-{}", sheet.name))
            .word(
                "viewBox",
                &format!("0 0 {} {}", number(sheet.width), number(height)),
            )
            .number("font-size", sheet.font)
            .word("role", head.role)
            .word("aria-labelledby", &title)
            .word("aria-describedby", &description)
            .open();
        root.tag("title").word("id", &title).text(head.title);
        root.tag("desc")
            .word("id", &description)
            .text(head.description);
        root.text.push_str(&self.text);
        root.close();
        root.text
    }
}

/// The beginning of an element.
#[must_use]
pub(super) struct Tag<'a> {
    svg: &'a mut Svg,
    name: &'static str,
}

impl Tag<'_> {
    /// An attribute.
    pub(super) fn word(self, name: &str, value: &str) -> Self {
        // Writing to a String cannot fail.
        let _ = write!(self.svg.text, " {name}=\"");
        escape(&mut self.svg.text, value);
        self.svg.text.push('"');
        self
    }

    /// An attribute that is a number.
    pub(super) fn number(self, name: &str, value: f64) -> Self {
        let value = number(value);
        self.word(name, &value)
    }

    /// An element without content.
    pub(super) fn end(self) {
        self.svg.text.push_str("/>");
    }

    /// An element whose content follows.
    pub(super) fn open(self) {
        self.svg.text.push('>');
        self.svg.open.push(self.name);
    }

    /// An element with text.
    pub(super) fn text(self, text: &str) {
        self.svg.text.push('>');
        escape(&mut self.svg.text, text);
        let _ = write!(self.svg.text, "</{}>", self.name);
    }
}

/// A number as short as a tenth of a unit allows.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.1}");
    let short = text.strip_suffix(".0").unwrap_or(&text);
    if short == "-0" { "0" } else { short }.to_owned()
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            // XML knows no such characters, not even escaped.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(12.0), "12");
        assert_eq!(number(-0.01), "0");
        assert_eq!(number(1.25), "1.2");
        assert_eq!(number(f64::NAN), "0");
    }

    #[test]
    fn what_is_hostile_stays_text() {
        let mut out = String::new();
        escape(&mut out, "</svg><script>\"'&\u{0}");
        assert_eq!(out, "&lt;/svg&gt;&lt;script&gt;&quot;&#39;&amp;\u{fffd}");
    }
}
