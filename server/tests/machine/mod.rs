//! A machine on which the binary is run.
#![allow(dead_code)] // each test file needs a part

use std::io::Write;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A machine with nothing on it.
pub struct Machine {
    folder: TempDir,
}

impl Machine {
    pub fn new() -> Machine {
        Machine {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hersys"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            // What others leave in the folder of all is nothing that this machine knows of.
            .env("TMPDIR", self.folder.path())
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn runs(&self, arguments: &[&str]) -> Output {
        self.runs_with(arguments, &[], "")
    }

    pub fn runs_with(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
        typed: &str,
    ) -> Output {
        let mut child = self.command(arguments, environment).spawn().unwrap();
        // A program that does not read its input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        child.wait_with_output().unwrap()
    }
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn complained(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
