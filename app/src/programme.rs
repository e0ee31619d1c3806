//! Programmes: the diseases that a place follows, each with its own questionnaire, rules and texts. The release brings
//! one; another begins with a copy of one that stands.

use crate::audit::{self, with};
use crate::family::Member;
use crate::place_settings::from_now;
use crate::{App, Error, StaffDesk};
use domain::ids::{HealthCenterId, JurisdictionId};
use domain::language::Language;
use domain::message_texts::{TextProblem, wrong_text};
use domain::questionnaire::LocalText;
use domain::rules::{Content, RuleFile, RuleKind, begun_as};
use domain::staff_role::Right;
use domain::status_report::clean_note;
use domain::text::fold_width;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use storage::Tx;
use storage::place_settings::{self as settings, PlaceSettingRow};

/// The programme that the release brings.
pub const PROGRAMME: &str = "covid-19";

/// The name of the setting that tells which programmes take no new cases.
const CLOSED: &str = "closed_programmes";

/// The name of the setting that tells to which programmes article 44-3 of the Infectious Diseases Act applies.
const BY_ARTICLE: &str = "programmes_by_article";

/// The longest short name, in letters.
const ID_LENGTH: usize = 40;

/// The longest name of a disease, in characters.
const DISEASE_LENGTH: usize = 60;

/// A disease that is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// The short name that files and commands use, such as `covid-19`.
    pub id: String,
    /// The name of the disease.
    pub disease: LocalText,
    /// Whether new cases are registered in it. Those that stand are followed all the same.
    pub is_open: bool,
    /// Whether article 44-3 of the Infectious Diseases Act applies to the disease, as the place says: then written requests name
    /// it, and what it makes a duty.
    pub names_article: bool,
}

/// What a place has set about programmes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Closed {
    closed: Vec<String>,
}

/// The same, about the article that written requests name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct ByArticle {
    applies: BTreeMap<String, bool>,
}

impl ByArticle {
    /// The release's own programme was followed by that article; of another one its place has to say so.
    fn applies_to(&self, programme: &str) -> bool {
        let said = self.applies.get(programme).copied();
        said.unwrap_or(programme == PROGRAMME)
    }
}

/// What somebody typed to begin a programme.
#[derive(Clone, Debug, Default)]
pub struct TypedProgramme {
    /// The short name.
    pub id: String,
    /// The name of the disease in each language of the portal, in the order of [`Language::ALL`].
    pub disease: [String; Language::ALL.len()],
    /// The programme whose questionnaire, rules and texts it begins with.
    pub like: String,
    /// The first day, `YYYY-MM-DD`.
    pub valid_from: String,
    /// Why.
    pub why: String,
}

