//! The numbers, words and choices of a rule as fields.

use super::rule_problem::text_problem;
use crate::fields::{AreaField, SelectField, TextField};
use crate::page::Page;
use domain::message_texts::TextProblem;
use domain::rules::{FieldSpec, Unit};

/// A field with its label, its unit and what is wrong with it.
pub(super) fn number_field(
    page: &mut Page,
    spec: &FieldSpec,
    (value, (low, high)): (&str, (i64, i64)),
    wrong: Option<&TextProblem>,
    is_wrong: bool,
) -> String {
    let t = page.t;
    let label = t.say(&format!(
        "rule-field-{}",
        spec.name.replace(['.', '_'], "-")
    ));
    let shown = |number: i64| match spec.unit {
        Unit::Degrees => format!("{}.{}", number / 10, number % 10),
        _ => number.to_string(),
    };
    let problem = (is_wrong || wrong.is_some()).then(|| {
        let sentence = match spec.unit {
            // What stands in the field now comes before what was wrong with the text that it replaces.
            Unit::Words | Unit::Lines if is_wrong => match value.trim() {
                "" => t.say("problem-text-missing"),
                _ => t.say("problem-text-long"),
            },
            _ if wrong.is_some() => wrong.map_or_else(String::new, |told| text_problem(t, told)),
            Unit::OneOf(_) => t.say("contact-choose"),
            Unit::DayList => t.with1("problem-rule-days", "high", shown(high)),
            // Beside days of tests that nothing fits to.
            _ if low > high => t.say("problem-rule-tests"),
            _ if spec.name.ends_with(".free_from_day") => {
                t.with2("problem-rule-free", "low", shown(low), "high", shown(high))
            }
            _ => t.with2(
                "problem-rule-number",
                "low",
                shown(low),
                "high",
                shown(high),
            ),
        };
        let colon = page.say("colon");
        page.problem(spec.name, format!("{label}{colon}{sentence}"));
        sentence
    });
    let empty_means = match spec.unit {
        _ if !spec.is_optional => None,
        Unit::Words | Unit::Lines => Some(t.say("rule-field-release")),
        _ => Some(t.say("rule-field-optional")),
    };
    if let Unit::OneOf(all) = spec.unit {
        // What a file leaves out is the first.
        let chosen = Some(value).filter(|value| !value.is_empty());
        let chosen = chosen.or(all.first().copied()).unwrap_or_default();
        let options = all.iter().map(|word| {
            let told = t.say(&format!("level-{word}"));
            ((*word).to_owned(), told)
        });
        return SelectField::new(spec.name, label, chosen, options)
            .problem(problem)
            .to_string();
    }
    if spec.unit == Unit::Lines {
        let mut field = AreaField::new(spec.name, label)
            .hint(empty_means.unwrap_or_default())
            .value(value)
            .problem(problem);
        field.rows = 9;
        return field.to_string();
    }
    let mut field = TextField::new(spec.name, label)
        .value(value)
        .problem(problem);
    if spec.unit != Unit::Words {
        field = field.class("w-short").inputmode(match spec.unit {
            Unit::Degrees => "decimal",
            // Commas are not on every keypad of numbers.
            Unit::DayList => "text",
            _ => "numeric",
        });
        field.suffix = match spec.unit {
            Unit::Percent => "%".to_owned(),
            Unit::Degrees => "°C".to_owned(),
            Unit::Hours => t.say("unit-hours"),
            Unit::Days => t.say("unit-days"),
            Unit::Years => t.say("unit-years"),
            Unit::DayList | Unit::Words | Unit::Lines | Unit::OneOf(_) => String::new(),
        };
    }
    if spec.is_optional {
        let own = format!("rule-field-{}-hint", spec.name.replace(['.', '_'], "-"));
        let hint = if t.has(&own) {
            Some(t.say(&own))
        } else {
            empty_means
        };
        field = field.hint(hint.unwrap_or_default());
    }
    if spec.unit == Unit::Words {
        field = field.class("w-full");
    }
    field.to_string()
}
