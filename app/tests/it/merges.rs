//! One illness that was registered twice becomes one record, and can become two again.

use crate::reports::{family, form, sends};
use crate::story;
use crate::town::Town;
use app::PatientDesk;
use app::StaffDesk;
use app::alerts::{FinishAlert, TakeAlert};
use app::attributes::{Registration, Typed};
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::contact_log::TypedContact;
use app::correction::{CorrectPerson, CorrectionLine};
use app::merge::Merge;
use app::monitoring::{Decide, TypedDecision};
use app::release::{Release, TypedRelease};
use app::status_report::Submit;
use app::worklist::{Filter, List, Worklist};
use domain::ids::{CaseId, ReportId};
use domain::personal::Personal;
use domain::urgency::Level;

/// Hanako again, as a fax told of her: the same phone and birthdate, another spelling.
pub async fn again(town: &Town) -> (CaseId, String) {
    let id = town
        .case("山田 華子,ヤマダ ハナコ,,1988-05-04,09012345678,ja,2026-11-21,2026-11-18,,,")
        .await;
    let nurse = town.nurse().await;
    let case = nurse.case_by_number(&id).await.unwrap().unwrap();
    (case.member.case, id)
}

/// Somebody phones about the merged one: 91 %.
async fn phoned(nurse: &StaffDesk, desk: &PatientDesk, both: (CaseId, CaseId)) -> ReportId {
    phones(nurse, desk, both, "91").await
}

/// Somebody phones about the merged one.
async fn phones(
    nurse: &StaffDesk,
    desk: &PatientDesk,
    (kept, merged): (CaseId, CaseId),
    spo2: &str,
) -> ReportId {
    let (_, raw) = form(desk, kept, "38.5", spo2).await;
    let key = ReportId::from_uuid(nurse.new_form_key());
    let sent = nurse.report_for(merged, key, "phone", &raw).await.unwrap();
    assert!(matches!(sent, Submit::Accepted(_)));
    key
}

async fn versions(nurse: &StaffDesk, kept: CaseId, merged: CaseId) -> (i32, i32) {
    let version = async |case| nurse.case(case).await.unwrap().unwrap().version;
    (version(kept).await, version(merged).await)
}

pub async fn merges(nurse: &StaffDesk, kept: CaseId, merged: CaseId) {
    let versions = versions(nurse, kept, merged).await;
    let done = nurse
        .merge_cases(kept, merged, versions, "The fax told of the same illness")
        .await
        .unwrap();
    assert_eq!(done, Merge::Done(kept));
}

async fn worklist(nurse: &StaffDesk, list: Option<List>) -> Worklist {
    let filter = Filter {
        list,
        ..Filter::default()
    };
    nurse.worklist(None, filter).await.unwrap().unwrap()
}

async fn open(nurse: &StaffDesk) -> Vec<CaseId> {
    let all = worklist(nurse, Some(List::Open)).await;
    all.lists[0].items.iter().map(|item| item.case).collect()
}

async fn reports(nurse: &StaffDesk, case: CaseId) -> usize {
    nurse.open_case(case).await.unwrap().unwrap().reports.len()
}

story!(
    both_histories_stand_in_one_record_and_come_apart_again,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, number) = again(&town).await;
        let nurse = town.nurse().await;
        sends(&desk, kept, "37.5", "98").await;
        let alike = nurse.like_case(kept).await.unwrap();
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

