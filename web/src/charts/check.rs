//! For the tests: whether a drawing is well-formed, and where its texts lie.

use super::letters::width;
use std::collections::{HashMap, HashSet};

/// An element.
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: HashMap<String, String>,
}

impl Element {
    pub(super) fn number(&self, name: &str) -> f64 {
        self.attributes[name].parse().unwrap()
    }

    pub(super) fn has_class(&self, class: &str) -> bool {
        self.attributes
            .get("class")
            .is_some_and(|all| all.split(' ').any(|one| one == class))
    }
}

/// A text that is drawn, and its box.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// One of the drawings of a chart.
pub(super) struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) elements: Vec<Element>,
    pub(super) texts: Vec<Text>,
}

impl Drawing {
    pub(super) fn all(&self, name: &str, class: &str) -> impl Iterator<Item = &Element> {
        self.elements
            .iter()
            .filter(move |e| e.name == name && e.has_class(class))
    }

    pub(super) fn count(&self, name: &str, class: &str) -> usize {
        self.all(name, class).count()
    }

    pub(super) fn numbers(&self, name: &str, class: &str, attribute: &str) -> Vec<f64> {
        self.all(name, class).map(|e| e.number(attribute)).collect()
    }
}

/// Reads a chart: panics unless it is well-formed, has no id twice, and names itself.
pub(super) fn drawings(chart: &str) -> Vec<Drawing> {
    let mut drawings: Vec<Drawing> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut ids = HashSet::new();
    let mut rest = chart;
    let mut font = 0.0;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        let text = plain(text);
        let end = tag.find('>').expect("a tag ends");
        let inner = &tag[1..end];
        rest = &tag[end + 1..];
        if open.last().is_some_and(|name| name == "text") {
            place(drawings.last_mut().unwrap(), font, text);
        } else if !text.is_empty() {
            let holder = open.last().map(String::as_str);
            assert!(
                matches!(holder, Some("title" | "desc")),
                "stray text {text}"
            );
        }
        if let Some(name) = inner.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (element, closed) = element(inner);
        assert_ne!(element.name, "script");
        assert!(!element.attributes.contains_key("style"));
        if let Some(id) = element.attributes.get("id") {
            assert!(ids.insert(id.clone()), "id {id} twice");
        }
        if !closed {
            open.push(element.name.clone());
        }
        if element.name == "svg" {
            font = element.number("font-size");
            let size: Vec<f64> = element.attributes["viewBox"]
                .split(' ')
                .map(|n| n.parse().unwrap())
                .collect();
            drawings.push(Drawing {
                width: size[2],
                height: size[3],
                elements: Vec::new(),
                texts: Vec::new(),
            });
        }
        if let Some(drawing) = drawings.last_mut() {
            drawing.elements.push(element);
        }
    }
    assert!(open.is_empty() && rest.is_empty());
    for drawing in &drawings {
        let root = &drawing.elements[0].attributes;
        assert!(ids.contains(&root["aria-labelledby"]) && ids.contains(&root["aria-describedby"]));
        for element in &drawing.elements {
            if let Some(fill) = element.attributes.get("fill") {
                let id = fill.trim_start_matches("url(#").trim_end_matches(')');
                assert!(ids.contains(id), "{fill}");
            }
        }
    }
    assert_eq!(drawings.len(), 2);
    drawings
}

fn element(inner: &str) -> (Element, bool) {
    let closed = inner.ends_with('/');
    let inner = inner.trim_end_matches('/');
    let (name, mut rest) = inner.split_once(' ').unwrap_or((inner, ""));
    assert!(name.chars().all(|c| c.is_ascii_alphabetic()), "{name}");
    let mut attributes = HashMap::new();
    while !rest.is_empty() {
        let (key, after) = rest.split_once("=\"").expect("a value in quotes");
        let (value, after) = after.split_once('"').expect("the quotes end");
        let key = key.trim();
        assert!(
            key.chars()
                .all(|c| c.is_ascii_alphabetic() || c == '-' || c.is_ascii_digit()),
            "{key}"
        );
        assert!(attributes.insert(key.to_owned(), plain(value)).is_none());
        rest = after;
    }
    let name = name.to_owned();
    (Element { name, attributes }, closed)
}

fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = after.split_once(';').expect("an entity ends");
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            other => panic!("entity {other}"),
        });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn place(drawing: &mut Drawing, font: f64, text: String) {
    let element = drawing.elements.last().unwrap();
    let (x, y) = (element.number("x"), element.number("y"));
    let room = width(&text, font);
    let left = match element.attributes.get("text-anchor").map(String::as_str) {
        Some("middle") => x - room / 2.0,
        Some("end") => x - room,
        _ => x,
    };
    drawing.texts.push(Text {
        text,
        left,
        right: left + room,
        top: y - font * 0.85,
        bottom: y + font * 0.15,
    });
}

/// Panics where two texts overlap or one leaves the drawing.
pub(super) fn no_overlap(drawing: &Drawing) {
    for (index, a) in drawing.texts.iter().enumerate() {
        assert!(
            a.left >= -0.2 && a.right <= drawing.width + 0.2,
            "outside {a:?}"
        );
        assert!(
            a.top >= -0.2 && a.bottom <= drawing.height + 0.2,
            "outside {a:?}"
        );
        for b in &drawing.texts[index + 1..] {
            let apart = a.right <= b.left + 0.2
                || b.right <= a.left + 0.2
                || a.bottom <= b.top + 0.2
                || b.bottom <= a.top + 0.2;
            assert!(apart, "{a:?} on {b:?}");
        }
    }
}
