//! The figures of a day and of four weeks: for the nation, for a prefecture, for a center.

use crate::fill::{self, Place, Size, Who};
use crate::machine::{forget_peak_memory, peak_memory};
use crate::meter::Meter;
use crate::result::Report;
use anyhow::{Context, Result, bail};
use app::figures::{Ask, Asked};

/// What to measure with.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// 1.5 million people in 470 centers
    #[arg(long)]
    full: bool,
    /// Monitored people
    #[arg(long, default_value_t = 20_000)]
    people: u32,
    /// Health centers
    #[arg(long, default_value_t = 20)]
    centers: u32,
    /// How often each is asked for
    #[arg(long, default_value_t = 11)]
    asked: usize,
}

/// Measures.
pub async fn run(mut args: Args) -> Result<()> {
    if args.full {
        (args.people, args.centers) = (1_500_000, 470);
    }
    let mut report = Report::sized("figures", args.full, args.place.engine());
    let size = Size::of(args.people, args.centers, u64::from(args.people) * 2);
    let filled = fill::filled(&args.place, size).await?;
    filled.note_in(&mut report);
    let meter = Meter::of(&args.place)?;
    // The least that any figure of the nation costs where nothing is kept: going once through all cases.
    let db = filled.store().await?;
    let root = filled
        .app
        .system_desk()
        .places()
        .await?
        .into_iter()
        .next()
        .context("a nation")?;
    let below =
        storage::jurisdiction::Below::place(&storage::jurisdiction::path_below(None, root.id));
    let once = meter
        .each(3, |_| {
            let (db, below) = (db.clone(), below.clone());
            async move {
                db.read(move |tx| storage::case_registration::count(tx, &below))
                    .await?;
                Ok(())
            }
        })
        .await?;
    report.figure("ceiling: all cases counted once", once.cpu, "µs CPU");
    let today = fill::today(filled.at).to_string();
    let day = Asked {
        from: today.clone(),
        to: today,
        ..Asked::default()
    };
    // Whatever the filling has left in memory is given back meanwhile: the peak of the first figure is to be its own.
    filled.desk(Who::Analyst).await?.figures(&day).await?;
    for (who, whose) in [
        (Who::Analyst, "nation"),
        (Who::Officer, "prefecture"),
        (Who::Nurse(0), "center"),
    ] {
        let desk = filled.desk(who).await?;
        for (asked, days) in [(day.clone(), "a day"), (Asked::default(), "four weeks")] {
            forget_peak_memory();
            let cost = meter
                .each(args.asked, |_| {
                    let (desk, asked) = (desk.clone(), asked.clone());
                    async move {
                        match desk.figures(&asked).await? {
                            Ask::Figures(_) => Ok(()),
                            _ => bail!("there are no figures"),
                        }
                    }
                })
                .await?;
            let name = format!("figures of the {whose}, {days}");
            report.against(
                &name,
                (cost.cpu, "µs CPU"),
                ("all cases counted once", once.cpu),
                "",
            );
            report.times(&name, &cost.times);
            report.figure(
                &format!("{name}: peak memory"),
                peak_memory() as f64 / 1e6,
                "MB",
            );
        }
    }
    report.write()?;
    filled.close();
    Ok(())
}
