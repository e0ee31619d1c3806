//! Large files: imported some rows at a time, each row once, whatever happens meanwhile.

use crate::reports::{family, sends};
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::case_import::{HEADER, ImportDraft, ImportState, ImportWork, Meant, Step};
use domain::language::Language;
use jiff::SignedDuration;
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

/// A file of so many people, every fifth of whom has an ID already where some have. The first stands on line 2.
fn file(people: u32, some_have_ids: bool) -> String {
    let mut file = HEADER.join(",");
    for at in 0..people {
        let id = match at % 5 {
            0 if some_have_ids => (2_000_000 + at).to_string(),
            _ => String::new(),
        };
        file.push_str(&format!(
            "\nPerson {at},,,1970-01-02,0312{at:06},en,2026-11-20,,,,{id}"
        ));
    }
    file
}

async fn looked_at(desk: &StaffDesk, people: u32) -> Uuid {
    let file = file(people, true);
    let looked = desk.look_at_import(file.as_bytes(), Language::En).await;
    looked.unwrap().unwrap().0
}

async fn begun(desk: &StaffDesk, draft: Uuid) -> ImportWork {
    begun_with(desk, draft, Meant::All).await
}

async fn begun_with(desk: &StaffDesk, draft: Uuid, meant: Meant) -> ImportWork {
    match desk.import(draft, meant, Language::En).await.unwrap() {
        ImportDraft::Begun(work) => *work,
        ImportDraft::Problems(problems) => panic!("{problems:?}"),
        _ => panic!("not begun"),
    }
}

/// The state in short: how many rows of how many, or how many cases and the lines that were not imported.
async fn state(desk: &StaffDesk, draft: Uuid) -> String {
    match desk.import_state(draft, Language::En).await.unwrap() {
        None => "none".to_owned(),
        Some(ImportState::Works(done, total)) => format!("works {done} of {total}"),
        Some(ImportState::Stopped(done, total)) => format!("stopped {done} of {total}"),
        Some(ImportState::Done {
            cases, problems, ..
        }) => {
            let lines: Vec<u64> = problems.iter().map(|one| one.line).collect();
            format!("done {} but {lines:?}", cases.len())
        }
    }
}

async fn step(work: &mut ImportWork) -> Option<usize> {
    match work.next().await.unwrap() {
        Some(Step::Imported { rows, .. }) => Some(rows.len()),
        Some(Step::Refused(problems)) => panic!("{problems:?}"),
        Some(Step::Lost) => panic!("given up"),
        None => None,
    }
}

/// How many persons with numbers of their own, cases and lines about registering stand in the database.
async fn stands(town: &Town) -> (i64, i64, i64) {
    let database = town.database().await;
    let counted = database.read(|tx| {
        let mut count = |sql| tx.query_one(sql, &[], |row| row.get::<i64>(0));
        Ok((
            count("SELECT count(DISTINCT phone_blind) FROM persons")?,
            count("SELECT count(*) FROM cases")?,
            count("SELECT count(*) FROM audit_log WHERE action = 'case.registered'")?,
        ))
    });
    counted.await.unwrap()
}

/// How many drafts, rows and parts of files are kept.
async fn kept(town: &Town) -> (i64, i64, i64) {
    let database = town.database().await;
    let counted = database.read(|tx| {
        let mut count = |sql| tx.query_one(sql, &[], |row| row.get::<i64>(0));
        Ok((
            count("SELECT count(*) FROM import_drafts")?,
            count("SELECT count(*) FROM import_rows")?,
            count("SELECT count(*) FROM import_files")?,
        ))
    });
    counted.await.unwrap()
}

