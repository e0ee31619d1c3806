//! People who have no phone: they are registered, followed and found like everybody else, and sign up once there is a number.

use crate::merges::merges;
use crate::notifications::{clinic, confirms, enters, ken};
use crate::story;
use crate::town::{Town, hanako, register};
use app::StaffDesk;
use app::attributes::Registration;
use app::brochure::{Brochures, WithoutPhone};
use app::case_import::{HEADER, ImportDraft, Meant};
use app::case_registration::{CaseField, CaseProblem, RegisterCase, Sure, TypedCase};
use app::correction::CorrectPerson;
use app::invitation::{InviteBy, InvitePerson, InviteProblem, Wave};
use app::line_list::{Column, Export, Format, Whom, Wished};
use app::merge::Merge;
use app::notification::{Notify, TypedAnswers};
use app::staff::NewStaff;
use app::tasks::About;
use app::worklist::{Filter, List, Visits};
use domain::ids::{CaseId, NotificationId};
use domain::language::Language;
use domain::notification::{ItemProblem, NO_PHONE};
use domain::phone::PhoneError;
use domain::staff_role::StaffRole;

/// Hanako as the form has her, without a phone.
fn without_phone() -> TypedCase {
    TypedCase {
        name: "山田 花子".to_owned(),
        name_kana: "ヤマダ ハナコ".to_owned(),
        name_latin: "Yamada Hanako".to_owned(),
        birthdate: "1988-05-04".to_owned(),
        has_no_phone: true,
        diagnosed_on: "2026-11-20".to_owned(),
        onset_on: "2026-11-18".to_owned(),
        ..TypedCase::default()
    }
}

async fn registers(nurse: &StaffDesk, typed: &TypedCase, sure: Sure) -> CaseId {
    let key = nurse.new_form_key();
    match nurse.register_case(typed, key, sure).await.unwrap() {
        RegisterCase::Registered(case) => case,
        _ => panic!("not registered"),
    }
}

async fn problems(nurse: &StaffDesk, typed: &TypedCase) -> Vec<(CaseField, CaseProblem)> {
    let key = nurse.new_form_key();
    match nurse.register_case(typed, key, Sure::Ask).await.unwrap() {
        RegisterCase::Problems(problems) => problems,
        _ => panic!("nothing is wrong"),
    }
}

/// Corrects the phone number; empty: the person has none any more.
async fn corrects(nurse: &StaffDesk, case: CaseId, phone: &str) {
    let form = nurse.person_form(case).await.unwrap().unwrap();
    let typed = TypedCase {
        phone: phone.to_owned(),
        has_no_phone: phone.is_empty(),
        ..form.typed
    };
    let done = nurse.correct_person(case, &typed, "told at the door", form.version);
    assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
}

async fn on_list(nurse: &StaffDesk, list: List) -> Vec<(CaseId, bool)> {
    let filter = Filter {
        list: Some(list),
        ..Filter::default()
    };
    let all = nurse.worklist(None, filter).await.unwrap().unwrap();
    let items = all.lists[0].items.iter();
    items
        .map(|item| (item.case, item.phone.is_some()))
        .collect()
}

async fn refusals(nurse: &StaffDesk) -> Vec<Vec<String>> {
    let all = nurse.tasks().await.unwrap().into_iter();
    all.filter_map(|task| match task.about {
        About::RegistrationRefused(refusal) => Some(refusal.reasons),
        _ => None,
    })
    .collect()
}

