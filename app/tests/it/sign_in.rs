//! Signing in while too many do.

use crate::story;
use crate::town::{PASSWORD, address};
use app::Error;
use app::sign_in::SignIn;
use std::net::IpAddr;

story!(
    whoever_is_sent_away_in_a_flood_has_not_failed_to_sign_in,
    town,
    {
        town.signs_up("a@example.org", PASSWORD).await;
        // Each from an address of its own, so that only the row of failures holds them together.
        let tries: Vec<_> = (0..300_u16)
            .map(|n| {
                let [high, low] = n.to_be_bytes();
                let desk = town
                    .app
                    .front_desk(Some(IpAddr::from([198, 51, high, low])));
                tokio::spawn(async move {
                    desk.sign_in(&address("a@example.org"), "wrong-Password1", None)
                        .await
                })
            })
            .collect();
        // With many cores, a hundred are looked at, and close it.
        let (mut wrong, mut busy, mut closed) = (0, 0, 0);
        for one in tries {
            match one.await.unwrap() {
                Ok(SignIn::Wrong) => wrong += 1,
                Err(Error::Busy) => busy += 1,
                Ok(SignIn::Closed) => closed += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!(wrong > 0 && busy + closed > 0, "{wrong} {busy} {closed}");
        let db = town.database().await;
        let counted: i64 = db
            .read_once(|tx| {
                let sql = "SELECT coalesce(sum(failures), 0) FROM failures_in_a_row WHERE kind = 'sign_in'";
                tx.query_one(sql, &[], |row| row.get(0))
            })
            .await
            .unwrap();
        assert_eq!(counted, wrong);
        if wrong == 100 {
            town.end().await;
            continue;
        }
        // Nor is anybody kept out by it.
        assert_eq!(closed, 0);
        let desk = town.app.front_desk(Some(IpAddr::from([203, 0, 113, 1])));
        let signed_in = desk
            .sign_in(&address("a@example.org"), PASSWORD, None)
            .await
            .unwrap();
        assert!(matches!(signed_in, SignIn::SignedIn(_)), "{signed_in:?}");
    }
);
