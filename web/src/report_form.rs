//! The form of a status report on both sites: what was typed, and what is wrong with it.

use crate::fields::TextField;
use crate::form::Form;
use crate::page::Page;
use crate::ready::Ready;
use crate::reports::{answer, day_in_words};
use app::questionnaire::Stored;
use app::status_report::ReportForm;
use askama::Template;
use domain::ids::{CaseId, ReportId};
use domain::questionnaire::{LocalText, NO_SIGN, Questionnaire};
use domain::status_report::{Answer as Said, Field, FieldProblem, Problems, RawReport, degrees};
use domain::urgency::Level;
use i18n::Words;
use std::borrow::Cow;
use std::sync::Arc;
use suggested::Press;
pub(crate) use suggested::{contradicted, only_takes};

mod suggested;

pub(crate) struct FormView {
    pub(crate) case: String,
    pub(crate) key: String,
    /// The questionnaire that it shows.
    pub(crate) questionnaire: String,
    pub(crate) day: String,
    /// All that is asked, as HTML.
    pub(crate) fields: Arc<str>,
}

/// The fields of the form.
#[derive(Template)]
#[template(path = "parts/report_fields.html")]
struct Fields<'p> {
    page: &'p Page,
    numbers: Vec<NumberView>,
    /// The list of signs, where the questionnaire has one.
    signs: Option<SignsView>,
    questions: Vec<QuestionView>,
    /// Whether one button answers all that is still open with No: for staff who write down what somebody says.
    others: bool,
    note: &'p str,
    note_problem: Option<String>,
    measured_at: TextField,
}

/// The fields of forms in which nothing was typed yet, which is how nearly all are shown.
static BLANK: Ready<str> = Ready::new();

struct NumberView {
    pub(crate) id: &'static str,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) unit: &'static str,
    pub(crate) value: String,
    pub(crate) not_measured: bool,
    pub(crate) problem: Option<String>,
    /// What was probably meant: the value to take, and the button's words.
    pub(crate) suggestion: Option<(String, String)>,
    /// An unlikely value to confirm: the value, and the words.
    pub(crate) confirm: Option<(String, String)>,
    /// That it belongs in the other field: what stands in both, and the words.
    pub(crate) swap: Option<(String, String)>,
    /// Whether the button of either takes the number over and sends nothing.
    pub(crate) only_takes: bool,
}

/// The signs of one level of urgency.
struct SignGroup {
    /// What is said above them, and the id of that.
    hint: String,
    hint_id: &'static str,
    /// The name of the box, its id, the label, and whether it is ticked.
    boxes: Vec<(String, String, String, bool)>,
}

struct SignsView {
    pub(crate) problem: Option<String>,
    /// Those that are an emergency by themselves, then the others; as far as there are any.
    groups: Vec<SignGroup>,
    /// Whether "none of these" is ticked.
    pub(crate) none: bool,
}

struct QuestionView {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) problem: Option<String>,
    /// The word that is sent, the label, and whether it is chosen.
    pub(crate) choices: Vec<(&'static str, Cow<'static, str>, bool)>,
}

/// The fields of the buttons that send a form without sending the report.
pub(crate) const SWITCHES: [&str; 2] = ["switch_language", "switch_member"];

/// Which member a form names, if it names one: a page of one member has no list.
pub(crate) fn chosen_member(form: &Form) -> Option<CaseId> {
    form.text("member").parse().ok()
}

