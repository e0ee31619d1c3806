//! A nurse's rounds on the days after the worst one: who is released by which rule, who is called and under which number, and
//! whose silence is seen.

use crate::close_contacts::met;
use crate::reports::{family, sends};
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::case_import::Meant;
use app::case_registration::{CaseField, RegisterCase, Sure, TypedCase};
use app::contact_log::TypedContact;
use app::correction::CorrectPerson;
use app::health_center::Contact;
use app::in_error::{TakeBack, TypedInError};
use app::invitation::{InviteBy, InvitePerson, InviteProblem, Wave};
use app::line_list::{Column, Export, Format, Whom, Wished};
use app::monitoring::{Decide, FACILITY, Following, TypedDecision, WorkItem};
use app::release::{Release, TooSoon, TypedRelease};
use app::worklist::{Filter, List, Worklist};
use domain::ids::CaseId;
use domain::isolation::Kind;
use domain::language::Language;
use domain::monitoring::MonitoringStatus;
use jiff::civil::date;

async fn following(nurse: &StaffDesk, case: CaseId) -> Following {
    nurse.following_of(case).await.unwrap().unwrap()
}

/// Decides where somebody is, and what is known of them.
async fn decides(nurse: &StaffDesk, case: CaseId, status: &str, risks: &[&str]) {
    let typed = TypedDecision {
        status: status.to_owned(),
        risks: risks.iter().map(|risk| (*risk).to_owned()).collect(),
        reason: "The hospital phoned".to_owned(),
        version: following(nurse, case).await.monitoring.version,
        ..TypedDecision::default()
    };
    let done = nurse.decide(case, &typed).await.unwrap();
    assert_eq!(done, Decide::Decided);
}

async fn calls(nurse: &StaffDesk, case: CaseId, outcome: &str) {
    let typed = TypedContact {
        outcome: outcome.to_owned(),
        ..TypedContact::default()
    };
    nurse.add_contact(case, &typed).await.unwrap();
}

async fn worklist(nurse: &StaffDesk) -> Worklist {
    let found = nurse.worklist(None, Filter::default()).await.unwrap();
    found.unwrap()
}

/// Who is in a section, in its order, and how many it says that it has.
async fn section(nurse: &StaffDesk, list: List) -> (i64, Vec<WorkItem>) {
    let filter = Filter {
        list: Some(list),
        ..Filter::default()
    };
    let found = nurse.worklist(None, filter).await.unwrap().unwrap();
    let of = found.lists.into_iter().find(|of| of.list == list).unwrap();
    (of.count, of.items)
}

async fn cases_in(nurse: &StaffDesk, list: List) -> Vec<CaseId> {
    let (count, items) = section(nurse, list).await;
    assert_eq!(usize::try_from(count).unwrap(), items.len());
    items.into_iter().map(|item| item.case).collect()
}

/// Registers somebody who has no account; ill since the 18th.
async fn registers(town: &Town, name: &str, birthdate: &str, phone: &str) -> CaseId {
    let row = format!("{name},,,{birthdate},{phone},ja,2026-11-20,2026-11-18,,,");
    let id = town.case(&row).await;
    let nurse = town.nurse().await;
    nurse.cases(&id, 0).await.unwrap().0[0].member.case
}

story!(in_hospital_and_in_a_facility_another_rule_releases, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let day = async || following(&nurse, case).await.monitoring.review_from;
    let (at_home, inpatient) = (date(2026, 11, 26), date(2026, 11, 29));
    assert_eq!(day().await, Some(at_home));
    decides(&nurse, case, "hospital", &[]).await;
    assert_eq!(day().await, Some(inpatient));
    // The box follows the record until somebody says something else, and that is told.
    let review = async |typed: &TypedRelease| {
        let (review, problems) = nurse.release_review(case, typed).await.unwrap().unwrap();
        assert!(problems.is_empty());
        review
    };
    let of_record = review(&TypedRelease::default()).await;
    assert!(of_record.inpatient && of_record.inpatient_by_record);
    let kind = of_record.calculation.unwrap().kind;
    assert_eq!(kind, Kind::SymptomaticInpatient);
    let unticked = TypedRelease {
        inpatient: Some(false),
        ..TypedRelease::default()
    };
    let other = review(&unticked).await;
    assert!(!other.inpatient && other.inpatient_by_record);
    assert_eq!(other.calculation.unwrap().kind, Kind::Symptomatic);
    decides(&nurse, case, "home", &[]).await;
    assert_eq!(day().await, Some(at_home));
    // A nursing home is noted once, and holds until it is taken away; a correction of the days reckons by it.
    decides(&nurse, case, "home", &[FACILITY]).await;
    assert_eq!(day().await, Some(inpatient));
    assert!(review(&TypedRelease::default()).await.inpatient);
    let form = nurse.person_form(case).await.unwrap().unwrap();
    let later = TypedCase {
        onset_on: "2026-11-19".to_owned(),
        ..form.typed
    };
    let done = nurse.correct_person(case, &later, "She says so", form.version);
    assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
    assert_eq!(day().await, Some(date(2026, 11, 30)));
    // Whatever an earlier release has reckoned is put right by the timer.
    let database = town.database().await;
    database
        .write(move |tx| storage::monitoring::set_review(tx, case, Some(at_home)))
        .await
        .unwrap();
    let desk = town.app.system_desk();
    assert_eq!(desk.follow_isolation_rules().await.unwrap(), 1);
    assert_eq!(day().await, Some(date(2026, 11, 30)));
});

