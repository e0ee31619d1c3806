//! What opening the worklist costs. People and reports are written through the same doors as everything else.

use anyhow::{Context, Result, bail};
use app::clock::Clock;
use app::keys::{Keys, MasterKey};
use app::outbox::MailSender;
use app::second_factor::Factor;
use app::sign_in::SignIn;
use app::staff::{NewStaff, StaffVisit};
use app::worklist::{Filter, List};
use app::{App, AppConfig, Database, StaffDesk};
use domain::email_address::EmailAddress;
use domain::hersys_id::HersysIdLengths;
use domain::ids::{CaseId, HealthCenterId, PersonId, QuestionnaireId, ReportId};
use domain::staff_role::StaffRole;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rustix::time::{ClockId, clock_gettime};
use std::path::Path;
use std::time::Instant;
use storage::case_registration::{NameRow, NewCase, NewPerson, insert_case, insert_person};
use storage::monitoring::{self, Latest};
use storage::status_report::{self, ReportRow};
use uuid::Uuid;

const PASSWORD: &str = "Tulip-Meadow-42";
/// People of one transaction.
const BATCH: u32 = 500;
/// How often each page is opened.
const OPENED: usize = 51;

fn address() -> Result<EmailAddress> {
    EmailAddress::parse("nurse@bench.example")
        .ok()
        .context("the address is one")
}

async fn open(folder: &Path) -> Result<App> {
    Ok(App::open(AppConfig {
        database: Database::Embedded(folder.join("hersys.db")),
        master_key: MasterKey::from_bytes([7; 32]),
        id_lengths: HersysIdLengths::parse("8").context("eight digits are a length")?,
        public_url: "http://127.0.0.1".to_owned(),
        console_url: "http://127.0.0.1".to_owned(),
        second_factor: Factor::Off,
        mail: MailSender::Folder(folder.join("outbox")),
        sms: app::sms::SmsGateway::Folder(folder.join("outbox")),
        single_sign_on: None,
        mail_from: address()?,
        clock: Clock::System,
        time_zone: "Asia/Tokyo".to_owned(),
    })
    .await?)
}

/// What people are written with.
#[derive(Clone)]
struct Filling {
    center: HealthCenterId,
    questionnaire: QuestionnaireId,
    phone_sealed: Vec<u8>,
    now: Timestamp,
    today: Date,
    reports: u32,
}

fn id(number: u64) -> Uuid {
    // Spread like random ones, and the same in every run.
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    uuid::Builder::from_u128((u128::from(mixed) << 64) | u128::from(number)).into_uuid()
}

