//! What the text of each setting means, and the sentence where it means nothing.

mod backups;
mod traces;

use super::source::{Found, Source, closed_to_a_service};
use super::{DatabasePlace, LogFormat, Problem, Settings, is_local};
use crate::owner;
use app::keys::MasterKey;
use app::second_factor::Factor;
use app::single_sign_on::SingleSignOn;
use app::sms::SmsGateway;
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use domain::email_address::EmailAddress;
use domain::hersys_id::HersysIdLengths;
use domain::phone::PhoneRegion;
use ipnet::IpNet;
use jiff::tz::TimeZone;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use url::Url;

/// How many reminders are handed over at once unless it is set. With the other mails they are twenty, as many as common mail
/// servers take from one machine.
const REMINDERS_AT_ONCE: usize = 16;
const REPORTS_AN_HOUR: u8 = 120;

/// Collects problems, so that `doctor` can tell all of them at once.
struct Reading<'s> {
    source: &'s Source,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn plain<T>(&mut self, name: &str, read: impl Fn(&Found) -> Result<T, Problem>) -> Option<T> {
        let found = self.source.plain(name);
        self.settle(found, read)
    }

    fn secret<T>(&mut self, name: &str, read: impl Fn(&Found) -> Result<T, Problem>) -> Option<T> {
        let found = self.source.secret(name);
        self.settle(found, read)
    }

    fn settle<T>(
        &mut self,
        found: Result<Option<Found>, Problem>,
        read: impl Fn(&Found) -> Result<T, Problem>,
    ) -> Option<T> {
        match found.and_then(|found| found.as_ref().map(read).transpose()) {
            Ok(value) => value,
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    fn has_problem_with(&self, name: &str) -> bool {
        let setting = super::source::in_environment(name);
        self.problems.iter().any(|p| p.setting == setting)
    }
}

pub(super) fn all(source: &Source) -> Result<Settings, Vec<Problem>> {
    let mut reading = Reading {
        source,
        problems: Vec::new(),
    };
    let local = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let database = reading.secret("database_url", database);
    let portal_listen = reading
        .plain("portal_listen", listen)
        .unwrap_or(Some(local(8080)));
    let console_listen = reading
        .plain("console_listen", listen)
        .unwrap_or(Some(local(8081)));
    if portal_listen == console_listen && portal_listen.is_none_or(|at| at.port() != 0) {
        let both = portal_listen.map_or_else(|| "none".to_owned(), |at| at.to_string());
        let says = format!("must differ from HERSYS_PORTAL_LISTEN; both are {both}");
        reading.problems.push(Problem::with("console_listen", says));
    }
    let metrics_listen = reading.plain("metrics_listen", listen).flatten();
    let visitors = [portal_listen, console_listen];
    if metrics_listen.is_some_and(|at| at.port() != 0 && visitors.contains(&Some(at))) {
        reading.problems.push(Problem::with(
            "metrics_listen",
            "must be an address of its own: figures of the process are not for visitors",
        ));
    }
    let public_url = reading.plain("public_url", public_url_of);
    if public_url.is_none()
        && !portal_listen.is_some_and(|at| at.ip().is_loopback())
        && !reading.has_problem_with("public_url")
    {
        reading.problems.push(Problem::with(
            "public_url",
            "must be given where HERSYS_PORTAL_LISTEN is not a loopback address, or none: the address under which people \
             reach the portal, such as https://hersys.example.org",
        ));
    }
    let console_url = reading.plain("console_url", public_url_of);
    if console_url.is_none() && console_listen.is_none() && !reading.has_problem_with("console_url")
    {
        reading.problems.push(Problem::with(
            "console_url",
            "must be given where HERSYS_CONSOLE_LISTEN is none: this process sends mails that lead to the console, too",
        ));
    }
    if let (Some(portal), Some(console)) = (&public_url, &console_url)
        && portal == console
    {
        let says = format!(
            "must differ from HERSYS_PUBLIC_URL; both are {portal}: each page would be looked for on the other"
        );
        reading.problems.push(Problem::with("console_url", says));
    }
    let second_factor = reading
        .plain("staff_second_factor", second_factor)
        .unwrap_or(Factor::Required);
    let smtp_url = reading.secret("smtp_url", smtp_url);
    let sms_gateway = reading.plain("sms_gateway", sms_gateway);
    let single_sign_on = reading.plain("single_sign_on", single_sign_on);
    let mail_from = reading.plain("mail_from", mail_from);
    let reminders_at_once = reading
        .plain("reminders_at_once", at_once)
        .unwrap_or(REMINDERS_AT_ONCE);
    let reports_an_hour = reading
        .plain("reports_an_hour", reports_an_hour)
        .unwrap_or(REPORTS_AN_HOUR);
    let data_dir = reading.plain("data_dir", |found| Ok(PathBuf::from(&found.text)));
    let master_key = reading.secret("master_key", master_key);
    let on_server = matches!(database, Some(DatabasePlace::Postgres(_)));
    if on_server && master_key.is_none() && !reading.has_problem_with("master_key") {
        reading.problems.push(key_must_be_given());
    }
    let backups = backups::read(&mut reading);
    let collector = traces::read(&mut reading);
    let settings = Settings {
        database: database.unwrap_or(DatabasePlace::DataDir),
        portal_listen,
        console_listen,
        metrics_listen,
        public_url,
        console_url,
        second_factor,
        smtp_url,
        sms_gateway,
        single_sign_on,
        mail_from,
        reminders_at_once,
        reports_an_hour,
        data_dir_is_given: data_dir.is_some(),
        data_dir: data_dir.unwrap_or_else(|| PathBuf::from("data")),
        master_key,
        center_name: reading
            .plain("center_name", center_name)
            .unwrap_or_else(|| app::health_center::BUILT_IN_NAME.to_owned()),
        center_phone: reading
            .plain("center_phone", center_phone)
            .unwrap_or_default(),
        id_lengths: reading.plain("id_lengths", id_lengths).unwrap_or_default(),
        trusted_proxies: reading
            .plain("trusted_proxies", proxies)
            .unwrap_or_default(),
        log: reading.plain("log", log),
        log_format: reading.plain("log_format", log_format).unwrap_or_default(),
        drain_delay: reading
            .plain("drain_delay", seconds)
            .unwrap_or(Duration::ZERO),
        time_zone: reading
            .plain("time_zone", time_zone)
            .unwrap_or_else(|| "Asia/Tokyo".to_owned()),
        emergency_number: reading
            .plain("emergency_number", emergency_number)
            .unwrap_or_else(|| "119".to_owned()),
        phone_region: reading
            .plain("phone_region", phone_region)
            .unwrap_or(PhoneRegion::JAPAN),
        programmes_dir: reading.plain("programmes_dir", programmes_dir),
        backups,
        collector,
    };
    if settings.second_factor == Factor::Off && !settings.is_development() {
        reading.problems.push(Problem::with(
            "staff_second_factor",
            "may be off only where nobody but this machine can reach the installation and no mail server is set",
        ));
    }
    if reading.problems.is_empty() {
        Ok(settings)
    } else {
        Err(reading.problems)
    }
}

pub(super) fn key_must_be_given() -> Problem {
    Problem::with(
        "master_key",
        "must be given where the database is not embedded: 32 bytes in base64 or as 64 hexadecimal digits, such as \
         `openssl rand -base64 32` prints",
    )
}

fn database(found: &Found) -> Result<DatabasePlace, Problem> {
    let text = found.text.as_str();
    if let Some(path) = text.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        if !path.is_empty() {
            return Ok(DatabasePlace::File(PathBuf::from(path)));
        }
    }
    let rest = ["postgres://", "postgresql://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    match rest {
        // The first one would end the password; then a host is looked for that nobody has.
        Some(rest) if has_several_at(rest) => Err(found.problem(
            "has an @ in its user or password: write it there as %40",
        )),
        Some(rest) if !rest.is_empty() => Ok(DatabasePlace::Postgres(text.to_owned())),
        _ => Err(found.problem(
            "must look like postgres://user:password@host/database or sqlite:PATH; leave it out for the embedded \
             database in the data directory",
        )),
    }
}

