//! `hersys doctor`: looks at everything that an installation needs, changes nothing, and tells one line for each.

mod audit_heads;
mod house;

use super::{mail_sender, say};
use anyhow::Result;
use app::Database;
use app::clock::Clock;
use app::health_center::lacks_phone;
use app::keys::{Keys, MasterKey};
use app::outbox::MailSender;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rustix::fs::Access;
use server::config::{MailPlace, Problem, SETTINGS, Settings, Source};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use storage::Db;
use storage::engine::check_log;

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
        let key = check_key(&mut report, &settings);
        check_database(&mut report, &settings, key.as_ref(), audit_heads).await;
        house::check_backups(&mut report, &settings);
        check_mail(&mut report, &settings).await;
        check_single_sign_on(&mut report, &settings).await;
        house::check_collector(&mut report, &settings).await;
    } else {
        say("The rest is not looked at until the settings are right.");
    }
    Ok(report.end())
}

fn check_settings(report: &mut Report, source: &Source) -> Option<Settings> {
    let (settings, problems) = match Settings::load(source) {
        Ok(settings) => (Some(settings), Vec::new()),
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
    let newest = settings.and_then(|s| match s.database() {
        Database::Embedded(path) => newest_write(&path),
        Database::Postgres { .. } => None,
    });
    if now < WRITTEN {
        report.problem(
            "clock",
            format!("it says {shown}, which is before this program was written"),
        );
    } else if newest.is_some_and(|newest| newest > now + SignedDuration::from_mins(5)) {
        report.problem(
            "clock",
            format!("it says {shown}, but the database was written later than that"),
        );
    } else {
        report.ok("clock", shown);
    }
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
            Err(e) => report.problem("data directory", format!("{path} cannot be written: {e}")),
        },
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
        Ok(None) if has_no_database(settings) => report.ok("key", format!("{path} will be made")),
        Ok(None) => report.problem(
            "key",
            format!("{path} is missing, and what the database holds cannot be opened without it"),
        ),
        Ok(Some(_)) if file.is_open_to_others() => {
            report.problem("key", format!("others can read {path}; chmod 600 it"));
        }
        Ok(Some(key)) => {
            report.ok("key", path.to_string());
            return Some(key);
        }
    }
    None
}

fn has_no_database(settings: &Settings) -> bool {
    matches!(settings.database(), Database::Embedded(path) if !path.exists())
}

async fn check_database(
    report: &mut Report,
    settings: &Settings,
    key: Option<&MasterKey>,
    audit_heads: Option<&Path>,
) {
    if has_no_database(settings) {
        return match settings.database() {
            Database::Embedded(file) => match check_log(&file) {
                Ok(()) => report.ok(
                    "database",
                    format!("none yet; the first start makes {}", file.display()),
                ),
                Err(error) => report.problem("database", error.to_string()),
            },
            Database::Postgres { .. } => {}
        };
    }
    if let Database::Embedded(file) = settings.database()
        && let Err(error) = rustix::fs::access(&file, Access::READ_OK | Access::WRITE_OK)
    {
        let says = format!(
            "{} cannot be read and written by this user: {error}",
            file.display()
        );
        return report.problem("database", says);
    }
    let opening = async {
        let db = match settings.database() {
            Database::Embedded(path) => Db::sqlite(&path)?,
            Database::Postgres { url, schema } => Db::postgres(&url, schema.as_deref()).await?,
        };
        let described = db.describe().await?;
        Ok::<_, storage::Error>((db, described))
    };
    let db = match tokio::time::timeout(PATIENCE, opening).await {
        Ok(Ok((db, described))) => {
            report.ok("database", described);
            db
        }
        Ok(Err(error)) => return report.problem("database", error.to_string()),
        Err(_) => return report.problem("database", "it does not answer"),
    };
    match storage::migrations::look(&db).await {
        Ok(Some(seen)) if seen.missing > 0 => report.ok(
            "tables",
            format!(
                "{} changes are to come; `hersys migrate` or `hersys serve` makes them",
                seen.missing
            ),
        ),
        Ok(Some(seen)) if seen.newer > 0 => report.ok(
            "tables",
            format!(
                "{} changes of a newer release, with which this one goes on working",
                seen.newer
            ),
        ),
        Ok(Some(_)) => report.ok("tables", "up to date"),
        Ok(None) => {
            report.ok(
                "tables",
                "none yet; `hersys migrate` or `hersys serve` makes them",
            );
            return;
        }
        Err(error) => return report.problem("tables", error.to_string()),
    }
    let key = check_sealed(report, &db, key).await;
    if check_audit(report, &db, key).await
        && let Some(file) = audit_heads
    {
        audit_heads::check(report, &db, file).await;
    }
    check_centers(report, &db).await;
    house::check_store(report, &db).await;
    check_partitions(report, &db).await;
    check_purged(report, &db).await;
    match db.read(storage::outbox::counts).await {
        Ok(counts) => {
            let told = format!(
                "{} waiting, {} sent lately, {} given up",
                counts.waiting, counts.sent, counts.given_up
            );
            if counts.given_up > 0 {
                let more =
                    "; the worklists show whom they did not reach, and the log of `serve` why";
                report.problem("outbox", format!("{told}{more}"));
            } else {
                report.ok("outbox", told);
            }
        }
        Err(error) => report.problem("outbox", error.to_string()),
    }
}

