//! Transfer of a case to another center: offered, accepted or refused. Until the other side accepts, the old center
//! answers for the person; an offer that nobody answers in time alerts both. Nothing falls between.

use crate::alerts::{above_center, at_center};
use crate::audit::{self, about, by_machine};
use crate::health_center::HealthCenter;
use crate::keys::Keys;
use crate::message_texts::lasting;
use crate::monitoring::{NOTE_LENGTH, WorkItem, is_inpatient_in};
use crate::outbox::Mail;
use crate::parted;
use crate::place_settings::following;
use crate::staff::NewStaff;
use crate::staff_messages::StaffMessage;
use crate::{App, Error, StaffDesk, SystemDesk};
use domain::ids::{CaseId, HealthCenterId, TransferId};
use domain::monitoring::MonitoringStatus;
use domain::personal::Personal;
use domain::staff_role::{JurisdictionKind, Right};
use domain::status_report::clean_note;
use i18n::words;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use storage::case_registration as cases;
use storage::monitoring::{self, WorkRow};
use storage::transfer::{self as rows, TransferRow};
use storage::{Asked, Tx};

const SEALED_AS: &str = "transfer";
/// How an offer was answered that ended with following the person.
const ENDED: &str = "ended";
const BATCH: i64 = 50;
/// How long after both sides were told of an overdue offer they are told again, and how often they are told at most:
/// for two weeks each day. It stays on top of both worklists all the while, and longer.
const TELL_AGAIN: SignedDuration = SignedDuration::from_hours(24);
const TELL_AT_MOST: i32 = 14;
/// For how long a refusal stays on the old center's list.
const REFUSAL_SHOWN: SignedDuration = SignedDuration::from_hours(72);

/// A transfer as pages show it.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// The id.
    pub id: TransferId,
    /// The case.
    pub case: CaseId,
    /// Who answers for the person until the offer is accepted: the id and the name.
    pub from: (HealthCenterId, String),
    /// To whom it is offered.
    pub to: (HealthCenterId, String),
    /// When it was offered.
    pub offered_at: Timestamp,
    /// Who offered it.
    pub offered_by: String,
    /// What the other side should know.
    pub note: Personal<String>,
    /// By when an answer is expected.
    pub due_at: Timestamp,
    /// Whether nobody answered in time.
    pub is_overdue: bool,
    /// When it was answered, how (`accepted`, `refused`, `withdrawn`, or `ended` where following the person did), by whom, and in
    /// which words.
    pub answer: Option<(Timestamp, String, String, Personal<String>)>,
}

impl Transfer {
    pub(crate) fn read(app: &App, row: TransferRow) -> Result<Transfer, Error> {
        let (from, to, offered_by, answered_by) = row.names;
        let words = match &row.answer_sealed {
            Some(sealed) => app.keys().open_text(SEALED_AS, sealed)?,
            None => Personal::new(String::new()),
        };
        Ok(Transfer {
            id: row.id,
            case: row.case,
            from: (row.from, from),
            to: (row.to, to),
            offered_at: row.offered_at,
            offered_by,
            note: app.keys().open_text(SEALED_AS, &row.note_sealed)?,
            due_at: row.due_at,
            is_overdue: row.answered_at.is_none() && row.due_at <= app.clock.now(),
            answer: row
                .answered_at
                .zip(row.answer)
                .map(|(at, answer)| match answered_by {
                    Some(by) => (at, answer, by, words),
                    // Nobody took it back: there was nobody left to be handed over.
                    None if answer == "withdrawn" => (at, ENDED.to_owned(), String::new(), words),
                    None => (at, answer, String::new(), words),
                }),
        })
    }
}

/// A case that a center gave to another one.
pub use storage::transfer::HandedOverRow as HandedOver;

/// How long what was given to others stands in the list; by its number it is found later, too.
const HANDED_OVER_SHOWN: SignedDuration = SignedDuration::from_hours(60 * 24);

