//! The system itself addresses every message from the record.

use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::invitation::{InvitePerson, InviteProblem};
use app::worklist::Filter;
use domain::ids::CaseId;

async fn case_of(town: &Town, nurse: &StaffDesk, phone: &str) -> CaseId {
    let id = town
        .case(&format!(
            "山田 花子,,,1988-05-04,{phone},ja,2026-11-20,2026-11-18,,,"
        ))
        .await;
    nurse.cases(&id, 0).await.unwrap().0[0].member.case
}

story!(
    a_person_is_invited_without_a_name_and_without_a_disease,
    town,
    {
        let nurse = town.nurse().await;
        let case = case_of(&town, &nurse, "090-1234-5678").await;
        let (preview, messages) = nurse.invitation(case).await.unwrap().unwrap();
        assert_eq!(
            (preview.to.as_str(), preview.problem, messages.len()),
            ("…5678", None, 0)
        );
        assert_eq!(
            nurse.invite_person(case).await.unwrap(),
            InvitePerson::Promised
        );
        let sent = town.new_mails().await;
        assert_eq!(sent.len(), 1);
        assert!(
            sent[0].starts_with("SMS to: +819012345678\n"),
            "{}",
            sent[0]
        );
        assert!(sent[0].contains("http://portal.example/?id="));
        for secret in ["山田", "COVID", "コロナ"] {
            assert!(!sent[0].contains(secret), "{secret}");
        }
        let (_, messages) = nurse.invitation(case).await.unwrap().unwrap();
        assert!(messages[0].sent_at.is_some());
        for _ in 0..4 {
            assert_eq!(
                nurse.invite_person(case).await.unwrap(),
                InvitePerson::Promised
            );
        }
        assert_eq!(
            nurse.invite_person(case).await.unwrap(),
            InvitePerson::Problem(InviteProblem::Enough)
        );
        let at_home = case_of(&town, &nurse, "03-1234-5678").await;
        assert_eq!(
            nurse.invite_person(at_home).await.unwrap(),
            InvitePerson::Problem(InviteProblem::NoMobile)
        );
        // A message that the network gave back stands on the worklist until another one is sent.
        let bounced = async || {
            let list = nurse
                .worklist(None, Filter::default())
                .await
                .unwrap()
                .unwrap();
            list.bounced
                .into_iter()
                .map(|(case, _)| case)
                .collect::<Vec<_>>()
        };
        town.new_mails().await;
        assert!(bounced().await.is_empty());
        let database = town.database().await;
        database
        .write(|tx| {
            tx.execute(
                "UPDATE outbox SET gave_up_at = created_at, sent_at = NULL WHERE kind = 'sms_invitation'",
                &[],
            )
        })
        .await
        .unwrap();
        assert_eq!(bounced().await, [case]);
        town.days(1);
        let nurse = town.nurse().await;
        assert_eq!(
            nurse.invite_person(case).await.unwrap(),
            InvitePerson::Promised
        );
        let list = nurse
            .worklist(None, Filter::default())
            .await
            .unwrap()
            .unwrap();
        assert!(list.bounced.is_empty());
    }
);
