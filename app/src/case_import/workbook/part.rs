//! The parts of a workbook: XML files in a ZIP archive, each read from its front to its back. Whoever made the archive says
//! in it how large they are; that is not believed, what comes out is counted.

use super::Refused;
use quick_xml::Reader;
use quick_xml::escape::{resolve_xml_entity, unescape};
use quick_xml::events::{BytesEnd, BytesStart, Event};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, BufReader, Cursor, Read};
use std::rc::Rc;
use zip::ZipArchive;
use zip::read::ZipFile;

/// The most parts of an archive: each costs memory before anything is unpacked. Workbooks have some dozens.
const MOST_PARTS: usize = 10_000;
/// So many bytes are unpacked of a workbook altogether: a list of 200,000 rows and sixty columns has some 600 MiB.
const UNPACKED: u64 = 1 << 30;
/// The longest tag or text between two tags, which is held at once. A cell has at most 32,767 characters.
const LONGEST: u64 = 1 << 20;
/// The longest text of a cell that is read, in bytes.
pub(super) const LONGEST_TEXT: usize = 1 << 18;
/// So deep elements stand in one another at most; the reader keeps the names of those that are open.
const DEEPEST: u32 = 64;

/// How much may be unpacked still.
struct Budget {
    all: Cell<u64>,
    /// Of the tag or text that is being read.
    piece: Cell<u64>,
    /// Whether something was larger than it may be.
    is_spent: Cell<bool>,
}

/// What is unpacked, and counted.
struct Counted<R> {
    from: R,
    budget: Rc<Budget>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        let many = u64::try_from(read).unwrap_or(u64::MAX);
        let (all, piece) = (&self.budget.all, &self.budget.piece);
        match (all.get().checked_sub(many), piece.get().checked_sub(many)) {
            (Some(rest), Some(rest_of_piece)) => {
                all.set(rest);
                piece.set(rest_of_piece);
                Ok(read)
            }
            _ => {
                self.budget.is_spent.set(true);
                Err(io::Error::other("more is unpacked than is read"))
            }
        }
    }
}

/// How a part is called, whoever wrote it: some write `\` between folders, and some other cases than they refer to.
fn plain(name: &str) -> String {
    let name = name.replace('\\', "/").to_lowercase();
    name.trim_start_matches('/').to_owned()
}

type File<'a> = &'a [u8];

/// The parts of a workbook.
pub(super) struct Parts<'a> {
    archive: ZipArchive<Cursor<File<'a>>>,
    /// Where each stands, by its plain name.
    places: HashMap<String, usize>,
    budget: Rc<Budget>,
}

impl<'a> Parts<'a> {
    /// Reads which there are.
    pub(super) fn of(bytes: File<'a>) -> Result<Parts<'a>, Refused> {
        // Each has an entry in the directory that begins so.
        let entries = bytes.windows(4).filter(|four| *four == b"PK\x01\x02");
        if entries.take(MOST_PARTS + 1).count() > MOST_PARTS {
            return Err(Refused::TooLarge);
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Refused::Damaged)?;
        Ok(Parts {
            places: (0..archive.len())
                .filter_map(|at| Some((plain(&archive.name_for_index(at)?.ok()?), at)))
                .collect(),
            archive,
            budget: Rc::new(Budget {
                all: Cell::new(UNPACKED),
                piece: Cell::new(0),
                is_spent: Cell::new(false),
            }),
        })
    }

    /// Whether there is one of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.places.contains_key(&plain(name))
    }

    /// Whether there is one whose name ends so.
    pub(super) fn has_any(&self, end: &str) -> bool {
        self.places.keys().any(|name| name.ends_with(end))
    }

    /// The beginning of a short part that is no XML.
    pub(super) fn beginning(&mut self, name: &str) -> Option<String> {
        let at = *self.places.get(&plain(name))?;
        let mut beginning = Vec::new();
        let part = self.archive.by_index(at).ok()?;
        part.take(200).read_to_end(&mut beginning).ok()?;
        Some(String::from_utf8_lossy(&beginning).into_owned())
    }

