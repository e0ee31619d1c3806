//! A form as a browser would send it: what stands in its fields, and what somebody types over that.

use super::browser::{Browser, Page};

/// The fields of a form, in their order.
pub struct Filled(pub Vec<(String, String)>);

/// The text that stands in a page.
pub fn unescaped(text: &str) -> String {
    text.replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = format!(" {name}=\"");
    let (_, rest) = tag.split_once(&start)?;
    Some(unescaped(rest.split('"').next()?))
}

impl Filled {
    /// The form of a page that is sent to an address.
    #[track_caller]
    pub fn of(page: &Page, action: &str) -> Filled {
        let start = format!("action=\"{action}\"");
        let anchored = format!("action=\"{action}#");
        let (_, rest) = page
            .html
            .split_once(&start)
            .or_else(|| page.html.split_once(&anchored))
            .unwrap_or_else(|| panic!("no form goes to {action} from {}", page.html));
        let form = rest.split("</form>").next().unwrap();
        let mut fields = Vec::new();
        for part in form.split('<').skip(1) {
            let (tag, text) = part.split_once('>').unwrap_or((part, ""));
            let kind = tag.split(' ').next().unwrap();
            let name = attribute(tag, "name");
            let value = attribute(tag, "value").unwrap_or_default();
            match (kind, name) {
                ("input", Some(name)) => {
                    let choice = matches!(
                        attribute(tag, "type").as_deref(),
                        Some("checkbox" | "radio")
                    );
                    if !choice || format!("{tag} ").contains(" checked ") {
                        fields.push((name, value));
                    }
                }
                ("textarea", Some(name)) => fields.push((name, unescaped(text))),
                // Without one that is selected, the first option is sent.
                ("select", Some(name)) => fields.push((name, "\u{0}".to_owned())),
                ("option", _) => {
                    let last = fields.last_mut().unwrap();
                    if last.1 == "\u{0}" || format!("{tag} ").contains(" selected ") {
                        last.1 = value;
                    }
                }
                _ => {}
            }
        }
        Filled(fields)
    }

    /// Somebody types something over what stands in a field, chooses it, or presses the button of that name.
    pub fn types(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(of, _)| of == name) {
            Some((_, held)) => value.clone_into(held),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
    }
}

/// Sends it.
pub async fn sends(browser: &mut Browser, path: &str, form: &Filled) -> Page {
    let fields: Vec<(&str, &str)> = form
        .0
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    browser.posts(path, &fields).await
}
