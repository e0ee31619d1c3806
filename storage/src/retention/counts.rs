//! What figures keep of those who were purged: numbers, each for one question.

use super::Doomed;
use crate::engine::{At, Error, Tx};
use crate::figures::{AlertTimes, Leaf, Of, OfDay};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Counts a record that is purged, given the lower bound of the ten years of age on the day of registration, and the day on which
/// following it ended, where that counts.
pub fn add_counts(
    tx: &mut Tx<'_>,
    doomed: &Doomed,
    age_group: i32,
    ended_on: Option<Date>,
) -> Result<(), Error> {
    let registered = doomed
        .registered_on
        .map(|day| ("registered", day, age_group));
    let onset = doomed.onset_on.map(|day| ("onset", day, 0));
    let ended = doomed.ended.zip(ended_on);
    let ended = ended.map(|((ending, _), day)| (ending.word(), day, 0));
    for (kind, day, age_group) in registered.into_iter().chain(onset).chain(ended) {
        tx.execute(
            sql!(
                "INSERT INTO purged_counts AS p (health_center_id, programme, kind, day, age_group, cases)
                 VALUES ($1, $2, $3, $4, $5, 1)
                 ON CONFLICT (health_center_id, kind, day, programme, age_group) DO UPDATE SET cases = p.cases + 1"
            ),
            &[
                &doomed.center.uuid(),
                &doomed.programme,
                &kind,
                &day,
                &age_group,
            ],
        )?;
    }
    Ok(())
}

/// Counts the alerts of a record that is purged, and of the cases that were merged into it: the hour, and the minutes
/// until somebody took it. One that ended by itself before that, or because its report was corrected, waited for nobody.
pub fn add_alerts(tx: &mut Tx<'_>, case: CaseId, programme: &str) -> Result<(), Error> {
    let alerts = tx.query(
        sql!(
            "SELECT a.health_center_id, a.raised_at, a.first_taken_at FROM alerts a JOIN cases k ON k.id = a.case_id
             WHERE (k.id = $1 OR k.merged_into = $1) AND a.first_taken_at IS NOT NULL AND k.in_error_at IS NULL
                AND (a.outcome IS NULL OR a.outcome <> 'corrected' OR a.first_taken_at < a.done_at)"
        ),
        &[&case.uuid()],
        |row| {
            Ok((
                HealthCenterId::from_uuid(row.get(0)?),
                row.at(1)?,
                row.at(2)?,
            ))
        },
    )?;
    for (center, raised, taken) in alerts {
        let hour = Timestamp::from_second(raised.as_second().div_euclid(3_600) * 3_600)
            .map_err(|e| Error::Broken(format!("alerts.raised_at of {case}: {e}")))?;
        let minutes = taken.duration_since(raised).as_mins();
        tx.execute(
            sql!(
                "INSERT INTO purged_alerts AS p (health_center_id, programme, raised_at, minutes, alerts)
                 VALUES ($1, $2, $3, $4, 1)
                 ON CONFLICT (health_center_id, raised_at, programme, minutes) DO UPDATE SET alerts = p.alerts + 1"
            ),
            &[&center.uuid(), &programme, &At(hour), &minutes],
        )?;
    }
    Ok(())
}

