-- When somebody is looked at whether they fell silent is written when it has to come earlier than it stands, not with each
-- report. The condition of its index named the number of reports, so that the embedded database wrote a page of it with each
-- of them; processes of the release before find the new one as well.
DROP INDEX monitoring_silence;
CREATE INDEX monitoring_silence ON monitoring (silence_look_at, case_id) WHERE expects_reports = 1;
