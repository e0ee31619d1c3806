//! A number that turned out to be a stranger's, and is notified once more.

use super::{clinic, confirms, enters, ken};
use crate::old_number::corrects;
use crate::story;
use app::case_registration::Sure;
use app::notification::Confirm;

story!(
    a_number_that_was_taken_out_of_the_record_comes_back_by_no_notification,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
        // The clinic has a stranger's number. Whoever calls it is told so, and the record is without one.
        let id = enters(&clinic, &ken()).await;
        let case = confirms(&nurse, id).await;
        town.minutes(1);
        corrects(&nurse, case, |typed| {
            typed.phone = String::new();
            typed.has_no_phone = true;
        })
        .await;
        town.minutes(1);
        let phone_of = async |case| {
            let view = nurse.case(case).await.unwrap().unwrap();
            view.phone.map(|phone| phone.expose().clone())
        };
        // The hospital has it from the same chart: for the same illness, and for a further one.
        let hospital = super::clinic(&town, "ota").await;
        for (sure, attach) in [(Sure::Ask, Some(case)), (Sure::SameAs(case), None)] {
            let id = enters(&hospital, &ken()).await;
            let done = nurse.confirm_notification(id, 1, sure, attach).await;
            let Confirm::Confirmed(told) = done.unwrap() else {
                panic!("not confirmed")
            };
            assert_eq!(told == case, attach.is_some());
            assert_eq!(phone_of(told).await, None);
            // What it tells is to be looked at, and what was known of it is said.
            let notified = nurse.notified_person(id).await.unwrap().unwrap();
            assert!(nurse.was_taken_out(told, &notified.phone).await.unwrap());
        }
        // Another number nobody has taken out.
        let mut typed = ken();
        typed.insert("phone".to_owned(), "03-9999-8888".to_owned());
        let id = enters(&hospital, &typed).await;
        let done = nurse.confirm_notification(id, 1, Sure::Ask, Some(case));
        assert!(matches!(done.await.unwrap(), Confirm::Confirmed(_)));
        assert_eq!(phone_of(case).await.as_deref(), Some("0399998888"));
        assert!(!nurse.was_taken_out(case, "03-9999-8888").await.unwrap());
    }
);
