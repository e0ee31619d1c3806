//! Setting a rule: for the own center from the console, for all by the operator's files.

use super::Book;
use crate::audit::{self, with};
use crate::monitoring::CONDITIONS;
use crate::programme::PROGRAMME;
use crate::{App, Error, StaffDesk, SystemDesk};
use domain::ids::{JurisdictionId, StaffId};
use domain::language::Language;
use domain::message_texts::{TextError, wrong_text};
use domain::questionnaire::{Silenced, Unreachable, mark, unreachable_thresholds};
use domain::rules::{
    Content, FileError, RuleFile, RuleKind, What, check_meant, dated, kind_of, read, read_one,
};
use domain::staff_role::Right;
use domain::status_report::clean_note;
use i18n::words;
use jiff::civil::Date;
use std::sync::Arc;
use storage::rules::{self as rows, RuleRow};
use uuid::Uuid;

/// The longest reason, in characters.
const WHY_LENGTH: usize = 500;

/// The largest file, in bytes: a page or two of text.
const LARGEST: usize = 256 * 1024;

/// What somebody typed to change a rule.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// The programme; empty for that of the release.
    pub programme: String,
    /// The file.
    pub text: String,
    /// The first day, `YYYY-MM-DD`.
    pub valid_from: String,
    /// Why.
    pub why: String,
    /// The [`mark`] of what alarms no more, where that was asked back and is meant; else empty.
    pub silences: String,
}

impl Typed {
    /// The programme that is meant.
    pub fn programme(&self) -> &str {
        if self.programme.is_empty() {
            PROGRAMME
        } else {
            &self.programme
        }
    }
}

/// What is wrong with a change of a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// The field cannot be meant, or lacks something.
    Nothing,
    /// What is wrong with the file, and where.
    File(FileError),
    /// A text that cannot be used.
    Text(TextError),
    /// A threshold that no possible number tells from none.
    Unreachable(Unreachable),
    /// What would alarm no more; asked back.
    Silenced(Vec<Silenced>),
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Told::Nothing => Ok(()),
            Told::File(error) => error.fmt(f),
            Told::Text(error) => error.fmt(f),
            Told::Unreachable(one) => {
                let name = if one.is_temperature {
                    "temperature"
                } else {
                    "spo2"
                };
                let (low, high) = one.possible;
                write!(
                    f,
                    "{name}: the threshold {} must be possible: from {low} to {high}",
                    one.value
                )
            }
            Told::Silenced(_) => f.write_str("something would alarm no more"),
        }
    }
}

