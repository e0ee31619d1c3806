//! The certificate of isolation: the days that were decided, who gets one, and whoever asks whether it is genuine.

use crate::close_contacts::met;
use crate::reports::family;
use crate::retention::{is_now, is_released, round, sets};
use crate::story;
use crate::town::Town;
use app::PatientDesk;
use app::case_registration::TypedCase;
use app::certificate::{
    Certificate, CertificatePaper, CheckCertificate, IssueCertificate, NoCertificate, TypedCheck,
};
use app::correction::CorrectPerson;
use app::monitoring::{Decide, TypedDecision};
use app::release::{Release, TypedRelease};
use domain::certificate::IsolationEnd;
use domain::ids::{CaseId, CertificateId};
use domain::language::Language;
use domain::staff_role::StaffRole;
use jiff::civil::date;
use std::process::Command;

/// Releases somebody, who got better then.
async fn releases(town: &Town, case: CaseId, improved_at: &str) {
    let nurse = town.nurse().await;
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let typed = TypedRelease {
        improved_at: improved_at.to_owned(),
        reason: "Well".to_owned(),
        version: following.monitoring.version,
        ..TypedRelease::default()
    };
    let released = nurse.release(case, &typed).await.unwrap();
    assert!(matches!(released, Release::Released));
}

/// A certificate that the person has issued.
async fn issues(desk: &PatientDesk, case: CaseId) -> Certificate {
    let issued = desk.issue_certificate(case, Language::En).await.unwrap();
    let IssueCertificate::Issued(id) = issued else {
        panic!("{issued:?}");
    };
    let all = desk
        .certificates(case, Language::En)
        .await
        .unwrap()
        .unwrap();
    let stands = all.that_stands(Language::En).unwrap().clone();
    assert_eq!(stands.issued.as_ref().unwrap().0, id);
    stands
}

fn typed(one: &Certificate, born: [&str; 3]) -> TypedCheck {
    TypedCheck {
        code: one.issued.as_ref().unwrap().1.printed().to_lowercase(),
        born: born.map(str::to_owned),
    }
}

/// Hanako's kana as release 0.2 kept them that a file or a form told at half width.
async fn as_release_0_2_kept(town: &Town) {
    let db = town.database().await;
    db.write(|tx| {
        tx.execute(
            "UPDATE person_names SET name = 'ﾔﾏﾀﾞ ﾊﾅｺ' WHERE script = 'kana'",
            &[],
        )
    })
    .await
    .unwrap();
}

const BORN: [&str; 3] = ["1988", "5", "4"];

async fn checks(town: &Town, one: &Certificate, born: [&str; 3]) -> CheckCertificate {
    let front = town.app.front_desk(None);
    front.check_certificate(&typed(one, born)).await.unwrap()
}

fn over(last_day: jiff::civil::Date, released_on: jiff::civil::Date) -> IsolationEnd {
    IsolationEnd::Over {
        last_day,
        released_on,
    }
}

