//! Checking a notification: everything that is wrong at once, item by item, and what is merely unlikely as a warning.
//! A physician who notifies at night must not be kept from it by what is unusual.

use super::age::{age_in_months, age_on, is_minor};
use super::item::{Item, ItemKind};
use super::value::{self, Value};
use super::{BULK_NONE, ItemSet, NO_PHONE, core_item};
use crate::case_days::{CaseDays, UnlikelyDay, days_from};
use crate::name::Odd;
use crate::text::fold_width;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Why an answer cannot be taken. The words stand in the catalogues.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ItemProblem {
    /// It is required, and nothing is typed.
    Missing,
    /// There is no such day.
    NotADate,
    /// It is not written as a day in a form that is understood.
    UnreadableDay,
    /// The year has two digits and no era: it could be several.
    YearUnclear,
    /// The day has not come yet.
    InFuture,
    /// The day lies before the birth.
    BeforeBirth,
    /// Nobody was ever so old (125 years: see [`crate::birthdate`]).
    TooOld,
    /// Neither one of the options, nor `yes` or `no`.
    NotAChoice,
    /// Not a whole number, or out of the range.
    NotANumber {
        /// The lowest that is taken.
        min: i32,
        /// The highest that is taken.
        max: i32,
    },
    /// Not a postal code of seven digits.
    PostalCode,
    /// Not a phone number that can be dialled.
    Phone,
    /// The phone number is required, nothing is typed, and nobody has said that the person has none.
    PhoneMissing,
    /// "Has no phone" was clicked, and yet a number is typed.
    PhoneAndNone,
    /// More characters than there can be.
    TooLong {
        /// The most that are taken.
        most: usize,
    },
    /// Control characters; in a name also others that cannot stand there.
    OddCharacters(Odd),
    /// Letters in the name in kana that are not kana.
    NotKana,
    /// Letters in the name in Latin letters that are none.
    NotLatin,
    /// "None of these" was clicked, and yet this is answered with yes.
    NoneAndYes,
}

/// What is unlikely, or is not needed: shown, but nothing is refused for it. The words stand in the catalogues.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "warning")]
pub enum Warning {
    /// The illness is said to have begun more than 14 days before the diagnosis: perhaps a wrong month. The number is
    /// this project's judgement, not a rule.
    OnsetLongBeforeDiagnosis {
        /// So many days before.
        days: i32,
    },
    /// The illness is said to have begun after the diagnosis. It can, in somebody who had no symptoms then.
    OnsetAfterDiagnosis {
        /// So many days after.
        days: i32,
    },
    /// A patient, confirmed or suspected, without a day of onset, from which the days of isolation are counted.
    OnsetMissing,
    /// The diagnosis was more than 30 days ago (this project's judgement), although the law (Infectious Diseases Act,
    /// art. 12) wants it notified at once: perhaps last year's number, as in every January.
    DiagnosedLongAgo {
        /// So many days ago.
        days: i32,
    },
    /// The person was older than 110 years on the day of the diagnosis (this project's judgement): perhaps a wrong era.
    VeryOld {
        /// The age in completed years.
        years: i32,
    },
    /// The person is said to be pregnant, and was younger than 10 or older than 55 years on the day of the diagnosis (this
    /// project's judgement): perhaps a wrong birthdate.
    PregnantAtThatAge {
        /// The age in completed years.
        years: i32,
    },
    /// The person belongs to none of those who must be reported ([`ItemSet::reasons_to_report`]): counting is enough.
    NotAmongThoseReported,
    /// Something was typed for an item that another answer rules out, and is not kept.
    LeftOut {
        /// The item's id.
        item: String,
    },
}

/// Days between diagnosis and notification that are still believed.
const NOTIFIED_AFTER: i32 = 30;
/// Ages in completed years at which a pregnancy is believed.
const PREGNANT_AT: std::ops::RangeInclusive<i32> = 10..=55;

