//! The home page: what to do, and how each member of the family stands.

use super::history::{DangerBox, alarm_box, calls};
use crate::fields::ContactCard;
use crate::page::{Answer, Page, go, show as render};
use crate::reports::day_in_words;
use crate::visit::Visit;
use app::code::Walk;
use app::family::{FollowUp, Member, PassportState};
use app::reporting_request::RequestState;
use askama::Template;
use i18n::Words;

#[derive(Template)]
#[template(path = "portal/home.html")]
struct HomePage {
    page: Page,
    notice: Option<String>,
    /// That signing up was begun in this browser, and what comes next: whoever looked for the code in another window comes back here.
    begun: Option<(String, String)>,
    members: Vec<MemberCard>,
    /// Members who have died: what is said to the family, apart from all that is asked of the others.
    quiet: Vec<QuietCard>,
    /// Whether somebody is followed still, so that reporting is the first thing to do.
    asks: bool,
    /// Whether a report can be entered of somebody: not of whoever was registered by mistake.
    offers: bool,
    dangers: Vec<DangerBox>,
    /// The key of the report that is begun from here.
    form_key: String,
    id: Option<String>,
    /// What an ID looks like.
    what_id: String,
    sign_up: String,
}

/// A member on the home page.
struct MemberCard {
    case: String,
    name: String,
    center: String,
    /// How the center is reached: the words, the number and its address. Empty where a card says so.
    calls: Vec<(String, String, String)>,
    hersys_id: String,
    day: String,
    reported_today: bool,
    /// Where a report of this member is entered, while none has come today.
    report: Option<String>,
    /// Why no report is asked for, and whom to call all the same.
    not_asked: Option<(String, ContactCard)>,
    ask_passport: bool,
    missing_passport: bool,
    /// The address on which the history is opened, where it is closed.
    closed: Option<String>,
    /// Where the certificate of isolation is; none of whom there can be none, or whose history is closed.
    certificate: Option<String>,
    /// A written request that waits to be read: the sentence and the address.
    request: Option<(String, String)>,
    /// One that holds and was read. Of whom no report is asked for the sentence is left out: it would say two things at once.
    asked: Option<(Option<String>, String)>,
}

impl MemberCard {
    fn new(t: &Words, member: &Member) -> MemberCard {
        let tag = t.language.tag();
        let not_asked = not_asked(t, member);
        MemberCard {
            case: member.case.to_string(),
            name: member.told_in(tag).into_owned(),
            center: member.center.name_in(tag).to_owned(),
            calls: match &not_asked {
                // Where the history is closed, no card stands below that says it.
                Some(_) if !member.is_closed => Vec::new(),
                _ => calls(t, &ContactCard::new(t, &member.center)),
            },
            hersys_id: member.hersys_id.clone(),
            day: day_in_words(t, member, member.today),
            reported_today: member.has_reported_today(),
            report: (member.is_asked() && !member.has_reported_today())
                .then(|| format!("/reports/new?member={}", member.case)),
            not_asked,
            ask_passport: member.passport == PassportState::Ask,
            missing_passport: member.passport == PassportState::ContactCenter,
            closed: (member.is_closed).then(|| super::closed_history::address(member.case)),
            certificate: (!member.is_closed && !member.is_in_error())
                .then(|| format!("/certificates/{}", member.case)),
            request: None,
            asked: None,
        }
    }
}

/// Why no report is asked for of a living member: the follow-up is over, others look after the member in hospital, or the
/// center registered the member by mistake.
pub(super) fn not_asked_in_words(t: &Words, member: &Member) -> Option<String> {
    let tag = t.language.tag();
    let center = member.center.name_in(tag);
    Some(match member.follow_up {
        FollowUp::Ended(Some(day)) => {
            t.with2("home-ended-on", "date", t.date(day), "center", center)
        }
        FollowUp::Ended(None) => t.with1("home-ended", "center", center),
        FollowUp::InError => {
            let name = &*member.told_in(tag);
            t.with2("home-in-error", "name", name, "center", center)
        }
        FollowUp::GoesOn if member.is_in_hospital => {
            let name = &*member.told_in(tag);
            t.with2("home-hospital", "name", name, "center", center)
        }
        FollowUp::GoesOn | FollowUp::Died(_) => return None,
    })
}

