//! The written request to report: issued, read, replaced, withdrawn, on paper.

use crate::merges::{again, merges};
use crate::reports::family;
use crate::retention::is_now;
use crate::story;
use crate::town::Town;
use app::StaffDesk;
use app::case_registration::{RegisterCase, Sure, TypedCase};
use app::programme::{BeginProgramme, PROGRAMME, TypedProgramme};
use app::reporting_request::{Issue, Request, RequestState, Tells, TypedRequest};
use domain::ids::{CaseId, RequestId};
use domain::language::Language;
use jiff::civil::date;
use std::collections::BTreeSet;

async fn registers(nurse: &StaffDesk, typed: TypedCase) -> CaseId {
    let typed = TypedCase {
        birthdate: "1990-01-02".to_owned(),
        diagnosed_on: "2026-11-20".to_owned(),
        onset_on: "2026-11-18".to_owned(),
        ..typed
    };
    let key = nurse.new_form_key();
    let sure = Sure::Another;
    match nurse.register_case(&typed, key, sure).await.unwrap() {
        RegisterCase::Registered(case) => case,
        _ => panic!("not registered"),
    }
}

fn named(name: &str, phone: &str) -> TypedCase {
    TypedCase {
        name: name.to_owned(),
        phone: phone.to_owned(),
        programme: PROGRAMME.to_owned(),
        language: "ja".to_owned(),
        ..TypedCase::default()
    }
}

/// What would be issued, and how the person would be told.
async fn looks_at(
    nurse: &StaffDesk,
    case: CaseId,
    (report, stay): (bool, bool),
) -> (Request, Tells) {
    let (_, _, begun) = nurse.request_to_begin_with(case).await.unwrap().unwrap();
    let typed = TypedRequest {
        report,
        stay,
        ..begun
    };
    let key = RequestId::from_uuid(nurse.new_form_key());
    match nurse.issue_request(case, key, &typed, true).await.unwrap() {
        Issue::Preview(request, tells) => (*request, tells),
        _ => panic!("no preview"),
    }
}

/// Issues what a new request begins with.
async fn issues(nurse: &StaffDesk, case: CaseId) -> RequestId {
    let (_, _, typed) = nurse.request_to_begin_with(case).await.unwrap().unwrap();
    let key = RequestId::from_uuid(nurse.new_form_key());
    let issued = nurse.issue_request(case, key, &typed, false).await.unwrap();
    assert!(matches!(issued, Issue::Issued(id, _) if id == key));
    key
}

/// How the requests of a case stand, the latest first.
async fn stand(nurse: &StaffDesk, case: CaseId) -> Vec<RequestState> {
    let all = nurse.requests(case).await.unwrap();
    all.iter().map(|request| request.state).collect()
}

/// What the paper of each says first, the latest first.
async fn papers_say(town: &Town, case: CaseId) -> Vec<Option<String>> {
    let nurse = town.nurse().await;
    let all = nurse.requests(case).await.unwrap();
    for request in &all {
        let paper = nurse.request_on_paper(case, request.id).await.unwrap();
        assert!(paper.unwrap().starts_with(b"%PDF-"));
    }
    all.iter().map(Request::no_longer).collect()
}

async fn begins_measles(nurse: &StaffDesk) {
    let measles = TypedProgramme {
        id: "measles".to_owned(),
        disease: ["麻しん".to_owned(), "Measles".to_owned()],
        like: PROGRAMME.to_owned(),
        valid_from: "2026-11-23".to_owned(),
        why: "An outbreak at a school".to_owned(),
    };
    let begun = nurse.begin_programme(&measles).await.unwrap();
    assert_eq!(begun, BeginProgramme::Begun("measles".to_owned()));
}

