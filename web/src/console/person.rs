//! Correcting who somebody is, with a reason. A refused registration with the right data then succeeds.

mod overtaken;
mod told_anew;

pub(super) use overtaken::changed_fields;
pub(super) use told_anew::told_anew;

use super::case_registration::{
    CaseFields, asks_number, fields_with_day, language_name, programme_field, read_case,
};
use super::meanwhile::{Now, Was, as_it_came, beside as say_beside, was};
use super::spoken;
use super::words::{born, phone_words};
use crate::fields::{SelectField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::case_registration::{Address, CaseField, CaseProblem, CaseView, TypedCase};
use app::correction::CorrectPerson;
use askama::Template;
use axum::extract::Path;
use domain::ids::CaseId;
use domain::staff_role::Right;
use i18n::Words;
use overtaken::{along, meanwhile};
use told_anew::stands_otherwise;

#[derive(Template)]
#[template(path = "console/person.html")]
struct PersonPage {
    page: Page,
    case: String,
    /// What the page was made of: the version, and what the fields held.
    version: i32,
    was: Was,
    warnings: Vec<String>,
    /// The key of what is said of it, where something was told anew.
    told: Option<&'static str>,
    /// Whether an alert is open that came with what was told anew: it stands on the page of the record.
    has_alert: bool,
    /// The day of the last contact that was typed while the contact became a case, and the sentence that says so.
    met: Option<(String, String)>,
    fields: CaseFields,
    /// Whether it is a contact who is not ill, and whether the reader may note that one has fallen ill.
    is_contact: bool,
    may_follow: bool,
    /// Whether unlikely days are asked back, and whether they were said to be right.
    asks_days: bool,
    days_are_right: bool,
    /// Whether a number is asked back, and whether it was said to be right.
    asks_number: Option<bool>,
    language_now: Option<String>,
    /// Where several diseases are followed.
    programme: Option<SelectField>,
    reason: TextField,
}

/// What the day is called from which an illness is counted: that of the diagnosis, or of a contact that of the last contact.
fn day_label(is_contact: bool) -> &'static str {
    if is_contact {
        "close-last-contact"
    } else {
        "console-diagnosed-on"
    }
}

/// What is registered of somebody: labels and values.
pub(super) fn registered(t: &Words, desk: &StaffDesk, view: &CaseView) -> Vec<(String, String)> {
    let none = || t.say("console-case-none");
    let member = &view.member;
    let zone = &member.center.time_zone;
    let mut rows = Vec::new();
    for (script, name) in &view.names {
        let label = match script.as_str() {
            "kana" => "console-name-kana",
            "latin" => "console-name-latin",
            _ => "console-name",
        };
        rows.push((t.say(label), name.expose().clone()));
    }
    let date = |day: Option<jiff::civil::Date>| day.map_or_else(none, |day| t.date(day));
    let passport = match &view.passport {
        Some(number) if view.passport_by_person => {
            t.with1("console-case-passport-by-person", "number", number.expose())
        }
        Some(number) => number.expose().clone(),
        None => none(),
    };
    let account = match view.signed_up_at {
        Some(at) => t.with1("console-case-account-yes", "when", moment(t, zone, at)),
        None => t.say("console-case-account-no"),
    };
    rows.extend([
        (t.say("birthdate"), born(t, view.birthdate.expose())),
        (t.say("phone"), phone_words(t, &view.phone)),
        (
            t.say("console-email"),
            view.email
                .as_ref()
                .map_or_else(none, |email| email.expose().clone()),
        ),
        (
            t.say("console-language"),
            language_name(t, &view.language).into_owned(),
        ),
        (
            t.say("programme-disease"),
            desk.disease(&member.programme, t.language.tag()),
        ),
        (
            t.say(day_label(member.is_contact)),
            t.date(member.diagnosed_on),
        ),
    ]);
    // A contact is not ill.
    if !member.is_contact || member.onset_on.is_some() {
        rows.push((t.say("console-onset-on"), date(member.onset_on)));
    }
    rows.extend([
        (t.say("console-entered-on"), date(view.entered_japan_on)),
        (t.say("passport-number"), passport),
        (t.say("console-case-account"), account),
        (
            t.say("console-case-registered-at"),
            moment(t, zone, view.registered_at),
        ),
    ]);
    rows
}

/// Where somebody lives and stays, in words; that nothing is known is worth a word, too.
pub(super) fn place_words(t: &Words, place: &Address) -> Vec<String> {
    let known: Vec<String> = [
        ("console-lives-at", &place.address),
        ("console-stays-at", &place.whereabouts),
    ]
    .into_iter()
    .filter_map(|(key, text)| Some(t.with1(key, "place", text.as_ref()?.expose().as_str())))
    .collect();
    if known.is_empty() {
        return vec![t.say("console-no-address")];
    }
    known
}

