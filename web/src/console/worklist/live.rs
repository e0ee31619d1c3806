//! What tells the page that something changed.

use super::named_center;
use crate::page::{Answer, missing};
use crate::visit::Staff;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use std::convert::Infallible;
use std::time::Duration;

/// How long a page that brings itself up to date may be looked at without a sign of life: then the session locks.
const LOOKED_AT: Duration = Duration::from_secs(15 * 60);

/// Waits until one of them changes; none where the look-out has ended.
async fn any_of(watch: &mut [tokio::sync::watch::Receiver<u64>]) -> Option<()> {
    let each = watch.iter_mut().map(|one| Box::pin(one.changed()));
    let (changed, _, _) = futures_util::future::select_all(each).await;
    changed.ok()
}

/// A stream that says whenever something on the worklist changed; the page then asks for itself anew.
pub(in crate::console) async fn events(Staff(visit, desk): Staff) -> Answer {
    let named = named_center(&visit);
    // Whoever sees several centers sees what happens at any of them.
    let watch = if named.is_none() && !desk.has_center() {
        desk.watch_all().await?
    } else {
        desk.watch(named).await?.into_iter().collect()
    };
    if watch.is_empty() {
        return Ok(missing(&visit));
    }
    let end = tokio::time::Instant::now() + LOOKED_AT;
    // Something is said at once: the head of an answer travels with the first piece of its body.
    let stream = futures_util::stream::unfold(
        (watch, visit.site.stopping.clone(), true),
        move |(mut watch, mut stopping, is_first)| async move {
            if is_first {
                let hello = Event::default().comment("here");
                return Some((Ok(hello), (watch, stopping, false)));
            }
            tokio::select! {
                changed = any_of(&mut watch) => changed?,
                // The page connects again, and finds out whether its session still lives.
                () = tokio::time::sleep_until(end) => return None,
                _ = stopping.wait_for(|stop| *stop) => return None,
            }
            // Without data a browser drops an event.
            let event = Event::default().event("changed").data("1");
            Some((Ok::<_, Infallible>(event), (watch, stopping, false)))
        },
    );
    Ok(Sse::new(stream)
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
        .into_response())
}
