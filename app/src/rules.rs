//! Rules that change without a release: which file holds where and when. A center's own comes before that of the places
//! above it, that before the operator's, and that before the release's.

pub mod mark;
pub mod preview;
mod set;

pub use set::{ChangeRule, Loaded, Told, Typed, Withdraw};

use crate::{App, Error, StaffDesk, SystemDesk};
use domain::course::CourseRules;
use domain::ids::{HealthCenterId, JurisdictionId};
use domain::isolation::Rule;
use domain::notification::ItemSet;
use domain::rules::{Content, Origin, RuleFile, RuleKind, RuleMark, read_one, shipped};
use domain::staff_role::Right;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};
use storage::rules::{self as rows, RuleRow};
use storage::{Db, Tx};
use uuid::Uuid;

/// How old the rules in memory may be before somebody asks whether another process has added one.
const FRESH: Duration = Duration::from_secs(1);

/// A row with its file understood.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) row: RuleRow,
    /// `None`: from that day on the place has none of its own.
    pub(crate) file: Option<Arc<RuleFile>>,
}

/// All rules at one moment.
#[derive(Default)]
pub(crate) struct Book {
    version: (i64, i64, i64),
    /// By their day, and of one day in the order in which they were set; without those that were taken back.
    kept: Vec<Kept>,
    /// All rows, those that were taken back too.
    all: Vec<RuleRow>,
    above: HashMap<JurisdictionId, JurisdictionId>,
    shipped: Vec<Arc<RuleFile>>,
}

/// A rule that holds, and whose it is.
#[derive(Clone, Debug)]
pub struct Holds {
    /// The rule.
    pub file: Arc<RuleFile>,
    /// Which one it is.
    pub mark: RuleMark,
}

impl Book {
    fn read(tx: &mut Tx<'_>, shipped: Vec<Arc<RuleFile>>) -> Result<Book, storage::Error> {
        let version = rows::version(tx)?;
        let all = rows::all(tx)?;
        let mut kept = Vec::new();
        for row in &all {
            let is_taken_back = all.iter().any(|other| other.withdraws == Some(row.id));
            if is_taken_back || row.withdraws.is_some() {
                continue;
            }
            let broken = |what: String| {
                storage::Error::Broken(format!("rule_files.content of {}: {what}", row.id))
            };
            let kind = RuleKind::parse(&row.kind).ok_or_else(|| broken("its kind".to_owned()))?;
            let file = row
                .content
                .as_ref()
                .map(|text| read_one(kind, text).map(Arc::new))
                .transpose()
                .map_err(broken)?;
            kept.push(Kept {
                row: row.clone(),
                file,
            });
        }
        Ok(Book {
            version,
            kept,
            all,
            above: rows::parents(tx)?.into_iter().collect(),
            shipped,
        })
    }

    /// The rule of one place, not of those above it: `None` where it has none, or none any more.
    fn of_place(
        &self,
        (kind, programme): (RuleKind, &str),
        place: Option<JurisdictionId>,
        day: Date,
    ) -> Option<Arc<RuleFile>> {
        self.kept
            .iter()
            .rfind(|kept| {
                kept.row.place == place
                    && kept.row.kind == kind.word()
                    && kept.row.programme == programme
                    && kept.row.valid_from <= day
            })
            .and_then(|kept| kept.file.clone())
    }

    /// The rule that holds at a center on a day.
    pub(crate) fn effective(
        &self,
        kind: RuleKind,
        programme: &str,
        center: Option<HealthCenterId>,
        day: Date,
    ) -> Option<Holds> {
        let found = |file: Arc<RuleFile>, origin| Holds {
            mark: RuleMark {
                valid_from: file.valid_from,
                origin,
            },
            file,
        };
        let mut place = center.map(|center| JurisdictionId::from_uuid(center.uuid()));
        let mut origin = Origin::Center;
        while let Some(here) = place {
            if let Some(file) = self.of_place((kind, programme), Some(here), day) {
                return Some(found(file, origin));
            }
            origin = Origin::Above;
            place = self.above.get(&here).copied();
        }
        if let Some(file) = self.of_place((kind, programme), None, day) {
            return Some(found(file, Origin::Operator));
        }
        let of_release = || {
            self.shipped
                .iter()
                .filter(|file| file.kind == kind && file.programme == programme)
        };
        of_release()
            .rfind(|file| file.valid_from <= day)
            // Courses and questionnaires are judged by the first rule before it began; an isolation is not.
            .or_else(|| {
                matches!(
                    kind,
                    RuleKind::Course | RuleKind::Questionnaire | RuleKind::Messages
                )
                .then(|| of_release().next())
                .flatten()
            })
            .map(|file| found(file.clone(), Origin::Shipped))
    }
}

