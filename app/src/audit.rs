//! The audit log: every read and every write of a person's record by whom, in lines that cannot be altered or removed
//! without being found. A line names what was done; it never repeats what was read or typed.

use crate::keys::Keys;
use crate::{App, Error, PatientDesk, StaffDesk, SystemDesk};
use domain::ids::{CaseId, StaffId};
use domain::staff_role::Right;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use storage::Tx;
use storage::audit::{self as rows, AuditEntry, AuditRow, HeadRow, Readable, Wished};
use storage::case_registration::{self as cases, Scope};
use storage::jurisdiction::{self, Below};
use uuid::Uuid;

/// How many lines a page shows at most.
pub const MOST: i64 = 200;
/// How many lines the check reads at once.
const RUN: i64 = 1_000;

/// Adds a line in the transaction of what it tells.
pub(crate) fn note(tx: &mut Tx<'_>, keys: &Keys, entry: &AuditEntry) -> Result<(), storage::Error> {
    rows::append(tx, entry, keys)
}

/// What is done with a record by whoever looks into those who look after the person. It is told to whoever may do the same, and
/// not to who may be meant: the nurse who looked up a neighbour, and the clinic.
const OF_LOOKING_INTO: [&str; 3] = ["hold.set", "hold.lifted", "audit.searched"];

/// How long one look at a record stands for the next ones: what a nurse clicks through in a few minutes is one look.
const ONE_LOOK: SignedDuration = SignedDuration::from_mins(10);
/// How many looks are remembered.
const REMEMBERED: usize = 20_000;

