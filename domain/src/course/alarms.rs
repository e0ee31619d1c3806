//! What changed rules of a course make nobody urgent by any more, or only later. As with a questionnaire, nobody is told of what
//! does not happen: whoever sets them says that it is meant.

use super::CourseRules;
use super::silence::Silence;

/// Something by which the rules of one course make people urgent, and those of another do not, or fewer or later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Quieter {
    /// A part that is left out, by its name in the file: `silence`.
    Part(&'static str),
    /// A number, by its place in the file: what it was, and what it is; none: it is left out.
    Number {
        /// Such as `silence.hours`.
        field: &'static str,
        /// What it was.
        from: i32,
        /// What it is.
        to: Option<i32>,
    },
    /// How urgent silence makes somebody.
    SilenceLevel,
    /// A condition that puts nobody at risk any more, by its name.
    Condition(String),
    /// What is not more urgent any more in somebody at risk: `watch` or `worsening`.
    AtRisk(&'static str),
}

impl Quieter {
    /// It as one word for a form.
    pub(crate) fn mark(&self) -> String {
        match self {
            Quieter::Part(part) => format!("c-{part}"),
            Quieter::Number { field, from, to } => {
                let to = to.map_or_else(String::new, |to| to.to_string());
                format!("c{field}:{from}-{to}")
            }
            Quieter::SilenceLevel => "c-silence.level".to_owned(),
            Quieter::Condition(name) => format!("c-risk:{name}"),
            Quieter::AtRisk(what) => format!("c-risk.{what}"),
        }
    }
}

/// Which of two numbers makes fewer people urgent, or makes them so later.
#[derive(Clone, Copy)]
enum Fewer {
    Lower,
    Higher,
}

type Number = (&'static str, Option<i32>, Fewer);

/// The numbers of some rules, by their places in the file. What a file may leave out stands here as what is meant by that.
fn numbers(rules: &CourseRules) -> [Number; 15] {
    use Fewer::{Higher, Lower};
    let (falling, rising) = (rules.spo2_falling, rules.temperature_rising);
    let (lasting, infant, silence) = (rules.fever_lasting, rules.infant, rules.silence);
    let at_risk = silence.map(|one| one.at_risk_hours.unwrap_or(one.hours));
    let alert = silence.and_then(|one| one.alert_after_hours);
    let unreached = Silence::of_unreached(silence).hours;
    [
        (
            "spo2_falling.at_or_below",
            falling.map(|one| one.at_or_below),
            Lower,
        ),
        ("spo2_falling.by", falling.map(|one| one.by), Higher),
        (
            "spo2_falling.within_hours",
            falling.map(|one| one.within_hours),
            Lower,
        ),
        (
            "temperature_rising.at_or_above",
            rising.map(|one| one.at_or_above),
            Higher,
        ),
        ("temperature_rising.by", rising.map(|one| one.by), Higher),
        (
            "temperature_rising.within_hours",
            rising.map(|one| one.within_hours),
            Lower,
        ),
        (
            "fever_lasting.at_or_above",
            lasting.map(|one| one.at_or_above),
            Higher,
        ),
        ("fever_lasting.days", lasting.map(|one| one.days), Higher),
        ("infant.below_days", infant.map(|one| one.below_days), Lower),
        (
            "infant.at_or_above",
            infant.map(|one| one.at_or_above),
            Higher,
        ),
        ("silence.hours", silence.map(|one| one.hours), Higher),
        ("silence.at_risk_hours", at_risk, Higher),
        ("silence.alert_after_hours", alert, Higher),
        ("silence.unreached_hours", Some(unreached), Higher),
        (
            "risk.age_at_or_above",
            Some(rules.risk.age_at_or_above),
            Higher,
        ),
    ]
}

/// The parts that a file may leave out, and whether it does not.
fn parts(rules: &CourseRules) -> [(&'static str, bool); 5] {
    [
        ("spo2_falling", rules.spo2_falling.is_some()),
        ("temperature_rising", rules.temperature_rising.is_some()),
        ("fever_lasting", rules.fever_lasting.is_some()),
        ("infant", rules.infant.is_some()),
        ("silence", rules.silence.is_some()),
    ]
}

fn quieter_than(old: &CourseRules, new: &CourseRules) -> Vec<Quieter> {
    let left_out: Vec<&'static str> = parts(old)
        .into_iter()
        .zip(parts(new))
        .filter(|((_, was), (_, is))| *was && !is)
        .map(|((part, _), _)| part)
        .collect();
    let is_left_out = |field: &str| {
        let part = field.split('.').next().unwrap_or_default();
        // Whom nobody has reached yet is asked for all the same.
        left_out.contains(&part) && field != "silence.unreached_hours"
    };
    let number = |((field, from, fewer), (_, to, _)): (Number, Number)| {
        let from = from.filter(|_| !is_left_out(field))?;
        let is_fewer = match (to, fewer) {
            (None, _) => true,
            (Some(to), Fewer::Lower) => to < from,
            (Some(to), Fewer::Higher) => to > from,
        };
        is_fewer.then_some(Quieter::Number { field, from, to })
    };
    let silence_level = (old.silence.zip(new.silence))
        .filter(|(old, new)| new.level < old.level)
        .map(|_| Quieter::SilenceLevel);
    let conditions = old.risk.conditions.iter();
    let conditions = conditions.filter(|name| !new.risk.conditions.contains(name));
    let at_risk = [
        ("watch", old.risk.raises_watch && !new.risk.raises_watch),
        (
            "worsening",
            old.risk.raises_worsening && !new.risk.raises_worsening,
        ),
    ];
    let all_numbers = numbers(old).into_iter().zip(numbers(new));
    (left_out.iter().map(|part| Quieter::Part(part)))
        .chain(all_numbers.filter_map(number))
        .chain(silence_level)
        .chain(conditions.map(|name| Quieter::Condition(name.clone())))
        .chain(
            at_risk
                .into_iter()
                .filter(|(_, is)| *is)
                .map(|(what, _)| Quieter::AtRisk(what)),
        )
        .collect()
}

/// What makes people urgent by any of the old rules, and by the new ones does not, or only later.
pub fn quieter(old: &[&CourseRules], new: &CourseRules) -> Vec<Quieter> {
    let mut all = Vec::new();
    for one in old.iter().flat_map(|old| quieter_than(old, new)) {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::{parse_toml, shipped};
    use super::*;

    fn changed(from: &str, to: &str) -> CourseRules {
        let good = include_str!("../../../programmes/course-covid-19.toml");
        // The rules that hold stand last.
        let at = good.rfind(from).unwrap_or_else(|| panic!("{from}"));
        let text = format!("{}{to}{}", &good[..at], &good[at + from.len()..]);
        parse_toml(&text).unwrap().1.pop().unwrap()
    }

    #[test]
    fn what_would_make_nobody_urgent_any_more_is_named() {
        let old = shipped().1.pop().unwrap();
        let of = |new: &CourseRules| quieter(&[&old], new);
        assert_eq!(of(&old), []);
        let number = |field, from, to| Quieter::Number { field, from, to };
        #[rustfmt::skip]
        let table = [
            ("at_or_below = 95", "at_or_below = 93", number("spo2_falling.at_or_below", 95, Some(93))),
            ("within_hours = 72", "within_hours = 0", number("spo2_falling.within_hours", 72, Some(0))),
            ("days = 4\n", "days = 40\n", number("fever_lasting.days", 4, Some(40))),
            ("below_days = 90", "below_days = 30", number("infant.below_days", 90, Some(30))),
            ("[course.infant]\nbelow_days = 90\nat_or_above = 380", "", Quieter::Part("infant")),
            ("alert_after_hours = 48", "", number("silence.alert_after_hours", 48, None)),
            ("alert_after_hours = 48", "alert_after_hours = 49", number("silence.alert_after_hours", 48, Some(49))),
            ("unreached_hours = 24", "unreached_hours = 25", number("silence.unreached_hours", 24, Some(25))),
            ("age_at_or_above = 65", "age_at_or_above = 650", number("risk.age_at_or_above", 65, Some(650))),
            ("\"pregnancy\"", "\"pregnant\"", Quieter::Condition("pregnancy".to_owned())),
            ("raises_worsening = true", "raises_worsening = false", Quieter::AtRisk("worsening")),
        ];
        for (from, to, what) in table {
            assert_eq!(of(&changed(from, to)), [what], "{to}");
        }
        // Without it silence is no part of the rules; whoever was never reached is looked for after a day as before.
        let mut silent = old.clone();
        silent.silence = None;
        assert_eq!(of(&silent), [Quieter::Part("silence")]);
        let mut alarming = old.clone();
        alarming.silence.as_mut().unwrap().level = crate::urgency::Level::Alarming;
        assert_eq!(of(&alarming), []);
        assert_eq!(quieter(&[&alarming], &old), [Quieter::SilenceLevel]);
    }

    #[test]
    fn what_makes_more_people_urgent_is_not_asked_about() {
        let old = shipped().1.pop().unwrap();
        for (from, to) in [
            ("at_or_below = 95", "at_or_below = 96"),
            ("within_hours = 36", "within_hours = 48"),
            ("hours = 30", "hours = 28"),
            ("age_at_or_above = 65", "age_at_or_above = 60"),
            ("raises_watch = false", "raises_watch = true"),
        ] {
            assert_eq!(quieter(&[&old], &changed(from, to)), [], "{to}");
        }
    }
}
