//! What is looked at in the database.

use super::super::opening::missing_folder;
use super::{PATIENCE, Report, has_no_database};
use app::Database;
use app::clock::Clock;
use app::health_center::{BUILT_IN_NAME, lacks_phone};
use app::keys::{Keys, MasterKey};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use server::config::{DatabasePlace, Settings};
use server::owner;
use std::path::Path;
use storage::Db;
use storage::engine::check_log;
use storage::keep::{Place, Source};

/// So many messages given up within a day wake nobody, as `HersysMessagesGivenUp` in deploy/prometheus.
const FEW_GIVEN_UP: i64 = 10;

/// A week, after which the timer of `deploy` rewrites the database, and a day for it to be late.
const CLEANED_WITHIN: SignedDuration = SignedDuration::from_hours(8 * 24);

/// Whether the settings say where the data lies.
fn is_named(settings: &Settings) -> bool {
    settings.data_dir_is_given || !matches!(settings.database, DatabasePlace::DataDir)
}

/// What is stored, and whether it is whole.
pub(super) async fn check_database(
    report: &mut Report,
    settings: &Settings,
    key: Option<&MasterKey>,
    audit_heads: Option<&Path>,
) {
    let is_to_come = match has_no_database(settings) {
        Ok(is_to_come) => is_to_come,
        Err(says) => return report.problem("database", says),
    };
    if is_to_come {
        if let Some(says) = missing_folder(settings) {
            return report.problem("database", says);
        }
        if let Database::Embedded(file) = settings.database()
            && check_log(&file).is_ok()
            && let Some(says) = owner::without_a_byte(&file)
        {
            return report.problem("database", says);
        }
        return match settings.database() {
            Database::Embedded(file) => match check_log(&file) {
                // Whoever names a place checks it before the first start; whoever names none stands in the wrong folder.
                Ok(()) if is_named(settings) => report.ok(
                    "database",
                    format!("none yet; the first start makes {}", file.display()),
                ),
                Ok(()) => report.problem(
                    "database",
                    format!(
                        "nothing is installed here: there is no {} in this folder. Go to the folder of the installation, or name \
                         it with HERSYS_DATA_DIR or HERSYS_DATABASE_URL (of a service: `hersys-here doctor`). `hersys serve` would make a new one",
                        file.display()
                    ),
                ),
                Err(error) => report.problem("database", error.to_string()),
            },
            Database::Postgres { .. } => {}
        };
    }
    if let Database::Embedded(file) = settings.database() {
        let closed = owner::closed_files(&file);
        for says in &closed {
            report.problem("database", says);
        }
        // What is read without its log may be old.
        if !closed.is_empty() {
            return;
        }
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
        Ok(Err(error)) => return report.problem(place_of(settings), error.to_string()),
        Err(_) => return report.problem(place_of(settings), "it does not answer"),
    };
    if !check_rights(report, &db).await {
        return;
    }
    check_pooler(report, settings).await;
    match storage::migrations::look(&db).await {
        Ok(Some(seen)) if seen.missing > 0 => report.ok(
            "tables",
            format!(
                "{} to come; `hersys migrate` or `hersys serve` makes them",
                counted(seen.missing)
            ),
        ),
        Ok(Some(seen)) if seen.newer > 0 => report.ok(
            "tables",
            format!(
                "{} of a newer release, with which this one goes on working",
                counted(seen.newer)
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
    check_file(report, settings).await;
    let key = check_sealed(report, &db, key).await;
    super::samples::check(report, &db, key).await;
    if check_audit(report, &db, key).await
        && let Some(file) = audit_heads
    {
        super::audit_heads::check(report, &db, file).await;
    }
    check_rules(report, &db).await;
    check_texts(report, settings, &db).await;
    check_shared(report, settings, &db).await;
    check_days(report, &db).await;
    check_centers(report, &db).await;
    super::house::check_store(report, &db).await;
    check_partitions(report, &db).await;
    check_purged(report, &db).await;
    check_announced(report, &db).await;
    check_outbox(report, &db).await;
}

/// Messages that nobody could deliver. A few always have wrong addresses, for a month each: their centers see whom they did
/// not reach, and an operator who was told of each would soon look no more.
async fn check_outbox(report: &mut Report, db: &Db) {
    let now = Clock::System.now();
    let looked = db
        .read(move |tx| {
            let of_a_day = storage::sight::messages(tx, now)?;
            let of_a_day: i64 = of_a_day.iter().map(|(_, one)| one.given_up).sum();
            Ok((storage::outbox::counts(tx)?, of_a_day))
        })
        .await;
    let (counts, of_a_day) = match looked {
        Ok(looked) => looked,
        Err(error) => return report.problem("outbox", error.to_string()),
    };
    let told = format!(
        "{} waiting, {} sent lately, {} given up within a month",
        counts.waiting, counts.sent, counts.given_up
    );
    let more = "the worklists show whom they did not reach, and the log of `serve` why";
    if of_a_day > FEW_GIVEN_UP {
        report.problem(
            "outbox",
            format!("{told}, {of_a_day} of them within a day; {more}"),
        );
    } else if counts.given_up > 0 {
        report.ok("outbox", format!("{told}; {more}"));
    } else {
        report.ok("outbox", told);
    }
}

/// What is to be looked at where the database cannot be opened.
fn place_of(settings: &Settings) -> &'static str {
    match settings.database() {
        Database::Embedded(_) => "database",
        Database::Postgres { .. } => "database (HERSYS_DATABASE_URL)",
    }
}

fn counted(changes: usize) -> String {
    match changes {
        1 => "1 change".to_owned(),
        _ => format!("{changes} changes"),
    }
}

/// Whether the file of an embedded database is damaged. Else only whoever needs the page notices, which may be a year later,
/// when no backup from before is left.
async fn check_file(report: &mut Report, settings: &Settings) {
    const WHAT: &str = "file of the database";
    let Database::Embedded(path) = settings.database() else {
        return;
    };
    let look = move || Source::open(&Place::Sqlite(path))?.check();
    match tokio::task::spawn_blocking(look).await {
        Ok(Ok(())) => report.ok(WHAT, "no page of it is damaged"),
        Ok(Err(error)) => report.problem(WHAT, error.to_string()),
        Err(_) => report.problem(WHAT, "it could not be looked at"),
    }
}

/// Whether a pooler lends connections in a way with which several nodes do not work.
async fn check_pooler(report: &mut Report, settings: &Settings) {
    const WHAT: &str = "pooler (HERSYS_DATABASE_URL)";
    let Database::Postgres { url, schema } = settings.database() else {
        return;
    };
    let look = move || storage::sight::lends_for_a_transaction(&url, schema.as_deref());
    match tokio::task::spawn_blocking(look).await {
        Ok(Ok(false)) => {}
        Ok(Ok(true)) => report.problem(
            WHAT,
            "it lends a connection for a transaction only, so that two processes may lead at once, and nodes do not hear each \
             other; let it lend them for a session (PgBouncer: pool_mode = session), or leave it out",
        ),
        Ok(Err(error)) => report.problem(WHAT, error.to_string()),
        Err(_) => report.problem(WHAT, "it could not be looked at"),
    }
}

/// Whether the role of a PostgreSQL server may do what `serve` does, and whether the server takes what is written.
async fn check_rights(report: &mut Report, db: &Db) -> bool {
    const WHAT: &str = "database role";
    let rights = match db.read(storage::sight::rights).await {
        Ok(Some(rights)) => rights,
        Ok(None) => return true,
        Err(error) => {
            report.problem(WHAT, error.to_string());
            return false;
        }
    };
    let role = &rights.role;
    let Some(schema) = &rights.schema else {
        report.problem(
            WHAT,
            "no schema of its search_path stands; make it, or leave search_path out",
        );
        return false;
    };
    if !rights.creates {
        report.problem(
            WHAT,
            format!(
                "{role} may not make tables in the schema {schema}; make the database with `createdb --owner {role}`, or \
                 `GRANT CREATE ON SCHEMA {schema} TO {role}`"
            ),
        );
        return false;
    }
    if let Some(owner) = rights.other_owner {
        report.problem(
            WHAT,
            format!(
                "tables in the schema {schema} belong to {owner}, not to {role}, which cannot change them; come as \
                 {owner}, or let `ALTER TABLE … OWNER TO {role}` hand over each"
            ),
        );
    } else {
        report.ok(WHAT, format!("{role}, which owns its tables"));
    }
    match db.write(storage::sight::try_to_write).await {
        Ok(()) => report.ok("writing", "the database server takes what is written"),
        // A role may be kept from temporary tables, which nothing else needs.
        Err(storage::Error::Refused(_)) => {}
        Err(error) => report.problem("writing", format!("nothing can be saved: {error}")),
    }
    true
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
            "the key does not fit: the database was sealed with another one; put that back (HERSYS_MASTER_KEY, \
             HERSYS_MASTER_KEY_FILE, or master.key in HERSYS_DATA_DIR)",
        ),
        (Ok(Some(_)), None) => report.problem(WHAT, "not looked at without a key"),
        (Ok(None), _) => report.ok(WHAT, "none yet"),
        (Err(error), _) => report.problem(WHAT, error.to_string()),
    }
    None
}

