//! The certificate of isolation on the pages: got by the person, printed by the center, checked by an employer.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use browser::{Browser, House, Page};

/// What stands between two words of a page.
fn between<'p>(page: &'p Page, before: &str, after: char) -> &'p str {
    let (_, rest) = page.html.split_once(before).unwrap();
    rest.split(after).next().unwrap()
}

/// The birthdate of somebody, as fields.
async fn born(nurse: &mut Browser, case: &str) -> [String; 3] {
    let form = nurse.gets(&format!("/cases/{case}/person")).await;
    let (_, field) = form.html.split_once("name=\"birthdate\"").unwrap();
    let (_, value) = field.split_once("value=\"").unwrap();
    let value = value.split('"').next().unwrap();
    let mut parts = value.split('-').map(str::to_owned);
    [(); 3].map(|()| parts.next().unwrap())
}

async fn checks(browser: &mut Browser, code: &str, born: &[String; 3]) -> Page {
    let form = [
        ("code", code),
        ("birth_year", &born[0]),
        ("birth_month", &born[1]),
        ("birth_day", &born[2]),
    ];
    browser.posts("/certificate/check", &form).await
}

#[tokio::test]
async fn an_employer_checks_what_a_person_shows() {
    let house = House::new().await;
    let (mut family, mut nurse) = (house.family().await, house.nurse().await);
    let hanako = house.case_of("4826153").await;
    let path = format!("/certificates/{hanako}");
    family.gets("/").await.says(&path);
    let before = family.gets(&path).await;
    before.says("療養証明書");
    before.says("Not decided yet: on 23 November 2026 the isolation was not over");
    before.says("Issue the certificate");
    before.says_not("paper.pdf");
    let whose = before.hidden("whose");
    let issued = family.posts(&path, &[("whose", &whose)]).await;
    assert_eq!(issued.to, path);
    let shown = family.gets(&path).await;
    let code = between(&shown, "<strong class=\"id\">", '<').to_owned();
    assert_eq!(code.len(), 14, "{code}");
    let paper = family.gets(&shown.link_that_ends_with("/paper.pdf")).await;
    assert!(paper.html.starts_with("%PDF-"));

    let born = born(&mut nurse, &hanako).await;
    let mut employer = house.portal();
    let found = checks(&mut employer, &code.to_lowercase(), &born).await;
    found.says("This certificate is genuine");
    found.says("COVID-19");
    found.says("Not decided yet");
    found.says_not("Hanako");
    assert!(!found.to.contains("again="), "it is not kept");
    let other = ["1955".to_owned(), born[1].clone(), born[2].clone()];
    let wrong = checks(&mut employer, &code, &other).await;
    wrong.says("There is no certificate with this code and this birthdate");
    let no_code = checks(&mut employer, "0000-0000-0000", &born).await;
    no_code.says("There is no certificate with this code and this birthdate");
    let no_code = checks(&mut employer, "12", &born).await;
    no_code.says("A code has 12 letters and digits");

    // The center prints it, too, in the other language, and sees both.
    let page = nurse.gets(&format!("/cases/{hanako}")).await;
    let console = format!("/cases/{hanako}/certificate");
    page.says(&console);
    let key = nurse.gets(&console).await.hidden("key");
    let form = [("key", key.as_str()), ("language", "ja")];
    let printed = nurse.posts(&console, &form).await;
    // The page knows of it at once, and leads to the paper.
    let known = nurse.gets(&printed.to).await;
    known.says("It is issued.");
    let paper = known.link_that_ends_with("/paper.pdf");
    assert!(nurse.gets(&paper).await.html.starts_with("%PDF-"));
    let list = nurse.gets(&console).await;
    list.says("by the person in My HER-SYS");
    list.says("Says what stands");

    // Released: the first paper is of a state that is over.
    let release = format!("/cases/{hanako}/release");
    let version = nurse.gets(&release).await.hidden("version");
    let fields = [
        ("version", version.as_str()),
        ("improved_at", "2026-11-20T08:00"),
        ("reason", "No fever for three days"),
        ("release", "1"),
    ];
    let done = nurse.posts(&release, &fields).await;
    assert!(done.to.contains("done=followed"), "{}", done.html);
    let newer = checks(&mut employer, &code, &born).await;
    newer.says("There is a newer state");
    newer.says_not("COVID-19");
    family.gets(&path).await.says("Issue the certificate");
    nurse
        .gets(&console)
        .await
        .says("The record says something else since");
}

#[tokio::test]
async fn a_japanese_page_has_the_official_words() {
    let house = House::new().await;
    let mut family = house.family().await;
    let hanako = house.case_of("4826153").await;
    let page = family
        .gets(&format!("/certificates/{hanako}?lang=ja"))
        .await;
    for word in [
        "療養証明書",
        "氏名",
        "生年月日",
        "傷病名",
        "診断年月日",
        "療養開始日",
        "療養終了日",
        "担当保健所",
        "新型コロナウイルス感染症",
    ] {
        page.says(word);
    }
    let foreign = house.case_of("2960487").await;
    let none = family.gets(&format!("/certificates/{foreign}")).await;
    assert_eq!(none.status, 404);
}
