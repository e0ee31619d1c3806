//! What goes wrong on an ordinary day, so that each section of the sample worklist has something in it: messages that
//! bounced, transfers that wait, a registration that failed, and contacts of somebody ill, one of whom fell ill, too.

use super::clinics::desk_at;
use super::{CENTER, prefecture};
use crate::attributes::{Registration, Typed};
use crate::case_registration::{CaseView, RegisterCase, Sure, TypedCase};
use crate::clock::Clock;
use crate::close_contacts::Someone;
use crate::close_contacts::{FellIll, TypedIll};
use crate::jurisdiction::Place;
use crate::monitoring::WorkItem;
use crate::outbox::Mail;
use crate::sms::Sms;
use crate::transfer::OfferCase;
use crate::worklist::{Filter, List};
use crate::{Error, StaffDesk, SystemDesk};
use domain::email_address::EmailAddress;
use domain::ids::{CaseId, HealthCenterId, MessageId, TransferId};
use domain::language::Language;
use domain::phone::PhoneNumber;
use domain::staff_role::StaffRole;
use jiff::{SignedDuration, ToSpan};

/// Who tries to sign up and mistypes the birthdate.
const TRIES: &str = "tries@sample.example";
/// The setting that says that all this was written once.
const DONE: &str = "demo_loose_ends";

/// Contacts of somebody ill: the name, the kana, the birthdate, the phone number, days since the last contact, and
/// whether they fell ill.
#[rustfmt::skip]
const CONTACTS: [(&str, &str, &str, &str, i32, bool); 3] = [
    ("見本 友子", "ミホン トモコ", "1991-06-02", "09012345631", 2, true),
    ("見本 隣",   "ミホン トナリ", "1984-10-12", "09012345632", 2, false),
    ("見本 同",   "ミホン ドウ",   "1972-03-21", "09012345633", 1, false),
];

fn broken(what: &str) -> Error {
    Error::broken(what)
}

/// A desk at a place whose clock stands in the past.
async fn desk_ago(
    system: &SystemDesk,
    places: &[Place],
    name: &str,
    minutes: i64,
) -> Result<StaffDesk, Error> {
    let place = places
        .iter()
        .find(|place| place.name == name)
        .ok_or_else(|| broken("a sample center is missing"))?;
    let mut desk = desk_at(&system.app, place, StaffRole::Administrator).await?;
    let then = system.app.clock.now() - SignedDuration::from_mins(minutes);
    desk.app.clock = Clock::standing_at(then);
    Ok(desk)
}

/// People of a section of a desk's own worklist.
async fn people_of(desk: &StaffDesk, list: List) -> Result<Vec<WorkItem>, Error> {
    let filter = Filter {
        list: Some(list),
        ..Filter::default()
    };
    let found = desk.worklist(None, filter).await?;
    let lists = found.map(|found| found.lists).unwrap_or_default();
    let of = lists.into_iter().find(|of| of.list == list);
    Ok(of.map(|of| of.items).unwrap_or_default())
}

async fn view(desk: &StaffDesk, item: Option<&WorkItem>) -> Result<CaseView, Error> {
    let case = item.map(|item| item.case);
    let case = case.ok_or_else(|| broken("a section of the samples is empty"))?;
    let found = desk.case(case).await?;
    found.ok_or_else(|| broken("a sample person is missing"))
}

/// Offers somebody of one center to another one.
async fn offer(
    desk: &StaffDesk,
    case: CaseId,
    to: HealthCenterId,
    note: &str,
) -> Result<(), Error> {
    let key = TransferId::from_uuid(desk.new_form_key());
    match desk.offer_case(case, to, note, key).await? {
        OfferCase::Offered | OfferCase::OfferedAlready => Ok(()),
        _ => Err(broken("a sample person cannot be offered")),
    }
}

impl SystemDesk {
    /// Writes all this once.
    pub(super) async fn fill_loose_ends(&self) -> Result<(), Error> {
        let app = &self.app;
        let done = app.db().read(|tx| storage::settings::get(tx, DONE)).await?;
        if done.is_some() {
            return Ok(());
        }
        let places = self.places().await?;
        let center = |name: &str| {
            let place = places.iter().find(|place| place.name == name);
            place
                .map(|place| HealthCenterId::from_uuid(place.id.uuid()))
                .ok_or_else(|| broken("a sample center is missing"))
        };
        let [(north, _), (west, _)] = prefecture::OTHERS;
        let nurse = desk_ago(self, &places, CENTER, 0).await?;

        // One offer that nobody has answered since yesterday, one of this hour, and one of the own center.
        let other = desk_ago(self, &places, north, 26 * 60).await?;
        let moved = people_of(&other, List::Open).await?;
        let case = view(&other, moved.get(20)).await?.member.case;
        let note = "サンプル：実家に移られました。 (Sample: has moved to the parents.)";
        offer(&other, case, center(CENTER)?, note).await?;
        let other = desk_ago(self, &places, west, 35).await?;
        let moved = people_of(&other, List::Open).await?;
        let case = view(&other, moved.get(20)).await?.member.case;
        let note =
            "サンプル：療養先のホテルがそちらの管内です。 (Sample: the hotel is in your area.)";
        offer(&other, case, center(CENTER)?, note).await?;
        let open = people_of(&nurse, List::Open).await?;
        let case = view(&nurse, open.get(40)).await?.member.case;
        let note = "サンプル：勤務先の寮に戻られました。 (Sample: is back at the dormitory.)";
        offer(&nurse, case, center(north)?, note).await?;

        let strangers = people_of(&nurse, List::NoAccount).await?;
        self.fill_bounced(&nurse, &strangers, &open).await?;
        self.fill_refused(&nurse, &strangers).await?;
        self.fill_contacts(&nurse, &open).await?;
        app.db()
            .write(|tx| storage::settings::set_once(tx, DONE, b"1"))
            .await?;
        Ok(())
    }

