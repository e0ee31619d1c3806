//! What becomes of a correction that something has overtaken: what a colleague saved, or made of the record, and another center
//! that took it over.

use super::{Beside, MET, day_label, form_page, parts};
use crate::console::case_registration::language_name;
use crate::console::correction::field_words;
use crate::console::meanwhile::{Now, is_changed, settle};
use crate::console::written_along::{Along, fields_along};
use crate::form::Form;
use crate::page::Answer;
use crate::visit::Visit;
use app::StaffDesk;
use app::case_registration::{CaseField, TypedCase};
use domain::ids::CaseId;
use i18n::Words;

/// The fields that were on a form and were changed, each with its label, in words. `day`: the key of what the day is called
/// from which the illness is counted.
pub(in crate::console) fn changed_fields(
    t: &Words,
    desk: &StaffDesk,
    (form, typed): (&Form, &mut TypedCase),
    day: &str,
) -> Vec<(String, String)> {
    parts(typed)
        .into_iter()
        .filter(|(field, _)| is_changed(form, field.name()))
        .map(|(field, value)| {
            let said = match (field, value.as_str()) {
                (_, "") => t.say("correction-nothing"),
                (CaseField::Language, tag) => language_name(t, tag).into_owned(),
                (CaseField::Programme, id) => desk.disease(id, t.language.tag()),
                (_, text) => text.to_owned(),
            };
            let label = match field {
                CaseField::DiagnosedOn => t.say(day),
                field => field_words(t, field.name()),
            };
            (label, said)
        })
        .collect()
}

/// What was being corrected while another center took the case over: the fields that were changed, and why, go there as a
/// note.
pub(super) async fn along(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    (form, typed): (&Form, &mut TypedCase),
) -> Answer {
    let t = i18n::words(visit.language);
    let day = day_label(typed.is_contact);
    let mut fields = changed_fields(t, desk, (form, typed), day);
    fields.push((t.say("correction-reason"), form.text("reason").to_owned()));
    let along = Along {
        done: t.say("written-along-correction"),
        fields,
        ..Along::default()
    };
    fields_along(visit, desk, case, along).await
}

/// The form once more, after a colleague has saved what it is about, or made the record part of another one: by the record that
/// stands, with what was typed, and beside what both changed what stands now.
pub(super) async fn meanwhile(
    visit: &Visit,
    desk: &StaffDesk,
    shown: CaseId,
    (form, mut typed): (&Form, TypedCase),
) -> Answer {
    let (case, merged) = match desk.kept_record(shown).await? {
        Some(kept) => (kept, desk.case(shown).await?),
        None => (shown, None),
    };
    let Some(mut stands) = desk.person_form(case).await? else {
        return along(visit, desk, case, (form, &mut typed)).await;
    };
    // What was typed as the day of the last contact is none of a diagnosis, nor the other way round.
    let is_other_day = typed.is_contact != stands.typed.is_contact;
    let is_typed = is_other_day && is_changed(form, CaseField::DiagnosedOn.name());
    let met = match is_typed {
        true => typed.diagnosed_on.clone(),
        false => form.text(MET).to_owned(),
    };
    if is_other_day {
        typed.diagnosed_on.clone_from(&stands.typed.diagnosed_on);
        typed.days_are_right = false;
    }
    let mut now = Now::new();
    for ((field, typed), (_, stands)) in parts(&mut typed).into_iter().zip(parts(&mut stands.typed))
    {
        if field != CaseField::DiagnosedOn || !is_other_day {
            settle(form, field.name(), typed, stands, &mut now);
        }
    }
    typed.is_contact = stands.typed.is_contact;
    // The tick belongs to the number, whichever of the two stands.
    let says_none = typed.has_no_phone || stands.typed.has_no_phone;
    typed.has_no_phone = says_none && typed.phone.trim().is_empty();
    let beside = Beside {
        reason: form.text("reason"),
        now: Some(now),
        is_case_now: is_other_day && !typed.is_contact,
        merged: merged.map(|view| view.member.hersys_id),
        met: &met,
        ..Beside::default()
    };
    form_page(visit, desk, case, Some(&typed), beside).await
}
