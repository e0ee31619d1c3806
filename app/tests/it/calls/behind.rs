//! What was agreed for later stands behind the call that somebody makes first, whoever plans that one and wherever.

use super::{call, due, following, writes};
use crate::reports::family;
use crate::story;
use app::StaffDesk;
use app::contact_log::TypedContact;
use app::in_error::TypedInError;
use app::monitoring::{Decide, TypedDecision};
use domain::ids::CaseId;
use jiff::Timestamp;

const TOMORROW: &str = "2026-11-24T10:00";
const LATER: &str = "2026-11-25T10:00";

/// Ten o'clock of a day in November 2026, in Japan.
fn ten(day: i8) -> Timestamp {
    let at = jiff::civil::date(2026, 11, day).at(1, 0, 0, 0);
    at.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp()
}

/// A line of an outcome that names a call, on a form that showed another one.
fn names(outcome: &str, at: &str, shown: &str) -> TypedContact {
    TypedContact {
        next_call_at: at.to_owned(),
        call_shown: shown.to_owned(),
        ..call(outcome)
    }
}

/// Decides how somebody is followed, on a form that showed one call and names another one.
async fn decides(nurse: &StaffDesk, case: CaseId, at: &str, shown: &str) -> Decide {
    let typed = TypedDecision {
        status: "home".to_owned(),
        next_call_at: at.to_owned(),
        call_shown: Some(shown.to_owned()),
        version: following(nurse, case).await.monitoring.version,
        ..TypedDecision::default()
    };
    nurse.decide(case, &typed).await.unwrap()
}

/// The call that is planned, and the one behind it.
async fn planned(nurse: &StaffDesk, case: CaseId) -> (Option<Timestamp>, Option<Timestamp>) {
    let stands = following(nurse, case).await;
    (stands.monitoring.next_call_at, stands.call_behind)
}

story!(
    the_form_of_following_puts_off_no_call_that_a_colleague_has_planned_since,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let (two, five) = ("2026-11-23T14:00", "2026-11-23T17:00");
        writes(&nurse, case, &names("reached", five, "")).await;
        assert_eq!(due(&town, case).await, Some(8 * 60));
        // Somebody has the form open, and a colleague hears that it gets worse.
        town.minutes(1);
        writes(&nurse, case, &names("reached", two, five)).await;
        for typed in [TOMORROW, ""] {
            let told = decides(&nurse, case, typed, five).await;
            assert_eq!(told, Decide::ChangedMeanwhile);
            assert_eq!(due(&town, case).await, Some(299));
        }
        // Whoever left the field alone, or names the same, has said nothing against it.
        for typed in [five, two] {
            let done = decides(&nurse, case, typed, five).await;
            assert_eq!(done, Decide::Decided);
            assert_eq!(due(&town, case).await, Some(299));
        }
        // Whoever sees it decides.
        let done = decides(&nurse, case, TOMORROW, two).await;
        assert_eq!(done, Decide::Decided);
        assert_eq!(planned(&nurse, case).await, (Some(ten(24)), None));
        let done = decides(&nurse, case, "", TOMORROW).await;
        assert_eq!(done, Decide::Decided);
        assert_eq!(planned(&nurse, case).await, (None, None));
        // Nor does the later one come back with the minute behind which it once stood.
        let done = decides(&nurse, case, two, "").await;
        assert_eq!(done, Decide::Decided);
        assert_eq!(due(&town, case).await, Some(299));
        assert_eq!(planned(&nurse, case).await.1, None);
    }
);

story!(a_try_that_is_moved_forgets_no_agreed_call, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    writes(&nurse, case, &names("reached", TOMORROW, "")).await;
    town.minutes(1);
    writes(&nurse, case, &names("no_answer", TOMORROW, TOMORROW)).await;
    assert_eq!(due(&town, case).await, Some(120));
    assert_eq!(planned(&nurse, case).await.1, Some(ten(24)));
    // The try is at 11:01; somebody moves it, and moves it again.
    town.minutes(1);
    let (half_past, noon) = ("2026-11-23T11:30", "2026-11-23T12:00");
    let moved = decides(&nurse, case, half_past, "2026-11-23T11:01").await;
    assert_eq!(moved, Decide::Decided);
    let moved = decides(&nurse, case, noon, half_past).await;
    assert_eq!(moved, Decide::Decided);
    assert_eq!(due(&town, case).await, Some(178));
    assert_eq!(planned(&nurse, case).await.1, Some(ten(24)));
    // In vain once more, and then not.
    town.minutes(180);
    writes(&nurse, case, &call("no_answer")).await;
    assert_eq!(due(&town, case).await, Some(120));
    town.minutes(121);
    writes(&nurse, case, &call("reached")).await;
    assert_eq!(planned(&nurse, case).await, (Some(ten(24)), None));

    // Needless, or only after what was agreed: that stands first.
    for (typed, behind) in [("", None), (LATER, Some(ten(25)))] {
        town.minutes(1);
        writes(&nurse, case, &names("no_answer", TOMORROW, TOMORROW)).await;
        let at = following(&nurse, case).await.monitoring.next_call_at;
        assert_ne!(at, Some(ten(24)));
        let zone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
        let shown = at.unwrap().to_zoned(zone).strftime("%Y-%m-%dT%H:%M");
        let done = decides(&nurse, case, typed, &shown.to_string()).await;
        assert_eq!(done, Decide::Decided);
        assert_eq!(planned(&nurse, case).await, (Some(ten(24)), behind));
    }
    town.later(ten(24).duration_since(town.app.clock.now()));
    writes(&nurse, case, &call("reached")).await;
    assert_eq!(planned(&nurse, case).await, (Some(ten(25)), None));
});

