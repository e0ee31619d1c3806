//! What was agreed under either of two records is forgotten by neither making them one nor parting them again.

use super::{again, merges};
use crate::reports::family;
use crate::story;
use app::StaffDesk;
use app::contact_log::{AddContact, TypedContact};
use domain::ids::CaseId;
use jiff::Timestamp;

const TOMORROW: &str = "2026-11-24T10:00";
const LATER: &str = "2026-11-25T10:00";

/// Ten o'clock of a day in November 2026, in Japan.
fn ten(day: i8) -> Option<Timestamp> {
    let at = jiff::civil::date(2026, 11, day).at(1, 0, 0, 0);
    let at = at.to_zoned(jiff::tz::TimeZone::UTC).unwrap();
    Some(at.timestamp())
}

/// Writes a line of an outcome that names a call, or none.
async fn writes(nurse: &StaffDesk, case: CaseId, outcome: &str, at: &str) {
    let typed = TypedContact {
        outcome: outcome.to_owned(),
        note: "At noon".to_owned(),
        next_call_at: at.to_owned(),
        ..TypedContact::default()
    };
    let added = nurse.add_contact(case, &typed).await.unwrap();
    assert_eq!(added, AddContact::Added);
}

/// The call that is planned, and the one behind it.
async fn planned(nurse: &StaffDesk, case: CaseId) -> (Option<Timestamp>, Option<Timestamp>) {
    let stands = nurse.following_of(case).await.unwrap().unwrap();
    (stands.monitoring.next_call_at, stands.call_behind)
}

story!(
    an_agreed_call_stands_behind_a_try_of_the_other_record_and_alone_when_they_are_two_again,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        writes(&nurse, kept, "reached", TOMORROW).await;
        writes(&nurse, merged, "no_answer", "").await;
        let (again, _) = planned(&nurse, merged).await;
        assert!(again.is_some() && again < ten(24));
        town.minutes(1);
        merges(&nurse, kept, merged).await;
        assert_eq!(planned(&nurse, kept).await, (again, ten(24)));
        // They are two: each has its own.
        town.minutes(1);
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(planned(&nurse, kept).await, (ten(24), None));
        assert_eq!(planned(&nurse, merged).await, (again, None));
        // They are one after all, and the try is made.
        town.minutes(1);
        merges(&nurse, kept, merged).await;
        assert_eq!(planned(&nurse, kept).await, (again, ten(24)));
        town.later(again.unwrap().duration_since(town.app.clock.now()));
        town.minutes(1);
        writes(&nurse, kept, "reached", "").await;
        assert_eq!(planned(&nurse, kept).await, (ten(24), None));
    }
);

story!(
    of_two_agreed_calls_of_two_records_the_later_one_stands_behind,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        writes(&nurse, kept, "reached", LATER).await;
        writes(&nurse, merged, "reached", TOMORROW).await;
        town.minutes(1);
        merges(&nurse, kept, merged).await;
        assert_eq!(planned(&nurse, kept).await, (ten(24), ten(25)));
        town.minutes(1);
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(planned(&nurse, kept).await, (ten(25), None));
        assert_eq!(planned(&nurse, merged).await, (ten(24), None));
    }
);

story!(
    of_three_agreed_calls_of_two_records_none_is_forgotten,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        // The family is called on the day after tomorrow, and a try stands before it; of the other record the 24th was agreed.
        writes(&nurse, kept, "reached", LATER).await;
        town.minutes(1);
        writes(&nurse, kept, "no_answer", "").await;
        let (again, _) = planned(&nurse, kept).await;
        writes(&nurse, merged, "reached", TOMORROW).await;
        town.minutes(1);
        merges(&nurse, kept, merged).await;
        assert_eq!(planned(&nurse, kept).await, (again, ten(24)));
        // Parted, each has its own; and one again, they stand as before.
        town.minutes(1);
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(planned(&nurse, kept).await, (again, ten(25)));
        assert_eq!(planned(&nurse, merged).await, (ten(24), None));
        town.minutes(1);
        merges(&nurse, kept, merged).await;
        // One after the other is made.
        for (made, then) in [(again, (ten(24), ten(25))), (ten(24), (ten(25), None))] {
            town.later(made.unwrap().duration_since(town.app.clock.now()));
            town.minutes(1);
            let nurse = town.nurse().await;
            writes(&nurse, kept, "reached", "").await;
            assert_eq!(planned(&nurse, kept).await, then);
        }
    }
);

story!(
    what_was_agreed_while_two_records_were_one_stays_with_the_kept_one,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        writes(&nurse, merged, "no_answer", "").await;
        let (again, _) = planned(&nurse, merged).await;
        town.minutes(1);
        merges(&nurse, kept, merged).await;
        assert_eq!(planned(&nurse, kept).await, (again, None));
        town.minutes(1);
        writes(&nurse, kept, "note", TOMORROW).await;
        assert_eq!(planned(&nurse, kept).await, (again, ten(24)));
        town.minutes(1);
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(planned(&nurse, kept).await, (ten(24), None));
        assert_eq!(planned(&nurse, merged).await, (again, None));
    }
);
