//! Releasing many of a list at once: those of whom all is known that the rule asks for, each as on the page of one person and
//! with a decision of their own. Whoever lacks something is left to somebody who looks at them alone.

use super::{Deciding, Known, Release, ReleaseReview, SeenLines, TypedRelease, write_release};
use crate::contact_log::last_reached;
use crate::monitoring::{Decide, TypedDecision, WorkItem};
use crate::{Error, StaffDesk};
use domain::ids::{CaseId, HealthCenterId};
use domain::monitoring::{ContactOutcome, MonitoringStatus};
use domain::staff_role::Right;
use domain::status_report::Answer;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use storage::monitoring as rows;
use storage::status_report::{self as reports, ReportRow};

/// From this many tenths of a degree Celsius on somebody has a fever.
const FEVER: i32 = 375;

/// Somebody who was chosen to be released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToRelease {
    /// The case.
    pub case: CaseId,
    /// The version that was looked at; none where nothing was looked at yet.
    pub seen: Option<i32>,
    /// The calls, visits and notes that were looked at.
    pub lines: Option<SeenLines>,
}

/// Somebody of whom all is known, and whose isolation is over by the rule.
#[derive(Clone)]
pub struct Releasable {
    /// Who.
    pub item: WorkItem,
    /// The last day of the isolation, as it is calculated.
    pub last_day: Date,
    /// The version of what was looked at.
    pub version: i32,
    /// The calls, visits and notes, for the form that decides.
    pub lines: SeenLines,
    review: ReleaseReview,
    typed: TypedRelease,
}

/// Why somebody is not released among many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotReleased {
    /// By the rule the isolation lasts until this day.
    NotOver(Date),
    /// No report says that the symptoms improved, or the latest one says that they are there.
    NotImproved,
    /// There is no rule yet.
    NoRule,
    /// The person is in hospital, where others look after them and nobody reports.
    InHospital,
    /// No onset is noted, though there were symptoms: somebody has to note the day on which the person fell ill.
    NoOnset,
    /// An ambulance was called, and nobody has spoken with them since.
    AmbulanceCalled,
    /// Somebody has spoken with them after their last report: what they said then no report tells.
    CalledSince,
    /// The person stands among those to be watched, as by their silence, or a call is planned.
    LookedAtAlone,
    /// An alert is open.
    AlertIsOpen,
    /// The person is followed no longer: somebody has released them already, or they have died.
    NotFollowed,
    /// Something changed since the page was shown.
    ChangedMeanwhile,
}

/// Who would be released, and who would not.
#[derive(Clone, Default)]
pub struct Releases {
    /// Those whom the rule releases.
    pub ready: Vec<Releasable>,
    /// The others, each with why not.
    pub left: Vec<(WorkItem, NotReleased)>,
    /// How many are not among the people of the center: another one follows them, or their record is part of another one.
    pub gone: usize,
    /// Those who were released just now, each with the version since.
    pub released: Vec<(WorkItem, i32)>,
}

/// What came of taking releases back.
#[derive(Clone)]
pub enum TakeReleasesBack {
    /// It was done as far as it could be.
    Done {
        /// So many are followed again as they were before.
        done: usize,
        /// Of these nothing was changed, because somebody has decided since.
        left: Vec<WorkItem>,
        /// As [`Releases::gone`].
        gone: usize,
    },
    /// It is not said why.
    NoReason {
        /// Those who were chosen, each with the version that was looked at.
        chosen: Vec<(WorkItem, i32)>,
        /// As [`Releases::gone`].
        gone: usize,
    },
    /// There is no such center.
    NoSuchCenter,
}

/// What came of releasing many.
#[derive(Clone)]
pub enum ReleaseMany {
    /// So many were released, and these were not.
    Released(usize, Releases),
    /// It is not said why.
    NoReason,
    /// There is no such center.
    NoSuchCenter,
}

