//! Two records of one close contact who is not ill: whoever met somebody under either number isolates from the later day on.

use super::merges;
use crate::close_contacts::{asks, last_met, met};
use crate::reports::family;
use crate::story;
use app::StaffDesk;
use app::case_registration::{RegisterCase, Sure};
use app::close_contacts::{Network, Someone, Unlink};
use app::merge::Merge;
use domain::ids::CaseId;
use jiff::civil::{Date, date};

/// Ken, registered once more as somebody who met a case.
async fn again(nurse: &StaffDesk, source: CaseId, day: &str) -> CaseId {
    match asks(nurse, source, day, Sure::Another).await {
        RegisterCase::Registered(case) => case,
        _ => panic!("not registered"),
    }
}

/// From when on the release is looked at.
async fn review(nurse: &StaffDesk, case: CaseId) -> Option<Date> {
    let following = nurse.following_of(case).await.unwrap().unwrap();
    following.monitoring.review_from
}

async fn parts(nurse: &StaffDesk, merged: CaseId) {
    let done = nurse.unmerge_case(merged, "Two cousins").await.unwrap();
    assert_eq!(done, Merge::Done(merged));
}

/// Who stands there, with the day of the last contact.
fn people(network: &Network) -> Vec<(CaseId, Option<Date>)> {
    let known = network.people.iter().filter_map(|one| match one {
        Someone::Known(person) => Some((person.case, person.last_contact_on)),
        Someone::Elsewhere(_) => None,
    });
    known.collect()
}

story!(
    the_later_of_two_exposures_counts_when_two_records_of_a_contact_become_one,
    town,
    {
        let (_, teacher) = family(&mut town, "a@example.org").await;
        let id = town
            .case("見本 一郎,,,1950-01-02,09011112222,ja,2026-11-20,2026-11-19,,,")
            .await;
        let nurse = town.nurse().await;
        let mother = nurse.case_by_number(&id).await.unwrap().unwrap();
        let mother = mother.member.case;
        let kept = met(&nurse, teacher, "Yamada Ken", "09011110001").await;
        let merged = again(&nurse, mother, "2026-11-23").await;
        let (early, late) = (date(2026, 11, 22), date(2026, 11, 23));
        assert_eq!(last_met(&nurse, kept).await, early);

        merges(&nurse, kept, merged).await;
        assert_eq!(last_met(&nurse, kept).await, late);
        assert_eq!(review(&nurse, kept).await, Some(date(2026, 11, 29)));
        let following = nurse.following_of(kept).await.unwrap().unwrap();
        let of_day = following.corrections.iter().find(|line| {
            let names = line.after.iter().map(|(name, _)| name.as_str());
            names.eq(["last_contact_on"])
        });
        let line = of_day.unwrap();
        assert_eq!(line.before[0].1.expose(), "2026-11-22");
        assert_eq!(line.after[0].1.expose(), "2026-11-23");
        assert_eq!(line.reason.expose(), "The fax told of the same illness");
        // What is reckoned anew from then on goes by that day, too.
        let network = nurse.network(mother).await.unwrap();
        assert_eq!(people(&network)[1], (kept, Some(late)));

        town.minutes(1);
        let nurse = town.nurse().await;
        parts(&nurse, merged).await;
        assert_eq!(last_met(&nurse, kept).await, early);
        assert_eq!(review(&nurse, kept).await, Some(date(2026, 11, 28)));
        assert_eq!(last_met(&nurse, merged).await, late);
        assert_eq!(review(&nurse, merged).await, Some(date(2026, 11, 29)));

        // The other way round nothing is earlier by it.
        town.minutes(1);
        let nurse = town.nurse().await;
        merges(&nurse, merged, kept).await;
        assert_eq!(last_met(&nurse, merged).await, late);
        assert_eq!(review(&nurse, merged).await, Some(date(2026, 11, 29)));
        let audit = town.app.system_desk().check_audit().await.unwrap();
        assert_eq!(audit.problems, Vec::<String>::new());
    }
);

story!(
    whoever_met_somebody_under_two_numbers_stands_there_once,
    town,
    {
        let (_, source) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let kept = met(&nurse, source, "Yamada Ken", "09011110001").await;
        let merged = again(&nurse, source, "2026-11-23").await;
        let (early, late) = (date(2026, 11, 22), date(2026, 11, 23));
        // And one of the two was noted as somebody whom the other had met.
        let noted = asks(&nurse, merged, "2026-11-21", Sure::SameAs(kept)).await;
        assert!(matches!(noted, RegisterCase::Noted(case) if case == kept));
        assert_eq!(nurse.network(source).await.unwrap().people.len(), 3);

        merges(&nurse, kept, merged).await;
        let network = nurse.network(source).await.unwrap();
        assert_eq!(people(&network), [(source, None), (kept, Some(late))]);
        assert_eq!(network.links, [(0, 1)]);
        let network = nurse.network(kept).await.unwrap();
        assert_eq!(people(&network), [(kept, Some(late)), (source, None)]);
        assert!(nurse.met(source, kept).await.unwrap().unwrap().is_only);

        // Each has its own day again.
        town.minutes(1);
        let nurse = town.nurse().await;
        parts(&nurse, merged).await;
        let days = (last_met(&nurse, kept).await, last_met(&nurse, merged).await);
        assert_eq!(days, (early, late));
        let network = nurse.network(source).await.unwrap();
        assert!(people(&network).contains(&(kept, Some(early))));
        assert!(people(&network).contains(&(merged, Some(late))));

        // That they did not meet is said of the person, whatever the number.
        town.minutes(1);
        let nurse = town.nurse().await;
        merges(&nurse, kept, merged).await;
        let taken = nurse.unlink_contact(source, kept, "Another Ken").await;
        assert_eq!(taken.unwrap(), Unlink::Done);
        assert_eq!(nurse.network(source).await.unwrap().people.len(), 1);
        town.minutes(1);
        let nurse = town.nurse().await;
        parts(&nurse, merged).await;
        assert_eq!(nurse.network(source).await.unwrap().people.len(), 1);
    }
);
