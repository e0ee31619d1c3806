//! Who has the mailbox of a family does not have its histories. After a new password by a code of the mailbox alone, in a
//! browser that nobody of the family has signed in in before, what was reported until then is shown only once the HER-SYS ID
//! and the birthdate of the member were typed. Reporting goes on meanwhile. Source: NIST SP 800-63B-4, which does not take
//! e-mail for a proof of who somebody is.

use crate::audit;
use crate::family::Alarm;
use crate::keys::Keys;
use crate::tasks::{HISTORY_TRIED, SEALED_AS};
use crate::{Error, PatientDesk};
use domain::birthdate::{Birthdate, BirthdateError};
use domain::hersys_id::{HersysId, HersysIdError};
use domain::ids::{AccountId, CaseId, TaskId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use storage::Tx;
use storage::case_registration::{self as cases, CaseRow};
use storage::limits::{self, AtMost};
use storage::tasks::TaskRow;

const LIMIT: &str = "open_history";
/// Tries for a member within an hour, and within a day.
const TRIES: [AtMost; 2] = [
    AtMost {
        times: 5,
        within: SignedDuration::from_hours(1),
    },
    AtMost {
        times: 10,
        within: SignedDuration::from_hours(24),
    },
];

/// Tries for a member within a day, of all sessions of the account together.
const TRIES_OF_ALL: i32 = 50;

/// Wrong tries for a member in a row, in all sessions of the account together, until somebody at the center has looked. Without
/// it the days of birth of somebody whose age is known to a year or two would be tried in weeks: the ID often lies in the mailbox.
const IN_A_ROW: i32 = 30;

/// Which histories of an account are closed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    /// Since when: what was reported later is not.
    since: Timestamp,
    /// The cases that were opened again.
    opened: Vec<CaseId>,
}

impl Closed {
    /// Out of what stands with the account.
    pub(crate) fn read(since: Timestamp, opened: &str) -> Closed {
        let cases = opened.split(',').filter_map(|case| case.parse().ok());
        Closed {
            since,
            opened: cases.collect(),
        }
    }

    /// Whether that of a case is one of them.
    pub(crate) fn holds(&self, case: CaseId) -> bool {
        !self.opened.contains(&case)
    }
}

/// What was typed to open a history.
#[derive(Clone, Default)]
pub struct TypedProof {
    /// The HER-SYS ID.
    pub hersys_id: String,
    /// The year, the month and the day of birth.
    pub born: [String; 3],
}

/// What came of opening a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenHistory {
    /// It is open, also before.
    Opened,
    /// This cannot be an ID or a birthdate.
    Problems(Option<HersysIdError>, Option<BirthdateError>),
    /// It is not what is registered; which of both is not said.
    Wrong,
    /// Too many tries.
    Wait,
    /// Too many wrong tries in a row: the center looks.
    AskCenter,
    /// There is no such member.
    NoSuchMember,
}

/// What a task about wrong tries must know to allow them again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tried {
    account: AccountId,
    case: CaseId,
}

impl Tried {
    /// By what the tries of all sessions are counted.
    fn of_all(&self, keys: &Keys) -> Vec<u8> {
        keys.blind(LIMIT, &format!("{}|{}", self.account, self.case))
    }

    /// Allows tries again after somebody has looked.
    pub(crate) fn allow(&self, tx: &mut Tx<'_>, keys: &Keys) -> Result<(), storage::Error> {
        limits::clear_row(tx, LIMIT, &self.of_all(keys))
    }

    /// The task for the center that follows the member.
    fn tell_center(
        &self,
        tx: &mut Tx<'_>,
        keys: &Keys,
        (id, record): (TaskId, CaseId),
        now: Timestamp,
    ) -> Result<(), storage::Error> {
        let details = serde_json::to_vec(self)
            .map_err(|e| storage::Error::Broken(format!("a task cannot be stored: {e}")))?;
        let task = TaskRow {
            id,
            center: cases::by_id(tx, record)?.map(|case| case.center),
            kind: HISTORY_TRIED.to_owned(),
            case: Some(record),
            report: None,
            details_sealed: keys.seal(SEALED_AS, &details),
            times: 1,
            created_at: now,
            last_at: now,
        };
        let same_as = format!("{}|{}", self.account, self.case);
        storage::tasks::add(tx, &task, &keys.blind(HISTORY_TRIED, &same_as))
    }
}

