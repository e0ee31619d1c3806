//! One record becomes two again: what came meanwhile goes to whom it is of.

use super::{again, merges, phoned, reports, worklist};
use crate::alerts::reached;
use crate::reports::{family, sends};
use crate::story;
use app::merge::Merge;
use app::worklist::List;

story!(
    what_came_by_ones_own_form_while_merged_goes_back_to_them,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        merges(&nurse, kept, merged).await;
        town.minutes(1);
        let nurse = town.nurse().await;
        phoned(&nurse, &desk, (kept, merged)).await;
        assert_eq!(
            reports(&nurse, kept).await,
            1,
            "it is read where the person is followed"
        );
        let undone = nurse.unmerge_case(merged, "They are two sisters").await;
        assert_eq!(undone.unwrap(), Merge::Done(merged));
        let both = (reports(&nurse, kept).await, reports(&nurse, merged).await);
        assert_eq!(both, (0, 1), "whose form it was has the report");
        let alerts = worklist(&nurse, None).await.alerts;
        assert_eq!(alerts[0].0.case, merged, "and the alert about it");
    }
);

story!(
    a_report_at_the_moment_of_an_undo_is_of_the_record_that_it_names,
    town,
    {
        // The embedded engine has one writer.
        if town.is_on_a_server() {
            let (desk, kept) = family(&mut town, "a@example.org").await;
            let (merged, _) = again(&town).await;
            let nurse = town.nurse().await;
            merges(&nurse, kept, merged).await;
            // Somebody undoes it, and has not quite done so when the report comes.
            let (now, by) = (town.app.clock.now(), nurse.id());
            let undoes = move |tx: &mut storage::Tx<'_>, is_end: bool| {
                if is_end {
                    return Ok(());
                }
                storage::merge::hold(tx, merged)?;
                let merge = storage::merge::open_of_merged(tx, merged)?.unwrap();
                storage::merge::undone(tx, merge.id, by, &[], now)?;
                storage::merge::move_back_again(tx, &merge, now)
            };
            let phones = phoned(&nurse, &desk, (kept, merged));
            town.meanwhile(undoes, phones).await;
            let counts = (reports(&nurse, kept).await, reports(&nurse, merged).await);
            assert_eq!(counts, (0, 1));
            let alerts = worklist(&nurse, None).await.alerts;
            assert_eq!(alerts[0].0.case, merged);

            // The other way round: a report is on its way under the merged number when somebody undoes it.
            merges(&nurse, kept, merged).await;
            let late = sends(&desk, kept, "36.5", "98").await.uuid();
            let comes = move |tx: &mut storage::Tx<'_>, is_end: bool| {
                if is_end {
                    return storage::merge::came_under(tx, merged, late);
                }
                storage::merge::hold(tx, merged).map(|_| ())
            };
            let undone = nurse.unmerge_case(merged, "They are two sisters");
            let undone = town.meanwhile(comes, undone).await.unwrap();
            assert_eq!(undone, Merge::Done(merged));
            let counts = (reports(&nurse, kept).await, reports(&nurse, merged).await);
            assert_eq!(counts, (0, 2));
        }
    }
);

story!(
    what_a_later_release_notes_of_a_merge_outlasts_a_report_that_comes_under_the_merged_number,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        merges(&nurse, kept, merged).await;
        let db = town.database().await;
        let noted = async || -> serde_json::Value {
            let found = db.read(move |tx| {
                let moved = "SELECT moved FROM merges WHERE merged_id = $1";
                tx.query_one(moved, &[&merged.uuid()], |row| row.get(0))
            });
            found.await.unwrap()
        };
        let mut by_later = noted().await;
        by_later["visits"] = serde_json::json!(["to come"]);
        by_later["calls"]["visits"] = serde_json::json!("to come");
        let written = by_later.clone();
        db.write(move |tx| {
            let write = "UPDATE merges SET moved = $2 WHERE merged_id = $1";
            tx.execute(write, &[&merged.uuid(), &written])
        })
        .await
        .unwrap();
        town.minutes(1);
        let nurse = town.nurse().await;
        let report = phoned(&nurse, &desk, (kept, merged)).await;
        let found = noted().await;
        assert_eq!(found["reports"], serde_json::json!([report.uuid()]));
        for name in ["visits", "calls"] {
            assert_eq!(found[name], by_later[name]);
        }
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        let both = (reports(&nurse, kept).await, reports(&nurse, merged).await);
        assert_eq!(both, (0, 1));
    }
);

