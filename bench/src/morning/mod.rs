//! A morning: people with sessions of their own open the home page, the form, send a report, read the receipt and look
//! at their history, against a real server in a process of its own. First in a closed loop, each connection as fast as
//! it is answered, which tells the capacity; then some of them once more in an open loop at half of that, begun by the
//! clock whatever the server does, which tells how long people wait on an ordinary day.

pub mod hour;
mod load;

use crate::ceiling::Ceilings;
use crate::fill::{self, Filled, Place, Size};
use crate::machine;
use crate::result::Report;
use crate::server::{How, Server};
use anyhow::{Result, ensure};
use app::clock::Clock;
use jiff::Timestamp;
use load::Load;

/// How long the half-loaded part lasts at most, in seconds.
const HALF: f64 = 30.0;

/// How many reports and history pages are asked for alone.
const ALONE: usize = 5_000;

/// What is measured.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// People who report; the nation's 1,544,096 at once, or a hundredth of it
    #[arg(long, default_value_t = 15_441)]
    people: u32,
    /// Reports that are stored before
    #[arg(long, default_value_t = 300_000)]
    stored: u64,
    /// Connections at once
    #[arg(long, default_value_t = 64)]
    connections: u32,
    /// Lets server and load share the cores as they like, instead of one core for each
    #[arg(long)]
    unpinned: bool,
    /// Seconds for each ceiling; 0 leaves them out
    #[arg(long, default_value_t = 3.0)]
    ceilings: f64,
    /// Only what a report and a history page cost alone, without the morning
    #[arg(long)]
    alone: bool,
    /// Runs the server under this command, such as `perf record -g -o FILE`
    #[arg(long)]
    under: Option<String>,
}

/// Fills a house, starts it, and lets everybody report.
pub async fn run(args: Args) -> Result<()> {
    let name = format!("morning-{}-{}", args.people, args.stored);
    let mut report = Report::new(&name, Some(args.place.engine()));
    let filled = fill::filled(&args.place, size_for(args.people, args.stored)?).await?;
    filled.note_in(&mut report);
    report.parameter("connections", args.connections);
    report.parameter("pinned", !args.unpinned);
    let seconds = args.ceilings;
    let ceilings = if seconds > 0.0 {
        let (folder, url) = (filled.folder.clone(), args.place.url().map(str::to_owned));
        let measured =
            std::thread::spawn(move || Ceilings::measure(&folder, url.as_deref(), seconds));
        let ceilings = measured
            .join()
            .map_err(|_| anyhow::anyhow!("measuring the ceilings panicked"))??;
        ceilings.add_to(&mut report);
        Some(ceilings)
    } else {
        None
    };
    let database = match args.place.url() {
        Some(url) => machine::postgres_tree(url)?,
        None => None,
    };
    let how = How {
        pinned: !args.unpinned,
        under: args.under.as_deref(),
        ..How::default()
    };
    let began = Clock::System.now();
    let server = Server::start(&how, &filled).await?;
    report.figure("ready after", server.ready_after * 1e3, "ms");
    if !args.unpinned {
        machine::pin(1);
    }
    let cpu = || server.cpu() + database.map_or(0.0, |tree| tree.cpu());
    let people = who_reports(&filled, args.people);
    let load = Load::new(&filled, people, args.connections, server.portal);

    let mut failed = 0.0;
    if !args.alone {
        failed = morning(&mut report, &args, &load, &server, cpu).await?;
    }
    report.figure("peak memory of the server", server.peak_memory()?, "MiB");

    alone(&mut report, &load, cpu, ceilings.as_ref()).await?;
    server.stop().await?;
    let told = Told {
        saved: load.saved(),
        failed,
    };
    told.stands(&mut report, &filled, began).await?;
    report.write()?;
    filled.close();
    Ok(())
}

/// What people were told.
struct Told {
    /// How many reports are saved.
    saved: usize,
    /// How many conversations failed, in which a report may have been saved without a word.
    failed: f64,
}