/// A try to register somebody who is a member of the account already. Where their history is closed, what is typed there is
/// compared with the same birthdate as at the closed history: it counts as a try at that, or whoever may try no more goes on
/// guessing by "add a family member".
pub(crate) struct GuessedBeside {
    /// The member, and their record; none where no closed history is compared.
    of: Option<(Tried, CaseId)>,
    subject: Vec<u8>,
    /// What is counted in its place where there is none, and forgotten with the answer.
    stand_in: Vec<u8>,
    /// Which failure in a row it would be; none beyond the last one.
    failures: Option<i32>,
}

impl GuessedBeside {
    /// Counts the try before anything is compared. `found`: what is registered under the typed ID; `kept`: the record that keeps
    /// everything of it. `counts`: whether it is compared at all. The same is asked and written where no history is
    /// closed, so that it takes as long.
    pub(crate) fn count(
        tx: &mut Tx<'_>,
        keys: &Keys,
        account: AccountId,
        (found, kept): (Option<&CaseRow>, Option<&CaseRow>),
        counts: bool,
        now: Timestamp,
    ) -> Result<GuessedBeside, storage::Error> {
        let closed = storage::account::closed_histories(tx, account)?;
        let closed = closed.map(|(since, opened)| Closed::read(since, &opened.unwrap_or_default()));
        let members = storage::family::members(tx, account)?;
        // The member themselves; by another record of the illness; or by another illness of the same person, who was born on
        // the same day.
        let nearness = |case: &CaseRow| {
            let found = found?;
            let is_same_person = [Some(found), kept]
                .into_iter()
                .flatten()
                .any(|one| one.one_person() == case.one_person());
            if case.id == found.id {
                Some(0)
            } else if case.record() == found.record() {
                Some(1)
            } else {
                is_same_person.then_some(2)
            }
        };
        let is_closed = |case: CaseId| closed.as_ref().is_some_and(|closed| closed.holds(case));
        let of = members
            .iter()
            .map(|member| &member.case)
            .filter(|case| counts && is_closed(case.id))
            .filter_map(|case| Some((nearness(case)?, case)))
            .min_by_key(|(nearness, _)| *nearness)
            .map(|(_, case)| (case.id, case.record()));
        let of = of.map(|(case, record)| (Tried { account, case }, record));
        let stand_in = keys.blind(LIMIT, &format!("{account}|nobody"));
        let subject = match &of {
            Some((tried, _)) => tried.of_all(keys),
            None => stand_in.clone(),
        };
        let failures = limits::count_in_a_row(tx, LIMIT, &subject, IN_A_ROW, now)?;
        Ok(GuessedBeside {
            of,
            subject,
            stand_in,
            failures,
        })
    }

    /// Whether what was typed may be compared.
    pub(crate) const fn is_allowed(&self) -> bool {
        self.of.is_none() || self.failures.is_some()
    }

    /// It was right: the failures before it are forgotten.
    pub(crate) fn was_right(&self, tx: &mut Tx<'_>) -> Result<(), storage::Error> {
        limits::clear_row(tx, LIMIT, &self.subject)
    }

    /// It was neither right nor wrong.
    pub(crate) fn uncount(&self, tx: &mut Tx<'_>) -> Result<(), storage::Error> {
        limits::uncount_in_a_row(tx, LIMIT, &self.subject)?;
        limits::clear_row(tx, LIMIT, &self.stand_in)
    }

    /// It was wrong: with the last one the center has a task.
    pub(crate) fn was_wrong(
        &self,
        tx: &mut Tx<'_>,
        keys: &Keys,
        task: TaskId,
        now: Timestamp,
    ) -> Result<(), storage::Error> {
        limits::clear_row(tx, LIMIT, &self.stand_in)?;
        match &self.of {
            Some((tried, record)) if self.failures == Some(IN_A_ROW) => {
                tried.tell_center(tx, keys, (task, *record), now)
            }
            _ => Ok(()),
        }
    }
}