story!(
    an_onset_that_is_corrected_after_the_release_is_told,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        town.days(3);
        let nurse = town.nurse().await;
        let typed = TypedRelease {
            improved_at: "2026-11-24T09:00".to_owned(),
            reason: "Well".to_owned(),
            version: following(&nurse, case).await.monitoring.version,
            ..TypedRelease::default()
        };
        let released = nurse.release(case, &typed).await.unwrap();
        assert!(matches!(released, Release::Released));
        assert_eq!(following(&nurse, case).await.too_soon, None);
        let corrects = async |onset_on: &str| {
            let form = nurse.person_form(case).await.unwrap().unwrap();
            let typed = TypedCase {
                onset_on: onset_on.to_owned(),
                days_are_right: true,
                ..form.typed
            };
            let done = nurse.correct_person(case, &typed, "She fell ill later", form.version);
            assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
            following(&nurse, case).await.too_soon
        };
        let told = TooSoon {
            by_onset: true,
            last_day: date(2026, 12, 1),
            released_on: date(2026, 11, 26),
        };
        assert_eq!(corrects("2026-11-24").await, Some(told));
        // Earlier than it was decided on: the days are over all the more.
        assert_eq!(corrects("2026-11-17").await, None);
        assert_eq!(corrects("2026-11-24").await, Some(told));
        // Followed again, the release is looked at when the days are over.
        decides(&nurse, case, "home", &[]).await;
        let open = following(&nurse, case).await;
        assert_eq!(
            (open.too_soon, open.monitoring.review_from),
            (None, Some(date(2026, 12, 2)))
        );
    }
);

story!(a_number_that_is_noted_as_wrong_gets_no_message, town, {
    let nurse = town.nurse().await;
    let case = registers(&town, "家族 二", "1990-01-02", "090-1234-5678").await;
    let promised = nurse.invite_person(case, InviteBy::Sms).await.unwrap();
    assert_eq!(promised, InvitePerson::Promised);
    // The message still waits when a call finds somebody else.
    town.minutes(1);
    calls(&nurse, case, "wrong_number").await;
    assert!(town.new_mails().await.is_empty());
    let wrong = InvitePerson::Problem(InviteProblem::WrongNumber);
    assert_eq!(
        nurse.invite_person(case, InviteBy::Sms).await.unwrap(),
        wrong
    );
    let (previews, _) = nurse.invitation(case).await.unwrap().unwrap();
    assert_eq!(previews[0].problem, Some(InviteProblem::WrongNumber));
    let many = nurse.invitations(&[case], Wave::First).await.unwrap();
    assert_eq!(many.cannot, [(case, InviteProblem::WrongNumber)]);
    assert_eq!(
        nurse
            .invite_many(&[case], Wave::First)
            .await
            .unwrap()
            .counts(),
        (0, 1)
    );
    assert!(following(&nurse, case).await.wrong_number.is_some());
    // A further call in vain does not hide it, and the call that is planned says so.
    town.minutes(1);
    calls(&nurse, case, "no_answer").await;
    let (_, planned) = section(&nurse, List::Planned).await;
    assert_eq!((planned[0].case, planned[0].is_wrong_number), (case, true));
    assert_eq!(
        nurse.invite_person(case, InviteBy::Sms).await.unwrap(),
        wrong
    );
    // The note was the mistake.
    let lines = following(&nurse, case).await.contacts;
    let line = lines
        .iter()
        .find(|line| line.outcome.word() == "wrong_number");
    let because = TypedInError {
        why: "not_true".to_owned(),
        words: "Dialled another one".to_owned(),
    };
    let id = line.unwrap().id;
    let done = nurse.take_contact_back(case, id, &because).await.unwrap();
    assert!(matches!(done, TakeBack::Done(_)));
    assert!(following(&nurse, case).await.wrong_number.is_none());
    assert_eq!(
        nurse
            .invite_many(&[case], Wave::First)
            .await
            .unwrap()
            .counts(),
        (1, 0)
    );
    assert_eq!(town.new_mails().await.len(), 1);
    assert_eq!(
        nurse
            .invite_many(&[case], Wave::First)
            .await
            .unwrap()
            .counts(),
        (0, 0)
    );
    // It was none: the right number is written down, and what went to the other one is no message to the person.
    town.minutes(1);
    calls(&nurse, case, "wrong_number").await;
    town.minutes(1);
    let form = nurse.person_form(case).await.unwrap().unwrap();
    let other = TypedCase {
        phone: "080-9876-5432".to_owned(),
        ..form.typed
    };
    let done = nurse.correct_person(case, &other, "His mother told it", form.version);
    assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
    assert!(following(&nurse, case).await.wrong_number.is_none());
    let many = nurse.invitations(&[case], Wave::First).await.unwrap();
    assert_eq!((many.had, many.by.get("sms")), (0, Some(&1)));
    assert_eq!(
        nurse
            .invite_many(&[case], Wave::First)
            .await
            .unwrap()
            .counts(),
        (1, 0)
    );
    let sent = town.new_mails().await;
    assert!(
        sent[0].starts_with("SMS to: +818098765432\n"),
        "{}",
        sent[0]
    );
    assert_eq!(
        nurse
            .invite_many(&[case], Wave::First)
            .await
            .unwrap()
            .counts(),
        (0, 0)
    );
    let (_, planned) = section(&nurse, List::Planned).await;
    assert!(!planned[0].is_wrong_number);
});

