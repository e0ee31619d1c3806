-- Since when the staff have known that a record will be purged: a mail that says so has left the house, or somebody has
-- opened the page that lists it. It is of an earlier time, and says nothing, where it lies before purge_told_at.
ALTER TABLE monitoring ADD COLUMN purge_heard_at {timestamp};

-- When the last message of a queue left: one that is refused while others leave is its address's affair.
CREATE INDEX outbox_sent ON outbox (queue, sent_at) WHERE sent_at IS NOT NULL;
