//! `hersys backup`, `hersys restore`, `hersys copy-database`: keeping data, and moving them.

use super::say;
use super::signals::Signals;
use anyhow::{Result, anyhow, bail};
use app::Database;
use app::clock::Clock;
use app::keep::{self, Kept, Progress, Recipients, Unlock};
use app::keys::MasterKey;
use clap::Args;
use server::config::{Settings, has_several_at};
use server::owner;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[derive(Args)]
pub struct Backup {
    /// The file to be made, or a folder in which it gets a name of its own
    dest: PathBuf,
    /// Who can open it: a public key of age (age1…); may be given several times
    #[arg(long, value_name = "AGE1…")]
    recipient: Vec<String>,
    /// A file with such keys, one a line
    #[arg(long, value_name = "FILE")]
    recipients_file: Option<PathBuf>,
    /// Write it so that everybody who gets hold of the file can read it
    #[arg(long, conflicts_with_all = ["recipient", "recipients_file"])]
    unencrypted: bool,
}

#[derive(Args)]
pub struct Restore {
    /// The backup
    file: PathBuf,
    /// The file of `age-keygen` with the secret key
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Only check that it is whole and can be restored; no database is touched
    #[arg(long)]
    verify: bool,
}

#[derive(Args)]
pub struct CopyDatabase {
    /// `current`: the embedded database of the settings; or sqlite:PATH
    #[arg(long, default_value = "current", value_name = "FROM")]
    from: String,
    /// An empty database on a server: postgres://user:password@host/database. Better in HERSYS_COPY_TO: others on this
    /// machine can see what a command was given
    #[arg(
        long,
        env = "HERSYS_COPY_TO",
        value_name = "URL",
        hide_env_values = true
    )]
    to: String,
}

pub(super) async fn backup(settings: &Settings, backup: Backup) -> Result<ExitCode> {
    let recipients = recipients(&backup)?;
    let database = settings.database();
    clean_up_when_asked_to_end()?;
    let kept = tokio::task::spawn_blocking(move || {
        keep::backup(&database, &backup.dest, &recipients, Clock::System.now())
            .map(|kept| (kept, recipients))
    })
    .await?;
    let (kept, recipients) = kept.map_err(|error| of_whom(settings, error))?;
    say(&format!(
        "{}: {} rows of {} tables, {} bytes, sha256 {}",
        kept.path.display(),
        kept.rows(),
        kept.tables.len(),
        kept.size,
        kept.sha256
    ));
    if matches!(recipients, Recipients::Everybody) {
        say("It is not encrypted: whoever gets hold of it reads names and reports.");
    }
    say(&about_key(settings, &kept));
    Ok(ExitCode::SUCCESS)
}

/// What is wrong with an embedded database that cannot be read, and why this user cannot.
fn of_whom(settings: &Settings, error: keep::Error) -> anyhow::Error {
    if let (keep::Error::Store(_), Database::Embedded(file)) = (&error, settings.database())
        && let Some(whose) = owner::not_to_use(&file)
    {
        return anyhow!("{error}; {whose}");
    }
    error.into()
}

/// What is to be kept beside a backup. Whoever keeps a key that opens nothing learns of it when it is too late.
fn about_key(settings: &Settings, kept: &Kept) -> String {
    let name = match settings.master_key {
        Some(_) => "HERSYS_MASTER_KEY".to_owned(),
        None => settings.key_file().path().display().to_string(),
    };
    let then = match key(settings) {
        Ok(Some(key)) if kept.is_opened_by(&key) => {
            format!("Keep a copy of {name} apart from the backups.")
        }
        Ok(Some(_)) => format!(
            "{name} is another key and opens nothing of it: find the one with which this database was sealed, and keep a \
             copy of that apart from the backups."
        ),
        Ok(None) | Err(_) => format!(
            "There is none on this machine ({name}): keep a copy of the one with which `serve` runs apart from the backups."
        ),
    };
    format!("The master key is not in it, and nothing sealed can be read without. {then}")
}

fn recipients(backup: &Backup) -> Result<Recipients> {
    if backup.unencrypted {
        return Ok(Recipients::Everybody);
    }
    let mut text = backup.recipient.join("\n");
    if let Some(path) = &backup.recipients_file {
        let more = std::fs::read_to_string(path)
            .map_err(|error| anyhow!("{} cannot be read: {error}", path.display()))?;
        text.push('\n');
        text += &more;
    } else if backup.recipient.is_empty() {
        bail!(
            "say who can open the backup: --recipient age1… (make a key with `age-keygen -o key.txt`, keep that file \
             elsewhere), or --unencrypted"
        );
    }
    Ok(Recipients::parse(&text)?)
}