/// What came of beginning a programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeginProgramme {
    /// It stands under this short name.
    Begun(String),
    /// The names of the fields that cannot be meant.
    Problems(Vec<&'static str>),
    /// There is one of this short name.
    Stands,
    /// The texts that it would begin with say what was typed into these fields, and show on locked screens.
    Said(Vec<&'static str>),
}

fn set_at<S: DeserializeOwned + Default>(
    tx: &mut Tx<'_>,
    (place, name): (JurisdictionId, &str),
    at: jiff::Timestamp,
) -> Result<S, storage::Error> {
    match settings::effective(tx, place, name, at)? {
        Some(value) => serde_json::from_value(value)
            .map_err(|e| storage::Error::Broken(format!("place_settings.{name} of {place}: {e}"))),
        None => Ok(S::default()),
    }
}

impl App {
    /// The name of a programme's disease, as the questionnaire that holds today says it.
    pub(crate) fn disease(&self, programme: &str, place: Option<JurisdictionId>) -> LocalText {
        let book = self.inner.rules.book();
        let set = book.effective(RuleKind::Questionnaire, programme, place, self.today());
        match set.as_ref().map(|holds| &holds.file.content) {
            Some(Content::Questionnaire(questionnaire)) => questionnaire.disease.clone(),
            _ => self
                .inner
                .questionnaires
                .disease(programme)
                .unwrap_or_default(),
        }
    }

    /// The programmes that a place follows: that of the release first.
    async fn programmes(&self, place: JurisdictionId) -> Result<Vec<Programme>, Error> {
        self.fresh_rules().await?;
        let now = self.clock.now();
        let (Closed { closed }, article) = self
            .db()
            .read(move |tx| {
                let closed: Closed = set_at(tx, (place, CLOSED), now)?;
                Ok((closed, set_at::<ByArticle>(tx, (place, BY_ARTICLE), now)?))
            })
            .await?;
        let mut ids = self.inner.rules.book().programmes(Some(place));
        for id in self.inner.questionnaires.programmes() {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids
            .into_iter()
            .map(|id| Programme {
                disease: self.disease(&id, Some(place)),
                is_open: !closed.contains(&id),
                names_article: article.applies_to(&id),
                id,
            })
            .collect())
    }

    /// The programmes in which a center registers cases, the usual one first; never none.
    pub(crate) async fn open_programmes(
        &self,
        center: HealthCenterId,
    ) -> Result<Vec<Programme>, Error> {
        let all = self
            .programmes(JurisdictionId::from_uuid(center.uuid()))
            .await?;
        let open: Vec<_> = all.iter().filter(|one| one.is_open).cloned().collect();
        Ok(if open.is_empty() { all } else { open })
    }
}

/// The programme that is meant by its short name or by the name of the disease in any language. Nothing typed means
/// the only one there is.
pub(crate) fn meant<'a>(programmes: &'a [Programme], typed: &str) -> Option<&'a Programme> {
    let folded = |text: &str| fold_width(text).trim().to_lowercase();
    let wished = folded(typed);
    if wished.is_empty() {
        return match programmes {
            [only] => Some(only),
            _ => None,
        };
    }
    programmes.iter().find(|one| {
        folded(&one.id) == wished
            || Language::ALL
                .iter()
                .any(|language| folded(one.disease.in_language(language.tag())) == wished)
    })
}

/// A short name that stands in no text.
const NO_WORD: &str = "no-such-programme";

/// Whether a text of a file that can be read otherwise names its disease where it shows on a locked screen.
fn names_disease(text: &str) -> bool {
    wrong_text(text).is_some_and(|wrong| wrong.what == TextProblem::NamesDisease)
}

/// A short name as files and addresses bear it: lower-case letters, digits and hyphens, beginning with a letter.
fn read_id(typed: &str) -> Option<String> {
    let id = fold_width(typed)
        .trim()
        .to_lowercase()
        .replace([' ', '_'], "-");
    let is_good = id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.len() <= ID_LENGTH
        && id
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    is_good.then_some(id)
}

impl StaffDesk {
    /// The programmes of the own place, those that are closed to new cases too.
    pub async fn programmes(&self) -> Result<Vec<Programme>, Error> {
        self.app.programmes(self.place).await
    }

    /// Whether more than one disease is followed at the own place.
    pub fn follows_several(&self) -> bool {
        let set = self.app.inner.rules.book().programmes(Some(self.place));
        let for_all = self.app.inner.questionnaires.programmes();
        let first = set.first();
        for_all.iter().chain(&set).any(|id| Some(id) != first)
    }

    /// The programmes in which the own center registers cases; empty where there is no choice to make.
    pub async fn programmes_to_choose(&self) -> Result<Vec<Programme>, Error> {
        let open = self.app.open_programmes(self.own_center()?).await?;
        Ok(if open.len() > 1 { open } else { Vec::new() })
    }

    /// The name of a programme's disease in a language.
    pub fn disease(&self, programme: &str, language: &str) -> String {
        let disease = self.app.disease(programme, Some(self.place));
        match disease.in_language(language) {
            "" => programme.to_owned(),
            name => name.to_owned(),
        }
    }

