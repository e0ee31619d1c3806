-- Since when the e-mail address that a person told is another one: a mail from before went to somebody else's. Empty: it is as
-- it was registered, or was corrected by a release before this one.
ALTER TABLE persons ADD COLUMN email_since {timestamp};
