//! What a changed deadline or threshold does is seen before it is saved; what is planned can be replaced and withdrawn.

use crate::reports::{family, sends};
use crate::story;
use app::place_settings::{Effect, Following, SetPlace, Withdraw};
use jiff::SignedDuration;
use jiff::civil::Time;

story!(a_change_shows_what_it_would_do_and_does_nothing, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    sends(&desk, case, "38.5", "91").await;
    // Monday 9:00; on Tuesday at 9:30 she has not reported, and the alert waits since yesterday.
    town.days(1);
    town.minutes(30);
    let nurse = town.nurse().await;
    let stands = nurse.following().await.unwrap();
    assert_eq!(stands.deadline, Time::constant(10, 0, 0, 0));
    let new = Following {
        deadline: Time::constant(8, 30, 0, 0),
        tell_prefecture_after: 10_000,
        ..stands
    };
    let seen = nurse.preview_following(new).await.unwrap();
    let of = |wished: Effect| {
        let found = seen.iter().find(|(effect, _, _)| *effect == wished);
        found.map(|(_, old, new)| (*old, *new)).unwrap()
    };
    assert_eq!(of(Effect::Silent), (0, 1));
    assert_eq!(of(Effect::ToldToCenter), (1, 1));
    assert_eq!(of(Effect::ToldToPrefecture), (1, 0));
    assert_eq!(of(Effect::TakenTooLong), (0, 0));
    assert_eq!(of(Effect::OffersOverdue), (0, 0));
    assert_eq!(nurse.following().await.unwrap(), stands);
});

story!(what_is_planned_is_replaced_and_withdrawn, town, {
    let nurse = town.nurse().await;
    let stands = nurse.following().await.unwrap();
    let at = |hour| Following {
        deadline: Time::constant(hour, 0, 0, 0),
        ..stands
    };
    let in_a_week = town.clock.now() + SignedDuration::from_hours(7 * 24);
    let set = nurse.set_following(at(9), Some(in_a_week), Some(0)).await;
    assert_eq!(set.unwrap(), SetPlace::Set);
    // Who looks again sees the plan, and puts another one in its place.
    let (held, first) = nurse.following_history().await.unwrap();
    assert_eq!(held.len(), 1);
    let set = nurse
        .set_following(at(8), Some(in_a_week), Some(first))
        .await;
    assert_eq!(set.unwrap(), SetPlace::Set);
    let (held, second) = nurse.following_history().await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].following, at(8));
    // Who has not seen that neither replaces nor withdraws it.
    let set = nurse
        .set_following(at(7), Some(in_a_week), Some(first))
        .await;
    assert_eq!(set.unwrap(), SetPlace::ChangedMeanwhile);
    let gone = nurse.withdraw_following(in_a_week, Some(first)).await;
    assert_eq!(gone.unwrap(), Withdraw::ChangedMeanwhile);
    let gone = nurse.withdraw_following(in_a_week, Some(second)).await;
    assert_eq!(gone.unwrap(), Withdraw::Withdrawn);
    let gone = nurse.withdraw_following(in_a_week, Some(0)).await;
    assert_eq!(gone.unwrap(), Withdraw::NotPlanned);
    town.days(8);
    let nurse = town.nurse().await;
    assert_eq!(nurse.following().await.unwrap(), stands);
    // What holds stays.
    let tomorrow = town.clock.now() + SignedDuration::from_hours(24);
    let set = nurse.set_following(at(9), Some(tomorrow), Some(0)).await;
    assert_eq!(set.unwrap(), SetPlace::Set);
    town.days(1);
    let nurse = town.nurse().await;
    let gone = nurse.withdraw_following(tomorrow, None).await;
    assert_eq!(gone.unwrap(), Withdraw::NotPlanned);
    assert_eq!(nurse.following().await.unwrap(), at(9));
    let audit = town.app.system_desk().check_audit().await.unwrap();
    assert_eq!(audit.problems, Vec::<String>::new());
});

story!(
    what_is_set_after_a_node_whose_clock_is_ahead_holds_all_the_same,
    town,
    {
        let nurse = town.nurse().await;
        let stands = nurse.following().await.unwrap();
        let at = |hour| Following {
            deadline: Time::constant(hour, 0, 0, 0),
            ..stands
        };
        // Another node's clock is 40 seconds ahead, and there is a slip there; it is corrected here right away.
        town.later(SignedDuration::from_secs(40));
        let slip = nurse.set_following(at(7), None, None).await;
        assert_eq!(slip.unwrap(), SetPlace::Set);
        town.later(SignedDuration::from_secs(-30));
        let right = nurse.set_following(at(9), None, None).await;
        assert_eq!(right.unwrap(), SetPlace::Set);
        town.minutes(1);
        assert_eq!(nurse.following().await.unwrap(), at(9));
        let (held, _) = nurse.following_history().await.unwrap();
        assert_eq!(held.len(), 2, "what was set before stands");
    }
);
