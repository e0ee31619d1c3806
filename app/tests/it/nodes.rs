//! Two processes on one database: what one does holds in the other.

use crate::reports::{family, form, sends};
use crate::story;
use crate::town::{PASSWORD, Town, address, hanako, register};
use app::attributes::Registration;
use app::place_settings::TypedFollowing;
use app::programme::PROGRAMME;
use app::rules::{ChangeRule, Typed};
use app::sign_in::SignIn;
use app::staff::StaffVisit;
use app::status_report::Submit;
use app::tasks::{About, FinishTask};
use app::{App, StaffDesk};
use domain::ids::{QuestionnaireId, TransferId};
use domain::language::Language;
use domain::rules::{Content, RuleKind, dated, read_one, shipped};
use domain::urgency::Level;
use jiff::civil::date;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

async fn nurse_at(app: &App) -> StaffDesk {
    let front = app.front_desk(None);
    let email = address("nurse@center.example");
    let SignIn::SignedIn(token) = front.sign_in_staff(&email, PASSWORD).await.unwrap() else {
        panic!("not signed in")
    };
    let StaffVisit::In(desk, _) = app.staff_visit(&token).await.unwrap() else {
        panic!("not let in")
    };
    desk
}

story!(
    a_session_made_in_one_process_holds_and_ends_in_both,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let other = town.another_process().await;
        let front = town.app.front_desk(None);
        let email = address("a@example.org");
        let SignIn::SignedIn(token) = front.sign_in(&email, PASSWORD, None).await.unwrap() else {
            panic!("not signed in")
        };
        let there = other.patient_desk(&token, None).await.unwrap().unwrap();
        sends(&there, case, "36.5", "98").await;
        assert!(town.app.patient_desk(&token, None).await.unwrap().is_some());
        there.sign_out().await.unwrap();
        assert!(other.patient_desk(&token, None).await.unwrap().is_none());
        // On one file a process trusts for two seconds that no other has ended a session.
        let began = std::time::Instant::now();
        while town.app.patient_desk(&token, None).await.unwrap().is_some() {
            assert!(
                began.elapsed() < Duration::from_secs(3),
                "it opens for long"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }

        let email = address("nurse@center.example");
        let SignIn::SignedIn(token) = front.sign_in_staff(&email, PASSWORD).await.unwrap() else {
            panic!("not signed in")
        };
        let StaffVisit::In(there, _) = other.staff_visit(&token).await.unwrap() else {
            panic!("not let in")
        };
        there.sign_out().await.unwrap();
        assert!(!matches!(
            town.app.staff_visit(&token).await.unwrap(),
            StaffVisit::In(..)
        ));
    }
);

/// How many wrong passwords are looked at, when the tries are spread over processes.
async fn looked_at(apps: &[&App], email: &str) -> usize {
    for number in 0..100 {
        let front = apps[number % apps.len()].front_desk(None);
        let tried = front.sign_in(&address(email), "wrong4!Wrong", None).await;
        match tried.unwrap() {
            SignIn::Wrong => {}
            _ => return number,
        }
    }
    panic!("nothing is counted")
}

story!(a_limit_counts_what_was_tried_anywhere, town, {
    town.account("a@example.org").await;
    town.account("b@example.org").await;
    let other = town.another_process().await;
    let alone = looked_at(&[&town.app], "a@example.org").await;
    let spread = looked_at(&[&town.app, &other], "b@example.org").await;
    assert_eq!(alone, spread);
});

story!(two_senders_send_each_message_once, town, {
    let other = town.another_process().await;
    town.new_mails().await;
    let before = town.app.outbox().counts().await.unwrap().sent;
    let messages = 60;
    for number in 0..messages {
        let front = town.app.front_desk(None);
        let token = app::keys::Token::generate();
        let email = address(&format!("p{number}@example.org"));
        front
            .request_sign_up(&token, email, None, Language::En)
            .await
            .unwrap();
    }
    let send_all = async |app: &App| {
        let mut taken = 0;
        loop {
            match app.system_desk().send_due().await.unwrap() {
                0 => return taken,
                some => taken += some,
            }
        }
    };
    let (here, there) = tokio::join!(send_all(&town.app), send_all(&other));
    assert_eq!(here + there, messages, "{here} here, {there} there");
    let counts = other.outbox().counts().await.unwrap();
    assert_eq!(counts.sent - before, i64::try_from(messages).unwrap());
    assert_eq!((counts.waiting, counts.given_up), (0, 0));
});

