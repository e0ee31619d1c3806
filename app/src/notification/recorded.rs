//! Who somebody is by the record that a notification belongs to. What was notified stays as it was, and a list must not call
//! somebody otherwise than all others do once the record was corrected.

use super::{Line, Notification, State, TypedAnswers, WHEREABOUTS, place_of};
use crate::case_registration::{self, Address};
use crate::monitoring::spelling_in;
use crate::{Error, StaffDesk, kept_phone};
use domain::language;
use domain::name::{PersonName, as_kept};
use domain::notification::core_item;
use domain::personal::Personal;
use domain::phone::PhoneNumber;
use jiff::civil::Date;
use storage::notification::NotificationRow;

/// The items that tell the name, in the order of the record's spellings: kanji, kana, Latin.
const SPELLINGS: [&str; 3] = [core_item::NAME, core_item::NAME_KANA, core_item::NAME_LATIN];

/// What a notification answers of a language that nobody knows.
pub(super) const UNKNOWN_LANGUAGE: &str = "und";

/// Who somebody is by the record.
#[derive(Clone, Debug)]
pub struct Recorded {
    names: [Option<Personal<String>>; 3],
    /// The day of birth.
    pub birthdate: Personal<Date>,
    /// The phone number; none: the person has none.
    pub phone: Option<Personal<PhoneNumber>>,
    /// Where they are, and the tag of the language that they read. Not in lists, and not for whoever knows of that only what is
    /// notified.
    pub reached: Option<(Address, String)>,
}

impl Recorded {
    /// The spellings of the name that the record has, each with the id of the item that asks for it.
    pub fn names(&self) -> impl Iterator<Item = (&'static str, &str)> {
        SPELLINGS
            .into_iter()
            .zip(&self.names)
            .filter_map(|(id, name)| Some((id, name.as_ref()?.expose().as_str())))
    }

    /// Whether what a notification answers to an item is not what the record says. A spelling that was not notified is none
    /// that differs; a number that was not is one that the record has learned since.
    fn differs_in(&self, item: &str, answers: &TypedAnswers) -> bool {
        let given = answers.get(item).map_or("", String::as_str);
        match item {
            core_item::BIRTHDATE => {
                let born: Option<Date> = given.parse().ok();
                born.is_some_and(|born| born != *self.birthdate.expose())
            }
            core_item::PHONE => {
                let stands = self.phone.as_ref().map(Personal::expose);
                match PhoneNumber::parse(given) {
                    Ok(given) => Some(&given) != stands,
                    Err(_) => given.trim().is_empty() && stands.is_some(),
                }
            }
            core_item::ADDRESS => self.place_differs(given, |place| &place.address),
            WHEREABOUTS => self.place_differs(given, |place| &place.whereabouts),
            core_item::LANGUAGE => {
                let stands = self.reached.as_ref().map(|(_, language)| language.as_str());
                let told = language::read(given).filter(|tag| tag != UNKNOWN_LANGUAGE);
                (told.zip(stands))
                    .is_some_and(|(told, stands)| !language::reads_alike(&told, stands))
            }
            _ => {
                let Some(at) = SPELLINGS.iter().position(|id| *id == item) else {
                    return false;
                };
                let name = self.names[at].as_ref().map(|name| as_kept(name.expose()));
                PersonName::parse(given).is_ok_and(|given| Some(given.as_str()) != name.as_deref())
            }
        }
    }

    /// Whether a place that was notified is not the one of the record. Where that knows none at all, what was notified holds.
    fn place_differs(
        &self,
        given: &str,
        of: impl Fn(&Address) -> &Option<Personal<String>>,
    ) -> bool {
        let stands = self.reached.as_ref().map(|(place, _)| place);
        let Some(stands) = stands.filter(|place| !place.is_unknown()) else {
            return false;
        };
        let told = case_registration::place(&place_of(given));
        told.is_some_and(|told| {
            let stands = of(stands).as_ref().map(Personal::expose);
            Some(told.expose()) != stands
        })
    }

    /// Whether a notification tells somebody else than the record, or otherwise of where they are and how they are reached.
    fn differs_from(&self, answers: &TypedAnswers) -> bool {
        let told = [
            core_item::BIRTHDATE,
            core_item::PHONE,
            core_item::ADDRESS,
            WHEREABOUTS,
            core_item::LANGUAGE,
        ];
        let mut all = SPELLINGS.into_iter().chain(told);
        all.any(|item| self.differs_in(item, answers))
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
    /// Who the person is by the record and where to call, where that is not what was notified.
    pub fn recorded_otherwise(&self) -> Option<&Recorded> {
        let recorded = self.line.recorded.as_ref();
        recorded.filter(|recorded| recorded.differs_from(self.answers.expose()))
    }

    /// Whether the record says something else than what was notified for one of the items.
    pub fn is_recorded_otherwise(&self, item: &str) -> bool {
        let recorded = self.line.recorded.as_ref();
        recorded.is_some_and(|recorded| recorded.differs_in(item, self.answers.expose()))
    }
}

impl StaffDesk {
    /// Who the person of a notification in reach is by the record. Whoever only enters notifications reads no record, and
    /// one that was registered in error is nobody's.
    ///
    /// # Errors
    /// Where the number that is kept cannot be read.
    pub(super) fn recorded(&self, row: &NotificationRow) -> Result<Option<Recorded>, Error> {
        let stands = row.state == State::Confirmed.word() && row.no_case.is_none();
        let is_told = stands && self.lists().is_some();
        let (Some(found), Some(case)) = (row.recorded.as_ref().filter(|_| is_told), row.case)
        else {
            return Ok(None);
        };
        let phone = kept_phone::read(self.app.keys(), &found.phone_sealed, case)?;
        Ok(Some(Recorded {
            names: found.names.clone().map(|name| name.map(Personal::new)),
            birthdate: Personal::new(found.birthdate),
            phone: phone.map(Personal::new),
            reached: None,
        }))
    }
}