impl Releasable {
    /// The time zone of the center that follows the person.
    pub fn time_zone(&self) -> &TimeZone {
        &self.review.member.center.time_zone
    }
}

impl StaffDesk {
    /// Whether a report says that the person has no symptoms any more: each question was answered with No, no sign was ticked,
    /// and the temperature was measured. One that the person calls wrong says nothing.
    fn says_well(&self, report: &ReportRow) -> Result<bool, Error> {
        let read = self.app.read_report(report.clone())?;
        Ok(read.wrong.is_none()
            && report.level == 0
            && report.temperature.is_some_and(|tenths| tenths < FEVER)
            && read.answers.iter().all(|(_, said)| *said == Answer::No))
    }

    /// Whether a report tells of a symptom: a fever, a question answered with Yes, or values that are not calm. One that the
    /// person calls wrong tells nothing.
    fn tells_symptoms(&self, report: &ReportRow) -> Result<bool, Error> {
        let read = self.app.read_report(report.clone())?;
        Ok(read.wrong.is_none()
            && (report.level > 0
                || report.temperature.is_some_and(|tenths| tenths >= FEVER)
                || read.answers.iter().any(|(_, said)| *said == Answer::Yes)))
    }

    /// Since when all reports of somebody say that they have no symptoms; `None` where the latest does not, or there is none.
    /// `all`: the latest measurement first.
    fn well_since(
        &self,
        all: &[ReportRow],
        (begun, zone): (Date, &TimeZone),
    ) -> Result<Option<Timestamp>, Error> {
        let mut since = None;
        for report in all.iter().filter(|one| one.in_error.is_none()) {
            let is_of_illness = report.measured_at.to_zoned(zone.clone()).date() >= begun;
            if !is_of_illness || !self.says_well(report)? {
                break;
            }
            since = Some(report.measured_at);
        }
        Ok(since)
    }

    /// Whether one of many can be released, calculated as on the page of one person from what is known.
    async fn releasable(
        &self,
        item: &WorkItem,
        seen: Option<&ToRelease>,
    ) -> Result<Result<Releasable, NotReleased>, Error> {
        let case = item.case;
        let found = self
            .app
            .db()
            .read(move |tx| {
                let alert = storage::alerts::open_of_case(tx, case)?;
                let beside = (alert, SeenLines::of(tx, case)?, last_reached(tx, case)?);
                let Some(row) = rows::find(tx, case)? else {
                    return Ok(None);
                };
                let known = Known::of(tx, &row)?;
                Ok(Some(((row, known), reports::of_case(tx, case)?, beside)))
            })
            .await?;
        let Some(((row, known), reports, (alert, lines, called))) = found else {
            return Ok(Err(NotReleased::ChangedMeanwhile));
        };
        if !item.monitoring.status.is_open() {
            return Ok(Err(NotReleased::NotFollowed));
        }
        let is_as_seen = |seen: &ToRelease| {
            seen.seen.is_none_or(|version| version == row.version)
                && seen.lines.is_none_or(|seen| seen == lines)
        };
        if !seen.is_none_or(is_as_seen) {
            return Ok(Err(NotReleased::ChangedMeanwhile));
        }
        if alert.is_some() {
            return Ok(Err(NotReleased::AlertIsOpen));
        }
        // In hospital nobody reports: what was told before says nothing about now.
        if !item.monitoring.status.expects_reports() {
            return Ok(Err(NotReleased::InHospital));
        }
        let center = self.app.center(item.monitoring.center).await?;
        let zone = &center.time_zone;
        // Whoever has no onset and has told of symptoms fell ill on a day from which the days count anew.
        if item.onset_on.is_none() {
            for report in reports.iter().filter(|one| one.in_error.is_none()) {
                if self.tells_symptoms(report)? {
                    return Ok(Err(NotReleased::NoOnset));
                }
            }
        }
        let begun = item.onset_on.unwrap_or(item.diagnosed_on);
        let Some(since) = self.well_since(&reports, (begun, zone))? else {
            return Ok(Err(NotReleased::NotImproved));
        };
        let typed = TypedRelease {
            improved_at: since
                .to_zoned(zone.clone())
                .strftime("%Y-%m-%dT%H:%M")
                .to_string(),
            version: row.version,
            lines: Some(lines),
            known: Some(known),
            ..TypedRelease::default()
        };
        let Some((review, problems)) = self.release_review(case, &typed).await? else {
            return Ok(Err(NotReleased::ChangedMeanwhile));
        };
        let Some(calculation) = &review.calculation else {
            return Ok(Err(NotReleased::NoRule));
        };
        let Some(last_day) = calculation.last_day.filter(|_| problems.is_empty()) else {
            return Ok(Err(NotReleased::NotImproved));
        };
        if !review.is_over {
            return Ok(Err(NotReleased::NotOver(last_day)));
        }
        let counting = reports.iter().filter(|one| one.in_error.is_none());
        let reported_at = counting.map(|one| one.received_at).max();
        match called {
            Some((_, ContactOutcome::Ambulance)) => {
                return Ok(Err(NotReleased::AmbulanceCalled));
            }
            Some((at, _)) if reported_at.is_none_or(|reported| reported < at) => {
                return Ok(Err(NotReleased::CalledSince));
            }
            _ => {}
        }
        if row.urgency > 0 || row.next_call_at.is_some() {
            return Ok(Err(NotReleased::LookedAtAlone));
        }
        if review.version != row.version {
            return Ok(Err(NotReleased::ChangedMeanwhile));
        }
        Ok(Ok(Releasable {
            item: item.clone(),
            last_day,
            version: row.version,
            lines,
            review,
            typed,
        }))
    }

