//! What all pages have in common, and the pages that apologise.

use crate::assets;
use crate::cookies;
use crate::fields::ContactCard;
use crate::kept_page::own_path;
use crate::visit::{Kind, Visit};
use app::family::Member;
use app::health_center::HealthCenter;
use app::keys::Token;
use app::{PatientDesk, StaffDesk};
use askama::Template;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use domain::language::Language;
use domain::staff_role::Right;
use i18n::{Words, words};
use std::ops::Deref;

/// What frames every page: its language, its title, what is wrong with what was typed.
pub(crate) struct Page {
    pub(crate) t: &'static Words,
    pub(crate) title: String,
    pub(crate) kind: Kind,
    pub(crate) signed_in: bool,
    /// A word for the account that forms carry.
    pub(crate) whose: Option<String>,
    pub(crate) sample: bool,
    /// Links to the same page in the other languages: the tag, the language's own name, the address.
    pub(crate) languages: Vec<(&'static str, &'static str, String)>,
    /// How much waits, said before the title on the browser's tab.
    pub(crate) tab: Option<i64>,
    /// Where to go back to, if anywhere.
    pub(crate) back: Option<String>,
    /// What is wrong: the id of the field, and a sentence.
    pub(crate) problems: Vec<(String, String)>,
    /// The form that carries what was typed into another language.
    pub(crate) form: Option<&'static str>,
    /// The staff member's name, in the console.
    pub(crate) staff: Option<String>,
    /// The sections of the console that the role may open: the address and the key of the word.
    pub(crate) sections: Vec<(&'static str, &'static str)>,
    /// The one of them in which this page lies, and whether it is that page itself.
    section: Option<(&'static str, bool)>,
    /// Whether the own center has no phone number yet: the console says so until it has.
    pub(crate) lacks_phone: bool,
    /// Whether the page belongs to the worklist, which is as wide as the screen.
    pub(crate) wide: bool,
}

impl Deref for Page {
    type Target = Words;

    fn deref(&self) -> &Words {
        self.t
    }
}

/// What a staff member can open from every page.
fn sections(desk: &StaffDesk) -> Vec<(&'static str, &'static str)> {
    let own = desk.has_center();
    [
        (Right::SeePersons, true, "/", "console-nav-worklist"),
        (Right::SeePersons, true, "/cases", "console-nav-cases"),
        (
            Right::Notify,
            own,
            "/notifications",
            "console-nav-notifications",
        ),
        (Right::Register, own, "/cases/new", "console-nav-new"),
        (Right::DoTasks, own, "/tasks", "console-nav-tasks"),
        (Right::Transfer, own, "/transfers", "console-nav-transfers"),
        (
            Right::CompareCenters,
            true,
            "/registered-twice",
            "console-nav-registered-twice",
        ),
        (Right::SeeFigures, true, "/figures", "console-nav-figures"),
        (Right::ManageCenter, own, "/center", "console-nav-center"),
        (
            Right::ManageCenter,
            own,
            "/settings",
            "console-nav-settings",
        ),
        (
            Right::KeepRecords,
            true,
            "/retention",
            "console-nav-retention",
        ),
        (Right::SetRules, true, "/rules", "console-nav-rules"),
        (Right::ManageStaff, true, "/staff", "console-nav-staff"),
    ]
    .into_iter()
    .filter(|(right, here, _, _)| *here && desk.may(*right))
    .map(|(_, _, address, word)| (address, word))
    .collect()
}

/// In which of them a page lies: the one whose address its own begins with, the longest of several.
fn section_of(
    sections: &[(&'static str, &'static str)],
    path: &str,
) -> Option<(&'static str, bool)> {
    let lies_in = |address: &str| {
        path.strip_prefix(address)
            .is_some_and(|rest| rest.is_empty() || (address.len() > 1 && rest.starts_with('/')))
    };
    let all = sections.iter().map(|(address, _)| *address);
    all.filter(|address| lies_in(address))
        .max_by_key(|address| address.len())
        .map(|address| (address, address == path))
}

/// The address under which a phone calls an ambulance.
pub(crate) fn ambulance() -> String {
    format!("tel:{}", i18n::emergency_number())
}

impl Page {
    /// See [`ambulance`]; for templates.
    pub(crate) fn ambulance(&self) -> String {
        ambulance()
    }

