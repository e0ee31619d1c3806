//! A case that is none: it stays readable, counts nowhere and asks nobody for anything, and can be a case again.

mod contacts;

use crate::merges::again;
use crate::reports::{family, sends};
use crate::story;
use crate::town::{Town, hanako, register};
use app::StaffDesk;
use app::attributes::Registration;
use app::case_in_error::{TakeCaseBack, TypedNoCase};
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::close_contacts::{FellIll, TypedIll};
use app::family::FollowUp;
use app::figures::{Ask, Asked, Figure, Figures, Why};
use app::line_list::{Column, Export, Format, Whom, Wished};
use app::merge::Merge;
use app::monitoring::{Decide, Following, TypedDecision};
use app::staff::NewStaff;
use app::tasks::About;
use app::transfer::OfferCase;
use app::worklist::{Filter, Worklist};
use domain::ids::CaseId;
use domain::language::Language;
use domain::monitoring::MonitoringStatus;
use domain::staff_role::StaffRole;
use jiff::SignedDuration;
use jiff::civil::date;

async fn figures(desk: &StaffDesk) -> Figures {
    match desk.figures(&Asked::default()).await.unwrap() {
        Ask::Figures(figures) => *figures,
        _ => panic!("no figures"),
    }
}

async fn worklist(nurse: &StaffDesk) -> Worklist {
    let found = nurse.worklist(None, Filter::default()).await.unwrap();
    found.unwrap()
}

/// How often somebody stands on the worklist, in whatever section.
async fn on_list(nurse: &StaffDesk, case: CaseId) -> usize {
    let list = worklist(nurse).await;
    let items = list.lists.iter().flat_map(|of| &of.items);
    let alerts = list.alerts.iter().filter(|(alert, _)| alert.case == case);
    items.filter(|item| item.case == case).count() + alerts.count()
}

async fn following(nurse: &StaffDesk, case: CaseId) -> Following {
    nurse.following_of(case).await.unwrap().unwrap()
}

/// What somebody types who has looked at all that stands.
async fn typed(nurse: &StaffDesk, case: CaseId, why: &str) -> TypedNoCase {
    let seen = nurse.case_to_take_back(case).await.unwrap().unwrap();
    TypedNoCase {
        why: why.to_owned(),
        words: "Two tubes were changed".to_owned(),
        version: seen.version,
        alert_seen: seen.alert.map(|alert| alert.state()).unwrap_or_default(),
        ends_alert: true,
    }
}

pub async fn is_none(nurse: &StaffDesk, case: CaseId) {
    let typed = typed(nurse, case, "result_taken_back").await;
    let done = nurse.register_in_error(case, &typed).await.unwrap();
    assert_eq!(done, TakeCaseBack::Done);
}

pub async fn is_one_again(nurse: &StaffDesk, case: CaseId) {
    let version = nurse.case(case).await.unwrap().unwrap().version;
    let done = nurse.not_in_error(case, "It was hers after all", version);
    assert_eq!(done.await.unwrap(), TakeCaseBack::Done);
}

/// Time goes by while the service runs; tells how many silences became alerts.
async fn hours(town: &Town, hours: i64) -> usize {
    let mut raised = 0;
    for _ in 0..hours * 6 {
        town.later(SignedDuration::from_mins(10));
        raised += town.app.system_desk().watch_silence().await.unwrap();
    }
    raised
}

fn count(figure: Figure) -> i64 {
    match figure {
        Figure::Exact(count) => count,
        other => panic!("{other:?}"),
    }
}