/// Whether this release knows everything that the rules say by which people are judged.
async fn check_rules(report: &mut Report, db: &Db) {
    const WHAT: &str = "rules";
    match app::rules::not_understood(db).await {
        Ok(rows) if rows.is_empty() => match less_than_release(db).await {
            Ok(told) => report.ok(WHAT, format!("this release understands all of them{told}")),
            Err(error) => report.problem(WHAT, error.to_string()),
        },
        Ok(rows) => {
            for row in rows {
                report.problem(WHAT, row.to_string());
            }
        }
        Err(error) => report.problem(WHAT, error.to_string()),
    }
}

/// Whether what is sent as a short message fits into one, where there is something to send it by.
async fn check_texts(report: &mut Report, settings: &Settings, db: &Db) {
    const WHAT: &str = "short messages";
    let gateway = settings.sms();
    if !gateway.is_there() {
        return;
    }
    let portal = settings.public_url_at(settings.portal_listen);
    let console = settings.console_url_at(settings.console_listen);
    let urls = (portal.as_str(), console.as_str());
    match app::message_texts::that_do_not_fit(db, &gateway, urls, Clock::System.now()).await {
        Ok(all) => {
            for one in all {
                let (programme, error, centers) =
                    (one.programme, one.error, one.centers.join(", "));
                report.problem(
                    WHAT,
                    format!(
                        "{programme}: {error}, at {centers}: the words of the release are sent where it is so. Shorten the text on the \
                         console, or in the file for `hersys rules load`"
                    ),
                );
            }
        }
        Err(error) => report.problem(WHAT, error.to_string()),
    }
}

