//! Silence: whoever is to report and does not becomes more urgent by the dated rules of the programme, and somebody of
//! whom there was reason to worry becomes an alert. A timer looks at those who are due; a report, or a call that reached
//! the person, ends it.
//!
//! The morning after an outage must not bury the nurses in alerts about people who could not report. So the looking
//! itself leaves a mark, and after a gap in those marks (the service stood still, or has just begun) nobody's silence is
//! an alert for a while. They stand in the worklist as silent all the same.

use crate::clock::Clock;
use crate::course::{Because, CLOCKS_DIFFER, age_on, at_risk, days_on, read_reasons, refresh};
use crate::place_settings::following;
use crate::rules::mark::{read_mark, with_mark};
use crate::{App, Error, SystemDesk};
use domain::course::{AtRisk, Course, CourseRules, HeardBy, Measurement, Quiet, Stage, Why};
use domain::health_day::health_day;
use domain::ids::{AlertId, CaseId, HealthCenterId};
use domain::monitoring::MonitoringStatus;
use domain::urgency::Level;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::alerts::{self, AlertRow};
use storage::case_registration::{self as cases, CaseRow};
use storage::monitoring::MonitoringRow;
use storage::settings;
use storage::silence::{self as rows, QuietRow, Silenced};
use storage::status_report::{PAPER, ReportRow};

/// How many people one transaction looks at: none holds the others up for long.
const RUN: i64 = 200;
/// How many runs follow each other before the other timers have their turn. Most who are due have reported meanwhile and
/// are put off: a day after a morning in which 2,000 a second reported, as many are due.
const RUNS: usize = 100;
/// Whoever's silence comes no further is looked at again after this: the rules may have changed.
const AGAIN: SignedDuration = SignedDuration::from_hours(6);
/// Longer than this between two looks means that the service stood still.
const GAP: SignedDuration = SignedDuration::from_mins(15);
/// How long people have after that to report, before their silence is an alert.
pub const SETTLE: SignedDuration = SignedDuration::from_hours(3);
/// A mark is left this often, not at each look: it is a write.
const MARK_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// Nobody is looked at later than this: the longest silence that rules can allow, and some room for clocks that differ.
const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);
/// So many alerts about a silence may wait at a center while people become one whom nobody has reached yet: 300 who were
/// imported in one morning must not bury the nurses the next. The others stand on top of the worklist meanwhile, as urgent, and
/// follow as alerts are taken.
pub const ROOM: i64 = 10;
/// Who found no room is looked at again after this.
const ROOM_AGAIN: SignedDuration = SignedDuration::from_mins(10);
const NAME: &str = "silence.looked";

/// When somebody looked last, and from when on a silence is an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Looked {
    last: Timestamp,
    alerts_from: Timestamp,
}

impl Looked {
    fn read(text: &[u8]) -> Option<Looked> {
        let text = std::str::from_utf8(text).ok()?;
        let (last, from) = text.split_once(' ')?;
        let moment = |text: &str| Timestamp::from_second(text.parse().ok()?).ok();
        Some(Looked {
            last: moment(last)?,
            alerts_from: moment(from)?,
        })
    }

    fn written(self) -> String {
        format!("{} {}", self.last.as_second(), self.alerts_from.as_second())
    }

    /// Whether nobody looked for a while. A mark of a moment to come is none: whoever left it had a clock that was ahead.
    fn stood_still(self, now: Timestamp) -> bool {
        now.duration_since(self.last).abs() > GAP
    }

    /// What the mark says from now on; `before`: what it said.
    fn now(before: Option<Looked>, now: Timestamp) -> Looked {
        let stood_still = before.is_none_or(|mark| mark.stood_still(now));
        Looked {
            last: now,
            alerts_from: match before {
                Some(mark) if !stood_still => mark.alerts_from,
                _ => now + SETTLE,
            },
        }
    }
}