story!(a_certificate_has_the_days_that_were_decided, town, {
    // Hanako fell ill on the 18th and was diagnosed on the 20th; it is the 23rd.
    let (desk, case) = family(&mut town, "a@example.org").await;
    let open = issues(&desk, case).await;
    let as_of = date(2026, 11, 23);
    assert_eq!(open.end, IsolationEnd::GoesOn { as_of });
    assert_eq!(open.first_day, date(2026, 11, 20));
    assert_eq!(open.name(), "Yamada Hanako");
    assert!(matches!(
        checks(&town, &open, BORN).await,
        CheckCertificate::Genuine(_)
    ));
    // Asked for once more on the same day it is the same.
    assert_eq!(issues(&desk, case).await.issued, open.issued);
    // On the day after, the paper of yesterday is right still; a new one tells of that day.
    town.days(1);
    assert!(matches!(
        checks(&town, &open, BORN).await,
        CheckCertificate::Genuine(_)
    ));
    assert_ne!(issues(&desk, case).await.issued, open.issued);

    // Seven days after the onset, looked at two days later: the days are those of the rule.
    town.days(3);
    releases(&town, case, "2026-11-22T08:00").await;
    let released = issues(&desk, case).await;
    let (last, on) = (date(2026, 11, 25), date(2026, 11, 27));
    assert_eq!(released.end, over(last, on));
    let CheckCertificate::Genuine(found) = checks(&town, &released, BORN).await else {
        panic!("it is genuine");
    };
    assert_eq!(found.end, over(last, on));
    assert_eq!(found.first_day, date(2026, 11, 20));
    assert_eq!(
        (found.disease.as_str(), found.center.as_str()),
        ("COVID-19", "Minato")
    );
    // The one from before the release, and the one from before she got worse again.
    let newer = |answer: &CheckCertificate| matches!(answer, CheckCertificate::Newer { .. });
    assert!(newer(&checks(&town, &open, BORN).await));
    let nurse = town.nurse().await;
    let following = nurse.following_of(case).await.unwrap().unwrap();
    let again = TypedDecision {
        status: "home".to_owned(),
        reason: "The fever is back".to_owned(),
        version: following.monitoring.version,
        ..TypedDecision::default()
    };
    assert_eq!(nurse.decide(case, &again).await.unwrap(), Decide::Decided);
    assert!(newer(&checks(&town, &released, BORN).await));
    town.days(3);
    releases(&town, case, "2026-11-29T12:00").await;
    let extended = issues(&desk, case).await;
    assert_eq!(extended.end, over(date(2026, 11, 30), date(2026, 11, 30)));
    assert!(newer(&checks(&town, &released, BORN).await));
    assert!(matches!(
        checks(&town, &extended, BORN).await,
        CheckCertificate::Genuine(_)
    ));
});

story!(
    a_paper_stays_right_where_the_center_has_another_clock,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        town.days(4);
        releases(&town, case, "2026-11-22T08:00").await;
        let paper = issues(&desk, case).await;
        let end = over(date(2026, 11, 25), date(2026, 11, 27));
        assert_eq!(paper.end, end);
        // By the new clock it was decided on the day before; nothing was decided anew.
        crate::time_zone::set(&town, "Pacific/Honolulu").await;
        let CheckCertificate::Genuine(found) = checks(&town, &paper, BORN).await else {
            panic!("nothing has changed");
        };
        assert_eq!(found.end, end);
        assert_eq!(issues(&desk, case).await.issued, paper.issued);
        // What is decided afterwards makes it one of before, though the days lie side by side.
        is_now(&town, case, "home").await;
        town.minutes(1);
        releases(&town, case, "2026-11-22T08:00").await;
        let answer = checks(&town, &paper, BORN).await;
        assert!(matches!(answer, CheckCertificate::Newer { .. }));
    }
);

story!(a_wrong_code_and_a_wrong_birthdate_are_told_alike, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let one = issues(&desk, case).await;
    let none = CheckCertificate::NoSuchCertificate;
    assert_eq!(checks(&town, &one, ["1988", "5", "5"]).await, none);
    let front = town.app.front_desk(None);
    let wrong = TypedCheck {
        code: "0000-0000-0000".to_owned(),
        ..typed(&one, BORN)
    };
    assert_eq!(front.check_certificate(&wrong).await.unwrap(), none);
    let odd = TypedCheck::default();
    assert!(matches!(
        front.check_certificate(&odd).await.unwrap(),
        CheckCertificate::Problems(Some(_), Some(_))
    ));
    // What is right is not counted, also not in another era; then the birthdates of a code cannot be tried out.
    for _ in 0..20 {
        let right = checks(&town, &one, ["昭和63", "5", "4"]).await;
        assert!(matches!(right, CheckCertificate::Genuine(_)));
    }
    for day in 6..10 {
        let day = day.to_string();
        assert_eq!(checks(&town, &one, ["1988", "5", &day]).await, none);
    }
    assert_eq!(checks(&town, &one, BORN).await, CheckCertificate::Wait);
    town.minutes(61);
    assert!(matches!(
        checks(&town, &one, BORN).await,
        CheckCertificate::Genuine(_)
    ));
    // Nor codes from one address.
    let there = town.app.front_desk(Some("192.0.2.7".parse().unwrap()));
    let mut answers = Vec::new();
    for number in 0..61 {
        let guess = TypedCheck {
            code: format!("{number:012}"),
            ..typed(&one, BORN)
        };
        answers.push(there.check_certificate(&guess).await.unwrap());
    }
    assert_eq!(answers[59], none);
    assert_eq!(answers[60], CheckCertificate::Wait);
    // The database has neither the code nor what was said.
    let code = one.issued.unwrap().1;
    let database = town.database().await;
    let rows = database
        .read(move |tx| storage::certificate::of_case(tx, case))
        .await
        .unwrap();
    let stored = String::from_utf8_lossy(&rows[0].content_sealed).into_owned();
    assert!(!stored.contains(code.plain()) && !stored.contains("Yamada"));
});

