//! What tells the page that something changed.

use super::named_center;
use crate::page::{Answer, missing};
use crate::visit::Staff;
use app::App;
use app::keys::Token;
use app::staff::StaffVisit;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;

/// How often it is looked whether somebody who has a page open may still come in. Before they are told of anything it is looked,
/// too, unless that was done a moment ago: whoever was shut out meanwhile hears no more of what happens.
const STILL_IN: Duration = Duration::from_secs(60);
/// What a moment is: where much happens, thousands of pages would ask the store for each of it.
const A_MOMENT: Duration = Duration::from_secs(2);

/// How long a page that shows the counts of several centers is left alone after it was told: in a rush something happens at one
/// of them at any moment, and the counts of all are asked for anew each time.
const OF_SEVERAL: Duration = Duration::from_secs(5);

/// How long a page that brings itself up to date may be looked at without a sign of life: then the session locks.
const LOOKED_AT: Duration = Duration::from_secs(15 * 60);

/// How many such streams a staff member may have open: a tab each.
const MOST_OF_ONE: usize = 8;
/// How many all of them together may have in this process: the rest of the connections is for pages.
const MOST_OF_ALL: usize = 2_048;

/// How many streams are open, of each staff member.
static OPEN: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);

/// A stream that is open; it is counted until it goes.
struct Counted(String);

impl Counted {
    /// `None` where there are enough.
    fn begin(whose: String) -> Option<Counted> {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if open.values().sum::<usize>() >= MOST_OF_ALL {
            return None;
        }
        let mine = open.entry(whose.clone()).or_default();
        if *mine >= MOST_OF_ONE {
            return None;
        }
        *mine += 1;
        Some(Counted(whose))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mine) = open.get_mut(&self.0) {
            *mine -= 1;
            if *mine == 0 {
                open.remove(&self.0);
            }
        }
    }
}

/// What a stream says next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Hello,
    Change,
    ChangeAfterAPause,
}

/// Waits until one of them changes; none where the look-out has ended.
async fn any_of(watch: &mut [tokio::sync::watch::Receiver<u64>]) -> Option<()> {
    let each = watch.iter_mut().map(|one| Box::pin(one.changed()));
    let (changed, _, _) = futures_util::future::select_all(each).await;
    changed.ok()
}

/// Whether the session of a page is still that of the same staff member, and open.
async fn is_still_in(app: &App, token: Option<&Token>, whose: &str) -> bool {
    let Some(token) = token else {
        return false;
    };
    match app.staff_visit(token).await {
        Ok(StaffVisit::In(desk, _)) => desk.whose() == whose,
        // The page connects again, and finds out.
        Ok(_) => false,
        // A store that is away for a moment is no reason for all pages to connect at once when it is back.
        Err(_) => true,
    }
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
    // The page brings itself up to date once a minute all the same, and tries again.
    let Some(counted) = Counted::begin(desk.whose()) else {
        return Ok(StatusCode::TOO_MANY_REQUESTS.into_response());
    };
    // When something happens to others is none of the business of whoever sees their own patients only; their page brings itself
    // up to date once a minute.
    let is_told = !desk.sees_own_patients();
    let end = tokio::time::Instant::now() + LOOKED_AT;
    // The counts of a moment ago are good enough for whoever looks after several; a nurse's own list waits for nothing.
    let pause = (watch.len() > 1).then_some(OF_SEVERAL);
    let mut look = tokio::time::interval_at(tokio::time::Instant::now() + STILL_IN, STILL_IN);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (app, token, whose) = (visit.site.app.clone(), visit.token.clone(), desk.whose());
    let whose_it_is = Arc::new((app, token, whose));
    // Something is said at once: the head of an answer travels with the first piece of its body.
    let stream = futures_util::stream::unfold(
        (
            watch,
            visit.site.stopping.clone(),
            (counted, look, None::<Instant>),
            Next::Hello,
        ),
        move |(mut watch, mut stopping, (counted, mut look, mut asked), next)| {
            let whose_it_is = whose_it_is.clone();
            async move {
                if next == Next::Hello {
                    let hello = Event::default().comment("here");
                    let state = (watch, stopping, (counted, look, asked), Next::Change);
                    return Some((Ok(hello), state));
                }
                if let (Next::ChangeAfterAPause, Some(pause)) = (next, pause) {
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = tokio::time::sleep_until(end) => return None,
                        _ = stopping.wait_for(|stop| *stop) => return None,
                    }
                }
                let (app, token, whose) = &*whose_it_is;
                loop {
                    let has_changed = tokio::select! {
                        changed = any_of(&mut watch), if is_told => {
                            changed?;
                            true
                        }
                        _ = look.tick() => false,
                        // The page connects again, and finds out whether its session still lives.
                        () = tokio::time::sleep_until(end) => return None,
                        _ = stopping.wait_for(|stop| *stop) => return None,
                    };
                    if asked.is_none_or(|at| at.elapsed() >= A_MOMENT) {
                        if !is_still_in(app, token.as_ref(), whose).await {
                            return None;
                        }
                        asked = Some(Instant::now());
                    }
                    if has_changed {
                        break;
                    }
                }
                // Without data a browser drops an event.
                let event = Event::default().event("changed").data("1");
                // The page asks for all of them, whichever it was.
                watch.iter_mut().for_each(|one| one.mark_unchanged());
                let next = Next::ChangeAfterAPause;
                let state = (watch, stopping, (counted, look, asked), next);
                Some((Ok::<_, Infallible>(event), state))
            }
        },
    );
    Ok(Sse::new(stream)
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_the_staff_does_not_open_all_streams() {
        let begin = |whose: &str| Counted::begin(whose.to_owned());
        let mine: Vec<_> = (0..20).filter_map(|_| begin("one")).collect();
        assert_eq!(mine.len(), MOST_OF_ONE);
        assert!(begin("another").is_some());
        drop(mine);
        assert!(begin("one").is_some(), "what is closed counts no longer");
    }
}
