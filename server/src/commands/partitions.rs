//! `hersys partitions`: how large the large tables are, and how they are cut; and a half-year that comes back.

use super::{open_standing, say};
use anyhow::{Result, bail};
use app::partitions::Back;
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

/// Puts a half-year of reports back.
pub(super) async fn attach(settings: &Settings, table: &str) -> Result<ExitCode> {
    let app = open_standing(settings).await?;
    let (back, looked_at) = match app.system_desk().put_partition_back(table).await {
        Ok(done) => done,
        Err(app::Error::Busy) => bail!(
            "nothing was changed: the reports were in use for too long, such as by a backup or figures of a year; run this again"
        ),
        Err(error) => return Err(error.into()),
    };
    say(&match back {
        Back::Attached(_) => format!("{table} is a part of the reports again."),
        Back::Moved(_) => format!(
            "The reports of {table} stand in the part that holds what is of that time; the table itself is gone."
        ),
        Back::Stood(_) => format!("{table} was a part of the reports already."),
    });
    say(&format!("{looked_at} records were looked at anew."));
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
