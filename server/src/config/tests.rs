//! What settings mean, and the sentences where they mean nothing.

mod secrets;

use super::*;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

fn source(environment: &[(&str, &str)]) -> Source {
    from_file(None, environment).unwrap()
}

fn from_file(path: Option<&Path>, environment: &[(&str, &str)]) -> Result<Source, Problem> {
    let pairs = environment
        .iter()
        .map(|(n, v)| (OsString::from(n), OsString::from(v)));
    Source::read(path, pairs)
}

fn settings(environment: &[(&str, &str)]) -> Settings {
    Settings::load(&source(environment)).unwrap_or_else(|p| panic!("{p:?}"))
}

/// The only sentence that these settings cause.
fn sentence(environment: &[(&str, &str)]) -> String {
    let problems = Settings::load(&source(environment)).err().expect("refused");
    assert_eq!(problems.len(), 1, "{problems:?}");
    let problem = &problems[0];
    assert!(problem.sentence.starts_with(&problem.setting), "{problem}");
    assert!(!problem.sentence.contains('\n'), "{problem}");
    problem.sentence.clone()
}

#[test]
fn nothing_needs_to_be_given() {
    let settings = settings(&[
        ("HERSYS_SMTP_URL", " "),
        ("HERSYS_LOG", ""),
        ("PATH", "/bin"),
    ]);
    assert_eq!(
        settings.portal_listen.unwrap().to_string(),
        "127.0.0.1:8080"
    );
    assert_eq!(
        settings.console_listen.unwrap().to_string(),
        "127.0.0.1:8081"
    );
    assert_eq!(
        settings.public_url_at(settings.portal_listen),
        "http://127.0.0.1:8080"
    );
    assert_eq!(settings.mail_from().as_str(), "no-reply@hersys.example");
    assert_eq!(settings.id_lengths.to_string(), "6,7");
    assert_eq!(settings.center_name, "Public Health Center");
    assert_eq!(settings.time_zone, "Asia/Tokyo");
    assert_eq!(settings.emergency_number, "119");
    assert_eq!(settings.phone_region, domain::phone::PhoneRegion::JAPAN);
    assert_eq!(settings.log_format, LogFormat::Text);
    assert!(settings.is_development());
    assert!(matches!(settings.mail(), Ok(MailPlace::Folder(f)) if f == Path::new("data/outbox")));
    let Database::Embedded(path) = settings.database() else {
        panic!("embedded");
    };
    assert_eq!(path, Path::new("data/hersys.db"));
    let demo = settings.into_demo().unwrap();
    assert_eq!(demo.data_dir, Path::new("data/demo"));
}

