//! Who has read a report, in words: which center, and when.

use app::family::Member;
use app::health_center::HealthCenter;
use app::status_report::{Followers, Report};
use i18n::Words;
use jiff::Timestamp;

/// Whether somebody at the center has read it, and when; where another one had the person then, that it was that one.
pub(super) fn read_in_words(
    t: &Words,
    member: &Member,
    report: &Report,
    followers: &Followers,
) -> String {
    let center = member.center.name_in(t.language.tag());
    if let Some(at) = report.read_at(member.center.id) {
        return read_at_in_words(t, member, report, (&*member.center, at));
    }
    let before = report
        .read_before(member.center.id)
        .and_then(|(id, at)| Some((followers.of(Some(id))?, at)));
    match before {
        Some(before) => t.with2(
            "report-read-before",
            "read",
            read_at_in_words(t, member, report, before),
            "center",
            center,
        ),
        None => t.with1("report-not-read", "center", center),
    }
}

fn read_at_in_words(
    t: &Words,
    member: &Member,
    report: &Report,
    (center, at): (&HealthCenter, Timestamp),
) -> String {
    let center = center.name_in(t.language.tag());
    let local = at.to_zoned(member.center.time_zone.clone());
    let received = report.received_at.to_zoned(member.center.time_zone.clone());
    if local.date() == received.date() {
        t.with2(
            "report-read",
            "center",
            center,
            "time",
            t.time(local.time()),
        )
    } else {
        t.with(
            "report-read-on",
            &[
                ("center", center.into()),
                ("date", t.date(local.date()).into()),
                ("time", t.time(local.time()).into()),
            ],
        )
    }
}
