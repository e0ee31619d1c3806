//! What another center was told of how a person is reached, while both wrote into one row: it goes out of the record of the center that
//! had handed the person over. That one may read nothing of what the new one was told.

use super::{SEALED_AS, Values, open_values};
use crate::App;
use domain::ids::{HealthCenterId, PersonId};
use std::collections::{BTreeMap, HashMap, HashSet};
use storage::case_registration as cases;
use storage::corrections::{self as rows, CorrectionRow};
use storage::{Error, Tx};

/// What tells how a person is reached, and where they are.
const REACHED: [&str; 4] = ["phone", "email", "address", "whereabouts"];

/// What was corrected, without what tells how a person is reached.
fn without_reached(values: &Values) -> serde_json::Value {
    let mut values = values.clone();
    values.retain(|name, _| !REACHED.contains(&name.as_str()));
    serde_json::Value::Object(values)
}

/// Takes the corrections that other centers made of how a person is reached out of the records of `own`, a center's row of the person,
/// where they stand in those of the other row, too, and were made since that one was handed over: until then they were told to both.
/// Tells what each field said before, unless the center itself has corrected it since.
pub(crate) fn take_out_not_own(
    app: &App,
    tx: &mut Tx<'_>,
    (own, other): (PersonId, PersonId),
    center: HealthCenterId,
) -> Result<HashMap<&'static str, String>, Error> {
    let Some(handed_over) = cases::handed_over_by(tx, center, other)? else {
        return Ok(HashMap::new());
    };
    let mut elsewhere = HashSet::new();
    for case in cases::of_person(tx, other)? {
        elsewhere.extend(rows::of_case(tx, case.id)?.into_iter().map(|line| line.id));
    }
    // In the order in which they were made. The same line stands in each record of the person.
    let mut lines = BTreeMap::new();
    for case in cases::of_person(tx, own)? {
        for line in rows::of_case(tx, case.id)? {
            if line.subject == "attributes" {
                lines.insert((line.at, line.id, case.id), line);
            }
        }
    }
    let mut stood: HashMap<&'static str, String> = HashMap::new();
    for line in lines.into_values() {
        // What cannot be read tells nobody anything.
        let (Ok(before), Ok(after)) = (
            open_values(app, &line.before_sealed),
            open_values(app, &line.after_sealed),
        ) else {
            continue;
        };
        let changed: Vec<&'static str> = REACHED
            .into_iter()
            .filter(|name| before.get(*name) != after.get(*name))
            .collect();
        if changed.is_empty() {
            continue;
        }
        let is_theirs = line.at >= handed_over
            && elsewhere.contains(&line.id)
            && rows::is_of_another_center(tx, &line, center)?;
        if is_theirs {
            rows::take_out(tx, &line)?;
            // Who the person is stays as it was corrected, and so does the line that says so. Its reason may tell of the rest.
            let (before, after) = (without_reached(&before), without_reached(&after));
            if before != after {
                let seal = |text: &str| app.keys().seal_text(SEALED_AS, text);
                let rest = CorrectionRow {
                    reason_sealed: seal(""),
                    before_sealed: seal(&before.to_string()),
                    after_sealed: seal(&after.to_string()),
                    ..line
                };
                rows::insert(tx, &rest)?;
            }
        }
        for name in changed {
            match before.get(name).and_then(|value| value.as_str()) {
                Some(value) if is_theirs => {
                    stood.entry(name).or_insert_with(|| value.to_owned());
                }
                _ => {
                    stood.remove(name);
                }
            }
        }
    }
    Ok(stood)
}
