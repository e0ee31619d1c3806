//! Flood control: a site does only so much at once. Whoever finds no place within a moment gets a page that was made
//! beforehand: what to do in an emergency, when to come back, and, for a report, the form with all that was typed.
//! Whoever is signed in goes before strangers. Nothing here looks into the store or at a session.

mod arrival;
mod files;
mod intake;
mod lateness;
mod owners;
mod places;
mod sorry;
mod turns;

pub(crate) use owners::Whose;

use crate::cookies;
use crate::sight::Refused;
use crate::visit::{Kind, Site};
use app::App;
use arrival::{NotTaken, arrive, understood};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{CONNECTION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use files::Files;
use intake::Intake;
use ipnet::IpNet;
use lateness::Lateness;
use owners::Owners;
use places::PATIENCE;
use sorry::{kept, sorry};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use turns::{OF_A_SESSION, OF_AN_ACCOUNT, Turn, Turns};

/// Requests in work at once for each core: enough for a commit that many share, few enough that nobody waits long.
const FOR_EACH_CORE: usize = 256;
/// Requests in work at once of the console, which is used by few.
const OF_THE_CONSOLE: usize = 256;
/// The largest form of a family, in bytes. A note that is far too long still comes in, so that the page can say how long
/// it may be and give the text back.
pub(crate) const LARGEST_OF_FAMILIES: usize = 256 * 1024;
/// A form up to this many bytes may always arrive; an ordinary report has some 300.
const SMALL: usize = 8 * 1024;
/// How long the store may make a write wait before somebody who is signed in, and a stranger, is asked to come back.
const STORE_DELAY: (Duration, Duration) = (Duration::from_secs(2), Duration::from_millis(300));
/// When to come back, in seconds: spread, so that they do not all come back at once.
const COME_BACK: (u32, u32) = (15, 30);

/// How long a form may take to arrive where many do already: one that was sent whole comes at once.
const BESIDE_MANY: Duration = Duration::from_secs(1);

/// What is allocated for a form before any of it has come: an ordinary report. A form that is never sent holds no more.
const AT_FIRST: usize = 512;

/// How often room for a form is looked for while there is none.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The door of a site, and whether it leads to where files are taken.
#[derive(Clone)]
pub(crate) struct Door(Arc<Inner>, bool);

/// How many answers are kept back at the most.
const MOST_KEPT_BACK: usize = 1_024;

struct Inner {
    kind: Kind,
    app: App,
    largest_body: usize,
    places: Semaphore,
    /// Part of the places; the others are kept for whoever is signed in.
    for_strangers: Semaphore,
    intake: Intake,
    files: Files,
    owners: Owners,
    of_sessions: Turns,
    of_accounts: Turns,
    trusted_proxies: Arc<[IpNet]>,
    waiting: AtomicUsize,
    /// How many answers may be kept back still.
    kept_back: Semaphore,
    began: Instant,
    /// Microseconds since `began` at which the first of those who wait came; none wait: `u64::MAX`.
    waiting_since: AtomicU64,
    /// How long requests wait for a core; of the console, which few use, nobody asks.
    lateness: Option<Arc<Lateness>>,
    pages: [Bytes; 2],
    refused: Refused,
}

/// How much a site does at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    places: usize,
    for_strangers: usize,
}

impl Room {
    fn of(kind: Kind) -> Room {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let places = match kind {
            Kind::Portal => FOR_EACH_CORE * cores,
            Kind::Console => OF_THE_CONSOLE,
        };
        Room {
            places,
            for_strangers: places / 2,
        }
    }
}

impl Door {
    pub(crate) fn new(site: &Site, largest_body: usize) -> Door {
        Door::with_room(site, largest_body, Room::of(site.kind))
    }

    fn with_room(site: &Site, largest_body: usize, room: Room) -> Door {
        let inner = Inner {
            kind: site.kind,
            app: site.app.clone(),
            largest_body,
            places: Semaphore::new(room.places),
            for_strangers: Semaphore::new(room.for_strangers),
            intake: Intake::new(),
            files: Files::new(),
            owners: Owners::new(),
            of_sessions: Turns::of_each(OF_A_SESSION),
            of_accounts: Turns::of_each(OF_AN_ACCOUNT),
            trusted_proxies: site.trusted_proxies.clone(),
            waiting: AtomicUsize::new(0),
            kept_back: Semaphore::new(MOST_KEPT_BACK),
            began: Instant::now(),
            waiting_since: AtomicU64::new(u64::MAX),
            lateness: (site.kind == Kind::Portal).then(Lateness::new),
            pages: [false, true].map(|writes| sorry(site.kind, writes, None)),
            refused: Refused::of(site.kind),
        };
        Door(Arc::new(inner), false)
    }

    /// The same door where it leads to a page that takes a file.
    pub(crate) fn for_files(&self) -> Door {
        Door(self.0.clone(), true)
    }
}

/// When to come back.
pub(crate) fn come_back() -> HeaderValue {
    static TURN: AtomicU32 = AtomicU32::new(0);
    HeaderValue::from(COME_BACK.0 + TURN.fetch_add(7, Ordering::Relaxed) % COME_BACK.1)
}

