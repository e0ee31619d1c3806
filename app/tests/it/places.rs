//! Places that staff add and name, and what stays readable of it.

mod same_names;

use crate::story;
use crate::town::PASSWORD;
use app::health_center::Contact;
use app::jurisdiction::AddPlace;
use app::keys::Token;
use app::place::{ClosePlace, InTheWay, Naming, RenamePlace};
use app::staff::{ChangeStaff, Invite, NewStaff, ResetStaff};
use domain::staff_role::{JurisdictionKind, StaffRole};

story!(
    a_prefecture_adds_centers_and_a_center_adds_clinics_each_below_itself,
    town,
    {
        let nurse = town.nurse().await;
        let center = NewStaff::place_of(nurse.health_center().await.unwrap().id);
        let tree = town.app.system_desk().places().await.unwrap();
        let prefecture = tree
            .iter()
            .find(|place| place.kind == JurisdictionKind::Prefecture)
            .unwrap()
            .id;
        let officer = town
            .hires(
                "o@prefecture.example",
                StaffRole::PrefectureOfficer,
                prefecture,
            )
            .await;
        let AddPlace::Added(north) = officer.add_place(prefecture, "North").await.unwrap() else {
            panic!("not added");
        };
        assert_eq!(north.kind, JurisdictionKind::HealthCenter);
        assert!(matches!(
            officer.add_place(prefecture, "North").await.unwrap(),
            AddPlace::Name
        ));
        let AddPlace::Added(clinic) = nurse.add_place(center, "A clinic").await.unwrap() else {
            panic!("not added");
        };
        assert_eq!(clinic.kind, JurisdictionKind::MedicalInstitution);
        // Neither above itself nor beside.
        for elsewhere in [prefecture, north.id, clinic.id] {
            assert!(matches!(
                nurse.add_place(elsewhere, "x").await.unwrap(),
                AddPlace::WrongParent
            ));
        }
        assert_eq!(
            nurse
                .rename_place(north.id, Naming::plain("South"))
                .await
                .unwrap(),
            RenamePlace::NoSuchPlace
        );
        // The name of another center is taken; a new one holds everywhere, and the old one stays in the history.
        assert_eq!(
            officer
                .rename_place(north.id, Naming::plain("Minato"))
                .await
                .unwrap(),
            RenamePlace::Name
        );
        assert_eq!(
            officer
                .rename_place(center, Naming::plain(" Harbour "))
                .await
                .unwrap(),
            RenamePlace::Renamed
        );
        assert_eq!(nurse.health_center().await.unwrap().name, "Harbour");
        let (place, called) = nurse.place(center).await.unwrap().unwrap();
        assert_eq!((place.name.as_str(), called.len()), ("Harbour", 2));
        assert_eq!(called[0].by.as_deref(), Some("o"));
        // The name with which it was made stands at the end, with the day on which it was.
        assert_eq!(
            (called[1].name.as_str(), called[1].is_first),
            ("Minato", true)
        );
        assert!(called[1].at <= called[0].at);
        assert!(nurse.place(north.id).await.unwrap().is_none());
        let clerk = town
            .hires("c@center.example", StaffRole::Clerk, center)
            .await;
        assert!(clerk.add_place(center, "x").await.is_err());
    }
);

story!(how_a_center_was_reached_stays_readable, town, {
    let nurse = town.nurse().await;
    for phone in ["03-0000-0001", "03-0000-0002"] {
        let contact = Contact {
            phone: phone.to_owned(),
            ..Contact::default()
        };
        nurse.set_contact(contact, None).await.unwrap();
    }
    town.minutes(1);
    let (held, _) = town.nurse().await.contact_history().await.unwrap();
    let phones: Vec<_> = held.iter().map(|one| one.contact.phone.as_str()).collect();
    assert_eq!(phones, ["03-0000-0002", "03-0000-0001"]);
    assert_eq!(held[0].by.as_deref(), Some("Nurse"));
    let center = nurse.health_center().await.unwrap();
    assert_eq!(center.contact.phone, "03-0000-0002");
});

