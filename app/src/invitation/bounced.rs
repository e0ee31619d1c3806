//! Messages that could not be delivered.

use crate::case_registration::read_names;
use domain::ids::CaseId;
use domain::personal::Personal;
use jiff::Timestamp;
use storage::case_registration::NameRow;
use storage::outbox::BouncedRow;
use storage::{Asked, Tx};

/// Somebody whose last message could not be delivered.
#[derive(Clone, Debug)]
pub struct Bounced {
    /// The case.
    pub case: CaseId,
    /// The spellings of the name: the field, and the name.
    pub names: Vec<(String, Personal<String>)>,
    /// Whether it was a short message.
    pub is_sms: bool,
    /// When it was given up.
    pub at: Timestamp,
    /// Why, without a person's data.
    pub because: String,
}

impl Bounced {
    /// The name in the spelling that readers of a language know.
    pub fn name_in(&self, language: &str) -> &str {
        crate::family::name_in(&self.names, language)
    }
}

/// What could not be delivered, and the names of whom it was about, as they are stored.
pub(crate) type FoundBounced = Vec<(BouncedRow, Vec<NameRow>)>;

/// The messages that could not be delivered, of people whom a center follows, whether they have an account or not, as
/// [`storage::outbox::ask_bounced`] asked for them.
pub(crate) fn bounced(
    tx: &mut Tx<'_>,
    asked: [Asked<BouncedRow>; 3],
) -> Result<FoundBounced, storage::Error> {
    let mut found = Vec::new();
    for one in asked {
        found.extend(one.all(tx)?);
    }
    found.sort_by_key(|row| row.at);
    found
        .into_iter()
        .map(|row| {
            let names = storage::case_registration::names(tx, row.person)?;
            Ok((row, names))
        })
        .collect()
}

/// The last message of each, as pages show it.
pub(crate) fn read_bounced(found: FoundBounced) -> Vec<Bounced> {
    let mut bounced: Vec<Bounced> = Vec::with_capacity(found.len());
    for (row, names) in found {
        bounced.retain(|one| one.case != row.case);
        bounced.push(Bounced {
            case: row.case,
            names: read_names(names),
            is_sms: row.kind.starts_with("sms_"),
            at: row.at,
            because: row.problem,
        });
    }
    bounced
}