/// Whether a database's address, without its scheme, has an `@` within its user or password.
pub fn has_several_at(rest: &str) -> bool {
    let before_database = rest.split(['/', '?']).next().unwrap_or(rest);
    before_database.matches('@').count() > 1
}

fn listen(found: &Found) -> Result<Option<SocketAddr>, Problem> {
    if found.text == "none" {
        return Ok(None);
    }
    let text = found.text.replace("localhost:", "127.0.0.1:");
    text.parse().map(Some).map_err(|_| {
        found.problem_showing(
            "must be an IP address and a port such as 127.0.0.1:8080 or [::1]:8080, or none",
        )
    })
}

fn at_once(found: &Found) -> Result<usize, Problem> {
    let number = found.text.parse().ok();
    number
        .filter(|number| (1..=64).contains(number))
        .ok_or_else(|| found.problem_showing("must be a number from 1 to 64"))
}

fn reports_an_hour(found: &Found) -> Result<u8, Problem> {
    let number = found.text.parse().ok();
    number
        .filter(|number| *number == 0 || (20..=250).contains(number))
        .ok_or_else(|| found.problem_showing("must be a number from 20 to 250, or 0"))
}

/// At most five minutes: nobody waits longer for a process to end.
fn seconds(found: &Found) -> Result<Duration, Problem> {
    let seconds = found.text.parse().ok().filter(|seconds| *seconds <= 300);
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| found.problem_showing("must be a number of seconds from 0 to 300"))
}

