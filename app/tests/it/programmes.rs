//! A second disease: begun from the console with the rules of the first, and followed beside it.

use crate::story;
use app::StaffDesk;
use app::case_registration::{CaseField, RegisterCase, Sure, TypedCase};
use app::correction::CorrectPerson;
use app::figures::{Ask, Asked, Figure, Why};
use app::health_center::Contact;
use app::line_list::{Column, Export, Format, KeepChoice, Whom, Wished};
use app::merge::Merge;
use app::programme::{BeginProgramme, PROGRAMME, TypedProgramme};
use app::rules::{ChangeRule, Typed, Withdraw};
use app::staff::NewStaff;
use app::status_report::Submit;
use app::transfer::AnswerOffer;
use app::worklist::{Filter, List};
use domain::ids::{CaseId, TransferId};
use domain::language::Language;
use domain::rules::{Origin, RuleKind};
use domain::staff_role::{JurisdictionKind, StaffRole};
use domain::status_report::RawReport;
use domain::urgency::Level;
use jiff::civil::{Date, date};

fn measles() -> TypedProgramme {
    TypedProgramme {
        id: "Measles".to_owned(),
        disease: ["麻しん".to_owned(), "Measles".to_owned()],
        like: PROGRAMME.to_owned(),
        valid_from: "2026-11-23".to_owned(),
        why: "An outbreak at a school".to_owned(),
    }
}

async fn begins(desk: &StaffDesk) {
    let begun = desk.begin_programme(&measles()).await.unwrap();
    assert_eq!(begun, BeginProgramme::Begun("measles".to_owned()));
}

fn case(name: &str, phone: &str, programme: &str) -> TypedCase {
    TypedCase {
        name: name.to_owned(),
        birthdate: "1990-01-02".to_owned(),
        phone: phone.to_owned(),
        diagnosed_on: "2026-11-23".to_owned(),
        onset_on: "2026-11-20".to_owned(),
        programme: programme.to_owned(),
        ..TypedCase::default()
    }
}

async fn registers(desk: &StaffDesk, typed: &TypedCase) -> CaseId {
    let key = desk.new_form_key();
    match desk.register_case(typed, key, Sure::Ask).await.unwrap() {
        RegisterCase::Registered(case) | RegisterCase::Noted(case) => case,
        RegisterCase::Problems(problems) => panic!("{problems:?}"),
        RegisterCase::Alike(_) | RegisterCase::FollowedAgain(_) => panic!("stands already"),
    }
}

async fn programme(desk: &StaffDesk, case: CaseId) -> String {
    desk.case(case).await.unwrap().unwrap().member.programme
}

async fn ids(desk: &StaffDesk) -> Vec<(String, bool)> {
    let all = desk.programmes().await.unwrap();
    all.into_iter().map(|one| (one.id, one.is_open)).collect()
}

async fn level(desk: &StaffDesk, case: CaseId, temperature: &str) -> Level {
    let form = desk.report_form_for(case).await.unwrap().unwrap();
    let raw = RawReport {
        temperature: temperature.to_owned(),
        spo2: "98".to_owned(),
        symptoms: form.stored.questionnaire.calm_words(),
        ..RawReport::default()
    };
    match desk
        .report_for(case, form.key, "phone", &raw)
        .await
        .unwrap()
    {
        Submit::Accepted(_) => {}
        _ => panic!("not accepted"),
    }
    let opened = desk.open_case(case).await.unwrap().unwrap();
    opened.reports[0].level
}

