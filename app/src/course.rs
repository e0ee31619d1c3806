//! How urgent a case is over its course, kept in its latest state, and the alert that an alarming report raises. Every
//! way in which a report can come or change ends here.

mod changed;
mod corrected;
pub(crate) mod parted;
mod taken_back;
mod told;

pub(crate) use taken_back::silence_goes_on;

use crate::place_settings::following;
use crate::rules::mark::{JudgedBy, with_mark};
use crate::{App, Error, silence};
use domain::course::{AtRisk, Course, CourseRules, HeardBy, Measurement, Quiet, Why, look};
use domain::ids::{AlertId, CaseId, ReportId};
use domain::status_report::{Answers, Measured};
use domain::urgency::{Assessment, Level, assess};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use storage::alerts::{self, AlertRow};
use storage::case_registration::CaseRow;
use storage::monitoring::{self, Latest};
use storage::silence::{Held, Known};
use storage::status_report::{
    self as reports, Measured as MeasuredBefore, MeasuredRow, PAPER, ReportRow,
};
use storage::{Asked, Tx};

/// How many reports the course looks back at: one each hour for as long as a rule may ask for, which is a fever of thirty days. With
/// fewer a rule could never hold for whoever reports often.
const LOOK_BACK: usize = 31 * 24;

/// The reports of a case that its course looks back at, the latest measurement first.
pub(crate) fn reports_looked_at(
    tx: &mut Tx<'_>,
    case: CaseId,
) -> Result<Vec<ReportRow>, storage::Error> {
    reports::latest_of_case(tx, case, LOOK_BACK)
}

/// When a report of somebody was heard last, whichever of them was measured last: what was measured yesterday and is told today
/// is a word of today.
pub(crate) fn heard_last(reports: &[ReportRow]) -> Option<Timestamp> {
    reports.iter().map(ReportRow::heard_at).max()
}

/// The day of the latest report that nobody calls wrong, of some of which the latest comes first. What is called wrong may be
/// somebody else's values: the person is asked for their own, as if it had not come. When it was heard stays so: the family has
/// written, and somebody of the center looks at it.
fn told_on(reports: &[ReportRow]) -> Option<Date> {
    let told = reports.iter().find(|one| one.wrong_at.is_none());
    let eve = |first: &ReportRow| first.health_day.yesterday().unwrap_or(first.health_day);
    told.map(|one| one.health_day)
        .or_else(|| reports.last().map(eve))
}

/// How far the clocks of processes may differ before one of them counts as wrong.
pub(crate) const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// Whoever says so long after measuring tells of earlier, not of now.
const OF_NOW: SignedDuration = SignedDuration::from_hours(6);

/// The moment before which came whatever a clock that was ahead has dated after a report: the last one before the report was
/// measured, so that it is the latest and the others are among what was measured before it. One that tells of much earlier says
/// nothing of how somebody is now; then what is known is only when it came.
fn just_before(came: &ReportRow) -> Timestamp {
    let is_of_now = came.received_at.duration_since(came.measured_at) <= OF_NOW;
    let at = match is_of_now {
        true => came.measured_at.min(came.received_at),
        false => came.received_at,
    };
    at - SignedDuration::from_secs(1)
}

/// What is looked at of a course: the latest report whole, and of those before it what was measured.
struct Looked {
    latest: ReportRow,
    before: Vec<Measurement>,
    /// All of them whole, where that was needed.
    rows: Vec<ReportRow>,
}

/// What a look at a course asks ahead: what is known of the case, which nobody else changes from then on, and for a report
/// that came what was measured before.
pub(crate) struct Look {
    held: Held,
    measured: Option<Asked<MeasuredRow>>,
}

impl Look {
    /// Two reports at once follow each other: the later one sees the earlier one. Whatever is asked about the case after
    /// this stays so until the transaction ends: whoever gives it to another center, or makes it part of another record, holds
    /// it first.
    pub(crate) fn ask(
        tx: &mut Tx<'_>,
        case: CaseId,
        report_came: bool,
    ) -> Result<Look, storage::Error> {
        let held = Held::ask(tx, case)?;
        let measured = match report_came {
            true => Some(reports::ask_measured(tx, case)?),
            false => None,
        };
        Ok(Look { held, measured })
    }

