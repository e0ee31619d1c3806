console-nav-figures = Figures
figures-title = Figures
figures-place = Place
figures-from = From
figures-to = To
figures-show = Show
figures-not-told = about { $few } or fewer
figures-few-note = Your role sees no persons. So that no count points at one, the days are made up to whole weeks from Monday to Sunday, and each count of a center, an age group and a week is told as a few more or fewer, the same each time it is asked for; everything else is a sum of these, rounded to fives. A small count says nothing for certain, not even whether there is anybody, and a sum of many is the closer the larger it is.
figures-off-by = Nineteen times out of twenty, the number of new cases of this page is off by no more than { $whole }, the number of a week by no more than { $week }, and that of an age group by no more than { $age }; whatever is smaller than that may be nobody.
figures-note = Counted from what is registered now: a correction made later changes the days behind it.
figures-people = people
figures-day = Day
figures-new-cases = New cases
figures-open = Followed now, with close contacts
figures-open-split = { $open }: { $cases ->
    [one] 1 case
   *[other] { $cases } cases
}, { $contacts ->
    [one] 1 close contact
   *[other] { $contacts } close contacts
}
figures-reported = Reported today
figures-alerts = { $all }, of which { $untaken } were never taken
figures-waiting = Alerts that wait now
figures-to-taken = From the alert to its taking
figures-minutes = half within { $median } min, nine in ten within { $most } min
figures-minutes-short = { $median } min; nine in ten { $most } min
figures-by-onset = New cases by the day of onset
figures-beside-rounded = Whoever has no day of onset, or fell ill on other days than these, is not in this curve.
figures-beside-nobody = All new cases of these days are in this curve, and nobody else.
figures-beside-without = { $count ->
    [one] 1 new case is not in this curve, having no day of onset.
   *[other] { $count } new cases are not in this curve, having no day of onset.
}
figures-beside-outside = { $count ->
    [one] 1 new case fell ill on another day than these.
   *[other] { $count } new cases fell ill on other days than these.
}
figures-beside-purged = { $count ->
    [one] 1 new case was purged since, so that this curve does not tell whether it is in it.
   *[other] { $count } new cases were purged since, so that this curve does not tell which of them are in it.
}
figures-beside-purged-within = { $count ->
    [one] 1 person of this curve is somebody who was purged since.
   *[other] { $count } people of this curve are some who were purged since.
}
figures-beside-others = { $count ->
    [one] 1 person of this curve was registered on another day than these.
   *[other] { $count } people of this curve were registered on other days than these.
}
figures-by-registration = New cases by the day of registration
figures-curve-description = From { $from } to { $to }, a bar for each day. The table below holds the same numbers.
figures-curve-weeks = From { $from } to { $to }, a bar for each week. The table below holds the same numbers.
figures-curve-four-weeks = From { $from } to { $to }, a bar for every four weeks. The table below holds the same numbers.
figures-curve-months = From { $from } to { $to }, a bar for each month. The table below holds the same numbers.
figures-days = { $from } to { $to }
figures-from-day = From
figures-to-day = To
figures-changed-later = Changed later
figures-by-age = New cases by age
figures-by-prefecture = New cases by prefecture
figures-by-center = New cases by health center
figures-age-group = Age
figures-age = { $from } to { $to }
figures-age-oldest = { $from } and more
figures-table = Table
figures-csv = As CSV
problem-figures-day = Enter a day such as 2022-07-26 or 26 July 2022, not before 2000 and not after today, the first day before the last
figures-corrected-title = Why counts differ from earlier: corrections made later
figures-corrected = { $on }: { $count ->
    [one] 1 person
   *[other] { $count } people
}, { $what }
figures-merged = registered twice and counted on { $day } once too often until then
figures-apart = two people after all, no one registered twice; counted on { $day } again since then
figures-came = taken over from another center; counted here on { $day } since then
figures-left = handed over to another center; counted here on { $day } until then
figures-moved = onset corrected from { $from } to { $to }
figures-age-moved = birthdate corrected: age { $from } until then, { $to } since
figures-disease-came = disease corrected; counted with this one on { $day } since then
figures-disease-left = disease corrected; counted with this one on { $day } until then
figures-no-release = counted as released on { $day } until then; { $since }
figures-no-death = counted as died on { $day } until then; { $since }
figures-since-followed = followed again since
figures-since-released = released since
figures-since-died = died since
figures-since-in-error = registered in error
figures-since-contact = a close contact since, not ill
figures-no-health = Your role does not read health answers: who reported, alerts, how long they waited, where people are and how following them ended are left out here and in the CSV. New cases and who is followed are exact.
figures-no-onset = no symptoms
figures-corrections = Counts may be others later, when records are merged, corrected or given to another center.
figures-all-diseases = All diseases
figures-prefecture = Prefecture
figures-asked = { $share } of { $asked }. { $rest } of those who are followed are not asked: they are in hospital, or have no account and nobody has reported for them.
figures-asked-few = { $share }. Not asked: whoever is in hospital, or has no account and nobody has reported for them.
figures-reported-of = Reported today, of those who are asked to
figures-as-of = As of { $when }
figures-as-of-column = As of
figures-counts = Counts
figures-counts-altered = each altered by a few, so that none points at a person; sums rounded to fives
figures-range-from = Days from
figures-range-to = Days to
figures-at-now = Where those who are followed are now
figures-where = Where
figures-now = Followed now
figures-contacts = Close contacts, wherever they are
figures-ended = Followed no more, by day
figures-ended-note = Cases, by the day on which following ended: that on which it was entered. Close contacts are not among them.
figures-hospital = In hospital now
figures-released = Released within these days
figures-died = Died within these days
figures-notifications = Notifications to check
figures-notifications-count = { $count ->
    [0] none
    [one] { $count } waits; it is not counted among the cases
   *[other] { $count } wait; they are not counted among the cases
}
