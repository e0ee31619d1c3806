//! Entering a notification, and correcting one that has not become a case.

use super::{Notification, Recorded, SEALED_AS, State, TypedAnswers, telling, words_of};
use crate::attributes::phone_blind;
use crate::case_registration::{Alike, Who};
use crate::monitoring::NOTE_LENGTH;
use crate::programme::Programme;
use crate::{Error, StaffDesk, audit};
use domain::ids::NotificationId;
use domain::name::{NameKeys, family_name};
use domain::notification::duplicate::{Identity, Likeness, Reason, reason};
use domain::notification::item::{Group, ItemKind};
use domain::notification::{Checked, ItemProblem, ItemSet, Value, Warning, core_item};
use domain::personal::Personal;
use domain::phone::PhoneNumber;
use domain::staff_role::Right;
use domain::status_report::clean_note;
use jiff::civil::Date;
use storage::notification::{self as rows, Corrected, NewNotification, StepRow, Whose};

/// What came of sending a notification.
#[derive(Clone)]
pub enum Notify {
    /// It stands: now, or already when the same form came before.
    Entered(NotificationId),
    /// What the center asks is not answered: nothing was corrected, and no answer was written, or one that is too long.
    /// Nothing was written.
    Unanswered,
    /// Items that cannot be taken, in the form's order.
    Problems(Vec<(String, ItemProblem)>),
    /// Nothing is entered yet: something is unlikely, or these may be the same person.
    Look {
        /// What is unlikely.
        warnings: Vec<Warning>,
        /// Cases that stand.
        cases: Vec<Alike>,
        /// Notifications that wait.
        notifications: Vec<Like>,
    },
    /// The form has entered a notification before, and that one says something else: a browser went back, and somebody else
    /// was typed over the first. Nothing was written; under a new key it is another notification.
    SentBefore,
    /// Somebody changed it meanwhile, or it is a case already. Nothing was written.
    ChangedMeanwhile,
    /// There is no such notification in reach.
    NoSuchNotification,
}

/// A notification that may be of the same person.
#[derive(Clone)]
pub struct Like {
    /// What a list shows of it.
    pub line: super::Line,
    /// The birthdate.
    pub birthdate: Personal<Option<Date>>,
    /// The phone number.
    pub phone: Personal<String>,
    /// What speaks for one person.
    pub reason: Reason,
}

/// Answers as they stand, as people type them: a number as it is dialled, where it is kept in its international form.
pub fn as_typed(set: &ItemSet, answers: TypedAnswers) -> TypedAnswers {
    let is_phone = |id: &str| {
        set.item(id)
            .is_some_and(|item| item.kind == ItemKind::Phone)
    };
    answers
        .into_iter()
        .map(|(id, answer)| match PhoneNumber::parse(&answer) {
            Ok(phone) if is_phone(&id) => (id, phone.national()),
            _ => (id, answer),
        })
        .collect()
}

/// How many notifications are compared.
const LOOKED_AT: i64 = 100;

/// An understood notification in rows.
struct Ready {
    set: serde_json::Value,
    fingerprint: Vec<u8>,
    answers: Personal<TypedAnswers>,
    answers_sealed: Vec<u8>,
    birthdate: Date,
    phone_blind: Option<Vec<u8>>,
    is_pressing: bool,
}

impl StaffDesk {
    /// The programmes whose cases are notified to the own center today, and what is asked; never none.
    pub async fn item_sets(&self) -> Result<Vec<(Programme, ItemSet)>, Error> {
        self.needs(Right::Notify)?;
        let center = self.own_center()?;
        let day = self.app.today();
        let open = self.app.open_programmes(center).await?;
        let sets: Vec<_> = open
            .into_iter()
            .filter_map(|one| Some((one.clone(), self.app.item_set_on(&one.id, center, day)?)))
            .collect();
        if sets.is_empty() {
            return Err(Error::broken("no item set of notifications holds today"));
        }
        Ok(sets)
    }

    /// What is asked today of a programme's cases; of the first one where none is named.
    pub async fn item_set(&self, programme: &str) -> Result<ItemSet, Error> {
        let mut sets = self.item_sets().await?;
        let at = sets.iter().position(|(one, _)| one.id == programme);
        Ok(sets.swap_remove(at.unwrap_or(0)).1)
    }