story!(
    a_file_sets_up_what_does_not_stand_yet_and_nothing_twice,
    town,
    {
        let example = include_str!("../../../docs/examples/provision.toml");
        let system = town.app.system_desk();
        let before = system.places().await.unwrap().len();
        // Looking changes nothing.
        let told = system.provision(example, true).await.unwrap().unwrap();
        assert!(told[0].contains("Example Prefecture"), "{told:?}");
        assert_eq!(system.places().await.unwrap().len(), before);
        // It tells what will be done, all of it, in the same lines.
        let planned = told;
        let misplaced = example.replace("role = \"administrator\"", "role = \"analyst\"");
        let wrong = system.provision(&misplaced, true).await.unwrap();
        assert!(wrong.unwrap_err()[0].contains("does not belong"));
        let told = system.provision(example, false).await.unwrap().unwrap();
        assert_eq!(told, planned);
        let tree = system.places().await.unwrap();
        assert_eq!(tree.len(), before + 3, "{told:?}");
        let north = system.health_centers().await.unwrap();
        let north = north
            .iter()
            .find(|center| center.name == "North Health Center")
            .unwrap();
        assert_eq!(north.contact.phone, "03-1234-5678");
        assert!(told.iter().any(|line| line.contains("is invited")));
        // A second time there is nothing to do; a change in the file changes just that.
        let again = system.provision(example, false).await.unwrap().unwrap();
        assert!(again.is_empty(), "{again:?}");
        // Another role is told, and not given; a new colleague is told beforehand.
        let promoted = example.replace("role = \"administrator\"", "role = \"nurse\"");
        for only_look in [true, false] {
            let told = system
                .provision(&promoted, only_look)
                .await
                .unwrap()
                .unwrap();
            assert!(
                told.len() == 1 && told[0].contains("administrator, not nurse"),
                "{told:?}"
            );
        }
        let more = format!(
            "{example}\n[[staff]]\nemail = \"b@north.example\"\nname = \"B\"\nrole = \"nurse\"\nplace = \"North Health Center\"\n"
        );
        let told = system.provision(&more, true).await.unwrap().unwrap();
        assert_eq!(
            told,
            ["staff \"B\" is invited to \"North Health Center\" below \"Example Prefecture\""]
        );
        let changed = example.replace("deadline = \"12:00\"", "deadline = \"09:30\"");
        let told = system.provision(&changed, false).await.unwrap().unwrap();
        assert_eq!(told, ["\"North Health Center\": following is set"]);
        // What is wrong is told at once, all of it, and nothing is changed.
        let wrong = changed
            .replace("09:30", "25:00")
            .replace("kind = \"medical_institution\"", "kind = \"hospital\"")
            .replace("Example Clinic", "Other Clinic");
        let told = system.provision(&wrong, false).await.unwrap().unwrap_err();
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(system.places().await.unwrap().len(), before + 3);
        let orphan = "[[place]]\nkind = \"health_center\"\nname = \"South\"\nbelow = \"Nowhere\"\n";
        let told = system.provision(orphan, false).await.unwrap().unwrap_err();
        assert!(told[0].contains("below must name"), "{told:?}");
        let says = "there is no prefecture \"Nowhere\" (`hersys place list` shows all)";
        assert!(told[0].contains(says), "{told:?}");
        // Nor is it asked for one line after the other.
        let lines = [
            "deadline = ",
            "tell_again_every = ",
            "transfer_due_after = ",
        ];
        let kept = example
            .lines()
            .filter(|line| !lines.iter().any(|gone| line.starts_with(gone)));
        let scanty = kept.collect::<Vec<_>>().join("\n");
        let told = system.provision(&scanty, true).await.unwrap().unwrap_err();
        assert_eq!(
            told,
            [
                "place \"North Health Center\": following: deadline is missing, tell_again_every is missing, transfer_due_after \
                 is missing"
            ]
        );
        // Nor is a slip in the place above swallowed because a place of that name stands elsewhere.
        let from = "below = \"North Health Center\"";
        let slip = example.replace(from, "below = \"South\"");
        let told = system.provision(&slip, true).await.unwrap().unwrap_err();
        assert!(told[0].contains("below must name"), "{told:?}");
        let south = "[[place]]\nkind = \"health_center\"\nname = \"South\"\nbelow = \"Example Prefecture\"\n";
        system.provision(south, false).await.unwrap().unwrap();
        let told = system.provision(&slip, false).await.unwrap().unwrap();
        let beside = "is added below \"South\"; another one of this name stands below \"North Health Center\"";
        // The file's times of following stand again, too.
        assert!(
            told.len() == 2 && told[0].contains("following is set"),
            "{told:?}"
        );
        assert!(told[1].contains(beside), "{told:?}");
    }
);

