//! Connecting to a PostgreSQL server: which of several hosts, how securely, and how soon a dead one is noticed.
//! What is done over a connection is not decided here.

use super::Error;
use postgres::NoTls;
use rustls::{ClientConfig, RootCertStore};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Config, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a host may take to accept a connection.
const ACCEPT: Duration = Duration::from_secs(3);
/// How long a host may take until a connection can be used. A host that stands still accepts connections all the same.
const USABLE: Duration = Duration::from_secs(5);
/// After this time without a sign of life a connection counts as dead: bytes that nobody confirms, or probes.
const SIGN_OF_LIFE: Duration = Duration::from_secs(9);
/// The first probe on a silent connection, and the pause between probes.
const PROBES: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(2));
/// So many attempts that nobody waits for any more may hang at one host; until they end it is not tried again.
const HANGING: usize = 4;
/// Pauses between attempts grow from the first to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// What holds in every session, unless the URL's `options` say otherwise: the setting and its value.
///
/// A closure does nothing but talk to the database, so a transaction that stands still belongs to a process that does.
/// The server looks for dead clients as eagerly as we look for a dead server: their locks are in others' way.
const SESSION: &[(&str, &str)] = &[
    ("statement_timeout", "5min"),
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "2"),
    ("tcp_user_timeout", "9s"),
    // The bounds of partitions are read as text.
    ("datestyle", "ISO"),
];

/// What somebody was told to be saved is on the disk, whatever the role or the server does for others.
const DURABLE: (&str, &str) = (
    "synchronous_commit",
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';",
);

/// What a connection can be kept as: one that waits for each answer, or one that need not.
pub(super) trait Link: Sized + Send + 'static {
    /// Connects to one host, and sets up the session.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with what was in the way.
    fn connect(config: &Config, tls: impl Tls, session: &str) -> Result<Self, Error>;
}

/// What secures a connection.
pub(super) trait Tls:
    MakeTlsConnect<
        Socket,
        Stream: Send + 'static,
        TlsConnect: TlsConnect<Socket, Future: Send> + Send,
    > + Send
    + 'static
{
}

impl<T> Tls for T where
    T: MakeTlsConnect<
            Socket,
            Stream: Send + 'static,
            TlsConnect: TlsConnect<Socket, Future: Send> + Send,
        > + Send
        + 'static
{
}

impl Link for postgres::Client {
    fn connect(config: &Config, tls: impl Tls, session: &str) -> Result<postgres::Client, Error> {
        let mut config = postgres::Config::from(config.clone());
        let mut client = config
            .notice_callback(|_| ())
            .connect(tls)
            .map_err(|e| refused(&e))?;
        client.batch_execute(session)?;
        Ok(client)
    }
}

/// Options of other programs' URLs, which are named where they stand in ours. Others are not repeated where they may be a piece
/// of a password.
const KNOWN_ELSEWHERE: [&str; 12] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslpassword",
    "sslcrl",
    "connect_timeout",
    "port",
    "pgbouncer",
    "prepare_threshold",
    "pool_max_conns",
    "passfile",
];

/// Whether a name can be nothing but an option that somebody has mistyped: no password stands behind the `?` of the URL, and no
/// `@` that would make a piece of one out of what stands there.
fn is_mistyped(url: &str, name: &str) -> bool {
    let options = url.split_once('?').map_or("", |(_, options)| options);
    let holds_secret = options.contains("pass") || options.contains(['@', '%']);
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    !holds_secret && (3..=32).contains(&name.len()) && name.bytes().all(is_name)
}

