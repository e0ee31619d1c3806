//! Sharing out: who is ticked in a section of the worklist is given to a colleague. What is done is said in the list; what is
//! not, on a page of its own.

use super::{BY, address, by_of, by_word};
use crate::fields::SelectField;
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::monitoring::WorkItem;
use app::worklist::{Chosen, Filter, List, ShareOut, SharedOut};
use askama::Template;
use domain::ids::{CaseId, HealthCenterId, StaffId};
use domain::staff_role::Right;
use i18n::Words;

/// The word for nobody in particular; nothing at all is no choice yet.
pub(super) const NOBODY: &str = "nobody";
/// What the names of the boxes begin with; the id of a case follows.
pub(super) const PICK: &str = "pick.";
/// What the address says was done with many: how many follow.
pub(super) const INVITED: &str = "invited.";
/// The field with whoever is to get them.
const TO: &str = "to";

/// Who looks after somebody, as a box carries it.
pub(super) fn word(assigned_to: Option<StaffId>) -> String {
    assigned_to.map_or_else(|| NOBODY.to_owned(), |id| id.to_string())
}

/// The bar with which those who are ticked are given to a colleague.
pub(super) struct ShareBar {
    /// Which list it is, as hidden fields.
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) to: SelectField,
    /// What else is done with those who are ticked in this list: where it leads, and the words.
    pub(super) also: Vec<(&'static str, String)>,
    /// What was done just now.
    pub(super) done: Option<String>,
}

/// Whom they can be given to.
fn choice(t: &Words, team: &[(StaffId, String)], chosen: &str) -> SelectField {
    let first = [
        (String::new(), t.say("share-choose")),
        (NOBODY.to_owned(), t.say("following-nobody")),
    ];
    let team = team.iter().map(|(id, name)| (id.to_string(), name.clone()));
    SelectField::new(TO, t.say("share-to"), chosen, first.into_iter().chain(team))
}

/// How many were given, and to whom; none: to nobody in particular.
fn given(t: &Words, count: i64, name: Option<&str>) -> String {
    match name {
        Some(name) => t.with2("share-given", "count", count, "name", name),
        None => t.with1("share-given-nobody", "count", count),
    }
}

fn named<'a>(team: &'a [(StaffId, String)], to: &str) -> Option<&'a str> {
    let found = team.iter().find(|(id, _)| id.to_string() == to);
    found.map(|(_, name)| name.as_str())
}

/// What a redirection says was done: how many, and to whom.
fn done(visit: &Visit, t: &Words, team: &[(StaffId, String)]) -> Option<String> {
    let done = visit.query("done")?;
    if let Some((sent, not)) = done
        .strip_prefix(INVITED)
        .and_then(|all| all.split_once('.'))
    {
        let (sent, not): (i64, i64) = (sent.parse().ok()?, not.parse().ok()?);
        return Some(t.with2("invite-again-done", "sent", sent, "not", not));
    }
    let (count, to) = done.strip_prefix("assigned.")?.split_once('.')?;
    let name = named(team, to);
    (to == NOBODY || name.is_some()).then_some(())?;
    Some(given(t, count.parse().ok()?, name))
}

/// Which list it is, for the form: read back by [`place_of`].
pub(super) fn place(
    center: Option<HealthCenterId>,
    filter: &Filter,
) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    fields.extend(center.map(|center| ("center", center.to_string())));
    fields.extend(filter.list.map(|list| ("list", list.word().to_owned())));
    fields.extend(filter.mine.then(|| ("mine", "1".to_owned())));
    fields.extend(by_word(filter.by).map(|word| (BY, word)));
    if !filter.programme.is_empty() {
        fields.push(("programme", filter.programme.clone()));
    }
    fields.push(("page", (filter.page + 1).to_string()));
    fields
}

pub(super) fn place_of(form: &Form) -> (Option<HealthCenterId>, Filter) {
    let page = form.text("page").parse::<i64>().unwrap_or(1);
    let filter = Filter {
        list: List::parse(form.text("list")),
        mine: form.has("mine"),
        by: by_of(form.text(BY)),
        programme: form.text("programme").to_owned(),
        page: page.clamp(1, 10_000) - 1,
        alerts: 0,
    };
    (form.text("center").parse().ok(), filter)
}

/// Who was ticked, each with who looked after them then.
pub(super) fn picked(form: &Form) -> Vec<Chosen> {
    form.beginning_with(PICK)
        .into_iter()
        .filter_map(|(case, seen)| {
            let seen = match seen.as_str() {
                NOBODY => None,
                id => Some(id.parse().ok()?),
            };
            let case = case.parse::<CaseId>().ok()?;
            Some(Chosen { case, seen })
        })
        .collect()
}

impl ShareBar {
    pub(super) fn new(
        visit: &Visit,
        t: &Words,
        desk: &StaffDesk,
        center: Option<HealthCenterId>,
        filter: &Filter,
        team: &[(StaffId, String)],
    ) -> ShareBar {
        let mut also = match filter.list {
            Some(List::Review) => vec![("/worklist/release", t.say("release-many-do"))],
            Some(List::NoAccount) if desk.may(Right::Register) => {
                vec![("/worklist/invite", t.say("invite-again-do"))]
            }
            _ => Vec::new(),
        };
        also.push(("/worklist/paper", t.say("paper-do")));
        ShareBar {
            also,
            hidden: place(center, filter),
            to: choice(t, team, ""),
            done: done(visit, t, team),
        }
    }
}