    /// A page with a title.
    pub(crate) fn new(visit: &Visit, title_key: &str) -> Page {
        let t = words(visit.language);
        let languages = Language::ALL
            .into_iter()
            .filter(|language| *language != visit.language)
            .map(|language| {
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                let here = visit.uri.query().unwrap_or("");
                for (name, value) in url::form_urlencoded::parse(here.as_bytes()) {
                    if name != "lang" {
                        query.append_pair(&name, &value);
                    }
                }
                query.append_pair("lang", language.tag());
                let address = format!("{}?{}", own_path(&visit.uri), query.finish());
                (language.tag(), language.own_name(), address)
            })
            .collect();
        let sections = visit.staff.as_ref().map(sections).unwrap_or_default();
        Page {
            t,
            title: t.say(title_key),
            section: section_of(&sections, visit.uri.path()),
            kind: visit.site.kind,
            signed_in: visit.patient.is_some() || visit.staff.is_some(),
            whose: visit.patient.as_ref().map(PatientDesk::whose),
            sample: visit.site.sample,
            tab: None,
            languages,
            back: None,
            problems: Vec::new(),
            form: None,
            staff: visit.staff.as_ref().map(|desk| desk.name.clone()),
            sections,
            lacks_phone: visit.staff.as_ref().is_some_and(|desk| desk.lacks_phone),
            wide: false,
        }
    }

    /// With a title of its own.
    pub(crate) fn titled(mut self, title: String) -> Page {
        self.title = title;
        self
    }

    /// With a way back.
    pub(crate) fn back_to(mut self, address: impl Into<String>) -> Page {
        self.back = Some(address.into());
        self
    }

    /// The tag of the language.
    pub(crate) fn tag(&self) -> &'static str {
        self.t.language.tag()
    }

    /// The address of a style, script or picture.
    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// How the section at an address is marked (`aria-current`): as this page, or as the one in which it lies.
    pub(crate) fn current(&self, address: &str) -> Option<&'static str> {
        let (section, is_itself) = self.section?;
        (section == address).then_some(if is_itself { "page" } else { "true" })
    }

    /// Whether this is the console.
    pub(crate) fn is_console(&self) -> bool {
        self.kind == Kind::Console
    }

    /// Notes what is wrong with a field, and gives the sentence back for beside the field.
    pub(crate) fn problem(&mut self, id: &str, sentence: String) -> Option<String> {
        self.problems.push((id.to_owned(), sentence.clone()));
        Some(sentence)
    }
}

/// Renders a page. One with problems is an answer to what was typed, and says so by its status.
pub(crate) fn show(page: &impl Template) -> Response {
    show_as(StatusCode::OK, page)
}

/// Room for most pages, so that few are copied while they grow.
const ROOM: usize = 16 << 10;

