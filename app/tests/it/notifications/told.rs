//! How it is told of that somebody needs help at once: of many in one message, and of each from the moment from which it waits.

use super::at_once::fumi;
use super::{clinic, enters};
use crate::story;
use app::notification::Settle;
use storage::engine::At;
use storage::notification as rows;

story!(
    a_crowd_that_came_one_after_the_other_is_told_of_in_one_message,
    town,
    {
        let clinic = clinic(&town, "minato").await;
        let names = [
            "鈴木 ふみ",
            "佐藤 まり",
            "高橋 けい",
            "田中 りか",
            "伊藤 さき",
            "渡辺 ゆき",
        ];
        for (minute, name) in names.into_iter().enumerate() {
            town.minutes(i64::from(minute > 0));
            let mut typed = fumi();
            typed.insert("name".to_owned(), name.to_owned());
            enters(&clinic, &typed).await;
        }
        town.new_mails().await;
        let system = town.app.system_desk();
        // The first is due, the others in the minutes to come.
        assert_eq!(system.pass_notifications_on().await.unwrap(), 6);
        let mails = town.new_mails().await;
        assert_eq!(mails.len(), 1, "{mails:#?}");
        assert!(mails[0].contains("ほか5件"), "{}", mails[0]);
        assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
        // The prefecture is told of each when it has waited for so long, and then of all of them again, together.
        let mut passed = 0;
        for _ in 0..20 {
            town.minutes(1);
            passed += system.pass_notifications_on().await.unwrap();
        }
        assert_eq!(passed, 6);
        town.new_mails().await;
        town.minutes(25);
        assert_eq!(system.pass_notifications_on().await.unwrap(), 6);
        let mails = town.new_mails().await;
        let of_nurse = mails.iter().filter(|m| m.contains("nurse@center.example"));
        assert_eq!(of_nurse.count(), 1, "{mails:#?}");
    }
);

story!(
    what_was_answered_and_asked_about_again_is_not_told_of_by_the_first_question,
    town,
    {
        let clinic = clinic(&town, "minato").await;
        let nurse = town.nurse().await;
        let pressing = enters(&clinic, &fumi()).await;
        let asked = nurse.send_notification_back(pressing, 1, "Where is she?");
        assert!(matches!(asked.await.unwrap(), Settle::Done));
        town.minutes(45);
        // One that tells of it has read that it is due, and has not told of it yet.
        let db = town.database().await;
        let now = town.app.clock.now();
        let due = db.read(move |tx| rows::due(tx, now, 9)).await.unwrap();
        assert_eq!((due[0].id, due[0].is_asked), (pressing, true));
        let clinic = town.staff("minato@clinic.example").await;
        let typed = fumi();
        let answered = clinic.correct_notification(pressing, 2, (&typed, "At home"), true);
        answered.await.unwrap();
        let nurse = town.nurse().await;
        let asked = nurse.send_notification_back(pressing, 3, "Which home?");
        assert!(matches!(asked.await.unwrap(), Settle::Done));
        let read = due[0].clone();
        let told = db.write(move |tx| rows::passed_on(tx, &read, now));
        assert!(!told.await.unwrap(), "it was asked about just now");
        let system = town.app.system_desk();
        town.minutes(44);
        assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
        town.minutes(1);
        assert_eq!(system.pass_notifications_on().await.unwrap(), 1);
    }
);

story!(
    what_an_older_node_sends_back_is_told_of_once_nobody_has_answered_for_so_long,
    town,
    {
        let clinic = clinic(&town, "minato").await;
        let pressing = enters(&clinic, &fumi()).await;
        let system = town.app.system_desk();
        town.minutes(5);
        assert_eq!(system.pass_notifications_on().await.unwrap(), 1);
        town.minutes(14);
        // It leaves when it was to be told of next while it waited, and how often it was.
        let (db, now) = (town.database().await, town.app.clock.now());
        let sent_back = "UPDATE notifications SET state = 'sent_back', changed_at = $2, version = version + 1 WHERE id = $1";
        let by_older = db.write(move |tx| tx.execute(sent_back, &[&pressing.uuid(), &At(now)]));
        assert_eq!(by_older.await.unwrap(), 1);
        for wait in [1, 30, 13] {
            town.minutes(wait);
            assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
        }
        town.minutes(1);
        assert_eq!(system.pass_notifications_on().await.unwrap(), 1);
        // And then ever more seldom, from the first time on.
        town.minutes(44);
        assert_eq!(system.pass_notifications_on().await.unwrap(), 0);
        town.minutes(1);
        assert_eq!(system.pass_notifications_on().await.unwrap(), 1);
    }
);
