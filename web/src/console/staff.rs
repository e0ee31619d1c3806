//! Staff: inviting, giving another role, shutting out, and resetting a lost second factor.

use super::notification::zone_of;
use super::words::{number, stored};
use super::worklist::address_of;
use crate::fields::{SelectField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::jurisdiction::Place;
use app::staff::{ChangeStaff, Colleague, Invite, NewStaff, STAFF_PAGE, Wished};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::email_address::EmailAddress;
use domain::ids::{HealthCenterId, JurisdictionId, StaffId};
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
    /// How many people are left behind by whoever cannot follow them any more, and the address of their list, by center.
    left: Vec<(String, String)>,
    may_audit: bool,
    /// Whether there is another place in reach that they could work at.
    may_move: bool,
    /// Whether an invitation, or a link to choose another password, waits for them.
    is_awaited: bool,
    /// Whether the one that did was withdrawn: let in, they would have no way to come.
    lacks_link: bool,
}

/// Somebody who is staff already and was invited: in words, and where they are changed.
type Stands = (String, String);

#[derive(Template)]
#[template(path = "console/staff.html")]
struct StaffPage {
    page: Page,
    notice: Option<String>,
    /// Whom somebody has left behind who was shut out just now, works elsewhere, or got a role that follows nobody: how many,
    /// and where they are listed.
    left: Vec<(String, String)>,
    warning: Option<String>,
    lines: Vec<Line>,
    /// The field with which to search, where there are more than a page of them, and what was found.
    search: Option<TextField>,
    found: Option<String>,
    /// Which page of how many, where there are several, and the addresses of the ones beside it.
    place: Option<String>,
    before: Option<String>,
    after: Option<String>,
    /// Who was here before, and where it stands what they did here.
    former: Vec<(String, String)>,
    name: TextField,
    email: TextField,
    /// Who has the address that was typed already, where the reader manages them.
    stands: Option<Stands>,
    role: SelectField,
}

/// So many are seen at a glance; of more, one is searched for.
const FEW: usize = 8;

/// What was typed into the form for inviting, and what is wrong: the fields, and the key of a sentence for each.
#[derive(Default)]
struct Typed<'a> {
    name: &'a str,
    email: &'a str,
    role: &'a str,
    wrong: Vec<(&'static str, &'static str)>,
    /// Who has the address already, where that is told.
    stands: Option<Stands>,
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

/// The role and the place that a choice stands for.
fn role_at(word: &str) -> Option<(StaffRole, JurisdictionId)> {
    let (role, place) = word.split_once('@')?;
    Some((StaffRole::parse(role)?, place.parse().ok()?))
}

/// Until when somebody is locked out, in words.
fn locked(t: &Words, zone: &TimeZone, one: &Colleague) -> Option<String> {
    let until = one.locked_until?;
    Some(t.with1("staff-locked", "until", moment(t, zone, until)))
}

/// The places in reach, called as readers of a language call them.
async fn named_places(desk: &StaffDesk, language: &str) -> Result<Vec<Place>, app::Error> {
    let mut places = desk.places().await?;
    let names = desk.place_names(language).await?;
    for place in &mut places {
        names.put(&mut place.name);
    }
    Ok(places)
}

/// What a place in reach is called.
fn name_of(t: &Words, places: &[Place], id: JurisdictionId) -> String {
    let found = places.iter().find(|place| place.id == id);
    found.map_or_else(
        || t.say("staff-of-closed-place"),
        |place| place.name.clone(),
    )
}

/// Whom somebody cannot follow any more, in words, and where they are listed.
fn left_behind(
    t: &Words,
    desk: &StaffDesk,
    places: &[Place],
    one: &Colleague,
) -> Vec<(String, String)> {
    if !desk.may(Right::Follow) {
        return Vec::new();
    }
    let told = |(center, count): &(HealthCenterId, i64)| {
        let place = NewStaff::place_of(*center);
        let words = match place == one.place {
            true => t.with1("staff-left-behind", "count", *count),
            false => {
                let name = name_of(t, places, place);
                t.with2("staff-left-behind-at", "count", *count, "place", name)
            }
        };
        (words, address_of(*center, one.id))
    };
    one.left_behind.iter().map(told).collect()
}

