//! Transfers: offering a case to another center, and answering an offer.

use super::words::{age, level, stored, why};
use super::written_along::{Along, fields_along};
use crate::fields::{AreaField, SelectField};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::jurisdiction::PlaceNames;
use app::message_texts::lasting;
use app::transfer::{AnswerOffer, HandedOver, Offer, OfferCase, Transfer};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::{CaseId, HealthCenterId, TransferId};
use i18n::Words;
use jiff::tz::TimeZone;

#[derive(Template)]
#[template(path = "console/transfer_offer.html")]
struct OfferPage {
    page: Page,
    case: String,
    name: String,
    key: String,
    warning: Option<String>,
    center: SelectField,
    note: AreaField,
    /// Who else of the household is followed here, with where each is offered.
    household: Vec<(String, String)>,
}

struct OfferView {
    address: String,
    name: String,
    about: String,
    /// Who answers for the person now, where no more is told.
    follower: Option<String>,
    /// Where to call the person, for whoever follows.
    phone: Option<String>,
    rows: Vec<(String, String)>,
    reasons: Vec<String>,
    level: Option<String>,
    /// Of somebody who is followed no longer: how it ended.
    ended: Option<String>,
    has_alert: bool,
    overdue: bool,
    /// Whether it waits for the reader's answer, and whether the reader may take it back.
    answerable: bool,
    withdrawable: bool,
    /// The case, where the reader's center follows it.
    case: Option<String>,
}

#[derive(Template)]
#[template(path = "console/transfer.html")]
struct TransferPage {
    page: Page,
    notice: Option<String>,
    id: String,
    offer: OfferView,
    reason: AreaField,
    /// A reason that was typed when the offer was no longer open.
    kept: Option<AreaField>,
}

#[derive(Template)]
#[template(path = "console/transfers.html")]
struct TransfersPage {
    page: Page,
    notice: Option<String>,
    to: Vec<OfferView>,
    from: Vec<OfferView>,
    /// What was given to others: a sentence for each.
    gone: Vec<String>,
}

/// Where a case went that the center followed before.
pub(super) fn handed_over_words(
    t: &Words,
    zone: &TimeZone,
    names: &PlaceNames,
    one: &HandedOver,
) -> String {
    let mut to = one.to.clone();
    names.put(&mut to);
    t.with(
        "transfer-handed-over",
        &[
            ("id", one.hersys_id.as_str().into()),
            ("center", to.into()),
            ("when", moment(t, zone, one.at).into()),
            ("who", one.by.clone().unwrap_or_default().into()),
        ],
    )
}

/// Puts the names of places for a reader into an offer.
pub(super) fn name_places(names: &PlaceNames, transfer: &mut Transfer) {
    names.put(&mut transfer.from.1);
    names.put(&mut transfer.to.1);
}

