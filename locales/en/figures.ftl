console-nav-figures = Figures
figures-title = Figures
figures-place = Place
figures-from = From
figures-to = To
figures-show = Show
figures-few = fewer than { $few }, not told
figures-few-note = Counts below { $few } are not told, so that they point at nobody.
figures-note = Counted from what is registered now: a correction made later changes the days behind it.
figures-people = people
figures-day = Day
figures-new-cases = New cases
figures-open = Followed now
figures-reported = Reported today
figures-alerts = { $all }, of which nobody has taken { $untaken }
figures-to-taken = From the alert to its taking
figures-minutes = half within { $median } min, nine in ten within { $most } min
figures-by-onset = New cases by the day of onset
figures-by-registration = New cases by the day of registration
figures-curve-description = From { $from } to { $to }, a bar for each day. The table below holds the same numbers.
figures-by-age = New cases by age
figures-by-center = New cases by health center
figures-age-group = Age
figures-age = { $from } to { $to }
figures-age-oldest = { $from } and more
figures-table = Table
figures-csv = As CSV
problem-figures-day = Enter a day such as 2022-07-26; at most a year, the first day before the last
figures-corrected-title = Why counts differ from earlier: corrections made later
figures-corrected = { $on }: { $count ->
    [one] 1 person
   *[other] { $count } people
}, { $what }
figures-merged = registered twice and counted on { $day } once too often until then
figures-moved = onset corrected from { $from } to { $to }
figures-no-onset = no symptoms
figures-corrections = Counts corrected later: { $count }
figures-all-diseases = All diseases
