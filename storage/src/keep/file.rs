//! The stream of a backup: a header, each table with its rows, and at the end what must have come. It is the same
//! whichever engine gave it. Whoever reads it knows only at its end that it was whole.

use super::rows::{Sum, Table, Value};
use super::{Error, Source};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{BufReader, Read, Write};

/// How each backup begins, inside the encryption.
pub const MAGIC: &[u8] = b"hersys backup 1\n";
/// No piece is longer; a damaged length must not ask for all memory.
const LONGEST: u32 = 256 * 1024 * 1024;
/// What is unpacked of a piece before it is asked how much of the file it came from.
const UNASKED: usize = 8 * 1024 * 1024;
/// So many times as much as the file holds of a longer piece may come of it: ours are sealed, or text, of which a twentieth is
/// left. Somebody's zeros shrink to a thousandth, and a small file must not ask for all memory.
const TIMES_THE_FILE: u64 = 100;
/// How much of a piece is read at once.
const STEP: usize = 1024 * 1024;
/// How much of the file is read ahead of what is unpacked.
const AHEAD: u64 = 8 * 1024;

/// What a backup says of itself before its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The release that made it.
    pub release: String,
    /// When the snapshot was begun.
    pub made_at: String,
    /// The migrations that the database had.
    pub migrations: Vec<i32>,
    /// What tells whether a master key fits, in hexadecimal digits; the key itself is not here.
    pub key_check: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct TableBegins {
    name: String,
    columns: Vec<String>,
}

#[derive(Serialize, Deserialize, PartialEq, Eq, Debug)]
struct TableEnds {
    rows: u64,
    hash: String,
}

#[derive(Serialize, Deserialize)]
struct End {
    tables: u64,
    /// Of everything before.
    sha256: String,
}

/// Writes a backup.
pub struct Writer<W: Write> {
    out: GzEncoder<W>,
    hash: Sha256,
}

impl<W: Write> Writer<W> {
    /// Writes all that a snapshot holds and hands the file back, with how many rows each table has.
    ///
    /// # Errors
    /// Where the database cannot be read, or the file not be written.
    pub fn write(
        mut to: W,
        header: &Header,
        source: &mut Source,
    ) -> Result<(W, Vec<(String, u64)>), Error> {
        to.write_all(MAGIC).map_err(Error::Write)?;
        let mut writer = Writer {
            out: GzEncoder::new(to, Compression::fast()),
            hash: Sha256::new(),
        };
        writer.json(b'H', header)?;
        let mut counts = Vec::new();
        for table in source.tables()? {
            // Which migrations there are stands in the header.
            if table.name == "migrations" {
                continue;
            }
            let columns = table.names();
            writer.json(
                b'T',
                &TableBegins {
                    name: table.name.clone(),
                    columns,
                },
            )?;
            let plain = vec![false; table.columns.len()];
            let mut sum = Sum::default();
            let mut piece = Vec::new();
            source.rows(&table, |row| {
                sum.add(&row, &plain);
                piece.clear();
                row.iter().for_each(|value| value.write(&mut piece));
                writer.piece(b'R', &piece)
            })?;
            let counted = source.count(&table)?;
            if counted != sum.rows {
                return Err(Error::Refused(format!(
                    "{} has {counted} rows, but {} were read; is the database damaged?",
                    table.name, sum.rows
                )));
            }
            writer.json(
                b'E',
                &TableEnds {
                    rows: sum.rows,
                    hash: sum.hash(),
                },
            )?;
            counts.push((table.name, sum.rows));
        }
        let end = End {
            tables: counts.len() as u64,
            sha256: hex(&writer.hash.clone().finalize()),
        };
        writer.json(b'Z', &end)?;
        let to = writer.out.finish().map_err(Error::Write)?;
        Ok((to, counts))
    }

    fn json(&mut self, letter: u8, value: &impl Serialize) -> Result<(), Error> {
        let text = serde_json::to_vec(value).map_err(|e| Error::Write(e.into()))?;
        self.piece(letter, &text)
    }

    fn piece(&mut self, letter: u8, bytes: &[u8]) -> Result<(), Error> {
        let length = u32::try_from(bytes.len())
            .ok()
            .filter(|length| *length <= LONGEST)
            .ok_or_else(|| Error::Refused("a row is too long to be kept".to_owned()))?;
        for part in [&[letter][..], &length.to_le_bytes(), bytes] {
            self.hash.update(part);
            self.out.write_all(part).map_err(Error::Write)?;
        }
        Ok(())
    }
}

