//! Staff between places: an invitation that went wrong, a nurse who is lent to another center, somebody who comes back elsewhere.

use crate::alerts::only_alert;
use crate::notifications::{confirms, enters, ken};
use crate::reports::{family, sends};
use crate::story;
use crate::town::{PASSWORD, Town, address};
use app::StaffDesk;
use app::audit::{AuditFound, AuditSearch};
use app::jurisdiction::AddPlace;
use app::keys::Token;
use app::monitoring::{Decide, TypedDecision};
use app::notification::Settle;
use app::sign_in::SignIn;
use app::staff::{
    AddStaff, ChangeStaff, ChoosePassword, Colleague, Invite, MoveStaff, NewStaff, StaffVisit,
};
use app::worklist::{Filter, List, LookedAfterBy};
use domain::ids::{CaseId, JurisdictionId, StaffId};
use domain::language::Language;
use domain::staff_role::StaffRole;
use jiff::tz::TimeZone;

/// The officer of the prefecture, and two centers below: Minato and North.
async fn prefecture(town: &Town) -> (StaffDesk, JurisdictionId, JurisdictionId) {
    let officer = town.officer().await;
    let minato = NewStaff::place_of(town.nurse().await.health_center().await.unwrap().id);
    let above = officer.places().await.unwrap()[0].id;
    let AddPlace::Added(north) = officer.add_place(above, "North").await.unwrap() else {
        panic!("not added")
    };
    (officer, minato, north.id)
}

async fn invites(desk: &StaffDesk, role: StaffRole, place: JurisdictionId) -> Invite {
    let email = address("mika@center.example");
    let invited = desk.invite(&email, "Mika", role, place, Language::En);
    invited.await.unwrap()
}

/// The link of the newest mail.
async fn link(town: &mut Town) -> Token {
    let mail = town.newest_mail().await;
    let link = mail.split("/invitation/").nth(1).unwrap();
    Token::parse(link.split_whitespace().next().unwrap()).unwrap()
}

async fn of(desk: &StaffDesk, name: &str) -> Colleague {
    let (_, all) = desk.colleagues().await.unwrap();
    all.into_iter().find(|one| one.name == name).unwrap()
}

async fn signs_in(town: &Town) -> bool {
    let front = town.app.front_desk(None);
    let email = address("mika@center.example");
    let signed = front.sign_in_staff(&email, PASSWORD).await.unwrap();
    matches!(signed, SignIn::SignedIn(_))
}

/// Somebody is given to somebody to look after.
async fn gives(desk: &StaffDesk, case: CaseId, to: StaffId) {
    let stands = desk.following_of(case).await.unwrap().unwrap().monitoring;
    let typed = TypedDecision {
        status: stands.status.word().to_owned(),
        assigned_to: to.to_string(),
        version: stands.version,
        ..TypedDecision::default()
    };
    assert_eq!(desk.decide(case, &typed).await.unwrap(), Decide::Decided);
}

