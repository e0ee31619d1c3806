//! Which address a postal code stands for: Japan Post's list, compact enough to be part of the program
//! (`scripts/postal-table` makes it anew). It is unpacked when it is first asked.

use super::postal_code::normalise;
use flate2::read::GzDecoder;
use std::io::Read;
use std::sync::OnceLock;

const PACKED: &[u8] = include_bytes!("../../data/postal.txt.gz");

/// The text, and for each code in their order where its line begins and where that of its town does.
struct Table {
    text: String,
    codes: Vec<(u32, u32, u32)>,
}

impl Table {
    /// A line begins with `=` and names prefecture and town, or with a code and names the district.
    fn read(text: String) -> Table {
        let mut codes = Vec::new();
        let (mut at, mut town) = (0usize, 0u32);
        for line in text.lines() {
            let begin = u32::try_from(at).unwrap_or(u32::MAX);
            at += line.len() + 1;
            match line.get(..7).and_then(|code| code.parse().ok()) {
                Some(code) => codes.push((code, begin, town)),
                None if line.starts_with('=') => town = begin,
                None => {}
            }
        }
        codes.sort_unstable();
        Table { text, codes }
    }

    fn rest(&self, begin: u32, skip: usize) -> &str {
        let from = usize::try_from(begin).unwrap_or(usize::MAX);
        let line = self.text.get(from..).and_then(|rest| rest.lines().next());
        line.and_then(|line| line.get(skip..)).unwrap_or("")
    }
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut text = String::new();
        // What is part of the program can be read; a test says so. Without it, no address is found.
        let read = GzDecoder::new(PACKED).read_to_string(&mut text);
        if read.is_err() {
            text.clear();
        }
        Table::read(text)
    })
}

/// The address of a postal code as far as the code tells it: prefecture, town and district, without the number of the
/// house. A code of several districts tells what they have in common; `None` for one that is not in the list, such as
/// those of large offices.
pub fn address(code: &str) -> Option<String> {
    let code: u32 = normalise(code).ok()?.parse().ok()?;
    let table = table();
    let found = table.codes.partition_point(|(known, _, _)| *known < code);
    let (known, line, town) = *table.codes.get(found)?;
    (known == code).then(|| format!("{}{}", table.rest(town, 1), table.rest(line, 7)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_to_addresses() {
        for (code, expected) in [
            ("100-0001", Some("東京都千代田区千代田")),
            ("１０５−００１１", Some("東京都港区芝公園")),
            ("〒060-0000", Some("北海道札幌市中央区")),
            ("530-0001", Some("大阪府大阪市北区梅田")),
            ("905-0000", Some("沖縄県名護市")),
            ("999-9999", None),
            ("000-0000", None),
            ("12", None),
        ] {
            assert_eq!(address(code).as_deref(), expected, "{code}");
        }
        assert!(table().codes.len() > 100_000);
    }
}
