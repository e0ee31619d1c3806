//! Stories of the use cases, each told on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod attributes;
mod brochure;
mod outbox;
mod reports;
mod town;
mod walks;
