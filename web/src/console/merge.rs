//! Whether two records are one person's illness: found, laid side by side, made one, and made two again.

use super::alike::because;
use super::words::born;
use crate::fields::{AreaField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::case_registration::CaseView;
use app::merge::{Merge, MergeLine};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::CaseId;
use i18n::Words;
use jiff::tz::TimeZone;

struct Candidate {
    address: String,
    name: String,
    id: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "console/merge_find.html")]
struct FindPage {
    page: Page,
    case: String,
    name: String,
    candidates: Vec<Candidate>,
    number: TextField,
}

/// A row of the comparison: the label, both values, and whether they differ.
struct Compared {
    label: String,
    one: String,
    other: String,
    differ: bool,
}

#[derive(Template)]
#[template(path = "console/merge.html")]
struct MergePage {
    page: Page,
    case: String,
    /// The cases: the id, the number, and the version that is looked at.
    one: (String, String, i32),
    other: (String, String, i32),
    rows: Vec<Compared>,
    keep_other: bool,
    reason: AreaField,
}

#[derive(Template)]
#[template(path = "console/merged.html")]
struct MergedPage {
    page: Page,
    notice: Option<String>,
    name: String,
    case: String,
    kept: (String, String),
    told: String,
    why: String,
    may_undo: bool,
    reason: AreaField,
}

/// A merge in words.
pub(super) fn merge_words(t: &Words, zone: &TimeZone, line: &MergeLine) -> String {
    let told = t.with(
        "merge-told",
        &[
            ("merged", (&line.merged.1).into()),
            ("kept", (&line.kept.1).into()),
            ("when", moment(t, zone, line.at).into()),
            ("name", (&line.by).into()),
        ],
    );
    match &line.undone {
        Some((at, by)) => {
            let undone = t.with2("merge-undone", "when", moment(t, zone, *at), "name", by);
            format!("{told} {undone}")
        }
        None => told,
    }
}

async fn find_page(
    visit: &Visit,
    desk: &StaffDesk,
    view: &CaseView,
    typed: Option<&str>,
) -> Answer {
    let case = view.member.case;
    let mut page = Page::new(visit, "merge-find-title").back_to(format!("/cases/{case}"));
    let t = page.t;
    let candidates = desk
        .like_case(case)
        .await?
        .iter()
        .map(|one| Candidate {
            address: format!("/cases/{case}/merge?with={}", one.view.member.case),
            name: one.view.member.name_in(t.language.tag()).to_owned(),
            id: one.view.member.hersys_id.clone(),
            reason: because(t, one.reason),
        })
        .collect();
    let problem = typed.map(|_| t.say("merge-problem-number"));
    let problem = problem.and_then(|sentence| page.problem("hersys_id", sentence));
    Ok(render(&FindPage {
        case: case.to_string(),
        name: view.member.name_in(t.language.tag()).to_owned(),
        candidates,
        number: TextField::new("hersys_id", "HER-SYS ID".to_owned())
            .hint(t.say("merge-number-hint"))
            .value(typed.unwrap_or(""))
            .problem(problem)
            .inputmode("numeric")
            .class("w-code"),
        page,
    }))
}

fn compared(t: &Words, one: &CaseView, other: &CaseView) -> Vec<Compared> {
    let spelling = |view: &CaseView, script: &str| {
        view.names
            .iter()
            .find(|(s, _)| s == script)
            .map_or(String::new(), |(_, name)| name.expose().clone())
    };
    let zone = &one.member.center.time_zone;
    let row = |label: &str, say: &dyn Fn(&CaseView) -> String| {
        let (one, other) = (say(one), say(other));
        Compared {
            label: t.say(label),
            differ: one != other,
            one,
            other,
        }
    };
    vec![
        row("console-name", &|v| spelling(v, "kanji")),
        row("console-name-kana", &|v| spelling(v, "kana")),
        row("console-name-latin", &|v| spelling(v, "latin")),
        row("birthdate", &|v| born(t, v.birthdate.expose())),
        row("phone", &|v| v.phone.expose().clone()),
        row("console-diagnosed-on", &|v| t.date(v.member.diagnosed_on)),
        row("console-onset-on", &|v| {
            v.member.onset_on.map(|day| t.date(day)).unwrap_or_default()
        }),
        row("merge-registered", &|v| moment(t, zone, v.registered_at)),
        row("merge-account", &|v| {
            v.claimed_at
                .map(|at| moment(t, zone, at))
                .unwrap_or_else(|| t.say("console-no"))
        }),
        row("merge-reports", &|v| v.member.report_count.to_string()),
        row("console-column-latest", &|v| {
            v.member
                .latest
                .map_or_else(|| t.say("console-no-report"), |(at, _)| moment(t, zone, at))
        }),
    ]
}

