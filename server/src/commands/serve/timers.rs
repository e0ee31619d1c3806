//! What goes on behind the pages: timers that the leading process has, and work that is begun again where it ends.

use app::clock::Clock;
use app::keep::{Schedule, Stop};
use app::leader::Duty;
use app::{App, Database, SystemDesk, trace};
use std::future::Future;
use std::time::Duration;
use tokio::task::JoinSet;

/// Runs a piece of background work for ever, even after a panic in it.
pub(super) async fn keep_at<F, W>(name: &'static str, app: App, work: W)
where
    W: Fn(App) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        // A set of one: dropped with this function, it takes the work with it.
        let mut one = JoinSet::new();
        one.spawn(work(app.clone()));
        one.join_next().await;
        tracing::error!(work = name, "ended by itself and is begun again");
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

/// Runs a timer in the process that leads, for all that share the database.
pub(super) fn on_leader<F>(
    background: &mut JoinSet<()>,
    app: &App,
    name: &'static str,
    timer: impl Fn(App) -> F + Copy + Send + Sync + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let work = move |app: App| async move { app.while_leading(Duty::Timers, timer).await };
    background.spawn(keep_at(name, app.clone(), work));
}

/// Says in the log of each process, every ten minutes, where its clock is too wrong for messages: one that was right at the start
/// may not stay so.
pub(super) async fn compare_clocks(app: App) {
    let mut often = tokio::time::interval(Duration::from_secs(600));
    loop {
        often.tick().await;
        match app.system_desk().clock_for_messages().await {
            Ok(None) => {}
            Ok(Some(says)) => tracing::warn!(says, "clocks differ"),
            Err(error) => {
                tracing::warn!(%error, "the clock cannot be compared with the database server's");
            }
        }
    }
}

/// How long a process that could make no backup leaves it to others, and how long the only one waits until it tries again.
const NO_BACKUP: Duration = Duration::from_secs(3_600);

/// Makes backups when they are due. Where one fails, another process that has a folder makes it: what failed (a disk that is
/// full or not mounted) is most likely this machine's. Where there is no other, it is tried again an hour later. One that is under
/// way when this process is asked to end is given up: the next process makes it.
pub(super) async fn back_up(app: App, (schedule, stop): (Schedule, Stop), database: Database) {
    loop {
        let (due, from, until) = (schedule.clone(), database.clone(), stop.clone());
        let run = move || due.run(&from, Clock::System.now(), &until);
        let made = tokio::task::spawn_blocking(run).await;
        match &made {
            Ok(Err(says)) if stop.is_asked() => {
                tracing::info!(%says, "no backup was made");
                // This process is ending, and this with it.
                return std::future::pending().await;
            }
            Ok(Ok(None)) => {}
            Ok(Ok(Some(kept))) => {
                let file = kept.path.display().to_string();
                tracing::info!(
                    file,
                    rows = kept.rows(),
                    bytes = kept.size,
                    "a backup was made"
                );
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "no backup could be made; left to another node for an hour, where there is one");
            }
            Err(_) => tracing::error!("making a backup panicked"),
        }
        let wait = if matches!(made, Ok(Ok(_))) {
            Duration::from_secs(60)
        } else {
            app.steps_aside(Duty::Backups, NO_BACKUP);
            // Leadership ends meanwhile, and this with it.
            NO_BACKUP
        };
        tokio::time::sleep(wait).await;
    }
}

/// Goes round for ever, at once and then so often; each round is traced.
async fn every<F: Future<Output = ()>>(seconds: u64, name: &'static str, round: impl Fn() -> F) {
    let mut often = tokio::time::interval(Duration::from_secs(seconds));
    loop {
        often.tick().await;
        trace::timer(name).around(round()).await;
    }
}

pub(super) async fn sweep(app: App) {
    every(3_600, "sweep", || sweep_once(&app)).await;
}

/// The rules that hold, at the beginning of a round: the leader may have no visitor for whom they would be read anew.
async fn know_rules(desk: &SystemDesk) {
    if let Err(error) = desk.know_rules().await {
        tracing::error!(%error, "rules that another process has set cannot be read yet");
    }
}

