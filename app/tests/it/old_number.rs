//! A number or an address that was corrected, or that turned out to be somebody else's: nothing goes there any more.

use crate::merges::merges;
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::case_registration::TypedCase;
use app::correction::CorrectPerson;
use app::hersys_id::Reissue;
use app::invitation::{InviteBy, InvitePerson, InviteProblem, Message, Wave};
use domain::ids::CaseId;
use storage::case_registration as cases;

pub async fn registers(town: &Town, name: &str, phone: &str, email: &str) -> CaseId {
    let row = format!("{name},,,1988-05-04,{phone},ja,2026-11-20,2026-11-18,,,,{email}");
    let id = town.case(&row).await;
    let found = town.nurse().await.case_by_number(&id).await.unwrap();
    found.unwrap().member.case
}

pub async fn corrects(nurse: &StaffDesk, case: CaseId, change: impl FnOnce(&mut TypedCase)) {
    let form = nurse.person_form(case).await.unwrap().unwrap();
    let (mut typed, version) = (form.typed, form.version);
    change(&mut typed);
    let done = nurse.correct_person(case, &typed, "A slip of the pen", version);
    assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
}

async fn invites(nurse: &StaffDesk, case: CaseId, by: InviteBy) {
    let invited = nurse.invite_person(case, by).await.unwrap();
    assert_eq!(invited, InvitePerson::Promised);
}

async fn newest(nurse: &StaffDesk, case: CaseId) -> Message {
    let (_, messages) = nurse.invitation(case).await.unwrap().unwrap();
    messages.into_iter().next().unwrap()
}

/// How many of one have had a message already.
async fn had(nurse: &StaffDesk, case: CaseId) -> usize {
    nurse.invitations(&[case], Wave::First).await.unwrap().had
}

story!(
    what_waits_for_a_number_or_an_address_is_withdrawn_when_it_is_corrected,
    town,
    {
        let nurse = town.nurse().await;
        let case = registers(&town, "山田 花子", "090-1234-5678", "hanko@home.example").await;
        for by in InviteBy::ALL {
            invites(&nurse, case, by).await;
        }
        town.minutes(1);
        // What says nothing of either leaves both on their way.
        corrects(&nurse, case, |typed| {
            typed.name_kana = "ヤマダ ハナコ".to_owned();
        })
        .await;
        assert_eq!(town.new_mails().await.len(), 2);

        invites(&nurse, case, InviteBy::Sms).await;
        town.minutes(1);
        corrects(&nurse, case, |typed| {
            typed.phone = "090-1234-5679".to_owned();
        })
        .await;
        assert!(town.new_mails().await.is_empty());
        let withdrawn = newest(&nurse, case).await;
        assert!(withdrawn.is_sms && withdrawn.withdrawn_at.is_some());
        invites(&nurse, case, InviteBy::Sms).await;
        let sent = town.new_mails().await;
        assert!(
            sent.len() == 1 && sent[0].starts_with("SMS to: +819012345679\n"),
            "{sent:?}"
        );

        town.minutes(1);
        invites(&nurse, case, InviteBy::Mail).await;
        town.minutes(1);
        corrects(&nurse, case, |typed| {
            typed.email = "hanako@home.example".to_owned();
        })
        .await;
        assert!(town.new_mails().await.is_empty());
        let withdrawn = newest(&nurse, case).await;
        assert!(!withdrawn.is_sms && withdrawn.withdrawn_at.is_some());
        // Without a number there is nothing to be invited to.
        town.minutes(1);
        invites(&nurse, case, InviteBy::Mail).await;
        corrects(&nurse, case, |typed| {
            typed.phone = String::new();
            typed.has_no_phone = true;
        })
        .await;
        assert!(town.new_mails().await.is_empty());
    }
);

story!(
    whoever_was_written_to_at_a_wrong_address_has_had_no_message,
    town,
    {
        let nurse = town.nurse().await;
        let case = registers(&town, "山田 花子", "03-1234-5678", "hanko@home.example").await;
        let many = nurse.invite_many(&[case], Wave::First).await.unwrap();
        assert_eq!(many.counts(), (1, 0));
        assert_eq!(town.new_mails().await.len(), 1);
        assert_eq!(had(&nurse, case).await, 1);
        town.minutes(1);
        corrects(&nurse, case, |typed| {
            typed.email = "hanako@home.example".to_owned();
        })
        .await;
        assert_eq!(had(&nurse, case).await, 0);
        let many = nurse.invite_many(&[case], Wave::First).await.unwrap();
        assert_eq!(many.counts(), (1, 0));
        let sent = town.new_mails().await;
        assert!(
            sent.len() == 1 && sent[0].contains("hanako@home.example"),
            "{sent:?}"
        );
        // The same address once more, with another correction, is no other one.
        town.minutes(1);
        corrects(&nurse, case, |typed| {
            typed.name_kana = "ヤマダ ハナコ".to_owned();
        })
        .await;
        assert_eq!(had(&nurse, case).await, 1);
    }
);

