//! Taking a HER-SYS ID back and giving another one.

use super::correction::{CorrectionView, corrected_since};
use super::meanwhile::seen;
use super::written_along::{Along, fields_along};
use crate::fields::{SelectField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::hersys_id::Reissue;
use askama::Template;
use axum::extract::Path;
use domain::ids::CaseId;

#[derive(Template)]
#[template(path = "console/hersys_id.html")]
struct IdPage {
    page: Page,
    case: String,
    name: String,
    hersys_id: String,
    /// Those of the records that became one with it.
    others: Vec<String>,
    version: i32,
    /// When the page was made, in milliseconds.
    seen: i64,
    warning: Option<String>,
    /// What somebody else did meanwhile.
    since: Vec<CorrectionView>,
    account: Option<SelectField>,
    reason: TextField,
}

/// What becomes of the account: the word that is sent, and the key of its words.
const ACCOUNT: [(&str, &str); 4] = [
    ("", "contact-choose"),
    ("no", "reissue-account-stays"),
    ("yes", "reissue-account-goes"),
    ("lost", "reissue-account-lost"),
];

async fn id_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    (reason, detach): (&str, &str),
    wrong: Option<(&str, &Form)>,
) -> Answer {
    // Where two records became one, the IDs of both are taken back together.
    let case = desk.kept_record(case).await?.unwrap_or(case);
    let Some(view) = desk.case(case).await? else {
        return Ok(missing(visit));
    };
    let merges = desk.merges(case).await?;
    let others = merges
        .into_iter()
        .filter(|line| line.undone.is_none() && line.kept.0 == case)
        .map(|line| line.merged.1)
        .collect();
    let (wrong, form) = wrong.unzip();
    let meanwhile = form.filter(|_| wrong == Some("meanwhile"));
    let mut page = Page::new(visit, "reissue-title").back_to(format!("/cases/{case}"));
    let mut beside = |field: &str, key: &str| {
        (wrong == Some(field)).then(|| {
            let sentence = page.say(key);
            page.problem(field, sentence.clone());
            sentence
        })
    };
    let reason_problem = beside("reason", "problem-reissue-reason");
    let account_problem = beside("detach", "problem-reissue-account");
    let t = page.t;
    let since = match meanwhile {
        Some(form) => corrected_since(t, desk, &view, seen(form)).await?,
        None => Vec::new(),
    };
    Ok(render(&IdPage {
        case: case.to_string(),
        name: view.member.name_in(page.tag()).to_owned(),
        hersys_id: view.member.hersys_id.clone(),
        others,
        // A page that is shown for another mistake is as old as it was.
        version: match form.filter(|_| meanwhile.is_none()) {
            Some(form) => form.text("version").parse().unwrap_or(0),
            None => view.version,
        },
        seen: match form.filter(|_| meanwhile.is_none()) {
            Some(form) => seen(form).as_millisecond(),
            None => visit.site.app.clock.now().as_millisecond(),
        },
        warning: meanwhile.map(|_| t.say("changed-meanwhile")),
        since,
        account: view.signed_up_at.is_some().then(|| {
            SelectField::new(
                "detach",
                t.say("reissue-account"),
                detach,
                ACCOUNT.map(|(word, key)| (word.to_owned(), t.say(key))),
            )
            .problem(account_problem)
        }),
        reason: TextField::new("reason", t.say("reissue-reason"))
            .hint(t.say("reissue-reason-hint"))
            .value(reason)
            .problem(reason_problem),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    id_page(&visit, &desk, case, ("", ""), None).await
}

/// An ID that was being taken back while another center took the case over: why goes there as a note.
async fn along(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    (reason, word): (&str, &str),
) -> Answer {
    let t = i18n::words(visit.language);
    let chosen = ACCOUNT.iter().find(|(of, _)| *of == word && !of.is_empty());
    let account = chosen.map_or_else(String::new, |(_, key)| t.say(key));
    let along = Along {
        done: t.say("written-along-id"),
        fields: vec![
            (t.say("reissue-account"), account),
            (t.say("reissue-reason"), reason.to_owned()),
        ],
        ..Along::default()
    };
    fields_along(visit, desk, case, along).await
}

pub(super) async fn reissue(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let (reason, word) = (form.text("reason"), form.text("detach"));
    if desk.case(case).await?.is_none() {
        return along(&visit, &desk, case, (reason, word)).await;
    }
    let detach = match word {
        "yes" | "lost" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let version = form.text("version").parse().unwrap_or(0);
    let wrong = match desk.reissue_id(case, reason, detach, version).await? {
        Reissue::Reissued(_) => return Ok(go(&format!("/cases/{case}?done=reissued"))),
        Reissue::NoSuchCase => return along(&visit, &desk, case, (reason, word)).await,
        Reissue::Reason => "reason",
        Reissue::HasAccount => "detach",
        Reissue::ChangedMeanwhile => "meanwhile",
    };
    id_page(&visit, &desk, case, (reason, word), Some((wrong, &form))).await
}
