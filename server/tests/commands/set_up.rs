//! A machine is set up: what is made, for whom it is, and what a service is started with.

use crate::machine::{Machine, complained, said};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

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
    let nobody = "staff: nobody yet, so that nobody can sign in to the console; `hersys staff add`";
    assert!(said(&after).contains(nobody), "{}", said(&after));
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
        "problem  mail: the mail server (HERSYS_SMTP_URL), 127.0.0.1:1, cannot be reached: ",
        "problem  HERSYS_PUBLIC_URL: HERSYS_PUBLIC_URL is not given though HERSYS_SMTP_URL is",
        "problem  HERSYS_CONSOLE_URL: HERSYS_CONSOLE_URL is not given though HERSYS_SMTP_URL is",
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
    // Whoever stands is named with where, and with the way to another place.
    let place = ["place", "add", "health_center", "North"];
    assert!(machine.runs(&place).status.success());
    let again = add(
        &["--password-file", "-", "--center", "North"],
        "Quiet-Harbour 73\n",
    );
    let told = complained(&again);
    for says in [
        "is there already, as administrator at Minato; nothing was changed",
        "hersys staff move --email nurse@example.org",
    ] {
        assert!(told.contains(says), "{told}");
    }
    // Nor is a password asked for first: it would be for nothing.
    let unread = machine.path("no such file").display().to_string();
    let file = ["--password-file", unread.as_str()];
    let again = complained(&add(&[&file[..], &["--center", "North"]].concat(), ""));
    assert!(again.contains("is there already"), "{again}");
    let reset = |email: &str| {
        let arguments = ["staff", "reset", "--email", email];
        complained(&machine.runs(&[&arguments[..], &file].concat()))
    };
    let nobody = reset("nobody@example.org");
    assert!(nobody.contains("nobody has the address"), "{nobody}");
    let known = reset("nurse@example.org");
    assert!(known.contains("cannot be read"), "{known}");
    let moves = |more: &[&str]| {
        let mut arguments = vec!["staff", "move", "--email", "nurse@example.org"];
        arguments.extend_from_slice(more);
        machine.runs(&arguments)
    };
    let moved = moves(&["--center", "North", "--role", "nurse"]);
    assert!(moved.status.success(), "{}", complained(&moved));
    assert!(said(&moved).contains("Sato Mika works as nurse at North from now on."));
    let same = complained(&moves(&["--center", "North"]));
    assert!(same.contains("that is how it is already"), "{same}");
    let wrong = complained(&moves(&["--place", "Nation"]));
    assert!(
        wrong.contains("the role nurse belongs to a health center; nothing was changed"),
        "{wrong}"
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

/// systemd gives a service up that has ended five times in ten seconds, which a database that is away for a minute makes of
/// ours.
#[test]
fn no_service_is_given_up_for_good() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/systemd");
    let mut seen = 0;
    for file in fs::read_dir(folder).unwrap().flatten() {
        let text = fs::read_to_string(file.path()).unwrap();
        let Some((unit, service)) = text.split_once("[Service]") else {
            assert!(text.contains("[Timer]"), "{:?}", file.path());
            continue;
        };
        if service.contains("Type=oneshot") {
            continue;
        }
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

/// What `hersys-here` makes of a file of settings: the environment of the command that it would run.
fn hersys_here(machine: &Machine, settings: &str) -> std::process::Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/hersys/hersys-here");
    let folder = machine.path("").display().to_string();
    let script = fs::read_to_string(script)
        .unwrap()
        .replace("/etc/hersys/", &folder)
        // A systemd of the machine on which this runs knows another unit.
        .replace("systemctl cat ", &format!("cat {folder}"))
        .replace("exec /usr/local/bin/hersys \"$@\"", "exec env");
    fs::write(machine.path("here"), script).unwrap();
    fs::write(machine.path("hersys.env"), settings).unwrap();
    std::process::Command::new("sh")
        .arg(machine.path("here"))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap()
}

/// The unit as it is put there anew has these lines as comments: what commands would be content with, the service has not.
#[test]
fn a_gateway_that_the_unit_does_not_hand_over_is_given_to_no_command() {
    let machine = Machine::new();
    fs::write(machine.path("sms.toml"), "url = 'http://127.0.0.1'").unwrap();
    let with_unit = |text: &str| {
        fs::write(machine.path("hersys.service"), text).unwrap();
        hersys_here(&machine, "HERSYS_PUBLIC_URL=https://hersys.example.org\n")
    };
    for unit in ["hersys.service", "hersys-one-machine.service"] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/systemd/");
        let text = fs::read_to_string(format!("{folder}{unit}")).unwrap();
        let output = with_unit(&text);
        assert!(!said(&output).contains("HERSYS_SMS_GATEWAY"), "{unit}");
        let told = complained(&output);
        assert!(
            told.contains("sms.toml lies in ") && told.lines().count() == 1,
            "{unit}: {told}"
        );
        let output = with_unit(&text.replace("# LoadCredential=sms", "LoadCredential=sms"));
        assert!(said(&output).contains("HERSYS_SMS_GATEWAY="), "{unit}");
        assert_eq!(complained(&output), "", "{unit}");
    }
}