    /// Opens a programme to new cases at the own place, or closes it. Cases that stand are followed all the same.
    /// Tells whether there is such a programme, and one left that takes new cases.
    pub async fn open_programme(&self, id: &str, is_open: bool) -> Result<bool, Error> {
        self.needs(Right::ManageCenter)?;
        let all = self.programmes().await?;
        let left = all.iter().any(|one| one.is_open && one.id != id);
        if all.iter().all(|one| one.id != id) || !(is_open || left) {
            return Ok(false);
        }
        let word = if is_open { "opened" } else { "closed" };
        let (entry, id) = (format!("{id} {word}"), id.to_owned());
        self.set_of_programmes(CLOSED, entry, move |set: &mut Closed| {
            set.closed.retain(|other| *other != id);
            if !is_open {
                set.closed.push(id.clone());
            }
            // Somebody else may have closed another one meanwhile.
            is_open || all.iter().any(|one| !set.closed.contains(&one.id))
        })
        .await
    }

    /// Whether written requests to a member name article 44-3 of the Infectious Diseases Act: where the center that follows the
    /// member says that it applies to the disease.
    pub async fn requests_name_article(&self, member: &Member) -> Result<bool, Error> {
        let place = JurisdictionId::from_uuid(member.center.id.uuid());
        let now = self.app.clock.now();
        let set = self
            .app
            .db()
            .read(move |tx| set_at::<ByArticle>(tx, (place, BY_ARTICLE), now))
            .await?;
        Ok(set.applies_to(&member.programme))
    }

    /// Says whether article 44-3 of the Infectious Diseases Act applies to a programme's disease. Requests that were issued stay
    /// as they are. Tells whether there is such a programme.
    pub async fn name_article(&self, id: &str, applies: bool) -> Result<bool, Error> {
        self.needs(Right::ManageCenter)?;
        if self.programmes().await?.iter().all(|one| one.id != id) {
            return Ok(false);
        }
        let word = if applies { "applies" } else { "does not apply" };
        let (entry, id) = (format!("{id} article 44-3 {word}"), id.to_owned());
        self.set_of_programmes(BY_ARTICLE, entry, move |set: &mut ByArticle| {
            set.applies.insert(id.clone(), applies);
            true
        })
        .await
    }

    /// Changes what the own place has set about programmes, from now on. `change` tells whether it may be; else nothing is.
    async fn set_of_programmes<S>(
        &self,
        name: &'static str,
        entry: String,
        change: impl Fn(&mut S) -> bool + Send + 'static,
    ) -> Result<bool, Error>
    where
        S: DeserializeOwned + Serialize + Default + 'static,
    {
        let (place, now) = (self.place, self.app.clock.now());
        let entry = with(self.did("center.rules", None), entry);
        let (keys, by) = (self.app.keys().clone(), self.staff);
        Ok(self
            .app
            .db()
            .write(move |tx| {
                // What somebody else has changed a moment ago is a part of what is changed.
                let now = from_now(tx, place, name, now)?;
                let mut set: S = set_at(tx, (place, name), now)?;
                if !change(&mut set) {
                    return Ok(false);
                }
                let value = serde_json::to_value(&set)
                    .map_err(|e| storage::Error::Broken(e.to_string()))?;
                let row = PlaceSettingRow {
                    valid_from: now,
                    value,
                    set_by: Some(by),
                    set_at: now,
                    set_by_name: None,
                };
                settings::put(tx, place, name, &row)?;
                audit::note(tx, &keys, &entry)?;
                Ok(true)
            })
            .await?)
    }

