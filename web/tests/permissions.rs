//! Who may do what: every route, tried as each kind of person and each role, from its own and from a foreign
//! jurisdiction, against the table in `docs/permissions.md`. A route without a row fails. `HERSYS_WRITE_PERMISSIONS=1`
//! writes the table anew; the change of rights is then a line in a diff.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use app::StaffDesk;
use app::case_import::{ImportDraft, Meant};
use app::health_center::Contact;
use app::jurisdiction::{AddPlace, Place};
use app::rules::{ChangeRule, Typed};
use app::staff::NewStaff;
use browser::{Browser, House, Page, reports};
use domain::ids::JurisdictionId;
use domain::language::Language;
use domain::rules::{RuleKind, shipped};
use domain::staff_role::{JurisdictionKind, Right, StaffRole};
use std::fmt::Write as _;
use std::path::Path;

/// What a form must bring to be about anything at all; otherwise it comes empty.
fn least(path: &str) -> &'static [(&'static str, &'static str)] {
    let is = |start: &str, end: &str| path.starts_with(start) && path.ends_with(end);
    if is("/cases/", "/invite") {
        &[("by", "mail")]
    } else if is("/staff/", "") && path.matches('/').count() == 2 {
        &[("role", "nurse"), ("version", "0")]
    } else {
        &[]
    }
}

/// What a route answers: a status, or the way to sign in.
async fn answer(visitor: &mut Browser, signed_in: bool, method: &str, path: &str) -> String {
    let page = match method {
        "GET" => visitor.gets(path).await,
        _ => visitor.posts(path, least(path)).await,
    };
    // Whoever signs out when the session has ended is led to where the portal is signed in to.
    let is_out = !signed_in && page.to == "/?done=signed-out";
    if is_out || page.to.starts_with("/sign-in") && !(signed_in && path == "/sign-out") {
        "sign in".to_owned()
    } else if !signed_in && path != "/sign-in" && page.html.contains("action=\"/sign-in\"") {
        // The page that asks for the password and keeps what was typed.
        "sign in".to_owned()
    } else if !signed_in && page.to == "/?done=signed-out" {
        "signed out".to_owned()
    } else {
        page.status.to_string()
    }
}

