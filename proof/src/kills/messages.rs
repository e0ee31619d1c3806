//! What was promised to be sent, and what the gateways have heard.

use crate::gateways::Book;
use std::collections::HashSet;
use std::fmt;
use storage::reckoning::StandingMessage;

/// What stands in the outbox at the end.
pub(super) struct Promised {
    /// All messages.
    pub(super) messages: Vec<StandingMessage>,
    /// Whether one was due long before the end, while all was well, and was not sent.
    pub(super) is_overdue: bool,
}

/// What the comparison found. A message may be heard twice where the server was killed between hearing "taken" and writing it down, or
/// where the gateway hung up; never may one count as sent that was not taken.
#[derive(Debug, Default)]
pub(super) struct Messages {
    promised: usize,
    sent: usize,
    given_up: usize,
    waiting: usize,
    is_overdue: bool,
    never_taken: usize,
    from_nowhere: usize,
    heard_twice: usize,
    /// Taken twice while nothing went wrong.
    again: usize,
}

impl Messages {
    /// Compares the outbox with what the gateways heard.
    pub(super) fn compare(promised: &Promised, book: &Book) -> Messages {
        let messages = &promised.messages;
        let ids: HashSet<_> = messages.iter().map(|m| m.id.uuid()).collect();
        let count =
            |fits: &dyn Fn(&StandingMessage) -> bool| messages.iter().filter(|m| fits(m)).count();
        let is_taken = |m: &StandingMessage| {
            let heard = book.get(&m.id.uuid());
            heard.is_some_and(|heard| heard.taken > 0)
        };
        Messages {
            promised: messages.len(),
            sent: count(&|m| m.is_sent),
            given_up: count(&|m| m.is_given_up),
            waiting: count(&|m| !m.is_sent && !m.is_given_up),
            is_overdue: promised.is_overdue,
            never_taken: count(&|m| m.is_sent && !is_taken(m)),
            from_nowhere: book.keys().filter(|id| !ids.contains(id)).count(),
            heard_twice: book.values().filter(|h| h.taken + h.cut > 1).count(),
            again: book.values().filter(|h| h.again > 0).count(),
        }
    }

    /// Whether some were sent, each that was due, none for nothing, and none twice without a reason.
    pub(super) fn are_whole(&self) -> bool {
        let wrong = self.never_taken + self.from_nowhere + self.again;
        self.sent > 0 && !self.is_overdue && wrong == 0
    }
}

impl fmt::Display for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "messages: promised {}, sent {}, over before they could be sent {}, waiting {}{}; sent and never taken {}, from \
             nowhere {}, taken twice while all was well {}, heard more than once {} (after a kill or a cut)",
            self.promised,
            self.sent,
            self.given_up,
            self.waiting,
            if self.is_overdue { ", though due" } else { "" },
            self.never_taken,
            self.from_nowhere,
            self.again,
            self.heard_twice,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateways::Heard;
    use domain::ids::MessageId;
    use uuid::Uuid;

    /// One message that was sent and one that waits.
    fn world() -> (Promised, Book) {
        let message = |number, is_sent| StandingMessage {
            id: MessageId::from_uuid(Uuid::from_u128(number)),
            kind: "alert_waits".to_owned(),
            is_sent,
            is_given_up: false,
        };
        let heard = Heard {
            taken: 1,
            ..Heard::default()
        };
        let promised = Promised {
            messages: vec![message(1, true), message(2, false)],
            is_overdue: false,
        };
        (promised, Book::from([(Uuid::from_u128(1), heard)]))
    }

    /// What is told of a fault, and what brings it about.
    type Fault = (&'static str, fn(&mut Promised, &mut Book));

    #[test]
    fn every_fault_of_the_outbox_is_seen() {
        let (promised, book) = world();
        let found = Messages::compare(&promised, &book);
        assert!(found.are_whole(), "{found}");
        let faults: [Fault; 5] = [
            // Nothing was sent at all: neither by whom, nor to whom.
            ("sent 0", |p, b| {
                p.messages.remove(0);
                b.clear();
            }),
            ("waiting 1, though due", |p, _| p.is_overdue = true),
            ("sent and never taken 1", |_, b| b.clear()),
            ("from nowhere 1", |_, b| {
                b.insert(Uuid::from_u128(3), Heard::default());
            }),
            ("taken twice while all was well 1", |_, b| {
                b.values_mut().for_each(|heard| heard.again = 1);
            }),
        ];
        for (told, bring_about) in faults {
            let (mut promised, mut book) = world();
            bring_about(&mut promised, &mut book);
            let found = Messages::compare(&promised, &book);
            assert!(!found.are_whole(), "{told}");
            assert!(found.to_string().contains(told), "{told}: {found}");
        }
    }

    #[test]
    fn a_message_may_be_heard_twice_after_a_kill_or_a_cut() {
        let (promised, mut book) = world();
        book.values_mut().for_each(|heard| {
            heard.taken = 2;
            heard.cut = 1;
        });
        let found = Messages::compare(&promised, &book);
        assert!(found.are_whole(), "{found}");
        assert!(
            found.to_string().contains("heard more than once 1"),
            "{found}"
        );
    }
}
