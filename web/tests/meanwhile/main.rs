//! Two people at one form: the second is told, and nothing is lost.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "../support/browser.rs"]
mod browser;
mod ending_an_alert;
mod merged;
mod moved_on;
mod person;
mod settings;
#[path = "../support/typing.rs"]
mod typing;

use browser::Browser;

/// The hidden fields with what a form held when it was shown, and what somebody types over its fields.
fn typed_over<'a>(
    page: &browser::Page,
    fields: &[&'a str],
    over: &[(&'a str, &'a str)],
) -> Vec<(String, String)> {
    let mut form = Vec::new();
    for name in fields {
        let was = format!("was.{name}");
        let value = page.hidden(&was);
        let typed = over.iter().find(|(of, _)| of == name);
        let shown = typed.map_or_else(|| value.clone(), |(_, typed)| (*typed).to_owned());
        form.extend([((*name).to_owned(), shown), (was, value)]);
    }
    form
}

async fn sends_form(
    nurse: &mut Browser,
    path: &str,
    form: &[(String, String)],
    beside: &[(&str, &str)],
) -> browser::Page {
    let mut all: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    all.extend(beside);
    nurse.posts(path, &all).await
}

async fn sends(nurse: &mut Browser, path: &str, form: &[(String, String)]) -> browser::Page {
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    nurse.posts(path, &form).await
}

/// The version of the form with which somebody decides how a case is followed; other forms have versions, too.
fn version_of_following(page: &browser::Page) -> String {
    let form = page.html.split("/monitoring\"").nth(1).unwrap();
    let value = form.split("name=\"version\" value=\"").nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}
