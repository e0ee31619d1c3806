-- For how long records are kept.

-- When following ended; what was closed before this release counts from its last change. When the staff were told that
-- the record will be purged: nothing is purged that nobody was told of.
ALTER TABLE monitoring ADD COLUMN closed_at {timestamp};
ALTER TABLE monitoring ADD COLUMN purge_told_at {timestamp};
UPDATE monitoring SET closed_at = changed_at WHERE is_open = 0;
CREATE INDEX monitoring_closed ON monitoring (health_center_id, closed_at) WHERE closed_at IS NOT NULL;
-- What a process of the release before closed or opened again while this one started: put right at the next round.
CREATE INDEX monitoring_closed_unnoted ON monitoring (case_id) WHERE is_open = 0 AND closed_at IS NULL;
CREATE INDEX monitoring_opened_unnoted ON monitoring (case_id) WHERE is_open = 1 AND closed_at IS NOT NULL;

-- Records that must not be purged, and why: a lawsuit, an inquiry. Never changed but to lift it.
CREATE TABLE legal_holds (
    id {uuid} PRIMARY KEY,
    case_id {uuid} NOT NULL REFERENCES cases (id),
    reason_sealed {bytes} NOT NULL,
    set_at {timestamp} NOT NULL,
    set_by {uuid} NOT NULL,
    lifted_at {timestamp},
    lifted_by {uuid},
    lifted_reason_sealed {bytes}
) {strict};
CREATE UNIQUE INDEX legal_holds_once ON legal_holds (case_id) WHERE lifted_at IS NULL;
CREATE INDEX legal_holds_by_case ON legal_holds (case_id, set_at);

-- What figures need of those who were purged: numbers, each for one question, so that no row is a person.
CREATE TABLE purged_counts (
    health_center_id {uuid} NOT NULL REFERENCES health_centers (id),
    programme TEXT NOT NULL,
    -- registered, with the age group; onset, without
    kind TEXT NOT NULL,
    day {date} NOT NULL,
    -- The lower bound of ten years of age on that day; 0 for onset.
    age_group INTEGER NOT NULL,
    cases {bigint} NOT NULL,
    PRIMARY KEY (health_center_id, kind, day, programme, age_group)
) {strict};
CREATE TABLE purged_alerts (
    health_center_id {uuid} NOT NULL REFERENCES health_centers (id),
    programme TEXT NOT NULL,
    -- The hour in which it was raised.
    raised_at {timestamp} NOT NULL,
    -- Whole minutes until it was first taken.
    minutes {bigint} NOT NULL,
    alerts {bigint} NOT NULL,
    PRIMARY KEY (health_center_id, raised_at, programme, minutes)
) {strict};

-- A case that goes is looked for in every table that could name it.
CREATE INDEX tasks_by_case ON tasks (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX revoked_ids_by_case ON revoked_ids (case_id);
CREATE INDEX merges_by_merged ON merges (merged_id);
CREATE INDEX flows_by_account ON flows (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX flows_by_email ON flows (email_blind);
