-- Every report locked its questionnaire's row, of which there are two or three for a nation, for fear that it might be taken
-- away meanwhile; none ever is.
ALTER TABLE status_reports DROP CONSTRAINT IF EXISTS status_reports_questionnaire_id_fkey1;
