//! Another rule on isolation holds for those who are isolating already, too: the day on which a release is to be looked at
//! follows it.

use crate::reports::family;
use crate::story;
use crate::transfers::{moves, shibuya};
use app::StaffDesk;
use app::programme::PROGRAMME;
use app::rules::{ChangeRule, Loading, Typed};
use domain::ids::CaseId;
use domain::ids::JurisdictionId;
use domain::rules::{RuleKind, apply, dated};
use jiff::civil::{Date, date};

async fn days(desk: &StaffDesk, days: &str) -> String {
    let today = desk.rules_today().await.unwrap();
    let kind = RuleKind::Isolation;
    let holds = desk.rule_on(kind, PROGRAMME, today).await.unwrap().unwrap();
    let typed = [
        ("symptomatic.days", days),
        ("symptomatic.observe_days", "30"),
    ];
    let typed = typed.map(|(name, words)| (name.to_owned(), words.to_owned()));
    apply(kind, &holds.file.text, &typed).unwrap()
}

async fn sets(desk: &StaffDesk, text: String, from: Date) {
    let change = Typed {
        programme: PROGRAMME.to_owned(),
        text,
        valid_from: from.to_string(),
        why: "A letter of the ministry".to_owned(),
        ..Typed::default()
    };
    let saved = desk.change_rule(RuleKind::Isolation, &change).await;
    assert!(matches!(saved.unwrap(), ChangeRule::Saved));
}

async fn review(desk: &StaffDesk, case: CaseId) -> Option<Date> {
    let following = desk.following_of(case).await.unwrap().unwrap();
    following.monitoring.review_from
}

story!(
    a_release_is_looked_at_by_the_rule_that_holds_for_whoever_isolates_already,
    town,
    {
        let (_desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let follows = async || {
            let desk = town.app.system_desk();
            desk.follow_isolation_rules().await.unwrap()
        };
        // Ill since the 18th: seven days, and free on the day after them.
        assert_eq!(follows().await, 0);
        let by_release = Some(date(2026, 11, 26));
        assert_eq!(review(&nurse, case).await, by_release);
        // One that is shorter from today on, and another that is planned.
        let (today, tomorrow) = (date(2026, 11, 23), date(2026, 11, 24));
        sets(&nurse, days(&nurse, "2").await, today).await;
        sets(&nurse, days(&nurse, "14").await, tomorrow).await;
        assert_eq!((follows().await, follows().await), (1, 0));
        assert_eq!(review(&nurse, case).await, Some(date(2026, 11, 21)));
        // Its day comes while nobody does anything, and while the process was down.
        town.days(1);
        town.restart().await;
        let nurse = town.nurse().await;
        let desk = town.app.system_desk();
        assert_eq!(desk.follow_isolation_rules().await.unwrap(), 1);
        assert_eq!(review(&nurse, case).await, Some(date(2026, 12, 3)));
        // Taken back: from today on that of the release holds again.
        let all = nurse.rules(PROGRAMME).await.unwrap();
        let of_it = all.iter().find(|one| one.kind == RuleKind::Isolation);
        let lines = &of_it.unwrap().lines;
        let of_today = lines.iter().find(|line| line.holds_today).unwrap();
        let id = of_today.id.unwrap();
        nurse.withdraw_rule(id, "A mistake", None).await.unwrap();
        assert_eq!(desk.follow_isolation_rules().await.unwrap(), 1);
        assert_eq!(review(&nurse, case).await, by_release);
        // A file for all, loaded by another process.
        let text = days(&nurse, "9").await;
        let text = dated(RuleKind::Isolation, &text, tomorrow).unwrap();
        let other = town.another_process().await.system_desk();
        let loaded = other
            .load_rules(&text, (None, "Order"), Loading::default())
            .await;
        assert_eq!(loaded.unwrap().unwrap().new, [tomorrow]);
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        // The center has none of its own from today on by what was taken back, so that the one for all holds.
        assert_eq!(desk.follow_isolation_rules().await.unwrap(), 1);
        assert_eq!(review(&nurse, case).await, Some(date(2026, 11, 28)));
    }
);

story!(
    whoever_is_taken_over_is_looked_at_by_the_rule_of_the_new_center,
    town,
    {
        let (_desk, case) = family(&mut town, "a@example.org").await;
        let (nurse, (to, new)) = (town.nurse().await, shibuya(&town).await);
        let text = days(&nurse, "2").await;
        let text = dated(RuleKind::Isolation, &text, date(2026, 11, 23)).unwrap();
        let place = JurisdictionId::from_uuid(to.uuid());
        let desk = town.app.system_desk();
        let loaded = desk
            .load_rules(&text, (Some(place), "Order"), Loading::default())
            .await;
        assert!(loaded.unwrap().is_ok());
        moves(&nurse, &new, case, place).await;
        assert_eq!(review(&new, case).await, Some(date(2026, 11, 21)));
        assert_eq!(desk.follow_isolation_rules().await.unwrap(), 0);
    }
);
