//! Leaving word that somebody has rung and asks to be called back, for whoever answers the phone and follows nobody.

use super::case::{CaseForms, case_page};
use super::contact_log::saved;
use super::written_along::written_along;
use crate::fields::AreaField;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing};
use crate::reports::moment;
use crate::visit::Staff;
use app::StaffDesk;
use app::call_back::{AskCallBack, TypedCallBack};
use app::contact_log::TypedContact;
use app::family::FollowUp;
use app::monitoring::{Following, NOTE_LENGTH};
use axum::extract::Path;
use domain::ids::CaseId;
use domain::monitoring::ContactOutcome;
use domain::staff_role::Right;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The form, with what is known of calls to the person.
pub(super) struct CallBackForm {
    pub(super) key: String,
    pub(super) note: AreaField,
    pub(super) worse: bool,
    /// That a call is due or planned, in words.
    pub(super) call: Option<String>,
}

impl CallBackForm {
    /// The form for whoever may leave word and writes down no calls; with what they typed, where that is too long.
    pub(super) fn new(
        page: &mut Page,
        desk: &StaffDesk,
        (follow_up, following): (&FollowUp, &Following),
        typed: Option<&TypedCallBack>,
        (zone, now): (&TimeZone, Timestamp),
    ) -> Option<CallBackForm> {
        let is_none = *follow_up == FollowUp::InError;
        if !desk.may(Right::TakeCalls) || desk.may(Right::Attend) || is_none {
            return None;
        }
        let t = page.t;
        let call = following.monitoring.next_call_at;
        let call = call.filter(|_| *follow_up == FollowUp::GoesOn).map(|at| {
            let key = if at <= now {
                "call-back-due"
            } else {
                "call-back-planned"
            };
            t.with1(key, "when", moment(t, zone, at))
        });
        let mut note = AreaField::new("call_back_note", t.say("call-back-note"))
            .hint(t.say("call-back-note-hint"));
        if let Some(typed) = typed {
            let sentence = page.with1("problem-contact-note-long", "most", NOTE_LENGTH.to_string());
            note = note
                .value(&typed.note)
                .problem(page.problem("call_back_note", sentence));
        }
        Some(CallBackForm {
            key: desk.new_form_key().to_string(),
            note,
            worse: typed.is_some_and(|typed| typed.worse),
            call,
        })
    }
}

/// The address of the form's answer, loaded again.
pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    Ok(match desk.case(case).await? {
        Some(_) => go(&format!("/cases/{case}#call-back")),
        None => missing(&visit),
    })
}

pub(super) async fn ask(Staff(visit, desk): Staff, Path(case): Path<String>, form: Form) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let typed = TypedCallBack {
        key: form.text("key").to_owned(),
        note: form.text("call_back_note").to_owned(),
        worse: form.has("worse"),
    };
    match desk.ask_call_back(case, &typed).await? {
        AskCallBack::Left if typed.worse => {
            saved(&desk, case, "call-back-worse", "call-back").await
        }
        AskCallBack::Left => saved(&desk, case, "call-back", "call-back").await,
        AskCallBack::TooLong => {
            let forms = CaseForms {
                call_back: Some(typed),
                ..CaseForms::default()
            };
            case_page(&visit, &desk, case, forms).await
        }
        AskCallBack::NoSuchCase => {
            let t = i18n::words(visit.language);
            // The center that follows the person now reads it, and the page says where to call.
            let along = TypedContact {
                key: typed.key,
                outcome: ContactOutcome::AskedBack.word().to_owned(),
                note: match typed.worse {
                    true => format!("{}\n{}", t.say("call-back-worse"), typed.note),
                    false => typed.note,
                },
                ..TypedContact::default()
            };
            written_along(&visit, &desk, case, &along).await
        }
    }
}
