//! How a person is followed whose two records become one: a death that either knows of stands, whoever was followed under one
//! of them is followed on with the conditions of both, and where the person is says the record in which somebody wrote it last.

use super::Lines;
use crate::course::broken;
use crate::monitoring::is_inpatient;
use crate::{App, Error, StaffDesk};
use domain::ids::CaseId;
use domain::monitoring::MonitoringStatus;
use jiff::Timestamp;
use std::collections::BTreeMap;
use storage::Tx;
use storage::case_registration as cases;
use storage::corrections::{self, CorrectionRow};
use storage::merge::{Followed, MergeRow, Moved};
use storage::monitoring::{self, Decided, MonitoringRow};
use uuid::Uuid;

/// Where the person of a record is, and when somebody wrote that; none: nobody has since the registration, or nobody knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Where {
    status: MonitoringStatus,
    since: Option<Timestamp>,
}

/// How much somebody may lose who is wrongly taken to be at another place.
const fn weight(status: MonitoringStatus) -> u8 {
    match status {
        MonitoringStatus::Hospital => 3,
        MonitoringStatus::Hotel => 2,
        MonitoringStatus::Home => 1,
        _ => 0,
    }
}

/// Where a person is of whom two records tell; it does not matter which of them is kept.
fn joined(one: Where, other: Where) -> MonitoringStatus {
    let [a, b] = [one.status, other.status];
    if a == MonitoringStatus::Died || b == MonitoringStatus::Died {
        return MonitoringStatus::Died;
    }
    // Who is at home because nobody has ever said otherwise may be anywhere.
    let is_as_registered =
        |of: Where| of.since.is_none() && of.status == MonitoringStatus::default();
    match (a.is_open(), b.is_open(), one.since, other.since) {
        (true, false, ..) => a,
        (false, true, ..) => b,
        (_, _, Some(of_one), Some(of_other)) if of_one > of_other => a,
        (_, _, Some(of_one), Some(of_other)) if of_one < of_other => b,
        (_, _, Some(_), None) if is_as_registered(other) => a,
        (_, _, None, Some(_)) if is_as_registered(one) => b,
        _ if weight(b) > weight(a) => b,
        _ => a,
    }
}

fn read(word: &str) -> MonitoringStatus {
    MonitoringStatus::parse(word).unwrap_or(MonitoringStatus::Unknown)
}

/// When somebody last wrote where the person is. What a merge wrote that was undone since is no word of anybody's.
fn written_at(app: &App, lines: &[CorrectionRow]) -> Result<Option<Timestamp>, Error> {
    let of_status = |line: &&CorrectionRow| line.subject == "monitoring";
    let mut by_merges: BTreeMap<Uuid, usize> = BTreeMap::new();
    for merge in lines.iter().filter(of_status).filter_map(|l| l.subject_id) {
        *by_merges.entry(merge).or_default() += 1;
    }
    let is_undone = |line: &CorrectionRow| {
        line.subject_id
            .is_some_and(|merge| by_merges.get(&merge).is_some_and(|lines| *lines > 1))
    };
    let status = |sealed: &[u8]| -> Result<serde_json::Value, Error> {
        let text = app.keys().open_text("correction", sealed)?;
        let told: serde_json::Value = serde_json::from_str(text.expose())
            .map_err(|_| Error::broken("corrections: no map of texts"))?;
        Ok(told["status"].clone())
    };
    for line in lines.iter().filter(of_status) {
        if !is_undone(line) && status(&line.before_sealed)? != status(&line.after_sealed)? {
            return Ok(Some(line.at));
        }
    }
    Ok(None)
}

fn place(app: &App, tx: &mut Tx<'_>, row: &MonitoringRow) -> Result<Where, storage::Error> {
    let lines = corrections::of_case(tx, row.case)?;
    Ok(Where {
        status: read(&row.status),
        since: written_at(app, &lines).map_err(broken)?,
    })
}

