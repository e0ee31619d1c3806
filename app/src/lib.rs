//! What can be done: one use case, one transaction. Who may is a type: use cases are methods of a desk, and a desk
//! can only be had by proving who one is.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod account;
pub mod alerts;
pub mod attributes;
pub mod audit;
pub mod audit_heads;
pub mod brochure;
pub mod call_back;
pub mod case_import;
pub mod case_in_error;
pub mod case_registration;
pub mod certificate;
pub mod client;
pub mod clock;
pub mod close_contacts;
pub mod closed_history;
pub mod code;
pub mod contact_log;
pub mod correction;
pub mod course;
pub mod demo;
pub mod email_change;
pub mod family;
pub mod figures;
pub mod first_steps;
mod hashing;
pub mod health_center;
pub mod hersys_id;
pub mod history;
pub mod in_error;
pub mod invitation;
mod isolation_days;
pub mod jurisdiction;
pub mod keep;
pub mod kept_form;
pub mod kept_page;
mod kept_phone;
pub mod keys;
mod known_browser;
pub mod last_backups;
pub mod leader;
pub mod line_list;
mod lock_out;
pub mod merge;
pub mod message_texts;
pub mod monitoring;
mod name_keys;
pub mod notification;
pub mod now_and_then;
mod opening;
pub mod outbox;
mod paper;
mod parted;
pub mod partitions;
pub mod passport_number;
mod password_letters;
pub mod password_reset;
pub mod place;
pub mod place_settings;
pub mod programme;
pub mod provision;
pub mod questionnaire;
pub mod registered_twice;
pub mod release;
pub mod reminders;
pub mod reporting_request;
mod reports_an_hour;
pub mod retention;
pub mod rules;
pub mod second_factor;
pub mod shared_settings;
pub mod sight;
pub mod sign_in;
pub mod sign_up;
pub mod silence;
pub mod single_sign_on;
pub mod sms;
pub mod staff;
pub mod staff_account;
mod staff_messages;
pub mod status_report;
mod sweep;
pub mod tasks;
pub mod time_zone;
pub mod transfer;
mod tried;
pub mod worklist;

use clock::Clock;
use domain::email_address::EmailAddress;
use domain::hersys_id::HersysIdLengths;
use domain::ids::{AccountId, JurisdictionId, SessionId, StaffId};
use domain::language::Language;
use domain::staff_role::{JurisdictionKind, StaffRole};
use hashing::Hashing;
pub use i18n::set_emergency_number;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use keys::{Keys, MasterKey, Token};
use opening::Opened;
pub use opening::Opening;
use outbox::{MailSender, Outbox};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use storage::Lane;
pub use storage::trace;
use uuid::Uuid;

/// How long an unused session of a person lives: longer than an isolation, the longest that NIST SP 800-63B allows at
/// its first level.
pub const SESSION_IDLE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a session of a person lives at most.
pub const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long a session is used until that is written down again; so much earlier than [`SESSION_IDLE`] it may end.
const SESSION_NOTED: SignedDuration = SignedDuration::from_hours(3 * 24);
/// After how long without use a session of a staff member locks: its owner unlocks it with the password.
pub const STAFF_IDLE: SignedDuration = SignedDuration::from_mins(15);
/// How long a session of a staff member lives at most: a shift.
pub const STAFF_LIFE: SignedDuration = SignedDuration::from_hours(12);

/// What is broken, for the log and for an apology. What a person should read is in the outcomes of the use cases.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The role may not do it. Pages never offer what a role may not do.
    #[error("the role may not do this")]
    NotAllowed,
    /// Too much is going on: the caller should ask the person to try again in a moment.
    #[error("too much is going on")]
    Busy,
    /// The store did not do it.
    #[error(transparent)]
    Store(storage::Error),
    /// A sealed value cannot be opened.
    #[error(transparent)]
    CannotOpen(#[from] keys::CannotOpen),
    /// A mistake of ours, or a damaged row. The text holds no person's data.
    #[error("{0}")]
    Broken(String),
}

impl Error {
    /// A mistake of ours.
    pub fn broken(what: impl Into<String>) -> Error {
        Error::Broken(what.into())
    }

    /// Whether trying again in a moment may help.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Error::Busy | Error::Store(storage::Error::Busy | storage::Error::Unavailable(_))
        )
    }
}

