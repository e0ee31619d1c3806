console-nav-worklist = Worklist
console-nav-transfers = Transfers
console-nav-settings = Settings
console-nav-staff = Staff
worklist-title = Worklist
first-title = What comes first
first-lead = Nobody is registered at this center yet. With these steps it can begin:
first-done = Done
first-phone = Enter how the center is reached
first-phone-text = People at home see this phone number on every page and call it when they get worse.
first-staff = Invite your colleagues
first-staff-text = Nurses, clerks and a second administrator, each with an account of their own.
first-case = Register the first person
first-case-text = The person gets a HER-SYS ID and a brochure with which to sign up.
first-import = Is there a list already?
worklist-own-patients = The patients that this institution has notified. The health center answers for them and sees what you write down.
worklist-updated = As of { $time }
worklist-overview = Overview
worklist-sections = Sections of the worklist
worklist-mine = Only mine
worklist-by = Looked after by: { $name }
worklist-by-anybody = Everybody
worklist-everybody = Show everybody's
worklist-age = { $years ->
    [one] 1 year
   *[other] { $years } years
}
worklist-urgent = Worse or to be watched
worklist-urgent-text = Whose course or latest report calls for attention, the most urgent first. People in hospital are not among them.
worklist-silent = Not heard of
worklist-silent-text = Signed up, reported by phone or reached by phone, and neither a report nor a call has told of them since the deadline. Whom a call reaches leaves this list, and is back after the deadline of the next day if no report comes until then. The longest first.
worklist-calls = Calls due
worklist-calls-text = Whom somebody has promised to call by now.
worklist-planned = Calls planned
worklist-planned-text = Whom somebody has promised to call later, until the end of tomorrow. The next first.
worklist-review = Release to be looked at
worklist-review-text = The days are over. Nobody is released by that alone: decide.
worklist-no-account = No account yet
worklist-no-account-text = Registered here, not signed up. Call, or hand the brochure out again. Whom nobody has reached comes first, at risk before the others.
worklist-all = Everybody followed
worklist-all-text = All who are followed, the newest first.
worklist-nobody = Nobody.
worklist-show-all = Show all
worklist-page-before = Page before
worklist-page-after = Next page
worklist-column-why = Why
worklist-column-state = State
worklist-column-assigned = Looked after by
worklist-worsening = getting worse
worklist-refused = Registrations that failed
worklist-messages = Messages not read yet
worklist-called = Call { $when }: { $outcome }
worklist-unanswered = ({ $count } in a row reached nobody)
worklist-away = Not connected: this page may be out of date. It tries again by itself. Since
worklist-silent-for = Last report { $since } ago
worklist-silent-never = No report in { $since }
worklist-silent-called = Nothing heard in { $since }
worklist-wrong-number = Noted as a wrong number
worklist-registered-for = Registered { $since } ago
worklist-unreached-for = Never reached. Registered { $since } ago
worklist-next-call = Next call { $when }
worklist-call-at = Call at { $when }
worklist-review-from = Since { $day }
worklist-offers-to = Offered to this center
worklist-offers-overdue = Transfers that nobody has answered in time
worklist-offers-from = Offered by this center
worklist-offer-to = from { $center }, { $since } ago
worklist-offer-from = to { $center }, { $since } ago
worklist-offer-refused = { $center } has refused. You still answer for this person.
centers-title = Health centers
centers-center = Health center
centers-alerts-title = Alerts
centers-unreached = Never reached
centers-alerts = { $waiting } waiting, { $taken } taken
centers-oldest = The oldest for { $since }
lasting-minutes = { $n } min
lasting-hours = { $n } h
lasting-days = { $n } days
alert-title = Alerts: { $waiting } waiting, { $taken } taken
alert-emergencies = { $count ->
    [one] (one of them is an emergency)
   *[other] ({ $count } of them are emergencies)
}
alert-none = No alert is open.
alert-waits = Waits for { $since }
alert-waits-now = Just now
alert-taken = { $name } has it, for { $since }
alert-before = { $name } had it before.
alert-times = { $times } alarming reports, the latest { $when }
alert-passed-on = Passed on by e-mail
alert-told = { $count ->
    [one] Told to { $count } person
   *[other] Told to { $count } people
}
alert-told-nobody = Nobody could be told: nobody at the center or the prefecture can sign in. Call them.
alert-overdue = Taken, and nothing written since. Ask how it stands.
alert-pages = Pages of alerts
alert-page-before = Alerts before
alert-page-after = Further alerts
alert-reported = Reported { $when }
alert-raised = An alert since { $when }
alert-take = Take
alert-take-over = Take over
alert-write = Write what was done
alert-what-was-done = What was done?
alert-finish = Done: end the alert
alert-give-back = Give it back, I cannot do it
alert-done = The alert is ended, and what was done is written down.
alert-tried = Nobody was reached, so the alert stays open, and what you wrote is kept among the calls. If nobody answers again: try the family or another number, have somebody go there, or call an ambulance.
alert-next-call-hint = A call that is planned already stands here and stays planned: empty the field if it is not needed any more. If nobody was reached, the alert stays open, and the next call is due in 15 minutes at the latest unless you enter another time
alert-gone = That alert is not open any more.
alert-given-back = The alert waits again for somebody to take it.
alert-taken-by-you = You have this alert. Call the person now, then write what was done.
alert-taken-by-other = A colleague was faster and has this alert.
why-temperature = { $value } °C
why-spo2 = SpO2 { $value } %
why-nothing-known = Nothing measured, and “Don't know” to every question
why-spo2-falling = SpO2 falls, { $from } to { $to } %
why-temperature-rising = Temperature rises, { $from } to { $to } °C
why-fever-lasting = Fever for { $days } days
why-infant =
    { $days ->
        [one] Fever at the age of one day
       *[other] Fever at the age of { $days } days
    }
