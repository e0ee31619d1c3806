-- Who was reminded to report, once for each time of a day: several processes on one database remind nobody twice.
CREATE TABLE reminders_sent (
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    health_day {date} NOT NULL,
    slot TEXT NOT NULL,
    at {timestamp} NOT NULL,
    PRIMARY KEY (account_id, health_day, slot)
) {clustered};
ALTER TABLE accounts ADD COLUMN wants_reminders INTEGER NOT NULL DEFAULT 1;