    /// The answers.
    pub(crate) fn seen(self, tx: &mut Tx<'_>) -> Result<Seen, storage::Error> {
        Ok(Seen {
            known: self.held.known(tx)?,
            measured: match self.measured {
                Some(measured) => Some(MeasuredBefore::from(measured.all(tx)?)),
                None => None,
            },
        })
    }
}

/// What a look at a course has seen.
pub(crate) struct Seen {
    known: Known,
    measured: Option<MeasuredBefore>,
}

impl Seen {
    /// Whether a report stands already.
    pub(crate) fn has(&self, report: ReportId) -> bool {
        self.measured.as_ref().is_some_and(|all| all.has(report))
    }
}

impl Looked {
    fn read(
        tx: &mut Tx<'_>,
        case: CaseId,
        measured: Option<MeasuredBefore>,
        because: Because<'_>,
    ) -> Result<Option<Looked>, storage::Error> {
        if let (Because::Came(came), Some(measured)) = (because, measured) {
            let ahead = came.received_at + CLOCKS_DIFFER;
            if measured.any_dated_after(came.id, ahead) {
                // Whatever they say, they came before this one, which otherwise would count as an old one until that day.
                let many = reports::came_before(tx, (case, came.id), ahead, just_before(came))?;
                tracing::warn!(
                    many,
                    "reports are dated after one that came later: the clock of this process, or of another one, is or was wrong"
                );
                return Looked::whole(tx, case);
            }
            // Most often it is the latest, and then nothing else is read whole: this is done with every report. What stands on
            // paper was heard before it is written down, and another one may have been heard since.
            if came.channel != PAPER
                && let Some(before) = measured.before(came, LOOK_BACK - 1)
            {
                let before = before.iter().map(|one| Measurement {
                    at: one.in_order_at(),
                    temperature: one.temperature,
                    spo2: one.spo2,
                    is_called_wrong: one.is_called_wrong,
                });
                return Ok(Some(Looked {
                    latest: came.clone(),
                    before: before.collect(),
                    rows: Vec::new(),
                }));
            }
        }
        Looked::whole(tx, case)
    }

    /// All that is looked back at, read whole.
    fn whole(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<Looked>, storage::Error> {
        let rows = reports_looked_at(tx, case)?;
        Ok(rows.first().cloned().map(|latest| Looked {
            latest,
            before: measured_before(&rows, 0),
            rows,
        }))
    }
}

fn measurement(row: &ReportRow) -> Measurement {
    Measurement {
        at: row.in_order_at(),
        temperature: row.temperature,
        spo2: row.spo2,
        is_called_wrong: row.wrong_at.is_some(),
    }
}

/// What was measured before one of some reports, of which the latest comes first.
pub(crate) fn measured_before(rows: &[ReportRow], at: usize) -> Vec<Measurement> {
    rows[at + 1..].iter().map(measurement).collect()
}

pub(crate) fn broken(error: Error) -> storage::Error {
    storage::Error::Broken(error.to_string())
}

/// The age in years on a day.
pub fn age_on(birthdate: Date, day: Date) -> i32 {
    day.since((jiff::Unit::Year, birthdate))
        .map_or(0, |span| i32::from(span.get_years()))
}

/// The age in days on a day; nobody is younger than none.
pub fn days_on(birthdate: Date, day: Date) -> i32 {
    day.since(birthdate)
        .map_or(0, |span| span.get_days().max(0))
}

/// The reasons as they were stored.
pub(crate) fn read_reasons(reasons: &serde_json::Value) -> Vec<Why> {
    // A reason that an earlier release wrote and this one does not know is left out; the level stays.
    reasons
        .as_array()
        .map(|all| {
            all.iter()
                // Beside the reasons stands by which rules they were found; it is none of them.
                .filter(|one| one.get("why").is_some())
                .filter_map(|one| Why::deserialize(one).ok())
                .collect()
        })
        .unwrap_or_default()
}

/// Who the person was on the day of a report, as far as rules ask.
pub(crate) fn at_risk(case: &CaseRow, row: &ReportRow, risks: &[String]) -> AtRisk {
    AtRisk {
        age: age_on(case.birthdate, row.health_day),
        days: days_on(case.birthdate, row.health_day),
        conditions: risks.to_vec(),
    }
}

impl App {
    /// What a stored report says by itself, by the rules of the questionnaire that it answered.
    fn assess_row(&self, row: &ReportRow) -> Result<Assessment, Error> {
        let stored = self.inner.questionnaires.by_id(row.questionnaire)?;
        let measured = |value: Option<i32>| value.map_or(Measured::NotMeasured, Measured::Value);
        let answers = Answers {
            temperature: measured(row.temperature),
            spo2: measured(row.spo2),
            symptoms: row
                .answers
                .clone()
                .all(&stored.questions)
                .into_iter()
                .collect(),
            note: String::new(),
        };
        Ok(assess(&stored.questionnaire, &answers))
    }

