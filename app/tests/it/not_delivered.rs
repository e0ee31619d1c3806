//! Whom a message could not be delivered to has had none: many are invited once more, those apart whose number the network
//! does not reach.

use crate::old_number::{corrects, registers};
use crate::sms_gateway::gateway;
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::invitation::{InviteProblem, Wave};
use domain::ids::{CaseId, MessageId};
use jiff::SignedDuration;
use storage::outbox::Queue;

/// What waits in a queue is given up at the first attempt. Tells how many messages.
async fn gives_up(town: &Town, queue: Queue, because: &'static str) -> usize {
    gives_up_after(town, queue, because, 1).await
}

/// The same after so many attempts.
async fn gives_up_after(town: &Town, queue: Queue, because: &'static str, attempts: i32) -> usize {
    let (db, now) = (town.database().await, town.clock.now());
    let given_up = db.write(move |tx| {
        let lease = now + SignedDuration::from_mins(1);
        let due = storage::outbox::take_due(tx, queue, 10, (now, lease))?;
        for one in &due {
            storage::outbox::give_up(tx, one.id, now, because)?;
            let tried = "UPDATE outbox SET attempts = $2 WHERE id = $1";
            tx.execute(tried, &[&one.id.uuid(), &attempts])?;
        }
        Ok(due.len())
    });
    given_up.await.unwrap()
}

/// The network tells that it could deliver none of the invitations that it has taken.
async fn network_gives_all_back(town: &Town) {
    let (db, now) = (town.database().await, town.clock.now());
    let told = db.write(move |tx| {
        let sent = "SELECT id FROM outbox WHERE kind = 'sms_invitation'";
        let all = tx.query(sent, &[], |row| Ok(MessageId::from_uuid(row.get(0)?)))?;
        for one in all {
            storage::outbox::undelivered(tx, one, now, "the network told undelivered")?;
        }
        Ok(())
    });
    told.await.unwrap();
}

/// To how many a message goes, and to how many none can.
async fn invites(nurse: &StaffDesk, cases: &[CaseId], wave: Wave) -> (usize, usize) {
    nurse.invite_many(cases, wave).await.unwrap().counts()
}

story!(
    whoever_was_invited_while_the_gateway_was_away_for_hours_is_invited_again_with_all,
    town,
    {
        let nurse = town.nurse().await;
        let cases = [
            registers(&town, "山田 花子", "090-1234-5678", "").await,
            registers(&town, "山田 太郎", "090-1234-5679", "").await,
        ];
        assert_eq!(invites(&nurse, &cases, Wave::First).await, (2, 0));
        let found = nurse.invitations(&cases, Wave::First).await.unwrap();
        assert_eq!(found.had, 2, "on their way");
        // The gateway is away for as long as a message is tried.
        let away = gives_up_after(&town, Queue::Sms, "the SMS gateway answered 401", 54);
        assert_eq!(away.await, 2);
        town.minutes(1);
        let found = nurse.invitations(&cases, Wave::First).await.unwrap();
        assert_eq!((found.had, found.by.get("sms")), (0, Some(&2)));
        assert_eq!(invites(&nurse, &cases, Wave::First).await, (2, 0));
        assert_eq!(town.new_mails().await.len(), 2);
        let again = nurse.invite_many(&cases, Wave::First).await.unwrap();
        assert_eq!((again.sent, again.had), (0, 2));
    }
);

