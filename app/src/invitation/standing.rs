//! What inviting somebody rests on beside the record, and what the messages that were sent say for it.

use super::{InviteBy, InviteProblem, Message};
use crate::case_registration::CaseView;
use domain::ids::CaseId;
use domain::monitoring::MonitoringStatus;
use jiff::{SignedDuration, Timestamp};
use storage::Tx;
use storage::contact_log::{KnownWays, known_ways};

/// Whoever has signed up still not is invited once more after so long; before, many are not, whoever presses.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(12);

/// Why whoever has this status is asked nothing any more, where that is so.
fn over(status: MonitoringStatus) -> Option<InviteProblem> {
    match status {
        MonitoringStatus::Died => Some(InviteProblem::Died),
        status if !status.is_open() => Some(InviteProblem::Closed),
        _ => None,
    }
}

/// What inviting somebody rests on beside the record: whether they are asked anything, and what is known of their number and
/// address.
#[derive(Clone, Copy)]
pub(super) struct Standing {
    over: Option<InviteProblem>,
    ways: KnownWays,
}

impl Standing {
    pub(super) fn of(tx: &mut Tx<'_>, case: CaseId) -> Result<Standing, storage::Error> {
        Ok(Standing {
            over: crate::monitoring::status_in(tx, case)?.and_then(over),
            ways: known_ways(tx, case)?,
        })
    }

    /// Why nothing can be sent in this way, whatever the message is.
    pub(super) fn problem(&self, by: InviteBy) -> Option<InviteProblem> {
        let is_wrong = by == InviteBy::Sms && self.ways.wrong_at.is_some();
        self.over
            .or_else(|| is_wrong.then_some(InviteProblem::WrongNumber))
    }

    /// Whether a message went to where the person is reached still: not to a number or an address that was corrected since.
    fn is_to_the_same(&self, message: &Message) -> bool {
        let since = match message.is_sms {
            true => self.ways.number_since,
            false => self.ways.email_since,
        };
        since.is_none_or(|at| message.at >= at)
    }

    /// Whether a message to the person is out or on its way; one that was withdrawn is neither, nor is one that was given up, to
    /// a number or an address that was corrected since, or by an ID that was taken back. Whoever was to be written to while the
    /// gateway or the mail server was away for hours has had none.
    pub(super) fn has_had_one(&self, messages: &[Message]) -> bool {
        messages.iter().any(|one| {
            one.withdrawn_at.is_none()
                && one.given_up.is_none()
                && !one.is_by_former_id
                && self.is_to_the_same(one)
        })
    }

    /// That the last message in this way came back, where it did: it was taken and could not be delivered, or it was refused for good.
    /// One that was never taken for another reason, such as the gateway's being away, says nothing about the number or the address.
    pub(super) fn came_back(&self, by: InviteBy, messages: &[Message]) -> Option<InviteProblem> {
        let is_sms = by == InviteBy::Sms;
        let mut tried = messages.iter().filter(|one| {
            let was_tried = one.sent_at.is_some() || one.was_refused;
            one.is_sms == is_sms && was_tried && self.is_to_the_same(one)
        });
        let came_back = tried.next()?.given_up.is_some();
        came_back.then_some(InviteProblem::CameBack)
    }

    /// Why somebody among many gets no further message, where that is so.
    pub(super) fn no_further(
        &self,
        view: &CaseView,
        messages: &[Message],
        now: Timestamp,
    ) -> Option<InviteProblem> {
        let lately: Vec<Message> = messages
            .iter()
            .filter(|one| now.duration_since(one.at) < AGAIN_AFTER)
            .cloned()
            .collect();
        match view.signed_up_at {
            Some(_) => Some(InviteProblem::HasAccount),
            None => (self.has_had_one(&lately)).then_some(InviteProblem::JustSent),
        }
    }
}
