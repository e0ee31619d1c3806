//! A person's browser: signed in, keeps its connection, sends a form, and sends the same form again where no answer
//! came.

use crate::families::Family;
use crate::report::Report;
use crate::server::agent;
use anyhow::Result;
use std::net::SocketAddr;
use std::time::Duration;

/// What came of sending a form once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The server said that it is saved.
    Acknowledged,
    /// The server said that it is not saved and to come again: the status.
    NotNow(u16),
    /// No answer came, or half of one: it may stand or not.
    Unknown,
    /// An answer that must not be: the status and what was shown.
    Wrong(u16, String),
}

/// A browser.
pub struct Client {
    agent: ureq::Agent,
    portal: SocketAddr,
}

impl Client {
    /// A browser that speaks to a portal and waits so long for an answer.
    pub fn new(portal: SocketAddr, patience: Duration) -> Client {
        Client {
            agent: agent(patience),
            portal,
        }
    }

    /// Speaks to another portal from now on, such as another node.
    pub fn turn_to(&mut self, portal: SocketAddr) {
        self.portal = portal;
    }

    /// Opens a page as a family; the status and the page. `None`: no answer came.
    pub fn open(&self, family: &Family, path: &str) -> Option<(u16, String)> {
        let mut answer = self
            .agent
            .get(format!("http://{}{path}", self.portal))
            .header("cookie", family.cookie())
            .call()
            .ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.body_mut().read_to_string().ok()?))
    }

    /// Sends a report once.
    pub fn submit(&self, family: &Family, report: &Report) -> Fate {
        match self.post(family, report) {
            Ok(fate) => fate,
            Err(_) => Fate::Unknown,
        }
    }

    fn post(&self, family: &Family, report: &Report) -> Result<Fate> {
        let mut answer = self
            .agent
            .post(format!(
                "http://{}/reports/new?member={}",
                self.portal, family.case
            ))
            .header("cookie", family.cookie())
            .header("origin", format!("http://{}", self.portal))
            .header("x-forwarded-for", family.address().to_string())
            .content_type("application/x-www-form-urlencoded")
            .send(report.form())?;
        let status = answer.status().as_u16();
        let receipt = family.receipt(report.key);
        let location = answer.headers().get("location");
        let location = location.map_or_else(String::new, |location| {
            String::from_utf8_lossy(location.as_bytes()).into_owned()
        });
        if status == 303 && location == receipt {
            // The connection goes on only where the answer was read to its end; what it says was said already.
            let _ = answer.body_mut().read_to_string();
            return Ok(Fate::Acknowledged);
        }
        let body = answer.body_mut().read_to_string()?;
        // Where the clock has jumped since the first try, the person is asked whether it is a further report. Then the first one
        // stands, which its receipt tells. Such a page is led to, or shown at once where it could not be kept for the way back.
        if status == 200 || status == 303 && location.starts_with("/reports/new") {
            return Ok(match self.open(family, &receipt) {
                Some((200, _)) => Fate::Acknowledged,
                Some((501..=599, _)) | None => Fate::Unknown,
                Some((of_receipt, _)) => {
                    let what = format!("{location}, {receipt}: {of_receipt}; {body}");
                    Fate::Wrong(status, what)
                }
            });
        }
        Ok(match status {
            // 500 would be an apology for a mistake of the server's own.
            429 | 501..=599 => Fate::NotNow(status),
            303 => Fate::Wrong(status, location),
            _ => Fate::Wrong(status, body),
        })
    }
}
