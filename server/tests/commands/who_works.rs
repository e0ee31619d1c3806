//! Places and staff as whoever has the shell alone sees and changes them.

use crate::machine::{Machine, complained, said};

fn adds(machine: &Machine, email: &str, more: &[&str]) {
    let mut arguments = vec!["staff", "add", "--email", email, "--password-file", "-"];
    arguments.extend_from_slice(more);
    let environment = [
        ("HERSYS_CENTER_NAME", "Minato"),
        ("HERSYS_CENTER_PHONE", "03-1234-5678"),
    ];
    let added = machine.runs_with(&arguments, &environment, "Quiet-Harbour 73\n");
    assert!(added.status.success(), "{}", complained(&added));
}

#[test]
fn staff_are_listed_with_the_address_that_a_reset_asks_for() {
    let machine = Machine::new();
    assert!(machine.runs(&["migrate"]).status.success());
    let nobody = machine.runs(&["staff", "list"]);
    assert!(nobody.status.success() && said(&nobody).is_empty());
    assert!(complained(&nobody).contains("There are no staff yet"));
    adds(&machine, "chief@center.example", &["--name", "Sato Mika"]);
    let officer = ["--name", "Ito Ken", "--role", "prefecture_officer"];
    adds(&machine, "officer@pref.example", &officer);
    let listed = machine.runs_with(&["staff", "list"], &[("HERSYS_LOG", "trace")], "");
    assert_eq!(
        said(&listed),
        "Prefecture (prefecture): Ito Ken, prefecture officer, officer@pref.example\n\
         Minato (health center): Sato Mika, administrator, chief@center.example\n"
    );
    assert!(!complained(&listed).contains("chief@"), "nothing in a log");
}

#[test]
fn a_center_that_loses_its_only_administrator_is_named() {
    let machine = Machine::new();
    adds(&machine, "chief@center.example", &["--name", "Sato Mika"]);
    let doctor = || said(&machine.runs(&["doctor"]));
    let becomes = |role: &str| {
        let email = "chief@center.example";
        let moved = machine.runs(&["staff", "move", "--email", email, "--role", role]);
        assert!(moved.status.success(), "{}", complained(&moved));
        said(&moved)
    };
    let problem = "problem  administrators: \"Minato\" has none who can sign in";
    assert!(!doctor().contains("  administrators: "), "{}", doctor());
    let told = becomes("nurse");
    let warning = "Warning: nobody is left who can manage the staff of Minato";
    assert!(told.contains(warning), "{told}");
    assert!(doctor().contains(problem), "{}", doctor());
    assert!(!becomes("administrator").contains("Warning"));
    // Whoever is above may make somebody administrator.
    let officer = ["--name", "Ito Ken", "--role", "prefecture_officer"];
    adds(&machine, "officer@pref.example", &officer);
    let told = becomes("nurse");
    let warning = "Warning: no administrator who can sign in is left at Minato. An officer";
    assert!(told.contains(warning), "{told}");
    assert!(!doctor().contains("  administrators: "), "{}", doctor());
}

#[test]
fn a_place_is_renamed_that_has_the_name_of_another() {
    let machine = Machine::new();
    assert!(machine.runs(&["migrate"]).status.success());
    adds(&machine, "chief@center.example", &["--name", "Sato Mika"]);
    let renames = |arguments: &[&str]| {
        let mut all = vec!["place", "rename"];
        all.extend_from_slice(arguments);
        machine.runs(&all)
    };
    assert!(renames(&["Prefecture", "Nation"]).status.success());
    let unclear = complained(&renames(&["Nation", "Example Prefecture"]));
    for says in [
        "there are several places called \"Nation\" (nation, prefecture)",
        "--kind",
    ] {
        assert!(unclear.contains(says), "{unclear}");
    }
    let wrong = complained(&renames(&["Nation", "x", "--kind", "town"]));
    assert!(
        wrong.contains("--kind must be one of: nation, prefecture"),
        "{wrong}"
    );
    let renamed = renames(&["Nation", "Example Prefecture", "--kind", "prefecture"]);
    assert!(renamed.status.success(), "{}", complained(&renamed));
    for arguments in [
        &["health_center", "North"][..],
        &["medical_institution", "Clinic", "--below", "North"],
        &["medical_institution", "Clinic", "--below", "Minato"],
    ] {
        let mut all = vec!["place", "add"];
        all.extend_from_slice(arguments);
        assert!(machine.runs(&all).status.success());
    }
    let nowhere = complained(&renames(&["Clinic", "x", "--below", "South"]));
    assert!(
        nowhere.contains("there is no place \"Clinic\" right below \"South\""),
        "{nowhere}"
    );
    let renamed = renames(&["Clinic", "North Clinic", "--below", "North"]);
    assert!(renamed.status.success(), "{}", complained(&renamed));
    let listed = said(&machine.runs(&["place", "list"]));
    let at = |name: &str| listed.find(name).unwrap_or_else(|| panic!("{listed}"));
    assert!(at("North (") < at("North Clinic ("), "{listed}");
    assert!(listed.starts_with("Nation (nation)\n  Example Prefecture (prefecture)\n"));
    assert!(listed.contains("    Clinic ("), "{listed}");
}
