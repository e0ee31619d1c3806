//! Whoever is looked for under a name or a number that only a record says that was merged into another one: it leads to the
//! record that was kept.

use super::CaseView;
use crate::{Error, StaffDesk};
use domain::ids::CaseId;
use storage::Tx;
use storage::case_registration::{self as rows, CaseRow, Scope};

/// A record that was found.
pub(super) struct Found {
    row: CaseRow,
    /// The one by whose words it was found, where that was merged into it.
    under: Option<CaseRow>,
}

impl Found {
    /// One that was found by its own words.
    pub(super) const fn itself(row: CaseRow) -> Found {
        Found { row, under: None }
    }

    /// Whether it was not registered in error.
    pub(super) const fn is_case(&self) -> bool {
        !self.row.is_in_error
    }
}

/// Where a record leads: to itself, or to the one into which it was merged, if that lies within a scope.
pub(super) fn leads_to(
    tx: &mut Tx<'_>,
    scope: &Scope,
    row: CaseRow,
) -> Result<Option<Found>, storage::Error> {
    let Some(kept) = row.merged_into else {
        return Ok(Some(Found::itself(row)));
    };
    let kept = rows::find(tx, scope, kept)?;
    Ok(kept.map(|kept| Found {
        row: kept,
        under: Some(row),
    }))
}

/// Where records lead, each once, in their order; what is found by its own words is not told to be found by another's.
pub(super) fn lead(
    tx: &mut Tx<'_>,
    scope: &Scope,
    rows: Vec<CaseRow>,
) -> Result<Vec<Found>, storage::Error> {
    let mut found: Vec<Found> = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(one) = leads_to(tx, scope, row)? else {
            continue;
        };
        match found.iter_mut().find(|known| known.row.id == one.row.id) {
            Some(known) if one.under.is_none() => known.under = None,
            Some(_) => {}
            None => found.push(one),
        }
    }
    Ok(found)
}

impl CaseView {
    /// The records that it shows.
    pub(super) fn records(&self) -> impl Iterator<Item = CaseId> {
        let under = self.found_under.as_ref().map(|under| under.member.case);
        std::iter::once(self.member.case).chain(under)
    }
}

impl StaffDesk {
    pub(super) async fn view_found(&self, found: Found) -> Result<CaseView, Error> {
        let mut view = self.view(found.row).await?;
        if let Some(under) = found.under {
            view.found_under = Some(Box::new(self.view(under).await?));
        }
        Ok(view)
    }
}
