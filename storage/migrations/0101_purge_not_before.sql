-- Before when the staff were told that nothing of a record will be purged: whoever shortens the time meanwhile does not break
-- that word. Empty, or of an earlier time and says nothing: nobody was told, or by a process of the release before.
ALTER TABLE monitoring ADD COLUMN purge_not_before {timestamp};
