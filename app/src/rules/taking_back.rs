//! Taking rules back: by whoever sets those of a place, and by the operator. What lies ahead never holds then; what holds ends, and
//! what was decided by it stays decided.

use super::set::cleaned;
use super::{Book, Kept};
use crate::audit::{self, with};
use crate::{App, Error, StaffDesk, SystemDesk};
use domain::ids::{JurisdictionId, StaffId};
use domain::rules::{RuleKind, RuleMark};
use domain::staff_role::Right;
use jiff::civil::Date;
use std::sync::Arc;
use storage::audit::AuditEntry;
use storage::rules::{self as rows, RuleRow};
use uuid::Uuid;

/// What came of taking a rule back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Withdraw {
    /// It is taken back, or ends today.
    Done,
    /// It was the only questionnaire of a disease that nobody has had: the disease is taken back, with all its planned rules.
    DoneOfDisease,
    /// It is the only questionnaire of a disease in which people are followed: nothing is taken back.
    LastQuestionnaire,
    /// It lay ahead when the page was shown and holds by now, or the other way round: another thing would be done than was read.
    Otherwise,
    /// There is no such rule of the own center.
    NoSuchRule,
    /// A reason is missing.
    NoReason,
}

/// Which rule the operator takes back.
#[derive(Clone, Debug)]
pub struct EndRule {
    /// Its kind.
    pub kind: RuleKind,
    /// Its programme.
    pub programme: String,
    /// Whose it is; none: for all.
    pub place: Option<JurisdictionId>,
    /// From which day on it does not hold; none: from today on. Where a rule begins on that very day, and it is still to come, that
    /// one is taken back.
    pub from: Option<Date>,
}

/// What became of it, or would.
#[derive(Clone, Debug)]
pub struct EndedRule {
    /// From which day on it does not hold.
    pub from: Date,
    /// Whether it lay ahead and never holds.
    pub was_planned: bool,
    /// Whether its disease, which nobody has had, goes with it.
    pub of_disease: bool,
    /// What holds from that day on.
    pub then: Option<RuleMark>,
    /// The first days of others of the place that are planned still.
    pub planned: Vec<Date>,
}

/// What is written to take rules of a place back.
struct Ending {
    place: Option<JurisdictionId>,
    rows: Vec<RuleRow>,
    /// The programme that is gone then: only where nobody is followed in it.
    programme: Option<String>,
}

impl Book {
    /// Whether these are all questionnaires of a programme, wherever one was set: without them the disease is gone.
    fn are_last_questionnaires(&self, (kind, programme): (RuleKind, &str), ids: &[Uuid]) -> bool {
        let is_other = |kept: &Kept| {
            kept.row.kind == kind.word()
                && kept.row.programme == programme
                && kept.file.is_some()
                && !ids.contains(&kept.row.id)
        };
        let mut of_release = self.shipped.iter();
        kind == RuleKind::Questionnaire
            && !self.kept.iter().any(is_other)
            && !of_release.any(|file| file.kind == kind && file.programme == programme)
    }

    fn is_last_questionnaire(&self, row: &RuleRow) -> bool {
        RuleKind::parse(&row.kind)
            .is_some_and(|kind| self.are_last_questionnaires((kind, &row.programme), &[row.id]))
    }
}

