//! Figures: how many new cases, who is followed, who reported, how long alerts waited. No persons; and where a role may
//! not see persons, no count so small that it points at one.

mod by_place;
mod followed;
mod health;
mod leaves;
mod looked;
mod range;
mod small_cells;
mod state;
mod today;
mod waits;
mod why;

pub use by_place::PlaceLine;
pub(crate) use followed::Followed;
pub use health::{Health, Told, WholeHealth};
pub use range::Step;
pub use state::{Ended, State};
pub use why::{CorrectedLater, Instead, Why};

use crate::course::age_on;
use crate::health_center::HealthCenter;
use crate::jurisdiction::Place;
use crate::{Error, StaffDesk};
use domain::dates::parse_day;
use domain::ids::{HealthCenterId, JurisdictionId};
use domain::staff_role::{JurisdictionKind, Right};
use jiff::ToSpan;
use jiff::civil::Date;
use looked::{Alerts, Look, Looked};
use state::ended_by_part;
use std::collections::BTreeMap;
use storage::figures as rows;
use storage::jurisdiction::Below;
use today::Today;

/// Below this, a count is not told to roles that may not see persons.
pub const FEW: i64 = 5;
/// Nobody is asked about before this day: there were no such figures, and a slip of the finger is not a century of bars.
const EARLIEST: Date = Date::constant(2000, 1, 1);
/// How many days are shown where nothing was asked for.
const USUAL: i32 = 28;

/// A count that may be too small to be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Figure {
    /// How many; for roles without persons a sum of rounded leaves, to fives.
    Exact(i64),
    /// Fewer than [`FEW`], or nobody.
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

/// An age group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AgeLine {
    /// Its youngest age in years; groups are ten years wide, the last one is 90 and more.
    pub from: i32,
    /// New cases within the days, by their age on the last of them.
    pub new_cases: Figure,
    /// Who is followed now.
    pub open: Figure,
    /// What is told of their health; none: the reader may not read it.
    pub health: Option<Health>,
}

/// How many age groups there are.
const AGES: usize = 10;

/// The age group on a day of whoever was born on another one, from the youngest.
fn age_group(born: Date, day: Date) -> usize {
    let decade = usize::try_from(age_on(born, day) / 10).unwrap_or(0);
    decade.min(AGES - 1)
}

/// From so many alerts on roles without persons are told how long they waited.
const ENOUGH: i64 = 20;
/// Over so many weeks at most a role without persons sees figures: ten years.
const MOST_WEEKS: i32 = 522;
/// How many corrections are looked at, the latest first.
const CORRECTIONS: i64 = 1_000;
/// Of more centers than a prefecture has, figures take seconds.
const MANY_CENTERS: usize = 40;

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
    /// What each entry of `days` stands for: longer for longer ranges.
    pub step: Step,
    /// For each day, or the days from it to the next entry: by onset, by registration.
    pub days: Vec<(Date, Figure, Figure)>,
    /// The age groups.
    pub ages: Vec<AgeLine>,
    /// Each prefecture; none where they all are of one.
    pub prefectures: Vec<PlaceLine>,
    /// Each center.
    pub centers: Vec<PlaceLine>,
    /// New cases within the days.
    pub new_cases: Figure,
    /// Who is followed now, close contacts among them.
    pub open: Figure,
    /// How many of them are close contacts; none where small counts are left out.
    pub open_contacts: Option<i64>,
    /// Who is in the count of new cases and not in the curve of onsets, and the other way round; none where small counts are
    /// left out.
    pub beside_onset: Option<BesideOnset>,
    /// How many notifications wait to be looked at, which are no cases yet; none where small counts are left out.
    pub notifications: Option<i64>,
    /// Where the people are, and how following them ended; none: the reader may not read it, or small counts are left out.
    pub state: Option<State>,
    /// What is told of everybody's health; none: the reader may not read it.
    pub health: Option<WholeHealth>,
    /// What was corrected later, the latest first; empty where small counts are left out.
    pub corrected: Vec<CorrectedLater>,
    /// What the reader is told.
    pub told: Told,
    /// Where they are: how far from what is true the numbers of this page are at most, nineteen times of twenty.
    pub off_by: Option<OffBy>,
}

