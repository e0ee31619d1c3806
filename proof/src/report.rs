//! What people report: numbers, an answer to each question of the shipped questionnaire, signs that are ticked, and a note.

use app::clock::Clock;
use domain::questionnaire::{NO_SIGN, Question, QuestionId, shipped};
use domain::status_report::Answer;
use domain::urgency::Level;
use jiff::ToSpan;
use jiff::tz::TimeZone;
use std::fmt::Write;
use std::sync::{Arc, LazyLock};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// A saturation of so much and less is alarming, in per cent.
const ALARMING: i32 = 93;
/// Only what has been asked for so many days is answered: the clock of a proof jumps, and what is asked must not change by that.
const ASKED_FOR: i64 = 7;

/// Answers in the order of the questions' names: one to each question, and "yes" to the signs that were ticked.
pub type Answers = [(QuestionId, Answer)];

/// What is asked, with what a "yes" means.
#[derive(Default)]
struct Asked {
    questions: Vec<(QuestionId, Level)>,
    signs: Vec<(QuestionId, Level)>,
}

impl Asked {
    fn all(&self) -> impl Iterator<Item = &(QuestionId, Level)> {
        self.questions.iter().chain(&self.signs)
    }
}

static ASKED: LazyLock<Asked> = LazyLock::new(|| {
    let today = Clock::System.now().to_zoned(TimeZone::UTC).date();
    let since = today.saturating_sub(ASKED_FOR.days());
    let holds = shipped().into_iter().rfind(|one| one.valid_from <= since);
    let meant = |all: &[Question]| all.iter().map(|one| (one.id.clone(), one.yes)).collect();
    holds.map_or_else(Asked::default, |holds| Asked {
        questions: meant(&holds.questions),
        signs: meant(&holds.signs),
    })
});

/// Whether the center must look at once at a report that says so.
pub fn is_alarming(spo2: Option<i32>, answers: &Answers) -> bool {
    let is_danger = |id: &QuestionId| {
        let mut all = ASKED.all();
        all.any(|(asked, yes)| asked == id && yes.is_danger())
    };
    let mut answers = answers.iter();
    spo2.is_some_and(|spo2| spo2 <= ALARMING)
        || answers.any(|(id, answer)| *answer == Answer::Yes && is_danger(id))
}

/// What a report says. Tenths of a degree and per cent, as they are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The key of its form, which is its id.
    pub key: Uuid,
    /// Tenths of a degree Celsius.
    pub temperature: i32,
    /// Per cent; 93 and less is alarming.
    pub spo2: i32,
    /// What is answered.
    pub answers: Arc<Answers>,
    /// Free text.
    pub note: String,
}

impl Report {
    /// A report with a new key; every so many is alarming, by its saturation, an answer or a sign.
    pub fn any(dice: &mut fastrand::Rng, one_in: u32) -> Report {
        let alarming = dice.u32(0..one_in.max(1)) == 0;
        // As a form of the server has one: the time, and chance.
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0));
        let mut chance = [0; 10];
        chance.copy_from_slice(&dice.u128(..).to_be_bytes()[..10]);
        let key = uuid::Builder::from_unix_timestamp_millis(now, &chance).into_uuid();
        let (mut spo2, mut answers) = (dice.i32(97..=99), any_calm(dice));
        if alarming {
            let dangers: Vec<_> = ASKED.all().filter(|(_, yes)| yes.is_danger()).collect();
            match dice.choice(&dangers).filter(|_| dice.bool()) {
                Some((danger, _)) => {
                    answers.retain(|(id, _)| id != danger);
                    answers.push((danger.clone(), Answer::Yes));
                }
                None => spo2 = 92,
            }
        }
        answers.sort_by(|(a, _), (b, _)| a.cmp(b));
        Report {
            key,
            temperature: dice.i32(355..374),
            spo2,
            answers: answers.into(),
            note: format!("n{:08x}", dice.u32(..)),
        }
    }

    /// Whether the center must look at it at once.
    pub fn is_alarming(&self) -> bool {
        is_alarming(Some(self.spo2), &self.answers)
    }

    /// The form as a browser sends it. When it was measured is left out: a jumping clock would call it too old, or to come.
    pub fn form(&self) -> String {
        let mut form = format!(
            "key={}&temperature={}.{}&spo2={}&note={}&measured_at=",
            self.key,
            self.temperature / 10,
            self.temperature % 10,
            self.spo2,
            self.note
        );
        for (id, answer) in self.answers.iter() {
            // Writing into a text cannot fail.
            let _ = write!(form, "&q_{}={}", id.as_str(), answer.word());
        }
        let is_sign = |id: &QuestionId| ASKED.signs.iter().any(|(sign, _)| sign == id);
        if !self.answers.iter().any(|(id, _)| is_sign(id)) {
            let _ = write!(form, "&q_{NO_SIGN}=yes");
        }
        form
    }
}

/// An answer to each question, none of which calls for attention: whoever is to be watched and silent for two days, as a clock that
/// jumps has it, is an alert that no report counts for.
fn any_calm(dice: &mut fastrand::Rng) -> Vec<(QuestionId, Answer)> {
    let any = |(id, yes): &(QuestionId, Level)| {
        let all = [Answer::No, Answer::DontKnow, Answer::Yes];
        let most = if *yes == Level::Calm { 3 } else { 2 };
        (id.clone(), all[dice.usize(..most)])
    };
    ASKED.questions.iter().map(any).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::questionnaire::Questionnaire;
    use domain::status_report::{RawReport, check};
    use domain::urgency::assess;
    use std::collections::BTreeMap;

    /// What the server reads in a form.
    fn read(form: &str) -> RawReport {
        let mut fields: BTreeMap<&str, &str> = form
            .split('&')
            .filter_map(|one| one.split_once('='))
            .collect();
        let symptoms = fields
            .iter()
            .filter_map(|(name, word)| {
                Some((name.strip_prefix("q_")?.to_owned(), (*word).to_owned()))
            })
            .collect();
        let mut take = |name: &str| fields.remove(name).unwrap_or_default().to_owned();
        RawReport {
            temperature: take("temperature"),
            spo2: take("spo2"),
            note: take("note"),
            symptoms,
            ..RawReport::default()
        }
    }

    #[test]
    fn forms_differ_are_taken_and_are_as_alarming_as_they_say() {
        let holds: Questionnaire = shipped().pop().unwrap();
        let mut dice = fastrand::Rng::with_seed(1);
        let (mut by_answer, mut forms) = (0, Vec::new());
        for one_in in [1, u32::MAX] {
            for _ in 0..200 {
                let report = Report::any(&mut dice, one_in);
                let answers = check(&holds, &read(&report.form())).unwrap();
                let mut said = answers.symptoms.clone();
                said.sort_by(|(a, _), (b, _)| a.cmp(b));
                assert_eq!(said, *report.answers);
                let is_danger = assess(&holds, &answers).level.is_danger();
                assert_eq!(is_danger, report.is_alarming());
                assert_eq!(is_danger, one_in == 1);
                by_answer += u32::from(is_danger && report.spo2 > ALARMING);
                forms.push(said);
            }
        }
        assert!((50..150).contains(&by_answer), "{by_answer}");
        let (first, others) = forms.split_first().unwrap();
        assert!(others.iter().filter(|other| *other != first).count() > 300);
    }
}
