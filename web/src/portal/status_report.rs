//! The status report: the form, what is asked back, and the receipt.

use super::history::{danger_box, read_in_words};
use crate::cookies;
use crate::fields::TextField;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render, with_cookie};
use crate::reports::{answer, answer_rows, day_in_words, when_in_words};
use crate::visit::{Family, Visit};
use app::PatientDesk;
use app::family::Member;
use app::status_report::{ReportForm, Submit};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::{CaseId, ReportId};
use domain::language::Language;
use domain::questionnaire::Questionnaire;
use domain::status_report::{Answer as Said, Field, FieldProblem, Problems, RawReport, degrees};
use i18n::Words;

#[derive(Template)]
#[template(path = "portal/report.html")]
struct ReportPage {
    page: Page,
    notice: Option<String>,
    /// The members: the case, and the name.
    members: Vec<(String, String)>,
    chosen: Option<String>,
    choose: Option<()>,
    form: Option<FormView>,
}

struct FormView {
    case: String,
    key: String,
    day: String,
    numbers: Vec<NumberView>,
    questions: Vec<QuestionView>,
    note: String,
    note_problem: Option<String>,
    measured_at: TextField,
}

struct NumberView {
    id: &'static str,
    label: String,
    hint: String,
    unit: &'static str,
    value: String,
    not_measured: bool,
    problem: Option<String>,
    /// What was probably meant: the value to take, and the button's words.
    suggestion: Option<(String, String)>,
    /// An unlikely value to confirm: the value, and the words.
    confirm: Option<(String, String)>,
}

struct QuestionView {
    id: String,
    text: String,
    problem: Option<String>,
    /// The word that is sent, the label, and whether it is chosen.
    choices: Vec<(&'static str, String, bool)>,
}

/// A number of a field as people write it.
fn written(field: &Field, value: i32) -> String {
    match field {
        Field::Temperature => degrees(value),
        _ => value.to_string(),
    }
}

fn unit(field: &Field) -> &'static str {
    match field {
        Field::Temperature => "°C",
        _ => "%",
    }
}

/// The sentence on a problem.
fn sentence(t: &Words, field: &Field, problem: &FieldProblem) -> String {
    let number = |value: i32| format!("{} {}", written(field, value), unit(field));
    match problem {
        FieldProblem::Missing => t.say(match field {
            Field::Temperature => "problem-temperature-missing",
            Field::Spo2 => "problem-spo2-missing",
            _ => "problem-symptom-missing",
        }),
        FieldProblem::BothGiven => t.say("problem-both-given"),
        FieldProblem::NotANumber => t.say(match field {
            Field::Temperature => "problem-temperature-not-a-number",
            _ => "problem-spo2-not-a-number",
        }),
        FieldProblem::Impossible { low, high } => t.with(
            match field {
                Field::Temperature => "problem-temperature-impossible",
                _ => "problem-spo2-impossible",
            },
            &[
                ("low", written(field, *low).into()),
                ("high", written(field, *high).into()),
            ],
        ),
        FieldProblem::DidYouMean { typed, meant } => t.with2(
            "problem-did-you-mean",
            "typed",
            typed,
            "meant",
            written(field, *meant),
        ),
        FieldProblem::Unlikely { value } => t.with1("problem-unlikely", "value", number(*value)),
        FieldProblem::TooLong { most } => {
            let most = i64::try_from(*most).unwrap_or(i64::MAX);
            t.with1("problem-note-too-long", "most", most)
        }
        FieldProblem::NotAMoment => t.say("problem-moment"),
        FieldProblem::InFuture => t.say("problem-moment-in-future"),
        FieldProblem::TooOld { hours } => t.with1("problem-moment-too-old", "hours", *hours),
    }
}

/// The id of the field that a link in the summary leads to.
fn anchor(field: &Field) -> String {
    match field {
        Field::Temperature => "temperature".to_owned(),
        Field::Spo2 => "spo2".to_owned(),
        Field::Symptom(id) => format!("q_{}", id.as_str()),
        Field::Note => "note".to_owned(),
        Field::MeasuredAt => "measured_at".to_owned(),
    }
}

struct Shown<'a> {
    questionnaire: &'a Questionnaire,
    raw: &'a RawReport,
    problems: &'a Problems,
}

