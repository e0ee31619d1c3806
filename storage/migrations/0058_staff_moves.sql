-- Where a staff member worked before: whoever followed people there may have left some behind, and sees no longer what they
-- entered there.
CREATE TABLE staff_moves (
    staff_id {uuid} NOT NULL REFERENCES staff_members (id),
    from_place {uuid} NOT NULL REFERENCES jurisdictions (id),
    moved_at {timestamp} NOT NULL,
    PRIMARY KEY (staff_id, from_place)
) {clustered};
CREATE INDEX staff_moves_from ON staff_moves (from_place);
