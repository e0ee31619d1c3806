//! An installation in another country than Japan: numbers are read as they are dialled there, by everybody alike.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[allow(dead_code, unused_macros)] // the other stories need more of it
#[path = "it/town.rs"]
mod town;

use app::attributes::{Registration, Typed};
use domain::phone::{PhoneRegion, set_region};
use town::{Town, engines, hanako, register};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_without_a_country_is_one_of_the_region() {
    // Before any number is read, and any text.
    set_region(PhoneRegion::parse("US").unwrap());
    for engine in engines() {
        println!("on {engine:?}");
        let mut town = Town::new(engine).await;
        tell(&mut town).await;
        town.end().await;
    }
}

async fn tell(town: &mut Town) {
    let nurse = town.nurse().await;
    let id = town
        .case("山田 花子,,,1988-05-04,(520) 878-2491,ja,2026-11-20,2026-11-18,,,")
        .await;
    // A visitor has a number of another country.
    let other = town
        .case("山田 太郎,,,1990-05-04,+81 (0)90-1234-5678,ja,2026-11-20,2026-11-18,,,")
        .await;
    for (typed, found) in [
        ("520-878-2491", &id),
        ("+1 520 878 2491", &id),
        ("011 81 90 1234 5678", &other),
        ("0081 90 1234 5678", &other),
    ] {
        let (cases, _) = nurse.cases(typed, 0).await.unwrap();
        assert_eq!(cases.len(), 1, "{typed}");
        assert_eq!(cases[0].member.hersys_id.as_str(), found, "{typed}");
    }
    let shown = async |search: &str| {
        let (cases, _) = nurse.cases(search, 0).await.unwrap();
        let phone = cases[0].phone.as_ref().unwrap();
        phone.expose().clone()
    };
    assert_eq!(shown(&id).await, "5208782491");
    assert_eq!(shown(&other).await, "+819012345678");
    // In Japan this would be a number; here it is none.
    let (cases, _) = nurse.cases("090-1234-5678", 0).await.unwrap();
    assert!(cases.is_empty());

    let desk = town.account("a@example.org").await;
    let hers = Typed {
        phone: "1 (520) 878-2491".to_owned(),
        ..hanako(&id)
    };
    assert!(matches!(
        register(&desk, &hers).await,
        Registration::Registered(_)
    ));
    let his = Typed {
        name: "山田太郎".to_owned(),
        birth_year: "1990".to_owned(),
        phone: "+81 90 1234 5678".to_owned(),
        ..hanako(&other)
    };
    assert!(matches!(
        register(&desk, &his).await,
        Registration::Registered(_)
    ));
}