story!(
    a_case_that_is_none_counts_nowhere_and_is_one_again_as_it_was,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        sends(&desk, case, "38.5", "91").await;
        let before = figures(&nurse).await;
        assert_eq!(count(before.new_cases), 1);
        assert_eq!(count(before.open), 1);
        let was = following(&nurse, case).await;
        assert!(was.alert.is_some() && on_list(&nurse, case).await > 0);
        // A reason must be said, "other" is none by itself, and nobody vanishes by a mistaken click.
        let whole = typed(&nurse, case, "test").await;
        let says = async |typed: &TypedNoCase| nurse.register_in_error(case, typed).await.unwrap();
        let no_reason = TypedNoCase {
            why: String::new(),
            ..whole.clone()
        };
        assert_eq!(says(&no_reason).await, TakeCaseBack::Problems(vec!["why"]));
        let no_words = TypedNoCase {
            why: "other".to_owned(),
            words: " ".to_owned(),
            ..whole.clone()
        };
        assert_eq!(says(&no_words).await, TakeCaseBack::Problems(vec!["words"]));
        let not_looked = TypedNoCase {
            ends_alert: false,
            ..whole.clone()
        };
        assert_eq!(says(&not_looked).await, TakeCaseBack::AlertIsOpen);
        // A further report came while the page was read.
        town.minutes(1);
        sends(&desk, case, "38.6", "89").await;
        assert_eq!(says(&whole).await, TakeCaseBack::AlertIsOpen);
        assert!(following(&nurse, case).await.alert.is_some());
        let old = TypedNoCase {
            version: whole.version - 1,
            ..typed(&nurse, case, "test").await
        };
        assert_eq!(says(&old).await, TakeCaseBack::ChangedMeanwhile);
        is_none(&nurse, case).await;
        assert_eq!(
            says(&typed(&nurse, case, "test").await).await,
            TakeCaseBack::ChangedMeanwhile
        );
        // It is on no list and in no count, and why stands beside the figures.
        assert_eq!(on_list(&nurse, case).await, 0);
        let none = figures(&nurse).await;
        assert_eq!((count(none.new_cases), count(none.open)), (0, 0));
        let onsets: i64 = none.days.iter().map(|(_, onset, _)| count(*onset)).sum();
        let registered: i64 = none
            .days
            .iter()
            .map(|(_, _, count_of)| count(*count_of))
            .sum();
        assert_eq!((onsets, registered), (0, 0));
        assert_eq!(
            none.health.unwrap().alerts,
            (Figure::Exact(0), Figure::Exact(0))
        );
        let why = Why::InError {
            registered_on: date(2026, 11, 23),
            onset_on: Some(date(2026, 11, 18)),
        };
        assert!(none.corrected.contains(&(date(2026, 11, 23), why, 1)));
        // All stays readable: who, why, and the reports.
        let stands = following(&nurse, case).await;
        assert!(stands.alert.is_none());
        let mark = nurse.no_case(case).await.unwrap().unwrap();
        assert_eq!(
            (mark.by.as_str(), mark.why.word()),
            ("Nurse", "result_taken_back")
        );
        assert_eq!(mark.words.expose(), "Two tubes were changed");
        assert_eq!(stands.corrections[0].subject, "case");
        let view = nurse.open_case(case).await.unwrap().unwrap();
        assert_eq!(view.reports.len(), 2);
        assert_eq!(view.member.follow_up, FollowUp::InError);
        let log = nurse.audit_of_case(case, 20).await.unwrap();
        for action in ["case.in_error", "alert.done"] {
            assert!(log.iter().any(|line| line.action == action), "{action}");
        }
        // Nobody follows it by another way, or gives it away.
        let decision = TypedDecision {
            status: "home".to_owned(),
            reason: "back".to_owned(),
            version: stands.monitoring.version,
            ..TypedDecision::default()
        };
        let decided = nurse.decide(case, &decision).await.unwrap();
        assert_eq!(decided, Decide::Problems(vec!["status"]));
        // The family is asked for nothing, is not silent, and no message goes to it.
        let home = desk.home().await.unwrap();
        assert!(home.members[0].is_in_error() && !home.members[0].is_asked());
        assert!(!home.members[0].may_report() && home.alarms.is_empty());
        assert_eq!(hours(&town, 60).await, 0);
        assert_eq!(on_list(&nurse, case).await, 0);
        // After all it was one: it counts on its own days, and silence is counted from now.
        let nurse = town.nurse().await;
        is_one_again(&nurse, case).await;
        let again = figures(&nurse).await;
        assert_eq!((count(again.new_cases), count(again.open)), (1, 1));
        let told: Vec<Why> = again.corrected.iter().map(|line| line.1).collect();
        let counted_again = Why::CaseAgain {
            registered_on: date(2026, 11, 23),
            onset_on: Some(date(2026, 11, 18)),
        };
        assert_eq!(told, [counted_again, why]);
        let back = following(&nurse, case).await;
        assert_eq!(back.monitoring.status, was.monitoring.status);
        assert_eq!(back.monitoring.review_from, was.monitoring.review_from);
        let alert = back.alert.unwrap();
        assert_eq!(alert.taken_by, None, "it waits for somebody again");
        assert!(nurse.no_case(case).await.unwrap().is_none());
        assert_eq!(hours(&town, 5).await, 0, "no silence of long ago");
        assert!(desk.home().await.unwrap().members[0].is_asked());
        let audit = town.app.system_desk().check_audit().await.unwrap();
        assert_eq!(audit.problems, Vec::<String>::new());
    }
);

