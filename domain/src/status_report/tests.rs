//! What people type, and what becomes of it.

use super::FieldProblem as P;
use super::*;
use crate::questionnaire::shipped;
use proptest::prelude::*;

fn questionnaire() -> Questionnaire {
    shipped().into_iter().next_back().unwrap()
}

/// A form in which all is well.
fn well() -> RawReport {
    RawReport {
        temperature: "36.5".to_owned(),
        spo2: "98".to_owned(),
        symptoms: questionnaire().calm_words(),
        ..RawReport::default()
    }
}

fn temperature(typed: &str) -> Result<i32, P> {
    let raw = RawReport {
        temperature: typed.to_owned(),
        ..well()
    };
    one(check(&questionnaire(), &raw).map(|a| a.temperature))
}

fn spo2(typed: &str) -> Result<i32, P> {
    let raw = RawReport {
        spo2: typed.to_owned(),
        ..well()
    };
    one(check(&questionnaire(), &raw).map(|a| a.spo2))
}

fn one(result: Result<Measured, Problems>) -> Result<i32, P> {
    match result {
        Ok(measured) => Ok(measured.value().unwrap()),
        Err(mut problems) => {
            assert_eq!(problems.len(), 1);
            Err(problems.remove(0).1)
        }
    }
}

#[test]
fn temperatures_are_read_as_people_write_them() {
    for typed in [
        "36.5",
        "３６．５",
        "36,5",
        "36.5℃",
        "36.5 °C",
        "36度5分",
        "36.50",
        " 36.5 ",
        "36。5",
        "36.45",
        "36℃5",
        "36°C5",
        "36度5",
        "36·5",
        "36•5",
        "٣٦٫٥",
        "36'5",
        "36’5",
        "36：5",
        "36-5",
        "36ー50",
        "36度半",
        "３６半",
        "3 6 . 5",
        "36 .5",
        "36度 5分",
        "36、5",
        "36,50",
        "36.5、",
        "36.5℃。",
    ] {
        assert_eq!(temperature(typed), Ok(365), "{typed}");
    }
    // Decimals, and no body temperature of their own.
    for (typed, value) in [
        ("36、55", 366),
        ("36,85", 369),
        ("36.40", 364),
        ("36度40分", 364),
        ("٣٦٫٤٠", 364),
    ] {
        assert_eq!(temperature(typed), Ok(value), "{typed}");
    }
    assert_eq!(temperature("37"), Ok(370));
    assert_eq!(temperature("37度"), Ok(370));
    assert_eq!(temperature("36.55"), Ok(366));
    let meant = |typed: &str, meant| {
        Err(P::DidYouMean {
            typed: typed.to_owned(),
            meant,
        })
    };
    assert_eq!(temperature("365"), meant("365", 365));
    assert_eq!(
        temperature("3650"),
        Err(P::Impossible {
            low: 300,
            high: 440
        })
    );
    assert_eq!(temperature("3.65"), meant("3.65", 365));
    assert_eq!(temperature("3.7"), meant("3.7", 370));
    assert_eq!(temperature("98.6"), meant("98.6", 370));
    assert_eq!(temperature("102"), meant("102", 389));
    assert_eq!(temperature("33.5"), Err(P::Unlikely { value: 335 }));
    assert_eq!(
        temperature("20"),
        Err(P::Impossible {
            low: 300,
            high: 440
        })
    );
    for typed in ["4", "3"] {
        let low = P::Impossible {
            low: 300,
            high: 440,
        };
        assert_eq!(temperature(typed), Err(low), "{typed}");
    }
    assert_eq!(temperature("hot"), Err(P::NotANumber));
    assert_eq!(temperature("-36.5"), meant("-36.5", 365));
    // Words and several numbers: the highest is asked about. A unit of Fahrenheit is understood.
    for (typed, value) in [
        ("36.5-37.2", 372),
        ("３７．５〜３８．２", 382),
        ("約37.5くらい", 375),
        ("38度半くらい", 385),
        ("だいたい38'9", 389),
        ("99.5F", 375),
        ("98.6 °F", 370),
        ("104℉", 400),
    ] {
        assert_eq!(temperature(typed), meant(typed, value), "{typed}");
    }
    assert_eq!(temperature("20F"), Err(P::NotANumber));
    // Whole degrees of which the rest was not understood are never suggested: they would be too low. Of a danger is told.
    let told = |typed: &str| {
        let raw = RawReport {
            temperature: typed.to_owned(),
            ..well()
        };
        understood(&questionnaire(), &raw).temperature
    };
    for typed in ["38度台", "about 38", "38度ちょっと", "40度と半"] {
        assert_eq!(temperature(typed), Err(P::NotANumber), "{typed}");
        assert!(told(typed).value() >= Some(380), "{typed}");
    }
    for (typed, highest) in [
        ("38 39", 390),
        ("36.5 37", 370),
        ("38/39", 390),
        ("38-39", 390),
        ("38:39", 390),
        ("38.5℃ 39.1℃", 391),
        // A comma, a middle dot or a unit may part two measurements as well as be the point of one.
        ("36、40", 400),
        ("３６，４０", 400),
        ("37,39", 390),
        ("38・40", 400),
        ("36℃40℃", 400),
        ("36度40度", 400),
        ("38.5、40.1", 401),
        ("39.8,40.2", 402),
        ("39,8、40,2", 402),
        ("38.5℃、39.1℃", 391),
        ("36、38、40", 400),
        ("38.5.40.1", 401),
    ] {
        assert_eq!(temperature(typed), Err(P::SeveralNumbers), "{typed}");
        assert_eq!(told(typed), Measured::Value(highest), "{typed}");
    }
    assert_eq!(temperature(""), Err(P::Missing));
}

