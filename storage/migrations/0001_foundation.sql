-- Words in braces are spelt differently by the engines; src/migrations.rs says how.
-- "sealed" columns hold ciphertext, "blind" columns a keyed hash to look up by; the keys are not in the database.

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value {bytes} NOT NULL
) {strict};

CREATE TABLE health_centers (
    id {uuid} PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    contact {json} NOT NULL,
    time_zone TEXT NOT NULL,
    created_at {timestamp} NOT NULL
) {strict};

CREATE TABLE staff (
    id {uuid} PRIMARY KEY,
    health_center_id {uuid} NOT NULL REFERENCES health_centers (id),
    name TEXT NOT NULL,
    email_sealed {bytes} NOT NULL,
    email_blind {bytes} NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at {timestamp} NOT NULL,
    disabled_at {timestamp}
) {strict};

CREATE TABLE staff_sessions (
    id {uuid} PRIMARY KEY,
    token_hash {bytes} NOT NULL UNIQUE,
    staff_id {uuid} NOT NULL REFERENCES staff (id),
    created_at {timestamp} NOT NULL,
    last_seen_at {timestamp} NOT NULL,
    expires_at {timestamp} NOT NULL
) {strict};
CREATE INDEX staff_sessions_by_staff ON staff_sessions (staff_id);

CREATE TABLE accounts (
    id {uuid} PRIMARY KEY,
    email_sealed {bytes} NOT NULL,
    email_blind {bytes} NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at {timestamp} NOT NULL,
    password_changed_at {timestamp} NOT NULL
) {strict};

CREATE TABLE account_sessions (
    id {uuid} PRIMARY KEY,
    token_hash {bytes} NOT NULL UNIQUE,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    created_at {timestamp} NOT NULL,
    last_seen_at {timestamp} NOT NULL,
    expires_at {timestamp} NOT NULL
) {strict};
CREATE INDEX account_sessions_by_account ON account_sessions (account_id);

-- What somebody has typed of a family member's attributes before they agreed with a case.
CREATE TABLE attribute_drafts (
    account_id {uuid} PRIMARY KEY REFERENCES accounts (id),
    typed_sealed {bytes} NOT NULL,
    updated_at {timestamp} NOT NULL
) {strict};

-- A walk through the codes: signing up, a forgotten password, a changed e-mail address.
CREATE TABLE flows (
    id {uuid} PRIMARY KEY,
    token_hash {bytes} NOT NULL UNIQUE,
    purpose TEXT NOT NULL,
    email_sealed {bytes} NOT NULL,
    email_blind {bytes} NOT NULL,
    account_id {uuid},
    typed_id TEXT,
    code_sent_at {timestamp} NOT NULL,
    verified_at {timestamp},
    created_at {timestamp} NOT NULL,
    expires_at {timestamp} NOT NULL
) {strict};

CREATE TABLE codes (
    id {uuid} PRIMARY KEY,
    flow_id {uuid} NOT NULL REFERENCES flows (id),
    code_hash {bytes} NOT NULL,
    created_at {timestamp} NOT NULL,
    expires_at {timestamp} NOT NULL,
    tries_left INTEGER NOT NULL,
    used_at {timestamp}
) {strict};
CREATE INDEX codes_by_flow ON codes (flow_id);

-- The last ten times at which something that is limited was tried, newest first.
CREATE TABLE recent_attempts (
    kind TEXT NOT NULL,
    subject {bytes} NOT NULL,
    t1 {timestamp} NOT NULL,
    t2 {timestamp}, t3 {timestamp}, t4 {timestamp}, t5 {timestamp}, t6 {timestamp},
    t7 {timestamp}, t8 {timestamp}, t9 {timestamp}, t10 {timestamp},
    PRIMARY KEY (kind, subject)
) {strict};

-- How often something went wrong without a success between.
CREATE TABLE failures_in_a_row (
    kind TEXT NOT NULL,
    subject {bytes} NOT NULL,
    failures INTEGER NOT NULL,
    last_at {timestamp} NOT NULL,
    PRIMARY KEY (kind, subject)
) {strict};

-- How often something was done within an hour that begins with the first time.
CREATE TABLE hourly_counts (
    kind TEXT NOT NULL,
    subject {bytes} NOT NULL,
    began_at {timestamp} NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) {strict};

-- Dated questionnaires of programmes. A row is never changed: reports keep pointing at the words they answered.
CREATE TABLE questionnaires (
    id {uuid} PRIMARY KEY,
    programme TEXT NOT NULL,
    valid_from {date} NOT NULL,
    content {json} NOT NULL,
    checksum {bytes} NOT NULL UNIQUE,
    loaded_at {timestamp} NOT NULL
) {strict};

