//! Somebody who was ill before falls ill again and moves: two centers have records of one person, and neither reads or writes what the
//! other is told.

use crate::merges::merges;
use crate::old_number::corrects;
use crate::reports::family;
use crate::retention::is_released;
use crate::story;
use crate::town::{Town, hanako, register};
use crate::transfers::{moves, shibuya};
use app::attributes::Registration;
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::contact_log::TypedContact;
use app::correction::CorrectPerson;
use app::merge::Merge;
use app::staff::NewStaff;
use app::{PatientDesk, StaffDesk};
use domain::ids::CaseId;

/// Hanako as the center registers her.
fn typed() -> TypedCase {
    TypedCase {
        name: "山田 花子".to_owned(),
        name_kana: "ヤマダ ハナコ".to_owned(),
        birthdate: "1988-05-04".to_owned(),
        phone: "090-1234-5678".to_owned(),
        diagnosed_on: "2026-11-23".to_owned(),
        ..TypedCase::default()
    }
}

async fn registers(nurse: &StaffDesk, typed: &TypedCase, sure: Sure) -> CaseId {
    let key = nurse.new_form_key();
    match nurse.register_case(typed, key, sure).await.unwrap() {
        RegisterCase::Registered(case) => case,
        _ => panic!("not registered"),
    }
}

/// How a center knows that the person of a case is reached, and where they are.
async fn reached(nurse: &StaffDesk, case: CaseId) -> [Option<String>; 4] {
    let view = nurse.case(case).await.unwrap().unwrap();
    let address = nurse.address_of(case).await.unwrap();
    [view.phone, view.email, address.address, address.whereabouts]
        .map(|told| told.map(|told| told.expose().clone()))
}

async fn corrections(nurse: &StaffDesk, case: CaseId) -> usize {
    let following = nurse.following_of(case).await.unwrap().unwrap();
    // A release is a line among them, too.
    let of_person = following.corrections.iter().filter(|correction| {
        let mut after = correction.after.iter();
        after.all(|(name, _)| name != "status")
    });
    of_person.count()
}

/// What the new center is told, and the old one must not be.
fn hides(typed: &mut TypedCase) {
    typed.phone = "080-2222-3333".to_owned();
    typed.whereabouts = "Women's shelter".to_owned();
}

/// Hanako was ill, and is so again: the first illness is over, and the center follows the second.
async fn is_ill_again(town: &mut Town) -> (PatientDesk, [CaseId; 2], StaffDesk) {
    let (desk, first) = family(town, "a@example.org").await;
    let old = town.nurse().await;
    corrects(&old, first, |typed| {
        typed.email = "hanako@home.example".to_owned();
        typed.address = "Minato 1-2-3".to_owned();
    })
    .await;
    is_released(town, first).await;
    let second = registers(&old, &typed(), Sure::SameAs(first)).await;
    let id = old.case(second).await.unwrap().unwrap().member.hersys_id;
    let claimed = register(&desk, &hanako(&id)).await;
    assert!(matches!(claimed, Registration::Registered(_)));
    (desk, [first, second], old)
}

/// And she has moved: the illness that is over stays with the old center, the other is followed by the new one.
async fn has_moved(town: &mut Town) -> (PatientDesk, [CaseId; 2], [StaffDesk; 2]) {
    let (desk, [first, second], old) = is_ill_again(town).await;
    let (to, new) = shibuya(town).await;
    moves(&old, &new, second, NewStaff::place_of(to)).await;
    town.minutes(1);
    (desk, [first, second], [old, new])
}

