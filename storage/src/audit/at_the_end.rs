//! Lines at the end of a transaction.
//!
//! On PostgreSQL whoever adds a line keeps all others from its chain until the commit. So a transaction adds its lines
//! last, all to one chain, and to one that nobody else has just now: nobody waits for a chain while a slow piece of work goes
//! on or a disk takes its time, no two transactions ever wait for each other in a circle, and a batch asks the server twice
//! instead of three times a line. On the embedded engine a batch looks up and moves the end of its one chain once, not with
//! every line.

use super::{AuditEntry, CHAINS, EMBEDDED, Seal, chain_of};
use crate::engine::{At, Error, Talking, Tx};
use crate::sql;
use postgres::types::ToSql;
use std::sync::Arc;
use uuid::Uuid;

/// A line that waits for the end of its transaction, and what makes its hashes.
pub(crate) struct Line {
    pub(super) entry: AuditEntry,
    pub(super) seal: Arc<dyn Seal>,
}

/// The end of a chain: how many lines it has, the hash of the last one, and the keyed hash over these.
struct Head {
    seq: i64,
    last_mac: Vec<u8>,
    mac: Vec<u8>,
}

impl Head {
    /// What lines are written upon where an end was removed: as if one before them were missing.
    fn gone() -> Head {
        Head {
            seq: 1,
            last_mac: Vec::new(),
            mac: Vec::new(),
        }
    }

    /// Whether it was removed or altered.
    fn is_doubtful(&self) -> bool {
        self.seq > 0 && self.last_mac.is_empty()
    }

    /// The end as it is read; one that somebody has altered without the key is written upon as if it had no hash. Else the
    /// next line would seal it, and the check would find nothing any more.
    fn trusted(self, chain: i32, lines: &[Line]) -> Head {
        let fits = |line: &Line| line.seal.head(chain, self.seq, &self.last_mac) == self.mac;
        match lines.first().is_some_and(fits) {
            true => self,
            false => Head {
                seq: self.seq.max(1),
                ..Head::gone()
            },
        }
    }
}

/// Among how many chains a transaction looks for one that nobody has: beginning with that of its first record, so that all
/// chains are as long as each other.
const TRIED: i32 = 4;

/// The end of one that nobody has, kept from others from here on.
///
/// PostgreSQL counts the elements of an array that it knows, finds a few to be cheaper than the ten that it takes for granted,
/// and so plans the statement anew each time, which costs more than running it. A value that is asked for it does not know.
const FREE: &str = "SELECT chain, seq, last_mac, mac FROM audit_heads WHERE chain = ANY ((SELECT $1::int4[])::int4[])
    ORDER BY chain <> $2 LIMIT 1 FOR UPDATE SKIP LOCKED";
/// The end of a certain one, once nobody else has it.
const CERTAIN: &str =
    "SELECT chain, seq, last_mac, mac FROM audit_heads WHERE chain = $1 FOR UPDATE";
/// How long a batch waits for it, which waits less long for other rows: another's commit may take long on a slow disk, and
/// pieces that were set aside for that would make it slower. It comes last, so nobody waits in a circle.
const PATIENTLY: &str = "SET LOCAL lock_timeout = '10s'";
/// After all that stands, where the end does not say it.
const NEWEST: &str = "SELECT max(seq) FROM audit_log WHERE chain = $1";
const BEGIN_AGAIN: &str =
    "INSERT INTO audit_heads (chain, seq, last_mac, mac) VALUES ($1, 1, '', '')";
const ADD: &str = "WITH added AS (
    INSERT INTO audit_log (chain, seq, at, actor_kind, actor_id, jurisdiction_id, action, case_id, subject_id,
        details, mac)
    SELECT $1, * FROM unnest((SELECT $2::int8[]), $3::timestamptz[], $4::text[], $5::uuid[], $6::uuid[], $7::text[],
        $8::uuid[], $9::uuid[], $10::text[], $11::bytea[]))
    UPDATE audit_heads SET seq = $12, last_mac = $13, mac = $14 WHERE chain = $1";

/// Adds the lines that a transaction has kept for its end; on PostgreSQL the commit goes with them.
///
/// # Errors
/// As any statement; then nothing of the transaction may be kept.
pub(crate) fn write_down(tx: &mut Tx<'_>) -> Result<(), Error> {
    let lines = match tx {
        Tx::Sqlite(_, carried) | Tx::Postgres(_, carried) => carried.take_lines(),
        Tx::Once(_) | Tx::Copying(_) => return Ok(()),
    };
    let Some(first) = lines.first() else {
        return tx.all_touched_one();
    };
    let Tx::Postgres(talking, carried) = tx else {
        return in_one_chain(tx, &lines);
    };
    let wished = chain_of(&first.entry, false);
    let (chain, head) = free_chain(talking, wished, carried.is_shared(), &lines)?;
    // The answers have come together with that of the chain.
    tx.all_touched_one()?;
    match tx {
        Tx::Postgres(talking, _) => add(talking, chain, head, &lines),
        _ => Ok(()),
    }
}

