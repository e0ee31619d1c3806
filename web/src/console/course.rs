//! The course of an illness and the people around a person, as charts.

use crate::charts::{Lines, Network, Node, Panel, Point, Role, Source};
use crate::reports::moment;
use app::case_registration::CaseView;
use app::close_contacts::Someone;
use app::health_center::HealthCenter;
use app::status_report::Report;
use domain::health_day::health_day;
use domain::status_report::degrees;
use i18n::Words;
use jiff::ToSpan;

/// The fewest measurements that make a chart.
const FEWEST: usize = 2;

fn seconds(at: jiff::Timestamp) -> f64 {
    // Seconds since 1970 have ten digits; nothing is lost.
    at.as_second() as f64
}

fn source(report: &Report) -> Source {
    if report.wrong.is_some() {
        Source::MarkedWrong
    } else if report.corrected_at.is_some() {
        Source::Corrected
    } else if report.by_staff {
        Source::ByStaff
    } else {
        Source::ByPerson
    }
}

/// Temperature and oxygen saturation over time; none for fewer than two reports.
pub(super) fn course_chart(t: &Words, view: &CaseView) -> Option<String> {
    // What was entered in error counts nowhere.
    let counting = || view.reports.iter().filter(|one| one.in_error.is_none());
    if counting().count() < FEWEST {
        return None;
    }
    let zone = &view.member.center.time_zone;
    let point = |report: &Report, y: f64, value: String| Point {
        // Where it stands among the others, whatever a clock that was ahead has dated it.
        x: seconds(report.in_order_at),
        y,
        label: format!("{} {value}", moment(t, zone, report.measured_at)),
        source: source(report),
    };
    let temperature = counting()
        .filter_map(|r| {
            let value = degrees(r.temperature?);
            Some(point(r, value.parse().ok()?, format!("{value} °C")))
        })
        .collect();
    let spo2 = counting()
        .filter_map(|r| {
            let value = r.spo2?;
            Some(point(r, f64::from(value), format!("{value} %")))
        })
        .collect();
    // The lines are those of the questionnaire that was answered last.
    let asked = &counting().next()?.stored.questionnaire;
    let of_temperature = asked.temperature.lines().into_iter().filter_map(|line| {
        let said = degrees(line);
        Some((said.parse().ok()?, format!("{said} °C")))
    });
    let of_spo2 = asked.spo2.lines().into_iter();
    let of_spo2 = of_spo2.map(|line| (f64::from(line), format!("{line} %")));
    let days = || counting().map(|r| health_day(r.in_order_at, zone));
    let (first, last) = (days().min()?, days().max()?);
    let ticks = first
        .series(1.day())
        .take_while(|day| *day <= last)
        .filter_map(|day| {
            let begins = day.to_zoned(zone.clone()).ok()?.timestamp();
            Some((seconds(begins), t.date_short(day)))
        })
        .collect();
    Some(
        Lines {
            id: "course".to_owned(),
            title: t.say("course-title"),
            description: t.say("course-description"),
            panels: vec![
                Panel::temperature(
                    format!("{} (°C)", t.say("temperature")),
                    temperature,
                    of_temperature.collect(),
                ),
                Panel::spo2(format!("{} (%)", t.say("spo2")), spo2, of_spo2.collect()),
            ],
            ticks,
            names: vec![
                (Source::ByPerson, t.say("course-by-person")),
                (Source::ByStaff, t.say("course-by-staff")),
                (Source::Corrected, t.say("course-corrected")),
                (Source::MarkedWrong, t.say("course-wrong")),
            ],
        }
        .svg(),
    )
}

/// Somebody whom another center follows, in words.
pub(super) fn elsewhere(t: &Words, center: &HealthCenter) -> String {
    let name = center.name_in(t.language.tag());
    t.with1("close-elsewhere", "center", name)
}

/// The people around a person; none where there is nobody.
pub(super) fn network_chart(t: &Words, network: &app::close_contacts::Network) -> Option<String> {
    if network.people.len() < FEWEST {
        return None;
    }
    let tag = t.language.tag();
    Some(
        Network {
            id: "network".to_owned(),
            title: t.say("close-title"),
            description: t.say("close-description"),
            nodes: network
                .people
                .iter()
                .map(|someone| match someone {
                    Someone::Known(person) => Node {
                        label: person.name_in(tag).to_owned(),
                        role: match (person.is_contact, person.was_contact) {
                            (true, _) => Role::Contact,
                            (false, true) => Role::FellIll,
                            (false, false) => Role::Case,
                        },
                        href: Some(format!("/cases/{}", person.case)),
                    },
                    Someone::Elsewhere(center) => Node {
                        label: elsewhere(t, center),
                        role: Role::Elsewhere,
                        href: None,
                    },
                })
                .collect(),
            links: network.links.clone(),
            names: vec![
                (Role::Case, t.say("close-role-case")),
                (Role::Contact, t.say("close-role-contact")),
                (Role::FellIll, t.say("close-role-fell-ill")),
                (Role::Elsewhere, t.say("close-role-elsewhere")),
            ],
        }
        .svg(),
    )
}
