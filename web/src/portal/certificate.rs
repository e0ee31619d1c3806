//! The certificate of isolation: shown, issued, taken along as a PDF, and checked by whoever was shown one.

use super::attributes::{birthdate_anchor, birthdate_field, sentence};
use super::closed_history::closed_or_missing;
use super::spoken;
use crate::certificate_card::{CertificateCard, end_in_words, pdf};
use crate::fields::{ContactCard, DayField, TextField};
use crate::form::Form;
use crate::kept_page::only_now;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Family, Visit};
use app::attributes::Problem;
use app::certificate::{
    CertificatePaper, CheckCertificate, Checked, IssueCertificate, NoCertificate, TypedCheck,
};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::certificate::{CodeError, IsolationEnd};
use domain::ids::CaseId;
use jiff::tz::TimeZone;

#[derive(Template)]
#[template(path = "portal/certificate.html")]
struct CertificatePage {
    page: Page,
    case: String,
    card: Option<CertificateCard>,
    /// That the last day is not decided.
    not_over: Option<String>,
    is_issued: bool,
    /// The address of the file, where it can be printed.
    paper: Option<String>,
    cannot_print: String,
    /// Why there is none, and whom to call.
    none: Option<(String, ContactCard)>,
}

pub(super) async fn show(Family(visit, desk): Family, Path(member): Path<String>) -> Answer {
    let Ok(case) = member.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let Some(member) = desk.member(case).await? else {
        return Ok(missing(&visit));
    };
    let Some(all) = desk.certificates(case, visit.language).await? else {
        return Ok(closed_or_missing(&visit, &desk, case));
    };
    let page = Page::new(&visit, "certificate-title").back_to("/");
    let t = page.t;
    let name = member.told_in(page.tag());
    let center = all.center.name_in(page.tag()).to_owned();
    let stands = all.that_stands(visit.language);
    let shown = match &all.now {
        Ok(now) => Some(stands.unwrap_or(now)),
        Err(_) => None,
    };
    let none = all.now.as_ref().err().map(|why| {
        let key = match why {
            NoCertificate::Contact => "certificate-none-contact",
            NoCertificate::InError => "certificate-none-in-error",
            NoCertificate::Died => "certificate-none-died",
        };
        let text = t.with2(key, "name", &*name, "center", &center);
        (text, ContactCard::new(t, &all.center))
    });
    let goes_on = shown.is_some_and(|one| matches!(one.end, IsolationEnd::GoesOn { .. }));
    Ok(render(&CertificatePage {
        not_over: goes_on
            .then(|| t.with2("certificate-not-over", "name", &*name, "center", &center)),
        is_issued: stands.is_some(),
        paper: stands
            .filter(|one| one.can_be_printed())
            .and_then(|one| one.issued.as_ref())
            .map(|(id, _)| format!("/certificates/{case}/{id}/paper.pdf")),
        cannot_print: t.with1("certificate-cannot-print", "center", &center),
        card: shown.map(CertificateCard::new),
        case: case.to_string(),
        none,
        page,
    }))
}

pub(super) async fn issue(family: Family, Path(member): Path<String>, form: Form) -> Answer {
    let Ok(case) = member.parse::<CaseId>() else {
        return Ok(missing(&family.0));
    };
    let address = format!("/certificates/{case}");
    if family.is_of_another(&form) {
        return Ok(go(&address));
    }
    let Family(visit, desk) = family;
    Ok(match desk.issue_certificate(case, visit.language).await? {
        IssueCertificate::NoSuchCase => closed_or_missing(&visit, &desk, case),
        // Why there is none stands on the page.
        IssueCertificate::Issued(_) | IssueCertificate::None(_) | IssueCertificate::CannotName => {
            go(&address)
        }
    })
}

pub(super) async fn print(
    Family(visit, desk): Family,
    Path((case, id)): Path<(String, String)>,
) -> Answer {
    let (Ok(case), Ok(id)) = (case.parse::<CaseId>(), id.parse()) else {
        return Ok(missing(&visit));
    };
    Ok(match desk.certificate_on_paper(case, id).await? {
        Some(CertificatePaper::Pdf(paper)) => pdf(paper),
        Some(CertificatePaper::CannotName) => go(&format!("/certificates/{case}")),
        None => closed_or_missing(&visit, &desk, case),
    })
}

/// What is told of a certificate that was found.
struct Found {
    title: String,
    text: String,
    lines: Vec<(String, String)>,
    /// When that was so.
    when: String,
}

