//! Who is said to be no case, and to be one after all, changes counts each time, and both are told.

use super::{figures, on};
use crate::case_in_error::{is_none, is_one_again};
use crate::close_contacts::met;
use crate::reports::family;
use crate::retention::is_released;
use crate::story;
use app::case_in_error::{TakeCaseBack, TypedNoCase};
use app::close_contacts::{FellIll, TypedIll};
use app::figures::{Figure, Instead, Why};
use jiff::civil::date;

story!(
    a_case_that_is_none_and_is_one_again_is_told_each_time,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let (registered_on, onset_on) = (date(2026, 11, 23), Some(date(2026, 11, 18)));
        let none = Why::InError {
            registered_on,
            onset_on,
        };
        let again = Why::CaseAgain {
            registered_on,
            onset_on,
        };
        assert!(again.changes_registrations(&(registered_on..=registered_on)));
        assert!(!again.changes_onsets(&(registered_on..=registered_on)));
        let day = |day| date(2026, 11, day);
        town.days(1);
        let nurse = town.nurse().await;
        is_none(&nurse, case).await;
        let told = figures(&nurse).await.corrected;
        assert_eq!(told, [(day(24), none, 1)]);
        // Whoever wrote down the count of that day finds both.
        town.days(1);
        let nurse = town.nurse().await;
        is_one_again(&nurse, case).await;
        let after = figures(&nurse).await;
        assert_eq!(on(&after, registered_on).1, Figure::Exact(1));
        assert_eq!(after.corrected, [(day(25), again, 1), (day(24), none, 1)]);
        town.days(1);
        let nurse = town.nurse().await;
        is_none(&nurse, case).await;
        let told = figures(&nurse).await.corrected;
        let before = [(day(25), again, 1), (day(24), none, 1)];
        assert_eq!(told[0], (day(26), none, 1));
        assert_eq!(told[1..], before);
    }
);

story!(
    a_contact_who_is_one_again_counts_no_more_and_is_explained,
    town,
    {
        let (_, source) = family(&mut town, "a@example.org").await;
        let contact = met(&town.nurse().await, source, "Yamada Ken", "09011110001").await;
        town.days(1);
        let nurse = town.nurse().await;
        let version = async || nurse.case(contact).await.unwrap().unwrap().version;
        let ill = TypedIll {
            diagnosed_on: "2026-11-24".to_owned(),
            onset_on: "2026-11-23".to_owned(),
            ..TypedIll::default()
        };
        let became = nurse.fell_ill(contact, &ill, version().await).await;
        assert_eq!(became.unwrap(), FellIll::Case);
        is_released(&town, contact).await;
        let before = figures(&nurse).await;
        assert_eq!(on(&before, date(2026, 11, 24)).1, Figure::Exact(1));
        assert!(before.corrected.is_empty());
        // The prefecture has written that down. The result is taken back.
        town.days(1);
        let nurse = town.nurse().await;
        let mark = TypedNoCase {
            why: "result_taken_back".to_owned(),
            version: version().await,
            ..TypedNoCase::default()
        };
        let back = nurse.contact_again(contact, &mark).await.unwrap();
        assert_eq!(back, TakeCaseBack::Done);
        let after = figures(&nurse).await;
        assert_eq!(on(&after, date(2026, 11, 24)).1, Figure::Exact(0));
        assert_eq!(after.state.unwrap().ended_in_all(), (0, 0));
        let contact_again = Why::ContactAgain {
            registered_on: date(2026, 11, 24),
            onset_on: Some(date(2026, 11, 23)),
        };
        let end = Why::End {
            died: false,
            on: date(2026, 11, 24),
            instead: Instead::Contact,
        };
        let day = date(2026, 11, 25);
        assert_eq!(after.corrected.len(), 2, "{:?}", after.corrected);
        assert!(after.corrected.contains(&(day, contact_again, 1)));
        assert!(after.corrected.contains(&(day, end, 1)));
        // The record says on which day they counted.
        let following = nurse.following_of(contact).await.unwrap().unwrap();
        let line = &following.corrections[0];
        let counted = line.before.iter().find(|(name, _)| name == "counted_on");
        assert_eq!(counted.unwrap().1.expose(), "2026-11-24");
        // A contact who is none was counted nowhere before either.
        town.minutes(1);
        let nurse = town.nurse().await;
        is_none(&nurse, contact).await;
        assert_eq!(figures(&nurse).await.corrected, after.corrected);
    }
);