#[test]
fn a_wrong_value_is_named_and_what_would_be_right() {
    for (name, wrong, right) in [
        (
            "HERSYS_DATABASE_URL",
            "mysql://root@db/x",
            "postgres://user:password@host/database",
        ),
        ("HERSYS_DATABASE_URL", "sqlite:", "sqlite:PATH"),
        ("HERSYS_PORTAL_LISTEN", "8080", "127.0.0.1:8080"),
        ("HERSYS_CONSOLE_LISTEN", "portal:80", "127.0.0.1:8080"),
        ("HERSYS_CONSOLE_LISTEN", "127.0.0.1:8080", "must differ"),
        (
            "HERSYS_METRICS_LISTEN",
            "127.0.0.1:8081",
            "an address of its own",
        ),
        (
            "HERSYS_PORTAL_LISTEN",
            "none",
            "HERSYS_PUBLIC_URL must be given",
        ),
        (
            "HERSYS_CONSOLE_LISTEN",
            "none",
            "HERSYS_CONSOLE_URL must be given",
        ),
        ("HERSYS_REMINDERS_AT_ONCE", "0", "from 1 to 64"),
        ("HERSYS_REMINDERS_AT_ONCE", "a few", "from 1 to 64"),
        ("HERSYS_REPORTS_AN_HOUR", "3", "from 20 to 250"),
        ("HERSYS_DRAIN_DELAY", "301", "from 0 to 300"),
        ("HERSYS_DRAIN_DELAY", "5s", "from 0 to 300"),
        (
            "HERSYS_PORTAL_LISTEN",
            "0.0.0.0:8080",
            "HERSYS_PUBLIC_URL must be given",
        ),
        (
            "HERSYS_PUBLIC_URL",
            "hersys.example.org",
            "https://hersys.example.org",
        ),
        (
            "HERSYS_PUBLIC_URL",
            "https://hersys.example.org/portal",
            "without a path",
        ),
        (
            "HERSYS_PUBLIC_URL",
            "https://hersys.example.org/?a=b",
            "without a path",
        ),
        (
            "HERSYS_PUBLIC_URL",
            "ftp://hersys.example.org",
            "http:// or https://",
        ),
        (
            "HERSYS_PUBLIC_URL",
            "http://hersys.example.org",
            "must begin with https://",
        ),
        (
            "HERSYS_DATABASE_URL",
            "postgres://hersys:a@b@db.example/hersys",
            "%40",
        ),
        ("HERSYS_SMTP_URL", "mail.example.org", "smtp://host:port"),
        (
            "HERSYS_SMTP_URL",
            "smtp://user:p@ss/w@mail.example.org:587?tls=required",
            "%2F",
        ),
        (
            "HERSYS_SMTP_URL",
            "smtps://user:12/cd@mail.example.org",
            "%2F",
        ),
        (
            "HERSYS_SMTP_URL",
            "smtp://user:ab#cd@mail.example.org?tls=required",
            "%23",
        ),
        (
            "HERSYS_SMTP_URL",
            "http://mail.example.org",
            "smtp://host:port",
        ),
        (
            "HERSYS_SMTP_URL",
            "smtp://user:pass@mail.example.org:587",
            "end it with ?tls=required",
        ),
        (
            "HERSYS_MAIL_FROM",
            "Minato <minato@example.org>",
            "one e-mail address",
        ),
        ("HERSYS_MASTER_KEY", "abc", "64 hexadecimal digits"),
        ("HERSYS_CENTER_NAME", "Minato\nCenter", "on one line"),
        ("HERSYS_CENTER_PHONE", "call us", "a phone number"),
        ("HERSYS_ID_LENGTHS", "6-7", "such as 6,7"),
        ("HERSYS_TRUSTED_PROXIES", "127.0.0.1;proxy", "10.0.0.0/8"),
        ("HERSYS_TRUSTED_PROXIES", "0.0.0.0/0", "the whole internet"),
        ("HERSYS_OTLP_SAMPLE", "2", "from 0 to 1"),
        ("HERSYS_OTLP_SAMPLE", "1%", "from 0 to 1"),
        ("HERSYS_OTLP_HEADERS", "token", "such as name=value"),
        ("HERSYS_OTLP_HEADERS", "a b=c", "such as name=value"),
        ("HERSYS_LOG", "info=loud=x", "such as warn"),
        ("HERSYS_LOG", "verbose", "error, warn, info"),
        ("HERSYS_LOG_FORMAT", "xml", "text or json"),
        ("HERSYS_TIME_ZONE", "Tokyo", "Asia/Tokyo"),
        (
            "HERSYS_PROGRAMMES_DIR",
            "/nowhere/at/all",
            "must name a folder",
        ),
    ] {
        let sentence = sentence(&[(name, wrong)]);
        assert!(sentence.contains(name), "{sentence}");
        assert!(sentence.contains(right), "{name}={wrong}: {sentence}");
    }
    let all = Settings::load(&source(&[
        ("HERSYS_LOG_FORMAT", "xml"),
        ("HERSYS_TIME_ZONE", "x"),
    ]));
    assert_eq!(all.err().unwrap().len(), 2);
    let odd = Source::read(
        None,
        [("HERSYS_LOG".into(), OsString::from_vec(vec![0xff, 0xfe]))],
    )
    .unwrap();
    assert_eq!(
        Settings::load(&odd).err().unwrap()[0].sentence,
        "HERSYS_LOG must be valid UTF-8"
    );
}

