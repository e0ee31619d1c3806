//! Reports, from the phone to the nurse, and passport numbers.

mod answers;
mod passports;

use crate::story;
use crate::town::{Town, hanako, register};
use app::attributes::Registration;
use app::history::MarkWrong;
use app::monitoring::{Decide, TypedDecision};
use app::passport_number::EnterPassport;
use app::staff::NewStaff;
use app::status_report::Submit;
use app::tasks::{About, FinishTask};
use app::worklist::List;
use app::{PatientDesk, StaffDesk};
use domain::course::Why;
use domain::ids::{CaseId, ReportId};
use domain::staff_role::StaffRole;
use domain::status_report::RawReport;
use domain::urgency::Level;
use jiff::SignedDuration;
use jiff::civil::date;

pub async fn family(town: &mut Town, email: &str) -> (PatientDesk, CaseId) {
    let id = town.hanako().await;
    let desk = town.account(email).await;
    match register(&desk, &hanako(&id)).await {
        Registration::Registered(case) => (desk, case),
        other => panic!("{other:?}"),
    }
}

pub async fn form(
    desk: &PatientDesk,
    case: CaseId,
    temperature: &str,
    spo2: &str,
) -> (ReportId, RawReport) {
    let form = desk.report_form(case).await.unwrap().unwrap();
    let raw = RawReport {
        temperature: temperature.to_owned(),
        spo2: spo2.to_owned(),
        symptoms: form.stored.questionnaire.calm_words(),
        ..RawReport::default()
    };
    (form.key, raw)
}

pub async fn sends(desk: &PatientDesk, case: CaseId, temperature: &str, spo2: &str) -> ReportId {
    let (key, raw) = form(desk, case, temperature, spo2).await;
    match desk.submit_report(case, key, &raw).await.unwrap() {
        Submit::Accepted(id) => id,
        _ => panic!("not accepted"),
    }
}

story!(one_form_is_one_report_however_often_it_arrives, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let (key, raw) = form(&desk, case, "36.5", "98").await;
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let (desk, raw) = (desk.clone(), raw.clone());
            tokio::spawn(async move { desk.submit_report(case, key, &raw).await.unwrap() })
        })
        .collect();
    for one in tries {
        assert!(matches!(one.await.unwrap(), Submit::Accepted(id) if id == key));
    }
    town.restart().await;
    let (_, reports) = desk.history(case).await.unwrap().unwrap();
    assert_eq!(reports.len(), 1);
    let changed = RawReport {
        temperature: "38.0".to_owned(),
        ..raw
    };
    let Submit::SentBefore { new_key, .. } = desk.submit_report(case, key, &changed).await.unwrap()
    else {
        panic!("other answers are not dropped")
    };
    assert!(matches!(
        desk.submit_report(case, new_key, &changed).await.unwrap(),
        Submit::Accepted(_)
    ));
    assert_eq!(desk.history(case).await.unwrap().unwrap().1.len(), 2);
});

story!(
    a_day_is_the_centers_and_an_illness_is_counted_from_its_start,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        // 23:50 in Tokyo, then 00:10.
        town.later(SignedDuration::from_mins(14 * 60 + 50));
        let before = sends(&desk, case, "37.0", "97").await;
        town.minutes(20);
        let after = sends(&desk, case, "37.1", "97").await;
        let day = |id| {
            let desk = desk.clone();
            async move {
                let (member, report) = desk.report(case, id).await.unwrap().unwrap();
                (report.health_day, member.illness_day(report.health_day))
            }
        };
        assert_eq!(day(before).await, (date(2026, 11, 23), 5));
        assert_eq!(day(after).await, (date(2026, 11, 24), 6));
        // A measurement of yesterday evening, told this morning, is yesterday's and not the latest.
        let (key, mut raw) = form(&desk, case, "39.9", "96").await;
        raw.measured_at = "2026-11-23T20:00".to_owned();
        assert!(matches!(
            desk.submit_report(case, key, &raw).await.unwrap(),
            Submit::Accepted(_)
        ));
        assert_eq!(day(key).await.0, date(2026, 11, 23));
        let member = desk.member(case).await.unwrap().unwrap();
        assert_eq!(
            (member.report_count, member.latest.unwrap().1),
            (3, Level::Calm)
        );
    }
);

story!(
    a_danger_is_put_before_somebody_and_the_person_sees_that_it_was_read,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "36.5", "98").await;
        let alerts = async |nurse: &app::StaffDesk| {
            let list = nurse.worklist(None, Default::default()).await.unwrap();
            list.unwrap().alerts
        };
        assert!(alerts(&town.nurse().await).await.is_empty());
        let id = sends(&desk, case, "36.5", "88").await;
        let nurse = town.nurse().await;
        assert_eq!(alerts(&nurse).await[0].0.report, Some(id));
        assert!(
            desk.report(case, id)
                .await
                .unwrap()
                .unwrap()
                .1
                .opened_at
                .is_none()
        );
        town.minutes(42);
        nurse.open_case(case).await.unwrap().unwrap();
        town.minutes(5);
        nurse.open_case(case).await.unwrap().unwrap();
        let opened = desk
            .report(case, id)
            .await
            .unwrap()
            .unwrap()
            .1
            .opened_at
            .unwrap();
        assert_eq!(
            opened.to_string(),
            "2026-11-23T00:42:00Z",
            "the first reading stands"
        );
        assert_eq!(
            desk.mark_wrong(case, id, ("", " ")).await.unwrap(),
            MarkWrong::Empty
        );
        assert_eq!(
            desk.mark_wrong(case, id, ("", "my brother's finger"))
                .await
                .unwrap(),
            MarkWrong::Marked
        );
        let tasks = nurse.tasks().await.unwrap();
        assert!(tasks.iter().any(
            |t| matches!(&t.about, About::ReportWrong(why) if why.expose() == "my brother's finger")
        ));
    }
);

