invite-title = Invite
invite-lead = Messages are addressed from the record, in Japanese to those whose language that is, and in English to all others. No name and no disease stands in it.
invite-signed-up = This person signed up already: { $when }. A message would invite somebody who is there.
invite-to = To
invite-text = Text
invite-length = Length
invite-counted = { $units } of { $most } characters
invite-done = The message is on its way.
invite-no-gateway = No SMS gateway is set up. Whoever runs this service can name one (HERSYS_SMS_GATEWAY).
invite-no-mobile = The registered number is no mobile phone. Call, or hand the brochure out.
invite-no-phone = No phone number is registered, and without one nobody can sign up. Visit the person. As soon as there is a number, enter it as a correction of the record.
invite-wrong-number = A call has found that the registered number is somebody else's: nothing is sent to it until it is corrected. If the note is the mistake, take it back as entered in error.
invite-came-back = The last message to the registered number could not be delivered. Call, or correct the number.
invite-too-long = The message is longer than networks take, because the address of the portal is long.
invite-meanwhile = A colleague has sent this person a message meanwhile; it stands below. Nothing more was sent. Press the button again if another one is meant.
invite-merged = The record on which you were working is part of this one. Nothing was sent. A message goes to what is registered here; press the button if it is meant.
invite-enough = This person was sent five messages within a day. Call instead.
invite-died = This person has died. Nobody is asked how they are any more.
invite-closed = This person is followed no longer. Open the case again first, if that is a mistake.
invite-messages = Messages
invite-message-none = No message was sent.
invite-message-waiting = { $when }: waits to be sent
invite-message-sent = { $when }: handed to the network
invite-message-delivered = { $when }: has reached the phone
invite-message-withdrawn = { $when }: withdrawn before it was sent
invite-message-failed = { $when }: could not be delivered ({ $why })
invite-all = Invite all of them
invite-all-done = { $sent ->
    [0] Nobody was sent a message now.
    [one] 1 message is on its way.
   *[other] { $sent } messages are on their way.
}
worklist-bounced = Messages that could not be delivered
audit-case-invited = sent an invitation
invite-subject = Subject
invite-by-sms = SMS
invite-by-mail = E-mail
invite-send-sms = Send the SMS
invite-send-mail = Send the e-mail
invite-no-address = No e-mail address is registered. Enter one in the record with “Correct”.
invite-message = { $way }, { $fate }
invite-message-former-id = { $message }. It bore the former HER-SYS ID, which leads nowhere.
invite-message-mailed = { $when }: handed to the mail server
invite-many-title = Invite all of them
invite-many-done-title = What was sent
invite-back-to-import = Back to what was imported
invite-many-hand-on = A colleague who follows people prints them for visits on this page, for 24 hours:
invite-many-sms = { $count ->
    [one] 1 person gets an SMS.
   *[other] { $count } people get an SMS.
}
invite-many-mail = { $count ->
    [one] 1 person gets an e-mail.
   *[other] { $count } people get an e-mail.
}
invite-many-had = { $count ->
    [one] 1 person was sent a message already, and gets no second one.
   *[other] { $count } people were sent a message already, and get no second one.
}
invite-many-cannot = { $count ->
    [one] 1 person is sent nothing.
   *[other] { $count } people are sent nothing.
}
invite-many-send = Send all
invite-many-not = Who is sent nothing
invite-many-more = And { $count } more.
invite-many-gone = Followed by another center now: { $count }
sms-center-short = Health center
sms-shortest = Health center { $url }
sms-staff-shortest = HER-SYS: Please look at the alerts.
undelivered-mail-answered = the mail server answered { $told }
undelivered-mail-refused = the mail server refused the address or the mail: { $told }
undelivered-mail-away = the mail server cannot be reached
undelivered-sms-answered = the SMS gateway answered { $told }
undelivered-sms-refused = the SMS gateway refused the number or the message: { $told }
undelivered-sms-away = the SMS gateway cannot be reached
undelivered-sms-none = there is no SMS gateway
undelivered-network = the network told { $told }
undelivered-late = it was over before it could be sent
undelivered-mail-silent = the mail server does not answer
undelivered-address = an address cannot be written to
undelivered-not-built = a mail cannot be built
undelivered-sms-stopped = the SMS gateway's client stopped
undelivered-gone = its content is gone
undelivered-unreadable = its content cannot be read
undelivered-folder = the folder for messages cannot be written: { $told }
invite-account-messages = To the address with which the person signed up
invite-account-came-back = The last e-mail to the address with which this person signed up could not be delivered ({ $when }: { $why }).
invite-account-what-to-do = Call the person. Whoever can still sign in changes the address under “Account”. Whoever has lost the mailbox gets another HER-SYS ID, once you are sure who calls, and signs up anew.
invite-again-do = Send an invitation to the chosen
invite-again-title = Invite the chosen
invite-again-nobody = Nobody was chosen. Tick in the list whom you want to invite
invite-again-done = Messages on their way: { $sent }. Sent nothing: { $not }.
invite-just-sent = Was sent a message within the last 12 hours.
invite-has-account = Has signed up already.