/// How many of those who were purged count on each day: `registered`, `onset`, or the word of an
/// [`Ending`](crate::figures::Ending).
pub fn by_day(
    tx: &mut Tx<'_>,
    of: &Of,
    kind: &str,
    from: Date,
    to: Date,
) -> Result<Vec<OfDay>, Error> {
    tx.query(
        sql!(
            "SELECT p.day, CAST(sum(p.cases) AS bigint) FROM jurisdictions j JOIN purged_counts p ON p.health_center_id = j.id
             WHERE j.path >= $1 AND j.path < $2 AND p.kind = $3 AND p.day >= $4 AND p.day <= $5
                AND ($6 = '' OR p.programme = $6)
             GROUP BY p.day ORDER BY p.day"
        ),
        &[&of.below.from, &of.below.to, &kind, &from, &to, &of.programme],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// How many of those who were purged were registered within days, by the lower bound of ten years of age.
pub fn ages(tx: &mut Tx<'_>, of: &Of, from: Date, to: Date) -> Result<Vec<(i32, i64)>, Error> {
    tx.query(
        sql!(
            "SELECT p.age_group, CAST(sum(p.cases) AS bigint)
             FROM jurisdictions j JOIN purged_counts p ON p.health_center_id = j.id
             WHERE j.path >= $1 AND j.path < $2 AND p.kind = 'registered' AND p.day >= $3 AND p.day <= $4
                AND ($5 = '' OR p.programme = $5)
             GROUP BY p.age_group"
        ),
        &[&of.below.from, &of.below.to, &from, &to, &of.programme],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// How many of those who were purged were registered within days at each center.
pub fn by_center(
    tx: &mut Tx<'_>,
    of: &Of,
    from: Date,
    to: Date,
) -> Result<Vec<(HealthCenterId, String, i64)>, Error> {
    tx.query(
        sql!(
            "SELECT j.id, j.name, CAST(sum(p.cases) AS bigint)
             FROM jurisdictions j JOIN purged_counts p ON p.health_center_id = j.id
             WHERE j.path >= $1 AND j.path < $2 AND p.kind = 'registered' AND p.day >= $3 AND p.day <= $4
                AND ($5 = '' OR p.programme = $5)
             GROUP BY j.id, j.name"
        ),
        &[&of.below.from, &of.below.to, &from, &to, &of.programme],
        |row| {
            Ok((
                HealthCenterId::from_uuid(row.get(0)?),
                row.get(1)?,
                row.get(2)?,
            ))
        },
    )
}

/// Of those who were purged: how many were registered within days, by center, programme, day and the middle of the ten
/// years of age.
pub fn registered_leaves(tx: &mut Tx<'_>, of: &Of, days: (Date, Date)) -> Result<Vec<Leaf>, Error> {
    leaves(tx, of, "registered", days)
}

/// Of those who were purged: how many fell ill within days, by center, programme and day.
pub fn onset_leaves(tx: &mut Tx<'_>, of: &Of, days: (Date, Date)) -> Result<Vec<Leaf>, Error> {
    leaves(tx, of, "onset", days)
}

fn leaves(
    tx: &mut Tx<'_>,
    of: &Of,
    kind: &str,
    (from, to): (Date, Date),
) -> Result<Vec<Leaf>, Error> {
    tx.query(
        sql!(
            "SELECT p.health_center_id, p.programme, p.day, p.age_group, p.cases
             FROM jurisdictions j JOIN purged_counts p ON p.health_center_id = j.id
             WHERE j.path >= $1 AND j.path < $2 AND p.kind = $3 AND p.day >= $4 AND p.day <= $5
                AND ($6 = '' OR p.programme = $6)"
        ),
        &[
            &of.below.from,
            &of.below.to,
            &kind,
            &from,
            &to,
            &of.programme,
        ],
        |row| {
            let (day, group): (Date, i32) = (row.get(2)?, row.get(3)?);
            Ok(Leaf {
                center: HealthCenterId::from_uuid(row.get(0)?),
                programme: row.get(1)?,
                day,
                birthdate: (kind == "registered").then(|| day.saturating_sub((group + 5).years())),
                count: row.get(4)?,
            })
        },
    )
}

/// The alerts of those who were purged, of hours between two moments, as of the full hour, and how many of each.
pub fn alerts(
    tx: &mut Tx<'_>,
    of: &Of,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(AlertTimes, i64)>, Error> {
    tx.query(
        sql!(
            "SELECT p.health_center_id, p.programme, p.raised_at, p.minutes, CAST(sum(p.alerts) AS bigint)
             FROM jurisdictions j JOIN purged_alerts p ON p.health_center_id = j.id
             WHERE j.path >= $1 AND j.path < $2 AND p.raised_at >= $3 AND p.raised_at < $4
                AND ($5 = '' OR p.programme = $5)
             GROUP BY p.health_center_id, p.programme, p.raised_at, p.minutes"
        ),
        &[
            &of.below.from,
            &of.below.to,
            &At(from),
            &At(to),
            &of.programme,
        ],
        |row| {
            let hour = row.at(2)?;
            let alert = AlertTimes {
                center: HealthCenterId::from_uuid(row.get(0)?),
                programme: row.get(1)?,
                birthdate: None,
                raised_at: hour,
                taken_at: Some(hour + SignedDuration::from_mins(row.get(3)?)),
            };
            Ok((alert, row.get(4)?))
        },
    )
}
