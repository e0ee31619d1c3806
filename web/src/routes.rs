//! The table of routes: who may do what. A route cannot be written down without a policy, and the policy is applied
//! here, in one place.

use crate::console::kept_form as console;
use crate::page::{self, Broken};
use crate::visit::{Kind, Peer, Site, Visit};
use crate::{assets, cookies, flood, kept_page, sight};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::MethodRouter;
use domain::staff_role::Right;
use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::{RequestBodyDeadlineLayer, RequestBodyTimeoutLayer};

/// Who may use a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// Anybody.
    Public,
    /// Somebody who is signed in to the portal; others are shown the way to sign in.
    Family,
    /// A staff member who is signed in to the console and whose role has this right; others are shown the way to sign
    /// in, or that their role may not do this.
    Staff(Right),
    /// A staff member who has shown a password and not yet the second factor, or whose session is locked.
    Lobby,
}

/// A line of the table.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path.
    pub path: &'static str,
    /// Who may use it.
    pub policy: Policy,
    /// Whether it takes a file, which streams in while it holds a place of files.
    takes_file: bool,
    handler: MethodRouter,
}

/// A page.
pub(crate) fn get<H, T>(path: &'static str, policy: Policy, handler: H) -> Route
where
    H: Handler<T, ()>,
    T: 'static,
{
    Route {
        method: Method::GET,
        path,
        policy,
        takes_file: false,
        handler: axum::routing::get(handler),
    }
}

/// Something that changes something.
pub(crate) fn post<H, T>(path: &'static str, policy: Policy, handler: H) -> Route
where
    H: Handler<T, ()>,
    T: 'static,
{
    Route {
        method: Method::POST,
        path,
        policy,
        takes_file: false,
        handler: axum::routing::post(handler),
    }
}

/// Something that takes a file.
pub(crate) fn upload<H, T>(path: &'static str, policy: Policy, handler: H) -> Route
where
    H: Handler<T, ()>,
    T: 'static,
{
    Route {
        method: Method::POST,
        path,
        policy,
        takes_file: true,
        handler: axum::routing::post(handler).layer(DefaultBodyLimit::max(LARGEST_FILE)),
    }
}

/// All routes of both sites, for whoever prints or tests them: the site, and the line.
pub fn table() -> Vec<(&'static str, Route)> {
    let portal = crate::portal::routes().into_iter().map(|r| ("portal", r));
    let console = crate::console::routes().into_iter().map(|r| ("console", r));
    portal.chain(console).collect()
}

/// The largest form: the longest note is 2,000 characters, nine bytes each at the most.
const LARGEST_BODY: usize = 64 * 1024;
/// The largest file: what `hersys import` reads, and the form around it.
const LARGEST_FILE: usize = app::case_import::LARGEST + 64 * 1024;
/// How long a body may take to arrive.
const BODY_DEADLINE: Duration = Duration::from_secs(30);
/// How long a file may take: the largest one comes over a line of 1.5 Mbit/s.
const FILE_DEADLINE: Duration = Duration::from_secs(5 * 60);
/// How long a file may stand still meanwhile.
const FILE_STANDS_STILL: Duration = Duration::from_secs(20);

/// Builds a site out of its table.
pub(crate) fn build(routes: Vec<Route>, site: Site) -> Router {
    let site = Arc::new(site);
    let door = flood::Door::new(&site, LARGEST_BODY);
    let as_layer = |line: Line| middleware::from_fn_with_state(Arc::new(line), around);
    let mut router = Router::new();
    let pages: HashSet<&str> = routes
        .iter()
        .filter(|route| route.method == Method::GET)
        .map(|route| route.path)
        .collect();
    for route in routes {
        let answers = Answers {
            policy: route.policy,
            leads_on: route.method == Method::POST
                && match site.kind {
                    Kind::Portal => true,
                    Kind::Console => {
                        matches!(route.policy, Policy::Staff(_)) && pages.contains(route.path)
                    }
                },
        };
        let line = Line {
            site: site.clone(),
            answers,
            door: match route.path {
                // Whoever watches over the process asks in a flood above all.
                "/healthz" | "/readyz" => None,
                _ if route.takes_file => Some(door.for_files()),
                _ => Some(door.clone()),
            },
            times: sight::Times::of(&site, route.method.as_str(), route.path),
        };
        let measured: MethodRouter = route.handler.layer(as_layer(line));
        let in_time = match route.takes_file {
            true => measured
                .layer::<_, Infallible>(RequestBodyTimeoutLayer::new(FILE_STANDS_STILL))
                .layer(RequestBodyDeadlineLayer::new(FILE_DEADLINE)),
            false => measured.layer(RequestBodyDeadlineLayer::new(BODY_DEADLINE)),
        };
        router = router.route(route.path, in_time);
    }
    let elsewhere = Line {
        site: site.clone(),
        answers: Answers {
            policy: Policy::Public,
            leads_on: site.kind == Kind::Portal,
        },
        door: Some(door),
        times: sight::Times::elsewhere(&site),
    };
    let not_found: MethodRouter = axum::routing::any(page::not_found).layer(as_layer(elsewhere));
    let https = site.app.public_url().starts_with("https://");
    // A proxy may speak to us under another host name than people do. That name is the portal's: a page of the portal
    // must not be able to send the console's forms.
    let csrf = CsrfLayer::new();
    let csrf = match (
        site.kind,
        csrf.clone().add_trusted_origin(site.app.public_url()),
    ) {
        (Kind::Portal, Ok(trusting)) => trusting,
        _ => csrf,
    };
    router
        .fallback_service(
            not_found.layer::<_, Infallible>(RequestBodyDeadlineLayer::new(BODY_DEADLINE)),
        )
        .route("/assets/{hash}/{*name}", axum::routing::get(assets::serve))
        .layer(csrf)
        .layer(DefaultBodyLimit::max(match site.kind {
            // The door has looked at it: strangers may send less.
            Kind::Portal => flood::LARGEST_OF_FAMILIES,
            Kind::Console => LARGEST_BODY,
        }))
        .layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| {
                // What was panicked with may hold a person's data, so it is not repeated.
                tracing::error!("a page panicked");
                page::apology(StatusCode::INTERNAL_SERVER_ERROR)
            },
        ))
        .layer(middleware::from_fn_with_state((site.kind, https), harden))
}

/// How a route answers.
#[derive(Clone, Copy)]
struct Answers {
    policy: Policy,
    /// Whether a page that answers a form there has an address under which it can be read again.
    leads_on: bool,
}

/// A line of the table, as its requests meet it.
struct Line {
    site: Arc<Site>,
    answers: Answers,
    /// None: nobody waits before it.
    door: Option<flood::Door>,
    times: sight::Times,
}

/// What is around each page: a request is measured, waits for its turn, and is let in or not. All this is one layer, for each
/// layer costs every request memory of its own and a copy of all that is within.
async fn around(State(line): State<Arc<Line>>, request: Request, next: Next) -> Response {
    let line = &*line;
    let begun = line.times.begin(&request);
    let admitted = |request| admit(&line.site, line.answers, request, next);
    let answer = async move {
        match &line.door {
            Some(door) => flood::guard(door, request, admitted).await,
            None => admitted(request).await,
        }
    };
    let response = begun.trace.clone().around(answer).await;
    begun.ends(response.status());
    response
}

/// Finds out who visits, and lets in whom the policy lets in.
async fn admit(site: &Arc<Site>, answers: Answers, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let visit = match Visit::read(site, request.headers(), request.uri(), peer).await {
        Ok(visit) => Arc::new(visit),
        Err(error) => return Broken(error).into_response(),
    };
    let whose = flood::Whose::of(&visit);
    let mut response = let_in(visit, answers, request, next).await;
    if let Some(whose) = whose {
        response.extensions_mut().insert(whose);
    }
    response
}

/// What is seldom done stands in memory of its own, so that the others, which are many at once, carry no room for it.
async fn let_in(
    visit: Arc<Visit>,
    Answers { policy, leads_on }: Answers,
    mut request: Request,
    next: Next,
) -> Response {
    let kind = visit.site.kind;
    let is_post = request.method() == Method::POST;
    if let (Some(language), &Method::GET) = (visit.chosen, request.method()) {
        // The address without it: whoever comes back to the page before goes on in the language that was chosen last.
        let plain = kept_page::plain_address(request.uri());
        return page::with_cookie(page::go(&plain), &cookies::language(language));
    }
    if let (Policy::Staff(_), Some(desk), true) = (policy, &visit.staff, is_post) {
        request = match Box::pin(console::own(&visit, desk, request)).await {
            Ok(request) => request,
            Err(held) => return held,
        };
    }
    let is_in = match policy {
        Policy::Public => true,
        Policy::Family => visit.patient.is_some(),
        Policy::Staff(right) => match &visit.staff {
            Some(desk) if !desk.may(right) => return page::not_allowed(&visit),
            found => found.is_some(),
        },
        Policy::Lobby => visit.lobby.is_some(),
    };
    let lobby = visit.lobby.as_ref().map(|(_, locked)| *locked);
    let again = match is_in && request.method() == Method::GET {
        true => kept_page::again(&visit).await,
        false => None,
    };
    let is_again = again.is_some();
    let mut response = if let Some(page) = again {
        page
    } else if is_in {
        request.extensions_mut().insert(visit.clone());
        next.run(request).await
    } else if kind == Kind::Console && is_post {
        // Nothing that was typed is lost: it waits on the page that asks for the password.
        Box::pin(console::stranded(&visit, request)).await
    } else if policy == Policy::Lobby && visit.staff.is_some() {
        Redirect::to("/").into_response()
    } else if let Some(locked) = lobby {
        let here = request.uri().path_and_query().map_or("/", |at| at.as_str());
        let back: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
        match (locked, here) {
            (true, _) => Redirect::to(&format!("/unlock?back={back}")).into_response(),
            (false, "/") => Redirect::to("/second-factor").into_response(),
            (false, _) => Redirect::to(&format!("/second-factor?back={back}")).into_response(),
        }
    } else if kind == Kind::Console {
        Redirect::to("/sign-in").into_response()
    } else if !is_post {
        crate::portal::sign_in_first(&visit)
    } else {
        Box::pin(crate::portal::ended_form(&visit, request)).await
    };
    if kind == Kind::Console {
        // What was kept says already whose its forms are.
        let desk = visit.staff.as_ref().filter(|_| !is_again);
        response = Box::pin(console::marked(desk, response)).await;
    }
    if leads_on && is_post {
        response = kept_page::lead_on(&visit, response).await;
    }
    response
}

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What they are is looked at once, not with every answer.
static FIXED: [(HeaderName, HeaderValue); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

/// Headers that every answer has. Pages are never stored; assets say themselves that they may be.
async fn harden(
    State((kind, https)): State<(Kind, bool)>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = page::in_words(kind, next.run(request).await);
    let headers = response.headers_mut();
    for (name, value) in &FIXED {
        headers.insert(name.clone(), value.clone());
    }
    if https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=63072000"),
        );
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_answer<A, B, C, F: Future>(_: impl Fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn no_request_carries_room_for_what_is_seldom_done() {
        let size = size_of_answer(around);
        assert!(size < 5_000, "{size}");
    }
}
