//! Opening the worklist of a center in a nation: what a page costs whatever is stored, and how long a report takes from
//! its commit to the nurse's browser.

use crate::console::{self, Console};
use crate::fill::{self, Filled, Place, Size, Who};
use crate::meter::Meter;
use crate::result::{Report, Times};
use crate::served;
use anyhow::{Context, Result, bail};
use app::worklist::{Filter, List};
use domain::status_report::RawReport;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// What to measure with.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// 1.5 million people in 470 centers, 3 and 30 million reports
    #[arg(long)]
    full: bool,
    /// Monitored people
    #[arg(long, default_value_t = 20_000)]
    people: u32,
    /// Health centers
    #[arg(long, default_value_t = 10)]
    centers: u32,
    /// Reports of all of them; the smaller database, which it is compared with, has a tenth
    #[arg(long, default_value_t = 400_000)]
    reports: u64,
    /// Also a line of the audit log for each report, as reports that were sent have
    #[arg(long)]
    audited: bool,
    /// How often each page is opened
    #[arg(long, default_value_t = 51)]
    opened: usize,
    /// How many reports are followed to the browser
    #[arg(long, default_value_t = 50)]
    live: u32,
    /// Only pages over HTTP, on the database with all the reports
    #[arg(long)]
    served: bool,
    /// How often each page is asked for over HTTP
    #[arg(long, default_value_t = 1_000)]
    asked: u32,
    /// Runs the server under this command, such as `perf record -g -o FILE`
    #[arg(long, requires = "served")]
    under: Option<String>,
}

/// Microseconds of CPU of a page of 50 in the throw-away program that knew nothing but the table.
const THROW_AWAY: f64 = 150.0;

/// An ordinary report.
pub fn calm_report() -> RawReport {
    let shipped = domain::questionnaire::shipped();
    RawReport {
        temperature: "36.6".to_owned(),
        spo2: "97".to_owned(),
        symptoms: shipped
            .last()
            .map(|questionnaire| questionnaire.calm_words())
            .unwrap_or_default(),
        ..RawReport::default()
    }
}

fn pages() -> Vec<(String, Filter)> {
    let mut all = vec![("overview".to_owned(), Filter::default())];
    for list in List::ALL {
        let page = |page| Filter {
            list: Some(list),
            page,
            ..Filter::default()
        };
        all.push((format!("{}, first page", list.word()), page(0)));
        if matches!(list, List::Open | List::Silent) {
            all.push((format!("{}, next page", list.word()), page(1)));
        }
    }
    all
}

/// Measures.
pub async fn run(mut args: Args) -> Result<()> {
    if args.full {
        (args.people, args.centers, args.reports) = (1_500_000, 470, 30_000_000);
    }
    let name = match args.served {
        true => "worklist-served",
        false => "worklist",
    };
    let mut report = Report::sized(name, args.full, args.place.engine());
    report.parameter("opened", args.opened);
    report.parameter("loop", "closed, one reader");
    if args.served {
        return only_served(&args, report).await;
    }
    let few = Size::of(args.people, args.centers, args.reports / 10).audited(args.audited);
    let many = Size::of(args.people, args.centers, args.reports).audited(args.audited);
    let before = {
        let filled = fill::filled(&args.place, few).await?;
        let costs = open_all(&filled, &args).await?;
        filled.close();
        costs
    };
    let filled = fill::filled(&args.place, many).await?;
    filled.note_in(&mut report);
    report.figure(
        "bytes on the disk",
        filled.bytes().await? as f64 / 1e6,
        "MB",
    );
    let with_few = format!("with {} reports", few.reports);
    for ((name, cost, times), (_, less, _)) in
        open_all(&filled, &args).await?.into_iter().zip(before)
    {
        report.against(
            &name,
            (cost, "µs CPU"),
            ("throw-away program", THROW_AWAY),
            "≤ 1000 µs",
        );
        report.against(
            &format!("{name}: growth"),
            (cost, "µs CPU"),
            (&with_few, less),
            "≤ 1.1×",
        );
        report.figure(&format!("{name}, p99"), times.of_hundred(99.0), "ms");
    }
    live(&filled, args.live, &mut report).await?;
    report.write()?;
    filled.close();
    Ok(())
}

