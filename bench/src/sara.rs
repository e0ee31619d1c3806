//! The one published, repeatable benchmark of this field, Sara Alert's, on our house: 500,000 and 1,000,000 people over 14
//! days; lists by ten users at once, a reminder run over all who are due, closing 20,000 cases, 100 reports of a person.

use crate::fill::{self, Filled, Place, Size, Who};
use crate::machine::{forget_peak_memory, peak_memory};
use crate::meter::Meter;
use crate::result::{Report, Times};
use crate::worklist::calm_report;
use anyhow::{Context, Result, bail};
use app::clock::Clock;
use app::monitoring::{Decide, OpenAlert, TypedDecision};
use app::status_report::Submit;
use app::worklist::{Filter, List};
use domain::ids::CaseId;
use jiff::ToSpan;
use jiff::civil::Time;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// What to measure with.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// 500,000 people, then 1,000,000
    #[arg(long)]
    full: bool,
    /// Monitored people; with `--full` both sizes of theirs
    #[arg(long, default_value_t = 10_000)]
    people: u32,
    /// Health centers; all that is done is done at the first
    #[arg(long, default_value_t = 1)]
    centers: u32,
    /// Rounds of each of the ten users
    #[arg(long, default_value_t = 20)]
    rounds: u32,
    /// Cases that are closed; with `--full` 20,000
    #[arg(long, default_value_t = 500)]
    close: u32,
}

/// Theirs had reports of 14 days.
const DAYS: u64 = 14;
/// Their limits: seconds of a list on average and at most, of a reminder run, of closing 20,000, of a person's reports.
const LIST: f64 = 10.0;
const LIST_LONGEST: f64 = 15.0;
const REMINDERS: f64 = 310.0;
const CLOSING: f64 = 600.0;
const PERSON: f64 = 0.2;
/// How long whoever changes something while reminders are promised waits before the next time.
const PAUSE: Duration = Duration::from_millis(10);

/// Measures.
pub async fn run(mut args: Args) -> Result<()> {
    let mut report = Report::sized("sara", args.full, args.place.engine());
    report.parameter("loop", "closed, ten users at once");
    report.parameter("centers", args.centers);
    let sizes = if args.full {
        args.close = 20_000;
        vec![500_000, 1_000_000]
    } else {
        vec![args.people]
    };
    for people in sizes {
        // What is closed and reminded stays so: never upon data that are kept.
        let size = Size::of(people, args.centers, u64::from(people) * DAYS);
        let filled = fill::filled_apart(&args.place, size).await?;
        forget_peak_memory();
        lists(&filled, &args, &mut report).await?;
        person(&filled, &mut report).await?;
        closing(&filled, &args, &mut report).await?;
        reminders(&filled, &args, &mut report).await?;
        report.figure(
            &format!("{people} people: peak memory"),
            peak_memory() as f64 / 1e6,
            "MB",
        );
        if let Some(memory) = Meter::of(&args.place)?.server_memory() {
            report.figure(
                &format!("{people} people: memory of the database server"),
                memory as f64 / 1e6,
                "MB",
            );
        }
        filled.close();
    }
    report.write()?;
    Ok(())
}

fn held(report: &mut Report, name: &str, seconds: f64, theirs: f64) {
    report.against(name, (seconds, "s"), ("theirs", theirs), "≤ 0.01×");
}

