//! Which center received a report, and which has read it: whoever was handed over to another center must not be told that it
//! has seen what only the one before saw.

use super::Report;
use crate::health_center::HealthCenter;
use crate::{App, Error};
use domain::ids::HealthCenterId;
use jiff::Timestamp;
use std::sync::Arc;

impl Report {
    /// When somebody first read it for a center, the one that follows the person now.
    pub fn read_at(&self, center: HealthCenterId) -> Option<Timestamp> {
        match self.opened_for {
            Some(other) if other != center => self.opened_again_at,
            _ => self.opened_at,
        }
    }

    /// The center at which it was read while nobody has read it at the one that follows the person now, and when.
    pub fn read_before(&self, center: HealthCenterId) -> Option<(HealthCenterId, Timestamp)> {
        let before = self.opened_for.zip(self.opened_at);
        before.filter(|_| self.read_at(center).is_none())
    }

    /// The centers that it names.
    pub(crate) fn centers(&self) -> impl Iterator<Item = HealthCenterId> + use<> {
        [self.received_by, self.opened_for].into_iter().flatten()
    }
}

/// The centers that have followed somebody, as far as reports name them.
#[derive(Clone)]
pub struct Followers {
    now: Arc<HealthCenter>,
    before: Vec<Arc<HealthCenter>>,
}

impl Followers {
    /// The center that a report names; where it names none, the one that follows the person now. `None`: that center is
    /// no more.
    pub fn of(&self, id: Option<HealthCenterId>) -> Option<&HealthCenter> {
        let all = std::iter::once(&self.now).chain(&self.before);
        match id {
            None => Some(&*self.now),
            Some(id) => all.map(|center| &**center).find(|center| center.id == id),
        }
    }
}

impl App {
    /// The centers that reports name, beside the one that follows the person now.
    pub(crate) async fn followers(
        &self,
        now: &Arc<HealthCenter>,
        ids: impl Iterator<Item = HealthCenterId>,
    ) -> Result<Followers, Error> {
        let mut followers = Followers {
            now: now.clone(),
            before: Vec::new(),
        };
        for id in ids {
            if followers.of(Some(id)).is_none()
                && let Some(center) = self.center_if_any(id).await?
            {
                followers.before.push(center);
            }
        }
        Ok(followers)
    }
}