/// Since when nothing was heard of somebody.
fn quiet_since(row: &QuietRow) -> Timestamp {
    let heard = row
        .latest
        .map_or(row.registered_at, |(_, received)| received);
    heard.max(row.heard_since)
}

/// How somebody can be heard of.
fn heard_by(row: &QuietRow) -> HeardBy {
    match (row.is_known, row.heard_since > Timestamp::UNIX_EPOCH) {
        (true, _) => HeardBy::Reports,
        (false, true) => HeardBy::Calls,
        (false, false) => HeardBy::Nothing,
    }
}

fn says_silent(reasons: &[Why]) -> bool {
    reasons.iter().any(|why| matches!(why, Why::Silent { .. }))
}

/// What the reports of a row say, without a silence that was added to them: by the level of the latest report alone, that over
/// the course, and whether the person got worse.
fn without_silence((level, urgency): (i32, i32), worsening: bool, reasons: &[Why]) -> Course {
    if !says_silent(reasons) {
        return Course {
            level: Level::from_number(urgency),
            worsening,
            reasons: reasons.to_vec(),
        };
    }
    let of_reports = Level::from_number(level);
    Course {
        level: if worsening {
            of_reports.max(Level::Watch)
        } else {
            of_reports
        },
        worsening,
        reasons: reasons
            .iter()
            .filter(|why| !matches!(why, Why::Silent { .. }))
            .cloned()
            .collect(),
    }
}

/// How urgent the reports of a case made it as it stood, without a silence that was added to them.
pub(crate) fn level_of_reports(stood: &MonitoringRow) -> Level {
    let levels = (stood.level, stood.urgency);
    without_silence(levels, stood.worsening, &read_reasons(&stood.reasons)).level
}

/// When to look next after a report that was received at a moment.
pub(crate) fn look_after(rules: &CourseRules, person: &AtRisk, received: Timestamp) -> Timestamp {
    rules.silence.map_or(received + AGAIN, |silence| {
        silence.begins(received, rules.is_at_risk(person))
    })
}

/// Who somebody is today, as far as rules ask.
fn person_of(row: &QuietRow, today: Date) -> AtRisk {
    AtRisk {
        age: age_on(row.birthdate, today),
        days: days_on(row.birthdate, today),
        conditions: row.risks.clone(),
    }
}

/// Puts somebody among those without an account who are to be called first, or among the others, right when what counts for
/// it has changed: whoever calls them goes by the list now, not by the next look.
pub(crate) fn put_in_order(app: &App, tx: &mut Tx<'_>, case: CaseId) -> Result<(), storage::Error> {
    let Some(row) = rows::of_case(tx, case)? else {
        return Ok(());
    };
    let today = app.today();
    let (rules, _) = app
        .course_rules(&row.programme, row.center, today)
        .map_err(|error| storage::Error::Broken(error.to_string()))?;
    let call_first =
        heard_by(&row) == HeardBy::Nothing && rules.is_at_risk(&person_of(&row, today));
    match call_first == row.call_first {
        true => Ok(()),
        false => rows::call_first(tx, &row, call_first),
    }
}

/// A look at those who are due, in one transaction.
struct Look<'a> {
    app: &'a App,
    now: Timestamp,
    today: Date,
    alerts_from: Timestamp,
}

