//! The worklist: alerts on top, then who gets worse, who is silent, who is to be called. It brings itself up to date.

use super::alerts::{had_it, measured_words};
use super::notification::{LineView, line_view, sent_back_view};
use super::words::{level, stored, why};
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::alerts::Alert;
use app::first_steps::FirstSteps;
use app::invitation::Bounced;
use app::message_texts::lasting;
use app::monitoring::WorkItem;
use app::transfer::Offer;
use app::worklist::{ALERTS, CenterCounts, Filter, List, MOST_TASKS, PAGE, Todo, Worklist};
use askama::Template;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::ids::HealthCenterId;
use domain::staff_role::Right;
use i18n::Words;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::convert::Infallible;
use std::time::Duration;

/// How long a page that brings itself up to date may be looked at without a sign of life: then the session locks.
const LOOKED_AT: Duration = Duration::from_secs(15 * 60);

struct AlertCard {
    id: String,
    case: String,
    report: Option<String>,
    name: String,
    reading: Option<String>,
    about: String,
    phone: String,
    emergency: bool,
    level: String,
    reasons: Vec<String>,
    /// Minutes, for the script that counts on, and in words.
    waits: String,
    times: Option<String>,
    taken: Option<String>,
    is_mine: bool,
    before: Option<String>,
    /// Goes with the button that takes it over from a colleague.
    version: i32,
    /// Whether somebody has it and has written nothing in time.
    overdue: Option<String>,
    /// How many people were told that it waits.
    passed_on: Option<String>,
    reported: String,
    /// That it was measured long before it came.
    measured: Option<String>,
    called: Option<String>,
}

struct Line {
    case: String,
    name: String,
    reading: Option<String>,
    about: String,
    phone: String,
    values: Option<String>,
    when: String,
    level: Option<String>,
    danger: bool,
    worsening: bool,
    reasons: Vec<String>,
    note: String,
    assigned: Option<String>,
    /// The latest call, and how many reached nobody.
    called: Option<String>,
}

struct ListView {
    word: &'static str,
    title: String,
    text: String,
    count: String,
    lines: Vec<Line>,
    /// The address of the section alone, where it has more than is shown.
    all: Option<String>,
}

struct OfferLine {
    address: String,
    text: String,
    name: String,
    overdue: bool,
    /// Whether an alert is open with the person: the line says so, for accepting is then pressing.
    has_alert: bool,
}

struct CenterLine {
    address: String,
    name: String,
    waiting: String,
    oldest: Option<String>,
    alarming: bool,
    urgent: i64,
    silent: i64,
    open: i64,
    /// Offers to other centers that nobody has answered in time.
    overdue: Option<String>,
}

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
    first: Vec<(&'static str, String, String, bool)>,
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
    /// Whose patients they are, at a medical institution.
    lead: Option<String>,
    /// The diseases to choose from, where there are several: the address, the name, whether it is shown.
    diseases: Vec<(String, String, bool)>,
    /// What else is to be done, the oldest first: the address, whose it is, what, and for how long it has waited.
    tasks: Vec<(String, Option<String>, String, String)>,
    /// How many of them, in words.
    task_count: String,
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
    newer: Option<String>,
    older: Option<String>,
}

#[derive(Template)]
#[template(path = "console/centers.html")]
struct CentersPage {
    page: Page,
    updated: String,
    lines: Vec<CenterLine>,
}

/// What names and measurements are put into words with.
struct Wording<'a> {
    t: &'static Words,
    desk: &'a StaffDesk,
    zone: &'a TimeZone,
    now: Timestamp,
    /// Whether several diseases are followed.
    many: bool,
}

