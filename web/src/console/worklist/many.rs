//! What is done with many who are ticked in a section of the worklist, after a look at who it is: released, or invited again.

use super::address;
use super::share_out::{INVITED, PICK, picked, place, place_of};
use crate::console::invite::{invited_page, many_page};
use crate::console::left_out::LeftLine;
use crate::console::words::{number, stored};
use crate::fields::AreaField;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::invitation::Wave;
use app::monitoring::WorkItem;
use app::release::{
    NotReleased, Releasable, ReleaseMany, Releases, SeenLines, TakeReleasesBack, ToRelease,
};
use app::worklist::Filter;
use askama::Template;
use domain::ids::{CaseId, HealthCenterId};
use i18n::Words;

/// What the names of the fields begin with that say who was looked at, and in which version.
const LOOKED_AT: &str = "seen.";
/// The field that says that releases are to be taken back, and what the names of the boxes of those begin with.
const BACK: &str = "back";
const TAKEN_BACK: &str = "back.";
/// The same of all whom the page shows, ticked or not.
const SHOWN: &str = "shown.";
/// The field that says that somebody has looked at who it is.
const SURE: &str = "sure";

/// Somebody who would be released.
struct ReadyLine {
    case: String,
    name: String,
    /// The number, the last day of the isolation, the latest report and the last call.
    about: String,
    /// What was looked at, for the form.
    seen: String,
    /// Whether they are chosen: whoever was unticked stays so when the form is shown again.
    ticked: bool,
}

#[derive(Template)]
#[template(path = "console/release_many.html")]
struct ReleaseManyPage {
    page: Page,
    /// What was done.
    told: Vec<String>,
    hidden: Vec<(String, String)>,
    ready: Vec<ReadyLine>,
    /// How many of them are ticked.
    ready_ticked: usize,
    reason: AreaField,
    /// Who was released just now: a mistake is taken back here.
    released: Vec<ReadyLine>,
    /// Who is not released.
    left: Vec<LeftLine>,
    gone: Option<String>,
    /// The address of the list.
    list: String,
}

/// A list, as a form carries it.
type Place = (Option<HealthCenterId>, Filter);

