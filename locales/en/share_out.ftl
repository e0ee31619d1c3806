share-title = Share out
share-pick = Choose
share-all = All on this page
share-chosen = Chosen:
share-to = Assign the chosen to
share-choose = Choose somebody
share-do = Assign
share-given = { $count ->
    [one] { $name } looks after the person whom you chose.
   *[other] { $name } looks after the { $count } people whom you chose.
}
share-given-nobody = { $count ->
    [one] Nobody in particular looks after the person whom you chose.
   *[other] Nobody in particular looks after the { $count } people whom you chose.
}
share-left = { $count ->
    [one] 1 person was not assigned: somebody else has done so since you saw the list. It stands below who looks after them now.
   *[other] { $count } people were not assigned: somebody else has done so since you saw the list. It stands below who looks after them now.
}
share-gone = { $count ->
    [one] 1 person was not assigned: another center follows them now, or their record has become part of another one.
   *[other] { $count } people were not assigned: another center follows them now, or their records have become part of others.
}
share-legend = Whom you chose
share-left-legend = Assigned by somebody else meanwhile
share-now = { $name } looks after them
share-now-nobody = nobody in particular looks after them
share-again = Assign these all the same
share-back = Back to the list
share-problem-nobody = Nobody was chosen. Tick in the list whom you want to assign
share-problem-to = Choose who is to look after them
share-problem-team = This colleague is not in the team any more. Choose somebody else
paper-do = Print for visits
paper-do-part = Print for visits ({ $from }–{ $to })
paper-title = For visits
paper-head = { $center }. Printed by { $name }, { $when }
paper-list = { $list }: { $count } in the whole list. To print some of them, go back and tick them.
paper-chosen = { $count ->
    [one] One person whom you chose
   *[other] { $count } people whom you chose
}
paper-cut = These are the first { $most }; there are more.
paper-how = Print this page. It names sick people and where they are: take it back with you, and destroy it.
paper-print = Print
paper-address = Where and phone
paper-no-address = No address is recorded.
paper-state = State
paper-notes = Notes
