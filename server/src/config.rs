//! Settings: from the environment, above a TOML file, above what is usual. A wrong value is told in one sentence that
//! names the setting and never repeats a secret. Nothing here opens a database or a socket.

mod key_file;
mod misspelt;
mod read;
mod shared;
mod source;
#[cfg(test)]
mod tests;

pub use key_file::KeyFile;
pub use read::{has_several_at, mail_server};
pub use source::{SETTINGS, Setting, Source};

use crate::owner;
use crate::trace::Collector;
use app::Database;
use app::keep::Schedule;
use app::keys::MasterKey;
use app::second_factor::Factor;
use app::single_sign_on::SingleSignOn;
use app::sms::SmsGateway;
use domain::email_address::EmailAddress;
use domain::hersys_id::HersysIdLengths;
use domain::phone::PhoneRegion;
use ipnet::IpNet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::{Host, Url};

/// What is wrong with a setting, as a sentence for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Problem {
    /// The setting's name in the environment, such as `HERSYS_SMTP_URL`.
    pub setting: String,
    /// The whole sentence; it names the setting.
    pub sentence: String,
}

impl Problem {
    /// A problem with a setting; `says` goes on after its name, such as "must be given".
    pub fn with(name: &str, says: impl AsRef<str>) -> Problem {
        let setting = source::in_environment(name);
        Problem {
            sentence: format!("{setting} {}", says.as_ref()),
            setting,
        }
    }
}

/// In which form log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For eyes.
    #[default]
    Text,
    /// For a log collector.
    Json,
}

/// Where the data lies, as the operator said it.
#[derive(Clone)]
pub enum DatabasePlace {
    /// Embedded, in the data directory.
    DataDir,
    /// Embedded, in a file.
    File(PathBuf),
    /// On a PostgreSQL server; the URL may hold a password.
    Postgres(String),
}

/// How mails leave an installation.
#[derive(Clone, PartialEq, Eq)]
pub enum MailPlace {
    /// To a mail server; the URL may hold a password.
    Smtp(String),
    /// Into a folder: somebody develops or tries the program.
    Folder(PathBuf),
}

/// All settings. There is no `Debug` on purpose: secrets are among them.
#[derive(Clone)]
pub struct Settings {
    /// Where the data lies.
    pub database: DatabasePlace,
    /// Where the portal listens; none: this process runs the console only.
    pub portal_listen: Option<SocketAddr>,
    /// Where the console listens; none: this process runs the portal only.
    pub console_listen: Option<SocketAddr>,
    /// Where those who watch over the process ask, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// The address under which people reach the portal, where it was given.
    pub public_url: Option<String>,
    /// The address under which staff reach the console, where it was given.
    pub console_url: Option<String>,
    /// Whether staff must show a second factor.
    pub second_factor: Factor,
    /// The mail server, where there is one.
    pub smtp_url: Option<String>,
    /// The identity provider of the staff, where there is one.
    pub single_sign_on: Option<SingleSignOn>,
    /// The SMS gateway, where there is one.
    pub sms_gateway: Option<SmsGateway>,
    /// Whom mails come from, where it was given.
    pub mail_from: Option<EmailAddress>,
    /// How many reminders are handed to the mail server at once.
    pub reminders_at_once: usize,
    /// How many reports of one person are taken in an hour; 0: any number.
    pub reports_an_hour: u8,
    /// Where files are kept.
    pub data_dir: PathBuf,
    /// Whether the operator chose that directory.
    pub data_dir_is_given: bool,
    /// The key, where it was given.
    pub master_key: Option<MasterKey>,
    /// The name of the first health center.
    pub center_name: String,
    /// The phone number under which people reach the first health center; empty where it was not given.
    pub center_phone: String,
    /// The allowed lengths of a HER-SYS ID.
    pub id_lengths: HersysIdLengths,
    /// The proxies whose word on a client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The filter of log lines, where it was given.
    pub log: Option<String>,
    /// The form of log lines.
    pub log_format: LogFormat,
    /// How long the process goes on serving after it was asked to stop, while it says that it is not ready any more.
    pub drain_delay: Duration,
    /// The time zone of new health centers.
    pub time_zone: String,
    /// The number under which an ambulance is called.
    pub emergency_number: String,
    /// Where numbers are dialled that are written without a country's code.
    pub phone_region: PhoneRegion,
    /// A folder with more programmes, where there is one.
    pub programmes_dir: Option<PathBuf>,
    /// Backups that the server makes by itself, where it does.
    pub backups: Option<Schedule>,
    /// Where traces go, if anywhere.
    pub collector: Option<Collector>,
}

