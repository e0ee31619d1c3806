//! One try to claim a case: counted, compared, granted or refused, in one transaction.

use super::{Attributes, Refusal, Typed};
use crate::closed_history::GuessedBeside;
use crate::keys::Keys;
use crate::password_letters::{own_data, with_registered};
use domain::ids::{AccountId, CaseId, HealthCenterId, SessionId, TaskId};
use domain::limits;
use domain::name::{NameKeys, Reading};
use domain::password::PasswordLetters;
use jiff::{SignedDuration, Timestamp};
use storage::limits::AtMost;
use storage::tasks::TaskRow;
use storage::{Tx, account, attributes as rows};
use subtle::{Choice, ConstantTimeEq};

pub(super) const PERSON: &str = "claim_person";
/// By birthdate and phone number without the name: within a day, and within 30 days.
pub(super) const CONTACT: [&str; 2] = ["claim_contact_day", "claim_contact_30_days"];
pub(super) const ID: &str = "claim_id";
pub(super) const ACCOUNT: &str = "claim_account";
pub(super) const CLIENT: &str = "claim_client";

/// One try to claim a case, with all that its transaction decides on.
pub(super) struct Claim {
    pub(super) attributes: Attributes,
    /// The name as it was typed, and as it was meant: without its reading or another name in brackets, and without a title.
    pub(super) names: [NameKeys; 2],
    /// What each is in kana, where it was typed in Latin letters that read as Japanese.
    pub(super) readings: [Option<Reading>; 2],
    pub(super) typed: Typed,
    pub(super) person_key: Vec<u8>,
    pub(super) contact_key: Vec<u8>,
    pub(super) id_key: Vec<u8>,
    pub(super) account_key: Vec<u8>,
    pub(super) client_key: Vec<u8>,
    pub(super) phone_blind: Vec<u8>,
    pub(super) account: AccountId,
    pub(super) session: SessionId,
    pub(super) task: TaskId,
    /// The id of the task about tries at a closed history, if it comes to one.
    pub(super) history_task: TaskId,
    pub(super) keys: Keys,
    pub(super) now: Timestamp,
    /// The letters of the account's password, while they are kept.
    pub(super) letters: Option<PasswordLetters>,
}

/// What came of a try.
pub(super) enum Outcome {
    /// The case belongs to the account.
    Claimed(CaseId),
    /// It did before.
    Theirs(CaseId),
    /// It does not: one answer for all reasons.
    Refused,
    /// The attributes agree, but the password is built on another spelling of the name that the center recorded. Nothing
    /// was claimed and nothing counted; only whoever would have been registered hears it.
    PasswordIsOwnData,
}