story!(
    an_invitation_that_nobody_answered_is_withdrawn_or_replaced,
    town,
    {
        let (officer, minato, north) = prefecture(&town).await;
        let nurse = StaffRole::Nurse;
        assert_eq!(invites(&officer, nurse, minato).await, Invite::Invited);
        let first = link(&mut town).await;
        let front = town.app.front_desk(None);
        assert!(front.staff_link(&first).await.unwrap().is_some());
        // It should have been North.
        assert_eq!(
            invites(&officer, StaffRole::Clerk, north).await,
            Invite::Invited
        );
        let second = link(&mut town).await;
        assert!(front.staff_link(&first).await.unwrap().is_none());
        let mika = of(&officer, "Mika").await;
        assert_eq!((mika.place, mika.role), (north, StaffRole::Clerk));
        assert!(mika.is_awaited && !mika.can_come_in);
        // Whoever is beside it sees none of it; whoever is above withdraws it.
        let beside = town.nurse().await;
        let withdrawn = beside.withdraw_invitation(mika.id).await.unwrap();
        assert_eq!(withdrawn, ChangeStaff::NoSuchStaff);
        let withdrawn = officer.withdraw_invitation(mika.id).await.unwrap();
        assert_eq!(withdrawn, ChangeStaff::Changed);
        assert!(front.staff_link(&second).await.unwrap().is_none());
        let again = officer.withdraw_invitation(mika.id).await.unwrap();
        assert_eq!(again, ChangeStaff::ChangedMeanwhile);
        assert!(of(&officer, "Mika").await.disabled_at.is_some());
        // The address is free again, where it is in reach.
        assert_eq!(
            invites(&beside, nurse, minato).await,
            Invite::TakenElsewhere
        );
        assert_eq!(invites(&officer, nurse, minato).await, Invite::Invited);
        let third = link(&mut town).await;
        let chosen = front.choose_staff_password(&third, PASSWORD).await.unwrap();
        assert_eq!(chosen, ChoosePassword::Chosen);
        let mika = of(&officer, "Mika").await;
        let withdrawn = officer.withdraw_invitation(mika.id).await.unwrap();
        assert_eq!(withdrawn, ChangeStaff::ChangedMeanwhile);
        assert!(signs_in(&town).await);
        let stands = invites(&officer, nurse, north).await;
        assert!(
            matches!(&stands, Invite::Taken { staff, place, role, .. }
                if (*staff, *place, *role) == (mika.id, minato, nurse)),
            "{stands:?}"
        );
    }
);

story!(
    a_nurse_is_lent_to_another_center_and_leaves_nothing_in_hand,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "91").await;
        let (officer, minato, north) = prefecture(&town).await;
        let chief = town.nurse().await;
        let center = chief.health_center().await.unwrap().id;
        let mika = town
            .hires("mika@center.example", StaffRole::Nurse, minato)
            .await;
        let alert = only_alert(&chief).await;
        mika.take_alert(alert.id).await.unwrap();
        gives(&chief, case, mika.id()).await;
        let stands = of(&officer, "mika").await;
        assert!(stands.left_behind.is_empty());
        let moves = async |by: &StaffDesk, role, place, out, version| {
            by.place_staff(mika.id(), (role, place), out, version)
                .await
                .unwrap()
        };
        let nurse = StaffRole::Nurse;
        // Not by whoever is above one of the places only, not as what there is not, not oneself.
        let beside = moves(&chief, nurse, north, false, stands.version).await;
        assert_eq!(beside, ChangeStaff::Place);
        let wrong = moves(&officer, StaffRole::Analyst, north, false, stands.version).await;
        assert_eq!(wrong, ChangeStaff::Place);
        let own = officer.place_staff(officer.id(), (nurse, north), false, 1);
        assert_eq!(own.await.unwrap(), ChangeStaff::Oneself);
        let moved = moves(&officer, nurse, north, false, stands.version).await;
        assert_eq!(moved, ChangeStaff::Changed);
        let late = moves(&officer, nurse, minato, false, stands.version).await;
        assert_eq!(late, ChangeStaff::ChangedMeanwhile);

        // The alert waits again, and whom she looked after is found under her name.
        let waits = only_alert(&chief).await;
        assert_eq!(waits.taken_by, None);
        assert_eq!(waits.taken_before_by.as_deref(), Some("mika"));
        let stands = of(&officer, "mika").await;
        assert_eq!(
            (stands.place, stands.left_behind),
            (north, vec![(center, 1)])
        );
        let names = async || {
            let all = chief.looking_after(center).await.unwrap();
            all.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
        };
        assert!(names().await.contains(&"mika".to_owned()));
        let team = chief.team(center).await.unwrap();
        assert!(team.iter().all(|(id, _)| *id != mika.id()));
        let filter = Filter {
            list: Some(List::Open),
            by: LookedAfterBy::One(mika.id()),
            ..Filter::default()
        };
        let list = chief.worklist(None, filter).await.unwrap().unwrap();
        assert_eq!(list.lists[0].items.len(), 1);
        gives(&chief, case, chief.id()).await;
        assert!(!names().await.contains(&"mika".to_owned()));
        assert!(of(&officer, "mika").await.left_behind.is_empty());

        // She works for the other center, and for that one alone.
        let there = town.staff("mika@center.example").await;
        assert_eq!(there.health_center().await.unwrap().name, "North");
        assert!(there.case(case).await.unwrap().is_none());
        assert!(chief.colleague(mika.id()).await.unwrap().is_none());
        assert_eq!(
            invites(&chief, nurse, minato).await,
            Invite::TakenElsewhere,
            "where is not told"
        );
        let lines = chief.audit_of_case(case, 50).await.unwrap();
        assert!(lines.iter().any(|line| line.action == "alert.taken_away"));
        let search = AuditSearch::default();
        let by = officer
            .audit_of_staff(officer.id(), &search, &TimeZone::UTC)
            .await;
        let Some(AuditFound::Lines(lines)) = by.unwrap() else {
            panic!("no lines")
        };
        let line = lines.iter().find(|line| line.action == "staff.moved");
        assert_eq!(line.unwrap().details, "Minato → North, nurse");
        // A place at which somebody worked goes on having its row.
        let back = of(&officer, "mika").await.version;
        let moved = moves(&officer, StaffRole::Clerk, minato, false, back).await;
        assert_eq!(moved, ChangeStaff::Changed);
        officer.close_place(north).await.unwrap();
        let clerk = town.staff("mika@center.example").await;
        assert!(clerk.case(case).await.unwrap().is_some());
    }
);

