//! Rules that change without a release: which file holds where and when. A center's own comes before that of the places
//! above it, that before the operator's, and that before the release's.

mod history;
mod listed;
mod loading;
pub mod mark;
mod newer;
pub mod preview;
mod set;
mod silenced;
mod taking_back;

pub use history::{RuleLine, RuleState, Withdrawn};
pub use listed::SetRule;
pub use loading::{Loaded, Loading, Which, check_rules};
pub use newer::{NewerRow, not_understood};
pub use set::{ChangeRule, Told, Typed};
pub use silenced::less_than_release;
pub use taking_back::{EndRule, EndedRule, Withdraw};

use crate::programme::PROGRAMME;
use crate::questionnaire::Shelf;
use crate::{App, Error, SystemDesk};
use domain::course::CourseRules;
use domain::ids::{HealthCenterId, JurisdictionId};
use domain::isolation::Rule;
use domain::notification::ItemSet;
use domain::rules::{Content, Origin, RuleFile, RuleKind, RuleMark, read_stored, shipped};
use jiff::civil::Date;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};
use storage::questionnaire;
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
    version: rows::Version,
    /// By their day, and of one day in the order in which they were set; without those that were taken back.
    kept: Vec<Kept>,
    /// All rows, those that were taken back too.
    all: Vec<RuleRow>,
    above: HashMap<JurisdictionId, JurisdictionId>,
    shipped: Vec<Arc<RuleFile>>,
    /// The rows of which this release does not know everything.
    newer: Vec<NewerRow>,
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
    /// All rules, with those of this release.
    pub(crate) fn of_start(tx: &mut Tx<'_>) -> Result<Book, storage::Error> {
        let of_release = RuleKind::ALL.into_iter().flat_map(shipped);
        Book::read(tx, of_release.map(Arc::new).collect())
    }

    /// A newer release beside this one may have set a rule of which this one does not know everything. What it knows of it
    /// holds; where it knows nothing, what held at the place before goes on: no node may end at it, for then nobody would be
    /// judged at all.
    fn read(tx: &mut Tx<'_>, shipped: Vec<Arc<RuleFile>>) -> Result<Book, storage::Error> {
        let version = rows::version(tx)?;
        let all = rows::all(tx)?;
        let mut kept = Vec::new();
        let mut newer = Vec::new();
        for row in &all {
            let is_taken_back = all.iter().any(|other| other.withdraws == Some(row.id));
            if is_taken_back || row.withdraws.is_some() {
                continue;
            }
            let Some(kind) = RuleKind::parse(&row.kind) else {
                newer.push(NewerRow::of_rule(
                    row,
                    Err("there is no such kind".to_owned()),
                ));
                continue;
            };
            let file = match row.content.as_ref().map(|text| read_stored(kind, text)) {
                None => None,
                Some(Ok((file, unknown))) => {
                    if !unknown.is_empty() {
                        newer.push(NewerRow::of_rule(row, Ok(&unknown)));
                    }
                    Some(Arc::new(file))
                }
                Some(Err(error)) => {
                    newer.push(NewerRow::of_rule(row, Err(error.to_string())));
                    continue;
                }
            };
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
            newer,
        })
    }

    /// The same as if these rows, which take rules back, had been added.
    fn without(&self, ended: &[RuleRow]) -> Book {
        let is_taken_back = |kept: &Kept| {
            let mut ended = ended.iter();
            ended.any(|row| row.withdraws == Some(kept.row.id))
        };
        let mut kept: Vec<Kept> = self
            .kept
            .iter()
            .filter(|kept| !is_taken_back(kept))
            .cloned()
            .collect();
        let ends = ended.iter().filter(|row| row.withdraws.is_none());
        kept.extend(ends.map(|row| Kept {
            row: row.clone(),
            file: None,
        }));
        // Of one day what was set last stays last.
        kept.sort_by_key(|kept| kept.row.valid_from);
        Book {
            version: self.version,
            kept,
            all: self.all.clone(),
            above: self.above.clone(),
            shipped: self.shipped.clone(),
            newer: Vec::new(),
        }
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

    /// The places above one, the nearest first.
    fn above(&self, place: JurisdictionId) -> Vec<JurisdictionId> {
        std::iter::successors(self.above.get(&place).copied(), |here| {
            self.above.get(here).copied()
        })
        .collect()
    }

    /// Whether what a place sets does not reach a center below it on a day: the center, or a place between, has its own.
    pub(crate) fn does_not_reach(
        &self,
        which: (RuleKind, &str),
        (place, center): (JurisdictionId, JurisdictionId),
        day: Date,
    ) -> bool {
        std::iter::once(center)
            .chain(self.above(center))
            .take_while(|here| *here != place)
            .any(|here| self.of_place(which, Some(here), day).is_some())
    }

    /// The rule that holds at a place on a day.
    pub(crate) fn effective(
        &self,
        kind: RuleKind,
        programme: &str,
        place: Option<JurisdictionId>,
        day: Date,
    ) -> Option<Holds> {
        let found = |file: Arc<RuleFile>, origin| Holds {
            mark: RuleMark {
                valid_from: file.valid_from,
                origin,
            },
            file,
        };
        if let Some(place) = place {
            if let Some(file) = self.of_place((kind, programme), Some(place), day) {
                return Some(found(file, Origin::Center));
            }
            let of_above = self
                .above(place)
                .into_iter()
                .find_map(|here| self.of_place((kind, programme), Some(here), day));
            if let Some(file) = of_above {
                return Some(found(file, Origin::Above));
            }
        }
        if let Some(file) = self.of_place((kind, programme), None, day) {
            return Some(found(file, Origin::Operator));
        }
        let of_release = |programme: &str| {
            let mut last = None;
            let mut first = None;
            for file in &self.shipped {
                if file.kind == kind && file.programme == programme {
                    first = first.or(Some(file));
                    last = Some(file).filter(|file| file.valid_from <= day).or(last);
                }
            }
            // Courses and questionnaires are judged by the first rule before it began; an isolation is not.
            let before = matches!(
                kind,
                RuleKind::Course | RuleKind::Questionnaire | RuleKind::Messages
            );
            last.or(first.filter(|_| before)).cloned()
        };
        of_release(programme)
            .map(|file| found(file, Origin::Shipped))
            // Somebody who came from a place that alone follows this disease is followed by that place's rule.
            .or_else(|| {
                let of_elsewhere = || {
                    self.kept.iter().filter(|kept| {
                        kept.row.kind == kind.word()
                            && kept.row.programme == programme
                            && kept.file.is_some()
                    })
                };
                of_elsewhere()
                    .rfind(|kept| kept.row.valid_from <= day)
                    .or_else(|| of_elsewhere().next())
                    .and_then(|kept| kept.file.clone())
                    .map(|file| found(file, Origin::Elsewhere))
            })
            // What no rule of the disease says is said by those that every release brings: how a course is judged, and
            // what is written (they name no disease).
            .or_else(|| {
                matches!(kind, RuleKind::Course | RuleKind::Messages)
                    .then(|| of_release(PROGRAMME))
                    .flatten()
                    .map(|file| found(file, Origin::Shipped))
            })
    }

    /// What tells these rules from those of another moment.
    pub(crate) fn version(&self) -> rows::Version {
        self.version
    }

    /// The programmes of which any place has rules of a kind, or the release has, in the order of their names.
    pub(crate) fn programmes_with(&self, kind: RuleKind) -> Vec<String> {
        let set = self.kept.iter().filter(|kept| kept.row.kind == kind.word());
        let of_release = self.shipped.iter().filter(|file| file.kind == kind);
        let mut all: Vec<String> = set
            .map(|kept| kept.row.programme.clone())
            .chain(of_release.map(|file| file.programme.clone()))
            .collect();
        all.sort();
        all.dedup();
        all
    }

    /// Whether any place has rules of a programme, or had some that were not taken back before they held.
    pub(crate) fn knows(&self, programme: &str) -> bool {
        let is_taken_back =
            |row: &RuleRow| self.all.iter().any(|other| other.withdraws == Some(row.id));
        self.all
            .iter()
            .any(|row| row.programme == programme && row.withdraws.is_none() && !is_taken_back(row))
            || self.shipped.iter().any(|file| file.programme == programme)
    }

    /// The programmes with a questionnaire that was set at a place, above it or for all; those of the release, too.
    pub(crate) fn programmes(&self, place: Option<JurisdictionId>) -> Vec<String> {
        let above = place.map(|place| self.above(place)).unwrap_or_default();
        let questionnaire = RuleKind::Questionnaire.word();
        let reaches = |of: Option<JurisdictionId>| {
            of.is_none_or(|of| Some(of) == place || above.contains(&of))
        };
        let of_release = self
            .shipped
            .iter()
            .filter(|file| file.kind == RuleKind::Questionnaire)
            .map(|file| file.programme.clone());
        let mut found: Vec<String> = Vec::new();
        let set = self
            .kept
            .iter()
            .filter(|kept| kept.row.kind == questionnaire && kept.file.is_some())
            .filter(|kept| reaches(kept.row.place))
            .map(|kept| kept.row.programme.clone());
        for programme in of_release.chain(set) {
            if !found.contains(&programme) {
                found.push(programme);
            }
        }
        found
    }
}

