//! How many connections each client has.

use app::client::network_of;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone)]
pub(super) struct Clients {
    most: usize,
    counts: Arc<Mutex<HashMap<u128, usize>>>,
}

/// The place of one connection, given back when it is dropped.
pub(super) struct Place {
    client: u128,
    clients: Clients,
}

impl Clients {
    pub(super) fn new(most: usize) -> Clients {
        Clients {
            most,
            counts: Arc::default(),
        }
    }

    /// A place for one more connection; `None` where the client has as many as it may.
    pub(super) fn enter(&self, ip: IpAddr) -> Option<Place> {
        let client = network_of(ip);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(client).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place {
            client,
            clients: self.clone(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let counts = &self.clients.counts;
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_own_count() {
        let clients = Clients::new(2);
        let enter = |ip: &str| clients.enter(ip.parse().unwrap());
        let first = enter("192.0.2.1").unwrap();
        let _second = enter("192.0.2.1").unwrap();
        assert!(enter("192.0.2.1").is_none());
        assert!(enter("192.0.2.2").is_some());
        drop(first);
        let _third = enter("192.0.2.1").unwrap();
        let _a = enter("2001:db8::1").unwrap();
        let _b = enter("2001:db8::2").unwrap();
        assert!(enter("2001:db8::3").is_none());
        assert!(enter("2001:db8:0:1::3").is_some());
    }

    #[test]
    fn nothing_is_kept_of_those_who_left() {
        let clients = Clients::new(2);
        drop(clients.enter("192.0.2.1".parse().unwrap()));
        assert!(clients.counts.lock().unwrap().is_empty());
    }
}