/// The rules in memory, kept fresh.
pub(crate) struct Rulebook {
    db: Db,
    book: RwLock<Arc<Book>>,
    looked: Mutex<Instant>,
}

impl Rulebook {
    pub(crate) async fn load(db: &Db) -> Result<Rulebook, Error> {
        let of_release: Vec<_> = RuleKind::ALL
            .into_iter()
            .flat_map(shipped)
            .map(Arc::new)
            .collect();
        let book = db
            .read(move |tx| Book::read(tx, of_release.clone()))
            .await?;
        Ok(Rulebook {
            db: db.clone(),
            book: RwLock::new(Arc::new(book)),
            looked: Mutex::new(Instant::now()),
        })
    }

    pub(crate) fn book(&self) -> Arc<Book> {
        self.book
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads all rules anew; tells nothing.
    pub(crate) async fn reload(&self) -> Result<(), Error> {
        let of_release = self.book().shipped.clone();
        let book = self
            .db
            .read(move |tx| Book::read(tx, of_release.clone()))
            .await?;
        *self.book.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(book);
        Ok(())
    }
}

impl App {
    /// Asks once a second whether another process has added rules, and reads them then.
    pub(crate) async fn fresh_rules(&self) -> Result<(), Error> {
        let rules = &self.inner.rules;
        {
            let mut looked = rules.looked.lock().unwrap_or_else(PoisonError::into_inner);
            if looked.elapsed() < FRESH {
                return Ok(());
            }
            *looked = Instant::now();
        }
        let version = self.db().read(rows::version).await?;
        if version != rules.book().version {
            self.reload_rules().await?;
        }
        Ok(())
    }

    pub(crate) async fn reload_rules(&self) -> Result<(), Error> {
        // The questionnaires first: a rule that holds points at one.
        self.inner.questionnaires.reload().await?;
        self.inner.rules.reload().await
    }

    /// The rule that holds at a center on a day.
    pub(crate) fn rule(
        &self,
        kind: RuleKind,
        programme: &str,
        center: Option<HealthCenterId>,
        day: Date,
    ) -> Option<Holds> {
        self.inner
            .rules
            .book()
            .effective(kind, programme, center, day)
    }

    /// The rules on courses that hold.
    pub(crate) fn course_rules(
        &self,
        programme: &str,
        center: HealthCenterId,
        day: Date,
    ) -> Result<(CourseRules, RuleMark), Error> {
        match self.rule(RuleKind::Course, programme, Some(center), day) {
            Some(holds) => match &holds.file.content {
                Content::Course(rules) => Ok((rules.clone(), holds.mark)),
                _ => Err(Error::broken("a rule of another kind")),
            },
            None => Err(Error::broken(format!(
                "there are no rules on courses of {programme}"
            ))),
        }
    }

    /// The rule on isolation that holds; `None` before the first one, and for an unknown programme.
    pub(crate) fn isolation_rule(
        &self,
        programme: &str,
        center: HealthCenterId,
        day: Date,
    ) -> Option<(Rule, RuleMark)> {
        let holds = self.rule(RuleKind::Isolation, programme, Some(center), day)?;
        match &holds.file.content {
            Content::Isolation(rule) => Some((rule.clone(), holds.mark)),
            _ => None,
        }
    }

