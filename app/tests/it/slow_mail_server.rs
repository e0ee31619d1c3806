//! A mail server that answers too late, or not at all.

use crate::outbox::{Mood, asks_for_a_code, asks_for_a_code_at, counts, house_that_waits};
use crate::outbox::{mail_server, whom};
use jiff::SignedDuration;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Answers for the first mail only once it may, has no room for the second, and takes the others.
async fn converse(
    stream: TcpStream,
    mails: Arc<Mutex<Vec<String>>>,
    may_answer: Arc<Notify>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 mail.example\r\n").await?;
    let mut mail = None;
    while let Some(line) = lines.next_line().await? {
        let answer: &[u8] = match (line.as_str(), mail.take()) {
            (".", Some(whole)) => {
                let number = {
                    let mut mails = mails.lock().unwrap();
                    mails.push(whole);
                    mails.len()
                };
                match number {
                    1 => {
                        may_answer.notified().await;
                        b"250 taken\r\n"
                    }
                    2 => b"552 its box is full\r\n",
                    _ => b"250 taken\r\n",
                }
            }
            (line, Some(so_far)) => {
                mail = Some(format!("{so_far}{line}\n"));
                continue;
            }
            ("DATA", None) => {
                mail = Some(String::new());
                b"354 go on\r\n"
            }
            _ => b"250 fine\r\n",
        };
        write.write_all(answer).await?;
    }
    Ok(())
}

async fn late_mail_server(at: SocketAddr) -> (Arc<Mutex<Vec<String>>>, Arc<Notify>) {
    let listener = TcpListener::bind(at).await.unwrap();
    let mails: Arc<Mutex<Vec<String>>> = Arc::default();
    let may_answer = Arc::new(Notify::new());
    let all = (mails.clone(), may_answer.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, mails.clone(), may_answer.clone()));
        }
    });
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_comes_too_late_is_never_taken_for_the_next_mails() {
    let (app, at, _folder) = house_that_waits("", Duration::from_secs(2)).await;
    let (mails, may_answer) = late_mail_server(at).await;
    asks_for_a_code(&app).await;
    app.system_desk().send_due().await.unwrap();
    assert_eq!(counts(&app).await, (1, 0, 0), "nobody knows yet");
    // Now the server says that it has taken the first one; nobody listens any more. The next one is refused.
    may_answer.notify_one();
    asks_for_a_code_at(&app, "taro@example.org").await;
    app.system_desk().send_due().await.unwrap();
    assert_eq!(counts(&app).await, (1, 1, 0), "refused is not sent");
    app.clock.advance(SignedDuration::from_secs(30));
    app.system_desk().send_due().await.unwrap();
    assert_eq!(counts(&app).await, (0, 1, 1));
    let mails = mails.lock().unwrap();
    let to: Vec<&str> = mails.iter().map(|mail| whom(mail)).collect();
    // The first one goes out once more: it may not have been taken.
    assert_eq!(
        to,
        [
            "hanako@example.org",
            "taro@example.org",
            "hanako@example.org"
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_a_code_is_told_that_the_mail_server_says_nothing() {
    let (app, at, _folder) = house_that_waits("", Duration::from_millis(500)).await;
    // Connections come through, and nobody speaks on them.
    let silent = TcpListener::bind(at).await.unwrap();
    asks_for_a_code(&app).await;
    let are_late = || app.outbox().mails_are_late(app.clock.now());
    for tried in 1..=4 {
        app.system_desk().send_due().await.unwrap();
        assert_eq!(counts(&app).await, (1, 0, 0));
        assert_eq!(are_late(), tried >= 3, "{tried}");
        app.clock.advance(SignedDuration::from_secs(30));
    }
    drop(silent);
    let mails = mail_server(at, Mood::Takes).await;
    app.system_desk().send_due().await.unwrap();
    assert_eq!(counts(&app).await, (0, 0, 1));
    assert!(!are_late());
    assert_eq!(mails.lock().unwrap().len(), 1);
}