/// When following a person ended of whom two records tell, where it has: as the record says whose end stands. Nobody dies twice,
/// so of two deaths the one that was known first; of two releases the later one, until which somebody was followed.
fn ended_of(
    status: MonitoringStatus,
    ends: [(MonitoringStatus, Option<Timestamp>); 2],
) -> Option<Timestamp> {
    let of_status = ends.into_iter().filter(|(at, _)| *at == status);
    let mut known = of_status.filter_map(|(_, at)| at);
    match status {
        MonitoringStatus::Died => known.min(),
        MonitoringStatus::Released => known.max(),
        _ => known.next().filter(|_| !status.is_open()),
    }
}

/// What the records brought of what puts the person at risk that are part of a record now.
fn brought(tx: &mut Tx<'_>, kept: CaseId) -> Result<Vec<String>, storage::Error> {
    let merges = storage::merge::of_kept(tx, kept)?.into_iter();
    let followed = merges.filter_map(|merge| merge.moved.followed);
    Ok(followed.flat_map(|was| was.risks).collect())
}

/// How the two records are followed before they become one.
pub(super) struct Both {
    merged: MonitoringRow,
    kept: MonitoringRow,
    status: MonitoringStatus,
    /// When following the kept one had ended, and when it has as both.
    ended: (Option<Timestamp>, Option<Timestamp>),
}

impl Both {
    /// Reads it; before anything moves, for what was written of each tells which is the later word.
    pub(super) fn read(
        app: &App,
        tx: &mut Tx<'_>,
        merged: CaseId,
        kept: CaseId,
    ) -> Result<Option<Both>, storage::Error> {
        let both = (monitoring::find(tx, merged)?, monitoring::find(tx, kept)?);
        let (Some(merged), Some(kept)) = both else {
            return Ok(None);
        };
        let status = joined(place(app, tx, &kept)?, place(app, tx, &merged)?);
        let mut end = |row: &MonitoringRow| -> Result<_, storage::Error> {
            let closed_at = monitoring::status(tx, row.case)?.and_then(|(_, at)| at);
            Ok((read(&row.status), closed_at))
        };
        let ends = [end(&kept)?, end(&merged)?];
        let had_ended = ends[0].1.filter(|_| !ends[0].0.is_open());
        Ok(Some(Both {
            merged,
            kept,
            status,
            ended: (had_ended, ended_of(status, ends)),
        }))
    }

