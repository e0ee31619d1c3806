//! Forms while they arrive: how much memory they take together, how many of them keep the server waiting, and how much of
//! both strangers and one client may have. Memory is counted for what has come; a form that trickles in holds little of it,
//! but a connection.

use app::client::{Client, Shares};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Memory for forms that are longer than [`super::SMALL`], in bytes.
const MOST: usize = 32 * 1024 * 1024;
/// Memory is asked for in steps of so many bytes.
pub(super) const STEP: usize = 16 * 1024;
/// Forms whose rest is waited for at once. Connection and request hold some 40 KiB each meanwhile.
const MOST_AWAITED: usize = 512;

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
    awaited: Awaited,
}

/// How many forms are waited for.
#[derive(Default)]
struct Awaited {
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
    is_awaited: bool,
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
            is_awaited: false,
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

    /// Whether what is missing of it may be waited for as long as forms have. Strangers have half of these places, a client
    /// an eighth.
    pub(super) fn may_wait(&mut self) -> bool {
        if self.is_awaited {
            return true;
        }
        let mut held = self.intake.lock();
        let awaited = &mut held.awaited;
        let fits = awaited.all < MOST_AWAITED
            && (self.is_known || awaited.strangers < MOST_AWAITED / 2)
            && awaited.shares.of(self.client) < MOST_AWAITED / 8;
        if fits {
            awaited.all += 1;
            if !self.is_known {
                awaited.strangers += 1;
            }
            awaited.shares.take(self.client, 1);
            self.is_awaited = true;
        }
        fits
    }

    /// It is there.
    pub(super) fn has_come(&mut self) {
        if !self.is_awaited {
            return;
        }
        self.is_awaited = false;
        let mut held = self.intake.lock();
        let awaited = &mut held.awaited;
        awaited.all -= 1;
        if !self.is_known {
            awaited.strangers -= 1;
        }
        awaited.shares.give_back(self.client, 1);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.has_come();
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

    #[test]
    fn neither_one_client_nor_all_strangers_are_waited_for_alone() {
        let intake = Intake::new();
        let of = |client: u8, is_known| intake.begin(Some([192, 0, 2, client].into()), is_known);
        let some = |client: u8| {
            let mut all: Vec<_> = (0..1_000).map(|_| of(client, false)).collect();
            all.retain_mut(Held::may_wait);
            all
        };
        let one = some(1);
        assert_eq!(one.len(), MOST_AWAITED / 8);
        let others: Vec<_> = (2..20).flat_map(some).collect();
        assert_eq!(one.len() + others.len(), MOST_AWAITED / 2);
        assert!(!of(1, true).may_wait(), "of the same client");
        let mut family = of(99, true);
        assert!(family.may_wait() && family.may_wait());
        family.has_come();
        drop((one, others, family));
        let held = intake.lock();
        let awaited = &held.awaited;
        assert!(awaited.all == 0 && awaited.strangers == 0 && awaited.shares.is_empty());
    }
}
