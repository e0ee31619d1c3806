//! Who somebody is by the record that a notification belongs to. What was notified stays as it was, and a list must not call
//! somebody otherwise than all others do once the record was corrected.

use super::{Line, Notification, State, TypedAnswers};
use crate::StaffDesk;
use crate::monitoring::spelling_in;
use domain::name::{PersonName, as_kept};
use domain::notification::core_item;
use domain::personal::Personal;
use jiff::civil::Date;
use storage::notification::NotificationRow;

/// The items that tell the name, in the order of the record's spellings: kanji, kana, Latin.
const SPELLINGS: [&str; 3] = [core_item::NAME, core_item::NAME_KANA, core_item::NAME_LATIN];

/// Who somebody is by the record.
#[derive(Clone, Debug)]
pub struct Recorded {
    names: [Option<Personal<String>>; 3],
    /// The day of birth.
    pub birthdate: Personal<Date>,
}

impl Recorded {
    /// The spellings of the name that the record has, each with the id of the item that asks for it.
    pub fn names(&self) -> impl Iterator<Item = (&'static str, &str)> {
        SPELLINGS
            .into_iter()
            .zip(&self.names)
            .filter_map(|(id, name)| Some((id, name.as_ref()?.expose().as_str())))
    }

    /// Whether a notification calls somebody otherwise. A spelling that was not notified is none that differs.
    fn differs_from(&self, answers: &TypedAnswers) -> bool {
        let given = |id: &str| answers.get(id).map_or("", String::as_str);
        let name_differs = SPELLINGS.into_iter().zip(&self.names).any(|(id, name)| {
            let name = name.as_ref().map(|name| as_kept(name.expose()));
            PersonName::parse(given(id)).is_ok_and(|given| Some(given.as_str()) != name.as_deref())
        });
        let born: Option<Date> = given(core_item::BIRTHDATE).parse().ok();
        name_differs || born.is_some_and(|born| born != *self.birthdate.expose())
    }
}

impl Line {
    /// The name: of whoever is registered the record's, in the spelling that readers of a language know.
    pub fn name_in(&self, language: &str) -> &str {
        let recorded = self.recorded.as_ref();
        recorded
            .and_then(|recorded| spelling_in(&recorded.names, language))
            .unwrap_or_else(|| self.name.expose())
    }

    /// The kana, where they are known; of whoever is registered the record's.
    pub fn kana(&self) -> Option<&str> {
        let kana = match &self.recorded {
            Some(recorded) => recorded.names[1].as_ref(),
            None => self.reading.as_ref(),
        };
        kana.map(|kana| kana.expose().as_str())
    }
}

impl Notification {
    /// Who the person is by the record, where that is not what was notified.
    pub fn recorded_otherwise(&self) -> Option<&Recorded> {
        let recorded = self.line.recorded.as_ref();
        recorded.filter(|recorded| recorded.differs_from(self.answers.expose()))
    }
}

impl StaffDesk {
    /// Who the person of a notification in reach is by the record. Whoever only enters notifications reads no record, and
    /// one that was registered in error is nobody's.
    pub(super) fn recorded(&self, row: &NotificationRow) -> Option<Recorded> {
        let stands = row.state == State::Confirmed.word() && row.no_case.is_none();
        let found = row.recorded.as_ref();
        found
            .filter(|_| stands && self.lists().is_some())
            .map(|found| Recorded {
                names: found.names.clone().map(|name| name.map(Personal::new)),
                birthdate: Personal::new(found.birthdate),
            })
    }
}
