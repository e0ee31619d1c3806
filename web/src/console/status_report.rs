//! A report as a nurse reads it.

use super::in_error::TakenBackView;
use super::words::{level, stored};
use crate::reports::{Rows, answer, moment, note_row, number_rows, signs_words};
use app::case_registration::CaseView;
use app::status_report::Report;
use domain::ids::StaffId;
use domain::status_report::Answer;
use i18n::Words;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// A report on the page of its case.
pub(super) struct ReportCard {
    pub(super) id: String,
    pub(super) when: String,
    pub(super) level: Option<String>,
    pub(super) danger: bool,
    pub(super) wrong: Option<String>,
    pub(super) rows: Vec<(String, String)>,
    pub(super) received: String,
    /// How it came, where that was not from the person's own hand.
    pub(super) channel: Option<String>,
    /// The other number under which it came.
    pub(super) under: Option<String>,
    pub(super) corrected: Option<String>,
    pub(super) read: String,
    /// That it was taken back as entered in error.
    pub(super) in_error: Option<TakenBackView>,
    /// Whether whoever looks may take it back, or let it count again.
    pub(super) may_take_back: bool,
    /// Whether it can be entered for somebody else instead.
    pub(super) goes_elsewhere: bool,
}

impl ReportCard {
    /// The id of its part of the page.
    pub(super) fn place(&self) -> String {
        format!("r-{}", self.id)
    }

    /// `names`: of colleagues who wrote reports down; `reads`: whether this visit reads for the center.
    pub(super) fn new(
        t: &Words,
        view: &CaseView,
        report: &Report,
        names: &BTreeMap<StaffId, String>,
        (now, reads, may_take_back): (Timestamp, bool, bool),
    ) -> ReportCard {
        let zone = &view.member.center.time_zone;
        let in_error = report.in_error.as_ref().map(|one| {
            let name = names.get(&one.by).map_or("", String::as_str);
            TakenBackView::new(t, zone, one, name)
        });
        let is_of_another = in_error.as_ref().is_some_and(|one| one.is_of_another);
        // The visit that opened it stamped it a moment ago.
        let just_now =
            |at: Timestamp| reads && now.duration_since(at) < SignedDuration::from_secs(5);
        let read = match report.read_at(view.member.center.id) {
            Some(at) if !just_now(at) => {
                t.with1("console-report-read", "when", moment(t, zone, at))
            }
            None if !reads => t.say("console-report-unread"),
            _ => t.say("console-report-new"),
        };
        let received = moment(t, zone, report.received_at);
        ReportCard {
            id: report.id.to_string(),
            when: moment(t, zone, report.measured_at),
            // What does not count is nothing to hurry for.
            level: level(t, report.level).filter(|_| in_error.is_none()),
            danger: report.level.is_danger(),
            goes_elsewhere: is_of_another && report.entered_by.is_some(),
            in_error,
            may_take_back,
            wrong: report
                .wrong
                .as_ref()
                .map(|(_, why)| t.with1("console-report-wrong", "why", why.expose())),
            rows: rows(t, report)
                .into_iter()
                .map(|(label, value)| (label.into_owned(), value.into_owned()))
                .collect(),
            channel: report.entered_by.map(|by| {
                let channel = stored(t, "channel", &report.channel);
                match names.get(&by) {
                    Some(name) => t.with2("channel-by", "channel", channel, "name", name),
                    None => channel,
                }
            }),
            under: None,
            corrected: report
                .corrected_at
                .map(|at| t.with1("report-corrected-at", "when", moment(t, zone, at))),
            received: t.with1("console-report-received", "when", received),
            read,
        }
    }
}

/// What was answered. What calls for attention comes first: the numbers, every "yes", the message; then the rest.
fn rows<'a>(t: &'a Words, report: &'a Report) -> Rows<'a> {
    let mut rows = number_rows(t, report);
    rows.extend(note_row(t, report));
    let tag = t.language.tag();
    let asked = |wished: Answer| {
        report
            .answers
            .iter()
            .filter(move |(_, said)| *said == wished)
            .filter_map(|(id, _)| report.stored.questionnaire.question(id))
            .map(|question| question.short.in_language(tag))
    };
    for wished in [Answer::Yes, Answer::DontKnow] {
        rows.extend(asked(wished).map(|label| (label.into(), answer(t, wished))));
    }
    // What is not the matter takes one line: reports are read one under the other.
    let mut not: Vec<&str> = asked(Answer::No).collect();
    let questionnaire = &report.stored.questionnaire;
    let signs = signs_words(t, questionnaire);
    let has_sign = report
        .answers
        .iter()
        .any(|(id, _)| questionnaire.is_sign(id));
    if !questionnaire.signs.is_empty() && !has_sign {
        not.insert(0, &signs);
    }
    if !not.is_empty() {
        rows.push((
            answer(t, Answer::No),
            not.join(&t.text("list-comma")).into(),
        ));
    }
    rows
}
