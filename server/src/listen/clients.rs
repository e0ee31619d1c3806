//! How many connections each client has.

use app::client::{Client, Shares};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone)]
pub(super) struct Clients {
    most: usize,
    shares: Arc<Mutex<Shares>>,
}

/// The place of one connection, given back when it is dropped.
pub(super) struct Place {
    client: Option<Client>,
    clients: Clients,
}

impl Clients {
    pub(super) fn new(most: usize) -> Clients {
        Clients {
            most,
            shares: Arc::default(),
        }
    }

    /// A place for one more connection; `None` where the client has as many as it may.
    pub(super) fn enter(&self, ip: IpAddr) -> Option<Place> {
        let client = Some(Client::at(ip));
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        if shares.of(client) >= self.most {
            return None;
        }
        shares.take(client, 1);
        Some(Place {
            client,
            clients: self.clone(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let shares = &self.clients.shares;
        let mut shares = shares.lock().unwrap_or_else(PoisonError::into_inner);
        shares.give_back(self.client, 1);
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
    }

    #[test]
    fn nothing_is_kept_of_those_who_left() {
        let clients = Clients::new(2);
        drop(clients.enter("192.0.2.1".parse().unwrap()));
        assert!(clients.shares.lock().unwrap().is_empty());
    }
}
