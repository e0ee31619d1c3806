//! The timer and the command that purge, one record in each transaction, after its staff were told.

use super::announcing::to_be_told;
use super::{rows, term};
use crate::account::ALONE;
use crate::audit::{self, by_machine, with};
use crate::clock::Clock;
use crate::course::age_on;
use crate::health_center::HealthCenter;
use crate::hersys_id::remember;
use crate::{App, Error, SystemDesk};
use domain::health_day::health_day;
use domain::ids::{CaseId, JurisdictionId};
use domain::retention::Term;
use jiff::{SignedDuration, Timestamp};
use storage::retention::{Doomed, Purged, Terms};
use storage::{Db, Tx};

/// How many records are noted as told of in one transaction, and looked for at once.
pub(super) const BATCH: usize = 500;
/// How far the clocks of this machine and of the database server may differ.
pub(super) const APART: SignedDuration = SignedDuration::from_hours(1);
/// How far a clock is set back in passing.
const SET_BACK: SignedDuration = SignedDuration::from_mins(1);

/// What a purge does at a center.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeLine {
    /// The center's name.
    pub center: String,
    /// For how many days closed records are kept; none: nothing was set.
    pub days: Option<i64>,
    /// How many were announced and will be purged when their time has come.
    pub soon: i64,
    /// Of how many of them nobody knows: no mail has left, and nobody has opened the page. They are not purged.
    pub unheard: i64,
    /// How many are due now.
    pub due: i64,
    /// Whether somebody can be told; else records that were not announced are not purged.
    pub can_tell: bool,
}

/// What a purge did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PurgePlan {
    /// A line for each center.
    pub centers: Vec<PurgeLine>,
}

pub(super) fn to_limit(records: usize) -> i64 {
    i64::try_from(records).unwrap_or(i64::MAX)
}

fn terms(term: Term, now: Timestamp) -> Terms {
    Terms {
        closed_until: term.closed_until(now),
        told_until: term.told_until(now),
        now,
    }
}

/// Counts a record for figures and takes it away; `None` where it is due no more.
fn purge_one(
    tx: &mut Tx<'_>,
    app: &App,
    case: CaseId,
    terms: Terms,
    now: Timestamp,
) -> Result<Option<Purged>, storage::Error> {
    let Some(doomed) = rows::doomed(tx, case, terms)? else {
        return Ok(None);
    };
    // By the clock of the center, as its figures counted it until now.
    let center = app.center_within(tx, doomed.center)?;
    let ended_on = doomed
        .ended
        .map(|(_, at)| health_day(at, &center.time_zone));
    rows::add_counts(tx, &doomed, age_group(&doomed), ended_on)?;
    rows::add_alerts(tx, case, &doomed.programme)?;
    remember(tx, app.keys(), case)?;
    rows::purge(tx, case, (now - ALONE, now)).map(Some)
}

/// The lower bound of the ten years of age on the day of registration.
fn age_group(doomed: &Doomed) -> i32 {
    let day = doomed.registered_on.unwrap_or(doomed.birthdate);
    (age_on(doomed.birthdate, day).clamp(0, 99) / 10) * 10
}

/// Why the time of this machine is not believed, so that nothing is announced or purged by it: it differs by more than an
/// hour from that of the database server, or lies before the last line of the audit log of an embedded database. `None`
/// where it is.
pub async fn doubt_of_clock(db: &Db, now: Timestamp) -> Result<Option<String>, Error> {
    const STAYS: &str = "what people report is dated by it, and nothing is announced or purged until it is right (let it ask a time \
                         server, such as with chrony)";
    if db.is_embedded() {
        let last = db.read(storage::audit::last_at).await?;
        return Ok(last.filter(|last| *last > now + SET_BACK).map(|last| {
            format!("this machine's clock says {now}, which is before the last line of the audit log ({last}); {STAYS}")
        }));
    }
    let server = db.read(storage::sight::server).await?;
    let apart = server.map_or(SignedDuration::ZERO, |server| {
        now.duration_since(server.clock).abs()
    });
    Ok((apart > APART).then(|| {
        let minutes = apart.as_mins();
        format!("this machine's clock differs from the database server's by {minutes} min; {STAYS}")
    }))
}

impl SystemDesk {
    pub(super) async fn term_of(
        &self,
        center: &HealthCenter,
        now: Timestamp,
    ) -> Result<Option<Term>, Error> {
        let id = center.id;
        Ok(self.app.db().read(move |tx| term(tx, id, now)).await?)
    }

    /// Why this machine's time is not believed; see [`doubt_of_clock`].
    pub async fn doubt_of_clock(&self) -> Result<Option<String>, Error> {
        let app = &self.app;
        // A clock that stands still is a test's, and no server's.
        if matches!(app.clock, Clock::Standing(_)) && !app.db().is_embedded() {
            return Ok(None);
        }
        doubt_of_clock(app.db(), app.clock.now()).await
    }