story!(
    a_second_disease_asks_and_judges_by_its_own_questionnaire,
    town,
    {
        let nurse = town.nurse().await;
        // As long as there is one disease, nobody is asked which.
        assert!(nurse.programmes_to_choose().await.unwrap().is_empty());
        let first = registers(&nurse, &case("山田 一", "09011110001", "")).await;
        begins(&nurse).await;
        assert_eq!(
            nurse.begin_programme(&measles()).await.unwrap(),
            BeginProgramme::Stands
        );
        assert_eq!(nurse.programmes_to_choose().await.unwrap().len(), 2);
        assert_eq!(nurse.disease("measles", "ja"), "麻しん");
        // From now on it must be said.
        let key = nurse.new_form_key();
        let unclear = case("山田 二", "09011110002", "");
        match nurse.register_case(&unclear, key, Sure::Ask).await.unwrap() {
            RegisterCase::Problems(problems) => assert_eq!(problems[0].0, CaseField::Programme),
            _ => panic!("no problem"),
        }
        let second = registers(&nurse, &case("山田 二", "09011110002", "measles")).await;
        assert_eq!(programme(&nurse, first).await, PROGRAMME);
        assert_eq!(programme(&nurse, second).await, "measles");
        // A temperature that measles calls an emergency.
        town.minutes(1);
        let nurse = town.nurse().await;
        let kind = RuleKind::Questionnaire;
        let day = date(2026, 11, 23);
        let holds = nurse.rule_on(kind, "measles", day).await.unwrap().unwrap();
        let text = holds.file.text.replacen(
            "thresholds = [",
            "thresholds = [{ at_or_above = 384, level = \"emergency\" },",
            1,
        );
        let change = Typed {
            silences: String::new(),
            programme: "measles".to_owned(),
            text,
            valid_from: day.to_string(),
            why: "Measles".to_owned(),
        };
        assert!(matches!(
            nurse.change_rule(kind, &change).await.unwrap(),
            ChangeRule::Saved
        ));
        assert_eq!(level(&nurse, first, "38.5").await, Level::Watch);
        assert_eq!(level(&nurse, second, "38.5").await, Level::Emergency);
        // Another process knows it after its start, too.
        town.restart().await;
        let nurse = town.nurse().await;
        assert_eq!(level(&nurse, second, "38.5").await, Level::Emergency);
    }
);

story!(what_is_typed_to_begin_a_disease_is_read_or_named, town, {
    let nurse = town.nurse().await;
    let wrong = TypedProgramme {
        id: "はしか".to_owned(),
        like: "pest".to_owned(),
        valid_from: "2026-11-22".to_owned(),
        ..TypedProgramme::default()
    };
    assert_eq!(
        nurse.begin_programme(&wrong).await.unwrap(),
        BeginProgramme::Problems(vec![
            "id",
            "disease_ja",
            "disease_en",
            "like",
            "valid_from",
            "why"
        ])
    );
    assert_eq!(ids(&nurse).await, [(PROGRAMME.to_owned(), true)]);
});

story!(
    a_disease_is_closed_to_new_cases_and_those_that_stand_are_followed,
    town,
    {
        let nurse = town.nurse().await;
        assert!(
            !nurse.open_programme(PROGRAMME, false).await.unwrap(),
            "one stays open"
        );
        let first = registers(&nurse, &case("山田 一", "09011110001", "")).await;
        begins(&nurse).await;
        assert!(nurse.open_programme(PROGRAMME, false).await.unwrap());
        assert_eq!(
            ids(&nurse).await,
            [(PROGRAMME.to_owned(), false), ("measles".to_owned(), true)]
        );
        // The only one left is not asked for.
        let second = registers(&nurse, &case("山田 二", "09011110002", "")).await;
        assert_eq!(programme(&nurse, second).await, "measles");
        assert_eq!(level(&nurse, first, "36.5").await, Level::Calm);
        town.minutes(1);
        let nurse = town.nurse().await;
        assert!(nurse.open_programme(PROGRAMME, true).await.unwrap());
        assert_eq!(nurse.programmes_to_choose().await.unwrap().len(), 2);
    }
);

