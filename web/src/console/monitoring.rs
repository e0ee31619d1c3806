//! Deciding how a case is followed.

use super::case::{CaseForms, case_page};
use super::contact_log::call_problem;
use super::meanwhile::{BEFORE, Now, Was, as_it_came, is_changed, settle, was};
use super::words::{condition, level, stored, waits};
use super::written_along::written_along;
use crate::fields::{ChoiceField, SelectField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::contact_log::TypedContact;
use app::message_texts::lasting;
use app::monitoring::{CONDITIONS, Decide, Following, Monitoring, OpenAlert, TypedDecision};
use axum::extract::Path;
use domain::ids::{CaseId, StaffId};
use domain::monitoring::MonitoringStatus;
use i18n::Words;
use jiff::tz::TimeZone;

/// The form with which somebody decides how a case is followed.
pub(super) struct FollowForm {
    pub(super) version: i32,
    pub(super) was: Was,
    pub(super) status: SelectField,
    pub(super) assigned: SelectField,
    pub(super) next: TextField,
    pub(super) reason: TextField,
    /// What is to become of the open alert, where that is asked: the alert as it is shown, and the question.
    pub(super) open_alert: Option<(String, ChoiceField)>,
    /// The name, the words, whether it is ticked, and what stands now where somebody else has changed it.
    pub(super) risks: Vec<(String, String, bool, Option<String>)>,
}

/// The field with when to call next; other forms of the page have one too.
const NEXT_CALL: &str = "following_next_call_at";

/// The field with what is to become of an open alert.
const OPEN_ALERT: &str = "open_alert";

/// A moment as `datetime-local` fields want it.
pub(super) fn local(at: jiff::Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .datetime()
        .strftime("%Y-%m-%dT%H:%M")
        .to_string()
}

/// How a case is followed, as it would be typed.
fn decision_that_stands(m: &Monitoring, zone: &TimeZone) -> TypedDecision {
    TypedDecision {
        status: m.status.word().to_owned(),
        risks: m.risks.clone(),
        assigned_to: m.assigned_to.map(|id| id.to_string()).unwrap_or_default(),
        next_call_at: m.next_call_at.map(|at| local(at, zone)).unwrap_or_default(),
        version: m.version,
        ..TypedDecision::default()
    }
}

/// The fields of a decision by name; a risk factor is `1` or empty.
fn decision_fields(decision: &TypedDecision) -> Vec<(String, String)> {
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

/// The question what is to become of the open alert, where somebody has been asked it.
fn open_alert(
    t: &Words,
    following: &Following,
    typed: Option<&TypedDecision>,
    problem: Option<String>,
) -> Option<(String, ChoiceField)> {
    let (alert, typed) = (following.alert.as_ref()?, typed?);
    if problem.is_none() && typed.open_alert.is_empty() {
        return None;
    }
    let told = match &alert.taken_by {
        Some(name) => {
            let since = lasting(t, alert.minutes);
            t.with2("alert-taken", "name", name, "since", since)
        }
        None => waits(t, alert.minutes),
    };
    let state = alert.state();
    // An answer was about the alert as it was shown then.
    let chosen = OpenAlert::parse(&typed.open_alert).filter(|_| typed.alert_seen == state);
    let choices = OpenAlert::ALL.map(|one| {
        let key = match one {
            OpenAlert::End => "following-alert-end",
            OpenAlert::Leave => "following-alert-leave",
        };
        (one.word(), t.say(key), chosen == Some(one))
    });
    let level = level(t, alert.level).unwrap_or_default();
    let field = ChoiceField {
        id: OPEN_ALERT.to_owned(),
        label: format!("{} {level} ({told})", t.say("release-alert")),
        problem,
        choices: choices.into(),
    };
    Some((state, field))
}

/// The form with which somebody decides.
pub(super) fn follow_form(
    page: &mut Page,
    following: &Following,
    team: &[(StaffId, String)],
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
    let problem = |page: &mut Page, field: &str, id: &str, key: &str| {
        problems.contains(&field).then(|| {
            let sentence = page.say(key);
            page.problem(id, sentence.clone());
            sentence
        })
    };
    let status_problem = problem(page, "status", "status", "problem-status");
    let assigned_problem = problem(page, "assigned_to", "assigned_to", "problem-assigned");
    let call_problem = call_problem(page, problems, NEXT_CALL);
    let reason_problem = problem(page, "reason", "reason", "problem-close-reason")
        .or_else(|| problem(page, "alert_reason", "reason", "problem-alert-reason"));
    let alert_problem = problem(page, "open_alert", OPEN_ALERT, "problem-open-alert");
    let open_alert = open_alert(t, following, typed.map(|(typed, _)| typed), alert_problem);
    // A release is decided on a page of its own.
    let statuses = MonitoringStatus::ALL
        .into_iter()
        .filter(|s| s.is_chosen())
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
        open_alert,
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

/// The address of an answer with a problem, loaded again.
pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    Ok(match desk.case(case).await? {
        Some(_) => go(&format!("/cases/{case}#following")),
        None => missing(&visit),
    })
}

/// What was being decided while another center took the case over: the words go there as a note, and nothing is decided.
async fn along(visit: &Visit, desk: &StaffDesk, case: CaseId, form: &Form) -> Answer {
    let t = i18n::words(visit.language);
    let status = MonitoringStatus::parse(form.text("status"));
    let status = status.filter(|_| is_changed(form, "status")).map(|status| {
        let words = stored(t, "status", status.word());
        format!("{}{}{words}", t.say("following-status"), t.say("colon"))
    });
    let said: Vec<String> = [form.text("reason").trim().to_owned()]
        .into_iter()
        .filter(|reason| !reason.is_empty())
        .chain(status)
        .collect();
    let typed = TypedContact {
        note: said.join("\n"),
        next_call_at: match is_changed(form, NEXT_CALL) {
            true => form.text(NEXT_CALL).to_owned(),
            false => String::new(),
        },
        ..TypedContact::default()
    };
    written_along(visit, desk, case, &typed).await
}

pub(super) async fn save(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let (Some(view), Some(following)) = (desk.case(case).await?, desk.following_of(case).await?)
    else {
        return along(&visit, &desk, case, &form).await;
    };
    let kept = desk.kept_record(case).await?;
    let stands = decision_that_stands(&following.monitoring, &view.member.center.time_zone);
    let mut typed = TypedDecision {
        status: form.text("status").to_owned(),
        risks: CONDITIONS
            .iter()
            .filter(|name| form.has(&format!("risk_{name}")))
            .map(|name| (*name).to_owned())
            .collect(),
        assigned_to: form.text("assigned_to").to_owned(),
        next_call_at: form.text(NEXT_CALL).to_owned(),
        call_shown: Some(form.text(&format!("{BEFORE}{NEXT_CALL}")).to_owned()),
        reason: form.text("reason").to_owned(),
        version: form.text("version").parse().unwrap_or(0),
        open_alert: form.text(OPEN_ALERT).to_owned(),
        alert_seen: form.text("alert_seen").to_owned(),
    };
    if let Some(kept) = kept {
        return into_kept(&visit, &desk, (case, kept), typed, &form).await;
    }
    let decided = desk.decide(case, &typed).await?;
    if matches!(decided, Decide::AlertIsOpen | Decide::Problems(_)) {
        // The form that is shown again holds a call that somebody has planned meanwhile, where the field was left alone.
        let call = &mut typed.next_call_at;
        settle(
            &form,
            NEXT_CALL,
            call,
            &stands.next_call_at,
            &mut Now::new(),
        );
    }
    let forms = match decided {
        Decide::Decided => {
            return Ok(go(&format!(
                "/cases/{case}?done=followed&at=following#following"
            )));
        }
        Decide::NoSuchCase => return along(&visit, &desk, case, &form).await,
        Decide::ChangedMeanwhile => {
            // In the moment between the two looks a colleague may have made one record of two.
            if let Some(kept) = desk.kept_record(case).await? {
                return into_kept(&visit, &desk, (case, kept), typed, &form).await;
            }
            let now = settle_all(&form, &mut typed, &stands);
            CaseForms {
                decision: Some((typed, Vec::new())),
                now: Some(now),
                ..CaseForms::default()
            }
        }
        Decide::AlertIsOpen => CaseForms {
            decision: Some((typed, vec!["open_alert"])),
            was: Some(as_it_came(&form)),
            ..CaseForms::default()
        },
        Decide::Problems(problems) => CaseForms {
            decision: Some((typed, problems)),
            was: Some(as_it_came(&form)),
            ..CaseForms::default()
        },
    };
    case_page(&visit, &desk, case, forms).await
}

/// Settles each field of a decision with what stands; tells what stands where both changed something.
fn settle_all(form: &Form, typed: &mut TypedDecision, stands: &TypedDecision) -> Now {
    let mut now = Now::new();
    for ((name, mut mine), (_, stands)) in decision_fields(typed)
        .into_iter()
        .zip(decision_fields(stands))
    {
        settle(form, &name, &mut mine, &stands, &mut now);
        put(typed, &name, mine);
    }
    now
}

/// What somebody decided about a record that a colleague has merged into another one meanwhile: nothing is saved, and
/// what was typed stands in the form of the record that was kept.
async fn into_kept(
    visit: &Visit,
    desk: &StaffDesk,
    (case, kept): (CaseId, CaseId),
    mut typed: TypedDecision,
    form: &Form,
) -> Answer {
    let (Some(view), Some(of_kept), Some(following)) = (
        desk.case(case).await?,
        desk.case(kept).await?,
        desk.following_of(kept).await?,
    ) else {
        return Ok(missing(visit));
    };
    let stands = decision_that_stands(&following.monitoring, &of_kept.member.center.time_zone);
    let now = settle_all(form, &mut typed, &stands);
    let forms = CaseForms {
        decision: Some((typed, Vec::new())),
        now: Some(now),
        merged: Some(view.member.hersys_id),
        ..CaseForms::default()
    };
    case_page(visit, desk, kept, forms).await
}

/// Puts a value into a field of a decision.
fn put(decision: &mut TypedDecision, name: &str, value: String) {
    match name {
        "status" => decision.status = value,
        "assigned_to" => decision.assigned_to = value,
        NEXT_CALL => decision.next_call_at = value,
        risk => {
            let risk = risk.trim_start_matches("risk_");
            decision.risks.retain(|one| one != risk);
            if !value.is_empty() {
                decision.risks.push(risk.to_owned());
            }
        }
    }
}
