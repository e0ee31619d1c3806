//! Setting a rule for the own place from the console. What the operator's files do, and how rules are taken back, is beside it.

use crate::audit::{self, with};
use crate::monitoring::CONDITIONS;
use crate::programme::PROGRAMME;
use crate::{App, Error, StaffDesk};
use domain::ids::{JurisdictionId, StaffId};
use domain::message_texts::{TextError, wrong_text};
use domain::questionnaire::{Silenced, Unreachable, mark, unreachable_thresholds};
use domain::rules::{Content, FileError, RuleFile, RuleKind, What, check_meant, dated, read_one};
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::civil::Date;
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

pub(super) fn cleaned(why: &str) -> String {
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
                if let Err(error) = self.app.network().fits_networks(&center, texts) {
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
