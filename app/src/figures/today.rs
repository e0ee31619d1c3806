//! Which day it is at each center: its days begin by its own clock, not by the installation's.

use crate::health_center::HealthCenter;
use domain::ids::HealthCenterId;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Today, at each of some centers.
#[derive(Clone, Debug)]
pub(super) struct Today {
    /// The latest of them.
    pub(super) last: Date,
    of: BTreeMap<HealthCenterId, Date>,
}

impl Today {
    /// What day it is at these centers at a moment; where there are none, `otherwise`.
    pub(super) fn at(centers: &[&HealthCenter], now: Timestamp, otherwise: Date) -> Today {
        let of: BTreeMap<HealthCenterId, Date> = centers
            .iter()
            .map(|center| (center.id, now.to_zoned(center.time_zone.clone()).date()))
            .collect();
        Today {
            last: of.values().max().copied().unwrap_or(otherwise),
            of,
        }
    }

    /// What day it is at a center.
    pub(super) fn of(&self, center: HealthCenterId) -> Date {
        self.of.get(&center).copied().unwrap_or(self.last)
    }

    /// The days that are today somewhere: one, but where centers lie far apart.
    pub(super) fn days(&self) -> BTreeSet<Date> {
        let mut days: BTreeSet<Date> = self.of.values().copied().collect();
        days.insert(self.last);
        days
    }
}
