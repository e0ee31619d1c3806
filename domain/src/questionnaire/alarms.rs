//! What a changed questionnaire alarms on no more. A slip of the finger in a threshold silences it for everybody, and
//! nobody is told of what does not happen: so whoever sets it says that it is meant.

use super::{NumberRule, QuestionId, Questionnaire};
use crate::course::Quieter;

/// Something that is alarming by one questionnaire and not by another; of the rules of a course, something by which fewer people
/// become urgent, or later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Silenced {
    /// Body temperatures from the first to the last, in tenths of a degree Celsius.
    Temperature(i32, i32),
    /// Oxygen saturations from the first to the last, in per cent.
    Spo2(i32, i32),
    /// A "yes" to a question or a sign.
    Question(QuestionId),
    /// A rule on the course.
    Course(Quieter),
}

/// What is silenced, as one word for a form: whoever says that it is meant means these and no others.
pub fn mark(silenced: &[Silenced]) -> String {
    let words = silenced.iter().map(|one| match one {
        Silenced::Temperature(from, to) => format!("t{from}-{to}"),
        Silenced::Spo2(from, to) => format!("s{from}-{to}"),
        Silenced::Question(id) => format!("q{}", id.as_str()),
        Silenced::Course(one) => one.mark(),
    });
    words.collect::<Vec<_>>().join("+")
}

/// A threshold that lies outside what is possible, and so is never or always reached: of which number, what it is, and
/// from where to where it may lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unreachable {
    /// Whether it is one of body temperature, in tenths of a degree Celsius; else of oxygen saturation, in per cent.
    pub is_temperature: bool,
    /// What stands there.
    pub value: i32,
    /// The lowest and the highest possible number.
    pub possible: (i32, i32),
}

/// Thresholds that no possible number tells from none. Asked where a questionnaire is set, not where one is read that
/// stands: it judges on as it did.
pub fn unreachable_thresholds(questionnaire: &Questionnaire) -> Vec<Unreachable> {
    [
        (true, &questionnaire.temperature),
        (false, &questionnaire.spo2),
    ]
    .into_iter()
    .flat_map(|(is_temperature, rule)| {
        rule.thresholds
            .iter()
            .filter_map(|one| one.at_or_above.or(one.at_or_below))
            .filter(|value| !rule.is_possible(*value))
            .map(move |value| Unreachable {
                is_temperature,
                value,
                possible: rule.possible,
            })
    })
    .collect()
}

/// The numbers from which on a rule may say something else than just below.
fn steps(rule: &NumberRule) -> impl Iterator<Item = i64> {
    let thresholds = rule.thresholds.iter().flat_map(|one| {
        let upward = one.at_or_above.map(i64::from);
        let downward = one.at_or_below.map(|to| i64::from(to) + 1);
        [upward, downward].into_iter().flatten()
    });
    let (low, high) = rule.possible;
    thresholds.chain([i64::from(low), i64::from(high) + 1])
}

/// The runs of possible numbers that are alarming by the old rule and not by the new one. What the new one takes for impossible
/// cannot be sent any more, and is understood by nobody. Looked at from step to step: between two of them nothing differs, and
/// a file may call thousands of millions possible.
fn silenced_numbers(old: &NumberRule, new: &NumberRule) -> Vec<(i32, i32)> {
    let mut steps: Vec<i32> = steps(old)
        .chain(steps(new))
        .filter_map(|at| i32::try_from(at).ok())
        .filter(|at| old.is_possible(*at))
        .collect();
    steps.sort_unstable();
    steps.dedup();
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for (at, &from) in steps.iter().enumerate() {
        let to = steps.get(at + 1).map_or(old.possible.1, |next| next - 1);
        let is_alarming = new.is_possible(from) && new.level(from).is_danger();
        if !old.level(from).is_danger() || is_alarming {
            continue;
        }
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == from => *last = to,
            _ => runs.push((from, to)),
        }
    }
    runs
}