story!(
    what_is_set_in_one_process_holds_in_the_other_within_seconds,
    town,
    {
        let other = town.another_process().await;
        let (here, there) = (town.nurse().await, nurse_at(&other).await);
        let day = there.rules_today().await.unwrap();
        let text = async |desk: &StaffDesk, kind| {
            let holds = desk.rule_on(kind, PROGRAMME, day).await.unwrap().unwrap();
            holds.file.text.clone()
        };
        for (kind, old, new) in [
            (
                RuleKind::Questionnaire,
                "at_or_below = 93",
                "at_or_below = 94",
            ),
            (RuleKind::Course, "at_or_below = 95", "at_or_below = 96"),
        ] {
            let before = text(&here, kind).await;
            let typed = Typed {
                silences: String::new(),
                programme: PROGRAMME.to_owned(),
                text: before.replacen(old, new, 1),
                valid_from: day.to_string(),
                why: "A letter of the ministry".to_owned(),
            };
            assert_ne!(typed.text, before, "{kind:?}");
            match here.change_rule(kind, &typed).await.unwrap() {
                ChangeRule::Saved => {}
                ChangeRule::Problems(problems) => panic!("{problems:?}"),
                ChangeRule::Same(day) => panic!("the same from {day} on"),
            }
            let saved = Instant::now();
            while text(&nurse_at(&other).await, kind).await == before {
                assert!(saved.elapsed() < Duration::from_secs(3), "{kind:?}");
                sleep(Duration::from_millis(50)).await;
            }
        }
        let typed = TypedFollowing {
            deadline: "11:30".to_owned(),
            tell_center_after: "5".to_owned(),
            tell_prefecture_after: "20".to_owned(),
            tell_again_every: "30".to_owned(),
            tell_taken_after: "45".to_owned(),
            transfer_due_after: "120".to_owned(),
            sms_from: "2".to_owned(),
            reminders: String::new(),
        };
        let following = app::place_settings::check(&typed).unwrap();
        assert_ne!(
            there.following().await.unwrap().deadline,
            following.deadline
        );
        here.set_following(following, None, None).await.unwrap();
        assert_eq!(
            there.following().await.unwrap().deadline,
            following.deadline
        );
    }
);

story!(
    a_report_in_one_process_wakes_the_worklist_in_the_other,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let other = town.another_process().await;
        let mut watch = nurse_at(&other).await.watch(None).await.unwrap().unwrap();
        // What happened before the look-out began wakes nobody.
        sleep(Duration::from_millis(2_500)).await;
        watch.mark_unchanged();
        town.minutes(3);
        let desk = town.signed_in("a@example.org").await;
        sends(&desk, case, "38.5", "91").await;
        timeout(Duration::from_secs(2), watch.changed())
            .await
            .expect("within two seconds")
            .unwrap();
    }
);

/// Begins a timer in a process; the count says how often it ticks.
fn ticks(app: &App) -> (Arc<AtomicUsize>, tokio::task::JoinHandle<()>) {
    let count = Arc::new(AtomicUsize::new(0));
    let (counts, app) = (count.clone(), app.clone());
    let task = tokio::spawn(async move {
        app.while_leading(app::leader::Duty::Timers, |_| {
            let counts = counts.clone();
            async move {
                loop {
                    counts.fetch_add(1, Ordering::Relaxed);
                    sleep(Duration::from_millis(10)).await;
                }
            }
        })
        .await;
    });
    (count, task)
}

async fn ticking(count: &AtomicUsize) -> bool {
    let before = count.load(Ordering::Relaxed);
    sleep(Duration::from_millis(100)).await;
    count.load(Ordering::Relaxed) > before
}

story!(
    timers_tick_in_one_process_and_in_another_one_after_its_end,
    town,
    {
        let (first, task) = ticks(&town.app);
        let began = Instant::now();
        while !ticking(&first).await {
            assert!(began.elapsed() < Duration::from_secs(5));
        }
        if town.is_on_a_server() {
            let other = town.another_process().await;
            let (second, _task) = ticks(&other);
            sleep(Duration::from_secs(3)).await;
            assert!(ticking(&first).await && !ticking(&second).await);
            task.abort();
            let _ = task.await;
            // The first process ends: all that it has open is closed.
            town.app = other;
            let ended = Instant::now();
            while !ticking(&second).await {
                assert!(ended.elapsed() < Duration::from_secs(8), "nobody took over");
            }
        }
    }
);

/// Begins to make backups in a process; the count says how often it tried. One that cannot make any leaves them to others for
/// an hour.
fn tries(app: &App, can: bool) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let (counts, app) = (count.clone(), app.clone());
    tokio::spawn(async move {
        app.while_leading(app::leader::Duty::Backups, |app| {
            let counts = counts.clone();
            async move {
                loop {
                    counts.fetch_add(1, Ordering::Relaxed);
                    if !can {
                        app.steps_aside(app::leader::Duty::Backups, Duration::from_secs(3_600));
                    }
                    sleep(Duration::from_millis(10)).await;
                }
            }
        })
        .await;
    });
    count
}

