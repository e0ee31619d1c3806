//! Nobody finds out about somebody else by trying, and nobody is registered twice.

use crate::story;
use crate::town::{hanako, register};
use app::attributes::{Registration, Typed};
use app::tasks::FinishTask;
use jiff::SignedDuration;

story!(an_id_can_be_registered_once, town, {
    let id = town.hanako().await;
    let (first, second) = (
        town.account("a@example.org").await,
        town.account("b@example.org").await,
    );
    assert!(matches!(
        register(&first, &hanako(&id)).await,
        Registration::Registered(_)
    ));
    assert!(matches!(
        register(&second, &hanako(&id)).await,
        Registration::Refused
    ));
    assert!(matches!(
        register(&first, &hanako(&id)).await,
        Registration::RegisteredBefore(_)
    ));
});

story!(of_two_who_claim_one_id_at_once_one_wins, town, {
    let id = town.hanako().await;
    let mut tries = Vec::new();
    for i in 0..8 {
        let desk = town.account(&format!("c{i}@example.org")).await;
        let _ = desk.keep_attributes(&hanako(&id)).await.unwrap();
        tries.push(tokio::spawn(async move {
            desk.save_attributes().await.unwrap()
        }));
    }
    let mut won = 0;
    for one in tries {
        won += usize::from(matches!(one.await.unwrap(), Registration::Registered(_)));
    }
    assert_eq!(won, 1);
});

story!(
    guessing_ids_for_a_known_person_stops_after_five_a_day_and_ten_in_a_month,
    town,
    {
        let id = town.hanako().await;
        // A hundred at once, from a hundred accounts: only five are evaluated, so the right one among the later ones fails.
        let mut desks = Vec::new();
        for i in 0..12 {
            desks.push(town.account(&format!("g{i}@example.org")).await);
        }
        for (i, desk) in desks.iter().take(5).enumerate() {
            let guess = format!("{}", 1_000_000 + i);
            assert!(matches!(
                register(desk, &hanako(&guess)).await,
                Registration::Refused
            ));
        }
        assert!(
            matches!(
                register(&desks[5], &hanako(&id)).await,
                Registration::Refused
            ),
            "the sixth, though right"
        );
        town.restart().await;
        assert!(
            matches!(
                register(&desks[5], &hanako(&id)).await,
                Registration::Refused
            ),
            "a restart resets nothing"
        );
        town.later(SignedDuration::from_hours(24));
        for (i, desk) in desks.iter().skip(6).take(5).enumerate() {
            let guess = format!("{}", 2_000_000 + i);
            assert!(matches!(
                register(desk, &hanako(&guess)).await,
                Registration::Refused
            ));
        }
        town.days(2);
        assert!(
            matches!(
                register(&desks[11], &hanako(&id)).await,
                Registration::Refused
            ),
            "ten in 30 days"
        );
        // The center looks, and the person may try again.
        let nurse = town.nurse().await;
        let tasks = nurse.tasks().await.unwrap();
        assert_eq!(
            nurse.finish_task(tasks[0].id, "").await.unwrap(),
            FinishTask::Empty
        );
        assert_eq!(
            nurse
                .finish_task(tasks[0].id, "She called; it is her.")
                .await
                .unwrap(),
            FinishTask::Done
        );
        assert_eq!(
            nurse.finish_task(tasks[0].id, "Again").await.unwrap(),
            FinishTask::NotOpen
        );
        assert!(matches!(
            register(&desks[11], &hanako(&id)).await,
            Registration::Registered(_)
        ));
    }
);

story!(a_hundred_parallel_guesses_count_as_a_hundred, town, {
    let id = town.hanako().await;
    let desk = town.account("p@example.org").await;
    let wrong = Typed {
        birth_day: "6".into(),
        ..hanako(&id)
    };
    let _ = desk.keep_attributes(&wrong).await.unwrap();
    let tries: Vec<_> = (0..100)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move { desk.save_attributes().await.unwrap() })
        })
        .collect();
    for one in tries {
        assert!(matches!(one.await.unwrap(), Registration::Refused));
    }
    let tasks = town.nurse().await.tasks().await.unwrap();
    let times: i32 = tasks.iter().map(|task| task.times).sum();
    assert_eq!(
        (tasks.len(), times),
        (2, 100),
        "one task for the person, and one for an account beyond its limit, counted up"
    );
    // The ID, the account and the person are closed for the day now; the right attributes do not help.
    assert!(matches!(
        register(&desk, &hanako(&id)).await,
        Registration::Refused
    ));
});

story!(one_account_does_not_flood_the_list_of_a_center, town, {
    let id = town.hanako().await;
    let desk = town.account("p@example.org").await;
    for letter in 'a'..='t' {
        let somebody = Typed {
            name: format!("Nobody {letter}"),
            ..hanako(&id)
        };
        let refused = register(&desk, &somebody).await;
        assert!(matches!(refused, Registration::Refused));
    }
    let tasks = town.nurse().await.tasks().await.unwrap();
    assert_eq!(
        tasks.len(),
        6,
        "five tries, and one task for all the others"
    );
});

story!(
    guessing_the_name_too_stops_at_fifteen_a_day_for_a_birthdate_and_phone,
    town,
    {
        let id = town.hanako().await;
        for guess in 0..15 {
            let desk = town.account(&format!("n{guess}@example.org")).await;
            let typed = Typed {
                name: format!(
                    "Somebody {}",
                    ["A", "B", "C", "D"][guess % 4].repeat(guess + 1)
                ),
                ..hanako(&format!("{}", 1_000_000 + guess))
            };
            assert!(matches!(
                register(&desk, &typed).await,
                Registration::Refused
            ));
        }
        let desk = town.account("n@example.org").await;
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Refused
        ));
        // The center looks, and the person may try again.
        let nurse = town.nurse().await;
        for task in nurse.tasks().await.unwrap() {
            let done = nurse.finish_task(task.id, "It is her.").await.unwrap();
            assert_eq!(done, FinishTask::Done);
        }
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Registered(_)
        ));
    }
);

story!(pressing_save_ten_times_at_once_registers_once, town, {
    let id = town.hanako().await;
    let desk = town.account("twice@example.org").await;
    let _ = desk.keep_attributes(&hanako(&id)).await.unwrap();
    let presses: Vec<_> = (0..10)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move { desk.save_attributes().await.unwrap() })
        })
        .collect();
    let mut registered = 0;
    for press in presses {
        match press.await.unwrap() {
            Registration::Registered(_) => registered += 1,
            // It came after the first was done.
            Registration::NothingTyped => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(registered > 0);
    assert_eq!(desk.members().await.unwrap().len(), 1);
    assert!(town.nurse().await.tasks().await.unwrap().is_empty());
});
