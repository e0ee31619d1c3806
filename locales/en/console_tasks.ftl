console-tasks-title = To do
console-tasks-none = There is nothing to be done.
console-tasks-done = It is done.
console-tasks-not-open = A colleague has already done this.
console-tasks-most = Only the oldest { $most } are shown. When some are done, more appear.
console-task-when = First on { $when }
console-task-times = { $times ->
    [one] Once
   *[other] { $times } times
}, last on { $when }
console-task-case = Open the case
console-task-note = What was done?
console-task-note-hint = A few words for your colleagues
console-task-finish = Done
console-task-reopen-person = Done: let the person try again
console-task-reopen-address = Open the address again
console-task-reasons = Reason (the person was not told)
console-task-typed = The person typed
problem-task-note = Write in a few words what was done
task-registration-refused = A registration was refused
task-registration-refused-text = Somebody signed up with data that do not agree with what is registered. Compare them and call the person, under the number that is registered if you know it. Do not tell by phone which part differs before you know who calls.
task-report-wrong = A report was marked as wrong
task-report-wrong-why = What is wrong
task-alarming-report = Alarming report
task-alarming-report-text = Call the person now.
task-address-closed = An e-mail address is closed
task-address-closed-text = Too many wrong codes were entered for this address. Open it again only after its owner has contacted you.
reason-id-unknown = No case has this ID
reason-name = The name differs
reason-birthdate = The birthdate differs
reason-phone = The phone number differs
reason-already-registered = The ID is registered already
reason-too-many-tries = There were too many tries
console-tasks-taken = Your center has taken it on. Now it is shown whose it is.
task-anybodys-text = No center could be found for it. Whoever it is was asked to contact the center that gave the brochure. If somebody has contacted you, take it on; then you see what was typed, and no other center does.
console-task-take = Take it on
audit-task-taken = took on a task of no center
