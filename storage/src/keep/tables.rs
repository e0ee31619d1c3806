//! Which tables there are: the schema is asked, so that none can be forgotten.

use super::Error;
use super::rows::{Column, Table};
use rusqlite::Connection;

pub(super) fn tables_of_sqlite(connection: &Connection) -> Result<Vec<Table>, Error> {
    let mut statement = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut tables = Vec::new();
    for name in names {
        let name = name?;
        let mut columns = Vec::new();
        let mut key = Vec::new();
        let mut statement =
            connection.prepare("SELECT name, type, pk FROM pragma_table_info(?) ORDER BY name")?;
        let mut rows = statement.query([&name])?;
        while let Some(row) = rows.next()? {
            let column = Column {
                name: row.get(0)?,
                kind: row.get(1)?,
            };
            let place: i64 = row.get(2)?;
            if place > 0 {
                key.push((place, column.name.clone()));
            }
            columns.push(column);
        }
        key.sort();
        let key = key.into_iter().map(|(_, name)| name).collect();
        tables.push(Table { name, columns, key });
    }
    Ok(tables)
}

/// Partitions come with the table that they are parts of. Those that were taken out of it are an archive beside the
/// database, which has a copy of its own (docs/operating/partitions.md): no release would know where to put them.
pub(super) fn tables_of_postgres(
    client: &mut impl postgres::GenericClient,
) -> Result<Vec<Table>, Error> {
    let rows = client.query(
        "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL),
            COALESCE(array_position(i.indkey::int2[], a.attnum), -1)
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relname !~ '^(status_reports|audit_log)_(first|default|[0-9]{4}h[12])$'
            AND c.relnamespace = current_schema()::regnamespace AND a.attgenerated = ''
        ORDER BY c.relname COLLATE \"C\", a.attname COLLATE \"C\"",
        &[],
    )?;
    let mut tables: Vec<(Table, Vec<(i32, String)>)> = Vec::new();
    for row in &rows {
        let name: String = row.get(0);
        if tables.last().is_none_or(|(last, _)| last.name != name) {
            let table = Table {
                name,
                columns: Vec::new(),
                key: Vec::new(),
            };
            tables.push((table, Vec::new()));
        }
        let Some((table, key)) = tables.last_mut() else {
            continue;
        };
        let column = Column {
            name: row.get(1),
            kind: row.get(2),
        };
        let place: i32 = row.get(3);
        if place >= 0 {
            key.push((place, column.name.clone()));
        }
        table.columns.push(column);
    }
    Ok(tables
        .into_iter()
        .map(|(mut table, mut key)| {
            key.sort();
            table.key = key.into_iter().map(|(_, name)| name).collect();
            table
        })
        .collect())
}