/// Reads a form into what was typed; nothing is checked yet.
pub(crate) fn read(form: &Form) -> RawReport {
    let mut raw = RawReport {
        temperature: form.text("temperature").to_owned(),
        temperature_not_measured: form.has("temperature_not_measured"),
        temperature_confirmed: form.text("temperature_confirmed").to_owned(),
        spo2: form.text("spo2").to_owned(),
        spo2_not_measured: form.has("spo2_not_measured"),
        spo2_confirmed: form.text("spo2_confirmed").to_owned(),
        symptoms: form.beginning_with("q_"),
        note: form.text("note").to_owned(),
        measured_at: form.text("measured_at").to_owned(),
        shown: form.text("questionnaire").parse().ok(),
    };
    // "Did you swap the two?" answered with a press of its button, about what still stands in both fields.
    if form.has("swap_numbers") && form.text("swap_numbers") == both(&raw) {
        std::mem::swap(&mut raw.temperature, &mut raw.spo2);
    }
    // "Did you mean 36.5?" answered with a press of its button, about what still stands in the field.
    if form.has("take_temperature") && form.text("asked_temperature") == raw.temperature {
        raw.temperature = form.text("take_temperature").to_owned();
    }
    if form.has("take_spo2") && form.text("asked_spo2") == raw.spo2 {
        raw.spo2 = form.text("take_spo2").to_owned();
    }
    raw
}

/// What stands in the two fields of numbers.
fn both(raw: &RawReport) -> String {
    format!("{}|{}", raw.temperature, raw.spo2)
}

/// A number of a field as people write it.
fn written(field: &Field, value: i32) -> String {
    match field {
        Field::Temperature => degrees(value),
        _ => value.to_string(),
    }
}

fn unit(field: &Field) -> &'static str {
    match field {
        Field::Temperature => "°C",
        _ => "%",
    }
}

/// The sentence on a problem.
fn sentence(t: &Words, field: &Field, problem: &FieldProblem) -> String {
    let number = |value: i32| format!("{} {}", written(field, value), unit(field));
    match problem {
        FieldProblem::Missing => t.say(match field {
            Field::Temperature => "problem-temperature-missing",
            Field::Spo2 => "problem-spo2-missing",
            Field::Signs => "problem-signs-missing",
            _ => "problem-symptom-missing",
        }),
        FieldProblem::BothGiven => t.say(match field {
            Field::Signs => "problem-signs-both",
            _ => "problem-both-given",
        }),
        FieldProblem::NotANumber => t.say(match field {
            Field::Temperature => "problem-temperature-not-a-number",
            _ => "problem-spo2-not-a-number",
        }),
        FieldProblem::SeveralNumbers => t.say(match field {
            Field::Temperature => "problem-temperature-several",
            _ => "problem-spo2-several",
        }),
        FieldProblem::Impossible { low, high } => t.with(
            match field {
                Field::Temperature => "problem-temperature-impossible",
                _ => "problem-spo2-impossible",
            },
            &[
                ("low", written(field, *low).into()),
                ("high", written(field, *high).into()),
            ],
        ),
        FieldProblem::DidYouMean { typed, meant } => t.with2(
            "problem-did-you-mean",
            "typed",
            typed,
            "meant",
            written(field, *meant),
        ),
        FieldProblem::WholePercent { typed, meant } => t.with2(
            "problem-whole-percent",
            "typed",
            typed,
            "meant",
            written(field, *meant),
        ),
        FieldProblem::Swapped { temperature, spo2 } => {
            t.with2("problem-swapped", "temperature", temperature, "spo2", spo2)
        }
        FieldProblem::LikeATemperature {
            whole: Some(value), ..
        } => t.with1("problem-like-temperature-whole", "value", *value),
        FieldProblem::LikeATemperature { typed, .. } => {
            t.with1("problem-like-temperature", "typed", typed)
        }
        FieldProblem::TakenAfterAll { taken } => t.with1("problem-taken-after-all", "taken", taken),
        FieldProblem::Unlikely { value } => t.with1(
            match field {
                // An oximeter shows the pulse beside it.
                Field::Spo2 => "problem-spo2-unlikely",
                _ => "problem-unlikely",
            },
            "value",
            number(*value),
        ),
        FieldProblem::Reworded { was, said } => was_asked(t, "problem-reworded", was, *said),
        FieldProblem::OtherSigns => t.say("problem-signs-changed"),
        FieldProblem::NotAsked { was, said } => was_asked(t, "problem-not-asked", was, *said),
        FieldProblem::TooLong { length, most } => too_long(t, *length, *most),
        FieldProblem::NotAMoment => t.say("problem-moment"),
        FieldProblem::InFuture => t.say("problem-moment-in-future"),
        FieldProblem::TooOld { hours } if *hours > 240 => {
            t.with1("problem-moment-days-old", "days", *hours / 24)
        }
        FieldProblem::TooOld { hours } => t.with1("problem-moment-too-old", "days", *hours / 24),
    }
}