    pub(super) async fn believes_the_clock(&self) -> Result<bool, Error> {
        let doubt = self.doubt_of_clock().await?;
        if let Some(doubt) = &doubt {
            tracing::error!(doubt, "the time is not believed");
        }
        Ok(doubt.is_none())
    }

    /// What a purge would do now.
    pub async fn purge_plan(&self) -> Result<PurgePlan, Error> {
        let now = self.app.clock.now();
        let mut plan = PurgePlan::default();
        for center in self.health_centers().await? {
            let (id, term) = (center.id, self.term_of(&center, now).await?);
            let (soon, unheard, due, can_tell) = match term {
                None => (0, 0, 0, true),
                Some(term) => {
                    self.app
                        .db()
                        .read(move |tx| {
                            Ok((
                                rows::count_soon(tx, id, term.tell_until(now))?,
                                rows::count_unheard(tx, id, term.tell_until(now), now)?,
                                rows::count_due(tx, id, terms(term, now))?,
                                !to_be_told(tx, JurisdictionId::from_uuid(id.uuid()))?.is_empty(),
                            ))
                        })
                        .await?
                }
            };
            plan.centers.push(PurgeLine {
                center: center.name,
                days: term.map(|term| term.kept.as_hours() / 24),
                soon,
                unheard,
                due,
                can_tell,
            });
        }
        Ok(plan)
    }

    /// Purges every record that is due, one in each transaction with its line in the audit log, and then sees to it that
    /// the bytes are gone. Stopped in the middle, it goes on where it was; several processes purge each record once.
    /// Tells how many records.
    pub async fn purge(&self) -> Result<usize, Error> {
        let now = self.app.clock.now();
        if !self.believes_the_clock().await? {
            return Ok(0);
        }
        let (mut records, mut others) = (0, 0);
        for center in self.health_centers().await? {
            let Some(term) = self.term_of(&center, now).await? else {
                continue;
            };
            let (id, terms) = (center.id, terms(term, now));
            loop {
                let due = self
                    .app
                    .db()
                    .read(move |tx| rows::due(tx, id, terms, to_limit(BATCH)))
                    .await?;
                let found = due.len();
                let mut gone = 0;
                for case in due {
                    gone += usize::from(self.purge_case(case, terms, now).await?);
                }
                records += gone;
                // What is still found and does not go is another process's.
                if gone == 0 || found < BATCH {
                    break;
                }
            }
            let keys = self.app.keys().clone();
            others += self
                .app
                .db()
                .write(move |tx| {
                    let gone = rows::purge_caseless(tx, id, terms.closed_until)?;
                    if gone > 0 {
                        rows::leaves_bytes(tx, now)?;
                        let mut entry = with(
                            by_machine(now, "purge.caseless", None),
                            format!("{gone} tasks and notifications"),
                        );
                        entry.place = Some(JurisdictionId::from_uuid(id.uuid()));
                        audit::note(tx, &keys, &entry)?;
                    }
                    Ok(gone)
                })
                .await?;
        }
        self.sweep_counts().await?;
        if records > 0 || others > 0 {
            tracing::info!(records, others, "records were purged");
        }
        match self.scrub(false).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!(
                "bytes of what was purged may stand in free room of the file, which is too large to be rewritten while \
                 people work: run `hersys purge --rewrite` in a quiet hour"
            ),
            // The records are gone all the same; the next round looks after their bytes.
            Err(error) => {
                tracing::warn!(%error, "bytes of what was purged stand until the next round in an hour");
            }
        }
        Ok(records)
    }

    /// Sees to it that the bytes of what was purged are gone; the `whole` rewrites a database however large it is, and
    /// keeps whoever writes waiting meanwhile. What could not be done is done another time. Tells whether none are left.
    pub async fn scrub(&self, whole: bool) -> Result<bool, Error> {
        let db = self.app.db();
        let noted = db.read(rows::bytes_left).await?;
        let Some(noted) = noted else {
            return Ok(!whole || db.scrub(true).await?);
        };
        let gone = db.scrub(whole).await?;
        if gone {
            db.write(move |tx| rows::no_bytes_left(tx, &noted)).await?;
        }
        Ok(gone)
    }

    async fn purge_case(&self, case: CaseId, terms: Terms, now: Timestamp) -> Result<bool, Error> {
        let app = self.app.clone();
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let Some(purged) = purge_one(tx, &app, case, terms, now)? else {
                    return Ok(false);
                };
                let said = format!(
                    "{} cases, {} reports, {} persons, {} accounts",
                    purged.cases, purged.reports, purged.persons, purged.accounts
                );
                let entry = with(by_machine(now, "case.purged", Some(case)), said);
                audit::note(tx, app.keys(), &entry)?;
                rows::leaves_bytes(tx, now)?;
                Ok(true)
            })
            .await?)
    }
}