/// The text of the file that a setting names.
fn read_whole(found: &Found) -> Result<String, Problem> {
    std::fs::read_to_string(&found.text).map_err(|error| {
        let more = closed_to_a_service(&error);
        found.problem(format!(
            "must name a file that can be read; {}: {error}{more}",
            found.text
        ))
    })
}

/// A file that describes the identity provider.
fn single_sign_on(found: &Found) -> Result<SingleSignOn, Problem> {
    let text = read_whole(found)?;
    SingleSignOn::described(&text).map_err(|says| found.problem(says))
}

/// A file that describes the gateway.
fn sms_gateway(found: &Found) -> Result<SmsGateway, Problem> {
    let text = read_whole(found)?;
    SmsGateway::described(&text).map_err(|says| found.problem(says))
}

fn second_factor(found: &Found) -> Result<Factor, Problem> {
    match found.text.as_str() {
        "required" => Ok(Factor::Required),
        "off" => Ok(Factor::Off),
        _ => {
            Err(found
                .problem("must be required, or off for trying the program on one's own machine"))
        }
    }
}

fn public_url_of(found: &Found) -> Result<String, Problem> {
    // Not shown: somebody may have put a password into it.
    let wrong = || {
        found.problem(
            "must be http:// or https:// and a host, without a path, such as https://hersys.example.org",
        )
    };
    let url = Url::parse(&found.text).map_err(|_| wrong())?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && matches!(url.path(), "" | "/")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !plain {
        return Err(wrong());
    }
    let origin = url.origin().ascii_serialization();
    if url.scheme() == "http" && !is_local(&origin) {
        return Err(found.problem(
            "must begin with https:// unless it leads to this machine: what people report must not travel in the \
             clear, and browsers do not keep anybody signed in without it",
        ));
    }
    Ok(origin)
}

/// Whether a mail server's address has a sign in its user or password at which a host would end: what follows would be looked
/// for as one, and a piece of the password be sent to whoever knows names.
fn has_open_password(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let credentials = rest.rsplit_once('@').map(|(credentials, _)| credentials);
    credentials.is_some_and(|credentials| credentials.contains(['/', '?', '#']))
}

/// Where a mail server's address leads: its host and port, without user and password.
pub fn mail_server(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let usual = match url.scheme() {
        "smtps" => 465,
        _ if url.query_pairs().any(|(name, _)| name == "tls") => 587,
        _ => 25,
    };
    let host = url.host_str()?;
    Some(format!("{host}:{}", url.port().unwrap_or(usual)))
}

fn smtp_url(found: &Found) -> Result<String, Problem> {
    if has_open_password(&found.text) {
        return Err(found.problem(
            "has a /, ? or # in its user or password: write it there as %2F, %3F or %23 (and % as %25, @ as %40)",
        ));
    }
    let url = Url::parse(&found.text).ok().filter(|url| {
        matches!(url.scheme(), "smtp" | "smtps") && url.host_str().is_some_and(|h| !h.is_empty())
    });
    let Some(url) = url else {
        return Err(found.problem("must look like smtp://host:port or smtps://user:password@host"));
    };
    let is_plain = url.scheme() == "smtp"
        && !url
            .query_pairs()
            .any(|pair| pair == ("tls".into(), "required".into()));
    if is_plain && url.password().is_some() && !is_mail_server_here(&url) {
        // Not shown: there is a password in it.
        return Err(found.problem(
            "would send its password in the clear: begin it with smtps:// (port 465), or end it with ?tls=required \
             (port 587), unless the mail server is on this machine",
        ));
    }
    Ok(found.text.clone())
}

/// Whether a mail server is on this machine. Unlike in `http://`, an IPv4 address is a name like any other there.
fn is_mail_server_here(url: &Url) -> bool {
    let ipv4 = url
        .host_str()
        .and_then(|host| host.parse::<Ipv4Addr>().ok());
    ipv4.map_or_else(|| is_local(url.as_str()), |ip| ip.is_loopback())
}

fn mail_from(found: &Found) -> Result<EmailAddress, Problem> {
    EmailAddress::parse(&found.text).map_err(|_| {
        found.problem(
            "must be one e-mail address such as no-reply@example.org, without a name beside it",
        )
    })
}

