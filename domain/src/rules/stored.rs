//! Rules that stand in the database already. While nodes are changed one after the other, a newer release beside this one may
//! have set a rule with a key that this one does not know: what this one knows of it holds, for a rule that nobody reads
//! judges nobody. A file that somebody brings is read strictly: there, an unknown key is a slip of the pen.

use super::{FileError, RuleFile, RuleKind, read_one};
use crate::questionnaire::Questionnaire;
use crate::{course, isolation, message_texts, notification, questionnaire};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;
use std::cell::RefCell;
use std::fmt;
use toml_edit::{Item, TableLike};

/// A step down into a file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    At(usize),
}

/// Where a key stands that means nothing here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey(Vec<Step>);

impl fmt::Display for UnknownKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::At(_) => None,
        });
        f.write_str(&keys.collect::<Vec<_>>().join("."))
    }
}

/// Reads a rule as it stands in the database, and tells which of its keys mean nothing to this release. Its text stays as it
/// is: whoever changes it here is told of those keys, so that none is lost in silence.
///
/// # Errors
/// As [`read_one`], where it cannot be understood without those keys either.
pub fn read_stored(kind: RuleKind, text: &str) -> Result<(RuleFile, Vec<UnknownKey>), FileError> {
    let refused = match read_one(kind, text) {
        Ok(file) => return Ok((file, Vec::new())),
        Err(refused) => refused,
    };
    let unknown = match kind {
        RuleKind::Questionnaire => questionnaire::unknown_keys(text),
        RuleKind::Course => course::unknown_keys(text),
        RuleKind::Isolation => isolation::unknown_keys(text),
        RuleKind::Notification => notification::unknown_keys(text),
        RuleKind::Messages => message_texts::unknown_keys(text),
    };
    if unknown.is_empty() {
        return Err(refused);
    }
    let mut document = super::document(text)?;
    for key in &unknown {
        take_out(document.as_table_mut(), &key.0);
    }
    let mut file = read_one(kind, &document.to_string())?;
    text.clone_into(&mut file.text);
    Ok((file, unknown))
}

/// The same of a questionnaire that stands by itself.
///
/// # Errors
/// What is wrong, for the operator, where it cannot be understood without those keys either.
pub fn read_stored_questionnaire(
    mut stored: Value,
) -> Result<(Questionnaire, Vec<UnknownKey>), serde_json::Error> {
    let unknown = unknown_in::<Questionnaire>(&stored);
    for key in &unknown {
        take_out_of_json(&mut stored, &key.0);
    }
    Ok((serde_json::from_value(stored)?, unknown))
}

/// The keys of a text that a type does not know.
pub(crate) fn unknown_in_toml<T: DeserializeOwned>(text: &str) -> Vec<UnknownKey> {
    toml::from_str::<Value>(text)
        .map(|value| unknown_in::<T>(&value))
        .unwrap_or_default()
}

fn unknown_in<T: DeserializeOwned>(value: &Value) -> Vec<UnknownKey> {
    let found = RefCell::new(Vec::new());
    let look = Look {
        value,
        path: Vec::new(),
        found: &found,
    };
    // What is wrong besides is told by whoever reads it strictly afterwards.
    let _ = T::deserialize(look);
    found.into_inner()
}

fn take_out(table: &mut dyn TableLike, path: &[Step]) {
    match path {
        [Step::Key(last)] => {
            table.remove(last);
        }
        [Step::Key(key), rest @ ..] => {
            if let Some(item) = table.get_mut(key) {
                take_out_of_item(item, rest);
            }
        }
        _ => {}
    }
}

fn take_out_of_item(item: &mut Item, path: &[Step]) {
    match (item, path) {
        (Item::ArrayOfTables(tables), [Step::At(at), rest @ ..]) => {
            if let Some(table) = tables.get_mut(*at) {
                take_out(table, rest);
            }
        }
        (Item::Table(table), _) => take_out(table, path),
        (Item::Value(value), _) => take_out_of_value(value, path),
        _ => {}
    }
}

fn take_out_of_value(value: &mut toml_edit::Value, path: &[Step]) {
    match (value, path) {
        (toml_edit::Value::Array(array), [Step::At(at), rest @ ..]) => {
            if let Some(value) = array.get_mut(*at) {
                take_out_of_value(value, rest);
            }
        }
        (toml_edit::Value::InlineTable(table), _) => take_out(table, path),
        _ => {}
    }
}

