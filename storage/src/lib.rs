//! What is remembered: the only SQL of the project, one text for SQLite and PostgreSQL.
//! Nothing here knows rights or languages; secrets arrive sealed and leave sealed.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod account;
pub mod alerts;
pub mod attributes;
pub mod audit;
#[cfg(feature = "bulk")]
pub mod bulk;
pub mod case_import;
pub mod case_in_error;
pub mod case_registration;
pub mod certificate;
pub mod close_contacts;
pub mod contact_log;
pub mod corrections;
pub mod engine;
pub mod family;
pub mod figures;
pub mod flow;
pub mod health_center;
pub mod in_error;
pub mod jurisdiction;
pub mod keep;
pub mod kept_page;
pub mod limits;
pub mod merge;
pub mod migrations;
pub mod monitoring;
pub mod name_keys;
pub mod notification;
pub mod outbox;
pub mod partitions;
pub mod passport_number;
pub mod place_settings;
pub mod questionnaire;
pub mod reckoning;
pub mod registered_twice;
pub mod reminders;
pub mod reporting_request;
pub mod retention;
pub mod rules;
pub mod session;
pub mod settings;
pub mod sight;
pub mod silence;
pub mod staff;
pub mod status_report;
pub mod tasks;
pub mod time_zone;
pub mod trace;
pub mod transfer;
pub mod worklist;

pub use engine::{Asked, Db, Duty, Error, Lane, Told, Tx};