    /// What a new notification begins with: who notifies, as this staff member wrote it last; with `like`, the
    /// household of that notification, too.
    pub async fn notification_to_begin_with(
        &self,
        set: &ItemSet,
        like: Option<NotificationId>,
    ) -> Result<TypedAnswers, Error> {
        self.needs(Right::Notify)?;
        let staff = self.staff;
        let mut begun = TypedAnswers::new();
        let last = self
            .app
            .db()
            .read(move |tx| rows::list(tx, Whose::Staff(staff), 1, 0))
            .await?;
        // Whoever came from another place writes for this one.
        let last = last.into_iter().find(|row| row.place == self.place);
        if let Some(row) = last {
            let answers = self.app.read_answers(&row.answers_sealed)?;
            begun.extend(answers.into_iter().filter(|(id, _)| {
                set.item(id)
                    .is_some_and(|item| item.group == Group::Institution)
            }));
        } else if self.role == domain::staff_role::StaffRole::MedicalInstitution {
            let place = self.place_name().await?;
            begun.insert("institution_name".to_owned(), place);
        }
        let Some(like) = like else {
            return Ok(as_typed(set, begun));
        };
        if let Some(row) = self.notification_row(like).await? {
            let mut answers = self.app.read_answers(&row.answers_sealed)?;
            // A name that was corrected since is the family's, too.
            for (id, name) in self.recorded(&row)?.iter().flat_map(Recorded::names) {
                answers.insert(id.to_owned(), name.to_owned());
            }
            let family = [
                core_item::PHONE,
                core_item::POSTAL_CODE,
                core_item::ADDRESS,
                core_item::LANGUAGE,
            ];
            // The kana of a name in Latin letters may begin with the given name, as that does.
            let tells_family =
                (answers.get(core_item::NAME)).is_some_and(|name| family_name(name).is_some());
            for (id, answer) in answers {
                let of_household = family.contains(&id.as_str())
                    || set.item(&id).is_some_and(|item| {
                        matches!(item.group, Group::Institution | Group::Guardian)
                    });
                if of_household {
                    begun.insert(id, answer);
                } else if tells_family
                    && [core_item::NAME, core_item::NAME_KANA].contains(&id.as_str())
                    && let Some(family) = family_name(&answer)
                {
                    begun.insert(id, format!("{family} "));
                }
            }
        }
        Ok(as_typed(set, begun))
    }

    fn ready(&self, set: &ItemSet, checked: &Checked) -> Result<Ready, Error> {
        let answers: TypedAnswers = checked
            .values
            .iter()
            .map(|(id, value)| (id.clone(), value.text()))
            .collect();
        let (fingerprint, words) = words_of(set)?;
        let phone = match checked.values.get(core_item::PHONE) {
            Some(Value::Phone(phone)) => Some(phone_blind(self.app.keys(), phone)),
            _ => None,
        };
        Ok(Ready {
            set: words,
            fingerprint,
            answers_sealed: self.app.seal_answers(&answers)?,
            answers: Personal::new(answers),
            birthdate: checked
                .date(core_item::BIRTHDATE)
                .ok_or_else(|| Error::broken("a notification without a birthdate"))?,
            phone_blind: phone,
            is_pressing: set.is_pressing(checked),
        })
    }