story!(two_open_alerts_become_one_that_has_waited_longer, town, {
    let (desk, kept) = family(&mut town, "a@example.org").await;
    let (merged, _) = again(&town).await;
    let nurse = town.nurse().await;
    phoned(&nurse, &desk, (kept, merged)).await;
    town.minutes(7);
    let nurse = town.nurse().await;
    sends(&desk, kept, "38.5", "90").await;
    assert_eq!(worklist(&nurse, None).await.alerts.len(), 2);
    merges(&nurse, kept, merged).await;
    let list = worklist(&nurse, None).await;
    assert_eq!(list.alerts.len(), 1);
    let alert = &list.alerts[0].0;
    assert_eq!((alert.case, alert.minutes, alert.times), (kept, 7, 2));
});

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
    what_came_by_ones_own_form_while_merged_goes_back_to_them,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        merges(&nurse, kept, merged).await;
        town.minutes(1);
        let nurse = town.nurse().await;
        phoned(&nurse, &desk, (kept, merged)).await;
        assert_eq!(
            reports(&nurse, kept).await,
            1,
            "it is read where the person is followed"
        );
        let undone = nurse.unmerge_case(merged, "They are two sisters").await;
        assert_eq!(undone.unwrap(), Merge::Done(merged));
        let both = (reports(&nurse, kept).await, reports(&nurse, merged).await);
        assert_eq!(both, (0, 1), "whose form it was has the report");
        let alerts = worklist(&nurse, None).await.alerts;
        assert_eq!(alerts[0].0.case, merged, "and the alert about it");
    }
);

story!(
    a_report_at_the_moment_of_an_undo_is_of_the_record_that_it_names,
    town,
    {
        // The embedded engine has one writer.
        if town.is_on_a_server() {
            let (desk, kept) = family(&mut town, "a@example.org").await;
            let (merged, _) = again(&town).await;
            let nurse = town.nurse().await;
            merges(&nurse, kept, merged).await;
            // Somebody undoes it, and has not quite done so when the report comes.
            let (now, by) = (town.app.clock.now(), nurse.id());
            let undoes = move |tx: &mut storage::Tx<'_>, is_end: bool| {
                if is_end {
                    return Ok(());
                }
                storage::merge::hold(tx, merged)?;
                let merge = storage::merge::open_of_merged(tx, merged)?.unwrap();
                storage::merge::undone(tx, merge.id, by, &[], now)?;
                storage::merge::move_back_again(tx, &merge, now)
            };
            let phones = phoned(&nurse, &desk, (kept, merged));
            town.meanwhile(undoes, phones).await;
            let counts = (reports(&nurse, kept).await, reports(&nurse, merged).await);
            assert_eq!(counts, (0, 1));
            let alerts = worklist(&nurse, None).await.alerts;
            assert_eq!(alerts[0].0.case, merged);

            // The other way round: a report is on its way under the merged number when somebody undoes it.
            merges(&nurse, kept, merged).await;
            let late = sends(&desk, kept, "36.5", "98").await.uuid();
            let comes = move |tx: &mut storage::Tx<'_>, is_end: bool| {
                if is_end {
                    return storage::merge::came_under(tx, merged, late);
                }
                storage::merge::hold(tx, merged).map(|_| ())
            };
            let undone = nurse.unmerge_case(merged, "They are two sisters");
            let undone = town.meanwhile(comes, undone).await.unwrap();
            assert_eq!(undone, Merge::Done(merged));
            let counts = (reports(&nurse, kept).await, reports(&nurse, merged).await);
            assert_eq!(counts, (0, 2));
        }
    }
);

/// The open alert of a case: the report, how many there are, and for how many minutes it has waited.
async fn waits(nurse: &StaffDesk, case: CaseId) -> Option<(Option<ReportId>, i32, i64)> {
    let alerts = worklist(nurse, None).await.alerts;
    let (alert, _) = alerts.into_iter().find(|(alert, _)| alert.case == case)?;
    Some((alert.report, alert.times, alert.minutes))
}

story!(
    whoever_reported_something_alarming_has_an_alert_when_two_come_apart,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        phoned(&nurse, &desk, (kept, merged)).await;
        merges(&nurse, kept, merged).await;
        town.minutes(2);
        let of_kept = sends(&desk, kept, "39.3", "89").await;
        town.minutes(3);
        let nurse = town.nurse().await;
        let of_merged = phones(&nurse, &desk, (kept, merged), "90").await;
        assert_eq!(
            waits(&nurse, kept).await,
            Some((Some(of_merged), 3, 5)),
            "one alert about three reports"
        );
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(waits(&nurse, kept).await, Some((Some(of_kept), 1, 3)));
        assert_eq!(waits(&nurse, merged).await, Some((Some(of_merged), 2, 5)));
        // The phone goes on saying what to do.
        let told = desk.home().await.unwrap().alarms;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].0, kept);
    }
);

