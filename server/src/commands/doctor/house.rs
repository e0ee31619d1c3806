//! What can go wrong around the program while everybody sleeps: disks that fill up, clocks that drift, messages that do
//! not leave, a server that only seems to write.

use super::Report;
use app::Database;
use app::clock::Clock;
use app::keep;
use jiff::{SignedDuration, Timestamp};
use rustix::process::{Resource, geteuid, getrlimit};
use server::config::{Settings, Source};
use server::owner;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use storage::Db;
use storage::outbox::Queue;
use storage::sight::{self, ConnectionLimit, Messages, Server};

/// Less free space than this is a problem: some days of reports of a large center.
const LEAST_FREE: u64 = 1024 * 1024 * 1024;
/// A larger log beside the embedded database says that nothing tidies it up.
const LARGEST_LOG: u64 = 512 * 1024 * 1024;
/// A process opens this many files where it may, and can do with this many.
const OPEN_FILES: u64 = 16_384;
const FEWEST_FILES: u64 = 4_096;
/// How many connections to the database one process of `serve` has at the most: 14 that work, two by which nodes tell each other
/// something, one for leadership, and one where it makes backups.
const OF_ONE_PROCESS: i64 = 18;
/// How far two clocks may differ: times are shown in minutes.
const SKEW: SignedDuration = SignedDuration::from_secs(30);
/// A message that is overdue for longer does not leave.
const OVERDUE: SignedDuration = SignedDuration::from_mins(5);
/// The same of reminders, which come by the hundred thousand; after three hours they are not sent any more.
const REMINDER_OVERDUE: SignedDuration = SignedDuration::from_mins(120);
/// An alert that waits for longer is nobody's.
const ALERT_WAITS: SignedDuration = SignedDuration::from_mins(30);

const MIB: u64 = 1024 * 1024;

/// The machine: room on the disk, files, who may read them, who is told figures.
pub(super) fn check_machine(report: &mut Report, settings: &Settings) {
    check_disk(report, settings);
    check_files(report, settings);
    check_left_over(report, settings);
    let most = getrlimit(Resource::Nofile).maximum;
    match most {
        Some(most) if most < FEWEST_FILES => report.problem(
            "open files",
            format!(
                "at most {most}, so fewer people than usual can be connected at once; set LimitNOFILE={OPEN_FILES} in \
                 the service, or `ulimit -n {OPEN_FILES}`"
            ),
        ),
        Some(most) => report.ok("open files", format!("up to {most}")),
        None => report.ok("open files", "as many as are needed"),
    }
    match settings.metrics_listen {
        None => report.ok(
            "metrics",
            "not told; HERSYS_METRICS_LISTEN=127.0.0.1:9464 tells them to Prometheus",
        ),
        Some(at) if at.ip().is_loopback() => report.ok("metrics", at.to_string()),
        // Prometheus on another machine of the house is how it is mostly done.
        Some(at) if is_of_the_house(at.ip()) => report.ok(
            "metrics",
            format!("{at}, within the own network; figures name nobody"),
        ),
        Some(at) => report.problem(
            "metrics",
            format!(
                "{at} can be reached from other machines; figures name nobody, but let a firewall admit your Prometheus \
                 only, or use a loopback address"
            ),
        ),
    }
}

/// Whether an address is one of a private network, which nobody outside reaches.
fn is_of_the_house(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private(),
        IpAddr::V6(ip) => ip.is_unique_local(),
    }
}

fn check_disk(report: &mut Report, settings: &Settings) {
    let place = settings.data_place();
    let shown = place.display();
    match rustix::fs::statvfs(&place) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let told = format!("{} MiB free at {shown}", free / MIB);
            if free < LEAST_FREE {
                let more = "; make room or a larger disk: on a full one nobody can report";
                report.problem("disk", format!("only {told}{more}"));
            } else {
                report.ok("disk", told);
            }
        }
        Err(error) => report.problem("disk", format!("{shown} cannot be looked at: {error}")),
    }
}