#[test]
fn saturations_are_read_as_people_write_them() {
    for typed in ["98", "９８", "98%", "98 ％", "98.0"] {
        assert_eq!(spo2(typed), Ok(98), "{typed}");
    }
    let meant = |typed: &str, meant| {
        Err(P::DidYouMean {
            typed: typed.to_owned(),
            meant,
        })
    };
    assert_eq!(spo2("980"), meant("980", 98));
    assert_eq!(spo2("9.8"), meant("9.8", 98));
    assert_eq!(spo2("0.98"), meant("0.98", 98));
    assert_eq!(spo2("9.75"), meant("9.75", 97));
    assert_eq!(spo2("69.6"), Err(P::Unlikely { value: 69 }));
    // The end of 91 or 81 as well: nothing is offered that one press would make a healthy value.
    for typed in ["0", "1", "1.0", "8", "9", "10"] {
        let asked = Err(P::Impossible { low: 40, high: 100 });
        assert_eq!(spo2(typed), asked, "{typed}");
    }
    for (typed, below) in [("98.5", 98), ("９３。５％", 93), ("99.9", 99)] {
        let asked = P::WholePercent {
            typed: typed.to_owned(),
            meant: below,
        };
        assert_eq!(spo2(typed), Err(asked), "{typed}");
    }
    let told = |typed: &str| {
        let low = RawReport {
            spo2: typed.to_owned(),
            ..well()
        };
        understood(&questionnaire(), &low).spo2
    };
    let value = Measured::Value(88);
    assert_eq!(
        told("88.5"),
        value,
        "a danger is told while it is asked back"
    );
    for (typed, lowest) in [
        ("88-90", 88),
        ("85〜88", 85),
        ("88／130", 88),
        ("SpO2 88", 88),
        ("９０以下", 90),
        ("80台", 80),
        ("0.88", 88),
        ("880", 88),
        ("8.8", 88),
    ] {
        assert_eq!(spo2(typed), meant(typed, lowest), "{typed}");
        assert_eq!(told(typed), Measured::Value(lowest), "{typed}");
    }
    assert_eq!(spo2("low"), Err(P::NotANumber));
    assert_eq!(told("low"), Measured::NotMeasured);
    // The pulse stands beside it on most oximeters: nobody knows which is which, but it is no more than the higher one.
    for (typed, highest) in [
        ("97/72", 97),
        ("SpO2 97 PR 72", 97),
        ("97 脈拍72", 97),
        ("95 88", 95),
        ("95/88", 95),
        ("95、88", 95),
        ("95.88", 95),
        ("95% 130", 95),
        ("97-72", 97),
        ("88 75", 88),
    ] {
        assert_eq!(spo2(typed), Err(P::SeveralNumbers), "{typed}");
        assert_eq!(told(typed), Measured::Value(highest), "{typed}");
    }
    assert_eq!(spo2("9 8"), Ok(98));
    for typed in ["33", "20"] {
        assert_eq!(
            told(typed),
            Measured::Value(40),
            "below what is thought possible"
        );
    }
    for typed in ["9", "low", "101"] {
        assert_eq!(told(typed), Measured::NotMeasured, "{typed}");
    }
    assert_eq!(spo2("65"), Err(P::Unlikely { value: 65 }));
    assert_eq!(spo2("101"), Err(P::Impossible { low: 40, high: 100 }));
    assert_eq!(spo2("20"), Err(P::Impossible { low: 40, high: 100 }));
}

