//! A house with sample people, and browsers that visit its two sites without a network.

use app::clock::Clock;
use app::health_center::Contact;
use app::keys::MasterKey;
use app::outbox::MailSender;
use app::second_factor::Factor;
use app::staff::{AddStaff, NewStaff};
use app::{App, AppConfig, Database};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use domain::email_address::EmailAddress;
use domain::hersys_id::HersysIdLengths;
use domain::ids::JurisdictionId;
use domain::staff_role::StaffRole;
use std::collections::BTreeMap;
use tempfile::TempDir;
use tower::ServiceExt;

/// The password of all sample accounts.
pub const PASSWORD: &str = "Tulip-Meadow-42";

/// A house.
pub struct House {
    pub clock: Clock,
    app: App,
    portal: Router,
    console: Router,
    _folder: TempDir,
    /// Without it, pages that bring themselves up to date take the house for one that stops, and end at once.
    _running: Option<tokio::sync::watch::Sender<bool>>,
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

impl House {
    /// One whose live lists end as soon as they have begun, so that a story can read them.
    pub async fn new() -> House {
        House::until(tokio::sync::watch::channel(false).1).await
    }

    /// One whose live lists go on.
    pub async fn that_goes_on() -> House {
        let (running, stopping) = tokio::sync::watch::channel(false);
        House {
            _running: Some(running),
            ..House::until(stopping).await
        }
    }

    async fn until(stopping: tokio::sync::watch::Receiver<bool>) -> House {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::standing_at("2026-11-23T00:00:00Z".parse().unwrap());
        let app = App::open(AppConfig {
            database: Database::Embedded(folder.path().join("hersys.db")),
            master_key: MasterKey::generate(),
            id_lengths: HersysIdLengths::parse("6,7").unwrap(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            console_url: "http://127.0.0.1:8081".to_owned(),
            second_factor: Factor::Off,
            mail: MailSender::Folder(folder.path().join("outbox")),
            sms: app::sms::SmsGateway::Folder(folder.path().join("outbox")),
            single_sign_on: None,
            reminders_at_once: 4,
            reports_an_hour: 120,
            mail_from: address("no-reply@hersys.example"),
            clock: clock.clone(),
            time_zone: "Asia/Tokyo".to_owned(),
        })
        .await
        .unwrap();
        app.system_desk().fill_demo().await.unwrap();
        let portal = web::portal(web::PortalConfig {
            app: app.clone(),
            trusted_proxies: Vec::new(),
            dev_mailbox: true,
            sample: false,
        });
        let console = web::console(web::ConsoleConfig {
            app: app.clone(),
            trusted_proxies: Vec::new(),
            sample: false,
            stopping,
        });
        House {
            _running: None,
            clock,
            app,
            portal,
            console,
            _folder: folder,
        }
    }

    /// A browser at the portal in which nobody is signed in.
    pub fn portal(&self) -> Browser {
        Browser::at(&self.portal)
    }

    /// A browser at the console in which nobody is signed in.
    pub fn console(&self) -> Browser {
        Browser::at(&self.console)
    }

    /// The house itself, for what no page does.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Somebody with a role at a place, signed in to the console.
    pub async fn hires(&self, email: &str, role: StaffRole, place: JurisdictionId) -> Browser {
        let new = NewStaff {
            email: address(email),
            name: role.word().to_owned(),
            password: PASSWORD.to_owned(),
            role,
            place,
        };
        let desk = self.app.system_desk();
        assert_eq!(desk.add_staff(new).await.unwrap(), AddStaff::Added);
        self.staff(email).await
    }

    /// Somebody who is staff already, signed in to the console.
    pub async fn staff(&self, email: &str) -> Browser {
        House::signed_in(&self.console, email).await
    }

    async fn signed_in(site: &Router, email: &str) -> Browser {
        let mut browser = Browser::at(site);
        let form = [("email", email), ("password", PASSWORD)];
        assert_eq!(browser.posts("/sign-in", &form).await.to, "/", "{email}");
        browser
    }

    /// The desk of somebody who is staff already.
    pub async fn desk(&self, email: &str) -> app::StaffDesk {
        let front = self.app.front_desk(None);
        let signed_in = front.sign_in_staff(&address(email), PASSWORD).await;
        let app::sign_in::SignIn::SignedIn(token) = signed_in.unwrap() else {
            panic!("{email} cannot sign in");
        };
        match self.app.staff_visit(&token).await.unwrap() {
            app::staff::StaffVisit::In(desk, _) => desk,
            _ => panic!("{email} is not let in"),
        }
    }

    /// The sample nurse at her console.
    pub async fn nurse(&self) -> Browser {
        House::signed_in(&self.console, "nurse@sample.example").await
    }

    /// The sample family at the portal.
    pub async fn family(&self) -> Browser {
        House::signed_in(&self.portal, "family@sample.example").await
    }

    /// A nurse of a center that has no cases.
    pub async fn nurse_of_another_center(&self) -> Browser {
        let desk = self.app.system_desk();
        let center = desk
            .add_center("よその見本保健所", Contact::default())
            .await
            .unwrap();
        let nurse = NewStaff {
            email: address("other@sample.example"),
            name: "Other Nurse".to_owned(),
            password: PASSWORD.to_owned(),
            role: StaffRole::Administrator,
            place: NewStaff::place_of(center.id),
        };
        assert_eq!(desk.add_staff(nurse).await.unwrap(), AddStaff::Added);
        House::signed_in(&self.console, "other@sample.example").await
    }

    /// The case with a HER-SYS ID, as the console's list links to it.
    pub async fn case_of(&self, hersys_id: &str) -> String {
        let mut nurse = self.nurse().await;
        let found = nurse.posts("/search", &[("search", hersys_id)]).await;
        let (_, rest) = found.html.split_once("href=\"/cases/0").unwrap();
        format!("0{}", rest.split('"').next().unwrap())
    }
}

/// A browser: it keeps cookies and reads English.
#[derive(Clone)]
pub struct Browser {
    site: Router,
    cookies: BTreeMap<String, String>,
    /// The languages that it asks for.
    pub wish: &'static str,
}

/// An answer.
pub struct Page {
    pub status: u16,
    pub html: String,
    /// Where it leads on to; empty for nowhere.
    pub to: String,
    /// After how many seconds it is asked for again by itself; empty for never.
    pub again: String,
}

impl Browser {
    fn at(site: &Router) -> Browser {
        Browser {
            site: site.clone(),
            cookies: BTreeMap::new(),
            wish: "en",
        }
    }

