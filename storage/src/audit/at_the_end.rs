//! Lines at the end of a transaction.
//!
//! On PostgreSQL whoever adds a line keeps all others from its chain until the commit. So a transaction adds its lines
//! last and the chains in their order: nobody waits for a chain while a slow piece of work goes on, two transactions with
//! lines in several chains never wait for each other in a circle, and a batch asks the server twice instead of three times
//! a line. On the embedded engine a batch looks up and moves the end of its one chain once, not with every line.

use super::{AuditEntry, EMBEDDED, Seal, chain_of};
use crate::engine::{At, Error, Talking, Tx};
use crate::sql;
use postgres::types::ToSql;
use std::collections::BTreeMap;
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

/// Each chain's row is locked in the order of the chains.
///
/// PostgreSQL counts the elements of an array that it knows, finds a few to be cheaper than the ten that it takes for granted,
/// and so plans the statement anew each time, which costs more than running it. A value that is asked for it does not know.
const HEADS: &str = "SELECT chain, seq, last_mac, mac FROM audit_heads WHERE chain = ANY ((SELECT $1::int4[])::int4[])
    ORDER BY chain FOR UPDATE";
/// After all that stands, where the end does not say it.
const NEWEST: &str = "SELECT max(seq) FROM audit_log WHERE chain = $1";
const BEGIN_AGAIN: &str =
    "INSERT INTO audit_heads (chain, seq, last_mac, mac) VALUES ($1, 1, '', '')";
const ADD: &str = "WITH added AS (
    INSERT INTO audit_log (chain, seq, at, actor_kind, actor_id, jurisdiction_id, action, case_id, subject_id,
        details, mac)
    SELECT * FROM unnest((SELECT $1::int4[]), $2::int8[], $3::timestamptz[], $4::text[], $5::uuid[], $6::uuid[], $7::text[],
        $8::uuid[], $9::uuid[], $10::text[], $11::bytea[]))
    UPDATE audit_heads h SET seq = n.seq, last_mac = n.last_mac, mac = n.mac
    FROM unnest((SELECT $12::int4[]), $13::int8[], $14::bytea[], $15::bytea[]) AS n (chain, seq, last_mac, mac)
    WHERE h.chain = n.chain";

/// Adds the lines that a transaction has kept for its end; on PostgreSQL the commit goes with them.
///
/// # Errors
/// As any statement; then nothing of the transaction may be kept.
pub(crate) fn write_down(tx: &mut Tx<'_>) -> Result<(), Error> {
    let lines = match tx {
        Tx::Sqlite(_, carried) | Tx::Postgres(_, carried) => carried.take_lines(),
        Tx::Once(_) | Tx::Copying(_) => return Ok(()),
    };
    if lines.is_empty() {
        return Ok(());
    }
    match tx {
        Tx::Postgres(tx, _) => by_chain(tx, lines),
        _ => in_one_chain(tx, &lines),
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

/// On PostgreSQL.
fn by_chain(tx: &mut Talking<'_>, mut lines: Vec<Line>) -> Result<(), Error> {
    lines.sort_by_key(|line| chain_of(&line.entry, false));
    let mut chains: Vec<i32> = lines
        .iter()
        .map(|line| chain_of(&line.entry, false))
        .collect();
    let of_lines = chains.clone();
    chains.dedup();

    let mut heads = BTreeMap::new();
    for row in tx.query(HEADS, &[&chains])? {
        let head = Head {
            seq: row.get(1),
            last_mac: row.get(2),
            mac: row.get(3),
        };
        let chain: i32 = row.get(0);
        let head = head.trusted(chain, &lines);
        let mac = Vec::new();
        heads.insert(chain, Head { mac, ..head });
    }
    for chain in &chains {
        // Somebody has removed it. The line still gets written, as if one before it were missing: the check finds that.
        if !heads.contains_key(chain) {
            tx.execute(BEGIN_AGAIN, &[chain])?;
            heads.insert(*chain, Head::gone());
        }
        if let Some(head) = heads.get_mut(chain)
            && head.is_doubtful()
        {
            let newest = tx.query(NEWEST, &[chain])?;
            let newest: Option<i64> = newest.first().and_then(|row| row.get(0));
            head.seq = newest.map_or(head.seq, |newest| head.seq.max(newest));
        }
    }

    let (mut numbers, mut macs) = (Vec::new(), Vec::new());
    for (line, chain) in lines.iter().zip(&of_lines) {
        let Some(head) = heads.get_mut(chain) else {
            continue;
        };
        head.seq += 1;
        head.last_mac = line
            .seal
            .line(&head.last_mac, *chain, head.seq, &line.entry);
        numbers.push(head.seq);
        macs.push(head.last_mac.clone());
    }
    for (line, chain) in lines.iter().zip(&of_lines) {
        if let Some(head) = heads.get_mut(chain)
            && head.mac.is_empty()
        {
            head.mac = line.seal.head(*chain, head.seq, &head.last_mac);
        }
    }

    let each = |of: fn(&AuditEntry) -> Option<Uuid>| -> Vec<Option<Uuid>> {
        lines.iter().map(|line| of(&line.entry)).collect()
    };
    let texts = |of: fn(&AuditEntry) -> &str| -> Vec<&str> {
        lines.iter().map(|line| of(&line.entry)).collect()
    };
    let at: Vec<At> = lines.iter().map(|line| At(line.entry.at)).collect();
    let ends: Vec<i64> = heads.values().map(|head| head.seq).collect();
    let last: Vec<&[u8]> = heads.values().map(|h| h.last_mac.as_slice()).collect();
    let sealed: Vec<&[u8]> = heads.values().map(|h| h.mac.as_slice()).collect();
    let values: [&(dyn ToSql + Sync); 15] = [
        &of_lines,
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
        &chains,
        &ends,
        &last,
        &sealed,
    ];
    tx.end_with(ADD, &values)
}
