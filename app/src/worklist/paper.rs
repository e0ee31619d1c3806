//! Paper for a car: people of a list with what somebody needs who visits them. Addresses leave the house with it, so that a
//! line says who printed how many.

use crate::audit::with;
use crate::case_registration::Address;
use crate::health_center::HealthCenter;
use crate::monitoring::WorkItem;
use crate::worklist::{Filter, PAGE};
use crate::{Error, StaffDesk};
use domain::ids::{CaseId, HealthCenterId};
use domain::staff_role::Right;
use domain::text::in_number_order;
use jiff::Timestamp;

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
        let named = center;
        let Some(center) = self.center_in_reach(center).await? else {
            return Ok(None);
        };
        let (mut items, all) = match visits {
            Visits::Of(cases) => {
                let items = self.chosen(center.id, cases).await?;
                let all = i64::try_from(items.len()).unwrap_or(i64::MAX);
                (items, all)
            }
            Visits::List(filter) => self.whole_list(named, filter).await?,
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

    /// All in a list, up to one more than are printed, and how many there are.
    async fn whole_list(
        &self,
        center: Option<HealthCenterId>,
        mut filter: Filter,
    ) -> Result<(Vec<WorkItem>, i64), Error> {
        let mut all: Vec<WorkItem> = Vec::new();
        let mut count = 0;
        filter.page = 0;
        while let Some(list) = filter.list
            && all.len() <= MOST_PRINTED
        {
            let found = self.worklist(center, filter.clone()).await?;
            let page = found.and_then(|found| {
                let mut lists = found.lists.into_iter();
                lists.find(|of| of.list == list)
            });
            let (items, of_list) = page.map_or_else(|| (Vec::new(), 0), |of| (of.items, of.count));
            count = of_list.max(count);
            let is_last = i64::try_from(items.len()).unwrap_or(0) < PAGE;
            all.extend(items);
            if is_last {
                break;
            }
            filter.page += 1;
        }
        Ok((all, count))
    }
}
