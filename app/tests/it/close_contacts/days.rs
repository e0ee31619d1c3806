//! The day of the last contact, from which a contact isolates.

use super::{asks, days, last_met, met};
use crate::reports::family;
use crate::story;
use app::StaffDesk;
use app::case_in_error::{TakeCaseBack, TypedNoCase};
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::close_contacts::{FellIll, Someone, Unlink};
use app::correction::CorrectPerson;
use domain::ids::CaseId;
use jiff::civil::{Date, date};

async fn corrects(nurse: &StaffDesk, contact: CaseId, day: &str) {
    let form = nurse.person_form(contact).await.unwrap().unwrap();
    let typed = TypedCase {
        diagnosed_on: day.to_owned(),
        ..form.typed
    };
    let done = nurse.correct_person(contact, &typed, "She phoned", form.version);
    assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
}

/// Notes that a contact who stands met somebody.
async fn notes(nurse: &StaffDesk, source: CaseId, day: &str, contact: CaseId) {
    let noted = asks(nurse, source, day, Sure::SameAs(contact)).await;
    assert!(matches!(noted, RegisterCase::Noted(case) if case == contact));
}

/// The day that the page of whoever was ill tells.
async fn told_at(nurse: &StaffDesk, source: CaseId) -> Option<Date> {
    let network = nurse.network(source).await.unwrap();
    match &network.people[1] {
        Someone::Known(person) => person.last_contact_on,
        Someone::Elsewhere(_) => panic!("somebody else's"),
    }
}

story!(
    a_corrected_day_of_the_last_contact_does_not_come_back,
    town,
    {
        let (_, first) = family(&mut town, "a@example.org").await;
        let id = town
            .case("見本 一郎,,,1950-01-02,09011112222,ja,2026-11-20,2026-11-19,,,")
            .await;
        let nurse = town.nurse().await;
        let second = nurse.case_by_number(&id).await.unwrap().unwrap();
        let second = second.member.case;
        // Typed wrong: it was the 20th.
        let contact = met(&nurse, first, "Yamada Ken", "09011110001").await;
        corrects(&nurse, contact, "2026-11-20").await;
        assert_eq!(told_at(&nurse, first).await, Some(date(2026, 11, 20)));

        // Not when a later meeting is taken away.
        notes(&nurse, second, "2026-11-21", contact).await;
        assert_eq!(last_met(&nurse, contact).await, date(2026, 11, 21));
        let unlinks = async |source| {
            let taken = nurse.unlink_contact(source, contact, "Another Ken").await;
            assert_eq!(taken.unwrap(), Unlink::Done);
        };
        unlinks(second).await;
        assert_eq!(last_met(&nurse, contact).await, date(2026, 11, 20));

        // Nor when a result is taken back by which the contact was a case.
        let version = async || nurse.case(contact).await.unwrap().unwrap().version;
        let ill = days("2026-11-23", "2026-11-22");
        let became = nurse.fell_ill(contact, &ill, version().await).await;
        assert_eq!(became.unwrap(), FellIll::Case);
        let mark = TypedNoCase {
            why: "result_taken_back".to_owned(),
            version: version().await,
            ..TypedNoCase::default()
        };
        let back = nurse.contact_again(contact, &mark).await.unwrap();
        assert_eq!(back, TakeCaseBack::Done);
        assert_eq!(last_met(&nurse, contact).await, date(2026, 11, 20));

        // Nobody isolates from a meeting that was taken away.
        notes(&nurse, second, "2026-11-18", contact).await;
        assert_eq!(last_met(&nurse, contact).await, date(2026, 11, 20));
        unlinks(first).await;
        assert_eq!(last_met(&nurse, contact).await, date(2026, 11, 18));
        let following = nurse.following_of(contact).await.unwrap().unwrap();
        assert_eq!(following.monitoring.review_from, Some(date(2026, 11, 24)));
        // And a later word on the same two is the one that counts.
        notes(&nurse, second, "2026-11-17", contact).await;
        assert_eq!(last_met(&nurse, contact).await, date(2026, 11, 17));
        assert_eq!(told_at(&nurse, second).await, Some(date(2026, 11, 17)));
    }
);