/// Ten users go through the lists; theirs show 25 rows, ours 100.
async fn lists(filled: &Filled, args: &Args, report: &mut Report) -> Result<()> {
    let mut all = JoinSet::new();
    for user in 0..10 {
        let desk = filled.desk(Who::Nurse(user)).await?;
        let rounds = args.rounds;
        all.spawn(async move {
            let mut times = Times::new();
            for round in 0..rounds {
                let list = List::ALL[((user + round) % 6) as usize];
                let filter = Filter {
                    list: Some(list),
                    page: i64::from(round / 6),
                    ..Filter::default()
                };
                let began = Instant::now();
                desk.worklist(None, filter)
                    .await?
                    .context("there is no worklist")?;
                times.add(began.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Times::new();
    while let Some(one) = all.join_next().await {
        times.merge(&one??);
    }
    let people = filled.size.people;
    held(
        report,
        &format!("{people} people: a list, average"),
        times.mean() / 1e3,
        LIST,
    );
    held(
        report,
        &format!("{people} people: a list, longest"),
        times.longest() / 1e3,
        LIST_LONGEST,
    );
    Ok(())
}

/// Somebody of the first center who has an account.
fn of_first_center(filled: &Filled) -> Result<u32> {
    let centers = u32::try_from(filled.centers.len())?;
    (1..)
        .map(|at| at * centers)
        .find(|number| fill::has_account(*number))
        .filter(|number| *number < filled.size.people)
        .context("too few people")
}

/// A hundred reports of one person: taking them one after the other, and reading them.
async fn person(filled: &Filled, report: &mut Report) -> Result<()> {
    let number = of_first_center(filled)?;
    let desk = filled
        .app
        .patient_desk(&fill::token_of(number), None)
        .await?;
    let desk = desk.context("somebody is not signed in")?;
    let case = filled.case(number);
    let began = Instant::now();
    for _ in 0..100 {
        let form = desk.report_form(case).await?.context("there is no form")?;
        let Submit::Accepted(_) = desk.submit_report(case, form.key, &calm_report()).await? else {
            bail!("a report was not taken");
        };
    }
    let people = filled.size.people;
    let seconds = began.elapsed().as_secs_f64();
    held(
        report,
        &format!("{people} people: 100 reports of a person taken"),
        seconds,
        PERSON,
    );
    let nurse = filled.desk(Who::Nurse(0)).await?;
    let began = Instant::now();
    let view = nurse.open_case(case).await?.context("the case is gone")?;
    if view.reports.len() < 100 {
        bail!("{} reports are there", view.reports.len());
    }
    let seconds = began.elapsed().as_secs_f64();
    held(
        report,
        &format!("{people} people: a person's 100 reports read"),
        seconds,
        PERSON,
    );
    Ok(())
}

/// Ten users close cases, a few at once each, as many as theirs.
async fn closing(filled: &Filled, args: &Args, report: &mut Report) -> Result<()> {
    let centers = args.centers.max(1);
    let count = args.close.min(filled.size.people / centers / 2);
    // From the latest registered back; the first people are used elsewhere.
    let cases: Arc<Vec<CaseId>> = Arc::new(
        (0..filled.size.people / centers)
            .rev()
            .take(count as usize)
            .map(|at| filled.case(at * centers))
            .collect(),
    );
    let next = Arc::new(AtomicU32::new(0));
    let meter = Meter::of(&args.place)?;
    let (began, spent) = (Instant::now(), meter.cpu());
    let mut all = JoinSet::new();
    for user in 0..10 {
        let desk = filled.desk(Who::Nurse(user)).await?;
        for _ in 0..4 {
            let (desk, cases, next) = (desk.clone(), cases.clone(), next.clone());
            all.spawn(async move {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at as usize).copied() else {
                        return anyhow::Ok(());
                    };
                    let mut typed = TypedDecision {
                        status: "died".to_owned(),
                        reason: "a measurement".to_owned(),
                        version: 1,
                        ..TypedDecision::default()
                    };
                    let mut decided = desk.decide(case, &typed).await?;
                    if decided == Decide::AlertIsOpen {
                        // As whoever reads the question answers it.
                        let following = desk.following_of(case).await?;
                        let alert = following.and_then(|following| following.alert);
                        typed.open_alert = OpenAlert::Leave.word().to_owned();
                        typed.alert_seen = alert.map(|alert| alert.state()).unwrap_or_default();
                        decided = desk.decide(case, &typed).await?;
                    }
                    match decided {
                        Decide::Decided => {}
                        other => bail!("a case was not closed: {other:?}"),
                    }
                }
            });
        }
    }
    while let Some(one) = all.join_next().await {
        one??;
    }
    let (people, seconds) = (filled.size.people, began.elapsed().as_secs_f64());
    report.figure(
        &format!("{people} people: closing a case"),
        (meter.cpu() - spent) / f64::from(count),
        "µs CPU",
    );
    let whole = CLOSING * f64::from(count) / 20_000.0;
    held(
        report,
        &format!("{people} people: closing {count} cases"),
        seconds,
        whole,
    );
    Ok(())
}

/// The reminders of tomorrow morning, when nobody has reported yet.
async fn reminders(filled: &Filled, args: &Args, report: &mut Report) -> Result<()> {
    let administrator = filled.desk(Who::Administrator).await?;
    let mut following = administrator.following().await?;
    following.reminders[0] = Some(Time::constant(9, 0, 0, 0));
    let set = administrator.set_following(following, None, None).await?;
    if set != app::place_settings::SetPlace::Set {
        bail!("the times of reminders were not set");
    }
    let tomorrow = fill::today(filled.at)
        .saturating_add(1.day())
        .at(9, 1, 0, 0)
        .in_tz("Asia/Tokyo")?;
    let app = filled
        .app_at(Clock::standing_at(tomorrow.timestamp()))
        .await?;
    let desk = app
        .patient_desk(&fill::token_of(of_first_center(filled)?), None)
        .await?;
    let desk = desk.context("somebody is not signed in")?;
    let meter = Meter::of(&args.place)?;
    let (began, spent) = (Instant::now(), meter.cpu());
    let runs = AtomicBool::new(true);
    let all = async {
        let system = app.system_desk();
        let reminded = system.send_reminders().await;
        runs.store(false, Ordering::Relaxed);
        anyhow::Ok((reminded?, began.elapsed(), meter.cpu() - spent))
    };
    // What somebody else changes meanwhile, which leaves them as they are.
    let other = async {
        let mut waits = Times::new();
        while runs.load(Ordering::Relaxed) {
            let began = Instant::now();
            desk.want_reminders(true).await?;
            waits.add(began.elapsed());
            tokio::time::sleep(PAUSE).await;
        }
        anyhow::Ok(waits)
    };
    let ((reminded, time, cpu), waits) = tokio::try_join!(all, other)?;
    let seconds = time.as_secs_f64();
    if reminded == 0 {
        bail!("nobody was reminded");
    }
    let people = filled.size.people;
    report.times(
        &format!("{people} people: a change of somebody else meanwhile"),
        &waits,
    );
    report.figure(
        &format!("{people} people: a reminder"),
        cpu / reminded as f64,
        "µs CPU",
    );
    held(
        report,
        &format!("{people} people: reminding {reminded} families"),
        seconds,
        REMINDERS,
    );
    Ok(())
}