story!(what_a_note_names_for_later_stands_behind_a_try, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    writes(&nurse, case, &call("no_answer")).await;
    let again = following(&nurse, case).await.monitoring.next_call_at;
    assert!(again.is_some());
    // The sister mails when he can talk; the form shows no call.
    town.minutes(1);
    writes(&nurse, case, &names("note", TOMORROW, "")).await;
    assert_eq!(planned(&nurse, case).await, (again, Some(ten(24))));
    let shown = following(&nurse, case).await;
    assert_eq!(shown.call_ahead, Some(ten(24)));
    // That was about somebody else, and was not.
    let line = shown.contacts[0].id;
    let why = TypedInError {
        why: "other_person".to_owned(),
        words: "Two mails".to_owned(),
    };
    let done = nurse.take_contact_back(case, line, &why).await;
    done.unwrap();
    assert_eq!(planned(&nurse, case).await, (again, None));
    let taken = following(&nurse, case).await.contacts[0].in_error.clone();
    let seen = taken.map(|(mark, _)| mark.at);
    nurse.put_contact_back(case, line, seen).await.unwrap();
    assert_eq!(planned(&nurse, case).await, (again, Some(ten(24))));
    // Another moment takes its place; whoever is reached meanwhile has done the try, and not that.
    town.minutes(1);
    writes(&nurse, case, &names("note", LATER, TOMORROW)).await;
    assert_eq!(planned(&nurse, case).await, (again, Some(ten(25))));
    town.minutes(1);
    writes(&nurse, case, &call("reached")).await;
    assert_eq!(planned(&nurse, case).await, (Some(ten(25)), None));
    // Emptied behind a try, it does not come back.
    writes(&nurse, case, &names("no_answer", LATER, LATER)).await;
    town.minutes(1);
    writes(&nurse, case, &names("note", "", LATER)).await;
    assert_eq!(planned(&nurse, case).await.1, None);
    writes(&nurse, case, &call("reached")).await;
    assert_eq!(planned(&nurse, case).await, (None, None));
});

story!(
    of_two_calls_that_two_name_the_later_one_stands_behind,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let eleven = "2026-11-23T11:00";
        // Two have the form open while nothing is planned, in both orders.
        writes(&nurse, case, &names("reached", TOMORROW, "")).await;
        town.minutes(1);
        writes(&nurse, case, &names("reached", eleven, "")).await;
        assert_eq!(due(&town, case).await, Some(119));
        assert_eq!(planned(&nurse, case).await.1, Some(ten(24)));
        town.minutes(1);
        writes(&nurse, case, &names("reached", eleven, eleven)).await;
        assert_eq!(planned(&nurse, case).await.1, Some(ten(24)));
        town.minutes(1);
        writes(&nurse, case, &names("reached", "", eleven)).await;
        assert_eq!(planned(&nurse, case).await, (Some(ten(24)), None));
        town.minutes(1);
        writes(&nurse, case, &names("reached", LATER, "")).await;
        assert_eq!(planned(&nurse, case).await, (Some(ten(24)), Some(ten(25))));
        // It is due, and a note does not do it: what the note names stands behind it.
        town.later(ten(24).duration_since(town.app.clock.now()));
        town.minutes(5);
        writes(&nurse, case, &names("note", "2026-11-26T10:00", LATER)).await;
        assert_eq!(planned(&nurse, case).await, (Some(ten(24)), Some(ten(26))));
        writes(&nurse, case, &call("reached")).await;
        assert_eq!(planned(&nurse, case).await, (Some(ten(26)), None));
    }
);
