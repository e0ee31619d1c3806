//! How many a section of the worklist has. Few are counted each time; what is many is counted anew only now and then,
//! because counting costs the more the more there are, and nobody decides by the last digit of four.

use crate::App;
use domain::ids::{HealthCenterId, StaffId};
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use storage::worklist::{self as rows, Section, Wish};
use storage::{Error, Tx};

/// Up to here a count is of this moment.
const FEW: i64 = 500;
/// How long a larger one is kept.
const KEPT: Duration = Duration::from_secs(30);
/// So many are kept at once; then those that are too old go.
const MOST_KEPT: usize = 10_000;

/// What a kept count is of. A call falls due from minute to minute; [`KEPT`] covers it.
type Of = (HealthCenterId, Option<StaffId>, String, u8, Option<Date>);

/// The larger counts, with when they were made.
#[derive(Default)]
pub(crate) struct Counts(Mutex<HashMap<Of, (Instant, i64)>>);

fn of(section: Section, wish: &Wish) -> Of {
    let (kind, day) = match section {
        Section::Urgent => (0, None),
        Section::Silent(day) => (1, Some(day)),
        Section::NoAccount => (2, None),
        Section::Review(day) => (3, Some(day)),
        Section::Calls(_) => (4, None),
        Section::Open => (5, None),
    };
    (
        wish.center,
        wish.assigned_to,
        wish.programme.clone(),
        kind,
        day,
    )
}

impl Counts {
    fn get(&self, of: &Of) -> Option<i64> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(of)
            .filter(|(made, _)| made.elapsed() < KEPT)
            .map(|(_, count)| *count)
    }

    fn keep(&self, of: Of, count: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_KEPT {
            all.retain(|_, (made, _)| made.elapsed() < KEPT);
        }
        all.insert(of, (Instant::now(), count));
    }
}

impl App {
    /// How many a section has: of this moment up to [`FEW`], from then on at most [`KEPT`] old.
    pub(super) fn count(
        &self,
        tx: &mut Tx<'_>,
        section: Section,
        wish: &Wish,
    ) -> Result<i64, Error> {
        let near = rows::count(tx, section, wish, FEW)?;
        if near < FEW {
            return Ok(near);
        }
        let of = of(section, wish);
        if let Some(kept) = self.inner.counts.get(&of) {
            return Ok(kept);
        }
        let count = rows::count(tx, section, wish, rows::COUNT_LIMIT)?;
        self.inner.counts.keep(of, count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use uuid::Uuid;

    #[test]
    fn a_kept_count_is_of_one_section_one_center_one_colleague_and_one_day() {
        let wish = |center: u128, staff: Option<u128>| Wish {
            center: HealthCenterId::from_uuid(Uuid::from_u128(center)),
            assigned_to: staff.map(|id| StaffId::from_uuid(Uuid::from_u128(id))),
            programme: String::new(),
            limit: 100,
            offset: 0,
        };
        let day = Date::constant(2026, 11, 24);
        let all = [
            of(Section::Urgent, &wish(1, None)),
            of(Section::Urgent, &wish(2, None)),
            of(Section::Urgent, &wish(1, Some(3))),
            of(Section::Silent(day), &wish(1, None)),
            of(Section::Silent(day.tomorrow().unwrap()), &wish(1, None)),
            of(Section::Review(day), &wish(1, None)),
            of(Section::NoAccount, &wish(1, None)),
            of(Section::Calls(Timestamp::UNIX_EPOCH), &wish(1, None)),
            of(Section::Open, &wish(1, None)),
            of(
                Section::Open,
                &Wish {
                    programme: "measles".to_owned(),
                    ..wish(1, None)
                },
            ),
        ];
        let counts = Counts::default();
        for (one, n) in all.iter().zip(600..) {
            assert_eq!(counts.get(one), None);
            counts.keep(one.clone(), n);
        }
        for (one, n) in all.iter().zip(600..) {
            assert_eq!(counts.get(one), Some(n));
        }
    }
}
