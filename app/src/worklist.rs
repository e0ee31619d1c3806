//! The worklist: the page that a nurse lives in. It reads the latest states only, never the reports, so that it opens
//! as fast with 200,000 people as with 200.

mod beside;
mod counts;
mod own_patients;
mod paper;
mod share_out;
mod watch;

pub(crate) use counts::Counts;
pub use paper::{ForVisits, MOST_PRINTED, Visits};
pub use share_out::{Chosen, ShareOut, SharedOut};
pub(crate) use watch::Watchers;

use crate::alerts::Alert;
use crate::health_center::HealthCenter;
use crate::invitation::Bounced;
use crate::monitoring::WorkItem;
use crate::notification::{Line, SentBack};
use crate::place_settings::{ask_following, read_following};
use crate::transfer::Offer;
use crate::{Error, StaffDesk};
use domain::health_day::health_day;
use domain::ids::{CaseId, HealthCenterId, ReportId};
use domain::personal::Personal;
use domain::staff_role::Right;
use domain::urgency::Level;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::Arc;
use storage::alerts::{self, AlertRow, OpenCounts};
use storage::case_registration::Scope;
use storage::monitoring::WorkRow;
use storage::notification::{WaitingAt, waiting_at};
pub use storage::worklist::LookedAfterBy;
use storage::worklist::{self as rows, Section, Wish};
use tokio::sync::watch::Receiver;

/// How many rows a section shows when it is opened alone.
pub const PAGE: i64 = 100;
/// How many rows each section shows among the others.
pub const GLANCE: i64 = 5;
/// Sections are counted up to this.
pub const MOST_COUNTED: i64 = rows::COUNT_LIMIT;
/// How many alerts a page shows.
pub const ALERTS: i64 = 50;
/// How many of the things to be done a page shows; the others stand on their own page.
pub const TASKS_SHOWN: i64 = 10;
/// How many of them are counted.
pub const MOST_TASKS: i64 = 200;

/// A section of the worklist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum List {
    /// Getting worse, or with a report that calls for attention.
    Urgent,
    /// Not heard of since the deadline.
    Silent,
    /// A call is due.
    Calls,
    /// A call is due later, until the end of tomorrow.
    Planned,
    /// A release is to be looked at.
    Review,
    /// Nobody has signed up yet.
    NoAccount,
    /// Everybody who is followed.
    Open,
}

impl List {
    /// All, in the order of the page.
    pub const ALL: [List; 7] = [
        List::Urgent,
        List::Silent,
        List::Calls,
        List::Planned,
        List::Review,
        List::NoAccount,
        List::Open,
    ];

    /// The word in the address.
    pub const fn word(self) -> &'static str {
        match self {
            List::Urgent => "urgent",
            List::Silent => "silent",
            List::Calls => "calls",
            List::Planned => "planned",
            List::Review => "review",
            List::NoAccount => "no-account",
            List::Open => "all",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<List> {
        List::ALL.into_iter().find(|list| list.word() == word)
    }

    /// Whether it tells of somebody's health.
    const fn is_health(self) -> bool {
        matches!(
            self,
            List::Urgent | List::Silent | List::Calls | List::Planned | List::Review
        )
    }
}

/// What a reader wishes to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One section alone.
    pub list: Option<List>,
    /// Only what the reader looks after.
    pub mine: bool,
    /// Only those after whom this one looks, or nobody does; asked for by whoever may follow people.
    pub by: LookedAfterBy,
    /// The sections only of this programme; empty: of all. Alerts are of all, always.
    pub programme: String,
    /// The page of the section, counted from 0.
    pub page: i64,
    /// The page of the alerts, counted from 0.
    pub alerts: i64,
}

/// A section with its count and rows.
#[derive(Clone, Debug)]
pub struct ListOf {
    /// Which.
    pub list: List,
    /// How many there are, up to [`MOST_COUNTED`].
    pub count: i64,
    /// The rows of the page.
    pub items: Vec<WorkItem>,
}

