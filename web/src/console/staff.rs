//! Staff: inviting, giving another role, shutting out, and resetting a lost second factor.

use super::notification::zone_of;
use super::words::stored;
use crate::fields::{SelectField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::jurisdiction::Place;
use app::staff::{ChangeStaff, Colleague, Invite};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::email_address::EmailAddress;
use domain::ids::{JurisdictionId, StaffId};
use domain::staff_role::{Right, StaffRole};
use i18n::Words;
use jiff::tz::TimeZone;

struct Line {
    id: String,
    name: String,
    email: String,
    place: String,
    state: String,
    version: i32,
    is_self: bool,
    shut_out: bool,
    /// Until when the person is locked out, in words.
    locked: Option<String>,
    role: SelectField,
    may_audit: bool,
}

#[derive(Template)]
#[template(path = "console/staff.html")]
struct StaffPage {
    page: Page,
    notice: Option<String>,
    warning: Option<String>,
    lines: Vec<Line>,
    name: TextField,
    email: TextField,
    role: SelectField,
}

/// What was typed into the form for inviting, and what is wrong: the fields, and the key of a sentence for each.
#[derive(Default)]
struct Typed<'a> {
    name: &'a str,
    email: &'a str,
    role: &'a str,
    wrong: Vec<(&'static str, &'static str)>,
}

/// The roles that fit below these places, each with its place: `nurse@<id>`.
fn roles_at(t: &Words, places: &[Place]) -> Vec<(String, String)> {
    // Nothing is chosen beforehand: a role is given, not left.
    let mut all = vec![(String::new(), t.say("contact-choose"))];
    for place in places {
        for role in StaffRole::ALL {
            if role.belongs_at() == place.kind {
                let word = format!("{}@{}", role.word(), place.id);
                let label = format!("{} – {}", place.name, stored(t, "role", role.word()));
                all.push((word, label));
            }
        }
    }
    all
}

/// Until when somebody is locked out, in words.
fn locked(t: &Words, zone: &TimeZone, one: &Colleague) -> Option<String> {
    let until = one.locked_until?;
    Some(t.with1("staff-locked", "until", moment(t, zone, until)))
}

fn line(
    (t, zone): (&Words, &TimeZone),
    desk: &StaffDesk,
    places: &[Place],
    one: &Colleague,
) -> Line {
    let state = if one.disabled_at.is_some() {
        "staff-state-shut-out"
    } else if !one.has_password {
        "staff-state-invited"
    } else if !one.has_factor {
        "staff-state-no-factor"
    } else {
        "staff-state-active"
    };
    let roles = StaffRole::ALL
        .into_iter()
        .filter(|role| role.belongs_at() == one.role.belongs_at())
        .map(|role| (role.word().to_owned(), stored(t, "role", role.word())));
    let mut role = SelectField::new("role", t.say("staff-role"), one.role.word(), roles);
    role.id = format!("role-{}", one.id);
    Line {
        id: one.id.to_string(),
        name: one.name.clone(),
        email: one.email.expose().clone(),
        place: places
            .iter()
            .find(|place| place.id == one.place)
            .map_or_else(
                || t.say("staff-of-closed-place"),
                |place| place.name.clone(),
            ),
        state: t.say(state),
        version: one.version,
        is_self: one.id == desk.id(),
        shut_out: one.disabled_at.is_some(),
        locked: locked(t, zone, one),
        role,
        may_audit: desk.may(Right::SeeAudit),
    }
}

