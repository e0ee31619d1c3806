//! A town: a health center, people, and a clock that stands still until it is moved.

use app::attributes::{Registration, Typed};
use app::case_import::header;
use app::clock::Clock;
use app::keys::{MasterKey, Token};
use app::outbox::MailSender;
use app::second_factor::Factor;
use app::single_sign_on::SingleSignOn;
use app::sms::SmsGateway;
use app::staff::{NewStaff, StaffVisit};
use app::{App, AppConfig, Database, Opening, PatientDesk, StaffDesk};
use domain::email_address::EmailAddress;
use domain::hersys_id::HersysIdLengths;
use domain::ids::JurisdictionId;
use domain::language::Language;
use domain::staff_role::{JurisdictionKind, StaffRole};
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;
use tempfile::TempDir;

/// A password that will do.
pub const PASSWORD: &str = "kogarashi7!Aki";

/// Where a town keeps its data.
#[derive(Clone, Debug)]
pub enum Engine {
    Sqlite,
    Postgres(String),
}

/// The engines to tell a story on: both, where a PostgreSQL server is at hand.
pub fn engines() -> Vec<Engine> {
    let mut engines = vec![Engine::Sqlite];
    match std::env::var("HERSYS_TEST_POSTGRES_URL") {
        Ok(url) => engines.push(Engine::Postgres(url)),
        Err(_) => eprintln!("HERSYS_TEST_POSTGRES_URL is not set: told on SQLite only"),
    }
    engines
}

/// Tells a story on every engine.
#[macro_export]
macro_rules! story {
    ($name:ident, $town:ident, $body:block) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            for engine in $crate::town::engines() {
                println!("on {engine:?}");
                #[allow(unused_mut)]
                let mut $town = $crate::town::Town::new(engine).await;
                $body
                $town.end().await;
            }
        }
    };
}

pub struct Town {
    pub app: App,
    pub clock: Clock,
    folder: TempDir,
    engine: Engine,
    schema: String,
    mails: std::collections::HashSet<String>,
    factor: Factor,
    provider: Option<SingleSignOn>,
    sms: Option<SmsGateway>,
}

pub fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

impl Town {
    pub async fn new(engine: Engine) -> Town {
        let folder = tempfile::tempdir().unwrap();
        let schema = format!("t{}", uuid::Uuid::new_v4().simple());
        if let Engine::Postgres(url) = &engine {
            let (url, schema) = (url.clone(), schema.clone());
            tokio::task::spawn_blocking(move || {
                let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
                client
                    .batch_execute(&format!("CREATE SCHEMA {schema}"))
                    .unwrap();
            })
            .await
            .unwrap();
        }
        // A Monday morning in Tokyo.
        let start: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let clock = Clock::standing_at(start);
        let town = Town {
            app: open(
                &engine,
                &schema,
                folder.path().to_owned(),
                &clock,
                (Factor::Off, None, None),
            )
            .await,
            clock,
            folder,
            engine,
            schema,
            mails: std::collections::HashSet::new(),
            factor: Factor::Off,
            provider: None,
            sms: None,
        };
        let center = town
            .app
            .system_desk()
            .first_center("Minato", app::health_center::Contact::default())
            .await
            .unwrap();
        let nurse = NewStaff {
            email: address("nurse@center.example"),
            name: "Nurse".to_owned(),
            password: PASSWORD.to_owned(),
            role: StaffRole::Administrator,
            place: NewStaff::place_of(center.id),
        };
        town.app.system_desk().add_staff(nurse).await.unwrap();
        town
    }

    /// The process ends without a word and starts again.
    pub async fn restart(&mut self) {
        let folder = self.folder.path().to_owned();
        let ways = (self.factor, self.provider.clone(), self.sms.clone());
        self.app = open(&self.engine, &self.schema, folder, &self.clock, ways).await;
    }

    /// A second process on the same data.
    pub async fn another_process(&self) -> App {
        let folder = self.folder.path().to_owned();
        let ways = (self.factor, self.provider.clone(), self.sms.clone());
        open(&self.engine, &self.schema, folder, &self.clock, ways).await
    }

    /// A command beside it, which may do no more to the store than it says.
    pub async fn command(&self, opening: Opening) -> Result<App, app::Error> {
        let folder = self.folder.path().to_owned();
        let ways = (self.factor, self.provider.clone(), self.sms.clone());
        let config = config(&self.engine, &self.schema, folder, &self.clock, ways);
        App::open_to(config, opening).await
    }

    /// One on which no gateway for short messages is set up.
    pub async fn another_process_without_gateway(&self) -> App {
        let folder = self.folder.path().to_owned();
        let ways = (self.factor, self.provider.clone(), Some(SmsGateway::None));
        open(&self.engine, &self.schema, folder, &self.clock, ways).await
    }

