//! How the main operations grow: the same on a database, on one ten times as large, and on one a hundred times as large,
//! with the exponent that fits best. 0 is independent of what is stored, 1 grows as it does.

use crate::fill::{self, Filled, Place, Size, Who};
use crate::machine::memory;
use crate::meter::Meter;
use crate::result::Report;
use crate::worklist::calm_report;
use anyhow::{Context, Result, bail};
use app::PatientDesk;
use app::figures::{Ask, Asked};
use app::status_report::Submit;
use app::worklist::{Filter, List};

/// What to measure with.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// 15,000, 150,000 and 1.5 million people, 20 reports each, 470 centers
    #[arg(long)]
    full: bool,
    /// People of the smallest database
    #[arg(long, default_value_t = 1_000)]
    people: u32,
    /// Health centers
    #[arg(long, default_value_t = 10)]
    centers: u32,
    /// How often each is done
    #[arg(long, default_value_t = 51)]
    times: usize,
}

/// Reports of each person.
const EACH: u64 = 20;

/// The slope of a straight line through the logarithms: the exponent.
fn exponent(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points
        .iter()
        .map(|(x, y)| (x.ln(), y.max(1e-9).ln()))
        .collect();
    let count = logs.len() as f64;
    let (mean_x, mean_y) = (
        logs.iter().map(|p| p.0).sum::<f64>() / count,
        logs.iter().map(|p| p.1).sum::<f64>() / count,
    );
    let above: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let below: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    above / below
}

/// Measures.
pub async fn run(mut args: Args) -> Result<()> {
    if args.full {
        (args.people, args.centers) = (15_000, 470);
    }
    let mut report = Report::sized("growth", args.full, args.place.engine());
    let mut all: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for people in [args.people, args.people * 10, args.people * 100] {
        let size = Size::of(people, args.centers, u64::from(people) * EACH);
        let filled = fill::filled(&args.place, size).await?;
        for (name, cost) in costs(&filled, &args).await? {
            let point = (f64::from(people), cost);
            match all.iter_mut().find(|(known, _)| *known == name) {
                Some((_, points)) => points.push(point),
                None => all.push((name, vec![point])),
            }
        }
        report.figure(
            &format!("{}: on the disk", size.words()),
            filled.bytes().await? as f64 / 1e6,
            "MB",
        );
        filled.close();
    }
    report.parameter("people", format!("{0}, {0}0, {0}00", args.people));
    report.parameter("centers", args.centers);
    report.parameter("reports_each", EACH);
    for (name, points) in all {
        let unit = if name.starts_with("memory") {
            "MB"
        } else {
            "µs CPU"
        };
        for (people, cost) in &points {
            report.figure(&format!("{name}, {people} people"), *cost, unit);
        }
        report.figure(&format!("{name}: exponent"), exponent(&points), "");
    }
    report.write()?;
    Ok(())
}

/// People with an account, spread over the whole, a different one each time.
fn somebody(filled: &Filled, turn: usize) -> u32 {
    let people = filled.size.people;
    let number = (u64::from(people) * (turn as u64 * 37 % 997) / 997) as u32;
    if fill::has_account(number) {
        number
    } else {
        (number + 1).min(people - 1)
    }
}

async fn desk_of(filled: &Filled, number: u32) -> Result<PatientDesk> {
    let desk = filled
        .app
        .patient_desk(&fill::token_of(number), None)
        .await?;
    desk.context("somebody is not signed in")
}

async fn costs(filled: &Filled, args: &Args) -> Result<Vec<(String, f64)>> {
    let meter = Meter::of(&args.place)?;
    let mut all: Vec<(String, f64)> = Vec::new();
    let mut note = |name: &str, cost: f64| {
        println!("  {name}: {cost:.0} µs of CPU");
        all.push((name.to_owned(), cost));
    };
    let report = meter.each(args.times, |turn| async move {
        let number = somebody(filled, turn);
        let desk = desk_of(filled, number).await?;
        let case = filled.case(number);
        let form = desk.report_form(case).await?.context("there is no form")?;
        match desk.submit_report(case, form.key, &calm_report()).await? {
            Submit::Accepted(_) => Ok(()),
            _ => bail!("a report was not taken"),
        }
    });
    note("report", report.await?.cpu);
    let home = meter.each(args.times, |turn| async move {
        desk_of(filled, somebody(filled, turn))
            .await?
            .home()
            .await?;
        Ok(())
    });
    note("home", home.await?.cpu);
    let history = meter.each(args.times, |turn| async move {
        let number = somebody(filled, turn);
        desk_of(filled, number)
            .await?
            .history(filled.case(number))
            .await?
            .context("no history")?;
        Ok(())
    });
    note("history", history.await?.cpu);
    let nurse = &filled.desk(Who::Nurse(0)).await?;
    for (name, list) in [
        ("worklist, overview", None),
        ("worklist, everybody", Some(List::Open)),
    ] {
        let filter = Filter {
            list,
            ..Filter::default()
        };
        let page = meter.each(args.times, |_| {
            let filter = filter.clone();
            async move {
                nurse.worklist(None, filter).await?.context("no worklist")?;
                Ok(())
            }
        });
        note(name, page.await?.cpu);
    }
    let centers = u32::try_from(filled.centers.len())?;
    let own = |turn: usize| {
        let mine = (filled.size.people / centers).max(1);
        fill::known(filled.at, (turn as u32 * 37 % mine) * centers)
    };
    for name in ["search by ID", "search by phone", "search by name"] {
        let search = meter.each(args.times.min(21), |turn| async move {
            let known = own(turn);
            let text = match name {
                "search by ID" => known.hersys_id,
                "search by phone" => known.phone,
                _ => known.name,
            };
            let (found, _) = nurse.cases(&text, 0).await?;
            if found.is_empty() {
                bail!("{name} finds nobody");
            }
            Ok(())
        });
        note(name, search.await?.cpu);
    }
    let analyst = &filled.desk(Who::Analyst).await?;
    for (name, desk) in [
        ("figures of a center", nurse),
        ("figures of the nation", analyst),
    ] {
        let figures = meter.each(args.times.min(5), |_| async move {
            match desk.figures(&Asked::default()).await? {
                Ask::Figures(_) => Ok(()),
                _ => bail!("no figures"),
            }
        });
        note(name, figures.await?.cpu);
    }
    all.push(("memory of the process".to_owned(), memory() as f64 / 1e6));
    Ok(all)
}
