//! What was told anew of somebody who stands, and is not what the record says: shown to be looked over, before anything is written.

use super::{Beside, form_page, parts};
use crate::console::meanwhile::Now;
use crate::page::Broken;
use crate::visit::Visit;
use app::StaffDesk;
use app::case_registration::TypedCase;
use axum::response::Response;
use domain::ids::CaseId;
use domain::language::reads_alike;
use domain::phone::PhoneNumber;
use domain::staff_role::Right;
use std::iter::zip;

/// What stands where something else is typed: which of both is right is judged by both.
fn differing(anew: &mut TypedCase, stands: &mut TypedCase) -> Now {
    let fields = zip(parts(anew), parts(stands));
    let differ = fields.filter(|((_, anew), (_, stands))| anew != stands);
    let now = differ.map(|(_, (field, stands))| (field.name().to_owned(), stands.clone()));
    now.collect()
}

/// The same of a form that comes back; none where nobody is registered under it.
pub(super) async fn stands_otherwise(
    desk: &StaffDesk,
    case: CaseId,
    typed: &mut TypedCase,
) -> Result<Option<Now>, Broken> {
    let Some(stands) = desk.person_form(case).await? else {
        return Ok(None);
    };
    let mut stands = stands.typed;
    if typed.programme.is_empty() {
        // Where one disease is followed alone, the form does not ask for it.
        typed.programme.clone_from(&stands.programme);
    }
    Ok(Some(differing(typed, &mut stands)))
}

/// What was told, with a further illness or by a notification, of where somebody is and how they are reached, where another thing
/// stands: the page on which it is corrected, with that typed into it already. None where all of it stands, or the reader corrects
/// nobody. `says`: the keys of what is said of it; `reason`: that of the reason which is proposed.
///
/// # Errors
/// Where the person cannot be read.
pub(in crate::console) async fn told_anew(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    typed: &TypedCase,
    (says, reason): (&[&'static str], &str),
) -> Result<Option<Response>, Broken> {
    if !desk.may(Right::CorrectPersons) {
        return Ok(None);
    }
    let Some(stands) = desk.person_form(case).await? else {
        return Ok(None);
    };
    let mut stands = stands.typed;
    let is_new = |told: &str, stands: &str| !told.trim().is_empty() && told.trim() != stands.trim();
    let number = |text: &str| PhoneNumber::parse(text).ok();
    let mut anew = stands.clone();
    if number(&typed.phone).is_some_and(|told| number(&stands.phone) != Some(told)) {
        anew.phone.clone_from(&typed.phone);
        anew.has_no_phone = false;
    } else if typed.has_no_phone {
        // Who had a number and has none any more.
        anew.phone.clear();
        anew.has_no_phone = true;
    }
    for (told, stands, anew) in [
        (&typed.email, &stands.email, &mut anew.email),
        (&typed.address, &stands.address, &mut anew.address),
        (
            &typed.whereabouts,
            &stands.whereabouts,
            &mut anew.whereabouts,
        ),
    ] {
        if is_new(told, stands) {
            anew.clone_from(told);
        }
    }
    let language = typed.language.as_str();
    if !language.is_empty() && !reads_alike(language, &stands.language) {
        anew.language = language.to_owned();
    }
    if anew == stands {
        return Ok(None);
    }
    // Nobody has been asked about these.
    (anew.number_is_right, anew.days_are_right) = (false, false);
    let mut says = says.to_vec();
    if anew.phone != stands.phone && desk.was_taken_out(case, &anew.phone).await? {
        says.push("person-number-taken-out");
    }
    let now = differing(&mut anew, &mut stands);
    let beside = Beside {
        told_anew: &says,
        now: Some(now),
        // It does not wait until the form is saved.
        has_alert: desk.has_open_alert(case).await?,
        reason: &i18n::words(visit.language).say(reason),
        ..Beside::default()
    };
    form_page(visit, desk, case, Some(&anew), beside)
        .await
        .map(Some)
}