/// Digits for people.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What comes out of a backup.
pub enum Piece {
    /// The rows of another table follow, with values for these columns.
    Table(String, Vec<String>),
    /// A row of the table.
    Row(Vec<Value>),
    /// The backup is whole: so many tables came.
    End(u64),
}

/// Counts the bytes of the file.
struct Counted<R> {
    file: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(into)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Reads a backup.
pub struct Reader<R: Read> {
    from: BufReader<GzDecoder<BufReader<Counted<R>>>>,
    hash: Sha256,
    header: Header,
    columns: Option<usize>,
    sum: Sum,
    tables: u64,
    is_whole: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the beginning.
    ///
    /// # Errors
    /// Where it is none of ours, damaged, or of a newer release.
    pub fn open(mut from: R) -> Result<Reader<R>, Error> {
        let mut magic = [0; MAGIC.len()];
        from.read_exact(&mut magic).map_err(damaged)?;
        if magic != MAGIC {
            return Err(Error::NotABackup);
        }
        let header = Header {
            release: String::new(),
            made_at: String::new(),
            migrations: Vec::new(),
            key_check: None,
        };
        let mut reader = Reader {
            from: BufReader::new(GzDecoder::new(BufReader::new(Counted {
                file: from,
                bytes: 0,
            }))),
            hash: Sha256::new(),
            header,
            columns: None,
            sum: Sum::default(),
            tables: 0,
            is_whole: false,
        };
        let (letter, bytes) = reader.piece()?;
        if letter != b'H' {
            return Err(order());
        }
        reader.header = json(&bytes)?;
        let known = crate::migrations::all();
        let is_known = |number: &i32| known.iter().any(|(ours, _, _)| ours == number);
        let mut made = reader.header.migrations.iter();
        if let Some(unknown) = made.find(|number| !is_known(number)) {
            return Err(Error::Newer(*unknown));
        }
        Ok(reader)
    }

    /// What the backup says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether its end has come: then nothing is left to be read.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The next piece. What came before [`Piece::End`] is to be kept only when that has come.
    ///
    /// # Errors
    /// Where the backup is damaged.
    pub fn next_piece(&mut self) -> Result<Piece, Error> {
        loop {
            let before = self.hash.clone();
            let (letter, bytes) = self.piece()?;
            match (letter, self.columns) {
                (b'T', None) => {
                    let begins: TableBegins = json(&bytes)?;
                    self.columns = Some(begins.columns.len());
                    self.sum = Sum::default();
                    return Ok(Piece::Table(begins.name, begins.columns));
                }
                (b'R', Some(columns)) => {
                    let mut rest = bytes.as_slice();
                    let row: Option<Vec<Value>> =
                        (0..columns).map(|_| Value::read(&mut rest)).collect();
                    let row = row.filter(|_| rest.is_empty()).ok_or_else(order)?;
                    self.sum.add(&row, &vec![false; columns]);
                    return Ok(Piece::Row(row));
                }
                (b'E', Some(_)) => {
                    let ends: TableEnds = json(&bytes)?;
                    let came = TableEnds {
                        rows: self.sum.rows,
                        hash: self.sum.hash(),
                    };
                    if ends != came {
                        return Err(Error::Damaged("a table is not as it was".to_owned()));
                    }
                    self.columns = None;
                    self.tables += 1;
                }
                (b'Z', None) => {
                    let end: End = json(&bytes)?;
                    if end.sha256 != hex(&before.finalize()) || end.tables != self.tables {
                        return Err(Error::Damaged("its content is not what it was".to_owned()));
                    }
                    let mut beyond = [0];
                    let more = self.from.read(&mut beyond).map_err(damaged)?
                        + self
                            .from
                            .get_mut()
                            .get_mut()
                            .read(&mut beyond)
                            .map_err(damaged)?;
                    if more > 0 {
                        return Err(Error::Damaged("something follows its end".to_owned()));
                    }
                    self.is_whole = true;
                    return Ok(Piece::End(self.tables));
                }
                _ => return Err(order()),
            }
        }
    }