fn offer_view(
    t: &Words,
    desk: &StaffDesk,
    visit: &Visit,
    zone: &TimeZone,
    offer: &Offer,
) -> OfferView {
    let transfer = &offer.transfer;
    let now = visit.site.app.clock.now();
    let person = offer.person.as_ref();
    let minutes = now.duration_since(transfer.offered_at).as_mins().max(0);
    let mut rows = vec![
        (t.say("transfer-from"), transfer.from.1.clone()),
        (t.say("transfer-to"), transfer.to.1.clone()),
        (
            t.say("transfer-offered-at"),
            format!(
                "{} ({}) – {}",
                moment(t, zone, transfer.offered_at),
                lasting(t, minutes),
                transfer.offered_by
            ),
        ),
        (t.say("transfer-due"), moment(t, zone, transfer.due_at)),
    ];
    if let Some(person) = person {
        let m = &person.item.monitoring;
        let values: Vec<String> = m
            .temperature
            .map(|v| format!("{} °C", domain::status_report::degrees(v)))
            .into_iter()
            .chain(m.spo2.map(|v| format!("SpO2 {v} %")))
            .collect();
        let latest = match m.latest {
            Some((at, _)) => format!("{} {}", values.join("  "), moment(t, zone, at)),
            None => t.say("console-no-report"),
        };
        if person.item.phone.is_none() {
            rows.push((t.say("phone"), t.say("no-phone-visit")));
        }
        rows.extend([
            (t.say("transfer-note"), transfer.note.expose().clone()),
            (t.say("console-column-latest"), latest),
        ]);
    }
    if let Some((at, answer, by, words)) = &transfer.answer {
        let mut said = format!(
            "{} – {}",
            stored(t, "transfer-answer", answer),
            moment(t, zone, *at)
        );
        if !by.is_empty() {
            said = format!("{said} {by}");
        }
        if !words.expose().is_empty() {
            said = format!("{said}\n{}", words.expose());
        }
        rows.push((t.say("transfer-answer"), said));
    }
    let is_open = transfer.answer.is_none();
    OfferView {
        address: format!("/transfers/{}", transfer.id),
        name: person.map_or_else(
            || t.say("transfer-title"),
            |person| person.item.name_in(t.language.tag()).to_owned(),
        ),
        phone: person.and_then(|person| Some(person.item.phone.as_ref()?.expose().clone())),
        about: match (person, &offer.hersys_id) {
            (Some(person), _) => format!(
                "{} · {}",
                age(t, person.item.age, person.item.months),
                person.item.hersys_id
            ),
            (None, Some(id)) => format!("HER-SYS ID {id}"),
            (None, None) => String::new(),
        },
        follower: person
            .is_none()
            .then(|| t.with1("transfer-follower", "center", &offer.follower.1)),
        rows,
        reasons: person.map_or_else(Vec::new, |person| {
            let m = &person.item.monitoring;
            let judged = m.judged_by.as_ref();
            let answered = desk.words_judged(judged, &person.item.programme, m.center);
            let question = |id: &str| answered.short(id, t.language.tag());
            let reasons = m.reasons.iter();
            reasons.map(|one| why(t, one, now, question)).collect()
        }),
        level: person.and_then(|person| level(t, person.item.monitoring.urgency)),
        ended: person
            .map(|person| person.item.monitoring.status)
            .filter(|status| !status.is_open())
            .map(|status| {
                let status = stored(t, "status", status.word());
                t.with1("transfer-ended", "status", status)
            }),
        has_alert: person.is_some_and(|person| person.has_alert),
        overdue: transfer.is_overdue,
        answerable: is_open && offer.is_mine,
        withdrawable: is_open && !offer.is_mine,
        case: offer
            .is_followed
            .then(|| format!("/cases/{}", transfer.case)),
    }
}

/// The center's transfers.
pub(super) async fn list(Staff(visit, desk): Staff) -> Answer {
    let mut page = Page::new(&visit, "transfers-title");
    page.wide = true;
    let zone = desk.health_center().await?.time_zone;
    let (mut to, mut from) = desk.offers().await?;
    let names = desk.place_names(page.tag()).await?;
    for offer in to.iter_mut().chain(&mut from) {
        name_places(&names, &mut offer.transfer);
    }
    let views = |offers: &[Offer]| {
        offers
            .iter()
            .map(|offer| offer_view(page.t, &desk, &visit, &zone, offer))
            .collect::<Vec<_>>()
    };
    let (to, from) = (views(&to), views(&from));
    let notice = match visit.query("done").as_deref() {
        Some("refused") => Some(page.say("transfer-refused")),
        Some("gone") => Some(page.say("transfer-gone")),
        _ => None,
    };
    let gone = desk.handed_over(None).await?;
    Ok(render(&TransfersPage {
        notice,
        to,
        from,
        gone: gone
            .iter()
            .map(|one| handed_over_words(page.t, &zone, &names, one))
            .collect(),
        page,
    }))
}

