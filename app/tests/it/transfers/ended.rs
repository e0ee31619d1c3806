//! Offers that nobody has to answer any more, and people who were handed on.

use super::{moves, shibuya};
use crate::reports::family;
use crate::retention::{is_now, is_released, round, sets};
use crate::story;
use app::health_center::Contact;
use app::staff::NewStaff;
use app::transfer::{AnswerOffer, OfferCase};
use domain::ids::TransferId;
use domain::staff_role::StaffRole;

story!(an_offer_ends_with_following_the_person, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let (old, (to, new)) = (town.nurse().await, shibuya(&town).await);
    sets(&town, "100").await;
    let system = town.app.system_desk();
    let offer = async || {
        let key = TransferId::from_uuid(old.new_form_key());
        let offered = old.offer_case(case, to, "moved", key).await.unwrap();
        assert_eq!(offered, OfferCase::Offered);
        assert_eq!(new.offers().await.unwrap().0.len(), 1);
        key
    };
    let is_over = async |key| {
        let (to_new, _) = new.offers().await.unwrap();
        let (_, from_old) = old.offers().await.unwrap();
        assert!(to_new.is_empty() && from_old.is_empty());
        let answered = new.answer_offer(key, true, "").await.unwrap();
        assert_eq!(answered, AnswerOffer::NotOpen);
        let line = old.offer(key).await.unwrap().unwrap().transfer;
        let (_, answer, by, _) = line.answer.unwrap();
        assert_eq!((answer.as_str(), by.as_str()), ("ended", ""));
    };
    let first = offer().await;
    is_released(&town, case).await;
    is_over(first).await;
    // Followed again, they are offered anew.
    is_now(&town, case, "home").await;
    is_over(first).await;
    let second = offer().await;
    is_now(&town, case, "died").await;
    is_over(second).await;
    // Nobody is asked day by day for an answer, and the record goes when it is due.
    town.minutes(120);
    assert_eq!(system.tell_overdue_transfers().await.unwrap(), 0);
    town.days(90);
    assert_eq!(round(&town).await, (1, 0));
});

story!(
    offers_that_the_release_before_left_open_are_told_to_nobody_and_put_right_once,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let (old, (to, new)) = (town.nurse().await, shibuya(&town).await);
        let key = TransferId::from_uuid(old.new_form_key());
        old.offer_case(case, to, "moved", key).await.unwrap();
        is_released(&town, case).await;
        let database = town.database().await;
        let opens = "UPDATE transfers SET answered_at = NULL, answer = NULL";
        let opened = database.write(move |tx| tx.execute(opens, &[])).await;
        assert_eq!(opened.unwrap(), 1);
        town.minutes(120);
        let system = town.app.system_desk();
        assert_eq!(system.tell_overdue_transfers().await.unwrap(), 0);
        let mut all = storage::migrations::all().iter();
        let (_, _, text) = all.find(|(number, ..)| *number == 105).unwrap();
        let mut parts = text.split(';');
        let puts_right = parts.find(|part| part.contains("UPDATE transfers"));
        let puts_right = puts_right.unwrap();
        let done = database.write(move |tx| tx.execute(puts_right, &[])).await;
        assert_eq!(done.unwrap(), 1);
        assert!(new.offers().await.unwrap().0.is_empty());
    }
);

story!(
    whoever_rings_the_first_center_is_told_who_follows_them_now,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let (first, (second, shibuya)) = (town.nurse().await, shibuya(&town).await);
        let system = town.app.system_desk();
        let third = system.add_center("Chiba", Contact::default()).await;
        let third = third.unwrap().id;
        let email = "chiba@center.example";
        let place = NewStaff::place_of(third);
        let chiba = town.hires(email, StaffRole::Nurse, place).await;
        let id = first.case(case).await.unwrap().unwrap().member.hersys_id;
        let own = NewStaff::place_of(first.health_center().await.unwrap().id);
        let told = async |desk: &app::StaffDesk| {
            let listed = desk.handed_over(None).await.unwrap();
            let found = desk.handed_over(Some(&id)).await.unwrap();
            assert_eq!(listed, found);
            let words = found.into_iter().map(|one| (one.to, one.by.unwrap()));
            words.collect::<Vec<_>>()
        };
        let says = |center: &str, by: &str| vec![(center.to_owned(), by.to_owned())];
        moves(&first, &shibuya, case, NewStaff::place_of(second)).await;
        assert_eq!(told(&first).await, says("Shibuya", "shibuya"));
        town.minutes(1);
        moves(&shibuya, &chiba, case, NewStaff::place_of(third)).await;
        for desk in [&first, &shibuya] {
            assert_eq!(told(desk).await, says("Chiba", "chiba"));
        }
        // Back, and away once more: that is told once.
        town.minutes(1);
        moves(&chiba, &first, case, own).await;
        assert!(told(&first).await.is_empty());
        town.minutes(1);
        moves(&first, &shibuya, case, NewStaff::place_of(second)).await;
        assert_eq!(told(&first).await, says("Shibuya", "shibuya"));
    }
);
