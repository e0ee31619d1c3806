//! A nurse at her console, and a family at the portal beside it.
#![allow(clippy::unwrap_used)]

mod beside;
#[allow(dead_code)] // the other stories need more of it
#[path = "../support/browser.rs"]
mod browser;
mod lists;
mod pairs;
mod record;
mod registration;
mod released;
mod signing_in;
mod spoken;
mod two_diseases;
mod worklist;