/// The same, with how to reach the center.
fn not_asked(t: &Words, member: &Member) -> Option<(String, ContactCard)> {
    let text = not_asked_in_words(t, member)?;
    Some((text, ContactCard::new(t, &member.center)))
}

/// What is said of somebody who has died: that nothing is asked any more, and who is there for the family.
struct QuietCard {
    case: String,
    name: String,
    text: String,
    /// Said once for each center.
    call: Option<(String, ContactCard)>,
}

/// The cards of those who have died.
fn quiet_cards(t: &Words, gone: &[&Member]) -> Vec<QuietCard> {
    let tag = t.language.tag();
    let is_last_of_center = |at: usize| {
        let center = gone[at].center.id;
        gone[at + 1..].iter().all(|other| other.center.id != center)
    };
    let cards = gone.iter().enumerate().map(|(at, member)| QuietCard {
        case: member.case.to_string(),
        name: member.told_in(tag).into_owned(),
        text: t.with1("home-quiet-nothing-asked", "name", &*member.told_in(tag)),
        call: is_last_of_center(at).then(|| {
            let center = member.center.name_in(tag);
            let text = t.with1("home-quiet-call", "center", center);
            (text, ContactCard::new(t, &member.center))
        }),
    });
    cards.collect()
}

/// The address of the sign-up page, with an ID that a QR code or a link brought along.
fn sign_up_address(id: Option<&str>) -> String {
    match id {
        Some(id) => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("id", id);
            format!("/sign-up?{}", query.finish())
        }
        None => "/sign-up".to_owned(),
    }
}

/// What is said where signing up was begun: the sentence and the button.
fn begun_in_words(t: &Words, walk: &Walk) -> (String, String) {
    let email = walk.email.expose().as_str();
    let (said, next) = match (walk.verified, walk.has_account) {
        (false, _) => ("home-begun-code", "code-title"),
        (true, false) => ("home-begun-password", "password-title"),
        (true, true) => ("home-begun-password", "known-password-title"),
    };
    (t.with1(said, "email", email), t.say(next))
}

/// How many digits an ID has, in words: "6 or 7".
pub(super) fn digits_of_ids(t: &Words, visit: &Visit) -> String {
    let lengths = visit.site.app.id_lengths().all();
    let mut said = String::new();
    for (at, digits) in lengths.iter().enumerate() {
        let digits = i64::from(*digits);
        said = match at {
            0 => t.with1("id-digits", "digits", digits),
            _ if at + 1 == lengths.len() => {
                t.with2("id-digits-or", "others", said, "digits", digits)
            }
            _ => t.with2("id-digits-and", "others", said, "digits", digits),
        };
    }
    said
}

/// An ID in the address, as far as it could be one: what else stands there is not shown.
pub(super) fn id_of(visit: &Visit) -> Option<String> {
    let text = visit.query("id")?;
    domain::hersys_id::HersysId::parse(&text, visit.site.app.id_lengths())
        .ok()
        .map(|id| id.as_str().to_owned())
}

