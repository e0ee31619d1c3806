//! One person whom two centers follow: neither sees it, the prefecture does.

use crate::merges::merges;
use crate::retention::{is_now, is_released};
use crate::story;
use crate::town::Town;
use crate::transfers::{moves, shibuya};
use app::StaffDesk;
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::merge::Merge;
use app::registered_twice::{Agree, Answered, Other, Say, SayOfPair, Twice, WasSaid};
use app::staff::NewStaff;
use app::tasks::{About, FinishTask, Task};
use domain::ids::CaseId;
use domain::staff_role::StaffRole;
use jiff::Timestamp;
use storage::jurisdiction::Below;
use storage::registered_twice;

async fn registers(desk: &StaffDesk, name: &str, birthdate: &str, phone: &str) -> CaseId {
    let typed = TypedCase {
        name_latin: name.to_owned(),
        birthdate: birthdate.to_owned(),
        phone: phone.to_owned(),
        diagnosed_on: "2026-11-22".to_owned(),
        ..TypedCase::default()
    };
    let key = desk.new_form_key();
    match desk.register_case(&typed, key, Sure::Ask).await.unwrap() {
        RegisterCase::Registered(case) => case,
        _ => panic!("not registered"),
    }
}

fn cases(pairs: &[Twice]) -> Vec<[CaseId; 2]> {
    let all = pairs.iter();
    all.map(|pair| pair.people.each_ref().map(|view| view.member.case))
        .collect()
}

fn nobody() -> [Vec<[CaseId; 2]>; 3] {
    <[Vec<[CaseId; 2]>; 3]>::default()
}

/// Who is new on the list, of whom both were told, and who are two people.
async fn lists(officer: &StaffDesk) -> [Vec<[CaseId; 2]>; 3] {
    let found = officer.perhaps_registered_twice(None).await.unwrap();
    assert!(found.goes_on.is_none());
    let (told, two) = (&found.told, &found.two);
    assert!(told.goes_on.is_none() && two.goes_on.is_none());
    [cases(&found.pairs), cases(&told.pairs), cases(&two.pairs)]
}

/// What a page that is made now shows of what stands of a pair.
async fn seen(officer: &StaffDesk, [one, other]: [CaseId; 2]) -> String {
    let found = officer.perhaps_registered_twice(None).await.unwrap();
    let all = found.told.pairs.iter().chain(&found.two.pairs);
    let mut all = all.filter(|pair| {
        let cases = pair.people.each_ref().map(|view| view.member.case);
        cases.contains(&one) && cases.contains(&other)
    });
    let said = all.next().and_then(|pair| pair.said.clone());
    said.map_or_else(String::new, |said| said.seen)
}

/// Says something of a pair on a page that is made now; tells whether they are one still.
async fn says(officer: &StaffDesk, pair: [CaseId; 2], say: Say) -> bool {
    let seen = seen(officer, pair).await;
    match officer.say_of_pair(pair, say, &seen).await.unwrap() {
        SayOfPair::Done => true,
        SayOfPair::Gone => false,
        SayOfPair::ChangedMeanwhile => panic!("nobody else was there"),
    }
}

/// What the center is asked about somebody who may be registered elsewhere, too.
async fn asked(desk: &StaffDesk) -> Vec<Task> {
    let all = desk.tasks().await.unwrap().into_iter();
    all.filter(|task| matches!(task.about, About::RegisteredTwice { .. }))
        .collect()
}

async fn officer_and_both(town: &Town) -> (StaffDesk, StaffDesk, StaffDesk) {
    let (_, other) = shibuya(town).await;
    (town.officer().await, town.nurse().await, other)
}