async fn open_all(filled: &Filled, args: &Args) -> Result<Vec<(String, f64, Times)>> {
    let meter = Meter::of(&args.place)?;
    let mut costs = Vec::new();
    let nurse = filled.desk(Who::Nurse(0)).await?;
    for (name, filter) in pages() {
        let nurse = nurse.clone();
        let cost = meter
            .each(args.opened, |_| {
                let (nurse, filter) = (nurse.clone(), filter.clone());
                async move {
                    nurse
                        .worklist(None, filter)
                        .await?
                        .context("there is no worklist")?;
                    Ok(())
                }
            })
            .await?;
        println!("  {name}: {:.0} µs of CPU", cost.cpu);
        costs.push((name, cost.cpu, cost.times));
    }
    let officer = filled.desk(Who::Officer).await?;
    let cost = meter
        .each(args.opened.min(21), |_| {
            let officer = officer.clone();
            async move {
                officer.center_counts().await?;
                Ok(())
            }
        })
        .await?;
    costs.push((
        "counts of a prefecture's centers".to_owned(),
        cost.cpu,
        cost.times,
    ));
    for page in served::pages(filled, &args.place, args.asked, None).await? {
        costs.push((page.name.to_owned(), page.cpu, page.times));
    }
    Ok(costs)
}

/// Pages over HTTP and nothing else.
async fn only_served(args: &Args, mut report: Report) -> Result<()> {
    report.parameter("asked", args.asked);
    let size = Size::of(args.people, args.centers, args.reports).audited(args.audited);
    let filled = fill::filled(&args.place, size).await?;
    filled.note_in(&mut report);
    let pages = served::pages(&filled, &args.place, args.asked, args.under.as_deref()).await?;
    for page in pages {
        report.against(
            page.name,
            (page.cpu, "µs CPU"),
            ("Medplum", served::MEDPLUM),
            "≤ 0.01×",
        );
        report.figure(&format!("{}, size", page.name), page.kilobytes, "kB");
        report.figure(&format!("{}, rows", page.name), page.rows as f64, "");
        report.times(page.name, &page.times);
    }
    report.write()?;
    filled.close();
    Ok(())
}

/// From the commit of a report to the event in a browser that has the worklist open.
async fn live(filled: &Filled, times: u32, report: &mut Report) -> Result<()> {
    let console = Console::start(filled.app.clone()).await?;
    let token = fill::sign_in(&filled.app, Who::Nurse(0)).await?;
    let address = console.address;
    let events =
        tokio::task::spawn_blocking(move || console::listen(address, "/worklist/events", &token))
            .await??;
    // The look-out has to have seen the list once before it knows what changed.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let (mut latencies, mut missed) = (Times::new(), 0);
    let centers = u32::try_from(filled.centers.len())?;
    let of_center = (0..filled.size.people / centers).map(|at| at * centers);
    let who = of_center
        .filter(|number| fill::has_account(*number))
        .take(times as usize);
    for (turn, number) in who.enumerate() {
        // Not in step with the look-out.
        tokio::time::sleep(Duration::from_millis(37 * (turn as u64 % 17))).await;
        while events.try_recv().is_ok() {}
        let desk = filled
            .app
            .patient_desk(&fill::token_of(number), None)
            .await?
            .context("somebody is not signed in")?;
        let case = filled.case(number);
        let form = desk.report_form(case).await?.context("there is no form")?;
        let sent = desk.submit_report(case, form.key, &calm_report()).await?;
        if !matches!(sent, app::status_report::Submit::Accepted(_)) {
            bail!("a report was not taken");
        }
        let committed = Instant::now();
        let heard = tokio::task::block_in_place(|| events.recv_timeout(Duration::from_secs(5)));
        match heard {
            Ok(at) => latencies.add(at.saturating_duration_since(committed)),
            Err(RecvTimeoutError::Timeout) => missed += 1,
            Err(RecvTimeoutError::Disconnected) => bail!("the stream of events ended"),
        }
    }
    report.figure("live updates seen", latencies.count() as f64, "");
    report.figure("live updates missed within 5 s", f64::from(missed), "");
    report.times("from commit to browser", &latencies);
    Ok(())
}
