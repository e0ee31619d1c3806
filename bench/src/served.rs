//! Pages of the worklist over HTTP, from a house in a process of its own: what the server and its database spend, without
//! the client that asks.

use crate::fill::{self, Filled, Place, Who};
use crate::http::{Connection, find};
use crate::machine::postgres_tree;
use crate::result::Times;
use crate::server::{How, Server};
use anyhow::{Context, Result, bail, ensure};
use app::monitoring::{Decide, TypedDecision};
use app::worklist::{Filter, List};
use std::time::{Duration, Instant};

/// Microseconds of CPU that Medplum spends on a page of 25, server and database.
pub const MEDPLUM: f64 = 16_000.0;

/// How many people a nurse looks after, so that a page of them has as many rows as the page that others were measured with.
const OWN: usize = 25;

/// Asked for before it counts: some for each connection to the database.
const COLD: u32 = 100;

/// What a page costs.
pub struct Page {
    /// Which.
    pub name: &'static str,
    /// Microseconds of CPU of the server and its database, on average.
    pub cpu: f64,
    /// People who stand on it.
    pub rows: usize,
    /// What is sent, without its head.
    pub kilobytes: f64,
    /// By the clock, as the client sees it.
    pub times: Times,
}

/// Asks so often for each of the pages, one after the other over one connection.
pub async fn pages(
    filled: &Filled,
    place: &Place,
    asked: u32,
    under: Option<&str>,
) -> Result<Vec<Page>> {
    look_after(filled).await?;
    let token = fill::sign_in(&filled.app, Who::Nurse(0)).await?;
    let how = How {
        under,
        ..How::default()
    };
    let server = Server::start(&how, filled).await?;
    let database = match place.url() {
        Some(url) => postgres_tree(url)?,
        None => None,
    };
    let cpu = || server.cpu() + database.map_or(0.0, |tree| tree.cpu());
    let mut pages = Vec::new();
    for (name, path) in [
        ("page of the overview over HTTP", "/"),
        ("page of 25 over HTTP", "/?list=all&mine=1"),
        ("page of 100 over HTTP", "/?list=all"),
    ] {
        let (mut rows, mut bytes, mut times) = (0, 0, Times::new());
        let mut connection = Connection::open_console(server.console).await?;
        for _ in 0..COLD {
            let answer = connection.get(path, token.expose()).await?;
            ensure!(answer.status == 200, "{path} answered {}", answer.status);
            let body = connection.body(answer);
            (rows, bytes) = (
                count(body, b"<th scope=\"row\" role=\"rowheader\""),
                body.len(),
            );
        }
        rest(cpu).await;
        // The rest may last longer than the server keeps a connection that says nothing.
        let mut connection = Connection::open_console(server.console).await?;
        let before = cpu();
        for _ in 0..asked {
            let began = Instant::now();
            let answer = connection.get(path, token.expose()).await?;
            times.add(began.elapsed());
            ensure!(answer.status == 200, "{path} answered {}", answer.status);
        }
        let page = Page {
            name,
            cpu: (cpu() - before) / f64::from(asked.max(1)),
            rows,
            kilobytes: bytes as f64 / 1e3,
            times,
        };
        println!("  {name}: {:.0} µs of CPU, {rows} rows", page.cpu);
        pages.push(page);
    }
    server.stop().await?;
    Ok(pages)
}

fn count(within: &[u8], what: &[u8]) -> usize {
    let mut rest = within;
    let mut count = 0;
    while let Some(at) = find(rest, what) {
        count += 1;
        rest = &rest[at + what.len()..];
    }
    count
}

/// Waits until nothing is spent any more; the kernel tells it in steps of 10 ms.
async fn rest(cpu: impl Fn() -> f64) {
    for _ in 0..100 {
        let before = cpu();
        tokio::time::sleep(Duration::from_millis(200)).await;
        if cpu() - before < 1.0 {
            return;
        }
    }
}

/// Gives the first nurse her people, where she has none yet.
async fn look_after(filled: &Filled) -> Result<()> {
    let desk = filled.desk(Who::Nurse(0)).await?;
    let list = async |mine| -> Result<_> {
        let filter = Filter {
            list: Some(List::Open),
            mine,
            ..Filter::default()
        };
        let found = desk.worklist(None, filter).await?;
        let found = found.context("there is no worklist")?;
        let lists = found.lists.into_iter();
        Ok((found.center.id, lists.flat_map(|list| list.items)))
    };
    if list(true).await?.1.count() == OWN {
        return Ok(());
    }
    let (center, people) = list(false).await?;
    let team = desk.team(center).await?;
    let (nurse, _) = team
        .iter()
        .find(|(_, name)| *name == desk.name)
        .context("the nurse is not of the team")?;
    let free = people.filter(|item| item.monitoring.next_call_at.is_none());
    for item in free.take(OWN) {
        let decided = TypedDecision {
            status: item.monitoring.status.word().to_owned(),
            risks: item.monitoring.risks,
            assigned_to: nurse.to_string(),
            version: item.monitoring.version,
            ..TypedDecision::default()
        };
        match desk.decide(item.case, &decided).await? {
            Decide::Decided => {}
            other => bail!("nobody can look after somebody: {other:?}"),
        }
    }
    Ok(())
}
