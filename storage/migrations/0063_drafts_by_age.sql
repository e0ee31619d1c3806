-- What was typed of a family member and became no registration is forgotten after a time, the oldest first.
CREATE INDEX attribute_drafts_by_age ON attribute_drafts (updated_at);
