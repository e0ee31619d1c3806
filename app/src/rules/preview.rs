//! What a rule would change, before it is set. Nothing here writes.

mod course;
pub mod order;
mod words;

use super::{ChangeRule, Typed};
use crate::{Error, StaffDesk};
use domain::ids::CaseId;
use domain::isolation::{Kind, Rule};
use domain::language::Language;
use domain::message_texts::{MessageName, MessageTexts, Use};
use domain::notification::ItemSet;
use domain::notification::item::Item;
use domain::questionnaire::{NumberRule, QuestionId, Questionnaire, Silenced};
use domain::rules::{Content, RuleFile, RuleKind};
use domain::sms_text::{Counted, count};
use domain::staff_role::Right;
use domain::status_report::{Answer, Answers, Measured};
use domain::urgency::{Level, assess};
use jiff::Span;
use jiff::civil::{Date, Time};
use std::collections::BTreeSet;

use order::Moved;

/// An answered sample form, judged.
#[derive(Clone, Debug)]
pub struct SampleReport {
    /// Tenths of a degree Celsius, per cent.
    pub measured: Option<(i32, i32)>,
    /// The question answered with yes.
    pub yes: Option<QuestionId>,
    /// How urgent by the rule that holds; none where it does not ask that.
    pub before: Option<Level>,
    /// By the new one.
    pub after: Level,
}

/// A sample person who isolates.
#[derive(Clone, Copy, Debug)]
pub struct SampleIsolation {
    /// Why.
    pub kind: Kind,
    /// Day 0.
    pub day_zero: Date,
    /// The day on which the symptoms have improved, at noon.
    pub improved_on: Option<Date>,
    /// The first day of freedom and the last of observation by the rule that holds.
    pub before: Option<(Option<Date>, Date)>,
    /// By the new one.
    pub after: (Option<Date>, Date),
}

/// Somebody followed whose urgency would be another one.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The case.
    pub case: CaseId,
    /// The number on the brochure.
    pub hersys_id: String,
    /// As it stands.
    pub before: Level,
    /// By the new rule.
    pub after: Level,
}

/// What a rule would do.
#[derive(Clone, Debug)]
pub enum Preview {
    /// The form, sample answers judged, and what would alarm no more.
    Questionnaire {
        /// What would be asked.
        form: Questionnaire,
        /// Sample answers.
        samples: Vec<SampleReport>,
        /// What would alarm no more.
        silenced: Vec<Silenced>,
        /// What would be said in other words.
        words: Vec<ChangedWords>,
        /// What would be asked at another place.
        moved: Vec<Moved>,
    },
    /// How many people were looked at, how many there are from which level to which, and a few of those who change.
    Course {
        /// How many were looked at.
        looked_at: usize,
        /// From which level to which: how many.
        moves: Vec<(Level, Level, usize)>,
        /// A few of them.
        some: Vec<Changed>,
        /// What would make fewer people urgent, or later, of whomever will be followed.
        silenced: Vec<Silenced>,
    },
    /// Sample people.
    Isolation(Vec<SampleIsolation>),
    /// What a notification would ask.
    Notification {
        /// The items.
        set: ItemSet,
        /// What of it in other words.
        words: Vec<ChangedWords>,
        /// The items of which an answer would be needed and was not, or the other way round.
        needs: Vec<Item>,
        /// The items that would be asked at another place.
        moved: Vec<Moved>,
    },
    /// The texts, filled in for a sample person of the center.
    Messages(Vec<SampleText>),
}

/// What people would read in other words, or for the first or the last time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangedWords {
    /// In which language.
    pub language: Language,
    /// The words that hold; none where it is not asked.
    pub before: Option<String>,
    /// The new ones; none where it is not asked any more.
    pub after: Option<String>,
}

/// A text, filled in.
#[derive(Clone, Debug)]
pub struct SampleText {
    /// Which one.
    pub name: MessageName,
    /// Its language.
    pub language: Language,
    /// By the rule that holds; none where there is none.
    pub before: Option<String>,
    /// By the new one.
    pub after: String,
    /// A short message as networks count it.
    pub counted: Option<Counted>,
}

fn sample(measured: Option<(i32, i32)>, yes: Option<&QuestionId>, of: &Questionnaire) -> Level {
    let (temperature, spo2) = measured.unwrap_or((365, 98));
    let answers = Answers {
        temperature: Measured::Value(temperature),
        spo2: Measured::Value(spo2),
        symptoms: of
            .asked()
            .map(|q| {
                let is_yes = yes == Some(&q.id);
                (q.id.clone(), if is_yes { Answer::Yes } else { Answer::No })
            })
            .collect(),
        note: String::new(),
    };
    assess(of, &answers).level
}

