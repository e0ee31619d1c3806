//! What holds at a place, what will and what did, for whoever sets its rules.

use super::{Book, Holds};
use crate::{Error, StaffDesk};
use domain::ids::JurisdictionId;
use domain::questionnaire::Silenced;
use domain::rules::{Origin, RuleKind};
use domain::staff_role::Right;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::sync::Arc;
use uuid::Uuid;

/// That a rule was taken back.
#[derive(Clone, Debug)]
pub struct Withdrawn {
    /// By whom; no name for the operator.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
}

/// A rule in the history of a place.
#[derive(Clone, Debug)]
pub struct RuleLine {
    /// The id; none for that of the release.
    pub id: Option<Uuid>,
    /// The first day.
    pub valid_from: Date,
    /// Whose it is.
    pub origin: Origin,
    /// Why it was set.
    pub why: String,
    /// Who set it, and when; none for that of the release, no name for the operator.
    pub set: Option<(Option<String>, Timestamp)>,
    /// Whether it says that from this day on there is no own rule any more.
    pub is_end: bool,
    /// Who took it back before its day, when and why; none where nobody did.
    pub withdrawn: Option<Withdrawn>,
    /// Whether it is the one that holds today.
    pub holds_today: bool,
    /// Whether it lies ahead.
    pub is_planned: bool,
}

impl RuleLine {
    /// Whether the center can take it back: its own, ahead or in force.
    pub fn may_withdraw(&self) -> bool {
        self.origin == Origin::Center
            && !self.is_end
            && self.withdrawn.is_none()
            && (self.is_planned || self.holds_today)
    }
}

/// What holds of a kind, and what will.
#[derive(Clone, Debug)]
pub struct RuleState {
    /// The kind.
    pub kind: RuleKind,
    /// What holds today.
    pub today: Option<Holds>,
    /// Where that is not the release's: from when on the release alarms on what it does not, and on what.
    pub less_than_release: Option<(Date, Vec<Silenced>)>,
    /// All that the center, the places above it, the operator and the release have set, the latest first.
    pub lines: Vec<RuleLine>,
}

impl StaffDesk {
    /// Each kind of a programme at the own place: what holds, what will, what did.
    pub async fn rules(&self, programme: &str) -> Result<Vec<RuleState>, Error> {
        self.needs(Right::SetRules)?;
        let today = self.rules_today().await?;
        let book = self.app.inner.rules.book();
        Ok(RuleKind::ALL
            .into_iter()
            .map(|kind| state(&book, (kind, programme), self.place, today))
            .collect())
    }

    /// The time zone of the own place: the center's, else that of the installation.
    pub async fn rules_zone(&self) -> Result<TimeZone, Error> {
        if self.has_center() {
            return Ok(self.health_center().await?.time_zone);
        }
        Ok(TimeZone::get(self.app.time_zone()).unwrap_or(TimeZone::UTC))
    }

    /// The day at the own place.
    pub async fn rules_today(&self) -> Result<Date, Error> {
        self.today_here().await
    }

    /// The rule of a kind that holds at the own place on a day.
    pub async fn rule_on(
        &self,
        kind: RuleKind,
        programme: &str,
        day: Date,
    ) -> Result<Option<Holds>, Error> {
        self.needs(Right::SetRules)?;
        let book = self.app.inner.rules.book();
        Ok(book.effective(kind, programme, Some(self.place), day))
    }
}

fn state(
    book: &Book,
    (kind, programme): (RuleKind, &str),
    own: JurisdictionId,
    today: Date,
) -> RuleState {
    let holds = book.effective(kind, programme, Some(own), today);
    let above = book.above(own);
    // The row that holds: the last of its place up to today.
    let row_of_today = holds.as_ref().and_then(|holds| {
        book.kept.iter().rfind(|kept| {
            kept.file
                .as_ref()
                .is_some_and(|file| Arc::ptr_eq(file, &holds.file))
        })
    });
    let mut lines: Vec<RuleLine> = book
        .all
        .iter()
        .filter(|row| {
            row.kind == kind.word() && row.programme == programme && row.withdraws.is_none()
        })
        .filter_map(|row| {
            let origin = match row.place {
                None => Origin::Operator,
                Some(place) if place == own => Origin::Center,
                Some(place) if above.contains(&place) => Origin::Above,
                Some(_) => return None,
            };
            let mut others = book.all.iter();
            let withdrawn = others.find(|other| other.withdraws == Some(row.id));
            Some(RuleLine {
                id: Some(row.id),
                valid_from: row.valid_from,
                origin,
                why: row.why.clone(),
                set: Some((row.set_by_name.clone(), row.set_at)),
                is_end: row.content.is_none(),
                withdrawn: withdrawn.map(|by| Withdrawn {
                    by: by.set_by_name.clone(),
                    at: by.set_at,
                    why: by.why.clone(),
                }),
                holds_today: row_of_today.is_some_and(|kept| kept.row.id == row.id),
                is_planned: row.valid_from > today && withdrawn.is_none(),
            })
        })
        .collect();
    lines.reverse();
    let mut of_release: Vec<RuleLine> = book
        .shipped
        .iter()
        .filter(|file| file.kind == kind && file.programme == programme)
        .map(|file| RuleLine {
            id: None,
            valid_from: file.valid_from,
            origin: Origin::Shipped,
            why: String::new(),
            set: None,
            is_end: false,
            withdrawn: None,
            holds_today: holds
                .as_ref()
                .is_some_and(|holds| Arc::ptr_eq(&holds.file, file)),
            is_planned: file.valid_from > today,
        })
        .collect();
    of_release.reverse();
    lines.extend(of_release);
    RuleState {
        kind,
        less_than_release: holds
            .as_ref()
            .and_then(|holds| book.less_than_release(&holds.file, today)),
        today: holds,
        lines,
    }
}
