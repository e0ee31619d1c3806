-- The letters of a password between the sign-up and the first registered member, when the name becomes known that it must
-- not be built on. Sealed with a key that needs the browser's token, of which only a hash is stored.
ALTER TABLE account_sessions ADD COLUMN letters_sealed {bytes};
