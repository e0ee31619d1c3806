-- Beside the lines of a file that were left out, the cases of those who may be the same: somebody looks at each of them.
ALTER TABLE import_drafts ADD COLUMN stand {json};
