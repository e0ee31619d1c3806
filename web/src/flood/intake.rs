//! Forms while they arrive: how much memory they take together, and how much of it strangers and one client may have. What
//! is counted is what has come, so that whoever lets a form trickle in holds next to nothing.

use app::client::{Client, Shares};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Memory for forms that are longer than [`super::SMALL`], in bytes.
const MOST: usize = 32 * 1024 * 1024;
/// Memory is asked for in steps of so many bytes.
pub(super) const STEP: usize = 16 * 1024;

/// What forms hold.
pub(super) struct Intake {
    most: usize,
    held: Mutex<Holding>,
}

#[derive(Default)]
struct Holding {
    all: usize,
    strangers: usize,
    shares: Shares,
}

/// What one form holds, until it is dropped.
pub(super) struct Held<'i> {
    intake: &'i Intake,
    client: Option<Client>,
    is_known: bool,
    bytes: usize,
}

impl Intake {
    pub(super) fn new() -> Intake {
        Intake::of(MOST)
    }

    fn of(most: usize) -> Intake {
        Intake {
            most,
            held: Mutex::default(),
        }
    }

    /// A form of this client begins to arrive.
    pub(super) fn begin(&self, client: Option<IpAddr>, is_known: bool) -> Held<'_> {
        Held {
            intake: self,
            client: client.map(Client::at),
            is_known,
            bytes: 0,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Holding> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held<'_> {
    /// Whether there is room for it to become so many bytes long. Strangers have half of all, a client an eighth.
    pub(super) fn grows_to(&mut self, bytes: usize) -> bool {
        if bytes <= self.bytes.max(super::SMALL) {
            return true;
        }
        let more = bytes.next_multiple_of(STEP) - self.bytes;
        let most = self.intake.most;
        let mut held = self.intake.lock();
        let fits = held.all + more <= most
            && (self.is_known || held.strangers + more <= most / 2)
            && held.shares.of(self.client) + more <= most / 8;
        if fits {
            held.all += more;
            if !self.is_known {
                held.strangers += more;
            }
            held.shares.take(self.client, more);
            self.bytes += more;
        }
        fits
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut held = self.intake.lock();
        held.all -= self.bytes;
        if !self.is_known {
            held.strangers -= self.bytes;
        }
        held.shares.give_back(self.client, self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: usize = 64 * 1024;

    fn many<'i>(intake: &'i Intake, client: u8, is_known: bool) -> Vec<Held<'i>> {
        let of = Some(IpAddr::from([192, 0, 2, client]));
        let begun = (0..1_000).map(|_| intake.begin(of, is_known));
        begun
            .filter_map(|mut held| held.grows_to(LONG).then_some(held))
            .collect()
    }

    #[test]
    fn neither_one_client_nor_all_strangers_take_the_room_of_a_family() {
        let intake = Intake::of(64 * LONG);
        // Those that trickle in hold nothing, however many they are.
        let mut slow: Vec<_> = (0..1_000).map(|_| intake.begin(None, false)).collect();
        assert!(
            slow.iter_mut()
                .all(|held| held.grows_to(super::super::SMALL))
        );
        let one = many(&intake, 1, false);
        assert_eq!(one.len(), 8);
        let others: Vec<_> = (2..20).flat_map(|n| many(&intake, n, false)).collect();
        assert_eq!(one.len() + others.len(), 32);
        let mut family = intake.begin(Some(IpAddr::from([192, 0, 2, 1])), true);
        assert!(!family.grows_to(LONG), "of the same client");
        let mut family = intake.begin(Some(IpAddr::from([192, 0, 2, 99])), true);
        assert!(family.grows_to(LONG) && family.grows_to(2 * LONG));
        drop((one, others, family, slow));
        let held = intake.lock();
        assert!(held.all == 0 && held.strangers == 0 && held.shares.is_empty());
    }
}
