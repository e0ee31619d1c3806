//! A large file at the console: its page tells how far it has come, goes on with what has stopped, and says in the end
//! what became of it.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;

use app::StaffDesk;
use app::case_import::{HEADER, ImportDraft, ImportWork, Meant};
use app::monitoring::{Decide, TypedDecision};
use app::staff::NewStaff;
use browser::{Browser, House};
use domain::ids::CaseId;
use domain::language::Language;
use domain::staff_role::StaffRole;
use std::time::Duration;
use uuid::Uuid;

const NURSE: &str = "nurse@sample.example";

/// A file of 1,200 people that the nurse has looked at. The first has an ID, and the third is named once more at the end.
async fn looked_at(desk: &StaffDesk) -> Uuid {
    let mut file = HEADER.join(",");
    for at in (0..1_199).chain([2]) {
        let id = if at == 0 { "2000000" } else { "" };
        file.push_str(&format!(
            "\nPerson {at},,,1970-01-02,0312{at:06},en,2026-11-20,,,,{id}"
        ));
    }
    let looked = desk.look_at_import(file.as_bytes(), Language::En).await;
    looked.unwrap().unwrap().0
}

async fn begun(desk: &StaffDesk, draft: Uuid) -> ImportWork {
    match desk.import(draft, Meant::All, Language::En).await.unwrap() {
        ImportDraft::Begun(work) => *work,
        _ => panic!("not begun"),
    }
}

