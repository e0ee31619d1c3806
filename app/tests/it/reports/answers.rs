//! What is stored of answers, and which of two reports is the same.

use super::{family, form};
use crate::story;
use app::status_report::Submit;
use domain::status_report::RawReport;
use domain::urgency::Level;
use jiff::SignedDuration;
use jiff::civil::date;

story!(a_ticked_sign_is_an_emergency_that_is_named, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let (key, mut raw) = form(&desk, case, "36.5", "98").await;
    // Whoever scrolls past the list has not answered.
    raw.symptoms.remove("no_sign");
    match desk.submit_report(case, key, &raw).await.unwrap() {
        Submit::Problems(problems, Level::Calm) => assert_eq!(problems.len(), 1),
        _ => panic!("taken without an answer"),
    }
    raw.symptoms
        .insert("sign_chest".to_owned(), "yes".to_owned());
    let Submit::Accepted(id) = desk.submit_report(case, key, &raw).await.unwrap() else {
        panic!("not accepted");
    };
    let (_, report) = desk.report(case, id).await.unwrap().unwrap();
    assert_eq!(report.level, Level::Emergency);
    assert_eq!(report.answers[0].0.as_str(), "sign_chest");
    let nurse = town.nurse().await;
    let filter = app::worklist::Filter::default();
    let list = nurse.worklist(None, filter.clone()).await.unwrap().unwrap();
    let (alert, _) = &list.alerts[0];
    assert_eq!(alert.level, Level::Emergency);
    let sign = domain::course::Why::Symptom {
        id: "sign_chest".to_owned(),
    };
    assert_eq!(alert.reasons[0], sign);
    let words = nurse.words_judged(None, "covid-19", list.center.id);
    assert_eq!(words.short("sign_chest", "ja"), "胸の痛み");
    assert_eq!(words.short("sign_chest", "en"), "Chest pain");
    // It was a slip of the finger: the center corrects it, and the alert is over.
    raw.symptoms.remove("sign_chest");
    raw.symptoms.insert("no_sign".to_owned(), "yes".to_owned());
    let done = nurse
        .correct_report(case, id, &raw, "Touched by mistake", None)
        .await
        .unwrap();
    assert!(matches!(done, app::correction::CorrectReport::Corrected));
    let list = nurse.worklist(None, filter).await.unwrap().unwrap();
    assert!(list.alerts.is_empty());
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let before = &following.corrections[0].before;
    let was = before.iter().find(|(name, _)| name == "answer.sign_chest");
    assert_eq!(was.unwrap().1.expose(), "yes");
});

story!(
    answers_that_are_stored_short_are_those_that_were_given,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let (key, mut raw) = form(&desk, case, "36.5", "98").await;
        raw.symptoms.insert("cough".to_owned(), "yes".to_owned());
        let send = async |raw: &RawReport| desk.submit_report(case, key, raw).await.unwrap();
        assert!(matches!(send(&raw).await, Submit::Accepted(_)));
        let db = town.database().await;
        let stands = async || -> String {
            db.read(|tx| {
                tx.query_one(
                    "SELECT CAST(answers AS TEXT) FROM status_reports",
                    &[],
                    |row| row.get(0),
                )
            })
            .await
            .unwrap()
        };
        let told = async || -> Vec<(String, String)> {
            let (_, reports) = desk.history(case).await.unwrap().unwrap();
            assert_eq!(reports.len(), 1);
            let answers = reports[0].answers.iter();
            answers
                .map(|(id, said)| (id.as_str().to_owned(), said.word().to_owned()))
                .collect()
        };
        let (short, first) = (stands().await, told().await);
        let yes: Vec<&String> = first
            .iter()
            .filter(|(_, said)| said == "yes")
            .map(|(id, _)| id)
            .collect();
        assert_eq!(yes, ["cough"]);
        assert_eq!(first.len(), 9);
        // PostgreSQL writes a value with spaces of its own.
        assert_eq!(short.replace(' ', ""), r#"{"*":"no","cough":"yes"}"#);

        // As an earlier release wrote them: the same answers, and the same form is still the same report.
        let long: serde_json::Map<String, serde_json::Value> = first
            .iter()
            .map(|(id, said)| (id.clone(), said.clone().into()))
            .collect();
        let long = serde_json::Value::Object(long);
        db.write(move |tx| tx.execute("UPDATE status_reports SET answers = $1", &[&long]))
            .await
            .unwrap();
        assert!(stands().await.contains("breathlessness"));
        assert_eq!(told().await, first);
        assert!(matches!(send(&raw).await, Submit::Accepted(_)));
        raw.symptoms.insert("eating".to_owned(), "yes".to_owned());
        assert!(matches!(send(&raw).await, Submit::SentBefore { .. }));

        // A correction tells what was changed and nothing else.
        let nurse = town.nurse().await;
        let corrected = nurse.correct_report(case, key, &raw, "misread", None).await;
        assert!(matches!(
            corrected.unwrap(),
            app::correction::CorrectReport::Corrected
        ));
        let following = nurse.following_of(case).await.unwrap().unwrap();
        let changed: Vec<&str> = following.corrections[0]
            .after
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(changed, ["answer.eating"]);
        assert_eq!(told().await.len(), 9);
    }
);

