//! A mail server and an SMS gateway that vanish in the ways in which real ones do.

use crate::server::free_address;
use anyhow::Result;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// How a gateway behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Takes everything.
    Fine,
    /// Hangs up at once.
    Refuses,
    /// Takes a message whole and hangs up without a word.
    Cuts,
    /// Says nothing until its mood changes.
    Stalls,
    /// Says "later".
    Busy,
}

/// All moods.
pub const MOODS: [Mood; 5] = [
    Mood::Fine,
    Mood::Refuses,
    Mood::Cuts,
    Mood::Stalls,
    Mood::Busy,
];

/// How often a message was taken, and how often it was heard without a word back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Taken, and said so.
    pub taken: u32,
    /// Heard whole, and hung up.
    pub cut: u32,
    /// In which part of a life it was taken last.
    pub in_part: u32,
    /// Taken once more in the same part of a life, in which nothing went wrong: whoever sent it knew that it was taken.
    pub again: u32,
}

impl Heard {
    fn taken_in(&mut self, part: Part) {
        let is_again = self.taken > 0 && part.is_whole() && part.0 == self.in_part;
        self.again += u32::from(is_again);
        self.taken += 1;
        self.in_part = part.0;
    }
}

/// A part of a server's life, from one thing that goes wrong to the next. Those in which something is wrong have odd numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part(u32);

impl Part {
    /// Whether nothing is wrong meanwhile with the server, its disk and its database.
    fn is_whole(self) -> bool {
        self.0.is_multiple_of(2)
    }
}

/// What all messages met, by their ids.
pub type Book = HashMap<Uuid, Heard>;

/// The two gateways.
#[derive(Clone)]
pub struct Gateways {
    mood: Arc<AtomicU8>,
    book: Arc<Mutex<Book>>,
    part: Arc<AtomicU32>,
    /// Where the mail server listens.
    pub mail: SocketAddr,
    /// Where the SMS gateway listens.
    pub sms: SocketAddr,
}

impl Gateways {
    /// Opens both; they listen until this program ends.
    ///
    /// # Errors
    /// Where no address is free.
    pub fn open() -> Result<Gateways> {
        let gateways = Gateways {
            mood: Arc::new(AtomicU8::new(0)),
            book: Arc::default(),
            part: Arc::default(),
            mail: free_address()?,
            sms: free_address()?,
        };
        gateways.listen(gateways.mail, Gateways::speak_smtp)?;
        gateways.listen(gateways.sms, Gateways::speak_http)?;
        Ok(gateways)
    }