impl Wording<'_> {
    fn tag(&self) -> &'static str {
        self.t.language.tag()
    }

    fn question(&self, id: &str) -> String {
        self.desk.question(id, self.tag())
    }

    fn values(&self, item: &WorkItem) -> Option<String> {
        let temperature = item
            .monitoring
            .temperature
            .map(|v| format!("{} °C", domain::status_report::degrees(v)));
        let spo2 = item.monitoring.spo2.map(|v| format!("SpO2 {v} %"));
        let both: Vec<String> = temperature.into_iter().chain(spo2).collect();
        (!both.is_empty()).then(|| both.join("  "))
    }

    fn about(&self, item: &WorkItem) -> String {
        let age = self.t.with1("worklist-age", "years", item.age);
        if self.many {
            let disease = self.desk.disease(&item.programme, self.tag());
            return format!("{disease} · {age} · {}", item.hersys_id);
        }
        format!("{age} · {}", item.hersys_id)
    }

    /// The latest call in words, and how many have reached nobody since the last that did.
    fn called(&self, item: &WorkItem) -> Option<String> {
        let (at, outcome) = item.called?;
        let text = self.t.with2(
            "worklist-called",
            "when",
            moment(self.t, self.zone, at),
            "outcome",
            stored(self.t, "outcome", outcome.word()),
        );
        Some(match item.unanswered {
            0 | 1 => text,
            many => format!(
                "{text} {}",
                self.t.with1("worklist-unanswered", "count", many)
            ),
        })
    }

    fn reading(&self, item: &WorkItem) -> Option<String> {
        let reading = item.reading()?;
        (reading != item.name_in(self.tag())).then(|| reading.to_owned())
    }

    fn alert(&self, alert: &Alert, item: &WorkItem) -> AlertCard {
        let t = self.t;
        let duration = lasting(t, alert.minutes);
        AlertCard {
            id: alert.id.to_string(),
            case: alert.case.to_string(),
            report: alert.report.map(|report| report.to_string()),
            name: item.name_in(self.tag()).to_owned(),
            reading: self.reading(item),
            about: self.about(item),
            phone: item.phone.expose().clone(),
            emergency: alert.level == domain::urgency::Level::Emergency,
            level: level(t, alert.level).unwrap_or_default(),
            reasons: alert
                .reasons
                .iter()
                .map(|one| why(t, one, self.now, |id| self.question(id)))
                .collect(),
            times: (alert.times > 1).then(|| {
                let at = moment(t, self.zone, alert.last_at);
                t.with2("alert-times", "times", alert.times, "when", at)
            }),
            taken: alert
                .taken_by
                .as_ref()
                .map(|name| t.with2("alert-taken", "name", name, "since", &duration)),
            waits: t.with1("alert-waits", "since", &duration),
            is_mine: alert.is_mine,
            before: had_it(t, alert),
            version: alert.version,
            overdue: alert.is_overdue.then(|| t.say("alert-overdue")),
            passed_on: (alert.steps > 0).then(|| match alert.told {
                Some(0) => t.say("alert-told-nobody"),
                Some(people) => t.with1("alert-told", "count", people),
                None => t.say("alert-passed-on"),
            }),
            called: self.called(item),
            measured: measured_words(t, alert, self.now),
            reported: t.with1(
                match alert.report {
                    Some(_) => "alert-reported",
                    None => "alert-raised",
                },
                "when",
                moment(t, self.zone, alert.last_at),
            ),
        }
    }

    fn line(&self, list: List, item: &WorkItem) -> Line {
        let t = self.t;
        let m = &item.monitoring;
        let minutes_since = |at: Timestamp| self.now.duration_since(at).as_mins().max(0);
        let note = match list {
            List::Silent => match m.latest {
                Some((at, _)) => t.with1(
                    "worklist-silent-for",
                    "since",
                    lasting(t, minutes_since(at)),
                ),
                None => t.with1(
                    "worklist-silent-never",
                    "since",
                    lasting(
                        t,
                        minutes_since(item.claimed_at.unwrap_or(item.registered_at)),
                    ),
                ),
            },
            List::NoAccount => match m.latest {
                Some((at, _)) => t.with1(
                    "worklist-silent-for",
                    "since",
                    lasting(t, minutes_since(at)),
                ),
                None => t.with1(
                    "worklist-registered-for",
                    "since",
                    lasting(t, minutes_since(item.registered_at)),
                ),
            },
            List::Calls => m
                .next_call_at
                .map(|at| t.with1("worklist-call-at", "when", moment(t, self.zone, at)))
                .unwrap_or_default(),
            List::Review => m
                .review_from
                .map(|day| t.with1("worklist-review-from", "day", t.date(day)))
                .unwrap_or_default(),
            List::Urgent | List::Open => stored(t, "status", m.status.word()),
        };
        Line {
            case: item.case.to_string(),
            name: item.name_in(self.tag()).to_owned(),
            reading: self.reading(item),
            about: self.about(item),
            phone: item.phone.expose().clone(),
            values: self.values(item),
            when: match m.latest {
                Some((at, _)) => moment(t, self.zone, at),
                None => t.say("console-no-report"),
            },
            level: level(t, m.urgency),
            danger: m.urgency.is_danger(),
            worsening: m.worsening,
            reasons: m
                .reasons
                .iter()
                .map(|one| why(t, one, self.now, |id| self.question(id)))
                .collect(),
            note,
            assigned: item.assigned_name.clone(),
            called: self.called(item),
        }
    }

    /// Something to be done: the address, whose it is, what, and for how long it has waited.
    fn todo(&self, todo: &Todo) -> (String, Option<String>, String, String) {
        let minutes = self.now.duration_since(todo.since).as_mins().max(0);
        let address = match (&todo.whom, todo.report) {
            (Some(item), Some(report)) => format!("/cases/{}#r-{report}", item.case),
            (Some(item), None) => format!("/cases/{}", item.case),
            (None, _) => "/tasks".to_owned(),
        };
        let name = todo.whom.as_ref().map(|item| {
            let name = item.name_in(self.tag());
            format!("{name} · {}", self.about(item))
        });
        let what = stored(self.t, "task", &todo.kind);
        let since = lasting(self.t, minutes);
        (
            address,
            name,
            what,
            self.t.with1("alert-waits", "since", since),
        )
    }

    fn offer(&self, offer: &Offer, mine: bool) -> OfferLine {
        let t = self.t;
        let transfer = &offer.transfer;
        let minutes = self
            .now
            .duration_since(transfer.offered_at)
            .as_mins()
            .max(0);
        let since = lasting(t, minutes);
        let text = match &transfer.answer {
            Some((_, answer, _, _)) if answer == "refused" => {
                t.with1("worklist-offer-refused", "center", &transfer.to.1)
            }
            _ if mine => t.with2(
                "worklist-offer-to",
                "center",
                &transfer.from.1,
                "since",
                since,
            ),
            _ => t.with2(
                "worklist-offer-from",
                "center",
                &transfer.to.1,
                "since",
                since,
            ),
        };
        OfferLine {
            // Whoever watches over the center answers no offers.
            address: if self.desk.may(Right::Transfer) {
                format!("/transfers/{}", transfer.id)
            } else {
                format!("/cases/{}", transfer.case)
            },
            text,
            name: offer.person.as_ref().map_or_else(String::new, |person| {
                person.item.name_in(self.tag()).to_owned()
            }),
            overdue: transfer.is_overdue,
            has_alert: offer.person.as_ref().is_some_and(|person| person.has_alert),
        }
    }
}

