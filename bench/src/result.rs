//! A result is data: what was measured on which machine, of which commit, beside a ceiling that was measured in the same
//! run. Absolute figures of a shared machine mean little; the ratios are what can be compared.

use crate::machine::Machine;
use anyhow::Result;
use hdrhistogram::Histogram;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A figure beside the ceiling that it is held against.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what: `µs CPU`, `per s`, `ms`, `MB`.
    pub unit: String,
    /// The ceiling of the same run, by its name and its value in the same unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<(String, f64)>,
    /// The value divided by the ceiling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// What is aimed at: a sentence such as `≤ 2×`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// What a run has found; [`Report::write`] keeps it.
#[derive(Debug, Serialize)]
pub struct Report {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<String>,
    date: String,
    commit: String,
    /// Whether the tree differed from the commit.
    dirty: bool,
    command: String,
    machine: Machine,
    parameters: serde_json::Map<String, serde_json::Value>,
    figures: Vec<Figure>,
    /// Whether what another machine has found stays beside it.
    #[serde(skip)]
    by_machine: bool,
}

fn git(arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-C", env!("CARGO_MANIFEST_DIR")])
        .args(arguments)
        .output();
    let bytes = output.map(|o| o.stdout).unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

impl Report {
    /// Begins a report; `engine`: `sqlite`, `postgres`, or none where there is no database.
    pub fn new(name: &str, engine: Option<&str>) -> Report {
        let changed = ["status", "--porcelain", "-uno", "--", ":/", ":!results"];
        Report {
            name: name.to_owned(),
            engine: engine.map(str::to_owned),
            date: app::clock::Clock::System.now().to_string(),
            commit: git(&["rev-parse", "HEAD"]),
            dirty: !git(&changed).is_empty(),
            command: std::env::args()
                .map(without_password)
                .collect::<Vec<_>>()
                .join(" "),
            machine: Machine::read(),
            parameters: serde_json::Map::new(),
            figures: Vec::new(),
            by_machine: false,
        }
    }

    /// The same kept beside what other machines have found, where figures of several stand in the documents.
    pub fn by_machine(self) -> Report {
        Report {
            by_machine: true,
            ..self
        }
    }

    /// The same for a measurement that has a nation's size, whose figures stand beside those of the small one.
    pub fn sized(name: &str, is_full: bool, engine: &str) -> Report {
        let name = if is_full {
            format!("{name}-full")
        } else {
            name.to_owned()
        };
        Report::new(&name, Some(engine))
    }

    /// Notes with what it was measured: a number of people, open or closed loop.
    pub fn parameter(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        self.parameters.insert(name.to_owned(), value.into());
    }

    /// Adds a figure and prints it.
    pub fn figure(&mut self, name: &str, value: f64, unit: &str) {
        self.add(Figure {
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
            ceiling: None,
            ratio: None,
            target: None,
        });
    }

    /// Adds a figure beside its ceiling, which is in the same unit, and what is aimed at; prints it.
    pub fn against(
        &mut self,
        name: &str,
        (value, unit): (f64, &str),
        (ceiling, limit): (&str, f64),
        target: &str,
    ) {
        self.add(Figure {
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
            ceiling: Some((ceiling.to_owned(), limit)),
            ratio: (limit > 0.0).then_some(value / limit),
            target: (!target.is_empty()).then(|| target.to_owned()),
        });
    }

    /// Adds the 50th, 99th and 99.9th of a hundred and the longest of many times, in milliseconds.
    pub fn times(&mut self, name: &str, times: &Times) {
        for (word, value) in times.summary() {
            self.figure(&format!("{name}, {word}"), value, "ms");
        }
    }

    fn add(&mut self, figure: Figure) {
        println!("  {}", line(&figure));
        self.figures.push(figure);
    }

    /// Prints all figures as a table and writes them to `bench/results/<name>[-<engine>][-<machine>].json`.
    pub fn write(&self) -> Result<PathBuf> {
        let machine = self.by_machine.then(|| self.machine.word());
        let parts = [Some(self.name.clone()), self.engine.clone(), machine];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        let file = parts.join("-") + ".json";
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(file);
        std::fs::write(&path, serde_json::to_string_pretty(self)? + "\n")?;
        println!(
            "\n{} · {} · {} cores of {} · {}{}",
            self.name,
            self.engine.as_deref().unwrap_or("no database"),
            self.machine.cores,
            self.machine.cpu,
            self.commit.get(..12).unwrap_or("no commit"),
            if self.dirty { " and changes" } else { "" },
        );
        for figure in &self.figures {
            println!("  {}", line(figure));
        }
        println!("written to {}", path.display());
        Ok(path)
    }
}

/// An argument without the password of a database URL in it.
fn without_password(argument: String) -> String {
    match argument.split_once("://") {
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            Some((_, host)) => format!("{scheme}://{host}"),
            None => argument,
        },
        None => argument,
    }
}

/// A number with as many digits as it means something.
fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

fn line(figure: &Figure) -> String {
    let mut text = format!(
        "{:<58} {:>10} {:<8}",
        figure.name,
        number(figure.value),
        figure.unit
    );
    if let (Some((name, limit)), Some(ratio)) = (&figure.ceiling, figure.ratio) {
        text += &format!(" {ratio:>7.2}× {name} ({})", number(*limit));
    }
    if let Some(target) = &figure.target {
        text += &format!("; aim {target}");
    }
    text
}

/// Many times, kept as a histogram of microseconds (three digits), whatever their number.
#[derive(Clone, Debug)]
pub struct Times {
    histogram: Histogram<u64>,
}

impl Default for Times {
    fn default() -> Self {
        Times::new()
    }
}

impl Times {
    /// None yet. The longest that is kept apart is an hour.
    pub fn new() -> Times {
        let histogram = Histogram::new_with_bounds(1, 3_600_000_000, 3)
            .or_else(|_| Histogram::new(3))
            .expect("three digits are allowed");
        Times { histogram }
    }

    /// Adds one.
    pub fn add(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.histogram.saturating_record(micros.max(1));
    }

    /// Adds those of another thread.
    pub fn merge(&mut self, other: &Times) {
        // Both have the same bounds.
        let _ = self.histogram.add(&other.histogram);
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// Milliseconds below which so many of a hundred lie.
    pub fn of_hundred(&self, percent: f64) -> f64 {
        self.histogram.value_at_percentile(percent) as f64 / 1e3
    }

    /// Milliseconds on average.
    pub fn mean(&self) -> f64 {
        self.histogram.mean() / 1e3
    }

    /// The longest, in milliseconds.
    pub fn longest(&self) -> f64 {
        self.histogram.max() as f64 / 1e3
    }

    /// p50, p99, p99.9 and the longest, in milliseconds.
    pub fn summary(&self) -> [(&'static str, f64); 4] {
        [
            ("p50", self.of_hundred(50.0)),
            ("p99", self.of_hundred(99.0)),
            ("p99.9", self.of_hundred(99.9)),
            ("longest", self.longest()),
        ]
    }
}

/// The middle of some values; 0 of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
