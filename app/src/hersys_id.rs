//! Taking a HER-SYS ID back and giving another one: for a brochure or a message that reached somebody else.

use crate::audit::{self, with};
use crate::case_registration::CaseView;
use crate::invitation::InviteBy;
use crate::keys::{Keys, random};
use crate::monitoring::NOTE_LENGTH;
use crate::{Error, StaffDesk};
use domain::hersys_id::HersysId;
use domain::ids::CaseId;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::Timestamp;
use storage::Tx;
use storage::audit::AuditEntry;
use storage::case_registration as cases;
use storage::corrections::CorrectionRow;
use storage::in_error::forget_pages;
use storage::merge;

/// Before the keyed hashes of IDs that were given once.
const GIVEN: &str = "hersys_id";

/// Whether an ID is taken, or was given to somebody once: it is never given again.
pub(crate) fn is_taken(tx: &mut Tx<'_>, keys: &Keys, id: &str) -> Result<bool, storage::Error> {
    cases::id_is_taken(tx, id, &keys.blind(GIVEN, id))
}

/// The first of some IDs that is free.
fn free_id(tx: &mut Tx<'_>, keys: &Keys, ids: &[String]) -> Result<String, storage::Error> {
    for id in ids {
        if !is_taken(tx, keys, id)? {
            return Ok(id.clone());
        }
    }
    Err(storage::Error::Broken(
        "no HER-SYS ID is free; allow longer ones".to_owned(),
    ))
}

/// Remembers the IDs of a record that is about to be purged.
pub(crate) fn remember(tx: &mut Tx<'_>, keys: &Keys, case: CaseId) -> Result<(), storage::Error> {
    for id in storage::retention::ids_of(tx, case)? {
        storage::retention::never_again(tx, &keys.blind(GIVEN, &id))?;
    }
    Ok(())
}

/// What came of giving another ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reissue {
    /// The new ID. The old one leads nowhere from now on.
    Reissued(String),
    /// The reason is missing.
    Reason,
    /// Somebody has signed up with the ID: it must be said whether that account loses the person.
    HasAccount,
    /// Somebody else changed the case meanwhile, or it became one with another record, to which its ID leads; nothing was done.
    ChangedMeanwhile,
    /// There is no such case.
    NoSuchCase,
}

impl StaffDesk {
    /// Where an ID led that was taken back, and when that was: for whoever holds an old brochure in their hands. `None`
    /// where it never was one, and where the case is not in reach.
    pub async fn revoked_id(&self, id: &HersysId) -> Result<Option<(Timestamp, CaseView)>, Error> {
        self.needs(Right::SeePersons)?;
        let (scope, id) = (self.scope(), id.as_str().to_owned());
        let found = self
            .app
            .db()
            .read(move |tx| {
                let Some((case, at)) = cases::by_revoked_id(tx, &id)? else {
                    return Ok(None);
                };
                Ok(cases::find(tx, &scope, case)?.map(|row| (at, row)))
            })
            .await?;
        let Some((at, row)) = found else {
            return Ok(None);
        };
        self.looked_at("case.found", [row.id]).await?;
        Ok(Some((at, self.view(row).await?)))
    }

    /// Takes a case's ID back and gives another one. `detach`: the account that has signed up with the old one loses
    /// the person; `None`: not said. Of two records that became one both IDs are taken back, and either account is meant: each
    /// leads to the same person, and nobody knows which of them went astray.
    pub async fn reissue_id(
        &self,
        case: CaseId,
        reason: &str,
        detach: Option<bool>,
        version: i32,
    ) -> Result<Reissue, Error> {
        self.needs(Right::CorrectPersons)?;
        let reason: String = clean_note(reason).chars().take(NOTE_LENGTH).collect();
        if reason.is_empty() {
            return Ok(Reissue::Reason);
        }
        let app = self.app.clone();
        let ids: Vec<String> = std::iter::repeat_with(|| {
            HersysId::from_random(app.id_lengths().longest(), u64::from_le_bytes(random()))
        })
        .flatten()
        .take(40)
        .map(|id| id.as_str().to_owned())
        .collect();
        let (scope, now, staff) = (self.scope(), app.clock.now(), self.staff);
        let entry = with(self.did("case.corrected", Some(case)), "hersys_id");
        Ok(self
            .app
            .db()
            .write(move |tx| {
                // Nobody undoes a merge meanwhile, which is held before anything is written of either record; nor makes it
                // one with another record.
                let held = cases::merged_into(tx, case)?;
                for row in &held {
                    merge::hold(tx, row.id)?;
                }
                storage::monitoring::hold(tx, case)?;
                let Some(row) = cases::find(tx, &scope, case)? else {
                    return Ok(Reissue::NoSuchCase);
                };
                if row.merged_into.is_some() {
                    return Ok(Reissue::ChangedMeanwhile);
                }
                let others = cases::merged_into(tx, case)?;
                if others
                    .iter()
                    .map(|row| row.id)
                    .ne(held.iter().map(|row| row.id))
                {
                    return Err(storage::Error::TryAgain);
                }
                let of_record = [vec![row], others].concat();
                let has_account = of_record.iter().any(|row| row.account.is_some());
                if has_account && detach.is_none() {
                    return Ok(Reissue::HasAccount);
                }
                let detach = detach.unwrap_or(false) && has_account;
                if detach {
                    forget_pages(tx, case)?;
                }
                let mut given = String::new();
                for row in of_record {
                    let free = free_id(tx, app.keys(), &ids)?;
                    let is_kept = row.id == case;
                    let seen = if is_kept { version } else { row.version };
                    if !cases::reissue(tx, row.id, &free, detach, seen, now)? {
                        return match is_kept {
                            true => Ok(Reissue::ChangedMeanwhile),
                            // Somebody signed up with it this very moment.
                            false => Err(storage::Error::TryAgain),
                        };
                    }
                    let seal = |id: &str| {
                        let value = serde_json::json!({ "hersys_id": id });
                        app.keys().seal_text("correction", &value.to_string())
                    };
                    let line = app.new_uuid();
                    let correction = CorrectionRow {
                        case,
                        id: line,
                        subject: "attributes".to_owned(),
                        subject_id: None,
                        at: now,
                        by: staff,
                        reason_sealed: app.keys().seal_text("correction", &reason),
                        before_sealed: seal(&row.hersys_id),
                        after_sealed: seal(&free),
                        by_name: String::new(),
                    };
                    storage::corrections::insert(tx, &correction)?;
                    if !is_kept {
                        // It is read with the record while they are one, and is nobody else's when they are two again.
                        merge::corrected_under(tx, row.id, line)?;
                    }
                    // An invitation that waits would bring the old ID.
                    for by in InviteBy::ALL {
                        storage::outbox::withdraw_about(tx, row.id, by.kind(), now)?;
                    }
                    let entry = AuditEntry {
                        case: Some(row.id),
                        ..entry.clone()
                    };
                    audit::note(tx, app.keys(), &entry)?;
                    if is_kept {
                        given = free;
                    }
                }
                if detach {
                    storage::monitoring::left_account(tx, case, now)?;
                }
                storage::monitoring::touch(tx, case, now)?;
                Ok(Reissue::Reissued(given))
            })
            .await?)
    }
}
