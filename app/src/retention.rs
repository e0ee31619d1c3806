//! For how long records are kept: set by a place, told before, held where there is good reason, and purged for real.

mod announcing;
mod hold;
mod purge;

pub use announcing::unheard;
pub use hold::{Hold, HoldCase, HoldLine};
pub use purge::{PurgeLine, PurgePlan, doubt_of_clock};

use crate::audit::{self, with};
use crate::case_registration::read_names;
use crate::family::Member;
use crate::place_settings::{Withdraw, is_older, keep, moment_ahead};
use crate::{App, Error, PatientDesk, StaffDesk};
use domain::ids::{CaseId, HealthCenterId, JurisdictionId, StaffId};
use domain::personal::Personal;
use domain::retention::{Keeping, Term, check};
use domain::staff_role::Right;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use storage::Tx;
use storage::case_registration as cases;
use storage::jurisdiction as places;
use storage::place_settings::{self as settings, PlaceSettingRow};
use storage::retention as rows;

/// The name of the setting.
const NAME: &str = "retention";
/// How many records a page names.
pub const MOST: i64 = 100;

/// What holds for a center, and which place has set it.
#[derive(Clone, Debug)]
pub struct Holds {
    /// The place.
    pub place: JurisdictionId,
    /// Its name.
    pub name: String,
    /// What it set.
    pub keeping: Keeping,
}

/// A setting as it held, holds or will hold.
#[derive(Clone, Debug)]
pub struct Held {
    /// From when on.
    pub valid_from: Timestamp,
    /// The setting.
    pub keeping: Keeping,
    /// Who set it.
    pub by: Option<String>,
    /// When.
    pub set_at: Timestamp,
}

/// A record that will be purged soon.
#[derive(Clone, Debug)]
pub struct SoonLine {
    /// The case.
    pub case: CaseId,
    /// Its number.
    pub hersys_id: String,
    /// The names by script: `kanji`, `kana`, `latin`.
    names: Vec<(String, Personal<String>)>,
    /// When it was closed.
    pub closed_at: Timestamp,
    /// From when on it is purged.
    pub ends: Timestamp,
}

impl SoonLine {
    /// The name in the spelling that readers of a language know.
    pub fn name_in(&self, language: &str) -> &str {
        crate::family::name_in(&self.names, language)
    }
}

/// The page of a place.
#[derive(Clone, Debug)]
pub struct Retention {
    /// What the own place has set.
    pub own: Keeping,
    /// What holds at the own center, where there is one and something holds.
    pub holds: Option<Holds>,
    /// All that the own place has set, the latest first.
    pub history: Vec<Held>,
    /// The version of that.
    pub version: i64,
    /// How many records will be purged soon.
    pub soon_count: i64,
    /// The first of them.
    pub soon: Vec<SoonLine>,
    /// The time zone of the place.
    pub zone: TimeZone,
}

/// What came of setting it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetRetention {
    /// It holds.
    Set,
    /// Somebody else has set something since the page was made; nothing was saved.
    ChangedMeanwhile,
    /// The names of the fields that are wrong.
    Problems(Vec<&'static str>),
}

fn read(place: JurisdictionId, value: serde_json::Value) -> Result<Keeping, storage::Error> {
    serde_json::from_value(value)
        .map_err(|e| storage::Error::Broken(format!("place_settings.{NAME} of {place}: {e}")))
}

fn set_at_place(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    at: Timestamp,
) -> Result<Keeping, storage::Error> {
    let value = settings::effective(tx, place, NAME, at)?;
    value.map_or(Ok(Keeping::default()), |value| read(place, value))
}

/// What holds at a place: its own setting, or that of the nearest place above that has one.
pub(crate) fn holding(
    tx: &mut Tx<'_>,
    place: JurisdictionId,
    at: Timestamp,
) -> Result<Option<Holds>, storage::Error> {
    let mut next = Some(place);
    while let Some(place) = next {
        let keeping = set_at_place(tx, place, at)?;
        let row = places::find(tx, place)?;
        if keeping.days.is_some() {
            let name = row.map(|row| row.name).unwrap_or_default();
            return Ok(Some(Holds {
                place,
                name,
                keeping,
            }));
        }
        next = row.and_then(|row| row.parent);
    }
    Ok(None)
}

/// The term of a center's records, where one was set.
pub(crate) fn term(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    at: Timestamp,
) -> Result<Option<Term>, storage::Error> {
    let place = JurisdictionId::from_uuid(center.uuid());
    Ok(holding(tx, place, at)?.and_then(|holds| holds.keeping.term()))
}

impl PatientDesk {
    /// For how many days after the following has ended the record of a member is kept, as the center or a place above it has
    /// set; `None`: nobody has, and then it is kept without end.
    pub async fn kept_for(&self, member: &Member) -> Result<Option<i64>, Error> {
        let place = JurisdictionId::from_uuid(member.center.id.uuid());
        let now = self.app.clock.now();
        let db = self.app.db();
        let holds = db.read(move |tx| holding(tx, place, now)).await?;
        Ok(holds.and_then(|holds| holds.keeping.days))
    }
}