    /// Begins a programme at the own place: the questionnaire, rules and texts of another one, under a new name. Each
    /// is changed afterwards as every rule is.
    pub async fn begin_programme(&self, typed: &TypedProgramme) -> Result<BeginProgramme, Error> {
        self.needs(Right::SetRules)?;
        let today = self.rules_today().await?;
        let all = self.programmes().await?;
        let mut problems = Vec::new();
        let id = read_id(&typed.id);
        if id.is_none() {
            problems.push("id");
        }
        let disease: Vec<(&'static str, String)> = Language::ALL
            .iter()
            .zip(&typed.disease)
            .map(|(language, name)| (language.tag(), clean_note(name)))
            .collect();
        for ((_, name), field) in disease.iter().zip(DISEASE_FIELDS) {
            let length = name.chars().count();
            if length == 0 || length > DISEASE_LENGTH || name.contains('\n') {
                problems.push(field);
            }
        }
        let like = all.iter().find(|one| one.id == typed.like);
        if like.is_none() {
            problems.push("like");
        }
        let day: Option<Date> = domain::dates::parse_day(&typed.valid_from)
            .ok()
            .filter(|day| *day >= today);
        if day.is_none() {
            problems.push("valid_from");
        }
        let why: String = clean_note(&typed.why).chars().take(500).collect();
        if why.is_empty() {
            problems.push("why");
        }
        let (Some(id), Some(like), Some(day), true) = (id, like, day, problems.is_empty()) else {
            return Ok(BeginProgramme::Problems(problems));
        };
        // A short name of another center would give its people this one's rules.
        let named = id.clone();
        let is_used = self
            .app
            .db()
            .read(move |tx| storage::rules::programme_is_used(tx, &named))
            .await?;
        let stands = self.app.inner.rules.book().knows(&id) || all.iter().any(|one| one.id == id);
        if stands || is_used {
            return Ok(BeginProgramme::Stands);
        }
        let book = self.app.inner.rules.book();
        let mut files: Vec<RuleFile> = Vec::new();
        for kind in RuleKind::ALL {
            let Some(holds) = book.effective(kind, &like.id, Some(self.place), day) else {
                continue;
            };
            let begins = |id: &str, disease: &[(&str, String)]| {
                begun_as(kind, &holds.file.text, (id, disease), day)
                    .map_err(|told| Error::broken(format!("a rule cannot be copied: {told}")))
            };
            let text = begins(&id, &disease)?;
            if kind == RuleKind::Messages && names_disease(&text) {
                // Which of the words it is, is found by each alone.
                let mut said = Vec::new();
                if names_disease(&begins(&id, &[])?) {
                    said.push("id");
                }
                for (name, field) in disease.iter().zip(DISEASE_FIELDS) {
                    if names_disease(&begins(NO_WORD, std::slice::from_ref(name))?) {
                        said.push(field);
                    }
                }
                return Ok(BeginProgramme::Said(said));
            }
            files.push(
                domain::rules::read_one(kind, &text)
                    .map_err(|told| Error::broken(format!("a copied rule is wrong: {told}")))?,
            );
        }
        let entry = with(self.did("center.rules", None), format!("{id} begun"));
        self.app
            .add_rules(&files, (Some(self.place), why, Some(self.staff)), entry)
            .await?;
        Ok(BeginProgramme::Begun(id))
    }
}

/// The fields of the disease's names, in the order of [`Language::ALL`].
pub const DISEASE_FIELDS: [&str; Language::ALL.len()] = ["disease_ja", "disease_en"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_made_of_what_was_typed_or_refused() {
        assert_eq!(read_id(" Measles 2027 "), Some("measles-2027".to_owned()));
        assert_eq!(read_id("Ｈ５Ｎ１"), Some("h5n1".to_owned()));
        for wrong in ["", "5n1", "はしか", "a/b", &"a".repeat(41)] {
            assert_eq!(read_id(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_fields_are_in_the_order_of_the_languages() {
        for (language, field) in Language::ALL.iter().zip(DISEASE_FIELDS) {
            assert_eq!(field, format!("disease_{}", language.tag()));
        }
    }
}
