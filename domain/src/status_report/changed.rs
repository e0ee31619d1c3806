//! Answers on a form whose questions have changed since it was shown: what of them is an answer to another question now.

use super::{Answer, Field, FieldProblem, Problems, RawReport};
use crate::questionnaire::{NO_SIGN, QuestionId, Questionnaire};

/// What was answered by the questionnaire that a form showed and is no answer to the one that holds: nothing where only
/// questions were added, or only what is made of answers is another.
pub fn changed(shown: &Questionnaire, now: &Questionnaire, raw: &RawReport) -> Problems {
    let said = |id: &QuestionId| {
        let word = raw.symptoms.get(id.as_str());
        word.and_then(|word| Answer::parse(word))
    };
    let mut problems = Problems::new();
    for asked in shown.asked() {
        let is_sign = shown.is_sign(&asked.id);
        // A sign is ticked or not: that it is not is said of all of them, below.
        let Some(said) = said(&asked.id).filter(|said| !is_sign || *said == Answer::Yes) else {
            continue;
        };
        let was = asked.text.clone();
        match now.question(&asked.id) {
            None => problems.push((
                Field::Symptom(asked.id.clone()),
                FieldProblem::NotAsked { was, said },
            )),
            Some(one) if one.text != was && !now.is_sign(&asked.id) => problems.push((
                Field::Symptom(asked.id.clone()),
                FieldProblem::Reworded { was, said },
            )),
            Some(_) => {}
        }
    }
    if has_other_signs(shown, now, raw) {
        problems.push((Field::Signs, FieldProblem::OtherSigns));
    }
    problems
}

/// Whether the list of signs was answered and holds some now that were not in it.
fn has_other_signs(shown: &Questionnaire, now: &Questionnaire, raw: &RawReport) -> bool {
    let is_ticked = |id: &str| raw.symptoms.get(id).map(String::as_str) == Some(Answer::Yes.word());
    let ids = shown.signs.iter().map(|sign| sign.id.as_str());
    let is_answered = ids.chain([NO_SIGN]).any(is_ticked);
    !shown.signs.is_empty()
        && is_answered
        && now.signs.iter().any(|sign| !stands(shown, &sign.id, now))
}

/// Whether a question or sign reads as it was shown.
fn stands(shown: &Questionnaire, id: &QuestionId, now: &Questionnaire) -> bool {
    let text = |of: &Questionnaire| of.question(id).map(|one| one.text.clone());
    text(shown) == text(now)
}

/// What was typed, without the answers to what has changed: nobody is to send them again by a press.
pub fn without_changed(
    shown: &Questionnaire,
    now: &Questionnaire,
    (raw, changed): (&RawReport, &Problems),
) -> RawReport {
    let mut kept = raw.clone();
    for (field, _) in changed {
        match field {
            Field::Symptom(id) => {
                kept.symptoms.remove(id.as_str());
            }
            Field::Signs => {
                kept.symptoms.remove(NO_SIGN);
                for sign in now
                    .signs
                    .iter()
                    .filter(|sign| !stands(shown, &sign.id, now))
                {
                    kept.symptoms.remove(sign.id.as_str());
                }
            }
            _ => {}
        }
    }
    kept
}