story!(
    nobody_signs_up_by_the_number_of_a_case_that_is_none,
    town,
    {
        let id = town.hanako().await;
        let nurse = town.nurse().await;
        let case = nurse
            .case_by_number(&id)
            .await
            .unwrap()
            .unwrap()
            .member
            .case;
        is_none(&nurse, case).await;
        let desk = town.account("a@example.org").await;
        let refused = register(&desk, &hanako(&id)).await;
        assert!(matches!(refused, Registration::Refused), "{refused:?}");
        // The center reads why.
        let tasks = nurse.tasks().await.unwrap();
        let reasons = tasks.iter().find_map(|task| match &task.about {
            About::RegistrationRefused(refusal) => Some(refusal.reasons.clone()),
            _ => None,
        });
        assert_eq!(reasons.unwrap(), ["in_error"]);
        is_one_again(&nurse, case).await;
        let registered = register(&desk, &hanako(&id)).await;
        assert!(
            matches!(registered, Registration::Registered(_)),
            "{registered:?}"
        );
    }
);

/// The numbers of the line list of all cases.
async fn listed(nurse: &StaffDesk) -> Vec<String> {
    let wished = Wished {
        columns: vec![Column::HersysId],
        whom: Whom::Both,
        only_open: false,
        programme: String::new(),
        format: Format::CsvUtf8,
        reason: "The weekly meeting".to_owned(),
        losses_are_fine: false,
    };
    let words = i18n::words(Language::En);
    let Export::File(mut file, _) = nurse.export(&wished, words).await.unwrap() else {
        panic!("no file");
    };
    let mut text = String::new();
    std::io::Read::read_to_string(&mut file, &mut text).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

story!(a_case_that_is_none_is_in_no_line_list, town, {
    let id = town.hanako().await;
    let (other, of_other) = again(&town).await;
    let nurse = town.nurse().await;
    is_none(&nurse, other).await;
    assert_eq!(listed(&nurse).await, [id.as_str()]);
    is_one_again(&nurse, other).await;
    let mut all = [id, of_other];
    let mut found = listed(&nurse).await;
    all.sort();
    found.sort();
    assert_eq!(found, all);
});

story!(
    a_report_of_danger_about_a_case_that_is_none_is_heard,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        is_none(&nurse, case).await;
        // The form was open already: what was taken for a mistake may be none.
        sends(&desk, case, "38.5", "88").await;
        let alerts = worklist(&nurse).await.alerts;
        assert_eq!(
            alerts
                .iter()
                .map(|(alert, _)| alert.case)
                .collect::<Vec<_>>(),
            [case]
        );
        is_one_again(&nurse, case).await;
        assert!(following(&nurse, case).await.alert.is_some());
    }
);

story!(who_may_say_that_a_case_is_none, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let typed = typed(&nurse, case, "test").await;
    let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
    let place = NewStaff::place_of(center);
    let clerk = town
        .hires("clerk@center.example", StaffRole::Clerk, place)
        .await;
    for other in [clerk, town.officer().await] {
        assert!(other.register_in_error(case, &typed).await.is_err());
        assert!(other.not_in_error(case, "", typed.version).await.is_err());
        assert!(other.contact_again(case, &typed).await.is_err());
    }
    let follows = town
        .hires("n@center.example", StaffRole::Nurse, place)
        .await;
    let done = follows.register_in_error(case, &typed).await.unwrap();
    assert_eq!(done, TakeCaseBack::Done);
});

