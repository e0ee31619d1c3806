//! Whose the reports of a half-year are that comes back. The id of a report is the key of its form, and one form may have been sent
//! for two people: a report is told by its record and its id, never by its id alone.

use crate::engine::{Error, Tx};

/// A report is of the record from which the latest merge has taken it into the one that it names, or else of the one that it names;
/// where the other one has one of that id in the file itself, the merge was undone before the half-year went out. It goes to that
/// record, or to the one that has taken it in now, whose merge then knows of it. Those of nobody go, also where the record that had taken them in stands.
pub(super) fn send_to_their_records(tx: &mut Tx<'_>, name: &str) -> Result<(), Error> {
    // The table ends with the transaction. Most rows stay where they are, and are not in it.
    tx.batch(&format!(
        "CREATE UNLOGGED TABLE {name}_goes AS
         WITH told AS (SELECT m.kept_id, one.id::uuid AS id, m.merged_id, m.at
            FROM merges m CROSS JOIN LATERAL jsonb_array_elements_text(m.moved->'reports') AS one(id)
            UNION ALL SELECT kept_id, report_id, merged_id, '-infinity' FROM parted_reports),
         came AS (SELECT DISTINCT ON (t.kept_id, t.id) t.kept_id, t.id, t.merged_id FROM told t
            WHERE NOT EXISTS (SELECT 1 FROM {name} s WHERE s.case_id = t.merged_id AND s.id = t.id)
            ORDER BY t.kept_id, t.id, t.at DESC)
         SELECT p.case_id, p.id, p.id AS new_id, c.id AS owner, COALESCE(c.merged_into, c.id) AS goes_to, p.received_at
         FROM {name} p LEFT JOIN came o ON o.kept_id = p.case_id AND o.id = p.id
         LEFT JOIN cases c ON c.id = COALESCE(o.merged_id, p.case_id)
         WHERE o.id IS NOT NULL OR c.id IS NULL OR c.merged_into IS NOT NULL;
         CREATE INDEX ON {name}_goes (goes_to, id);
         ANALYZE {name}_goes;
         DELETE FROM {name} p USING {name}_goes g WHERE p.case_id = g.case_id AND p.id = g.id AND g.owner IS NULL"
    ))?;
    make_room(tx, name)?;
    tx.batch(&format!(
        "UPDATE merges m SET moved = jsonb_set(m.moved, '{{reports}}', (m.moved->'reports') || n.ids)
         FROM (SELECT m.id, jsonb_agg(g.new_id::text ORDER BY g.new_id) AS ids
            FROM {name}_goes g JOIN merges m ON m.merged_id = g.owner AND m.undone_at IS NULL
            WHERE NOT (m.moved->'reports') ? g.new_id::text GROUP BY m.id) n
         WHERE n.id = m.id;
         UPDATE {name} p SET case_id = g.goes_to, id = g.new_id FROM {name}_goes g
         WHERE p.case_id = g.case_id AND p.id = g.id AND g.goes_to <> g.case_id;
         DROP TABLE {name}_goes"
    ))
}

/// A report that goes where another one has its id gets one of its own, of the same moment, and all that names it is told: as
/// where the two records become one while it is there. The same file gives it the same id each time. A report that stands there
/// already, as in a database that was restored, was received at the same moment and is no other one.
fn make_room(tx: &mut Tx<'_>, name: &str) -> Result<(), Error> {
    tx.batch(&format!(
        "UPDATE {name}_goes g SET new_id = (left(g.id::text, 20) || left(h.hex, 3) || '-' || substr(h.hex, 4, 12))::uuid
         FROM (SELECT o.case_id, o.id, encode(sha256(convert_to(o.owner::text || o.id::text, 'UTF8')), 'hex') AS hex
            FROM {name}_goes o) h
         WHERE h.case_id = g.case_id AND h.id = g.id AND g.goes_to <> g.case_id
            AND (EXISTS (SELECT 1 FROM {name} s WHERE s.case_id = g.goes_to AND s.id = g.id)
                OR EXISTS (SELECT 1 FROM {name}_goes s
                    WHERE s.goes_to = g.goes_to AND s.id = g.id AND s.goes_to <> s.case_id
                        AND (s.owner <> s.goes_to, s.case_id) < (g.owner <> g.goes_to, g.case_id))
                OR EXISTS (SELECT 1 FROM status_reports s
                    WHERE s.case_id = g.goes_to AND s.id = g.id AND s.received_at <> g.received_at))"
    ))?;
    // What moved with the merge names the report of the record that was taken in; the rest names the other one.
    for (table, column, moved) in [
        ("alerts", "report_id", "alerts"),
        ("tasks", "report_id", "tasks"),
        ("corrections", "subject_id", "corrections"),
    ] {
        tx.batch(&format!(
            "UPDATE {table} t SET {column} = g.new_id
             FROM {name}_goes g LEFT JOIN merges m ON m.merged_id = g.owner AND m.undone_at IS NULL
             WHERE g.new_id <> g.id AND t.{column} = g.id
                AND (t.case_id = g.owner OR (t.case_id = g.goes_to AND (m.moved->'{moved}') ? t.id::text))"
        ))?;
    }
    tx.batch(&format!(
        "UPDATE monitoring t SET report_id = g.new_id FROM {name}_goes g
         WHERE g.new_id <> g.id AND t.report_id = g.id AND t.case_id = g.owner"
    ))
}
