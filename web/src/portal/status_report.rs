//! The status report: the form, what is asked back, and the receipt.

use super::history::{DangerBox, danger_box, read_in_words};
use crate::cookies;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render, with_cookie};
use crate::report_form::{FormView, Shown, read};
use crate::reports::{answer_rows, day_in_words, when_in_words};
use crate::visit::{Family, Visit};
use app::PatientDesk;
use app::family::Member;
use app::status_report::{ReportForm, Submit};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::{CaseId, ReportId};
use domain::language::Language;
use domain::status_report::RawReport;
use domain::urgency::Level;

#[derive(Template)]
#[template(path = "portal/report.html")]
struct ReportPage {
    page: Page,
    notice: Option<String>,
    /// The members: the case, and the name.
    members: Vec<(String, String)>,
    chosen: Option<String>,
    choose: Option<()>,
    form: Option<FormView>,
    danger: Option<DangerBox>,
}

fn choices(members: &[Member], tag: &str) -> Vec<(String, String)> {
    members
        .iter()
        .map(|member| (member.case.to_string(), member.name_in(tag).to_owned()))
        .collect()
}

/// What a page of the form shows beside what was typed.
struct Beside {
    key: Option<ReportId>,
    notice: Option<String>,
    /// How urgent the answers are, as far as they are understood.
    level: Level,
}

async fn form_page(
    visit: &Visit,
    desk: &PatientDesk,
    form: &ReportForm,
    shown: Shown<'_>,
    beside: Beside,
) -> Answer {
    let mut page = Page::new(visit, "report-title").back_to("/");
    let tag = page.tag();
    let name = form.member.name_in(tag);
    let title = page.with1("report-title-for", "name", name);
    page = page.titled(title);
    page.form = Some("report");
    let view = shown.form(&mut page, form, beside.key.unwrap_or(form.key));
    Ok(render(&ReportPage {
        members: choices(&desk.members().await?, tag),
        chosen: Some(form.member.case.to_string()),
        choose: None,
        notice: beside.notice,
        form: Some(view),
        danger: danger_box(page.t, &form.member, beside.level),
        page,
    }))
}

/// The member that the address names.
fn named(visit: &Visit) -> Option<CaseId> {
    visit.query("member")?.parse().ok()
}

pub(super) async fn show(Family(visit, desk): Family) -> Answer {
    let case = match named(&visit) {
        Some(case) => Some(case),
        None => {
            let members = desk.members().await?;
            match members.as_slice() {
                [] => return Ok(go("/")),
                [only] => Some(only.case),
                // Nobody is preselected: a report for the wrong child must not be the easy way.
                _ => None,
            }
        }
    };
    let Some(case) = case else {
        let mut page = Page::new(&visit, "report-title").back_to("/");
        let mut choose = None;
        if visit.query("member").is_some() {
            let sentence = page.say("problem-member");
            choose = page.problem("member", sentence).map(|_| ());
        }
        return Ok(render(&ReportPage {
            members: choices(&desk.members().await?, page.tag()),
            chosen: None,
            choose,
            notice: None,
            form: None,
            danger: None,
            page,
        }));
    };
    let Some(form) = desk.report_form(case).await? else {
        return Ok(missing(&visit));
    };
    let (raw, problems) = (RawReport::default(), Vec::new());
    let shown = Shown {
        questionnaire: &form.stored.questionnaire,
        raw: &raw,
        problems: &problems,
    };
    form_page(
        &visit,
        &desk,
        &form,
        shown,
        Beside {
            key: None,
            notice: None,
            level: Level::Calm,
        },
    )
    .await
}

pub(super) async fn submit(Family(mut visit, desk): Family, form: Form) -> Answer {
    let Some(case) = named(&visit) else {
        return Ok(go("/reports/new"));
    };
    let Some(shown) = desk.report_form(case).await? else {
        return Ok(missing(&visit));
    };
    let raw = read(&form);
    let key = form.text("key").parse::<ReportId>().unwrap_or(shown.key);
    if let Some(language) = Language::parse(form.text("switch_language")) {
        // The form in another language, with all that was typed; nothing is checked yet.
        visit.language = language;
        desk.set_language(language).await?;
        let problems = Vec::new();
        let view = Shown {
            questionnaire: &shown.stored.questionnaire,
            raw: &raw,
            problems: &problems,
        };
        let beside = Beside {
            key: Some(key),
            notice: None,
            level: Level::Calm,
        };
        let response = form_page(&visit, &desk, &shown, view, beside).await?;
        let cookie = format!(
            "{}={}; Path=/; SameSite=Lax; Max-Age=31536000",
            cookies::LANGUAGE,
            language.tag()
        );
        return Ok(with_cookie(response, &cookie));
    }
    Ok(match desk.submit_report(case, key, &raw).await? {
        Submit::Accepted(id) => go(&format!("/reports/{case}/{id}")),
        Submit::NoSuchMember => missing(&visit),
        Submit::Problems(problems, level) => {
            let view = Shown {
                questionnaire: &shown.stored.questionnaire,
                raw: &raw,
                problems: &problems,
            };
            let beside = Beside {
                key: Some(key),
                notice: None,
                level,
            };
            form_page(&visit, &desk, &shown, view, beside).await?
        }
        Submit::SentBefore { at, new_key } => {
            let t = i18n::words(visit.language);
            let time = at.to_zoned(shown.member.center.time_zone.clone()).time();
            let notice = Some(t.with1("report-sent-before", "time", t.time(time)));
            let problems = Vec::new();
            let view = Shown {
                questionnaire: &shown.stored.questionnaire,
                raw: &raw,
                problems: &problems,
            };
            let beside = Beside {
                key: Some(new_key),
                notice,
                level: Level::Calm,
            };
            form_page(&visit, &desk, &shown, view, beside).await?
        }
    })
}

#[derive(Template)]
#[template(path = "portal/receipt.html")]
struct ReceiptPage {
    page: Page,
    danger: Option<DangerBox>,
    received: String,
    rows: Vec<(String, String)>,
    read: String,
    case: String,
}

pub(super) async fn receipt(
    Family(visit, desk): Family,
    Path((member, report)): Path<(String, String)>,
) -> Answer {
    let (Ok(case), Ok(id)) = (member.parse::<CaseId>(), report.parse::<ReportId>()) else {
        return Ok(missing(&visit));
    };
    let Some((member, report)) = desk.report(case, id).await? else {
        return Ok(missing(&visit));
    };
    Ok(receipt_page(&visit, &member, &report))
}

fn receipt_page(visit: &Visit, member: &Member, report: &app::status_report::Report) -> Response {
    let page = Page::new(visit, "report-title").back_to("/");
    let title = page.with1("receipt-title", "name", member.name_in(page.tag()));
    let received = page.with2(
        "receipt-received",
        "center",
        member.center.name_in(page.tag()),
        "when",
        when_in_words(page.t, member, report.received_at),
    );
    let mut rows = vec![
        (
            page.say("receipt-for"),
            member.name_in(page.tag()).to_owned(),
        ),
        (
            page.say("history-when"),
            when_in_words(page.t, member, report.measured_at),
        ),
        (
            page.say("receipt-day"),
            day_in_words(page.t, member, report.health_day),
        ),
    ];
    rows.extend(answer_rows(page.t, report));
    render(&ReceiptPage {
        danger: danger_box(page.t, member, report.level),
        received,
        rows,
        read: read_in_words(page.t, member, report),
        case: member.case.to_string(),
        page: page.titled(title),
    })
}