    /// A short message and a mail that came back: the one to somebody without an account, the other to somebody with one.
    async fn fill_bounced(
        &self,
        nurse: &StaffDesk,
        strangers: &[WorkItem],
        open: &[WorkItem],
    ) -> Result<(), Error> {
        let app = &self.app;
        let then = app.clock.now() - SignedDuration::from_hours(3);
        let stranger = view(nurse, strangers.first()).await?;
        let number = stranger.phone.as_ref().map_or("", |phone| phone.expose());
        let phone = PhoneNumber::parse(number).map_err(|_| broken("a sample number is wrong"))?;
        let sms = Sms {
            to: phone.e164().to_owned(),
            text: "sample".to_owned(),
        };
        let mut claimed = open.iter().filter(|item| item.claimed_at.is_some());
        let known = view(nurse, claimed.next_back()).await?.member.case;
        let mail = EmailAddress::parse("bounced@sample.example")
            .map_err(|_| broken("a sample address is wrong"))?;
        let mail = Mail::written(&mail, Language::Ja, "sample".to_owned(), "sample");
        let (sms, mail) = (sms.seal(app.keys()), mail.seal(app.keys()));
        let id = |_| MessageId::from_uuid(app.new_uuid());
        let [first, second] = [1, 2].map(id);
        let case = stranger.member.case;
        app.db()
            .write(move |tx| {
                use storage::outbox;
                outbox::insert_about(tx, first, "sms_invitation", &sms, case, then)?;
                let told = "the network told undelivered, 30005";
                outbox::give_up(tx, first, then + SignedDuration::from_mins(2), told)?;
                let row = storage::case_registration::by_id(tx, known)?;
                if let Some(account) = row.and_then(|row| row.account) {
                    let when = (then, None);
                    outbox::insert_to_account(tx, second, "reminder", &mail, account, when)?;
                    let told = "the mail server answered 550";
                    outbox::give_up(tx, second, then + SignedDuration::from_mins(1), told)?;
                }
                Ok(())
            })
            .await?;
        Ok(())
    }

    /// Somebody tried to sign up, and the birthdate was not the one that is registered.
    async fn fill_refused(&self, nurse: &StaffDesk, strangers: &[WorkItem]) -> Result<(), Error> {
        let stranger = view(nurse, strangers.get(1)).await?;
        let email = EmailAddress::parse(TRIES).map_err(|_| broken("a sample address is wrong"))?;
        let mut desk = self.sample_account(&email, "ja").await?;
        desk.app.clock = Clock::standing_at(self.app.clock.now() - SignedDuration::from_mins(50));
        let born = stranger.birthdate.expose().date();
        let typed = Typed {
            name: stranger
                .names
                .first()
                .map(|(_, name)| name.expose().clone())
                .unwrap_or_default(),
            birth_year: (born.year() + 1).to_string(),
            birth_month: born.month().to_string(),
            birth_day: "1".to_owned(),
            phone: stranger
                .phone
                .as_ref()
                .map_or_else(String::new, |phone| phone.expose().clone()),
            hersys_id: stranger.member.hersys_id.clone(),
        };
        let _ = desk.keep_attributes(&typed).await?;
        match desk.save_attributes().await? {
            Registration::Registered(_) => Err(broken("a sample person signed up by mistake")),
            _ => Ok(()),
        }
    }

    /// The contacts of somebody ill; one of them fell ill and has a contact as well.
    async fn fill_contacts(&self, nurse: &StaffDesk, open: &[WorkItem]) -> Result<(), Error> {
        let today = self.app.today();
        let ago = |days: i32| today.saturating_sub(days.days()).to_string();
        let mut source = view(nurse, open.get(60)).await?.member.case;
        for (at, (name, name_kana, birthdate, phone, days, is_ill)) in
            CONTACTS.into_iter().enumerate()
        {
            let typed = TypedCase {
                name: name.to_owned(),
                name_kana: name_kana.to_owned(),
                birthdate: birthdate.to_owned(),
                phone: super::sample_number(phone),
                language: "ja".to_owned(),
                diagnosed_on: ago(days),
                ..TypedCase::default()
            };
            let key = nurse.new_form_key();
            let registered = nurse
                .register_contact(source, &typed, key, Sure::Another)
                .await?;
            let Some(RegisterCase::Registered(contact)) = registered else {
                return Err(broken("a sample contact cannot be registered"));
            };
            if is_ill {
                let version = nurse.case(contact).await?.map_or(0, |view| view.version);
                let days = TypedIll {
                    diagnosed_on: ago(0),
                    onset_on: ago(1),
                    ..TypedIll::default()
                };
                let done = nurse.fell_ill(contact, &days, version).await?;
                if done != FellIll::Case {
                    return Err(broken("a sample contact cannot fall ill"));
                }
            }
            // The last one was met by whoever fell ill first.
            if at == 1 {
                let network = nurse.network(source).await?;
                let ill = network.people.iter().find_map(|one| match one {
                    Someone::Known(one) if one.was_contact && !one.is_contact => Some(one.case),
                    _ => None,
                });
                source = ill.unwrap_or(source);
            }
        }
        Ok(())
    }
}
