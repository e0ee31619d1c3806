//! Stories of the door: which page is shown to whom there is no place for, and (in the modules) who gets one.

mod files;
mod forms;
mod shares;

use super::*;
use axum::extract::State;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;

/// The door as a layer of its own.
async fn guard(State(door): State<Door>, request: Request, next: Next) -> Response {
    super::guard(&door, request, |request| next.run(request)).await
}

fn request(method: &str, path: &str, cookie: &str, body: &str) -> Request<Whole> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("cookie", cookie)
        .body(Whole::All(Bytes::from(body.to_owned())))
        .unwrap()
}

const MEMBER: &str = "0192f0c1-2d3e-7a4b-8c5d-6e7f80910111";
const IN: &str = "lang=ja; __Host-my-hersys=abc";

fn text(page: &Bytes) -> String {
    String::from_utf8(page.to_vec()).unwrap()
}

#[test]
fn a_report_is_kept_with_all_that_was_typed() {
    let path = format!("/reports/new?member={MEMBER}&lang=en");
    let body = "key=k&temperature=36.5&note=%E7%97%9B%E3%81%84+%3C%22%26";
    let form = kept(Kind::Portal, &request("POST", &path, IN, body), 64 * 1024).unwrap();
    let page = text(&sorry(Kind::Portal, true, Some(form)));
    assert!(
        page.contains(&format!("action=\"/reports/new?member={MEMBER}\"")),
        "{page}"
    );
    assert!(
        page.contains(r#"name="temperature" value="36.5""#),
        "{page}"
    );
    assert!(page.contains("value=\"痛い &#60;&#34;&#38;\""), "{page}");
    for words in [
        "Send again",
        "もう一度送る",
        "nothing that you typed is lost",
        "119",
    ] {
        assert!(page.contains(words), "{words} is missing in {page}");
    }
}

#[test]
fn nothing_else_is_kept() {
    let new = format!("/reports/new?member={MEMBER}");
    for (kind, path, cookie, body) in [
        (Kind::Console, new.as_str(), IN, "a=b"),
        // What another site has filled in comes without the cookie.
        (Kind::Portal, &new, "lang=ja", "a=b"),
        // Passwords are not repeated on a page.
        (Kind::Portal, "/sign-in", IN, "password=secret"),
        (
            Kind::Portal,
            "/reports/new?member=%22%3E%3Cscript",
            IN,
            "a=b",
        ),
        (Kind::Portal, "/reports/new", IN, "a=b"),
        (Kind::Portal, &new, IN, ""),
    ] {
        assert!(
            kept(kind, &request("POST", path, cookie, body), 64 * 1024).is_none(),
            "{path}"
        );
    }
    assert!(kept(Kind::Portal, &request("POST", &new, IN, "a=bcdef"), 4).is_none());
}

#[test]
fn the_page_says_what_to_do_in_both_languages() {
    for (writes, words) in [
        (
            false,
            ["Please open this page again", "もう一度開いてください"],
        ),
        (
            true,
            ["has not been saved", "入力された内容は保存されていません"],
        ),
    ] {
        let page = text(&sorry(Kind::Portal, writes, None));
        for words in
            words
                .into_iter()
                .chain(["call 119", "119番", "public health center", "保健所"])
        {
            assert!(page.contains(words), "{words} is missing in {page}");
        }
        assert!(!page.contains("<form"));
    }
}

/// A door to a room that is soon full, and a page behind it that takes a twentieth of a second.
async fn small_house(kind: Kind, folder: &std::path::Path) -> (axum::Router, App) {
    let room = Room {
        places: 8,
        for_strangers: 4,
    };
    house(kind, folder, room).await
}

async fn house(kind: Kind, folder: &std::path::Path, room: Room) -> (axum::Router, App) {
    let (site, app) = site(kind, folder).await;
    let door = Door::with_room(&site, 64 * 1024, room);
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        "done"
    };
    let router = axum::Router::new()
        .route("/", axum::routing::get(slow))
        .route("/reports/new", axum::routing::post(slow))
        .layer(axum::middleware::from_fn_with_state(door, guard));
    (router, app)
}

async fn site(kind: Kind, folder: &std::path::Path) -> (Site, App) {
    let app = App::open(app::AppConfig {
        database: app::Database::Embedded(folder.join("hersys.db")),
        master_key: app::keys::MasterKey::from_bytes([7; 32]),
        id_lengths: Default::default(),
        public_url: "http://127.0.0.1:8080".to_owned(),
        console_url: "http://127.0.0.1:8081".to_owned(),
        mail: app::outbox::MailSender::Folder(folder.join("outbox")),
        sms: app::sms::SmsGateway::None,
        single_sign_on: None,
        reminders_at_once: 4,
        reports_an_hour: 120,
        mail_from: domain::email_address::EmailAddress::parse("no-reply@hersys.example").unwrap(),
        second_factor: app::second_factor::Factor::Off,
        clock: app::clock::Clock::System,
        time_zone: "Asia/Tokyo".to_owned(),
    })
    .await
    .unwrap();
    let site = Site {
        kind,
        app: app.clone(),
        trusted_proxies: Vec::new().into(),
        dev_mailbox: false,
        sample: false,
        stopping: tokio::sync::watch::channel(false).1,
    };
    (site, app)
}

async fn asks(
    router: &axum::Router,
    method: &str,
    path: &str,
    cookie: &str,
    body: &str,
) -> (Response, Duration) {
    use tower::ServiceExt;
    let began = Instant::now();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("cookie", cookie)
        .header(CONTENT_LENGTH, body.len())
        .body(Body::from(body.to_owned()))
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    (response, began.elapsed())
}