story!(
    a_large_file_that_is_cut_short_goes_on_where_it_stopped,
    town,
    {
        let nurse = town.nurse().await;
        // Line 3 names whoever stands on line 2.
        let twice = (
            "Person 1,,,1970-01-02,0312000001",
            "Person 0,,,1970-01-02,0312000000",
        );
        let file = file(1_200, true).replacen(twice.0, twice.1, 1);
        let looked = nurse.look_at_import(file.as_bytes(), Language::En).await;
        let draft = looked.unwrap().unwrap().0;
        assert_eq!(state(&nurse, draft).await, "none");
        let mut work = begun_with(&nurse, draft, Meant::Lines(vec![])).await;
        // Those with an ID come first.
        assert_eq!(step(&mut work).await, Some(100));
        assert_eq!(step(&mut work).await, Some(100));
        assert_eq!(state(&nurse, draft).await, "works 200 of 1199");
        assert!(nurse.imported(draft).await.unwrap().is_none());
        let again = nurse.import(draft, Meant::All, Language::En).await.unwrap();
        assert!(matches!(again, ImportDraft::Works), "pressed again");

        // The process ends without a word.
        drop(work);
        town.restart().await;
        let nurse = town.nurse().await;
        town.later(SignedDuration::from_secs(31));
        assert_eq!(state(&nurse, draft).await, "stopped 200 of 1199");
        assert_eq!(stands(&town).await, (200, 200, 200));
        let mut work = begun(&nurse, draft).await;
        let mut rest = Vec::new();
        while let Some(rows) = step(&mut work).await {
            rest.push(rows);
        }
        assert_eq!(
            rest.iter().sum::<usize>(),
            999,
            "line 3 is left out as at first"
        );
        assert_eq!((rest.len(), rest[0]), (10, 100));
        assert_eq!(state(&nurse, draft).await, "done 1199 but []");
        assert_eq!(stands(&town).await, (1_199, 1_199, 1_199));
        let again = nurse.import(draft, Meant::All, Language::En).await.unwrap();
        assert!(matches!(again, ImportDraft::Imported));
        let told = nurse.import_state(draft, Language::En).await.unwrap();
        let Some(ImportState::Done { left_out, .. }) = told else {
            panic!("not done");
        };
        assert_eq!(left_out, [3], "and that is told");

        // In the order of the file, and the file itself is forgotten.
        let cases = nurse.imported(draft).await.unwrap().unwrap();
        let mut names = Vec::new();
        for at in [0, 1, 1_198] {
            let view = nurse.case(cases[at]).await.unwrap().unwrap();
            names.push(view.member.name_in("en").to_owned());
        }
        assert_eq!(names, ["Person 0", "Person 2", "Person 1199"]);
        assert_eq!(kept(&town).await, (1, 1_199, 0));
        town.days(2);
        town.app.system_desk().sweep().await.unwrap();
        assert_eq!(kept(&town).await, (0, 0, 0));
    }
);

story!(two_who_import_one_file_at_once_import_it_once, town, {
    let nurse = town.nurse().await;
    let draft = looked_at(&nurse, 1_200).await;
    let mut one = begun(&nurse, draft).await;
    step(&mut one).await;
    // It was taken for dead, and was not: both write.
    town.later(SignedDuration::from_secs(31));
    let mut two = begun(&nurse, draft).await;
    assert_eq!(step(&mut one).await, Some(100));
    assert_eq!(step(&mut two).await, Some(0), "the other has written them");
    let (one, two) = (one.run(|| false), two.run(|| false));
    tokio::join!(one, two);
    assert_eq!(state(&nurse, draft).await, "done 1200 but []");
    assert_eq!(stands(&town).await, (1_200, 1_200, 1_200));
});

story!(
    an_id_that_somebody_is_given_meanwhile_is_named_and_all_others_are_imported,
    town,
    {
        let nurse = town.nurse().await;
        let another = looked_at(&nurse, 1_200).await;
        let draft = looked_at(&nurse, 1_200).await;
        let mut work = begun(&nurse, draft).await;
        town.case("山田 花子,,,1988-05-04,09012345678,ja,2026-11-20,,,,2000005")
            .await;
        while step(&mut work).await.is_some() {}
        assert_eq!(state(&nurse, draft).await, "done 1199 but [7]");
        let done = nurse.import_state(draft, Language::En).await.unwrap();
        let Some(ImportState::Done { problems, .. }) = done else {
            panic!("not done");
        };
        assert_eq!(problems[0].column, "hersys_id");
        assert!(problems[0].reason.contains("ID"), "{problems:?}");
        assert_eq!(stands(&town).await, (1_200, 1_200, 1_200));

        // Before anything is written it is a bad row like any other. All others have been imported before.
        let again = file(1_200, true);
        let looked = nurse.look_at_import(again.as_bytes(), Language::En).await;
        let problems = looked.unwrap().err().unwrap();
        let lines: Vec<u64> = problems.iter().map(|one| one.line).collect();
        assert_eq!(lines, [7]);
        let refused = nurse
            .import(another, Meant::All, Language::En)
            .await
            .unwrap();
        assert!(matches!(refused, ImportDraft::Problems(problems) if problems.len() == 240));
        assert_eq!(stands(&town).await, (1_200, 1_200, 1_200));
    }
);