impl App {
    /// Keeps how a place keeps records, from a moment on; without one, from now.
    pub(crate) async fn keep_retention(
        &self,
        place: JurisdictionId,
        keeping: Keeping,
        (valid_from, by): (Option<Timestamp>, Option<StaffId>),
        (entry, seen): (storage::audit::AuditEntry, Option<i64>),
    ) -> Result<SetRetention, Error> {
        let now = self.clock.now();
        let row = PlaceSettingRow {
            valid_from: valid_from.unwrap_or(now).max(now),
            value: serde_json::to_value(keeping)
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
                    return Ok(SetRetention::ChangedMeanwhile);
                }
                let mut entry = entry.clone();
                if let Some(said) = keep(tx, place, NAME, &row)? {
                    entry.details = format!("{}, {said}", entry.details);
                }
                audit::note(tx, &keys, &entry)?;
                Ok(SetRetention::Set)
            })
            .await?)
    }
}

impl StaffDesk {
    /// Whoever opens the page knows of what was announced, whether a mail has left or not.
    async fn opens_announced(
        &self,
        center: Option<HealthCenterId>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(center) = center else { return Ok(()) };
        let unheard = self
            .app
            .db()
            .read(move |tx| {
                let Some(term) = term(tx, center, now)? else {
                    return Ok(None);
                };
                let until = term.tell_until(now);
                let records = rows::count_unheard(tx, center, until, now)?;
                Ok((records > 0).then_some(until))
            })
            .await?;
        let Some(until) = unheard else { return Ok(()) };
        self.app
            .db()
            .write(move |tx| rows::page_opened(tx, center, until, now))
            .await?;
        Ok(())
    }

    /// How the own place keeps records, and which will be purged soon. Whoever is named is noted as looked at. From now on
    /// the staff know of all that were announced.
    pub async fn retention(&self) -> Result<Retention, Error> {
        self.needs(Right::KeepRecords)?;
        let (place, center, now) = (self.place, self.own_center().ok(), self.app.clock.now());
        self.opens_announced(center, now).await?;
        let (own, holds, history, soon_count, soon) = self
            .app
            .db()
            .read(move |tx| {
                let own = set_at_place(tx, place, now)?;
                let history = settings::history(tx, place, NAME)?;
                let holds = holding(tx, place, now)?;
                let term = holds.as_ref().and_then(|holds| holds.keeping.term());
                let (Some(center), Some(term)) = (center, term) else {
                    return Ok((own, holds, history, 0, Vec::new()));
                };
                let until = term.tell_until(now);
                let count = rows::count_soon(tx, center, until)?;
                let mut soon = Vec::new();
                for row in rows::soon(tx, center, until, MOST)? {
                    let Some(case) = cases::by_id(tx, row.case)? else {
                        continue;
                    };
                    let names = cases::names(tx, case.person)?;
                    let heard = row.heard_at.unwrap_or(now);
                    let ends = term.ends(row.kept_from, heard, row.not_before);
                    soon.push((row, case.hersys_id, names, ends));
                }
                Ok((own, holds, history, count, soon))
            })
            .await?;
        self.looked_at("retention.listed", soon.iter().map(|(row, ..)| row.case))
            .await?;
        Ok(Retention {
            own,
            version: settings::version(&history),
            holds,
            history: history
                .into_iter()
                .map(|row| {
                    Ok(Held {
                        valid_from: row.valid_from,
                        keeping: read(place, row.value)?,
                        by: row.set_by_name,
                        set_at: row.set_at,
                    })
                })
                .collect::<Result<_, storage::Error>>()?,
            soon_count,
            soon: soon
                .into_iter()
                .map(|(row, hersys_id, names, ends)| SoonLine {
                    case: row.case,
                    hersys_id,
                    names: read_names(names),
                    closed_at: row.closed_at,
                    ends,
                })
                .collect(),
            zone: self.rules_zone().await?,
        })
    }

    /// Withdraws what was planned for a moment. `seen`: the version of the settings when the page was made.
    pub async fn withdraw_retention(
        &self,
        valid_from: Timestamp,
        seen: Option<i64>,
    ) -> Result<Withdraw, Error> {
        self.needs(Right::KeepRecords)?;
        let entry = self.did("retention.set", None);
        self.withdraw_planned(self.place, NAME, (valid_from, seen), entry)
            .await
    }

    /// Sets how the own place keeps records, from a moment on that is not past; without one, from now. What was planned for
    /// the same moment is replaced. `seen`: the version of the settings when the page was made.
    pub async fn set_retention(
        &self,
        (days, warn_days): (&str, &str),
        from: &str,
        seen: Option<i64>,
    ) -> Result<SetRetention, Error> {
        self.needs(Right::KeepRecords)?;
        let zone = self.rules_zone().await?;
        let from = moment_ahead(from, &zone, self.app.clock.now());
        let (keeping, from) = match (check(days, warn_days), from) {
            (Ok(keeping), Ok(from)) => (keeping, from),
            (keeping, from) => {
                let mut wrong = keeping.err().unwrap_or_default();
                wrong.extend(from.err());
                return Ok(SetRetention::Problems(wrong));
            }
        };
        let said = keeping.days.map_or_else(
            || "none".to_owned(),
            |days| format!("{days} days, told {} before", keeping.warn_days),
        );
        let entry = with(self.did("retention.set", None), said);
        self.app
            .keep_retention(self.place, keeping, (from, Some(self.staff)), (entry, seen))
            .await
    }
}
