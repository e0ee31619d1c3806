//! Calls, visits and notes of a case.

use crate::engine::{At, Error, Tx};
use crate::in_error::InErrorRow;
use crate::sql;
use domain::ids::{AlertId, CaseId, ContactId, StaffId};
use jiff::Timestamp;

/// A call, a visit or a note.
#[derive(Clone)]
pub struct ContactRow {
    /// The case.
    pub case: CaseId,
    /// The id: the same for whatever form says the same once more.
    pub id: ContactId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: StaffId,
    /// The word of the outcome.
    pub outcome: String,
    /// Sealed words.
    pub note_sealed: Vec<u8>,
    /// The alert that it ended.
    pub alert: Option<AlertId>,
    /// The name of whoever it was.
    pub by_name: String,
    /// What it changed of how the person is followed; nothing of a line from before that was kept.
    pub did: Did,
    /// That it was taken back as entered in error, and the name of whoever did so: then it counts nowhere.
    pub in_error: Option<(InErrorRow, String)>,
}

/// What a line changed of how the person is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Did {
    /// Where it set the next call: which one stood before, and which one after. None where it did not, or where that was not
    /// kept.
    pub next_call: Option<(Option<Timestamp>, Option<Timestamp>)>,
    /// Which call stands behind the next one since; the same moment: none does. None where the line says nothing of it.
    pub behind: Option<Timestamp>,
    /// When something else than a report was heard of the person before, where this line told of them.
    pub heard_before: Option<Timestamp>,
}

/// How many lines a case has, and how many of them were taken back: another number says that one was written or taken back
/// since somebody looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// All of them.
    pub written: i64,
    /// Those that count nowhere.
    pub taken_back: i64,
}

/// How many lines a case has.
pub fn lines(tx: &mut Tx<'_>, case: CaseId) -> Result<Lines, Error> {
    tx.query_one(
        sql!("SELECT count(*), count(in_error_at) FROM contacts_made WHERE case_id = $1"),
        &[&case.uuid()],
        |row| {
            Ok(Lines {
                written: row.get(0)?,
                taken_back: row.get(1)?,
            })
        },
    )
}

/// A line that counts and after which the next call stood at some moment.
#[derive(Clone, Debug)]
pub struct SetNext {
    /// When it was written.
    pub at: Timestamp,
    /// The word of its outcome.
    pub outcome: String,
    /// Which call stood before.
    pub before: Option<Timestamp>,
    /// Which one stands behind it since; the same moment: none does. None where the line says nothing of it.
    pub behind: Option<Timestamp>,
}

/// The lines of a case that count and after which the next call stood at this moment, the latest first.
pub fn that_set_next(tx: &mut Tx<'_>, case: CaseId, at: Timestamp) -> Result<Vec<SetNext>, Error> {
    // Of one instant are those the later ones that found the call where they left it.
    tx.query(
        sql!(
            "SELECT at, outcome, next_before, next_behind FROM contacts_made
             WHERE case_id = $1 AND sets_next = 1 AND next_set = $2 AND in_error_at IS NULL
             ORDER BY at DESC, CASE WHEN next_before = next_set THEN 0 ELSE 1 END, id DESC"
        ),
        &[&case.uuid(), &At(at)],
        |row| {
            Ok(SetNext {
                at: row.at(0)?,
                outcome: row.get(1)?,
                before: row.at_opt(2)?,
                behind: row.at_opt(3)?,
            })
        },
    )
}

/// Adds a line unless its form was sent before; tells whether it was added.
pub fn insert(tx: &mut Tx<'_>, contact: &ContactRow) -> Result<bool, Error> {
    let next = contact.did.next_call;
    let added = tx.execute(
        sql!(
            "INSERT INTO contacts_made (case_id, id, at, by_staff, outcome, note_sealed, alert_id, sets_next, next_before,
                next_set, heard_before, next_behind)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (case_id, id) DO NOTHING"
        ),
        &[
            &contact.case.uuid(),
            &contact.id.uuid(),
            &At(contact.at),
            &contact.by.uuid(),
            &contact.outcome,
            &contact.note_sealed,
            &contact.alert.map(|a| a.uuid()),
            &i32::from(next.is_some()),
            &next.and_then(|(before, _)| before).map(At),
            &next.and_then(|(_, set)| set).map(At),
            &contact.did.heard_before.map(|at| at.as_second()),
            &contact.did.behind.map(At),
        ],
    )?;
    Ok(added == 1)
}

