-- Since when all browsers in which somebody had signed in to an account before are strangers' again: whoever has lost a phone signs
-- out everywhere, and then the phone is nobody's. Empty: never, and what browsers keep of before this release goes on to fit.
ALTER TABLE accounts ADD COLUMN strangers_since {timestamp};
