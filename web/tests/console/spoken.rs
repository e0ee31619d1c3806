//! A form is read in another language: nothing that was typed, ticked or chosen is lost by that.

use crate::browser::House;
use app::case_import::HEADER;

#[tokio::test]
async fn what_was_typed_of_a_case_stands_in_the_other_language() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let form = nurse.gets("/cases/new").await;
    form.says("form=\"case\" name=\"switch_language\" value=\"ja\"");
    let key = form.hidden("key");
    let typed = [
        ("key", key.as_str()),
        ("name", "見本 新太"),
        ("birthdate", "2099-01-01"),
        ("phone", "03-1111-2222"),
        ("language", "ja"),
        ("diagnosed_on", ""),
    ];
    let wrong = nurse.posts("/cases/new", &typed).await;
    wrong.says("form=\"case\" name=\"switch_language\" value=\"ja\"");
    let switch = [&typed[..], &[("switch_language", "ja")]].concat();
    let japanese = nurse.posts("/cases/new", &switch).await;
    japanese.says("<html lang=\"ja\"");
    japanese.says("value=\"見本 新太\"");
    japanese.says("value=\"2099-01-01\"");
    assert_eq!(japanese.hidden("key"), key);
    // The next page is in it, too.
    nurse.gets("/cases").await.says("<html lang=\"ja\"");
}

#[tokio::test]
async fn whoever_may_be_the_same_person_leads_back_to_what_was_typed_in_the_other_language() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let typed = [
        ("key", "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c51"),
        ("name", "見本 冬"),
        ("birthdate", "1950-01-02"),
        ("phone", "03-1111-2222"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-22"),
    ];
    let first = nurse.posts("/cases/new", &typed).await;
    assert!(first.to.contains("registered"), "{}", first.html);
    let mut again = typed.to_vec();
    again[0] = ("key", "0192f0c4-7d3e-7c1a-8a55-3a4a5f3b1c52");
    let alike = nurse.posts("/cases/new", &again).await;
    alike.says("Is it one of these people?");
    alike.says("form=\"change\" name=\"switch_language\" value=\"ja\"");
    again.extend([("change", "1"), ("switch_language", "ja")]);
    let form = nurse.asks("/cases/new", &again).await;
    // As all pages that answer a form it has an address: whoever comes back to it finds what was typed.
    assert!(form.to.contains("again="), "{}", form.to);
    let form = nurse.gets(&form.to).await;
    form.says("<html lang=\"ja\"");
    form.says("value=\"見本 冬\"");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_looked_at_is_shown_in_the_other_language_with_its_ticks() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let row = "見本 九子,,,1980-05-09,09011110009,ja,2026-11-20,,,,";
    let file = [HEADER.join(",").as_str(), row, row].join("\n");
    let page = nurse.uploads_file("/import", file.as_bytes()).await;
    page.says("form=\"import\" name=\"switch_language\" value=\"ja\"");
    let path = page.form_that_begins_with("/import/");
    let ticked = [("meant_3", "1"), ("switch_language", "ja")];
    let japanese = nurse.posts(&path, &ticked).await;
    japanese.says("<html lang=\"ja\"");
    japanese.says("2行目と同じ。");
    japanese.says("name=\"meant_3\" value=\"1\" checked");
    // Nothing was imported by that.
    assert_eq!(nurse.gets(&path).await.status, 404);
    let back = nurse.posts(&path, &[("switch_language", "en")]).await;
    back.says("Same as line 2.");
    back.says_not("value=\"1\" checked");
    assert_eq!(nurse.posts(&path, &[("meant_3", "1")]).await.to, path);
    nurse.gets(&path).await.says("2 cases are registered");
    // Afterwards there is nothing to be looked at any more: what became of it is shown.
    let late = nurse.posts(&path, &[("switch_language", "en")]).await;
    assert_eq!(late.to, path);
}
