//! What both sites do with a form that was sent when there was no session to take it.

use crate::page::{Page, show as render};
use crate::visit::{Kind, Visit};
use app::kept_form::KeptForm;
use askama::Template;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;

/// The largest form that waits, in bytes: sealed and written into a page, it must still come back as a form.
const LARGEST_KEPT: usize = 40 * 1024;

#[derive(Template)]
#[template(path = "resend.html")]
struct ResendPage {
    page: Page,
    lead: String,
    path: String,
    fields: Vec<(String, String)>,
}

/// Reads what was sent. Files are not kept: they are still where they came from.
pub(crate) async fn read(request: Request) -> Option<KeptForm> {
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |at| at.as_str())
        .to_owned();
    let is_form = request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/x-www-form-urlencoded");
    if !is_form {
        return None;
    }
    let body = axum::body::to_bytes(request.into_body(), LARGEST_KEPT);
    let body = String::from_utf8(body.await.ok()?.to_vec()).ok()?;
    Some(KeptForm { path, body })
}

/// The fields of a kept form.
pub(crate) fn fields(form: &KeptForm) -> Vec<(String, String)> {
    url::form_urlencoded::parse(form.body.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Where to go after the password: only to a page of this site.
pub(crate) fn way_back(text: &str) -> String {
    let fits = text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains(['\\', '\n', '\r'])
        && text.len() <= 500;
    if fits {
        text.to_owned()
    } else {
        "/".to_owned()
    }
}

/// What was sent too late, to be sent again with one press.
pub(crate) fn resend_page(visit: &Visit, form: &KeptForm) -> Response {
    let mut page = Page::new(visit, "resend-title");
    if visit.site.kind == Kind::Portal {
        // A link would lead away from what was typed.
        page.languages.clear();
    }
    render(&ResendPage {
        lead: page.say(match visit.site.kind {
            Kind::Console => "resend-lead",
            Kind::Portal => "resend-lead-signed-out",
        }),
        path: way_back(&form.path),
        fields: fields(form),
        page,
    })
}

#[cfg(test)]
mod tests {
    use super::way_back;

    #[test]
    fn unlocking_leads_to_this_site_only() {
        assert_eq!(way_back("/cases/1?list=all"), "/cases/1?list=all");
        for elsewhere in [
            "//evil.example",
            "https://evil.example",
            "/\\evil",
            "",
            "/a\r\nb: c",
        ] {
            assert_eq!(way_back(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