/// How many of them alarm on less than the release, which may be meant: the page of the rules says on what.
async fn less_than_release(db: &Db) -> Result<String, storage::Error> {
    let today = Clock::System.now().to_zoned(TimeZone::UTC).date();
    let told = match app::rules::less_than_release(db, today).await? {
        0 => String::new(),
        1 => "; one that was set here alarms on less than the release: its page on the console says on what".to_owned(),
        many => format!(
            "; {many} that were set here alarm on less than the release: their pages on the console say on what"
        ),
    };
    Ok(told)
}

/// Whether the settings are those of the process that started last.
async fn check_shared(report: &mut Report, settings: &Settings, db: &Db) {
    const WHAT: &str = "shared settings";
    match app::shared_settings::differences(db, &settings.shared()).await {
        Ok(differs) if differs.is_empty() => {
            report.ok(WHAT, "those of the process that started last, or none has");
        }
        Ok(differs) => {
            for one in differs {
                let (name, here, there) = (one.name, one.here, one.there);
                report.problem(
                    WHAT,
                    format!(
                        "{name} is {here} here, and was {there} at the process that started last: all processes on a database need \
                         the same. Where you have just changed it, start each of them anew"
                    ),
                );
            }
        }
        Err(error) => report.problem(WHAT, error.to_string()),
    }
}

