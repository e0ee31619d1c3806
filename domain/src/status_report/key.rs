//! From the key of a form to the id of its report.

use crate::ids::{CaseId, ReportId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::{Builder, Uuid};

/// How far the clocks of several machines, or of one that was set anew, may lie apart. Generous: what is taken for a
/// forged key at one moment and for one of ours at another would be two reports.
const CLOCKS_APART: SignedDuration = SignedDuration::from_hours(24 * 30);

/// How long the address of a form brings its key along: for the way back to what was just sent. Whoever keeps the address
/// for later gets a new form.
const FORM_LIFE: SignedDuration = SignedDuration::from_hours(2);
/// How far the clock of another node may be ahead that made the key.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// Whether a key that the address of a form brings along was made for it not long ago.
pub fn is_fresh(key: ReportId, now: Timestamp) -> bool {
    let age = SignedDuration::from_millis(now.as_millisecond() - milliseconds(key.uuid()));
    key.uuid().get_version_num() == 7 && (-AHEAD..=FORM_LIFE).contains(&age)
}

/// Within which time the same answers from the same form are the same report, on one health day: a second press, an answer
/// that was lost on its way, a phone that had no signal for a while.
const AGAIN_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// The same where a health day ends meanwhile: nobody reports on two days within a minute.
const AGAIN_OVER_MIDNIGHT: SignedDuration = SignedDuration::from_mins(1);

/// Whether a form that says the same as before came again by itself, so to speak; else it is a further report, however
/// alike: somebody whose state is stable gives the same answers every day. Each with the moment at which it was received
/// and its health day.
pub fn came_again(first: (Timestamp, Date), again: (Timestamp, Date)) -> bool {
    let apart = again.0.duration_since(first.0).abs();
    let within = match first.1 == again.1 {
        true => AGAIN_WITHIN,
        false => AGAIN_OVER_MIDNIGHT,
    };
    apart <= within
}

/// The random part of a key behind its variant.
const RANDOM: u128 = (1 << 62) - 1;

/// The key with which a form is sent for one of the members of a family, by the key of the form: each has one of their own, for two
/// records may become one, and then no two reports have one id. Whoever comes back to a member sends the same report again.
/// The key of a member leads back to that of the form in the same way.
#[must_use]
pub fn key_of_member(key: ReportId, case: CaseId) -> ReportId {
    let of_case = case.uuid().as_u128() & RANDOM;
    ReportId::from_uuid(Uuid::from_u128(key.uuid().as_u128() ^ of_case))
}

fn milliseconds(uuid: Uuid) -> i64 {
    // 48 bits always fit.
    i64::try_from(uuid.as_u128() >> 80).unwrap_or(0)
}

/// The id of a report whose form came with a key. A key that our forms have made is the id: a UUIDv7 from between the
/// case's registration and now, each give or take a month. Any other was put there by whoever sent the form; the id then
/// keeps its random part and takes the time of the case's id, so that the same key still is the same report, and no
/// report lands in a part of the table that is not for its time.
pub fn report_id(key: ReportId, case: CaseId, now: Timestamp) -> ReportId {
    let (made, registered) = (milliseconds(key.uuid()), milliseconds(case.uuid()));
    let apart = i64::try_from(CLOCKS_APART.as_millis()).unwrap_or(0);
    let first = match case.uuid().get_version_num() {
        7 => registered - apart,
        // An id that tells no time bounds nothing.
        _ => 0,
    };
    let is_ours =
        key.uuid().get_version_num() == 7 && (first..=now.as_millisecond() + apart).contains(&made);
    if is_ours {
        return key;
    }
    let mut random = [0; 10];
    random.copy_from_slice(&key.uuid().as_bytes()[6..]);
    let registered = u64::try_from(registered).unwrap_or(0);
    ReportId::from_uuid(Builder::from_unix_timestamp_millis(registered, &random).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn v7(at: &str, random: u8) -> Uuid {
        let at: Timestamp = at.parse().unwrap();
        let at = u64::try_from(at.as_millisecond()).unwrap();
        Builder::from_unix_timestamp_millis(at, &[random; 10]).into_uuid()
    }

    #[test]
    fn the_address_of_a_form_is_good_for_two_hours() {
        let key = ReportId::from_uuid(v7("2026-11-23T00:00:00Z", 7));
        for (now, fresh) in [
            ("2026-11-22T23:49:00Z", false),
            ("2026-11-22T23:51:00Z", true),
            ("2026-11-23T00:00:00Z", true),
            ("2026-11-23T02:00:00Z", true),
            ("2026-11-23T02:00:01Z", false),
        ] {
            assert_eq!(is_fresh(key, now.parse().unwrap()), fresh, "{now}");
        }
        let forged = ReportId::from_uuid(Uuid::from_u128(7));
        assert!(!is_fresh(forged, "1970-01-01T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn each_member_has_a_key_of_their_own_that_is_as_old_as_that_of_the_form() {
        let key = ReportId::from_uuid(v7("2026-11-23T00:00:00Z", 7));
        let [one, other] = [9, 200].map(|n| CaseId::from_uuid(v7("2026-11-21T00:00:00Z", n)));
        let (of_one, of_other) = (key_of_member(key, one), key_of_member(key, other));
        assert!(of_one != key && of_other != key && of_one != of_other);
        assert_eq!(key_of_member(of_one, one), key);
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        for (of, case) in [(of_one, one), (of_other, other)] {
            assert!(is_fresh(of, now));
            assert_eq!(of.uuid().get_variant(), key.uuid().get_variant());
            assert_eq!(report_id(of, case, now), of);
        }
    }

    #[test]
    fn the_same_answers_are_the_same_report_for_minutes_only() {
        let first = ("2026-11-23T14:50:00Z".parse().unwrap(), date(2026, 11, 23));
        let of = |at: &str, day| came_again(first, (at.parse().unwrap(), date(2026, 11, day)));
        assert!(of("2026-11-23T14:49:50Z", 23), "another node's clock");
        assert!(of("2026-11-23T14:50:00Z", 23));
        assert!(of("2026-11-23T15:05:00Z", 23));
        assert!(!of("2026-11-23T15:05:01Z", 23));
        assert!(!of("2026-11-23T15:00:00Z", 24), "the next health day");
        assert!(of("2026-11-23T14:51:00Z", 24), "a lost answer at midnight");
    }

    #[test]
    fn keys_of_our_forms_stay_and_others_take_the_time_of_the_case() {
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        let case = CaseId::from_uuid(v7("2026-11-21T00:00:00Z", 9));
        let id = |key: Uuid| report_id(ReportId::from_uuid(key), case, now).uuid();
        for ours in [
            "2026-10-22T01:00:00Z",
            "2026-11-23T00:00:00Z",
            "2026-12-22T23:00:00Z",
        ] {
            assert_eq!(id(v7(ours, 1)), v7(ours, 1));
        }
        for forged in [
            "1999-01-01T00:00:00Z",
            "2026-10-21T23:00:00Z",
            "2026-12-24T00:00:00Z",
            "2900-01-01T00:00:00Z",
        ] {
            assert_eq!(id(v7(forged, 1)), v7("2026-11-21T00:00:00Z", 1), "{forged}");
        }
        for forged in [
            Uuid::nil(),
            Uuid::max(),
            Uuid::from_u128(0x1234_5678_9abc_4def_8123_4567_89ab_cdef),
        ] {
            assert_eq!(
                milliseconds(id(forged)),
                milliseconds(case.uuid()),
                "{forged}"
            );
            assert_eq!(id(forged).get_version_num(), 7);
        }
        assert_ne!(id(Uuid::nil()), id(Uuid::max()), "two keys are two reports");
    }
}