story!(a_list_may_say_of_which_disease_each_person_is, town, {
    let nurse = town.nurse().await;
    begins(&nurse).await;
    let file = "programme,name,name_kana,name_latin,birthdate,phone,language,diagnosed_on,onset_on,entered_japan_on,passport_number,hersys_id,email\n\
        麻しん,山田 一,,,1990-01-02,09011110001,ja,2026-11-20,,,,,one@example.org\n\
        covid-19,山田 二,,,1990-01-02,09011110002,ja,2026-11-20,,,,,\n\
        pest,山田 三,,,1990-01-02,09011110003,ja,2026-11-20,,,,,\n";
    let errors = nurse
        .look_at_import(file.as_bytes(), Language::En)
        .await
        .unwrap()
        .err()
        .unwrap();
    assert_eq!(errors.len(), 1);
    assert_eq!(
        (errors[0].line, errors[0].column.as_str()),
        (4, "programme")
    );
    let file = file.replace("pest", "Measles");
    let center = nurse.health_center().await.unwrap().id;
    let system = town.app.system_desk();
    let rows = system
        .import(file.as_bytes(), center)
        .await
        .unwrap()
        .unwrap();
    let mut of = Vec::new();
    for row in &rows {
        // The ID is filled in where it belongs, and nothing else is written over.
        assert!(row.fields[10].len() >= 6 && !row.fields[10].contains('@'));
        of.push(programme(&nurse, row.case).await);
    }
    assert_eq!(rows[0].fields[11], "one@example.org");
    assert_eq!(of, ["measles", PROGRAMME, "measles"]);
});

story!(
    a_wrong_disease_or_first_day_is_corrected_and_the_review_moves,
    town,
    {
        let nurse = town.nurse().await;
        begins(&nurse).await;
        let id = registers(&nurse, &case("山田 一", "09011110001", PROGRAMME)).await;
        let review = async || {
            let following = nurse.following_of(id).await.unwrap().unwrap();
            following.monitoring.review_from.unwrap()
        };
        assert_eq!(review().await, date(2026, 11, 28));
        let mut form = nurse.person_form(id).await.unwrap().unwrap();
        form.typed.programme = "measles".to_owned();
        form.typed.onset_on = "2026-11-22".to_owned();
        let corrected = nurse
            .correct_person(id, &form.typed, "The laboratory says so", form.version)
            .await
            .unwrap();
        assert!(matches!(corrected, CorrectPerson::Corrected));
        assert_eq!(programme(&nurse, id).await, "measles");
        assert_eq!(review().await, date(2026, 11, 30));
    }
);

story!(
    somebody_who_moves_to_a_center_without_the_disease_is_followed_by_the_old_rules,
    town,
    {
        let old = town.nurse().await;
        begins(&old).await;
        let id = registers(&old, &case("山田 一", "09011110001", "measles")).await;
        let system = town.app.system_desk();
        let to = system
            .add_center("Shibuya", Contact::default())
            .await
            .unwrap();
        let place = NewStaff::place_of(to.id);
        let new = town
            .hires("shibuya@center.example", StaffRole::Administrator, place)
            .await;
        assert_eq!(ids(&new).await, [(PROGRAMME.to_owned(), true)]);
        let key = TransferId::from_uuid(old.new_form_key());
        old.offer_case(id, to.id, "moved", key).await.unwrap();
        assert_eq!(
            new.answer_offer(key, true, "").await.unwrap(),
            AnswerOffer::Answered(id)
        );
        assert_eq!(new.disease("measles", "en"), "Measles");
        assert_eq!(level(&new, id, "36.5").await, Level::Calm);
        let course = new.rule_on(RuleKind::Course, "measles", date(2026, 11, 23));
        let mark = course.await.unwrap().unwrap().mark;
        assert_eq!(mark.origin, Origin::Elsewhere);
    }
);

story!(the_prefecture_sets_rules_for_the_centers_below_it, town, {
    let nurse = town.nurse().await;
    let tree = town.app.system_desk().places().await.unwrap();
    let prefecture = tree
        .iter()
        .find(|p| p.kind == JurisdictionKind::Prefecture)
        .unwrap();
    let officer = town
        .hires(
            "officer@prefecture.example",
            StaffRole::PrefectureOfficer,
            prefecture.id,
        )
        .await;
    begins(&officer).await;
    assert_eq!(ids(&nurse).await.len(), 2, "the center has it, too");
    let day = date(2026, 11, 23);
    let holds = nurse
        .rule_on(RuleKind::Messages, "measles", day)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(holds.mark.origin, Origin::Above);
    // Too long for one short message with the name and number of a center below.
    let text = holds.file.text.replacen(
        "健康状態をご報告ください",
        &"健康状態をご報告ください。".repeat(20),
        1,
    );
    let change = Typed {
        silences: String::new(),
        programme: "measles".to_owned(),
        text,
        valid_from: day.to_string(),
        why: "longer".to_owned(),
    };
    assert!(matches!(
        officer
            .change_rule(RuleKind::Messages, &change)
            .await
            .unwrap(),
        ChangeRule::Problems(_)
    ));
    let clerk = town
        .hires(
            "clerk@center.example",
            StaffRole::Clerk,
            NewStaff::place_of(nurse.health_center().await.unwrap().id),
        )
        .await;
    assert!(clerk.begin_programme(&measles()).await.is_err());
});