#[test]
fn the_portal_and_the_console_have_addresses_of_their_own() {
    let url = "https://hersys.example.org";
    for same in [url, "https://HERSYS.example.org:443/"] {
        let given = [
            ("HERSYS_PUBLIC_URL", url),
            ("HERSYS_CONSOLE_URL", same),
            ("HERSYS_SMTP_URL", "smtp://mail.example.org"),
        ];
        let says = sentence(&given);
        assert!(
            says.starts_with(
                "HERSYS_CONSOLE_URL must differ from HERSYS_PUBLIC_URL; both are https://hersys"
            ),
            "{says}"
        );
    }
    settings(&[
        ("HERSYS_PUBLIC_URL", url),
        ("HERSYS_CONSOLE_URL", "https://hersys.example.org:8443"),
    ]);
}

#[test]
fn the_environment_stands_above_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hersys.toml");
    fs::write(
        &file,
        "public_url = \"https://hersys.example.org/\"\nsmtp_url = \"smtp://mail:25\"\nid_lengths = [6, 7, 8]\notlp_sample = 0.5\n\
         trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]\ncenter_name = \"Minato\"\nlog_format = \"json\"",
    )
    .unwrap();
    let source = from_file(
        Some(&file),
        &[
            ("HERSYS_CENTER_NAME", "Shinjuku"),
            ("HERSYS_CENTER_PHONE", "03-1234-5678"),
            ("HERSYS_LOG", "warn"),
        ],
    );
    let settings = Settings::load(&source.unwrap()).ok().unwrap();
    assert_eq!(settings.center_name, "Shinjuku");
    assert_eq!(settings.center_phone, "03-1234-5678");
    assert_eq!(
        settings.public_url.as_deref(),
        Some("https://hersys.example.org")
    );
    assert_eq!(settings.mail_from().as_str(), "no-reply@hersys.example.org");
    assert_eq!(settings.id_lengths.to_string(), "6,7,8");
    assert_eq!(settings.trusted_proxies.len(), 2);
    assert_eq!(settings.log_format, LogFormat::Json);
    assert!(!settings.is_development());
    // A secret in a file of its own, named by the environment, stands above the plain one in the TOML file.
    let smtp = folder.path().join("smtp");
    fs::write(&smtp, "smtp://other:25").unwrap();
    let source = from_file(
        None,
        &[
            ("HERSYS_CONFIG", file.to_str().unwrap()),
            ("HERSYS_SMTP_URL_FILE", smtp.to_str().unwrap()),
        ],
    );
    let settings = Settings::load(&source.unwrap()).ok().unwrap();
    assert_eq!(settings.smtp_url.as_deref(), Some("smtp://other:25"));
}

#[test]
fn a_wrong_file_is_told_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hersys.toml");
    for (text, told) in [
        ("portal_lisden = \"127.0.0.1:80\"", "portal_lisden"),
        ("[portal]\nlisten = 1", "\"portal\""),
        ("log = true", "HERSYS_LOG"),
        ("center_name = \"a\"\nlog =", "line 2"),
    ] {
        fs::write(&file, text).unwrap();
        let problem = from_file(Some(&file), &[]).err().unwrap();
        assert!(problem.sentence.contains(told), "{problem}");
        assert!(problem.sentence.contains("hersys.toml"), "{problem}");
    }
    let missing = from_file(Some(Path::new("/nowhere.toml")), &[])
        .err()
        .unwrap();
    assert!(missing.sentence.contains("/nowhere.toml"), "{missing}");
    fs::write(&file, "time_zone = \"Tokyo\"").unwrap();
    let problems = Settings::load(&from_file(Some(&file), &[]).unwrap())
        .err()
        .unwrap();
    assert!(
        problems[0].sentence.contains("time_zone in "),
        "{problems:?}"
    );
}

#[test]
fn mails_need_a_server_where_others_can_come() {
    let open = [("HERSYS_PUBLIC_URL", "https://hersys.example.org")];
    let problem = settings(&open).mail().err().unwrap();
    assert!(
        problem
            .sentence
            .starts_with("HERSYS_SMTP_URL must be given"),
        "{problem}"
    );
    let listening = settings(&[
        ("HERSYS_PUBLIC_URL", "http://localhost:8080"),
        ("HERSYS_CONSOLE_LISTEN", "0.0.0.0:8081"),
    ]);
    assert!(!listening.is_development());
    assert!(listening.mail().is_err());
    assert!(settings(&[("HERSYS_PUBLIC_URL", "http://[::1]:8080")]).is_development());
    assert!(!settings(&[("HERSYS_SMTP_URL", "smtp://127.0.0.1:2525")]).is_development());
    // Through a proxy strangers come to the loopback address; the mails in the folder would be theirs to read.
    let proxy = ("HERSYS_TRUSTED_PROXIES", "127.0.0.1/32");
    assert!(!settings(&[proxy]).is_development());
    assert!(settings(&[proxy]).mail().is_err());
    assert!(settings(&[proxy, ("HERSYS_PUBLIC_URL", "http://localhost:8080")]).is_development());
}