/// Hands the key on where it fits: with another one everything looks as if somebody had altered it.
async fn check_sealed<'k>(
    report: &mut Report,
    db: &Db,
    key: Option<&'k MasterKey>,
) -> Option<&'k MasterKey> {
    const WHAT: &str = "sealed data";
    let stands = db.read(|tx| storage::settings::get(tx, "key_check")).await;
    match (stands, key) {
        (Ok(Some(stands)), Some(key)) if stands == Keys::new(key).check_value() => {
            report.ok(WHAT, "the key fits");
            return Some(key);
        }
        (Ok(Some(_)), Some(_)) => report.problem(
            WHAT,
            "the key does not fit: the database was sealed with another one; put that back (HERSYS_MASTER_KEY_FILE)",
        ),
        (Ok(Some(_)), None) => report.problem(WHAT, "not looked at without a key"),
        (Ok(None), _) => report.ok(WHAT, "none yet"),
        (Err(error), _) => report.problem(WHAT, error.to_string()),
    }
    None
}

/// Whether people can reach each center: where a registration is refused, nothing else helps them.
async fn check_centers(report: &mut Report, db: &Db) {
    let centers = match db.read(storage::health_center::all).await {
        Ok(centers) => centers,
        Err(error) => return report.problem("health centers", error.to_string()),
    };
    let mute = centers.iter().filter(|c| lacks_phone(&c.contact));
    let mut fine = true;
    for center in mute {
        fine = false;
        report.problem(
            "health centers",
            format!(
                "{:?} has no phone number, so that nobody who is ill can call it; set it in the console under \
                 Contact of the center, or with `hersys provision`",
                center.name
            ),
        );
    }
    // An installation without any staff is still being set up.
    let (staff, lonely) = match db
        .read(|tx| {
            Ok((
                storage::staff::count(tx)?,
                storage::jurisdiction::centers_without_staff(tx)?,
            ))
        })
        .await
    {
        Ok(found) => found,
        Err(error) => return report.problem("health centers", error.to_string()),
    };
    for name in lonely.into_iter().filter(|_| staff > 0) {
        fine = false;
        report.problem(
            "health centers",
            format!(
                "nobody works at {name:?}, so that nobody is told of its alerts; invite somebody in the console under \
                 Staff, or close the place there if it was added by mistake"
            ),
        );
    }
    if fine {
        let told = format!("{}, each with a phone number", centers.len());
        report.ok("health centers", told);
    }
}

/// Tells whether the log is whole in itself.
async fn check_audit(report: &mut Report, db: &Db, key: Option<&MasterKey>) -> bool {
    let Some(key) = key else {
        report.problem("audit log", "not looked at without the key that fits");
        return false;
    };
    match app::audit::check(db, &Keys::new(key)).await {
        Ok(None) => report.ok(
            "audit log",
            "none yet: this release makes one when it starts",
        ),
        Ok(Some(found)) if found.problems.is_empty() => {
            report.ok(
                "audit log",
                format!("{} lines, none altered or missing", found.lines),
            );
            return true;
        }
        Ok(Some(found)) => report.problem(
            "audit log",
            format!(
                "somebody has tampered with it: {}",
                found.problems.join("; ")
            ),
        ),
        Err(error) => report.problem("audit log", error.to_string()),
    }
    false
}

async fn check_partitions(report: &mut Report, db: &Db) {
    match app::partitions::check(db, Clock::System.now()).await {
        Ok(found) if found.standing == 0 => {}
        Ok(found) if found.problems.is_empty() => report.ok(
            "partitions",
            format!("{} stand, the next half-year's among them", found.standing),
        ),
        Ok(found) => report.problem("partitions", found.problems.join("; ")),
        Err(error) => report.problem("partitions", error.to_string()),
    }
}

/// Whether bytes of what was purged may be left in the file.
async fn check_purged(report: &mut Report, db: &Db) {
    match db.read(storage::retention::bytes_left).await {
        Ok(None) => report.ok("purged records", "the database was cleaned after the last purge"),
        Ok(Some(_)) => report.problem(
            "purged records",
            "bytes of them may stand in free room of the database; run `hersys purge --rewrite` in a quiet hour",
        ),
        Err(error) => report.problem("purged records", error.to_string()),
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
    match mail_sender(&place) {
        Err(problem) => report.problem("mail", problem.sentence),
        Ok(MailSender::Smtp(smtp)) => {
            match tokio::time::timeout(PATIENCE, smtp.test_connection()).await {
                Ok(Ok(true)) => report.ok("mail", "the mail server answers"),
                Ok(Ok(false)) => report.problem("mail", "the mail server does not answer as one"),
                Ok(Err(error)) => {
                    let says =
                        format!("the mail server (HERSYS_SMTP_URL) cannot be reached: {error}");
                    report.problem("mail", says);
                }
                Err(_) => {
                    report.problem("mail", "the mail server (HERSYS_SMTP_URL) does not answer")
                }
            }
        }
        Ok(MailSender::Folder(_)) => {}
    }
}