story!(
    figures_and_the_line_list_tell_one_disease_from_another,
    town,
    {
        let nurse = town.nurse().await;
        registers(&nurse, &case("山田 一", "09011110001", "")).await;
        begins(&nurse).await;
        registers(&nurse, &case("山田 二", "09011110002", "measles")).await;
        registers(&nurse, &case("山田 三", "09011110003", "measles")).await;
        for (programme, expected) in [("", 3), (PROGRAMME, 1), ("measles", 2), ("pest", 0)] {
            let asked = Asked {
                programme: programme.to_owned(),
                ..Asked::default()
            };
            let Ask::Figures(figures) = nurse.figures(&asked).await.unwrap() else {
                panic!("no figures");
            };
            assert_eq!(figures.new_cases, Figure::Exact(expected), "{programme}");
            assert_eq!(figures.open, Figure::Exact(expected), "{programme}");
            let of_days = |pick: fn(&(Date, Figure, Figure)) -> Figure| -> i64 {
                figures
                    .days
                    .iter()
                    .map(|day| match pick(day) {
                        Figure::Exact(n) => n,
                        Figure::Few => 0,
                    })
                    .sum()
            };
            assert_eq!(of_days(|day| day.1), expected, "by onset");
            assert_eq!(of_days(|day| day.2), expected, "by registration");
        }
        let wished = Wished {
            columns: vec![Column::HersysId, Column::Disease],
            whom: Whom::Cases,
            only_open: true,
            programme: "measles".to_owned(),
            format: Format::CsvUtf8,
            reason: "The weekly meeting".to_owned(),
            losses_are_fine: false,
        };
        let words = i18n::words(Language::Ja);
        let Export::File(file, 2) = nurse.export(&wished, words).await.unwrap() else {
            panic!("no file of two");
        };
        let text = std::io::read_to_string(file).unwrap();
        assert_eq!(text.matches("麻しん").count(), 2);
        assert!(!text.contains("コロナ"));
    }
);

story!(a_corrected_disease_is_told_beside_both, town, {
    let nurse = town.nurse().await;
    begins(&nurse).await;
    let patient = registers(&nurse, &case("山田 一", "09011110001", "measles")).await;
    let told = async |programme: &str| {
        let asked = Asked {
            programme: programme.to_owned(),
            ..Asked::default()
        };
        let Ask::Figures(figures) = nurse.figures(&asked).await.unwrap() else {
            panic!("no figures");
        };
        (figures.new_cases, figures.corrected)
    };
    let corrects = async |programme: &str, onset_on: &str| {
        let form = nurse.person_form(patient).await.unwrap().unwrap();
        let typed = TypedCase {
            programme: programme.to_owned(),
            onset_on: onset_on.to_owned(),
            ..form.typed
        };
        let done = nurse.correct_person(patient, &typed, "The laboratory", form.version);
        assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
    };
    let disease = |came, onset_on| Why::Disease {
        came,
        registered_on: date(2026, 11, 23),
        onset_on: Some(onset_on),
    };
    assert_eq!(told("measles").await, (Figure::Exact(1), Vec::new()));
    town.days(1);
    // With the disease another onset was found: each side is told of the day on which it counted, or counts.
    corrects(PROGRAMME, "2026-11-21").await;
    let (was, is) = (date(2026, 11, 20), date(2026, 11, 21));
    let on = date(2026, 11, 24);
    let left = (Figure::Exact(0), vec![(on, disease(false, was), 1)]);
    let came = (Figure::Exact(1), vec![(on, disease(true, is), 1)]);
    assert_eq!(told("measles").await, left);
    assert_eq!(told(PROGRAMME).await, came);
    // Of all diseases together the onset alone is another one.
    let onset = Why::Onset {
        from: Some(was),
        to: Some(is),
    };
    assert_eq!(told("").await, (Figure::Exact(1), vec![(on, onset, 1)]));
    // What is corrected from then on is told of the other disease alone.
    town.days(1);
    corrects(PROGRAMME, "2026-11-19").await;
    assert_eq!(told("measles").await, left);
    assert_eq!(told(PROGRAMME).await.1.len(), 2);
    // And it comes back.
    corrects("measles", "2026-11-19").await;
    let (count, why) = told("measles").await;
    assert_eq!((count, why.len()), (Figure::Exact(1), 2));
    let back = (date(2026, 11, 25), disease(true, date(2026, 11, 19)), 1);
    assert!(why.contains(&back), "{why:?}");
    let days = was..=was;
    assert!(disease(false, was).changes_onsets(&days));
    assert!(!disease(false, was).changes_registrations(&days));
});

