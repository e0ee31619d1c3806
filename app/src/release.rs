//! The release review: how long somebody isolates by the dated rules, with the calculation shown. A day count never
//! releases anybody by itself: it proposes, somebody decides, and the decision keeps the calculation that it was made
//! with.

mod many;
mod seen;

use crate::audit::{self, with};
use crate::correction::CorrectionLine;
use crate::family::Member;
use crate::monitoring::{NOTE_LENGTH, is_inpatient, moment_of};
use crate::{App, Error, StaffDesk};
use domain::dates::parse_day;
use domain::health_day::health_day;
use domain::ids::{CaseId, HealthCenterId, StaffId};
use domain::isolation::{Calculation, Kind, Step};
use domain::monitoring::MonitoringStatus;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::Timestamp;
use jiff::civil::Date;
pub use many::{NotReleased, Releasable, ReleaseMany, Releases, TakeReleasesBack, ToRelease};
pub use seen::{Known, SeenLines};
use storage::Tx;
use storage::audit::AuditEntry;
use storage::case_registration::{Record, Scope};
use storage::corrections::CorrectionRow;
use storage::monitoring::{self as rows, Decided, ToReview, WorkRow};

/// What somebody typed about a release.
#[derive(Clone, Debug, Default)]
pub struct TypedRelease {
    /// When the symptoms improved, `YYYY-MM-DDTHH:MM` in the center's time zone; empty: not known, or not yet.
    pub improved_at: String,
    /// Whether the person is in hospital or lives in a facility for the elderly; where nothing is said, what the record says.
    pub inpatient: Option<bool>,
    /// The days of negative tests, with spaces or commas between them.
    pub negative_tests: String,
    /// Why the person is released.
    pub reason: String,
    /// Whether the person is released although an alert is open.
    pub despite_alert: bool,
    /// The version that was looked at.
    pub version: i32,
    /// The calls, visits and notes that were looked at; none where the form does not say.
    pub lines: Option<SeenLines>,
    /// The reports and the alert that were looked at; none where the form does not say.
    pub known: Option<Known>,
}

/// What the page shows.
#[derive(Clone)]
pub struct ReleaseReview {
    /// The person.
    pub member: Member,
    /// The calculation; none before the first rule of the programme.
    pub calculation: Option<Calculation>,
    /// Whether the isolation is over on the present day.
    pub is_over: bool,
    /// Whether it was calculated for somebody in hospital or in a facility.
    pub inpatient: bool,
    /// Whether the record says that they are: another calculation than that is warned of.
    pub inpatient_by_record: bool,
    /// Where the person is.
    pub status: MonitoringStatus,
    /// Counts changes by staff.
    pub version: i32,
    /// The calls, visits and notes, for the form that decides.
    pub lines: SeenLines,
    /// The reports and the alert, for the form that decides.
    pub known: Known,
}

/// What came of releasing.
#[derive(Clone)]
pub enum Release {
    /// The person is released.
    Released,
    /// The names of fields that cannot be read or lack something.
    Problems(Vec<&'static str>),
    /// An alert is open: whoever releases all the same says so.
    AlertIsOpen,
    /// The person is followed no longer: somebody has released them already, or they have died. Nothing was done.
    NotFollowed,
    /// Somebody else changed the case meanwhile, or wrote down a call, or the person has reported; nothing was done.
    ChangedMeanwhile,
    /// There is no such case.
    NoSuchCase,
}

impl App {
    /// The day on which a release is to be looked at: the day after the days of the rule are over. Whether the symptoms
    /// have improved is for whoever looks.
    pub(crate) fn review_from(
        &self,
        (programme, center): (&str, HealthCenterId),
        onset_on: Option<Date>,
        diagnosed_on: Date,
        is_contact: bool,
        is_inpatient: bool,
    ) -> Option<Date> {
        let (rule, _) = self.isolation_rule(programme, center, self.today())?;
        let (kind, zero) = kind_of((onset_on, diagnosed_on), is_contact, is_inpatient);
        rule.calculate(kind, zero, None, &[])
            .steps
            .iter()
            .find_map(|step| match step {
                Step::DaysFromZero { gives, .. } => gives.tomorrow().ok(),
                _ => None,
            })
    }

