//! The outbox against a mail server that is down, up, and in a bad mood.

use app::clock::Clock;
use app::keys::{Keys, MasterKey, Token};
use app::outbox::{Counts, MailSender};
use app::{App, AppConfig, Database};
use domain::email_address::EmailAddress;
use domain::hersys_id::HersysIdLengths;
use domain::ids::MessageId;
use domain::language::Language;
use jiff::SignedDuration;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How a mail server takes mails.
#[derive(Clone, Copy, PartialEq)]
pub enum Mood {
    Takes,
    /// Answers each recipient with a permanent no.
    Refuses,
    /// Answers whatever begins so with a permanent no; an empty word is its own greeting, and a dot the end of a mail.
    RefusesUs(&'static str, &'static str),
    /// Takes its time for each.
    Slow,
    /// Says nothing any more once a mail to a family is to come.
    HangsOnFamilies,
}

/// Speaks as much SMTP as a mail needs.
async fn converse(
    stream: TcpStream,
    mails: Arc<Mutex<Vec<String>>>,
    mood: Mood,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    match mood {
        Mood::RefusesUs("", no) => write.write_all(no.as_bytes()).await?,
        _ => write.write_all(b"220 mail.example\r\n").await?,
    }
    let (mut mail, mut in_data) = (String::new(), false);
    while let Some(line) = lines.next_line().await? {
        let answer: &[u8] = match line.as_str() {
            line if matches!(mood, Mood::RefusesUs(word, _) if !word.is_empty() && line.starts_with(word) && in_data == (word == ".")) =>
            {
                in_data = false;
                mail.clear();
                match mood {
                    Mood::RefusesUs(_, no) => no.as_bytes(),
                    _ => b"250 fine\r\n",
                }
            }
            line if line.starts_with("EHLO") => b"250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n",
            "." if in_data => {
                in_data = false;
                if mood == Mood::Slow {
                    tokio::time::sleep(Duration::from_millis(700)).await;
                }
                mails.lock().unwrap().push(std::mem::take(&mut mail));
                b"250 taken\r\n"
            }
            _ if in_data => {
                mail.push_str(&line);
                mail.push('\n');
                continue;
            }
            "DATA" => {
                in_data = true;
                b"354 go on\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            line if line.starts_with("RCPT") && mood == Mood::Refuses => b"550 no such box\r\n",
            line if line.starts_with("RCPT")
                && line.contains("family")
                && mood == Mood::HangsOnFamilies =>
            {
                continue;
            }
            _ => b"250 fine\r\n",
        };
        write.write_all(answer).await?;
    }
    Ok(())
}

pub async fn mail_server(at: SocketAddr, mood: Mood) -> Arc<Mutex<Vec<String>>> {
    let mails: Arc<Mutex<Vec<String>>> = Arc::default();
    let mood = Arc::new(Mutex::new(mood));
    moody_mail_server(at, mood, mails.clone()).await;
    mails
}

/// A mail server whose mood may change between conversations.
async fn moody_mail_server(at: SocketAddr, mood: Arc<Mutex<Mood>>, mails: Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(at).await.unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mood = *mood.lock().unwrap();
            tokio::spawn(converse(stream, mails.clone(), mood));
        }
    });
}

/// A house whose mail server is at an address where nobody listens yet.
async fn house() -> (App, SocketAddr, tempfile::TempDir) {
    house_that_signs_in("").await
}

/// The same, with a user and a password for the mail server.
async fn house_that_signs_in(with: &str) -> (App, SocketAddr, tempfile::TempDir) {
    house_that_waits(with, Duration::from_secs(90)).await
}

/// The same, which waits so long for the mail server.
pub async fn house_that_waits(with: &str, take: Duration) -> (App, SocketAddr, tempfile::TempDir) {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = nobody.local_addr().unwrap();
    drop(nobody);
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(AppConfig {
        database: Database::Embedded(folder.path().join("hersys.db")),
        master_key: MasterKey::from_bytes([1; 32]),
        id_lengths: HersysIdLengths::default(),
        public_url: "http://portal.example".to_owned(),
        console_url: "http://console.example".to_owned(),
        second_factor: app::second_factor::Factor::Off,
        sms: app::sms::SmsGateway::None,
        single_sign_on: None,
        mail: MailSender::smtp_within(&format!("smtp://{with}{at}"), take).unwrap(),
        reminders_at_once: 4,
        reports_an_hour: 120,
        mail_from: EmailAddress::parse("no-reply@center.example").unwrap(),
        clock: Clock::standing_at("2026-11-23T00:00:00Z".parse().unwrap()),
        time_zone: "Asia/Tokyo".to_owned(),
    })
    .await
    .unwrap();
    (app, at, folder)
}

