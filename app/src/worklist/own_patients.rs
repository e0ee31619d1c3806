//! The worklist of a medical institution: its own patients, and nobody else. What is due at the center – calls, releases,
//! transfers, tasks – is not on it.

use super::{ALERTS, Filter, GLANCE, List, ListOf, PAGE, Worklist};
use crate::alerts::Alert;
use crate::health_center::{Contact, HealthCenter};
use crate::monitoring::WorkItem;
use crate::{Error, StaffDesk};
use domain::ids::JurisdictionId;
use domain::monitoring::MonitoringStatus;
use domain::urgency::Level;
use jiff::Timestamp;
use jiff::civil::Date;
use std::cmp::Reverse;
use std::sync::Arc;
use storage::alerts;
use storage::monitoring::WorkRow;
use storage::worklist as rows;

/// So many patients are looked at; no institution treats more at once.
const MOST: i64 = 5_000;

/// The sections, in the order of the page.
const LISTS: [List; 4] = [List::Urgent, List::Silent, List::NoAccount, List::Open];

/// The patients of a section, in its order: the same as that of a center's list.
fn section(list: List, all: &[WorkRow], (silent_since, began): (Date, Timestamp)) -> Vec<WorkRow> {
    let belongs = |work: &WorkRow| {
        let m = &work.monitoring;
        let status = MonitoringStatus::parse(&m.status).unwrap_or_default();
        let is_known = work.claimed_at.is_some() || m.reports > 0;
        let was_heard_of = is_known || work.heard_since.is_some();
        let is_reached =
            work.unanswered == 0 && work.called.as_ref().is_some_and(|(at, _)| *at >= began);
        let is_silent = was_heard_of && !is_reached && m.heard_on < silent_since;
        match list {
            List::Urgent => status.expects_reports() && m.urgency > 0,
            List::Silent => status.expects_reports() && is_silent,
            List::NoAccount => work.claimed_at.is_none(),
            List::Open => true,
            List::Calls | List::Planned | List::Review => false,
        }
    };
    let mut found: Vec<WorkRow> = all.iter().filter(|work| belongs(work)).cloned().collect();
    match list {
        List::Urgent => found.sort_by_key(|work| {
            let m = &work.monitoring;
            Reverse((m.urgency, work.call_first, m.measured_at))
        }),
        List::Silent => found.sort_by_key(|work| work.monitoring.heard_on),
        List::NoAccount => found.sort_by_key(|work| {
            let was_heard_of = work.heard_since.is_some();
            (was_heard_of, !work.call_first, work.monitoring.heard_on)
        }),
        List::Open | List::Calls | List::Planned | List::Review => {}
    }
    found
}

impl StaffDesk {
    /// The worklist of the own patients. Their alerts are shown with who has them at the center, which answers for them.
    pub(super) async fn own_patients(
        &self,
        place: JurisdictionId,
        center: Arc<HealthCenter>,
        filter: Filter,
    ) -> Result<Worklist, Error> {
        let now: Timestamp = self.app.clock.now();
        // Headed by the place's own name: the center's would say that this is the center's list.
        let name = self.place_name().await?;
        let silent_since = self.silent_since(&center, now).await?;
        let since = (silent_since, super::began(silent_since, &center.time_zone));
        let (all, open) = self
            .app
            .db()
            .read(move |tx| {
                Ok((
                    rows::notified_at(tx, place, MOST)?,
                    alerts::open_of_patients(tx, place)?,
                ))
            })
            .await?;
        let mut open = super::with_whom(open, &all);
        let alert_counts = super::count_alerts(open.iter().map(|(alert, _)| alert));
        open.sort_by_key(|(alert, _)| {
            let is_emergency = alert.level >= Level::Emergency.number();
            (alert.taken_by.is_some(), !is_emergency, alert.waiting_since)
        });
        let page = |number: i64, most: i64| {
            let most = usize::try_from(most).unwrap_or(0);
            let skip = usize::try_from(number.clamp(0, 100_000)).unwrap_or(0) * most;
            (skip, most)
        };
        let (skip, most) = page(filter.alerts, ALERTS);
        let open: Vec<_> = open.into_iter().skip(skip).take(most).collect();
        let mut lists = Vec::new();
        for list in LISTS {
            let wished = filter.list.is_none_or(|wished| wished == list);
            if !wished && list != List::Open {
                continue;
            }
            let found = section(list, &all, since);
            let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
            // Everybody is a list of its own, not one among others.
            let shown = match filter.list {
                Some(wished) if wished == list => page(filter.page, PAGE),
                None if list != List::Open => page(0, GLANCE),
                _ => (0, 0),
            };
            let items: Vec<_> = found.into_iter().skip(shown.0).take(shown.1).collect();
            lists.push((list, count, items));
        }
        let listed = lists.iter().flat_map(|(_, _, items)| items);
        let shown: Vec<_> = listed
            .map(|work| work.monitoring.case)
            .chain(open.iter().map(|(alert, _)| alert.case))
            .collect();
        self.looked_at("case.listed", shown).await?;
        let today = self.app.today();
        let read = |work| WorkItem::read(&self.app, work, today, true);
        Ok(Worklist {
            alerts: open
                .into_iter()
                .map(|(alert, work)| Ok((Alert::read(alert, self.staff, now), read(work)?)))
                .collect::<Result<_, Error>>()?,
            alert_counts,
            lists: lists
                .into_iter()
                .map(|(list, count, items)| {
                    Ok(ListOf {
                        list,
                        count,
                        items: items.into_iter().map(read).collect::<Result<_, Error>>()?,
                    })
                })
                .collect::<Result<_, Error>>()?,
            refused: 0,
            tasks: (0, Vec::new()),
            messages: (0, Vec::new()),
            notifications: (0, Vec::new()),
            sent_back: self.sent_back(GLANCE).await?,
            bounced: Vec::new(),
            offers_to: Vec::new(),
            offers_from: Vec::new(),
            silent_since,
            at: now,
            center: Arc::new(HealthCenter {
                name,
                contact: Contact {
                    names: Default::default(),
                    ..center.contact.clone()
                },
                ..HealthCenter::clone(&center)
            }),
        })
    }
}
