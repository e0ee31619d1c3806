//! The questionnaires that hold: those that the release ships and those that an installation was given.

use crate::programme::PROGRAMME;
use crate::rules::NewerRow;
use crate::rules::mark::JudgedBy;
use crate::{App, Error, StaffDesk};
use domain::ids::{HealthCenterId, QuestionnaireId};
use domain::questionnaire::{LocalText, QuestionId, Questionnaire, shipped};
use domain::rules::{Content, Origin, RuleKind, read_stored_questionnaire};
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use storage::questionnaire::{self as rows, QuestionnaireRow};
use storage::status_report::ReportRow;
use storage::{Db, Tx};
use uuid::Uuid;

/// A questionnaire with the id that reports point at.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The id.
    pub id: QuestionnaireId,
    /// The questionnaire.
    pub questionnaire: Questionnaire,
    /// Whether it holds everywhere by itself.
    pub(crate) for_all: bool,
    /// What is asked, in the order of the names, each with its place in the form.
    pub(crate) places: Vec<(QuestionId, usize)>,
    /// The questions that everybody answers, in the order of the names.
    pub(crate) questions: Vec<QuestionId>,
}

fn places(questionnaire: &Questionnaire) -> Vec<(QuestionId, usize)> {
    let asked = questionnaire.asked().enumerate();
    let mut places: Vec<_> = asked.map(|(place, one)| (one.id.clone(), place)).collect();
    places.sort();
    places
}

fn questions(questionnaire: &Questionnaire) -> Vec<QuestionId> {
    let ids = questionnaire.questions.iter().map(|one| one.id.clone());
    let mut questions: Vec<_> = ids.collect();
    questions.sort();
    questions
}

/// All questionnaires, in memory: they are read at every report and change once in months.
pub(crate) struct Shelf {
    db: Db,
    stored: RwLock<Vec<Arc<Stored>>>,
    /// The rows that are not understood, of which the log was told.
    told: Mutex<HashSet<Uuid>>,
}

/// What rows say, as far as this release knows it, and of which it does not know everything. One that it cannot read at all is
/// left out, so that what held before it goes on.
pub(crate) fn read_stored_rows(all: Vec<QuestionnaireRow>) -> (Vec<Arc<Stored>>, Vec<NewerRow>) {
    let mut newer = Vec::new();
    let mut stored = Vec::new();
    for mut row in all {
        let (questionnaire, unknown) = match read_stored_questionnaire(row.content.take()) {
            Ok(read) => read,
            Err(error) => {
                newer.push(NewerRow::of_questionnaire(&row, Err(error.to_string())));
                continue;
            }
        };
        if !unknown.is_empty() {
            newer.push(NewerRow::of_questionnaire(&row, Ok(&unknown)));
        }
        stored.push(Arc::new(Stored {
            id: row.id,
            places: places(&questionnaire),
            questions: questions(&questionnaire),
            questionnaire,
            for_all: row.for_all,
        }));
    }
    (stored, newer)
}

impl Shelf {
    /// An empty one, to be filled by [`Shelf::take`] or [`Shelf::keep`].
    pub(crate) fn new(db: &Db) -> Shelf {
        Shelf {
            db: db.clone(),
            stored: RwLock::new(Vec::new()),
            told: Mutex::default(),
        }
    }

    /// Stores questionnaires that do not stand yet; tells how many were new. `for_all`: they hold everywhere by
    /// themselves; else where and when a rule does that points at them.
    pub(crate) async fn keep(
        &self,
        questionnaires: &[Questionnaire],
        for_all: bool,
        now: Timestamp,
    ) -> Result<usize, Error> {
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
                for_all,
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
        self.take(all);
        Ok(added)
    }

    /// Knows these from now on. None is ever deleted, so what was read before another one was added takes nothing back.
    pub(crate) fn take(&self, all: Vec<QuestionnaireRow>) {
        let (mut stored, newer) = read_stored_rows(all);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for row in newer.iter().filter(|row| told.insert(row.id)) {
            tracing::error!(row = %row.id, "{row}");
        }
        drop(told);
        let mut known = self.stored.write().unwrap_or_else(PoisonError::into_inner);
        let missing: Vec<_> = known
            .iter()
            .filter(|one| stored.iter().all(|s| s.id != one.id))
            .cloned()
            .collect();
        if !missing.is_empty() {
            stored.extend(missing);
            // Those that are missing were loaded last: of the same day they come last.
            stored.sort_by(|a, b| {
                let (a, b) = (&a.questionnaire, &b.questionnaire);
                (&a.programme, a.valid_from).cmp(&(&b.programme, b.valid_from))
            });
        }
        *known = stored;
    }

    fn knows(&self, id: QuestionnaireId) -> bool {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        stored.iter().any(|s| s.id == id)
    }

