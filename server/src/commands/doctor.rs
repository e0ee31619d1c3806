//! `hersys doctor`: looks at everything that an installation needs, changes nothing, and tells one line for each.

mod audit_heads;
mod backups;
mod database;
mod house;
mod samples;

pub(super) use samples::{ONLY_SAMPLES, sample_staff};

use super::{mail_sender, programme, say};
use anyhow::Result;
use app::Database;
use app::clock::Clock;
use app::keys::MasterKey;
use app::outbox::MailSender;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use server::config::{MailPlace, Problem, SETTINGS, Settings, Source, mail_server};
use server::owner;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// The clock cannot be before the program was written.
const WRITTEN: Timestamp = Timestamp::constant(1_767_225_600, 0);
/// How long something out there may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Report {
    problems: usize,
}

impl Report {
    fn ok(&mut self, what: &str, says: impl AsRef<str>) {
        say(&format!("ok       {what}: {}", says.as_ref()));
    }

    fn problem(&mut self, what: &str, says: impl AsRef<str>) {
        self.problems += 1;
        say(&format!("problem  {what}: {}", says.as_ref()));
    }

    fn end(self) -> ExitCode {
        match self.problems {
            0 => {
                say("All is well.");
                ExitCode::SUCCESS
            }
            1 => {
                say("There is one problem.");
                ExitCode::FAILURE
            }
            n => {
                say(&format!("There are {n} problems."));
                ExitCode::FAILURE
            }
        }
    }
}

/// `audit_heads`: a file with the ends of the audit log's chains as they were, which is begun or compared and renewed.
pub(super) async fn run(
    source: Result<Source, Problem>,
    audit_heads: Option<&Path>,
) -> Result<ExitCode> {
    let mut report = Report::default();
    let source = match source {
        Ok(source) => source,
        Err(problem) => {
            report.problem("settings", problem.sentence);
            return Ok(report.end());
        }
    };
    let settings = check_settings(&mut report, &source);
    check_clock(&mut report, settings.as_ref());
    if let Some(settings) = settings {
        check_data_dir(&mut report, &settings);
        house::check_machine(&mut report, &settings);
        house::check_secrets(&mut report, &source);
        check_programmes(&mut report, &settings);
        let key = check_key(&mut report, &settings);
        database::check_database(&mut report, &settings, key.as_ref(), audit_heads).await;
        backups::check(&mut report, &settings).await;
        check_mail(&mut report, &settings).await;
        check_sms(&mut report, &settings).await;
        check_single_sign_on(&mut report, &settings).await;
        house::check_collector(&mut report, &settings).await;
    } else {
        say("The rest is not looked at until the settings are right.");
    }
    Ok(report.end())
}

fn check_settings(report: &mut Report, source: &Source) -> Option<Settings> {
    let (settings, problems) = match Settings::load(source) {
        Ok(settings) => {
            let not_given = settings.urls_not_given();
            (Some(settings), not_given)
        }
        Err(problems) => (None, problems),
    };
    for setting in SETTINGS {
        let name = format!("HERSYS_{}", setting.name.to_uppercase());
        let mut fine = true;
        for problem in problems.iter().filter(|p| p.setting.starts_with(&name)) {
            // `HERSYS_LOG` is the beginning of `HERSYS_LOG_FORMAT`, too.
            if [name.as_str(), &format!("{name}_FILE")].contains(&problem.setting.as_str()) {
                report.problem(&name, &problem.sentence);
                fine = false;
            }
        }
        if fine {
            let shown = source.shown(setting);
            report.ok(
                &name,
                shown.unwrap_or_else(|| format!("as usual ({})", setting.usual)),
            );
        }
    }
    for (name, sentence) in source.unknown() {
        report.problem(name, sentence);
    }
    let settings = settings?;
    let behind_proxy = settings
        .public_url
        .as_deref()
        .is_some_and(|u| u.starts_with("https://"));
    if behind_proxy && settings.trusted_proxies.is_empty() {
        report.problem(
            "proxy",
            "HERSYS_PUBLIC_URL is https, so a proxy stands in front; name it in HERSYS_TRUSTED_PROXIES, \
             or all clients look like one",
        );
    }
    Some(settings)
}

fn check_clock(report: &mut Report, settings: Option<&Settings>) {
    let now = Clock::System.now();
    let zone = settings
        .and_then(|s| TimeZone::get(&s.time_zone).ok())
        .unwrap_or(TimeZone::UTC);
    let shown = now.to_zoned(zone).strftime("%Y-%m-%d %H:%M %Z").to_string();
    match settings {
        Some(settings) => match doubt_of_clock(settings, now) {
            Some(doubt) => report.problem("clock", doubt),
            None => report.ok("clock", shown),
        },
        None => match before_the_program(now) {
            Some(doubt) => report.problem("clock", doubt),
            None => report.ok("clock", shown),
        },
    }
}