/// What a URL says that cannot be read.
fn unreadable(url: &str, error: &tokio_postgres::Error) -> Error {
    let said = std::error::Error::source(error).map_or(String::new(), ToString::to_string);
    let named = said
        .split('`')
        .nth(1)
        .filter(|name| KNOWN_ELSEWHERE.contains(name) || is_mistyped(url, name));
    let what = match (named, said.starts_with("unknown option")) {
        (Some("sslmode"), _) => {
            ": sslmode may be disable or require, and require looks at the certificate as verify-full does elsewhere"
                .to_owned()
        }
        (Some(name), true) if name.starts_with("ssl") && KNOWN_ELSEWHERE.contains(&name) => format!(
            ": there is no option {name}; the CAs are those of this machine, or those of the file that SSL_CERT_FILE names"
        ),
        (Some(name), true) => format!(": there is no option {name}"),
        (Some(name), false) => format!(": what it says of {name} cannot be read"),
        (None, true) => ": one of the options behind its ? is none that is known".to_owned(),
        (None, false) => String::new(),
    };
    Error::Refused(format!("the database URL cannot be read{what}"))
}

/// Why there is no connection, and where that is known what to do about it.
pub(super) fn refused(error: &postgres::Error) -> Error {
    let source = std::error::Error::source(error);
    let says = source.map_or(String::new(), |s| format!(": {s}"));
    let hint = if says.contains("server does not support TLS") {
        "; people's data cross no network in the clear: let the server speak TLS, or say sslmode=disable in the URL"
    } else if says.contains("invalid peer certificate") {
        "; let this machine trust the CA that signed it (SSL_CERT_FILE names a file of CAs), and name the server as it does"
    } else if says.contains("Connection refused") {
        "; does the server run, and listen there?"
    } else if says.contains("too many connections") || says.contains("too many clients") {
        "; raise that limit (max_connections, or CONNECTION LIMIT of the role or the database), or stop what does not need them"
    } else {
        ""
    };
    Error::Unavailable(format!("{error}{says}{hint}"))
}

/// One of the hosts of a URL.
struct Place {
    config: Config,
    hanging: Arc<AtomicUsize>,
}

struct Pause {
    length: Duration,
    until: Instant,
    because: String,
}

/// A database as its URL describes it: one host, or several of which one takes writes.
pub(super) struct Target {
    places: Vec<Place>,
    session: String,
    pause: Mutex<Option<Pause>>,
}

impl Target {
    /// Reads a URL. With a `schema`, all tables live there.
    pub(super) fn read(url: &str, schema: Option<&str>) -> Result<Target, Error> {
        let mut config = Config::from_str(url).map_err(|error| unreadable(url, &error))?;
        config.application_name("hersys");
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(ACCEPT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SIGN_OF_LIFE);
        }
        if config.get_keepalives_interval().is_none() {
            let (idle, interval) = PROBES;
            config.keepalives_idle(idle);
            config.keepalives_interval(interval).keepalives_retries(2);
        }
        if config.get_target_session_attrs() == TargetSessionAttrs::Any {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let given = config.get_options().unwrap_or_default();
        let mut session: String = SESSION
            .iter()
            .filter(|(name, _)| !given.contains(name))
            .map(|(name, value)| format!("SET {name} = '{value}';"))
            .collect();
        if !given.contains(DURABLE.0) {
            session += DURABLE.1;
        }
        if let Some(schema) = schema {
            session += &format!("SET search_path = {schema};");
        }
        let places = one_by_one(&config)
            .into_iter()
            .map(|config| Place {
                config,
                hanging: Arc::default(),
            })
            .collect();
        Ok(Target {
            places,
            session,
            pause: Mutex::new(None),
        })
    }

    /// Connects to the first host that takes writes. Where none does, all who ask wait for the same growing pauses, and
    /// whoever cannot wait until `until` is told at once.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with what each host said.
    pub(super) fn connect<L: Link>(&self, until: Instant) -> Result<L, Error> {
        loop {
            if let Some((next, because)) = self.paused() {
                if next > until {
                    return Err(Error::Unavailable(because));
                }
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
            }
            match self.try_each() {
                Ok(connected) => {
                    *self.pause.lock().unwrap_or_else(PoisonError::into_inner) = None;
                    return Ok(connected);
                }
                Err(error) => self.failed(&error),
            }
        }
    }

