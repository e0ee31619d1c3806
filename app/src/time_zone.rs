//! The time zone of a center: where its days begin and end, and by which clock its pages and papers tell times. Moments are
//! kept as moments and follow it by themselves; of the days that are kept, the one on which somebody was heard of last is
//! looked at anew, and the others stay as they were counted.

use crate::health_center::HealthCenter;
use crate::place_settings::is_older;
use crate::{Error, StaffDesk, audit};
use domain::ids::{JurisdictionId, StaffId};
use domain::staff_role::Right;
use domain::text::fold_width;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use storage::Tx;
use storage::place_settings::{self, PlaceSettingRow};
use storage::time_zone::{self as rows, Day};

/// The name of the setting that keeps which zones a center had.
const NAME: &str = "time_zone";

/// Whoever is heard of since the day before yesterday is not silent yet, whatever the deadline.
const DAYS: i32 = 3;

/// The zones that are offered: those of places, without the names of old and those of offsets alone.
pub fn time_zones() -> Vec<String> {
    let is_of_a_place = |name: &String| {
        let area = name.split_once('/').map(|(area, _)| area);
        matches!(
            area,
            Some(
                "Africa"
                    | "America"
                    | "Antarctica"
                    | "Arctic"
                    | "Asia"
                    | "Atlantic"
                    | "Australia"
                    | "Europe"
                    | "Indian"
                    | "Pacific"
            )
        )
    };
    let all = jiff::tz::db().available().map(|name| name.to_string());
    let mut offered: Vec<String> = all.filter(is_of_a_place).collect();
    offered.push("UTC".to_owned());
    offered.sort_unstable();
    offered.dedup();
    offered
}

/// A zone by its name, as it is written.
fn read(typed: &str) -> Option<TimeZone> {
    let zone = TimeZone::get(&fold_width(typed)).ok()?;
    zone.iana_name().is_some().then_some(zone)
}

/// What came of setting a center's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetTimeZone {
    /// It holds from now.
    Set,
    /// It is the center's already.
    Same,
    /// There is no zone of this name.
    Unknown,
    /// Somebody else has changed it since the page was shown. Nothing was done.
    ChangedMeanwhile,
}

/// The names of the zone that a center had, and of the one that it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Change {
    /// The one that it had.
    pub before: String,
    /// The one that it was given.
    pub after: String,
}

/// That a center was given another time zone.
#[derive(Clone, Debug)]
pub struct HeldTimeZone {
    /// Which.
    pub change: Change,
    /// Who set it.
    pub by: Option<String>,
    /// Since when.
    pub at: Timestamp,
}

/// The days in which somebody may have been heard of last, in a time zone.
fn days(zone: &TimeZone, now: Timestamp) -> Vec<Day> {
    let midnight = |day: jiff::civil::Date| Some(day.to_zoned(zone.clone()).ok()?.timestamp());
    let today = now.to_zoned(zone.clone()).date();
    let mut day = today;
    let mut all = Vec::new();
    for _ in 0..DAYS {
        let (from, next) = (midnight(day), day.tomorrow().ok());
        if let (Some(from), Some(to)) = (from, next.and_then(midnight)) {
            all.push(Day { day, from, to });
        }
        let Ok(before) = day.yesterday() else { break };
        day = before;
    }
    all
}

impl HealthCenter {
    /// The name of its time zone.
    pub fn time_zone_name(&self) -> &str {
        self.time_zone.iana_name().unwrap_or("UTC")
    }
}