CREATE TABLE persons (
    id {uuid} PRIMARY KEY,
    health_center_id {uuid} NOT NULL REFERENCES health_centers (id),
    birthdate {date} NOT NULL,
    phone_sealed {bytes} NOT NULL,
    phone_blind {bytes} NOT NULL,
    language TEXT NOT NULL,
    created_at {timestamp} NOT NULL,
    version INTEGER NOT NULL
) {strict};
CREATE INDEX persons_by_phone ON persons (phone_blind);

-- The spellings that the center recorded. The original is never changed; the keys are what is compared.
CREATE TABLE person_names (
    person_id {uuid} NOT NULL REFERENCES persons (id),
    script TEXT NOT NULL,
    name TEXT NOT NULL,
    key_joined TEXT NOT NULL,
    key_sorted TEXT NOT NULL,
    PRIMARY KEY (person_id, script)
) {strict};
CREATE INDEX person_names_by_key ON person_names (key_sorted);

CREATE TABLE cases (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES persons (id),
    health_center_id {uuid} NOT NULL REFERENCES health_centers (id),
    programme TEXT NOT NULL,
    hersys_id TEXT NOT NULL UNIQUE,
    diagnosed_on {date} NOT NULL,
    onset_on {date},
    entered_japan_on {date},
    passport_sealed {bytes},
    passport_entered_at {timestamp},
    passport_entered_by TEXT,
    registered_at {timestamp} NOT NULL,
    registered_by {uuid},
    form_key {uuid} NOT NULL UNIQUE,
    account_id {uuid} REFERENCES accounts (id),
    claimed_at {timestamp},
    first_session_id {uuid},
    version INTEGER NOT NULL
) {strict};
CREATE INDEX cases_by_center ON cases (health_center_id, registered_at);
CREATE INDEX cases_by_account ON cases (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX cases_by_person ON cases (person_id);

-- Clustered by case: a person's history is one run of pages. The id is also the idempotency key of its form.
CREATE TABLE status_reports (
    case_id {uuid} NOT NULL REFERENCES cases (id),
    id {uuid} NOT NULL,
    questionnaire_id {uuid} NOT NULL REFERENCES questionnaires (id),
    channel TEXT NOT NULL,
    account_id {uuid},
    measured_at {timestamp} NOT NULL,
    received_at {timestamp} NOT NULL,
    health_day {date} NOT NULL,
    temperature INTEGER,
    spo2 INTEGER,
    answers {json} NOT NULL,
    note TEXT NOT NULL,
    level INTEGER NOT NULL,
    opened_at {timestamp},
    opened_by {uuid},
    wrong_at {timestamp},
    wrong_why TEXT,
    PRIMARY KEY (case_id, id)
) {clustered};

-- The latest state of each case, written with each report, so that no list ever searches the reports.
CREATE TABLE case_states (
    case_id {uuid} PRIMARY KEY REFERENCES cases (id),
    reports INTEGER NOT NULL,
    report_id {uuid} NOT NULL,
    measured_at {timestamp} NOT NULL,
    received_at {timestamp} NOT NULL,
    health_day {date} NOT NULL,
    temperature INTEGER,
    spo2 INTEGER,
    level INTEGER NOT NULL
) {strict};

-- What somebody at a center must look at. Without a center, every center sees it.
CREATE TABLE tasks (
    id {uuid} PRIMARY KEY,
    health_center_id {uuid} REFERENCES health_centers (id),
    kind TEXT NOT NULL,
    case_id {uuid} REFERENCES cases (id),
    report_id {uuid},
    details_sealed {bytes} NOT NULL,
    same_as {bytes} NOT NULL,
    times INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    last_at {timestamp} NOT NULL,
    done_at {timestamp},
    done_by {uuid},
    done_note TEXT
) {strict};
CREATE UNIQUE INDEX tasks_open_once ON tasks (same_as) WHERE done_at IS NULL;
CREATE INDEX tasks_by_center ON tasks (health_center_id, created_at) WHERE done_at IS NULL;

-- Messages that a committed transaction has promised to send. What was sent keeps no content.
CREATE TABLE outbox (
    id {uuid} PRIMARY KEY,
    kind TEXT NOT NULL,
    message_sealed {bytes},
    created_at {timestamp} NOT NULL,
    next_at {timestamp} NOT NULL,
    expires_at {timestamp},
    attempts INTEGER NOT NULL,
    sent_at {timestamp},
    gave_up_at {timestamp},
    last_problem TEXT
) {strict};
CREATE INDEX outbox_due ON outbox (next_at) WHERE sent_at IS NULL AND gave_up_at IS NULL;