    /// Forgets all cookies, as a browser does that keeps none.
    pub fn forgets_cookies(&mut self) {
        self.cookies.clear();
    }

    async fn sends(&mut self, mut request: Request<Body>) -> Page {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        let headers = request.headers_mut();
        headers.insert(header::HOST, "127.0.0.1:8081".parse().unwrap());
        headers.insert(header::ACCEPT_LANGUAGE, self.wish.parse().unwrap());
        headers.insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        let response = self.site.clone().oneshot(request).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let to = response.headers().get(header::LOCATION);
        let to = to.map_or(String::new(), |to| to.to_str().unwrap().to_owned());
        let again = response.headers().get(header::REFRESH);
        let again = again.map_or(String::new(), |again| again.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Page {
            again,
            status,
            html: String::from_utf8_lossy(&body).into_owned(),
            to,
        }
    }

    pub async fn gets(&mut self, path: &str) -> Page {
        let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
        let page = self.sends(get(path)).await;
        // An address that chooses a language leads on to the same without it, that of a report to the same with a key.
        let is_new = path.starts_with("/reports/new") && page.to.starts_with("/reports/new?");
        if (path.contains("lang=") && !page.to.is_empty()) || is_new {
            return self.sends(get(&page.to.clone())).await;
        }
        page
    }

    /// Asks for a page and stays where the answer leads on.
    pub async fn asks_for(&mut self, path: &str) -> Page {
        let request = Request::get(path).body(Body::empty()).unwrap();
        self.sends(request).await
    }

    pub async fn posts(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        self.posts_from("same-origin", "http://127.0.0.1:8081", path, form)
            .await
    }

    /// Sends a file.
    pub async fn uploads(&mut self, path: &str) -> Page {
        self.uploads_as("", path).await
    }

    /// Sends a file with the form of somebody; an empty text: of nobody in particular.
    pub async fn uploads_as(&mut self, whose: &str, path: &str) -> Page {
        let part = "--x\r\ncontent-disposition: form-data; name=\"";
        let own = match whose {
            "" => String::new(),
            whose => format!("{part}whose\"\r\n\r\n{whose}\r\n"),
        };
        let file = format!("{own}{part}file\"; filename=\"a.csv\"\r\n\r\n");
        self.uploads_part(path, &file, b"name").await
    }

    /// Chooses a file.
    pub async fn uploads_file(&mut self, path: &str, bytes: &[u8]) -> Page {
        let part = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
        self.uploads_part(path, part, bytes).await
    }

    /// Chooses a file over a line that breaks on the way.
    pub async fn uploads_half(&mut self, path: &str, half: &str) -> Page {
        let part = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
        let pieces = [
            Ok(format!("{part}{half}")),
            Err(std::io::Error::other("broken")),
        ];
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        self.uploads_body(path, body).await
    }

    async fn uploads_part(&mut self, path: &str, before: &str, bytes: &[u8]) -> Page {
        let body = [before.as_bytes(), bytes, b"\r\n--x--\r\n"].concat();
        self.uploads_body(path, Body::from(body)).await
    }

    async fn uploads_body(&mut self, path: &str, body: Body) -> Page {
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::ORIGIN, "http://127.0.0.1:8081")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(body)
            .unwrap();
        let page = self.sends(request).await;
        self.led_on(page).await
    }

