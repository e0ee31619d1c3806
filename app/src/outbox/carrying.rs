//! How promised messages leave the house: a few of each queue at once, and no queue behind another, so that a code goes
//! out while a million reminders wait, and while the SMS gateway says nothing.

use super::sender::TAKE;
use super::{Delivery, Mail, Outbox, Reason};
use crate::sms::{Sms, carried, next_at};
use crate::trace::{self, Number, Word};
use crate::{Error, SystemDesk};
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use storage::Tx;
use storage::outbox::{self as rows, Due, Queue};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How many mails for which somebody waits are handed over at once.
const MAILS_AT_ONCE: usize = 4;
/// How many messages by SMS are handed over at once.
const SMS_AT_ONCE: usize = 4;
/// How long a worker may hold a message before another one takes it.
pub(super) const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// What sending one message may take, with what it takes to write it down; whoever has less left of the lease does not begin.
const ONE: SignedDuration = SignedDuration::from_secs(TAKE.as_secs().cast_signed() + 5);
/// How long a worker that has nothing to do waits at most: another process may promise something too.
pub(super) const LOOK: Duration = Duration::from_secs(1);
/// The same where the store is away.
pub(super) const LOOK_AWAY: Duration = Duration::from_secs(5);
/// How often a store that is away is told again that a message went out: otherwise it would go out once more.
const TELL_AGAIN: (usize, Duration) = (20, Duration::from_secs(3));
/// What waits for longer than this was put off by a clock that was ahead: far more than the longest wait between attempts.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);
/// Waits between attempts in seconds; the last one repeats. Short at first, because somebody waits for a code.
const BACK_OFF: &[i64] = &[2, 5, 10, 20, 30, 60, 120, 300];
/// From this attempt on a mail that does not leave is one that is late.
const HELD_UP: i32 = 3;
/// After this many attempts a message without an end of its own is given up: some four hours.
pub(super) const ATTEMPTS: i32 = 54;

/// Messages that were taken.
type Taken = VecDeque<Due>;

/// What is known after an attempt: its fate, and the name under which the gateway tells more.
type Handed = (Delivery, Option<String>);

fn gives_up(because: Reason) -> Handed {
    (Delivery::GiveUp { because }, None)
}

/// Counts what came of an attempt to send.
fn note(due: &Due, fate: &Delivery) {
    let queue = Queue::of(&due.kind).name();
    let fate = match fate {
        Delivery::Delivered => "sent",
        Delivery::TryAgain { .. } if due.attempts < ATTEMPTS => "again",
        Delivery::TryAgain { .. } | Delivery::GiveUp { .. } => "given_up",
    };
    metrics::counter!("hersys_messages_total", "kind" => queue, "fate" => fate).increment(1);
    let trace = trace::Trace::here();
    trace.word(Word::Fate, fate);
    trace.number(
        Number::Attempts,
        usize::try_from(due.attempts).unwrap_or_default(),
    );
}

/// Whether the gateway has said no to a message, so that it cannot have taken it by that attempt.
fn is_no(because: &Reason) -> bool {
    matches!(because, Reason::SmsAnswered(told) if !told.starts_with('5'))
}

/// Whether the gateway may have taken a message before without our hearing so: it was tried, and was not told no.
fn may_be_there(due: &Due) -> bool {
    let last = due.last_problem.as_deref().and_then(Reason::read);
    due.attempts > 1 && last.is_none_or(|last| !is_no(&last))
}

/// What is kept of an attempt that failed. A no to this one says nothing of those before: by what is kept of one of which nobody
/// knows, the next attempt is told that the gateway may have the message.
fn kept_of(due: &Due, because: &Reason) -> String {
    match (may_be_there(due) && is_no(because), &due.last_problem) {
        (false, _) => because.to_string(),
        (true, Some(unknown)) => unknown.clone(),
        // The process ended in the middle of that attempt.
        (true, None) => Reason::SmsAway.to_string(),
    }
}

/// A worker that has, or may have, something in hand.
struct InHand(Arc<AtomicUsize>);

