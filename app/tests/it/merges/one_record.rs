//! Two records are one: its histories, its numbers, and what either says of the person.

use super::{again, merges, open, phoned, reports, versions, worklist};
use crate::reports::{family, form, sends};
use crate::story;
use app::attributes::{Registration, Typed};
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::merge::Merge;
use app::status_report::Submit;
use app::worklist::List;
use domain::status_report::RawReport;

story!(
    both_histories_stand_in_one_record_and_come_apart_again,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, number) = again(&town).await;
        let nurse = town.nurse().await;
        sends(&desk, kept, "37.5", "98").await;
        let (alike, _) = nurse.like_case(kept).await.unwrap();
        assert_eq!(alike.len(), 1);
        assert_eq!(alike[0].view.member.case, merged);
        town.minutes(1);
        nurse.open_case(merged).await.unwrap().unwrap();
        let key = phoned(&nurse, &desk, (kept, merged)).await;
        let waits = worklist(&nurse, None).await.alerts[0].0.id;

        merges(&nurse, kept, merged).await;
        assert_eq!(open(&nurse).await, [kept], "one person on the list");
        assert_eq!(nurse.cases("", 0).await.unwrap().1, 1);
        assert_eq!(reports(&nurse, kept).await, 2);
        let list = worklist(&nurse, None).await;
        assert_eq!(
            (list.alerts[0].0.id, list.alerts[0].0.case),
            (waits, kept),
            "the alert goes on waiting"
        );
        assert_eq!(list.alerts[0].1.monitoring.spo2, Some(91));
        let told = &nurse.merges(kept).await.unwrap()[0];
        assert_eq!(told.reports, [key.uuid()]);
        assert_eq!(told.merged.1, number);
        // The person sees both, too, and goes on reporting.
        assert_eq!(desk.history(kept).await.unwrap().unwrap().1.len(), 2);
        sends(&desk, kept, "37.0", "97").await;

        assert_eq!(nurse.unmerge_case(merged, "").await.unwrap(), Merge::Reason);
        assert_eq!(
            nurse
                .unmerge_case(merged, "They are two sisters")
                .await
                .unwrap(),
            Merge::Done(merged)
        );
        assert_eq!(open(&nurse).await.len(), 2);
        assert_eq!(
            (reports(&nurse, kept).await, reports(&nurse, merged).await),
            (2, 1)
        );
        let list = worklist(&nurse, None).await;
        assert_eq!(
            (list.alerts[0].0.id, list.alerts[0].0.case),
            (waits, merged)
        );
        let view = nurse.case(merged).await.unwrap().unwrap();
        assert_eq!(view.member.report_count, 1);
        assert!(nurse.merges(kept).await.unwrap()[0].undone.is_some());
    }
);

story!(
    a_page_of_the_record_that_was_merged_is_of_the_one_that_was_kept,
    town,
    {
        let (desk, merged) = family(&mut town, "a@example.org").await;
        let (kept, number) = again(&town).await;
        let mut typed = crate::town::hanako(&number);
        typed.name = "山田 華子".to_owned();
        let registration = crate::town::register(&desk, &typed).await;
        assert!(matches!(registration, Registration::Registered(case) if case == kept));
        let nurse = town.nurse().await;
        let among = async |case| {
            let members = desk.members().await.unwrap();
            let found = desk.among(&members, case).await.unwrap();
            (found.map(|member| member.case), members.len())
        };
        assert_eq!(among(merged).await, (Some(merged), 2));
        merges(&nurse, kept, merged).await;
        assert_eq!(among(merged).await, (Some(kept), 1));
        assert_eq!(among(kept).await, (Some(kept), 1));
        let old = desk.member(merged).await.unwrap().unwrap();
        assert_eq!(old.merged_into(), Some(kept));
        let other = town.account("b@example.org").await;
        let none = other.among(&[], kept).await.unwrap();
        assert!(none.is_none(), "of another family");
    }
);

