//! Six hundred people who are plainly made up, and how their illness went: the same every time for one seed.

use domain::monitoring::MonitoringStatus;

/// Numbers that look random and are the same for one seed (splitmix64).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn roll(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.next() % span).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub(super) fn in_hundred(&mut self, chance: i64) -> bool {
        self.roll(1, 100) <= chance
    }

    pub(super) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let last = i64::try_from(all.len()).unwrap_or(1) - 1;
        &all[usize::try_from(self.roll(0, last)).unwrap_or(0)]
    }
}

/// Surnames that say what they are: sample, example, trial, provisional.
#[rustfmt::skip]
const SURNAMES: &[(&str, &str, &str)] = &[
    ("見本", "ミホン", "Mihon"), ("見本田", "ミホンダ", "Mihonda"), ("見本山", "ミホンヤマ", "Mihonyama"),
    ("見本川", "ミホンガワ", "Mihongawa"), ("見本野", "ミホンノ", "Mihonno"), ("例田", "レイダ", "Reida"),
    ("例山", "レイヤマ", "Reiyama"), ("例川", "レイカワ", "Reikawa"), ("例木", "レイキ", "Reiki"),
    ("試川", "タメシガワ", "Tameshigawa"), ("試山", "タメシヤマ", "Tameshiyama"), ("試田", "タメシダ", "Tameshida"),
    ("仮田", "カリタ", "Karita"), ("仮山", "カリヤマ", "Kariyama"), ("仮野", "カリノ", "Karino"),
    ("架空", "カクウ", "Kakuu"),
];
#[rustfmt::skip]
const GIVEN: &[(&str, &str, &str)] = &[
    ("一郎", "イチロウ", "Ichiro"), ("次郎", "ジロウ", "Jiro"), ("三郎", "サブロウ", "Saburo"), ("健", "ケン", "Ken"),
    ("大輔", "ダイスケ", "Daisuke"), ("拓也", "タクヤ", "Takuya"), ("翔", "ショウ", "Sho"), ("蓮", "レン", "Ren"),
    ("正", "タダシ", "Tadashi"), ("清", "キヨシ", "Kiyoshi"), ("茂", "シゲル", "Shigeru"), ("実", "ミノル", "Minoru"),
    ("花子", "ハナコ", "Hanako"), ("陽子", "ヨウコ", "Yoko"), ("恵子", "ケイコ", "Keiko"), ("久美子", "クミコ", "Kumiko"),
    ("直美", "ナオミ", "Naomi"), ("愛", "アイ", "Ai"), ("美咲", "ミサキ", "Misaki"), ("葵", "アオイ", "Aoi"),
    ("結衣", "ユイ", "Yui"), ("さくら", "サクラ", "Sakura"), ("キヨ", "キヨ", "Kiyo"), ("千代", "チヨ", "Chiyo"),
];
const VISITORS: &[&str] = &[
    "Sample Nguyen",
    "Sample Silva",
    "Sample Kim",
    "Sample Garcia",
    "Sample Shrestha",
    "Sample Smith",
];

/// What somebody reported, hours before now.
pub(super) struct Told {
    pub(super) hours_ago: i64,
    /// Tenths of a degree Celsius.
    pub(super) temperature: i32,
    /// Per cent; none: no oximeter.
    pub(super) spo2: Option<i32>,
    pub(super) yes: Vec<&'static str>,
}

/// A sample person.
pub(super) struct Sample {
    pub(super) center: usize,
    pub(super) names: [String; 3],
    pub(super) visitor: bool,
    pub(super) age: i32,
    pub(super) born_on: i64,
    pub(super) phone: String,
    pub(super) hours_since_registered: i64,
    /// Days between the first symptoms and the registration; none: no symptoms.
    pub(super) symptoms_before: Option<i64>,
    pub(super) risks: Vec<&'static str>,
    pub(super) has_account: bool,
    pub(super) status: MonitoringStatus,
    pub(super) reports: Vec<Told>,
}

