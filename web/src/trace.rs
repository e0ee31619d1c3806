//! What is traced of a request: its method, its line of the table of routes, the site and the status. Never its address,
//! a header, or who made it.

use crate::visit::{Kind, Peer, Site};
use app::trace::{self, Parent, Trace, Word};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use ipnet::IpNet;
use std::sync::Arc;

/// The header by which a proxy hands a trace on (W3C Trace Context).
const TRACEPARENT: &str = "traceparent";

/// A line of the table of routes, as traces call it.
#[derive(Clone)]
pub(crate) struct Line {
    site: Kind,
    /// None: what no line is for.
    route: Option<&'static str>,
    proxies: Arc<[IpNet]>,
}

impl Line {
    pub(crate) fn of(site: &Site, route: Option<&'static str>) -> Line {
        Line {
            site: site.kind,
            route,
            proxies: site.trusted_proxies.clone(),
        }
    }

    /// Begins with a request, if it is traced.
    pub(crate) fn begins(&self, request: &Request) -> Trace {
        if !trace::is_on() {
            return Trace::none();
        }
        // Only a trusted proxy is heard: anybody else could have everything traced that they ask for.
        let peer = request.extensions().get::<Peer>();
        let is_trusted = peer.is_some_and(|Peer(at)| {
            let ip = at.ip().to_canonical();
            self.proxies.iter().any(|net| net.contains(&ip))
        });
        let parent = match is_trusted {
            true => parent(request.headers()),
            false => None,
        };
        let trace = trace::request(method(request.method()), self.route, parent);
        trace.word(Word::Site, self.site.name());
        trace
    }
}

/// The methods that a name in the program stands for.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}

/// Ends with the answer.
pub(crate) fn ends(trace: &Trace, status: StatusCode) {
    trace.number(trace::Number::Status, usize::from(status.as_u16()));
    // What a visitor did wrong is no failure of ours.
    if status.is_server_error() {
        trace.failed(match status {
            StatusCode::INTERNAL_SERVER_ERROR => "500",
            StatusCode::SERVICE_UNAVAILABLE => "503",
            _ => "_OTHER",
        });
    }
}

/// The trace that a caller names, where it does so as the standard says: `00-<trace>-<span>-<flags>` in lower case
/// hexadecimal digits, neither of them all zeros. Later versions may say more after that.
fn parent(headers: &HeaderMap) -> Option<Parent> {
    let mut named = headers.get_all(TRACEPARENT).iter();
    let text = named.next()?.to_str().ok()?;
    if named.next().is_some() {
        return None;
    }
    read(text.trim())
}

fn read(text: &str) -> Option<Parent> {
    let mut parts = text.split('-');
    let (version, trace) = (parts.next()?, parts.next()?);
    let (span, flags) = (parts.next()?, parts.next()?);
    let lengths = [version, trace, span, flags].map(str::len);
    let lower = |part: &str| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let fits = lengths == [2, 32, 16, 2]
        && [version, trace, span, flags].into_iter().all(lower)
        && version != "ff"
        && (version != "00" || parts.next().is_none());
    if !fits {
        return None;
    }
    let parent = Parent {
        trace: u128::from_str_radix(trace, 16).ok()?,
        span: u64::from_str_radix(span, 16).ok()?,
        is_kept: u8::from_str_radix(flags, 16).ok()? & 1 == 1,
    };
    (parent.trace != 0 && parent.span != 0).then_some(parent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn a_proxy_names_the_trace() {
        let parent = read(&format!("00-{TRACE}-{SPAN}-01")).unwrap();
        assert_eq!(format!("{:032x}", parent.trace), TRACE);
        assert_eq!(format!("{:016x}", parent.span), SPAN);
        assert!(parent.is_kept);
        assert!(!read(&format!("00-{TRACE}-{SPAN}-02")).unwrap().is_kept);
        // A later version, with something behind it.
        assert!(read(&format!("01-{TRACE}-{SPAN}-03-more")).is_some());
    }

    #[test]
    fn what_the_standard_does_not_allow_names_none() {
        let zeros = "0".repeat(32);
        for wrong in [
            String::new(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{zeros}-{SPAN}-01"),
            format!("00-{TRACE}-{}-01", &zeros[..16]),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-{SPAN}-0g"),
            format!("00-{}-{SPAN}-01", &TRACE[1..]),
        ] {
            assert_eq!(read(&wrong), None, "{wrong}");
        }
        let mut two = HeaderMap::new();
        for _ in 0..2 {
            let value = format!("00-{TRACE}-{SPAN}-01").parse().unwrap();
            two.append(TRACEPARENT, value);
        }
        assert_eq!(parent(&two), None);
    }

    proptest! {
        #[test]
        fn no_header_breaks_it(text in ".*") {
            let _ = read(&text);
        }

        #[test]
        fn what_is_written_is_read(trace in 1..u128::MAX, span in 1..u64::MAX, is_kept: bool) {
            let parent = Parent { trace, span, is_kept };
            let text = format!("00-{trace:032x}-{span:016x}-{:02x}", u8::from(is_kept));
            prop_assert_eq!(read(&text), Some(parent));
        }
    }
}
