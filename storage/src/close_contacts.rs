//! Close contacts: who met whom.

use crate::case_registration::RecordId;
use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::CaseId;
use jiff::Timestamp;
use jiff::civil::Date;

/// A contact between two people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// Who was ill.
    pub source: CaseId,
    /// Who met them.
    pub contact: CaseId,
    /// The last day on which they met.
    pub last_contact_on: Date,
}

/// Notes who met whom: first who was ill, then who met them; a later word on the same two replaces the day.
pub fn link(
    tx: &mut Tx<'_>,
    (source, contact): (RecordId, RecordId),
    last_contact_on: Date,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "INSERT INTO contact_links (source_id, contact_id, last_contact_on) VALUES ($1, $2, $3)
             ON CONFLICT (source_id, contact_id) DO UPDATE SET last_contact_on = excluded.last_contact_on"
        ),
        &[
            &source.case().uuid(),
            &contact.case().uuid(),
            &last_contact_on,
        ],
    )?;
    Ok(())
}

/// All contacts that a person had, as the one who was ill or as the one who met them.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<LinkRow>, Error> {
    tx.query(
        sql!(
            "SELECT source_id, contact_id, last_contact_on FROM contact_links
             WHERE source_id = $1 OR contact_id = $1 ORDER BY last_contact_on DESC, contact_id"
        ),
        &[&case.uuid()],
        |row| {
            Ok(LinkRow {
                source: CaseId::from_uuid(row.get(0)?),
                contact: CaseId::from_uuid(row.get(1)?),
                last_contact_on: row.get(2)?,
            })
        },
    )
}

/// A contact has fallen ill; `version` must be the one that was looked at. How they were followed until now is kept beside it:
/// it may have been a mistake.
pub fn fell_ill(
    tx: &mut Tx<'_>,
    case: CaseId,
    diagnosed_on: Date,
    onset_on: Option<Date>,
    version: i32,
    now: Timestamp,
) -> Result<bool, Error> {
    let became = tx.execute(
        sql!(
            "UPDATE cases SET is_contact = 0, fell_ill_at = $4, diagnosed_on = $2, onset_on = $3,
                contact_met_on = diagnosed_on,
                contact_registered_on = (SELECT m.registered_on FROM monitoring m WHERE m.case_id = $1),
                contact_status = (SELECT m.status FROM monitoring m WHERE m.case_id = $1), version = version + 1
             WHERE id = $1 AND is_contact = 1 AND in_error_at IS NULL AND version = $5"
        ),
        &[&case.uuid(), &diagnosed_on, &onset_on, &At(now), &version],
    )?;
    Ok(became == 1)
}

/// A contact who is not ill met somebody again, on a later day: what counts from the last contact counts from then.
pub fn met_again(
    tx: &mut Tx<'_>,
    case: CaseId,
    last_contact_on: Date,
    review_from: Option<Date>,
) -> Result<(), Error> {
    let met = tx.execute(
        sql!(
            "UPDATE cases SET diagnosed_on = $2, version = version + 1
             WHERE id = $1 AND is_contact = 1 AND diagnosed_on < $2"
        ),
        &[&case.uuid(), &last_contact_on],
    )?;
    if met == 0 {
        // A case by now, or met later still.
        return Ok(());
    }
    tx.execute(
        sql!("UPDATE monitoring SET review_from = $2 WHERE case_id = $1"),
        &[&case.uuid(), &review_from],
    )?;
    Ok(())
}

/// Takes away that two people met, whichever of them was ill; tells what stood.
pub fn unlink(tx: &mut Tx<'_>, one: CaseId, other: CaseId) -> Result<Vec<LinkRow>, Error> {
    tx.query(
        sql!(
            "DELETE FROM contact_links WHERE (source_id = $1 AND contact_id = $2) OR (source_id = $2 AND contact_id = $1)
             RETURNING source_id, contact_id, last_contact_on"
        ),
        &[&one.uuid(), &other.uuid()],
        |row| {
            Ok(LinkRow {
                source: CaseId::from_uuid(row.get(0)?),
                contact: CaseId::from_uuid(row.get(1)?),
                last_contact_on: row.get(2)?,
            })
        },
    )
}

/// A contact did not meet somebody after all on the day that counted as the last one: the last day of the others counts. Of
/// whoever is a case by now it is the day that counted before.
pub fn met_last(tx: &mut Tx<'_>, contact: CaseId, (was, is): (Date, Date)) -> Result<bool, Error> {
    let changed = tx.execute(
        sql!(
            "UPDATE cases SET diagnosed_on = CASE WHEN is_contact = 1 THEN $3 ELSE diagnosed_on END,
                contact_met_on = CASE WHEN is_contact = 1 THEN contact_met_on ELSE $3 END, version = version + 1
             WHERE id = $1 AND ((is_contact = 1 AND diagnosed_on = $2) OR (is_contact = 0 AND contact_met_on = $2))"
        ),
        &[&contact.uuid(), &was, &is],
    )?;
    Ok(changed == 1)
}
