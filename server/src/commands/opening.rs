//! How a command opens the house.

use anyhow::{Context, Result, anyhow, bail};
use app::keep;
use app::keys::MasterKey;
use app::outbox::MailSender;
use app::{App, AppConfig, Database, Opening, clock::Clock};
use server::config::{DatabasePlace, Settings};
use server::{disk, owner};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use storage::engine::check_log;
use tempfile::TempDir;

/// Opens the house for a command that means a database which stands: in the wrong folder, or with a setting left out, a new one
/// would be made, and everything in it would be missing.
pub(super) async fn open_standing(settings: &Settings) -> Result<App> {
    match settings.database() {
        Database::Embedded(file) => {
            if !stands(&file)? {
                bail!(
                    "there is no database at {}; name it with HERSYS_DATABASE_URL or HERSYS_DATA_DIR, or make it with `hersys migrate`",
                    file.display()
                );
            }
        }
        // Into a database that only was looked at, a backup can still be restored.
        server => {
            if !has_tables(server).await? {
                bail!(
                    "there are no tables of hersys in the database of HERSYS_DATABASE_URL; name another one, restore a \
                     backup into it, or make it with `hersys migrate`"
                );
            }
        }
    }
    open_nowhere(settings, Opening::AsItIs).await
}

/// As [`open_standing`], for a command that only tells what it would do: where nothing stands yet, it is tried on a database
/// that is thrown away with the folder.
pub(super) async fn open_to_try(settings: &Settings) -> Result<(Option<TempDir>, App)> {
    let stands = match settings.database() {
        Database::Embedded(file) => stands(&file)?,
        server => has_tables(server).await?,
    };
    if stands {
        return Ok((None, open_nowhere(settings, Opening::AsItIs).await?));
    }
    let scratch = tempfile::tempdir().context("there is no room to try it")?;
    let settings = Settings {
        database: DatabasePlace::DataDir,
        data_dir: scratch.path().join("data"),
        master_key: Some(MasterKey::generate()),
        ..settings.clone()
    };
    // The store ends before its folder goes.
    let app = open_nowhere(&settings, Opening::MakeNew).await?;
    Ok((Some(scratch), app))
}

/// Whether a server's database has tables of ours.
async fn has_tables(server: Database) -> Result<bool> {
    let found = tokio::task::spawn_blocking(move || keep::is_there(&server)).await?;
    // Opening says in full what is wrong.
    Ok(!matches!(found, Ok(false)))
}

/// Opens the house for a command that listens nowhere and sends nothing; what it promises, the server sends. Where nothing stands
/// yet, that makes a new installation; one of an older release is left to `serve` and `migrate`.
pub(super) async fn open_quietly(settings: &Settings) -> Result<App> {
    open_and_tell(settings, Opening::MakeNew).await
}

/// As [`open_quietly`], and brings what stands up to date.
pub(super) async fn open_to_migrate(settings: &Settings) -> Result<App> {
    open_and_tell(settings, Opening::BringUp).await
}

/// Says so where a new installation is made: whoever stands in the wrong folder would look for it in vain.
async fn open_and_tell(settings: &Settings, opening: Opening) -> Result<App> {
    let made = not_yet(settings)?;
    let app = open_nowhere(settings, opening).await?;
    if let Some(file) = made {
        // What a command prints may go into a file.
        eprintln!(
            "A new installation was made at {}: there was none.",
            file.display()
        );
    }
    Ok(app)
}

/// Where the embedded database will stand, in full, if it does not stand yet.
pub(super) fn not_yet(settings: &Settings) -> Result<Option<PathBuf>> {
    match settings.database() {
        Database::Embedded(file) if !stands(&file)? => {
            Ok(Some(std::path::absolute(&file).unwrap_or(file)))
        }
        _ => Ok(None),
    }
}

fn stands(file: &Path) -> Result<bool> {
    let stands = || owner::database_stands(file).map_err(|says| anyhow!(says));
    if stands()? {
        return Ok(true);
    }
    check_log(file)?;
    match owner::without_a_byte(file) {
        Some(says) => bail!(says),
        // Somebody else may have made it meanwhile.
        None => stands(),
    }
}

/// The folder in which an embedded database is to stand, where there is none: only the data directory is made by itself.
pub(super) fn missing_folder(settings: &Settings) -> Option<String> {
    let DatabasePlace::File(file) = &settings.database else {
        return None;
    };
    let folder = file.parent()?;
    let stands = folder.as_os_str().is_empty() || folder.is_dir();
    let folder = folder.display();
    (!stands).then(|| {
        format!("the folder {folder} of HERSYS_DATABASE_URL does not exist; make it, or is its disk not mounted?")
    })
}

