history-title-for = History of { $name }
history-member = Whose history?
history-empty = There are no reports yet.
history-table-title = Temperature and oxygen saturation
history-when = Measured
history-reports-title = All reports
history-cannot-change = You cannot change a report that was sent. If there is an error, mark it as wrong and contact your public health center:
mark-wrong = Mark as wrong
mark-wrong-button = Mark as wrong
wrong-which = Report for { $name }, { $when }
wrong-lead = Your word goes to the public health center, which can correct the report. If it is urgent, call:
wrong-why = What is wrong?
wrong-right-lead = If there is no error in this report after all, or you meant another one, take it back. The public health center then need not look.
wrong-right = It is right after all
problem-right-meanwhile = Somebody else has written a word on this report meanwhile. Read it before you take it back
history-marked-wrong = marked as wrong
history-upheld = The public health center looked at what you marked as wrong on { $when }, and left this report as it was
chart-wrong = A cross is a value that you marked as wrong. The line leaves it out.
problem-why-meanwhile = Somebody else has written a word on this report meanwhile. Both texts stand here; together they have to be at most { $most } characters
problem-why-empty = Write in a word or two what is wrong
level-danger = Alarming report
report-read = { $center } read this report at { $time }
report-read-on = { $center } read this report on { $date } at { $time }
report-read-before = { $read }. { $center } has not read it yet
report-not-read = { $center } has not read this report yet
report-marked-wrong = You marked this report as wrong: { $why }
history-wrong-again = There is no other report for { $name } today. Send another one that tells how { $name } is.
chart-description =
    { $count ->
        [one] One measurement: { $latest }. The table below holds it, too.
       *[other] { $count } measurements, from { $least } to { $most }; the latest is { $latest }. The table below holds them all.
    }
history-corrected = Corrected by the public health center on { $when }
history-by-staff = Written down for you by staff
history-by-phone = Written down for you by staff (by phone)
history-by-visit = Written down for you by staff (at a visit)
history-by-paper = Written down for you by staff (from paper)
level-danger-emergency = Emergency report
home-closed = The password was renewed by e-mail, so what was reported before is closed until you enter the HER-SYS ID and the birthdate.
closed-title = Open the history
closed-lead = The password was renewed with a code by e-mail. So that somebody who only has access to the mailbox cannot read it, enter the HER-SYS ID and the birthdate of { $name }. The ID stands on the brochure. You are asked once for each person.
closed-open = Open the history
closed-report = You can report right away:
problem-closed-wrong = The ID and the birthdate are not those of this person. Check both; if they are right, call your public health center.
problem-closed-wait = That was tried too often. Try again later, or call your public health center.
problem-closed-ask-center = Too many tries were wrong. Call your public health center: it can allow more of them.
