//! A restore or a backup that is killed: what it leaves is named by `hersys doctor` and removed by the next one. One that is only
//! asked to end leaves nothing. And one that finds no room says so.
#![allow(clippy::unwrap_used, clippy::panic)]

mod machine;

use machine::{Machine, complained, said};
use std::fs;
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

/// A machine with a backup and no database.
fn machine_with_a_backup() -> Machine {
    let machine = Machine::new();
    let migrated = machine.runs(&["migrate"]);
    assert!(migrated.status.success(), "{}", complained(&migrated));
    let backup = machine.runs(&["backup", "whole.backup", "--unencrypted"]);
    assert!(backup.status.success(), "{}", complained(&backup));
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(machine.path(&format!("data/hersys.db{end}")));
    }
    machine
}

/// The folders in a place that bear such a name.
fn folders(machine: &Machine, place: &str, name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(machine.path(place)).unwrap().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(name))
        .map(|entry| entry.path())
        .collect()
}

fn workshops(machine: &Machine) -> Vec<PathBuf> {
    folders(machine, "data", ".hersys-restore-")
}

fn looked_into(machine: &Machine) -> Vec<PathBuf> {
    folders(machine, "", "hersys-verify-")
}

const RESTORE: &[&str] = &["restore", "whole.backup"];
const VERIFY: &[&str] = &["restore", "whole.backup", "--verify"];

/// A restore that stands still in the middle of its work, and its folder.
fn begins(machine: &Machine) -> (Child, PathBuf) {
    caught(machine, RESTORE, workshops)
}

fn caught(
    machine: &Machine,
    command: &[&str],
    places: fn(&Machine) -> Vec<PathBuf>,
) -> (Child, PathBuf) {
    use rustix::process::{Pid, Signal, kill_process};
    let (began, others) = (Instant::now(), places(machine));
    loop {
        let mut restore = machine.command(command, &[]).spawn().unwrap();
        let pid = Pid::from_child(&restore);
        while restore.try_wait().unwrap().is_none() {
            if let Some(folder) = places(machine)
                .into_iter()
                .find(|folder| !others.contains(folder) && folder.join("hersys.db").exists())
            {
                kill_process(pid, Signal::STOP).unwrap();
                // It may have been done in that very moment.
                std::thread::sleep(Duration::from_millis(50));
                if folder.exists() && !machine.path("data/hersys.db").exists() {
                    return (restore, folder);
                }
                kill_process(pid, Signal::CONT).unwrap();
            }
        }
        let _ = fs::remove_file(machine.path("data/hersys.db"));
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "never caught at work"
        );
    }
}

#[test]
fn what_a_restore_leaves_that_was_killed_is_named_and_removed_by_the_next() {
    let machine = machine_with_a_backup();
    let (mut first, folder) = begins(&machine);
    // While it is at work, nobody calls it left and nobody takes its folder away.
    let doctor = said(&machine.runs(&["doctor"]));
    assert!(!doctor.contains("left over"), "{doctor}");
    let (mut second, other) = begins(&machine);
    assert!(folder.join("hersys.db").exists() && folder != other);
    for one in [&mut first, &mut second] {
        one.kill().unwrap();
        one.wait().unwrap();
    }

    let doctor = said(&machine.runs(&["doctor"]));
    for left in [&folder, &other] {
        let name = left.file_name().unwrap().to_string_lossy().into_owned();
        let line = doctor.lines().find(|line| line.contains(&name));
        let line = line.unwrap_or_else(|| panic!("{name} is not named: {doctor}"));
        assert!(line.starts_with("problem  left over: data/"), "{line}");
        assert!(
            line.contains("was left by a restore that was killed"),
            "{line}"
        );
        assert!(line.contains("not encrypted"), "{line}");
        assert!(line.contains(&format!("rm -r data/{name}")), "{line}");
    }

    // Also one that restores nothing.
    let refused = machine.runs(&["restore", "no-such.backup"]);
    assert!(!refused.status.success());
    assert_eq!(workshops(&machine), Vec::<PathBuf>::new());
    let restored = machine.runs(&["restore", "whole.backup"]);
    assert!(restored.status.success(), "{}", complained(&restored));
    assert_eq!(workshops(&machine), Vec::<PathBuf>::new());
    let doctor = said(&machine.runs(&["doctor"]));
    assert!(!doctor.contains("left over"), "{doctor}");
}

