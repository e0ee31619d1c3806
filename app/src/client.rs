//! Who asks, as far as limits and shares go.

use std::collections::HashMap;
use std::net::IpAddr;

/// A client as far as counting goes: an IPv4 address, or the /64 network that one household or phone has with IPv6.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client(u128);

impl Client {
    /// The client at an address. An IPv4 address in the clothes of an IPv6 address is to be undressed before.
    pub fn at(ip: IpAddr) -> Client {
        Client(match ip {
            IpAddr::V4(ip) => u128::from(u32::from(ip)),
            // The upper half is never zero for an address that a client can have, so the two kinds do not meet.
            IpAddr::V6(ip) => u128::from(ip) & !u128::from(u64::MAX),
        })
    }
}

/// The same in letters, for keys of limits; empty for who comes without an address.
pub fn place(ip: Option<IpAddr>) -> String {
    ip.map_or_else(String::new, |ip| format!("{:x}", Client::at(ip).0))
}

/// How much of something each client holds. Nothing is kept of those who hold nothing.
#[derive(Default)]
pub struct Shares(HashMap<Client, usize>);

impl Shares {
    /// What a client holds. Nothing is known of who comes without an address.
    pub fn of(&self, client: Option<Client>) -> usize {
        client
            .and_then(|client| self.0.get(&client))
            .copied()
            .unwrap_or(0)
    }

    /// It holds so much more.
    pub fn take(&mut self, client: Option<Client>, more: usize) {
        if let (Some(client), 1..) = (client, more) {
            *self.0.entry(client).or_default() += more;
        }
    }

    /// It holds so much less; what it took before.
    pub fn give_back(&mut self, client: Option<Client>, less: usize) {
        let Some(client) = client else { return };
        if let Some(held) = self.0.get_mut(&client) {
            *held = held.saturating_sub(less);
            if *held == 0 {
                self.0.remove(&client);
            }
        }
    }

    /// Whether nobody holds anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_own_share_and_nothing_is_kept_of_those_who_left() {
        let at = |ip: &str| Some(Client::at(ip.parse().unwrap()));
        let mut shares = Shares::default();
        for ip in ["192.0.2.1", "2001:db8::1", "2001:db8::2"] {
            shares.take(at(ip), 1);
        }
        shares.take(None, 7);
        assert_eq!(shares.of(at("192.0.2.1")), 1);
        assert_eq!(shares.of(at("192.0.2.2")), 0);
        assert_eq!(shares.of(at("2001:db8::3")), 2, "of one household");
        assert_eq!(shares.of(at("2001:db8:0:1::3")), 0);
        assert_eq!(shares.of(None), 0);
        shares.give_back(at("192.0.2.1"), 1);
        shares.give_back(at("2001:db8::9"), 2);
        shares.give_back(None, 7);
        assert!(shares.is_empty());
    }
}
