//! The line list of a large center as a file, in each form: time, CPU, and the most memory meanwhile.

use crate::fill::{self, Place, Size, Who};
use crate::machine::{forget_peak_memory, memory, peak_memory};
use crate::meter::Meter;
use crate::result::Report;
use anyhow::{Result, bail};
use app::line_list::{Column, Export, Format, Whom, Wished};
use std::time::Instant;

/// What to measure with.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// 200,000 rows
    #[arg(long)]
    full: bool,
    /// Rows of the list; a smaller one, with which its memory is compared, has a tenth
    #[arg(long, default_value_t = 20_000)]
    rows: u32,
}

/// Measures.
pub async fn run(mut args: Args) -> Result<()> {
    if args.full {
        args.rows = 200_000;
    }
    let mut report = Report::sized("export", args.full, args.place.engine());
    let mut memories: Vec<f64> = Vec::new();
    for rows in [args.rows / 10, args.rows] {
        let filled = fill::filled(&args.place, Size::of(rows, 1, u64::from(rows) * 2)).await?;
        filled.note_in(&mut report);
        let meter = Meter::of(&args.place)?;
        let desk = filled.desk(Who::Administrator).await?;
        for (at, (format, name)) in [
            (Format::CsvUtf8, "CSV in UTF-8"),
            (Format::CsvShiftJis, "CSV in Shift_JIS"),
            (Format::Xlsx, "workbook"),
        ]
        .into_iter()
        .enumerate()
        {
            let wished = Wished {
                columns: Column::ALL.to_vec(),
                whom: Whom::Both,
                only_open: true,
                programme: String::new(),
                format,
                reason: "a measurement".to_owned(),
                losses_are_fine: true,
            };
            forget_peak_memory();
            let (resting, began, spent) = (memory(), Instant::now(), meter.cpu());
            let words = i18n::words(domain::language::Language::En);
            let Export::File(mut file, count) = desk.export(&wished, words).await? else {
                bail!("there is no file");
            };
            let bytes = std::io::copy(&mut file, &mut std::io::sink())?;
            let (seconds, cpu) = (began.elapsed().as_secs_f64(), meter.cpu() - spent);
            let more = peak_memory().saturating_sub(resting) as f64 / 1e6;
            let name = format!("{name}, {count} rows");
            report.figure(&name, seconds, "s");
            report.figure(&name, cpu / count.max(1) as f64, "µs CPU a row");
            report.figure(&format!("{name}: file"), bytes as f64 / 1e6, "MB");
            match memories.get(at) {
                Some(less) => report.against(
                    &format!("{name}: memory beyond rest"),
                    (more, "MB"),
                    ("a tenth of the rows", less.max(1.0)),
                    "constant",
                ),
                None => {
                    report.figure(&format!("{name}: memory beyond rest"), more, "MB");
                    memories.push(more);
                }
            }
        }
        filled.close();
    }
    report.write()?;
    Ok(())
}
