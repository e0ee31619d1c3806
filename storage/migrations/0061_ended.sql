-- How many were released and how many died, by day: counted along this index alone.
CREATE INDEX monitoring_ended ON monitoring (health_center_id, status, closed_at) WHERE is_case = 1 AND closed_at IS NOT NULL;
