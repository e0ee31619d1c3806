//! What the operator reads: structured lines on standard error, without personal data.

use crate::config::{LogFormat, Settings};
use tracing_subscriber::EnvFilter;

/// Begins to write log lines. `default` holds where the operator did not choose a filter.
///
/// A panic leaves only its place behind: its message may repeat the text that somebody typed.
pub fn begin(settings: &Settings, default: &str) {
    let filter = settings.log.as_deref().unwrap_or(default);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second call changes nothing; only tests make one.
    let _ = match settings.log_format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(String::new, ToString::to_string);
        tracing::error!(place, "a panic: a mistake of the program");
    }));
}
