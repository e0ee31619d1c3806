//! The certificate of isolation, issued and printed for a person who asks the center for it.

use crate::certificate_card::{CertificateCard, end_in_words, pdf};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::certificate::{Certificate, CertificatePaper, IssueCertificate, NoCertificate};
use askama::Template;
use axum::extract::Path;
use domain::certificate::IsolationEnd;
use domain::ids::{CaseId, CertificateId};
use domain::language::Language;
use domain::staff_role::Right;
use i18n::Words;
use jiff::tz::TimeZone;

/// A certificate that was issued.
struct Issued {
    /// From when until when.
    said: String,
    /// When and by whom.
    told: String,
    /// Whether it says what stands.
    state: String,
    address: String,
}

#[derive(Template)]
#[template(path = "console/certificate.html")]
struct CertificatePage {
    page: Page,
    /// The paper that was issued a moment ago.
    to_print: Option<String>,
    /// Why it cannot be printed.
    warning: Option<String>,
    may_correct: bool,
    case: String,
    name: String,
    key: String,
    /// The tags of the languages and the words of their buttons, that of the person first.
    languages: Vec<(&'static str, String)>,
    has_died: bool,
    none: Option<String>,
    card: Option<CertificateCard>,
    issued: Vec<Issued>,
}

fn issued(t: &Words, zone: &TimeZone, case: CaseId, one: &Certificate) -> Option<Issued> {
    let (id, _) = one.issued.as_ref()?;
    let when = moment(t, zone, one.issued_at);
    let end = end_in_words(t, one.end);
    let end: Vec<String> = end.into_iter().take(1).map(|(_, value)| value).collect();
    Some(Issued {
        said: format!("{} – {}", t.date(one.first_day), end.concat()),
        told: match &one.issued_by {
            Some(name) => t.with2("certificate-issued-by", "when", when, "name", name),
            None => t.with1("certificate-issued-by-person", "when", when),
        },
        state: t.say(match one.is_right {
            true => "certificate-is-right",
            false => "certificate-is-old",
        }),
        address: format!("/cases/{case}/certificates/{id}/paper.pdf"),
    })
}

/// The page. `warning`: the key of a sentence on what could not be done.
async fn certificate_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    warning: Option<&str>,
) -> Answer {
    let Some(view) = desk.case(case).await? else {
        return Ok(missing(visit));
    };
    let own = Language::parse(&view.language).unwrap_or(visit.language);
    let Some(all) = desk.certificates(case, own).await? else {
        return Ok(missing(visit));
    };
    let page = Page::new(visit, "certificate-of-case").back_to(format!("/cases/{case}"));
    let t = page.t;
    let mut languages = Language::ALL;
    languages.sort_by_key(|language| *language != own);
    let zone = &all.center.time_zone;
    let just_issued = visit.query("issued");
    let is_there = |one: &&Certificate| {
        let id = one.issued.as_ref().map(|(id, _)| id.to_string());
        id.is_some() && id == just_issued
    };
    Ok(render(&CertificatePage {
        to_print: all
            .issued
            .iter()
            .find(is_there)
            .and_then(|one| Some(issued(t, zone, case, one)?.address)),
        warning: warning.map(|key| t.say(key)),
        may_correct: desk.may(Right::CorrectPersons),
        case: case.to_string(),
        name: view.member.name_in(page.tag()).to_owned(),
        key: desk.new_form_key().to_string(),
        languages: languages
            .iter()
            .map(|language| {
                let name = language.own_name();
                (
                    language.tag(),
                    t.with1("certificate-issue-in", "language", name),
                )
            })
            .collect(),
        has_died: (all.now.as_ref())
            .is_ok_and(|now| matches!(now.end, IsolationEnd::FollowUpEnded { .. })),
        none: all.now.as_ref().err().map(|why| {
            t.say(match why {
                NoCertificate::Contact => "certificate-staff-contact",
                NoCertificate::InError => "certificate-staff-in-error",
                NoCertificate::Died => "certificate-staff-died",
            })
        }),
        card: all.now.as_ref().ok().map(CertificateCard::within),
        issued: all
            .issued
            .iter()
            .filter_map(|one| issued(t, zone, case, one))
            .collect(),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    match case.parse() {
        Ok(case) => certificate_page(&visit, &desk, case, None).await,
        Err(_) => Ok(missing(&visit)),
    }
}

pub(super) async fn issue(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let language = Language::parse(form.text("language")).unwrap_or(visit.language);
    let key = form.text("key").parse::<CertificateId>();
    let key = key.unwrap_or_else(|_| CertificateId::from_uuid(desk.new_form_key()));
    Ok(match desk.issue_certificate(case, key, language).await? {
        // Not to the paper: the browser would keep that, and go on showing a page that does not know of it.
        IssueCertificate::Issued(id) => go(&format!("/cases/{case}/certificate?issued={id}")),
        IssueCertificate::NoSuchCase => missing(&visit),
        IssueCertificate::None(_) => return certificate_page(&visit, &desk, case, None).await,
        IssueCertificate::CannotName => {
            let key = "certificate-staff-cannot-print";
            return certificate_page(&visit, &desk, case, Some(key)).await;
        }
    })
}

pub(super) async fn print(
    Staff(visit, desk): Staff,
    Path((case, id)): Path<(String, String)>,
) -> Answer {
    let (Ok(case), Ok(id)) = (case.parse::<CaseId>(), id.parse()) else {
        return Ok(missing(&visit));
    };
    Ok(match desk.certificate_on_paper(case, id).await? {
        Some(CertificatePaper::Pdf(paper)) => pdf(paper),
        Some(CertificatePaper::CannotName) => {
            let key = "certificate-staff-cannot-print";
            return certificate_page(&visit, &desk, case, Some(key)).await;
        }
        None => missing(&visit),
    })
}
