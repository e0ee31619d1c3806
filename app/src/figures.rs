//! Figures: how many new cases, who is followed, who reported, how long alerts waited. No persons; and where a role may
//! not see persons, no count so small that it points at one.

mod by_place;
mod small_cells;

pub use by_place::PlaceLine;

use crate::course::age_on;
use crate::jurisdiction::Place;
use crate::{Error, StaffDesk};
use domain::dates::parse_day;
use domain::health_day::health_day;
use domain::ids::JurisdictionId;
use domain::staff_role::{JurisdictionKind, Right};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};
use std::collections::BTreeMap;
use storage::figures as rows;
use storage::jurisdiction::Below;

/// Below this, a count is not told to roles that may not see persons.
pub const FEW: i64 = 5;
/// The longest range, in days.
pub const LONGEST: i32 = 366;
/// How many days are shown where nothing was asked for.
const USUAL: i32 = 28;

/// A count that may be too small to be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Figure {
    /// How many.
    Exact(i64),
    /// Not told: from 1 up to [`FEW`], or a count from which such a one could be worked out.
    Few,
}

/// What somebody asks for, as the address says it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The first day; empty: four weeks before the last.
    pub from: String,
    /// The last day; empty: today.
    pub to: String,
    /// A place at or below the own one; empty: the own one.
    pub place: String,
    /// The short name of a programme; empty: all together.
    pub programme: String,
}

/// Why the count of a day is another one than it was when somebody wrote it down.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// A record became one with another one, and is counted no more.
    Merged {
        /// The day on which it was counted.
        registered_on: Date,
    },
    /// The first day of symptoms was corrected.
    Onset {
        /// Where it was counted; none: nowhere.
        from: Option<Date>,
        /// Where it is counted.
        to: Option<Date>,
    },
}

/// A correction that was made later: the day on which, why, and how many.
pub type CorrectedLater = (Date, Why, i64);

/// How many corrections are looked at, the latest first.
const CORRECTIONS: i64 = 1_000;

/// The figures of a place and a range of days.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The place.
    pub place: Place,
    /// The places that can be chosen.
    pub places: Vec<Place>,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// For each day: by onset, by registration.
    pub days: Vec<(Date, Figure, Figure)>,
    /// The lower bound of each age group of ten years, and its new cases; the last one is 90 and more.
    pub ages: Vec<(i32, Figure)>,
    /// Each prefecture; none where they all are of one.
    pub prefectures: Vec<PlaceLine>,
    /// Each center.
    pub centers: Vec<PlaceLine>,
    /// New cases within the days.
    pub new_cases: Figure,
    /// Who is followed now.
    pub open: Figure,
    /// In per cent, who of those from whom reports are expected reported today.
    pub reported_percent: Option<i64>,
    /// Alerts within the days: how many, and how many nobody has taken.
    pub alerts: (Figure, Figure),
    /// Minutes from the alert to its taking: the median, and of nine in ten the longest.
    pub minutes_to_taken: Option<(i64, i64)>,
    /// What was corrected later, the latest first; empty where small counts are left out.
    pub corrected: Vec<CorrectedLater>,
    /// How many counts were corrected later.
    pub corrections: Figure,
    /// Whether small counts are left out.
    pub few_are_left_out: bool,
}

/// What came of asking.
#[derive(Clone)]
pub enum Ask {
    /// The figures.
    Figures(Box<Figures>),
    /// The names of the fields that cannot be read.
    Problems(Vec<&'static str>),
    /// The place is out of reach.
    NoSuchPlace,
}

/// The value below which so many of a hundred lie; of sorted values.
fn of_hundred(sorted: &[i64], percent: usize) -> Option<i64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get(last * percent / 100).copied()
}

fn percent(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| part * 100 / whole)
}

