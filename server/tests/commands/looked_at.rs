//! What would hurt later is told before: folders, files, backups, servers, programmes.

use super::HEADER;
use crate::machine::{Machine, complained, said};
use app::clock::Clock;
use jiff::SignedDuration;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_folder_that_is_not_there_is_told_before_the_start_and_by_it() {
    let machine = Machine::new();
    let environment = [
        ("HERSYS_DATABASE_URL", "sqlite:not-mounted/hersys.db"),
        // What else listens on this machine is not looked at.
        ("HERSYS_PORTAL_LISTEN", "127.0.0.1:0"),
        ("HERSYS_CONSOLE_LISTEN", "127.0.0.1:0"),
    ];
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
    // Nor is one that holds nothing the last one.
    fs::write(folder.join("hersys-20260101T000000Z.backup"), "").unwrap();
    let told = said(&machine.runs_with(&["doctor"], &environment, ""));
    let empty = format!(
        "problem  backups: hersys-20260101T000000Z.backup in {} is empty",
        folder.display()
    );
    assert!(told.contains(&empty), "{told}");
    assert!(told.contains("problem  backups: none in"), "{told}");
}

#[test]
fn a_folder_for_backups_into_which_the_service_cannot_write_is_a_problem() {
    use std::os::unix::fs::chown;
    if !rustix::process::geteuid().is_root() {
        eprintln!("LEFT OUT: only root can give files away");
        return;
    }
    let machine = Machine::new();
    let (data, folder) = (machine.path("data"), machine.path("backups"));
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    chown(&data, Some(12_345), Some(12_346)).unwrap();
    let migrated = machine.runs(&["migrate"]);
    assert!(migrated.status.success(), "{}", complained(&migrated));
    fs::create_dir(&folder).unwrap();
    let made = machine.runs(&["backup", folder.to_str().unwrap(), "--unencrypted"]);
    assert!(made.status.success(), "{}", complained(&made));
    // As if the schedule had made it.
    for file in fs::read_dir(&folder).unwrap() {
        let file = file.unwrap().path();
        let name = file.to_str().unwrap().replace("-by-hand", "");
        fs::rename(&file, name).unwrap();
    }
    let environment = [
        ("HERSYS_BACKUP_DIR", folder.to_str().unwrap()),
        (
            "HERSYS_BACKUP_RECIPIENT",
            "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
        ),
    ];
    let of = |mode: u32, user: u32| {
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        chown(&folder, Some(user), Some(0)).unwrap();
        let told = said(&machine.runs_with(&["doctor"], &environment, ""));
        let line = told.lines().find(|line| line.contains("  backups: "));
        line.unwrap_or_else(|| panic!("{told}")).to_owned()
    };
    let closed = of(0o755, 0);
    let says = format!(
        "`serve` can make none there: it belongs to root, and the data to user 12345: chown 12345 {}",
        folder.display()
    );
    assert!(
        closed.starts_with("problem  ") && closed.ends_with(&says),
        "{closed}"
    );
    let closed = of(0o500, 12_345);
    assert!(
        closed.starts_with("problem  ") && closed.contains("its mode keeps user 12345 out"),
        "{closed}"
    );
    // Their own, or one into which a group may write.
    for (mode, user) in [(0o700, 12_345), (0o2770, 0), (0o777, 0)] {
        let open = of(mode, user);
        assert!(open.starts_with("ok "), "{mode:o}: {open}");
    }
}

