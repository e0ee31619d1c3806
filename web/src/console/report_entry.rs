//! A report on behalf of somebody who phoned, and correcting a report with a reason.

use super::contact_log::saved;
use super::meanwhile::{BEFORE, Now, Was, as_it_came, settle, was};
use super::words::stored;
use super::written_along::{Along, fields_along, written_along};
use crate::fields::{SelectField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::report_form::{FormView, OTHERS, Shown, contradicted, no_to_others, only_takes, read};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::alerts::Alert;
use app::contact_log::TypedContact;
use app::correction::{CHANNELS, CorrectReport};
use app::questionnaire::QuestionWords;
use app::status_report::{Report, ReportForm, Submit};
use askama::Template;
use axum::extract::Path;
use domain::ids::{CaseId, ReportId};
use domain::questionnaire::{NO_SIGN, Questionnaire};
use domain::status_report::{Answer as ReportAnswer, Problems, RawReport, degrees};
use i18n::Words;

/// What a form says that is shown again with a number that was taken over.
const TAKEN: &str = "report-number-taken-save";

#[derive(Template)]
#[template(path = "console/report_entry.html")]
struct EntryPage {
    page: Page,
    warning: Option<String>,
    /// What stands now, where somebody else has changed it meanwhile: the question, and the answer.
    now: Vec<(String, String)>,
    was: Was,
    lead: String,
    action: String,
    channel: Option<SelectField>,
    reason: Option<TextField>,
    seen: String,
    f: FormView,
}

async fn new_page(
    visit: &Visit,
    form: &ReportForm,
    key: ReportId,
    raw: &RawReport,
    problems: &Problems,
    (channel, warning): (&str, Option<&str>),
) -> Answer {
    let case = form.member.case;
    let mut page = Page::new(visit, "report-enter-for").back_to(format!("/cases/{case}"));
    let title = page.with1(
        "report-enter-title",
        "name",
        form.member.name_in(page.tag()),
    );
    page = page.titled(title);
    let shown = Shown {
        questionnaire: &form.stored.questionnaire,
        raw,
        problems,
        others: true,
        all_told: true,
    };
    let f = shown.form(&mut page, form, key);
    let channels = CHANNELS
        .into_iter()
        .map(|word| (word.to_owned(), stored(page.t, "channel", word)));
    Ok(render(&EntryPage {
        warning: warning.map(|key| page.say(key)),
        now: Vec::new(),
        was: Was::new(),
        lead: page.say("report-enter-lead"),
        action: format!("/cases/{case}/reports/new"),
        channel: Some(SelectField::new(
            "channel",
            page.say("report-channel"),
            channel,
            channels,
        )),
        reason: None,
        seen: String::new(),
        f,
        page,
    }))
}

pub(super) async fn show_new(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let Some(form) = desk.report_form_for(case).await? else {
        return Ok(missing(&visit));
    };
    let (raw, none) = (RawReport::default(), Vec::new());
    new_page(&visit, &form, form.key, &raw, &none, (CHANNELS[0], None)).await
}

/// The words of what a form asked, of whom nothing can be read here any more.
fn words_of(desk: &StaffDesk, raw: &RawReport) -> QuestionWords {
    let shown = raw.shown.and_then(|id| desk.words_of_form(id));
    shown.unwrap_or_else(|| desk.words_of_release())
}

/// A report that was being written down while another center took the case over: its words go there as a note.
async fn along(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    form: &Form,
    raw: &RawReport,
) -> Answer {
    let t = i18n::words(visit.language);
    let asked = words_of(desk, raw);
    let said: Vec<String> = answers(raw)
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| {
            let (label, said) = (label(t, &asked, &name), word(t, &name, &value));
            format!("{label}{}{said}", t.say("colon"))
        })
        .collect();
    let typed = TypedContact {
        key: form.text("key").to_owned(),
        note: said.join("\n"),
        ..TypedContact::default()
    };
    written_along(visit, desk, case, &typed).await
}

