//! Settings of a health center: the reporting deadline, when alerts are passed on, when an offer is overdue. Each holds
//! from a moment on; what held before stays readable, and what does not hold yet can be replaced and withdrawn.

mod preview;

pub use preview::{Difference, Effect};

use crate::audit;
use crate::{App, Error, StaffDesk};
use domain::ids::{HealthCenterId, JurisdictionId, StaffId};
use domain::staff_role::Right;
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use storage::place_settings::{self as rows, PlaceSettingRow};
use storage::{Asked, Tx};

const NAME: &str = "following";

/// How a center follows people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Following {
    /// The time of day by which a report is expected.
    pub deadline: Time,
    /// After so many minutes an alert that nobody has taken is told to the center's staff by e-mail.
    pub tell_center_after: i64,
    /// After so many minutes it is told to the prefecture.
    pub tell_prefecture_after: i64,
    /// From then on it is told again every so many minutes.
    pub tell_again_every: i64,
    /// An alert that somebody took is told again after so many minutes without a word on what was done.
    pub tell_taken_after: i64,
    /// After so many minutes without an answer an offer to another center is overdue.
    pub transfer_due_after: i64,
    /// From which telling on an alert goes out by short message, too: 0 is the first, 1 the one that reaches the
    /// prefecture.
    pub sms_from_step: i32,
    /// Times of day at which whoever has not reported yet is reminded by e-mail.
    pub reminders: [Option<Time>; 3],
}

impl Default for Following {
    fn default() -> Self {
        Following {
            deadline: Time::constant(10, 0, 0, 0),
            tell_center_after: 5,
            tell_prefecture_after: 20,
            tell_again_every: 30,
            tell_taken_after: 45,
            transfer_due_after: 120,
            sms_from_step: 1,
            reminders: [None; 3],
        }
    }
}

/// What is wrong with settings that were typed: the name of the field.
pub type Wrong = &'static str;

/// Settings as a form brings them.
#[derive(Clone, Debug, Default)]
pub struct TypedFollowing {
    /// `HH:MM`.
    pub deadline: String,
    /// Minutes.
    pub tell_center_after: String,
    /// Minutes.
    pub tell_prefecture_after: String,
    /// Minutes.
    pub tell_again_every: String,
    /// Minutes.
    pub tell_taken_after: String,
    /// Minutes.
    pub transfer_due_after: String,
    /// From which telling on short messages go out: `1` or `2`.
    pub sms_from: String,
    /// Up to three times of day, `HH:MM`, with spaces or commas between them.
    pub reminders: String,
}

/// What came of setting something of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetPlace {
    /// It stands.
    Set,
    /// Somebody else has changed it since the page was shown. Nothing was done.
    ChangedMeanwhile,
}

/// Reads up to three times of day, sorted.
fn times_of(text: &str) -> Result<[Option<Time>; 3], ()> {
    let text = domain::text::fold_width(text);
    let mut times: Vec<Time> = text
        .split([' ', ',', '、'])
        .filter(|part| !part.is_empty())
        .map(|part| Time::strptime("%H:%M", part).map_err(|_| ()))
        .collect::<Result<_, ()>>()?;
    times.sort_unstable();
    times.dedup();
    if times.len() > 3 {
        return Err(());
    }
    let mut read = [None; 3];
    for (slot, time) in read.iter_mut().zip(times) {
        *slot = Some(time);
    }
    Ok(read)
}

/// From how many minutes to how many a setting may be.
pub fn minutes_of(setting: &str) -> std::ops::RangeInclusive<i64> {
    match setting {
        "tell_center_after" => 1..=240,
        "tell_prefecture_after" => 1..=480,
        "tell_again_every" | "tell_taken_after" => 5..=480,
        _ => 10..=2_880,
    }
}

