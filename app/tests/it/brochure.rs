//! The brochure: its words come out again, its QR code leads to the portal.

use crate::story;
use app::brochure::{Brochures, WithoutPhone};
use std::path::Path;
use std::process::Command;

/// Where the pages are, and from which address mail comes.
const FROM: (&str, &str) = ("https://example.org", "no-reply@center.example");

/// What a tool prints; `None` where it is not installed and nobody promised that it is.
fn printed(tool: &str, args: &[&str]) -> Option<String> {
    match Command::new(tool).args(args).output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(_) if std::env::var_os("CI").is_none() => {
            println!("{tool} is not installed: not looked at");
            None
        }
        Err(error) => panic!("{tool}: {error}"),
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

story!(
    a_brochure_gives_its_words_back_and_its_code_leads_home,
    town,
    {
        let rows = [
            (
                "髙﨑 花子,タカサキ ハナコ,Takasaki Hanako,1955-04-01,09012345678,ja,2026-11-20,,,,",
                "髙﨑 花子",
                "新規登録",
            ),
            (
                "𠮷田 花子,ヨシダ ハナコ,,1955-04-01,09012345678,ja,2026-11-20,,,,",
                "ヨシダ ハナコ",
                "毎日の報告",
            ),
            (
                ",,Nguyễn Văn An,1990-01-01,09012345679,vi,2026-11-20,,2026-11-01,,",
                "Nguyễn Văn An",
                "Enter your passport number",
            ),
            (
                "홍길동,,,1990-01-01,09012345670,ko,2026-11-20,,,,",
                "Sign up",
                "Your HER-SYS ID",
            ),
        ];
        let nurse = town.nurse().await;
        for (row, name, word) in rows {
            // Whoever reads neither gets both, one on each side.
            let pages = if row.contains(",vi,") || row.contains(",ko,") {
                2
            } else {
                1
            };
            let id = town.case(row).await;
            let (cases, _) = nurse.cases(&id, 0).await.unwrap();
            let Brochures::Pdf(pdf) = nurse
                .brochure(cases[0].member.case, WithoutPhone::WriteByHand)
                .await
                .unwrap()
            else {
                panic!("not printed");
            };
            let folder = tempfile::tempdir().unwrap();
            let (file, picture) = (folder.path().join("b.pdf"), folder.path().join("b"));
            std::fs::write(&file, &pdf).unwrap();
            let (file, picture) = (text(&file), text(&picture));
            if let Some(words) = printed("pdftotext", &["-layout", &file, "-"]) {
                let plain = words.replace(char::is_whitespace, "");
                let both = if pages == 2 {
                    "日本語は裏面"
                } else {
                    "日本語"
                };
                for wanted in [name, word, &id, both] {
                    assert!(
                        plain.contains(&wanted.replace(' ', "")),
                        "{wanted} in {words}"
                    );
                }
                assert!(!words.contains("홍"), "what cannot be printed is left out");
            }
            if let Some(info) = printed("pdfinfo", &[&file]) {
                assert!(
                    info.contains(&format!("Pages:           {pages}")) && info.contains("A4"),
                    "{info}"
                );
                assert!(info.contains("Tagged:          yes"), "{info}");
            }
            if let Some(fonts) = printed("pdffonts", &[&file]) {
                for font in fonts.lines().skip(2) {
                    assert!(
                        font.contains("yes yes yes"),
                        "embedded, a subset, with its letters: {font}"
                    );
                }
            }
            if printed("pdftoppm", &["-r", "150", "-png", &file, &picture]).is_some() {
                let code = printed("zbarimg", &["-q", "--raw", &format!("{picture}-1.png")]);
                if let Some(code) = code {
                    assert_eq!(code.trim(), format!("http://portal.example/?id={id}"));
                }
            }
        }
        let (all, _) = nurse.cases("", 0).await.unwrap();
        let cases: Vec<_> = all.iter().map(|view| view.member.case).collect();
        let Brochures::Unnamed(without) = nurse
            .brochures(&cases, WithoutPhone::WriteByHand)
            .await
            .unwrap()
        else {
            panic!("a pile with a sheet that names nobody");
        };
        assert_eq!(without.len(), 1);
    }
);

story!(
    nobody_is_told_to_enter_a_number_that_the_center_has,
    town,
    {
        let nurse = town.nurse().await;
        for (number, is_asked) in [("", true), ("TZ1234567", false)] {
            let row = format!(
                ",,Nguyen Van An,1990-01-01,09012345679,en,2026-11-20,,2026-11-01,{number},"
            );
            let id = town.case(&row).await;
            let (cases, _) = nurse.cases(&id, 0).await.unwrap();
            let view = nurse.case(cases[0].member.case).await.unwrap().unwrap();
            let input = &app::brochure::inputs(&view, FROM)[0];
            let words: String = input.sections.iter().map(|(_, l)| l.concat()).collect();
            assert!(words.contains("allow mail from no-reply@center.example"));
            assert_eq!(words.contains("Enter your passport number"), is_asked);
        }
    }
);

story!(without_a_phone_number_there_is_room_to_write_it, town, {
    let nurse = town.nurse().await;
    let id = town.hanako().await;
    let (cases, _) = nurse.cases(&id, 0).await.unwrap();
    let case = cases[0].member.case;
    let contact = async || {
        let view = nurse.case(case).await.unwrap().unwrap();
        app::brochure::inputs(&view, FROM)[0].contact.1.clone()
    };
    let room = |lines: &[String]| lines.iter().any(|line| line.contains("____"));
    assert!(room(&contact().await));
    assert!(
        matches!(
            nurse.brochure(case, WithoutPhone::Ask).await.unwrap(),
            Brochures::NoPhone(_)
        ),
        "nobody prints it without having been told"
    );
    let phone = app::health_center::Contact {
        phone: "03-1234-5678".to_owned(),
        ..app::health_center::Contact::default()
    };
    nurse.set_contact(phone, None).await.unwrap();
    let printed = nurse.brochure(case, WithoutPhone::Ask).await.unwrap();
    assert!(matches!(printed, Brochures::Pdf(_)));
    let lines = contact().await;
    assert!(!room(&lines) && lines.iter().any(|line| line.contains("03-1234-5678")));
});
