//! Short runs of the proofs, and that each of them fails where it must. They run the `hersys` beside them:
//! `cargo build --bin hersys` comes first.
#![allow(clippy::unwrap_used)]

mod leave_out;

use leave_out::is_left_out;
use std::process::Command;

/// Runs a proof; whether it succeeded, and what it printed.
fn proof(arguments: &[&str]) -> (bool, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_proof"))
        .args(arguments)
        .output()
        .unwrap();
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    eprintln!("proof {}\n{printed}", arguments.join(" "));
    // What a proof could not do here is told at the end, or fails, like a proof that cannot be run at all.
    for line in printed.lines() {
        if let Some((part, why)) = line
            .strip_prefix("LEFT OUT: ")
            .and_then(|left_out| left_out.split_once(": "))
        {
            is_left_out(part, Some(why.to_owned()));
        }
    }
    (done.status.success(), printed)
}

/// Why syncs cannot be counted or held back here, where they cannot.
fn cannot_trace() -> Option<String> {
    let traced = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .status();
    let can = traced.is_ok_and(|status| status.success());
    (!can).then(|| "strace cannot trace".to_owned())
}

#[test]
fn one_person_reports_and_each_answer_comes_after_a_sync() {
    if is_left_out("syncs", cannot_trace()) {
        return;
    }
    let (succeeded, printed) = proof(&["syncs", "--reports", "100"]);
    assert!(succeeded, "{printed}");
    // The same with a server whose syncs nobody counts.
    let (succeeded, printed) = proof(&["syncs", "--reports", "100", "--count", "sync_file_range"]);
    assert!(
        !succeeded && printed.contains("100 acknowledged, 0 syncs"),
        "{printed}"
    );
}

#[test]
fn a_server_that_is_killed_loses_nothing() {
    let (succeeded, printed) = proof(&["ledger", "--kills", "12"]);
    assert!(succeeded, "{printed}");
    assert!(printed.contains("12 kills (Sqlite)"), "{printed}");
}

#[test]
fn a_server_that_is_killed_before_postgresql_loses_nothing() {
    let (succeeded, printed) = proof(&["ledger", "--kills", "6", "--engine", "postgres"]);
    assert!(succeeded, "{printed}");
    assert!(printed.contains("6 kills (Postgres)"), "{printed}");
}

#[test]
fn a_power_cut_loses_nothing_and_without_syncs_it_does() {
    // What is left then is the count of syncs above.
    if is_left_out("power-cut", proof::disk::is_possible().err()) {
        return;
    }
    let (succeeded, printed) = proof(&["power-cut", "--cuts", "12", "--each", "6"]);
    assert!(succeeded, "{printed}");
    let (succeeded, printed) = proof(&["power-cut", "--cuts", "2", "--engine", "postgres"]);
    assert!(succeeded, "{printed}");
    if is_left_out("syncs", cannot_trace()) {
        return;
    }
    // What `synchronous=NORMAL` amounts to.
    let (succeeded, printed) = proof(&["power-cut", "--cuts", "4", "--without-sync", "wal"]);
    assert!(!succeeded && printed.contains("with a loss"), "{printed}");
    assert!(!printed.contains("\nlost 0,"), "{printed}");
}

#[test]
fn a_backup_made_under_load_is_restored_whole_and_a_damaged_one_refused() {
    for (engine, backups) in [("sqlite", "2"), ("postgres", "1")] {
        let short = ["--backups", backups, "--damages", "12", "--engine", engine];
        let (succeeded, printed) = proof(&[&["restore-drill"], &short[..]].concat());
        assert!(succeeded, "{printed}");
        assert!(
            printed.contains("12 damaged backups tried, 6 of 6 kinds"),
            "{printed}"
        );
    }
    // The same where what is restored is not what was made.
    let (succeeded, printed) = proof(&[
        "restore-drill",
        "--backups",
        "1",
        "--damages",
        "0",
        "--short-of",
        "1",
    ]);
    assert!(
        !succeeded && printed.contains("was not restored"),
        "{printed}"
    );
}

#[test]
fn a_flood_is_borne_and_a_bound_that_is_not_held_is_told() {
    // Programs that were not made fast, beside others at work: the bounds are wide, and each must bite where it is narrow. The
    // server has one core, since a crowd that shares all of them with it may come no faster than it is served. Where so many
    // are no flood, twice as many come.
    let short = [
        "flood",
        "--one-core",
        "--rate",
        "2000",
        "--seconds",
        "3",
        "--families",
        "100",
    ];
    let wide = ["--console-times", "500", "--sent-away-within", "10000"];
    let (succeeded, printed) = proof(&[&short[..], &wide[..]].concat());
    assert!(succeeded, "{printed}");
    let (succeeded, printed) = proof(&[&short[..], &wide[..], &["--memory", "1"]].concat());
    assert!(
        !succeeded && printed.contains("DOES NOT HOLD: memory"),
        "{printed}"
    );
}

#[test]
fn a_flood_in_which_nobody_is_sent_away_proves_nothing() {
    let calm = ["--rate", "4", "--doublings", "0", "--seconds", "2"];
    let (succeeded, printed) = proof(&[&["flood", "--families", "10"], &calm[..]].concat());
    assert!(
        !succeeded && printed.contains("DOES NOT HOLD: somebody is sent away"),
        "{printed}"
    );
}