/// The hidden field with a day of the last contact that was typed and cannot be saved any more.
const MET: &str = "met_typed";

/// The keys of what is said where something else was told than stands: by a notification, or with a further illness.
pub(super) const TOLD_BY_NOTIFICATION: &str = "notification-told-anew";
pub(super) const TOLD_WITH_ILLNESS: &str = "person-told-anew";

/// The hidden field with one of them.
const TOLD: &str = "told";

/// One of them that is meant.
fn told_key(is_meant: impl Fn(&str) -> bool) -> Option<&'static str> {
    let mut all = [TOLD_BY_NOTIFICATION, TOLD_WITH_ILLNESS].into_iter();
    all.find(|key| is_meant(key))
}

/// What is shown beside the fields.
#[derive(Default)]
struct Beside<'a> {
    problems: &'a [(CaseField, CaseProblem)],
    reason: &'a str,
    reason_missing: bool,
    /// The form is shown again as it came: with its version and what its fields held.
    came: Option<(i32, Was)>,
    /// What stands now, where something else is typed: both somebody else, meanwhile, and this person have changed it, or it
    /// was told anew.
    now: Option<Now>,
    /// The contact has become a case meanwhile.
    is_case_now: bool,
    /// The number of the record that was shown, which has become part of this one meanwhile.
    merged: Option<String>,
    /// Something else was told of where the person is and how they are reached than stands: the keys of what is said of that.
    told_anew: &'a [&'static str],
    /// Whether an alert of this case is open meanwhile.
    has_alert: bool,
    /// The day of the last contact that was typed before that; it is no day of a diagnosis. Empty where none was.
    met: &'a str,
}

/// The fields that the form changes, by name.
fn parts(typed: &mut TypedCase) -> [(CaseField, &mut String); 13] {
    use CaseField as F;
    [
        (F::Name, &mut typed.name),
        (F::NameKana, &mut typed.name_kana),
        (F::NameLatin, &mut typed.name_latin),
        (F::Birthdate, &mut typed.birthdate),
        (F::Phone, &mut typed.phone),
        (F::Email, &mut typed.email),
        (F::Address, &mut typed.address),
        (F::Whereabouts, &mut typed.whereabouts),
        (F::Language, &mut typed.language),
        (F::DiagnosedOn, &mut typed.diagnosed_on),
        (F::OnsetOn, &mut typed.onset_on),
        (F::EnteredJapanOn, &mut typed.entered_japan_on),
        (F::Programme, &mut typed.programme),
    ]
}

/// What stands now, in words.
fn say_now(page: &Page, value: &str) -> String {
    let value = if value.is_empty() {
        page.say("correction-nothing")
    } else {
        value.to_owned()
    };
    page.with1("stands-now", "value", value)
}

