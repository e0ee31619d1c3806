-- Whoever never reported comes after those who did, as on SQLite, whose index has that order by itself.
DROP INDEX monitoring_urgent;
CREATE INDEX monitoring_urgent ON monitoring (health_center_id, urgency DESC, measured_at DESC NULLS LAST, case_id DESC)
    WHERE is_open = 1 AND urgency > 0;