impl StaffDesk {
    /// The figures of a place at or below the own one.
    pub async fn figures(&self, asked: &Asked) -> Result<Ask, Error> {
        self.needs(Right::SeeFigures)?;
        let zone = TimeZone::get(&self.app.inner.time_zone).unwrap_or(TimeZone::UTC);
        let today = self.app.today();
        let mut problems = Vec::new();
        let mut day = |text: &str, name: &'static str, otherwise: Date| {
            if text.trim().is_empty() {
                return otherwise;
            }
            parse_day(text).unwrap_or_else(|_| {
                problems.push(name);
                otherwise
            })
        };
        let to = day(&asked.to, "to", today).min(today);
        let from = day(&asked.from, "from", to.saturating_sub((USUAL - 1).days()));
        if problems.is_empty() && (from > to || from < to.saturating_sub(LONGEST.days())) {
            problems.push("from");
        }
        if !problems.is_empty() {
            return Ok(Ask::Problems(problems));
        }
        let places: Vec<Place> = self
            .places()
            .await?
            .into_iter()
            .filter(|place| place.kind != JurisdictionKind::MedicalInstitution)
            .collect();
        let wished = asked.place.parse::<JurisdictionId>().ok();
        let place = places
            .iter()
            .find(|place| wished.map_or(place.path == self.path, |id| place.id == id))
            .cloned();
        let Some(place) = place else {
            return Ok(Ask::NoSuchPlace);
        };
        let few_are_left_out = !self.may(Right::SeePersons);
        let of = rows::Of {
            below: Below::place(&place.path),
            programme: asked.programme.clone(),
        };
        // Whether the count of a place may be told shows beside its neighbours only.
        let around = rows::Of {
            below: Below::place(if few_are_left_out {
                &self.path
            } else {
                &place.path
            }),
            programme: asked.programme.clone(),
        };
        let start = from
            .to_zoned(zone.clone())
            .map_err(|e| Error::broken(e.to_string()))?;
        let end = to
            .saturating_add(1.day())
            .to_zoned(zone.clone())
            .map_err(|e| Error::broken(e.to_string()))?;
        let (start, end) = (start.timestamp(), end.timestamp());
        // Centers may lie in other time zones: a day more is looked at than today can have begun ago.
        let morning = self.app.clock.now() - SignedDuration::from_hours(50);
        let day_of = |at: jiff::Timestamp| health_day(at, &zone);
        let (by_registration, by_onset, births, centers, alerts, merged, corrected) = self
            .app
            .db()
            .read(move |tx| {
                Ok((
                    rows::by_registration(tx, &of, from, to)?,
                    rows::by_onset(tx, &of, from, to)?,
                    rows::by_birthdate(tx, &of, from, to)?,
                    rows::by_center(tx, &around, (from, to), (today, morning))?,
                    rows::alerts(tx, &of, start, end)?,
                    rows::merged(tx, &of, start, end)?,
                    rows::corrected(tx, &of, start, CORRECTIONS)?,
                ))
            })
            .await?;
        let mut later: BTreeMap<(Date, Why), i64> = BTreeMap::new();
        for (registered, at) in merged {
            let registered_on = day_of(registered);
            *later
                .entry((day_of(at), Why::Merged { registered_on }))
                .or_default() += 1;
        }
        for (at, before, after) in corrected {
            let moved = (self.app.onset_of(&before)?, self.app.onset_of(&after)?);
            let is_shown = |day: Option<Date>| day.is_some_and(|day| day >= from && day <= to);
            let (was, is) = moved;
            if was != is && (is_shown(was) || is_shown(is)) {
                let why = Why::Onset { from: was, to: is };
                *later.entry((day_of(at), why)).or_default() += 1;
            }
        }
        let told = |count: i64| {
            if few_are_left_out && count > 0 && count < FEW {
                Figure::Few
            } else {
                Figure::Exact(count)
            }
        };
        let mut ages = [0i64; 10];
        for (born, count) in &births {
            let decade = usize::try_from(age_on(*born, to) / 10).unwrap_or(0);
            ages[decade.min(9)] += count;
        }
        let mut waits: Vec<i64> = alerts
            .iter()
            .filter_map(|(raised, taken)| Some(taken.as_ref()?.duration_since(*raised).as_mins()))
            .collect();
        waits.sort_unstable();
        let untaken = alerts.iter().filter(|(_, taken)| taken.is_none()).count();
        let count = |n: usize| told(i64::try_from(n).unwrap_or(i64::MAX));
        let by_place = by_place::lines(&places, &self.path, &centers, few_are_left_out);
        let total = by_place.of(&place.path);
        let parts = |parts: Vec<i64>| {
            if few_are_left_out {
                small_cells::told(&parts, matches!(total.new_cases, Figure::Exact(_)))
            } else {
                parts.into_iter().map(Figure::Exact).collect()
            }
        };
        let day_list: Vec<Date> = from.series(1.day()).take_while(|day| *day <= to).collect();
        let each_day = |all: &[rows::OfDay]| {
            let of: BTreeMap<Date, i64> = all.iter().copied().collect();
            parts(
                day_list
                    .iter()
                    .map(|day| of.get(day).copied().unwrap_or(0))
                    .collect(),
            )
        };
        let (onset, registration) = (each_day(&by_onset), each_day(&by_registration));
        let ages = parts(ages.to_vec());
        let enough = !few_are_left_out || waits.len() >= usize::try_from(FEW).unwrap_or(5);
        Ok(Ask::Figures(Box::new(Figures {
            from,
            to,
            days: day_list
                .into_iter()
                .zip(onset.into_iter().zip(registration))
                .map(|(day, (onset, registered))| (day, onset, registered))
                .collect(),
            ages: (0i32..).step_by(10).zip(ages).collect(),
            new_cases: total.new_cases,
            open: total.open,
            reported_percent: total.reported_percent,
            alerts: (count(alerts.len()), count(untaken)),
            minutes_to_taken: of_hundred(&waits, 50)
                .zip(of_hundred(&waits, 90))
                .filter(|_| enough),
            prefectures: by_place.prefectures_below(&place.path),
            centers: by_place.centers_below(&place.path),
            place,
            places,
            corrections: told(later.values().sum()),
            corrected: if few_are_left_out {
                Vec::new()
            } else {
                let all = later.into_iter().rev();
                all.map(|((day, why), n)| (day, why, n)).collect()
            },
            few_are_left_out,
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_and_nine_tenths() {
        assert_eq!(of_hundred(&[], 50), None);
        assert_eq!(of_hundred(&[7], 90), Some(7));
        let all: Vec<i64> = (1..=10).collect();
        assert_eq!(of_hundred(&all, 50), Some(5));
        assert_eq!(of_hundred(&all, 90), Some(9));
        assert_eq!(percent(1, 3), Some(33));
        assert_eq!(percent(0, 0), None);
    }
}