story!(
    a_message_waits_until_somebody_says_that_it_was_read,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let place = NewStaff::place_of(nurse.health_center().await.unwrap().id);
        let clerk = town
            .hires("clerk@center.example", StaffRole::Clerk, place)
            .await;
        let listed = async |staff: &StaffDesk| {
            let list = staff.worklist(None, Default::default()).await;
            let list = list.unwrap().unwrap();
            let texts = list.messages.1.iter();
            let texts: Vec<String> = texts.map(|one| one.text.expose().clone()).collect();
            assert_eq!((list.messages.0, list.tasks.0), (texts.len(), 0));
            texts
        };
        let writes = async |note: &str| {
            let (key, mut raw) = form(&desk, case, "36.5", "98").await;
            raw.note = note.to_owned();
            // Pressed twice.
            for _ in 0..2 {
                let sent = desk.submit_report(case, key, &raw).await.unwrap();
                assert!(matches!(sent, Submit::Accepted(_)));
            }
            key
        };
        sends(&desk, case, "36.5", "98").await;
        writes(" ").await;
        assert!(listed(&nurse).await.is_empty(), "nothing was written");
        let first = writes("薬がなくなりました").await;
        town.minutes(2);
        writes("電話をください").await;
        assert_eq!(
            listed(&nurse).await,
            ["薬がなくなりました", "電話をください"]
        );
        // What somebody says is written down by whoever has heard it.
        let (_, mut raw) = form(&desk, case, "36.5", "98").await;
        raw.note = "Sounds well".to_owned();
        let key = nurse.report_form_for(case).await.unwrap().unwrap().key;
        let entered = nurse.report_for(case, key, "phone", &raw).await;
        assert!(matches!(entered.unwrap(), Submit::Accepted(_)));
        // Neither opening the record nor the end of following somebody reads it.
        nurse.open_case(case).await.unwrap().unwrap();
        let following = nurse.following_of(case).await.unwrap().unwrap();
        let died = TypedDecision {
            status: "died".to_owned(),
            reason: "Told by the hospital".to_owned(),
            version: following.monitoring.version,
            ..TypedDecision::default()
        };
        assert_eq!(nurse.decide(case, &died).await.unwrap(), Decide::Decided);
        assert_eq!(listed(&nurse).await.len(), 2);
        assert!(nurse.tasks().await.unwrap().is_empty());
        // It is for those who read health answers.
        let messages = nurse.messages().await.unwrap();
        assert!(listed(&clerk).await.is_empty());
        assert!(clerk.messages().await.is_err());
        assert!(clerk.unread_messages_of(case).await.unwrap().is_empty());
        for words in ["", "Read"] {
            let ended = clerk.finish_task(messages[0].id, words).await.unwrap();
            assert_ne!(ended, FinishTask::Done);
        }
        assert_eq!(nurse.unread_messages_of(case).await.unwrap().len(), 2);
        let read = async || nurse.finish_task(messages[0].id, "").await.unwrap();
        assert_eq!(read().await, FinishTask::Done);
        assert_ne!(read().await, FinishTask::Done);
        assert_eq!(listed(&nurse).await, ["電話をください"]);
        let lines = nurse.audit_of_case(case, 50).await.unwrap();
        let lines: Vec<_> = lines
            .iter()
            .filter(|l| l.action == "message.read")
            .collect();
        assert_eq!(lines.len(), 1, "who, and when");
        let (_, report) = desk.report(case, first).await.unwrap().unwrap();
        assert!(report.opened_at.is_some(), "the person sees it, too");
    }
);

story!(a_report_that_tells_nothing_is_watched, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let (key, mut raw) = form(&desk, case, "", "").await;
    raw.temperature_not_measured = true;
    raw.spo2_not_measured = true;
    for word in raw.symptoms.values_mut().filter(|word| *word == "no") {
        "dont_know".clone_into(word);
    }
    let sent = desk.submit_report(case, key, &raw).await.unwrap();
    assert!(matches!(sent, Submit::Accepted(_)));
    let nurse = town.nurse().await;
    let m = nurse.following_of(case).await.unwrap().unwrap().monitoring;
    assert_eq!(
        (m.urgency, m.reasons),
        (Level::Watch, vec![Why::NothingKnown])
    );
    let list = nurse.worklist(None, Default::default()).await;
    let urgent = list.unwrap().unwrap().lists.into_iter();
    let count = urgent
        .filter(|of| of.list == List::Urgent)
        .map(|of| of.count);
    assert_eq!(count.collect::<Vec<_>>(), [1]);
});

