//! Where somebody is and what they read by their record, beside what a notification tells of it.

use super::{clinic, enters, ken};
use crate::story;
use app::StaffDesk;
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::correction::CorrectPerson;
use app::notification::{Confirm, TypedAnswers};
use domain::ids::{CaseId, NotificationId};

/// Ken as the center knows him: at another address, in Japanese.
async fn stands(nurse: &StaffDesk) -> CaseId {
    let typed = TypedCase {
        name: "佐藤 健".to_owned(),
        name_kana: "サトウ ケン".to_owned(),
        birthdate: "1956-04-01".to_owned(),
        phone: "09088887777".to_owned(),
        address: "見本県港町9-1".to_owned(),
        diagnosed_on: "2026-11-22".to_owned(),
        onset_on: "2026-11-20".to_owned(),
        ..TypedCase::default()
    };
    let key = nurse.new_form_key();
    match nurse.register_case(&typed, key, Sure::Ask).await.unwrap() {
        RegisterCase::Registered(case) => case,
        _ => panic!("not registered"),
    }
}

async fn otherwise(desk: &StaffDesk, id: NotificationId) -> Vec<&'static str> {
    let read = desk.notification(id).await.unwrap().unwrap();
    let all = ["name", "phone", "address", "whereabouts", "language"];
    all.into_iter()
        .filter(|item| read.is_recorded_otherwise(item))
        .collect()
}

story!(
    where_somebody_is_by_the_record_and_what_they_read_is_told_beside_what_was_notified,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        let case = stands(&nurse).await;
        let notifies = async |over: &[(&str, &str)]| {
            let mut typed: TypedAnswers = ken();
            for (id, text) in over {
                typed.insert((*id).to_owned(), (*text).to_owned());
            }
            let id = enters(&clinic, &typed).await;
            let done = nurse.confirm_notification(id, 1, Sure::Ask, Some(case));
            assert!(matches!(done.await.unwrap(), Confirm::Confirmed(_)));
            id
        };
        let elsewhere = [
            ("stays_elsewhere", "yes"),
            ("whereabouts", "娘の家"),
            ("language", "en"),
        ];
        let id = notifies(&elsewhere).await;
        // Where they stay is taken over, since the record knew nothing of it.
        let told = ["address", "language"];
        assert_eq!(otherwise(&nurse, id).await, told);
        // A clinic reads of that in no record.
        assert!(otherwise(&clinic, id).await.is_empty());
        // Whoever comes back to it later finds all that was told, of this record and of no other one.
        let found = nurse.notified_person_of(case, id).await.unwrap().unwrap();
        assert_eq!(found.address, "東京都港区芝公園1-2-3");
        assert_eq!(
            (found.whereabouts.as_str(), found.language.as_str()),
            ("娘の家", "en")
        );
        let another = CaseId::from_uuid(nurse.new_form_key());
        let none = nurse.notified_person_of(another, id).await.unwrap();
        assert!(none.is_none());
        // Saved, nothing differs any more.
        let form = nurse.person_form(case).await.unwrap().unwrap();
        let right = TypedCase {
            address: found.address,
            whereabouts: found.whereabouts,
            language: found.language,
            ..form.typed
        };
        let corrected = nurse.correct_person(case, &right, "Told by the clinic", form.version);
        assert!(matches!(corrected.await.unwrap(), CorrectPerson::Corrected));
        assert!(otherwise(&nurse, id).await.is_empty());
        // Of a language that nobody knows nothing is told, nor where none is named.
        for language in ["und", ""] {
            let id = notifies(&[("language", language)]).await;
            let found = nurse.notified_person(id).await.unwrap().unwrap();
            assert_eq!(found.language, "");
            assert!(!otherwise(&nurse, id).await.contains(&"language"));
        }
    }
);
