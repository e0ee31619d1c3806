-- Whatever ends or changes a session tells all processes, which have sessions in memory: this release, the one before it
-- that knows nothing of that, and whoever writes here by hand. Only the last digits of an account are told, which say
-- nothing of anybody; equal ones of a transaction are told once.
CREATE FUNCTION tell_of_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('hersys_sessions',
        TG_TABLE_SCHEMA || ' ' || coalesce(right(to_jsonb(OLD) ->> TG_ARGV[0], 4), 'all'));
    RETURN NULL;
END $$;
CREATE TRIGGER tell_of_sessions AFTER DELETE OR UPDATE OF id, token_hash, account_id, expires_at ON account_sessions
    FOR EACH ROW EXECUTE FUNCTION tell_of_sessions('account_id');
CREATE TRIGGER tell_of_all_sessions AFTER TRUNCATE ON account_sessions
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_sessions('account_id');
CREATE TRIGGER tell_of_sessions AFTER DELETE OR UPDATE OF id, language, histories_closed_at, opened_cases ON accounts
    FOR EACH ROW EXECUTE FUNCTION tell_of_sessions('id');
-- Also what a replication writes, or whoever has put triggers aside for a session.
ALTER TABLE account_sessions ENABLE ALWAYS TRIGGER tell_of_sessions;
ALTER TABLE account_sessions ENABLE ALWAYS TRIGGER tell_of_all_sessions;
ALTER TABLE accounts ENABLE ALWAYS TRIGGER tell_of_sessions;