impl InHand {
    fn begin(outbox: &Outbox) -> InHand {
        outbox.in_hand.fetch_add(1, Ordering::Relaxed);
        InHand(outbox.in_hand.clone())
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl SystemDesk {
    /// Sends for ever what is due, and asks what became of what went; for a task of its own that is dropped at the end.
    pub async fn carry_messages(&self) {
        tokio::join!(
            self.carry(Queue::Mail),
            self.carry(Queue::Sms),
            self.carry(Queue::Reminders),
            self.ask_again_and_again()
        );
    }

    /// Lets messages go out that a clock which was ahead for a moment has put off. Tells how many.
    pub async fn bring_messages_back(&self) -> Result<u64, Error> {
        let (outbox, now) = (self.outbox(), self.app.clock.now());
        let back = outbox
            .db
            .write(move |tx| rows::bring_back(tx, now + LONGEST, now))
            .await?;
        if back > 0 {
            outbox.wake();
        }
        Ok(back)
    }

    /// Sends what is due now, once; tells how many messages were taken.
    pub async fn send_due(&self) -> Result<usize, Error> {
        let mut all = 0;
        for queue in Queue::ALL {
            let mut taken = self.take(queue).await?;
            all += taken.len();
            let mut flying = JoinSet::new();
            self.begin(queue, &mut taken, &mut flying);
            while let Some(ended) = flying.join_next().await {
                ended.map_err(|_| Error::broken("sending a message panicked"))??;
                self.begin(queue, &mut taken, &mut flying);
            }
        }
        Ok(all)
    }

    async fn carry(&self, queue: Queue) {
        let mut taken = Taken::new();
        // Dropped with this function, it takes what is under way with it.
        let mut flying = JoinSet::new();
        let _in_hand = InHand::begin(self.outbox());
        loop {
            if self.outbox().is_stopping() {
                self.give_back(taken).await;
                while flying.join_next().await.is_some() {}
                return;
            }
            self.begin(queue, &mut taken, &mut flying);
            let mut pause = LOOK;
            if taken.is_empty() && flying.len() < self.at_once(queue) {
                match self.take(queue).await {
                    Ok(more) if more.is_empty() => {}
                    Ok(more) => {
                        taken = more;
                        continue;
                    }
                    Err(error) => {
                        tracing::error!(%error, queue = queue.name(), "the outbox cannot be read");
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
                    Err(_) => tracing::error!("sending a message panicked; it is tried again"),
                },
                () = self.outbox().wait(queue) => {}
                () = sleep(pause) => {}
            }
        }
    }

    async fn give_back(&self, taken: Taken) {
        let now = self.app.clock.now();
        for due in taken {
            let given = self
                .outbox()
                .db
                .write(move |tx| rows::give_back(tx, due.id, due.lease, now));
            if given.await.is_err() {
                // Its lease ends by itself.
                return;
            }
        }
    }

    pub(super) fn outbox(&self) -> &Outbox {
        self.app.outbox()
    }

    fn at_once(&self, queue: Queue) -> usize {
        match queue {
            Queue::Mail => MAILS_AT_ONCE,
            Queue::Sms => SMS_AT_ONCE,
            Queue::Reminders => self.outbox().reminders_at_once,
        }
    }

    /// Begins to send as many of those that were taken as may be under way at once.
    fn begin(&self, queue: Queue, taken: &mut Taken, flying: &mut JoinSet<Result<(), Error>>) {
        while flying.len() < self.at_once(queue)
            && let Some(due) = taken.pop_front()
        {
            if self.app.clock.now() + ONE > due.lease {
                tracing::warn!(
                    "the lease of messages is nearly over; they are left to the next look"
                );
                taken.push_front(due);
                let (desk, rest) = (self.clone(), std::mem::take(taken));
                flying.spawn(async move {
                    desk.give_back(rest).await;
                    Ok(())
                });
                break;
            }
            let desk = self.clone();
            flying.spawn(async move {
                let trace = match queue {
                    Queue::Sms => trace::message("sms"),
                    Queue::Mail | Queue::Reminders => trace::message("mail"),
                };
                trace.around(desk.deliver(due)).await
            });
        }
    }

    /// Takes what is due of a queue.
    async fn take(&self, queue: Queue) -> Result<Taken, Error> {
        let (db, now) = (&self.outbox().db, self.app.clock.now());
        if queue == Queue::Sms && self.outbox().sms.is_there() {
            self.mark_carried(now).await?;
        }
        let is_anothers = queue == Queue::Sms && !self.outbox().sms.is_there();
        let since = if is_anothers {
            now - carried::COUNTS
        } else {
            now
        };
        // A look costs a read; only what is due costs a write.
        let next = db.read(move |tx| rows::next_due(tx, queue)).await?;
        if next.is_none_or(|next| next > since) {
            return Ok(Taken::new());
        }
        // Only what no process can send is given up by one that cannot.
        if is_anothers && db.read(move |tx| carried::is_carried(tx, now)).await? {
            return Ok(Taken::new());
        }
        let lease = now + LEASE;
        // No more than can soon be begun: what is held here, no other process sends.
        let most = i64::try_from(2 * self.at_once(queue)).unwrap_or(i64::MAX);
        let due = db
            .write(move |tx| rows::take_due(tx, queue, most, (since, lease)))
            .await?;
        Ok(due.into())
    }

    /// Lets the other processes know that this one has a gateway for short messages.
    async fn mark_carried(&self, now: Timestamp) -> Result<(), Error> {
        let outbox = self.outbox();
        let marked = outbox.marked_at.load(Ordering::Relaxed);
        if (now.as_second() - marked).abs() < carried::MARK_EVERY.as_secs() {
            return Ok(());
        }
        outbox.db.write(move |tx| carried::mark(tx, now)).await?;
        outbox.marked_at.store(now.as_second(), Ordering::Relaxed);
        Ok(())
    }

    /// Hands a message to whoever carries its kind; `None` where nobody needs it any more.
    async fn hand_over(&self, due: &Due) -> Result<Option<Handed>, Error> {
        let outbox = self.outbox();
        let mail = match (&due.message_sealed, Queue::of(&due.kind)) {
            (None, Queue::Reminders) => match self.app.written_reminder(due.id).await {
                Ok(Some(mail)) => Ok(mail),
                Ok(None) => return Ok(None),
                Err(error) if error.is_passing() => return Err(error),
                Err(error) => Err(error),
            },
            (None, _) => return Ok(Some(gives_up(Reason::Gone))),
            (Some(sealed), Queue::Sms) => match Sms::open(&outbox.keys, sealed) {
                Ok(sms) => {
                    let sent = outbox.sms.send(due.id, &sms, may_be_there(due));
                    return Ok(Some(trace::call("sms send").around(sent).await));
                }
                Err(error) => Err(error.into()),
            },
            (Some(sealed), _) => Mail::open(&outbox.keys, sealed).map_err(Error::from),
        };
        Ok(Some(match mail {
            Ok(mail) => {
                let mail = mail.with_link(&outbox.public_url);
                let sent = outbox.sender.send(due.id, &outbox.from, &mail);
                (trace::call("mail send").around(sent).await, None)
            }
            Err(error) => {
                tracing::error!(id = %due.id, %error, "what a message says cannot be read");
                gives_up(Reason::Unreadable)
            }
        }))
    }

    async fn note_sent(
        &self,
        due: &Due,
        now: Timestamp,
        receipt: Option<String>,
    ) -> Result<(), Error> {
        let (id, is_purge) = (due.id, due.kind == rows::PURGE_AHEAD);
        let (times, pause) = TELL_AGAIN;
        let db = &self.outbox().db;
        let receipt = receipt.zip(next_at(now, 0, now));
        let note = move |tx: &mut Tx<'_>| {
            let receipt = receipt.as_ref().map(|(name, at)| (name.as_str(), *at));
            rows::sent(tx, id, now, receipt)?;
            if is_purge {
                storage::retention::mail_left(tx, id, now)?;
            }
            Ok(())
        };
        for _ in 1..times {
            let noted = db.write_once(note.clone()).await;
            match noted.map_err(Error::from) {
                Err(error) if error.is_passing() => sleep(pause).await,
                noted => return noted,
            }
        }
        Ok(db.write_once(note).await?)
    }

    /// Notes whether mails leave. One that was tried once or twice has met a server that was busy for a moment.
    fn note_held_up(&self, due: &Due, fate: &Delivery, now: Timestamp) {
        let queue = Queue::of(&due.kind);
        let held_up = match fate {
            Delivery::Delivered if queue != Queue::Sms => 0,
            // A server that answers may have meant this mailbox alone.
            Delivery::TryAgain { because, means }
                if queue == Queue::Mail
                    && due.attempts >= HELD_UP
                    && (means.is_some()
                        || matches!(because, Reason::MailAway | Reason::MailSilent)) =>
            {
                now.as_millisecond()
            }
            _ => return,
        };
        self.outbox().held_up.store(held_up, Ordering::Relaxed);
    }

    async fn deliver(&self, due: Due) -> Result<(), Error> {
        let (db, clock) = (&self.outbox().db, &self.app.clock);
        let (now, id, lease) = (clock.now(), due.id, due.lease);
        // Those before it may have taken a while; meanwhile somebody may have died.
        if !db.read(move |tx| rows::still_waits(tx, id, lease)).await? {
            return Ok(());
        }
        let handed = if due.expires_at.is_some_and(|end| end <= now) {
            // A code that is over would only lead somebody astray.
            Some(gives_up(Reason::Late))
        } else {
            self.hand_over(&due).await?
        };
        let now = clock.now();
        let Some((fate, receipt)) = handed else {
            return Ok(db.write(move |tx| rows::withdraw(tx, id, now)).await?);
        };
        note(&due, &fate);
        self.note_held_up(&due, &fate, now);
        match fate {
            Delivery::Delivered => {
                tracing::info!(id = %id, kind = due.kind, attempts = due.attempts, "sent");
                self.note_sent(&due, now, receipt).await?;
            }
            Delivery::TryAgain { because, means } if due.attempts < ATTEMPTS => {
                let step = usize::try_from(due.attempts - 1).unwrap_or(0);
                let wait = BACK_OFF[step.min(BACK_OFF.len() - 1)];
                let next = now + SignedDuration::from_secs(wait);
                tracing::warn!(id = %id, kind = due.kind, attempts = due.attempts, wait, %because, means, "not sent yet");
                let kept = kept_of(&due, &because);
                db.write(move |tx| rows::try_again(tx, id, (lease, next), &kept))
                    .await?;
            }
            Delivery::TryAgain { because, .. } | Delivery::GiveUp { because } => {
                tracing::error!(id = %id, kind = due.kind, attempts = due.attempts, %because, "given up");
                db.write(move |tx| rows::give_up(tx, id, now, &because.to_string()))
                    .await?;
            }
        }
        Ok(())
    }
}