story!(who_gets_none_is_told_why, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    let stranger = town.account("b@example.org").await;
    let language = Language::Ja;
    let nothing = stranger.certificates(case, language).await.unwrap();
    assert!(nothing.is_none());
    assert_eq!(
        stranger.issue_certificate(case, language).await.unwrap(),
        IssueCertificate::NoSuchCase
    );
    let one = issues(&desk, case).await;
    let id = one.issued.as_ref().unwrap().0;
    let paper = stranger.certificate_on_paper(case, id).await.unwrap();
    assert!(paper.is_none());

    // The family of somebody who died asks the center, which issues one.
    town.minutes(1);
    is_now(&town, case, "died").await;
    let none = IssueCertificate::None(NoCertificate::Died);
    assert_eq!(desk.issue_certificate(case, language).await.unwrap(), none);
    let nurse = town.nurse().await;
    let key = CertificateId::from_uuid(nurse.new_form_key());
    for _ in 0..2 {
        let issued = nurse.issue_certificate(case, key, language).await.unwrap();
        assert_eq!(issued, IssueCertificate::Issued(key));
    }
    let all = nurse.certificates(case, language).await.unwrap().unwrap();
    assert_eq!(all.issued.len(), 2, "that of the person, and one form once");
    let on = date(2026, 11, 23);
    assert_eq!(all.issued[0].end, IsolationEnd::FollowUpEnded { on });
    assert_eq!(all.issued[0].name(), "山田 花子");
    assert!(all.issued[0].is_right && !all.issued[1].is_right);
    // Both stand in the log, each once.
    let lines = nurse.audit_of_case(case, 100).await.unwrap();
    let issued = lines
        .iter()
        .filter(|line| line.action == "certificate.issued");
    let by: Vec<_> = issued.map(|line| line.actor_kind.as_str()).collect();
    assert_eq!(by, ["staff", "person"]);

    // Elsewhere nobody knows the person; a clerk of the center may.
    let (_, other) = crate::transfers::shibuya(&town).await;
    assert!(other.certificates(case, language).await.unwrap().is_none());
    let key = CertificateId::from_uuid(other.new_form_key());
    let denied = other.issue_certificate(case, key, language).await.unwrap();
    assert_eq!(denied, IssueCertificate::NoSuchCase);
    let center = all.center.id;
    let place = app::staff::NewStaff::place_of(center);
    let clerk = town
        .hires("clerk@center.example", StaffRole::Clerk, place)
        .await;
    assert!(clerk.certificates(case, language).await.unwrap().is_some());
});

story!(a_contact_gets_the_sentence, town, {
    let (_, case) = family(&mut town, "a@example.org").await;
    let nurse = town.nurse().await;
    let contact = met(&nurse, case, "Yamada Ken", "09011110001").await;
    let all = nurse.certificates(contact, Language::En).await.unwrap();
    assert_eq!(all.unwrap().now.err(), Some(NoCertificate::Contact));
});

story!(
    a_certificate_from_before_kana_were_kept_at_full_width_is_genuine,
    town,
    {
        let (desk, case) = family(&mut town, "a@example.org").await;
        is_released(&town, case).await;
        as_release_0_2_kept(&town).await;
        let paper = issues(&desk, case).await;
        let says = |name: &str| paper.names.iter().any(|one| one.expose() == name);
        assert!(says("ﾔﾏﾀﾞ ﾊﾅｺ"));
        // Whoever corrects something else writes the name as it is kept now.
        let nurse = town.nurse().await;
        let form = nurse.person_form(case).await.unwrap().unwrap();
        let moved = TypedCase {
            address: "Shibaura 1-16-25".to_owned(),
            ..form.typed
        };
        let corrected = nurse.correct_person(case, &moved, "She has moved", form.version);
        assert!(matches!(corrected.await.unwrap(), CorrectPerson::Corrected));
        let view = nurse.case(case).await.unwrap().unwrap();
        let kana = view.names.iter().find(|(script, _)| script == "kana");
        assert_eq!(kana.unwrap().1.expose(), "ヤマダ ハナコ");
        assert!(matches!(
            checks(&town, &paper, BORN).await,
            CheckCertificate::Genuine(_)
        ));
        assert_eq!(issues(&desk, case).await.issued, paper.issued);
    }
);

