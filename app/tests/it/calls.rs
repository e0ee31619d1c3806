//! What follows a call that is written down: an ambulance leaves nobody without a further call, a planned call stays until it
//! is due, and whom a call reached is called by no list on the same day.

mod behind;

use crate::alerts::reached;
use crate::notifications::{clinic, confirms, enters, ken};
use crate::reports::{family, sends};
use crate::retention::is_released;
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::contact_log::{AddContact, TypedContact};
use app::monitoring::{Decide, Following, TypedDecision};
use app::tasks::About;
use app::worklist::{Filter, List};
use domain::ids::CaseId;
use domain::monitoring::MonitoringStatus;
use jiff::{SignedDuration, Timestamp};

async fn following(desk: &StaffDesk, case: CaseId) -> Following {
    desk.following_of(case).await.unwrap().unwrap()
}

async fn in_list(desk: &StaffDesk, list: List) -> Vec<CaseId> {
    let filter = Filter {
        list: Some(list),
        ..Filter::default()
    };
    let found = desk.worklist(None, filter).await.unwrap().unwrap();
    // Of a medical institution everybody stands beside the section that was asked for.
    let found = found.lists.into_iter().find(|of| of.list == list).unwrap();
    assert_eq!(usize::try_from(found.count).unwrap(), found.items.len());
    found.items.iter().map(|item| item.case).collect()
}

async fn writes(desk: &StaffDesk, case: CaseId, typed: &TypedContact) {
    let added = desk.add_contact(case, typed).await.unwrap();
    assert_eq!(added, AddContact::Added);
}

fn call(outcome: &str) -> TypedContact {
    TypedContact {
        outcome: outcome.to_owned(),
        note: "At noon".to_owned(),
        ..TypedContact::default()
    }
}

/// When the next call is planned, in minutes from now.
async fn due(town: &Town, case: CaseId) -> Option<i64> {
    let next = following(&town.nurse().await, case).await;
    let next: Timestamp = next.monitoring.next_call_at?;
    Some(next.duration_since(town.app.clock.now()).as_mins())
}

story!(
    for_whom_an_ambulance_was_called_somebody_calls_wherever_it_was_noted,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "36.5", "98").await;
        let nurse = town.nurse().await;
        let ambulance = call("ambulance");
        writes(&nurse, case, &ambulance).await;
        assert_eq!(due(&town, case).await, Some(120));
        assert_eq!(in_list(&nurse, List::Planned).await, [case]);
        // The mother rings: the call to hear where the person is stays.
        town.minutes(1);
        writes(&nurse, case, &call("reached_other")).await;
        assert_eq!(due(&town, case).await, Some(119));
        // What the form says of another time is what is planned; a later one that stood there is not.
        let later = TypedContact {
            next_call_at: "2026-11-24T09:00".to_owned(),
            call_shown: "2026-11-23T11:00".to_owned(),
            ..call("reached")
        };
        writes(&nurse, case, &later).await;
        let left_alone = TypedContact {
            call_shown: later.next_call_at.clone(),
            ..later
        };
        let again = TypedContact {
            outcome: "ambulance".to_owned(),
            ..left_alone
        };
        writes(&nurse, case, &again).await;
        assert_eq!(due(&town, case).await, Some(120));
        let sooner = TypedContact {
            next_call_at: "2026-11-23T10:00".to_owned(),
            ..ambulance.clone()
        };
        writes(&nurse, case, &sooner).await;
        assert_eq!(due(&town, case).await, Some(59));

        // In hospital, and nobody has to hear where; what was agreed for tomorrow was put off by nothing of this.
        let there = TypedContact {
            key: nurse.new_form_key().to_string(),
            in_hospital: true,
            no_call: true,
            ..ambulance.clone()
        };
        writes(&nurse, case, &there).await;
        let stands = following(&nurse, case).await;
        assert_eq!(stands.monitoring.status, MonitoringStatus::Hospital);
        let agreed = "2026-11-24T00:00:00Z".parse().unwrap();
        assert_eq!(stands.monitoring.next_call_at, Some(agreed));
        assert_eq!(stands.corrections[0].subject, "monitoring");
        assert_eq!(stands.corrections[0].reason.expose(), "At noon");
        // The same form once more says nothing against a colleague who knows better.
        let home = TypedDecision {
            status: "home".to_owned(),
            version: stands.monitoring.version,
            ..TypedDecision::default()
        };
        nurse.decide(case, &home).await.unwrap();
        writes(&nurse, case, &there).await;
        let stands = following(&nurse, case).await;
        assert_eq!(stands.monitoring.status, MonitoringStatus::Home);

        // A clinic that calls one follows nobody: the center is to call at once, and where the person is says the center.
        let clinic = clinic(&town, "minato").await;
        let ken = confirms(&nurse, enters(&clinic, &ken()).await).await;
        let tells = TypedContact {
            in_hospital: true,
            no_call: true,
            next_call_at: "2026-11-30T09:00".to_owned(),
            ..ambulance
        };
        writes(&clinic, ken, &tells).await;
        assert_eq!(due(&town, ken).await, Some(0));
        assert_eq!(in_list(&nurse, List::Calls).await, [ken]);
        let stands = following(&nurse, ken).await;
        assert_eq!(stands.monitoring.status, MonitoringStatus::Home);
        // One that was due before stays due since then.
        town.minutes(30);
        writes(&clinic, ken, &call("ambulance")).await;
        assert_eq!(due(&town, ken).await, Some(-30));
        // What else a clinic does leaves alone what the center is to do.
        writes(&clinic, ken, &call("reached")).await;
        assert_eq!(due(&town, ken).await, Some(-30));
        writes(&nurse, ken, &call("reached")).await;
        assert_eq!(due(&town, ken).await, None);
        // Of somebody who is followed no more a call stands on no list: the center is left word.
        is_released(&town, ken).await;
        town.minutes(1);
        writes(&clinic, ken, &call("ambulance")).await;
        assert_eq!(due(&town, ken).await, None);
        let left = nurse.tasks().await.unwrap();
        let left = left.iter().filter(|task| task.case == Some(ken));
        let words = left.filter(|task| matches!(task.about, About::CallBack(_)));
        assert_eq!(words.count(), 1);
    }
);