pub async fn asks_for_a_code(app: &App) {
    asks_for_a_code_at(app, "hanako@example.org").await;
}

pub async fn asks_for_a_code_at(app: &App, email: &str) {
    let email = EmailAddress::parse(email).unwrap();
    let front = app.front_desk(None);
    front
        .request_sign_up(&Token::generate(), email, None, Language::Ja)
        .await
        .unwrap();
}

/// To whom a mail is written.
pub fn whom(mail: &str) -> &str {
    let to = mail.lines().find_map(|line| line.strip_prefix("To: "));
    to.unwrap_or_default()
}

pub async fn counts(app: &App) -> (i64, i64, i64) {
    let Counts {
        waiting,
        given_up,
        sent,
    } = app.outbox().counts().await.unwrap();
    (waiting, given_up, sent)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_is_down_delays_a_code_and_loses_none() {
    let (app, at, _folder) = house().await;
    asks_for_a_code(&app).await;
    let are_late = || app.outbox().mails_are_late(app.clock.now());
    for tried in 1..=4 {
        app.system_desk().send_due().await.unwrap();
        assert_eq!(counts(&app).await, (1, 0, 0));
        // Whoever waits for the code is told, but not of what is over in a moment.
        assert_eq!(are_late(), tried >= 3, "{tried}");
        app.clock.advance(SignedDuration::from_secs(30));
    }
    let mails = mail_server(at, Mood::Takes).await;
    app.system_desk().send_due().await.unwrap();
    app.system_desk().send_due().await.unwrap();
    assert_eq!(counts(&app).await, (0, 0, 1));
    assert!(!are_late());
    let mails = mails.lock().unwrap();
    assert_eq!(mails.len(), 1, "once");
    assert!(mails[0].contains("Message-ID: <") && mails[0].contains("To: hanako@example.org"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_address_is_given_up_and_named_to_nobody() {
    let (app, at, folder) = house().await;
    let mails = mail_server(at, Mood::Refuses).await;
    asks_for_a_code(&app).await;
    app.system_desk().send_due().await.unwrap();
    assert_eq!(counts(&app).await, (0, 1, 0));
    assert!(mails.lock().unwrap().is_empty());
    // Neither the address nor the code stands readable in the database's files.
    for name in ["hersys.db", "hersys.db-wal"] {
        let bytes = std::fs::read(folder.path().join(name)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("hanako@example.org"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_refuses_the_installation_loses_no_message() {
    for (word, no) in [
        ("", "554 5.7.1 not from there\r\n"),
        ("AUTH", "535 5.7.8 wrong password\r\n"),
        ("MAIL", "553 no such sender\r\n"),
        ("RCPT", "554 5.7.1 relay access denied\r\n"),
        ("RCPT", "550 5.7.1 relay access denied\r\n"),
        ("DATA", "554 no\r\n"),
        (".", "554 5.7.1 no\r\n"),
    ] {
        let (app, at, _folder) = house_that_signs_in("hersys:old%20one@").await;
        asks_for_a_code(&app).await;
        let mood = Arc::new(Mutex::new(Mood::RefusesUs(word, no)));
        let mails = Arc::default();
        moody_mail_server(at, mood.clone(), Arc::clone(&mails)).await;
        for _ in 0..3 {
            app.system_desk().send_due().await.unwrap();
            assert_eq!(counts(&app).await, (1, 0, 0), "{word} {no}");
            app.clock.advance(SignedDuration::from_secs(30));
        }
        assert!(mails.lock().unwrap().is_empty());
        // Somebody mends it.
        *mood.lock().unwrap() = Mood::Takes;
        app.system_desk().send_due().await.unwrap();
        assert_eq!(counts(&app).await, (0, 0, 1), "{word} {no}");
        assert_eq!(mails.lock().unwrap().len(), 1, "{word} {no}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_are_given_up_in_a_row_are_told_until_one_leaves() {
    let (app, at, folder) = house().await;
    reminders_wait(&app, &folder).await;
    let mood = Arc::new(Mutex::new(Mood::Refuses));
    moody_mail_server(at, mood.clone(), Arc::default()).await;
    let in_a_row = async || {
        let told = app.system_desk().sight().await.store.unwrap().messages;
        let all: Vec<i64> = told.iter().map(|kind| kind.in_a_row).collect();
        all
    };
    assert_eq!(in_a_row().await, [0, 0, 0]);
    asks_for_a_code(&app).await;
    app.system_desk().send_due().await.unwrap();
    // Eight reminders are taken at once.
    assert_eq!(in_a_row().await, [1, 0, 8]);
    *mood.lock().unwrap() = Mood::Takes;
    app.clock.advance(SignedDuration::from_secs(1));
    app.system_desk().send_due().await.unwrap();
    assert_eq!(in_a_row().await, [1, 0, 0]);
    app.clock.advance(SignedDuration::from_hours(25));
    assert_eq!(in_a_row().await, [0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_is_over_is_not_sent() {
    let (app, at, _folder) = house().await;
    asks_for_a_code(&app).await;
    app.system_desk().send_due().await.unwrap();
    app.clock.advance(SignedDuration::from_mins(15));
    let mails = mail_server(at, Mood::Takes).await;
    app.system_desk().send_due().await.unwrap();
    assert_eq!(counts(&app).await, (0, 1, 0));
    assert!(mails.lock().unwrap().is_empty());
}

/// So many reminders wait as a large center promises in one minute.
async fn reminders_wait(app: &App, folder: &tempfile::TempDir) {
    let keys = Keys::new(&MasterKey::from_bytes([1; 32]));
    let db = storage::Db::sqlite(&folder.path().join("hersys.db")).unwrap();
    let now = app.clock.now();
    db.write(move |tx| {
        for number in 0..200 {
            let id = MessageId::from_uuid(uuid::Uuid::new_v4());
            let mail = format!(r#"{{"to":"family{number}@example.org","subject":"S","text":"T"}}"#);
            let sealed = keys.seal("mail", mail.as_bytes());
            storage::outbox::insert(tx, id, "reminder", &sealed, now, None)?;
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_code_behind_reminders() {
    let (app, at, folder) = house().await;
    reminders_wait(&app, &folder).await;
    let mails = mail_server(at, Mood::HangsOnFamilies).await;
    let desk = app.system_desk();
    let working = tokio::spawn(async move { desk.carry_messages().await });
    // Each of them holds a connection for as long as a mail server may take, 20 seconds.
    tokio::time::sleep(Duration::from_millis(500)).await;
    asks_for_a_code(&app).await;
    let came = tokio::time::timeout(Duration::from_secs(15), async {
        while counts(&app).await.2 == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(came.await.is_ok(), "the code waits behind reminders");
    working.abort();
    assert_eq!(counts(&app).await, (200, 0, 1), "the reminders still wait");
    let mails = mails.lock().unwrap();
    assert!(mails[0].contains("To: hanako@example.org"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_reminders_are_handed_over_at_once_and_each_of_them_once() {
    let (app, at, folder) = house().await;
    reminders_wait(&app, &folder).await;
    let mails = mail_server(at, Mood::Takes).await;
    let desk = app.system_desk();
    let working = tokio::spawn(async move { desk.carry_messages().await });
    let sent = tokio::time::timeout(Duration::from_secs(30), async {
        while counts(&app).await.2 < 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(sent.await.is_ok(), "{:?}", counts(&app).await);
    working.abort();
    let mut to: Vec<String> = mails
        .lock()
        .unwrap()
        .iter()
        .map(|mail| whom(mail).to_owned())
        .collect();
    let all = to.len();
    to.sort();
    to.dedup();
    assert_eq!((all, to.len()), (200, 200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_ends_lets_mails_arrive_and_gives_the_others_back() {
    let (app, at, folder) = house().await;
    reminders_wait(&app, &folder).await;
    let mails = mail_server(at, Mood::Slow).await;
    let desk = app.system_desk();
    let working = tokio::spawn(async move { desk.carry_messages().await });
    // Some are taken, and the first are on their way.
    let db = storage::Db::sqlite(&folder.path().join("hersys.db")).unwrap();
    let of = async |what: &'static str| {
        db.read(move |tx| tx.query_one(what, &[], |row| row.get::<i64>(0)))
            .await
            .unwrap()
    };
    while of("SELECT count(*) FROM outbox WHERE attempts > 0").await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    app.outbox().stop(Duration::from_secs(10)).await;
    // It has ended by itself.
    assert!(
        tokio::time::timeout(Duration::from_secs(5), working)
            .await
            .is_ok()
    );
    let arrived = mails.lock().unwrap().len();
    assert!((1..20).contains(&arrived), "{arrived}");
    let all = i64::try_from(arrived).unwrap();
    assert_eq!(counts(&app).await, (200 - all, 0, all), "each is noted");
    // Nobody has to wait for the end of a lease.
    let tried = of(
        "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND (attempts > 0 OR next_at > created_at)",
    );
    assert_eq!(tried.await, 0);
}