impl Shown<'_> {
    fn problem(&self, page: &mut Page, field: &Field) -> Option<(String, FieldProblem)> {
        let (field, problem) = self.problems.iter().find(|(f, _)| f == field)?;
        let text = sentence(page.t, field, problem);
        // In the summary, eleven sentences must not be the same.
        let in_summary = match field {
            Field::Symptom(id) => {
                let question = self.questionnaire.question(id);
                let short = question.map_or("", |q| q.short.in_language(page.tag()));
                page.with1("problem-symptom-named", "question", short)
            }
            _ => text.clone(),
        };
        page.problem(&anchor(field), in_summary);
        Some((text, problem.clone()))
    }

    fn number(&self, page: &mut Page, field: &Field) -> NumberView {
        let found = self.problem(page, field);
        let (id, label, hint, value, not_measured) = match field {
            Field::Temperature => (
                "temperature",
                "temperature",
                "temperature-hint",
                &self.raw.temperature,
                self.raw.temperature_not_measured,
            ),
            _ => (
                "spo2",
                "spo2",
                "spo2-hint",
                &self.raw.spo2,
                self.raw.spo2_not_measured,
            ),
        };
        let number = |value: i32| format!("{} {}", written(field, value), unit(field));
        let (mut suggestion, mut confirm) = (None, None);
        match found.as_ref().map(|(_, problem)| problem) {
            Some(FieldProblem::DidYouMean { meant, .. }) => {
                let words = page.with1("take-suggestion", "value", number(*meant));
                suggestion = Some((written(field, *meant), words));
            }
            Some(FieldProblem::Unlikely { value }) => {
                let words = page.with1("confirm-unlikely", "value", number(*value));
                confirm = Some((value.to_string(), words));
            }
            _ => {}
        }
        NumberView {
            id,
            label: page.say(label),
            hint: page.say(hint),
            unit: unit(field),
            value: value.clone(),
            not_measured,
            problem: found.map(|(text, _)| text),
            suggestion,
            confirm,
        }
    }

    fn form(&self, page: &mut Page, form: &ReportForm, key: ReportId) -> FormView {
        let tag = page.tag();
        let numbers = vec![
            self.number(page, &Field::Temperature),
            self.number(page, &Field::Spo2),
        ];
        let questions = form
            .stored
            .questionnaire
            .questions
            .iter()
            .map(|question| {
                let field = Field::Symptom(question.id.clone());
                let problem = self.problem(page, &field).map(|(text, _)| text);
                let chosen = self
                    .raw
                    .symptoms
                    .get(question.id.as_str())
                    .map(String::as_str);
                let choices = [Said::Yes, Said::No, Said::DontKnow]
                    .into_iter()
                    .map(|said| {
                        (
                            said.word(),
                            answer(page.t, said),
                            chosen == Some(said.word()),
                        )
                    })
                    .collect();
                QuestionView {
                    id: question.id.as_str().to_owned(),
                    text: question.text.in_language(tag).to_owned(),
                    problem,
                    choices,
                }
            })
            .collect();
        let note_problem = self.problem(page, &Field::Note).map(|(text, _)| text);
        let moment = self.problem(page, &Field::MeasuredAt).map(|(text, _)| text);
        FormView {
            case: form.member.case.to_string(),
            key: key.to_string(),
            day: day_in_words(page.t, &form.member, form.member.today),
            numbers,
            questions,
            note: self.raw.note.clone(),
            note_problem,
            measured_at: TextField::new("measured_at", page.say("report-measured-at"))
                .hint(page.say("report-measured-at-hint"))
                .value(&self.raw.measured_at)
                .problem(moment)
                .kind("datetime-local"),
        }
    }
}

fn choices(members: &[Member], tag: &str) -> Vec<(String, String)> {
    members
        .iter()
        .map(|member| (member.case.to_string(), member.name_in(tag).to_owned()))
        .collect()
}

/// What a page of the form shows beside what was typed.
struct Beside {
    key: Option<ReportId>,
    notice: Option<String>,
}

async fn form_page(
    visit: &Visit,
    desk: &PatientDesk,
    form: &ReportForm,
    shown: Shown<'_>,
    beside: Beside,
) -> Answer {
    let mut page = Page::new(visit, "report-title").back_to("/");
    let tag = page.tag();
    let name = form.member.name_in(tag);
    let title = page.with1("report-title-for", "name", name);
    page = page.titled(title);
    page.form = Some("report");
    let view = shown.form(&mut page, form, beside.key.unwrap_or(form.key));
    Ok(render(&ReportPage {
        members: choices(&desk.members().await?, tag),
        chosen: Some(form.member.case.to_string()),
        choose: None,
        notice: beside.notice,
        form: Some(view),
        page,
    }))
}

/// The member that the address names.
fn named(visit: &Visit) -> Option<CaseId> {
    visit.query("member")?.parse().ok()
}

pub(super) async fn show(Family(visit, desk): Family) -> Answer {
    let case = match named(&visit) {
        Some(case) => Some(case),
        None => {
            let members = desk.members().await?;
            match members.as_slice() {
                [] => return Ok(go("/")),
                [only] => Some(only.case),
                // Nobody is preselected: a report for the wrong child must not be the easy way.
                _ => None,
            }
        }
    };
    let Some(case) = case else {
        let mut page = Page::new(&visit, "report-title").back_to("/");
        let mut choose = None;
        if visit.query("member").is_some() {
            let sentence = page.say("problem-member");
            choose = page.problem("member", sentence).map(|_| ());
        }
        return Ok(render(&ReportPage {
            members: choices(&desk.members().await?, page.tag()),
            chosen: None,
            choose,
            notice: None,
            form: None,
            page,
        }));
    };
    let Some(form) = desk.report_form(case).await? else {
        return Ok(missing(&visit));
    };
    let (raw, problems) = (RawReport::default(), Vec::new());
    let shown = Shown {
        questionnaire: &form.stored.questionnaire,
        raw: &raw,
        problems: &problems,
    };
    form_page(
        &visit,
        &desk,
        &form,
        shown,
        Beside {
            key: None,
            notice: None,
        },
    )
    .await
}

