//! The outbox: messages that a committed transaction has promised to send. Nothing here decides whether to write to
//! somebody; use cases do.

mod asking;
mod carrying;
mod clocks;
mod lines;
mod mail;
mod reason;
mod sender;
mod smtp;

pub use lines::SmtpSender;
pub use mail::Mail;
pub(crate) use mail::Waits;
pub use reason::Reason;
pub(crate) use sender::write_new;
pub use sender::{Delivery, MailSender, Sent};

use crate::keys::Keys;
use crate::sms::SmsGateway;
use crate::{App, Error};
use domain::email_address::EmailAddress;
use domain::ids::MessageId;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;
use storage::outbox::{self as rows, Queue};
use storage::{Db, Tx};
use tokio::sync::Notify;

pub use storage::outbox::Counts;

/// A message that a transaction will promise.
#[derive(Clone)]
pub(crate) struct Promise {
    id: MessageId,
    kind: &'static str,
    sealed: Vec<u8>,
}

impl Promise {
    pub(crate) fn new(app: &App, kind: &'static str, sealed: Vec<u8>) -> Promise {
        Promise {
            id: MessageId::from_uuid(app.new_uuid()),
            kind,
            sealed,
        }
    }

    pub(crate) fn promise(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), storage::Error> {
        rows::insert(tx, self.id, self.kind, &self.sealed, now, None)
    }
}

/// The outbox of an installation.
#[derive(Clone)]
pub struct Outbox {
    db: Db,
    keys: Keys,
    sender: MailSender,
    sms: SmsGateway,
    from: EmailAddress,
    public_url: String,
    /// How many reminders are handed over at once.
    reminders_at_once: usize,
    /// When this process has said last that it has a gateway for short messages, in seconds since 1970; 0: never.
    marked_at: Arc<AtomicI64>,
    /// Whether no more is taken, and how many workers still have something in hand.
    stopping: Arc<AtomicBool>,
    in_hand: Arc<AtomicUsize>,
    /// One for each queue.
    wakes: Arc<[Notify; Queue::ALL.len()]>,
    /// When a mail last did not leave that had been tried before, in milliseconds since 1970; 0: one has left since.
    held_up: Arc<AtomicI64>,
}

/// For how long it is believed that mails leave late, once none was tried any more: longer than any wait between attempts.
const BELIEVED: SignedDuration = SignedDuration::from_mins(6);

impl Outbox {
    pub(crate) fn new(
        db: Db,
        keys: Keys,
        (sender, sms): (MailSender, SmsGateway),
        from: EmailAddress,
        public_url: String,
        reminders_at_once: usize,
    ) -> Outbox {
        Outbox {
            db,
            keys,
            sender,
            sms,
            from,
            public_url,
            reminders_at_once: reminders_at_once.max(1),
            marked_at: Arc::default(),
            stopping: Arc::default(),
            in_hand: Arc::default(),
            wakes: Arc::default(),
            held_up: Arc::default(),
        }
    }

    /// Whether mails of this process wait for the mail server: whoever waits for a code is told so. Nothing is read for it, and
    /// nobody learns of it to whom others write.
    pub fn mails_are_late(&self, now: Timestamp) -> bool {
        let at = self.held_up.load(Ordering::Relaxed);
        at != 0
            && now.as_millisecond() - at < i64::try_from(BELIEVED.as_millis()).unwrap_or(i64::MAX)
    }

    /// Something was promised: the workers need not wait for their next look.
    pub(crate) fn wake(&self) {
        for wake in self.wakes.iter() {
            wake.notify_one();
        }
    }

    /// Ends carrying messages: no more is taken, what is on its way arrives, and what was taken goes back. Gives up waiting
    /// after `patience`; what was cut off then goes out once more.
    pub async fn stop(&self, patience: Duration) {
        self.stopping.store(true, Ordering::Relaxed);
        self.wake();
        let ended = async {
            while self.in_hand.load(Ordering::Relaxed) > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(patience, ended).await.is_err() {
            tracing::warn!("messages are cut off on their way; they are sent again");
        }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Waits until something was promised.
    async fn wait(&self, queue: Queue) {
        self.wakes[queue as usize].notified().await;
    }

    /// What waits and what failed.
    pub async fn counts(&self) -> Result<Counts, Error> {
        Ok(self.db.read(rows::counts).await?)
    }

    /// The mails that landed in the folder of a development installation, newest first; `None` elsewhere.
    pub async fn landed(&self) -> Option<Vec<Sent>> {
        self.sender.landed().await
    }
}
