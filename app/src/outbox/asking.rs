//! What became of short messages that went: asked for at the gateway, a few at once, so that what bounces of a message to many is on
//! the worklist within minutes.

use super::carrying::{LEASE, LOOK, LOOK_AWAY};
use crate::sms::{Told, next_at};
use crate::trace;
use crate::{Error, SystemDesk};
use std::collections::VecDeque;
use storage::outbox::{self as rows, Asked, Queue};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How many messages are asked for at once. A message is asked for more than once, so more than are sent at once.
const ASKED_AT_ONCE: usize = 8;
/// How many are taken: the last of them begins long before the lease is over, however long the gateway's client waits for the others.
const TAKEN: i64 = 16;

impl SystemDesk {
    pub(super) async fn ask_again_and_again(&self) {
        let mut taken = VecDeque::new();
        // Dropped with this function, it takes what is under way with it.
        let mut flying = JoinSet::new();
        // What was taken and not asked for is asked for when the lease is over.
        while !self.outbox().is_stopping() {
            self.begin_asking(&mut taken, &mut flying);
            let mut pause = LOOK;
            if taken.is_empty() && flying.len() < ASKED_AT_ONCE {
                match self.take_receipts().await {
                    Ok(more) if more.is_empty() => {}
                    Ok(more) => {
                        taken = more;
                        continue;
                    }
                    Err(error) => {
                        tracing::error!(%error, "what became of messages cannot be asked for");
                        pause = LOOK_AWAY;
                    }
                }
            }
            tokio::select! {
                Some(ended) = flying.join_next() => match ended {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => {
                        tracing::error!(%error, "what became of a message cannot be written down");
                    }
                    Err(_) => tracing::error!("asking for a message panicked; it is asked for again"),
                },
                () = sleep(pause) => {}
            }
        }
        // What is answered is written down.
        while flying.join_next().await.is_some() {}
    }

    /// Asks what became of messages that are out, once for each that is due; tells how many were asked for.
    pub async fn ask_for_receipts(&self) -> Result<usize, Error> {
        let mut taken = self.take_receipts().await?;
        let all = taken.len();
        let mut flying = JoinSet::new();
        self.begin_asking(&mut taken, &mut flying);
        while let Some(ended) = flying.join_next().await {
            ended.map_err(|_| Error::broken("asking for a message panicked"))??;
            self.begin_asking(&mut taken, &mut flying);
        }
        Ok(all)
    }

    async fn take_receipts(&self) -> Result<VecDeque<Asked>, Error> {
        let (outbox, now) = (self.outbox(), self.app.clock.now());
        if !outbox.sms.is_there() {
            // Another process may have the gateway that knows.
            return Ok(VecDeque::new());
        }
        let next = outbox.db.read(rows::next_receipt).await?;
        if next.is_none_or(|next| next > now) {
            return Ok(VecDeque::new());
        }
        let taken = outbox
            .db
            .write(move |tx| rows::take_receipts(tx, TAKEN, now, now + LEASE));
        Ok(taken.await?.into())
    }

    fn begin_asking(&self, taken: &mut VecDeque<Asked>, flying: &mut JoinSet<Result<(), Error>>) {
        while flying.len() < ASKED_AT_ONCE
            && let Some(one) = taken.pop_front()
        {
            let desk = self.clone();
            flying.spawn(async move { desk.ask_for(one).await });
        }
    }

    async fn ask_for(&self, one: Asked) -> Result<(), Error> {
        let (outbox, id) = (self.outbox(), one.id);
        let asked = outbox.sms.ask(id, &one.name);
        let told = trace::message("sms ask").around(asked).await;
        let now = self.app.clock.now();
        let fate = match told {
            Told::Delivered => {
                let db = &outbox.db;
                db.write(move |tx| rows::delivered(tx, id, now)).await?;
                "delivered"
            }
            Told::Failed { because } => {
                tracing::warn!(id = %id, %because, "not delivered");
                let because = because.to_string();
                outbox
                    .db
                    .write(move |tx| rows::undelivered(tx, id, now, &because))
                    .await?;
                "undelivered"
            }
            Told::NotYet => {
                let next = next_at(one.sent_at, one.tries, now);
                outbox
                    .db
                    .write(move |tx| rows::ask_again(tx, id, next))
                    .await?;
                return Ok(());
            }
        };
        metrics::counter!("hersys_messages_total", "kind" => Queue::Sms.name(), "fate" => fate)
            .increment(1);
        Ok(())
    }
}
