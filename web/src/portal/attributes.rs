//! Attributes of a family member: typed, confirmed, saved. What was typed is kept at every step.

use super::home::{digits_of_ids, id_of};
use super::password_reset::OTHER_PASSWORD;
use super::sign_in::of_another;
use super::spoken;
use crate::fields::{DayField, TextField};
use crate::flood::KeptBack;
use crate::form::Form;
use crate::page::{Answer, Contacts, Page, all_contacts, go, show as render};
use crate::visit::{Family, Visit};
use app::PatientDesk;
use app::attributes::{Attributes, Problem, Registration, Typed};
use askama::Template;
use axum::response::Response;
use domain::birthdate::BirthdateError;
use domain::text::fold_width;
use i18n::Words;

#[derive(Template)]
#[template(path = "portal/attributes.html")]
struct AttributesPage {
    page: Page,
    notice: Option<String>,
    /// Who stands in this account already: another one is added, and whoever came to report is led on.
    registered: Option<String>,
    /// An ID that a link brought along, where another one was typed: a sentence, the address that takes it, the words.
    offer: Option<(String, String, String)>,
    name: TextField,
    birthdate: DayField,
    phone: TextField,
    hersys_id: TextField,
}

/// Which of the three fields of a birthdate a mistake is in.
pub(super) fn birthdate_anchor(error: BirthdateError) -> &'static str {
    match error {
        BirthdateError::MonthMissing => "birth_month",
        BirthdateError::DayMissing => "birth_day",
        _ => "birth_year",
    }
}

/// The sentence on an attribute.
pub(super) fn sentence(t: &Words, visit: &Visit, problem: &Problem) -> String {
    t.with1(problem.key(), "digits", digits_of_ids(t, visit))
}

/// The three fields of a birthdate.
pub(super) fn birthdate_field(
    page: &Page,
    [year, month, day]: [&String; 3],
    problem: Option<String>,
) -> DayField {
    let part = |name: &str, label: &str, value: &str, autocomplete, class, inputmode| {
        TextField::new(name, page.say(label))
            .value(value)
            .autocomplete(autocomplete)
            .class(class)
            .inputmode(inputmode)
    };
    DayField {
        legend: page.say("birthdate"),
        hint: page.say("birthdate-hint"),
        problem,
        // The year may be 昭和30, so no keyboard of numbers only.
        year: part("birth_year", "year", year, "bday-year", "w-year", ""),
        month: part(
            "birth_month",
            "month",
            month,
            "bday-month",
            "w-two",
            "numeric",
        ),
        day: part("birth_day", "day", day, "bday-day", "w-two", "numeric"),
    }
}

/// The field of a HER-SYS ID.
pub(super) fn id_field(
    page: &Page,
    visit: &Visit,
    value: &str,
    problem: Option<String>,
) -> TextField {
    let digits = digits_of_ids(page.t, visit);
    TextField::new("hersys_id", page.say("hersys-id"))
        .hint(page.with1("hersys-id-hint", "digits", digits))
        .value(value)
        .problem(problem)
        // Not "off": a browser brings back what was typed only where it may.
        .autocomplete("on")
        .inputmode("numeric")
        .class("w-code")
}

async fn form_page(
    visit: &Visit,
    desk: &PatientDesk,
    typed: &Typed,
    problems: &[Problem],
) -> Answer {
    let mut page = Page::new(visit, "attributes-title");
    page.form = Some("attributes");
    let members = desk.members().await?;
    if !members.is_empty() {
        page = page.back_to("/");
    }
    let tag = page.tag();
    let names: Vec<_> = members.iter().map(|member| member.told_in(tag)).collect();
    let names = names.join(&page.text("list-comma"));
    let registered =
        (!members.is_empty()).then(|| page.with1("attributes-registered", "names", names));
    let (mut name, mut birthdate, mut phone, mut id) = (None, None, None, None);
    for problem in problems {
        let text = sentence(page.t, visit, problem);
        match problem {
            Problem::Name(_) => name = page.problem("name", text),
            Problem::Birthdate(e) => birthdate = page.problem(birthdate_anchor(*e), text),
            Problem::Phone(_) => phone = page.problem("phone", text),
            Problem::HersysId(_) => id = page.problem("hersys_id", text),
            // A page of its own.
            Problem::Password => {}
        }
    }
    let brought = id_of(visit).filter(|id| *id != fold_width(&typed.hersys_id));
    let offer = brought.map(|id| {
        (
            page.with1("attributes-other-id", "id", &id),
            format!("/attributes?id={id}&take=1"),
            page.with1("attributes-take-id", "id", &id),
        )
    });
    Ok(render(&AttributesPage {
        registered,
        notice: match visit.query("done").as_deref() {
            Some("password") => Some(page.say("done-password")),
            Some("saved-before") => Some(page.say("attributes-saved-before")),
            Some("not-sent") => Some(page.say("done-not-sent")),
            _ => None,
        },
        offer,
        name: TextField::new("name", page.say("name"))
            .hint(page.say("name-hint"))
            .value(&typed.name)
            .problem(name)
            .autocomplete("name"),
        birthdate: birthdate_field(
            &page,
            [&typed.birth_year, &typed.birth_month, &typed.birth_day],
            birthdate,
        ),
        phone: TextField::new("phone", page.say("phone"))
            .hint(page.say("phone-hint"))
            .value(&typed.phone)
            .problem(phone)
            .kind("tel")
            .inputmode("tel")
            .autocomplete("tel"),
        hersys_id: id_field(&page, visit, &typed.hersys_id, id),
        page,
    }))
}