impl Filling {
    fn person(&self, tx: &mut storage::Tx<'_>, number: u32) -> Result<(), storage::Error> {
        let n = u64::from(number);
        let case = CaseId::from_uuid(id(n * 4 + 1));
        let person = NewPerson {
            id: PersonId::from_uuid(id(n * 4)),
            center: self.center,
            birthdate: self
                .today
                .saturating_sub((i64::from(number % 90) * 365).days()),
            phone_sealed: self.phone_sealed.clone(),
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
        let registered = self.now - SignedDuration::from_hours(24 * i64::from(number % 14));
        let row = NewCase {
            id: case,
            programme: "covid-19".to_owned(),
            hersys_id: format!("{:08}", 10_000_000 + number),
            diagnosed_on: self.today,
            onset_on: Some(self.today),
            entered_japan_on: None,
            passport_sealed: None,
            registered_by: None,
            form_key: id(n * 4 + 2),
            is_contact: false,
        };
        insert_person(tx, &person, registered)?;
        insert_case(tx, &row, &person, registered)?;
        let review = Some(self.today.saturating_add(i64::from(number % 9).days()));
        monitoring::begin(tx, case, self.center, self.today, review, true, registered)?;
        monitoring::has_account(tx, case, registered)?;
        // One in ten fell silent two days ago; one in twenty is to be watched.
        let behind = if number.is_multiple_of(10) { 48 } else { 0 };
        let mut last = None;
        for report in (0..self.reports).rev() {
            let at = self.now - SignedDuration::from_hours(i64::from(report) * 12 + behind);
            let row = ReportRow {
                case,
                id: ReportId::from_uuid(id((n << 32) | u64::from(report))),
                questionnaire: self.questionnaire,
                channel: "web".to_owned(),
                account: None,
                measured_at: at,
                received_at: at,
                health_day: at.to_zoned(jiff::tz::TimeZone::UTC).date(),
                temperature: Some(365),
                spo2: Some(97),
                answers: serde_json::json!({ "cough": "no", "malaise": "no" }),
                note: String::new(),
                level: 0,
                opened_at: None,
                opened_by: None,
                wrong_at: None,
                wrong_why: None,
                entered_by: None,
                corrected_at: None,
            };
            status_report::insert(tx, &row)?;
            last = Some(row);
        }
        if let Some(last) = last {
            let watched = number.is_multiple_of(20);
            let latest = Latest {
                report: last.id,
                measured_at: last.measured_at,
                received_at: last.received_at,
                health_day: last.health_day,
                temperature: last.temperature,
                spo2: last.spo2,
                level: i32::from(watched),
                urgency: i32::from(watched),
                worsening: false,
                reasons: serde_json::json!([]),
            };
            let reports = i32::try_from(self.reports).unwrap_or(0);
            monitoring::set_latest(tx, case, &latest, reports, last.received_at)?;
        }
        Ok(())
    }
}

/// A center with so many people, and a nurse who is signed in.
async fn fill(folder: &Path, people: u32, reports: u32) -> Result<StaffDesk> {
    let app = open(folder).await?;
    let center = app.system_desk().first_center("Bench").await?;
    let nurse = NewStaff {
        email: address()?,
        name: "Nurse".to_owned(),
        password: PASSWORD.to_owned(),
        role: StaffRole::Nurse,
        place: NewStaff::place_of(center.id),
    };
    app.system_desk().add_staff(nurse).await?;
    let db = storage::Db::sqlite(&folder.join("hersys.db"))?;
    let questionnaire = db
        .read(storage::questionnaire::all)
        .await?
        .first()
        .context("a questionnaire is shipped")?
        .id;
    let now = Clock::System.now();
    let filling = Filling {
        center: center.id,
        questionnaire,
        phone_sealed: Keys::new(&MasterKey::from_bytes([7; 32]))
            .seal_text("phone", "+819012345678"),
        now,
        today: now.to_zoned(center.time_zone).date(),
        reports,
    };
    let mut from = 0;
    while from < people {
        let (first, filling) = (from, filling.clone());
        let to = (from + BATCH).min(people);
        db.write(move |tx| (first..to).try_for_each(|number| filling.person(tx, number)))
            .await?;
        from = to;
    }
    let front = app.front_desk(None);
    let SignIn::SignedIn(token) = front.sign_in_staff(&address()?, PASSWORD).await? else {
        bail!("the nurse cannot sign in");
    };
    match app.staff_visit(&token).await? {
        StaffVisit::In(desk, _) => Ok(desk),
        _ => bail!("the nurse is not let in"),
    }
}

fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Milliseconds of CPU and of the clock that opening a page takes, the median.
async fn opening(desk: &StaffDesk, filter: Filter) -> Result<(f64, f64)> {
    let (mut by_cpu, mut by_clock) = (Vec::new(), Vec::new());
    for _ in 0..OPENED {
        let (spent, began) = (cpu(), Instant::now());
        let list = desk.worklist(None, filter).await?;
        if list.is_none() {
            bail!("there is no worklist");
        }
        by_clock.push(began.elapsed().as_secs_f64() * 1e3);
        by_cpu.push(cpu() - spent);
    }
    Ok((median(by_cpu), median(by_clock)))
}

/// Fills two centers and prints what opening costs.
pub async fn run(people: u32, reports: u32) -> Result<()> {
    let lists = [
        ("overview", None),
        ("not heard of, 100 rows", Some(List::Silent)),
        ("worse or to be watched, 100 rows", Some(List::Urgent)),
    ];
    let mut all = Vec::new();
    for people in [people / 100, people] {
        let folder = tempfile::tempdir()?;
        let began = Instant::now();
        let desk = fill(folder.path(), people, reports).await?;
        println!(
            "{people} people, {} reports: written in {:.0} s",
            u64::from(people) * u64::from(reports),
            began.elapsed().as_secs_f64()
        );
        let mut costs = Vec::new();
        for (name, list) in lists {
            let filter = Filter {
                list,
                ..Filter::default()
            };
            let (cpu, clock) = opening(&desk, filter).await?;
            println!(
                "  {name}: {cpu:.2} ms of CPU, {clock:.2} ms by the clock (median of {OPENED})"
            );
            costs.push(cpu);
        }
        all.push(costs);
    }
    for (at, (name, _)) in lists.iter().enumerate() {
        println!(
            "{name}: {:.2} times the CPU of the small center",
            all[1][at] / all[0][at]
        );
    }
    Ok(())
}
