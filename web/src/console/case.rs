//! The page of a person: who it is, how they are, what was done. Opening it marks the reports as read, and the person
//! sees that.

use super::audit::name_places;
use super::case_registration::language_name;
use super::contact_log::contact_fields;
use super::course::{course_chart, elsewhere, network_chart};
use super::meanwhile::{Now, Was, was};
use super::merge::{merge_words, merged_page};
use super::passport_number::passport_field;
use super::reporting_request::{self, RequestLine};
use super::rules::judged_by;
use super::status_report::ReportCard;
use super::words::{born, condition, lasting, level, stored, why};
use crate::fields::{AreaField, SelectField, TextField};
use crate::page::{Answer, Page, missing, show as render};
use crate::reports::{day_in_words, moment};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::audit::AuditLine;
use app::case_registration::CaseView;
use app::close_contacts::Someone;
use app::contact_log::TypedContact;
use app::correction::CorrectionLine;
use app::monitoring::{CONDITIONS, Following, Monitoring, TypedDecision};
use askama::Template;
use axum::extract::Path;
use domain::ids::CaseId;
use domain::monitoring::MonitoringStatus;
use domain::passport_number::PassportNumberError;
use domain::staff_role::Right;
use i18n::Words;
use jiff::tz::TimeZone;

/// How many lines of the audit log the page shows; the rest stands on a page of its own.
const OPENED: i64 = 10;

struct AlertBox {
    id: String,
    version: i32,
    waits: String,
    reasons: Vec<String>,
    judged: Option<String>,
    level: String,
    is_mine: bool,
    is_free: bool,
    /// Whether the form that ends it is open: for whoever took it, and where something typed was wrong.
    is_open: bool,
    outcome: SelectField,
    note: AreaField,
    next: TextField,
}

struct ContactView {
    when: String,
    by: String,
    outcome: String,
    note: String,
    ended_alert: bool,
}

struct CorrectionView {
    what: String,
    when: String,
    reason: String,
    /// The field, what stood, what stands.
    changes: Vec<(String, String, String)>,
}

struct FollowForm {
    version: i32,
    was: Was,
    status: SelectField,
    assigned: SelectField,
    next: TextField,
    reason: TextField,
    /// The name, the words, whether it is ticked, and what stands now where somebody else has changed it.
    risks: Vec<(String, String, bool, Option<String>)>,
}

#[derive(Template)]
#[template(path = "console/case.html")]
struct CasePage {
    page: Page,
    notice: Option<String>,
    warning: Option<String>,
    case: String,
    name: String,
    reading: Option<String>,
    hersys_id: String,
    /// The disease, where the place follows several.
    disease: Option<String>,
    day: String,
    phone: String,
    now: Option<String>,
    now_level: Option<String>,
    now_danger: bool,
    now_reasons: Vec<String>,
    now_judged: Option<String>,
    rows: Vec<(String, String)>,
    passport: TextField,
    /// Whether the part with the passport number is unfolded.
    open: bool,
    health: bool,
    may_follow: bool,
    may_correct: bool,
    may_register: bool,
    may_transfer: bool,
    alert: Option<AlertBox>,
    form: FollowForm,
    key: String,
    outcome: SelectField,
    note: AreaField,
    next: TextField,
    contacts: Vec<ContactView>,
    corrections: Vec<CorrectionView>,
    transfers: Vec<(String, String)>,
    family: Vec<(String, String, String)>,
    /// The notifications that the case came from: the address, where and when.
    notifications: Vec<(String, String)>,
    /// Written requests, the latest first.
    requests: Vec<RequestLine>,
    /// The merges that the case has a part in: the address of the other one, in words, and why.
    merges: Vec<(String, String, String)>,
    opened: Vec<String>,
    chart: Option<String>,
    network: Option<String>,
    /// Close contacts: the address, the name, what is known.
    contacts_of: Vec<(Option<String>, String, String)>,
    /// A contact who may fall ill: the version of the case, and the two days.
    ill: Option<(i32, TextField, TextField)>,
    reports: Vec<ReportCard>,
    /// The words of the part that holds the older reports, and whether it is unfolded.
    earlier: String,
    earlier_open: bool,
}

/// The field with when to call next; other forms of the page have one too.
const NEXT_CALL: &str = "following_next_call_at";

