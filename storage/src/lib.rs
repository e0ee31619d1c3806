//! What is remembered: the only SQL of the project, one text for SQLite and PostgreSQL.
//! Nothing here knows rights or languages; secrets arrive sealed and leave sealed.

pub mod account;
pub mod attributes;
pub mod case_registration;
pub mod engine;
pub mod flow;
pub mod health_center;
pub mod limits;
pub mod migrations;
pub mod outbox;
pub mod passport_number;
pub mod questionnaire;
pub mod session;
pub mod settings;
pub mod staff;
pub mod status_report;
pub mod tasks;

pub use engine::{Db, Error, Tx};