impl Look<'_> {
    /// Looks at one; tells whether it became an alert.
    fn at(&self, tx: &mut Tx<'_>, row: &QuietRow) -> Result<bool, storage::Error> {
        let broken = |error: Error| storage::Error::Broken(error.to_string());
        let now = self.now;
        let (rules, _) = self
            .app
            .course_rules(&row.programme, row.center, self.today)
            .map_err(broken)?;
        let person = person_of(row, self.today);
        let quiet = Quiet {
            since: quiet_since(row),
            by: heard_by(row),
            last: row.latest.map(|(at, _)| Measurement {
                at,
                temperature: row.temperature,
                spo2: row.spo2,
                // No matter here: it is only told what was measured.
                is_called_wrong: false,
            }),
            person: &person,
        };
        let is_unreached = quiet.by == HeardBy::Nothing;
        let call_first = is_unreached && rules.is_at_risk(&person);
        if call_first != row.call_first {
            rows::call_first(tx, row, call_first)?;
        }
        let reasons = read_reasons(&row.reasons);
        let course = without_silence((row.level, row.urgency), row.worsening, &reasons);
        let (mut stage, mut next) = rules.silence_of(&course, &quiet, now);
        let was_told = row.told_at >= quiet.since;
        if stage == Stage::Alert && !was_told && now < self.alerts_from {
            (stage, next) = (Stage::Silent, Some(self.alerts_from));
        }
        let mut becomes_alert = stage == Stage::Alert && !was_told;
        if becomes_alert && is_unreached && rows::count_waiting(tx, row.center, ROOM)? >= ROOM {
            (becomes_alert, next) = (false, Some(now + ROOM_AGAIN));
        }
        let look_at = next
            .unwrap_or(now + AGAIN)
            .clamp(now + SignedDuration::from_secs(1), now + LONGEST);
        if stage == Stage::Heard {
            if says_silent(&reasons) {
                self.end(tx, row, look_at)?;
            } else {
                rows::look_again(tx, row, look_at)?;
            }
            return Ok(false);
        }
        let silenced = rules.with_silence(course, &quiet, stage);
        // What was raised stays raised: a silence makes nobody less urgent.
        let urgency = silenced.level.number().max(row.urgency);
        if urgency == row.urgency && silenced.reasons == reasons && !becomes_alert {
            rows::look_again(tx, row, look_at)?;
            return Ok(false);
        }
        let reasons = serde_json::to_value(&silenced.reasons)
            .and_then(|reasons| match read_mark(&row.reasons) {
                Some(mark) => with_mark(reasons, mark),
                None => Ok(reasons),
            })
            .map_err(|e| storage::Error::Broken(format!("reasons cannot be stored: {e}")))?;
        let set = Silenced {
            urgency,
            reasons: &reasons,
            look_at,
            told_at: if becomes_alert { now } else { row.told_at },
        };
        // Somebody wrote in between: the next look sees what they wrote.
        if !rows::set(tx, row, &set, now)? || !becomes_alert {
            return Ok(false);
        }
        // Where an alert is open already, somebody is asked to look as it is; taking it from whoever has it would tell
        // them nothing new.
        if alerts::open_of_case(tx, row.case)?.is_some() {
            return Ok(false);
        }
        self.raise(tx, row, reasons, urgency)?;
        Ok(true)
    }

    /// Something was heard: the row says again what the reports say.
    fn end(
        &self,
        tx: &mut Tx<'_>,
        row: &QuietRow,
        look_at: Timestamp,
    ) -> Result<(), storage::Error> {
        if row.latest.is_none() {
            let nothing = Silenced {
                urgency: 0,
                reasons: &serde_json::Value::Array(Vec::new()),
                look_at,
                told_at: row.told_at,
            };
            rows::set(tx, row, &nothing, self.now)?;
            return Ok(());
        }
        if let Some(case) = cases::by_id(tx, row.case)? {
            let unused = AlertId::from_uuid(self.app.new_uuid());
            rows::look_again(tx, row, look_at)?;
            refresh(self.app, tx, &case, Because::Reckoned, unused, self.now)?;
        }
        Ok(())
    }

    fn raise(
        &self,
        tx: &mut Tx<'_>,
        row: &QuietRow,
        reasons: serde_json::Value,
        urgency: i32,
    ) -> Result<(), storage::Error> {
        let now = self.now;
        let wait = following(tx, row.center, now)?.tell_center_after;
        alerts::raise(
            tx,
            &AlertRow::new(
                AlertId::from_uuid(self.app.new_uuid()),
                (row.center, row.case, None),
                (urgency, reasons),
                (now, now + SignedDuration::from_mins(wait)),
            ),
        )
    }
}

