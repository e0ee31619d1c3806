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
    // In a folder of which nobody says that something is, or is to be, there.
    let nowhere = machine.runs(&["doctor"]);
    assert_eq!(nowhere.status.code(), Some(1));
    let told = said(&nowhere);
    assert!(told.contains("nothing is installed here"), "{told}");
    assert!(told.contains("There is one problem."), "{told}");
    let named = machine.runs_with(&["doctor"], &[("HERSYS_DATA_DIR", "data")], "");
    let before = said(&named);
    assert!(
        before.contains("none yet; the first start makes"),
        "{before}"
    );
    assert!(before.contains("All is well."), "{before}");
    assert!(named.status.success());
    assert!(!machine.path("data").exists(), "doctor changes nothing");
    let output = machine.runs(&["migrate"]);
    assert!(output.status.success(), "{}", complained(&output));
    // Whoever stands in the wrong folder has to see it.
    let made = format!(
        "A new installation was made at {}: there was none.",
        machine.path("data/hersys.db").display()
    );
    assert!(
        complained(&output).contains(&made),
        "{}",
        complained(&output)
    );
    let again = complained(&machine.runs(&["migrate"]));
    assert!(!again.contains("installation"), "{again}");
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
        "ok       sealed data: the key fits",
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
    for says in ["key does not fit", "HERSYS_MASTER_KEY_FILE", "master.key"] {
        let told = complained(&other);
        assert!(told.contains(says), "{told}");
    }
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
    let nation = add(
        &[
            "--password-file",
            "-",
            "--role",
            "nurse",
            "--place",
            "Nation",
        ],
        "Quiet-Harbour 73\n",
    );
    let told = complained(&nation);
    assert!(
        told.contains("the role nurse belongs to a health center, and Nation is a nation"),
        "{told}"
    );
}

/// What lies in a folder of somebody else's when root has made it.
#[test]
fn what_root_makes_belongs_to_whom_the_folder_does() {
    use std::os::unix::fs::{MetadataExt, chown};
    if !rustix::process::geteuid().is_root() {
        eprintln!("LEFT OUT: only root can give files away");
        return;
    }
    let machine = Machine::new();
    let data = machine.path("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    chown(&data, Some(12_345), Some(12_346)).unwrap();
    let migrated = machine.runs(&["migrate"]);
    assert!(migrated.status.success(), "{}", complained(&migrated));
    let backup = machine.runs(&["backup", "whole.backup", "--unencrypted"]);
    assert!(backup.status.success(), "{}", complained(&backup));
    let whose = |name: &str| {
        let data = fs::metadata(data.join(name)).unwrap();
        (data.uid(), data.gid())
    };
    for name in ["hersys.db", "master.key"] {
        assert_eq!(whose(name), (12_345, 12_346), "{name}");
    }
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(data.join(format!("hersys.db{end}")));
    }
    let restored = machine.runs(&["restore", "whole.backup"]);
    assert!(restored.status.success(), "{}", complained(&restored));
    assert_eq!(whose("hersys.db"), (12_345, 12_346));
    let doctor = said(&machine.runs(&["doctor"]));
    assert!(!doctor.contains("problem  owner"), "{doctor}");
    // A copy that somebody made by hand.
    chown(data.join("hersys.db"), Some(54_321), None).unwrap();
    let doctor = said(&machine.runs(&["doctor"]));
    assert!(
        doctor.contains("data/hersys.db belongs to user 54321, and its folder to user 12345"),
        "{doctor}"
    );
    // Nor is what the owner of the folder puts there given away.
    let outside = machine.path("of-root");
    fs::write(&outside, "x").unwrap();
    fs::remove_file(data.join("master.key")).unwrap();
    std::os::unix::fs::symlink(&outside, data.join("master.key")).unwrap();
    machine.runs(&["place", "list"]);
    assert_eq!(fs::metadata(&outside).unwrap().uid(), 0);
}

