//! A database with a nation in it: people of many centers with weeks of reports, written quickly and the same in every
//! run. Nothing of it is measured; what is measured afterwards goes through the product's own doors.

mod people;
mod staff;

pub use people::{PASSWORD, has_account, password_hash, token_of};

use crate::result::Report;
use anyhow::{Context, Result, bail};
use app::clock::Clock;
use app::keys::{Keys, MasterKey};
use app::outbox::MailSender;
use app::second_factor::Factor;
use app::{App, AppConfig, Database, StaffDesk};
use domain::email_address::EmailAddress;
use domain::hersys_id::HersysIdLengths;
use domain::ids::{CaseId, HealthCenterId, QuestionnaireId};
use jiff::Timestamp;
use people::Maker;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Instant;
use storage::bulk::{self, Bulk};

/// Where the data lie, and whether they stay for the next measurement.
#[derive(clap::Args, Clone, Debug)]
pub struct Place {
    /// `sqlite`, or the URL of a PostgreSQL server on this machine: `postgres://…`
    #[arg(long, default_value = "sqlite")]
    pub database: String,
    /// A folder in which the filled database stays for the next measurement of the same size; else it goes at the end
    #[arg(long)]
    pub keep: Option<PathBuf>,
}

/// How much is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Monitored people.
    pub people: u32,
    /// Health centers that follow them, each as many.
    pub centers: u32,
    /// Reports of all of them together.
    pub reports: u64,
    /// Whether each report has its line in the audit log, as a report that was sent has.
    pub audited: bool,
}

impl Size {
    /// So many people with so many reports at so many centers.
    pub fn of(people: u32, centers: u32, reports: u64) -> Size {
        Size {
            people,
            centers: centers.max(1),
            reports,
            audited: false,
        }
    }

    /// The same with a line of the audit log for each report.
    pub fn audited(self, audited: bool) -> Size {
        Size { audited, ..self }
    }

    /// Reports of each person.
    pub fn each(&self) -> u32 {
        u32::try_from(self.reports / u64::from(self.people.max(1))).unwrap_or(u32::MAX)
    }

    fn name(&self) -> String {
        let audited = if self.audited { "_audited" } else { "" };
        format!(
            "bench_{}_{}_{}{audited}",
            self.people, self.centers, self.reports
        )
    }

    /// In words.
    pub fn words(&self) -> String {
        format!(
            "{} people in {} centers, {} reports",
            self.people, self.centers, self.reports
        )
    }
}

impl Place {
    /// The engine's word for the name of a result.
    pub fn engine(&self) -> &'static str {
        if self.url().is_some() {
            "postgres"
        } else {
            "sqlite"
        }
    }

    /// The URL of the server, where it is one.
    pub fn url(&self) -> Option<&str> {
        self.database
            .starts_with("postgres")
            .then_some(self.database.as_str())
    }
}

/// What another process fills.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    #[arg(long)]
    people: u32,
    #[arg(long)]
    centers: u32,
    #[arg(long)]
    reports: u64,
}

/// Fills a database that stays.
pub async fn run(args: Args) -> Result<()> {
    let size = Size::of(args.people, args.centers, args.reports);
    filled(&args.place, size).await.map(|_| ())
}

/// A database that another process has filled and that goes at the end: this one has only the memory of what it measures.
pub async fn filled_apart(place: &Place, size: Size) -> Result<Filled> {
    let folder = tempfile::Builder::new().prefix("hersys-bench").tempdir()?;
    let place = Place {
        database: place.database.clone(),
        keep: Some(folder.path().to_owned()),
    };
    let numbers = [size.people.into(), size.centers.into(), size.reports];
    let mut child = std::process::Command::new(std::env::current_exe()?);
    child.arg("fill").args(["--database", &place.database]);
    child.arg("--keep").arg(folder.path());
    for (name, number) in ["--people", "--centers", "--reports"].iter().zip(numbers) {
        child.arg(name).arg(number.to_string());
    }
    if !aside(move || Ok(child.status()?)).await?.success() {
        bail!("filling failed");
    }
    let filled = filled(&place, size).await?;
    let schema = place.url().map(|url| (url.to_owned(), size.name()));
    let gone = Gone {
        _folder: Some(folder),
        schema,
    };
    Ok(Filled {
        gone_at_end: Some(Arc::new(gone)),
        ..filled
    })
}

