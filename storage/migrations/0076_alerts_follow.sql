-- What ended an alert was taken back after the case had been given to another center: the alert was opened again at the one that had
-- given it away, where nobody follows the person, and those who do never saw it. It waits where the person is followed, taken by
-- nobody, and is told there at once.
UPDATE alerts SET
    health_center_id = (SELECT m.health_center_id FROM monitoring m WHERE m.case_id = alerts.case_id),
    taken_by = NULL, taken_at = NULL, taken_before_by = NULL, steps = 0, next_step_at = last_at, version = version + 1
WHERE done_at IS NULL
    AND health_center_id <> (SELECT m.health_center_id FROM monitoring m WHERE m.case_id = alerts.case_id);
-- When the earliest of the reports came that an alert tells of, where that was before it was raised: one that was corrected since, or
-- that another one made worse. Empty: none came before.
ALTER TABLE alerts ADD COLUMN tells_since {timestamp};
