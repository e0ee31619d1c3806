//! What somebody was typing about a case while another center took it over. Nothing of it is carried out; the words go along
//! to the center that answers for the person now, as a note, and the page that says so tells nothing about the person.

use crate::page::{Answer, Page, missing, show as render, show_as};
use crate::visit::Visit;
use app::contact_log::TypedContact;
use app::{Error, StaffDesk};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::CaseId;
use domain::monitoring::ContactOutcome;
use domain::staff_role::Right;

#[derive(Template)]
#[template(path = "console/written_along.html")]
struct WrittenAlong {
    page: Page,
    said: String,
    /// Empty where nothing was typed.
    note: String,
    phone: String,
}

/// Says who follows a person whom the own center has given away; none where it has not.
pub(super) async fn given_away(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
) -> Result<Option<Response>, Error> {
    let Some(center) = desk.follower_of(case).await? else {
        return Ok(None);
    };
    let page = Page::new(visit, "written-along-title").back_to("/");
    let name = center.name_in(page.tag());
    Ok(Some(show_as(
        StatusCode::NOT_FOUND,
        &WrittenAlong {
            said: page.with1("transfer-follower", "center", name),
            note: String::new(),
            phone: center.contact.phone.clone(),
            page,
        },
    )))
}

/// Gives a note along, or a call that was made.
pub(super) async fn written_along(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    typed: &TypedContact,
) -> Answer {
    if !desk.may(Right::Follow) && !desk.may(Right::CorrectPersons) {
        return Ok(missing(visit));
    }
    let page = Page::new(visit, "written-along-title").back_to("/");
    let mut along = typed.clone();
    let agreed = along.next_call_at.trim().replace('T', " ");
    // A field that was left as it was shown agrees on nothing.
    if !agreed.is_empty() && along.next_call_at != along.call_shown {
        // The new center promises its calls itself.
        let line = page.with1("written-along-next", "when", agreed);
        along.note = format!("{}\n{line}", along.note).trim().to_owned();
    }
    // The tick belongs to an ambulance; without scripts it stands there beside any outcome.
    if along.in_hospital && along.outcome == ContactOutcome::Ambulance.word() {
        let line = page.say("alert-in-hospital");
        along.note = format!("{}\n{line}", along.note).trim().to_owned();
    }
    let Some((center, is_written)) = desk.write_along(case, &along).await? else {
        return Ok(missing(visit));
    };
    let said = if is_written {
        "written-along"
    } else {
        "written-along-nothing"
    };
    Ok(render(&WrittenAlong {
        said: page.with1(said, "center", center.name_in(page.tag())),
        note: along.note,
        phone: center.contact.phone.clone(),
        page,
    }))
}

/// What a form held that has several fields, or one whose words alone would not say what they are about.
#[derive(Default)]
pub(super) struct Along {
    /// The key of the form, where it has one: sent again, it is the same note.
    pub(super) key: String,
    /// What was being done, and that it was not.
    pub(super) done: String,
    /// What was typed, each with its label, both in words. Of what is empty nothing is said.
    pub(super) fields: Vec<(String, String)>,
}

/// The same of a form with several fields. Where nothing was typed into any, nothing goes along.
pub(super) async fn fields_along(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    along: Along,
) -> Answer {
    let colon = i18n::words(visit.language).say("colon");
    let typed: Vec<String> = along
        .fields
        .iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(label, value)| format!("{label}{colon}{}", value.trim()))
        .collect();
    // A form without fields, such as that of an invitation, is worth its own sentence.
    let is_nothing = typed.is_empty() && !along.fields.is_empty();
    let note = if is_nothing {
        String::new()
    } else {
        let lines = std::iter::once(along.done).chain(typed);
        lines.collect::<Vec<_>>().join("\n")
    };
    let typed = TypedContact {
        key: along.key,
        note,
        ..TypedContact::default()
    };
    written_along(visit, desk, case, &typed).await
}