why-silent = Nothing heard for { $hours ->
    [one] 1 hour
   *[other] { $hours } hours
}
why-unreached = Never reached, registered { $hours ->
    [one] 1 hour
   *[other] { $hours } hours
} ago
why-silent-last = Nothing heard for { $hours ->
    [one] 1 hour
   *[other] { $hours } hours
}; last report: { $last }
why-and = {", "}
why-asked-back = Rang the center: gets worse, asks for a call
why-notified = The notification calls for somebody at once
why-notified-answers = Notified by the physician: { $answers }
why-notified-answer = { $asked }: { $chosen }
why-age = { $years } years old
risk-pregnancy = Pregnancy
risk-diabetes = Diabetes
risk-copd = COPD
risk-heart = Heart disease
risk-kidney = Kidney disease
risk-immunosuppressed = Weak immune system
risk-obesity = Obesity
risk-cancer = Cancer
risk-facility = Lives in a facility (nursing home or similar)
alert-ended-meanwhile = { $name } has ended this alert meanwhile. What you wrote is not saved yet: it stands below, among the calls and notes.
centers-overdue = Offers that nobody has answered in time: { $count }
unlock-waiting = { $count ->
    [0] No alert waits, at { $time }
    [one] 1 alert waits for somebody to take it, at { $time }
   *[other] { $count } alerts wait for somebody to take them, at { $time }
}
page-stands-still = This page does not bring itself up to date in this browser.
page-load-again = Load it again
alert-measured-ago = Measured { $since } ago: the report came long after that.
centers-notified-at = { $count ->
    [one] 1 notification waits to be checked, for { $since }.
   *[other] { $count } notifications wait to be checked, the oldest for { $since }.
}
centers-pressing = { $count ->
    [one] 1 is about somebody who needs help at once
   *[other] { $count } are about people who need help at once
}
first-name = Give the center its name
first-name-text = It is called “Public Health Center” until then, and people at home read that in every message.