impl SystemDesk {
    /// Whoever is said to have been heard of on a day to come, since a clock was ahead, would be missed by nobody until then.
    async fn hear_by_today(&self, now: Timestamp) -> Result<(), Error> {
        let db = self.app.db();
        let ahead = centers_ahead(db, now).await?;
        // Whose clock the server does not share decides nothing.
        if ahead.is_empty() || !self.clock_is_the_servers(now).await? {
            return Ok(());
        }
        // In the hours in which the clock has gone evenly nothing was heard, or it would stand there.
        let (mut people, heard) = (0, now - SETTLE);
        for (center, zone, today) in ahead {
            let heard_on = health_day(heard, &zone);
            let begin = today.to_zoned(zone).map_or(heard, |day| day.timestamp());
            let measured = heard.min(begin - SignedDuration::from_secs(1));
            people += db
                .write(move |tx| {
                    let last = (heard_on, heard);
                    rows::heard_at_the_latest(tx, center, today, last, (measured, now))
                })
                .await?;
        }
        if people > 0 {
            tracing::warn!(
                people,
                "were heard of on a day that is still to come: a clock was ahead. They count as heard of three hours ago"
            );
        }
        Ok(())
    }

    /// Whether this machine's clock is that of the database server, where there is one.
    async fn clock_is_the_servers(&self, now: Timestamp) -> Result<bool, Error> {
        if matches!(self.app.clock, Clock::Standing(_)) {
            return Ok(true);
        }
        let server = self.app.db().read(storage::sight::server).await?;
        Ok(server.is_none_or(|server| now.duration_since(server.clock).abs() <= CLOCKS_DIFFER))
    }

    /// Looks at everybody whose silence may have come further by now, some at a time. Tells how many became an alert.
    pub async fn watch_silence(&self) -> Result<usize, Error> {
        let app = self.app.clone();
        let now = app.clock.now();
        let db = app.db();
        let mark = db.read(|tx| settings::get(tx, NAME)).await?;
        let before = mark.as_deref().and_then(Looked::read);
        let mark = Looked::now(before, now);
        if before.is_none_or(|before| now.duration_since(before.last).abs() >= MARK_EVERY) {
            let text = mark.written().into_bytes();
            db.write(move |tx| {
                settings::set(tx, NAME, &text)?;
                rows::bring_back(tx, now + LONGEST, now)
            })
            .await?;
            // Not by a clock that has only just been set: it may be that one which is wrong.
            if now >= mark.alerts_from {
                self.hear_by_today(now).await?;
            }
        }
        let mut raised = 0;
        for _ in 0..RUNS {
            let (looking, today) = (app.clone(), app.today());
            let (looked_at, alerts) = db
                .write(move |tx| {
                    let look = Look {
                        app: &looking,
                        now,
                        today,
                        alerts_from: mark.alerts_from,
                    };
                    let mut due = rows::due(tx, now, RUN)?;
                    // The eldest first, as long as there is room for alerts about people whom nobody has reached.
                    due.sort_by_key(|row| (row.is_known, row.birthdate));
                    let mut raised = 0;
                    for row in &due {
                        raised += usize::from(look.at(tx, row)?);
                    }
                    Ok((due.len(), raised))
                })
                .await?;
            raised += alerts;
            if looked_at < usize::try_from(RUN).unwrap_or(usize::MAX) {
                break;
            }
        }
        if raised > 0 {
            tracing::warn!(
                raised,
                "nothing was heard of people for long, and they are alerts now"
            );
        }
        Ok(raised)
    }
}

/// The centers that have heard of somebody on a day to come, with their time zone and their own day, as only a clock that was
/// ahead does.
///
/// # Errors
/// Where it cannot be read.
pub async fn centers_ahead(
    db: &storage::Db,
    now: Timestamp,
) -> Result<Vec<(HealthCenterId, TimeZone, Date)>, Error> {
    let mut ahead = Vec::new();
    for name in db.read(rows::zones).await? {
        let zone = TimeZone::get(&name)
            .map_err(|_| Error::broken(format!("a time zone of centers: {name}")))?;
        let today = health_day(now, &zone);
        let centers = db
            .read(move |tx| rows::centers_ahead(tx, &name, today))
            .await?;
        let of = |center| (center, zone.clone(), today);
        ahead.extend(centers.into_iter().map(of));
    }
    Ok(ahead)
}

