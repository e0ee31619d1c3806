//! Quotation marks in a list that stand as they stand in its cells, not twice: nobody is swallowed by them, and nobody is given the
//! phone number of another.

use crate::story;
use app::case_import::HEADER;
use domain::language::Language;

/// Rows of a list in which a note stands between the birthdate and the phone number, and one at the end.
fn list(rows: &[(&str, &str, &str)]) -> String {
    let header = "name,birthdate,備考,phone,language,diagnosed_on,メモ".to_owned();
    let rows = (1..).zip(rows).map(|(at, (name, between, last))| {
        format!("{name},1990-01-0{at},{between},0901111000{at},ja,2026-11-20,{last}")
    });
    let lines: Vec<String> = std::iter::once(header).chain(rows).collect();
    format!("{}\n", lines.join("\n"))
}

story!(
    a_quotation_mark_that_stands_once_in_a_cell_swallows_nobody,
    town,
    {
        let nurse = town.nurse().await;
        let system = town.app.system_desk();
        let center = system.health_centers().await.unwrap()[0].id;
        for (rows, line) in [
            // "As above" in two rows, one behind the other, and with somebody between.
            (
                [
                    ("山田 一", "", ""),
                    ("山田 二", "\"", ""),
                    ("山田 三", "\"", ""),
                ],
                3,
            ),
            (
                [
                    ("山田 一", "\"", ""),
                    ("山田 二", "", ""),
                    ("山田 三", "\"", ""),
                ],
                2,
            ),
            (
                [
                    ("山田 一", "", ""),
                    ("山田 二", "", "\""),
                    ("山田 三", "", "\""),
                ],
                3,
            ),
            (
                [
                    ("山田 一", "", "\""),
                    ("山田 二", "", ""),
                    ("山田 三", "", "\""),
                ],
                2,
            ),
            // In one row only: all that follow would be swallowed.
            (
                [
                    ("山田 一", "", "\""),
                    ("山田 二", "", ""),
                    ("山田 三", "", ""),
                ],
                2,
            ),
            (
                [
                    ("山田 一", "", ""),
                    ("山田 二", "", ""),
                    ("山田 三", "", "\"同上"),
                ],
                4,
            ),
            // Something stands behind the mark that closes a cell.
            (
                [
                    ("山田 一", "", ""),
                    ("山田 二", "\"熱\" 38", ""),
                    ("山田 三", "", ""),
                ],
                3,
            ),
        ] {
            let file = list(&rows);
            for file in [file.replace(',', "\t"), file.replace('\n', "\r\n"), file] {
                let looked = nurse.look_at_import(file.as_bytes(), Language::En).await;
                let errors = looked.unwrap().err().unwrap_or_default();
                let lines: Vec<u64> = errors.iter().map(|error| error.line).collect();
                assert_eq!(lines, [line], "{file}");
                let reason = &errors[0].reason;
                assert!(reason.contains("must stand twice"), "{reason}");
                // Whoever imports by a command is told the same.
                let looked = system.look_at_import(file.as_bytes(), center).await;
                assert_eq!(looked.unwrap().err(), Some(errors), "{file}");
            }
        }
        // Already the names of the columns take the rows along.
        let header = HEADER.join(",");
        let row = "山田 一,,,1990-01-02,09011110001,ja,2026-11-20,,,,,";
        let file = format!("{header},\"備考\n{row}\n{row}\"\n{row}\n");
        let looked = nurse.look_at_import(file.as_bytes(), Language::En).await;
        let errors = looked.unwrap().err().unwrap_or_default();
        assert_eq!(errors[0].line, 1);
        assert!(errors[0].reason.contains("must stand twice"), "{errors:?}");
    }
);

story!(notes_of_several_lines_are_notes, town, {
    let nurse = town.nurse().await;
    let file = list(&[
        ("山田 一", "\"熱, 咳\n犬 \"\"ポチ\"\"\"", "5\" の釘"),
        (
            "山田 二",
            "\"\"\"\"",
            "\"妻も発熱\n\n電話は夕方, 午後6時から\n\"",
        ),
        ("山田 三", "\"\"", "\"同上\""),
    ]);
    for file in [file.replace('\n', "\r\n"), file] {
        let looked = nurse.look_at_import(file.as_bytes(), Language::En).await;
        let (_, looked) = looked.unwrap().unwrap();
        let phones: Vec<&str> = looked
            .first
            .iter()
            .map(|row| row.fields[4].as_str())
            .collect();
        assert_eq!(phones, ["09011110001", "09011110002", "09011110003"]);
    }
});
