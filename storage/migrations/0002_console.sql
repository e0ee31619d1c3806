-- The console: who may see whom, what is followed, what was looked at.

-- The tree: nation, prefecture, health center, medical institution. A health center bears the id of its row in
-- health_centers. "path" is the ids from the root down, so that what lies below a place is a range of it.
CREATE TABLE jurisdictions (
    id {uuid} PRIMARY KEY,
    parent_id {uuid} REFERENCES jurisdictions (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    path {ascii} NOT NULL UNIQUE,
    created_at {timestamp} NOT NULL
) {strict};

-- Staff belong to a place of any kind now, and have a role. Without a password an invitation has not been taken up.
CREATE TABLE staff_members (
    id {uuid} PRIMARY KEY,
    jurisdiction_id {uuid} NOT NULL,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    email_sealed {bytes} NOT NULL,
    email_blind {bytes} NOT NULL UNIQUE,
    password_hash TEXT,
    totp_sealed {bytes},
    totp_step {bigint},
    language TEXT,
    -- Where an alert that nobody takes reaches them, if they wish it.
    phone_sealed {bytes},
    wants_sms INTEGER NOT NULL DEFAULT 1,
    created_at {timestamp} NOT NULL,
    disabled_at {timestamp},
    version INTEGER NOT NULL
) {strict};
INSERT INTO staff_members (id, jurisdiction_id, role, name, email_sealed, email_blind, password_hash, created_at,
    disabled_at, version)
SELECT id, health_center_id, 'administrator', name, email_sealed, email_blind, password_hash, created_at, disabled_at, 1
FROM staff;
DROP TABLE staff_sessions;
DROP TABLE staff;
CREATE INDEX staff_members_by_place ON staff_members (jurisdiction_id);

CREATE TABLE staff_sessions (
    id {uuid} PRIMARY KEY,
    token_hash {bytes} NOT NULL UNIQUE,
    staff_id {uuid} NOT NULL REFERENCES staff_members (id),
    created_at {timestamp} NOT NULL,
    last_seen_at {timestamp} NOT NULL,
    expires_at {timestamp} NOT NULL,
    -- Until the second factor was shown, a session opens nothing.
    proved_at {timestamp}
) {strict};
CREATE INDEX staff_sessions_by_staff ON staff_sessions (staff_id);

-- Codes on paper for whoever has lost the second factor; each works once.
CREATE TABLE recovery_codes (
    staff_id {uuid} NOT NULL REFERENCES staff_members (id),
    code_hash {bytes} NOT NULL,
    used_at {timestamp},
    PRIMARY KEY (staff_id, code_hash)
) {strict};

-- Links to choose a password with, sent by e-mail: an invitation, or an administrator's reset.
CREATE TABLE staff_links (
    id {uuid} PRIMARY KEY,
    token_hash {bytes} NOT NULL UNIQUE,
    staff_id {uuid} NOT NULL REFERENCES staff_members (id),
    created_at {timestamp} NOT NULL,
    expires_at {timestamp} NOT NULL,
    used_at {timestamp}
) {strict};
CREATE INDEX staff_links_by_staff ON staff_links (staff_id);

-- What was read and written of whose record, by whom. Each line carries a keyed hash over itself and the line before
-- it in its chain; the head of the chain says how many there are. There are several chains, so that writers who have
-- nothing to do with each other do not wait for each other.
CREATE TABLE audit_log (
    chain INTEGER NOT NULL,
    seq {bigint} NOT NULL,
    at {timestamp} NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id {uuid},
    jurisdiction_id {uuid},
    action TEXT NOT NULL,
    case_id {uuid},
    subject_id {uuid},
    details TEXT NOT NULL,
    mac {bytes} NOT NULL,
    PRIMARY KEY (chain, seq)
) {clustered};
CREATE INDEX audit_log_by_case ON audit_log (case_id, at) WHERE case_id IS NOT NULL;
CREATE INDEX audit_log_by_actor ON audit_log (actor_id, at) WHERE actor_id IS NOT NULL;
-- The end of each chain: how many lines there are, the hash of the last one, and a keyed hash over both, so that a
-- chain cannot be cut at its end by whoever has only the database.
CREATE TABLE audit_heads (
    chain INTEGER PRIMARY KEY,
    seq {bigint} NOT NULL,
    last_mac {bytes} NOT NULL,
    mac {bytes} NOT NULL
) {strict};

-- One row for each case from its registration on: where the person is, the latest report, how urgent. Written in the
-- same transaction as what changes it, so that no list ever searches the reports.
CREATE TABLE monitoring (
    case_id {uuid} PRIMARY KEY REFERENCES cases (id),
    health_center_id {uuid} NOT NULL REFERENCES health_centers (id),
    status TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    expects_reports INTEGER NOT NULL,
    has_account INTEGER NOT NULL,
    registered_at {timestamp} NOT NULL,
    -- Its day at the center, for figures; of a contact who falls ill, the day of that. Contacts are no cases.
    registered_on {date} NOT NULL,
    is_case INTEGER NOT NULL,
    -- The day of the latest report, or without one of the registration.
    heard_on {date} NOT NULL,
    reports INTEGER NOT NULL,
    report_id {uuid},
    measured_at {timestamp},
    received_at {timestamp},
    temperature INTEGER,
    spo2 INTEGER,
    level INTEGER NOT NULL,
    urgency INTEGER NOT NULL,
    worsening INTEGER NOT NULL,
    reasons {json} NOT NULL,
    risks TEXT NOT NULL,
    assigned_to {uuid},
    next_call_at {timestamp},
    review_from {date},
    changed_at {timestamp} NOT NULL,
    version INTEGER NOT NULL
) {strict};
INSERT INTO monitoring (case_id, health_center_id, status, is_open, expects_reports, has_account, registered_at,
    registered_on, is_case, heard_on, reports, report_id, measured_at, received_at, temperature, spo2, level, urgency, worsening, reasons,
    risks, changed_at, version)
SELECT c.id, c.health_center_id, 'home', 1, 1, CASE WHEN c.account_id IS NULL THEN 0 ELSE 1 END, c.registered_at,
    c.diagnosed_on, 1, COALESCE(s.health_day, c.diagnosed_on), COALESCE(s.reports, 0), s.report_id, s.measured_at, s.received_at,
    s.temperature, s.spo2,
    COALESCE(s.level, 0), COALESCE(s.level, 0), 0, '[]', '', c.registered_at, 1
FROM cases c LEFT JOIN case_states s ON s.case_id = c.id;
DROP TABLE case_states;
CREATE INDEX monitoring_urgent ON monitoring (health_center_id, urgency, measured_at, case_id)
    WHERE is_open = 1 AND urgency > 0;
CREATE INDEX monitoring_silent ON monitoring (health_center_id, heard_on, case_id)
    WHERE expects_reports = 1 AND has_account = 1;
CREATE INDEX monitoring_no_account ON monitoring (health_center_id, has_account, registered_at, case_id)
    WHERE is_open = 1;
CREATE INDEX monitoring_review ON monitoring (health_center_id, review_from, case_id)
    WHERE is_open = 1 AND review_from IS NOT NULL;
CREATE INDEX monitoring_calls ON monitoring (health_center_id, next_call_at, case_id)
    WHERE is_open = 1 AND next_call_at IS NOT NULL;
CREATE INDEX monitoring_open ON monitoring (health_center_id, registered_at, case_id) WHERE is_open = 1;
CREATE INDEX monitoring_by_day ON monitoring (health_center_id, registered_on) WHERE is_case = 1;
CREATE INDEX monitoring_changed ON monitoring (health_center_id, changed_at);
CREATE INDEX monitoring_assigned ON monitoring (assigned_to) WHERE assigned_to IS NOT NULL;

-- Alarming reports that somebody must take. One open alert a case: a further report that is alarming counts it up, and
-- takes it from whoever has it, so that it is not overlooked.
CREATE TABLE alerts (
    id {uuid} PRIMARY KEY,
    health_center_id {uuid} NOT NULL REFERENCES health_centers (id),
    case_id {uuid} NOT NULL REFERENCES cases (id),
    report_id {uuid},
    level INTEGER NOT NULL,
    reasons {json} NOT NULL,
    times INTEGER NOT NULL,
    raised_at {timestamp} NOT NULL,
    last_at {timestamp} NOT NULL,
    -- From when on it has waited for somebody to take it.
    waiting_since {timestamp} NOT NULL,
    taken_by {uuid},
    taken_at {timestamp},
    first_taken_at {timestamp},
    taken_before_by {uuid},
    done_by {uuid},
    done_at {timestamp},
    outcome TEXT,
    done_note TEXT,
    steps INTEGER NOT NULL,
    next_step_at {timestamp},
    version INTEGER NOT NULL
) {strict};
INSERT INTO alerts (id, health_center_id, case_id, report_id, level, reasons, times, raised_at, last_at, waiting_since,
    steps, next_step_at, version)
SELECT t.id, t.health_center_id, t.case_id, t.report_id, 2, '[]', t.times, t.created_at, t.last_at, t.created_at, 0,
    t.created_at, 1
FROM tasks t
WHERE t.kind = 'alarming_report' AND t.done_at IS NULL AND t.case_id IS NOT NULL AND t.health_center_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM tasks n WHERE n.kind = 'alarming_report' AND n.done_at IS NULL
        AND n.case_id = t.case_id AND n.id > t.id);