#[test]
fn what_an_earlier_release_left_is_named_once_it_is_old() {
    let machine = machine_with_a_backup();
    let left = machine.path("data/.hersys-restore-AbCdEf");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("hersys.db"), "half a database").unwrap();
    let doctor = said(&machine.runs(&["doctor"]));
    assert!(
        !doctor.contains("left over"),
        "it may be made just now: {doctor}"
    );
    let yesterday = std::time::SystemTime::now() - Duration::from_secs(86_400);
    fs::File::open(&left)
        .unwrap()
        .set_modified(yesterday)
        .unwrap();
    let doctor = said(&machine.runs(&["doctor"]));
    assert!(
        doctor.contains(".hersys-restore-AbCdEf was left by a restore"),
        "{doctor}"
    );
    // What only bears such a name is nobody's to remove.
    std::os::unix::fs::symlink(
        machine.path("data"),
        machine.path("data/.hersys-restore-link"),
    )
    .unwrap();
    let restored = machine.runs(&["restore", "whole.backup"]);
    assert!(restored.status.success(), "{}", complained(&restored));
    assert!(!left.exists());
    assert!(machine.path("data/master.key").exists());
}

#[test]
fn a_restore_that_is_asked_to_end_takes_away_what_it_has_unpacked() {
    use rustix::process::{Pid, Signal, kill_process};
    type Places = fn(&Machine) -> Vec<PathBuf>;
    let machine = machine_with_a_backup();
    let ways: [(&[&str], Places); 2] = [(VERIFY, looked_into), (RESTORE, workshops)];
    for (command, places) in ways {
        for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
            let began = Instant::now();
            loop {
                let (mut restore, folder) = caught(&machine, command, places);
                let pid = Pid::from_child(&restore);
                kill_process(pid, signal).unwrap();
                kill_process(pid, Signal::CONT).unwrap();
                let ended = restore.wait().unwrap().code();
                assert!(!folder.exists(), "{command:?} {code}: {ended:?}");
                if ended == Some(code) {
                    break;
                }
                // It was done before it heard.
                assert_eq!(ended, Some(0));
                let _ = fs::remove_file(machine.path("data/hersys.db"));
                assert!(began.elapsed() < Duration::from_secs(30), "never in time");
            }
            let _ = fs::remove_file(machine.path("data/hersys.db"));
        }
    }
    let restored = machine.runs(RESTORE);
    assert!(restored.status.success(), "{}", complained(&restored));
}

/// A backup that stands still in the middle of its work, and its file.
fn backs_up(machine: &Machine) -> (Child, PathBuf) {
    use rustix::process::{Pid, Signal, kill_process};
    let began = Instant::now();
    loop {
        let _ = fs::remove_file(machine.path("kept/b.backup"));
        let command = ["backup", "kept/b.backup", "--unencrypted"];
        let mut backup = machine.command(&command, &[]).spawn().unwrap();
        let pid = Pid::from_child(&backup);
        while backup.try_wait().unwrap().is_none() {
            let Some(part) = folders(machine, "kept", ".hersys-backup-").pop() else {
                continue;
            };
            kill_process(pid, Signal::STOP).unwrap();
            // It may have been done in that very moment.
            std::thread::sleep(Duration::from_millis(50));
            if part.exists() {
                return (backup, part);
            }
            kill_process(pid, Signal::CONT).unwrap();
        }
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "never caught at work"
        );
    }
}

