use super::*;
use crate::case_import::sheet::{Records, Sheet};
use domain::language::Language;
use i18n::words;
use proptest::prelude::*;
use std::borrow::Cow;
use std::io::{Cursor, Write as _};
use std::sync::Arc;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const RELS: &str = r#"<Relationships><Relationship Id="rId1" Type="http://x/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK_RELS: &str = r#"<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://x/worksheet" Target="/xl/worksheets/sheet2.xml"/><Relationship Id="rId3" Type="http://x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId4" Type="http://x/styles" Target="styles.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook xmlns:r="r"><workbookPr/><sheets><sheet name="一覧" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
/// Style 1 is a day of Excel's own, 2 an era, 3 a number of seven digits.
const STYLES: &str = r##"<styleSheet><numFmts count="2"><numFmt numFmtId="176" formatCode="[$-411]ggge&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/><numFmt numFmtId="177" formatCode="0000000"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="176"/><xf numFmtId="177"/></cellXfs></styleSheet>"##;

fn zipped(parts: &[(&str, &str)], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, text) in parts {
        zip.start_file(*name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook with some of its parts, the others as usual.
fn book(parts: &[(&str, &str)]) -> Vec<u8> {
    let usual = [
        ("_rels/.rels", RELS),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS),
        ("xl/styles.xml", STYLES),
        ("xl/sharedStrings.xml", "<sst/>"),
    ];
    let others = usual
        .iter()
        .filter(|(name, _)| !parts.iter().any(|(own, _)| own == name));
    let all: Vec<_> = others.chain(parts).copied().collect();
    zipped(&all, CompressionMethod::Deflated)
}

fn sheet(rows: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><worksheet><dimension ref="A1"/><sheetData>{rows}</sheetData></worksheet>"#
    )
}

