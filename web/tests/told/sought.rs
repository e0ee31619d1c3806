//! An old brochure, a second illness, a request, a language, the end of a list.

use crate::browser::House;
use crate::releases;

#[tokio::test]
async fn an_id_that_was_taken_back_says_where_it_led() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("6154290").await;
    let path = format!("/cases/{case}/hersys-id");
    let shown = nurse.gets(&path).await;
    let (version, seen) = (shown.hidden("version"), shown.hidden("seen"));
    let form = [
        ("version", version.as_str()),
        ("seen", seen.as_str()),
        ("reason", "sent to a wrong number"),
    ];
    let done = nurse.posts(&path, &form).await;
    assert!(done.to.ends_with("?done=reissued"), "{}", done.html);
    let found = nurse.posts("/search", &[("search", "6154290")]).await;
    found.says("6154290 was taken back on 23 November 2026");
    found.says(&format!("/cases/{case}\""));
    // Another center learns nothing, not even that it was one.
    let mut other = house.nurse_of_another_center().await;
    let found = other.posts("/search", &[("search", "6154290")]).await;
    found.says_not("taken back");
    found.says_not(&case);
}

#[tokio::test]
async fn a_word_that_was_typed_stays_when_the_page_is_read_in_another_language() {
    let house = House::new().await;
    let mut family = house.family().await;
    let case = house.case_of("4826153").await;
    let history = family.gets(&format!("/history?member={case}")).await;
    let wrong = history.link_that_ends_with("/wrong");
    let typed = [("why", "37.0 it was"), ("switch_language", "ja")];
    let page = family.posts(&wrong, &typed).await;
    page.says("間違い");
    page.says("37.0 it was");
    page.says_not("There is a problem");
    // Nothing was done yet: the same word is sent now.
    let marked = family.posts(&wrong, &[("why", "37.0 it was")]).await;
    assert!(marked.to.starts_with("/history?member="), "{}", marked.html);
}

#[tokio::test]
async fn of_somebody_who_is_ill_again_the_open_illness_is_asked_for() {
    let house = House::new().await;
    let (mut nurse, mut family) = (house.nurse().await, house.family().await);
    let hanako = house.case_of("4826153").await;
    let taro = house.case_of("7391604").await;
    releases(&mut nurse, &hanako).await;
    // She is over it and her brother is not: he stands first.
    let form = family.gets("/reports/new").await;
    let place = |id: &str| form.html.find(&format!("<option value=\"{id}\"")).unwrap();
    assert!(place(&taro) < place(&hanako));
}

#[tokio::test]
async fn a_request_may_end_on_its_first_day_and_not_before() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    let path = format!("/cases/{case}/requests/new");
    let form = nurse.gets(&path).await;
    let (key, from) = (form.hidden("key"), "2026-11-24");
    let asks = |to| {
        [
            ("key", key.clone()),
            ("report", "1".to_owned()),
            ("from", from.to_owned()),
            ("to", to),
            ("reasons", "The fever rises".to_owned()),
        ]
    };
    for (to, is_fine) in [("2026-11-23", false), (from, true)] {
        let fields = asks(to.to_owned());
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let told = nurse.posts(&path, &fields).await;
        let sentence = "Choose the first day or a later one, at most 60 days after it";
        assert_eq!(!told.html.contains(sentence), is_fine, "{}", told.html);
        told.says("The fever rises");
    }
}

#[tokio::test]
async fn beyond_the_end_of_a_list_its_last_page_is_shown() {
    let house = House::new().await;
    house.family().await;
    house.case_of("4826153").await;
    let mut nurse = house.nurse().await;
    assert_eq!(nurse.gets("/cases?page=9999").await.to, "/cases?page=1");
    let list = nurse.gets("/?list=all&page=4").await;
    list.says("4826153");
}
