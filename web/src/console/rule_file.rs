//! One rule as a file: to keep, to read, and to take back.

use super::rules::{kind_key, meant, withdrawn_words};
use crate::fields::AreaField;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::rules::Withdraw;
use askama::Template;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use domain::rules::RuleKind;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "console/rule_file.html")]
struct RuleFilePage {
    page: Page,
    kind: &'static str,
    programme: String,
    id: String,
    text: String,
    from: String,
    /// Who took it back and when, and why.
    withdrawn: Option<(String, String)>,
    may_withdraw: bool,
    is_planned: bool,
    /// Whether the disease goes with it.
    of_disease: bool,
    why: AreaField,
}

/// The rule that holds today, as a file to keep.
pub(super) async fn download(Staff(visit, desk): Staff, Path(kind): Path<String>) -> Answer {
    let Some(kind) = RuleKind::parse(&kind) else {
        return Ok(missing(&visit));
    };
    let today = desk.rules_today().await?;
    let (Some(one), _) = meant(&desk, visit.query("of").as_deref()).await? else {
        return Ok(missing(&visit));
    };
    let Some(holds) = desk.rule_on(kind, &one.id, today).await? else {
        return Ok(missing(&visit));
    };
    let name = format!(
        "attachment; filename=\"{}-{}-{}.toml\"",
        kind.word(),
        one.id,
        holds.mark.valid_from
    );
    Ok((
        [
            (CONTENT_TYPE, "application/toml; charset=utf-8".to_owned()),
            (CONTENT_DISPOSITION, name),
        ],
        holds.file.text.clone(),
    )
        .into_response())
}

/// What was typed to take a rule back, and why that was not done: the field, and the key of the sentence.
type Wrong<'a> = (&'a str, &'static str, &'static str);

async fn file_page(
    visit: &Visit,
    desk: &StaffDesk,
    (kind, id, of): (RuleKind, Uuid, Option<&str>),
    wrong: Option<Wrong<'_>>,
) -> Answer {
    let (Some(one), _) = meant(desk, of).await? else {
        return Ok(missing(visit));
    };
    let states = desk.rules(&one.id).await?;
    let state = states.into_iter().find(|s| s.kind == kind);
    let found = state.and_then(|s| s.lines.into_iter().find(|line| line.id == Some(id)));
    let (Some(line), Some((_, text))) = (found, desk.rule_text(id)?) else {
        return Ok(missing(visit));
    };
    let mut page = Page::new(visit, &kind_key(kind, "name")).back_to(format!(
        "/rules/{}?of={}",
        kind.word(),
        one.id
    ));
    let t = page.t;
    let problem = wrong.and_then(|(_, field, key)| {
        let sentence = page.say(key);
        let beside = page.problem(field, sentence);
        beside.filter(|_| field == "why")
    });
    Ok(render(&RuleFilePage {
        kind: kind.word(),
        programme: one.id,
        id: id.to_string(),
        text,
        from: t.with1("rule-from", "day", t.date(line.valid_from)),
        withdrawn: withdrawn_words(t, &desk.rules_zone().await?, &line),
        may_withdraw: line.may_withdraw(),
        is_planned: line.is_planned,
        of_disease: desk.withdraws_disease(id).await?,
        why: AreaField::new("why", t.say("rule-withdraw-why"))
            .value(wrong.map_or("", |(why, ..)| why))
            .problem(problem),
        page,
    }))
}

fn kind_and_id(kind: &str, id: &str) -> Option<(RuleKind, Uuid)> {
    Some((RuleKind::parse(kind)?, Uuid::parse_str(id).ok()?))
}

pub(super) async fn show_file(
    Staff(visit, desk): Staff,
    Path((kind, id)): Path<(String, String)>,
) -> Answer {
    match kind_and_id(&kind, &id) {
        Some((kind, id)) => {
            let of = visit.query("of");
            file_page(&visit, &desk, (kind, id, of.as_deref()), None).await
        }
        None => Ok(missing(&visit)),
    }
}

pub(super) async fn withdraw(
    Staff(visit, desk): Staff,
    Path((kind, id)): Path<(String, String)>,
    form: Form,
) -> Answer {
    let Some((kind, id)) = kind_and_id(&kind, &id) else {
        return Ok(missing(&visit));
    };
    let why = form.text("why");
    let was_planned = match form.text("planned") {
        "" => None,
        said => Some(said == "1"),
    };
    let (field, key) = match desk.withdraw_rule(id, why, was_planned).await? {
        Withdraw::Done => {
            return Ok(go(&format!(
                "/rules/{}?of={}&done=withdrawn",
                kind.word(),
                form.text("of")
            )));
        }
        Withdraw::DoneOfDisease => return Ok(go("/rules?done=withdrawn")),
        Withdraw::NoSuchRule => return Ok(missing(&visit)),
        Withdraw::NoReason => ("why", "problem-rule-why"),
        Withdraw::LastQuestionnaire => ("withdraw", "problem-rule-last-questionnaire"),
        Withdraw::Otherwise => ("withdraw", "problem-rule-otherwise"),
    };
    let wrong = Some((why, field, key));
    file_page(&visit, &desk, (kind, id, Some(form.text("of"))), wrong).await
}
