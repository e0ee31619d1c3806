//! People who are signed in: written through the same doors as everything else, with tokens that are known here.

use crate::server::{KEY, Setup};
use anyhow::{Context, Result, bail, ensure};
use app::clock::Clock;
use app::keys::{Keys, MasterKey, Token};
use app::outbox::MailSender;
use app::second_factor::Factor;
use app::sign_in::SignIn;
use app::staff::{AddStaff, NewStaff};
use app::{App, AppConfig, SESSION_LIFE};
use domain::email_address::EmailAddress;
use domain::hersys_id::HersysIdLengths;
use domain::ids::{AccountId, CaseId, HealthCenterId, JurisdictionId, PersonId, SessionId};
use domain::staff_role::StaffRole;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use std::net::Ipv4Addr;
use storage::account::{self, AccountRow};
use storage::case_registration::{NameRow, NewCase, NewPerson, insert_case, insert_person};
use storage::place_settings::{self, PlaceSettingRow};
use storage::{Tx, attributes, monitoring, session, staff};
use uuid::Uuid;

/// The cookie of a session at the console.
const CONSOLE: &str = "__Host-hersys-staff";
/// The password of all staff here.
pub const PASSWORD: &str = "Tulip-Meadow-42";
/// People of one transaction.
const BATCH: u32 = 500;

/// A family of one person.
#[derive(Clone, Debug)]
pub struct Family {
    /// The case, which stands for the person in addresses.
    pub case: Uuid,
    /// The session's token.
    pub token: String,
    number: u32,
}

impl Family {
    /// The cookie of its browser.
    pub fn cookie(&self) -> String {
        format!("__Host-my-hersys={}", self.token)
    }

    /// Where the receipt of a report of theirs stands.
    pub fn receipt(&self, report: Uuid) -> String {
        format!("/reports/{}/{report}", self.case)
    }

    /// An address of its own, as a proxy would tell it.
    pub fn address(&self) -> Ipv4Addr {
        // 198.18.0.0/15 is set aside for measuring.
        Ipv4Addr::from(0xC612_0000 | (self.number & 0x1_FFFF))
    }
}

/// A town: a center in a prefecture, with a nurse and an officer who are told of alerts, and families.
pub struct Town {
    /// The families.
    pub families: Vec<Family>,
    /// The address of the nurse, the only staff member of the center.
    pub nurse: &'static str,
    /// The nurse's session at the console, in which a second factor was shown.
    pub nurse_token: String,
    /// The address of the officer, the only one of the prefecture.
    pub officer: &'static str,
}

impl Town {
    /// The cookie of the nurse's browser.
    pub fn nurse_cookie(&self) -> String {
        format!("{CONSOLE}={}", self.nurse_token)
    }
}

const NURSE: &str = "nurse@center.example";
const OFFICER: &str = "officer@prefecture.example";

fn address(text: &str) -> Result<EmailAddress> {
    EmailAddress::parse(text)
        .ok()
        .context("an address is wrong")
}

async fn open(setup: &Setup) -> Result<App> {
    Ok(App::open(AppConfig {
        database: setup.database(),
        master_key: MasterKey::from_bytes(KEY),
        id_lengths: HersysIdLengths::parse("6,7").context("the lengths of IDs are wrong")?,
        public_url: format!("http://{}", setup.portal),
        console_url: format!("http://{}", setup.console),
        second_factor: Factor::Off,
        mail: MailSender::Folder(setup.data.join("outbox")),
        sms: app::sms::SmsGateway::Folder(setup.data.join("outbox")),
        single_sign_on: None,
        reminders_at_once: 4,
        reports_an_hour: 0,
        mail_from: address(NURSE)?,
        clock: Clock::System,
        time_zone: "Asia/Tokyo".to_owned(),
    })
    .await?)
}

