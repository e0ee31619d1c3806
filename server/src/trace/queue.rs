//! What waits to be sent: bounded, so that a collector that is slow or away costs neither memory nor anybody's time.
//! What finds no room is dropped and counted.

use super::send::Sender;
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use opentelemetry::Context;
use opentelemetry::trace::Status;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanEvents, SpanLinks, SpanProcessor};
use std::io;
use std::time::{Duration, Instant};
use storage::trace::{Number, Word};

/// How many spans wait at most: at about a kilobyte each, four megabytes.
const WAITING: usize = 4_096;
/// How many are sent at once.
const AT_ONCE: usize = 512;
/// How long the first of them waits for others.
const GATHER: Duration = Duration::from_secs(1);
/// How long the end of the process waits for the last of them.
const LAST: Duration = Duration::from_secs(2);
/// How often the log is told at most that the collector is away.
const TELL_EVERY: Duration = Duration::from_secs(3_600);

/// Where spans are put in.
#[derive(Clone, Debug)]
pub(super) struct Queue(crossbeam_channel::Sender<Piece>);

#[derive(Debug)]
enum Piece {
    Span(Box<SpanData>),
    /// All that came before is to be sent; whoever asked is told when it is.
    Flush(crossbeam_channel::Sender<()>),
}

/// Counts what became of spans.
pub(super) fn count(fate: &'static str, spans: usize) {
    metrics::counter!("hersys_trace_spans_total", "fate" => fate).increment(spans as u64);
}

impl Queue {
    /// Starts the thread that sends.
    ///
    /// # Errors
    /// Where the system has none left.
    pub(super) fn begin(sender: Sender) -> io::Result<Queue> {
        let (put, take) = bounded(WAITING);
        std::thread::Builder::new()
            .name("traces".to_owned())
            .spawn(move || work(&take, &sender))?;
        Ok(Queue(put))
    }

    /// Sends what waits, for at most [`LAST`].
    pub(super) fn end(&self) {
        let until = Instant::now() + LAST;
        let (tell, told) = bounded(1);
        if self.0.send_deadline(Piece::Flush(tell), until).is_ok() {
            let _ = told.recv_deadline(until);
        }
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        // Never waits: somebody's request would wait with it.
        if self.0.try_send(Piece::Span(Box::new(span))).is_err() {
            count("dropped", 1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.end();
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.end();
        Ok(())
    }
}

/// Takes what waits, some at a time, until nobody can put anything in any more.
fn work(take: &Receiver<Piece>, sender: &Sender) {
    let mut log = Log::default();
    while let Ok(first) = take.recv() {
        let until = Instant::now() + GATHER;
        let (mut spans, mut asked) = (Vec::new(), None);
        let mut next = Ok(first);
        loop {
            match next {
                Ok(Piece::Span(span)) => spans.push(sieved(*span)),
                Ok(Piece::Flush(tell)) => asked = Some(tell),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
            if spans.len() == AT_ONCE || asked.is_some() {
                break;
            }
            next = take.recv_deadline(until);
        }
        let many = spans.len();
        if many > 0 {
            let sent = sender.send(spans);
            count(if sent.is_ok() { "sent" } else { "dropped" }, many);
            log.note(sent);
        }
        if let Some(tell) = asked {
            let _ = tell.send(());
        }
    }
}

/// What the log is told of a collector that is away: a line an hour, however often it comes and goes.
#[derive(Default)]
struct Log {
    told: Option<Instant>,
}

impl Log {
    fn note(&mut self, sent: Result<(), String>) {
        let Err(why) = sent else { return };
        if self.told.is_none_or(|told| told.elapsed() > TELL_EVERY) {
            self.told = Some(Instant::now());
            tracing::warn!(
                why,
                "traces are dropped: the collector (HERSYS_OTLP_URL) does not take them; told once an hour"
            );
        }
    }
}

/// Leaves of a span what may be told. Nothing else gets into one today; a new release of a crate must not change that.
fn sieved(mut span: SpanData) -> SpanData {
    span.attributes.retain(|attribute| {
        let key = attribute.key.as_str();
        Word::ALL.iter().any(|word| word.key() == key)
            || Number::ALL.iter().any(|number| number.key() == key)
    });
    span.events = SpanEvents::default();
    span.links = SpanLinks::default();
    if let Status::Error { .. } = span.status {
        span.status = Status::error("");
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::InstrumentationScope;
    use opentelemetry::trace::{Event, SpanContext, SpanId};
    use opentelemetry::{KeyValue, trace::SpanKind};
    use std::time::SystemTime;

    fn span(attributes: Vec<KeyValue>) -> SpanData {
        let now = SystemTime::now();
        let mut events = SpanEvents::default();
        events.events.push(Event::with_name("Hagebutte"));
        SpanData {
            span_context: SpanContext::empty_context(),
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: "store wait".into(),
            start_time: now,
            end_time: now,
            attributes,
            dropped_attributes_count: 0,
            events,
            links: SpanLinks::default(),
            status: Status::error("Hagebutte"),
            instrumentation_scope: InstrumentationScope::default(),
        }
    }

    #[test]
    fn who_finds_no_room_does_not_wait() {
        let (put, take) = bounded(WAITING);
        let queue = Queue(put);
        let began = Instant::now();
        for _ in 0..10 * WAITING {
            queue.on_end(span(Vec::new()));
        }
        assert!(began.elapsed() < Duration::from_secs(5));
        assert_eq!(take.len(), WAITING);
    }

    #[test]
    fn only_what_stands_on_the_list_is_left() {
        let all = vec![
            KeyValue::new(Word::Route.key(), "/history"),
            KeyValue::new("url.path", "/history/Hagebutte"),
            KeyValue::new(Number::Status.key(), 200),
        ];
        let left = sieved(span(all));
        let keys: Vec<&str> = left.attributes.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["http.route", "http.response.status_code"]);
        assert!(!format!("{left:?}").contains("Hagebutte"));
    }

    #[test]
    fn the_log_is_told_once_an_hour() {
        let mut log = Log::default();
        log.note(Ok(()));
        assert!(log.told.is_none());
        log.note(Err("it cannot be reached".to_owned()));
        let told = log.told;
        log.note(Ok(()));
        log.note(Err("it cannot be reached".to_owned()));
        assert_eq!(log.told, told);
    }
}