fn line(
    (t, zone): (&Words, &TimeZone),
    desk: &StaffDesk,
    places: &[Place],
    one: &Colleague,
) -> Line {
    let state = if one.disabled_at.is_some() && one.is_awaited {
        "staff-state-withdrawn"
    } else if one.disabled_at.is_some() {
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
        place: name_of(t, places, one.place),
        state: t.say(state),
        version: one.version,
        is_self: one.id == desk.id(),
        shut_out: one.disabled_at.is_some(),
        locked: locked(t, zone, one),
        role,
        left: left_behind(t, desk, places, one),
        may_audit: desk.may(Right::SeeAudit),
        may_move: places.iter().any(|place| {
            place.id != one.place && StaffRole::ALL.iter().any(|r| r.belongs_at() == place.kind)
        }),
        is_awaited: one.is_awaited && one.disabled_at.is_none(),
        lacks_link: one.is_awaited && one.disabled_at.is_some(),
    }
}

async fn staff_page(visit: &Visit, desk: &StaffDesk, wished: Wished, typed: Typed<'_>) -> Answer {
    let mut page = Page::new(visit, "staff-title");
    page.wide = true;
    let zone = zone_of(visit, desk).await?;
    let searched = match &wished {
        Wished::Found(text) => Some(text.clone()),
        _ => None,
    };
    let some = desk.some_colleagues(wished).await?;
    let places = named_places(desk, page.tag()).await?;
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
        Some("moved") => (Some("staff-moved"), None),
        Some("withdrawn") => (Some("staff-withdrawn"), None),
        Some("reset") => (Some("staff-reset-done"), None),
        Some("let-in") => (Some("staff-let-in-done"), None),
        Some("meanwhile") => (None, Some("changed-meanwhile")),
        Some("oneself") => (None, Some("staff-oneself")),
        Some("place") => (None, Some("staff-wrong-place")),
        Some("closed") => (None, Some("staff-place-closed")),
        _ => (None, None),
    };
    let t = page.t;
    let former = match searched.is_none() && desk.may(Right::SeeAudit) {
        true => desk.former_colleagues().await?,
        false => Vec::new(),
    };
    let lines: Vec<Line> = some
        .staff
        .iter()
        .map(|one| line((t, &zone), desk, &places, one))
        .collect();
    let of = visit
        .query("of")
        .filter(|_| matches!(notice, Some("staff-changed" | "staff-moved")));
    let changed = of.and_then(|of| lines.iter().find(|line| line.id == of));
    Ok(render(&StaffPage {
        notice: notice.map(|key| t.say(key)),
        left: changed.map_or_else(Vec::new, |line| line.left.clone()),
        warning: warning.map(|key| t.say(key)),
        lines,
        search: (some.count > FEW || searched.is_some()).then(|| {
            TextField::new("search", t.say("staff-search-label"))
                .value(searched.as_deref().unwrap_or(""))
        }),
        found: searched.as_ref().map(|_| match number(some.found) {
            0 => t.say("staff-search-none"),
            found if some.pages > 1 => t.with2(
                "staff-search-many",
                "count",
                found,
                "most",
                number(STAFF_PAGE),
            ),
            found => t.with1("staff-search-found", "count", found),
        }),
        place: (some.pages > 1 && searched.is_none()).then(|| {
            let (page, pages) = (number(some.at + 1), number(some.pages));
            t.with2("console-page-of", "page", page, "pages", pages)
        }),
        before: (some.at > 0).then(|| format!("/staff?page={}", some.at)),
        after: (some.at + 1 < some.pages).then(|| format!("/staff?page={}", some.at + 2)),
        former: former
            .into_iter()
            .map(|(id, name)| (name, format!("/staff/{id}/audit")))
            .collect(),
        name: TextField::new("staff_name", t.say("staff-name"))
            .value(typed.name)
            .problem(name_problem),
        email: TextField::new("email", t.say("email"))
            .value(typed.email)
            .problem(email_problem)
            .kind("email")
            .inputmode("email"),
        stands: typed.stands,
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
    let page = visit.query("page").and_then(|text| text.parse().ok());
    // Whoever was just changed is seen, wherever in the list.
    let wished = match visit.query("of").and_then(|text| text.parse().ok()) {
        Some(id) => Wished::PageOf(id),
        None => Wished::Page(page.unwrap_or(1_usize).max(1) - 1),
    };
    staff_page(&visit, &desk, wished, Typed::default()).await
}

/// The address of a search's answer, loaded again: whom somebody searched for is not in it.
pub(super) async fn show_search(_: Staff) -> Response {
    go("/staff")
}

pub(super) async fn search(Staff(visit, desk): Staff, form: Form) -> Answer {
    // Longer than any name.
    let searched: String = form.text("search").trim().chars().take(100).collect();
    if searched.is_empty() {
        return Ok(go("/staff"));
    }
    let wished = Wished::Found(searched);
    staff_page(&visit, &desk, wished, Typed::default()).await
}

pub(super) async fn invite(Staff(visit, desk): Staff, form: Form) -> Answer {
    let mut typed = Typed {
        name: form.text("staff_name"),
        email: form.text("email"),
        role: form.text("staff_role"),
        ..Typed::default()
    };
    let email = EmailAddress::parse(typed.email);
    let chosen = role_at(typed.role);
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
        return staff_page(&visit, &desk, Wished::Page(0), typed).await;
    };
    let invited = desk
        .invite(email, typed.name, role, place, visit.language)
        .await?;
    typed.wrong = match invited {
        Invite::Invited => return Ok(go("/staff?done=invited")),
        Invite::Name => vec![("staff_name", "problem-staff-name")],
        Invite::Taken {
            staff,
            name,
            role,
            place,
        } => {
            let t = i18n::words(visit.language);
            let places = named_places(&desk, visit.language.tag()).await?;
            let told = [
                ("name", name.into()),
                ("role", stored(t, "role", role.word()).into()),
                ("place", name_of(t, &places, place).into()),
            ];
            typed.stands = Some((t.with("staff-stands", &told), format!("/staff/{staff}")));
            vec![("email", "problem-staff-taken")]
        }
        // Whoever is below nobody on the console but the operator asks the operator.
        Invite::TakenElsewhere if desk.has_center() => {
            vec![("email", "problem-staff-taken-elsewhere")]
        }
        Invite::TakenElsewhere => vec![("email", "problem-staff-taken-beyond")],
        Invite::Place => vec![("staff_role", "problem-staff-place")],
    };
    staff_page(&visit, &desk, Wished::Page(0), typed).await
}

fn after(changed: ChangeStaff, done: &str, id: StaffId, visit: &Visit) -> Response {
    let done = match changed {
        ChangeStaff::Changed => done,
        ChangeStaff::ChangedMeanwhile => "meanwhile",
        ChangeStaff::Oneself => "oneself",
        ChangeStaff::Place => "place",
        ChangeStaff::PlaceIsClosed => "closed",
        ChangeStaff::NoSuchStaff => return missing(visit),
    };
    go(&format!("/staff?done={done}&of={id}"))
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
    let Some(one) = desk.colleague(id).await?.filter(|_| id != desk.id()) else {
        return Ok(missing(&visit));
    };
    // There is nothing to reset, and the link would lead nowhere.
    if one.disabled_at.is_some() {
        return Ok(go(&format!("/staff?of={id}")));
    }
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
    Ok(after(desk.end_lock_out(id).await?, "let-in", id, &visit))
}

#[derive(Template)]
#[template(path = "console/staff_one.html")]
struct OnePage {
    page: Page,
    line: Line,
}

/// The page of somebody, with all places in reach where they could work.
async fn one_page(visit: &Visit, desk: &StaffDesk, id: StaffId, chosen: Option<&str>) -> Answer {
    let Some(one) = desk.colleague(id).await? else {
        return Ok(missing(visit));
    };
    let zone = zone_of(visit, desk).await?;
    let mut page = Page::new(visit, "staff-title").back_to(format!("/staff?of={id}"));
    let t = page.t;
    let places = named_places(desk, page.tag()).await?;
    let mut line = line((t, &zone), desk, &places, &one);
    let stands = format!("{}@{}", one.role.word(), one.place);
    // Where the place is closed, another one is chosen.
    let mut role = SelectField::new(
        "role",
        t.say("staff-role-at"),
        chosen.unwrap_or(&stands),
        roles_at(t, &places),
    );
    if chosen.is_some() {
        let sentence = t.say("problem-staff-role");
        role = role.problem(page.problem("role", sentence));
    }
    line.role = role;
    let title = line.name.clone();
    Ok(render(&OnePage {
        line,
        page: page.titled(title),
    }))
}

pub(super) async fn show_one(Staff(visit, desk): Staff, Path(staff): Path<String>) -> Answer {
    match staff.parse::<StaffId>() {
        Ok(id) => one_page(&visit, &desk, id, None).await,
        Err(_) => Ok(missing(&visit)),
    }
}

pub(super) async fn change(
    Staff(visit, desk): Staff,
    Path(staff): Path<String>,
    form: Form,
) -> Answer {
    let Ok(id) = staff.parse::<StaffId>() else {
        return Ok(missing(&visit));
    };
    let version = form.text("version").parse().unwrap_or(0);
    let shut_out = form.has("shut_out");
    let typed = form.text("role");
    // In the list the place stays as it is, and only the role is chosen.
    if let Some(role) = StaffRole::parse(typed) {
        let changed = desk.change_staff(id, role, shut_out, version).await?;
        return Ok(after(changed, "changed", id, &visit));
    }
    let Some((role, place)) = role_at(typed) else {
        return one_page(&visit, &desk, id, Some(typed)).await;
    };
    let Some(stands) = desk.colleague(id).await? else {
        return Ok(missing(&visit));
    };
    let done = if stands.place == place {
        "changed"
    } else {
        "moved"
    };
    let changed = desk
        .place_staff(id, (role, place), shut_out, version)
        .await?;
    Ok(after(changed, done, id, &visit))
}

#[derive(Template)]
#[template(path = "console/staff_withdraw.html")]
struct WithdrawPage {
    page: Page,
    id: String,
    name: String,
    email: String,
    place: String,
}

/// A question before an invitation is withdrawn; where none waits for an answer, there is nothing to ask.
pub(super) async fn show_withdraw(Staff(visit, desk): Staff, Path(staff): Path<String>) -> Answer {
    let Ok(id) = staff.parse::<StaffId>() else {
        return Ok(missing(&visit));
    };
    let Some(one) = desk.colleague(id).await?.filter(|_| id != desk.id()) else {
        return Ok(missing(&visit));
    };
    if !one.is_awaited || one.disabled_at.is_some() {
        return Ok(go(&format!("/staff?of={id}")));
    }
    let page = Page::new(&visit, "staff-withdraw").back_to("/staff");
    let places = named_places(&desk, page.tag()).await?;
    Ok(render(&WithdrawPage {
        id: id.to_string(),
        place: name_of(page.t, &places, one.place),
        name: one.name,
        email: one.email.expose().clone(),
        page,
    }))
}

pub(super) async fn withdraw(Staff(visit, desk): Staff, Path(staff): Path<String>) -> Answer {
    let Ok(id) = staff.parse::<StaffId>() else {
        return Ok(missing(&visit));
    };
    let done = desk.withdraw_invitation(id).await?;
    Ok(after(done, "withdrawn", id, &visit))
}

pub(super) async fn reset(Staff(visit, desk): Staff, Path(staff): Path<String>) -> Answer {
    let Ok(id) = staff.parse::<StaffId>() else {
        return Ok(missing(&visit));
    };
    Ok(after(
        desk.reset_staff(id, visit.language).await?,
        "reset",
        id,
        &visit,
    ))
}
