//! Who may do what: every route, tried as each kind of person and each role, from its own and from a foreign
//! jurisdiction, against the table in `docs/permissions.md`. A route without a row fails. `HERSYS_WRITE_PERMISSIONS=1`
//! writes the table anew; the change of rights is then a line in a diff.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "../support/browser.rs"]
mod browser;
mod given_away;
mod people;
mod things;

use browser::{Browser, House};
use domain::staff_role::Right;
use given_away::given_away;
use people::{About, people};
use std::fmt::Write as _;
use std::path::Path;
use things::{Things, certifies, drafts, requests};

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

const HEAD: &str = "# Who may do what\n\nWritten by a test (`web/tests/permissions`), which tries each route with an \
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
