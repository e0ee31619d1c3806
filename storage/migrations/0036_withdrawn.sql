-- A message that was taken back before it was sent, because nobody is asked about this person any more. It is given up
-- in the same moment, so that the release before, which does not know this column, does not send it either.
ALTER TABLE outbox ADD COLUMN withdrawn_at {timestamp};
-- The cases that a center has taken over, whose notifications it lists.
CREATE INDEX transfers_taken ON transfers (to_center, case_id) WHERE answer = 'accepted';