async fn staff_page(visit: &Visit, desk: &StaffDesk, typed: Typed<'_>) -> Answer {
    let mut page = Page::new(visit, "staff-title");
    page.wide = true;
    let zone = zone_of(visit, desk).await?;
    let (mut places, staff) = desk.colleagues().await?;
    let names = desk.place_names(page.tag()).await?;
    for place in &mut places {
        names.put(&mut place.name);
    }
    let mut beside = |field: &str| {
        let (_, key) = typed.wrong.iter().find(|(wrong, _)| *wrong == field)?;
        let sentence = page.say(key);
        page.problem(field, sentence)
    };
    let problems = [beside("staff_name"), beside("email"), beside("staff_role")];
    let [name_problem, email_problem, role_problem] = problems;
    let (notice, warning) = match visit.query("done").as_deref() {
        Some("invited") => (Some("staff-invited"), None),
        Some("changed") => (Some("staff-changed"), None),
        Some("reset") => (Some("staff-reset-done"), None),
        Some("let-in") => (Some("staff-let-in-done"), None),
        Some("meanwhile") => (None, Some("changed-meanwhile")),
        Some("oneself") => (None, Some("staff-oneself")),
        Some("place") => (None, Some("staff-wrong-place")),
        Some("closed") => (None, Some("staff-place-closed")),
        _ => (None, None),
    };
    let t = page.t;
    Ok(render(&StaffPage {
        notice: notice.map(|key| t.say(key)),
        warning: warning.map(|key| t.say(key)),
        lines: staff
            .iter()
            .map(|one| line((t, &zone), desk, &places, one))
            .collect(),
        name: TextField::new("staff_name", t.say("staff-name"))
            .value(typed.name)
            .problem(name_problem),
        email: TextField::new("email", t.say("email"))
            .value(typed.email)
            .problem(email_problem)
            .kind("email")
            .inputmode("email"),
        role: SelectField::new(
            "staff_role",
            t.say("staff-role"),
            typed.role,
            roles_at(t, &places),
        )
        .problem(role_problem),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    staff_page(&visit, &desk, Typed::default()).await
}

pub(super) async fn invite(Staff(visit, desk): Staff, form: Form) -> Answer {
    let mut typed = Typed {
        name: form.text("staff_name"),
        email: form.text("email"),
        role: form.text("staff_role"),
        wrong: Vec::new(),
    };
    let email = EmailAddress::parse(typed.email);
    let chosen = typed.role.split_once('@').and_then(|(role, place)| {
        Some((
            StaffRole::parse(role)?,
            place.parse::<JurisdictionId>().ok()?,
        ))
    });
    let (Ok(email), Some((role, place)), false) = (&email, chosen, typed.name.trim().is_empty())
    else {
        let each = [
            (
                typed.name.trim().is_empty(),
                ("staff_name", "problem-staff-name"),
            ),
            (email.is_err(), ("email", "problem-email-malformed")),
            (chosen.is_none(), ("staff_role", "problem-staff-role")),
        ];
        let wrong = each.into_iter().filter(|(is, _)| *is);
        typed.wrong = wrong.map(|(_, told)| told).collect();
        return staff_page(&visit, &desk, typed).await;
    };
    let invited = desk
        .invite(email, typed.name, role, place, visit.language)
        .await?;
    typed.wrong = match invited {
        Invite::Invited => return Ok(go("/staff?done=invited")),
        Invite::Name => vec![("staff_name", "problem-staff-name")],
        Invite::Taken => vec![("email", "problem-staff-taken")],
        Invite::Place => vec![("staff_role", "problem-staff-place")],
    };
    staff_page(&visit, &desk, typed).await
}

fn after(changed: ChangeStaff, done: &str, visit: &Visit) -> Response {
    match changed {
        ChangeStaff::Changed => go(&format!("/staff?done={done}")),
        ChangeStaff::ChangedMeanwhile => go("/staff?done=meanwhile"),
        ChangeStaff::Oneself => go("/staff?done=oneself"),
        ChangeStaff::Place => go("/staff?done=place"),
        ChangeStaff::PlaceIsClosed => go("/staff?done=closed"),
        ChangeStaff::NoSuchStaff => missing(visit),
    }
}

#[derive(Template)]
#[template(path = "console/staff_reset.html")]
struct ResetPage {
    page: Page,
    id: String,
    name: String,
    email: String,
}

/// A question before somebody loses the password and the second factor.
pub(super) async fn show_reset(Staff(visit, desk): Staff, Path(staff): Path<String>) -> Answer {
    let Ok(id) = staff.parse::<StaffId>() else {
        return Ok(missing(&visit));
    };
    let (_, all) = desk.colleagues().await?;
    let Some(one) = all.into_iter().find(|one| one.id == id && id != desk.id()) else {
        return Ok(missing(&visit));
    };
    Ok(render(&ResetPage {
        id: id.to_string(),
        name: one.name,
        email: one.email.expose().clone(),
        page: Page::new(&visit, "staff-reset").back_to("/staff"),
    }))
}

#[derive(Template)]
#[template(path = "console/staff_let_in.html")]
struct LetInPage {
    page: Page,
    id: String,
    name: String,
    email: String,
    locked: String,
}

/// A question before a lock-out ends; where there is none any more, there is nothing to ask.
pub(super) async fn show_let_in(Staff(visit, desk): Staff, Path(staff): Path<String>) -> Answer {
    let Ok(id) = staff.parse::<StaffId>() else {
        return Ok(missing(&visit));
    };
    let Some(one) = desk.colleague(id).await?.filter(|_| id != desk.id()) else {
        return Ok(missing(&visit));
    };
    let zone = zone_of(&visit, &desk).await?;
    let page = Page::new(&visit, "staff-let-in").back_to("/staff");
    let Some(locked) = locked(page.t, &zone, &one) else {
        return Ok(go("/staff"));
    };
    Ok(render(&LetInPage {
        id: id.to_string(),
        name: one.name,
        email: one.email.expose().clone(),
        locked,
        page,
    }))
}

pub(super) async fn let_in(Staff(visit, desk): Staff, Path(staff): Path<String>) -> Answer {
    let Ok(id) = staff.parse::<StaffId>() else {
        return Ok(missing(&visit));
    };
    Ok(after(desk.end_lock_out(id).await?, "let-in", &visit))
}

/// The address of an answer with a problem, loaded again.
pub(super) async fn show_one(_: Staff) -> Response {
    go("/staff")
}

pub(super) async fn change(
    Staff(visit, desk): Staff,
    Path(staff): Path<String>,
    form: Form,
) -> Answer {
    let (Ok(id), Some(role)) = (
        staff.parse::<StaffId>(),
        StaffRole::parse(form.text("role")),
    ) else {
        return Ok(missing(&visit));
    };
    let version = form.text("version").parse().unwrap_or(0);
    let shut_out = form.has("shut_out");
    let changed = desk.change_staff(id, role, shut_out, version).await?;
    Ok(after(changed, "changed", &visit))
}

pub(super) async fn reset(Staff(visit, desk): Staff, Path(staff): Path<String>) -> Answer {
    let Ok(id) = staff.parse::<StaffId>() else {
        return Ok(missing(&visit));
    };
    Ok(after(
        desk.reset_staff(id, visit.language).await?,
        "reset",
        &visit,
    ))
}
