//! Another disease: begun with the rules of one that is followed already, opened or closed to new cases, and whether the law
//! that written requests name applies to it.

use super::case_registration::programme_field;
use crate::fields::{AreaField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::programme::{BeginProgramme, DISEASE_FIELDS, TypedProgramme};
use askama::Template;
use axum::extract::Path;

#[derive(Template)]
#[template(path = "console/programme.html")]
struct ProgrammePage {
    page: Page,
    fields: Vec<String>,
}

/// `why`: what is wrong with the fields, where it is not that they are empty or cannot be read.
async fn begin_page(
    visit: &Visit,
    desk: &StaffDesk,
    typed: &TypedProgramme,
    wrong: &[&'static str],
    why: Option<&str>,
) -> Answer {
    let mut page = Page::new(visit, "programme-begin").back_to("/rules");
    let t = page.t;
    let all = desk.programmes().await?;
    let mut problem = |field: &'static str, key: &str| {
        wrong.contains(&field).then(|| {
            let sentence = t.say(key);
            page.problem(field, sentence.clone());
            sentence
        })
    };
    let names = DISEASE_FIELDS.into_iter().zip(&typed.disease);
    let names: Vec<String> = names
        .map(|(field, value)| {
            TextField::new(
                field,
                t.say(&format!("programme-{}", field.replace('_', "-"))),
            )
            .value(value)
            .problem(problem(field, why.unwrap_or("problem-programme-disease")))
            .to_string()
        })
        .collect();
    let id_problem = problem("id", why.unwrap_or("problem-programme-id"));
    let id = TextField::new("id", t.say("programme-id"))
        .hint(t.say("programme-id-hint"))
        .value(&typed.id)
        .problem(id_problem)
        .class("w-short");
    let mut like =
        programme_field(t, &all, &typed.like).problem(problem("like", "problem-programme-like"));
    like.id = "like".to_owned();
    like.name = "like".to_owned();
    like.label = t.say("programme-like");
    like.hint = t.say("programme-like-hint");
    let from = TextField::new("valid_from", t.say("rule-valid-from"))
        .hint(t.say("rule-valid-from-hint"))
        .value(&typed.valid_from)
        .problem(problem("valid_from", "problem-rule-from"))
        .kind("date");
    let why = AreaField::new("why", t.say("rule-why"))
        .hint(t.say("rule-why-hint"))
        .value(&typed.why)
        .problem(problem("why", "problem-rule-why"));
    let mut fields = names;
    fields.extend([
        id.to_string(),
        like.to_string(),
        from.to_string(),
        why.to_string(),
    ]);
    Ok(render(&ProgrammePage { fields, page }))
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    begin_page(&visit, &desk, &TypedProgramme::default(), &[], None).await
}

pub(super) async fn begin(Staff(visit, desk): Staff, form: Form) -> Answer {
    let text = |name: &str| form.text(name).to_owned();
    let typed = TypedProgramme {
        id: text("id"),
        disease: DISEASE_FIELDS.map(text),
        like: text("like"),
        valid_from: text("valid_from"),
        why: text("why"),
    };
    match desk.begin_programme(&typed).await? {
        BeginProgramme::Begun(id) => Ok(go(&format!("/rules?done=begun#{id}"))),
        BeginProgramme::Problems(wrong) => begin_page(&visit, &desk, &typed, &wrong, None).await,
        BeginProgramme::Stands => {
            let why = Some("problem-programme-stands");
            begin_page(&visit, &desk, &typed, &["id"], why).await
        }
        BeginProgramme::Said(wrong) => {
            let why = Some("problem-programme-said");
            begin_page(&visit, &desk, &typed, &wrong, why).await
        }
    }
}

pub(super) async fn change(
    Staff(visit, desk): Staff,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    if desk.programmes().await?.iter().all(|one| one.id != id) {
        return Ok(missing(&visit));
    }
    // Said of the disease, not of its new cases.
    if form.has("article") {
        let applies = form.text("article") == "applies";
        desk.name_article(&id, applies).await?;
        return Ok(go(match applies {
            true => "/rules?done=article",
            false => "/rules?done=no-article",
        }));
    }
    let is_open = !form.has("close");
    let done = match (desk.open_programme(&id, is_open).await?, is_open) {
        (true, true) => "opened",
        (true, false) => "closed",
        (false, _) => "last",
    };
    Ok(go(&format!("/rules?done={done}")))
}
