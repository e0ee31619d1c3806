-- What those who watch over an installation look at every few seconds.
CREATE INDEX outbox_given_up ON outbox (gave_up_at) WHERE gave_up_at IS NOT NULL;
CREATE INDEX alerts_untaken ON alerts (waiting_since) WHERE done_at IS NULL AND taken_by IS NULL;
