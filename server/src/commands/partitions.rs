//! `hersys partitions`: how large the large tables are, and how they are cut.

use super::{open_standing, say};
use anyhow::Result;
use server::config::Settings;
use std::process::ExitCode;

pub(super) async fn list(settings: &Settings) -> Result<ExitCode> {
    let app = open_standing(settings).await?;
    for sizes in app.system_desk().partition_sizes().await? {
        let rows: i64 = sizes.parts.iter().map(|part| part.table_bytes).sum();
        let indices: i64 = sizes.parts.iter().map(|part| part.index_bytes).sum();
        let each = |bytes: i64| bytes.checked_div(sizes.rows).unwrap_or(0);
        say(&format!(
            "{}: {} rows, {} bytes a row, {} more in indices",
            sizes.table,
            sizes.rows,
            each(rows),
            each(indices)
        ));
        for part in &sizes.parts {
            say(&format!(
                "  {}  {} kB rows, {} kB indices  {}",
                part.name,
                part.table_bytes / 1_024,
                part.index_bytes / 1_024,
                part.bounds
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Says so where partitions could not be made ahead of `serve`, which is no failure of a command.
pub(super) fn made(made: Result<usize, impl std::fmt::Display>) {
    if let Err(error) = made {
        eprintln!(
            "partitions are not made yet ({error}); `hersys serve` makes them within an hour"
        );
    }
}