story!(a_request_is_read_replaced_and_withdrawn, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let (_, _, typed) = nurse.request_to_begin_with(case).await.unwrap().unwrap();
    assert!(typed.report && typed.stay && !typed.reasons.is_empty());
    let key = RequestId::from_uuid(nurse.new_form_key());
    let wrong = TypedRequest {
        report: false,
        stay: false,
        from: "2026-01-01".to_owned(),
        to: "2029-01-01".to_owned(),
        reasons: " ".to_owned(),
    };
    let Issue::Problems(problems) = nurse.issue_request(case, key, &wrong, false).await.unwrap()
    else {
        panic!("taken")
    };
    assert_eq!(problems, ["from", "to", "report", "reasons"]);
    let preview = nurse.issue_request(case, key, &typed, true).await.unwrap();
    assert!(matches!(preview, Issue::Preview(..)));
    assert!(desk.requests(case).await.unwrap().is_empty());
    for _ in 0..2 {
        let issued = nurse.issue_request(case, key, &typed, false).await.unwrap();
        assert!(matches!(issued, Issue::Issued(id, _) if id == key));
    }
    let messages = town.new_mails().await;
    assert_eq!(
        messages.len(),
        2,
        "an e-mail and a short message, each once"
    );
    assert!(messages.iter().any(|m| m.contains("a@example.org")));
    let names = ["山田", "Yamada", "花子"];
    assert!(!messages.iter().any(|m| names.iter().any(|n| m.contains(n))));
    let seen = &desk.requests(case).await.unwrap()[0];
    assert_eq!(seen.state, RequestState::Holds);
    assert!(seen.law.as_ref().unwrap().contains("44") && seen.read_at.is_none());
    assert!(desk.confirm_request(case, key).await.unwrap());
    assert!(nurse.requests(case).await.unwrap()[0].read_at.is_some());
    let pdf = desk.request_on_paper(case, key).await.unwrap().unwrap();
    assert!(pdf.starts_with(b"%PDF-"));

    town.minutes(1);
    let later = RequestId::from_uuid(nurse.new_form_key());
    let nurse = town.nurse().await;
    nurse
        .issue_request(case, later, &typed, false)
        .await
        .unwrap();
    let states: Vec<_> = nurse
        .requests(case)
        .await
        .unwrap()
        .iter()
        .map(|r| r.state)
        .collect();
    assert_eq!(states, [RequestState::Holds, RequestState::Replaced]);
    assert_eq!(nurse.withdraw_request(case, later, "").await.unwrap(), None);
    let withdrawn = nurse
        .withdraw_request(case, later, "A mistake")
        .await
        .unwrap();
    assert_eq!(withdrawn, Some(true));
    let states: Vec<_> = desk
        .requests(case)
        .await
        .unwrap()
        .iter()
        .map(|r| r.state)
        .collect();
    // What was replaced by a request that was withdrawn holds again.
    assert_eq!(states, [RequestState::Withdrawn, RequestState::Holds]);
});

story!(a_stranger_sees_no_request, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let stranger = town.account("b@example.org").await;
    let nurse = town.nurse().await;
    let (_, _, typed) = nurse.request_to_begin_with(case).await.unwrap().unwrap();
    let key = RequestId::from_uuid(nurse.new_form_key());
    nurse.issue_request(case, key, &typed, false).await.unwrap();
    assert!(stranger.requests(case).await.unwrap().is_empty());
    assert!(!stranger.confirm_request(case, key).await.unwrap());
    assert!(
        stranger
            .request_on_paper(case, key)
            .await
            .unwrap()
            .is_none()
    );
});