story!(
    an_alert_tells_of_the_reports_of_its_own_record_when_two_come_apart,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let of_kept = sends(&desk, kept, "38.5", "90").await;
        merges(&nurse, kept, merged).await;
        town.minutes(4);
        let nurse = town.nurse().await;
        let of_merged = phones(&nurse, &desk, (kept, merged), "88").await;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(waits(&nurse, kept).await, Some((Some(of_kept), 1, 4)));
        assert_eq!(waits(&nurse, merged).await, Some((Some(of_merged), 1, 0)));
        let alerts = worklist(&nurse, None).await.alerts;
        let kept_one = alerts.iter().find(|(alert, _)| alert.case == kept).unwrap();
        let why = format!("{:?}", kept_one.0.reasons);
        assert!(
            !why.contains("88"),
            "not what the other one measured: {why}"
        );
    }
);

story!(
    two_alerts_that_became_one_are_two_again_unless_somebody_answered,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let of_merged = phoned(&nurse, &desk, (kept, merged)).await;
        town.minutes(7);
        let of_kept = sends(&desk, kept, "38.5", "90").await;
        let nurse = town.nurse().await;
        let both = async |nurse: &StaffDesk| (waits(nurse, kept).await, waits(nurse, merged).await);
        merges(&nurse, kept, merged).await;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        let (of_one, of_other) = both(&nurse).await;
        assert_eq!(
            of_one.map(|(report, times, _)| (report, times)),
            Some((Some(of_kept), 1))
        );
        assert_eq!(of_other, Some((Some(of_merged), 1, 7)));

        merges(&nurse, kept, merged).await;
        let alert = worklist(&nurse, None).await.alerts.swap_remove(0).0;
        let done = TypedContact {
            outcome: "reached".to_owned(),
            note: "Both are with a doctor".to_owned(),
            ..TypedContact::default()
        };
        let done = nurse.finish_alert(alert.id, alert.version, &done).await;
        assert_eq!(done.unwrap(), FinishAlert::Done(kept));
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(both(&nurse).await, (None, None));
    }
);

story!(
    the_mailbox_that_only_the_other_record_has_is_taken_over,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let row = "山田 華子,ヤマダ ハナコ,,1988-05-04,09012345678,ja,2026-11-21,2026-11-18,,,,fax@example.org";
        let id = town.case(row).await;
        let nurse = town.nurse().await;
        let merged = nurse.case_by_number(&id).await.unwrap().unwrap();
        let mailbox = async || {
            let view = nurse.case(kept).await.unwrap().unwrap();
            view.email.map(|email| email.expose().clone())
        };
        assert_eq!(mailbox().await, None);
        merges(&nurse, kept, merged.member.case).await;
        assert_eq!(mailbox().await.as_deref(), Some("fax@example.org"));
        // They were two people: nobody is invited by the mailbox of the other one.
        let merged = merged.member.case;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(mailbox().await, None);
        let other = nurse.case(merged).await.unwrap().unwrap();
        assert_eq!(other.email.unwrap().expose(), "fax@example.org");
    }
);

