//! Calling a report wrong, and taking that back.

use super::history::address;
use super::not_sent::word_not_sent;
use super::sign_in::of_another;
use super::spoken;
use crate::fields::ContactCard;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::report_form::too_long;
use crate::reports::{note_row, number_rows, when_in_words};
use crate::visit::{Family, Visit, WHOSE};
use app::PatientDesk;
use app::family::Member;
use app::history::{MarkWrong, RightAfterAll, WHY_LENGTH};
use app::status_report::Report;
use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::{CaseId, ReportId};
use domain::status_report::clean_note;

#[derive(Template)]
#[template(path = "portal/wrong.html")]
struct WrongPage {
    page: Page,
    when: String,
    /// What it says, so that nobody takes one for another: of two at one minute the time says nothing.
    said: Vec<(String, String)>,
    contact: ContactCard,
    action: String,
    why: String,
    /// The word that stood when the page was opened.
    was: String,
    /// Whether it is called wrong, so that this can be taken back.
    is_marked: bool,
    problem: Option<String>,
}

fn wrong_page(
    visit: &Visit,
    member: &Member,
    report: &Report,
    (was, why): (&str, &str),
    problem: Option<String>,
) -> Response {
    let case = member.case;
    let mut page = Page::new(visit, "mark-wrong").back_to(format!("/history?member={case}"));
    page.form = Some("wrong");
    let problem = problem.and_then(|sentence| page.problem("why", sentence));
    let name = &*member.told_in(page.tag());
    let said = number_rows(page.t, report).into_iter();
    let said = said.chain(note_row(page.t, report));
    render(&WrongPage {
        said: said
            .map(|(label, value)| (label.into_owned(), value.into_owned()))
            .collect(),
        is_marked: report.wrong.is_some() && !was.is_empty(),
        when: page.with2(
            "wrong-which",
            "name",
            name,
            "when",
            when_in_words(page.t, member, report.measured_at),
        ),
        contact: ContactCard::new(page.t, &member.center),
        action: format!("/history/{case}/{}/wrong", report.id),
        why: why.to_owned(),
        was: was.to_owned(),
        problem,
        page,
    })
}

/// The ids of a member and a report in an address.
type Ids = Path<(String, String)>;

fn read_ids(Path((member, report)): Ids) -> Option<(CaseId, ReportId)> {
    Some((member.parse().ok()?, report.parse().ok()?))
}

pub(super) async fn show(Family(visit, desk): Family, ids: Ids) -> Answer {
    let Some((case, id)) = read_ids(ids) else {
        return Ok(missing(&visit));
    };
    Ok(match desk.report(case, id).await? {
        // Nothing is wrong with what does not count.
        Some((_, report)) if report.in_error.is_some() => go(&address(case, id)),
        Some((member, report)) => {
            // Whoever has said it already says more.
            let said = report.wrong.as_ref().map_or("", |(_, why)| why.expose());
            wrong_page(&visit, &member, &report, (said, said), None)
        }
        None => missing(&visit),
    })
}

/// A word on a report that the account does not know: of somebody who was taken out of it since the page was opened, it is told
/// that nobody reads it.
async fn nobody(visit: &Visit, desk: &PatientDesk, case: CaseId, form: &Form) -> Answer {
    if desk.member(case).await?.is_some() {
        return Ok(missing(visit));
    }
    if !form.has(WHOSE) {
        // Then it may be another account's.
        return Ok(of_another(visit, form));
    }
    let here = visit.uri.path_and_query().map_or("/", |at| at.as_str());
    let mut response = word_not_sent(visit, desk, here, form).await?;
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}

/// A report that was called wrong is right after all.
async fn right_after_all(
    visit: &Visit,
    desk: &PatientDesk,
    (case, id): (CaseId, ReportId),
    form: &Form,
) -> Answer {
    let stands = match desk.right_after_all(case, id, form.text("was")).await? {
        RightAfterAll::Right => return Ok(go(&address(case, id))),
        RightAfterAll::NoSuchReport => return nobody(visit, desk, case, form).await,
        RightAfterAll::Meanwhile(stands) => stands,
    };
    let sentence = i18n::words(visit.language).say("problem-right-meanwhile");
    let words = (stands.as_str(), stands.as_str());
    match desk.report(case, id).await? {
        Some((member, report)) => Ok(wrong_page(visit, &member, &report, words, Some(sentence))),
        None => nobody(visit, desk, case, form).await,
    }
}

pub(super) async fn sent(family: Family, ids: Ids, form: Form) -> Answer {
    let is_of_another = family.is_of_another(&form);
    let Family(mut visit, desk) = family;
    let Some((case, id)) = read_ids(ids) else {
        return Ok(missing(&visit));
    };
    if is_of_another {
        return Ok(of_another(&visit, &form));
    }
    let typed = (form.text("was"), form.text("why"));
    if let Some(language) = spoken::asked(&mut visit, &desk, &form).await? {
        let page = match desk.report(case, id).await? {
            Some((member, report)) => wrong_page(&visit, &member, &report, typed, None),
            None => nobody(&visit, &desk, case, &form).await?,
        };
        return Ok(spoken::kept(page, language));
    }
    let t = i18n::words(visit.language);
    if form.text("right") == "1" {
        return right_after_all(&visit, &desk, (case, id), &form).await;
    }
    let most = i64::try_from(WHY_LENGTH).unwrap_or(0);
    let mut both = None;
    let sentence = match desk.mark_wrong(case, id, typed).await? {
        MarkWrong::Marked | MarkWrong::TakenBack => return Ok(go(&address(case, id))),
        MarkWrong::NoSuchReport => return nobody(&visit, &desk, case, &form).await,
        MarkWrong::Empty => t.say("problem-why-empty"),
        MarkWrong::TooLong => too_long(t, clean_note(typed.1).chars().count(), WHY_LENGTH),
        MarkWrong::Meanwhile(stands) => {
            let all = format!("{stands}\n{}", typed.1);
            both = Some((stands, all));
            t.with1("problem-why-meanwhile", "most", most)
        }
    };
    let typed = both.as_ref().map_or(typed, |(stands, all)| (stands, all));
    match desk.report(case, id).await? {
        Some((member, report)) => Ok(wrong_page(&visit, &member, &report, typed, Some(sentence))),
        None => nobody(&visit, &desk, case, &form).await,
    }
}