story!(
    who_is_in_hospital_pushes_nobody_at_home_out_of_sight,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        sends(&desk, case, "38.5", "89").await;
        let (nurse, officer) = (town.nurse().await, town.officer().await);
        assert_eq!(cases_in(&nurse, List::Urgent).await, [case]);
        let counted = async || officer.center_counts().await.unwrap()[0].urgent;
        assert_eq!(counted().await, 1);
        let typed = TypedDecision {
            status: "hospital".to_owned(),
            open_alert: "leave".to_owned(),
            alert_seen: worklist(&nurse).await.alerts[0].0.state(),
            version: following(&nurse, case).await.monitoring.version,
            ..TypedDecision::default()
        };
        let done = nurse.decide(case, &typed).await.unwrap();
        assert_eq!(done, Decide::Decided);
        assert!(cases_in(&nurse, List::Urgent).await.is_empty());
        assert_eq!(counted().await, 0);
        // They are among everybody, as urgent as they were, and their alert stays what it is.
        let (_, all) = section(&nurse, List::Open).await;
        assert_eq!(all[0].monitoring.status, MonitoringStatus::Hospital);
        assert!(all[0].monitoring.urgency.is_danger());
        assert_eq!(worklist(&nurse).await.alerts.len(), 1);
        decides(&nurse, case, "home", &[]).await;
        assert_eq!(cases_in(&nurse, List::Urgent).await, [case]);
        assert_eq!(counted().await, 1);
    }
);

story!(whoever_is_followed_by_phone_falls_silent_too, town, {
    let called = registers(&town, "練習 三郎", "1941-05-06", "090-1111-0001").await;
    let other = registers(&town, "練習 四郎", "1985-05-06", "090-1111-0002").await;
    let nurse = town.nurse().await;
    calls(&nurse, called, "reached").await;
    let silent = async || cases_in(&town.nurse().await, List::Silent).await;
    assert!(silent().await.is_empty());
    // The next day at eleven, after the deadline: nobody has heard of the one, and nobody has ever reached the other.
    town.minutes(26 * 60);
    assert_eq!(silent().await, [called]);
    let nurse = town.nurse().await;
    let (_, rows) = section(&nurse, List::Silent).await;
    assert!(rows[0].reached_at.is_some());
    assert!(cases_in(&nurse, List::NoAccount).await.contains(&other));
    let officer = town.officer().await;
    let counted = async || officer.center_counts().await.unwrap()[0].silent;
    assert_eq!(counted().await, 1);
    // A call in vain changes nothing, one that reaches somebody there does.
    calls(&nurse, called, "no_answer").await;
    assert_eq!(silent().await, [called]);
    town.minutes(1);
    calls(&nurse, called, "reached_other").await;
    assert!(silent().await.is_empty());
    assert_eq!(counted().await, 0);
    // The line was about somebody else: they were not heard of today.
    let lines = following(&nurse, called).await.contacts;
    let because = TypedInError {
        why: "twice".to_owned(),
        words: "Another family".to_owned(),
    };
    let done = nurse.take_contact_back(called, lines[0].id, &because).await;
    assert!(matches!(done.unwrap(), TakeBack::Done(_)));
    assert_eq!(silent().await, [called]);
});