fn take_out_of_json(value: &mut Value, path: &[Step]) {
    match (value, path) {
        (Value::Object(map), [Step::Key(last)]) => {
            map.remove(last);
        }
        (Value::Object(map), [Step::Key(key), rest @ ..]) => {
            if let Some(value) = map.get_mut(key) {
                take_out_of_json(value, rest);
            }
        }
        (Value::Array(array), [Step::At(at), rest @ ..]) => {
            if let Some(value) = array.get_mut(*at) {
                take_out_of_json(value, rest);
            }
        }
        _ => {}
    }
}

/// A value that is read by a type only to see which keys the type knows.
struct Look<'de, 'f> {
    value: &'de Value,
    path: Vec<Step>,
    found: &'f RefCell<Vec<UnknownKey>>,
}

impl<'de, 'f> Look<'de, 'f> {
    fn down(&self, step: Step, value: &'de Value) -> Look<'de, 'f> {
        let mut path = self.path.clone();
        path.push(step);
        Look {
            value,
            path,
            found: self.found,
        }
    }
}

impl<'de> IntoDeserializer<'de, serde_json::Error> for Look<'de, '_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Look<'de, '_> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.value {
            Value::Array(array) => {
                let all = array.iter().enumerate();
                visitor.visit_seq(SeqDeserializer::new(
                    all.map(|(at, value)| self.down(Step::At(at), value)),
                ))
            }
            Value::Object(map) => visitor
                .visit_map(MapDeserializer::new(map.iter().map(|(key, value)| {
                    (key.as_str(), self.down(Step::Key(key.clone()), value))
                }))),
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let Value::Object(map) = self.value else {
            return self.deserialize_any(visitor);
        };
        let mut known = Vec::new();
        for (key, value) in map {
            let below = self.down(Step::Key(key.clone()), value);
            match fields.contains(&key.as_str()) {
                true => known.push((key.as_str(), below)),
                false => self.found.borrow_mut().push(UnknownKey(below.path)),
            }
        }
        visitor.visit_map(MapDeserializer::new(known.into_iter()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.value.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::super::shipped;
    use super::*;

    /// A key more in the rule itself, and one in a table below it where there is one.
    fn of_a_release_to_come(kind: RuleKind, text: &str) -> String {
        let mut document = super::super::document(text).unwrap();
        document["of_next_release"] = toml_edit::value("all of it");
        let table = super::super::only_table(&mut document, kind).unwrap();
        if kind != RuleKind::Messages {
            table["from_next_release"] = toml_edit::value(12);
        }
        if kind == RuleKind::Course {
            table["silence"]["drone_hours"] = toml_edit::value(1);
        }
        document.to_string()
    }

    #[test]
    fn what_a_newer_release_has_set_holds_as_far_as_it_is_known() {
        for kind in RuleKind::ALL {
            let ours = shipped(kind).pop().unwrap();
            let (file, unknown) = read_stored(kind, &ours.text).unwrap();
            assert_eq!((file, unknown.len()), (ours.clone(), 0));
            let newer = of_a_release_to_come(kind, &ours.text);
            assert!(read_one(kind, &newer).is_err(), "{kind:?}");
            let (file, unknown) = read_stored(kind, &newer).unwrap();
            assert_eq!(file.content, ours.content);
            assert_eq!(file.text, newer, "nothing of it is lost");
            let unknown: Vec<_> = unknown.iter().map(ToString::to_string).collect();
            assert!(unknown.contains(&"of_next_release".to_owned()));
            let deeper = "course.silence.drone_hours".to_owned();
            assert_eq!(unknown.contains(&deeper), kind == RuleKind::Course);
        }
    }

    #[test]
    fn what_cannot_be_understood_without_the_unknown_keys_is_refused() {
        let kind = RuleKind::Course;
        let ours = shipped(kind).pop().unwrap();
        let newer = of_a_release_to_come(kind, &ours.text);
        let other = newer.replacen("\nvalid_from", "\nbegins", 1);
        assert!(read_stored(kind, &other).is_err());
        assert!(read_stored(kind, "no").is_err());
    }

    #[test]
    fn questionnaires_that_stand_by_themselves_are_read_in_the_same_way() {
        for ours in crate::questionnaire::shipped() {
            let mut stored = serde_json::to_value(&ours).unwrap();
            stored["from_next_release"] = 1.into();
            stored["temperature"]["thresholds"][0]["sensor"] = "ear".into();
            assert!(serde_json::from_value::<Questionnaire>(stored.clone()).is_err());
            let (read, unknown) = read_stored_questionnaire(stored).unwrap();
            assert_eq!(read, ours);
            let mut unknown: Vec<_> = unknown.iter().map(ToString::to_string).collect();
            unknown.sort();
            assert_eq!(
                unknown,
                ["from_next_release", "temperature.thresholds.sensor"]
            );
        }
        let broken = serde_json::json!({ "from_next_release": 1 });
        assert!(read_stored_questionnaire(broken).is_err());
    }
}