/// An offer with what the other side must know to answer it.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The offer. What was written to each other is empty for whoever is told no more about the person.
    pub transfer: Transfer,
    /// Who it is and how they are: for both sides while the offer is open, then for whoever follows the person alone.
    pub person: Option<OfferedPerson>,
    /// The number on the brochure: for whoever is told about the person, and for the center that gave the case away.
    pub hersys_id: Option<String>,
    /// Who answers for the person now: the id and the name.
    pub follower: (HealthCenterId, String),
    /// Whether the reader's center is the one that it is offered to.
    pub is_mine: bool,
    /// Whether the reader's center answers for the person now.
    pub is_followed: bool,
}

/// Whom an offer is about.
#[derive(Clone, Debug)]
pub struct OfferedPerson {
    /// Who it is and how they are.
    pub item: WorkItem,
    /// Whether an alert is open.
    pub has_alert: bool,
}

/// What came of offering a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfferCase {
    /// The other center sees it.
    Offered,
    /// What the other center should know is missing.
    Note,
    /// There is no such center, or it is the own one.
    NoSuchCenter,
    /// It is offered already.
    OfferedAlready,
    /// The same form has offered it before, and that offer was refused or taken back. Under a new key it is another offer.
    OfferedBefore,
    /// The person has died, or is followed no longer.
    Closed,
    /// There is no such case.
    NoSuchCase,
}

/// What came of answering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerOffer {
    /// It stands.
    Answered(CaseId),
    /// A refusal wants a reason.
    Reason,
    /// It was answered already, or withdrawn.
    NotOpen,
    /// There is no such offer.
    NoSuchOffer,
}

/// An offer, how its case is followed now, whether an alert is open, and the name of the center that follows.
type Found = (TransferRow, WorkRow, bool, String);

fn look(tx: &mut Tx<'_>, row: TransferRow) -> Result<Option<Found>, storage::Error> {
    let Some(work) = monitoring::row(tx, row.case)? else {
        return Ok(None);
    };
    let has_alert = storage::alerts::open_of_case(tx, row.case)?.is_some();
    let name = rows::follower(tx, row.case)?;
    Ok(Some((row, work, has_alert, name)))
}

fn look_each(tx: &mut Tx<'_>, offers: Vec<TransferRow>) -> Result<Vec<Found>, storage::Error> {
    let mut found = Vec::with_capacity(offers.len());
    for row in offers {
        found.extend(look(tx, row)?);
    }
    Ok(found)
}

/// The offers that stand on a center's list, as they are stored.
#[derive(Default)]
pub(crate) struct Offers {
    to: Vec<Found>,
    from: Vec<Found>,
}

impl Offers {
    /// Asks for the open offers to a center, and for its own that are open or were refused lately.
    pub(crate) fn ask_of_own(
        tx: &mut Tx<'_>,
        center: HealthCenterId,
        now: Timestamp,
    ) -> Result<AskedOffers, storage::Error> {
        Ok(AskedOffers {
            to: Some(rows::ask_open_to(tx, center)?),
            from: rows::ask_open_from(tx, center, now - REFUSAL_SHOWN)?,
            overdue_at: None,
        })
    }

    /// Asks for the offers of a center that nobody has answered in time, for whoever watches over it.
    pub(crate) fn ask_overdue(
        tx: &mut Tx<'_>,
        center: HealthCenterId,
        now: Timestamp,
    ) -> Result<AskedOffers, storage::Error> {
        Ok(AskedOffers {
            to: None,
            from: rows::ask_open_from(tx, center, now)?,
            overdue_at: Some(now),
        })
    }
}

/// Offers that were asked for ahead.
pub(crate) struct AskedOffers {
    to: Option<Asked<TransferRow>>,
    from: Asked<TransferRow>,
    /// Only those that are overdue by then.
    overdue_at: Option<Timestamp>,
}