story!(
    whoever_was_sent_an_id_that_was_taken_back_has_had_no_message,
    town,
    {
        let nurse = town.nurse().await;
        let case = registers(&town, "山田 花子", "090-1234-5678", "").await;
        invites(&nurse, case, InviteBy::Sms).await;
        assert_eq!(town.new_mails().await.len(), 1);
        let again = async || {
            let found = nurse.invitations(&[case], Wave::Again).await.unwrap();
            (found.by.get("sms").copied(), found.cannot)
        };
        let just_sent = vec![(case, InviteProblem::JustSent)];
        assert_eq!(again().await, (None, just_sent.clone()));
        town.minutes(1);
        let version = nurse.case(case).await.unwrap().unwrap().version;
        let given = nurse
            .reissue_id(case, "The SMS reached a stranger", None, version)
            .await;
        let Reissue::Reissued(id) = given.unwrap() else {
            panic!("no other ID")
        };
        // Whoever looks at the person reads what that message was, and the others are not kept waiting for it.
        assert!(newest(&nurse, case).await.is_by_former_id);
        assert_eq!(had(&nurse, case).await, 0);
        assert_eq!(again().await, (Some(1), Vec::new()));
        town.minutes(1);
        let many = nurse.invite_many(&[case], Wave::Again).await.unwrap();
        assert_eq!(many.counts(), (1, 0));
        let sent = town.new_mails().await;
        assert!(sent.len() == 1 && sent[0].contains(&id), "{sent:?}");
        assert!(!newest(&nurse, case).await.is_by_former_id);
        assert_eq!(had(&nurse, case).await, 1);
        assert_eq!(again().await, (None, just_sent));
    }
);

story!(
    what_was_promised_while_two_people_were_one_record_reaches_nobody_once_they_are_two,
    town,
    {
        let nurse = town.nurse().await;
        let kept = registers(&town, "山田 花子", "03-1234-5678", "").await;
        let merged = registers(&town, "山田 華子", "03-1234-5679", "other@home.example").await;
        merges(&nurse, kept, merged).await;
        invites(&nurse, kept, InviteBy::Mail).await;
        town.minutes(1);
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert!(town.new_mails().await.is_empty());
        assert!(newest(&nurse, kept).await.withdrawn_at.is_some());
        // What had left the house by then was the other one's, too.
        merges(&nurse, kept, merged).await;
        invites(&nurse, kept, InviteBy::Mail).await;
        assert_eq!(town.new_mails().await.len(), 1);
        assert_eq!(had(&nurse, kept).await, 1);
        town.minutes(1);
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(had(&nurse, kept).await, 0);
    }
);

story!(
    what_waits_by_the_record_that_was_merged_goes_to_the_kept_number_or_to_nobody,
    town,
    {
        let nurse = town.nurse().await;
        let kept = registers(&town, "山田 花子", "090-1234-5678", "hanako@home.example").await;
        let same = registers(&town, "山田 華子", "090-1234-5678", "hanako@home.example").await;
        let slip = registers(&town, "山田 はな子", "090-1234-5679", "hanko@home.example").await;
        // Where both say the same, what was promised holds.
        for by in InviteBy::ALL {
            invites(&nurse, same, by).await;
        }
        merges(&nurse, kept, same).await;
        assert_eq!(town.new_mails().await.len(), 2);
        // Somebody has looked which number is right, and the gateway was away until then.
        for by in InviteBy::ALL {
            invites(&nurse, slip, by).await;
        }
        merges(&nurse, kept, slip).await;
        assert!(town.new_mails().await.is_empty());
    }
);