/// A filled database.
#[derive(Clone)]
pub struct Filled {
    /// The house upon it.
    pub app: App,
    /// How much is in it.
    pub size: Size,
    /// The health centers; somebody's is their number modulo how many there are.
    pub centers: Vec<HealthCenterId>,
    /// When it was filled: everything in it is older.
    pub at: Timestamp,
    /// The folder for mails and, on SQLite, the data.
    pub folder: PathBuf,
    /// Where the database lies.
    pub database: Database,
    gone_at_end: Option<Arc<Gone>>,
}

/// What goes at the end.
struct Gone {
    _folder: Option<tempfile::TempDir>,
    schema: Option<(String, String)>,
}

impl Drop for Gone {
    fn drop(&mut self) {
        if let Some((url, schema)) = self.schema.take() {
            // On a thread of its own: the driver's runtime must not start inside ours.
            let dropping = std::thread::spawn(move || bulk::drop_schema(&url, &schema));
            if !matches!(dropping.join(), Ok(Ok(()))) {
                eprintln!("the schema of the measurement could not be dropped");
            }
        }
    }
}

const MASTER: [u8; 32] = [7; 32];
/// The setting that says that a database was filled to the end, with the moment.
const FILLED: &str = "bench_filled";
/// People of one transaction.
const BATCH: u32 = 2_000;

/// An address that nobody has.
pub fn address(name: &str) -> Result<EmailAddress> {
    EmailAddress::parse(&format!("{name}@bench.example"))
        .ok()
        .context("the address is one")
}

/// The key of every filled database.
pub fn master_key() -> MasterKey {
    MasterKey::from_bytes(MASTER)
}

/// The address of somebody who has an account.
pub fn email_of(number: u32) -> Result<EmailAddress> {
    EmailAddress::parse(&people::email_text(number))
        .ok()
        .context("the address is one")
}

/// Who somebody is on a day: also beyond those who are filled in.
pub fn known_on(today: jiff::civil::Date, number: u32) -> people::Known {
    people::known(today, number)
}

/// The center's day of a moment.
pub fn today(at: Timestamp) -> jiff::civil::Date {
    people::today(at)
}

/// Who somebody is in a database that was filled at a moment: what they type to sign up.
pub fn known(at: Timestamp, number: u32) -> people::Known {
    people::known(people::today(at), number)
}

async fn open(database: &Database, folder: &Path, clock: Clock) -> Result<App> {
    let mail = MailSender::Folder(folder.join("outbox"));
    open_with((database, folder), clock, mail, 8).await
}

async fn open_with(
    (database, folder): (&Database, &Path),
    clock: Clock,
    mail: MailSender,
    reminders_at_once: usize,
) -> Result<App> {
    Ok(App::open(AppConfig {
        database: database.clone(),
        master_key: master_key(),
        id_lengths: HersysIdLengths::parse("8").context("eight digits are a length")?,
        public_url: "http://127.0.0.1".to_owned(),
        console_url: "http://127.0.0.1".to_owned(),
        second_factor: Factor::Off,
        mail,
        sms: app::sms::SmsGateway::Folder(folder.join("outbox")),
        single_sign_on: None,
        reminders_at_once,
        reports_an_hour: 0,
        mail_from: address("no-reply")?,
        clock,
        time_zone: "Asia/Tokyo".to_owned(),
    })
    .await?)
}

async fn store(database: &Database) -> Result<storage::Db> {
    Ok(match database {
        Database::Embedded(path) => storage::Db::sqlite(path)?,
        Database::Postgres { url, schema } => storage::Db::postgres(url, schema.as_deref()).await?,
    })
}

