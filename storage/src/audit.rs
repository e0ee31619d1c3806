//! The audit log: who read and wrote whose record. Lines are only ever added; each carries a keyed hash over itself and
//! over the hash of the line before it, so that a removed or altered line is found.

mod at_the_end;

pub(crate) use at_the_end::{Line, write_down};

use crate::engine::{At, Error, Row, Tx};
use crate::jurisdiction::Below;
use crate::sql;
use domain::ids::{CaseId, JurisdictionId, StaffId};
use jiff::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

/// Makes the keyed hashes, with a key that the database does not know.
pub trait Seal: Send + Sync {
    /// Of a line: of the hash of the line before, the chain, the number and the line.
    fn line(&self, before: &[u8], chain: i32, seq: i64, entry: &AuditEntry) -> Vec<u8>;
    /// Of a chain's end: of the chain, the number of lines and the hash of the last one.
    fn head(&self, chain: i32, seq: i64, last: &[u8]) -> Vec<u8>;
}

/// How many chains there are.
pub const CHAINS: i32 = 16;
/// The one chain to which the embedded engine adds: it has one writer, and so lines stand at the very end of their table,
/// where pages are filled one after the other. Earlier releases added to all.
const EMBEDDED: i32 = CHAINS - 1;

/// A line as it is written. It holds no personal data: what was read or written is named, not repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// `staff`, `person`, `system`.
    pub actor_kind: String,
    /// Who: a staff member or an account.
    pub actor: Option<Uuid>,
    /// From which place.
    pub place: Option<JurisdictionId>,
    /// What, such as `case.opened`.
    pub action: String,
    /// Whose record.
    pub case: Option<CaseId>,
    /// Which part of it, such as a report.
    pub subject: Option<Uuid>,
    /// Names of fields and the like.
    pub details: String,
}

/// A line as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// The chain.
    pub chain: i32,
    /// The number in the chain, from 1.
    pub seq: i64,
    /// What it says.
    pub entry: AuditEntry,
    /// The keyed hash.
    pub mac: Vec<u8>,
}

impl AuditRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(AuditRow {
            chain: row.get(0)?,
            seq: row.get(1)?,
            entry: AuditEntry {
                at: row.at(2)?,
                actor_kind: row.get(3)?,
                actor: row.get(4)?,
                place: row.get::<Option<_>>(5)?.map(JurisdictionId::from_uuid),
                action: row.get(6)?,
                case: row.get::<Option<_>>(7)?.map(CaseId::from_uuid),
                subject: row.get(8)?,
                details: row.get(9)?,
            },
            mac: row.get(10)?,
        })
    }
}

/// The chain that is wished for a line: the embedded engine's one; on PostgreSQL by the record, or else by who did it. While
/// somebody else has that one, lines come into another.
pub fn chain_of(entry: &AuditEntry, is_embedded: bool) -> i32 {
    if is_embedded {
        return EMBEDDED;
    }
    let of = entry.case.map(|c| c.uuid()).or(entry.actor);
    of.map_or(0, |uuid| i32::from(uuid.as_bytes()[15]) % CHAINS)
}

/// The end of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadRow {
    /// The chain.
    pub chain: i32,
    /// How many lines it has.
    pub seq: i64,
    /// The hash of the last one.
    pub last_mac: Vec<u8>,
    /// The keyed hash over these.
    pub mac: Vec<u8>,
}

/// Begins all chains, once in the life of an installation.
pub fn begin(tx: &mut Tx<'_>, seal: &impl Seal) -> Result<(), Error> {
    if crate::settings::get(tx, BEGUN)?.is_some() {
        return Ok(());
    }
    for chain in 0..CHAINS {
        tx.execute(
            sql!(
                "INSERT INTO audit_heads (chain, seq, last_mac, mac) VALUES ($1, 0, $2, $3)
                 ON CONFLICT (chain) DO NOTHING"
            ),
            &[&chain, &Vec::<u8>::new(), &seal.head(chain, 0, &[])],
        )?;
    }
    crate::settings::set_once(tx, BEGUN, b"1")?;
    Ok(())
}

/// When the last line of any chain was written; none where there is none.
pub fn last_at(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, Error> {
    tx.query_one(
        sql!(
            "SELECT max(l.at) FROM audit_heads h JOIN audit_log l ON l.chain = h.chain AND l.seq = h.seq"
        ),
        &[],
        |row| row.at_opt(0),
    )
}

/// The setting that says that the chains were begun.
const BEGUN: &str = "audit_begun";

/// Whether the chains were begun; `None` on a database of a release that had no audit log.
pub fn is_begun(tx: &mut Tx<'_>) -> Result<Option<bool>, Error> {
    let newest: i32 = tx.query_one(
        sql!("SELECT COALESCE(max(number), 0) FROM migrations"),
        &[],
        |row| row.get(0),
    )?;
    if newest < 2 {
        return Ok(None);
    }
    Ok(Some(crate::settings::get(tx, BEGUN)?.is_some()))
}

/// Adds a line, at the end of the transaction.
///
/// # Errors
/// Where the transaction only reads.
pub fn append<S: Seal + Clone + 'static>(
    tx: &mut Tx<'_>,
    entry: &AuditEntry,
    seal: &S,
) -> Result<(), Error> {
    let (Tx::Sqlite(_, carried) | Tx::Postgres(_, carried)) = tx else {
        let once = "a line of the audit log in one query";
        return Err(Error::Broken(once.to_owned()));
    };
    carried.keep(Line {
        entry: entry.clone(),
        seal: Arc::new(seal.clone()),
    })
}