fn questionnaire(new: &Questionnaire, old: Option<&Questionnaire>) -> Vec<SampleReport> {
    // One measurement alone, so that a change of its thresholds shows; then both together.
    let calm = (365, 98);
    let alone = |of: fn(&Questionnaire) -> &NumberRule, some: &[i32]| {
        let thresholds = std::iter::once(new)
            .chain(old)
            .flat_map(|one| {
                let rule = of(one);
                rule.thresholds
                    .iter()
                    .filter_map(|t| t.at_or_above.or(t.at_or_below))
                    .filter(|value| rule.is_possible(*value))
            })
            .chain(some.iter().copied());
        thresholds.collect::<BTreeSet<i32>>()
    };
    let temperatures = alone(|q| &q.temperature, &[345, 375, 380, 385, 390, 400, 410]);
    let saturations = alone(|q| &q.spo2, &[96, 95, 94, 93, 92, 90, 88]);
    let values = std::iter::once(calm)
        .chain(temperatures.into_iter().map(|t| (t, calm.1)))
        .chain(saturations.into_iter().rev().map(|s| (calm.0, s)))
        .chain([(385, 94), (400, 92)]);
    let numbers = values.map(|pair| SampleReport {
        measured: Some(pair),
        yes: None,
        before: old.map(|old| sample(Some(pair), None, old)),
        after: sample(Some(pair), None, new),
    });
    let questions = new.asked().map(|q| SampleReport {
        measured: None,
        yes: Some(q.id.clone()),
        before: old
            .filter(|old| old.question(&q.id).is_some())
            .map(|old| sample(None, Some(&q.id), old)),
        after: sample(None, Some(&q.id), new),
    });
    numbers.chain(questions).collect()
}

fn isolation(new: &Rule, old: Option<&Rule>, today: Date) -> Vec<SampleIsolation> {
    let improved = today.saturating_add(Span::new().days(3));
    [
        (Kind::Symptomatic, Some(improved)),
        (
            Kind::Symptomatic,
            Some(today.saturating_add(Span::new().days(8))),
        ),
        (Kind::Asymptomatic, None),
        (Kind::SymptomaticInpatient, Some(improved)),
        (Kind::Contact, None),
    ]
    .into_iter()
    .map(|(kind, improved_on)| {
        let by = |rule: &Rule| {
            let at = improved_on.map(|day| day.to_datetime(Time::constant(12, 0, 0, 0)));
            let calculated = rule.calculate(kind, today, at, &[]);
            (calculated.free_from, calculated.observe_until)
        };
        SampleIsolation {
            kind,
            day_zero: today,
            improved_on,
            before: old.map(by),
            after: by(new),
        }
    })
    .collect()
}

impl StaffDesk {
    /// What a change would do; the problems where it cannot be read.
    pub async fn preview_rule(
        &self,
        kind: RuleKind,
        typed: &Typed,
    ) -> Result<Result<(RuleFile, Preview), ChangeRule>, Error> {
        self.needs(Right::SeeHealth)?;
        let new = match self.look_at_rule(kind, typed).await? {
            Ok(file) => file,
            Err(problems) => return Ok(Err(ChangeRule::Problems(problems))),
        };
        let today = self.rules_today().await?;
        let old = self
            .rule_on(kind, typed.programme(), new.valid_from)
            .await?;
        let old = old.as_ref().map(|holds| &holds.file.content);
        let preview = match &new.content {
            Content::Questionnaire(q) => {
                let old = match old {
                    Some(Content::Questionnaire(old)) => Some(old),
                    _ => None,
                };
                let silenced = self.silenced_by(&new).await?;
                Preview::Questionnaire {
                    samples: questionnaire(q, old),
                    silenced,
                    words: old
                        .map(|old| words::of_questions(old, q))
                        .unwrap_or_default(),
                    moved: old
                        .map(|old| order::of_questions(old, q))
                        .unwrap_or_default(),
                    form: q.clone(),
                }
            }
            Content::Isolation(rule) => {
                let old = match old {
                    Some(Content::Isolation(old)) => Some(old),
                    _ => None,
                };
                Preview::Isolation(isolation(rule, old, today))
            }
            Content::Notification(set) => {
                let old = match old {
                    Some(Content::Notification(old)) => Some(old),
                    _ => None,
                };
                let stood = |item: &Item| old.and_then(|old| old.item(&item.id));
                let differs =
                    |item: &&Item| stood(item).is_some_and(|stood| stood.required != item.required);
                Preview::Notification {
                    words: old.map(|old| words::of_items(old, set)).unwrap_or_default(),
                    needs: set.items.iter().filter(differs).cloned().collect(),
                    moved: old.map(|old| order::of_items(old, set)).unwrap_or_default(),
                    set: set.clone(),
                }
            }
            Content::Messages(texts) => {
                let old = match old {
                    Some(Content::Messages(old)) => Some(old),
                    _ => None,
                };
                Preview::Messages(self.text_samples(texts, old).await?)
            }
            Content::Course(rules) => {
                let silenced = self.silenced_by(&new).await?;
                self.course_preview(rules.clone(), &new, silenced).await?
            }
        };
        Ok(Ok((new, preview)))
    }

    async fn text_samples(
        &self,
        new: &MessageTexts,
        old: Option<&MessageTexts>,
    ) -> Result<Vec<SampleText>, Error> {
        let Some(center) = self.center_in_reach(None).await? else {
            return Ok(Vec::new());
        };
        let mut samples = Vec::new();
        for name in MessageName::ALL {
            for language in Language::ALL {
                let filled = |texts| {
                    self.app
                        .network()
                        .sample_text(&center, texts, (name, language))
                };
                let after = filled(new).unwrap_or_default();
                samples.push(SampleText {
                    name,
                    language,
                    before: old.and_then(|old| filled(old).ok()),
                    counted: (name.used_as() == Use::Sms).then(|| count(&after)),
                    after,
                });
            }
        }
        Ok(samples)
    }
}