    /// Who of those that were chosen in a center's list would be released; `None` where there is no such center.
    pub async fn releases(
        &self,
        center: Option<HealthCenterId>,
        chosen: &[ToRelease],
    ) -> Result<Option<Releases>, Error> {
        self.needs(Right::Follow)?;
        let Some(center) = self.center_in_reach(center).await? else {
            return Ok(None);
        };
        let mut chosen = chosen.to_vec();
        chosen.sort_by_key(|one| one.case);
        chosen.dedup_by_key(|one| one.case);
        let cases: Vec<CaseId> = chosen.iter().map(|one| one.case).collect();
        let items = self.chosen(center.id, cases).await?;
        let mut found = Releases {
            gone: chosen.len() - items.len(),
            ..Releases::default()
        };
        for item in items {
            let seen = chosen.iter().find(|one| one.case == item.case);
            match self.releasable(&item, seen).await? {
                Ok(ready) => found.ready.push(ready),
                Err(why) => found.left.push((item, why)),
            }
        }
        Ok(Some(found))
    }

    /// Releases those of them whom the rule releases, all in one transaction and each with a decision that keeps its
    /// calculation. Whoever was looked at and is not as they were is left.
    pub async fn release_many(
        &self,
        center: Option<HealthCenterId>,
        chosen: &[ToRelease],
        reason: &str,
    ) -> Result<ReleaseMany, Error> {
        let Some(mut found) = self.releases(center, chosen).await? else {
            return Ok(ReleaseMany::NoSuchCenter);
        };
        let Some(reason) = super::reason_of(reason) else {
            return Ok(ReleaseMany::NoReason);
        };
        let all: Vec<Deciding> = found
            .ready
            .iter()
            .map(|one| self.deciding(&one.review, &one.typed, &reason))
            .collect();
        let (app, scope, now) = (self.app.clone(), self.scope(), self.app.clock.now());
        let done = self
            .app
            .db()
            .write(move |tx| {
                // Whoever decides about one of them this very moment is waited for.
                rows::hold_all(tx, all.iter().map(|one| one.case).collect())?;
                let mut done = Vec::new();
                for one in &all {
                    done.push(write_release(&app, tx, (&scope, one), now)?);
                }
                Ok(done)
            })
            .await?;
        let mut released = 0;
        for (one, done) in found.ready.drain(..).zip(done) {
            let why = match done {
                Release::Released => {
                    released += 1;
                    // A decision counts the version up by one.
                    found.released.push((one.item, one.version + 1));
                    continue;
                }
                Release::NoSuchCase => {
                    found.gone += 1;
                    continue;
                }
                Release::AlertIsOpen => NotReleased::AlertIsOpen,
                Release::NotFollowed => NotReleased::NotFollowed,
                Release::ChangedMeanwhile | Release::Problems(_) => NotReleased::ChangedMeanwhile,
            };
            found.left.push((one.item, why));
        }
        Ok(ReleaseMany::Released(released, found))
    }

