-- That something changed at a center is known in memory by the one process that writes.
DROP INDEX monitoring_changed;
-- Only what staff did is ever asked for by who did it.
DROP INDEX audit_log_by_actor;
CREATE INDEX audit_log_by_actor ON audit_log (actor_id, at) WHERE actor_id IS NOT NULL AND actor_kind = 'staff';