fn read(form: &Form) -> RawReport {
    let mut raw = RawReport {
        temperature: form.text("temperature").to_owned(),
        temperature_not_measured: form.has("temperature_not_measured"),
        temperature_confirmed: form.text("temperature_confirmed").to_owned(),
        spo2: form.text("spo2").to_owned(),
        spo2_not_measured: form.has("spo2_not_measured"),
        spo2_confirmed: form.text("spo2_confirmed").to_owned(),
        symptoms: form.beginning_with("q_"),
        note: form.text("note").to_owned(),
        measured_at: form.text("measured_at").to_owned(),
    };
    // "Did you mean 36.5?" answered with a press of its button.
    if form.has("take_temperature") {
        raw.temperature = form.text("take_temperature").to_owned();
    }
    if form.has("take_spo2") {
        raw.spo2 = form.text("take_spo2").to_owned();
    }
    raw
}

pub(super) async fn submit(Family(mut visit, desk): Family, form: Form) -> Answer {
    let Some(case) = named(&visit) else {
        return Ok(go("/reports/new"));
    };
    let Some(shown) = desk.report_form(case).await? else {
        return Ok(missing(&visit));
    };
    let raw = read(&form);
    let key = form.text("key").parse::<ReportId>().unwrap_or(shown.key);
    if let Some(language) = Language::parse(form.text("switch_language")) {
        // The form in another language, with all that was typed; nothing is checked yet.
        visit.language = language;
        desk.set_language(language).await?;
        let problems = Vec::new();
        let view = Shown {
            questionnaire: &shown.stored.questionnaire,
            raw: &raw,
            problems: &problems,
        };
        let beside = Beside {
            key: Some(key),
            notice: None,
        };
        let response = form_page(&visit, &desk, &shown, view, beside).await?;
        let cookie = format!(
            "{}={}; Path=/; SameSite=Lax; Max-Age=31536000",
            cookies::LANGUAGE,
            language.tag()
        );
        return Ok(with_cookie(response, &cookie));
    }
    Ok(match desk.submit_report(case, key, &raw).await? {
        Submit::Accepted(id) => go(&format!("/reports/{case}/{id}")),
        Submit::NoSuchMember => missing(&visit),
        Submit::Problems(problems) => {
            let view = Shown {
                questionnaire: &shown.stored.questionnaire,
                raw: &raw,
                problems: &problems,
            };
            let beside = Beside {
                key: Some(key),
                notice: None,
            };
            form_page(&visit, &desk, &shown, view, beside).await?
        }
        Submit::SentBefore { at, new_key } => {
            let t = i18n::words(visit.language);
            let time = at.to_zoned(shown.member.center.time_zone.clone()).time();
            let notice = Some(t.with1("report-sent-before", "time", t.time(time)));
            let problems = Vec::new();
            let view = Shown {
                questionnaire: &shown.stored.questionnaire,
                raw: &raw,
                problems: &problems,
            };
            let beside = Beside {
                key: Some(new_key),
                notice,
            };
            form_page(&visit, &desk, &shown, view, beside).await?
        }
    })
}

#[derive(Template)]
#[template(path = "portal/receipt.html")]
struct ReceiptPage {
    page: Page,
    danger: Option<super::history::DangerBox>,
    received: String,
    rows: Vec<(String, String)>,
    read: String,
    case: String,
}

pub(super) async fn receipt(
    Family(visit, desk): Family,
    Path((member, report)): Path<(String, String)>,
) -> Answer {
    let (Ok(case), Ok(id)) = (member.parse::<CaseId>(), report.parse::<ReportId>()) else {
        return Ok(missing(&visit));
    };
    let Some((member, report)) = desk.report(case, id).await? else {
        return Ok(missing(&visit));
    };
    Ok(receipt_page(&visit, &member, &report))
}

fn receipt_page(visit: &Visit, member: &Member, report: &app::status_report::Report) -> Response {
    let page = Page::new(visit, "report-title").back_to("/");
    let title = page.with1("receipt-title", "name", member.name_in(page.tag()));
    let received = page.with2(
        "receipt-received",
        "center",
        member.center.name_in(page.tag()),
        "when",
        when_in_words(page.t, member, report.received_at),
    );
    let mut rows = vec![
        (
            page.say("receipt-for"),
            member.name_in(page.tag()).to_owned(),
        ),
        (
            page.say("history-when"),
            when_in_words(page.t, member, report.measured_at),
        ),
        (
            page.say("receipt-day"),
            day_in_words(page.t, member, report.health_day),
        ),
    ];
    rows.extend(answer_rows(page.t, report));
    render(&ReceiptPage {
        danger: danger_box(page.t, member, report),
        received,
        rows,
        read: read_in_words(page.t, member, report),
        case: member.case.to_string(),
        page: page.titled(title),
    })
}