story!(a_list_of_calls_says_who_is_a_contact, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let contact = met(&nurse, case, "Yamada Ken", "09011110001").await;
    let (_, all) = section(&nurse, List::Open).await;
    let contacts: Vec<_> = all.iter().filter(|item| item.is_contact).collect();
    assert_eq!((contacts.len(), contacts[0].case), (1, contact));
});

story!(a_list_that_was_exported_comes_in_again, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
    let export = async |whom, language| {
        let wished = Wished {
            columns: Column::ALL.to_vec(),
            whom,
            only_open: true,
            programme: String::new(),
            format: Format::CsvUtf8,
            reason: "To another system".to_owned(),
            losses_are_fine: false,
        };
        let words = i18n::words(language);
        let Export::File(mut file, _) = nurse.export(&wished, words).await.unwrap() else {
            panic!("no file");
        };
        let mut text = String::new();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
        text
    };
    for language in [Language::En, Language::Ja] {
        let text = export(Whom::Cases, language).await;
        let desk = town.app.system_desk();
        let looked = desk.look_at_import(text.as_bytes(), center).await.unwrap();
        let looked = match looked {
            Ok(looked) => looked,
            Err(errors) => panic!("{:?}", errors[0].reason),
        };
        assert_eq!(looked.count, 1);
        assert_eq!(looked.first[0].fields[5], "ja");
        // She stands already, and is registered once.
        assert_eq!(looked.left_out(&Meant::Lines(Vec::new())).len(), 1);
    }
    met(&nurse, case, "Yamada Ken", "09011110001").await;
    for language in [Language::En, Language::Ja] {
        let text = export(Whom::Contacts, language).await;
        // Somebody has filled in the day that was missing.
        let text = text.replacen(",2026-11-22", "2026-11-22,2026-11-22", 1);
        let desk = town.app.system_desk();
        let Err(errors) = desk.look_at_import(text.as_bytes(), center).await.unwrap() else {
            panic!("a contact is no case");
        };
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].column, "kind");
        let reason = &errors[0].reason;
        assert!(reason.contains("close contact"), "{reason}");
    }
});

/// The list of a center in all of its columns that somebody may choose, with those who are followed no more.
async fn whole_list(desk: &StaffDesk, format: Format, language: Language) -> Vec<u8> {
    let wished = Wished {
        columns: Column::ALL.to_vec(),
        whom: Whom::Cases,
        only_open: false,
        programme: String::new(),
        format,
        reason: "For the year's report".to_owned(),
        losses_are_fine: false,
    };
    let words = i18n::words(language);
    let Export::File(mut file, _) = desk.export(&wished, words).await.unwrap() else {
        panic!("no file");
    };
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
    bytes
}

