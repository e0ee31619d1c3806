//! Counts and ages of the whole, for those who watch over an installation. Never of a place or a person.

use crate::engine::{At, Error, Tx, connect_alone};
use crate::outbox::Queue;
use crate::sql;
use jiff::{SignedDuration, Timestamp};

/// The messages of one queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// Promised and not sent, among the [`MOST`] that are tried next.
    pub waiting: i64,
    /// Since when the first of them ought to have left. Every message is due from the moment in which it was promised,
    /// however often it was tried since. One that was refused while others of its queue left counts from the last of
    /// these: an address that takes nothing for now is no reason to wake anybody.
    pub late_since: Option<Timestamp>,
    /// Given up within a day.
    pub given_up: i64,
    /// Those of them that were given up since the last message of the queue left. Where there are several, it is not their
    /// recipients who are at fault.
    pub in_a_row: i64,
}

/// So many that were given up in a row say that nothing leaves any more.
pub const IN_A_ROW: i64 = 5;

/// Whoever watches wants to know "many", not how many exactly: nothing is counted further than this.
pub const MOST: i64 = 10_000;

/// The messages of each queue.
pub fn messages(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<(Queue, Messages)>, Error> {
    let a_day_ago = now - SignedDuration::from_hours(24);
    let given_up = tx.query(
        sql!(
            "SELECT queue, count(*) FROM (
                SELECT queue FROM outbox WHERE gave_up_at IS NOT NULL AND gave_up_at > $1 AND sent_at IS NULL
                    AND withdrawn_at IS NULL
                LIMIT $2) AS failed GROUP BY queue"
        ),
        &[&At(a_day_ago), &MOST],
        |row| Ok((row.get::<String>(0)?, row.get(1)?)),
    )?;
    let mut all = Vec::with_capacity(Queue::ALL.len());
    for queue in Queue::ALL {
        let last_sent: Option<Timestamp> = tx.query_one(
            sql!("SELECT max(sent_at) FROM outbox WHERE queue = $1 AND sent_at IS NOT NULL"),
            &[&queue.name()],
            |row| row.at_opt(0),
        )?;
        let last_sent = last_sent.unwrap_or(Timestamp::UNIX_EPOCH);
        let (waiting, late_since) = tx.query_one(
            sql!(
                "SELECT count(*), min(CASE WHEN last_problem IS NULL OR created_at > $3 THEN created_at ELSE $3 END)
                 FROM (SELECT created_at, last_problem FROM outbox
                    WHERE queue = $1 AND sent_at IS NULL AND gave_up_at IS NULL
                    ORDER BY next_at LIMIT $2) AS first"
            ),
            &[&queue.name(), &MOST, &At(last_sent)],
            |row| Ok((row.get(0)?, row.at_opt(1)?)),
        )?;
        let in_a_row = tx.query_one(
            sql!(
                "SELECT count(*) FROM (
                    SELECT 1 AS one FROM outbox WHERE queue = $1 AND gave_up_at IS NOT NULL AND gave_up_at > $2
                        AND sent_at IS NULL AND withdrawn_at IS NULL
                    LIMIT $3) AS refused"
            ),
            &[&queue.name(), &At(last_sent.max(a_day_ago)), &MOST],
            |row| row.get(0),
        )?;
        let failed = given_up.iter().find(|(name, _)| name == queue.name());
        let given_up = failed.map_or(0, |(_, count)| *count);
        let found = Messages {
            waiting,
            late_since,
            given_up,
            in_a_row,
        };
        all.push((queue, found));
    }
    Ok(all)
}

/// How many alerts nobody has taken, and since when the oldest waits.
pub fn alerts(tx: &mut Tx<'_>) -> Result<(i64, Option<Timestamp>), Error> {
    tx.query_one(
        sql!(
            "SELECT count(*), min(waiting_since) FROM (
                SELECT waiting_since FROM alerts WHERE done_at IS NULL AND taken_by IS NULL
                ORDER BY waiting_since LIMIT $1) AS untaken"
        ),
        &[&MOST],
        |row| Ok((row.get(0)?, row.at_opt(1)?)),
    )
}

