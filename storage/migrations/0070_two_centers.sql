-- What stands here goes with whom it is about: a process of the release before purges them too, and does not know these tables.
-- That following a case had ended, where somebody took that back: until then it was counted on that day.
CREATE TABLE ends_taken_back (
    id {uuid} PRIMARY KEY,
    case_id {uuid} NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    taken_back_at {timestamp} NOT NULL,
    -- How it had ended, and when that was entered; and where the person is since.
    status TEXT NOT NULL,
    ended_at {timestamp} NOT NULL,
    status_since TEXT NOT NULL
) {strict};
CREATE INDEX ends_taken_back_by_time ON ends_taken_back (taken_back_at);
CREATE INDEX ends_taken_back_by_case ON ends_taken_back (case_id);

-- Two persons whom two centers follow and who may be one: that both centers were told, or that they are two. The smaller id stands
-- first.
CREATE TABLE perhaps_one (
    person_a {uuid} NOT NULL REFERENCES persons (id) ON DELETE CASCADE,
    person_b {uuid} NOT NULL REFERENCES persons (id) ON DELETE CASCADE,
    -- The place of whoever said so.
    place_id {uuid} NOT NULL,
    said TEXT NOT NULL,
    said_at {timestamp} NOT NULL,
    said_by {uuid} NOT NULL,
    PRIMARY KEY (person_a, person_b)
) {clustered};
CREATE INDEX perhaps_one_of_b ON perhaps_one (person_b);
CREATE INDEX perhaps_one_of_place ON perhaps_one (place_id, said, said_at);

-- Who was born on a day, of a center: the few beside whom somebody is laid who is registered there, or elsewhere.
CREATE INDEX persons_born_at ON persons (birthdate, health_center_id);