    /// Takes releases back that were decided by mistake: who stands as they were released is followed again where they were
    /// before, each with a decision of their own. `chosen`: each with the version of the release.
    pub async fn take_releases_back(
        &self,
        center: Option<HealthCenterId>,
        chosen: &[(CaseId, i32)],
        reason: &str,
    ) -> Result<TakeReleasesBack, Error> {
        self.needs(Right::Follow)?;
        let Some(center) = self.center_in_reach(center).await? else {
            return Ok(TakeReleasesBack::NoSuchCenter);
        };
        let mut cases: Vec<CaseId> = chosen.iter().map(|(case, _)| *case).collect();
        cases.sort();
        cases.dedup();
        let many = cases.len();
        let items = self.chosen(center.id, cases).await?;
        let mut gone = many - items.len();
        let seen = |item: &WorkItem| {
            let one = chosen.iter().find(|(case, _)| *case == item.case);
            one.map_or(0, |(_, version)| *version)
        };
        let Some(reason) = super::reason_of(reason) else {
            let items = items.into_iter();
            return Ok(TakeReleasesBack::NoReason {
                chosen: items.map(|item| (item.clone(), seen(&item))).collect(),
                gone,
            });
        };
        let (mut done, mut left) = (0, Vec::new());
        for item in items {
            let m = &item.monitoring;
            let typed = TypedDecision {
                status: self.status_before_release(item.case).await?,
                risks: m.risks.clone(),
                assigned_to: m.assigned_to.map(|id| id.to_string()).unwrap_or_default(),
                reason: reason.clone(),
                version: seen(&item),
                ..TypedDecision::default()
            };
            // Whom a colleague has opened again, or who has died since, stays as they are.
            let is_released = m.status == MonitoringStatus::Released;
            let mut decided = match is_released {
                true => self.decide(item.case, &typed).await?,
                false => Decide::ChangedMeanwhile,
            };
            if matches!(decided, Decide::Problems(_)) {
                // Whoever they were given to is not in the team any more: nobody has them, which the lists show.
                let nobodys = TypedDecision {
                    assigned_to: String::new(),
                    ..typed
                };
                decided = self.decide(item.case, &nobodys).await?;
            }
            match decided {
                Decide::Decided => done += 1,
                Decide::NoSuchCase => gone += 1,
                _ => left.push(item),
            }
        }
        Ok(TakeReleasesBack::Done { done, left, gone })
    }

    /// Where somebody was before they were released last.
    async fn status_before_release(&self, case: CaseId) -> Result<String, Error> {
        let following = self.following_of(case).await?;
        let lines = following.map_or_else(Vec::new, |following| following.corrections);
        let decision = lines.into_iter().find(|line| line.calculation.is_some());
        let mut before = decision.into_iter().flat_map(|line| line.before);
        let status = before.find(|(name, _)| name == "status");
        Ok(status.map_or_else(
            || MonitoringStatus::Unknown.word().to_owned(),
            |(_, word)| word.expose().clone(),
        ))
    }
}