#[tokio::test]
async fn what_a_purge_leaves_is_a_problem_only_where_a_week_has_not_cleaned_it() {
    let machine = Machine::new();
    assert!(machine.runs(&["migrate"]).status.success());
    let line = || {
        let told = said(&machine.runs(&["doctor"]));
        let line = told
            .lines()
            .find(|line| line.contains("  purged records: "));
        line.unwrap_or_else(|| panic!("{told}")).to_owned()
    };
    let purged = async |days_ago: i64| {
        let db = storage::Db::sqlite(&machine.path("data/hersys.db")).unwrap();
        let at = Clock::System.now() - SignedDuration::from_hours(24 * days_ago);
        db.write(move |tx| storage::retention::leaves_bytes(tx, at))
            .await
            .unwrap();
    };
    let rewritten = || {
        let done = machine.runs(&["purge", "--rewrite"]);
        assert!(done.status.success(), "{}", complained(&done));
    };
    // On a large database somebody is purged each day, and the file rewritten each week.
    purged(7).await;
    purged(0).await;
    assert!(line().starts_with("ok "), "{}", line());
    rewritten();
    let clean = "the database was cleaned after the last purge";
    assert!(line().ends_with(clean), "{}", line());
    purged(9).await;
    purged(0).await;
    let says = "problem  purged records: bytes of them may stand in free room of the database for 9 days; run `hersys purge --rewrite`";
    assert!(line().starts_with(says), "{}", line());
    rewritten();
    assert!(line().ends_with(clean), "{}", line());
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
fn commands_that_look_make_nothing_where_nothing_is() {
    let machine = Machine::new();
    for command in [
        &["purge", "--dry-run"][..],
        &["partitions"],
        &["place", "list"],
        &["rules", "list"],
        &["rules", "show", "course"],
        &["staff", "list"],
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
    std::fs::copy(PROVISION, &file).unwrap();
    let tried = machine.runs(&["provision", "provision.toml", "--dry-run"]);
    assert!(
        said(&tried).contains("nothing was changed"),
        "{}",
        complained(&tried)
    );
    let tried = machine.runs(&["rules", "load", COURSE, "--dry-run"]);
    assert!(
        said(&tried).contains("Nothing is new in this file"),
        "{}",
        complained(&tried)
    );
    assert!(!machine.path("data").exists());
    // Nor in one that has no health center yet.
    assert!(machine.runs(&["migrate"]).status.success());
    for _ in 0..2 {
        let tried = machine.runs_with(&["import", "-", "--dry-run"], &[], HEADER);
        assert!(
            complained(&tried).contains("there is no health center yet"),
            "{}",
            complained(&tried)
        );
    }
}

const COURSE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../programmes/course-covid-19.toml"
);
const PROVISION: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../docs/examples/provision.toml"
);
/// A key that was given, as those of services are.
const KEY: (&str, &str) = (
    "HERSYS_MASTER_KEY",
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
);

#[test]
fn a_command_of_a_newer_release_leaves_the_tables_as_they_are() {
    use storage::{Db, migrations};
    let machine = Machine::new();
    fs::create_dir(machine.path("data")).unwrap();
    let file = machine.path("data/hersys.db");
    let later = tokio::runtime::Runtime::new().unwrap();
    let looks = || {
        later.block_on(async {
            let db = Db::sqlite(&file).unwrap();
            migrations::look(&db).await.unwrap().unwrap()
        })
    };
    // As the release before left them.
    later.block_on(async {
        let db = Db::sqlite(&file).unwrap();
        let now = app::clock::Clock::System.now();
        migrations::migrate_to(&db, now, 75).await.unwrap();
    });
    let before = looks();
    assert!(before.missing > 0);
    for command in [
        &["staff", "list"][..],
        &["place", "list"],
        &["rules", "list"],
        &["rules", "show", "course"],
        &["rules", "load", COURSE, "--dry-run"],
        &["rules", "load", COURSE],
        &["provision", PROVISION, "--dry-run"],
        &["provision", PROVISION],
        &["import", "-", "--dry-run"],
        &["import", "-"],
        &["purge", "--dry-run"],
        &["partitions"],
        &["staff", "add", "--email", "a@b.example", "--name", "A"],
    ] {
        let refused = complained(&machine.runs_with(command, &[KEY], HEADER));
        let says = format!(
            "it is of an older release: {} changes of its tables are to come",
            before.missing
        );
        assert!(refused.contains(&says), "{command:?}: {refused}");
        assert!(refused.contains("run `hersys migrate` first"), "{refused}");
        assert_eq!(looks(), before, "{command:?}");
    }
    // A backup of it can still be restored by the release that made it.
    let kept = machine.runs_with(&["backup", "b.backup", "--unencrypted"], &[KEY], "");
    assert!(kept.status.success(), "{}", complained(&kept));
    assert_eq!(looks(), before);
    let migrated = machine.runs_with(&["migrate"], &[KEY], "");
    assert!(migrated.status.success(), "{}", complained(&migrated));
    assert_eq!(looks().missing, 0);
    let listed = machine.runs_with(&["place", "list"], &[KEY], "");
    assert!(listed.status.success(), "{}", complained(&listed));
}

