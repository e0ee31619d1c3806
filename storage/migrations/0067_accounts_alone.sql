-- When somebody last signed in to an account: one that nobody is a member of is erased some time after it. Empty: before this
-- release, or by a process of the one before it; then it counts from when it is looked at.
ALTER TABLE accounts ADD COLUMN last_in_at {timestamp};
