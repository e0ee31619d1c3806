//! Stories of the use cases, each told on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod alarm_told;
mod alerts;
mod attributes;
mod brochure;
mod case_import;
mod case_in_error;
mod close_contacts;
mod corrections;
mod crossings;
mod figures;
mod in_error;
mod intruders;
mod invitation;
mod isolation_days;
mod kept_page;
mod latin_letters;
mod merges;
mod moved;
mod namesakes;
mod nodes;
mod notifications;
mod other_words;
mod outbox;
mod place_settings;
mod places;
mod programmes;
mod reminders;
mod reporting_request;
mod reports;
mod retention;
mod rounds;
mod rule_words;
mod rules;
mod sent_again;
mod share_out;
mod sign_in;
mod silence;
#[cfg(feature = "oidc")]
mod single_sign_on;
mod staff;
mod standing;
mod time_zone;
mod town;
mod transfers;
mod walks;