/// On the embedded engine.
fn in_one_chain(tx: &mut Tx<'_>, lines: &[Line]) -> Result<(), Error> {
    let end = tx.query_opt(
        sql!("SELECT seq, last_mac, mac FROM audit_heads WHERE chain = $1"),
        &[&EMBEDDED],
        |row| {
            Ok(Head {
                seq: row.get(0)?,
                last_mac: row.get(1)?,
                mac: row.get(2)?,
            })
        },
    )?;
    let newest: Option<i64> = tx.query_one(
        sql!("SELECT max(seq) FROM audit_log WHERE chain = $1"),
        &[&EMBEDDED],
        |row| row.get(0),
    )?;
    // Somebody may have removed the end, or altered it. Nobody who reports is turned away for that: the lines get written
    // after all that stands, upon a hash that does not fit, and the check finds it.
    let stands = end.is_some();
    let end = end.map_or_else(Head::gone, |end| end.trusted(EMBEDDED, lines));
    let mut seq = newest.map_or(end.seq, |newest| end.seq.max(newest));
    let mut last = end.last_mac;
    let mut head = Vec::new();
    for (at, Line { entry, seal }) in lines.iter().enumerate() {
        seq += 1;
        last = seal.line(&last, EMBEDDED, seq, entry);
        tx.execute(
            sql!(
                "INSERT INTO audit_log (chain, seq, at, actor_kind, actor_id, jurisdiction_id, action, case_id, subject_id,
                    details, mac)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
            ),
            &[
                &EMBEDDED,
                &seq,
                &At(entry.at),
                &entry.actor_kind,
                &entry.actor,
                &entry.place.map(|p| p.uuid()),
                &entry.action,
                &entry.case.map(|c| c.uuid()),
                &entry.subject,
                &entry.details,
                &last,
            ],
        )?;
        if at + 1 == lines.len() {
            head = seal.head(EMBEDDED, seq, &last);
        }
    }
    if stands {
        tx.execute(
            sql!("UPDATE audit_heads SET seq = $2, last_mac = $3, mac = $4 WHERE chain = $1"),
            &[&EMBEDDED, &seq, &last, &head],
        )?;
    } else {
        tx.execute(
            sql!("INSERT INTO audit_heads (chain, seq, last_mac, mac) VALUES ($1, $2, $3, $4)"),
            &[&EMBEDDED, &seq, &last, &head],
        )?;
    }
    Ok(())
}

/// On PostgreSQL: a chain that nobody else has until the commit, and its end.
fn free_chain(
    tx: &mut Talking<'_>,
    wished: i32,
    is_shared: bool,
    lines: &[Line],
) -> Result<(i32, Head), Error> {
    let tried: Vec<i32> = (0..TRIED)
        .map(|n| (wished + n * CHAINS / TRIED) % CHAINS)
        .collect();
    let mut found = tx.query(FREE, &[&tried, &wished])?;
    if found.is_empty() {
        if is_shared {
            tx.along(PATIENTLY);
        }
        found = tx.query(CERTAIN, &[&wished])?;
    }
    let Some(row) = found.first() else {
        // Somebody has removed it. The line still gets written, as if one before it were missing: the check finds that.
        tx.execute(BEGIN_AGAIN, &[&wished])?;
        return Ok((wished, after_all(tx, wished, Head::gone())?));
    };
    let chain: i32 = row.get(0);
    let head = Head {
        seq: row.get(1),
        last_mac: row.get(2),
        mac: row.get(3),
    };
    let head = head.trusted(chain, lines);
    match head.is_doubtful() {
        true => Ok((chain, after_all(tx, chain, head)?)),
        false => Ok((chain, head)),
    }
}

/// An end that says nothing of value, after all that stands.
fn after_all(tx: &mut Talking<'_>, chain: i32, head: Head) -> Result<Head, Error> {
    let newest = tx.query(NEWEST, &[&chain])?;
    let newest: Option<i64> = newest.first().and_then(|row| row.get(0));
    Ok(Head {
        seq: newest.map_or(head.seq, |newest| head.seq.max(newest)),
        ..head
    })
}

/// Adds lines to a chain.
fn add(tx: &mut Talking<'_>, chain: i32, head: Head, lines: &[Line]) -> Result<(), Error> {
    let (mut seq, mut last) = (head.seq, head.last_mac);
    let (mut numbers, mut macs) = (Vec::new(), Vec::new());
    for line in lines {
        seq += 1;
        last = line.seal.line(&last, chain, seq, &line.entry);
        numbers.push(seq);
        macs.push(last.clone());
    }
    let sealed = lines
        .last()
        .map_or_else(Vec::new, |line| line.seal.head(chain, seq, &last));

    let each = |of: fn(&AuditEntry) -> Option<Uuid>| -> Vec<Option<Uuid>> {
        lines.iter().map(|line| of(&line.entry)).collect()
    };
    let texts = |of: fn(&AuditEntry) -> &str| -> Vec<&str> {
        lines.iter().map(|line| of(&line.entry)).collect()
    };
    let at: Vec<At> = lines.iter().map(|line| At(line.entry.at)).collect();
    let values: [&(dyn ToSql + Sync); 14] = [
        &chain,
        &numbers,
        &at,
        &texts(|e| &e.actor_kind),
        &each(|e| e.actor),
        &each(|e| e.place.map(|p| p.uuid())),
        &texts(|e| &e.action),
        &each(|e| e.case.map(|c| c.uuid())),
        &each(|e| e.subject),
        &texts(|e| &e.details),
        &macs,
        &seq,
        &last,
        &sealed,
    ];
    tx.end_with(ADD, &values)
}