/// What came of changing a rule.
#[derive(Clone, Debug)]
pub enum ChangeRule {
    /// It is set.
    Saved,
    /// It says what holds from its first day on anyway, from this day; nothing is set.
    Same(Date),
    /// What is wrong, by the names of the fields.
    Problems(Vec<(&'static str, Told)>),
}

/// What came of taking a rule back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Withdraw {
    /// It is taken back, or ends today.
    Done,
    /// There is no such rule of the own center.
    NoSuchRule,
    /// A reason is missing.
    NoReason,
}

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

fn cleaned(why: &str) -> String {
    clean_note(why).chars().take(WHY_LENGTH).collect()
}

impl App {
    pub(crate) async fn add_rules(
        &self,
        files: &[RuleFile],
        (place, why, by): (Option<JurisdictionId>, String, Option<StaffId>),
        entry: storage::audit::AuditEntry,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let questionnaires: Vec<_> = files
            .iter()
            .filter_map(|file| match &file.content {
                Content::Questionnaire(q) => Some(q.clone()),
                _ => None,
            })
            .collect();
        // A questionnaire stands before a rule points at it; one that no rule points at does nothing.
        self.inner
            .questionnaires
            .keep(&questionnaires, false, now)
            .await?;
        let new: Vec<RuleRow> = files
            .iter()
            .map(|file| RuleRow {
                id: self.new_uuid(),
                kind: file.kind.word().to_owned(),
                programme: file.programme.clone(),
                place,
                valid_from: file.valid_from,
                content: Some(file.text.clone()),
                withdraws: None,
                why: why.clone(),
                set_by: by,
                set_at: now,
                set_by_name: None,
            })
            .collect();
        let keys = self.keys().clone();
        self.db()
            .write(move |tx| {
                let set_at = rows::moment_of(tx, place, now)?;
                for row in &new {
                    let row = RuleRow {
                        set_at,
                        ..row.clone()
                    };
                    rows::add(tx, &row)?;
                }
                audit::note(tx, &keys, &entry)
            })
            .await?;
        self.reload_rules().await
    }
}

/// Reads what was typed, with the chosen day written into it.
pub(super) fn understand(
    kind: RuleKind,
    typed: &Typed,
    today: Date,
) -> Result<RuleFile, Vec<(&'static str, Told)>> {
    let mut problems = Vec::new();
    let day = domain::dates::parse_day(&typed.valid_from)
        .ok()
        .filter(|day| *day >= today);
    if day.is_none() {
        problems.push(("valid_from", Told::Nothing));
    }
    let file = if typed.text.len() > LARGEST {
        Err(What::TooLarge {}.into())
    } else {
        // Read as it was typed, so that lines are told as they stand in the field.
        read_one(kind, &typed.text).and_then(|file| match day {
            Some(day) => read_one(kind, &dated(kind, &typed.text, day)?),
            None => Ok(file),
        })
    };
    match file {
        Ok(file) if file.programme != typed.programme() => {
            let programme = typed.programme().to_owned();
            let error = FileError::from(What::OtherProgramme { programme });
            problems.push(("text", Told::File(error)));
            Err(problems)
        }
        Ok(file) => {
            if let Content::Questionnaire(questionnaire) = &file.content {
                let out = unreachable_thresholds(questionnaire);
                problems.extend(out.into_iter().map(|one| ("text", Told::Unreachable(one))));
            }
            if let Err(error) = check_meant(&file, &CONDITIONS) {
                problems.push(("text", Told::File(error)));
            }
            if problems.is_empty() {
                Ok(file)
            } else {
                Err(problems)
            }
        }
        Err(error) => {
            let wrong = (kind == RuleKind::Messages)
                .then(|| wrong_text(&typed.text))
                .flatten();
            problems.push(("text", wrong.map_or(Told::File(error), Told::Text)));
            Err(problems)
        }
    }
}

impl StaffDesk {
    /// Reads a change without making it.
    pub async fn look_at_rule(
        &self,
        kind: RuleKind,
        typed: &Typed,
    ) -> Result<Result<RuleFile, Vec<(&'static str, Told)>>, Error> {
        self.needs(Right::SetRules)?;
        let looked = understand(kind, typed, self.rules_today().await?);
        if let Ok(RuleFile {
            content: Content::Messages(texts),
            ..
        }) = &looked
        {
            // Each center writes its own name and number into them.
            for center in self.centers().await? {
                if let Err(error) = self.app.fits_networks(&center, texts) {
                    return Ok(Err(vec![("text", Told::Text(error))]));
                }
            }
        }
        Ok(looked)
    }

    /// Whether a new rule says what holds on its first day without it, whoever set that.
    async fn holds_already(&self, new: &RuleFile) -> Result<bool, Error> {
        let holds = self
            .rule_on(new.kind, &new.programme, new.valid_from)
            .await?;
        let Some(holds) = holds else {
            return Ok(false);
        };
        // The first day is a part of what a file says; it is no difference.
        let stands = dated(new.kind, &holds.file.text, new.valid_from)
            .and_then(|text| read_one(new.kind, &text));
        Ok(stands.is_ok_and(|stands| stands.content == new.content))
    }

