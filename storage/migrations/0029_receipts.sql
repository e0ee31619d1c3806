-- What became of a message after it had left the house: the name that the gateway gave it, when to ask there next, how
-- often it was asked, and when the message reached the phone.
ALTER TABLE outbox ADD COLUMN receipt_name TEXT;
ALTER TABLE outbox ADD COLUMN receipt_next_at {timestamp};
ALTER TABLE outbox ADD COLUMN receipt_tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN delivered_at {timestamp};
CREATE INDEX outbox_receipts ON outbox (receipt_next_at) WHERE receipt_next_at IS NOT NULL;
-- To whose account a mail went: whoever gets none of them is on the worklist, though they have signed up.
ALTER TABLE outbox ADD COLUMN account_id {uuid};
CREATE INDEX outbox_by_account ON outbox (account_id, created_at) WHERE account_id IS NOT NULL;
CREATE INDEX outbox_failed_of_accounts ON outbox (created_at) WHERE gave_up_at IS NOT NULL AND account_id IS NOT NULL;
-- How often both sides were told that an offer is overdue: it is told again until somebody answers.
ALTER TABLE transfers ADD COLUMN overdue_tellings INTEGER NOT NULL DEFAULT 0;
UPDATE transfers SET overdue_tellings = 1 WHERE told_overdue_at IS NOT NULL;
