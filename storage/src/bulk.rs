//! Filling a database quickly, for measuring: people and reports as the use cases would have left them, in large
//! transactions, by `COPY` on PostgreSQL. Behind a feature that the product is built without: nothing here asks who may.

use crate::account::AccountRow;
use crate::alerts::AlertRow;
use crate::audit::{AuditRow, HeadRow};
use crate::case_registration::{NewCase, NewPerson};
use crate::engine::{At, Error, Param};
use crate::monitoring::{Latest, UNHEARD};
use crate::status_report::ReportRow;
use domain::ids::SessionId;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::binary_copy::BinaryCopyInWriter;
use postgres::types::{ToSql, Type};
use std::collections::HashMap;
use std::path::Path;

/// Somebody's account with a signed-in browser.
pub struct Account {
    /// The account.
    pub row: AccountRow,
    /// The browser's session.
    pub session: SessionId,
    /// The hash of its token.
    pub token_hash: Vec<u8>,
    /// When the account was made and the case claimed.
    pub claimed_at: Timestamp,
    /// When the session was used last.
    pub seen_at: Timestamp,
    /// When the session ends.
    pub expires_at: Timestamp,
}

/// A person with a case that is followed.
pub struct Followed {
    /// The person.
    pub person: NewPerson,
    /// The case.
    pub case: NewCase,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// The day of that at the center.
    pub registered_on: Date,
    /// The account, where the person signed up.
    pub account: Option<Account>,
    /// The latest report, and how many there are.
    pub latest: Option<(Latest, i32)>,
    /// When to call next.
    pub next_call_at: Option<Timestamp>,
    /// From when on a release is to be looked at.
    pub review_from: Option<Date>,
    /// The open alert.
    pub alert: Option<AlertRow>,
}

/// Rows of one transaction.
#[derive(Default)]
pub struct Batch {
    /// People, with all that is one row for each.
    pub people: Vec<Followed>,
    /// Their reports.
    pub reports: Vec<ReportRow>,
    /// Lines of the audit log, each chain in its order.
    pub audit: Vec<AuditRow>,
    /// The ends of the chains with these lines.
    pub heads: Vec<HeadRow>,
}

// There is one of them in a run.
#[allow(clippy::large_enum_variant)]
enum Engine {
    Sqlite(rusqlite::Connection),
    Postgres(postgres::Client, HashMap<&'static str, Vec<Type>>),
}

/// A connection of its own to a database that is migrated already. Blocks; what it writes is durable only after
/// [`Bulk::finish`].
pub struct Bulk {
    engine: Engine,
}

impl Bulk {
    /// To the embedded database in a file.
    pub fn sqlite(path: &Path) -> Result<Bulk, Error> {
        let connection = rusqlite::Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(60))?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.pragma_update(None, "foreign_keys", "OFF")?;
        connection.pragma_update(None, "cache_size", -1_500_000)?;
        connection.pragma_update(None, "wal_autocheckpoint", 50_000)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Bulk {
            engine: Engine::Sqlite(connection),
        })
    }

    /// To a schema of a PostgreSQL server, in the clear: for servers on this machine.
    pub fn postgres(url: &str, schema: &str) -> Result<Bulk, Error> {
        let mut client = postgres::Client::connect(url, postgres::NoTls)?;
        client.batch_execute(&format!(
            "SET search_path = {schema}; SET synchronous_commit = off"
        ))?;
        Ok(Bulk {
            engine: Engine::Postgres(client, HashMap::new()),
        })
    }

    /// Writes a batch as one transaction.
    pub fn write(&mut self, batch: &Batch) -> Result<(), Error> {
        match &mut self.engine {
            Engine::Sqlite(connection) => {
                connection.execute_batch("BEGIN IMMEDIATE")?;
                let mut to = To::Sqlite(connection);
                write_all(&mut to, batch)?;
                connection.execute_batch("COMMIT")?;
            }
            Engine::Postgres(client, types) => {
                let mut tx = client.transaction()?;
                write_all(&mut To::Postgres(&mut tx, types), batch)?;
                tx.commit()?;
            }
        }
        Ok(())
    }

    /// Brings all of it to the disk, and on PostgreSQL does what its own housekeeping would have done meanwhile.
    pub fn finish(self) -> Result<(), Error> {
        match self.engine {
            Engine::Sqlite(connection) => {
                connection.pragma_update(None, "synchronous", "FULL")?;
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            }
            Engine::Postgres(mut client, _) => {
                client.batch_execute("VACUUM (ANALYZE)")?;
                // For superusers only; without it the measurement begins with the server's own checkpoint.
                let _ = client.batch_execute("CHECKPOINT");
            }
        }
        Ok(())
    }
}

/// Makes a schema anew on a PostgreSQL server; what stood in it is gone.
pub fn new_schema(url: &str, schema: &str) -> Result<(), Error> {
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    Ok(client.batch_execute(&format!(
        "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}"
    ))?)
}

