//! Where in a file something stands: by its byte, or by the name of what it is about.

use jiff::civil::Date;
use std::ops::Range;

/// The longest part of a line that is shown, in characters.
const SHOWN: usize = 80;

/// A place in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The line, from 1 on.
    pub line: usize,
    /// The character in it, from 1 on.
    pub column: usize,
    /// The line itself without outer space, cut where it is very long.
    pub text: String,
}

impl Place {
    /// Where a byte of a text stands.
    pub(super) fn of(text: &str, byte: usize) -> Place {
        let before = text.get(..byte).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text[start..].lines().next().unwrap_or_default().trim();
        Place {
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            text: line.chars().take(SHOWN).collect(),
        }
    }
}

/// The line that begins with a name and an equals sign, as `name = {` does.
fn begins_with(line: &str, name: &str) -> bool {
    line.trim_start()
        .strip_prefix(name)
        .is_some_and(|rest| rest.trim_start().starts_with('='))
}

/// The bytes of the rule that begins on a day: from that day's line to the next rule's, or to the end.
pub(super) fn section(text: &str, day: Date) -> Option<Range<usize>> {
    let day = day.to_string();
    let mut start = 0;
    let mut begun = None;
    for line in text.split_inclusive('\n') {
        if begins_with(line, "valid_from") {
            match begun {
                Some(begun) => return Some(begun..start),
                None if line.contains(&day) => begun = Some(start),
                None => {}
            }
        }
        start += line.len();
    }
    begun.map(|begun| begun..text.len())
}

fn place_of(
    text: &str,
    within: &Range<usize>,
    is_last: bool,
    fits: impl Fn(&str) -> Option<usize>,
) -> Option<Place> {
    let mut start = within.start;
    let mut found = None;
    let part = text.get(within.clone()).unwrap_or_default();
    for line in part.split_inclusive('\n') {
        let is_comment = line.trim_start().starts_with('#');
        if let Some(at) = fits(line).filter(|_| !is_comment) {
            found = Some(Place::of(text, start + at));
            if !is_last {
                return found;
            }
        }
        start += line.len();
    }
    found
}

/// Where something is named: `id = "cough"`, or `cough = {`, or else wherever it stands in quotation marks.
pub(super) fn place_of_id(
    text: &str,
    within: &Range<usize>,
    id: &str,
    is_last: bool,
) -> Option<Place> {
    let quoted = format!("\"{id}\"");
    place_of(text, within, is_last, |line| {
        (begins_with(line, "id") && line.contains(&quoted)).then(|| line.find(&quoted))?
    })
    .or_else(|| {
        place_of(text, within, is_last, |line| {
            begins_with(line, id).then(|| line.find(id))?
        })
    })
    .or_else(|| place_of(text, within, is_last, |line| line.find(&quoted)))
}

/// Where a part of a rule begins: `spo2 = {`, or a table of its own.
pub(super) fn place_of_part(text: &str, within: &Range<usize>, part: &str) -> Option<Place> {
    let table = format!(".{part}]");
    place_of(text, within, false, |line| {
        let is_table = line.trim_start().starts_with('[') && line.contains(&table);
        (is_table || begins_with(line, part)).then(|| line.find(part))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_two_of_one_name_is_the_one_to_look_at() {
        let text = "a\nid = \"x\"\n# id = \"x\"\n  id = \"x\" # again\n";
        let at = place_of_id(text, &(0..text.len()), "x", true).unwrap();
        assert_eq!((at.line, at.column), (4, 8));
        assert_eq!(at.text, "id = \"x\" # again");
        assert_eq!(
            place_of_id(text, &(0..text.len()), "x", false)
                .unwrap()
                .line,
            2
        );
        assert_eq!(Place::of("é = 1\nü", 9).line, 2);
    }

    #[test]
    fn of_several_rules_the_one_that_is_wrong_is_looked_at() {
        let good = include_str!("../../../../programmes/covid-19.toml");
        let both = good.replace("id = \"cough\"", "id = \"malaise\"");
        let (first, second) = both.split_at(both.rfind("valid_from").unwrap());
        let line_in = |text: &str| text.matches('\n').count() + 1;
        let error = crate::questionnaire::parse_toml(&both).unwrap_err();
        let line = line_in(&first[..first.rfind("id = \"malaise\"").unwrap()]);
        assert_eq!(error.at.unwrap().line, line);
        let untouched = &good[..good.rfind("valid_from").unwrap()];
        let later = untouched.to_owned() + second;
        let error = crate::questionnaire::parse_toml(&later).unwrap_err();
        assert!(error.at.unwrap().line > line_in(untouched));
    }
}
