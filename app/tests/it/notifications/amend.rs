//! Once it is confirmed, whoever notified asks the center to correct or withdraw it, and sees what became of that.

use super::{clinic, confirms, enters, ken};
use crate::story;
use crate::transfers::{moves, shibuya};
use app::notification::{AskToAmend, AskedToAmend};
use app::staff::NewStaff;
use app::tasks::{About, FinishTask};
use app::worklist::Filter;
use domain::ids::NotificationId;
use domain::staff_role::StaffRole;

async fn asked(desk: &app::StaffDesk, id: NotificationId) -> Vec<AskedToAmend> {
    desk.notification(id).await.unwrap().unwrap().asked
}

story!(
    what_is_wrong_with_a_confirmed_notification_is_a_task_of_the_center,
    town,
    {
        let (own, other) = (
            clinic(&town, "minato").await,
            clinic(&town, "akasaka").await,
        );
        let nurse = town.nurse().await;
        let center = nurse.health_center().await.unwrap().id;
        let place = NewStaff::place_of(center);
        let clerk = town
            .hires("clerk@center.example", StaffRole::Clerk, place)
            .await;
        let id = enters(&own, &ken()).await;
        let asks =
            async |desk: &app::StaffDesk, words: &str| desk.ask_to_amend(id, words).await.unwrap();
        // While it waits, it is corrected as before.
        assert_eq!(asks(&own, "Wrong day").await, AskToAmend::NotConfirmed);
        let case = confirms(&nurse, id).await;
        assert_eq!(asks(&own, " ").await, AskToAmend::Words);
        assert_eq!(asks(&own, &"あ".repeat(2_001)).await, AskToAmend::Words);
        assert_eq!(
            asks(&other, "Wrong day").await,
            AskToAmend::NoSuchNotification
        );
        assert!(matches!(
            nurse.ask_to_amend(id, "Wrong day").await,
            Err(app::Error::NotAllowed)
        ));
        assert_eq!(clerk.count_tasks().await.unwrap(), 0);
        for _ in 0..2 {
            assert_eq!(asks(&own, "生年月日は4月2日です").await, AskToAmend::Asked);
        }
        town.minutes(3);
        assert_eq!(asks(&own, "電話番号も違います").await, AskToAmend::Asked);

        // One task, with all that was asked, on the list of whoever does tasks.
        let list = clerk.worklist(None, Filter::default()).await.unwrap();
        let (count, todo) = list.unwrap().tasks;
        assert_eq!((count, todo[0].kind.as_str()), (1, "notification_amend"));
        let tasks = clerk.tasks().await.unwrap();
        let About::NotificationAmend {
            notification,
            by,
            text,
        } = &tasks[0].about
        else {
            panic!("{:?}", tasks[0].about)
        };
        assert_eq!((*notification, tasks[0].case), (id, Some(case)));
        assert_eq!(by, &("minato".to_owned(), "minato".to_owned()));
        assert_eq!(text.expose(), "生年月日は4月2日です\n電話番号も違います");
        let waits = asked(&own, id).await;
        assert_eq!(waits.len(), 1);
        assert!(waits[0].done.is_none());

        // The answer reaches whoever asked, who is told so; a further question is a task of its own.
        town.minutes(10);
        town.new_mails().await;
        let at = town.clock.now();
        let done = clerk
            .finish_task(tasks[0].id, "訂正しました")
            .await
            .unwrap();
        assert_eq!(done, FinishTask::Done);
        let seen = asked(&own, id).await;
        let (when, answer) = seen[0].done.as_ref().unwrap();
        assert_eq!((*when, answer.expose().as_str()), (at, "訂正しました"));
        let mails = town.new_mails().await;
        assert_eq!(mails.len(), 1, "one who asks twice is told once");
        assert!(
            mails[0].contains(&format!("/notifications/{id}")),
            "{}",
            mails[0]
        );
        assert!(!mails[0].contains("訂正しました") && !mails[0].contains("4月2日"));
        assert_eq!(asks(&own, "もう一つ").await, AskToAmend::Asked);
        let second = clerk.tasks().await.unwrap()[0].id;
        let done = nurse.finish_task(second, "").await.unwrap();
        assert_eq!(done, FinishTask::Done, "an answer may be missing");
        assert_eq!(town.new_mails().await.len(), 1);
        assert_eq!(asked(&own, id).await.len(), 2);

        // What is in the database says nothing about anybody.
        let database = town.database().await;
        let notes =
            database.read(move |tx| storage::tasks::ever_about(tx, case, "notification_amend"));
        for (row, _) in notes.await.unwrap() {
            let sealed = String::from_utf8_lossy(&row.details_sealed).into_owned();
            assert!(!sealed.contains("月"), "{sealed}");
        }
    }
);

