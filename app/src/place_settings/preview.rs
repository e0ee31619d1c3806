//! What other settings would change at this moment, before they are set. Nothing here writes.

use super::{Following, following};
use crate::worklist::silent_since;
use crate::{Error, StaffDesk};
use domain::staff_role::Right;
use jiff::SignedDuration;
use storage::worklist::{LookedAfterBy, Wish, count};
use storage::{Error as StorageError, Tx, alerts, transfer};

/// What a setting decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Who counts as not heard of.
    Silent,
    /// Alerts that have waited long enough to be told to the center's staff.
    ToldToCenter,
    /// Alerts that have waited long enough to be told to the prefecture.
    ToldToPrefecture,
    /// Alerts that somebody took long enough ago to be told again.
    TakenTooLong,
    /// Offers that are overdue.
    OffersOverdue,
}

/// How many there are at this moment by the settings that hold, and by the new ones.
pub type Difference = (Effect, i64, i64);

impl StaffDesk {
    /// What settings would make of this moment.
    pub async fn preview_following(&self, new: Following) -> Result<Vec<Difference>, Error> {
        self.needs(Right::ManageCenter)?;
        let center = self.health_center().await?;
        let now = self.app.clock.now();
        let id = center.id;
        Ok(self
            .app
            .db()
            .read(move |tx| {
                let old = following(tx, id, now)?;
                let ago = |minutes: i64| now - SignedDuration::from_mins(minutes);
                let silent = |tx: &mut Tx<'_>, by: &Following| -> Result<i64, StorageError> {
                    let wish = Wish {
                        center: id,
                        by: LookedAfterBy::Anybody,
                        programme: String::new(),
                        limit: 0,
                        offset: 0,
                    };
                    let day = silent_since(by.deadline, &center.time_zone, now);
                    count(
                        tx,
                        crate::worklist::silent(day, &center.time_zone),
                        &wish,
                        storage::worklist::COUNT_LIMIT,
                    )
                };
                let mut all = vec![(Effect::Silent, silent(tx, &old)?, silent(tx, &new)?)];
                let mut add = |effect, one: i64, other: i64| all.push((effect, one, other));
                let mut waiting = |minutes| alerts::count_waiting(tx, id, ago(minutes));
                let center_told = (
                    waiting(old.tell_center_after)?,
                    waiting(new.tell_center_after)?,
                );
                let prefecture_told = (
                    waiting(old.tell_prefecture_after)?,
                    waiting(new.tell_prefecture_after)?,
                );
                add(Effect::ToldToCenter, center_told.0, center_told.1);
                add(
                    Effect::ToldToPrefecture,
                    prefecture_told.0,
                    prefecture_told.1,
                );
                add(
                    Effect::TakenTooLong,
                    alerts::count_taken(tx, id, ago(old.tell_taken_after))?,
                    alerts::count_taken(tx, id, ago(new.tell_taken_after))?,
                );
                add(
                    Effect::OffersOverdue,
                    transfer::count_offered(tx, id, ago(old.transfer_due_after))?,
                    transfer::count_offered(tx, id, ago(new.transfer_due_after))?,
                );
                Ok(all)
            })
            .await?)
    }
}
