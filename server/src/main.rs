//! `hersys`: My HER-SYS in one binary.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod commands;

use clap::Parser;
use std::process::ExitCode;

/// A page makes hundreds of small texts; this allocator was measured to take a fifth less of its time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = commands::Cli::parse();
    // What this program writes is for its owner: the database, its journal, the key, mails.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("hersys: {error:#}");
            ExitCode::FAILURE
        }
    }
}
