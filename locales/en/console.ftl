console-brand = for public health centers
console-nav-cases = Cases
console-nav-new = Register a case
console-nav-tasks = To do
console-nav-center = Contact
console-sign-in-title = Sign in
console-sign-in-lead = This page is for staff of public health centers. An administrator of your center invites you by e-mail.
console-sign-in-lost = Forgotten the password, or no phone and no recovery codes at hand? An administrator of your place can let you choose anew (Staff, then your name). For the only administrator, the one of the place above does it.
console-sign-in-password = Password
console-sign-in-wrong = The e-mail address or the password is not right
console-sign-in-wait = There were too many tries with this address. Wait 15 minutes, then try again
console-sign-in-crowded = Very many wrong passwords came from your network, perhaps not from you. Try again in an hour, or over another network
console-sign-in-email-hint = The address of your staff account
console-signed-out = You have signed out.
console-ended = You were signed out, so nothing was saved. Sign in and do it once more.
console-ended-kept = You were signed out, so nothing was saved yet. What you typed is kept: sign in, and you can send it.
console-held = You are signed in as { $name } now; this was typed by somebody else. Nothing was saved, and it cannot be kept.
console-held-kept = You are signed in as { $name } now; this was typed by somebody else. Nothing was saved yet. Whoever typed it can sign in here and send it.
console-held-go-on = Drop it and go on as { $name }
console-not-kept = Nothing was saved, and what you sent cannot be kept. Do it once more afterwards.
console-session-note = The page locks after 15 minutes without use; you are signed out after 12 hours at the latest.
console-cases-title = Cases
console-search = Search
console-search-label = HER-SYS ID, name, phone number, birthdate or address
console-search-none-id = No case was found for this HER-SYS ID. One digit may be wrong: search for the name, the phone number or the birthdate.
console-search-none = No case was found for this search.
console-search-taken-back = HER-SYS ID { $id } was taken back on { $when } and leads nowhere any more. It led to this person:
console-search-found = { $count ->
    [one] 1 case was found.
   *[other] { $count } cases were found.
}
console-search-many = { $most } cases or more were found.
console-search-most = Only the newest { $most } are shown. Search for more of the name, or for the ID.
console-search-all = Show all cases
console-cases-none = No case is registered yet.
console-cases-count = { $count ->
    [one] 1 case, the newest first
   *[other] { $count } cases, the newest first
}
console-tasks-look = Look at it now
console-column-name = Name
console-column-diagnosed = Diagnosed
console-column-account = Signed up
console-column-latest = Latest report
console-day = Day { $day }
console-yes = Yes
console-no = No
console-no-report = None yet
console-no-report-yet = No report yet
console-pages = Pages
console-page-of = Page { $page } of { $pages }
console-page-newer = Newer
console-page-older = Older
console-center-title = Contact of the center
console-center-lead = People see this when they are ill, when they are refused at registration, and on the brochure. Keep it right.
console-no-phone-label = The center cannot be reached
console-no-phone = Your center has no phone number yet, so that people who are ill cannot call it and brochures are printed without one. Whoever manages the center can set it.
console-center-name = Name of the center
console-center-name-en = Name in English
console-center-phone = Phone number for people
console-center-phone-hint = As people should read it, such as { -phone-written }
console-center-night = Phone number for nights and holidays
console-center-hours-ja = Hours, in Japanese
console-center-hours-en = Hours, in English
console-center-save = Save
console-center-saved = The contact is saved. People see it from now on.
problem-contact-phone = Enter the phone number with digits
problem-contact-long = Use at most { $most } characters
sso-button = Sign in with { $name }
sso-or-password = Or with a password
sso-unknown = You are signed in there, but nobody with this address works here. Ask an administrator of your center for an invitation to the same address.
sso-unverified = The other side does not confirm that the address is yours, so nobody was signed in here. Ask whoever runs it.
sso-again = That took too long, or it was begun in another browser. Try again.
sso-too-old = The other side has not asked again who you are, so nobody was signed in here: somebody else may sit at this computer by now. Sign out there and in again, then try again, or use your password. Whoever runs this service finds the reason in the log.
sso-failed = The other side cannot be reached, or its answer cannot be believed. Try again, or sign in with your password. Whoever runs this service finds the reason in the log.
sso-cancelled = Signing in was cancelled on the other side. Try again, or sign in with your password.
sso-too-many = Too many people are signing in this way just now, or it was tried too often from here. Wait a minute and try again, or sign in with your password.
sso-refused = The other side has sent you back without signing you in. Try again, or sign in with your password. Whoever runs this service finds the reason in the log.
sso-or-password-unlock = Or unlock with a password
locked-cover = This page was not used for a while, and the console is locked. What you typed is still here. Unlock it in a new tab and come back.
locked-unlock = Unlock
console-search-notified = { $count ->
    [one] 1 notification that is no case yet
   *[other] { $count } notifications that are no case yet
}
center-rename = Change the name
center-unnamed = This is the name that the program came with, and people at home read it in every message. Give the center its own.
