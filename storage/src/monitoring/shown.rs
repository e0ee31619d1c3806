//! Rows as the worklist and files show them.

use super::MonitoringRow;
use crate::engine::{At, Error, Param, Row, Tx};
use crate::sql;
use domain::ids::{CaseId, HealthCenterId, PersonId};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// A case as the worklist shows it.
#[derive(Clone)]
pub struct WorkRow {
    /// How it is followed.
    pub monitoring: MonitoringRow,
    /// The person.
    pub person: PersonId,
    /// The number on the brochure.
    pub hersys_id: String,
    /// The name by script: kanji, kana, Latin.
    pub names: [Option<String>; 3],
    /// The day of birth.
    pub birthdate: Date,
    /// The sealed phone number.
    pub phone_sealed: Vec<u8>,
    /// The first day of symptoms.
    pub onset_on: Option<Date>,
    /// The day of the diagnosis.
    pub diagnosed_on: Date,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// When the person signed up.
    pub claimed_at: Option<Timestamp>,
    /// The name of whoever looks after the case.
    pub assigned_name: Option<String>,
    /// The programme.
    pub programme: String,
    /// The latest call or visit: when, and the word of its outcome.
    pub called: Option<(Timestamp, String)>,
    /// How many calls have reached nobody since the last that did.
    pub unanswered: i32,
    /// Whether it is a contact who is not ill: then the day of the diagnosis is that of the last contact.
    pub is_contact: bool,
    /// When something else than a report was heard of the person: they were reached, or are followed anew.
    pub heard_since: Option<Timestamp>,
    /// Whether they are at risk and nobody has reached them, as the look at silences has found.
    pub call_first: bool,
    /// The language that the person reads.
    pub language: String,
    /// Whether a call has found that the number is somebody else's, and it was not corrected since.
    pub is_wrong_number: bool,
    /// When following ended; none: it has not.
    pub closed_at: Option<Timestamp>,
}

impl WorkRow {
    pub(crate) fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(WorkRow {
            monitoring: MonitoringRow::from(row)?,
            person: PersonId::from_uuid(row.get(19)?),
            hersys_id: row.get(20)?,
            names: read_names(row.get(21)?),
            birthdate: row.day(22)?,
            phone_sealed: row.get(23)?,
            onset_on: row.day_opt(24)?,
            diagnosed_on: row.day(25)?,
            registered_at: row.at(26)?,
            claimed_at: row.at_opt(27)?,
            assigned_name: row.get(28)?,
            programme: row.get(29)?,
            called: row.at_opt(30)?.zip(row.get(31)?),
            unanswered: row.get(32)?,
            is_contact: row.get::<i32>(33)? == 1,
            heard_since: Some(row.get::<i64>(34)?)
                .filter(|at| *at > 0)
                .and_then(|at| Timestamp::from_second(at).ok()),
            call_first: row.get::<i32>(35)? == 1,
            language: row.get(36)?,
            is_wrong_number: row.get::<i32>(37)? == 1,
            closed_at: row.at_opt(38)?,
        })
    }
}

/// The names of a person by script, of all that one statement brought: a name has no control characters, so one stands
/// between them. Asked for each by itself, a row of the worklist needs three looks into their table instead of one.
pub(crate) fn read_names(all: Option<String>) -> [Option<String>; 3] {
    let mut names = [None, None, None];
    for one in all.unwrap_or_default().split('\u{1f}') {
        let place = |script| match script {
            "kanji" => Some(0),
            "kana" => Some(1),
            "latin" => Some(2),
            _ => None,
        };
        if let Some((script, name)) = one.split_once(' ')
            && let Some(at) = place(script)
        {
            names[at] = Some(name.to_owned());
        }
    }
    names
}

