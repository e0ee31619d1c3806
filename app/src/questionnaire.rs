//! The questionnaires that hold: those that the release ships and those that an installation was given.

use crate::{Error, SystemDesk};
use domain::ids::QuestionnaireId;
use domain::questionnaire::{Questionnaire, parse_toml, shipped};
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::sync::{Arc, PoisonError, RwLock};
use storage::Db;
use storage::questionnaire::{self as rows, QuestionnaireRow};

/// A questionnaire with the id that reports point at.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The id.
    pub id: QuestionnaireId,
    /// The questionnaire.
    pub questionnaire: Questionnaire,
}

/// All questionnaires, in memory: they are read at every report and change once in months.
pub(crate) struct Shelf {
    db: Db,
    stored: RwLock<Vec<Arc<Stored>>>,
}

impl Shelf {
    pub(crate) async fn load(db: &Db, now: Timestamp) -> Result<Shelf, Error> {
        let shelf = Shelf {
            db: db.clone(),
            stored: RwLock::new(Vec::new()),
        };
        shelf.add(&shipped(), now).await?;
        Ok(shelf)
    }

    async fn add(&self, questionnaires: &[Questionnaire], now: Timestamp) -> Result<usize, Error> {
        let mut new = Vec::new();
        for questionnaire in questionnaires {
            let content = serde_json::to_value(questionnaire)
                .map_err(|e| Error::broken(format!("a questionnaire cannot be stored: {e}")))?;
            let checksum = Sha256::digest(content.to_string().as_bytes()).to_vec();
            let row = QuestionnaireRow {
                id: QuestionnaireId::from_uuid(
                    uuid::Builder::from_random_bytes(crate::keys::random()).into_uuid(),
                ),
                programme: questionnaire.programme.clone(),
                valid_from: questionnaire.valid_from,
                content,
            };
            new.push((row, checksum));
        }
        let (added, all) = self
            .db
            .write(move |tx| {
                let mut added = 0;
                for (row, checksum) in &new {
                    added += usize::from(rows::insert(tx, row, checksum, now)?);
                }
                Ok((added, rows::all(tx)?))
            })
            .await?;
        let stored = all
            .into_iter()
            .map(|row| {
                let questionnaire = serde_json::from_value(row.content).map_err(|e| {
                    Error::broken(format!("questionnaires.content of {}: {e}", row.id))
                })?;
                Ok(Arc::new(Stored {
                    id: row.id,
                    questionnaire,
                }))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        *self.stored.write().unwrap_or_else(PoisonError::into_inner) = stored;
        Ok(added)
    }

    /// The questionnaire of a programme that holds on a day: the one with the latest beginning that has come, and of
    /// several with the same beginning the one loaded last. Before the first one's beginning, the first.
    pub(crate) fn effective(&self, programme: &str, day: Date) -> Result<Arc<Stored>, Error> {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        let of_programme = || {
            stored
                .iter()
                .filter(|s| s.questionnaire.programme == programme)
        };
        of_programme()
            .rfind(|s| s.questionnaire.valid_from <= day)
            .or_else(|| of_programme().next())
            .cloned()
            .ok_or_else(|| Error::broken(format!("there is no questionnaire for {programme}")))
    }

    /// The short words of a question in the newest questionnaire that has it.
    pub(crate) fn short_words(&self, id: &str, language: &str) -> String {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        let wished = domain::questionnaire::QuestionId::new(id);
        stored
            .iter()
            .rev()
            .find_map(|s| s.questionnaire.question(&wished))
            .map_or_else(
                || id.to_owned(),
                |q| q.short.in_language(language).to_owned(),
            )
    }

    /// The questionnaire that a report answered.
    pub(crate) fn by_id(&self, id: QuestionnaireId) -> Result<Arc<Stored>, Error> {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        stored
            .iter()
            .find(|s| s.id == id)
            .cloned()
            .ok_or_else(|| Error::broken(format!("there is no questionnaire {id}")))
    }
}

impl SystemDesk {
    /// Loads questionnaires from a programme file (TOML); tells how many were new.
    ///
    /// # Errors
    /// A sentence that names what is wrong with the file; then nothing is loaded.
    pub async fn load_programme(&self, text: &str) -> Result<Result<usize, String>, Error> {
        match parse_toml(text) {
            Ok(questionnaires) => {
                let now = self.app.clock.now();
                Ok(Ok(self
                    .app
                    .inner
                    .questionnaires
                    .add(&questionnaires, now)
                    .await?))
            }
            Err(error) => Ok(Err(error.to_string())),
        }
    }
}
