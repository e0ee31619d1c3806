//! Birthdates, days and levels in words.

use app::family::Member;
use domain::birthdate::Birthdate;
use domain::urgency::Level;
use i18n::Words;

/// A birthdate, with the year of its era where readers count in eras.
pub(super) fn born(t: &Words, birthdate: &Birthdate) -> String {
    let written = t.date(birthdate.date());
    match birthdate.era_year() {
        Some((era, year)) if t.language.tag() == "ja" => {
            format!("{written}（{}{year}年）", era.name())
        }
        _ => written,
    }
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

/// The day of the illness that it is now.
pub(super) fn day(t: &Words, member: &Member) -> String {
    let day = member.illness_day(member.today);
    t.with1("console-day", "day", day)
}
