-- Which call stands behind the one that is planned: what was agreed for later while somebody is called before. A line of calls
-- and notes says it of the next call that it set; the same moment: none stands behind. Empty: it says nothing of it.
ALTER TABLE contacts_made ADD COLUMN next_behind {timestamp};
-- The same of a call that was planned where no line is written, and since when. It holds while the call stands at `behind_of`.
ALTER TABLE monitoring ADD COLUMN behind_of {timestamp};
ALTER TABLE monitoring ADD COLUMN call_behind {timestamp};
ALTER TABLE monitoring ADD COLUMN behind_since {timestamp};
