//! What is told of together: alerts, and notifications that are told like them. A few of one kind at a center are told of one
//! by one; of many, one message tells.

use crate::App;
use crate::place_settings::Following;
use domain::ids::HealthCenterId;
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// So many of one kind at a center are told of one by one; more of them in one message.
const SEVERAL: usize = 3;
/// What is due so soon is told of along with many others, but not within a sixth of the time between two tellings. Without
/// that, a crowd of which one came after the other would be told of in as many messages.
pub(crate) const SOON: SignedDuration = SignedDuration::from_mins(5);
const SIXTH: i32 = 6;

/// How long ahead something may be told of along with others that is told of every so many minutes.
pub(crate) fn ahead(minutes_between: i64) -> SignedDuration {
    SOON.min(SignedDuration::from_mins(minutes_between.max(0)) / SIXTH)
}

/// What each message tells of, of all of one kind at a center that is due or will be soon: nothing before any of it is due, and
/// of no more than `most`.
pub(crate) fn in_messages<T: Clone>(
    kind: Vec<T>,
    is_due: impl Fn(&T) -> bool,
    most: usize,
) -> Vec<Vec<T>> {
    match kind.iter().any(&is_due) {
        false => Vec::new(),
        true if kind.len() > SEVERAL => kind.chunks(most).map(<[_]>::to_vec).collect(),
        true => kind
            .into_iter()
            .filter(is_due)
            .map(|one| vec![one])
            .collect(),
    }
}

/// What centers have set, each read once in a look.
#[derive(Default)]
pub(crate) struct Settings(BTreeMap<HealthCenterId, Option<Following>>);

impl Settings {
    /// What a center has set; none where that cannot be read, which keeps no other center from being told.
    pub(crate) async fn of(&mut self, app: &App, center: HealthCenterId) -> Option<Following> {
        if let Entry::Vacant(unread) = self.0.entry(center) {
            let read = app.following(center).await;
            let read = read.inspect_err(
                |error| tracing::error!(%error, "what waits at a center cannot be passed on"),
            );
            unread.insert(read.ok());
        }
        self.0.get(&center).copied().flatten()
    }
}