impl From<storage::Error> for Error {
    fn from(error: storage::Error) -> Error {
        match error {
            storage::Error::Busy => Error::Busy,
            other => Error::Store(other),
        }
    }
}

/// Whether a process should be sent people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It can do its work.
    Ready,
    /// It was asked to stop and will.
    Leaving,
    /// Its store does not answer.
    NoStore,
    /// The store answers and takes nothing: the latest write was refused a moment ago.
    StoreTakesNothing,
}

/// How long the store may take to say that it is there.
const STORE_ANSWERS: Duration = Duration::from_secs(2);

/// Where the data lies.
#[derive(Clone, Debug)]
pub enum Database {
    /// The embedded database, in a file.
    Embedded(PathBuf),
    /// A PostgreSQL server; the URL may hold a password. With a schema, all tables live there.
    Postgres {
        /// `postgres://…`
        url: String,
        /// For tests and shared servers.
        schema: Option<String>,
    },
}

/// All that the house needs to know from outside.
#[derive(Clone)]
pub struct AppConfig {
    /// Where the data lies.
    pub database: Database,
    /// The operator's key.
    pub master_key: MasterKey,
    /// The allowed lengths of a HER-SYS ID.
    pub id_lengths: HersysIdLengths,
    /// The address under which people reach the portal, without a slash at its end.
    pub public_url: String,
    /// How mails go out.
    pub mail: MailSender,
    /// How short messages go out.
    pub sms: sms::SmsGateway,
    /// The identity provider of the staff, where there is one.
    pub single_sign_on: Option<single_sign_on::SingleSignOn>,
    /// Whom mails come from.
    pub mail_from: EmailAddress,
    /// How many reminders are handed to the mail server at once; other mails wait for none of them.
    pub reminders_at_once: usize,
    /// How many reports of one person are taken in an hour; 0: any number.
    pub reports_an_hour: u8,
    /// The address under which staff reach the console, without a slash at its end; for links in mails to them.
    pub console_url: String,
    /// Whether staff must show a second factor.
    pub second_factor: second_factor::Factor,
    /// Where the time comes from.
    pub clock: Clock,
    /// The time zone of new health centers, an IANA name.
    pub time_zone: String,
}

pub(crate) struct Inner {
    /// How many came of whom lately.
    pub(crate) reports_an_hour: reports_an_hour::ReportsAnHour,
    pub(crate) db: storage::Db,
    /// The same store, by the lane that people at home cannot fill.
    pub(crate) staff_db: storage::Db,
    pub(crate) keys: Keys,
    pub(crate) hashing: Hashing,
    /// A flood of sign-ins at the portal must not keep a nurse waiting.
    pub(crate) staff_hashing: Hashing,
    pub(crate) outbox: Outbox,
    pub(crate) sms: sms::SmsGateway,
    pub(crate) single_sign_on: Option<single_sign_on::SingleSignOn>,
    pub(crate) questionnaires: questionnaire::Shelf,
    pub(crate) rules: rules::Rulebook,
    pub(crate) watchers: worklist::Watchers,
    /// What the larger sections of worklists count.
    pub(crate) counts: worklist::Counts,
    pub(crate) followed: figures::Followed,
    pub(crate) reminded: reminders::Reminded,
    pub(crate) reckoned: isolation_days::Reckoned,
    pub(crate) looks: audit::Looks,
    pub(crate) centers: health_center::Centers,
    pub(crate) mail_from: EmailAddress,
    pub(crate) id_lengths: HersysIdLengths,
    pub(crate) public_url: String,
    pub(crate) console_url: String,
    pub(crate) second_factor: second_factor::Factor,
    pub(crate) time_zone: String,
    /// Whether this process was asked to stop.
    pub(crate) leaving: AtomicBool,
}

/// The house. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) inner: Arc<Inner>,
    /// Where the time comes from.
    pub clock: Clock,
    lane: Lane,
}

impl App {
    /// Opens the store, brings its schema up to date, checks that the key fits, and loads the questionnaires.
    ///
    /// # Errors
    /// Where any of it fails, with a sentence for the operator.
    pub async fn open(config: AppConfig) -> Result<App, Error> {
        App::open_to(config, Opening::BringUp).await
    }

