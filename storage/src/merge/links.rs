//! Who met whom, of two records that become one: the meetings of the merged one move to the kept one. Where that has the same, the
//! later day holds, and the other one stays where it is, for the day on which they are two again.

use super::{MetLater, Moved};
use crate::engine::{Error, Param, Row, Tx};
use crate::sql;
use domain::ids::CaseId;
use jiff::civil::Date;

pub(super) fn move_over(
    tx: &mut Tx<'_>,
    merged: CaseId,
    kept: CaseId,
    moved: &mut Moved,
) -> Result<(), Error> {
    moved.contacts_of = tx.query(
        sql!(
            "SELECT contact_id FROM contact_links l WHERE source_id = $1 AND contact_id <> $2
                AND NOT EXISTS (SELECT 1 FROM contact_links k WHERE k.source_id = $2 AND k.contact_id = l.contact_id)"
        ),
        &[&merged.uuid(), &kept.uuid()],
        |row| row.get(0),
    )?;
    moved.contact_of = tx.query(
        sql!(
            "SELECT source_id FROM contact_links l WHERE contact_id = $1 AND source_id <> $2
                AND NOT EXISTS (SELECT 1 FROM contact_links k WHERE k.contact_id = $2 AND k.source_id = l.source_id)"
        ),
        &[&merged.uuid(), &kept.uuid()],
        |row| row.get(0),
    )?;
    relink(tx, moved, merged, kept)?;
    moved.met_later = later_meetings(tx, merged, kept)?;
    for later in &moved.met_later {
        set_day(tx, later, (later.was, later.is))?;
    }
    Ok(())
}

/// Moves them back; a day that somebody has corrected since stays.
pub(super) fn move_back(
    tx: &mut Tx<'_>,
    moved: &Moved,
    merged: CaseId,
    kept: CaseId,
) -> Result<(), Error> {
    relink(tx, moved, kept, merged)?;
    for later in &moved.met_later {
        set_day(tx, later, (later.is, later.was))?;
    }
    Ok(())
}

/// Whom both records met, or were met by, and the merged one on a later day.
fn later_meetings(tx: &mut Tx<'_>, merged: CaseId, kept: CaseId) -> Result<Vec<MetLater>, Error> {
    let read = |row: Row<'_>| {
        Ok(MetLater {
            source: row.get(0)?,
            contact: row.get(1)?,
            was: row.get(2)?,
            is: row.get(3)?,
        })
    };
    let both: [&dyn Param; 2] = [&merged.uuid(), &kept.uuid()];
    let mut all = tx.query(
        sql!(
            "SELECT k.source_id, k.contact_id, k.last_contact_on, l.last_contact_on
             FROM contact_links l CROSS JOIN contact_links k
             WHERE l.source_id = $1 AND k.source_id = $2 AND k.contact_id = l.contact_id
                AND l.last_contact_on > k.last_contact_on"
        ),
        &both,
        read,
    )?;
    all.extend(tx.query(
        sql!(
            "SELECT k.source_id, k.contact_id, k.last_contact_on, l.last_contact_on
             FROM contact_links l CROSS JOIN contact_links k
             WHERE l.contact_id = $1 AND k.contact_id = $2 AND k.source_id = l.source_id
                AND l.last_contact_on > k.last_contact_on"
        ),
        &both,
        read,
    )?);
    Ok(all)
}

/// Puts the day of a meeting of the kept record in the place of another one, where that stands.
fn set_day(tx: &mut Tx<'_>, meeting: &MetLater, (was, is): (Date, Date)) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE contact_links SET last_contact_on = $4
             WHERE source_id = $1 AND contact_id = $2 AND last_contact_on = $3"
        ),
        &[&meeting.source, &meeting.contact, &was, &is],
    )?;
    Ok(())
}

fn relink(tx: &mut Tx<'_>, moved: &Moved, from: CaseId, to: CaseId) -> Result<(), Error> {
    for contact in &moved.contacts_of {
        tx.execute(
            sql!(
                "UPDATE contact_links SET source_id = $2 WHERE source_id = $1 AND contact_id = $3"
            ),
            &[&from.uuid(), &to.uuid(), contact],
        )?;
    }
    for source in &moved.contact_of {
        tx.execute(
            sql!(
                "UPDATE contact_links SET contact_id = $2 WHERE contact_id = $1 AND source_id = $3"
            ),
            &[&from.uuid(), &to.uuid(), source],
        )?;
    }
    Ok(())
}