story!(
    a_process_that_can_make_no_backup_leaves_them_to_another_one,
    town,
    {
        let unable = tries(&town.app, false);
        let began = Instant::now();
        while unable.load(Ordering::Relaxed) == 0 {
            assert!(began.elapsed() < Duration::from_secs(5));
            sleep(Duration::from_millis(10)).await;
        }
        if town.is_on_a_server() {
            let able = tries(&town.another_process().await, true);
            let began = Instant::now();
            while !ticking(&able).await {
                assert!(began.elapsed() < Duration::from_secs(8), "nobody makes any");
            }
            assert!(!ticking(&unable).await);
        } else {
            // There is no other one.
            sleep(Duration::from_secs(2)).await;
            assert!(ticking(&unable).await);
        }
    }
);

story!(
    an_offer_and_a_refused_registration_wake_the_worklist_in_any_process,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let id = town.hanako().await;
        let stranger = town.account("b@example.org").await;
        let nurse = town.nurse().await;
        let (to, there) = crate::transfers::shibuya(&town).await;
        let other = town.another_process().await;
        let mut here = there.watch(None).await.unwrap().unwrap();
        let mut elsewhere = nurse_at(&other).await.watch(None).await.unwrap().unwrap();
        sleep(Duration::from_millis(2_500)).await;
        here.mark_unchanged();
        let in_time = async |watch: &mut tokio::sync::watch::Receiver<u64>| {
            timeout(Duration::from_secs(2), watch.changed())
                .await
                .expect("within two seconds")
                .unwrap();
            watch.mark_unchanged();
        };
        let key = TransferId::from_uuid(nurse.new_form_key());
        nurse.offer_case(case, to, "She moved", key).await.unwrap();
        in_time(&mut here).await;
        nurse.withdraw_offer(key).await.unwrap();
        in_time(&mut here).await;

        sleep(Duration::from_millis(2_500)).await;
        elsewhere.mark_unchanged();
        let slip = app::attributes::Typed {
            name: "山田 次郎".to_owned(),
            ..hanako(&id)
        };
        let refused = register(&stranger, &slip).await;
        assert!(matches!(refused, Registration::Refused));
        in_time(&mut elsewhere).await;
    }
);

/// A rule of a release to come for all, from today on: it stands as that release's node has stored it.
async fn sets_newer(town: &Town, kind: &str, number: u8, content: String) {
    let row = storage::rules::RuleRow {
        id: uuid::Uuid::from_bytes([number; 16]),
        kind: kind.to_owned(),
        programme: PROGRAMME.to_owned(),
        place: None,
        valid_from: date(2026, 11, 23),
        content: Some(content),
        withdraws: None,
        why: "Set by a newer release".to_owned(),
        set_by: None,
        set_at: town.clock.now(),
        set_by_name: None,
    };
    let db = town.database().await;
    db.write(move |tx| storage::rules::add(tx, &row))
        .await
        .unwrap();
}

