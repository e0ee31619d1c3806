//! Who has not reported is reminded at the times that the center set: once for each family and time.

use crate::reports::{family, sends};
use crate::story;
use crate::town::{Town, hanako, register};
use app::keys::{Keys, MasterKey};
use app::monitoring::{Decide, TypedDecision};
use app::place_settings::TypedFollowing;
use domain::ids::{CaseId, MessageId};
use domain::language::Language;
use storage::reminders as rows;

/// The town's clock stands at 9 o'clock in the morning.
pub async fn reminds_at(town: &Town, times: &str) {
    let typed = TypedFollowing {
        deadline: "10:00".to_owned(),
        tell_center_after: "5".to_owned(),
        tell_prefecture_after: "20".to_owned(),
        tell_again_every: "30".to_owned(),
        tell_taken_after: "45".to_owned(),
        transfer_due_after: "120".to_owned(),
        sms_from: "2".to_owned(),
        reminders: times.to_owned(),
    };
    let following = app::place_settings::check(&typed).unwrap();
    let nurse = town.nurse().await;
    nurse.set_following(following, None, None).await.unwrap();
}

async fn reminded(town: &Town) -> usize {
    town.app.system_desk().send_reminders().await.unwrap()
}

async fn is_now(town: &Town, case: CaseId, status: &str) {
    let nurse = town.nurse().await;
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let typed = TypedDecision {
        status: status.to_owned(),
        reason: "Told by phone".to_owned(),
        version: following.monitoring.version,
        ..TypedDecision::default()
    };
    match nurse.decide(case, &typed).await.unwrap() {
        Decide::Decided => {}
        other => panic!("{other:?}"),
    }
}

story!(
    a_family_is_reminded_once_for_each_time_and_not_after_a_report,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        // A second member of the same family: one mail all the same.
        let id = town
            .case("山田 太郎,,,2015-05-04,09012345678,ja,2026-11-20,2026-11-18,,,")
            .await;
        let taro = app::attributes::Typed {
            name: "山田太郎".to_owned(),
            birth_year: "2015".to_owned(),
            ..hanako(&id)
        };
        assert!(matches!(
            register(&desk, &taro).await,
            app::attributes::Registration::Registered(_)
        ));
        reminds_at(&town, "18:00 20:30").await;
        town.days(1);
        town.new_mails().await;
        assert_eq!(reminded(&town).await, 0, "9 o'clock");
        town.minutes(9 * 60 + 1);
        let elsewhere = town.another_process().await;
        let (here, there) = tokio::join!(reminded(&town), async {
            elsewhere.system_desk().send_reminders().await.unwrap()
        });
        assert_eq!(here + there, 1, "two processes, one mail");
        town.restart().await;
        assert_eq!(reminded(&town).await, 0);
        let mails = town.new_mails().await;
        assert_eq!(mails.len(), 1);
        assert!(mails[0].contains("http://portal.example"));
        for secret in ["Hanako", "花子", "COVID", "コロナ"] {
            assert!(!mails[0].contains(secret), "{secret}");
        }
        // One of the two reports; the other one is still missing at half past eight.
        let desk = town.signed_in("a@example.org").await;
        sends(&desk, case, "36.5", "98").await;
        town.minutes(150);
        assert_eq!(reminded(&town).await, 1);
        town.days(1);
        for member in desk.members().await.unwrap() {
            sends(&desk, member.case, "36.5", "98").await;
        }
        assert_eq!(reminded(&town).await, 0, "all have reported");
    }
);

story!(
    nobody_is_reminded_who_wishes_none_or_is_not_expected_to_report,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        reminds_at(&town, "17:00 18:00").await;
        town.days(1);
        town.minutes(8 * 60 + 1);
        desk.want_reminders(false).await.unwrap();
        assert_eq!(reminded(&town).await, 0);
        desk.want_reminders(true).await.unwrap();
        assert_eq!(reminded(&town).await, 0, "this time is over for everybody");
        town.minutes(60);
        assert_eq!(reminded(&town).await, 1);
        for status in ["hospital", "died"] {
            is_now(&town, case, status).await;
            town.days(1);
            assert_eq!(reminded(&town).await, 0, "{status}");
        }
        is_now(&town, case, "home").await;
        // Late: whoever was cut off at six reminds nobody at ten.
        town.days(1);
        town.minutes(180);
        assert_eq!(reminded(&town).await, 0);
    }
);