/// The part of the person's page at which to go on after a report was written down or corrected: an open alert comes before
/// the report's own card, which stands below all that is to be done about it.
async fn alert_or_card(
    desk: &StaffDesk,
    case: CaseId,
    report: ReportId,
    comes_first: impl Fn(&Alert) -> bool,
) -> Result<String, app::Error> {
    let case = desk.kept_record(case).await?.unwrap_or(case);
    let following = desk.following_of(case).await?;
    let alert = following.and_then(|found| found.alert);
    Ok(match alert.is_some_and(|alert| comes_first(&alert)) {
        true => "alert".to_owned(),
        false => format!("r-{report}"),
    })
}

pub(super) async fn enter(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let mut raw = read(&form);
    let Some(shown) = desk.report_form_for(case).await? else {
        return along(&visit, &desk, case, &form, &raw).await;
    };
    // What is asked only since the form was shown is answered by nobody yet.
    let is_as_shown = raw.shown == Some(shown.stored.id);
    let only_fills = form.has(OTHERS);
    if only_fills && is_as_shown {
        no_to_others(&mut raw, &shown.stored.questionnaire);
    }
    let channel = form.text("channel");
    let key = form.text("key").parse::<ReportId>().unwrap_or(shown.key);
    let again = async |key, problems: Problems, told: Option<&'static str>| {
        // An answer to another question does not stand on the form as one to what is asked now.
        let Some(changed) = desk.changed(&shown, &raw) else {
            return new_page(&visit, &shown, key, &raw, &problems, (channel, told)).await;
        };
        let told = told.or(Some("report-questions-changed"));
        let problems = changed.among(problems);
        new_page(
            &visit,
            &shown,
            key,
            &changed.raw,
            &problems,
            (channel, told),
        )
        .await
    };
    let asked = contradicted(&form);
    if only_fills {
        let told = is_as_shown.then_some("report-others-done");
        return again(key, asked, told).await;
    }
    if !asked.is_empty() {
        return again(key, asked, None).await;
    }
    if only_takes(&form) {
        return again(key, Vec::new(), Some(TAKEN)).await;
    }
    match desk.report_for(case, key, channel, &raw).await? {
        Submit::Accepted(id) => {
            let place = alert_or_card(&desk, case, id, |_| true).await?;
            saved(&desk, case, "reported", &place).await
        }
        Submit::NoSuchMember | Submit::TooMany => along(&visit, &desk, case, &form, &raw).await,
        Submit::Problems(problems, _) => again(key, problems, None).await,
        Submit::SentBefore { new_key, .. } => {
            again(new_key, Vec::new(), Some("report-entered-before")).await
        }
    }
}

/// Says of each sign whether it is ticked, and whether none is: a box that is not ticked is not sent.
fn say_signs(raw: &mut RawReport, questionnaire: &Questionnaire) {
    let mut names: Vec<&str> = questionnaire.signs.iter().map(|s| s.id.as_str()).collect();
    if !names.is_empty() {
        names.push(NO_SIGN);
    }
    for name in names {
        let word = raw.symptoms.entry(name.to_owned()).or_default();
        if word.is_empty() {
            "no".clone_into(word);
        }
    }
}

/// A report as it would be typed.
fn as_typed(report: &Report, zone: &jiff::tz::TimeZone) -> RawReport {
    let questionnaire = &report.stored.questionnaire;
    let has_sign = report
        .answers
        .iter()
        .any(|(id, _)| questionnaire.is_sign(id));
    let mut raw = as_said(report, zone);
    if !has_sign && !questionnaire.signs.is_empty() {
        raw.symptoms.insert(NO_SIGN.to_owned(), "yes".to_owned());
    }
    say_signs(&mut raw, questionnaire);
    raw
}

