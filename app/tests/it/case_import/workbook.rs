//! Workbooks of Excel, which are imported as files of text are.

use crate::story;
use app::case_import::{ImportDraft, Meant};
use domain::language::Language;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

fn day(year: u16, month: u8, day: u8) -> ExcelDateTime {
    ExcelDateTime::from_ymd(year, month, day).unwrap()
}

/// A list as an office has it: a title above, days as days, phone numbers whose zero Excel has cut, a row that a filter hides,
/// and a second sheet.
fn list(phone_of_the_second: &str) -> Vec<u8> {
    let mut book = Workbook::new();
    let date = Format::new().set_num_format("[$-411]ggge\"年\"m\"月\"d\"日\"");
    let page = book.add_worksheet().set_name("11月").unwrap();
    page.write_string(0, 0, "患者一覧").unwrap();
    let names = [
        "No.",
        "氏名",
        "フリガナ",
        "生年月日",
        "電話番号",
        "言語",
        "診断日",
    ];
    for (column, name) in (0..).zip(names) {
        page.write_string(2, column, name).unwrap();
    }
    page.write_number(3, 0, 1).unwrap();
    page.write_string(3, 1, "山田 一").unwrap();
    page.write_string(3, 2, "ヤマダ ハジメ").unwrap();
    page.write_datetime_with_format(3, 3, day(1990, 1, 2), &date)
        .unwrap();
    page.write_number(3, 4, 9_011_110_001_f64).unwrap();
    page.write_string(3, 5, "日本語").unwrap();
    page.write_datetime_with_format(3, 6, day(2026, 11, 20), &date)
        .unwrap();
    page.write_number(5, 0, 2).unwrap();
    page.write_string(5, 1, "山田 二").unwrap();
    page.write_string(5, 3, "平成3年4月5日").unwrap();
    page.write_string(5, 4, phone_of_the_second).unwrap();
    page.write_string(5, 5, "ja").unwrap();
    page.write_string(5, 6, "2026/11/21").unwrap();
    page.set_row_hidden(5).unwrap();
    // Prepared for whoever comes next.
    page.write_number(6, 0, 3).unwrap();
    let other = book.add_worksheet().set_name("10月").unwrap();
    other.write_string(0, 0, "山田").unwrap();
    book.save_to_buffer().unwrap()
}

story!(a_workbook_is_imported_as_a_file_of_text_is, town, {
    let nurse = town.nurse().await;
    // What is wrong is told with the row as Excel counts it.
    let looked = nurse.look_at_import(&list("12"), Language::Ja).await;
    let errors = looked.unwrap().err().unwrap();
    let told: Vec<_> = errors
        .iter()
        .map(|one| (one.line, one.column.as_str()))
        .collect();
    assert_eq!(told, [(6, "phone")]);

    let good = list("090-1111-0002");
    let looked = nurse.look_at_import(&good, Language::Ja).await;
    let (draft, looked) = looked.unwrap().unwrap();
    assert_eq!(looked.count, 2);
    assert_eq!(looked.columns_left_out(), ["No."]);
    let from = looked.workbook().unwrap();
    assert_eq!((from.sheet.as_str(), from.hidden_rows), ("11月", 1));
    assert_eq!(from.others, ["10月"]);
    let lines: Vec<_> = looked
        .first
        .iter()
        .map(|row| (row.line, row.born_on))
        .collect();
    let born = [(1990, 1, 2), (1991, 4, 5)].map(|(y, m, d)| jiff::civil::date(y, m, d));
    assert_eq!(lines, [(4, born[0]), (6, born[1])]);
    let done = nurse
        .import(draft, Meant::Lines(vec![]), Language::Ja)
        .await;
    assert!(matches!(done.unwrap(), ImportDraft::Imported));
    assert_eq!(nurse.imported(draft).await.unwrap().unwrap().len(), 2);
    // The zero that Excel cut off is dialled.
    assert_eq!(nurse.cases("09011110001", 0).await.unwrap().1, 1);

    // The same once more, by a command: both stand.
    let desk = town.app.system_desk();
    let center = desk.health_centers().await.unwrap()[0].id;
    let looked = desk.look_at_import(&good, center).await.unwrap().unwrap();
    assert_eq!(looked.left_out(&Meant::Lines(vec![])), [4, 6]);
});

story!(what_is_no_workbook_that_is_read_is_told_so, town, {
    let nurse = town.nurse().await;
    let whole = list("090-1111-0002");
    let old = [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), &[0; 600]].concat();
    for (bytes, told) in [
        (&whole[..whole.len() / 2], "damaged"),
        (&old[..], "old or binary format"),
        (b"PK\x03\x04".as_slice(), "damaged"),
    ] {
        let looked = nurse.look_at_import(bytes, Language::En).await.unwrap();
        let errors = looked.err().unwrap();
        assert_eq!(errors.len(), 1);
        assert!(errors[0].reason.contains(told), "{}", errors[0].reason);
    }
});

story!(an_empty_workbook_is_given_and_read, town, {
    let nurse = town.nurse().await;
    for language in [Language::En, Language::Ja] {
        let empty = nurse.import_template(language).unwrap();
        // The names are those that are known; nothing is missing but people.
        let looked = nurse.look_at_import(&empty, Language::En).await.unwrap();
        let errors = looked.err().unwrap();
        assert!(errors[0].reason.contains("no rows"), "{}", errors[0].reason);
    }
});

story!(
    a_formula_that_found_nothing_is_a_problem_of_its_row,
    town,
    {
        let nurse = town.nurse().await;
        let file = [
            app::case_import::HEADER.join(","),
            "山田 一,,,1990-01-02,09011110001,ja,2026-11-20,#N/A,,,".to_owned(),
        ];
        let looked = nurse
            .look_at_import(file.join("\n").as_bytes(), Language::En)
            .await;
        let errors = looked.unwrap().err().unwrap();
        assert_eq!((errors.len(), errors[0].column.as_str()), (1, "onset_on"));
        assert!(errors[0].reason.contains("formula"), "{}", errors[0].reason);
    }
);
