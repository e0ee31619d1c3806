//! What is true: values that cannot be wrong once they exist, and rules with their sources.
//! No I/O, no clock of its own: the day and the moment are parameters.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod birthdate;
pub mod case_days;
pub mod certificate;
pub mod course;
pub mod dates;
pub mod email_address;
pub mod health_day;
pub mod hersys_id;
pub mod ids;
pub mod in_error;
pub mod isolation;
pub mod language;
pub mod limits;
pub mod message_texts;
pub mod monitoring;
pub mod name;
pub mod notification;
pub mod passport_number;
pub mod password;
pub mod personal;
pub mod phone;
pub mod questionnaire;
pub mod retention;
pub mod rules;
pub mod sms_text;
pub mod staff_role;
pub mod status_report;
pub mod text;
pub mod urgency;
