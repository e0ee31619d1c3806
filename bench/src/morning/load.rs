//! The people: each one a conversation of five requests over a kept connection.

use crate::ceiling::CONNECTIONS;
use crate::fill::{Filled, token_of};
use crate::http::{Answer, Connection, find};
use crate::machine::process_cpu;
use crate::result::{Report, Times};
use anyhow::{Context, Result, ensure};
use domain::ids::CaseId;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What was asked for, in the order of a conversation, and the whole of it.
const STEPS: [&str; 6] = ["home", "form", "submit", "receipt", "history", "whole"];
const WHOLE: usize = 5;

/// Somebody who reports.
struct Person {
    number: u32,
    case: CaseId,
    token: String,
}

/// Everybody.
#[derive(Clone)]
pub(super) struct Load {
    people: Arc<Vec<Person>>,
    connections: u32,
    portal: SocketAddr,
    /// How many reports of theirs the server has said are saved.
    saved: Arc<AtomicUsize>,
}

/// What came of it.
pub(super) struct Done {
    took: Duration,
    cpu: f64,
    mine: Mine,
}

impl Load {
    pub(super) fn new(
        filled: &Filled,
        people: Vec<u32>,
        connections: u32,
        portal: SocketAddr,
    ) -> Load {
        let person = |number| Person {
            number,
            case: filled.case(number),
            token: token_of(number).expose().to_owned(),
        };
        Load {
            people: Arc::new(people.into_iter().map(person).collect()),
            connections,
            portal,
            saved: Arc::default(),
        }
    }

    /// How many reports of theirs the server has said are saved.
    pub(super) fn saved(&self) -> usize {
        self.saved.load(Ordering::Relaxed)
    }

    /// Lets the first `most` of them report; begun by the clock at a rate, or one after the other.
    pub(super) async fn run(&self, rate: Option<f64>, most: usize) -> Result<Done> {
        let next = Arc::new(AtomicUsize::new(0));
        let most = most.min(self.people.len());
        let (began, spent) = (Instant::now(), process_cpu());
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..self.connections {
            let (next, load) = (next.clone(), self.clone());
            all.spawn(async move {
                let mut connection = Connection::open(load.portal).await?;
                let mut mine = Mine::default();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= most {
                        return Ok::<_, anyhow::Error>(mine);
                    }
                    let mut due = Instant::now();
                    if let Some(rate) = rate {
                        due = began + Duration::from_secs_f64(at as f64 / rate);
                        tokio::time::sleep_until(due.into()).await;
                    }
                    let person = &load.people[at];
                    let ended = mine.conversation(&mut connection, person, &load.saved);
                    if let Err(error) = ended.await {
                        if mine.failed < 3 {
                            eprintln!("{error:#}");
                        }
                        mine.failed += 1;
                        connection = Connection::open(load.portal).await?;
                        // It counts as no conversation, and its time as none of one.
                        continue;
                    }
                    mine.steps[WHOLE].add(due.elapsed());
                }
            });
        }
        let mut mine = Mine::default();
        while let Some(ended) = all.join_next().await {
            mine.merge(&ended??);
        }
        Ok(Done {
            took: began.elapsed(),
            cpu: process_cpu() - spent,
            mine,
        })
    }

    /// Sends so many reports and nothing else, over all connections; the forms are opened before. Microseconds of CPU of
    /// each, by `cpu`.
    pub(super) async fn submits(&self, cpu: impl Fn() -> f64, most: usize) -> Result<f64> {
        let mut connection = Connection::open(self.portal).await?;
        let mut filled = Vec::new();
        for person in self.some(most) {
            let address = format!("/reports/new?member={}", person.case);
            let home = connection.get("/", &person.token).await?;
            let opened = with_key(&address, connection.body(home))?;
            let form = connection.get(&opened, &person.token).await?;
            let form = fill_in(connection.body(form), person)?;
            filled.push((address, person.token.clone(), form));
        }
        let send = async |connection: &mut Connection, one: (String, String, FilledIn)| {
            let (address, token, form) = one;
            let sent = connection.post(&address, &token, &form.body).await?;
            form.is_taken(connection, sent)?;
            self.saved.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        self.spread(self.connections, filled, send, cpu).await
    }

    /// Opens so many histories over as many connections as the bare server is asked by. Microseconds of CPU of each, by
    /// `cpu`.
    pub(super) async fn histories(&self, cpu: impl Fn() -> f64, most: usize) -> Result<f64> {
        let addresses = self
            .some(most)
            .iter()
            .map(|person| {
                let address = format!("/history?member={}", person.case);
                (address, person.token.clone())
            })
            .collect();
        let open = async |connection: &mut Connection, (address, token): (String, String)| {
            let answer = connection.get(&address, &token).await?;
            ensure!(answer.status == 200, "history: {}", answer.status);
            Ok(())
        };
        self.spread(CONNECTIONS, addresses, open, cpu).await
    }

    fn some(&self, most: usize) -> &[Person] {
        &self.people[..most.min(self.people.len())]
    }

    /// Does each of some things over one of so many connections, all of them busy until nothing is left. Microseconds of
    /// CPU of each, by `cpu`.
    async fn spread<T>(
        &self,
        connections: u32,
        things: Vec<T>,
        work: impl AsyncFn(&mut Connection, T) -> Result<()>,
        cpu: impl Fn() -> f64,
    ) -> Result<f64> {
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(Connection::open(self.portal).await?);
        }
        let count = things.len().max(1) as f64;
        let left = RefCell::new(things);
        let before = cpu();
        let mut busy: FuturesUnordered<_> = open
            .iter_mut()
            .map(async |connection| {
                loop {
                    let Some(thing) = left.borrow_mut().pop() else {
                        return anyhow::Ok(());
                    };
                    work(connection, thing).await?;
                }
            })
            .collect();
        while let Some(ended) = busy.next().await {
            ended?;
        }
        Ok((cpu() - before) / count)
    }
}

