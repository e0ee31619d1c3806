//! The binary as its operator meets it: sentences, exit codes, what it leaves on the disk.
#![allow(clippy::unwrap_used)]

mod machine;

use machine::{Machine, complained, said};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const HEADER: &str = "name,name_kana,name_latin,birthdate,phone,language,diagnosed_on,onset_on,entered_japan_on,\
                      passport_number,hersys_id";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn wrong_input_gives_one_sentence_and_a_failure() {
    let machine = Machine::new();
    for (arguments, environment, told) in [
        (
            vec!["serve"],
            vec![("HERSYS_PORTAL_LISTEN", "x")],
            "HERSYS_PORTAL_LISTEN must be",
        ),
        (
            vec!["serve"],
            vec![("HERSYS_PUBLIC_URL", "https://h.example.org")],
            "HERSYS_SMTP_URL must be given",
        ),
        (
            vec!["migrate"],
            vec![("HERSYS_DATABASE_URL", "postgres://a:hunter2@127.0.0.1:1/x")],
            "HERSYS_MASTER_KEY must be given",
        ),
        (vec!["--config", "no.toml", "migrate"], vec![], "no.toml"),
        (
            vec!["migrate"],
            vec![("HERSYS_DATA_DIR", "/dev/null/data")],
            "HERSYS_DATA_DIR must name",
        ),
        (
            vec!["serve"],
            vec![("HERSYS_PORTAL_LISTEN", "x"), ("HERSYS_SMTP_URL", "y")],
            "(1 more to mend: `hersys doctor` tells all)",
        ),
        (vec!["import", "no.csv"], vec![], "no.csv cannot be read"),
        (
            vec!["programme", "load", "no.toml"],
            vec![],
            "no.toml cannot be read",
        ),
        (
            vec!["staff", "add", "--email", "x", "--name", "y"],
            vec![],
            "--email must be",
        ),
        (
            vec!["serve", "--demo"],
            vec![("HERSYS_CONSOLE_LISTEN", "0.0.0.0:0")],
            "HERSYS_CONSOLE_LISTEN must be a loopback",
        ),
    ] {
        let output = machine.runs_with(&arguments, &environment, "");
        let complaint = complained(&output);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(complaint.contains(told), "{arguments:?}: {complaint}");
        assert!(!complaint.contains("hunter2"), "{complaint}");
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
    }
    assert!(!machine.path("data").exists());
    assert!(!machine.runs(&["frobnicate"]).status.success());
    assert!(!machine.runs(&[]).status.success());
    assert!(said(&machine.runs(&["--help"])).contains("hersys serve --demo"));
    let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let environment = [
        ("HERSYS_DATABASE_URL", "postgres://a:hunter2@127.0.0.1:1/x"),
        ("HERSYS_MASTER_KEY", key),
    ];
    let output = machine.runs_with(&["migrate"], &environment, "");
    let complaint = complained(&output);
    assert!(
        complaint.contains("HERSYS_DATABASE_URL") && !complaint.contains("hunter2"),
        "{complaint}"
    );
}

