//! What was done with a notification, in words: among it what the center asks, and what is answered.

use super::notification_form::answer_words;
use super::words::stored;
use crate::reports::moment;
use app::notification::{Notification, State, Step};
use domain::notification::{NO_PHONE, core_item};
use i18n::Words;
use jiff::tz::TimeZone;

/// The step with which the center asks whoever entered a notification, as it is stored.
const SENT_BACK: &str = "sent_back";

/// The step with which a notification is corrected, and such a question answered, as it is stored.
const CORRECTED: &str = "corrected";

/// An item with its answer, in words.
pub(super) struct ItemAnswer {
    pub(super) label: String,
    pub(super) value: String,
}

/// Something that was done, in words.
pub(super) struct StepView {
    pub(super) when: String,
    pub(super) what: String,
    pub(super) note: String,
    pub(super) before: Vec<ItemAnswer>,
}

/// What was done with a notification since a version, the latest first.
pub(super) fn steps(t: &Words, zone: &TimeZone, found: &Notification, since: i32) -> Vec<StepView> {
    let all = found.steps.iter().filter(|step| step.version > since);
    all.map(|step| step_view(t, zone, found, step)).collect()
}

/// The question that a notification waits with at whoever entered it.
pub(super) fn question_asked(t: &Words, zone: &TimeZone, found: &Notification) -> Option<StepView> {
    let asked = || found.steps.iter().find(|step| step.step == SENT_BACK);
    let waits = found.line.state == State::SentBack;
    waits
        .then(asked)
        .flatten()
        .map(|step| step_view(t, zone, found, step))
}

/// The words with which the latest question was answered, until the center has looked at them.
pub(super) fn question_answered(
    t: &Words,
    zone: &TimeZone,
    found: &Notification,
) -> Option<StepView> {
    if found.line.state != State::Waiting {
        return None;
    }
    let since = found.steps.iter().take_while(|step| step.step != SENT_BACK);
    since
        .filter(|step| step.step == CORRECTED)
        .find(|step| !step.note.expose().is_empty())
        .map(|step| step_view(t, zone, found, step))
}

fn step_view(t: &Words, zone: &TimeZone, found: &Notification, step: &Step) -> StepView {
    let tag = t.language.tag();
    let answer = |(id, before): &(String, domain::personal::Personal<String>)| {
        if id == NO_PHONE {
            return ItemAnswer {
                label: (found.set.item(core_item::PHONE))
                    .map_or(id.clone(), |item| item.label.in_language(tag).to_owned()),
                value: t.say(match before.expose().is_empty() {
                    true => "notification-was-empty",
                    false => "no-phone",
                }),
            };
        }
        let item = found.set.item(id);
        ItemAnswer {
            label: item.map_or(id.clone(), |item| item.label.in_language(tag).to_owned()),
            value: match (before.expose().as_str(), item) {
                ("", _) => t.say("notification-was-empty"),
                (text, Some(item)) => answer_words(t, item, text),
                (text, None) => text.to_owned(),
            },
        }
    };
    // Words alone correct nothing.
    let is_answer = step.step == CORRECTED && step.before.is_empty();
    let what = match is_answer && !step.note.expose().is_empty() {
        true => t.say("notification-step-answered"),
        false => stored(t, "notification-step", &step.step),
    };
    StepView {
        when: moment(t, zone, step.at),
        what: format!("{what} – {}", step.by),
        note: step.note.expose().clone(),
        before: step.before.iter().map(answer).collect(),
    }
}
