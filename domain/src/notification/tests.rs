//! Stories of notifications.

use super::duplicate::{Identity, Likeness, likeness};
use super::*;
use crate::name::Odd;
use jiff::civil::date;
use proptest::prelude::*;
use std::collections::BTreeMap;

const FILE: &str = include_str!("../../../programmes/notification-covid-19.toml");
/// The days on which each of the shipped sets holds, and a day in its time.
const FULL: Date = date(2021, 8, 20);
const SEVEN: Date = date(2022, 7, 20);
const FOUR_KINDS: Date = date(2022, 10, 3);

type Typed = BTreeMap<String, String>;

fn set(on: Date) -> ItemSet {
    let sets = ItemSets::shipped();
    sets.effective("covid-19", on).unwrap().clone()
}

/// A notification with nothing but what the set of summer 2022 requires, and changes to it; an empty text takes away.
fn typed(changes: &[(&str, &str)]) -> Typed {
    let mut typed: Typed = BTreeMap::new();
    for (id, text) in [
        ("name", "山田　花子"),
        ("sex", "female"),
        ("birthdate", "S60.4.1"),
        ("phone", "０９０−１２３４−５６７８"),
        ("postal_code", "１００ー８９１６"),
        ("kind", "asymptomatic"),
        ("diagnosed_on", "2022/7/19"),
    ]
    .iter()
    .chain(changes)
    {
        typed.insert((*id).to_owned(), (*text).to_owned());
    }
    typed
}

fn problems(set: &ItemSet, typed: &Typed, today: Date) -> Vec<(String, ItemProblem)> {
    set.check(typed, today).err().unwrap_or_default()
}

#[test]
fn the_shipped_sets_hold_on_their_days() {
    let sets = ItemSets::shipped();
    let held = |on: Date| sets.effective("covid-19", on).map(|set| set.valid_from);
    for (on, valid_from) in [
        (date(2020, 4, 30), None),
        (date(2020, 5, 1), Some(date(2020, 5, 1))),
        (date(2022, 6, 29), Some(date(2020, 5, 1))),
        (date(2022, 6, 30), Some(date(2022, 6, 30))),
        (date(2022, 9, 25), Some(date(2022, 6, 30))),
        (date(2022, 9, 26), Some(date(2022, 9, 26))),
        (date(2030, 1, 1), Some(date(2022, 9, 26))),
    ] {
        assert_eq!(held(on), valid_from, "{on}");
    }
    assert_eq!(sets.effective("measles", FULL), None);
    for set in sets.all() {
        for id in core_item::ALL {
            assert!(set.item(id).is_some(), "{id}");
        }
        let in_groups: usize = Group::ALL.iter().map(|g| set.in_group(*g).count()).sum();
        assert_eq!(in_groups, set.items.len());
        // A notification keeps the words that it answered.
        let json = serde_json::to_string(set).unwrap();
        assert_eq!(serde_json::from_str::<ItemSet>(&json).unwrap(), *set);
    }
    let required = set(SEVEN).items.iter().filter(|i| i.required).count();
    assert_eq!(required, 7);
    let of_the_course = crate::course::shipped().1.remove(0).risk.conditions;
    let set = set(FULL);
    for condition in of_the_course {
        assert!(set.risk_factors().any(|id| id == condition), "{condition}");
    }
}

#[test]
fn an_authority_puts_its_own_set_in_place_of_a_shipped_one() {
    let own = FILE.replace("A HEALTH AUTHORITY MUST CHECK", "Checked");
    let own = own.replace(
        "source = \"Revision of the form",
        "source = \"Ours: revision",
    );
    let sets = ItemSets::shipped().with(ItemSets::from_toml(&own).unwrap());
    assert_eq!(sets.all().len(), 3);
    let held = sets.effective("covid-19", SEVEN).unwrap();
    assert!(held.source.starts_with("Ours"));
    let measles = ItemSets::from_toml(&FILE.replace("\"covid-19\"", "\"measles\"")).unwrap();
    let both = sets.with(measles);
    assert_eq!(both.all().len(), 6);
    assert_eq!(
        both.effective("measles", SEVEN).unwrap().programme,
        "measles"
    );
    assert_eq!(
        both.effective("covid-19", SEVEN).unwrap().programme,
        "covid-19"
    );
}

#[test]
fn seven_items_are_enough_in_summer_2022() {
    let checked = set(SEVEN).check(&typed(&[]), SEVEN).unwrap();
    let stored: Vec<(&str, String)> = checked
        .values
        .iter()
        .map(|(id, value)| (id.as_str(), value.text()))
        .collect();
    let expected = [
        ("birthdate", "1985-04-01"),
        ("diagnosed_on", "2022-07-19"),
        ("kind", "asymptomatic"),
        ("name", "山田　花子"),
        ("phone", "+819012345678"),
        ("postal_code", "1008916"),
        ("sex", "female"),
    ];
    assert_eq!(stored, expected.map(|(id, text)| (id, text.to_owned())));
    assert_eq!(checked.warnings, []);
    assert_eq!((checked.age(), checked.months()), (Some(37), None));
    assert!(!format!("{checked:?}").contains("山田"));
}