    fn piece(&mut self) -> Result<(u8, Vec<u8>), Error> {
        let mut head = [0; 5];
        self.from.read_exact(&mut head).map_err(damaged)?;
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
        if length > LONGEST {
            return Err(order());
        }
        let (length, began) = (length as usize, self.bytes_of_file());
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let step = STEP.min(length - bytes.len());
            let read = (&mut self.from)
                .take(step as u64)
                .read_to_end(&mut bytes)
                .map_err(damaged)?;
            if read != step {
                return Err(Error::Damaged("its end is missing".to_owned()));
            }
            let held = self.bytes_of_file() - began + AHEAD;
            if bytes.len() > UNASKED && bytes.len() as u64 > TIMES_THE_FILE * held {
                return Err(Error::Damaged(
                    "a piece of it is longer than what it was made of".to_owned(),
                ));
            }
        }
        self.hash.update(head);
        self.hash.update(&bytes);
        Ok((head[0], bytes))
    }
}

impl<R: Read> Reader<R> {
    /// How much of the file was read.
    fn bytes_of_file(&self) -> u64 {
        self.from.get_ref().get_ref().get_ref().bytes
    }
}

fn json<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|_| order())
}

fn order() -> Error {
    Error::Damaged("its pieces cannot be read".to_owned())
}

fn damaged(error: std::io::Error) -> Error {
    Error::Damaged(if error.kind() == std::io::ErrorKind::UnexpectedEof {
        "its end is missing".to_owned()
    } else {
        "its bytes were altered, or cannot be read".to_owned()
    })
}

impl Table {
    /// Makes the table bear the columns of a backup, in their order.
    pub(super) fn ordered(&self, columns: &[String]) -> Result<Table, Error> {
        let find = |name: &String| {
            self.columns
                .iter()
                .find(|column| column.name == *name)
                .cloned()
        };
        let found: Option<Vec<_>> = columns.iter().map(find).collect();
        let columns = found
            .filter(|found| found.len() == self.columns.len())
            .ok_or_else(|| {
                Error::Damaged(format!(
                    "the columns of {} are not those of its release",
                    self.name
                ))
            })?;
        Ok(Table {
            columns,
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A backup of one table with one row of a piece that says it is so long.
    fn with_a_row(length: u32, bytes: impl Read) -> Vec<u8> {
        let mut out = GzEncoder::new(MAGIC.to_vec(), Compression::best());
        let header = Header {
            release: "1".to_owned(),
            made_at: "2026-01-01T00:00:00Z".to_owned(),
            migrations: Vec::new(),
            key_check: None,
        };
        let table = TableBegins {
            name: "reports".to_owned(),
            columns: vec!["note".to_owned()],
        };
        let texts = [
            (b'H', serde_json::to_vec(&header).unwrap()),
            (b'T', serde_json::to_vec(&table).unwrap()),
        ];
        for (letter, text) in texts {
            out.write_all(&[letter]).unwrap();
            out.write_all(&(text.len() as u32).to_le_bytes()).unwrap();
            out.write_all(&text).unwrap();
        }
        out.write_all(b"R").unwrap();
        out.write_all(&(length + 5).to_le_bytes()).unwrap();
        out.write_all(b"b").unwrap();
        out.write_all(&length.to_le_bytes()).unwrap();
        std::io::copy(&mut bytes.take(u64::from(length)), &mut out).unwrap();
        out.finish().unwrap()
    }

    fn row_of(file: &[u8]) -> Result<Vec<Value>, Error> {
        let mut reader = Reader::open(file)?;
        assert!(matches!(reader.next_piece()?, Piece::Table(..)));
        match reader.next_piece()? {
            Piece::Row(row) => Ok(row),
            _ => panic!("no row"),
        }
    }

    #[test]
    fn a_small_file_asks_for_no_more_memory_than_it_could_have_come_from() {
        const MIB: u32 = 1024 * 1024;
        let file = with_a_row(200 * MIB, std::io::repeat(0));
        assert!(file.len() < 300 * 1024, "{}", file.len());
        let refused = row_of(&file).err().unwrap().to_string();
        assert!(
            refused.contains("longer than what it was made of"),
            "{refused}"
        );
        // What could have come from it comes, also where it is long.
        assert_eq!(
            row_of(&with_a_row(5 * MIB, std::io::repeat(0)))
                .unwrap()
                .len(),
            1
        );
        let mut state = 1_u32;
        let sealed: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(12 * MIB as usize)
        .collect();
        let row = row_of(&with_a_row(12 * MIB, sealed.as_slice())).unwrap();
        assert_eq!(row, [Value::Bytes(sealed)]);
    }
}