/// That a text is too long, and by how much.
pub(crate) fn too_long(t: &Words, length: usize, most: usize) -> String {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let (length, most) = (number(length), number(most));
    t.with2("problem-note-too-long", "length", length, "most", most)
}

/// A sentence on what a question was and what was answered to it.
fn was_asked(t: &Words, key: &str, was: &LocalText, said: Said) -> String {
    let was = was.in_language(t.language.tag());
    t.with2(key, "was", was, "said", answer(t, said).into_owned())
}

/// A sentence for the summary, where the field is not beside it: one that does not name its field is put behind the name.
fn named(t: &Words, field: &Field, problem: &FieldProblem, text: &str) -> String {
    let name = match field {
        Field::Temperature => t.say("temperature-short"),
        Field::Spo2 => "SpO2".to_owned(),
        _ => return text.to_owned(),
    };
    match problem {
        FieldProblem::BothGiven
        | FieldProblem::DidYouMean { .. }
        | FieldProblem::TakenAfterAll { .. }
        | FieldProblem::Unlikely { .. } => t.with2("problem-named", "field", name, "problem", text),
        _ => text.to_owned(),
    }
}

/// The id of the field that a link in the summary leads to.
fn anchor(field: &Field) -> String {
    match field {
        Field::Temperature => "temperature".to_owned(),
        Field::Spo2 => "spo2".to_owned(),
        Field::Symptom(id) => format!("q_{}", id.as_str()),
        Field::Signs => "signs".to_owned(),
        Field::Note => "note".to_owned(),
        Field::MeasuredAt => "measured_at".to_owned(),
    }
}

/// The field of the button that answers with No whatever is still open; it saves nothing.
pub(crate) const OTHERS: &str = "others";

/// Answers with No what a questionnaire asks with Yes or No and nobody has answered yet. The list of signs is no such question:
/// that none is there is said by itself.
pub(crate) fn no_to_others(raw: &mut RawReport, questionnaire: &Questionnaire) {
    for question in &questionnaire.questions {
        let said = raw.symptoms.entry(question.id.as_str().to_owned());
        let said = said.or_default();
        if Said::parse(said).is_none() {
            Said::No.word().clone_into(said);
        }
    }
}

pub(crate) struct Shown<'a> {
    pub(crate) questionnaire: &'a Questionnaire,
    pub(crate) raw: &'a RawReport,
    pub(crate) problems: &'a Problems,
    /// Whether one button answers with No whatever is still open.
    pub(crate) others: bool,
    /// Whether nothing is missing but what `problems` tells.
    pub(crate) all_told: bool,
}

