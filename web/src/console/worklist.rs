//! The worklist: alerts on top, then who gets worse, who is silent, who is to be called. It brings itself up to date.

mod centers;
mod lines;
mod live;
mod many;
mod paper;
mod share_out;

use super::notification::{LineView, line_view, sent_back_view};
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::first_steps::FirstSteps;
use app::transfer::Offer;
use app::worklist::{
    ALERTS, Filter, List, LookedAfterBy, MOST_COUNTED, MOST_TASKS, PAGE, Worklist,
};
use askama::Template;
use axum::response::Response;
use centers::{CentersPage, Watched, center_line};
use domain::ids::{HealthCenterId, StaffId};
use domain::staff_role::Right;
use i18n::Words;
use jiff::tz::TimeZone;
use lines::{AlertCard, ListView, OfferLine, Wording, bounced_line};
pub(super) use live::events;
pub(super) use many::{invite, release};
pub(super) use paper::paper;
use share_out::ShareBar;
pub(super) use share_out::{assign, show as show_assign};

/// By whom people are looked after, in words, and the choice: the address, the name, whether it is shown.
type ByWhom = (String, Vec<(String, String, bool)>);

#[derive(Template)]
#[template(path = "console/worklist.html")]
struct WorklistPage {
    page: Page,
    notice: Option<String>,
    center: String,
    /// Where the page hears that something changed.
    events: String,
    health: bool,
    may_follow: bool,
    /// What comes first at a center where nobody was registered yet: the address, the words, what it is for, whether it
    /// is done.
    first: Vec<(String, String, String, bool)>,
    alerts: Vec<AlertCard>,
    alert_title: String,
    /// The pages of alerts before and after this one, where there are more than one shows.
    alert_pages: (Option<String>, Option<String>),
    /// How many of those that wait are emergencies; they stand first.
    emergencies: Option<String>,
    lists: Vec<ListView>,
    /// Links to the sections: the address, the words with the count, whether it is shown.
    tabs: Vec<(String, String, bool)>,
    /// The link to what the reader looks after alone, where there is such a thing.
    mine: Option<(String, String)>,
    /// By whom those are looked after who are shown, in words, and the choice: the address, the name, whether it is shown.
    /// Where a section is shown alone, to whoever may follow people.
    by: Option<ByWhom>,
    /// Whose patients they are, at a medical institution.
    lead: Option<String>,
    /// For whoever watches over the center: whom to call there, and what waits to be checked.
    watched: Option<Watched>,
    /// The diseases to choose from, where there are several: the address, the name, whether it is shown.
    diseases: Vec<(String, String, bool)>,
    /// What else is to be done, the oldest first: the address, whose it is, what, and for how long it has waited.
    tasks: Vec<(String, Option<String>, String, String)>,
    /// How many of them, in words.
    task_count: String,
    /// Messages that nobody has read: how many in words, and the oldest: the address, who wrote it, what, and for how long
    /// it has waited.
    messages: (String, Vec<(String, String, String, String)>),
    /// How many registrations were refused.
    refused: i64,
    /// Notifications that wait: how many in words, and the first of them.
    notifications: (String, Vec<LineView>),
    /// Notifications that were sent back and nobody has answered: the heading, how many in words, and the first of them.
    sent_back: (String, String, Vec<LineView>),
    /// Whose message could not be delivered: the address, the name, and what became of it.
    bounced: Vec<(String, String, String)>,
    /// Offers of both directions that nobody has answered in time: they stand on top.
    offers_overdue: Vec<OfferLine>,
    offers_to: Vec<OfferLine>,
    offers_from: Vec<OfferLine>,
    updated: String,
    /// Which page of a section it is, where it has several and they are counted.
    place: Option<String>,
    newer: Option<String>,
    older: Option<String>,
    /// With what those who are ticked in a section are shared out; where a section is shown alone, to whoever may.
    share: Option<ShareBar>,
}