/// Something to be done that waits for somebody.
#[derive(Clone, Debug)]
pub struct Todo {
    /// The word of what it is about, such as [`crate::tasks::REPORT_WRONG`].
    pub kind: String,
    /// Whom it is about, where the center follows them.
    pub whom: Option<WorkItem>,
    /// Which of their reports.
    pub report: Option<ReportId>,
    /// Since when it waits.
    pub since: Timestamp,
}

/// What a person wrote with a report, and nobody has read.
#[derive(Clone, Debug)]
pub struct Message {
    /// Who wrote it, or for whom somebody did.
    pub whom: WorkItem,
    /// What.
    pub text: Personal<String>,
    /// When it came.
    pub since: Timestamp,
}

/// The worklist of a center.
#[derive(Clone, Debug)]
pub struct Worklist {
    /// The center.
    pub center: Arc<HealthCenter>,
    /// Alerts of a page: those that nobody has first, of them the emergencies, then the longest waiting.
    pub alerts: Vec<(Alert, WorkItem)>,
    /// How many alerts are open.
    pub alert_counts: OpenCounts,
    /// The sections.
    pub lists: Vec<ListOf>,
    /// How many registrations were refused.
    pub refused: i64,
    /// What else is to be done, such as reports that were marked as wrong: how many, up to [`MOST_TASKS`], and the oldest
    /// [`TASKS_SHOWN`] of them.
    pub tasks: (usize, Vec<Todo>),
    /// Messages of people that nobody has read: how many, up to [`MOST_TASKS`], and the oldest [`TASKS_SHOWN`] of them.
    pub messages: (usize, Vec<Message>),
    /// Notifications that wait to be looked at: how many, and the first of them.
    pub notifications: (i64, Vec<Line>),
    /// Notifications that were sent back with a question and that nobody has answered.
    pub sent_back: SentBack,
    /// Whose last message could not be delivered.
    pub bounced: Vec<Bounced>,
    /// Offers from other centers.
    pub offers_to: Vec<Offer>,
    /// Own offers that are open or were refused lately.
    pub offers_from: Vec<Offer>,
    /// The day since which somebody who was not heard of counts as silent.
    pub silent_since: Date,
    /// The moment of this list.
    pub at: Timestamp,
}

/// A center with its counts, for those who see several.
#[derive(Clone, Debug)]
pub struct CenterCounts {
    /// The center.
    pub center: HealthCenter,
    /// Alerts that nobody has, and that somebody has.
    pub alerts: (i64, i64),
    /// Minutes that the oldest of them has waited.
    pub oldest: Option<i64>,
    /// How many get worse, are silent, are followed.
    pub urgent: i64,
    /// Not heard of since the deadline.
    pub silent: i64,
    /// Never heard of since they were registered: no account, no report, and nobody has reached them.
    pub unreached: i64,
    /// Calls that are due.
    pub calls: i64,
    /// Everybody who is followed.
    pub open: i64,
    /// Offers to other centers that nobody has answered in time.
    pub overdue: i64,
    /// Notifications that nobody has looked at.
    pub notifications: NotificationsWaiting,
}

/// Notifications that wait at a center, for whoever watches over it and reads none of them: nobody's name, only how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotificationsWaiting {
    /// How many.
    pub count: i64,
    /// How many of them are about somebody who needs help at once.
    pub pressing: i64,
    /// Minutes that the oldest has waited.
    pub oldest: Option<i64>,
}

impl NotificationsWaiting {
    fn read(found: WaitingAt, now: Timestamp) -> NotificationsWaiting {
        NotificationsWaiting {
            count: found.count,
            pressing: found.pressing,
            oldest: found
                .oldest
                .map(|at| now.duration_since(at).as_mins().max(0)),
        }
    }
}

/// The day since which somebody must have been heard of, by a deadline.
pub(crate) fn silent_since(deadline: Time, zone: &TimeZone, now: Timestamp) -> Date {
    let local = now.to_zoned(zone.clone());
    if local.time() >= deadline {
        local.date()
    } else {
        local.date().yesterday().unwrap_or(local.date())
    }
}