story!(either_number_leads_to_the_record_that_is_followed, town, {
    let first = town.hanako().await;
    let (merged, number) = again(&town).await;
    let nurse = town.nurse().await;
    let kept = nurse.case_by_number(&first).await.unwrap().unwrap();
    let kept = kept.member.case;
    merges(&nurse, kept, merged).await;
    // In her hand is the brochure with the other number.
    let desk = town.account("hanako@example.org").await;
    let typed = Typed {
        name: "山田 華子".to_owned(),
        birth_year: "1988".to_owned(),
        birth_month: "5".to_owned(),
        birth_day: "4".to_owned(),
        phone: "09012345678".to_owned(),
        hersys_id: number.clone(),
    };
    let registration = crate::town::register(&desk, &typed).await;
    assert!(matches!(registration, Registration::Registered(_)));
    let no_account = worklist(&nurse, Some(List::NoAccount)).await;
    assert_eq!(no_account.lists[0].count, 0);
    let members = desk.members().await.unwrap();
    assert_eq!(members.len(), 1);
    // The person counts the days as the center does, and the center knows that there is an account.
    let record = nurse.case(kept).await.unwrap().unwrap();
    let days = |member: &app::family::Member| (member.diagnosed_on, member.onset_on);
    assert_eq!(days(&members[0]), days(&record.member));
    let merged_record = nurse.case(merged).await.unwrap().unwrap();
    assert_ne!(days(&merged_record.member), days(&record.member));
    assert!(record.claimed_at.is_none() && record.signed_up_at.is_some());
    assert_eq!(members[0].name_in("ja"), record.member.name_in("ja"));
    assert_ne!(members[0].name_in("ja"), merged_record.member.name_in("ja"));
    sends(&desk, members[0].case, "38.5", "90").await;
    let list = worklist(&nurse, None).await;
    assert_eq!(list.alerts[0].0.case, kept, "where the nurse looks");
    assert_eq!(reports(&nurse, kept).await, 1);
    let (_, history) = desk.history(members[0].case).await.unwrap().unwrap();
    assert_eq!(history.len(), 1);
});

story!(
    either_number_goes_with_what_either_record_says_of_the_person,
    town,
    {
        let first = town.hanako().await;
        let other = town
            .case("山田 華子,,,1988-05-04,08011112222,ja,2026-11-21,2026-11-18,,,")
            .await;
        let nurse = town.nurse().await;
        let of = async |number: &str| {
            let view = nurse.case_by_number(number).await.unwrap().unwrap();
            view.member.case
        };
        let (kept, merged) = (of(&first).await, of(&other).await);
        let mut tries = async |email: &str, phone: &str| {
            let desk = town.account(email).await;
            let typed = Typed {
                name: "山田 花子".to_owned(),
                birth_year: "1988".to_owned(),
                birth_month: "5".to_owned(),
                birth_day: "4".to_owned(),
                phone: phone.to_owned(),
                hersys_id: other.clone(),
            };
            let tried = crate::town::register(&desk, &typed).await;
            matches!(tried, Registration::Registered(_))
        };
        // As long as they are two, each number is of its own record.
        assert!(!tries("a@example.org", "09012345678").await);
        merges(&nurse, kept, merged).await;
        assert!(!tries("b@example.org", "07099998888").await);
        // Her brochure has the number of the one, and the center speaks of what the other says.
        assert!(tries("hanako@example.org", "09012345678").await);
        let record = nurse.case(kept).await.unwrap().unwrap();
        assert!(record.signed_up_at.is_some());
    }
);

story!(
    one_of_two_who_merge_wins_and_what_is_merged_is_no_case,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let looked_at = versions(&nurse, kept, merged).await;
        merges(&nurse, kept, merged).await;
        let late = nurse
            .merge_cases(merged, kept, (looked_at.1, looked_at.0), "The other way")
            .await
            .unwrap();
        assert_eq!(late, Merge::PartOfAnother);
        let same = nurse
            .merge_cases(kept, merged, looked_at, "A second click")
            .await
            .unwrap();
        assert_eq!(same, Merge::Done(kept));
        assert_eq!(nurse.merges(kept).await.unwrap().len(), 1);
        let figures = match nurse
            .figures(&app::figures::Asked::default())
            .await
            .unwrap()
        {
            app::figures::Ask::Figures(figures) => *figures,
            _ => panic!("no figures"),
        };
        let once = app::figures::Figure::Exact(1);
        assert_eq!(figures.new_cases, once, "one illness counts once");
    }
);

