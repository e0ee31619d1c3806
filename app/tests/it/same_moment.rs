//! The same is done twice at the same moment: a button is pressed twice, or two colleagues do the same. One of them does it, and
//! the other is told what stands.

use crate::notifications::{clinic, enters, ken};
use crate::reports::family;
use crate::story;
use crate::town::{Town, address};
use app::StaffDesk;
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::keys::Token;
use app::line_list::{Column, KeepChoice};
use app::notification::Confirm;
use app::programme::{BeginProgramme, PROGRAMME, TypedProgramme};
use app::staff::{Invite, NewStaff};
use domain::ids::CaseId;
use domain::language::Language;
use domain::staff_role::StaffRole;
use storage::place_settings::{self, PlaceSettingRow};
use tokio::task::JoinSet;

/// How often each race is run.
const RUNS: usize = 5;
/// How many run it.
const AT_ONCE: usize = 4;

/// What came of the same, done so many times at once.
async fn at_once<T: Send + 'static, F>(mut does: impl FnMut() -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let mut all = JoinSet::new();
    for _ in 0..AT_ONCE {
        all.spawn(does());
    }
    all.join_all().await
}

fn somebody(name: &str, born: &str, phone: &str) -> TypedCase {
    TypedCase {
        name_latin: name.to_owned(),
        birthdate: born.to_owned(),
        phone: phone.to_owned(),
        diagnosed_on: "2026-11-22".to_owned(),
        ..TypedCase::default()
    }
}

/// The case that was registered, or those that are shown as perhaps the same.
fn read(done: RegisterCase) -> Result<CaseId, Vec<CaseId>> {
    match done {
        RegisterCase::Registered(case) => Ok(case),
        RegisterCase::Alike(alike) => {
            let cases = alike.iter().map(|one| one.view.member.case);
            Err(cases.collect())
        }
        RegisterCase::Noted(_) | RegisterCase::FollowedAgain(_) => panic!("noted"),
        RegisterCase::Problems(problems) => panic!("{problems:?}"),
    }
}

/// Registers somebody by a form, or as a contact of a case.
async fn registers(
    desk: StaffDesk,
    source: Option<CaseId>,
    typed: TypedCase,
    key: uuid::Uuid,
) -> Result<CaseId, Vec<CaseId>> {
    let done = match source {
        None => desk.register_case(&typed, key, Sure::Ask).await.unwrap(),
        Some(source) => {
            let done = desk.register_contact(source, &typed, key, Sure::Ask).await;
            done.unwrap().unwrap()
        }
    };
    read(done)
}

async fn count(desk: &StaffDesk) -> i64 {
    desk.cases("", 0).await.unwrap().1
}

story!(one_form_that_comes_twice_at_once_is_one_case, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    for run in 0..RUNS {
        for (at, source) in [None, Some(case)].into_iter().enumerate() {
            let before = count(&nurse).await;
            let typed = somebody(
                "Sato Mika",
                &format!("19{}{run}-01-02", 6 + at),
                &format!("0901111{at}00{run}"),
            );
            let key = nurse.new_form_key();
            let done = at_once(|| registers(nurse.clone(), source, typed.clone(), key)).await;
            let first = done[0].clone();
            assert!(first.is_ok(), "{first:?}");
            assert!(done.iter().all(|one| *one == first), "{done:?}");
            assert_eq!(count(&nurse).await, before + 1);
        }
    }
});

