//! The system itself addresses every message from the record.

use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::invitation::{InviteBy, InvitePerson, InviteProblem};
use app::rules::{ChangeRule, Typed};
use app::worklist::Filter;
use domain::ids::CaseId;
use domain::language::Language;
use domain::rules::{RuleKind, apply};

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
        let (previews, messages) = nurse.invitation(case).await.unwrap().unwrap();
        let preview = &previews[0];
        assert_eq!(
            (preview.to.as_str(), preview.problem, messages.len()),
            ("…5678", None, 0)
        );
        assert_eq!(
            nurse.invite_person(case, InviteBy::Sms).await.unwrap(),
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
                nurse.invite_person(case, InviteBy::Sms).await.unwrap(),
                InvitePerson::Promised
            );
        }
        assert_eq!(
            nurse.invite_person(case, InviteBy::Sms).await.unwrap(),
            InvitePerson::Problem(InviteProblem::Enough)
        );
        let at_home = case_of(&town, &nurse, "03-1234-5678").await;
        assert_eq!(
            nurse.invite_person(at_home, InviteBy::Sms).await.unwrap(),
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
            nurse.invite_person(case, InviteBy::Sms).await.unwrap(),
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

story!(a_mail_invites_whoever_has_no_mobile_phone, town, {
    let nurse = town.nurse().await;
    let file = format!(
        "{},email\n\
         山田 花子,,,1988-05-04,03-1234-5678,ja,2026-11-20,,,,,hanako@home.example\n\
         山田 太郎,,,1986-05-04,090-1234-5678,en,2026-11-20,,,,,\n\
         山田 次郎,,,2016-05-04,03-1234-5678,en,2026-11-20,,,,,\n",
        app::case_import::HEADER.join(",")
    );
    let bad = file.replace("hanako@home.example", "hanako at home");
    assert!(
        nurse
            .look_at_import(bad.as_bytes(), Language::En)
            .await
            .unwrap()
            .is_err()
    );
    let (draft, _, _) = nurse
        .look_at_import(file.as_bytes(), Language::En)
        .await
        .unwrap()
        .unwrap();
    nurse.import(draft, Vec::new(), Language::En).await.unwrap();
    let cases = nurse.imported(draft).await.unwrap().unwrap();
    let found = nurse.invitations(&cases).await.unwrap();
    assert_eq!((found.by["sms"], found.by["mail"]), (1, 1));
    assert_eq!(found.cannot.len(), 1);
    assert_eq!(found.cannot[0].1, InviteProblem::NoMobile);
    let mail = found
        .samples
        .iter()
        .find(|s| s.by == InviteBy::Mail)
        .unwrap();
    assert_eq!(mail.to, "h…@home.example");
    assert_eq!(nurse.invite_many(&cases).await.unwrap(), (2, 1));
    let sent = town.new_mails().await;
    assert_eq!(sent.len(), 2);
    let mail = sent.iter().find(|m| !m.starts_with("SMS")).unwrap();
    assert!(mail.contains("hanako@home.example") && mail.contains("/?id="));
    for secret in ["山田", "COVID", "コロナ"] {
        assert!(!mail.contains(secret), "{secret}");
    }
    // Pressed again: nobody gets a second one.
    assert_eq!(nurse.invite_many(&cases).await.unwrap(), (0, 1));
    assert_eq!(nurse.invitations(&cases).await.unwrap().had, 2);
});

story!(a_center_writes_its_own_words, town, {
    let nurse = town.nurse().await;
    let case = case_of(&town, &nurse, "090-1234-5678").await;
    let kind = RuleKind::Messages;
    let today = nurse.rules_today().await.unwrap();
    let stands = nurse
        .rule_on(kind, app::programme::PROGRAMME, today)
        .await
        .unwrap()
        .unwrap();
    let typed = |sms: &str| {
        let fields = [("invitation_sms.ja".to_owned(), sms.to_owned())];
        Typed {
            programme: String::new(),
            text: apply(kind, &stands.file.text, &fields).unwrap(),
            valid_from: "2026-11-23".to_owned(),
            why: "Shorter".to_owned(),
        }
    };
    for (sms, told) in [
        ("ご報告ください", "url"),
        ("{{ name }}さん {{ url }}", "invitation_sms.ja"),
        ("新型コロナの件 {{ url }}", "disease"),
        (&"長".repeat(60), "url"),
        (&format!("{} {{{{ url }}}}", "長".repeat(50)), "networks"),
    ] {
        match nurse.change_rule(kind, &typed(sms)).await.unwrap() {
            ChangeRule::Problems(problems) => {
                assert!(problems[0].1.to_string().contains(told), "{problems:?}");
            }
            ChangeRule::Saved => panic!("{sms}"),
        }
    }
    let own = typed("{{ center }}です {{ url }}");
    match nurse.preview_rule(kind, &own).await.unwrap() {
        Ok((_, app::rules::preview::Preview::Messages(samples))) => {
            assert!(samples[0].after.starts_with("Minatoです http"));
            assert!(samples[0].counted.is_some());
        }
        _ => panic!("no preview"),
    }
    assert!(matches!(
        nurse.change_rule(kind, &own).await.unwrap(),
        ChangeRule::Saved
    ));
    nurse.invite_person(case, InviteBy::Sms).await.unwrap();
    let sent = town.new_mails().await;
    assert!(
        sent[0].contains("Minatoです http://portal.example/?id="),
        "{sent:?}"
    );
});
