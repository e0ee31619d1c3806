home-title = Report your condition
home-lead = For people who are ill at home: tell your public health center every day how you and your family are.
home-id = HER-SYS ID { $id } will be filled in for you.
home-begun-code = A code was sent to { $email }. Enter it to go on signing up.
home-begun-password = You have begun to sign up with { $email }. The next step is your password.
home-what-title = What you need
home-what-id = The HER-SYS ID of { $digits } digits on the brochure from your public health center.
home-what-mail = An e-mail address that you can read now. A code will be sent to it.
home-what-family = A family can share one e-mail address. Please sign up each family member.
home-members-title = How are you today?
home-ended-title = The follow-up has ended
home-ended-on = The follow-up ended on { $date }. You need not report any more. If you get worse, call { $center }; if it is an emergency, call { -emergency-number }.
home-ended = The follow-up has ended. You need not report any more. If you get worse, call { $center }; if it is an emergency, call { -emergency-number }.
home-quiet-title = Your family
home-quiet-nothing-asked = We ask for no more reports for { $name }, and send no more reminders.
home-quiet-call = Whenever you have a question, or wish to speak with somebody, { $center } is there for you.
home-family-title = Registered members
home-reported-today = Reported today
home-not-reported-today = Not reported yet today
home-passport = { $name }: the diagnosis is within 28 days of entry into Japan, so the number of the passport is needed.
home-passport-late = { $name }: a passport number is still needed. Please contact { $center }.
sign-up = Sign up
sign-in = Sign in
sign-out = Sign out
enter-report = Enter a status report
confirm-history = Confirm history
enter-passport = Enter your passport number
add-family-member = Add a family member
illness-day-onset = Day { $day } of the illness (it began on { $date })
illness-day-diagnosis = Day { $day } since the diagnosis ({ $date })
illness-before-onset = { $days ->
    [one] 1 day
   *[other] { $days } days
} before the illness began ({ $date })
illness-before-diagnosis = { $days ->
    [one] 1 day
   *[other] { $days } days
} before the diagnosis ({ $date })
illness-before-contact = { $days ->
    [one] 1 day
   *[other] { $days } days
} before the last contact ({ $date })
member-over = { $name } (follow-up is over)
all-centers-title = Phone numbers of the public health centers
illness-began-onset = Fell ill on { $date }
illness-began-diagnosis = Diagnosed on { $date }
done-registered = { $name } is registered.
done-registered-before = { $name } is in your account already.
done-saved-before = There was nothing left to save: it was saved before, here or in another tab. Whoever is registered stands below.
done-not-sent = The report that you typed was not sent: the person it was for is not in this account any more. In an emergency, call { -emergency-number }.
done-passport = The passport number is registered.
done-closed = Your account is closed. A mail that says so is on its way to you.
done-closed-followed = Your account is closed. A mail that says so is on its way to you. Your health center still follows you, or somebody of your family, and will call.
done-signed-out = You have signed out.
done-password = The new password is saved. All other devices were signed out.
done-password-before = The page for a new password was used before: the password that was sent first holds. Another one that was sent from it later was not saved.
done-email = The e-mail address was changed. All other devices were signed out.
help-worse = If you get worse, call your public health center. If it is hard to breathe, if you are drowsy or your lips are purple, call { -emergency-number }. Do not wait for an answer on this page.
help-report = Report at least once a day, and again whenever you feel worse. Measure your temperature and, if you have an oximeter, your oxygen saturation. If you cannot measure, choose "Not measured".
help-id = The HER-SYS ID is on the brochure that your public health center gave you. If you cannot find it, ask the center.
help-code = If no code arrives, look into the folder for unwanted mail, and allow mail from the address of this service.
help-family = To report for several people with one e-mail address, choose "Add a family member" and enter the ID of each.
help-errors = You cannot change a report that was sent. Mark it as wrong under "Confirm history", and contact the center.
privacy-what = We keep what your public health center registered of you, your e-mail address, and your reports.
privacy-who = Your public health center reads your reports; so may the prefecture, and the medical institution that notified you to it. If another center takes over, it reads them, too. Each time somebody opens your record is noted. Whoever knows the password of your account sees all its members and what they reported.
privacy-how = Your e-mail address, phone number and passport number are stored encrypted. Nothing is passed to advertisers, and no outside service is used by these pages.
privacy-kept-days = { $center } erases your record and your reports { $days } days after the follow-up has ended. Only for a good reason, such as an inquiry, it may keep them longer.
privacy-kept-open = { $center } has set no day on which your record is erased. Ask there for how long it is kept.
privacy-kept-ask = Your public health center decides for how long your record is kept. Ask there, or sign in and read it here.
privacy-browser = This browser keeps what says that you are signed in, and for a year a mark that you have signed in here before, so that strangers who guess passwords cannot shut you out. It also keeps the language that you chose, for a year, and while you sign up how far you have come.
privacy-contact = To see, correct or delete what is kept of you, contact your public health center. Your account you can close yourself, on the page "My account".
accessibility-standard = These pages aim at WCAG 2.2 level AA and JIS X 8341-3:2016 level AA.
accessibility-works = They work without JavaScript, with a keyboard, with a screen reader, at 200 % size and with high contrast.
accessibility-contact = If something does not work for you, tell your public health center. You can always report by phone.
illness-day-contact = Day { $day } since the last contact ({ $date })
home-hospital-title = No report is needed now
home-hospital = { $name } is in hospital: you need not report. Is { $name } back home? Then call { $center }; in an emergency, call { -emergency-number }.
not-sent-title = This report was not sent
not-sent-call = Tell the public health center by phone how the person is. To report here again, ask the center for the HER-SYS ID and choose "Add a family member".
not-sent-typed = What you typed
not-sent-word-title = Your word was not sent
not-sent-word = What you wrote about a report was not sent: the person it is about is not in this account any more.
not-sent-word-call = Tell the public health center by phone which report is wrong, and what is wrong with it.
not-sent-right-title = The report is still marked as wrong
not-sent-right = That a report is right after all was not sent: the person it is about is not in this account any more.
not-sent-right-call = Tell the public health center by phone which report is right.
no-cookies-title = Your browser has to keep cookies
no-cookies-text = A cookie is a mark by which these pages know you from one page to the next. None came along from your browser, so you cannot sign up or sign in.
no-cookies-again = Allow cookies for these pages in the settings of your browser, or use another browser, and begin again. If cookies are allowed already, too much time has passed: begin again, too.
no-cookies-phone = You can always report to your public health center by phone. In an emergency, call { -emergency-number }.