#[test]
fn trying_makes_nothing_on_a_server_where_nothing_is() {
    let Ok(server) = std::env::var("HERSYS_TEST_POSTGRES_URL") else {
        eprintln!("HERSYS_TEST_POSTGRES_URL is not set: not told");
        return;
    };
    let later = tokio::runtime::Runtime::new().unwrap();
    let does = |sql: &'static str| {
        later.block_on(async {
            let db = storage::Db::postgres(&server, None).await.unwrap();
            db.write(move |tx| tx.execute(sql, &[])).await.unwrap()
        })
    };
    does("DROP SCHEMA IF EXISTS hersys_tried CASCADE");
    does("CREATE SCHEMA hersys_tried");
    let machine = Machine::new();
    let at = format!("{server}?options=-c%20search_path%3Dhersys_tried");
    let given = [("HERSYS_DATABASE_URL", at.as_str()), KEY];
    for (command, says) in [
        (
            &["provision", PROVISION, "--dry-run"][..],
            "This was a dry run: nothing was changed.",
        ),
        (
            &["rules", "load", COURSE, "--dry-run"],
            "Nothing is new in this file",
        ),
        (&["import", "-", "--dry-run"], "One case would be imported"),
    ] {
        let row = ",,Real Person,1980-01-02,09012345678,en,2026-01-02,,,,";
        let tried = machine.runs_with(command, &given, &format!("{HEADER}\n{row}\n"));
        let told = said(&tried) + &complained(&tried);
        assert!(told.contains(says), "{command:?}: {told}");
    }
    let looked = complained(&machine.runs_with(&["place", "list"], &given, ""));
    assert!(
        looked.contains("there are no tables of hersys in the database"),
        "{looked}"
    );
    does("DROP SCHEMA hersys_tried CASCADE");
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
fn a_file_without_a_byte_is_what_is_left_of_a_database() {
    let machine = Machine::new();
    assert!(machine.runs(&["migrate"]).status.success());
    let file = machine.path("data/hersys.db");
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(machine.path(&format!("data/hersys.db{end}")));
    }
    fs::write(&file, "").unwrap();
    let says = "data/hersys.db is there and holds nothing, as a copy leaves it that broke off";
    for command in [&["place", "list"][..], &["migrate"], &["serve"]] {
        let refused = machine.runs(command);
        assert!(!refused.status.success(), "{command:?}");
        let told = complained(&refused);
        assert!(told.contains(says), "{command:?}: {told}");
    }
    let doctor = said(&machine.runs_with(&["doctor"], &[("HERSYS_DATA_DIR", "data")], ""));
    let problem = format!("problem  database: {says}");
    assert!(doctor.contains(&problem), "{doctor}");
    assert_eq!(fs::metadata(&file).unwrap().len(), 0, "nothing was made");
    fs::remove_file(&file).unwrap();
    let made = complained(&machine.runs(&["migrate"]));
    assert!(made.contains("A new installation was made at "), "{made}");
}