story!(
    who_is_registered_at_two_centers_is_found_above_both,
    town,
    {
        let (officer, minato, other) = officer_and_both(&town).await;
        let here = registers(&minato, "Sato Mika", "1990-01-02", "09011110001").await;
        assert_eq!(lists(&officer).await, nobody());
        town.minutes(1);
        // The parts of the name stand the other way round, and the phone is another one.
        let there = registers(&other, "Mika Sato", "1990-01-02", "09011110002").await;
        town.minutes(1);
        // A twin has the same phone; a namesake was born on another day; and who stands twice at one center is seen there.
        let twin = registers(&other, "Sato Rika", "1990-01-02", "09011110001").await;
        registers(&other, "Sato Mika", "1990-01-03", "09011110003").await;
        let pairs = [[twin, here], [there, here]];
        let found = officer.perhaps_registered_twice(None).await.unwrap();
        assert_eq!(cases(&found.pairs), pairs);
        let agree = |name, phone| Agree { name, phone };
        assert_eq!(found.pairs[0].agree, agree(false, true));
        assert_eq!(found.pairs[1].agree, agree(true, false));
        // That they were seen stands in their records.
        let log = minato.audit_of_case(here, 20).await.unwrap();
        assert!(log.iter().any(|line| line.action == "case.listed"));
        // The twin is another person, and stays away.
        assert!(says(&officer, [twin, here], Say::TwoPeople).await);
        let two = [
            vec![[there, here]],
            Vec::new(),
            vec![sorted(twin, here, &officer).await],
        ];
        assert_eq!(lists(&officer).await, two);
        town.days(1);
        assert_eq!(lists(&officer).await, two);
        // Of the other pair both centers are told, each of the other one.
        assert!(says(&officer, [there, here], Say::TellBoth).await);
        let [new, told, _] = lists(&officer).await;
        assert!(new.is_empty());
        assert_eq!(told.len(), 1);
        for (desk, case, elsewhere) in [(&minato, here, "Shibuya"), (&other, there, "Minato")] {
            let tasks = asked(desk).await;
            assert_eq!(tasks.len(), 1);
            assert_eq!(tasks[0].case, Some(case));
            let About::RegisteredTwice {
                center,
                agree: in_what,
                by,
                ..
            } = &tasks[0].about
            else {
                panic!("not asked");
            };
            assert_eq!(center.0, elsewhere);
            assert_eq!(*in_what, agree(true, false));
            assert_eq!(*by, ("officer".to_owned(), "Prefecture".to_owned()));
            // Nobody sees the other's record by it.
            let foreign = if case == here { there } else { here };
            assert!(desk.case(foreign).await.unwrap().is_none());
        }
        // Once more is no second task. One center answers, and the officer reads it.
        assert!(says(&officer, [here, there], Say::TellBoth).await);
        let tasks = asked(&minato).await;
        assert_eq!((tasks.len(), tasks[0].times), (1, 2));
        let finished = minato
            .finish_task(tasks[0].id, "It is her; Shibuya hands over")
            .await;
        assert_eq!(finished.unwrap(), FinishTask::Done);
        let found = officer.perhaps_registered_twice(None).await.unwrap();
        let pair = &found.told.pairs[0];
        let answers = &pair.said.as_ref().unwrap().answers;
        for (view, answer) in pair.people.iter().zip(answers) {
            match answer {
                Some(Answered::Done(_, words)) => {
                    assert_eq!(view.member.case, here);
                    assert_eq!(words.expose(), "It is her; Shibuya hands over");
                }
                Some(Answered::Open) => assert_eq!(view.member.case, there),
                None => panic!("nobody was asked"),
            }
        }
        // Shibuya hands over, what is to be done goes along, and Minato makes one of the two.
        let place = NewStaff::place_of(minato.health_center().await.unwrap().id);
        moves(&other, &minato, there, place).await;
        assert_eq!(lists(&officer).await[1], Vec::<[CaseId; 2]>::new());
        assert!(!says(&officer, [here, there], Say::TellBoth).await);
        assert_eq!(asked(&minato).await.len(), 1);
        assert!(asked(&other).await.is_empty());
        merges(&minato, here, there).await;
        assert!(asked(&minato).await.is_empty());
        // The twin is still another person.
        assert_eq!(lists(&officer).await[2].len(), 1);
    }
);

