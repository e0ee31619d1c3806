//! The outbox: messages that a committed transaction has promised to send. Nothing here decides whether to write to
//! somebody; use cases do.

mod mail;
mod sender;

pub use mail::Mail;
pub(crate) use sender::write_new;
pub use sender::{Delivery, MailSender, Sent, SmtpSender};

use crate::clock::Clock;
use crate::keys::{CannotOpen, Keys};
use crate::sms::{Sms, SmsGateway, Told, next_at};
use crate::trace::{self, Number, Word};
use crate::{App, Error};
use domain::email_address::EmailAddress;
use domain::ids::MessageId;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use storage::outbox::{self as rows, Due};
use storage::{Db, Tx};
use tokio::sync::Notify;

pub use storage::outbox::Counts;

/// How many messages are taken at once.
const BATCH: i64 = 20;
/// How long a worker may hold a message before another one takes it.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// What sending one message may take; whoever has less left of the lease does not begin.
const ONE: SignedDuration = SignedDuration::from_secs(30);
/// How often a store that is away is told again that a message went out: otherwise it would go out once more.
const TELL_AGAIN: (usize, Duration) = (20, Duration::from_secs(3));
/// How many messages are asked for at once: each may take as long as the gateway's client waits, and codes wait behind.
const RECEIPTS: i64 = 5;
/// Waits between attempts in seconds; the last one repeats. Short at first, because somebody waits for a code.
const BACK_OFF: &[i64] = &[2, 5, 10, 20, 30, 60, 120, 300];
/// After this many attempts a message without an end of its own is given up: some four hours.
const ATTEMPTS: i32 = 54;

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

/// Who carries a message.
fn carrier(due: &Due) -> &'static str {
    if due.kind.starts_with("sms_") {
        "sms"
    } else {
        "mail"
    }
}

/// Counts what came of an attempt to send.
fn note(due: &Due, fate: &Delivery) {
    let kind = carrier(due);
    let fate = match fate {
        Delivery::Delivered => "sent",
        Delivery::TryAgain { .. } if due.attempts < ATTEMPTS => "again",
        Delivery::TryAgain { .. } | Delivery::GiveUp { .. } => "given_up",
    };
    metrics::counter!("hersys_messages_total", "kind" => kind, "fate" => fate).increment(1);
    let trace = trace::Trace::here();
    trace.word(Word::Fate, fate);
    trace.number(
        Number::Attempts,
        usize::try_from(due.attempts).unwrap_or_default(),
    );
}

/// The outbox of an installation.
#[derive(Clone)]
pub struct Outbox {
    db: Db,
    keys: Keys,
    sender: MailSender,
    sms: SmsGateway,
    from: EmailAddress,
    clock: Clock,
    public_url: String,
    wake: Arc<Notify>,
}

impl Outbox {
    pub(crate) fn new(
        db: Db,
        keys: Keys,
        (sender, sms): (MailSender, SmsGateway),
        from: EmailAddress,
        clock: Clock,
        public_url: String,
    ) -> Outbox {
        Outbox {
            db,
            keys,
            sender,
            sms,
            from,
            clock,
            public_url,
            wake: Arc::new(Notify::new()),
        }
    }

    /// Something was promised: the worker need not wait for its next look.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Sends for ever what is due; for a task of its own that is dropped at the end.
    pub async fn work(&self) {
        loop {
            if let Err(error) = self.ask_for_receipts().await {
                tracing::error!(%error, "what became of messages cannot be asked for");
            }
            match self.send_due().await {
                Ok(0) => {
                    // Another process may promise something too, so never sleep long.
                    let _ =
                        tokio::time::timeout(Duration::from_secs(1), self.wake.notified()).await;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read");
                    tokio::time::sleep(Duration::from_secs(5)).await;
                }
            }
        }
    }

    /// Sends what is due now, once; tells how many messages were taken.
    pub async fn send_due(&self) -> Result<usize, Error> {
        let now = self.clock.now();
        // A look costs a read; only what is due costs a write.
        let next = self.db.read(rows::next_due).await?;
        if next.is_none_or(|next| next > now) {
            return Ok(0);
        }
        let lease = now + LEASE;
        let due = self
            .db
            .write(move |tx| rows::take_due(tx, BATCH, now, lease))
            .await?;
        let taken = due.len();
        for message in due {
            if self.clock.now() + ONE > lease {
                tracing::warn!("the lease of messages is over; they are left to the next look");
                break;
            }
            let trace = match carrier(&message) {
                "sms" => trace::message("sms"),
                _ => trace::message("mail"),
            };
            trace.around(self.deliver(message)).await?;
        }
        Ok(taken)
    }