pub(super) async fn restore(settings: &Settings, restore: Restore) -> Result<ExitCode> {
    let unlock = match &restore.identity {
        Some(path) => Unlock::read(path)?,
        None => Unlock::default(),
    };
    let key = key(settings)?;
    let now = Clock::System.now();
    clean_up_when_asked_to_end()?;
    if restore.verify {
        let (kept, lines) = keep::verify(&restore.file, &unlock, key.as_ref(), now).await?;
        tell(&kept);
        say(&match lines {
            Some(lines) => format!("The audit log in it: {lines} lines, none altered or missing."),
            None => {
                "The audit log in it was not looked at: there is no master key here.".to_owned()
            }
        });
        say("The backup is whole.");
        return Ok(ExitCode::SUCCESS);
    }
    let Some(key) = key else {
        bail!(
            "the master key of the backed-up database is needed first: put it at {}, or give HERSYS_MASTER_KEY",
            settings.key_file().path().display()
        );
    };
    let database = settings.database();
    if matches!(database, Database::Embedded(_)) {
        settings.make_data_dir()?;
    }
    let kept = tokio::task::spawn_blocking(move || {
        keep::restore(&restore.file, &unlock, &database, &key, now)
    })
    .await??;
    tell(&kept);
    if let Database::Postgres { url, schema } = settings.database() {
        make_partitions(&url, schema.as_deref()).await;
    }
    say("All is restored, and was read again and compared. `hersys doctor` looks at the rest.");
    Ok(ExitCode::SUCCESS)
}

/// What is made of a backup is not encrypted, nor is each backup: whoever ends the command must not leave a part of it behind.
fn clean_up_when_asked_to_end() -> Result<()> {
    let mut signals = Signals::new()?;
    tokio::spawn(async move {
        let signal = signals.next().await;
        keep::abandon(|| {
            eprintln!("hersys: ended before it was done; what it had written was removed");
            // As a shell tells of who was ended so.
            std::process::exit(128 + signal.as_raw_value());
        });
    });
    Ok(())
}

fn tell(kept: &Kept) {
    for (table, rows) in &kept.tables {
        say(&format!("{rows:>12} {table}"));
    }
    say(&format!(
        "{:>12} rows of {} tables",
        kept.rows(),
        kept.tables.len()
    ));
}

/// The key where there is one; a new one would open nothing.
fn key(settings: &Settings) -> Result<Option<MasterKey>> {
    Ok(match &settings.master_key {
        Some(key) => Some(key.clone()),
        None => settings.key_file().read()?,
    })
}

pub(super) async fn copy_database(settings: &Settings, copy: CopyDatabase) -> Result<ExitCode> {
    let from = match (copy.from.as_str(), settings.database()) {
        ("current", Database::Embedded(path)) => path,
        ("current", Database::Postgres { .. }) => bail!(
            "the settings name a server already; say with --from sqlite:PATH which embedded database is meant"
        ),
        (other, _) => match other.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => PathBuf::from(path),
            _ => bail!("--from must be current, or sqlite: and a path"),
        },
    };
    let schemes = ["postgres://", "postgresql://"];
    match schemes
        .iter()
        .find_map(|scheme| copy.to.strip_prefix(scheme))
    {
        // What follows the first one would be looked up as a host, and told as one that is not found.
        Some(rest) if has_several_at(rest) => {
            bail!("--to (HERSYS_COPY_TO) has an @ in its user or password: write it there as %40")
        }
        Some(_) => {}
        None => {
            bail!("--to (HERSYS_COPY_TO) must look like postgres://user:password@host/database")
        }
    }
    let Some(key) = key(settings)? else {
        bail!(
            "the master key is missing: put it at {}, or give HERSYS_MASTER_KEY",
            settings.key_file().path().display()
        );
    };
    let (shown, to) = (from.display().to_string(), copy.to.clone());
    let copied = tokio::task::spawn_blocking(move || {
        let mut last = Instant::now();
        keep::copy_database(&from, (&to, None), &key, Clock::System.now(), |progress| {
            match progress {
                Progress::GoesOn => eprintln!("an earlier copy is gone on with"),
                Progress::Rows(table, done, all) => {
                    if done == all || last.elapsed() > Duration::from_secs(1) {
                        eprintln!("{table}: {done} of {all}");
                        last = Instant::now();
                    }
                }
                Progress::Agrees(table, sum) => {
                    say(&format!(
                        "{:>12} {table}: both agree ({})",
                        sum.rows,
                        &sum.hash()[..16]
                    ));
                }
            }
            Ok(())
        })
    })
    .await?;
    copied?;
    say(
        "All is copied. Set HERSYS_DATABASE_URL to the new one and start again, with the same key: HERSYS_MASTER_KEY_FILE, but \
         where systemd hands it to the service already.",
    );
    say(&format!("Keep {shown} until all is well."));
    make_partitions(&copy.to, None).await;
    Ok(ExitCode::SUCCESS)
}

/// As `serve` does within the hour; what looks at the database before then finds all in order.
async fn make_partitions(url: &str, schema: Option<&str>) {
    let made = async {
        let db = storage::Db::postgres(url, schema).await?;
        app::partitions::make(&db, Clock::System.now()).await
    };
    super::partitions::made(made.await);
}
