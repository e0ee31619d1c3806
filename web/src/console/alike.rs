//! Who may be the same person, side by side with what was typed.

use super::case_registration::language_name;
use super::cases::found_under;
use super::correction::field_words;
use super::words::phone_words;
use app::StaffDesk;
use app::case_registration::{Alike, CaseField};
use app::close_contacts::TakenOver;
use app::family::FollowUp;
use domain::notification::duplicate::Reason;
use domain::personal::Personal;
use i18n::Words;

pub(super) struct AlikeView {
    pub(super) address: String,
    pub(super) case: String,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) reason: String,
    /// The other record by whose words it was found, in words.
    pub(super) under: Option<String>,
    pub(super) rows: Vec<(String, String)>,
    /// Of a contact who is not ill: the version of the case, and the day of the last contact.
    pub(super) contact: Option<(i32, String)>,
    /// Of such a contact: what the record would take over of what was typed, label and value.
    pub(super) takes: Vec<(String, String)>,
    /// What the record says otherwise, and keeps: the label, and both in words.
    pub(super) differs: Vec<(String, String)>,
    /// Whether this illness is followed still: that another one has begun has to be said.
    pub(super) goes_on: bool,
}

/// What would become of what was typed if this contact falls ill, in words.
pub(super) fn with_taken_over(t: &Words, mut view: AlikeView, taken: &TakenOver) -> AlikeView {
    let said = |field: CaseField, value: &Personal<String>| match (field, value.expose()) {
        (CaseField::Language, tag) => language_name(t, tag).into_owned(),
        (_, text) => text.clone(),
    };
    view.takes = taken
        .takes
        .iter()
        .map(|(field, told)| (field_words(t, field.name()), said(*field, told)))
        .collect();
    view.differs = taken
        .differs
        .iter()
        .map(|(field, stands, told)| {
            let both = t.with2(
                "alike-differs-both",
                "stands",
                said(*field, stands),
                "typed",
                said(*field, told),
            );
            (field_words(t, field.name()), both)
        })
        .collect();
    view
}

/// What speaks for one person, in words.
pub(super) fn because(t: &Words, reason: Reason) -> String {
    t.say(match reason {
        Reason::NameAndBirthdate => "alike-name-birthdate",
        Reason::ReadingAndBirthdate => "alike-reading-birthdate",
        Reason::PartsAndBirthdate => "alike-parts-birthdate",
        Reason::PhoneAndBirthdate => "alike-phone-birthdate",
        Reason::NameAndPhone => "alike-name-phone",
        _ => "alike-other",
    })
}

/// Which disease it is, where several are followed: one person may have both, and a record of the other is no double.
pub(super) fn disease_row(
    t: &Words,
    desk: &StaffDesk,
    programme: &str,
) -> Option<(String, String)> {
    let is_asked = desk.follows_several() && !programme.is_empty();
    is_asked.then(|| {
        let disease = desk.disease(programme, t.language.tag());
        (t.say("programme-disease"), disease)
    })
}

/// A day as it was understood, however it was typed; what is no day stays as it is.
pub(super) fn day_understood(t: &Words, typed: &str) -> String {
    domain::dates::parse_day(typed).map_or_else(|_| typed.to_owned(), |day| t.date(day))
}

/// A case that may be the same person's.
pub(super) fn alike_view(t: &Words, desk: &StaffDesk, one: &Alike) -> AlikeView {
    let member = &one.view.member;
    let spelling = |script: &str| {
        one.view
            .names
            .iter()
            .find(|(s, _)| s == script)
            .map_or(String::new(), |(_, name)| name.expose().clone())
    };
    AlikeView {
        address: format!("/cases/{}", member.case),
        case: member.case.to_string(),
        name: member.name_in(t.language.tag()).to_owned(),
        id: member.hersys_id.clone(),
        reason: because(t, one.reason),
        under: found_under(t, &one.view),
        takes: Vec::new(),
        differs: Vec::new(),
        goes_on: !member.is_contact && member.follow_up == FollowUp::GoesOn,
        contact: member
            .is_contact
            .then(|| (one.view.version, t.date(member.diagnosed_on))),
        rows: [
            (t.say("console-name"), spelling("kanji")),
            (t.say("console-name-kana"), spelling("kana")),
            (t.say("console-name-latin"), spelling("latin")),
            (
                t.say("birthdate"),
                t.date(one.view.birthdate.expose().date()),
            ),
            (t.say("phone"), phone_words(t, &one.view.phone)),
            if member.is_contact {
                let day = t.date(member.diagnosed_on);
                (t.say("close-contact"), t.with1("close-met-on", "day", day))
            } else {
                (t.say("console-diagnosed-on"), t.date(member.diagnosed_on))
            },
        ]
        .into_iter()
        // What tells a further illness from the same one.
        .chain((!member.is_contact).then(|| {
            let day = member.onset_on.map(|day| t.date(day));
            (t.say("console-onset-on"), day.unwrap_or_default())
        }))
        .chain([(
            t.say("worklist-column-state"),
            match member.follow_up {
                FollowUp::GoesOn => t.say("alike-followed"),
                FollowUp::Ended(Some(day)) => t.with1("alike-ended-on", "date", t.date(day)),
                FollowUp::Ended(None) => t.say("alike-ended"),
                FollowUp::Died(_) => t.say("status-died"),
                FollowUp::InError => t.say("status-in-error"),
            },
        )])
        .chain(disease_row(t, desk, &member.programme))
        .collect(),
    }
}
