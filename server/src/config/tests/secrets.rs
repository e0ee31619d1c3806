//! Secrets: never repeated, in files of their own, and the key that is made once.

use super::super::*;
use super::{from_file, sentence, settings};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

pub(super) const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const KEY_BASE64: &str = "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=";

fn parsed(text: &str) -> app::keys::MasterKey {
    read::parse_key(text).unwrap()
}

#[test]
fn a_secret_is_never_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    fs::write(&file, "hunter2\n").unwrap();
    let file = file.to_str().unwrap();
    for name in [
        "HERSYS_DATABASE_URL",
        "HERSYS_SMTP_URL",
        "HERSYS_MASTER_KEY",
        "HERSYS_OTLP_URL",
        "HERSYS_OTLP_HEADERS",
    ] {
        let in_file = format!("{name}_FILE");
        for given in [
            vec![(name, "hunter2")],
            vec![(in_file.as_str(), file)],
            vec![(name, "hunter2"), (in_file.as_str(), file)],
        ] {
            let sentence = sentence(&given);
            assert!(
                sentence.contains(name) && !sentence.contains("hunter2"),
                "{sentence}"
            );
        }
        let sentence = sentence(&[(in_file.as_str(), "/nowhere/at/all")]);
        assert!(sentence.contains(&in_file), "{sentence}");
        let toml = folder.path().join("hersys.toml");
        for text in [
            "smtp_url = \"hunter2",
            "smtp_url = hunter2",
            "smtp_url = \"hunter2\"\nsmtp_url = \"hunter2\"",
        ] {
            fs::write(&toml, text).unwrap();
            let problem = from_file(Some(&toml), &[]).err().unwrap();
            assert!(!format!("{problem:?}").contains("hunter2"), "{problem:?}");
        }
    }
    let url = sentence(&[(
        "HERSYS_PUBLIC_URL",
        "https://user:hunter2@hersys.example.org",
    )]);
    assert!(!url.contains("hunter2"), "{url}");
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (key, smtp) = (folder.path().join("key"), folder.path().join("smtp"));
    fs::write(&key, format!("{KEY_BASE64}\n")).unwrap();
    fs::write(&smtp, "smtps://user:p%40ss@mail.example.org\n").unwrap();
    let settings = settings(&[
        ("HERSYS_MASTER_KEY_FILE", key.to_str().unwrap()),
        ("HERSYS_SMTP_URL_FILE", smtp.to_str().unwrap()),
    ]);
    assert_eq!(
        settings.smtp_url.unwrap(),
        "smtps://user:p%40ss@mail.example.org"
    );
    assert_eq!(settings.master_key.unwrap().bytes(), parsed(KEY).bytes());
    fs::write(&key, "\n").unwrap();
    let empty = sentence(&[("HERSYS_MASTER_KEY_FILE", key.to_str().unwrap())]);
    assert!(empty.contains("it is empty"), "{empty}");
}

#[test]
fn a_password_for_the_mail_server_does_not_travel_in_the_clear() {
    for open in [
        "smtp://user:hunter2@mail.example.org",
        "smtp://user:hunter2@mail.example.org:587",
        "smtp://user:hunter2@mail.example.org:587?tls=opportunistic",
        "smtp://user:hunter2@192.0.2.1:25",
        "smtp://user:hunter2@[2001:db8::1]:25",
    ] {
        let sentence = sentence(&[("HERSYS_SMTP_URL", open)]);
        assert!(sentence.contains("?tls=required"), "{open}: {sentence}");
        assert!(!sentence.contains("hunter2"), "{sentence}");
    }
    for fine in [
        "smtps://user:hunter2@mail.example.org",
        "smtp://user:hunter2@mail.example.org:587?tls=required",
        "smtp://user:hunter2@127.0.0.1:25",
        "smtp://user:hunter2@[::1]:25",
        "smtp://user:hunter2@localhost:25",
        "smtp://relay.example.org:25",
    ] {
        let settings = settings(&[("HERSYS_SMTP_URL", fine)]);
        assert_eq!(settings.smtp_url.as_deref(), Some(fine));
    }
}

#[test]
fn keys_are_read_in_every_usual_spelling() {
    let expected = parsed(KEY);
    for text in [
        KEY.to_uppercase().as_str(),
        KEY_BASE64,
        KEY_BASE64.trim_end_matches('='),
        KEY_BASE64.replace('/', "_").as_str(),
    ] {
        assert_eq!(parsed(text).bytes(), expected.bytes(), "{text}");
    }
    assert!(read::parse_key(&KEY[..62]).is_none());
    assert!(read::parse_key("").is_none());
}

#[test]
fn the_key_is_made_once_and_never_for_a_database_that_had_another() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("deep/data");
    let settings = settings(&[("HERSYS_DATA_DIR", data.to_str().unwrap())]);
    let made = settings.take_master_key().unwrap();
    assert_eq!(settings.take_master_key().unwrap().bytes(), made.bytes());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data.join("master.key")), 0o600);
    assert_eq!(mode(&data), 0o700);
    assert!(!settings.key_file().is_open_to_others());
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
    fs::write(data.join("hersys.db"), "a database").unwrap();
    fs::remove_file(data.join("master.key")).unwrap();
    let problem = settings.take_master_key().err().unwrap();
    assert!(
        problem
            .sentence
            .contains("was sealed with the key that is missing"),
        "{problem}"
    );
    assert!(!data.join("master.key").exists());
    fs::write(data.join("master.key"), "no key").unwrap();
    assert!(
        settings
            .take_master_key()
            .err()
            .unwrap()
            .sentence
            .contains("holds no key")
    );
}

#[test]
fn whoever_comes_second_takes_the_key_that_stands() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    let first = KeyFile::new(path.clone()).make().unwrap();
    for _ in 0..4 {
        assert_eq!(
            KeyFile::new(path.clone()).make().unwrap().bytes(),
            first.bytes()
        );
    }
}

#[test]
fn a_server_needs_a_key_that_was_given() {
    let url = ("HERSYS_DATABASE_URL", "postgres://hersys:hunter2@db/hersys");
    let sentence = sentence(&[url]);
    assert!(
        sentence.starts_with("HERSYS_MASTER_KEY must be given"),
        "{sentence}"
    );
    let settings = settings(&[url, ("HERSYS_MASTER_KEY", KEY)]);
    assert!(settings.take_master_key().is_ok());
    assert!(
        settings
            .into_demo()
            .err()
            .unwrap()
            .sentence
            .starts_with("HERSYS_DATABASE_URL")
    );
}