story!(whoever_reports_writes_between_the_rows, town, {
    let (family, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let draft = looked_at(&nurse, 1_200).await;
    let mut work = begun(&nurse, draft).await;
    step(&mut work).await;
    sends(&family, case, "36.5", "98").await;
    assert_eq!(state(&nurse, draft).await, "works 100 of 1200");
    work.run(|| false).await;
    assert_eq!(state(&nurse, draft).await, "done 1200 but []");
});

story!(a_house_that_is_asked_to_stop_says_where_it_stopped, town, {
    let nurse = town.nurse().await;
    let draft = looked_at(&nurse, 1_200).await;
    let work = begun(&nurse, draft).await;
    let asked = AtomicU32::new(0);
    work.run(|| asked.fetch_add(1, Ordering::Relaxed) == 2)
        .await;
    assert_eq!(state(&nurse, draft).await, "stopped 200 of 1200");
    begun(&nurse, draft).await.run(|| false).await;
    assert_eq!(stands(&town).await, (1_200, 1_200, 1_200));
    // What nobody goes on with is forgotten after a day; the cases stay.
    let file = file(1_200, false).replace(",0312", ",0313");
    let looked = nurse.look_at_import(file.as_bytes(), Language::En).await;
    let (draft, _) = looked.unwrap().unwrap();
    let asked = AtomicU32::new(0);
    let work = begun(&nurse, draft).await;
    work.run(|| asked.fetch_add(1, Ordering::Relaxed) == 1)
        .await;
    town.days(2);
    town.app.system_desk().sweep().await.unwrap();
    assert_eq!(kept(&town).await, (0, 0, 0));
    let nurse = town.nurse().await;
    let gone = nurse.import(draft, Meant::All, Language::En).await.unwrap();
    assert!(matches!(gone, ImportDraft::NoSuchFile));
    assert_eq!(stands(&town).await, (1_300, 1_300, 1_300));
});

story!(
    a_command_that_is_cut_short_goes_on_where_it_was_when_it_runs_again,
    town,
    {
        let desk = town.app.system_desk();
        let center = desk.health_centers().await.unwrap()[0].id;
        // Those with an ID come first. The second time it is theirs already, which is no mistake.
        let file = file(1_200, true);
        let looked = desk.look_at_import(file.as_bytes(), center).await;
        let looked = looked.unwrap().unwrap();
        let mut work = desk.begin_import(&looked, vec![]).await.unwrap().unwrap();
        assert_eq!(step(&mut work).await, Some(100));
        assert_eq!(work.progress(), (100, 1_200));
        drop(work);
        let again = desk.look_at_import(file.as_bytes(), center).await;
        let again = again.unwrap().unwrap();
        assert_eq!(again.left_out(&Meant::Lines(vec![])), [0_u64; 0]);
        assert_eq!((again.count, again.registered_count()), (1_100, 100));
        let told: Vec<_> = again.registered().collect();
        assert_eq!(told.len(), 100);
        assert!(told.iter().all(|row| row.fields[10].len() == 7));
        let mut work = desk.begin_import(&again, vec![]).await.unwrap().unwrap();
        assert_eq!(work.progress(), (100, 1_200));
        while step(&mut work).await.is_some() {}
        assert_eq!(stands(&town).await, (1_200, 1_200, 1_200));
        // Two who import it at once: what the other one wrote is told at the end.
        let rest = desk.untold_of(&again, &[2, 3].into()).await.unwrap();
        let told: Vec<u64> = rest.registered().map(|row| row.line).collect();
        assert_eq!((told.len(), told[0]), (1_099, 4));
        // It is remembered for a week, however often others look.
        town.days(6);
        desk.sweep().await.unwrap();
        let again = desk
            .look_at_import(file.as_bytes(), center)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((again.count, again.registered_count()), (0, 1_200));
        town.days(2);
        desk.sweep().await.unwrap();
        assert_eq!(kept(&town).await, (0, 0, 0));
        let again = desk
            .look_at_import(file.as_bytes(), center)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((again.count, again.registered_count()), (1_200, 0));
    }
);

story!(
    a_file_that_the_release_before_was_shown_is_imported,
    town,
    {
        let nurse = town.nurse().await;
        let draft = looked_at(&nurse, 3).await;
        let database = town.database().await;
        let back = database.write(move |tx| {
            tx.execute(
                "UPDATE import_drafts SET file_sealed =
                    (SELECT sealed FROM import_files WHERE draft_id = $1) WHERE id = $1",
                &[&draft],
            )?;
            tx.execute("DELETE FROM import_files WHERE draft_id = $1", &[&draft])
        });
        assert_eq!(back.await.unwrap(), 1);
        let done = nurse.import(draft, Meant::All, Language::En).await.unwrap();
        assert!(matches!(done, ImportDraft::Imported));
        assert_eq!(state(&nurse, draft).await, "done 3 but []");
        // What that release imported stands in the draft.
        let cases = nurse.imported(draft).await.unwrap().unwrap();
        let list = serde_json::json!([cases[0].to_string(), cases[2].to_string()]);
        let before = database.write(move |tx| {
            tx.execute("DELETE FROM import_rows WHERE draft_id = $1", &[&draft])?;
            tx.execute(
                "UPDATE import_drafts SET cases = $2 WHERE id = $1",
                &[&draft, &list],
            )
        });
        before.await.unwrap();
        assert_eq!(state(&nurse, draft).await, "done 2 but []");
    }
);

story!(
    whom_a_colleague_registered_while_it_had_stopped_is_left_out,
    town,
    {
        let nurse = town.nurse().await;
        // Line 3 names whoever stands on line 2, and is meant.
        let twice = (
            "Person 1,,,1970-01-02,0312000001",
            "Person 0,,,1970-01-02,0312000000",
        );
        let file = file(1_200, true).replacen(twice.0, twice.1, 1);
        let looked = async || {
            let looked = nurse.look_at_import(file.as_bytes(), Language::En).await;
            looked.unwrap().unwrap().0
        };
        let draft = looked().await;
        let mut work = begun_with(&nurse, draft, Meant::Lines(vec![3])).await;
        step(&mut work).await;
        step(&mut work).await;
        drop(work);
        town.later(SignedDuration::from_secs(31));
        assert_eq!(state(&nurse, draft).await, "stopped 200 of 1200");
        // A colleague chooses the same list.
        let nobody = Meant::Lines(vec![]);
        let theirs = nurse.import(looked().await, nobody.clone(), Language::En);
        assert!(matches!(theirs.await.unwrap(), ImportDraft::Imported));
        assert_eq!(stands(&town).await, (1_199, 1_199, 1_199));
        // Whoever was meant is meant, and all others stand.
        let work = begun_with(&nurse, draft, nobody).await;
        assert_eq!(work.progress(), (200, 201));
        work.run(|| false).await;
        assert_eq!(state(&nurse, draft).await, "done 201 but []");
        let told = nurse.import_state(draft, Language::En).await.unwrap();
        let Some(ImportState::Done { left_out, .. }) = told else {
            panic!("not done");
        };
        assert_eq!(left_out.len(), 999, "and that is told");
        assert_eq!(stands(&town).await, (1_199, 1_200, 1_200));
    }
);

story!(an_import_that_was_silent_gives_way_to_another_file, town, {
    let nurse = town.nurse().await;
    let draft = looked_at(&nurse, 1_200).await;
    let mut work = begun(&nurse, draft).await;
    assert_eq!(step(&mut work).await, Some(100));
    // It waits for the store, and a colleague chooses the same list.
    town.later(SignedDuration::from_secs(31));
    let other = looked_at(&nurse, 1_200).await;
    let mut theirs = begun_with(&nurse, other, Meant::Lines(vec![])).await;
    assert_eq!(step(&mut theirs).await, Some(100));
    assert!(matches!(work.next().await.unwrap(), Some(Step::Lost)));
    assert!(work.next().await.unwrap().is_none());
    assert_eq!(state(&nurse, draft).await, "stopped 100 of 1200");
    let waits = nurse.import(draft, Meant::All, Language::En).await.unwrap();
    assert!(matches!(waits, ImportDraft::Problems(_)));
    theirs.run(|| false).await;
    assert_eq!(state(&nurse, other).await, "done 1100 but []");
    begun(&nurse, draft).await.run(|| false).await;
    assert_eq!(state(&nurse, draft).await, "done 100 but []");
    assert_eq!(stands(&town).await, (1_200, 1_200, 1_200));
});

story!(a_command_and_the_console_take_turns, town, {
    let nurse = town.nurse().await;
    let desk = town.app.system_desk();
    let center = desk.health_centers().await.unwrap()[0].id;
    let file = file(1_200, false);
    let looked = desk.look_at_import(file.as_bytes(), center).await;
    let looked = looked.unwrap().unwrap();
    // The same list on the console, before the command has its turn.
    town.minutes(1);
    let theirs = nurse.look_at_import(file.as_bytes(), Language::En).await;
    let theirs = theirs.unwrap().unwrap().0;
    let mut work = begun_with(&nurse, theirs, Meant::Lines(vec![])).await;
    step(&mut work).await;
    assert!(desk.begin_import(&looked, vec![]).await.unwrap().is_none());
    work.run(|| false).await;
    let mut work = desk.begin_import(&looked, vec![]).await.unwrap().unwrap();
    assert_eq!(work.left_out_meanwhile().len(), 1_200);
    // Now the console waits for the command.
    let another = looked_at(&nurse, 3).await;
    let nobody = Meant::Lines(vec![]);
    let waits = nurse.import(another, nobody.clone(), Language::En).await;
    assert!(matches!(waits.unwrap(), ImportDraft::Problems(_)));
    assert_eq!(step(&mut work).await, Some(0));
    assert_eq!(step(&mut work).await, None);
    let done = nurse.import(another, nobody, Language::En).await.unwrap();
    assert!(matches!(done, ImportDraft::Imported));
    assert_eq!(stands(&town).await, (1_200, 1_200, 1_200));
});