    /// Who in reach may be the person of a notification: cases that stand, and notifications that wait.
    async fn like(
        &self,
        ready: &Ready,
        checked: &Checked,
        but: Option<NotificationId>,
    ) -> Result<(Vec<Alike>, Vec<Like>), Error> {
        let identity = Identity::of(checked);
        let text = |id| checked.values.get(id).map(Value::text).unwrap_or_default();
        let keys = [core_item::NAME, core_item::NAME_KANA, core_item::NAME_LATIN]
            .into_iter()
            .map(|id| NameKeys::of(&text(id)).sorted)
            .filter(|key| !key.is_empty())
            .collect();
        let who = Who {
            identity: identity.clone(),
            keys,
            phone_blind: ready.phone_blind.clone().unwrap_or_default(),
            birthdate: ready.birthdate,
        };
        let cases = self.alike_to(who).await?;
        let Some(whose) = self.lists() else {
            return Ok((cases, Vec::new()));
        };
        let (center, born) = (self.own_center()?, ready.birthdate);
        let blind = ready.phone_blind.clone();
        let found = self
            .app
            .db()
            .read(move |tx| rows::perhaps_alike(tx, center, born, blind.as_deref(), LOOKED_AT))
            .await?;
        let mut like = Vec::new();
        for row in found {
            let mine = !matches!(whose, Whose::Place(place) if row.place != place);
            if !mine || Some(row.id) == but {
                continue;
            }
            let (line, answers) = self.app.read_notification(row)?;
            let text = |id: &str| answers.get(id).map_or("", String::as_str);
            let birthdate = text(core_item::BIRTHDATE).parse().ok();
            let names = [core_item::NAME, core_item::NAME_KANA, core_item::NAME_LATIN].map(text);
            let stands = Identity::new(
                &names,
                birthdate,
                text(core_item::PHONE),
                text(core_item::POSTAL_CODE),
            );
            if let Some(reason) = reason(&identity, &stands)
                && reason.likeness() >= Likeness::Likely
            {
                like.push(Like {
                    line,
                    birthdate: Personal::new(birthdate),
                    phone: Personal::new(text(core_item::PHONE).to_owned()),
                    reason,
                });
            }
        }
        Ok((cases, like))
    }

    /// Enters a notification. `looked`: whoever sends it has seen what is unlikely and who may be the same.
    pub async fn notify(
        &self,
        (id, programme): (NotificationId, &str),
        typed: &TypedAnswers,
        looked: bool,
    ) -> Result<Notify, Error> {
        self.needs(Right::Notify)?;
        let app = &self.app;
        let center = self.own_center()?;
        let set = self.item_set(programme).await?;
        let checked = match set.check(typed, app.today_at(center).await?) {
            Ok(checked) => checked,
            Err(problems) => return Ok(Notify::Problems(problems)),
        };
        let ready = self.ready(&set, &checked)?;
        if let Some(came) = self.came_before(id, &ready).await? {
            return Ok(came);
        }
        if !looked {
            let (cases, notifications) = self.like(&ready, &checked, None).await?;
            if !(checked.warnings.is_empty() && cases.is_empty() && notifications.is_empty()) {
                return Ok(Notify::Look {
                    warnings: checked.warnings,
                    cases,
                    notifications,
                });
            }
        }
        let new = NewNotification {
            id,
            center,
            place: self.place,
            by: self.staff,
            programme: set.programme.clone(),
            fingerprint: ready.fingerprint.clone(),
            answers_sealed: ready.answers_sealed.clone(),
            birthdate: ready.birthdate,
            phone_blind: ready.phone_blind.clone(),
            is_pressing: ready.is_pressing,
        };
        let now = app.clock.now();
        let entry = audit::about(self.did("notification.entered", None), id.uuid());
        let step = self.step(1, "entered", "", None);
        let keys = app.keys().clone();
        let words = ready.set.clone();
        let is_new = app
            .db()
            .write(move |tx| {
                rows::keep_set(tx, &new.fingerprint, &words)?;
                let is_new = rows::insert(tx, &new, now)?;
                if is_new {
                    if new.is_pressing {
                        telling::begin(tx, (id, new.center), now)?;
                    }
                    rows::step(tx, id, &step)?;
                    audit::note(tx, &keys, &entry)?;
                }
                Ok(is_new)
            })
            .await?;
        Ok(match is_new {
            true => Notify::Entered(id),
            // Two at once.
            false => self
                .came_before(id, &ready)
                .await?
                .unwrap_or(Notify::NoSuchNotification),
        })
    }