story!(
    whether_two_records_are_one_is_asked_no_more_once_they_are,
    town,
    {
        let (officer, minato, other) = officer_and_both(&town).await;
        let here = registers(&minato, "Sato Mika", "1990-01-02", "09011110001").await;
        town.minutes(1);
        let there = registers(&other, "Sato Mika", "1990-01-02", "09011110002").await;
        town.minutes(1);
        // A third record, which is asked about as well and stays elsewhere.
        let third = registers(&other, "Sato Rika", "1990-01-02", "09011110001").await;
        for pair in [[there, here], [third, here]] {
            assert!(says(&officer, pair, Say::TellBoth).await);
        }
        let at = async |desk: &StaffDesk| -> Vec<Other> {
            let all = asked(desk).await.into_iter();
            all.map(|task| match task.about {
                About::RegisteredTwice { other, .. } => other,
                _ => panic!("not asked"),
            })
            .collect()
        };
        assert_eq!(at(&minato).await, [Other::Elsewhere; 2]);
        // Minato has both by now: it calls nobody about them.
        let place = NewStaff::place_of(minato.health_center().await.unwrap().id);
        moves(&other, &minato, there, place).await;
        let mut all = at(&minato).await;
        all.sort_by_key(|other| format!("{other:?}"));
        let mut both = [Other::Here(here), Other::Here(there)];
        both.sort_by_key(|other| format!("{other:?}"));
        assert_eq!(all, [vec![Other::Elsewhere], both.to_vec()].concat());
        let of_both: Vec<_> = asked(&minato).await;
        // With the merge both are done, by whoever has made one of them; the third is asked about still.
        merges(&minato, here, there).await;
        assert_eq!(at(&minato).await, [Other::Elsewhere]);
        assert_eq!(minato.count_tasks().await.unwrap(), 1);
        let mut ended = 0;
        for task in &of_both {
            let by = minato.ended_task(task.id).await.unwrap();
            ended += usize::from(by.is_some_and(|(_, by)| by.is_some()));
        }
        assert_eq!(ended, 2);
        // They were two after all, and somebody is to say so.
        let done = minato.unmerge_case(there, "Twins").await.unwrap();
        assert_eq!(done, Merge::Done(there));
        let tasks = asked(&minato).await;
        assert_eq!(tasks.len(), 3);
        assert_eq!(tasks.iter().filter(|t| t.case == Some(there)).count(), 1);
    }
);

/// Persons stand in the order of their ids where something was said of them.
async fn sorted(one: CaseId, other: CaseId, officer: &StaffDesk) -> [CaseId; 2] {
    let found = officer.perhaps_registered_twice(None).await.unwrap();
    let two = cases(&found.two.pairs).into_iter();
    let all = cases(&found.told.pairs).into_iter().chain(two);
    let mut all = all.filter(|pair| pair.contains(&one) && pair.contains(&other));
    all.next().unwrap()
}

story!(a_pair_of_two_people_can_be_looked_at_again, town, {
    let (officer, minato, other) = officer_and_both(&town).await;
    let here = registers(&minato, "Sato Mika", "1990-01-02", "09011110001").await;
    town.minutes(1);
    let there = registers(&other, "Sato Mika", "1990-01-02", "09011110001").await;
    let says = async |say| says(&officer, [there, here], say).await;
    assert!(says(Say::TellBoth).await);
    assert_eq!(
        (asked(&minato).await.len(), asked(&other).await.len()),
        (1, 1)
    );
    // The officer has found out: nobody else has to.
    assert!(says(Say::TwoPeople).await);
    assert!(asked(&minato).await.is_empty() && asked(&other).await.is_empty());
    let [new, told, two] = lists(&officer).await;
    assert_eq!((new.len(), told.len(), two.len()), (0, 0, 1));
    for case in [here, there] {
        let log = officer.audit_of_case(case, 20).await.unwrap();
        for action in ["case.told_twice", "case.two_people"] {
            assert!(log.iter().any(|line| line.action == action), "{action}");
        }
    }
    assert!(says(Say::LookAgain).await);
    assert_eq!(lists(&officer).await[0], [[there, here]]);
    // Who is followed by one of them alone is on no list, and is back when both do.
    is_released(&town, here).await;
    assert!(lists(&officer).await[0].is_empty());
    assert!(!says(Say::TwoPeople).await);
    is_now(&town, here, "home").await;
    assert_eq!(lists(&officer).await[0], [[there, here]]);
    // A contact who is not ill counts as well.
    let source = registers(&minato, "Abe Ken", "1980-01-02", "09011110009").await;
    let contact = crate::close_contacts::met(&minato, source, "Abe Jun", "09011110010").await;
    town.minutes(1);
    let again = registers(&other, "Abe Jun", "1990-01-02", "09011110010").await;
    assert_eq!(lists(&officer).await[0], [[again, contact], [there, here]]);
});

