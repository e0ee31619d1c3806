//! The written request to report one's health and to stay at home that the Infectious Diseases Act asks for: article
//! 44-3, paragraph 1 of those who may have been infected, paragraph 2 of patients; in writing, with content, period and
//! reasons (Enforcement Ordinance). It goes to the person as a page of the portal, a message that it is there, and paper.

mod draw;
mod stands;
mod told;

pub use stands::RequestState;
pub use told::Tells;

use crate::audit::{self, about};
use crate::family::Member;
use crate::health_center::HealthCenter;
use crate::monitoring::NOTE_LENGTH;
use crate::{App, Error, PatientDesk, StaffDesk};
use domain::dates::parse_day;
use domain::health_day::health_day;
use domain::ids::{CaseId, RequestId};
use domain::language::Language;
use domain::personal::Personal;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use i18n::words;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use storage::case_registration::{self as cases, Record};
use storage::reporting_request::{self as rows, RequestRow};
use storage::{Asked, Tx};

/// The purpose under which contents are sealed.
const SEALED_AS: &str = "reporting_request";
/// The longest period of a request, in days: beyond it somebody has mistyped a year.
const LONGEST: i32 = 60;
/// The days that are suggested where no rule tells any.
const USUAL: i32 = 10;

/// A request as it is typed.
#[derive(Clone, Default)]
pub struct TypedRequest {
    /// Whether daily reports are asked for.
    pub report: bool,
    /// Whether staying at home is asked for.
    pub stay: bool,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// The reasons.
    pub reasons: String,
}

/// What is asked of the person: the law makes a report a duty, and staying at home something to be tried for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct AskedFor {
    report: bool,
    stay: bool,
}

/// What a request says, in the person's language; kept as it was read.
#[derive(Clone, Serialize, Deserialize)]
struct Content {
    language: String,
    issued_on: Date,
    name: String,
    /// The other spellings: paper has not the letters of all of them.
    #[serde(default)]
    other_names: Vec<String>,
    /// What stands on paper where no spelling can be printed. Requests of before have none.
    #[serde(default)]
    hersys_id: Option<String>,
    center: String,
    /// Empty where no article of the law is named.
    law: String,
    asks: Vec<String>,
    /// None in requests of before, whose title and duty were the same whatever was asked.
    #[serde(default)]
    asked: Option<AskedFor>,
    reasons: String,
    contact: Vec<String>,
}

/// A request as pages show it.
#[derive(Clone)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The day of that at the center.
    pub issued_on: Date,
    /// By whom.
    pub issued_by: String,
    /// The language that it is written in.
    pub language: Language,
    /// Whom it is addressed to.
    pub name: Personal<String>,
    /// The same in all spellings, that one first.
    names: Vec<Personal<String>>,
    hersys_id: Option<String>,
    /// Who asks.
    pub center: String,
    /// The article and paragraph; none where the place does not say that it applies to the disease.
    pub law: Option<String>,
    /// What is asked.
    pub asks: Vec<String>,
    asked: Option<AskedFor>,
    /// From this day.
    pub from: Date,
    /// Until this day.
    pub to: Date,
    /// Why.
    pub reasons: Personal<String>,
    /// How to reach the center.
    pub contact: Vec<String>,
    /// When the person confirmed having read it.
    pub read_at: Option<Timestamp>,
    /// Why it was withdrawn.
    pub withdrawn: Option<Personal<String>>,
    /// On which day of the center.
    withdrawn_on: Option<Date>,
    /// The later one that stands in its place.
    replaced_by: Option<RequestId>,
    /// How it stands.
    pub state: RequestState,
}

/// The number by which people speak of a request: the end of its id.
fn number_of(id: RequestId) -> String {
    let text = id.to_string().replace('-', "");
    text[text.len() - 8..].to_uppercase()
}

impl Request {
    /// The number by which people speak of it.
    pub fn number(&self) -> String {
        number_of(self.id)
    }