    /// As [`App::open`], for whoever may not do as much to the store.
    ///
    /// # Errors
    /// As [`App::open`], and where something is missing that may not be made.
    pub async fn open_to(config: AppConfig, opening: Opening) -> Result<App, Error> {
        TimeZone::get(&config.time_zone)
            .map_err(|_| Error::broken(format!("there is no time zone {}", config.time_zone)))?;
        let db = match &config.database {
            Database::Embedded(path) => storage::Db::sqlite(path)?,
            Database::Postgres { url, schema } => {
                storage::Db::postgres(url, schema.as_deref()).await?
            }
        };
        let staff_db = db.in_lane(Lane::Staff);
        let keys = Keys::new(&config.master_key);
        let Opened {
            questionnaires,
            rules,
        } = opening::open(&db, &staff_db, &keys, (opening, config.clock.now())).await?;
        let mail_from = config.mail_from.clone();
        let outbox = Outbox::new(
            staff_db.clone(),
            keys.clone(),
            (config.mail, config.sms.clone()),
            config.mail_from,
            config.public_url.clone(),
            config.reminders_at_once,
        );
        let app = App {
            inner: Arc::new(Inner {
                db,
                staff_db,
                keys,
                reports_an_hour: reports_an_hour::ReportsAnHour::at_most(config.reports_an_hour),
                hashing: Hashing::on_every_core(),
                staff_hashing: Hashing::on_one_core(),
                outbox,
                sms: config.sms,
                single_sign_on: config.single_sign_on,
                questionnaires,
                rules,
                watchers: worklist::Watchers::default(),
                counts: worklist::Counts::default(),
                followed: figures::Followed::default(),
                reminded: reminders::Reminded::default(),
                reckoned: isolation_days::Reckoned::default(),
                looks: audit::Looks::default(),
                centers: health_center::Centers::default(),
                id_lengths: config.id_lengths,
                mail_from,
                public_url: config.public_url,
                console_url: config.console_url,
                second_factor: config.second_factor,
                time_zone: config.time_zone,
                leaving: AtomicBool::new(false),
            }),
            clock: config.clock,
            lane: Lane::People,
        };
        if opening == Opening::BringUp {
            app.fill_reviews().await?;
        }
        Ok(app)
    }

    /// The same house, by the lane of the health centers: its desks never wait behind what people at home have asked
    /// for. For the console and for what the machine does by itself.
    pub fn for_staff(&self) -> App {
        App {
            lane: Lane::Staff,
            ..self.clone()
        }
    }

    /// How long the store is likely to make somebody wait now. Reads of the embedded database wait for nobody.
    pub fn store_delay(&self, writes: bool) -> Duration {
        if !writes && self.db().is_embedded() {
            return Duration::ZERO;
        }
        self.db().waiting().delay
    }

    /// The desk of a visitor whom nobody knows yet.
    pub fn front_desk(&self, client: Option<IpAddr>) -> FrontDesk {
        FrontDesk {
            app: self.clone(),
            client,
            known: None,
        }
    }

    /// The desk of a person with a live session; `None` where the token opens nothing.
    pub async fn patient_desk(
        &self,
        token: &Token,
        client: Option<IpAddr>,
    ) -> Result<Option<PatientDesk>, Error> {
        self.fresh_rules().await?;
        let (now, hash) = (self.clock.now(), token.hash());
        let found = storage::session::find_live(self.db(), hash, now, now - SESSION_IDLE).await?;
        let Some(session) = found else {
            return Ok(None);
        };
        // Written every third day only: a report must not cost a second write, also of somebody who reports each morning.
        if now.duration_since(session.last_seen_at) > SESSION_NOTED {
            let id = session.id;
            self.db()
                .write(move |tx| storage::session::touch(tx, id, now))
                .await?;
        }
        Ok(Some(PatientDesk {
            app: self.clone(),
            account: session.account,
            session: session.id,
            token: token.clone(),
            language: Language::parse(&session.language).unwrap_or_default(),
            client,
            closed: session.histories_closed_at.map(|since| {
                let opened = session.opened_cases.as_deref().unwrap_or_default();
                Arc::new(closed_history::Closed::read(since, opened))
            }),
        }))
    }