story!(a_session_ends_when_somebody_goes_elsewhere, town, {
    let (officer, minato, north) = prefecture(&town).await;
    town.hires("mika@center.example", StaffRole::Nurse, minato)
        .await;
    let front = town.app.front_desk(None);
    let email = address("mika@center.example");
    let SignIn::SignedIn(token) = front.sign_in_staff(&email, PASSWORD).await.unwrap() else {
        panic!("not signed in");
    };
    let stands = of(&officer, "mika").await;
    // Another role at the same place ends nothing.
    let role = officer.change_staff(stands.id, StaffRole::Clerk, false, stands.version);
    assert_eq!(role.await.unwrap(), ChangeStaff::Changed);
    let visit = town.app.staff_visit(&token).await.unwrap();
    assert!(matches!(visit, StaffVisit::In(..)));
    let to = (StaffRole::Nurse, north);
    let moved = officer.place_staff(stands.id, to, false, stands.version + 1);
    assert_eq!(moved.await.unwrap(), ChangeStaff::Changed);
    let visit = town.app.staff_visit(&token).await.unwrap();
    assert!(matches!(visit, StaffVisit::Nobody));
});

story!(who_was_shut_out_at_one_place_comes_back_at_another, town, {
    let (officer, minato, north) = prefecture(&town).await;
    let nurse = StaffRole::Nurse;
    let mika = town.hires("mika@center.example", nurse, minato).await.id();
    let shuts_out = async || {
        let stands = of(&officer, "mika").await;
        let done = officer.change_staff(mika, stands.role, true, stands.version);
        assert_eq!(done.await.unwrap(), ChangeStaff::Changed);
        assert!(!signs_in(&town).await);
    };
    shuts_out().await;
    // Let in again elsewhere: with the password that she has.
    let stands = of(&officer, "mika").await;
    let moved = officer.place_staff(mika, (nurse, north), false, stands.version);
    assert_eq!(moved.await.unwrap(), ChangeStaff::Changed);
    assert!(signs_in(&town).await);
    shuts_out().await;
    // Invited elsewhere: with a new one.
    assert_eq!(invites(&officer, nurse, minato).await, Invite::Invited);
    assert!(!signs_in(&town).await);
    let link = link(&mut town).await;
    let front = town.app.front_desk(None);
    let chosen = front.choose_staff_password(&link, PASSWORD).await.unwrap();
    assert_eq!(chosen, ChoosePassword::Chosen);
    let there = town.staff("mika@center.example").await;
    assert_eq!(
        (there.id(), of(&officer, "Mika").await.place),
        (mika, minato)
    );
});

