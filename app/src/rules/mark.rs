//! Which rules something was decided by, kept beside the reasons of the decision.

use domain::ids::QuestionnaireId;
use domain::rules::RuleMark;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The rules behind an urgency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct JudgedBy {
    /// The rules on the course.
    pub course: RuleMark,
    /// The first day of the questionnaire that the report answered.
    pub questionnaire: Date,
    /// Which questionnaire that was; none where an earlier release judged. Two places may have one of the same day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<QuestionnaireId>,
}

/// Among the reasons, which are a list, the rules stand as an entry of their own.
#[derive(Serialize)]
struct Entry {
    judged_by: JudgedBy,
}

/// Adds the rules to reasons that are about to be stored.
pub(crate) fn with_mark(
    reasons: serde_json::Value,
    judged_by: JudgedBy,
) -> Result<serde_json::Value, serde_json::Error> {
    let serde_json::Value::Array(mut all) = reasons else {
        return Ok(reasons);
    };
    all.push(serde_json::to_value(Entry { judged_by })?);
    Ok(serde_json::Value::Array(all))
}

/// The rules behind stored reasons; none where an earlier release wrote them.
pub(crate) fn read_mark(reasons: &serde_json::Value) -> Option<JudgedBy> {
    reasons
        .as_array()?
        .iter()
        .rev()
        .find_map(|one| JudgedBy::deserialize(one.get("judged_by")?).ok())
}