/// How many reports are unfolded.
const OPEN_REPORTS: usize = 4;

/// What was typed into one of the page's forms and is shown again, with the names of the fields that are wrong.
#[derive(Default)]
pub(super) struct CaseForms {
    pub(super) passport: Option<(String, PassportNumberError)>,
    pub(super) alert: Option<(TypedContact, Vec<&'static str>)>,
    pub(super) contact: Option<(TypedContact, Vec<&'static str>)>,
    pub(super) decision: Option<(TypedDecision, Vec<&'static str>)>,
    /// What the fields of the decision held when its form was shown; it goes with the form's version.
    pub(super) was: Option<Was>,
    /// Somebody else has decided meanwhile: what stands now, where both changed something.
    pub(super) now: Option<Now>,
    /// Somebody else changed the same thing meanwhile.
    pub(super) changed_meanwhile: bool,
}

/// What is registered: labels and values.
fn rows(t: &Words, desk: &StaffDesk, view: &CaseView) -> Vec<(String, String)> {
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
    let account = match view.claimed_at {
        Some(at) => t.with1("console-case-account-yes", "when", moment(t, zone, at)),
        None => t.say("console-case-account-no"),
    };
    rows.extend([
        (t.say("birthdate"), born(t, view.birthdate.expose())),
        (t.say("phone"), view.phone.expose().clone()),
        (
            t.say("console-email"),
            view.email
                .as_ref()
                .map_or_else(none, |email| email.expose().clone()),
        ),
        (
            t.say("console-language"),
            language_name(&view.language).to_owned(),
        ),
        (
            t.say("programme-disease"),
            desk.disease(&member.programme, t.language.tag()),
        ),
        (t.say("console-diagnosed-on"), t.date(member.diagnosed_on)),
        (t.say("console-onset-on"), date(member.onset_on)),
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

/// A moment as `datetime-local` fields want it.
fn local(at: jiff::Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .datetime()
        .strftime("%Y-%m-%dT%H:%M")
        .to_string()
}

fn correction_view(
    t: &Words,
    desk: &StaffDesk,
    zone: &TimeZone,
    line: &CorrectionLine,
) -> CorrectionView {
    let label = |name: &str| {
        if let Some(id) = name.strip_prefix("answer.") {
            return desk.question(id, t.language.tag());
        }
        t.say(match name {
            "temperature" => "temperature",
            "spo2" => "spo2",
            "note" => "report-note-short",
            "measured_at" => "report-measured-at",
            "name" => "console-name",
            "name_kana" => "console-name-kana",
            "name_latin" => "console-name-latin",
            "birthdate" => "birthdate",
            "phone" => "phone",
            "email" => "console-email",
            "language" => "console-language",
            "diagnosed_on" => "console-diagnosed-on",
            "onset_on" => "console-onset-on",
            "entered_japan_on" => "console-entered-on",
            "programme" => "programme-disease",
            "status" => "following-status",
            "risks" => "following-risks",
            "calculation" => "release-by-rule",
            "hersys_id" => "hersys-id",
            _ => "correction-other",
        })
    };
    let said = |name: &str, value: &str| match (name, value) {
        // A sign that is not ticked is not stored.
        (name, "") if name.starts_with("answer.") => {
            crate::reports::answer(t, domain::status_report::Answer::No)
        }
        (_, "") => t.say("correction-nothing"),
        ("status", word) => stored(t, "status", word),
        ("programme", id) => desk.disease(id, t.language.tag()),
        ("risks", all) => all
            .split(',')
            .map(|one| condition(t, one))
            .collect::<Vec<_>>()
            .join(&t.say("list-comma")),
        ("measured_at", at) => at
            .parse()
            .map_or_else(|_| at.to_owned(), |at| moment(t, zone, at)),
        (name, word) if name.starts_with("answer.") => {
            match domain::status_report::Answer::parse(word) {
                Some(answer) => crate::reports::answer(t, answer),
                None => word.to_owned(),
            }
        }
        (_, value) => value.to_owned(),
    };
    let mut names: Vec<&String> = line.before.iter().map(|(name, _)| name).collect();
    names.extend(line.after.iter().map(|(name, _)| name));
    names.sort();
    names.dedup();
    let of = |all: &[(String, domain::personal::Personal<String>)], name: &str| {
        all.iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.expose().clone())
            .unwrap_or_default()
    };
    CorrectionView {
        what: stored(t, "correction", &line.subject),
        when: t.with2("by-at", "name", &line.by, "when", moment(t, zone, line.at)),
        reason: line.reason.expose().clone(),
        changes: names
            .into_iter()
            .map(|name| {
                (
                    label(name),
                    said(name, &of(&line.before, name)),
                    said(name, &of(&line.after, name)),
                )
            })
            .collect(),
    }
}

/// A line of the audit log in words.
pub(super) fn audit_words(t: &Words, zone: &TimeZone, line: &AuditLine) -> String {
    let who = match (line.actor_kind.as_str(), &line.name) {
        ("staff", Some(name)) => match &line.place {
            Some(place) => format!("{name} ({place})"),
            None => name.clone(),
        },
        ("person", _) => t.say("audit-by-person"),
        _ => t.say("audit-by-system"),
    };
    let what = stored(t, "audit", &line.action);
    let details = if line.details.is_empty() {
        String::new()
    } else {
        format!(" ({})", line.details)
    };
    format!("{} – {who}: {what}{details}", moment(t, zone, line.at))
}

/// How a case is followed, as it would be typed.
pub(super) fn decision_that_stands(m: &Monitoring, zone: &TimeZone) -> TypedDecision {
    TypedDecision {
        status: m.status.word().to_owned(),
        risks: m.risks.clone(),
        assigned_to: m.assigned_to.map(|id| id.to_string()).unwrap_or_default(),
        next_call_at: m.next_call_at.map(|at| local(at, zone)).unwrap_or_default(),
        reason: String::new(),
        version: m.version,
    }
}

/// The fields of a decision by name; a risk factor is `1` or empty.
pub(super) fn decision_fields(decision: &TypedDecision) -> Vec<(String, String)> {
    let ticked = |name: &str| decision.risks.iter().any(|risk| risk == name);
    let mut fields = vec![
        ("status".to_owned(), decision.status.clone()),
        ("assigned_to".to_owned(), decision.assigned_to.clone()),
        (NEXT_CALL.to_owned(), decision.next_call_at.clone()),
    ];
    fields.extend(CONDITIONS.iter().map(|name| {
        let value = if ticked(name) { "1" } else { "" };
        (format!("risk_{name}"), value.to_owned())
    }));
    fields
}

fn follow_form(
    page: &mut Page,
    following: &Following,
    team: &[(domain::ids::StaffId, String)],
    zone: &TimeZone,
    forms: &CaseForms,
) -> FollowForm {
    let typed = forms.decision.as_ref();
    let stands = decision_that_stands(&following.monitoring, zone);
    let t = page.t;
    // What stands now beside a field that somebody else has changed meanwhile.
    let now = |name: &str, words: &dyn Fn(&str) -> String| {
        let value = forms.now.as_ref()?.get(name)?;
        let value = if value.is_empty() {
            t.say("correction-nothing")
        } else {
            words(value)
        };
        Some(t.with1("stands-now", "value", value))
    };
    let status_now = now("status", &|word| stored(t, "status", word));
    let assigned_now = now("assigned_to", &|id| {
        let member = team.iter().find(|(member, _)| member.to_string() == id);
        member.map_or_else(|| id.to_owned(), |(_, name)| name.clone())
    });
    let call_now = now(NEXT_CALL, &|at| at.replace('T', " "));
    let shown = typed.map_or(&stands, |(typed, _)| typed);
    let problems = typed.map_or(&[][..], |(_, problems)| problems);
    let mut problem = |field: &str, id: &str, key: &str| {
        problems.contains(&field).then(|| {
            let sentence = page.say(key);
            page.problem(id, sentence.clone());
            sentence
        })
    };
    let status_problem = problem("status", "status", "problem-status");
    let assigned_problem = problem("assigned_to", "assigned_to", "problem-assigned");
    let call_problem = problem("next_call_at", NEXT_CALL, "problem-next-call");
    let reason_problem = problem("reason", "reason", "problem-close-reason");
    // A release is decided on a page of its own.
    let statuses = MonitoringStatus::ALL
        .into_iter()
        .filter(|s| *s != MonitoringStatus::Released || following.monitoring.status == *s)
        .map(|s| (s.word().to_owned(), stored(page.t, "status", s.word())));
    let nobody = (String::new(), page.say("following-nobody"));
    let members = team.iter().map(|(id, name)| (id.to_string(), name.clone()));
    // A form that is shown again is as old as it was: otherwise the next press would overwrite what nobody has seen.
    let (version, was) = match (typed, &forms.was) {
        (Some((typed, _)), Some(was)) => (typed.version, was.clone()),
        _ => {
            let fields = decision_fields(&stands);
            let fields = fields
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()));
            (stands.version, was(fields))
        }
    };
    let mut form = FollowForm {
        version,
        was,
        status: SelectField::new(
            "status",
            page.say("following-status"),
            &shown.status,
            statuses,
        )
        .problem(status_problem),
        assigned: SelectField::new(
            "assigned_to",
            page.say("following-assigned"),
            &shown.assigned_to,
            std::iter::once(nobody).chain(members),
        )
        .problem(assigned_problem),
        next: TextField::new(NEXT_CALL, page.say("contact-next-call"))
            .value(&shown.next_call_at)
            .problem(call_problem)
            .kind("datetime-local"),
        reason: TextField::new("reason", page.say("following-reason"))
            .hint(page.say("following-reason-hint"))
            .value(&shown.reason)
            .problem(reason_problem),
        risks: CONDITIONS
            .iter()
            .map(|name| {
                (
                    (*name).to_owned(),
                    condition(page.t, name),
                    shown.risks.iter().any(|r| r == name),
                    forms
                        .now
                        .as_ref()
                        .and_then(|now| now.get(&format!("risk_{name}")))
                        .map(|value| {
                            let is_ticked = !value.is_empty();
                            let key = if is_ticked {
                                "stands-ticked"
                            } else {
                                "stands-unticked"
                            };
                            t.with1("stands-now", "value", t.say(key))
                        }),
                )
            })
            .collect(),
    };
    form.status.now = status_now;
    form.assigned.now = assigned_now;
    form.next.now = call_now;
    form
}

/// The page of a case in reach.
pub(super) async fn case_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    forms: CaseForms,
) -> Answer {
    let (Some(view), Some(mut following)) =
        (desk.open_case(case).await?, desk.following_of(case).await?)
    else {
        return Ok(missing(visit));
    };
    if view.merged_into.is_some()
        && let Some(response) = merged_page(visit, desk, &view, None).await?
    {
        return Ok(response);
    }
    let names = desk.place_names(visit.language.tag()).await?;
    for transfer in &mut following.transfers {
        super::transfer::name_places(&names, transfer);
    }
    let health = desk.may(Right::SeeHealth);
    let may_follow = desk.may(Right::Follow);
    let opened = if health {
        let mut lines = desk.audit_of_case(case, OPENED).await?;
        name_places(desk, visit.language.tag(), &mut lines).await?;
        lines
    } else {
        Vec::new()
    };
    let team = if may_follow {
        desk.team(view.member.center.id).await?
    } else {
        Vec::new()
    };
    let mut page = Page::new(visit, "console-cases-title").back_to("/");
    page.wide = true;
    let t = page.t;
    let zone = view.member.center.time_zone.clone();
    let now = visit.site.app.clock.now();
    let id = view.member.hersys_id.clone();
    let title = page.with1("console-case-title", "id", &id);
    let notice = match visit.query("done").as_deref() {
        Some("registered") => Some("console-case-registered"),
        Some("confirmed") => Some("notification-case-confirmed"),
        Some("passport") => Some("console-case-passport-saved"),
        Some("passport-removed") => Some("console-case-passport-removed"),
        Some("taken") => Some("alert-taken-by-you"),
        Some("contact") => Some("contact-saved"),
        Some("followed") => Some("following-saved"),
        Some("reported") => Some("report-entered"),
        Some("corrected") => Some("correction-saved"),
        Some("same") => Some("correction-same"),
        Some("person") => Some("person-saved"),
        Some("reissued") => Some("reissue-done"),
        Some("fell-ill") => Some("close-fell-ill-done"),
        Some("merged") => Some("merge-done"),
        Some("requested") => Some("request-done"),
        Some("request-withdrawn") => Some("request-withdrawn-done"),
        Some("unmerged") => Some("merge-done-undone"),
        Some("offered") => Some("transfer-offered"),
        Some("withdrawn") => Some("transfer-withdrawn"),
        Some("accepted") => Some("transfer-accepted"),
        _ => None,
    };
    let warning = match (
        forms.now.is_some() || forms.changed_meanwhile,
        visit.query("done").as_deref(),
    ) {
        (true, _) if forms.now.is_some() => Some(t.say("changed-meanwhile-fields")),
        (true, _) => Some(t.say("changed-meanwhile")),
        (_, Some("taken-by-other")) => Some(t.say("alert-taken-by-other")),
        (_, Some("meanwhile")) => Some(t.say("changed-meanwhile")),
        (_, Some("ill-days")) => Some(t.say("problem-figures-day")),
        _ => None,
    };
    let question = |id: &str| desk.question(id, t.language.tag());
    let reasons = |all: &[domain::course::Why]| {
        all.iter()
            .map(|one| why(t, one, now, question))
            .collect::<Vec<_>>()
    };
    let passport = passport_field(
        &mut page,
        &view,
        forms
            .passport
            .as_ref()
            .map(|(text, error)| (text.as_str(), *error)),
    );
    let alert = following.alert.as_ref().map(|alert| {
        let nothing = (TypedContact::default(), Vec::new());
        let (typed, problems) = forms.alert.as_ref().unwrap_or(&nothing);
        let (outcome, note, next) = contact_fields(&mut page, typed, problems, "alert_");
        let duration = lasting(t, alert.minutes);
        AlertBox {
            id: alert.id.to_string(),
            version: alert.version,
            waits: match &alert.taken_by {
                Some(name) => t.with2("alert-taken", "name", name, "since", duration),
                None => t.with1("alert-waits", "since", duration),
            },
            reasons: reasons(&alert.reasons),
            judged: alert.judged_by.as_ref().map(|by| judged_by(t, by)),
            level: level(t, alert.level).unwrap_or_default(),
            is_mine: alert.is_mine,
            is_free: alert.taken_by.is_none(),
            is_open: alert.is_mine || forms.alert.is_some(),
            outcome,
            note,
            next,
        }
    });
    let form = follow_form(&mut page, &following, &team, &zone, &forms);
    let nothing = (TypedContact::default(), Vec::new());
    let (typed, problems) = forms.contact.as_ref().unwrap_or(&nothing);
    let (outcome, note, next) = contact_fields(&mut page, typed, problems, "contact_");
    let m = &following.monitoring;
    let values: Vec<String> = m
        .temperature
        .map(|v| format!("{} °C", domain::status_report::degrees(v)))
        .into_iter()
        .chain(m.spo2.map(|v| format!("SpO2 {v} %")))
        .collect();
    let writers = view.reports.iter().filter_map(|report| report.entered_by);
    let writers = desk.staff_names(writers.collect()).await?;
    let network = desk.network(case).await?;
    let merges = desk.merges(case).await?;
    let requests = if health {
        desk.requests(case).await?
    } else {
        Vec::new()
    };
    let notified = if desk.may(Right::Notify) {
        desk.notifications_of(case).await?
    } else {
        Vec::new()
    };
    let ill = (view.member.is_contact && may_follow).then(|| {
        let today = view.member.today.to_string();
        (
            view.version,
            TextField::new("ill_diagnosed_on", t.say("console-diagnosed-on")).value(&today),
            TextField::new("ill_onset_on", t.say("console-onset-on"))
                .hint(t.say("console-onset-on-hint"))
                .value(&today),
        )
    });
    let name = view.member.name_in(page.tag()).to_owned();
    let is_one_of_many = desk.programmes().await?.len() > 1;
    let older = view.reports.get(OPEN_REPORTS..).unwrap_or_default();
    Ok(render(&CasePage {
        earlier: t.with1(
            "console-case-earlier",
            "count",
            i64::try_from(older.len()).unwrap_or(i64::MAX),
        ),
        // What somebody has marked as wrong is not hidden.
        earlier_open: older.iter().any(|report| report.wrong.is_some()),
        notice: notice.map(|key| t.say(key)),
        warning,
        case: case.to_string(),
        reading: view
            .names
            .iter()
            .find(|(script, _)| script == "kana")
            .map(|(_, kana)| kana.expose().clone())
            .filter(|kana| *kana != name),
        name,
        hersys_id: id,
        disease: is_one_of_many.then(|| desk.disease(&view.member.programme, t.language.tag())),
        day: if view.member.is_contact {
            t.say("close-contact")
        } else {
            day_in_words(t, &view.member, view.member.today)
        },
        phone: view.phone.expose().clone(),
        // Somebody who never reported may be urgent all the same: for being silent.
        now: (!values.is_empty() || m.urgency > domain::urgency::Level::Calm).then(|| {
            if values.is_empty() {
                t.say("console-no-report")
            } else {
                values.join("  ")
            }
        }),
        now_level: level(t, m.urgency),
        now_danger: m.urgency.is_danger(),
        now_reasons: reasons(&m.reasons),
        now_judged: m.judged_by.as_ref().map(|by| judged_by(t, by)),
        rows: rows(t, desk, &view),
        passport,
        open: forms.passport.is_some(),
        health,
        may_follow,
        may_correct: desk.may(Right::CorrectPersons),
        may_register: desk.may(Right::Register),
        may_transfer: desk.may(Right::Transfer)
            && following
                .transfers
                .iter()
                .all(|offer| offer.answer.is_some()),
        alert,
        form,
        key: desk.new_form_key().to_string(),
        outcome,
        note,
        next,
        contacts: following
            .contacts
            .iter()
            .map(|line| ContactView {
                when: moment(t, &zone, line.at),
                by: line.by.clone(),
                outcome: stored(t, "outcome", line.outcome.word()),
                note: line.note.expose().clone(),
                ended_alert: line.ended_alert,
            })
            .collect(),
        corrections: following
            .corrections
            .iter()
            .map(|line| correction_view(t, desk, &zone, line))
            .collect(),
        transfers: following
            .transfers
            .iter()
            .map(|offer| {
                let word = offer
                    .answer
                    .as_ref()
                    .map_or("open", |(_, word, _, _)| word.as_str());
                let text = t.with(
                    "transfer-line",
                    &[
                        ("from", offer.from.1.as_str().into()),
                        ("to", offer.to.1.as_str().into()),
                        ("when", moment(t, &zone, offer.offered_at).into()),
                        ("answer", stored(t, "transfer-answer", word).into()),
                    ],
                );
                (format!("/transfers/{}", offer.id), text)
            })
            .collect(),
        family: following
            .family
            .iter()
            .map(|(case, id, name)| (format!("/cases/{case}"), name.expose().clone(), id.clone()))
            .collect(),
        notifications: notified
            .iter()
            .map(|line| {
                let text = format!("{} – {}", moment(t, &zone, line.entered_at), line.place);
                (format!("/notifications/{}", line.id), text)
            })
            .collect(),
        requests: requests
            .iter()
            .map(|request| reporting_request::line(t, &zone, request))
            .collect(),
        merges: merges
            .iter()
            .map(|line| {
                let other = if line.kept.0 == case {
                    line.merged.0
                } else {
                    line.kept.0
                };
                let words = merge_words(t, &zone, line);
                (
                    format!("/cases/{other}"),
                    words,
                    line.reason.expose().clone(),
                )
            })
            .collect(),
        opened: opened
            .iter()
            .map(|line| audit_words(t, &zone, line))
            .collect(),
        chart: course_chart(t, &view),
        network: network_chart(t, &network),
        contacts_of: network
            .people
            .iter()
            .skip(1)
            .map(|someone| match someone {
                Someone::Known(person) => {
                    let mut told = person.hersys_id.clone();
                    if let Some(day) = person.last_contact_on {
                        told = format!("{told} · {}", t.with1("close-last", "day", t.date(day)));
                    }
                    let address = format!("/cases/{}", person.case);
                    let name = person.name_in(t.language.tag()).to_owned();
                    (Some(address), name, told)
                }
                Someone::Elsewhere(center) => (None, elsewhere(t, center), String::new()),
            })
            .collect(),
        ill,
        reports: view
            .reports
            .iter()
            .map(|report| {
                let mut card = ReportCard::new(t, &view, report, &writers, now);
                let under = merges
                    .iter()
                    .find(|line| line.undone.is_none() && line.reports.contains(&report.id.uuid()));
                card.under = under.map(|line| t.with1("merge-came-under", "id", &line.merged.1));
                card
            })
            .collect(),
        page: page.titled(title),
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    case_page(&visit, &desk, case, CaseForms::default()).await
}
