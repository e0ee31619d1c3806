//! Spans go to the collector as OTLP over HTTP (`POST …/v1/traces`, protobuf). `opentelemetry-otlp` would do it, too, but
//! takes settings of its own from the environment (`OTEL_…`) and a second HTTP client into the program.

use super::{Collector, layer};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::trace::SpanData;
use prost::Message;
use std::time::Duration;

/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who sends spans, and who it says that it is.
pub(super) struct Sender {
    agent: ureq::Agent,
    url: String,
    headers: Vec<(String, String)>,
    resource: ResourceAttributesWithSchema,
}

impl Sender {
    pub(super) fn new(collector: &Collector) -> Sender {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .into();
        Sender {
            agent,
            url: collector.url.to_string(),
            headers: collector.headers.clone(),
            resource: (&layer::resource()).into(),
        }
    }

    /// Sends spans, or none to see whether somebody is there.
    ///
    /// # Errors
    /// What is wrong, in words; nothing is repeated that the other end says.
    pub(super) fn send(&self, spans: Vec<SpanData>) -> Result<(), String> {
        let message = ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(spans, &self.resource),
        };
        let mut request = self
            .agent
            .post(&self.url)
            .content_type("application/x-protobuf");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        match request.send(message.encode_to_vec()) {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("it answers {}", answer.status().as_u16())),
            Err(ureq::Error::Timeout(_)) => Err("it does not answer in time".to_owned()),
            Err(_) => Err("it cannot be reached".to_owned()),
        }
    }
}