impl App {
    /// Rows that say of each rule that it never holds where it lies ahead, and else that it ends on a day.
    fn ending<'a>(
        &self,
        rules: impl Iterator<Item = &'a Kept>,
        (today, end): (Date, Date),
        (why, by): (&str, Option<StaffId>),
    ) -> Vec<RuleRow> {
        let now = self.clock.now();
        let row = |kept: &Kept| {
            let never_holds = kept.row.valid_from > today && kept.row.valid_from >= end;
            RuleRow {
                id: self.new_uuid(),
                valid_from: kept.row.valid_from.max(end),
                content: None,
                withdraws: never_holds.then_some(kept.row.id),
                why: why.to_owned(),
                set_by: by,
                set_at: now,
                set_by_name: None,
                ..kept.row.clone()
            }
        };
        rules.map(row).collect()
    }

    /// Takes rules back; tells whether it was done. It is not where somebody is followed in a disease that would be gone.
    async fn take_back(&self, ending: Ending, entry: AuditEntry) -> Result<bool, Error> {
        let keys = self.keys().clone();
        let now = self.clock.now();
        let is_done = self
            .db()
            .write(move |tx| {
                let set_at = rows::moment_of(tx, ending.place, now)?;
                if let Some(programme) = &ending.programme
                    && rows::programme_is_used(tx, programme)?
                {
                    return Ok(false);
                }
                for row in &ending.rows {
                    let row = RuleRow {
                        set_at,
                        ..row.clone()
                    };
                    rows::add(tx, &row)?;
                }
                audit::note(tx, &keys, &entry)?;
                Ok(true)
            })
            .await?;
        if is_done {
            self.reload_rules().await?;
        }
        Ok(is_done)
    }
}

/// The rules of a place in a programme that lie ahead: they go with its only questionnaire.
fn planned_of<'a>(
    book: &'a Book,
    (place, programme): (Option<JurisdictionId>, &'a str),
    today: Date,
) -> impl Iterator<Item = &'a Kept> {
    book.kept.iter().filter(move |kept| {
        let row = &kept.row;
        (row.place, row.programme.as_str()) == (place, programme) && row.valid_from > today
    })
}

impl StaffDesk {
    /// Whether taking a rule back takes a disease back: it lies ahead, and is the only questionnaire of its programme.
    pub async fn withdraws_disease(&self, id: Uuid) -> Result<bool, Error> {
        self.needs(Right::SetRules)?;
        let today = self.rules_today().await?;
        let book = self.app.inner.rules.book();
        Ok(book.kept.iter().any(|kept| {
            let is_planned = kept.row.valid_from > today;
            kept.row.id == id && is_planned && book.is_last_questionnaire(&kept.row)
        }))
    }

    /// Takes a rule of the own center back: one that lies ahead never holds; in place of one that holds, that of the
    /// place above holds from today on. `was_planned`: whether the page said that it lies ahead.
    pub async fn withdraw_rule(
        &self,
        id: Uuid,
        why: &str,
        was_planned: Option<bool>,
    ) -> Result<Withdraw, Error> {
        self.needs(Right::SetRules)?;
        let place = Some(self.place);
        let why = cleaned(why);
        if why.is_empty() {
            return Ok(Withdraw::NoReason);
        }
        let today = self.rules_today().await?;
        let book: Arc<Book> = self.app.inner.rules.book();
        let mut own = book.kept.iter().filter(|kept| kept.row.place == place);
        let Some(kept) = own.find(|kept| kept.row.id == id) else {
            return Ok(Withdraw::NoSuchRule);
        };
        let is_planned = kept.row.valid_from > today;
        if was_planned.is_some_and(|was| was != is_planned) {
            return Ok(Withdraw::Otherwise);
        }
        // One that holds ends, and is found by whoever came with it; one that never holds is found by nobody.
        let ends_disease = is_planned && book.is_last_questionnaire(&kept.row);
        let programme = &kept.row.programme;
        let rules: Vec<&Kept> = match ends_disease {
            true => planned_of(&book, (place, programme), today).collect(),
            false => vec![kept],
        };
        let by = (why.as_str(), Some(self.staff));
        let ending = Ending {
            place,
            rows: self.app.ending(rules.into_iter(), (today, today), by),
            programme: ends_disease.then(|| programme.clone()),
        };
        let what = if ends_disease {
            programme
        } else {
            &kept.row.kind
        };
        let entry = with(self.did("center.rules", None), format!("{what} withdrawn"));
        let is_done = self.app.take_back(ending, entry).await?;
        Ok(match (is_done, ends_disease) {
            (false, _) => Withdraw::LastQuestionnaire,
            (true, true) => Withdraw::DoneOfDisease,
            (true, false) => Withdraw::Done,
        })
    }
}

