//! A written request of the health center: read, confirmed, taken along as a PDF.

use super::closed_history::closed_or_missing;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::request_card::RequestCard;
use crate::visit::{Family, Visit};
use app::PatientDesk;
use app::reporting_request::RequestState;
use askama::Template;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use domain::ids::{CaseId, RequestId};

#[derive(Template)]
#[template(path = "portal/request.html")]
struct RequestPage {
    page: Page,
    notice: Option<String>,
    /// What no longer holds of it.
    over: Option<String>,
    address: String,
    card: RequestCard,
    confirmed: Option<String>,
}

async fn request_page(visit: &Visit, desk: &PatientDesk, case: CaseId, id: RequestId) -> Answer {
    let Some(member) = desk.member(case).await? else {
        return Ok(missing(visit));
    };
    let requests = desk.requests(case).await?;
    let Some(request) = requests.iter().find(|r| r.id == id) else {
        return Ok(closed_or_missing(visit, desk, case));
    };
    let page = Page::new(visit, request.title()).back_to("/");
    let t = page.t;
    let zone = &member.center.time_zone;
    Ok(render(&RequestPage {
        notice: (visit.query("done").is_some()).then(|| t.say("request-confirm-done")),
        over: match (&request.withdrawn, request.state) {
            (Some(why), _) => Some(t.with1("request-withdrawn-text", "why", why.expose())),
            (None, RequestState::Replaced) => Some(t.say("request-replaced-text")),
            (None, RequestState::Over) => Some(t.say("request-state-over")),
            (None, RequestState::Ended) => Some(t.say("request-state-ended")),
            (None, _) => None,
        },
        address: format!("/requests/{case}/{id}"),
        card: RequestCard::new(request),
        confirmed: request
            .read_at
            .map(|at| t.with1("request-confirmed", "when", moment(t, zone, at))),
        page,
    }))
}

pub(super) async fn show(
    Family(visit, desk): Family,
    Path((case, id)): Path<(String, String)>,
) -> Answer {
    let (Ok(case), Ok(id)) = (case.parse(), id.parse()) else {
        return Ok(missing(&visit));
    };
    request_page(&visit, &desk, case, id).await
}

pub(super) async fn confirm(
    Family(visit, desk): Family,
    Path((case, id)): Path<(String, String)>,
    _form: Form,
) -> Answer {
    let (Ok(case), Ok(id)) = (case.parse::<CaseId>(), id.parse::<RequestId>()) else {
        return Ok(missing(&visit));
    };
    Ok(if desk.confirm_request(case, id).await? {
        go(&format!("/requests/{case}/{id}?done=1"))
    } else {
        missing(&visit)
    })
}

pub(super) async fn print(
    Family(visit, desk): Family,
    Path((case, id)): Path<(String, String)>,
) -> Answer {
    let (Ok(case), Ok(id)) = (case.parse(), id.parse()) else {
        return Ok(missing(&visit));
    };
    Ok(match desk.request_on_paper(case, id).await? {
        Some(pdf) => {
            let headers = [
                (CONTENT_TYPE, "application/pdf"),
                (CONTENT_DISPOSITION, "inline; filename=\"request.pdf\""),
            ];
            (headers, pdf).into_response()
        }
        None => missing(&visit),
    })
}
