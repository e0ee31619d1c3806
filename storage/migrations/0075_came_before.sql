-- A report that is dated after one which came later: the clock of a process was ahead when it was taken. It came before
-- this moment, whatever it says, and has its place among the others there.
ALTER TABLE status_reports ADD COLUMN came_before {timestamp};