/// Drops a schema.
pub fn drop_schema(url: &str, schema: &str) -> Result<(), Error> {
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    Ok(client.batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE"))?)
}

/// Whether a schema of this name stands.
pub fn has_schema(url: &str, schema: &str) -> Result<bool, Error> {
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    let found = client.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[&schema])?;
    Ok(!found.is_empty())
}

/// Bytes that a schema has on the disk, its indexes included.
pub fn schema_bytes(url: &str, schema: &str) -> Result<u64, Error> {
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    let row = client.query_one(
        "SELECT CAST(COALESCE(sum(pg_total_relation_size(c.oid)), 0) AS bigint)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'm')",
        &[&schema],
    )?;
    Ok(u64::try_from(row.get::<_, i64>(0)).unwrap_or(0))
}

/// An open transaction of either engine.
enum To<'c, 't> {
    Sqlite(&'c rusqlite::Connection),
    Postgres(
        &'c mut postgres::Transaction<'t>,
        &'c mut HashMap<&'static str, Vec<Type>>,
    ),
}

/// Takes the values of one row.
type Put<'p> = &'p mut dyn FnMut(&[&dyn Param]) -> Result<(), Error>;

impl To<'_, '_> {
    /// Writes rows of a table, given by `each` with its columns in this order.
    fn rows<T>(
        &mut self,
        table: &'static str,
        columns: &str,
        items: impl IntoIterator<Item = T>,
        each: impl Fn(T, Put<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            To::Sqlite(connection) => {
                let marks = vec!["?"; columns.split(',').count()].join(", ");
                let sql = format!("INSERT INTO {table} ({columns}) VALUES ({marks})");
                let mut insert = connection.prepare_cached(&sql)?;
                for item in items {
                    each(item, &mut |values| {
                        for (at, value) in values.iter().enumerate() {
                            insert.raw_bind_parameter(at + 1, *value as &dyn rusqlite::ToSql)?;
                        }
                        insert.raw_execute()?;
                        Ok(())
                    })?;
                }
            }
            To::Postgres(tx, known) => {
                if !known.contains_key(table) {
                    let like = tx.prepare(&format!("SELECT {columns} FROM {table}"))?;
                    let types = like.columns().iter().map(|c| c.type_().clone()).collect();
                    known.insert(table, types);
                }
                let copy = format!("COPY {table} ({columns}) FROM STDIN BINARY");
                let mut writer = BinaryCopyInWriter::new(tx.copy_in(&copy)?, &known[table]);
                for item in items {
                    each(item, &mut |values| {
                        let values = values.iter().map(|v| *v as &(dyn ToSql + Sync));
                        Ok(writer.write(&values.collect::<Vec<_>>())?)
                    })?;
                }
                writer.finish()?;
            }
        }
        Ok(())
    }
}

fn write_all(to: &mut To<'_, '_>, batch: &Batch) -> Result<(), Error> {
    let accounts = || {
        let with = |one: &'_ Followed| one.account.is_some();
        batch.people.iter().filter(move |one| with(one))
    };
    to.rows(
        "persons",
        "id, health_center_id, birthdate, phone_sealed, phone_blind, language, created_at, version",
        &batch.people,
        |one, put| {
            let p = &one.person;
            put(&[
                &p.id.uuid(),
                &p.center.uuid(),
                &p.birthdate,
                &p.phone_sealed,
                &p.phone_blind,
                &p.language,
                &At(one.registered_at),
                &1i32,
            ])
        },
    )?;
    to.rows(
        "person_names",
        "person_id, script, name, key_joined, key_sorted",
        batch
            .people
            .iter()
            .flat_map(|one| one.person.names.iter().map(|name| (one.person.id, name))),
        |(id, n), put| put(&[&id.uuid(), &n.script, &n.name, &n.key_joined, &n.key_sorted]),
    )?;
    to.rows(
        "accounts",
        "id, email_sealed, email_blind, password_hash, language, created_at, password_changed_at",
        accounts(),
        |one, put| match &one.account {
            Some(a) => put(&[
                &a.row.id.uuid(),
                &a.row.email_sealed,
                &a.row.email_blind,
                &a.row.password_hash,
                &a.row.language,
                &At(a.claimed_at),
                &At(a.claimed_at),
            ]),
            None => Ok(()),
        },
    )?;
    to.rows(
        "account_sessions",
        "id, token_hash, account_id, created_at, last_seen_at, expires_at",
        accounts(),
        |one, put| match &one.account {
            Some(a) => put(&[
                &a.session.uuid(),
                &a.token_hash,
                &a.row.id.uuid(),
                &At(a.claimed_at),
                &At(a.seen_at),
                &At(a.expires_at),
            ]),
            None => Ok(()),
        },
    )?;
    cases(to, batch)?;
    reports(to, batch)?;
    audit(to, batch)
}

fn cases(to: &mut To<'_, '_>, batch: &Batch) -> Result<(), Error> {
    to.rows(
        "cases",
        "id, person_id, health_center_id, programme, hersys_id, diagnosed_on, onset_on, registered_at, registered_by,
            form_key, is_contact, account_id, claimed_at, version",
        &batch.people,
        |one, put| {
            let c = &one.case;
            put(&[
                &c.id.uuid(),
                &one.person.id.uuid(),
                &one.person.center.uuid(),
                &c.programme,
                &c.hersys_id,
                &c.diagnosed_on,
                &c.onset_on,
                &At(one.registered_at),
                &c.registered_by.map(|s| s.uuid()),
                &c.form_key,
                &i32::from(c.is_contact),
                &one.account.as_ref().map(|a| a.row.id.uuid()),
                &one.account.as_ref().map(|a| At(a.claimed_at)),
                &1i32,
            ])
        },
    )?;
    to.rows(
        "monitoring",
        "case_id, health_center_id, status, is_open, expects_reports, has_account, registered_at, registered_on, is_case,
            heard_on, reports, report_id, measured_at, received_at, temperature, spo2, level, urgency, worsening, reasons,
            risks, next_call_at, review_from, changed_at, silence_look_at, version",
        &batch.people,
        |one, put| {
            let latest = one.latest.as_ref().map(|(latest, _)| latest);
            let none = serde_json::Value::Array(Vec::new());
            put(&[
                &one.case.id.uuid(),
                &one.person.center.uuid(),
                &"home",
                &1i32,
                &1i32,
                &i32::from(one.account.is_some()),
                &At(one.registered_at),
                &one.registered_on,
                &i32::from(!one.case.is_contact),
                &latest.map_or(one.registered_on, |l| l.heard_on),
                &one.latest.as_ref().map_or(0, |(_, count)| *count),
                &latest.map(|l| l.report.uuid()),
                &latest.map(|l| At(l.measured_at)),
                &latest.map(|l| At(l.received_at)),
                &latest.and_then(|l| l.temperature),
                &latest.and_then(|l| l.spo2),
                &latest.map_or(0, |l| l.level),
                &latest.map_or(0, |l| l.urgency),
                &latest.map_or(0, |l| i32::from(l.worsening)),
                latest.map_or(&none, |l| &l.reasons),
                &"",
                &one.next_call_at.map(At),
                &one.review_from,
                &At(latest.map_or(one.registered_at, |l| l.received_at)),
                &latest
                    .and_then(|l| l.silence_look_at)
                    .unwrap_or(one.registered_at + UNHEARD)
                    .as_second(),
                &1i32,
            ])
        },
    )?;
    to.rows(
        "alerts",
        "id, health_center_id, case_id, report_id, level, reasons, times, raised_at, last_at, waiting_since, steps,
            next_step_at, version",
        batch.people.iter().filter_map(|one| one.alert.as_ref()),
        |a, put| {
            put(&[
                &a.id.uuid(),
                &a.center.uuid(),
                &a.case.uuid(),
                &a.report.map(|r| r.uuid()),
                &a.level,
                &a.reasons,
                &a.times,
                &At(a.raised_at),
                &At(a.last_at),
                &At(a.waiting_since),
                &a.steps,
                &a.next_step_at.map(At),
                &a.version,
            ])
        },
    )
}

fn reports(to: &mut To<'_, '_>, batch: &Batch) -> Result<(), Error> {
    to.rows(
        "status_reports",
        "case_id, id, questionnaire_id, channel, account_id, measured_at, received_at, health_day, temperature, spo2,
            answers, note, level, entered_by",
        &batch.reports,
        |r, put| {
            put(&[
                &r.case.uuid(),
                &r.id.uuid(),
                &r.questionnaire.uuid(),
                &r.channel,
                &r.account.map(|a| a.uuid()),
                &At(r.measured_at),
                &At(r.received_at),
                &r.health_day,
                &r.temperature,
                &r.spo2,
                &r.answers,
                &r.note,
                &r.level,
                &r.entered_by.map(|s| s.uuid()),
            ])
        },
    )
}

fn audit(to: &mut To<'_, '_>, batch: &Batch) -> Result<(), Error> {
    to.rows(
        "audit_log",
        "chain, seq, at, actor_kind, actor_id, jurisdiction_id, action, case_id, subject_id, details, mac",
        &batch.audit,
        |line, put| {
            let e = &line.entry;
            put(&[
                &line.chain,
                &line.seq,
                &At(e.at),
                &e.actor_kind,
                &e.actor,
                &e.place.map(|p| p.uuid()),
                &e.action,
                &e.case.map(|c| c.uuid()),
                &e.subject,
                &e.details,
                &line.mac,
            ])
        },
    )?;
    let sql = "UPDATE audit_heads SET seq = $1, last_mac = $2, mac = $3 WHERE chain = $4";
    for head in &batch.heads {
        match to {
            To::Sqlite(connection) => {
                let mut update = connection.prepare_cached(sql)?;
                update.execute((head.seq, &head.last_mac, &head.mac, head.chain))?;
            }
            To::Postgres(tx, _) => {
                tx.execute(sql, &[&head.seq, &head.last_mac, &head.mac, &head.chain])?;
            }
        }
    }
    Ok(())
}
