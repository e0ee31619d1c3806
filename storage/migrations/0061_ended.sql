-- How many were released and how many died, by day: counted along this index alone.
CREATE INDEX monitoring_ended ON monitoring (health_center_id, status, closed_at) WHERE is_case = 1 AND closed_at IS NOT NULL;
-- Which files of a center are being imported.
CREATE INDEX import_drafts_at_work ON import_drafts (health_center_id, worked_at) WHERE done_at IS NULL;
