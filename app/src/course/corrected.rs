//! What a corrected report, or one that is left as it was, is taken back or counts again, does to the alert of its case. An alert
//! tells of the reports that made it, whichever of them was corrected: a milder value takes it from nobody and starts no clock
//! anew, and only what is worse than anybody was told is told.

use super::taken_back::silence_stood_behind;
use super::told::Told;
use super::{LOOK_BACK, courses, heard_last, json, raise};
use crate::App;
use crate::place_settings::following;
use crate::rules::mark::JudgedBy;
use domain::course::Course;
use domain::ids::{AlertId, ReportId, StaffId};
use domain::urgency::Level;
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::alerts::{self, AlertRow, Reassessed};
use storage::case_registration::CaseRow;
use storage::status_report::{self as reports, ReportRow};

/// What became of a report.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Became {
    /// It says something else.
    Corrected,
    /// It says what it said, and nobody calls it wrong any more: others are compared with it again.
    Upheld,
    /// It counts no more.
    TakenBack,
    /// It counts again.
    PutBack,
}

/// A correction of a report.
pub(super) struct Correction<'c> {
    /// The reports that are looked back at as they are now, the latest measurement first; where an alert that tells of older
    /// ones is open, all of them.
    pub(super) rows: &'c [ReportRow],
    /// What became of one of them.
    pub(super) became: Became,
    /// What that one said before; of one that counts again, what it says.
    pub(super) stood: &'c ReportRow,
    /// What puts the person at risk.
    pub(super) risks: &'c [String],
}

