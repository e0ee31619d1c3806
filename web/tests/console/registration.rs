//! A case is registered: nothing that was typed is lost, and nobody is registered twice.

use crate::browser::{Browser, House, Page};

const CASE: [(&str, &str); 6] = [
    ("name", "見本 新太"),
    ("name_latin", "Mihon Arata"),
    ("birthdate", "S30.4.1"),
    ("phone", "０９０-１２３４-９９９９"),
    ("diagnosed_on", "2026-11-22"),
    ("passport_number", "tk 123-4567"),
];

/// The form as it was shown, with what a nurse types over it.
async fn registers(nurse: &mut Browser, key: &str, over: &[(&str, &str)]) -> Page {
    let mut form: Vec<(&str, &str)> = vec![("key", key), ("language", "ja")];
    form.extend(
        CASE.iter()
            .filter(|(name, _)| !over.iter().any(|(n, _)| n == name)),
    );
    form.extend(over);
    nurse.posts("/cases/new", &form).await
}

#[tokio::test]
async fn nothing_typed_is_lost_and_nothing_is_registered_twice() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let key = nurse.gets("/cases/new").await.hidden("key");

    let wrong = registers(
        &mut nurse,
        &key,
        &[("birthdate", "2099-01-01"), ("diagnosed_on", "")],
    )
    .await;
    wrong.says("The birthdate is in the future");
    wrong.says("Date of diagnosis: Enter the date");
    wrong.says("value=\"見本 新太\"");
    wrong.says("value=\"tk 123-4567\"");
    assert_eq!(wrong.hidden("key"), key);

    let first = registers(&mut nurse, &key, &[]).await.to;
    assert!(first.ends_with("?done=registered"), "{first}");
    assert_eq!(registers(&mut nurse, &key, &[]).await.to, first);
    nurse.gets("/cases").await.says("9 cases");

    // The same form with somebody else's data is neither swallowed nor taken for a repetition.
    let other = registers(&mut nurse, &key, &[("name", "見本 別人")]).await;
    other.says("This form has already registered Mihon Arata");
    other.says("value=\"見本 別人\"");
    nurse.gets("/cases").await.says("9 cases");
    // The reading and the birthdate are those of the first: is it the same person?
    let key = other.hidden("key");
    let alike = registers(&mut nurse, &key, &[("name", "見本 別人")]).await;
    alike.says("Is it one of these people?");
    nurse.gets("/cases").await.says("9 cases");
    let another = [("name", "見本 別人"), ("another", "1")];
    let second = registers(&mut nurse, &key, &another).await.to;
    assert_ne!(second, first);
    nurse.gets("/cases").await.says("10 cases");

    let page = nurse.gets(&first).await;
    page.says("TK1234567");
    page.says("1 April 1955");
    page.says("09012349999");
}

#[tokio::test]
async fn a_refused_registration_tells_the_nurse_what_the_person_was_not_told() {
    let house = House::new().await;
    let (mut family, mut nurse) = (house.family().await, house.nurse().await);
    let typed = [
        ("name", "Sample Student"),
        ("birth_year", "2003"),
        ("birth_month", "4"),
        ("birth_day", "3"),
        ("phone", "09012345606"),
        ("hersys_id", "8273059"),
    ];
    family.posts("/attributes", &typed).await;
    let refused = family.posts("/attributes/check", &[]).await;
    refused.says("You could not be registered with these details");
    refused.says_not("differs");
    let worklist = nurse.gets("/").await;
    worklist.says("Registrations that failed <span class=\"count\">1</span>");
    let tasks = nurse.gets("/tasks").await;
    tasks.says("A registration was refused");
    tasks.says("The birthdate differs");
    tasks.says_not("The name differs");
    tasks.says("2003 4 3");
}

