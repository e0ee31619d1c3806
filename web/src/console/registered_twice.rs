//! People whom two centers of a prefecture follow and who may be one: looked at by whoever is above both.

use super::words::{age_and_birthdate, phone_words};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::case_registration::CaseView;
use app::jurisdiction::PlaceNames;
use app::registered_twice::{
    Agree, Answered, GoesOn, PerhapsTwice, SaidBefore, SaidPairs, Say, SayOfPair, Twice, WasSaid,
};
use askama::Template;
use domain::ids::CaseId;
use i18n::Words;
use jiff::tz::TimeZone;

/// A row of a comparison: the label, both values, whether they differ.
struct Row {
    label: String,
    values: [String; 2],
    differ: bool,
}

struct PairView {
    /// What tells it from the others of the page.
    id: String,
    cases: [String; 2],
    names: [String; 2],
    agree: String,
    rows: Vec<Row>,
    /// What was said before, in words.
    said: Vec<String>,
    /// What the form brings along of it.
    seen: String,
}

/// Pairs of whom the same was said, and what can be said of them: the word, its words, whether it is the usual one.
struct Section {
    title: String,
    lead: Option<String>,
    folded: bool,
    pairs: Vec<PairView>,
    buttons: Vec<(&'static str, String, bool)>,
    /// Where those are who were registered, or about whom it was said, before: the address, and its words.
    goes_on: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "console/registered_twice.html")]
struct TwicePage {
    page: Page,
    notice: Option<String>,
    sections: Vec<Section>,
    /// Whether the list begins on this page.
    newest: bool,
}

/// In what two records agree, in words.
pub(super) fn agree_words(t: &Words, agree: Agree) -> String {
    t.say(match (agree.name, agree.phone) {
        (true, true) => "twice-agree-both",
        (true, false) => "twice-agree-name",
        (false, _) => "twice-agree-phone",
    })
}

fn answer_words(t: &Words, zone: &TimeZone, center: &str, answer: Option<&Answered>) -> String {
    match answer {
        Some(Answered::Done(at, words)) if !words.expose().is_empty() => t.with(
            "twice-answered",
            &[
                ("center", center.into()),
                ("when", moment(t, zone, *at).into()),
                ("words", words.expose().as_str().into()),
            ],
        ),
        Some(Answered::Done(at, _)) => t.with2(
            "twice-settled",
            "center",
            center,
            "when",
            moment(t, zone, *at),
        ),
        Some(Answered::Open) | None => t.with1("twice-not-answered", "center", center),
    }
}

impl PairView {
    fn new(
        t: &Words,
        desk: &StaffDesk,
        (zone, names, several): (&TimeZone, &PlaceNames, bool),
        pair: &Twice,
    ) -> PairView {
        let people = &pair.people;
        let center = |view: &CaseView| {
            let mut name = view.member.center.name.clone();
            names.put(&mut name);
            name
        };
        let tag = t.language.tag();
        // In whichever spelling they agree, it is to be seen.
        let name = |view: &CaseView| {
            let spellings = view.names.iter().map(|(_, name)| name.expose().as_str());
            spellings.collect::<Vec<_>>().join(" / ")
        };
        let of = |label: &str, value: &dyn Fn(&CaseView) -> String| {
            let values = [value(&people[0]), value(&people[1])];
            Row {
                label: t.say(label),
                differ: values[0] != values[1],
                values,
            }
        };
        // That these differ is no news.
        let apart = |row: Row| Row {
            differ: false,
            ..row
        };
        let mut rows = vec![
            apart(of("centers-center", &center)),
            // The heading tells where they agree: one has a spelling more, or the parts in another order.
            Row {
                differ: !pair.agree.name,
                ..of("name", &name)
            },
            of("birthdate", &|view| {
                age_and_birthdate(t, view.birthdate.expose(), view.member.today)
            }),
            of("phone", &|view| phone_words(t, &view.phone)),
        ];
        if several {
            let disease = |view: &CaseView| desk.disease(&view.member.programme, tag);
            rows.push(of("programme-disease", &disease));
        }
        rows.extend([
            of("column-kind", &|view| {
                t.say(match view.member.is_contact {
                    true => "close-contact",
                    false => "export-kind-case",
                })
            }),
            apart(of("hersys-id", &|view| view.member.hersys_id.clone())),
            apart(of("merge-registered", &|view| {
                moment(t, zone, view.registered_at)
            })),
        ]);
        let said = pair.said.as_ref().map_or_else(Vec::new, |said| {
            let when = moment(t, zone, said.at);
            let by = said.by.as_str();
            if said.two {
                // Nobody was asked, or what was asked is settled.
                return vec![t.with2("twice-noted-by", "when", when, "who", by)];
            }
            let asked = t.with2("twice-asked-by", "when", when, "who", by);
            let answers = people.iter().zip(&said.answers);
            let answers =
                answers.map(|(view, answer)| answer_words(t, zone, &center(view), answer.as_ref()));
            std::iter::once(asked).chain(answers).collect()
        });
        PairView {
            id: format!("{}-{}", people[0].member.case, people[1].member.case),
            cases: people.each_ref().map(|view| view.member.case.to_string()),
            names: people
                .each_ref()
                .map(|view| view.member.name_in(tag).to_owned()),
            agree: agree_words(t, pair.agree),
            rows,
            said,
            seen: pair
                .said
                .as_ref()
                .map_or_else(String::new, |said| said.seen.clone()),
        }
    }
}