/// The files of the embedded database.
fn check_files(report: &mut Report, settings: &Settings) {
    let Database::Embedded(file) = settings.database() else {
        return;
    };
    let beside = |end: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    for path in [file.clone(), beside("-wal"), beside("-shm")] {
        let Ok(data) = std::fs::metadata(&path) else {
            continue;
        };
        if data.permissions().mode() & 0o077 != 0 {
            let path = path.display();
            let says = format!("others can read {path}; chmod 600 it");
            report.problem("database file", says);
        }
    }
    for path in owner::files_of(&file)
        .iter()
        .chain([&settings.data_dir.join("master.key")])
    {
        if let Some((of_file, of_folder)) = owner::differ(path) {
            let (path, of_file, of_folder) =
                (path.display(), owner::name(of_file), owner::name(of_folder));
            report.problem(
                "owner",
                format!(
                    "{path} belongs to {of_file}, and its folder to {of_folder}, who may be unable to open it: chown {of_folder} \
                     {path}"
                ),
            );
        }
    }
    let Ok(log) = std::fs::metadata(beside("-wal")) else {
        return;
    };
    let told = format!("{} MiB", log.len() / MIB);
    if log.len() > LARGEST_LOG {
        let more = "it is not tidied up: look for a backup or another program that holds the database open, then \
                    restart hersys";
        report.problem("log of the database", format!("{told}; {more}"));
    } else {
        report.ok("log of the database", told);
    }
}

/// The files of the settings in which secrets stand.
pub(super) fn check_secrets(report: &mut Report, source: &Source) {
    const WHAT: &str = "secrets";
    let files = source.files_with_secrets();
    let mut fine = !files.is_empty();
    for (setting, file) in &files {
        if owner::is_open_to_all(file) {
            fine = false;
            let file = file.display();
            let says = format!(
                "every user of this machine can read {file} ({setting}); chmod 600 it, and let it belong to whoever reads it"
            );
            report.problem(WHAT, says);
        }
    }
    if fine {
        report.ok(WHAT, "not every user of this machine can read their files");
    }
}

/// What a restore or a backup that was killed has left.
fn check_left_over(report: &mut Report, settings: &Settings) {
    for folder in keep::left_over(&settings.database()) {
        let folder = folder.display();
        report.problem(
            "left over",
            format!(
                "{folder} was left by a restore that was killed; the database in it is part of a backup and not encrypted. \
                 Nothing needs it: rm -r {folder} (the next `hersys restore` removes it, too)"
            ),
        );
    }
    for folder in keep::left_over_by_verifying(geteuid().as_raw()) {
        let folder = folder.display();
        report.problem(
            "left over",
            format!(
                "{folder} was left by a `hersys restore --verify` that was killed; the database in it is part of a backup and not \
                 encrypted. Nothing needs it: rm -r {folder} (the next one of the same user removes it, too)"
            ),
        );
    }
    let backups = settings.backups.as_ref().map(|schedule| &schedule.folder);
    for file in backups
        .into_iter()
        .flat_map(|folder| keep::left_over_of_backups(folder))
    {
        let file = file.display();
        report.problem(
            "left over",
            format!(
                "{file} was left by a backup that was killed; it is part of one, and not encrypted where that was asked for. Nothing \
                 needs it: rm {file} (the next backup into that folder removes it, too)"
            ),
        );
    }
}

/// What the store tells: whether "saved" is on disk, and what waits for too long.
pub(super) async fn check_store(report: &mut Report, db: &Db) {
    let now = Clock::System.now();
    let told = db
        .read(move |tx| {
            Ok((
                sight::server(tx)?,
                sight::messages(tx, now)?,
                sight::alerts(tx)?,
            ))
        })
        .await;
    let (server, messages, (alerts, oldest)) = match told {
        Ok(told) => told,
        Err(error) => {
            let says = format!("{error}; `hersys migrate` brings the tables up to date");
            return report.problem("queues", says);
        }
    };
    match server {
        None => report.ok(
            "durability",
            "what is acknowledged is on disk (WAL, synchronous=FULL)",
        ),
        Some(server) => check_server(report, &server, now),
    }
    for (queue, messages) in messages {
        check_messages(report, queue, messages, now);
    }
    let waits = oldest.map_or(SignedDuration::ZERO, |since| now.duration_since(since));
    let told = format!(
        "{alerts} wait to be taken, the oldest for {} min",
        waits.as_mins()
    );
    if waits > ALERT_WAITS {
        let more = "; phone the centers: their worklists show them on top";
        report.problem("alerts", format!("{told}{more}"));
    } else {
        report.ok("alerts", told);
    }
}