story!(what_was_agreed_for_later_outlives_a_call_in_vain, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let agreed = TypedContact {
        next_call_at: "2026-11-24T10:00".to_owned(),
        ..call("reached")
    };
    let promise: Timestamp = "2026-11-24T01:00:00Z".parse().unwrap();
    writes(&nurse, case, &agreed).await;
    // Twice in vain, at an odd second.
    town.later(SignedDuration::from_secs(97));
    writes(&nurse, case, &call("no_answer")).await;
    town.minutes(130);
    writes(&nurse, case, &call("no_answer")).await;
    let next = async || following(&nurse, case).await.monitoring.next_call_at;
    let again = next().await.unwrap();
    assert!(again < promise);
    // It is overdue when somebody saves how the person is followed, and leaves the call alone.
    town.minutes(130);
    let zone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
    let left_alone = TypedDecision {
        status: "home".to_owned(),
        next_call_at: again.to_zoned(zone).strftime("%Y-%m-%dT%H:%M").to_string(),
        version: following(&nurse, case).await.monitoring.version,
        ..TypedDecision::default()
    };
    let decided = nurse.decide(case, &left_alone).await.unwrap();
    assert_eq!(decided, Decide::Decided);
    assert_eq!(next().await, Some(again));
    writes(&nurse, case, &call("reached")).await;
    assert_eq!(next().await, Some(promise));
});

story!(
    a_call_that_a_colleague_has_planned_meanwhile_is_not_put_off,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let names = |at: &str, shown: &str| TypedContact {
            next_call_at: at.to_owned(),
            call_shown: shown.to_owned(),
            ..call("reached")
        };
        let (ten, eleven, tomorrow) = ("2026-11-23T10:00", "2026-11-23T11:00", "2026-11-24T09:00");
        // Two have the form open while nothing is planned.
        writes(&nurse, case, &names(ten, "")).await;
        writes(&nurse, case, &names(tomorrow, "")).await;
        assert_eq!(due(&town, case).await, Some(60));
        // Two see the call at ten; the later one of both words is the one at which somebody calls first.
        writes(&nurse, case, &names(eleven, ten)).await;
        assert_eq!(due(&town, case).await, Some(120));
        let note = TypedContact {
            outcome: "note".to_owned(),
            ..names(tomorrow, ten)
        };
        writes(&nurse, case, &note).await;
        assert_eq!(due(&town, case).await, Some(120));
        // Whoever sees it puts it off.
        writes(&nurse, case, &names(tomorrow, eleven)).await;
        assert_eq!(due(&town, case).await, Some(24 * 60));
        // Also from behind a try that is planned before it, since nobody answered.
        let in_vain = TypedContact {
            outcome: "no_answer".to_owned(),
            ..names(tomorrow, tomorrow)
        };
        writes(&nurse, case, &in_vain).await;
        assert_eq!(due(&town, case).await, Some(120));
        writes(&nurse, case, &names("2026-11-25T09:00", tomorrow)).await;
        assert_eq!(due(&town, case).await, Some(48 * 60));
    }
);

