//! The roof: what the machine is told (`config`), how it listens (`listen`), what it tells its operator (`logs`, `sight`,
//! `trace`), by which name it is known (`node`), to whom its files belong (`owner`), and whether there is room for them (`disk`).
//! The decisions of the house are made on the floors below.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod config;
pub mod disk;
pub mod listen;
pub mod logs;
pub mod node;
pub mod owner;
pub mod sight;
pub mod trace;
