//! A browser goes back to a form that was sent, and other words are sent from it: whoever is told "saved" finds them.

use crate::alerts::reached;
use crate::reports::family;
use crate::story;
use crate::transfers::shibuya;
use app::contact_log::{AddContact, TypedContact};
use app::reporting_request::{Issue, RequestState, TypedRequest};
use app::transfer::OfferCase;
use domain::ids::{RequestId, TransferId};

story!(a_note_that_was_typed_on_stands_beside_the_first, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let note = |words: &str, next_call_at: &str, key: String| TypedContact {
        key,
        next_call_at: next_call_at.to_owned(),
        ..reached(words)
    };
    let key = || "01a22627-e745-7d5f-8594-cb6cd385cb7f".to_owned();
    let sent = [
        note("She coughs", "", key()),
        note("She coughs", "", key()),
        note("She coughs, and has had no sleep", "", key()),
        note("She coughs, and has had no sleep", "", key()),
        note(
            "She coughs, and has had no sleep",
            "2026-11-24T09:00",
            key(),
        ),
    ];
    for typed in &sent {
        let added = nurse.add_contact(case, typed).await.unwrap();
        assert_eq!(added, AddContact::Added);
    }
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let words: Vec<_> = following
        .contacts
        .iter()
        .map(|line| line.note.expose().as_str())
        .collect();
    assert_eq!(words.len(), 3, "each once: {words:?}");
    assert!(words.contains(&"She coughs"));
    assert!(
        following.monitoring.next_call_at.is_some(),
        "the call that was agreed is due"
    );
});

story!(
    an_offer_that_was_taken_back_is_not_made_again_by_the_way,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let (old, (to, new)) = (town.nurse().await, shibuya(&town).await);
        let key = TransferId::from_uuid(old.new_form_key());
        let offer = async |note: &str, key| old.offer_case(case, to, note, key).await.unwrap();
        assert_eq!(offer("She moved", key).await, OfferCase::Offered);
        assert_eq!(offer("She moved", key).await, OfferCase::Offered);
        // Nobody reads these words at the other center.
        let other_words = offer("She moved to her mother's", key).await;
        assert_eq!(other_words, OfferCase::OfferedAlready);
        old.withdraw_offer(key).await.unwrap();
        assert_eq!(offer("She moved", key).await, OfferCase::OfferedBefore);
        assert!(
            new.offer(key)
                .await
                .unwrap()
                .is_none_or(|offer| offer.transfer.answer.is_some())
        );
        let again = TransferId::from_uuid(old.new_form_key());
        assert_eq!(offer("She moved", again).await, OfferCase::Offered);
    }
);

story!(a_request_that_was_mended_is_another_request, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let (_, _, first) = nurse.request_to_begin_with(case).await.unwrap().unwrap();
    let mended = TypedRequest {
        reasons: "As we said on the phone".to_owned(),
        ..first.clone()
    };
    let key = RequestId::from_uuid(nurse.new_form_key());
    let sends = async |typed, key, look| nurse.issue_request(case, key, typed, look).await.unwrap();
    let Issue::Preview(preview, _) = sends(&first, key, true).await else {
        panic!("no preview")
    };
    assert_eq!(preview.id, key);
    assert!(matches!(sends(&first, key, false).await, Issue::Issued(id, _) if id == key));
    // Sent at once, it is shown first; and what is shown has a key of its own.
    for look in [true, false] {
        let Issue::Preview(preview, _) = sends(&mended, key, look).await else {
            panic!("said to be issued")
        };
        assert_ne!(preview.id, key);
        assert_eq!(nurse.requests(case).await.unwrap().len(), 1);
    }
    let Issue::Preview(preview, _) = sends(&mended, key, true).await else {
        panic!("no preview")
    };
    town.minutes(1);
    let nurse = town.nurse().await;
    let issued = nurse.issue_request(case, preview.id, &mended, false).await;
    assert!(matches!(issued.unwrap(), Issue::Issued(id, _) if id == preview.id));
    let stand = nurse.requests(case).await.unwrap();
    let states: Vec<_> = stand.iter().map(|request| request.state).collect();
    assert_eq!(states, [RequestState::Holds, RequestState::Replaced]);
    assert_eq!(stand[0].reasons.expose(), "As we said on the phone");
    // One that was withdrawn is not said to stand.
    let withdrawn = nurse.withdraw_request(case, preview.id, "A mistake").await;
    assert_eq!(withdrawn.unwrap(), Some(true));
    let again = nurse.issue_request(case, preview.id, &mended, false).await;
    assert!(matches!(again.unwrap(), Issue::Preview(..)));
});