story!(a_choice_of_columns_is_kept_for_the_whole_center, town, {
    let nurse = town.nurse().await;
    let columns = [Column::Phone, Column::HersysId];
    let keeps = async |name: &str, columns: &[Column]| {
        nurse.keep_column_choice(name, columns, None).await.unwrap()
    };
    assert_eq!(keeps(" ", &columns).await, KeepChoice::Name);
    assert_eq!(keeps("Daily list", &[]).await, KeepChoice::NoColumn);
    assert_eq!(keeps("Daily list", &columns).await, KeepChoice::Kept);
    assert_eq!(keeps("Ministry", &[Column::Age]).await, KeepChoice::Kept);
    town.minutes(1);
    // Under a name that is taken it is asked back; keeping the same once more is no question.
    assert_eq!(keeps("Ministry", &[Column::Age]).await, KeepChoice::Kept);
    let replaces = async |replacing: Option<&str>| {
        let kept = nurse.keep_column_choice("Ministry", &[Column::Status], replacing);
        kept.await.unwrap()
    };
    assert_eq!(replaces(None).await, KeepChoice::Taken);
    // The answer holds for the name that was asked about, and for no other one.
    assert_eq!(replaces(Some("Daily list")).await, KeepChoice::Taken);
    let stands = nurse.column_choices().await.unwrap();
    assert_eq!(stands[1].columns, [Column::Age]);
    assert_eq!(replaces(Some("Ministry")).await, KeepChoice::Kept);
    town.minutes(1);
    town.restart().await;
    let place = NewStaff::place_of(town.nurse().await.health_center().await.unwrap().id);
    let other = town
        .hires("other@center.example", StaffRole::Administrator, place)
        .await;
    let kept = other.column_choices().await.unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0].columns, [Column::HersysId, Column::Phone]);
    assert_eq!(kept[1].columns, [Column::Status], "replaced by its name");
    other.drop_column_choice("Daily list").await.unwrap();
    town.minutes(1);
    assert_eq!(other.column_choices().await.unwrap().len(), 1);
});

story!(the_worklist_can_be_of_one_disease, town, {
    let nurse = town.nurse().await;
    let one = registers(&nurse, &case("山田 一", "09011110001", "")).await;
    begins(&nurse).await;
    let two = registers(&nurse, &case("山田 二", "09011110002", "measles")).await;
    let of = async |programme: &str, list: List| {
        let filter = Filter {
            list: Some(list),
            programme: programme.to_owned(),
            ..Filter::default()
        };
        let found = nurse.worklist(None, filter).await.unwrap().unwrap();
        let only = found.lists.into_iter().find(|of| of.list == list).unwrap();
        let mut cases: Vec<CaseId> = only.items.iter().map(|item| item.case).collect();
        cases.sort_unstable();
        assert_eq!(usize::try_from(only.count).unwrap(), cases.len());
        cases
    };
    let mut both = [one, two];
    both.sort_unstable();
    for list in [List::Open, List::NoAccount] {
        assert_eq!(of("", list).await, both);
        assert_eq!(of(PROGRAMME, list).await, [one]);
        assert_eq!(of("measles", list).await, [two]);
    }
    // Alerts are those of every disease, whatever is looked at: nobody goes unseen.
    level(&nurse, one, "40.5").await;
    let filter = Filter {
        programme: "measles".to_owned(),
        ..Filter::default()
    };
    let found = nurse.worklist(None, filter).await.unwrap().unwrap();
    assert_eq!(found.alerts.len(), 1);
    let urgent = found.lists.iter().find(|of| of.list == List::Urgent);
    assert_eq!(urgent.unwrap().count, 0);
});