story!(
    what_a_file_did_before_it_was_cut_short_was_told_and_the_same_file_does_the_rest,
    town,
    {
        let example = include_str!("../../../docs/examples/provision.toml");
        let system = town.app.system_desk();
        let tree = system.places().await.unwrap();
        let prefecture = tree
            .iter()
            .find(|place| place.kind == JurisdictionKind::Prefecture)
            .unwrap();
        let planned = system.provision(example, true).await.unwrap().unwrap();
        let (mut told, mut other) = (Vec::new(), None);
        // After the first thing is done, somebody else takes the name of the second one.
        let adds = || async {
            let center = JurisdictionKind::HealthCenter;
            let added = system.add_place(prefecture, center, "North Health Center");
            match added.await.unwrap() {
                AddPlace::Added(place) => place,
                refused => panic!("{refused:?}"),
            }
        };
        let mut tell = |line: String| {
            told.push(line);
            other.get_or_insert_with(|| {
                tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(adds()))
            });
        };
        let ended = system.provision_telling(example, false, &mut tell).await;
        let wrong = ended.unwrap().unwrap_err();
        assert!(
            wrong[0].contains("has this name, and no two have one"),
            "{wrong:?}"
        );
        assert_eq!(told, planned[..1]);
        // The name is free again: what was done is left, and all else is done.
        let other = other.unwrap().id;
        system.rename_place(other, "South").await.unwrap();
        let rest = system.provision(example, false).await.unwrap().unwrap();
        assert_eq!(rest, planned[1..]);
        let again = system.provision(example, false).await.unwrap().unwrap();
        assert!(again.is_empty(), "{again:?}");
    }
);

story!(
    a_place_added_by_mistake_is_closed_and_any_other_stays,
    town,
    {
        let admin = town.nurse().await;
        let center = NewStaff::place_of(admin.health_center().await.unwrap().id);
        let AddPlace::Added(clinic) = admin.add_place(center, "Wrong clinic").await.unwrap() else {
            panic!("not added")
        };
        let is_there = async || {
            let places = admin.places().await.unwrap();
            places.iter().any(|place| place.id == clinic.id)
        };
        assert!(is_there().await);
        assert_eq!(
            admin.close_place(center).await.unwrap(),
            ClosePlace::InTheWay(InTheWay::Below)
        );
        assert_eq!(
            admin.close_place(clinic.id).await.unwrap(),
            ClosePlace::Closed
        );
        assert!(!is_there().await);
        assert_eq!(
            admin.close_place(clinic.id).await.unwrap(),
            ClosePlace::NoSuchPlace
        );
        assert_eq!(
            admin.close_place(center).await.unwrap(),
            ClosePlace::InTheWay(InTheWay::Staff)
        );
        // A center goes with its row: it is no choice for transfers any more.
        let desk = town.app.system_desk();
        let tree = desk.places().await.unwrap();
        let prefecture = tree
            .iter()
            .find(|place| place.kind == JurisdictionKind::Prefecture)
            .unwrap();
        let officer = town
            .hires(
                "top@pref.example",
                StaffRole::PrefectureOfficer,
                prefecture.id,
            )
            .await;
        let kind = JurisdictionKind::HealthCenter;
        let added = desk.add_place(prefecture, kind, "Twice").await.unwrap();
        let AddPlace::Added(twice) = added else {
            panic!("not added")
        };
        assert_eq!(desk.health_centers().await.unwrap().len(), 2);
        assert_eq!(
            officer.close_place(twice.id).await.unwrap(),
            ClosePlace::Closed
        );
        assert_eq!(desk.health_centers().await.unwrap().len(), 1);
    }
);