/// The ends of the chains.
pub fn heads(tx: &mut Tx<'_>) -> Result<Vec<HeadRow>, Error> {
    tx.query(
        sql!("SELECT chain, seq, last_mac, mac FROM audit_heads ORDER BY chain"),
        &[],
        |row| {
            Ok(HeadRow {
                chain: row.get(0)?,
                seq: row.get(1)?,
                last_mac: row.get(2)?,
                mac: row.get(3)?,
            })
        },
    )
}

/// The hash of one line; none where it is not there.
pub fn mac_of(tx: &mut Tx<'_>, chain: i32, seq: i64) -> Result<Option<Vec<u8>>, Error> {
    tx.query_opt(
        sql!("SELECT mac FROM audit_log WHERE chain = $1 AND seq = $2"),
        &[&chain, &seq],
        |row| row.get(0),
    )
}

/// A run of a chain's lines after a number, for checking.
pub fn run(tx: &mut Tx<'_>, chain: i32, after: i64, limit: i64) -> Result<Vec<AuditRow>, Error> {
    tx.query(
        sql!(
            "SELECT chain, seq, at, actor_kind, actor_id, jurisdiction_id, action, case_id, subject_id, details, mac
             FROM audit_log WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3"
        ),
        &[&chain, &after, &limit],
        |row| AuditRow::from(&row),
    )
}

/// Which lines are wished.
#[derive(Clone, Copy, Debug)]
pub struct Wished {
    /// From this moment on.
    pub from: Timestamp,
    /// Before this one.
    pub to: Timestamp,
    /// At most so many.
    pub limit: i64,
    /// After so many.
    pub offset: i64,
}

/// What was done with a record but these, the latest first. Nothing is called by an empty word.
pub fn of_case(
    tx: &mut Tx<'_>,
    case: CaseId,
    but: [&str; 3],
    wished: Wished,
) -> Result<Vec<AuditRow>, Error> {
    let [one, another, third] = but;
    tx.query(
        sql!(
            "SELECT chain, seq, at, actor_kind, actor_id, jurisdiction_id, action, case_id, subject_id, details, mac
             FROM audit_log WHERE case_id = $1 AND at >= $2 AND at < $3 AND action NOT IN ($6, $7, $8)
             ORDER BY at DESC, seq DESC LIMIT $4 OFFSET $5"
        ),
        &[
            &case.uuid(),
            &At(wished.from),
            &At(wished.to),
            &wished.limit,
            &wished.offset,
            &one,
            &another,
            &third,
        ],
        |row| AuditRow::from(&row),
    )
}

/// What a staff member did with a record, the latest first.
pub fn of_staff_with(
    tx: &mut Tx<'_>,
    staff: StaffId,
    case: CaseId,
    wished: Wished,
) -> Result<Vec<AuditRow>, Error> {
    tx.query(
        sql!(
            "SELECT chain, seq, at, actor_kind, actor_id, jurisdiction_id, action, case_id, subject_id, details, mac
             FROM audit_log WHERE case_id = $1 AND at >= $2 AND at < $3 AND actor_id = $4
             ORDER BY at DESC, seq DESC LIMIT $5 OFFSET $6"
        ),
        &[
            &case.uuid(),
            &At(wished.from),
            &At(wished.to),
            &staff.uuid(),
            &wished.limit,
            &wished.offset,
        ],
        |row| AuditRow::from(&row),
    )
}

/// Which lines of a staff member somebody may read who is responsible for some places.
#[derive(Clone, Debug)]
pub struct Readable {
    /// The places: what was done there.
    pub places: Below,
    /// From when on the staff member worked there: what was done to them, from wherever.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// What a staff member did, and what was done to them, the latest first, as far as somebody may read it.
pub fn of_staff(
    tx: &mut Tx<'_>,
    staff: StaffId,
    readable: &Readable,
    wished: Wished,
) -> Result<Vec<AuditRow>, Error> {
    tx.query(
        sql!(
            "SELECT l.chain, l.seq, l.at, l.actor_kind, l.actor_id, l.jurisdiction_id, l.action, l.case_id, l.subject_id,
                l.details, l.mac
             FROM audit_log l LEFT JOIN jurisdictions j ON j.id = l.jurisdiction_id
             WHERE ((l.actor_id = $1 AND l.actor_kind = 'staff') OR (l.subject_id = $1 AND l.case_id IS NULL))
                AND l.at >= $2 AND l.at < $3
                AND ((j.path >= $6 AND j.path < $7)
                    OR (l.subject_id = $1 AND l.case_id IS NULL AND l.at >= $8 AND l.at < $9))
             ORDER BY l.at DESC, l.seq DESC LIMIT $4 OFFSET $5"
        ),
        &[
            &staff.uuid(),
            &At(wished.from),
            &At(wished.to),
            &wished.limit,
            &wished.offset,
            &readable.places.from,
            &readable.places.to,
            &At(readable.from),
            &At(readable.until),
        ],
        |row| AuditRow::from(&row),
    )
}