impl PatientDesk {
    /// Whether what was reported about a member before is closed here.
    pub fn is_closed(&self, case: CaseId) -> bool {
        (self.closed.as_ref()).is_some_and(|closed| closed.holds(case))
    }

    /// Whether a report about a member that came then may be read here.
    pub(crate) fn may_read(&self, case: CaseId, received_at: Timestamp) -> bool {
        !self.is_closed(case)
            || (self.closed.as_ref()).is_some_and(|closed| received_at > closed.since)
    }

    /// Whether an alarm about a member may be told here: what was sent from here is no secret, and what it said holds until
    /// somebody of the center has done something.
    pub(crate) fn may_hear(&self, case: CaseId, alarm: &Alarm) -> bool {
        // Not when its form was opened, which its id tells: that may have been before the new password.
        !self.is_closed(case)
            || alarm
                .received_at
                .is_some_and(|received_at| self.may_read(case, received_at))
    }

    /// Opens the history of a member to whoever knows the ID and the birthdate.
    ///
    /// # Errors
    /// Where it cannot be read or written.
    pub async fn open_history(
        &self,
        case: CaseId,
        typed: &TypedProof,
    ) -> Result<OpenHistory, Error> {
        let Some(member) = self.member(case).await? else {
            return Ok(OpenHistory::NoSuchMember);
        };
        if !self.is_closed(case) {
            return Ok(OpenHistory::Opened);
        }
        let app = &self.app;
        let id = HersysId::parse(&typed.hersys_id, app.id_lengths());
        let [year, month, day] = &typed.born;
        let born = Birthdate::parse_parts(year, month, day, member.today);
        let (id, born) = match (id, born) {
            (Ok(id), Ok(born)) => (id, born),
            (id, born) => return Ok(OpenHistory::Problems(id.err(), born.err())),
        };
        let (account, now, record) = (self.account, app.clock.now(), member.record);
        // Of each session, so that whoever guesses elsewhere does not shut the owner out; and of all together.
        let here = format!("{account}|{case}|{}", self.session);
        let subject = app.keys().blind(LIMIT, &here);
        let tried = Tried { account, case };
        let all = tried.of_all(app.keys());
        let opened = self.did("case.history_opened", case);
        let refused = self.did("case.history_refused", case);
        let task = TaskId::from_uuid(app.new_uuid());
        let keys = app.keys().clone();
        Ok(app
            .db()
            .write(move |tx| {
                if limits::in_a_row(tx, LIMIT, &all)? >= IN_A_ROW {
                    return Ok(OpenHistory::AskCenter);
                }
                let day = (TRIES_OF_ALL, SignedDuration::from_hours(24));
                if !limits::count(tx, LIMIT, &subject, TRIES, now)?
                    || !limits::count_span(tx, LIMIT, &all, day, now)?
                {
                    return Ok(OpenHistory::Wait);
                }
                // Before anybody knows whether it is right, in the same transaction in which a success clears it.
                let failures = limits::count_in_a_row(tx, LIMIT, &all, IN_A_ROW, now)?;
                let Some(failures) = failures else {
                    return Ok(OpenHistory::AskCenter);
                };
                // Of two records of one illness either number may be the one on the brochure.
                let named = cases::by_hersys_id(tx, id.as_str())?;
                let fits =
                    named.is_some_and(|row| row.record() == record && row.birthdate == born.date());
                if fits {
                    storage::account::open_history(tx, account, case)?;
                    limits::forget(tx, LIMIT, &subject)?;
                    limits::clear_row(tx, LIMIT, &all)?;
                    audit::note(tx, &keys, &opened)?;
                    return Ok(OpenHistory::Opened);
                }
                audit::note(tx, &keys, &refused)?;
                if failures < IN_A_ROW {
                    return Ok(OpenHistory::Wrong);
                }
                tried.tell_center(tx, &keys, (task, record), now)?;
                Ok(OpenHistory::AskCenter)
            })
            .await?)
    }
}
