//! Where the people are now, and how following them ended: what a press conference begins with.

use super::Step;
use super::looked::EndedCounts;
use domain::monitoring::MonitoringStatus;
use jiff::civil::Date;

/// Where the people are, and how following them ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// How many cases are at each place now.
    pub at: [(MonitoringStatus, i64); storage::figures::AT.len()],
    /// How many close contacts are followed now.
    pub contacts: i64,
    /// Cases that were followed no more, for each day, or the days from it to the next entry.
    pub ended: Vec<Ended>,
}

/// How many cases were followed no more, by the day on which that was entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ended {
    /// The first day.
    pub from: Date,
    /// How many were released.
    pub released: i64,
    /// How many died.
    pub died: i64,
}

impl State {
    /// How many were released, and how many died, on all of the days.
    pub fn ended_in_all(&self) -> (i64, i64) {
        self.ended.iter().fold((0, 0), |(released, died), part| {
            (released + part.released, died + part.died)
        })
    }
}

/// Puts those who were purged since beside those who stand.
pub(super) fn ended_by_part(
    counts: Option<EndedCounts>,
    step: Step,
    from: Date,
    parts: &[Date],
) -> Vec<Ended> {
    let Some([released, died]) = counts else {
        return Vec::new();
    };
    let count = |(standing, purged): &(Vec<i64>, Vec<(Date, i64)>), at: usize, part: Date| {
        let gone = purged
            .iter()
            .filter(|(day, _)| step.first(*day, from) == part);
        standing.get(at).copied().unwrap_or(0) + gone.map(|(_, count)| count).sum::<i64>()
    };
    parts
        .iter()
        .enumerate()
        .map(|(at, part)| Ended {
            from: *part,
            released: count(&released, at, *part),
            died: count(&died, at, *part),
        })
        .collect()
}