    /// The key of the title: what is asked.
    pub fn title(&self) -> &'static str {
        match self.asked {
            Some(AskedFor { stay: false, .. }) => "request-title-report",
            Some(AskedFor { report: false, .. }) => "request-title-stay",
            _ => "request-title",
        }
    }

    /// The key of what the person has to do about it. By paragraph 3 of the article whoever is asked for a report must comply
    /// unless there is a just cause, and whoever is asked to stay at home must endeavour to; without the article neither is said.
    pub fn duty(&self) -> &'static str {
        match (self.asked, &self.law) {
            (None, _) => "request-duty-text",
            (Some(_), None) => "request-duty-asked",
            (Some(AskedFor { stay: false, .. }), _) => "request-duty-report",
            (Some(AskedFor { report: false, .. }), _) => "request-duty-stay",
            (Some(_), Some(_)) => "request-duty-both",
        }
    }

    /// On what basis it asks, in its language.
    pub fn lead(&self) -> String {
        let t = words(self.language);
        match &self.law {
            Some(law) => t.with1("request-lead", "law", law),
            None => t.say("request-lead-plain"),
        }
    }
}

/// What came of issuing a request.
#[derive(Clone)]
pub enum Issue {
    /// It stands: now, or already when the same form came before; and how the person is told.
    Issued(RequestId, Tells),
    /// As it would be, and how the person would be told; nothing is issued. Its id is the key with which it is to be issued: a
    /// new one where the form has issued another one before.
    Preview(Box<Request>, Tells),
    /// The names of the fields that cannot be taken.
    Problems(Vec<&'static str>),
    /// The person has died, or is followed no longer: nothing is asked of them.
    Closed,
    /// There is no such case.
    NoSuchCase,
}

fn read(
    app: &App,
    row: &RequestRow,
    replaced_by: Option<RequestId>,
    is_open: bool,
    member: &Member,
) -> Result<Request, Error> {
    let text = app.keys().open_text(SEALED_AS, &row.content_sealed)?;
    let content: Content = serde_json::from_str(text.expose())
        .map_err(|_| Error::broken(format!("reporting_requests.content of {}", row.id)))?;
    let withdrawn = row
        .withdrawn_reason_sealed
        .as_ref()
        .map(|sealed| app.keys().open_text(SEALED_AS, sealed))
        .transpose()?;
    let names = std::iter::once(content.name.clone()).chain(content.other_names);
    Ok(Request {
        id: row.id,
        issued_at: row.issued_at,
        issued_on: content.issued_on,
        issued_by: row.issued_name.clone(),
        language: Language::parse(&content.language).unwrap_or_default(),
        names: names.map(Personal::new).collect(),
        hersys_id: content.hersys_id,
        name: Personal::new(content.name),
        center: content.center,
        law: Some(content.law).filter(|law| !law.is_empty()),
        asks: content.asks,
        asked: content.asked,
        from: row.from,
        to: row.to,
        reasons: Personal::new(content.reasons),
        contact: content.contact,
        read_at: row.read_at,
        state: RequestState::of(row, replaced_by.is_some(), is_open, member.today),
        withdrawn_on: row
            .withdrawn_at
            .map(|at| health_day(at, &member.center.time_zone)),
        replaced_by,
        withdrawn,
    })
}

/// All requests of a case, each knowing which later one stands in its place.
fn read_all(
    app: &App,
    found: &[RequestRow],
    is_open: bool,
    member: &Member,
) -> Result<Vec<Request>, Error> {
    let mut latest = None;
    found
        .iter()
        .map(|row| {
            let request = read(app, row, latest, is_open, member)?;
            let stands = row.withdrawn_at.is_none().then_some(row.id);
            latest = latest.or(stands);
            Ok(request)
        })
        .collect()
}

/// The requests of a case as they are stored, and whether the case is open.
#[derive(Default)]
pub(crate) struct RequestsOf {
    found: Vec<RequestRow>,
    is_open: bool,
}

impl RequestsOf {
    pub(crate) fn ask(tx: &mut Tx<'_>, case: CaseId) -> Result<Asked<RequestRow>, storage::Error> {
        rows::ask_of_case(tx, case)
    }

    pub(crate) fn read(
        tx: &mut Tx<'_>,
        case: CaseId,
        asked: Asked<RequestRow>,
    ) -> Result<RequestsOf, storage::Error> {
        let found = asked.all(tx)?;
        // Most have none, and then nobody asks.
        let is_open = !found.is_empty()
            && storage::monitoring::find(tx, case)?.is_some_and(|row| {
                domain::monitoring::MonitoringStatus::parse(&row.status)
                    .is_some_and(|status| status.is_open())
            });
        Ok(RequestsOf { found, is_open })
    }

