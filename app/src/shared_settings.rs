//! The settings that all processes on one database have to share, so that somebody sees where they do not: a number that one
//! process has read by another country's rules is found by no other, and an alert that a process without a gateway passes on
//! goes out by mail alone.

use crate::{Error, SystemDesk};
use std::collections::BTreeMap;
use storage::{Db, settings};

/// The name under which they are kept: those of the process that started last.
const NAME: &str = "shared_settings";

/// Settings by their names; none of them a secret.
pub type Shared = BTreeMap<String, String>;

/// A setting that is another one here than at the process that started last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Differs {
    /// Its name.
    pub name: String,
    /// What it is here.
    pub here: String,
    /// What it was there.
    pub there: String,
}

/// What differs of those that both know; another release may know others.
fn compared(here: &Shared, there: &Shared) -> Vec<Differs> {
    let of = |(name, here): (&String, &String)| {
        let there = there.get(name).filter(|there| *there != here)?;
        Some(Differs {
            name: name.clone(),
            here: here.clone(),
            there: there.clone(),
        })
    };
    here.iter().filter_map(of).collect()
}

fn read(kept: Option<Vec<u8>>) -> Shared {
    // What cannot be read was written by no release that is known, and is written anew.
    kept.and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default()
}

/// What differs here from the process that started last; nothing where none has started yet.
///
/// # Errors
/// Where it cannot be read.
pub async fn differences(db: &Db, here: &Shared) -> Result<Vec<Differs>, Error> {
    let there = read(db.read(|tx| settings::get(tx, NAME)).await?);
    Ok(compared(here, &there))
}

impl SystemDesk {
    /// Keeps the settings of this process, which starts; tells what differs from those of the process that started before it.
    ///
    /// # Errors
    /// Where they cannot be read or kept.
    pub async fn share_settings(&self, here: Shared) -> Result<Vec<Differs>, Error> {
        let db = self.app.db();
        let there = read(db.read(|tx| settings::get(tx, NAME)).await?);
        let differs = compared(&here, &there);
        if there != here {
            let text = serde_json::to_vec(&here).unwrap_or_default();
            db.write(move |tx| settings::set(tx, NAME, &text)).await?;
        }
        Ok(differs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(all: &[(&str, &str)]) -> Shared {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        all.iter().map(owned).collect()
    }

    #[test]
    fn what_only_one_of_two_releases_knows_is_no_difference() {
        let here = shared(&[("A", "1"), ("B", "2"), ("NEW", "3")]);
        let there = shared(&[("A", "1"), ("B", "4"), ("OLD", "5")]);
        let differs = compared(&here, &there);
        assert_eq!(differs.len(), 1);
        assert_eq!(
            (differs[0].name.as_str(), differs[0].there.as_str()),
            ("B", "4")
        );
        assert_eq!(read(Some(b"no map".to_vec())), Shared::new());
    }
}