DELETE FROM tasks WHERE kind = 'alarming_report' AND done_at IS NULL;
CREATE UNIQUE INDEX alerts_open_once ON alerts (case_id) WHERE done_at IS NULL;
CREATE INDEX alerts_open ON alerts (health_center_id, raised_at) WHERE done_at IS NULL;
CREATE INDEX alerts_due ON alerts (next_step_at) WHERE done_at IS NULL AND next_step_at IS NOT NULL;
CREATE INDEX alerts_by_case ON alerts (case_id, raised_at);

-- Calls, visits and notes.
CREATE TABLE contacts_made (
    case_id {uuid} NOT NULL REFERENCES cases (id),
    id {uuid} NOT NULL,
    at {timestamp} NOT NULL,
    by_staff {uuid} NOT NULL,
    outcome TEXT NOT NULL,
    note_sealed {bytes} NOT NULL,
    alert_id {uuid},
    PRIMARY KEY (case_id, id)
) {clustered};

-- What was changed in a record, with the old and the new value and why. Never changed itself.
CREATE TABLE corrections (
    case_id {uuid} NOT NULL REFERENCES cases (id),
    id {uuid} NOT NULL,
    subject TEXT NOT NULL,
    subject_id {uuid},
    at {timestamp} NOT NULL,
    by_staff {uuid} NOT NULL,
    reason_sealed {bytes} NOT NULL,
    before_sealed {bytes} NOT NULL,
    after_sealed {bytes} NOT NULL,
    PRIMARY KEY (case_id, id)
) {clustered};
ALTER TABLE status_reports ADD COLUMN entered_by {uuid};
ALTER TABLE status_reports ADD COLUMN corrected_at {timestamp};