story!(
    a_reminder_that_could_not_leave_in_time_wakes_nobody_after_its_day,
    town,
    {
        family(&mut town, "a@example.org").await;
        reminds_at(&town, "18:00 21:30").await;
        town.days(1);
        town.minutes(12 * 60 + 31);
        town.new_mails().await;
        assert_eq!(reminded(&town).await, 1);
        // The mail server is away until ten past midnight.
        town.minutes(2 * 60 + 40);
        assert!(town.new_mails().await.is_empty(), "that day is over");
        // The whole system is away in the evening: it reminds late, but for no longer than it makes sense.
        town.minutes(20 * 60 + 39);
        assert_eq!(reminded(&town).await, 1, "ten to nine");
        town.minutes(15);
        assert!(town.new_mails().await.is_empty());
        town.minutes(26);
        assert_eq!(reminded(&town).await, 1, "half past nine");
        assert_eq!(town.new_mails().await.len(), 1);
        let counts = town.app.outbox().counts().await.unwrap();
        assert_eq!((counts.waiting, counts.given_up), (0, 2));
    }
);

story!(
    a_reminder_that_waits_is_withdrawn_when_somebody_has_died,
    town,
    {
        let (_, alone) = family(&mut town, "a@example.org").await;
        reminds_at(&town, "18:00").await;
        town.days(1);
        town.minutes(9 * 60 + 1);
        assert_eq!(reminded(&town).await, 1);
        // The mail server is down for an hour; meanwhile the hospital phones.
        is_now(&town, alone, "died").await;
        assert!(town.new_mails().await.is_empty(), "no mail to the family");
        let counts = town.app.outbox().counts().await.unwrap();
        assert_eq!((counts.waiting, counts.given_up), (0, 0), "nobody failed");
    }
);

story!(
    a_reminder_that_waits_goes_to_nobody_who_has_reported_meanwhile,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        reminds_at(&town, "18:00").await;
        town.days(1);
        town.minutes(9 * 60 + 1);
        assert_eq!(reminded(&town).await, 1);
        // There is a queue at the mail server; meanwhile the family reports.
        sends(&desk, case, "36.5", "98").await;
        assert!(town.new_mails().await.is_empty());
        let counts = town.app.outbox().counts().await.unwrap();
        assert_eq!((counts.waiting, counts.given_up), (0, 0), "nobody failed");
        // The next day it is turned off before it could be sent.
        town.days(1);
        assert_eq!(reminded(&town).await, 1);
        desk.want_reminders(false).await.unwrap();
        assert!(town.new_mails().await.is_empty());
    }
);

story!(
    a_reminder_is_written_in_the_words_that_hold_when_it_is_sent,
    town,
    {
        let (desk, _) = family(&mut town, "a@example.org").await;
        reminds_at(&town, "18:00").await;
        town.days(1);
        town.minutes(9 * 60 + 1);
        town.new_mails().await;
        assert_eq!(reminded(&town).await, 1);
        desk.set_language(Language::Ja).await.unwrap();
        let mails = town.new_mails().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert!(mails[0].contains("To: a@example.org"));
        assert!(mails[0].contains("今日の報告"), "{}", mails[0]);
        // This center has not set its phone number: whom to call is said all the same.
        assert!(mails[0].contains("Minato にお電話"), "{}", mails[0]);
        // A release before wrote it when it was promised: what still waits of it is sent as it stands.
        let keys = Keys::new(&MasterKey::from_bytes([1; 32]));
        let sealed = keys.seal(
            "mail",
            br#"{"to":"b@example.org","subject":"S","text":"Of old"}"#,
        );
        let now = town.clock.now();
        let db = town.database().await;
        db.write(move |tx| {
            let id = MessageId::from_uuid(uuid::Uuid::new_v4());
            storage::outbox::insert(tx, id, "reminder", &sealed, now, None)
        })
        .await
        .unwrap();
        let mails = town.new_mails().await;
        assert!(mails[0].contains("Of old"), "{mails:?}");
    }
);

story!(
    a_reminder_stays_that_another_member_of_the_family_needs,
    town,
    {
        let (desk, first) = family(&mut town, "a@example.org").await;
        let id = town
            .case("山田 太郎,,,2015-05-04,09012345678,ja,2026-11-20,2026-11-18,,,")
            .await;
        let taro = app::attributes::Typed {
            name: "山田太郎".to_owned(),
            birth_year: "2015".to_owned(),
            ..hanako(&id)
        };
        register(&desk, &taro).await;
        let members = desk.members().await.unwrap();
        let second = members
            .iter()
            .find(|member| member.case != first)
            .unwrap()
            .case;
        reminds_at(&town, "18:00").await;
        town.days(1);
        town.minutes(9 * 60 + 1);
        assert_eq!(reminded(&town).await, 1);
        // One goes to hospital: the other one has still to report, and the mail names nobody.
        is_now(&town, first, "hospital").await;
        assert_eq!(town.app.outbox().counts().await.unwrap().waiting, 1);
        is_now(&town, second, "hospital").await;
        assert_eq!(town.app.outbox().counts().await.unwrap().waiting, 0);
        assert!(town.new_mails().await.is_empty());
    }
);

