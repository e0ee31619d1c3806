-- What physicians tell the health center (発生届).

-- The words that were asked, each set once: a notification keeps those that it answered.
CREATE TABLE notification_sets (
    fingerprint {bytes} PRIMARY KEY,
    item_set {json} NOT NULL
) {strict};

CREATE TABLE notifications (
    id {uuid} PRIMARY KEY,
    health_center_id {uuid} NOT NULL REFERENCES health_centers (id),
    -- Where whoever entered it belongs: a medical institution, or the center itself for a fax.
    place_id {uuid} NOT NULL,
    entered_by {uuid} NOT NULL,
    entered_at {timestamp} NOT NULL,
    -- From when on it has waited for the center; again after it was sent back and corrected.
    waiting_since {timestamp} NOT NULL,
    programme TEXT NOT NULL,
    set_fingerprint {bytes} NOT NULL REFERENCES notification_sets (fingerprint),
    answers_sealed {bytes} NOT NULL,
    -- For finding whoever was notified twice.
    birthdate {date} NOT NULL,
    phone_blind {bytes},
    -- Whether the answers call for somebody at once.
    is_pressing INTEGER NOT NULL,
    -- waiting, sent_back, confirmed, set_aside
    state TEXT NOT NULL,
    case_id {uuid} REFERENCES cases (id),
    changed_at {timestamp} NOT NULL,
    version INTEGER NOT NULL
) {strict};
CREATE INDEX notifications_waiting ON notifications (health_center_id, is_pressing, waiting_since, id)
    WHERE state = 'waiting';
CREATE INDEX notifications_by_place ON notifications (place_id, entered_at, id);
CREATE INDEX notifications_by_center ON notifications (health_center_id, entered_at, id);
CREATE INDEX notifications_by_case ON notifications (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX notifications_by_birthdate ON notifications (health_center_id, birthdate) WHERE state IN ('waiting', 'sent_back');
CREATE INDEX notifications_changed ON notifications (health_center_id, changed_at);

-- What became of a notification: entered, corrected, sent back, confirmed, set aside. Never changed.
CREATE TABLE notification_steps (
    notification_id {uuid} NOT NULL REFERENCES notifications (id),
    version INTEGER NOT NULL,
    at {timestamp} NOT NULL,
    by_staff {uuid} NOT NULL,
    step TEXT NOT NULL,
    note_sealed {bytes} NOT NULL,
    -- The answers before a correction.
    before_sealed {bytes},
    PRIMARY KEY (notification_id, version)
) {clustered};