fn master_key(found: &Found) -> Result<MasterKey, Problem> {
    parse_key(&found.text)
        .ok_or_else(|| found.problem("must be 32 bytes in base64 or as 64 hexadecimal digits"))
}

/// Reads a key: 64 hexadecimal digits, or base64 of either alphabet, with or without padding.
pub(super) fn parse_key(text: &str) -> Option<MasterKey> {
    let bytes = if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        (0..64)
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
            .collect::<Option<Vec<u8>>>()?
    } else {
        let lenient =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        [STANDARD, URL_SAFE]
            .iter()
            .find_map(|alphabet| GeneralPurpose::new(alphabet, lenient).decode(text).ok())?
    };
    Some(MasterKey::from_bytes(bytes.try_into().ok()?))
}

fn center_name(found: &Found) -> Result<String, Problem> {
    if found.text.chars().count() <= 200 && !found.text.chars().any(char::is_control) {
        Ok(found.text.clone())
    } else {
        Err(found.problem("must be a name of at most 200 characters on one line"))
    }
}

fn center_phone(found: &Found) -> Result<String, Problem> {
    match app::health_center::contact_problem("phone", &found.text) {
        None => Ok(found.text.clone()),
        Some(_) => Err(found.problem_showing(
            "must be a phone number as people should read it, such as 03-1234-5678",
        )),
    }
}

fn id_lengths(found: &Found) -> Result<HersysIdLengths, Problem> {
    HersysIdLengths::parse(&found.text).ok_or_else(|| {
        found.problem_showing("must be one or more numbers from 4 to 12 such as 6,7")
    })
}

fn proxies(found: &Found) -> Result<Vec<IpNet>, Problem> {
    let parts = found
        .text
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|part| !part.is_empty());
    let networks: Option<Vec<IpNet>> = parts
        .map(|part| {
            let address = part
                .parse::<IpAddr>()
                .map(|ip| IpNet::from(ip.to_canonical()));
            address.ok().or_else(|| part.parse().ok())
        })
        .collect();
    let networks = networks.ok_or_else(|| {
        found.problem_showing("must be IP addresses or networks with commas between them, such as 127.0.0.1,10.0.0.0/8")
    })?;
    if networks.iter().any(|network| network.prefix_len() == 0) {
        return Err(found
            .problem("must not trust the whole internet: anybody could then claim any address"));
    }
    Ok(networks)
}

fn log(found: &Found) -> Result<String, Problem> {
    let wrong = || {
        found
            .problem_showing("must be error, warn, info, debug or trace, or such as warn,app=debug")
    };
    // To the filter a word that is no level is the name of a part, and all others say nothing any more.
    let is_name = |part: &str| !part.contains(['=', '[']) && part.parse::<LevelFilter>().is_err();
    if found.text.split(',').map(str::trim).any(is_name) {
        return Err(wrong());
    }
    let filter = EnvFilter::builder().parse(&found.text);
    filter.map(|_| found.text.clone()).map_err(|_| wrong())
}

fn log_format(found: &Found) -> Result<LogFormat, Problem> {
    match found.text.to_ascii_lowercase().as_str() {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(found.problem_showing("must be text or json")),
    }
}

fn time_zone(found: &Found) -> Result<String, Problem> {
    TimeZone::get(&found.text)
        .map(|_| found.text.clone())
        .map_err(|_| found.problem_showing("must be the name of a time zone such as Asia/Tokyo"))
}

fn emergency_number(found: &Found) -> Result<String, Problem> {
    let is_dialled = found.text.bytes().all(|sign| sign.is_ascii_digit());
    if is_dialled && (2..=15).contains(&found.text.len()) {
        Ok(found.text.clone())
    } else {
        Err(found.problem_showing(
            "must be the number under which an ambulance is called, in digits alone, such as 119, 112 or 911",
        ))
    }
}

fn phone_region(found: &Found) -> Result<PhoneRegion, Problem> {
    PhoneRegion::parse(&found.text).ok_or_else(|| {
        found.problem_showing(
            "must be the code of a country in which numbers are dialled, two letters such as JP, US or GB",
        )
    })
}

fn programmes_dir(found: &Found) -> Result<PathBuf, Problem> {
    let path = PathBuf::from(&found.text);
    match std::fs::metadata(&path) {
        Ok(data) if data.is_dir() => Ok(path),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let why = owner::closed_folder(&path).map_or(String::new(), |why| format!("; {why}"));
            Err(found.problem(format!(
                "must name a folder that can be read; {}: {error}{why}. A service cannot look into /etc/hersys: put the programmes \
                 elsewhere, such as into /usr/local/share/hersys/programmes",
                path.display()
            )))
        }
        _ => Err(found.problem_showing("must name a folder with programme files (*.toml)")),
    }
}