/// How an illness goes.
#[derive(Clone, Copy, PartialEq)]
enum Course {
    Mild,
    Feverish,
    Severe,
    Silent,
}

fn report(dice: &mut Dice, course: Course, day: i64, hours_ago: i64, oximeter: bool) -> Told {
    let jitter = i32::try_from(dice.roll(-3, 3)).unwrap_or(0);
    let (temperature, spo2) = match (course, day) {
        (Course::Mild, 0..=2) => (374, 98),
        (Course::Mild, _) => (366, 98),
        (Course::Feverish, 0..=4) => (386, 97),
        (Course::Feverish, 5..=6) => (374, 97),
        (Course::Severe, 0..=3) => (384, 97),
        (Course::Severe, 4..=5) => (388, 95),
        (Course::Severe, 6..=8) => (391, 94),
        (Course::Silent, 0..=2) => (378, 97),
        _ => (367, 98),
    };
    let dip = i32::try_from(dice.roll(0, 1)).unwrap_or(0);
    let mut yes = Vec::new();
    for (symptom, chance) in [
        ("cough", 60),
        ("malaise", 35),
        ("diarrhoea", 8),
        ("vomiting", 5),
    ] {
        if temperature > 372 && dice.in_hundred(chance) {
            yes.push(symptom);
        }
    }
    Told {
        hours_ago,
        temperature: temperature + jitter,
        spo2: oximeter.then_some(spo2 - dip),
        yes,
    }
}

fn age(dice: &mut Dice) -> i32 {
    let decade = *dice.one_of(&[0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8]);
    decade * 10 + i32::try_from(dice.roll(0, 9)).unwrap_or(0)
}

/// New cases a day over four weeks: a wave that rises and begins to fall, fewer at weekends. The oldest day first.
#[rustfmt::skip]
const WAVE: [usize; 28] = [
    4, 5, 6, 7, 8, 5, 4, 10, 12, 14, 16, 18, 11, 9, 24, 27, 30, 33, 34, 22, 19, 46, 48, 47, 43, 40, 30, 28,
];

/// The sample people.
pub(super) fn people(seed: u64) -> Vec<Sample> {
    let mut dice = Dice::new(seed);
    let mut all = Vec::new();
    let mut phone = 6_000;
    for (day, cases) in WAVE.into_iter().enumerate() {
        for _ in 0..cases {
            let days_ago = 27 - i64::try_from(day).unwrap_or(0);
            phone += 1;
            all.push(person(&mut dice, days_ago, phone));
        }
    }
    // Some of those who are ill now got worse within the last hour: something to do for a newcomer.
    let mut urgent = [0usize; 3];
    for person in all.iter_mut().rev() {
        let made = &mut urgent[person.center];
        if *made == 3 || person.reports.len() < 5 || !person.status.expects_reports() {
            continue;
        }
        let minutes = [4, 17, 43][*made];
        let (spo2, yes): (i32, &'static str) = [
            (92, "breathlessness"),
            (91, "malaise"),
            (89, "breathlessness"),
        ][*made];
        *made += 1;
        person.reports.insert(
            0,
            Told {
                // In the last hour: the minutes are told as a part of it, below zero.
                hours_ago: -minutes,
                temperature: 386,
                spo2: Some(spo2),
                yes: vec![yes, "cough"],
            },
        );
    }
    all
}