pub(super) async fn show(Family(visit, desk): Family) -> Answer {
    let mut typed = desk.typed_attributes().await?.unwrap_or_default();
    if visit.query("take").is_some()
        && let Some(id) = id_of(&visit)
    {
        // Only into the field: it is kept when the form is sent.
        typed.hersys_id = id;
    }
    form_page(&visit, &desk, &typed, &[]).await
}

/// What is wrong, on the page on which it can be mended.
async fn not_yet(visit: &Visit, desk: &PatientDesk, typed: &Typed, problems: &[Problem]) -> Answer {
    if problems.contains(&Problem::Password) {
        return Ok(go(OTHER_PASSWORD));
    }
    form_page(visit, desk, typed, problems).await
}

pub(super) async fn keep(family: Family, form: Form) -> Answer {
    if family.is_of_another(&form) {
        return Ok(of_another(&family.0, &form));
    }
    let Family(mut visit, desk) = family;
    let typed = Typed {
        name: form.text("name").to_owned(),
        birth_year: form.text("birth_year").to_owned(),
        birth_month: form.text("birth_month").to_owned(),
        birth_day: form.text("birth_day").to_owned(),
        phone: form.text("phone").to_owned(),
        hersys_id: form.text("hersys_id").to_owned(),
    };
    if let Some(language) = spoken::asked(&mut visit, &desk, &form).await? {
        let page = form_page(&visit, &desk, &typed, &[]).await?;
        return Ok(spoken::kept(page, language));
    }
    match desk.keep_attributes(&typed).await? {
        Ok(_) => Ok(go("/attributes/check")),
        Err(problems) => not_yet(&visit, &desk, &typed, &problems).await,
    }
}

#[derive(Template)]
#[template(path = "portal/attributes_check.html")]
struct CheckPage {
    page: Page,
    notice: Option<String>,
    /// A word for what is shown: only that is saved.
    shown: String,
    /// Label, value, and the field to change it in.
    rows: Vec<(String, String, &'static str)>,
}

/// What was typed, as it was understood: the person sees what will be compared.
fn check_page(
    visit: &Visit,
    desk: &PatientDesk,
    attributes: &Attributes,
    notice: Option<&str>,
) -> Response {
    let page = Page::new(visit, "attributes-check-title").back_to("/attributes");
    let date = attributes.birthdate.date();
    let mut born = page.date(date);
    if let Some((era, year)) = attributes.birthdate.era_year()
        && page.tag() == "ja"
    {
        born = format!("{born}（{}）", era.year(year));
    }
    let rows = vec![
        (
            page.say("name"),
            attributes.name.as_str().to_owned(),
            "name",
        ),
        (page.say("birthdate"), born, "birth_year"),
        (page.say("phone"), attributes.phone.national(), "phone"),
        (
            page.say("hersys-id"),
            attributes.hersys_id.as_str().to_owned(),
            "hersys_id",
        ),
    ];
    render(&CheckPage {
        notice: notice.map(|key| page.say(key)),
        shown: desk.shown_attributes(attributes),
        rows,
        page,
    })
}

pub(super) async fn show_check(Family(visit, desk): Family) -> Answer {
    check(&visit, &desk, None).await
}

/// What is typed now, to be checked; with the key of a sentence on how that comes.
async fn check(visit: &Visit, desk: &PatientDesk, notice: Option<&str>) -> Answer {
    let Some(typed) = desk.typed_attributes().await? else {
        return Ok(go("/attributes"));
    };
    match desk.keep_attributes(&typed).await? {
        Ok(attributes) => Ok(check_page(visit, desk, &attributes, notice)),
        Err(problems) => not_yet(visit, desk, &typed, &problems).await,
    }
}

#[derive(Template)]
#[template(path = "portal/attributes_refused.html")]
struct RefusedPage {
    page: Page,
    centers: Contacts,
}

pub(super) async fn save(family: Family, form: Form) -> Answer {
    if family.is_of_another(&form) {
        return Ok(go("/attributes/check"));
    }
    let Family(visit, desk) = family;
    // A page of an earlier release does not say what it showed.
    let shown = form.has("shown").then(|| form.text("shown"));
    let (registration, slow) = desk.save_shown_attributes(shown).await?;
    let mut response = match registration {
        Registration::Registered(case) => go(&format!("/?done=registered&member={case}")),
        Registration::RegisteredBefore(case) => {
            go(&format!("/?done=registered-before&member={case}"))
        }
        // Pressed twice: the first press has registered the member. Or another tab has.
        Registration::NothingTyped => go("/?done=saved-before"),
        Registration::OtherTyped => {
            return check(&visit, &desk, Some("attributes-check-other")).await;
        }
        Registration::Incomplete(problems) => {
            let typed = desk.typed_attributes().await?.unwrap_or_default();
            not_yet(&visit, &desk, &typed, &problems).await?
        }
        Registration::Refused => {
            let page = Page::new(&visit, "refused-title");
            render(&RefusedPage {
                centers: all_contacts(&visit, page.t).await?,
                page,
            })
        }
    };
    if let Some(time) = slow {
        response.extensions_mut().insert(KeptBack(time));
    }
    Ok(response)
}