impl Told {
    /// Compares it with what has come into the store since a moment. The server must have ended.
    ///
    /// # Errors
    /// Where a report is lost, stands twice, or none was taken: then what was measured is something else than reports.
    async fn stands(&self, report: &mut Report, filled: &Filled, since: Timestamp) -> Result<()> {
        let db = filled.store().await?;
        let count = move |tx: &mut storage::Tx<'_>| storage::reckoning::count_since(tx, since);
        let stand = db.read(count).await? as f64;
        let saved = self.saved as f64;
        report.figure("reports that were called saved", saved, "");
        report.figure("of these lost (aim 0)", (saved - stand).max(0.0), "");
        ensure!(saved > 0.0, "no report was taken");
        ensure!(
            stand >= saved,
            "{saved} reports were called saved, and {stand} stand"
        );
        ensure!(
            stand - saved <= self.failed,
            "{stand} reports stand, though {saved} were called saved and {} conversations failed",
            self.failed
        );
        Ok(())
    }
}

/// All of them as fast as they are answered, then some at half of that by the clock. Tells how many conversations failed.
async fn morning(
    report: &mut Report,
    args: &Args,
    load: &Load,
    server: &Server,
    cpu: impl Fn() -> f64,
) -> Result<f64> {
    let (spent, before) = (cpu(), server.written()?);
    let full = load.run(None, usize::MAX).await?;
    let spent = (cpu() - spent) / full.done();
    let written = (server.written()? - before) / full.done() / 1e3;
    println!("closed loop, {} connections", args.connections);
    report.figure("reports", full.done(), "");
    report.figure("conversations that failed", full.failed(), "");
    report.figure("time for all", full.seconds(), "s");
    report.figure("reports, whole conversations", full.per_second(), "per s");
    report.figure("a conversation, server and database", spent, "µs CPU");
    report.figure("a conversation, load", full.cpu(), "µs CPU");
    report.figure("pages of a conversation", full.kilobytes(), "kB");
    if args.place.url().is_none() {
        report.figure("written for a conversation", written, "kB");
    }
    full.times_in(report, "full load");

    let rate = full.per_second() / 2.0;
    let some = (rate * HALF) as usize;
    println!("open loop, {rate:.0} conversations a second");
    let half = load.run(Some(rate), some).await?;
    report.figure("open loop, conversations begun", rate, "per s");
    report.figure("open loop, conversations that failed", half.failed(), "");
    half.times_in(report, "half load");
    Ok(full.failed() + half.failed())
}

/// What a report and a history page cost, with nothing else going on.
async fn alone(
    report: &mut Report,
    load: &Load,
    cpu: impl Fn() -> f64 + Copy,
    ceilings: Option<&Ceilings>,
) -> Result<()> {
    let submit = load.submits(cpu, ALONE).await?;
    let history = load.histories(cpu, ALONE).await?;
    let Some(ceilings) = ceilings else {
        report.figure("a submitted report", submit, "µs CPU");
        report.figure("a history page", history, "µs CPU");
        return Ok(());
    };
    let least = ceilings.report_on_postgres();
    let least = least.unwrap_or_else(|| ceilings.report_on_sqlite());
    let unit = "µs CPU";
    report.against("a submitted report", (submit, unit), least, "≤ 2×");
    let unwaited = ceilings.report_unwaited();
    report.against("the same, beside less", (submit, unit), unwaited, "");
    let word = ("axum, a word", ceilings.hello.cpu);
    report.against("a history page", (history, unit), word, "≤ 5×");
    Ok(())
}

/// A house in which so many have accounts, with so many reports: one in ten of those who are filled in has none.
fn size_for(people: u32, stored: u64) -> Result<Size> {
    let all = people + people / 9 + 10;
    let each = u32::try_from((stored / u64::from(all)).max(1))?;
    Ok(Size::of(all, 470, u64::from(all) * u64::from(each)).audited(true))
}

/// So many with accounts. Nobody reports in the order in which people were registered: whoever comes is anywhere in the
/// file.
fn who_reports(filled: &Filled, people: u32) -> Vec<u32> {
    let mut who: Vec<u32> = (0..filled.size.people)
        .filter(|number| fill::has_account(*number))
        .take(people as usize)
        .collect();
    who.sort_by_key(|number| scattered(*number));
    who
}

/// A number that has nothing to do with the one it is made of, the same in every run (the finishing step of SplitMix64).
fn scattered(number: u32) -> u64 {
    let mut all = u64::from(number).wrapping_add(0x9e37_79b9_7f4a_7c15);
    all = (all ^ (all >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    all = (all ^ (all >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    all ^ (all >> 31)
}