impl AskedOffers {
    /// Takes them, with whom they are about.
    pub(crate) fn all(self, tx: &mut Tx<'_>) -> Result<Offers, storage::Error> {
        let to = self.to.map_or_else(|| Ok(Vec::new()), |to| to.all(tx))?;
        let mut from = self.from.all(tx)?;
        if let Some(now) = self.overdue_at {
            from.retain(|offer| offer.answered_at.is_none() && offer.due_at <= now);
        }
        Ok(Offers {
            to: look_each(tx, to)?,
            from: look_each(tx, from)?,
        })
    }
}

/// Whether an offer was made with this note.
fn says(keys: &Keys, stands: &TransferRow, note: &str) -> Result<bool, storage::Error> {
    let said = keys.open_text(SEALED_AS, &stands.note_sealed);
    let said = said.map_err(|error| storage::Error::Broken(error.to_string()))?;
    Ok(said.expose() == note)
}

impl StaffDesk {
    /// Where a case can be offered to: all other centers.
    pub async fn other_centers(&self) -> Result<Vec<HealthCenter>, Error> {
        self.needs(Right::Transfer)?;
        let own = self.own_center()?;
        let mut centers = self.app.health_centers().await?;
        centers.retain(|center| center.id != own);
        Ok(centers)
    }

    /// The prefecture of each health center, by the center, where there are several: of two centers of one name, the
    /// right one must be chosen.
    pub async fn prefectures(&self) -> Result<HashMap<HealthCenterId, String>, Error> {
        let places = self.app.system_desk().places().await?;
        let of = |kind| places.iter().filter(move |place| place.kind == kind);
        let prefectures: Vec<_> = of(JurisdictionKind::Prefecture).collect();
        if prefectures.len() < 2 {
            return Ok(HashMap::new());
        }
        Ok(of(JurisdictionKind::HealthCenter)
            .filter_map(|center| {
                let above = prefectures
                    .iter()
                    .find(|p| center.path.starts_with(&p.path))?;
                let id = HealthCenterId::from_uuid(center.id.uuid());
                Some((id, above.name.clone()))
            })
            .collect())
    }

    /// Offers a case to another center. `key` makes a repeated form one offer.
    pub async fn offer_case(
        &self,
        case: CaseId,
        to: HealthCenterId,
        note: &str,
        key: TransferId,
    ) -> Result<OfferCase, Error> {
        self.needs(Right::Transfer)?;
        let from = self.own_center()?;
        let note: String = clean_note(note).chars().take(NOTE_LENGTH).collect();
        if note.is_empty() {
            return Ok(OfferCase::Note);
        }
        if !self.other_centers().await?.iter().any(|c| c.id == to) {
            return Ok(OfferCase::NoSuchCenter);
        }
        let (scope, now, staff) = (self.scope(), self.app.clock.now(), self.staff);
        let note_sealed = self.app.keys().seal_text(SEALED_AS, &note);
        let entry = about(self.did("transfer.offered", Some(case)), key.uuid());
        let keys = self.app.keys().clone();
        Ok(self
            .app
            .db()
            .write(move |tx| {
                // Whoever makes it one with another record this very moment is waited for.
                monitoring::hold(tx, case)?;
                if cases::find(tx, &scope, case)?.is_none_or(|row| row.merged_into.is_some()) {
                    return Ok(OfferCase::NoSuchCase);
                }
                let closed = monitoring::find(tx, case)?.is_some_and(|row| {
                    MonitoringStatus::parse(&row.status).is_some_and(|status| !status.is_open())
                });
                if closed {
                    return Ok(OfferCase::Closed);
                }
                let due = following(tx, from, now)?.transfer_due_after;
                let offer = TransferRow {
                    id: key,
                    case,
                    from,
                    to,
                    offered_at: now,
                    offered_by: staff,
                    note_sealed: note_sealed.clone(),
                    due_at: now + SignedDuration::from_mins(due),
                    answered_at: None,
                    answer: None,
                    answer_sealed: None,
                    names: (String::new(), String::new(), String::new(), None),
                };
                if !storage::jurisdiction::hold_open(tx, NewStaff::place_of(to))? {
                    return Ok(OfferCase::NoSuchCenter);
                }
                if !rows::offer(tx, &offer)? {
                    let stands = rows::find(tx, from, key)?.filter(|stands| stands.case == case);
                    return Ok(match stands {
                        Some(stands) if stands.answered_at.is_some() => OfferCase::OfferedBefore,
                        Some(stands) if stands.to == to && says(&keys, &stands, &note)? => {
                            OfferCase::Offered
                        }
                        _ => OfferCase::OfferedAlready,
                    });
                }
                monitoring::touch(tx, case, now)?;
                audit::note(tx, &keys, &entry)?;
                Ok(OfferCase::Offered)
            })
            .await?)
    }

