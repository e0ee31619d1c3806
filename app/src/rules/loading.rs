//! The operator's files of rules: loaded by a command for a place or for all, or brought along with the settings at a start.

use super::set::cleaned;
use super::{Book, Told};
use crate::audit;
use crate::monitoring::CONDITIONS;
use crate::{Error, SystemDesk};
use domain::ids::JurisdictionId;
use domain::language::Language;
use domain::questionnaire::unreachable_thresholds;
use domain::rules::{Content, RuleFile, RuleKind, check_meant, kind_of, read};
use domain::staff_role::JurisdictionKind;
use i18n::words;
use jiff::civil::Date;
use storage::rules::RuleRow;

/// How a file of the operator is loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Loading {
    /// Whether it is only told what would be new, and nothing is changed.
    pub only_look: bool,
    /// Whether it is meant that something alarms no more.
    pub silences: bool,
}

/// What a file of the operator would change, or has changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loaded {
    /// The kind.
    pub kind: RuleKind,
    /// The first days of rules that are new.
    pub new: Vec<Date>,
    /// How many stood already.
    pub stood: usize,
}

/// What a rule is of, and its first day: two files that have all of it in common are one rule.
pub type Which = (RuleKind, String, Date);

fn which(file: &RuleFile) -> Which {
    (file.kind, file.programme.clone(), file.valid_from)
}

impl SystemDesk {
    /// Loads a file of rules for a place and all below it, or (without one) for all. Rules that stand already are left
    /// as they are. A new rule needs what the console asks for, too: a reason, a first day that is not past, for what was
    /// decided stays decided (of a programme without such rules nothing was), texts that fit into a short message, and where
    /// something would alarm no more, a word that this is meant.
    ///
    /// # Errors
    /// A sentence that names what is wrong with the file, the place or the reason, or what would alarm no more; then nothing
    /// is loaded.
    pub async fn load_rules(
        &self,
        text: &str,
        (place, why): (Option<JurisdictionId>, &str),
        how: Loading,
    ) -> Result<Result<Loaded, String>, Error> {
        let (kind, files) = match read_whole(text) {
            Ok(read) => read,
            Err(sentence) => return Ok(Err(sentence)),
        };
        if let Some(place) = place
            && let Some(sentence) = self.follows_nobody(place).await?
        {
            return Ok(Err(sentence));
        }
        self.app.fresh_rules().await?;
        let book = self.app.inner.rules.book();
        let count = files.len();
        let is_new = |file: &RuleFile| !stands(&book, place, file);
        let new: Vec<RuleFile> = files.into_iter().filter(is_new).collect();
        if let Some(sentence) = not_meant(&new) {
            return Ok(Err(sentence));
        }
        if let Some(sentence) = refused(&book, &new, self.app.today()) {
            return Ok(Err(sentence));
        }
        for file in &new {
            if let Some(sentence) = self.does_not_fit(&book, place, file).await? {
                return Ok(Err(sentence));
            }
        }
        // Nothing is written into a history where it is only looked at.
        if !how.only_look && !new.is_empty() && cleaned(why).is_empty() {
            return Ok(Err(
                "a new rule needs a reason (--why TEXT), which stands in its history".to_owned(),
            ));
        }
        if !how.silences
            && let Some(sentence) = self.would_silence(place, &new)
        {
            return Ok(Err(sentence));
        }
        let loaded = loaded(kind, &new, count);
        if !how.only_look {
            self.add_files(new, (place, cleaned(why))).await?;
        }
        Ok(Ok(loaded))
    }