/// Where a list goes on, as an address carries it.
fn goes_on_at(text: &str) -> Option<GoesOn> {
    let (at, case) = text.split_once('_')?;
    Some((at.parse().ok()?, case.parse().ok()?))
}

/// The same of a list of those about whom something was said: which, and where.
fn said_before(was: &str, text: &str) -> Option<(WasSaid, SaidBefore)> {
    let mut parts = text.split('_');
    let (at, one, other) = (parts.next()?, parts.next()?, parts.next()?);
    let persons = [one.parse().ok()?, other.parse().ok()?];
    Some((WasSaid::parse(was)?, (at.parse().ok()?, persons)))
}

/// What a page makes its sections of.
struct Shown<'p> {
    page: &'p Page,
    desk: &'p StaffDesk,
    zone: TimeZone,
    names: PlaceNames,
    several: bool,
}

impl Shown<'_> {
    fn views(&self, pairs: &[Twice]) -> Vec<PairView> {
        let beside = || (&self.zone, &self.names, self.several);
        let all = pairs.iter();
        all.map(|pair| PairView::new(self.page.t, self.desk, beside(), pair))
            .collect()
    }

    fn button(
        &self,
        word: &'static str,
        key: &str,
        is_first: bool,
    ) -> (&'static str, String, bool) {
        (word, self.page.say(key), is_first)
    }

    /// Those about whom nobody has said anything.
    fn new_ones(&self, found: &PerhapsTwice) -> Section {
        let page = self.page;
        let none = match found.goes_on {
            Some(_) => "twice-none-here",
            None => "twice-none",
        };
        Section {
            title: page.say("twice-new-title"),
            lead: found.pairs.is_empty().then(|| page.say(none)),
            folded: false,
            pairs: self.views(&found.pairs),
            buttons: vec![
                self.button("tell", "twice-tell", true),
                self.button("two", "twice-two", false),
            ],
            goes_on: found.goes_on.map(|(at, case)| {
                let address = format!("/registered-twice?from={at}_{case}");
                (address, page.say("twice-goes-on"))
            }),
        }
    }

    /// Those about whom this was said; nothing where there are none. `folded`: whether it opens when it is asked for.
    fn said(&self, was: WasSaid, found: &SaidPairs, folded: bool) -> Option<Section> {
        let page = self.page;
        let (title, lead, buttons) = match was {
            WasSaid::Told => (
                "twice-told-title",
                Some("twice-told-lead"),
                vec![
                    self.button("tell", "twice-tell-again", false),
                    self.button("two", "twice-two", false),
                ],
            ),
            WasSaid::Two => (
                "twice-two-title",
                None,
                vec![self.button("again", "twice-again", false)],
            ),
        };
        let is_any = !found.pairs.is_empty() || found.goes_on.is_some();
        is_any.then(|| Section {
            title: page.say(title),
            lead: lead.map(|key| page.say(key)),
            folded,
            pairs: self.views(&found.pairs),
            buttons,
            goes_on: found.goes_on.map(|(at, [one, other])| {
                let word = was.word();
                let address = format!("/registered-twice?said={word}&from={at}_{one}_{other}");
                (address, page.say("twice-said-goes-on"))
            }),
        })
    }
}

async fn list(visit: &Visit, desk: &StaffDesk) -> Answer {
    let page = Page::new(visit, "twice-title");
    let (from, said) = (visit.query("from"), visit.query("said"));
    let words = Shown {
        names: desk.place_names(page.tag()).await?,
        several: desk.programmes().await?.len() > 1,
        zone: desk.rules_zone().await?,
        page: &page,
        desk,
    };
    let (sections, newest) = match said.zip(from.as_ref()) {
        Some((was, from)) => match said_before(&was, from) {
            Some((was, before)) => {
                let found = desk.pairs_said_before(was, before).await?;
                (Vec::from_iter(words.said(was, &found, false)), false)
            }
            None => return Ok(missing(visit)),
        },
        None => {
            let from = from.as_deref().and_then(goes_on_at);
            let found = desk.perhaps_registered_twice(from).await?;
            let all = [
                Some(words.new_ones(&found)),
                words.said(WasSaid::Told, &found.told, false),
                words.said(WasSaid::Two, &found.two, true),
            ];
            (Vec::from_iter(all.into_iter().flatten()), from.is_none())
        }
    };
    let notice = visit.query("done").and_then(|done| {
        let key = match done.as_str() {
            "tell" => "twice-done-told",
            "two" => "twice-done-two",
            "again" => "twice-done-again",
            "gone" => "twice-done-gone",
            "meanwhile" => "changed-meanwhile-look",
            _ => return None,
        };
        Some(page.say(key))
    });
    Ok(render(&TwicePage {
        notice,
        sections,
        newest,
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    list(&visit, &desk).await
}

pub(super) async fn say(Staff(visit, desk): Staff, form: Form) -> Answer {
    let case = |name: &str| form.text(name).parse::<CaseId>();
    let word = form.text("say");
    let (Ok(one), Ok(other), Some(say)) = (case("one"), case("other"), Say::parse(word)) else {
        return Ok(missing(&visit));
    };
    let seen = form.text("seen");
    let done = match desk.say_of_pair([one, other], say, seen).await? {
        SayOfPair::Done => word,
        SayOfPair::Gone => "gone",
        SayOfPair::ChangedMeanwhile => "meanwhile",
    };
    Ok(go(&format!("/registered-twice?done={done}")))
}