story!(the_operator_moves_an_account_between_any_places, town, {
    let (officer, minato, north) = prefecture(&town).await;
    let nurse = StaffRole::Nurse;
    town.hires("mika@center.example", nurse, minato).await;
    let system = town.app.system_desk();
    let email = address("mika@center.example");
    let again = NewStaff {
        email: email.clone(),
        name: "Mika".to_owned(),
        password: PASSWORD.to_owned(),
        role: nurse,
        place: north,
    };
    let AddStaff::Stands(stands) = system.add_staff(again).await.unwrap() else {
        panic!("added twice")
    };
    assert_eq!(
        (stands.role, stands.place.as_str(), stands.is_shut_out),
        (nurse, "Minato", false)
    );
    let moves = async |role, place| {
        system
            .move_staff(&email, (role, place), false)
            .await
            .unwrap()
    };
    assert_eq!(moves(None, None).await, MoveStaff::Same);
    let analyst = Some(StaffRole::Analyst);
    assert_eq!(
        moves(analyst, None).await,
        MoveStaff::Role(StaffRole::Analyst)
    );
    let moved = moves(None, Some(north)).await;
    assert!(
        matches!(&moved, MoveStaff::Moved { from, role, .. } if from == "Minato" && *role == nurse),
        "{moved:?}"
    );
    assert_eq!(of(&officer, "mika").await.place, north);
    let nobody = address("nobody@center.example");
    let moved = system.move_staff(&nobody, (None, Some(north)), false).await;
    assert_eq!(moved.unwrap(), MoveStaff::Nobody);
});

story!(a_center_that_loses_its_last_administrator_is_named, town, {
    let minato = NewStaff::place_of(town.nurse().await.health_center().await.unwrap().id);
    let system = town.app.system_desk();
    let email = address("nurse@center.example");
    let becomes = async |role| {
        let moved = system.move_staff(&email, (Some(role), None), false).await;
        let MoveStaff::Moved { unmanaged, .. } = moved.unwrap() else {
            panic!("not moved")
        };
        let lost: Vec<(String, bool)> = unmanaged
            .into_iter()
            .map(|center| (center.name, center.officer_above))
            .collect();
        lost
    };
    let (nurse, chief) = (StaffRole::Nurse, StaffRole::Administrator);
    assert_eq!(becomes(nurse).await, [("Minato".to_owned(), false)]);
    assert!(becomes(chief).await.is_empty());
    // Who manages the staff of all centers below stands in for one.
    let officer = town.officer().await;
    assert_eq!(becomes(nurse).await, [("Minato".to_owned(), true)]);
    // Who was invited and has not come in yet manages nobody.
    assert_eq!(invites(&officer, chief, minato).await, Invite::Invited);
    assert!(becomes(chief).await.is_empty());
    assert_eq!(becomes(nurse).await, [("Minato".to_owned(), true)]);
    town.hires("ken@center.example", chief, minato).await;
    assert!(becomes(chief).await.is_empty());
    assert!(becomes(nurse).await.is_empty());
    let listed = system.list_staff().await.unwrap();
    let mut seen: Vec<(&str, &str, bool, bool)> = listed
        .iter()
        .filter(|one| one.place == "Minato")
        .map(|one| {
            let email = one.email.expose().as_str();
            (one.name.as_str(), email, one.is_shut_out, one.can_come_in)
        })
        .collect();
    // Each engine has an order of its own for small letters.
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            ("Mika", "mika@center.example", false, false),
            ("Nurse", "nurse@center.example", false, true),
            ("ken", "ken@center.example", false, true),
        ]
    );
});