#[test]
fn a_log_that_is_closed_is_named_before_the_start_and_by_it() {
    let machine = Machine::new();
    let data = machine.path("closed/data");
    fs::create_dir_all(&data).unwrap();
    let owned = |path: &std::path::Path| {
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(path, Some(54_321), Some(54_321)).unwrap();
        }
    };
    owned(&machine.path("closed"));
    owned(&data);
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    let made = as_somebody(&machine, &["migrate"]);
    assert!(made.status.success(), "{}", complained(&made));
    // As it is left by a start while the database was closed.
    let log = data.join("hersys.db-wal");
    fs::write(&log, "").unwrap();
    owned(&log);
    fs::set_permissions(&log, fs::Permissions::from_mode(0o400)).unwrap();
    let says = "closed/data/hersys.db-wal cannot be read and written by ";
    let environment = [("HERSYS_DATA_DIR", "closed/data")];
    for doctor in [
        as_somebody(&machine, &["doctor"]),
        machine.runs_with(&["doctor"], &environment, ""),
    ] {
        let told = said(&doctor);
        assert!(
            told.contains(&format!("problem  database: {says}")),
            "{told}"
        );
        assert!(
            told.contains("out, to whom it belongs: chmod u+rw it"),
            "{told}"
        );
        assert!(!doctor.status.success());
    }
    for command in [&["place", "list"][..], &["serve"]] {
        let told = complained(&as_somebody(&machine, command));
        assert!(told.contains(says), "{command:?}: {told}");
    }
    fs::set_permissions(&log, fs::Permissions::from_mode(0o600)).unwrap();
    let told = said(&as_somebody(&machine, &["doctor"]));
    assert!(!told.contains("problem  database"), "{told}");
}

#[test]
fn a_gateway_that_is_not_there_and_a_file_that_all_can_read_are_told_before_the_first_alert() {
    let machine = Machine::new();
    assert!(machine.runs(&["migrate"]).status.success());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let there = listener.local_addr().unwrap();
    let file = machine.path("sms.toml");
    let described = format!(
        "url = 'http://{there}/Kornblume'\n[form]\na = '{{to}}{{text}}'\n[receipt]\n\
         url = 'http://127.0.0.1:1/Kornblume/{{id}}'\nstate = 's'\ndelivered = ['d']\nfailed = ['f']\n"
    );
    fs::write(&file, described).unwrap();
    let doctor = || {
        let environment = [("HERSYS_SMS_GATEWAY", "sms.toml")];
        said(&machine.runs_with(&["doctor"], &environment, ""))
    };
    // Whoever is let into no folder above reads no file in it.
    fs::set_permissions(machine.path(""), fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let told = doctor();
    for says in [
        format!("ok       SMS gateway: {there} answers"),
        "problem  SMS gateway: 127.0.0.1:1 of the file of HERSYS_SMS_GATEWAY cannot be reached: \
         Connection refused"
            .to_owned(),
        "ok       secrets: ".to_owned(),
    ] {
        assert!(told.contains(&says), "{says}: {told}");
    }
    assert!(!told.contains("Kornblume"), "{told}");
    fs::set_permissions(machine.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    let told = doctor();
    let says =
        "problem  secrets: every user of this machine can read sms.toml (HERSYS_SMS_GATEWAY)";
    assert!(told.contains(says), "{told}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let told = doctor();
    assert!(told.contains("ok       secrets: "), "{told}");
}

#[test]
fn a_mail_server_that_speaks_tls_later_is_told_with_how_to_write_it() {
    use std::io::{Read, Write};
    let machine = Machine::new();
    assert!(machine.runs(&["migrate"]).status.success());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtps://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.write_all(b"220 mail.example ESMTP\r\n");
            let _ = stream.read(&mut [0; 512]);
        }
    });
    let environment = [("HERSYS_SMTP_URL", url.as_str())];
    let told = said(&machine.runs_with(&["doctor"], &environment, ""));
    let line = told
        .lines()
        .find(|line| line.starts_with("problem  mail: "));
    let line = line.unwrap_or_else(|| panic!("{told}"));
    assert!(line.contains("write smtp://…?tls=required"), "{line}");
}

/// A disk of its own, as large as it has to be to be full.
struct Disk(std::path::PathBuf);

impl Disk {
    /// None where this user mounts nothing.
    fn full(at: std::path::PathBuf) -> Option<Disk> {
        fs::create_dir(&at).unwrap();
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=32k,mode=700", "none"])
            .arg(&at)
            .output();
        if !mount.is_ok_and(|mount| mount.status.success()) {
            return None;
        }
        let disk = Disk(at);
        let _ = fs::write(disk.0.join("filler"), vec![1; 64 * 1024]);
        Some(disk)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).output();
    }
}

