-- Every report locked its case's row, which writes it anew, for fear that it might be taken away meanwhile. Whoever purges
-- holds the case's row of monitoring until nothing of the case is left, and whoever reports holds it before the commit
-- and takes the report back where it is gone.
ALTER TABLE status_reports DROP CONSTRAINT IF EXISTS status_reports_case_id_fkey1;