    /// The same of a case as it is followed.
    pub(crate) fn review_of(&self, one: &ToReview) -> Option<Date> {
        let status = MonitoringStatus::parse(&one.status).unwrap_or_default();
        self.review_from(
            (&one.programme, one.center),
            one.onset_on,
            one.diagnosed_on,
            one.is_contact,
            is_inpatient(status, &one.risks),
        )
    }

    /// Whether somebody was released before the days were over, as they are counted by now: day 0 was corrected since, and
    /// the days go on. They are counted for whoever the decision was made for: in hospital, or at home.
    pub(crate) fn released_too_soon(
        &self,
        work: &WorkRow,
        corrections: &[CorrectionLine],
    ) -> Option<TooSoon> {
        if work.monitoring.status != MonitoringStatus::Released.word() {
            return None;
        }
        let decision = corrections.iter().find(|line| line.calculation.is_some())?;
        let calculation = decision.calculation.as_ref()?;
        let counted_from = calculation.steps.iter().find_map(day_zero)?;
        let is_inpatient = calculation.kind == Kind::SymptomaticInpatient;
        let days = (work.onset_on, work.diagnosed_on);
        let (kind, begun) = kind_of(days, work.is_contact, is_inpatient);
        let whose = (work.programme.as_str(), work.monitoring.center);
        let free_from = self.review_from(whose, days.0, days.1, work.is_contact, is_inpatient)?;
        let released_on = health_day(decision.at, &self.zone());
        let goes_on = free_from > released_on && free_from > self.today();
        (counted_from != begun && goes_on).then_some(TooSoon {
            by_onset: matches!(kind, Kind::Symptomatic | Kind::SymptomaticInpatient),
            last_day: free_from.yesterday().unwrap_or(free_from),
            released_on,
        })
    }

    /// Gives every open case that has none the day of its release review: those of an earlier release of this program.
    pub(crate) async fn fill_reviews(&self) -> Result<(), Error> {
        let missing = self.db().read(rows::without_review).await?;
        let known: Vec<_> = missing
            .into_iter()
            .filter_map(|one| Some((one.case, self.review_of(&one)?)))
            .collect();
        if !known.is_empty() {
            self.db()
                .write(move |tx| {
                    for (case, day) in &known {
                        rows::set_review(tx, *case, Some(*day))?;
                    }
                    Ok(())
                })
                .await?;
        }
        Ok(())
    }
}

/// Somebody was released before the days were over, as they are counted since day 0 was corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooSoon {
    /// Whether the days are counted from the onset.
    pub by_onset: bool,
    /// The last of the days.
    pub last_day: Date,
    /// When the person was released.
    pub released_on: Date,
}

fn day_zero(step: &Step) -> Option<Date> {
    match step {
        Step::DaysFromZero { day_zero, .. } => Some(*day_zero),
        _ => None,
    }
}

/// Why somebody isolates, and day 0.
const fn kind_of(
    (onset_on, diagnosed_on): (Option<Date>, Date),
    is_contact: bool,
    is_inpatient: bool,
) -> (Kind, Date) {
    match onset_on {
        _ if is_contact => (Kind::Contact, diagnosed_on),
        Some(onset) if is_inpatient => (Kind::SymptomaticInpatient, onset),
        Some(onset) => (Kind::Symptomatic, onset),
        None => (Kind::Asymptomatic, diagnosed_on),
    }
}

struct Understood {
    improved_at: Option<jiff::civil::DateTime>,
    tests: Vec<Date>,
}

/// The first day on which a negative test tells something about this illness: its first day, or that of the diagnosis where
/// that came before.
pub fn first_test_day(member: &Member) -> Date {
    let begun = member.onset_on.unwrap_or(member.diagnosed_on);
    begun.min(member.diagnosed_on)
}

