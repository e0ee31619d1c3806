//! Sharing out: many people of a list are given to a colleague at once. Each is assigned as on the page of one person, by
//! whoever may do that there, and each record has its line about it.

use crate::audit::{self, with};
use crate::monitoring::WorkItem;
use crate::{Error, StaffDesk};
use domain::ids::{CaseId, HealthCenterId, StaffId};
use domain::staff_role::Right;
use storage::case_registration as cases;
use storage::monitoring as rows;

/// Somebody who was chosen in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The case.
    pub case: CaseId,
    /// Who looked after them when they were chosen.
    pub seen: Option<StaffId>,
}

/// What came of sharing out.
#[derive(Clone, Debug, Default)]
pub struct SharedOut {
    /// How many are looked after as was wished.
    pub given: i64,
    /// Whom somebody else has assigned since they were chosen, as they stand now; nothing was done with them.
    pub left: Vec<WorkItem>,
    /// How many are not among the people of the center: another one follows them, or their record is part of another one.
    pub gone: i64,
}

/// Whether it could be shared out at all.
#[derive(Clone, Debug)]
pub enum ShareOut {
    /// It was.
    SharedOut(SharedOut),
    /// Whoever was to get them is not in the center's team; nothing was done.
    NotInTheTeam,
    /// There is no such center.
    NoSuchCenter,
}

impl StaffDesk {
    /// Gives people of a center's list to one of its team, all in one transaction. `to`: the id of whoever is to look after
    /// them; empty: nobody in particular. Whom somebody else has assigned meanwhile is left to them.
    pub async fn share_out(
        &self,
        center: Option<HealthCenterId>,
        chosen: &[Chosen],
        to: &str,
    ) -> Result<ShareOut, Error> {
        self.needs(Right::Follow)?;
        let Some(center) = self.listed_center(center).await? else {
            return Ok(ShareOut::NoSuchCenter);
        };
        let id = center.id;
        let Ok(to) = self.assignee(to, id).await? else {
            return Ok(ShareOut::NotInTheTeam);
        };
        let mut chosen = chosen.to_vec();
        chosen.sort_by_key(|one| one.case);
        chosen.dedup_by_key(|one| one.case);
        let (scope, now) = (self.scope(), self.app.clock.now());
        let (keys, entry) = (self.app.keys().clone(), self.did("case.followed", None));
        let (given, left, gone) = self
            .app
            .db()
            .write(move |tx| {
                // Whoever decides about one of them this very moment is waited for: what is compared is what is changed.
                rows::hold_all(tx, chosen.iter().map(|one| one.case).collect())?;
                let (mut given, mut left, mut gone) = (0, Vec::new(), 0);
                for &Chosen { case, seen } in &chosen {
                    let found = cases::find(tx, &scope, case)?
                        .filter(|row| row.center == id && row.merged_into.is_none());
                    let (Some(_), Some(stands)) = (found, rows::find(tx, case)?) else {
                        gone += 1;
                        continue;
                    };
                    let is_so = stands.assigned_to == to;
                    if !is_so && stands.assigned_to != seen {
                        left.push(case);
                        continue;
                    }
                    given += 1;
                    if !is_so {
                        rows::assign(tx, case, to, now)?;
                        let mut entry = with(entry.clone(), stands.status);
                        entry.case = Some(case);
                        audit::note(tx, &keys, &entry)?;
                    }
                }
                Ok((given, left, gone))
            })
            .await?;
        Ok(ShareOut::SharedOut(SharedOut {
            given,
            left: self.chosen(id, left).await?,
            gone,
        }))
    }

    /// Those of a center whom somebody has chosen in its list, as they stand now; whoever is not there any more is left out.
    pub async fn chosen(
        &self,
        center: HealthCenterId,
        chosen: Vec<CaseId>,
    ) -> Result<Vec<WorkItem>, Error> {
        self.needs(Right::Follow)?;
        if chosen.is_empty() {
            return Ok(Vec::new());
        }
        let (scope, sees_health) = (self.scope(), self.may(Right::SeeHealth));
        let found = self
            .app
            .db()
            .read(move |tx| {
                let mut found = Vec::new();
                for &case in &chosen {
                    let row = cases::find(tx, &scope, case)?;
                    if row.is_some_and(|row| row.center == center && row.merged_into.is_none()) {
                        found.extend(rows::row(tx, case)?);
                    }
                }
                Ok(found)
            })
            .await?;
        let shown: Vec<CaseId> = found.iter().map(|work| work.monitoring.case).collect();
        self.looked_at("case.listed", shown).await?;
        let born_by = self.app.today();
        found
            .into_iter()
            .map(|work| WorkItem::read(&self.app, work, born_by, sees_health))
            .collect()
    }
}
