-- Two centers wrote into one row of a person where somebody who had been ill before was handed over: each read, and could change,
-- what the other had been told. Each center has a row of its own. Whose row this was a copy of, so that a family's account knows one
-- person by both; empty: of nobody's.
ALTER TABLE persons ADD COLUMN parted_from {uuid};
CREATE INDEX persons_parted ON persons (parted_from) WHERE parted_from IS NOT NULL;
-- When a call found the number wrong, where that call stands in a record that is not of this row any more.
ALTER TABLE persons ADD COLUMN number_wrong_at {timestamp};
