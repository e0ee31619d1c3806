//! Figures: counts without persons.

mod ended;
mod later;

pub use ended::{Ending, ended, ended_within, notifications_waiting};
pub use later::{
    CorrectedCase, EndTakenBack, Merged, Moved, SaidOfCase, TakenBack, apart, corrected,
    ends_taken_back, merged, moved, said_of_cases, taken_back,
};

use crate::engine::{At, Error, Row, Tx};
use crate::jurisdiction::Below;
use crate::{retention, sql};
use domain::ids::HealthCenterId;
use domain::monitoring::MonitoringStatus;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;

/// Whose cases are counted.
#[derive(Clone, Debug)]
pub struct Of {
    /// At or below a place.
    pub below: Below,
    /// Of one programme; empty: of all.
    pub programme: String,
}

/// A count of a day.
pub type OfDay = (Date, i64);

/// Adds what was purged to what stands.
fn with_purged(stands: Vec<OfDay>, purged: Vec<OfDay>) -> Vec<OfDay> {
    let mut all: BTreeMap<Date, i64> = stands.into_iter().collect();
    for (day, count) in purged {
        *all.entry(day).or_default() += count;
    }
    all.into_iter().filter(|(_, count)| *count != 0).collect()
}

/// Those who have a day of onset and were registered in error, to be taken off. The index along which onsets are counted has
/// them still: it would have to be made anew for the few, and they are gone through instead (`CROSS JOIN` keeps SQLite to
/// that order).
fn onsets_in_error(tx: &mut Tx<'_>, of: &Of, (from, to): (Date, Date)) -> Result<Vec<Leaf>, Error> {
    tx.query(
        sql!(
            "SELECT c.health_center_id, c.programme, c.onset_on, count(*)
             FROM cases c CROSS JOIN jurisdictions j
             WHERE c.in_error_at >= $6 AND j.id = c.health_center_id AND j.path >= $1 AND j.path < $2
                AND c.is_contact = 0 AND c.merged_into IS NULL AND c.onset_on >= $3 AND c.onset_on <= $4
                AND ($5 = '' OR c.programme = $5)
             GROUP BY c.health_center_id, c.programme, c.onset_on"
        ),
        &[
            &of.below.from,
            &of.below.to,
            &from,
            &to,
            &of.programme,
            &At(Timestamp::UNIX_EPOCH),
        ],
        |row| {
            Ok(Leaf {
                center: HealthCenterId::from_uuid(row.get(0)?),
                programme: row.get(1)?,
                day: row.get(2)?,
                birthdate: None,
                count: -row.get::<i64>(3)?,
            })
        },
    )
}