story!(a_place_is_closed_once_nobody_works_there_any_more, town, {
    let admin = town.nurse().await;
    let center = NewStaff::place_of(admin.health_center().await.unwrap().id);
    let adds = async || match admin.add_place(center, "Harbour clinic").await.unwrap() {
        AddPlace::Added(place) => place.id,
        other => panic!("{other:?}"),
    };
    let clinic = adds().await;
    let role = StaffRole::MedicalInstitution;
    let doctor = town.hires("d@clinic.example", role, clinic).await.id();
    let email = crate::town::address("late@clinic.example");
    let invite = async |name: &str| {
        let language = domain::language::Language::En;
        let invited = admin.invite(&email, name, role, clinic, language).await;
        invited.unwrap()
    };
    assert_eq!(invite("Late").await, Invite::Invited);
    let mail = town.newest_mail().await;
    let link = mail.split("/invitation/").nth(1).unwrap();
    let link = Token::parse(link.split_whitespace().next().unwrap()).unwrap();
    let closes = async || admin.close_place(clinic).await.unwrap();
    assert_eq!(closes().await, ClosePlace::InTheWay(InTheWay::Staff));
    let of = async |id| {
        let (_, all) = admin.colleagues().await.unwrap();
        all.into_iter().find(|one| one.id == id).unwrap()
    };
    let lets_in = async |is_in: bool| {
        let version = of(doctor).await.version;
        let changed = admin.change_staff(doctor, role, !is_in, version).await;
        changed.unwrap()
    };
    assert_eq!(lets_in(false).await, ChangeStaff::Changed);
    // What the doctor did stands under the place; an invitation that nobody took up keeps nothing open, and ends.
    assert_eq!(closes().await, ClosePlace::Closed);
    let is_there = async || {
        let places = admin.places().await.unwrap();
        places.iter().any(|place| place.id == clinic)
    };
    assert!(!is_there().await);
    let front = town.app.front_desk(None);
    assert!(front.staff_link(&link).await.unwrap().is_none());
    assert!(of(doctor).await.disabled_at.is_some());
    let (_, staff) = admin.colleagues().await.unwrap();
    let late = staff.iter().find(|one| one.name == "Late").unwrap();
    assert!(late.disabled_at.is_some());
    // Nobody comes in at a place that is closed.
    assert_eq!(lets_in(true).await, ChangeStaff::PlaceIsClosed);
    let system = town.app.system_desk();
    let address = crate::town::address("d@clinic.example");
    let reset = system.reset_staff(&address, PASSWORD, true).await.unwrap();
    assert_eq!(reset, ResetStaff::PlaceIsClosed);
    assert_eq!(closes().await, ClosePlace::NoSuchPlace);
    let again = crate::town::address("new@clinic.example");
    let language = domain::language::Language::En;
    let invited = admin.invite(&again, "New", role, clinic, language).await;
    assert_eq!(invited.unwrap(), Invite::Place);
    // Adding it where it stood opens it again, with whom it had.
    assert_eq!(adds().await, clinic);
    assert!(is_there().await);
    assert_eq!(lets_in(true).await, ChangeStaff::Changed);
});

story!(a_center_that_is_closed_is_no_choice_any_more, town, {
    let system = town.app.system_desk();
    let tree = system.places().await.unwrap();
    let of = |kind| tree.iter().find(|place| place.kind == kind).unwrap();
    let prefecture = of(JurisdictionKind::Prefecture);
    let role = StaffRole::PrefectureOfficer;
    let officer = town.hires("o@pref.example", role, prefecture.id).await;
    let AddPlace::Added(north) = officer.add_place(prefecture.id, "North").await.unwrap() else {
        panic!("not added")
    };
    let nurse = town
        .hires("n@north.example", StaffRole::Nurse, north.id)
        .await;
    let (_, staff) = officer.colleagues().await.unwrap();
    let version = staff
        .iter()
        .find(|one| one.id == nurse.id())
        .unwrap()
        .version;
    let changed = officer.change_staff(nurse.id(), StaffRole::Nurse, true, version);
    assert_eq!(changed.await.unwrap(), ChangeStaff::Changed);
    assert_eq!(town.nurse().await.other_centers().await.unwrap().len(), 1);
    let closed = officer.close_place(north.id).await.unwrap();
    assert_eq!(closed, ClosePlace::Closed);
    assert!(town.nurse().await.other_centers().await.unwrap().is_empty());
    assert_eq!(system.health_centers().await.unwrap().len(), 1);
    assert!(
        officer
            .centers()
            .await
            .unwrap()
            .iter()
            .all(|one| one.name != "North")
    );
});

