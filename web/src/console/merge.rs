//! Whether two records are one person's illness: found, laid side by side, made one, and made two again.

use super::alike::{because, disease_row};
use super::case_registration::language_name;
use super::cases::found_under;
use super::correction::{CorrectionView, corrected_since};
use super::meanwhile::seen;
use super::words::{born, condition, phone_words, stored};
use super::written_along::{Along, fields_along};
use crate::fields::{AreaField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::case_registration::{Address, Alike, CaseView};
use app::family::FollowUp;
use app::merge::{Merge, MergeLine};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::CaseId;
use domain::monitoring::MonitoringStatus;
use i18n::Words;
use jiff::tz::TimeZone;

struct Candidate {
    address: String,
    name: String,
    id: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "console/merge_find.html")]
struct FindPage {
    page: Page,
    case: String,
    name: String,
    candidates: Vec<Candidate>,
    /// Those of another disease.
    of_another: Vec<Candidate>,
    number: TextField,
}

/// A row of the comparison: the label, both values, and whether they differ.
struct Compared {
    label: String,
    one: String,
    other: String,
    differ: bool,
}

#[derive(Template)]
#[template(path = "console/merge.html")]
struct MergePage {
    page: Page,
    case: String,
    /// The cases: the id, the number, and the version that is looked at.
    one: (String, String, i32),
    other: (String, String, i32),
    rows: Vec<Compared>,
    /// Where the person is said to be afterwards, where the two differ.
    afterwards: Option<String>,
    /// When the page was made, in milliseconds.
    seen: i64,
    /// What others did meanwhile: merges in words, and corrections.
    merged_since: Vec<String>,
    since: Vec<CorrectionView>,
    keep_other: bool,
    /// Whether one is a close contact's, and the other that of a case.
    only_one_ill: bool,
    /// Whether they are of two diseases, and nobody has typed anything yet: there is nothing to be sent.
    two_diseases: bool,
    reason: AreaField,
}

#[derive(Template)]
#[template(path = "console/merged.html")]
struct MergedPage {
    page: Page,
    notice: Option<String>,
    name: String,
    case: String,
    kept: (String, String),
    told: String,
    why: String,
    may_undo: bool,
    reason: AreaField,
}

/// A merge in words.
pub(super) fn merge_words(t: &Words, zone: &TimeZone, line: &MergeLine) -> String {
    let told = t.with(
        "merge-told",
        &[
            ("merged", (&line.merged.1).into()),
            ("kept", (&line.kept.1).into()),
            ("when", moment(t, zone, line.at).into()),
            ("name", (&line.by).into()),
        ],
    );
    match &line.undone {
        Some((at, by)) => {
            let undone = t.with2("merge-undone", "when", moment(t, zone, *at), "name", by);
            format!("{told} {undone}")
        }
        None => told,
    }
}

async fn find_page(
    visit: &Visit,
    desk: &StaffDesk,
    view: &CaseView,
    typed: Option<&str>,
) -> Answer {
    let case = view.member.case;
    let mut page = Page::new(visit, "merge-find-title").back_to(format!("/cases/{case}"));
    let t = page.t;
    let (same, of_another) = desk.like_case(case).await?;
    let candidates = |found: &[Alike], disease: bool| -> Vec<Candidate> {
        let found = found.iter();
        let one = |one: &Alike| Candidate {
            address: format!("/cases/{case}/merge?with={}", one.view.member.case),
            id: match disease_row(t, desk, &one.view.member.programme).filter(|_| disease) {
                Some((_, disease)) => format!("{} · {disease}", one.view.member.hersys_id),
                None => one.view.member.hersys_id.clone(),
            },
            name: one.view.member.name_in(t.language.tag()).to_owned(),
            reason: match found_under(t, &one.view) {
                Some(under) => format!("{} {under}", because(t, one.reason)),
                None => because(t, one.reason),
            },
        };
        found.map(one).collect()
    };
    let problem = typed.map(|typed| {
        t.say(match typed.trim().is_empty() {
            true => "problem-id-empty",
            false => "merge-problem-number",
        })
    });
    let problem = problem.and_then(|sentence| page.problem("hersys_id", sentence));
    Ok(render(&FindPage {
        case: case.to_string(),
        name: view.member.name_in(t.language.tag()).to_owned(),
        candidates: candidates(&same, false),
        of_another: candidates(&of_another, true),
        number: TextField::new("hersys_id", "HER-SYS ID".to_owned())
            .hint(t.say("merge-number-hint"))
            .value(typed.unwrap_or(""))
            .problem(problem)
            .inputmode("numeric")
            .class("w-code"),
        page,
    }))
}