impl Correction<'_> {
    /// Changes, raises or ends the alert of the case.
    pub(super) fn settle(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        case: &CaseRow,
        by: StaffId,
        (id, now): (AlertId, Timestamp),
    ) -> Result<(), storage::Error> {
        let Some(open) = alerts::open_of_case(tx, case.id)? else {
            // Older than all that is looked back at: it changes no course.
            let is_gone = self.became == Became::TakenBack;
            if !is_gone && self.rows.iter().all(|row| row.id != self.stood.id) {
                return Ok(());
            }
            return self.raise_if_worse(app, tx, case, (id, now));
        };
        if self.rows.len() < LOOK_BACK {
            return self.reassess(app, tx, case, by, (&open, now));
        }
        // An alert that is open for long tells of reports that no course looks back at any more. They are no less alarming
        // for that: all are read, so that none is lost at the edge.
        let all = reports::latest_of_case(tx, case.id, usize::MAX)?;
        app.know_questionnaires(tx, &all)?;
        let of_all = Correction {
            rows: &all,
            ..*self
        };
        of_all.reassess(app, tx, case, by, (&open, now))
    }

    /// The reports as they were before the correction, the latest measurement first.
    fn as_they_stood(&self) -> Vec<ReportRow> {
        let mut stood: Vec<ReportRow> = self.rows.to_vec();
        let is_among = stood.iter().any(|row| row.id == self.stood.id);
        stood.retain(|row| row.id != self.stood.id);
        if match self.became {
            Became::Corrected | Became::Upheld => is_among,
            Became::TakenBack => true,
            Became::PutBack => false,
        } {
            stood.push(self.stood.clone());
        }
        storage::status_report::sorted(stood)
    }

    /// Whether it is this correction by which the report of an alert is calm: the corrected one itself, or one that was
    /// alarming beside what the corrected one said. Risks may have changed since: no alert ends because of these.
    fn calmed(
        &self,
        app: &App,
        case: &CaseRow,
        report: Option<ReportId>,
    ) -> Result<bool, storage::Error> {
        // One that was left as it was is itself as alarming as it was.
        if report == Some(self.stood.id) && self.became != Became::Upheld {
            return Ok(true);
        }
        let stood = self.as_they_stood();
        let Some(at) = stood.iter().position(|row| Some(row.id) == report) else {
            return Ok(false);
        };
        Ok(courses(app, case, &stood, self.risks)?[at]
            .0
            .level
            .is_danger())
    }

    /// The levels that the courses up to each report had before the correction.
    fn levels_before(
        &self,
        app: &App,
        case: &CaseRow,
    ) -> Result<Vec<(ReportId, Level)>, storage::Error> {
        let stood = self.as_they_stood();
        let before = courses(app, case, &stood, self.risks)?;
        let levels = before.iter().map(|(course, _)| course.level);
        Ok(stood.iter().map(|row| row.id).zip(levels).collect())
    }

    /// Whether the corrected report is one of which the alert tells since: what somebody has answered stays answered, unless the
    /// correction made it worse.
    fn is_told_since(
        &self,
        app: &App,
        case: &CaseRow,
        told: &Told,
        courses: &[(Course, JudgedBy)],
    ) -> Result<bool, storage::Error> {
        let mut found = self.rows.iter().zip(courses);
        let Some((row, (course, _))) = found.find(|(row, _)| row.id == self.stood.id) else {
            return Ok(false);
        };
        if !told.is_answered(row) {
            return Ok(true);
        }
        // What counts again says what it said as it was answered.
        Ok(self.became == Became::Corrected
            && course.level.is_danger()
            && is_worse_than(&self.levels_before(app, case)?, row, course))
    }

    /// Nobody is told at present: somebody is, where the correction made a report alarming that was not, or worse than it
    /// was. That is the corrected one, or the latest, whose course it changes.
    fn raise_if_worse(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        case: &CaseRow,
        (id, now): (AlertId, Timestamp),
    ) -> Result<(), storage::Error> {
        let before = self.levels_before(app, case)?;
        let now_is = courses(app, case, self.rows, self.risks)?;
        let worse = self
            .rows
            .iter()
            .zip(&now_is)
            .enumerate()
            .filter(|(at, (row, _))| *at == 0 || row.id == self.stood.id)
            .map(|(_, one)| one)
            .filter(|(row, (course, _))| {
                course.level.is_danger() && is_worse_than(&before, row, course)
            })
            .max_by_key(|(_, (course, _))| course.level);
        let Some((row, (course, judged_by))) = worse else {
            return Ok(());
        };
        // What somebody has answered says nothing else now than as it came.
        if self.became == Became::Upheld
            && alerts::last_answered(tx, case.id)?.is_some_and(|at| at >= row.received_at)
        {
            return Ok(());
        }
        let said = (course.level, json(course, judged_by)?);
        raise(tx, case, (row.id, row.received_at), said, (id, now))
    }

    /// The alert that is open tells what its reports say now.
    fn reassess(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        case: &CaseRow,
        by: StaffId,
        (open, now): (&AlertRow, Timestamp),
    ) -> Result<(), storage::Error> {
        let courses = courses(app, case, self.rows, self.risks)?;
        let told = Told::of(tx, open)?;
        let is_told_since = self.is_told_since(app, case, &told, &courses)?;
        let told_of = |row: &ReportRow| told.tells(row) || row.id == self.stood.id && is_told_since;
        let alarming: Vec<(&ReportRow, &(Course, JudgedBy))> = self
            .rows
            .iter()
            .zip(&courses)
            .filter(|(row, (course, _))| told_of(row) && course.level.is_danger())
            .collect();
        let is_of_a_report = open
            .report
            .is_some_and(|id| id == self.stood.id || self.rows.iter().any(|row| row.id == id));
        let Some((latest, _)) = alarming.first() else {
            // Nothing of what the alert told is so, and whoever corrected it has looked at it. One about silence stays, and so
            // does what a notification says.
            if is_of_a_report && self.calmed(app, case, open.report)? {
                match open.notified {
                    Some(_) => alerts::only_notified(tx, open.id)?,
                    None => {
                        if alerts::end_as_corrected(tx, open.id, by, open.version, now)? {
                            silence_stood_behind(tx, case, heard_last(self.rows), now)?;
                        }
                    }
                }
            }
            return Ok(());
        };
        let highest = alarming
            .iter()
            .map(|(_, (course, _))| course.level)
            .max()
            .unwrap_or_default();
        let was = Level::from_number(open.level);
        let is_worse = highest > was;
        if !is_of_a_report && !is_worse {
            return Ok(());
        }
        let (course, judged_by) = alarming
            .iter()
            .find(|(_, (course, _))| course.level == highest)
            .map_or(&courses[0], |(_, one)| *one);
        // Reports that turned out calm are not counted any more.
        let count = i32::try_from(alarming.len()).unwrap_or(i32::MAX);
        let fewer = count < open.times;
        let recounted = fewer || self.became == Became::PutBack;
        let tell_again_at = if is_worse && open.taken_by != Some(by) {
            let wait = following(tx, case.center, now)?.tell_center_after;
            Some(now + SignedDuration::from_mins(wait))
        } else {
            None
        };
        let says = Reassessed {
            report: latest.id,
            level: highest.number(),
            reasons: json(course, judged_by)?,
            times: if recounted { count } else { open.times },
            since: alarming.iter().map(|(row, _)| row.received_at).min(),
            last_at: if recounted {
                latest.received_at
            } else {
                open.last_at
            },
            tell_again_at,
        };
        alerts::reassess(tx, open.id, &says)
    }
}

/// Whether a course is worse than the one up to the same report was; one that did not count was not alarming.
fn is_worse_than(before: &[(ReportId, Level)], row: &ReportRow, course: &Course) -> bool {
    let was = before.iter().find(|(id, _)| *id == row.id);
    was.is_none_or(|(_, was)| course.level > *was)
}
