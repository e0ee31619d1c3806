//! Spans of `tracing` become OpenTelemetry's.

use super::Layer;
use super::queue::Queue;
use crate::node;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use storage::trace::{Parent, TARGET};
use tracing::Span;
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;

/// Who tells: this program, its version, this process, this machine.
pub(super) fn resource() -> Resource {
    // Nothing is taken from the environment: what is told stands here.
    Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", "hersys"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", uuid::Uuid::new_v4().to_string()),
            KeyValue::new("host.name", node::name()),
        ])
        .build()
}

/// Hears of our spans, and of nothing else: lines of the log do not become part of them.
pub(super) fn layer(queue: Queue) -> Layer {
    let provider = SdkTracerProvider::builder()
        // Which ones are traced was decided before they began.
        .with_sampler(Sampler::AlwaysOn)
        .with_resource(Resource::builder_empty().build())
        .with_span_processor(queue)
        .build();
    let ours = filter_fn(|it| it.is_span() && it.target() == TARGET)
        .with_max_level_hint(LevelFilter::INFO);
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("hersys"))
        .with_location(false)
        .with_threads(false)
        .with_level(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_context_activation(false)
        .with_filter(ours)
        .boxed()
}

/// Puts a span below a caller's.
pub(super) fn adopt(span: &Span, parent: Parent) {
    let caller = SpanContext::new(
        TraceId::from(parent.trace),
        SpanId::from(parent.span),
        TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    );
    // Fails only where nobody hears of the span.
    let _ = span.set_parent(Context::new().with_remote_span_context(caller));
}

#[cfg(test)]
mod tests {
    use storage::trace::{Number, Word};
    use tracing_subscriber::layer::SubscriberExt;

    #[test]
    fn a_span_has_room_for_all_that_is_said_of_one() {
        storage::trace::begin(1.0, 1, super::adopt);
        let registry = tracing_subscriber::registry();
        let all = registry.with(tracing_subscriber::layer::Identity::new());
        tracing::subscriber::with_default(all, || {
            let trace = storage::trace::request("GET", None, None);
            trace.run(|| {
                let span = tracing::Span::current();
                let words = Word::ALL.map(Word::key);
                let numbers = Number::ALL.map(Number::key);
                for key in words.into_iter().chain(numbers) {
                    assert!(span.field(key).is_some(), "{key}");
                }
            });
        });
    }
}