story!(
    the_first_day_of_symptoms_that_only_the_other_record_has_is_taken_over,
    town,
    {
        // The laboratory told of a test, the clinic of an illness.
        let registers = async |row: &str| {
            let id = town.case(row).await;
            let found = town.nurse().await.case_by_number(&id).await.unwrap();
            found.unwrap().member.case
        };
        let kept =
            registers("山田 花子,ヤマダ ハナコ,,1988-05-04,09012345678,ja,2026-11-20,,,,").await;
        let merged = registers(
            "山田 華子,ヤマダ ハナコ,,1988-05-04,09012345678,ja,2026-11-21,2026-11-18,2026-11-10,,",
        )
        .await;
        let nurse = town.nurse().await;
        let days = async |case| {
            let view = nurse.case(case).await.unwrap().unwrap();
            let following = nurse.following_of(case).await.unwrap().unwrap();
            let days = (view.member.onset_on, view.entered_japan_on);
            (days, following.monitoring.review_from)
        };
        let (stood, other) = (days(kept).await, days(merged).await);
        assert_eq!(stood.0, (None, None));
        let form = nurse.person_form(kept).await.unwrap().unwrap();
        merges(&nurse, kept, merged).await;
        assert_eq!(
            days(kept).await,
            other,
            "and its release is looked at by them"
        );
        let following = nurse.following_of(kept).await.unwrap().unwrap();
        let line = &following.corrections[0];
        assert_eq!(line.reason.expose(), "The fax told of the same illness");
        let of_onset = |values: &[(String, Personal<String>)]| {
            let found = values.iter().find(|(name, _)| name == "onset_on");
            found.map(|(_, day)| day.expose().clone())
        };
        assert_eq!(of_onset(&line.before).as_deref(), Some(""));
        assert_eq!(of_onset(&line.after).as_deref(), Some("2026-11-18"));
        let audit = nurse.audit_of_case(kept, 20).await.unwrap();
        let of = audit.iter().find(|line| line.action == "case.corrected");
        assert_eq!(of.unwrap().details, "onset_on, entered_japan_on");
        // A form that was opened before does not take them away again.
        let corrects = async |typed: &TypedCase, version| {
            let done = nurse.correct_person(kept, typed, "A typing error", version);
            done.await.unwrap()
        };
        let stale = corrects(&form.typed, form.version).await;
        assert!(matches!(stale, CorrectPerson::ChangedMeanwhile));

        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!((days(kept).await, days(merged).await), (stood, other));
        let following = nurse.following_of(kept).await.unwrap().unwrap();
        let back = |line: &CorrectionLine| {
            of_onset(&line.before).as_deref() == Some("2026-11-18")
                && of_onset(&line.after).as_deref() == Some("")
        };
        assert!(following.corrections.iter().any(back));

        // What somebody has corrected since is theirs, and stays.
        merges(&nurse, kept, merged).await;
        let form = nurse.person_form(kept).await.unwrap().unwrap();
        let typed = TypedCase {
            onset_on: "2026-11-19".to_owned(),
            ..form.typed
        };
        let corrected = corrects(&typed, form.version).await;
        assert!(matches!(corrected, CorrectPerson::Corrected));
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        let (left, _) = days(kept).await;
        assert_eq!(left, (Some(jiff::civil::date(2026, 11, 19)), None));
        // And a record that has its own keeps it.
        merges(&nurse, kept, merged).await;
        assert_eq!(days(kept).await.0.0, left.0);
        let audit = town.app.system_desk().check_audit().await.unwrap();
        assert_eq!(audit.problems, Vec::<String>::new());
    }
);

story!(
    whoever_was_followed_under_one_of_two_records_goes_on_being_followed,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let decides = async |case, status: &str, risk: &str| {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            let typed = TypedDecision {
                status: status.to_owned(),
                reason: "Told by phone".to_owned(),
                risks: vec![risk.to_owned()],
                version: following.monitoring.version,
                ..TypedDecision::default()
            };
            assert_eq!(nurse.decide(case, &typed).await.unwrap(), Decide::Decided);
        };
        decides(kept, "home", "pregnancy").await;
        let following = nurse.following_of(kept).await.unwrap().unwrap();
        let typed = TypedRelease {
            reason: "Well for three days".to_owned(),
            version: following.monitoring.version,
            ..TypedRelease::default()
        };
        let released = nurse.release(kept, &typed).await.unwrap();
        assert!(matches!(released, Release::Released));
        decides(merged, "hospital", "copd").await;
        merges(&nurse, kept, merged).await;
        assert_eq!(open(&nurse).await, [kept]);
        let monitoring = nurse.following_of(kept).await.unwrap().unwrap().monitoring;
        assert_eq!(monitoring.status.word(), "hospital");
        let mut risks = monitoring.risks.clone();
        risks.sort();
        assert_eq!(risks, ["copd", "pregnancy"]);
        // Of whoever died nobody is asked again.
        decides(kept, "died", "copd").await;
        let (third, _) = again(&town).await;
        merges(&nurse, kept, third).await;
        assert!(open(&nurse).await.is_empty());
    }
);