async fn sweep_once(app: &App) {
    let desk = app.system_desk();
    know_rules(&desk).await;
    match desk.renew_name_keys().await {
        Ok(0) => {}
        Ok(names) => tracing::info!(names, "the keys by which names are found were made anew"),
        Err(error) => {
            tracing::error!(%error, "the keys by which names are found cannot be made anew")
        }
    }
    match desk.part_persons().await {
        Ok(0) => {}
        Ok(rows) => tracing::info!(
            rows,
            "centers that had one row of a person with another have their own now"
        ),
        Err(error) => {
            tracing::error!(%error, "two centers may have one row of a person; tried again in an hour")
        }
    }
    if let Err(error) = desk.sweep().await {
        tracing::error!(%error, "what has ended cannot be swept away");
    }
    match desk.bring_messages_back().await {
        Ok(0) => {}
        Ok(messages) => tracing::warn!(
            messages,
            "a clock that was ahead had put messages off; they go out now"
        ),
        Err(error) => {
            tracing::error!(%error, "messages that a clock has put off cannot be looked for")
        }
    }
    if let Err(error) = desk.tell_of_purges().await {
        tracing::error!(%error, "nobody was told of records that will be purged");
    }
    if let Err(error) = desk.purge().await {
        tracing::error!(%error, "what is due cannot be purged; tried again in an hour");
    }
    if let Err(error) = desk.make_partitions().await {
        tracing::warn!(%error, "partitions of the coming half-years are not made yet; tried again in an hour");
    }
    if let Err(error) = desk.take_empty_partitions().await {
        tracing::warn!(%error, "an empty partition stays; tried again in an hour");
    }
}

/// Puts messages on the lists that a node of a release before has taken and put on none. All open cases are looked at once this
/// process has led for a minute, then those about whom something was written since: at the start others need the store more.
pub(super) async fn list_messages(app: App) {
    let desk = app.system_desk();
    let mut looked = None;
    let first = tokio::time::Instant::now() + Duration::from_secs(60);
    let mut often = tokio::time::interval_at(first, Duration::from_secs(600));
    loop {
        often.tick().await;
        match trace::timer("messages")
            .around(desk.list_messages(looked))
            .await
        {
            Ok((listed, begun)) => {
                looked = Some(begun);
                if listed > 0 {
                    tracing::info!(
                        listed,
                        "messages in reports that an older release has taken wait on the worklists now"
                    );
                }
            }
            Err(error) => {
                tracing::error!(%error, "messages that are on no list cannot be looked for; tried again in ten minutes");
            }
        }
    }
}

/// Passes alerts on that nobody takes, tells of offers that nobody answers, and looks at whom nothing is heard of.
pub(super) async fn watch_over(app: App) {
    every(10, "alerts", || watch_over_once(&app)).await;
}

async fn watch_over_once(app: &App) {
    let desk = app.system_desk();
    know_rules(&desk).await;
    let part = trace::part;
    if let Err(error) = part("pass alerts on").around(desk.pass_alerts_on()).await {
        tracing::error!(%error, "alerts cannot be passed on");
    }
    if let Err(error) = part("pass notifications on")
        .around(desk.pass_notifications_on())
        .await
    {
        tracing::error!(%error, "notifications cannot be passed on");
    }
    if let Err(error) = part("transfers")
        .around(desk.tell_overdue_transfers())
        .await
    {
        tracing::error!(%error, "overdue offers cannot be told");
    }
    if let Err(error) = part("silence").around(desk.watch_silence()).await {
        tracing::error!(%error, "silence cannot be looked at");
    }
}

/// Reminds whoever has not reported; beside the alerts, which never wait for it.
pub(super) async fn remind(app: App) {
    every(10, "reminders", || remind_once(&app)).await;
}

async fn remind_once(app: &App) {
    let desk = app.system_desk();
    know_rules(&desk).await;
    if let Err(error) = desk.send_reminders().await {
        tracing::error!(%error, "reminders cannot be promised; tried again in ten seconds");
    }
}

/// Lets the days of release reviews follow the rules on isolation; by itself, because many cases take a while.
pub(super) async fn follow_rules(app: App) {
    every(10, "isolation", || follow_rules_once(&app)).await;
}

async fn follow_rules_once(app: &App) {
    match app.system_desk().follow_isolation_rules().await {
        Ok(0) => {}
        Ok(cases) => tracing::info!(
            cases,
            "another rule on isolation holds: releases are to be looked at on other days"
        ),
        Err(error) => {
            tracing::error!(%error, "the days of release reviews do not follow the rules yet; tried again in ten seconds");
        }
    }
}

/// Tells the other nodes, every ten minutes, of the backups in this one's folder, and takes old ones out of it: also where another
/// node makes them, for then nothing else does.
pub(super) async fn share_backups(app: App, schedule: Schedule) {
    let node = server::node::name();
    let first = tokio::time::Instant::now() + Duration::from_secs(60);
    let mut often = tokio::time::interval_at(first, Duration::from_secs(600));
    loop {
        often.tick().await;
        match app.system_desk().share_backups(&schedule, &node).await {
            Ok(0) => {}
            Ok(backups) => tracing::info!(
                backups,
                "old backups were removed: the last ones lie on other nodes"
            ),
            Err(error) => {
                tracing::warn!(%error, "old backups are not removed yet; tried again in ten minutes");
            }
        }
    }
}