story!(
    nobody_but_the_officer_above_both_looks_across_centers,
    town,
    {
        let (officer, minato, other) = officer_and_both(&town).await;
        let here = registers(&minato, "Sato Mika", "1990-01-02", "09011110001").await;
        let there = registers(&other, "Sato Mika", "1990-01-02", "09011110001").await;
        for desk in [&minato, &other] {
            assert!(desk.perhaps_registered_twice(None).await.is_err());
            assert!(
                desk.say_of_pair([here, there], Say::TellBoth, "")
                    .await
                    .is_err()
            );
        }
        // Another prefecture sees none of both, and says nothing of them.
        let root = town.app.system_desk().places().await.unwrap()[0].clone();
        let system = town.app.system_desk();
        let kind = domain::staff_role::JurisdictionKind::Prefecture;
        let app::jurisdiction::AddPlace::Added(west) =
            system.add_place(&root, kind, "West").await.unwrap()
        else {
            panic!("not added");
        };
        let west = town
            .hires(
                "officer@west.example",
                StaffRole::PrefectureOfficer,
                west.id,
            )
            .await;
        assert_eq!(lists(&west).await, nobody());
        for say in [Say::TellBoth, Say::TwoPeople, Say::LookAgain] {
            assert!(!says(&west, [here, there], say).await);
        }
        assert_eq!(lists(&officer).await[0].len(), 1);
        assert!(asked(&minato).await.is_empty());
    }
);

story!(pairs_are_walked_through_a_run_at_a_time, town, {
    let (_, minato, other) = officer_and_both(&town).await;
    let mut pairs = Vec::new();
    for (at, name) in ["Sato Mika", "Abe Ken", "Mori Jun"].into_iter().enumerate() {
        let born = format!("199{at}-01-02");
        let phones = [1, 2].map(|of| format!("090111{at}000{of}"));
        let here = registers(&minato, name, &born, &phones[0]).await;
        town.minutes(1);
        let there = registers(&other, name, &born, &phones[1]).await;
        town.minutes(1);
        pairs.insert(0, [there, here]);
    }
    let database = town.database().await;
    let found = database.read(|tx| {
        let below = Below::everywhere();
        let first = (Timestamp::UNIX_EPOCH, CaseId::from_uuid(uuid::Uuid::nil()));
        let last = CaseId::from_uuid(uuid::Uuid::max());
        let (mut begins, mut runs) = ((Timestamp::constant(32_503_680_000, 0), last), Vec::new());
        loop {
            let end = registered_twice::end_of_run(tx, &below, begins, 2)?;
            let run = (begins, end.unwrap_or(first));
            let found = registered_twice::pairs(tx, &below, run, 500)?;
            runs.push(Vec::from_iter(found.iter().map(|pair| pair.cases)));
            match end {
                Some(end) => begins = end,
                None => return Ok(runs),
            }
        }
    });
    let expected: Vec<Vec<[CaseId; 2]>> = pairs
        .iter()
        .map(|pair| vec![*pair])
        .chain([Vec::new()])
        .collect();
    assert_eq!(found.await.unwrap(), expected);
});

