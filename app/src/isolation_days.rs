//! The days on which releases are to be looked at follow the rules on isolation: another rule holds for those who are
//! isolating already, too. Whatever changes which rule holds (one that is set or taken back, a file, a planned one whose day
//! has come) is seen by what holds at a center today; so it does not matter by which process, and none is forgotten that a
//! stop has cut off.

use crate::{App, Error, SystemDesk};
use domain::ids::{CaseId, HealthCenterId};
use domain::isolation::Rule;
use domain::rules::RuleKind;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use storage::monitoring as rows;
use storage::settings;

/// How many cases one transaction changes: others wait for it.
const PIECE: usize = 500;
/// So many times as long as a piece has taken, others have the store for themselves.
const PAUSE: u32 = 3;
/// Under which name it is kept by which rules the days of each center were reckoned last.
const MARKS: &str = "isolation_rules";
/// A word for how days are counted by rules: another one where a release counts in another way, so that all are reckoned anew.
const COUNTED_AS: &str = "by where they are";

/// By which rules the days of centers were reckoned: a word for all that they say.
type Marks = BTreeMap<HealthCenterId, String>;

/// The rules and the day up to which all is known to be reckoned: as long as they stay, nothing has to be looked at.
#[derive(Default)]
pub(crate) struct Reckoned(Mutex<Option<(storage::rules::Version, Date)>>);

/// A word for what rules say: another one where they say something else.
fn mark(rules: &[(String, Option<Rule>)]) -> Result<String, Error> {
    let said: Vec<_> = rules
        .iter()
        .map(|(programme, rule)| {
            let kinds = rule.as_ref().map(|rule| {
                (
                    &rule.symptomatic,
                    &rule.asymptomatic,
                    &rule.symptomatic_inpatient,
                    &rule.contact,
                )
            });
            (programme, kinds)
        })
        .collect();
    let text = serde_json::to_string(&(COUNTED_AS, said))
        .map_err(|e| Error::broken(format!("rules on isolation cannot be written: {e}")))?;
    let digest = Sha256::digest(text.as_bytes());
    Ok(digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

impl App {
    /// The rules on isolation of a center today, by programme.
    fn isolation_rules(
        &self,
        center: HealthCenterId,
        programmes: &[String],
        today: Date,
    ) -> Vec<(String, Option<Rule>)> {
        let rule = |programme: &String| {
            let rule = self.isolation_rule(programme, center, today);
            (programme.clone(), rule.map(|(rule, _)| rule))
        };
        programmes.iter().map(rule).collect()
    }

    /// Reckons the days of the open cases of a center anew; tells how many were others.
    async fn reckon_reviews(&self, center: HealthCenterId) -> Result<usize, Error> {
        let all = self
            .db()
            .read(move |tx| rows::reviews_of(tx, center))
            .await?;
        let mut others: Vec<(CaseId, Option<Date>, Date)> = all
            .into_iter()
            .filter_map(|(one, stands)| {
                let day = self.review_of(&one)?;
                (stands != Some(day)).then_some((one.case, stands, day))
            })
            .collect();
        // Always in one order: nobody waits for each other in a circle.
        others.sort_unstable();
        let mut changed = 0;
        for piece in others.chunks(PIECE) {
            let (piece, now) = (piece.to_vec(), self.clock.now());
            let begun = Instant::now();
            changed += self
                .db()
                .write(move |tx| {
                    let mut changed = 0;
                    for (case, stands, day) in &piece {
                        // Whoever corrected the day of onset meanwhile has reckoned it by the same rule.
                        let is_set = rows::follow_rule(tx, (center, *case), (*stands, *day), now)?;
                        changed += usize::from(is_set);
                    }
                    Ok(changed)
                })
                .await?;
            tokio::time::sleep(begun.elapsed() * PAUSE).await;
        }
        Ok(changed)
    }
}

impl SystemDesk {
    /// Lets the days on which releases are to be looked at follow the rules that hold today, center by center; tells how
    /// many cases got another day. Where it is cut off, the next call goes on with the centers that are left.
    ///
    /// # Errors
    /// Where the store cannot be read or written.
    pub async fn follow_isolation_rules(&self) -> Result<usize, Error> {
        let app = &self.app;
        app.fresh_rules().await?;
        let book = app.inner.rules.book();
        let (version, today) = (book.version(), app.today());
        let reckoned = &app.inner.reckoned.0;
        if *reckoned.lock().unwrap_or_else(PoisonError::into_inner) == Some((version, today)) {
            return Ok(0);
        }
        let programmes = book.programmes_with(RuleKind::Isolation);
        let stood = app.db().read(|tx| settings::get(tx, MARKS)).await?;
        let mut marks: Marks = stood
            .and_then(|stood| serde_json::from_slice(&stood).ok())
            .unwrap_or_default();
        let mut changed = 0;
        for center in app.health_centers().await? {
            let holds = mark(&app.isolation_rules(center.id, &programmes, today))?;
            if marks.get(&center.id) == Some(&holds) {
                continue;
            }
            changed += app.reckon_reviews(center.id).await?;
            marks.insert(center.id, holds);
            let text = serde_json::to_vec(&marks)
                .map_err(|e| Error::broken(format!("{MARKS} cannot be written: {e}")))?;
            app.db()
                .write(move |tx| settings::set(tx, MARKS, &text))
                .await?;
        }
        *reckoned.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, today));
        Ok(changed)
    }
}