story!(a_certificate_goes_with_its_record, town, {
    let (desk, case) = family(&mut town, "a@example.org").await;
    is_released(&town, case).await;
    let one = issues(&desk, case).await;
    sets(&town, "100").await;
    town.days(101);
    assert_eq!(round(&town).await, (1, 0));
    town.days(14);
    assert!(matches!(
        checks(&town, &one, BORN).await,
        CheckCertificate::Genuine(_)
    ));
    assert_eq!(round(&town).await, (0, 1));
    let none = CheckCertificate::NoSuchCertificate;
    assert_eq!(checks(&town, &one, BORN).await, none);
});

story!(a_name_is_printed_right_or_not_at_all, town, {
    let rows = [
        ("髙﨑 花子,,,", Language::Ja, Some("髙﨑 花子")),
        (
            "𠮷田 花子,ヨシダ ハナコ,,",
            Language::Ja,
            Some("ヨシダ ハナコ"),
        ),
        (
            ",,Nguyễn Văn An Nguyễn Văn An Nguyễn Văn An Nguyễn Văn An,",
            Language::En,
            Some("Nguyễn Văn An"),
        ),
        ("홍길동,,,", Language::En, None),
    ];
    let nurse = town.nurse().await;
    for (at, (name, language, printed)) in rows.into_iter().enumerate() {
        let id = town
            .case(&format!(
                "{name}1955-04-01,0901234567{at},ja,2026-11-20,,,,"
            ))
            .await;
        let (cases, _) = nurse.cases(&id, 0).await.unwrap();
        let case = cases[0].member.case;
        let key = CertificateId::from_uuid(nurse.new_form_key());
        let issued = nurse.issue_certificate(case, key, language).await.unwrap();
        let Some(printed) = printed else {
            assert_eq!(issued, IssueCertificate::CannotName);
            continue;
        };
        assert_eq!(issued, IssueCertificate::Issued(key));
        let paper = nurse.certificate_on_paper(case, key).await.unwrap();
        let Some(CertificatePaper::Pdf(pdf)) = paper else {
            panic!("not printed");
        };
        assert!(pdf.starts_with(b"%PDF-"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.pdf");
        std::fs::write(&file, &pdf).unwrap();
        let all = nurse.certificates(case, language).await.unwrap().unwrap();
        let code = all.issued[0].issued.as_ref().unwrap().1.clone();
        let tool = |name: &str, args: &[&str]| match Command::new(name).args(args).output() {
            Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
            Err(_) if std::env::var_os("CI").is_none() => None,
            Err(error) => panic!("{name}: {error}"),
        };
        let file = file.to_str().unwrap();
        if let Some(words) = tool("pdftotext", &["-layout", file, "-"]) {
            let plain = words.replace(char::is_whitespace, "");
            let code = code.printed();
            // With all of the ID somebody could sign up whom the paper was shown.
            assert!(!plain.contains(&id), "{id} in {words}");
            let end = &id[id.len() - 4..];
            for wanted in [printed, "療養証明書", "療養開始日", end, &code] {
                let wanted = wanted.replace(' ', "");
                assert!(plain.contains(&wanted), "{wanted} in {words}");
            }
        }
        if let Some(info) = tool("pdfinfo", &[file]) {
            assert!(
                info.contains("Pages:           1") && info.contains("A4"),
                "{info}"
            );
            assert!(info.contains("Tagged:          yes"), "{info}");
        }
        let picture = folder.path().join("c");
        let picture = picture.to_str().unwrap();
        if tool("pdftoppm", &["-r", "150", "-png", file, picture]).is_some()
            && let Some(read) = tool("zbarimg", &["-q", "--raw", &format!("{picture}-1.png")])
        {
            let wanted = format!("http://portal.example/certificate/check#{}", code.plain());
            assert_eq!(read.trim(), wanted);
        }
    }
});
