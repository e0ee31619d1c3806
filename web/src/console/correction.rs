//! Corrections in words: what stood, what stands, who changed it and why.

use super::case_registration::language_name;
use super::release::{CalculationView, calculation_view};
use super::words::{condition, stored};
use crate::reports::moment;
use app::StaffDesk;
use app::case_registration::CaseView;
use app::correction::CorrectionLine;
use i18n::Words;
use jiff::Timestamp;
use jiff::civil::Date;

/// A correction as pages show it.
pub(super) struct CorrectionView {
    pub(super) what: String,
    pub(super) when: String,
    pub(super) reason: String,
    /// The field, what stood, what stands.
    pub(super) changes: Vec<(String, String, String)>,
    /// Of a release: the calculation on which the decision rested.
    pub(super) calculation: Option<CalculationView>,
}

/// What a field is called that a correction changes.
pub(super) fn field_words(t: &Words, name: &str) -> String {
    t.say(match name {
        "temperature" => "temperature",
        "spo2" => "spo2",
        "note" => "report-note-short",
        "measured_at" => "report-measured-at",
        "name" => "console-name",
        "name_kana" => "console-name-kana",
        "name_latin" => "console-name-latin",
        "birthdate" => "birthdate",
        "phone" => "phone",
        "email" => "console-email",
        "address" => "console-address",
        "whereabouts" => "console-whereabouts",
        "language" => "console-language",
        "diagnosed_on" => "console-diagnosed-on",
        "last_contact_on" => "close-last-contact",
        "onset_on" => "console-onset-on",
        "entered_japan_on" => "console-entered-on",
        "passport_number" => "passport-number",
        "programme" => "programme-disease",
        "status" => "following-status",
        "risks" => "following-risks",
        "calculation" => "release-by-rule",
        "hersys_id" => "hersys-id",
        "in_error" => "correction-in-error",
        "no_case" => "no-case-field",
        "counted_on" => "no-case-counted-on",
        "met" => "link-field",
        _ => "correction-other",
    })
}

/// A correction in words. `of_contact`: whether the record is that of a contact who is not ill; its older lines call the day
/// of the last contact as that of a diagnosis is called.
pub(super) fn correction_view(
    t: &Words,
    desk: &StaffDesk,
    (view, of_contact): (&CaseView, bool),
    line: &CorrectionLine,
) -> CorrectionView {
    let member = &view.member;
    let zone = &member.center.time_zone;
    let mut reports = view.reports.iter();
    let report = reports.find(|report| line.report == Some(report.id));
    let answered = report.map(|report| report.stored.id);
    let label = |name: &str| match name.strip_prefix("answer.") {
        Some(id) => desk
            .words_shown(answered, &member.programme, member.center.id)
            .short(id, t.language.tag()),
        // Of the case that the contact was taken for it was the day of a diagnosis.
        None if of_contact && name == "diagnosed_on" && line.subject != "case" => {
            field_words(t, "last_contact_on")
        }
        None => field_words(t, name),
    };
    let said = |name: &str, value: &str| match (name, value) {
        // A sign that is not ticked is not stored.
        (name, "") if name.starts_with("answer.") => {
            crate::reports::answer(t, domain::status_report::Answer::No).into_owned()
        }
        ("in_error", "") => t.say("correction-counts"),
        (_, "") => t.say("correction-nothing"),
        ("status", word) => stored(t, "status", word),
        ("in_error", word) => stored(t, "in-error-why", word),
        ("no_case", word) => stored(t, "no-case-why", word),
        ("programme", id) => desk.disease(id, t.language.tag()),
        ("risks", all) => all
            .split(',')
            .map(|one| condition(t, one))
            .collect::<Vec<_>>()
            .join(&t.say("list-comma")),
        ("language", tag) => language_name(t, tag).into_owned(),
        ("temperature", degrees) => format!("{degrees} °C"),
        ("spo2", value) => format!("{value} %"),
        (
            "birthdate" | "diagnosed_on" | "last_contact_on" | "onset_on" | "entered_japan_on"
            | "counted_on" | "calculation",
            day,
        ) => day
            .parse::<Date>()
            .map_or_else(|_| day.to_owned(), |day| t.date(day)),
        ("measured_at", at) => at
            .parse()
            .map_or_else(|_| at.to_owned(), |at| moment(t, zone, at)),
        (name, word) if name.starts_with("answer.") => {
            match domain::status_report::Answer::parse(word) {
                Some(answer) => crate::reports::answer(t, answer).into_owned(),
                None => word.to_owned(),
            }
        }
        (_, value) => value.to_owned(),
    };
    let mut names: Vec<&String> = line.before.iter().map(|(name, _)| name).collect();
    names.extend(line.after.iter().map(|(name, _)| name));
    names.sort();
    names.dedup();
    let of = |all: &[(String, domain::personal::Personal<String>)], name: &str| {
        all.iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.expose().clone())
            .unwrap_or_default()
    };
    CorrectionView {
        what: match (line.subject.as_str(), names.is_empty()) {
            // The person had called it wrong, and it was not.
            ("report", true) => t.say("correction-report-upheld"),
            (subject, _) => stored(t, "correction", subject),
        },
        when: t.with2("by-at", "name", &line.by, "when", moment(t, zone, line.at)),
        reason: line.reason.expose().clone(),
        calculation: line.calculation.as_ref().map(|c| calculation_view(t, c)),
        changes: names
            .into_iter()
            .map(|name| {
                (
                    label(name),
                    said(name, &of(&line.before, name)),
                    said(name, &of(&line.after, name)),
                )
            })
            .collect(),
    }
}

/// What others have corrected about a case since a page was shown, for whoever was slower; the latest first.
pub(super) async fn corrected_since(
    t: &Words,
    desk: &StaffDesk,
    view: &CaseView,
    seen: Timestamp,
) -> Result<Vec<CorrectionView>, crate::page::Broken> {
    let following = desk.following_of(view.member.case).await?;
    let corrections = following.map(|following| following.corrections);
    Ok(corrections
        .unwrap_or_default()
        .iter()
        .filter(|line| line.at >= seen)
        .map(|line| correction_view(t, desk, (view, false), line))
        .collect())
}