    pub(crate) fn understood(&self, app: &App, member: &Member) -> Result<Vec<Request>, Error> {
        read_all(app, &self.found, self.is_open, member)
    }
}

impl App {
    /// The requests of a record of somebody.
    async fn requests_of(&self, case: CaseId, member: &Member) -> Result<Vec<Request>, Error> {
        let found = self
            .db()
            .read(move |tx| {
                let asked = RequestsOf::ask(tx, case)?;
                RequestsOf::read(tx, case, asked)
            })
            .await?;
        found.understood(self, member)
    }

    /// How a center is reached, in words.
    pub(crate) fn contact_lines(&self, center: &HealthCenter, language: Language) -> Vec<String> {
        let t = words(language);
        let tag = language.tag();
        let mut lines = vec![center.name_in(tag).to_owned()];
        if !center.contact.phone.is_empty() {
            lines.push(t.with1("brochure-phone", "phone", &center.contact.phone));
        }
        if !center.hours_in(tag).is_empty() {
            lines.push(t.with1("brochure-hours", "hours", center.hours_in(tag)));
        }
        if !center.contact.night_phone.is_empty() {
            lines.push(t.with1("brochure-night-phone", "phone", &center.contact.night_phone));
        }
        lines
    }
}

/// A request on paper.
///
/// # Errors
/// Where it cannot be drawn.
async fn on_paper(request: Request) -> Result<Vec<u8>, Error> {
    // Drawing takes milliseconds of a core, so it does not hold up other requests.
    let trace = crate::trace::part("pdf draw");
    tokio::task::spawn_blocking(move || trace.run(|| draw::draw(&request)))
        .await
        .map_err(|_| Error::broken("drawing a request panicked"))?
        .map_err(|e| Error::broken(e.to_string()))
}

impl StaffDesk {
    /// What a new request begins with, by who the person is and by the rule that tells how long isolation lasts.
    pub async fn request_to_begin_with(
        &self,
        case: CaseId,
    ) -> Result<Option<(Member, Language, TypedRequest)>, Error> {
        self.needs(Right::Follow)?;
        let Some(view) = self.case(case).await? else {
            return Ok(None);
        };
        let following = self
            .app
            .db()
            .read(move |tx| storage::monitoring::find(tx, case))
            .await?;
        let language = Language::parse(&view.language).unwrap_or(Language::En);
        let t = words(language);
        let member = view.member;
        let last = following
            .and_then(|row| row.review_from)
            .and_then(|day| day.yesterday().ok())
            .filter(|day| *day >= member.today)
            .unwrap_or_else(|| member.today.saturating_add(USUAL.days()));
        let by_law = self.requests_name_article(&member).await?;
        let key = match (member.is_contact, by_law) {
            (true, true) => "request-reasons-contact",
            (false, true) => "request-reasons-patient",
            (true, false) => "request-reasons-contact-plain",
            (false, false) => "request-reasons-patient-plain",
        };
        let typed = TypedRequest {
            report: true,
            stay: true,
            from: member.today.to_string(),
            to: last.to_string(),
            reasons: t.with1(key, "date", t.date(member.diagnosed_on)),
        };
        Ok(Some((member, language, typed)))
    }

