//! Places of one name: which one a file means, which name a center cannot have, and what it is called in languages.

use crate::story;
use crate::town::Town;
use app::health_center::Contact;
use app::jurisdiction::{AddPlace, Place};
use app::place::{ClosePlace, NameTaken, Naming, RenamePlace};
use app::staff::{ChangeStaff, NewStaff};
use domain::staff_role::{JurisdictionKind, StaffRole};
use std::collections::BTreeMap;

/// The place of a kind and a name.
async fn place(town: &Town, kind: JurisdictionKind, name: &str) -> Place {
    let tree = town.app.system_desk().places().await.unwrap();
    let found = tree.into_iter().find(|p| p.kind == kind && p.name == name);
    found.unwrap()
}

async fn adds(town: &Town, above: &Place, kind: JurisdictionKind, name: &str) -> Place {
    let system = town.app.system_desk();
    match system.add_place(above, kind, name).await.unwrap() {
        AddPlace::Added(place) => place,
        other => panic!("{other:?}"),
    }
}

story!(
    a_file_sends_staff_to_the_clinic_below_the_center_that_it_names,
    town,
    {
        use JurisdictionKind::{HealthCenter, MedicalInstitution, Prefecture};
        let system = town.app.system_desk();
        let minato = place(&town, HealthCenter, "Minato").await;
        let above = place(&town, Prefecture, "Prefecture").await;
        let south = adds(&town, &above, HealthCenter, "South").await;
        let of_minato = adds(&town, &minato, MedicalInstitution, "Yamada Clinic").await;
        let before = system.places().await.unwrap().len();
        let clinic = "[[place]]\nkind = \"medical_institution\"\nname = \"Yamada Clinic\"\nbelow = \"South\"\n";
        let doctor = "[[staff]]\nemail = \"b@yamada.example\"\nname = \"Dr. B\"\nrole = \"medical_institution\"\nplace = \"Yamada Clinic\"\n";
        // The name alone would be that of two: it is asked which one, and nothing was done by then.
        let told = system.provision(&format!("{clinic}{doctor}"), false).await;
        let told = told.unwrap().unwrap_err();
        for says in [
            "Dr. B",
            "below \"Minato\"",
            "below \"South\"",
            "write below",
        ] {
            assert!(told[0].contains(says), "{told:?}");
        }
        assert_eq!(system.places().await.unwrap().len(), before);
        let nowhere = format!("{clinic}{doctor}below = \"North\"\n");
        let told = system
            .provision(&nowhere, false)
            .await
            .unwrap()
            .unwrap_err();
        assert!(told[0].contains("there is no place"), "{told:?}");
        let file = format!("{clinic}{doctor}below = \"South\"\n");
        let planned = system.provision(&file, true).await.unwrap().unwrap();
        let told = system.provision(&file, false).await.unwrap().unwrap();
        assert_eq!(told, planned);
        assert_eq!(
            told,
            [
                "medical_institution \"Yamada Clinic\" is added below \"South\"; another one of this name stands below \"Minato\"",
                "staff \"Dr. B\" is invited to \"Yamada Clinic\" below \"South\"",
            ]
        );
        let chief = town
            .hires("chief@south.example", StaffRole::Administrator, south.id)
            .await;
        let (places, staff) = chief.colleagues().await.unwrap();
        let invited = staff.iter().find(|one| one.name == "Dr. B").unwrap();
        let at = places.iter().find(|one| one.id == invited.place).unwrap();
        assert_eq!(at.parent, Some(south.id));
        assert_ne!(at.id, of_minato.id);
        let (_, staff) = town.nurse().await.colleagues().await.unwrap();
        assert!(staff.iter().all(|one| one.name != "Dr. B"));
        // A second time it knows both, and which one is meant.
        let again = system.provision(&file, false).await.unwrap().unwrap();
        assert!(again.is_empty(), "{again:?}");
        let unclear = clinic.replace("below = \"South\"\n", "");
        let told = system.provision(&unclear, false).await.unwrap();
        assert!(told.unwrap_err()[0].contains("write below"));
        // Whose role works at a center is not asked about a clinic of the same name.
        adds(&town, &minato, MedicalInstitution, "South").await;
        let nurse = "[[staff]]\nemail = \"n@south.example\"\nname = \"N\"\nrole = \"nurse\"\nplace = \"South\"\n";
        let told = system.provision(nurse, true).await.unwrap().unwrap();
        assert_eq!(
            told,
            ["staff \"N\" is invited to \"South\" below \"Prefecture\""]
        );
    }
);