    fn paused(&self) -> Option<(Instant, String)> {
        let pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = pause.as_ref()?;
        (pause.until > Instant::now()).then(|| (pause.until, pause.because.clone()))
    }

    fn failed(&self, error: &Error) {
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        // Eight workers that failed together are one failure.
        if pause.as_ref().is_some_and(|pause| pause.until > now) {
            return;
        }
        let length = pause
            .as_ref()
            .map_or(PAUSES.0, |last| (last.length * 2).min(PAUSES.1));
        if pause.is_none() {
            tracing::warn!(%error, "the database does not answer");
        }
        *pause = Some(Pause {
            length,
            until: now + length,
            because: match error.as_unavailable() {
                Error::Unavailable(why) => why,
                other => other.to_string(),
            },
        });
    }

    /// One attempt at each host, in their order.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with each host, its port and what it said, or the error of one that refuses for good.
    pub(super) fn try_each<L: Link>(&self) -> Result<L, Error> {
        let (mut said, mut refused) = (Vec::new(), None);
        for place in &self.places {
            match place.connect(&self.session) {
                Ok(connected) => return Ok(connected),
                Err(error @ (Error::Refused(_) | Error::Broken(_))) => refused = Some(error),
                Err(Error::Unavailable(why)) => {
                    said.push(format!("{}: {why}", address(&place.config)));
                }
                Err(error) => said.push(format!("{}: {error}", address(&place.config))),
            }
        }
        if let Some(error) = refused {
            return Err(error);
        }
        Err(Error::Unavailable(match said.is_empty() {
            true => "the database URL names no host".to_owned(),
            false => format!(
                "no connection to PostgreSQL by this URL: {}",
                said.join("; ")
            ),
        }))
    }
}

impl Place {
    /// Connects on a thread of its own, because the driver waits without an end for a host that stands still.
    fn connect<L: Link>(&self, session: &str) -> Result<L, Error> {
        let silent = || Error::Unavailable("PostgreSQL did not answer in time".to_owned());
        if self.hanging.load(Ordering::Relaxed) >= HANGING {
            return Err(silent());
        }
        let (tell, told) = sync_channel(1);
        let (config, session) = (self.config.clone(), session.to_owned());
        let (hanging, is_over) = (self.hanging.clone(), Arc::new(AtomicBool::new(false)));
        let over = is_over.clone();
        std::thread::Builder::new()
            .name("postgres-connect".to_owned())
            .spawn(move || {
                let connected = connect(&config, &session);
                let _ = tell.send(connected);
                // Whichever comes second, this or that nobody waits any more.
                if over.swap(true, Ordering::Relaxed) {
                    hanging.fetch_sub(1, Ordering::Relaxed);
                }
            })
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        told.recv_timeout(USABLE).unwrap_or_else(|_| {
            self.hanging.fetch_add(1, Ordering::Relaxed);
            if is_over.swap(true, Ordering::Relaxed) {
                self.hanging.fetch_sub(1, Ordering::Relaxed);
            }
            Err(silent())
        })
    }
}

/// Where a configuration of one host leads: never with its role or password.
fn address(config: &Config) -> String {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match (config.get_hosts().first(), config.get_hostaddrs().first()) {
        (Some(Host::Tcp(name)), _) if name.contains(':') => format!("[{name}]:{port}"),
        (Some(Host::Tcp(name)), _) => format!("{name}:{port}"),
        (Some(Host::Unix(path)), _) => format!("{}, port {port}", path.display()),
        (None, Some(address)) => std::net::SocketAddr::new(*address, port).to_string(),
        (None, None) => "the database URL names no host".to_owned(),
    }
}

/// What PostgreSQL warns with when it ends the wait for a standby: a plain warning where a session was told to stop
/// waiting, that of a shutdown where the server goes down.
pub(super) fn is_cut(code: &str) -> bool {
    matches!(code, "01000" | "57P01")
}

