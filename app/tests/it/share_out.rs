//! Many people of a list are given to a colleague at once; what somebody else has assigned meanwhile is left to them.

use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::health_center::Contact;
use app::monitoring::{Decide, TypedDecision};
use app::staff::{ChangeStaff, NewStaff};
use app::worklist::{Chosen, Filter, List, LookedAfterBy, ShareOut, SharedOut};
use domain::ids::{CaseId, StaffId};
use domain::staff_role::StaffRole;

/// Those of them whom the nurse knows by these names, in this order.
async fn registers(town: &Town, names: &[&str]) -> Vec<CaseId> {
    let nurse = town.nurse().await;
    let mut cases = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let row = format!("{name},,,1988-05-04,0901234567{at},ja,2026-11-20,2026-11-18,,,");
        let id = town.case(&row).await;
        let view = nurse.case_by_number(&id).await.unwrap().unwrap();
        cases.push(view.member.case);
    }
    cases
}

/// A colleague at the center of the nurse.
async fn colleague(town: &Town, email: &str, role: StaffRole) -> StaffDesk {
    let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
    town.hires(email, role, NewStaff::place_of(center)).await
}

/// They are ticked in a list that somebody looks at now.
async fn ticks(desk: &StaffDesk, cases: &[CaseId]) -> Vec<Chosen> {
    let filter = Filter {
        list: Some(List::Open),
        ..Filter::default()
    };
    let list = desk.worklist(None, filter).await.unwrap().unwrap();
    let shown = list.lists[0].items.iter().map(|item| Chosen {
        case: item.case,
        seen: item.monitoring.assigned_to,
    });
    shown.filter(|one| cases.contains(&one.case)).collect()
}

async fn shares(desk: &StaffDesk, chosen: &[Chosen], to: &str) -> SharedOut {
    match desk.share_out(None, chosen, to).await.unwrap() {
        ShareOut::SharedOut(done) => done,
        other => panic!("{other:?}"),
    }
}

/// Who looks after them.
async fn after(desk: &StaffDesk, cases: &[CaseId]) -> Vec<Option<StaffId>> {
    let mut all = Vec::new();
    for case in cases {
        let following = desk.following_of(*case).await.unwrap().unwrap();
        all.push(following.monitoring.assigned_to);
    }
    all
}

/// The same as [`StaffDesk::share_out`] for one, on the page of the person.
async fn assigns(desk: &StaffDesk, case: CaseId, to: &str) -> Decide {
    let stands = desk.following_of(case).await.unwrap().unwrap().monitoring;
    let typed = TypedDecision {
        status: stands.status.word().to_owned(),
        assigned_to: to.to_owned(),
        version: stands.version,
        ..TypedDecision::default()
    };
    desk.decide(case, &typed).await.unwrap()
}