story!(
    of_two_who_register_one_person_at_the_same_moment_the_second_is_shown_the_first,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        for run in 0..RUNS {
            for (at, source) in [None, Some(case)].into_iter().enumerate() {
                let typed = somebody(
                    "Sato Mika",
                    &format!("19{}{run}-01-02", 6 + at),
                    &format!("0901111{at}00{run}"),
                );
                let registers = || {
                    let key = nurse.new_form_key();
                    registers(nurse.clone(), source, typed.clone(), key)
                };
                let done = at_once(registers).await;
                let stands: Vec<CaseId> = done.iter().flatten().copied().collect();
                assert_eq!(stands.len(), 1, "{done:?}");
                for one in &done {
                    let shown = one.as_ref().err();
                    assert!(shown.is_none_or(|shown| *shown == stands), "{done:?}");
                }
            }
        }
        // Others who were born on that day are no reason to ask.
        let mut number = 0;
        let others = || {
            number += 1;
            let names = ["Abe Ken", "Mori Jun", "Ito Rei", "Ueda Yu"];
            let phone = format!("0901112000{number}");
            let typed = somebody(names[number - 1], "1990-03-04", &phone);
            registers(nurse.clone(), None, typed, nurse.new_form_key())
        };
        let done = at_once(others).await;
        assert!(done.iter().all(Result::is_ok), "{done:?}");
    }
);

/// Confirms a notification; tells the case, or those that are shown as perhaps the same.
async fn confirms(
    desk: StaffDesk,
    id: domain::ids::NotificationId,
    sure: Sure,
) -> Result<CaseId, Vec<CaseId>> {
    match desk.confirm_notification(id, 1, sure, None).await.unwrap() {
        Confirm::Confirmed(case) => Ok(case),
        Confirm::Alike(alike) => {
            let cases = alike.iter().map(|one| one.view.member.case);
            Err(cases.collect())
        }
        Confirm::ChangedMeanwhile => Err(Vec::new()),
        _ => panic!("not confirmed"),
    }
}

/// Ken under another name, birthdate and number each time.
fn another_ken(run: usize) -> app::notification::TypedAnswers {
    let mut typed = ken();
    let (name, kana) = [
        ("健", "ケン"),
        ("誠", "マコト"),
        ("学", "マナブ"),
        ("剛", "ツヨシ"),
        ("実", "ミノル"),
    ][run];
    for (id, text) in [
        ("name", format!("佐藤 {name}")),
        ("name_kana", format!("サトウ {kana}")),
        ("birthdate", format!("196{run}-04-01")),
        ("phone", format!("0908888000{run}")),
    ] {
        typed.insert(id.to_owned(), text);
    }
    typed
}

story!(
    a_notification_that_two_confirm_at_the_same_moment_is_one_case,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "own").await, town.nurse().await);
        for run in 0..RUNS {
            let id = enters(&clinic, &another_ken(run)).await;
            let before = count(&nurse).await;
            let done = at_once(|| confirms(nurse.clone(), id, Sure::Ask)).await;
            let first = done[0].clone();
            assert!(first.is_ok(), "{first:?}");
            assert!(done.iter().all(|one| *one == first), "{done:?}");
            assert_eq!(count(&nurse).await, before + 1);
        }
    }
);

story!(
    of_a_form_and_a_notification_of_one_person_the_second_is_shown_the_first,
    town,
    {
        let (clinic, nurse) = (clinic(&town, "own").await, town.nurse().await);
        for run in 0..RUNS {
            let answers = another_ken(run);
            let id = enters(&clinic, &answers).await;
            let typed = TypedCase {
                name: answers["name"].clone(),
                name_latin: String::new(),
                ..somebody("", &answers["birthdate"], &answers["phone"])
            };
            let key = nurse.new_form_key();
            let (confirmed, registered) = tokio::join!(
                tokio::spawn(confirms(nurse.clone(), id, Sure::Ask)),
                tokio::spawn(registers(nurse.clone(), None, typed, key)),
            );
            let both = [confirmed.unwrap(), registered.unwrap()];
            match &both {
                [Ok(stands), Err(shown)] | [Err(shown), Ok(stands)] => {
                    assert_eq!(*shown, [*stands]);
                }
                _ => panic!("{both:?}"),
            }
        }
    }
);

/// Invites Mika at once, so many times; tells what came of it.
async fn invites_at_once(town: &Town, number: usize) -> Vec<Invite> {
    let admin = town.nurse().await;
    let place = NewStaff::place_of(admin.health_center().await.unwrap().id);
    at_once(|| {
        let (admin, email) = (
            admin.clone(),
            address(&format!("mika{number}@center.example")),
        );
        async move {
            let invited = admin.invite(&email, "Mika", StaffRole::Clerk, place, Language::En);
            invited.await.unwrap()
        }
    })
    .await
}

