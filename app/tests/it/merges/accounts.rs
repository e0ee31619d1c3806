//! Whoever signed up with the number of the record that was merged is written to as if it were the one that is kept.

use super::{again, merges};
use crate::reminders::reminds_at;
use crate::reports::family;
use crate::retention::is_now;
use crate::story;
use crate::town::{Town, hanako, register};
use app::PatientDesk;
use app::attributes::{Registration, Typed};
use app::reporting_request::Issue;
use app::worklist::Filter;
use domain::ids::{CaseId, RequestId};
use jiff::SignedDuration;
use storage::outbox::Queue;

/// Hanako, of whom two records became one, signs up with the number of the merged one: the account, and the record that is kept.
async fn signs_up_with_the_other_number(town: &mut Town, email: &str) -> (PatientDesk, CaseId) {
    let first = town.hanako().await;
    let (merged, number) = again(town).await;
    let nurse = town.nurse().await;
    let kept = nurse.case_by_number(&first).await.unwrap().unwrap();
    let kept = kept.member.case;
    merges(&nurse, kept, merged).await;
    let desk = town.account(email).await;
    let typed = Typed {
        name: "山田 華子".to_owned(),
        ..hanako(&number)
    };
    let done = register(&desk, &typed).await;
    assert!(matches!(done, Registration::Registered(case) if case == merged));
    (desk, kept)
}

async fn reminded(town: &Town) -> usize {
    town.app.system_desk().send_reminders().await.unwrap()
}

story!(
    a_family_that_signed_up_with_the_merged_number_is_reminded_and_its_dead_mailbox_is_seen,
    town,
    {
        let (desk, kept) = signs_up_with_the_other_number(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        reminds_at(&town, "13:00").await;
        town.new_mails().await;
        town.days(1);
        town.minutes(4 * 60);
        assert_eq!(reminded(&town).await, 1);
        let mails = town.new_mails().await;
        assert_eq!(mails.len(), 1);
        assert!(mails[0].contains("To: a@example.org"), "{}", mails[0]);

        // The next one comes back.
        town.days(1);
        assert_eq!(reminded(&town).await, 1);
        let (db, now) = (town.database().await, town.clock.now());
        let given_up = db.write(move |tx| {
            let lease = now + SignedDuration::from_mins(1);
            let due = storage::outbox::take_due(tx, Queue::Reminders, 10, (now, lease))?;
            for one in &due {
                storage::outbox::give_up(tx, one.id, now, "the mail server answered 550")?;
            }
            Ok(due.len())
        });
        assert_eq!(given_up.await.unwrap(), 1);
        let list = nurse.worklist(None, Filter::default()).await.unwrap();
        let bounced = list.unwrap().bounced;
        assert_eq!((bounced.len(), bounced[0].case), (1, kept));
        let found = nurse.case(kept).await.unwrap().unwrap();
        assert_eq!(
            bounced[0].names[0].1.expose(),
            found.names[0].1.expose().as_str()
        );
        let messages = nurse.account_messages(kept).await.unwrap().unwrap();
        let fates: Vec<_> = messages.iter().map(|one| one.given_up.is_some()).collect();
        assert_eq!(fates, [true, false], "the latest first");

        // Of two records that are parted the one that has the account has the mailbox; and of two that become one, both.
        let merged = nurse.merges(kept).await.unwrap()[0].merged.0;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        let shown = async || {
            let list = nurse.worklist(None, Filter::default()).await.unwrap();
            let bounced = list.unwrap().bounced;
            bounced.into_iter().map(|one| one.case).collect::<Vec<_>>()
        };
        assert_eq!(shown().await, [merged]);
        merges(&nurse, kept, merged).await;
        assert_eq!(shown().await, [kept]);

        // Whoever of the family is added stands on the page of each.
        let id = town
            .case("山田 太郎,,,2015-05-04,09012345678,ja,2026-11-20,2026-11-18,,,")
            .await;
        let taro = Typed {
            name: "山田太郎".to_owned(),
            birth_year: "2015".to_owned(),
            ..hanako(&id)
        };
        let Registration::Registered(taro) = register(&desk, &taro).await else {
            panic!("refused")
        };
        let relatives = async |case| {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            let family = following.family.into_iter();
            family
                .map(|one| (one.case, one.by_phone, one.is_followed))
                .collect::<Vec<_>>()
        };
        assert_eq!(relatives(kept).await, [(taro, false, true)]);
        assert_eq!(relatives(taro).await, [(kept, false, true)]);
    }
);

story!(
    a_reminder_that_waits_while_two_records_become_one_is_sent_as_long_as_it_is_needed,
    town,
    {
        let (_, merged) = family(&mut town, "a@example.org").await;
        let (kept, _) = again(&town).await;
        reminds_at(&town, "18:00").await;
        town.new_mails().await;
        town.days(1);
        town.minutes(9 * 60 + 1);
        assert_eq!(reminded(&town).await, 1);
        let nurse = town.nurse().await;
        merges(&nurse, kept, merged).await;
        assert_eq!(town.new_mails().await.len(), 1);
        // The next day the hospital phones before it is sent.
        town.days(1);
        assert_eq!(reminded(&town).await, 1);
        is_now(&town, kept, "hospital").await;
        let counts = town.app.outbox().counts().await.unwrap();
        assert_eq!((counts.waiting, counts.given_up), (0, 0));
        assert!(town.new_mails().await.is_empty());
    }
);

story!(
    each_of_two_families_that_signed_up_for_one_person_is_reminded_and_told_of_a_request,
    town,
    {
        let (_, kept) = signs_up_with_the_other_number(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let own = nurse.case(kept).await.unwrap().unwrap().member.hersys_id;
        let issues = async || {
            let (_, _, typed) = nurse.request_to_begin_with(kept).await.unwrap().unwrap();
            let key = RequestId::from_uuid(nurse.new_form_key());
            let issued = nurse.issue_request(kept, key, &typed, false).await.unwrap();
            assert!(matches!(issued, Issue::Issued(..)));
        };
        let to = |mails: &[String], email: &str| {
            let email = format!("To: {email}");
            mails.iter().filter(|mail| mail.contains(&email)).count()
        };
        town.new_mails().await;
        issues().await;
        let mails = town.new_mails().await;
        assert_eq!(to(&mails, "a@example.org"), 1, "{mails:?}");

        // Her father signs up with the number that she was given first.
        let father = town.account("b@example.org").await;
        let done = register(&father, &hanako(&own)).await;
        assert!(matches!(done, Registration::Registered(case) if case == kept));
        town.new_mails().await;
        town.minutes(1);
        issues().await;
        let mails = town.new_mails().await;
        let each = (to(&mails, "a@example.org"), to(&mails, "b@example.org"));
        assert_eq!(each, (1, 1), "{mails:?}");
        reminds_at(&town, "18:00").await;
        town.days(1);
        town.minutes(9 * 60);
        assert_eq!(reminded(&town).await, 2);
        let mails = town.new_mails().await;
        let each = (to(&mails, "a@example.org"), to(&mails, "b@example.org"));
        assert_eq!(each, (1, 1), "{mails:?}");
    }
);
