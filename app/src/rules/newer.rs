//! Rows of which this release does not know everything, because a newer one has set them.

use super::Book;
use crate::questionnaire::read_stored_rows;
use domain::rules::UnknownKey;
use jiff::civil::Date;
use std::fmt;
use storage::questionnaire::QuestionnaireRow;
use storage::rules::RuleRow;
use storage::{Db, Error};
use uuid::Uuid;

/// A rule or a questionnaire of which this release does not know everything. It says itself what holds and what to do.
#[derive(Clone, Debug)]
pub struct NewerRow {
    /// The id of the row.
    pub id: Uuid,
    table: &'static str,
    kind: String,
    programme: String,
    valid_from: Date,
    /// The keys that mean nothing here, or why it cannot be read at all.
    says: Result<Vec<String>, String>,
}

fn words(says: Result<&[UnknownKey], String>) -> Result<Vec<String>, String> {
    says.map(|keys| keys.iter().map(ToString::to_string).collect())
}

impl NewerRow {
    pub(crate) fn of_rule(row: &RuleRow, says: Result<&[UnknownKey], String>) -> NewerRow {
        NewerRow {
            id: row.id,
            table: "rule_files",
            kind: row.kind.clone(),
            programme: row.programme.clone(),
            valid_from: row.valid_from,
            says: words(says),
        }
    }

    pub(crate) fn of_questionnaire(
        row: &QuestionnaireRow,
        says: Result<&[UnknownKey], String>,
    ) -> NewerRow {
        NewerRow {
            id: row.id.uuid(),
            table: "questionnaires",
            kind: "questionnaire".to_owned(),
            programme: row.programme.clone(),
            valid_from: row.valid_from,
            says: words(says),
        }
    }
}

impl fmt::Display for NewerRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NewerRow {
            id,
            table,
            kind,
            programme,
            valid_from,
            says,
        } = self;
        write!(
            f,
            "the rule ({kind}) of {programme} from {valid_from} on ({table}, {id}) "
        )?;
        match says {
            Ok(keys) => write!(
                f,
                "was set by a newer release and says {}, which this one does not know; all else that it says holds here. Start \
                 the newer release on this node, too, or take the rule back there",
                keys.join(", ")
            ),
            Err(why) => write!(
                f,
                "cannot be read by this release ({why}), so that what held before it goes on here. Start the newer release on \
                 this node, too, or take the rule back there"
            ),
        }
    }
}

/// The rows of a database of which this release does not know everything.
///
/// # Errors
/// Where they cannot be asked for.
pub async fn not_understood(db: &Db) -> Result<Vec<NewerRow>, Error> {
    db.read(|tx| {
        let mut newer = Book::of_start(tx)?.newer;
        let questionnaires = storage::questionnaire::all(tx)?;
        newer.extend(read_stored_rows(questionnaires).1);
        Ok(newer)
    })
    .await
}