    /// What keeps a change from being made; [`ChangeRule::Saved`] where nothing does.
    pub async fn would_be_wrong(&self, kind: RuleKind, typed: &Typed) -> Result<ChangeRule, Error> {
        let looked = self.look_at_rule(kind, typed).await?;
        if let Ok(file) = &looked
            && self.holds_already(file).await?
        {
            return Ok(ChangeRule::Same(file.valid_from));
        }
        let mut problems = looked.err().unwrap_or_default();
        if cleaned(&typed.why).is_empty() {
            problems.push(("why", Told::Nothing));
        }
        Ok(if problems.is_empty() {
            ChangeRule::Saved
        } else {
            ChangeRule::Problems(problems)
        })
    }

    /// Sets a rule for the own center from today or a later day on. What was decided stays decided.
    pub async fn change_rule(&self, kind: RuleKind, typed: &Typed) -> Result<ChangeRule, Error> {
        let looked = self.look_at_rule(kind, typed).await?;
        if let Ok(file) = &looked
            && self.holds_already(file).await?
        {
            return Ok(ChangeRule::Same(file.valid_from));
        }
        let why = cleaned(&typed.why);
        let file = match (looked, why.is_empty()) {
            (Ok(file), false) => file,
            (looked, is_empty) => {
                let mut problems = looked.err().unwrap_or_default();
                if is_empty {
                    problems.push(("why", Told::Nothing));
                }
                return Ok(ChangeRule::Problems(problems));
            }
        };
        let silenced = self.silenced_by(&file).await?;
        if !silenced.is_empty() && typed.silences != mark(&silenced) {
            let asked = vec![("silences", Told::Silenced(silenced))];
            return Ok(ChangeRule::Problems(asked));
        }
        let place = self.place;
        let entry = with(
            self.did("center.rules", None),
            format!("{} {}", kind.word(), file.valid_from),
        );
        self.app
            .add_rules(&[file], (Some(place), why, Some(self.staff)), entry)
            .await?;
        Ok(ChangeRule::Saved)
    }

    /// Takes a rule of the own center back: one that lies ahead never holds; in place of one that holds, that of the
    /// place above holds from today on.
    pub async fn withdraw_rule(&self, id: Uuid, why: &str) -> Result<Withdraw, Error> {
        self.needs(Right::SetRules)?;
        let place = self.place;
        let why = cleaned(why);
        if why.is_empty() {
            return Ok(Withdraw::NoReason);
        }
        let today = self.rules_today().await?;
        let book: Arc<Book> = self.app.inner.rules.book();
        let Some(kept) = book
            .kept
            .iter()
            .find(|kept| kept.row.id == id && kept.row.place == Some(place))
        else {
            return Ok(Withdraw::NoSuchRule);
        };
        let is_planned = kept.row.valid_from > today;
        let now = self.app.clock.now();
        let row = RuleRow {
            id: self.app.new_uuid(),
            valid_from: if is_planned {
                kept.row.valid_from
            } else {
                today
            },
            content: None,
            withdraws: is_planned.then_some(id),
            why,
            set_by: Some(self.staff),
            set_at: now,
            set_by_name: None,
            ..kept.row.clone()
        };
        let entry = with(
            self.did("center.rules", None),
            format!("{} withdrawn", row.kind),
        );
        let keys = self.app.keys().clone();
        self.app
            .db()
            .write(move |tx| {
                let row = RuleRow {
                    set_at: rows::moment_of(tx, Some(place), now)?,
                    ..row.clone()
                };
                rows::add(tx, &row)?;
                audit::note(tx, &keys, &entry)
            })
            .await?;
        self.app.reload_rules().await?;
        Ok(Withdraw::Done)
    }