async fn open_nowhere(settings: &Settings, opening: Opening) -> Result<App> {
    let nowhere = MailSender::Folder(settings.data_dir.join("outbox"));
    let at = (settings.portal_listen, settings.console_listen);
    open_to(settings, at, nowhere, opening).await
}

/// Opens the house to serve, given where the portal and the console listen in the end.
pub(super) async fn open(
    settings: &Settings,
    at: (Option<SocketAddr>, Option<SocketAddr>),
    mail: MailSender,
) -> Result<App> {
    open_to(settings, at, mail, Opening::BringUp).await
}

async fn open_to(
    settings: &Settings,
    (portal, console): (Option<SocketAddr>, Option<SocketAddr>),
    mail: MailSender,
    opening: Opening,
) -> Result<App> {
    let database = settings.database();
    let (mut place, mut of_another) = ("HERSYS_DATABASE_URL".to_owned(), None);
    let mut made = None;
    if let Database::Embedded(file) = &database {
        if let Some(says) = missing_folder(settings) {
            bail!(says);
        }
        settings.make_data_dir()?;
        // Before a key is made.
        check_log(file)?;
        if let Some(says) = owner::without_a_byte(file) {
            bail!(says);
        }
        place = file.display().to_string();
        // Some of what is asked would go well, and leave a log with the mode of a file that is closed.
        if let Some(says) = owner::closed_files(file).first() {
            bail!("the database ({place}) cannot be used: {says}");
        }
        of_another = owner::not_to_use(file);
        made = (!file.exists()).then(|| file.clone());
    }
    let embedded = match &database {
        Database::Embedded(file) => Some(file.clone()),
        Database::Postgres { .. } => None,
    };
    let config = AppConfig {
        // Before the database is made: with one and without a key, the key counts as lost.
        master_key: settings.take_master_key()?,
        database,
        id_lengths: settings.id_lengths.clone(),
        public_url: settings.public_url_at(portal),
        console_url: settings.console_url_at(console),
        second_factor: settings.second_factor,
        mail,
        sms: settings.sms(),
        single_sign_on: settings.single_sign_on.clone(),
        mail_from: settings.mail_from(),
        reminders_at_once: settings.reminders_at_once,
        reports_an_hour: settings.reports_an_hour,
        clock: Clock::System,
        time_zone: settings.time_zone.clone(),
    };
    App::open_to(config, opening)
        .await
        .map_err(|error| match error {
            app::Error::Store(error) => {
                if let Some(file) = &made {
                    take_away_if_empty(file);
                }
                let full = embedded.filter(|_| is_of_disk(&error));
                let full = full.and_then(|file| disk::is_full(&file));
                let more: Vec<String> = of_another.into_iter().chain(full).collect();
                let more: String = more.iter().flat_map(|more| ["; ", more.as_str()]).collect();
                anyhow!("the database ({place}) cannot be used: {error}{more}")
            }
            other => anyhow!("the start failed: {other}"),
        })
}

/// The file of a start that failed before anything was in it, such as on a full disk: the next one would take it for what is
/// left of a database.
fn take_away_if_empty(file: &Path) {
    let is_empty = |file: &Path| std::fs::metadata(file).map_or(true, |data| data.len() == 0);
    if is_empty(file) && owner::files_of(file).iter().all(|file| is_empty(file)) {
        let _ = std::fs::remove_file(file);
    }
}

/// Whether a store failed as one does on a full disk, among others.
fn is_of_disk(error: &storage::Error) -> bool {
    matches!(error, storage::Error::Unavailable(_))
}

/// What a command says that failed: with the full disk, where its embedded database lies on one and told nothing but
/// "disk I/O error".
pub(super) fn with_full_disk(error: anyhow::Error, settings: &Settings) -> anyhow::Error {
    let Database::Embedded(file) = settings.database() else {
        return error;
    };
    let is_of_disk = error.chain().any(|cause| {
        let of_house = match cause.downcast_ref() {
            Some(app::Error::Store(error)) => Some(error),
            _ => None,
        };
        let of_backup = match cause.downcast_ref() {
            Some(keep::Error::Store(error)) => Some(error),
            _ => None,
        };
        let of_store = cause.downcast_ref();
        let all = [of_house, of_backup, of_store];
        all.into_iter().flatten().any(is_of_disk)
    });
    match disk::is_full(&file).filter(|_| is_of_disk) {
        Some(full) => anyhow!("{error:#}; {full}"),
        None => error,
    }
}
