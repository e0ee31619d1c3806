//! The commands of the operator.

mod center;
mod doctor;
mod import;
mod keep;
mod opening;
mod partitions;
mod place;
mod programme;
mod provision;
mod purge;
mod rules;
mod serve;
mod signals;
mod staff;

use anyhow::{Context, Result, anyhow, bail};
use app::Database;
use app::case_import::Meant;
use app::outbox::MailSender;
use center::{center, first_contact};
use clap::{Args, Parser, Subcommand};
use opening::{open, open_quietly, open_standing, open_to_migrate, open_to_try, with_full_disk};
use server::config::{MailPlace, Problem, Settings, Source};
use server::{logs, owner};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;
use storage::engine::carry_log_if_last;
use tokio::runtime::Runtime;

/// My HER-SYS: people ill at home report their condition to their public health center.
#[derive(Parser)]
#[command(name = "hersys", version, propagate_version = true)]
#[command(
    after_help = "Settings come from the environment (HERSYS_…) and from a TOML file; \
    `hersys doctor` shows and checks all of them.\nTo try everything with sample people: hersys serve --demo"
)]
pub struct Cli {
    /// A TOML file with settings; also HERSYS_CONFIG. The environment stands above it
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the portal and the console
    Serve {
        /// Fill an embedded database of its own, in the folder demo of the data directory, with a sample center and sample people,
        /// and tell what to type
        #[arg(long)]
        demo: bool,
    },
    /// Bring the database up to date; `serve` does it, too, and no other command
    Migrate,
    /// Staff members of health centers
    #[command(subcommand)]
    Staff(Staff),
    /// Places: the nation, prefectures, health centers, medical institutions
    #[command(subcommand)]
    Place(Place),
    /// Import cases from a CSV file or an Excel workbook (.xlsx): all rows are good, or none is imported. Rows whose persons may be registered already are
    /// left out. Prints the rows with their HER-SYS IDs as CSV. Up to 1,000 are written at once; more some at a time, so that
    /// nobody waits: run it again if it is interrupted
    Import(Import),
    /// Programmes: the questionnaires of a disease
    #[command(subcommand)]
    Programme(Programme),
    /// Rules: what reports ask and mean, how long people isolate, what physicians notify
    #[command(subcommand)]
    Rules(Rules),
    /// Set up places, contacts, deadlines and staff as a file says. Contacts and deadlines are set as it says, also where they
    /// stood otherwise; places and staff that stand are left as they are
    Provision {
        /// The file (TOML), such as docs/examples/provision.toml; `-`: standard input
        file: PathBuf,
        /// Only tell what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Tell how large the reports and the audit log are, in bytes a row, and which partitions they have; or put a half-year of
    /// reports back
    Partitions {
        /// The table of a half-year that was taken out and stands beside the others again, such as `pg_restore` leaves it: each
        /// report goes to the record of which it is now
        #[arg(long, value_name = "TABLE")]
        attach: Option<String>,
    },
    /// Write a whole backup while everything goes on, encrypted to one or several age keys
    Backup(keep::Backup),
    /// Check a backup, or restore it into an empty database
    Restore(keep::Restore),
    /// Move from the embedded database to PostgreSQL; goes on where it stood if it is cut short
    CopyDatabase(keep::CopyDatabase),
    /// Purge closed records whose time is over; `serve` does it every hour, too
    Purge {
        /// Only tell how many there are
        #[arg(long)]
        dry_run: bool,
        /// Rewrite the database afterwards, so that no byte is left in free room; whoever writes waits for it
        #[arg(long, conflicts_with = "dry_run")]
        rewrite: bool,
    },
    /// Check the settings, the database, the key, the mail server, the SMS gateway and the clock
    Doctor {
        /// Keep the ends of the audit log in this file, and compare them with those kept before; best on another machine
        #[arg(long, value_name = "FILE")]
        audit_heads: Option<std::path::PathBuf>,
    },
}

#[derive(Subcommand)]
enum Staff {
    /// Show who works where, with the addresses: one line each, for whoever has the shell. Nothing of it goes into a log
    List,
    /// Let a staff member sign in to the console
    Add(StaffAdd),
    /// Give a staff member a new password and let them set the second factor up anew; role and place stay
    Reset(StaffReset),
    /// Give a staff member another place or role; password and second factor stay
    Move(StaffMove),
}

#[derive(Subcommand)]
enum Place {
    /// Show the tree
    List,
    /// Add a place below another one
    Add(place::Add),
    /// Give a place another name
    Rename(place::Rename),
}

#[derive(Args)]
struct StaffAdd {
    /// The e-mail address with which to sign in
    #[arg(long)]
    email: String,
    /// The name that colleagues and patients see
    #[arg(long)]
    name: String,
    /// The health center; may be left out where there is just one
    #[arg(long, value_name = "NAME", conflicts_with = "place")]
    center: Option<String>,
    /// Instead of a health center: the nation, a prefecture or a medical institution, as `hersys place list` names it
    #[arg(long, value_name = "NAME")]
    place: Option<String>,
    /// Where several places have this name: the place right above the one that is meant
    #[arg(long, value_name = "NAME", requires = "place")]
    below: Option<String>,
    /// analyst (of the nation), prefecture_officer, administrator, nurse, clerk, contractor, medical_institution
    #[arg(long, default_value = "administrator")]
    role: String,
    /// Read the password from a file (`-`: standard input) instead of asking for it
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[derive(Args)]
struct StaffReset {
    /// The e-mail address with which the staff member signs in
    #[arg(long)]
    email: String,
    /// Let somebody in again who was shut out
    #[arg(long)]
    let_in: bool,
    /// Read the password from a file (`-`: standard input) instead of asking for it
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[derive(Args)]
struct StaffMove {
    /// The e-mail address with which the staff member signs in
    #[arg(long)]
    email: String,
    /// The health center where they work from now on; left out, they stay where they are
    #[arg(long, value_name = "NAME", conflicts_with = "place")]
    center: Option<String>,
    /// Instead of a health center: the nation, a prefecture or a medical institution, as `hersys place list` names it
    #[arg(long, value_name = "NAME")]
    place: Option<String>,
    /// Where several places have this name: the place right above the one that is meant
    #[arg(long, value_name = "NAME", requires = "place")]
    below: Option<String>,
    /// The role from now on; left out, it stays. analyst (of the nation), prefecture_officer, administrator, nurse, clerk,
    /// contractor, medical_institution
    #[arg(long)]
    role: Option<String>,
    /// Let somebody in again who was shut out
    #[arg(long)]
    let_in: bool,
}

#[derive(Args)]
struct Import {
    /// The file: a workbook, or CSV in UTF-8 or Shift_JIS; `-`: standard input
    file: PathBuf,
    /// The health center; may be left out where there is just one
    #[arg(long, value_name = "NAME")]
    center: Option<String>,
    /// Only tell what is wrong with the file, and who may be registered already
    #[arg(long)]
    dry_run: bool,
    /// Import these rows all the same, though somebody like them stands already: twins, further illnesses. Numbers of lines
    /// such as 3,7, or `all`
    #[arg(long, value_name = "LINES", value_parser = import::meant)]
    meant: Option<Meant>,
}

#[derive(Subcommand)]
enum Programme {
    /// Load a programme file for all: the same as `rules load`
    Load {
        /// The file (TOML); `-`: standard input
        file: PathBuf,
        /// Why; stands in the history that the centers see. Needed where something is new
        #[arg(long, value_name = "TEXT", default_value = "")]
        why: String,
        /// It is meant that something alarms no more that does now
        #[arg(long)]
        silences: bool,
    },
}

#[derive(Subcommand)]
enum Rules {
    /// Load a file of dated rules of one kind; rules that stand already are left as they are
    Load(rules::Load),
    /// Take a rule back: one that is planned never holds, one that holds ends, and what holds above it holds again
    End(rules::End),
    /// Tell which rules hold for all, and which were set
    List,
    /// Print the rule that holds for all today, as a file
    Show {
        /// questionnaire, course, isolation, notification, messages
        kind: String,
        /// The disease, by its short name
        #[arg(default_value = app::programme::PROGRAMME)]
        programme: String,
    },
}

/// How long the threads of a store take to let go of it at the most.
const LETS_GO: Duration = Duration::from_millis(200);

/// How long what is under way on threads of its own may take when a command has ended: a backup that waits for a server, a table
/// that is cleaned.
const LAST_WORK: Duration = Duration::from_secs(5);

/// Runs a command.
pub fn run(cli: Cli) -> Result<ExitCode> {
    let runtime = Runtime::new().context("the program cannot start")?;
    let ended = run_on(&runtime, cli);
    // Only dropped, it would wait for all of that, however long, and nobody could end it.
    runtime.shutdown_timeout(LAST_WORK);
    // What it leaves of a backup may not be encrypted.
    app::keep::abandon(|| {});
    ended
}

fn run_on(runtime: &Runtime, cli: Cli) -> Result<ExitCode> {
    runtime.block_on(async {
        let source = Source::read(cli.config.as_deref(), std::env::vars_os());
        if let Command::Doctor { audit_heads } = cli.command {
            return all_told(doctor::run(source, audit_heads.as_deref()).await);
        }
        let source = source?;
        let settings = Settings::load(&source).map_err(first)?;
        app::set_emergency_number(&settings.emergency_number);
        domain::phone::set_region(settings.phone_region);
        let key_file = settings.key_file().path().to_owned();
        let is_serve = matches!(cli.command, Command::Serve { .. });
        let usual = if is_serve { "info" } else { "warn" };
        let traces = logs::begin(&settings, usual, is_serve).context("traces cannot begin")?;
        for (name, sentence) in source.unknown() {
            tracing::warn!("{name} {sentence}");
        }
        let file = match settings.database() {
            // It carries its log by itself, for the sample data, too.
            _ if is_serve => None,
            Database::Embedded(file) => Some(file),
            Database::Postgres { .. } => None,
        };
        let ended = match cli.command {
            Command::Serve { demo } => serve::run(settings.clone(), demo, traces).await,
            Command::Migrate => migrate(&settings).await,
            Command::Staff(Staff::List) => staff::list(&settings).await,
            Command::Staff(Staff::Add(add)) => staff::add(&settings, add).await,
            Command::Staff(Staff::Reset(reset)) => staff::reset(&settings, reset).await,
            Command::Staff(Staff::Move(to)) => staff::move_to(&settings, to).await,
            Command::Place(Place::List) => place::list(&settings).await,
            Command::Place(Place::Add(add)) => place::add(&settings, add).await,
            Command::Place(Place::Rename(rename)) => place::rename(&settings, rename).await,
            Command::Import(import) => import::run(&settings, import).await,
            Command::Programme(Programme::Load {
                file,
                why,
                silences,
            }) => programme::load(&settings, &file, (&why, silences)).await,
            Command::Rules(Rules::Load(load)) => rules::load(&settings, load).await,
            Command::Rules(Rules::End(end)) => rules::end(&settings, end).await,
            Command::Rules(Rules::List) => rules::list(&settings).await,
            Command::Rules(Rules::Show { kind, programme }) => {
                rules::show(&settings, &kind, &programme).await
            }
            Command::Provision { file, dry_run } => provision::run(&settings, &file, dry_run).await,
            Command::Purge { dry_run, rewrite } => purge::run(&settings, dry_run, rewrite).await,
            Command::Partitions { attach: None } => partitions::list(&settings).await,
            Command::Partitions {
                attach: Some(table),
            } => partitions::attach(&settings, &table).await,
            Command::Backup(backup) => keep::backup(&settings, backup).await,
            Command::Restore(restore) => keep::restore(&settings, restore).await,
            Command::CopyDatabase(copy) => keep::copy_database(&settings, copy).await,
            Command::Doctor { .. } => Ok(ExitCode::SUCCESS),
        };
        let ended = ended.map_err(|error| with_full_disk(error, &settings));
        if let Some(file) = file {
            // Where no server does it by itself.
            let _ = carry_log_if_last(&file, LETS_GO);
            for path in owner::files_of(&file) {
                owner::hand_over(&path);
            }
            owner::hand_over(&key_file);
        }
        if is_serve { ended } else { all_told(ended) }
    })
}

/// One sentence stops a start; `doctor` tells all.
fn first(problems: Vec<Problem>) -> anyhow::Error {
    let more = problems.len().saturating_sub(1);
    match problems.into_iter().next() {
        None => anyhow!("the settings cannot be read"),
        Some(problem) if more == 0 => anyhow::Error::new(problem),
        Some(problem) => anyhow!("{problem} ({more} more to mend: `hersys doctor` tells all)"),
    }
}

async fn migrate(settings: &Settings) -> Result<ExitCode> {
    let app = open_to_migrate(settings).await?;
    // As `serve` does within the hour; what looks at the database before then finds all in order.
    partitions::made(app.system_desk().make_partitions().await);
    let store = app.system_desk().describe_store().await?;
    say(&format!("The database ({store}) is up to date."));
    Ok(ExitCode::SUCCESS)
}

fn mail_sender(place: &MailPlace) -> Result<MailSender, Problem> {
    match place {
        MailPlace::Smtp(url) => {
            MailSender::smtp(url).map_err(|says| Problem::with("smtp_url", says))
        }
        MailPlace::Folder(folder) => Ok(MailSender::Folder(folder.clone())),
    }
}

/// The bytes of a file, or of standard input where it is `-`; at most a little more than `most`.
fn read_bytes(path: &Path, most: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = most as u64 + 1;
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(bytes)
}

/// What kept a line from standard output, the first time.
static UNTOLD: OnceLock<std::io::Error> = OnceLock::new();

/// A line on standard output. Where it cannot be written, [`all_told`] says so at the end: what was begun is done all the same.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
        let _ = UNTOLD.set(error);
    }
}

/// How a command ends that had something to tell: a file that holds a part of it must not look whole. Whoever closed standard
/// output does not want to read on, which is no failure.
fn all_told(ended: Result<ExitCode>) -> Result<ExitCode> {
    match UNTOLD.get() {
        Some(error) if ended.is_ok() && error.kind() != ErrorKind::BrokenPipe => bail!(
            "what this command had to tell could not be written, so that it is not whole: {error}. What it did stands"
        ),
        _ => ended,
    }
}