/// A release before promises a reminder: it notes in a table of its own whom it has reminded, and the outbox does not say
/// of which day.
async fn an_older_release_reminds(town: &Town, case: CaseId) {
    let now = town.clock.now();
    let day = domain::health_day::health_day(now, &jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
    let db = town.database().await;
    db.write(move |tx| {
        tx.execute(
            "INSERT INTO reminders_sent (account_id, health_day, slot, at)
             SELECT account_id, $2, '18:00', $3 FROM cases WHERE id = $1",
            &[&case.uuid(), &day, &storage::engine::At(now)],
        )?;
        tx.execute(
            "INSERT INTO outbox (id, kind, created_at, next_at, attempts, account_id, health_center_id, queue)
             SELECT $2, 'reminder', $3, $3, 0, account_id, health_center_id, 'reminders' FROM cases WHERE id = $1",
            &[&case.uuid(), &uuid::Uuid::new_v4(), &storage::engine::At(now)],
        )
    })
    .await
    .unwrap();
}

story!(
    whom_a_release_before_has_reminded_gets_no_other_mail,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        reminds_at(&town, "18:00").await;
        town.days(1);
        town.minutes(9 * 60 + 1);
        town.new_mails().await;
        an_older_release_reminds(&town, case).await;
        assert_eq!(reminded(&town).await, 0);
        assert_eq!(town.new_mails().await.len(), 1, "what was promised is sent");
        // The next day they report before it could be sent.
        town.days(1);
        an_older_release_reminds(&town, case).await;
        assert_eq!(reminded(&town).await, 0);
        sends(&desk, case, "36.5", "98").await;
        assert!(town.new_mails().await.is_empty());
        // Then they go to hospital: what waits is withdrawn as it would be by that release.
        town.days(1);
        an_older_release_reminds(&town, case).await;
        is_now(&town, case, "hospital").await;
        let counts = town.app.outbox().counts().await.unwrap();
        assert_eq!((counts.waiting, counts.given_up), (0, 0));
        // Another time of the day is another reminder.
        is_now(&town, case, "home").await;
        reminds_at(&town, "18:00 18:01").await;
        assert_eq!(reminded(&town).await, 1);
    }
);

story!(
    however_many_runs_it_takes_each_family_is_reminded_once,
    town,
    {
        // Two at a time: the two members of the first family stand in different runs.
        let (desk, _) = family(&mut town, "a@example.org").await;
        let mut families = vec![desk];
        for email in ["b@example.org", "c@example.org"] {
            families.push(town.account(email).await);
        }
        for (of, name) in [(1, "二郎"), (2, "三郎"), (0, "太郎"), (2, "四郎")] {
            let row = format!("山田 {name},,,2015-05-04,09012345678,ja,2026-11-20,2026-11-18,,,");
            let id = town.case(&row).await;
            let typed = app::attributes::Typed {
                name: format!("山田{name}"),
                birth_year: "2015".to_owned(),
                ..hanako(&id)
            };
            assert!(matches!(
                register(&families[of], &typed).await,
                app::attributes::Registration::Registered(_)
            ));
        }
        families[1].want_reminders(false).await.unwrap();
        town.new_mails().await;
        town.days(1);
        let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
        let now = town.clock.now();
        let day =
            domain::health_day::health_day(now, &jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
        let run = async |db: storage::Db, slot: &'static str| {
            let (mut after, mut promised, mut runs) = (rows::first(), 0, 0);
            loop {
                let to = db.read(move |tx| rows::end_of_run(tx, center, day, after, 2));
                let to = to.await.unwrap();
                promised += db
                    .write(move |tx| {
                        let reminder = rows::Reminder {
                            center,
                            day,
                            slot,
                            now,
                            expires: now + jiff::SignedDuration::from_hours(3),
                        };
                        rows::promise(tx, &reminder, (after, to), uuid::Uuid::new_v4())
                    })
                    .await
                    .unwrap();
                runs += 1;
                match to {
                    Some(to) => after = to,
                    None => return (promised, runs),
                }
            }
        };
        assert_eq!(run(town.database().await, "18:00").await, (2, 3));
        assert_eq!(run(town.database().await, "18:00").await, (0, 3));
        // Two processes at once, at another time of the day.
        let (here, there) = (town.database().await, town.database().await);
        let (here, there) = tokio::join!(run(here, "20:00"), run(there, "20:00"));
        assert_eq!(here.0 + there.0, 2, "{} here, {} there", here.0, there.0);
        assert_eq!(town.app.outbox().counts().await.unwrap().waiting, 4);
        let mails = town.new_mails().await;
        let to = |email: &str| mails.iter().filter(|mail| mail.contains(email)).count();
        assert_eq!((to("To: a@"), to("To: b@"), to("To: c@")), (2, 0, 2));
    }
);