/// The first report that stands in a member's history.
async fn report_of(family: &mut Browser, case: &str) -> String {
    let history = family.gets(&format!("/history?member={case}")).await;
    let (_, rest) = history.html.split_once("id=\"r-").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

const HEAD: &str = "# Who may do what\n\nWritten by a test (`web/tests/permissions.rs`), which tries each route with an \
    empty form and about something that exists: a\nperson, a notification, an alert, a task, a transfer, a file, a place, a \
    rule of the health center. The medical institution and\nthe contractor are tried with the patient whom they notified \
    themselves, and the roles elsewhere with what is not theirs. What\nis foreign looks exactly like what does not exist: \
    404. 403 is what the role may not do. 303 leads on, 200 shows a page (or the\nform again, with what is missing).\n";

fn write_row(table: &mut String, cells: &[&str]) {
    writeln!(table, "| {} |", cells.join(" | ")).unwrap();
}

fn write_head(table: &mut String, site: &str, people: &[&str]) {
    write!(table, "\n## {site}\n\n").unwrap();
    let mut cells = vec!["route", "", "policy"];
    cells.extend_from_slice(people);
    write_row(table, &cells);
    write_row(table, &vec!["---"; cells.len()]);
}

async fn portal(
    house: &House,
    table: &mut String,
    (own, other): (&str, &str),
    (report, request, certificate): (&str, &str, &str),
) {
    let people = ["visitor", "family, own member", "family, somebody else"];
    write_head(table, "portal", &people);
    let about = |path: &str, case: &str| {
        path.replace("{member}", case)
            .replace("{report}", report)
            .replace("{request}", request)
            .replace("{certificate}", certificate)
    };
    for (_, route) in web::table().iter().filter(|(site, _)| *site == "portal") {
        let (method, path) = (route.method.as_str(), route.path);
        let (mine, foreign) = (about(path, own), about(path, other));
        let cells = [
            answer(&mut house.portal(), false, method, &mine).await,
            answer(&mut house.family().await, true, method, &mine).await,
            answer(&mut house.family().await, true, method, &foreign).await,
        ];
        let policy = format!("{:?}", route.policy);
        if policy != "Public" {
            let out = path.starts_with("/sign-out") && cells[0] == "signed out";
            assert!(
                out || cells[0] == "sign in",
                "{method} {path} lets a visitor in"
            );
        }
        assert_ne!(cells[1], "404", "{method} {path} is about nothing");
        if path.contains("{member}") {
            assert_eq!(cells[2], "404", "{method} {path} shows a foreign person");
        }
        let path = format!("`{path}`");
        write_row(
            table,
            &[&path, method, &policy, &cells[0], &cells[1], &cells[2]],
        );
    }
}

/// What is tried with somebody.
#[derive(Clone, Copy, PartialEq)]
enum About {
    /// What the center has.
    Center,
    /// What the medical institution has notified.
    Clinic,
    /// What the contractor has entered.
    Contractor,
}

/// Somebody of the console: the words above the column, the address to sign in with, what is tried, and whether it is
/// theirs.
struct Someone {
    column: &'static str,
    email: &'static str,
    role: StaffRole,
    place: JurisdictionId,
    about: About,
    reaches: bool,
}

async fn add(house: &House, parent: &Place, kind: JurisdictionKind, name: &str) -> Place {
    let desk = house.app().system_desk();
    match desk.add_place(parent, kind, name).await.unwrap() {
        AddPlace::Added(place) => place,
        other => panic!("{other:?}"),
    }
}

async fn people(house: &House) -> Vec<Someone> {
    let desk = house.app().system_desk();
    let places = desk.places().await.unwrap();
    let first = |kind| places.iter().find(|p| p.kind == kind).unwrap();
    let (nation, prefecture) = (
        first(JurisdictionKind::Nation),
        first(JurisdictionKind::Prefecture),
    );
    let center = first(JurisdictionKind::HealthCenter);
    let kind = JurisdictionKind::MedicalInstitution;
    let clinic = add(house, center, kind, "Sample Clinic").await;
    let elsewhere = add(house, nation, JurisdictionKind::Prefecture, "Elsewhere").await;
    let other = desk
        .add_center("よその見本保健所", Contact::default())
        .await
        .unwrap();
    let other_place = NewStaff::place_of(other.id);
    let places = desk.places().await.unwrap();
    let other = places.iter().find(|place| place.id == other_place).unwrap();
    let other_clinic = add(house, other, kind, "Another Clinic").await;
    let someone = |column, email, role, place: &Place, about, reaches| Someone {
        column,
        email,
        role,
        place: place.id,
        about,
        reaches,
    };
    use About::{Center as C, Clinic as M, Contractor as E};
    use StaffRole::*;
    #[rustfmt::skip]
    let people = vec![
        someone("analyst",                               "analyst@s.example",          Analyst,            nation,        C, false),
        someone("prefecture officer",                    "officer@s.example",          PrefectureOfficer,  prefecture,    C, true),
        someone("administrator",                         "admin@s.example",            Administrator,      center,        C, true),
        someone("nurse",                                 "nurse@s.example",            Nurse,              center,        C, true),
        someone("clerk",                                 "clerk@s.example",            Clerk,              center,        C, true),
        someone("medical institution",                   "clinic@s.example",           MedicalInstitution, &clinic,       M, true),
        someone("contractor",                            "contractor@s.example",       Contractor,         center,        E, true),
        someone("administrator of another center",       "other-admin@s.example",      Administrator,      other,         C, false),
        someone("nurse of another center",               "other-nurse@s.example",      Nurse,              other,         C, false),
        someone("clerk of another center",               "other-clerk@s.example",      Clerk,              other,         C, false),
        someone("another medical institution",           "other-clinic@s.example",     MedicalInstitution, &other_clinic, M, false),
        someone("contractor of another center",          "other-contractor@s.example", Contractor,         other,         E, false),
        someone("officer of another prefecture",         "other-officer@s.example",    PrefectureOfficer,  &elsewhere,    C, false),
    ];
    people
}

/// What stands at the center for the routes to be about.
#[derive(Clone)]
struct Things {
    case: String,
    merged: String,
    report: String,
    line: String,
    /// Whom somebody met.
    met: String,
    alert: String,
    transfer: String,
    staff: String,
    notification: String,
    request: String,
    certificate: String,
    task: String,
    place: String,
    rule: String,
    /// A file that was looked at, and one that was imported: everybody has their own.
    drafts: (String, String),
}

/// The answers of a notification about somebody.
fn notified<'a>(key: &'a str, name: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("key", key),
        ("looked", "1"),
        ("n_name", name),
        ("n_sex", "male"),
        ("n_birthdate", "1950-01-02"),
        ("n_phone", "03-1111-2222"),
        ("n_postal_code", "105-0011"),
        ("n_address", "東京都港区芝公園1-1"),
        ("n_stays_elsewhere", "no"),
        ("n_kind", "confirmed"),
        ("n_diagnosed_on", "2026-11-22"),
        ("n_needs_admission", "no"),
        ("n_needs_drug", "no"),
        ("n_needs_oxygen", "no"),
        ("n_institution_name", "Sample Clinic"),
        ("n_physician_name", "見本 医師"),
    ]
}

