//! `hersys serve`: the portal and the console, and what goes on behind them.

mod timers;
mod warnings;

use super::doctor::{ONLY_SAMPLES, doubt_of_clock};
use super::opening::not_yet;
use super::signals::Signals;
use super::{first_contact, mail_sender, open, programme, say};
use anyhow::{Context, Result, anyhow, bail};
use app::Database;
use app::clock::Clock;
use app::demo::Samples;
use app::keep::Stop;
use app::leader::Duty;
use rustix::process::{Resource, getrlimit, setrlimit};
use server::config::{MailPlace, Settings};
use server::listen::{self, CONSOLE_CONNECTIONS, Limits, PORTAL_CONNECTIONS};
use server::sight;
use server::trace::Traces;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use storage::engine::carry_log;
use timers::{
    back_up, compare_clocks, follow_rules, keep_at, list_messages, on_leader, remind,
    share_backups, sweep, watch_over,
};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;
use warnings::{share, warn_of};

/// Open files that are asked of the system: two listeners full of connections, and the rest.
const OPEN_FILES: u64 = 16_384;
/// Files that are not connections of listeners: databases, mails, the console's own.
const OTHER_FILES: u64 = 256;
/// Connections that the system holds until they are taken, as far as it lets us (`net.core.somaxconn`). Where it has no room
/// for one, it says nothing, and the other end tries again after one, three, seven seconds: the usual 128 are full at once.
const BACKLOG: u32 = 4_096;
/// Connections of those who watch over the process.
const WATCHERS: usize = 16;
/// How long the rows that an import is writing may take when the process ends.
const LAST_ROWS: Duration = Duration::from_secs(5);
/// How long messages that are on their way to a mail server or a gateway may take when the process ends.
const LAST_MAILS: Duration = Duration::from_secs(5);
/// How long whoever still reads the embedded database may keep its log from being carried into its file at the end.
const LAST_PAGES: Duration = Duration::from_secs(2);

/// Serves until it is asked to end; then what is left of the traces is sent.
pub(super) async fn run(
    settings: Settings,
    demo: bool,
    traces: Option<Traces>,
) -> Result<ExitCode> {
    let served = serve(settings, demo, traces.as_ref()).await;
    if let Some(traces) = traces {
        // It waits on its thread.
        let _ = tokio::task::spawn_blocking(move || traces.end()).await;
    }
    served
}

