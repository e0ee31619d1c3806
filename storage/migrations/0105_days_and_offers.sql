-- For why counts differ: cases that were said to be none, or to be one after all, and contacts that were none.
CREATE INDEX corrections_of_cases ON corrections (at) WHERE subject = 'case';

-- Whoever has met somebody who stood under two numbers met one person: of two days the later one counts, and it may stand beside the
-- number that was given up.
UPDATE contact_links SET last_contact_on = (SELECT max(o.last_contact_on) FROM contact_links o JOIN cases s ON s.id = o.source_id
        WHERE o.contact_id = contact_links.contact_id AND s.merged_into = contact_links.source_id)
WHERE EXISTS (SELECT 1 FROM contact_links o JOIN cases s ON s.id = o.source_id
        WHERE o.contact_id = contact_links.contact_id AND s.merged_into = contact_links.source_id
            AND o.last_contact_on > contact_links.last_contact_on)
    AND NOT EXISTS (SELECT 1 FROM merges g WHERE g.kept_id = contact_links.contact_id AND g.undone_at IS NULL);

-- The day of the last contact stands with the contact, and with each meeting. Where somebody corrected it, the latter stayed as
-- they were, and the day would come back from there: no meeting is later than the day that counts, and the last one is of that
-- day. Not of records that others became one with: theirs may be later because the later one was forgotten.
UPDATE contact_links SET last_contact_on = (SELECT c.diagnosed_on FROM cases c WHERE c.id = contact_links.contact_id)
WHERE EXISTS (SELECT 1 FROM cases c WHERE c.id = contact_links.contact_id AND c.is_contact = 1
        AND (c.diagnosed_on < contact_links.last_contact_on
            OR c.diagnosed_on > (SELECT max(o.last_contact_on) FROM contact_links o WHERE o.contact_id = c.id)
            AND contact_links.last_contact_on = (SELECT max(o.last_contact_on) FROM contact_links o WHERE o.contact_id = c.id)))
    AND NOT EXISTS (SELECT 1 FROM merges g WHERE g.kept_id = contact_links.contact_id AND g.undone_at IS NULL);

-- Offers of people who are followed no more: nobody was going to answer them, and nobody's record went while they waited.
UPDATE transfers SET answer = 'withdrawn',
    answered_at = (SELECT m.closed_at FROM monitoring m WHERE m.case_id = transfers.case_id)
WHERE answered_at IS NULL
    AND EXISTS (SELECT 1 FROM monitoring m WHERE m.case_id = transfers.case_id AND m.is_open = 0 AND m.closed_at IS NOT NULL);
