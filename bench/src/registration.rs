//! Signing up as a rate: codes, passwords, matching, through the front desk as pages do; what of it is hashing; and a
//! sign-in against one bare hash.

use crate::fill::{self, Filled, Place, Size};
use crate::machine::{process_cpu, thread_cpu};
use crate::meter::Meter;
use crate::result::{Report, Times, median};
use anyhow::{Context, Result, bail};
use app::attributes::{Registration, Typed};
use app::code::{CodeCheck, CodeRequest};
use app::keys::{Keys, Token};
use app::sign_in::SignIn;
use app::sign_up::SavePassword;
use domain::language::Language;
use jiff::SignedDuration;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use storage::outbox::Queue;
use tokio::task::JoinSet;

/// What to measure with.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// 5,000 sign-ups beside 1.5 million people
    #[arg(long)]
    full: bool,
    /// How many sign up
    #[arg(long, default_value_t = 200)]
    sign_ups: u32,
    /// People who are registered already; one in sixteen has no account and can sign up
    #[arg(long, default_value_t = 10_000)]
    people: u32,
    /// How many sign up at the same time
    #[arg(long, default_value_t = 8)]
    at_once: u32,
    /// How often somebody signs in
    #[arg(long, default_value_t = 50)]
    sign_ins: usize,
}

/// New cases of the day with the most of them, 19 August 2022.
const PEAK: f64 = 261_000.0;

/// Measures.
pub async fn run(mut args: Args) -> Result<()> {
    if args.full {
        (args.people, args.sign_ups) = (1_500_000, 5_000);
    }
    let mut report = Report::sized("registration", args.full, args.place.engine());
    let centers = if args.full { 470 } else { 10 };
    let filled = fill::filled(
        &args.place,
        Size::of(args.people, centers, u64::from(args.people) * 2),
    )
    .await?;
    filled.note_in(&mut report);
    report.parameter("at_once", args.at_once);
    report.parameter("loop", "closed");
    let hash = bare_hash(15)?;
    report.figure("ceiling: one bare password hash", hash, "µs CPU");
    sign_up(&filled, &args, hash, &mut report).await?;
    sign_in(&filled, &args, &mut report).await?;
    report.write()?;
    filled.close();
    Ok(())
}

/// Microseconds of CPU of one hash, the median.
pub(crate) fn bare_hash(times: usize) -> Result<f64> {
    let mut all = Vec::new();
    for _ in 0..times {
        let spent = thread_cpu();
        fill::password_hash()?;
        all.push(thread_cpu() - spent);
    }
    Ok(median(all))
}

/// Codes as they come out of the outbox, by address.
#[derive(Clone, Default)]
struct Mailbox(Arc<Mutex<HashMap<String, String>>>);

impl Mailbox {
    fn take(&self, address: &str) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(address)
    }

    /// Takes what is due out of the outbox as its worker does, without a mail server behind it.
    async fn work(self, db: storage::Db) -> Result<()> {
        let keys = Keys::new(&fill::master_key());
        loop {
            let now = app::clock::Clock::System.now();
            let due = db
                .write(move |tx| {
                    let lease = now + SignedDuration::from_mins(2);
                    let due = storage::outbox::take_due(tx, Queue::Mail, 50, (now, lease))?;
                    for one in &due {
                        storage::outbox::sent(tx, one.id, now, None)?;
                    }
                    Ok(due)
                })
                .await?;
            if due.is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            for one in due {
                let mail = keys.open("mail", &one.message_sealed.unwrap_or_default())?;
                let mail: serde_json::Value = serde_json::from_slice(&mail)?;
                let text = |name: &str| mail[name].as_str().unwrap_or_default().to_owned();
                let body = text("text");
                let code = body
                    .lines()
                    .find(|l| l.len() == 6 && l.bytes().all(|b| b.is_ascii_digit()));
                if let Some(code) = code {
                    let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                    all.insert(text("to"), code.to_owned());
                }
            }
        }
    }
}