#[test]
fn a_backup_that_is_asked_to_end_leaves_no_part_of_it_and_one_that_was_killed_is_named() {
    use rustix::process::{Pid, Signal, kill_process};
    let machine = Machine::new();
    assert!(machine.runs(&["migrate"]).status.success());
    fs::create_dir(machine.path("kept")).unwrap();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let began = Instant::now();
        loop {
            let (mut backup, part) = backs_up(&machine);
            let pid = Pid::from_child(&backup);
            kill_process(pid, signal).unwrap();
            kill_process(pid, Signal::CONT).unwrap();
            let ended = backup.wait().unwrap().code();
            assert!(!part.exists(), "{code}: {ended:?}");
            if ended == Some(code) {
                break;
            }
            // It was done before it heard.
            assert_eq!(ended, Some(0));
            assert!(began.elapsed() < Duration::from_secs(30), "never in time");
        }
    }
    let (mut backup, part) = backs_up(&machine);
    backup.kill().unwrap();
    backup.wait().unwrap();
    let folder = machine.path("kept").display().to_string();
    let settings = [
        ("HERSYS_BACKUP_DIR", folder.as_str()),
        (
            "HERSYS_BACKUP_RECIPIENT",
            "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
        ),
    ];
    let doctor = || said(&machine.runs_with(&["doctor"], &settings, ""));
    let says = format!(
        "problem  left over: {} was left by a backup that was killed",
        part.display()
    );
    assert!(!doctor().contains(&says), "it may be made just now");
    let yesterday = std::time::SystemTime::now() - Duration::from_secs(86_400);
    let file = fs::File::options().write(true).open(&part).unwrap();
    file.set_modified(yesterday).unwrap();
    assert!(doctor().contains(&says), "{}", doctor());
}

#[test]
fn what_was_left_in_looking_at_a_backup_is_named_and_removed_by_the_next() {
    let machine = machine_with_a_backup();
    let (mut first, folder) = caught(&machine, VERIFY, looked_into);
    let doctor = said(&machine.runs(&["doctor"]));
    assert!(!doctor.contains("left over"), "{doctor}");
    let looked = machine.runs(VERIFY);
    assert!(looked.status.success(), "{}", complained(&looked));
    assert!(folder.exists(), "somebody is at work there");
    first.kill().unwrap();
    first.wait().unwrap();
    let doctor = said(&machine.runs(&["doctor"]));
    let shown = folder.display().to_string();
    let says = format!("problem  left over: {shown} was left by a `hersys restore --verify`");
    assert!(doctor.contains(&says), "{doctor}");
    assert!(doctor.contains(&format!("rm -r {shown}")), "{doctor}");
    let looked = machine.runs(VERIFY);
    assert!(looked.status.success(), "{}", complained(&looked));
    assert_eq!(looked_into(&machine), Vec::<PathBuf>::new());
}

#[test]
fn a_whole_backup_is_not_called_damaged_where_there_is_no_room_for_it() {
    let machine = machine_with_a_backup();
    for command in [RESTORE, VERIFY] {
        // No file may have more than so many blocks: all is committed at once, after the end of the backup was read.
        let limited = "ulimit -f 64; trap '' XFSZ; exec \"$0\" \"$@\"";
        let restored = std::process::Command::new("/bin/sh")
            .args(["-c", limited, env!("CARGO_BIN_EXE_hersys")])
            .args(command)
            .current_dir(machine.path(""))
            .env_clear()
            .env("TMPDIR", machine.path(""))
            .output()
            .unwrap();
        let told = complained(&restored);
        assert!(!restored.status.success(), "{told}");
        assert!(told.contains("the store is unavailable"), "{told}");
        assert!(!told.contains("damaged"), "{told}");
        assert!(!machine.path("data/hersys.db").exists());
    }
    assert_eq!(looked_into(&machine), Vec::<PathBuf>::new());
    assert_eq!(workshops(&machine), Vec::<PathBuf>::new());
}