story!(
    what_a_newer_release_sets_ends_no_request_and_holds_as_far_as_it_is_known,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "98").await;
        let urgency = async |app: &App| {
            let nurse = nurse_at(app).await;
            let following = nurse.following_of(case).await.unwrap().unwrap();
            following.monitoring.urgency
        };
        assert!(urgency(&town.app).await < Level::Emergency);
        let kind = RuleKind::Questionnaire;
        let ours = shipped(kind).pop().unwrap();
        let known = ours.text.replacen(
            "thresholds = [",
            "thresholds = [{ at_or_above = 384, level = \"emergency\" },",
            1,
        );
        let known = dated(kind, &known, date(2026, 11, 23)).unwrap();
        let Content::Questionnaire(set) = read_one(kind, &known).unwrap().content else {
            panic!("another kind")
        };
        let newer = known.replacen(
            "\n[[questionnaire]]",
            "\n[[questionnaire]]\nfrom_next_release = 1",
            1,
        );
        let mut content = serde_json::to_value(&set).unwrap();
        content["from_next_release"] = 1.into();
        let row = storage::questionnaire::QuestionnaireRow {
            id: QuestionnaireId::from_uuid(uuid::Uuid::from_bytes([7; 16])),
            programme: PROGRAMME.to_owned(),
            valid_from: set.valid_from,
            content,
            for_all: false,
        };
        let db = town.database().await;
        let now = town.clock.now();
        db.write(move |tx| storage::questionnaire::insert(tx, &row, b"of the newer one", now))
            .await
            .unwrap();
        sets_newer(&town, kind.word(), 1, newer).await;
        // One that cannot be understood at all, and one of a kind that this release does not have.
        let other = "programme = 'covid-19'\n[[course]]\nbegins = '2026-11-23'".to_owned();
        sets_newer(&town, "course", 2, other).await;
        sets_newer(&town, "weather", 3, "rain = true".to_owned()).await;

        sleep(Duration::from_millis(1_100)).await;
        let desk = town.signed_in("a@example.org").await;
        town.minutes(1);
        sends(&desk, case, "38.5", "98").await;
        assert_eq!(urgency(&town.app).await, Level::Emergency);
        // It starts beside the newer one, and after it.
        let other = town.another_process().await;
        assert_eq!(urgency(&other).await, Level::Emergency);
        town.restart().await;
        let desk = town.signed_in("a@example.org").await;
        town.minutes(1);
        sends(&desk, case, "38.5", "98").await;
        assert_eq!(urgency(&town.app).await, Level::Emergency);

        let told = app::rules::not_understood(&db).await.unwrap();
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 4, "{told:?}");
        let known_in_part = told
            .iter()
            .filter(|line| line.contains("from_next_release"));
        assert_eq!(known_in_part.count(), 2, "{told:?}");
        let not_at_all = told.iter().filter(|line| line.contains("goes on here"));
        assert_eq!(not_at_all.count(), 2, "{told:?}");
        // Whoever changes it here is told what would be lost.
        let nurse = town.nurse().await;
        let day = nurse.rules_today().await.unwrap();
        let holds = nurse.rule_on(kind, PROGRAMME, day).await.unwrap().unwrap();
        let typed = Typed {
            silences: String::new(),
            programme: PROGRAMME.to_owned(),
            text: holds.file.text.replacen("= 384", "= 385", 1),
            valid_from: day.to_string(),
            why: "A letter of the ministry".to_owned(),
        };
        assert!(matches!(
            nurse.change_rule(kind, &typed).await.unwrap(),
            ChangeRule::Problems(_)
        ));
    }
);

story!(
    messages_that_an_older_release_has_taken_come_onto_the_list,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let db = town.database().await;
        // As a release takes it that knows of no such task.
        let takes = async |note: &str| {
            let (key, mut raw) = form(&desk, case, "36.5", "98").await;
            raw.note = note.to_owned();
            let sent = desk.submit_report(case, key, &raw).await.unwrap();
            assert!(matches!(sent, Submit::Accepted(_)));
            let forget = "DELETE FROM tasks WHERE kind = 'report_message' AND done_at IS NULL";
            db.write(move |tx| tx.execute(forget, &[])).await.unwrap();
            key
        };
        let texts = async || -> Vec<String> {
            let messages = nurse.messages().await.unwrap();
            messages
                .iter()
                .map(|task| match &task.about {
                    About::Message(text) => text.expose().clone(),
                    other => panic!("{other:?}"),
                })
                .collect()
        };
        let system = town.app.system_desk();
        let lists = async |looked| system.list_messages(looked).await.unwrap();
        sends(&desk, case, "36.5", "98").await;
        takes("薬がなくなりました").await;
        assert!(texts().await.is_empty());
        town.minutes(1);
        let (listed, looked) = lists(None).await;
        assert_eq!(listed, 1);
        assert_eq!(texts().await, ["薬がなくなりました"]);
        for before in [None, Some(looked)] {
            assert_eq!(lists(before).await.0, 0, "it stands there");
        }
        let message = nurse.messages().await.unwrap()[0].id;
        let read = nurse.finish_task(message, "").await.unwrap();
        assert_eq!(read, FinishTask::Done);
        assert_eq!(lists(None).await.0, 0, "it was read");
        // What came since is found by looking at what changed.
        town.minutes(60);
        takes("電話をください").await;
        assert_eq!(lists(Some(town.clock.now())).await.0, 1);
        assert_eq!(texts().await, ["電話をください"]);
        // What is called wrong, what was opened, and what is long past waits for nobody.
        let wrong = takes("間違えました").await;
        desk.mark_wrong(case, wrong, ("", "間違い")).await.unwrap();
        assert_eq!(lists(None).await.0, 1, "the one before it alone");
        takes("よろしく").await;
        nurse.open_case(case).await.unwrap().unwrap();
        assert_eq!(lists(None).await.0, 0);
        takes("また").await;
        town.days(8);
        assert_eq!(
            town.app.system_desk().list_messages(None).await.unwrap().0,
            0
        );
    }
);