/// The rules in memory, kept fresh.
pub(crate) struct Rulebook {
    db: Db,
    book: RwLock<Arc<Book>>,
    looked: Mutex<Instant>,
    /// The rules as they could not be read, of which the log was told.
    failed: Mutex<Option<rows::Version>>,
    /// The rows that are not understood, of which the log was told.
    told: Mutex<HashSet<Uuid>>,
}

impl Rulebook {
    /// The rules as they were read at the start.
    pub(crate) fn holding(db: &Db, book: Book) -> Rulebook {
        let rulebook = Rulebook {
            db: db.clone(),
            book: RwLock::new(Arc::default()),
            looked: Mutex::new(Instant::now()),
            failed: Mutex::default(),
            told: Mutex::default(),
        };
        rulebook.put(book);
        rulebook
    }

    /// Lets these rules hold, and tells the log once of each row that is not understood.
    fn put(&self, book: Book) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for row in book.newer.iter().filter(|row| told.insert(row.id)) {
            tracing::error!(row = %row.id, "{row}");
        }
        *self.book.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(book);
    }

    pub(crate) fn book(&self) -> Arc<Book> {
        self.book
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads all rules anew, and the questionnaires at which they point: both as they are at one moment.
    async fn reload(&self, shelf: &Shelf) -> Result<(), Error> {
        let of_release = self.book().shipped.clone();
        let (book, questionnaires) = self
            .db
            .read(move |tx| {
                // Whatever a rule points at was kept before the rule: read after it, it is there.
                let book = Book::read(tx, of_release.clone())?;
                Ok((book, questionnaire::all(tx)?))
            })
            .await?;
        shelf.take(questionnaires);
        self.put(book);
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
        if version != rules.book().version
            && let Err(error) = self.reload_rules().await
        {
            // Whoever happens to come this second has done nothing; what is in memory goes on.
            let mut failed = rules.failed.lock().unwrap_or_else(PoisonError::into_inner);
            if failed.replace(version) != Some(version) {
                tracing::error!(%error, "the rules cannot be read anew; those in memory go on");
            }
        }
        Ok(())
    }

    pub(crate) async fn reload_rules(&self) -> Result<(), Error> {
        self.inner.rules.reload(&self.inner.questionnaires).await
    }

    /// The rule that holds at a center on a day.
    pub(crate) fn rule(
        &self,
        kind: RuleKind,
        programme: &str,
        center: Option<HealthCenterId>,
        day: Date,
    ) -> Option<Holds> {
        let place = center.map(|center| JurisdictionId::from_uuid(center.uuid()));
        self.inner
            .rules
            .book()
            .effective(kind, programme, place, day)
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

impl SystemDesk {
    /// Makes sure that the rules that another process has set hold here, too; for timers, which judge by rules while no
    /// visitor comes.
    pub async fn know_rules(&self) -> Result<(), Error> {
        self.app.fresh_rules().await
    }

    /// What holds of a kind for all, today.
    pub fn rule_for_all(&self, kind: RuleKind, programme: &str) -> Option<Holds> {
        self.app.rule(kind, programme, None, self.app.today())
    }

    /// The short names of the programmes that are there for all.
    pub fn programmes_for_all(&self) -> Vec<String> {
        let mut all = self.app.inner.rules.book().programmes(None);
        for id in self.app.inner.questionnaires.programmes() {
            if !all.contains(&id) {
                all.push(id);
            }
        }
        all
    }
}
