//! Days at a health center: where a health day begins and ends, and which day of the illness it is.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The day that a moment belongs to in the center's time zone, wherever the person's phone thinks that it is.
pub fn health_day(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone()).date()
}

/// The day of the illness: the day of onset, or without symptoms the day of the diagnosis, is day 0, as in the rules
/// on isolation. Negative before it.
pub fn illness_day(onset_on: Option<Date>, diagnosed_on: Date, on: Date) -> i32 {
    let start = onset_on.unwrap_or(diagnosed_on);
    on.since(start).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_day_begins_at_midnight_of_the_center() {
        let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
        let before: Timestamp = "2026-11-22T14:59:59Z".parse().unwrap();
        let after: Timestamp = "2026-11-22T15:00:00Z".parse().unwrap();
        assert_eq!(health_day(before, &tokyo), date(2026, 11, 22));
        assert_eq!(health_day(after, &tokyo), date(2026, 11, 23));
    }

    #[test]
    fn the_illness_is_counted_from_its_start() {
        let (onset, diagnosis) = (date(2026, 2, 27), date(2026, 3, 1));
        assert_eq!(illness_day(Some(onset), diagnosis, onset), 0);
        assert_eq!(illness_day(Some(onset), diagnosis, date(2026, 3, 3)), 4);
        assert_eq!(illness_day(None, diagnosis, date(2026, 3, 3)), 2);
        assert_eq!(illness_day(None, diagnosis, date(2026, 2, 28)), -1);
        assert_eq!(illness_day(None, date(2025, 12, 1), date(2026, 2, 1)), 62);
    }
}