story!(
    an_emergency_that_nobody_has_is_not_hidden_behind_what_somebody_has,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let of_kept = sends(&desk, kept, "38.5", "92").await;
        let taken = worklist(&nurse, None).await.alerts[0].0.id;
        let done = nurse.take_alert(taken).await.unwrap();
        assert_eq!(done, TakeAlert::Taken(kept));
        town.minutes(1);
        let nurse = town.nurse().await;
        let of_merged = phones(&nurse, &desk, (kept, merged), "84").await;
        town.minutes(1);
        let nurse = town.nurse().await;
        let before = worklist(&nurse, None).await.alert_counts;
        assert_eq!(
            (before.waiting, before.taken, before.emergencies),
            (1, 1, 1)
        );
        merges(&nurse, kept, merged).await;
        let list = worklist(&nurse, None).await;
        let counts = list.alert_counts;
        assert_eq!(
            (counts.waiting, counts.taken, counts.emergencies),
            (1, 0, 1)
        );
        let alert = &list.alerts[0].0;
        assert_eq!(
            (alert.id, alert.report, alert.level),
            (taken, Some(of_merged), Level::Emergency)
        );
        assert_eq!(alert.taken_by, None);
        assert_eq!(alert.taken_before_by.as_deref(), Some("Nurse"));
        assert!(
            format!("{:?}", alert.reasons).contains("84"),
            "{:?}",
            alert.reasons
        );
        // It is told when that of the merged record would have been.
        town.minutes(4);
        let system = town.app.system_desk();
        assert_eq!(system.pass_alerts_on().await.unwrap(), 1);

        let nurse = town.nurse().await;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        let level = async |case| {
            let alerts = worklist(&nurse, None).await.alerts;
            let (alert, _) = alerts.into_iter().find(|(alert, _)| alert.case == case)?;
            Some((alert.report, alert.level))
        };
        assert_eq!(level(kept).await, Some((Some(of_kept), Level::Alarming)));
        assert_eq!(
            level(merged).await,
            Some((Some(of_merged), Level::Emergency))
        );
    }
);

