-- Pages that answered a form and are to be read again, so that going back or reloading gives a page and sends nothing.
-- Each is sealed with a key that needs the browser's token, of which only a hash is stored, and kept for some hours.
CREATE TABLE kept_pages (
    id {uuid} PRIMARY KEY,
    -- Whose newest pages are kept: a signed-in browser (a hash of its token), or one of a fixed number of shelves that
    -- all others share, so that strangers cannot fill the disk.
    shelf {bytes} NOT NULL,
    -- Names an account and does not hold it: the release before purges accounts and does not know this table.
    account_id {uuid},
    page_sealed {bytes} NOT NULL,
    expires_at {timestamp} NOT NULL
) {strict};
CREATE INDEX kept_pages_by_shelf ON kept_pages (shelf, id);
CREATE INDEX kept_pages_by_account ON kept_pages (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX kept_pages_by_end ON kept_pages (expires_at);
