//! What the process tells those who watch over it, in the text form of Prometheus, on an address of its own. Counts and
//! ages only: nothing here has the name, the place or the number of anybody.

use app::clock::Clock;
use app::keep::Schedule;
use app::{App, SystemDesk};
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Bounds of times, in seconds: from a page out of memory to the patience of a browser.
const TIMES: [f64; 13] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];
/// Bounds of how many writes shared a commit.
const BATCHES: [f64; 11] = [
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0,
];
/// How often what was measured is added up, so that it does not pile up where nobody looks.
const ADD_UP: Duration = Duration::from_secs(5);
/// The store is asked no more often than this, however many look.
const FRESH: Duration = Duration::from_secs(2);

/// What was measured.
#[derive(Clone)]
pub struct Measured(PrometheusHandle);

/// Begins to measure; whatever is to be measured has to be made after this.
///
/// # Errors
/// Where something measures already.
pub fn begin() -> anyhow::Result<Measured> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &TIMES)?
        .set_buckets_for_metric(
            Matcher::Full("hersys_store_batch_writes".to_owned()),
            &BATCHES,
        )?
        .install_recorder()?;
    describe();
    Ok(Measured(handle))
}

impl Measured {
    /// Adds up for ever what was measured; for a task of its own.
    pub async fn add_up(self) {
        let mut often = tokio::time::interval(ADD_UP);
        loop {
            often.tick().await;
            self.0.run_upkeep();
        }
    }
}

fn describe() {
    for (name, text) in [
        (
            "hersys_http_request_seconds",
            "Time of requests until the head of the answer, by line of the table of routes",
        ),
        (
            "hersys_store_wait_seconds",
            "How long work waited for the store, by lane",
        ),
        (
            "hersys_store_commit_seconds",
            "How long the database took to run and commit a batch of writes",
        ),
    ] {
        describe_histogram!(name, Unit::Seconds, text);
    }
    describe_histogram!(
        "hersys_store_batch_writes",
        "How many writes shared a commit"
    );
    describe_counter!(
        "hersys_http_refused_total",
        "Requests that were sent away because too much was going on"
    );
    describe_counter!(
        "hersys_store_writes_refused_total",
        "Writes that the store did not take: its disk is full, it lets nobody write, or it was away"
    );
    describe_counter!(
        "hersys_messages_total",
        "Attempts to send a message, by what came of it"
    );
    describe_counter!(
        "hersys_hashing_late_total",
        "Sign-ins whose password was hashed among all other work, since behind it they did not get on"
    );
    describe_counter!(
        "hersys_trace_spans_total",
        "Spans for the collector of traces, by what came of them"
    );
    for (name, text) in [
        ("hersys_store_up", "Whether the store answered: 1 or 0"),
        (
            "hersys_leads",
            "Whether this process runs the timers of all that share the store: 1 or 0",
        ),
        (
            "hersys_store_waiting",
            "Work that waits for the store, by lane",
        ),
        (
            "hersys_store_delay_seconds",
            "How long whoever comes now is likely to wait for the store, by lane",
        ),
        ("hersys_hashing_waiting", "Sign-ins that wait for a core"),
        (
            "hersys_outbox_waiting",
            "Messages promised and not sent, counted up to 10,000",
        ),
        (
            "hersys_outbox_overdue_seconds",
            "For how long the oldest message has not left though it ought to have, tried or not",
        ),
        ("hersys_outbox_given_up", "Messages given up within a day"),
        (
            "hersys_outbox_given_up_in_a_row",
            "Those of them that were given up since the last message left",
        ),
        (
            "hersys_alerts_waiting",
            "Alerts that nobody has taken, in all places, counted up to 10,000",
        ),
        (
            "hersys_alerts_oldest_seconds",
            "For how long the oldest of them has waited",
        ),
        (
            "hersys_postgres_connections",
            "Connections of all processes to PostgreSQL, by state",
        ),
        (
            "hersys_backup_last_timestamp_seconds",
            "When the last backup in the folder of this process was made, in seconds since 1970; 0: there is none, or it could never be read",
        ),
        (
            "hersys_disk_free_bytes",
            "Room that is left on the disk of the data and on that of the backups",
        ),
        ("hersys_http_connections", "Open connections, by site"),
        (
            "hersys_core_wait_seconds",
            "How long a request of the portal waits until a core takes it up",
        ),
        ("process_resident_memory_bytes", "Memory of the process"),
        ("process_open_fds", "Open files of the process"),
        ("process_max_fds", "The most files that it may open"),
    ] {
        describe_gauge!(name, text);
    }
    describe_counter!(
        "process_cpu_seconds_total",
        "Processor time of the process, in whole seconds"
    );
    counter!("hersys_store_writes_refused_total").absolute(0);
    counter!("hersys_hashing_late_total").absolute(0);
    for kind in ["mail", "sms", "reminders"] {
        for fate in ["sent", "again", "given_up"] {
            counter!("hersys_messages_total", "kind" => kind, "fate" => fate).absolute(0);
        }
    }
}