    /// The programmes of questionnaires that hold everywhere by themselves.
    pub(crate) fn programmes(&self) -> Vec<String> {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        let of_all = stored.iter().filter(|s| s.for_all);
        of_all.map(|s| s.questionnaire.programme.clone()).collect()
    }

    /// The name of a disease as its newest questionnaire says it.
    pub(crate) fn disease(&self, programme: &str) -> Option<LocalText> {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        let mut of = stored.iter().rev().map(|s| &s.questionnaire);
        of.find(|questionnaire| questionnaire.programme == programme)
            .map(|questionnaire| questionnaire.disease.clone())
    }

    /// Where several say the same as far as this release knows, it is the one that was loaded last.
    fn same_as(&self, questionnaire: &Questionnaire) -> Option<Arc<Stored>> {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        stored
            .iter()
            .rfind(|s| s.questionnaire == *questionnaire)
            .cloned()
    }

    /// The newest questionnaire of a programme, whatever became of the rule that pointed at it: whoever is followed in a
    /// disease whose rules were taken back is asked on.
    fn newest(&self, programme: &str) -> Option<Arc<Stored>> {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        let mut of = stored.iter().rev();
        of.find(|s| s.questionnaire.programme == programme).cloned()
    }

    /// The questionnaire of a programme that holds on a day where no rule says otherwise: the one with the latest beginning that has come, and of
    /// several with the same beginning the one loaded last. Before the first one's beginning, the first.
    fn for_all(&self, programme: &str, day: Date) -> Result<Arc<Stored>, Error> {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        let of_programme = || {
            stored
                .iter()
                .filter(|s| s.for_all && s.questionnaire.programme == programme)
        };
        of_programme()
            .rfind(|s| s.questionnaire.valid_from <= day)
            .or_else(|| of_programme().next())
            .cloned()
            .ok_or_else(|| Error::broken(format!("there is no questionnaire for {programme}")))
    }

    /// The short words of a question of a programme where no questionnaire is known that was answered: as those have it that
    /// hold for all, else as any place has it, the newest.
    pub(crate) fn short_words(
        &self,
        programme: &str,
        id: &QuestionId,
        language: &str,
    ) -> Option<String> {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        let newest = |for_all: bool| {
            stored
                .iter()
                .rev()
                .filter(|s| s.for_all == for_all && s.questionnaire.programme == programme)
                .find_map(|s| short(s, id, language))
        };
        newest(true).or_else(|| newest(false))
    }