#[test]
fn a_saturation_that_is_like_a_temperature_is_asked_about_and_frightens_nobody() {
    let asked = |typed: &str, whole, is_possible| {
        let typed = typed.to_owned();
        Err(P::LikeATemperature {
            typed,
            whole,
            is_possible,
            is_alone: false,
        })
    };
    for (typed, whole, is_possible) in [
        ("36.5", None, false),
        ("３６．５", None, false),
        ("38.2%", None, false),
        ("36.5℃", None, false),
        ("37度", None, false),
        ("41.5", None, false),
        ("34", Some(34), false),
        ("36", Some(36), false),
        ("39", Some(39), false),
        ("42", Some(42), true),
    ] {
        assert_eq!(spo2(typed), asked(typed, whole, is_possible), "{typed}");
        let raw = RawReport {
            spo2: typed.to_owned(),
            ..well()
        };
        let told = understood(&questionnaire(), &raw);
        assert_eq!(told.spo2, Measured::NotMeasured, "{typed}");
        assert_eq!(told.temperature, Measured::Value(365));
    }
    // What one may have is taken when somebody says that it is so, and then it is what it is.
    let sure = RawReport {
        spo2: "42".to_owned(),
        spo2_confirmed: "42".to_owned(),
        ..well()
    };
    assert!(check(&questionnaire(), &sure).is_ok());
    assert_eq!(
        understood(&questionnaire(), &sure).spo2,
        Measured::Value(42)
    );
    let sure = RawReport {
        spo2: "36".to_owned(),
        spo2_confirmed: "36".to_owned(),
        ..well()
    };
    assert!(check(&questionnaire(), &sure).is_err());
}

#[test]
fn numbers_in_each_others_fields_are_noticed_and_understood() {
    let raw = |temperature: &str, spo2: &str| RawReport {
        temperature: temperature.to_owned(),
        spo2: spo2.to_owned(),
        ..well()
    };
    for (typed, measured) in [
        (("97", "36.5"), (365, 97)),
        (("９７％", "37"), (370, 97)),
        (("88", "38.5℃"), (385, 88)),
    ] {
        let raw = raw(typed.0, typed.1);
        let swapped = P::Swapped {
            temperature: typed.0.to_owned(),
            spo2: typed.1.to_owned(),
        };
        let problems = check(&questionnaire(), &raw).err().unwrap();
        assert_eq!(problems, vec![(Field::Temperature, swapped)]);
        // A danger is told by what was meant.
        let told = understood(&questionnaire(), &raw);
        assert_eq!(
            (told.temperature, told.spo2),
            (Measured::Value(measured.0), Measured::Value(measured.1))
        );
    }
    // Fahrenheit, and a number of each that stands where it belongs, are no such thing.
    for (temperature, spo2) in [("97", "97"), ("36.5", "36.5"), ("", "36.5"), ("97", "")] {
        let problems = check(&questionnaire(), &raw(temperature, spo2))
            .err()
            .unwrap();
        let is_swapped = |p: &(Field, P)| matches!(p.1, P::Swapped { .. });
        assert!(!problems.iter().any(is_swapped), "{temperature} / {spo2}");
    }
    let alone = check(&questionnaire(), &raw("", "36.5")).err().unwrap();
    assert!(matches!(
        alone[1].1,
        P::LikeATemperature { is_alone: true, .. }
    ));
}

#[test]
fn an_unlikely_value_is_taken_once_it_is_confirmed() {
    let mut raw = RawReport {
        temperature: "33.5".to_owned(),
        ..well()
    };
    raw.temperature_confirmed = "335".to_owned();
    assert!(check(&questionnaire(), &raw).is_ok());
    raw.temperature = "33.4".to_owned();
    assert!(
        check(&questionnaire(), &raw).is_err(),
        "another value is asked about anew"
    );
}

