-- Certificates of isolation that were issued, so that whoever is shown one can ask whether it is genuine. Never changed.
CREATE TABLE certificates (
    id {uuid} PRIMARY KEY,
    case_id {uuid} NOT NULL REFERENCES cases (id),
    issued_at {timestamp} NOT NULL,
    -- Who of the staff issued it; empty: the person, in the portal.
    issued_by {uuid},
    -- The keyed hash of the code and the birthdate on the paper, together: a wrong code and a wrong birthdate find the same
    -- nothing.
    proof_blind {bytes} NOT NULL,
    -- What it says, and the code.
    content_sealed {bytes} NOT NULL
) {strict};
CREATE INDEX certificates_by_case ON certificates (case_id, issued_at);
CREATE UNIQUE INDEX certificates_by_proof ON certificates (proof_blind);