story!(two_diseases_of_one_person_stay_two_cases, town, {
    let nurse = town.nurse().await;
    begins(&nurse).await;
    let registers = async |programme: &str| {
        let typed = case("山田 一", "09011110001", programme);
        let key = nurse.new_form_key();
        match nurse.register_case(&typed, key, Sure::Another).await {
            Ok(RegisterCase::Registered(case)) => case,
            _ => panic!("not registered"),
        }
    };
    let (first, twice) = (registers(PROGRAMME).await, registers(PROGRAMME).await);
    let other = registers("measles").await;
    let alike = async |case| -> (Vec<CaseId>, Vec<CaseId>) {
        let (same, of_another) = nurse.like_case(case).await.unwrap();
        let cases = |found: &[app::case_registration::Alike]| {
            let mut cases: Vec<CaseId> = found.iter().map(|one| one.view.member.case).collect();
            cases.sort_unstable();
            cases
        };
        (cases(&same), cases(&of_another))
    };
    assert_eq!(alike(first).await, (vec![twice], vec![other]));
    let mut both = vec![first, twice];
    both.sort_unstable();
    assert_eq!(
        alike(other).await,
        (Vec::new(), both),
        "no double of another disease, unless that is a slip"
    );
    let version = async |case| nurse.case(case).await.unwrap().unwrap().version;
    let merges = async |kept, merged| {
        let versions = (version(kept).await, version(merged).await);
        let done = nurse.merge_cases(kept, merged, versions, "The same person");
        done.await.unwrap()
    };
    assert_eq!(merges(first, other).await, Merge::OtherDisease);
    assert_eq!(merges(first, twice).await, Merge::Done(first));
    let Ask::Figures(figures) = nurse.figures(&Asked::default()).await.unwrap() else {
        panic!("no figures");
    };
    assert_eq!(figures.new_cases, Figure::Exact(2));
});

/// The id of the planned questionnaire of measles.
async fn planned_questionnaire(desk: &StaffDesk) -> uuid::Uuid {
    let states = desk.rules("measles").await.unwrap();
    let mut lines = states
        .iter()
        .filter(|state| state.kind == RuleKind::Questionnaire);
    let lines = &lines.next().unwrap().lines;
    let planned = lines.iter().find(|line| line.is_planned).unwrap();
    planned.id.unwrap()
}

fn measles_from_wednesday() -> TypedProgramme {
    TypedProgramme {
        valid_from: "2026-11-25".to_owned(),
        ..measles()
    }
}

story!(
    a_disease_that_nobody_has_goes_with_its_only_questionnaire_and_can_be_begun_again,
    town,
    {
        let nurse = town.nurse().await;
        let from_wednesday = measles_from_wednesday();
        let begins = async || nurse.begin_programme(&from_wednesday).await.unwrap();
        assert_eq!(begins().await, BeginProgramme::Begun("measles".to_owned()));
        let id = planned_questionnaire(&nurse).await;
        assert!(nurse.withdraws_disease(id).await.unwrap());
        let taken_back = nurse.withdraw_rule(id, "Another day", Some(true)).await;
        assert_eq!(taken_back.unwrap(), Withdraw::DoneOfDisease);
        assert_eq!(ids(&nurse).await, [(PROGRAMME.to_owned(), true)]);
        for state in nurse.rules("measles").await.unwrap() {
            assert!(!state.lines.iter().any(|line| line.is_planned), "{state:?}");
        }
        town.minutes(1);
        assert_eq!(begins().await, BeginProgramme::Begun("measles".to_owned()));
        assert_eq!(ids(&nurse).await.len(), 2);
    }
);

