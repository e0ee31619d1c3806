//! How many a section of the worklist has. What the rows of a page do not tell by themselves is counted: few each time, what
//! is many only now and then, because counting costs the more the more there are, and nobody decides by the last digit of
//! four.

use crate::App;
use domain::ids::HealthCenterId;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use storage::worklist::{self as rows, LookedAfterBy, Section, Wish};
use storage::{Error, Tx};

/// Up to here a count is of this moment, unless it was larger a moment ago.
const FEW: i64 = 500;
/// How long a larger one is kept, as long as no page shows that there are fewer.
const KEPT: Duration = Duration::from_secs(30);
/// So many are kept at once; then those that are too old go.
const MOST_KEPT: usize = 10_000;

/// What a kept count is of. A call falls due from minute to minute; [`KEPT`] covers it.
type Of = (HealthCenterId, LookedAfterBy, String, u8, Option<Date>);

/// The larger counts, with when they were made.
#[derive(Default)]
pub(crate) struct Counts(Mutex<HashMap<Of, (Instant, i64)>>);

fn of(section: Section, wish: &Wish) -> Of {
    let (kind, day) = match section {
        Section::Urgent => (0, None),
        Section::Silent(day, _) => (1, Some(day)),
        Section::NoAccount => (2, None),
        Section::Review(day) => (3, Some(day)),
        Section::Calls(_) => (4, None),
        Section::Open => (5, None),
        Section::Planned(..) => (6, None),
    };
    (wish.center, wish.by, wish.programme.clone(), kind, day)
}

impl Counts {
    fn get(&self, of: &Of) -> Option<i64> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(of)
            .filter(|(made, _)| made.elapsed() < KEPT)
            .map(|(_, count)| *count)
    }

    /// How many there are, where a page tells that on which there was room for more, or where it is kept. `shown`: how many
    /// rows stand on the page of the wish, if they were asked for.
    fn known(&self, section: Section, wish: &Wish, shown: Option<i64>) -> Option<i64> {
        let kept = self.get(&of(section, wish));
        match shown {
            None => kept,
            // Beyond the end nobody knows how far.
            Some(0) if wish.offset > 0 => None,
            Some(shown) if shown < wish.limit => Some(wish.offset + shown),
            Some(shown) => kept.filter(|count| *count >= wish.offset + shown),
        }
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
    /// How many each of several sections has, in their order: of this moment up to [`FEW`], from then on at most [`KEPT`]
    /// old. With each: how many of its rows stand on the page, where they were asked for.
    pub(super) fn counts(
        &self,
        tx: &mut Tx<'_>,
        sections: &[(Section, Option<i64>)],
        wish: &Wish,
    ) -> Result<Vec<i64>, Error> {
        let known = &self.inner.counts;
        let mut counts: Vec<Option<i64>> = sections
            .iter()
            .map(|(section, shown)| known.known(*section, wish, *shown))
            .collect();
        for most in [FEW, rows::COUNT_LIMIT] {
            let mut asked = Vec::new();
            for (at, (section, _)) in sections.iter().enumerate() {
                if counts[at].is_none() {
                    asked.push((at, *section, rows::ask_count(tx, *section, wish, most)?));
                }
            }
            for (at, section, count) in asked {
                let count = count.first(tx)?.unwrap_or(0);
                if count >= FEW && most > FEW {
                    known.keep(of(section, wish), count);
                }
                if count < most || most > FEW {
                    counts[at] = Some(count);
                }
            }
        }
        Ok(counts.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::StaffId;
    use jiff::Timestamp;
    use uuid::Uuid;

    #[test]
    fn a_kept_count_is_of_one_section_one_center_one_colleague_and_one_day() {
        let wish = |center: u128, staff: Option<u128>| Wish {
            center: HealthCenterId::from_uuid(Uuid::from_u128(center)),
            by: match staff {
                None => LookedAfterBy::Anybody,
                Some(0) => LookedAfterBy::Nobody,
                Some(id) => LookedAfterBy::One(StaffId::from_uuid(Uuid::from_u128(id))),
            },
            programme: String::new(),
            limit: 100,
            offset: 0,
        };
        let day = Date::constant(2026, 11, 24);
        let all = [
            of(Section::Urgent, &wish(1, None)),
            of(Section::Urgent, &wish(2, None)),
            of(Section::Urgent, &wish(1, Some(3))),
            of(Section::Urgent, &wish(1, Some(0))),
            of(Section::Silent(day, Timestamp::UNIX_EPOCH), &wish(1, None)),
            of(
                Section::Silent(day.tomorrow().unwrap(), Timestamp::UNIX_EPOCH),
                &wish(1, None),
            ),
            of(Section::Review(day), &wish(1, None)),
            of(Section::NoAccount, &wish(1, None)),
            of(Section::Calls(Timestamp::UNIX_EPOCH), &wish(1, None)),
            of(
                Section::Planned(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH),
                &wish(1, None),
            ),
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
    #[test]
    fn a_page_with_room_tells_how_many_there_are() {
        let wish = |offset| Wish {
            center: HealthCenterId::from_uuid(Uuid::from_u128(1)),
            by: LookedAfterBy::Anybody,
            programme: String::new(),
            limit: 100,
            offset,
        };
        let counts = Counts::default();
        let known = |offset, shown| counts.known(Section::Open, &wish(offset), shown);
        assert_eq!(known(0, None), None);
        assert_eq!(known(0, Some(0)), Some(0));
        assert_eq!(known(0, Some(25)), Some(25));
        assert_eq!(known(200, Some(25)), Some(225));
        assert_eq!(known(0, Some(100)), None, "there may be more");
        assert_eq!(known(200, Some(0)), None, "beyond the end");
        counts.keep(of(Section::Open, &wish(0)), 700);
        assert_eq!(known(0, None), Some(700));
        assert_eq!(known(0, Some(100)), Some(700));
        assert_eq!(known(600, Some(100)), Some(700));
        assert_eq!(known(700, Some(100)), None, "there are more by now");
        assert_eq!(known(0, Some(25)), Some(25), "there are fewer by now");
        assert_eq!(known(700, Some(0)), None);
    }
}