story!(a_list_says_until_when_somebody_was_followed, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
    let nurse = town.nurse().await;
    let ends = async |expected: [(Language, &str, &str); 2]| {
        for (language, header, row) in expected {
            let list = whole_list(&nurse, Format::CsvUtf8, language).await;
            let list = String::from_utf8(list).unwrap();
            let lines: Vec<&str> = list.lines().collect();
            // Last, so that all others stay where they were.
            assert!(lines[0].ends_with(header), "{}", lines[0]);
            assert!(lines[1].ends_with(row), "{}", lines[1]);
            assert_eq!(lines.len(), 2);
        }
    };
    let header = "Release review from,Followed until,How following ended";
    let header_ja = "解除確認日,健康観察終了日,健康観察の終了区分";
    let en_and_ja = |row, row_ja| {
        [
            (Language::En, header, row),
            (Language::Ja, header_ja, row_ja),
        ]
    };
    ends(en_and_ja(",,", ",,")).await;
    // At half past midnight in Tokyo it is another day than at Greenwich.
    town.minutes(15 * 60 + 30);
    crate::retention::is_released(&town, case).await;
    ends(en_and_ja(",2026-11-24,Released", ",2026-11-24,療養解除")).await;
    // Of those who are followed no more nobody is registered by such a list, as a table and as a workbook, at another center
    // either, where nobody knows them: they would be called and written to as if they were ill.
    let other = crate::transfers::shibuya(&town).await.0;
    for format in [Format::CsvUtf8, Format::CsvShiftJis, Format::Xlsx] {
        for language in [Language::En, Language::Ja] {
            let list = whole_list(&nurse, format, language).await;
            for center in [center, other] {
                let desk = town.app.system_desk();
                let looked = desk.look_at_import(&list, center).await.unwrap();
                let Err(errors) = looked else {
                    panic!("{format:?} in {language:?} comes in");
                };
                assert_eq!(errors.len(), 1, "{errors:?}");
                assert_eq!((errors[0].line, errors[0].column.as_str()), (2, "ended"));
                let reason = &errors[0].reason;
                assert!(reason.contains("followed no more"), "{reason}");
            }
        }
    }
    town.days(2);
    crate::retention::is_now(&town, case, "died").await;
    ends(en_and_ja(",2026-11-26,Died", ",2026-11-26,死亡")).await;
    crate::retention::is_now(&town, case, "home").await;
    ends(en_and_ja(",,", ",,")).await;
    // Whoever is followed comes in; until when others were is a column that is left out, and told.
    for format in [Format::CsvUtf8, Format::CsvShiftJis, Format::Xlsx] {
        for language in [Language::En, Language::Ja] {
            let list = whole_list(&nurse, format, language).await;
            let desk = town.app.system_desk();
            let looked = desk.look_at_import(&list, center).await.unwrap();
            let Ok(looked) = looked else {
                panic!("{format:?} in {language:?} does not come in");
            };
            assert_eq!(looked.count, 1);
            let t = i18n::words(language);
            for column in ["column-followed-until", "column-status"] {
                assert!(
                    looked.columns_left_out().contains(&t.say(column)),
                    "{column}"
                );
            }
        }
    }
});

story!(the_own_number_of_the_center_is_asked_back, town, {
    let nurse = town.nurse().await;
    let contact = Contact {
        phone: "03-1111-2222".to_owned(),
        night_phone: "03-3333-4444".to_owned(),
        ..Contact::default()
    };
    nurse.set_contact(contact, None).await.unwrap();
    town.minutes(1);
    let registers = async |phone: &str, is_right: bool| {
        let typed = TypedCase {
            name: "電話 なし".to_owned(),
            birthdate: "1940-05-06".to_owned(),
            phone: phone.to_owned(),
            diagnosed_on: "2026-11-20".to_owned(),
            number_is_right: is_right,
            ..TypedCase::default()
        };
        let key = nurse.new_form_key();
        nurse
            .register_case(&typed, key, Sure::Another)
            .await
            .unwrap()
    };
    for own in ["03-1111-2222", "＋81 3 3333 4444"] {
        let RegisterCase::Problems(problems) = registers(own, false).await else {
            panic!("not asked back: {own}");
        };
        let (field, problem) = problems[0];
        assert_eq!(
            (field, problem.key()),
            (CaseField::Phone, "problem-own-number")
        );
    }
    let registered = registers("03-1111-2222", true).await;
    assert!(matches!(registered, RegisterCase::Registered(_)));
    let RegisterCase::Registered(case) = registers("090-1234-5678", false).await else {
        panic!("another number is asked back");
    };
    let form = nurse.person_form(case).await.unwrap().unwrap();
    let corrects = async |is_right: bool| {
        let typed = TypedCase {
            phone: "03-1111-2222".to_owned(),
            number_is_right: is_right,
            ..form.typed.clone()
        };
        let done = nurse.correct_person(case, &typed, "He has none", form.version);
        done.await.unwrap()
    };
    assert!(matches!(corrects(false).await, CorrectPerson::Problems(..)));
    assert!(matches!(corrects(true).await, CorrectPerson::Corrected));
});

story!(
    a_list_with_a_phone_number_of_another_country_comes_in_again,
    town,
    {
        town.case(",,Smith John,1990-01-02,+12025550123,en,2026-11-20,,,,,,,=1 Minato")
            .await;
        let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
        let nurse = town.nurse().await;
        for format in [Format::CsvUtf8, Format::CsvShiftJis, Format::Xlsx] {
            let list = whole_list(&nurse, format, Language::En).await;
            let desk = town.app.system_desk();
            let looked = match desk.look_at_import(&list, center).await.unwrap() {
                Ok(looked) => looked,
                Err(errors) => panic!("{format:?}: {errors:?}"),
            };
            let fields = &looked.first[0].fields;
            assert!(fields[4].starts_with('+'), "{}", fields[4]);
            assert_eq!(fields[13], "=1 Minato");
            assert_eq!(looked.left_out(&Meant::Lines(Vec::new())), [2]);
        }
    }
);