story!(
    what_a_firm_entered_for_one_center_is_not_seen_from_another,
    town,
    {
        let (officer, minato, north) = prefecture(&town).await;
        let role = StaffRole::Contractor;
        let firm = town.hires("mika@center.example", role, minato).await;
        let [sent_back, confirmed] = [enters(&firm, &ken()).await, enters(&firm, &ken()).await];
        let nurse = town.nurse().await;
        let asked = nurse.send_notification_back(sent_back, 1, "Which ward?");
        assert_eq!(asked.await.unwrap(), Settle::Done);
        let case = confirms(&nurse, confirmed).await;
        let sees = async |desk: &StaffDesk| {
            let opened = desk.notification(confirmed).await.unwrap().is_some();
            assert_eq!(desk.case(case).await.unwrap().is_some(), opened);
            assert_eq!(desk.sent_back(5).await.unwrap().count, i64::from(opened));
            opened
        };
        assert!(sees(&firm).await);
        let stands = of(&officer, "mika").await;
        let moved = officer.place_staff(stands.id, (role, north), false, stands.version);
        assert_eq!(moved.await.unwrap(), ChangeStaff::Changed);
        let firm = town.staff("mika@center.example").await;
        assert!(!sees(&firm).await);
        enters(&firm, &ken()).await;
        // Whoever entered it and works elsewhere is not written to about it.
        let third = enters(&town.hires("b@firm.example", role, minato).await, &ken()).await;
        let other = of(&officer, "b").await;
        let moved = officer.place_staff(other.id, (role, north), false, other.version);
        assert_eq!(moved.await.unwrap(), ChangeStaff::Changed);
        town.new_mails().await;
        let asked = nurse.send_notification_back(third, 1, "Which ward?");
        assert_eq!(asked.await.unwrap(), Settle::Done);
        assert!(town.new_mails().await.is_empty());
    }
);

story!(nobody_is_reset_who_was_shut_out_a_moment_ago, town, {
    let (officer, minato, north) = prefecture(&town).await;
    let nurse = StaffRole::Nurse;
    let mika = town.hires("mika@center.example", nurse, minato).await.id();
    let chief = town.nurse().await;
    town.new_mails().await;
    let resets = async |desk: &StaffDesk, whom| desk.reset_staff(whom, Language::En).await.unwrap();
    let own = resets(&chief, chief.id()).await;
    assert_eq!(own, ChangeStaff::Oneself);
    assert_eq!(resets(&officer, officer.id()).await, ChangeStaff::Oneself);
    let stands = of(&officer, "mika").await;
    let out = officer.change_staff(mika, nurse, true, stands.version);
    assert_eq!(out.await.unwrap(), ChangeStaff::Changed);
    let before = of(&officer, "mika").await;
    // The page that asks was open already.
    assert_eq!(resets(&chief, mika).await, ChangeStaff::ChangedMeanwhile);
    let after = of(&officer, "mika").await;
    assert!(after.has_password && after.version == before.version);
    assert!(town.new_mails().await.is_empty());
    // Let in again elsewhere, it is whoever is there who resets.
    let back = officer.place_staff(mika, (nurse, north), false, after.version);
    assert_eq!(back.await.unwrap(), ChangeStaff::Changed);
    assert_eq!(resets(&chief, mika).await, ChangeStaff::NoSuchStaff);
    assert_eq!(resets(&officer, mika).await, ChangeStaff::Changed);
    assert_eq!(town.new_mails().await.len(), 1);
});

/// What somebody reads of somebody's log; with an ID, of one record.
async fn log(desk: &StaffDesk, of: StaffId, id: Option<&str>) -> Option<AuditFound> {
    let search = AuditSearch {
        hersys_id: id.map(str::to_owned),
        ..AuditSearch::default()
    };
    let zone = TimeZone::UTC;
    let found = desk.audit_of_staff(of, &search, &zone);
    found.await.unwrap()
}

/// The same, as what was done and with which record.
async fn lines(desk: &StaffDesk, of: StaffId, id: Option<&str>) -> Vec<(String, Option<String>)> {
    let Some(AuditFound::Lines(lines)) = log(desk, of, id).await else {
        panic!("no lines");
    };
    let told = lines.into_iter().map(|line| (line.action, line.hersys_id));
    told.collect()
}