story!(
    a_person_without_a_phone_is_registered_by_a_choice_and_signs_up_once_there_is_a_number,
    town,
    {
        let nurse = town.nurse().await;
        // A forgotten number is no missing one, and both at once are one too many.
        let forgotten = TypedCase {
            has_no_phone: false,
            ..without_phone()
        };
        let asked = CaseProblem::Phone(PhoneError::Empty);
        assert_eq!(
            problems(&nurse, &forgotten).await,
            [(CaseField::Phone, asked)]
        );
        for phone in ["090-1234-5678", "12"] {
            let both = TypedCase {
                phone: phone.to_owned(),
                ..without_phone()
            };
            let asked = (CaseField::Phone, CaseProblem::PhoneAndNone);
            assert_eq!(problems(&nurse, &both).await, [asked]);
        }
        let case = registers(&nurse, &without_phone(), Sure::Ask).await;
        let view = nurse.case(case).await.unwrap().unwrap();
        assert!(view.phone.is_none());
        let id = view.member.hersys_id.clone();

        // Nobody signs up with nothing: the answer is that of any mismatch, and the center sees why.
        let desk = town.account("a@example.org").await;
        for phone in ["090-1234-5678", "+0000", "0000", ""] {
            let typed = app::attributes::Typed {
                phone: phone.to_owned(),
                ..hanako(&id)
            };
            let said = register(&desk, &typed).await;
            let is_number = phone.starts_with("090");
            match said {
                Registration::Refused => assert!(is_number, "{phone}"),
                Registration::Incomplete(_) => assert!(!is_number, "{phone}"),
                other => panic!("{phone}: {other:?}"),
            }
        }
        assert_eq!(refusals(&nurse).await, [["phone"]]);

        corrects(&nurse, case, "090-1234-5678").await;
        let lines = nurse.audit_of_case(case, 50).await.unwrap();
        let corrected = lines.iter().find(|l| l.action == "case.corrected").unwrap();
        assert_eq!(corrected.details, "phone");
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Registered(registered) if registered == case
        ));
        assert!(refusals(&nurse).await.is_empty());
        // A phone may be lost, too; whoever has signed up goes on reporting.
        corrects(&nurse, case, "").await;
        assert!(nurse.case(case).await.unwrap().unwrap().phone.is_none());
        let members = desk.members().await.unwrap();
        assert_eq!(members.iter().map(|m| m.case).collect::<Vec<_>>(), [case]);
        let audit = town.app.system_desk().check_audit().await.unwrap();
        assert_eq!(audit.problems, Vec::<String>::new());
    }
);

/// What an exported list says, without its first line.
async fn exported(town: &Town, columns: Vec<Column>, language: Language) -> String {
    let center = town.nurse().await.health_center().await.unwrap().id;
    let email = format!("chief-{}@center.example", language.tag());
    let place = NewStaff::place_of(center);
    let chief = town.hires(&email, StaffRole::Administrator, place).await;
    let wished = Wished {
        columns,
        whom: Whom::Cases,
        only_open: true,
        programme: String::new(),
        format: Format::CsvUtf8,
        reason: "The weekly meeting".to_owned(),
        losses_are_fine: false,
    };
    let words = i18n::words(language);
    let Export::File(mut file, _) = chief.export(&wished, words).await.unwrap() else {
        panic!("no file");
    };
    let mut text = String::new();
    std::io::Read::read_to_string(&mut file, &mut text).unwrap();
    text
}

story!(
    whoever_has_no_phone_stays_on_the_lists_and_is_like_nobody_for_it,
    town,
    {
        let nurse = town.nurse().await;
        let one = registers(&nurse, &without_phone(), Sure::Ask).await;
        // Somebody born on the same day who has none either is nobody's double.
        let other = TypedCase {
            name: "佐藤 健".to_owned(),
            name_kana: "サトウ ケン".to_owned(),
            name_latin: String::new(),
            ..without_phone()
        };
        let two = registers(&nurse, &other, Sure::Ask).await;
        for case in [one, two] {
            let following = nurse.following_of(case).await.unwrap().unwrap();
            assert!(following.family.is_empty());
            assert!(nurse.like_case(case).await.unwrap().0.is_empty());
        }
        // The same name and birthdate are found as ever, with a number and without.
        for phone in ["", "090-1234-5678"] {
            let again = TypedCase {
                phone: phone.to_owned(),
                has_no_phone: phone.is_empty(),
                ..without_phone()
            };
            let key = nurse.new_form_key();
            let RegisterCase::Alike(alike) =
                nurse.register_case(&again, key, Sure::Ask).await.unwrap()
            else {
                panic!("nobody is like them");
            };
            let found: Vec<CaseId> = alike.iter().map(|one| one.view.member.case).collect();
            assert_eq!(found, [one]);
        }
        // A further illness is of the same person, who has none still.
        let again = TypedCase {
            days_are_right: true,
            diagnosed_on: "2026-11-22".to_owned(),
            ..without_phone()
        };
        let further = registers(&nurse, &again, Sure::SameAs(one)).await;
        let following = nurse.following_of(further).await.unwrap().unwrap();
        let family = following.family.iter().map(|one| (one.case, one.by_phone));
        assert_eq!(family.collect::<Vec<_>>(), [(one, false)]);

        // They wait with all others to be called or visited, and on the paper for visits.
        for list in [List::NoAccount, List::Open] {
            let mut listed = on_list(&nurse, list).await;
            listed.sort_unstable();
            let mut all = vec![(one, false), (two, false), (further, false)];
            all.sort_unstable();
            assert_eq!(listed, all, "{list:?}");
        }
        let visits = nurse.for_visits(None, Visits::Of(vec![one, two])).await;
        let people = visits.unwrap().unwrap().people;
        assert_eq!(people.len(), 2);
        assert!(people.iter().all(|(item, _)| item.phone.is_none()));
        // A number finds nobody of them, nor does what stands in its place; the name does.
        for (search, found) in [("090-1234-5678", 0), ("+0000", 0), ("佐藤 健", 1)] {
            let (cases, count) = nurse.cases(search, 0).await.unwrap();
            assert_eq!((cases.len(), count), (found, found as i64), "{search}");
        }

        // Nothing is sent to anybody who cannot sign up, and the sheet says what to do first.
        let email = TypedCase {
            email: "hanako@home.example".to_owned(),
            ..nurse.person_form(two).await.unwrap().unwrap().typed
        };
        let version = nurse.person_form(two).await.unwrap().unwrap().version;
        let done = nurse.correct_person(two, &email, "told at the door", version);
        assert!(matches!(done.await.unwrap(), CorrectPerson::Corrected));
        let (previews, _) = nurse.invitation(two).await.unwrap().unwrap();
        for preview in previews {
            assert_eq!(preview.problem, Some(InviteProblem::NoPhone));
        }
        for by in InviteBy::ALL {
            let sent = nurse.invite_person(two, by).await.unwrap();
            assert_eq!(sent, InvitePerson::Problem(InviteProblem::NoPhone));
        }
        let many = nurse.invitations(&[two], Wave::First).await.unwrap();
        assert_eq!(many.cannot, [(two, InviteProblem::NoPhone)]);
        let sheet = nurse.brochure(two, WithoutPhone::WriteByHand).await;
        assert!(matches!(sheet.unwrap(), Brochures::Pdf(_)));
    }
);