story!(a_request_says_what_the_law_says_of_what_is_asked, town, {
    let nurse = town.nurse().await;
    begins_measles(&nurse).await;
    let covid = registers(&nurse, named("山田 一", "03-1111-0001")).await;
    let measles = TypedCase {
        programme: "measles".to_owned(),
        ..named("山田 二", "03-1111-0002")
    };
    let measles = registers(&nurse, measles).await;
    let says = async |nurse: &StaffDesk, case, asks| {
        let (request, _) = looks_at(nurse, case, asks).await;
        (request.title(), request.duty(), request.law.is_some())
    };
    // A report is owed by the article; staying at home is to be tried for.
    for (asks, title, duty) in [
        ((true, true), "request-title", "request-duty-both"),
        ((true, false), "request-title-report", "request-duty-report"),
        ((false, true), "request-title-stay", "request-duty-stay"),
    ] {
        let said = says(&nurse, covid, asks).await;
        assert_eq!(said, (title, duty, true), "{asks:?}");
        // Of another disease nobody has said that the article applies.
        let said = says(&nurse, measles, asks).await;
        assert_eq!(said, (title, "request-duty-asked", false), "{asks:?}");
    }
    let begun = async |nurse: &StaffDesk, case| {
        let (_, _, typed) = nurse.request_to_begin_with(case).await.unwrap().unwrap();
        typed.reasons.contains("この規定の対象")
    };
    assert!(begun(&nurse, covid).await && !begun(&nurse, measles).await);
    // The place says so, and that is what the next ones say.
    town.minutes(1);
    let nurse = town.nurse().await;
    assert!(nurse.name_article("measles", true).await.unwrap());
    town.minutes(1);
    let nurse = town.nurse().await;
    nurse.name_article(PROGRAMME, false).await.unwrap();
    assert!(!nurse.name_article("pest", true).await.unwrap());
    town.restart().await;
    let nurse = town.nurse().await;
    let both = (true, true);
    let said = says(&nurse, measles, both).await;
    assert_eq!(said, ("request-title", "request-duty-both", true));
    let said = says(&nurse, covid, both).await;
    assert_eq!(said, ("request-title", "request-duty-asked", false));
    assert!(!begun(&nurse, covid).await && begun(&nurse, measles).await);
    // What was issued stays as it was read.
    let (_, _, typed) = nurse.request_to_begin_with(measles).await.unwrap().unwrap();
    let key = RequestId::from_uuid(nurse.new_form_key());
    nurse
        .issue_request(measles, key, &typed, false)
        .await
        .unwrap();
    town.minutes(1);
    let nurse = town.nurse().await;
    nurse.name_article("measles", false).await.unwrap();
    let stands = &nurse.requests(measles).await.unwrap()[0];
    assert_eq!(stands.duty(), "request-duty-both");
    assert!(stands.law.as_ref().unwrap().contains("44"));
    for case in [covid, measles] {
        let (_, _, typed) = nurse.request_to_begin_with(case).await.unwrap().unwrap();
        let key = RequestId::from_uuid(nurse.new_form_key());
        nurse.issue_request(case, key, &typed, false).await.unwrap();
        let paper = nurse.request_on_paper(case, key).await.unwrap().unwrap();
        assert!(paper.starts_with(b"%PDF-"));
    }
});

story!(whoever_can_be_told_of_no_request_gets_it_on_paper, town, {
    let (_, followed) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let mobile = registers(&nurse, named("山田 一", "090-1111-0001")).await;
    let landline = registers(&nurse, named("山田 二", "03-1111-0002")).await;
    town.new_mails().await;
    for (case, mail, sms) in [
        (followed, true, true),
        (mobile, false, true),
        (landline, false, false),
    ] {
        let told = Tells { mail, sms };
        assert_eq!(looks_at(&nurse, case, (true, true)).await.1, told);
        let (_, _, typed) = nurse.request_to_begin_with(case).await.unwrap().unwrap();
        let key = RequestId::from_uuid(nurse.new_form_key());
        let issued = nurse.issue_request(case, key, &typed, false).await.unwrap();
        assert!(matches!(issued, Issue::Issued(_, tells) if tells == told));
        assert_eq!(told.by_paper_alone(), !mail && !sms);
        let sent = town.new_mails().await.len();
        assert_eq!(sent, usize::from(mail) + usize::from(sms));
    }
});

story!(a_request_on_paper_names_whom_it_can, town, {
    let nurse = town.nurse().await;
    let no_letters = registers(&nurse, named("สมชาย ใจดี", "03-1111-0001")).await;
    let latin_too = TypedCase {
        name_latin: "Somchai Jaidee".to_owned(),
        ..named("สมชาย ใจดี", "03-1111-0002")
    };
    let latin_too = registers(&nurse, latin_too).await;
    for (case, has_name) in [(no_letters, false), (latin_too, true)] {
        let (request, _) = looks_at(&nurse, case, (true, true)).await;
        assert_eq!(nurse.has_name_on_paper(&request), has_name);
        let (_, _, typed) = nurse.request_to_begin_with(case).await.unwrap().unwrap();
        let key = RequestId::from_uuid(nurse.new_form_key());
        nurse.issue_request(case, key, &typed, false).await.unwrap();
        let request = &nurse.requests(case).await.unwrap()[0];
        assert_eq!(nurse.has_name_on_paper(request), has_name);
        let paper = nurse.request_on_paper(case, key).await.unwrap().unwrap();
        assert!(paper.starts_with(b"%PDF-"));
    }
});