    /// Asks what became of messages that are out, once for each that is due; tells how many were asked for.
    pub async fn ask_for_receipts(&self) -> Result<usize, Error> {
        let now = self.clock.now();
        let next = self.db.read(rows::next_receipt).await?;
        if next.is_none_or(|next| next > now) {
            return Ok(0);
        }
        let lease = now + LEASE;
        let asked = self
            .db
            .write(move |tx| rows::take_receipts(tx, RECEIPTS, now, lease))
            .await?;
        let taken = asked.len();
        for one in asked {
            let (id, kind) = (one.id, "sms");
            let told = self.sms.ask(id, &one.name);
            let told = trace::message("sms ask").around(told).await;
            let now = self.clock.now();
            let fate = match told {
                Told::Delivered => {
                    self.db
                        .write(move |tx| rows::delivered(tx, id, now))
                        .await?;
                    "delivered"
                }
                Told::Failed { because } => {
                    tracing::warn!(message = %id, because, "not delivered");
                    self.db
                        .write(move |tx| rows::undelivered(tx, id, now, &because))
                        .await?;
                    "undelivered"
                }
                Told::NotYet => {
                    let next = next_at(one.sent_at, one.tries, now);
                    self.db
                        .write(move |tx| rows::ask_again(tx, id, next))
                        .await?;
                    continue;
                }
            };
            metrics::counter!("hersys_messages_total", "kind" => kind, "fate" => fate).increment(1);
        }
        Ok(taken)
    }

    /// What waits and what failed.
    pub async fn counts(&self) -> Result<Counts, Error> {
        Ok(self.db.read(rows::counts).await?)
    }

    /// The mails that landed in the folder of a development installation, newest first; `None` elsewhere.
    pub async fn landed(&self) -> Option<Vec<Sent>> {
        self.sender.landed().await
    }

    /// Whether the mail server can be reached; for `doctor`.
    pub async fn reaches_mail_server(&self) -> Result<(), String> {
        self.sender.reach().await
    }

    /// Hands a message to whoever carries its kind.
    async fn hand_over(&self, due: &Due) -> Result<(Delivery, Option<String>), CannotOpen> {
        if carrier(due) == "sms" {
            let sms = Sms::open(&self.keys, &due.message_sealed)?;
            let sent = self.sms.send(due.id, &sms);
            return Ok(trace::call("sms send").around(sent).await);
        }
        let mail = Mail::open(&self.keys, &due.message_sealed)?.with_link(&self.public_url);
        let sent = self.sender.send(due.id, &self.from, &mail);
        Ok((trace::call("mail send").around(sent).await, None))
    }

    async fn note_sent(
        &self,
        id: MessageId,
        now: Timestamp,
        receipt: Option<String>,
    ) -> Result<(), Error> {
        let (times, pause) = TELL_AGAIN;
        let receipt = receipt.zip(next_at(now, 0, now));
        let note = move |tx: &mut Tx<'_>| {
            let receipt = receipt.as_ref().map(|(name, at)| (name.as_str(), *at));
            rows::sent(tx, id, now, receipt)
        };
        for _ in 1..times {
            let noted = self.db.write_once(note.clone()).await;
            match noted.map_err(Error::from) {
                Err(error) if error.is_passing() => tokio::time::sleep(pause).await,
                noted => return noted,
            }
        }
        Ok(self.db.write_once(note).await?)
    }

    async fn deliver(&self, due: Due) -> Result<(), Error> {
        let (now, id) = (self.clock.now(), due.id);
        // Those before it in the batch may have taken a while; meanwhile somebody may have died.
        if !self.db.read(move |tx| rows::still_waits(tx, id)).await? {
            return Ok(());
        }
        let gives_up = |because: String| (Delivery::GiveUp { because }, None);
        let (fate, receipt) = if due.expires_at.is_some_and(|end| end <= now) {
            // A code that is over would only lead somebody astray.
            gives_up("it was over before it could be sent".to_owned())
        } else {
            self.hand_over(&due)
                .await
                .unwrap_or_else(|error| gives_up(error.to_string()))
        };
        let now = self.clock.now();
        note(&due, &fate);
        match fate {
            Delivery::Delivered => {
                tracing::info!(message = %id, kind = due.kind, attempts = due.attempts, "sent");
                self.note_sent(id, now, receipt).await?;
            }
            Delivery::TryAgain { because } if due.attempts < ATTEMPTS => {
                let step = usize::try_from(due.attempts - 1).unwrap_or(0);
                let wait = BACK_OFF[step.min(BACK_OFF.len() - 1)];
                let next = now + SignedDuration::from_secs(wait);
                tracing::warn!(message = %id, kind = due.kind, attempts = due.attempts, wait, because, "not sent yet");
                self.db
                    .write(move |tx| rows::try_again(tx, id, next, &because))
                    .await?;
            }
            Delivery::TryAgain { because } | Delivery::GiveUp { because } => {
                tracing::error!(message = %id, kind = due.kind, attempts = due.attempts, because, "given up");
                self.db
                    .write(move |tx| rows::give_up(tx, id, now, &because))
                    .await?;
            }
        }
        Ok(())
    }
}