story!(
    a_form_that_was_shown_before_a_later_meeting_does_not_forget_it,
    town,
    {
        let (_, source) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let contact = met(&nurse, source, "Yamada Ken", "09011110001").await;
        let form = nurse.person_form(contact).await.unwrap().unwrap();
        notes(&nurse, source, "2026-11-23", contact).await;
        let typed = TypedCase {
            name_latin: "Yamada Kenji".to_owned(),
            ..form.typed
        };
        let done = nurse.correct_person(contact, &typed, "Misheard", form.version);
        assert!(matches!(
            done.await.unwrap(),
            CorrectPerson::ChangedMeanwhile
        ));
        assert_eq!(last_met(&nurse, contact).await, date(2026, 11, 23));
    }
);

story!(
    days_that_were_corrected_by_the_release_before_are_put_right_once,
    town,
    {
        let (_, source) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let contact = met(&nurse, source, "Yamada Ken", "09011110001").await;
        let other = met(&nurse, source, "Sato Jun", "09011110002").await;
        // As it left them: with the contact alone.
        let days = [(contact, date(2026, 11, 20)), (other, date(2026, 11, 23))];
        let database = town.database().await;
        for (case, day) in days {
            let sets = "UPDATE cases SET diagnosed_on = $2 WHERE id = $1";
            let set = database.write(move |tx| tx.execute(sets, &[&case.uuid(), &day]));
            assert_eq!(set.await.unwrap(), 1);
        }
        // And one who has met the source under a number that was given up since, later than under the one that was kept.
        let third = met(&nurse, source, "Mori Kai", "09011110003").await;
        let given_up = met(&nurse, source, "Kato Rin", "09011110004").await;
        let later = date(2026, 11, 24);
        let stood = database.write(move |tx| {
            let merged = "UPDATE cases SET merged_into = $2 WHERE id = $1";
            tx.execute(merged, &[&given_up.uuid(), &source.uuid()])?;
            let link = "INSERT INTO contact_links (source_id, contact_id, last_contact_on) VALUES ($1, $2, $3)";
            tx.execute(link, &[&given_up.uuid(), &third.uuid(), &later])?;
            let day = "UPDATE cases SET diagnosed_on = $2 WHERE id = $1";
            tx.execute(day, &[&third.uuid(), &later])
        });
        assert_eq!(stood.await.unwrap(), 1);
        let mut all = storage::migrations::all().iter();
        let (_, _, text) = all.find(|(number, ..)| *number == 105).unwrap();
        let parts = text
            .split(';')
            .filter(|part| part.contains("UPDATE contact_links"));
        let mut done = 0;
        for puts_right in parts {
            let put = database.write(move |tx| tx.execute(puts_right, &[]));
            done += put.await.unwrap();
        }
        assert_eq!(done, 3);
        let stands = database.read(move |tx| {
            let of = "SELECT last_contact_on FROM contact_links WHERE source_id = $1 AND contact_id = $2";
            tx.query_one(of, &[&source.uuid(), &third.uuid()], |row| row.day_opt(0))
        });
        assert_eq!(stands.await.unwrap(), Some(later));
        // What follows from the meetings is what stood.
        notes(&nurse, source, "2026-11-19", contact).await;
        assert_eq!(last_met(&nurse, contact).await, date(2026, 11, 19));
        let network = nurse.network(source).await.unwrap();
        let known = network.people.iter().filter_map(|one| match one {
            Someone::Known(person) => Some((person.case, person.last_contact_on)),
            Someone::Elsewhere(_) => None,
        });
        let of_two = known.filter(|(case, _)| [contact, other].contains(case));
        let told: Vec<_> = of_two.collect();
        let (ken, jun) = (date(2026, 11, 19), date(2026, 11, 23));
        assert_eq!(told, [(other, Some(jun)), (contact, Some(ken))]);
    }
);