#[test]
fn not_measured_and_dont_know_are_answers() {
    let mut raw = well();
    raw.temperature.clear();
    raw.spo2.clear();
    raw.temperature_not_measured = true;
    raw.spo2_not_measured = true;
    raw.symptoms
        .insert("cough".to_owned(), "dont_know".to_owned());
    let answers = check(&questionnaire(), &raw).unwrap();
    assert_eq!(
        (answers.temperature, answers.spo2),
        (Measured::NotMeasured, Measured::NotMeasured)
    );
    raw.spo2 = "97".to_owned();
    assert_eq!(
        check(&questionnaire(), &raw).err().unwrap(),
        vec![(Field::Spo2, P::BothGiven)]
    );
}

#[test]
fn nothing_answered_asks_for_everything_in_the_order_of_the_form() {
    let problems = check(&questionnaire(), &RawReport::default())
        .err()
        .unwrap();
    assert_eq!(problems.len(), 12);
    assert_eq!(problems[0], (Field::Temperature, P::Missing));
    assert_eq!(problems[2], (Field::Signs, P::Missing));
    assert_eq!(problems[3].0, Field::Symptom(QuestionId::new("complexion")));
}

#[test]
fn a_sign_is_ticked_or_said_to_be_none_and_never_both() {
    let level = |raw: &RawReport| {
        let answers = check(&questionnaire(), raw).map_err(|problems| problems[0].clone())?;
        Ok(crate::urgency::assess(&questionnaire(), &answers).level)
    };
    let mut raw = well();
    assert_eq!(level(&raw), Ok(crate::urgency::Level::Calm));
    raw.symptoms
        .insert("sign_chest".to_owned(), "yes".to_owned());
    assert_eq!(level(&raw), Err((Field::Signs, P::BothGiven)));
    raw.symptoms.remove("no_sign");
    assert_eq!(level(&raw), Ok(crate::urgency::Level::Emergency));
    let ticked = check(&questionnaire(), &raw).ok().unwrap().symptoms;
    assert_eq!(ticked[0].0, QuestionId::new("sign_chest"));
    assert_eq!(ticked.len(), 10, "what is not ticked is not stored");
    raw.symptoms.remove("sign_chest");
    assert_eq!(level(&raw), Err((Field::Signs, P::Missing)));
    // A program that says "no" to each has answered, too.
    for sign in questionnaire().signs {
        raw.symptoms
            .insert(sign.id.as_str().to_owned(), "no".to_owned());
    }
    assert_eq!(level(&raw), Ok(crate::urgency::Level::Calm));
    // A report by the questionnaire of before asks for none.
    let mut old = well();
    old.symptoms.remove("no_sign");
    assert!(check(&shipped()[0], &old).is_ok());
}

#[test]
fn a_danger_is_understood_even_where_something_is_missing() {
    let mut raw = RawReport {
        spo2: "88".to_owned(),
        temperature: "hot".to_owned(),
        ..RawReport::default()
    };
    raw.symptoms
        .insert("breathlessness".to_owned(), "yes".to_owned());
    let level = |raw: &RawReport| {
        crate::urgency::assess(&questionnaire(), &understood(&questionnaire(), raw)).level
    };
    assert_eq!(level(&raw), crate::urgency::Level::Emergency);
    raw.spo2 = "65".to_owned();
    assert_eq!(
        level(&raw),
        crate::urgency::Level::Emergency,
        "unlikely, but warned of"
    );
    assert_eq!(level(&RawReport::default()), crate::urgency::Level::Calm);
}

#[test]
fn a_danger_beside_not_measured_is_told() {
    let level = |raw: &RawReport| {
        crate::urgency::assess(&questionnaire(), &understood(&questionnaire(), raw)).level
    };
    let spo2 = |typed: &str| RawReport {
        spo2: typed.to_owned(),
        spo2_not_measured: true,
        ..well()
    };
    for typed in ["85", "49", "８５", "12", "SpO2 88"] {
        assert!(level(&spo2(typed)).is_danger(), "{typed}");
        assert!(check(&questionnaire(), &spo2(typed)).is_err(), "{typed}");
    }
    // A box beside an empty field means what it says.
    for typed in ["", " \u{200B}"] {
        assert_eq!(
            understood(&questionnaire(), &spo2(typed)).spo2,
            Measured::NotMeasured
        );
    }
    let mut fever = well();
    fever.temperature = "41.5".to_owned();
    let without = understood(&questionnaire(), &fever).temperature;
    fever.temperature_not_measured = true;
    assert_eq!(understood(&questionnaire(), &fever).temperature, without);
}