    /// The course up to a report, after what was measured before it, and the rules by which it was judged: those that
    /// hold at the case's center on the day of that report.
    fn course_at(
        &self,
        case: &CaseRow,
        row: &ReportRow,
        before: &[Measurement],
        risks: &[String],
    ) -> Result<(Course, JudgedBy), Error> {
        let (rules, course) = self.course_rules(&case.programme, case.center, row.health_day)?;
        let answered = self.inner.questionnaires.by_id(row.questionnaire)?;
        let judged_by = JudgedBy {
            course,
            questionnaire: answered.questionnaire.valid_from,
            answered: Some(answered.id),
        };
        Ok((
            self.course_by(&rules, case, (row, before), risks)?,
            judged_by,
        ))
    }

    /// Whether the course of the latest of some reports, which come latest first, is a danger, or a greater one, only beside one
    /// of those before it.
    fn is_worse_beside(
        &self,
        case: &CaseRow,
        rows: &[ReportRow],
        one: &ReportRow,
        (course, risks): (&Course, &[String]),
    ) -> Result<bool, Error> {
        let Some((latest, before)) = rows.split_first() else {
            return Ok(false);
        };
        if !course.level.is_danger() {
            return Ok(false);
        }
        let others = before.iter().filter(|row| row.id != one.id);
        let others: Vec<Measurement> = others.map(measurement).collect();
        let (without, _) = self.course_at(case, latest, &others, risks)?;
        Ok(course.level > without.level)
    }

