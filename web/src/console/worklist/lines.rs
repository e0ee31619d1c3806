//! What stands on a worklist, in words: alerts, people, offers.

use super::super::alerts::{had_it, measured_words};
use super::super::words::{age, level, stored, waits, why};
use crate::reports::moment;
use app::StaffDesk;
use app::alerts::Alert;
use app::invitation::Bounced;
use app::message_texts::lasting;
use app::monitoring::WorkItem;
use app::rules::mark::JudgedBy;
use app::transfer::Offer;
use app::worklist::{List, Message, Todo};
use domain::course::Why;
use domain::staff_role::Right;
use i18n::Words;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// So many characters of a message are shown; the rest stands on the page of whoever wrote it.
const MESSAGE_SHOWN: usize = 120;

pub(super) struct AlertCard {
    pub(super) id: String,
    pub(super) case: String,
    pub(super) report: Option<String>,
    pub(super) name: String,
    pub(super) reading: Option<String>,
    pub(super) about: String,
    /// None: the person has none.
    pub(super) phone: Option<String>,
    /// That the number is noted as wrong.
    pub(super) wrong_number: Option<String>,
    pub(super) emergency: bool,
    pub(super) level: String,
    pub(super) reasons: Vec<String>,
    /// Minutes, for the script that counts on, and in words.
    pub(super) waits: String,
    pub(super) times: Option<String>,
    pub(super) taken: Option<String>,
    pub(super) is_mine: bool,
    pub(super) before: Option<String>,
    /// Goes with the button that takes it over from a colleague.
    pub(super) version: i32,
    /// Whether somebody has it and has written nothing in time.
    pub(super) overdue: Option<String>,
    /// How many people were told that it waits.
    pub(super) passed_on: Option<String>,
    pub(super) reported: String,
    /// That it was measured long before it came.
    pub(super) measured: Option<String>,
    pub(super) called: Option<String>,
}

pub(super) struct Line {
    pub(super) case: String,
    pub(super) name: String,
    pub(super) reading: Option<String>,
    pub(super) about: String,
    /// None: the person has none.
    pub(super) phone: Option<String>,
    /// That the number is noted as wrong.
    pub(super) wrong_number: Option<String>,
    pub(super) values: Option<String>,
    pub(super) when: String,
    pub(super) level: Option<String>,
    pub(super) danger: bool,
    pub(super) worsening: bool,
    pub(super) reasons: Vec<String>,
    pub(super) note: String,
    pub(super) assigned: Option<String>,
    /// The same as the box carries it with which somebody chooses the line.
    pub(super) seen: String,
    /// The latest call, and how many reached nobody.
    pub(super) called: Option<String>,
    /// When somebody is to call next, where that is not what the list is about.
    pub(super) next_call: Option<String>,
}

pub(super) struct ListView {
    pub(super) word: &'static str,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) count: String,
    pub(super) lines: Vec<Line>,
    /// The address of the section alone, where it has more than is shown.
    pub(super) all: Option<String>,
}

pub(super) struct OfferLine {
    pub(super) address: String,
    pub(super) text: String,
    pub(super) name: String,
    pub(super) overdue: bool,
    /// Whether an alert is open with the person: the line says so, for accepting is then pressing.
    pub(super) has_alert: bool,
}

/// What names and measurements are put into words with.
pub(super) struct Wording<'a> {
    pub(super) t: &'static Words,
    pub(super) desk: &'a StaffDesk,
    pub(super) zone: &'a TimeZone,
    pub(super) now: Timestamp,
    /// Whether several diseases are followed.
    pub(super) many: bool,
}

