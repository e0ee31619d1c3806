//! Somebody of whom a physician has told is found before there is a case, and whoever watches sees how many wait.

use super::{clinic, confirms, enters, ken};
use crate::story;
use app::StaffDesk;
use app::notification::{Settle, State};
use domain::staff_role::StaffRole;

async fn found(desk: &StaffDesk, search: &str) -> usize {
    desk.notifications_sought(search).await.unwrap().len()
}

story!(
    whoever_was_notified_is_found_before_there_is_a_case,
    town,
    {
        let (own, other) = (clinic(&town, "own").await, clinic(&town, "other").await);
        let nurse = town.nurse().await;
        let place = super::center_place(&town).await;
        let clerk = town
            .hires("clerk@center.example", StaffRole::Clerk, place)
            .await;
        let officer = town.officer().await;
        let id = enters(&own, &ken()).await;
        for search in [
            "佐藤 健",
            "さとう　けん",
            "サトウ",
            "Sato Ken",
            "090-8888-7777",
            "1956-04-01",
            "佐藤 1956-04-01",
        ] {
            for desk in [&nurse, &clerk, &own] {
                assert_eq!(found(desk, search).await, 1, "{search}");
            }
            assert_eq!(
                found(&other, search).await,
                0,
                "{search}: another institution's"
            );
            assert_eq!(found(&officer, search).await, 0, "{search}: reads none");
        }
        for search in [
            "佐藤 健一",
            "090-8888-7778",
            "佐藤 1956-04-02",
            "2218300",
            "–",
        ] {
            assert_eq!(found(&clerk, search).await, 0, "{search}");
        }
        // Sent back, it is still no case, and found.
        let asked = clerk.send_notification_back(id, 1, "Which ward?").await;
        assert_eq!(asked.unwrap(), Settle::Done);
        let lines = clerk.notifications_sought("佐藤").await.unwrap();
        assert_eq!((lines.len(), lines[0].state), (1, State::SentBack));
    }
);

story!(
    whoever_watches_over_a_center_sees_how_many_notifications_wait,
    town,
    {
        let (own, nurse) = (clinic(&town, "own").await, town.nurse().await);
        let officer = town.officer().await;
        let center = nurse.health_center().await.unwrap().id;
        let at = async || {
            let counts = officer.center_counts().await.unwrap();
            let one = counts.iter().find(|one| one.center.id == center).unwrap();
            let shown = officer.notifications_waiting_at(center).await.unwrap();
            assert_eq!(shown, Some(one.notifications));
            let one = one.notifications;
            (one.count, one.pressing, one.oldest)
        };
        assert_eq!(at().await, (0, 0, None));
        let first = enters(&own, &ken()).await;
        town.minutes(30);
        let mut typed = ken();
        typed.insert("name".to_owned(), "鈴木 ふみ".to_owned());
        typed.insert("needs_oxygen".to_owned(), "yes".to_owned());
        enters(&own, &typed).await;
        town.minutes(30);
        assert_eq!(at().await, (2, 1, Some(60)));
        confirms(&nurse, first).await;
        assert_eq!(at().await, (1, 1, Some(30)));
        // Whoever has the list is told nothing beside it.
        assert!(
            nurse
                .notifications_waiting_at(center)
                .await
                .unwrap()
                .is_none()
        );
    }
);