    /// Writes how the kept one is followed from then on; tells what that changed.
    pub(super) fn join(
        self,
        app: &App,
        tx: &mut Tx<'_>,
        (lines, merge): (&Lines, Uuid),
        moved: &Moved,
    ) -> Result<Option<Followed>, storage::Error> {
        let Both {
            merged,
            kept,
            status,
            ended,
        } = self;
        // With the earlier call of both, which has moved already.
        let Some(stands) = monitoring::find(tx, kept.case)? else {
            return Ok(None);
        };
        if !status.is_open() {
            // Also what waits under the number of the other record, where nothing is decided because this one was closed before.
            storage::outbox::withdraw_all_about(tx, kept.case, lines.at)?;
        }
        let died = status == MonitoringStatus::Died;
        let goes_on = status.is_open() && !read(&kept.status).is_open();
        let mut risks = stands.risks.clone();
        let is_new = |risk: &&String| !stands.risks.contains(*risk);
        risks.extend(merged.risks.iter().filter(is_new).cloned());
        let is_more_at_risk = risks.len() > stands.risks.len();
        // What another one brought that became part of the kept one before is no word about the kept one either: it goes with the
        // last of those who say it.
        let before = brought(tx, kept.case)?;
        let brings = |risk: &String| is_new(&risk) || before.contains(risk);
        let added: Vec<String> = merged.risks.into_iter().filter(brings).collect();
        let mut decided = Decided {
            status: status.word().to_owned(),
            is_open: status.is_open(),
            expects_reports: status.expects_reports(),
            risks,
            assigned_to: stands.assigned_to.or(merged.assigned_to),
            next_call_at: stands.next_call_at.filter(|_| !died),
            review_from: match goes_on {
                true => moved.review_from,
                false => stands.review_from.filter(|_| !died),
            },
        };
        // By another rule where only the other record told of a hospital or a facility.
        let is_inpatient_now = is_inpatient(status, &decided.risks);
        if status.is_open()
            && is_inpatient_now != is_inpatient(read(&stands.status), &stands.risks)
            && let Some(row) = cases::by_id(tx, kept.case)?
        {
            let whose = (row.programme.as_str(), row.center);
            let days = (row.onset_on, row.diagnosed_on);
            let day = app.review_from(whose, days.0, days.1, row.is_contact, is_inpatient_now);
            decided.review_from = day.or(decided.review_from);
        }
        let is_other = decided.status != stands.status;
        let is_anothers = decided.assigned_to != stands.assigned_to;
        let ends_otherwise = ended.0 != ended.1;
        if !is_other && !is_anothers && !ends_otherwise && added.is_empty() {
            return Ok(None);
        }
        monitoring::decide(tx, kept.case, &decided, stands.version, lines.at)?;
        if is_other || is_more_at_risk {
            lines.write_status(app, tx, (kept.case, merge), (&stands, &decided))?;
        }
        if let Some(at) = ended.1 {
            monitoring::ended_at(tx, kept.case, at)?;
        }
        let uuid = |staff: domain::ids::StaffId| staff.uuid();
        Ok(Some(Followed {
            status: (stands.status, decided.status),
            assigned_to: (stands.assigned_to.map(uuid), decided.assigned_to.map(uuid)),
            next_call_at: kept.next_call_at,
            review_from: stands.review_from,
            ended: Some(ended),
            risks: added,
        }))
    }
}

/// Follows the kept record as it was before a merge that was undone. What somebody has decided since stays.
pub(super) fn part(
    app: &App,
    tx: &mut Tx<'_>,
    merge: &MergeRow,
    lines: &Lines,
) -> Result<(), storage::Error> {
    let kept = merge.kept;
    let (Some(was), Some(stands), Some(row)) = (
        merge.moved.followed.as_ref(),
        monitoring::find(tx, kept)?,
        cases::by_id(tx, kept)?,
    ) else {
        return Ok(());
    };
    let (before, after) = &was.status;
    let is_back = *after == stands.status && before != after;
    let status = read(if is_back { before } else { &stands.status });
    let assigned_to = stands.assigned_to.map(|staff| staff.uuid());
    let (looked_before, looks_since) = was.assigned_to;
    let died = is_back && read(after) == MonitoringStatus::Died;
    let whose = (row.programme.as_str(), row.center);
    // What came from the other record alone is of the other person; what somebody has ticked since, or notified, stays, and so does
    // what another record says that is part of the kept one still.
    let mut risks = stands.risks.clone();
    let still = brought(tx, kept)?;
    risks.retain(|risk| !was.risks.contains(risk) || still.contains(risk));
    let is_without = risks.len() < stands.risks.len();
    let is_inpatient_now = is_inpatient(status, &risks);
    // By the days as they stand by now.
    let reckoned = || {
        app.review_from(
            whose,
            row.onset_on,
            row.diagnosed_on,
            row.is_contact,
            is_inpatient_now,
        )
    };
    let is_by_another_rule =
        status.is_open() && is_inpatient_now != is_inpatient(read(&stands.status), &stands.risks);
    let decided = Decided {
        status: status.word().to_owned(),
        is_open: status.is_open(),
        expects_reports: status.expects_reports(),
        risks,
        assigned_to: match assigned_to == looks_since {
            true => looked_before.map(domain::ids::StaffId::from_uuid),
            false => stands.assigned_to,
        },
        next_call_at: match died {
            true => was.next_call_at,
            false => stands.next_call_at,
        },
        review_from: match is_back {
            true => was.review_from.and_then(|_| reckoned()),
            false if is_by_another_rule => reckoned().or(stands.review_from),
            false => stands.review_from,
        },
    };
    let stood_until = monitoring::status(tx, kept)?.and_then(|(_, at)| at);
    monitoring::decide(tx, kept, &decided, stands.version, lines.at)?;
    if is_back || is_without {
        lines.write_status(app, tx, (kept, merge.id), (&stands, &decided))?;
    }
    // Following it ended when it had before, where nobody has decided otherwise since.
    if let Some((Some(had_ended), since)) = was.ended
        && since == stood_until
        && !status.is_open()
    {
        monitoring::ended_again(tx, kept, had_ended)?;
    }
    Ok(())
}

