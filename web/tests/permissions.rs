//! Who may do what: every route, tried as each kind of person, against the table in `docs/permissions.md`. A route
//! without a row fails. `HERSYS_WRITE_PERMISSIONS=1` writes the table anew; the change of rights is then a line in a diff.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use browser::{Browser, House};
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

/// An address of a route about a case and one of its reports.
fn about(path: &str, case: &str, report: &str) -> String {
    path.replace("{member}", case)
        .replace("{case}", case)
        .replace("{report}", report)
        .replace("{task}", report)
}

/// The first report that stands in a member's history.
async fn report_of(family: &mut Browser, case: &str) -> String {
    let history = family.gets(&format!("/history?member={case}")).await;
    let (_, rest) = history.html.split_once("id=\"r-").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_says() {
    let house = House::new().await;
    let (own, other) = (
        house.case_of("4826153").await,
        house.case_of("2960487").await,
    );
    let report = report_of(&mut house.family().await, &own).await;
    let mut table = String::from(
        "# Who may do what\n\nWritten by a test (`web/tests/permissions.rs`), which tries each route with an empty form. \
         A foreign person looks exactly like one\nthat does not exist: 404. 303 leads on, 200 shows a page (or the form \
         again, with what is missing).\n",
    );
    let sites = [
        (
            "portal",
            ["visitor", "family, own member", "family, somebody else"],
        ),
        (
            "console",
            ["visitor", "nurse, own center", "nurse, another center"],
        ),
    ];
    for (site, people) in sites {
        let row = |cells: [&str; 6]| format!("| {} |\n", cells.join(" | "));
        let [a, b, c] = people;
        write!(
            table,
            "\n## {site}\n\n{}",
            row(["route", "", "policy", a, b, c])
        )
        .unwrap();
        table.push_str("|---|---|---|---|---|---|\n");
        for (_, route) in web::table().iter().filter(|(s, _)| *s == site) {
            let (method, path) = (route.method.as_str(), route.path);
            let (mine, foreign) = (about(path, &own, &report), about(path, &other, &report));
            let cells = if site == "portal" {
                [
                    answer(&mut house.portal(), false, method, &mine).await,
                    answer(&mut house.family().await, true, method, &mine).await,
                    answer(&mut house.family().await, true, method, &foreign).await,
                ]
            } else {
                [
                    answer(&mut house.console(), false, method, &mine).await,
                    answer(&mut house.nurse().await, true, method, &mine).await,
                    answer(
                        &mut house.nurse_of_another_center().await,
                        true,
                        method,
                        &mine,
                    )
                    .await,
                ]
            };
            let policy = format!("{:?}", route.policy);
            let [a, b, c] = &cells;
            table.push_str(&row([&format!("`{path}`"), method, &policy, a, b, c]));
            // What no table may say, however it is written.
            if policy != "Public" {
                assert_eq!(cells[0], "sign in", "{method} {path} lets a visitor in");
            }
            if path.contains("{member}") || path.contains("{case}") {
                assert_eq!(cells[2], "404", "{method} {path} shows a foreign person");
            }
        }
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
    assert_eq!(committed, table, "docs/permissions.md says something else");
}