#[test]
fn a_folder_that_is_not_there_is_told_before_the_start_and_by_it() {
    let machine = Machine::new();
    let environment = [("HERSYS_DATABASE_URL", "sqlite:not-mounted/hersys.db")];
    let says = "the folder not-mounted of HERSYS_DATABASE_URL does not exist";
    let doctor = machine.runs_with(&["doctor"], &environment, "");
    assert!(!doctor.status.success());
    assert!(said(&doctor).contains(says), "{}", said(&doctor));
    let serve = machine.runs_with(&["serve"], &environment, "");
    assert!(complained(&serve).contains(says), "{}", complained(&serve));
    assert!(!machine.path("not-mounted").exists() && !machine.path("data").exists());
    // A file that a setting names is named.
    for setting in ["HERSYS_SINGLE_SIGN_ON", "HERSYS_SMS_GATEWAY"] {
        let told = said(&machine.runs_with(&["doctor"], &[(setting, "gone.toml")], ""));
        let says = "must name a file that can be read; gone.toml: No such file";
        assert!(told.contains(says), "{told}");
    }
}

#[test]
fn a_damaged_file_is_told_before_somebody_needs_the_page() {
    let machine = Machine::new();
    assert!(machine.runs(&["migrate"]).status.success());
    let file = machine.path("data/hersys.db");
    let whole = fs::read(&file).unwrap();
    let told = said(&machine.runs(&["doctor"]));
    assert!(told.contains("no page of it is damaged"), "{told}");
    // The page of an index that nothing looks into until people are ill.
    let page = 4_096;
    let pages = whole.len() / page;
    let damaged = |from: usize| {
        let mut bytes = whole.clone();
        bytes[from..from + page].fill(0xa5);
        fs::write(&file, bytes).unwrap();
        let seen = machine.runs(&["doctor"]);
        (seen.status.success(), said(&seen))
    };
    let advice = "keep its files as they are";
    let silent = (1..pages)
        .step_by(12)
        .map(|at| damaged(at * page))
        .filter(|(fine, told)| *fine || !told.contains(advice))
        .count();
    assert_eq!(silent, 0, "of {pages} pages");
    let (_, told) = damaged((pages - 1) * page);
    let line = told.lines().find(|line| line.contains(advice));
    let line = line.unwrap_or_else(|| panic!("{told}"));
    assert!(line.starts_with("problem  "), "{line}");
    let (_, told) = damaged(0);
    let says =
        "file is not a database: keep its files as they are, and restore the last good backup";
    assert!(told.contains(says), "{told}");
    let refused = complained(&machine.runs(&["serve"]));
    assert!(refused.contains(says), "{refused}");
}

#[test]
fn a_backup_names_no_key_that_opens_nothing_of_it() {
    let machine = Machine::new();
    assert!(machine.runs(&["migrate"]).status.success());
    let key = machine.path("data/master.key");
    let backup = |name: &str| {
        let made = machine.runs(&["backup", name, "--unencrypted"]);
        assert!(made.status.success(), "{}", complained(&made));
        said(&made)
    };
    let told = backup("right.backup");
    assert!(told.contains("Keep a copy of data/master.key"), "{told}");
    fs::write(&key, "A".repeat(43) + "=").unwrap();
    let told = backup("wrong.backup");
    assert!(!told.contains("Keep a copy of data"), "{told}");
    assert!(told.contains("data/master.key is another key"), "{told}");
    fs::remove_file(&key).unwrap();
    let told = backup("without.backup");
    assert!(!told.contains("Keep a copy of data"), "{told}");
    assert!(
        told.contains("none on this machine (data/master.key)"),
        "{told}"
    );
}

#[test]
fn a_backup_from_the_future_and_a_folder_that_is_gone_are_problems() {
    let machine = Machine::new();
    let migrated = machine.runs(&["migrate"]);
    assert!(migrated.status.success(), "{}", complained(&migrated));
    let folder = machine.path("backups");
    let environment = [
        ("HERSYS_BACKUP_DIR", folder.to_str().unwrap()),
        (
            "HERSYS_BACKUP_RECIPIENT",
            "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
        ),
    ];
    let told = said(&machine.runs_with(&["doctor"], &environment, ""));
    let gone = format!("problem  backups: {} cannot be read", folder.display());
    assert!(told.contains(&gone), "{told}");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("hersys-20991231T000000Z.backup"), "x").unwrap();
    let told = said(&machine.runs_with(&["doctor"], &environment, ""));
    assert!(
        told.contains("problem  backups: hersys-20991231T000000Z.backup in"),
        "{told}"
    );
    assert!(told.contains("problem  backups: none in"), "{told}");
    assert!(!told.contains(" hours old"), "{told}");
}