impl Inner {
    fn micros(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX - 1)
    }

    /// Whether the request brings the cookie of somebody who is signed in. It is not looked at further: a forged one
    /// buys a place in the queue and nothing else.
    fn is_known(&self, headers: &HeaderMap) -> bool {
        self.session(headers).is_some()
    }

    fn session<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        cookies::value(headers, cookie_of(self.kind))
    }

    fn store_is_late(&self, known: bool, writes: bool) -> bool {
        let most = if known { STORE_DELAY.0 } else { STORE_DELAY.1 };
        self.app.store_delay(writes) > most
    }

    fn cores_are_late(&self, known: bool) -> bool {
        self.lateness.as_ref().is_some_and(|lateness| {
            lateness.somebody_comes();
            lateness.stands(known)
        })
    }

    /// The largest form that is taken in, in bytes.
    fn largest_body(&self, headers: &HeaderMap) -> usize {
        match self.kind {
            Kind::Portal if self.is_known(headers) => LARGEST_OF_FAMILIES,
            _ => self.largest_body,
        }
    }

    /// A turn of a session, and one of all sessions of its account; `None` where either has too much in work.
    async fn turn(&self, session: u64) -> Option<(Turn<'_>, Option<Turn<'_>>)> {
        let until = tokio::time::Instant::now() + PATIENCE.0;
        let of_session = self.of_sessions.take(session, until).await?;
        // Not before: of many that come at once with a new session, the first find out whose it is for the others.
        let of_account = match self.owners.of(session) {
            Some(owner) => Some(self.of_accounts.take(owner, until).await?),
            None => None,
        };
        Some((of_session, of_account))
    }

    /// Waits, unless many wait already: then a robot gains two seconds, and no memory is held for it.
    async fn keep_back(&self, time: Duration) {
        let Ok(_one) = self.kept_back.try_acquire() else {
            return;
        };
        tokio::time::sleep(time).await;
    }

    /// The answer to whoever has to come back.
    fn refuse(&self, arrived: &Request<Whole>) -> Response {
        match kept(self.kind, arrived, self.largest_body) {
            Some(form) => self.come_back_to(sorry(self.kind, true, Some(form))),
            None => self.refuse_unread(arrived.method() != Method::GET),
        }
    }

    /// The same where nothing of it can be kept.
    fn refuse_unread(&self, writes: bool) -> Response {
        self.come_back_to(self.pages[usize::from(writes)].clone())
    }

    fn come_back_to(&self, page: Bytes) -> Response {
        self.refused.one();
        let mut response = (StatusCode::SERVICE_UNAVAILABLE, Html(page)).into_response();
        response.headers_mut().insert(RETRY_AFTER, come_back());
        response
    }
}

/// The body of a request: all of it, or a stream that was not begun.
enum Whole {
    All(Bytes),
    Stream(Body),
}

/// The cookie of those who are signed in at a site.
fn cookie_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Portal => cookies::ACCOUNT,
        Kind::Console => cookies::STAFF,
    }
}

/// Whether it is a page of the console on which nobody is known yet, whatever cookie comes along: the half that is kept for
/// those who are at work is not for them. What waits for an identity provider waits long.
fn is_before_sign_in(uri: &Uri) -> bool {
    matches!(uri.path(), "/sso" | "/sso/callback")
}

/// Lets a request in as soon as there is a place, or sends it away.
pub(crate) async fn guard(
    Door(door, takes_files): &Door,
    request: Request,
    next: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let takes_files = *takes_files;
    if let Err(status) = understood(&request) {
        return status.into_response();
    }
    let known = door.is_known(request.headers()) && !is_before_sign_in(request.uri());
    let writes = request.method() != Method::GET;
    // A slow client must not hold a place while its form trickles in, so forms are taken first.
    let (arrived, held) = match arrive(door, request, takes_files).await {
        Ok(arrived) => arrived,
        Err(NotTaken::Wrong(status)) => return status.into_response(),
        Err(NotTaken::NoRoom) => return door.refuse_unread(writes),
    };
    // Before anybody is refused, too: a refusal waits for nothing, and so many of them as are asked for over one connection
    // would keep a thread until all are given.
    tokio::task::yield_now().await;
    if door.store_is_late(known, writes) || door.cores_are_late(known) {
        return door.refuse(&arrived);
    }
    let session = door.session(arrived.headers());
    let session = session.map(|cookie| door.owners.session(cookie));
    let turn = match session {
        Some(session) => door.turn(session).await.map(Some),
        None => Some(None),
    };
    let Some(turn) = turn else {
        return last_of_its_connection(door.refuse(&arrived));
    };
    // Where reading waits for nothing, as on the embedded engine, a page is put together without a break. Without this, what
    // comes over one connection would keep a thread until all of it is answered, and those few who have a turn would not be
    // the only ones that others stand behind.
    tokio::task::yield_now().await;
    // What of a stranger calls itself a file is answered before it is read.
    let is_file = takes_files && known && matches!(arrived.body(), Whole::Stream(_));
    let place = match session.filter(|_| is_file) {
        Some(session) => door.place_of_file(session).await,
        None => door.place(known).await,
    };
    let Some(place) = place else {
        return door.refuse(&arrived);
    };
    let request = arrived.map(|whole| match whole {
        Whole::All(bytes) => Body::from(bytes),
        Whole::Stream(body) => body,
    });
    let response = next(request).await;
    if response.extensions().get::<Shed>().is_some() {
        door.refused.one();
    }
    if let (Some(session), Some(whose)) = (session, response.extensions().get::<Whose>()) {
        door.owners.learn(session, *whose);
    }
    // Whoever waits for an answer that is kept back holds nothing that others need.
    drop((place, turn, held));
    if let Some(KeptBack(time)) = response.extensions().get() {
        door.keep_back(*time).await;
    }
    response
}

/// The same answer, after which the connection ends: what a session or an account beyond its share has sent ahead over it is not even read.
fn last_of_its_connection(mut response: Response) -> Response {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response
}

/// On an answer that whoever fails often waits for.
#[derive(Clone)]
pub(crate) struct KeptBack(pub(crate) Duration);

/// On an answer that sends somebody away because a use case was too much at once.
#[derive(Clone)]
pub(crate) struct Shed;

#[cfg(test)]
mod tests;
