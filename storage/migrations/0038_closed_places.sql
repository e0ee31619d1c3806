-- A place where people worked is closed without being taken away: what they did stands under it. It is in no list and no
-- choice from then on; a release before, which does not know this column, goes on listing it.
ALTER TABLE jurisdictions ADD COLUMN closed_at {timestamp};