#[test]
fn a_server_that_is_not_there_is_named_without_its_password() {
    let machine = Machine::new();
    let url = "postgres://hersys:hunter2@127.0.0.1:1,127.0.0.1:2/hersys";
    let environment = [
        ("HERSYS_DATABASE_URL", url),
        (
            "HERSYS_MASTER_KEY",
            "0909090909090909090909090909090909090909090909090909090909090909",
        ),
    ];
    for (command, on) in [("migrate", complained as fn(&_) -> _), ("doctor", said)] {
        let told = on(&machine.runs_with(&[command], &environment, ""));
        for place in [
            "HERSYS_DATABASE_URL",
            "127.0.0.1:1: ",
            "127.0.0.1:2: ",
            "Connection refused",
        ] {
            assert!(told.contains(place), "{place}: {told}");
        }
        assert!(!told.contains("hunter2"), "{told}");
        assert_eq!(
            told.matches("the store is unavailable").count(),
            1,
            "{told}"
        );
    }
}

#[test]
fn rules_of_no_programme_are_those_of_no_other() {
    let machine = Machine::new();
    let migrated = machine.runs(&["migrate"]);
    assert!(migrated.status.success(), "{}", complained(&migrated));
    for kind in [
        "questionnaire",
        "course",
        "isolation",
        "notification",
        "messages",
    ] {
        let shown = machine.runs(&["rules", "show", kind, "NOSUCH"]);
        assert!(!shown.status.success(), "{kind}");
        assert_eq!(said(&shown), "", "{kind}");
        let told = complained(&shown);
        assert!(
            told.contains("there is no programme \"NOSUCH\" for all; there are covid-19"),
            "{told}"
        );
        let shown = machine.runs(&["rules", "show", kind]);
        assert!(shown.status.success(), "{kind}: {}", complained(&shown));
    }
}

/// systemd gives a service up that has ended five times in ten seconds, which a database that is away for a minute makes of
/// ours.
#[test]
fn no_service_is_given_up_for_good() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/systemd");
    let mut seen = 0;
    for file in fs::read_dir(folder).unwrap().flatten() {
        let text = fs::read_to_string(file.path()).unwrap();
        let (unit, service) = text.split_once("[Service]").unwrap();
        assert!(service.contains("Restart=always"), "{:?}", file.path());
        assert!(
            unit.lines().any(|line| line == "StartLimitIntervalSec=0"),
            "{:?}",
            file.path()
        );
        seen += 1;
    }
    assert_eq!(seen, 4);
}

/// `hersys-here` reads the file of settings as systemd does.
#[test]
fn the_settings_of_a_service_are_read_as_systemd_reads_them() {
    let machine = Machine::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/hersys/hersys-here");
    let folder = machine.path("").display().to_string();
    let script = fs::read_to_string(script)
        .unwrap()
        .replace("/etc/hersys/", &folder)
        .replace("exec /usr/local/bin/hersys \"$@\"", "exec env");
    fs::write(machine.path("here"), script).unwrap();
    let text = r#"
# A comment
; another one, HERSYS_A=1
HERSYS_PLAIN=one two
  HERSYS_SPACES =  padded	
HERSYS_SINGLE='a $b "c" \d'
HERSYS_DOUBLE="a \"q\" \$x \n `y`"
HERSYS_BOTH='one'"two"
HERSYS_QUOTE=it's
HERSYS_BACK=a\ b\\c
HERSYS_LONG=one\
two
HERSYS_BEHIND=7 # seven
HERSYS_EMPTY=
not a setting
HERSYS_JA=港区 保健所"#;
    fs::write(machine.path("hersys.env"), text).unwrap();
    let output = std::process::Command::new("sh")
        .arg(machine.path("here"))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    let told = said(&output);
    let mut given: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("HERSYS_"))
        .collect();
    given.retain(|line| !line.contains("_FILE="));
    given.sort_unstable();
    let expected = [
        "HERSYS_BACK=a b\\c",
        "HERSYS_BEHIND=7 # seven",
        "HERSYS_BOTH=onetwo",
        "HERSYS_DOUBLE=a \"q\" $x \\n `y`",
        "HERSYS_EMPTY=",
        "HERSYS_JA=港区 保健所",
        "HERSYS_LONG=onetwo",
        "HERSYS_PLAIN=one two",
        "HERSYS_QUOTE=it's",
        "HERSYS_SINGLE=a $b \"c\" \\d",
        "HERSYS_SPACES=padded",
    ];
    assert_eq!(given, expected, "{}", complained(&output));
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

