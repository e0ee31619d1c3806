//! Quotation marks that stand in a CSV file as they stand in its cells, though they should stand twice there. A cell that begins
//! with one ("as above", in lists of Japan) then reaches to the next of them: whoever stands between is swallowed, and what
//! stands behind it in another row is taken for the first one's. A reader of CSV sees nothing wrong in that.

const MARK: u8 = b'"';

/// Whether a row as it was read is none of the file's, because quotation marks were not written twice. `row` are its bytes, with
/// blank lines before it and the end of its line; lines end in a line feed.
pub(super) fn is_torn(row: &[u8], (separator, columns): (u8, usize)) -> bool {
    row.contains(&MARK) && (!is_closed(row, separator) || has_rows(row, (separator, columns)))
}

/// Whether each cell that begins with a mark ends with one.
fn is_closed(row: &[u8], separator: u8) -> bool {
    let ends_cell = |sign: u8| sign == separator || sign == b'\n';
    let mut rest = row;
    while let Some(first) = rest.first() {
        if *first == MARK {
            rest = match behind_closing_mark(&rest[1..]) {
                Some(rest) => rest,
                None => return false,
            };
            // Some write white space there, which is no part of the cell.
            let white = rest.iter().take_while(|sign| **sign == b' ').count();
            rest = &rest[white..];
            if rest.first().is_some_and(|sign| !ends_cell(*sign)) {
                return false;
            }
        }
        // A mark in the middle of a cell that begins with another sign ends nothing.
        let end = rest.iter().position(|sign| ends_cell(*sign));
        rest = end.and_then(|end| rest.get(end + 1..)).unwrap_or_default();
    }
    true
}

/// What stands behind the mark that closes a cell; `None` where nothing closes it. One that stands twice is a sign of the cell.
fn behind_closing_mark(mut cell: &[u8]) -> Option<&[u8]> {
    loop {
        let mark = cell.iter().position(|sign| *sign == MARK)?;
        let behind = &cell[mark + 1..];
        match behind.strip_prefix(&[MARK]) {
            Some(rest) => cell = rest,
            None => return Some(behind),
        }
    }
}

/// Whether two of its lines have all columns, where they are parted at the separator alone. A note of several lines has them in
/// one at most: in the first, where it stands in the last column, or in the last, where it stands in the first one.
fn has_rows(row: &[u8], (separator, columns): (u8, usize)) -> bool {
    let separators = |line: &[u8]| line.iter().filter(|sign| **sign == separator).count();
    let lines = row.split(|sign| *sign == b'\n');
    // In a file of one column each line would be a row.
    columns > 1 && lines.filter(|line| separators(line) + 1 >= columns).count() > 1
}

#[cfg(test)]
mod tests {
    use super::is_torn;

    #[test]
    fn a_mark_that_does_not_stand_twice_is_found_and_a_note_of_several_lines_is_none() {
        for (row, is) in [
            // In the middle of two rows, one behind the other, and with somebody between.
            ("A,1,\",2,ja\nB,1,\",2,ja\n", true),
            ("A,1,\",2,ja\nB,1,x,2,ja\nC,1,\",2,ja\n", true),
            ("A,1,\" ,2,ja\nB,1,\" ,2,ja\n", true),
            // In the last column twice, and once: the rest of the file.
            ("A,1,2,ja,\"\nB,1,2,ja,\"\n", true),
            ("A,1,2,ja,\"\nB,1,2,ja,\nC,1,2,ja,\n", true),
            ("A,1,2,ja,\"", true),
            // In the first column.
            ("\n\n\"A,1,2,ja,\n\"B,1,2,ja,\n", true),
            // Something stands behind the mark that closes a cell.
            ("A,1,\"so-called\" cold,2,ja\n", true),
            ("\"A\" \"B\",1,2,ja,\n", true),
            // Cells as they should be, and marks that begin none.
            ("\"A\",1,2,ja,\n", false),
            ("A,1,\"\"\"so-called\"\" cold\",2,ja\n", false),
            ("A,1,\"\"\"\",2,ja\n", false),
            ("A,1,\"\",2,ja\n", false),
            ("A,1,5\" nail,2,ja\n", false),
            ("A,1,\"x, y\" ,2,\"ja\" \n", false),
            ("A,1,2,ja,\"x\"", false),
            // Notes of several lines, in the first column, the last one, and between.
            ("\"A\n\nA\",1,2,ja,\n", false),
            ("A,1,2,ja,\"fever\ncough, since Monday\n\"", false),
            ("A,1,\"fever, cough\nsays \"\"no\"\"\n\",2,ja\n", false),
            ("\"A\nA\",1,2,ja,\"x\ny\"\n", false),
        ] {
            assert_eq!(is_torn(row.as_bytes(), (b',', 5)), is, "{row}");
            let tabs = row.replace(',', "\t");
            assert_eq!(is_torn(tabs.as_bytes(), (b'\t', 5)), is, "{tabs}");
        }
    }
}