/// Who is silent since a day: with the moment at which that day began at the center.
pub(crate) fn silent(since: Date, zone: &TimeZone) -> Section {
    Section::Silent(since, began(since, zone))
}

/// When a day began at a center.
fn began(day: Date, zone: &TimeZone) -> Timestamp {
    let began = day.to_zoned(zone.clone());
    began.map_or(Timestamp::UNIX_EPOCH, |began| began.timestamp())
}

/// The end of tomorrow: until then planned calls are shown.
fn end_of_tomorrow(zone: &TimeZone, now: Timestamp) -> Timestamp {
    let tomorrow = now.to_zoned(zone.clone()).date().tomorrow();
    tomorrow
        .and_then(|day| day.tomorrow()?.to_zoned(zone.clone()))
        .map_or(now, |end| end.timestamp())
}

/// How many alerts there are, where these are all that are open.
fn count_alerts<'a>(open: impl IntoIterator<Item = &'a AlertRow>) -> OpenCounts {
    let mut counts = OpenCounts::default();
    for alert in open {
        if alert.taken_by.is_some() {
            counts.taken += 1;
            continue;
        }
        counts.waiting += 1;
        counts.emergencies += i64::from(alert.level >= Level::Emergency.number());
        let since = alert.waiting_since;
        counts.oldest = Some(counts.oldest.map_or(since, |oldest| oldest.min(since)));
    }
    counts
}

/// Alerts with whom they are about, in the order of the alerts.
fn with_whom(alerts: Vec<AlertRow>, whom: &[WorkRow]) -> Vec<(AlertRow, WorkRow)> {
    let by_case: HashMap<CaseId, &WorkRow> =
        whom.iter().map(|row| (row.monitoring.case, row)).collect();
    alerts
        .into_iter()
        .filter_map(|alert| {
            let row = (*by_case.get(&alert.case)?).clone();
            Some((alert, row))
        })
        .collect()
}

impl StaffDesk {
    /// The day since which somebody must have been heard of: today once the deadline is over, until then yesterday.
    async fn silent_since(&self, center: &HealthCenter, now: Timestamp) -> Result<Date, Error> {
        let deadline = self.app.following(center.id).await?.deadline;
        Ok(silent_since(deadline, &center.time_zone, now))
    }

    /// What is asked for a section; nothing where it has to be known first since when somebody counts as silent.
    fn section(
        list: List,
        silent: Option<Section>,
        today: Date,
        (now, until): (Timestamp, Timestamp),
    ) -> Option<Section> {
        Some(match list {
            List::Urgent => Section::Urgent,
            List::Silent => silent?,
            List::Calls => Section::Calls(now),
            List::Planned => Section::Planned(now, until),
            List::Review => Section::Review(today),
            List::NoAccount => Section::NoAccount,
            List::Open => Section::Open,
        })
    }

    /// The center whose list is looked at; `None` where it is out of reach. The own one is known without a look at the
    /// store, and as it was some seconds ago at the earliest.
    async fn listed_center(
        &self,
        named: Option<HealthCenterId>,
    ) -> Result<Option<Arc<HealthCenter>>, Error> {
        match self.own_center() {
            Ok(own) if named.is_none_or(|named| named == own) => {
                Ok(Some(self.app.center(own).await?))
            }
            _ => Ok(self.center_in_reach(named).await?.map(Arc::new)),
        }
    }

    /// So many of a section of a center, after so many, as somebody wishes to see them.
    fn wish(&self, center: HealthCenterId, filter: Filter, (limit, offset): (i64, i64)) -> Wish {
        let by = match filter.by {
            _ if filter.mine => LookedAfterBy::One(self.staff),
            _ if !self.may(Right::Follow) => LookedAfterBy::Anybody,
            by => by,
        };
        Wish {
            center,
            by,
            programme: filter.programme,
            limit,
            offset,
        }
    }

