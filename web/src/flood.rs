//! Flood control: a site does only so much at once. Whoever finds no place within a moment gets a page that was made
//! beforehand: what to do in an emergency, when to come back, and, for a report, the form with all that was typed.
//! Whoever is signed in goes before strangers. Nothing here looks into the store or at a session.

mod intake;
mod lateness;
mod owners;
mod turns;

pub(crate) use owners::Whose;

use crate::sight::Refused;
use crate::visit::{Kind, Peer, Site, client};
use crate::{assets, cookies};
use app::App;
use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, RETRY_AFTER,
    TRANSFER_ENCODING,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use domain::ids::CaseId;
use domain::language::Language;
use http_body_util::BodyExt;
use i18n::words;
use intake::{Held, Intake};
use ipnet::IpNet;
use lateness::Lateness;
use owners::Owners;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};
use tower_http::timeout::TimeoutError;
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
/// How many may wait for a place: of those who are signed in, and of strangers.
const MOST_WAITING: (usize, usize) = (1_024, 256);
/// How long somebody who is signed in, and a stranger, waits for a place.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_millis(200));
/// The same where people have been waiting without a break for [`STANDING`]: then waiting longer helps nobody.
/// (The "controlled delay" of Nichols and Jacobson, in the simple form for servers.)
const SHORT_PATIENCE: (Duration, Duration) =
    (Duration::from_millis(100), Duration::from_millis(20));
const STANDING: Duration = Duration::from_millis(100);
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

/// A place that is held while a request is in work.
struct Place<'d> {
    _place: SemaphorePermit<'d>,
    _stranger: Option<SemaphorePermit<'d>>,
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

    async fn place(&self, known: bool) -> Option<Place<'_>> {
        if let Some(place) = self.free_place(known) {
            return Some(place);
        }
        let most = if known {
            MOST_WAITING.0
        } else {
            MOST_WAITING.1
        };
        let _waits = Waits::begin(self, most)?;
        let began = self.waiting_since.load(Ordering::Relaxed);
        let stands = self.micros().saturating_sub(began) > STANDING.as_micros() as u64;
        let patience = if stands { SHORT_PATIENCE } else { PATIENCE };
        let patience = if known { patience.0 } else { patience.1 };
        let wait = async {
            let stranger = match known {
                true => None,
                false => Some(self.for_strangers.acquire().await.ok()?),
            };
            Some(Place {
                _place: self.places.acquire().await.ok()?,
                _stranger: stranger,
            })
        };
        tokio::time::timeout(patience, wait).await.ok().flatten()
    }

    fn free_place(&self, known: bool) -> Option<Place<'_>> {
        let stranger = match known {
            true => None,
            false => Some(self.for_strangers.try_acquire().ok()?),
        };
        Some(Place {
            _place: self.places.try_acquire().ok()?,
            _stranger: stranger,
        })
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

/// Somebody waits; they are counted as long as this lives.
struct Waits<'d>(&'d Inner);

