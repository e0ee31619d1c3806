//! What waits to be sent about either of two records that became one.

use super::{again, merges};
use crate::retention::is_now;
use crate::story;
use crate::town::Town;
use app::invitation::{InviteBy, InvitePerson};
use domain::ids::CaseId;

/// Hanako, whom two records tell of: the one that will be kept, and the one that will be merged into it.
async fn registered_twice(town: &Town) -> (CaseId, CaseId) {
    let number = town.hanako().await;
    let (merged, _) = again(town).await;
    let kept = town.nurse().await.case_by_number(&number).await.unwrap();
    (kept.unwrap().member.case, merged)
}

/// Invites her by a record: the message waits.
async fn is_invited(town: &Town, case: CaseId) {
    let nurse = town.nurse().await;
    let invited = nurse.invite_person(case, InviteBy::Sms).await.unwrap();
    assert_eq!(invited, InvitePerson::Promised);
}

/// Whether the last message about her was withdrawn before it was sent.
async fn was_withdrawn(town: &Town, case: CaseId) -> bool {
    let nurse = town.nurse().await;
    let (_, messages) = nurse.invitation(case).await.unwrap().unwrap();
    messages[0].withdrawn_at.is_some()
}

story!(
    what_waits_under_the_merged_number_is_withdrawn_when_the_person_has_died,
    town,
    {
        let (kept, merged) = registered_twice(&town).await;
        is_invited(&town, merged).await;
        merges(&town.nurse().await, kept, merged).await;
        // The number is the same, so it would reach her.
        assert!(!was_withdrawn(&town, kept).await);
        is_now(&town, kept, "died").await;
        assert!(was_withdrawn(&town, kept).await);
        assert!(town.new_mails().await.is_empty());
    }
);

story!(
    what_waits_under_a_number_is_withdrawn_when_the_other_record_knows_of_the_death,
    town,
    {
        let (kept, merged) = registered_twice(&town).await;
        is_now(&town, kept, "died").await;
        is_invited(&town, merged).await;
        merges(&town.nurse().await, kept, merged).await;
        assert!(was_withdrawn(&town, kept).await);
        assert!(town.new_mails().await.is_empty());
    }
);
