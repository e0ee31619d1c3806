-- After a new password by a code of the mailbox alone, in a browser that nobody has signed in in before, what was reported
-- until then stays closed until somebody who knows a member says so: since when, and the cases that were opened again.
ALTER TABLE accounts ADD COLUMN histories_closed_at {timestamp};
ALTER TABLE accounts ADD COLUMN opened_cases TEXT;
