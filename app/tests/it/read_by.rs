//! Whoever is handed over to another center is told who had them when a report came, was read and was dealt with.

use crate::alerts::{only_alert, reached};
use crate::reports::{family, sends};
use crate::story;
use crate::transfers::{moves, shibuya};
use app::PatientDesk;
use app::alerts::FinishAlert;
use app::staff::NewStaff;
use app::status_report::Report;
use domain::ids::{CaseId, ReportId};
use jiff::{SignedDuration, Timestamp};

async fn report(desk: &PatientDesk, case: CaseId, id: ReportId) -> Report {
    let (_, report) = desk.report(case, id).await.unwrap().unwrap();
    // The history tells the same.
    let (member, all) = desk.history(case).await.unwrap().unwrap();
    let center = member.center.id;
    let listed = all.into_iter().find(|one| one.id == id).unwrap();
    assert_eq!(listed.read_at(center), report.read_at(center));
    assert_eq!(listed.read_before(center), report.read_before(center));
    assert_eq!(listed.received_by, report.received_by);
    report
}

story!(
    what_the_old_center_read_and_dealt_with_is_not_said_of_the_new_one,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let began: Timestamp = town.clock.now();
        let after = |minutes| Some(began + SignedDuration::from_mins(minutes));
        let gasping = sends(&desk, case, "37.0", "88").await;
        let (old, (to, new)) = (town.nurse().await, shibuya(&town).await);
        let from = desk.members().await.unwrap()[0].center.id;
        town.minutes(42);
        old.open_case(case).await.unwrap().unwrap();
        assert_eq!(report(&desk, case, gasping).await.read_at(from), after(42));
        let alert = only_alert(&old).await;
        let said = reached("She breathes better when she sits");
        let done = old.finish_alert(alert.id, alert.version, &said).await;
        assert_eq!(done.unwrap(), FinishAlert::Done(case));
        town.minutes(1);
        // Of this one the old center saw nothing.
        let unread = sends(&desk, case, "36.5", "98").await;
        town.minutes(1);
        moves(&old, &new, case, NewStaff::place_of(to)).await;

        let told = report(&desk, case, gasping).await;
        assert_eq!(told.read_at(to), None);
        assert_eq!(told.read_before(to), after(42).map(|at| (from, at)));
        assert_eq!(told.received_by, Some(from));
        let receipt = desk.receipt(case, gasping).await.unwrap().unwrap();
        assert_eq!(receipt.answered_by, Some(from));
        let named = receipt.followers.of(Some(from)).unwrap();
        assert_eq!(named.name, "Minato");
        assert_eq!(receipt.followers.of(None).unwrap().name, "Shibuya");
        let waits = report(&desk, case, unread).await;
        assert_eq!((waits.read_at(to), waits.read_before(to)), (None, None));
        assert_eq!(waits.received_by, Some(from));

        // Somebody at the new center reads: the first time stands there, too.
        for minutes in [3, 5] {
            town.minutes(minutes);
            new.open_case(case).await.unwrap().unwrap();
        }
        for id in [gasping, unread] {
            let told = report(&desk, case, id).await;
            assert_eq!((told.read_at(to), told.read_before(to)), (after(47), None));
            assert_eq!(told.received_by, Some(from), "it came before");
        }
        let later = sends(&desk, case, "36.5", "98").await;
        assert_eq!(report(&desk, case, later).await.received_by, None);

        // And back: what it read is what the old center has read.
        moves(&new, &old, case, NewStaff::place_of(from)).await;
        assert_eq!(report(&desk, case, gasping).await.read_at(from), after(42));
        let told = report(&desk, case, unread).await;
        assert_eq!(told.read_before(from), after(47).map(|at| (to, at)));
        let told = report(&desk, case, later).await;
        assert_eq!((told.read_at(from), told.received_by), (None, Some(to)));
    }
);
