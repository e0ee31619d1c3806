//! The written request to report: written, looked at, issued, printed, withdrawn.

use super::written_along::{Along, fields_along};
use crate::fields::{AreaField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::request_card::RequestCard;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::reporting_request::{Issue, Request, RequestState, Tells, TypedRequest};
use askama::Template;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::ids::{CaseId, RequestId};
use i18n::Words;
use jiff::tz::TimeZone;

#[derive(Template)]
#[template(path = "console/request_new.html")]
struct FormPage {
    page: Page,
    /// Why nothing is asked of this person any more.
    warning: Option<String>,
    case: String,
    key: String,
    name: String,
    /// Whether the article of the law is named, and why not.
    by_law: String,
    language: String,
    replaces: bool,
    report: bool,
    stay: bool,
    asks_problem: Option<String>,
    from: TextField,
    to: TextField,
    reasons: AreaField,
}

#[derive(Template)]
#[template(path = "console/request_preview.html")]
struct PreviewPage {
    page: Page,
    case: String,
    fields: Vec<(&'static str, String)>,
    /// What somebody has to know before it is issued: what cannot be printed, and how the person is told.
    notes: Vec<String>,
    replaces: bool,
    card: RequestCard,
}

/// A request on the person's page.
pub(super) struct RequestLine {
    pub(super) id: String,
    pub(super) state: String,
    pub(super) holds: bool,
    pub(super) period: String,
    pub(super) issued: String,
    pub(super) read: String,
    pub(super) why: Option<String>,
}

pub(super) fn line(t: &Words, zone: &TimeZone, request: &Request) -> RequestLine {
    RequestLine {
        id: request.id.to_string(),
        state: t.say(match request.state {
            RequestState::Holds => "request-state-holds",
            RequestState::Over => "request-state-over",
            RequestState::Ended => "request-state-ended",
            RequestState::Replaced => "request-state-replaced",
            RequestState::Withdrawn => "request-state-withdrawn",
        }),
        holds: request.state == RequestState::Holds,
        period: t.with2(
            "request-period-text",
            "from",
            t.date(request.from),
            "to",
            t.date(request.to),
        ),
        issued: t.with2(
            "request-issued",
            "when",
            moment(t, zone, request.issued_at),
            "name",
            &request.issued_by,
        ),
        read: match request.read_at {
            Some(at) => t.with1("request-read", "when", moment(t, zone, at)),
            None => t.say("request-unread"),
        },
        why: request.withdrawn.as_ref().map(|why| why.expose().clone()),
    }
}

fn read_form(form: &Form) -> TypedRequest {
    TypedRequest {
        report: form.has("report"),
        stay: form.has("stay"),
        from: form.text("from").to_owned(),
        to: form.text("to").to_owned(),
        reasons: form.text("reasons").to_owned(),
    }
}

async fn form_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    key: RequestId,
    sent: Option<(TypedRequest, Vec<&'static str>)>,
) -> Answer {
    let Some((member, language, begun)) = desk.request_to_begin_with(case).await? else {
        return Ok(missing(visit));
    };
    let (typed, problems) = sent.unwrap_or((begun, Vec::new()));
    let mut page = Page::new(visit, "request-form-title").back_to(format!("/cases/{case}"));
    let t = page.t;
    let mut problem = |name: &'static str, key: &str| {
        problems
            .contains(&name)
            .then(|| t.say(key))
            .and_then(|sentence| page.problem(name, sentence))
    };
    let warning = problems
        .contains(&"closed")
        .then(|| t.say("problem-request-closed"));
    let asks_problem = problem("report", "problem-request-asks");
    let of_from = problem("from", "problem-request-from");
    let of_to = problem("to", "problem-request-to");
    let of_reasons = problem("reasons", "problem-request-reasons");
    let requests = desk.requests(case).await?;
    let mut reasons = AreaField::new("reasons", t.say("request-reasons"))
        .hint(t.say("request-reasons-hint"))
        .value(&typed.reasons)
        .problem(of_reasons);
    reasons.rows = 6;
    Ok(render(&FormPage {
        warning,
        case: case.to_string(),
        key: key.to_string(),
        name: member.name_in(t.language.tag()).to_owned(),
        by_law: match desk.requests_name_article(&member).await? {
            true => t.say("request-form-by-law"),
            false => t.with1(
                "request-form-no-law",
                "disease",
                desk.disease(&member.programme, t.language.tag()),
            ),
        },
        language: t.with1("request-form-language", "language", language.own_name()),
        replaces: requests.iter().any(|r| r.state == RequestState::Holds),
        report: typed.report,
        stay: typed.stay,
        asks_problem,
        from: TextField::new("from", t.say("request-from"))
            .value(&typed.from)
            .problem(of_from)
            .class("w-date"),
        to: TextField::new("to", t.say("request-until"))
            .hint(t.say("request-until-hint"))
            .value(&typed.to)
            .problem(of_to)
            .class("w-date"),
        reasons,
        page,
    }))
}

pub(super) async fn show_new(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let key = RequestId::from_uuid(desk.new_form_key());
    form_page(&visit, &desk, case, key, None).await
}

/// A request that was being written while another center took the case over: what it would have said goes there as a note.
async fn along(visit: &Visit, desk: &StaffDesk, case: CaseId, typed: &TypedRequest) -> Answer {
    let t = i18n::words(visit.language);
    let asks = [
        (typed.report, "request-ask-report"),
        (typed.stay, "request-ask-stay"),
    ];
    let asks: Vec<String> = asks
        .into_iter()
        .filter(|(asked, _)| *asked)
        .map(|(_, key)| t.say(key))
        .collect();
    let fields = vec![
        (t.say("request-asks"), asks.join(" / ")),
        (t.say("request-from"), typed.from.clone()),
        (t.say("request-until"), typed.to.clone()),
        (t.say("request-reasons"), typed.reasons.clone()),
    ];
    let along = Along {
        done: t.say("written-along-request"),
        fields,
        ..Along::default()
    };
    fields_along(visit, desk, case, along).await
}

pub(super) async fn issue(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let key = form
        .text("key")
        .parse()
        .unwrap_or_else(|_| RequestId::from_uuid(desk.new_form_key()));
    let typed = read_form(&form);
    if desk.case(case).await?.is_none() {
        return along(&visit, &desk, case, &typed).await;
    }
    if form.has("change") {
        return form_page(&visit, &desk, case, key, Some((typed, Vec::new()))).await;
    }
    let is_preview = !form.has("issue");
    match desk.issue_request(case, key, &typed, is_preview).await? {
        Issue::Issued(_, tells) => {
            let done = match tells.by_paper_alone() {
                true => "requested-paper",
                false => "requested",
            };
            Ok(go(&format!(
                "/cases/{case}?done={done}&at=requests#requests"
            )))
        }
        Issue::Preview(request, tells) => {
            let requests = desk.requests(case).await?;
            let page = Page::new(&visit, "request-preview-title");
            let flag = |is: bool| if is { "1".to_owned() } else { String::new() };
            let mut notes = vec![page.say(told_by(tells))];
            if !desk.has_name_on_paper(&request) {
                notes.push(page.say("request-no-name-on-paper"));
            }
            notes.extend(not_on_paper(&page, &desk.not_on_paper(&typed.reasons)));
            Ok(render(&PreviewPage {
                case: case.to_string(),
                notes,
                fields: vec![
                    ("key", request.id.to_string()),
                    ("report", flag(typed.report)),
                    ("stay", flag(typed.stay)),
                    ("from", typed.from),
                    ("to", typed.to),
                    ("reasons", typed.reasons),
                ],
                replaces: requests.iter().any(|r| r.state == RequestState::Holds),
                card: RequestCard::new(&request),
                page,
            }))
        }
        Issue::Problems(problems) => {
            form_page(&visit, &desk, case, key, Some((typed, problems))).await
        }
        Issue::Closed => form_page(&visit, &desk, case, key, Some((typed, vec!["closed"]))).await,
        Issue::NoSuchCase => along(&visit, &desk, case, &typed).await,
    }
}

/// The key of how the person is told that a request waits.
fn told_by(tells: Tells) -> &'static str {
    match (tells.mail, tells.sms) {
        (true, true) => "request-tells-both",
        (true, false) => "request-tells-mail",
        (false, true) => "request-tells-sms",
        (false, false) => "request-tells-nobody",
    }
}

