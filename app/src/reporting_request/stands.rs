//! How a request stands, and what its paper says first where it holds no longer: a paper that was printed by mistake, or is shown
//! to an employer, would otherwise look like one that holds.

use super::{Request, number_of};
use i18n::words;
use jiff::civil::Date;
use storage::reporting_request::RequestRow;

/// How a request stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestState {
    /// It holds.
    Holds,
    /// Its period is over.
    Over,
    /// The person is released, or no longer followed.
    Ended,
    /// A later one took its place.
    Replaced,
    /// It was withdrawn.
    Withdrawn,
}

impl RequestState {
    pub(super) fn of(row: &RequestRow, is_replaced: bool, is_open: bool, today: Date) -> Self {
        if row.withdrawn_at.is_some() {
            RequestState::Withdrawn
        } else if is_replaced {
            RequestState::Replaced
        } else if row.to < today {
            RequestState::Over
        } else if !is_open {
            RequestState::Ended
        } else {
            RequestState::Holds
        }
    }
}

impl Request {
    /// That it holds no longer, and why, in its language; none where it holds. Why it was withdrawn is for the person alone, and
    /// not for whomever they show the paper to.
    pub fn no_longer(&self) -> Option<String> {
        let t = words(self.language);
        match self.state {
            RequestState::Holds => None,
            RequestState::Over => Some(t.say("request-paper-over")),
            RequestState::Ended => Some(t.say("request-paper-ended")),
            RequestState::Replaced => {
                let later = self.replaced_by.map(number_of).unwrap_or_default();
                Some(t.with1("request-paper-replaced", "number", later))
            }
            RequestState::Withdrawn => {
                let on = self.withdrawn_on.unwrap_or(self.issued_on);
                Some(t.with1("request-paper-withdrawn", "date", t.date(on)))
            }
        }
    }
}