/// A row of texts.
fn row(number: u32, texts: &[&str]) -> String {
    let cells: String = (b'A'..)
        .zip(texts)
        .filter(|(_, text)| !text.is_empty())
        .map(|(column, text)| {
            let column = char::from(column);
            format!(r#"<c r="{column}{number}" t="inlineStr"><is><t>{text}</t></is></c>"#)
        })
        .collect();
    format!(r#"<row r="{number}">{cells}</row>"#)
}

const NAMES: [&str; 6] = ["氏名", "備考", "生年月日", "電話番号", "言語", "診断日"];

/// A workbook of one sheet.
fn of(rows: &str) -> Vec<u8> {
    book(&[("xl/worksheets/sheet1.xml", &sheet(rows))])
}

/// A line and what is read there.
type At<T> = Vec<(u64, T)>;

/// What is read: the line and the fields of each row, empty ones left out; or the line and the words of each problem.
fn rows_of(bytes: &[u8]) -> Result<At<Vec<String>>, At<String>> {
    let words = words(Language::En);
    let sheet = Sheet::read(bytes, words).map_err(|problems| {
        let told = problems.into_iter().map(|one| (one.line, one.reason));
        told.collect::<Vec<_>>()
    })?;
    let rows = Records::of(&Arc::new(sheet), words).map(|record| match record {
        Ok(record) => {
            let fields = record.fields.into_iter().filter(|field| !field.is_empty());
            (record.line, fields.collect())
        }
        Err(problem) => panic!("{}: {}", problem.line, problem.reason),
    });
    Ok(rows.collect())
}

fn refused(bytes: &[u8]) -> Option<Refused> {
    read(bytes, words(Language::En)).err()
}

#[test]
fn a_cell_says_what_people_see_in_it() {
    let shared = r#"<sst uniqueCount="99999999999999"><si><t>山田</t><rPh sb="0" eb="2"><t>ヤマダ</t></rPh><phoneticPr/></si><si><r><t>鈴木 </t></r><r><rPr/><t xml:space="preserve">花子&amp;_x000D_&#x41;</t></r></si><si/></sst>"#;
    let rows = [
        row(1, &NAMES),
        r#"<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2"><v>7</v></c><c r="C2" s="1"><v>32267</v></c><c r="D2"><v>9012345678</v></c><c r="E2" t="str"><f>"j"&amp;"a"</f><v>ja</v></c><c r="F2" s="2"><v>46346.4</v></c></row>"#.to_owned(),
        r#"<row r="4" hidden="1"><c t="s"><v>1</v></c><c/><c t="d"><v>1988-05-04T00:00:00</v></c><c s="3"><v>12345</v></c><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c></row>"#.to_owned(),
        r#"<row r="5"><c r="A5" t="s"><v>2</v></c><c r="B5" t="inlineStr"><is><t>nobody</t></is></c></row>"#.to_owned(),
        r#"<row r="7"><c r="A7" t="inlineStr"><is><t>森,
"花"</t></is></c><c r="C7"><f>TODAY()</f></c><c r="H7"><v>1</v></c></row>"#.to_owned(),
    ];
    let sheet = sheet(&rows.concat());
    let bytes = book(&[
        ("xl/sharedStrings.xml", shared),
        ("xl/worksheets/sheet1.xml", &sheet),
    ]);
    let found = rows_of(&bytes).unwrap();
    let expected: [(u64, &[&str]); 3] = [
        (2, &["山田", "1988-05-04", "9012345678", "ja", "2026-11-20"]),
        (
            4,
            &["鈴木 花子&\rA", "1988-05-04", "0012345", "TRUE", "#N/A"],
        ),
        (7, &["森,\r\"花\"", "#N/A"]),
    ];
    let expected = expected.map(|(line, fields)| {
        (
            line,
            fields.iter().map(|field| (*field).to_owned()).collect(),
        )
    });
    assert_eq!(found, expected);
    let Ok(read) = Sheet::read(&bytes, words(Language::En)) else {
        panic!("not read")
    };
    assert_eq!(read.left_out, ["備考", "column 8"]);
    let from = read.workbook.unwrap();
    assert_eq!((from.sheet.as_str(), from.hidden_rows), ("一覧", 1));
    // The same days, counted as the first Macintosh did.
    let of_1904 = BOOK.replace("<workbookPr/>", r#"<workbookPr date1904="1"/>"#);
    let bytes = book(&[
        ("xl/workbook.xml", &of_1904),
        ("xl/sharedStrings.xml", shared),
        ("xl/worksheets/sheet1.xml", &sheet),
    ]);
    assert_eq!(rows_of(&bytes).unwrap()[0].1[1], "1992-05-05");
}

#[test]
fn the_first_sheet_that_names_the_columns_is_read() {
    let two = BOOK.replace(
        "<sheets>",
        r#"<sheets><sheet name="リスト" sheetId="7" state="hidden" r:id="rId1"/><sheet name="表紙" sheetId="2" r:id="rId2"/>"#,
    );
    let cover = sheet(&row(3, &["患者一覧", "2026年11月"]));
    let list = sheet(
        &[
            row(2, &["11月の患者"]),
            row(4, &NAMES),
            row(5, &["山田 花子", "", "1988-05-04"]),
        ]
        .concat(),
    );
    let parts = [
        ("xl/workbook.xml", two.as_str()),
        ("xl/worksheets/sheet1.xml", &list),
        ("xl/worksheets/sheet2.xml", &cover),
    ];
    let found = Sheet::read(&book(&parts), words(Language::En))
        .ok()
        .unwrap();
    let from = found.workbook.unwrap();
    assert_eq!(
        (from.sheet.as_str(), from.others),
        ("一覧", vec!["表紙".to_owned()])
    );
    assert_eq!(
        rows_of(&book(&parts)).unwrap()[0],
        (5, vec!["山田 花子".to_owned(), "1988-05-04".to_owned()])
    );
    // What is wrong with the names is told where they stand.
    let short = sheet(&[row(2, &["11月の患者"]), row(4, &["氏名", "生年月日"])].concat());
    let parts = [("xl/worksheets/sheet1.xml", short.as_str())];
    let told = rows_of(&book(&parts)).err().unwrap();
    assert!(told[0].0 == 4 && told[0].1.contains("phone"), "{told:?}");
    assert_eq!(
        refused(&of(&row(1, &["森 花", "2001-02-03"]))),
        Some(Refused::NoHeader)
    );
    assert_eq!(refused(&of("")), Some(Refused::Nothing));
    // Only the names.
    assert_eq!(rows_of(&of(&row(1, &NAMES))), Ok(Vec::new()));
}

#[test]
fn merged_cells_are_told_where_nobody_knows_whose_the_value_is() {
    let rows = [
        row(1, &NAMES),
        row(2, &["山田 花子"]),
        row(3, &["山田 太郎"]),
    ]
    .concat();
    let merged = |places: &[&str]| {
        let cells: String = places
            .iter()
            .map(|place| format!(r#"<mergeCell ref="{place}"/>"#))
            .collect();
        let sheet = sheet(&rows).replace(
            "</worksheet>",
            &format!("<mergeCells>{cells}</mergeCells></worksheet>"),
        );
        let told = rows_of(&book(&[("xl/worksheets/sheet1.xml", &sheet)])).err();
        told.unwrap_or_default()
            .into_iter()
            .map(|(line, _)| line)
            .collect::<Vec<_>>()
    };
    assert_eq!(merged(&["D2:D3"]), [2]);
    assert_eq!(merged(&["C3:D3", "A1:B1"]), [3, 1]);
    // In a column that is not read, below the list, and where what is read stands first.
    assert_eq!(
        merged(&["B2:B3", "A9:F9", "A3:B3", "G1:H9"]),
        Vec::<u64>::new()
    );
}

#[test]
fn what_is_no_workbook_is_told_what_it_is() {
    let utf16 = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    assert_eq!(
        refused(&[COMPOUND, &utf16("Workbook")].concat()),
        Some(Refused::Old)
    );
    assert_eq!(
        refused(&[COMPOUND, &utf16("EncryptedPackage")].concat()),
        Some(Refused::Encrypted)
    );
    let stored = |parts: &[(&str, &str)]| zipped(parts, CompressionMethod::Stored);
    let ods = [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", "<x/>"),
    ];
    assert_eq!(refused(&stored(&ods)), Some(Refused::OpenDocument));
    assert_eq!(
        refused(&book(&[("xl/vbaProject.bin", "")])),
        Some(Refused::Macros)
    );
    assert_eq!(
        refused(&book(&[("xl/workbook.bin", "")])),
        Some(Refused::Old)
    );
    assert_eq!(
        refused(&book(&[("xl/workbook.xml", "<document/>")])),
        Some(Refused::NotAWorkbook)
    );
    assert_eq!(
        refused(&stored(&[("holiday.jpg", "x")])),
        Some(Refused::NotAWorkbook)
    );
    // Every reason is a sentence.
    for language in [Language::En, Language::Ja] {
        for refused in [
            Refused::Old,
            Refused::Encrypted,
            Refused::Macros,
            Refused::OpenDocument,
            Refused::NotAWorkbook,
            Refused::Damaged,
            Refused::Nothing,
        ] {
            assert!(words(language).say(refused.key()).len() > 30);
        }
    }
}

#[test]
fn what_unpacks_to_more_than_is_read_is_refused() {
    let cell = |inner: &str| {
        of(&format!(
            r#"{}<row r="2"><c r="A2" t="inlineStr"><is><t>{inner}</t></is></c></row>"#,
            row(1, &NAMES)
        ))
    };
    // One text that is longer than a cell can hold, and one that comes in pieces.
    assert_eq!(
        refused(&cell(&"a".repeat(3 << 20))),
        Some(Refused::TooLarge)
    );
    assert_eq!(
        refused(&cell(&"a&amp;".repeat(1 << 18))),
        Some(Refused::TooLarge)
    );
    assert_eq!(refused(&cell(&"a".repeat(40_000))), None);
    // One tag without an end.
    assert_eq!(
        refused(&of(&format!("<row r=\"{}\">", "1".repeat(3 << 20)))),
        Some(Refused::TooLarge)
    );
    // A text that is held once and stands in every row.
    let rows: String = (2..600)
        .map(|at| format!(r#"<row r="{at}"><c r="A{at}" t="s"><v>0</v></c></row>"#))
        .collect();
    let shared = format!("<sst><si><t>{}</t></si></sst>", "a".repeat(200_000));
    let sheet = sheet(&format!("{}{rows}", row(1, &NAMES)));
    let many = book(&[
        ("xl/sharedStrings.xml", &shared),
        ("xl/worksheets/sheet1.xml", &sheet),
    ]);
    assert!(many.len() < 100_000, "{}", many.len());
    assert_eq!(refused(&many), Some(Refused::TooLarge));
    // Millions of texts that say nothing.
    let shared = format!("<sst>{}</sst>", "<si/>".repeat(MOST_SHARED + 1));
    let many = book(&[
        ("xl/sharedStrings.xml", &shared),
        ("xl/worksheets/sheet1.xml", &sheet),
    ]);
    assert!(many.len() < 200_000, "{}", many.len());
    assert_eq!(refused(&many), Some(Refused::TooLarge));
    // Elements that never end.
    assert_eq!(refused(&of(&"<a>".repeat(1_000))), Some(Refused::Damaged));
    // Parts without end.
    let parts: Vec<String> = (0..10_100).map(|at| format!("p{at}")).collect();
    let parts: Vec<(&str, &str)> = parts.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(
        refused(&zipped(&parts, CompressionMethod::Stored)),
        Some(Refused::TooLarge)
    );
}

/// A sheet of so many rows of the same cells, below a row that stands above them.
fn many_of(above: &str, many: u32, cells: &str, text: &str) -> Vec<u8> {
    let rows: String = (2..many + 2)
        .map(|at| format!(r#"<row r="{at}">{cells}</row>"#))
        .collect();
    let shared = format!("<sst><si><t xml:space=\"preserve\">{text}</t></si></sst>");
    let sheet = sheet(&format!("{above}{rows}"));
    book(&[
        ("xl/sharedStrings.xml", &shared),
        ("xl/worksheets/sheet1.xml", &sheet),
    ])
}

#[test]
fn a_long_text_that_millions_of_cells_share_is_neither_copied_nor_looked_through() {
    let names = row(1, &NAMES);
    let cells = r#"<c t="s"><v>0</v></c>"#.repeat(150);
    let blank = many_of(&names, 200, &cells, &" ".repeat(LONGEST_TEXT));
    assert_eq!(rows_of(&blank), Ok(Vec::new()));
    // In columns that are not ours, behind the names.
    let beyond = format!(r#"<c r="G2"><v>1</v></c>{cells}"#);
    let beyond = many_of(&names, 200, &beyond, &"a".repeat(LONGEST_TEXT));
    assert_eq!(refused(&beyond), None);
    assert!(blank.len() < 100_000 && beyond.len() < 100_000);
    // A cell holds nothing of its own of what it shares, and what is blank says nothing from the first look on.
    let lent = |bytes: &[u8]| {
        let mut parts = Parts::of(bytes).ok().unwrap();
        let book = Book::of(&mut parts).ok().unwrap();
        let xml = parts.open("xl/worksheets/sheet1.xml").ok().unwrap();
        let mut rows = Rows::of(xml.unwrap(), &book);
        rows.next().ok().unwrap();
        let row = rows.next().ok().unwrap();
        let lent = row.map(|row| {
            let cells = row.cells.iter();
            cells
                .filter(|(_, text)| matches!(text, Cow::Borrowed(_)))
                .count()
        });
        (book.shared.all.len(), lent)
    };
    assert_eq!(lent(&blank), (0, None));
    assert_eq!(lent(&beyond), (LONGEST_TEXT, Some(150)));
    // Where no row is one of names, so that much and many are compared with them.
    let title = row(1, &["患者一覧"]);
    let above = many_of(&title, 40, &cells, &"a".repeat(LONGEST_TEXT / 2));
    assert_eq!(refused(&above), Some(Refused::TooLarge));
    let cells = r#"<c t="s"><v>0</v></c>"#.repeat(16_000);
    let above = many_of(&title, 40, &cells, "a");
    assert_eq!(refused(&above), Some(Refused::TooLarge));
}

#[test]
fn what_is_not_written_as_workbooks_are_is_damaged() {
    let good = of(&[row(1, &NAMES), row(2, &["山田 花子"])].concat());
    assert_eq!(refused(&good[..good.len() - 30]), Some(Refused::Damaged));
    for rows in [
        r#"<row r="0"/>"#,
        r#"<row r="x"/>"#,
        r#"<row r="2"><c r="A2"><v>1</v></c></row><row r="1"/>"#,
        r#"<row r="4294967296"/>"#,
        r#"<row r="1048577"/>"#,
        r#"<row r="1"><c r="B1"/><c r="A1"/></row>"#,
        r#"<row r="1"><c r="XFE1"/></row>"#,
        r#"<row r="1"><c t="s"><v>0</v></c></row>"#,
        r#"<row r="1"><c t="s"><v>-1</v></c></row>"#,
        r#"<row r="1"><c><v>&x;</v></c></row>"#,
        "<row r=\"1\"><c></row>",
        "</sheetData>",
    ] {
        let read = read(&of(rows), words(Language::En));
        let is_told = matches!(
            read,
            Err(Refused::Damaged | Refused::Nothing | Refused::NoHeader)
        );
        assert!(is_told, "{rows}");
    }
    assert_eq!(refused(&book(&[])), Some(Refused::Damaged));
}

#[test]
fn signs_that_xml_does_not_hold_are_read() {
    for (written, read) in [
        ("a_x000D_b", "a\rb"),
        ("_x005F_x000D_", "_x000D_"),
        ("_x00_", "_x00_"),
        ("_x", "_x"),
        ("_xD800_", "_xD800_"),
        ("_x山田花_", "_x山田花_"),
        ("森_x0041_", "森A"),
    ] {
        assert_eq!(without_escapes(written.to_owned()), read);
    }
}

/// The parts of a workbook, as they stand in it without being packed, so that what is changed in it is what is read.
fn unpacked() -> Vec<u8> {
    let shared = "<sst><si><t>山田 花子</t><rPh><t>x</t></rPh></si></sst>";
    let rows = format!(
        r#"{}<row r="2" hidden="1"><c r="A2" t="s"><v>0</v></c><c r="C2" s="2"><v>32267</v></c><c r="D2"><f>1</f><v>1e9</v></c></row>"#,
        row(1, &NAMES)
    );
    let sheet = sheet(&rows).replace(
        "</worksheet>",
        r#"<mergeCells><mergeCell ref="A9:B9"/></mergeCells></worksheet>"#,
    );
    let parts = [
        ("_rels/.rels", RELS),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS),
        ("xl/styles.xml", STYLES),
        ("xl/sharedStrings.xml", shared),
        ("xl/worksheets/sheet1.xml", &sheet),
    ];
    zipped(&parts, CompressionMethod::Stored)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_damage_is_too_odd(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in proptest::option::weighted(0.2, any::<prop::sample::Index>()),
        is_packed in any::<bool>(),
    ) {
        let mut bytes = if is_packed { of(&row(1, &NAMES)) } else { unpacked() };
        for (at, byte) in &damage {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len()).max(4));
        }
        let _ = Sheet::read(&bytes, words(Language::En));
    }

    /// Parts that are whole in the archive, with what nobody expects in them.
    #[test]
    fn no_part_is_too_odd(part in 0usize..6, at in any::<prop::sample::Index>(), odd in "(<[a-z/!?]{0,6}|[<>&;\"'=/ 0-9A-Za-z]{0,12}|</(row|c|v|si|sheetData)>|<(row|c|v|t|f|is|r)( r=\"[A-Z0-9]{0,9}\")?/?>){1,3}") {
        let shared = "<sst><si><t>山田 花子</t></si></sst>";
        let rows = format!(r#"{}<row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" s="1"><v>32267</v></c></row>"#, row(1, &NAMES));
        let sheet = sheet(&rows);
        let mut parts = [
            ("_rels/.rels", RELS.to_owned()),
            ("xl/workbook.xml", BOOK.to_owned()),
            ("xl/_rels/workbook.xml.rels", BOOK_RELS.to_owned()),
            ("xl/styles.xml", STYLES.to_owned()),
            ("xl/sharedStrings.xml", shared.to_owned()),
            ("xl/worksheets/sheet1.xml", sheet),
        ];
        let text = &mut parts[part].1;
        let mut at = at.index(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.insert_str(at, &odd);
        let parts: Vec<(&str, &str)> = parts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let _ = Sheet::read(&zipped(&parts, CompressionMethod::Stored), words(Language::En));
    }
}
