//! Whether the clocks of machines agree as far as messages need it: each process leases what it sends by its own clock.

use crate::clock::Clock;
use crate::{Error, SystemDesk};
use jiff::{SignedDuration, Timestamp};

/// Half of a lease: with two such machines, one ahead and one behind, what one has just taken is due for the other.
const MOST: SignedDuration = SignedDuration::from_mins(1);

/// Says that a clock differs from the database server's by more than messages bear.
fn apart(here: Timestamp, server: Timestamp) -> Option<String> {
    let by = here.duration_since(server);
    let way = if by.is_negative() { "behind" } else { "ahead" };
    (by.abs() > MOST).then(|| {
        format!(
            "this machine's clock is {} s {way} of the database server's: what another node is sending may go out twice, and \
             what this one promises may leave late; let both ask a time server, such as with chrony",
            by.abs().as_secs()
        )
    })
}

impl SystemDesk {
    /// Says where this machine's clock differs from the database server's by more than messages bear; there is only one clock
    /// with the embedded database.
    pub async fn clock_for_messages(&self) -> Result<Option<String>, Error> {
        // A clock that stands still is a test's.
        if matches!(self.app.clock, Clock::Standing(_)) || self.app.db().is_embedded() {
            return Ok(None);
        }
        let server = self.app.db().read(storage::sight::server).await?;
        let here = self.app.clock.now();
        Ok(server.and_then(|server| apart(here, server.clock)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_borne_and_more_is_told() {
        let server: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let seconds = |n| server + SignedDuration::from_secs(n);
        assert_eq!(apart(seconds(60), server), None);
        assert_eq!(apart(seconds(-60), server), None);
        let ahead = apart(seconds(180), server).unwrap();
        assert!(ahead.contains("180 s ahead"), "{ahead}");
        let behind = apart(seconds(-61), server).unwrap();
        assert!(behind.contains("61 s behind"), "{behind}");
    }
}