async fn sign_up_one(filled: &Filled, mailbox: &Mailbox, number: u32, run: u128) -> Result<()> {
    // Everybody comes from a place of their own, as people at home do.
    let client = IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number));
    let desk = filled.app.front_desk(Some(client));
    let name = format!("new{number}-{run}");
    let email = fill::address(&name)?;
    let walk = Token::generate();
    let known = fill::known(filled.at, number);
    let asked = desk
        .request_sign_up(&walk, email.clone(), None, Language::Ja)
        .await?;
    if asked != CodeRequest::Sent {
        bail!("a code was not sent: {asked:?}");
    }
    let began = Instant::now();
    let code = loop {
        if let Some(code) = mailbox.take(email.as_str()) {
            break code;
        }
        if began.elapsed() > Duration::from_secs(60) {
            bail!("a code did not come");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let (checked, walk) = desk.verify_code(&walk, &code).await?;
    if checked != CodeCheck::Right {
        bail!("a code was not taken: {checked:?}");
    }
    let SavePassword::SignedIn(token) = desk
        .save_password(&walk, fill::PASSWORD, Language::Ja)
        .await?
    else {
        bail!("a password was not taken");
    };
    let desk = filled
        .app
        .patient_desk(&token, Some(client))
        .await?
        .context("not signed in")?;
    let typed = Typed {
        name: known.name,
        birth_year: known.birthdate.year().to_string(),
        birth_month: known.birthdate.month().to_string(),
        birth_day: known.birthdate.day().to_string(),
        phone: known.phone,
        hersys_id: known.hersys_id,
    };
    if desk.keep_attributes(&typed).await?.is_err() {
        bail!("attributes were not understood");
    }
    match desk.save_attributes().await? {
        Registration::Registered(_) => Ok(()),
        other => bail!("somebody was not registered: {other:?}"),
    }
}

async fn sign_up(filled: &Filled, args: &Args, hash: f64, report: &mut Report) -> Result<()> {
    let db = filled.store().await?;
    // On data that were kept, some have signed up in an earlier run.
    let mut free = Vec::new();
    for number in (0..filled.size.people).filter(|number| !fill::has_account(*number)) {
        if free.len() >= args.sign_ups as usize {
            break;
        }
        let case = filled.case(number);
        let row = db
            .read(move |tx| storage::case_registration::by_id(tx, case))
            .await?;
        if row.is_some_and(|row| row.account.is_none()) {
            free.push(number);
        }
    }
    if free.is_empty() {
        bail!("nobody is left who could sign up: fill anew or with more people");
    }
    let run = u128::try_from(app::clock::Clock::System.now().as_millisecond())?;
    let mailbox = Mailbox::default();
    let working = tokio::spawn(mailbox.clone().work(db));
    let meter = Meter::of(&args.place)?;
    let (filled, free) = (Arc::new(filled.clone()), Arc::new(free));
    let next = Arc::new(AtomicU32::new(0));
    let (began, spent) = (Instant::now(), meter.cpu());
    let mut all = JoinSet::new();
    for _ in 0..args.at_once {
        let (filled, free, next, mailbox) =
            (filled.clone(), free.clone(), next.clone(), mailbox.clone());
        all.spawn(async move {
            let mut times = Times::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed) as usize;
                let Some(number) = free.get(at) else {
                    return Ok(times);
                };
                if at % 500 == 499 {
                    println!("  {at} have signed up");
                }
                let began = Instant::now();
                sign_up_one(&filled, &mailbox, *number, run).await?;
                times.add(began.elapsed());
            }
        });
    }
    let mut times = Times::new();
    while let Some(one) = all.join_next().await {
        let one: Result<Times> = one?;
        times.merge(&one?);
    }
    let (count, seconds) = (times.count() as f64, began.elapsed().as_secs_f64());
    let each = (meter.cpu() - spent) / count;
    working.abort();
    report.figure("signed up", count, "");
    report.figure("sign-ups", count / seconds, "per s");
    report.against("a sign-up", (each, "µs CPU"), ("bare hash", hash), "");
    report.figure("share of hashing in a sign-up", hash / each * 100.0, "%");
    report.figure("261,000 sign-ups", PEAK / (count / seconds) / 60.0, "min");
    report.figure("a sign-up without hashing", each - hash, "µs CPU");
    report.times("a sign-up, waiting for its code included", &times);
    Ok(())
}

async fn sign_in(filled: &Filled, args: &Args, report: &mut Report) -> Result<()> {
    let (mut bare, mut whole, mut clock) = (Vec::new(), Vec::new(), Times::new());
    let who = (0..filled.size.people).filter(|number| fill::has_account(*number));
    let server = Meter::of(&args.place)?;
    let (mut before, mut served) = (0.0, 0.0);
    for number in who.take(args.sign_ins) {
        // Side by side, so that whatever else the machine does falls on both.
        bare.push(bare_hash(1)?);
        let email = fill::email_of(number)?;
        before += server.cpu();
        let (spent, began) = (process_cpu(), Instant::now());
        let outcome = filled
            .app
            .front_desk(None)
            .sign_in(&email, fill::PASSWORD, None)
            .await?;
        clock.add(began.elapsed());
        whole.push(process_cpu() - spent);
        served += server.cpu();
        if !matches!(outcome, SignIn::SignedIn(_)) {
            bail!("somebody cannot sign in");
        }
    }
    let all: f64 = whole.iter().sum();
    let at_server = ((served - before - all) / whole.len().max(1) as f64).max(0.0);
    report.against(
        "a sign-in",
        (median(whole) + at_server, "µs CPU"),
        ("bare hash beside it", median(bare)),
        "≤ 1.1×",
    );
    report.times("a sign-in", &clock);
    Ok(())
}