story!(what_was_said_of_a_pair_is_not_overruled_unseen, town, {
    let (officer, minato, other) = officer_and_both(&town).await;
    let here = registers(&minato, "Sato Mika", "1990-01-02", "09011110001").await;
    town.minutes(1);
    let there = registers(&other, "Sato Mika", "1990-01-02", "09011110001").await;
    let pair = [there, here];
    let asks = async || [asked(&minato).await.len(), asked(&other).await.len()];
    // Two pages are open, of before anybody said anything. On one both centers are asked.
    let nothing = seen(&officer, pair).await;
    assert_eq!(nothing, "");
    let tells = async |seen: &str| officer.say_of_pair(pair, Say::TellBoth, seen).await;
    let two = async |seen: &str| officer.say_of_pair(pair, Say::TwoPeople, seen).await;
    assert_eq!(tells(&nothing).await.unwrap(), SayOfPair::Done);
    assert_eq!(asks().await, [1, 1]);
    // The other page does not take that back; the same once more is done already, and asks nobody again.
    let came = two(&nothing).await.unwrap();
    assert_eq!(came, SayOfPair::ChangedMeanwhile);
    assert_eq!(tells(&nothing).await.unwrap(), SayOfPair::Done);
    assert_eq!(asks().await, [1, 1]);
    assert_eq!(asked(&minato).await[0].times, 1);
    assert_eq!(lists(&officer).await[1].len(), 1);
    // Whoever has seen it says what is so.
    town.minutes(1);
    let told = seen(&officer, pair).await;
    assert_eq!(two(&told).await.unwrap(), SayOfPair::Done);
    assert_eq!(asks().await, [0, 0]);
    assert_eq!(tells(&told).await.unwrap(), SayOfPair::ChangedMeanwhile);
    let again = officer.say_of_pair(pair, Say::LookAgain, &told).await;
    assert_eq!(again.unwrap(), SayOfPair::ChangedMeanwhile);
    assert_eq!(lists(&officer).await[2].len(), 1);
});

story!(of_many_about_whom_something_was_said_none_is_lost, town, {
    let (officer, minato, other) = officer_and_both(&town).await;
    // One more than a page holds.
    let mut oldest = None;
    for at in 0..51_u8 {
        let letter = |of: u8| char::from(b'a' + of);
        let name = format!("Mo{}{} Jun", letter(at / 7), letter(at % 7));
        let born = format!("19{}-01-02", 30 + at);
        let here = registers(&minato, &name, &born, &format!("090111100{at:02}")).await;
        let there = registers(&other, &name, &born, &format!("090222200{at:02}")).await;
        oldest.get_or_insert(here);
        let done = officer.say_of_pair([here, there], Say::TellBoth, "").await;
        assert_eq!(done.unwrap(), SayOfPair::Done);
        town.minutes(1);
    }
    let found = officer.perhaps_registered_twice(None).await.unwrap();
    let (first, goes_on) = (cases(&found.told.pairs), found.told.goes_on.unwrap());
    assert_eq!(first.len(), 50);
    let before = officer.pairs_said_before(WasSaid::Told, goes_on).await;
    let before = before.unwrap();
    assert!(before.goes_on.is_none());
    let left = cases(&before.pairs);
    assert_eq!(left.len(), 1);
    // The one that waits the longest is the last.
    assert!(left[0].contains(&oldest.unwrap()));
    assert!(!first.contains(&left[0]));
    // Of the others nothing was said.
    let two = officer.pairs_said_before(WasSaid::Two, goes_on).await;
    assert!(two.unwrap().pairs.is_empty());
});

story!(what_was_said_of_a_pair_goes_with_either_record, town, {
    let (officer, minato, other) = officer_and_both(&town).await;
    let here = registers(&minato, "Sato Mika", "1990-01-02", "09011110001").await;
    let there = registers(&other, "Sato Mika", "1990-01-02", "09011110001").await;
    assert!(says(&officer, [here, there], Say::TwoPeople).await);
    crate::retention::sets(&town, "100").await;
    is_released(&town, here).await;
    town.days(101);
    assert_eq!(crate::retention::round(&town).await, (1, 0));
    town.days(15);
    assert_eq!(crate::retention::round(&town).await, (0, 1));
    assert!(officer.case(here).await.unwrap().is_none());
    let database = town.database().await;
    let left = database
        .read(|tx| {
            tx.query_one("SELECT count(*) FROM perhaps_one", &[], |row| {
                row.get::<i64>(0)
            })
        })
        .await
        .unwrap();
    assert_eq!(left, 0);
});