    /// What is told of a form that came before; none where it did not.
    async fn came_before(
        &self,
        id: NotificationId,
        ready: &Ready,
    ) -> Result<Option<Notify>, Error> {
        let Some(stands) = self.app.db().read(move |tx| rows::find(tx, id)).await? else {
            return Ok(None);
        };
        // Somebody's id that was guessed.
        if stands.by != self.staff {
            return Ok(Some(Notify::NoSuchNotification));
        }
        let said = self.app.read_answers(&stands.answers_sealed)?;
        let is_the_same = said == *ready.answers.expose();
        Ok(Some(match is_the_same {
            true => Notify::Entered(id),
            false => Notify::SentBefore,
        }))
    }

    /// Corrects a notification that is no case yet: its author, or the center. It waits for the center from then on;
    /// the answers before stay readable. `answer`: what is said to the center's question, where words are enough or needed;
    /// one that was sent back and comes again as it was, without a word, answers nothing.
    pub async fn correct_notification(
        &self,
        id: NotificationId,
        version: i32,
        (typed, answer): (&TypedAnswers, &str),
        looked: bool,
    ) -> Result<Notify, Error> {
        let Some(Notification {
            set: asked,
            is_whole,
            line,
            center,
            answers: before,
            version: stands,
            ..
        }) = self.notification(id).await?
        else {
            return Ok(Notify::NoSuchNotification);
        };
        if !is_whole {
            return Err(Error::NotAllowed);
        }
        let app = &self.app;
        // What was asked is corrected, not what is asked today; answers that it no longer knows stay as they are.
        let checked = match asked.check(typed, app.today_at(center).await?) {
            Ok(checked) => checked,
            Err(problems) => return Ok(Notify::Problems(problems)),
        };
        if stands != version || !line.state.is_no_case_yet() {
            return Ok(Notify::ChangedMeanwhile);
        }
        let ready = self.ready(&asked, &checked)?;
        let answer = clean_note(answer);
        let says_nothing = line.state == State::SentBack
            && answer.is_empty()
            && ready.answers.expose() == before.expose();
        if says_nothing || answer.chars().count() > NOTE_LENGTH {
            return Ok(Notify::Unanswered);
        }
        if !looked {
            let (cases, notifications) = self.like(&ready, &checked, Some(id)).await?;
            if !(checked.warnings.is_empty() && cases.is_empty() && notifications.is_empty()) {
                return Ok(Notify::Look {
                    warnings: checked.warnings,
                    cases,
                    notifications,
                });
            }
        }
        debug_assert!(self.own_center().is_ok_and(|own| own == center));
        let corrected = Corrected {
            fingerprint: ready.fingerprint.clone(),
            answers_sealed: ready.answers_sealed.clone(),
            birthdate: ready.birthdate,
            phone_blind: ready.phone_blind.clone(),
            is_pressing: ready.is_pressing,
        };
        let now = app.clock.now();
        let entry = audit::about(self.did("notification.corrected", None), id.uuid());
        let desk = self.clone();
        let keys = app.keys().clone();
        let words = ready.set;
        let done = app
            .db()
            .write(move |tx| {
                let Some(before) = rows::find(tx, id)? else {
                    return Ok(false);
                };
                rows::keep_set(tx, &corrected.fingerprint, &words)?;
                if !rows::correct(tx, id, &corrected, version, now)? {
                    return Ok(false);
                }
                // Who turns out to need somebody at once has waited for nothing yet.
                let was_told = before.is_pressing && before.state == State::Waiting.word();
                if corrected.is_pressing && !was_told {
                    telling::begin(tx, (id, before.center), now)?;
                }
                let step = desk.step(
                    version + 1,
                    "corrected",
                    &answer,
                    Some(before.answers_sealed),
                );
                rows::step(tx, id, &step)?;
                audit::note(tx, &keys, &entry)?;
                Ok(true)
            })
            .await?;
        Ok(if done {
            Notify::Entered(id)
        } else {
            Notify::ChangedMeanwhile
        })
    }

    /// A line about what was done with a notification.
    pub(super) fn step(
        &self,
        version: i32,
        step: &str,
        note: &str,
        before_sealed: Option<Vec<u8>>,
    ) -> StepRow {
        StepRow {
            version,
            at: self.app.clock.now(),
            by: self.staff,
            by_name: String::new(),
            step: step.to_owned(),
            note_sealed: self.app.keys().seal_text(SEALED_AS, note),
            before_sealed,
        }
    }
}
