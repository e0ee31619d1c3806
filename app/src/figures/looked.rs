//! What figures read of the database, in one transaction.

use super::followed::Counts;
use super::leaves::{self, Cells};
use super::today::Today;
use super::waits::Waits;
use super::{AGES, CORRECTIONS, Told, age_group};
use crate::App;
use domain::health_day::health_day;
use domain::ids::HealthCenterId;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::Arc;
use storage::figures as rows;
use storage::figures::{Ending, OfDay};
use storage::{Error, Tx};

/// What is looked for.
pub(super) struct Look {
    pub(super) of: rows::Of,
    pub(super) days: (Date, Date),
    /// When the first day begins, and when the last one has ended.
    pub(super) moments: (Timestamp, Timestamp),
    /// Today, at each center.
    pub(super) today: Today,
    pub(super) zone: TimeZone,
    /// The first days of the parts into which the days are cut.
    pub(super) parts: Vec<Date>,
    pub(super) reader: Told,
}

/// How long alerts waited.
#[derive(Default)]
pub(super) struct Alerts {
    pub(super) by_center: BTreeMap<HealthCenterId, Waits>,
    pub(super) by_age: Vec<Waits>,
    /// Whoever was purged is in no age group, and counts all the same.
    pub(super) ageless: Waits,
    /// All of them and those never taken, by leaf, where small counts are left out.
    pub(super) cells: (Cells, Cells),
}

/// Why counts may be others than earlier.
pub(super) struct Later {
    pub(super) merged: Vec<rows::Merged>,
    pub(super) apart: Vec<rows::Merged>,
    pub(super) corrected: Vec<rows::CorrectedCase>,
    pub(super) moved: Vec<rows::Moved>,
    pub(super) taken_back: Vec<rows::TakenBack>,
    pub(super) said: Vec<rows::SaidOfCase>,
    /// Only for those who are told how following ended.
    pub(super) ends_taken_back: Vec<rows::EndTakenBack>,
}

/// What only those are told who are told each count as it is.
#[derive(Clone, Copy)]
pub(super) struct Exact {
    pub(super) beside: rows::BesideOnset,
    /// Purged since: of the new cases, and of the onsets within the days.
    pub(super) purged: (i64, i64),
    /// Alerts that nobody has in hand.
    pub(super) waiting: i64,
    pub(super) notifications: i64,
}

/// How many were followed no more, by how that ended: in each part, and of those who were purged by day.
pub(super) type EndedCounts = [(Vec<i64>, Vec<OfDay>); Ending::ALL.len()];

/// What was found.
pub(super) struct Looked {
    pub(super) by_registration: Vec<OfDay>,
    pub(super) by_onset: Vec<OfDay>,
    pub(super) births: Vec<OfDay>,
    pub(super) centers: Vec<rows::CenterFigures>,
    pub(super) followed: Arc<Counts>,
    pub(super) alerts: Alerts,
    pub(super) later: Later,
    pub(super) exact: Option<Exact>,
    pub(super) ended: Option<EndedCounts>,
    /// New cases by leaf and age group, and onsets by leaf, where small counts are left out.
    pub(super) leaves: (Cells, Vec<rows::Leaf>),
}