story!(
    the_old_center_neither_reads_nor_writes_what_the_new_one_is_told,
    town,
    {
        let (_, [first, second], [old, new]) = has_moved(&mut town).await;
        // What was known when she was handed over is known to both.
        let stood = reached(&old, first).await;
        assert_eq!(reached(&new, second).await, stood);
        assert_eq!(stood[1].as_deref(), Some("hanako@home.example"));
        assert_eq!(stood[2].as_deref(), Some("Minato 1-2-3"));
        assert_eq!(corrections(&old, first).await, 1);

        corrects(&new, second, hides).await;
        let told = reached(&new, second).await;
        assert_eq!(told[3].as_deref(), Some("Women's shelter"));
        assert_eq!(reached(&old, first).await, stood);
        assert_eq!(corrections(&old, first).await, 1);
        assert!(old.case(second).await.unwrap().is_none());

        // And the other way: what the old center writes is of its own record.
        let form = new.person_form(second).await.unwrap().unwrap();
        town.minutes(1);
        corrects(&old, first, |typed| {
            typed.phone = "070-9999-0000".to_owned();
        })
        .await;
        assert_eq!(reached(&new, second).await, told);
        assert_eq!(corrections(&new, second).await, 1);
        let named = TypedCase {
            name: "佐藤 花子".to_owned(),
            ..form.typed
        };
        let done = new.correct_person(second, &named, "Married", form.version);
        assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
        assert_eq!(corrections(&old, first).await, 2);
        let form = old.person_form(first).await.unwrap().unwrap();
        assert_eq!(form.typed.name, "山田 花子");

        // At the new center a further illness is of the person whom it follows, and each of its records tells what is corrected.
        let third = registers(&new, &typed(), Sure::SameAs(second)).await;
        assert_eq!(reached(&new, third).await, told);
        corrects(&new, third, |typed| typed.whereabouts = String::new()).await;
        assert_eq!(corrections(&new, second).await, 3);
        assert_eq!(reached(&new, second).await[3], None);
        assert_eq!(corrections(&old, first).await, 2);
    }
);

story!(
    a_correction_of_the_illness_that_is_over_waits_until_the_other_is_handed_over,
    town,
    {
        let (_, [first, second], old) = is_ill_again(&mut town).await;
        let (to, new) = shibuya(&town).await;
        let (stood, now) = (reached(&old, first).await, town.clock.now());
        let form = old.person_form(first).await.unwrap().unwrap();
        let other = TypedCase {
            phone: "070-9999-0000".to_owned(),
            ..form.typed
        };
        let moves = move |tx: &mut storage::Tx<'_>, is_end: bool| {
            if is_end {
                return Ok(());
            }
            storage::case_registration::hold_with_persons(tx, second)?;
            storage::monitoring::move_to(tx, second, to, now).map(drop)
        };
        let corrects = old.correct_person(first, &other, "A slip", form.version);
        let done = town.meanwhile(moves, corrects).await.unwrap();
        assert!(matches!(done, CorrectPerson::ChangedMeanwhile));
        assert_eq!(reached(&old, first).await, stood);
        assert_eq!(reached(&new, second).await, stood);
    }
);

story!(
    a_family_knows_one_person_by_the_records_of_two_centers,
    town,
    {
        let (desk, [first, second], [_, new]) = has_moved(&mut town).await;
        corrects(&new, second, |typed| {
            typed.name = "佐藤 花子".to_owned();
        })
        .await;
        let members = desk.members().await.unwrap();
        let of = |case| members.iter().find(|member| member.case == case).unwrap();
        let (over, followed) = (of(first), of(second));
        assert!(over.is_followed_as(followed) && !followed.is_followed_as(over));
        assert_eq!(followed.name_in("ja"), "佐藤 花子");
        assert!(desk.history(first).await.unwrap().is_some());
        assert!(desk.history(second).await.unwrap().is_some());
    }
);

story!(
    who_comes_back_is_known_as_the_center_that_followed_them_knew_them,
    town,
    {
        let (_, [first, second], [old, new]) = has_moved(&mut town).await;
        corrects(&new, second, hides).await;
        let (stood, told) = (reached(&old, first).await, reached(&new, second).await);
        let back = old.health_center().await.unwrap().id;
        moves(&new, &old, second, NewStaff::place_of(back)).await;
        assert_eq!(reached(&old, second).await, told);
        assert_eq!(reached(&old, first).await, stood);
        assert!(new.case(second).await.unwrap().is_none());
        let family = old.following_of(second).await.unwrap().unwrap().family;
        assert!(family.iter().any(|one| one.case == first));

        // That both say the same is no work of a merge, which would take it away again when it is undone.
        merges(&old, second, first).await;
        let parted = old.unmerge_case(first, "Two illnesses").await.unwrap();
        assert_eq!(parted, Merge::Done(first));
        assert_eq!(reached(&old, second).await, told);
        assert_eq!(reached(&old, first).await, stood);
    }
);