story!(
    the_only_questionnaire_of_somebody_who_is_followed_is_not_taken_back,
    town,
    {
        let nurse = town.nurse().await;
        let from_wednesday = measles_from_wednesday();
        nurse.begin_programme(&from_wednesday).await.unwrap();
        let child = registers(&nurse, &case("山田 一", "09011110001", "measles")).await;
        let id = planned_questionnaire(&nurse).await;
        let taken_back = nurse.withdraw_rule(id, "A slip", Some(true)).await;
        assert_eq!(taken_back.unwrap(), Withdraw::LastQuestionnaire);
        assert_eq!(ids(&nurse).await.len(), 2);
        // Beside another one it goes.
        let kind = RuleKind::Questionnaire;
        let (_, text) = nurse.rule_text(id).unwrap().unwrap();
        let change = Typed {
            silences: String::new(),
            programme: "measles".to_owned(),
            text: text.replacen("at_or_above = 400,", "at_or_above = 395,", 1),
            valid_from: "2026-11-24".to_owned(),
            why: "A slip".to_owned(),
        };
        let changed = nurse.change_rule(kind, &change).await.unwrap();
        assert!(matches!(changed, ChangeRule::Saved), "{changed:?}");
        let taken_back = nurse.withdraw_rule(id, "A slip", Some(true)).await;
        assert_eq!(taken_back.unwrap(), Withdraw::Done);
        assert_eq!(level(&nurse, child, "36.5").await, Level::Calm);
    }
);

story!(
    whoever_is_followed_in_a_disease_without_rules_is_asked_on,
    town,
    {
        let nurse = town.nurse().await;
        let from_wednesday = measles_from_wednesday();
        nurse.begin_programme(&from_wednesday).await.unwrap();
        let child = registers(&nurse, &case("山田 一", "09011110001", "measles")).await;
        // As a release before took its only questionnaire back.
        let id = planned_questionnaire(&nurse).await;
        let (row, now) = (uuid::Uuid::now_v7(), town.clock.now());
        let database = town.database().await;
        database
            .write(move |tx| {
                let all = storage::rules::all(tx)?;
                let planned = all.into_iter().find(|one| one.id == id).unwrap();
                let row = storage::rules::RuleRow {
                    id: row,
                    content: None,
                    withdraws: Some(id),
                    set_at: now,
                    ..planned
                };
                storage::rules::add(tx, &row)
            })
            .await
            .unwrap();
        town.restart().await;
        let nurse = town.nurse().await;
        assert_eq!(level(&nurse, child, "36.5").await, Level::Calm);
        // Its short name is not given to another one.
        assert_eq!(
            nurse.begin_programme(&from_wednesday).await.unwrap(),
            BeginProgramme::Stands
        );
    }
);

story!(a_word_that_the_texts_say_anyway_names_no_disease, town, {
    let nurse = town.nurse().await;
    let typed = |id: &str, english: &str| TypedProgramme {
        id: id.to_owned(),
        disease: ["麻しん".to_owned(), english.to_owned()],
        ..measles()
    };
    let table: [(&str, &str, &[&str]); 3] = [
        ("a", "Measles", &["id"]),
        ("measles", "Report", &["disease_en"]),
        ("alert", "Report", &["id", "disease_en"]),
    ];
    for (id, english, said) in table {
        let begun = nurse.begin_programme(&typed(id, english)).await.unwrap();
        assert_eq!(begun, BeginProgramme::Said(said.to_vec()), "{id}");
    }
    assert_eq!(ids(&nurse).await.len(), 1);
    // It lies in the sample's address, and in no text.
    let begun = nurse
        .begin_programme(&typed("mp", "Mycoplasma"))
        .await
        .unwrap();
    assert_eq!(begun, BeginProgramme::Begun("mp".to_owned()));
});