#[test]
fn a_full_disk_is_called_one() {
    let machine = Machine::new();
    let Some(disk) = Disk::full(machine.path("small")) else {
        eprintln!("LEFT OUT: only root can mount a disk");
        return;
    };
    let key = "0909090909090909090909090909090909090909090909090909090909090909";
    let environment = [
        ("HERSYS_DATABASE_URL", "sqlite:small/hersys.db"),
        ("HERSYS_MASTER_KEY", key),
        ("HERSYS_PORTAL_LISTEN", "127.0.0.1:0"),
        ("HERSYS_CONSOLE_LISTEN", "127.0.0.1:0"),
    ];
    for command in ["migrate", "serve"] {
        let told = complained(&machine.runs_with(&[command], &environment, ""));
        let says = format!("the disk of {} is full: make room", disk.0.display());
        assert!(told.contains(&says), "{command}: {told}");
        // The next start would take it for what is left of a database.
        assert!(!disk.0.join("hersys.db").exists(), "{command}");
    }
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
fn programmes_that_root_reads_and_the_service_does_not_are_a_problem() {
    use std::os::unix::fs::chown;
    use std::os::unix::process::CommandExt;
    if !rustix::process::geteuid().is_root() {
        eprintln!("LEFT OUT: only root can give files away");
        return;
    }
    let machine = Machine::new();
    let set = |name: &str, mode: u32| {
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(machine.path(name), mode).unwrap();
    };
    for folder in ["data", "closed", "closed/pd"] {
        fs::create_dir(machine.path(folder)).unwrap();
    }
    set("data", 0o700);
    chown(machine.path("data"), Some(12_345), Some(12_346)).unwrap();
    fs::copy(COURSE, machine.path("closed/pd/course.toml")).unwrap();
    let environment = [("HERSYS_PROGRAMMES_DIR", "closed/pd")];
    let programmes = || {
        let told = said(&machine.runs_with(&["doctor"], &environment, ""));
        let line = told.lines().find(|line| line.contains("  programmes: "));
        line.unwrap_or_else(|| panic!("{told}")).to_owned()
    };
    set("", 0o755);
    set("closed/pd", 0o755);
    set("closed", 0o700);
    let closed = programmes();
    assert!(
        closed.starts_with("problem  ") && closed.contains("closed keeps user 12345 out"),
        "{closed}"
    );
    set("closed", 0o755);
    let open = programmes();
    assert!(open.starts_with("ok "), "{open}");

    // Who is no root is told whose folder it is, and not that there is none.
    set("closed", 0o700);
    let refused = std::process::Command::new(env!("CARGO_BIN_EXE_hersys"))
        .args(["doctor"])
        .current_dir(machine.path(""))
        .env_clear()
        .env("HERSYS_PROGRAMMES_DIR", "closed/pd")
        .uid(12_345)
        .gid(12_346)
        .output()
        .unwrap();
    let told = said(&refused);
    assert!(
        told.contains("closed/pd: Permission denied") && told.contains("closed belongs to root"),
        "{told}"
    );
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
    let loaded = machine.runs(&["rules", "load", "later.toml", "--why", "Order"]);
    assert!(loaded.status.success(), "{}", complained(&loaded));
    // It can be taken back, and is looked at before that.
    let back = ["rules", "end", "course", "--from", "2999-01-01"];
    let tried = machine.runs(&[&back[..], &["--dry-run"]].concat());
    let says =
        "Would be taken back: course of covid-19 for all from 2999-01-01, which never holds.";
    assert!(said(&tried).contains(says), "{}", complained(&tried));
    let refused = machine.runs(&back);
    assert!(complained(&refused).contains("taking a rule back needs a reason"));
    let ended = machine.runs(&[&back[..], &["--why", "A slip"]].concat());
    assert!(said(&ended).contains("(shipped)"), "{}", complained(&ended));
    let listed = said(&machine.runs(&["rules", "list"]));
    assert!(listed.contains("Order  (taken back)"), "{listed}");
}
