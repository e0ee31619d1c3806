-- From here on a server's database, too, may hold answers that are stored short, as the embedded one does since 0042: a report
-- takes half as much there. Releases that know 0042 read them.
-- Who has no account is looked for by when they were last heard of since 0019, and nothing asks for this order any more; a
-- server's database does without it since 0049.
DROP INDEX IF EXISTS monitoring_no_account;
