# The page while too many people are here at once.
flood-title = Too many people are here at the moment
flood-emergency = If it is hard to breathe, if your lips are purple, or if somebody is drowsy or does not answer, call { -emergency-number } now. Do not wait for this page.
flood-center = If you are worried about your condition, call your public health center. Its number is in the letter or message with your ID.
flood-come-back = Please open this page again in half a minute.
flood-not-saved = What you entered has not been saved. Wait half a minute, go back, and press the button again.
flood-kept = Your report has not been sent yet, but nothing that you typed is lost. Wait half a minute, then press the button below. It counts as one report, however often you press it.
flood-again = Send again
