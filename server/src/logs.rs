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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// What stands in each line already, beside the fields of an event.
    const TAKEN: [&str; 4] = ["message", "timestamp", "level", "target"];

    fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }

    /// What stands between the brackets of a macro, in parts between commas, each string left out.
    fn parts(text: &str) -> Vec<String> {
        let (mut parts, mut depth, mut signs) = (vec![String::new()], 0, text.chars());
        while let Some(sign) = signs.next() {
            match sign {
                '"' => {
                    while let Some(sign) = signs.next().filter(|sign| *sign != '"') {
                        if sign == '\\' {
                            signs.next();
                        }
                    }
                    continue;
                }
                '(' | '{' | '[' => depth += 1,
                ')' | '}' | ']' if depth == 0 => break,
                ')' | '}' | ']' => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(String::new());
                    continue;
                }
                _ => {}
            }
            parts.last_mut().unwrap().push(sign);
        }
        parts
    }

    fn fields(text: &str) -> Vec<String> {
        let parts = parts(text);
        let name = |part: &String| {
            let name = part.split('=').next().unwrap_or_default();
            name.trim().trim_start_matches(['%', '?']).to_owned()
        };
        parts.iter().map(name).collect()
    }

    #[test]
    fn no_event_has_a_field_that_would_hide_what_it_says() {
        assert_eq!(
            fields("message = %id, a, %b, \"x, y\")"),
            ["message", "a", "b", ""]
        );
        let mut files = Vec::new();
        for floor in ["domain", "i18n", "storage", "app", "web", "server"] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
            sources(&root.join(floor).join("src"), &mut files);
        }
        let mut events = 0;
        for (file, text) in &files {
            for event in ["error!(", "warn!(", "info!(", "debug!(", "trace!("] {
                for rest in text.split(&format!("tracing::{event}")).skip(1) {
                    events += 1;
                    for field in fields(rest) {
                        assert!(!TAKEN.contains(&field.as_str()), "{file}: {field}");
                    }
                }
            }
        }
        assert!(events > 50, "only {events} events were found");
    }
}
