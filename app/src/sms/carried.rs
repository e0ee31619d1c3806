//! Whether some process on the database has a gateway for short messages. A setting or a file that has not come to every node yet
//! is no reason for the others to give up what one of them can send, or for a leader without a gateway to tell nobody by SMS.

use jiff::{SignedDuration, Timestamp};
use storage::{Error, Tx, settings};

/// The name under which a process with a gateway leaves its mark.
const NAME: &str = "sms.carried";
/// How often it does.
pub(crate) const MARK_EVERY: SignedDuration = SignedDuration::from_mins(10);
/// For how long a mark counts: as long as a short message waits for a process that has a gateway.
pub(crate) const COUNTS: SignedDuration = SignedDuration::from_hours(1);

/// Leaves the mark.
pub(crate) fn mark(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), Error> {
    settings::set(tx, NAME, now.as_second().to_string().as_bytes())
}

/// Whether a process with a gateway was there lately. A mark of a moment to come is by a clock that was ahead, and counts for the
/// same time around it.
pub(crate) fn is_carried(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, Error> {
    let mark = settings::get(tx, NAME)?;
    let second = mark.and_then(|text| std::str::from_utf8(&text).ok()?.parse().ok());
    let at = second.and_then(|second| Timestamp::from_second(second).ok());
    Ok(at.is_some_and(|at| now.duration_since(at).abs() < COUNTS))
}
