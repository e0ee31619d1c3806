//! Traces for a collector that speaks OTLP: where they go and how many (`HERSYS_OTLP_…`). What may be in them is decided
//! by `storage::trace`; how they get there is in the modules below, which a program has that was built with the feature
//! `otlp`.

#[cfg(feature = "otlp")]
mod layer;
#[cfg(feature = "otlp")]
mod queue;
#[cfg(feature = "otlp")]
mod send;

use url::Url;

/// How many of the requests and messages are traced where nothing is said.
pub const SHARE: f64 = 0.01;

/// Where traces go, and how many. There is no `Debug` on purpose: headers may hold a password.
#[derive(Clone)]
pub struct Collector {
    /// Where to, without a password in it, such as `http://127.0.0.1:4318/v1/traces`.
    pub url: Url,
    /// Headers that go along: what the collector knows us by.
    pub headers: Vec<(String, String)>,
    /// How many of the requests and messages, from 0 to 1.
    pub share: f64,
}

/// Traces that are on their way.
pub struct Traces {
    #[cfg(feature = "otlp")]
    queue: queue::Queue,
}

/// What hears of spans, above the registry of `tracing`.
pub(crate) type Layer =
    Box<dyn tracing_subscriber::Layer<tracing_subscriber::Registry> + Send + Sync>;

impl Collector {
    /// Begins to trace. Whoever writes log lines has to let the layer hear of spans.
    ///
    /// # Errors
    /// Where the system has no thread left.
    #[cfg(feature = "otlp")]
    pub(crate) fn begin(&self) -> std::io::Result<(Layer, Traces)> {
        let sender = send::Sender::new(self);
        let queue = queue::Queue::begin(sender)?;
        let layer = layer::layer(queue.clone());
        let seed = uuid::Uuid::new_v4().as_u64_pair().0;
        storage::trace::begin(self.share, seed, layer::adopt);
        Ok((layer, Traces { queue }))
    }

    /// The same for a program that cannot: its settings refuse a collector.
    ///
    /// # Errors
    /// Never.
    #[cfg(not(feature = "otlp"))]
    pub(crate) fn begin(&self) -> std::io::Result<(Layer, Traces)> {
        use tracing_subscriber::Layer as _;
        Ok((
            tracing_subscriber::layer::Identity::new().boxed(),
            Traces {},
        ))
    }

    /// Whether the collector takes traces; for `doctor`. Blocks for up to five seconds.
    ///
    /// # Errors
    /// What is wrong, in words.
    #[cfg(feature = "otlp")]
    pub fn answers(&self) -> Result<(), String> {
        send::Sender::new(self).send(Vec::new())
    }

    /// The same for a program that cannot ask.
    ///
    /// # Errors
    /// Always.
    #[cfg(not(feature = "otlp"))]
    pub fn answers(&self) -> Result<(), String> {
        Err("this program was built without the feature otlp".to_owned())
    }
}

impl Traces {
    /// Tells figures from now on, beginning with none; after [`crate::sight::begin`].
    pub fn measure(&self) {
        #[cfg(feature = "otlp")]
        for fate in ["sent", "dropped"] {
            queue::count(fate, 0);
        }
    }

    /// Sends what is left, for at most two seconds.
    pub fn end(self) {
        #[cfg(feature = "otlp")]
        self.queue.end();
    }
}