story!(
    a_file_does_nothing_to_the_center_of_another_prefecture,
    town,
    {
        use JurisdictionKind::{HealthCenter, Nation, Prefecture};
        let system = town.app.system_desk();
        let nation = place(&town, Nation, "Nation").await;
        let west = adds(&town, &nation, Prefecture, "West").await;
        let before = system.places().await.unwrap().len();
        let stood = town.nurse().await.health_center().await.unwrap();
        let file = "[[place]]\nkind = \"prefecture\"\nname = \"East\"\n\n[[place]]\nkind = \"health_center\"\nname = \"Minato\"\nbelow = \"West\"\n[place.contact]\nphone = \"097-000-0000\"\n";
        for only_look in [true, false] {
            let told = system.provision(file, only_look).await.unwrap();
            let told = told.unwrap_err();
            for says in [
                "stands below \"Prefecture\" and not below \"West\"",
                "write below = \"Prefecture\"",
                "another name",
            ] {
                assert!(told[0].contains(says), "{told:?}");
            }
        }
        let stands = town.nurse().await.health_center().await.unwrap();
        assert_eq!(stands.contact, stood.contact);
        assert_eq!(system.places().await.unwrap().len(), before);
        let right = file.replace("\"West\"", "\"Prefecture\"");
        let told = system.provision(&right, false).await.unwrap().unwrap();
        assert_eq!(told.len(), 2, "{told:?}");
        let stands = town.nurse().await.health_center().await.unwrap();
        assert_eq!(stands.contact.phone, "097-000-0000");

        // A center that was closed keeps its name from all but those who open it again.
        let twice = adds(&town, &west, HealthCenter, "Twice").await;
        let role = StaffRole::PrefectureOfficer;
        let officer = town.hires("o@west.example", role, west.id).await;
        let nurse = town
            .hires("n@twice.example", StaffRole::Nurse, twice.id)
            .await;
        let (_, staff) = officer.colleagues().await.unwrap();
        let her = staff.iter().find(|one| one.id == nurse.id()).unwrap();
        let changed = officer.change_staff(her.id, StaffRole::Nurse, true, her.version);
        assert_eq!(changed.await.unwrap(), ChangeStaff::Changed);
        let closed = officer.close_place(twice.id).await.unwrap();
        assert_eq!(closed, ClosePlace::Closed);
        let file =
            "[[place]]\nkind = \"health_center\"\nname = \"Twice\"\nbelow = \"Prefecture\"\n";
        let told = system.provision(file, true).await.unwrap().unwrap_err();
        assert!(
            told[0].contains("a closed health_center below \"West\" has this name"),
            "{told:?}"
        );
        let there = file.replace("\"Prefecture\"", "\"West\"");
        let told = system.provision(&there, false).await.unwrap().unwrap();
        assert_eq!(told, ["health_center \"Twice\" is added below \"West\""]);
        assert_eq!(place(&town, HealthCenter, "Twice").await.id, twice.id);
    }
);

story!(
    whoever_cannot_have_a_name_for_a_center_is_told_who_has_it,
    town,
    {
        use JurisdictionKind::{HealthCenter, Nation, Prefecture};
        let officer = town.officer().await;
        let above = officer.places().await.unwrap()[0].clone();
        let nation = place(&town, Nation, "Nation").await;
        let west = adds(&town, &nation, Prefecture, "West").await;
        let there = adds(&town, &west, HealthCenter, "Eastern Center").await;
        let taken = |is_closed| NameTaken {
            prefecture: "West".to_owned(),
            is_closed,
            here: above.name.clone(),
        };
        let minato = place(&town, HealthCenter, "Minato").await;
        for name in ["Eastern Center", " Eastern Center "] {
            match officer.add_place(above.id, name).await.unwrap() {
                AddPlace::Elsewhere(why) => assert_eq!(why, taken(false)),
                other => panic!("{other:?}"),
            }
            let renamed = officer.rename_place(minato.id, Naming::plain(name)).await;
            assert_eq!(renamed.unwrap(), RenamePlace::Elsewhere(taken(false)));
        }
        assert_eq!(place(&town, HealthCenter, "Minato").await.id, minato.id);
        let helps = officer.add_place(above.id, "Eastern Center (Prefecture)");
        assert!(matches!(helps.await.unwrap(), AddPlace::Added(_)));
        // Nor is it free once that one is closed, whose nurse was there.
        let role = StaffRole::PrefectureOfficer;
        let other = town.hires("o@west.example", role, west.id).await;
        let nurse = town
            .hires("n@east.example", StaffRole::Nurse, there.id)
            .await;
        let (_, staff) = other.colleagues().await.unwrap();
        let her = staff.iter().find(|one| one.id == nurse.id()).unwrap();
        let changed = other.change_staff(her.id, StaffRole::Nurse, true, her.version);
        assert_eq!(changed.await.unwrap(), ChangeStaff::Changed);
        let closed = other.close_place(there.id).await.unwrap();
        assert_eq!(closed, ClosePlace::Closed);
        match officer.add_place(above.id, "Eastern Center").await.unwrap() {
            AddPlace::Elsewhere(why) => assert_eq!(why, taken(true)),
            other => panic!("{other:?}"),
        }
    }
);

