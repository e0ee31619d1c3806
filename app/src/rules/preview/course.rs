//! Whom a rule of a course would make more or less urgent.

use super::{Changed, Preview};
use crate::course::level;
use crate::staff::NewStaff;
use crate::{Error, StaffDesk};
use domain::course::CourseRules;
use domain::questionnaire::Silenced;
use domain::rules::RuleFile;
use domain::urgency::Level;
use std::collections::BTreeMap;
use storage::case_registration as cases;
use storage::monitoring;

/// How many followed people a preview looks at.
const MOST: usize = 2_000;

/// How many of those that would change it names.
const NAMED: usize = 10;

impl StaffDesk {
    /// Looks at the people whom the rule will judge: of its disease, at the centers that have none of their own, as many of
    /// each as there is room for.
    pub(super) async fn course_preview(
        &self,
        rules: CourseRules,
        new: &RuleFile,
        silenced: Vec<Silenced>,
    ) -> Result<Preview, Error> {
        let mut centers: Vec<_> = self.centers().await?.iter().map(|c| c.id).collect();
        let (book, which) = (
            self.app.inner.rules.book(),
            (new.kind, new.programme.as_str()),
        );
        centers.retain(|center| {
            let both = (self.place, NewStaff::place_of(*center));
            !book.does_not_reach(which, both, new.valid_from)
        });
        let programme = new.programme.clone();
        let (app, now) = (self.app.clone(), self.app.clock.now());
        let (looked_at, changed) = self
            .app
            .db()
            .read_at_length(move |tx| {
                let mut all = Vec::new();
                for (at, center) in centers.iter().enumerate() {
                    // What a small center leaves is for those after it.
                    let room = MOST.saturating_sub(all.len()).div_ceil(centers.len() - at);
                    let room = i64::try_from(room).unwrap_or(i64::MAX);
                    all.extend(monitoring::reporting(tx, *center, &programme, room)?);
                }
                let mut changed = Vec::new();
                let mut looked_at = 0;
                for case in &all {
                    let (Some(row), Some(followed)) =
                        (cases::by_id(tx, *case)?, monitoring::find(tx, *case)?)
                    else {
                        continue;
                    };
                    looked_at += 1;
                    let reports = crate::course::reports_looked_at(tx, *case)?;
                    let Some(latest) = reports.first() else {
                        continue;
                    };
                    let before = crate::course::measured_before(&reports, 0);
                    let course = app
                        .course_by(&rules, &row, (latest, &before), &followed.risks)
                        .map_err(|e| storage::Error::Broken(e.to_string()))?;
                    let course =
                        crate::silence::as_it_would_be(tx, &rules, course, (&row, latest), now)?;
                    let before = level(followed.urgency);
                    if course.level != before {
                        changed.push(Changed {
                            case: *case,
                            hersys_id: row.hersys_id.clone(),
                            before,
                            after: course.level,
                        });
                    }
                }
                Ok((looked_at, changed))
            })
            .await?;
        let mut moves: BTreeMap<(i32, i32), (Level, Level, usize)> = BTreeMap::new();
        for one in &changed {
            let key = (one.before.number(), one.after.number());
            moves.entry(key).or_insert((one.before, one.after, 0)).2 += 1;
        }
        Ok(Preview::Course {
            looked_at,
            moves: moves.into_values().rev().collect(),
            some: changed.into_iter().take(NAMED).collect(),
            silenced,
        })
    }
}