/// A notification that has been understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// The answers, by item; items without an answer are not among them.
    pub values: BTreeMap<String, Value>,
    /// What is unlikely: items that were left out first, in the form's order.
    pub warnings: Vec<Warning>,
}

impl Checked {
    /// The day that was given for an item.
    pub fn date(&self, id: &str) -> Option<Date> {
        self.values.get(id).and_then(Value::date)
    }

    /// Whether an item has a value, in its stored form.
    pub fn is(&self, id: &str, value: &str) -> bool {
        self.values
            .get(id)
            .is_some_and(|known| known.text() == value)
    }

    /// The age on the day of the diagnosis, in completed years.
    pub fn age(&self) -> Option<i32> {
        age_on(
            self.date(core_item::BIRTHDATE)?,
            self.date(core_item::DIAGNOSED_ON)?,
        )
    }

    /// The age on the day of the diagnosis in completed months, of a child before its first birthday.
    pub fn months(&self) -> Option<i32> {
        age_in_months(
            self.date(core_item::BIRTHDATE)?,
            self.date(core_item::DIAGNOSED_ON)?,
        )
    }
}

impl ItemSet {
    /// Understands a notification: `typed` holds a text for each item's id and, under [`BULK_NONE`] and [`NO_PHONE`], a `yes`
    /// where "None of these" or "Has no phone" was clicked. Keys that are no items of this set are not looked at. `today` is the day at the center.
    ///
    /// An item that another answer rules out (`only_if`, an adult's guardian) is never missing; what is typed for it is
    /// left out with a warning, but for a `no`. While the ruling item itself has no answer, what is typed is kept.
    ///
    /// # Errors
    /// All problems, in the form's order: at most one per item.
    pub fn check(
        &self,
        typed: &BTreeMap<String, String>,
        today: Date,
    ) -> Result<Checked, Vec<(String, ItemProblem)>> {
        let given = |id: &str| {
            let text = typed.get(id)?;
            (!fold_width(text).is_empty()).then_some(text.as_str())
        };
        let clicked = |id| given(id).is_some_and(|text| fold_width(text) == "yes");
        let (none, no_phone) = (clicked(BULK_NONE), clicked(NO_PHONE));
        // The birthdate and the day of diagnosis bear on others, wherever they stand in the form.
        let day = |id: &str, born| {
            let value = value::read(self.item(id)?, given(id)?, born, today).ok()?;
            value.date()
        };
        let born = day(core_item::BIRTHDATE, None);
        let diagnosed = day(core_item::DIAGNOSED_ON, born).unwrap_or(today);
        let minor = born.map(|born| is_minor(born, diagnosed));

        let mut checked = Checked {
            values: BTreeMap::new(),
            warnings: Vec::new(),
        };
        let mut problems = Vec::new();
        let mut ruled_out = BTreeSet::new();
        for item in &self.items {
            let text = given(&item.id);
            let asked = asked(item, &checked, minor, &ruled_out);
            if asked == Asked::No {
                ruled_out.insert(item.id.as_str());
            }
            let Some(text) = text.filter(|_| asked != Asked::No) else {
                if text.is_some_and(|text| item.kind != ItemKind::YesNo || fold_width(text) != "no")
                {
                    let item = item.id.clone();
                    checked.warnings.push(Warning::LeftOut { item });
                } else if asked != Asked::No && none && item.bulk_none {
                    checked.values.insert(item.id.clone(), Value::YesNo(false));
                } else if asked != Asked::No && item.id == core_item::PHONE && no_phone {
                    let none = Value::YesNo(true);
                    checked.values.insert(NO_PHONE.to_owned(), none);
                } else if asked == Asked::Yes && item.required {
                    let problem = match item.id.as_str() {
                        core_item::PHONE => ItemProblem::PhoneMissing,
                        _ => ItemProblem::Missing,
                    };
                    problems.push((item.id.clone(), problem));
                }
                continue;
            };
            if item.id == core_item::PHONE && no_phone {
                problems.push((item.id.clone(), ItemProblem::PhoneAndNone));
                continue;
            }
            match value::read(item, text, born, today) {
                Ok(Value::YesNo(true)) if none && item.bulk_none => {
                    problems.push((item.id.clone(), ItemProblem::NoneAndYes));
                }
                Ok(value) => {
                    checked.values.insert(item.id.clone(), value);
                }
                Err(problem) => problems.push((item.id.clone(), problem)),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let unlikely = self.unlikely(&checked, today);
        checked.warnings.extend(unlikely);
        Ok(checked)
    }

    fn unlikely(&self, checked: &Checked, today: Date) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let born = checked.date(core_item::BIRTHDATE);
        let diagnosed = checked.date(core_item::DIAGNOSED_ON);
        let onset = checked.date(core_item::ONSET_ON);
        let unlikely = diagnosed.map_or_else(Vec::new, |diagnosed_on| {
            let days = CaseDays {
                // Without a birthdate, nobody is old.
                born_on: born.unwrap_or(diagnosed_on),
                diagnosed_on,
                onset_on: onset,
                entered_on: None,
            };
            days.unlikely()
        });
        for one in &unlikely {
            if let UnlikelyDay::VeryOld { years } = *one {
                warnings.push(Warning::VeryOld { years });
            }
        }
        if let (Some(born), Some(diagnosed)) = (born, diagnosed)
            && checked.is("pregnancy", "yes")
            && let Some(years) = age_on(born, diagnosed)
            && !PREGNANT_AT.contains(&years)
        {
            warnings.push(Warning::PregnantAtThatAge { years });
        }
        if let Some(diagnosed) = diagnosed {
            let days = days_from(diagnosed, today);
            if days > NOTIFIED_AFTER {
                warnings.push(Warning::DiagnosedLongAgo { days });
            }
            let ill = ["confirmed", "suspected"]
                .into_iter()
                .any(|kind| checked.is(core_item::KIND, kind));
            if onset.is_none() && ill {
                warnings.push(Warning::OnsetMissing);
            }
            warnings.extend(unlikely.iter().filter_map(|one| match *one {
                UnlikelyDay::OnsetLongBefore { days } => {
                    Some(Warning::OnsetLongBeforeDiagnosis { days })
                }
                UnlikelyDay::OnsetAfter { days } => Some(Warning::OnsetAfterDiagnosis { days }),
                UnlikelyDay::VeryOld { .. } | UnlikelyDay::EnteredAfter { .. } => None,
            }));
        }
        if !self.who_must_be_reported.is_empty() && self.reasons_to_report(checked).is_empty() {
            warnings.push(Warning::NotAmongThoseReported);
        }
        warnings
    }
}

/// Whether an item is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Yes,
    /// What decides it is not known: whatever is typed is kept, and nothing is missing.
    Perhaps,
    No,
}

fn asked(item: &Item, checked: &Checked, minor: Option<bool>, ruled_out: &BTreeSet<&str>) -> Asked {
    let by_age = match minor {
        _ if !item.hidden_for_adults => Asked::Yes,
        Some(true) => Asked::Yes,
        Some(false) => Asked::No,
        None => Asked::Perhaps,
    };
    let by_answer = match &item.only_if {
        None => Asked::Yes,
        Some(rule) if ruled_out.contains(rule.item.as_str()) => Asked::No,
        Some(rule) => match checked.values.get(&rule.item).map(Value::text) {
            None => Asked::Perhaps,
            Some(value) if rule.is.contains(&value) => Asked::Yes,
            Some(_) => Asked::No,
        },
    };
    match (by_age, by_answer) {
        (Asked::No, _) | (_, Asked::No) => Asked::No,
        (Asked::Yes, Asked::Yes) => Asked::Yes,
        _ => Asked::Perhaps,
    }
}
