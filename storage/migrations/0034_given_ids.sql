-- HER-SYS IDs whose records were purged: a brochure in a drawer must never lead to a stranger. Keyed hashes, which say
-- neither the number nor whose it was.
CREATE TABLE given_ids (
    id_blind {bytes} NOT NULL PRIMARY KEY
) {clustered};
