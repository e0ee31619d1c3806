//! The timer and the command that purge: tell first, then take away, one record in each transaction.

use super::{rows, term};
use crate::account::ALONE;
use crate::audit::{self, by_machine, with};
use crate::clock::Clock;
use crate::course::age_on;
use crate::health_center::HealthCenter;
use crate::hersys_id::remember;
use crate::outbox::Mail;
use crate::staff_messages::{StaffMessage, can_come_in};
use crate::{App, Error, SystemDesk};
use domain::health_day::health_day;
use domain::ids::{CaseId, JurisdictionId};
use domain::retention::Term;
use domain::staff_role::{Right, StaffRole};
use jiff::{SignedDuration, Timestamp};
use storage::jurisdiction as places;
use storage::outbox;
use storage::retention::{Doomed, Purged, Terms};
use storage::staff::StaffRow;
use storage::{Db, Tx};

/// How many records are told of in one transaction, and looked for at once.
const BATCH: i64 = 500;
/// How long a mail about a purge may take to leave before somebody is told that none has.
const LEAVES_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// After how long it is announced anew where no mail has left and none waits: each was given up.
const ANEW: SignedDuration = SignedDuration::from_hours(24);
/// How far the clocks of this machine and of the database server may differ.
const APART: SignedDuration = SignedDuration::from_hours(1);
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

fn terms(term: Term, now: Timestamp) -> Terms {
    Terms {
        closed_until: term.closed_until(now),
        told_until: term.told_until(now),
    }
}

/// Who is told of a center's records: whoever may keep them there, or else at the nearest place above that has somebody.
fn to_be_told(tx: &mut Tx<'_>, center: JurisdictionId) -> Result<Vec<StaffRow>, storage::Error> {
    let mut next = Some(center);
    while let Some(place) = next {
        let mut staff = storage::staff::at_place(tx, place)?;
        staff.retain(|one| {
            StaffRole::parse(&one.role).is_some_and(|role| role.may(Right::KeepRecords))
                && can_come_in(one)
        });
        if !staff.is_empty() {
            return Ok(staff);
        }
        next = places::find(tx, place)?.and_then(|row| row.parent);
    }
    Ok(Vec::new())
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

/// How many records of all centers were announced an hour ago or earlier, and nobody knows of it: no mail has left, and
/// nobody has opened the page.
pub async fn unheard(db: &Db, now: Timestamp) -> Result<i64, Error> {
    Ok(db
        .read(move |tx| {
            let mut records = 0;
            for center in storage::health_center::all(tx)? {
                if let Some(term) = term(tx, center.id, now)? {
                    let (closed, told) = (term.tell_until(now), now - LEAVES_WITHIN);
                    records += rows::count_unheard(tx, center.id, closed, told)?;
                }
            }
            Ok(records)
        })
        .await?)
}

impl SystemDesk {
    async fn term_of(&self, center: &HealthCenter, now: Timestamp) -> Result<Option<Term>, Error> {
        let id = center.id;
        Ok(self.app.db().read(move |tx| term(tx, id, now)).await?)
    }

    /// Tells the administrators of each center, once, of records that will be purged; where a center has none, those above
    /// it. Where nobody is there to be told, the records stay. Where no mail leaves, they stay, too, and are announced anew.
    /// Tells how many records.
    pub async fn tell_of_purges(&self) -> Result<usize, Error> {
        let now = self.app.clock.now();
        let mut told = 0;
        if !self.believes_the_clock().await? {
            return Ok(0);
        }
        self.app.db().write(rows::note_closed).await?;
        for center in self.health_centers().await? {
            let Some(term) = self.term_of(&center, now).await? else {
                continue;
            };
            loop {
                let some = self.tell_some(&center, term, now).await?;
                told += some;
                if some < usize::try_from(BATCH).unwrap_or(usize::MAX) {
                    break;
                }
            }
            self.warn_of_unheard(&center, term, now).await?;
        }
        if told > 0 {
            self.app.outbox().wake();
        }
        Ok(told)
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

    async fn believes_the_clock(&self) -> Result<bool, Error> {
        let doubt = self.doubt_of_clock().await?;
        if let Some(doubt) = &doubt {
            tracing::error!(doubt, "the time is not believed");
        }
        Ok(doubt.is_none())
    }

    /// Says in the log where records were announced and nobody knows of it.
    async fn warn_of_unheard(
        &self,
        center: &HealthCenter,
        term: Term,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (id, until) = (center.id, (term.tell_until(now), now - LEAVES_WITHIN));
        let records = self
            .app
            .db()
            .read(move |tx| rows::count_unheard(tx, id, until.0, until.1))
            .await?;
        if records > 0 {
            tracing::warn!(
                center = center.name,
                records,
                "announced, but no mail has left; they are not purged before one has, or before somebody opens the page \
                 \"Keeping records\" of the console"
            );
        }
        Ok(())
    }

    async fn tell_some(
        &self,
        center: &HealthCenter,
        term: Term,
        now: Timestamp,
    ) -> Result<usize, Error> {
        let (app, center) = (self.app.clone(), center.clone());
        let url = format!("{}/retention", app.console_url());
        let days = term.warning.as_hours() / 24;
        let told = self
            .app
            .db()
            .write(move |tx| {
                rows::forget_unheard(tx, center.id, now - ANEW)?;
                rows::forget_reported(tx, center.id)?;
                let untold = rows::untold(tx, center.id, term.tell_until(now), BATCH)?;
                if untold.is_empty() {
                    return Ok(0);
                }
                let place = JurisdictionId::from_uuid(center.id.uuid());
                let staff = to_be_told(tx, place)?;
                if staff.is_empty() {
                    tracing::warn!(
                        center = center.name,
                        "nobody is there to be told of records that would be purged; they stay"
                    );
                    return Ok(0);
                }
                let mut records = 0;
                for case in untold {
                    records += usize::from(rows::told(tx, case, now)?);
                }
                // Another process has told of them.
                if records == 0 {
                    return Ok(0);
                }
                let message = StaffMessage {
                    kind: outbox::PURGE_AHEAD,
                    mail: &|email, language| {
                        let name = center.name_in(language.tag());
                        Mail::purge_ahead(email, language, name, (records, days), &url)
                    },
                    sms: None,
                    expires: None,
                    center: Some(center.id),
                };
                message.promise(&app, tx, &staff, now)?;
                let mut entry = with(
                    by_machine(now, "purge.told", None),
                    format!("{records} records, {} people told", staff.len()),
                );
                entry.place = Some(place);
                audit::note(tx, app.keys(), &entry)?;
                Ok(records)
            })
            .await?;
        Ok(told)
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
                    .read(move |tx| rows::due(tx, id, terms, BATCH))
                    .await?;
                let found = due.len();
                let mut gone = 0;
                for case in due {
                    gone += usize::from(self.purge_case(case, terms, now).await?);
                }
                records += gone;
                // What is still found and does not go is another process's.
                if gone == 0 || found < usize::try_from(BATCH).unwrap_or(usize::MAX) {
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
