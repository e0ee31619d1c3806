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
/// What is said of one that does not.
const WRONG_KEY: &str = "the master key does not fit this database: it was sealed with another one. Put that back: \
    HERSYS_MASTER_KEY, the file of HERSYS_MASTER_KEY_FILE, or master.key in HERSYS_DATA_DIR";

/// What whoever opens a store may do to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Bring it up to date, and make what this release brings along: whoever serves, or was told to.
    BringUp,
    /// Make one where none has ever been opened, and else leave it as it is.
    MakeNew,
    /// Leave it as it is: an older release may be serving from it, and going back to that has to stay possible.
    AsItIs,
}

/// What is in memory from the start.
pub(crate) struct Opened {
    pub(crate) questionnaires: Shelf,
    pub(crate) rules: Rulebook,
}

/// Opens a store; `staff`: the same by the lane of the health centers, for what is read later on.
///
/// # Errors
/// Where its schema or its key does not fit, or something is missing that may not be made, with a sentence for the operator.
pub(crate) async fn open(
    db: &Db,
    staff: &Db,
    keys: &Keys,
    (opening, now): (Opening, Timestamp),
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
    if opening != Opening::BringUp {
        let expected = ours.clone();
        let left = db.read(move |tx| left_as_it_is(tx, opening, &expected));
        match left.await? {
            None => {}
            Some(Left::OfAnotherKey) => return Err(Error::broken(WRONG_KEY)),
            Some(Left::Behind(says)) => {
                return Err(Error::Store(storage::Error::Refused(says)));
            }
        }
    }
    migrations::migrate(db, now).await?;
    let mine = ours.clone();
    let stands = db
        .write(move |tx| settings::set_once(tx, KEY_CHECK, &mine))
        .await?;
    if stands != ours {
        return Err(Error::broken(WRONG_KEY));
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

/// Why a store is left as it is.
enum Left {
    /// It was sealed with another key.
    OfAnotherKey,
    /// This release has yet to make something in it.
    Behind(String),
}

/// Why nothing is made in a store in which something is missing; `None` where it may be made.
fn left_as_it_is(
    tx: &mut Tx<'_>,
    opening: Opening,
    key_check: &[u8],
) -> Result<Option<Left>, storage::Error> {
    let may_begin = opening == Opening::MakeNew;
    let behind = |says: &str| Ok(Some(Left::Behind(says.to_owned())));
    let Some(seen) = migrations::look_within(tx)? else {
        return match may_begin {
            true => Ok(None),
            false => behind("there are no tables of hersys in it; make them with `hersys migrate`"),
        };
    };
    if settings::get(tx, KEY_CHECK)?.is_some_and(|stands| stands != key_check) {
        return Ok(Some(Left::OfAnotherKey));
    }
    let changes = match seen.missing {
        // What comes last at a first start: where there is none, that was cut short, or another process is at it.
        0 if may_begin && storage::questionnaire::all(tx)?.is_empty() => return Ok(None),
        0 => {
            return behind(
                "it has yet to be given what this release brings along; `hersys serve` and `hersys migrate` do that, and nothing was \
                 changed. Run `hersys migrate` first",
            );
        }
        1 => "one change".to_owned(),
        more => format!("{more} changes"),
    };
    Ok(Some(Left::Behind(format!(
        "it is of an older release: {changes} of its tables are to come, which `hersys serve` and `hersys migrate` make, and \
         nothing was changed. Make a backup and run `hersys migrate` first, or use the program of that release"
    ))))
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
        let up = (Opening::BringUp, now);
        let stands = async |db: &Db| {
            let ours = keys.check_value();
            let found = db.read(move |tx| all_that_stands(tx, &ours)).await;
            found.unwrap().is_some()
        };
        assert!(!stands(&db).await, "there is nothing");
        open(&db, &staff, &keys, up).await.unwrap();
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
            let opened = open(&db, &staff, &keys, up).await.unwrap();
            assert!(stands(&db).await, "{gone}");
            assert!(!opened.questionnaires.programmes().is_empty());
        }
        let another = Keys::new(&MasterKey::generate());
        let refused = open(&db, &staff, &another, up).await.err().unwrap();
        assert!(refused.to_string().contains("does not fit"), "{refused}");
    }

    #[tokio::test]
    async fn a_first_start_that_was_cut_short_is_gone_on_with_by_whoever_may_begin_one() {
        let folder = tempfile::TempDir::new().unwrap();
        let db = Db::sqlite(&folder.path().join("hersys.db")).unwrap();
        let staff = db.in_lane(Lane::Staff);
        let keys = Keys::new(&MasterKey::generate());
        let now: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let opens = async |how| open(&db, &staff, &keys, (how, now)).await.map(|_| ());
        let refused = opens(Opening::AsItIs).await.unwrap_err().to_string();
        assert!(refused.contains("there are no tables"), "{refused}");
        migrations::migrate(&db, now).await.unwrap();
        let refused = opens(Opening::AsItIs).await.unwrap_err().to_string();
        assert!(refused.contains("Run `hersys migrate` first"), "{refused}");
        opens(Opening::MakeNew).await.unwrap();
        opens(Opening::AsItIs).await.unwrap();
    }
}
