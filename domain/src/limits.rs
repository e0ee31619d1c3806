//! Limits against guessing and flooding, with where they come from.

use jiff::SignedDuration;

/// How long an e-mailed code lives (GOV.UK, "Confirm an email address").
pub const CODE_LIFE: SignedDuration = SignedDuration::from_mins(15);
/// Wrong tries that spend a code.
pub const CODE_TRIES: i32 = 5;
/// Failures in a row that close an address until somebody looks, where one try at several codes that live beside each other is
/// as many: with six digits, one chance in ten thousand (NIST SP 800-63B, 5.2.2: at most 100).
pub const ADDRESS_FAILURES: i32 = 100;
/// Until a code can be sent again.
pub const RESEND_WAIT: SignedDuration = SignedDuration::from_secs(60);
/// Codes to one address within a day.
pub const RESEND_PER_DAY: i32 = 6;
/// Mails with codes that are sent on behalf of one network address within an hour: mobile carriers put many people behind
/// one, and yet nobody should make a mail server's reputation with somebody else's addresses.
pub const CODES_PER_CLIENT_AND_HOUR: i32 = 120;
/// Refused registrations of one claimed person within a day. With 10 in 30 days, somebody who knows all but the ID
/// finds it with a chance of 1 in 100,000.
pub const CLAIM_PER_DAY: i32 = 5;
/// Refused registrations of one claimed person within 30 days.
pub const CLAIM_PER_30_DAYS: i32 = 10;
/// Refused registrations with one birthdate and phone number within a day, whatever the name: twins and slips fit, and
/// somebody who tries many spellings does not.
pub const CLAIM_PER_CONTACT_AND_DAY: i32 = 15;
/// Refused registrations with one birthdate and phone number within 30 days.
pub const CLAIM_PER_CONTACT_AND_30_DAYS: i32 = 30;
/// Refused registrations with one ID within a day.
pub const CLAIM_PER_ID_AND_DAY: i32 = 10;
/// Refused registrations by one account within an hour.
pub const CLAIM_PER_ACCOUNT_AND_HOUR: i32 = 5;
/// Refused registrations by one account within a day.
pub const CLAIM_PER_ACCOUNT_AND_DAY: i32 = 10;
/// Refused registrations from one network address within an hour, after which answers only slow down: mobile carriers
/// put many people behind one address.
pub const CLAIM_PER_CLIENT_AND_HOUR: i32 = 60;
/// Certificates that are asked about from one network address within an hour and are none: an employer mistypes some.
pub const NO_CERTIFICATE_PER_CLIENT_AND_HOUR: i32 = 60;
/// Wrong birthdates for one code of a certificate within an hour, whether there is such a code or not.
pub const NO_CERTIFICATE_PER_CODE_AND_HOUR: i32 = 5;
/// The same within a day: of all birthdates there are some thirty thousand.
pub const NO_CERTIFICATE_PER_CODE_AND_DAY: i32 = 10;
/// How old a measurement may be when it is reported.
pub const MEASURED_AT_MOST_AGO: SignedDuration = SignedDuration::from_hours(72);

/// How long ago staff may enter a measurement: a paper diary is handed over when the illness is over.
pub const WRITTEN_DOWN_AT_MOST_AGO: SignedDuration = SignedDuration::from_hours(28 * 24);
/// How far a phone's clock may be ahead of ours.
pub const MEASURED_AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// The longest note to the center, in characters.
pub const NOTE_LENGTH: usize = 2_000;
