//! Dated questionnaires of programmes.

use crate::engine::{At, Error, Row, Tx};
use crate::sql;
use domain::ids::QuestionnaireId;
use jiff::Timestamp;
use jiff::civil::Date;

/// A questionnaire as stored.
#[derive(Clone, Debug)]
pub struct QuestionnaireRow {
    /// The id, which reports point at.
    pub id: QuestionnaireId,
    /// The programme (disease) that it belongs to.
    pub programme: String,
    /// The first day on which it holds.
    pub valid_from: Date,
    /// The questionnaire itself.
    pub content: serde_json::Value,
    /// Whether it holds for all by itself; else where and when the rule file does that it came with.
    pub for_all: bool,
}

impl QuestionnaireRow {
    fn from(row: &Row<'_>) -> Result<Self, Error> {
        Ok(QuestionnaireRow {
            id: QuestionnaireId::from_uuid(row.get(0)?),
            programme: row.get(1)?,
            valid_from: row.get(2)?,
            content: row.get(3)?,
            for_all: row.get::<i32>(4)? == 1,
        })
    }
}

/// Adds a questionnaire unless the same content stands already; tells whether it was added.
pub fn insert(
    tx: &mut Tx<'_>,
    questionnaire: &QuestionnaireRow,
    checksum: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    let added = tx.execute(
        sql!(
            "INSERT INTO questionnaires (id, programme, valid_from, content, checksum, loaded_at, for_all)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (checksum) DO NOTHING"
        ),
        &[
            &questionnaire.id.uuid(),
            &questionnaire.programme,
            &questionnaire.valid_from,
            &questionnaire.content,
            &checksum,
            &At(now),
            &i32::from(questionnaire.for_all),
        ],
    )?;
    Ok(added == 1)
}

/// All questionnaires; of those that hold from the same day, the one that was loaded last comes last.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<QuestionnaireRow>, Error> {
    tx.query(
        sql!(
            "SELECT id, programme, valid_from, content, for_all FROM questionnaires
             ORDER BY programme, valid_from, loaded_at, id"
        ),
        &[],
        |row| QuestionnaireRow::from(&row),
    )
}