/// Whether somebody is still followed, in words.
fn state_of(t: &Words, view: &CaseView) -> String {
    let (key, day) = match view.member.follow_up {
        FollowUp::GoesOn => return t.say("merge-state-goes-on"),
        FollowUp::InError => return t.say("merge-state-in-error"),
        FollowUp::Ended(day) => ("merge-state-ended", day),
        FollowUp::Died(day) => ("merge-state-died", day),
    };
    match day {
        Some(day) => format!("{} ({})", t.say(key), t.date(day)),
        None => t.say(key),
    }
}

/// What stands beside a record.
struct Beside {
    /// Whether an alert about it is open.
    alert: bool,
    /// What puts the person at risk, by name, as far as the reader sees health.
    risks: Vec<String>,
    /// Where the person lives and stays, in words.
    place: String,
    /// Whether they are at home or where else, in words.
    status: String,
    /// Who looks after them; empty: nobody in particular.
    assigned: String,
}

impl Beside {
    async fn of(t: &Words, desk: &StaffDesk, case: CaseId) -> Result<Beside, app::Error> {
        let following = desk.following_of(case).await?;
        let place = desk.address_of(case).await?;
        Ok(Beside {
            alert: desk.has_open_alert(case).await?,
            status: (following.as_ref())
                .map(|following| stored(t, "status", following.monitoring.status.word()))
                .unwrap_or_default(),
            assigned: (following.as_ref())
                .and_then(|following| following.assigned_name.clone())
                .unwrap_or_default(),
            risks: following.map_or_else(Vec::new, |following| following.monitoring.risks),
            place: place_in_row(t, &place),
        })
    }
}

/// Where somebody lives and stays, in a row that is called an address already; empty where neither is known.
fn place_in_row(t: &Words, place: &Address) -> String {
    let lives = place.address.as_ref().map(|text| text.expose().clone());
    let stays = place.whereabouts.as_ref();
    let stays = stays.map(|text| t.with1("console-stays-at", "place", text.expose().as_str()));
    let known: Vec<String> = lives.into_iter().chain(stays).collect();
    known.join(" / ")
}