/// Whether a call, a visit or a note of a case was written down since then. Who rang and asks to be called back was seen to by
/// nobody yet.
pub fn is_any_since(tx: &mut Tx<'_>, case: CaseId, since: Timestamp) -> Result<bool, Error> {
    let found = tx.query_opt(
        sql!(
            "SELECT 1 FROM contacts_made WHERE case_id = $1 AND at >= $2 AND in_error_at IS NULL
                AND outcome <> 'asked_back' LIMIT 1"
        ),
        &[&case.uuid(), &At(since)],
        |row| row.get::<i32>(0),
    )?;
    Ok(found.is_some())
}

/// When a call or a visit that counts reached somebody last who could tell how the person of a case is, and its outcome.
/// `nobody`: the outcomes by which nobody was reached, and those that are no call at all.
pub fn reached(
    tx: &mut Tx<'_>,
    case: CaseId,
    nobody: &[&str],
) -> Result<Option<(String, Timestamp)>, Error> {
    // The latest first: most often the first row is it.
    let lines: Vec<(String, Timestamp)> = tx.query(
        sql!(
            "SELECT outcome, at FROM contacts_made WHERE case_id = $1 AND in_error_at IS NULL ORDER BY at DESC, id DESC"
        ),
        &[&case.uuid()],
        |row| Ok((row.get(0)?, row.at(1)?)),
    )?;
    let reached = |line: &(String, Timestamp)| !nobody.contains(&line.0.as_str());
    Ok(lines.into_iter().find(reached))
}

/// What is known of the number and the e-mail address under which a person is registered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownWays {
    /// When the number was corrected; none where it is as it was registered.
    pub number_since: Option<Timestamp>,
    /// When a call found last that it is somebody else's.
    pub wrong_at: Option<Timestamp>,
    /// When the e-mail address was corrected; none where it is as it was registered, or a release before corrected it.
    pub email_since: Option<Timestamp>,
}

/// What is known of how a case's person is written to: a call that found a wrong one counts until the number is corrected, or the
/// line is taken back as entered in error.
pub fn known_ways(tx: &mut Tx<'_>, case: CaseId) -> Result<KnownWays, Error> {
    let known = tx.query_opt(
        sql!(
            "SELECT p.phone_since, (SELECT max(k.at) FROM cases o JOIN contacts_made k ON k.case_id = o.id
                WHERE o.person_id = c.person_id AND k.outcome = 'wrong_number' AND k.in_error_at IS NULL
                    AND (p.phone_since IS NULL OR k.at > p.phone_since)), p.email_since,
                CASE WHEN p.phone_since IS NULL OR p.number_wrong_at > p.phone_since THEN p.number_wrong_at END
             FROM cases c JOIN persons p ON p.id = c.person_id WHERE c.id = $1"
        ),
        &[&case.uuid()],
        |row| {
            Ok(KnownWays {
                number_since: row.at_opt(0)?,
                wrong_at: row.at_opt(1)?.max(row.at_opt(3)?),
                email_since: row.at_opt(2)?,
            })
        },
    )?;
    Ok(known.unwrap_or_default())
}

/// A case's calls, visits and notes, the latest first.
pub fn of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<ContactRow>, Error> {
    tx.query(
        sql!(
            "SELECT k.case_id, k.id, k.at, k.by_staff, k.outcome, k.note_sealed, k.alert_id, COALESCE(s.name, ''),
                COALESCE(e.name, ''), k.sets_next, k.next_before, k.next_set, k.heard_before,
                k.in_error_at, k.in_error_by, k.in_error_why, k.in_error_words_sealed,
                k.next_behind
             FROM contacts_made k LEFT JOIN staff_members s ON s.id = k.by_staff
                LEFT JOIN staff_members e ON e.id = k.in_error_by
             WHERE k.case_id IN (SELECT o.id FROM cases o WHERE o.id = $1 OR o.merged_into = $1)
             ORDER BY k.at DESC, k.id DESC"
        ),
        &[&case.uuid()],
        |row| {
            Ok(ContactRow {
                case: CaseId::from_uuid(row.get(0)?),
                id: ContactId::from_uuid(row.get(1)?),
                at: row.at(2)?,
                by: StaffId::from_uuid(row.get(3)?),
                outcome: row.get(4)?,
                note_sealed: row.get(5)?,
                alert: row.get::<Option<_>>(6)?.map(AlertId::from_uuid),
                by_name: row.get(7)?,
                did: Did {
                    next_call: match row.get::<Option<i32>>(9)? {
                        Some(1) => Some((row.at_opt(10)?, row.at_opt(11)?)),
                        _ => None,
                    },
                    behind: row.at_opt(17)?,
                    heard_before: row
                        .get::<Option<i64>>(12)?
                        .and_then(|at| Timestamp::from_second(at).ok()),
                },
                in_error: match InErrorRow::read(&row, 13)? {
                    Some(one) => Some((one, row.get(8)?)),
                    None => None,
                },
            })
        },
    )
}
