//! Inviting one person: the message is promised as the record stands at that moment.

use super::{InviteBy, InvitePerson, InviteProblem, Ready, Standing};
use crate::audit::{self, about, with};
use crate::{Error, StaffDesk};
use domain::ids::{CaseId, MessageId};
use domain::staff_role::Right;
use jiff::SignedDuration;
use storage::limits::AtMost;
use storage::outbox as rows;

/// Messages to one person within a day: no more, whoever presses.
const A_DAY: AtMost = AtMost {
    times: 5,
    within: SignedDuration::from_hours(24),
};

impl StaffDesk {
    /// Sends a person the link, whatever was sent before.
    ///
    /// # Errors
    /// Where the right is missing or it cannot be written.
    pub async fn invite_person(&self, case: CaseId, by: InviteBy) -> Result<InvitePerson, Error> {
        self.invite_after(case, by, usize::MAX).await
    }

    /// Sends a person the link, unless a message was added to the `seen` ones that whoever asks for it saw listed: of two
    /// colleagues who press the button, the second is told.
    ///
    /// # Errors
    /// Where the right is missing or it cannot be written.
    pub async fn invite_after(
        &self,
        case: CaseId,
        by: InviteBy,
        seen: usize,
    ) -> Result<InvitePerson, Error> {
        self.needs(Right::Register)?;
        loop {
            if let Some(invited) = self.invite_as_recorded(case, by, seen).await? {
                return Ok(invited);
            }
        }
    }

    /// The same, with the record as it is read once; `None` where it was corrected, or got another ID, before the message was
    /// promised.
    async fn invite_as_recorded(
        &self,
        case: CaseId,
        by: InviteBy,
        seen: usize,
    ) -> Result<Option<InvitePerson>, Error> {
        let Some(view) = self.case(case).await? else {
            return Ok(Some(InvitePerson::NoSuchCase));
        };
        // Which number and which ID are right was decided when two became one. Who does that this very moment counts up the
        // version, and it is read again.
        if let Some(kept) = view.merged_into {
            return Ok(Some(InvitePerson::Merged(kept)));
        }
        // Said before what else is missing; it counts inside the transaction.
        if let Some(problem) = self.standing_of(case).await?.problem(by) {
            return Ok(Some(InvitePerson::Problem(problem)));
        }
        let (preview, ready) = self.addressed(&view, by)?;
        let app = &self.app;
        let sealed = match (preview.problem, ready) {
            (Some(problem), _) => return Ok(Some(InvitePerson::Problem(problem))),
            (None, Some(Ready::Sms(sms))) => sms.seal(app.keys()),
            (None, Some(Ready::Mail(mail))) => mail.seal(app.keys()),
            (None, None) => return Ok(Some(InvitePerson::Problem(InviteProblem::NoAddress))),
        };
        let id = MessageId::from_uuid(app.new_uuid());
        let seen_as = (view.version, view.person_version);
        let (now, keys) = (app.clock.now(), app.keys().clone());
        let entry = with(
            about(self.did("case.invited", Some(case)), id.uuid()),
            by.word(),
        );
        let promised = app
            .db()
            .write(move |tx| {
                // Looked at here, because the case may have been closed, or the number found wrong, while the page was read.
                storage::monitoring::hold(tx, case)?;
                if let Some(problem) = Standing::of(tx, case)?.problem(by) {
                    return Ok(Some(InvitePerson::Problem(problem)));
                }
                if rows::of_case(tx, case)?.len() > seen {
                    return Ok(Some(InvitePerson::Meanwhile));
                }
                // The address and the ID are in the message already.
                let stands = storage::case_registration::by_id(tx, case)?;
                if stands.is_some_and(|row| (row.version, row.person_version) != seen_as) {
                    return Ok(None);
                }
                let subject = case.uuid().as_bytes().to_vec();
                if !storage::limits::count(tx, by.kind(), &subject, [A_DAY; 2], now)? {
                    return Ok(Some(InvitePerson::Problem(InviteProblem::Enough)));
                }
                rows::insert_about(tx, id, by.kind(), &sealed, case, now)?;
                audit::note(tx, &keys, &entry)?;
                Ok(Some(InvitePerson::Promised))
            })
            .await?;
        app.outbox().wake();
        Ok(promised)
    }
}