    /// Issues a request, or shows how it would be. It replaces an earlier one, and the person is told that it waits.
    pub async fn issue_request(
        &self,
        case: CaseId,
        id: RequestId,
        typed: &TypedRequest,
        is_preview: bool,
    ) -> Result<Issue, Error> {
        self.needs(Right::Follow)?;
        let Some(view) = self.case(case).await? else {
            return Ok(Issue::NoSuchCase);
        };
        let app = &self.app;
        let status = crate::monitoring::status_of(app, case).await?;
        if is_preview && status.is_some_and(|status| !status.is_open()) {
            return Ok(Issue::Closed);
        }
        let member = &view.member;
        let mut problems = Vec::new();
        let from = parse_day(&typed.from)
            .ok()
            .filter(|day| *day >= member.today);
        let to = parse_day(&typed.to).ok();
        if from.is_none() {
            problems.push("from");
        }
        let most = from.unwrap_or(member.today).saturating_add(LONGEST.days());
        let to = to.filter(|to| *to >= from.unwrap_or(member.today) && *to <= most);
        if to.is_none() {
            problems.push("to");
        }
        if !typed.report && !typed.stay {
            problems.push("report");
        }
        let reasons = clean_note(&typed.reasons);
        if reasons.is_empty() || reasons.chars().count() > NOTE_LENGTH {
            problems.push("reasons");
        }
        let (Some(from), Some(to), true) = (from, to, problems.is_empty()) else {
            return Ok(Issue::Problems(problems));
        };
        let language = Language::parse(&view.language).unwrap_or(Language::En);
        let t = words(language);
        let center = &member.center;
        let deadline = app.following(center.id).await?.deadline;
        let mut asks = Vec::new();
        if typed.report {
            asks.push(t.with1("request-asks-report", "time", t.time(deadline)));
        }
        if typed.stay {
            asks.push(t.say("request-asks-stay"));
        }
        let name = member.name_in(language.tag()).to_owned();
        let spellings = view.names.iter().map(|(_, name)| name.expose());
        let by_law = self.requests_name_article(member).await?;
        let content = Content {
            language: language.tag().to_owned(),
            issued_on: member.today,
            other_names: spellings.filter(|one| **one != name).cloned().collect(),
            hersys_id: Some(member.hersys_id.clone()),
            name,
            center: center.name_in(language.tag()).to_owned(),
            law: match (by_law, member.is_contact) {
                (false, _) => String::new(),
                (true, true) => t.say("request-law-contact"),
                (true, false) => t.say("request-law-patient"),
            },
            asks,
            asked: Some(AskedFor {
                report: typed.report,
                stay: typed.stay,
            }),
            reasons,
            contact: app.contact_lines(center, language),
        };
        let text = serde_json::to_string(&content)
            .map_err(|e| Error::broken(format!("a request cannot be stored: {e}")))?;
        let mut row = RequestRow {
            id,
            case,
            center: center.id,
            issued_at: app.clock.now(),
            issued_by: self.staff,
            issued_name: self.name.clone(),
            from,
            to,
            content_sealed: app.keys().seal_text(SEALED_AS, &text),
            read_at: None,
            withdrawn_at: None,
            withdrawn_reason_sealed: None,
        };
        // A form that has issued a request and says something else now, because a browser went back to it, is another one.
        let stands = app.db().read(move |tx| rows::find(tx, id)).await?;
        let is_the_same = match &stands {
            Some(stands) => {
                let said = app.keys().open_text(SEALED_AS, &stands.content_sealed)?;
                (stands.case, stands.from, stands.to) == (case, from, to)
                    && *said.expose() == text
                    && stands.withdrawn_at.is_none()
            }
            None => true,
        };
        if !is_the_same {
            row.id = RequestId::from_uuid(app.new_uuid());
        }
        let messages = self.request_messages(case, &view, language).await?;
        let tells = Tells::by(&messages);
        if is_preview || !is_the_same {
            let request = read(app, &row, None, true, member)?;
            return Ok(Issue::Preview(Box::new(request), tells));
        }
        let (scope, now) = (self.scope(), row.issued_at);
        let entry = about(self.did("request.issued", Some(case)), id.uuid());
        let keys = app.keys().clone();
        let done = app
            .db()
            .write(move |tx| {
                let Some(record) = Record::held(tx, &scope, case)? else {
                    return Ok(Issue::NoSuchCase);
                };
                // Looked at here, because the case may have been closed while the page was read, or become one with another
                // under which alone the person reads what they are asked for.
                let status = crate::monitoring::status_in(tx, case)?;
                if record.id != case || status.is_some_and(|status| !status.is_open()) {
                    return Ok(Issue::Closed);
                }
                if rows::insert(tx, &row)? {
                    for (message, kind, sealed) in &messages {
                        storage::outbox::insert_about(tx, *message, kind, sealed, case, now)?;
                    }
                    audit::note(tx, &keys, &entry)?;
                }
                Ok(Issue::Issued(id, tells))
            })
            .await?;
        app.outbox().wake();
        Ok(done)
    }

    /// The requests of a case in reach, the latest first.
    pub async fn requests(&self, case: CaseId) -> Result<Vec<Request>, Error> {
        self.needs(Right::SeeHealth)?;
        match self.case(case).await? {
            Some(view) => self.app.requests_of(case, &view.member).await,
            None => Ok(Vec::new()),
        }
    }