    /// The course by rules that may not hold yet.
    pub(crate) fn course_by(
        &self,
        rules: &CourseRules,
        case: &CaseRow,
        (row, before): (&ReportRow, &[Measurement]),
        risks: &[String],
    ) -> Result<Course, Error> {
        let person = at_risk(case, row, risks);
        Ok(look(
            rules,
            &self.assess_row(row)?,
            &measurement(row),
            before,
            &person,
        ))
    }
}

/// Why a case is looked at anew.
#[derive(Clone, Copy)]
pub(crate) enum Because<'r> {
    /// A report came.
    Came(&'r ReportRow),
    /// A report was corrected: what it said before, and by whom.
    Corrected(&'r ReportRow, domain::ids::StaffId),
    /// A report that the person called wrong was left as it was: what stood until then, and by whom.
    Upheld(&'r ReportRow, domain::ids::StaffId),
    /// A report was taken back as entered in error: what it says, and by whom.
    TakenBack(&'r ReportRow, domain::ids::StaffId),
    /// A report that was taken back counts again, by whom, and since when it had not counted.
    PutBack(&'r ReportRow, domain::ids::StaffId, Timestamp),
    /// Something else that the course depends on was changed: the birthdate, the conditions, what the person calls wrong. Whoever
    /// did so may not read health answers, so somebody is told where it makes the person alarming.
    Changed,
    /// It is only reckoned anew: what it depends on stays, or whoever follows the person changes it and sees what comes of it.
    Reckoned,
}

/// The reasons of a course as they are stored, with the rules by which it was judged.
fn json(course: &Course, judged_by: &JudgedBy) -> Result<serde_json::Value, storage::Error> {
    serde_json::to_value(&course.reasons)
        .and_then(|reasons| with_mark(reasons, *judged_by))
        .map_err(|e| storage::Error::Broken(format!("reasons cannot be stored: {e}")))
}

/// Brings the latest state of a case up to date with its reports, and raises, changes or ends its alert.
pub(crate) fn refresh(
    app: &App,
    tx: &mut Tx<'_>,
    case: &CaseRow,
    because: Because<'_>,
    alert: AlertId,
    now: Timestamp,
) -> Result<(), storage::Error> {
    let look = Look::ask(tx, case.id, matches!(because, Because::Came(_)))?;
    let seen = look.seen(tx)?;
    refresh_by(app, tx, seen, case, because, (alert, now))
}

/// The same by what was seen; a report that came is stored.
pub(crate) fn refresh_by(
    app: &App,
    tx: &mut Tx<'_>,
    seen: Seen,
    case: &CaseRow,
    because: Because<'_>,
    (alert, now): (AlertId, Timestamp),
) -> Result<(), storage::Error> {
    let known = seen.known;
    let Some(looked) = Looked::read(tx, case.id, seen.measured, because)? else {
        if let Because::TakenBack(stood, by) = because {
            app.know_questionnaires(tx, std::slice::from_ref(stood))?;
            let reached = crate::contact_log::reached(app, tx, case.id)?;
            let reached_on = reached.map(|(_, day)| day);
            storage::in_error::nothing_reported(tx, case.id, reached_on, now)?;
            return taken_back::settle(app, tx, case, (&[], stood, &known.risks), by, (alert, now));
        }
        return silence::put_in_order(app, tx, case.id);
    };
    let first = &looked.latest;
    let heard_at = heard_last(&looked.rows).map_or(first.heard_at(), |at| at.max(first.heard_at()));
    app.know_questionnaires(tx, std::slice::from_ref(first))?;
    app.know_questionnaires(tx, &looked.rows)?;
    let (risks, told_at) = (known.risks, known.told_at);
    let first_course = app
        .course_at(case, first, &looked.before, &risks)
        .map_err(broken)?;
    let judged_by = &first_course.1;
    let (rules, _) = app
        .course_rules(&case.programme, case.center, first.health_day)
        .map_err(broken)?;
    let person = at_risk(case, first, &risks);
    let course = &match because {
        Because::Came(_) => first_course.0.clone(),
        _ => {
            let quiet = Quiet {
                since: heard_at.max(known.heard_since),
                by: HeardBy::Reports,
                last: Some(measurement(first)),
                person: &person,
            };
            let course = first_course.0.clone();
            silence::still(&rules, course, &quiet, (told_at, now))
        }
    };
    let look_at = silence::look_after(&rules, &person, heard_at.max(known.heard_since));
    let latest = Latest {
        report: first.id,
        measured_at: first.in_order_at(),
        received_at: heard_at,
        heard_on: told_on(&looked.rows).unwrap_or(first.health_day),
        temperature: first.temperature,
        spo2: first.spo2,
        level: first.level,
        urgency: course.level.number(),
        worsening: course.worsening,
        reasons: json(course, judged_by)?,
        silence_look_at: Some(look_at).filter(|at| *at < known.look_at),
    };
    let added = match because {
        Because::Came(_) | Because::PutBack(..) => 1,
        Because::TakenBack(..) => -1,
        Because::Corrected(..) | Because::Upheld(..) | Because::Changed | Because::Reckoned => 0,
    };
    let stood = match because {
        Because::Changed => monitoring::find(tx, case.id)?,
        _ => None,
    };
    monitoring::set_latest(tx, (case.id, known.center), &latest, added, now)?;
    let changed = match because {
        Because::Came(row) => row,
        Because::Corrected(stood, by) => {
            let about = (looked.rows.as_slice(), stood, risks.as_slice());
            if taken_back::is_about_silence_again(app, tx, case, about)? {
                return Ok(());
            }
            let correction = corrected::Correction {
                rows: &looked.rows,
                became: corrected::Became::Corrected,
                stood,
                risks: &risks,
            };
            return correction.settle(app, tx, case, by, (alert, now));
        }
        Because::Upheld(stood, by) => {
            let upheld = corrected::Correction {
                rows: &looked.rows,
                became: corrected::Became::Upheld,
                stood,
                risks: &risks,
            };
            return upheld.settle(app, tx, case, by, (alert, now));
        }
        Because::TakenBack(stood, by) => {
            app.know_questionnaires(tx, std::slice::from_ref(stood))?;
            let about = (looked.rows.as_slice(), stood, risks.as_slice());
            return taken_back::settle(app, tx, case, about, by, (alert, now));
        }
        Because::PutBack(back, by, since) => {
            let about = (looked.rows.as_slice(), back, risks.as_slice());
            let told = (told_at, since);
            return taken_back::settle_again(app, tx, case, about, (by, told), (alert, now));
        }
        Because::Changed => {
            return match stood {
                Some(stood) => {
                    changed::raise_if_worse(tx, case, &stood, (first, &first_course), (alert, now))
                }
                None => Ok(()),
            };
        }
        Because::Reckoned => return Ok(()),
    };
    // What the report itself means, at its place in the course: one that was measured yesterday and only arrives now
    // is as alarming as it was.
    let is_latest = changed.id == first.id;
    let own = if is_latest {
        first_course.clone()
    } else {
        match looked.rows.iter().position(|row| row.id == changed.id) {
            Some(at) => {
                let before = measured_before(&looked.rows, at);
                app.course_at(case, &looked.rows[at], &before, &risks)
            }
            // Older than all that is looked back at: it comes very late, or the clock was ahead. A danger is a danger.
            None => app.course_at(case, changed, &[], &risks),
        }
        .map_err(broken)?
    };
    // A calm report that came changes no alert about a report.
    silence::ends_with_report(tx, changed, told_at, now)?;
    // Beside what was measured before it, and is told only now, the latest may be a danger: in the usual order it would have been
    // told as it came.
    let is_latest_worse = !is_latest
        && app
            .is_worse_beside(
                case,
                &looked.rows,
                changed,
                (&first_course.0, risks.as_slice()),
            )
            .map_err(broken)?;
    let (about, said) = match is_latest_worse {
        true if first_course.0.level >= own.0.level => (first, &first_course),
        // Each under its own time: what is worse was measured earlier.
        true => (changed, &own),
        false => (changed, &own),
    };
    let (course, judged_by) = said;
    if !course.level.is_danger() {
        return Ok(());
    }
    let reasons = json(course, judged_by)?;
    // It tells of the latest as well, where that is a danger beside the other one.
    let since = match is_latest_worse {
        true => first.received_at.min(changed.received_at),
        false => about.received_at,
    };
    let told = (about.id, since);
    raise(tx, case, told, (course.level, reasons), (alert, now))
}

/// The courses up to each of some reports, of which the latest comes first.
fn courses(
    app: &App,
    case: &CaseRow,
    rows: &[ReportRow],
    risks: &[String],
) -> Result<Vec<(Course, JudgedBy)>, storage::Error> {
    let measured: Vec<Measurement> = rows.iter().map(measurement).collect();
    rows.iter()
        .enumerate()
        .map(|(at, row)| {
            let before = &measured[at + 1..];
            let before = &before[..before.len().min(LOOK_BACK - 1)];
            app.course_at(case, row, before, risks)
        })
        .collect::<Result<_, _>>()
        .map_err(broken)
}

/// Raises an alert about a report, or tells the open one anew, with when the earliest came of which it tells: that may be long
/// ago, and be alarming only now.
fn raise(
    tx: &mut Tx<'_>,
    case: &CaseRow,
    (report, since): (ReportId, Timestamp),
    (level, reasons): (Level, serde_json::Value),
    (alert, now): (AlertId, Timestamp),
) -> Result<(), storage::Error> {
    let wait = SignedDuration::from_mins(following(tx, case.center, now)?.tell_center_after);
    let raised = AlertRow::new(
        alert,
        (case.center, case.id, Some(report)),
        (level.number(), reasons),
        (now, now + wait),
    );
    let alert = AlertRow {
        tells_since: Some(since).filter(|came| *came < now),
        ..raised
    };
    alerts::raise(tx, &alert)
}

/// The level as it was stored.
pub(crate) fn level(number: i32) -> Level {
    Level::from_number(number)
}