impl Wording<'_> {
    pub(super) fn tag(&self) -> &'static str {
        self.t.language.tag()
    }

    /// Reasons in the words that whoever reported has read.
    fn reasons(&self, item: &WorkItem, (all, by): (&[Why], Option<&JudgedBy>)) -> Vec<String> {
        let center = item.monitoring.center;
        let answered = self.desk.words_judged(by, &item.programme, center);
        let question = |id: &str| answered.short(id, self.tag());
        all.iter()
            .map(|one| why(self.t, one, self.now, question))
            .collect()
    }

    pub(super) fn values(&self, item: &WorkItem) -> Option<String> {
        let temperature = item
            .monitoring
            .temperature
            .map(|v| format!("{} °C", domain::status_report::degrees(v)));
        let spo2 = item.monitoring.spo2.map(|v| format!("SpO2 {v} %"));
        let both: Vec<String> = temperature.into_iter().chain(spo2).collect();
        (!both.is_empty()).then(|| both.join("  "))
    }

    /// Who somebody is, beside the name: of a contact that they are none of the ill, for whoever calls asks otherwise then.
    pub(super) fn about(&self, item: &WorkItem) -> String {
        let contact = item.is_contact.then(|| self.t.say("close-contact"));
        let disease = (self.many).then(|| self.desk.disease(&item.programme, self.tag()));
        let age = age(self.t, item.age, item.months);
        let all = [contact, disease, Some(age), Some(item.hersys_id.clone())];
        all.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// The latest call in words, and how many have reached nobody since the last that did.
    pub(super) fn called(&self, item: &WorkItem) -> Option<String> {
        let (at, outcome) = item.called?;
        let text = self.t.with2(
            "worklist-called",
            "when",
            moment(self.t, self.zone, at),
            "outcome",
            stored(self.t, "outcome", outcome.word()),
        );
        Some(match item.unanswered {
            0 | 1 => text,
            many => format!(
                "{text} {}",
                self.t.with1("worklist-unanswered", "count", many)
            ),
        })
    }

    /// That a call has found the number to be somebody else's: whoever is about to dial it finds out another one.
    fn wrong_number(&self, item: &WorkItem) -> Option<String> {
        (item.is_wrong_number).then(|| self.t.say("worklist-wrong-number"))
    }

    pub(super) fn reading(&self, item: &WorkItem) -> Option<String> {
        let reading = item.reading()?;
        (reading != item.name_in(self.tag())).then(|| reading.to_owned())
    }

    pub(super) fn alert(&self, alert: &Alert, item: &WorkItem) -> AlertCard {
        let t = self.t;
        let duration = lasting(t, alert.minutes);
        AlertCard {
            id: alert.id.to_string(),
            case: alert.case.to_string(),
            report: alert.report.map(|report| report.to_string()),
            name: item.name_in(self.tag()).to_owned(),
            reading: self.reading(item),
            about: self.about(item),
            phone: item.phone.as_ref().map(|phone| phone.expose().clone()),
            wrong_number: self.wrong_number(item),
            emergency: alert.level == domain::urgency::Level::Emergency,
            level: level(t, alert.level).unwrap_or_default(),
            reasons: self.reasons(item, (&alert.reasons, alert.judged_by.as_ref())),
            times: (alert.times > 1).then(|| {
                let at = moment(t, self.zone, alert.last_at);
                t.with2("alert-times", "times", alert.times, "when", at)
            }),
            taken: alert
                .taken_by
                .as_ref()
                .map(|name| t.with2("alert-taken", "name", name, "since", &duration)),
            waits: waits(t, alert.minutes),
            is_mine: alert.is_mine,
            before: had_it(t, alert),
            version: alert.version,
            overdue: alert.is_overdue.then(|| t.say("alert-overdue")),
            passed_on: (alert.steps > 0).then(|| match alert.told {
                Some(0) => t.say("alert-told-nobody"),
                Some(people) => t.with1("alert-told", "count", people),
                None => t.say("alert-passed-on"),
            }),
            called: self.called(item),
            measured: measured_words(t, alert, self.now),
            reported: t.with1(
                match alert.report {
                    Some(_) => "alert-reported",
                    None => "alert-raised",
                },
                "when",
                moment(t, self.zone, alert.last_at),
            ),
        }
    }

    pub(super) fn line(&self, list: List, item: &WorkItem) -> Line {
        let t = self.t;
        let m = &item.monitoring;
        let minutes_since = |at: Timestamp| self.now.duration_since(at).as_mins().max(0);
        let note = match list {
            List::Silent => match m.latest {
                Some((at, _)) => t.with1(
                    "worklist-silent-for",
                    "since",
                    lasting(t, minutes_since(at)),
                ),
                // Whoever is followed by phone is asked for no report.
                None => match item.reached_at {
                    Some(at) => t.with1(
                        "worklist-silent-called",
                        "since",
                        lasting(t, minutes_since(at)),
                    ),
                    None => t.with1(
                        "worklist-silent-never",
                        "since",
                        lasting(
                            t,
                            minutes_since(item.claimed_at.unwrap_or(item.registered_at)),
                        ),
                    ),
                },
            },
            List::NoAccount => match m.latest {
                Some((at, _)) => t.with1(
                    "worklist-silent-for",
                    "since",
                    lasting(t, minutes_since(at)),
                ),
                None => t.with1(
                    if item.is_unreached {
                        "worklist-unreached-for"
                    } else {
                        "worklist-registered-for"
                    },
                    "since",
                    lasting(t, minutes_since(item.registered_at)),
                ),
            },
            List::Calls | List::Planned => m
                .next_call_at
                .map(|at| t.with1("worklist-call-at", "when", moment(t, self.zone, at)))
                .unwrap_or_default(),
            List::Review => m
                .review_from
                .map(|day| t.with1("worklist-review-from", "day", t.date(day)))
                .unwrap_or_default(),
            List::Urgent | List::Open => stored(t, "status", m.status.word()),
        };
        Line {
            case: item.case.to_string(),
            name: item.name_in(self.tag()).to_owned(),
            reading: self.reading(item),
            about: self.about(item),
            phone: item.phone.as_ref().map(|phone| phone.expose().clone()),
            wrong_number: self.wrong_number(item),
            values: self.values(item),
            when: match m.latest {
                Some((at, _)) => moment(t, self.zone, at),
                None => t.say("console-no-report"),
            },
            level: level(t, m.urgency),
            danger: m.urgency.is_danger(),
            worsening: m.worsening,
            reasons: self.reasons(item, (&m.reasons, m.judged_by.as_ref())),
            note,
            assigned: item.assigned_name.clone(),
            seen: super::share_out::word(item.monitoring.assigned_to),
            called: self.called(item),
            next_call: self.next_call(list, item),
        }
    }

    /// The next call, for those who call: not where it is what the list is about, and not for a medical institution, at
    /// whose center somebody is to call.
    fn next_call(&self, list: List, item: &WorkItem) -> Option<String> {
        let is_told = matches!(list, List::Calls | List::Planned);
        if is_told || !self.desk.may(Right::SeeHealth) || self.desk.sees_own_patients() {
            return None;
        }
        let at = item.monitoring.next_call_at?;
        let when = moment(self.t, self.zone, at);
        Some(self.t.with1("worklist-next-call", "when", when))
    }

    /// Something to be done: the address, whose it is, what, and for how long it has waited.
    pub(super) fn todo(&self, todo: &Todo) -> (String, Option<String>, String, String) {
        let minutes = self.now.duration_since(todo.since).as_mins().max(0);
        let address = match (&todo.whom, todo.report) {
            // What is asked is read there.
            _ if todo.kind == app::tasks::NOTIFICATION_AMEND => "/tasks".to_owned(),
            (Some(item), Some(report)) => format!("/cases/{}#r-{report}", item.case),
            (Some(item), None) => format!("/cases/{}", item.case),
            (None, _) => "/tasks".to_owned(),
        };
        let name = todo.whom.as_ref().map(|item| {
            let name = item.name_in(self.tag());
            format!("{name} · {}", self.about(item))
        });
        let what = stored(self.t, "task", &todo.kind);
        (address, name, what, waits(self.t, minutes))
    }

    /// A message that nobody has read: the address, who wrote it, its beginning, and for how long it has waited.
    pub(super) fn message(&self, message: &Message) -> (String, String, String, String) {
        let minutes = self.now.duration_since(message.since).as_mins().max(0);
        let name = message.whom.name_in(self.tag());
        let said = message.text.expose();
        let mut text: String = said.chars().take(MESSAGE_SHOWN).collect();
        if text.len() < said.len() {
            text.push('…');
        }
        (
            format!("/cases/{}#messages", message.whom.case),
            format!("{name} · {}", self.about(&message.whom)),
            text,
            waits(self.t, minutes),
        )
    }

    pub(super) fn offer(&self, offer: &Offer, mine: bool) -> OfferLine {
        let t = self.t;
        let transfer = &offer.transfer;
        let minutes = self
            .now
            .duration_since(transfer.offered_at)
            .as_mins()
            .max(0);
        let since = lasting(t, minutes);
        let text = match &transfer.answer {
            Some((_, answer, _, _)) if answer == "refused" => {
                t.with1("worklist-offer-refused", "center", &transfer.to.1)
            }
            _ if mine => t.with2(
                "worklist-offer-to",
                "center",
                &transfer.from.1,
                "since",
                since,
            ),
            _ => t.with2(
                "worklist-offer-from",
                "center",
                &transfer.to.1,
                "since",
                since,
            ),
        };
        OfferLine {
            // Whoever watches over the center answers no offers.
            address: if self.desk.may(Right::Transfer) {
                format!("/transfers/{}", transfer.id)
            } else {
                format!("/cases/{}", transfer.case)
            },
            text,
            name: offer.person.as_ref().map_or_else(String::new, |person| {
                person.item.name_in(self.tag()).to_owned()
            }),
            overdue: transfer.is_overdue,
            has_alert: offer.person.as_ref().is_some_and(|person| person.has_alert),
        }
    }
}

/// Somebody whose message could not be delivered. Whoever may send another one is led to where that is done.
pub(super) fn bounced_line(
    t: &Words,
    zone: &TimeZone,
    one: &Bounced,
    desk: &StaffDesk,
) -> (String, String, String) {
    let address = if desk.may(Right::Register) {
        format!("/cases/{}/invite", one.case)
    } else {
        format!("/cases/{}", one.case)
    };
    let fate = t.with2(
        "invite-message-failed",
        "when",
        moment(t, zone, one.at),
        "why",
        super::super::undelivered::why(t, &one.because),
    );
    let way = t.say(if one.is_sms {
        "invite-by-sms"
    } else {
        "invite-by-mail"
    });
    let told = t.with2("invite-message", "way", way, "fate", fate);
    (address, one.name_in(t.language.tag()).to_owned(), told)
}