async fn offer_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    (center, note, key): (&str, &str, TransferId),
    problem: Option<(&str, &str)>,
) -> Answer {
    let Some(view) = desk.case(case).await? else {
        return Ok(missing(visit));
    };
    let following = desk.following_of(case).await?;
    let household = following
        .iter()
        .flat_map(|following| &following.family)
        .filter(|one| one.is_followed)
        .map(|one| {
            let address = format!("/cases/{}/transfer", one.case);
            (address, one.name_in(visit.language.tag()).to_owned())
        })
        .collect();
    let mut page = Page::new(visit, "transfer-offer").back_to(format!("/cases/{case}"));
    let mut beside = |field: &str| {
        let (wrong, key) = problem?;
        (wrong == field).then(|| {
            let sentence = page.say(key);
            page.problem(field, sentence.clone());
            sentence
        })
    };
    let (center_problem, note_problem) = (beside("center"), beside("transfer_note"));
    let warning = problem
        .filter(|(field, _)| field.is_empty())
        .map(|(_, key)| page.say(key));
    let first = (String::new(), page.say("transfer-choose"));
    let prefectures = desk.prefectures().await?;
    let centers: Vec<(String, String)> = desk
        .other_centers()
        .await?
        .into_iter()
        .map(|c| {
            let name = c.name_in(page.tag());
            let label = match prefectures.get(&c.id) {
                Some(prefecture) => format!("{name} ({prefecture})"),
                None => name.to_owned(),
            };
            (c.id.to_string(), label)
        })
        .collect();
    Ok(render(&OfferPage {
        case: case.to_string(),
        name: view.member.name_in(page.tag()).to_owned(),
        key: key.to_string(),
        warning,
        center: SelectField::new(
            "center",
            page.say("transfer-to"),
            center,
            std::iter::once(first).chain(centers),
        )
        .problem(center_problem),
        note: AreaField::new("transfer_note", page.say("transfer-note"))
            .hint(page.say("transfer-note-hint"))
            .value(note)
            .problem(note_problem),
        household,
        page,
    }))
}

pub(super) async fn show_offer(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    // What is offered already is looked at, and perhaps taken back, before it is offered elsewhere.
    let offers = desk.following_of(case).await?.map(|found| found.transfers);
    let open = offers
        .into_iter()
        .flatten()
        .find(|offer| offer.answer.is_none());
    if let Some(open) = open {
        return Ok(go(&format!("/transfers/{}?done=already", open.id)));
    }
    let key = TransferId::from_uuid(desk.new_form_key());
    offer_page(&visit, &desk, case, ("", "", key), None).await
}

/// An offer that was being written while another center took the case over: what it would have said goes there as a note.
async fn along(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    (form, key): (&Form, TransferId),
) -> Answer {
    let t = i18n::words(visit.language);
    let centers = desk.other_centers().await?;
    let chosen = centers
        .iter()
        .find(|center| center.id.to_string() == form.text("center"));
    let to = chosen.map(|center| center.name_in(t.language.tag()).to_owned());
    let note = form.text("transfer_note").to_owned();
    let along = Along {
        key: key.to_string(),
        done: t.say("written-along-offer"),
        fields: vec![
            (t.say("transfer-to"), to.unwrap_or_default()),
            (t.say("transfer-note"), note),
        ],
    };
    fields_along(visit, desk, case, along).await
}

pub(super) async fn offer(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let (center, note) = (form.text("center"), form.text("transfer_note"));
    let key = form
        .text("key")
        .parse()
        .unwrap_or_else(|_| TransferId::from_uuid(desk.new_form_key()));
    if desk.case(case).await?.is_none() {
        return along(&visit, &desk, case, (&form, key)).await;
    }
    let typed = (center, note, key);
    let Ok(to) = center.parse::<HealthCenterId>() else {
        let problem = Some(("center", "problem-transfer-center"));
        return offer_page(&visit, &desk, case, typed, problem).await;
    };
    let problem = match desk.offer_case(case, to, note, key).await? {
        OfferCase::Offered => return Ok(go(&format!("/cases/{case}?done=offered"))),
        OfferCase::NoSuchCase => return along(&visit, &desk, case, (&form, key)).await,
        OfferCase::Note => ("transfer_note", "problem-transfer-note"),
        OfferCase::NoSuchCenter => ("center", "problem-transfer-center"),
        OfferCase::OfferedAlready => ("", "transfer-offered-already"),
        OfferCase::OfferedBefore => {
            let key = TransferId::from_uuid(desk.new_form_key());
            let problem = Some(("", "transfer-offered-before"));
            return offer_page(&visit, &desk, case, (center, note, key), problem).await;
        }
        OfferCase::Closed => ("", "transfer-closed"),
    };
    offer_page(&visit, &desk, case, typed, Some(problem)).await
}

/// Why an answer does not stand.
enum Unanswered<'a> {
    /// A refusal wants a reason.
    Reason,
    /// The offer was no longer open; what was typed.
    Gone(&'a str),
}