/// New cases by the day of registration, at or below a place, from a day to a day, both included.
pub fn by_registration(
    tx: &mut Tx<'_>,
    of: &Of,
    from: Date,
    to: Date,
) -> Result<Vec<OfDay>, Error> {
    let stands = tx.query(
        sql!(
            "SELECT m.registered_on, count(*) FROM jurisdictions j JOIN monitoring m ON m.health_center_id = j.id
             WHERE j.path >= $1 AND j.path < $2 AND m.is_case = 1 AND m.registered_on >= $3
                AND m.registered_on <= $4
                AND ($5 = '' OR EXISTS (SELECT 1 FROM cases p WHERE p.id = m.case_id AND p.programme = $5))
             GROUP BY m.registered_on ORDER BY m.registered_on"
        ),
        &[&of.below.from, &of.below.to, &from, &to, &of.programme],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let purged = retention::by_day(tx, of, "registered", from, to)?;
    Ok(with_purged(stands, purged))
}

/// New cases by the day of onset; who has no symptoms is not among them.
pub fn by_onset(tx: &mut Tx<'_>, of: &Of, from: Date, to: Date) -> Result<Vec<OfDay>, Error> {
    let stands = tx.query(
        sql!(
            "SELECT c.onset_on, count(*) FROM jurisdictions j JOIN cases c ON c.health_center_id = j.id
             WHERE j.path >= $1 AND j.path < $2 AND c.is_contact = 0 AND c.merged_into IS NULL AND c.onset_on >= $3
                AND c.onset_on <= $4
                AND ($5 = '' OR c.programme = $5)
             GROUP BY c.onset_on ORDER BY c.onset_on"
        ),
        &[&of.below.from, &of.below.to, &from, &to, &of.programme],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let mut beside = retention::by_day(tx, of, "onset", from, to)?;
    let in_error = onsets_in_error(tx, of, (from, to))?;
    beside.extend(in_error.into_iter().map(|leaf| (leaf.day, leaf.count)));
    Ok(with_purged(stands, beside))
}

/// New cases by the day of birth, to be put into age groups on the last day. Of whoever was purged only the group is
/// known, on the day of registration: they count as if born in the middle of it.
pub fn by_birthdate(tx: &mut Tx<'_>, of: &Of, from: Date, to: Date) -> Result<Vec<OfDay>, Error> {
    let stands = tx.query(
        sql!(
            "SELECT p.birthdate, count(*) FROM jurisdictions j JOIN monitoring m ON m.health_center_id = j.id
                JOIN cases c ON c.id = m.case_id JOIN persons p ON p.id = c.person_id
             WHERE j.path >= $1 AND j.path < $2 AND m.is_case = 1 AND m.registered_on >= $3
                AND m.registered_on <= $4
                AND ($5 = '' OR c.programme = $5)
             GROUP BY p.birthdate"
        ),
        &[&of.below.from, &of.below.to, &from, &to, &of.programme],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let purged = retention::ages(tx, of, from, to)?
        .into_iter()
        .map(|(group, count)| (to.saturating_sub((group + 5).years()), count))
        .collect();
    Ok(with_purged(stands, purged))
}

/// How the new cases of a range of days and the curve of their onsets differ; without those who were purged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BesideOnset {
    /// Registered within the days, without a day of onset.
    pub without: i64,
    /// Registered within the days, with an onset on another one.
    pub outside: i64,
    /// With an onset within the days, registered on another one.
    pub others: i64,
}

/// Who is in one of the two curves only.
pub fn beside_onset(
    tx: &mut Tx<'_>,
    of: &Of,
    (from, to): (Date, Date),
) -> Result<BesideOnset, Error> {
    let (without, outside) = tx.query_one(
        sql!(
            "SELECT count(*) FILTER (WHERE c.onset_on IS NULL),
                count(*) FILTER (WHERE c.onset_on < $3 OR c.onset_on > $4)
             FROM jurisdictions j JOIN monitoring m ON m.health_center_id = j.id JOIN cases c ON c.id = m.case_id
             WHERE j.path >= $1 AND j.path < $2 AND m.is_case = 1 AND m.registered_on >= $3
                AND m.registered_on <= $4 AND ($5 = '' OR c.programme = $5)"
        ),
        &[&of.below.from, &of.below.to, &from, &to, &of.programme],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let others = tx.query_one(
        sql!(
            "SELECT count(*) FROM jurisdictions j JOIN cases c ON c.health_center_id = j.id
                JOIN monitoring m ON m.case_id = c.id
             WHERE j.path >= $1 AND j.path < $2 AND c.is_contact = 0 AND c.merged_into IS NULL AND c.in_error_at IS NULL
                AND c.onset_on >= $3 AND c.onset_on <= $4 AND (m.registered_on < $3 OR m.registered_on > $4)
                AND ($5 = '' OR c.programme = $5)"
        ),
        &[&of.below.from, &of.below.to, &from, &to, &of.programme],
        |row| row.get(0),
    )?;
    Ok(BesideOnset {
        without,
        outside,
        others,
    })
}

/// How many were purged since of the new cases of a range of days, and of those with an onset within the days.
pub fn purged(tx: &mut Tx<'_>, of: &Of, (from, to): (Date, Date)) -> Result<(i64, i64), Error> {
    let mut count = |kind| -> Result<i64, Error> {
        let by_day = retention::by_day(tx, of, kind, from, to)?;
        Ok(by_day.into_iter().map(|(_, count)| count).sum())
    };
    Ok((count("registered")?, count("onset")?))
}

/// How many alerts wait now, taken by nobody, whenever they were raised.
pub fn waiting_now(tx: &mut Tx<'_>, of: &Of) -> Result<i64, Error> {
    tx.query_one(
        sql!(
            "SELECT count(*) FROM jurisdictions j JOIN alerts a ON a.health_center_id = j.id
             WHERE j.path >= $1 AND j.path < $2 AND a.done_at IS NULL AND a.taken_by IS NULL
                AND ($3 = '' OR EXISTS (SELECT 1 FROM cases c WHERE c.id = a.case_id AND c.programme = $3))"
        ),
        &[&of.below.from, &of.below.to, &of.programme],
        |row| row.get(0),
    )
}

/// A count of a center, a programme and a day.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// The center.
    pub center: HealthCenterId,
    /// The programme.
    pub programme: String,
    /// The day on which it is counted.
    pub day: Date,
    /// The day of birth, where it is told apart.
    pub birthdate: Option<Date>,
    /// How many.
    pub count: i64,
}

/// Goes through the new cases with their center, programme, day of registration and day of birth: a walk through all of the
/// range. They may be a nation's, so they are neither gathered nor sorted. Whoever was purged counts as in
/// [`by_birthdate`].
pub fn each_registered(
    tx: &mut Tx<'_>,
    of: &Of,
    (from, to): (Date, Date),
    mut each: impl FnMut(Leaf),
) -> Result<(), Error> {
    tx.query(
        sql!(
            "SELECT m.health_center_id, c.programme, m.registered_on, p.birthdate
             FROM jurisdictions j JOIN monitoring m ON m.health_center_id = j.id
                JOIN cases c ON c.id = m.case_id JOIN persons p ON p.id = c.person_id
             WHERE j.path >= $1 AND j.path < $2 AND m.is_case = 1 AND m.registered_on >= $3
                AND m.registered_on <= $4 AND ($5 = '' OR c.programme = $5)"
        ),
        &[&of.below.from, &of.below.to, &from, &to, &of.programme],
        |row| {
            each(Leaf {
                center: HealthCenterId::from_uuid(row.get(0)?),
                programme: row.get(1)?,
                day: row.get(2)?,
                birthdate: Some(row.get(3)?),
                count: 1,
            });
            Ok(())
        },
    )?;
    for leaf in retention::registered_leaves(tx, of, (from, to))? {
        each(leaf);
    }
    Ok(())
}

/// New cases by center, programme and day of onset; who has no symptoms is not among them.
pub fn onset_leaves(
    tx: &mut Tx<'_>,
    of: &Of,
    (from, to): (Date, Date),
) -> Result<Vec<Leaf>, Error> {
    let mut all = tx.query(
        sql!(
            "SELECT c.health_center_id, c.programme, c.onset_on, count(*)
             FROM jurisdictions j JOIN cases c ON c.health_center_id = j.id
             WHERE j.path >= $1 AND j.path < $2 AND c.is_contact = 0 AND c.merged_into IS NULL AND c.onset_on >= $3
                AND c.onset_on <= $4 AND ($5 = '' OR c.programme = $5)
             GROUP BY c.health_center_id, c.programme, c.onset_on"
        ),
        &[&of.below.from, &of.below.to, &from, &to, &of.programme],
        |row| Ok(Leaf {
            center: HealthCenterId::from_uuid(row.get(0)?),
            programme: row.get(1)?,
            day: row.get(2)?,
            birthdate: None,
            count: row.get(3)?,
        }),
    )?;
    all.extend(retention::onset_leaves(tx, of, (from, to))?);
    all.extend(onsets_in_error(tx, of, (from, to))?);
    Ok(all)
}

/// A center's counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CenterFigures {
    /// The center.
    pub center: HealthCenterId,
    /// Its name.
    pub name: String,
    /// New cases within the days.
    pub new_cases: i64,
    /// Who is followed now.
    pub open: i64,
    /// Of them, from whom reports are expected and who can send some.
    pub expected: i64,
    /// Of those, who reported on the day that was asked for or later.
    pub reported: i64,
}

/// The counts of each center at or below a place.
pub fn by_center(
    tx: &mut Tx<'_>,
    of: &Of,
    (from, to): (Date, Date),
    today: Date,
) -> Result<Vec<CenterFigures>, Error> {
    let mut centers = standing_by_center(tx, of, (from, to), today)?;
    for (center, name, new_cases) in retention::by_center(tx, of, from, to)? {
        if let Some(stands) = centers.iter_mut().find(|one| one.center == center) {
            stands.new_cases += new_cases;
        } else {
            centers.push(CenterFigures {
                center,
                name,
                new_cases,
                open: 0,
                expected: 0,
                reported: 0,
            });
        }
    }
    centers.sort_by(|a, b| (&a.name, a.center).cmp(&(&b.name, b.center)));
    Ok(centers)
}

/// Without those who were purged.
fn standing_by_center(
    tx: &mut Tx<'_>,
    of: &Of,
    (from, to): (Date, Date),
    today: Date,
) -> Result<Vec<CenterFigures>, Error> {
    let read = |row: Row<'_>| {
        Ok(CenterFigures {
            center: HealthCenterId::from_uuid(row.get(0)?),
            name: row.get(1)?,
            new_cases: row.get(2)?,
            open: row.get(3)?,
            expected: row.get(4)?,
            reported: row.get(5)?,
        })
    };
    if of.programme.is_empty() {
        // Each count is a walk along one index, whose rows need not be looked at. Whoever was registered or fell ill today and
        // has not reported was heard of today all the same, but reported nothing.
        return tx.query(
            sql!(
                "SELECT j.id, j.name,
                    (SELECT count(*) FROM monitoring m WHERE m.health_center_id = j.id AND m.is_case = 1
                        AND m.registered_on >= $3 AND m.registered_on <= $4),
                    (SELECT count(*) FROM monitoring m WHERE m.health_center_id = j.id AND m.is_open = 1),
                    (SELECT count(*) FROM monitoring m WHERE m.health_center_id = j.id AND m.expects_reports = 1
                        AND (m.has_account = 1 OR m.reports > 0)),
                    (SELECT count(*) FROM monitoring m WHERE m.health_center_id = j.id AND m.expects_reports = 1
                        AND (m.has_account = 1 OR m.reports > 0) AND m.heard_on >= $5 AND m.reports > 0)
                 FROM jurisdictions j
                 WHERE j.path >= $1 AND j.path < $2 AND j.kind = 'health_center'
                    AND (EXISTS (SELECT 1 FROM monitoring m WHERE m.health_center_id = j.id AND m.is_open = 1)
                        OR EXISTS (SELECT 1 FROM monitoring m WHERE m.health_center_id = j.id AND m.is_case = 1)
                        OR EXISTS (SELECT 1 FROM monitoring m WHERE m.health_center_id = j.id AND m.closed_at IS NOT NULL))
                 ORDER BY j.name, j.id"
            ),
            &[&of.below.from, &of.below.to, &from, &to, &today],
            read,
        );
    }
    tx.query(
        sql!(
            "SELECT j.id, j.name,
                (SELECT count(*) FROM monitoring m JOIN cases p ON p.id = m.case_id WHERE m.health_center_id = j.id
                    AND m.is_case = 1 AND m.registered_on >= $3 AND m.registered_on <= $4 AND p.programme = $6),
                (SELECT count(*) FROM monitoring m JOIN cases p ON p.id = m.case_id WHERE m.health_center_id = j.id
                    AND m.is_open = 1 AND p.programme = $6),
                (SELECT count(*) FROM monitoring m JOIN cases p ON p.id = m.case_id WHERE m.health_center_id = j.id
                    AND m.expects_reports = 1 AND (m.has_account = 1 OR m.reports > 0) AND p.programme = $6),
                (SELECT count(*) FROM monitoring m JOIN cases p ON p.id = m.case_id WHERE m.health_center_id = j.id
                    AND m.expects_reports = 1 AND (m.has_account = 1 OR m.reports > 0) AND m.heard_on >= $5
                    AND m.reports > 0 AND p.programme = $6)
             FROM jurisdictions j
             WHERE j.path >= $1 AND j.path < $2 AND j.kind = 'health_center'
                AND (EXISTS (SELECT 1 FROM monitoring m JOIN cases p ON p.id = m.case_id
                        WHERE m.health_center_id = j.id AND m.is_open = 1 AND p.programme = $6)
                    OR EXISTS (SELECT 1 FROM monitoring m JOIN cases p ON p.id = m.case_id
                        WHERE m.health_center_id = j.id AND m.is_case = 1 AND p.programme = $6)
                    OR EXISTS (SELECT 1 FROM monitoring m JOIN cases p ON p.id = m.case_id
                        WHERE m.health_center_id = j.id AND m.closed_at IS NOT NULL AND p.programme = $6))
             ORDER BY j.name, j.id"
        ),
        &[&of.below.from, &of.below.to, &from, &to, &today, &of.programme],
        read,
    )
}

