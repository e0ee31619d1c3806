-- An e-mail address that the person told, for an invitation; nothing is proved by it, and nobody signs in with it.
ALTER TABLE persons ADD COLUMN email_sealed {bytes};