/// What the unit hands over is named from where it lies, and a setting that would come before it is pointed out.
#[test]
fn files_that_the_unit_hands_over_are_given_to_commands_too() {
    let machine = Machine::new();
    let folder = machine.path("").display().to_string();
    let run = |settings: &str| hersys_here(&machine, settings);
    let output = run("HERSYS_PUBLIC_URL=https://hersys.example.org\n");
    assert!(!said(&output).contains("HERSYS_SMS_GATEWAY"));
    assert_eq!(complained(&output), "");

    fs::write(machine.path("sms.toml"), "url = 'http://127.0.0.1'").unwrap();
    let gateway = format!("HERSYS_SMS_GATEWAY={folder}sms.toml");
    let output = run("HERSYS_PUBLIC_URL=https://hersys.example.org\n");
    assert!(said(&output).contains(&gateway), "{}", said(&output));
    assert_eq!(complained(&output), "");

    let told = complained(&run(&format!("{gateway}\n")));
    assert!(
        told.contains("hersys.env sets HERSYS_SMS_GATEWAY") && told.lines().count() == 1,
        "{told}"
    );
}

/// Whatever else lies where only root looks stops the service, and not a command of root's.
#[test]
fn settings_that_name_what_the_service_cannot_read_are_pointed_out() {
    let machine = Machine::new();
    let folder = machine.path("").display().to_string();
    let settings = format!(
        "HERSYS_PROGRAMMES_DIR={folder}programmes\nHERSYS_OTLP_URL_FILE=\"{folder}otlp\"\nHERSYS_DATA_DIR=/var/lib/hersys\n"
    );
    let output = hersys_here(&machine, &settings);
    let told = complained(&output);
    assert_eq!(told.lines().count(), 2, "{told}");
    for name in ["HERSYS_PROGRAMMES_DIR", "HERSYS_OTLP_URL_FILE"] {
        assert!(
            told.contains(&format!("hersys.env sets {name} to a place")),
            "{told}"
        );
    }
    assert!(said(&output).contains("HERSYS_DATA_DIR=/var/lib/hersys"));
}

/// A folder that is not there, without a `-` before it, keeps systemd from starting the service at all.
#[test]
fn a_disk_for_backups_that_is_not_mounted_keeps_no_service_from_starting() {
    for unit in ["hersys.service", "hersys-one-machine.service"] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/systemd/");
        let text = fs::read_to_string(format!("{folder}{unit}")).unwrap();
        let mut paths = text.lines().filter_map(|line| {
            line.trim_start_matches(['#', ' '])
                .strip_prefix("ReadWritePaths=")
        });
        assert!(paths.next().unwrap().starts_with("-/"), "{unit}");
        assert_eq!(paths.next(), None, "{unit}");
    }
}

/// `hersys-here` reads the file of settings as systemd does.
#[test]
fn the_settings_of_a_service_are_read_as_systemd_reads_them() {
    let machine = Machine::new();
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
    let output = hersys_here(&machine, text);
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
