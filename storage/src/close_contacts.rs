//! Close contacts: who met whom.

use crate::case_registration::{CaseRow, RecordId, person_changed};
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

/// All contacts that a person had, as the one who was ill or as the one who met them. Of two records that became one the kept one
/// has them: with the other one they would be told twice, and whoever met their own other record would be their own contact.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<LinkRow>, Error> {
    tx.query(
        sql!(
            "SELECT l.source_id, l.contact_id, l.last_contact_on
             FROM contact_links l CROSS JOIN cases s CROSS JOIN cases k
             WHERE (l.source_id = $1 OR l.contact_id = $1) AND s.id = l.source_id AND k.id = l.contact_id
                AND s.merged_into IS NULL AND k.merged_into IS NULL
             ORDER BY l.last_contact_on DESC, l.contact_id"
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

/// The last day on which somebody met any of those whom they are noted to have met; none where no such meeting is noted. One with
/// a record that became one with another is not asked: the kept one has the same.
pub fn last_met(tx: &mut Tx<'_>, contact: CaseId) -> Result<Option<Date>, Error> {
    tx.query_one(
        sql!(
            "SELECT max(l.last_contact_on) FROM contact_links l JOIN cases s ON s.id = l.source_id
             WHERE l.contact_id = $1 AND s.merged_into IS NULL"
        ),
        &[&contact.uuid()],
        |row| row.day_opt(0),
    )
}

/// Writes the day of the last contact; of whoever is a case by now, as that which counted before. Tells whether it was another
/// one. The person counts as changed: a form that was shown with the day before would otherwise bring it back.
pub fn set_last_met(tx: &mut Tx<'_>, contact: &CaseRow, day: Date) -> Result<bool, Error> {
    let changed = tx.execute(
        sql!(
            "UPDATE cases SET diagnosed_on = CASE WHEN is_contact = 1 THEN $2 ELSE diagnosed_on END,
                contact_met_on = CASE WHEN is_contact = 1 THEN contact_met_on ELSE $2 END, version = version + 1
             WHERE id = $1 AND ((is_contact = 1 AND diagnosed_on <> $2) OR (is_contact = 0 AND contact_met_on <> $2))"
        ),
        &[&contact.id.uuid(), &day],
    )?;
    if changed == 1 && contact.is_contact {
        person_changed(tx, contact.person)?;
    }
    Ok(changed == 1)
}

/// The day of the last contact was corrected: so is that of the meeting which was the last one, and no other is later than it.
pub fn correct_last_met(tx: &mut Tx<'_>, contact: RecordId, day: Date) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE contact_links SET last_contact_on = $2
             WHERE contact_id = $1 AND (last_contact_on > $2
                OR last_contact_on = (SELECT max(o.last_contact_on) FROM contact_links o WHERE o.contact_id = $1))"
        ),
        &[&contact.case().uuid(), &day],
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
