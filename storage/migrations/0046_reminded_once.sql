-- That an account is reminded once of a time of a day is kept by the promise itself, so that whoever is due is promised
-- theirs in one statement. A release before notes it in reminders_sent, and leaves these empty.
ALTER TABLE outbox ADD COLUMN health_day {date};
ALTER TABLE outbox ADD COLUMN slot TEXT;
-- It finds the messages to an account, too: there are few of each.
CREATE UNIQUE INDEX outbox_reminded ON outbox (account_id, health_day, slot) WHERE account_id IS NOT NULL;
DROP INDEX outbox_by_account;
-- Few wish none: whether somebody does is asked without reading their account.
CREATE INDEX accounts_unreminded ON accounts (id) WHERE wants_reminders = 0;