story!(what_a_release_before_left_with_one_row_is_parted, town, {
    let (_, [first, second], [old, new]) = has_moved(&mut town).await;
    let (stood, lines) = (reached(&old, first).await, corrections(&old, first).await);
    // As a node of a release before hands over: all cases of the person stay with one row, which goes.
    let database = town.database().await;
    let shares = move |tx: &mut storage::Tx<'_>| {
        tx.execute(
                "UPDATE cases SET person_id = (SELECT s.person_id FROM cases s WHERE s.id = $2) WHERE id = $1",
                &[&first.uuid(), &second.uuid()],
            )
    };
    database.write(shares).await.unwrap();
    corrects(&new, second, hides).await;
    let told = reached(&new, second).await;
    assert_eq!(reached(&old, first).await, told, "as it was until now");

    let desk = town.app.system_desk();
    assert_eq!(desk.part_persons().await.unwrap(), 1);
    assert_eq!(reached(&old, first).await, stood);
    assert_eq!(corrections(&old, first).await, lines);
    assert_eq!(reached(&new, second).await, told);
    assert_eq!(corrections(&new, second).await, 1);
    let log = old.audit_of_case(first, 50).await.unwrap();
    assert!(log.iter().any(|line| line.action == "case.parted"));
    assert_eq!(desk.part_persons().await.unwrap(), 0);

    // While one still runs beside, it may do so again; and who follows another illness of theirs has to reach them.
    let third = registers(&old, &typed(), Sure::SameAs(first)).await;
    database.write(shares).await.unwrap();
    let also = move |tx: &mut storage::Tx<'_>| {
        tx.execute(
                "UPDATE cases SET person_id = (SELECT s.person_id FROM cases s WHERE s.id = $2) WHERE id = $1",
                &[&third.uuid(), &second.uuid()],
            )
    };
    database.write(also).await.unwrap();
    assert_eq!(desk.part_persons().await.unwrap(), 1);
    assert_eq!(reached(&old, third).await, told);
    town.minutes(1);
    corrects(&old, third, |typed| typed.whereabouts = String::new()).await;
    assert_eq!(reached(&new, second).await, told);
});

story!(
    that_a_number_is_wrong_is_known_at_the_new_center_too,
    town,
    {
        let (_, first) = family(&mut town, "a@example.org").await;
        let old = town.nurse().await;
        let wrong = TypedContact {
            outcome: "wrong_number".to_owned(),
            ..TypedContact::default()
        };
        old.add_contact(first, &wrong).await.unwrap();
        let second = registers(&old, &typed(), Sure::SameAs(first)).await;
        let (to, new) = shibuya(&town).await;
        moves(&old, &new, second, NewStaff::place_of(to)).await;
        let wrong_at = async |nurse: &StaffDesk, case| {
            let following = nurse.following_of(case).await.unwrap();
            following.unwrap().wrong_number
        };
        assert!(wrong_at(&old, first).await.is_some());
        assert!(wrong_at(&new, second).await.is_some());
        town.minutes(1);
        corrects(&new, second, hides).await;
        assert!(wrong_at(&new, second).await.is_none());
        assert!(wrong_at(&old, first).await.is_some());
    }
);

story!(
    whoever_has_no_phone_number_has_that_in_each_row_by_itself,
    town,
    {
        let old = town.nurse().await;
        let none = TypedCase {
            phone: String::new(),
            has_no_phone: true,
            ..typed()
        };
        let first = registers(&old, &none, Sure::Ask).await;
        let second = registers(&old, &none, Sure::SameAs(first)).await;
        let (to, new) = shibuya(&town).await;
        moves(&old, &new, second, NewStaff::place_of(to)).await;
        assert_eq!(reached(&old, first).await[0], None);
        assert_eq!(reached(&new, second).await[0], None);
        let database = town.database().await;
        let different: i64 = database
            .read(|tx| {
                tx.query_one(
                    "SELECT count(DISTINCT phone_blind) FROM persons",
                    &[],
                    |row| row.get(0),
                )
            })
            .await
            .unwrap();
        assert_eq!(different, 2);
    }
);