story!(
    the_center_that_answers_for_the_person_now_is_the_one_that_is_asked,
    town,
    {
        let (own, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let (to, there) = shibuya(&town).await;
        let id = enters(&own, &ken()).await;
        let case = confirms(&nurse, id).await;
        assert_eq!(
            own.ask_to_amend(id, "Wrong day").await.unwrap(),
            AskToAmend::Asked
        );
        moves(&nurse, &there, case, NewStaff::place_of(to)).await;
        assert_eq!(nurse.count_tasks().await.unwrap(), 0);
        let task = there.tasks().await.unwrap().remove(0);
        // More is asked while somebody writes an answer to what they have read: nothing is ended by it.
        town.minutes(1);
        let found = own.notification(id).await.unwrap().unwrap();
        let center = own.answers_for(&found).await.unwrap().unwrap();
        assert_eq!(center.name, "Shibuya");
        assert_eq!(
            own.ask_to_amend(id, "And the phone").await.unwrap(),
            AskToAmend::Asked
        );
        assert_eq!(there.tasks().await.unwrap().len(), 1);
        assert_eq!(nurse.count_tasks().await.unwrap(), 0);
        let done = there.finish_task(task.id, "").await.unwrap();
        assert_eq!(done, FinishTask::Done);
        assert!(asked(&own, id).await[0].done.is_some());
    }
);

story!(
    what_the_record_says_by_now_stands_beside_what_was_notified,
    town,
    {
        let (own, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let mut baby = ken();
        for (id, text) in [
            ("name", "佐藤 ベビー"),
            ("name_kana", "サトウ ベビー"),
            ("birthdate", "2026-10-20"),
        ] {
            baby.insert(id.to_owned(), text.to_owned());
        }
        let id = enters(&own, &baby).await;
        let case = confirms(&nurse, id).await;
        let read = own.notification(id).await.unwrap().unwrap();
        assert!(read.recorded_otherwise().is_none(), "nothing differs");
        // Nor did it as release 0.2 kept it that was told at half width.
        let db = town.database().await;
        db.write(|tx| {
            let kept = "UPDATE person_names SET name = 'ｻﾄｳ ﾍﾞﾋﾞｰ' WHERE script = 'kana'";
            tx.execute(kept, &[])
        })
        .await
        .unwrap();
        let read = own.notification(id).await.unwrap().unwrap();
        assert!(read.recorded_otherwise().is_none());
        assert_eq!((read.line.age, read.line.months), (Some(0), Some(1)));
        let form = nurse.person_form(case).await.unwrap().unwrap();
        let right = app::case_registration::TypedCase {
            name: "斎藤 海".to_owned(),
            name_kana: "サイトウ カイ".to_owned(),
            birthdate: "2026-10-19".to_owned(),
            ..form.typed
        };
        let corrected = nurse.correct_person(case, &right, "The clinic called", form.version);
        assert!(matches!(
            corrected.await.unwrap(),
            app::correction::CorrectPerson::Corrected
        ));
        for desk in [&own, &nurse] {
            let read = desk.notification(id).await.unwrap().unwrap();
            let recorded = read.recorded_otherwise().unwrap();
            let names: Vec<_> = recorded.names().collect();
            assert_eq!(names, [("name", "斎藤 海"), ("name_kana", "サイトウ カイ")]);
            assert_eq!(recorded.birthdate.expose().to_string(), "2026-10-19");
            // What the physician told stays as it was told.
            assert_eq!(read.answers.expose()["name"], "佐藤 ベビー");
            let line = desk.notifications(false, 0).await.unwrap().remove(0);
            assert_eq!(line.name_in("ja"), "斎藤 海");
            assert_eq!(line.kana(), Some("サイトウ カイ"));
        }
        // The next one of the family is called as the record says.
        let set = own.item_set("").await.unwrap();
        let begun = own.notification_to_begin_with(&set, Some(id)).await;
        assert_eq!(begun.unwrap()["name"], "斎藤 ");

        // Nobody calls a number that the record has corrected since: it is told by itself, and none at all as well.
        for desk in [&own, &nurse] {
            let read = desk.notification(id).await.unwrap().unwrap();
            assert!(!read.is_recorded_otherwise("phone"));
        }
        for (phone, stands) in [("090-1111-2222", Some("09011112222")), ("", None)] {
            let form = nurse.person_form(case).await.unwrap().unwrap();
            let right = app::case_registration::TypedCase {
                name: "佐藤 ベビー".to_owned(),
                name_kana: "サトウ ベビー".to_owned(),
                birthdate: "2026-10-20".to_owned(),
                phone: phone.to_owned(),
                has_no_phone: phone.is_empty(),
                ..form.typed
            };
            let corrected = nurse.correct_person(case, &right, "They called", form.version);
            assert!(matches!(
                corrected.await.unwrap(),
                app::correction::CorrectPerson::Corrected
            ));
            let read = own.notification(id).await.unwrap().unwrap();
            let recorded = read.recorded_otherwise().unwrap();
            let told = recorded
                .phone
                .as_ref()
                .map(|phone| phone.expose().national());
            assert_eq!(told.as_deref(), stands);
            assert!(read.is_recorded_otherwise("phone"));
            for same in ["name", "name_kana", "birthdate"] {
                assert!(!read.is_recorded_otherwise(same), "{same}");
            }
        }

        // Whoever only enters reads no record.
        let center = NewStaff::place_of(nurse.health_center().await.unwrap().id);
        let firm = town
            .hires("firm@center.example", StaffRole::Contractor, center)
            .await;
        let mut other = ken();
        other.insert("phone".to_owned(), "0333334444".to_owned());
        let theirs = enters(&firm, &other).await;
        confirms(&nurse, theirs).await;
        let read = firm.notification(theirs).await.unwrap().unwrap();
        assert!(read.line.recorded.is_none());
    }
);
