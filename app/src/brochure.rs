//! The brochure that a center hands out: words, address and contact for one case.

pub mod draw;

use crate::case_registration::CaseView;
use crate::health_center::HealthCenter;
use crate::{Error, StaffDesk, trace};
use domain::ids::CaseId;
use domain::language::Language;
use domain::staff_role::Right;
use draw::BrochureInput;
use i18n::words;
use std::sync::Arc;

/// The most brochures of one file.
pub const MOST: usize = 500;

/// A part of a pile of brochures: a file of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// Counted from 1.
    pub number: usize,
    /// The first person and the last one, counted from 1 in the order of the pile.
    pub people: (usize, usize),
}

impl Part {
    /// The parts that a pile of so many people is printed in, each of at most [`MOST`].
    pub fn all(people: usize) -> Vec<Part> {
        (0..people.div_ceil(MOST))
            .map(|before| Part {
                number: before + 1,
                people: (before * MOST + 1, people.min((before + 1) * MOST)),
            })
            .collect()
    }

    /// The people of the part.
    pub fn of<T>(self, pile: &[T]) -> &[T] {
        let (first, last) = self.people;
        pile.get(first - 1..last).unwrap_or_default()
    }
}

/// What a brochure is to say where its center has no phone number yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WithoutPhone {
    /// It is not printed: whoever asked for it is told first.
    Ask,
    /// It has a line on which the number is written by hand.
    WriteByHand,
}

/// Where somebody writes by hand what the center has not set.
const WRITE_HERE: &str = "____________________";

/// The address that the QR code and the link in a message lead to. It carries the ID, so that it is filled in; it
/// shows and proves nothing by itself.
pub fn invitation_url(public_url: &str, hersys_id: &str) -> String {
    format!("{public_url}/?id={hersys_id}")
}

/// What stands on the sheets for a case: one in the language that the person reads. Where there is none in it, one in
/// English and one in Japanese, which somebody at hand may read: to be printed on both sides.
///
/// `from`: where the pages are, and from which address mail comes, which some telephone companies keep back otherwise.
pub fn inputs(view: &CaseView, from: (&str, &str)) -> Vec<BrochureInput> {
    match Language::parse(&view.language) {
        Some(language) => vec![input(view, from, (language, "brochure-languages"))],
        None => [Language::En, Language::Ja]
            .map(|language| input(view, from, (language, "brochure-languages-both")))
            .into(),
    }
}

/// One sheet. `exists_in`: the key of the sentence on the languages in which there is one.
fn input(
    view: &CaseView,
    (public_url, mail_from): (&str, &str),
    (language, exists_in): (Language, &str),
) -> BrochureInput {
    let t = words(language);
    let tag = language.tag();
    let center = &view.member.center;
    let list = |keys: &[&str]| keys.iter().map(|key| t.say(key)).collect::<Vec<_>>();
    let name = |script: &str| {
        view.names
            .iter()
            .find(|(s, _)| s == script)
            .map(|(_, n)| n.clone())
    };
    let order = match language {
        Language::Ja => ["kanji", "kana", "latin"],
        Language::En => ["latin", "kanji", "kana"],
    };
    // Without a number, there is room to write it: see [`WithoutPhone`].
    let number = match center.contact.phone.as_str() {
        "" => WRITE_HERE,
        phone => phone,
    };
    let phone = Some(t.with1("brochure-phone", "phone", number));
    let hours = match center.hours_in(tag) {
        "" => None,
        hours => Some(t.with1("brochure-hours", "hours", hours)),
    };
    let night = if center.contact.night_phone.is_empty() {
        None
    } else {
        Some(t.with1("brochure-night-phone", "phone", &center.contact.night_phone))
    };
    let mut contact = vec![center.name_in(tag).to_owned()];
    contact.extend([phone, hours, night].into_iter().flatten());
    let mut report = list(&[
        "brochure-report-1",
        "brochure-report-2",
        "brochure-report-3",
    ]);
    let is_needed =
        domain::passport_number::is_required(view.member.diagnosed_on, view.entered_japan_on);
    if is_needed && view.passport.is_none() {
        report.push(t.say("brochure-passport"));
    }
    // The steps are right as soon as the center has entered a number.
    let no_phone = view.phone.is_none();
    let mut sign_up: Vec<String> = (no_phone.then(|| t.say("brochure-sign-up-no-phone")))
        .into_iter()
        .collect();
    sign_up.extend([
        t.say("brochure-sign-up-1"),
        t.with1("brochure-sign-up-2", "address", mail_from),
    ]);
    sign_up.extend(list(&[
        "brochure-sign-up-3",
        "brochure-sign-up-4",
        "brochure-sign-up-5",
        "brochure-sign-up-6",
    ]));
    BrochureInput {
        language: tag,
        title: t.say("brochure-title"),
        subtitle: {
            // Whoever has met somebody ill is not, and whoever sees the sheet must not take them for it.
            let why = match view.member.is_contact {
                true => "brochure-subtitle-contact",
                false => "brochure-subtitle",
            };
            format!("{} {}", t.say(why), t.say(exists_in))
        },
        for_label: t.say("brochure-for"),
        names: order.iter().filter_map(|script| name(script)).collect(),
        id_label: t.say("brochure-id"),
        hersys_id: view.member.hersys_id.clone(),
        url: invitation_url(public_url, &view.member.hersys_id),
        qr_label: t.say("brochure-qr"),
        sections: vec![
            (t.say("brochure-sign-up-title"), sign_up),
            (t.say("brochure-report-title"), report),
        ],
        emergency: (
            t.say("brochure-emergency-title"),
            list(&["brochure-emergency-1", "brochure-emergency-2"]),
        ),
        contact: (t.say("brochure-contact-title"), contact),
    }
}

