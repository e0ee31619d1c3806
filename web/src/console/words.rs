//! Birthdates, days, levels and reasons in words.

use app::case_registration::CaseView;
use app::family::{FollowUp, Member};
use app::message_texts::lasting;
use domain::birthdate::Birthdate;
use domain::course::Why;
use domain::notification::age::{age_in_months, age_on};
use domain::personal::Personal;
use domain::questionnaire::LocalText;
use domain::status_report::degrees;
use domain::urgency::Level;
use i18n::Words;
use jiff::Timestamp;
use jiff::civil::Date;

/// A birthdate, with the year of its era where readers count in eras.
pub(super) fn born(t: &Words, birthdate: &Birthdate) -> String {
    let written = t.date(birthdate.date());
    match birthdate.era_year() {
        Some((era, year)) if t.language.tag() == "ja" => {
            format!("{written}（{}）", era.year(year))
        }
        _ => written,
    }
}

/// An age; in months before the first birthday, where those are given.
pub(super) fn age(t: &Words, years: i32, months: Option<i32>) -> String {
    match months {
        Some(months) => t.with1("notification-months", "months", months),
        None => t.with1("worklist-age", "years", years),
    }
}

/// The age on a day and the birthdate, by which whoever phones is told from another of the same name; months before the
/// first birthday.
pub(super) fn age_and_birthdate(t: &Words, birthdate: &Birthdate, today: Date) -> String {
    let date = birthdate.date();
    let years = age_on(date, today).unwrap_or(0);
    let age = age(t, years, age_in_months(date, today));
    t.with2("case-born", "age", age, "date", born(t, birthdate))
}

/// A number as it is dialled, or that there is none.
pub(super) fn phone_words(t: &Words, phone: &Option<Personal<String>>) -> String {
    match phone {
        Some(phone) => phone.expose().clone(),
        None => t.say("no-phone"),
    }
}

/// The reading of a name, where it is another spelling than the one that is shown.
pub(super) fn reading_beside(view: &CaseView, shown: &str) -> Option<String> {
    view.names
        .iter()
        .find(|(script, _)| script == "kana")
        .map(|(_, kana)| kana.expose().clone())
        .filter(|kana| kana != shown)
}

/// How urgent, in words; nothing where nothing calls for attention.
pub(super) fn level(t: &Words, level: Level) -> Option<String> {
    match level {
        Level::Calm => None,
        Level::Watch => Some(t.say("level-watch")),
        Level::Alarming => Some(t.say("level-alarming")),
        Level::Emergency => Some(t.say("level-emergency")),
    }
}

/// For how long something waits; what came within this minute does not wait yet.
pub(super) fn waits(t: &Words, minutes: i64) -> String {
    match minutes {
        ..=0 => t.say("alert-waits-now"),
        _ => t.with1("alert-waits", "since", lasting(t, minutes)),
    }
}

/// The day of the illness that it is now.
pub(super) fn day(t: &Words, member: &Member) -> String {
    let day = member.illness_day(member.today);
    t.with1("console-day", "day", day)
}

/// Since when nothing was heard, and what the last report said: `No report for 26 h; the last one had SpO2 94 %`.
fn silent(t: &Words, since: Timestamp, now: Timestamp, last: (Option<i32>, Option<i32>)) -> String {
    let minutes = now.duration_since(since).as_mins().max(0);
    let (temperature, spo2) = last;
    let measured: Vec<String> = spo2
        .map(|value| t.with1("why-spo2", "value", value))
        .into_iter()
        .chain(temperature.map(|value| t.with1("why-temperature", "value", degrees(value))))
        .collect();
    // Hours and not days: the rules count hours, and a day more or less is much.
    let hours = minutes / 60;
    if measured.is_empty() {
        t.with1("why-silent", "hours", hours)
    } else {
        let last = measured.join(&t.say("why-and"));
        t.with2("why-silent-last", "hours", hours, "last", last)
    }
}

