# Under which an ambulance is called, where the installation sets no other number. Put in as the texts are read.
-emergency-number = 119
# How phone numbers are written where the installation names no other country than Japan: a mobile phone's as it is dialled
# within it and from abroad, and an office's. Put in as the texts are read.
-phone-dialled = 09012345678
-phone-abroad = +81 90 1234 5678
-phone-written = 03-1234-5678

date-long = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }
date-short = { $day } { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
}
date-and-time = { $date }, { $time }
skip-to-content = Skip to the content
sample-data = Sample data. Do not enter the data of real people.
nav-tools = Language and account
nav-sections = Sections
nav-account = My account
nav-help = Help
nav-privacy = Your data
nav-accessibility = Accessibility
danger-strip-label = In an emergency
danger-strip = Hard to breathe, drowsy, or purple lips?
danger-strip-call = Call { -emergency-number } now
problem-prefix = Error:{" "}
problems-title = There is a problem
back = Back
change = Change
confirm = Confirm
to-home = Go to the home page
footer = Open HER-SYS. In an emergency, call { -emergency-number }. Do not wait for an answer on this page.
footer-console = Open HER-SYS
contact-phone = Phone:
contact-night-phone = Nights and holidays:
contact-hours = Hours:
contact-no-phone = Its phone number is not entered here yet. Look on what the center has sent or given you, or ask your town or ward office for it.
no-connection = There is no internet connection, so nothing was sent. What you typed stays here: press the button again when the connection is back. Is it urgent? Call your public health center. In an emergency, call { -emergency-number }.
busy-title = Too many people are here at the moment
busy-text = Nothing that you entered was saved just now. Please go back and press the button again in a few seconds. If you feel very ill, call { -emergency-number }.
away-title = This does not work at the moment
away-text = Something is out of order on our side; what you entered is not the cause. Nothing that you entered just now was saved. Please go back and press the button again in a few minutes. Is it urgent? Call your public health center. If you feel very ill, call { -emergency-number }.
broken-title = Something went wrong
broken-text = It is not your fault. Please go back and try again. If it happens again, contact your public health center. If you feel very ill, call { -emergency-number }.
not-found-title = There is no such page
not-found-text = The address may be mistyped, or the page may belong to somebody else.
mailbox-title = Mails of this development installation
mailbox-text = No mail server is configured. Mails land here instead of being sent.
mailbox-empty = No mail yet.
refused-request-text = Your role may not do this, or the form came from another page. Go back, load the page again and send it once more. Whoever runs this service: the proxy in front of it must pass on the headers Host, Origin and Sec-Fetch-Site as they are.
too-large-title = This is too much at once
too-large-text = What was sent is larger than this page takes. Nothing was saved. Go back, shorten the text or choose a smaller file, and send it again.
too-large-form-text = What was sent is more than this page takes, and nothing was saved. What you typed is still on the page before. Go back to it with your browser, make the text shorter, and send it again. Is it urgent? Do not write, call your public health center.
bad-request-title = This could not be read
bad-request-text = What was sent could not be read, and nothing was saved. Go back; what you typed is still there. Load the page again and send it once more.
not-found-call = How your public health center is reached:
# Between a label and what it tells.
colon = {": "}
list-semicolon = {"; "}