fn before_the_program(now: Timestamp) -> Option<String> {
    (now < WRITTEN).then(|| format!("it says {now}, which is before this program was written"))
}

/// Why the clock cannot be right, by what lies on the disk.
pub(super) fn doubt_of_clock(settings: &Settings, now: Timestamp) -> Option<String> {
    if let Some(doubt) = before_the_program(now) {
        return Some(doubt);
    }
    let newest = match settings.database() {
        Database::Embedded(path) => newest_write(&path),
        Database::Postgres { .. } => None,
    };
    if newest.is_some_and(|newest| newest > now + SignedDuration::from_mins(5)) {
        return Some(format!(
            "it says {now}, but the database was written later than that"
        ));
    }
    let ahead = settings.backups.as_ref()?.from_the_future(now).ok()?;
    let name = ahead.first()?;
    Some(format!(
        "it says {now}, but the backup {name} bears a later moment"
    ))
}

fn newest_write(database: &Path) -> Option<Timestamp> {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    [database, Path::new(&log)]
        .iter()
        .filter_map(|path| Timestamp::try_from(std::fs::metadata(path).ok()?.modified().ok()?).ok())
        .max()
}

fn check_data_dir(report: &mut Report, settings: &Settings) {
    let path = settings.data_dir.display();
    match std::fs::metadata(&settings.data_dir) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let mut above = settings.data_dir.as_path();
            while let Some(parent) = above.parent()
                && !above.exists()
            {
                above = parent;
            }
            let above = if above.as_os_str().is_empty() {
                std::path::Path::new(".")
            } else {
                above
            };
            let writable = rustix::fs::access(above, rustix::fs::Access::WRITE_OK).is_ok();
            // Some folders say that they can be written and yet take nothing.
            if writable && !above.starts_with("/proc") && !above.starts_with("/sys") {
                report.ok("data directory", format!("{path} will be made"));
            } else {
                let sentence = format!("{path} cannot be made in {}", above.display());
                report.problem("data directory", sentence);
            }
        }
        Err(e) => report.problem("data directory", format!("{path} cannot be read: {e}")),
        Ok(data) if !data.is_dir() => {
            report.problem("data directory", format!("{path} is not a directory"));
        }
        Ok(data) if data.permissions().mode() & 0o077 != 0 => {
            report.problem(
                "data directory",
                format!("others can look into {path}; chmod 700 it"),
            );
        }
        Ok(_) => match rustix::fs::access(&settings.data_dir, rustix::fs::Access::WRITE_OK) {
            Ok(()) => report.ok("data directory", path.to_string()),
            Err(e) => {
                let why = owner::folder_not_to_write(&settings.data_dir.join("hersys.db"));
                let why = why.map_or(String::new(), |why| format!("; {why}"));
                report.problem(
                    "data directory",
                    format!("{path} cannot be written: {e}{why}"),
                );
            }
        },
    }
}

/// The files that `serve` reads at its start, and ends at where one is wrong.
fn check_programmes(report: &mut Report, settings: &Settings) {
    const WHAT: &str = "programmes";
    let Some(folder) = &settings.programmes_dir else {
        return;
    };
    let files = match programme::files_of(folder) {
        Ok(files) => files,
        Err(error) => return report.problem(WHAT, format!("{error:#}")),
    };
    let mut looked = Vec::new();
    let mut wrong = Vec::new();
    for file in &files {
        match programme::look_at(file) {
            Ok(rules) => looked.push((file.clone(), rules)),
            Err(error) => wrong.push(format!("{error:#}; `serve` would end at it")),
        }
    }
    wrong.extend(programme::in_two_files(&looked));
    for sentence in &wrong {
        report.problem(WHAT, sentence.clone());
    }
    let shown = folder.display();
    if let Some(closed) = owner::hidden_from_service(folder, &settings.data_dir) {
        return report.problem(
            WHAT,
            format!(
                "{shown} (HERSYS_PROGRAMMES_DIR) can be read by root and not by the service, which would end at it: {closed}. Put the \
                 programmes elsewhere, such as into /usr/local/share/hersys/programmes"
            ),
        );
    }
    match files.len() {
        _ if !wrong.is_empty() => {}
        0 => report.problem(
            WHAT,
            format!(
                "no file in {shown} (HERSYS_PROGRAMMES_DIR) ends in .toml; is its disk mounted?"
            ),
        ),
        count => report.ok(WHAT, format!("{count} in {shown}, which can be loaded")),
    }
}

