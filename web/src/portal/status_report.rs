//! The status report: the form, what is asked back, and the receipt.

use super::history::{DangerBox, danger_box, read_in_words};
use crate::cookies;
use crate::form::Form;
use crate::page::{Answer, Broken, Page, go, missing, show as render, with_cookie};
use crate::report_form::{FormView, Shown, read};
use crate::reports::{Rows, answer_rows, day_in_words, when_in_words};
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

fn form_page(
    visit: &Visit,
    members: Vec<(String, String)>,
    form: &ReportForm,
    shown: Shown<'_>,
    beside: Beside,
) -> Response {
    let mut page = Page::new(visit, "report-title").back_to("/");
    let tag = page.tag();
    let name = form.member.name_in(tag);
    let title = page.with1("report-title-for", "name", name);
    page = page.titled(title);
    page.form = Some("report");
    let view = shown.form(&mut page, form, beside.key.unwrap_or(form.key));
    render(&ReportPage {
        members,
        chosen: Some(form.member.case.to_string()),
        choose: None,
        notice: beside.notice,
        form: Some(view),
        danger: danger_box(page.t, &form.member, beside.level),
        page,
    })
}

/// The form of one of the members, and all of them to choose from.
async fn form_beside(
    visit: &Visit,
    desk: &PatientDesk,
    case: CaseId,
) -> Result<Option<(ReportForm, Vec<(String, String)>)>, Broken> {
    let members = desk.members().await?;
    let choices = choices(&members, visit.language.tag());
    let chosen = members.into_iter().find(|member| member.case == case);
    match chosen {
        Some(member) => Ok(Some((desk.form_of(member)?, choices))),
        None => Ok(None),
    }
}

/// The member that the address names.
fn named(visit: &Visit) -> Option<CaseId> {
    visit.query("member")?.parse().ok()
}

pub(super) async fn show(Family(visit, desk): Family) -> Answer {
    let members = desk.members().await?;
    let tag = visit.language.tag();
    let choices = choices(&members, tag);
    let chosen = match (named(&visit), members.as_slice()) {
        (Some(case), _) => Some(case),
        (None, []) => return Ok(go("/")),
        (None, [only]) => Some(only.case),
        // Nobody is preselected: a report for the wrong child must not be the easy way.
        (None, _) => None,
    };
    let Some(case) = chosen else {
        let mut page = Page::new(&visit, "report-title").back_to("/");
        let mut choose = None;
        if visit.query("member").is_some() {
            let sentence = page.say("problem-member");
            choose = page.problem("member", sentence).map(|_| ());
        }
        return Ok(render(&ReportPage {
            members: choices,
            chosen: None,
            choose,
            notice: None,
            form: None,
            danger: None,
            page,
        }));
    };
    let Some(member) = members.into_iter().find(|member| member.case == case) else {
        return Ok(missing(&visit));
    };
    let form = desk.form_of(member)?;
    let (raw, problems) = (RawReport::default(), Vec::new());
    let shown = Shown {
        questionnaire: &form.stored.questionnaire,
        raw: &raw,
        problems: &problems,
    };
    let beside = Beside {
        key: None,
        notice: None,
        level: Level::Calm,
    };
    Ok(form_page(&visit, choices, &form, shown, beside))
}

pub(super) async fn submit(Family(mut visit, desk): Family, form: Form) -> Answer {
    let Some(case) = named(&visit) else {
        return Ok(go("/reports/new"));
    };
    let raw = read(&form);
    let switched = Language::parse(form.text("switch_language"));
    let key = form.text("key").parse::<ReportId>();
    let key = key.unwrap_or_else(|_| desk.new_report_key());
    let mut beside = Beside {
        key: Some(key),
        notice: None,
        level: Level::Calm,
    };
    let mut problems = Vec::new();
    let mut sent_before = None;
    if let Some(language) = switched {
        // The form in another language, with all that was typed; nothing is checked yet.
        visit.language = language;
        desk.set_language(language).await?;
    } else {
        match desk.submit_report(case, key, &raw).await? {
            Submit::Accepted(id) => return Ok(go(&format!("/reports/{case}/{id}"))),
            Submit::NoSuchMember => return Ok(missing(&visit)),
            Submit::Problems(found, level) => {
                problems = found;
                beside.level = level;
            }
            Submit::SentBefore { at, new_key } => {
                sent_before = Some(at);
                beside.key = Some(new_key);
            }
        }
    }
    // Once more, with all members to choose from.
    let Some((shown, choices)) = form_beside(&visit, &desk, case).await? else {
        return Ok(missing(&visit));
    };
    if let Some(at) = sent_before {
        let t = i18n::words(visit.language);
        let time = at.to_zoned(shown.member.center.time_zone.clone()).time();
        beside.notice = Some(t.with1("report-sent-before", "time", t.time(time)));
    }
    let view = Shown {
        questionnaire: &shown.stored.questionnaire,
        raw: &raw,
        problems: &problems,
    };
    let response = form_page(&visit, choices, &shown, view, beside);
    Ok(match switched {
        Some(language) => {
            let cookie = format!(
                "{}={}; Path=/; SameSite=Lax; Max-Age=31536000",
                cookies::LANGUAGE,
                language.tag()
            );
            with_cookie(response, &cookie)
        }
        None => response,
    })
}

#[derive(Template)]
#[template(path = "portal/receipt.html")]
struct ReceiptPage<'a> {
    page: Page,
    danger: Option<DangerBox>,
    received: String,
    rows: Rows<'a>,
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
    let mut rows: Rows<'_> = vec![
        (
            page.t.text("receipt-for"),
            member.name_in(page.tag()).into(),
        ),
        (
            page.t.text("history-when"),
            when_in_words(page.t, member, report.measured_at).into(),
        ),
        (
            page.t.text("receipt-day"),
            day_in_words(page.t, member, report.health_day).into(),
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