/// Reads what was typed.
///
/// # Errors
/// The names of the fields that cannot be read or lie outside their range.
pub fn check(typed: &TypedFollowing) -> Result<Following, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let minutes = |text: &str, name: Wrong, range: std::ops::RangeInclusive<i64>| {
        let text = domain::text::fold_width(text);
        match text.trim().parse::<i64>() {
            Ok(value) if range.contains(&value) => Ok(value),
            _ => Err(name),
        }
    };
    let mut keep = |read: Result<i64, Wrong>| {
        read.unwrap_or_else(|name| {
            wrong.push(name);
            0
        })
    };
    let following = Following {
        tell_center_after: keep(minutes(
            &typed.tell_center_after,
            "tell_center_after",
            minutes_of("tell_center_after"),
        )),
        tell_prefecture_after: keep(minutes(
            &typed.tell_prefecture_after,
            "tell_prefecture_after",
            minutes_of("tell_prefecture_after"),
        )),
        tell_again_every: keep(minutes(
            &typed.tell_again_every,
            "tell_again_every",
            minutes_of("tell_again_every"),
        )),
        tell_taken_after: keep(minutes(
            &typed.tell_taken_after,
            "tell_taken_after",
            minutes_of("tell_taken_after"),
        )),
        transfer_due_after: keep(minutes(
            &typed.transfer_due_after,
            "transfer_due_after",
            minutes_of("transfer_due_after"),
        )),
        deadline: Time::midnight(),
        sms_from_step: match domain::text::fold_width(&typed.sms_from).trim() {
            "" | "2" => 1,
            "1" => 0,
            _ => {
                wrong.push("sms_from");
                1
            }
        },
        reminders: times_of(&typed.reminders).unwrap_or_else(|()| {
            wrong.push("reminders");
            [None; 3]
        }),
    };
    let text = domain::text::fold_width(&typed.deadline);
    let deadline = Time::strptime("%H:%M", text.trim());
    if deadline.is_err() {
        wrong.insert(0, "deadline");
    }
    if wrong.is_empty() && following.tell_prefecture_after < following.tell_center_after {
        wrong.push("tell_prefecture_after");
    }
    match (deadline, wrong.is_empty()) {
        (Ok(deadline), true) => Ok(Following {
            deadline,
            ..following
        }),
        _ => Err(wrong),
    }
}

/// The moment from which settings are to hold, in a time zone; an empty text is none. What held stays so: one that is over
/// by more than a few minutes is refused.
///
/// # Errors
/// The name of the problem: `valid_from` where it is no moment, `valid_from_past` where it is over.
pub fn moment_ahead(
    text: &str,
    zone: &jiff::tz::TimeZone,
    now: Timestamp,
) -> Result<Option<Timestamp>, &'static str> {
    let at = crate::monitoring::moment_of(text, zone).map_err(|()| "valid_from")?;
    if crate::monitoring::is_long_past(at, now) {
        return Err("valid_from_past");
    }
    Ok(at)
}

/// The settings of a center that hold at a moment, within a transaction.
pub(crate) fn following(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    at: Timestamp,
) -> Result<Following, storage::Error> {
    let asked = ask_following(tx, center, at)?;
    read_following(tx, center, asked)
}

/// The same, asked ahead, for [`read_following`].
pub(crate) fn ask_following(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    at: Timestamp,
) -> Result<Asked<serde_json::Value>, storage::Error> {
    rows::ask_effective(tx, JurisdictionId::from_uuid(center.uuid()), NAME, at)
}

/// What was asked for by [`ask_following`].
pub(crate) fn read_following(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    asked: Asked<serde_json::Value>,
) -> Result<Following, storage::Error> {
    match asked.first(tx)? {
        Some(value) => serde_json::from_value(value)
            .map_err(|e| storage::Error::Broken(format!("place_settings.{NAME} of {center}: {e}"))),
        None => Ok(Following::default()),
    }
}

/// Settings as they held, hold or will hold.
#[derive(Clone, Debug)]
pub struct Held {
    /// From when on.
    pub valid_from: Timestamp,
    /// The settings.
    pub following: Following,
    /// Who set them.
    pub by: Option<String>,
    /// When.
    pub set_at: Timestamp,
}