    /// The worklist of a center in reach; `None` where it is out of reach.
    pub async fn worklist(
        &self,
        center: Option<HealthCenterId>,
        filter: Filter,
    ) -> Result<Option<Worklist>, Error> {
        self.needs(Right::SeePersons)?;
        let Some(center) = self.listed_center(center).await? else {
            return Ok(None);
        };
        if let Scope::NotifiedAt(place) = self.scope() {
            return Ok(Some(self.own_patients(place, center, filter).await?));
        }
        let sees_health = self.may(Right::SeeHealth);
        let now = self.app.clock.now();
        let today = health_day(now, &center.time_zone);
        let id = center.id;
        let zone = center.time_zone.clone();
        let until = end_of_tomorrow(&zone, now);
        let lists: Vec<List> = List::ALL
            .into_iter()
            .filter(|list| filter.list.is_none_or(|wished| wished == *list))
            .filter(|list| sees_health || !list.is_health())
            // Everybody is a list of its own, not one among others.
            .filter(|list| *list != List::Open || filter.list == Some(List::Open) || !sees_health)
            .collect();
        let limit = if filter.list.is_some() { PAGE } else { GLANCE };
        let offset = filter.page.clamp(0, 100_000) * PAGE;
        let alerts_from = filter.alerts.clamp(0, 100_000) * ALERTS;
        let wish = self.wish(id, filter, (limit, offset));
        let open_count = !lists.contains(&List::Open);
        let wanted = self.wants_beside(id, now);
        let app = self.app.clone();
        let (silent_since, found, (counts, open), beside) = self
            .app
            .db()
            .read(move |tx| {
                tx.plans_once();
                // On a PostgreSQL server all that needs no other answer goes one way there and back.
                let following = ask_following(tx, id, now)?;
                let mut asked = Vec::new();
                for list in &lists {
                    asked.push(match StaffDesk::section(*list, None, today, (now, until)) {
                        Some(section) => Some(rows::ask_rows(tx, section, &wish)?),
                        None => None,
                    });
                }
                let page = (ALERTS, alerts_from);
                let alerts = match sees_health {
                    true => Some((
                        alerts::ask_open(tx, id, now, page)?,
                        rows::ask_of_alerts(tx, id, now, page)?,
                    )),
                    false => None,
                };
                let beside = wanted.ask(tx)?;
                let deadline = read_following(tx, id, following)?.deadline;
                let silent_since = silent_since(deadline, &zone, now);
                let silent = silent(silent_since, &zone);
                let (mut found, mut sections) = (Vec::new(), Vec::new());
                for (list, asked) in lists.iter().zip(asked) {
                    let moments = (now, until);
                    let section = StaffDesk::section(*list, Some(silent), today, moments);
                    let Some(section) = section else { continue };
                    let asked = match asked {
                        Some(asked) => asked,
                        None => rows::ask_rows(tx, section, &wish)?,
                    };
                    let rows = asked.all(tx)?;
                    let shown = i64::try_from(rows.len()).unwrap_or(i64::MAX);
                    sections.push((section, Some(shown)));
                    found.push((*list, rows));
                }
                if open_count {
                    sections.push((Section::Open, None));
                    found.push((List::Open, Vec::new()));
                }
                let counts = app.counts(tx, &sections, &wish)?;
                let found: Vec<_> = found.into_iter().zip(counts).collect();
                let alerts = match alerts {
                    Some((open, whom)) => {
                        let (open, whom) = (open.all(tx)?, whom.all(tx)?);
                        // A first page with room for more has all of them.
                        let shown = i64::try_from(open.len()).unwrap_or(i64::MAX);
                        let counts = match alerts_from == 0 && shown < ALERTS {
                            true => count_alerts(&open),
                            false => alerts::count_open(tx, id)?,
                        };
                        (counts, with_whom(open, &whom))
                    }
                    None => (OpenCounts::default(), Vec::new()),
                };
                Ok((silent_since, found, alerts, beside.all(tx)?))
            })
            .await?;
        let listed = found.iter().flat_map(|((_, rows), _)| rows);
        let shown: Vec<_> = listed
            .map(|work| work.monitoring.case)
            .chain(open.iter().map(|(alert, _)| alert.case))
            .chain(beside.wrote())
            .collect();
        self.looked_at("case.listed", shown).await?;
        let app = &self.app;
        // Ages are told by the day of the installation, not of the center.
        let born_by = app.today();
        let read = |work| WorkItem::read(app, work, born_by, sees_health);
        let beside = self.read_beside(id, beside).await?;
        Ok(Some(Worklist {
            alerts: open
                .into_iter()
                .map(|(alert, work)| Ok((Alert::read(alert, self.staff, now), read(work)?)))
                .collect::<Result<_, Error>>()?,
            alert_counts: counts,
            lists: found
                .into_iter()
                .map(|((list, items), count)| {
                    Ok(ListOf {
                        list,
                        count,
                        items: items.into_iter().map(read).collect::<Result<_, Error>>()?,
                    })
                })
                .collect::<Result<_, Error>>()?,
            refused: beside.refused,
            tasks: beside.tasks,
            messages: beside.messages,
            notifications: beside.notifications,
            sent_back: beside.sent_back,
            bounced: beside.bounced,
            offers_to: beside.offers.0,
            offers_from: beside.offers.1,
            silent_since,
            at: now,
            center,
        }))
    }

