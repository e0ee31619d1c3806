//! The release review: the calculation by the rules that hold, and the decision that somebody makes.

use super::words::{level, stored, waits, why};
use super::written_along::{Along, fields_along};
use crate::fields::{AreaField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::message_texts::lasting;
use app::monitoring::Following;
use app::release::{Known, Release, ReleaseReview, SeenLines, TypedRelease, first_test_day};
use askama::Template;
use axum::extract::Path;
use domain::ids::CaseId;
use domain::isolation::{Calculation, Step};
use domain::monitoring::{ContactOutcome, MonitoringStatus};
use i18n::Words;
use jiff::tz::TimeZone;

#[derive(Template)]
#[template(path = "console/release.html")]
struct ReleasePage {
    page: Page,
    case: String,
    name: String,
    status: String,
    warning: Option<String>,
    /// What was measured last, and how urgent that is.
    latest: String,
    level: Option<String>,
    danger: bool,
    /// The last call or visit that counts: when and what came of it, and what was said.
    call: Option<(String, String)>,
    /// The open alert, in words: its level, who has it or since when it waits, and why it was raised.
    alert: Option<(String, String, Vec<String>)>,
    /// Whether releasing in spite of the alert is asked back, and what is wrong with the answer.
    asks_alert: bool,
    /// Of somebody who is followed no longer: that, and the decision with its calculation.
    decided: Option<(String, Option<(String, CalculationView)>)>,
    calculation: CalculationView,
    is_over: bool,
    version: i32,
    lines: String,
    known: String,
    has_symptoms: bool,
    inpatient: bool,
    /// That the record says something else than the box.
    disagrees: Option<String>,
    improved: TextField,
    tests: TextField,
    reason: AreaField,
}

/// A calculation in words.
#[derive(Template)]
#[template(path = "parts/calculation.html")]
pub(super) struct CalculationView {
    steps: Vec<String>,
    result: String,
    /// Whether the isolation is over or goes on, where that is asked for the present day.
    is_over: Option<bool>,
    rule: Option<String>,
}

/// A calculation in words, without saying whether it is over today.
pub(super) fn calculation_view(t: &Words, calculation: &Calculation) -> CalculationView {
    let whose = calculation
        .rule_origin
        .map_or_else(String::new, |origin| stored(t, "rule-of", origin.word()));
    CalculationView {
        steps: calculation
            .steps
            .iter()
            .map(|step| step_words(t, step))
            .collect(),
        result: match calculation.free_from {
            Some(day) => t.with1("release-free-from", "day", t.date(day)),
            None => t.say("release-open"),
        },
        is_over: None,
        rule: Some(t.with(
            "release-rule",
            &[
                ("day", t.date(calculation.rule_valid_from).into()),
                ("whose", whose.into()),
                ("source", calculation.rule_source.as_str().into()),
            ],
        )),
    }
}

/// Of somebody who is released: when and by whom, and the calculation on which the decision rested.
pub(super) fn released(
    t: &Words,
    zone: &TimeZone,
    following: &Following,
) -> Option<(String, CalculationView)> {
    if following.monitoring.status != MonitoringStatus::Released {
        return None;
    }
    // The latest stands first; what was decided before is among the corrections.
    let line = following.corrections.iter().find(|line| {
        line.subject == "monitoring" && line.after.iter().any(|(name, _)| name == "status")
    })?;
    let calculation = line.calculation.as_ref()?;
    let when = moment(t, zone, line.at);
    let told = t.with2("release-decided", "when", when, "name", &line.by);
    Some((told, calculation_view(t, calculation)))
}

/// A step of the calculation in words.
fn step_words(t: &Words, step: &Step) -> String {
    match step {
        Step::DaysFromZero {
            day_zero,
            days,
            gives,
        } => t.with(
            "release-step-days",
            &[
                ("zero", t.date(*day_zero).into()),
                ("days", i64::from(*days).into()),
                ("gives", t.date(*gives).into()),
            ],
        ),
        Step::EarlyByNegativeTest { gives, .. } => {
            t.with1("release-step-test", "gives", t.date(*gives))
        }
        Step::HoursAfterImprovement {
            improved_at,
            hours,
            gives,
        } => t.with(
            "release-step-hours",
            &[
                ("hours", i64::from(*hours).into()),
                (
                    "improved",
                    format!(
                        "{} {}",
                        t.date(improved_at.date()),
                        t.time(improved_at.time())
                    )
                    .into(),
                ),
                (
                    "gives",
                    format!("{} {}", t.date(gives.date()), t.time(gives.time())).into(),
                ),
            ],
        ),
        Step::ImprovementNotKnown { hours } => {
            t.with1("release-step-unknown", "hours", i64::from(*hours))
        }
        Step::LatestCounts { gives } => t.with1("release-step-latest", "gives", t.date(*gives)),
    }
}

/// What is wrong with the moment of the improvement, in words.
fn improved_problem(
    page: &mut Page,
    review: &ReleaseReview,
    problems: &[&'static str],
) -> Option<String> {
    let t = page.t;
    let member = &review.member;
    let sentence = problems.iter().find_map(|problem| match *problem {
        "improved_at" => Some(t.say("problem-release-improved")),
        "improved_in_future" => Some(t.say("problem-release-improved-future")),
        "improved_before_ill" => {
            let begun = member.onset_on.unwrap_or(member.diagnosed_on);
            Some(t.with1("problem-release-improved-before", "day", t.date(begun)))
        }
        _ => None,
    })?;
    page.problem("improved_at", sentence)
}

/// What is wrong with the days of negative tests, in words.
fn tests_problem(
    page: &mut Page,
    review: &ReleaseReview,
    problems: &[&'static str],
) -> Option<String> {
    let t = page.t;
    let sentence = problems.iter().find_map(|problem| match *problem {
        "negative_tests" => Some(t.say("problem-release-tests")),
        "tests_in_future" => Some(t.say("problem-release-tests-future")),
        "tests_before_ill" => {
            let first = t.date(first_test_day(&review.member));
            Some(t.with1("problem-release-tests-before", "day", first))
        }
        _ => None,
    })?;
    page.problem("negative_tests", sentence)
}

async fn release_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    typed: &TypedRelease,
    (extra, changed_meanwhile): (&[&'static str], bool),
) -> Answer {
    let (Some((review, mut problems)), Some(following)) = (
        desk.release_review(case, typed).await?,
        desk.following_of(case).await?,
    ) else {
        return Ok(missing(visit));
    };
    problems.extend(extra);
    let mut page = Page::new(visit, "release-title").back_to(format!("/cases/{case}#following"));
    let improved_problem = improved_problem(&mut page, &review, &problems);
    let tests_problem = tests_problem(&mut page, &review, &problems);
    let mut beside = |field: &str, key: &str| {
        problems.contains(&field).then(|| {
            let sentence = page.say(key);
            page.problem(field, sentence.clone());
            sentence
        })
    };
    let reason_problem = beside("reason", "problem-release-reason");
    // Whoever is told that something changed is asked about the alert that stands now, ticked or not before.
    let asks_alert = beside("despite_alert", "release-alert-open").is_some()
        || changed_meanwhile && following.alert.is_some();
    let t = page.t;
    let now = visit.site.app.clock.now();
    let m = &following.monitoring;
    let values: Vec<String> = m
        .temperature
        .map(|v| format!("{} °C", domain::status_report::degrees(v)))
        .into_iter()
        .chain(m.spo2.map(|v| format!("SpO2 {v} %")))
        .collect();
    let latest = match m.latest {
        Some((at, _)) => {
            let at = moment(t, &review.member.center.time_zone, at);
            format!("{} ({at})", values.join("  ")).trim().to_owned()
        }
        None => t.say("console-no-report"),
    };
    let mut calls = following
        .contacts
        .iter()
        .filter(|line| line.in_error.is_none());
    let call = calls.find(|line| line.outcome != ContactOutcome::Note);
    let call = call.map(|line| {
        let at = moment(t, &review.member.center.time_zone, line.at);
        let outcome = stored(t, "outcome", line.outcome.word());
        (format!("{outcome} ({at})"), line.note.expose().clone())
    });
    let alert = following.alert.as_ref().map(|alert| {
        let told = match &alert.taken_by {
            Some(name) => {
                let since = lasting(t, alert.minutes);
                t.with2("alert-taken", "name", name, "since", since)
            }
            None => waits(t, alert.minutes),
        };
        let (judged, member) = (alert.judged_by.as_ref(), &review.member);
        let answered = desk.words_judged(judged, &member.programme, member.center.id);
        let question = |id: &str| answered.short(id, t.language.tag());
        let reasons = alert.reasons.iter();
        (
            level(t, alert.level).unwrap_or_default(),
            told,
            reasons.map(|one| why(t, one, now, question)).collect(),
        )
    });
    let mut calculation = match &review.calculation {
        Some(calculation) => calculation_view(t, calculation),
        None => CalculationView {
            steps: Vec::new(),
            result: t.say("release-no-rule"),
            is_over: None,
            rule: None,
        },
    };
    calculation.is_over = Some(review.is_over);
    let counts_by_onset = review.member.onset_on.is_some();
    Ok(render(&ReleasePage {
        case: case.to_string(),
        name: review.member.name_in(page.tag()).to_owned(),
        status: stored(t, "status", review.status.word()),
        warning: changed_meanwhile.then(|| t.say("release-changed-meanwhile")),
        latest,
        level: level(t, m.urgency),
        danger: m.urgency.is_danger(),
        call,
        alert,
        asks_alert,
        decided: (!review.status.is_open()).then(|| {
            let status = stored(t, "status", review.status.word());
            let zone = &review.member.center.time_zone;
            (
                t.with1("release-not-followed", "status", status),
                released(t, zone, &following),
            )
        }),
        calculation,
        is_over: review.is_over,
        // A form that is shown again is as old as it was, until somebody is told that something changed.
        version: match typed.version {
            came if came > 0 && !changed_meanwhile => came,
            _ => review.version,
        },
        lines: match typed.lines {
            Some(came) if !changed_meanwhile => came.to_string(),
            _ => review.lines.to_string(),
        },
        known: match &typed.known {
            Some(came) if !changed_meanwhile => came.to_string(),
            _ => review.known.to_string(),
        },
        has_symptoms: counts_by_onset,
        inpatient: review.inpatient,
        disagrees: match (review.inpatient_by_record, review.inpatient) {
            (true, false) if counts_by_onset => Some(t.say("release-inpatient-unticked")),
            (false, true) if counts_by_onset => Some(t.say("release-inpatient-ticked")),
            _ => None,
        },
        improved: TextField::new("improved_at", t.say("release-improved"))
            .hint(t.say("release-improved-hint"))
            .value(&typed.improved_at)
            .problem(improved_problem)
            .kind("datetime-local"),
        tests: TextField::new("negative_tests", t.say("release-tests"))
            .hint(t.say("release-tests-hint"))
            .value(&typed.negative_tests)
            .problem(tests_problem),
        reason: AreaField::new("reason", t.say("release-reason"))
            .value(&typed.reason)
            .problem(reason_problem),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    release_page(&visit, &desk, case, &TypedRelease::default(), (&[], false)).await
}

/// A release that was being thought over while another center took the case over: what was typed goes there as a note.
async fn along(visit: &Visit, desk: &StaffDesk, case: CaseId, typed: TypedRelease) -> Answer {
    let t = i18n::words(visit.language);
    let in_home = (typed.inpatient == Some(true)).then(|| t.say("answer-yes"));
    let along = Along {
        done: t.say("written-along-release"),
        fields: vec![
            (
                t.say("release-improved"),
                typed.improved_at.replace('T', " "),
            ),
            (t.say("release-inpatient"), in_home.unwrap_or_default()),
            (t.say("release-tests"), typed.negative_tests),
            (t.say("release-reason"), typed.reason),
        ],
        ..Along::default()
    };
    fields_along(visit, desk, case, along).await
}

pub(super) async fn decide(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let typed = TypedRelease {
        improved_at: form.text("improved_at").to_owned(),
        // A form that had no box says nothing of it.
        inpatient: (form.has("inpatient") || form.has("inpatient_asked"))
            .then(|| form.has("inpatient")),
        negative_tests: form.text("negative_tests").to_owned(),
        reason: form.text("reason").to_owned(),
        despite_alert: form.has("despite_alert"),
        version: form.text("version").parse().unwrap_or(0),
        lines: SeenLines::parse(form.text("lines")),
        known: Known::parse(form.text("known")),
    };
    if desk.case(case).await?.is_none() {
        return along(&visit, &desk, case, typed).await;
    }
    if !form.has("release") {
        return release_page(&visit, &desk, case, &typed, (&[], false)).await;
    }
    match desk.release(case, &typed).await? {
        Release::Released => Ok(go(&format!(
            "/cases/{case}?done=followed&at=following#following"
        ))),
        Release::NoSuchCase => along(&visit, &desk, case, typed).await,
        Release::AlertIsOpen => {
            let extra: &[_] = &["despite_alert"];
            release_page(&visit, &desk, case, &typed, (extra, false)).await
        }
        Release::ChangedMeanwhile => release_page(&visit, &desk, case, &typed, (&[], true)).await,
        // The page says so by itself, with the decision that stands.
        Release::NotFollowed => release_page(&visit, &desk, case, &typed, (&[], false)).await,
        Release::Problems(problems) => {
            release_page(&visit, &desk, case, &typed, (&problems, false)).await
        }
    }
}