/// Somebody enters a notification; tells its id.
async fn notifies(one: &mut Browser, name: &str) -> String {
    let key = one.gets("/notifications/new").await.hidden("key");
    let entered = one.posts("/notifications/new", &notified(&key, name)).await;
    assert_eq!(entered.status, 303, "{}", entered.html);
    key
}

/// A written request to report.
async fn requests(nurse: &mut Browser, case: &str) -> String {
    let path = format!("/cases/{case}/requests/new");
    let form = nurse.gets(&path).await;
    let request = form.hidden("key");
    let value = |name: &str| {
        let (_, rest) = form.html.split_once(&format!("name=\"{name}\"")).unwrap();
        let (_, rest) = rest.split_once("value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let (from, to) = (value("from"), value("to"));
    let asked = [
        ("key", request.as_str()),
        ("issue", "1"),
        ("report", "1"),
        ("from", from.as_str()),
        ("to", to.as_str()),
        ("reasons", "sample"),
    ];
    let issued = nurse.posts(&path, &asked).await;
    assert_eq!(issued.status, 303, "{}", issued.html);
    request
}

/// A certificate is issued; tells its id.
async fn certifies(nurse: &mut Browser, case: &str) -> String {
    let path = format!("/cases/{case}/certificate");
    let key = nurse.gets(&path).await.hidden("key");
    let form = [("key", key.as_str()), ("language", "ja")];
    let issued = nurse.posts(&path, &form).await;
    assert_eq!(issued.status, 303, "{}", issued.html);
    key
}

/// A call is written down; tells which line it is.
async fn calls(nurse: &mut Browser, case: &str) -> String {
    let path = format!("/cases/{case}");
    let key = nurse.gets(&path).await.hidden("key");
    let call = [
        ("key", key.as_str()),
        ("outcome", "no_answer"),
        ("note", "sample"),
    ];
    let written = nurse.posts(&format!("{path}/contacts"), &call).await;
    assert_eq!(written.status, 303, "{}", written.html);
    let lines = format!("{path}/contacts/");
    let link = nurse.gets(&path).await.link_that_begins_with(&lines);
    link.split('/').nth(4).unwrap().to_owned()
}

/// A contact is registered; tells who it is.
async fn meets(nurse: &mut Browser, case: &str) -> String {
    let path = format!("/cases/{case}/contact");
    let key = nurse.gets(&path).await.hidden("key");
    let contact = [
        ("key", key.as_str()),
        ("name", "見本 接子"),
        ("birthdate", "1961-03-04"),
        ("phone", "03-5555-6666"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-20"),
    ];
    let done = nurse.posts(&path, &contact).await;
    assert_eq!(done.status, 303, "{}", done.html);
    done.to.split(['/', '?']).nth(2).unwrap().to_owned()
}

/// Two records are made one; tells which is part of the other now.
async fn merges(nurse: &mut Browser, kept: &str, merged: &str) -> String {
    let path = format!("/cases/{kept}/merge");
    let page = nurse.gets(&format!("{path}?with={merged}")).await;
    let (one, other) = (page.hidden("version"), page.hidden("version_with"));
    let form = [
        ("with", merged),
        ("kept", kept),
        ("version", &one),
        ("version_with", &other),
        ("reason", "sample"),
    ];
    let done = nurse.posts(&path, &form).await;
    assert_eq!(done.status, 303, "{}", done.html);
    merged.to_owned()
}

/// A file that somebody has looked at, and one that was imported.
async fn drafts(desk: &StaffDesk, names: [&str; 2]) -> (String, String) {
    let mut drafts = Vec::new();
    for name in names {
        let row = format!("{name},,,1970-01-02,03-3333-4444,ja,2026-11-20,,,,");
        let file = format!("{}\n{row}\n", app::case_import::HEADER.join(","));
        let looked = desk.look_at_import(file.as_bytes(), Language::En).await;
        let Ok((draft, ..)) = looked.unwrap() else {
            panic!("the file is refused");
        };
        drafts.push(draft);
    }
    let done = desk.import(drafts[1], Meant::All, Language::En).await;
    assert!(matches!(done.unwrap(), ImportDraft::Imported));
    (drafts[0].to_string(), drafts[1].to_string())
}

/// A rule of the own place that holds from the next year on.
async fn sets_rule(house: &House, admin: &str) -> String {
    let desk = house.desk(admin).await;
    let kind = RuleKind::Course;
    let new = Typed {
        silences: String::new(),
        programme: String::new(),
        // What holds already is not set once more.
        text: shipped(kind)
            .pop()
            .unwrap()
            .text
            .replacen("at_or_below = 95", "at_or_below = 94", 1),
        valid_from: "2027-01-01".to_owned(),
        why: "sample".to_owned(),
    };
    let done = desk.change_rule(kind, &new).await.unwrap();
    assert!(matches!(done, ChangeRule::Saved));
    let page = house.staff(admin).await.gets("/rules/course").await;
    let link = page.link_that_begins_with("/rules/course/files/");
    let id = link.split('/').nth(4).unwrap();
    id.split('?').next().unwrap().to_owned()
}

impl Things {
    /// What the center has: an alarming report, an offer to a third center, a task, and so on.
    async fn make(
        house: &House,
        (case, report, request): (&str, &str, &str),
        center: JurisdictionId,
    ) -> Things {
        let mut nurse = house.nurse().await;
        reports(&mut nurse, case).await;
        let take = nurse.gets("/").await.form_that_begins_with("/alerts/");
        let third = house
            .app()
            .system_desk()
            .add_center("三つ目の見本保健所", Contact::default())
            .await
            .unwrap();
        let page = nurse.gets(&format!("/cases/{case}/transfer")).await;
        let (transfer, to) = (page.hidden("key"), third.id.to_string());
        let offer = [
            ("key", transfer.as_str()),
            ("center", to.as_str()),
            ("transfer_note", "moved"),
        ];
        let path = format!("/cases/{case}/transfer");
        let offered = nurse.posts(&path, &offer).await;
        assert_eq!(offered.status, 303, "{}", offered.html);
        house
            .hires("victim@s.example", StaffRole::Nurse, center)
            .await;
        let staff = nurse.gets("/staff").await;
        let (_, rest) = staff.html.split_once("victim@s.example").unwrap();
        let (_, rest) = rest.split_once("action=\"/staff/").unwrap();
        let wrong = format!("/history/{case}/{report}/wrong");
        let mut family = house.family().await;
        let marked = family.posts(&wrong, &[("why", "mistyped")]).await;
        assert_eq!(marked.status, 303, "{}", marked.html);
        let task = nurse.gets("/tasks").await.form_that_begins_with("/tasks/");
        let merged = {
            let (kept, other) = (
                house.case_of("9047316").await,
                house.case_of("3518724").await,
            );
            merges(&mut nurse, &kept, &other).await
        };
        Things {
            case: case.to_owned(),
            merged,
            report: report.to_owned(),
            line: calls(&mut nurse, case).await,
            met: meets(&mut nurse, case).await,
            alert: take.split('/').nth(2).unwrap().to_owned(),
            transfer,
            staff: rest.split('"').next().unwrap().to_owned(),
            notification: notifies(&mut nurse, "見本 一男").await,
            request: request.to_owned(),
            certificate: certifies(&mut nurse, case).await,
            task: task.split('/').nth(2).unwrap().to_owned(),
            place: center.to_string(),
            rule: sets_rule(house, "admin@s.example").await,
            drafts: (String::new(), String::new()),
        }
    }

    /// What somebody has who only notifies: one notification that waits, and a patient who became of another one.
    async fn notified_by(&self, one: &mut Browser, nurse: &mut Browser, name: &str) -> Things {
        let confirmed = notifies(one, name).await;
        let path = format!("/notifications/{confirmed}/confirm");
        let form = [("version", "1"), ("another", "1")];
        let done = nurse.posts(&path, &form).await;
        assert_eq!(done.status, 303, "{}", done.html);
        let case = done.to.split(['/', '?']).nth(2).unwrap().to_owned();
        Things {
            report: reports(nurse, &case).await,
            line: calls(nurse, &case).await,
            request: requests(nurse, &case).await,
            notification: notifies(one, name).await,
            case,
            ..self.clone()
        }
    }

    fn about(&self, method: &str, path: &str) -> String {
        let case = if path.ends_with("/unmerge") {
            &self.merged
        } else {
            &self.case
        };
        let draft = if method == "POST" && path == "/import/{draft}" {
            &self.drafts.0
        } else {
            &self.drafts.1
        };
        let table = match path {
            "/figures.csv" => "?table=age",
            _ => "",
        };
        path.replace("{case}", case)
            .replace("{report}", &self.report)
            .replace("{line}", &self.line)
            .replace("{met}", &self.met)
            .replace("{alert}", &self.alert)
            .replace("{transfer}", &self.transfer)
            .replace("{staff}", &self.staff)
            .replace("{task}", &self.task)
            .replace("{notification}", &self.notification)
            .replace("{request}", &self.request)
            .replace("{certificate}", &self.certificate)
            .replace("{place}", &self.place)
            .replace("{programme}", app::programme::PROGRAMME)
            .replace("{kind}", "course")
            .replace("{file}", &self.rule)
            .replace("{token}", "no-such-link")
            .replace("{draft}", draft)
            + table
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_says() {
    let house = House::new().await;
    let (own, other) = (
        house.case_of("4826153").await,
        house.case_of("2960487").await,
    );
    let report = report_of(&mut house.family().await, &own).await;
    let mut nurse = house.nurse().await;
    let request = requests(&mut nurse, &own).await;
    let mut table = String::from(HEAD);
    let certificate = certifies(&mut nurse, &own).await;
    let about = (report.as_str(), request.as_str(), certificate.as_str());
    portal(&house, &mut table, (&own, &other), about).await;

    let people = people(&house).await;
    let mut browsers = Vec::new();
    for one in &people {
        browsers.push(house.hires(one.email, one.role, one.place).await);
    }
    let about = (own.as_str(), report.as_str(), request.as_str());
    let of_center = Things::make(&house, about, people[2].place).await;
    let at = |about| people.iter().position(|one| one.about == about).unwrap();
    // The first three are the analyst, the officer and the administrator.
    let (clinic, firm) = (at(About::Clinic), at(About::Contractor));
    let of_clinic = of_center
        .notified_by(&mut browsers[clinic], &mut nurse, "見本 次男")
        .await;
    let of_firm = of_center
        .notified_by(&mut browsers[firm], &mut nurse, "見本 三男")
        .await;
    let mut things = Vec::new();
    // One session for all: of more than a few, those that were not used for longest end.
    let administrator = house.desk("admin@s.example").await;
    for one in &people {
        let mut of = match one.about {
            About::Center => of_center.clone(),
            About::Clinic => of_clinic.clone(),
            About::Contractor => of_firm.clone(),
        };
        // Files are each one's own; who may have none, and who is elsewhere, is tried with those of the administrator.
        let whose = match one.reaches && one.role.may(Right::Register) {
            true => &house.desk(one.email).await,
            false => &administrator,
        };
        let names = [
            format!("見本 {}", things.len()),
            format!("例 {}", things.len()),
        ];
        of.drafts = drafts(whose, [&names[0], &names[1]]).await;
        things.push(of);
    }
    let mut columns = vec!["visitor"];
    columns.extend(people.iter().map(|one| one.column));
    write_head(&mut table, "console", &columns);
    for (_, route) in web::table().iter().filter(|(site, _)| *site == "console") {
        let (method, path) = (route.method.as_str(), route.path);
        let about = things[at(About::Center) + 2].about(method, path);
        let mut cells = vec![answer(&mut house.console(), false, method, &about).await];
        for ((one, browser), of) in people.iter().zip(&mut browsers).zip(&things) {
            cells.push(answer(browser, true, method, &of.about(method, path)).await);
            if path == "/sign-out" || path == "/sign-in" {
                *browser = house.staff(one.email).await;
            }
        }
        let policy = format!("{:?}", route.policy);
        // What no table may say, however it is written.
        if policy != "Public" {
            assert_eq!(cells[0], "sign in", "{method} {path} lets a visitor in");
        }
        let own = &cells[1 + at(About::Center) + 2];
        let is_switched_off = path.starts_with("/sso");
        assert!(
            own != "404" || is_switched_off,
            "{method} {path} is about nothing"
        );
        for (one, cell) in people.iter().zip(&cells[1..]) {
            let about_somebody = [
                "{case}",
                "{alert}",
                "{transfer}",
                "{staff}",
                "{notification}",
                "{draft}",
                "{task}",
                "{place}",
                "{file}",
            ];
            if about_somebody.iter().any(|part| path.contains(part)) && !one.reaches {
                // A form's address without its form leads back to a list, whatever it names; and what is not open at
                // the own center, or never was, is told in the same words.
                let lists = ["/alerts/", "/tasks/", "/staff/"];
                let is_list = method == "GET" || lists.iter().any(|start| path.starts_with(start));
                let nothing = ["403", "404"].contains(&cell.as_str()) || cell == "303" && is_list;
                assert!(nothing, "{method} {path} as {}: {cell}", one.column);
            }
        }
        let path = format!("`{path}`");
        let mut row = vec![path.as_str(), method, policy.as_str()];
        row.extend(cells.iter().map(String::as_str));
        write_row(&mut table, &row);
    }

    given_away(
        &house,
        &mut table,
        (&people, &mut browsers),
        &of_clinic.case,
    )
    .await;

    let mut family = house.family().await;
    for path in ["/history", "/reports/new"] {
        let named = format!("{path}?member={other}");
        assert_eq!(family.gets(&named).await.status, 404, "{named}");
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/permissions.md");
    if std::env::var_os("HERSYS_WRITE_PERMISSIONS").is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let differ: Vec<_> = table
        .lines()
        .filter(|line| !committed.lines().any(|stands| stands == *line))
        .collect();
    assert!(
        committed == table,
        "docs/permissions.md says something else; it would be:\n{}",
        differ.join("\n")
    );
}

/// A patient whom an institution notified goes to another center: who learns of it, by the number or by an old address. What
/// the center that gave them away is told, so that it can tell whoever rings, an institution below it is not.
async fn given_away(
    house: &House,
    table: &mut String,
    (people, browsers): (&[Someone], &mut [Browser]),
    case: &str,
) {
    let at = |column: &str| people.iter().position(|one| one.column == column).unwrap();
    let center = &people[at("administrator")];
    let places = house.app().system_desk().places().await.unwrap();
    let below = places
        .iter()
        .find(|place| place.id == center.place)
        .unwrap();
    let third = add(
        house,
        below,
        JurisdictionKind::MedicalInstitution,
        "Third Clinic",
    )
    .await;
    let role = StaffRole::MedicalInstitution;
    let mut third = house.hires("third@s.example", role, third.id).await;
    let mut old = house.nurse().await;
    let page = old.gets(&format!("/cases/{case}")).await;
    let (_, rest) = page.html.split_once("class=\"id\">").unwrap();
    let id = rest.split('<').next().unwrap().to_owned();
    let (offer, _) = offers(&mut old, case, "よその見本保健所").await;
    let new = &mut browsers[at("nurse of another center")];
    let path = format!("/transfers/{offer}");
    let taken = new.posts(&path, &[("answer", "accept")]).await;
    assert_eq!(taken.status, 303, "{}", taken.html);
    let columns = [
        "nurse of the center that gave them away",
        "institution that notified them",
        "another institution below that center",
        "another medical institution",
        "nurse of the center that follows them",
    ];
    write_head(table, "a patient who was given to another center", &columns);
    let told =
        |page: &Page, found: bool| match (found, page.html.contains("answers for this person")) {
            (true, _) => "the person",
            (false, true) => "who follows them",
            (false, false) => "nobody",
        };
    let (mut opened, mut searched) = (Vec::new(), Vec::new());
    let own = browsers[at("medical institution")].clone();
    let elsewhere = browsers[at("another medical institution")].clone();
    let new = browsers[at("nurse of another center")].clone();
    for mut one in [old.clone(), own, third.clone(), elsewhere, new] {
        let page = one.gets(&format!("/cases/{case}")).await;
        opened.push(format!(
            "{}, {}",
            page.status,
            told(&page, page.status == 200)
        ));
        let page = one.posts("/search", &[("search", &id)]).await;
        let found = page.html.contains(&format!("/cases/{case}"));
        searched.push(told(&page, found));
        if !found && told(&page, found) == "nobody" {
            page.says("No case was found for this HER-SYS ID");
        }
    }
    let nobody = "01900000-0000-7000-8000-000000000000";
    let missing = third.gets(&format!("/cases/{nobody}")).await;
    let shown = third.gets(&format!("/cases/{case}")).await;
    let shown = shown.html.replace(case, nobody);
    assert_eq!(missing.html, shown, "as if there were no such case");
    let mut row = vec!["`/cases/{case}`", "GET", "Staff(SignedIn)"];
    row.extend(opened.iter().map(String::as_str));
    write_row(table, &row);
    let mut row = vec!["`/search` for the HER-SYS ID", "POST", "Staff(SeePersons)"];
    row.extend(searched);
    write_row(table, &row);
}

/// A case is offered to another center; tells the offer, and the name and the phone number that must stay with whoever
/// follows the person.
async fn offers(nurse: &mut Browser, case: &str, to: &str) -> (String, [String; 2]) {
    let between = |html: &str, before: &str, after: char| {
        let (_, rest) = html.split_once(before).unwrap();
        rest.split(after).next().unwrap().to_owned()
    };
    let person = nurse.gets(&format!("/cases/{case}")).await;
    let about = [
        between(&person.html, "<h1><bdi>", '<'),
        between(&person.html, "href=\"tel:", '"'),
    ];
    let path = format!("/cases/{case}/transfer");
    let form = nurse.gets(&path).await;
    let (before, _) = form.html.split_once(to).unwrap();
    let center = before.rsplit("<option value=\"").next().unwrap();
    let (key, center) = (form.hidden("key"), center.split('"').next().unwrap());
    let fields = [
        ("key", key.as_str()),
        ("center", center),
        ("transfer_note", "Her mother knows"),
    ];
    let offered = nurse.posts(&path, &fields).await;
    assert_eq!(offered.status, 303, "{}", offered.html);
    (key, about)
}

#[tokio::test]
async fn an_offer_that_was_answered_shows_the_person_to_whoever_follows_alone() {
    let house = House::new().await;
    let (mut old, mut new) = (house.nurse().await, house.nurse_of_another_center().await);
    for (id, answer) in [
        ("4826153", "accepted"),
        ("2960487", "refused"),
        ("9047316", "withdrawn"),
    ] {
        let case = house.case_of(id).await;
        reports(&mut old, &case).await;
        let (offer, about) = offers(&mut old, &case, "よその見本保健所").await;
        let page = format!("/transfers/{offer}");
        let open = new.gets(&page).await;
        about.iter().for_each(|told| open.says(told));
        let done = match answer {
            "accepted" => new.posts(&page, &[("answer", "accept")]).await,
            "refused" => {
                let words = [
                    ("answer", "refuse"),
                    ("answer_words", "Her street is yours"),
                ];
                new.posts(&page, &words).await
            }
            _ => old.posts(&format!("{page}/withdraw"), &[]).await,
        };
        assert_eq!(done.status, 303, "{}", done.html);
        let (follower, other) = match answer {
            "accepted" => (&mut new, &mut old),
            _ => (&mut old, &mut new),
        };
        let shown = follower.gets(&page).await;
        about.iter().for_each(|told| shown.says(told));
        assert_eq!(follower.gets(&format!("/cases/{case}")).await.status, 200);
        let gone = other.gets(&format!("/cases/{case}")).await;
        assert_eq!(gone.status, 404);
        if answer == "accepted" {
            // A bookmark: where the person is followed now, and nothing about who it is.
            gone.says("answers for this person now");
            about.iter().for_each(|told| gone.says_not(told));
        }
        let shown = other.gets(&page).await;
        assert_eq!(shown.status, 200, "{answer}");
        about.iter().for_each(|told| shown.says_not(told));
        for told in [
            "SpO2 88",
            "38.5 °C",
            "Her mother knows",
            "Her street",
            case.as_str(),
        ] {
            shown.says_not(told);
        }
        shown.says("answers for this person");
        let list = other.gets("/transfers").await;
        about.iter().for_each(|told| list.says_not(told));
        let again = other.posts(&page, &[("answer", "refuse"), ("answer_words", "Not ours")]);
        let again = again.await;
        about.iter().for_each(|told| again.says_not(told));
        if answer == "withdrawn" {
            // The reason that was typed meanwhile is not lost with the offer.
            again.says("has taken this offer back meanwhile");
            again.says("Not ours");
        }
    }
}
