//! All rules that were set anywhere, for the operator.

use crate::{Error, SystemDesk};
use jiff::civil::Date;
use std::collections::HashMap;
use storage::rules as rows;

impl SystemDesk {
    /// All rules that were set.
    pub async fn rule_list(&self) -> Result<Vec<SetRule>, Error> {
        let (all, places) = self
            .app
            .db()
            .read(|tx| {
                let all = rows::all(tx)?;
                let mut places = HashMap::new();
                for row in &all {
                    if let Some(id) = row.place
                        && let Some(place) = storage::jurisdiction::find(tx, id)?
                    {
                        places.insert(id, place.name);
                    }
                }
                Ok((all, places))
            })
            .await?;
        Ok(all
            .iter()
            .filter(|row| row.withdraws.is_none())
            .map(|row| SetRule {
                kind: row.kind.clone(),
                programme: row.programme.clone(),
                valid_from: row.valid_from,
                place: row
                    .place
                    .map(|id| places.get(&id).cloned().unwrap_or_default()),
                why: row.why.clone(),
                is_withdrawn: all.iter().any(|other| other.withdraws == Some(row.id)),
                is_end: row.content.is_none(),
            })
            .collect())
    }
}

/// A rule that somebody has set, for the operator.
#[derive(Clone, Debug)]
pub struct SetRule {
    /// The word of its kind.
    pub kind: String,
    /// The programme.
    pub programme: String,
    /// The first day.
    pub valid_from: Date,
    /// The place; none: for all.
    pub place: Option<String>,
    /// Why it was set.
    pub why: String,
    /// Whether it was taken back.
    pub is_withdrawn: bool,
    /// Whether it says that from this day on there is no rule of its own any more.
    pub is_end: bool,
}