story!(
    many_are_given_to_a_colleague_at_once_and_what_somebody_else_assigned_is_left,
    town,
    {
        let all = registers(&town, &["山田 花子", "森 春", "林 秋", "原 冬"]).await;
        let nurse = town.nurse().await;
        let sato = colleague(&town, "sato@center.example", StaffRole::Nurse).await;
        let mori = colleague(&town, "mori@center.example", StaffRole::Nurse).await;
        let (to_sato, to_mori) = (sato.id().to_string(), mori.id().to_string());
        let chosen = ticks(&nurse, &all).await;
        assert_eq!(chosen.len(), 4);

        // While the nurse ticks, a colleague takes one of them and gives another one to Sato.
        assert_eq!(assigns(&mori, all[1], &to_mori).await, Decide::Decided);
        assert_eq!(assigns(&mori, all[2], &to_sato).await, Decide::Decided);
        let before = nurse.following_of(all[0]).await.unwrap().unwrap();
        let done = shares(&nurse, &chosen, &to_sato).await;
        assert_eq!((done.given, done.gone), (3, 0));
        let left: Vec<_> = done.left.iter().map(|item| item.case).collect();
        assert_eq!(left, [all[1]]);
        assert_eq!(done.left[0].assigned_name.as_deref(), Some("mori"));
        let (s, m) = (Some(sato.id()), Some(mori.id()));
        assert_eq!(after(&nurse, &all).await, [s, m, s, s]);

        // Each record has the line that it has when one is assigned alone, and a form that was open there is too late.
        let lines = async |case: CaseId| {
            let audit = nurse.audit_of_case(case, 50).await.unwrap();
            let of = audit.into_iter().filter(|l| l.action == "case.followed");
            of.map(|line| (line.staff, line.details))
                .collect::<Vec<_>>()
        };
        let home = "home".to_owned();
        assert_eq!(lines(all[0]).await, [(Some(nurse.id()), home.clone())]);
        assert_eq!(lines(all[1]).await, [(Some(mori.id()), home.clone())]);
        assert_eq!(lines(all[2]).await, [(Some(mori.id()), home)]);
        let typed = TypedDecision {
            status: "hospital".to_owned(),
            version: before.monitoring.version,
            ..TypedDecision::default()
        };
        let late = nurse.decide(all[0], &typed).await.unwrap();
        assert_eq!(late, Decide::ChangedMeanwhile);

        // Who has seen who looks after them now gives them on, or takes them away from everybody.
        let done = shares(&nurse, &ticks(&nurse, &all).await, "").await;
        assert_eq!((done.given, done.left.len()), (4, 0));
        assert_eq!(after(&nurse, &all).await, [None; 4]);
        let twice = [
            ticks(&nurse, &all[..1]).await,
            ticks(&nurse, &all[..1]).await,
        ];
        let done = shares(&nurse, &twice.concat(), &to_mori).await;
        assert_eq!(done.given, 1, "one is one, however often it came");
        let audit = town.app.system_desk().check_audit().await.unwrap();
        assert_eq!(audit.problems, Vec::<String>::new());
    }
);

story!(who_is_assigned_in_this_very_moment_is_left, town, {
    let all = registers(&town, &["山田 花子", "森 春"]).await;
    let nurse = town.nurse().await;
    let mori = colleague(&town, "mori@center.example", StaffRole::Nurse).await;
    let chosen = ticks(&nurse, &all).await;
    let (case, to, now) = (all[0], mori.id(), town.app.clock.now());
    let mine = nurse.id().to_string();
    let shared = town
        .meanwhile(
            move |tx, _| storage::monitoring::assign(tx, case, Some(to), now),
            shares(&nurse, &chosen, &mine),
        )
        .await;
    assert_eq!((shared.given, shared.left.len()), (1, 1));
    assert_eq!(after(&nurse, &all).await, [Some(to), Some(nurse.id())]);
});

story!(nobody_shares_out_what_they_could_not_assign_alone, town, {
    let all = registers(&town, &["山田 花子", "森 春"]).await;
    let nurse = town.nurse().await;
    let clerk = colleague(&town, "clerk@center.example", StaffRole::Clerk).await;
    let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
    let other = town
        .app
        .system_desk()
        .add_center("Shibuya", Contact::default())
        .await
        .unwrap();
    let place = NewStaff::place_of(other.id);
    let elsewhere = town
        .hires("nurse@shibuya.example", StaffRole::Nurse, place)
        .await;
    let chosen = ticks(&nurse, &all).await;
    let mine = nurse.id().to_string();

    // A clerk follows nobody, and is given nobody.
    let tried = clerk.share_out(None, &chosen, "").await;
    assert!(matches!(tried, Err(app::Error::NotAllowed)));
    for to in [&clerk, &elsewhere].map(|desk| desk.id().to_string()) {
        let tried = nurse.share_out(None, &chosen, &to).await.unwrap();
        assert!(matches!(tried, ShareOut::NotInTheTeam));
    }
    // Whoever another center follows is told apart in nothing from somebody who does not exist.
    let own = elsewhere.id().to_string();
    let done = shares(&elsewhere, &chosen, &own).await;
    assert_eq!((done.given, done.left.len(), done.gone), (0, 0, 2));
    let nowhere = [Chosen {
        case: CaseId::from_uuid(uuid::Uuid::from_u128(7)),
        seen: None,
    }];
    let done = shares(&nurse, &nowhere, &mine).await;
    assert_eq!((done.given, done.left.len(), done.gone), (0, 0, 1));
    let tried = elsewhere.share_out(Some(center), &chosen, &own).await;
    assert!(matches!(tried.unwrap(), ShareOut::NoSuchCenter));
    assert_eq!(after(&nurse, &all).await, [None; 2]);

    // Of two records of one person only the one that is kept is given.
    crate::merges::merges(&nurse, all[0], all[1]).await;
    let done = shares(&nurse, &chosen, &mine).await;
    assert_eq!((done.given, done.gone), (1, 1));
});

