//! What both sites do with a form that was sent when there was no session to take it.

use crate::form::Form;
use crate::page::{Page, show as render};
use crate::visit::{Kind, Visit};
use app::kept_form::KeptForm;
use askama::Template;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use i18n::Words;
use jiff::tz::TimeZone;

/// The largest form that waits, in bytes: sealed and written into a page, it must still come back as a form.
const LARGEST_KEPT: usize = 40 * 1024;

#[derive(Template)]
#[template(path = "resend.html")]
struct ResendPage {
    page: Page,
    lead: String,
    /// Whom it is about, where that is known.
    whom: Option<String>,
    /// What was typed: what it is, where that is known, and the words.
    said: Vec<(Option<String>, String)>,
    path: String,
    fields: Vec<(String, String)>,
    /// The same, sealed, to be read in another language at the portal.
    sealed: Option<String>,
}

/// The id of the form that shows what waits in another language.
const SPEAK: &str = "speak";

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
    Some(KeptForm {
        path,
        body,
        since: None,
    })
}

/// A form that was read already, as it was sent to an address; none where it is too large to wait.
pub(crate) fn kept_at(path: &str, form: &Form) -> Option<KeptForm> {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in form.beginning_with("") {
        body.append_pair(&name, &value);
    }
    let body = body.finish();
    let path = path.to_owned();
    (body.len() <= LARGEST_KEPT).then_some(KeptForm {
        path,
        body,
        since: None,
    })
}

/// The fields of a kept form.
pub(crate) fn fields(form: &KeptForm) -> Vec<(String, String)> {
    url::form_urlencoded::parse(form.body.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// When what a form says was measured, where it names no moment: when it was typed, as its field takes it. What is sent again after
/// hours tells of how somebody was then, and must not stand before a report that came meanwhile.
pub(crate) fn typed_at(form: &KeptForm, zone: &TimeZone) -> Option<String> {
    let at = form.since?.to_zoned(zone.clone());
    Some(at.strftime("%Y-%m-%dT%H:%M").to_string())
}

/// Where to go after the password: only to a page of this site.
pub(crate) fn way_back(text: &str) -> String {
    let fits = text.starts_with('/')
        && !text.starts_with("//")
        // A browser leaves out tabs and the ends of lines.
        && !text.contains(|c: char| c == '\\' || c.is_control())
        && text.len() <= 500;
    if fits {
        text.to_owned()
    } else {
        "/".to_owned()
    }
}

/// Of the fields of a form what was typed into them in words. Notes and reasons are words whatever stands in them; in
/// other fields words have blanks or letters beyond ASCII, which choices, numbers and keys have not. What stood there
/// before, as a form carries it along, was not typed.
fn said(t: &Words, fields: &[(String, String)]) -> Vec<(Option<String>, String)> {
    const BEFORE: &str = "was.";
    /// The same in a form with one field.
    const BEFORE_ALL: &str = "was";
    let stood = |name: &str| {
        let mut before = fields.iter();
        before.find_map(|(of, value)| (of.strip_prefix(BEFORE) == Some(name)).then_some(value))
    };
    let is_for_words = |name: &str| {
        let ends = ["note", "why", "reason", "reasons", "words", "text"];
        ends.iter().any(|end| name.ends_with(end))
    };
    fields
        .iter()
        .filter(|(name, _)| !name.starts_with(BEFORE) && name != BEFORE_ALL)
        .filter(|(name, value)| stood(name) != Some(value))
        .map(|(name, value)| (name, value.trim()))
        .filter(|(name, text)| {
            if !text.is_empty() && label(t, name).is_some() {
                return true;
            }
            let has_words = text.contains(char::is_whitespace) || !text.is_ascii();
            !text.is_empty() && (has_words || is_for_words(name))
        })
        .map(|(name, text)| {
            let text = match name.as_str() {
                "measured_at" => text.replace('T', " "),
                _ => text.to_owned(),
            };
            (label(t, name), text)
        })
        .collect()
}

/// What people at home know a field by.
fn label(t: &Words, name: &str) -> Option<String> {
    Some(match name {
        "name" => t.say("name"),
        "birth_year" => t.say("year"),
        "birth_month" => t.say("month"),
        "birth_day" => t.say("day"),
        "phone" => t.say("phone"),
        "hersys_id" => t.say("hersys-id"),
        "passport_number" => t.say("passport-number"),
        "why" => t.say("wrong-why"),
        "temperature" | "spo2" => t.say(name),
        "measured_at" => t.say("report-measured-at"),
        _ => return None,
    })
}

/// What was sent too late, to be sent again with one press. `whom`: the name of whom it is about, and where their days begin.
pub(crate) fn resend_page(
    visit: &Visit,
    form: &KeptForm,
    whom: Option<(&str, &TimeZone)>,
) -> Response {
    let mut page = Page::new(visit, "resend-title");
    let is_portal = visit.site.kind == Kind::Portal;
    if is_portal {
        // A link would lead away from what was typed.
        page.form = Some(SPEAK);
    }
    let mut fields = fields(form);
    let measured = fields
        .iter_mut()
        .find(|(name, value)| name == "measured_at" && value.trim().is_empty());
    if let (Some((_, value)), Some((_, zone))) = (measured, whom)
        && let Some(at) = typed_at(form, zone)
    {
        *value = at;
    }
    render(&ResendPage {
        whom: whom.map(|(name, _)| page.with1("resend-whom", "name", name)),
        said: said(page.t, &fields),
        lead: page.say(match visit.site.kind {
            Kind::Console => "resend-lead",
            Kind::Portal => "resend-lead-signed-out",
        }),
        path: way_back(&form.path),
        sealed: is_portal.then(|| visit.front().keep_form(form)),
        fields,
        page,
    })
}

#[cfg(test)]
mod tests {
    use super::{said, way_back};
    use domain::language::Language;

    #[test]
    fn words_of_people_are_told_from_choices_and_keys() {
        let fields = [
            ("whose", "dGhlIG51cnNl"),
            ("outcome", "reached"),
            ("note", "Ate a little, sleeps"),
            ("alert_note", "Unreachable"),
            ("was.street", "1-1 Shiba"),
            ("street", "1-2 Shiba"),
            ("was.city", "港区"),
            ("was", "it was my son"),
            ("city", "港区"),
            ("why", "再検査"),
            ("next", "2026-11-29T09:30"),
            ("text", ""),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let t = i18n::words(Language::En);
        let said = |fields: &[(String, String)]| -> Vec<String> {
            let all = said(t, fields).into_iter();
            all.map(|(label, text)| format!("{}{text}", label.unwrap_or_default()))
                .collect()
        };
        let why = format!("{}再検査", t.say("wrong-why"));
        assert_eq!(
            said(&fields),
            [
                "Ate a little, sleeps",
                "Unreachable",
                "1-2 Shiba",
                why.as_str()
            ]
        );
        let attributes = [("name", "Tada"), ("birth_year", "1988"), ("phone", "090")];
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            said(&attributes),
            ["NameTada", "Year1988", "Phone number090"]
        );
    }

    #[test]
    fn unlocking_leads_to_this_site_only() {
        assert_eq!(way_back("/cases/1?list=all"), "/cases/1?list=all");
        for elsewhere in [
            "//evil.example",
            "https://evil.example",
            "/\\evil",
            "",
            "/a\r\nb: c",
            "/\t/evil.example",
        ] {
            assert_eq!(way_back(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