fn as_said(report: &Report, zone: &jiff::tz::TimeZone) -> RawReport {
    RawReport {
        temperature: report.temperature.map(degrees).unwrap_or_default(),
        temperature_not_measured: report.temperature.is_none(),
        // What stands was confirmed when it was entered.
        temperature_confirmed: report
            .temperature
            .map(|v| v.to_string())
            .unwrap_or_default(),
        spo2: report.spo2.map(|v| v.to_string()).unwrap_or_default(),
        spo2_not_measured: report.spo2.is_none(),
        spo2_confirmed: report.spo2.map(|v| v.to_string()).unwrap_or_default(),
        symptoms: report
            .answers
            .iter()
            .map(|(id, said)| (id.as_str().to_owned(), said.word().to_owned()))
            .collect(),
        note: report.note.expose().clone(),
        measured_at: report
            .measured_at
            .to_zoned(zone.clone())
            .datetime()
            .strftime("%Y-%m-%dT%H:%M")
            .to_string(),
        shown: Some(report.stored.id),
    }
}

/// How a value that was not measured is written here.
const NOT_MEASURED: &str = "-";

/// What was answered, by field; a value and its "not measured" are one answer.
fn answers(raw: &RawReport) -> Vec<(String, String)> {
    let measured = |value: &str, not: bool| if not { NOT_MEASURED } else { value }.to_owned();
    let mut all = vec![
        (
            "temperature".to_owned(),
            measured(&raw.temperature, raw.temperature_not_measured),
        ),
        (
            "spo2".to_owned(),
            measured(&raw.spo2, raw.spo2_not_measured),
        ),
        ("note".to_owned(), raw.note.clone()),
        ("measured_at".to_owned(), raw.measured_at.clone()),
    ];
    let symptoms = raw.symptoms.iter();
    all.extend(symptoms.map(|(id, said)| (format!("q_{id}"), said.clone())));
    all
}

/// Takes one answer over from another report.
fn take_over(raw: &mut RawReport, name: &str, from: &RawReport) {
    match name {
        "temperature" => {
            raw.temperature.clone_from(&from.temperature);
            raw.temperature_not_measured = from.temperature_not_measured;
            raw.temperature_confirmed
                .clone_from(&from.temperature_confirmed);
        }
        "spo2" => {
            raw.spo2.clone_from(&from.spo2);
            raw.spo2_not_measured = from.spo2_not_measured;
            raw.spo2_confirmed.clone_from(&from.spo2_confirmed);
        }
        "note" => raw.note.clone_from(&from.note),
        "measured_at" => raw.measured_at.clone_from(&from.measured_at),
        question => {
            let id = question.trim_start_matches("q_");
            if let Some(said) = from.symptoms.get(id) {
                raw.symptoms.insert(id.to_owned(), said.clone());
            }
        }
    }
}

/// What stands now, in words.
fn in_words(t: &Words, asked: &QuestionWords, now: &Now) -> Vec<(String, String)> {
    now.iter()
        .map(|(name, value)| {
            let said = word(t, name, value);
            (label(t, asked, name), t.with1("stands-now", "value", said))
        })
        .collect()
}

/// What a field asks, in words.
fn label(t: &Words, asked: &QuestionWords, name: &str) -> String {
    match name {
        "note" => t.say("report-note-short"),
        "measured_at" => t.say("report-measured-at"),
        question => match question.strip_prefix("q_") {
            Some(NO_SIGN) => t.say("report-signs-none"),
            Some(id) => asked.short(id, t.language.tag()),
            None => t.say(question),
        },
    }
}

/// What a field says, in words.
fn word(t: &Words, name: &str, value: &str) -> String {
    match (name.starts_with("q_"), ReportAnswer::parse(value)) {
        (true, Some(answer)) => crate::reports::answer(t, answer).into_owned(),
        _ if value == NOT_MEASURED => t.say("not-measured"),
        _ if value.is_empty() => t.say("correction-nothing"),
        _ if name == "measured_at" => value.replace('T', " "),
        _ => value.to_owned(),
    }
}

