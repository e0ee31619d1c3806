//! Moments, days and levels in words.

use app::family::Member;
use domain::birthdate::Birthdate;
use domain::urgency::Level;
use i18n::Words;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A moment at the center: `23 November 2026, 9:42`.
pub(super) fn moment(t: &Words, zone: &TimeZone, at: Timestamp) -> String {
    let local = at.to_zoned(zone.clone());
    t.with2(
        "date-and-time",
        "date",
        t.date(local.date()),
        "time",
        t.time(local.time()),
    )
}

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