/// Prepares a town in an empty database; the server must not run yet on the embedded one.
///
/// # Errors
/// Where the database is not empty or cannot be written.
pub async fn prepare(setup: &Setup, families: u32) -> Result<Town> {
    if setup.postgres.is_none() {
        std::fs::create_dir_all(&setup.data)?;
    }
    let app = open(setup).await?;
    let center = app
        .system_desk()
        .first_center("Center", Default::default())
        .await?;
    let db = setup.store().await?;
    let prefecture = db
        .read(storage::jurisdiction::first_prefecture)
        .await?
        .context("there is no prefecture")?;
    for (email, role, place) in [
        (NURSE, StaffRole::Nurse, NewStaff::place_of(center.id)),
        (OFFICER, StaffRole::PrefectureOfficer, prefecture.id),
    ] {
        let new = NewStaff {
            email: address(email)?,
            name: "Somebody".to_owned(),
            password: PASSWORD.to_owned(),
            role,
            place,
        };
        let added = app.system_desk().add_staff(new).await?;
        ensure!(added == AddStaff::Added, "{email} stands already");
    }
    let now = Clock::System.now();
    let filling = Filling {
        center: center.id,
        keys: Keys::new(&MasterKey::from_bytes(KEY)),
        now,
        today: now.to_zoned(center.time_zone).date(),
    };
    let filler = filling.clone();
    db.write(move |tx| filler.staff_and_settings(tx)).await?;
    let tokens: Vec<Token> = (0..families).map(|_| Token::generate()).collect();
    let mut from = 0;
    while from < families {
        let (first, filling, tokens) = (from, filling.clone(), tokens.clone());
        let to = (from + BATCH).min(families);
        db.write(move |tx| {
            (first..to).try_for_each(|n| filling.family(tx, n, &tokens[n as usize].hash()))
        })
        .await?;
        from = to;
    }
    let nurse_token = match app
        .front_desk(None)
        .sign_in_staff(&address(NURSE)?, PASSWORD)
        .await?
    {
        SignIn::SignedIn(token) => token.expose().to_owned(),
        other => bail!("the nurse cannot sign in: {other:?}"),
    };
    let family = |(number, token): (u32, &Token)| Family {
        case: case_of(number).uuid(),
        token: token.expose().to_owned(),
        number,
    };
    Ok(Town {
        families: (0..).zip(&tokens).map(family).collect(),
        nurse: NURSE,
        nurse_token,
        officer: OFFICER,
    })
}

fn id(number: u64) -> Uuid {
    // Spread like random ones, and the same in every run.
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let both = (u128::from(mixed) << 64) | u128::from(mixed.rotate_left(17));
    // By chance none may look like one that tells a time.
    uuid::Builder::from_random_bytes(both.to_be_bytes()).into_uuid()
}

fn case_of(number: u32) -> CaseId {
    CaseId::from_uuid(id(u64::from(number) * 8 + 1))
}

#[derive(Clone)]
struct Filling {
    center: HealthCenterId,
    keys: Keys,
    now: Timestamp,
    today: Date,
}

impl Filling {
    /// Alerts are passed on as early as the tables allow, and ring the phone at once.
    fn staff_and_settings(&self, tx: &mut Tx<'_>) -> Result<(), storage::Error> {
        let place = JurisdictionId::from_uuid(self.center.uuid());
        let setting = PlaceSettingRow {
            // Whatever the clock says.
            valid_from: self
                .now
                .saturating_sub(jiff::SignedDuration::from_hours(30 * 24))
                .unwrap_or(self.now),
            value: serde_json::json!({
                "tell_center_after": 0, "tell_prefecture_after": 0, "tell_again_every": 1, "sms_from_step": 0
            }),
            set_by: None,
            set_at: self.now,
            set_by_name: None,
        };
        place_settings::add(tx, place, "following", &setting)?;
        let phone = self.keys.seal_text("staff_phone", "+819012345678");
        for one in staff::at_place(tx, place)? {
            staff::set_phone(tx, one.id, Some(&phone), true)?;
        }
        Ok(())
    }

    fn family(&self, tx: &mut Tx<'_>, number: u32, token: &[u8]) -> Result<(), storage::Error> {
        let n = u64::from(number) * 8;
        let (case, account, session) = (
            case_of(number),
            AccountId::from_uuid(id(n + 2)),
            SessionId::from_uuid(id(n + 3)),
        );
        let person = NewPerson {
            id: PersonId::from_uuid(id(n)),
            center: self.center,
            birthdate: self.today.saturating_sub((20 * 365).days()),
            phone_sealed: self.keys.seal_text("phone", "+819012345678"),
            phone_blind: n.to_le_bytes().to_vec(),
            email_sealed: None,
            language: "ja".to_owned(),
            names: vec![NameRow {
                script: "kanji".to_owned(),
                name: format!("見本 {number}"),
                key_joined: format!("見本{number}"),
                key_sorted: format!("見本{number}"),
            }],
        };
        let row = NewCase {
            id: case,
            programme: "covid-19".to_owned(),
            hersys_id: format!("{:07}", 1_000_000 + number),
            diagnosed_on: self.today,
            onset_on: Some(self.today),
            entered_japan_on: None,
            passport_sealed: None,
            registered_by: None,
            form_key: id(n + 4),
            is_contact: false,
        };
        let email = format!("family{number}@families.example");
        let owner = AccountRow {
            id: account,
            email_sealed: self.keys.seal_text("email", &email),
            email_blind: self.keys.blind("email", &email),
            // Nobody signs in with it: the session stands already.
            password_hash: "none".to_owned(),
            language: "ja".to_owned(),
        };
        insert_person(tx, &person, self.now)?;
        insert_case(tx, &row, &person, self.now)?;
        monitoring::begin(
            tx,
            case,
            self.center,
            self.today,
            None,
            (true, false),
            self.now,
        )?;
        account::insert(tx, &owner, self.now)?;
        session::start(
            tx,
            session,
            token,
            account,
            self.now,
            self.now + SESSION_LIFE,
        )?;
        attributes::claim(tx, case, account, session, self.now)?;
        monitoring::has_account(tx, case, self.now)
    }
}
