//! Pages that are kept to be read again: for whom, for how long, and how many.

use crate::story;
use crate::town::{Town, hanako, register};
use app::attributes::Registration;
use app::kept_page::Holder;
use app::keys::Token;

story!(a_page_is_kept_for_the_browser_that_had_it_alone, town, {
    let desk = town.account("hanako@example.org").await;
    let other = town.account("other@example.org").await;
    let second_phone = town.signed_in("hanako@example.org").await;
    let front = town.app.front_desk(None);
    let (mine, stranger) = (Token::generate(), Token::generate());
    let page = "<p>Did you mean 36.5?</p>";
    let keep = async |holder| front.keep_page(holder, page, false).await.unwrap().unwrap();
    let of_family = keep(Holder::Family(&desk)).await;
    let of_nobody = keep(Holder::Stranger(&mine)).await;

    town.restart().await;
    let front = town.app.front_desk(None);
    let read = async |holder, id| front.kept_page(holder, id).await.unwrap();
    assert_eq!(
        read(Holder::Family(&desk), of_family).await.as_deref(),
        Some(page)
    );
    assert_eq!(
        read(Holder::Stranger(&mine), of_nobody).await.as_deref(),
        Some(page)
    );
    // Neither another account, nor the same one on another phone, nor a stranger; and nobody theirs.
    assert_eq!(read(Holder::Family(&other), of_family).await, None);
    assert_eq!(read(Holder::Family(&second_phone), of_family).await, None);
    assert_eq!(read(Holder::Stranger(&mine), of_family).await, None);
    assert_eq!(read(Holder::Stranger(&stranger), of_nobody).await, None);
    assert_eq!(read(Holder::Family(&desk), of_nobody).await, None);

    town.minutes(12 * 60);
    assert_eq!(read(Holder::Family(&desk), of_family).await, None);
    town.app.system_desk().sweep().await.unwrap();
    assert_eq!(kept(&town).await, 0);
});

story!(no_more_pages_are_kept_than_somebody_goes_back, town, {
    let desk = town.account("hanako@example.org").await;
    let front = town.app.front_desk(None);
    let mut ids = Vec::new();
    for number in 0..15 {
        let page = format!("page {number}");
        let id = front
            .keep_page(Holder::Family(&desk), &page, false)
            .await
            .unwrap();
        ids.push(id.unwrap());
        town.later(jiff::SignedDuration::from_secs(1));
    }
    assert_eq!(kept(&town).await, 12);
    let oldest = front
        .kept_page(Holder::Family(&desk), ids[2])
        .await
        .unwrap();
    assert_eq!(oldest, None);
    let newest = front
        .kept_page(Holder::Family(&desk), ids[14])
        .await
        .unwrap();
    assert_eq!(newest.as_deref(), Some("page 14"));
    // Strangers may keep only what is small.
    let large = "x".repeat(64 * 1024 + 1);
    for _ in 0..3 {
        let token = Token::generate();
        let kept = front
            .keep_page(Holder::Stranger(&token), &large[1..], false)
            .await;
        assert!(kept.unwrap().is_some());
    }
    let token = Token::generate();
    let refused = front
        .keep_page(Holder::Stranger(&token), &large, false)
        .await
        .unwrap();
    assert_eq!(refused, None);
});

story!(
    strangers_push_nothing_off_its_shelf_on_which_a_report_waits,
    town,
    {
        let at = |ip: &str| town.app.front_desk(Some(ip.parse().unwrap()));
        let victim = Token::generate();
        let front = at("192.0.2.1");
        let waits = front.keep_page(Holder::Stranger(&victim), "Call now", true);
        let waits = waits.await.unwrap().unwrap();
        // All of one household count as one.
        let mut kept = 0;
        for number in 0..320 {
            let token = Token::generate();
            let desk = at(&format!("2001:db8:1:1::{number:x}"));
            let page = desk.keep_page(Holder::Stranger(&token), "No address", false);
            kept += u32::from(page.await.unwrap().is_some());
        }
        assert_eq!(kept, 300);
        let front = at("192.0.2.2");
        let other = front.keep_page(Holder::Stranger(&victim), "No address", false);
        assert!(other.await.unwrap().is_some(), "others are kept on");
        let read = town.app.front_desk(None);
        let read = read.kept_page(Holder::Stranger(&victim), waits).await;
        assert_eq!(read.unwrap().as_deref(), Some("Call now"));
    }
);

story!(
    what_a_page_asked_for_is_not_asked_again_once_it_is_done,
    town,
    {
        let id = town.hanako().await;
        let desk = town.account("hanako@example.org").await;
        let front = town.app.front_desk(None);
        let asked = front
            .keep_page(Holder::Family(&desk), "Enter the name", false)
            .await;
        let asked = asked.unwrap().unwrap();
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Registered(_)
        ));
        let again = front.kept_page(Holder::Family(&desk), asked).await.unwrap();
        assert_eq!(again, None);
    }
);

/// How many pages are kept.
async fn kept(town: &Town) -> i64 {
    let db = town.database().await;
    db.read(|tx| tx.query_one("SELECT count(*) FROM kept_pages", &[], |row| row.get(0)))
        .await
        .unwrap()
}
