//! What figures tell of health, and to whom. With one person in an age group, a share of those who reported or the
//! minutes that an alert waited are that person's: whoever may not read health answers is not told them.

use super::Figure;
use domain::staff_role::Right;

/// What figures tell a reader: the one place that decides it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// Every count as it is.
    Everything,
    /// Every count as it is, and nothing of health: the reader sees who the persons are, and may not read their answers.
    NoHealth,
    /// Sums of rounded counts: the reader sees no persons.
    Rounded,
}

impl Told {
    /// What somebody with these rights is told.
    pub(super) fn to(may: impl Fn(Right) -> bool) -> Told {
        match (may(Right::SeePersons), may(Right::SeeHealth)) {
            (false, _) => Told::Rounded,
            (true, false) => Told::NoHealth,
            (true, true) => Told::Everything,
        }
    }

    /// What is told of health, or nothing.
    pub(super) fn health<T>(self, what: impl FnOnce() -> T) -> Option<T> {
        match self {
            Told::Everything | Told::Rounded => Some(what()),
            Told::NoHealth => None,
        }
    }
}

/// What is told of the health of an age group or a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Health {
    /// Of those from whom reports are expected, in per cent, who reported today; none: nobody is expected.
    pub reported_percent: Option<i64>,
    /// Minutes from the alert to its taking: the median, and of nine in ten the longest.
    pub minutes_to_taken: Option<(i64, i64)>,
}

/// What is told of the health of everybody whom a page counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WholeHealth {
    /// In per cent, who of those from whom reports are expected reported today.
    pub reported_percent: Option<i64>,
    /// How many of those who are followed are asked for reports and can send some, and how many are left out: in hospital,
    /// or without an account and without a report. None where small counts are left out.
    pub asked: Option<(i64, i64)>,
    /// Alerts within the days: how many, and how many nobody has ever taken.
    pub alerts: (Figure, Figure),
    /// Alerts that wait now for somebody to take them, whenever they were raised; also those that somebody gave back. None
    /// where small counts are left out.
    pub waiting: Option<i64>,
    /// Minutes from the alert to its taking: the median, and of nine in ten the longest.
    pub minutes_to_taken: Option<(i64, i64)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::staff_role::StaffRole;

    /// Of all roles that see figures.
    #[test]
    fn whoever_does_not_read_answers_is_told_nothing_of_health() {
        for (role, told) in [
            (StaffRole::Analyst, Told::Rounded),
            (StaffRole::PrefectureOfficer, Told::Everything),
            (StaffRole::Administrator, Told::Everything),
            (StaffRole::Nurse, Told::Everything),
            (StaffRole::Clerk, Told::NoHealth),
        ] {
            let found = Told::to(|right| role.may(right));
            assert_eq!(found, told, "{role:?}");
            assert_eq!(found.health(|| ()).is_none(), role == StaffRole::Clerk);
        }
    }
}