/// The page once all is imported.
async fn once_done(nurse: &mut Browser, path: &str) -> browser::Page {
    for _ in 0..600 {
        let page = nurse.gets(path).await;
        if page.again.is_empty() {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it takes more than a minute");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_is_imported_behind_a_page_that_looks_again() {
    let house = House::new().await;
    let desk = house.desk(NURSE).await;
    let path = format!("/import/{}", looked_at(&desk).await);
    let mut nurse = house.nurse().await;
    assert_eq!(nurse.gets(&path).await.status, 404, "nobody has asked yet");
    let pressed = nurse.posts(&path, &[]).await;
    assert_eq!((pressed.status, pressed.to.as_str()), (303, path.as_str()));
    let page = once_done(&mut nurse, &path).await;
    page.says("1199 cases are registered");
    page.says_not("not imported");
    page.says("One row was left out, because its person may be registered already: line 1201.");
    page.says("Part 3 of 3");
    // None of them has a mobile phone: each is named with the number that is called, and stands on a paper for visits.
    let invite = nurse.gets(&format!("{path}/invite")).await;
    invite.says("1199 people are sent nothing.");
    assert_eq!(invite.html.matches(">Person ").count(), 1_199);
    invite.says("href=\"tel:");
    invite.says("Print for visits (1–300)");
    invite.says("Print for visits (901–1199)");
    let boxes: Vec<&str> = invite.html.split("name=\"pick.").skip(1).collect();
    assert_eq!(boxes.len(), 1_199);
    let names: Vec<String> = (boxes[..300].iter())
        .map(|rest| format!("pick.{}", rest.split('"').next().unwrap()))
        .collect();
    let form: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "nobody")).collect();
    let paper = nurse.posts("/worklist/paper", &form).await;
    paper.says("300 people whom you chose");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_stopped_is_gone_on_with_and_what_was_not_imported_is_named() {
    let house = House::new().await;
    let desk = house.desk(NURSE).await;
    let draft = looked_at(&desk).await;
    let path = format!("/import/{draft}");
    let mut nurse = house.nurse().await;
    let work = begun(&desk, draft).await;
    // Another list gives the ID meanwhile.
    let center = house.app().system_desk().health_centers().await.unwrap()[0].id;
    let row = "Other,,,1980-01-02,0399999999,en,2026-11-20,,,,2000000";
    let other = format!("{}\n{row}\n", HEADER.join(","));
    let given = house.app().system_desk();
    let given = given.import(other.as_bytes(), center).await.unwrap();
    assert!(given.is_ok());

    let works = nurse.gets(&path).await;
    assert_eq!(works.again, "3");
    works.says("0 of 1,200 cases are imported");
    let still = nurse.gets(&format!("{path}?still=1")).await;
    assert_eq!(still.again, "", "for whoever reads it in peace");
    still.says("Show the latest number");
    for part in ["/invite", "/brochures.pdf"] {
        let early = nurse.gets(&format!("{path}{part}")).await;
        assert_eq!(early.status, 404, "{part} before all is imported");
    }
    // The house is asked to stop at once.
    work.run(|| true).await;
    let stopped = nurse.gets(&path).await;
    assert_eq!(stopped.again, "");
    stopped.says("The import has stopped");
    stopped.says("Go on");
    assert_eq!(nurse.posts(&path, &[]).await.to, path);
    let page = once_done(&mut nurse, &path).await;
    page.says("1199 cases are registered");
    page.says("1 row was not imported; all others are");
    page.says("Line 2, hersys_id");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_workbook_is_offered_and_a_name_that_is_none_is_marked() {
    let house = House::new().await;
    let desk = house.desk(NURSE).await;
    let mut nurse = house.nurse().await;
    nurse.gets("/import").await.says("/import/template.xlsx");
    assert_eq!(nurse.gets("/import/template.xlsx").await.status, 200);
    let empty = desk.import_template(Language::En).unwrap();
    let page = nurse.uploads_file("/import", &empty).await;
    page.says("a header and no rows");
    let file = format!(
        "{}\n不明,,,1970-01-02,0312000001,ja,2026-11-20,,,,\n",
        HEADER.join(",")
    );
    let page = nurse.uploads_file("/import", file.as_bytes()).await;
    page.says("look as if they were not known");
    page.says("Line 2 – 不明");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_without_a_phone_are_told_before_they_are_imported() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let file = format!(
        "{}\n見本 一人,,,1970-01-02,,ja,2026-11-20,,,,\n",
        HEADER.join(",")
    );
    let page = nurse.uploads_file("/import", file.as_bytes()).await;
    page.says("1 person has no phone number");
    page.says("Line 2 – 見本 一人");
    page.says("<td>No phone</td>");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_imported_by_one_and_has_no_phone_is_printed_for_a_visit_by_another() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let desk = house.desk(NURSE).await;
    let center = NewStaff::place_of(desk.health_center().await.unwrap().id);
    let mut clerk = house
        .hires("clerk@s.example", StaffRole::Clerk, center)
        .await;
    let mut elsewhere = house.nurse_of_another_center().await;
    let file = format!(
        "{}\n見本 一人,,,1970-01-02,,ja,2026-11-20,,,,\n",
        HEADER.join(",")
    );
    let looked = house.desk("clerk@s.example").await;
    let looked = looked.look_at_import(file.as_bytes(), Language::En).await;
    let (draft, _) = looked.unwrap().unwrap();
    let path = format!("/import/{draft}");
    // What a colleague has looked at, and nothing more, is theirs.
    assert_eq!(nurse.posts(&path, &[]).await.status, 404);
    assert_eq!(clerk.posts(&path, &[]).await.to, path);

    let invite = format!("{path}/invite");
    let shown = clerk.gets(&invite).await;
    let done = clerk.posts(&invite, &[]).await;
    shown.says("1 person is sent nothing.");
    for page in [&shown, &done] {
        page.says("見本 一人");
        page.says("A colleague who follows people prints them for visits");
        // Handed on as it stands there, it leads to this console.
        let whole = format!("http://127.0.0.1:8081{invite}");
        page.says(&format!("<a href=\"{invite}\">{whole}</a>"));
        page.says_not("action=\"/worklist/paper\"");
    }
    shown.says("<h1>Invite all of them</h1>");
    done.says("<h1>What was sent</h1>");
    done.says("Back to what was imported");

    let hers = nurse.gets(&invite).await;
    hers.says("見本 一人");
    hers.says("action=\"/worklist/paper\"");
    hers.says_not("A colleague who follows people");
    nurse.gets(&path).await.says("見本 一人");
    for path in [&path, &invite] {
        assert_eq!(elsewhere.gets(path).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_of_a_list_tells_how_many_more_there_are() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let contact = [
        ("phone", "03-1111-2222"),
        ("hours_en", "always"),
        ("name_en", "Minato Center"),
    ];
    let saved = nurse.posts("/center", &contact).await;
    assert_eq!(saved.to, "/center?done=saved");
    // An office has put the center's number for everybody without a phone; neither do they have a name, and they fell ill
    // after they were diagnosed.
    let rows = (0..92).map(|at| {
        let year = 1930 + at;
        format!("\n不明,,,{year}-01-02,０３−１１１１−２２２２,ja,2026-11-20,2026-11-21,,,")
    });
    let file: String = std::iter::once(HEADER.join(",")).chain(rows).collect();
    let page = nurse.uploads_file("/import", file.as_bytes()).await;
    page.says("92 people have the phone number of the health center itself");
    page.says("look as if they were not known");
    page.says("These days are unlikely");
    assert_eq!(page.html.matches("And 2 more.").count(), 3, "{}", page.html);
    let one = format!(
        "{}\n見本 一人,,,1970-01-02,03-1111-2222,ja,2026-11-20,,,,\n",
        HEADER.join(",")
    );
    let page = nurse.uploads_file("/import", one.as_bytes()).await;
    page.says("1 person has the phone number of the health center itself");
    page.says("Line 2 – 見本 一人");
}

/// Somebody who stands: the number and the case.
async fn stands(house: &House, desk: &StaffDesk, row: &str) -> (String, CaseId) {
    let system = house.app().system_desk();
    let center = system.health_centers().await.unwrap()[0].id;
    let file = format!("{}\n{row}\n", HEADER.join(","));
    let rows = system.import(file.as_bytes(), center).await.unwrap();
    let id = rows.unwrap()[0].fields[10].clone();
    let found = desk.case_by_number(&id).await.unwrap().unwrap();
    (id, found.member.case)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_whom_a_list_may_tell_once_more_the_preview_says_how_it_goes_with_them() {
    let house = House::new().await;
    let desk = house.desk(NURSE).await;
    let row =
        |name: &str, born: &str, phone: &str| format!("{name},,,{born},{phone},ja,2026-11-20,,,,");
    let died = row("見本 花", "1940-01-02", "09011110001");
    let (of_died, case) = stands(&house, &desk, &died).await;
    let following = desk.following_of(case).await.unwrap().unwrap();
    let decision = TypedDecision {
        status: "died".to_owned(),
        reason: "Told by phone".to_owned(),
        version: following.monitoring.version,
        ..TypedDecision::default()
    };
    let decided = desk.decide(case, &decision).await.unwrap();
    assert!(matches!(decided, Decide::Decided));
    let followed = row("試山 拓也", "1958-12-31", "09012346474");
    let (of_followed, other) = stands(&house, &desk, &followed).await;
    let mut nurse = house.nurse().await;
    let mistyped = followed.replace("1958-12-31", "1959-01-02");
    let file = [HEADER.join(","), died, mistyped].join("\n");
    let page = nurse.uploads_file("/import", file.as_bytes()).await;
    page.says(&format!("Stands as {of_died} – Died"));
    page.says(&format!(
        "May be the same person as {of_followed} – Is followed"
    ));
    page.says("the birthdate is another one");
    for case in [case, other] {
        page.says(&format!("<a href=\"/cases/{case}\" target=\"_blank\""));
    }
    // Nobody is meant: what became of the file says once more whom to look at.
    let path = page.html.split("action=\"/import/").nth(1).unwrap();
    let path = format!("/import/{}", path.split('"').next().unwrap());
    let done = nurse.posts(&path, &[]).await;
    assert_eq!(done.to, path);
    let done = nurse.gets(&path).await;
    done.says("2 rows were left out");
    for (line, name, case) in [(2, "見本 花", case), (3, "試山 拓也", other)] {
        let told = format!("<li>Line {line} – <bdi>{name}</bdi> – <a href=\"/cases/{case}\">");
        done.says(&told);
    }
    // Of whom the birthdate is another one, that is said here, too, and once.
    let why = "Name and phone number are the same, and the birthdate is another one";
    assert_eq!(done.html.matches(why).count(), 1, "{}", done.html);
    done.says("data-print");
    done.says(&format!("{of_died} – Died"));
    done.says(&format!("{of_followed} – Is followed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_line_that_is_like_an_earlier_one_is_told_with_why_it_was_left_out() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let row = |born: &str| format!("見本 九子,,,{born},09011110009,ja,2026-11-20,,,,");
    let (one, mistyped) = (row("1980-05-09"), row("1980-05-19"));
    let file = [
        HEADER.join(","),
        one.clone(),
        one,
        mistyped.clone(),
        mistyped,
    ]
    .join("\n");
    let page = nurse.uploads_file("/import", file.as_bytes()).await;
    page.says("Same as line 2.");
    page.says("Name and phone number are those of line 2, and the birthdate is another one");
    page.says("Same as line 4.");
    let path = page.html.split("action=\"/import/").nth(1).unwrap();
    let path = format!("/import/{}", path.split('"').next().unwrap());
    let done = nurse.posts(&path, &[]).await;
    assert_eq!(done.to, path);
    let done = nurse.gets(&path).await;
    done.says("3 rows were left out");
    let name = "<bdi>見本 九子</bdi>";
    done.says(&format!("<li>Line 3 – {name} – Same as line 2.</li>"));
    done.says(&format!(
        "<li>Line 4 – {name} – Name and phone number are those of line 2, and"
    ));
    done.says(&format!("<li>Line 5 – {name} – Same as line 4.</li>"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unlikely_days_of_a_list_are_ticked_before_it_is_imported() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let file = |days: &str| {
        let row = format!("見本 一人,,,1970-01-02,09011110001,ja,{days},,,");
        format!("{}\n{row}\n", HEADER.join(","))
    };
    let tick = "id=\"days-are-right\" required";
    let (odd, right) = (file("2024-11-01,2024-11-03"), file("2026-11-20,"));
    let page = nurse.uploads_file("/import", odd.as_bytes()).await;
    // Each on a line of its own: they are no sentences that could follow one another.
    page.says(
        "The diagnosis is more than two months ago. Check the year<br>The symptoms begin after",
    );
    page.says(tick);
    let page = nurse.uploads_file("/import", right.as_bytes()).await;
    page.says_not(tick);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_preview_shows_whatever_decides_who_is_written_to_and_visited() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let mut file = format!("{},email,address", HEADER.join(","));
    for at in 0..300 {
        file.push_str(&format!(
            "\nPerson {at},,,1970-01-02,0312{at:06},en,2026-11-20,,,,,own{at}@example.org,Sample Street {at}"
        ));
    }
    let page = nurse.uploads_file("/import", file.as_bytes()).await;
    // The last one is to be checked as well as the first.
    page.says("Sample Street 299");
    page.says("<td>o…@example.org</td>");
    page.says_not("own0@example.org");
    page.says("<td>English</td>");
    page.says_not("The table shows the first");
    let mut file = HEADER.join(",");
    for at in 0..1_005 {
        file.push_str(&format!(
            "\nPerson {at},,,1970-01-02,0312{at:06},en,2026-11-20,,,,"
        ));
    }
    let page = nurse.uploads_file("/import", file.as_bytes()).await;
    page.says("The table shows the first 1000 rows. Check the other 5 in the file");
    page.says_not("<th scope=\"col\">Address</th>");
}

#[tokio::test]
async fn where_a_file_is_cut_off_on_its_way_the_page_says_so() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let cut = nurse.uploads_half("/import", &HEADER.join(",")).await;
    cut.says("The file did not arrive whole");
    cut.says_not("at most 48 MiB");
    // None chosen is another thing.
    let none = nurse.uploads_file("/import", b"").await;
    none.says_not("The file did not arrive whole");
}