#[test]
fn a_note_keeps_its_lines_and_loses_what_nobody_sees() {
    assert_eq!(clean_note(" a\r\nb\u{0}\u{202E}c\td "), "a\nbc d");
    assert_eq!(clean_note("\u{200B} \u{3000}\n\u{FEFF}"), "");
    assert_eq!(clean_note("👩\u{200D}🔬"), "👩\u{200D}🔬");
    let raw = RawReport {
        note: "あ".repeat(2_001),
        ..well()
    };
    assert_eq!(
        check(&questionnaire(), &raw).err().unwrap(),
        vec![(
            Field::Note,
            P::TooLong {
                length: 2_001,
                most: 2_000
            }
        )]
    );
}

#[test]
fn a_measurement_may_be_up_to_three_days_old() {
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    let received: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
    use crate::limits::{MEASURED_AT_MOST_AGO, WRITTEN_DOWN_AT_MOST_AGO};
    let at = |typed: &str| measured_at(typed, received, &tokyo, MEASURED_AT_MOST_AGO);
    let on_paper = |typed: &str| measured_at(typed, received, &tokyo, WRITTEN_DOWN_AT_MOST_AGO);
    assert!(on_paper("2026-11-18T08:59").is_ok());
    assert_eq!(on_paper("2026-10-01T09:00"), Err(P::TooOld { hours: 672 }));
    assert_eq!(at(""), Ok(received));
    assert_eq!(
        at("2026-11-23T08:30"),
        Ok("2026-11-22T23:30:00Z".parse().unwrap())
    );
    assert_eq!(
        at("２０２６-11-23 08:30"),
        Ok("2026-11-22T23:30:00Z".parse().unwrap())
    );
    assert_eq!(
        at("2026-11-23T09:04"),
        Ok(received),
        "a phone's clock may be a little ahead"
    );
    assert_eq!(at("2026-11-23T09:06"), Err(P::InFuture));
    assert_eq!(
        at("2026-11-20T09:00"),
        Ok("2026-11-20T00:00:00Z".parse().unwrap())
    );
    assert_eq!(at("2026-11-20T08:59"), Err(P::TooOld { hours: 72 }));
    for typed in [
        "2026-11-23 8:30",
        "2026/11/23  8:30",
        "２０２６／１１／２３　８：３０",
    ] {
        assert_eq!(at(typed), at("2026-11-23T08:30"), "{typed}");
    }
    assert_eq!(on_paper("2026/11/9 8:05"), on_paper("2026-11-09T08:05"));
    for typed in [
        "yesterday",
        "2026-11-23",
        "11/23 8:30",
        "2026-11-23 8",
        "8:30",
    ] {
        assert_eq!(at(typed), Err(P::NotAMoment), "{typed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_text_is_too_odd(t in any::<String>(), s in any::<String>(), n in any::<String>(), m in any::<String>()) {
        let raw = RawReport { temperature: t, spo2: s, note: n, measured_at: m, ..well() };
        let _ = check(&questionnaire(), &raw);
        let _ = measured_at(&raw.measured_at, Timestamp::UNIX_EPOCH, &TimeZone::UTC, crate::limits::MEASURED_AT_MOST_AGO);
    }

    #[test]
    fn any_number_is_answered(number in any::<i64>(), fraction in 0u32..1_000) {
        let _ = temperature(&format!("{number}.{fraction}"));
        let _ = spo2(&format!("{number}.{fraction}"));
    }

    #[test]
    fn what_was_written_reads_back(tenths in 340i32..=420, percent in 70i32..=100) {
        prop_assert_eq!(temperature(&degrees(tenths)), Ok(tenths));
        prop_assert_eq!(spo2(&percent.to_string()), Ok(percent));
    }
}

#[test]
fn tenths_are_written_as_numbers_are() {
    for tenths in (0..20_000).chain([99_999, 100_000, 123_456, i32::MAX]) {
        assert_eq!(degrees(tenths), format!("{}.{}", tenths / 10, tenths % 10));
    }
}