/// The connections of all processes to a PostgreSQL server, by their state; nothing on the embedded engine.
pub fn connections(tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>, Error> {
    if tx.is_sqlite() {
        return Ok(Vec::new());
    }
    // Only one engine has such a table, so this is not marked as a statement for both.
    tx.query(
        "SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'hersys' GROUP BY 1",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// What a PostgreSQL server says of itself; the embedded engine has nothing of it.
#[derive(Clone, Debug)]
pub struct Server {
    /// The settings without which "saved" is not on disk, and their values.
    pub durability: Vec<(&'static str, String)>,
    /// Its clock.
    pub clock: Timestamp,
    /// Whether it only follows another server and cannot be written to.
    pub follows: bool,
    /// Of the limits of connections the one that leaves the fewest, how many there are, and how many it allows.
    pub connections: (ConnectionLimit, i64, i64),
}

/// What bounds the connections of whoever is no superuser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionLimit {
    /// `max_connections` of the server, without what it keeps for superusers.
    Server,
    /// `CONNECTION LIMIT` of the role.
    Role,
    /// `CONNECTION LIMIT` of the database.
    Database,
}

/// What a role may do on a PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Its name.
    pub role: String,
    /// Where its tables live; none where no schema of its search path stands.
    pub schema: Option<String>,
    /// Whether it may make tables there.
    pub creates: bool,
    /// Another owner of tables of ours there, as whom it cannot act.
    pub other_owner: Option<String>,
}

/// What the role with which we came may do; `None` on the embedded engine.
pub fn rights(tx: &mut Tx<'_>) -> Result<Option<Rights>, Error> {
    if tx.is_sqlite() {
        return Ok(None);
    }
    let other_owner = tx.query_opt(
        "SELECT CAST(pg_get_userbyid(relowner) AS text) FROM pg_class
         WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND relkind IN ('r', 'p')
            AND relname IN ('migrations', 'settings', 'persons', 'cases', 'monitoring', 'alerts', 'outbox', 'audit_log')
            AND NOT pg_has_role(relowner, 'USAGE')
         LIMIT 1",
        &[],
        |row| row.get(0),
    )?;
    tx.query_one(
        "SELECT CAST(current_user AS text), CAST(current_schema() AS text),
            coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)",
        &[],
        |row| {
            Ok(Some(Rights {
                role: row.get(0)?,
                schema: row.get(1)?,
                creates: row.get(2)?,
                other_owner: other_owner.clone(),
            }))
        },
    )
}

/// Writes a mebibyte that goes away with the transaction, as much as a moment's reports: whether a PostgreSQL server has
/// room and lets us. Nothing on the embedded engine, whose disk `doctor` sees itself.
///
/// # Errors
/// Why it does not take it.
pub fn try_to_write(tx: &mut Tx<'_>) -> Result<(), Error> {
    if tx.is_sqlite() {
        return Ok(());
    }
    tx.execute(
        "CREATE TEMPORARY TABLE hersys_try (words text) ON COMMIT DROP",
        &[],
    )?;
    tx.execute(
        "INSERT INTO hersys_try SELECT repeat(md5(CAST(n AS text)), 32) FROM generate_series(1, 1024) AS n",
        &[],
    )?;
    Ok(())
}

/// Asks a PostgreSQL server how it keeps what it was given; `None` on the embedded engine.
pub fn server(tx: &mut Tx<'_>) -> Result<Option<Server>, Error> {
    if tx.is_sqlite() {
        return Ok(None);
    }
    // Statements of one engine, so they are not marked for both. The clock is asked to be compared, not to decide.
    let mut durability = Vec::new();
    for (name, sql) in [
        ("fsync", "SHOW fsync"),
        ("synchronous_commit", "SHOW synchronous_commit"),
        ("full_page_writes", "SHOW full_page_writes"),
    ] {
        durability.push((name, tx.query_one(sql, &[], |row| row.get::<String>(0))?));
    }
    tx.query_one(
        "SELECT clock_timestamp(), pg_is_in_recovery(),
                (SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL),
                CAST(current_setting('max_connections') AS bigint)
                    - CAST(current_setting('superuser_reserved_connections') AS bigint)
                    - CAST(coalesce(current_setting('reserved_connections', true), '0') AS bigint),
                (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND datname IS NOT NULL),
                (SELECT CAST(rolconnlimit AS bigint) FROM pg_roles WHERE rolname = current_user),
                (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
                (SELECT CAST(datconnlimit AS bigint) FROM pg_database WHERE datname = current_database())",
        &[],
        |row| {
            let limits = [
                (ConnectionLimit::Server, row.get(2)?, row.get(3)?),
                (ConnectionLimit::Role, row.get(4)?, row.get(5)?),
                (ConnectionLimit::Database, row.get(6)?, row.get(7)?),
            ];
            // A limit below zero is none.
            let tightest = limits
                .into_iter()
                .filter(|(_, _, most): &(_, i64, i64)| *most >= 0)
                .min_by_key(|(_, used, most)| most - used);
            Ok(Some(Server {
                durability: durability.clone(),
                clock: row.at(0)?,
                follows: row.get(1)?,
                connections: tightest.unwrap_or((ConnectionLimit::Server, 0, 0)),
            }))
        },
    )
}

/// Whether something between this machine and a PostgreSQL server lends a connection for a transaction only, as some poolers
/// do: leadership, and words between nodes, belong to a connection. Takes two connections, and blocks.
///
/// # Errors
/// Where the server cannot be asked.
pub fn lends_for_a_transaction(url: &str, schema: Option<&str>) -> Result<bool, Error> {
    const WHO: &str = "SELECT pg_backend_pid()";
    let mut one = connect_alone(url, schema)?;
    let mut other = connect_alone(url, schema)?;
    // While the first has a transaction the second gets another process of the server; afterwards a pooler gives it the one that
    // was last given back.
    let mut tx = one.transaction()?;
    let of_one: i32 = tx.query_one(WHO, &[])?.get(0);
    let before: i32 = other.query_one(WHO, &[])?.get(0);
    tx.commit()?;
    let after: i32 = other.query_one(WHO, &[])?.get(0);
    let again: i32 = one.query_one(WHO, &[])?.get(0);
    Ok(before != after || of_one != again)
}