#[derive(Template)]
#[template(path = "portal/certificate_check.html")]
struct CheckPage {
    page: Page,
    found: Option<Found>,
    code: TextField,
    birthdate: DayField,
}

/// The form with what was typed. `wrong`: the key of the sentence on all of it.
fn form_page(
    visit: &Visit,
    typed: &TypedCheck,
    (code, born, wrong): (Option<CodeError>, Option<Problem>, Option<&str>),
) -> Response {
    let mut page = Page::new(visit, "certificate-check-title");
    page.form = Some("check-certificate");
    let key = wrong.or(code.map(|error| match error {
        CodeError::Empty => "problem-certificate-code-empty",
        CodeError::NotACode => "problem-certificate-code",
    }));
    let code_problem = key.and_then(|key| {
        let text = page.say(key);
        page.problem("code", text)
    });
    let birth_problem = born.and_then(|problem| {
        let text = sentence(page.t, visit, &problem);
        let anchor = match problem {
            Problem::Birthdate(error) => birthdate_anchor(error),
            _ => "birth_year",
        };
        page.problem(anchor, text)
    });
    let [year, month, day] = &typed.born;
    let mut birthdate = birthdate_field(&page, [year, month, day], birth_problem);
    // It is somebody else's than whoever types it: the browser has none to offer.
    for part in [
        &mut birthdate.year,
        &mut birthdate.month,
        &mut birthdate.day,
    ] {
        part.autocomplete = "off";
    }
    render(&CheckPage {
        code: TextField::new("code", page.say("certificate-code"))
            .hint(page.say("certificate-code-hint"))
            .value(&typed.code)
            .problem(code_problem)
            .autocomplete("off"),
        birthdate,
        found: None,
        page,
    })
}

fn found_page(visit: &Visit, title: &str, text: String, lines: Vec<(String, String)>) -> Response {
    let page = Page::new(visit, title);
    let app = &visit.site.app;
    let zone = TimeZone::get(app.time_zone()).unwrap_or(TimeZone::UTC);
    let at = moment(page.t, &zone, app.clock.now());
    only_now(render(&CheckPage {
        found: Some(Found {
            title: page.title.clone(),
            text,
            lines,
            when: page.with1("certificate-checked-at", "when", at),
        }),
        code: TextField::default(),
        birthdate: birthdate_field(
            &page,
            [&String::new(), &String::new(), &String::new()],
            None,
        ),
        page,
    }))
}

pub(super) async fn show_check(visit: Visit) -> Answer {
    Ok(form_page(
        &visit,
        &TypedCheck::default(),
        (None, None, None),
    ))
}

pub(super) async fn check(mut visit: Visit, form: Form) -> Answer {
    let typed = TypedCheck {
        code: form.text("code").to_owned(),
        born: ["birth_year", "birth_month", "birth_day"].map(|part| form.text(part).to_owned()),
    };
    if let Some(language) = spoken::asked_by_visitor(&mut visit, &form) {
        let page = form_page(&visit, &typed, (None, None, None));
        return Ok(spoken::kept(page, language));
    }
    let t = i18n::words(visit.language);
    Ok(match visit.front().check_certificate(&typed).await? {
        CheckCertificate::Genuine(found) => {
            let Checked {
                disease,
                center,
                diagnosed_on,
                first_day,
                end,
                issued_on,
            } = *found;
            let mut lines = vec![
                (t.say("certificate-disease"), disease),
                (t.say("certificate-diagnosed-on"), t.date(diagnosed_on)),
                (t.say("certificate-first-day"), t.date(first_day)),
            ];
            lines.extend(end_in_words(t, end));
            lines.push((t.say("certificate-center"), center));
            lines.push((t.say("certificate-issued-on"), t.date(issued_on)));
            let text = t.say("certificate-genuine-text");
            found_page(&visit, "certificate-genuine", text, lines)
        }
        CheckCertificate::Newer { center, issued_on } => {
            let date = t.date(issued_on);
            let text = t.with2("certificate-newer-text", "center", center, "date", date);
            found_page(&visit, "certificate-newer", text, Vec::new())
        }
        CheckCertificate::NoSuchCertificate => form_page(
            &visit,
            &typed,
            (None, None, Some("problem-certificate-none")),
        ),
        CheckCertificate::Wait => form_page(
            &visit,
            &typed,
            (None, None, Some("problem-certificate-wait")),
        ),
        CheckCertificate::Problems(code, born) => {
            form_page(&visit, &typed, (code, born.map(Problem::Birthdate), None))
        }
    })
}
