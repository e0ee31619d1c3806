//! A half-year of reports that was taken out is put back. Meanwhile records may have become one, or two again, and whoever
//! the reports are of may have been purged: each report goes to the record where it would be if it had never been away.

use super::whose::send_to_their_records;
use super::{HalfYear, Part, Table, alone, busy, standing};
use crate::engine::{Error, Tx};
use domain::ids::CaseId;
use uuid::Uuid;

/// Whoever reports stands behind the attaching while that waits for others, so it gives up and can be run again.
const ATTACHING: &str = "SET LOCAL lock_timeout = '2s'";

/// The ids of the reports that a table may hold: from the first on, and below the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ids(pub Uuid, pub Uuid);

/// How a half-year came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// Its table is a part of the reports again.
    Attached(Ids),
    /// Another part holds what is of that time, as in a database that was restored: its rows stand there, and its table is gone.
    Moved(Ids),
    /// It was a part already.
    Stood(Ids),
}

impl Back {
    /// The ids of its reports.
    pub fn ids(self) -> Ids {
        match self {
            Back::Attached(ids) | Back::Moved(ids) | Back::Stood(ids) => ids,
        }
    }
}

/// A half-year by the name of its table.
fn half_year(name: &str) -> Option<HalfYear> {
    let (year, half) = name.strip_prefix("status_reports_")?.split_once('h')?;
    let is_year = year.len() == 4 && year.bytes().all(|digit| digit.is_ascii_digit());
    let half = HalfYear {
        year: year.parse().ok().filter(|_| is_year)?,
        is_second: match half {
            "1" => false,
            "2" => true,
            _ => return None,
        },
    };
    Some(half)
}

impl Part {
    /// The ids of the reports that it holds; none of the part for everything else.
    fn ids(&self) -> Option<Ids> {
        let quoted = self.bounds.split('\'').skip(1).step_by(2);
        let bounds: Vec<Uuid> = quoted.filter_map(|id| id.parse().ok()).collect();
        match bounds[..] {
            [to] => Some(Ids(Uuid::nil(), to)),
            [from, to] => Some(Ids(from, to)),
            _ => None,
        }
    }
}

/// Puts a table of reports back that stands beside the others, such as `pg_restore` leaves it.
///
/// # Errors
/// [`Error::Refused`] where it is no such table. [`Error::Busy`] where the reports were in use for too long: nothing is changed
/// then, and trying again helps.
pub fn put_back(tx: &mut Tx<'_>, name: &str) -> Result<Back, Error> {
    if tx.is_sqlite() {
        return Err(Error::Refused(
            "the embedded database keeps its reports whole: there is nothing to put back"
                .to_owned(),
        ));
    }
    let parts = standing(tx, Table::Reports)?;
    let ids = match half_year(name) {
        Some(half) => Ids(half.first_id(), half.next().first_id()),
        None => first_part(name, &parts)?,
    };
    // Nothing but such a name comes into a statement.
    let is_part: Option<bool> = tx.query_opt(
        "SELECT relispartition FROM pg_class WHERE oid = to_regclass($1)::oid",
        &[&name],
        |row| row.get(0),
    )?;
    match is_part {
        Some(false) => {}
        Some(true) => return Ok(Back::Stood(ids)),
        None => {
            return Err(Error::Refused(format!(
                "there is no table {name}: put it beside the others with pg_restore first"
            )));
        }
    }
    tx.takes_long()?;
    if !alone(tx)? {
        return Err(Error::Busy);
    }
    // Nobody makes one of two records, or two of one, until these reports can be seen.
    tx.batch("LOCK TABLE merges IN SHARE ROW EXCLUSIVE MODE")
        .map_err(busy)?;
    add_columns(tx, name)?;
    let is_covered = parts
        .iter()
        .filter_map(Part::ids)
        .any(|part| part.0 < ids.1 && ids.0 < part.1);
    if !is_covered {
        take_late_ones(tx, name, ids)?;
    }
    send_to_their_records(tx, name)?;
    if is_covered {
        move_in(tx, name)?;
        return Ok(Back::Moved(ids));
    }
    attach(tx, name, ids)?;
    Ok(Back::Attached(ids))
}

/// The ids of the first part, which was there before the table was cut: all before those that stand.
fn first_part(name: &str, parts: &[Part]) -> Result<Ids, Error> {
    let others = parts.iter().filter(|part| part.name != name);
    let first = others.filter_map(Part::ids).min_by_key(|ids| ids.0);
    match first {
        Some(Ids(from, _)) if name == "status_reports_first" && !from.is_nil() => {
            Ok(Ids(Uuid::nil(), from))
        }
        _ => Err(Error::Refused(format!(
            "{name} is no half-year of reports that can be put back; such a table is named status_reports_2027h1"
        ))),
    }
}