    /// The page that answers a form stands where the answer leads on.
    async fn led_on(&mut self, page: Page) -> Page {
        // And so does one who signs in in a browser that has shown no cookie yet.
        if page.to.contains("again=") || page.to.starts_with("/sign-in?back=") {
            return self.gets(&page.to).await;
        }
        page
    }

    /// Sends a form that stands on a page of another site.
    pub async fn posts_from(
        &mut self,
        site: &str,
        origin: &str,
        path: &str,
        form: &[(&str, &str)],
    ) -> Page {
        let page = self.asks_from(site, origin, path, form).await;
        self.led_on(page).await
    }

    /// Sends a form and stays where the answer leads on.
    pub async fn asks(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        self.asks_from("same-origin", "http://127.0.0.1:8081", path, form)
            .await
    }

    async fn asks_from(
        &mut self,
        site: &str,
        origin: &str,
        path: &str,
        form: &[(&str, &str)],
    ) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = Request::post(path)
            .header("sec-fetch-site", site)
            .header(header::ORIGIN, origin)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        self.sends(request).await
    }
}

impl Page {
    #[track_caller]
    pub fn says(&self, text: &str) {
        assert!(
            self.html.contains(text),
            "{text:?} is missing in {}",
            self.html
        );
    }

    #[track_caller]
    pub fn says_not(&self, text: &str) {
        assert!(
            !self.html.contains(text),
            "{text:?} stands in {}",
            self.html
        );
    }

    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let rest = self.html.split(&start).nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    fn attribute(&self, name: &str, fits: impl Fn(&str) -> bool) -> String {
        let start = format!("{name}=\"");
        let mut values = self
            .html
            .split(&start)
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap());
        values.find(|value| fits(value)).unwrap().to_owned()
    }

    pub fn link_that_ends_with(&self, end: &str) -> String {
        self.attribute("href", |value| value.ends_with(end))
    }

    pub fn link_that_begins_with(&self, start: &str) -> String {
        self.attribute("href", |value| value.starts_with(start))
    }

    pub fn form_that_begins_with(&self, start: &str) -> String {
        self.attribute("action", |value| value.starts_with(start))
    }
}

/// An alarming report on somebody's behalf; tells its id.
pub async fn reports(nurse: &mut Browser, case: &str) -> String {
    let path = format!("/cases/{case}/reports/new");
    let form = nurse.gets(&path).await;
    let key = form.hidden("key");
    let mut fields = vec![
        ("key".to_owned(), key.clone()),
        ("temperature".to_owned(), "38.5".to_owned()),
        ("spo2".to_owned(), "88".to_owned()),
        ("channel".to_owned(), "phone".to_owned()),
    ];
    for part in form.html.split("name=\"q_").skip(1) {
        let name = format!("q_{}", part.split('"').next().unwrap());
        fields.push((name, "no".to_owned()));
    }
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    let sent = nurse.posts(&path, &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.html);
    let case = nurse.gets(&format!("/cases/{case}")).await;
    let (_, rest) = case.html.split_once("id=\"r-").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// A form of a report by its family with all answers "no", but for these.
pub fn filled(form: &Page, over: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = vec![
        ("key".to_owned(), form.hidden("key")),
        ("whose".to_owned(), form.hidden("whose")),
        ("temperature".to_owned(), "36.5".to_owned()),
        ("spo2".to_owned(), "98".to_owned()),
    ];
    for part in form.html.split("name=\"q_").skip(1) {
        let name = format!("q_{}", part.split('"').next().unwrap());
        let word = if name == "q_no_sign" { "yes" } else { "no" };
        if !fields.iter().any(|(of, _)| *of == name) {
            fields.push((name, word.to_owned()));
        }
    }
    for (name, value) in over {
        fields.retain(|(of, _)| of != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields
}

/// Sends a report of a member.
pub async fn sends(family: &mut Browser, case: &str, form: &[(String, String)]) -> Page {
    let fields: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let path = format!("/reports/new?member={case}");
    family.posts(&path, &fields).await
}

/// Opens the form of a member.
pub async fn form_of(family: &mut Browser, case: &str) -> Page {
    family.gets(&format!("/reports/new?member={case}")).await
}

/// Merges a record into another one.
pub async fn merges(nurse: &mut Browser, kept: &str, merged: &str) {
    let path = format!("/cases/{kept}/merge");
    let shown = nurse.gets(&format!("{path}?with={merged}")).await;
    let hidden = ["version", "version_with", "seen"].map(|name| shown.hidden(name));
    let form = [
        ("with", merged),
        ("kept", kept),
        ("version", &hidden[0]),
        ("version_with", &hidden[1]),
        ("seen", &hidden[2]),
        ("reason", "the same phone"),
    ];
    let done = nurse.posts(&path, &form).await;
    assert_eq!(
        done.to,
        format!("/cases/{kept}?done=merged"),
        "{}",
        done.html
    );
}