story!(nobody_is_invited_by_a_record_that_was_merged, town, {
    let nurse = town.nurse().await;
    let kept = registers(&town, "山田 花子", "090-1234-5678", "hanako@home.example").await;
    let slip = registers(&town, "山田 はな子", "090-1234-5679", "hanko@home.example").await;
    merges(&nurse, kept, slip).await;
    // A page of it stood open, or was kept as a bookmark.
    for by in InviteBy::ALL {
        let invited = nurse.invite_person(slip, by).await.unwrap();
        assert_eq!(invited, InvitePerson::Merged(kept));
    }
    assert!(town.new_mails().await.is_empty());
    // Among those who were chosen before that, the person gets one message, by what the kept record says.
    let chosen = [slip, kept];
    let found = nurse.invitations(&chosen, Wave::First).await.unwrap();
    assert_eq!(found.by.values().sum::<usize>(), 1);
    let many = nurse.invite_many(&chosen, Wave::First).await.unwrap();
    assert_eq!(many.counts(), (1, 0));
    let sent = town.new_mails().await;
    assert!(
        sent.len() == 1 && sent[0].starts_with("SMS to: +819012345678\n"),
        "{sent:?}"
    );
});

story!(
    whoever_invites_while_the_record_is_merged_invites_nobody_by_it,
    town,
    {
        if town.is_on_a_server() {
            let nurse = town.nurse().await;
            let kept = registers(&town, "山田 花子", "090-1234-5678", "").await;
            let slip = registers(&town, "山田 はな子", "090-1234-5679", "").await;
            let now = town.app.clock.now();
            let joins = move |tx: &mut storage::Tx<'_>, is_over: bool| match is_over {
                true => Ok(()),
                false => {
                    storage::monitoring::hold_all(tx, vec![slip, kept])?;
                    storage::merge::move_over(tx, slip, kept, (now, now)).map(|_| ())
                }
            };
            let invited = nurse.invite_person(slip, InviteBy::Sms);
            let invited = town.meanwhile(joins, invited).await.unwrap();
            assert_eq!(invited, InvitePerson::Merged(kept));
            assert!(town.new_mails().await.is_empty());
        }
    }
);

story!(
    a_correction_of_the_kept_record_withdraws_what_waits_by_the_one_that_was_merged,
    town,
    {
        let nurse = town.nurse().await;
        let kept = registers(&town, "山田 花子", "090-1234-5678", "hanko@home.example").await;
        let merged = registers(&town, "山田 華子", "090-1234-5678", "hanko@home.example").await;
        for by in InviteBy::ALL {
            invites(&nurse, merged, by).await;
        }
        merges(&nurse, kept, merged).await;
        corrects(&nurse, kept, |typed| {
            typed.phone = "090-1234-5679".to_owned();
            typed.email = "hanako@home.example".to_owned();
        })
        .await;
        assert!(town.new_mails().await.is_empty());
    }
);

story!(
    whoever_invites_while_the_record_is_corrected_invites_by_what_stands_then,
    town,
    {
        if town.is_on_a_server() {
            let nurse = town.nurse().await;
            let case = registers(&town, "山田 花子", "03-1234-5678", "hanko@home.example").await;
            let corrected = move |tx: &mut storage::Tx<'_>, is_over: bool| {
                if is_over {
                    return Ok(());
                }
                storage::monitoring::hold(tx, case)?;
                let person = cases::by_id(tx, case)?.unwrap().person;
                cases::set_email(tx, person, None, None)?;
                cases::person_changed(tx, person)
            };
            let invited = nurse.invite_person(case, InviteBy::Mail);
            let invited = town.meanwhile(corrected, invited).await.unwrap();
            let said = InvitePerson::Problem(InviteProblem::NoAddress);
            assert_eq!(invited, said);
            assert!(town.new_mails().await.is_empty());
        }
    }
);

story!(
    an_address_that_was_corrected_is_as_new_in_the_record_that_takes_it_over,
    town,
    {
        let nurse = town.nurse().await;
        let kept = registers(&town, "山田 花子", "03-1234-5678", "").await;
        let merged = registers(&town, "山田 華子", "03-1234-5679", "hanko@home.example").await;
        invites(&nurse, merged, InviteBy::Mail).await;
        assert_eq!(town.new_mails().await.len(), 1);
        town.minutes(1);
        corrects(&nurse, merged, |typed| {
            typed.email = "hanako@home.example".to_owned();
        })
        .await;
        merges(&nurse, kept, merged).await;
        assert_eq!(had(&nurse, kept).await, 0);
    }
);