fn understand(
    typed: &TypedRelease,
    member: &Member,
    now: Timestamp,
) -> Result<Understood, Vec<&'static str>> {
    let mut problems = Vec::new();
    let zone = &member.center.time_zone;
    let begun = member.onset_on.unwrap_or(member.diagnosed_on);
    // Nobody gets better before falling ill, or tomorrow: a wrong year would release somebody.
    let improved = match moment_of(&typed.improved_at, zone) {
        Err(()) => Err("improved_at"),
        Ok(Some(at)) if at > now => Err("improved_in_future"),
        Ok(Some(at)) if at.to_zoned(zone.clone()).date() < begun => Err("improved_before_ill"),
        Ok(at) => Ok(at),
    };
    problems.extend(improved.err());
    let text = domain::text::fold_width(&typed.negative_tests);
    let tests: Result<Vec<Date>, _> = text
        .split([' ', ',', '、'])
        .filter(|part| !part.is_empty())
        .map(parse_day)
        .collect();
    let first = first_test_day(member);
    let tests = match tests {
        Err(_) => Err("negative_tests"),
        Ok(days) if days.iter().any(|day| *day > member.today) => Err("tests_in_future"),
        Ok(days) if days.iter().any(|day| *day < first) => Err("tests_before_ill"),
        Ok(days) => Ok(days),
    };
    problems.extend(tests.as_ref().err());
    match (improved, tests) {
        (Ok(improved), Ok(tests)) => Ok(Understood {
            improved_at: improved.map(|at| at.to_zoned(zone.clone()).datetime()),
            tests,
        }),
        _ => Err(problems),
    }
}

impl StaffDesk {
    /// The review of a case in reach, with what was typed; `None` where there is no such case.
    pub async fn release_review(
        &self,
        case: CaseId,
        typed: &TypedRelease,
    ) -> Result<Option<(ReleaseReview, Vec<&'static str>)>, Error> {
        self.needs(Right::Follow)?;
        let Some(view) = self.case(case).await? else {
            return Ok(None);
        };
        let read = self.app.db().read(move |tx| {
            let lines = SeenLines::of(tx, case)?;
            let Some(row) = rows::find(tx, case)? else {
                return Ok(None);
            };
            Ok(Some((Known::of(tx, &row)?, row, lines)))
        });
        let Some((known, row, lines)) = read.await? else {
            return Ok(None);
        };
        let member = view.member;
        let (understood, problems) = match understand(typed, &member, self.app.clock.now()) {
            Ok(understood) => (understood, Vec::new()),
            Err(problems) => (
                Understood {
                    improved_at: None,
                    tests: Vec::new(),
                },
                problems,
            ),
        };
        let status = MonitoringStatus::parse(&row.status).unwrap_or_default();
        let inpatient_by_record = is_inpatient(status, &row.risks);
        let inpatient = typed.inpatient.unwrap_or(inpatient_by_record);
        let days = (member.onset_on, member.diagnosed_on);
        let (kind, zero) = kind_of(days, member.is_contact, inpatient);
        let calculation = self
            .app
            .isolation_rule(&member.programme, member.center.id, member.today)
            .map(|(rule, mark)| Calculation {
                rule_origin: Some(mark.origin),
                ..rule.calculate(kind, zero, understood.improved_at, &understood.tests)
            });
        let is_over = calculation
            .as_ref()
            .and_then(|c| c.free_from)
            .is_some_and(|free| free <= member.today);
        Ok(Some((
            ReleaseReview {
                is_over,
                calculation,
                inpatient,
                inpatient_by_record,
                status,
                version: row.version,
                lines,
                known,
                member,
            },
            problems,
        )))
    }

    /// What a release is about to write.
    fn deciding(&self, review: &ReleaseReview, typed: &TypedRelease, reason: &str) -> Deciding {
        let case = review.member.case;
        Deciding {
            case,
            line: self.app.new_uuid(),
            by: self.staff,
            version: typed.version,
            lines: typed.lines,
            known: typed.known.clone(),
            despite_alert: typed.despite_alert,
            reason: reason.to_owned(),
            after: serde_json::json!({
                "status": MonitoringStatus::Released.word(),
                "calculation": review.calculation,
            }),
            entry: with(
                self.did("case.followed", Some(case)),
                MonitoringStatus::Released.word(),
            ),
        }
    }