/// A configuration for each host: the driver would wait at the first one for ever, should that stand still.
fn one_by_one(config: &Config) -> Vec<Config> {
    let count = config.get_hosts().len().max(config.get_hostaddrs().len());
    if count < 2 {
        return vec![config.clone()];
    }
    (0..count)
        .map(|at| {
            let mut one = Config::new();
            if let Some(user) = config.get_user() {
                one.user(user);
            }
            if let Some(password) = config.get_password() {
                one.password(password);
            }
            if let Some(name) = config.get_dbname() {
                one.dbname(name);
            }
            if let Some(options) = config.get_options() {
                one.options(options);
            }
            if let Some(name) = config.get_application_name() {
                one.application_name(name);
            }
            match config.get_hosts().get(at) {
                Some(Host::Tcp(name)) => one.host(name),
                Some(Host::Unix(path)) => one.host_path(path),
                None => &mut one,
            };
            if let Some(address) = config.get_hostaddrs().get(at) {
                one.hostaddr(*address);
            }
            let ports = config.get_ports();
            if let Some(port) = ports.get(at).or(ports.first()) {
                one.port(*port);
            }
            if let Some(time) = config.get_connect_timeout() {
                one.connect_timeout(*time);
            }
            if let Some(time) = config.get_tcp_user_timeout() {
                one.tcp_user_timeout(*time);
            }
            if let Some(time) = config.get_keepalives_interval() {
                one.keepalives_interval(time);
            }
            if let Some(probes) = config.get_keepalives_retries() {
                one.keepalives_retries(probes);
            }
            one.keepalives(config.get_keepalives())
                .keepalives_idle(config.get_keepalives_idle())
                .ssl_mode(config.get_ssl_mode())
                .ssl_negotiation(config.get_ssl_negotiation())
                .channel_binding(config.get_channel_binding())
                .target_session_attrs(config.get_target_session_attrs());
            one
        })
        .collect()
}

/// Whether all of a server's addresses are on this machine, so that nobody can listen.
fn is_local(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    }) && config.get_hostaddrs().iter().all(|a| a.is_loopback())
}

/// Connects: in the clear to this machine or where the URL says `sslmode=disable`, else only by TLS to a server whose
/// certificate the machine trusts. People's data never cross a network in the clear unless somebody asks for it.
fn connect<L: Link>(config: &Config, session: &str) -> Result<L, Error> {
    match config.get_ssl_mode() {
        SslMode::Disable => L::connect(config, NoTls, session),
        SslMode::Require => L::connect(config, tls()?, session),
        _ if is_local(config) => L::connect(config, NoTls, session),
        _ => {
            let mut strict = config.clone();
            strict.ssl_mode(SslMode::Require);
            L::connect(&strict, tls()?, session)
        }
    }
}

fn tls() -> Result<MakeRustlsConnect, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::Unavailable(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_is_not_known_is_named_where_it_is_no_piece_of_a_password() {
        for (url, says) in [
            (
                "postgres://u:hunter2@db/x?sslmod=require",
                "there is no option sslmod",
            ),
            (
                "postgres://u:hunter2@db/x?sslmode=verify-full",
                "sslmode may be",
            ),
            (
                "postgres://u:hunter2@db/x?connect_timeout=soon",
                "what it says of connect_timeout",
            ),
            (
                "postgres://db/x?password=hunt&hunter=2",
                "one of the options",
            ),
            ("postgres://u:hu@db/x?hunter=2@db/x", "one of the options"),
            ("postgres://db/x?HUNTER2=1", "one of the options"),
        ] {
            let error = Target::read(url, None).err().unwrap().to_string();
            assert!(error.contains(says), "{url}: {error}");
            assert!(!error.to_lowercase().contains("hunter"), "{error}");
        }
    }
}
