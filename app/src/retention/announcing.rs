//! The staff of a center are told of records before they are purged: noted in batches, with one mail for all of them.

use super::purge::{APART, BATCH, to_limit};
use super::{rows, term};
use crate::audit::{self, by_machine, with};
use crate::health_center::HealthCenter;
use crate::outbox::Mail;
use crate::staff_messages::{StaffMessage, can_come_in};
use crate::{Error, SystemDesk};
use domain::ids::JurisdictionId;
use domain::retention::Term;
use domain::staff_role::{Right, StaffRole};
use jiff::{SignedDuration, Timestamp};
use storage::jurisdiction as places;
use storage::outbox;
use storage::retention::Telling;
use storage::staff::StaffRow;
use storage::{Db, Tx};

/// How long a mail about a purge may take to leave before somebody is told that none has.
const LEAVES_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// After how long it is announced anew where no mail has left and none waits: each was given up.
const ANEW: SignedDuration = SignedDuration::from_hours(24);

/// What came of telling of some records.
#[derive(Clone, Copy, Default)]
struct Told {
    /// How many were noted.
    records: usize,
    /// Whether no more are left.
    all: bool,
}

/// Who is told of a center's records: whoever may keep them there, or else at the nearest place above that has somebody.
pub(super) fn to_be_told(
    tx: &mut Tx<'_>,
    center: JurisdictionId,
) -> Result<Vec<StaffRow>, storage::Error> {
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
            let term = self.term_of(&center, now).await?;
            self.forget_what_stays(&center, term, now).await?;
            let Some(term) = term else {
                continue;
            };
            let mut here = Told::default();
            while !here.all {
                let some = self.tell_some(&center, term, (here.records, now)).await?;
                here.records += some.records;
                here.all = some.all;
            }
            told += here.records;
            self.warn_of_unheard(&center, term, now).await?;
        }
        if told > 0 {
            self.app.outbox().wake();
        }
        Ok(told)
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

    /// Takes back announcements that nobody can go by: of what is kept longer by now than it was when it was announced, of
    /// which a report came later, and where no mail has left.
    async fn forget_what_stays(
        &self,
        center: &HealthCenter,
        term: Option<Term>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let id = center.id;
        // Another process, whose clock is ahead, has told of those at the edge.
        let until = term.map(|term| term.tell_until(now) + APART);
        self.app
            .db()
            .write(move |tx| {
                rows::forget_early(tx, id, until)?;
                rows::forget_unheard(tx, id, now - ANEW)?;
                rows::forget_reported(tx, id)
            })
            .await?;
        Ok(())
    }

    /// Notes some records as told of, after `before` of this round. With the last of them one mail is promised that tells how
    /// many they are: whoever sets a time where thousands are older is not written to a hundred times. Where the process stops
    /// before, the next round tells of them with those that are left, or the same anew a day later.
    async fn tell_some(
        &self,
        center: &HealthCenter,
        term: Term,
        (before, now): (usize, Timestamp),
    ) -> Result<Told, Error> {
        let (app, center) = (self.app.clone(), center.clone());
        let url = format!("{}/retention", app.console_url());
        let days = term.warning.as_hours() / 24;
        let until = term.tell_until(now);
        let telling = Telling {
            at: now,
            not_before: term.not_before(now),
        };
        let told = self
            .app
            .db()
            .write(move |tx| {
                let mut untold = rows::untold(tx, center.id, until, to_limit(BATCH + 1))?;
                let all = untold.len() <= BATCH;
                untold.truncate(BATCH);
                let nobody = Told {
                    records: 0,
                    all: true,
                };
                if untold.is_empty() && before == 0 {
                    return Ok(nobody);
                }
                let place = JurisdictionId::from_uuid(center.id.uuid());
                let staff = to_be_told(tx, place)?;
                if staff.is_empty() {
                    tracing::warn!(
                        center = center.name,
                        "nobody is there to be told of records that would be purged; they stay"
                    );
                    return Ok(nobody);
                }
                let mut records = 0;
                for case in untold {
                    records += usize::from(rows::told(tx, case, telling)?);
                }
                let told = Told { records, all };
                // Another process has told of them.
                if before + records == 0 {
                    return Ok(told);
                }
                let line = |said: String| {
                    let mut entry = with(by_machine(now, "purge.told", None), said);
                    entry.place = Some(place);
                    entry
                };
                let announced = match all {
                    true => rows::count_unheard(tx, center.id, until, now)?,
                    false => 0,
                };
                // The mail comes with the last of them, where nobody has opened the page meanwhile.
                if announced == 0 {
                    audit::note(tx, app.keys(), &line(format!("{records} records")))?;
                    return Ok(told);
                }
                let message = StaffMessage {
                    kind: outbox::PURGE_AHEAD,
                    mail: &|email, language| {
                        let name = center.name_in(language.tag());
                        Mail::purge_ahead(email, language, name, (announced, days), &url)
                    },
                    sms: None,
                    expires: None,
                    center: Some(center.id),
                };
                message.promise(&app, tx, &staff, now)?;
                let said = format!("{records} records, {} people told", staff.len());
                audit::note(tx, app.keys(), &line(said))?;
                Ok(told)
            })
            .await?;
        Ok(told)
    }
}