/// A count in words; beyond what is counted, with a plus sign.
pub(super) fn counted(count: i64) -> String {
    if count >= MOST_COUNTED {
        format!("{count}+")
    } else {
        count.to_string()
    }
}

/// The same of what is to be done, of which fewer are counted.
fn to_do_counted(count: usize) -> String {
    match i64::try_from(count).is_ok_and(|count| count >= MOST_TASKS) {
        true => format!("{count}+"),
        false => count.to_string(),
    }
}

/// The name of the part of an address that says who looks after those who are shown.
const BY: &str = "by";

/// Who looks after those who are shown, as an address carries it; nothing: whoever it is.
fn by_word(by: LookedAfterBy) -> Option<String> {
    match by {
        LookedAfterBy::Anybody => None,
        LookedAfterBy::One(id) => Some(id.to_string()),
        LookedAfterBy::Nobody => Some(share_out::NOBODY.to_owned()),
    }
}

/// Reads it back.
fn by_of(word: &str) -> LookedAfterBy {
    match word {
        share_out::NOBODY => LookedAfterBy::Nobody,
        id => id
            .parse()
            .map_or(LookedAfterBy::Anybody, LookedAfterBy::One),
    }
}

/// The address of those whom a center follows and this one looks after.
pub(super) fn address_of(center: HealthCenterId, staff: StaffId) -> String {
    let filter = Filter {
        list: Some(List::Open),
        by: LookedAfterBy::One(staff),
        ..Filter::default()
    };
    format!("{}#sections", address(Some(center), &filter))
}

/// An address of the worklist with a filter.
fn address(center: Option<HealthCenterId>, filter: &Filter) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(center) = center {
        query.append_pair("center", &center.to_string());
    }
    if let Some(list) = filter.list {
        query.append_pair("list", list.word());
    }
    if filter.mine {
        query.append_pair("mine", "1");
    }
    if let Some(word) = by_word(filter.by) {
        query.append_pair(BY, &word);
    }
    if !filter.programme.is_empty() {
        query.append_pair("programme", &filter.programme);
    }
    if filter.page > 0 {
        query.append_pair("page", &(filter.page + 1).to_string());
    }
    if filter.alerts > 0 {
        query.append_pair("alerts", &(filter.alerts + 1).to_string());
    }
    let query = query.finish();
    if query.is_empty() {
        "/".to_owned()
    } else {
        format!("/?{query}")
    }
}

/// The first steps in their order.
fn first_steps(t: &Words, steps: FirstSteps) -> Vec<(String, String, String, bool)> {
    let name = steps.unnamed.map(|place| {
        let (text, why) = (t.say("first-name"), t.say("first-name-text"));
        (format!("/places/{place}"), text, why, false)
    });
    let others = [
        (
            "/center",
            ["first-phone", "first-phone-text"],
            steps.has_phone,
        ),
        (
            "/staff",
            ["first-staff", "first-staff-text"],
            steps.has_colleagues,
        ),
        ("/cases/new", ["first-case", "first-case-text"], false),
    ]
    .map(|(address, [text, why], done)| (address.to_owned(), t.say(text), t.say(why), done));
    name.into_iter().chain(others).collect()
}

