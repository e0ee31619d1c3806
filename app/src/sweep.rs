//! Forgetting what has ended by itself: sessions, walks through codes, pages that were kept, messages sent long ago, what was
//! typed and became no registration, counts of tries. After a month of a nation these are millions of rows, and on the embedded database whoever reports waits behind each
//! transaction: so they go a piece at a time, found by their end, and others have the store between.

use crate::{Error, SystemDesk};
use jiff::{SignedDuration, Timestamp};
use std::time::Instant;
use storage::Tx;
use storage::outbox::Queue;

/// How many rows go in one transaction: some ten milliseconds of it.
const PIECE: u16 = 500;
/// How much longer than a piece took the store is left to others before the next.
const LEFT_TO_OTHERS: u32 = 3;
/// For how long messages are kept that were sent or given up.
const MESSAGES: SignedDuration = SignedDuration::from_hours(30 * 24);
/// For how long what somebody typed of a family member is kept that became no registration: a mistyped ID, a refusal after
/// which nobody came back. It may be about somebody else.
const DRAFTS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// For how long it is kept whom a release before has reminded.
const REMINDED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How far back messages are looked at that a process of a release before may have given up: a round and its length.
const BESIDE: SignedDuration = SignedDuration::from_hours(2);
/// For how long counts of tries are kept: the longest limit looks back thirty days.
const COUNTS: SignedDuration = SignedDuration::from_hours(24 * domain::retention::SHORTEST);

impl SystemDesk {
    /// Forgets what has ended by itself: sessions, walks through codes, pages that were kept, messages sent long ago.
    pub async fn sweep(&self) -> Result<(), Error> {
        let now: Timestamp = self.app.clock.now();
        let before = now - MESSAGES;
        self.in_pieces(move |tx, most| storage::session::sweep(tx, now, most))
            .await?;
        self.in_pieces(move |tx, most| storage::flow::sweep(tx, now, most))
            .await?;
        self.in_pieces(move |tx, most| storage::kept_page::sweep(tx, now, most))
            .await?;
        self.in_pieces(move |tx, most| storage::account::sweep_drafts(tx, now - DRAFTS, most))
            .await?;
        for queue in Queue::ALL {
            self.in_pieces(move |tx, most| storage::outbox::sweep_sent(tx, queue, before, most))
                .await?;
        }
        self.in_pieces(move |tx, most| storage::outbox::sweep_given_up(tx, before, most))
            .await?;
        self.sweep_accounts().await?;
        let with_others = !self.app.db().is_embedded();
        self.app
            .db()
            .write(move |tx| {
                storage::session::sweep_staff(tx, now)?;
                storage::reminders::sweep(tx, now - REMINDED)?;
                if with_others {
                    storage::outbox::mark_undelivered(tx, now - BESIDE)?;
                }
                Ok(())
            })
            .await?;
        self.app.sweep_imports().await
    }

    /// Forgets counts of tries that no limit looks at any more.
    pub(crate) async fn sweep_counts(&self) -> Result<(), Error> {
        let before = self.app.clock.now() - COUNTS;
        self.in_pieces(move |tx, most| storage::retention::sweep_attempts(tx, before, most))
            .await?;
        self.in_pieces(move |tx, most| storage::retention::sweep_hourly(tx, before, most))
            .await?;
        Ok(())
    }

    /// Takes piece after piece until one is not full.
    async fn in_pieces(
        &self,
        piece: impl Fn(&mut Tx<'_>, i64) -> Result<u64, storage::Error> + Copy + Send + 'static,
    ) -> Result<(), Error> {
        loop {
            let begun = Instant::now();
            let gone = self
                .app
                .db()
                .write(move |tx| piece(tx, i64::from(PIECE)))
                .await?;
            if gone < u64::from(PIECE) {
                return Ok(());
            }
            tokio::time::sleep(begun.elapsed() * LEFT_TO_OTHERS).await;
        }
    }
}