    /// Releases a person with a word on why. The decision keeps the calculation that was on the page.
    pub async fn release(&self, case: CaseId, typed: &TypedRelease) -> Result<Release, Error> {
        let Some((review, mut problems)) = self.release_review(case, typed).await? else {
            return Ok(Release::NoSuchCase);
        };
        let reason = reason_of(&typed.reason);
        if reason.is_none() {
            problems.push("reason");
        }
        let (Some(reason), true) = (reason, problems.is_empty()) else {
            return Ok(Release::Problems(problems));
        };
        let (app, scope, now) = (self.app.clone(), self.scope(), self.app.clock.now());
        let one = self.deciding(&review, typed, &reason);
        Ok(self
            .app
            .db()
            .write(move |tx| write_release(&app, tx, (&scope, &one), now))
            .await?)
    }
}

/// The word on why somebody is released, as it is kept; `None` where there is none.
fn reason_of(typed: &str) -> Option<String> {
    let reason: String = clean_note(typed).chars().take(NOTE_LENGTH).collect();
    (!reason.is_empty()).then_some(reason)
}

/// A release ready to be written.
struct Deciding {
    case: CaseId,
    line: uuid::Uuid,
    by: StaffId,
    version: i32,
    lines: Option<SeenLines>,
    known: Option<Known>,
    despite_alert: bool,
    reason: String,
    after: serde_json::Value,
    entry: AuditEntry,
}

/// Writes a release, if the person is as they were when it was decided.
fn write_release(
    app: &App,
    tx: &mut Tx<'_>,
    (scope, one): (&Scope, &Deciding),
    now: Timestamp,
) -> Result<Release, storage::Error> {
    let case = one.case;
    // Held: an alarming report that is being stored this moment comes before or after this, not between its looks.
    let (Some(record), Some(before)) = (Record::held(tx, scope, case)?, rows::find(tx, case)?)
    else {
        return Ok(Release::NoSuchCase);
    };
    // What became one with another record is followed under that one.
    if record.id != case {
        return Ok(Release::NotFollowed);
    }
    // A second decision would stand beside the first, with another calculation.
    let status = MonitoringStatus::parse(&before.status).unwrap_or_default();
    if !status.is_open() {
        return Ok(Release::NotFollowed);
    }
    // A call that a colleague has written down since may say that the person is worse.
    if let Some(seen) = one.lines
        && SeenLines::of(tx, case)? != seen
    {
        return Ok(Release::ChangedMeanwhile);
    }
    // So may a report that came since, and whoever releases in spite of an alert has looked at this one.
    if let Some(known) = &one.known
        && Known::of(tx, &before)? != *known
    {
        return Ok(Release::ChangedMeanwhile);
    }
    // Looked at here, because the alert may have come while the page was read.
    if !one.despite_alert && storage::alerts::open_of_case(tx, case)?.is_some() {
        return Ok(Release::AlertIsOpen);
    }
    let decided = Decided {
        status: MonitoringStatus::Released.word().to_owned(),
        is_open: false,
        expects_reports: false,
        risks: before.risks,
        assigned_to: before.assigned_to,
        next_call_at: None,
        review_from: before.review_from,
    };
    if !rows::decide(tx, case, &decided, one.version, now)? {
        return Ok(Release::ChangedMeanwhile);
    }
    let seal = |value: &serde_json::Value| app.keys().seal_text("correction", &value.to_string());
    let correction = CorrectionRow {
        case,
        id: one.line,
        subject: "monitoring".to_owned(),
        subject_id: None,
        at: now,
        by: one.by,
        reason_sealed: app.keys().seal_text("correction", &one.reason),
        before_sealed: seal(&serde_json::json!({ "status": before.status })),
        after_sealed: seal(&one.after),
        by_name: String::new(),
    };
    storage::corrections::insert(tx, &correction)?;
    audit::note(tx, app.keys(), &one.entry)?;
    Ok(Release::Released)
}
