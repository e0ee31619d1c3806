//! The hour in which the whole nation reports, on one core: as many conversations a second as it would have, begun by the
//! clock whatever the server does. First alone, then beside twice as many sign-ins as the core can hash. And the other way
//! round: a few sign-ins, while people report as fast as the core can take them.

use super::load::Load;
use super::{Told, size_for, who_reports};
use crate::fill::{self, Filled, Place};
use crate::http::Connection;
use crate::machine;
use crate::registration::bare_hash;
use crate::result::{Report, Times};
use crate::server::{How, Server};
use anyhow::{Result, ensure};
use app::clock::Clock;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Sign-ins that the load has under way at once; what would be more is counted and not sent.
const MOST_OPEN: usize = 1_000;

/// What is measured.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// People who report within the hour
    #[arg(long, default_value_t = 1_544_096)]
    nation: u32,
    /// Seconds of the hour that are played, each of the two times
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Reports that are stored before
    #[arg(long, default_value_t = 1_000_000)]
    stored: u64,
    /// Sign-ins in a second, as a multiple of what one core can hash
    #[arg(long, default_value_t = 2.0)]
    storm: f64,
    /// Sign-ins in a second while reports take the whole core
    #[arg(long, default_value_t = 8.0)]
    few: f64,
    /// Connections at once of those who report
    #[arg(long, default_value_t = 64)]
    connections: u32,
}

/// Plays a part of the hour twice, and as much of a crowd.
pub async fn run(args: Args) -> Result<()> {
    let rate = f64::from(args.nation) / 3_600.0;
    let each = (rate * f64::from(args.seconds)) as u32;
    let mut report = Report::new("hour", Some(args.place.engine())).by_machine();
    let filled = fill::filled(&args.place, size_for(each * 2, args.stored)?).await?;
    filled.note_in(&mut report);
    report.parameter("connections", args.connections);
    report.parameter("seconds", args.seconds);
    report.parameter("loop", "open");
    let hash = bare_hash(15)?;
    report.figure("one bare password hash", hash, "µs CPU");
    let database = match args.place.url() {
        Some(url) => machine::postgres_tree(url)?,
        None => None,
    };
    let how = How {
        pinned: true,
        behind_proxy: true,
        ..How::default()
    };
    let start = Clock::System.now();
    let server = Server::start(&how, &filled).await?;
    machine::pin(1);
    let cpu = || server.cpu() + database.map_or(0.0, |tree| tree.cpu());
    let mut people = who_reports(&filled, each * 2);
    let everybody = people.clone();
    let later = people.split_off(each as usize);
    let load = |people| Load::new(&filled, people, args.connections, server.portal);

    let (before, began) = (cpu(), Instant::now());
    let first = load(people);
    let calm = first.run(Some(rate), usize::MAX).await?;
    let share = (cpu() - before) / began.elapsed().as_secs_f64() / 1e4;
    println!("open loop, {rate:.0} conversations a second");
    report.figure("conversations begun", rate, "per s");
    report.figure("conversations that failed (aim 0)", calm.failed(), "");
    report.figure("of one core (aim < 50)", share, "%");
    calm.times_in(&mut report, "calm");

    let emails = emails(&filled)?;
    let storm = |rate| Storm {
        rate,
        seconds: args.seconds,
        portal: server.portal,
        emails: emails.clone(),
    };
    let rages = tokio::spawn(storm(args.storm * 1e6 / hash).rages());
    let second = load(later);
    let beside = second.run(Some(rate), usize::MAX).await?;
    let came = rages.await??;
    println!(
        "the same beside {:.0} sign-ins a second",
        args.storm * 1e6 / hash
    );
    report.figure("sign-ins begun", args.storm * 1e6 / hash, "per s");
    came.told_in(&mut report, "");
    report.figure(
        "conversations that failed beside it (aim 0)",
        beside.failed(),
        "",
    );
    beside.times_in(&mut report, "storm");
    for step in ["submit", "whole"] {
        report.against(
            &format!("{step}, p99 beside the storm"),
            (beside.p99(step), "ms"),
            ("p99 while calm", calm.p99(step)),
            "≤ 2×",
        );
    }
    let third = load(everybody);
    let crowded = crowd(&third, storm(args.few), &mut report).await?;
    report.figure("peak memory of the server", server.peak_memory()?, "MiB");
    server.stop().await?;
    let told = Told {
        saved: first.saved() + second.saved() + third.saved(),
        failed: calm.failed() + beside.failed() + crowded,
    };
    told.stands(&mut report, &filled, start).await?;
    report.write()?;
    filled.close();
    Ok(())
}