impl Shown<'_> {
    fn problem(&self, page: &mut Page, field: &Field) -> Option<(String, FieldProblem)> {
        let (field, problem) = self.problems.iter().find(|(f, _)| f == field)?;
        let text = sentence(page.t, field, problem);
        // In the summary, so many sentences must not be the same.
        let in_summary = match field {
            Field::Symptom(id) => {
                let question = self.questionnaire.question(id);
                let short = question.map_or("", |q| q.short.in_language(page.tag()));
                let key = match problem {
                    FieldProblem::Reworded { .. } => "problem-reworded-named",
                    _ => "problem-symptom-named",
                };
                page.with1(key, "question", short)
            }
            _ => named(page.t, field, problem, &text),
        };
        page.problem(&anchor(field), in_summary);
        Some((text, problem.clone()))
    }

    fn number(&self, page: &mut Page, field: &Field) -> NumberView {
        let found = self.problem(page, field);
        let (id, label, hint, value, not_measured) = match field {
            Field::Temperature => (
                "temperature",
                "temperature",
                "temperature-hint",
                &self.raw.temperature,
                self.raw.temperature_not_measured,
            ),
            _ => (
                "spo2",
                "spo2",
                "spo2-hint",
                &self.raw.spo2,
                self.raw.spo2_not_measured,
            ),
        };
        let number = |value: i32| format!("{} {}", written(field, value), unit(field));
        let (mut suggestion, mut confirm, mut swap) = (None, None, None);
        let press = Press::of(page, self.all_told && self.problems.len() == 1);
        let mut only_takes = press == Press::Take;
        match found.as_ref().map(|(_, problem)| problem) {
            Some(
                FieldProblem::DidYouMean { meant, .. } | FieldProblem::WholePercent { meant, .. },
            ) => {
                let words = page.with1(press.takes(), "value", number(*meant));
                suggestion = Some((written(field, *meant), words));
            }
            Some(FieldProblem::Swapped { .. }) => {
                swap = Some((both(self.raw), page.say(press.swaps())));
            }
            Some(FieldProblem::LikeATemperature {
                whole,
                is_possible,
                is_alone,
                ..
            }) => {
                if *is_alone {
                    // What the oximeter shows is missing then.
                    only_takes = true;
                    swap = Some((both(self.raw), page.say("take-as-temperature")));
                }
                if let (Some(value), true) = (whole, is_possible) {
                    let words = page.with1("confirm-unlikely", "value", number(*value));
                    confirm = Some((value.to_string(), words));
                }
            }
            Some(FieldProblem::Unlikely { value }) => {
                let words = page.with1("confirm-unlikely", "value", number(*value));
                confirm = Some((value.to_string(), words));
            }
            _ => {}
        }
        NumberView {
            id,
            label: page.say(label),
            hint: page.say(hint),
            unit: unit(field),
            value: value.clone(),
            not_measured,
            problem: found.map(|(text, _)| text),
            suggestion,
            confirm,
            swap,
            only_takes,
        }
    }

    fn signs(&self, page: &mut Page) -> Option<SignsView> {
        if self.questionnaire.signs.is_empty() {
            return None;
        }
        let problem = self.problem(page, &Field::Signs).map(|(text, _)| text);
        let is_ticked =
            |id: &str| self.raw.symptoms.get(id).map(String::as_str) == Some(Said::Yes.word());
        let signs = &self.questionnaire.signs;
        let (urgent, other): (Vec<_>, Vec<_>) =
            signs.iter().partition(|sign| sign.yes == Level::Emergency);
        // Only of emergencies is it said that they are.
        let groups = match (urgent.is_empty(), other.is_empty()) {
            (_, true) => vec![(urgent, "report-signs-hint", "signs-hint")],
            (true, false) => vec![(other, "report-signs-hint-any", "signs-hint")],
            (false, false) => vec![
                (urgent, "report-signs-hint", "signs-hint"),
                (other, "report-signs-hint-other", "signs-hint-other"),
            ],
        };
        let mut is_first = true;
        let groups = groups
            .into_iter()
            .map(|(signs, hint, hint_id)| SignGroup {
                hint: page.say(hint),
                hint_id,
                boxes: signs
                    .into_iter()
                    .map(|sign| {
                        let name = format!("q_{}", sign.id.as_str());
                        // The first is where a problem of the list leads to.
                        let id = match std::mem::take(&mut is_first) {
                            true => anchor(&Field::Signs),
                            false => name.clone(),
                        };
                        let text = sign.text.in_language(page.tag()).to_owned();
                        (name, id, text, is_ticked(sign.id.as_str()))
                    })
                    .collect(),
            })
            .collect();
        Some(SignsView {
            problem,
            groups,
            none: is_ticked(NO_SIGN),
        })
    }

    pub(crate) fn form(&self, page: &mut Page, form: &ReportForm, key: ReportId) -> FormView {
        FormView {
            case: form.member.case.to_string(),
            key: key.to_string(),
            questionnaire: form.stored.id.to_string(),
            day: day_in_words(page.t, &form.member, form.member.today),
            fields: self.fields(page, &form.stored),
        }
    }

    /// All that is asked, as HTML, and notes on the page what is wrong with it.
    fn fields(&self, page: &mut Page, stored: &Stored) -> Arc<str> {
        if !self.problems.is_empty() || *self.raw != RawReport::default() {
            return self.made(page).into();
        }
        let (language, variant) = (page.t.language, u8::from(self.others));
        BLANK.of(stored, language, variant, || self.made(page).into())
    }

    fn made(&self, page: &mut Page) -> String {
        let tag = page.tag();
        let numbers = vec![
            self.number(page, &Field::Temperature),
            self.number(page, &Field::Spo2),
        ];
        let signs = self.signs(page);
        let questions: Vec<QuestionView> = self
            .questionnaire
            .questions
            .iter()
            .map(|question| {
                let field = Field::Symptom(question.id.clone());
                let problem = self.problem(page, &field).map(|(text, _)| text);
                let chosen = self
                    .raw
                    .symptoms
                    .get(question.id.as_str())
                    .map(String::as_str);
                let choices = [Said::Yes, Said::No, Said::DontKnow]
                    .into_iter()
                    .map(|said| {
                        (
                            said.word(),
                            answer(page.t, said),
                            chosen == Some(said.word()),
                        )
                    })
                    .collect();
                QuestionView {
                    id: question.id.as_str().to_owned(),
                    text: question.text.in_language(tag).to_owned(),
                    problem,
                    choices,
                }
            })
            .collect();
        let gone: Vec<String> = self
            .problems
            .iter()
            .filter(|(_, problem)| matches!(problem, FieldProblem::NotAsked { .. }))
            .map(|(field, problem)| sentence(page.t, field, problem))
            .collect();
        // What is not asked any more has no field of its own: whatever of it matters can be written here.
        let note_problem = self.problem(page, &Field::Note).map(|(text, _)| text);
        let note_problem = gone.into_iter().fold(note_problem, |told, text| {
            page.problem(&anchor(&Field::Note), text.clone());
            Some(told.map_or(text.clone(), |told| format!("{told} {text}")))
        });
        let moment = self.problem(page, &Field::MeasuredAt).map(|(text, _)| text);
        let measured_at = TextField::new("measured_at", page.say("report-measured-at"))
            .hint(page.say("report-measured-at-hint"))
            .value(&self.raw.measured_at)
            .problem(moment)
            .autocomplete(if page.is_console() { "off" } else { "on" })
            .kind("datetime-local");
        let fields = Fields {
            page,
            numbers,
            signs,
            others: self.others
                && questions
                    .iter()
                    .any(|one| one.choices.iter().all(|(_, _, chosen)| !chosen)),
            questions,
            note: &self.raw.note,
            note_problem,
            measured_at,
        };
        // A template of texts that are all there cannot fail.
        fields.render().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::language::Language;

    #[test]
    fn a_saturation_that_may_be_the_pulse_is_asked_about_as_such() {
        let above = FieldProblem::Impossible { low: 40, high: 100 };
        let unlikely = FieldProblem::Unlikely { value: 62 };
        for (language, pulse) in [(Language::En, "pulse"), (Language::Ja, "脈拍")] {
            let t = i18n::words(language);
            for problem in [&above, &unlikely] {
                let said = sentence(t, &Field::Spo2, problem);
                assert!(said.contains(pulse), "{said}");
                let said = sentence(t, &Field::Temperature, problem);
                assert!(!said.contains(pulse), "{said}");
            }
        }
    }
}
