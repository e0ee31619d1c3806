-- Figures ask which records became one, or two again, since a day, wherever they were then.
CREATE INDEX merges_by_time ON merges (at);