story!(a_request_holds_of_whom_no_report_is_asked_for, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let (_, _, typed) = nurse.request_to_begin_with(case).await.unwrap().unwrap();
    let key = RequestId::from_uuid(nurse.new_form_key());
    nurse.issue_request(case, key, &typed, false).await.unwrap();
    assert!(desk.confirm_request(case, key).await.unwrap());
    is_now(&town, case, "hospital").await;
    let home = desk.home().await.unwrap();
    assert_eq!(home.requests[0][0].state, RequestState::Holds);
    assert!(!home.members[0].is_asked());
});

story!(
    a_request_to_a_record_that_was_merged_is_confirmed_and_withdrawn_like_any_other,
    town,
    {
        let (desk, merged) = family(&mut town, "a@example.org").await;
        let (kept, _) = again(&town).await;
        town.new_mails().await;
        let nurse = town.nurse().await;
        let key = issues(&nurse, merged).await;
        merges(&nurse, kept, merged).await;
        assert_eq!(stand(&nurse, kept).await, [RequestState::Holds]);
        assert_eq!(desk.requests(merged).await.unwrap()[0].id, key);
        assert!(desk.confirm_request(merged, key).await.unwrap());
        assert!(nurse.requests(kept).await.unwrap()[0].read_at.is_some());

        let withdraws = async || nurse.withdraw_request(kept, key, "A mistake").await;
        assert_eq!(withdraws().await.unwrap(), Some(true));
        assert_eq!(withdraws().await.unwrap(), Some(false));
        assert_eq!(stand(&nurse, kept).await, [RequestState::Withdrawn]);
        // Nobody is told any more that it waits.
        assert!(town.new_mails().await.is_empty());
        // It goes back to the record to which it was made, as it stands now.
        nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert!(stand(&nurse, kept).await.is_empty());
        assert_eq!(stand(&nurse, merged).await, [RequestState::Withdrawn]);
    }
);

story!(
    a_request_that_holds_again_is_told_of_though_the_later_one_was_withdrawn,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        town.new_mails().await;
        let first = issues(&town.nurse().await, case).await;
        town.minutes(1);
        let nurse = town.nurse().await;
        let second = issues(&nurse, case).await;
        let withdrawn = nurse.withdraw_request(case, second, "The wrong day").await;
        assert_eq!(withdrawn.unwrap(), Some(true));
        let states = [RequestState::Withdrawn, RequestState::Holds];
        assert_eq!(stand(&nurse, case).await, states);
        let messages = town.new_mails().await;
        assert_eq!(messages.len(), 2, "an e-mail and a short message of one");
        // What tells of the first one is withdrawn with it.
        town.minutes(1);
        let nurse = town.nurse().await;
        let third = issues(&nurse, case).await;
        for key in [third, first] {
            let withdrawn = nurse.withdraw_request(case, key, "A mistake").await;
            assert_eq!(withdrawn.unwrap(), Some(true));
        }
        assert!(town.new_mails().await.is_empty());
    }
);

story!(
    the_paper_of_a_request_that_holds_no_longer_says_so_and_why,
    town,
    {
        let (_, case) = family(&mut town, "a@example.org").await;
        issues(&town.nurse().await, case).await;
        assert_eq!(papers_say(&town, case).await, [None]);
        town.minutes(1);
        let nurse = town.nurse().await;
        let later = issues(&nurse, case).await;
        let number = nurse.requests(case).await.unwrap()[0].number();
        let said = papers_say(&town, case).await;
        let replaced = said[1].clone().unwrap();
        assert!(said[0].is_none() && replaced.contains(&number), "{said:?}");

        // A day later: it says when, and not why to whomever it is shown.
        town.days(1);
        let nurse = town.nurse().await;
        let withdrawn = nurse.withdraw_request(case, later, "A mistake").await;
        assert_eq!(withdrawn.unwrap(), Some(true));
        let said = papers_say(&town, case).await;
        let withdrawn = said[0].clone().unwrap();
        let day = i18n::words(Language::Ja).date(date(2026, 11, 24));
        assert!(withdrawn.contains(&day), "{withdrawn}");
        assert!(!withdrawn.contains("A mistake"));
        assert!(said[1].is_none(), "it holds again");

        is_now(&town, case, "died").await;
        let ended = papers_say(&town, case).await[1].clone().unwrap();
        town.days(70);
        let over = papers_say(&town, case).await[1].clone().unwrap();
        let different: BTreeSet<_> = [replaced, withdrawn, ended, over].into();
        assert_eq!(different.len(), 4, "{different:?}");
    }
);
