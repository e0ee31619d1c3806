//! Reports in words: what both sites say of them.

use crate::escape::Html;
use crate::ready::Ready;
use app::family::Member;
use app::status_report::Report;
use askama::filters::Escaper;
use domain::questionnaire::{QuestionId, Questionnaire};
use domain::status_report::{Answer, degrees};
use i18n::Words;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::borrow::Cow;
use std::sync::Arc;

/// The day of the illness in words.
pub(crate) fn day_in_words(t: &Words, member: &Member, on: Date) -> String {
    let day = i64::from(member.illness_day(on));
    let start = member.onset_on.unwrap_or(member.diagnosed_on);
    let keys = if member.is_contact {
        OF_CONTACT
    } else if member.onset_on.is_some() {
        OF_ONSET
    } else {
        OF_DIAGNOSIS
    };
    counted_in_words(t, keys, day, start)
}

/// The keys of a day that is counted from something, and of one before it.
type DayKeys = (&'static str, &'static str);

const OF_CONTACT: DayKeys = ("illness-day-contact", "illness-before-contact");
const OF_ONSET: DayKeys = ("illness-day-onset", "illness-before-onset");
const OF_DIAGNOSIS: DayKeys = ("illness-day-diagnosis", "illness-before-diagnosis");

/// Whoever fell ill as a contact has reported before the illness began.
fn counted_in_words(t: &Words, (counted, before): DayKeys, day: i64, start: Date) -> String {
    match day < 0 {
        true => t.with2(before, "days", -day, "date", t.date(start)),
        false => t.with2(counted, "day", day, "date", t.date(start)),
    }
}

/// When the illness began, of somebody whose days are not counted any more.
pub(crate) fn began_in_words(t: &Words, member: &Member) -> String {
    match member.onset_on {
        Some(day) => t.with1("illness-began-onset", "date", t.date(day)),
        None => t.with1(
            "illness-began-diagnosis",
            "date",
            t.date(member.diagnosed_on),
        ),
    }
}

/// An answer in words.
pub(crate) fn answer(t: &Words, said: Answer) -> Cow<'_, str> {
    t.text(match said {
        Answer::Yes => "answer-yes",
        Answer::No => "answer-no",
        Answer::DontKnow => "answer-dont-know",
    })
}

/// What a report says: labels and values, borrowed where they stand already, because a history has hundreds of them.
pub(crate) type Rows<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

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
pub(crate) fn number_rows<'a>(t: &'a Words, report: &Report) -> Rows<'a> {
    let not_measured = || t.text("not-measured");
    let temperature = report
        .temperature
        .map_or_else(not_measured, |v| (degrees(v) + " °C").into());
    let spo2 = report
        .spo2
        .map_or_else(not_measured, |v| (v.to_string() + " %").into());
    vec![(t.text("temperature"), temperature), (t.text("spo2"), spo2)]
}

/// The note of a report, if there is one.
pub(crate) fn note_row<'a>(
    t: &'a Words,
    report: &'a Report,
) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
    let note = report.note.expose().as_str();
    (!note.is_empty()).then(|| (t.text("report-note-short"), note.into()))
}

/// What a questionnaire's answers look like in a page, each with the words of the question.
struct AnswerRows {
    /// The row that says that no sign was ticked; `None` where signs are not asked.
    no_sign: Option<String>,
    /// What the signs are called together.
    signs: String,
    /// Of each that is asked, in the order of the form: its name, whether it is a sign, the sign's words, and the rows for
    /// yes, no and don't know.
    asked: Vec<(QuestionId, bool, String, [String; 3])>,
}

static ANSWER_ROWS: Ready<AnswerRows> = Ready::new();

/// A label and a value, as a row of a summary.
fn row(html: &mut String, label: &str, value: &str) {
    html.push_str("<div>");
    within_row(html, label, value);
}

/// What people wrote, which on paper may be longer than a sheet.
fn message_row(html: &mut String, label: &str, value: &str) {
    html.push_str("<div class=\"message\">");
    within_row(html, label, value);
}

fn within_row(html: &mut String, label: &str, value: &str) {
    html.push_str("<dt>");
    // Writing to a String cannot fail.
    let _ = Html.write_escaped_str(&mut *html, label);
    html.push_str("</dt><dd>");
    let _ = Html.write_escaped_str(&mut *html, value);
    html.push_str("</dd></div>");
}

/// What the signs of a questionnaire are called together: a center may ask for some that are no emergency.
pub(crate) fn signs_words<'a>(t: &'a Words, questionnaire: &Questionnaire) -> Cow<'a, str> {
    t.text(if questionnaire.signs_are_emergencies() {
        "report-signs-short"
    } else {
        "report-signs-short-any"
    })
}

const SAID: [Answer; 3] = [Answer::Yes, Answer::No, Answer::DontKnow];

impl AnswerRows {
    fn of(t: &Words, questionnaire: &Questionnaire) -> AnswerRows {
        let made = |label: &str, value: &str| {
            let mut html = String::new();
            row(&mut html, label, value);
            html
        };
        let tag = t.language.tag();
        let has_signs = !questionnaire.signs.is_empty();
        let signs = signs_words(t, questionnaire);
        AnswerRows {
            no_sign: has_signs.then(|| made(&signs, &t.text("report-signs-none"))),
            signs: signs.into_owned(),
            asked: questionnaire
                .asked()
                .map(|asked| {
                    let short = asked.short.in_language(tag);
                    let rows = SAID.map(|said| made(short, &answer(t, said)));
                    let is_sign = questionnaire.is_sign(&asked.id);
                    (asked.id.clone(), is_sign, short.to_owned(), rows)
                })
                .collect(),
        }
    }

    /// The rows of answers that are in the order of the form.
    fn write(&self, t: &Words, said: &[(QuestionId, Answer)], html: &mut String) {
        let mut asked = self.asked.iter();
        let (mut signs, mut answers) = (Vec::new(), Vec::new());
        for (id, said) in said {
            // Both are in the order of the form.
            let Some((_, is_sign, short, rows)) = asked.by_ref().find(|(of, ..)| of == id) else {
                break;
            };
            if *is_sign {
                signs.push(short.as_str());
            } else {
                let place = SAID.iter().position(|one| one == said).unwrap_or_default();
                answers.push(rows[place].as_str());
            }
        }
        if signs.is_empty() {
            html.push_str(self.no_sign.as_deref().unwrap_or_default());
        } else {
            let ticked = signs.join(&t.text("list-comma"));
            row(html, &self.signs, &ticked);
        }
        html.extend(answers);
    }
}

/// What a report says, as rows of a summary: the numbers, the signs that were ticked or that there were none, the
/// answers in the order of the form, the note.
pub(crate) fn summary(t: &Words, report: &Report) -> String {
    let ready = ANSWER_ROWS.of(&report.stored, t.language, 0, || {
        Arc::new(AnswerRows::of(t, &report.stored.questionnaire))
    });
    let mut html = String::with_capacity(2_048);
    for (label, value) in number_rows(t, report) {
        row(&mut html, &label, &value);
    }
    ready.write(t, &report.answers, &mut html);
    if let Some((label, note)) = note_row(t, report) {
        message_row(&mut html, &label, &note);
    }
    html
}
#[cfg(test)]
mod tests;