/// Runs something that blocks and may bring a runtime of its own.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .context("filling panicked")?
}

/// A database with so much in it: one that was kept from before, or a new one.
pub async fn filled(place: &Place, size: Size) -> Result<Filled> {
    let name = size.name();
    let (folder, temporary) = match &place.keep {
        Some(keep) => (keep.join(&name), None),
        None => {
            let temporary = tempfile::Builder::new().prefix("hersys-bench").tempdir()?;
            (temporary.path().to_owned(), Some(temporary))
        }
    };
    std::fs::create_dir_all(folder.join("outbox"))?;
    let database = match place.url() {
        Some(url) => Database::Postgres {
            url: url.to_owned(),
            schema: Some(name.clone()),
        },
        None => Database::Embedded(folder.join("hersys.db")),
    };
    let gone_at_end = place.keep.is_none().then(|| {
        Arc::new(Gone {
            _folder: temporary,
            schema: place.url().map(|url| (url.to_owned(), name.clone())),
        })
    });
    let stands = match &database {
        Database::Embedded(path) => path.exists(),
        Database::Postgres { url, .. } => {
            let (url, name) = (url.clone(), name.clone());
            aside(move || Ok(bulk::has_schema(&url, &name)?)).await?
        }
    };
    let whole = stands && filled_at(&database).await?.is_some();
    if !whole {
        make(&database, &folder, size).await?;
    } else {
        println!("{}: kept from before", size.words());
    }
    let began = Instant::now();
    let app = open(&database, &folder, Clock::System).await?;
    println!(
        "ready on it after {:.0} ms",
        began.elapsed().as_secs_f64() * 1e3
    );
    let mut centers = app.system_desk().health_centers().await?;
    centers.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Filled {
        app,
        size,
        centers: centers.into_iter().map(|center| center.id).collect(),
        at: filled_at(&database)
            .await?
            .context("the database was not filled to its end")?,
        folder,
        database,
        gone_at_end,
    })
}

async fn questionnaire(db: &storage::Db) -> Result<QuestionnaireId> {
    let all = db.read(storage::questionnaire::all).await?;
    let ours = all
        .iter()
        .filter(|one| one.programme == app::programme::PROGRAMME);
    Ok(ours
        .max_by_key(|one| one.valid_from)
        .context("a questionnaire is shipped")?
        .id)
}

/// When a database was filled to its end, if it was.
async fn filled_at(database: &Database) -> Result<Option<Timestamp>> {
    let db = store(database).await?;
    // A database that was cut off while it was made has perhaps no table yet.
    let said = db
        .read(|tx| storage::settings::get(tx, FILLED))
        .await
        .ok()
        .flatten();
    let text = said.and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(text.and_then(|text| text.parse().ok()))
}

/// Begins anew and fills.
async fn make(database: &Database, folder: &Path, size: Size) -> Result<()> {
    match database {
        Database::Embedded(path) => {
            for end in ["", "-wal", "-shm"] {
                let mut name = path.clone().into_os_string();
                name.push(end);
                let _ = std::fs::remove_file(name);
            }
        }
        Database::Postgres { url, schema } => {
            let (url, schema) = (url.clone(), schema.clone().context("a schema")?);
            aside(move || Ok(bulk::new_schema(&url, &schema)?)).await?;
        }
    }
    let app = open(database, folder, Clock::System).await?;
    let centers = staff::places_and_staff(&app, size.centers).await?;
    // As a house does whose names came one by one: else its first hour makes the keys of all of them anew.
    app.system_desk().renew_name_keys().await?;
    let db = store(database).await?;
    let maker = Maker {
        keys: Keys::new(&master_key()),
        centers,
        questionnaire: questionnaire(&db).await?,
        password_hash: people::password_hash()?,
        now: Clock::System.now(),
        size,
    };
    let now = maker.now;
    let heads = db.read(storage::audit::heads).await?;
    drop(app);
    let database = database.clone();
    aside(move || pour(&database, maker, heads)).await?;
    db.write(move |tx| {
        storage::settings::set_once(tx, FILLED, now.to_string().as_bytes()).map(|_| ())
    })
    .await?;
    Ok(())
}

