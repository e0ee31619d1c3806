//! What a start needs of the store. Where everything stands already, as at all starts but the first of a release, it is
//! read in one transaction that writes nothing; else it is made, and then read.

use crate::keys::Keys;
use crate::questionnaire::{self, Shelf};
use crate::rules::{Book, Rulebook};
use crate::{Error, jurisdiction};
use domain::questionnaire::shipped;
use jiff::Timestamp;
use storage::questionnaire::QuestionnaireRow;
use storage::{Db, Tx, audit, migrations, settings};

/// The setting by which a key is known that fits.
const KEY_CHECK: &str = "key_check";

/// What is in memory from the start.
pub(crate) struct Opened {
    pub(crate) questionnaires: Shelf,
    pub(crate) rules: Rulebook,
}

/// Opens a store; `staff`: the same by the lane of the health centers, for what is read later on.
///
/// # Errors
/// Where its schema or its key does not fit, with a sentence for the operator.
pub(crate) async fn open(
    db: &Db,
    staff: &Db,
    keys: &Keys,
    now: Timestamp,
) -> Result<Opened, Error> {
    let (ours, expected) = (keys.check_value(), keys.check_value());
    let questionnaires = Shelf::new(staff);
    if let Some((all, book)) = db.read(move |tx| all_that_stands(tx, &expected)).await? {
        questionnaires.take(all);
        return Ok(Opened {
            questionnaires,
            rules: Rulebook::holding(staff, book),
        });
    }
    migrations::migrate(db, now).await?;
    let mine = ours.clone();
    let stands = db
        .write(move |tx| settings::set_once(tx, KEY_CHECK, &mine))
        .await?;
    if stands != ours {
        return Err(Error::broken(
            "the master key does not fit this database: it was sealed with another one. Put that back: HERSYS_MASTER_KEY, \
             the file of HERSYS_MASTER_KEY_FILE, or master.key in HERSYS_DATA_DIR",
        ));
    }
    let sealing = keys.clone();
    db.write(move |tx| {
        audit::begin(tx, &sealing)?;
        jurisdiction::plant(tx, now)
    })
    .await?;
    questionnaires.keep(&shipped(), true, now).await?;
    let book = staff.read(Book::of_start).await?;
    Ok(Opened {
        questionnaires,
        rules: Rulebook::holding(staff, book),
    })
}

/// The questionnaires and the rules, where nothing is missing that a start makes.
fn all_that_stands(
    tx: &mut Tx<'_>,
    key_check: &[u8],
) -> Result<Option<(Vec<QuestionnaireRow>, Book)>, storage::Error> {
    let is_whole = migrations::look_within(tx)?.is_some_and(|seen| seen.missing == 0)
        && settings::get(tx, KEY_CHECK)?.as_deref() == Some(key_check)
        && audit::is_begun(tx)? == Some(true)
        && jurisdiction::is_planted(tx)?;
    if !is_whole {
        return Ok(None);
    }
    let all = storage::questionnaire::all(tx)?;
    if !questionnaire::hold_shipped(&all) {
        return Ok(None);
    }
    Ok(Some((all, Book::of_start(tx)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::MasterKey;
    use storage::Lane;

    #[tokio::test]
    async fn a_start_makes_what_is_missing_and_only_reads_where_nothing_is() {
        let folder = tempfile::TempDir::new().unwrap();
        let db = Db::sqlite(&folder.path().join("hersys.db")).unwrap();
        let staff = db.in_lane(Lane::Staff);
        let keys = Keys::new(&MasterKey::generate());
        let now: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let stands = async |db: &Db| {
            let ours = keys.check_value();
            let found = db.read(move |tx| all_that_stands(tx, &ours)).await;
            found.unwrap().is_some()
        };
        assert!(!stands(&db).await, "there is nothing");
        open(&db, &staff, &keys, now).await.unwrap();
        assert!(stands(&db).await);
        for gone in [
            "DELETE FROM questionnaires",
            "DELETE FROM jurisdictions",
            "DELETE FROM settings WHERE name = 'audit_begun'",
            "DELETE FROM settings WHERE name = 'key_check'",
            "INSERT INTO health_centers (id, name, contact, time_zone, created_at)
                VALUES (X'00000000000000000000000000000001', 'C', '{}', 'UTC', 0)",
        ] {
            db.write(move |tx| tx.execute(gone, &[])).await.unwrap();
            assert!(!stands(&db).await, "{gone}");
            let opened = open(&db, &staff, &keys, now).await.unwrap();
            assert!(stands(&db).await, "{gone}");
            assert!(!opened.questionnaires.programmes().is_empty());
        }
        let another = Keys::new(&MasterKey::generate());
        let refused = open(&db, &staff, &another, now).await.err().unwrap();
        assert!(refused.to_string().contains("does not fit"), "{refused}");
    }
}