    /// The desk of the machine itself: timers, imports, commands of the operator.
    pub fn system_desk(&self) -> SystemDesk {
        SystemDesk { app: self.clone() }
    }

    /// The address that mails come from: whoever lets only some mails in must know it beforehand.
    pub fn mail_from(&self) -> &EmailAddress {
        &self.inner.mail_from
    }

    /// The allowed lengths of a HER-SYS ID.
    pub fn id_lengths(&self) -> &HersysIdLengths {
        &self.inner.id_lengths
    }

    /// The address under which people reach the portal, without a slash at its end.
    pub fn public_url(&self) -> &str {
        &self.inner.public_url
    }

    /// The address under which staff reach the console, without a slash at its end.
    pub fn console_url(&self) -> &str {
        &self.inner.console_url
    }

    /// The time zone of new health centers, an IANA name.
    pub fn time_zone(&self) -> &str {
        &self.inner.time_zone
    }

    /// The same for reckoning. Figures, days that concern no particular center, and what is kept of them are by it.
    pub(crate) fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.inner.time_zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// The messages that have been promised.
    pub fn outbox(&self) -> &Outbox {
        &self.inner.outbox
    }

    pub(crate) fn db(&self) -> &storage::Db {
        match self.lane {
            Lane::People => &self.inner.db,
            Lane::Staff => &self.inner.staff_db,
        }
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    /// An id that sorts by the time at which it was made.
    pub(crate) fn new_uuid(&self) -> Uuid {
        let milliseconds = u64::try_from(self.clock.now().as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &keys::random()).into_uuid()
    }
}

/// The desk of a visitor: signing up, signing in, a forgotten password.
#[derive(Clone)]
pub struct FrontDesk {
    pub(crate) app: App,
    pub(crate) client: Option<IpAddr>,
    /// What the browser brought along of an earlier success, not looked at yet.
    pub(crate) known: Option<String>,
}

/// The desk of a signed-in account: what a family can do.
#[derive(Clone)]
pub struct PatientDesk {
    pub(crate) app: App,
    pub(crate) account: AccountId,
    pub(crate) session: SessionId,
    /// What the browser holds: a key is made of it where one is needed, which is seldom.
    pub(crate) token: Token,
    /// The language that the account chose.
    pub language: Language,
    pub(crate) client: Option<IpAddr>,
    /// Which histories are closed, where some are.
    pub(crate) closed: Option<Arc<closed_history::Closed>>,
}

/// The desk of a staff member with a role at a place.
#[derive(Clone)]
pub struct StaffDesk {
    pub(crate) app: App,
    pub(crate) staff: StaffId,
    pub(crate) session: SessionId,
    pub(crate) place: JurisdictionId,
    pub(crate) place_kind: JurisdictionKind,
    pub(crate) path: String,
    /// The role.
    pub role: StaffRole,
    /// The staff member's name.
    pub name: String,
    /// Whether the own center has no phone number yet under which people reach it.
    pub lacks_phone: bool,
}

/// The desk of the machine itself.
#[derive(Clone)]
pub struct SystemDesk {
    pub(crate) app: App,
}

impl SystemDesk {
    /// Whether this process should be sent people.
    pub async fn readiness(&self) -> Readiness {
        if self.app.inner.leaving.load(Ordering::Relaxed) {
            return Readiness::Leaving;
        }
        let answer = self.app.db().describe();
        match tokio::time::timeout(STORE_ANSWERS, answer).await {
            Ok(Ok(_)) if self.app.db().takes_nothing() => Readiness::StoreTakesNothing,
            Ok(Ok(_)) => Readiness::Ready,
            _ => Readiness::NoStore,
        }
    }

    /// From now on this process is not ready any more, though it goes on serving: whoever shares people out among
    /// several processes sends it nobody new.
    pub fn leave(&self) {
        self.app.inner.leaving.store(true, Ordering::Relaxed);
    }

    /// A name and version of the store for people.
    pub async fn describe_store(&self) -> Result<String, Error> {
        Ok(self.app.db().describe().await?)
    }

    /// For the end of a process: what was saved is in files that are still there, or an error that tells which is not. As the
    /// store's `looks_after_files`.
    pub async fn looks_after_files(&self) -> Result<(), Error> {
        Ok(self.app.db().looks_after_files().await?)
    }
}
