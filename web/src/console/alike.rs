//! Who may be the same person, side by side with what was typed.

use app::case_registration::Alike;
use domain::notification::duplicate::Reason;
use i18n::Words;

pub(super) struct AlikeView {
    pub(super) address: String,
    pub(super) case: String,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) reason: String,
    pub(super) rows: Vec<(String, String)>,
    /// Of a contact who is not ill: the version of the case, and the day of the last contact.
    pub(super) contact: Option<(i32, String)>,
}

/// What speaks for one person, in words.
pub(super) fn because(t: &Words, reason: Reason) -> String {
    t.say(match reason {
        Reason::NameAndBirthdate => "alike-name-birthdate",
        Reason::ReadingAndBirthdate => "alike-reading-birthdate",
        Reason::PhoneAndBirthdate => "alike-phone-birthdate",
        Reason::NameAndPhone => "alike-name-phone",
        _ => "alike-other",
    })
}

/// A case that may be the same person's.
pub(super) fn alike_view(t: &Words, one: &Alike) -> AlikeView {
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
        contact: member
            .is_contact
            .then(|| (one.view.version, t.date(member.diagnosed_on))),
        rows: vec![
            (t.say("console-name"), spelling("kanji")),
            (t.say("console-name-kana"), spelling("kana")),
            (t.say("console-name-latin"), spelling("latin")),
            (
                t.say("birthdate"),
                one.view.birthdate.expose().date().to_string(),
            ),
            (t.say("phone"), one.view.phone.expose().clone()),
            if member.is_contact {
                let day = t.date(member.diagnosed_on);
                (t.say("close-contact"), t.with1("close-met-on", "day", day))
            } else {
                (t.say("console-diagnosed-on"), t.date(member.diagnosed_on))
            },
        ],
    }
}
