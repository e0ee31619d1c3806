//! A nation's reminders leave the house through a mail server that takes its time, and people ask for codes meanwhile: how
//! many go out in a second, what each costs, and how long somebody waits for a code.

use crate::fill::{self, Place, Size, Who, address};
use crate::meter::Meter;
use crate::result::{Report, Times};
use anyhow::{Context, Result, bail};
use app::clock::Clock;
use app::keys::Token;
use app::outbox::MailSender;
use domain::language::Language;
use jiff::ToSpan;
use jiff::civil::Time;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// What to measure with.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// Monitored people, of whom some nine in ten families are reminded
    #[arg(long, default_value_t = 20_000)]
    people: u32,
    /// Milliseconds that the mail server takes for each mail
    #[arg(long, default_value_t = 20)]
    answer: u64,
    /// Reminders that are handed over at once
    #[arg(long, default_value_t = 16)]
    at_once: usize,
    /// Seconds after which it is enough
    #[arg(long, default_value_t = 30)]
    seconds: u64,
}

/// Somebody asks for a code so often.
const ASKED_EVERY: Duration = Duration::from_millis(500);
/// The longest that is waited for one.
const PATIENCE: Duration = Duration::from_secs(60);

/// When a mail came to whom.
type Came = Arc<Mutex<HashMap<String, Instant>>>;

fn time_of(came: &Came, whom: &str) -> Option<Instant> {
    let all = came.lock().unwrap_or_else(PoisonError::into_inner);
    all.get(whom).copied()
}

/// A mail server on loopback that takes a while for each mail.
async fn mail_server(answer: Duration, came: Came) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let at = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, answer, came.clone()));
        }
    });
    Ok(at)
}

async fn converse(stream: TcpStream, answer: Duration, came: Came) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 bench.example\r\n").await?;
    let (mut to, mut in_data) = (String::new(), false);
    while let Some(line) = lines.next_line().await? {
        let said: &[u8] = match line.as_str() {
            "." if in_data => {
                in_data = false;
                sleep(answer).await;
                let mut all = came.lock().unwrap_or_else(PoisonError::into_inner);
                all.insert(std::mem::take(&mut to), Instant::now());
                b"250 taken\r\n"
            }
            _ if in_data => continue,
            "DATA" => {
                in_data = true;
                b"354 go on\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            line => {
                if let Some(address) = line.strip_prefix("RCPT TO:<") {
                    to = address.split('>').next().unwrap_or_default().to_owned();
                }
                b"250 fine\r\n"
            }
        };
        write.write_all(said).await?;
    }
    Ok(())
}

/// Measures.
pub async fn run(args: Args) -> Result<()> {
    let mut report = Report::new("letters", Some(args.place.engine()));
    report.parameter("answer_ms", args.answer);
    report.parameter("at_once", args.at_once);
    let size = Size::of(args.people, 1, u64::from(args.people) * 2);
    let filled = fill::filled_apart(&args.place, size).await?;
    filled.note_in(&mut report);
    let administrator = filled.desk(Who::Administrator).await?;
    let mut following = administrator.following().await?;
    following.reminders[0] = Some(Time::constant(9, 0, 0, 0));
    administrator.set_following(following, None, None).await?;
    let nine = fill::today(filled.at)
        .saturating_add(1.day())
        .at(9, 1, 0, 0)
        .in_tz("Asia/Tokyo")?;

    let came = Came::default();
    let at = mail_server(Duration::from_millis(args.answer), came.clone()).await?;
    let mail = MailSender::smtp(&format!("smtp://{at}")).map_err(anyhow::Error::msg)?;
    let clock = Clock::standing_at(nine.timestamp());
    let app = filled.app_with(clock, mail, args.at_once).await?;
    let desk = app.system_desk();
    let reminded = desk.send_reminders().await?;
    if reminded == 0 {
        bail!("nobody was reminded");
    }

    let meter = Meter::of(&args.place)?;
    let (began, spent) = (Instant::now(), meter.cpu());
    let carrier = desk.clone();
    let carrying = tokio::spawn(async move { carrier.carry_messages().await });
    let (mut asked, mut waits) = (0_u32, Times::new());
    while began.elapsed() < Duration::from_secs(args.seconds) {
        let name = format!("code{asked}");
        let since = Instant::now();
        app.front_desk(None)
            .request_sign_up(&Token::generate(), address(&name)?, None, Language::En)
            .await?;
        asked += 1;
        let whom = address(&name)?.as_str().to_owned();
        let arrived = loop {
            match time_of(&came, &whom) {
                Some(at) => break at,
                None if since.elapsed() > PATIENCE => bail!("a code did not come"),
                None => sleep(Duration::from_millis(2)).await,
            }
        };
        waits.add(arrived.duration_since(since));
        let waiting = app.outbox().counts().await?.waiting;
        if waiting == 0 {
            break;
        }
        sleep(ASKED_EVERY).await;
    }
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), meter.cpu() - spent);
    carrying.abort();
    let went = came.lock().unwrap_or_else(PoisonError::into_inner).len();
    let letters = u32::try_from(went).context("so many mails")? - asked;
    let rate = f64::from(letters) / seconds;
    report.figure("reminders promised", reminded as f64, "");
    report.figure("reminders that went out", f64::from(letters), "");
    report.figure("reminders a second", rate, "/s");
    report.figure("a reminder on its way", cpu / f64::from(letters), "µs CPU");
    report.times("a code, from asking to the mailbox", &waits);
    report.write()?;
    filled.close();
    Ok(())
}
