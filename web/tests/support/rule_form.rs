//! The form that changes a rule, as a browser fills it in and sends it.

use crate::browser::{Browser, Page};

/// Names and values, in their order.
pub type Fields = Vec<(String, String)>;

/// The text that stands in a page.
pub fn unescaped(html: &str) -> String {
    html.replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
    rest.split('"').next().map(unescaped)
}

/// The fields of the form that changes a rule, as a browser would send them.
pub fn fields(page: &Page) -> Fields {
    let (_, form) = page
        .html
        .split_once("<form method=\"post\" action=\"/rules/")
        .unwrap();
    let form = form.split("</form>").next().unwrap();
    let mut all = Vec::new();
    for tag in form.split('<').skip(1) {
        let (kind, rest) = tag.split_once([' ', '>']).unwrap_or((tag, ""));
        let head = format!(" {}", rest.split('>').next().unwrap_or_default());
        let inside = tag.split_once('>').map_or("", |(_, inside)| inside);
        let Some(name) = attribute(&head, "name") else {
            // The option of the select that came before.
            if kind == "option" && head.ends_with(" selected") {
                let value = attribute(&head, "value").unwrap();
                if let Some((_, last)) = all.last_mut() {
                    *last = value;
                }
            }
            continue;
        };
        let is_box = head.contains("type=\"checkbox\"");
        match kind {
            "input" if is_box && !head.contains(" checked") => {}
            "input" => all.push((name, attribute(&head, "value").unwrap_or_default())),
            "textarea" => all.push((name, unescaped(inside))),
            "select" => all.push((name, String::new())),
            _ => {}
        }
    }
    all
}

/// Somebody types into some fields, and leaves the others.
pub fn over(mut all: Fields, typed: &[(&str, &str)]) -> Fields {
    for (name, value) in typed {
        all.retain(|(other, _)| other != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    all
}

/// Presses the button of the form that changes a rule of this kind.
pub async fn sends(nurse: &mut Browser, kind: &str, form: &Fields) -> Page {
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    nurse.posts(&format!("/rules/{kind}"), &form).await
}
