//! Parts of pages that are the same for everybody who answers a questionnaire in a language: put together once, because
//! each morning a million people see them. Nothing in them is of a person.

use app::questionnaire::Stored;
use domain::ids::QuestionnaireId;
use domain::language::Language;
use std::sync::{Arc, PoisonError, RwLock};

/// How many parts are kept: an installation has a few questionnaires, in two languages. What is beyond is put together
/// anew.
const MOST: usize = 200;

/// What a part is made for. What a questionnaire of an id asks never changes.
type Key = (QuestionnaireId, Language, u8);

/// Parts by what they are made for.
pub(crate) struct Ready<T: ?Sized>(RwLock<Vec<(Key, Arc<T>)>>);

impl<T: ?Sized> Ready<T> {
    /// None yet.
    pub(crate) const fn new() -> Ready<T> {
        Ready(RwLock::new(Vec::new()))
    }

    /// The part for a questionnaire in a language; `variant` tells apart what differs otherwise.
    pub(crate) fn of(
        &self,
        stored: &Stored,
        language: Language,
        variant: u8,
        make: impl FnOnce() -> Arc<T>,
    ) -> Arc<T> {
        let key = (stored.id, language, variant);
        let found = |all: &[(Key, Arc<T>)]| {
            let mut all = all.iter();
            all.find(|(of, _)| *of == key).map(|(_, part)| part.clone())
        };
        if let Some(part) = found(&self.0.read().unwrap_or_else(PoisonError::into_inner)) {
            return part;
        }
        let part = make();
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        all.push((key, part.clone()));
        part
    }
}