#[derive(Default)]
struct Mine {
    steps: [Times; 6],
    failed: u32,
    bytes: u64,
}

impl Mine {
    fn merge(&mut self, other: &Mine) {
        for (all, one) in self.steps.iter_mut().zip(&other.steps) {
            all.merge(one);
        }
        self.failed += other.failed;
        self.bytes += other.bytes;
    }

    async fn conversation(
        &mut self,
        connection: &mut Connection,
        person: &Person,
        saved: &AtomicUsize,
    ) -> Result<()> {
        let (case, token) = (person.case, &person.token);
        let page = |path: &str| format!("{path}?member={case}");
        let mut at = Instant::now();
        let mut lap = |mine: &mut Mine, step: usize| {
            mine.steps[step].add(at.elapsed());
            at = Instant::now();
        };
        let home = connection.get("/", token).await?;
        ensure!(home.status == 200, "home: {}", home.status);
        let address = page("/reports/new");
        let body = connection.body(home);
        self.bytes += body.len() as u64;
        let opened = with_key(&address, body)?;
        lap(self, 0);
        let form = connection.get(&opened, token).await?;
        ensure!(form.status == 200, "form: {}", form.status);
        let body = connection.body(form);
        self.bytes += body.len() as u64;
        let filled = fill_in(body, person)?;
        lap(self, 1);
        let sent = connection.post(&address, token, &filled.body).await?;
        filled.is_taken(connection, sent)?;
        saved.fetch_add(1, Ordering::Relaxed);
        lap(self, 2);
        let answer = connection.get(&filled.receipt, token).await?;
        ensure!(answer.status == 200, "receipt: {}", answer.status);
        self.bytes += connection.body(answer).len() as u64;
        lap(self, 3);
        let history = connection.get(&page("/history"), token).await?;
        ensure!(history.status == 200, "history: {}", history.status);
        self.bytes += connection.body(history).len() as u64;
        lap(self, 4);
        Ok(())
    }
}

/// The address of a form with the key that the home page has for it.
fn with_key(address: &str, home: &[u8]) -> Result<String> {
    let mark = b"/reports/new?form=";
    let from = find(home, mark).context("the home page leads to a form")? + mark.len();
    let key = std::str::from_utf8(home.get(from..from + 36).context("a key")?)?;
    Ok(format!("{address}&form={key}"))
}

/// A form that was filled in.
struct FilledIn {
    body: String,
    /// Where its receipt stands once it is saved.
    receipt: String,
}

impl FilledIn {
    /// That an answer leads to the receipt. Whatever else is wrong with a form, too many of them, or a question back, leads to a page that
    /// answers as well.
    fn is_taken(&self, connection: &Connection, sent: Answer) -> Result<()> {
        ensure!(sent.status == 303, "submit: {}", sent.status);
        let leads = connection.header(sent, "location").unwrap_or_default();
        ensure!(
            leads == self.receipt,
            "a report was not taken: submit leads to {leads}"
        );
        Ok(())
    }
}

/// The form as a person fills it in: its key, a temperature, a saturation, and "no" to every question. One in a hundred
/// gets short of breath.
fn fill_in(body: &[u8], person: &Person) -> Result<FilledIn> {
    let number = person.number;
    let text = std::str::from_utf8(body)?;
    let mark = "name=\"key\" value=\"";
    let from = find(body, mark.as_bytes()).context("the form has a key")? + mark.len();
    let key = text.get(from..from + 36).context("a key")?;
    let mut filled = format!("key={key}");
    let spo2 = if number.is_multiple_of(100) {
        91
    } else {
        96 + number % 4
    };
    let tenths = number % 10;
    filled.push_str(&format!("&temperature=36.{tenths}&spo2={spo2}&note="));
    let mut rest = &text[from..];
    let mut last = "";
    while let Some(at) = rest.find("name=\"q_") {
        let name = &rest[at + 6..];
        let name = &name[..name.find('"').context("a name ends")?];
        if name != last {
            filled.push_str(&format!("&{name}=no"));
        }
        last = name;
        rest = &rest[at + 8..];
    }
    Ok(FilledIn {
        body: filled,
        receipt: format!("/reports/{}/{key}", person.case),
    })
}

impl Done {
    /// Conversations that came to their end.
    pub(super) fn done(&self) -> f64 {
        self.mine.steps[WHOLE].count() as f64
    }

    pub(super) fn failed(&self) -> f64 {
        f64::from(self.mine.failed)
    }

    pub(super) fn seconds(&self) -> f64 {
        self.took.as_secs_f64()
    }

    pub(super) fn per_second(&self) -> f64 {
        self.done() / self.seconds()
    }

    /// Microseconds of CPU of the load for each.
    pub(super) fn cpu(&self) -> f64 {
        self.cpu / self.done()
    }

    pub(super) fn kilobytes(&self) -> f64 {
        self.mine.bytes as f64 / self.done() / 1e3
    }

    /// Milliseconds within which 99 in a hundred of one step were answered.
    pub(super) fn p99(&self, step: &str) -> f64 {
        let at = STEPS.iter().position(|name| *name == step);
        at.map_or(0.0, |at| self.mine.steps[at].of_hundred(99.0))
    }

    pub(super) fn times_in(&self, report: &mut Report, when: &str) {
        for (times, step) in self.mine.steps.iter().zip(STEPS) {
            report.times(&format!("{when}, {step}"), times);
        }
    }
}