story!(
    a_list_holds_people_without_a_phone_and_comes_in_again,
    town,
    {
        let nurse = town.nurse().await;
        let row =
            |name: &str, phone: &str| format!("{name},,,1990-01-02,{phone},ja,2026-11-20,,,,");
        let file = [
            HEADER.join(","),
            row("山田 一", "09011110001"),
            row("佐藤 二", ""),
            row("鈴木 三", " なし "),
        ]
        .join("\n");
        let looked = nurse.look_at_import(file.as_bytes(), Language::En).await;
        let (draft, looked) = looked.unwrap().unwrap();
        let told = looked.first_without_phone.iter();
        let told: Vec<_> = told
            .map(|(line, name)| (*line, name.expose().as_str()))
            .collect();
        assert_eq!(told, [(3, "佐藤 二"), (4, "鈴木 三")]);
        assert_eq!((looked.count, looked.without_phone), (3, 2));
        assert!(
            looked.alike.is_empty(),
            "nobody is like another for having none"
        );
        // The column itself is not forgotten in silence.
        let without = file.replacen("phone,", "", 1);
        let refused = nurse.look_at_import(without.as_bytes(), Language::En).await;
        let refused = refused.unwrap().err().unwrap();
        assert!(refused[0].reason.contains("phone"), "{}", refused[0].reason);
        // Nor is a number that cannot be dialled taken for none.
        let wrong = file.replace(" なし ", "12");
        let refused = nurse.look_at_import(wrong.as_bytes(), Language::En).await;
        let refused = refused.unwrap().err().unwrap();
        assert_eq!((refused[0].line, refused[0].column.as_str()), (4, "phone"));

        let nobody = Meant::Lines(Vec::new());
        let done = nurse.import(draft, nobody.clone(), Language::En).await;
        assert!(matches!(done.unwrap(), ImportDraft::Imported));
        assert_eq!(nurse.imported(draft).await.unwrap().unwrap().len(), 3);
        // Once more: they stand already, by name and birthdate.
        let again = format!("{file}\n\n");
        let looked = nurse.look_at_import(again.as_bytes(), Language::En).await;
        let (_, looked) = looked.unwrap().unwrap();
        assert_eq!(looked.left_out(&nobody), [2, 3, 4]);

        // A list that was exported says it in words, in either language, and they are read.
        let columns = [
            Column::Name,
            Column::Birthdate,
            Column::Phone,
            Column::Language,
            Column::DiagnosedOn,
        ];
        for (language, word) in [(Language::En, "No phone"), (Language::Ja, "電話なし")] {
            let list = exported(&town, columns.to_vec(), language).await;
            assert_eq!(list.matches(word).count(), 2, "{list}");
            let looked = nurse.look_at_import(list.as_bytes(), language).await;
            let (_, looked) = looked.unwrap().unwrap();
            assert_eq!((looked.count, looked.without_phone), (3, 2));
        }
    }
);

