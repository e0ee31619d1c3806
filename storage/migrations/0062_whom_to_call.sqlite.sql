-- Who is in hospital is looked after there and is not among those who get worse; of equally urgent people those at risk whom
-- nobody has reached come first. Walked backwards, whoever never reported comes last.
DROP INDEX monitoring_urgent;
CREATE INDEX monitoring_urgent ON monitoring (health_center_id, urgency, call_first, measured_at, case_id)
    WHERE expects_reports = 1 AND urgency > 0;
-- The day in Japan; elsewhere they are in the list some hours early or late, until the next call.
UPDATE monitoring SET heard_on = date(heard_since, 'unixepoch', '+9 hours')
    WHERE expects_reports = 1 AND has_account = 0 AND reports = 0 AND heard_since > 0
        AND heard_on < date(heard_since, 'unixepoch', '+9 hours');