impl Claim {
    /// Tells what came of it, and whether the address fails too often. Every path does the same look-ups
    /// and comparisons, and every refusal writes the same rows.
    pub(super) fn run(&self, tx: &mut Tx<'_>) -> Result<(Outcome, bool), storage::Error> {
        let (allowed, floods, slow) = self.count(tx)?;
        let still_typed = account::draft(tx, self.account)?.is_some();
        let found = rows::candidate(tx, self.attributes.hersys_id.as_str())?;
        let birthdate = self.attributes.birthdate.date();
        let [_, meant] = &self.names;
        let likely = rows::likely_center(tx, &self.phone_blind, birthdate, &meant.sorted)?;
        // Of one illness that was registered twice either record may say what the person types: the center corrects the one
        // that is kept, and in their hand may be the number of the other.
        let kept = rows::kept_beside(tx, found.as_ref().map(|(case, _)| case))?;
        let both = (
            found.as_ref().map(|(case, _)| case),
            kept.as_ref().map(|(case, _)| case),
        );
        let guess = GuessedBeside::count(tx, &self.keys, self.account, both, allowed, self.now)?;
        let allowed = allowed && guess.is_allowed();
        let (name, born, phone, free) = self.compare(found.as_ref());
        let (name_kept, born_kept, phone_kept, _) = self.compare(kept.as_ref());
        let (name, born, phone) = (name | name_kept, born | born_kept, phone | phone_kept);
        let same = bool::from(name & born & phone) && allowed;
        if let (true, Some((case, _))) = (same, &found)
            && case.account == Some(self.account)
        {
            self.uncount(tx)?;
            guess.was_right(tx)?;
            if !still_typed {
                // Pressed twice: what was typed has become this registration while we were on the way.
                return Ok((Outcome::Claimed(case.id), false));
            }
            // Typed once more: it is theirs already, and nobody at the center needs to hear of it.
            account::drop_draft(tx, self.account)?;
            account::open_history(tx, self.account, case.id)?;
            storage::kept_page::forget(tx, self.account)?;
            return Ok((Outcome::Theirs(case.id), false));
        }
        // Nobody is registered by the number of a case that is none.
        let is_none = found.as_ref().is_some_and(|(case, _)| case.is_in_error)
            || kept.as_ref().is_some_and(|(case, _)| case.is_in_error);
        let agrees = same && bool::from(free) && !is_none;
        if let (true, Some((_, names)), Some(letters)) = (agrees, &found, &self.letters)
            && letters.are_built_on(&with_registered(own_data(&self.attributes), names))
        {
            self.uncount(tx)?;
            guess.uncount(tx)?;
            return Ok((Outcome::PasswordIsOwnData, false));
        }
        if let (true, Some((case, _))) = (agrees, &found)
            && rows::claim(tx, case.id, self.account, self.session, self.now)?
        {
            self.uncount(tx)?;
            guess.was_right(tx)?;
            account::drop_draft(tx, self.account)?;
            account::open_history(tx, self.account, case.id)?;
            storage::kept_page::forget(tx, self.account)?;
            storage::session::forget_letters(tx, self.account)?;
            // Nobody needs to call about the tries before it.
            storage::tasks::finish_same(tx, &self.same_as(false), self.now)?;
            self.settle_refusals(tx, case.id)?;
            // Whoever had closed their account reports again.
            let closed = crate::tasks::ACCOUNT_CLOSED;
            for task in storage::tasks::open_about(tx, case.record(), closed)? {
                storage::tasks::settle(tx, task.id, self.now)?;
            }
            storage::monitoring::has_account(tx, case.id, self.now)?;
            let entry = storage::audit::AuditEntry {
                actor_kind: "person".to_owned(),
                actor: Some(self.account.uuid()),
                ..crate::audit::by_machine(self.now, "case.claimed", Some(case.id))
            };
            crate::audit::note(tx, &self.keys, &entry)?;
            return Ok((Outcome::Claimed(case.id), false));
        }
        guess.was_wrong(tx, &self.keys, self.history_task, self.now)?;
        let known = found.is_some();
        let reasons = [
            (!allowed, "too_many_tries"),
            (!known, "id_unknown"),
            (known && !bool::from(free), "already_registered"),
            (is_none, "in_error"),
            (known && !bool::from(name), "name"),
            (known && !bool::from(born), "birthdate"),
            (known && !bool::from(phone), "phone"),
        ];
        let reasons = reasons
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, word)| (*word).to_owned());
        let center = found.as_ref().map(|(case, _)| case.center).or(likely);
        self.refuse(
            tx,
            center,
            found.map(|(case, _)| case.id),
            reasons.collect(),
            floods,
        )?;
        Ok((Outcome::Refused, slow))
    }

    /// Counts this try before anything is compared; the locks are always taken in this order.
    /// Tells whether the try is allowed, whether the account is beyond its limit, and whether the address is.
    fn count(&self, tx: &mut Tx<'_>) -> Result<(bool, bool, bool), storage::Error> {
        let hour = SignedDuration::from_hours(1);
        let day = SignedDuration::from_hours(24);
        let within = |times, within| AtMost { times, within };
        let person = [
            within(limits::CLAIM_PER_DAY, day),
            within(limits::CLAIM_PER_30_DAYS, day * 30),
        ];
        let id = [within(limits::CLAIM_PER_ID_AND_DAY, day); 2];
        let account = [
            within(limits::CLAIM_PER_ACCOUNT_AND_HOUR, hour),
            within(limits::CLAIM_PER_ACCOUNT_AND_DAY, day),
        ];
        let now = self.now;
        // The account first: one that is beyond its limit uses up nobody else's tries.
        let by_account = storage::limits::count(tx, ACCOUNT, &self.account_key, account, now)?;
        let most = limits::CLAIM_PER_CLIENT_AND_HOUR;
        let by_client = storage::limits::count_hourly(tx, CLIENT, &self.client_key, most, now)?;
        if !by_account {
            return Ok((false, true, !by_client));
        }
        let by_person = storage::limits::count(tx, PERSON, &self.person_key, person, now)?;
        let mut by_contact = true;
        for (kind, most, days) in [
            (CONTACT[0], limits::CLAIM_PER_CONTACT_AND_DAY, 1),
            (CONTACT[1], limits::CLAIM_PER_CONTACT_AND_30_DAYS, 30),
        ] {
            let most = (most, day * days);
            by_contact &= storage::limits::count_span(tx, kind, &self.contact_key, most, now)?;
        }
        let by_id = storage::limits::count(tx, ID, &self.id_key, id, now)?;
        Ok((by_person & by_contact & by_id, false, !by_client))
    }

    /// Takes this try back: only failures count.
    fn uncount(&self, tx: &mut Tx<'_>) -> Result<(), storage::Error> {
        storage::limits::uncount(tx, PERSON, &self.person_key)?;
        for kind in CONTACT {
            storage::limits::uncount_hourly(tx, kind, &self.contact_key)?;
        }
        storage::limits::uncount(tx, ID, &self.id_key)?;
        storage::limits::uncount(tx, ACCOUNT, &self.account_key)?;
        storage::limits::uncount_hourly(tx, CLIENT, &self.client_key)
    }

    /// Compares with what is registered, or with a stand-in of the same shape; no comparison is left out.
    fn compare(
        &self,
        found: Option<&(
            storage::case_registration::CaseRow,
            Vec<storage::case_registration::NameRow>,
        )>,
    ) -> (Choice, Choice, Choice, Choice) {
        let nobody = vec![0u8; self.phone_blind.len()];
        let phone = found.map_or(&nobody, |(case, _)| &case.phone_blind);
        let mine = self.attributes.birthdate.date();
        let day = found.map_or(jiff::civil::Date::MIN, |(case, _)| case.birthdate);
        let mut name = Choice::from(0);
        // Somebody whose passport says ONO TARO, whom the center knows as 大野 太郎, オオノ タロウ only, types the name as they
        // always do, and was refused. So where the center has no Latin spelling, the reading is compared with the kana, whole
        // and with all else that kana must agree in. The price: ONO is オノ and オオノ, as it would be if the center had written
        // ONO down; whoever guesses gains a name for two that sound alike, and still needs the ID, the birthdate and the
        // phone number. Whoever goes through spellings (ONO, OHNO, OONO) gets no further than whoever goes through names: the
        // tries of a birthdate and a number are counted whatever the name is. Where a Latin spelling is recorded, that one
        // counts, and no other is taken from kana.
        let (mut as_kana, mut has_latin) = (false, false);
        for slot in 0..3 {
            // By keys made now from the name as it is written: those that stand may be an earlier release's. Where there
            // is no name, the typed one does the same work.
            let row = found.and_then(|(_, names)| names.get(slot));
            let written = row.map_or(self.attributes.name.as_str(), |row| &row.name);
            for keys in NameKeys::as_written_and_meant(written) {
                for typed in &self.names {
                    let matches = typed.matches(&keys) & row.is_some();
                    name |= Choice::from(u8::from(matches));
                }
                for reading in self.readings.iter().flatten() {
                    as_kana |= reading.matches(&keys) & row.is_some();
                    has_latin |= keys.has_latin() & row.is_some();
                }
            }
        }
        name |= Choice::from(u8::from(as_kana & !has_latin));
        let free = found.is_some_and(|(case, _)| case.account.is_none());
        (
            name,
            Choice::from(u8::from(day == mine)),
            phone.ct_eq(&self.phone_blind),
            Choice::from(u8::from(free)),
        )
    }

    /// Ends the tasks about this account's earlier tries for a case under which it has now succeeded, also those in
    /// which the name, the birthdate or the phone number was another one. Tries of other accounts stay: somebody may
    /// have guessed.
    fn settle_refusals(&self, tx: &mut Tx<'_>, case: CaseId) -> Result<(), storage::Error> {
        let kind = crate::tasks::REGISTRATION_REFUSED;
        for task in storage::tasks::open_about(tx, case, kind)? {
            let broken = || storage::Error::Broken(format!("tasks.details of {}", task.id));
            let details = self.keys.open("task", &task.details_sealed);
            let details = details.map_err(|_| broken())?;
            let refusal: Refusal = serde_json::from_slice(&details).map_err(|_| broken())?;
            if refusal.account == Some(self.account) {
                storage::tasks::settle(tx, task.id, self.now)?;
                let entry = crate::audit::by_machine(self.now, "task.settled", Some(case));
                let entry = crate::audit::about(entry, task.id.uuid());
                crate::audit::note(tx, &self.keys, &entry)?;
            }
        }
        Ok(())
    }

    fn refuse(
        &self,
        tx: &mut Tx<'_>,
        center: Option<HealthCenterId>,
        case: Option<CaseId>,
        reasons: Vec<String>,
        floods: bool,
    ) -> Result<(), storage::Error> {
        let refusal = Refusal {
            typed: self.typed.clone(),
            reasons,
            person_key: self.person_key.clone(),
            contact_key: self.contact_key.clone(),
            account: Some(self.account),
        };
        let details = serde_json::to_vec(&refusal)
            .map_err(|e| storage::Error::Broken(format!("a refusal cannot be stored: {e}")))?;
        let task = TaskRow {
            id: self.task,
            center,
            kind: crate::tasks::REGISTRATION_REFUSED.to_owned(),
            case,
            report: None,
            details_sealed: self.keys.seal("task", &details),
            times: 1,
            created_at: self.now,
            last_at: self.now,
        };
        storage::tasks::add(tx, &task, &self.same_as(floods))
    }

    /// What makes two refusals one task: the same account tries for the same person. An account beyond its limit has one
    /// task for whoever it names, so that nobody floods a center's list.
    fn same_as(&self, floods: bool) -> Vec<u8> {
        let person = if floods {
            "many".to_owned()
        } else {
            crate::code::hex(&self.person_key)
        };
        self.keys
            .blind("refusal", &format!("{}|{person}", self.account))
    }
}
