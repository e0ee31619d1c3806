//! Writing down a call, a visit or a note.

use super::case::{CaseForms, case_page};
use super::words::stored;
use crate::fields::{AreaField, SelectField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing};
use crate::visit::Staff;
use app::contact_log::{AddContact, TypedContact};
use axum::extract::Path;
use domain::ids::CaseId;
use domain::monitoring::ContactOutcome;

pub(super) fn read_contact(form: &Form) -> TypedContact {
    TypedContact {
        key: form.text("key").to_owned(),
        outcome: form.text("outcome").to_owned(),
        note: form.text("note").to_owned(),
        next_call_at: form.text("next_call_at").to_owned(),
    }
}

/// The three fields of a call: what came of it, what was done, when to call next.
pub(super) fn contact_fields(
    page: &mut Page,
    typed: &TypedContact,
    problems: &[&'static str],
    start: &str,
) -> (SelectField, AreaField, TextField) {
    let mut problem = |field: &str, key: &str| {
        problems.contains(&field).then(|| {
            let sentence = page.say(key);
            page.problem(&format!("{start}{field}"), sentence.clone());
            sentence
        })
    };
    let outcome_problem = problem("outcome", "problem-outcome");
    let note_problem = problem("note", "problem-contact-note");
    let call_problem = problem("next_call_at", "problem-next-call");
    let first = (String::new(), page.say("contact-choose"));
    let outcomes = ContactOutcome::ALL
        .into_iter()
        .map(|o| (o.word().to_owned(), stored(page.t, "outcome", o.word())));
    let mut outcome = SelectField::new(
        "outcome",
        page.say("contact-outcome"),
        &typed.outcome,
        std::iter::once(first).chain(outcomes),
    )
    .problem(outcome_problem);
    let mut note = AreaField::new("note", page.say("contact-note"))
        .value(&typed.note)
        .problem(note_problem);
    let mut next = TextField::new("next_call_at", page.say("contact-next-call"))
        .hint(page.say("contact-next-call-hint"))
        .value(&typed.next_call_at)
        .problem(call_problem)
        .kind("datetime-local");
    // Two such forms may stand on one page: the ids differ, the names do not.
    for id in [&mut outcome.id, &mut note.id, &mut next.id] {
        *id = format!("{start}{id}");
    }
    (outcome, note, next)
}

/// The address of an answer with a problem, loaded again.
pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    Ok(match desk.case(case).await? {
        Some(_) => go(&format!("/cases/{case}#contacts")),
        None => missing(&visit),
    })
}

pub(super) async fn add(Staff(visit, desk): Staff, Path(case): Path<String>, form: Form) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let typed = read_contact(&form);
    match desk.add_contact(case, &typed).await? {
        AddContact::Added => Ok(go(&format!("/cases/{case}?done=contact#contacts"))),
        AddContact::NoSuchCase => Ok(missing(&visit)),
        AddContact::Problems(problems) => {
            let forms = CaseForms {
                contact: Some((typed, problems)),
                ..CaseForms::default()
            };
            case_page(&visit, &desk, case, forms).await
        }
    }
}