story!(
    whatever_either_record_says_leads_to_the_one_that_is_kept,
    town,
    {
        let first = town.hanako().await;
        let other = town
            .case("山田 華子,ヤマダ カコ,,1988-05-05,08011112222,ja,2026-11-21,2026-11-18,,,")
            .await;
        let nurse = town.nurse().await;
        let of = async |number: &str| {
            let view = nurse.case_by_number(number).await.unwrap().unwrap();
            view.member.case
        };
        let (kept, merged) = (of(&first).await, of(&other).await);
        merges(&nurse, kept, merged).await;
        let finds = async |search: &str| {
            let (found, count) = nurse.cases(search, 0).await.unwrap();
            assert_eq!((found.len(), count), (1, 1), "{search}");
            assert_eq!(found[0].member.case, kept, "{search}");
            let under = found[0].found_under.as_ref();
            under.map(|view| view.member.hersys_id.clone())
        };
        for search in ["華子", "カコ", "Kako", "080-1111-2222", "1988-05-05"] {
            assert_eq!(
                finds(search).await.as_deref(),
                Some(other.as_str()),
                "{search}"
            );
        }
        for search in ["花子", "090-1234-5678", "山田", "1988-05-04"] {
            assert_eq!(finds(search).await, None, "by its own words: {search}");
        }
        // Whoever registers her a third time is asked, too.
        let typed = TypedCase {
            name: "山田 華子".to_owned(),
            birthdate: "1988-05-06".to_owned(),
            phone: "08011112222".to_owned(),
            diagnosed_on: "2026-11-22".to_owned(),
            ..TypedCase::default()
        };
        let key = nurse.new_form_key();
        let asked = nurse.register_case(&typed, key, Sure::Ask).await.unwrap();
        let RegisterCase::Alike(alike) = asked else {
            panic!("nobody was shown")
        };
        assert_eq!(alike.len(), 1);
        assert_eq!(alike[0].view.member.case, kept);
        let under = alike[0].view.found_under.as_ref();
        assert_eq!(under.map(|view| view.member.case), Some(merged));
        assert!(nurse.like_case(kept).await.unwrap().0.is_empty());
    }
);

story!(
    one_form_that_was_sent_for_both_numbers_is_a_report_of_each,
    town,
    {
        let (desk, merged) = family(&mut town, "a@example.org").await;
        let (kept, number) = again(&town).await;
        let mut typed = crate::town::hanako(&number);
        typed.name = "山田 華子".to_owned();
        let registration = crate::town::register(&desk, &typed).await;
        assert!(matches!(registration, Registration::Registered(case) if case == kept));
        // As release 0.2 sends a form for another member: with the key that it has.
        let (key, raw) = form(&desk, kept, "36.5", "98").await;
        let worse = RawReport {
            temperature: "38.5".to_owned(),
            spo2: "91".to_owned(),
            note: "Please call".to_owned(),
            ..raw.clone()
        };
        for (case, raw) in [(kept, &raw), (merged, &worse)] {
            let sent = desk.submit_report(case, key, raw).await.unwrap();
            assert!(matches!(sent, Submit::Accepted(id) if id == key));
            town.minutes(1);
        }
        let nurse = town.nurse().await;
        merges(&nurse, kept, merged).await;

        let saturations = async |nurse: &app::StaffDesk, case| {
            let view = nurse.open_case(case).await.unwrap().unwrap();
            let mut said: Vec<_> = view.reports.iter().map(|one| one.spo2).collect();
            said.sort_unstable();
            said
        };
        assert_eq!(saturations(&nurse, kept).await, [Some(91), Some(98)]);
        let alert = worklist(&nurse, None).await.alerts.remove(0).0;
        let other = alert.report.unwrap();
        assert_eq!((alert.case, other != key), (kept, true));
        let (_, report) = desk.report(kept, other).await.unwrap().unwrap();
        assert_eq!(report.spo2, Some(91), "the alert is about the same report");
        let told = nurse.merges(kept).await.unwrap().remove(0);
        assert_eq!(told.reports, [other.uuid()]);
        let message = nurse.unread_messages_of(kept).await.unwrap().remove(0);
        assert_eq!(message.report, Some(other), "and so is the message");

        // It can be undone, and done again.
        for _ in 0..2 {
            town.minutes(1);
            let undone = nurse.unmerge_case(merged, "They are two sisters").await;
            assert_eq!(undone.unwrap(), Merge::Done(merged));
            assert_eq!(saturations(&nurse, kept).await, [Some(98)]);
            assert_eq!(saturations(&nurse, merged).await, [Some(91)]);
            let alert = worklist(&nurse, None).await.alerts.remove(0).0;
            assert_eq!((alert.case, alert.report), (merged, Some(other)));
            merges(&nurse, kept, merged).await;
            assert_eq!(saturations(&nurse, kept).await.len(), 2);
        }
    }
);