    /// Begins to read a part; nothing where there is none of this name.
    pub(super) fn open(&mut self, name: &str) -> Result<Option<Xml<'_, 'a>>, Refused> {
        let Some(at) = self.places.get(&plain(name)).copied() else {
            return Ok(None);
        };
        let part = self.archive.by_index(at).map_err(|_| Refused::Damaged)?;
        let mut reader = Reader::from_reader(BufReader::new(Counted {
            from: part,
            budget: self.budget.clone(),
        }));
        reader.config_mut().expand_empty_elements = true;
        Ok(Some(Xml {
            reader,
            buffer: Vec::new(),
            budget: self.budget.clone(),
            depth: 0,
        }))
    }
}

/// A part that is being read.
pub(super) struct Xml<'p, 'a> {
    reader: Reader<BufReader<Counted<ZipFile<'p, Cursor<File<'a>>>>>>,
    buffer: Vec<u8>,
    budget: Rc<Budget>,
    depth: u32,
}

/// What comes next in a part.
pub(super) enum Piece<'b> {
    /// An element begins.
    Open(Element<'b>),
    /// An element ends.
    Close(End<'b>),
    /// Text, as it is meant: one text may come in several pieces.
    Text(Cow<'b, str>),
    /// A remark, or something else that says nothing.
    Other,
    /// The part is over.
    Over,
}

/// An element that begins.
pub(super) struct Element<'b>(BytesStart<'b>);

impl Element<'_> {
    /// Whether it is of this name, whatever stands before it for its namespace.
    pub(super) fn is(&self, name: &str) -> bool {
        self.0.local_name().as_ref() == name
    }

    /// An attribute by its name, whatever stands before it.
    pub(super) fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut all = self.0.attributes();
        let all = all.with_checks(false).flatten();
        let mut named = all.filter(|one| one.key.local_name().as_ref() == name);
        match named.next()?.value {
            Cow::Borrowed(value) => unescape(value).ok(),
            Cow::Owned(value) => Some(Cow::Owned(unescape(&value).ok()?.into_owned())),
        }
    }

    /// Whether an attribute says yes.
    pub(super) fn says(&self, name: &str) -> bool {
        matches!(self.attribute(name).as_deref(), Some("1" | "true" | "on"))
    }
}

/// An element that ends.
pub(super) struct End<'b>(BytesEnd<'b>);

impl End<'_> {
    /// Whether it is of this name.
    pub(super) fn is(&self, name: &str) -> bool {
        self.0.local_name().as_ref() == name
    }
}

impl Xml<'_, '_> {
    /// The next piece.
    pub(super) fn next(&mut self) -> Result<Piece<'_>, Refused> {
        self.buffer.clear();
        self.budget.piece.set(LONGEST);
        let event = self.reader.read_event_into(&mut self.buffer);
        let event = event.map_err(|_| match self.budget.is_spent.get() {
            true => Refused::TooLarge,
            false => Refused::Damaged,
        })?;
        Ok(match event {
            Event::Start(element) => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(Refused::Damaged);
                }
                Piece::Open(Element(element))
            }
            Event::End(end) => {
                self.depth = self.depth.saturating_sub(1);
                Piece::Close(End(end))
            }
            Event::Text(text) => Piece::Text(text.xml10_content()),
            Event::CData(text) => Piece::Text(text.xml10_content()),
            Event::GeneralRef(name) => match resolve_xml_entity(&name) {
                Some(text) => Piece::Text(Cow::Borrowed(text)),
                None => match name.resolve_char_ref() {
                    Ok(Some(sign)) => Piece::Text(Cow::Owned(sign.to_string())),
                    _ => return Err(Refused::Damaged),
                },
            },
            Event::Eof => Piece::Over,
            _ => Piece::Other,
        })
    }

    /// The text of the element that has just begun, to its end.
    pub(super) fn text_of(&mut self, name: &str) -> Result<String, Refused> {
        let mut all = String::new();
        loop {
            match self.next()? {
                Piece::Text(text) => all.push_str(&text),
                Piece::Close(end) if end.is(name) => return Ok(all),
                Piece::Over => return Err(Refused::Damaged),
                _ => {}
            }
            if all.len() > LONGEST_TEXT {
                return Err(Refused::TooLarge);
            }
        }
    }
}