fn hidden(center: Option<HealthCenterId>, filter: &Filter) -> Vec<(String, String)> {
    let fields = place(center, filter).into_iter();
    fields
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn list_of((center, filter): &Place) -> String {
    format!("{}#sections", address(*center, filter))
}

/// The address of the list with what was done.
fn back_with((center, filter): &Place, done: &str) -> String {
    let list = address(*center, filter);
    let and = if list.contains('?') { '&' } else { '?' };
    format!("{list}{and}done={done}#sections")
}

fn why(t: &Words, why: NotReleased) -> String {
    match why {
        NotReleased::NotOver(day) => t.with1("release-many-not-over", "day", t.date(day)),
        NotReleased::NotImproved => t.say("release-many-not-improved"),
        NotReleased::NoRule => t.say("release-no-rule"),
        NotReleased::InHospital => t.say("release-many-hospital"),
        NotReleased::NoOnset => t.say("release-many-no-onset"),
        NotReleased::AmbulanceCalled => t.say("release-many-ambulance"),
        NotReleased::CalledSince => t.say("release-many-called"),
        NotReleased::LookedAtAlone => t.say("release-many-alone"),
        NotReleased::AlertIsOpen => t.say("release-many-alert"),
        NotReleased::NotFollowed => t.say("release-many-not-followed"),
        NotReleased::ChangedMeanwhile => t.say("release-many-changed"),
    }
}

fn left_line(t: &Words, item: &WorkItem, not: NotReleased) -> LeftLine {
    // An alert comes first, and then the reports; of the others the release is looked at alone.
    let part = match not {
        NotReleased::AlertIsOpen => "#alert",
        NotReleased::NotFollowed => "#following",
        _ => "/release",
    };
    LeftLine::of_item(t, item, part, why(t, not))
}

/// How many are not among the people of the center any more; none where all are.
fn gone_line(t: &Words, count: usize) -> Option<String> {
    (count > 0).then(|| t.with1("release-many-gone", "count", number(count)))
}

/// Of somebody who would be released: the number, the last day, and on what that rests.
fn about(t: &Words, one: &Releasable) -> String {
    let zone = one.time_zone();
    let reported = (one.item.monitoring.latest).map(|(at, _)| {
        let when = moment(t, zone, at);
        t.with1("release-many-last-report", "when", when)
    });
    let called = one.item.called.map(|(at, outcome)| {
        let outcome = stored(t, "outcome", outcome.word());
        let when = moment(t, zone, at);
        t.with2("worklist-called", "when", when, "outcome", outcome)
    });
    let last_day = t.with1("release-many-last-day", "day", t.date(one.last_day));
    let all = [
        Some(one.item.hersys_id.clone()),
        Some(last_day),
        reported,
        called,
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Somebody who was released just now.
fn released_line(t: &Words, (item, version): &(WorkItem, i32), ticked: bool) -> ReadyLine {
    ReadyLine {
        case: item.case.to_string(),
        name: item.name_in(t.language.tag()).to_owned(),
        about: item.hersys_id.clone(),
        seen: version.to_string(),
        ticked,
    }
}

/// Who is released, and who is not. `released`: how many were just now; `unticked`: who was shown and not chosen.
fn release_page(
    mut page: Page,
    place: &Place,
    (found, released): (&Releases, Option<usize>),
    (reason, is_missing, unticked): (&str, bool, &[CaseId]),
) -> Answer {
    let t = page.t;
    let problem = is_missing
        .then(|| page.say("problem-release-reason"))
        .and_then(|sentence| page.problem("reason", sentence));
    // Once all of them are released nobody is ready any more: that is no mistake.
    let is_nobody = found.ready.is_empty() && found.left.is_empty() && found.gone == 0;
    if is_nobody && released.is_none() {
        let sentence = page.say("release-many-nobody");
        page.problem("list", sentence);
    }
    let ready = match released {
        Some(_) => &[],
        None => found.ready.as_slice(),
    };
    let is_ticked = |one: &&Releasable| !unticked.contains(&one.item.case);
    Ok(render(&ReleaseManyPage {
        told: released
            .map(|count| t.with1("release-many-done", "count", number(count)))
            .into_iter()
            .collect(),
        hidden: hidden(place.0, &place.1),
        ready_ticked: ready.iter().filter(is_ticked).count(),
        ready: ready
            .iter()
            .map(|one| ReadyLine {
                case: one.item.case.to_string(),
                name: one.item.name_in(t.language.tag()).to_owned(),
                about: about(t, one),
                // A word that is read where the form comes back.
                seen: format!("{}-{}", one.version, one.lines),
                ticked: is_ticked(&one),
            })
            .collect(),
        reason: match released {
            Some(_) => AreaField::new("reason", t.say("release-many-back-reason")),
            None => AreaField::new("reason", t.say("release-many-reason"))
                .value(reason)
                .problem(problem),
        },
        released: found
            .released
            .iter()
            .map(|one| released_line(t, one, false))
            .collect(),
        left: found
            .left
            .iter()
            .map(|(item, why)| left_line(t, item, *why))
            .collect(),
        gone: gone_line(t, found.gone),
        list: list_of(place),
        page,
    }))
}

pub(in crate::console) async fn release(Staff(visit, desk): Staff, form: Form) -> Answer {
    let place = place_of(&form);
    if place.0.is_none() && !desk.has_center() {
        return Ok(missing(&visit));
    }
    let page = Page::new(&visit, "release-many-title");
    if form.has(BACK) {
        return take_back(&visit, &desk, page, (&place, &form)).await;
    }
    if !form.has(SURE) {
        let chosen: Vec<ToRelease> = picked(&form)
            .into_iter()
            .map(|one| ToRelease {
                case: one.case,
                seen: None,
                lines: None,
            })
            .collect();
        return shown(&visit, &desk, page, (&place, &chosen), ("", false, &[])).await;
    }
    let named = |start: &str| -> Vec<ToRelease> {
        let all = form.beginning_with(start).into_iter();
        all.filter_map(|(case, seen)| {
            let (version, lines) = seen.split_once('-').unwrap_or((seen.as_str(), ""));
            Some(ToRelease {
                case: case.parse().ok()?,
                seen: Some(version.parse().ok()?),
                lines: SeenLines::parse(lines),
            })
        })
        .collect()
    };
    let chosen = named(LOOKED_AT);
    let reason = form.text("reason");
    match desk.release_many(place.0, &chosen, reason).await? {
        ReleaseMany::NoSuchCenter => Ok(missing(&visit)),
        ReleaseMany::NoReason => {
            let is_chosen = |case: CaseId| chosen.iter().any(|one| one.case == case);
            let mut rest = named(SHOWN);
            rest.retain(|one| !is_chosen(one.case));
            let unticked: Vec<CaseId> = rest.iter().map(|one| one.case).collect();
            let all = [chosen, rest].concat();
            shown(
                &visit,
                &desk,
                page,
                (&place, &all),
                (reason, true, &unticked),
            )
            .await
        }
        ReleaseMany::Released(count, found) => {
            let released = (count > 0).then_some(count);
            release_page(page, &place, (&found, released), (reason, false, &[]))
        }
    }
}

/// Releases that were decided by mistake are taken back.
async fn take_back(
    visit: &Visit,
    desk: &StaffDesk,
    mut page: Page,
    (place, form): (&Place, &Form),
) -> Answer {
    let t = page.t;
    let named = |start: &str| -> Vec<(CaseId, i32)> {
        let all = form.beginning_with(start).into_iter();
        all.filter_map(|(case, version)| Some((case.parse().ok()?, version.parse().ok()?)))
            .collect()
    };
    let chosen = named(TAKEN_BACK);
    let reason = form.text("reason");
    let taken = match chosen.is_empty() {
        // Whom the page has shown is shown again, to be chosen from: the list does not hold them any more.
        true => desk.take_releases_back(place.0, &named(SHOWN), "").await?,
        false => desk.take_releases_back(place.0, &chosen, reason).await?,
    };
    let (told, released, left, gone) = match taken {
        TakeReleasesBack::NoSuchCenter => return Ok(missing(visit)),
        TakeReleasesBack::NoReason { chosen, gone } => (None, chosen, Vec::new(), gone),
        TakeReleasesBack::Done { done, left, gone } => {
            let told = t.with1("release-many-back-done", "count", number(done));
            (Some(told), Vec::new(), left, gone)
        }
    };
    let problem = (!released.is_empty() && !chosen.is_empty())
        .then(|| page.say("problem-release-reason"))
        .and_then(|sentence| page.problem("reason", sentence));
    if chosen.is_empty() {
        let sentence = page.say("release-many-back-nobody");
        page.problem("list", sentence);
    }
    Ok(render(&ReleaseManyPage {
        told: told.filter(|_| !chosen.is_empty()).into_iter().collect(),
        hidden: hidden(place.0, &place.1),
        ready: Vec::new(),
        ready_ticked: 0,
        reason: AreaField::new("reason", t.say("release-many-back-reason"))
            .value(reason)
            .problem(problem),
        released: released
            .iter()
            .map(|one| released_line(t, one, !chosen.is_empty()))
            .collect(),
        left: left
            .iter()
            .map(|item| left_line(t, item, NotReleased::ChangedMeanwhile))
            .collect(),
        gone: gone_line(t, gone),
        list: list_of(place),
        page,
    }))
}

async fn shown(
    visit: &Visit,
    desk: &StaffDesk,
    page: Page,
    (place, chosen): (&Place, &[ToRelease]),
    reason: (&str, bool, &[CaseId]),
) -> Answer {
    match desk.releases(place.0, chosen).await? {
        Some(found) => release_page(page, place, (&found, None), reason),
        None => Ok(missing(visit)),
    }
}

pub(in crate::console) async fn invite(Staff(visit, desk): Staff, form: Form) -> Answer {
    let place = place_of(&form);
    if place.0.is_none() && !desk.has_center() {
        return Ok(missing(&visit));
    }
    let cases: Vec<CaseId> = picked(&form).into_iter().map(|one| one.case).collect();
    if form.has(SURE) {
        let found = desk.invite_many(&cases, Wave::Again).await?;
        let (sent, not) = found.counts();
        if not == 0 {
            return Ok(go(&back_with(&place, &format!("{INVITED}{sent}.{not}"))));
        }
        let page = Page::new(&visit, "invite-many-done-title");
        let (s, n) = (number(sent), number(not));
        let told = page.with2("invite-again-done", "sent", s, "not", n);
        let back = (list_of(&place), page.say("share-back"));
        let place = hidden(place.0, &place.1);
        let page_at = "/worklist/invite";
        return invited_page(&desk, page, (&found, told, page_at), (back, place)).await;
    }
    let mut page = Page::new(&visit, "invite-again-title");
    if cases.is_empty() {
        let sentence = page.say("invite-again-nobody");
        page.problem("list", sentence);
    }
    let found = desk.invitations(&cases, Wave::Again).await?;
    let list = hidden(place.0, &place.1);
    let mut fields = list.clone();
    fields.push((SURE.to_owned(), "1".to_owned()));
    let picks = form.beginning_with(PICK).into_iter();
    fields.extend(picks.map(|(case, seen)| (format!("{PICK}{case}"), seen)));
    let back = (list_of(&place), page.say("share-back"));
    many_page(
        &desk,
        page,
        found,
        ("/worklist/invite".to_owned(), fields),
        (Some(back), list),
    )
    .await
}