/// Who looked at whose record a moment ago, so that it is not written down with every click. A restart forgets it, and
/// the next look is a line again.
#[derive(Default)]
pub(crate) struct Looks(Mutex<HashMap<(Uuid, Uuid, &'static str), Timestamp>>);

impl Looks {
    /// A look of one kind does not stand for another one: who saw somebody in a list has not opened the record.
    fn is_new(&self, who: Uuid, (how, whose): (&'static str, Uuid), now: Timestamp) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.get(&(who, whose, how));
        before.is_none_or(|at| now.duration_since(*at).abs() >= ONE_LOOK)
    }

    /// Remembers looks whose lines stand in the log by now: one that could not be written is a line the next time.
    fn remember(
        &self,
        who: Uuid,
        (how, whose): (&'static str, impl Iterator<Item = Uuid>),
        now: Timestamp,
    ) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() > REMEMBERED {
            all.retain(|_, at| now.duration_since(*at) < ONE_LOOK);
        }
        all.extend(whose.map(|whose| ((who, whose, how), now)));
    }
}

impl StaffDesk {
    /// Writes down that this staff member was shown who these people are: a line for each, in their own records.
    pub(crate) async fn looked_at(
        &self,
        action: &'static str,
        cases: impl IntoIterator<Item = CaseId>,
    ) -> Result<(), Error> {
        let now = self.app.clock.now();
        let looks = &self.app.inner.looks;
        let who = self.staff.uuid();
        let new: Vec<CaseId> = cases
            .into_iter()
            .filter(|case| looks.is_new(who, (action, case.uuid()), now))
            .collect();
        let lines = new.iter().map(|case| self.did(action, Some(*case)));
        self.note_all(lines.collect()).await?;
        looks.remember(who, (action, new.iter().map(|case| case.uuid())), now);
        Ok(())
    }

    /// Writes lines down, some hundred in each transaction.
    pub(crate) async fn note_all(&self, entries: Vec<AuditEntry>) -> Result<(), Error> {
        for some in entries.chunks(500) {
            let (keys, some) = (self.app.keys().clone(), some.to_vec());
            self.app
                .db()
                .write(move |tx| some.iter().try_for_each(|entry| note(tx, &keys, entry)))
                .await?;
        }
        Ok(())
    }

    /// A line about what this staff member does.
    pub(crate) fn did(&self, action: &str, case: Option<CaseId>) -> AuditEntry {
        AuditEntry {
            at: self.app.clock.now(),
            actor_kind: "staff".to_owned(),
            actor: Some(self.staff.uuid()),
            place: Some(self.place),
            action: action.to_owned(),
            case,
            subject: None,
            details: String::new(),
        }
    }

    /// Writes a line about a read, which has no transaction of its own.
    pub(crate) async fn note_read(&self, entry: AuditEntry) -> Result<(), Error> {
        let keys = self.app.keys().clone();
        self.app
            .db()
            .write(move |tx| note(tx, &keys, &entry))
            .await?;
        Ok(())
    }
}

impl PatientDesk {
    /// A line about what a person does with their own record.
    pub(crate) fn did(&self, action: &str, case: CaseId) -> AuditEntry {
        AuditEntry {
            at: self.app.clock.now(),
            actor_kind: "person".to_owned(),
            actor: Some(self.account.uuid()),
            place: None,
            action: action.to_owned(),
            case: Some(case),
            subject: None,
            details: String::new(),
        }
    }
}

/// A line about something that the machine does by itself.
pub(crate) fn by_machine(now: Timestamp, action: &str, case: Option<CaseId>) -> AuditEntry {
    AuditEntry {
        at: now,
        actor_kind: "system".to_owned(),
        actor: None,
        place: None,
        action: action.to_owned(),
        case,
        subject: None,
        details: String::new(),
    }
}

/// A line about a part of a record.
pub(crate) fn about(mut entry: AuditEntry, subject: Uuid) -> AuditEntry {
    entry.subject = Some(subject);
    entry
}

/// A line with the names of what was changed.
pub(crate) fn with(mut entry: AuditEntry, details: impl Into<String>) -> AuditEntry {
    entry.details = details.into();
    entry
}

/// A moment after all that are written down. Both engines keep moments from 1970 to the year 9000 alike.
fn after_all() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365 * 1_000)
}

/// What somebody looks for in the audit log.
#[derive(Clone, Debug, Default)]
pub struct AuditSearch {
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
    /// The number on the brochure of the record.
    pub hersys_id: Option<String>,
    /// The page, counted from 0.
    pub page: i64,
}

impl AuditSearch {
    fn wished(&self, zone: &TimeZone) -> Wished {
        let start = |day: Date| {
            zone.to_ambiguous_zoned(day.at(0, 0, 0, 0))
                .compatible()
                .map(|at| at.timestamp())
                .ok()
        };
        let after = self.to.map(|day| day.saturating_add(1.day()));
        Wished {
            from: self.from.and_then(start).unwrap_or(Timestamp::UNIX_EPOCH),
            to: after.and_then(start).unwrap_or_else(after_all),
            limit: MOST,
            offset: self.page.clamp(0, 100_000) * MOST,
        }
    }
}

/// A line as pages show it.
#[derive(Clone, Debug)]
pub struct AuditLine {
    /// When.
    pub at: Timestamp,
    /// `staff`, `person`, `system`.
    pub actor_kind: String,
    /// The staff member, where it was one.
    pub staff: Option<StaffId>,
    /// The staff member's name.
    pub name: Option<String>,
    /// The name of the place that the staff member belongs to.
    pub place: Option<String>,
    /// What, such as `case.opened`.
    pub action: String,
    /// Whose record, where the reader may follow it.
    pub case: Option<CaseId>,
    /// The number of that record.
    pub hersys_id: Option<String>,
    /// Names of fields and the like.
    pub details: String,
}

impl App {
    /// Lines as somebody reads them who reaches some cases: those of others are not named.
    fn read_lines(
        tx: &mut Tx<'_>,
        scope: &Scope,
        lines: Vec<AuditRow>,
    ) -> Result<Vec<AuditLine>, storage::Error> {
        // A page tells of the same few again and again.
        let mut ids: HashMap<CaseId, Option<String>> = HashMap::new();
        lines
            .into_iter()
            .map(|line| {
                let entry = line.entry;
                let staff = entry
                    .actor
                    .filter(|_| entry.actor_kind == "staff")
                    .map(StaffId::from_uuid);
                let name = match staff {
                    Some(staff) => storage::staff::name(tx, staff)?,
                    None => None,
                };
                let place = match entry.place {
                    Some(place) => storage::jurisdiction::find(tx, place)?.map(|p| p.name),
                    None => None,
                };
                let hersys_id = match entry.case {
                    Some(case) => match ids.get(&case) {
                        Some(id) => id.clone(),
                        None => {
                            let id = cases::find(tx, scope, case)?.map(|found| found.hersys_id);
                            ids.insert(case, id.clone());
                            id
                        }
                    },
                    None => None,
                };
                Ok(AuditLine {
                    at: entry.at,
                    actor_kind: entry.actor_kind,
                    staff,
                    name,
                    place,
                    action: entry.action,
                    case: entry.case.filter(|_| hersys_id.is_some()),
                    hersys_id,
                    details: entry.details,
                })
            })
            .collect()
    }
}

impl StaffDesk {
    /// Who did what with a record lately, the latest first; for everybody who may follow the person. That it was held, or that
    /// somebody's log was searched for it, stands there only for whoever may do that.
    pub async fn audit_of_case(&self, case: CaseId, most: i64) -> Result<Vec<AuditLine>, Error> {
        let all = Wished {
            limit: most,
            ..AuditSearch::default().wished(&TimeZone::UTC)
        };
        self.audit_of_case_in(case, all).await
    }

    /// Who did what with a record within some days, the latest first, a page of [`MOST`] lines counted from 0.
    pub async fn search_audit_of_case(
        &self,
        case: CaseId,
        search: &AuditSearch,
        zone: &TimeZone,
    ) -> Result<Vec<AuditLine>, Error> {
        self.audit_of_case_in(case, search.wished(zone)).await
    }

    async fn audit_of_case_in(
        &self,
        case: CaseId,
        wished: Wished,
    ) -> Result<Vec<AuditLine>, Error> {
        self.needs(Right::SeeHealth)?;
        let scope = self.scope();
        let looks_into = self.may(Right::KeepRecords) || self.may(Right::SeeAudit);
        let but = if looks_into { [""; 3] } else { OF_LOOKING_INTO };
        Ok(self
            .app
            .db()
            .read(move |tx| {
                if storage::case_registration::find(tx, &scope, case)?.is_none() {
                    return Ok(Vec::new());
                }
                let lines = rows::of_case(tx, case, but, wished)?;
                App::read_lines(tx, &scope, lines)
            })
            .await?)
    }

    /// Whose log may be read here: the name of somebody who works at the own place or below, or did before.
    ///
    /// # Errors
    /// Where the right is missing or it cannot be read.
    pub async fn whose_log(&self, staff: StaffId) -> Result<Option<String>, Error> {
        Ok(self.time_here(staff).await?.map(|here| here.name))
    }

    async fn time_here(&self, staff: StaffId) -> Result<Option<TimeHere>, Error> {
        self.needs(Right::SeeAudit)?;
        let below = self.below();
        Ok(self
            .app
            .db()
            .read(move |tx| TimeHere::of(tx, staff, &below))
            .await?)
    }

    /// What a staff member did at the own place or below within some days, and what was done to them while they worked there,
    /// the latest first, a page of [`MOST`] lines counted from 0; what somebody did who works elsewhere now stays to be read.
    /// With a number on a brochure, all that they did with that record, if it is followed here. Looking is noted, too. An ID that
    /// was taken back leads to the record of which it was; one of elsewhere leads nowhere, as one that there is not.
    pub async fn audit_of_staff(
        &self,
        staff: StaffId,
        search: &AuditSearch,
        zone: &TimeZone,
    ) -> Result<Option<AuditFound>, Error> {
        let Some(here) = self.time_here(staff).await? else {
            return Ok(None);
        };
        let case = match &search.hersys_id {
            Some(id) => Some(self.case_with(id.clone()).await?),
            None => None,
        };
        let entry = self.did("audit.searched", case.flatten());
        self.note_read(about(entry, staff.uuid())).await?;
        let readable = Readable {
            places: self.below(),
            from: here.from,
            until: here.until,
        };
        let (wished, scope) = (search.wished(zone), self.scope());
        Ok(Some(
            self.app
                .db()
                .read(move |tx| {
                    let lines = match case {
                        None => rows::of_staff(tx, staff, &readable, wished)?,
                        Some(Some(case)) => rows::of_staff_with(tx, staff, case, wished)?,
                        Some(None) => return Ok(AuditFound::NoSuchId),
                    };
                    Ok(AuditFound::Lines(App::read_lines(tx, &scope, lines)?))
                })
                .await?,
        ))
    }

    /// The case in reach with this number, or to which one that was taken back belonged.
    async fn case_with(&self, id: String) -> Result<Option<CaseId>, Error> {
        let scope = self.scope();
        Ok(self
            .app
            .db()
            .read(move |tx| {
                let case = match cases::by_hersys_id(tx, &id)? {
                    Some(case) => Some(case.id),
                    None => cases::by_revoked_id(tx, &id)?.map(|(case, _)| case),
                };
                let Some(case) = case else {
                    return Ok(None);
                };
                Ok(cases::find(tx, &scope, case)?.map(|found| found.id))
            })
            .await?)
    }
}

/// When somebody worked at or below a place. Of somebody who came and went more than once it is the last time: only the last
/// move away from each place is known.
struct TimeHere {
    name: String,
    from: Timestamp,
    until: Timestamp,
}

impl TimeHere {
    fn of(
        tx: &mut Tx<'_>,
        staff: StaffId,
        below: &Below,
    ) -> Result<Option<TimeHere>, storage::Error> {
        let Some(row) = storage::staff::find(tx, staff)? else {
            return Ok(None);
        };
        let place = jurisdiction::find(tx, row.place)?;
        let is_here = place.is_some_and(|place| below.holds(&place.path));
        let moves = storage::staff::moves(tx, staff)?;
        let (from_here, from_elsewhere): (Vec<_>, Vec<_>) =
            moves.into_iter().partition(|(path, _)| below.holds(path));
        let left = from_here.into_iter().map(|(_, at)| at).max();
        let until = match is_here {
            true => Some(after_all()),
            false => left,
        };
        Ok(until.map(|until| TimeHere {
            name: row.name,
            from: (from_elsewhere.into_iter().map(|(_, at)| at))
                .filter(|at| *at < until)
                .max()
                .unwrap_or(Timestamp::UNIX_EPOCH),
            until,
        }))
    }
}

/// What a search of the audit log found.
#[derive(Clone, Debug)]
pub enum AuditFound {
    /// The lines, the latest first; none: nothing of that kind was done.
    Lines(Vec<AuditLine>),
    /// The ID leads to no record that is followed here, and never did, or the record was purged: then no line names it.
    NoSuchId,
}

/// What the check of the audit log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditCheck {
    /// How many lines stand.
    pub lines: u64,
    /// What is wrong: a sentence for each chain that is broken, with the first place.
    pub problems: Vec<String>,
}

