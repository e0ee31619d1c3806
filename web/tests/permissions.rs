//! Who may do what: every route, tried as each kind of person and each role, from its own and from a foreign
//! jurisdiction, against the table in `docs/permissions.md`. A route without a row fails. `HERSYS_WRITE_PERMISSIONS=1`
//! writes the table anew; the change of rights is then a line in a diff.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use app::health_center::Contact;
use app::jurisdiction::{AddPlace, Place};
use app::staff::NewStaff;
use browser::{Browser, House};
use domain::ids::JurisdictionId;
use domain::staff_role::{JurisdictionKind, StaffRole};
use std::fmt::Write as _;
use std::path::Path;

/// What a route answers: a status, or the way to sign in.
async fn answer(visitor: &mut Browser, signed_in: bool, method: &str, path: &str) -> String {
    let page = match method {
        "GET" => visitor.gets(path).await,
        _ => visitor.posts(path, &[]).await,
    };
    if page.to.starts_with("/sign-in") && !(signed_in && path == "/sign-out") {
        "sign in".to_owned()
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
    empty form. A foreign person looks exactly like one\nthat does not exist: 404. 403 is what the role may not do. 303 \
    leads on, 200 shows a page (or the form again, with what is\nmissing).\n";

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

async fn portal(house: &House, table: &mut String, own: &str, other: &str, report: &str) {
    let people = ["visitor", "family, own member", "family, somebody else"];
    write_head(table, "portal", &people);
    let about = |path: &str, case: &str| {
        path.replace("{member}", case)
            .replace("{report}", report)
            .replace("{request}", report)
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
            assert_eq!(cells[0], "sign in", "{method} {path} lets a visitor in");
        }
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

/// Somebody of the console: the words above the column, the address to sign in with, whether the case is theirs.
struct Someone {
    column: &'static str,
    email: &'static str,
    role: StaffRole,
    place: JurisdictionId,
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
    let clinic = add(
        house,
        center,
        JurisdictionKind::MedicalInstitution,
        "Sample Clinic",
    )
    .await;
    let elsewhere = add(house, nation, JurisdictionKind::Prefecture, "Elsewhere").await;
    let other = desk
        .add_center("よその見本保健所", Contact::default())
        .await
        .unwrap();
    let someone = |column, email, role, place, reaches| Someone {
        column,
        email,
        role,
        place,
        reaches,
    };
    use StaffRole::*;
    vec![
        someone("analyst", "analyst@s.example", Analyst, nation.id, false),
        someone(
            "prefecture officer",
            "officer@s.example",
            PrefectureOfficer,
            prefecture.id,
            true,
        ),
        someone(
            "administrator",
            "admin@s.example",
            Administrator,
            center.id,
            true,
        ),
        someone("nurse", "nurse@s.example", Nurse, center.id, true),
        someone("clerk", "clerk@s.example", Clerk, center.id, true),
        someone(
            "medical institution",
            "clinic@s.example",
            MedicalInstitution,
            clinic.id,
            false,
        ),
        someone(
            "contractor",
            "contractor@s.example",
            Contractor,
            center.id,
            false,
        ),
        someone(
            "administrator of another center",
            "other-admin@s.example",
            Administrator,
            NewStaff::place_of(other.id),
            false,
        ),
        someone(
            "officer of another prefecture",
            "other-officer@s.example",
            PrefectureOfficer,
            elsewhere.id,
            false,
        ),
    ]
}

/// What stands at the center for the routes to be about.
struct Things {
    case: String,
    report: String,
    alert: String,
    transfer: String,
    staff: String,
    notification: String,
    request: String,
}

impl Things {
    /// A nurse writes down an alarming report, offers the case to a third center, and hires somebody.
    async fn make(house: &House, case: &str, report: &str, center: JurisdictionId) -> Things {
        let mut nurse = house.nurse().await;
        let form = nurse.gets(&format!("/cases/{case}/reports/new")).await;
        let mut fields = vec![
            ("key".to_owned(), form.hidden("key")),
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
        let sent = nurse
            .posts(&format!("/cases/{case}/reports/new"), &fields)
            .await;
        assert_eq!(sent.status, 303, "{}", sent.html);
        let list = nurse.gets("/").await;
        let take = list.form_that_begins_with("/alerts/");
        let third = house
            .app()
            .system_desk()
            .add_center("三つ目の見本保健所", Contact::default())
            .await
            .unwrap();
        let page = nurse.gets(&format!("/cases/{case}/transfer")).await;
        let (key, to) = (page.hidden("key"), third.id.to_string());
        let offer = [
            ("key", key.as_str()),
            ("center", to.as_str()),
            ("transfer_note", "moved"),
        ];
        let offered = nurse
            .posts(&format!("/cases/{case}/transfer"), &offer)
            .await;
        assert_eq!(offered.status, 303, "{}", offered.html);
        house
            .hires("victim@s.example", StaffRole::Nurse, center)
            .await;
        let staff = nurse.gets("/staff").await;
        let (_, rest) = staff.html.split_once("victim@s.example").unwrap();
        let (_, rest) = rest.split_once("action=\"/staff/").unwrap();
        let form = nurse.gets("/notifications/new").await;
        let notification = form.hidden("key");
        let answers = [
            ("key", notification.as_str()),
            ("looked", "1"),
            ("n_name", "見本 一郎"),
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
        ];
        let entered = nurse.posts("/notifications/new", &answers).await;
        assert_eq!(entered.status, 303, "{}", entered.html);
        let form = nurse.gets(&format!("/cases/{case}/requests/new")).await;
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
        let issued = nurse
            .posts(&format!("/cases/{case}/requests/new"), &asked)
            .await;
        assert_eq!(issued.status, 303, "{}", issued.html);
        Things {
            request,
            notification,
            case: case.to_owned(),
            report: report.to_owned(),
            alert: take.split('/').nth(2).unwrap().to_owned(),
            transfer: key,
            staff: rest.split('"').next().unwrap().to_owned(),
        }
    }

    fn about(&self, path: &str) -> String {
        path.replace("{case}", &self.case)
            .replace("{report}", &self.report)
            .replace("{alert}", &self.alert)
            .replace("{transfer}", &self.transfer)
            .replace("{staff}", &self.staff)
            .replace("{task}", &self.report)
            .replace("{notification}", &self.notification)
            .replace("{request}", &self.request)
            .replace("{token}", "no-such-link")
            .replace("{draft}", &self.report)
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
    let mut table = String::from(HEAD);
    portal(&house, &mut table, &own, &other, &report).await;

    let people = people(&house).await;
    let things = Things::make(&house, &own, &report, people[2].place).await;
    let mut browsers = Vec::new();
    for one in &people {
        browsers.push(house.hires(one.email, one.role, one.place).await);
    }
    let mut columns = vec!["visitor"];
    columns.extend(people.iter().map(|one| one.column));
    write_head(&mut table, "console", &columns);
    for (_, route) in web::table().iter().filter(|(site, _)| *site == "console") {
        let (method, path) = (route.method.as_str(), route.path);
        let about = things.about(path);
        let mut cells = vec![answer(&mut house.console(), false, method, &about).await];
        for (one, browser) in people.iter().zip(&mut browsers) {
            cells.push(answer(browser, true, method, &about).await);
            if path == "/sign-out" || path == "/sign-in" {
                *browser = house.staff(one.email).await;
            }
        }
        let policy = format!("{:?}", route.policy);
        // What no table may say, however it is written.
        if policy != "Public" {
            assert_eq!(cells[0], "sign in", "{method} {path} lets a visitor in");
        }
        for (one, cell) in people.iter().zip(&cells[1..]) {
            let about_somebody = [
                "{case}",
                "{alert}",
                "{transfer}",
                "{staff}",
                "{notification}",
            ];
            if about_somebody.iter().any(|part| path.contains(part)) && !one.reaches {
                // A form's address without its form leads back to a list, whatever it names.
                let nothing = ["403", "404"].contains(&cell.as_str())
                    || cell == "303" && (method == "GET" || path.starts_with("/alerts/"));
                assert!(nothing, "{method} {path} as {}: {cell}", one.column);
            }
        }
        let path = format!("`{path}`");
        let mut row = vec![path.as_str(), method, policy.as_str()];
        row.extend(cells.iter().map(String::as_str));
        write_row(&mut table, &row);
    }

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