story!(two_who_call_one_report_wrong_lose_no_word, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let id = sends(&desk, case, "36.5", "98").await;
    let nurse = town.nurse().await;
    let says = async || {
        let tasks = nurse.tasks().await.unwrap();
        let task = tasks.iter().find_map(|task| match &task.about {
            About::ReportWrong(why) => Some(why.expose().clone()),
            _ => None,
        });
        let (_, report) = desk.report(case, id).await.unwrap().unwrap();
        let stands = report.wrong.map(|(_, why)| why.expose().clone());
        assert_eq!(task, stands, "the center reads what the family reads");
        stands.unwrap_or_default()
    };
    for nothing in ["", " ", "\u{200B}", "\u{3000}\u{200B}\n"] {
        let marked = desk.mark_wrong(case, id, ("", nothing)).await.unwrap();
        assert_eq!(marked, MarkWrong::Empty, "{nothing:?}");
    }
    let marks = async |was: &str, why: &str| desk.mark_wrong(case, id, (was, why)).await.unwrap();
    // Both parents had the page open; each presses twice.
    for _ in 0..2 {
        assert_eq!(marks("", "It was 88").await, MarkWrong::Marked);
    }
    for _ in 0..2 {
        assert_eq!(marks("", "Wrong child").await, MarkWrong::Marked);
        assert_eq!(says().await, "It was 88\nWrong child");
    }
    // Whoever has read a word may change it.
    let both = "It was 88\r\nWrong child";
    assert_eq!(marks(both, "It was 89").await, MarkWrong::Marked);
    assert_eq!(says().await, "It was 89");
    let long = "x".repeat(495);
    assert_eq!(
        marks("", &long).await,
        MarkWrong::Meanwhile("It was 89".to_owned())
    );
    assert_eq!(says().await, "It was 89");
    assert_eq!(marks("It was 89", &long).await, MarkWrong::Marked);
    assert_eq!(says().await, long);
    // Words that come after the nurse has opened the list are read before they go from it.
    let listed = nurse.tasks().await.unwrap().remove(0);
    town.minutes(1);
    assert_eq!(
        marks(&long, "It was 89, and she cannot be woken").await,
        MarkWrong::Marked
    );
    let ends = async |shown| {
        nurse
            .finish_task_as_seen(listed.id, "Called", Some(shown))
            .await
            .unwrap()
    };
    assert_eq!(ends(listed.last_at).await, FinishTask::AddedTo);
    assert_eq!(says().await, "It was 89, and she cannot be woken");
    let read = nurse.tasks().await.unwrap().remove(0);
    assert_eq!(ends(read.last_at).await, FinishTask::Done);
});

story!(a_foreign_case_looks_like_none, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let id = sends(&desk, case, "36.5", "98").await;
    let stranger = town.account("b@example.org").await;
    assert!(stranger.member(case).await.unwrap().is_none());
    assert!(stranger.report(case, id).await.unwrap().is_none());
    assert!(stranger.history(case).await.unwrap().is_none());
    let (key, raw) = form(&desk, case, "36.5", "98").await;
    assert!(matches!(
        stranger.submit_report(case, key, &raw).await.unwrap(),
        Submit::NoSuchMember
    ));
    assert_eq!(
        stranger.mark_wrong(case, id, ("", "x")).await.unwrap(),
        MarkWrong::NoSuchReport
    );
    assert_eq!(
        stranger
            .enter_passport(case, "TK1234567", "")
            .await
            .unwrap(),
        EnterPassport::NoSuchMember
    );
});

story!(who_looks_in_from_above_has_not_read_for_the_center, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let id = sends(&desk, case, "36.5", "98").await;
    let read = async || {
        let (_, report) = desk.report(case, id).await.unwrap().unwrap();
        report.opened_at.is_some()
    };
    let officer = town.officer().await;
    let view = officer.open_case(case).await.unwrap().unwrap();
    assert!(!officer.reads_for(view.member.center.id));
    assert!(view.reports[0].opened_at.is_none() && !read().await);
    // Nor has the center read what the prefecture wrote down.
    town.minutes(1);
    let form = officer.report_form_for(case).await.unwrap().unwrap();
    let raw = RawReport {
        temperature: "36.6".to_owned(),
        spo2: "98".to_owned(),
        symptoms: form.stored.questionnaire.calm_words(),
        ..RawReport::default()
    };
    let written = officer.report_for(case, form.key, "phone", &raw).await;
    let Submit::Accepted(written) = written.unwrap() else {
        panic!("not accepted")
    };
    let (_, report) = desk.report(case, written).await.unwrap().unwrap();
    assert!(report.opened_at.is_none());
    let nurse = town.nurse().await;
    let view = nurse.open_case(case).await.unwrap().unwrap();
    assert!(nurse.reads_for(view.member.center.id) && read().await);
});
