//! Whoever has signed up with either number of a record loses it with the number.

use super::{again, merges, worklist};
use crate::reports::family;
use crate::story;
use crate::town::{Town, hanako, register};
use app::PatientDesk;
use app::StaffDesk;
use app::attributes::Registration;
use app::hersys_id::Reissue;
use app::worklist::List;
use domain::hersys_id::{HersysId, HersysIdLengths};
use domain::ids::CaseId;

/// Signs up with the number of the record that spells the name otherwise.
async fn signs_up_again(desk: &PatientDesk, number: &str) -> CaseId {
    let mut typed = hanako(number);
    typed.name = "山田 華子".to_owned();
    match register(desk, &typed).await {
        Registration::Registered(case) => case,
        other => panic!("{other:?}"),
    }
}

/// Two records that are one, and the numbers of both.
async fn one_record(town: &Town) -> ([CaseId; 2], [String; 2]) {
    let first = town.hanako().await;
    let (merged, number) = again(town).await;
    let nurse = town.nurse().await;
    let kept = nurse.case_by_number(&first).await.unwrap().unwrap();
    let kept = kept.member.case;
    merges(&nurse, kept, merged).await;
    ([kept, merged], [first, number])
}

async fn reissues(nurse: &StaffDesk, case: CaseId, detach: Option<bool>) -> Reissue {
    let version = nurse.case(case).await.unwrap().unwrap().version;
    let reissued = nurse.reissue_id(case, "It reached somebody else", detach, version);
    reissued.await.unwrap()
}

async fn without_account(nurse: &StaffDesk) -> Vec<CaseId> {
    let found = worklist(nurse, Some(List::NoAccount)).await;
    found.lists[0].items.iter().map(|item| item.case).collect()
}

async fn lead_nowhere(nurse: &StaffDesk, numbers: &[String]) {
    for number in numbers {
        assert!(nurse.case_by_number(number).await.unwrap().is_none());
        let id = HersysId::parse(number, &HersysIdLengths::default()).unwrap();
        assert!(nurse.revoked_id(&id).await.unwrap().is_some(), "{number}");
    }
}

story!(
    whoever_signed_up_with_the_merged_number_is_taken_out_with_it,
    town,
    {
        let ([kept, merged], numbers) = one_record(&town).await;
        let stranger = town.account("stranger@example.org").await;
        assert_eq!(signs_up_again(&stranger, &numbers[1]).await, merged);
        let nurse = town.nurse().await;
        assert_eq!(reissues(&nurse, kept, None).await, Reissue::HasAccount);
        // The page of the merged number is that of the record.
        let of_merged = reissues(&nurse, merged, Some(true)).await;
        assert_eq!(of_merged, Reissue::ChangedMeanwhile);
        assert_eq!(stranger.members().await.unwrap().len(), 1);
        let Reissue::Reissued(new) = reissues(&nurse, kept, Some(true)).await else {
            panic!("not reissued")
        };
        assert!(stranger.members().await.unwrap().is_empty());
        assert!(stranger.member(merged).await.unwrap().is_none());
        lead_nowhere(&nurse, &numbers).await;
        assert_eq!(without_account(&nurse).await, [kept]);
        assert!(
            nurse
                .case(kept)
                .await
                .unwrap()
                .unwrap()
                .signed_up_at
                .is_none()
        );
        let right = town.account("hanako@example.org").await;
        let registered = register(&right, &hanako(&new)).await;
        assert!(matches!(registered, Registration::Registered(case) if case == kept));
        assert!(without_account(&town.nurse().await).await.is_empty());
    }
);

story!(
    that_a_number_was_taken_back_stands_at_its_own_record_when_they_are_two_again,
    town,
    {
        let ([kept, merged], numbers) = one_record(&town).await;
        let nurse = town.nurse().await;
        let taken_back = async |case| {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            let before = following.corrections.iter().flat_map(|line| &line.before);
            let ids = before.filter(|(name, _)| name == "hersys_id");
            let mut ids: Vec<String> = ids.map(|(_, id)| id.expose().clone()).collect();
            ids.sort();
            ids
        };
        let mut both = numbers.to_vec();
        both.sort();
        let reissued = reissues(&nurse, kept, None).await;
        assert!(matches!(reissued, Reissue::Reissued(_)));
        assert_eq!(taken_back(kept).await, both, "while they are one");
        town.minutes(1);
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        let [of_kept, of_merged] = numbers;
        assert_eq!(taken_back(kept).await, [of_kept]);
        assert_eq!(taken_back(merged).await, [of_merged]);
    }
);

story!(
    an_account_that_holds_both_records_of_one_person_loses_both,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, number) = again(&town).await;
        assert_eq!(signs_up_again(&desk, &number).await, merged);
        let nurse = town.nurse().await;
        merges(&nurse, kept, merged).await;
        assert_eq!(desk.members().await.unwrap().len(), 1);
        let reissued = reissues(&nurse, kept, Some(true)).await;
        assert!(matches!(reissued, Reissue::Reissued(_)));
        assert!(desk.members().await.unwrap().is_empty());
        assert_eq!(without_account(&nurse).await, [kept]);
    }
);

story!(
    an_account_that_is_the_right_persons_stays_whichever_number_it_has,
    town,
    {
        let ([kept, merged], numbers) = one_record(&town).await;
        let desk = town.account("hanako@example.org").await;
        signs_up_again(&desk, &numbers[1]).await;
        let nurse = town.nurse().await;
        let reissued = reissues(&nurse, kept, Some(false)).await;
        assert!(matches!(reissued, Reissue::Reissued(_)));
        assert_eq!(desk.members().await.unwrap().len(), 1);
        lead_nowhere(&nurse, &numbers).await;
        assert!(without_account(&nurse).await.is_empty());
        // Each has a number when they are two again.
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(without_account(&nurse).await, [kept]);
        let number = async |case| nurse.case(case).await.unwrap().unwrap().member.hersys_id;
        let both = [number(kept).await, number(merged).await];
        assert!(both[0] != both[1] && !numbers.contains(&both[1]));
    }
);