story!(
    whoever_comes_to_a_place_while_it_is_closed_is_told_or_waited_for,
    town,
    {
        // The embedded engine has one writer.
        if town.is_on_a_server() {
            let admin = town.nurse().await;
            let center = NewStaff::place_of(admin.health_center().await.unwrap().id);
            let AddPlace::Added(clinic) = admin.add_place(center, "A clinic").await.unwrap() else {
                panic!("not added")
            };
            let (id, now) = (clinic.id, town.app.clock.now());
            // Somebody is being invited while another administrator closes it.
            let row = storage::staff::StaffRow {
                id: domain::ids::StaffId::from_uuid(admin.new_form_key()),
                place: id,
                role: "medical_institution".to_owned(),
                name: "Doctor".to_owned(),
                email_sealed: vec![1],
                email_blind: vec![1],
                password_hash: Some("x".to_owned()),
                totp_sealed: None,
                totp_step: None,
                language: None,
                phone_sealed: None,
                wants_sms: false,
                signs_on: false,
                disabled_at: None,
                version: 1,
            };
            let doctor = row.id;
            let comes = move |tx: &mut storage::Tx<'_>, is_end: bool| {
                if is_end {
                    return Ok(());
                }
                storage::jurisdiction::hold_open(tx, id)?;
                storage::staff::add(tx, &row, now)
            };
            let closed = town.meanwhile(comes, admin.close_place(id)).await;
            assert_eq!(closed.unwrap(), ClosePlace::InTheWay(InTheWay::Staff));
            let role = StaffRole::MedicalInstitution;
            let database = town.database().await;
            let shut_out = database
                .write(move |tx| storage::staff::change(tx, doctor, role.word(), Some(now), 1));
            assert!(shut_out.await.unwrap());

            // It is being closed while somebody invites to it, or adds a place below it.
            let closes = move |tx: &mut storage::Tx<'_>, is_end: bool| {
                if is_end {
                    return Ok(());
                }
                storage::jurisdiction::hold_to_close(tx, id)?;
                storage::jurisdiction::close(tx, id, now)
            };
            let email = crate::town::address("late@clinic.example");
            let language = domain::language::Language::En;
            let invites = admin.invite(&email, "Late", role, id, language);
            let invited = town.meanwhile(closes, invites).await;
            assert_eq!(invited.unwrap(), Invite::Place);
            let closes = move |tx: &mut storage::Tx<'_>, is_end: bool| match is_end {
                true => Ok(()),
                false => storage::jurisdiction::close(tx, center, now),
            };
            let adds = admin.add_place(center, "Another clinic");
            let added = town.meanwhile(closes, adds).await;
            assert!(matches!(added.unwrap(), AddPlace::WrongParent));
        }
    }
);

story!(
    a_clinic_whose_notifications_are_all_settled_can_be_closed,
    town,
    {
        use crate::notifications::{clinic, confirms, enters, ken};
        let (own, nurse) = (clinic(&town, "own").await, town.nurse().await);
        let (places, staff) = nurse.colleagues().await.unwrap();
        let place = places.iter().find(|place| place.name == "own").unwrap().id;
        let doctor = staff.iter().find(|one| one.place == place).unwrap();
        let id = enters(&own, &ken()).await;
        let shut = nurse.change_staff(doctor.id, doctor.role, true, doctor.version);
        assert_eq!(shut.await.unwrap(), ChangeStaff::Changed);
        let closes = async || nurse.close_place(place).await.unwrap();
        // Somebody must still look at what was notified.
        assert_eq!(closes().await, ClosePlace::InTheWay(InTheWay::Records));
        let case = confirms(&nurse, id).await;
        assert_eq!(closes().await, ClosePlace::Closed);
        let (places, _) = nurse.colleagues().await.unwrap();
        assert!(places.iter().all(|one| one.id != place));
        // What was done there stays readable, with its name.
        let of_case = nurse.notifications_of(case).await.unwrap();
        assert_eq!((of_case.len(), of_case[0].place.as_str()), (1, "own"));
        assert!(nurse.notification(id).await.unwrap().is_some());
        // And the same name opens it again.
        let center = NewStaff::place_of(nurse.health_center().await.unwrap().id);
        let AddPlace::Added(again) = nurse.add_place(center, "own").await.unwrap() else {
            panic!("not opened");
        };
        assert_eq!(again.id, place);
    }
);

story!(
    the_first_steps_name_a_center_that_has_only_the_name_of_the_program,
    town,
    {
        let nurse = town.nurse().await;
        let center = NewStaff::place_of(nurse.health_center().await.unwrap().id);
        let unnamed = async || nurse.first_steps().await.unwrap().unwrap().unnamed;
        assert_eq!(unnamed().await, None);
        let called = async |name: &str| {
            let done = nurse
                .rename_place(center, Naming::plain(name))
                .await
                .unwrap();
            assert_eq!(done, RenamePlace::Renamed);
        };
        called(app::health_center::BUILT_IN_NAME).await;
        assert_eq!(unnamed().await, Some(center));
        called("Minato Public Health Center").await;
        assert_eq!(unnamed().await, None);
    }
);