fn person(dice: &mut Dice, days_ago: i64, phone: i64) -> Sample {
    let visitor = dice.in_hundred(6);
    let names = if visitor {
        let name = *dice.one_of(VISITORS);
        [
            String::new(),
            String::new(),
            format!("{name} {}", phone - 6_000),
        ]
    } else {
        let (surname, given) = (dice.one_of(SURNAMES), dice.one_of(GIVEN));
        [
            format!("{} {}", surname.0, given.0),
            format!("{} {}", surname.1, given.1),
            format!("{} {}", surname.2, given.2),
        ]
    };
    let age = age(dice);
    let old = age >= 65;
    let mut risks = Vec::new();
    for (risk, chance) in [("diabetes", 12), ("heart", 8), ("copd", 4), ("obesity", 9)] {
        if dice.in_hundred(if old { chance * 2 } else { chance / 3 }) {
            risks.push(risk);
        }
    }
    if (20..45).contains(&age) && dice.in_hundred(3) {
        risks.push("pregnancy");
    }
    let course = match dice.roll(1, 100) {
        1..=55 => Course::Mild,
        56..=84 => Course::Feverish,
        85..=91 => Course::Silent,
        _ if old || dice.in_hundred(35) => Course::Severe,
        _ => Course::Feverish,
    };
    let has_account = dice.in_hundred(if old { 60 } else { 88 });
    let symptoms_before = dice.roll(0, 3);
    let has_symptoms = dice.in_hundred(92);
    let isolation = if has_symptoms { 8 - symptoms_before } else { 7 };
    // Some are looked at late: they are due for a release review.
    let released = days_ago > isolation + dice.roll(0, 4);
    let status = match (course, released) {
        (Course::Severe, _) if days_ago > 14 && dice.in_hundred(6) => MonitoringStatus::Died,
        (Course::Severe, false) if days_ago > 5 && dice.in_hundred(60) => {
            MonitoringStatus::Hospital
        }
        (_, true) => MonitoringStatus::Released,
        (_, false) if dice.in_hundred(8) => MonitoringStatus::Hotel,
        (_, false) => MonitoringStatus::Home,
    };
    let oximeter = dice.in_hundred(70);
    let mut reports = Vec::new();
    if has_account {
        let until = if status == MonitoringStatus::Released {
            (days_ago - isolation).max(0)
        } else if course == Course::Silent {
            dice.roll(1, 3).min(days_ago)
        } else {
            0
        };
        let mut ago = days_ago - 1;
        while ago >= until {
            let day = symptoms_before + days_ago - ago;
            for hour in [14, 5] {
                if dice.in_hundred(if hour == 14 { 88 } else { 45 }) {
                    let hours_ago = ago * 24 + hour - dice.roll(0, 2);
                    reports.push(report(dice, course, day, hours_ago, oximeter));
                }
            }
            ago -= 1;
        }
        reports.reverse();
    }
    Sample {
        center: usize::try_from(*dice.one_of(&[0i64, 0, 0, 1, 1, 2])).unwrap_or(0),
        names,
        visitor,
        age,
        born_on: dice.roll(0, 364),
        phone: format!("0901234{phone}"),
        hours_since_registered: days_ago * 24 + 16 + dice.roll(0, 5),
        symptoms_before: has_symptoms.then_some(symptoms_before),
        risks,
        has_account,
        status,
        reports,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_hundred_people_over_four_weeks_the_same_every_time() {
        let all = people(1);
        assert_eq!(all.len(), 600);
        let again = people(1);
        for (a, b) in all.iter().zip(&again) {
            assert_eq!((&a.names, &a.phone, a.age), (&b.names, &b.phone, b.age));
        }
        for center in 0..3 {
            let here = all.iter().filter(|p| p.center == center).count();
            assert!(here > 60, "{center}: {here}");
        }
        let open = all.iter().filter(|p| p.status.is_open()).count();
        assert!((200..450).contains(&open), "{open}");
        let silent = all
            .iter()
            .filter(|p| p.status.expects_reports() && p.has_account)
            .filter(|p| p.reports.first().is_none_or(|r| r.hours_ago > 24))
            .count();
        assert!((5..120).contains(&silent), "{silent}");
        let without = all
            .iter()
            .filter(|p| !p.has_account && p.status.is_open())
            .count();
        assert!((20..120).contains(&without), "{without}");
        for person in &all {
            for told in &person.reports {
                assert!(told.hours_ago < person.hours_since_registered);
                assert!((355..=420).contains(&told.temperature));
            }
        }
    }
}
