//! Records become one, or two again, while a half-year of their reports is taken out of the database.

use super::{again, merges, reports};
use crate::reports::{family, form, sends};
use crate::story;
use crate::town::Town;
use app::merge::Merge;
use app::partitions::Back;
use app::status_report::Submit;
use app::{PatientDesk, StaffDesk};
use domain::ids::{CaseId, ReportId};
use storage::Tx;
use uuid::Uuid;

const TABLE: &str = "status_reports_first";

/// An operator takes the running half-year out.
async fn take_out(town: &Town) {
    town.app.system_desk().make_partitions().await.unwrap();
    let database = town.database().await;
    database
        .write(|tx| match tx {
            Tx::Postgres(tx, _) => {
                tx.batch("ALTER TABLE status_reports DETACH PARTITION status_reports_first")
            }
            _ => Ok(()),
        })
        .await
        .unwrap();
}

async fn put_back(town: &Town) {
    let desk = town.app.system_desk();
    let (back, _) = desk.put_partition_back(TABLE).await.unwrap();
    assert!(matches!(back, Back::Attached(_)), "{back:?}");
    let (back, _) = desk.put_partition_back(TABLE).await.unwrap();
    assert!(matches!(back, Back::Stood(_)), "{back:?}");
}

/// Somebody phones about the other record, and is well.
async fn phones(nurse: &StaffDesk, desk: &PatientDesk, (kept, merged): (CaseId, CaseId)) -> Uuid {
    let (_, raw) = form(desk, kept, "36.5", "98").await;
    let key = ReportId::from_uuid(nurse.new_form_key());
    let sent = nurse.report_for(merged, key, "phone", &raw).await.unwrap();
    assert!(matches!(sent, Submit::Accepted(_)));
    key.uuid()
}

/// How many reports a record counts, and which is its latest.
async fn state(town: &Town, case: CaseId) -> (i32, Option<Uuid>) {
    let database = town.database().await;
    database
        .read(move |tx| {
            tx.query_one(
                "SELECT reports, report_id FROM monitoring WHERE case_id = $1",
                &[&case.uuid()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
        })
        .await
        .unwrap()
}

story!(
    two_that_are_parted_while_reports_are_out_have_each_their_own_afterwards,
    town,
    {
        if town.is_on_a_server() {
            let (desk, kept) = family(&mut town, "a@example.org").await;
            let own = sends(&desk, kept, "36.5", "98").await.uuid();
            town.minutes(1);
            let (merged, _) = again(&town).await;
            let nurse = town.nurse().await;
            let other = phones(&nurse, &desk, (kept, merged)).await;
            merges(&nurse, kept, merged).await;
            assert_eq!(state(&town, kept).await, (2, Some(other)));
            take_out(&town).await;
            assert_eq!(reports(&nurse, kept).await, 0);
            let undone = nurse.unmerge_case(merged, "They are two sisters").await;
            assert_eq!(undone.unwrap(), Merge::Done(merged));
            // Both still count what is out; the latest state of the one is not shown of the other.
            assert_eq!(state(&town, kept).await, (1, None));
            assert_eq!(state(&town, merged).await, (1, Some(other)));
            put_back(&town).await;
            let both = (reports(&nurse, kept).await, reports(&nurse, merged).await);
            assert_eq!(both, (1, 1), "a stranger's reports stand in a record");
            assert_eq!(state(&town, kept).await, (1, Some(own)));
            assert_eq!(state(&town, merged).await, (1, Some(other)));
        } else {
            let desk = town.app.system_desk();
            assert!(desk.put_partition_back(TABLE).await.is_err());
        }
    }
);

story!(
    two_that_become_one_while_reports_are_out_have_them_all_afterwards,
    town,
    {
        if town.is_on_a_server() {
            let (desk, kept) = family(&mut town, "a@example.org").await;
            let own = sends(&desk, kept, "36.5", "98").await.uuid();
            town.minutes(1);
            let (merged, _) = again(&town).await;
            let nurse = town.nurse().await;
            phones(&nurse, &desk, (kept, merged)).await;
            take_out(&town).await;
            merges(&nurse, kept, merged).await;
            assert_eq!(state(&town, kept).await, (2, Some(own)));
            town.minutes(1);
            let nurse = town.nurse().await;
            let late = phones(&nurse, &desk, (kept, merged)).await;
            assert_eq!(state(&town, kept).await, (3, Some(late)));
            put_back(&town).await;
            assert_eq!(reports(&nurse, kept).await, 3, "some are on no page");
            assert_eq!(state(&town, kept).await, (3, Some(late)));
            let undone = nurse.unmerge_case(merged, "They are two sisters").await;
            assert_eq!(undone.unwrap(), Merge::Done(merged));
            let both = (reports(&nurse, kept).await, reports(&nurse, merged).await);
            assert_eq!(both, (1, 2));
            assert_eq!(state(&town, kept).await, (1, Some(own)));
            assert_eq!(state(&town, merged).await, (2, Some(late)));
        }
    }
);