/// What came of printing.
#[derive(Clone, Debug)]
pub enum Brochures {
    /// The file.
    Pdf(Vec<u8>),
    /// One of the cases is not in reach, or there is none.
    NoSuchCase,
    /// The names of these people, among several, cannot be printed in any of their spellings; nothing is printed.
    Unnamed(Vec<CaseId>),
    /// This center has no phone number that could stand on them; nothing is printed.
    NoPhone(Arc<HealthCenter>),
}

impl StaffDesk {
    /// The brochure of a case of the center as a PDF.
    pub async fn brochure(
        &self,
        case: CaseId,
        without_phone: WithoutPhone,
    ) -> Result<Brochures, Error> {
        self.brochures(&[case], without_phone).await
    }

    /// The brochures of several cases as one PDF, a page for each, or two where no page is in the person's language; at
    /// most [`MOST`] cases at once.
    pub async fn brochures(
        &self,
        cases: &[CaseId],
        without_phone: WithoutPhone,
    ) -> Result<Brochures, Error> {
        self.needs(Right::Register)?;
        let (mut inputs, mut unnamed) = (Vec::new(), Vec::new());
        for case in cases.iter().take(MOST) {
            let Some(view) = self.case(*case).await? else {
                return Ok(Brochures::NoSuchCase);
            };
            let center = &view.member.center;
            if without_phone == WithoutPhone::Ask && center.contact.phone.is_empty() {
                return Ok(Brochures::NoPhone(center.clone()));
            }
            let from = (self.app.public_url(), self.app.mail_from().as_str());
            let sheets = self::inputs(&view, from);
            if !sheets.iter().all(draw::can_name) {
                unnamed.push(*case);
            }
            inputs.extend(sheets);
        }
        if inputs.is_empty() {
            return Ok(Brochures::NoSuchCase);
        }
        // One sheet is completed by hand; of a pile, nobody would know which is whose.
        if !unnamed.is_empty() && cases.len() > 1 {
            return Ok(Brochures::Unnamed(unnamed));
        }
        // Drawing takes milliseconds of a core, so it does not hold up other requests.
        let trace = trace::part("pdf draw");
        let pdf = tokio::task::spawn_blocking(move || trace.run(|| draw::draw(&inputs)))
            .await
            .map_err(|_| Error::broken("drawing a brochure panicked"))?
            .map_err(|e| Error::broken(e.to_string()))?;
        Ok(Brochures::Pdf(pdf))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_pile_hold_everybody_once() {
        assert!(Part::all(0).is_empty());
        assert_eq!(Part::all(500).len(), 1);
        for people in [1, 499, 501, 1_999, 2_000] {
            let pile: Vec<usize> = (1..=people).collect();
            let parts = Part::all(people);
            let printed: Vec<usize> = parts
                .iter()
                .flat_map(|part| part.of(&pile).to_vec())
                .collect();
            assert_eq!(printed, pile);
            for (at, part) in parts.iter().enumerate() {
                assert_eq!(part.number, at + 1);
                assert_eq!(part.of(&pile).first(), Some(&part.people.0));
                assert_eq!(part.of(&pile).last(), Some(&part.people.1));
                assert!(part.of(&pile).len() <= MOST);
            }
        }
    }
}