story!(
    an_invitation_that_is_sent_twice_at_once_is_one_whose_link_works,
    town,
    {
        for run in 0..RUNS {
            let done = invites_at_once(&town, run).await;
            assert!(done.iter().all(|one| *one == Invite::Invited), "{done:?}");
            // One mail, or there were two of which one leads nowhere.
            let mail = town.newest_mail().await;
            let link = mail.split("/invitation/").nth(1).unwrap();
            let link = Token::parse(link.split_whitespace().next().unwrap()).unwrap();
            let front = town.app.front_desk(None);
            let whose = front.staff_link(&link).await.unwrap();
            assert_eq!(whose.as_deref(), Some("Mika"));
        }
        // A while later it is meant: another mail goes out, and the link in it works.
        town.minutes(2);
        let done = invites_at_once(&town, 0).await;
        assert!(done.iter().all(|one| *one == Invite::Invited), "{done:?}");
        let mail = town.newest_mail().await;
        assert!(mail.contains("/invitation/"));
    }
);

/// What somebody changes in a list of their place while a colleague, who has begun a moment before, changes it to `theirs`.
async fn both_change<T>(
    town: &Town,
    name: &'static str,
    theirs: serde_json::Value,
    other: impl Future<Output = T>,
) -> (T, serde_json::Value) {
    let center = town.nurse().await.health_center().await.unwrap().id;
    let (place, now) = (NewStaff::place_of(center), town.clock.now());
    let row = PlaceSettingRow {
        valid_from: now,
        value: theirs,
        set_by: None,
        set_at: now,
        set_by_name: None,
    };
    let done = town
        .meanwhile(
            move |tx, is_end| {
                if is_end {
                    return Ok(());
                }
                place_settings::one_at_a_time(tx, place)?;
                place_settings::put(tx, place, name, &row)
            },
            other,
        )
        .await;
    let database = town.database().await;
    let holds = database
        .read(move |tx| place_settings::effective(tx, place, name, now))
        .await;
    (done, holds.unwrap().unwrap())
}

story!(two_who_change_a_list_of_their_place_lose_nothing, town, {
    let nurse = town.nurse().await;
    let theirs = serde_json::json!({ "applies": { "measles": true } });
    let names = nurse.name_article(PROGRAMME, false);
    let (done, holds) = both_change(&town, "programmes_by_article", theirs, names).await;
    assert!(done.unwrap());
    let both = serde_json::json!({ "applies": { "measles": true, PROGRAMME: false } });
    assert_eq!(holds, both);

    // Of the last two diseases that take new cases one stays.
    let begun = TypedProgramme {
        id: "measles".to_owned(),
        disease: ["麻しん".to_owned(), "Measles".to_owned()],
        like: PROGRAMME.to_owned(),
        valid_from: "2026-11-23".to_owned(),
        why: "An outbreak at a school".to_owned(),
    };
    let begun = nurse.begin_programme(&begun).await.unwrap();
    assert_eq!(begun, BeginProgramme::Begun("measles".to_owned()));
    let theirs = serde_json::json!({ "closed": ["measles"] });
    let closes = nurse.open_programme(PROGRAMME, false);
    let (done, holds) = both_change(&town, "closed_programmes", theirs.clone(), closes).await;
    assert!(!done.unwrap());
    assert_eq!(holds, theirs);

    let theirs = serde_json::json!({ "choices": [{ "name": "Ministry", "columns": ["age"] }] });
    let columns = [Column::HersysId];
    let keeps = nurse.keep_column_choice("Daily list", &columns, None);
    let (done, _) = both_change(&town, "line_list_choices", theirs, keeps).await;
    assert_eq!(done.unwrap(), KeepChoice::Kept);
    let kept = nurse.column_choices().await.unwrap();
    let names: Vec<&str> = kept.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Daily list", "Ministry"]);
});