fn compared(
    (t, desk): (&Words, &StaffDesk),
    (one, other): (&CaseView, &CaseView),
    beside: (Beside, Beside),
) -> Vec<Compared> {
    let spelling = |view: &CaseView, script: &str| {
        view.names
            .iter()
            .find(|(s, _)| s == script)
            .map_or(String::new(), |(_, name)| name.expose().clone())
    };
    let zone = &one.member.center.time_zone;
    let row = |label: &str, say: &dyn Fn(&CaseView) -> String| {
        let (one, other) = (say(one), say(other));
        Compared {
            label: t.say(label),
            differ: one != other,
            one,
            other,
        }
    };
    let both_contacts = one.member.is_contact && other.member.is_contact;
    let day = if both_contacts {
        "close-last-contact"
    } else {
        "console-diagnosed-on"
    };
    let mut rows = vec![
        row("console-name", &|v| spelling(v, "kanji")),
        row("console-name-kana", &|v| spelling(v, "kana")),
        row("console-name-latin", &|v| spelling(v, "latin")),
        row("birthdate", &|v| born(t, v.birthdate.expose())),
        row("phone", &|v| phone_words(t, &v.phone)),
        row("console-email", &|v| {
            v.email
                .as_ref()
                .map_or(String::new(), |email| email.expose().clone())
        }),
        row("console-language", &|v| {
            language_name(t, &v.language).into_owned()
        }),
        row("passport-number", &|v| {
            let number = v.passport.as_ref();
            number.map_or(String::new(), |number| number.expose().to_owned())
        }),
    ];
    let diseases = [one, other].map(|v| disease_row(t, desk, &v.member.programme));
    if let [Some((label, one)), Some((_, other))] = diseases {
        rows.push(Compared {
            label,
            differ: one != other,
            one,
            other,
        });
    }
    rows.extend([
        row(day, &|v| {
            let day = t.date(v.member.diagnosed_on);
            match v.member.is_contact {
                true if !both_contacts => t.with1("close-met-on", "day", day),
                _ => day,
            }
        }),
        row("console-onset-on", &|v| {
            v.member.onset_on.map(|day| t.date(day)).unwrap_or_default()
        }),
        row("merge-registered", &|v| moment(t, zone, v.registered_at)),
        row("merge-account", &|v| {
            v.signed_up_at
                .map(|at| moment(t, zone, at))
                .unwrap_or_else(|| t.say("console-no"))
        }),
        row("merge-reports", &|v| v.member.report_count.to_string()),
        row("merge-state", &|v| state_of(t, v)),
    ]);
    let mut beside_row = |label: &str, one: String, other: String| {
        rows.push(Compared {
            label: t.say(label),
            differ: one != other,
            one,
            other,
        });
    };
    beside_row("following-status", beside.0.status, beside.1.status);
    if !beside.0.assigned.is_empty() || !beside.1.assigned.is_empty() {
        beside_row("following-assigned", beside.0.assigned, beside.1.assigned);
    }
    if !beside.0.place.is_empty() || !beside.1.place.is_empty() {
        beside_row("console-address", beside.0.place, beside.1.place);
    }
    if beside.0.alert || beside.1.alert {
        let said = |open: bool| {
            t.say(if open {
                "merge-alert-open"
            } else {
                "merge-alert-none"
            })
        };
        beside_row("merge-alert", said(beside.0.alert), said(beside.1.alert));
    }
    if !beside.0.risks.is_empty() || !beside.1.risks.is_empty() {
        let said = |names: &[String]| {
            let names = names.iter().map(|name| condition(t, name));
            names.collect::<Vec<_>>().join(&t.say("list-comma"))
        };
        beside_row(
            "following-risks",
            said(&beside.0.risks),
            said(&beside.1.risks),
        );
    }
    // Whoever does not read health answers is not told when somebody reported either.
    if one.member.latest.is_some() || other.member.latest.is_some() {
        rows.push(row("console-column-latest", &|v| {
            v.member
                .latest
                .map_or_else(|| t.say("console-no-report"), |(at, _)| moment(t, zone, at))
        }));
    }
    rows
}

/// The problems that come of what somebody else did.
const MEANWHILE: [&str; 3] = [
    "merge-problem-meanwhile",
    "merge-problem-part",
    "merge-problem-offered",
];

