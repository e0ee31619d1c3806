//! Choices of columns that a place keeps under a name: the daily list, the list for the ministry.

use super::Column;
use crate::audit::{self, with};
use crate::place_settings::from_now;
use crate::{Error, StaffDesk};
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use storage::Tx;
use storage::place_settings::{self, PlaceSettingRow};

const NAME: &str = "line_list_choices";

/// The longest name, in characters.
const LONGEST: usize = 40;

/// The most choices of a place.
const MOST: usize = 30;

/// Columns that are chosen together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What they are called.
    pub name: String,
    /// The columns, without those that the reader may not choose.
    pub columns: Vec<Column>,
}

/// What came of keeping a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepChoice {
    /// It is kept.
    Kept,
    /// Other columns are kept under that name, and stay: whoever keeps it has not said that they are to be replaced.
    Taken,
    /// A name is missing, or too long.
    Name,
    /// No column was chosen.
    NoColumn,
    /// There are too many.
    TooMany,
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    choices: Vec<KeptChoice>,
}

#[derive(Serialize, Deserialize)]
struct KeptChoice {
    name: String,
    columns: Vec<String>,
}

fn kept(tx: &mut Tx<'_>, desk: &StaffDesk, at: Timestamp) -> Result<Kept, storage::Error> {
    match place_settings::effective(tx, desk.place, NAME, at)? {
        Some(value) => serde_json::from_value(value)
            .map_err(|e| storage::Error::Broken(format!("place_settings.{NAME}: {e}"))),
        None => Ok(Kept::default()),
    }
}

impl StaffDesk {
    /// The choices of the own place, by their names.
    pub async fn column_choices(&self) -> Result<Vec<Choice>, Error> {
        self.needs(Right::Export)?;
        let desk = self.clone();
        let now = self.app.clock.now();
        let kept = self.app.db().read(move |tx| kept(tx, &desk, now)).await?;
        let may = self.columns();
        let mut choices: Vec<Choice> = kept
            .choices
            .into_iter()
            .map(|one| Choice {
                name: one.name,
                columns: one
                    .columns
                    .iter()
                    .filter_map(|word| Column::parse(word))
                    .filter(|column| may.contains(column))
                    .collect(),
            })
            .collect();
        choices.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(choices)
    }

    /// Keeps columns under a name for everybody at the own place who exports. `replacing`: the name under which what is
    /// kept is meant to be replaced.
    pub async fn keep_column_choice(
        &self,
        name: &str,
        columns: &[Column],
        replacing: Option<&str>,
    ) -> Result<KeepChoice, Error> {
        self.needs(Right::Export)?;
        let name = clean_note(name);
        if name.is_empty() || name.contains('\n') || name.chars().count() > LONGEST {
            return Ok(KeepChoice::Name);
        }
        let words: Vec<String> = self
            .columns()
            .iter()
            .filter(|column| columns.contains(column))
            .map(|column| column.word().to_owned())
            .collect();
        if words.is_empty() {
            return Ok(KeepChoice::NoColumn);
        }
        let replaces = replacing == Some(name.as_str());
        self.change_choices(name, Some((words, replaces))).await
    }

    /// Drops a choice of the own place.
    pub async fn drop_column_choice(&self, name: &str) -> Result<(), Error> {
        self.needs(Right::Export)?;
        self.change_choices(name.to_owned(), None).await?;
        Ok(())
    }

    async fn change_choices(
        &self,
        name: String,
        columns: Option<(Vec<String>, bool)>,
    ) -> Result<KeepChoice, Error> {
        let desk = self.clone();
        let entry = with(self.did("center.settings", None), NAME);
        let now = self.app.clock.now();
        Ok(self
            .app
            .db()
            .write(move |tx| {
                // What somebody else has kept a moment ago stays.
                let now = from_now(tx, desk.place, NAME, now)?;
                let mut all = kept(tx, &desk, now)?;
                let stands = all.choices.iter().find(|one| one.name == name);
                if let (Some(stands), Some((columns, false))) = (stands, &columns) {
                    return Ok(if stands.columns == *columns {
                        KeepChoice::Kept
                    } else {
                        KeepChoice::Taken
                    });
                }
                all.choices.retain(|one| one.name != name);
                if let Some((columns, _)) = columns.clone() {
                    if all.choices.len() >= MOST {
                        return Ok(KeepChoice::TooMany);
                    }
                    all.choices.push(KeptChoice {
                        name: name.clone(),
                        columns,
                    });
                }
                let row = PlaceSettingRow {
                    valid_from: now,
                    value: serde_json::to_value(&all)
                        .map_err(|e| storage::Error::Broken(e.to_string()))?,
                    set_by: Some(desk.staff),
                    set_at: now,
                    set_by_name: None,
                };
                // One of the same moment is a part of it.
                place_settings::put(tx, desk.place, NAME, &row)?;
                audit::note(tx, desk.app.keys(), &entry)?;
                Ok(KeepChoice::Kept)
            })
            .await?)
    }
}