    /// The letters of the reasons of a request that its paper cannot show; each once.
    pub fn not_on_paper(&self, reasons: &str) -> Vec<char> {
        crate::paper::Fonts::load().map_or_else(Vec::new, |fonts| fonts.cannot_print(reasons))
    }

    /// Whether a spelling of the name of whom a request is addressed to can be printed. Otherwise its paper has the HER-SYS ID,
    /// and a line for somebody to write the name on.
    pub fn has_name_on_paper(&self, request: &Request) -> bool {
        draw::has_name(request)
    }

    /// A request on paper; `None` where there is none in reach.
    pub async fn request_on_paper(
        &self,
        case: CaseId,
        id: RequestId,
    ) -> Result<Option<Vec<u8>>, Error> {
        let found = self.requests(case).await?.into_iter().find(|r| r.id == id);
        let Some(request) = found else {
            return Ok(None);
        };
        let entry = about(self.did("request.printed", Some(case)), id.uuid());
        self.note_read(entry).await?;
        on_paper(request).await.map(Some)
    }

    /// Withdraws a request with a reason. `None`: a reason is missing; else whether it was withdrawn by this.
    pub async fn withdraw_request(
        &self,
        case: CaseId,
        id: RequestId,
        reason: &str,
    ) -> Result<Option<bool>, Error> {
        self.needs(Right::Follow)?;
        let reason = clean_note(reason);
        if reason.is_empty() || reason.chars().count() > NOTE_LENGTH {
            return Ok(None);
        }
        let sealed = self.app.keys().seal_text(SEALED_AS, &reason);
        let (scope, staff, now) = (self.scope(), self.staff, self.app.clock.now());
        let entry = about(self.did("request.withdrawn", Some(case)), id.uuid());
        let keys = self.app.keys().clone();
        let done = self
            .app
            .db()
            .write(move |tx| {
                if cases::find(tx, &scope, case)?.is_none()
                    || !rows::withdraw(tx, case, id, staff, &sealed, now)?
                {
                    return Ok(false);
                }
                // Whoever does not know of it yet need not; an earlier one holds again, and is still told of.
                storage::outbox::withdraw_of_request(tx, id, now)?;
                audit::note(tx, &keys, &entry)?;
                Ok(true)
            })
            .await?;
        Ok(Some(done))
    }
}

impl PatientDesk {
    /// The requests of a member, the latest first; those that were withdrawn stay readable.
    pub async fn requests(&self, case: CaseId) -> Result<Vec<Request>, Error> {
        match self.member(case).await? {
            Some(member) if !member.is_closed => self.app.requests_of(member.record, &member).await,
            _ => Ok(Vec::new()),
        }
    }

    /// The person confirms having read a request; tells whether there is such a one.
    pub async fn confirm_request(&self, case: CaseId, id: RequestId) -> Result<bool, Error> {
        let Some(member) = self.member(case).await?.filter(|one| !one.is_closed) else {
            return Ok(false);
        };
        let (record, now) = (member.record, self.app.clock.now());
        let entry = about(self.did("request.read", record), id.uuid());
        let keys = self.app.keys().clone();
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let noted = rows::read(tx, record, id, now)?;
                if noted {
                    audit::note(tx, &keys, &entry)?;
                }
                Ok(noted)
            })
            .await?)
    }

    /// A request on paper.
    pub async fn request_on_paper(
        &self,
        case: CaseId,
        id: RequestId,
    ) -> Result<Option<Vec<u8>>, Error> {
        match self.requests(case).await?.into_iter().find(|r| r.id == id) {
            Some(request) => on_paper(request).await.map(Some),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_before_is_read_as_it_was_issued() {
        let old = r#"{"language":"en","issued_on":"2026-11-01","name":"Yamada Hanako","center":"Minato",
            "law":"article 44-3, paragraph 2","asks":["Stay at home."],"reasons":"You are ill.","contact":["Minato"]}"#;
        let content: Content = serde_json::from_str(old).unwrap();
        assert_eq!((content.asked, content.hersys_id), (None, None));
        assert!(content.other_names.is_empty() && !content.law.is_empty());
    }
}