/// How many letters are named that cannot be printed.
const MOST_NAMED: usize = 20;

/// That letters of the reasons cannot be printed, and which; nothing where all can.
fn not_on_paper(page: &Page, letters: &[char]) -> Option<String> {
    let named: Vec<String> = letters
        .iter()
        .take(MOST_NAMED)
        .map(char::to_string)
        .collect();
    (!named.is_empty()).then(|| page.with1("request-not-on-paper", "letters", named.join(" ")))
}

/// A request on paper, as a file whose name says nothing about anybody.
fn paper(pdf: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/pdf"),
        (CONTENT_DISPOSITION, "inline; filename=\"request.pdf\""),
    ];
    (headers, pdf).into_response()
}

pub(super) async fn print(
    Staff(visit, desk): Staff,
    Path((case, id)): Path<(String, String)>,
) -> Answer {
    let (Ok(case), Ok(id)) = (case.parse::<CaseId>(), id.parse::<RequestId>()) else {
        return Ok(missing(&visit));
    };
    Ok(match desk.request_on_paper(case, id).await? {
        Some(pdf) => paper(pdf),
        None => missing(&visit),
    })
}

#[derive(Template)]
#[template(path = "console/request_withdraw.html")]
struct WithdrawPage {
    page: Page,
    case: String,
    id: String,
    card: RequestCard,
    reason: AreaField,
}