story!(
    what_was_less_urgent_and_came_later_says_not_why_it_is_an_emergency,
    town,
    {
        let (desk, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let of_kept = sends(&desk, kept, "38.5", "84").await;
        town.minutes(1);
        let nurse = town.nurse().await;
        phones(&nurse, &desk, (kept, merged), "92").await;
        merges(&nurse, kept, merged).await;
        let alert = worklist(&nurse, None).await.alerts.swap_remove(0).0;
        assert_eq!(
            (alert.report, alert.level),
            (Some(of_kept), Level::Emergency)
        );
        let why = format!("{:?}", alert.reasons);
        assert!(why.contains("84") && !why.contains("92"), "{why}");
        // Whoever has the more urgent one keeps it when a lesser one is joined that somebody has.
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        for (alert, _) in worklist(&nurse, None).await.alerts {
            nurse.take_alert(alert.id).await.unwrap();
        }
        merges(&nurse, kept, merged).await;
        let counts = worklist(&nurse, None).await.alert_counts;
        assert_eq!((counts.waiting, counts.taken), (0, 1));
    }
);

/// Decides where somebody is, and that the nurse looks after them.
async fn decides(nurse: &StaffDesk, case: CaseId, status: &str, assigned_to: &str) {
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let typed = TypedDecision {
        status: status.to_owned(),
        reason: "Told by phone".to_owned(),
        version: following.monitoring.version,
        assigned_to: assigned_to.to_owned(),
        ..TypedDecision::default()
    };
    assert_eq!(nurse.decide(case, &typed).await.unwrap(), Decide::Decided);
}

/// Where somebody is, and whether somebody looks after them.
async fn followed(nurse: &StaffDesk, case: CaseId) -> (&'static str, bool) {
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let monitoring = following.monitoring;
    (monitoring.status.word(), monitoring.assigned_to.is_some())
}

story!(a_death_that_either_record_knows_of_stands, town, {
    let (_, kept) = family(&mut town, "a@example.org").await;
    let (merged, _) = again(&town).await;
    let nurse = town.nurse().await;
    decides(&nurse, merged, "died", "").await;
    town.minutes(1);
    let nurse = town.nurse().await;
    // Whatever was written later of the other one.
    decides(&nurse, kept, "hotel", "").await;
    let told = nurse.where_as_one(kept, merged).await.unwrap();
    assert_eq!(told.map(|status| status.word()), Some("died"));
    town.minutes(1);
    let nurse = town.nurse().await;
    merges(&nurse, kept, merged).await;
    assert_eq!(followed(&nurse, kept).await.0, "died");
    assert!(open(&nurse).await.is_empty());
    assert!(nurse.case(kept).await.unwrap().unwrap().member.has_died());
    let following = nurse.following_of(kept).await.unwrap().unwrap();
    let line = &following.corrections[0];
    assert_eq!(line.subject, "monitoring");
    assert_eq!(line.reason.expose(), "The fax told of the same illness");

    town.minutes(1);
    let nurse = town.nurse().await;
    nurse.unmerge_case(merged, "Two sisters").await.unwrap();
    assert_eq!(open(&nurse).await, [kept]);
    assert_eq!(followed(&nurse, kept).await.0, "hotel");
    assert_eq!(followed(&nurse, merged).await.0, "died");
    assert!(!nurse.case(kept).await.unwrap().unwrap().member.has_died());
});

story!(
    where_somebody_is_and_who_looks_after_them_is_not_lost,
    town,
    {
        let (_, kept) = family(&mut town, "a@example.org").await;
        let (merged, _) = again(&town).await;
        let nurse = town.nurse().await;
        let id = nurse.id().to_string();
        decides(&nurse, merged, "hotel", &id).await;
        merges(&nurse, kept, merged).await;
        assert_eq!(followed(&nurse, kept).await, ("hotel", true));
        town.minutes(1);
        let nurse = town.nurse().await;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(followed(&nurse, kept).await, ("home", false));
        assert_eq!(followed(&nurse, merged).await, ("hotel", true));

        // The later word holds, and what somebody decides while they are one stays.
        town.minutes(1);
        let nurse = town.nurse().await;
        decides(&nurse, kept, "hospital", "").await;
        town.minutes(1);
        let nurse = town.nurse().await;
        decides(&nurse, merged, "home", &id).await;
        merges(&nurse, kept, merged).await;
        assert_eq!(followed(&nurse, kept).await, ("home", true));
        decides(&nurse, kept, "unknown", &id).await;
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(followed(&nurse, kept).await.0, "unknown");
        let audit = town.app.system_desk().check_audit().await.unwrap();
        assert_eq!(audit.problems, Vec::<String>::new());
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
        assert!(nurse.like_case(kept).await.unwrap().is_empty());
    }
);

story!(who_held_the_record_while_two_were_one_held_both, town, {
    use app::retention::HoldCase;
    let (_, kept) = family(&mut town, "a@example.org").await;
    let (merged, _) = again(&town).await;
    let nurse = town.nurse().await;
    merges(&nurse, kept, merged).await;
    town.minutes(1);
    let nurse = town.nurse().await;
    assert_eq!(
        nurse.hold(kept, "Lawsuit 12", None).await.unwrap(),
        HoldCase::Done
    );
    let undone = nurse.unmerge_case(merged, "Two sisters").await.unwrap();
    assert_eq!(undone, Merge::Done(merged));
    for case in [kept, merged] {
        let hold = nurse.hold_of(case).await.unwrap();
        assert!(hold.is_held, "{case}");
        assert_eq!(hold.lines[0].reason.expose(), "Lawsuit 12");
    }
    // Each is lifted on its own.
    let lifted = nurse.lift_hold(kept, "It is over", None).await.unwrap();
    assert_eq!(lifted, HoldCase::Done);
    assert!(nurse.hold_of(merged).await.unwrap().is_held);
    // What was held before two became one is not the other's.
    town.minutes(1);
    let nurse = town.nurse().await;
    merges(&nurse, merged, kept).await;
    nurse.unmerge_case(kept, "Two sisters").await.unwrap();
    assert!(!nurse.hold_of(kept).await.unwrap().is_held);
});
