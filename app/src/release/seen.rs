//! What a page showed of a person who may be released, as words that its form carries: whoever decides by it is told when
//! something else stands since.

use crate::alerts::state;
use domain::ids::CaseId;
use jiff::Timestamp;
use storage::Tx;
use storage::contact_log::Lines;
use storage::monitoring::MonitoringRow;

/// The calls, visits and notes of a person as a page showed them: whoever decides by them is told when one was written, or
/// taken back, since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenLines(Lines);

impl SeenLines {
    /// As they stand.
    pub(super) fn of(tx: &mut Tx<'_>, case: CaseId) -> Result<SeenLines, storage::Error> {
        storage::contact_log::lines(tx, case).map(SeenLines)
    }

    /// Reads the word that a form carries.
    pub fn parse(word: &str) -> Option<SeenLines> {
        let (written, taken_back) = word.split_once('.')?;
        Some(SeenLines(Lines {
            written: written.parse().ok()?,
            taken_back: taken_back.parse().ok()?,
        }))
    }
}

impl std::fmt::Display for SeenLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0.written, self.0.taken_back)
    }
}

/// What was known of a person beside what staff decide and write down: the reports, how urgent they make it, the next call, and
/// the open alert as it stood. A report does not count the version up, and one that came since may say that the symptoms are back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known(String);

impl Known {
    /// As it stands.
    pub(super) fn of(tx: &mut Tx<'_>, row: &MonitoringRow) -> Result<Known, storage::Error> {
        let alert = storage::alerts::open_of_case(tx, row.case)?;
        let alert = alert.map_or_else(String::new, |alert| state(alert.id, alert.version));
        let moment = |at: Option<Timestamp>| {
            at.map_or_else(String::new, |at| at.as_millisecond().to_string())
        };
        let (received, next_call) = (moment(row.received_at), moment(row.next_call_at));
        let (reports, urgency) = (row.reports, row.urgency);
        Ok(Known(format!(
            "{reports}.{received}.{urgency}.{next_call}.{alert}"
        )))
    }

    /// Reads the word that a form carries.
    pub fn parse(word: &str) -> Option<Known> {
        (!word.is_empty()).then(|| Known(word.to_owned()))
    }
}

impl std::fmt::Display for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