/// Runs a command as somebody who is not root and to whom nothing here belongs.
fn as_somebody(machine: &Machine, arguments: &[&str]) -> std::process::Output {
    use std::os::unix::process::CommandExt;
    let environment = [
        ("HERSYS_DATA_DIR", "closed/data"),
        ("HERSYS_PORTAL_LISTEN", "127.0.0.1:0"),
        ("HERSYS_CONSOLE_LISTEN", "127.0.0.1:0"),
    ];
    let mut command = machine.command(arguments, &environment);
    if rustix::process::geteuid().is_root() {
        // The folder of the machine is its maker's alone.
        fs::set_permissions(machine.path(""), fs::Permissions::from_mode(0o755)).unwrap();
        command.uid(54_321).gid(54_321);
    }
    command.output().unwrap()
}

#[test]
fn a_database_that_may_not_be_looked_at_is_not_called_absent() {
    let machine = Machine::new();
    let closed = machine.path("closed");
    fs::create_dir_all(closed.join("data")).unwrap();
    fs::write(closed.join("data/hersys.db"), "x").unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o600)).unwrap();
    let says =
        "it cannot be seen whether a database stands at closed/data/hersys.db: Permission denied";
    for command in [
        &["place", "list"][..],
        &["purge", "--dry-run"],
        &["migrate"],
        &["serve"],
    ] {
        let output = as_somebody(&machine, command);
        assert!(!output.status.success(), "{command:?}");
        let told = complained(&output);
        assert!(told.contains(says), "{command:?}: {told}");
        assert!(told.contains(closed.to_str().unwrap()), "{told}");
    }
    let doctor = said(&as_somebody(&machine, &["doctor"]));
    assert!(
        doctor.contains(&format!("problem  database: {says}")),
        "{doctor}"
    );
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_folder_in_which_nothing_can_be_written_is_named_with_its_owner() {
    let machine = Machine::new();
    let data = machine.path("closed/data");
    fs::create_dir_all(&data).unwrap();
    if rustix::process::geteuid().is_root() {
        for path in [&machine.path("closed"), &data] {
            std::os::unix::fs::chown(path, Some(54_321), Some(54_321)).unwrap();
        }
    }
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    let made = as_somebody(&machine, &["migrate"]);
    assert!(made.status.success(), "{}", complained(&made));
    fs::set_permissions(&data, fs::Permissions::from_mode(0o500)).unwrap();
    for command in [&["place", "list"][..], &["purge", "--dry-run"], &["serve"]] {
        let told = complained(&as_somebody(&machine, command));
        let says = "closed/data keeps ";
        assert!(
            told.contains(says) && told.contains("out, to whom it belongs: chmod 700 it"),
            "{command:?}: {told}"
        );
    }
    let doctor = said(&as_somebody(&machine, &["doctor"]));
    assert!(doctor.contains("problem  data directory: "), "{doctor}");
    assert!(
        doctor.contains("to whom it belongs: chmod 700 it"),
        "{doctor}"
    );
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_file_without_a_byte_is_no_database() {
    let machine = Machine::new();
    assert!(machine.runs(&["migrate"]).status.success());
    let file = machine.path("data/hersys.db");
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(machine.path(&format!("data/hersys.db{end}")));
    }
    fs::write(&file, "").unwrap();
    let looked = complained(&machine.runs(&["place", "list"]));
    assert!(
        looked.contains("there is no database at data/hersys.db"),
        "{looked}"
    );
    assert_eq!(fs::metadata(&file).unwrap().len(), 0, "nothing was made");
    let made = complained(&machine.runs(&["migrate"]));
    assert!(made.contains("A new installation was made at "), "{made}");
}

