import-title = Import cases from a file
import-lead = An Excel workbook (.xlsx), a CSV file in UTF-8 or Shift_JIS with commas, semicolons or tabs between the columns, or a “Unicode text” file. The first line names the columns, in any order, in English or in Japanese, such as 氏名 or 生年月日. Columns that are not known here are left out, and named before anything is imported. Needed are one of the names, the birthdate, the phone number (its cell stays empty for people who have none), the language and the date of diagnosis; the other columns may be missing. Three more may be there: email, address, and programme where several diseases are followed. The columns are:
import-template = Empty Excel workbook with these columns
import-template-sheet = Cases
import-file = File
import-file-hint = You see what is in it before anything is imported
import-look = Look at the file
import-line = Line { $line }
import-lines = Lines { $lines }
import-problems = Nothing was imported. { $count ->
    [one] There is 1 problem; it stands below.
   *[other] There are { $count } problems; they stand below.
}
import-problems-title = Problems
import-more = And { $count } more.
import-preview-title = Look at the file
import-preview-lead = Nothing is imported yet. Check that names, birthdates and phone numbers stand in one row for one person, and that the days are those that are meant: they are shown as they were read.
import-count = { $count ->
    [one] 1 case
   *[other] { $count } cases
}
import-now = Import
import-other = Choose another file
import-column-line = Line
import-done-title = Imported
import-done-count = { $count ->
    [one] 1 case is registered.
   *[other] { $count } cases are registered.
}
import-brochures = Brochures for all of them (PDF)
import-brochures-most = They come in parts of at most { $most } people. Print each part once; together they are everybody, in the order of the file.
import-brochures-part = Part { $part } of { $parts }: people { $first } to { $last } ({ $from } to { $to })
problem-import-file = Choose an Excel workbook (.xlsx) or a CSV file of at most { $most } MiB
problem-import-cut-off = The file did not arrive whole: the line was interrupted, or is too slow for a file of this size, which has five minutes. Choose it again; if it does not get through, split it, or ask whoever runs the system to read it in there with “hersys import”
problem-import-crowded = Other large files are being taken in right now. Choose this one again in a few minutes
reissue-title = Take the ID back and give another one
reissue-lead = For a brochure or a message that reached somebody else, or for somebody who has lost the mailbox with which they signed up. The present ID leads nowhere from that moment, and is never given again.
reissue-all = Several records of this person became one. All their IDs lead nowhere from that moment, and each of the records gets a new one. The brochure bears that of the record that is kept.
reissue-account = Somebody has signed up with this ID
reissue-account-stays = It is the right person: the account stays
reissue-account-goes = It is somebody else: the account loses this person at once
reissue-reason = Reason
reissue-reason-hint = For example: the message went to a wrong number
reissue-now = Give another ID
reissue-done = Another ID was given. Print the brochure anew.
problem-reissue-account = Say whether the account is the right person's
import-known = These people are registered already
import-known-lead = The rows give HER-SYS IDs that are theirs, and birthdate and name agree: they are left out.
import-alike = These people may be registered already
import-alike-lead = The same illness is not registered twice: these rows are left out. Tick those that are meant all the same, such as twins and further illnesses.
import-alike-stands = Stands as { $id }.
import-alike-several = May be the same person as one of { $ids }: as much agrees with each. Look at them before you decide.
import-alike-line = Same as line { $line }.
import-alike-line-born-otherwise = Name and phone number are those of line { $line }, and the birthdate is another one: it may be mistyped.
import-meant = Import line { $line }, too
problem-reissue-reason = Write why the ID is taken back
import-of = { $disease }: { $count ->
    [one] one case
   *[other] { $count } cases
}
import-days = These days are unlikely; check them
import-progress = { $done } of { $total } cases are imported.
import-works-title = Importing
import-works-lead = You can leave this page and close the browser: the import goes on. Nobody waits for it; people report meanwhile as always.
import-works-renews = This page shows the latest number every few seconds.
import-works-still = Keep the page still
import-works-renew = Show the latest number
import-stopped-title = The import has stopped
import-stopped-lead = The program was ended while it imported, or could not write. Go on: it begins where it stopped, and leaves out whoever somebody else has registered since.
import-go-on = Go on
import-left = { $count ->
    [one] 1 row was not imported; all others are.
   *[other] { $count } rows were not imported; all others are.
}
import-left-lead = Something about them changed while the file was imported. Put these rows into a file of their own, with another HER-SYS ID or none where it is that, and import it.
import-alike-more = There are { $count } more of them, which are left out, too (lines { $lines }). Import those that are meant from a file of their own.
import-all-meant = Import all of these people, too
import-left-out = { $count ->
    [one] One row was left out, because its person may be registered already: line { $lines }.
   *[other] { $count } rows were left out, because their persons may be registered already: lines { $lines }.
} Look at them in the console; who is meant all the same can be imported from a file of their own.
import-problem-columns-missing = These columns are missing: { $columns }
import-columns-left-out = These columns are not known here and are left out: { $columns }
import-problem-columns-twice = These columns are there twice: { $columns }
import-column-unnamed = column { $number }
problem-day-serial = This is how a spreadsheet counts days. Format the column as a date, such as 2022-07-26, and save the file again
import-over = The import of this file has been asked for already.
import-over-look = See what became of it
reissue-account-lost = It is the right person, who has lost the mailbox: they sign up anew with the new ID, and the old account loses them at once
import-sheet-read = The sheet “{ $sheet }” was read. The lines are its rows as Excel counts them.
import-sheets-not-read = Something stands in other sheets, too, which are not read: { $sheets }. Import each of them from a file of its own.
import-hidden-rows = { $count ->
    [one] 1 row is hidden in the sheet, and is read, too. If it is not meant, delete it in Excel and choose the file again.
   *[other] { $count } rows are hidden in the sheet, for example by a filter, and are read, too. If they are not meant, delete them in Excel and choose the file again.
}
import-names = These names look as if they were not known
import-names-lead = They are imported all the same. If a name is known, correct the file and choose it again; a row that is only a test is to be deleted.
import-without-phone = { $count ->
    [one] 1 person has no phone number
   *[other] { $count } people have no phone number
}
import-without-phone-lead = They are imported all the same, are visited rather than called, and cannot sign up until a number is entered for them. If a number was forgotten, write it into the file and choose it again.
import-own-number = { $count ->
    [one] 1 person has the phone number of the health center itself
   *[other] { $count } people have the phone number of the health center itself
}
import-own-number-lead = They are imported all the same, but whoever is to call them would call the center. If they have no number, leave the cell empty in the file and choose it again: they are then visited.
import-alike-named = { $id } – { $state }
import-alike-born-otherwise = May be the same person as { $ids }. Name and phone number are the same, and the birthdate is another one: it may be mistyped.
import-left-born-otherwise = Name and phone number are the same, and the birthdate is another one: it may be mistyped.
import-alike-open = Open the record of { $id }
import-days-lead = If the days are right, tick the box: the rows are imported with them. If one is wrong, correct the file and choose it again.
import-long-ago = The diagnosis is more than two months ago. Check the year
import-name-not-known = This looks as if the name were not known, or as if this were only a test
import-first-rows = The table shows the first { $shown } rows. Check the other { $rest } in the file before you import it.
import-column-language = Language