story!(
    a_center_that_gets_another_name_is_called_so_in_every_language,
    town,
    {
        let nurse = town.nurse().await;
        let center = NewStaff::place_of(nurse.health_center().await.unwrap().id);
        let names = |ja: &str, en: &str| {
            BTreeMap::from([
                ("ja".to_owned(), ja.to_owned()),
                ("en".to_owned(), en.to_owned()),
            ])
        };
        let contact = Contact {
            phone: "03-0000-0001".to_owned(),
            names: names("港保健所", "Minato"),
            ..Contact::default()
        };
        nurse.set_contact(contact, None).await.unwrap();
        let read = async |language: &str| {
            let center = nurse.health_center().await.unwrap();
            assert_eq!(center.contact.phone, "03-0000-0001");
            center.name_in(language).to_owned()
        };
        assert_eq!(read("ja").await, "港保健所");
        // Without a word about languages, no one goes on reading the old name.
        let renames = async |naming: Naming| nurse.rename_place(center, naming).await.unwrap();
        let done = renames(Naming::plain("Central")).await;
        assert_eq!(done, RenamePlace::Renamed);
        assert_eq!(
            (read("ja").await, read("en").await),
            ("Central".to_owned(), "Central".to_owned())
        );
        let (held, _) = nurse.contact_history().await.unwrap();
        assert_eq!(held.len(), 2);
        assert_eq!(held[0].by.as_deref(), Some("Nurse"));
        // With one, each reads what was meant for them; an empty one is none.
        let naming = Naming {
            name: "Central".to_owned(),
            in_languages: Some(names("中央保健所", " ")),
        };
        assert_eq!(renames(naming).await, RenamePlace::Renamed);
        assert_eq!(
            (read("ja").await, read("en").await),
            ("中央保健所".to_owned(), "Central".to_owned())
        );
        let known = nurse.names_in_languages(center).await.unwrap();
        assert_eq!(known.len(), 1);
        let mut shown = "Central".to_owned();
        nurse.place_names("ja").await.unwrap().put(&mut shown);
        assert_eq!(shown, "中央保健所");
        // The same name again takes nothing away, and a name in a language has its bounds, too.
        assert_eq!(
            renames(Naming::plain("Central")).await,
            RenamePlace::Renamed
        );
        assert_eq!(read("ja").await, "中央保健所");
        let long = Naming {
            name: "Central".to_owned(),
            in_languages: Some(names(&"長".repeat(101), "")),
        };
        assert_eq!(renames(long).await, RenamePlace::Name);
        assert_eq!(read("ja").await, "中央保健所");
        // Whoever has the shell alone renames all of it.
        let system = town.app.system_desk();
        let done = system.rename_place(center, "Harbour").await.unwrap();
        assert_eq!(done, RenamePlace::Renamed);
        assert_eq!(read("ja").await, "Harbour");
        // A field that repeats the old name, and was left alone beside the new one, does not hold it.
        for (own, now) in [("Harbour", "Harbour"), ("North", "North")] {
            let naming = Naming {
                name: own.to_owned(),
                in_languages: Some(names("Harbour", "The center")),
            };
            assert_eq!(renames(naming).await, RenamePlace::Renamed);
            assert_eq!(read("ja").await, now);
            assert_eq!(read("en").await, "The center");
        }
    }
);

story!(a_file_names_a_center_in_languages_that_there_are, town, {
    let system = town.app.system_desk();
    let stood = town.nurse().await.health_center().await.unwrap();
    let file = "[[place]]\nkind = \"health_center\"\nname = \"Minato\"\nbelow = \"Prefecture\"\n[place.contact]\nphone = \"097-000-0000\"\n\
            names = { jp = \"みなと保健所\" }\nhours = { English = \"Always\", en = \"Always\" }\n";
    let told = system.provision(file, false).await.unwrap().unwrap_err();
    assert_eq!(
        told,
        [
            "place \"Minato\": contact: hours: there is no language \"English\"; there are ja, en",
            "place \"Minato\": contact: names: there is no language \"jp\"; there are ja, en",
        ]
    );
    let stands = town.nurse().await.health_center().await.unwrap();
    assert_eq!(stands.contact, stood.contact);
    let right = file
        .replace("jp =", "ja =")
        .replace("English = \"Always\", ", "");
    system.provision(&right, false).await.unwrap().unwrap();
    let stands = town.nurse().await.health_center().await.unwrap();
    assert_eq!(stands.name_in("ja"), "みなと保健所");
});
