//! Inviting a person by short message, after a look at it.

use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::invitation::{InvitePerson, InviteProblem};
use askama::Template;
use axum::extract::Path;
use domain::ids::CaseId;

#[derive(Template)]
#[template(path = "console/invite.html")]
struct InvitePage {
    page: Page,
    notice: Option<String>,
    case: String,
    name: String,
    rows: Vec<(String, String)>,
    problem: Option<String>,
    messages: Vec<String>,
}

fn key(problem: InviteProblem) -> &'static str {
    match problem {
        InviteProblem::NoGateway => "invite-no-gateway",
        InviteProblem::NoMobile => "invite-no-mobile",
        InviteProblem::TooLong => "invite-too-long",
        InviteProblem::Enough => "invite-enough",
    }
}

async fn invite_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    refused: Option<InviteProblem>,
) -> Answer {
    let (Some(view), Some((preview, messages))) =
        (desk.case(case).await?, desk.invitation(case).await?)
    else {
        return Ok(missing(visit));
    };
    let page = Page::new(visit, "invite-title").back_to(format!("/cases/{case}"));
    let t = page.t;
    let zone = &view.member.center.time_zone;
    let units = i64::try_from(preview.counted.utf16_units).unwrap_or(i64::MAX);
    let most = i64::try_from(domain::sms_text::MOST_UNITS).unwrap_or(i64::MAX);
    Ok(render(&InvitePage {
        notice: (visit.query("done").as_deref() == Some("sent")).then(|| t.say("invite-done")),
        case: case.to_string(),
        name: view.member.name_in(page.tag()).to_owned(),
        rows: vec![
            (t.say("invite-to"), preview.to),
            (t.say("invite-text"), preview.text),
            (
                t.say("invite-length"),
                t.with2("invite-counted", "units", units, "most", most),
            ),
        ],
        problem: refused
            .or(preview.problem)
            .map(|problem| t.say(key(problem))),
        messages: messages
            .iter()
            .map(|message| {
                let when = moment(t, zone, message.at);
                match (&message.sent_at, &message.given_up) {
                    (Some(_), _) => t.with1("invite-message-sent", "when", when),
                    (None, Some((_, why))) => {
                        t.with2("invite-message-failed", "when", when, "why", why)
                    }
                    (None, None) => t.with1("invite-message-waiting", "when", when),
                }
            })
            .collect(),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    invite_page(&visit, &desk, case, None).await
}

pub(super) async fn send(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    match desk.invite_person(case).await? {
        InvitePerson::Promised => Ok(go(&format!("/cases/{case}/invite?done=sent"))),
        InvitePerson::NoSuchCase => Ok(missing(&visit)),
        InvitePerson::Problem(problem) => invite_page(&visit, &desk, case, Some(problem)).await,
    }
}