story!(
    the_same_answers_of_the_next_day_are_a_further_report,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        // 23:50 in Tokyo: the tab stays open over midnight.
        town.later(SignedDuration::from_mins(14 * 60 + 50));
        let (key, raw) = form(&desk, case, "36.5", "98").await;
        let send = async |key| desk.submit_report(case, key, &raw).await.unwrap();
        assert!(matches!(send(key).await, Submit::Accepted(id) if id == key));
        town.minutes(9);
        assert!(
            matches!(send(key).await, Submit::Accepted(id) if id == key),
            "the answer was lost"
        );
        town.minutes(2);
        let Submit::SentBefore { at, new_key } = send(key).await else {
            panic!("the report of the new day was swallowed");
        };
        let (_, reports) = desk.history(case).await.unwrap().unwrap();
        assert_eq!((reports.len(), reports[0].received_at), (1, at));
        for _ in 0..2 {
            assert!(matches!(send(new_key).await, Submit::Accepted(id) if id == new_key));
        }
        let (_, reports) = desk.history(case).await.unwrap().unwrap();
        let days: Vec<_> = reports.iter().map(|report| report.health_day).collect();
        assert_eq!(days, [date(2026, 11, 24), date(2026, 11, 23)]);

        // In the afternoon the same: the form of the morning has not been sent for the afternoon.
        town.minutes(10 * 60);
        let Submit::SentBefore { new_key, .. } = send(new_key).await else {
            panic!("the report of the afternoon was swallowed");
        };
        assert!(matches!(send(new_key).await, Submit::Accepted(_)));
        assert_eq!(desk.history(case).await.unwrap().unwrap().1.len(), 3);
    }
);

story!(another_moment_is_another_report, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let (key, raw) = form(&desk, case, "36.5", "98").await;
    let send = async |raw: &RawReport| desk.submit_report(case, key, raw).await.unwrap();
    assert!(matches!(send(&raw).await, Submit::Accepted(_)));
    town.minutes(1);
    assert!(
        matches!(send(&raw).await, Submit::Accepted(_)),
        "the same form once more"
    );
    let now = desk.report(case, key).await.unwrap();
    let (member, first) = match now {
        Some(found) => found,
        None => {
            let (member, reports) = desk.history(case).await.unwrap().unwrap();
            (member, reports.into_iter().next().unwrap())
        }
    };
    let earlier = first.measured_at - SignedDuration::from_hours(3);
    let local = earlier.to_zoned(member.center.time_zone.clone());
    let earlier = RawReport {
        measured_at: local.strftime("%Y-%m-%dT%H:%M").to_string(),
        ..raw.clone()
    };
    let Submit::SentBefore { new_key, .. } = send(&earlier).await else {
        panic!("the new time was dropped");
    };
    assert!(matches!(
        desk.submit_report(case, new_key, &earlier).await.unwrap(),
        Submit::Accepted(_)
    ));
    let (_, reports) = desk.history(case).await.unwrap().unwrap();
    assert_eq!(reports.len(), 2);
});
