//! Values, tables and the sum over rows, the same on both engines.

use sha2::{Digest, Sha256};

/// A stored value as both engines can say it: moments are milliseconds, ids are bytes, dates and JSON are text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// A number or a moment.
    Integer(i64),
    /// Text, a date or JSON.
    Text(String),
    /// Bytes or an id.
    Bytes(Vec<u8>),
}

impl Value {
    /// Its size in memory, roughly.
    pub(super) fn size(&self) -> usize {
        match self {
            Value::Null | Value::Integer(_) => 8,
            Value::Text(text) => text.len() + 24,
            Value::Bytes(bytes) => bytes.len() + 24,
        }
    }

    /// Appends its one spelling: a letter, then a number or a length and the bytes.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let (letter, bytes) = match self {
            Value::Null => return out.push(b'0'),
            Value::Integer(number) => {
                out.push(b'i');
                return out.extend(number.to_le_bytes());
            }
            Value::Text(text) => (b't', text.as_bytes()),
            Value::Bytes(bytes) => (b'b', bytes.as_slice()),
        };
        out.push(letter);
        out.extend((bytes.len() as u32).to_le_bytes());
        out.extend(bytes);
    }

    /// Reads what `write` has written; `None` where it is something else.
    pub(super) fn read(from: &mut &[u8]) -> Option<Value> {
        let letter = *from.split_off_first()?;
        Some(match letter {
            b'0' => Value::Null,
            b'i' => Value::Integer(i64::from_le_bytes(from.split_off(..8)?.try_into().ok()?)),
            b't' | b'b' => {
                let length = u32::from_le_bytes(from.split_off(..4)?.try_into().ok()?) as usize;
                let bytes = from.split_off(..length)?.to_vec();
                if letter == b't' {
                    Value::Text(String::from_utf8(bytes).ok()?)
                } else {
                    Value::Bytes(bytes)
                }
            }
            _ => return None,
        })
    }
}

/// A table as the schema tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns in the order of the alphabet: the engines may have them in another order.
    pub columns: Vec<Column>,
    /// The columns of the primary key, in its order.
    pub key: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type in the words of its engine.
    pub kind: String,
}

impl Table {
    /// The names of the columns, quoted, with commas between them.
    pub(super) fn list(&self) -> String {
        quoted(self.columns.iter().map(|column| column.name.as_str()))
    }

    /// Which columns hold JSON that the engine spells in its own way.
    pub fn is_json(&self) -> Vec<bool> {
        self.columns
            .iter()
            .map(|column| column.kind == "jsonb")
            .collect()
    }

    /// The names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.name.clone()).collect()
    }
}

/// Names with commas between them, safe in a statement.
pub(super) fn quoted<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names
        .map(|n| format!("\"{}\"", n.replace('"', "\"\"")))
        .collect();
    names.join(", ")
}

/// How many rows there are, and a sum of their hashes, in which their order does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many rows.
    pub rows: u64,
    total: [u64; 4],
}

impl Sum {
    /// Adds a row. JSON counts by its meaning in the columns that `is_json` names: PostgreSQL spells it anew.
    pub fn add(&mut self, row: &[Value], is_json: &[bool]) {
        let mut bytes = Vec::with_capacity(256);
        for (value, is_json) in row.iter().zip(is_json) {
            match value {
                Value::Text(text) if *is_json => Value::Text(one_spelling(text)).write(&mut bytes),
                other => other.write(&mut bytes),
            }
        }
        let hash = Sha256::digest(&bytes);
        let mut carry = false;
        for (part, eight) in self.total.iter_mut().zip(hash.chunks_exact(8)) {
            let mut number = [0; 8];
            number.copy_from_slice(eight);
            let (sum, over) = part.overflowing_add(u64::from_le_bytes(number));
            let (sum, again) = sum.overflowing_add(u64::from(carry));
            *part = sum;
            carry = over || again;
        }
        self.rows += 1;
    }

    /// The sum in hexadecimal digits.
    pub fn hash(&self) -> String {
        self.total
            .iter()
            .map(|part| format!("{part:016x}"))
            .collect()
    }
}

fn one_spelling(text: &str) -> String {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else {
        return text.to_owned();
    };
    let mut out = String::new();
    spell(&value, &mut out);
    out
}

fn spell(value: &serde_json::Value, out: &mut String) {
    use serde_json::Value as Json;
    match value {
        Json::Object(map) => {
            let mut fields: Vec<_> = map.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (name, value) in fields {
                out.push_str(&Json::from(name.as_str()).to_string());
                out.push(':');
                spell(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Json::Array(items) => {
            out.push('[');
            for item in items {
                spell(item, out);
                out.push(',');
            }
            out.push(']');
        }
        // 1 and 1.0, 1e2 and 100 are one number to PostgreSQL.
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (None, Some(float)) => out.push_str(&float.to_string()),
            _ => out.push_str(&number.to_string()),
        },
        other => out.push_str(&other.to_string()),
    }
}
