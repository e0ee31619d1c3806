//! Writing down a call, a visit or a note.

use super::case::{CaseForms, case_page};
use super::meanwhile::BEFORE;
use super::monitoring::local;
use super::words::stored;
use super::written_along::written_along;
use crate::fields::{AreaField, SelectField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing};
use crate::visit::Staff;
use app::StaffDesk;
use app::contact_log::{AddContact, TypedContact};
use app::monitoring::{
    CALL_AT_MOST_AHEAD_DAYS, CALL_AT_MOST_AHEAD_HOURS_ALERT, Following, NOTE_LENGTH,
};
use askama::Template;
use axum::extract::Path;
use domain::ids::CaseId;
use domain::monitoring::ContactOutcome;
use domain::staff_role::Right;
use jiff::tz::TimeZone;

pub(super) fn read_contact(form: &Form) -> TypedContact {
    TypedContact {
        key: form.text("key").to_owned(),
        outcome: form.text("outcome").to_owned(),
        note: form.text("note").to_owned(),
        next_call_at: form.text("next_call_at").to_owned(),
        call_shown: form.text(&format!("{BEFORE}next_call_at")).to_owned(),
        in_hospital: form.has("in_hospital"),
        no_call: form.has("no_call"),
    }
}

/// What is wrong with the moment of the next call, in words, which the page then lists by the id of its field.
pub(super) fn call_problem(page: &mut Page, problems: &[&'static str], id: &str) -> Option<String> {
    let sentence = problems.iter().find_map(|problem| match *problem {
        "next_call_at" => Some(page.say("problem-next-call")),
        "next_call_late" => {
            Some(page.with1("problem-next-call-late", "days", CALL_AT_MOST_AHEAD_DAYS))
        }
        "next_call_alert" => Some(page.with1(
            "problem-next-call-alert",
            "hours",
            CALL_AT_MOST_AHEAD_HOURS_ALERT,
        )),
        _ => None,
    })?;
    page.problem(id, sentence.clone());
    Some(sentence)
}

/// The fields of a call, the same on the form that ends an alert: what came of it, where an ambulance was called what follows,
/// what was done, when to call next.
#[derive(Template)]
#[template(path = "parts/contact_fields.html")]
pub(super) struct ContactFields {
    /// What the ids begin with: two such forms may stand on one page.
    start: &'static str,
    /// Whether whoever fills it in follows the person, and so plans calls.
    follows: bool,
    /// Whether the person is followed at all: nobody is called, or comes to hospital, by a record that is closed.
    goes_on: bool,
    outcome: SelectField,
    /// The legend of what follows an ambulance.
    ambulance: String,
    /// When somebody calls then.
    call: String,
    /// The label, and whether it is ticked.
    in_hospital: (String, bool),
    no_call: (String, bool),
    note: AreaField,
    /// The call that is planned, as the field held it when the form was shown.
    shown: String,
    pub(super) next: TextField,
}

/// A form for a call that nobody has typed into: it shows the planned call that stays.
pub(super) fn nothing_typed(following: &Following, zone: &TimeZone) -> TypedContact {
    let planned = following.call_ahead.map(|at| local(at, zone));
    TypedContact {
        next_call_at: planned.clone().unwrap_or_default(),
        call_shown: planned.unwrap_or_default(),
        ..TypedContact::default()
    }
}

/// The fields of a call. `follows`: whether whoever fills them in follows the person; `goes_on`: whether anybody does.
pub(super) fn contact_fields(
    page: &mut Page,
    (follows, goes_on): (bool, bool),
    typed: &TypedContact,
    problems: &[&'static str],
    start: &'static str,
) -> ContactFields {
    let too_long = typed.note.chars().count() > NOTE_LENGTH;
    let mut problem = |field: &str, key: &str| {
        problems.contains(&field).then(|| {
            let sentence = page.with1(key, "most", NOTE_LENGTH.to_string());
            page.problem(&format!("{start}{field}"), sentence.clone());
            sentence
        })
    };
    let outcome_problem = problem("outcome", "problem-outcome");
    let note_problem = problem(
        "note",
        if too_long {
            "problem-contact-note-long"
        } else {
            "problem-contact-note"
        },
    );
    let call_problem = call_problem(page, problems, &format!("{start}next_call_at"));
    let first = (String::new(), page.say("contact-choose"));
    let outcomes = ContactOutcome::ALL
        .into_iter()
        .filter(|outcome| outcome.is_chosen())
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
    let call = match follows {
        true => "alert-ambulance-call",
        false => "contact-ambulance-call",
    };
    ContactFields {
        start,
        follows,
        goes_on,
        outcome,
        ambulance: page.say("alert-ambulance"),
        call: page.say(call),
        in_hospital: (page.say("alert-in-hospital"), typed.in_hospital),
        no_call: (page.say("alert-no-call"), typed.no_call),
        note,
        shown: typed.call_shown.clone(),
        next,
    }
}

/// On to the record in which something was saved: where that is another one, because a colleague made one record of two
/// meanwhile, the page says so. It is said at the part of the page to which the address leads.
pub(super) async fn saved(desk: &StaffDesk, case: CaseId, done: &str, place: &str) -> Answer {
    Ok(go(&match desk.kept_record(case).await? {
        Some(kept) => format!("/cases/{kept}?done={done}&at={place}&under={case}#{place}"),
        None => format!("/cases/{case}?done={done}&at={place}#{place}"),
    }))
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
        AddContact::Added => {
            let outcome = ContactOutcome::parse(&typed.outcome);
            let is_tried = outcome.is_some_and(ContactOutcome::reached_nobody);
            let follows = desk.may(Right::Follow);
            let done = match outcome {
                Some(ContactOutcome::WrongNumber) => "wrong-number",
                Some(ContactOutcome::Ambulance) if !follows => "ambulance-told",
                _ if is_tried => "called",
                _ if follows => "contact",
                _ => "noted",
            };
            saved(&desk, case, done, "contacts").await
        }
        AddContact::NoSuchCase => written_along(&visit, &desk, case, &typed).await,
        AddContact::Problems(problems) => {
            let forms = CaseForms {
                contact: Some((typed, problems)),
                ..CaseForms::default()
            };
            case_page(&visit, &desk, case, forms).await
        }
    }
}