/// An alert, for how long it waited.
#[derive(Clone, Debug)]
pub struct AlertTimes {
    /// The center that answers for the person.
    pub center: HealthCenterId,
    /// The programme.
    pub programme: String,
    /// The person's day of birth; of whoever was purged it is not known.
    pub birthdate: Option<Date>,
    /// When it was raised; of whoever was purged, the hour.
    pub raised_at: Timestamp,
    /// When it was first taken.
    pub taken_at: Option<Timestamp>,
}

/// Goes through the alerts raised between two moments; they may be very many, so they are not gathered. One that ended
/// by itself before anybody took it waited for nobody, and so did one that was none, because its report was corrected:
/// earlier releases wrote that correction down as its taking. Those of a case that is none count nowhere, and those of whoever
/// was purged come last.
pub fn each_alert(
    tx: &mut Tx<'_>,
    of: &Of,
    (from, to): (Timestamp, Timestamp),
    mut each: impl FnMut(AlertTimes),
) -> Result<(), Error> {
    tx.query(
        sql!(
            "SELECT a.health_center_id, p.birthdate, a.raised_at, a.first_taken_at, c.programme
             FROM jurisdictions j JOIN alerts a ON a.health_center_id = j.id
                JOIN cases c ON c.id = a.case_id JOIN persons p ON p.id = c.person_id
             WHERE j.path >= $1 AND j.path < $2 AND a.raised_at >= $3 AND a.raised_at < $4
                AND (a.first_taken_at IS NOT NULL OR a.done_at IS NULL)
                AND (a.outcome IS NULL OR a.outcome <> 'corrected' OR a.first_taken_at < a.done_at)
                AND (c.in_error_at IS NULL OR a.done_at IS NULL)
                AND ($5 = '' OR c.programme = $5)"
        ),
        &[
            &of.below.from,
            &of.below.to,
            &At(from),
            &At(to),
            &of.programme,
        ],
        |row| {
            each(AlertTimes {
                center: HealthCenterId::from_uuid(row.get(0)?),
                birthdate: Some(row.get(1)?),
                raised_at: row.at(2)?,
                taken_at: row.at_opt(3)?,
                programme: row.get(4)?,
            });
            Ok(())
        },
    )?;
    for (alert, count) in retention::alerts(tx, of, from, to)? {
        for _ in 0..count {
            each(alert.clone());
        }
    }
    Ok(())
}