async fn serve(settings: Settings, demo: bool, traces: Option<&Traces>) -> Result<ExitCode> {
    let settings = if demo {
        settings.into_demo()?
    } else {
        settings
    };
    let mail = settings.mail()?;
    let connections = room_for_connections();
    let (portal, portal_at) = bind("HERSYS_PORTAL_LISTEN", settings.portal_listen)?;
    let (console, console_at) = bind("HERSYS_CONSOLE_LISTEN", settings.console_listen)?;
    let watchers = match settings.metrics_listen {
        // Before anything is made that measures.
        Some(_) => (
            bind("HERSYS_METRICS_LISTEN", settings.metrics_listen)?,
            Some(sight::begin()?),
        ),
        None => ((None, None), None),
    };
    let ((metrics, metrics_at), measured) = watchers;
    if let Some(traces) = traces {
        traces.measure();
    }
    let public_url = settings.public_url_at(portal_at);
    let version = env!("CARGO_PKG_VERSION");
    let shown = |at: Option<SocketAddr>| at.map_or_else(|| "none".to_owned(), |at| at.to_string());
    let (portal_shown, console_shown) = (shown(portal_at), shown(console_at));
    let metrics_shown = shown(metrics_at);
    tracing::info!(
        portal = portal_shown,
        console = console_shown,
        metrics = metrics_shown,
        public_url,
        version,
        demo,
        "starting"
    );
    let mut signals = Signals::new()?;

    // Before anything is written: then the clock is as late as what it wrote.
    let doubt = doubt_of_clock(&settings, Clock::System.now());
    let made = not_yet(&settings)?;
    let app = open(&settings, (portal_at, console_at), mail_sender(&mail)?).await?;
    if let Some(file) = made.filter(|_| !demo) {
        tracing::warn!(
            file = %file.display(),
            "a new installation was made, for there was none; where there ought to be one, its disk is not mounted, or \
             HERSYS_DATA_DIR names another folder"
        );
    }
    let desk = app.system_desk();
    if !demo && desk.samples().await? == Samples::ForThem {
        bail!("{ONLY_SAMPLES}");
    }
    if let Some(folder) = &settings.programmes_dir {
        programme::load_folder(&app, folder).await?;
    }
    let demo_lines = if demo {
        let mut lines = desk.fill_demo().await?.lines;
        let staff = desk.fill_demo_prefecture().await?;
        // Beside the other address of the console.
        lines.splice(2..2, staff);
        Some(lines)
    } else {
        desk.first_center(&settings.center_name, first_contact(&settings))
            .await?;
        None
    };
    let dev_mailbox = matches!(mail, MailPlace::Folder(_));
    // Asked before anybody is let in: from then on, a store that is away for a moment ends nothing.
    let store = desk.describe_store().await?;

    let mut background = JoinSet::new();
    let limits = Limits {
        total: connections,
        proxies: settings.trusted_proxies.clone(),
        ..Limits::default()
    };
    let portal_pages = web::portal(web::PortalConfig {
        app: app.clone(),
        trusted_proxies: settings.trusted_proxies.clone(),
        dev_mailbox,
        sample: demo,
    });
    let (leave, leaving) = watch::channel(false);
    let (stop, stopping) = watch::channel(false);
    let console_pages = web::console(web::ConsoleConfig {
        app: app.clone(),
        trusted_proxies: settings.trusted_proxies.clone(),
        sample: demo,
        stopping: stopping.clone(),
    });
    let people = People::begin()?;
    let mut listeners = JoinSet::new();
    if let (Some(listener), Some(measured)) = (metrics, measured) {
        background.spawn(measured.clone().add_up());
        let mut stopping = stopping.clone();
        listeners.spawn(listen::serve(
            listener,
            sight::pages(
                &app,
                measured,
                settings.backups.clone(),
                settings.data_place(),
            ),
            Limits {
                total: WATCHERS,
                proxies: Vec::new(),
                ..limits.clone()
            },
            web::Peer,
            leaving.clone(),
            async move {
                let _ = stopping.wait_for(|stop| *stop).await;
            },
        ));
    }
    let sites = [
        (portal, portal_pages, people.threads()),
        (console, console_pages, Handle::current()),
    ];
    let most = [PORTAL_CONNECTIONS, CONSOLE_CONNECTIONS];
    for ((site, most), (listener, pages, threads)) in
        ["portal", "console"].into_iter().zip(most).zip(sites)
    {
        let Some(listener) = listener else { continue };
        let listener = moved_to(&threads, listener)?;
        let mut stopping = stopping.clone();
        let stopped = async move {
            // An error says that the other end is gone, which is an end as well.
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        let serving = listen::serve(
            listener,
            pages,
            Limits {
                total: connections.min(most),
                open: metrics::gauge!("hersys_http_connections", "site" => site),
                ..limits.clone()
            },
            web::Peer,
            leaving.clone(),
            stopped,
        );
        listeners.spawn_on(serving, &threads);
    }
    tracing::info!(store, "ready");
    // What nobody waits for who asks for a page comes after the first answers.
    let house = app.for_staff();
    background.spawn(keep_at("outbox", house.clone(), |app| async move {
        app.system_desk().carry_messages().await;
        // It ended because it was asked to, and is not to be begun again.
        std::future::pending::<()>().await
    }));
    background.spawn(keep_at("clocks", house.clone(), compare_clocks));
    if let Some(schedule) = settings.backups.clone() {
        background.spawn(keep_at("old backups", house.clone(), move |app| {
            share_backups(app, schedule.clone())
        }));
    }
    on_leader(&mut background, &house, "sweep", sweep);
    on_leader(&mut background, &house, "alerts", watch_over);
    on_leader(&mut background, &house, "reminders", remind);
    on_leader(&mut background, &house, "isolation", follow_rules);
    on_leader(&mut background, &house, "messages", list_messages);
    let backup = Stop::default();
    if let Some(schedule) = settings.backups.clone() {
        let (how, database) = ((schedule, backup.clone()), settings.database());
        background.spawn(keep_at("backups", house.clone(), move |app| {
            let (how, database) = (how.clone(), database.clone());
            async move {
                app.while_leading(Duty::Backups, |app| {
                    back_up(app, how.clone(), database.clone())
                })
                .await;
            }
        }));
    }
    let (known, asked) = (settings.clone(), house.clone());
    background.spawn(async move {
        if let Some(doubt) = doubt {
            tracing::warn!(doubt, "the clock is wrong: let it ask a time server, such as with chrony");
        }
        // Whoever tries the program leads nobody anywhere.
        if !demo {
            for problem in known.urls_not_given() {
                tracing::warn!("{problem}");
            }
            share(asked.clone(), known.shared()).await;
        }
        if let Err(error) = warn_of(&known, &asked).await {
            tracing::warn!(%error, "whether all is set as it should be was not looked at; `hersys doctor` does");
        }
    });
    if let Some(lines) = demo_lines {
        let mailbox = dev_mailbox.then(|| format!("{public_url}/dev/mailbox"));
        let console_url = settings.console_url_at(console_at);
        welcome(&public_url, &console_url, mailbox.as_deref(), &lines);
    }

    let failed = tokio::select! {
        _ = signals.next() => None,
        // A listener ends by itself only where the program is wrong.
        ended = listeners.join_next() => Some(ended),
    };
    if failed.is_none() && !settings.drain_delay.is_zero() {
        let seconds = settings.drain_delay.as_secs();
        tracing::info!(seconds, "not ready any more; goes on serving for a while");
        desk.leave();
        let _ = leave.send(true);
        tokio::select! {
            () = tokio::time::sleep(settings.drain_delay) => {}
            _ = signals.next() => tracing::warn!("asked twice; stops at once"),
        }
    }
    tracing::info!("stopping");
    let _ = stop.send(true);
    backup.ask();
    tokio::select! {
        () = async { while listeners.join_next().await.is_some() {} } => {}
        _ = signals.next() => tracing::warn!("asked twice; what was running is cut off"),
    }
    // Whoever heard it lets go of it: an import that is under way ends after the rows that it is writing.
    drop(stopping);
    tokio::select! {
        () = stop.closed() => {}
        () = tokio::time::sleep(LAST_ROWS) => tracing::warn!("an import is cut off; it can be gone on with"),
        _ = signals.next() => tracing::warn!("asked twice; what was running is cut off"),
    }
    house.outbox().stop(LAST_MAILS).await;
    background.shutdown().await;
    if let Database::Embedded(file) = settings.database() {
        // A log that somebody has deleted meanwhile would be gone with this process.
        if let Err(error) = house.system_desk().looks_after_files().await {
            tracing::error!(%error, "stopping");
        }
        // So that the file alone holds everything, whoever moves or copies it.
        let carried = tokio::task::spawn_blocking(move || carry_log(&file, LAST_PAGES)).await;
        if !matches!(carried, Ok(Ok(true))) {
            tracing::warn!(
                "the log of the database could not be carried into its file: keep both together"
            );
        }
    }
    tracing::info!("stopped");
    match failed {
        None => Ok(ExitCode::SUCCESS),
        Some(_) => Err(anyhow!("a listener ended by itself; the log tells where")),
    }
}

/// The threads that serve people at home. Everything else has threads of its own, so that the system shares the cores
/// between them and the health centers however many people come.
struct People(Option<Runtime>);

impl People {
    fn begin() -> Result<People> {
        let runtime = Builder::new_multi_thread()
            .thread_name("hersys-portal")
            .enable_all()
            .build()
            .context("threads cannot be started")?;
        Ok(People(Some(runtime)))
    }

    fn threads(&self) -> Handle {
        self.0
            .as_ref()
            .map_or_else(Handle::current, |runtime| runtime.handle().clone())
    }
}

impl Drop for People {
    fn drop(&mut self) {
        // Whoever waits for threads to end must not be served by others.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A listener that wakes those threads when somebody comes.
fn moved_to(threads: &Handle, listener: TcpListener) -> Result<TcpListener> {
    let _there = threads.enter();
    listener
        .into_std()
        .and_then(TcpListener::from_std)
        .context("a listener cannot be handed over")
}

/// A listener and where it listens in the end, unless it is to listen nowhere.
fn bind(
    setting: &str,
    address: Option<SocketAddr>,
) -> Result<(Option<TcpListener>, Option<SocketAddr>)> {
    let Some(address) = address else {
        return Ok((None, None));
    };
    let listener = listen_at(address)
        .with_context(|| format!("{setting}: {address} cannot be listened on"))?;
    let at = listener.local_addr()?;
    Ok((Some(listener), Some(at)))
}

fn listen_at(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A process that starts again must not wait for the connections of the one before it.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn welcome(public_url: &str, console_url: &str, mailbox: Option<&str>, lines: &[String]) {
    say("");
    say("My HER-SYS is ready to try. All people in it are made up.");
    say(&format!("  For people ill at home:   {public_url}/"));
    say(&format!("  For the health center:    {console_url}/"));
    if let Some(mailbox) = mailbox {
        say(&format!("  Mails that it sent:       {mailbox}"));
    }
    say("");
    for line in lines {
        say(line);
    }
    say("");
    say("Ctrl-C ends it; the samples stay for the next time.");
}

/// How many connections each of the two listeners may have, given how many files the system lets us open.
fn room_for_connections() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = limit
        .maximum
        .map_or(OPEN_FILES, |most| most.min(OPEN_FILES));
    if limit.current.is_some_and(|now| now < wanted) {
        limit.current = Some(wanted);
        // Where it is refused, there are fewer connections.
        let _ = setrlimit(Resource::Nofile, limit);
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(OPEN_FILES);
    let each = files.saturating_sub(OTHER_FILES) / 2;
    usize::try_from(each)
        .unwrap_or(usize::MAX)
        .clamp(64, CONSOLE_CONNECTIONS)
}