/// Whether a setting was changed since somebody saw `seen` values of it; nobody else changes it until the end of the
/// transaction.
pub(crate) fn is_older(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    name: &str,
    seen: Option<i64>,
) -> Result<bool, storage::Error> {
    let Some(seen) = seen else {
        return Ok(false);
    };
    rows::one_at_a_time(tx, place)?;
    let history = rows::history(tx, place, name)?;
    Ok(rows::version(&history) != seen)
}

/// The moment from which a setting holds that somebody sets from now on: after the last one that was set so, also by another
/// node whose clock is a little ahead, or else it would hold for seconds only. Nobody else sets one at the place until the
/// end of the transaction.
pub(crate) fn from_now(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    name: &str,
    now: Timestamp,
) -> Result<Timestamp, storage::Error> {
    rows::one_at_a_time(tx, place)?;
    let ahead = rows::set_ahead(tx, place, name, now)?;
    // Moments are whole milliseconds.
    Ok(ahead.map_or(now, |last| last + SignedDuration::from_millis(1)))
}

/// Keeps a setting from a moment on; one that stands for the same moment and has decided nothing yet is replaced. Tells
/// what the audit log says of that.
pub(crate) fn keep(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    name: &str,
    row: &PlaceSettingRow,
) -> Result<Option<String>, storage::Error> {
    let mut row = row.clone();
    if row.valid_from == row.set_at {
        row.valid_from = from_now(tx, place, name, row.set_at)?;
        row.set_at = row.valid_from;
    }
    if rows::add(tx, place, name, &row)? {
        return Ok(None);
    }
    rows::put(tx, place, name, &row)?;
    Ok(Some(format!("planned for {}, replaced", row.valid_from)))
}

/// What came of withdrawing what was planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdraw {
    /// It never holds.
    Withdrawn,
    /// It holds already, or somebody else has withdrawn it. Nothing was done.
    NotPlanned,
    /// Somebody else has changed something since the page was shown. Nothing was done.
    ChangedMeanwhile,
}

impl StaffDesk {
    /// Withdraws what was planned for a moment, for a use case that has made sure of the right.
    pub(crate) async fn withdraw_planned(
        &self,
        place: JurisdictionId,
        name: &'static str,
        (valid_from, seen): (Timestamp, Option<i64>),
        entry: storage::audit::AuditEntry,
    ) -> Result<Withdraw, Error> {
        let now = self.app.clock.now();
        let keys = self.app.keys().clone();
        let entry = audit::with(
            entry,
            format!("{name}, planned for {valid_from}, withdrawn"),
        );
        Ok(self
            .app
            .db()
            .write(move |tx| {
                if is_older(tx, place, name, seen)? {
                    return Ok(Withdraw::ChangedMeanwhile);
                }
                if !rows::withdraw(tx, place, name, valid_from, now)? {
                    return Ok(Withdraw::NotPlanned);
                }
                audit::note(tx, &keys, &entry)?;
                Ok(Withdraw::Withdrawn)
            })
            .await?)
    }
}

impl App {
    /// Keeps how a center follows people from a moment on that is not past; without one, from now.
    pub(crate) async fn keep_following(
        &self,
        center: HealthCenterId,
        new: Following,
        (valid_from, by): (Option<Timestamp>, Option<StaffId>),
        (entry, seen): (storage::audit::AuditEntry, Option<i64>),
    ) -> Result<SetPlace, Error> {
        let place = JurisdictionId::from_uuid(center.uuid());
        let now = self.clock.now();
        let row = PlaceSettingRow {
            valid_from: valid_from.unwrap_or(now).max(now),
            value: serde_json::to_value(new)
                .map_err(|e| Error::broken(format!("settings cannot be stored: {e}")))?,
            set_by: by,
            set_at: now,
            set_by_name: None,
        };
        let keys = self.keys().clone();
        Ok(self
            .db()
            .write(move |tx| {
                if is_older(tx, place, NAME, seen)? {
                    return Ok(SetPlace::ChangedMeanwhile);
                }
                let mut entry = entry.clone();
                if let Some(said) = keep(tx, place, NAME, &row)? {
                    entry = audit::with(entry, format!("{NAME}, {said}"));
                }
                audit::note(tx, &keys, &entry)?;
                Ok(SetPlace::Set)
            })
            .await?)
    }

