//! What was answered in a report, and how it is stored.
//!
//! A JSON object from the names of questions to answers. Most people answer "no" to nearly all of them, and the names of nine
//! questions are a third of all that a report takes on the disk. So a report that answers all questions says `"*": "no"` instead
//! of those: the rest of its questionnaire, whose questions never change. What was written out by older releases is read as well.

use domain::questionnaire::QuestionId;
use domain::status_report::Answer;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// Stands for all questions that are not named. No question is called so.
const REST: &str = "*";
/// What is answered most.
const MOSTLY: Answer = Answer::No;

/// The answers of a report by question, in the order of the questions' names.
#[derive(Clone, Default)]
pub struct Said {
    pairs: Vec<(QuestionId, Answer)>,
    rest: Rest,
}

/// The questions that are not among the pairs.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Rest {
    /// They were not answered.
    #[default]
    Unanswered,
    /// There are none of them, so the answers may be stored short.
    None,
    /// They were all answered so.
    All(Answer),
}

impl Said {
    /// Notes whether all questions of its questionnaire are among what was answered. `questions`: those that everybody
    /// answers, in the order of their names.
    pub fn answering(mut self, questions: &[QuestionId]) -> Said {
        let mut pairs = self.pairs.iter();
        // Both are in the order of names.
        let has_all = questions
            .iter()
            .all(|question| pairs.any(|(id, _)| id == question));
        // What is not asked of everybody is named, whatever the answer was.
        let of_others = |(id, answer): &(QuestionId, Answer)| {
            *answer == MOSTLY && questions.binary_search(id).is_err()
        };
        if has_all && self.rest == Rest::Unanswered && !self.pairs.iter().any(of_others) {
            self.rest = Rest::None;
        }
        self
    }

    /// All answers, in the order of the questions' names. `questions`: those of its questionnaire that everybody answers, in
    /// that order.
    pub fn all(self, questions: &[QuestionId]) -> Vec<(QuestionId, Answer)> {
        let Rest::All(rest) = self.rest else {
            return self.pairs;
        };
        let mut all = Vec::with_capacity(questions.len() + self.pairs.len());
        let mut pairs = self.pairs.into_iter().peekable();
        for question in questions {
            while let Some(pair) = pairs.next_if(|(id, _)| id < question) {
                all.push(pair);
            }
            let named = pairs.next_if(|(id, _)| id == question);
            all.push(named.unwrap_or_else(|| (question.clone(), rest)));
        }
        all.extend(pairs);
        all
    }

    /// The same in the order of its questionnaire's form; answers to other questions are left out. `places`: all that is
    /// asked in the order of the names, each with its place in the form.
    pub fn in_order(
        self,
        questions: &[QuestionId],
        places: &[(QuestionId, usize)],
    ) -> Vec<(QuestionId, Answer)> {
        let all = self.all(questions);
        // Both are in the order of names, so one walk along both finds all.
        let mut places = places.iter().peekable();
        let mut placed = Vec::with_capacity(all.len());
        for pair in all {
            while places.next_if(|(id, _)| *id < pair.0).is_some() {}
            if let Some((_, place)) = places.next_if(|(id, _)| *id == pair.0) {
                placed.push((*place, pair));
            }
        }
        placed.sort_unstable_by_key(|(place, _)| *place);
        placed.into_iter().map(|(_, pair)| pair).collect()
    }

    /// The same as it is stored.
    fn short(&self) -> Cow<'_, Said> {
        if self.rest != Rest::None {
            return Cow::Borrowed(self);
        }
        let named = self.pairs.iter().filter(|(_, answer)| *answer != MOSTLY);
        Cow::Owned(Said {
            pairs: named.cloned().collect(),
            rest: Rest::All(MOSTLY),
        })
    }
}

/// The same answers, written in the same way: for tests and for what has no questionnaire at hand.
impl PartialEq for Said {
    fn eq(&self, other: &Said) -> bool {
        let rest = |said: &Said| match said.rest {
            Rest::All(answer) => Some(answer),
            Rest::None | Rest::Unanswered => None,
        };
        self.pairs == other.pairs && rest(self) == rest(other)
    }
}

/// Answers are personal: nothing that prints values prints them.
impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} answers", self.pairs.len())
    }
}

impl FromIterator<(QuestionId, Answer)> for Said {
    fn from_iter<I: IntoIterator<Item = (QuestionId, Answer)>>(answers: I) -> Said {
        let mut pairs: Vec<_> = answers.into_iter().collect();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        Said {
            pairs,
            rest: Rest::Unanswered,
        }
    }
}