    /// The centers in reach with their counts, for a prefecture.
    pub async fn center_counts(&self) -> Result<Vec<CenterCounts>, Error> {
        self.needs(Right::SeeHealth)?;
        let now = self.app.clock.now();
        let mut all = Vec::new();
        for center in self.centers().await? {
            let silent = silent(self.silent_since(&center, now).await?, &center.time_zone);
            let id = center.id;
            let wish = Wish {
                center: id,
                by: LookedAfterBy::Anybody,
                programme: String::new(),
                limit: 0,
                offset: 0,
            };
            let app = self.app.clone();
            let (alerts, counts, unreached, overdue, notifications) = self
                .app
                .db()
                .read(move |tx| {
                    let sections = [Section::Urgent, silent, Section::Open, Section::Calls(now)];
                    Ok((
                        alerts::count_open(tx, id)?,
                        app.counts(tx, &sections.map(|section| (section, None)), &wish)?,
                        rows::count_unreached(tx, id)?,
                        storage::transfer::count_overdue(tx, id, now)?,
                        waiting_at(tx, id)?,
                    ))
                })
                .await?;
            let count = |at: usize| counts.get(at).copied().unwrap_or(0);
            all.push(CenterCounts {
                oldest: alerts
                    .oldest
                    .map(|at| now.duration_since(at).as_mins().max(0)),
                center,
                alerts: (alerts.waiting, alerts.taken),
                urgent: count(0),
                silent: count(1),
                open: count(2),
                calls: count(3),
                unreached,
                overdue,
                notifications: NotificationsWaiting::read(notifications, now),
            });
        }
        Ok(all)
    }

    /// The notifications that wait at a center in reach, for whoever has no list of them; `None` for whoever has.
    pub async fn notifications_waiting_at(
        &self,
        center: HealthCenterId,
    ) -> Result<Option<NotificationsWaiting>, Error> {
        self.needs(Right::SeeHealth)?;
        if self.lists_notifications() || self.center_in_reach(Some(center)).await?.is_none() {
            return Ok(None);
        }
        let now = self.app.clock.now();
        let found = self.app.db().read(move |tx| waiting_at(tx, center)).await?;
        Ok(Some(NotificationsWaiting::read(found, now)))
    }

    /// Watches on all centers in reach.
    pub async fn watch_all(&self) -> Result<Vec<Receiver<u64>>, Error> {
        self.needs(Right::SeePersons)?;
        let centers = self.centers().await?;
        Ok(centers
            .iter()
            .map(|center| self.app.watch(center.id))
            .collect())
    }

    /// A watch on a center's worklist: it changes whenever something on the list did, in this process or in another.
    pub async fn watch(
        &self,
        center: Option<HealthCenterId>,
    ) -> Result<Option<Receiver<u64>>, Error> {
        self.needs(Right::SeePersons)?;
        let Some(center) = self.center_in_reach(center).await? else {
            return Ok(None);
        };
        Ok(Some(self.app.watch(center.id)))
    }
}