#[test]
fn each_mistake_has_its_own_word_and_all_are_told_at_once() {
    use ItemProblem as P;
    let set = set(SEVEN);
    let long = "あ".repeat(101);
    #[rustfmt::skip]
    let table: &[(&str, &str, ItemProblem)] = &[
        ("name", "", P::Missing),
        ("name", " \u{200B}", P::Missing),
        ("name", "・", P::OddCharacters(Odd::NoLetters)),
        ("name", "a\u{0}b", P::OddCharacters(Odd::Control)),
        ("name", &long, P::TooLong { most: 100 }),
        ("name_kana", "山田 ハナコ", P::NotKana),
        ("name_kana", "Yamada", P::NotKana),
        ("name_latin", "山田", P::NotLatin),
        ("sex", "woman", P::NotAChoice),
        ("sex", "女", P::NotAChoice),
        ("birthdate", "", P::Missing),
        ("birthdate", "60/4/1", P::YearUnclear),
        ("birthdate", "1985-02-30", P::NotADate),
        ("birthdate", "2022-07-21", P::InFuture),
        ("birthdate", "1885-04-01", P::TooOld),
        ("birthdate", "15.02.1985", P::UnreadableDay),
        ("diagnosed_on", "yesterday", P::UnreadableDay),
        ("diagnosed_on", "2022-07-21", P::InFuture),
        ("diagnosed_on", "1984-07-19", P::BeforeBirth),
        ("diagnosed_on", "22/7/19", P::YearUnclear),
        ("phone", "090-1234", P::Phone),
        ("postal_code", "100-891", P::PostalCode),
        ("kind", "", P::Missing),
        ("needs_drug", "maybe", P::NotAChoice),
        ("vaccine_doses", "many", P::NotANumber { min: 0, max: 10 }),
        ("vaccine_doses", "11", P::NotANumber { min: 0, max: 10 }),
        ("vaccine_doses", "-1", P::NotANumber { min: 0, max: 10 }),
        ("address", "1\u{7}", P::OddCharacters(Odd::Control)),
        ("remarks", "a\u{1B}b", P::OddCharacters(Odd::Control)),
    ];
    for (id, text, problem) in table {
        let typed = typed(&[(id, text)]);
        let expected = vec![((*id).to_owned(), *problem)];
        assert_eq!(problems(&set, &typed, SEVEN), expected, "{id}: {text}");
    }
    let all = problems(&set, &Typed::new(), SEVEN);
    let ids: Vec<&str> = all.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "name",
            "sex",
            "birthdate",
            "phone",
            "postal_code",
            "kind",
            "diagnosed_on"
        ]
    );
}

#[test]
fn answers_are_read_as_people_write_them() {
    let set = set(SEVEN);
    for (id, text, stored) in [
        ("name_kana", "ﾔﾏﾀﾞ ﾊﾅｺ", "ヤマダ ハナコ"),
        ("name_kana", "やまだ・はなこ", "やまだ・はなこ"),
        ("name_latin", "José-María O’Brien", "José-María O’Brien"),
        ("name_latin", "Nguyễn Văn An", "Nguyễn Văn An"),
        ("diagnosed_on", "令和４年７月１９日", "2022-07-19"),
        ("diagnosed_on", "20220719", "2022-07-19"),
        ("vaccine_doses", "３回", "3"),
        ("vaccine_doses", "3 doses", "3"),
        ("needs_drug", "ｙｅｓ", "yes"),
        ("language", "pt-BR", "pt-BR"),
        (
            "address",
            " 千代田区\u{200E}霞が関\r\n１−２−２ ",
            "千代田区霞が関 １−２−２",
        ),
        ("remarks", " a\r\nb\n", "a\nb"),
    ] {
        let checked = set.check(&typed(&[(id, text)]), SEVEN).unwrap();
        assert_eq!(checked.values[id].text(), stored, "{text}");
    }
}

