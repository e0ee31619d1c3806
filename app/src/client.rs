//! Who asks, as far as limits and shares go.

use std::net::IpAddr;

/// A client as far as counting goes: an IPv4 address, or the /64 network that one household or phone has with IPv6.
pub fn network_of(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(u32::from(ip)),
        // The upper half is never zero for an address that a client can have, so the two kinds do not meet.
        IpAddr::V6(ip) => u128::from(ip) & !u128::from(u64::MAX),
    }
}
