//! Requests while they arrive: which are understood, and how a form is taken in.

use super::intake::{self, Held};
use super::{AT_FIRST, BESIDE_MANY, Inner, LOOK_AGAIN, PATIENCE, SMALL, Whole};
use crate::visit::{Peer, client};
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use axum::http::{Method, StatusCode, Version};
use http_body_util::BodyExt;
use std::error::Error;
use std::time::Instant;
use tower_http::timeout::TimeoutError;

/// Whether a request is one that can be read: what a proxy before us may understand otherwise is not guessed at (RFC 9112,
/// 3.2), and what is packed is not taken for what it is not.
pub(super) fn understood(request: &Request) -> Result<(), StatusCode> {
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
pub(super) enum NotTaken {
    /// It is too long, has not come, or cannot be read.
    Wrong(StatusCode),
    /// Too many long or slow forms are arriving.
    NoRoom,
}

/// Takes a form in; a file is left to whoever may send one. Whatever else calls itself by another name is a form, too: else
/// it would hold a place while it arrives.
pub(super) async fn arrive(
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