impl Settings {
    /// Reads all settings.
    ///
    /// # Errors
    /// Every problem, in the order of the settings.
    pub fn load(source: &Source) -> Result<Settings, Vec<Problem>> {
        read::all(source)
    }

    /// The address under which people reach the portal, given where the portal listens in the end. Where it listens
    /// nowhere, the address was given.
    pub fn public_url_at(&self, portal: Option<SocketAddr>) -> String {
        url_or_address(self.public_url.as_ref(), portal)
    }

    /// The address under which staff reach the console, given where the console listens in the end. Where it listens
    /// nowhere, the address was given.
    pub fn console_url_at(&self, console: Option<SocketAddr>) -> String {
        url_or_address(self.console_url.as_ref(), console)
    }

    /// Where the embedded database lies, or how the server is reached.
    pub fn database(&self) -> Database {
        match &self.database {
            DatabasePlace::DataDir => Database::Embedded(self.data_dir.join("hersys.db")),
            DatabasePlace::File(path) => Database::Embedded(path.clone()),
            DatabasePlace::Postgres(url) => Database::Postgres {
                url: url.clone(),
                schema: None,
            },
        }
    }

    /// The folder on whose disk the data grow here: that of the embedded database; beside a PostgreSQL server, which has a disk of
    /// its own, what else the process keeps. The nearest one that is there already.
    pub fn data_place(&self) -> PathBuf {
        let mut place = match self.database() {
            Database::Embedded(file) => file.parent().map(Path::to_owned).unwrap_or_default(),
            Database::Postgres { .. } => self.data_dir.clone(),
        };
        while !place.as_os_str().is_empty() && !place.exists() {
            place = place.parent().map(Path::to_owned).unwrap_or_default();
        }
        match place.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => place,
        }
    }

    /// The addresses that ought to be given: somebody off this machine is sent messages, or comes through a proxy, and what they are
    /// led to would be the loopback address on which this process listens, which on their machine is themselves.
    pub fn urls_not_given(&self) -> Vec<Problem> {
        let because = if self.smtp_url.is_some() {
            "HERSYS_SMTP_URL"
        } else if self.sms_gateway.is_some() {
            "HERSYS_SMS_GATEWAY"
        } else if !self.trusted_proxies.is_empty() {
            "HERSYS_TRUSTED_PROXIES"
        } else {
            return Vec::new();
        };
        let leads_here = |url: &Option<String>, listen: Option<SocketAddr>| {
            let at = listen.filter(|at| at.ip().is_loopback() || at.ip().is_unspecified());
            at.filter(|_| url.is_none())
        };
        let says = |name: &str, what: &str, at: SocketAddr, example: &str| {
            Problem::with(
                name,
                format!(
                    "is not given though {because} is: {what} lead to http://{at}, where nobody but this machine finds anything. \
                     Give the address under which the proxy is reached, such as {example}"
                ),
            )
        };
        let portal = leads_here(&self.public_url, self.portal_listen).map(|at| {
            let what = "brochures, invitations and messages to people";
            says("public_url", what, at, "https://hersys.example.org")
        });
        let console = leads_here(&self.console_url, self.console_listen).map(|at| {
            let what = "mails to staff, such as those of alerts,";
            let example = "https://console.hersys.example.org:8443";
            says("console_url", what, at, example)
        });
        portal.into_iter().chain(console).collect()
    }

    /// Whether nobody but this machine can reach the installation, and no mail server is set. Whoever trusts a proxy lets others
    /// come to the loopback address, unless the address that is given says that they are led nowhere else either.
    pub fn is_development(&self) -> bool {
        let local = match &self.public_url {
            Some(url) => url.starts_with("http://") && is_local(url),
            None => self.trusted_proxies.is_empty(),
        };
        let listens = [self.portal_listen, self.console_listen];
        local && self.smtp_url.is_none() && listens.iter().flatten().all(|at| at.ip().is_loopback())
    }

    /// Where mails go.
    ///
    /// # Errors
    /// Where an installation that others can reach has no mail server.
    pub fn mail(&self) -> Result<MailPlace, Problem> {
        match &self.smtp_url {
            Some(url) => Ok(MailPlace::Smtp(url.clone())),
            None if self.is_development() => Ok(MailPlace::Folder(self.data_dir.join("outbox"))),
            None => Err(Problem::with(
                "smtp_url",
                "must be given where others can reach the portal, such as smtps://user:password@mail.example.org; \
                 only an installation on loopback addresses behind no proxy may do without",
            )),
        }
    }

    /// Where short messages go.
    pub fn sms(&self) -> SmsGateway {
        match &self.sms_gateway {
            Some(gateway) => gateway.clone(),
            None if self.is_development() => SmsGateway::Folder(self.data_dir.join("outbox")),
            None => SmsGateway::None,
        }
    }

    /// Whom mails come from.
    pub fn mail_from(&self) -> EmailAddress {
        let host = self
            .public_url
            .as_deref()
            .filter(|url| !is_local(url))
            .and_then(|url| Url::parse(url).ok())
            .and_then(|url| url.domain().map(str::to_owned));
        let default = host.and_then(|host| EmailAddress::parse(&format!("no-reply@{host}")).ok());
        #[allow(clippy::expect_used)]
        self.mail_from.clone().or(default).unwrap_or_else(|| {
            EmailAddress::parse("no-reply@hersys.example").expect("this is an address")
        })
    }

    /// The file in which the key of an embedded database is kept.
    pub fn key_file(&self) -> KeyFile {
        KeyFile::new(self.data_dir.join("master.key"))
    }

    /// The key: the one that was given, or the one beside the embedded database, which is made where there is neither
    /// a key nor a database yet.
    ///
    /// # Errors
    /// Where there is none and none may be made.
    pub fn take_master_key(&self) -> Result<MasterKey, Problem> {
        if let Some(key) = &self.master_key {
            return Ok(key.clone());
        }
        let Database::Embedded(path) = self.database() else {
            return Err(read::key_must_be_given());
        };
        let file = self.key_file();
        // Asked before the key is read: a process that starts beside this one makes the key first.
        let has_database = owner::database_stands(&path)
            .map_err(|says| Problem::with("data_dir", format!("or HERSYS_DATABASE_URL: {says}")))?;
        match file.read()? {
            Some(key) => Ok(key),
            // A new key would not open what the lost one has sealed.
            None if has_database => Err(Problem::with(
                "master_key",
                format!(
                    "must be given, or {} be put back: the database {} was sealed with the key that is missing",
                    file.path().display(),
                    path.display()
                ),
            )),
            None => file.make(),
        }
    }

    /// Makes the data directory where it is missing, for its owner only.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn make_data_dir(&self) -> Result<(), Problem> {
        key_file::make_private_dir(&self.data_dir).map_err(|e| {
            Problem::with(
                "data_dir",
                format!(
                    "must name a directory that can be written; {} cannot be made: {e}",
                    self.data_dir.display()
                ),
            )
        })
    }

    /// The same, for a demonstration: samples stay on this machine and away from real data, whatever a shell holds of the
    /// settings of a service.
    ///
    /// # Errors
    /// Where the settings are not those of a machine of one's own.
    pub fn into_demo(mut self) -> Result<Settings, Problem> {
        if !matches!(self.database, DatabasePlace::DataDir) {
            return Err(Problem::with(
                "database_url",
                "must be left out with --demo: sample people go into an embedded database of their own, in the folder demo of \
                 the data directory",
            ));
        }
        // A proxy on this machine listens to others, and passes on to a loopback address.
        let is_https =
            |url: &Option<String>| url.as_ref().is_some_and(|url| url.starts_with("https:"));
        for (name, is_given) in [
            ("trusted_proxies", !self.trusted_proxies.is_empty()),
            ("public_url", is_https(&self.public_url)),
            ("console_url", is_https(&self.console_url)),
        ] {
            if is_given {
                return Err(Problem::with(
                    name,
                    "must be left out with --demo: it says that a proxy lets others in here, and everybody knows the sample \
                     passwords. Try it in a shell without the settings of the service",
                ));
            }
        }
        for (name, listen) in [
            ("portal_listen", self.portal_listen),
            ("console_listen", self.console_listen),
        ] {
            if !listen.is_some_and(|at| at.ip().is_loopback()) {
                return Err(Problem::with(
                    name,
                    "must be a loopback address such as 127.0.0.1:8080 with --demo: everybody knows the sample \
                     passwords",
                ));
            }
        }
        self.data_dir = self.data_dir.join("demo");
        // What is sent lands on this machine: the phone numbers of samples may be somebody's. Nor do samples lie among the
        // backups of real data, of which the oldest would go for them, or stand at the address of people.
        (self.smtp_url, self.sms_gateway, self.backups) = (None, None, None);
        (self.public_url, self.console_url) = (None, None);
        // Nor does the key of real data seal them: the demonstration would then start only in a shell that holds it.
        self.master_key = None;
        // Everybody knows the sample passwords; a second factor would only keep somebody from trying.
        self.second_factor = Factor::Off;
        Ok(self)
    }
}

fn url_or_address(url: Option<&String>, address: Option<SocketAddr>) -> String {
    let of_address = || address.map_or_else(String::new, |address| format!("http://{address}"));
    url.cloned().unwrap_or_else(of_address)
}

/// Whether a URL leads to this machine.
fn is_local(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
