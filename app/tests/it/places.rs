//! Places that staff add and name, and what stays readable of it.

use crate::story;
use app::health_center::Contact;
use app::jurisdiction::AddPlace;
use app::place::{ClosePlace, InTheWay, RenamePlace};
use app::staff::NewStaff;
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
            nurse.rename_place(north.id, "South").await.unwrap(),
            RenamePlace::NoSuchPlace
        );
        // The name of another center is taken; a new one holds everywhere, and the old one stays in the history.
        assert_eq!(
            officer.rename_place(north.id, "Minato").await.unwrap(),
            RenamePlace::Name
        );
        assert_eq!(
            officer.rename_place(center, " Harbour ").await.unwrap(),
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
    let held = town.nurse().await.contact_history().await.unwrap();
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
        assert_eq!(told, ["staff \"B\" is invited"]);
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