    /// The settings of a center that hold now.
    pub(crate) async fn following(&self, center: HealthCenterId) -> Result<Following, Error> {
        let now = self.clock.now();
        Ok(self.db().read(move |tx| following(tx, center, now)).await?)
    }
}

impl StaffDesk {
    /// How the own center follows people.
    pub async fn following(&self) -> Result<Following, Error> {
        self.app.following(self.own_center()?).await
    }

    /// All settings that the own center had, has and will have, the latest first, and their version.
    pub async fn following_history(&self) -> Result<(Vec<Held>, i64), Error> {
        let place = JurisdictionId::from_uuid(self.own_center()?.uuid());
        let history = self
            .app
            .db()
            .read(move |tx| rows::history(tx, place, NAME))
            .await?;
        let version = rows::version(&history);
        let held: Result<Vec<Held>, Error> = history
            .into_iter()
            .map(|row| {
                Ok(Held {
                    valid_from: row.valid_from,
                    following: serde_json::from_value(row.value)
                        .map_err(|e| Error::broken(format!("place_settings.{NAME}: {e}")))?,
                    by: row.set_by_name,
                    set_at: row.set_at,
                })
            })
            .collect();
        Ok((held?, version))
    }

    /// Withdraws what was planned for a moment. `seen`: the version of the settings when the page was made.
    pub async fn withdraw_following(
        &self,
        valid_from: Timestamp,
        seen: Option<i64>,
    ) -> Result<Withdraw, Error> {
        self.needs(Right::ManageCenter)?;
        let place = JurisdictionId::from_uuid(self.own_center()?.uuid());
        let entry = self.did("center.settings", None);
        self.withdraw_planned(place, NAME, (valid_from, seen), entry)
            .await
    }

    /// Sets how the own center follows people, from a moment on that is not past; without one, from now. What was planned
    /// for the same moment is replaced. `seen`: the version of the settings when the page was made.
    pub async fn set_following(
        &self,
        new: Following,
        valid_from: Option<Timestamp>,
        seen: Option<i64>,
    ) -> Result<SetPlace, Error> {
        self.needs(Right::ManageCenter)?;
        let center = self.own_center()?;
        let entry = audit::with(self.did("center.settings", None), NAME);
        self.app
            .keep_following(center, new, (valid_from, Some(self.staff)), (entry, seen))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_read_or_named() {
        let typed = |deadline: &str, center: &str, prefecture: &str| TypedFollowing {
            deadline: deadline.to_owned(),
            tell_center_after: center.to_owned(),
            tell_prefecture_after: prefecture.to_owned(),
            tell_again_every: "30".to_owned(),
            tell_taken_after: "45".to_owned(),
            transfer_due_after: "１２０".to_owned(),
            sms_from: "１".to_owned(),
            reminders: "20:30、18:00".to_owned(),
        };
        let good = check(&typed("8:30", "5", "20")).unwrap();
        assert_eq!(good.deadline, Time::constant(8, 30, 0, 0));
        assert_eq!(good.transfer_due_after, 120);
        assert_eq!(check(&typed("25:00", "5", "20")), Err(vec!["deadline"]));
        assert_eq!(
            check(&typed("8:30", "", "0")),
            Err(vec!["tell_center_after", "tell_prefecture_after"])
        );
        assert_eq!(
            check(&typed("8:30", "30", "20")),
            Err(vec!["tell_prefecture_after"])
        );
    }
}