    /// The process ends, its data are copied to a server, and it starts again on them there.
    pub async fn moves_to(self, engine: Engine) -> Town {
        let Engine::Postgres(url) = &engine else {
            panic!("a move is to a server")
        };
        let (from, url) = (self.folder.path().join("hersys.db"), url.clone());
        let (schema, now) = (self.schema.clone(), self.clock.now());
        drop(self.app);
        tokio::task::spawn_blocking(move || {
            let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
            client
                .batch_execute(&format!("CREATE SCHEMA {schema}"))
                .unwrap();
            let into = (url.as_str(), Some(schema.as_str()));
            let key = MasterKey::from_bytes([1; 32]);
            app::keep::copy_database(&from, into, &key, now, |_| Ok(())).unwrap();
        })
        .await
        .unwrap();
        let folder = self.folder.path().to_owned();
        let ways = (self.factor, self.provider.clone(), self.sms.clone());
        let app = open(&engine, &self.schema, folder, &self.clock, ways).await;
        Town {
            app,
            engine,
            ..self
        }
    }

    /// Whether processes are told apart by the database, which then says who leads.
    pub fn is_on_a_server(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// From now on staff can sign in through an identity provider, or not any more.
    #[cfg(feature = "oidc")]
    pub async fn signs_on_with(&mut self, provider: Option<SingleSignOn>) {
        self.provider = provider;
        self.restart().await;
    }

    /// From now on short messages go out by a gateway.
    pub async fn writes_by(&mut self, gateway: SmsGateway) {
        self.sms = Some(gateway);
        self.restart().await;
    }

    /// From now on staff must show a second factor.
    pub async fn require_second_factor(&mut self) {
        self.factor = Factor::Required;
        self.restart().await;
    }

    pub async fn end(self) {
        if let Engine::Postgres(url) = self.engine {
            drop(self.app);
            let schema = self.schema;
            tokio::task::spawn_blocking(move || {
                let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
                client
                    .batch_execute(&format!("DROP SCHEMA {schema} CASCADE"))
                    .unwrap();
            })
            .await
            .unwrap();
        }
    }

    /// The mails that have landed since the last look, after all that is due was sent.
    pub async fn new_mails(&mut self) -> Vec<String> {
        while self.app.system_desk().send_due().await.unwrap() > 0 {}
        let landed = self.app.outbox().landed().await.unwrap();
        landed
            .into_iter()
            .filter(|m| self.mails.insert(m.file.clone()))
            .map(|m| m.content)
            .collect()
    }

    /// The database itself, for whoever has it and not the key.
    pub async fn database(&self) -> storage::Db {
        match &self.engine {
            Engine::Sqlite => storage::Db::sqlite(&self.folder.path().join("hersys.db")).unwrap(),
            Engine::Postgres(url) => storage::Db::postgres(url, Some(&self.schema))
                .await
                .unwrap(),
        }
    }

    /// Another process does something and commits it only after `other` has come to where it must wait.
    pub async fn meanwhile<T>(
        &self,
        mut does: impl FnMut(&mut storage::Tx<'_>, bool) -> Result<(), storage::Error> + Send + 'static,
        other: impl Future<Output = T>,
    ) -> T {
        let database = self.database().await;
        let (began, has_begun) = std::sync::mpsc::channel();
        let held = tokio::spawn(async move {
            database
                .write(move |tx| {
                    does(tx, false)?;
                    began.send(()).ok();
                    std::thread::sleep(std::time::Duration::from_millis(400));
                    does(tx, true)
                })
                .await
        });
        tokio::task::spawn_blocking(move || has_begun.recv().unwrap())
            .await
            .unwrap();
        let done = other.await;
        held.await.unwrap().unwrap();
        done
    }

    pub fn later(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    pub fn minutes(&self, minutes: i64) {
        self.later(SignedDuration::from_mins(minutes));
    }

    pub fn days(&self, days: i64) {
        self.later(SignedDuration::from_hours(24 * days));
    }

    /// Registers a case by a row of a file; tells its ID.
    pub async fn case(&self, row: &str) -> String {
        let center = self.app.system_desk().health_centers().await.unwrap()[0].id;
        let file = format!("{}\n{row}\n", header(row.split(',').count()).join(","));
        let rows = self
            .app
            .system_desk()
            .import(file.as_bytes(), center)
            .await
            .unwrap();
        rows.unwrap()[0].fields[10].clone()
    }

    /// Hanako, whom the center knows; tells her ID.
    pub async fn hanako(&self) -> String {
        self.case("山田 花子,ヤマダ ハナコ,Yamada Hanako,1988-05-04,09012345678,ja,2026-11-20,2026-11-18,,,").await
    }

    /// The newest mail that has landed, after all that is due was sent.
    pub async fn newest_mail(&mut self) -> String {
        while self.app.system_desk().send_due().await.unwrap() > 0 {}
        let landed = self.app.outbox().landed().await.unwrap();
        let new: Vec<_> = landed
            .into_iter()
            .filter(|m| self.mails.insert(m.file.clone()))
            .collect();
        assert_eq!(new.len(), 1, "one mail has landed since the last look");
        new[0].content.clone()
    }

    pub async fn newest_code(&mut self) -> String {
        let mail = self.newest_mail().await;
        mail.lines()
            .find(|l| l.len() == 6 && l.bytes().all(|b| b.is_ascii_digit()))
            .expect("the code stands alone on a line")
            .to_owned()
    }

    /// Signs up to the password.
    pub async fn account(&mut self, email: &str) -> PatientDesk {
        let session = self.signs_up(email, PASSWORD).await;
        self.desk(&session).await
    }

    /// Signs up to a password of one's own; tells the token of the session.
    pub async fn signs_up(&mut self, email: &str, password: &str) -> Token {
        let (front, token) = (self.app.front_desk(None), Token::generate());
        front
            .request_sign_up(&token, address(email), None, Language::En)
            .await
            .unwrap();
        let code = self.newest_code().await;
        let (checked, token) = front.verify_code(&token, &code).await.unwrap();
        assert_eq!(checked, app::code::CodeCheck::Right);
        match front
            .save_password(&token, password, Language::En)
            .await
            .unwrap()
        {
            app::sign_up::SavePassword::SignedIn(session) => session,
            other => panic!("{other:?}"),
        }
    }

    pub async fn desk(&self, session: &Token) -> PatientDesk {
        self.app
            .patient_desk(session, None)
            .await
            .unwrap()
            .expect("a live session")
    }

    /// Somebody who has an account already, signed in.
    pub async fn signed_in(&self, email: &str) -> PatientDesk {
        let front = self.app.front_desk(None);
        match front
            .sign_in(&address(email), PASSWORD, None)
            .await
            .unwrap()
        {
            app::sign_in::SignIn::SignedIn(token) => self.desk(&token).await,
            other => panic!("{other:?}"),
        }
    }

    pub async fn nurse(&self) -> StaffDesk {
        self.staff("nurse@center.example").await
    }

    /// Somebody who is staff already, signed in.
    pub async fn staff(&self, email: &str) -> StaffDesk {
        let front = self.app.front_desk(None);
        let token = match front
            .sign_in_staff(&address(email), PASSWORD)
            .await
            .unwrap()
        {
            app::sign_in::SignIn::SignedIn(token) => token,
            other => panic!("{other:?}"),
        };
        match self.app.staff_visit(&token).await.unwrap() {
            StaffVisit::In(desk, _) => desk,
            _ => panic!("not let in"),
        }
    }

    /// Somebody new with a role at a place, signed in.
    pub async fn hires(&self, email: &str, role: StaffRole, place: JurisdictionId) -> StaffDesk {
        let new = NewStaff {
            email: address(email),
            name: email.split('@').next().unwrap().to_owned(),
            password: PASSWORD.to_owned(),
            role,
            place,
        };
        self.app.system_desk().add_staff(new).await.unwrap();
        self.staff(email).await
    }

    /// An officer of the prefecture to which the center belongs, at `officer@pref.example`.
    pub async fn officer(&self) -> StaffDesk {
        let places = self.app.system_desk().places().await.unwrap();
        let above = places
            .iter()
            .find(|place| place.kind == JurisdictionKind::Prefecture);
        let role = StaffRole::PrefectureOfficer;
        self.hires("officer@pref.example", role, above.unwrap().id)
            .await
    }
}

async fn open(
    engine: &Engine,
    schema: &str,
    folder: PathBuf,
    clock: &Clock,
    ways: (Factor, Option<SingleSignOn>, Option<SmsGateway>),
) -> App {
    let config = config(engine, schema, folder, clock, ways);
    App::open(config).await.unwrap()
}

fn config(
    engine: &Engine,
    schema: &str,
    folder: PathBuf,
    clock: &Clock,
    (factor, provider, sms): (Factor, Option<SingleSignOn>, Option<SmsGateway>),
) -> AppConfig {
    AppConfig {
        database: match engine {
            Engine::Sqlite => Database::Embedded(folder.join("hersys.db")),
            Engine::Postgres(url) => Database::Postgres {
                url: url.clone(),
                schema: Some(schema.to_owned()),
            },
        },
        master_key: MasterKey::from_bytes([1; 32]),
        id_lengths: HersysIdLengths::default(),
        public_url: "http://portal.example".to_owned(),
        console_url: "http://console.example".to_owned(),
        second_factor: factor,
        mail: MailSender::Folder(folder.join("outbox")),
        sms: sms.unwrap_or_else(|| SmsGateway::Folder(folder.join("outbox"))),
        single_sign_on: provider,
        reminders_at_once: 4,
        reports_an_hour: 120,
        mail_from: address("no-reply@center.example"),
        clock: clock.clone(),
        time_zone: "Asia/Tokyo".to_owned(),
    }
}

/// Hanako's attributes as she types them.
pub fn hanako(id: &str) -> Typed {
    Typed {
        name: "山田花子".to_owned(),
        birth_year: "1988".to_owned(),
        birth_month: "5".to_owned(),
        birth_day: "4".to_owned(),
        phone: "090-1234-5678".to_owned(),
        hersys_id: id.to_owned(),
    }
}

/// Types attributes and saves them.
pub async fn register(desk: &PatientDesk, typed: &Typed) -> Registration {
    let _ = desk.keep_attributes(typed).await.unwrap();
    desk.save_attributes().await.unwrap()
}