impl<'d> Waits<'d> {
    fn begin(door: &'d Inner, most: usize) -> Option<Waits<'d>> {
        let before = door.waiting.fetch_add(1, Ordering::Relaxed);
        let waits = Waits(door);
        if before == 0 {
            door.waiting_since.store(door.micros(), Ordering::Relaxed);
        }
        (before < most).then_some(waits)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.waiting_since.store(u64::MAX, Ordering::Relaxed);
        }
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
    State(Door(door, takes_files)): State<Door>,
    request: Request,
    next: Next,
) -> Response {
    if let Err(status) = understood(&request) {
        return status.into_response();
    }
    let known = door.is_known(request.headers()) && !is_before_sign_in(request.uri());
    let writes = request.method() != Method::GET;
    // A slow client must not hold a place while its form trickles in, so forms are taken first.
    let (arrived, held) = match arrive(&door, request, takes_files).await {
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
    let Some(place) = door.place(known).await else {
        return door.refuse(&arrived);
    };
    let request = arrived.map(|whole| match whole {
        Whole::All(bytes) => Body::from(bytes),
        Whole::Stream(body) => body,
    });
    let response = next.run(request).await;
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

/// Whether a request is one that can be read: what a proxy before us may understand otherwise is not guessed at (RFC 9112,
/// 3.2), and what is packed is not taken for what it is not.
fn understood(request: &Request) -> Result<(), StatusCode> {
    let headers = request.headers();
    let came_over_a_connection = request.extensions().get::<Peer>().is_some();
    if came_over_a_connection
        && request.version() == Version::HTTP_11
        && headers.get_all(HOST).iter().count() != 1
    {
        return Err(StatusCode::BAD_REQUEST);
    }
    let packed = headers.get(CONTENT_ENCODING);
    if packed.is_some_and(|how| !how.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    // Packed on the way (RFC 9112, 6.1): only pieces are put together, nothing is unpacked.
    let mut sent = headers.get_all(TRANSFER_ENCODING).iter();
    if !sent.all(|how| how.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        return Err(StatusCode::NOT_IMPLEMENTED);
    }
    Ok(())
}

/// Why a form was not taken in.
enum NotTaken {
    /// It is too long, has not come, or cannot be read.
    Wrong(StatusCode),
    /// Too many long or slow forms are arriving.
    NoRoom,
}

/// Takes a form in; a file is left to whoever may send one. Whatever else calls itself by another name is a form, too: else
/// it would hold a place while it arrives.
async fn arrive(
    door: &Inner,
    request: Request,
    takes_files: bool,
) -> Result<(Request<Whole>, Held<'_>), NotTaken> {
    let headers = request.headers();
    let client = client(
        &door.trusted_proxies,
        headers,
        request.extensions().get::<Peer>().copied(),
    );
    let mut held = door.intake.begin(client, door.is_known(headers));
    let is_file = takes_files
        && headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| is_multipart(kind.as_bytes()));
    if is_file || matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok((request.map(Whole::Stream), held));
    }
    let largest = door.largest_body(headers);
    let told = headers.get(CONTENT_LENGTH);
    let told = told.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let too_large = NotTaken::Wrong(StatusCode::PAYLOAD_TOO_LARGE);
    if told.is_some_and(|length| length > largest) {
        return Err(too_large);
    }
    let (head, mut body) = request.into_parts();
    let mut all = Vec::with_capacity(told.unwrap_or(0).min(AT_FIRST));
    let until = (!held.may_wait()).then(|| tokio::time::Instant::now() + BESIDE_MANY);
    loop {
        let frame = match until {
            None => body.frame().await,
            Some(until) => tokio::time::timeout_at(until, body.frame())
                .await
                .map_err(|_| NotTaken::NoRoom)?,
        };
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| NotTaken::Wrong(why_cut_short(&error)))?;
        let Ok(bytes) = frame.into_data() else {
            continue;
        };
        let length = all.len() + bytes.len();
        if length > largest {
            return Err(too_large);
        }
        if !makes_room(&mut held, length).await {
            return Err(NotTaken::NoRoom);
        }
        // Not twice what it needs, as a vector would by itself: what is held is what was counted.
        if all.capacity() < length {
            let step = if length > SMALL {
                intake::STEP
            } else {
                AT_FIRST
            };
            all.reserve_exact(length.next_multiple_of(step) - all.len());
        }
        all.extend_from_slice(&bytes);
    }
    held.has_come();
    let whole = Whole::All(Bytes::from(all));
    Ok((Request::from_parts(head, whole), held))
}

/// What to say of a body that did not come whole: that it took too long, or that it cannot be read, as where its pieces
/// (RFC 9112, 7.1) do not say how long they are.
fn why_cut_short(error: &axum::Error) -> StatusCode {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(this) = cause {
        if this.is::<TimeoutError>() {
            return StatusCode::REQUEST_TIMEOUT;
        }
        cause = this.source();
    }
    StatusCode::BAD_REQUEST
}

fn is_multipart(kind: &[u8]) -> bool {
    const MULTIPART: &[u8] = b"multipart/form-data";
    let start = kind.get(..MULTIPART.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(MULTIPART))
}

/// Waits a moment for room.
async fn makes_room(held: &mut Held<'_>, length: usize) -> bool {
    let began = Instant::now();
    while !held.grows_to(length) {
        if began.elapsed() > PATIENCE.0 {
            return false;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    true
}

/// A form that is kept on the page, to be sent again.
struct Kept {
    action: String,
    fields: Vec<(String, String)>,
}

/// The most fields that are kept; a report has fewer than thirty.
const MOST_FIELDS: usize = 100;

/// A report that somebody has filled in. Other forms are short, and some hold passwords, which no page repeats.
fn kept(kind: Kind, request: &Request<Whole>, largest: usize) -> Option<Kept> {
    let (Kind::Portal, "/reports/new", Whole::All(bytes)) =
        (kind, request.uri().path(), request.body())
    else {
        return None;
    };
    // Only a browser of ours brings the cookie to a form: what another site has filled in is not offered.
    cookies::value(request.headers(), cookies::ACCOUNT)?;
    if bytes.is_empty() || bytes.len() > largest {
        return None;
    }
    let query = request.uri().query().unwrap_or("");
    let member = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "member")
        .and_then(|(_, value)| value.parse::<CaseId>().ok())?;
    let fields = url::form_urlencoded::parse(bytes)
        .take(MOST_FIELDS)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    Some(Kept {
        action: format!("/reports/new?member={member}"),
        fields,
    })
}

#[derive(Template)]
#[template(path = "flood.html")]
struct Sorry {
    brand: &'static str,
    style: String,
    /// In every language: nobody is asked which one is wished. The tag, the title, the paragraphs.
    texts: Vec<(&'static str, String, Vec<String>)>,
    form: Option<Kept>,
    again: String,
    /// The number under which an ambulance is called.
    ambulance: &'static str,
}

/// The page for whoever has to come back.
fn sorry(kind: Kind, writes: bool, form: Option<Kept>) -> Bytes {
    let last = match (&form, writes) {
        (Some(_), _) => "flood-kept",
        (None, true) => "flood-not-saved",
        (None, false) => "flood-come-back",
    };
    let texts = Language::ALL
        .into_iter()
        .map(|language| {
            let t = words(language);
            let paragraphs = ["flood-emergency", "flood-center", last];
            (
                language.tag(),
                t.say("flood-title"),
                paragraphs.into_iter().map(|key| t.say(key)).collect(),
            )
        })
        .collect();
    let again: Vec<String> = Language::ALL
        .into_iter()
        .map(|language| words(language).say("flood-again"))
        .collect();
    let page = Sorry {
        brand: kind.brand(),
        style: assets::address("style.css"),
        texts,
        form,
        again: again.join(" / "),
        ambulance: i18n::emergency_number(),
    };
    page.render().map(Bytes::from).unwrap_or_default()
}

#[cfg(test)]
mod tests;