#[test]
fn what_could_not_be_told_is_a_failure() {
    let machine = Machine::new();
    assert!(machine.runs(&["migrate"]).status.success());
    for command in [
        &["rules", "show", "questionnaire"][..],
        &["rules", "list"],
        &["place", "list"],
        &["partitions"],
        &["purge", "--dry-run"],
        &["migrate"],
        &["doctor"],
        &["backup", "whole.backup", "--unencrypted"],
    ] {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = machine.command(command, &[]).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let told = complained(&output);
        assert!(
            command[0] == "doctor"
                || told.contains("could not be written, so that it is not whole: No space left"),
            "{command:?}: {told}"
        );
    }
}

#[test]
fn programmes_at_which_the_start_would_end_are_told_before_it() {
    let machine = Machine::new();
    fs::create_dir(machine.path("pd")).unwrap();
    let environment = [
        ("HERSYS_PROGRAMMES_DIR", "pd"),
        ("HERSYS_PORTAL_LISTEN", "127.0.0.1:0"),
        ("HERSYS_CONSOLE_LISTEN", "127.0.0.1:0"),
    ];
    let doctor = || said(&machine.runs_with(&["doctor"], &environment, ""));
    assert!(doctor().contains("problem  programmes: no file in pd"));
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../programmes/covid-19.toml");
    fs::copy(shipped, machine.path("pd/a.toml")).unwrap();
    assert!(
        doctor().contains("ok       programmes: 1 in pd"),
        "{}",
        doctor()
    );
    fs::write(machine.path("pd/b.toml"), "programme = 1").unwrap();
    assert!(
        doctor().contains("problem  programmes: pd/b.toml cannot be loaded: "),
        "{}",
        doctor()
    );
    let serve = complained(&machine.runs_with(&["serve"], &environment, ""));
    assert!(serve.contains("pd/b.toml cannot be loaded: "), "{serve}");
}

#[test]
fn what_a_file_of_rules_would_bring_is_told_without_a_reason() {
    let machine = Machine::new();
    assert!(machine.runs(&["migrate"]).status.success());
    let shown = said(&machine.runs(&["rules", "show", "course"]));
    let line = shown
        .lines()
        .find(|line| line.starts_with("valid_from"))
        .unwrap();
    fs::write(
        machine.path("later.toml"),
        shown.replace(line, "valid_from = \"2999-01-01\""),
    )
    .unwrap();
    let tried = machine.runs(&["rules", "load", "later.toml", "--dry-run"]);
    assert!(
        said(&tried).contains("Would be new (course): rules from 2999-01-01."),
        "{}",
        complained(&tried)
    );
    let refused = machine.runs(&["rules", "load", "later.toml"]);
    assert!(complained(&refused).contains("a new rule needs a reason"));
}

#[test]
fn the_command_of_a_service_says_that_it_is_for_root() {
    if rustix::process::geteuid().is_root() {
        use std::os::unix::process::CommandExt;
        let machine = Machine::new();
        fs::set_permissions(machine.path(""), fs::Permissions::from_mode(0o755)).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/hersys/hersys-here");
        let folder = machine.path("").display().to_string();
        let script = fs::read_to_string(script)
            .unwrap()
            .replace("/etc/hersys/", &folder);
        fs::write(machine.path("here"), script).unwrap();
        fs::write(machine.path("hersys.env"), "A=1").unwrap();
        fs::set_permissions(
            machine.path("hersys.env"),
            fs::Permissions::from_mode(0o600),
        )
        .unwrap();
        let output = std::process::Command::new("sh")
            .arg(machine.path("here"))
            .uid(54_321)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let told = complained(&output);
        assert!(told.contains("run it as root, such as with sudo"), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    } else {
        eprintln!("LEFT OUT: only root can run something as somebody else");
    }
}