story!(who_held_the_record_while_two_were_one_held_both, town, {
    use app::retention::HoldCase;
    let (_, kept) = family(&mut town, "a@example.org").await;
    let (merged, _) = again(&town).await;
    let nurse = town.nurse().await;
    merges(&nurse, kept, merged).await;
    town.minutes(1);
    let nurse = town.nurse().await;
    assert_eq!(
        nurse.hold(kept, "Lawsuit 12", None).await.unwrap(),
        HoldCase::Done
    );
    let undone = nurse.unmerge_case(merged, "Two sisters").await.unwrap();
    assert_eq!(undone, Merge::Done(merged));
    for case in [kept, merged] {
        let hold = nurse.hold_of(case).await.unwrap();
        assert!(hold.is_held, "{case}");
        assert_eq!(hold.lines[0].reason.expose(), "Lawsuit 12");
    }
    // Each is lifted on its own.
    let lifted = nurse.lift_hold(kept, "It is over", None).await.unwrap();
    assert_eq!(lifted, HoldCase::Done);
    assert!(nurse.hold_of(merged).await.unwrap().is_held);
    // What was held before two became one is not the other's.
    town.minutes(1);
    let nurse = town.nurse().await;
    merges(&nurse, merged, kept).await;
    nurse.unmerge_case(kept, "Two sisters").await.unwrap();
    assert!(!nurse.hold_of(kept).await.unwrap().is_held);
});

story!(
    whoever_was_reached_under_one_number_was_heard_of_under_that_alone_when_they_are_two_again,
    town,
    {
        let hanako = town.hanako().await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let kept = nurse.case_by_number(&hanako).await.unwrap().unwrap();
        let kept = kept.member.case;
        let heard_on = async |nurse: &app::StaffDesk, case| {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            following.monitoring.heard_on
        };
        let silent = async |nurse: &app::StaffDesk| -> Vec<domain::ids::CaseId> {
            let found = worklist(nurse, Some(List::Silent)).await;
            found.lists[0].items.iter().map(|item| item.case).collect()
        };
        let registered = heard_on(&nurse, kept).await;
        let after = |days: i32| {
            registered
                .checked_add(jiff::Span::new().days(days))
                .unwrap()
        };
        town.days(2);
        let nurse = town.nurse().await;
        nurse.add_contact(merged, &reached("Fine")).await.unwrap();
        merges(&nurse, kept, merged).await;
        assert_eq!(
            heard_on(&nurse, kept).await,
            after(2),
            "they are one person"
        );
        let undone = nurse.unmerge_case(merged, "They are two sisters").await;
        assert_eq!(undone.unwrap(), Merge::Done(merged));
        assert_eq!(heard_on(&nurse, merged).await, after(2));
        assert_eq!(heard_on(&nurse, kept).await, registered);
        assert!(
            silent(&nurse).await.is_empty(),
            "nobody has reached the other one"
        );
        let waits = worklist(&nurse, Some(List::NoAccount)).await;
        assert!(waits.lists[0].items.iter().any(|item| item.case == kept));

        // A call while they are one is of the record that is kept, and stays there.
        merges(&nurse, kept, merged).await;
        town.days(1);
        let nurse = town.nurse().await;
        nurse
            .add_contact(kept, &reached("Fine again"))
            .await
            .unwrap();
        let undone = nurse.unmerge_case(merged, "They are two sisters").await;
        assert_eq!(undone.unwrap(), Merge::Done(merged));
        assert_eq!(heard_on(&nurse, kept).await, after(3));
        assert_eq!(heard_on(&nurse, merged).await, after(2));
        town.days(1);
        assert_eq!(silent(&town.nurse().await).await, [merged]);
    }
);