story!(
    a_record_without_a_number_takes_that_of_the_other_one_of_the_same_illness,
    town,
    {
        let nurse = town.nurse().await;
        let kept = registers(&nurse, &without_phone(), Sure::Ask).await;
        let with = TypedCase {
            phone: "090-1234-5678".to_owned(),
            has_no_phone: false,
            email: "sister@example.org".to_owned(),
            address: "Sample Street 9".to_owned(),
            ..without_phone()
        };
        let merged = registers(&nurse, &with, Sure::Another).await;
        let none = registers(&nurse, &without_phone(), Sure::Another).await;
        let phone = async || {
            let view = nurse.case(kept).await.unwrap().unwrap();
            view.phone.map(|phone| phone.into_inner())
        };
        merges(&nurse, kept, none).await;
        assert_eq!(phone().await, None);
        merges(&nurse, kept, merged).await;
        assert_eq!(phone().await.as_deref(), Some("09012345678"));
        // A correction of something else meanwhile seals all of it anew.
        let mut form = nurse.person_form(kept).await.unwrap().unwrap();
        assert_eq!(form.typed.email, "sister@example.org");
        assert_eq!(form.typed.address, "Sample Street 9");
        form.typed.whereabouts = "Sample Hotel".to_owned();
        let done = nurse.correct_person(kept, &form.typed, "She has moved", form.version);
        let done = done.await;
        assert!(matches!(done.unwrap(), CorrectPerson::Corrected));
        // Parted again, each has its own; nobody gets what is meant for the other.
        let parted = nurse.unmerge_case(merged, "Two sisters").await.unwrap();
        assert_eq!(parted, Merge::Done(merged));
        assert_eq!(phone().await, None);
        let own = nurse.person_form(kept).await.unwrap().unwrap().typed;
        let is_left = [&own.email, &own.address, &own.whereabouts].map(String::as_str);
        assert_eq!(is_left, ["", "", "Sample Hotel"]);
        let sister = nurse.case(merged).await.unwrap().unwrap();
        assert!(sister.phone.is_some());
        let following = nurse.following_of(kept).await.unwrap().unwrap();
        assert!(following.family.iter().all(|one| !one.by_phone));
        merges(&nurse, kept, merged).await;
        let id = nurse.case(kept).await.unwrap().unwrap().member.hersys_id;
        let desk = town.account("a@example.org").await;
        assert!(matches!(
            register(&desk, &hanako(&id)).await,
            Registration::Registered(registered) if registered == kept
        ));
    }
);

story!(a_physician_notifies_of_somebody_who_has_no_phone, town, {
    let doctor = clinic(&town, "Sample").await;
    let mut typed = ken();
    typed.insert("phone".to_owned(), String::new());
    let notifies = async |typed: &TypedAnswers| {
        let id = NotificationId::from_uuid(doctor.new_form_key());
        match doctor.notify((id, ""), typed, true).await.unwrap() {
            Notify::Problems(problems) => problems,
            _ => panic!("nothing is wrong"),
        }
    };
    let phone = |problem| vec![("phone".to_owned(), problem)];
    assert_eq!(notifies(&typed).await, phone(ItemProblem::PhoneMissing));
    typed.insert(NO_PHONE.to_owned(), "yes".to_owned());
    let mut both = typed.clone();
    both.insert("phone".to_owned(), "090-8888-7777".to_owned());
    assert_eq!(notifies(&both).await, phone(ItemProblem::PhoneAndNone));
    let id = enters(&doctor, &typed).await;
    let nurse = town.nurse().await;
    let case = confirms(&nurse, id).await;
    assert!(nurse.case(case).await.unwrap().unwrap().phone.is_none());

    // A child without one is reached under its guardian's.
    let mut child = typed.clone();
    for (id, text) in [
        ("name", "佐藤 芽依"),
        ("name_kana", "サトウ メイ"),
        ("birthdate", "2020-04-01"),
        ("guardian_name", "佐藤 健"),
        ("guardian_phone", "090-7777-6666"),
    ] {
        child.insert(id.to_owned(), text.to_owned());
    }
    let id = enters(&doctor, &child).await;
    let case = confirms(&nurse, id).await;
    let view = nurse.case(case).await.unwrap().unwrap();
    let phone = view.phone.map(|phone| phone.into_inner());
    assert_eq!(phone.as_deref(), Some("09077776666"));
});