/// Somebody who was chosen and is not assigned yet.
struct ChosenLine {
    case: String,
    name: String,
    /// The number, and who looks after them now.
    about: String,
    seen: String,
}

#[derive(Template)]
#[template(path = "console/share_out.html")]
struct SharePage {
    page: Page,
    /// What was done and what was not.
    told: Vec<String>,
    hidden: Vec<(&'static str, String)>,
    lines: Vec<ChosenLine>,
    legend: String,
    to: SelectField,
    button: String,
    /// The address of the list.
    list: String,
}

/// Why somebody is shown whom they have chosen.
enum Why {
    /// They have chosen nobody.
    Nobody,
    /// It is not said who is to get them.
    ToNobody,
    /// Whoever was to get them is not in the team any more.
    NotInTheTeam,
    /// Not all could be given.
    Partly(SharedOut),
}

/// The form as it came: which list it is, who was ticked, who is to get them.
struct Sent<'a> {
    center: Option<HealthCenterId>,
    filter: Filter,
    chosen: Vec<Chosen>,
    to: &'a str,
}

fn line(t: &Words, item: &WorkItem, seen: Option<StaffId>) -> ChosenLine {
    let now = match &item.assigned_name {
        Some(name) => t.with1("share-now", "name", name),
        None => t.say("share-now-nobody"),
    };
    ChosenLine {
        case: item.case.to_string(),
        name: item.name_in(t.language.tag()).to_owned(),
        about: format!("{} · {now}", item.hersys_id),
        seen: word(seen),
    }
}

async fn share_page(visit: &Visit, desk: &StaffDesk, sent: &Sent<'_>, why: Why) -> Answer {
    let Some(center) = desk.center_in_reach(sent.center).await? else {
        return Ok(missing(visit));
    };
    let team = desk.team(center.id).await?;
    let mut page = Page::new(visit, "share-title");
    let t = page.t;
    let mut told = Vec::new();
    let (mut lines, mut problem) = (Vec::new(), None);
    let is_partly = matches!(why, Why::Partly(_));
    match why {
        Why::Nobody => {
            let sentence = page.say("share-problem-nobody");
            page.problem("list", sentence);
        }
        Why::Partly(done) => {
            if done.given > 0 {
                told.push(given(t, done.given, named(&team, sent.to)));
            }
            let left = i64::try_from(done.left.len()).unwrap_or(i64::MAX);
            if left > 0 {
                told.push(t.with1("share-left", "count", left));
            }
            if done.gone > 0 {
                told.push(t.with1("share-gone", "count", done.gone));
            }
            // Who looks after them now is shown here, so that whoever sends it again has seen it.
            let seen = |item: &WorkItem| item.monitoring.assigned_to;
            lines.extend(done.left.iter().map(|item| line(t, item, seen(item))));
        }
        Why::ToNobody | Why::NotInTheTeam => {
            let key = match why {
                Why::ToNobody => "share-problem-to",
                _ => "share-problem-team",
            };
            let sentence = page.say(key);
            problem = page.problem(TO, sentence);
            // What has changed since the list was shown is told when it is sent.
            let cases = sent.chosen.iter().map(|one| one.case).collect();
            let items = desk.chosen(center.id, cases).await?;
            lines.extend(items.iter().map(|item| {
                let chosen = sent.chosen.iter().find(|one| one.case == item.case);
                line(t, item, chosen.and_then(|one| one.seen))
            }));
        }
    }
    let words = |is_so: bool, one: &str, other: &str| t.say(if is_so { one } else { other });
    Ok(render(&SharePage {
        told,
        hidden: place(sent.center, &sent.filter),
        lines,
        legend: words(is_partly, "share-left-legend", "share-legend"),
        to: choice(t, &team, sent.to).problem(problem),
        button: words(is_partly, "share-again", "share-do"),
        list: format!("{}#sections", address(sent.center, &sent.filter)),
        page,
    }))
}

/// The address of an answer, loaded again.
pub(in crate::console) async fn show(Staff(_visit, _desk): Staff) -> Answer {
    Ok(go("/"))
}

pub(in crate::console) async fn assign(Staff(visit, desk): Staff, form: Form) -> Answer {
    let (center, filter) = place_of(&form);
    // Whoever sees several centers has the list of one of them before them.
    if center.is_none() && !desk.has_center() {
        return Ok(missing(&visit));
    }
    let sent = Sent {
        center,
        filter,
        chosen: picked(&form),
        to: form.text(TO),
    };
    let again = |why| share_page(&visit, &desk, &sent, why);
    if sent.chosen.is_empty() {
        return again(Why::Nobody).await;
    }
    let to = match sent.to {
        "" => return again(Why::ToNobody).await,
        NOBODY => "",
        id => id,
    };
    match desk.share_out(center, &sent.chosen, to).await? {
        ShareOut::NoSuchCenter => Ok(missing(&visit)),
        ShareOut::NotInTheTeam => again(Why::NotInTheTeam).await,
        ShareOut::SharedOut(done) if !done.left.is_empty() || done.gone > 0 => {
            again(Why::Partly(done)).await
        }
        ShareOut::SharedOut(done) => {
            let list = address(center, &sent.filter);
            let and = if list.contains('?') { '&' } else { '?' };
            let (count, to) = (done.given, sent.to);
            Ok(go(&format!(
                "{list}{and}done=assigned.{count}.{to}#sections"
            )))
        }
    }
}
