//! What the operator reads: structured lines on standard error, without personal data.

use crate::config::{LogFormat, Settings};
use crate::trace::Traces;
use storage::trace::TARGET;
use tracing_subscriber::filter::Directive;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Begins to write log lines, and to trace where `traces` is wished and the settings say where to. `default` holds where
/// the operator did not choose a filter.
///
/// # Errors
/// Where the system has no thread for traces.
///
/// A panic leaves only its place behind: its message may repeat the text that somebody typed.
pub fn begin(settings: &Settings, default: &str, traces: bool) -> std::io::Result<Option<Traces>> {
    let filter = settings.log.as_deref().unwrap_or(default);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    // Spans are for traces: a line would repeat all of the span that it stands in. What looks at where a form comes from
    // writes down its address, which may be a link with which somebody chooses a password.
    let never = [TARGET, "tower_http::csrf"];
    let never = never.map(|target| format!("{target}=off").parse::<Directive>());
    let filter = never
        .into_iter()
        .flatten()
        .fold(filter, EnvFilter::add_directive);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match settings.log_format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    };
    let collector = settings.collector.as_ref().filter(|_| traces);
    let (layer, traces) = collector
        .map(|collector| collector.begin())
        .transpose()?
        .unzip();
    // A second call changes nothing; only tests make one.
    let _ = tracing_subscriber::registry()
        .with(layer)
        .with(lines)
        .try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(String::new, ToString::to_string);
        tracing::error!(place, "a panic: a mistake of the program");
    }));
    Ok(traces)
}