impl StaffDesk {
    /// Gives the own center another time zone, from now. `seen`: the version of its history when the page was made.
    pub async fn set_time_zone(
        &self,
        typed: &str,
        seen: Option<i64>,
    ) -> Result<SetTimeZone, Error> {
        self.needs(Right::ManageCenter)?;
        let Some(zone) = read(typed) else {
            return Ok(SetTimeZone::Unknown);
        };
        let name = zone.iana_name().unwrap_or_default().to_owned();
        let center = self.own_center()?;
        let (staff, now) = (self.staff, self.app.clock.now());
        let keys = self.app.keys().clone();
        let place = JurisdictionId::from_uuid(center.uuid());
        let did = self.did("center.settings", None);
        let set = self
            .app
            .db()
            .write(move |tx| {
                if is_older(tx, place, NAME, seen)? {
                    return Ok(SetTimeZone::ChangedMeanwhile);
                }
                let stands = storage::health_center::by_id(tx, center)?;
                let stands = stands.map_or(String::new(), |row| row.time_zone);
                if stands == name {
                    return Ok(SetTimeZone::Same);
                }
                let said = format!("{NAME}, {stands} > {name}");
                audit::note(tx, &keys, &audit::with(did.clone(), said))?;
                let change = Change {
                    before: stands,
                    after: name.clone(),
                };
                keep(tx, place, &change, (staff, now))?;
                rows::set(tx, center, &name)?;
                for day in days(&zone, now) {
                    rows::heard_within(tx, center, day, now)?;
                }
                Ok(SetTimeZone::Set)
            })
            .await?;
        self.app.inner.centers.forget();
        Ok(set)
    }

    /// The time zones that the own center was given on the console, the latest first, and the version of that.
    pub async fn time_zone_history(&self) -> Result<(Vec<HeldTimeZone>, i64), Error> {
        self.needs(Right::ManageCenter)?;
        let place = JurisdictionId::from_uuid(self.own_center()?.uuid());
        let history = self
            .app
            .db()
            .read(move |tx| place_settings::history(tx, place, NAME))
            .await?;
        let version = place_settings::version(&history);
        let held: Result<Vec<HeldTimeZone>, Error> = history
            .into_iter()
            .map(|row| {
                Ok(HeldTimeZone {
                    change: serde_json::from_value(row.value)
                        .map_err(|e| Error::broken(format!("place_settings.{NAME}: {e}")))?,
                    by: row.set_by_name,
                    at: row.set_at,
                })
            })
            .collect();
        Ok((held?, version))
    }
}

/// Keeps that a center was given another zone, for its history.
fn keep(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    change: &Change,
    (by, now): (StaffId, Timestamp),
) -> Result<(), storage::Error> {
    let value = serde_json::to_value(change)
        .map_err(|e| storage::Error::Broken(format!("a time zone cannot be stored: {e}")))?;
    let mut row = PlaceSettingRow {
        valid_from: now,
        value,
        set_by: Some(by),
        set_at: now,
        set_by_name: None,
    };
    while !place_settings::add(tx, place, NAME, &row)? {
        row.valid_from += SignedDuration::from_micros(1);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_their_names() {
        let offered = time_zones();
        for name in ["Asia/Tokyo", "America/Argentina/Buenos_Aires", "UTC"] {
            assert!(offered.iter().any(|one| one == name), "{name}");
        }
        assert!(offered.len() > 300, "{}", offered.len());
        assert!(offered.iter().all(|name| read(name).is_some()));
        let name = |typed: &str| read(typed).map(|zone| zone.iana_name().unwrap().to_owned());
        assert_eq!(name(" asia/tokyo "), Some("Asia/Tokyo".to_owned()));
        for other in ["", "Tokyo", "+09:00", "Etc/Unknown", "../../etc/passwd"] {
            assert_eq!(name(other), None, "{other}");
        }
    }

    #[test]
    fn days_follow_each_other_also_where_the_clock_is_set() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        // On the Sunday on which summer time ended.
        let days = days(&zone, "2026-10-25T12:00:00Z".parse().unwrap());
        assert_eq!(days.len(), 3);
        let length = days[0].to.duration_since(days[0].from);
        assert_eq!(length, SignedDuration::from_hours(25));
        assert_eq!(days[1].to, days[0].from);
        assert_eq!(days[2].to, days[1].from);
    }
}
