-- What waits to be sent waits in one of three queues, so that nobody waits for a code behind a million reminders.
ALTER TABLE outbox ADD COLUMN queue TEXT NOT NULL DEFAULT 'mail';
-- Whose reminder it is: its words are written when it is sent, from what holds then.
ALTER TABLE outbox ADD COLUMN health_center_id {uuid};
UPDATE outbox SET queue = CASE WHEN kind = 'reminder' THEN 'reminders' ELSE 'sms' END
    WHERE sent_at IS NULL AND (kind = 'reminder' OR substr(kind, 1, 4) = 'sms_');
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (queue, next_at) WHERE sent_at IS NULL AND gave_up_at IS NULL;
