//! What a machine cannot prove.

use std::io::Write;

/// What stands for all that a machine cannot run.
const IMPOSSIBLE: &str = "impossible";

/// Whether a proof is left out: never by itself, only where `HERSYS_TEST_LEAVE_OUT` names it, such as
/// `HERSYS_TEST_LEAVE_OUT=power-cut,syncs`, or says `impossible` for whatever cannot be run here. It is told in the file that
/// `HERSYS_TEST_LEFT_OUT` names, since what a successful test prints nobody reads.
///
/// # Panics
/// Where it cannot be run for a reason and is not named: a proof that was not run is not one that succeeded.
pub fn is_left_out(proof: &str, why: Option<String>) -> bool {
    let Some(why) = why else {
        return false;
    };
    let named = std::env::var("HERSYS_TEST_LEAVE_OUT").unwrap_or_default();
    assert!(
        named
            .split(',')
            .any(|name| [proof, IMPOSSIBLE].contains(&name.trim())),
        "{why}; to leave this out: HERSYS_TEST_LEAVE_OUT={proof}"
    );
    let line = format!("LEFT OUT: {proof}: {why}");
    eprintln!("{line}");
    if let Some(path) = std::env::var_os("HERSYS_TEST_LEFT_OUT") {
        let told = std::fs::OpenOptions::new().append(true).open(path);
        writeln!(told.unwrap(), "{line}").unwrap();
    }
    true
}
