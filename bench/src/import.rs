//! Importing a large file of cases: looking at it, importing it, and how long others wait for a write meanwhile.

use crate::fill::{self, Place, Size, Who};
use crate::machine::{forget_peak_memory, memory, peak_memory};
use crate::meter::Meter;
use crate::result::{Report, Times};
use crate::worklist::calm_report;
use anyhow::{Context, Result, bail};
use app::case_import::{HEADER, ImportDraft, Meant};
use domain::language::Language;
use jiff::ToSpan;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What to measure with.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// 200,000 rows
    #[arg(long)]
    full: bool,
    /// Rows of the file
    #[arg(long, default_value_t = 5_000)]
    rows: u32,
}

/// A file of people who are not there yet.
fn file(today: jiff::civil::Date, rows: u32) -> Result<String> {
    let mut text = HEADER.join(",") + "\n";
    for number in 0..rows {
        // Beyond the numbers of whoever is filled in.
        let known = fill::known_on(today, 2_000_000 + number);
        let onset = today.saturating_sub(i64::from(number % 5).days());
        writeln!(
            text,
            "{},,,{},{},ja,{today},{onset},,,",
            known.name, known.birthdate, known.phone
        )?;
    }
    Ok(text)
}

/// Measures.
pub async fn run(mut args: Args) -> Result<()> {
    if args.full {
        args.rows = 200_000;
    }
    let mut report = Report::sized("import", args.full, args.place.engine());
    let filled = fill::filled(
        &Place {
            keep: None,
            ..args.place.clone()
        },
        Size::of(5_000, 1, 10_000),
    )
    .await?;
    let meter = Meter::of(&args.place)?;
    let desk = filled.desk(Who::Administrator).await?;
    let text = file(fill::today(filled.at), args.rows)?;
    report.parameter("rows", args.rows);
    report.figure("file", text.len() as f64 / 1e6, "MB");
    forget_peak_memory();
    let (resting, began, spent) = (memory(), Instant::now(), meter.cpu());
    let looked = desk.look_at_import(text.as_bytes(), Language::En).await?;
    let rows = f64::from(args.rows);
    let (draft, count) = match looked {
        Ok((draft, looked)) => (draft, looked.count),
        Err(problems) => bail!("the file is bad: {:?}", problems.first()),
    };
    if count != u64::from(args.rows) {
        bail!("{count} rows were read of {}", args.rows);
    }
    drop(text);
    report.figure("looking at the file", began.elapsed().as_secs_f64(), "s");
    report.figure(
        "looking at the file",
        (meter.cpu() - spent) / rows,
        "µs CPU a row",
    );
    report.figure(
        "looking: memory beyond rest",
        peak_memory().saturating_sub(resting) as f64 / 1e6,
        "MB",
    );
    // Somebody reports while it is imported.
    let over = Arc::new(AtomicBool::new(false));
    let (others, ended) = (filled.clone(), over.clone());
    let reporting = tokio::spawn(async move {
        let mut times = Times::new();
        let mut number = 1;
        while !ended.load(Ordering::Relaxed) && number < 4_999 {
            number += 1;
            if fill::has_account(number) {
                let desk = others
                    .app
                    .patient_desk(&fill::token_of(number), None)
                    .await?;
                let desk = desk.context("somebody is not signed in")?;
                let case = others.case(number);
                let form = desk.report_form(case).await?.context("there is no form")?;
                let began = Instant::now();
                desk.submit_report(case, form.key, &calm_report()).await?;
                times.add(began.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(times)
    });
    forget_peak_memory();
    let (resting, began, spent) = (memory(), Instant::now(), meter.cpu());
    match desk.import(draft, Meant::All, Language::En).await? {
        ImportDraft::Begun(work) => tokio::spawn(work.run(|| false)).await?,
        ImportDraft::Imported => {}
        _ => bail!("the file was not imported"),
    }
    let seconds = began.elapsed().as_secs_f64();
    let cpu = meter.cpu() - spent;
    over.store(true, Ordering::Relaxed);
    let waited = reporting.await??;
    let stands = desk
        .imported(draft)
        .await?
        .context("what was imported")?
        .len();
    if stands != args.rows as usize {
        bail!("{stands} cases came of {} rows", args.rows);
    }
    report.figure("importing", seconds, "s");
    report.figure("importing", rows / seconds, "rows/s");
    report.figure("importing", cpu / rows, "µs CPU a row");
    report.figure(
        "importing: memory beyond rest",
        peak_memory().saturating_sub(resting) as f64 / 1e6,
        "MB",
    );
    report.times("a report sent meanwhile", &waited);
    report.write()?;
    filled.close();
    Ok(())
}
