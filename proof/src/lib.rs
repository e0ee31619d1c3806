//! Proofs that nothing acknowledged is lost: a real server is killed, cut off from its power, its disk, its database
//! and its gateways while people report, and what stands afterwards is compared with what they were told.
//!
//! `server` runs the program as it is shipped, `families` prepares people who are signed in, `report` is what they send and
//! `client` their browser, `ledger` notes what they were told, and `reckoning` compares.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod client;
pub mod cluster;
pub mod disk;
pub mod failover;
pub mod families;
pub mod faults;
pub mod flood;
pub mod gateways;
pub mod haproxy;
pub mod kills;
pub mod ledger;
pub mod load;
pub mod network;
pub mod postgres;
pub mod power_cut;
pub mod reckoning;
pub mod report;
pub mod restore_drill;
pub mod rolling;
pub mod server;
pub mod syncs;