/// A silence that is seen already, put on a course that was reckoned anew: what a colleague changes does not make
/// somebody look as if they had been heard of.
pub(crate) fn still(
    rules: &CourseRules,
    course: Course,
    quiet: &Quiet<'_>,
    (told_at, now): (Timestamp, Timestamp),
) -> Course {
    let (stage, _) = rules.silence_of(&course, quiet, now);
    let stage = if told_at >= quiet.since {
        stage
    } else {
        stage.min(Stage::Silent)
    };
    rules.with_silence(course, quiet, stage)
}

/// A course with the silence that rules which may not hold yet would see in it.
pub(crate) fn as_it_would_be(
    tx: &mut Tx<'_>,
    rules: &CourseRules,
    course: Course,
    (case, latest): (&CaseRow, &ReportRow),
    now: Timestamp,
) -> Result<Course, storage::Error> {
    let Some(followed) = storage::monitoring::find(tx, case.id)? else {
        return Ok(course);
    };
    let status = MonitoringStatus::parse(&followed.status);
    if !status.is_some_and(MonitoringStatus::expects_reports) {
        return Ok(course);
    }
    let known = rows::known(tx, case.id)?;
    let (risks, heard_since) = (known.risks, known.heard_since);
    let person = at_risk(case, latest, &risks);
    let heard_at = latest.heard_at().max(heard_since);
    let quiet = Quiet {
        since: followed.received_at.map_or(heard_at, |at| at.max(heard_at)),
        by: HeardBy::Reports,
        last: Some(Measurement {
            at: latest.in_order_at(),
            temperature: latest.temperature,
            spo2: latest.spo2,
            is_called_wrong: latest.wrong_at.is_some(),
        }),
        person: &person,
    };
    let (stage, _) = rules.silence_of(&course, &quiet, now);
    Ok(rules.with_silence(course, &quiet, stage))
}

/// What a report that has come ends: an alert about silence that nobody has taken. What was written on paper before the
/// silence was told ends nothing: nobody knows yet how the person is.
pub(crate) fn ends_with_report(
    tx: &mut Tx<'_>,
    report: &ReportRow,
    told_at: Timestamp,
    now: Timestamp,
) -> Result<(), storage::Error> {
    let is_older = report.channel == PAPER && report.heard_at() <= told_at;
    if told_at > Timestamp::UNIX_EPOCH && !is_older {
        rows::end_alert(tx, report.case, now)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_in_the_looking_puts_alerts_off_and_steady_looking_does_not() {
        let start: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let minutes = |n: i64| start + SignedDuration::from_mins(n);
        let first = Looked::now(None, start);
        assert_eq!(first.alerts_from, start + SETTLE);
        let second = Looked::now(Some(first), minutes(15));
        assert_eq!(second.alerts_from, first.alerts_from);
        let after_gap = Looked::now(Some(second), minutes(31));
        assert_eq!(after_gap.alerts_from, minutes(31) + SETTLE);
        assert_eq!(
            Looked::read(after_gap.written().as_bytes()),
            Some(after_gap)
        );
        assert_eq!(Looked::read(b"nonsense"), None);
    }

    #[test]
    fn a_clock_that_was_ahead_for_a_moment_puts_no_alerts_off_for_days() {
        let start: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let ahead = start + SignedDuration::from_hours(48);
        let left = Looked {
            last: ahead,
            alerts_from: ahead + SETTLE,
        };
        assert_eq!(
            Looked::now(Some(left), start),
            Looked {
                last: start,
                alerts_from: start + SETTLE
            }
        );
    }
}