fn check_server(report: &mut Report, server: &Server, now: Timestamp) {
    let mut safe = true;
    for (name, value) in &server.durability {
        // `local`, `remote_write` and `remote_apply` are on disk here, too.
        if value == "off" {
            safe = false;
            report.problem(
                "durability",
                format!("{name} is off, so what people were told is saved can be lost; set it to on in postgresql.conf"),
            );
        }
    }
    if safe {
        let told: Vec<String> = server
            .durability
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        report.ok("durability", told.join(", "));
    }
    if server.follows {
        report.problem(
            "database server",
            "it only follows another one and cannot be written to; HERSYS_DATABASE_URL must lead to the leader",
        );
    }
    let skew = now.duration_since(server.clock).abs();
    if skew > SKEW {
        let says = format!(
            "this machine's differs from the database server's by {} s; let both ask a time server (chrony)",
            skew.as_secs()
        );
        report.problem("clocks", says);
    } else {
        report.ok("clocks", "this machine's and the database server's agree");
    }
    let (limit, used, most) = server.connections;
    let (of, raise) = match limit {
        ConnectionLimit::Server => ("", "max_connections"),
        ConnectionLimit::Role => (
            " that the role may have",
            "its limit (ALTER ROLE … CONNECTION LIMIT)",
        ),
        ConnectionLimit::Database => (
            " that the database may have",
            "its limit (ALTER DATABASE … CONNECTION LIMIT)",
        ),
    };
    let told = format!("{used} of {most} connections{of}");
    if most - used < OF_ONE_PROCESS {
        let more = format!(
            "; a further process of `hersys serve`, such as while one is replaced, needs {OF_ONE_PROCESS}: raise \
             {raise}, or stop what does not need them"
        );
        report.problem("connections", format!("{told}{more}"));
    } else {
        report.ok("connections", told);
    }
}

fn check_messages(report: &mut Report, queue: Queue, messages: Messages, now: Timestamp) {
    let (what, patience) = match queue {
        Queue::Mail => ("mails", OVERDUE),
        Queue::Sms => ("SMS", OVERDUE),
        Queue::Reminders => ("reminders", REMINDER_OVERDUE),
    };
    let late = messages
        .late_since
        .map_or(SignedDuration::ZERO, |due| now.duration_since(due));
    let told = format!(
        "{} waiting, {} given up within a day",
        messages.waiting, messages.given_up
    );
    if late > patience {
        let more = format!(
            "; the oldest has been overdue for {} min: is `hersys serve` running, and does the server or gateway answer?",
            late.as_mins()
        );
        report.problem(what, format!("{told}{more}"));
    } else if messages.in_a_row >= sight::IN_A_ROW {
        let who = match queue {
            Queue::Sms => "the SMS gateway",
            Queue::Mail | Queue::Reminders => "the mail server",
        };
        let more = format!(
            "; the last {} were given up one after the other, and none has left since, so it is hardly their recipients: the log \
             of `serve` says what {who} answered, and the worklists show whom they did not reach",
            messages.in_a_row
        );
        report.problem(what, format!("{told}{more}"));
    } else {
        report.ok(what, told);
    }
}

/// Whether somebody takes the traces.
pub(super) async fn check_collector(report: &mut Report, settings: &Settings) {
    let Some(collector) = settings.collector.clone() else {
        return;
    };
    match tokio::task::spawn_blocking(move || collector.answers()).await {
        Ok(Ok(())) => report.ok("traces", "the collector takes them"),
        Ok(Err(says)) => report.problem("traces", format!("the collector: {says}")),
        Err(_) => report.problem("traces", "the collector cannot be asked"),
    }
}