fn worklist_page(
    visit: &Visit,
    desk: &StaffDesk,
    found: &Worklist,
    (named, filter): (Option<HealthCenterId>, &Filter),
    (share, after): (Option<ShareBar>, Option<Vec<(StaffId, String)>>),
    programmes: Vec<(String, String)>,
    (first, watched): (Option<FirstSteps>, Option<Watched>),
) -> Response {
    let mut page = Page::new(visit, "worklist-title");
    page.wide = true;
    let t = page.t;
    let wording = Wording {
        t,
        desk,
        zone: &found.center.time_zone,
        now: found.at,
        many: desk.follows_several(),
    };
    // A filter is kept from section to section; the page of one is not that of another.
    let section = |list: Option<List>| Filter {
        list,
        page: 0,
        alerts: 0,
        ..filter.clone()
    };
    let mut tabs = vec![(
        address(named, &section(None)),
        t.say("worklist-overview"),
        filter.list.is_none(),
    )];
    for of in &found.lists {
        let title = t.say(&format!("worklist-{}", of.list.word()));
        tabs.push((
            address(named, &section(Some(of.list))),
            format!("{title} ({})", counted(of.count)),
            filter.list == Some(of.list),
        ));
    }
    let shown = found
        .lists
        .iter()
        .filter(|of| of.list != List::Open || filter.list == Some(List::Open));
    let lists: Vec<ListView> = shown
        .map(|of| ListView {
            word: of.list.word(),
            title: t.say(&format!("worklist-{}", of.list.word())),
            text: t.say(&format!("worklist-{}-text", of.list.word())),
            count: counted(of.count),
            lines: of
                .items
                .iter()
                .map(|item| wording.line(of.list, item))
                .collect(),
            all: (filter.list.is_none() && of.count > app::worklist::GLANCE)
                .then(|| address(named, &section(Some(of.list)))),
        })
        .collect();
    let count = found.lists.first().map_or(0, |of| of.count);
    let at = filter.page;
    let alone = filter.list.is_some();
    let counts = found.alert_counts;
    let (waiting, taken) = (counts.waiting, counts.taken);
    let alerts_at = |page: i64| {
        address(
            named,
            &Filter {
                alerts: page,
                ..filter.clone()
            },
        )
    };
    let page_at = |page: i64| {
        address(
            named,
            &Filter {
                page,
                alerts: 0,
                ..filter.clone()
            },
        )
    };
    let alert_pages = (
        (filter.alerts > 0).then(|| alerts_at(filter.alerts - 1)),
        ((filter.alerts + 1) * ALERTS < waiting + taken).then(|| alerts_at(filter.alerts + 1)),
    );
    if waiting > 0 {
        page.tab = Some(waiting);
    }
    let mut events = "/worklist/events".to_owned();
    if let Some(center) = named {
        events.push_str(&format!("?center={center}"));
    }
    let is_own_patients = desk.sees_own_patients();
    let offers = |all: &[Offer], mine| -> Vec<OfferLine> {
        all.iter().map(|o| wording.offer(o, mine)).collect()
    };
    let mut offers_overdue = Vec::new();
    let mut offers_to = offers(&found.offers_to, true);
    let mut offers_from = offers(&found.offers_from, false);
    for of in [&mut offers_to, &mut offers_from] {
        offers_overdue.extend(of.extract_if(.., |o| o.overdue));
    }
    let notice = match visit.query("done").as_deref() {
        Some("done") => Some("alert-done"),
        Some("gone") => Some("alert-gone"),
        Some("given-back") => Some("alert-given-back"),
        _ => None,
    };
    render(&WorklistPage {
        notice: notice.map(|key| t.say(key)),
        center: found.center.name_in(page.tag()).to_owned(),
        events,
        health: desk.may(Right::SeeHealth),
        may_follow: desk.may(Right::Follow),
        first: first.map_or_else(Vec::new, |steps| first_steps(t, steps)),
        alert_title: t.with2("alert-title", "waiting", waiting, "taken", taken),
        alert_pages,
        emergencies: (counts.emergencies > 0)
            .then(|| t.with1("alert-emergencies", "count", counts.emergencies)),
        alerts: found
            .alerts
            .iter()
            .map(|(alert, item)| wording.alert(alert, item))
            .collect(),
        lists,
        tabs,
        mine: (!is_own_patients).then(|| {
            let chosen = Filter {
                mine: !filter.mine,
                by: LookedAfterBy::Anybody,
                ..section(filter.list)
            };
            (
                address(named, &chosen),
                t.say(if filter.mine {
                    "worklist-everybody"
                } else {
                    "worklist-mine"
                }),
            )
        }),
        by: after.map(|all| {
            let first = [
                (LookedAfterBy::Anybody, t.say("worklist-by-anybody")),
                (LookedAfterBy::Nobody, t.say("following-nobody")),
            ];
            let each = all
                .into_iter()
                .map(|(id, name)| (LookedAfterBy::One(id), name));
            let choice: Vec<_> = first
                .into_iter()
                .chain(each)
                .map(|(by, name)| {
                    let chosen = Filter {
                        mine: false,
                        by,
                        ..section(filter.list)
                    };
                    let shown = match filter.mine {
                        true => by == LookedAfterBy::One(desk.id()),
                        false => by == filter.by,
                    };
                    (address(named, &chosen), name, shown)
                })
                .collect();
            let shown = choice.iter().find(|(_, _, shown)| *shown);
            // Whoever has nobody left is in the choice no more.
            let name = shown.map_or_else(|| "–".to_owned(), |(_, name, _)| name.clone());
            (t.with1("worklist-by", "name", name), choice)
        }),
        watched,
        lead: is_own_patients.then(|| t.say("worklist-own-patients")),
        diseases: programmes
            .into_iter()
            .map(|(id, name)| {
                let shown = filter.programme == id;
                let chosen = Filter {
                    programme: id,
                    ..section(filter.list)
                };
                (address(named, &chosen), name, shown)
            })
            .collect(),
        refused: found.refused,
        task_count: to_do_counted(found.tasks.0),
        messages: (
            to_do_counted(found.messages.0),
            found
                .messages
                .1
                .iter()
                .map(|message| wording.message(message))
                .collect(),
        ),
        tasks: found
            .tasks
            .1
            .iter()
            .map(|todo| wording.todo(todo))
            .collect(),
        notifications: (
            counted(found.notifications.0),
            found
                .notifications
                .1
                .iter()
                .map(|line| line_view(visit, t, &found.center.time_zone, line))
                .collect(),
        ),
        sent_back: (
            t.say(if is_own_patients {
                "notification-sent-back-yours"
            } else {
                "notification-sent-back-center"
            }),
            counted(found.sent_back.count),
            found
                .sent_back
                .lines
                .iter()
                .map(|one| sent_back_view(visit, t, &found.center.time_zone, one))
                .collect(),
        ),
        bounced: found
            .bounced
            .iter()
            .map(|one| bounced_line(t, &found.center.time_zone, one, desk))
            .collect(),
        offers_overdue,
        offers_to,
        offers_from,
        updated: t.with1(
            "worklist-updated",
            "time",
            // With the day: a page may stand open overnight, or lie on paper.
            moment(t, &found.center.time_zone, found.at),
        ),
        place: (alone && count > PAGE && count < MOST_COUNTED).then(|| {
            t.with2(
                "console-page-of",
                "page",
                at + 1,
                "pages",
                (count + PAGE - 1) / PAGE,
            )
        }),
        newer: (alone && at > 0).then(|| page_at(at - 1)),
        older: (alone && (at + 1) * PAGE < count).then(|| page_at(at + 1)),
        share,
        page,
    })
}