struct Window {
    desk: SystemDesk,
    measured: Measured,
    backups: Option<Schedule>,
    /// The folders whose disks fill, by the word under which they are told.
    places: Vec<(&'static str, PathBuf)>,
    looked: Mutex<Option<Instant>>,
}

/// The pages of the address for those who watch; `backups` are those that the server makes by itself, and `data` the folder
/// in which the data grow.
pub fn pages(app: &App, measured: Measured, backups: Option<Schedule>, data: PathBuf) -> Router {
    let mut places = vec![("data", data)];
    if let Some(schedule) = &backups {
        places.push(("backups", schedule.folder.clone()));
    }
    if backups.is_some() {
        // A folder that cannot be read from the start on, such as one whose disk is not mounted, has none that anybody knows of;
        // and of a figure that is not told nobody is woken.
        gauge!("hersys_backup_last_timestamp_seconds").set(0.0);
    }
    let window = Arc::new(Window {
        desk: app.for_staff().system_desk(),
        measured,
        backups,
        places,
        looked: Mutex::new(None),
    });
    Router::new()
        .route("/metrics", get(show))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(window)
}

async fn show(State(window): State<Arc<Window>>) -> impl IntoResponse {
    {
        let mut looked = window.looked.lock().await;
        if looked.is_none_or(|at| at.elapsed() > FRESH) {
            look(&window.desk).await;
            look_at_process();
            if let Some(schedule) = window.backups.clone() {
                look_at_backups(schedule).await;
            }
            look_at_disks(window.places.clone()).await;
            *looked = Some(Instant::now());
        }
    }
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        window.measured.0.render(),
    )
}

#[allow(clippy::cast_precision_loss)] // counts of people and files, far below 2^52
async fn look(desk: &SystemDesk) {
    let sight = desk.sight().await;
    for (lane, pieces, delay) in sight.lanes {
        gauge!("hersys_store_waiting", "lane" => lane).set(pieces as f64);
        gauge!("hersys_store_delay_seconds", "lane" => lane).set(delay);
    }
    gauge!("hersys_hashing_waiting", "site" => "portal").set(sight.hashing.0 as f64);
    gauge!("hersys_hashing_waiting", "site" => "console").set(sight.hashing.1 as f64);
    gauge!("hersys_store_up").set(if sight.store.is_some() { 1.0 } else { 0.0 });
    let Some(told) = sight.store else { return };
    for messages in told.messages {
        gauge!("hersys_outbox_waiting", "kind" => messages.kind).set(messages.waiting as f64);
        gauge!("hersys_outbox_overdue_seconds", "kind" => messages.kind).set(messages.overdue);
        gauge!("hersys_outbox_given_up", "kind" => messages.kind).set(messages.given_up as f64);
        gauge!("hersys_outbox_given_up_in_a_row", "kind" => messages.kind)
            .set(messages.in_a_row as f64);
    }
    gauge!("hersys_alerts_waiting").set(told.alerts as f64);
    gauge!("hersys_alerts_oldest_seconds").set(told.oldest_alert);
    // A state that nobody is in any more is told as none, too.
    for state in ["active", "idle", "idle in transaction"] {
        let found = told.connections.iter().find(|(name, _)| name == state);
        gauge!("hersys_postgres_connections", "state" => state)
            .set(found.map_or(0.0, |(_, n)| *n as f64));
    }
}

/// When the last backup was made. Where the folder cannot be read, what was told before stays, and grows old.
#[allow(clippy::cast_precision_loss)] // seconds since 1970
async fn look_at_backups(schedule: Schedule) {
    let look = tokio::task::spawn_blocking(move || schedule.last(Clock::System.now()));
    // The disk may be another machine's that does not answer.
    if let Ok(Ok(Ok(last))) = tokio::time::timeout(FRESH, look).await {
        let last = last.map_or(0, |last| last.as_second());
        gauge!("hersys_backup_last_timestamp_seconds").set(last as f64);
    }
}

/// How much room is left. Where a disk does not tell, what was told before stays.
#[allow(clippy::cast_precision_loss)] // bytes, far below 2^52
async fn look_at_disks(places: Vec<(&'static str, PathBuf)>) {
    for (of, place) in places {
        let look = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&place));
        if let Ok(Ok(Ok(disk))) = tokio::time::timeout(FRESH, look).await {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            gauge!("hersys_disk_free_bytes", "of" => of).set(free as f64);
        }
    }
}

/// What the system knows of this process. Where it does not tell, nothing is told.
#[allow(clippy::cast_precision_loss)]
fn look_at_process() {
    let resident = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok());
    if let Some(pages) = resident {
        let bytes = pages * rustix::param::page_size() as u64;
        gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(files.count() as f64);
    }
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    if let Some(most) = limit.current {
        gauge!("process_max_fds").set(most as f64);
    }
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    counter!("process_cpu_seconds_total").absolute(u64::try_from(cpu.tv_sec).unwrap_or(0));
}