    /// What a notification asks.
    pub(crate) fn item_set_on(
        &self,
        programme: &str,
        center: HealthCenterId,
        day: Date,
    ) -> Option<ItemSet> {
        let holds = self.rule(RuleKind::Notification, programme, Some(center), day)?;
        match &holds.file.content {
            Content::Notification(set) => Some(set.clone()),
            _ => None,
        }
    }
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
    /// Whether it was taken back before its day.
    pub is_withdrawn: bool,
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
            && !self.is_withdrawn
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
    /// All that the center, the places above it, the operator and the release have set, the latest first.
    pub lines: Vec<RuleLine>,
}

impl StaffDesk {
    /// Each kind at the own center: what holds, what will, what did.
    pub async fn rules(&self) -> Result<Vec<RuleState>, Error> {
        self.needs(Right::ManageCenter)?;
        let center = self.own_center()?;
        let today = self.rules_today().await?;
        let book = self.app.inner.rules.book();
        Ok(RuleKind::ALL
            .into_iter()
            .map(|kind| state(&book, kind, center, today))
            .collect())
    }

    /// The day at the own center.
    pub async fn rules_today(&self) -> Result<Date, Error> {
        let zone = self.health_center().await?.time_zone;
        Ok(domain::health_day::health_day(self.app.clock.now(), &zone))
    }

    /// The rule of a kind that holds at the own center on a day.
    pub async fn rule_on(&self, kind: RuleKind, day: Date) -> Result<Option<Holds>, Error> {
        self.needs(Right::ManageCenter)?;
        let center = self.own_center()?;
        Ok(self
            .app
            .rule(kind, crate::case_registration::PROGRAMME, Some(center), day))
    }
}

fn state(book: &Book, kind: RuleKind, center: HealthCenterId, today: Date) -> RuleState {
    let programme = crate::case_registration::PROGRAMME;
    let own = JurisdictionId::from_uuid(center.uuid());
    let holds = book.effective(kind, programme, Some(center), today);
    let mut above = Vec::new();
    let mut place = book.above.get(&own).copied();
    while let Some(here) = place {
        above.push(here);
        place = book.above.get(&here).copied();
    }
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
            let is_withdrawn = book.all.iter().any(|other| other.withdraws == Some(row.id));
            Some(RuleLine {
                id: Some(row.id),
                valid_from: row.valid_from,
                origin,
                why: row.why.clone(),
                set: Some((row.set_by_name.clone(), row.set_at)),
                is_end: row.content.is_none(),
                is_withdrawn,
                holds_today: row_of_today.is_some_and(|kept| kept.row.id == row.id),
                is_planned: row.valid_from > today && !is_withdrawn,
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
            is_withdrawn: false,
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
        today: holds,
        lines,
    }
}

impl SystemDesk {
    /// What holds of a kind for all, today.
    pub fn rule_for_all(&self, kind: RuleKind) -> Option<Holds> {
        let today = self.app.today();
        self.app
            .rule(kind, crate::case_registration::PROGRAMME, None, today)
    }

    /// All rules that were set: the kind, the day, the name of the place (none: all), why, and whether the rule was
    /// taken back.
    pub async fn rule_list(
        &self,
    ) -> Result<Vec<(String, Date, Option<String>, String, bool)>, Error> {
        let (all, places) = self
            .app
            .db()
            .read(|tx| {
                let all = rows::all(tx)?;
                let mut places = HashMap::new();
                for row in &all {
                    if let Some(id) = row.place
                        && let Some(place) = storage::jurisdiction::find(tx, id)?
                    {
                        places.insert(id, place.name);
                    }
                }
                Ok((all, places))
            })
            .await?;
        Ok(all
            .iter()
            .filter(|row| row.withdraws.is_none())
            .map(|row| {
                let name = row
                    .place
                    .map(|id| places.get(&id).cloned().unwrap_or_default());
                let is_withdrawn = all.iter().any(|other| other.withdraws == Some(row.id));
                (
                    row.kind.clone(),
                    row.valid_from,
                    name,
                    row.why.clone(),
                    is_withdrawn,
                )
            })
            .collect())
    }
}
