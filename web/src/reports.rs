//! Reports in words: what both sites say of them.

use app::family::Member;
use app::status_report::Report;
use domain::status_report::{Answer, degrees};
use i18n::Words;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The day of the illness in words.
pub(crate) fn day_in_words(t: &Words, member: &Member, on: jiff::civil::Date) -> String {
    let day = i64::from(member.illness_day(on));
    let key = if member.is_contact {
        "illness-day-contact"
    } else if member.onset_on.is_some() {
        "illness-day-onset"
    } else {
        "illness-day-diagnosis"
    };
    let start = member.onset_on.unwrap_or(member.diagnosed_on);
    t.with2(key, "day", day, "date", t.date(start))
}

/// An answer in words.
pub(crate) fn answer(t: &Words, said: Answer) -> String {
    t.say(match said {
        Answer::Yes => "answer-yes",
        Answer::No => "answer-no",
        Answer::DontKnow => "answer-dont-know",
    })
}

/// A moment in a time zone: `23 November 2026, 9:42`.
pub(crate) fn moment(t: &Words, zone: &TimeZone, at: Timestamp) -> String {
    let local = at.to_zoned(zone.clone());
    t.with2(
        "date-and-time",
        "date",
        t.date(local.date()),
        "time",
        t.time(local.time()),
    )
}

/// A moment at a member's center.
pub(crate) fn when_in_words(t: &Words, member: &Member, at: Timestamp) -> String {
    moment(t, &member.center.time_zone, at)
}

/// The two numbers of a report: labels and values.
pub(crate) fn number_rows(t: &Words, report: &Report) -> Vec<(String, String)> {
    let not_measured = || t.say("not-measured");
    let temperature = report
        .temperature
        .map_or_else(not_measured, |v| format!("{} °C", degrees(v)));
    let spo2 = report.spo2.map_or_else(not_measured, |v| format!("{v} %"));
    vec![(t.say("temperature"), temperature), (t.say("spo2"), spo2)]
}

/// The note of a report, if there is one.
pub(crate) fn note_row(t: &Words, report: &Report) -> Option<(String, String)> {
    let note = report.note.expose();
    (!note.is_empty()).then(|| (t.say("report-note-short"), note.clone()))
}

/// The signs that were ticked, or that there were none; nothing where they were not asked.
fn signs_row(t: &Words, report: &Report) -> Option<(String, String)> {
    let questionnaire = &report.stored.questionnaire;
    if questionnaire.signs.is_empty() {
        return None;
    }
    let tag = t.language.tag();
    let answered = report.answers.iter();
    let ticked: Vec<&str> = answered
        .filter(|(id, _)| questionnaire.is_sign(id))
        .filter_map(|(id, _)| questionnaire.question(id))
        .map(|sign| sign.short.in_language(tag))
        .collect();
    let said = if ticked.is_empty() {
        t.say("report-signs-none")
    } else {
        ticked.join(&t.say("list-comma"))
    };
    Some((t.say("report-signs-short"), said))
}

/// What was answered, in the order of the form: the words of the questionnaire, and the answer's.
pub(crate) fn answer_rows(t: &Words, report: &Report) -> Vec<(String, String)> {
    let tag = t.language.tag();
    let mut rows = number_rows(t, report);
    rows.extend(signs_row(t, report));
    for (id, said) in &report.answers {
        if report.stored.questionnaire.is_sign(id) {
            continue;
        }
        if let Some(question) = report.stored.questionnaire.question(id) {
            rows.push((question.short.in_language(tag).to_owned(), answer(t, *said)));
        }
    }
    rows.extend(note_row(t, report));
    rows
}