/// What a physician has notified: `The notification says: Newly needs oxygen, Severity: Severe`.
fn notified(t: &Words, answers: &[(LocalText, Option<LocalText>)]) -> String {
    let tag = t.language.tag();
    let said = |(asked, chosen): &(LocalText, Option<LocalText>)| {
        let asked = asked.in_language(tag);
        match chosen {
            Some(chosen) => {
                let chosen = chosen.in_language(tag);
                t.with2("why-notified-answer", "asked", asked, "chosen", chosen)
            }
            None => asked.to_owned(),
        }
    };
    match answers {
        [] => t.say("why-notified"),
        answers => {
            let said: Vec<String> = answers.iter().map(said).collect();
            t.with1(
                "why-notified-answers",
                "answers",
                said.join(&t.say("why-and")),
            )
        }
    }
}

/// Why somebody is urgent, in words, such as `SpO2 93 %`. `question` gives the short words of a question.
pub(super) fn why(
    t: &Words,
    why: &Why,
    now: Timestamp,
    question: impl Fn(&str) -> String,
) -> String {
    match why {
        Why::Silent {
            since,
            unreached: true,
            ..
        } => {
            let hours = now.duration_since(*since).as_hours().max(0);
            t.with1("why-unreached", "hours", hours)
        }
        Why::Silent {
            since,
            temperature,
            spo2,
            unreached: false,
        } => silent(t, *since, now, (*temperature, *spo2)),
        Why::Temperature { value } => t.with1("why-temperature", "value", degrees(*value)),
        Why::Spo2 { value } => t.with1("why-spo2", "value", *value),
        Why::Symptom { id } => question(id),
        Why::NothingKnown => t.say("why-nothing-known"),
        Why::Spo2Falling { from, to } => t.with2("why-spo2-falling", "from", *from, "to", *to),
        Why::TemperatureRising { from, to } => t.with2(
            "why-temperature-rising",
            "from",
            degrees(*from),
            "to",
            degrees(*to),
        ),
        Why::FeverLasting { days } => t.with1("why-fever-lasting", "days", *days),
        Why::Infant { days } => t.with1("why-infant", "days", *days),
        Why::Notified { answers } => notified(t, answers),
        Why::AskedBack => t.say("why-asked-back"),
        Why::Age { years } => t.with1("why-age", "years", *years),
        Why::Condition { name } => condition(t, name),
    }
}

/// A condition that puts somebody at risk, in words; one that nobody knows shows its name.
pub(super) fn condition(t: &Words, name: &str) -> String {
    let key = format!("risk-{}", name.replace('_', "-"));
    if t.has(&key) {
        t.say(&key)
    } else {
        name.to_owned()
    }
}

/// A word that is stored, in the words of a reader: `status-home`, `outcome-reached`, `role-nurse`.
pub(super) fn stored(t: &Words, family: &str, word: &str) -> String {
    t.say(&format!("{family}-{}", word.replace(['_', '.'], "-")))
}

/// A count as sentences take it.
pub(super) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// That somebody has died or is released, and since when, or was registered in error; nothing of whoever is followed.
pub(super) fn ended(t: &Words, member: &Member) -> Option<String> {
    let (with_day, without, day) = match member.follow_up {
        FollowUp::GoesOn => return None,
        FollowUp::InError => return Some(t.say("case-ended-in-error")),
        FollowUp::Ended(day) => ("case-ended-released-on", "case-ended-released", day),
        FollowUp::Died(day) => ("case-ended-died-on", "case-ended-died", day),
    };
    Some(match day {
        Some(day) => t.with1(with_day, "day", t.date(day)),
        None => t.say(without),
    })
}

#[cfg(test)]
mod tests {
    use super::waits;
    use domain::language::Language;
    use i18n::words;

    #[test]
    fn what_came_this_minute_does_not_wait_for_0_minutes() {
        for (language, now, later) in [
            (Language::En, "Just now", "Waits for 1 min"),
            (Language::Ja, "たった今", "1分待っています"),
        ] {
            let t = words(language);
            assert_eq!(
                (waits(t, 0), waits(t, 1)),
                (now.to_owned(), later.to_owned())
            );
        }
    }
}