    /// Loads a file for all that the installation brings along with its settings, at its start: its rules may hold since
    /// long ago, and why they hold stands in the file. What was ever set for all stays as it was followed since: a process
    /// whose folder is older than what was loaded meanwhile does not bring it back.
    ///
    /// # Errors
    /// A sentence that names what is wrong with the file; then nothing is loaded.
    pub async fn begin_with_rules(&self, text: &str) -> Result<Result<Loaded, String>, Error> {
        let (kind, files) = match read_whole(text) {
            Ok(read) => read,
            Err(sentence) => return Ok(Err(sentence)),
        };
        self.app.fresh_rules().await?;
        let book = self.app.inner.rules.book();
        let count = files.len();
        let (old, new): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| was_said(&book, file));
        for file in old.iter().filter(|file| !stands(&book, None, file)) {
            tracing::warn!(
                kind = kind.word(),
                programme = file.programme,
                valid_from = %file.valid_from,
                "the folder has a rule that was ended, taken back or replaced by another one of its day since: it is not set \
                 again. If it is meant, give it a later valid_from"
            );
        }
        // A server does not stay away for a text: what is missing in one language is said in another one, as the releases before
        // did, and what does not fit in the words of the release.
        for file in &new {
            match check_meant(file, &CONDITIONS) {
                Ok(()) => {}
                Err(error) if error.is_of_words() => tracing::warn!(
                    "a questionnaire of the folder lacks words, and those of another language are shown then: {error}"
                ),
                Err(error) => return Ok(Err(error.to_string())),
            }
        }
        for file in &new {
            if let Some(sentence) = self.does_not_fit(&book, None, file).await? {
                tracing::warn!(
                    "a text of the folder is too long for a short message, and the words of the release are sent then: {sentence}"
                );
            }
        }
        let loaded = loaded(kind, &new, count);
        self.add_files(new, (None, String::new())).await?;
        Ok(Ok(loaded))
    }

    async fn add_files(
        &self,
        new: Vec<RuleFile>,
        (place, why): (Option<JurisdictionId>, String),
    ) -> Result<(), Error> {
        if new.is_empty() {
            return Ok(());
        }
        let entry = audit::by_machine(self.app.clock.now(), "rules.loaded", None);
        self.app.add_rules(&new, (place, why, None), entry).await
    }

    /// Why no rule of a place is ever asked for: rules are looked up from a center upward. None where one is.
    async fn follows_nobody(&self, place: JurisdictionId) -> Result<Option<String>, Error> {
        let found = self
            .app
            .db()
            .read(move |tx| {
                let Some(place) = storage::jurisdiction::find(tx, place)? else {
                    return Ok(None);
                };
                let above = match place.parent {
                    Some(above) => storage::jurisdiction::find(tx, above)?,
                    None => None,
                };
                Ok(Some((place, above)))
            })
            .await?;
        let Some((place, above)) = found else {
            return Ok(None);
        };
        let is_followed = place.kind != JurisdictionKind::MedicalInstitution.word();
        Ok((!is_followed).then(|| {
            let above = above.map_or_else(String::new, |above| format!(": {:?}", above.name));
            format!(
                "{:?} is a medical institution, which follows nobody; name the health center above it{above}",
                place.name
            )
        }))
    }

    /// The first short message of a file that is too long at a center that the file reaches, with its name and its number.
    async fn does_not_fit(
        &self,
        book: &Book,
        place: Option<JurisdictionId>,
        file: &RuleFile,
    ) -> Result<Option<String>, Error> {
        let Content::Messages(texts) = &file.content else {
            return Ok(None);
        };
        for center in self.app.health_centers().await? {
            let here = JurisdictionId::from_uuid(center.id.uuid());
            let is_reached =
                place.is_none_or(|place| place == here || book.above(here).contains(&place));
            if is_reached && let Err(error) = self.app.network().fits_networks(&center, texts) {
                return Ok(Some(format!("{error}, at {}", center.name)));
            }
        }
        Ok(None)
    }

    /// What would alarm no more by these rules, as a question to whoever has the file; none where all alarms stay.
    fn would_silence(&self, place: Option<JurisdictionId>, new: &[RuleFile]) -> Option<String> {
        let t = words(Language::En);
        let mut silenced: Vec<String> = Vec::new();
        for new in new {
            for one in self.app.silenced_by(place, new) {
                let said = self.app.silenced_words(t, &new.programme, &one);
                if !silenced.contains(&said) {
                    silenced.push(said);
                }
            }
        }
        (!silenced.is_empty()).then(|| {
            let lead = match new.iter().any(|file| file.kind == RuleKind::Course) {
                true => t.say("rule-quieter"),
                false => t.say("rule-silenced"),
            };
            let all = silenced.join("; ");
            format!("{lead}: {all}. If it is meant, add --silences")
        })
    }
}