story!(
    a_log_is_read_where_it_was_written_and_by_whoever_is_above,
    town,
    {
        let id = town.hanako().await;
        let (officer, minato, north) = prefecture(&town).await;
        let chief = town.nurse().await;
        let case = chief.cases(&id, 0).await.unwrap().0[0].member.case;
        let there = StaffRole::Administrator;
        let there = town.hires("chief@north.example", there, north).await;
        let nurse = StaffRole::Nurse;
        let mika = town.hires("mika@center.example", nurse, minato).await;
        mika.open_case(case).await.unwrap().unwrap();
        let mika = mika.id();
        assert!(log(&there, mika, None).await.is_none(), "not theirs");
        assert!(there.whose_log(mika).await.unwrap().is_none());
        town.minutes(30);
        let stands = of(&officer, "mika").await;
        let moved = officer.place_staff(mika, (nurse, north), false, stands.version);
        assert_eq!(moved.await.unwrap(), ChangeStaff::Changed);
        town.minutes(30);
        // A wrong password, at the new place.
        let front = town.app.front_desk(None);
        let email = address("mika@center.example");
        let wrong = front.sign_in_staff(&email, "Wrong-Meadow-42").await;
        assert!(matches!(wrong.unwrap(), SignIn::Wrong));

        let opened = ("case.opened".to_owned(), Some(id.clone()));
        let has = |lines: &[(String, Option<String>)], action: &str| {
            lines.iter().any(|(done, _)| done == action)
        };
        // The new place reads what was done there, and that she came.
        let read = lines(&there, mika, None).await;
        assert!(read.iter().all(|(_, id)| id.is_none()), "{read:?}");
        assert!(!has(&read, "case.opened"), "{read:?}");
        assert!(
            has(&read, "staff.moved") && has(&read, "staff.sign_in_failed"),
            "{read:?}"
        );
        // The old one goes on reading what was done with its people, and nothing since.
        let read = lines(&chief, mika, None).await;
        assert!(read.contains(&opened), "{read:?}");
        assert!(!has(&read, "staff.sign_in_failed"), "{read:?}");
        let names =
            |all: Vec<(StaffId, String)>| all.into_iter().map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(names(chief.former_colleagues().await.unwrap()), ["mika"]);
        assert!(there.former_colleagues().await.unwrap().is_empty());
        assert!(officer.former_colleagues().await.unwrap().is_empty());
        assert_eq!(
            chief.whose_log(mika).await.unwrap().as_deref(),
            Some("mika")
        );
        // Whoever is above both reads all.
        let read = lines(&officer, mika, None).await;
        assert!(
            read.contains(&opened) && has(&read, "staff.sign_in_failed"),
            "{read:?}"
        );

        // An ID of elsewhere is one that there is not.
        for id in [id.as_str(), "0000000"] {
            for whom in [mika, there.id()] {
                let found = log(&there, whom, Some(id)).await;
                assert!(matches!(found, Some(AuditFound::NoSuchId)), "{id}");
            }
        }
        let found = lines(&chief, mika, Some(&id)).await;
        assert_eq!(found, std::slice::from_ref(&opened));
        let told = chief.audit_of_case(case, 50).await.unwrap();
        assert!(
            told.iter().any(|line| line.action == "audit.searched"),
            "in the log of the record stands who searched for it"
        );

        // The record goes, too: its number goes with it, and what was done with it stays a line.
        crate::transfers::moves(&chief, &there, case, north).await;
        let read = lines(&chief, mika, None).await;
        assert!(read.contains(&("case.opened".to_owned(), None)), "{read:?}");
        assert!(matches!(
            log(&chief, mika, Some(&id)).await,
            Some(AuditFound::NoSuchId)
        ));
        assert_eq!(lines(&there, mika, Some(&id)).await, [opened]);
        // Nothing is foreign to whoever never went.
        assert!(log(&there, chief.id(), None).await.is_none());
    }
);