impl StaffDesk {
    /// Where the person is said to be once two records in reach are one; none where they are not in reach, or say the same.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn where_as_one(
        &self,
        one: CaseId,
        other: CaseId,
    ) -> Result<Option<MonitoringStatus>, Error> {
        let (app, scope) = (self.app.clone(), self.scope());
        let db = self.app.db();
        Ok(db
            .read(move |tx| {
                if cases::find(tx, &scope, one)?.is_none()
                    || cases::find(tx, &scope, other)?.is_none()
                {
                    return Ok(None);
                }
                let both = Both::read(&app, tx, other, one)?;
                Ok(both
                    .filter(|both| both.kept.status != both.merged.status)
                    .map(|both| both.status))
            })
            .await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_word_stands_and_without_one_the_more_serious() {
        use MonitoringStatus::{Died, Home, Hospital, Hotel, Released, Unknown};
        let at = |n: i64| Some(Timestamp::from_second(n).unwrap());
        #[rustfmt::skip]
        let table = [
            ((Home,     at(2)), (Hospital, at(1)), Home),
            ((Home,     at(1)), (Hospital, at(2)), Hospital),
            ((Home,     at(1)), (Hospital, at(1)), Hospital),
            ((Home,     None),  (Hotel,    at(1)), Hotel),
            ((Home,     None),  (Unknown,  at(1)), Unknown),
            ((Hospital, None),  (Home,     at(1)), Hospital),
            ((Hotel,    None),  (Hospital, None),  Hospital),
            ((Hotel,    None),  (Home,     None),  Hotel),
            ((Released, at(9)), (Hotel,    at(1)), Hotel),
            ((Died,     at(1)), (Home,     at(9)), Died),
            ((Died,     None),  (Released, at(9)), Died),
        ];
        for ((a, of_a), (b, of_b), is) in table {
            let (one, other) = (
                Where {
                    status: a,
                    since: of_a,
                },
                Where {
                    status: b,
                    since: of_b,
                },
            );
            assert_eq!(joined(one, other), is, "{one:?} {other:?}");
            assert_eq!(joined(other, one), is, "{other:?} {one:?}");
        }
    }

    #[test]
    fn following_ended_when_the_record_says_whose_end_stands() {
        use MonitoringStatus::{Died, Home, Released};
        let at = |n: i64| Some(Timestamp::from_second(n).unwrap());
        #[rustfmt::skip]
        let table = [
            ((Released, at(1)), (Released, at(2)), Released, at(2)),
            ((Died,     at(1)), (Died,     at(2)), Died,     at(1)),
            ((Died,     at(1)), (Released, at(2)), Died,     at(1)),
            ((Died,     at(2)), (Home,     None),  Died,     at(2)),
            ((Released, at(1)), (Home,     None),  Home,     None),
            ((Released, None),  (Released, at(2)), Released, at(2)),
        ];
        for (one, other, status, ended) in table {
            assert_eq!(ended_of(status, [one, other]), ended, "{one:?} {other:?}");
            assert_eq!(ended_of(status, [other, one]), ended, "{other:?} {one:?}");
        }
    }
}