/// Somebody whose message could not be delivered. Whoever may send another one is led to where that is done.
fn bounced_line(
    t: &Words,
    zone: &TimeZone,
    one: &Bounced,
    desk: &StaffDesk,
) -> (String, String, String) {
    let address = if desk.may(Right::Register) {
        format!("/cases/{}/invite", one.case)
    } else {
        format!("/cases/{}", one.case)
    };
    let fate = t.with2(
        "invite-message-failed",
        "when",
        moment(t, zone, one.at),
        "why",
        super::undelivered::why(t, &one.because),
    );
    let way = t.say(if one.is_sms {
        "invite-by-sms"
    } else {
        "invite-by-mail"
    });
    let told = t.with2("invite-message", "way", way, "fate", fate);
    (address, one.name_in(t.language.tag()).to_owned(), told)
}

/// A count in words; beyond what is counted, with a plus sign.
pub(super) fn counted(count: i64) -> String {
    if count >= app::worklist::MOST_COUNTED {
        format!("{count}+")
    } else {
        count.to_string()
    }
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
fn first_steps(t: &Words, steps: FirstSteps) -> Vec<(&'static str, String, String, bool)> {
    [
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
    .map(|(address, [text, why], done)| (address, t.say(text), t.say(why), done))
    .into()
}

fn worklist_page(
    visit: &Visit,
    desk: &StaffDesk,
    found: &Worklist,
    named: Option<HealthCenterId>,
    filter: &Filter,
    programmes: Vec<(String, String)>,
    first: Option<FirstSteps>,
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
        task_count: match found.tasks.0 {
            count if i64::try_from(count).is_ok_and(|count| count >= MOST_TASKS) => {
                format!("{count}+")
            }
            count => count.to_string(),
        },
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
            t.time(found.at.to_zoned(found.center.time_zone.clone()).time()),
        ),
        newer: (alone && at > 0).then(|| page_at(at - 1)),
        older: (alone && (at + 1) * PAGE < count).then(|| page_at(at + 1)),
        page,
    })
}

