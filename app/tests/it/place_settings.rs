//! What a changed deadline or threshold does is seen before it is saved.

use crate::reports::{family, sends};
use crate::story;
use app::place_settings::{Effect, Following};
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
