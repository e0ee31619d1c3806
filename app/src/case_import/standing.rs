//! How it goes with whoever may be in a file already: who looks at it decides by that whether a row is the same illness.

use super::{AlikeRow, Lines, SHOWN};
use crate::family::Member;
use crate::keys::Keys;
use crate::{Error, StaffDesk};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::CaseId;
use domain::personal::Personal;
use domain::staff_role::Right;
use std::collections::HashMap;
use storage::case_registration as rows;

/// The purpose under which names are sealed.
const SEALED_AS: &str = "import";

/// Why a line was left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// The line, counted from 1.
    pub line: u64,
    /// The first name on it; none where a release before this one left it out.
    pub name: Option<Personal<String>>,
    /// The cases that may be the same person's.
    pub cases: Vec<CaseId>,
    /// Those of them of another birthdate: it may be mistyped.
    pub born_otherwise: Vec<CaseId>,
    /// An earlier line of the file that may be, and whether the birthdate there is another one.
    pub same_as_line: Option<(u64, bool)>,
}

/// The lines that are left out, the first ones, with the cases of those who may stand or the line that is like it: as they are
/// kept. What releases before this one read comes first, in this order.
pub(super) fn written(keys: &Keys, alike: &[AlikeRow], left_out: &Lines) -> serde_json::Value {
    let of = |stands: bool| {
        let rows = alike.iter().filter(|row| left_out.has(row.line));
        rows.filter(move |row| row.stands.is_empty() != stands)
            .take(SHOWN)
    };
    // However often a file repeats itself, whoever stands is told.
    let mut rows: Vec<&AlikeRow> = of(true).chain(of(false)).collect();
    rows.sort_by_key(|row| row.line);
    let rows = rows.into_iter().map(|row| {
        let cases: Vec<String> = row.stands.iter().map(|one| one.case.to_string()).collect();
        let same_as = (row.same_as_line).map(|line| (line, row.is_born_otherwise_there));
        let born_otherwise = row.stands.iter().filter(|one| one.is_born_otherwise);
        let born_otherwise: Vec<String> = born_otherwise.map(|one| one.case.to_string()).collect();
        let name = keys.seal_text(SEALED_AS, row.name.expose());
        let name = URL_SAFE_NO_PAD.encode(name);
        (row.line, cases, same_as, name, born_otherwise)
    });
    serde_json::json!(rows.collect::<Vec<_>>())
}

/// The same as it was written; nothing where a release before this one left the rows out.
pub(super) fn read(keys: &Keys, kept: &serde_json::Value) -> Vec<LeftOut> {
    let rows = kept.as_array().into_iter().flatten();
    let name = |sealed: &serde_json::Value| {
        let sealed = URL_SAFE_NO_PAD.decode(sealed.as_str()?).ok()?;
        keys.open_text(SEALED_AS, &sealed).ok()
    };
    let cases = |of: &serde_json::Value| -> Option<Vec<CaseId>> {
        let all = of.as_array()?.iter();
        Some(all.filter_map(|case| case.as_str()?.parse().ok()).collect())
    };
    let row = |row: &serde_json::Value| {
        let same_as = row.get(2).and_then(|same_as| {
            let is_born_otherwise = same_as.get(1)?.as_bool()?;
            Some((same_as.get(0)?.as_u64()?, is_born_otherwise))
        });
        Some(LeftOut {
            line: row.get(0)?.as_u64()?,
            name: row.get(3).and_then(name),
            cases: cases(row.get(1)?)?,
            born_otherwise: row.get(4).and_then(cases).unwrap_or_default(),
            same_as_line: same_as,
        })
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

#[cfg(test)]
mod tests {
    use super::read;
    use crate::keys::{Keys, MasterKey};

    #[test]
    fn what_a_release_before_this_one_kept_is_read() {
        let case = "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c21";
        let kept = serde_json::json!([[2, [case]], [3, [], [2, true]], [4, [case], null]]);
        let read = read(&Keys::new(&MasterKey::generate()), &kept);
        assert!(read.iter().all(|row| row.name.is_none()));
        let told: Vec<_> = (read.iter())
            .map(|row| (row.line, row.cases.len(), row.same_as_line))
            .collect();
        assert_eq!(told, [(2, 1, None), (3, 0, Some((2, true))), (4, 1, None)]);
    }
}
