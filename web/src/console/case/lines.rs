//! What was done for somebody, line by line.

use crate::console::course::elsewhere;
use crate::console::in_error::TakenBackView;
use crate::console::merge::merge_words;
use crate::console::words::{condition, stored};
use crate::reports::moment;
use app::StaffDesk;
use app::close_contacts::{Network, Someone};
use app::merge::MergeLine;
use app::monitoring::Following;
use domain::ids::CaseId;
use i18n::Words;
use jiff::tz::TimeZone;

/// A call, a visit or a note.
pub(super) struct ContactView {
    pub(super) when: String,
    pub(super) by: String,
    pub(super) outcome: String,
    pub(super) note: String,
    pub(super) ended_alert: bool,
    pub(super) id: String,
    pub(super) in_error: Option<TakenBackView>,
    /// Whether whoever looks may take it back, or let it count again.
    pub(super) may_take_back: bool,
}

/// The calls, visits and notes.
pub(super) fn contacts_made(
    t: &Words,
    zone: &TimeZone,
    following: &Following,
    desk: &StaffDesk,
) -> Vec<ContactView> {
    following
        .contacts
        .iter()
        .map(|line| ContactView {
            when: moment(t, zone, line.at),
            by: line.by.clone(),
            outcome: stored(t, "outcome", line.outcome.word()),
            note: line.note.expose().clone(),
            ended_alert: line.ended_alert && line.in_error.is_none(),
            id: line.id.to_string(),
            in_error: (line.in_error.as_ref())
                .map(|(one, name)| TakenBackView::new(t, zone, one, name)),
            may_take_back: desk.may_take_back(Some(line.written_by)),
        })
        .collect()
}

/// The offers to another center: the address, and what became of them in words.
pub(super) fn transfers(
    t: &Words,
    zone: &TimeZone,
    following: &Following,
) -> Vec<(String, String)> {
    following
        .transfers
        .iter()
        .map(|offer| {
            let word = offer
                .answer
                .as_ref()
                .map_or("open", |(_, word, _, _)| word.as_str());
            let text = t.with(
                "transfer-line",
                &[
                    ("from", offer.from.1.as_str().into()),
                    ("to", offer.to.1.as_str().into()),
                    ("when", moment(t, zone, offer.offered_at).into()),
                    ("answer", stored(t, "transfer-answer", word).into()),
                ],
            );
            (format!("/transfers/{}", offer.id), text)
        })
        .collect()
}

/// The merges that a case has a part in: the address of the other one, in words, and why.
pub(super) fn merge_lines(
    t: &Words,
    zone: &TimeZone,
    case: CaseId,
    merges: &[MergeLine],
) -> Vec<(String, String, String)> {
    merges
        .iter()
        .map(|line| {
            let other = if line.kept.0 == case {
                line.merged.0
            } else {
                line.kept.0
            };
            let words = merge_words(t, zone, line);
            (
                format!("/cases/{other}"),
                words,
                line.reason.expose().clone(),
            )
        })
        .collect()
}

/// A close contact, or whose contact somebody was.
pub(super) struct MetView {
    /// The address, where the person is in reach.
    pub(super) address: Option<String>,
    pub(super) name: String,
    /// What is known.
    pub(super) told: String,
    /// Where it is taken back that the two met, of whom the person of the page met themselves.
    pub(super) unlink: Option<String>,
}

/// Close contacts.
pub(super) fn contacts_of(
    t: &Words,
    network: &Network,
    case: CaseId,
    may_follow: bool,
) -> Vec<MetView> {
    network
        .people
        .iter()
        .enumerate()
        .skip(1)
        .map(|(at, someone)| match someone {
            Someone::Known(person) => {
                let mut told = person.hersys_id.clone();
                if let Some(day) = person.last_contact_on {
                    told = format!("{told} · {}", t.with1("close-last", "day", t.date(day)));
                }
                if person.is_in_error {
                    told = format!("{told} · {}", t.say("status-in-error"));
                }
                let address = format!("/cases/{}", person.case);
                let name = person.name_in(t.language.tag()).to_owned();
                let met = [(0, at), (at, 0)];
                let is_met = may_follow && met.iter().any(|pair| network.links.contains(pair));
                MetView {
                    unlink: is_met.then(|| format!("/cases/{case}/met/{}", person.case)),
                    address: Some(address),
                    name,
                    told,
                }
            }
            Someone::Elsewhere(center) => MetView {
                address: None,
                name: elsewhere(t, center),
                told: String::new(),
                unlink: None,
            },
        })
        .collect()
}

/// How somebody is followed, as it stands in the fields of the page.
pub(super) fn on_paper(t: &Words, zone: &TimeZone, following: &Following) -> Vec<String> {
    let m = &following.monitoring;
    let risks: Vec<String> = (m.risks.iter()).map(|risk| condition(t, risk)).collect();
    let next = m.next_call_at.map(|at| moment(t, zone, at));
    [
        (
            "following-status",
            Some(stored(t, "status", m.status.word())),
        ),
        ("following-assigned", following.assigned_name.clone()),
        ("following-risks", Some(risks.join(&t.say("list-comma")))),
        ("contact-next-call", next),
    ]
    .into_iter()
    .filter_map(|(label, value)| {
        let value = value.filter(|text| !text.is_empty())?;
        Some(format!("{}{}{value}", t.say(label), t.say("colon")))
    })
    .collect()
}
