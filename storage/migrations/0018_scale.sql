-- What is looked for among very many, each along an index of its own that holds only what is looked for.

-- At each start: whose release nobody has planned. Almost nobody.
CREATE INDEX monitoring_without_review ON monitoring (case_id) WHERE is_open = 1 AND review_from IS NULL;

-- Figures: the epidemic curve by the day of onset.
CREATE INDEX cases_by_onset ON cases (health_center_id, onset_on)
    WHERE is_contact = 0 AND merged_into IS NULL AND onset_on IS NOT NULL;