    fn listen(
        &self,
        at: SocketAddr,
        speak: fn(&Gateways, TcpStream) -> std::io::Result<()>,
    ) -> Result<()> {
        let listener = TcpListener::bind(at)?;
        let gateways = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let gateways = gateways.clone();
                // Whoever hangs up is no fault of the gateway.
                std::thread::spawn(move || speak(&gateways, stream));
            }
        });
        Ok(())
    }

    /// What a server needs to know of both; the description of the SMS gateway goes into a file in a folder.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn settings(&self, folder: &Path) -> Result<[(&'static str, String); 2]> {
        let file = folder.join("sms.toml");
        let described = format!(
            "url = \"http://{}/\"\n[json]\nto = \"{{to}}\"\ntext = \"{{text}}\"\nid = \"{{id}}\"\n",
            self.sms
        );
        std::fs::write(&file, described)?;
        Ok([
            ("HERSYS_SMTP_URL", format!("smtp://{}", self.mail)),
            ("HERSYS_SMS_GATEWAY", file.display().to_string()),
        ])
    }

    /// Changes how both behave.
    pub fn turn(&self, mood: Mood) {
        let number = MOODS.iter().position(|one| *one == mood).unwrap_or(0);
        self.mood.store(number as u8, Ordering::SeqCst);
    }

    /// Something goes wrong that lets a message go out twice: the server is killed, or cannot write down that one was taken.
    pub fn something_is_wrong(&self) {
        self.part.fetch_or(1, Ordering::SeqCst);
    }

    /// It is over. A message that is taken twice from now on, until something goes wrong again, was sent twice for no reason.
    pub fn all_is_well(&self) {
        self.something_is_wrong();
        self.part.fetch_add(1, Ordering::SeqCst);
    }

    /// What all messages met so far.
    pub fn book(&self) -> Book {
        self.book
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The mood, once it is no longer stalling; after a minute a stalling one hangs up.
    fn mood(&self) -> Mood {
        for _ in 0..6_000 {
            let mood = MOODS[usize::from(self.mood.load(Ordering::SeqCst))];
            if mood != Mood::Stalls {
                return mood;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Mood::Refuses
    }

    fn part(&self) -> Part {
        Part(self.part.load(Ordering::SeqCst))
    }

    /// `part`: in which the message was said.
    fn note(&self, id: Option<Uuid>, mood: Mood, part: Part) {
        let Some(id) = id else { return };
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = book.entry(id).or_default();
        match mood {
            Mood::Fine => heard.taken_in(part),
            _ => heard.cut += 1,
        }
    }

    fn speak_smtp(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut out = stream.try_clone()?;
        let mut lines = BufReader::new(stream).lines();
        if self.mood() == Mood::Refuses {
            return Ok(());
        }
        out.write_all(b"220 gateway\r\n")?;
        let (mut is_in_text, mut id, mut part) = (false, None, self.part());
        while let Some(line) = lines.next().transpose()? {
            if is_in_text {
                if let Some(rest) = line.strip_prefix("Message-ID: <") {
                    id = rest.split('@').next().and_then(|id| id.parse().ok());
                }
                if line != "." {
                    continue;
                }
                is_in_text = false;
                match self.mood() {
                    Mood::Fine => {
                        self.note(id, Mood::Fine, part);
                        out.write_all(b"250 taken\r\n")?;
                    }
                    Mood::Busy => out.write_all(b"451 later\r\n")?,
                    other => {
                        self.note(id, other, part);
                        return Ok(());
                    }
                }
                continue;
            }
            // Before the mood lets it wait: whoever says so may be dead when it goes on.
            part = self.part();
            let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            match (word.as_str(), self.mood()) {
                (_, Mood::Refuses) => return Ok(()),
                ("QUIT", _) => return out.write_all(b"221 bye\r\n"),
                ("MAIL", Mood::Busy) => out.write_all(b"421 later\r\n")?,
                ("DATA", _) => {
                    (is_in_text, id) = (true, None);
                    out.write_all(b"354 go on\r\n")?;
                }
                _ => out.write_all(b"250 gateway\r\n")?,
            }
        }
        Ok(())
    }

    fn speak_http(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut out = stream.try_clone()?;
        let mut reader = BufReader::new(stream);
        loop {
            let mut length = 0;
            let mut line = String::new();
            while reader.read_line(&mut line)? > 2 {
                let lower = line.to_ascii_lowercase();
                if let Some(rest) = lower.strip_prefix("content-length:") {
                    length = rest.trim().parse().unwrap_or(0);
                }
                line.clear();
            }
            if length == 0 {
                return Ok(());
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            let part = self.part();
            let said: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
            let id = said["id"].as_str().and_then(|id| id.parse().ok());
            match self.mood() {
                Mood::Fine => {
                    self.note(id, Mood::Fine, part);
                    out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
                }
                Mood::Busy => {
                    out.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")?
                }
                Mood::Refuses => return Ok(()),
                other => {
                    self.note(id, other, part);
                    return Ok(());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_taken_twice_while_all_is_well_is_told_from_one_that_a_kill_explains() {
        let gateways = Gateways {
            mood: Arc::default(),
            book: Arc::default(),
            part: Arc::default(),
            mail: ([127, 0, 0, 1], 1).into(),
            sms: ([127, 0, 0, 1], 2).into(),
        };
        let id = Uuid::from_u128(1);
        let taken = || {
            gateways.note(Some(id), Mood::Fine, gateways.part());
            let heard = gateways.book()[&id];
            (heard.taken, heard.again)
        };
        gateways.all_is_well();
        assert_eq!(taken(), (1, 0));
        gateways.something_is_wrong();
        assert_eq!(taken(), (2, 0));
        // Whatever goes wrong at once.
        gateways.something_is_wrong();
        assert_eq!(taken(), (3, 0));
        gateways.all_is_well();
        assert_eq!(taken(), (4, 0));
        gateways.all_is_well();
        assert_eq!(taken(), (5, 0));
        assert_eq!(taken(), (6, 1));
    }
}