-- The offer of a case to another center. Until the other one has accepted, the old one answers for the person.
CREATE TABLE transfers (
    id {uuid} PRIMARY KEY,
    case_id {uuid} NOT NULL REFERENCES cases (id),
    from_center {uuid} NOT NULL REFERENCES health_centers (id),
    to_center {uuid} NOT NULL REFERENCES health_centers (id),
    offered_at {timestamp} NOT NULL,
    offered_by {uuid} NOT NULL,
    note_sealed {bytes} NOT NULL,
    due_at {timestamp} NOT NULL,
    answered_at {timestamp},
    answered_by {uuid},
    answer TEXT,
    answer_sealed {bytes},
    told_overdue_at {timestamp}
) {strict};
CREATE UNIQUE INDEX transfers_open_once ON transfers (case_id) WHERE answered_at IS NULL;
CREATE INDEX transfers_open_to ON transfers (to_center, offered_at) WHERE answered_at IS NULL;
CREATE INDEX transfers_open_from ON transfers (from_center, offered_at) WHERE answered_at IS NULL;
CREATE INDEX transfers_by_case ON transfers (case_id, offered_at);

-- Settings of a place with the moment from which they hold. Never changed: a new row is added, and what was decided
-- under an old one keeps saying so.
CREATE TABLE place_settings (
    jurisdiction_id {uuid} NOT NULL,
    name TEXT NOT NULL,
    valid_from {timestamp} NOT NULL,
    value {json} NOT NULL,
    set_by {uuid},
    set_at {timestamp} NOT NULL,
    PRIMARY KEY (jurisdiction_id, name, valid_from)
) {strict};

-- Close contacts: followed with the same reports, beside the case that they met. Who falls ill becomes a case; the
-- link stays.
ALTER TABLE cases ADD COLUMN is_contact INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN fell_ill_at {timestamp};
CREATE TABLE contact_links (
    source_id {uuid} NOT NULL REFERENCES cases (id),
    contact_id {uuid} NOT NULL REFERENCES cases (id),
    last_contact_on {date} NOT NULL,
    PRIMARY KEY (source_id, contact_id)
) {strict};
CREATE INDEX contact_links_by_contact ON contact_links (contact_id);

CREATE INDEX persons_by_birthdate ON persons (birthdate);

-- Numbers that were taken back. They lead nowhere and are never given again.
CREATE TABLE revoked_ids (
    hersys_id TEXT PRIMARY KEY,
    case_id {uuid} NOT NULL REFERENCES cases (id),
    revoked_at {timestamp} NOT NULL
) {strict};

-- Files that somebody has looked at before importing them, and what became of them.
CREATE TABLE import_drafts (
    id {uuid} PRIMARY KEY,
    staff_id {uuid} NOT NULL,
    health_center_id {uuid} NOT NULL,
    file_sealed {bytes},
    created_at {timestamp} NOT NULL,
    done_at {timestamp},
    cases {json} NOT NULL
) {strict};

-- Which case a message is about, so that its fate shows there.
ALTER TABLE outbox ADD COLUMN case_id {uuid};
CREATE INDEX outbox_by_case ON outbox (case_id, created_at) WHERE case_id IS NOT NULL;
CREATE INDEX outbox_failed ON outbox (created_at) WHERE gave_up_at IS NOT NULL AND case_id IS NOT NULL;
