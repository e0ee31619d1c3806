//! The history of a member's reports.

use super::closed_history;
use super::read_by::read_in_words;
use super::status_report::told_apart;
use crate::chart::{Chart, spo2_chart, temperature_chart};
use crate::fields::ContactCard;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::{day_in_words, summary, when_in_words};
use crate::visit::Family;
use app::family::{Alarm, Member};
use app::status_report::{Followers, Report};
use askama::Template;
use domain::ids::{CaseId, ReportId};
use domain::in_error::WhyInError;
use domain::status_report::degrees;
use domain::urgency::Level;
use i18n::Words;
use jiff::Timestamp;

/// What to do at once, before anything else.
#[derive(Template)]
#[template(path = "portal/danger.html")]
pub(super) struct DangerBox {
    emergency: bool,
    title: String,
    texts: Vec<String>,
    /// How the center is reached: the words, the number and its address. Empty in an emergency, and where it has none.
    calls: Vec<(String, String, String)>,
    call_119: String,
    /// The address under which a phone calls an ambulance.
    ambulance: String,
    contact: ContactCard,
}

impl DangerBox {
    /// The same beside a form: whoever reads it must not think that the center knows.
    pub(super) fn not_sent(mut self, t: &Words) -> DangerBox {
        self.texts.push(t.say("danger-not-sent"));
        self
    }
}

/// The numbers of a center to press. Its hours are words, so which of two holds now is left to whoever reads them.
pub(super) fn calls(t: &Words, contact: &ContactCard) -> Vec<(String, String, String)> {
    [
        ("danger-call-center", &contact.phone),
        ("danger-call-center-night", &contact.night_phone),
    ]
    .into_iter()
    .filter(|(_, phone)| !phone.is_empty())
    .map(|(key, phone)| (t.say(key), phone.clone(), contact.tel(phone)))
    .collect()
}

/// The box for alarming answers; nothing for others. `measured`: of which report it speaks, on pages where that is not
/// plain: a calm report may have come since.
pub(super) fn danger_box(
    t: &Words,
    member: &Member,
    level: Level,
    measured: Option<Timestamp>,
    by_course: bool,
) -> Option<DangerBox> {
    if !level.is_danger() {
        return None;
    }
    let emergency = level == Level::Emergency;
    let name = &*member.told_in(t.language.tag());
    let center = member.center.name_in(t.language.tag());
    let (title, text) = if emergency {
        ("danger-emergency-title", "danger-emergency-text")
    } else if by_course {
        ("danger-alarming-title", "danger-course-text")
    } else {
        ("danger-alarming-title", "danger-alarming-text")
    };
    let contact = ContactCard::new(t, &member.center);
    Some(DangerBox {
        calls: match emergency {
            true => Vec::new(),
            false => calls(t, &contact),
        },
        emergency,
        title: t.say(title),
        texts: measured
            .map(|at| t.with1("danger-which", "when", when_in_words(t, member, at)))
            .into_iter()
            .chain([
                t.with2(text, "name", name, "center", center),
                t.say("danger-do-not-wait"),
            ])
            .collect(),
        call_119: t.say("danger-call-119"),
        ambulance: crate::page::ambulance(),
        contact,
    })
}

/// The box beside answers that go along from the form of one member to that of another: whose they are is for the person to
/// say, so both are named, and both centers can be called.
pub(super) fn carried_box(
    t: &Words,
    (was, member): (&Member, &Member),
    level: Level,
) -> Option<DangerBox> {
    let mut danger = danger_box(t, member, level, None, false)?;
    let tag = t.language.tag();
    let key = match danger.emergency {
        true => "danger-carried-emergency",
        false => "danger-carried-alarming",
    };
    danger.texts[0] = t.with(
        key,
        &[
            ("was", (&*was.told_in(tag)).into()),
            ("name", (&*member.told_in(tag)).into()),
            ("center", member.center.name_in(tag).into()),
        ],
    );
    if was.center.id != member.center.id && !danger.emergency {
        danger
            .calls
            .extend(calls(t, &ContactCard::new(t, &was.center)));
    }
    Some(danger)
}