fn center_line(t: &Words, counts: &CenterCounts) -> CenterLine {
    let (waiting, taken) = counts.alerts;
    CenterLine {
        address: format!("/?center={}", counts.center.id),
        name: counts.center.name_in(t.language.tag()).to_owned(),
        waiting: t.with2("centers-alerts", "waiting", waiting, "taken", taken),
        oldest: counts
            .oldest
            .map(|minutes| t.with1("alert-waits", "since", lasting(t, minutes))),
        alarming: waiting > 0,
        urgent: counts.urgent,
        silent: counts.silent,
        open: counts.open,
        overdue: (counts.overdue > 0).then(|| t.with1("centers-overdue", "count", counts.overdue)),
    }
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
        page.tab = (waiting > 0).then_some(waiting);
        let now = visit.site.app.clock.now();
        let zone = counts.first().map(|one| one.center.time_zone.clone());
        let local = now.to_zoned(zone.unwrap_or(TimeZone::UTC));
        return Ok(render(&CentersPage {
            updated: page.with1("worklist-updated", "time", page.time(local.time())),
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
    let filter = Filter {
        list: visit.query("list").and_then(|word| List::parse(&word)),
        mine: visit.query("mine").is_some(),
        programme: wished_programme,
        page: page_of("page"),
        alerts: page_of("alerts"),
    };
    Ok(match desk.worklist(named, filter.clone()).await? {
        Some(mut found) => {
            let names = desk.place_names(visit.language.tag()).await?;
            let offers = found.offers_to.iter_mut().chain(&mut found.offers_from);
            for offer in offers {
                super::transfer::name_places(&names, &mut offer.transfer);
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
            worklist_page(&visit, &desk, &found, named, &filter, programmes, first)
        }
        None => missing(&visit),
    })
}

/// Waits until one of them changes; none where the look-out has ended.
async fn any_of(watch: &mut [tokio::sync::watch::Receiver<u64>]) -> Option<()> {
    let each = watch.iter_mut().map(|one| Box::pin(one.changed()));
    let (changed, _, _) = futures_util::future::select_all(each).await;
    changed.ok()
}

/// A stream that says whenever something on the worklist changed; the page then asks for itself anew.
pub(super) async fn events(Staff(visit, desk): Staff) -> Answer {
    let named = named_center(&visit);
    // Whoever sees several centers sees what happens at any of them.
    let watch = if named.is_none() && !desk.has_center() {
        desk.watch_all().await?
    } else {
        desk.watch(named).await?.into_iter().collect()
    };
    if watch.is_empty() {
        return Ok(missing(&visit));
    }
    let end = tokio::time::Instant::now() + LOOKED_AT;
    // Something is said at once: the head of an answer travels with the first piece of its body.
    let stream = futures_util::stream::unfold(
        (watch, visit.site.stopping.clone(), true),
        move |(mut watch, mut stopping, is_first)| async move {
            if is_first {
                let hello = Event::default().comment("here");
                return Some((Ok(hello), (watch, stopping, false)));
            }
            tokio::select! {
                changed = any_of(&mut watch) => changed?,
                // The page connects again, and finds out whether its session still lives.
                () = tokio::time::sleep_until(end) => return None,
                _ = stopping.wait_for(|stop| *stop) => return None,
            }
            // Without data a browser drops an event.
            let event = Event::default().event("changed").data("1");
            Some((Ok::<_, Infallible>(event), (watch, stopping, false)))
        },
    );
    Ok(Sse::new(stream)
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
        .into_response())
}