story!(whoever_left_is_followed_by_a_list_of_their_people, town, {
    let all = registers(&town, &["山田 花子", "森 春", "林 秋"]).await;
    let nurse = town.nurse().await;
    let sato = colleague(&town, "sato@center.example", StaffRole::Nurse).await;
    let clerk = colleague(&town, "clerk@center.example", StaffRole::Clerk).await;
    let center = nurse.health_center().await.unwrap().id;
    let given = ticks(&nurse, &all[..2]).await;
    shares(&nurse, &given, &sato.id().to_string()).await;
    let listed = async |desk: &StaffDesk, by: LookedAfterBy| {
        let filter = Filter {
            list: Some(List::Open),
            by,
            ..Filter::default()
        };
        let list = desk.worklist(None, filter).await.unwrap().unwrap();
        let mut cases: Vec<_> = list.lists[0].items.iter().map(|item| item.case).collect();
        assert_eq!(list.lists[0].count, i64::try_from(cases.len()).unwrap());
        cases.sort();
        cases
    };
    let sorted = |cases: &[CaseId]| {
        let mut cases = cases.to_vec();
        cases.sort();
        cases
    };
    let of_sato = LookedAfterBy::One(sato.id());
    assert_eq!(listed(&nurse, of_sato).await, sorted(&all[..2]));
    assert_eq!(listed(&nurse, LookedAfterBy::Nobody).await, all[2..]);
    let everybody = listed(&nurse, LookedAfterBy::Anybody).await;
    assert_eq!(everybody.len(), 3);
    // It is no list for whoever follows nobody.
    assert_eq!(listed(&clerk, of_sato).await, everybody);
    assert!(clerk.looking_after(center).await.is_err());
    for list in List::ALL {
        let filter = Filter {
            list: Some(list),
            by: LookedAfterBy::Nobody,
            ..Filter::default()
        };
        let found = nurse.worklist(None, filter).await.unwrap().unwrap();
        let cases = found.lists[0].items.iter().map(|item| item.case);
        assert!(!all[..2].iter().any(|one| cases.clone().any(|c| c == *one)));
    }

    // Sato leaves, or becomes a clerk: how many people are left behind is said, and they are found.
    let changes = async |role, shut_out| {
        let stands = nurse.colleague(sato.id()).await.unwrap().unwrap();
        let done = nurse.change_staff(sato.id(), role, shut_out, stands.version);
        assert_eq!(done.await.unwrap(), ChangeStaff::Changed);
        let stands = nurse.colleague(sato.id()).await.unwrap().unwrap();
        stands
            .left_behind
            .iter()
            .map(|(_, count)| count)
            .sum::<i64>()
    };
    let names = async || {
        let all = nurse.looking_after(center).await.unwrap();
        all.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
    };
    assert_eq!(changes(StaffRole::Clerk, false).await, 2);
    assert_eq!(
        changes(StaffRole::Nurse, false).await,
        0,
        "may follow again"
    );
    assert_eq!(changes(StaffRole::Nurse, true).await, 2);
    assert!(names().await.contains(&"sato".to_owned()));
    let left = ticks(&nurse, &listed(&nurse, of_sato).await).await;
    shares(&nurse, &left, &nurse.id().to_string()).await;
    assert!(listed(&nurse, of_sato).await.is_empty());
    assert!(!names().await.contains(&"sato".to_owned()));
    let stands = nurse.colleague(sato.id()).await.unwrap().unwrap();
    assert!(stands.left_behind.is_empty());
});
