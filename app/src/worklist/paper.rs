//! Paper for a car: people of a list with what somebody needs who visits them. Addresses leave the house with it, so that a
//! line says who printed how many.

use crate::audit::with;
use crate::case_registration::Address;
use crate::health_center::HealthCenter;
use crate::monitoring::WorkItem;
use crate::worklist::{Filter, end_of_tomorrow, silent};
use crate::{Error, StaffDesk};
use domain::health_day::health_day;
use domain::ids::{CaseId, HealthCenterId};
use domain::staff_role::Right;
use domain::text::in_number_order;
use jiff::Timestamp;
use storage::worklist as rows;

/// So many people are printed at once: more than anybody visits.
pub const MOST_PRINTED: usize = 300;

/// People to be visited.
#[derive(Clone, Debug)]
pub struct ForVisits {
    /// The center.
    pub center: HealthCenter,
    /// Who, by where they are: who lives in one house stands together.
    pub people: Vec<(WorkItem, Address)>,
    /// How many there are, up to as many as a list counts.
    pub all: i64,
    /// Whether there are more, which are not on it.
    pub is_cut: bool,
    /// The name of whoever prints it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Whose paper is wished.
#[derive(Clone, Debug)]
pub enum Visits {
    /// Of those who were chosen.
    Of(Vec<CaseId>),
    /// Of all in a list.
    List(Filter),
}

impl StaffDesk {
    /// The people of a center to be visited, each with the address that the reader may see on their page; `None` where there
    /// is no such center. That they were printed stands in the audit log.
    pub async fn for_visits(
        &self,
        center: Option<HealthCenterId>,
        visits: Visits,
    ) -> Result<Option<ForVisits>, Error> {
        self.needs(Right::Follow)?;
        let Some(center) = self.center_in_reach(center).await? else {
            return Ok(None);
        };
        let (mut items, all) = match visits {
            Visits::Of(cases) => {
                let items = self.chosen(center.id, cases).await?;
                let all = i64::try_from(items.len()).unwrap_or(i64::MAX);
                (items, all)
            }
            Visits::List(filter) => self.whole_list(&center, filter).await?,
        };
        let is_cut = items.len() > MOST_PRINTED;
        items.truncate(MOST_PRINTED);
        let mut people = Vec::with_capacity(items.len());
        for item in items {
            let address = self.address_of(item.case).await?;
            people.push((item, address));
        }
        let place = |address: &Address| {
            let stays = address.whereabouts.as_ref().or(address.address.as_ref());
            // Whose address nobody knows comes last.
            stays.map_or((true, String::new()), |text| {
                (false, in_number_order(text.expose()))
            })
        };
        people.sort_by_cached_key(|(item, address)| (place(address), item.case));
        let entry = with(self.did("list.printed", None), people.len().to_string());
        self.note_read(entry).await?;
        let lines = people.iter().map(|(item, _)| {
            let case = Some(item.case);
            self.did("case.printed", case)
        });
        self.note_all(lines.collect()).await?;
        let staff = self.staff;
        let by = self
            .app
            .db()
            .read(move |tx| storage::staff::name(tx, staff))
            .await?;
        Ok(Some(ForVisits {
            center,
            people,
            all,
            is_cut,
            by: by.unwrap_or_default(),
            at: self.app.clock.now(),
        }))
    }

    /// All in a list, up to one more than are printed, and how many there are. They are read at once: where page after page
    /// was read, whoever left the list between two of them drew the next one past the paper.
    async fn whole_list(
        &self,
        center: &HealthCenter,
        filter: Filter,
    ) -> Result<(Vec<WorkItem>, i64), Error> {
        let sees_health = self.may(Right::SeeHealth);
        let list = filter.list.filter(|list| sees_health || !list.is_health());
        let Some(list) = list else {
            return Ok((Vec::new(), 0));
        };
        let now = self.app.clock.now();
        let today = health_day(now, &center.time_zone);
        let until = end_of_tomorrow(&center.time_zone, now);
        let silent = silent(self.silent_since(center, now).await?, &center.time_zone);
        let section = StaffDesk::section(list, Some(silent), today, (now, until));
        let Some(section) = section else {
            return Ok((Vec::new(), 0));
        };
        let limit = i64::try_from(MOST_PRINTED).unwrap_or(i64::MAX) + 1;
        let wish = self.wish(center.id, filter, (limit, 0));
        let app = self.app.clone();
        let (found, counts) = self
            .app
            .db()
            .read(move |tx| {
                tx.plans_once();
                let found = rows::ask_rows(tx, section, &wish)?.all(tx)?;
                let shown = i64::try_from(found.len()).unwrap_or(i64::MAX);
                let counts = app.counts(tx, &[(section, Some(shown))], &wish)?;
                Ok((found, counts))
            })
            .await?;
        let shown: Vec<_> = found.iter().map(|work| work.monitoring.case).collect();
        self.looked_at("case.listed", shown).await?;
        let born_by = self.app.today();
        let items = found
            .into_iter()
            .map(|work| WorkItem::read(&self.app, work, born_by, sees_health))
            .collect::<Result<_, Error>>()?;
        Ok((items, counts.first().copied().unwrap_or(0)))
    }
}