#[test]
fn who_is_sent_messages_is_led_to_an_address_that_is_given() {
    let names = |given: &[(&str, &str)]| -> Vec<String> {
        let problems = settings(given).urls_not_given();
        problems.into_iter().map(|one| one.setting).collect()
    };
    let both = ["HERSYS_PUBLIC_URL", "HERSYS_CONSOLE_URL"];
    let gateway = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/examples/sms-gateway.toml"
    );
    let public = ("HERSYS_PUBLIC_URL", "https://hersys.example.org");
    let console = ("HERSYS_CONSOLE_URL", "https://console.hersys.example.org");
    for outward in [
        ("HERSYS_SMTP_URL", "smtp://relay.example.org:25"),
        ("HERSYS_SMS_GATEWAY", gateway),
        ("HERSYS_TRUSTED_PROXIES", "127.0.0.1"),
    ] {
        assert_eq!(names(&[outward]), both);
        assert_eq!(names(&[outward, public]), both[1..]);
        assert_eq!(names(&[outward, console]), both[..1]);
        assert!(names(&[outward, public, console]).is_empty());
        let says = settings(&[outward]).urls_not_given()[0].sentence.clone();
        assert!(
            says.contains(outward.0) && says.contains("http://127.0.0.1:8080"),
            "{says}"
        );
    }
    // Nobody is sent anything, or the portal runs elsewhere and its address was given.
    assert!(names(&[]).is_empty());
    let elsewhere = [
        ("HERSYS_SMTP_URL", "smtp://relay.example.org:25"),
        ("HERSYS_PORTAL_LISTEN", "none"),
        public,
        console,
    ];
    assert!(names(&elsewhere).is_empty());
}

#[test]
fn a_mail_server_is_named_without_its_password() {
    for (url, at) in [
        ("smtps://user:pw@mail.example.org", "mail.example.org:465"),
        (
            "smtp://us@er.example:p%2Fw@mail.example.org?tls=required",
            "mail.example.org:587",
        ),
        ("smtp://127.0.0.1", "127.0.0.1:25"),
        ("smtp://[::1]:2525", "[::1]:2525"),
    ] {
        assert_eq!(mail_server(url).as_deref(), Some(at));
        settings(&[("HERSYS_SMTP_URL", url)]);
    }
}

#[test]
fn samples_stay_on_this_machine() {
    let open = settings(&[
        ("HERSYS_PORTAL_LISTEN", "0.0.0.0:8080"),
        ("HERSYS_PUBLIC_URL", "http://localhost:8080"),
    ]);
    assert!(
        open.into_demo()
            .err()
            .unwrap()
            .sentence
            .starts_with("HERSYS_PORTAL_LISTEN")
    );
    let chosen = settings(&[("HERSYS_DATA_DIR", "/tmp/x")])
        .into_demo()
        .unwrap();
    // A folder that was named may be the one of the service.
    assert_eq!(chosen.data_dir, Path::new("/tmp/x/demo"));

    // In a shell that has some settings of a service.
    let gateway = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/examples/sms-gateway.toml"
    );
    let folder = std::env::temp_dir().display().to_string();
    let own = settings(&[
        ("HERSYS_MASTER_KEY", secrets::KEY),
        ("HERSYS_PUBLIC_URL", "http://localhost:9"),
        ("HERSYS_SMTP_URL", "smtps://u:p@mail.example"),
        ("HERSYS_SMS_GATEWAY", gateway),
        ("HERSYS_BACKUP_DIR", &folder),
        (
            "HERSYS_BACKUP_RECIPIENT",
            "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
        ),
    ]);
    assert!(own.backups.is_some() && matches!(own.mail(), Ok(MailPlace::Smtp(_))));
    assert!(own.master_key.is_some());
    let demo = own.into_demo().unwrap();
    assert!(demo.master_key.is_none(), "the key of real data");
    assert!(matches!(demo.mail(), Ok(MailPlace::Folder(_))));
    assert!(matches!(demo.sms(), SmsGateway::Folder(_)));
    assert!(demo.backups.is_none());
    assert!(
        demo.public_url_at(demo.portal_listen)
            .starts_with("http://127.0.0.1:")
    );
}