    /// The questionnaire of a programme that begins on a day, where there is one alone.
    fn of_day(&self, programme: &str, day: Date) -> Option<Arc<Stored>> {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        let mut begins = stored.iter().filter(|s| {
            s.questionnaire.valid_from == day && s.questionnaire.programme == programme
        });
        match (begins.next(), begins.next()) {
            (Some(only), None) => Some(only.clone()),
            _ => None,
        }
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

/// The short words of a question of a questionnaire.
fn short(stored: &Stored, id: &QuestionId, language: &str) -> Option<String> {
    let question = stored.questionnaire.question(id)?;
    Some(question.short.in_language(language).to_owned())
}

/// The words of questions as whoever answered them has read them: another place, and another disease, may mean something
/// else by a question of the same name.
#[derive(Clone)]
pub struct QuestionWords {
    app: App,
    programme: String,
    answered: Option<Arc<Stored>>,
}

impl QuestionWords {
    /// The short words of a question, in a language; one that no questionnaire of the programme knows shows its name.
    pub fn short(&self, id: &str, language: &str) -> String {
        let wished = QuestionId::new(id);
        let answered = self.answered.as_ref();
        let shelf = &self.app.inner.questionnaires;
        answered
            .and_then(|stored| short(stored, &wished, language))
            .or_else(|| shelf.short_words(&self.programme, &wished, language))
            .unwrap_or_else(|| id.to_owned())
    }
}

impl StaffDesk {
    /// The words of reasons: those of the questionnaire that the judged report answered, or of that which holds for the
    /// case where nothing was judged.
    pub fn words_judged(
        &self,
        judged_by: Option<&JudgedBy>,
        programme: &str,
        center: HealthCenterId,
    ) -> QuestionWords {
        let shelf = &self.app.inner.questionnaires;
        let answered = match judged_by {
            Some(by) => by
                .answered
                .and_then(|id| shelf.by_id(id).ok())
                // An earlier release wrote down the first day alone.
                .or_else(|| shelf.of_day(programme, by.questionnaire))
                .or_else(|| {
                    let of_day = self.app.questionnaire(programme, center, by.questionnaire);
                    of_day.ok()
                }),
            None => {
                let today = self.app.today();
                self.app.questionnaire(programme, center, today).ok()
            }
        };
        QuestionWords {
            app: self.app.clone(),
            programme: programme.to_owned(),
            answered,
        }
    }

    /// The words of a questionnaire that a form showed, or else of that which holds for the case.
    pub fn words_shown(
        &self,
        shown: Option<QuestionnaireId>,
        programme: &str,
        center: HealthCenterId,
    ) -> QuestionWords {
        match shown.and_then(|id| self.words_of_form(id)) {
            Some(words) => words,
            None => self.words_judged(None, programme, center),
        }
    }

    /// The words of the questionnaire that a form showed about somebody who may be out of reach by now.
    pub fn words_of_form(&self, shown: QuestionnaireId) -> Option<QuestionWords> {
        let answered = self.app.inner.questionnaires.by_id(shown).ok()?;
        Some(QuestionWords {
            app: self.app.clone(),
            programme: answered.questionnaire.programme.clone(),
            answered: Some(answered),
        })
    }

    /// The words of a form that does not tell what it showed, about somebody who is out of reach by now: as the programme
    /// of the release has them.
    pub fn words_of_release(&self) -> QuestionWords {
        QuestionWords {
            app: self.app.clone(),
            programme: PROGRAMME.to_owned(),
            answered: None,
        }
    }
}

/// Whether all questionnaires of this release stand among these.
pub(crate) fn hold_shipped(all: &[QuestionnaireRow]) -> bool {
    shipped().iter().all(|ours| {
        serde_json::to_value(ours).is_ok_and(|ours| all.iter().any(|stored| stored.content == ours))
    })
}

impl App {
    /// The questionnaire that holds at a center on a day: by a rule of the center, of a place above it or of the
    /// operator, else of those that hold for all.
    pub(crate) fn questionnaire(
        &self,
        programme: &str,
        center: HealthCenterId,
        day: Date,
    ) -> Result<Arc<Stored>, Error> {
        let holds = self
            .rule(RuleKind::Questionnaire, programme, Some(center), day)
            .filter(|holds| holds.mark.origin != Origin::Shipped);
        match holds.as_ref().map(|holds| &holds.file.content) {
            Some(Content::Questionnaire(set)) => {
                self.inner.questionnaires.same_as(set).ok_or_else(|| {
                    Error::broken(format!("the questionnaire of {programme} was not kept"))
                })
            }
            _ => {
                let shelf = &self.inner.questionnaires;
                let of_all = shelf.for_all(programme, day);
                of_all.or_else(|error| shelf.newest(programme).ok_or(error))
            }
        }
    }

    /// The questionnaires that hold today where no center has another one.
    pub(crate) fn questionnaires_of_today(&self) -> Result<Vec<Arc<Stored>>, Error> {
        let (all, today) = (&self.inner.questionnaires, self.today());
        let mut programmes = all.programmes();
        programmes.sort();
        programmes.dedup();
        programmes.iter().map(|of| all.for_all(of, today)).collect()
    }

    /// Makes sure that the questionnaire which a form says it showed is known here, if it is one.
    pub(crate) fn know_shown(
        &self,
        tx: &mut Tx<'_>,
        shown: Option<QuestionnaireId>,
    ) -> Result<(), storage::Error> {
        let shelf = &self.inner.questionnaires;
        if shown.is_none_or(|id| shelf.knows(id)) {
            return Ok(());
        }
        shelf.take(rows::all(tx)?);
        Ok(())
    }

    /// Makes sure that the questionnaires of reports are known here: another process may have set one just now.
    pub(crate) fn know_questionnaires(
        &self,
        tx: &mut Tx<'_>,
        reports: &[ReportRow],
    ) -> Result<(), storage::Error> {
        let shelf = &self.inner.questionnaires;
        if reports.iter().all(|row| shelf.knows(row.questionnaire)) {
            return Ok(());
        }
        shelf.take(rows::all(tx)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_read_before_one_was_added_takes_it_from_nobody() {
        let folder = tempfile::TempDir::new().unwrap();
        let db = Db::sqlite(&folder.path().join("hersys.db")).unwrap();
        let now: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        storage::migrations::migrate(&db, now).await.unwrap();
        let shelf = Shelf::new(&db);
        shelf.keep(&shipped(), true, now).await.unwrap();
        let before = db.read(rows::all).await.unwrap();
        let mut new = shipped().remove(0);
        let (programme, day) = (new.programme.clone(), new.valid_from);
        new.disease = LocalText::default();
        assert_eq!(shelf.keep(&[new.clone()], true, now).await.unwrap(), 1);
        shelf.take(before);
        assert!(shelf.same_as(&new).is_some());
        let holds = shelf.for_all(&programme, day).unwrap();
        assert_eq!(holds.questionnaire, new, "the one that was loaded last");
    }
}