/// The box for what waits for somebody of the center.
pub(super) fn alarm_box(t: &Words, member: &Member, alarm: &Alarm) -> Option<DangerBox> {
    let measured = alarm.about.map(|(_, at)| at);
    danger_box(t, member, alarm.level, measured, alarm.by_course)
}

/// What an alarming report is called once it is one of those before.
pub(super) fn level_in_words(t: &Words, level: Level) -> String {
    t.say(match level {
        Level::Emergency => "level-danger-emergency",
        _ => "level-danger",
    })
}

/// That staff of a center or a clinic wrote a report down, and how they came to know.
fn by_staff(t: &Words, channel: &str) -> String {
    t.say(match channel {
        "phone" => "history-by-phone",
        "visit" => "history-by-visit",
        "paper" => "history-by-paper",
        _ => "history-by-staff",
    })
}

/// That the center took a report back, in sentences: why, where it is the family's own.
fn taken_back(t: &Words, member: &Member, report: &Report) -> Vec<String> {
    let Some(in_error) = &report.in_error else {
        return Vec::new();
    };
    let when = when_in_words(t, member, in_error.at);
    if report.by_staff {
        return vec![t.with1("history-in-error-center", "when", when)];
    }
    let key = match in_error.why {
        WhyInError::OtherPerson => "history-in-error-other-person",
        WhyInError::Twice => "history-in-error-twice",
        WhyInError::NotTrue => "history-in-error-not-true",
    };
    let told = t.with1(key, "when", when);
    match in_error.why {
        // What was sent twice is told once.
        WhyInError::Twice => vec![told],
        _ => {
            let name = member.name_in(t.language.tag());
            vec![told, t.with1("history-in-error-again", "name", name)]
        }
    }
}

/// That another report is needed, beside one of today that is called wrong: these may be somebody else's values.
fn again(t: &Words, member: &Member, report: &Report) -> Option<String> {
    let is_needed = report.wrong.is_some()
        && report.health_day == member.today
        && member.is_asked()
        && !member.has_reported_today();
    let name = member.name_in(t.language.tag());
    is_needed.then(|| t.with1("history-wrong-again", "name", name))
}

struct ReportCard {
    id: String,
    when: String,
    day: String,
    level: Option<String>,
    temperature: String,
    spo2: String,
    /// Rows of a summary, as HTML.
    rows: String,
    read: String,
    wrong: Option<String>,
    /// That another one is needed, where it is called wrong and nothing else was reported today.
    again: Option<String>,
    /// That it is called wrong, beside its numbers.
    wrong_short: Option<String>,
    /// That the center took it back, in sentences; then it counts nowhere.
    taken_back: Vec<String>,
    /// Whether there is nothing to be read of it: the center wrote it down and took it back.
    is_withheld: bool,
    /// That the center corrected it, or that staff wrote it down.
    corrected: Vec<String>,
}

impl ReportCard {
    fn new(t: &Words, member: &Member, report: &Report, followers: &Followers) -> ReportCard {
        let dash = || "–".to_owned();
        let is_withheld = report.in_error.is_some() && report.by_staff;
        let when = when_in_words(t, member, report.measured_at);
        ReportCard {
            id: report.id.to_string(),
            taken_back: taken_back(t, member, report),
            is_withheld,
            when: match is_withheld {
                true => t.with1("history-in-error-entry", "when", when),
                false => when,
            },
            day: day_in_words(t, member, report.health_day),
            level: (report.level.is_danger() && report.in_error.is_none())
                .then(|| level_in_words(t, report.level)),
            temperature: report.temperature.map_or_else(dash, |v| degrees(v) + " °C"),
            spo2: report.spo2.map_or_else(dash, |v| v.to_string() + " %"),
            rows: summary(t, report),
            read: read_in_words(t, member, report, followers),
            corrected: [
                (report.by_staff && !is_withheld).then(|| by_staff(t, &report.channel)),
                report
                    .corrected_at
                    .map(|at| t.with1("history-corrected", "when", when_in_words(t, member, at))),
                report
                    .upheld_at
                    .map(|at| t.with1("history-upheld", "when", when_in_words(t, member, at))),
            ]
            .into_iter()
            .flatten()
            .collect(),
            again: again(t, member, report),
            wrong_short: (report.wrong.is_some()).then(|| t.say("history-marked-wrong")),
            wrong: report
                .wrong
                .as_ref()
                .map(|(_, why)| t.with1("report-marked-wrong", "why", why.expose())),
        }
    }
}

