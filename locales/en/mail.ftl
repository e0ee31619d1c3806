mail-code-subject = { $code } is your My HER-SYS verification code
mail-code-sign-up =
    Your verification code for My HER-SYS is:

    { $code }

    Enter it on the page on which you asked for it. It works for { $minutes } minutes.

    If you did not ask for it, somebody may have mistyped their address. You need not do anything.
mail-code-family =
    This e-mail address already has a My HER-SYS account.

    To add a family member to it, enter this code on the page on which you asked for it, and then the password of the account. The code works for { $minutes } minutes:

    { $code }

    If you only want to report, sign in with your password:
    { $url }

    If you did not ask for the code, you need not do anything.
mail-code-reset =
    Your code to set a new password for My HER-SYS is:

    { $code }

    Enter it on the page on which you asked for it. It works for { $minutes } minutes.

    If you did not ask for it, you need not do anything. Your password stays as it is.
mail-no-account-subject = About your My HER-SYS password
mail-no-account =
    Somebody asked for a new password for My HER-SYS with this e-mail address. There is no account with this address.

    If it was you, try the address with which you signed up, or sign up:
    { $url }

    If it was not you, you need not do anything.
mail-code-email =
    Your code to use this e-mail address for My HER-SYS is:

    { $code }

    Enter it on the page on which you asked for it. It works for { $minutes } minutes.

    If you did not ask for it, you need not do anything.
mail-email-taken-subject = About your My HER-SYS e-mail address
mail-email-taken =
    Somebody asked to use this e-mail address for another My HER-SYS account. It already has an account, so nothing was changed.

    If it was you, sign in with this address:
    { $url }
mail-password-changed-subject = Your My HER-SYS password was changed
mail-password-changed =
    The password of your My HER-SYS account was changed just now. All other devices were signed out.

    If it was not you, set a new password at once:
    { $url }
mail-email-changed-subject = Your My HER-SYS e-mail address was changed
mail-email-changed =
    Your My HER-SYS account has a new e-mail address. This address is no longer used for it, and all other devices were signed out: whoever uses the account signs in with the new address.

    If it was not you, call your public health center. The numbers of the centers are here:
    { $url }/help
mail-account-closed-subject = Your My HER-SYS account is closed
mail-account-closed =
    Your My HER-SYS account is closed. This e-mail address and the password were erased, and all devices are signed out. What was reported stays with your health center for as long as it must keep it.

    You can sign up again with your HER-SYS ID at any time:

    { $url }

    If it was not you, call your health center. The numbers of the centers are here:
    { $url }/help
mail-account-closed-followed = Your health center still follows you, or somebody of your family, and will call. If you get worse, do not wait for the call: phone the health center, or { -emergency-number } in an emergency.
mail-footer =
    --
    My HER-SYS
    This message was sent by a machine. Please do not answer it.

mail-footer-staff =
    --
    HER-SYS
    This message was sent by a machine. Please do not answer it.

mail-staff-invited-subject = Your account for the HER-SYS console
mail-staff-invited =
    An account for the console of HER-SYS was made for you. Choose a password within { $hours } hours:

    { $url }

    You may then be asked to set up an authenticator app on your phone. If you did not expect this mail, delete it.
mail-staff-reset-subject = Choose a new password for the HER-SYS console
mail-staff-reset =
    An administrator has reset your account for the console of HER-SYS. Choose a new password within { $hours } hours:

    { $url }

    If you are asked for an authenticator app after that, set it up again.
mail-transfer-overdue-subject = An offer to take over a case is overdue
mail-transfer-overdue =
    { $from } has offered a case to { $to } { $waited } ago, and nobody has answered. Until it is accepted, { $from } answers for the person.

    { $url }
mail-notification-sent-back-subject = The health center asks about a notification
mail-notification-sent-back =
    The health center has a question about a notification that was entered at your place. Nobody is followed because of it until it is answered. Please read the question and correct the notification:

    { $url }
mail-notification-answered-subject = Your request to the health center was answered
mail-notification-answered =
    You asked the health center to correct or withdraw a notification. It has dealt with your request. Sign in to read the answer:

    { $url }
mail-notification-waits-subject = A notification needs somebody at once
mail-notification-waits =
    A notification of somebody who needs help at once has waited for { $waited }, and nobody at the health center has looked at it. Please open it now:

    { $url }
mail-notification-waits-at =
    A notification of somebody who needs help at once has waited for { $waited } at { $center }, and nobody there has looked at it. Please call the health center.

    { $url }
sms-notification-waits = HER-SYS: a notification that needs somebody at once has waited for { $waited }. Open the console.
mail-notification-asked =
    A notification of somebody who needs help at once was sent back with a question { $waited } ago, and nobody has answered. Nobody is followed because of it until then. Please call whoever entered it or the person, or confirm it and ask afterwards:

    { $url }
mail-notification-asked-at =
    At { $center } a notification of somebody who needs help at once was sent back with a question { $waited } ago, and nobody has answered. Please call the health center.

    { $url }
sms-notification-asked = HER-SYS: a notification that needs somebody at once was sent back { $waited } ago and has no answer. Open the console.
mail-purge-ahead-subject = { $records ->
    [one] One closed record will be purged soon
   *[other] { $records } closed records will be purged soon
}
mail-purge-ahead =
    { $center }: { $records ->
        [one] one closed record reaches the end of the time for which it is kept
       *[other] { $records } closed records reach the end of the time for which they are kept
    }. { $days ->
        [one] Purging begins tomorrow.
       *[other] Purging begins in { $days } days.
    } If one of them must be kept longer, such as for a lawsuit, open it on the console and hold it:

    { $url }
# A line that tells of one alert, where the message tells of more than that one.
alert-and-more = { $line } (and { $count } more)
alert-mail-more =
    { $count ->
        [one] One more like it waits at the same center.
       *[other] { $count } more like it wait at the same center.
    } The console has all of them:

    { $url }