/// What is shown beside the fields of a correction.
#[derive(Default)]
struct Beside<'a> {
    raw: Option<&'a RawReport>,
    problems: Problems,
    reason: &'a str,
    reason_missing: bool,
    /// The form is shown again as it came: with when the report had been corrected, and what its fields held.
    came: Option<(String, Was)>,
    /// Somebody else has corrected it meanwhile: what stands now, where both changed something.
    now: Option<Now>,
    /// What was done with the form, where nothing is wrong with it.
    told: Option<&'static str>,
}

async fn correct_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    id: ReportId,
    beside: Beside<'_>,
) -> Answer {
    let Some((member, report)) = desk.report_of(case, id).await? else {
        return Ok(missing(visit));
    };
    // What was taken back as entered in error is not corrected: it can count again first.
    if report.in_error.is_some() {
        return Ok(go(&format!("/cases/{case}#r-{id}")));
    }
    let zone = member.center.time_zone.clone();
    let mut page = Page::new(visit, "report-correct").back_to(format!("/cases/{case}#r-{id}"));
    let stands = as_typed(&report, &zone);
    let when = moment(page.t, &zone, report.measured_at);
    let lead = page.with2(
        "report-correct-lead",
        "name",
        member.name_in(page.tag()),
        "when",
        when,
    );
    let asked = desk.words_shown(Some(report.stored.id), &member.programme, member.center.id);
    let form = ReportForm {
        member,
        stored: report.stored.clone(),
        key: id,
    };
    let shown = Shown {
        questionnaire: &form.stored.questionnaire,
        raw: beside.raw.unwrap_or(&stands),
        problems: &beside.problems,
        // Of a report that stands everything is answered.
        others: false,
        all_told: !beside.reason_missing,
    };
    let f = shown.form(&mut page, &form, id);
    let sentence = beside
        .reason_missing
        .then(|| page.say("problem-correction-reason"));
    if let Some(sentence) = &sentence {
        page.problem("reason", sentence.clone());
    }
    let wrong = report
        .wrong
        .as_ref()
        .map(|(_, why)| page.with1("console-report-wrong", "why", why.expose()));
    // What was changed meanwhile may be that the person has called it wrong.
    let warning = match (&beside.now, wrong) {
        (Some(now), Some(wrong)) if now.is_empty() => Some(wrong),
        (Some(_), Some(wrong)) => Some(format!("{} {wrong}", page.say("changed-meanwhile-fields"))),
        (Some(_), None) => Some(page.say("changed-meanwhile-fields")),
        (None, wrong) => wrong,
    };
    let warning = beside.told.map(|key| page.say(key)).or(warning);
    let touched_at = report.touched_at();
    let (seen, was) = beside.came.unwrap_or_else(|| {
        let fields = answers(&stands);
        let fields = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        (
            touched_at.map(|at| at.to_string()).unwrap_or_default(),
            was(fields),
        )
    });
    Ok(render(&EntryPage {
        warning,
        now: in_words(page.t, &asked, &beside.now.unwrap_or_default()),
        was,
        lead,
        action: format!("/cases/{case}/reports/{id}/correct"),
        channel: None,
        reason: Some(
            TextField::new("reason", page.say("correction-reason"))
                .hint(page.say("correction-reason-hint"))
                .value(beside.reason)
                .problem(sentence),
        ),
        seen,
        f,
        page,
    }))
}

pub(super) async fn show_correct(
    Staff(visit, desk): Staff,
    Path((case, report)): Path<(String, String)>,
) -> Answer {
    let (Ok(case), Ok(id)) = (case.parse::<CaseId>(), report.parse::<ReportId>()) else {
        return Ok(missing(&visit));
    };
    correct_page(&visit, &desk, case, id, Beside::default()).await
}

