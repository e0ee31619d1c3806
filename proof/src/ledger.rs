//! The ledger: what people sent and what they were told. It lives on their side, so no fault of the server reaches it.

use crate::report::Report;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// A form in the ledger.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whose state it tells.
    pub case: Uuid,
    /// What it says.
    pub report: Report,
    /// How often it was sent.
    pub attempts: u32,
    /// How often the server said that it is saved.
    pub acknowledged: u32,
}

/// All forms by their keys.
pub type Entries = HashMap<Uuid, Entry>;

/// The ledger. A line for each attempt and for each acknowledgement:
/// `sent <key> <case> <hash of the answers>` and `saved <key>`.
pub struct Ledger {
    inner: Mutex<Inner>,
    acknowledgements: AtomicU64,
}

struct Inner {
    file: BufWriter<File>,
    entries: Entries,
}

impl Ledger {
    /// Begins a ledger in a file.
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub fn begin(path: &Path) -> Result<Ledger> {
        let file = File::create(path).with_context(|| format!("{}", path.display()))?;
        Ok(Ledger {
            inner: Mutex::new(Inner {
                file: BufWriter::new(file),
                entries: HashMap::new(),
            }),
            acknowledgements: AtomicU64::new(0),
        })
    }

    /// Notes that a form goes out; before it does.
    pub fn sent(&self, case: Uuid, report: &Report) {
        let hash = Sha256::digest(report.form().as_bytes());
        let hash: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        // The file is for whoever looks later; what is compared stands in memory.
        let _ = writeln!(inner.file, "sent {} {case} {hash}", report.key);
        let entry = inner.entries.entry(report.key).or_insert_with(|| Entry {
            case,
            report: report.clone(),
            attempts: 0,
            acknowledged: 0,
        });
        entry.attempts += 1;
    }

    /// Notes that the server said that a form is saved.
    pub fn acknowledged(&self, key: Uuid) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(inner.file, "saved {key}");
        if let Some(entry) = inner.entries.get_mut(&key) {
            entry.acknowledged += 1;
        }
        self.acknowledgements.fetch_add(1, Ordering::Relaxed);
    }

    /// What stands in it now.
    pub fn entries(&self) -> Entries {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.entries.clone()
    }

    /// How often the server said that a form is saved.
    pub fn acknowledgements(&self) -> u64 {
        self.acknowledgements.load(Ordering::Relaxed)
    }

    /// How many forms were acknowledged.
    pub fn count(&self) -> usize {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner
            .entries
            .values()
            .filter(|entry| entry.acknowledged > 0)
            .count()
    }
}
