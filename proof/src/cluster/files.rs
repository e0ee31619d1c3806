//! The files under `deploy/` as they stand on a machine of a cluster on this computer: only addresses, ports and names
//! are exchanged.

use crate::network::Network;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with the files for operators.
pub(crate) fn deploy(file: &str) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../deploy")
        .join(file);
    fs::read_to_string(&path).with_context(|| format!("{}", path.display()))
}

/// The folder with the newest PostgreSQL.
pub(crate) fn programs() -> Result<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().context("there is no PostgreSQL server")
}

/// What a command prints.
///
/// # Errors
/// Where it fails, with what it complains of.
pub(crate) fn said(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The settings of an environment file.
pub(crate) fn settings(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.replace('\'', "")))
        .collect()
}

/// Makes an authority and a certificate of `localhost` by it.
pub(crate) fn make_certificates(root: &Path) -> Result<()> {
    let openssl = |arguments: &str| {
        let arguments = arguments.split(' ');
        said(Command::new("openssl").current_dir(root).args(arguments)).map(|_| ())
    };
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.crt")?;
    openssl("req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr")?;
    fs::write(root.join("names"), "subjectAltName=DNS:localhost\n")?;
    openssl(
        "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt",
    )?;
    said(
        Command::new("chmod")
            .arg("600")
            .arg(root.join("server.key")),
    )
    .map(|_| ())
}

/// A text of `deploy/` as it stands on one machine: its own name, our addresses and ports.
pub(crate) fn moved(text: &str, number: usize, network: &Network) -> String {
    let mut text = text.to_owned();
    // What lists all machines has all; the rest of a file is of the first one.
    for line in text.clone().lines() {
        if line.contains("10.0.0.11") && !line.contains("10.0.0.12") {
            let own = line.replace("10.0.0.11", &format!("10.0.0.1{}", number + 1));
            text = text.replace(&format!("{line}\n"), &format!("{own}\n"));
        }
    }
    for machine in 0..network.machines() {
        text = text.replace(&format!("10.0.0.1{}", machine + 1), &network.host(machine));
    }
    for (theirs, ours) in [
        ("5432", "25432"),
        ("8008", "28008"),
        ("2379", "22379"),
        ("2380", "22380"),
    ] {
        text = text.replace(&format!(":{theirs}"), &format!(":{ours}"));
    }
    text.replace("_NAME=db1\n", &format!("_NAME=db{}\n", number + 1))
}
