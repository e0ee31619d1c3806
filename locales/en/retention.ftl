console-nav-retention = Keeping records
retention-title = How long records are kept
retention-lead = When nobody follows a person any more, the record is closed. So many days later it is purged: reports, notes, contacts and the name are gone for good, and so is the account unless somebody has used it within the last 90 days; then it goes by itself later. Figures keep their numbers, and the log of who did what stays; it names nobody.
retention-holds-nothing = Nothing is set, here or above: records are kept without end.
retention-holds = { $place }: { $what }
retention-none = nothing of its own
retention-days-set = kept for { $days } days after closing, announced { $warn ->
    [one] one day
   *[other] { $warn } days
} before
retention-set-title = Set here
retention-days = Days after closing
retention-days-hint = From 31. Left empty, the place above decides; where none has set anything, nothing is purged.
retention-warn = Announced so many days before
retention-warn-hint = Administrators get a mail, and the records stand in the list on this page.
retention-history-none = Nothing was set here so far.
retention-planned-change = { $old }; then: { $new }
retention-from = From { $when }: { $what }
retention-soon = To be purged soon
retention-soon-count = { $count ->
    [0] There are none.
    [one] There is 1 record.
   *[other] There are { $count } records.
}
retention-most = Only the first { $most } are shown.
retention-closed = Closed { $when }
retention-ends = Will be purged from { $when }
problem-retention-days = Enter a number of days from 31 to 36500, or leave the field empty
problem-retention-warn = Enter a number of days from 1 to 365, not more than the days for which records are kept
hold-title = Hold this record
hold-section = Keeping the record
hold-now = This record is held: it is not purged until the hold is lifted.
hold-ends = Closed { $closed }. Will be purged from { $ends }.
hold-lead = A held record is not purged, for as long as it takes: because of a lawsuit, an inquiry, a request for disclosure. Everybody who sees the record sees that it is held; only those who may hold records see why.
hold-lift-lead = When the hold is lifted, the time that was set counts again. The administrators are told anew before the record is purged.
hold-reason = Reason
hold-reason-hint = For example: request for disclosure, file number 12-345
hold-set = Hold this record
hold-lift = Lift the hold
hold-meanwhile = Somebody else has held this record or lifted the hold meanwhile: below stands how it is now. What you wrote was not saved. If it is a further reason for holding, write it as a note into the record.
hold-change = Hold the record, or lift the hold
hold-set-by = Held by { $name }, { $when }
hold-lifted-by = Lifted by { $name }, { $when }
problem-hold-reason = Write the reason, in 500 characters at most
audit-retention-set = set for how long records are kept
audit-retention-listed = was shown among the records to be purged soon
audit-hold-set = held the record
audit-hold-lifted = lifted the hold
audit-purge-told = told of records that will be purged
audit-purge-caseless = purged tasks and notifications without a case
audit-case-purged = purged the record
audit-partition-taken = took away an empty half-year of reports
audit-partition-returned = put a half-year of reports back that had been taken out
