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
        "there are several places called \"Nation\" (nation, prefecture below \"Nation\")",
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
    // Nor does a name alone say at which of two somebody works.
    let doctor = ["--name", "Mori Aoi", "--role", "medical_institution"];
    let at = [&doctor[..], &["--place", "Clinic"]].concat();
    let email = ["staff", "add", "--email", "mori@clinic.example"];
    let typed = ["--password-file", "-"];
    let unclear = [&email[..], &typed, &at].concat();
    let unclear = complained(&machine.runs_with(&unclear, &[], "Quiet-Harbour 73\n"));
    for says in [
        "medical institution below \"Minato\"",
        "medical institution below \"North\"",
        "say with --below which one is meant",
    ] {
        assert!(unclear.contains(says), "{unclear}");
    }
    let at = [&at[..], &["--below", "North"]].concat();
    adds(&machine, "mori@clinic.example", &at);
    let moves = ["staff", "move", "--email", "mori@clinic.example"];
    let moves = |below: &str| {
        let to = ["--place", "Clinic", "--below", below];
        machine.runs(&[&moves[..], &to].concat())
    };
    let same = complained(&moves("North"));
    assert!(same.contains("that is how it is already"), "{same}");
    let listed = || said(&machine.runs(&["staff", "list"]));
    let at = "Clinic (medical institution below North): Mori Aoi";
    assert!(listed().contains(at), "{}", listed());
    assert!(moves("Minato").status.success());
    assert!(listed().contains("below Minato): Mori Aoi"), "{}", listed());
    let renamed = renames(&["Clinic", "North Clinic", "--below", "North"]);
    assert!(renamed.status.success(), "{}", complained(&renamed));
    let listed = said(&machine.runs(&["place", "list"]));
    let at = |name: &str| listed.find(name).unwrap_or_else(|| panic!("{listed}"));
    assert!(at("North (") < at("North Clinic ("), "{listed}");
    assert!(listed.starts_with("Nation (nation)\n  Example Prefecture (prefecture)\n"));
    assert!(listed.contains("    Clinic ("), "{listed}");
}

#[test]
fn a_center_is_named_by_its_own_name_where_two_have_another_one_in_common() {
    let machine = Machine::new();
    adds(&machine, "chief@center.example", &["--name", "Sato Mika"]);
    let mut file = String::new();
    for name in ["Minato", "North"] {
        file.push_str(&format!(
            "[[place]]\nkind = \"health_center\"\nname = \"{name}\"\n[place.contact]\nphone = \"03-1234-5678\"\n\
             names = {{ ja = \"東部保健所\" }}\n"
        ));
    }
    std::fs::write(machine.path("places.toml"), file).unwrap();
    let provisioned = machine.runs(&["provision", "places.toml"]);
    assert!(provisioned.status.success(), "{}", complained(&provisioned));
    let email = ["staff", "add", "--email", "nurse@center.example"];
    let more = ["--name", "Ito Ken", "--password-file", "-"];
    let at = ["--center", "東部保健所"];
    let unclear = [&email[..], &more, &at].concat();
    let unclear = complained(&machine.runs_with(&unclear, &[], "Quiet-Harbour 73\n"));
    assert!(
        unclear.contains("several health centers are called") && unclear.contains("Minato, North"),
        "{unclear}"
    );
    // Renamed, a center has that name for everybody.
    let renamed = machine.runs(&["place", "rename", "North", "Kita"]);
    assert!(renamed.status.success(), "{}", complained(&renamed));
    assert!(said(&renamed).contains("went with the old one (東部保健所)"));
    let at = ["--name", "Ito Ken", "--center", "東部保健所"];
    adds(&machine, "nurse@center.example", &at);
}