fn merge_page(
    visit: &Visit,
    one: &CaseView,
    other: &CaseView,
    sent: Option<(&Form, &'static str)>,
) -> Response {
    let case = one.member.case;
    let mut page = Page::new(visit, "merge-title").back_to(format!("/cases/{case}/merge"));
    let t = page.t;
    let problem = sent.map(|(_, key)| t.say(key));
    let problem = problem.and_then(|sentence| page.problem("reason", sentence));
    let side = |view: &CaseView| {
        (
            view.member.case.to_string(),
            view.member.hersys_id.clone(),
            view.version,
        )
    };
    let kept = sent.map_or("", |(form, _)| form.text("kept"));
    // Whoever has signed up keeps what they know.
    let other_knows = other.claimed_at.is_some() && one.claimed_at.is_none();
    render(&MergePage {
        case: case.to_string(),
        keep_other: if kept.is_empty() {
            other_knows
        } else {
            kept == other.member.case.to_string()
        },
        one: side(one),
        other: side(other),
        rows: compared(t, one, other),
        reason: AreaField::new("reason", t.say("merge-reason"))
            .hint(t.say("merge-reason-hint"))
            .value(sent.map_or("", |(form, _)| form.text("reason")))
            .problem(problem),
        page,
    })
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let Some(view) = desk.case(case).await? else {
        return Ok(missing(&visit));
    };
    let with = visit.query("with").and_then(|text| text.parse().ok());
    match with {
        Some(with) => Ok(match desk.case(with).await? {
            Some(other) if with != case => merge_page(&visit, &view, &other, None),
            _ => missing(&visit),
        }),
        None => find_page(&visit, &desk, &view, None).await,
    }
}

pub(super) async fn merge(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let Some(view) = desk.case(case).await? else {
        return Ok(missing(&visit));
    };
    let Ok(with) = form.text("with").parse::<CaseId>() else {
        let number = form.text("hersys_id");
        return match desk.case_by_number(number).await? {
            Some(other) if other.member.case != case => Ok(go(&format!(
                "/cases/{case}/merge?with={}",
                other.member.case
            ))),
            _ => find_page(&visit, &desk, &view, Some(number)).await,
        };
    };
    let Some(other) = desk.case(with).await? else {
        return Ok(missing(&visit));
    };
    let version = |name: &str| form.text(name).parse().unwrap_or(0);
    let (of_one, of_other) = (version("version"), version("version_with"));
    let (kept, merged, versions) = if form.text("kept") == with.to_string() {
        (with, case, (of_other, of_one))
    } else {
        (case, with, (of_one, of_other))
    };
    let done = desk
        .merge_cases(kept, merged, versions, form.text("reason"))
        .await?;
    let problem = match done {
        Merge::Done(kept) => return Ok(go(&format!("/cases/{kept}?done=merged"))),
        Merge::NoSuchCase => "merge-problem-center",
        Merge::Reason => "merge-problem-reason",
        Merge::PartOfAnother => "merge-problem-part",
        Merge::Offered => "merge-problem-offered",
        Merge::ChangedMeanwhile => "merge-problem-meanwhile",
    };
    Ok(merge_page(&visit, &view, &other, Some((&form, problem))))
}

/// The page of a case that was merged into another one; `None` where that does not hold.
pub(super) async fn merged_page(
    visit: &Visit,
    desk: &StaffDesk,
    view: &CaseView,
    sent: Option<(&Form, &'static str)>,
) -> Result<Option<Response>, crate::page::Broken> {
    let merges = desk.merges(view.member.case).await?;
    let Some(line) = merges
        .iter()
        .find(|line| line.undone.is_none() && line.merged.0 == view.member.case)
    else {
        return Ok(None);
    };
    let mut page = Page::new(visit, "merge-merged-title").back_to("/cases");
    let t = page.t;
    let problem = sent.map(|(_, key)| t.say(key));
    let problem = problem.and_then(|sentence| page.problem("reason", sentence));
    let own = desk.center_in_reach(None).await?;
    Ok(Some(render(&MergedPage {
        notice: None,
        name: view.member.name_in(t.language.tag()).to_owned(),
        case: view.member.case.to_string(),
        kept: (format!("/cases/{}", line.kept.0), line.kept.1.clone()),
        told: merge_words(t, &view.member.center.time_zone, line),
        why: line.reason.expose().clone(),
        may_undo: desk.may(domain::staff_role::Right::CorrectPersons)
            && own.is_some_and(|own| own.id == view.member.center.id),
        reason: AreaField::new("reason", t.say("merge-undo-reason"))
            .value(sent.map_or("", |(form, _)| form.text("reason")))
            .problem(problem),
        page,
    })))
}

pub(super) async fn unmerge(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let Some(view) = desk.case(case).await? else {
        return Ok(missing(&visit));
    };
    let problem = match desk.unmerge_case(case, form.text("reason")).await? {
        Merge::Done(case) => return Ok(go(&format!("/cases/{case}?done=unmerged"))),
        Merge::ChangedMeanwhile | Merge::PartOfAnother => {
            return Ok(go(&format!("/cases/{case}?done=meanwhile")));
        }
        Merge::NoSuchCase => return Ok(missing(&visit)),
        Merge::Reason => "merge-problem-reason",
        Merge::Offered => "merge-problem-offered",
    };
    let page = merged_page(&visit, &desk, &view, Some((&form, problem))).await?;
    Ok(page.unwrap_or_else(|| missing(&visit)))
}

/// The address of a form without its form.
pub(super) async fn show_unmerge(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    Ok(match desk.case(case).await? {
        Some(_) => go(&format!("/cases/{case}")),
        None => missing(&visit),
    })
}