/// Somebody who is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The center.
    pub center: HealthCenterId,
    /// The programme.
    pub programme: String,
    /// The day of birth.
    pub birthdate: Date,
    /// Whether they are a close contact, and no case.
    pub is_contact: bool,
    /// Whether reports are expected from them, who can send some.
    pub is_expected: bool,
    /// Where they are and have reported: the day on which they were heard of last.
    pub heard_on: Option<Date>,
    /// Where they are: its place in [`AT`].
    pub at: usize,
}

/// Where somebody is who is followed, in the order in which it is told.
pub const AT: [MonitoringStatus; 4] = [
    MonitoringStatus::Home,
    MonitoringStatus::Hotel,
    MonitoringStatus::Hospital,
    MonitoringStatus::Unknown,
];

/// Goes through all who are followed at or below a place, to be put into age groups. They may be a nation, so they are
/// neither gathered nor sorted.
pub fn each_followed(
    tx: &mut Tx<'_>,
    of: &Of,
    mut each: impl FnMut(Followed),
) -> Result<(), Error> {
    tx.query(
        sql!(
            "SELECT p.birthdate, m.health_center_id, c.programme,
                m.expects_reports = 1 AND (m.has_account = 1 OR m.reports > 0),
                CASE WHEN m.expects_reports = 1 AND m.reports > 0 THEN m.heard_on END, c.is_contact = 1,
                CASE m.status WHEN 'home' THEN 0 WHEN 'hotel' THEN 1 WHEN 'hospital' THEN 2 ELSE 3 END
             FROM jurisdictions j JOIN monitoring m ON m.health_center_id = j.id
                JOIN cases c ON c.id = m.case_id JOIN persons p ON p.id = c.person_id
             WHERE j.path >= $1 AND j.path < $2 AND m.is_open = 1 AND ($3 = '' OR c.programme = $3)"
        ),
        &[&of.below.from, &of.below.to, &of.programme],
        |row| {
            each(Followed {
                birthdate: row.get(0)?,
                center: HealthCenterId::from_uuid(row.get(1)?),
                programme: row.get(2)?,
                is_expected: row.get(3)?,
                heard_on: row.get(4)?,
                is_contact: row.get(5)?,
                at: usize::try_from(row.get::<i32>(6)?).unwrap_or(AT.len() - 1),
            });
            Ok(())
        },
    )?;
    Ok(())
}
