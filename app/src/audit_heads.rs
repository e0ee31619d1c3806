//! The ends of the audit log's chains, kept outside the database: whoever puts an earlier end of a chain back and removes
//! the lines after it leaves a chain that is right in itself, and only a copy from elsewhere shows that it was longer.
//!
//! A copy holds no secret and names nobody: for each chain the number of its last line and that line's keyed hash.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use storage::audit::{self as rows, CHAINS};

/// The last line of each chain, by the chain: its number, from 1 on, and its keyed hash; 0 for a chain without lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditHeads(BTreeMap<i32, (i64, Vec<u8>)>);

impl AuditHeads {
    /// Those that stand now.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn now(db: &storage::Db) -> Result<AuditHeads, storage::Error> {
        let heads = db.read(rows::heads).await?.into_iter();
        let ends = heads.map(|head| (head.chain, (head.seq, head.last_mac)));
        Ok(AuditHeads(ends.collect()))
    }

    /// As a file: a line for each chain with its number, that of its last line, and the hash in hexadecimal digits.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (chain, (seq, mac)) in &self.0 {
            let hash: String = mac.iter().fold(String::new(), |mut all, byte| {
                let _ = write!(all, "{byte:02x}");
                all
            });
            let _ = writeln!(text, "{chain} {seq} {hash}");
        }
        text
    }

    /// Reads such a file; none where it is not one, or not a whole one.
    pub fn parse(text: &str) -> Option<AuditHeads> {
        let mut all = BTreeMap::new();
        for line in text.lines() {
            let mut parts = line.split(' ');
            let chain: i32 = parts.next()?.parse().ok()?;
            let seq: i64 = parts.next()?.parse().ok()?;
            let hash = parts.next()?;
            if !hash.is_ascii() || hash.len() % 2 != 0 || parts.next().is_some() {
                return None;
            }
            let mac = (0..hash.len()).step_by(2).map(|at| {
                let byte = hash.get(at..at + 2)?;
                u8::from_str_radix(byte, 16).ok()
            });
            let mac: Vec<u8> = mac.collect::<Option<_>>()?;
            if !(0..CHAINS).contains(&chain) || all.insert(chain, (seq, mac)).is_some() {
                return None;
            }
        }
        let is_whole = (0..CHAINS).all(|chain| all.contains_key(&chain));
        is_whole.then_some(AuditHeads(all))
    }

    /// Looks in the log for each line that was the last one of its chain: a sentence for each that is gone or another one.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn missing_from(&self, db: &storage::Db) -> Result<Vec<String>, storage::Error> {
        let kept = self.0.clone();
        db.read(move |tx| {
            let mut problems = Vec::new();
            for (chain, (seq, mac)) in &kept {
                if *seq == 0 {
                    continue;
                }
                match rows::mac_of(tx, *chain, *seq)? {
                    Some(stands) if stands == *mac => {}
                    Some(_) => problems.push(format!(
                        "chain {chain}: line {seq} is another one than it was"
                    )),
                    None => {
                        problems.push(format!("chain {chain}: line {seq} was there and is gone"))
                    }
                }
            }
            Ok(problems)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_reads_back_and_half_a_copy_is_none() {
        let ends = (0..CHAINS).map(|chain| (chain, (i64::from(chain), vec![0, 171, 255])));
        let heads = AuditHeads(ends.collect());
        let text = heads.to_text();
        assert_eq!(text.lines().nth(1), Some("1 1 00abff"));
        assert_eq!(AuditHeads::parse(&text), Some(heads));
        let (half, _) = text.split_at(text.len() / 2);
        let twice = format!("{text}1 1 00abff\n");
        for bad in [
            "",
            half,
            &twice,
            &text.replace("ab", "xy"),
            &text.replace("ab", "a"),
        ] {
            assert_eq!(AuditHeads::parse(bad), None, "{bad}");
        }
    }
}