impl Serialize for Said {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if let Rest::All(answer) = self.rest {
            map.serialize_entry(REST, &answer)?;
        }
        for (id, answer) in &self.pairs {
            map.serialize_entry(id, answer)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Said, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Said;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("answers by question")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Said, A::Error> {
                let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or(10));
                let mut rest = Rest::Unanswered;
                while let Some((id, answer)) = map.next_entry::<QuestionId, Answer>()? {
                    match id.as_str() {
                        REST => rest = Rest::All(answer),
                        _ => pairs.push((id, answer)),
                    }
                }
                let mut said: Said = pairs.into_iter().collect();
                said.rest = rest;
                Ok(said)
            }
        }
        from.deserialize_map(Pairs)
    }
}

impl rusqlite::ToSql for Said {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.short());
        text.map(Into::into)
            .map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
    }
}

impl rusqlite::types::FromSql for Said {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?)
            .map_err(|e| rusqlite::types::FromSqlError::Other(e.into()))
    }
}

impl postgres::types::ToSql for Said {
    fn to_sql(
        &self,
        ty: &postgres::types::Type,
        out: &mut postgres::types::private::BytesMut,
    ) -> Result<postgres::types::IsNull, Box<dyn std::error::Error + Sync + Send>> {
        postgres::types::Json(&*self.short()).to_sql(ty, out)
    }

    fn accepts(ty: &postgres::types::Type) -> bool {
        <postgres::types::Json<Said> as postgres::types::ToSql>::accepts(ty)
    }

    postgres::types::to_sql_checked!();
}

impl<'a> postgres::types::FromSql<'a> for Said {
    fn from_sql(
        ty: &postgres::types::Type,
        raw: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        <postgres::types::Json<Said> as postgres::types::FromSql>::from_sql(ty, raw)
            .map(|json| json.0)
    }

    fn accepts(ty: &postgres::types::Type) -> bool {
        <postgres::types::Json<Said> as postgres::types::FromSql>::accepts(ty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> QuestionId {
        QuestionId::new(name.to_owned())
    }

    fn questions() -> Vec<QuestionId> {
        ["cough", "eating", "fever"].map(id).to_vec()
    }

    fn said(answers: &[(&str, Answer)]) -> Said {
        answers
            .iter()
            .map(|(name, answer)| (id(name), *answer))
            .collect()
    }

    #[test]
    fn what_is_stored_short_says_the_same() {
        use Answer::{DontKnow, No, Yes};
        for (answers, text) in [
            (
                vec![("cough", No), ("eating", No), ("fever", No)],
                r#"{"*":"no"}"#,
            ),
            // A sign that was ticked is named among the questions and after them.
            (
                vec![
                    ("blue_lips", Yes),
                    ("cough", Yes),
                    ("eating", DontKnow),
                    ("fever", No),
                    ("wheezing", Yes),
                ],
                r#"{"*":"no","blue_lips":"yes","cough":"yes","eating":"dont_know","wheezing":"yes"}"#,
            ),
            // A sign of which somebody said "no": nobody else is asked.
            (
                vec![
                    ("cough", No),
                    ("eating", No),
                    ("fever", No),
                    ("wheezing", No),
                ],
                r#"{"cough":"no","eating":"no","fever":"no","wheezing":"no"}"#,
            ),
            // One question is not answered: nothing may be said of it.
            (
                vec![("cough", No), ("fever", No)],
                r#"{"cough":"no","fever":"no"}"#,
            ),
            (vec![], "{}"),
        ] {
            let given = said(&answers).answering(&questions());
            assert_eq!(serde_json::to_string(&given.short()).unwrap(), text);
            let long = serde_json::to_string(&given).unwrap();
            assert!(!long.contains(REST), "{long}");
            for stored in [text, &long] {
                let read: Said = serde_json::from_str(stored).unwrap();
                assert_eq!(read.all(&questions()), given.clone().all(&questions()));
            }
        }
    }

    #[test]
    fn answers_are_shown_in_the_order_of_the_form() {
        let places = [("blue_lips", 0), ("cough", 3), ("eating", 1), ("fever", 2)]
            .map(|(name, place)| (id(name), place));
        let read: Said = serde_json::from_str(r#"{"fever":"yes","*":"no"}"#).unwrap();
        let shown = read.in_order(&questions(), &places);
        assert_eq!(
            shown,
            [
                (id("eating"), Answer::No),
                (id("fever"), Answer::Yes),
                (id("cough"), Answer::No)
            ]
        );
    }
}
