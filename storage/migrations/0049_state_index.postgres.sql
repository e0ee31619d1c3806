-- Each report writes its case's latest state anew, with an entry in each index that holds for it. Who has no account is
-- looked for by when they were last heard of since 0019, and nothing asks for this order any more.
DROP INDEX monitoring_no_account;