impl SystemDesk {
    /// Takes a rule of a place, or for all, back: one that lies ahead never holds; in place of one that holds, that of the place
    /// above, of the operator or of the release holds from a day on.
    ///
    /// # Errors
    /// A sentence that says why there is nothing to take back, or why it cannot be; then nothing is.
    pub async fn end_rule(
        &self,
        which: &EndRule,
        why: &str,
        only_look: bool,
    ) -> Result<Result<EndedRule, String>, Error> {
        let EndRule {
            kind,
            programme,
            place,
            from,
        } = which;
        let (kind, place, today) = (*kind, *place, self.app.today());
        let from = from.unwrap_or(today);
        let why = cleaned(why);
        if from < today {
            return Ok(Err(format!(
                "{from} is past, and what was decided since then stays decided; write {today} or a later day"
            )));
        }
        if !only_look && why.is_empty() {
            return Ok(Err(
                "taking a rule back needs a reason (--why TEXT), which stands in its history"
                    .to_owned(),
            ));
        }
        self.app.fresh_rules().await?;
        let book = self.app.inner.rules.book();
        let of_it = || {
            book.kept.iter().filter(|kept| {
                let row = &kept.row;
                (row.kind.as_str(), &row.programme, row.place) == (kind.word(), programme, place)
                    && kept.file.is_some()
            })
        };
        // All that were set for that day: those that were replaced would hold otherwise.
        let begin_then: Vec<&Kept> = of_it()
            .filter(|kept| kept.row.valid_from == from && from > today)
            .collect();
        let was_planned = !begin_then.is_empty();
        let ids: Vec<Uuid> = begin_then.iter().map(|kept| kept.row.id).collect();
        let of_disease =
            was_planned && book.are_last_questionnaires((kind, programme.as_str()), &ids);
        let rules: Vec<&Kept> = match (of_disease, was_planned) {
            (true, _) => planned_of(&book, (place, programme), today).collect(),
            (false, true) => begin_then,
            (false, false) => {
                let holds = book.of_place((kind, programme), place, from);
                let last = of_it().rfind(|kept| kept.row.valid_from <= from);
                match last.filter(|_| holds.is_some()) {
                    Some(last) => vec![last],
                    None => {
                        return Ok(Err(format!(
                            "there is no rule of its own to take back from {from} on; `hersys rules list` shows all that were set"
                        )));
                    }
                }
            }
        };
        let taken: Vec<Uuid> = rules.iter().map(|kept| kept.row.id).collect();
        let planned = of_it().filter(|kept| kept.row.valid_from > from.max(today));
        let mut planned: Vec<Date> = planned
            .filter(|kept| !taken.contains(&kept.row.id))
            .map(|kept| kept.row.valid_from)
            .collect();
        planned.dedup();
        // With a disease goes what would have begun before its questionnaire, too.
        let end = if of_disease { today } else { from };
        let ending = Ending {
            place,
            rows: self
                .app
                .ending(rules.into_iter(), (today, end), (&why, None)),
            programme: of_disease.then(|| programme.clone()),
        };
        let then = book.without(&ending.rows);
        let then = then.effective(kind, programme, place, from);
        if !only_look {
            let entry = audit::by_machine(self.app.clock.now(), "rules.ended", None);
            let entry = with(entry, format!("{} {programme} {from}", kind.word()));
            if !self.app.take_back(ending, entry).await? {
                return Ok(Err(format!(
                    "somebody is followed in {programme}, and it has no other questionnaire: load another one for that day, or close \
                     the disease to new cases on the console"
                )));
            }
        }
        Ok(Ok(EndedRule {
            from,
            was_planned,
            of_disease,
            then: then.map(|holds| holds.mark),
            planned,
        }))
    }
}
