//! The audit log: what was altered, removed or cut back is found.

use super::chain_of;
use crate::reports::{family, sends};
use crate::story;
use app::audit::AuditCheck;
use app::audit_heads::AuditHeads;

story!(
    a_line_of_the_audit_log_that_is_altered_or_removed_is_found,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        for _ in 0..5 {
            sends(&desk, case, "36.5", "98").await;
            nurse.open_case(case).await.unwrap().unwrap();
        }
        let system = town.app.system_desk();
        let AuditCheck { lines, problems } = system.check_audit().await.unwrap();
        assert!(lines > 10 && problems.is_empty(), "{problems:?}");
        let database = town.database().await;
        let chain = chain_of(case, &database);
        let change = async |sql: &'static str| {
            database
                .write(move |tx| tx.execute(sql, &[&chain]))
                .await
                .unwrap()
        };
        let problems = async || town.app.system_desk().check_audit().await.unwrap().problems;
        assert_eq!(
            change("UPDATE audit_log SET details = details || '§' WHERE chain = $1 AND seq = 4")
                .await,
            1
        );
        assert_eq!(
            problems().await,
            [format!("chain {chain}: line 4 was altered")]
        );
        change(
            "UPDATE audit_log SET details = replace(details, '§', '') WHERE chain = $1 AND seq = 4",
        )
        .await;
        assert!(problems().await.is_empty());
        change("DELETE FROM audit_log WHERE chain = $1 AND seq >= 8").await;
        assert!(
            problems().await[0].contains("the lines from 8 to"),
            "the tail"
        );
        // Whoever cuts the end off and says that it was always so is found, too.
        change("UPDATE audit_heads SET seq = 7 WHERE chain = $1").await;
        assert!(problems().await[0].contains("where it ends was altered"));
        change("DELETE FROM audit_heads WHERE chain = $1").await;
        assert_eq!(problems().await, [format!("chain {chain} is gone")]);
        change("INSERT INTO audit_heads (chain, seq, last_mac, mac) SELECT chain, 7, mac, mac FROM audit_log WHERE chain = $1 AND seq = 7").await;
        assert!(problems().await[0].contains("where it ends was altered"));
        // Whoever reports meanwhile is not turned away for what somebody has done to the log, and nothing hides it.
        sends(&desk, case, "36.6", "98").await;
        assert!(!problems().await.is_empty());
        change("DELETE FROM audit_heads WHERE chain = $1").await;
        sends(&desk, case, "36.7", "98").await;
        assert!(!problems().await.is_empty());
        change("UPDATE audit_heads SET seq = 1 WHERE chain = $1").await;
        sends(&desk, case, "36.8", "98").await;
        assert!(!problems().await.is_empty());
    }
);

story!(a_line_that_is_missing_in_the_middle_is_found, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    for _ in 0..5 {
        sends(&desk, case, "36.5", "98").await;
    }
    let database = town.database().await;
    let chain = chain_of(case, &database);
    let change = async |sql: &'static str| {
        database
            .write(move |tx| tx.execute(sql, &[&chain]))
            .await
            .unwrap()
    };
    let problems = async || town.app.system_desk().check_audit().await.unwrap().problems;
    change("DELETE FROM audit_log WHERE chain = $1 AND seq = 3").await;
    assert_eq!(
        problems().await,
        [format!("chain {chain}: line 3 is missing")]
    );
});

story!(a_log_cut_back_to_an_earlier_end_is_found_by_a_copy, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let database = town.database().await;
    let kept_at = async || AuditHeads::now(&database).await.unwrap();
    let earlier = database.read(storage::audit::heads).await.unwrap();
    for _ in 0..3 {
        sends(&desk, case, "36.5", "98").await;
        nurse.open_case(case).await.unwrap().unwrap();
    }
    let kept = AuditHeads::parse(&kept_at().await.to_text()).unwrap();
    assert!(kept.missing_from(&database).await.unwrap().is_empty());
    sends(&desk, case, "36.5", "98").await;
    assert!(
        kept.missing_from(&database).await.unwrap().is_empty(),
        "it grew"
    );
    // Whoever has the database puts all ends back as they were, and deletes what came after.
    database
        .write(move |tx| {
            for head in &earlier {
                let of = (&head.chain, &head.seq);
                tx.execute(
                    "DELETE FROM audit_log WHERE chain = $1 AND seq > $2",
                    &[of.0, of.1],
                )?;
                tx.execute(
                    "UPDATE audit_heads SET seq = $2, last_mac = $3, mac = $4 WHERE chain = $1",
                    &[of.0, of.1, &head.last_mac, &head.mac],
                )?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let system = town.app.system_desk();
    assert!(
        system.check_audit().await.unwrap().problems.is_empty(),
        "right in itself"
    );
    let missing = kept.missing_from(&database).await.unwrap();
    assert!(!missing.is_empty());
    assert!(
        missing
            .iter()
            .all(|told| told.ends_with("was there and is gone")),
        "{missing:?}"
    );
});