/// The center that the address names.
fn named_center(visit: &Visit) -> Option<HealthCenterId> {
    visit.query("center")?.parse().ok()
}

/// The first page: the worklist, or what the role begins with.
pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    if !desk.may(Right::SeePersons) {
        return Ok(go(if desk.may(Right::Notify) {
            "/notifications/new"
        } else {
            "/figures"
        }));
    }
    let named = named_center(&visit);
    if named.is_none() && !desk.has_center() {
        let mut page = Page::new(&visit, "centers-title");
        page.wide = true;
        let counts = desk.center_counts().await?;
        let lines = counts.iter().map(|one| center_line(page.t, one)).collect();
        let waiting: i64 = counts.iter().map(|one| one.alerts.0).sum();
        let taken: i64 = counts.iter().map(|one| one.alerts.1).sum();
        page.tab = (waiting > 0).then_some(waiting);
        let now = visit.site.app.clock.now();
        let zone = counts.first().map(|one| one.center.time_zone.clone());
        let at = moment(page.t, &zone.unwrap_or(TimeZone::UTC), now);
        return Ok(render(&CentersPage {
            updated: page.with1("worklist-updated", "time", at),
            alerts: page.with2("alert-title", "waiting", waiting, "taken", taken),
            lines,
            page,
        }));
    }
    let page_of = |name: &str| {
        let number = visit.query(name).and_then(|text| text.parse::<i64>().ok());
        number.map_or(0, |number| number.clamp(1, 10_000) - 1)
    };
    let t = i18n::words(visit.language);
    let mut programmes: Vec<(String, String)> = Vec::new();
    if desk.follows_several() {
        programmes.push((String::new(), t.say("figures-all-diseases")));
        for one in desk.programmes().await? {
            let name = desk.disease(&one.id, t.language.tag());
            programmes.push((one.id, name));
        }
    }
    // A disease that nobody follows filters nothing: an empty list must not look as if all were well.
    let wished_programme = visit
        .query("programme")
        .filter(|wished| programmes.iter().any(|(id, _)| id == wished))
        .unwrap_or_default();
    let mut filter = Filter {
        list: visit.query("list").and_then(|word| List::parse(&word)),
        mine: visit.query("mine").is_some(),
        by: match visit.query(BY) {
            Some(word) if desk.may(Right::Follow) => by_of(&word),
            _ => LookedAfterBy::Anybody,
        },
        programme: wished_programme,
        page: page_of("page"),
        alerts: page_of("alerts"),
    };
    let mut found = desk.worklist(named, filter.clone()).await?;
    if let Some(beyond) = &found {
        // A list has become shorter while somebody looked at its end: an empty one must not look as if all were well.
        let last = |count: i64, page: i64| (count - 1).max(0) / page;
        let before = filter.clone();
        if filter.page > 0 && beyond.lists.iter().all(|of| of.items.is_empty()) {
            filter.page = last(beyond.lists.first().map_or(0, |of| of.count), PAGE);
        }
        if filter.alerts > 0 && beyond.alerts.is_empty() {
            let counts = &beyond.alert_counts;
            filter.alerts = last(counts.waiting + counts.taken, ALERTS);
        }
        if filter != before {
            found = desk.worklist(named, filter.clone()).await?;
        }
    }
    Ok(match found {
        Some(mut found) => {
            // All centers of a nation are gone through for their names: only where one is named.
            if !found.offers_to.is_empty() || !found.offers_from.is_empty() {
                let names = desk.place_names(visit.language.tag()).await?;
                let offers = found.offers_to.iter_mut().chain(&mut found.offers_from);
                for offer in offers {
                    super::transfer::name_places(&names, &mut offer.transfer);
                }
            }
            // Asked only where the list could not be emptier.
            let is_empty = named.is_none()
                && found.alerts.is_empty()
                && found.notifications.0 == 0
                && found.sent_back.count == 0
                && found.lists.iter().all(|of| of.count == 0);
            let first = if is_empty {
                desk.first_steps().await?
            } else {
                None
            };
            let beside = match filter.list {
                Some(_) if desk.may(Right::Follow) => {
                    let team = desk.team(found.center.id).await?;
                    let bar = ShareBar::new(&visit, t, &desk, named, &filter, &team);
                    (Some(bar), Some(desk.looking_after(found.center.id).await?))
                }
                _ => (None, None),
            };
            let place = (named, &filter);
            let watched = match named {
                Some(center) if desk.may(Right::SeeHealth) => desk
                    .notifications_waiting_at(center)
                    .await?
                    .map(|waiting| Watched::new(t, &found.center, waiting)),
                _ => None,
            };
            let above = (first, watched);
            worklist_page(&visit, &desk, &found, place, beside, programmes, above)
        }
        None => missing(&visit),
    })
}
