//! The machine that something is measured on: what it is, which core a thread runs on, and what a process has used.
//! Reads `/proc`, so Linux only.

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use std::collections::HashMap;
use std::fs::read_to_string;

/// What it is.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The name of the processor.
    pub cpu: String,
    /// How many cores this process may use.
    pub cores: usize,
    /// Bytes of memory.
    pub memory: u64,
    /// The kernel's version.
    pub kernel: String,
}

/// The value of a line such as `MemTotal:  24000 kB`, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number = line.trim_start_matches(':').split_whitespace().next()?;
    number.parse::<u64>().ok().map(|kilo| kilo * 1024)
}

impl Machine {
    /// This one.
    pub fn read() -> Machine {
        let file = |path| read_to_string(path).unwrap_or_default();
        let cpus = file("/proc/cpuinfo");
        let model = cpus
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        Machine {
            cpu: model.map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory: kilobytes(&file("/proc/meminfo"), "MemTotal").unwrap_or(0),
            kernel: file("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }

    /// A word for the name of a file, by its processor: `amd-epyc`.
    pub fn word(&self) -> String {
        let plain = self.cpu.replace("(R)", " ").replace("(TM)", " ");
        let words = plain.split(|letter: char| !letter.is_ascii_alphanumeric());
        let first: Vec<_> = words.filter(|word| !word.is_empty()).take(2).collect();
        first.join("-").to_ascii_lowercase()
    }
}

/// Binds the calling thread, and all that it starts from now on, to one of the cores that this process may use, counted
/// from 0 and around. Tells the core's number, or nothing where the machine does not allow it.
pub fn pin(core: usize) -> Option<usize> {
    let allowed = sched_getaffinity(None).ok()?;
    let all: Vec<usize> = (0..CpuSet::MAX_CPU)
        .filter(|cpu| allowed.is_set(*cpu))
        .collect();
    let chosen = *all.get(core % all.len().max(1))?;
    let mut only = CpuSet::new();
    only.set(chosen);
    sched_setaffinity(None, &only).ok()?;
    Some(chosen)
}

fn micros(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

/// Microseconds of CPU that this process has used so far, all threads.
pub fn process_cpu() -> f64 {
    micros(ClockId::ProcessCPUTime)
}

/// Microseconds of CPU that the calling thread has used so far.
pub fn thread_cpu() -> f64 {
    micros(ClockId::ThreadCPUTime)
}

/// The parent, and the microseconds of CPU of a process: its own, and those of children that have ended and were waited
/// for. In steps of the kernel's clock tick, 10 ms.
fn stat(pid: u32) -> Option<(u32, f64)> {
    let text = read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let parent = fields.get(1)?.parse().ok()?;
    let ticks: f64 = fields
        .get(11..15)?
        .iter()
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    Some((
        parent,
        ticks * 1e6 / rustix::param::clock_ticks_per_second() as f64,
    ))
}

/// A process and all that descend from it, such as a PostgreSQL server with its backends.
#[derive(Clone, Copy, Debug)]
pub struct Tree {
    root: u32,
}

impl Tree {
    /// The tree below a process.
    pub fn of(root: u32) -> Tree {
        Tree { root }
    }

    /// The tree of which a process is a child: of a PostgreSQL backend, the server.
    pub fn above(child: u32) -> Option<Tree> {
        stat(child).map(|(root, _)| Tree { root })
    }

    fn members(self) -> Vec<u32> {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let pid = entry.file_name().to_str().and_then(|n| n.parse().ok());
            if let Some(pid) = pid
                && let Some((parent, _)) = stat(pid)
            {
                children.entry(parent).or_default().push(pid);
            }
        }
        let mut all = vec![self.root];
        let mut at = 0;
        while let Some(pid) = all.get(at).copied() {
            all.extend(children.remove(&pid).unwrap_or_default());
            at += 1;
        }
        all
    }

    /// Microseconds of CPU that the tree has used so far, those that have ended included.
    pub fn cpu(self) -> f64 {
        self.members()
            .into_iter()
            .filter_map(|pid| stat(pid).map(|(_, cpu)| cpu))
            .sum()
    }

    /// Bytes of memory that the tree has for itself (proportional set size, or resident where the kernel hides it).
    pub fn memory(self) -> u64 {
        self.members()
            .into_iter()
            .filter_map(|pid| {
                let rollup = read_to_string(format!("/proc/{pid}/smaps_rollup")).ok();
                rollup.and_then(|text| kilobytes(&text, "Pss")).or_else(|| {
                    let status = read_to_string(format!("/proc/{pid}/status")).ok()?;
                    kilobytes(&status, "VmRSS")
                })
            })
            .sum()
    }
}

/// The PostgreSQL server behind a URL, where it runs on this machine.
pub fn postgres_tree(url: &str) -> Result<Option<Tree>> {
    let url = url.to_owned();
    // The driver brings a runtime of its own, which must not start inside another one.
    let server = std::thread::spawn(move || -> Result<Option<Tree>> {
        let mut client = postgres::Client::connect(&url, postgres::NoTls)?;
        let backend: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
        // Asked while the connection stands: its process ends with it.
        Ok(u32::try_from(backend).ok().and_then(Tree::above))
    });
    server.join().ok().context("connecting panicked")?
}

/// Bytes of memory that this process holds now.
pub fn memory() -> u64 {
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    kilobytes(&status, "VmRSS").unwrap_or(0)
}

/// The most bytes of memory that this process has held since [`forget_peak_memory`].
pub fn peak_memory() -> u64 {
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    kilobytes(&status, "VmHWM").unwrap_or(0)
}

/// Begins the peak of memory anew from what is held now.
pub fn forget_peak_memory() {
    // Where the kernel does not allow it, the peak is that of the whole run: an upper bound all the same.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_a_word_by_its_processor() {
        for (cpu, word) in [
            ("AMD EPYC", "amd-epyc"),
            ("Intel(R) Xeon(R) Processor", "intel-xeon"),
            ("unknown", "unknown"),
        ] {
            let machine = Machine {
                cpu: cpu.to_owned(),
                cores: 2,
                memory: 0,
                kernel: String::new(),
            };
            assert_eq!(machine.word(), word);
        }
    }
}