    /// An offer with what the own center may know of the person: an offer that was answered is no window on somebody
    /// whom others follow.
    fn with_person(
        &self,
        own: HealthCenterId,
        (row, work, has_alert, name): Found,
    ) -> Result<Offer, Error> {
        let mut transfer = Transfer::read(&self.app, row)?;
        let follower = (work.monitoring.center, name);
        let (is_mine, is_followed) = (own == transfer.to.0, own == follower.0);
        let is_told = is_followed || transfer.answer.is_none();
        let gave_it = !is_mine
            && transfer
                .answer
                .as_ref()
                .is_some_and(|(_, answer, ..)| answer == "accepted");
        if !is_told {
            transfer.note = Personal::new(String::new());
            if let Some((.., words)) = &mut transfer.answer {
                *words = Personal::new(String::new());
            }
        }
        Ok(Offer {
            hersys_id: (is_told || gave_it).then(|| work.hersys_id.clone()),
            person: if is_told {
                let sees_health = self.may(Right::SeeHealth);
                let item = WorkItem::read(&self.app, work, self.app.today(), sees_health)?;
                Some(OfferedPerson { item, has_alert })
            } else {
                None
            },
            transfer,
            follower,
            is_mine,
            is_followed,
        })
    }

    /// The open offers to the own center, and the own offers that are open or were refused lately.
    pub async fn offers(&self) -> Result<(Vec<Offer>, Vec<Offer>), Error> {
        self.needs(Right::Transfer)?;
        let own = self.own_center()?;
        let now = self.app.clock.now();
        let found = self
            .app
            .db()
            .read(move |tx| Offers::ask_of_own(tx, own, now)?.all(tx))
            .await?;
        self.read_offers(own, found)
    }

    /// Offers as the reader may see them: those to the center, and its own.
    pub(crate) fn read_offers(
        &self,
        center: HealthCenterId,
        offers: Offers,
    ) -> Result<(Vec<Offer>, Vec<Offer>), Error> {
        let read = |found: Vec<Found>| -> Result<Vec<Offer>, Error> {
            let offers = found.into_iter().map(|one| self.with_person(center, one));
            // What was refused, and then given to a third center, is on nobody's list here.
            offers
                .filter(|offer| offer.as_ref().map_or(true, |offer| offer.person.is_some()))
                .collect()
        };
        Ok((read(offers.to)?, read(offers.from)?))
    }

    /// What the own center gave to others, the latest first: so that whoever rings the old center can be told where
    /// they are followed. With a number on a brochure, that case alone, however long ago: be it the number of a record that was
    /// merged into it, or one that was taken back. Who it is, is no longer told.
    pub async fn handed_over(&self, hersys_id: Option<&str>) -> Result<Vec<HandedOver>, Error> {
        self.needs(Right::SeePersons)?;
        // An institution below the center did not give them away: its own patients it finds, wherever they went.
        let (Ok(own), false) = (self.own_center(), self.sees_own_patients()) else {
            return Ok(Vec::new());
        };
        let since = self.app.clock.now() - HANDED_OVER_SHOWN;
        let wished = hersys_id.map(str::to_owned);
        Ok(self
            .app
            .db()
            .read(move |tx| {
                let Some(number) = &wished else {
                    return rows::handed_over(tx, own, since, 200);
                };
                let found = match cases::by_hersys_id(tx, number)? {
                    Some(row) => Some(row),
                    None => match cases::by_revoked_id(tx, number)? {
                        Some((case, _)) => cases::by_id(tx, case)?,
                        None => None,
                    },
                };
                match found {
                    Some(row) => rows::handed_over_of(tx, own, (row.id, row.record()), 200),
                    None => Ok(Vec::new()),
                }
            })
            .await?)
    }