/// A query for [`WorkRow`]s.
macro_rules! select_work {
    ($condition:literal) => {
        concat!(
            "SELECT m.case_id, m.health_center_id, m.status, m.risks, m.reports, m.report_id, m.measured_at,
                m.received_at, m.heard_on, m.temperature, m.spo2, m.level, m.urgency, m.worsening, m.reasons,
                m.assigned_to, m.next_call_at, m.review_from, m.version,
                c.person_id, c.hersys_id,
                (SELECT string_agg(n.script || ' ' || n.name, '\u{1f}') FROM person_names n WHERE n.person_id = c.person_id),
                p.birthdate, p.phone_sealed, c.onset_on, c.diagnosed_on, c.registered_at, c.claimed_at, a.name, c.programme,
                m.called_at, m.call_outcome, m.unanswered, c.is_contact, m.heard_since, m.call_first, p.language,
                CASE WHEN p.number_wrong_at IS NOT NULL AND (p.phone_since IS NULL OR p.number_wrong_at > p.phone_since) THEN 1
                    WHEN m.called_at IS NOT NULL AND EXISTS (SELECT 1 FROM cases o JOIN contacts_made k ON k.case_id = o.id
                    WHERE o.person_id = c.person_id AND k.outcome = 'wrong_number' AND k.in_error_at IS NULL
                        AND (p.phone_since IS NULL OR k.at > p.phone_since)) THEN 1 ELSE 0 END, m.closed_at
             FROM monitoring m JOIN cases c ON c.id = m.case_id JOIN persons p ON p.id = c.person_id
                LEFT JOIN staff_members a ON a.id = m.assigned_to ",
            $condition
        )
    };
}

pub(crate) use select_work;

/// Where a run of a center's cases ended: the moment of registering, and the case.
pub type After = (Timestamp, CaseId);

/// A run of a center's cases, for a file: the newest first, from the end of the run before. What was registered in error is
/// no case and is in no file of them.
pub fn whole_center(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    only_open: bool,
    after: Option<After>,
    limit: i64,
) -> Result<Vec<WorkRow>, Error> {
    let last = (Timestamp::constant(32_503_680_000, 0), Uuid::max());
    let (at, case) = after.map_or(last, |(at, case)| (at, case.uuid()));
    let params: [&dyn Param; 4] = [&center.uuid(), &At(at), &case, &limit];
    let read = |row: Row<'_>| WorkRow::from(&row);
    // Two statements, because each has an index that leads from run to run.
    if only_open {
        return tx.query(
            select_work!(
                "WHERE m.health_center_id = $1 AND m.is_open = 1 AND m.registered_at <= $2
                    AND (m.registered_at, m.case_id) < ($2, $3) AND c.merged_into IS NULL
                 ORDER BY m.registered_at DESC, m.case_id DESC LIMIT $4"
            ),
            &params,
            read,
        );
    }
    tx.query(
        select_work!(
            "WHERE c.health_center_id = $1 AND c.registered_at <= $2
                AND (c.registered_at, c.id) < ($2, $3) AND c.merged_into IS NULL AND c.in_error_at IS NULL
             ORDER BY c.registered_at DESC, c.id DESC LIMIT $4"
        ),
        &params,
        read,
    )
}

/// One case as the worklist shows it.
pub fn row(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<WorkRow>, Error> {
    tx.query_opt(
        select_work!("WHERE m.case_id = $1"),
        &[&case.uuid()],
        |row| WorkRow::from(&row),
    )
}

/// What changed at a center since a moment: each case with when it changed last, for noticing that something did. On the
/// embedded database, which loses no hint and has no index for it, nothing; see [`crate::engine::Hint::number`].
/// Clocks of several processes may differ a little, so the caller asks from some time back.
pub fn changed_since(
    tx: &mut Tx<'_>,
    center: HealthCenterId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(CaseId, Timestamp)>, Error> {
    if tx.is_sqlite() {
        return Ok(Vec::new());
    }
    tx.query(
        sql!(
            "SELECT case_id, changed_at FROM monitoring WHERE health_center_id = $1 AND changed_at > $2
             ORDER BY changed_at DESC LIMIT $3"
        ),
        &[&center.uuid(), &At(since), &limit],
        |row| Ok((CaseId::from_uuid(row.get(0)?), row.at(1)?)),
    )
}