/// Makes on one thread and writes on another; tells how far it is.
fn pour(database: &Database, maker: Maker, heads: Vec<storage::audit::HeadRow>) -> Result<()> {
    let mut to = match database {
        Database::Embedded(path) => Bulk::sqlite(path)?,
        Database::Postgres { url, schema } => {
            Bulk::postgres(url, schema.as_deref().unwrap_or("public"))?
        }
    };
    let size = maker.size;
    let is_embedded = matches!(database, Database::Embedded(_));
    let began = Instant::now();
    let (send, batches) = sync_channel(2);
    let making = std::thread::spawn(move || {
        let mut chains = people::Chains::new(heads, is_embedded);
        let mut from = 0;
        while from < size.people {
            let end = (from + BATCH).min(size.people);
            let batch = maker.batch(from..end, &mut chains);
            if send.send((end, batch)).is_err() {
                return;
            }
            from = end;
        }
    });
    let mut told = Instant::now();
    for (people, batch) in batches {
        to.write(&batch)?;
        if told.elapsed().as_secs() >= 10 {
            told = Instant::now();
            let reports = u64::from(people) * u64::from(size.each());
            let rate = reports as f64 / began.elapsed().as_secs_f64();
            println!("  {people} people, {reports} reports; {rate:.0} reports a second");
        }
    }
    if making.join().is_err() {
        bail!("making people panicked");
    }
    to.finish()?;
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{}: filled in {seconds:.0} s, {:.0} reports a second",
        size.words(),
        size.reports as f64 / seconds
    );
    Ok(())
}

impl Filled {
    /// Bytes on the disk.
    pub async fn bytes(&self) -> Result<u64> {
        match self.database.clone() {
            Database::Embedded(path) => {
                let mut wal = path.clone().into_os_string();
                wal.push("-wal");
                let length = |path: &Path| std::fs::metadata(path).map_or(0, |m| m.len());
                Ok(length(&path) + length(Path::new(&wal)))
            }
            Database::Postgres { url, schema } => {
                let schema = schema.unwrap_or_default();
                aside(move || Ok(bulk::schema_bytes(&url, &schema)?)).await
            }
        }
    }

    /// The same house once more, with another clock.
    pub async fn app_at(&self, clock: Clock) -> Result<App> {
        open(&self.database, &self.folder, clock).await
    }

    /// The same with mails that go elsewhere.
    pub async fn app_with(&self, clock: Clock, mail: MailSender, at_once: usize) -> Result<App> {
        open_with((&self.database, &self.folder), clock, mail, at_once).await
    }

    /// Notes the size in a result.
    pub fn note_in(&self, report: &mut Report) {
        report.parameter("people", self.size.people);
        report.parameter("centers", self.size.centers);
        report.parameter("reports", self.size.reports);
        report.parameter("audited_reports", self.size.audited);
    }

    /// The case of somebody, by number.
    pub fn case(&self, number: u32) -> CaseId {
        people::case_id(self.at, self.size, number)
    }

    /// A store of its own upon the same data, for looking at what the doors do not show.
    pub async fn store(&self) -> Result<storage::Db> {
        store(&self.database).await
    }

    /// The desk of one of the staff; see [`staff::Who`].
    pub async fn desk(&self, who: staff::Who) -> Result<StaffDesk> {
        staff::desk(&self.app, who).await
    }

    /// Keeps the data until everything that uses them is done.
    pub fn close(self) {
        let Filled {
            app, gone_at_end, ..
        } = self;
        drop(app);
        drop(gone_at_end);
    }
}

pub use staff::{Who, sign_in};