async fn withdraw_page(
    visit: &Visit,
    desk: &StaffDesk,
    (case, id): (CaseId, RequestId),
    typed: Option<&str>,
) -> Answer {
    let requests = desk.requests(case).await?;
    let Some(request) = requests.iter().find(|r| r.id == id) else {
        return Ok(missing(visit));
    };
    let mut page = Page::new(visit, "request-withdraw-title").back_to(format!("/cases/{case}"));
    let problem = typed.map(|_| page.say("problem-request-reason"));
    let problem = problem.and_then(|sentence| page.problem("reason", sentence));
    Ok(render(&WithdrawPage {
        case: case.to_string(),
        id: id.to_string(),
        card: RequestCard::new(request),
        reason: AreaField::new("reason", page.say("request-withdraw-reason"))
            .value(typed.unwrap_or(""))
            .problem(problem),
        page,
    }))
}

pub(super) async fn show_withdraw(
    Staff(visit, desk): Staff,
    Path((case, id)): Path<(String, String)>,
) -> Answer {
    let (Ok(case), Ok(id)) = (case.parse::<CaseId>(), id.parse::<RequestId>()) else {
        return Ok(missing(&visit));
    };
    withdraw_page(&visit, &desk, (case, id), None).await
}

pub(super) async fn withdraw(
    Staff(visit, desk): Staff,
    Path((case, id)): Path<(String, String)>,
    form: Form,
) -> Answer {
    let (Ok(case), Ok(id)) = (case.parse::<CaseId>(), id.parse::<RequestId>()) else {
        return Ok(missing(&visit));
    };
    let reason = form.text("reason");
    match desk.withdraw_request(case, id, reason).await? {
        None => withdraw_page(&visit, &desk, (case, id), Some(reason)).await,
        Some(true) => Ok(go(&format!(
            "/cases/{case}?done=request-withdrawn&at=requests#requests"
        ))),
        Some(false) if desk.case(case).await?.is_none() => {
            let t = i18n::words(visit.language);
            let along = Along {
                done: t.say("written-along-withdrawal"),
                fields: vec![(t.say("request-withdraw-reason"), reason.to_owned())],
                ..Along::default()
            };
            fields_along(&visit, &desk, case, along).await
        }
        Some(false) => Ok(go(&format!("/cases/{case}?done=meanwhile"))),
    }
}