story!(
    whose_number_the_network_did_not_reach_is_written_to_otherwise_or_named,
    town,
    {
        let nurse = town.nurse().await;
        let with_mail = registers(&town, "山田 花子", "090-1234-5678", "hanako@home.example").await;
        let without = registers(&town, "山田 太郎", "090-1234-5679", "").await;
        let both = [with_mail, without];
        assert_eq!(invites(&nurse, &both, Wave::First).await, (2, 0));
        assert_eq!(town.new_mails().await.len(), 2);
        network_gives_all_back(&town).await;
        town.minutes(1);
        let found = nurse.invitations(&both, Wave::First).await.unwrap();
        assert_eq!((found.had, found.by.get("mail")), (0, Some(&1)));
        assert_eq!(found.cannot, [(without, InviteProblem::CameBack)]);
        assert_eq!(invites(&nurse, &both, Wave::First).await, (1, 1));
        let sent = town.new_mails().await;
        assert!(
            sent.len() == 1 && sent[0].contains("hanako@home.example"),
            "{sent:?}"
        );
        // Whoever is chosen for it is tried once more: the phone may have been off.
        let chosen = nurse.invitations(&both, Wave::Again).await.unwrap();
        assert_eq!(chosen.by.get("sms"), Some(&1));
        assert_eq!(chosen.cannot, [(with_mail, InviteProblem::JustSent)]);
        // Another number is another one.
        town.minutes(1);
        corrects(&nurse, without, |typed| {
            typed.phone = "090-1234-5670".to_owned();
        })
        .await;
        assert_eq!(invites(&nurse, &both, Wave::First).await, (1, 0));
        let sent = town.new_mails().await;
        assert!(
            sent.len() == 1 && sent[0].starts_with("SMS to: +819012345670\n"),
            "{sent:?}"
        );
    }
);

story!(
    whose_number_or_address_is_refused_for_good_is_not_written_to_there_again_with_all,
    town,
    {
        town.writes_by(gateway(|_| Some(("400 Bad Request", "{\"code\":21211}"))))
            .await;
        let nurse = town.nurse().await;
        let with_mail = registers(&town, "山田 花子", "090-1234-5678", "hanako@home.example").await;
        let without = registers(&town, "山田 太郎", "090-1234-5679", "").await;
        let both = [with_mail, without];
        assert_eq!(invites(&nurse, &both, Wave::First).await, (2, 0));
        assert!(town.new_mails().await.is_empty());
        let (_, messages) = nurse.invitation(without).await.unwrap().unwrap();
        let because = &messages[0].given_up.as_ref().unwrap().1;
        assert_eq!(
            because,
            "the SMS gateway refused the number or the message: 400, 21211"
        );
        town.minutes(1);
        let found = nurse.invitations(&both, Wave::First).await.unwrap();
        assert_eq!((found.had, found.by.get("sms")), (0, None));
        assert_eq!(found.by.get("mail"), Some(&1));
        assert_eq!(found.cannot, [(without, InviteProblem::CameBack)]);
        assert_eq!(invites(&nurse, &both, Wave::First).await, (1, 1));
        // The mailbox, too, is none: nothing is left by which she is written to.
        let refused = "the mail server refused the address or the mail: 550";
        assert_eq!(gives_up(&town, Queue::Mail, refused).await, 1);
        town.minutes(1);
        assert_eq!(invites(&nurse, &both, Wave::First).await, (0, 2));
        // Another number is another one, and so is another address.
        corrects(&nurse, with_mail, |typed| {
            typed.email = "yamada@home.example".to_owned();
        })
        .await;
        assert_eq!(invites(&nurse, &both, Wave::First).await, (1, 1));
        let sent = town.new_mails().await;
        assert!(
            sent.len() == 1 && sent[0].contains("yamada@home.example"),
            "{sent:?}"
        );
    }
);

story!(
    whom_the_release_before_gave_up_at_once_is_named_and_not_tried_anew,
    town,
    {
        let nurse = town.nurse().await;
        let case = registers(&town, "山田 花子", "090-1234-5678", "hanako@home.example").await;
        assert_eq!(invites(&nurse, &[case], Wave::First).await, (1, 0));
        // It had no other words for a refusal for good than for a gateway that was away for hours, and gave up at once.
        let refused = gives_up(&town, Queue::Sms, "the SMS gateway answered 400").await;
        assert_eq!(refused, 1);
        town.minutes(1);
        let found = nurse.invitations(&[case], Wave::First).await.unwrap();
        assert_eq!((found.had, found.by.get("sms")), (0, None));
        assert_eq!(invites(&nurse, &[case], Wave::First).await, (1, 0));
        let refused = gives_up(&town, Queue::Mail, "the mail server answered 550").await;
        assert_eq!(refused, 1, "otherwise");
        town.minutes(1);
        let found = nurse.invitations(&[case], Wave::First).await.unwrap();
        assert_eq!(found.cannot, [(case, InviteProblem::CameBack)]);
        assert_eq!(invites(&nurse, &[case], Wave::First).await, (0, 1));
        assert!(town.new_mails().await.is_empty());
    }
);