/// Reads the whole audit log and checks each line against the one before it. For `doctor`, which has no house open.
///
/// `None` on a database of a release that had none.
///
/// # Errors
/// Where the store cannot be read.
pub async fn check(db: &storage::Db, keys: &Keys) -> Result<Option<AuditCheck>, storage::Error> {
    let Some(is_begun) = db.read(rows::is_begun).await? else {
        return Ok(None);
    };
    let mut found = AuditCheck {
        lines: 0,
        problems: Vec::new(),
    };
    if !is_begun {
        let gone = "what says that it was begun is gone";
        found.problems.push(gone.to_owned());
    }
    let heads = match db.read(rows::heads).await {
        Ok(heads) => heads,
        Err(storage::Error::Broken(_)) => {
            found.problems.push("its tables are gone".to_owned());
            return Ok(Some(found));
        }
        Err(error) => return Err(error),
    };
    for chain in 0..rows::CHAINS {
        match heads.iter().find(|head| head.chain == chain) {
            Some(head) => check_chain(db, keys, head, &mut found).await?,
            None => found.problems.push(format!("chain {chain} is gone")),
        }
    }
    Ok(Some(found))
}

async fn check_chain(
    db: &storage::Db,
    keys: &Keys,
    head: &HeadRow,
    found: &mut AuditCheck,
) -> Result<(), storage::Error> {
    let chain = head.chain;
    if keys.audit_head_mac(chain, head.seq, &head.last_mac) != head.mac {
        let altered = format!("chain {chain}: what says where it ends was altered");
        found.problems.push(altered);
        return Ok(());
    }
    let (mut seq, mut before) = (0i64, Vec::new());
    loop {
        let after = seq;
        let lines = match db.read(move |tx| rows::run(tx, chain, after, RUN)).await {
            Ok(lines) => lines,
            Err(storage::Error::Broken(_)) => {
                found.problems.push("its lines are gone".to_owned());
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if lines.is_empty() {
            break;
        }
        for line in lines {
            // What follows the first fault of a chain cannot be checked.
            if line.seq != seq + 1 {
                found
                    .problems
                    .push(format!("chain {chain}: line {} is missing", seq + 1));
                return Ok(());
            }
            let is_last = line.seq == head.seq && line.mac != head.last_mac;
            if keys.audit_mac(&before, chain, line.seq, &line.entry) != line.mac || is_last {
                found
                    .problems
                    .push(format!("chain {chain}: line {} was altered", line.seq));
                return Ok(());
            }
            found.lines += 1;
            (seq, before) = (line.seq, line.mac);
        }
    }
    // Lines that were written while we read are beyond the head that we asked for, and no fault.
    if seq < head.seq {
        found.problems.push(format!(
            "chain {chain}: the lines from {} to {} are missing",
            seq + 1,
            head.seq
        ));
    }
    Ok(())
}

impl SystemDesk {
    /// Checks the audit log.
    pub async fn check_audit(&self) -> Result<AuditCheck, Error> {
        check(self.app.db(), self.app.keys())
            .await?
            .ok_or_else(|| Error::broken("there is no audit log"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_counts_as_written_only_when_it_is() {
        let (looks, who, whose) = (Looks::default(), Uuid::from_u128(1), Uuid::from_u128(2));
        let now = Timestamp::UNIX_EPOCH;
        assert!(looks.is_new(who, ("case.listed", whose), now));
        assert!(
            looks.is_new(who, ("case.listed", whose), now),
            "its line may not have been written"
        );
        looks.remember(who, ("case.listed", [whose].into_iter()), now);
        assert!(looks.is_new(who, ("case.looked_at", whose), now));
        assert!(!looks.is_new(who, ("case.listed", whose), now));
        assert!(looks.is_new(who, ("case.listed", whose), now + ONE_LOOK));
    }
}