/// How the new cases of a range of days and the curve of their onsets differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BesideOnset {
    /// New cases without a day of onset.
    pub without: i64,
    /// New cases with an onset on another day than these.
    pub outside: i64,
    /// In the curve, though registered on another day than these.
    pub others: i64,
    /// New cases that were purged since: their days of onset are counted in the curve, but not with whose they were.
    pub purged: i64,
    /// In the curve, though purged since.
    pub purged_within: i64,
}

/// By how much sums of rounded counts are off at most, nineteen times of twenty; see `leaves`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OffBy {
    /// All new cases.
    pub whole: i64,
    /// Those of one week.
    pub week: i64,
    /// Those of one age group.
    pub age: i64,
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

/// What is told of a count.
const fn told(count: i64, few_are_left_out: bool) -> Figure {
    if few_are_left_out {
        small_cells::told(count)
    } else {
        Figure::Exact(count)
    }
}

fn percent(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| part * 100 / whole)
}

impl StaffDesk {
    /// The figures of a place at or below the own one.
    pub async fn figures(&self, asked: &Asked) -> Result<Ask, Error> {
        self.needs(Right::SeeFigures)?;
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
        // A center's days are its own; where several are added up, the day of each one that is ahead is shown, too.
        let all = self.app.health_centers().await?;
        let within: Vec<&HealthCenter> = places
            .iter()
            .filter(|one| one.path.starts_with(&place.path))
            .filter_map(|one| all.iter().find(|center| center.id.uuid() == one.id.uuid()))
            .collect();
        let of_place = within
            .iter()
            .find(|center| center.id.uuid() == place.id.uuid());
        let zone = match of_place {
            Some(center) => center.time_zone.clone(),
            None => self.app.zone(),
        };
        let today_at = Today::at(&within, self.app.clock.now(), self.app.today());
        let today = today_at.last;
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
        if problems.is_empty() && (from > to || from < EARLIEST) {
            problems.push("from");
        }
        if !problems.is_empty() {
            return Ok(Ask::Problems(problems));
        }
        let reader = Told::to(|right| self.may(right));
        let few_are_left_out = reader == Told::Rounded;
        let (from, to) = if few_are_left_out {
            let (from, to) = range::whole_weeks(from, to, today);
            let earliest = range::monday(to).saturating_sub(MOST_WEEKS.weeks());
            (from.max(earliest), to)
        } else {
            (from, to)
        };
        let step = Step::of(from, to, few_are_left_out);
        let of = rows::Of {
            below: Below::place(&place.path),
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
        let tree = leaves::Tree {
            keys: self.app.keys(),
            centers: places
                .iter()
                .filter(|one| one.kind == JurisdictionKind::HealthCenter)
                .filter(|one| one.path.starts_with(&place.path))
                .map(|one| HealthCenterId::from_uuid(one.id.uuid()))
                .collect(),
            // Those that there could be, and not those of which there is somebody: that would tell it.
            programmes: if asked.programme.is_empty() {
                let book = self.app.inner.rules.book();
                let of_places = places.iter().flat_map(|one| book.programmes(Some(one.id)));
                of_places
                    .chain(self.app.inner.questionnaires.programmes())
                    .collect()
            } else {
                [asked.programme.clone()].into()
            },
        };
        // A center has clinics below it, which cost nothing.
        let is_long = tree.centers.len() > MANY_CENTERS;
        let app = self.app.clone();
        let look = Look {
            of,
            days: (from, to),
            moments: (start, end),
            today: today_at,
            zone: zone.clone(),
            parts: step.parts(from, to),
            reader,
        };
        let look = move |tx: &mut storage::Tx<'_>| look.all(tx, &app);
        let db = self.app.db();
        let Looked {
            mut by_registration,
            mut by_onset,
            births,
            mut centers,
            followed,
            alerts:
                Alerts {
                    by_center: waits_by_center,
                    by_age: waits_by_age,
                    ageless,
                    cells: alert_cells,
                },
            later,
            exact,
            ended,
            leaves: (registered, onset_leaves),
        } = match is_long {
            true => db.read_at_length(look).await?,
            false => db.read(look).await?,
        };
        let corrected = match few_are_left_out {
            true => Vec::new(),
            false => {
                let of = (asked.programme.as_str(), &zone);
                self.app.why_counts_differ(later, (from, to), of)?
            }
        };
        let off_by = few_are_left_out.then(|| {
            let of_week = tree.centers.len() * tree.programmes.len();
            let weeks = leaves::weeks(from, to).len();
            OffBy {
                whole: leaves::off_by(of_week * weeks * AGES),
                week: leaves::off_by(of_week * AGES),
                age: leaves::off_by(of_week * weeks),
            }
        });
        let told = |count: i64| told(count, few_are_left_out);
        let mut ages = [0i64; AGES];
        for (born, count) in &births {
            ages[age_group(*born, to)] += count;
        }
        let mut open_by_age = [0i64; AGES];
        let mut contacts = 0;
        let mut at = [0i64; rows::AT.len()];
        let mut reported_by_age = [(0i64, 0i64); AGES];
        for groups in followed.values() {
            for (group, one) in groups.iter().enumerate() {
                open_by_age[group] += one.open;
                contacts += one.contacts;
                for (sum, count) in at.iter_mut().zip(one.at) {
                    *sum += count;
                }
                reported_by_age[group].0 += one.reported;
                reported_by_age[group].1 += one.expected;
            }
        }
        let mut waits = ageless;
        for own in &waits_by_age {
            waits.add(own);
        }
        let least = if few_are_left_out { ENOUGH } else { 1 };
        let (mut alerts, mut untaken) = waits.counts();
        if few_are_left_out {
            // From here on there are rounded leaves only: whatever is added up, it tells no more than they do.
            use leaves::{Cells, Counted, NOW, of_ages, of_centers, of_weeks, sum};
            let weeks = leaves::weeks(from, to);
            let mut onset = Cells::new();
            for one in onset_leaves {
                let leaf = (one.center, one.programme, leaves::week(one.day));
                onset.entry(leaf).or_default()[0] += one.count;
            }
            let mut now = [Cells::new(), Cells::new(), Cells::new()];
            for ((center, programme), groups) in followed.iter() {
                let leaf = (*center, programme.clone(), NOW);
                for (age, one) in groups.iter().enumerate() {
                    for (cells, count) in now.iter_mut().zip([one.open, one.expected, one.reported])
                    {
                        cells.entry(leaf.clone()).or_default()[age] += count;
                    }
                }
            }
            let [open, expected, reported] = now;
            let registered = tree.round(Counted::Registered, &weeks, &registered, AGES);
            let onset = tree.round(Counted::Onset, &weeks, &onset, 1);
            let open = tree.round(Counted::Open, &[NOW], &open, AGES);
            let expected = tree.round(Counted::Expected, &[NOW], &expected, AGES);
            let reported = tree.round(Counted::Reported, &[NOW], &reported, AGES);
            alerts = sum(&tree.round(Counted::Alerts, &weeks, &alert_cells.0, 1));
            untaken = sum(&tree.round(Counted::Untaken, &weeks, &alert_cells.1, 1));
            by_registration = of_weeks(&registered);
            by_onset = of_weeks(&onset);
            ages = of_ages(&registered);
            open_by_age = of_ages(&open);
            let (by_age, of_age) = (of_ages(&reported), of_ages(&expected));
            reported_by_age = std::array::from_fn(|at| (by_age[at], of_age[at]));
            let of = [&registered, &open, &expected, &reported].map(of_centers);
            let names: BTreeMap<_, _> = places.iter().map(|one| (one.id, &one.name)).collect();
            centers = tree
                .centers
                .iter()
                .map(|center| {
                    let count = |at: usize| of[at].get(center).copied().unwrap_or(0);
                    let id = JurisdictionId::from_uuid(center.uuid());
                    rows::CenterFigures {
                        center: *center,
                        name: names
                            .get(&id)
                            .map(|name| (*name).clone())
                            .unwrap_or_default(),
                        new_cases: count(0),
                        open: count(1),
                        expected: count(2),
                        reported: count(3),
                    }
                })
                .collect();
        }
        let by_place = by_place::lines(&places, &self.path, (&centers, &waits_by_center), reader);
        let total = by_place.of(&place.path);
        let asked = (!few_are_left_out).then(|| {
            let expected: i64 = centers.iter().map(|one| one.expected).sum();
            let open: i64 = centers.iter().map(|one| one.open).sum();
            (expected, open - expected)
        });
        let each_told =
            |counts: &[i64]| -> Vec<Figure> { counts.iter().copied().map(told).collect() };
        let firsts = step.parts(from, to);
        let each_part = |all: &[rows::OfDay]| {
            let mut of: BTreeMap<Date, i64> = BTreeMap::new();
            for (day, count) in all {
                *of.entry(step.first(*day, from)).or_default() += count;
            }
            let counts: Vec<i64> = firsts
                .iter()
                .map(|day| of.get(day).copied().unwrap_or(0))
                .collect();
            each_told(&counts)
        };
        let (onset, registration) = (each_part(&by_onset), each_part(&by_registration));
        let ages = each_told(&ages);
        let open_by_age = each_told(&open_by_age);
        let age_lines = (0i32..)
            .step_by(10)
            .zip(ages.into_iter().zip(open_by_age))
            .zip(reported_by_age.into_iter().zip(&waits_by_age))
            .map(|((from, (new_cases, open)), (reported, waits))| AgeLine {
                from,
                new_cases,
                open,
                health: reader.health(|| Health {
                    reported_percent: by_place::share(reported, few_are_left_out),
                    minutes_to_taken: waits.half_and_nine_tenths(least),
                }),
            })
            .collect();
        Ok(Ask::Figures(Box::new(Figures {
            from,
            to,
            step,
            days: firsts
                .iter()
                .copied()
                .zip(onset.into_iter().zip(registration))
                .map(|(day, (onset, registered))| (day, onset, registered))
                .collect(),
            ages: age_lines,
            new_cases: total.new_cases,
            open: total.open,
            open_contacts: exact.is_some().then_some(contacts),
            notifications: exact.map(|exact| exact.notifications),
            beside_onset: exact.map(|exact| BesideOnset {
                without: exact.beside.without,
                outside: exact.beside.outside,
                others: exact.beside.others,
                purged: exact.purged.0,
                purged_within: exact.purged.1,
            }),
            state: (reader == Told::Everything).then(|| State {
                at: std::array::from_fn(|place| (rows::AT[place], at[place])),
                contacts,
                ended: ended_by_part(ended, step, from, &firsts),
            }),
            health: reader.health(|| WholeHealth {
                reported_percent: total.reported_percent(),
                asked,
                alerts: (told(alerts), told(untaken)),
                waiting: exact.map(|exact| exact.waiting),
                minutes_to_taken: waits.half_and_nine_tenths(least),
            }),
            prefectures: by_place.prefectures_below(&place.path),
            centers: by_place.centers_below(&place.path),
            place,
            places,
            corrected,
            told: reader,
            off_by,
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_nobody_is_none() {
        assert_eq!(percent(1, 3), Some(33));
        assert_eq!(percent(0, 0), None);
    }
}