fn loaded(kind: RuleKind, new: &[RuleFile], count: usize) -> Loaded {
    Loaded {
        kind,
        new: new.iter().map(|file| file.valid_from).collect(),
        stood: count - new.len(),
    }
}

/// Whether a rule of a place says what a file says, from the same day on: neither ended nor replaced on that day.
fn stands(book: &Book, place: Option<JurisdictionId>, file: &RuleFile) -> bool {
    let last = book.kept.iter().rfind(|kept| {
        let row = &kept.row;
        row.place == place
            && (row.kind.as_str(), &row.programme, row.valid_from)
                == (file.kind.word(), &file.programme, file.valid_from)
    });
    match last {
        Some(kept) => kept
            .file
            .as_ref()
            .is_some_and(|other| other.content == file.content),
        // For a place, the same rule as the release's is a wish of its own.
        None => place.is_none() && is_of_release(book, file),
    }
}

fn is_of_release(book: &Book, file: &RuleFile) -> bool {
    let mut of_release = book.shipped.iter();
    of_release.any(|other| which(other) == which(file) && other.content == file.content)
}

/// Whether a rule for all has ever said what a file says from the same day on, whatever became of it.
fn was_said(book: &Book, file: &RuleFile) -> bool {
    let says_the_same = |row: &RuleRow| {
        let text = row.content.as_deref();
        let other = text.and_then(|text| domain::rules::read_stored(file.kind, text).ok());
        other.is_some_and(|(other, _)| other.content == file.content)
    };
    book.all.iter().any(|row| {
        row.place.is_none()
            && (row.kind.as_str(), &row.programme, row.valid_from)
                == (file.kind.word(), &file.programme, file.valid_from)
            && says_the_same(row)
    }) || is_of_release(book, file)
}

/// What cannot be meant. What stands already is not asked: it judges on as it did.
fn not_meant(new: &[RuleFile]) -> Option<String> {
    let mut problems = new
        .iter()
        .filter_map(|file| check_meant(file, &CONDITIONS).err());
    problems.next().map(|error| error.to_string())
}

/// Why rules cannot be loaded as a change, in a sentence for whoever has the file.
fn refused(book: &Book, new: &[RuleFile], today: Date) -> Option<String> {
    let stand = |file: &RuleFile| {
        let kept = book.kept.iter().filter_map(|kept| kept.file.as_ref());
        kept.chain(book.shipped.iter())
            .any(|other| (other.kind, &other.programme) == (file.kind, &file.programme))
    };
    let past = new.iter().find(|f| f.valid_from < today && stand(f))?;
    Some(format!(
        "valid_from = {} is past, and what was decided since then stays decided; write {today} or a later day",
        past.valid_from
    ))
}

/// The rules of a file in which each of them can be meant.
fn read_whole(text: &str) -> Result<(RuleKind, Vec<RuleFile>), String> {
    let read = |kind| Ok((kind, read(kind, text)?));
    let (kind, files) = kind_of(text)
        .and_then(read)
        .map_err(|error| error.to_string())?;
    for file in &files {
        if let Content::Questionnaire(questionnaire) = &file.content
            && let Some(one) = unreachable_thresholds(questionnaire).first()
        {
            return Err(Told::Unreachable(*one).to_string());
        }
    }
    Ok((kind, files))
}

/// Whether an installation takes a file at its start, for whoever looks before that; tells which rules it holds.
///
/// # Errors
/// A sentence that names what is wrong with the file.
pub fn check_rules(text: &str) -> Result<Vec<Which>, String> {
    read_whole(text).map(|(_, files)| files.iter().map(which).collect())
}
