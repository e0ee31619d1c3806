//! What a site tells of itself: how long requests take, by the line of the table of routes, and how many were sent
//! away. Never an address, a name or a person. Handles are made once; a request costs two looks at the clock.

use crate::trace::{self, Line};
use crate::visit::{Kind, Site};
use app::now_and_then::NowAndThen;
use app::trace::Trace;
use axum::extract::Request;
use axum::http::StatusCode;
use metrics::{Counter, Histogram};
use std::sync::{LazyLock, OnceLock};
use std::time::Instant;

/// The times of one line of the table of routes, by the class of the status: told from the first request that was answered
/// so, but for failures. A rule counts how fast these grow, and would not see the first of them if it came from nowhere.
pub(crate) struct Times {
    times: [OnceLock<Histogram>; 6],
    /// The site, the method and the route.
    labels: (&'static str, String, &'static str),
    line: Line,
}

/// The classes of statuses: their hundreds, and apart from other failures what was sent away for now. A flood has figures
/// and a rule of its own, and is no page that fails.
const STATUSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "503"];
/// Where failures stand among them.
const FAILED: usize = 4;
/// Where those stand who are asked to come back.
const NOT_NOW: usize = 5;

fn class_of(status: StatusCode) -> usize {
    if status == StatusCode::SERVICE_UNAVAILABLE {
        NOT_NOW
    } else {
        usize::from(status.as_u16() / 100).clamp(1, 5) - 1
    }
}

impl Times {
    /// Of a line of the table.
    pub(crate) fn of(site: &Site, method: &str, route: &'static str) -> Times {
        Times::called(site, (method, route), Some(route))
    }

    /// Of what no line is for.
    pub(crate) fn elsewhere(site: &Site) -> Times {
        Times::called(site, ("any", "elsewhere"), None)
    }

    fn called(
        site: &Site,
        (method, route): (&str, &'static str),
        line: Option<&'static str>,
    ) -> Times {
        let times = Times {
            times: Default::default(),
            labels: (site.kind.name(), method.to_owned(), route),
            line: Line::of(site, line),
        };
        times.of_class(FAILED);
        times
    }

    fn of_class(&self, class: usize) -> &Histogram {
        let (site, method, route) = &self.labels;
        self.times[class].get_or_init(|| {
            metrics::histogram!(
                "hersys_http_request_seconds",
                "site" => *site, "method" => method.clone(), "route" => *route, "status" => STATUSES[class]
            )
        })
    }

    /// Begins with a request.
    pub(crate) fn begin(&self, request: &Request) -> Begun<'_> {
        Begun {
            times: self,
            since: Instant::now(),
            trace: self.line.begins(request),
        }
    }

    fn took(&self, status: StatusCode, since: Instant) {
        self.of_class(class_of(status)).record(since.elapsed());
    }
}

/// A request that is measured until the head of its answer stands.
pub(crate) struct Begun<'t> {
    times: &'t Times,
    since: Instant,
    /// Its trace, where it is chosen for one.
    pub(crate) trace: Trace,
}

impl Begun<'_> {
    /// It was answered.
    pub(crate) fn ends(self, status: StatusCode) {
        trace::ends(&self.trace, status);
        self.times.took(status, self.since);
    }
}

/// A use case was too much at once, or the store is away: the error says which.
pub(crate) fn not_done(error: &app::Error) {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    static TOLD: NowAndThen = NowAndThen::new();
    if let Some(requests) = TOLD.one(BEGAN.elapsed().as_secs()) {
        tracing::warn!(%error, requests, "not done");
    }
}

/// Requests that were sent away.
pub(crate) struct Refused {
    kind: Kind,
    counter: Counter,
    began: Instant,
    told: NowAndThen,
}

impl Refused {
    pub(crate) fn of(kind: Kind) -> Refused {
        Refused {
            kind,
            counter: metrics::counter!("hersys_http_refused_total", "site" => kind.name()),
            began: Instant::now(),
            told: NowAndThen::new(),
        }
    }

    /// One more.
    pub(crate) fn one(&self) {
        self.counter.increment(1);
        if let Some(requests) = self.told.one(self.began.elapsed().as_secs()) {
            let site = self.kind.name();
            tracing::warn!(site, requests, "sent away: too much at once");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_asked_to_come_back_is_no_page_that_fails() {
        let class = |status| STATUSES[class_of(StatusCode::from_u16(status).unwrap())];
        for (status, expected) in [
            (101, "1xx"),
            (204, "2xx"),
            (303, "3xx"),
            (429, "4xx"),
            (500, "5xx"),
            (502, "5xx"),
            (503, "503"),
        ] {
            assert_eq!(class(status), expected);
        }
        assert_eq!(STATUSES[FAILED], "5xx");
    }
}