#[tokio::test]
async fn somebody_without_a_phone_is_registered_by_a_tick_and_pages_say_so_in_words() {
    let house = House::new().await;
    let (mut family, mut nurse) = (house.family().await, house.nurse().await);
    let key = nurse.gets("/cases/new").await.hidden("key");
    let forgotten = registers(&mut nurse, &key, &[("phone", " ")]).await;
    forgotten.says("Enter the phone number. If there is none, tick “Has no phone”");
    let both = registers(&mut nurse, &key, &[("no_phone", "yes")]).await;
    both.says("Delete the number, or take the tick away");
    both.says("name=\"no_phone\" value=\"yes\" checked");
    let none = [("phone", ""), ("no_phone", "yes")];
    let to = registers(&mut nurse, &key, &none).await.to;
    let case = to.split('?').next().unwrap().to_owned();
    // Sent twice, it is the same; the page of whom it may be keeps the choice.
    assert_eq!(registers(&mut nurse, &key, &none).await.to, to);
    let other = nurse.gets("/cases/new").await.hidden("key");
    let alike = registers(&mut nurse, &other, &none).await;
    alike.says("<dd>No phone</dd>");
    alike.says("name=\"no_phone\" value=\"yes\"");

    let page = nurse.gets(&case).await;
    page.says("No phone: visit");
    page.says("this person cannot sign up for My HER-SYS");
    page.says_not("class=\"phone\"");
    page.says_not(&format!("href=\"{case}/invite\""));
    let invite = nurse.gets(&format!("{case}/invite")).await;
    invite.says("without one nobody can sign up");
    invite.says_not("name=\"by\"");
    let list = nurse.gets("/?list=no-account").await;
    list.says("Mihon Arata");
    list.says("No phone: visit");
    let paper = nurse
        .posts("/worklist/paper", &[("list", "no-account")])
        .await;
    paper.says("No phone: visit");

    // The portal answers as for any mismatch, and the center reads why.
    let id = page.html.split("<span class=\"id\">").nth(1).unwrap();
    let id = id.split('<').next().unwrap().to_owned();
    let typed = [
        ("name", "Mihon Arata"),
        ("birth_year", "1955"),
        ("birth_month", "4"),
        ("birth_day", "1"),
        ("phone", "09012349999"),
        ("hersys_id", id.as_str()),
    ];
    family.posts("/attributes", &typed).await;
    let refused = family.posts("/attributes/check", &[]).await;
    refused.says("You could not be registered with these details");
    refused.says_not("phone number is registered");
    nurse
        .gets("/tasks")
        .await
        .says("No phone number is registered, so nobody can sign up for this person.");

    // The form for a correction begins with the tick, and a number takes it away.
    let form = nurse.gets(&format!("{case}/person")).await;
    form.says("name=\"no_phone\" value=\"yes\" checked");
}

#[tokio::test]
async fn people_of_one_name_are_told_apart_before_a_record_is_opened() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let key = nurse.gets("/cases/new").await.hidden("key");
    let first = registers(&mut nurse, &key, &[("name_kana", "ミホン アラタ")])
        .await
        .to;
    let key = nurse.gets("/cases/new").await.hidden("key");
    let baby = [("birthdate", "2026-08-01"), ("phone", "09012348888")];
    registers(&mut nurse, &key, &baby).await;
    let found = nurse.posts("/search", &[("search", "見本新太")]).await;
    for words in [
        "ミホン アラタ",
        "71 years, born 1 April 1955",
        "3 months, born 1 August 2026",
    ] {
        found.says(words);
    }
    nurse.gets("/?list=all").await.says("3 months · ");
    // And whoever phones is asked for what stands beside the name, or found by it; at their own center only.
    nurse.gets(&first).await.says("71 years, born 1 April 1955");
    let found = nurse.posts("/search", &[("search", "S30.4.1")]).await;
    found.says("ミホン アラタ");
    let mut other = house.nurse_of_another_center().await;
    let found = other.posts("/search", &[("search", "S30.4.1")]).await;
    found.says("No case was found");
    let slip = nurse.posts("/search", &[("search", "7654321")]).await;
    slip.says("No case was found for this HER-SYS ID. One digit may be wrong");
}