/// Whether nobody is said to have been heard of on a day to come.
async fn check_days(report: &mut Report, db: &Db) {
    const WHAT: &str = "days";
    match app::silence::centers_ahead(db, Clock::System.now()).await {
        Ok(ahead) if ahead.is_empty() => report.ok(WHAT, "nobody was heard of on a day to come"),
        Ok(ahead) => report.problem(
            WHAT,
            format!(
                "{} heard of somebody on a day that is still to come, since a clock was ahead: nobody would miss them until then. Set \
                 the clocks of all machines right; `hersys serve` puts these days right once they have been for three hours",
                match ahead.len() {
                    1 => "one center has".to_owned(),
                    many => format!("{many} centers have"),
                }
            ),
        ),
        Err(error) => report.problem(WHAT, error.to_string()),
    }
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
    // An installation without any staff is still being set up, which is said further down.
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
    if staff == 0 {
        report.ok(
            "staff",
            "nobody yet, so that nobody can sign in to the console; `hersys staff add` makes the first administrator",
        );
    }
    for name in lonely.iter().filter(|_| staff > 0) {
        fine = false;
        report.problem(
            "health centers",
            format!(
                "nobody works at {name:?}, so that nobody is told of its alerts; invite somebody in the console under \
                 Staff, or close the place there if it was added by mistake"
            ),
        );
    }
    fine &= check_managed(report, db, &lonely).await;
    if fine {
        let mut told = format!("{}, each with a phone number", centers.len());
        if centers.iter().any(|center| center.name == BUILT_IN_NAME) {
            told.push_str(&format!(
                "; {BUILT_IN_NAME:?} is only the name that the program came with, and people read it in every message: \
                 give it its own in the console under Staff, Places"
            ));
        }
        report.ok("health centers", told);
    }
}

/// Whether somebody manages the staff of each center at which anybody works: its own administrator, or an officer above. Tells
/// whether it is so.
async fn check_managed(report: &mut Report, db: &Db, lonely: &[String]) -> bool {
    const WHAT: &str = "administrators";
    let unmanaged = match app::staff::centers_without_manager(db).await {
        Ok(names) => names,
        Err(error) => {
            report.problem(WHAT, error.to_string());
            return false;
        }
    };
    let mut fine = true;
    // Where nobody works, that is said already.
    for name in unmanaged.iter().filter(|name| !lonely.contains(name)) {
        fine = false;
        report.problem(
            WHAT,
            format!(
                "{name:?} has none who can sign in, and no officer of its prefecture stands in for one: nobody can invite \
                 staff there, or reset a second factor. `hersys staff list` names who works there; `hersys staff move --email … \
                 --role administrator` makes one of them administrator"
            ),
        );
    }
    fine
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

/// Whether somebody knows of what was announced.
async fn check_announced(report: &mut Report, db: &Db) {
    const WHAT: &str = "records to be purged";
    let now = Clock::System.now();
    if let Ok(Some(doubt)) = app::retention::doubt_of_clock(db, now).await {
        report.problem(WHAT, doubt);
    }
    match app::retention::unheard(db, now).await {
        Ok(0) => report.ok(WHAT, "whoever is to be told of them has been"),
        Ok(records) => report.problem(
            WHAT,
            format!(
                "{records} announced, but no mail has left; none of them is purged before one has, or before somebody opens \
                 \"Keeping records\" in the console"
            ),
        ),
        Err(error) => {
            let says = format!("{error}; `hersys migrate` brings the tables up to date");
            report.problem(WHAT, says);
        }
    }
}

/// Whether bytes of what was purged have been left in the file for longer than a rewriting each week leaves them.
async fn check_purged(report: &mut Report, db: &Db) {
    const WHAT: &str = "purged records";
    let since = match db.read(storage::retention::bytes_left_since).await {
        Ok(since) => since,
        Err(error) => return report.problem(WHAT, error.to_string()),
    };
    let Some(since) = since else {
        return report.ok(WHAT, "the database was cleaned after the last purge");
    };
    // A clock that was ahead must not put it off.
    let age = Clock::System.now().duration_since(since).abs();
    let told = "bytes of them may stand in free room of the database";
    if age > CLEANED_WITHIN {
        report.problem(
            WHAT,
            format!(
                "{told} for {} days; run `hersys purge --rewrite` in a quiet hour, or let hersys-rewrite.timer do it each week",
                age.as_hours() / 24
            ),
        );
    } else {
        report.ok(
            WHAT,
            format!(
                "{told} until `hersys purge --rewrite` has rewritten it, by hand or by hersys-rewrite.timer; that is not pressing"
            ),
        );
    }
}