/// Columns that a release has brought since the table was taken out.
fn add_columns(tx: &mut Tx<'_>, name: &str) -> Result<(), Error> {
    tx.batch(&format!(
        "DO $$ DECLARE c record; BEGIN
            FOR c IN SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS kind,
                    COALESCE((SELECT format(' COLLATE %I.%I', n.nspname, k.collname) FROM pg_collation k
                        JOIN pg_namespace n ON n.oid = k.collnamespace JOIN pg_type t ON t.oid = a.atttypid
                        WHERE k.oid = a.attcollation AND a.attcollation <> t.typcollation), '')
                    || COALESCE(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
                    || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END AS more
                FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attrelid = 'status_reports'::regclass AND a.attnum > 0 AND NOT a.attisdropped
                    AND NOT EXISTS (SELECT 1 FROM pg_attribute b WHERE b.attrelid = '{name}'::regclass
                        AND b.attname = a.attname AND b.attnum > 0 AND NOT b.attisdropped)
                ORDER BY a.attnum
            LOOP EXECUTE format('ALTER TABLE {name} ADD COLUMN %I %s%s', c.name, c.kind, c.more); END LOOP;
         END $$"
    ))
}

/// Runs a statement in which `%1$s` stands for the columns of the reports: a file from before has them in another order.
fn with_columns(tx: &mut Tx<'_>, statement: &str) -> Result<(), Error> {
    tx.batch(&format!(
        "DO $$ DECLARE columns text; BEGIN
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute
                WHERE attrelid = 'status_reports'::regclass AND attnum > 0 AND NOT attisdropped;
            EXECUTE format($statement${statement}$statement$, columns);
         END $$"
    ))
}

/// Reports that came so late that their half-year was out.
fn take_late_ones(tx: &mut Tx<'_>, name: &str, Ids(from, to): Ids) -> Result<(), Error> {
    with_columns(
        tx,
        &format!(
            "WITH late AS (DELETE FROM status_reports_default WHERE id >= '{from}' AND id < '{to}' RETURNING %1$s)
             INSERT INTO {name} (%1$s) SELECT * FROM late ON CONFLICT DO NOTHING"
        ),
    )
}

/// What stands there already stays as it is.
fn move_in(tx: &mut Tx<'_>, name: &str) -> Result<(), Error> {
    with_columns(
        tx,
        &format!(
            "INSERT INTO status_reports (%1$s) SELECT %1$s FROM {name} ON CONFLICT DO NOTHING"
        ),
    )?;
    tx.batch(&format!("DROP TABLE {name}"))
}

/// The bounds are looked at before, while nobody waits: attaching then reads nothing.
fn attach(tx: &mut Tx<'_>, name: &str, Ids(from, to): Ids) -> Result<(), Error> {
    let begins = match from.is_nil() {
        true => "MINVALUE".to_owned(),
        false => format!("'{from}'"),
    };
    tx.batch(&format!(
        "ALTER TABLE {name} ADD CONSTRAINT {name}_bound CHECK (id IS NOT NULL AND id >= '{from}' AND id < '{to}')"
    ))?;
    tx.batch(&format!(
        "{ATTACHING};
         ALTER TABLE status_reports ATTACH PARTITION {name} FOR VALUES FROM ({begins}) TO ('{to}');
         ALTER TABLE {name} DROP CONSTRAINT {name}_bound"
    ))
    .map_err(busy)
}

/// The records whose latest state may have to be looked at anew after reports came back: those that have none although they
/// have such a report, and those that became one with another, or two again.
pub fn to_look_at(tx: &mut Tx<'_>, Ids(from, to): Ids) -> Result<Vec<CaseId>, Error> {
    tx.query(
        "SELECT m.case_id FROM monitoring m
         WHERE (m.report_id IS NULL
                OR m.case_id IN (SELECT kept_id FROM merges UNION SELECT merged_id FROM merges))
            AND EXISTS (SELECT 1 FROM status_reports r
                WHERE r.case_id = m.case_id AND r.id >= $1 AND r.id < $2 AND r.in_error_at IS NULL)
         ORDER BY m.case_id",
        &[&from, &to],
        |row| Ok(CaseId::from_uuid(row.get(0)?)),
    )
}

/// Counts the reports of a record anew. Others of it may be out still, so that there are never fewer than before.
pub fn count_again(tx: &mut Tx<'_>, case: CaseId) -> Result<(), Error> {
    tx.execute(
        "UPDATE monitoring SET reports = (SELECT count(*) FROM status_reports r WHERE r.case_id = $1 AND r.in_error_at IS NULL)
         WHERE case_id = $1
            AND reports < (SELECT count(*) FROM status_reports r WHERE r.case_id = $1 AND r.in_error_at IS NULL)",
        &[&case.uuid()],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_half_years_of_reports_have_such_names() {
        let half = half_year("status_reports_2027h1").unwrap();
        assert_eq!(half.name(Table::Reports), "status_reports_2027h1");
        for name in [
            "status_reports_2027h3",
            "status_reports_27h1",
            "status_reports_2027h1; DROP TABLE cases",
            "status_reports_-027h1",
            "audit_log_2027h1",
            "status_reports_first",
        ] {
            assert!(half_year(name).is_none(), "{name}");
        }
    }
}