#[tokio::test]
async fn somebody_who_is_registered_is_no_second_case_by_one_press() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let key = nurse.gets("/cases/new").await.hidden("key");
    let first = registers(&mut nurse, &key, &[]).await.to;
    let record = first.split('?').next().unwrap();

    // The same fax again: what comes first is the record that stands.
    let key = nurse.gets("/cases/new").await.hidden("key");
    let alike = registers(&mut nurse, &key, &[]).await;
    let from = alike.html.find("<article").unwrap();
    let (typed, standing) = alike.html.split_at(from);
    assert!(
        typed.contains("22 November 2026"),
        "the day of the illness is compared"
    );
    for side in [typed, standing] {
        assert!(side.contains("<dt>Date of onset"), "{side}");
    }
    assert!(typed.contains("<button class=\"secondary\">It is another person"));
    let open = standing
        .find(&format!("<a class=\"button\" href=\"{record}\""))
        .unwrap();
    let further = standing.find("register a further illness").unwrap();
    assert!(open < further);
    // While the first illness is followed, a further one is said in so many words.
    assert!(standing[open..further].contains("required"), "{standing}");
    // Looked for as a double without an ID: that is what is missing, and no record.
    let merge = format!("{record}/merge");
    let nothing = nurse.posts(&merge, &[("hersys_id", " ")]).await;
    nothing.says("Enter the HER-SYS ID");
    let unknown = nurse.posts(&merge, &[("hersys_id", "7654321")]).await;
    unknown.says("No other record at your center has this HER-SYS ID");
}

#[tokio::test]
async fn what_is_typed_anew_of_somebody_who_falls_ill_again_is_not_lost() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let key = nurse.gets("/cases/new").await.hidden("key");
    let first = registers(&mut nurse, &key, &[]).await.to;
    let first = first
        .split('?')
        .next()
        .unwrap()
        .trim_start_matches("/cases/");
    let key = nurse.gets("/cases/new").await.hidden("key");
    let moved = [
        ("same_as", first),
        ("phone", "08077778888"),
        ("address", "Sample Street 9"),
    ];
    let page = registers(&mut nurse, &key, &moved).await;
    page.says("The further illness is registered");
    page.says("value=\"08077778888\"");
    page.says("value=\"Sample Street 9\"");
    let path = page.form_that_begins_with("/cases/");
    assert!(!path.contains(first), "the new record: {path}");
    // The same form once more leads to the same record, and changes nothing by itself.
    let again = registers(&mut nurse, &key, &moved).await;
    assert_eq!(again.form_that_begins_with("/cases/"), path);
    let record = path.trim_end_matches("/person");
    nurse.gets(record).await.says_not("080-7777-8888");
    // Where the same is typed, the record opens as ever.
    let key = nurse.gets("/cases/new").await.hidden("key");
    let same = registers(&mut nurse, &key, &[("same_as", first)]).await;
    assert!(same.to.ends_with("?done=registered"), "{}", same.html);
}

#[tokio::test]
async fn an_address_that_was_filled_in_is_no_mistake_and_typing_goes_on_there() {
    let house = House::new().await;
    let mut clinic = house.nurse().await;
    let form = clinic.gets("/notifications/new").await;
    let typed = [
        ("key", form.hidden("key")),
        ("of", form.hidden("of")),
        ("n_name", "見本 一".to_owned()),
        ("n_postal_code", "１００-０００１".to_owned()),
        ("lookup", "1".to_owned()),
    ];
    let typed: Vec<_> = typed.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let filled = clinic.posts("/notifications/new", &typed).await;
    filled.says("value=\"東京都千代田区千代田\" autofocus");
    filled.says("<p class=\"notice\" role=\"status\">The address was filled in");
    filled.says_not("class=\"problems\"");
    assert_eq!(filled.html.matches("autofocus").count(), 1);
}