#[test]
fn what_is_unlikely_is_said_and_not_refused() {
    use Warning as W;
    let set = set(SEVEN);
    let left_out = |item: &str| W::LeftOut {
        item: item.to_owned(),
    };
    type Changes<'a> = &'a [(&'a str, &'a str)];
    #[rustfmt::skip]
    let table: &[(&str, Changes<'_>, &[Warning])] = &[
        ("fell ill the day before", &[("kind", "confirmed"), ("onset_on", "2022-07-18")], &[]),
        ("14 days",              &[("kind", "confirmed"), ("onset_on", "2022-07-05")], &[]),
        ("15 days",              &[("kind", "confirmed"), ("onset_on", "2022-07-04")], &[W::OnsetLongBeforeDiagnosis { days: 15 }]),
        ("fell ill afterwards",  &[("kind", "confirmed"), ("onset_on", "2022-07-20")], &[W::OnsetAfterDiagnosis { days: 1 }]),
        ("no day of onset",      &[("kind", "suspected")],                             &[W::OnsetMissing]),
        ("nobody knows",         &[("kind", "death")],                                 &[]),
        ("no symptoms, onset",   &[("onset_on", "2022-07-18")],                        &[left_out("onset_on")]),
        ("110 years",            &[("birthdate", "1911-07-20")],                       &[]),
        ("111 years",            &[("birthdate", "1911-07-19")],                       &[W::VeryOld { years: 111 }]),
        ("30 days ago",          &[("diagnosed_on", "2022-06-20")],                    &[]),
        ("last year's number",   &[("diagnosed_on", "2021-07-19")],                    &[W::DiagnosedLongAgo { days: 366 }]),
        ("an adult's mother",    &[("guardian_name", "山田 一子")],                    &[left_out("guardian_name")]),
        ("a man, not pregnant",  &[("sex", "male"), ("pregnancy", "no")],              &[]),
        ("a man, pregnant",      &[("sex", "male"), ("pregnancy", "yes")],             &[left_out("pregnancy")]),
        ("a pregnant girl of 9", &[("birthdate", "2012-07-20"), ("sex", "female"), ("pregnancy", "yes")], &[W::PregnantAtThatAge { years: 9 }]),
        ("pregnant at 55",       &[("birthdate", "1966-07-20"), ("sex", "female"), ("pregnancy", "yes")], &[]),
        ("pregnant at 99",       &[("birthdate", "1922-07-20"), ("sex", "female"), ("pregnancy", "yes")], &[W::PregnantAtThatAge { years: 99 }]),
        ("no dose, but a day",   &[("vaccine_doses", "0"), ("last_vaccinated_on", "2022-01-05")], &[left_out("last_vaccinated_on")]),
        ("a day, doses unknown", &[("last_vaccinated_on", "2022-01-05")],              &[]),
    ];
    for (name, changes, warnings) in table {
        let checked = set.check(&typed(changes), SEVEN).unwrap();
        assert_eq!(checked.warnings, *warnings, "{name}");
        for warning in *warnings {
            if let W::LeftOut { item } = warning {
                assert!(!checked.values.contains_key(item), "{name}");
            }
        }
    }
}

#[test]
fn a_childs_guardian_is_asked_for() {
    let set = set(FOUR_KINDS);
    let child = [
        ("birthdate", "2022-01-31"),
        ("diagnosed_on", "2022-10-02"),
        ("address", "千代田区霞が関1-2-2"),
        ("stays_elsewhere", "no"),
        ("needs_admission", "yes"),
        ("needs_drug", "no"),
        ("needs_oxygen", "no"),
        ("institution_name", "霞が関クリニック"),
        ("physician_name", "鈴木 一郎"),
        ("guardian_name", "山田 一子"),
    ];
    let checked = set.check(&typed(&child), FOUR_KINDS).unwrap();
    assert_eq!((checked.age(), checked.months()), (Some(0), Some(8)));
    assert_eq!(checked.warnings, []);
    // In the full form the law's items are required: of a minor only.
    let full = ItemSets::shipped();
    let full = full.effective("covid-19", FULL).unwrap();
    let missing = |birthdate: &str| {
        let typed = typed(&[("birthdate", birthdate), ("diagnosed_on", "2021-08-19")]);
        let problems = problems(full, &typed, FULL);
        assert!(problems.iter().all(|(_, p)| *p == ItemProblem::Missing));
        problems.iter().any(|(id, _)| id == "guardian_name")
    };
    assert!(missing("2002-08-20"), "19 years: a minor until April 2022");
    assert!(!missing("2001-08-19"));
    let unknown = problems(full, &typed(&[("birthdate", "?")]), FULL);
    assert!(!unknown.iter().any(|(id, _)| id.starts_with("guardian")));
}

#[test]
fn one_click_says_that_there_is_no_underlying_disease() {
    let set = set(SEVEN);
    let checked = set.check(&typed(&[(BULK_NONE, "yes")]), SEVEN).unwrap();
    assert!(checked.is("diabetes", "no") && checked.is("cancer", "no"));
    // Nobody is declared not pregnant by it.
    assert!(!checked.values.contains_key("pregnancy"));
    assert_eq!(
        problems(&set, &typed(&[(BULK_NONE, "yes"), ("heart", "yes")]), SEVEN),
        [("heart".to_owned(), ItemProblem::NoneAndYes)]
    );
    assert!(
        set.check(&typed(&[(BULK_NONE, "yes"), ("pregnancy", "yes")]), SEVEN)
            .is_ok()
    );
}

#[test]
fn only_four_kinds_of_persons_are_reported_from_september_2022_on() {
    let set = set(FOUR_KINDS);
    let base = [
        ("diagnosed_on", "2022-10-02"),
        ("address", "千代田区霞が関1-2-2"),
        ("stays_elsewhere", "no"),
        ("needs_admission", "no"),
        ("needs_drug", "no"),
        ("needs_oxygen", "no"),
        ("institution_name", "霞が関クリニック"),
        ("physician_name", "鈴木 一郎"),
    ];
    type Changes<'a> = &'a [(&'a str, &'a str)];
    #[rustfmt::skip]
    let table: &[(&str, Changes<'_>, &[&str])] = &[
        ("young and well",         &[],                                             &[]),
        ("64",                     &[("birthdate", "1957-10-03")],                  &[]),
        ("65 on the day",          &[("birthdate", "1957-10-02")],                  &["age_65"]),
        ("to be admitted",         &[("needs_admission", "yes")],                   &["needs_admission"]),
        ("diabetes, no treatment", &[("diabetes", "yes")],                          &[]),
        ("a drug, no risk",        &[("needs_drug", "yes")],                        &[]),
        ("diabetes and a drug",    &[("diabetes", "yes"), ("needs_drug", "yes")],   &["risk_and_treatment"]),
        ("smokes, needs oxygen",   &[("smoking", "yes"), ("needs_oxygen", "yes")],  &["risk_and_treatment"]),
        ("pregnant",               &[("pregnancy", "yes")],                         &["pregnant"]),
        ("a man, pregnant",        &[("sex", "male"), ("pregnancy", "yes")],        &[]),
        ("died",                   &[("kind", "death")],                            &["death"]),
        ("old and to be admitted", &[("birthdate", "S10.1.1"), ("needs_admission", "yes")], &["age_65", "needs_admission"]),
    ];
    for (name, changes, kinds) in table {
        let all: Vec<(&str, &str)> = base.iter().chain(*changes).copied().collect();
        let checked = set.check(&typed(&all), FOUR_KINDS).unwrap();
        let reasons = set.reasons_to_report(&checked);
        let reasons: Vec<&str> = reasons.iter().map(|kind| kind.id.as_str()).collect();
        assert_eq!(reasons, *kinds, "{name}");
        let warned = checked.warnings.contains(&Warning::NotAmongThoseReported);
        assert_eq!(warned, kinds.is_empty(), "{name}");
    }
    let json = serde_json::to_string(&Warning::NotAmongThoseReported).unwrap();
    assert_eq!(json, r#"{"warning":"not_among_those_reported"}"#);
}

#[test]
fn a_person_who_is_notified_twice_is_found() {
    let set = set(SEVEN);
    let first = set.check(&typed(&[]), SEVEN).unwrap();
    let again = typed(&[
        ("name", "山田花子"),
        ("birthdate", "1985-01-04"),
        ("phone", "+81 90 1234 5678"),
    ]);
    let again = set.check(&again, SEVEN).unwrap();
    let (first, again) = (Identity::of(&first), Identity::of(&again));
    assert_eq!(likeness(&first, &first), Likeness::Same);
    assert_eq!(likeness(&first, &again), Likeness::Likely);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_is_too_odd(texts in proptest::collection::vec(any::<String>(), 53)) {
        for set in ItemSets::shipped().all() {
            let ids = set.items.iter().map(|item| item.id.clone());
            let _ = set.check(&ids.zip(texts.iter().cloned()).collect(), SEVEN);
        }
    }

    #[test]
    fn what_was_stored_reads_back(
        name in "[ぁ-ん髙高A-c ]{0,8}花", address in "\\PC{0,40}", remarks in "[a\n\r\t \u{301}é]{0,20}",
        kana in "[ぁ-んァ-ヶ ー・ｱ-ﾝﾞ]{0,10}", doses in 0..=10i32,
    ) {
        let set = set(SEVEN);
        let doses = doses.to_string();
        let typed = typed(&[("name", &name), ("address", &address), ("remarks", &remarks), ("name_kana", &kana), ("vaccine_doses", &doses)]);
        if let Ok(checked) = set.check(&typed, SEVEN) {
            let stored = checked.values.iter().map(|(id, value)| (id.clone(), value.text())).collect();
            prop_assert_eq!(set.check(&stored, SEVEN).map(|again| again.values == checked.values), Ok(true));
        }
    }
}