    /// The text of a rule that the page lists.
    pub fn rule_text(&self, id: Uuid) -> Result<Option<(RuleKind, String)>, Error> {
        self.needs(Right::SetRules)?;
        let book = self.app.inner.rules.book();
        let mut places = vec![None, Some(self.place)];
        places.extend(book.above(self.place).into_iter().map(Some));
        Ok(book
            .all
            .iter()
            .find(|row| row.id == id && places.contains(&row.place))
            .and_then(|row| Some((RuleKind::parse(&row.kind)?, row.content.clone()?))))
    }
}

impl SystemDesk {
    /// Loads a file of rules for a place and all below it, or (without one) for all. Rules that stand already are left
    /// as they are. A new rule needs what the console asks for, too: a reason, a first day that is not past, for what was
    /// decided stays decided (of a programme without such rules nothing was), and where something would alarm no more, a
    /// word that this is meant.
    ///
    /// # Errors
    /// A sentence that names what is wrong with the file or the reason, or what would alarm no more; then nothing is loaded.
    pub async fn load_rules(
        &self,
        text: &str,
        (place, why): (Option<JurisdictionId>, &str),
        how: Loading,
    ) -> Result<Result<Loaded, String>, Error> {
        self.add_files(text, (place, why), how, true).await
    }

    /// Loads a file for all that the installation brings along with its settings, at its start: its rules may hold since
    /// long ago, and why they hold stands in the file.
    ///
    /// # Errors
    /// A sentence that names what is wrong with the file; then nothing is loaded.
    pub async fn begin_with_rules(&self, text: &str) -> Result<Result<Loaded, String>, Error> {
        let how = Loading::default();
        self.add_files(text, (None, ""), how, false).await
    }

    async fn add_files(
        &self,
        text: &str,
        (place, why): (Option<JurisdictionId>, &str),
        how: Loading,
        is_change: bool,
    ) -> Result<Result<Loaded, String>, Error> {
        let (kind, files) = match read_whole(text) {
            Ok(read) => read,
            Err(sentence) => return Ok(Err(sentence)),
        };
        self.app.fresh_rules().await?;
        let book = self.app.inner.rules.book();
        let count = files.len();
        let new: Vec<RuleFile> = files
            .into_iter()
            .filter(|file| {
                let of_day = |other: &RuleFile| {
                    (other.kind, &other.programme, other.valid_from)
                        == (file.kind, &file.programme, file.valid_from)
                };
                let stands = book
                    .kept
                    .iter()
                    .filter(|kept| kept.row.place == place)
                    .filter_map(|kept| kept.file.as_ref())
                    .rfind(|other| of_day(other))
                    .or_else(|| {
                        // For a place, the same rule as the release's is a wish of its own.
                        let mut of_release = book.shipped.iter().filter(|_| place.is_none());
                        of_release.find(|other| of_day(other))
                    });
                stands.is_none_or(|other| other.content != file.content)
            })
            .collect();
        // What stands already judges on as it did.
        for file in &new {
            if let Err(error) = check_meant(file, &CONDITIONS) {
                return Ok(Err(error.to_string()));
            }
        }
        if is_change && let Some(sentence) = refused(&book, &new, self.app.today()) {
            return Ok(Err(sentence));
        }
        // Nothing is written into a history where it is only looked at.
        if is_change && !how.only_look && !new.is_empty() && cleaned(why).is_empty() {
            return Ok(Err(
                "a new rule needs a reason (--why TEXT), which stands in its history".to_owned(),
            ));
        }
        if is_change
            && !how.silences
            && let Some(sentence) = self.would_silence(place, &new)
        {
            return Ok(Err(sentence));
        }
        let loaded = Loaded {
            kind,
            new: new.iter().map(|file| file.valid_from).collect(),
            stood: count - new.len(),
        };
        if !how.only_look && !new.is_empty() {
            let entry = audit::by_machine(self.app.clock.now(), "rules.loaded", None);
            self.app
                .add_rules(&new, (place, cleaned(why), None), entry)
                .await?;
        }
        Ok(Ok(loaded))
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

/// Whether an installation takes a file at its start; for whoever looks before that.
///
/// # Errors
/// A sentence that names what is wrong with the file.
pub fn check_rules(text: &str) -> Result<(), String> {
    read_whole(text).map(|_| ())
}