    /// Who follows a person whom the own center has given to another, be it the record that theirs was merged into. To a
    /// medical institution nobody's way is told but that of its own patients.
    pub async fn follower_of(&self, case: CaseId) -> Result<Option<HealthCenter>, Error> {
        self.needs(Right::SeePersons)?;
        let Ok(own) = self.own_center() else {
            return Ok(None);
        };
        let only = self.sees_own_patients().then(|| self.scope());
        let found = self.app.db().read(move |tx| {
            if let Some(scope) = &only
                && cases::find(tx, scope, case)?.is_none()
            {
                return Ok(None);
            }
            let Some(row) = cases::by_id(tx, case)? else {
                return Ok(None);
            };
            rows::given_since(tx, (case, row.record(), own), jiff::Timestamp::UNIX_EPOCH)
        });
        match found.await? {
            Some(center) => Ok(Some(self.app.health_center(center).await?)),
            None => Ok(None),
        }
    }

    /// An offer that concerns the own center. The receiving side sees who it is and how they are, not the record; once
    /// it is answered, whoever does not follow the person sees the offer and the answer only.
    pub async fn offer(&self, id: TransferId) -> Result<Option<Offer>, Error> {
        self.needs(Right::Transfer)?;
        let own = self.own_center()?;
        let found = self
            .app
            .db()
            .read(move |tx| match rows::find(tx, own, id)? {
                Some(row) => look(tx, row),
                None => Ok(None),
            })
            .await?;
        let Some(found) = found else { return Ok(None) };
        let offer = self.with_person(own, found)?;
        let case = offer.transfer.case;
        self.note_read(about(self.did("transfer.opened", Some(case)), id.uuid()))
            .await?;
        Ok(Some(offer))
    }

    /// Accepts an offer to the own center: from now on this center answers for the person, with everything that is
    /// open about the case, and the old one reads no more of who the person is than it knew: where it keeps another illness of
    /// theirs, what is corrected from then on at either is not before the other. Or refuses it with a reason: then the old center goes on.
    pub async fn answer_offer(
        &self,
        id: TransferId,
        accept: bool,
        words: &str,
    ) -> Result<AnswerOffer, Error> {
        self.needs(Right::Transfer)?;
        let own = self.own_center()?;
        let words: String = clean_note(words).chars().take(NOTE_LENGTH).collect();
        if !accept && words.is_empty() {
            return Ok(AnswerOffer::Reason);
        }
        let answer = if accept { "accepted" } else { "refused" };
        self.close_offer(id, answer, &words, move |offer| offer.to == own)
            .await
    }

    /// Takes an own offer back before it is answered.
    pub async fn withdraw_offer(&self, id: TransferId) -> Result<AnswerOffer, Error> {
        self.needs(Right::Transfer)?;
        let own = self.own_center()?;
        self.close_offer(id, "withdrawn", "", move |offer| offer.from == own)
            .await
    }