impl Look {
    /// Looks for everything.
    pub(super) fn all(&self, tx: &mut Tx<'_>, app: &App) -> Result<Looked, Error> {
        let (of, (from, to)) = (&self.of, self.days);
        let few_are_left_out = self.reader == Told::Rounded;
        Ok(Looked {
            alerts: self.alerts(tx)?,
            by_registration: rows::by_registration(tx, of, from, to)?,
            by_onset: rows::by_onset(tx, of, from, to)?,
            births: rows::by_birthdate(tx, of, from, to)?,
            centers: self.centers(tx)?,
            followed: app.followed_by_age(tx, of, &self.today)?,
            later: Later {
                merged: rows::merged(tx, of, self.days, self.moments.0)?,
                apart: rows::apart(tx, of, self.days, self.moments.0)?,
                corrected: rows::corrected(tx, of, self.moments.0, CORRECTIONS)?,
                moved: rows::moved(tx, of, self.days, self.moments.0, CORRECTIONS)?,
                taken_back: rows::taken_back(tx, of, self.days)?,
                said: rows::said_of_cases(tx, of, self.moments.0, CORRECTIONS)?,
                ends_taken_back: match self.reader {
                    Told::Everything => rows::ends_taken_back(tx, of, self.moments, CORRECTIONS)?,
                    Told::NoHealth | Told::Rounded => Vec::new(),
                },
            },
            exact: match few_are_left_out {
                true => None,
                false => Some(Exact {
                    beside: rows::beside_onset(tx, of, self.days)?,
                    purged: rows::purged(tx, of, self.days)?,
                    waiting: rows::waiting_now(tx, of)?,
                    notifications: rows::notifications_waiting(tx, of)?,
                }),
            },
            ended: match self.reader {
                Told::Everything => Some(self.ended(tx)?),
                Told::NoHealth | Told::Rounded => None,
            },
            leaves: match few_are_left_out {
                true => self.leaves(tx)?,
                false => (Cells::new(), Vec::new()),
            },
        })
    }

    /// Each center by what is today there.
    fn centers(&self, tx: &mut Tx<'_>) -> Result<Vec<rows::CenterFigures>, Error> {
        let today = &self.today;
        let mut all = Vec::new();
        for day in today.days() {
            let counts = rows::by_center(tx, &self.of, self.days, day)?;
            let of_the_day = counts.into_iter();
            all.extend(of_the_day.filter(|one| today.of(one.center) == day));
        }
        all.sort_by(|a, b| (&a.name, a.center).cmp(&(&b.name, b.center)));
        Ok(all)
    }

    fn alerts(&self, tx: &mut Tx<'_>) -> Result<Alerts, Error> {
        let mut found = Alerts {
            by_age: vec![Waits::default(); AGES],
            ..Alerts::default()
        };
        rows::each_alert(tx, &self.of, self.moments, |alert| {
            let taken = alert.taken_at;
            if self.reader == Told::Rounded {
                let week = leaves::week(health_day(alert.raised_at, &self.zone));
                let leaf = (alert.center, alert.programme.clone(), week);
                found.cells.0.entry(leaf.clone()).or_default()[0] += 1;
                found.cells.1.entry(leaf).or_default()[0] += i64::from(taken.is_none());
            }
            let minutes = taken.map(|taken| taken.duration_since(alert.raised_at).as_mins());
            let of_center = found.by_center.entry(alert.center).or_default();
            of_center.count(minutes);
            let born = alert.birthdate;
            let group = born.map(|born| &mut found.by_age[age_group(born, self.days.1)]);
            group.unwrap_or(&mut found.ageless).count(minutes);
        })?;
        Ok(found)
    }

    fn ended(&self, tx: &mut Tx<'_>) -> Result<EndedCounts, Error> {
        let begin = |day: &Date| day.to_zoned(self.zone.clone()).map(|at| at.timestamp());
        let mut moments: Vec<Timestamp> = self
            .parts
            .iter()
            .map(begin)
            .collect::<Result<_, _>>()
            .map_err(|e| Error::Broken(e.to_string()))?;
        moments.push(self.moments.1);
        let (from, to) = self.days;
        let mut of = |ending: Ending| -> Result<_, Error> {
            Ok((
                rows::ended_within(tx, &self.of, ending, &moments)?,
                storage::retention::by_day(tx, &self.of, ending.word(), from, to)?,
            ))
        };
        Ok([of(Ending::ALL[0])?, of(Ending::ALL[1])?])
    }

    fn leaves(&self, tx: &mut Tx<'_>) -> Result<(Cells, Vec<rows::Leaf>), Error> {
        let mut registered = Cells::new();
        rows::each_registered(tx, &self.of, self.days, |one| {
            let week = leaves::week(one.day);
            // The age on the week's first day: on another one the same person could be of another group.
            let age = one.birthdate.map_or(0, |born| age_group(born, week));
            let leaf = (one.center, one.programme, week);
            registered.entry(leaf).or_default()[age] += one.count;
        })?;
        Ok((registered, rows::onset_leaves(tx, &self.of, self.days)?))
    }
}
