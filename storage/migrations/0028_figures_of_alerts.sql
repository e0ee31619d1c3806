-- Figures ask how long alerts waited, by center and day.
CREATE INDEX alerts_by_center ON alerts (health_center_id, raised_at);
-- Figures explain which cases moved to another center since.
CREATE INDEX transfers_accepted ON transfers (answered_at) WHERE answer = 'accepted';
