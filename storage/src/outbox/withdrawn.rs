//! What waits to be sent and is withdrawn: what it says is over, or it would reach somebody else.

use crate::engine::{At, Error, Tx};
use crate::sql;
use domain::ids::{CaseId, MessageId, RequestId};
use jiff::Timestamp;

/// Withdraws what waits about a case and is of one kind: what it says is over. Its content is forgotten. What is about a record that
/// was merged into it stays: it bears that one's ID.
pub fn withdraw_about(
    tx: &mut Tx<'_>,
    case: CaseId,
    kind: &str,
    now: Timestamp,
) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET gave_up_at = $2, withdrawn_at = $2, message_sealed = NULL, last_problem = NULL
             WHERE case_id = $1 AND sent_at IS NULL AND gave_up_at IS NULL AND kind = $3"
        ),
        &[&case.uuid(), &At(now), &kind],
    )
}

/// Withdraws all that waits about a case, and about those that were merged into it: nobody is asked about this person any more,
/// under whichever number.
pub fn withdraw_all_about(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET gave_up_at = $2, withdrawn_at = $2, message_sealed = NULL, last_problem = NULL
             WHERE case_id IN (SELECT o.id FROM cases o WHERE o.id = $1 OR o.merged_into = $1)
                AND sent_at IS NULL AND gave_up_at IS NULL"
        ),
        &[&case.uuid(), &At(now)],
    )
}

/// Withdraws what waits to tell of one written request: those that were promised with it, at its moment and about its case, which
/// may have been merged into another one since. What tells of another request stays.
pub fn withdraw_of_request(
    tx: &mut Tx<'_>,
    request: RequestId,
    now: Timestamp,
) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET gave_up_at = $2, withdrawn_at = $2, message_sealed = NULL, last_problem = NULL
             WHERE case_id = (SELECT r.case_id FROM reporting_requests r WHERE r.id = $1)
                AND created_at = (SELECT r.issued_at FROM reporting_requests r WHERE r.id = $1)
                AND sent_at IS NULL AND gave_up_at IS NULL AND kind IN ('reporting_request', 'sms_request')"
        ),
        &[&request.uuid(), &At(now)],
    )
}

/// Withdraws the short messages about a person, by whichever record of theirs or one that was merged into it, that were not sent
/// yet: their number is not the person's.
pub fn withdraw_sms_about(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET gave_up_at = $2, withdrawn_at = $2, message_sealed = NULL, last_problem = NULL
             WHERE case_id IN (SELECT o.id FROM cases c JOIN cases o ON o.person_id = c.person_id WHERE c.id = $1
                    UNION SELECT m.id FROM cases c JOIN cases o ON o.person_id = c.person_id
                        JOIN cases m ON m.merged_into = o.id WHERE c.id = $1)
                AND sent_at IS NULL AND gave_up_at IS NULL AND kind IN ('sms_invitation', 'sms_request')"
        ),
        &[&case.uuid(), &At(now)],
    )
}

/// Withdraws the mails that invite a person, by whichever record of theirs or one that was merged into it, and were not sent yet:
/// their address is not the person's, or there is nothing left to be invited to.
pub fn withdraw_mails_about(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET gave_up_at = $2, withdrawn_at = $2, message_sealed = NULL, last_problem = NULL
             WHERE case_id IN (SELECT o.id FROM cases c JOIN cases o ON o.person_id = c.person_id WHERE c.id = $1
                    UNION SELECT m.id FROM cases c JOIN cases o ON o.person_id = c.person_id
                        JOIN cases m ON m.merged_into = o.id WHERE c.id = $1)
                AND sent_at IS NULL AND gave_up_at IS NULL AND kind = 'invitation'"
        ),
        &[&case.uuid(), &At(now)],
    )
}

/// Withdraws one message that nobody needs any more.
pub fn withdraw(tx: &mut Tx<'_>, id: MessageId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET gave_up_at = $2, withdrawn_at = $2, message_sealed = NULL, last_problem = NULL
             WHERE id = $1 AND sent_at IS NULL AND gave_up_at IS NULL"
        ),
        &[&id.uuid(), &At(now)],
    )?;
    Ok(())
}

/// Withdraws the reminders that wait for the accounts of a case from which no report is expected any more: its own, and those of
/// whoever signed up with the number of a record that was merged into it. A reminder that another member of the family needs all
/// the same stays: it names nobody.
pub fn withdraw_reminders(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        sql!(
            "UPDATE outbox SET gave_up_at = $2, withdrawn_at = $2, message_sealed = NULL, last_problem = NULL
             WHERE kind = 'reminder' AND sent_at IS NULL AND gave_up_at IS NULL
                AND account_id IN (SELECT account_id FROM cases WHERE id = $1 AND account_id IS NOT NULL
                    UNION SELECT account_id FROM cases WHERE merged_into = $1 AND account_id IS NOT NULL)
                AND NOT EXISTS (SELECT 1 FROM cases c JOIN monitoring m ON m.case_id = COALESCE(c.merged_into, c.id)
                    WHERE c.account_id = outbox.account_id
                        AND m.expects_reports = 1 AND m.has_account = 1 AND m.heard_on < COALESCE(outbox.health_day,
                            (SELECT max(r.health_day) FROM reminders_sent r
                                WHERE r.account_id = outbox.account_id AND r.at = outbox.created_at)))"
        ),
        &[&case.uuid(), &At(now)],
    )
}