story!(
    a_case_that_is_none_is_merged_with_nothing_and_given_to_nobody,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        let (other, _) = again(&town).await;
        let nurse = town.nurse().await;
        let desk = town.app.system_desk();
        let contact = app::health_center::Contact::default();
        let elsewhere = desk.add_center("Setagaya", contact).await.unwrap();
        let key = || domain::ids::TransferId::from_uuid(nurse.new_form_key());
        let offered = nurse.offer_case(case, elsewhere.id, "Moved", key()).await;
        assert_eq!(offered.unwrap(), OfferCase::Offered);
        let mark = typed(&nurse, case, "test").await;
        let refused = nurse.register_in_error(case, &mark).await.unwrap();
        assert_eq!(refused, TakeCaseBack::Offered);
        assert_eq!(
            following(&nurse, case).await.monitoring.status,
            MonitoringStatus::Home
        );
        is_none(&nurse, other).await;
        let version = async |of| nurse.case(of).await.unwrap().unwrap().version;
        let both = (version(case).await, version(other).await);
        let merged = nurse.merge_cases(case, other, both, "The same").await;
        assert_eq!(merged.unwrap(), Merge::InError);
        let offered = nurse.offer_case(other, elsewhere.id, "Moved", key()).await;
        assert_eq!(offered.unwrap(), OfferCase::Closed);
        // It is nobody's double: whoever is registered right is not asked about it.
        is_one_again(&nurse, other).await;
        let asks = TypedCase {
            name: "山田 華子".to_owned(),
            name_kana: "ヤマダ ハナコ".to_owned(),
            birthdate: "1988-05-04".to_owned(),
            phone: "09012345678".to_owned(),
            language: "ja".to_owned(),
            diagnosed_on: "2026-11-21".to_owned(),
            ..TypedCase::default()
        };
        let alike = async || {
            let key = nurse.new_form_key();
            match nurse.register_case(&asks, key, Sure::Ask).await.unwrap() {
                RegisterCase::Alike(alike) => alike.len(),
                RegisterCase::Registered(_) => 0,
                _ => panic!("not understood"),
            }
        };
        assert_eq!(alike().await, 2);
        is_none(&nurse, other).await;
        assert_eq!(alike().await, 1);
    }
);

story!(
    a_record_that_took_another_one_in_is_parted_only_as_a_case,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        crate::merges::merges(&nurse, kept, merged).await;
        is_none(&nurse, kept).await;
        assert!(desk.home().await.unwrap().members[0].is_in_error());
        let parted = nurse.unmerge_case(merged, "Two people").await.unwrap();
        assert_eq!(parted, Merge::InError);
        assert_eq!(count(figures(&nurse).await.new_cases), 0);
        is_one_again(&nurse, kept).await;
        let parted = nurse.unmerge_case(merged, "Two people").await.unwrap();
        assert_eq!(parted, Merge::Done(merged));
        assert_eq!(count(figures(&nurse).await.new_cases), 2);
    }
);

story!(
    a_purge_takes_a_case_that_is_none_and_counts_it_nowhere,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        let nurse = town.nurse().await;
        sends(&desk, case, "38.5", "91").await;
        let alert = worklist(&nurse).await.alerts[0].0.id;
        nurse.take_alert(alert).await.unwrap();
        is_none(&nurse, case).await;
        let set = nurse.set_retention(("100", "14"), "", None).await.unwrap();
        assert_eq!(set, app::retention::SetRetention::Set);
        let timers = town.app.system_desk();
        for _ in 0..2 {
            town.days(130);
            timers.tell_of_purges().await.unwrap();
            while timers.send_due().await.unwrap() > 0 {}
        }
        assert_eq!(timers.purge().await.unwrap(), 1);
        let nurse = town.nurse().await;
        assert!(nurse.case(case).await.unwrap().is_none());
        let asked = Asked {
            from: "2026-11-10".to_owned(),
            to: "2026-11-25".to_owned(),
            ..Asked::default()
        };
        let Ask::Figures(seen) = nurse.figures(&asked).await.unwrap() else {
            panic!("no figures");
        };
        assert_eq!(count(seen.new_cases), 0);
        let onsets: i64 = seen.days.iter().map(|(_, onset, _)| count(*onset)).sum();
        assert_eq!(onsets, 0);
        assert_eq!(seen.health.unwrap().alerts.0, Figure::Exact(0));
    }
);

async fn falls_ill(nurse: &StaffDesk, contact: CaseId) {
    let version = nurse.case(contact).await.unwrap().unwrap().version;
    let ill = TypedIll {
        diagnosed_on: "2026-11-23".to_owned(),
        onset_on: "2026-11-23".to_owned(),
        ..TypedIll::default()
    };
    let done = nurse.fell_ill(contact, &ill, version).await.unwrap();
    assert_eq!(done, FellIll::Case);
}