pub(super) async fn show(visit: Visit) -> Answer {
    let id = id_of(&visit);
    let mut page = Page::new(&visit, "home-title");
    let (mut members, mut dangers, mut quiet) = (Vec::new(), Vec::new(), Vec::new());
    let (mut asks, mut offers) = (false, false);
    let mut form_key = String::new();
    if let Some(desk) = &visit.patient {
        let mut home = desk.home().await?;
        form_key = desk.new_report_key().to_string();
        if let Some(id) = &id
            // Whether it is that of somebody whose history is closed is not told: it would open it.
            && !(home.members.iter()).any(|m| !m.is_closed && m.hersys_id == *id)
        {
            // A brochure scanned by somebody who is signed in: another member of the family.
            let stands = desk.keep_typed_id(id).await?;
            // Where something else was typed, that stays; the page offers this one.
            let offered = (!stands).then(|| format!("id={id}"));
            let said = visit.query("done").filter(|done| done == "password");
            let said = said.map(|done| format!("done={done}"));
            let query: Vec<String> = offered.into_iter().chain(said).collect();
            return Ok(match query.is_empty() {
                true => go("/attributes"),
                false => go(&format!("/attributes?{}", query.join("&"))),
            });
        }
        if home.members.is_empty() {
            // Signed up, but nobody is registered yet: it goes on where it was left.
            return Ok(go(match visit.query("done").as_deref() {
                Some("password") => "/attributes?done=password",
                Some("saved-before") => "/attributes?done=saved-before",
                Some("not-sent") => "/attributes?done=not-sent",
                _ => "/attributes",
            }));
        }
        let (gone, mut living): (Vec<&Member>, Vec<&Member>) =
            home.members.iter().partition(|member| member.has_died());
        quiet = quiet_cards(page.t, &gone);
        // Who is asked comes before who is in hospital, and then whose follow-up is over.
        living.sort_by_key(|member| (!member.is_asked(), !member.is_in_hospital));
        let in_hospital = living.iter().any(|member| member.is_in_hospital);
        members = living
            .iter()
            .map(|member| MemberCard::new(page.t, member))
            .collect();
        asks = living.iter().any(|member| member.is_asked());
        offers = living.iter().any(|member| member.may_report());
        // What was said on the receipt stays said until somebody of the center has done something. The worst comes first: it
        // fills the screen of a phone.
        home.alarms
            .sort_by_key(|(_, alarm)| std::cmp::Reverse(alarm.level));
        dangers = home
            .alarms
            .iter()
            .filter_map(|(case, alarm)| {
                let member = home.members.iter().find(|m| m.case == *case)?;
                alarm_box(page.t, member, alarm)
            })
            .collect();
        let asked = home.members.iter().zip(&home.requests);
        let asked = asked.filter(|(member, _)| !member.has_died());
        for (member, requests) in asked {
            let case = member.case.to_string();
            let Some(card) = members.iter_mut().find(|card| card.case == case) else {
                continue;
            };
            let Some(request) = requests.iter().find(|r| r.state == RequestState::Holds) else {
                continue;
            };
            let address = format!("/requests/{}/{}", member.case, request.id);
            if request.read_at.is_none() {
                let words = ("center", &card.center);
                let text = page.with2("home-request", words.0, words.1, "name", &card.name);
                card.request = Some((text, address));
            } else {
                let date = page.date(request.to);
                let text = page.with2("home-request-holds", "name", &card.name, "date", date);
                card.asked = Some((member.is_asked().then_some(text), address));
            }
        }
        let title = match (asks, members.is_empty()) {
            (true, _) => "home-members-title",
            (false, false) if in_hospital => "home-hospital-title",
            (false, false) if !offers => "home-in-error-title",
            (false, false) => "home-ended-title",
            (false, true) => "home-quiet-title",
        };
        page = Page::new(&visit, title);
    }
    let walk = match visit.patient {
        None => super::sign_up::begun(&visit).await?,
        Some(_) => None,
    };
    let notice = match visit.query("done").as_deref() {
        Some(done @ ("registered" | "registered-before")) => {
            let case = visit.query("member").unwrap_or_default();
            let followed = members.iter().map(|m| (&m.case, &m.name));
            let mut all = followed.chain(quiet.iter().map(|m| (&m.case, &m.name)));
            let found = all.find(|(of, _)| **of == case);
            let key = match done {
                "registered" => "done-registered",
                _ => "done-registered-before",
            };
            found.map(|(_, name)| page.with1(key, "name", name))
        }
        Some("passport") => Some(page.say("done-passport")),
        Some("signed-out") => Some(page.say("done-signed-out")),
        Some("closed") => Some(page.say("done-closed")),
        Some("closed-followed") => Some(page.say("done-closed-followed")),
        Some("password") => Some(page.say("done-password")),
        Some("password-before") => Some(page.say("done-password-before")),
        Some("saved-before") => Some(page.say("done-saved-before")),
        Some("not-sent") => Some(page.say("done-not-sent")),
        _ => None,
    };
    Ok(render(&HomePage {
        notice,
        begun: walk.map(|walk| begun_in_words(page.t, &walk)),
        members,
        quiet,
        asks,
        offers,
        dangers,
        form_key,
        sign_up: sign_up_address(id.as_deref()),
        what_id: page.with1("home-what-id", "digits", digits_of_ids(page.t, &visit)),
        id,
        page,
    }))
}