#[test]
fn a_new_machine_is_set_up_by_its_first_command() {
    let machine = Machine::new();
    let before = said(&machine.runs(&["doctor"]));
    assert!(before.contains("All is well."), "{before}");
    assert!(!machine.path("data").exists(), "doctor changes nothing");
    let output = machine.runs(&["migrate"]);
    assert!(output.status.success(), "{}", complained(&output));
    assert_eq!(mode(&machine.path("data")), 0o700);
    assert_eq!(mode(&machine.path("data/master.key")), 0o600);
    assert_eq!(mode(&machine.path("data/hersys.db")), 0o600);
    let after = machine.runs(&["doctor"]);
    assert!(after.status.success(), "{}", said(&after));
    assert!(said(&after).contains("the key fits"), "{}", said(&after));
    // The ends of the audit log are kept in a file, and a file that holds something else is left alone.
    let kept = machine.path("audit-heads.txt");
    let heads = ["doctor", "--audit-heads", kept.to_str().unwrap()];
    for told in ["is begun", "still stands"] {
        let seen = machine.runs(&heads);
        assert!(seen.status.success(), "{}", said(&seen));
        assert!(said(&seen).contains(told), "{told}: {}", said(&seen));
        assert_eq!(fs::read_to_string(&kept).unwrap().lines().count(), 16);
    }
    let never = fs::read_to_string(&kept)
        .unwrap()
        .replacen("0 0 ", "0 7 00", 1);
    for (text, told) in [
        (never.as_str(), "chain 0: line 7 was there and is gone"),
        ("a letter", "does not hold the ends of an audit log"),
    ] {
        fs::write(&kept, text).unwrap();
        let seen = machine.runs(&heads);
        assert!(!seen.status.success(), "{}", said(&seen));
        assert!(said(&seen).contains(told), "{told}: {}", said(&seen));
        assert_eq!(fs::read_to_string(&kept).unwrap(), text);
    }

    fs::set_permissions(
        machine.path("data/master.key"),
        fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    let environment = [
        ("HERSYS_SMTP_URL", "smtp://127.0.0.1:1"),
        ("HERSYS_SMTP_ULR", "x"),
    ];
    let ill = machine.runs_with(&["doctor"], &environment, "");
    let told = said(&ill);
    assert!(!ill.status.success());
    for problem in [
        "problem  key: others can read",
        "problem  mail: ",
        "problem  HERSYS_SMTP_ULR: is not a setting; did you mean HERSYS_SMTP_URL?",
    ] {
        assert!(told.contains(problem), "{told}");
    }
    let migrated = complained(&machine.runs_with(&["migrate"], &environment[1..], ""));
    assert!(
        migrated.contains("HERSYS_SMTP_ULR is not a setting; did you mean"),
        "{migrated}"
    );
    fs::write(machine.path("data/master.key"), "A".repeat(43) + "=").unwrap();
    let other = machine.runs(&["migrate"]);
    assert!(
        complained(&other).contains("key does not fit"),
        "{}",
        complained(&other)
    );
    fs::remove_file(machine.path("data/master.key")).unwrap();
    let lost = machine.runs(&["migrate"]);
    assert!(
        complained(&lost).contains("HERSYS_MASTER_KEY must be given"),
        "{}",
        complained(&lost)
    );
    let lost = machine.runs(&["doctor"]);
    assert!(
        said(&lost).contains("master.key is missing"),
        "{}",
        said(&lost)
    );
    let wrong = machine.runs_with(
        &["doctor"],
        &[("HERSYS_LOG", "a=b=c"), ("HERSYS_SMTP_URL", "hunter2")],
        "",
    );
    assert!(
        said(&wrong).contains("There are 2 problems."),
        "{}",
        said(&wrong)
    );
    assert!(!said(&wrong).contains("hunter2"));
}

#[test]
fn staff_are_added_with_a_password_that_holds() {
    let machine = Machine::new();
    let add = |more: &[&str], typed: &str| {
        let mut arguments = vec![
            "staff",
            "add",
            "--email",
            "nurse@example.org",
            "--name",
            "Sato Mika",
        ];
        arguments.extend_from_slice(more);
        machine.runs_with(&arguments, &[("HERSYS_CENTER_NAME", "Minato")], typed)
    };
    let weak = add(&["--password-file", "-"], "abc\n");
    assert!(!weak.status.success());
    assert!(
        complained(&weak).contains("it needs at least 8 characters; it needs at least three of")
    );
    let fine = add(&["--password-file", "-"], "Quiet-Harbour 73\r\n");
    assert!(fine.status.success(), "{}", complained(&fine));
    assert!(
        said(&fine).contains("Sato Mika can sign in to the console for Minato as administrator.")
    );
    let elsewhere = add(
        &["--password-file", "-", "--center", "Shinjuku"],
        "Quiet-Harbour 73\n",
    );
    assert!(
        complained(&elsewhere)
            .contains("there is no health center \"Shinjuku\"; there are: Minato")
    );
}

#[test]
fn a_center_that_nobody_can_call_is_a_problem() {
    for (phone, is_fine) in [("", false), ("03-1234-5678", true)] {
        let machine = Machine::new();
        // An unlikely order of days is told, and imported.
        let row = ",,Sample Traveller,1990-12-24,09012345679,en,2026-11-01,,2026-11-02,,";
        fs::write(machine.path("good.csv"), format!("{HEADER}\n{row}\n")).unwrap();
        let environment = [("HERSYS_CENTER_PHONE", phone)];
        let imported = machine.runs_with(&["import", "good.csv"], &environment, "");
        let told = complained(&imported);
        assert!(imported.status.success(), "{told}");
        assert!(told.contains("line 2: The entry into Japan"), "{told}");
        assert!(!told.contains("may be the same person"), "{told}");
        let doctor = machine.runs(&["doctor"]);
        assert_eq!(doctor.status.success(), is_fine, "{}", said(&doctor));
        let sentence = "has no phone number";
        assert_eq!(said(&doctor).contains(sentence), !is_fine);
    }
}

#[test]
fn an_import_is_all_or_nothing_and_its_answer_is_a_file() {
    let machine = Machine::new();
    let good = "見本 花子,ミホン ハナコ,Mihon Hanako,1988-05-04,09012345678,ja,2026-11-01,,,,\n\
                ,,Sample Traveller,1990-12-24,09012345679,en,2026-11-01,2026-10-30,2026-10-20,,\n";
    fs::write(machine.path("good.csv"), format!("{HEADER}\n{good}")).unwrap();
    fs::write(
        machine.path("bad.csv"),
        format!("{HEADER}\n{good},,Nobody,yesterday,12,xx,,,,,abc\n"),
    )
    .unwrap();
    let bad = machine.runs(&["import", "bad.csv"]);
    assert_eq!(bad.status.code(), Some(1));
    assert_eq!(said(&bad), "");
    let complaint = complained(&bad);
    assert!(complaint.contains("line 4, birthdate: "), "{complaint}");
    assert!(complaint.contains("line 4, language: "), "{complaint}");
    assert!(complaint.contains("line 4, hersys_id: "), "{complaint}");
    assert!(complaint.contains("Nothing was imported"), "{complaint}");
    assert!(
        !complaint.contains("yesterday"),
        "values stay where they are: {complaint}"
    );
    let fine = machine.runs(&["import", "good.csv", "--center", "Public Health Center"]);
    assert!(fine.status.success(), "{}", complained(&fine));
    let answer = said(&fine);
    let lines: Vec<&str> = answer.lines().collect();
    assert_eq!(lines.len(), 3, "{answer}");
    assert_eq!(lines[0], HEADER);
    assert!(lines[1].starts_with("見本 花子,"), "{answer}");
    for line in &lines[1..] {
        let id = line.rsplit(',').next().unwrap();
        assert!(
            id.len() == 7 && id.bytes().all(|b| b.is_ascii_digit()),
            "{line}"
        );
    }
    // What was printed can be imported elsewhere, from standard input as well.
    let other = Machine::new();
    let again = other.runs_with(&["import", "-"], &[], &answer);
    assert_eq!(said(&again), answer);
    // The same file again registers nobody, and its answer is the same.
    let twice = other.runs_with(&["import", "-"], &[], &answer);
    assert!(twice.status.success(), "{}", complained(&twice));
    assert_eq!(said(&twice), answer);
    let complaint = complained(&twice);
    assert!(complaint.contains("Nothing was imported."), "{complaint}");
    assert!(
        complaint.contains("2 rows were registered by this very file before"),
        "{complaint}"
    );
    // In another file they stand under the very IDs that the rows give.
    let twice = other.runs_with(&["import", "-"], &[], &format!("{answer}\n"));
    assert!(!twice.status.success());
    let complaint = complained(&twice);
    let id = lines[1].rsplit(',').next().unwrap();
    let told = format!("line 2: may be the same person as HER-SYS ID {id}; left out");
    assert!(complaint.contains(&told), "{complaint}");
    assert!(complaint.contains("Nothing was imported"), "{complaint}");
}

#[test]
fn a_file_that_is_imported_twice_registers_nobody_twice() {
    let machine = Machine::new();
    let row = |name: &str, born: &str| format!("{name},,,{born},09012345678,ja,2026-11-01,,,,\n");
    let list = |rows: &[String]| {
        fs::write(
            machine.path("list.csv"),
            format!("{HEADER}\n{}", rows.concat()),
        )
        .unwrap();
    };
    let mut rows = vec![
        row("見本 花子", "1988-05-04"),
        row("見本 太郎", "1986-01-02"),
    ];
    list(&rows);
    let import = |more: &[&str]| machine.runs(&[&["import", "list.csv"], more].concat());
    // Looking writes nothing.
    let looked = import(&["--dry-run"]);
    assert!(looked.status.success(), "{}", complained(&looked));
    assert_eq!(said(&looked), "");
    assert!(complained(&looked).contains("2 cases would be imported"));
    let imported = import(&[]);
    assert!(imported.status.success(), "{}", complained(&imported));
    assert_eq!(said(&imported).lines().count(), 3);

    // Again, with a twin and somebody new below.
    rows.push(row("見本 双葉", "1988-05-04"));
    rows.push(row("見本 若葉", "2010-10-10"));
    list(&rows);
    let looked = import(&["--dry-run"]);
    let told = complained(&looked);
    assert!(!looked.status.success(), "{told}");
    assert!(told.contains("One case would be imported"), "{told}");
    assert!(told.contains("line 2: may be the same person as HER-SYS ID "));
    assert!(told.contains("3 rows would be left out"), "{told}");
    let again = import(&[]);
    let told = complained(&again);
    assert!(!again.status.success(), "{told}");
    assert!(told.contains("One case was imported"), "{told}");
    assert!(told.contains("3 rows were left out"), "{told}");
    assert!(told.contains("--meant 2"), "{told}");
    let answer = said(&again);
    assert_eq!(answer.lines().count(), 2, "{answer}");
    assert!(answer.contains("見本 若葉"), "{answer}");
    // The twin is meant, and the others are not.
    let twin = import(&["--meant", "4"]);
    let told = complained(&twin);
    assert!(!twin.status.success(), "{told}");
    assert!(said(&twin).contains("見本 双葉"), "{told}");
    // Whom this very file has registered is printed with her.
    assert!(said(&twin).contains(answer.lines().last().unwrap()));
    assert_eq!(said(&twin).lines().count(), 3);
    let nobody = import(&[]);
    assert!(complained(&nobody).contains("Nothing was imported."));
    assert_eq!(said(&nobody).lines().count(), 3);
    assert_eq!(nobody.status.code(), Some(1));
    // Looking finds bad rows, too, and a number of a line must be one.
    rows.push(row("見本 誤記", "yesterday"));
    list(&rows);
    let looked = import(&["--dry-run"]);
    let told = complained(&looked);
    assert!(told.contains("line 6, birthdate: "), "{told}");
    assert!(told.contains("Nothing would be imported: there is one problem."));
    let wrong = import(&["--meant", "the twin"]);
    assert!(complained(&wrong).contains("write the numbers of the lines, such as 3,7, or all"));
    rows.pop();
    list(&rows);
    let all = import(&["--meant", "all"]);
    assert!(all.status.success(), "{}", complained(&all));
    assert!(complained(&all).contains("two records of one illness can be made one"));
    assert_eq!(said(&all).lines().count(), 5);
    // Run again, whoever is meant stands.
    let again = import(&["--meant", "all"]);
    assert!(again.status.success(), "{}", complained(&again));
    assert_eq!(sorted(&said(&again)), sorted(&said(&all)));
}

fn sorted(answer: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = answer.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn an_import_that_is_killed_is_whole_when_it_is_run_again() {
    let machine = Machine::new();
    let rows: String = (0..1_500)
        .map(|n| format!("見本 人{n},,,1990-01-02,0901{n:07},ja,2026-11-01,,,,\n"))
        .collect();
    // Twins among them, who are meant.
    fs::write(machine.path("list.csv"), format!("{HEADER}\n{rows}{rows}")).unwrap();
    let mut first = machine
        .command(&["import", "list.csv", "--meant", "all"], &[])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // A few hundred rows, and no word of farewell.
    let mut out = std::io::BufReader::new(first.stdout.take().unwrap());
    for _ in 0..300 {
        std::io::BufRead::read_line(&mut out, &mut String::new()).unwrap();
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let second = machine.runs(&["import", "list.csv", "--meant", "all"]);
    let told = complained(&second);
    assert!(second.status.success(), "{told}");
    assert!(
        told.contains("were registered by this very file before"),
        "{told}"
    );
    let answer = said(&second);
    assert_eq!(answer.lines().count(), 3_001);
    let third = machine.runs(&["import", "list.csv", "--meant", "all"]);
    assert!(third.status.success(), "{}", complained(&third));
    assert_eq!(
        sorted(&said(&third)),
        sorted(&answer),
        "nobody is registered twice"
    );
    let ids: std::collections::BTreeSet<&str> = answer
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').next().unwrap())
        .collect();
    assert_eq!(ids.len(), 3_000);
}

#[test]
fn a_programme_is_loaded_once() {
    let machine = Machine::new();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../programmes/covid-19.toml");
    let output = machine.runs(&["programme", "load", shipped]);
    assert!(
        said(&output).contains("Nothing is new"),
        "{}",
        complained(&output)
    );
    fs::write(machine.path("wrong.toml"), "programme = 1").unwrap();
    let output = machine.runs(&["programme", "load", "wrong.toml"]);
    assert!(
        complained(&output).contains("wrong.toml cannot be loaded: "),
        "{}",
        complained(&output)
    );
}

#[test]
fn commands_that_look_make_nothing_where_nothing_is() {
    let machine = Machine::new();
    for command in [
        &["purge", "--dry-run"][..],
        &["partitions"],
        &["place", "list"],
        &["rules", "list"],
        &["rules", "show", "course"],
        &["staff", "reset", "--email", "a@center.example"],
    ] {
        let looked = machine.runs(command);
        assert!(!looked.status.success(), "{command:?}");
        let refused = complained(&looked);
        assert!(
            refused.contains("there is no database at data/hersys.db"),
            "{command:?}: {refused}"
        );
    }
    // What a file would do where nothing stands yet is told, and not done.
    let file = machine.path("provision.toml");
    let example = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/examples/provision.toml"
    );
    std::fs::copy(example, &file).unwrap();
    let tried = machine.runs(&["provision", "provision.toml", "--dry-run"]);
    assert!(
        said(&tried).contains("nothing was changed"),
        "{}",
        complained(&tried)
    );
    assert!(!machine.path("data").exists());
}