async fn transfer_page(
    visit: &Visit,
    desk: &StaffDesk,
    id: TransferId,
    typed: Option<Unanswered<'_>>,
) -> Answer {
    let Some(mut offer) = desk.offer(id).await? else {
        return Ok(missing(visit));
    };
    let mut page = Page::new(visit, "transfer-title").back_to("/transfers");
    let names = desk.place_names(page.tag()).await?;
    name_places(&names, &mut offer.transfer);
    names.put(&mut offer.follower.1);
    let zone = desk.health_center().await?.time_zone;
    let mut view = offer_view(page.t, desk, visit, &zone, &offer);
    if offer.is_followed {
        // Whoever answers for the person reads where they are, here as on the person's page: the center that is asked
        // learns it when it accepts.
        let place = desk.address_of(offer.transfer.case).await?;
        let told = [
            ("console-address", place.address),
            ("console-whereabouts", place.whereabouts),
        ];
        view.rows.extend(told.into_iter().filter_map(|(key, text)| {
            let text = text?.expose().clone();
            Some((page.say(key), text))
        }));
    }
    let sentence =
        matches!(typed, Some(Unanswered::Reason)).then(|| page.say("problem-transfer-reason"));
    let kept = match typed {
        Some(Unanswered::Gone(words)) if !words.trim().is_empty() => Some(
            AreaField::new("kept_words", page.say("kept-words"))
                .hint(page.say("kept-words-hint"))
                .value(words),
        ),
        _ => None,
    };
    if let Some(sentence) = &sentence {
        page.problem("answer_words", sentence.clone());
    }
    let is_gone = matches!(typed, Some(Unanswered::Gone(_)));
    let notice = (is_gone || visit.query("done").as_deref() == Some("gone")).then(|| match &offer
        .transfer
        .answer
    {
        Some((_, answer, by, _)) => {
            page.with2("transfer-gone-by", "name", by, "answer", answer.as_str())
        }
        None => page.say("transfer-gone"),
    });
    let already =
        visit.query("done").as_deref() == Some("already") && offer.transfer.answer.is_none();
    let notice = notice.or_else(|| already.then(|| page.say("transfer-offered-already")));
    Ok(render(&TransferPage {
        notice,
        kept,
        id: id.to_string(),
        offer: view,
        reason: AreaField::new("answer_words", page.say("transfer-reason"))
            .hint(page.say("transfer-reason-hint"))
            .problem(sentence),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(transfer): Path<String>) -> Answer {
    let Ok(id) = transfer.parse::<TransferId>() else {
        return Ok(missing(&visit));
    };
    transfer_page(&visit, &desk, id, None).await
}

pub(super) async fn answer(
    Staff(visit, desk): Staff,
    Path(transfer): Path<String>,
    form: Form,
) -> Answer {
    let Ok(id) = transfer.parse::<TransferId>() else {
        return Ok(missing(&visit));
    };
    let accept = form.text("answer") == "accept";
    match desk
        .answer_offer(id, accept, form.text("answer_words"))
        .await?
    {
        AnswerOffer::Answered(case) if accept => Ok(go(&format!("/cases/{case}?done=accepted"))),
        AnswerOffer::Answered(_) => Ok(go("/transfers?done=refused")),
        // The reason that was typed is not lost with the offer.
        AnswerOffer::NotOpen => {
            let typed = Unanswered::Gone(form.text("answer_words"));
            transfer_page(&visit, &desk, id, Some(typed)).await
        }
        AnswerOffer::NoSuchOffer => Ok(missing(&visit)),
        AnswerOffer::Reason => transfer_page(&visit, &desk, id, Some(Unanswered::Reason)).await,
    }
}

pub(super) async fn withdraw(Staff(visit, desk): Staff, Path(transfer): Path<String>) -> Answer {
    let Ok(id) = transfer.parse::<TransferId>() else {
        return Ok(missing(&visit));
    };
    match desk.withdraw_offer(id).await? {
        AnswerOffer::Answered(case) => Ok(go(&format!("/cases/{case}?done=withdrawn"))),
        AnswerOffer::NotOpen => Ok(go(&format!("/transfers/{id}?done=gone"))),
        _ => Ok(missing(&visit)),
    }
}

/// The address of a form without its form.
pub(super) async fn show_withdraw(_: Staff) -> Response {
    go("/transfers")
}