/// How many reports stand open.
const OPEN: usize = 5;

#[derive(Template)]
#[template(path = "portal/history.html")]
struct HistoryPage {
    page: Page,
    danger: Option<DangerBox>,
    members: Vec<(String, String)>,
    chosen: String,
    hersys_id: String,
    /// The key of the report that is begun from here.
    form_key: String,
    charts: Vec<Chart>,
    /// Whether any report counts, so that there is a table of numbers.
    any_counts: bool,
    reports: Vec<ReportCard>,
    /// So many of them, the newest, stand open; what was said in the others is folded up.
    open: usize,
    contact: ContactCard,
    /// Whether a report may be asked for where there is none.
    asks: bool,
}

pub(super) async fn show(Family(visit, desk): Family) -> Answer {
    let case = match visit.query("member") {
        Some(text) => text.parse::<CaseId>().ok(),
        None => {
            let members = desk.members().await?;
            // Nobody is led first to somebody who has died.
            let living = members.iter().find(|member| !member.has_died());
            match living.or(members.first()) {
                Some(first) => Some(first.case),
                None => return Ok(go("/")),
            }
        }
    };
    let Some(case) = case else {
        return Ok(missing(&visit));
    };
    let Some(found) = desk.history_beside(case).await? else {
        // Two records of one person became one since the link was written: the history is that of the one that was kept.
        let merged = desk.member(case).await?;
        return Ok(match merged.and_then(|member| member.merged_into()) {
            Some(kept) => go(&format!("/history?member={kept}")),
            None => missing(&visit),
        });
    };
    if found.is_closed {
        return Ok(go(&closed_history::address(case)));
    }
    let (members, reports) = (found.members, found.reports);
    let member = &members[found.at];
    let page = Page::new(&visit, "confirm-history").back_to("/");
    let title = page.with1("history-title-for", "name", &*member.told_in(page.tag()));
    let counting: Vec<Report> = reports
        .iter()
        .filter(|one| one.in_error.is_none())
        .cloned()
        .collect();
    let charts = [
        temperature_chart(page.t, member, &counting),
        spo2_chart(page.t, member, &counting),
    ];
    // The same as on the home page, as long as it stands there: until somebody of the center has written what was done.
    let danger = found
        .alarm
        .and_then(|alarm| alarm_box(page.t, member, &alarm))
        .filter(|_| !member.has_died());
    Ok(render(&HistoryPage {
        danger,
        members: told_apart(&members.iter().collect::<Vec<_>>(), page.t),
        chosen: case.to_string(),
        hersys_id: member.hersys_id.as_str().to_owned(),
        asks: member.may_report(),
        form_key: desk.new_report_key().to_string(),
        charts: charts.into_iter().flatten().collect(),
        any_counts: !counting.is_empty(),
        reports: reports
            .iter()
            .map(|r| ReportCard::new(page.t, member, r, &found.followers))
            .collect(),
        open: OPEN,
        contact: ContactCard::new(page.t, &member.center),
        page: page.titled(title),
    }))
}

/// Where a report stands in the history of a member.
pub(super) fn address(case: CaseId, id: ReportId) -> String {
    format!("/history?member={case}#r-{id}")
}
