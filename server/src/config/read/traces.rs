//! Traces: where to, what the collector knows us by, how many.

use super::super::source::Found;
use super::{Problem, Reading, is_local};
use crate::trace::{Collector, SHARE};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

/// The path under which a collector takes traces, below the address that is given (OTLP/HTTP).
const PATH: &str = "v1/traces";

pub(super) fn read(reading: &mut Reading<'_>) -> Option<Collector> {
    let url = reading.secret("otlp_url", |found| url(found, cfg!(feature = "otlp")));
    let headers = reading.secret("otlp_headers", headers);
    let share = reading.plain("otlp_sample", share);
    let (url, mut all) = url?;
    all.extend(headers.unwrap_or_default());
    if !all.is_empty() && url.scheme() == "http" && !is_local(url.as_str()) {
        reading.problems.push(Problem::with(
            "otlp_url",
            "must begin with https:// where a password or headers go along, unless it leads to this machine",
        ));
        return None;
    }
    Some(Collector {
        url,
        headers: all,
        share: share.unwrap_or(SHARE),
    })
}

/// The address for traces, and a header for the password in it, where the program can trace.
fn url(found: &Found, can_trace: bool) -> Result<(Url, Vec<(String, String)>), Problem> {
    if !can_trace {
        return Err(found.problem(
            "needs a program that was built with the feature otlp: \
             cargo build --release --bin hersys --features server/otlp",
        ));
    }
    // Not shown: there may be a password in it.
    let wrong = || {
        found.problem(
            "must be the http:// or https:// address of a collector that speaks OTLP over HTTP, such as \
             http://127.0.0.1:4318",
        )
    };
    let mut url = Url::parse(&found.text).map_err(|_| wrong())?;
    let fits = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none();
    if !fits {
        return Err(wrong());
    }
    let mut headers = Vec::new();
    if !url.username().is_empty() || url.password().is_some() {
        let mut both = decoded(url.username());
        both.push(b':');
        both.extend(decoded(url.password().unwrap_or_default()));
        headers.push((
            "authorization".to_owned(),
            format!("Basic {}", STANDARD.encode(both)),
        ));
        url.set_username("").map_err(|()| wrong())?;
        url.set_password(None).map_err(|()| wrong())?;
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix(&format!("/{PATH}")).unwrap_or(path);
    url.set_path(&format!("{path}/{PATH}"));
    Ok((url, headers))
}

/// The bytes that a part of an address stands for (RFC 3986, 2.1).
fn decoded(part: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

/// As in OpenTelemetry's own setting: `name=value`, with commas between several.
fn headers(found: &Found) -> Result<Vec<(String, String)>, Problem> {
    let all: Option<Vec<(String, String)>> = found
        .text
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            let name = axum::http::HeaderName::from_bytes(name.as_bytes()).ok()?;
            axum::http::HeaderValue::from_str(value).ok()?;
            Some((name.as_str().to_owned(), value.to_owned()))
        })
        .collect();
    all.ok_or_else(|| {
        found
            .problem("must be headers of HTTP such as name=value, several with commas between them")
    })
}

fn share(found: &Found) -> Result<f64, Problem> {
    let share = found.text.parse().ok();
    share
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| found.problem_showing("must be a number from 0 to 1 such as 0.01"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, can_trace: bool) -> Result<(Url, Vec<(String, String)>), Problem> {
        url(&Found::of("otlp_url", text), can_trace)
    }

    #[test]
    fn a_program_without_traces_says_how_to_build_one() {
        let sentence = of("http://127.0.0.1:4318", false).err().unwrap().sentence;
        assert!(sentence.starts_with("HERSYS_OTLP_URL needs"), "{sentence}");
        assert!(sentence.contains("--features server/otlp"), "{sentence}");
    }

    #[test]
    fn spans_go_below_the_address_that_is_given() {
        for (given, goes_to) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
            ("http://[::1]:4318/v1/traces", "http://[::1]:4318/v1/traces"),
            (
                "https://otlp.example.org/of/us",
                "https://otlp.example.org/of/us/v1/traces",
            ),
        ] {
            let (url, headers) = of(given, true).ok().unwrap();
            assert_eq!(url.as_str(), goes_to);
            assert!(headers.is_empty());
        }
        for wrong in [
            "127.0.0.1:4318",
            "grpc://127.0.0.1:4317",
            "http://127.0.0.1:4318/?token=Kornblume",
        ] {
            let sentence = of(wrong, true).err().unwrap().sentence;
            assert!(
                sentence.contains("such as http://127.0.0.1:4318"),
                "{sentence}"
            );
            assert!(!sentence.contains("Kornblume"), "{sentence}");
        }
    }

    #[test]
    fn a_password_becomes_a_header() {
        let (url, headers) = of("https://center:a%40b%zz%C3%A4@otlp.example.org", true)
            .ok()
            .unwrap();
        assert_eq!(url.as_str(), "https://otlp.example.org/v1/traces");
        let basic = format!("Basic {}", STANDARD.encode("center:a@b%zzä"));
        assert_eq!(headers, [("authorization".to_owned(), basic)]);
    }
}