async fn merge_page(
    visit: &Visit,
    desk: &StaffDesk,
    (one, other): (&CaseView, &CaseView),
    sent: Option<(&Form, &'static str)>,
) -> Answer {
    let case = one.member.case;
    let mut page = Page::new(visit, "merge-title").back_to(format!("/cases/{case}/merge"));
    let t = page.t;
    let problem = sent.map(|(_, key)| t.say(key));
    let problem = problem.and_then(|sentence| page.problem("reason", sentence));
    // A page that is shown for another mistake is as old as it was.
    let as_old = |name: &str, version: i32| match sent {
        Some((form, key)) if !MEANWHILE.contains(&key) => form.text(name).parse().unwrap_or(0),
        _ => version,
    };
    let side = |view: &CaseView, field: &str| {
        (
            view.member.case.to_string(),
            view.member.hersys_id.clone(),
            as_old(field, view.version),
        )
    };
    let kept = sent.map_or("", |(form, _)| form.text("kept"));
    // Whoever is ill has the days of the illness; else, whoever has signed up keeps what they know.
    let (is_contact, other_is) = (one.member.is_contact, other.member.is_contact);
    let prefers_other = match is_contact == other_is {
        true => other.signed_up_at.is_some() && one.signed_up_at.is_none(),
        false => is_contact,
    };
    // What others did since is told wherever it is why nothing was done.
    let slower = sent.filter(|(_, key)| MEANWHILE.contains(key));
    let (mut merged_since, mut since) = (Vec::new(), Vec::new());
    if let Some((form, _)) = slower {
        let shown_at = seen(form);
        for view in [one, other] {
            let (case, zone) = (view.member.case, &view.member.center.time_zone);
            for line in desk.merges(case).await? {
                let latest = line.undone.as_ref().map_or(line.at, |(at, _)| *at);
                let words = merge_words(t, zone, &line);
                if latest >= shown_at && !merged_since.contains(&words) {
                    merged_since.push(words);
                }
            }
            since.extend(corrected_since(t, desk, view, shown_at).await?);
        }
    }
    let now = visit.site.app.clock.now();
    let afterwards = desk.where_as_one(case, other.member.case).await?;
    let beside = (
        Beside::of(t, desk, case).await?,
        Beside::of(t, desk, other.member.case).await?,
    );
    Ok(render(&MergePage {
        seen: match (sent, slower) {
            (Some((form, _)), None) => seen(form),
            _ => now,
        }
        .as_millisecond(),
        merged_since,
        since,
        case: case.to_string(),
        keep_other: if kept.is_empty() {
            prefers_other
        } else {
            kept == other.member.case.to_string()
        },
        only_one_ill: is_contact != other_is,
        two_diseases: one.member.programme != other.member.programme && sent.is_none(),
        one: side(one, "version"),
        other: side(other, "version_with"),
        rows: compared((t, desk), (one, other), beside),
        afterwards: afterwards.map(|status| match status {
            MonitoringStatus::Died => t.say("merge-died-afterwards"),
            status => {
                let status = stored(t, "status", status.word());
                t.with1("merge-status-afterwards", "status", status)
            }
        }),
        reason: AreaField::new("reason", t.say("merge-reason"))
            .hint(t.say("merge-reason-hint"))
            .value(sent.map_or("", |(form, _)| form.text("reason")))
            .problem(problem),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let Some(view) = desk.case(case).await? else {
        return Ok(missing(&visit));
    };
    let with = visit.query("with").and_then(|text| text.parse().ok());
    match with {
        Some(with) => match desk.case(with).await? {
            Some(other) if with != case => merge_page(&visit, &desk, (&view, &other), None).await,
            _ => Ok(missing(&visit)),
        },
        None => find_page(&visit, &desk, &view, None).await,
    }
}

/// Two records that were being made one, or two again, while another center took one over: the number that was looked for
/// and the reason go there as a note.
async fn along(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    (form, done, why): (&Form, &str, &str),
) -> Answer {
    let t = i18n::words(visit.language);
    let reason = form.text("reason").to_owned();
    let along = Along {
        done: t.say(done),
        fields: vec![
            ("HER-SYS ID".to_owned(), form.text("hersys_id").to_owned()),
            (t.say(why), reason),
        ],
        ..Along::default()
    };
    fields_along(visit, desk, case, along).await
}

pub(super) async fn merge(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let told = (&form, "written-along-merge", "merge-reason");
    let Some(view) = desk.case(case).await? else {
        return along(&visit, &desk, case, told).await;
    };
    let Ok(with) = form.text("with").parse::<CaseId>() else {
        let number = form.text("hersys_id");
        return match desk.case_by_number(number).await? {
            Some(other) if other.member.case != case => Ok(go(&format!(
                "/cases/{case}/merge?with={}",
                other.member.case
            ))),
            _ => find_page(&visit, &desk, &view, Some(number)).await,
        };
    };
    let version = |name: &str| form.text(name).parse().unwrap_or(0);
    let (of_one, of_other) = (version("version"), version("version_with"));
    let (kept, merged, versions) = if form.text("kept") == with.to_string() {
        (with, case, (of_other, of_one))
    } else {
        (case, with, (of_one, of_other))
    };
    let done = desk
        .merge_cases(kept, merged, versions, form.text("reason"))
        .await?;
    let problem = match done {
        Merge::Done(kept) => return Ok(go(&format!("/cases/{kept}?done=merged"))),
        Merge::NoSuchCase => "merge-problem-center",
        Merge::Reason => "merge-problem-reason",
        Merge::PartOfAnother => "merge-problem-part",
        Merge::Offered => "merge-problem-offered",
        Merge::InError => "merge-problem-no-case",
        Merge::OtherDisease => "merge-problem-disease",
        Merge::ChangedMeanwhile => "merge-problem-meanwhile",
    };
    // As they stand now.
    let (view, other) = match (desk.case(case).await?, desk.case(with).await?) {
        (Some(view), Some(other)) => (view, other),
        (None, _) => return along(&visit, &desk, case, told).await,
        (_, None) => return along(&visit, &desk, with, told).await,
    };
    merge_page(&visit, &desk, (&view, &other), Some((&form, problem))).await
}

/// The page of a case that was merged into another one; `None` where that does not hold.
pub(super) async fn merged_page(
    visit: &Visit,
    desk: &StaffDesk,
    view: &CaseView,
    sent: Option<(&Form, &'static str)>,
) -> Result<Option<Response>, crate::page::Broken> {
    let merges = desk.merges(view.member.case).await?;
    let Some(line) = merges
        .iter()
        .find(|line| line.undone.is_none() && line.merged.0 == view.member.case)
    else {
        return Ok(None);
    };
    let mut page = Page::new(visit, "merge-merged-title").back_to("/cases");
    let t = page.t;
    let problem = sent.map(|(_, key)| t.say(key));
    let problem = problem.and_then(|sentence| page.problem("reason", sentence));
    let own = desk.center_in_reach(None).await?;
    Ok(Some(render(&MergedPage {
        notice: None,
        name: view.member.name_in(t.language.tag()).to_owned(),
        case: view.member.case.to_string(),
        kept: (format!("/cases/{}", line.kept.0), line.kept.1.clone()),
        told: merge_words(t, &view.member.center.time_zone, line),
        why: line.reason.expose().clone(),
        may_undo: desk.may(domain::staff_role::Right::CorrectPersons)
            && own.is_some_and(|own| own.id == view.member.center.id),
        reason: AreaField::new("reason", t.say("merge-undo-reason"))
            .value(sent.map_or("", |(form, _)| form.text("reason")))
            .problem(problem),
        page,
    })))
}

pub(super) async fn unmerge(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let told = (&form, "written-along-unmerge", "merge-undo-reason");
    let Some(view) = desk.case(case).await? else {
        return along(&visit, &desk, case, told).await;
    };
    let problem = match desk.unmerge_case(case, form.text("reason")).await? {
        Merge::Done(case) => return Ok(go(&format!("/cases/{case}?done=unmerged"))),
        Merge::ChangedMeanwhile | Merge::PartOfAnother => {
            return Ok(go(&format!("/cases/{case}?done=undone-already")));
        }
        Merge::NoSuchCase => return along(&visit, &desk, case, told).await,
        Merge::Reason => "merge-problem-reason",
        Merge::Offered => "merge-problem-offered",
        Merge::InError => "merge-problem-no-case",
        Merge::OtherDisease => "merge-problem-disease",
    };
    let page = merged_page(&visit, &desk, &view, Some((&form, problem))).await?;
    Ok(page.unwrap_or_else(|| missing(&visit)))
}

/// The address of a form without its form.
pub(super) async fn show_unmerge(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    Ok(match desk.case(case).await? {
        Some(_) => go(&format!("/cases/{case}")),
        None => missing(&visit),
    })
}