/// People report as fast as they are served, over and over, beside a few who sign in. Tells how many conversations failed.
async fn crowd(load: &Load, few: Storm, report: &mut Report) -> Result<f64> {
    let rate = few.rate;
    let few = tokio::spawn(few.rages());
    let (mut done, mut failed, mut seconds) = (0.0, 0.0, 0.0);
    while !few.is_finished() {
        let all = load.run(None, usize::MAX).await?;
        done += all.done();
        failed += all.failed();
        seconds += all.seconds();
    }
    println!("reports take the whole core, beside {rate} sign-ins a second");
    report.figure("conversations in a crowd", done / seconds, "per s");
    report.figure("conversations that failed in it (aim 0)", failed, "");
    few.await??.told_in(report, "in a crowd, ");
    Ok(failed)
}

/// Those who sign in; each of them once in a while, as the limits for one address would have it.
fn emails(filled: &Filled) -> Result<Vec<String>> {
    (0..filled.size.people)
        .filter(|number| fill::has_account(*number))
        .take(20_000)
        .map(|number| Ok(fill::email_of(number)?.as_str().to_owned()))
        .collect()
}

/// Twice as many sign-ins as can be hashed, say.
struct Storm {
    rate: f64,
    seconds: u32,
    portal: SocketAddr,
    emails: Vec<String>,
}

/// What became of them.
#[derive(Default)]
struct Came {
    in_: u32,
    later: u32,
    failed: u32,
    times: Times,
}

impl Came {
    fn told_in(&self, report: &mut Report, when: &str) {
        for (what, count) in [
            ("were let in", self.in_),
            ("were asked to come back", self.later),
            ("failed", self.failed),
        ] {
            report.figure(&format!("{when}sign-ins that {what}"), f64::from(count), "");
        }
        report.times(&format!("{when}a sign-in that was let in"), &self.times);
    }
}

impl Storm {
    async fn rages(self) -> Result<Came> {
        ensure!(!self.emails.is_empty(), "nobody has an account");
        let open = Arc::new(Semaphore::new(MOST_OPEN));
        let (began, mut all, mut came) = (Instant::now(), JoinSet::new(), Came::default());
        for n in 0..(self.rate * f64::from(self.seconds)) as u32 {
            let due = began + Duration::from_secs_f64(f64::from(n) / self.rate);
            tokio::time::sleep_until(due.into()).await;
            let Ok(place) = open.clone().try_acquire_owned() else {
                came.failed += 1;
                continue;
            };
            let email = self.emails[n as usize % self.emails.len()].clone();
            let (portal, client) = (self.portal, Ipv4Addr::from(0x0a00_0000 + n));
            all.spawn(async move {
                let status = signs_in(portal, client.into(), &email).await;
                drop(place);
                (status, due.elapsed())
            });
        }
        while let Some(one) = all.join_next().await {
            match one? {
                (Ok(303), took) => {
                    came.in_ += 1;
                    came.times.add(took);
                }
                (Ok(503), _) => came.later += 1,
                _ => came.failed += 1,
            }
        }
        Ok(came)
    }
}

async fn signs_in(portal: SocketAddr, client: IpAddr, email: &str) -> Result<u16> {
    let form: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("email", email)
        .append_pair("password", fill::PASSWORD)
        .finish();
    let mut connection = Connection::open(portal).await?;
    let answer = connection.post_from(client, "/sign-in", &form).await?;
    // Whoever is not let in is led back to the form.
    let leads = connection.header(answer, "location").unwrap_or_default();
    Ok(if leads.contains("again") {
        0
    } else {
        answer.status
    })
}