/// What is alarming by any of the old questionnaires and by the new one is not.
pub fn silenced(old: &[&Questionnaire], new: &Questionnaire) -> Vec<Silenced> {
    let mut all = Vec::new();
    for old in old {
        let temperatures = silenced_numbers(&old.temperature, &new.temperature);
        let saturations = silenced_numbers(&old.spo2, &new.spo2);
        let questions = old.asked().filter(|question| {
            let now = new.question(&question.id);
            question.yes.is_danger() && now.is_none_or(|now| !now.yes.is_danger())
        });
        let found = temperatures
            .into_iter()
            .map(|(from, to)| Silenced::Temperature(from, to))
            .chain(
                saturations
                    .into_iter()
                    .map(|(from, to)| Silenced::Spo2(from, to)),
            )
            .chain(questions.map(|question| Silenced::Question(question.id.clone())));
        for one in found {
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::{parse_toml, shipped};
    use super::*;

    fn changed(from: &str, to: &str) -> Questionnaire {
        let good = include_str!("../../../programmes/covid-19.toml");
        assert!(good.contains(from), "{from}");
        parse_toml(&good.replace(from, to)).unwrap().pop().unwrap()
    }

    #[test]
    fn what_would_not_alarm_any_more_is_named() {
        let old = shipped().pop().unwrap();
        let of = |new: &Questionnaire| silenced(&[&old], new);
        assert_eq!(of(&old), []);
        #[rustfmt::skip]
        let table = [
            ("at_or_above = 400,", "at_or_above = 4000,", Silenced::Temperature(400, 440)),
            ("at_or_above = 400,", "at_or_above = 405,", Silenced::Temperature(400, 404)),
            ("at_or_below = 93,", "at_or_below = 92,", Silenced::Spo2(93, 93)),
            ("possible = [40, 100]", "possible = [70, 100]", Silenced::Spo2(40, 69)),
            ("id = \"sign_pulse\"", "id = \"sign_heart\"", Silenced::Question(QuestionId::new("sign_pulse"))),
        ];
        for (from, to, what) in table {
            assert_eq!(of(&changed(from, to)), [what], "{to}");
        }
        assert_eq!(of(&changed("at_or_below = 93,", "at_or_below = 94,")), []);
    }

    #[test]
    fn what_would_not_alarm_is_named_at_once_however_much_is_possible() {
        let possible = "possible = [-2000000000, 2000000000]";
        let with = |text: &str| text.replace("possible = [300, 440]", possible);
        let good = with(include_str!("../../../programmes/covid-19.toml"));
        assert!(good.contains(possible));
        let old = parse_toml(&good).unwrap().pop().unwrap();
        let rarer = good.replace("at_or_above = 400,", "at_or_above = 405,");
        let rarer = parse_toml(&rarer).unwrap().pop().unwrap();
        assert_eq!(silenced(&[&old], &old), []);
        let less = [Silenced::Temperature(400, 404)];
        assert_eq!(silenced(&[&old], &rarer), less);
        // All that the new one takes for impossible, as one run.
        let shipped = shipped().pop().unwrap();
        let above = Silenced::Temperature(441, 2_000_000_000);
        assert!(silenced(&[&old], &shipped).contains(&above));
    }

    #[test]
    fn a_threshold_lies_within_what_is_possible() {
        let out = |from, to| unreachable_thresholds(&changed(from, to));
        assert_eq!(unreachable_thresholds(&shipped()[0]), []);
        let found = out("at_or_above = 400,", "at_or_above = 4000,");
        assert!(
            found
                .iter()
                .all(|one| one.is_temperature && one.value == 4000 && one.possible == (300, 440))
        );
        assert!(!found.is_empty());
        assert!(
            out("at_or_below = 93,", "at_or_below = 9,")
                .iter()
                .all(|one| !one.is_temperature)
        );
        assert_eq!(out("at_or_above = 400,", "at_or_above = 440,"), []);
    }
}
