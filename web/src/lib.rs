//! How one comes in: the portal (My HER-SYS) for people at home, the console for health centers. Nothing here decides;
//! pages ask the desks of `app`.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod alive;
mod assets;
mod certificate_card;
mod chart;
mod charts;
mod cookies;
mod escape;
mod fields;
mod flood;
mod form;
mod kept_form;
mod kept_page;
mod page;
mod password_words;
mod ready;
mod report_form;
mod reports;
mod request_card;
mod routes;
mod sight;
mod spoken;
mod trace;
mod visit;

pub mod console;
pub mod portal;

pub use routes::{Policy, Route, table};
pub use visit::Peer;

use app::App;
use ipnet::IpNet;

/// What the portal needs to know.
#[derive(Clone)]
pub struct PortalConfig {
    /// The house.
    pub app: App,
    /// Proxies whose word on a client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether the page with the mails of a development installation is on.
    pub dev_mailbox: bool,
    /// Whether all data are samples; every page says so.
    pub sample: bool,
}

/// What the console needs to know.
#[derive(Clone)]
pub struct ConsoleConfig {
    /// The house.
    pub app: App,
    /// Proxies whose word on a client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether all data are samples; every page says so.
    pub sample: bool,
    /// Becomes true when the house is asked to stop: what streams for ever ends then.
    pub stopping: tokio::sync::watch::Receiver<bool>,
}

/// The portal.
pub fn portal(config: PortalConfig) -> axum::Router {
    let site = visit::Site {
        kind: visit::Kind::Portal,
        app: config.app,
        trusted_proxies: config.trusted_proxies.into(),
        dev_mailbox: config.dev_mailbox,
        sample: config.sample,
        // Nothing of the portal streams for ever.
        stopping: tokio::sync::watch::channel(false).1,
    };
    routes::build(portal::routes(), site)
}

/// The console.
pub fn console(config: ConsoleConfig) -> axum::Router {
    let site = visit::Site {
        kind: visit::Kind::Console,
        // Whatever the console asks of the store goes by the lane that people at home cannot fill.
        app: config.app.for_staff(),
        trusted_proxies: config.trusted_proxies.into(),
        dev_mailbox: false,
        sample: config.sample,
        stopping: config.stopping,
    };
    routes::build(console::routes(), site)
}