/// Renders a page with a status.
pub(crate) fn show_as(status: StatusCode, page: &impl Template) -> Response {
    let mut html = String::with_capacity(ROOM);
    match page.render_into(&mut html) {
        Ok(()) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            apology(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// Goes on to another page, so that reloading it sends nothing again.
pub(crate) fn go(address: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(value) = HeaderValue::from_str(address) {
        response.headers_mut().insert(LOCATION, value);
    }
    response
}

/// Sets or clears a cookie on an answer.
pub(crate) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

/// How long a browser keeps a family's session.
pub(crate) fn sign_in_cookie(token: &Token) -> String {
    cookies::set(cookies::ACCOUNT, token, app::SESSION_LIFE.as_secs())
}

/// Something broke: noted for the operator under a number, and an apology with that number for the person.
pub(crate) struct Broken(pub(crate) app::Error);

impl From<app::Error> for Broken {
    fn from(error: app::Error) -> Broken {
        Broken(error)
    }
}

impl IntoResponse for Broken {
    fn into_response(self) -> Response {
        if matches!(self.0, app::Error::NotAllowed) {
            // The table of routes lets nobody come this far; who does has lost a right meanwhile.
            return apology(StatusCode::FORBIDDEN);
        }
        if self.0.is_passing() {
            let is_busy = matches!(self.0, app::Error::Busy);
            let why = match is_busy {
                true => Sorry::AsTheStatusSays,
                false => Sorry::StoreAway,
            };
            let mut response = sorry(StatusCode::SERVICE_UNAVAILABLE, why);
            let headers = response.headers_mut();
            headers.insert("retry-after", crate::flood::come_back());
            if is_busy {
                response.extensions_mut().insert(crate::flood::Shed);
            }
            crate::sight::not_done(&self.0);
            response
        } else {
            tracing::error!(error = %self.0, "broken");
            apology(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// A handler's answer.
pub(crate) type Answer = Result<Response, Broken>;

#[derive(Template)]
#[template(path = "apology.html")]
struct Apology {
    brand: &'static str,
    style: String,
    /// In every language: whoever broke down no longer knows which one is wished.
    texts: Vec<(&'static str, String, String)>,
}

/// A page that needs nothing to work: the house may be on fire. Its words are put on it by whoever knows the site.
pub(crate) fn apology(status: StatusCode) -> Response {
    sorry(status, Sorry::AsTheStatusSays)
}

fn sorry(status: StatusCode, why: Sorry) -> Response {
    let mut response = status.into_response();
    response.extensions_mut().insert(why);
    response
}

/// On an answer whose page is still to be written: what it is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sorry {
    AsTheStatusSays,
    /// The store does not answer, or takes nothing.
    StoreAway,
}

/// What an apology says: the keys of its title and its text.
fn excuse(kind: Kind, status: StatusCode, why: Sorry) -> (&'static str, &'static str) {
    match (status, kind) {
        _ if why == Sorry::StoreAway => ("away-title", "away-text"),
        (StatusCode::SERVICE_UNAVAILABLE, _) => ("busy-title", "busy-text"),
        (StatusCode::FORBIDDEN, _) => ("not-allowed-title", "refused-request-text"),
        // A form of the portal: what was typed is still where it was.
        (StatusCode::PAYLOAD_TOO_LARGE, Kind::Portal) => ("too-large-title", "too-large-form-text"),
        (StatusCode::PAYLOAD_TOO_LARGE, Kind::Console) => ("too-large-title", "too-large-text"),
        (StatusCode::NOT_FOUND, _) => ("not-found-title", "not-found-text"),
        _ if status.is_client_error() => ("bad-request-title", "bad-request-text"),
        _ => ("broken-title", "broken-text"),
    }
}

/// The answer with its apology in words, where it is one. What the layers below refuse without a page, such as a form
/// that is too large, comes with a sentence, too.
pub(crate) fn in_words(kind: Kind, mut response: Response) -> Response {
    let is_page = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let why = response.extensions_mut().remove::<Sorry>();
    let status = response.status();
    if why.is_none() && (is_page || !status.is_client_error()) {
        return response;
    }
    let why = why.unwrap_or(Sorry::AsTheStatusSays);
    let (title, text) = excuse(kind, status, why);
    let page = Apology {
        brand: kind.brand(),
        style: assets::address("style.css"),
        texts: Language::ALL
            .into_iter()
            .map(|l| (l.tag(), words(l).say(title), words(l).say(text)))
            .collect(),
    };
    if let Ok(html) = page.render() {
        let headers = response.headers_mut();
        headers.remove(CONTENT_LENGTH);
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        *response.body_mut() = html.into();
    }
    response
}

#[derive(Template)]
#[template(path = "not_found.html")]
struct NotFound {
    page: Page,
}

/// There is nothing here, or nothing that this visitor may see.
pub(crate) async fn not_found(visit: Visit) -> Response {
    missing(&visit)
}

/// The page for what is not there; a foreign person's data look exactly like it.
pub(crate) fn missing(visit: &Visit) -> Response {
    let page = Page::new(visit, "not-found-title");
    show_as(StatusCode::NOT_FOUND, &NotFound { page })
}

/// The page for what a role may not do.
pub(crate) fn not_allowed(visit: &Visit) -> Response {
    let page = Page::new(visit, "not-allowed-title").back_to("/");
    let paragraphs = vec![page.say("not-allowed-text")];
    show_as(
        StatusCode::FORBIDDEN,
        &Simple {
            page,
            paragraphs,
            contacts: Contacts::default(),
        },
    )
}

#[derive(Template)]
#[template(path = "simple.html")]
struct Simple {
    page: Page,
    paragraphs: Vec<String>,
    /// How the centers of the reader's family are reached; before somebody has signed in, all centers.
    contacts: Contacts,
}

/// How centers are reached: those of the reader open, all others folded up.
#[derive(Template, Default)]
#[template(path = "parts/centers.html")]
pub(crate) struct Contacts {
    open: Vec<ContactCard>,
    /// The words for all centers.
    title: String,
    /// Where there are too many for this page: they stand at [`CENTERS`].
    elsewhere: bool,
    /// All centers; in several parts with the name of each where there are many.
    all: Vec<(String, Vec<ContactCard>)>,
}

/// Where the phone numbers of all centers stand.
pub(crate) const CENTERS: &str = "/help#centers";
/// The most centers whose contacts stand open below each other.
const MOST_OPEN: usize = 2;
/// The most that are listed on any page, and in one part: names that somebody looks through in one go.
const MOST_LISTED: usize = 30;

/// How the centers of a family are reached, each once.
pub(crate) fn contacts_of(t: &Words, members: &[Member]) -> Vec<ContactCard> {
    let mut centers: Vec<&HealthCenter> = Vec::new();
    for member in members {
        if centers.iter().all(|center| center.id != member.center.id) {
            centers.push(&member.center);
        }
    }
    let cards = centers.into_iter();
    cards.map(|center| ContactCard::new(t, center)).collect()
}

/// How the reader's center is reached. Of somebody without members nobody knows which it is, and not everybody has a sheet on
/// which the number stands: then all are listed, and where that is too much for a page, one leads there that has them by
/// prefecture.
pub(crate) async fn contacts(
    visit: &Visit,
    t: &Words,
    members: &[Member],
) -> Result<Contacts, Broken> {
    let open = contacts_of(t, members);
    if !open.is_empty() {
        return Ok(Contacts {
            open,
            ..Contacts::default()
        });
    }
    all_contacts(visit, t).await
}

/// How all centers are reached, for a page that must not say which of them knows somebody.
pub(crate) async fn all_contacts(visit: &Visit, t: &Words) -> Result<Contacts, Broken> {
    let (front, tag) = (visit.front(), t.language.tag());
    let mut centers = front.health_centers().await?;
    centers.sort_by(|a, b| a.name_in(tag).cmp(b.name_in(tag)));
    let card = |center: &HealthCenter| ContactCard::new(t, center);
    if centers.len() <= MOST_OPEN {
        return Ok(Contacts {
            open: centers.iter().map(card).collect(),
            ..Contacts::default()
        });
    }
    let is_there = CENTERS.strip_suffix("#centers") == Some(visit.uri.path());
    let title = t.say("all-centers-title");
    if centers.len() <= MOST_LISTED {
        let all = centers.iter().map(card).collect();
        return Ok(Contacts {
            title,
            all: vec![(String::new(), all)],
            ..Contacts::default()
        });
    }
    let mut all: Vec<(String, Vec<ContactCard>)> = Vec::new();
    if is_there {
        let prefectures = front.prefectures_of_centers().await?;
        for (prefecture, of) in prefectures {
            let of_it = centers.iter().filter(|center| of.contains(&center.id));
            let cards: Vec<ContactCard> = of_it.map(card).collect();
            if !cards.is_empty() {
                all.push((prefecture, cards));
            }
        }
    }
    Ok(Contacts {
        title,
        elsewhere: !is_there,
        all,
        ..Contacts::default()
    })
}

/// A page of a few paragraphs, each a key, and how the reader's center is reached.
pub(crate) async fn simple(visit: &Visit, title_key: &str, keys: &[&str]) -> Answer {
    let members = match &visit.patient {
        Some(desk) => desk.members().await?,
        None => Vec::new(),
    };
    simple_for(visit, title_key, keys, &members).await
}

/// The same, for a family of whom somebody has just read.
pub(crate) async fn simple_for(
    visit: &Visit,
    title_key: &str,
    keys: &[&str],
    members: &[Member],
) -> Answer {
    let page = Page::new(visit, title_key).back_to("/");
    let paragraphs = keys.iter().map(|key| page.say(key)).collect();
    simple_of(visit, page, paragraphs, members).await
}

/// The same, of paragraphs that say what is so for this family.
pub(crate) async fn simple_of(
    visit: &Visit,
    page: Page,
    paragraphs: Vec<String>,
    members: &[Member],
) -> Answer {
    Ok(show(&Simple {
        paragraphs,
        contacts: contacts(visit, page.t, members).await?,
        page,
    }))
}

#[cfg(test)]
mod tests {
    use super::section_of;

    #[test]
    fn a_page_lies_in_the_section_that_names_it_closest() {
        let all = ["/", "/cases", "/cases/new", "/staff"].map(|address| (address, ""));
        for (path, section) in [
            ("/", Some(("/", true))),
            ("/cases", Some(("/cases", true))),
            ("/cases/0199-x/invite", Some(("/cases", false))),
            ("/cases/new", Some(("/cases/new", true))),
            ("/casesbook", None),
            ("/account", None),
        ] {
            assert_eq!(section_of(&all, path), section, "{path}");
        }
    }
}
