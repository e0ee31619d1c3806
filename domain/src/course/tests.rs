//! The rules of the course as tables.

use super::*;
use crate::urgency::Level::*;

fn at(hours: i64) -> Timestamp {
    "2026-11-23T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

fn measured(hours: i64, temperature: i32, spo2: i32) -> Measurement {
    Measurement {
        at: at(hours),
        temperature: (temperature > 0).then_some(temperature),
        spo2: (spo2 > 0).then_some(spo2),
        is_called_wrong: false,
    }
}

/// What is measured, hours before now; the latest last.
type Reports<'a> = &'a [(i64, i32, i32)];

#[test]
fn the_course_in_a_table_that_a_nurse_could_read() {
    let (_, rules) = shipped();
    type Row<'a> = (
        &'a str,
        Reports<'a>,
        i32,
        &'a [&'a str],
        Level,
        bool,
        &'a str,
    );
    #[rustfmt::skip]
    let table: &[Row<'_>] = &[
        ("calm",                      &[(0, 366, 98)],                                  40, &[], Calm, false, ""),
        ("94 and falling",            &[(-12, 370, 96), (0, 370, 94)],                  40, &[], Watch, true, "falling 96 94"),
        ("94 and rising",             &[(-12, 370, 93), (0, 370, 94)],                  40, &[], Calm, false, ""),
        ("fell, then came back",      &[(-24, 370, 97), (-12, 370, 94), (0, 370, 95)],  40, &[], Calm, false, ""),
        ("falling but still high",    &[(-12, 370, 99), (0, 370, 97)],                  40, &[], Calm, false, ""),
        ("fell long ago",             &[(-90, 370, 98), (0, 370, 94)],                  40, &[], Calm, false, ""),
        ("old and falling",           &[(-12, 370, 96), (0, 370, 94)],                  65, &[], Alarming, true, "falling 96 94, age 65"),
        ("pregnant and falling",      &[(-12, 370, 96), (0, 370, 94)],                  30, &["pregnancy"], Alarming, true, "falling 96 94, pregnancy"),
        ("smoker and falling",        &[(-12, 370, 96), (0, 370, 94)],                  30, &["smoking"], Watch, true, "falling 96 94"),
        ("old and calm",              &[(0, 366, 98)],                                  90, &[], Calm, false, ""),
        ("temperature rises",         &[(-12, 370, 98), (0, 385, 98)],                  40, &[], Watch, true, "rising 370 385"),
        ("temperature rises a bit",   &[(-12, 380, 98), (0, 385, 98)],                  40, &[], Calm, false, ""),
        ("climbs, step by step",      &[(-16, 369, 98), (-8, 377, 98), (0, 385, 98)],   30, &["pregnancy"], Alarming, true, "rising 369 385, pregnancy"),
        ("coming down again",         &[(-24, 369, 98), (-12, 395, 98), (0, 382, 98)],  30, &["pregnancy"], Calm, false, ""),
        ("as high as before",         &[(-24, 369, 98), (-12, 385, 98), (0, 385, 98)],  30, &["pregnancy"], Calm, false, ""),
        ("trembles",                  &[(-24, 369, 98), (-12, 385, 98), (-6, 384, 98), (0, 385, 98)], 30, &["pregnancy"], Calm, false, ""),
        ("climbs further",            &[(-24, 369, 98), (-12, 385, 98), (-6, 384, 98), (0, 388, 98)], 30, &["pregnancy"], Alarming, true, "rising 369 388, pregnancy"),
        ("was gone, and is back",     &[(-30, 369, 98), (-20, 385, 98), (-10, 371, 98), (0, 385, 98)], 30, &["pregnancy"], Alarming, true, "rising 371 385, pregnancy"),
        ("climbed long ago",          &[(-40, 369, 98), (-12, 380, 98), (0, 385, 98)],  30, &["pregnancy"], Calm, false, ""),
        ("five days of fever",        &[(-96, 384, 98), (-48, 386, 98), (0, 382, 98)],  40, &[], Watch, true, "fever 4"),
        ("fever with a day between",  &[(-96, 384, 98), (-48, 368, 98), (0, 382, 98)],  40, &[], Calm, false, ""),
        ("one that did not measure",  &[(-12, 370, 97), (-6, 0, 0), (0, 0, 95)],        40, &[], Watch, true, "falling 97 95"),
    ];
    for (name, reports, age, conditions, level, worsening, why) in table {
        let mut all: Vec<Measurement> = reports
            .iter()
            .map(|(h, t, s)| measured(*h, *t, *s))
            .collect();
        all.reverse();
        let person = AtRisk {
            age: *age,
            days: age * 365,
            conditions: conditions.iter().map(|c| (*c).to_owned()).collect(),
        };
        let course = look(
            &rules[0],
            &Assessment::default(),
            &all[0],
            &all[1..],
            &person,
        );
        assert_eq!(course.level, *level, "{name}");
        assert_eq!(course.worsening, *worsening, "{name}");
        let said: Vec<String> = course
            .reasons
            .iter()
            .map(|why| match why {
                Why::Spo2Falling { from, to } => format!("falling {from} {to}"),
                Why::TemperatureRising { from, to } => format!("rising {from} {to}"),
                Why::FeverLasting { days } => format!("fever {days}"),
                Why::Age { years } => format!("age {years}"),
                Why::Condition { name } => name.clone(),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(said.join(", "), *why, "{name}");
    }
}

#[test]
fn what_the_person_calls_wrong_is_compared_with_nothing() {
    let (_, rules) = shipped();
    let person = AtRisk {
        conditions: vec!["pregnancy".to_owned()],
        ..AtRisk::default()
    };
    let rising = |from, to| Some(Why::TemperatureRising { from, to });
    let falling = |from, to| Some(Why::Spo2Falling { from, to });
    let lasting = |days| Some(Why::FeverLasting { days });
    #[rustfmt::skip]
    let table: &[(&str, Reports<'_>, i64, Option<Why>)] = &[
        ("a slip, and up again",      &[(-18, 365, 98), (-12, 395, 98), (-6, 386, 98), (0, 392, 98)], -12, rising(365, 392)),
        ("it was none",               &[(-18, 365, 98), (-12, 395, 98), (-6, 386, 98), (0, 392, 98)], -90, None),
        ("as high before the slip",   &[(-18, 392, 98), (-12, 395, 98), (-6, 386, 98), (0, 392, 98)], -12, None),
        ("nothing but the slip",      &[(-12, 395, 98), (0, 392, 98)],                                -12, None),
        ("it rose from a low slip",   &[(-18, 381, 98), (-12, 350, 98), (0, 384, 98)],                -12, None),
        ("the low one was none",      &[(-18, 381, 98), (-12, 350, 98), (0, 384, 98)],                -90, rising(350, 384)),
        ("79 by slip for 97, then 94", &[(-24, 366, 97), (-12, 366, 79), (0, 366, 94)],               -12, falling(97, 94)),
        ("the 79 was none",           &[(-24, 366, 97), (-12, 366, 79), (0, 366, 94)],                -90, None),
        ("99 by slip for 95, then 94", &[(-24, 366, 94), (-12, 366, 99), (0, 366, 94)],               -12, None),
        ("a slip in a long fever",    &[(-100, 385, 98), (-50, 365, 98), (-24, 385, 98), (0, 385, 98)], -50, lasting(4)),
        ("one day without fever",     &[(-100, 385, 98), (-50, 365, 98), (-24, 385, 98), (0, 385, 98)], -90, None),
        ("it began with a slip",      &[(-100, 385, 98), (-24, 385, 98), (0, 385, 98)],               -100, None),
    ];
    for (name, reports, wrong, why) in table {
        let mut all: Vec<Measurement> = reports
            .iter()
            .map(|(hours, temperature, spo2)| Measurement {
                is_called_wrong: hours == wrong,
                ..measured(*hours, *temperature, *spo2)
            })
            .collect();
        all.reverse();
        let course = look(
            &rules[0],
            &Assessment::default(),
            &all[0],
            &all[1..],
            &person,
        );
        let told = course.reasons.first();
        assert_eq!(told, why.as_ref(), "{name}");
    }
}

#[test]
fn fever_in_a_small_baby_is_alarming_at_once() {
    let (_, rules) = shipped();
    let newest = rules.last().unwrap();
    let said = |rules: &CourseRules, days, temperature| {
        let person = AtRisk {
            age: days / 365,
            days,
            conditions: Vec::new(),
        };
        let now = measured(0, temperature, 98);
        look(rules, &Assessment::default(), &now, &[], &person)
    };
    for (days, temperature, level) in [
        (0, 380, Alarming),
        (1, 385, Alarming),
        (89, 380, Alarming),
        (90, 380, Calm),
        (1, 379, Calm),
        (1, 0, Calm),
        (40 * 365, 390, Calm),
    ] {
        let course = said(newest, days, temperature);
        assert_eq!(course.level, level, "{days} days, {temperature}");
        let why = (level == Alarming).then_some(Why::Infant { days });
        assert_eq!(course.reasons.first(), why.as_ref());
        assert!(!course.worsening);
    }
    // Rules from before that know nothing of babies.
    assert_eq!(said(&rules[0], 1, 400).level, Calm);
}

#[test]
fn what_the_latest_report_says_stays() {
    let (_, rules) = shipped();
    let latest = Assessment {
        level: Emergency,
        reasons: vec![(Emergency, Reason::Spo2(88))],
    };
    let course = look(
        &rules[0],
        &latest,
        &measured(0, 370, 88),
        &[measured(-12, 370, 95)],
        &AtRisk::default(),
    );
    assert_eq!(course.level, Emergency);
    assert_eq!(
        course.reasons,
        [
            Why::Spo2Falling { from: 95, to: 88 },
            Why::Spo2 { value: 88 }
        ]
    );
}

#[test]
fn a_wrong_file_is_told_what_is_wrong() {
    assert!(
        parse_toml("programme = 'x'\ncourse = []")
            .unwrap_err()
            .to_string()
            .contains("[[course]]")
    );
    let good = include_str!("../../../programmes/course-covid-19.toml");
    let error = parse_toml(&good.replace("within_hours", "within_ours")).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("within_ours"), "{error}");
}