/// A correction of a report while another center took the case over: the answers that were changed, and why, go there as a
/// note, with which report it is about. That is told by when it was measured: the person's page lists them so.
async fn correction_along(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    (form, raw): (&Form, &RawReport),
) -> Answer {
    let t = i18n::words(visit.language);
    let asked = words_of(desk, raw);
    let mut before = form.beginning_with(BEFORE);
    let measured = before.get("measured_at").cloned().unwrap_or_default();
    let mut fields = Vec::new();
    for (name, value) in answers(raw) {
        if before.remove(&name).unwrap_or_default() != value {
            fields.push((label(t, &asked, &name), word(t, &name, &value)));
        }
    }
    // A box that was ticked and is no more is not sent.
    let unticked = before
        .iter()
        .filter(|(name, was)| name.starts_with("q_") && *was == ReportAnswer::Yes.word());
    fields.extend(unticked.map(|(name, _)| {
        let no = crate::reports::answer(t, ReportAnswer::No).into_owned();
        (label(t, &asked, name), no)
    }));
    let reason = form.text("reason").to_owned();
    fields.push((t.say("correction-reason"), reason));
    let when = word(t, "measured_at", &measured);
    let along = Along {
        done: t.with1("written-along-report", "when", when),
        fields,
        ..Along::default()
    };
    fields_along(visit, desk, case, along).await
}

pub(super) async fn correct(
    Staff(visit, desk): Staff,
    Path((case, report)): Path<(String, String)>,
    form: Form,
) -> Answer {
    let (Ok(case), Ok(id)) = (case.parse::<CaseId>(), report.parse::<ReportId>()) else {
        return Ok(missing(&visit));
    };
    let mut raw = read(&form);
    if desk.case(case).await?.is_none() {
        return correction_along(&visit, &desk, case, (&form, &raw)).await;
    }
    let reason = form.text("reason");
    let seen = form.text("seen").parse().ok();
    let asked = contradicted(&form);
    let takes = asked.is_empty() && only_takes(&form);
    if takes || !asked.is_empty() {
        let beside = Beside {
            raw: Some(&raw),
            problems: asked,
            reason,
            came: Some((form.text("seen").to_owned(), as_it_came(&form))),
            told: takes.then_some(TAKEN),
            ..Beside::default()
        };
        return correct_page(&visit, &desk, case, id, beside).await;
    }
    let beside = match desk.correct_report(case, id, &raw, reason, seen).await? {
        CorrectReport::Corrected => {
            let place = alert_or_card(&desk, case, id, |alert| alert.taken_by.is_none()).await?;
            return saved(&desk, case, "corrected", &place).await;
        }
        CorrectReport::Upheld => {
            return saved(&desk, case, "upheld", &format!("r-{id}")).await;
        }
        CorrectReport::Same => return saved(&desk, case, "same", &format!("r-{id}")).await,
        CorrectReport::NoSuchReport => {
            return correction_along(&visit, &desk, case, (&form, &raw)).await;
        }
        CorrectReport::ChangedMeanwhile => {
            let Some((member, report)) = desk.report_of(case, id).await? else {
                return Ok(missing(&visit));
            };
            let stands = as_typed(&report, &member.center.time_zone);
            say_signs(&mut raw, &report.stored.questionnaire);
            let (typed, mut now) = (answers(&raw), Now::new());
            for (name, value) in answers(&stands) {
                let mine = typed.iter().find(|(of, _)| *of == name);
                let mine = mine.map_or_else(String::new, |(_, mine)| mine.clone());
                let mut settled = mine.clone();
                settle(&form, &name, &mut settled, &value, &mut now);
                if settled != mine {
                    take_over(&mut raw, &name, &stands);
                }
            }
            Beside {
                raw: Some(&raw),
                reason,
                now: Some(now),
                ..Beside::default()
            }
        }
        CorrectReport::Problems(problems, _, reason_missing) => Beside {
            raw: Some(&raw),
            problems,
            reason,
            reason_missing,
            came: Some((form.text("seen").to_owned(), as_it_came(&form))),
            ..Beside::default()
        },
    };
    correct_page(&visit, &desk, case, id, beside).await
}