    async fn close_offer(
        &self,
        id: TransferId,
        answer: &'static str,
        words: &str,
        may: impl Fn(&TransferRow) -> bool + Send + 'static,
    ) -> Result<AnswerOffer, Error> {
        let own = self.own_center()?;
        let (now, staff) = (self.app.clock.now(), self.staff);
        let sealed = self.app.keys().seal_text(SEALED_AS, words);
        let entry = about(self.did(&format!("transfer.{answer}"), None), id.uuid());
        let (keys, app) = (self.app.keys().clone(), self.app.clone());
        Ok(self
            .app
            .db()
            .write(move |tx| {
                let Some(offer) = rows::find(tx, own, id)?.filter(&may) else {
                    return Ok(AnswerOffer::NoSuchOffer);
                };
                // Whoever ends following this very moment withdraws it, and is waited for. What stays behind of the person is parted
                // from what goes: all of it is held at once, or whoever corrects one of them would wait for this one as this for them.
                if answer == "accepted" {
                    cases::hold_with_persons(tx, offer.case)?;
                } else {
                    monitoring::hold(tx, offer.case)?;
                }
                if !rows::answer(tx, id, answer, staff, &sealed, now)? {
                    return Ok(AnswerOffer::NotOpen);
                }
                // The old center's list must notice, too, before the row moves.
                monitoring::touch(tx, offer.case, now)?;
                if answer == "accepted" {
                    let stay = monitoring::move_to(tx, offer.case, offer.to, now)?;
                    parted::seal_anew(&keys, tx, &stay, now)?;
                    // The rule of the new center holds from now on.
                    let moved = cases::by_id(tx, offer.case)?;
                    let is_inpatient = is_inpatient_in(tx, offer.case)?;
                    let day = moved.and_then(|row| {
                        let whose = (row.programme.as_str(), offer.to);
                        let days = (row.onset_on, row.diagnosed_on);
                        app.review_from(whose, days.0, days.1, row.is_contact, is_inpatient)
                    });
                    if day.is_some() {
                        monitoring::set_review(tx, offer.case, day)?;
                    }
                }
                let mut entry = entry.clone();
                entry.case = Some(offer.case);
                audit::note(tx, &keys, &entry)?;
                Ok(AnswerOffer::Answered(offer.case))
            })
            .await?)
    }
}

impl SystemDesk {
    /// Tells both sides, and the prefecture of the old one, of offers that nobody has answered in time: once they are
    /// overdue, and each day from then on until somebody answers.
    pub async fn tell_overdue_transfers(&self) -> Result<usize, Error> {
        let app = self.app.clone();
        let now = app.clock.now();
        let before = now - TELL_AGAIN;
        let overdue = app
            .db()
            .read(move |tx| rows::overdue(tx, now, (before, TELL_AT_MOST), BATCH))
            .await?;
        let mut told = 0;
        for transfer in overdue {
            let url = format!("{}/transfers", app.console_url());
            // The prefecture answers no offers: it is led to the list of the center that still answers for the person.
            let url_above = format!("{}/?center={}", app.console_url(), transfer.from);
            let minutes = now.duration_since(transfer.offered_at).as_mins();
            let app2 = app.clone();
            let sent = app
                .db()
                .write(move |tx| {
                    if !rows::told_overdue(tx, transfer.id, now, before)? {
                        return Ok(false);
                    }
                    let mut staff = at_center(tx, transfer.from)?;
                    staff.extend(at_center(tx, transfer.to)?);
                    let above = above_center(tx, transfer.from)?;
                    for (staff, url) in [(staff, &url), (above, &url_above)] {
                        let message = StaffMessage {
                            kind: "transfer_overdue",
                            mail: &|email, language| {
                                let centers =
                                    (transfer.names.0.as_str(), transfer.names.1.as_str());
                                Mail::transfer_overdue(email, language, centers, minutes, url)
                            },
                            sms: Some(&|language| {
                                let t = words(language);
                                t.with1("sms-transfer-overdue", "waited", lasting(t, minutes))
                            }),
                            expires: None,
                            center: None,
                        };
                        message.promise(&app2, tx, &staff, now)?;
                    }
                    monitoring::touch(tx, transfer.case, now)?;
                    let entry = by_machine(now, "transfer.overdue", Some(transfer.case));
                    audit::note(tx, app2.keys(), &about(entry, transfer.id.uuid()))?;
                    Ok(true)
                })
                .await?;
            told += usize::from(sent);
        }
        if told > 0 {
            app.outbox().wake();
        }
        Ok(told)
    }
}