async fn form_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    typed: Option<&TypedCase>,
    beside: Beside<'_>,
) -> Answer {
    let Some(mut stands) = desk.person_form(case).await? else {
        return Ok(missing(visit));
    };
    let mut page = Page::new(visit, "person-title").back_to(format!("/cases/{case}"));
    page.form = Some("person");
    let programmes = desk.programmes().await?;
    let stands_now = |name: &str| beside.now.as_ref().and_then(|now| now.get(name).cloned());
    let chosen = typed.map_or(&stands.typed.programme, |typed| &typed.programme);
    let programme = (programmes.len() > 1).then(|| {
        let problem = beside
            .problems
            .iter()
            .find(|(field, _)| *field == CaseField::Programme)
            .map(|(_, problem)| page.say(problem.key()));
        let mut field = programme_field(page.t, &programmes, chosen).problem(problem);
        field.now = stands_now(CaseField::Programme.name())
            .map(|id| say_now(&page, &desk.disease(&id, page.tag())));
        field
    });
    let shown = typed.unwrap_or(&stands.typed);
    let is_contact = shown.is_contact;
    let mut fields = fields_with_day(&mut page, shown, beside.problems, day_label(is_contact));
    let has_onset = |typed: &TypedCase| !typed.onset_on.is_empty();
    if is_contact && !has_onset(shown) && !has_onset(&stands.typed) {
        // Whoever falls ill is made a case; a day of onset that came all the same stays to be looked at.
        fields
            .illness
            .retain(|field| field.name != CaseField::OnsetOn.name());
    }
    if let Some(now) = &beside.now {
        let all = fields.person.iter_mut().chain(&mut fields.illness);
        say_beside(
            all.chain(std::iter::once(&mut fields.entered)),
            now,
            |value| say_now(&page, value),
        );
    }
    let language_now = stands_now(CaseField::Language.name())
        .map(|tag| say_now(&page, &language_name(page.t, &tag)));
    let sentence = beside
        .reason_missing
        .then(|| page.say("problem-correction-reason"));
    if let Some(sentence) = &sentence {
        page.problem("reason", sentence.clone());
    }
    // A page that is shown again is as old as it was: otherwise the next press would overwrite what nobody has seen.
    let (version, was) = match beside.came {
        Some(came) => came,
        None => {
            let fields = parts(&mut stands.typed);
            let fields = fields
                .iter()
                .map(|(field, value)| (field.name(), value.as_str()));
            (stands.version, was(fields))
        }
    };
    let days_are_right = typed.is_some_and(|typed| typed.days_are_right);
    let merged = match beside.merged {
        Some(merged) => desk.case(case).await?.map(|view| {
            let kept = view.member.hersys_id;
            page.with2("person-merged-meanwhile", "merged", merged, "kept", kept)
        }),
        None => None,
    };
    Ok(render(&PersonPage {
        case: case.to_string(),
        version,
        was,
        warnings: [
            (
                beside.now.is_some() && merged.is_none() && beside.told_anew.is_empty(),
                "changed-meanwhile-fields",
            ),
            (beside.is_case_now, "person-is-case-now"),
        ]
        .into_iter()
        .filter(|(is_so, _)| *is_so)
        .map(|(_, key)| key)
        .chain(beside.told_anew.iter().copied())
        .map(|key| page.say(key))
        .chain(merged)
        .collect(),
        told: told_key(|key| beside.told_anew.contains(&key)),
        has_alert: beside.has_alert,
        met: (!beside.met.is_empty()).then(|| {
            let told = page.with1("person-met-typed", "day", beside.met);
            (beside.met.to_owned(), told)
        }),
        fields,
        is_contact,
        may_follow: desk.may(Right::Follow),
        asks_days: days_are_right || beside.problems.iter().any(|(_, p)| p.is_question()),
        days_are_right,
        asks_number: typed.and_then(|typed| asks_number(typed, beside.problems)),
        language_now,
        programme,
        reason: TextField::new("reason", page.say("correction-reason"))
            .hint(page.say("correction-reason-hint"))
            .value(beside.reason)
            .problem(sentence),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    // Where two records became one, who it is says the kept one.
    let case = desk.kept_record(case).await?.unwrap_or(case);
    // A notification may have told of them what is not in the record, and nobody has saved yet.
    let told = visit.query("told").and_then(|id| id.parse().ok());
    if let Some(id) = told.filter(|_| desk.checks_notifications())
        && let Some(told) = desk.notified_person_of(case, id).await?
    {
        let said = (&[TOLD_BY_NOTIFICATION][..], "notification-taken-over-why");
        if let Some(page) = told_anew(&visit, &desk, case, &told, said).await? {
            return Ok(page);
        }
    }
    form_page(&visit, &desk, case, None, Beside::default()).await
}

/// The form as it came, in another language.
async fn spoken_anew(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    (form, mut typed): (&Form, TypedCase),
) -> Answer {
    let told = told_key(|key| key == form.text(TOLD));
    let now = match told {
        Some(_) => stands_otherwise(desk, case, &mut typed).await?,
        None => None,
    };
    let beside = Beside {
        reason: form.text("reason"),
        came: Some((form.text("version").parse().unwrap_or(0), as_it_came(form))),
        told_anew: told.as_slice(),
        has_alert: told.is_some() && desk.has_open_alert(case).await?,
        met: form.text(MET),
        now,
        ..Beside::default()
    };
    form_page(visit, desk, case, Some(&typed), beside).await
}

pub(super) async fn save(
    Staff(mut visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let (mut typed, reason) = (read_case(&form), form.text("reason"));
    if desk.case(case).await?.is_none() {
        return along(&visit, &desk, case, (&form, &mut typed)).await;
    }
    if desk.kept_record(case).await?.is_some() {
        return meanwhile(&visit, &desk, case, (&form, typed)).await;
    }
    if let Some(language) = spoken::asked(&mut visit, &desk, &form).await? {
        let page = spoken_anew(&visit, &desk, case, (&form, typed)).await?;
        return Ok(spoken::kept(page, language));
    }
    let version = form.text("version").parse().unwrap_or(0);
    match desk.correct_person(case, &typed, reason, version).await? {
        CorrectPerson::Corrected => Ok(go(&format!(
            "/cases/{case}?done=person&at=corrections#corrections"
        ))),
        CorrectPerson::NoSuchCase => along(&visit, &desk, case, (&form, &mut typed)).await,
        CorrectPerson::ChangedMeanwhile => meanwhile(&visit, &desk, case, (&form, typed)).await,
        CorrectPerson::Problems(problems, reason_missing) => {
            let beside = Beside {
                problems: &problems,
                reason,
                reason_missing,
                came: Some((version, as_it_came(&form))),
                met: form.text(MET),
                ..Beside::default()
            };
            form_page(&visit, &desk, case, Some(&typed), beside).await
        }
    }
}