/// The key, where there is one already.
fn check_key(report: &mut Report, settings: &Settings) -> Option<MasterKey> {
    if let Some(key) = &settings.master_key {
        report.ok("key", "given");
        return Some(key.clone());
    }
    let file = settings.key_file();
    let path = file.path().display();
    match file.read() {
        Err(problem) => report.problem("key", problem.sentence),
        Ok(None) if has_no_database(settings) == Ok(true) => {
            report.ok("key", format!("{path} will be made"));
        }
        // The line of the database says why it cannot be seen.
        Ok(None) if has_no_database(settings).is_err() => {
            report.problem("key", format!("{path} is not there, or cannot be seen"));
        }
        Ok(None) => report.problem(
            "key",
            format!("{path} is missing, and what the database holds cannot be opened without it"),
        ),
        Ok(Some(key)) if file.is_open_to_others() => {
            report.problem("key", format!("others can read {path}; chmod 600 it"));
            return Some(key);
        }
        Ok(Some(key)) => {
            report.ok("key", path.to_string());
            return Some(key);
        }
    }
    None
}

/// Whether an embedded database is still to be made.
///
/// # Errors
/// In a sentence, where this user may not look.
fn has_no_database(settings: &Settings) -> Result<bool, String> {
    match settings.database() {
        Database::Embedded(path) => owner::database_stands(&path).map(|stands| !stands),
        Database::Postgres { .. } => Ok(false),
    }
}

async fn check_single_sign_on(report: &mut Report, settings: &Settings) {
    let Some(provider) = &settings.single_sign_on else {
        return;
    };
    match tokio::time::timeout(PATIENCE, provider.answers()).await {
        Ok(Ok(())) => report.ok("single sign-on", "the identity provider answers"),
        Ok(Err(says)) => report.problem("single sign-on", says),
        Err(_) => report.problem("single sign-on", "the identity provider cannot be reached"),
    }
}

async fn check_mail(report: &mut Report, settings: &Settings) {
    let place = match settings.mail() {
        Ok(place) => place,
        Err(problem) => return report.problem("mail", problem.sentence),
    };
    if let MailPlace::Folder(folder) = &place {
        let folder = folder.display();
        return report.ok(
            "mail",
            format!("lands in {folder}; nothing leaves this machine"),
        );
    }
    // Never with its password.
    let server = match &place {
        MailPlace::Smtp(url) => mail_server(url).map_or(String::new(), |at| format!(", {at},")),
        MailPlace::Folder(_) => String::new(),
    };
    match mail_sender(&place) {
        Err(problem) => report.problem("mail", problem.sentence),
        Ok(MailSender::Smtp(smtp, _)) => {
            match tokio::time::timeout(PATIENCE, smtp.test_connection()).await {
                Ok(Ok(true)) => report.ok("mail", "the mail server answers"),
                Ok(Ok(false)) => report.problem("mail", "the mail server does not answer as one"),
                Ok(Err(error)) => {
                    let error = error.to_string();
                    let more = match &place {
                        MailPlace::Smtp(url) if speaks_no_tls(url, &error) => {
                            ". This port does not speak TLS at once, as 465 does; where it changes to it (STARTTLS, mostly 587), \
                             write smtp://…?tls=required"
                        }
                        _ => "",
                    };
                    let says = format!(
                        "the mail server (HERSYS_SMTP_URL){server} cannot be reached: {error}{more}"
                    );
                    report.problem("mail", says);
                }
                Err(_) => report.problem(
                    "mail",
                    format!("the mail server (HERSYS_SMTP_URL){server} does not answer"),
                ),
            }
        }
        Ok(MailSender::Folder(_)) => {}
    }
}

/// Whether TLS was spoken from the first byte on to a server that greets in the clear; the library says so in its own words.
fn speaks_no_tls(url: &str, error: &str) -> bool {
    url.starts_with("smtps:") && error.contains("InvalidContentType")
}

/// Whether the gateway can be reached; no message is sent, and nothing is asked.
async fn check_sms(report: &mut Report, settings: &Settings) {
    const WHAT: &str = "SMS gateway";
    for (server, reached) in settings.sms().reached(PATIENCE).await {
        match reached {
            Ok(()) => report.ok(WHAT, format!("{server} answers")),
            Err(says) => report.problem(
                WHAT,
                format!("{server} of the file of HERSYS_SMS_GATEWAY cannot be reached: {says}"),
            ),
        }
    }
}