#[test]
fn samples_are_not_put_behind_a_proxy_or_where_real_people_are() {
    for given in [
        ("HERSYS_TRUSTED_PROXIES", "127.0.0.1/32"),
        ("HERSYS_PUBLIC_URL", "https://hersys.example"),
        ("HERSYS_CONSOLE_URL", "https://console.hersys.example:8443"),
        ("HERSYS_DATABASE_URL", "sqlite:/var/lib/hersys/hersys.db"),
    ] {
        let refused = settings(&[given]).into_demo().err().unwrap();
        assert_eq!(refused.setting, given.0);
        assert!(
            refused.sentence.contains("must be left out with --demo"),
            "{refused}"
        );
    }
}

#[test]
fn a_misspelt_name_is_found() {
    let source = source(&[
        ("HERSYS_SMTP_ULR", "x"),
        ("HERSYS_LOG_FILE", "x"),
        ("HERSYS_SMTP_URL_FILE", "x"),
        ("HERSYS_TEST_POSTGRES", "x"),
        ("HERSYS_COPY_TO", "postgres://db.example/hersys"),
        ("HERSYS_CONFIG", ""),
    ]);
    let unknown = source.unknown();
    let names: Vec<&str> = unknown.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["HERSYS_LOG_FILE", "HERSYS_SMTP_ULR"]);
    assert!(
        unknown[1].1.contains("did you mean HERSYS_SMTP_URL?"),
        "{}",
        unknown[1].1
    );
}

#[test]
fn a_process_may_run_only_one_of_the_two() {
    let portal_only = settings(&[
        ("HERSYS_CONSOLE_LISTEN", "none"),
        ("HERSYS_CONSOLE_URL", "https://console.example.org"),
        ("HERSYS_DRAIN_DELAY", "5"),
    ]);
    assert_eq!(portal_only.console_listen, None);
    assert_eq!(
        portal_only.console_url_at(None),
        "https://console.example.org"
    );
    assert_eq!(portal_only.drain_delay.as_secs(), 5);
    assert!(portal_only.is_development());
    let neither = [
        ("HERSYS_PORTAL_LISTEN", "none"),
        ("HERSYS_CONSOLE_LISTEN", "none"),
        ("HERSYS_PUBLIC_URL", "http://localhost:8080"),
        ("HERSYS_CONSOLE_URL", "http://localhost:8081"),
    ];
    assert!(sentence(&neither).contains("both are none"));
}

#[test]
fn an_ambulance_is_called_by_digits() {
    for (typed, is_number) in [
        ("112", true),
        ("911", true),
        ("tel:112", false),
        ("1", false),
        ("１１２", false),
    ] {
        let read = Settings::load(&from_file(None, &[("HERSYS_EMERGENCY_NUMBER", typed)]).unwrap());
        match read {
            Ok(read) => assert!(is_number && read.emergency_number == typed, "{typed}"),
            Err(problems) => assert!(
                !is_number && problems[0].sentence.contains("digits alone"),
                "{typed}"
            ),
        }
    }
}

#[test]
fn numbers_are_dialled_in_a_country() {
    for (typed, code) in [
        ("US", Some("US")),
        ("gb", Some("GB")),
        ("UK", None),
        ("Japan", None),
    ] {
        let read = Settings::load(&from_file(None, &[("HERSYS_PHONE_REGION", typed)]).unwrap());
        match read {
            Ok(read) => assert_eq!(Some(&*read.phone_region.code()), code, "{typed}"),
            Err(problems) => assert!(
                code.is_none() && problems[0].sentence.contains("two letters"),
                "{typed}"
            ),
        }
    }
}
