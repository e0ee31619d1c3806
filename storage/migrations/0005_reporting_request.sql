-- Written requests to report and to stay at home (Infectious Diseases Act, art. 44-3). Never changed: a later one takes
-- the place of an earlier one.
CREATE TABLE reporting_requests (
    id {uuid} PRIMARY KEY,
    case_id {uuid} NOT NULL REFERENCES cases (id),
    health_center_id {uuid} NOT NULL REFERENCES health_centers (id),
    issued_at {timestamp} NOT NULL,
    issued_by {uuid} NOT NULL,
    period_from {date} NOT NULL,
    period_to {date} NOT NULL,
    -- What is asked, why, and the paragraph of the law, as the person reads it.
    content_sealed {bytes} NOT NULL,
    -- When the person confirmed having read it.
    read_at {timestamp},
    withdrawn_at {timestamp},
    withdrawn_by {uuid},
    withdrawn_reason_sealed {bytes}
) {strict};
CREATE INDEX reporting_requests_by_case ON reporting_requests (case_id, issued_at);
