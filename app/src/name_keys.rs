//! The keys by which the console finds names, made anew after a release that makes them in another way. A claim does not
//! wait for it: it compares names as they are written.

use crate::{Error, SystemDesk};
use domain::ids::PersonId;
use domain::name::{FOLD, NameKeys};
use storage::name_keys::{self as rows, NamedPerson};
use storage::settings;
use uuid::Uuid;

/// The setting that says in which way all keys are made.
const MADE_AS: &str = "name_keys";
/// How many names are made anew in one go: others who write wait for a few milliseconds at the most.
const AT_ONCE: i64 = 200;

/// Where a walk over all names stands.
type Place = (PersonId, String);

impl SystemDesk {
    /// Makes the keys of all names anew if some may have been made in another way; tells how many were. Ended in the
    /// middle, it begins again; two who do it at once do the same.
    pub async fn renew_name_keys(&self) -> Result<u64, Error> {
        let db = self.app.db();
        let stands = db.read(|tx| settings::get(tx, MADE_AS)).await?;
        let ours = FOLD.to_le_bytes().to_vec();
        if stands.as_ref() == Some(&ours) {
            return Ok(0);
        }
        let mut place: Place = (PersonId::from_uuid(Uuid::nil()), String::new());
        let mut renewed = 0;
        loop {
            let from = place.clone();
            let (changed, next) = db.write(move |tx| run(tx, &from)).await?;
            renewed += changed;
            match next {
                Some(next) => place = next,
                None => break,
            }
        }
        db.write(move |tx| settings::set(tx, MADE_AS, &ours))
            .await?;
        Ok(renewed)
    }
}

/// A run of names after a place: how many had other keys, and where the next run begins.
fn run(tx: &mut storage::Tx<'_>, from: &Place) -> Result<(u64, Option<Place>), storage::Error> {
    let found = rows::after(tx, (from.0, &from.1), AT_ONCE)?;
    let next = found
        .last()
        .map(|last| (last.person, last.name.script.clone()));
    let mut changed = 0;
    for NamedPerson { person, mut name } in found {
        let keys = NameKeys::of(&name.name);
        if keys.joined != name.key_joined || keys.sorted != name.key_sorted {
            (name.key_joined, name.key_sorted) = (keys.joined, keys.sorted);
            rows::set(tx, &NamedPerson { person, name })?;
            changed += 1;
        }
    }
    Ok((changed, next))
}
