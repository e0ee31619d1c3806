//! How it goes with whoever may be in a file already: who looks at it decides by that whether a row is the same illness.

use super::{AlikeRow, Lines, SHOWN};
use crate::family::Member;
use crate::{Error, StaffDesk};
use domain::ids::CaseId;
use domain::staff_role::Right;
use std::collections::HashMap;
use storage::case_registration as rows;

/// The lines that are left out because somebody may stand, with the cases of those, the first ones: as they are kept.
pub(super) fn written(alike: &[AlikeRow], left_out: &Lines) -> serde_json::Value {
    let rows = alike.iter().filter(|row| left_out.has(row.line));
    let rows = rows.filter(|row| !row.stands.is_empty()).take(SHOWN);
    let rows = rows.map(|row| {
        let cases: Vec<String> = row.stands.iter().map(|one| one.case.to_string()).collect();
        (row.line, cases)
    });
    serde_json::json!(rows.collect::<Vec<_>>())
}

/// The same as it was written; nothing where a release before this one left the rows out.
pub(super) fn read(kept: &serde_json::Value) -> Vec<(u64, Vec<CaseId>)> {
    let rows = kept.as_array().into_iter().flatten();
    let row = |row: &serde_json::Value| {
        let cases = row.get(1)?.as_array()?.iter();
        let cases = cases.filter_map(|case| case.as_str()?.parse().ok());
        Some((row.get(0)?.as_u64()?, cases.collect()))
    };
    rows.filter_map(row).collect()
}

impl StaffDesk {
    /// Those of some cases that are in reach, as members. Whoever may not list persons is told of nobody.
    pub async fn who_stands(&self, cases: Vec<CaseId>) -> Result<HashMap<CaseId, Member>, Error> {
        if !self.may(Right::SeePersons) {
            return Ok(HashMap::new());
        }
        let scope = self.scope();
        let found = self
            .app
            .db()
            .read(move |tx| {
                let found = cases.iter().map(|case| rows::find(tx, &scope, *case));
                found.collect::<Result<Vec<_>, _>>()
            })
            .await?;
        let mut members = HashMap::new();
        for row in found.into_iter().flatten() {
            let member = self.view(row).await?.member;
            members.insert(member.case, member);
        }
        self.looked_at("case.found", members.keys().copied())
            .await?;
        Ok(members)
    }
}