story!(
    a_planned_call_stays_until_it_is_due_or_said_to_be_needless,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        let agreed = |at: &str| TypedContact {
            next_call_at: at.to_owned(),
            ..call("reached")
        };
        let shown = |at: &str, typed: TypedContact| TypedContact {
            call_shown: at.to_owned(),
            ..typed
        };
        let (ten, eleven) = ("2026-11-23T10:00", "2026-11-23T11:00");
        writes(&nurse, case, &agreed(ten)).await;
        let ahead = following(&nurse, case).await.call_ahead;
        assert_eq!(ahead, following(&nurse, case).await.monitoring.next_call_at);
        // Somebody rings; the form shows the planned call, or came from where it was not shown.
        writes(&nurse, case, &call("reached_other")).await;
        writes(&nurse, case, &shown(ten, agreed(ten))).await;
        assert_eq!(due(&town, case).await, Some(60));
        // In vain: somebody tries again, and that is when a call is planned anyway.
        writes(&nurse, case, &call("no_answer")).await;
        assert_eq!(due(&town, case).await, Some(60));
        writes(&nurse, case, &call("reached")).await;
        assert_eq!(due(&town, case).await, Some(60));
        // A note does nothing to it, unless somebody empties the field.
        let note = call("note");
        writes(
            &nurse,
            case,
            &shown(
                ten,
                TypedContact {
                    next_call_at: ten.to_owned(),
                    ..note.clone()
                },
            ),
        )
        .await;
        assert_eq!(due(&town, case).await, Some(60));
        writes(&nurse, case, &shown(ten, note)).await;
        assert_eq!(due(&town, case).await, None);

        // Which a colleague has planned since is not what somebody called needless.
        writes(&nurse, case, &agreed(eleven)).await;
        writes(&nurse, case, &shown(ten, call("reached"))).await;
        assert_eq!(due(&town, case).await, Some(120));
        writes(&nurse, case, &shown(eleven, call("reached"))).await;
        assert_eq!(due(&town, case).await, None);

        // What is planned only to try again is done by whatever call reaches somebody; the form does not show it.
        writes(&nurse, case, &call("no_answer")).await;
        assert_eq!(due(&town, case).await, Some(120));
        assert_eq!(following(&nurse, case).await.call_ahead, None);
        town.minutes(20);
        writes(&nurse, case, &reached("He rang back")).await;
        assert_eq!(due(&town, case).await, None);
        // A little early is that call, and so is late.
        for (at, minutes) in [(ten, 30), (eleven, 80)] {
            writes(&nurse, case, &agreed(at)).await;
            town.minutes(minutes);
            writes(&nurse, case, &call("reached")).await;
            assert_eq!(due(&town, case).await, None);
        }
    }
);

story!(
    whom_a_call_has_reached_is_called_by_no_list_on_that_day,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "36.5", "98").await;
        let silent = async || in_list(&town.nurse().await, List::Silent).await;
        town.minutes(26 * 60);
        assert_eq!(silent().await, [case]);
        let officer = town.officer().await;
        let counted = async || officer.center_counts().await.unwrap()[0].silent;
        assert_eq!(counted().await, 1);
        // In vain is not reached.
        let nurse = town.nurse().await;
        writes(&nurse, case, &call("no_answer")).await;
        assert_eq!(silent().await, [case]);
        town.minutes(1);
        writes(&nurse, case, &call("reached")).await;
        assert!(silent().await.is_empty());
        assert_eq!(counted().await, 0);
        // The next day's deadline holds for a report again.
        town.minutes(22 * 60);
        assert!(silent().await.is_empty(), "until ten there is time");
        town.minutes(2 * 60);
        assert_eq!(silent().await, [case]);
        assert_eq!(counted().await, 1);
    }
);

story!(whom_a_clinic_has_reached_is_off_its_own_list, town, {
    let (clinic, nurse) = (clinic(&town, "minato").await, town.nurse().await);
    let case = confirms(&nurse, enters(&clinic, &ken()).await).await;
    let form = clinic.report_form_for(case).await.unwrap().unwrap();
    let raw = domain::status_report::RawReport {
        temperature: "36.5".to_owned(),
        spo2: "98".to_owned(),
        symptoms: form.stored.questionnaire.calm_words(),
        ..domain::status_report::RawReport::default()
    };
    let done = clinic.report_for(case, form.key, "phone", &raw).await;
    assert!(matches!(
        done.unwrap(),
        app::status_report::Submit::Accepted(_)
    ));
    town.minutes(26 * 60);
    let clinic = town.staff("minato@clinic.example").await;
    assert_eq!(in_list(&clinic, List::Silent).await, [case]);
    writes(&clinic, case, &call("reached")).await;
    assert!(in_list(&clinic, List::Silent).await.is_empty());
    assert!(in_list(&town.nurse().await, List::Silent).await.is_empty());
});
